//! Helm charts of the tree, rendered as far as their own values tell: enough to read environment variables, arguments and
//! names of Services out of their templates.
//!
//! This is no template engine. What `values.yaml` and the files beside it do not say is a hole, and a hole is never filled
//! by a guess. Both sides of an `if` count: a template is rendered as often as it takes to show every branch of whole lines
//! and every combination of those on one line ([`template`]), and a variable that branches give several values has all of
//! them ([`choice`]). What cannot be shown in full is said ([`Rendered::is_whole`]).

mod choice;
mod expr;
mod functions;
mod known;
mod library;
mod lined;
mod lost;
mod render;
mod scope;
mod template;
#[cfg(test)]
mod tests;

use crate::deploy::{Sheet, all_documents, documents, fault_line, swells};
use crate::host::{HOLE, release};
use library::Library;
use render::{Around, Spent, render};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// Stands for [`HOLE`] in rendered text, which YAML could not hold.
const MARK: char = '\u{e000}';

/// More sets of values than this are not told apart: what they differ in is a hole.
const MAX_SETS: usize = 16;

/// How many scalars the values of charts may be copied to by those above them.
const MAX_LAID: usize = 8 << 20;

/// How many renderings show the branches of a template; what more of them would show is not known.
const MAX_SIDES: usize = 128;

/// How many steps and how many bytes all renderings of a template may take.
const MAX_STEPS: usize = 2_000_000;
const MAX_BYTES: usize = 16 << 20;

/// How many bytes a scalar of a document counts at least.
const SCALAR: usize = 8;

/// What is read in the objects of a chart.
const READ: &[&str] = &["ontainers", "Service", "ConfigMap"];

/// One chart.
#[derive(Debug, Clone, Default)]
struct Chart {
    name: String,
    /// What `.Chart` holds.
    about: Value,
    /// What stands for the name of its release, see [`release`].
    release: char,
    /// What `values.yaml` says, and what it says with each of the files for an environment laid over it.
    values: Vec<Value>,
    /// Which of the libraries its templates share.
    library: usize,
}

/// What a template comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rendered {
    /// The documents, with [`HOLE`] for what is not known.
    pub(crate) documents: Vec<Value>,
    /// The text of each of them.
    pub(crate) sheets: Vec<Arc<Sheet>>,
    /// Whether there is nothing else that is read.
    pub(crate) is_whole: bool,
    /// Whether lines are left out that are not known and may give something to a container.
    pub(crate) has_lost: bool,
    /// What the template asks for and nobody knows, a few words each.
    pub(crate) lacks: BTreeSet<String>,
}

/// Files that hold values, by their directories.
type Files<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

/// The charts of a tree, by their directories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charts {
    charts: BTreeMap<String, Chart>,
    libraries: Vec<Library>,
    namespace: Option<String>,
}

