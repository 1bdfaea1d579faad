//! What services of compose files are called in the fleet: files of several directories may use one name for different services, and several
//! names for one.

use super::services::doubt;
use super::unnamed::usual;
use crate::look::{Look, Workload, last_part, parent};
use hedgerow_core::name::ServiceName;
use std::collections::{BTreeMap, BTreeSet};

/// Names that say nothing of whose a service is.
const PLAIN: [&str; 16] = [
    "api",
    "app",
    "application",
    "backend",
    "code",
    "core",
    "main",
    "project",
    "server",
    "service",
    "site",
    "source",
    "src",
    "svc",
    "web",
    "www",
];

/// The names of the services of compose files.
#[derive(Debug, Default)]
pub(super) struct Composed<'l> {
    /// Services, each with the workloads that are it.
    pub(super) services: BTreeMap<String, Vec<&'l Workload>>,
    /// Other names of services that are nobody else's.
    pub(super) aliases: BTreeMap<String, BTreeSet<String>>,
    /// What was called after the directory that it is built from, with the names that it has in its files.
    renamed: BTreeSet<(String, String)>,
}

/// Whether a service's name is one that many have.
fn is_plain(name: &str) -> bool {
    PLAIN.contains(&name)
}

/// What a service is called after the directory that it is built from: after the first above it that says whose it is.
fn after(directory: &str) -> Option<String> {
    let above = std::iter::successors(Some(directory), |at| (!at.is_empty()).then(|| parent(at)));
    let names = above.map(|at| usual(last_part(at))).filter(|name| !name.is_empty());
    names.into_iter().find(|name| !is_plain(name)).filter(|name| ServiceName::new(name).is_ok())
}

/// Names the services of these workloads.
pub(super) fn named<'l>(found: &[&'l Workload]) -> Composed<'l> {
    let mut composed = Composed::default();
    let mut by_name: BTreeMap<&str, Vec<&Workload>> = BTreeMap::new();
    for workload in found {
        by_name.entry(&workload.name).or_default().push(workload);
    }
    // One name for what is built from different directories, by files that do not belong together.
    let mut names: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for (name, workloads) in &by_name {
        let places: BTreeSet<&str> = workloads.iter().map(|workload| parent(&workload.file)).collect();
        let builds: BTreeSet<&str> = workloads.iter().filter_map(|workload| workload.build.as_deref()).collect();
        if places.len() < 2 || builds.len() < 2 {
            continue;
        }
        let of: Vec<(&str, Option<String>)> = builds.iter().map(|build| (*build, after(build))).collect();
        let distinct: BTreeSet<&Option<String>> = of.iter().map(|(_, name)| name).collect();
        if distinct.len() < of.len() || distinct.contains(&None) {
            continue;
        }
        for (build, called) in of {
            let called = called.unwrap_or_default();
            if called != **name {
                composed.renamed.insert((called.clone(), (*name).to_owned()));
            }
            names.insert((name, build), called);
        }
    }
    let called = |workload: &Workload| {
        let by_build = workload.build.as_deref().and_then(|build| names.get(&(workload.name.as_str(), build)));
        by_build.unwrap_or(&workload.name).clone()
    };
    let mut same = one_program(found, &called);
    same.extend(one_container(found, &called));
    same.extend(variants(found, &called));
    let mut meant: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for workload in found {
        let own = called(workload);
        let name = same.get(&own).unwrap_or(&own).clone();
        meant.entry(workload.name.clone()).or_default().insert(name.clone());
        composed.services.entry(name).or_default().push(workload);
    }
    for (own, names) in meant {
        let Some(name) = names.first().filter(|name| names.len() == 1 && **name != own) else { continue };
        if !composed.services.contains_key(&own) && !is_plain(&own) {
            composed.aliases.entry(name.clone()).or_default().insert(own);
        }
    }
    composed.renamed.retain(|(name, _)| composed.services.contains_key(name));
    composed
}

/// Names of services that are built from the directory of another one, by another file: each with that one's.
fn one_program(found: &[&Workload], called: &dyn Fn(&Workload) -> String) -> BTreeMap<String, String> {
    let mut by_build: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for workload in found {
        if let Some(build) = workload.build.as_deref().filter(|build| !build.is_empty()) {
            by_build.entry(build).or_default().entry(&workload.file).or_default().insert(called(workload));
        }
    }
    let sizes = |file: &str| found.iter().filter(|workload| workload.file == file).count();
    let mut same = BTreeMap::new();
    for files in by_build.values() {
        let places: BTreeSet<&str> = files.keys().map(|file| parent(file)).collect();
        // Of what one file builds twice, each is a part of its own.
        if places.len() < 2 || files.values().any(|names| names.len() > 1) {
            continue;
        }
        // The file with most services is that of the system.
        let best = files.iter().max_by_key(|(file, names)| {
            (!names.iter().all(|name| is_plain(name)), sizes(file), std::cmp::Reverse(**file))
        });
        let Some(best) = best.and_then(|(_, names)| names.first()) else { continue };
        let others = files.values().flatten().filter(|name| *name != best);
        same.extend(others.map(|name| (name.clone(), best.clone())));
    }
    same
}

