//! Values that charts are given from elsewhere: by the releases of helmfile, skaffold, Argo CD and Flux, and by scripts that call `helm`.
//!
//! Each release of a chart of the tree is one more set of its values, beside those of the files in the chart, and has a name where that is
//! written. A path with a variable in it is every file of the tree that it can be. What cannot be read is told ([`Outside::lacks`]).

mod commands;
mod helmfile;
mod layers;
mod made;
mod marks;
mod names;
mod objects;
mod open;
mod set;

use super::charts::Chart;
use super::values::{Set, blur, is_yaml, merge};
use super::weights::weight;
use crate::partial::Partial;
use crate::value::{Map, Value};
use names::{Left, Names};
use open::{Bindings, Open};
use set::Form;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// How many releases one that has variables in its paths may be, and how many sets of values a chart is given from elsewhere.
const MAX_RELEASES: usize = 32;
const MAX_OUTSIDE: usize = 48;

/// How much is read and laid over one another for all releases of a tree, in bytes, and how many of these a scalar counts.
const MAX_READ: usize = 32 << 20;
const SCALAR: usize = 16;

/// How much work is done to find the paths with variables of a tree, about the letters that are looked at.
const MAX_LOOKED_AT: usize = 32 << 20;

/// How long a file may be that says releases.
const MAX_TEXT: usize = 1 << 20;

/// A release of a chart, as it is written.
#[derive(Debug, Clone, Default)]
struct Written {
    /// Where its chart is.
    chart: Open,
    /// The directories from which that is seen: any of these.
    places: Vec<Open>,
    /// Those from which it may be seen where none of the others has it.
    bases: Vec<String>,
    /// Its name, if that is written.
    name: Option<Open>,
    layers: Vec<Layer>,
    /// Whether it is only shown, and need not be what is installed.
    is_shown: bool,
    /// Whether that may be in another repository.
    is_doubtful: bool,
    /// What variables are known to be.
    bindings: Bindings,
    /// What they are where nothing else says so.
    defaults: Bindings,
}

/// What a release gives to its chart; later layers win.
#[derive(Debug, Clone)]
enum Layer {
    /// A file, and what it is seen from.
    File(Open, From),
    /// A file that may not be there.
    Perhaps(Open, From),
    /// Values that are written out.
    Values(Value),
    /// Values of a text that is YAML.
    Text(Partial),
    /// `a.b=c,d=e`
    SetAll(Open, Form),
    /// A name, its value.
    SetOne(String, Partial, Form),
    /// Something that is read nowhere here.
    Unknown(String),
}

impl Layer {
    /// The layers as Helm lays them that is called with them: all files, then what is set, by the kinds of flags, whatever their order.
    fn as_flags(layers: &mut [Self]) {
        layers.sort_by_key(|layer| match layer {
            Self::SetAll(_, form) | Self::SetOne(_, _, form) => match form {
                Form::Json => 1,
                Form::Typed => 2,
                Form::Text => 3,
                Form::Unknown => 4,
                Form::Literal => 5,
            },
            _ => 0,
        });
    }
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
    /// The charts that are installed by releases whose names are known.
    pub(super) named: BTreeSet<String>,
    /// Files whose releases cannot be read.
    pub(super) broken: BTreeMap<String, String>,
}

/// What is at hand while releases are read.
struct Reader<'a, 'c> {
    texts: BTreeMap<&'a str, &'a str>,
    charts: &'c BTreeMap<String, Chart>,
    names: &'c Names<'a>,
    chart_names: Names<'c>,
    /// What paths with variables are in the tree.
    fitting: BTreeMap<Open, Rc<[Bindings]>>,
    left: Left,
    found: Outside,
    /// How much was read.
    spent: usize,
}

