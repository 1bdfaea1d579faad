//! Argo CD's applications, and sets of them: <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/> and
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/>.

use super::{Held, list, list_at, opened};
use crate::deploy::documents;
use crate::helm::globs::{Dialect, Glob};
use crate::helm::outside::names::from;
use crate::helm::outside::open::{Bindings, Open};
use crate::helm::outside::set::Form;
use crate::helm::outside::{From, Layer, Written, scalar};
use crate::helm::values::merge;
use crate::partial::Partial;
use crate::standin;
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How many applications one set is, and how deep its generators are.
const MAX_ELEMENTS: usize = 256;
const MAX_DEPTH: usize = 4;

/// The releases of an application or of a set of them, and what of it is not read.
pub(super) fn releases(object: &Value, held: &Held, found: &mut Vec<Written>) -> Option<String> {
    if object.get("kind").and_then(Value::as_str) == Some("Application") {
        application(object, None, held, found);
        return None;
    }
    let template = object.pointer("/spec/template")?;
    let mut elements = Elements { held, is_cut: false };
    let mut all: Vec<(Bindings, Cow<Value>)> = Vec::new();
    for generator in list_at(object, "/spec/generators") {
        let template = with_own(template, generator);
        all.extend(elements.of(generator, 0).into_iter().map(|bindings| (bindings, template.clone())));
        elements.cut(&mut all);
    }
    if all.is_empty() {
        all.push((Bindings::new(), Cow::Borrowed(template)));
    }
    let mut fault = elements.is_cut.then(|| format!("a set of more than {MAX_ELEMENTS} applications"));
    for (bindings, template) in all {
        if !application(&template, Some(&bindings), held, found) {
            fault = Some("a set of applications whose directories are not known".to_owned());
        }
    }
    if object.pointer("/spec/templatePatch").is_some_and(|patch| !patch.is_null()) {
        fault = Some("a set of applications whose template is patched".to_owned());
    }
    fault
}

/// A template with what a generator says over it, that has one of its own.
fn with_own<'v>(template: &'v Value, generator: &Value) -> Cow<'v, Value> {
    let kinds = generator.as_map().into_iter().flatten().map(|(_, kind)| kind);
    match kinds.filter_map(|kind| kind.get("template")).find(|own| own.as_map().is_some()) {
        Some(own) => {
            let mut made = template.clone();
            merge(&mut made, own);
            Cow::Owned(made)
        }
        None => Cow::Borrowed(template),
    }
}

/// Where the sources of an object's releases are.
fn sources_of(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/spec/source").into_iter().chain(list_at(object, "/spec/sources"))
}

/// The sources of an application, or of the template of a set of them, which is filled with these variables. Gives whether all of its paths say something.
fn application(object: &Value, filled: Option<&Bindings>, held: &Held, found: &mut Vec<Written>) -> bool {
    // A set fills in what stands between braces everywhere.
    let fill = |value: &Value| filled.map_or_else(|| value.clone(), |bindings| opened(value, "{{", bindings));
    let bindings = filled.cloned().unwrap_or_default();
    let sources: Vec<&Value> = sources_of(object).collect();
    let own = object.pointer("/metadata/name").and_then(Value::as_text);
    let mut is_known = true;
    for source in &sources {
        let Some(chart) = source.get("path").and_then(Value::as_text) else { continue };
        let chart = Open::read(chart).with(&bindings);
        if !chart.says_something() {
            is_known = false;
            continue;
        }
        let helm = source.get("helm").cloned().unwrap_or_default();
        let values = fill(&helm);
        let may_miss = helm.get("ignoreMissingValueFiles").and_then(Value::as_bool) == Some(true);
        let mut layers = Vec::new();
        for file in list(&helm, "valueFiles").iter().filter_map(Value::as_text) {
            // `$values/a.yaml` is in the source of that name; `/a.yaml` at the root.
            let of_source =
                file.letters().strip_prefix('$').and_then(|rest| rest.split_once('/')).filter(|(name, _)| {
                    sources.iter().any(|source| source.get("ref").and_then(Value::as_str) == Some(name))
                });
            let open = Open::read(file);
            let (open, from) = match of_source {
                Some(_) => (open.without_root(), From::Root),
                None if file.letters().starts_with('/') && !file.begins_open() => {
                    (Open::read(&file.through(|text| text.trim_start_matches('/').to_owned())), From::Root)
                }
                None => (open, From::Chart),
            };
            layers.push(if may_miss { Layer::Perhaps(open, from) } else { Layer::File(open, from) });
        }
        // Where both are given only the object counts.
        match values.get("valuesObject").filter(|values| !values.is_null()) {
            Some(values) => layers.push(Layer::Values(values.clone())),
            None => layers.extend(values.get("values").and_then(Value::as_text).cloned().map(Layer::Text)),
        }
        for parameter in list(&values, "parameters") {
            let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
            let form = if parameter.get("forceString").and_then(Value::as_bool) == Some(true) {
                Form::Text
            } else {
                Form::Typed
            };
            let text = parameter.get("value").and_then(scalar);
            let form = if text.is_none() { Form::Unknown } else { form };
            layers.push(Layer::SetOne(name.to_owned(), text.unwrap_or_else(Partial::unknown), form));
        }
        for name in list(&values, "fileParameters").iter().filter_map(|file| file.get("name")?.as_str()) {
            layers.push(Layer::SetOne(name.to_owned(), Partial::unknown(), Form::Unknown));
        }
        Layer::as_flags(&mut layers);
        found.push(Written {
            chart,
            bases: vec![String::new()],
            name: helm.get("releaseName").and_then(Value::as_text).or(own).map(Open::read),
            layers,
            bindings: bindings.clone(),
            is_doubtful: held.is_foreign(source),
            ..Written::default()
        });
    }
    is_known
}

