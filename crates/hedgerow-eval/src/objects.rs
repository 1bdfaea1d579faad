//! The objects of manifests as they are, for those who look at other things than who reaches whom.

use crate::manifest::{ObjectRef, parse};
use hedgerow_core::diag::Diagnostic;
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
    objects_and_faults(source, text).0
}

/// The objects of one text, and what in it is none.
#[must_use]
pub fn objects_and_faults(source: SourceId, text: &str) -> (Vec<PlainObject>, Vec<Diagnostic>) {
    let plain = |object: crate::manifest::Object| PlainObject {
        reference: object.written(),
        group: object.group,
        place: object.place,
        value: object.value,
    };
    let mut faults = Vec::new();
    let objects = parse(source, text, &mut faults).into_iter().map(plain).collect();
    (objects, faults)
}