/// What a chart is installed from: the directory that it is seen from and its own, what variables are then, and whether it is this one.
struct Way {
    base: String,
    directory: String,
    bindings: Bindings,
    is_sure: bool,
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
    let texts: BTreeMap<&str, &str> = texts.collect();
    let names = Names::new(texts.keys().copied());
    let held = objects::Held::new(&texts, &names);
    let mut reader = Reader {
        names: &names,
        chart_names: Names::new(charts.keys().map(String::as_str)),
        fitting: BTreeMap::new(),
        left: Left(MAX_LOOKED_AT),
        texts: texts.clone(),
        charts,
        found: Outside::default(),
        spent: 0,
    };
    for (path, text) in texts.iter().map(|(path, text)| (*path, *text)).filter(|(path, _)| !is_template(path)) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_helmfile = helmfile::is_helmfile(path, name);
        let has_objects = is_yaml(name) && objects::is_read(text);
        if text.len() > MAX_TEXT {
            if is_helmfile || has_objects || commands::is_read(path, text, &names) {
                let fault = format!("releases in a file of more than {} MiB", MAX_TEXT >> 20);
                reader.found.broken.insert(path.to_owned(), fault);
            }
            continue;
        }
        let (releases, fault) = match () {
            () if is_helmfile => helmfile::releases(path, text),
            () if has_objects => objects::releases(path, text, &held),
            () => (Vec::new(), None),
        };
        for release in &releases {
            reader.take_in(path, release);
        }
        let (calls, limit) = commands::releases(path, text, &names);
        let mut absent = None;
        for call in calls {
            if !reader.take_in(path, &call) && call.is_local() {
                absent = Some("a call of helm whose chart is not in the tree".to_owned());
            }
        }
        if let Some(fault) = fault.or(limit).or(absent) {
            reader.found.broken.insert(path.to_owned(), fault);
        }
    }
    reader.found
}

impl Written {
    /// Whether its chart is a path that is known and lies in the tree, and no name in a repository of charts.
    fn is_local(&self) -> bool {
        let chart = self.chart.with(&self.bindings).with(&self.defaults).without_root();
        chart.whole().is_some_and(|chart| chart.starts_with('.'))
    }
}

