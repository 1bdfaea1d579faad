//! The blocks of a template.

use super::expr::{Token, tokens};
use crate::partial::Partial;
use std::collections::BTreeMap;

/// More renderings than these of what stands on one line are one more, in which it is a hole.
pub(super) const MAX_LINE: usize = 16;

/// What a text of templates holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pub(super) nodes: Vec<Node>,
    /// The templates it defines, by their names.
    pub(super) defines: Vec<(String, Vec<Node>)>,
    /// Whether some of it is too deep to be read.
    pub(super) is_cut: bool,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text {
        text: Partial,
        /// Where it stands in the template.
        at: u32,
    },
    Action(Action),
    /// An `if`, or a `range` or `with`.
    Block(Box<Block>),
}

#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) code: String,
    /// Where it stands in the template.
    pub(super) at: u32,
    /// Whether nothing else stands on its line.
    pub(super) alone: bool,
    /// Whether what it comes to is drawn up to the line above.
    pub(super) joined: bool,
    /// How many renderings show all that it can come to.
    pub(super) sides: usize,
}

impl Action {
    /// Whether it may stand for whole lines.
    pub(super) fn may_be_lines(&self) -> bool {
        self.alone || self.makes_lines()
    }

    /// Whether it stands for whole lines, whatever it comes to.
    pub(super) fn is_lines(&self) -> bool {
        (self.alone && !self.joined) || self.makes_lines()
    }

    fn makes_lines(&self) -> bool {
        ["indent", "oYaml"].iter().any(|word| self.code.contains(word))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Whether nothing else stands on its first line.
    pub(super) alone: bool,
    /// The branches, the one without a condition last; it may be empty.
    pub(super) branches: Vec<Branch>,
    /// How many renderings show every branch.
    pub(super) sides: usize,
    /// How many renderings show every branch with every branch of the blocks on its line.
    pub(super) line: usize,
    /// After how many renderings it shows the next branch.
    pub(super) stride: usize,
    /// The variables that its branches give other values.
    pub(super) assigns: Vec<String>,
    /// What its choices are called by.
    pub(super) place: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    If,
    Range,
    With,
}

#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// Its condition, or the value it is for.
    pub(super) head: Option<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) sides: usize,
}

impl Block {
    /// Which of its own renderings is shown in the rendering of this number; none if that is a hole.
    pub(super) fn side(&self, side: usize) -> Option<usize> {
        if self.line <= MAX_LINE || self.alone {
            return Some((side.min(self.line.saturating_sub(1)) / self.stride.max(1)) % self.sides.max(1));
        }
        (side < MAX_LINE).then(|| side.min(self.sides.saturating_sub(1)))
    }
}

/// Counts the renderings that show every branch of every block, those on one line in every combination. `helpers` says it
/// of the templates with names.
pub(super) fn count_sides(nodes: &mut [Node], helpers: &BTreeMap<String, usize>) -> usize {
    for node in nodes.iter_mut() {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) if action.may_be_lines() => {
                let sides = included(&action.code).filter_map(|name| helpers.get(&name).copied()).max();
                action.sides = sides.unwrap_or(1).max(1);
            }
            Node::Action(_) => {}
            Node::Block(block) => {
                for branch in &mut block.branches {
                    branch.sides = count_sides(&mut branch.nodes, helpers);
                }
                block.sides = block.branches.iter().fold(0, |sum, branch| sum.saturating_add(branch.sides));
                (block.line, block.stride) = (block.sides, 1);
            }
        }
    }
    let ends_line = |node: &Node| match node {
        Node::Text { text, .. } => text.letters().contains('\n'),
        Node::Action(action) => action.alone,
        Node::Block(block) => block.alone,
    };
    for line in nodes.split_mut(ends_line) {
        let mut product = 1_usize;
        for node in line.iter_mut() {
            if let Node::Block(block) = node {
                block.stride = product;
                product = product.saturating_mul(block.sides);
            }
        }
        for node in line {
            if let Node::Block(block) = node {
                block.line = product;
            }
        }
    }
    let of = |node: &Node| match node {
        Node::Text { .. } => 1,
        Node::Action(action) => action.sides,
        Node::Block(block) if block.alone => block.sides,
        Node::Block(block) => block.line.min(MAX_LINE + 1),
    };
    nodes.iter().map(of).max().unwrap_or(1)
}

/// The names of the templates that an action takes in.
fn included(code: &str) -> impl Iterator<Item = String> {
    let found = if code.contains("include") || code.contains("template") { tokens(code) } else { Vec::new() };
    let pairs: Vec<String> = found
        .windows(2)
        .filter_map(|pair| match pair {
            [Token::Word(word), Token::Text(name)] if word == "include" || word == "template" => Some(name.clone()),
            _ => None,
        })
        .collect();
    pairs.into_iter()
}

/// The names of the templates that these take in.
pub(super) fn all_included(nodes: &[Node], found: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) => found.extend(included(&action.code)),
            Node::Block(block) => block.branches.iter().for_each(|branch| all_included(&branch.nodes, found)),
        }
    }
}
