//! What the deploy says: environment variables, arguments and settings per service, and the hosts of Services.

pub mod build;
mod command;
mod compose;
mod hocon;
pub mod image;
mod kustomize;
mod mounts;
mod routed;
mod schedule;
mod settings;
mod spot;
mod values;
mod whose;

pub use command::{Command, Mounted, Word};
pub(crate) use settings::{all_documents, fault_line};
pub use settings::{documents, is_too_deep, properties, swells};
pub use spot::{Said, Sheet, Spot, Step};

use crate::helm::Charts;
use crate::host::{HOLE, Hosts};
use kustomize::{Kustomizations, Made};
pub use routed::Route;
pub use schedule::Schedule;
use serde_json::Value;
use settings::walk;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a text may get that is made of others, in bytes; what is longer is not known.
const MAX_LENGTH: usize = 4096;

/// How many texts one may come to; what would make more is not known.
const MAX_VALUES: usize = 32;

/// A text of the deploy with its path.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Its path below the tree's root.
    pub path: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// What one service is given.
#[derive(Debug, Clone, Hash, Default)]
pub struct Given {
    /// The file that gives most of it: the last one read.
    pub path: String,
    /// Environment variables.
    pub environment: BTreeMap<String, Vec<String>>,
    /// Flags, without the dashes.
    pub flags: BTreeMap<String, Vec<String>>,
    /// What its containers run.
    pub commands: Vec<Command>,
    /// The files of ConfigMaps that are mounted into its pods.
    pub mounted: Vec<Mounted>,
    /// The files of the tree that compose mounts into its containers or that its image copies in, by their paths; and whether a command
    /// or a variable names them.
    pub files: BTreeMap<String, bool>,
    /// The objects and the services of compose files that give it something.
    pub parts: Vec<Spot>,
    /// Where the deploy says what it gives.
    pub spots: BTreeMap<Said, Spot>,
    /// Its configuration files.
    pub settings: Vec<Value>,
    /// The file of each of them.
    pub setting_paths: Vec<String>,
    /// The names that a compose file links it to or starts it after, each with the key that says so.
    pub after: BTreeMap<String, String>,
    /// Whether it is given something else that could not be read: any variable and any flag may have another value.
    pub is_open: bool,
    /// Whether the values of charts name variables of it, as those for charts from elsewhere do.
    in_values: bool,
}

/// What all services are given.
#[derive(Debug, Clone, Default)]
pub struct Deploy {
    given: BTreeMap<String, Given>,
    /// The templates that could not be read in full, with the services that they may be of.
    unread: BTreeMap<String, Unread>,
    /// The workloads of charts that are nobody's and whose names are not known in full: how many, by file.
    nameless: BTreeMap<String, usize>,
    /// The deploy files that are no YAML from some line on, each with the fault.
    broken: BTreeMap<String, String>,
    /// When workloads run that do not run all the time.
    schedules: BTreeSet<Schedule>,
    /// Whom proxies call because they are asked to.
    routes: Vec<Route>,
}

/// A template that could not be read in full.
#[derive(Debug, Clone, Default)]
pub struct Unread {
    /// The services that it may be of.
    pub services: BTreeSet<String>,
    /// What it asks for and nobody knows, a few words each.
    pub lacks: BTreeSet<String>,
}

/// One object of the deploy.
#[derive(Debug, Clone)]
struct Item<'a> {
    path: &'a str,
    /// The chart it comes from, by directory and name. Names that a chart makes mean something within it alone.
    chart: Option<(&'a str, &'a str)>,
    /// Which of the file's documents it is or is in.
    document: usize,
    /// The place in a list that holds it.
    listed: Vec<Step>,
    /// What the chart's template came to.
    sheet: Option<Arc<Sheet>>,
    /// The namespaces that it may be in, as it and the kustomizations that take it in say; none where nothing says it.
    namespaces: BTreeSet<String>,
    value: Value,
}

