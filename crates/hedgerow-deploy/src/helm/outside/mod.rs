//! Values that charts are given from elsewhere: by the releases of helmfile, skaffold, Argo CD and Flux, and by scripts that call `helm`.
//!
//! Each release of a chart of the tree is one more set of its values, beside those of the files in the chart, and has a name where that is
//! written. A path with a variable in it is every file of the tree that it can be. What cannot be read is told ([`Outside::lacks`]).

mod commands;
mod helmfile;
mod objects;
mod open;
mod set;

use super::charts::Chart;
use super::files::ChartFiles;
use super::library::Library;
use super::render::{render, weight};
use super::spent::{Around, Spent};
use super::values::{MAX_SETS, Set, is_yaml, merge};
use super::{lost, parse, scope};
use crate::deploy::documents;
use crate::partial::Partial;
use crate::value::{Map, Value};
use open::{Bindings, Open};
use set::Form;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// How many releases one that has variables in its paths may be, and how many sets of values a chart is given from elsewhere.
const MAX_RELEASES: usize = 32;
const MAX_OUTSIDE: usize = 48;

/// How many branches of a template that makes values are shown.
const MAX_SIDES: usize = 8;

/// How much is read and laid over one another for all releases of a tree, in bytes, and how many of these a scalar counts.
const MAX_READ: usize = 32 << 20;
const SCALAR: usize = 16;

/// How long a file may be that says releases.
const MAX_TEXT: usize = 1 << 20;

/// A release of a chart, as it is written.
#[derive(Debug, Clone, Default)]
struct Written {
    /// Where its chart is, and the directories from which that may be seen.
    chart: Open,
    bases: Vec<String>,
    /// Its name, if that is written.
    name: Option<Open>,
    layers: Vec<Layer>,
    /// What variables are known to be.
    bindings: Bindings,
}

/// What a release gives to its chart; later layers win.
#[derive(Debug, Clone)]
enum Layer {
    /// A file, and what it is seen from.
    File(Open, From),
    /// Values that are written out.
    Values(Value),
    /// Values of a text that is YAML.
    Text(Partial),
    /// `a.b=c,d=e`
    SetAll(Partial, Form),
    /// A name, its value.
    SetOne(String, Partial, Form),
    /// Something that is read nowhere here.
    Unknown(String),
}

/// What the path of a file is seen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// From where the path of the chart is.
    Base,
    /// From the chart, as in Argo CD.
    Chart,
    /// From the tree's root.
    Root,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    /// The sets of values for the chart of a directory.
    pub(super) sets: BTreeMap<String, Vec<Set>>,
    /// Files that give something to the chart of a directory that is not known, and what that is.
    pub(super) lacks: BTreeSet<(String, String, String)>,
    /// Files whose releases cannot be read.
    pub(super) broken: BTreeMap<String, String>,
}

/// What is at hand while releases are read.
struct Reader<'a, 'c> {
    texts: BTreeMap<&'a str, &'a str>,
    charts: &'c BTreeMap<String, Chart>,
    found: Outside,
    /// How much was read.
    spent: usize,
}

/// Finds what the charts of a tree are given from elsewhere. Templates of charts are none of it.
pub(super) fn find<'a>(
    texts: impl Iterator<Item = (&'a str, &'a str)>,
    charts: &BTreeMap<String, Chart>,
    is_template: impl Fn(&str) -> bool,
) -> Outside {
    if charts.is_empty() {
        return Outside::default();
    }
    let mut reader = Reader { texts: texts.collect(), charts, found: Outside::default(), spent: 0 };
    let texts = reader.texts.clone();
    let maps = objects::Held::new(&texts);
    for (path, text) in texts
        .iter()
        .map(|(path, text)| (*path, *text))
        .filter(|(path, text)| text.len() <= MAX_TEXT && !is_template(path))
    {
        let releases = match path.rsplit('/').next().unwrap_or(path) {
            name if helmfile::is_helmfile(path, name) => helmfile::releases(path, text),
            name if is_yaml(name) && objects::is_read(text) => Some(objects::releases(path, text, &maps)),
            _ => None,
        };
        match releases {
            Some(releases) => releases.iter().for_each(|release| reader.take_in(path, release)),
            None if helmfile::is_helmfile(path, path.rsplit('/').next().unwrap_or(path)) => {
                reader.found.broken.insert(path.to_owned(), "a helmfile that is no YAML".to_owned());
            }
            None => {}
        }
        for release in commands::releases(path, text) {
            reader.take_in(path, &release);
        }
    }
    reader.found
}