impl Charts {
    /// Finds the charts among the tree's texts. `namespace` stands for the one a release goes to.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = (&'a str, &'a str)> + Clone, namespace: Option<&str>) -> Self {
        let mut charts = BTreeMap::new();
        let mut parents = Vec::new();
        for (path, text) in texts.clone() {
            let Some(directory) = directory_of(path, "Chart.yaml") else { continue };
            let about = parse(text).into_iter().next().unwrap_or_default();
            let last = directory.rsplit('/').next().unwrap_or(directory);
            let name = about.get("name").and_then(Value::as_str).unwrap_or(last).to_owned();
            parents.extend(dependencies(directory, &about));
            let release = release(charts.len());
            charts.insert(directory.to_owned(), Chart { name, about, release, values: Vec::new(), library: 0 });
        }
        let templates = texts.clone();
        let mut files = Files::new();
        for (path, text) in texts {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            if is_values(name) || (is_yaml(name) && (directory == "values" || directory.ends_with("/values"))) {
                files.entry(directory).or_default().push((name, text));
            }
        }
        for (directory, chart) in &mut charts {
            chart.values = values(&files, directory);
        }
        // What a chart says for the charts it takes in counts there.
        for directory in charts.keys() {
            if let Some((parent, name)) = directory.rsplit_once("/charts/") {
                parents.push((parent.to_owned(), directory.clone(), name.to_owned()));
            }
        }
        parents
            .retain(|(parent, child, _)| parent != child && charts.contains_key(parent) && charts.contains_key(child));
        let mut left = MAX_LAID;
        for (parent, child, name) in in_order(parents.clone()) {
            lay_over(&mut charts, &parent, &child, &name, &mut left);
        }
        let mut found = Self { charts, libraries: Vec::new(), namespace: namespace.map(str::to_owned) };
        found.share(&parents, templates);
        found
    }

    /// Gives the charts that take in one another the templates of all of them.
    fn share<'a>(&mut self, parents: &[Parent], templates: impl Iterator<Item = (&'a str, &'a str)>) {
        let mut families: BTreeMap<String, String> =
            self.charts.keys().map(|directory| (directory.clone(), directory.clone())).collect();
        for (parent, child, _) in parents {
            let (Some(one), Some(other)) = (families.get(parent).cloned(), families.get(child).cloned()) else {
                continue;
            };
            families.values_mut().filter(|family| **family == other).for_each(|family| family.clone_from(&one));
        }
        let mut of_family: BTreeMap<&str, Vec<template::Template>> = BTreeMap::new();
        for (path, text) in templates {
            let Some(family) = self.template_of(path).and_then(|(directory, _)| families.get(directory)) else {
                continue;
            };
            if library::is_shared(text) {
                of_family.entry(family).or_default().push(template::parse(text));
            }
        }
        let libraries: BTreeMap<&str, Library> =
            of_family.iter().map(|(family, templates)| (*family, Library::new(templates))).collect();
        self.libraries = vec![Library::new(&[])];
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (family, library) in libraries {
            places.insert(family, self.libraries.len());
            self.libraries.push(library);
        }
        for (directory, chart) in &mut self.charts {
            let family = families.get(directory);
            chart.library = family.and_then(|family| places.get(family.as_str())).copied().unwrap_or_default();
        }
    }

    /// The directory of the chart whose template a file is, with the chart's name.
    pub(crate) fn template_of(&self, path: &str) -> Option<(&str, &str)> {
        let (directory, _) =
            path.split_once("/templates/").or_else(|| path.strip_prefix("templates/").map(|rest| ("", rest)))?;
        let (directory, chart) = self.charts.get_key_value(directory)?;
        Some((directory, &chart.name))
    }

    /// Whether a file holds values of a chart, and the chart's name if it is in the tree.
    pub(crate) fn values_of(&self, path: &str) -> Option<Option<&str>> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if is_values(name) {
            return Some(self.charts.get(directory).map(|chart| chart.name.as_str()));
        }
        let above = directory.strip_suffix("values")?.trim_end_matches('/');
        self.charts.get(above).map(|chart| Some(chart.name.as_str()))
    }

    /// What a template can come to.
    pub(crate) fn documents(&self, directory: &str, text: &str) -> Rendered {
        let mut found = Rendered { is_whole: true, ..Rendered::default() };
        let Some(chart) = self.charts.get(directory) else { return found };
        let Some(library) = self.libraries.get(chart.library) else { return found };
        let mut template = template::parse(text);
        let sides = library.count_sides(&mut template.nodes);
        found.is_whole = !template.is_cut && sides <= MAX_SIDES;
        let roots: Vec<Rc<Value>> = chart.values.iter().map(|values| Rc::new(self.root(chart, values))).collect();
        let (mut steps, mut bytes) = (0, 0);
        let mut seen = BTreeSet::new();
        for side in 0..sides.min(MAX_SIDES) {
            let mut sets = Vec::new();
            for root in &roots {
                let around = Around { library, spent: Spent::default() };
                let made = render(&template.nodes, scope::Scope::new(Rc::clone(root), &around), side);
                let (text, lines) = made.into_parts();
                let (text, may_give) = lost::without_lost(text);
                found.is_whole &= !around.spent.is_cut();
                found.has_lost |= may_give;
                steps += around.spent.steps();
                found.lacks.append(&mut around.spent.lacks());
                sets.push((text.matches(MARK).count(), text, lines));
            }
            // What the chart's own values leave open and those above them fill is not deployed with its own values alone.
            let least = sets.iter().skip(1).map(|(holes, ..)| *holes).min();
            let own = sets.first().is_some_and(|(holes, ..)| least.is_none_or(|least| *holes <= least));
            for (_, text, lines) in sets.into_iter().skip(usize::from(!own)) {
                if seen.contains(&text) {
                    continue;
                }
                if steps > MAX_STEPS || bytes > MAX_BYTES {
                    found.is_whole = false;
                    return found;
                }
                // Aliases and choices make much out of a short text.
                bytes += text.len().max(found.take_in(&text, &lines).saturating_mul(SCALAR));
                seen.insert(text);
            }
        }
        found
    }

    /// What `$` is in a template.
    fn root(&self, chart: &Chart, values: &Value) -> Value {
        let about = |key: &str| chart.about.get(key).cloned().unwrap_or_default();
        let namespace = self.namespace.clone().unwrap_or_else(|| MARK.to_string());
        serde_json::json!({
            "Values": values,
            "Chart": {"Name": chart.name, "Version": about("version"), "AppVersion": about("appVersion")},
            "Release": {"Name": chart.release.to_string(), "Namespace": namespace, "Service": "Helm"},
        })
    }
}

