//! The charts of a tree: where they are, what they take in, and whose a file is.

use super::files::ChartFiles;
use super::library::{self, Library};
use super::outside::{self, Outside};
use super::values::{self, Files, Set, directory_of, is_values, is_yaml};
use super::{parse, template};
use crate::value::Value;
use std::collections::BTreeMap;

/// One chart.
#[derive(Debug, Clone, Default)]
pub(super) struct Chart {
    pub(super) name: String,
    /// What `.Chart` holds.
    pub(super) about: Value,
    /// Whose release it is, by a number that the charts have for themselves: those that others take in are of theirs.
    pub(super) release: usize,
    /// What `values.yaml` says, what it says with each of the files for an environment laid over it, and what it says with what each release gives it from
    /// elsewhere.
    pub(super) values: Vec<Set>,
    /// Which of the libraries its templates share.
    pub(super) library: usize,
}

/// The charts of a tree, by their directories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charts {
    pub(super) charts: BTreeMap<String, Chart>,
    pub(super) libraries: Vec<Library>,
    pub(super) files: ChartFiles,
    pub(super) namespace: Option<String>,
    outside: Outside,
}

impl Charts {
    /// Finds the charts among the tree's texts. `namespace` stands for the one a release goes to.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = (&'a str, &'a str)> + Clone, namespace: Option<&str>) -> Self {
        let mut charts = BTreeMap::new();
        let mut parents = Vec::new();
        for (path, text) in texts.clone() {
            let Some(directory) = directory_of(path, "Chart.yaml") else { continue };
            let about = values::parse(text).into_iter().next().unwrap_or_default();
            let last = directory.rsplit('/').next().unwrap_or(directory);
            let name = about.get("name").and_then(Value::as_str).unwrap_or(last).to_owned();
            parents.extend(dependencies(directory, &about));
            let release = charts.len();
            charts.insert(directory.to_owned(), Chart { name, about, release, values: Vec::new(), library: 0 });
        }
        let (templates, texts_of_tree) = (texts.clone(), texts.clone());
        let mut files = Files::new();
        for (path, text) in texts {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            if is_values(name) || (is_yaml(name) && (directory == "values" || directory.ends_with("/values"))) {
                files.entry(directory).or_default().push((name, text));
            }
        }
        for (directory, chart) in &mut charts {
            chart.values = values::of(&files, directory);
        }
        let mut outside = outside::find(texts_of_tree, &charts, |path| template_in(&charts, path).is_some());
        for (directory, sets) in std::mem::take(&mut outside.sets) {
            if let Some(chart) = charts.get_mut(&directory) {
                chart.values.extend(sets);
            }
        }
        // What a chart says for the charts it takes in counts there.
        for directory in charts.keys() {
            if let Some((parent, name)) = directory.rsplit_once("/charts/") {
                parents.push((parent.to_owned(), directory.clone(), name.to_owned()));
            }
        }
        parents
            .retain(|(parent, child, _)| parent != child && charts.contains_key(parent) && charts.contains_key(child));
        let mut left = values::MAX_LAID;
        for (parent, child, name) in in_order(parents.clone()) {
            values::lay_over(&mut charts, &parent, &child, &name, &mut left);
        }
        let (libraries, files, namespace) = (Vec::new(), ChartFiles::new(), namespace.map(str::to_owned));
        let mut found = Self { charts, libraries, files, namespace, outside };
        found.keep_files(templates.clone());
        found.share(&parents, templates);
        found
    }

    /// Keeps what the charts have besides templates, where a template takes files in.
    fn keep_files<'a>(&mut self, texts: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
        let takes_in = |(path, text): (&str, &str)| path.contains("templates/") && text.contains(".Files.");
        if !texts.clone().any(takes_in) {
            return;
        }
        for (path, text) in texts.filter(|(path, _)| self.template_of(path).is_none()).collect::<Vec<_>>() {
            let mut above = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            loop {
                if self.charts.contains_key(above) {
                    self.files.add(above, path, text);
                    break;
                }
                match above.rsplit_once('/') {
                    Some((directory, _)) => above = directory,
                    None if above.is_empty() => break,
                    None => above = "",
                }
            }
        }
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
                of_family.entry(family).or_default().push(parse::parse(text));
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

    /// Whether what a release is called is written where it is installed.
    pub(crate) fn is_named(&self, release: usize) -> bool {
        let of_chart = |(directory, chart): (&String, &Chart)| {
            chart.release == release && self.outside.named.contains(directory.as_str())
        };
        self.charts.iter().any(of_chart)
    }

    /// The directory of the chart that a chart lies in as a part of it: its own, where it lies in none.
    pub(crate) fn outermost<'d>(&self, directory: &'d str) -> &'d str {
        let mut above = directory.match_indices("charts/").map(|(at, _)| directory[..at].trim_end_matches('/'));
        above.find(|above| self.charts.contains_key(*above)).unwrap_or(directory)
    }

    /// Files that give something to a chart which is not known: the file, the directory of the chart with its name, and what it is.
    pub(crate) fn lacks(&self) -> impl Iterator<Item = (&str, (&str, &str), &str)> {
        self.outside.lacks.iter().filter_map(|(path, directory, what)| {
            let (directory, chart) = self.charts.get_key_value(directory)?;
            Some((path.as_str(), (directory.as_str(), chart.name.as_str()), what.as_str()))
        })
    }

    /// Files whose releases cannot be read, each with the fault.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outside.broken.iter().map(|(path, fault)| (path.as_str(), fault.as_str()))
    }

    /// The directory of the chart whose template a file is, with the chart's name.
    pub(crate) fn template_of(&self, path: &str) -> Option<(&str, &str)> {
        template_in(&self.charts, path).map(|(directory, chart)| (directory, chart.name.as_str()))
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
}

/// The chart whose template a file is.
fn template_in<'c>(charts: &'c BTreeMap<String, Chart>, path: &str) -> Option<(&'c str, &'c Chart)> {
    let (directory, _) =
        path.split_once("/templates/").or_else(|| path.strip_prefix("templates/").map(|rest| ("", rest)))?;
    charts.get_key_value(directory).map(|(directory, chart)| (directory.as_str(), chart))
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

/// The charts of the tree that a chart takes in from beside it: parent, child, and the key of the child's values.
fn dependencies(directory: &str, about: &Value) -> Vec<Parent> {
    let list = about.get("dependencies").and_then(Value::as_list).into_iter().flatten();
    let found = list.filter_map(|dependency| {
        let path = dependency.get("repository")?.as_str()?.strip_prefix("file://")?;
        let name = dependency.get("alias").or_else(|| dependency.get("name"))?.as_str()?;
        Some((directory.to_owned(), crate::path::join_within(directory, path)?, name.to_owned()))
    });
    found.collect()
}
