//! What containers run, and the files of ConfigMaps that they find beside them.

use super::item::Item;
use super::kustomize::Made;
use super::maps::{Kind, Maps, Origin, written};
use super::{Given, Spot, Step, Text};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeSet;

/// How deep containers are looked for in objects of a kind that nobody knows.
const MAX_DEPTH: usize = 16;

/// A command with its arguments.
#[derive(Debug, Clone, Hash)]
pub struct Command {
    /// Its words.
    pub words: Vec<Word>,
}

/// A word of a command.
#[derive(Debug, Clone, Hash)]
pub struct Word {
    /// The texts that it can be.
    pub texts: Vec<Partial>,
    /// Where it is said.
    pub spot: Spot,
    /// What stands before it there, if it is a part of a longer text.
    pub before: String,
}

/// A file that a ConfigMap holds and that is mounted.
#[derive(Debug, Clone, Hash)]
pub struct Mounted {
    /// Where the ConfigMap holds it.
    pub spot: Spot,
    /// How the mounted file is called.
    pub name: String,
    /// Where it lies in the containers that mount it; none where that is not known.
    pub paths: BTreeSet<String>,
    /// What it holds, as it is [`written`](Partial::written) for a parser.
    pub text: String,
}

/// The containers of a pod's template.
pub(super) fn of_pod(template: &Value) -> Vec<&Value> {
    let spec = template.get("spec");
    let lists = ["initContainers", "containers"].into_iter().filter_map(|key| spec?.get(key)?.as_list());
    lists.flatten().collect()
}

/// The containers of an object of a kind that nobody knows: whatever has an image and something that runs in it, such as the templates of
/// a workflow and the steps of a pipeline.
pub(super) fn of_any(object: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    if object.get("kind").is_some() && object.get("apiVersion").is_some() {
        below(object, 0, &mut found);
    }
    found
}

fn below<'v>(value: &'v Value, depth: usize, found: &mut Vec<&'v Value>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Map(pairs) => {
            let runs = ["command", "args", "script", "source", "env"].iter().any(|key| value.get(key).is_some());
            if runs && value.get("image").and_then(Value::as_text).is_some() {
                found.push(value);
            }
            pairs.values().for_each(|value| below(value, depth + 1, found));
        }
        Value::List(list) => list.iter().for_each(|value| below(value, depth + 1, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// The commands that run in a container: its own, those of its probes and of its life cycle, and scripts. Each word comes with the way to it.
pub(super) fn of_container(container: &Value) -> Vec<Vec<(&Partial, Vec<Step>)>> {
    const HOOKS: [&str; 5] = [
        "/livenessProbe/exec/command",
        "/readinessProbe/exec/command",
        "/startupProbe/exec/command",
        "/lifecycle/postStart/exec/command",
        "/lifecycle/preStop/exec/command",
    ];
    let below = |pointer: &str| {
        let way: Vec<Step> = pointer.split('/').skip(1).map(|key| Step::Key(key.to_owned())).collect();
        let of = |(word, at): (_, Option<usize>)| {
            (word, way.iter().cloned().chain(at.map(|at| Step::Element(None, at))).collect())
        };
        placed(container.pointer(pointer)).into_iter().map(of).collect::<Vec<_>>()
    };
    let own = [below("/command"), below("/args")].concat();
    let hooks = HOOKS.into_iter().map(below);
    let scripts = ["/script", "/source"].into_iter().map(|key| below(key).into_iter().take(1).collect());
    [own].into_iter().chain(hooks).chain(scripts).filter(|words| !words.is_empty()).collect()
}

/// The words of a list with their places in it, or the one word that stands in its place.
pub(super) fn placed(value: Option<&Value>) -> Vec<(&Partial, Option<usize>)> {
    match value {
        Some(Value::List(list)) => {
            (0..).zip(list.iter()).filter_map(|(at, word)| Some((word.as_text()?, Some(at)))).collect()
        }
        Some(Value::Text(text)) => vec![(text, None)],
        _ => Vec::new(),
    }
}

/// A ConfigMap that a pod mounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Volume<'v> {
    pub(super) map: &'v Partial,
    template: &'v Value,
    /// What says which files of it lie where.
    source: &'v Value,
    name: Option<&'v str>,
}

impl Volume<'_> {
    /// Where a file of it lies in the containers that mount it; none where one of them does not say it plainly.
    fn paths(&self, file: &str) -> BTreeSet<String> {
        let items = self.source.get("items").and_then(Value::as_list).into_iter().flatten();
        let mut paths = items.filter(|item| item.get("key").and_then(Value::as_str) == Some(file));
        let file = paths.find_map(|item| item.get("path")?.as_str()).unwrap_or(file);
        let containers = of_pod(self.template).into_iter();
        let mounts = containers.filter_map(|container| container.get("volumeMounts")?.as_list()).flatten();
        let own = mounts.filter(|mount| self.name.is_some() && mount.get("name").and_then(Value::as_str) == self.name);
        let place = |mount: &Value| {
            let at = mount.get("mountPath").and_then(Value::as_str)?.trim_end_matches('/');
            match mount.get("subPath") {
                _ if mount.get("subPathExpr").is_some() => None,
                None => Some(Some(format!("{at}/{file}"))),
                Some(part) => Some((part.as_str()? == file).then(|| at.to_owned())),
            }
        };
        let all: Option<Vec<_>> = own.map(place).collect();
        all.into_iter().flatten().flatten().collect()
    }
}

