//! One object of the deploy, and how its parts are got at.

use super::{Sheet, Step};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One object of the deploy.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) path: &'a str,
    /// The chart it comes from, by directory and name. Names that a chart makes mean something within it alone.
    pub(super) chart: Option<(&'a str, &'a str)>,
    /// Which of the file's documents it is or is in.
    pub(super) document: usize,
    /// The place in a list that holds it.
    pub(super) listed: Vec<Step>,
    /// What the chart's template came to.
    pub(super) sheet: Option<Arc<Sheet>>,
    /// The name of the release of its chart, where that is known.
    pub(super) release: Option<Arc<str>>,
    /// Whether it is known whose it is only by what its release is called, which nothing says.
    pub(super) is_guessed: bool,
    /// The namespaces that it may be in, as it and the kustomizations that take it in say; none where nothing says it.
    pub(super) namespaces: BTreeSet<Partial>,
    pub(super) value: Value,
}

/// Texts of the tree by their paths.
pub(super) type Texts<'a> = BTreeMap<&'a str, &'a str>;

impl Item<'_> {
    pub(super) fn scope(&self) -> &str {
        self.chart.map_or("", |(directory, _)| directory)
    }
}

/// A scalar as text.
pub(super) fn scalar(value: &Value) -> Option<Partial> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.json()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// The text at a path, if all of it is known.
pub(super) fn text_at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    partial_at(value, path)?.known()
}

/// The text at a path.
pub(super) fn partial_at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Partial> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_text()
}

/// The template of a workload's pods.
pub(super) fn pod_template(item: &Value) -> Option<&Value> {
    let kind = text_at(item, &["kind"])?;
    let template = match kind {
        "Pod" => item,
        "CronJob" => item.pointer("/spec/jobTemplate/spec/template")?,
        "AdvancedCronJob" => item.pointer("/spec/template/jobTemplate/spec/template")?,
        _ => item.pointer("/spec/template")?,
    };
    template.get("spec").map(|_| template)
}
