//! Pod templates by their structure, for kinds that the table does not know: a mapping with `metadata` beside
//! `spec.containers`. Only on request, since it is a guess.

use hedgerow_yaml::{Content, Node};
use std::collections::BTreeSet;

/// The routes to the pod templates of an object, in the form that [`hedgerow_yaml::Route`] reads.
pub(super) fn templates(object: &Node<'_>) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    walk(object, "", &mut routes);
    routes
}

fn walk(node: &Node<'_>, route: &str, routes: &mut BTreeSet<String>) {
    match node.content() {
        Content::Mapping(mapping) => {
            let has_containers = mapping.get("spec").and_then(Node::as_mapping).and_then(|spec| spec.get("containers"));
            let is_template = has_containers.is_some_and(|containers| containers.as_sequence().is_some())
                && mapping.pairs.iter().any(|pair| pair.key.as_str() == Some("metadata"));
            // The object itself has metadata too; a pod template lies below it.
            if is_template && !route.is_empty() {
                routes.insert(route.to_owned());
            }
            for pair in &mapping.pairs {
                // A key that a route cannot write is passed over: nothing below it is touched.
                if let Some(key) =
                    pair.key.as_str().filter(|key| !key.is_empty() && !key.contains(['.', '[', ']', '*']))
                {
                    let below = if route.is_empty() { key.to_owned() } else { format!("{route}.{key}") };
                    walk(&pair.value, &below, routes);
                }
            }
        }
        Content::Sequence(sequence) if !route.is_empty() && !route.ends_with("[]") => {
            sequence.elements.iter().for_each(|element| walk(&element.node, &format!("{route}[]"), routes));
        }
        Content::Sequence(_) | Content::Scalar(_) | Content::Alias(_) => {}
    }
}