impl Reader<'_, '_> {
    /// Takes in a release: for each chart that it may be of, and each way to bind its variables.
    fn take_in(&mut self, path: &str, release: &Written) {
        let chart = release.chart.with(&release.bindings).without_root();
        let mut ways: Vec<(String, String, Bindings)> = Vec::new();
        for base in &release.bases {
            let Some(wanted) = chart.below(base) else { continue };
            if let Some(whole) = wanted.whole() {
                if self.charts.contains_key(whole) {
                    ways.push((base.clone(), whole.to_owned(), release.bindings.clone()));
                }
            } else if wanted.says_something() {
                let fitting = self.charts.keys().filter_map(|directory| {
                    Some((base.clone(), directory.clone(), wanted.fit(directory, &release.bindings)?))
                });
                ways.extend(fitting.take(MAX_RELEASES));
            }
            if !ways.is_empty() {
                break;
            }
        }
        for (base, directory, bindings) in ways {
            self.of_chart(path, release, &base, &directory, bindings);
        }
    }

    fn of_chart(&mut self, path: &str, release: &Written, base: &str, directory: &str, bindings: Bindings) {
        let mut ways = vec![bindings];
        if let Some(name) =
            release.name.as_ref().and_then(|name| name.with(&release.bindings).whole().map(str::to_owned))
        {
            ways.iter_mut().for_each(|way| {
                way.insert("Release.Name".to_owned(), name.clone());
            });
        }
        // Every file that a path can be is a way of its own.
        for layer in &release.layers {
            let Layer::File(file, from) = layer else { continue };
            let mut more = Vec::new();
            for way in ways {
                let wanted = Self::wanted(file, *from, release, (base, directory), &way);
                let open: Vec<&Open> =
                    wanted.iter().filter(|file| file.whole().is_none() && file.says_something()).collect();
                let fitting: Vec<Bindings> = open
                    .into_iter()
                    .flat_map(|file| {
                        let below =
                            self.texts.range(file.start()..).take_while(|(path, _)| path.starts_with(file.start()));
                        below.filter_map(|(path, _)| file.fit(path, &way)).collect::<Vec<_>>()
                    })
                    .take(MAX_RELEASES)
                    .collect();
                if fitting.is_empty() { more.push(way) } else { more.extend(fitting) }
            }
            ways = more;
            if ways.len() > MAX_RELEASES {
                self.lack(path, directory, "its values have too many variables".to_owned());
                ways.truncate(MAX_RELEASES);
            }
        }
        let base_values =
            self.charts.get(directory).and_then(|chart| chart.values.first()).map(|set| set.values.clone());
        for way in ways {
            self.spent += SCALAR * base_values.as_ref().map_or(1, weight);
            if self.spent > MAX_READ {
                self.lack(
                    path,
                    directory,
                    format!("the releases of the tree have more than {} MiB of values", MAX_READ >> 20),
                );
                return;
            }
            let name = release.name.as_ref().and_then(|name| name.with(&way).whole().map(str::to_owned));
            let layers = self.layers(path, release, base, directory, (&way, name.as_deref()));
            for own in layers {
                let mut values = base_values.clone().unwrap_or_else(|| Value::from(Map::new()));
                merge(&mut values, &own);
                let set = Set { values, release: name.clone().filter(|name| !name.is_empty()).map(Arc::from) };
                let sets = self.found.sets.entry(directory.to_owned()).or_default();
                if sets.contains(&set) {
                    continue;
                }
                if sets.len() >= MAX_OUTSIDE {
                    self.lack(path, directory, format!("the chart has more than {MAX_OUTSIDE} releases"));
                    return;
                }
                sets.push(set);
            }
        }
    }

    /// The paths that a file may have.
    fn wanted(
        file: &Open,
        from: From,
        release: &Written,
        (base, directory): (&str, &str),
        way: &Bindings,
    ) -> Vec<Open> {
        let bound = file.with(way);
        let file = bound.without_root();
        let all = release.bases.iter().map(String::as_str);
        let bases: Vec<&str> = match from {
            // A root that only the script knows is where it lies, more often than not.
            From::Base if file != bound => all.chain([base, ""]).collect(),
            From::Base => [base].into_iter().chain(all).chain([""]).collect(),
            From::Chart => vec![directory],
            From::Root => vec![""],
        };
        bases.into_iter().filter_map(|base| file.below(base)).collect()
    }

