//! Which labels an object selects its own pods by. An API server refuses an object whose selector its template does not
//! match, and a selector cannot be changed once it lives.

use hedgerow_yaml::{Content, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// The keys below `spec.selector` of one object with the places where they stand; aliases are followed.
pub(super) fn keys(object: &Node<'_>) -> Vec<(String, Range<usize>)> {
    let selector = object.as_mapping().and_then(|object| object.get("spec"));
    let Some(selector) = selector.and_then(Node::as_mapping).and_then(|spec| spec.get("selector")) else {
        return Vec::new();
    };
    let mut anchors = BTreeMap::new();
    collect_anchors(object, &mut anchors);
    let mut keys = Vec::new();
    collect(selector, &anchors, 0, &mut keys);
    keys
}

/// Whether any mapping of an object has a key like this, wherever an alias or a merge key may carry it.
pub(super) fn any_key(node: &Node<'_>, is_it: &dyn Fn(&str) -> bool) -> bool {
    match node.content() {
        Content::Mapping(mapping) => mapping.pairs.iter().any(|pair| {
            pair.key.as_str().is_some_and(is_it) || any_key(&pair.key, is_it) || any_key(&pair.value, is_it)
        }),
        Content::Sequence(sequence) => sequence.elements.iter().any(|element| any_key(&element.node, is_it)),
        // An alias may also stand for a key: `*key: "true"`.
        Content::Scalar(scalar) => node.anchor().is_some() && is_it(&scalar.value),
        Content::Alias(_) => false,
    }
}

/// Deeper chains of aliases are no selector that an API server takes.
const ALIASES: usize = 8;

type Anchors<'n, 't> = BTreeMap<String, &'n Node<'t>>;

fn collect<'n, 't>(
    node: &'n Node<'t>,
    anchors: &Anchors<'n, 't>,
    aliases: usize,
    keys: &mut Vec<(String, Range<usize>)>,
) {
    match node.content() {
        Content::Mapping(mapping) => {
            for pair in &mapping.pairs {
                match pair.key.as_str() {
                    Some("matchLabels" | "matchExpressions" | "<<") | None => {
                        collect(&pair.value, anchors, aliases, keys);
                    }
                    // An entry of `matchExpressions` names its label as a value.
                    Some("key") => keys.extend(pair.value.as_str().map(|key| (key.to_owned(), pair.value.range()))),
                    Some(key) => keys.push((key.to_owned(), pair.key.range())),
                }
            }
        }
        Content::Sequence(sequence) => sequence.elements.iter().for_each(|e| collect(&e.node, anchors, aliases, keys)),
        Content::Alias(name) if aliases < ALIASES => {
            if let Some(node) = anchors.get(name.as_ref()) {
                collect(node, anchors, aliases + 1, keys);
            }
        }
        Content::Alias(_) | Content::Scalar(_) => {}
    }
}

fn collect_anchors<'n, 't>(node: &'n Node<'t>, anchors: &mut Anchors<'n, 't>) {
    if let Some(anchor) = node.anchor() {
        anchors.insert(anchor.name.to_string(), node);
    }
    match node.content() {
        Content::Mapping(mapping) => mapping.pairs.iter().for_each(|pair| collect_anchors(&pair.value, anchors)),
        Content::Sequence(sequence) => {
            sequence.elements.iter().for_each(|element| collect_anchors(&element.node, anchors));
        }
        Content::Scalar(_) | Content::Alias(_) => {}
    }
}
