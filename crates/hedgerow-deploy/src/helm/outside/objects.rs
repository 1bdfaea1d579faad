//! Objects that install charts: skaffold's configurations, Argo CD's applications and Flux's releases.
//!
//! See <https://skaffold.dev/docs/references/yaml/>, <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/> and
//! <https://fluxcd.io/flux/components/helm/helmreleases/>.

use super::names::Names;
use super::open::{Bindings, Open};
use super::set::Form;
use super::{From, Layer, Written, directory_of, list, scalar};
use crate::deploy::{all_documents, documents};
use crate::partial::Partial;
use crate::path::join_within;
use crate::standin;
use crate::value::Value;
use std::cell::OnceCell;
use std::collections::BTreeMap;

mod argo;

type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// What releases ask the tree for, read once where one asks.
#[derive(Debug)]
pub(super) struct Held<'t, 'a> {
    texts: &'t Texts<'a>,
    names: &'t Names<'a>,
    /// What ConfigMaps hold, by their names and keys: those that are written, and those that kustomize makes of files.
    maps: OnceCell<BTreeMap<(String, String), Vec<Partial>>>,
    /// For each repository that applications are from, how many of their paths the tree has.
    sources: OnceCell<BTreeMap<String, usize>>,
}

impl<'t, 'a> Held<'t, 'a> {
    pub(super) const fn new(texts: &'t Texts<'a>, names: &'t Names<'a>) -> Self {
        Self { texts, names, maps: OnceCell::new(), sources: OnceCell::new() }
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

/// The releases that the objects of a text are, and what of it cannot be read.
pub(super) fn releases(path: &str, text: &str, held: &Held) -> (Vec<Written>, Option<String>) {
    let mut found = Vec::new();
    let (objects, is_whole) = all_documents(&standin::escaped(text));
    let mut fault = (!is_whole).then(|| "an object of Argo CD, Flux or skaffold that is no YAML".to_owned());
    for object in objects.into_iter().map(Value::read) {
        let group = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        match (group.split('/').next().unwrap_or_default(), kind) {
            ("skaffold", _) => skaffold(path, &object, &mut found),
            ("argoproj.io", "Application" | "ApplicationSet") => {
                let limit = argo::releases(&object, held, &mut found);
                fault = fault.or(limit);
            }
            ("helm.toolkit.fluxcd.io", "HelmRelease") => flux(&object, held, &mut found),
            _ => {}
        }
    }
    (found, fault)
}

/// A value whose texts have gaps for what somebody fills in before it is used, where that is not known.
fn opened(value: &Value, mark: &str, bindings: &Bindings) -> Value {
    match value {
        Value::Text(text) if text.letters().contains(mark) => Value::Text(Open::read(text).with(bindings).partial()),
        Value::List(list) => list.iter().map(|element| opened(element, mark, bindings)).collect(),
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key.clone(), opened(value, mark, bindings))).collect(),
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
        Layer::as_flags(&mut layers);
        found.push(Written {
            chart: Open::read(chart),
            bases: vec![directory_of(path).to_owned()],
            name: release.get("name").and_then(Value::as_text).map(Open::read),
            layers,
            ..Written::default()
        });
    }
}

fn flux(object: &Value, held: &Held, found: &mut Vec<Written>) {
    let at = |way: &str| object.pointer(way).and_then(Value::as_text);
    let Some(chart) = at("/spec/chart/spec/chart") else { return };
    let files = list_at(object, "/spec/chart/spec/valuesFiles").iter().filter_map(Value::as_text);
    let mut layers: Vec<Layer> = files.map(|file| Layer::File(Open::read(file), From::Root)).collect();
    for from in list_at(object, "/spec/valuesFrom") {
        let text = |key: &str| from.get(key).and_then(Value::as_str);
        // What is a secret is in no tree.
        let (Some("ConfigMap"), Some(name)) = (text("kind"), text("name")) else { continue };
        let key = text("valuesKey").unwrap_or("values.yaml");
        let held = held.of(name, key);
        if held.is_empty() {
            layers.push(Layer::Unknown(format!("the key `{key}` of the ConfigMap `{name}` is not in the tree")));
        }
        layers.extend(held.iter().cloned().map(|held| match text("targetPath") {
            Some(target) => Layer::SetOne(target.to_owned(), held, Form::Typed),
            None => Layer::Text(held),
        }));
    }
    layers.extend(object.pointer("/spec/values").map(|values| Layer::Values(opened(values, "${", &Bindings::new()))));
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
