//! Pods by their structure, for kinds that the table does not know. A mapping with `metadata` beside `spec.containers` is a pod
//! template; it is labelled on request only, since that is a guess. What merely shows that pods come of an object is named.

use hedgerow_yaml::{Content, Node, Pair};
use std::collections::BTreeSet;
use std::ops::Range;

/// The routes to the pod templates of an object, in the form that [`hedgerow_yaml::Route`] reads.
pub(super) fn templates(object: &Node<'_>) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    walk(object, "", &mut routes);
    routes
}

/// What operators call the metadata, or all, of the pods that they make.
const OF_PODS: [&str; 8] = [
    "podMetadata",
    "podTemplate",
    "podTemplates",
    "podTemplateSpec",
    "podLabels",
    "podAnnotations",
    "podSpec",
    "podSecurityContext",
];

/// Whether something below the `spec` of an object shows that pods come of it: containers with an image, what [`OF_PODS`] names,
/// or how much CPU or memory a container is to have. An object whose own `spec` lists containers puts them into the pods of
/// others, as a `SidecarSet` and a `ServingRuntime` do.
pub(super) fn shows_pods(object: &Node<'_>) -> bool {
    let Some(root) = object.as_mapping() else { return false };
    let is_content = |key: &str| !matches!(key, "apiVersion" | "kind" | "metadata" | "status");
    let content = root.pairs.iter().filter(|pair| pair.key.as_str().is_some_and(is_content));
    content.into_iter().any(|pair| match pair.value.as_mapping() {
        Some(spec) => {
            let below = spec.pairs.iter().filter(|pair| pair.key.as_str() != Some("containers"));
            below.into_iter().any(|pair| shows(pair, 0))
        }
        None => shows(pair, 0),
    })
}

/// Deeper than any object that makes pods.
const DEEPEST: usize = 32;

fn shows(pair: &Pair<'_>, depth: usize) -> bool {
    let key = pair.key.as_str().unwrap_or_default();
    let value = &pair.value;
    let get = |node: &Node<'_>, key: &str| node.as_mapping().is_some_and(|mapping| mapping.get(key).is_some());
    let is_something = match value.content() {
        Content::Mapping(mapping) => !mapping.pairs.is_empty(),
        Content::Sequence(sequence) => !sequence.elements.is_empty(),
        Content::Scalar(_) | Content::Alias(_) => false,
    };
    if is_something && OF_PODS.contains(&key) {
        return true;
    }
    if key == "containers"
        && value.as_sequence().is_some_and(|list| list.elements.iter().any(|it| get(&it.node, "image")))
    {
        return true;
    }
    let sizes = |amount: &Node<'_>| get(amount, "cpu") || get(amount, "memory");
    let amounts = value.as_mapping().filter(|_| key == "resources");
    if amounts.is_some_and(|of| ["requests", "limits"].iter().any(|key| of.get(key).is_some_and(sizes))) {
        return true;
    }
    depth < DEEPEST && below(value, depth + 1)
}

fn below(value: &Node<'_>, depth: usize) -> bool {
    match value.content() {
        Content::Mapping(mapping) => mapping.pairs.iter().any(|pair| shows(pair, depth)),
        Content::Sequence(sequence) => {
            depth < DEEPEST && sequence.elements.iter().any(|element| below(&element.node, depth + 1))
        }
        Content::Scalar(_) | Content::Alias(_) => false,
    }
}

/// A pair that an object of any kind may give to pods as a label: its key, its value, and where it stands.
pub(super) type WornPair = (String, String, Range<usize>);

/// What an object selects by, and annotations, are no labels of pods.
fn is_worn(key: &str) -> bool {
    !(key.ends_with("elector") || key.starts_with("match") || key.ends_with("nnotations"))
}

/// Every mapping of an object that holds a key which is asked for, unless it stands in a selector or in annotations. What is no scalar counts as
/// empty.
pub(super) fn worn(object: &Node<'_>, is_asked: &impl Fn(&str) -> bool) -> Vec<Vec<WornPair>> {
    let mut found = Vec::new();
    collect(object, is_asked, 0, &mut found);
    found
}

fn collect(node: &Node<'_>, is_asked: &impl Fn(&str) -> bool, depth: usize, found: &mut Vec<Vec<WornPair>>) {
    if depth == DEEPEST {
        return;
    }
    match node.content() {
        Content::Mapping(mapping) => {
            let keyed = || mapping.pairs.iter().filter_map(|pair| Some((pair.key.as_str()?, pair)));
            if keyed().any(|(key, _)| is_asked(key)) {
                let worn = keyed().map(|(key, pair)| {
                    let range = pair.key.range().start..pair.value.range().end;
                    (key.to_owned(), pair.value.as_str().unwrap_or_default().to_owned(), range)
                });
                found.push(worn.collect());
            }
            for (_, pair) in keyed().filter(|(key, _)| is_worn(key)) {
                collect(&pair.value, is_asked, depth + 1, found);
            }
        }
        Content::Sequence(sequence) => {
            sequence.elements.iter().for_each(|element| collect(&element.node, is_asked, depth + 1, found));
        }
        Content::Scalar(_) | Content::Alias(_) => {}
    }
}

/// Where the braces of a template stand that nobody rendered: `name: {{ .Release.Name }}` is a mapping with a mapping as its key, which
/// YAML has and Kubernetes refuses.
pub(super) fn left_braces(node: &Node<'_>) -> Option<usize> {
    match node.content() {
        Content::Mapping(mapping) => mapping.pairs.iter().find_map(|pair| match pair.key.content() {
            Content::Mapping(_) => Some(pair.key.range().start),
            Content::Sequence(_) | Content::Scalar(_) | Content::Alias(_) => left_braces(&pair.value),
        }),
        Content::Sequence(sequence) => sequence.elements.iter().find_map(|element| left_braces(&element.node)),
        Content::Scalar(_) | Content::Alias(_) => None,
    }
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
