//! Manifests: streams of YAML or JSON documents in, Kubernetes objects out.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};

use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::source::{SourceId, Span};
use hedgerow_yaml::Node;
use rayon::prelude::*;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Which object: its kind and where it lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// The kind as written.
    pub kind: String,
    /// The namespace; absent for objects of the whole cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// One Kubernetes object, as read.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// `apiVersion` as written; empty where it is absent.
    pub(crate) api: String,
    /// The API group without its version; empty for the core group.
    pub(crate) group: String,
    pub(crate) kind: String,
    /// As written; an absent one is the caller's to fill.
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    /// Its name in the text.
    pub(crate) place: Span,
    pub(crate) value: Value,
}

impl Object {
    /// The value at a route of keys; absent and `null` are the same to Kubernetes.
    pub(crate) fn get(&self, route: &[&str]) -> Option<&Value> {
        route.iter().try_fold(&self.value, |value, key| value.get(key)).filter(|value| !value.is_null())
    }

    /// Its reference, with `default` for a namespace that is not written.
    pub(crate) fn namespaced(&self, default: &str) -> ObjectRef {
        let namespace = self.namespace.as_deref().unwrap_or(default).to_owned();
        ObjectRef { kind: self.kind.clone(), namespace: Some(namespace), name: self.name.clone() }
    }

    /// Its reference as an object of the whole cluster.
    pub(crate) fn unnamespaced(&self) -> ObjectRef {
        ObjectRef { kind: self.kind.clone(), namespace: None, name: self.name.clone() }
    }

    /// Its reference with the namespace that is written, if any.
    pub(crate) fn written(&self) -> ObjectRef {
        ObjectRef { kind: self.kind.clone(), namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// The version of its API, without the group.
    pub(crate) fn version(&self) -> &str {
        self.api.rsplit_once('/').map_or(self.api.as_str(), |(_, version)| version)
    }

    /// Reads what stands under `key` into a typed form. What is wrong with it is the text of the error, with the route to it.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self, key: &str) -> Result<T, String> {
        let Some(value) = self.get(&[key]) else { return Ok(T::default()) };
        serde_path_to_error::deserialize(value).map(|Mapping(typed)| typed).map_err(|error| {
            match error.path().to_string().as_str() {
                "." => format!("{key}: {}", error.inner()),
                path => format!("{key}.{path}: {}", error.inner()),
            }
        })
    }
}

/// A typed form that is written as a mapping. Serde alone reads a list as the fields in their order, so that
/// `podSelector: []` would select everything; the API server refuses it.
#[derive(Debug, Default)]
pub(crate) struct Mapping<T>(pub(crate) T);

impl<T> Deref for Mapping<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Mapping<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MappingVisitor(PhantomData))
    }
}

struct MappingVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MappingVisitor<T> {
    type Value = Mapping<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Mapping)
    }
}

/// Reads every object of a text. What is no object at all is reported and left out.
pub(crate) fn parse(source: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    // Documents have nothing to do with each other, and reading them is most of the work. The order stays.
    let read = documents(text).into_par_iter().map(|(start, end)| parse_one(source, text, start, end));
    let mut objects = Vec::new();
    for (mut of_document, mut faults) in read.collect::<Vec<_>>() {
        objects.append(&mut of_document);
        diagnostics.append(&mut faults);
    }
    objects
}

/// What a text may be, before its objects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Objects, or something that is to be told: an object without a kind, a manifest that cannot be read. Also nothing at all.
    Objects,
    /// Something else, as the settings of other programs are.
    Others,
    /// It cannot be read, and the word `kind`, which every object has, is not in it: settings with comments of JavaScript, templates.
    Unreadable,
}

/// Whether a text is about something else than objects: nothing in it claims to be one.
#[must_use]
pub fn holds(text: &str) -> Holds {
    // Most manifests say in the first column what they are.
    if text.lines().any(|line| line.starts_with("kind:")) && text.lines().any(|line| line.starts_with("apiVersion:")) {
        return Holds::Objects;
    }
    let read: Result<Vec<Value>, _> =
        documents(text).into_iter().map(|(start, end)| parse_document(&text[start..end])).collect();
    match read {
        Err(_) if text.contains("kind") => Holds::Objects,
        Err(_) => Holds::Unreadable,
        Ok(values) => {
            let mut values = values.iter().filter(|value| !value.is_null()).peekable();
            let is_other = values.peek().is_some() && !values.any(claims);
            if is_other { Holds::Others } else { Holds::Objects }
        }
    }
}