/// Names with a word of their file in them, of services that the file beside it has without the word: `api-dev` of `docker-compose-dev.yml`.
fn variants(found: &[&Workload], called: &dyn Fn(&Workload) -> String) -> BTreeMap<String, String> {
    let mut same = BTreeMap::new();
    for workload in found {
        let file = last_part(&workload.file);
        let words: Vec<&str> = file
            .split(['-', '.', '_'])
            .filter(|word| !matches!(*word, "docker" | "compose" | "yml" | "yaml"))
            .collect();
        let name = called(workload);
        let plain: Vec<&str> = name.split('-').filter(|part| !words.contains(part)).collect();
        let plain = plain.join("-");
        let is_beside = |other: &&&Workload| {
            other.file != workload.file && parent(&other.file) == parent(&workload.file) && called(other) == plain
        };
        let is_here = |other: &&Workload| other.file == workload.file && called(other) == plain;
        if plain != name && found.iter().any(|other| is_beside(&other)) && !found.iter().any(is_here) {
            same.insert(name, plain);
        }
    }
    same
}

/// Names of services that are not built, and whose container or image is called like a service of another file.
fn one_container(found: &[&Workload], called: &dyn Fn(&Workload) -> String) -> BTreeMap<String, String> {
    let mut same = BTreeMap::new();
    for workload in found.iter().filter(|workload| workload.build.is_none()) {
        let is_built = found.iter().any(|other| other.name == workload.name && other.build.is_some());
        let Some(container) = workload.container.as_ref().filter(|_| !is_built) else { continue };
        let is_other = |other: &&&Workload| {
            other.build.is_some()
                && other.file != workload.file
                && other.name != workload.name
                && (other.name == *container || other.container.as_ref() == Some(container))
        };
        if let Some(other) = found.iter().find(is_other) {
            same.insert(called(workload), called(other));
        }
    }
    same
}

impl Composed<'_> {
    /// Says what has another name here than in its file, and what was taken for one service.
    pub(super) fn say(&self, doubts: &mut Vec<String>) {
        let renamed: Vec<String> = self.renamed.iter().map(|(name, called)| format!("{name} ({called})")).collect();
        doubt(
            doubts,
            "called after the directories that they are built from, since compose files of several directories have one name for them",
            renamed.iter().map(String::as_str),
        );
        let is_renamed = |name: &str, called: &str| self.renamed.contains(&(name.to_owned(), called.to_owned()));
        let mut joined = Vec::new();
        let mut several = Vec::new();
        for (name, workloads) in &self.services {
            let others: BTreeSet<&str> = workloads.iter().map(|workload| workload.name.as_str()).collect();
            let others: Vec<&str> =
                others.into_iter().filter(|called| called != name && !is_renamed(name, called)).collect();
            if !others.is_empty() {
                joined.push(format!("{name} ({})", others.join(", ")));
            }
            let places: BTreeSet<&str> = workloads.iter().map(|workload| parent(&workload.file)).collect();
            let is_one_build = !differs(workloads);
            if places.len() > 1 && (!is_one_build || workloads.iter().all(|workload| workload.build.is_none())) {
                let places: Vec<&str> =
                    places.into_iter().map(|place| if place.is_empty() { "." } else { place }).collect();
                several.push(format!("{name} ({})", places.join(", ")));
            } else if !is_one_build {
                let files: BTreeSet<&str> = workloads.iter().map(|workload| workload.file.as_str()).collect();
                several.push(format!("{name} ({})", files.into_iter().collect::<Vec<_>>().join(", ")));
            }
        }
        doubt(
            doubts,
            "of several names in compose files, and taken for one service each",
            joined.iter().map(String::as_str),
        );
        doubt(
            doubts,
            "of one name in several compose files, and taken for one service each",
            several.iter().map(String::as_str),
        );
    }
}

/// Whether workloads of one name are different things: built from different directories, of different images, or with containers of
/// different names.
fn differs(workloads: &[&Workload]) -> bool {
    let builds: BTreeSet<&str> = workloads.iter().filter_map(|workload| workload.build.as_deref()).collect();
    let containers: BTreeSet<&str> = workloads.iter().filter_map(|workload| workload.container.as_deref()).collect();
    let unbuilt = workloads.iter().filter(|workload| workload.build.is_none());
    let images: BTreeSet<&str> = unbuilt.flat_map(|workload| workload.images.iter().map(String::as_str)).collect();
    builds.len() > 1 || images.len() > 1 || (builds.is_empty() && containers.len() > 1)
}

/// Directories that a service of a compose file is built from, each with how many services are.
pub(super) fn builds(look: &Look) -> BTreeMap<&str, usize> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for workload in &look.workloads {
        if let Some(build) = workload.build.as_deref().filter(|build| !build.is_empty()) {
            names.entry(build).or_default().insert(&workload.name);
        }
    }
    names.into_iter().map(|(build, names)| (build, names.len())).collect()
}
