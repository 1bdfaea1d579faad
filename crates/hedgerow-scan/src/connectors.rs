//! Connectors of Kafka Connect: settings that somebody posts to a worker, which then calls the store that they name.
//!
//! See <https://kafka.apache.org/documentation/#connect_running>.

use crate::edge::{Class, Evidence, Outcome, Place};
use crate::inventory::Home;
use crate::mention::named;
use crate::pack::Kind;
use crate::plain::is_shell;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_code::testcode::is_test;
use hedgerow_deploy::{Deploy, Hosts};
use std::collections::BTreeSet;

/// The key that every connector has.
const MARK: &str = "connector.class";

/// The worker that runs the connectors of a fleet, where it has one.
#[derive(Debug, Default)]
pub(crate) struct Worker<'h>(Option<&'h str>);

impl<'h> Worker<'h> {
    pub(crate) fn new(homes: &'h [Home], deploy: &Deploy) -> Self {
        let is_worker = |path: &str| {
            let last = path.rsplit('/').next().unwrap_or(path);
            last.ends_with("connect")
                && (last.contains("kafka") || path.contains("debezium") || path.contains("strimzi"))
        };
        let images: BTreeSet<&str> = deploy
            .images()
            .filter(|(_, images)| images.iter().any(|image| is_worker(&image.path)))
            .map(|(service, _)| service)
            .collect();
        let is_called = |name: &str| {
            let last = name.rsplit('.').next().unwrap_or(name);
            last == "connect"
                || last == "debezium"
                || last.ends_with("kafka-connect")
                || last.ends_with("debezium-connect")
        };
        let by_name = homes.iter().map(|home| home.name.as_str()).filter(|name| is_called(name));
        let all: Vec<&str> = match images.is_empty() {
            true => by_name.collect(),
            false => homes.iter().map(|home| home.name.as_str()).filter(|name| images.contains(name)).collect(),
        };
        Self(all.first().copied().filter(|_| all.len() == 1))
    }

    /// Whether a file is a connector's that another service's container or directory has: it is the worker that reads it.
    pub(crate) fn takes(&self, file: &PlainFile, service: &str) -> bool {
        self.0.is_some_and(|worker| worker != service) && is_connector(file)
    }

    /// Adds whom the worker calls for its connectors.
    pub(crate) fn join(&self, tree: &Tree, hosts: &Hosts, outcome: &mut Outcome) {
        let Some(worker) = self.0 else { return };
        let is_script = |file: &PlainFile| is_shell(file.path.rsplit('/').next().unwrap_or(&file.path), &file.text);
        let files = tree.texts.iter().filter(|file| file.text.contains(MARK) && !is_test(&file.path));
        for file in files.filter(|file| is_connector(file) || is_script(file)) {
            let is_ignored = lines::comments(&file.text).iter().any(|(told, _)| matches!(told, Directive::Ignore(_)));
            if is_ignored || tree.config.ignore.is_match(&file.path) {
                continue;
            }
            for setting in lines::settings(&file.path, &file.text) {
                let key = lines::key_of(&file.text, &setting);
                // Beside the settings a script says where it posts them to.
                if is_script(file) && !key.contains('.') {
                    continue;
                }
                for named in named(setting.value, key, hosts)
                    .into_iter()
                    .filter(|named| named.is_address && named.service != worker)
                {
                    let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    let start = setting.start + named.start;
                    let range = Range { start: at(start), end: at(start + named.text.len()) };
                    let place = Place { path: file.path.clone(), range };
                    let (class, target, port, kind) = (Class::Joined, named.text, named.port, Kind::Tcp);
                    outcome.add(worker, &named.service, Evidence { class, place, target, port, kind, way: Vec::new() });
                }
            }
        }
    }
}

/// Whether a file is made of the settings of connectors.
fn is_connector(file: &PlainFile) -> bool {
    let is_data = [".json", ".yaml", ".yml"].iter().any(|end| file.path.ends_with(end));
    is_data && file.text.contains(MARK) && !file.text.contains("services:")
}
