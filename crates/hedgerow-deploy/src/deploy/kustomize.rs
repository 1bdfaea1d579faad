//! ConfigMaps that kustomize makes out of texts and files.
//!
//! Two kustomizations may both make a map called `config`, each for its own workloads: kustomize tells them apart by a hash
//! behind the name. So a map is found from the workload's file, through the kustomizations that take the file in.
//!
//! What `secretGenerator` makes is a secret: its values are not taken, and so are holes as any secret's.
//!
//! See <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/>. `behavior` is not looked
//! at: what an overlay puts in the place of a value counts beside it.

use super::item::{Item, Texts, text_at};
use super::{MAX_LENGTH, Spot};
use crate::partial::Partial;
use crate::path::join_within;
use crate::value::Value;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The names of a kustomization's file.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The keys under which a kustomization takes in files and other kustomizations. `bases` is the old name of `resources`.
const TAKES: &[&str] = &["resources", "bases", "components", "patchesStrategicMerge", "patches"];

/// How many steps from one kustomization to another a tree is worth.
const MAX_STEPS: usize = 50_000_000;

/// The kustomizations of a tree.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    all: Vec<Kustomization>,
    /// Those that take in a file, by its path.
    files: BTreeMap<String, Vec<usize>>,
    /// The names of all maps that are made.
    names: BTreeSet<String>,
    /// How many steps were taken.
    steps: Cell<usize>,
}

#[derive(Debug, Default)]
struct Kustomization {
    /// A component is applied to what its taker has besides.
    is_component: bool,
    /// What it makes, by name.
    maps: BTreeMap<String, Vec<Map>>,
    /// Those that it takes in.
    below: Vec<usize>,
    /// The components among them.
    components: Vec<usize>,
    /// Those that take it in.
    above: Vec<usize>,
    /// The namespace that it puts everything in.
    namespace: Option<String>,
}

/// A map that is made.
#[derive(Debug)]
pub(super) struct Map {
    /// What it holds.
    pub(super) data: Value,
    /// Where that is said, by key.
    pub(super) spots: BTreeMap<String, Spot>,
}

/// The maps that the workloads of one file can name.
#[derive(Debug)]
pub(super) struct Made<'a> {
    all: &'a Kustomizations,
    /// Those that take in the file.
    takers: &'a [usize],
}

impl<'a> Made<'a> {
    /// What the maps of this name hold.
    pub(super) fn named(&self, name: &Partial) -> impl Iterator<Item = &'a Map> {
        // To walk is dear, and most names are of maps that somebody wrote.
        let all = self.all;
        let name = name.known().filter(|name| !self.takers.is_empty() && all.names.contains(*name));
        let found = name.map(|name| all.made(self.takers, name)).unwrap_or_default();
        found.into_iter()
    }
}

impl Kustomizations {
    /// Finds the kustomizations among the objects of the deploy. `texts` are the files that they make maps of.
    pub(super) fn new(items: &[Item], texts: &Texts) -> Self {
        let items = items.iter().filter(|item| item.chart.is_none());
        let found: BTreeMap<&str, &Item> = items
            .map(|item| (item.path.rsplit_once('/').unwrap_or(("", item.path)), item))
            .filter(|((_, name), _)| NAMES.contains(name))
            .map(|((directory, _), item)| (directory, item))
            .collect();
        let numbers: BTreeMap<&str, usize> = found.keys().copied().zip(0..).collect();
        let mut new = Self::default();
        new.all.resize_with(found.len(), Kustomization::default);
        for (at, (directory, item)) in found.iter().enumerate() {
            let value = &item.value;
            new.all[at].is_component = text_at(value, &["kind"]) == Some("Component");
            new.all[at].namespace = text_at(value, &["namespace"]).map(str::to_owned);
            new.all[at].maps = maps(directory, item, texts);
            new.names.extend(new.all[at].maps.keys().cloned());
            let taken = TAKES.iter().flat_map(|key| elements(value, key)).filter_map(path_of);
            for path in taken.filter_map(|path| join_within(directory, path)) {
                match numbers.get(path.as_str()) {
                    Some(other) => {
                        new.all[at].below.push(*other);
                        new.all[*other].above.push(at);
                    }
                    None => new.files.entry(path).or_default().push(at),
                }
            }
        }
        for at in 0..new.all.len() {
            let below = new.all[at].below.iter().copied();
            new.all[at].components = below.filter(|below| new.all[*below].is_component).collect();
        }
        new
    }

    /// The namespaces that the kustomizations which take a file in put it in; none where they say none.
    pub(super) fn namespaces(&self, path: &str) -> BTreeSet<Partial> {
        let takers = self.files.get(path).map(Vec::as_slice).unwrap_or_default();
        let above = self.walk(takers, |one| &one.above).unwrap_or_default();
        above.into_iter().filter_map(|at| self.all[at].namespace.as_deref()).map(Partial::from).collect()
    }

