//! What the deploy says: environment variables, arguments and settings per service, and the hosts of Services.

pub mod build;
mod command;
mod compose;
mod container;
mod controllers;
mod cut;
mod dapr;
mod expand;
mod exported;
mod extended;
mod foreign;

mod given;
mod hocon;
pub mod image;
mod ingress;
mod item;
mod kustomize;
mod listens;
mod maps;
mod mounts;
mod nodes;
mod permits;
mod placeholder;
mod published;
mod read;
mod routed;
mod schedule;
mod scraped;
mod services;
mod settings;
mod shell;
mod spot;
mod starts;
mod values;
mod volumes;
mod whose;
mod workloads;

pub use command::{Command, Mounted, Word};
pub use dapr::Component;
pub use extended::taken_in;
pub use foreign::{Foreign, MapUses, foreign_objects, unused_maps};
pub use given::{Given, Hiding};
pub(crate) use ingress::is_route;
pub use mounts::{is_manifest, without_objects};
pub use permits::Permit;
pub use routed::Route;
pub use schedule::Schedule;
pub use scraped::Scrape;
pub(crate) use settings::{all_documents, fault_line};
pub use settings::{documents, is_too_deep, properties, swells};
pub use shell::dotenv;
pub use spot::{Said, Sheet, Spot, Step};
pub use starts::{Begun, Starts, begun};
pub use volumes::Written;

use crate::host::Listening;
use crate::partial::Partial;
use crate::path;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How long a text may get that is made of others, in bytes; what is longer is not known.
const MAX_LENGTH: usize = 4096;

/// The variable that says where Python looks for modules.
const MODULE_PATH: &str = "PYTHONPATH";

/// A text of the deploy with its path.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Its path below the tree's root.
    pub path: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// What all services are given.
#[derive(Debug, Clone, Default)]
pub struct Deploy {
    given: BTreeMap<String, Given>,
    /// The templates and the files of releases that could not be read in full, with the services that they may be of.
    unread: BTreeMap<String, Unread>,
    /// The workloads of charts that are nobody's and whose names are not known in full: how many, by file.
    nameless: BTreeMap<String, usize>,
    /// The charts with such workloads that give nothing to any service, by their directories: the first file with one.
    mute: BTreeMap<String, String>,
    /// The deploy files that are no YAML from some line on, each with the fault.
    broken: BTreeMap<String, String>,
    /// The compose files that name files of variables which the tree does not have, each with the services that get them.
    absent: BTreeMap<String, BTreeSet<String>>,
    /// When workloads run that do not run all the time.
    schedules: BTreeSet<Schedule>,
    /// Whom proxies call because they are asked to.
    routes: Vec<Route>,
    /// The images that the services' containers run.
    images: BTreeMap<String, BTreeSet<build::Image>>,
    /// The services after which containers of another one's pods are called, or their images, by that one.
    inside: BTreeMap<String, BTreeSet<String>>,
    /// What the containers of services say of their programs.
    starts: BTreeMap<String, Vec<Starts>>,
    /// What runs together by compose, by directory.
    projects: BTreeMap<String, published::Project>,
    /// What is said of the machines that clusters run on.
    nodes: nodes::Nodes,
    /// At which ports services listen.
    listening: BTreeMap<String, Listening>,
    /// The components of Dapr.
    components: Vec<Component>,
    /// How Dapr calls programs of pods, with the services.
    app_ids: BTreeSet<(String, String)>,
    /// Whom policies let call whom.
    permits: Vec<Permit>,
    /// The peers in policies that are for groups.
    group_permits: Vec<(Spot, [usize; 2])>,
    /// Whom Prometheus scrapes.
    scrapes: Vec<Scrape>,
    /// The files of settings that a service hands out to others, each with these.
    handed: BTreeMap<String, BTreeSet<String>>,
}

/// What could not be read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unreadable {
    /// A template of a chart.
    #[default]
    Template,
    /// Values that a release gives to a chart: a helmfile's, an application's, a script's.
    Values,
}

/// A template, or a file of releases, that could not be read in full.
#[derive(Debug, Clone, Default)]
pub struct Unread {
    /// Which of both it is.
    pub kind: Unreadable,
    /// The services that it may be of.
    pub services: BTreeSet<String>,
    /// What it asks for and nobody knows, a few words each.
    pub lacks: BTreeSet<String>,
    /// The directory of its chart, where the template is more than is rendered: whole workloads of services may be left out.
    pub cut: Option<String>,
}

impl Deploy {
    /// The images that the containers of services run, by service.
    pub fn images(&self) -> impl Iterator<Item = (&str, &BTreeSet<build::Image>)> {
        self.images.iter().map(|(service, images)| (service.as_str(), images))
    }

