//! What an alias stands for.

use std::collections::BTreeMap;

use crate::tree::Node;

/// Anchored nodes of a document by name, in the order of the text.
#[derive(Debug)]
pub(crate) struct Anchors<'a, 't>(BTreeMap<&'a str, Vec<&'a Node<'t>>>);

impl<'a, 't> Anchors<'a, 't> {
    /// Gathers the anchors of a whole document.
    pub(crate) fn of(root: &'a Node<'t>) -> Self {
        let mut anchors: BTreeMap<&'a str, Vec<&'a Node<'t>>> = BTreeMap::new();
        root.each_node(&mut |node| {
            if let Some(anchor) = &node.anchor {
                anchors.entry(&anchor.name).or_default().push(node);
            }
        });
        Self(anchors)
    }

    /// The node that an alias at `offset` stands for: the last one of this name before it.
    pub(crate) fn before(&self, name: &str, offset: usize) -> Option<&'a Node<'t>> {
        let nodes = self.0.get(name)?;
        let before = nodes.partition_point(|node| node.whole_range().start < offset);
        nodes.get(before.checked_sub(1)?).copied()
    }
}
