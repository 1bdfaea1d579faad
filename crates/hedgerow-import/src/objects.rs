//! Kubernetes objects of texts, for readers of custom resources.

use crate::Input;
use crate::said::{Found, Place, Why};
use crate::templates::{Filled, filled, is_filled, plain};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::source::Sources;
use hedgerow_eval::{Cluster, Manifests};
use serde_json::Value;
use std::sync::Arc;

/// One object.
pub(crate) struct Object {
    pub(crate) group: String,
    pub(crate) kind: String,
    /// As written, else the namespace of objects that name none.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) place: Place,
    /// Whether the deploy fills in where it lives, so that its namespace is that of objects that name none.
    is_placed_by_deploy: bool,
}

impl Object {
    /// Says that the object may live elsewhere.
    pub(crate) fn say_namespace(&self, found: &mut Found) {
        if self.is_placed_by_deploy {
            let text = format!("the deploy fills in its namespace; read as one of namespace `{}`", self.namespace);
            found.leave(Why::OpenNamespace, &self.place, text);
        }
    }

    pub(crate) fn spec(&self) -> &Value {
        self.value.get("spec").unwrap_or(&Value::Null)
    }
}

/// What is in texts.
pub(crate) struct Objects {
    pub(crate) objects: Vec<Object>,
    /// The pods among them, and where they live.
    pub(crate) cluster: Cluster,
    /// What cannot be read at all.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The value under a key; absent and `null` are the same to Kubernetes.
pub(crate) fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|value| !value.is_null())
}

/// The text under a key; nothing where it is empty.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    get(value, key)?.as_str().filter(|text| !text.is_empty())
}

/// The list under a key; none where it is no list.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    get(value, key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list under a key.
pub(crate) fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    list(value, key).iter().filter_map(Value::as_str).collect()
}

/// The keys under which something stands.
pub(crate) fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value)).map(|(key, _)| key.as_str())
}

/// The first text of a value that has a template's tag, which the deploy fills in.
pub(crate) fn tag(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| text.contains("{{")),
        Value::Array(list) => list.iter().find_map(tag),
        Value::Object(map) => map
            .iter()
            .find_map(|(key, value)| Some(key.as_str()).filter(|key| key.contains("{{")).or_else(|| tag(value))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

/// Reads texts that a deploy fills in. What it fills in is told where it may be about callers.
pub(crate) fn filled_objects(input: &Input<'_>, found: &mut Found) -> Objects {
    let mut texts = Sources::default();
    for (id, source) in input.texts.iter() {
        match filled(&source.text) {
            Some(Filled { text, left }) => {
                texts.add(&source.path, text);
                for (line, text) in left {
                    found.leave(Why::NotUnderstood, &input.line(id, line), text);
                }
            }
            None => drop(texts.add_shared(&source.path, Arc::clone(&source.text))),
        }
    }
    objects(&Input { texts: &texts, ..*input })
}

/// Reads all texts. Some tools print their objects as a bare JSON list.
pub(crate) fn objects(input: &Input<'_>) -> Objects {
    let (mut objects, mut streams) = (Vec::new(), Vec::new());
    for (id, source) in input.texts.iter() {
        match bare_list(&source.text) {
            Some(values) => {
                for value in values {
                    let place = input.line(id, 1);
                    let kind = text(&value, "kind").unwrap_or_default().to_owned();
                    let group = group_of(&value);
                    objects.push(object(value, (group, kind), place, input));
                }
            }
            None => streams.push((id, source)),
        }
    }
    let (manifests, mut diagnostics) = Manifests::read(streams.iter().copied(), &input.options.namespace);
    // Policies are not the matter here; what no reader could read is.
    diagnostics.retain(|diagnostic| diagnostic.code == Code::UnreadableManifest);
    for (id, source) in streams {
        for plain in hedgerow_eval::objects(id, &source.text) {
            let place = input.place(plain.place, "");
            // The items of a list need not say their kind again.
            objects.push(object(plain.value, (plain.group, plain.reference.kind), place, input));
        }
    }
    Objects { objects, cluster: manifests.cluster, diagnostics }
}

fn bare_list(text: &str) -> Option<Vec<Value>> {
    text.trim_start().starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
}

fn group_of(value: &Value) -> String {
    text(value, "apiVersion").and_then(|api| api.rsplit_once('/')).map_or("", |(group, _)| group).to_owned()
}

fn object(value: Value, (group, kind): (String, String), place: Place, input: &Input<'_>) -> Object {
    let metadata = value.get("metadata").unwrap_or(&Value::Null);
    let name = text(metadata, "name").or_else(|| text(metadata, "generateName")).unwrap_or_default().to_owned();
    let namespace = text(metadata, "namespace");
    let is_placed_by_deploy = namespace.is_some_and(is_filled);
    let written = namespace.filter(|_| !is_placed_by_deploy);
    let namespace = written.unwrap_or(&input.options.namespace).to_owned();
    let what = match written {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    };
    let place = Place { what: crate::said::shown(&plain(&what)), ..place };
    Object { group, kind, namespace, name, value, place, is_placed_by_deploy }
}