    /// What is made for the workloads of a file.
    pub(super) fn of(&self, path: &str) -> Made<'_> {
        Made { all: self, takers: self.files.get(path).map(Vec::as_slice).unwrap_or_default() }
    }

    /// The maps of a name for what these take in: theirs, those of all above them and of the components that are applied. A
    /// patch besides names what its own kustomization takes in. Two of an umbrella's kustomizations may each have a map of
    /// one name, so what is taken in besides counts only where nothing nearer makes it.
    fn made(&self, takers: &[usize], name: &str) -> Vec<&Map> {
        let makes = |at: &usize| self.all[*at].maps.contains_key(name);
        let found = self.makers(takers, makes).unwrap_or_else(|| (0..self.all.len()).filter(makes).collect());
        found.into_iter().filter_map(|at| self.all[at].maps.get(name)).flatten().collect()
    }

    /// Those that make something for what the takers take in; none where it takes too long to tell: then all that make it.
    fn makers(&self, takers: &[usize], makes: impl Fn(&usize) -> bool) -> Option<BTreeSet<usize>> {
        let above = self.walk(takers, |one| &one.above)?;
        let mut near: BTreeSet<usize> = self.walk(takers, |one| &one.below)?.into_iter().collect();
        near.extend(self.walk(&above, |one| &one.components)?);
        let mut found = BTreeSet::new();
        // Each of the topmost is built by itself; in a ring each is topmost.
        let is_top = |at: &usize| self.all[*at].above.is_empty();
        let has_top = above.iter().any(is_top);
        for top in above.iter().filter(|at| !has_top || is_top(at)) {
            let below: BTreeSet<usize> = self.walk(&[*top], |one| &one.below)?.into_iter().filter(&makes).collect();
            let nearer: BTreeSet<usize> = below.intersection(&near).copied().collect();
            found.extend(if nearer.is_empty() { below } else { nearer });
        }
        Some(found)
    }

    /// All that a walk comes to, what it begins with included; none where all walks together take too long.
    fn walk(&self, from: &[usize], next: impl Fn(&Kustomization) -> &Vec<usize>) -> Option<Vec<usize>> {
        let mut open = from.to_vec();
        let mut seen = vec![false; self.all.len()];
        let mut found = Vec::new();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                found.push(at);
                open.extend(next(&self.all[at]).iter().filter(|at| !seen[**at]));
                self.steps.set(self.steps.get() + 1 + next(&self.all[at]).len());
            }
        }
        self.steps.set(self.steps.get() + self.all.len() / 8);
        (self.steps.get() <= MAX_STEPS).then_some(found)
    }
}

/// The maps that a kustomization makes.
fn maps(directory: &str, item: &Item, texts: &Texts) -> BTreeMap<String, Vec<Map>> {
    let mut maps: BTreeMap<String, Vec<Map>> = BTreeMap::new();
    for generator in elements(&item.value, "configMapGenerator") {
        let Some(name) = text_at(generator, &["name"]) else { continue };
        let mut data = crate::value::Map::new();
        let mut spots = BTreeMap::new();
        let text_of = |path: &str| {
            let path = join_within(directory, path)?;
            Some((*texts.get(path.as_str())?, path))
        };
        for file in elements(generator, "files").filter_map(Value::as_str) {
            let (key, path) = file.split_once('=').unwrap_or((file.rsplit('/').next().unwrap_or(file), file));
            // What is longer is a file to be mounted, and no address.
            if let Some((text, path)) = text_of(path).filter(|(text, _)| text.len() <= MAX_LENGTH) {
                data.insert(Partial::from(key), Value::from(text));
                spots.insert(key.to_owned(), Spot::file(&path));
            }
        }
        let old = generator.get("env").and_then(Value::as_str);
        for file in elements(generator, "envs").filter_map(Value::as_str).chain(old) {
            let Some((text, path)) = text_of(file) else { continue };
            for (key, value) in variables(text) {
                spots.insert(key.clone(), Spot::line(&path, &key));
                data.insert(Partial::from(key), value);
            }
        }
        for (at, literal) in elements(generator, "literals").enumerate() {
            if let Some((key, value)) = literal.as_str().and_then(|literal| literal.split_once('=')) {
                data.insert(Partial::from(key), Value::from(unquoted(value)));
                spots.insert(key.to_owned(), item.spot(generator).key("literals").element(literal, at));
            }
        }
        maps.entry(name.to_owned()).or_default().push(Map { data: Value::from(data), spots });
    }
    maps
}

/// The variables of a file: one to a line, quotes being part of the value. One without a value has that of kustomize's own
/// environment.
fn variables(text: &str) -> impl Iterator<Item = (String, Value)> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| match line.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::from(value)),
        None => (line.to_owned(), Value::unknown()),
    })
}

/// A literal's value without the quotes around it.
fn unquoted(value: &str) -> &str {
    let within = |quote| value.strip_prefix(quote).and_then(|value: &str| value.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(value)
}

fn elements<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_list).into_iter().flatten()
}

/// The path of what is taken in: written alone, or under `path` as patches have it.
fn path_of(element: &Value) -> Option<&str> {
    element.as_str().or_else(|| text_at(element, &["path"]))
}