/// The pods of one workload.
#[derive(Debug)]
struct Pods<'a> {
    service: String,
    chart: Option<(&'a str, &'a str)>,
    template: &'a Value,
}

/// Texts of the tree by their paths.
type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// ConfigMaps by chart and name; of one name there may be several, for several environments.
type Maps<'a> = BTreeMap<(&'a str, &'a str), Vec<Map<'a>>>;

/// What a ConfigMap holds.
#[derive(Debug, Clone, Copy)]
struct Map<'a> {
    item: &'a Item<'a>,
    data: &'a Value,
}

impl Item<'_> {
    fn scope(&self) -> &str {
        self.chart.map_or("", |(directory, _)| directory)
    }
}

impl Deploy {
    /// Reads Kubernetes and compose files and the templates of charts, and says which hosts their Services are. `all` are
    /// the texts of the tree, in which charts have their values and compose files their variables.
    pub fn read<'a>(
        texts: impl Iterator<Item = Text<'a>>,
        all: impl Iterator<Item = Text<'a>> + Clone,
        hosts: &mut Hosts,
        owner: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let charts = Charts::new(all.clone().map(|text| (text.path, text.text)), hosts.namespace());
        let mut deploy = Self::default();
        let mut items: Vec<Item> = Vec::new();
        let mut unread = Vec::new();
        for text in texts {
            let chart = charts.template_of(text.path);
            let mut sheets = Vec::new();
            let values = match chart {
                Some(_) if !crate::helm::is_read(text.text) => Vec::new(),
                Some((directory, _)) => {
                    let rendered = charts.documents(directory, text.text);
                    if !rendered.is_whole || rendered.has_lost {
                        unread.push((text.path, chart, rendered.is_whole, rendered.lacks));
                    }
                    sheets = rendered.sheets;
                    rendered.documents
                }
                None => {
                    let (values, fault) = settings::read(text.text);
                    if let Some(fault) = fault.filter(|_| !is_template(text.text)) {
                        deploy.broken.insert(text.path.to_owned(), fault);
                    }
                    values
                }
            };
            let values = values.into_iter().filter(|value| !value.is_null());
            for (document, value) in values.enumerate() {
                let sheet = sheets.get(document).cloned();
                let item = |listed, value: Value| {
                    let own = text_at(&value, &["metadata", "namespace"]).filter(|name| !name.contains(HOLE));
                    let namespaces = own.map(str::to_owned).into_iter().collect();
                    Item { path: text.path, chart, document, listed, sheet: sheet.clone(), namespaces, value }
                };
                match value {
                    Value::Object(mut pairs) if pairs.contains_key("kind") && pairs.contains_key("items") => {
                        let list = pairs.remove("items").and_then(|list| match list {
                            Value::Array(list) => Some(list),
                            _ => None,
                        });
                        let way = |at| vec![Step::Key("items".to_owned()), Step::Element(None, at)];
                        let list = list.into_iter().flatten().enumerate();
                        items.extend(list.map(|(at, value)| item(way(at), value)));
                    }
                    value => items.push(item(Vec::new(), value)),
                }
            }
        }
        let all: Texts = all.map(|text| (text.path, text.text)).collect();
        deploy.compose(&items, &all, hosts, &owner);
        deploy.values(&items, &charts, hosts, &owner);
        let kustomizations = Kustomizations::new(&items, &all);
        for item in &mut items {
            let said = kustomizations.namespaces(item.path);
            if !said.is_empty() {
                item.namespaces = said;
            }
        }
        let mut maps = Maps::new();
        for item in items.iter().filter(|item| text_at(&item.value, &["kind"]) == Some("ConfigMap")) {
            if let (Some(name), Some(data)) = (text_at(&item.value, &["metadata", "name"]), item.value.get("data")) {
                maps.entry((item.scope(), name)).or_default().push(Map { item, data });
            }
        }
        let pods = deploy.workloads(&items, &maps, &kustomizations, hosts, &owner);
        services(&items, &pods, hosts);
        for (path, chart, is_whole, lacks) in unread {
            let of_chart = pods.iter().filter(|pods| pods.chart == chart).map(|pods| pods.service.clone());
            let named = chart.and_then(|(_, name)| hosts.named(name).map(str::to_owned));
            let mut services: BTreeSet<String> = of_chart.chain(named).chain(owner(path)).collect();
            if is_whole {
                // Lines that a chart from elsewhere writes are what the values name. Of charts of nobody's there is nothing to say.
                services.retain(|service| deploy.of(service).is_none_or(|given| !given.in_values));
                if services.is_empty() {
                    continue;
                }
            }
            for service in &services {
                deploy.given.entry(service.clone()).or_default().is_open = true;
            }
            deploy.unread.insert(path.to_owned(), Unread { services, lacks });
        }
        deploy
    }

    /// The templates that could not be read in full, with the services that they may be of.
    pub fn unread(&self) -> impl Iterator<Item = (&str, &Unread)> {
        self.unread.iter().map(|(path, unread)| (path.as_str(), unread))
    }

    /// The files of charts with workloads that are nobody's and whose names are not known in full, and how many there are.
    pub fn nameless(&self) -> impl Iterator<Item = (&str, usize)> {
        self.nameless.iter().map(|(path, count)| (path.as_str(), *count))
    }

    /// The deploy files that are no YAML from some line on, each with the fault.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &str)> {
        self.broken.iter().map(|(path, fault)| (path.as_str(), fault.as_str()))
    }

    /// Takes in what the workloads give to their containers, and says whose their pods are.
    fn workloads<'a>(
        &mut self,
        items: &'a [Item<'a>],
        maps: &Maps<'a>,
        kustomizations: &Kustomizations,
        hosts: &Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) -> Vec<Pods<'a>> {
        let mut pods = Vec::new();
        for item in items {
            let template = pod_template(&item.value);
            let containers = match template {
                Some(template) => command::of_pod(template),
                // A workflow, a pipeline: whatever else has images that run.
                None => command::of_any(&item.value),
            };
            if template.is_none() && containers.is_empty() && !schedule::has_schedule(&item.value) {
                continue;
            }
            let service = whose::service(item, template, hosts, owner);
            self.schedules.extend(schedule::of(item, service.as_deref()));
            let Some(service) = service else {
                let name = text_at(&item.value, &["metadata", "name"]);
                if template.is_some()
                    && item.chart.is_some()
                    && name.is_none_or(|name| name.contains(schedule::is_open))
                {
                    *self.nameless.entry(item.path.to_owned()).or_default() += 1;
                }
                continue;
            };
            if template.is_none() && containers.is_empty() {
                continue;
            }
            pods.extend(template.map(|template| Pods { service: service.clone(), chart: item.chart, template }));
            let given = self.given.entry(service).or_default();
            item.path.clone_into(&mut given.path);
            given.parts.push(item.spot(&item.value));
            let made = kustomizations.of(item.path);
            for container in containers {
                given.container(container, item, maps, &made);
            }
            for name in template.map(command::volumes).unwrap_or_default() {
                given.mount(name, item, maps, &made);
            }
        }
        pods
    }

    /// Adds the variables that a service's image sets. What the deploy sets besides wins.
    pub fn add_image(&mut self, service: &str, text: Text) {
        let given = self.given.entry(service.to_owned()).or_default();
        for (name, value) in image::variables(text.text) {
            if !given.environment.contains_key(&name) {
                given.set(&name, value, Spot::line(text.path, &name));
            }
        }
        if given.path.is_empty() {
            text.path.clone_into(&mut given.path);
        }
    }

    /// Adds a variable that code gives to a service.
    pub fn grant(&mut self, service: &str, variable: &str, value: &str, path: &str) {
        let given = self.given.entry(service.to_owned()).or_default();
        given.set(variable, value.to_owned(), Spot::line(path, variable));
        if given.path.is_empty() {
            path.clone_into(&mut given.path);
        }
    }

    /// Adds a configuration file of a service.
    pub fn add_settings(&mut self, service: &str, text: Text) {
        self.given.entry(service.to_owned()).or_default().add_settings(text, text.path);
    }

    /// Adds a configuration file of a service whose settings lie under a name, and there under the names of environments.
    pub fn add_settings_under(&mut self, service: &str, name: &str, text: Text) {
        let given = self.given.entry(service.to_owned()).or_default();
        for root in documents(&settings::without_ruby(text.text)) {
            let environments = ["production", "staging", "shared", "default", "development"];
            let mut all: Vec<Value> = environments.iter().filter_map(|name| root.get(name)).cloned().collect();
            all.push(root);
            given.settings.push(Value::Object([(name.to_owned(), Value::Array(all))].into_iter().collect()));
        }
        given.setting_paths.resize(given.settings.len(), text.path.to_owned());
    }

    /// When workloads run that do not run all the time.
    pub fn into_schedules(self) -> BTreeSet<Schedule> {
        self.schedules
    }

    /// Whom proxies call because containers beside them ask for it.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// What a service is given.
    pub fn of(&self, service: &str) -> Option<&Given> {
        self.given.get(service)
    }
}