/// Whether a value has two of the parts that objects have, or holds such values as a list does.
fn claims(value: &Value) -> bool {
    let is_one = |value: &Value| {
        let has = |key: &&str| value.get(*key).is_some_and(|value| !value.is_null());
        ["apiVersion", "kind", "metadata", "spec"].into_iter().filter(has).count() >= 2
    };
    let parts = value.as_array().or_else(|| value.get("items")?.as_array());
    is_one(value) || parts.is_some_and(|parts| parts.iter().any(is_one))
}

/// Reads the objects of one document.
fn parse_one(source: SourceId, text: &str, start: usize, end: usize) -> (Vec<Object>, Vec<Diagnostic>) {
    let (mut objects, mut diagnostics) = (Vec::new(), Vec::new());
    let document = &text[start..end];
    let places = Places { source, start, first_line: first_line(document) };
    match parse_document(document) {
        Ok(Value::Null) => {}
        Ok(value) => {
            // Only for places: what this reader refuses is still read, and marked at its first line. Most documents say
            // their name where everybody does, and need no tree to find it.
            let name = plain_name(document);
            let tree = if name.is_none() { hedgerow_yaml::parse(document).ok().flatten() } else { None };
            let place = name.map(|name| places.at(name));
            collect(value, tree.as_ref(), place, None, &places, &mut objects, &mut diagnostics);
        }
        Err((error, at)) => {
            let place = match at.filter(|at| document.is_char_boundary(*at)) {
                Some(at) => source.span(start + at, start + at),
                None => places.of(None),
            };
            let what = format!("cannot read the document: {error}");
            diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(place, ""));
        }
    }
    (objects, diagnostics)
}

/// Where the objects of one document are shown.
struct Places {
    source: SourceId,
    start: usize,
    first_line: Range<usize>,
}

impl Places {
    /// An object's name, or the document's first line.
    fn of(&self, object: Option<&Node<'_>>) -> Span {
        let name = object.and_then(|object| object.as_mapping()?.get("metadata")?.as_mapping()?.get("name"));
        self.at(name.map_or_else(|| self.first_line.clone(), Node::range))
    }

    fn at(&self, range: Range<usize>) -> Span {
        self.source.span(self.start + range.start, self.start + range.end)
    }
}

/// Where a document of block style says the object's name in plain letters: `metadata` once and in the first column, `name`
/// once among its own keys. Nothing where it is written in any other way, or where the document may be a list.
fn plain_name(document: &str) -> Option<Range<usize>> {
    let (mut offset, mut indent, mut found, mut is_within, mut seen) = (0, None, None, false, false);
    for line in document.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let text = line.trim_end();
        let own = text.len() - text.trim_start_matches(' ').len();
        let text = &text[own..];
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if own == 0 {
            is_within = text == "metadata:";
            if text.starts_with("items") || text.starts_with(['\'', '"', '{', '[', '-', '?', '!', '&', '*', '\t', '%'])
            {
                return None;
            }
            if is_within && std::mem::replace(&mut seen, true) {
                return None;
            }
        } else if is_within {
            let level = *indent.get_or_insert(own);
            if own < level || text.starts_with(['\'', '"', '?', '!', '&', '*', '\t', '<']) {
                return None;
            }
            if own == level
                && let Some(value) = text.strip_prefix("name: ")
            {
                let name = value.trim_start();
                let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
                if name.is_empty() || !name.bytes().all(is_plain) || found.is_some() {
                    return None;
                }
                let at = start + own + (text.len() - name.len());
                found = Some(at..at + name.len());
            }
        }
    }
    found
}

/// The first line that says something, or its beginning where it is long.
fn first_line(document: &str) -> Range<usize> {
    const SHOWN: usize = 80;
    let lines = document.split_inclusive('\n').scan(0, |offset, line| {
        *offset += line.len();
        Some((*offset - line.len(), line.trim_end()))
    });
    let (start, line) =
        lines.into_iter().find(|(_, line)| !line.is_empty() && !line.starts_with('#')).unwrap_or((0, ""));
    let length = line.char_indices().nth(SHOWN).map_or(line.len(), |(at, _)| at);
    start..start + length
}

