//! The objects of manifests as they are, for those who look at other things than who reaches whom.

use crate::manifest::{ObjectRef, parse};
use hedgerow_core::source::{SourceId, Span};
use serde_json::Value;

/// One object, as read.
#[derive(Debug, Clone)]
pub struct PlainObject {
    /// The API group without its version; empty for the core group.
    pub group: String,
    /// Its kind and name, and its namespace where one is written.
    pub reference: ObjectRef,
    /// Its name in the text.
    pub place: Span,
    /// All of it.
    pub value: Value,
}

/// The objects of one text. What is none is left out: [`Manifests::read`](crate::Manifests::read) reports it.
#[must_use]
pub fn objects(source: SourceId, text: &str) -> Vec<PlainObject> {
    let plain = |object: crate::manifest::Object| PlainObject {
        reference: object.written(),
        group: object.group,
        place: object.place,
        value: object.value,
    };
    parse(source, text, &mut Vec::new()).into_iter().map(plain).collect()
}