    /// What the layers of a release come to together: more than one where a file that makes values has branches.
    fn layers(
        &mut self,
        path: &str,
        release: &Written,
        base: &str,
        directory: &str,
        (way, name): (&Bindings, Option<&str>),
    ) -> Vec<Value> {
        let mut all = vec![Value::from(Map::new())];
        for layer in &release.layers {
            match layer {
                Layer::File(file, from) => {
                    let wanted = Self::wanted(file, *from, release, (base, directory), way);
                    let known = wanted.iter().filter_map(|file| self.texts.get_key_value(file.whole()?));
                    let Some((at, text)) = known.map(|(at, text)| (*at, *text)).next() else {
                        // What is a secret is in no tree.
                        let shown = file.with(way).shown();
                        if !["secret", "sops", ".enc"].iter().any(|word| shown.contains(word)) {
                            self.lack(path, directory, format!("the values file `{shown}` is not in the tree"));
                        }
                        continue;
                    };
                    self.spent += text.len();
                    let made = if at.ends_with(".gotmpl") { rendered(text, name) } else { plain(text) };
                    match made {
                        Some(made) => all = over(all, &made),
                        None => {
                            self.lack(path, directory, format!("the values file `{at}` cannot be read"));
                        }
                    }
                }
                Layer::Values(values) => all = over(all, std::slice::from_ref(values)),
                Layer::Text(text) => {
                    let read: Vec<Value> = documents(&text.written()).into_iter().map(Value::read).collect();
                    match read.first() {
                        Some(Value::Map(_)) => all = over(all, &read[..1]),
                        Some(Value::Null) | None if text.letters().trim().is_empty() => {}
                        _ => self.lack(path, directory, "its values cannot be read".to_owned()),
                    }
                }
                Layer::SetAll(text, form) => {
                    if !all.iter_mut().all(|values| set::set_all(values, text, *form)) {
                        self.lack(path, directory, format!("`--set {}` cannot be read", text.shown('…')));
                    }
                }
                Layer::SetOne(name, text, form) => {
                    if !all.iter_mut().all(|values| set::set_one(values, name, text, *form)) {
                        self.lack(path, directory, format!("what sets `{name}` cannot be read"));
                    }
                }
                Layer::Unknown(what) => self.lack(path, directory, what.clone()),
            }
        }
        all
    }

    fn lack(&mut self, path: &str, directory: &str, what: String) {
        self.found.lacks.insert((path.to_owned(), directory.to_owned(), what));
    }
}

/// Each of some values with each of others laid over it.
fn over(under: Vec<Value>, others: &[Value]) -> Vec<Value> {
    let each = |under: &Value| {
        let laid = |other: &Value| {
            let mut made = under.clone();
            merge(&mut made, other);
            made
        };
        others.iter().map(laid).collect::<Vec<_>>()
    };
    under.iter().flat_map(each).take(MAX_SETS).collect()
}

/// The values that a file holds; none where it holds something else.
fn plain(text: &str) -> Option<Vec<Value>> {
    match documents(text.trim_start_matches('\u{feff}')).into_iter().next().map(Value::from) {
        Some(values @ Value::Map(_)) => Some(vec![values]),
        Some(Value::Null) => Some(vec![Value::from(Map::new())]),
        None if !text.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) => {
            Some(vec![Value::from(Map::new())])
        }
        _ => None,
    }
}

/// The maps that a template can come to which knows nothing but the name of its release; none where it comes to something else.
fn rendered(text: &str, release: Option<&str>) -> Option<Vec<Value>> {
    let all = all_rendered(text, release);
    let maps: Vec<Value> =
        all.into_iter().filter_map(|documents| documents.into_iter().find(|one| one.as_map().is_some())).collect();
    (!maps.is_empty()).then_some(maps)
}

/// The documents that a template can come to, for each of its branches. What stands for the environment and for a release that is not known yet
/// is written as a variable again.
fn all_rendered(text: &str, release: Option<&str>) -> Vec<Vec<Value>> {
    let map = |pairs: &[(&str, Value)]| {
        pairs.iter().map(|(key, value)| (Partial::from(*key), value.clone())).collect::<Value>()
    };
    let name = release.unwrap_or("{{ .Release.Name }}");
    let root = [
        (Partial::from("Release"), map(&[("Name", Value::from(name))])),
        (Partial::from("Environment"), map(&[("Name", Value::from("{{ .Environment.Name }}"))])),
        // Anything else may be there.
        (Partial::unknown(), Value::unknown()),
    ];
    let root = Rc::new(root.into_iter().collect::<Value>());
    let library = Library::new(&[]);
    let files = ChartFiles::default();
    let mut template = parse::parse(text);
    let sides = library.count_sides(&mut template.nodes).min(MAX_SIDES);
    let mut found: Vec<Vec<Value>> = Vec::new();
    for side in 0..sides {
        let around = Around { library: &library, files: &files, directory: "", spent: Spent::default() };
        let (text, _) = render(&template.nodes, scope::Scope::new(Rc::clone(&root), &around), side).into_parts();
        let (text, _) = lost::without_lost(text);
        let documents: Vec<Value> = documents(&text.written()).into_iter().map(Value::read).collect();
        if !found.contains(&documents) {
            found.push(documents);
        }
    }
    found
}

/// The directory of a file, and those above it up to the root.
fn directories_above(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((directory, _)) = rest.rsplit_once('/') {
        found.push(directory.to_owned());
        rest = directory;
    }
    found.push(String::new());
    found
}

fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A scalar as the text that somebody wrote.
fn scalar(value: &Value) -> Option<Partial> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.json()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// The elements of a list under a key.
fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_list).unwrap_or_default()
}