    /// The services with pods of several containers, each with the services that run there and in no pods of their own.
    pub fn inside(&self) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
        let own = |name: &&str| !self.starts.contains_key(*name);
        self.inside.iter().map(move |(pod, all)| (pod.as_str(), all.iter().map(String::as_str).filter(own).collect()))
    }

    /// What the containers of a service say of their programs, as far as they are seen.
    pub fn starts(&self, service: &str) -> &[Starts] {
        self.starts.get(service).map(Vec::as_slice).unwrap_or_default()
    }

    /// The templates that could not be read in full, with the services that they may be of.
    pub fn unread(&self) -> impl Iterator<Item = (&str, &Unread)> {
        self.unread.iter().map(|(path, unread)| (path.as_str(), unread))
    }

    /// The files of charts with workloads that are nobody's and whose names are not known in full, and how many there are.
    pub fn nameless(&self) -> impl Iterator<Item = (&str, usize)> {
        self.nameless.iter().map(|(path, count)| (path.as_str(), *count))
    }

    /// The directories of charts with such workloads that have none of any service, each with the first file of one. Charts within are theirs.
    pub fn mute(&self) -> impl Iterator<Item = (&str, &str)> {
        self.mute.iter().map(|(directory, path)| (directory.as_str(), path.as_str()))
    }

    /// The deploy files that are no YAML from some line on, each with the fault.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &str)> {
        self.broken.iter().map(|(path, fault)| (path.as_str(), fault.as_str()))
    }

    /// The compose files that name files of variables which the tree does not have, each with the services that get them.
    pub fn absent(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.absent.iter().map(|(path, services)| (path.as_str(), services))
    }

    /// Adds the variables that a service's image sets. What the deploy sets besides wins.
    pub fn add_image(&mut self, service: &str, text: Text) {
        self.exposes(service, text);
        let given = self.given.entry(service.to_owned()).or_default();
        let before = given.environment.clone();
        let said = |name: &str| match before.get(name).or_else(|| given.arguments.get(name))?.as_slice() {
            [value] => Some(value.clone()),
            _ => None,
        };
        for (name, value) in image::variables(text.text, &said) {
            if !before.contains_key(&name) {
                given.set(&name, value, Spot::line(text.path, &name));
            }
        }
        given.module_paths.extend(image::places(text.text, MODULE_PATH));
        // From where an image is built is not said: it is the directory of its file or the tree's, most of the time.
        let directory = text.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for (source, target) in image::copied_to(text.text, None) {
            for context in [directory, ""] {
                given.places.insert((path::join(context, &source), target.clone()));
            }
        }
        if given.path.is_empty() {
            text.path.clone_into(&mut given.path);
        }
    }

    /// Adds a variable, with its value, that code gives to a service; and whether the service has a client for what the value leads to,
    /// where that is known.
    pub fn grant(&mut self, service: &str, (variable, value): (&str, &str), spot: Spot, has_client: Option<bool>) {
        let given = self.given.entry(service.to_owned()).or_default();
        if given.path.is_empty() {
            given.path.clone_from(&spot.path);
        }
        given.set(variable, Partial::from(value), spot);
        if let Some(has_client) = has_client {
            *given.clients.entry(variable.to_owned()).or_default() |= has_client;
        }
    }

    /// Adds a configuration file of a service.
    pub fn add_settings(&mut self, service: &str, text: Text) {
        self.given.entry(service.to_owned()).or_default().add_plain_settings(text);
    }

    /// Takes back what a configuration file gave to a service.
    pub fn forget_settings(&mut self, service: &str, path: &str) {
        let Some(given) = self.given.get_mut(service) else { return };
        let mut paths = std::mem::take(&mut given.setting_paths);
        let mut keeps = paths.iter().map(|of| of != path);
        given.settings.retain(|_| keeps.next().unwrap_or(true));
        paths.retain(|of| of != path);
        given.setting_paths = paths;
    }

    /// Takes a file of settings from a service that has it for others.
    pub fn hand_out(&mut self, service: &str, path: &str) {
        self.forget_settings(service, path);
        if let Some(given) = self.given.get_mut(service) {
            given.files.remove(path);
            given.beside.retain(|_, of| of != path);
        }
        self.handed.entry(path.to_owned()).or_default();
    }

    /// Says who gets a file of settings that another service hands out.
    pub fn handed_to(&mut self, path: &str, service: &str) {
        self.handed.entry(path.to_owned()).or_default().insert(service.to_owned());
    }

    /// The services that a file of settings is handed out to, if it is one of those.
    #[must_use]
    pub fn handed_out(&self, path: &str) -> Option<&BTreeSet<String>> {
        self.handed.get(path)
    }

    /// Adds a configuration file of a service whose settings lie under a name, and there under the names of environments.
    pub fn add_settings_under(&mut self, service: &str, name: &str, text: Text) {
        let given = self.given.entry(service.to_owned()).or_default();
        for root in documents(&settings::without_ruby(&crate::standin::escaped(text.text))) {
            let environments = ["production", "staging", "shared", "default", "development"];
            let mut all: Vec<Value> = environments.iter().filter_map(|name| root.get(name)).cloned().collect();
            all.push(root);
            given.settings.push(Value::Object([(name.to_owned(), Value::Array(all))].into_iter().collect()));
        }
        given.setting_paths.resize(given.settings.len(), text.path.to_owned());
    }

    /// Adds a file that says which settings of a service are filled by which variables, as node-config has it.
    pub fn add_settings_of_variables(&mut self, service: &str, text: Text) {
        self.given.entry(service.to_owned()).or_default().add_settings_of_variables(text);
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