/// The repository of a source, without what differs between the ways to write it.
fn repository(source: &Value) -> Option<String> {
    let address = source.get("repoURL")?.as_str()?.to_lowercase();
    let address = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let address = address.split_once('@').map_or(address, |(_, rest)| rest).trim_end_matches('/');
    Some(address.trim_end_matches(".git").replace(':', "/"))
}

impl Held<'_, '_> {
    /// Whether a source is of another repository, as far as that can be told: the tree has more of the paths of some other one.
    fn is_foreign(&self, source: &Value) -> bool {
        let all = self.sources.get_or_init(|| sources(self));
        let own = repository(source).and_then(|repository| all.get(&repository)).copied();
        own.is_some_and(|own| all.values().any(|other| *other > own))
    }
}

/// For each repository that applications are from, how many of their paths the tree has.
fn sources(held: &Held) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, text) in held.texts.iter().filter(|(path, text)| {
        crate::helm::values::is_yaml(path) && text.contains("argoproj.io/") && text.contains("repoURL")
    }) {
        for object in documents(&standin::escaped(text)).into_iter().map(Value::read) {
            let template = object.pointer("/spec/template").unwrap_or(&object);
            for source in sources_of(template) {
                let path = source.get("path").and_then(Value::as_str).map(|path| crate::path::join("", path));
                let (Some(repository), Some(path)) = (repository(source), path) else { continue };
                let paths = found.entry(repository).or_default();
                if held.names.has_directory(&path) {
                    paths.insert(path);
                }
            }
        }
    }
    found.into_iter().map(|(repository, paths)| (repository, paths.len())).collect()
}

/// What the generators of a set give to its template.
struct Elements<'h, 't, 'a> {
    held: &'h Held<'t, 'a>,
    is_cut: bool,
}