impl Rendered {
    /// Takes in the documents of a rendering, each by itself: what is wrong in one of them says nothing of the others.
    /// Gives how many scalars they hold. `lines` are where the template writes the lines.
    fn take_in(&mut self, text: &str, lines: &[u32]) -> usize {
        let mut weight = 0;
        let mut document = String::new();
        let mut first = 0;
        for (at, line) in text.split_inclusive('\n').chain(["---"]).enumerate() {
            if !line.starts_with("---") {
                document.push_str(line);
                continue;
            }
            let (values, is_whole) = all_documents(&document);
            let mut values = values;
            if !is_whole {
                let is_read = READ.iter().any(|word| document.contains(word));
                self.is_whole &= !is_read;
                if is_read && values.is_empty() && document.len() <= MAX_TRIED && !swells(&document) {
                    values = without_faults(&mut document, &mut weight);
                }
                // What cannot be read may have been much before that was seen. Where aliases made it so, they do in every
                // rendering: one is enough.
                weight += if swells(&document) { MAX_BYTES } else { document.len() };
            }
            let mut sheet = None;
            for value in values.into_iter().flat_map(choice::all).map(with_holes) {
                weight += render::weight(&value);
                if !value.is_null() && !self.documents.contains(&value) {
                    self.documents.push(value);
                    let lines = || lines.get(first..).map(|rest| rest[..rest.len().min(at - first)].to_vec());
                    let made = || Arc::new(Sheet { text: document.clone(), lines: lines().unwrap_or_default() });
                    self.sheets.push(Arc::clone(sheet.get_or_insert_with(made)));
                }
            }
            first = at;
            line.strip_prefix("---").unwrap_or_default().clone_into(&mut document);
        }
        weight
    }
}

/// How many lines are taken out of a document to read the rest of it, and how many bytes it may have.
const MAX_TAKEN_OUT: usize = 8;
const MAX_TRIED: usize = 64 << 10;

/// What a document holds without the lines on which it is no YAML, which are taken out of it: what is not known of a template can be such a line, and says nothing
/// of the others.
fn without_faults(document: &mut String, weight: &mut usize) -> Vec<Value> {
    let whole = document.clone();
    let mut lines: Vec<&str> = whole.lines().collect();
    for _ in 0..MAX_TAKEN_OUT {
        let text = lines.join("\n");
        *weight += text.len();
        let Some(at) = fault_line(&text) else {
            let found = documents(&text);
            *document = text;
            return found;
        };
        // A fault is seen at its line or after it; blank lines have none.
        let Some(at) = (0..=at.min(lines.len().saturating_sub(1))).rev().find(|at| !lines[*at].trim().is_empty())
        else {
            break;
        };
        lines[at] = "";
    }
    Vec::new()
}

/// Whether a template of a chart can come to something that is read.
pub(crate) fn is_read(text: &str) -> bool {
    READ.iter().chain(&["include", "template", "tpl", "block"]).any(|word| text.contains(word))
}

/// That one chart takes in another, and the key of its values.
type Parent = (String, String, String);

