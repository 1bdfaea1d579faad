//! What a document means where it has aliases and merge keys: a copy with these carried out, for asking and not for editing.

use crate::anchors::Anchors;
use crate::tree::{Content, Element, Mapping, Node, Pair, Sequence};

/// More nodes than any object that is worth it; aliases of aliases of aliases end here.
const MOST_NODES: usize = 200_000;
/// As deep as documents may be, and an alias within its own anchor ends here.
const DEEPEST: usize = 256;

/// A copy of `node`, which stands somewhere in `root`, with each alias replaced by what it stands for and each merge key carried
/// out: keys of their own win, then earlier sources before later ones. Every node keeps the place where it is written.
///
/// Nothing where an alias leads nowhere or the copy would grow without bound.
#[must_use]
pub fn follow<'t>(root: &Node<'t>, node: &Node<'t>) -> Option<Node<'t>> {
    follow_by(&Anchors::of(root), node)
}

/// The same, with the anchors of the root.
pub(crate) fn follow_by<'t>(anchors: &Anchors<'_, 't>, node: &Node<'t>) -> Option<Node<'t>> {
    Copy { anchors, left: MOST_NODES }.node(node, 0)
}

struct Copy<'c, 'a, 't> {
    anchors: &'c Anchors<'a, 't>,
    left: usize,
}

impl<'t> Copy<'_, '_, 't> {
    fn node(&mut self, node: &Node<'t>, depth: usize) -> Option<Node<'t>> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEEPEST {
            return None;
        }
        let content = match &node.content {
            Content::Alias(name) => {
                let meant = self.anchors.before(name, node.range.start)?;
                return self.node(meant, depth + 1);
            }
            Content::Scalar(scalar) => Content::Scalar(scalar.clone()),
            Content::Sequence(sequence) => {
                let elements = sequence
                    .elements
                    .iter()
                    .map(|element| Some(Element { node: self.node(&element.node, depth + 1)?, ..element.clone() }));
                let elements = elements.collect::<Option<Vec<_>>>()?;
                Content::Sequence(Sequence { elements, ..sequence.clone() })
            }
            Content::Mapping(mapping) => {
                let pairs = self.pairs(mapping, depth)?;
                Content::Mapping(Mapping { pairs, ..mapping.clone() })
            }
        };
        Some(Node { range: node.range.clone(), anchor: None, tag: node.tag.clone(), content })
    }

    /// Of two pairs with one key the last one counts, so merged ones stand in front, and the first source behind the others.
    fn pairs(&mut self, mapping: &Mapping<'t>, depth: usize) -> Option<Vec<Pair<'t>>> {
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        for pair in &mapping.pairs {
            let value = self.node(&pair.value, depth + 1)?;
            if !pair.is_merge() {
                own.push(Pair { key: self.node(&pair.key, depth + 1)?, value, ..pair.clone() });
                continue;
            }
            match value.content {
                Content::Mapping(source) => merged.push(source.pairs),
                Content::Sequence(sources) => {
                    for source in sources.elements {
                        if let Content::Mapping(source) = source.node.content {
                            merged.push(source.pairs);
                        }
                    }
                }
                Content::Scalar(_) | Content::Alias(_) => {}
            }
        }
        Some(merged.into_iter().rev().flatten().chain(own).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn at<'n>(node: &'n Node<'_>, route: &[&str]) -> Option<&'n str> {
        route.iter().try_fold(node, |node, key| node.as_mapping()?.get(key)).and_then(Node::as_str)
    }

    #[test]
    fn aliases_and_merge_keys_are_carried_out() {
        for (text, route, expected) in [
            ("a: &a {x: 1}\nb: *a\n", &["b", "x"][..], Some("1")),
            ("a: &a {x: 1}\nb: {<<: *a, y: 2}\n", &["b", "x"], Some("1")),
            ("a: &a {x: 1}\nb: {x: 2, <<: *a}\n", &["b", "x"], Some("2")),
            ("a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, *b]}\n", &["c", "x"], Some("1")),
            ("a: &a {x: 1}\nb: &b {y: 2}\nc: {<<: [*a, *b]}\n", &["c", "y"], Some("2")),
            ("a: &a 1\nb: {x: *a}\na2: &a 2\nc: {x: *a}\n", &["b", "x"], Some("1")),
            ("a: &a 1\nb: {x: *a}\na2: &a 2\nc: {x: *a}\n", &["c", "x"], Some("2")),
            ("a: &a {x: 1}\nb: &b {<<: *a}\nc: {<<: *b}\n", &["c", "x"], Some("1")),
            ("a: &k x\n*k : 1\n", &["x"], Some("1")),
            ("a: 1\n", &["b"], None),
        ] {
            let root = parse(text).unwrap().unwrap();
            let followed = follow(&root, &root).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(at(&followed, route), expected, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_what_is_written() {
        let text = "a: &a {x: 12}\nb: *a\n";
        let root = parse(text).unwrap().unwrap();
        let followed = follow(&root, &root).unwrap();
        let x = followed.as_mapping().unwrap().get("b").unwrap().as_mapping().unwrap().get("x").unwrap();
        assert_eq!(&text[x.range()], "12");
    }

    #[test]
    fn what_would_grow_without_bound_is_not_followed() {
        let laughs = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
            let alias = format!("*a{}, ", at - 1).repeat(8);
            format!("{text}a{at}: &a{at} [{}]\n", alias.trim_end_matches(", "))
        });
        for text in [laughs.as_str(), "a: &a [*a]\n", "a: &a {b: {<<: *a}}\n"] {
            let Ok(Some(root)) = parse(text) else { continue };
            assert!(follow(&root, &root).is_none(), "{text}");
        }
        let root = parse(&laughs).unwrap().unwrap();
        assert!(follow(&root, &root).is_none());
    }
}