/// The byte ranges of the documents of a YAML stream, markers left out.
fn documents(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut offset = start;
    for line in text[start..].split_inclusive('\n') {
        let (at, next) = (offset, offset + line.len());
        offset = next;
        let marker = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
        if let Some(rest) = marker.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            ranges.push((start, at));
            // A document may begin on the line of its marker: `--- {kind: Pod}`.
            start = next - rest.len();
        }
    }
    ranges.push((start, text.len()));
    ranges.retain(|(start, end)| !text[*start..*end].trim().is_empty());
    ranges
}

/// The error says what is wrong and, where it is known, at which byte.
fn parse_document(text: &str) -> Result<Value, (String, Option<usize>)> {
    // JSON is read as JSON first: YAML has no surrogate pairs. Reading into JSON's value lets the last of two equal
    // keys win, as it does for Kubernetes.
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    let mut value = serde_yaml::from_str(text).map_err(|error| {
        let message = error.to_string();
        // The place is shown, not told: the reader counts lines from the document's start.
        let what = message.split(" at line ").next().unwrap_or_default().to_owned();
        (what, error.location().map(|location| location.index()))
    })?;
    merge(&mut value);
    Ok(value)
}

/// Carries out merge keys (`<<`): keys of their own win, then earlier sources before later ones.
fn merge(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(merge);
            let sources = match map.remove("<<") {
                Some(Value::Array(sources)) => sources,
                Some(source) => vec![source],
                None => return,
            };
            for source in sources {
                if let Value::Object(source) = source {
                    for (key, value) in source {
                        map.entry(key).or_insert(value);
                    }
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(merge),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn collect(
    mut value: Value,
    tree: Option<&Node<'_>>,
    place: Option<Span>,
    list: Option<&List>,
    places: &Places,
    objects: &mut Vec<Object>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let place = place.unwrap_or_else(|| places.of(tree));
    let text = |value: &Value, route: &str| value.pointer(route).and_then(Value::as_str).map(str::to_owned);
    let unreadable = |what: String| Diagnostic::new(Code::UnreadableManifest, what).mark(place, "");
    let name = text(&value, "/metadata/name").or_else(|| text(&value, "/metadata/generateName")).unwrap_or_default();
    // The items of a list of one kind need not say their kind again.
    let inherited = |of: fn(&List) -> Option<String>| list.and_then(of);
    let Some(kind) = text(&value, "/kind").or_else(|| inherited(List::kind_of_items)) else {
        diagnostics.push(unreadable(match (&value, name.as_str()) {
            (Value::Object(map), _) if map.contains_key("items") => {
                "the document has `items` and no `kind`: what is in it is not known".to_owned()
            }
            (Value::Object(_), "") => "the document has no `kind`".to_owned(),
            (Value::Object(_), name) => format!("`{name}` has no `kind`"),
            _ => "the document is no object".to_owned(),
        }));
        return;
    };
    let api = text(&value, "/apiVersion").or_else(|| inherited(|list| Some(list.api.clone()))).unwrap_or_default();
    let items = value.get_mut("items").map(Value::take);
    if kind.ends_with("List")
        && matches!(items, Some(Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_)))
    {
        diagnostics.push(unreadable(format!("`items` of the {kind} is no list")));
        return;
    }
    if kind.ends_with("List") && items == Some(Value::Null) {
        return;
    }
    if kind.ends_with("List")
        && let Some(Value::Array(items)) = items
    {
        let list = List { kind, api };
        let nodes = tree.and_then(|list| list.as_mapping()?.get("items")?.as_sequence());
        // Depth is bounded by the readers' limit on nesting.
        for (at, item) in items.into_iter().enumerate() {
            let node = nodes.and_then(|nodes| nodes.elements.get(at)).map(|element| &element.node);
            collect(item, node, None, Some(&list), places, objects, diagnostics);
        }
        return;
    }
    if let (Some(items), Some(map)) = (items, value.as_object_mut()) {
        map.insert("items".to_owned(), items);
    }
    let group = api.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
    let namespace = text(&value, "/metadata/namespace").filter(|namespace| !namespace.is_empty());
    objects.push(Object { api, group, kind, namespace, name, place, value });
}

/// The list that an object stands in.
struct List {
    kind: String,
    api: String,
}

impl List {
    /// `NetworkPolicyList` holds NetworkPolicies; `List` holds anything.
    fn kind_of_items(&self) -> Option<String> {
        self.kind.strip_suffix("List").filter(|kind| !kind.is_empty()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use hedgerow_core::source::Sources;

    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let id = Sources::default().add("in.yaml", text);
        let mut diagnostics = Vec::new();
        let objects = parse(id, text, &mut diagnostics);
        let names = objects.iter().map(|object| format!("{}:{}", object.group, object.namespaced("default"))).collect();
        (names, diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
    }

    #[test]
    fn streams_lists_and_json_come_apart_into_objects() {
        for (text, expected) in [
            ("", &[][..]),
            ("---\n# nothing\n---\n", &[]),
            ("kind: Pod\nmetadata: {name: a}\n", &[":Pod default/a"]),
            (
                "\u{feff}kind: Pod\nmetadata: {name: a}\n---\nkind: Pod\nmetadata: {name: b, namespace: x}\n",
                &[":Pod default/a", ":Pod x/b"],
            ),
            (
                "--- {kind: Pod, metadata: {name: a}}\n...\n---\nkind: Pod\nmetadata: {name: b}",
                &[":Pod default/a", ":Pod default/b"],
            ),
            (
                "kind: Pod\r\nmetadata: {name: a}\r\n---\r\nkind: Pod\r\nmetadata: {name: b}\r\n",
                &[":Pod default/a", ":Pod default/b"],
            ),
            (
                r#"{"kind": "List", "items": [{"kind": "PodList", "items": [{"kind": "Pod", "metadata": {"name": "\ud83d\ude00"}}]}]}"#,
                &[":Pod default/😀"],
            ),
            ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, name: b}\n", &["apps:Deployment default/b"]),
            ("kind: Pod\nbase: &b {name: a}\nmetadata: {<<: *b, namespace: x}\n", &[":Pod x/a"]),
            (
                "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  text: |\n    ---\n    kind: Pod\n",
                &[":ConfigMap default/c"],
            ),
        ] {
            assert_eq!(read(text), (expected.iter().map(ToString::to_string).collect(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_plain_name_is_found_where_the_tree_finds_it() {
        for text in [
            "kind: Pod\nmetadata:\n  name: a-b.c\n  labels:\n    name: x\nspec: {}\n",
            "kind: Pod\nmetadata:\n  labels:\n    name: x\n  name:   late # why\n",
            "kind: Pod\nmetadata:\n  labels:\n    name: x\n  name:   late\n",
            "# name: no\nkind: Pod\nspec:\n  metadata:\n    name: inner\nmetadata:\n\n    # c\n    name: outer\n",
            "kind: Pod\nmetadata: {name: flow}\n",
            "kind: Pod\nmetadata:\n  name: 'quoted'\n",
            "kind: Pod\nmetadata:\n  name: one\nmetadata:\n  name: two\n",
            "kind: Pod\nmetadata:\n  name: one\n  name: two\n",
            "kind: Pod\nmetadata:\n  name: >-\n    folded\n",
            "kind: List\nitems:\n  - metadata:\n      name: item\nmetadata:\n  name: list\n",
            "kind: Pod\nmetadata:\n  annotations:\n    note: |\n      name: no\n  name: yes-1\n",
            "kind: Pod\r\nmetadata:\r\n  name: carriage\r\n",
            "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"json\"}}",
        ] {
            let tree = hedgerow_yaml::parse(text).ok().flatten();
            let places = Places { source: Sources::default().add("in.yaml", text), start: 0, first_line: 0..0 };
            if let Some(range) = plain_name(text) {
                assert_eq!(places.at(range), places.of(tree.as_ref()), "{text}");
            }
        }
        assert_eq!(plain_name("kind: Pod\nmetadata:\n  name: a\n"), Some(28..29));
    }

    #[test]
    fn what_is_no_object_is_reported_beside_the_others() {
        let (names, messages) = read("kind: Pod\nmetadata: {name: a}\n---\n[1, 2\n---\njust text\n---\nname: x\n");
        assert_eq!(names, [":Pod default/a"]);
        assert_eq!(messages.len(), 3, "{messages:?}");
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
        for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
            text.push_str(&format!(
                "{to}: &{to} [*{from}, *{from}, *{from}, *{from}, *{from}, *{from}, *{from}, *{from}, *{from}]\n"
            ));
        }
        let (names, messages) = read(&text);
        assert!(names.is_empty() && messages.len() == 1, "{messages:?}");
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep).1.len(), 1);
    }
}