/// The same with the parents of a chart before its children, as far as there is such an order.
fn in_order(parents: Vec<Parent>) -> Vec<Parent> {
    let mut above: BTreeMap<String, usize> = BTreeMap::new();
    let mut below: BTreeMap<String, Vec<Parent>> = BTreeMap::new();
    for (parent, child, name) in parents {
        above.entry(parent.clone()).or_default();
        *above.entry(child.clone()).or_default() += 1;
        below.entry(parent.clone()).or_default().push((parent, child, name));
    }
    let mut ready: Vec<String> =
        above.iter().filter(|(_, count)| **count == 0).map(|(directory, _)| directory.clone()).collect();
    let mut found = Vec::new();
    while let Some(directory) = ready.pop() {
        for parent in below.remove(&directory).unwrap_or_default() {
            if let Some(count) = above.get_mut(&parent.1) {
                *count -= 1;
                if *count == 0 {
                    ready.push(parent.1.clone());
                }
            }
            found.push(parent);
        }
    }
    // Charts that take in each other.
    found.extend(below.into_values().flatten());
    found
}

/// Lays what a chart says for one that it takes in over that one's own values, as long as there are `left` more scalars
/// to copy.
fn lay_over(charts: &mut BTreeMap<String, Chart>, parent: &str, child: &str, name: &str, left: &mut usize) {
    let Some((release, sets)) = charts.get(parent).map(|above| (above.release, above.values.clone())) else { return };
    let Some(child) = charts.get_mut(child) else { return };
    child.release = release;
    let base = child.values.first().cloned().unwrap_or_default();
    let mut blurred = None;
    for set in &sets {
        match left.checked_sub(render::weight(&base) + 1) {
            Some(rest) => *left = rest,
            None => {
                // Nothing is known of what this one says.
                let unknown = Value::from(MARK.to_string());
                if !child.values.contains(&unknown) {
                    child.values.push(unknown);
                }
                break;
            }
        }
        let mut merged = base.clone();
        if let Some(own) = set.get(name) {
            merge(&mut merged, own);
        }
        if let Some(global) = set.get("global") {
            merge(&mut merged, &serde_json::json!({"global": global}));
        }
        if child.values.contains(&merged) {
            continue;
        }
        if child.values.len() < MAX_SETS {
            child.values.push(merged);
        } else {
            blur(blurred.get_or_insert_with(|| base.clone()), &merged);
        }
    }
    child.values.extend(blurred);
}

/// The values of a chart: its own file, and with each of the files for an environment that lie beside it.
fn values(files: &Files, directory: &str) -> Vec<Value> {
    let below = if directory.is_empty() { "values".to_owned() } else { format!("{directory}/values") };
    let mut base = Value::Object(Map::new());
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
    sets
}

/// Whether a file, by its name, holds values: `values.yaml`, `values-prod.yaml`.
fn is_values(name: &str) -> bool {
    is_yaml(name) && ["values.", "values-", "values_"].iter().any(|start| name.starts_with(start))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The charts of the tree that a chart takes in from beside it: parent, child, and the key of the child's values.
fn dependencies(directory: &str, about: &Value) -> Vec<Parent> {
    let list = about.get("dependencies").and_then(Value::as_array).into_iter().flatten();
    let found = list.filter_map(|dependency| {
        let path = dependency.get("repository")?.as_str()?.strip_prefix("file://")?;
        let name = dependency.get("alias").or_else(|| dependency.get("name"))?.as_str()?;
        Some((directory.to_owned(), crate::path::join_within(directory, path)?, name.to_owned()))
    });
    found.collect()
}

/// Lays one value over another, as Helm does: maps are merged, everything else is replaced.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => over.clone_into(under),
    }
}

/// Makes what two sets of values differ in a hole.
fn blur(one: &mut Value, other: &Value) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in other {
                match one.get_mut(key) {
                    Some(known) => blur(known, value),
                    None => {
                        one.insert(key.clone(), Value::from(MARK.to_string()));
                    }
                }
            }
        }
        (one, other) if one != other => *one = Value::from(MARK.to_string()),
        _ => {}
    }
}

fn parse(text: &str) -> Vec<Value> {
    if choice::is_clean(text) { documents(text) } else { documents(&choice::clean(text)) }
}

/// The same value with [`HOLE`] for [`MARK`].
fn with_holes(value: Value) -> Value {
    let text = |text: String| if text.contains(MARK) { text.replace(MARK, &HOLE.to_string()) } else { text };
    match value {
        Value::String(found) => Value::from(text(found)),
        Value::Array(list) => list.into_iter().map(with_holes).collect(),
        Value::Object(pairs) => pairs.into_iter().map(|(key, value)| (text(key), with_holes(value))).collect(),
        other => other,
    }
}

fn directory_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path.strip_suffix(name)?;
    if rest.is_empty() { Some("") } else { rest.strip_suffix('/') }
}