impl<'a> Reader<'a, '_> {
    /// Takes in a release: for each chart that it may be of, and each way to bind its variables. Gives whether it has a chart.
    fn take_in(&mut self, path: &str, release: &Written) -> bool {
        let mut is_any = false;
        // What is only so where nothing else says it is one of several.
        let mut with_defaults = release.bindings.clone();
        with_defaults.extend(release.defaults.iter().map(|(name, text)| (name.clone(), text.clone())));
        let both = [with_defaults, release.bindings.clone()];
        for bindings in &both[usize::from(release.defaults.is_empty())..] {
            let ways = self.ways(path, release, bindings);
            is_any |= !ways.is_empty();
            for way in &ways {
                self.of_chart(path, release, way);
            }
        }
        is_any
    }

    /// The charts that a release may be of. Where the directories from which it is seen have several, nobody knows which of them it is.
    fn ways(&mut self, path: &str, release: &Written, bindings: &Bindings) -> Vec<Way> {
        let written = release.chart.with(bindings);
        let chart = written.without_root();
        let places = release.places.iter().map(|place| place.with(bindings));
        let bases = || release.bases.iter().map(|base| Open::known_as(base));
        // Below a root that only the script knows nothing says from where it is.
        let tiers: [Vec<Open>; 2] = if written == chart {
            [places.collect(), bases().collect()]
        } else {
            [places.chain(bases()).collect(), Vec::new()]
        };
        for tier in tiers {
            let mut ways: Vec<Way> = Vec::new();
            let mut of_bases = 0;
            let mut seen = BTreeSet::new();
            for base in tier {
                let before = ways.len();
                let Some(wanted) = chart.seen_from(&base).filter(|wanted| seen.insert(wanted.clone())) else {
                    continue;
                };
                if let Some(whole) = wanted.whole() {
                    if self.charts.contains_key(whole) {
                        let base = base.whole().unwrap_or_default().to_owned();
                        ways.push(Way { base, directory: whole.to_owned(), bindings: bindings.clone(), is_sure: true });
                    }
                } else if wanted.says_something() {
                    for (directory, bound) in self.chart_names.fitting(&wanted, usize::MAX, &mut self.left) {
                        let mut bindings = bindings.clone();
                        bindings.extend(bound);
                        let base = base.with(&bindings).whole().unwrap_or_default().to_owned();
                        ways.push(Way { base, directory: directory.to_owned(), bindings, is_sure: true });
                    }
                }
                of_bases += usize::from(ways.len() > before);
            }
            for way in ways.iter().skip(MAX_RELEASES) {
                self.lack(path, &way.directory, format!("a release that may be of more than {MAX_RELEASES} charts"));
            }
            ways.truncate(MAX_RELEASES);
            if of_bases > 1 || release.is_doubtful {
                ways.iter_mut().for_each(|way| way.is_sure = false);
            }
            if !ways.is_empty() {
                return ways;
            }
        }
        Vec::new()
    }

    fn of_chart(&mut self, path: &str, release: &Written, way: &Way) {
        let directory = way.directory.as_str();
        let mut all = vec![way.bindings.clone()];
        if let Some(name) = release.name.as_ref().and_then(|name| name.with(&way.bindings).whole().map(str::to_owned)) {
            all.iter_mut().for_each(|bindings| {
                bindings.insert("Release.Name".to_owned(), name.clone());
            });
        }
        // Every file that a path can be is a way of its own.
        for layer in &release.layers {
            let (Layer::File(file, from) | Layer::Perhaps(file, from)) = layer else { continue };
            let mut more = Vec::new();
            for bindings in all {
                let mut fitting = Vec::new();
                for wanted in Self::wanted(file, *from, release, way, &bindings) {
                    if wanted.whole().is_none() && wanted.says_something() {
                        fitting.extend(self.fitting(wanted).iter().map(|bound| {
                            let mut bindings = bindings.clone();
                            bindings.extend(bound.clone());
                            bindings
                        }));
                    }
                    if fitting.len() > MAX_RELEASES {
                        break;
                    }
                }
                if fitting.is_empty() {
                    more.push(bindings);
                } else {
                    more.extend(fitting);
                }
                if more.len() > MAX_RELEASES {
                    break;
                }
            }
            all = more;
            if all.len() > MAX_RELEASES {
                self.lack(path, directory, format!("its values are more than {MAX_RELEASES} by the variables in them"));
                all.truncate(MAX_RELEASES);
            }
            if self.left.0 == 0 {
                self.lack(path, directory, "paths with variables that fit too much of the tree".to_owned());
            }
        }
        if !way.is_sure {
            self.lack(path, directory, "a release that may be of another chart".to_owned());
        }
        self.lay(path, release, way, all);
    }

    /// Lays what a release says over the values of its chart, for each way to bind its variables.
    fn lay(&mut self, path: &str, release: &Written, way: &Way, all: Vec<Bindings>) {
        let directory = way.directory.as_str();
        let base_values =
            self.charts.get(directory).and_then(|chart| chart.values.first()).map(|set| set.values.clone());
        for bindings in all {
            self.spent += SCALAR * base_values.as_ref().map_or(1, weight);
            if self.spent > MAX_READ {
                self.lack(
                    path,
                    directory,
                    format!("the releases of the tree have more than {} MiB of values", MAX_READ >> 20),
                );
                return;
            }
            let name = release.name.as_ref().and_then(|name| name.with(&bindings).whole().map(str::to_owned));
            let layers = self.layers(path, release, way, (&bindings, name.as_deref()));
            for own in layers {
                let base = || base_values.clone().unwrap_or_else(|| Value::from(Map::new()));
                let mut values = base();
                merge(&mut values, &own);
                if !way.is_sure {
                    let laid = std::mem::replace(&mut values, base());
                    blur(&mut values, &laid);
                }
                let name = name.clone().filter(|name| !name.is_empty() && way.is_sure);
                if name.is_some() && !release.is_shown {
                    self.found.named.insert(directory.to_owned());
                }
                let set = Set { values, release: name.map(Arc::from) };
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

    /// What the variables of a path are in the files of the tree that it can be, one more than are taken.
    fn fitting(&mut self, wanted: Open) -> Rc<[Bindings]> {
        let (names, left) = (self.names, &mut self.left);
        let found = self.fitting.entry(wanted).or_insert_with_key(|wanted| {
            names.fitting(wanted, MAX_RELEASES + 1, left).into_iter().map(|(_, bound)| bound).collect()
        });
        Rc::clone(found)
    }

    fn lack(&mut self, path: &str, directory: &str, what: String) {
        self.found.lacks.insert((path.to_owned(), directory.to_owned(), what));
    }
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