/// Says which hosts the Services are: who wears what they select.
fn services(items: &[Item], pods: &[Pods], hosts: &mut Hosts) {
    for item in items.iter().filter(|item| text_at(&item.value, &["kind"]) == Some("Service")) {
        let Some(name) = text_at(&item.value, &["metadata", "name"]).filter(|name| !name.contains(HOLE)) else {
            continue;
        };
        if text_at(&item.value, &["spec", "type"]) == Some("ExternalName") {
            continue;
        }
        let selector = item.value.pointer("/spec/selector").and_then(Value::as_object).filter(|s| !s.is_empty());
        let known = |value: &Value| value.as_str().is_some_and(|value| !value.contains(HOLE));
        let selector = selector.filter(|selector| item.chart.is_none() || selector.values().all(known));
        let fits = |pods: &&Pods| match selector {
            Some(selector) => {
                let labels = pods.template.pointer("/metadata/labels");
                selector.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
            }
            // What a helper writes cannot be read: a chart's Services are of that chart's pods.
            None => item.chart.is_some() && pods.chart == item.chart,
        };
        let fitting: BTreeSet<&str> = pods.iter().filter(fits).map(|pods| pods.service.as_str()).collect();
        if let (Some(service), 1) = (fitting.first(), fitting.len()) {
            hosts.add(name, service);
        }
    }
}

