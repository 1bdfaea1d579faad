//! The children of nodes, found once and held on a stack, so that a walk that changes the builder can go over them.
#![cfg_attr(
    not(all(
        feature = "csharp",
        feature = "go",
        feature = "python",
        feature = "java",
        feature = "javascript",
        feature = "kotlin"
    )),
    allow(dead_code, reason = "what one language's front end does not need, another one's does")
)]

use super::Builder;
use std::num::NonZeroU16;
use tree_sitter::Node;

/// Up to so many children are found quicker one by one, each from the first on, than by a cursor.
const FEW: u32 = 12;

/// A child of a node.
#[derive(Clone, Copy)]
pub(crate) struct Child<'t> {
    /// The child.
    pub(crate) node: Node<'t>,
    /// The number of its field; nought for none.
    field: u16,
    /// Whether it is more than punctuation.
    named: bool,
}

/// The children of a node: a run on the builder's stack of nodes.
#[derive(Clone, Copy)]
pub(crate) struct Children {
    from: usize,
    to: usize,
}

impl Children {
    /// The places of the children: a walk that changes the builder goes over these.
    pub(crate) fn places(self) -> std::ops::Range<usize> {
        self.from..self.to
    }
}

impl<'t> Builder<'t> {
    /// The children of a node that have a field or are more than punctuation, without comments. They stay readable
    /// until [`Self::release`] is given a mark from before.
    pub(crate) fn children(&mut self, node: Node<'t>) -> Children {
        let from = self.nodes.len();
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            let named = node.is_named() && !node.is_extra();
            let field = self.cursor.field_id().map_or(0, NonZeroU16::get);
            if named || field != 0 {
                self.nodes.push(Child { node, field, named });
            }
            more = self.cursor.goto_next_sibling();
        }
        Children { from, to: self.nodes.len() }
    }

    /// The children of a node that are more than punctuation, without comments and without their fields.
    pub(crate) fn list(&mut self, node: Node<'t>) -> Children {
        let from = self.nodes.len();
        let add = |nodes: &mut Vec<Child<'t>>, node: Node<'t>| {
            if !node.is_extra() {
                nodes.push(Child { node, field: 0, named: true });
            }
        };
        if node.child_count() <= FEW {
            let count = u32::try_from(node.named_child_count()).unwrap_or(u32::MAX);
            (0..count).filter_map(|at| node.named_child(at)).for_each(|child| add(&mut self.nodes, child));
            return Children { from, to: self.nodes.len() };
        }
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            if node.is_named() {
                add(&mut self.nodes, node);
            }
            more = self.cursor.goto_next_sibling();
        }
        Children { from, to: self.nodes.len() }
    }

    /// No children.
    pub(crate) const fn nothing() -> Children {
        Children { from: 0, to: 0 }
    }

    /// How many nodes are held: what [`Self::release`] takes.
    pub(crate) fn mark(&self) -> usize {
        self.nodes.len()
    }

    /// Lets go of the nodes held since the mark was taken.
    pub(crate) fn release(&mut self, mark: usize) {
        self.nodes.truncate(mark);
    }

    /// The first child with a field.
    pub(crate) fn under(&self, children: Children, field: u16) -> Option<Node<'t>> {
        self.all(children).iter().find(|child| child.field == field).map(|child| child.node)
    }

    /// The children without mere punctuation.
    pub(crate) fn named(&self, children: Children) -> impl DoubleEndedIterator<Item = Node<'t>> + use<'_, 't> {
        self.all(children).iter().filter(|child| child.named).map(|child| child.node)
    }

    /// The first child, if there is one.
    pub(crate) fn first(&self, children: Children) -> Option<Node<'t>> {
        self.all(children).first().map(|child| child.node)
    }

    /// The child at a place of [`Children::places`], if it is more than punctuation.
    pub(crate) fn named_at(&self, at: usize) -> Option<Node<'t>> {
        self.nodes.get(at).filter(|child| child.named).map(|child| child.node)
    }

    /// The child at a place of [`Children::places`], if it has the field.
    pub(crate) fn under_at(&self, at: usize, field: u16) -> Option<Node<'t>> {
        self.nodes.get(at).filter(|child| child.field == field).map(|child| child.node)
    }

    /// How many children have a field.
    pub(crate) fn count(&self, children: Children, field: u16) -> usize {
        self.all(children).iter().filter(|child| child.field == field).count()
    }

    fn all(&self, children: Children) -> &[Child<'t>] {
        self.nodes.get(children.from..children.to).unwrap_or_default()
    }
}
