//! The values of charts: their own files, those for environments beside them, and what the charts above them say.

use super::charts::Chart;
use super::weights::weight;
use crate::deploy::documents;
use crate::partial::Partial;
use crate::value::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// More sets of values than this are not told apart: what they differ in is a hole.
pub(super) const MAX_SETS: usize = 16;

/// Values that a chart may be rendered with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set {
    pub(super) values: Value,
    /// The name of the release that gives them, where it is known.
    pub(super) release: Option<Arc<str>>,
}

impl From<Value> for Set {
    fn from(values: Value) -> Self {
        Self { values, release: None }
    }
}

/// How many scalars the values of charts may be copied to by those above them.
pub(super) const MAX_LAID: usize = 8 << 20;

/// Files that hold values, by their directories.
pub(super) type Files<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

/// Lays what a chart says for one that it takes in over that one's own values, as long as there are `left` more scalars
/// to copy.
pub(super) fn lay_over(charts: &mut BTreeMap<String, Chart>, parent: &str, child: &str, name: &str, left: &mut usize) {
    let Some((release, sets)) = charts.get(parent).map(|above| (above.release, above.values.clone())) else { return };
    let Some(child) = charts.get_mut(child) else { return };
    child.release = release;
    let base = child.values.first().map(|set| set.values.clone()).unwrap_or_default();
    let mut blurred = None;
    for set in &sets {
        match left.checked_sub(weight(&base) + 1) {
            Some(rest) => *left = rest,
            None => {
                // Nothing is known of what this one says.
                let unknown = Set::from(Value::unknown());
                if !child.values.contains(&unknown) {
                    child.values.push(unknown);
                }
                break;
            }
        }
        let mut merged = base.clone();
        if let Some(own) = set.values.get(name) {
            merge(&mut merged, own);
        }
        if let Some(global) = set.values.get("global") {
            merge(&mut merged, &[(Partial::from("global"), global.clone())].into_iter().collect());
        }
        let merged = Set { values: merged, release: set.release.clone() };
        if child.values.contains(&merged) {
            continue;
        }
        // Those of releases are as many as those of the chart above.
        if child.values.len() < MAX_SETS || set.release.is_some() {
            child.values.push(merged);
        } else {
            blur(blurred.get_or_insert_with(|| base.clone()), &merged.values);
        }
    }
    child.values.extend(blurred.map(Set::from));
}

/// The values of a chart: its own file, and with each of the files for an environment that lie beside it.
pub(super) fn of(files: &Files, directory: &str) -> Vec<Set> {
    let below = if directory.is_empty() { "values".to_owned() } else { format!("{directory}/values") };
    let mut base = Value::from(Map::new());
    let mut others = Vec::new();
    for (name, text) in [directory, below.as_str()].into_iter().filter_map(|at| files.get(at)).flatten() {
        let value = parse(text).into_iter().next().unwrap_or_default();
        if matches!(*name, "values.yaml" | "values.yml") { base = value } else { others.push(value) }
    }
    let mut sets = vec![base.clone()];
    let mut blurred = None;
    for (at, other) in others.into_iter().enumerate() {
        let mut merged = base.clone();
        merge(&mut merged, &other);
        if at < MAX_SETS {
            sets.push(merged);
        } else {
            blur(blurred.get_or_insert_with(|| base.clone()), &merged);
        }
    }
    sets.extend(blurred);
    sets.into_iter().map(Set::from).collect()
}

/// Whether a file, by its name, holds values: `values.yaml`, `values-prod.yaml`.
pub(super) fn is_values(name: &str) -> bool {
    is_yaml(name) && ["values.", "values-", "values_"].iter().any(|start| name.starts_with(start))
}

pub(super) fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Lays one value over another, as Helm does: maps are merged, everything else is replaced.
pub(super) fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Map(under), Value::Map(over)) => {
            let under = Arc::make_mut(under);
            for (key, value) in over.iter() {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => over.clone_into(under),
    }
}

/// Makes what two sets of values differ in a hole.
pub(super) fn blur(one: &mut Value, other: &Value) {
    match (one, other) {
        (Value::Map(one), Value::Map(other)) => {
            let one = Arc::make_mut(one);
            for (key, value) in other.iter() {
                match one.get_mut(key) {
                    Some(known) => blur(known, value),
                    None => {
                        one.insert(key.clone(), Value::unknown());
                    }
                }
            }
        }
        (one, other) if one != other => *one = Value::unknown(),
        _ => {}
    }
}

pub(super) fn parse(text: &str) -> Vec<Value> {
    documents(text).into_iter().map(Value::from).collect()
}

pub(super) fn directory_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path.strip_suffix(name)?;
    if rest.is_empty() { Some("") } else { rest.strip_suffix('/') }
}