impl Given {
    /// Adds a configuration file by the format that its name says; `path` is the file of the tree that holds it.
    fn add_settings(&mut self, text: Text, path: &str) {
        if text.path.ends_with(".properties") {
            self.settings.push(properties(text.text));
        } else if text.path.ends_with(".conf") {
            self.settings.push(hocon::hocon(text.text));
        } else {
            self.settings.extend(documents(text.text.trim_start_matches('\u{feff}')));
        }
        self.setting_paths.resize(self.settings.len(), path.to_owned());
    }

    /// Adds a value of an environment variable, and where it is said.
    fn set(&mut self, name: &str, value: String, spot: Spot) {
        let values = self.environment.entry(name.to_owned()).or_default();
        if !values.contains(&value) {
            self.spots.insert(Said::Variable(name.to_owned(), value.clone()), spot);
            values.push(value);
        }
    }

    fn container(&mut self, container: &Value, item: &Item, maps: &Maps, made: &Made) {
        let here = item.spot(container);
        let maps_of = |name| {
            let written = written(name, item, maps);
            let written = written.map(|map| (map.data, Origin::Map(map.item.spot(map.data))));
            written.chain(made.named(name).map(|map| (&map.data, Origin::Made(map))))
        };
        // What this container has: `$(NAME)` means nothing that another one is given.
        let mut own = Self::default();
        let mut secret = Self::default();
        for source in container.get("envFrom").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = text_at(source, &["configMapRef", "name"]) else { continue };
            let prefix = text_at(source, &["prefix"]).unwrap_or_default();
            for (map, origin) in maps_of(name) {
                for (key, value) in map.as_object().into_iter().flatten() {
                    if let Some(value) = scalar(value) {
                        own.set(&format!("{prefix}{key}"), value, origin.of(key));
                    }
                }
            }
        }
        for (at, variable) in container.get("env").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let Some(name) = text_at(variable, &["name"]) else { continue };
            let spot = || here.key("env").element(variable, at).key("name");
            if let Some(value) = variable.get("value").and_then(scalar) {
                // `$(OTHER)` takes in what is set before.
                for value in own.expand(&value, &secret) {
                    own.set(name, value, spot());
                }
            }
            let Some(source) = variable.get("valueFrom") else { continue };
            let reference = source.get("configMapKeyRef");
            let key =
                reference.and_then(|reference| Some((text_at(reference, &["name"])?, text_at(reference, &["key"])?)));
            let values: Vec<(String, Spot)> = key
                .map(|(map, key)| {
                    maps_of(map).filter_map(|(map, origin)| Some((scalar(map.get(key)?)?, origin.of(key)))).collect()
                })
                .unwrap_or_default();
            if values.is_empty() {
                secret.set(name, HOLE.to_string(), spot());
            }
            for (value, spot) in values {
                own.set(name, value, spot);
            }
        }
        for command in command::of_container(container) {
            let words = command.into_iter().map(|(word, way)| Word {
                texts: own.expand(word, &secret),
                spot: way.into_iter().fold(here.clone(), Spot::then),
                before: String::new(),
            });
            self.runs(words.collect());
        }
        for (name, values) in own.environment {
            for value in values {
                let spot = own.spots.remove(&Said::Variable(name.clone(), value.clone())).unwrap_or_default();
                self.set(&name, value, spot);
            }
        }
    }

    /// Takes in what a container runs.
    fn runs(&mut self, words: Vec<Word>) {
        self.arguments(&words);
        self.commands.push(Command { words });
    }

    /// What a text with `$(NAME)` can be: with each value of a name, and a hole for what nothing sets or `secret` has.
    /// `$$` is a `$`.
    fn expand(&self, value: &str, secret: &Self) -> Vec<String> {
        let mut pieces: Vec<Result<String, &str>> = Vec::new();
        let mut rest = value;
        while let Some((head, tail)) = rest.split_once('$') {
            pieces.push(Ok(head.to_owned()));
            rest = tail;
            if let Some(after) = tail.strip_prefix('$') {
                pieces.push(Ok("$".to_owned()));
                rest = after;
            } else if let Some((name, after)) = tail.strip_prefix('(').and_then(|tail| tail.split_once(')'))
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
            {
                // What is no name is a shell's: `$(curl http://ledger)`.
                pieces.push(Err(name));
                rest = after;
            } else {
                // No more of them is closed, or this one is none.
                pieces.push(Ok("$".to_owned()));
                if tail.starts_with('(') && !tail.contains(')') {
                    break;
                }
            }
        }
        pieces.push(Ok(rest.to_owned()));
        // A name means the same wherever it stands in a text.
        let mut choices: Vec<BTreeMap<&str, &str>> = vec![BTreeMap::new()];
        for name in pieces.iter().filter_map(|piece| piece.as_ref().err()).collect::<BTreeSet<_>>() {
            let known = [self, secret].into_iter().filter_map(|given| given.environment.get(*name)).flatten();
            let known: Vec<&str> = known.map(String::as_str).take(MAX_VALUES + 1).collect();
            if known.is_empty() || choices.len() * known.len() > MAX_VALUES {
                continue;
            }
            let mut more = Vec::new();
            for choice in &choices {
                for value in &known {
                    let mut choice = choice.clone();
                    choice.insert(*name, *value);
                    more.push(choice);
                }
            }
            choices = more;
        }
        let hole = HOLE.to_string();
        let text = |choice: &BTreeMap<&str, &str>| {
            let parts = pieces.iter().map(|piece| match piece {
                Ok(text) => text.as_str(),
                Err(name) => choice.get(name).copied().unwrap_or(&hole),
            });
            let long = !choice.is_empty() && parts.clone().map(str::len).sum::<usize>() > MAX_LENGTH;
            if long { hole.clone() } else { parts.collect() }
        };
        choices.iter().map(text).collect()
    }

    /// `--name=value`, `-name value`: the texts that each word can be. A word without dashes behind a flag is taken for
    /// its value.
    fn arguments(&mut self, words: &[Word]) {
        let mut last: Option<String> = None;
        for word in words {
            let mut next = None;
            for text in &word.texts {
                match text.strip_prefix("--").or_else(|| text.strip_prefix('-')) {
                    Some(flag) => match flag.split_once('=') {
                        Some((name, value)) => self.flag(name, value, &word.spot),
                        None => next = Some(flag.to_owned()),
                    },
                    None => {
                        if let Some(name) = &last {
                            self.flag(name, text, &word.spot);
                        }
                    }
                }
            }
            last = next;
        }
    }

    fn flag(&mut self, name: &str, value: &str, spot: &Spot) {
        self.flags.entry(name.to_owned()).or_default().push(value.to_owned());
        self.spots.entry(Said::Flag(name.to_owned(), value.to_owned())).or_insert_with(|| spot.clone());
    }

    /// The values at a path of the configuration. Names are compared without regard to case, `-` and `_`, as the
    /// libraries that read them do; `*` is any element.
    pub fn setting(&self, path: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        for root in &self.settings {
            walk(root, path, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Where the data of a ConfigMap come from.
enum Origin<'a> {
    /// From an object.
    Map(Spot),
    /// From a kustomization.
    Made(&'a kustomize::Map),
}

impl Origin<'_> {
    /// Where a key's value is said.
    fn of(&self, key: &str) -> Spot {
        match self {
            Self::Map(data) => data.name(key),
            Self::Made(map) => map.spots.get(key).cloned().unwrap_or_default(),
        }
    }

    /// The value of a key.
    fn value_of(&self, key: &str) -> Spot {
        match self {
            Self::Map(data) => data.key(key),
            Self::Made(_) => self.of(key),
        }
    }
}

/// The ConfigMaps of a name that the tree writes and that are not in another namespace than the workload. A chart's workload may also use
/// one from outside of the chart.
fn written<'m>(name: &'m str, item: &'m Item, maps: &'m Maps<'m>) -> impl Iterator<Item = Map<'m>> {
    let all = maps.get(&(item.scope(), name)).or_else(|| maps.get(&("", name))).into_iter().flatten().copied();
    let is_near = |map: &Map| {
        let (one, other) = (&item.namespaces, &map.item.namespaces);
        one.is_empty() || other.is_empty() || !one.is_disjoint(other)
    };
    all.filter(is_near)
}

/// Whether a text is made into YAML by somebody else: a chart's, Jinja's, a generator's.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "<%", "{#"].iter().any(|mark| text.contains(mark))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text_at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

/// The template of a workload's pods.
fn pod_template(item: &Value) -> Option<&Value> {
    let kind = text_at(item, &["kind"])?;
    let template = match kind {
        "Pod" => item,
        "CronJob" => item.pointer("/spec/jobTemplate/spec/template")?,
        "AdvancedCronJob" => item.pointer("/spec/template/jobTemplate/spec/template")?,
        _ => item.pointer("/spec/template")?,
    };
    template.get("spec").map(|_| template)
}
