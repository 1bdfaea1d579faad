//! Objects that install charts: skaffold's configurations, Argo CD's applications and Flux's releases.
//!
//! See <https://skaffold.dev/docs/references/yaml/>, <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/> and
//! <https://fluxcd.io/flux/components/helm/helmreleases/>.

use super::open::Open;
use super::set::Form;
use super::{From, Layer, Written, directory_of, list, scalar};
use crate::deploy::documents;
use crate::partial::Partial;
use crate::path::join_within;
use crate::standin;
use crate::value::Value;
use std::cell::OnceCell;
use std::collections::BTreeMap;

type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// What the ConfigMaps of a tree hold, by their names and keys: those that are written, and those that kustomize makes of files. They are read
/// once, where a release asks for one.
#[derive(Debug)]
pub(super) struct Held<'t, 'a> {
    texts: &'t Texts<'a>,
    maps: OnceCell<BTreeMap<(String, String), Vec<Partial>>>,
}

impl<'t, 'a> Held<'t, 'a> {
    pub(super) const fn new(texts: &'t Texts<'a>) -> Self {
        Self { texts, maps: OnceCell::new() }
    }

    fn of(&self, name: &str, key: &str) -> &[Partial] {
        let maps = self.maps.get_or_init(|| maps(self.texts));
        maps.get(&(name.to_owned(), key.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether a text may hold such an object.
pub(super) fn is_read(text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    has("skaffold/") || (has("argoproj.io/") && has("Application")) || has("HelmRelease")
}

/// The releases that the objects of a text are.
pub(super) fn releases(path: &str, text: &str, maps: &Held) -> Vec<Written> {
    let mut found = Vec::new();
    for object in documents(&standin::escaped(text)).into_iter().map(Value::read) {
        let group = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        match (group.split('/').next().unwrap_or_default(), kind) {
            ("skaffold", _) => skaffold(path, &object, &mut found),
            ("argoproj.io", "Application") => argo(&object, None, &mut found),
            ("argoproj.io", "ApplicationSet") => {
                let directories = list_at(&object, "/spec/generators")
                    .iter()
                    .flat_map(|generator| list_at(generator, "/git/directories"));
                let directories: Vec<&Partial> = directories.filter_map(|one| one.get("path")?.as_text()).collect();
                if let Some(template) = object.pointer("/spec/template") {
                    argo(template, Some(&directories), &mut found);
                }
            }
            ("helm.toolkit.fluxcd.io", "HelmRelease") => flux(&object, maps, &mut found),
            _ => {}
        }
    }
    found
}

/// A value whose texts have gaps for what somebody fills in before it is used.
fn opened(value: &Value, mark: &str) -> Value {
    match value {
        Value::Text(text) if text.letters().contains(mark) => Value::Text(Open::read(text).partial()),
        Value::List(list) => list.iter().map(|element| opened(element, mark)).collect(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key.clone(), opened(value, mark))).collect(),
        other => other.clone(),
    }
}

fn list_at<'v>(value: &'v Value, way: &str) -> &'v [Value] {
    value.pointer(way).and_then(Value::as_list).unwrap_or_default()
}

/// `deploy.helm.releases`, in profiles too.
fn skaffold(path: &str, object: &Value, found: &mut Vec<Written>) {
    let all = [object].into_iter().chain(list(object, "profiles"));
    let all = all.flat_map(|root| ["/deploy/helm/releases", "/manifests/helm/releases"].map(|way| list_at(root, way)));
    for release in all.flatten() {
        let Some(chart) = release.get("chartPath").and_then(Value::as_text) else { continue };
        let files = list(release, "valuesFiles").iter().filter_map(Value::as_text);
        let mut layers: Vec<Layer> = files.map(|file| Layer::File(Open::read(file), From::Base)).collect();
        layers.extend(release.get("overrides").cloned().map(Layer::Values));
        // What a template of skaffold's comes to is an image.
        for (key, form) in
            [("setValues", Form::Typed), ("setValueTemplates", Form::Unknown), ("setFiles", Form::Unknown)]
        {
            let pairs = release.get(key).and_then(Value::as_map).into_iter().flatten();
            layers.extend(pairs.filter_map(|(name, value)| {
                Some(match scalar(value) {
                    Some(text) => Layer::SetOne(name.known()?.to_owned(), text, form),
                    None => Layer::SetOne(name.known()?.to_owned(), Partial::unknown(), Form::Unknown),
                })
            }));
        }
        found.push(Written {
            chart: Open::read(chart),
            bases: vec![directory_of(path).to_owned()],
            name: release.get("name").and_then(Value::as_text).map(Open::read),
            layers,
            ..Written::default()
        });
    }
}

/// The sources of an application, or of the template of a set of them: `directories` are those that the set is made of.
fn argo(object: &Value, directories: Option<&[&Partial]>, found: &mut Vec<Written>) {
    // A set fills in what stands between braces everywhere.
    let filled = |value: &Value| if directories.is_some() { opened(value, "{{") } else { value.clone() };
    let sources: Vec<&Value> =
        object.pointer("/spec/source").into_iter().chain(list_at(object, "/spec/sources")).collect();
    let own = object.pointer("/metadata/name").and_then(Value::as_text);
    for source in &sources {
        let Some(chart) = source.get("path").and_then(Value::as_text) else { continue };
        let helm = source.get("helm").cloned().unwrap_or_default();
        let values = filled(&helm);
        let mut layers = Vec::new();
        for file in list(&helm, "valueFiles").iter().filter_map(Value::as_text) {
            // `$values/a.yaml` is in the source of that name; `/a.yaml` at the root.
            let of_source =
                file.letters().strip_prefix('$').and_then(|rest| rest.split_once('/')).filter(|(name, _)| {
                    sources.iter().any(|source| source.get("ref").and_then(Value::as_str) == Some(name))
                });
            let open = Open::read(file);
            layers.push(match of_source {
                Some(_) => Layer::File(open.without_root(), From::Root),
                None if file.letters().starts_with('/') && !file.begins_open() => {
                    Layer::File(Open::read(&file.through(|text| text.trim_start_matches('/').to_owned())), From::Root)
                }
                None => Layer::File(open, From::Chart),
            });
        }
        layers.extend(values.get("values").and_then(Value::as_text).cloned().map(Layer::Text));
        layers.extend(values.get("valuesObject").cloned().map(Layer::Values));
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
        let name = helm.get("releaseName").and_then(Value::as_text).or(own).map(Open::read);
        let chart = Open::read(chart);
        let written = |chart| Written {
            chart,
            bases: vec![String::new()],
            name: name.clone(),
            layers: layers.clone(),
            ..Written::default()
        };
        if chart.says_something() {
            found.push(written(chart));
            continue;
        }
        // A set of applications, one for each directory.
        for directory in directories.into_iter().flatten().filter_map(|directory| directory.known()) {
            let (before, after) = directory.split_once('*').unwrap_or((directory, ""));
            let open = if directory.contains('*') {
                format!("{before}{{{{path.basename}}}}{after}")
            } else {
                directory.to_owned()
            };
            found.push(written(Open::read(&Partial::from(open))));
        }
    }
}

fn flux(object: &Value, maps: &Held, found: &mut Vec<Written>) {
    let at = |way: &str| object.pointer(way).and_then(Value::as_text);
    let Some(chart) = at("/spec/chart/spec/chart") else { return };
    let files = list_at(object, "/spec/chart/spec/valuesFiles").iter().filter_map(Value::as_text);
    let mut layers: Vec<Layer> = files.map(|file| Layer::File(Open::read(file), From::Root)).collect();
    for from in list_at(object, "/spec/valuesFrom") {
        let text = |key: &str| from.get(key).and_then(Value::as_str);
        // What is a secret is in no tree.
        let (Some("ConfigMap"), Some(name)) = (text("kind"), text("name")) else { continue };
        let key = text("valuesKey").unwrap_or("values.yaml");
        let held = maps.of(name, key);
        if held.is_empty() {
            layers.push(Layer::Unknown(format!("the key `{key}` of the ConfigMap `{name}` is not in the tree")));
        }
        layers.extend(held.iter().cloned().map(|held| match text("targetPath") {
            Some(target) => Layer::SetOne(target.to_owned(), held, Form::Typed),
            None => Layer::Text(held),
        }));
    }
    layers.extend(object.pointer("/spec/values").map(|values| Layer::Values(opened(values, "${"))));
    // Flux names a release after the object, behind the namespace that it installs to.
    let own = at("/metadata/name").map(|name| match at("/spec/targetNamespace") {
        Some(namespace) => [namespace, &Partial::from("-"), name].into_iter().collect(),
        None => name.clone(),
    });
    let name = at("/spec/releaseName").cloned().or(own);
    let (chart, bases) = (Open::read(chart), vec![String::new()]);
    found.push(Written { chart, bases, name: name.as_ref().map(Open::read), layers, ..Written::default() });
}

fn maps(texts: &Texts) -> BTreeMap<(String, String), Vec<Partial>> {
    let mut found: BTreeMap<(String, String), Vec<Partial>> = BTreeMap::new();
    let has_maps = |text: &str| text.contains("kind: ConfigMap") || text.contains("configMapGenerator");
    for (path, text) in texts.iter().filter(|(path, text)| super::is_yaml(path) && has_maps(text)) {
        for object in documents(&standin::escaped(text)).into_iter().map(Value::read) {
            let name = object.pointer("/metadata/name").and_then(Value::as_str);
            if let Some(name) = name.filter(|_| object.get("kind").and_then(Value::as_str) == Some("ConfigMap")) {
                for (key, held) in object.get("data").and_then(Value::as_map).into_iter().flatten() {
                    if let (Some(key), Some(held)) = (key.known(), held.as_text()) {
                        found.entry((name.to_owned(), key.to_owned())).or_default().push(held.clone());
                    }
                }
            }
            for map in list(&object, "configMapGenerator") {
                let Some(name) = map.get("name").and_then(Value::as_str) else { continue };
                for file in list(map, "files").iter().filter_map(Value::as_str) {
                    let (key, file) = file.split_once('=').unwrap_or((file.rsplit('/').next().unwrap_or(file), file));
                    let at = join_within(directory_of(path), file);
                    if let Some(text) = at.and_then(|at| texts.get(at.as_str())) {
                        found.entry((name.to_owned(), key.to_owned())).or_default().push(Partial::from(*text));
                    }
                }
            }
        }
    }
    found
}
