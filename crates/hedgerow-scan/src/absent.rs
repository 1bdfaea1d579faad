//! Hosts that the deployment does not have: containers of compose files that no service is, as where manifests call the same store otherwise,
//! and what code takes a store to be called where nobody says more.

use crate::edge::{Finding, Outcome, Place};
use crate::mentions::listed;
use crate::spoken::Spoken;
use crate::stores::Fleet;
use crate::tree::Tree;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use hedgerow_deploy::build::{Container, containers};
use hedgerow_deploy::{Answer, Hosts, Partial};
use std::collections::{BTreeMap, BTreeSet};

/// How many places one question shows.
const MAX_MARKS: usize = 4;

/// The containers of compose files of which no name is a service's, each with the file.
fn absent<'t>(tree: &'t Tree, hosts: &Hosts) -> impl Iterator<Item = (&'t str, Container)> {
    let files = tree.texts.iter().filter(|file| file.path.ends_with(".yaml") || file.path.ends_with(".yml"));
    let all = files.flat_map(|file| {
        containers(&file.path, &file.text).into_iter().map(|container| (file.path.as_str(), container))
    });
    let is_nobodys = |container: &Container| !container.names.iter().any(|name| hosts.named(name).is_some());
    all.filter(|(_, container)| is_nobodys(container)).collect::<Vec<_>>().into_iter()
}

/// Says who answers at the names of stores that the deployment does not have: its own of that kind. Where it has several of them, each may.
pub(crate) fn stand_in(tree: &Tree, fleet: &Fleet, hosts: &mut Hosts) {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (_, container) in absent(tree, hosts) {
        for name in &container.names {
            if let Some(services) = fleet.standing_in(name, container.image.as_deref()) {
                found.entry(name.to_lowercase()).or_default().extend(services);
            }
        }
    }
    for (name, services) in fleet.usual() {
        found.entry(name.to_owned()).or_insert(services);
    }
    for (name, services) in found.iter().filter(|(_, services)| !services.is_empty()) {
        hosts.add_stand_ins(name, services.iter().copied());
    }
}

/// Whether a comment of a caller's speaks in a file.
type IsSaid<'s> = &'s dyn Fn(&str, &str) -> bool;

/// How programs of a deployment are called. Other words in no domain are queues, keys and models as often as hosts.
const CALLED: &[&str] = &["agent", "backend", "controller", "gateway", "server", "service", "svc"];

/// Whether a host is in no domain and called like a program: a neighbour in the deployment alone is.
fn is_neighbour(host: &str) -> bool {
    host.starts_with(|c: char| c.is_ascii_alphabetic())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && CALLED.iter().any(|word| host.len() > word.len() && host.to_ascii_lowercase().ends_with(word))
}

/// Asks about calls of containers that the deployment does not have, and of neighbours that nobody is: once for each.
/// `is_said` says whether a comment in a file that the caller reaches answers for it.
pub(crate) fn ask(tree: &Tree, hosts: &Hosts, (spoken, is_said): (&Spoken<'_>, IsSaid<'_>), outcome: &mut Outcome) {
    let called: BTreeSet<&str> = outcome.outside.keys().map(|(_, host)| host.as_str()).collect();
    if called.is_empty() {
        return;
    }
    let mut containers: BTreeMap<String, &str> = BTreeMap::new();
    for (path, container) in absent(tree, hosts) {
        for name in container.names {
            let is_outside =
                || hosts.answers(&Partial::from(name.clone())).iter().any(|a| matches!(a, Answer::Outside(_)));
            if called.contains(name.as_str()) && is_outside() {
                containers.entry(name).or_insert(path);
            }
        }
    }
    let mut found: Vec<Finding> = Vec::new();
    let neighbours = called.iter().filter(|host| is_neighbour(host)).map(|host| ((*host).to_owned(), None));
    let names: BTreeMap<String, Option<&str>> =
        neighbours.chain(containers.into_iter().map(|(name, file)| (name, Some(file)))).collect();
    for (name, file) in names {
        let is_explained = |caller: &str, place: &Place| {
            let path = &place.path;
            tree.config.ignore.is_match(path)
                || spoken.answers(caller, path, place.range.start)
                || is_said(caller, path)
        };
        let callers = outcome.outside.iter().filter(|((_, host), _)| *host == name);
        let callers: BTreeMap<String, Place> = callers
            .filter(|((caller, _), place)| !is_explained(caller, place))
            .map(|((caller, _), place)| (caller.clone(), place.clone()))
            .collect();
        if !callers.is_empty() {
            found.push(finding(&name, file, callers));
        }
    }
    outcome.findings.extend(found);
}

fn finding(name: &str, file: Option<&str>, callers: BTreeMap<String, Place>) -> Finding {
    let names: Vec<&str> = callers.keys().map(String::as_str).collect();
    let path = callers.values().next().map_or("", |place| place.path.as_str());
    let calls = if names.len() == 1 { "calls" } else { "call" };
    let who = listed(&names);
    let (code, message) = match file {
        Some(file) => {
            (Code::UnexplainedMention, format!("{who} {calls} `{name}`, a container of `{file}`, and no service is it"))
        }
        None => (Code::UnresolvedCall, format!("{who} {calls} `{name}`, a name in no domain, and no service has it")),
    };
    Finding {
        code,
        message,
        marks: callers.values().take(MAX_MARKS).map(|place| (place.clone(), String::new())).collect(),
        help: vec![
            "if a service is deployed under another name, say so under `scan.aliases` in hedgerow.yaml".to_owned(),
            format!("if it is no service, say so by a comment there: `{}`", written(path, "hedgerow: ignore <reason>")),
        ],
        services: callers.keys().cloned().collect(),
        callees: BTreeSet::new(),
    }
}