impl Elements<'_, '_, '_> {
    fn cut<T>(&mut self, all: &mut Vec<T>) {
        self.is_cut |= all.len() > MAX_ELEMENTS;
        all.truncate(MAX_ELEMENTS);
    }

    /// What variables are for each application of a generator; nothing is known of them where the generator is of another kind.
    fn of(&mut self, generator: &Value, depth: usize) -> Vec<Bindings> {
        let unknown = || vec![Bindings::new()];
        if depth > MAX_DEPTH {
            self.is_cut = true;
            return unknown();
        }
        let mut found = if let Some(elements) = generator.pointer("/list/elements").and_then(Value::as_list) {
            elements.iter().map(|element| flat(element, "")).collect()
        } else if let Some(git) = generator.get("git") {
            let mut found: Vec<Bindings> = Vec::new();
            found.extend(self.held.directories(list(git, "directories")).iter().map(|path| of_path(path)));
            for path in self.held.files(list(git, "files")) {
                let text = self.held.texts.get(path).copied().unwrap_or_default();
                let read = documents(&standin::escaped(text)).into_iter().next().map(Value::read);
                let mut bindings = read.map(|read| flat(&read, "")).unwrap_or_default();
                let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
                bindings.extend(of_path(directory));
                bindings.insert("path.filename".to_owned(), name.to_owned());
                found.push(bindings);
            }
            found
        } else if let Some(matrix) = generator.get("matrix") {
            let mut found = unknown();
            for generator in list(matrix, "generators") {
                let each = self.of(generator, depth + 1);
                found = found
                    .iter()
                    .flat_map(|one| {
                        each.iter().map(|other| one.iter().chain(other).map(|(k, v)| (k.clone(), v.clone())).collect())
                    })
                    .take(MAX_ELEMENTS + 1)
                    .collect();
                self.cut(&mut found);
            }
            found
        } else if let Some(merge) = generator.get("merge") {
            let keys: Vec<&str> = list(merge, "mergeKeys").iter().filter_map(Value::as_str).collect();
            let mut generators = list(merge, "generators").iter();
            let mut found = generators.next().map(|first| self.of(first, depth + 1)).unwrap_or_default();
            for generator in generators {
                for other in self.of(generator, depth + 1) {
                    let is_same = |one: &&mut Bindings| keys.iter().all(|key| one.get(*key) == other.get(*key));
                    found.iter_mut().filter(is_same).for_each(|one| one.extend(other.clone()));
                }
            }
            found
        } else {
            unknown()
        };
        // Values beside it are for all of them.
        for (key, kind) in ["git", "clusters", "list"].iter().filter_map(|kind| Some(("values", generator.get(kind)?)))
        {
            let values = kind.get(key).map(|values| flat(values, "values")).unwrap_or_default();
            found.iter_mut().for_each(|one| one.extend(values.clone()));
        }
        self.cut(&mut found);
        found
    }
}

/// The scalars of a map by the ways to them.
fn flat(value: &Value, above: &str) -> Bindings {
    let mut found = Bindings::new();
    for (key, value) in value.as_map().into_iter().flatten() {
        let Some(key) = key.known() else { continue };
        let way = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        match scalar(value).as_ref().and_then(|text| text.known()) {
            Some(text) => drop(found.insert(way, text.to_owned())),
            None if way.len() < 256 => found.extend(flat(value, &way)),
            None => {}
        }
    }
    found
}

/// What a set knows of a directory.
fn of_path(path: &str) -> Bindings {
    let last = path.rsplit('/').next().unwrap_or(path);
    let pairs = [("path", path), ("path.path", path), ("path.basename", last), ("path.basenameNormalized", last)];
    let mut found: Bindings = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for (at, part) in path.split('/').enumerate() {
        found.insert(format!("path[{at}]"), part.to_owned());
        found.insert(format!("index .path.segments {at}"), part.to_owned());
    }
    found
}

impl<'a> Held<'_, 'a> {
    /// The directories that a generator names by patterns, without those that it leaves out.
    fn directories(&self, said: &[Value]) -> BTreeSet<&'a str> {
        chosen(said, |start| self.names.directories(start))
    }

    /// The same for files.
    fn files(&self, said: &[Value]) -> BTreeSet<&'a str> {
        chosen(said, |start| {
            from(self.texts, start).map(|(path, _)| *path).take_while(move |path| path.starts_with(start))
        })
    }
}

fn chosen<'a, 's, I: Iterator<Item = &'a str>>(said: &'s [Value], below: impl Fn(&'s str) -> I) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let glob = |one: &'s Value| {
        let path = one.get("path")?.as_str()?.trim_start_matches("./").trim_end_matches('/');
        let is_out = one.get("exclude").and_then(Value::as_bool) == Some(true);
        Some((path, Glob::new(path, Dialect::Files)?, is_out))
    };
    let globs: Vec<_> = said.iter().filter_map(glob).collect();
    for (path, glob, _) in globs.iter().filter(|(.., is_out)| !is_out) {
        let start = path.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        found.extend(below(start).filter(|path| glob.fits(path)).take(MAX_ELEMENTS + 1));
    }
    found.retain(|path| !globs.iter().any(|(_, glob, is_out)| *is_out && glob.fits(path)));
    found
}
