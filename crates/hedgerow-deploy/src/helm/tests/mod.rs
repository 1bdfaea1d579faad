//! What templates come to.

mod argo;
mod calls;
mod ends;
mod flags;
mod handed;
mod known;
mod left_out;
mod limits;
mod outside;
mod printing;
mod values;
mod variables;

use super::*;
use crate::partial::{Gap, Partial};
use crate::value::Value;
use std::collections::BTreeSet;

/// A text with `?` for holes and `<release>` for the name of the first chart's release.
fn told(text: &Partial) -> String {
    let told = text.with_gaps(|gap| Some(Partial::from(if *gap == Gap::Release(0) { "<release>" } else { "?" })));
    told.known().unwrap().to_owned()
}

/// Documents as JSON.
fn json(documents: &[Value]) -> String {
    told(&documents.iter().cloned().collect::<Value>().json())
}

/// What the documents of a template come to.
fn rendered(values: &str, text: &str) -> String {
    let texts = [("c/Chart.yaml", "name: books\nversion: 1.2.3\n"), ("c/values.yaml", values)];
    let charts = Charts::new(texts.into_iter(), Some("payments"));
    json(&charts.documents("c", text).documents)
}

/// What the value of `a` can be in the documents of a template, with `?` for holes.
fn values_of(texts: &[(&str, &str)], text: &str) -> BTreeSet<String> {
    let charts = Charts::new([("c/Chart.yaml", "name: books\n")].into_iter().chain(texts.iter().copied()), None);
    let rendered = charts.documents("c", text);
    assert!(rendered.is_whole, "{text}");
    let value = |document: &Value| match document.get("a") {
        Some(Value::Text(text)) => told(text),
        Some(other) => told(&other.json()),
        None => "null".to_owned(),
    };
    rendered.documents.iter().map(value).collect()
}