/// The ConfigMaps that a pod mounts.
pub(super) fn volumes(template: &Value) -> Vec<Volume<'_>> {
    let volumes = template.pointer("/spec/volumes").and_then(Value::as_list).into_iter().flatten();
    let sources = volumes.flat_map(|volume| {
        let name = volume.get("name").and_then(Value::as_str);
        let projected = volume.pointer("/projected/sources").and_then(Value::as_list).into_iter().flatten();
        projected.chain([volume]).map(move |source| (name, source))
    });
    let maps = sources.filter_map(|(name, source)| Some((name, source.get("configMap")?)));
    maps.filter_map(|(name, source)| Some(Volume { map: source.get("name")?.as_text()?, template, source, name }))
        .collect()
}

impl Given {
    /// Whether a command of a container takes a variable in.
    #[must_use]
    pub fn runs_with(&self, variable: &str) -> bool {
        let takes = |text: &Partial| {
            let text = text.written();
            let mut places = text.match_indices(variable);
            places.any(|(at, _)| {
                text[..at].ends_with(['$', '{', '('])
                    && !text[at + variable.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        self.commands.iter().flat_map(|command| &command.words).any(|word| word.texts.iter().any(takes))
    }

    /// Takes in the files of a ConfigMap that is mounted. Those in a format of settings are settings of the service.
    pub(super) fn mount(&mut self, volume: Volume<'_>, item: &Item, maps: &Maps, made: &Made) {
        let name = volume.map;
        let written =
            written((Kind::Map, name), item, maps).map(|map| (map.data, Origin::Map(map.item.spot(map.data))));
        let all: Vec<_> = written.chain(made.named(name).map(|map| (&map.data, Origin::Made(map)))).collect();
        for (data, origin) in all {
            for (name, text) in data.as_map().into_iter().flatten() {
                let Some(text) = text.as_text().map(Partial::written) else { continue };
                let (spot, name) = (origin.value_of(&name.written()), name.shown('…'));
                let paths = volume.paths(&name);
                let mut all = self.mounted.iter_mut();
                match all.find(|known| known.spot.path == spot.path && known.name == name && known.text == text) {
                    // What is not known of one of its places is not known.
                    Some(known) if known.paths.is_empty() || paths.is_empty() => known.paths.clear(),
                    Some(known) => known.paths.extend(paths),
                    None => {
                        self.add_settings(Text { path: &name, text: &text }, &spot.path);
                        self.mounted.push(Mounted { spot, name, paths, text: text.into_owned() });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Deploy, Hosts, Partial, Text};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn files_that_charts_mount_are_settings_whatever_is_not_known_of_them() {
        let template = "kind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-conf'}\ndata:\n  app.yaml: |\n    zone: {{ include \"gone\" . }}\n    \
                        ledger: http://{{ .Release.Name }}-ledger:80\n    card: http://s-card\n---\nkind: Deployment\nmetadata: {name: emoji}\nspec: {template: {spec: \
                        {volumes: [{configMap: {name: '{{ .Release.Name }}-conf'}}], containers: [{name: a}]}}}\n";
        let texts = [
            Text { path: "emoji/Chart.yaml", text: "name: emoji\n" },
            Text { path: "emoji/templates/all.yaml", text: template },
        ];
        let services = [("emoji", "emoji")];
        let mut hosts = Hosts::new(services.into_iter(), BTreeSet::new(), &BTreeMap::new(), &[]);
        let deploy = Deploy::read([texts[1]].into_iter(), (texts.into_iter(), &[]), &mut hosts, |_| None);
        let given = deploy.of("emoji").unwrap();
        let setting = |name: &str| given.setting(&[name.to_owned()]);
        assert_eq!(setting("card"), [Partial::from("http://s-card")]);
        assert_eq!(setting("zone"), [Partial::unknown()]);
        let ledger = setting("ledger");
        assert_eq!((ledger[0].known(), ledger[0].shown('*').as_str()), (None, "http://*-ledger:80"));
        assert!(given.mounted[0].text.contains("http://s-card") && given.mounted[0].name == "app.yaml");
    }
}
