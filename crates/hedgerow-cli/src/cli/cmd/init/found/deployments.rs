//! Which of several deployments in a tree is the one whose names services have. One program is one service: what another deployment calls it
//! is another name of it.

use super::whose::{Places, letters, places};
use super::{Service, services};
use crate::look::{Look, Workload, last_part, parent};
use std::collections::{BTreeMap, BTreeSet};

/// What a deployment is written in. Of those that run the same, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Cluster,
    Compose,
    Host,
}

const KINDS: [Kind; 3] = [Kind::Cluster, Kind::Compose, Kind::Host];

/// A deployment and what it runs.
#[derive(Debug)]
struct Deployment {
    kind: Kind,
    is_wanted: bool,
    services: BTreeMap<String, Service>,
    places: Places,
    /// What a person types to propose this one.
    path: String,
}

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// What was seen, without the deployments that were not chosen.
    pub(super) look: Look,
    /// Names that are other names, or that only a deployment has which was not chosen.
    dropped: BTreeSet<String>,
    /// Programs that only other deployments run.
    more: BTreeMap<String, Service>,
    pub(super) places: Places,
    pub(super) aliases: BTreeMap<String, BTreeSet<String>>,
    pub(super) doubts: Vec<String>,
}

fn kind(workload: &Workload) -> Kind {
    if workload.kind == "compose" { Kind::Compose } else { Kind::Cluster }
}

/// What was seen of deployments of these kinds.
fn restricted(look: &Look, is_of: &dyn Fn(&str) -> bool, kinds: &[Kind]) -> Look {
    let has = |one: Kind| kinds.contains(&one);
    let mut look = look.clone();
    look.workloads.retain(|workload| has(kind(workload)) && is_of(&workload.file));
    if !has(Kind::Host) {
        look.hosted.clear();
    }
    look.hosted.retain(|_, hosted| is_of(&hosted.file));
    let is_cluster = has(Kind::Cluster);
    look.charts.retain(|chart| is_cluster && is_of(super::join(&chart.directory, "Chart.yaml").as_str()));
    look.kustomizations.retain(|kustomization| {
        is_cluster && is_of(super::join(&kustomization.directory, "kustomization.yaml").as_str())
    });
    look.applications.retain(|application| is_cluster && is_of(&application.file));
    look.application_sets.retain(|set| is_cluster && is_of(&set.file));
    look.unlisted.retain(|file, _| is_cluster && is_of(file));
    look.nameless.retain(|file| is_cluster && is_of(file));
    look.packed.retain(|file| is_cluster && is_of(file));
    look.compose.retain(|file| is_of(file));
    look
}

/// The kinds by which services were proposed before anything was chosen: all but compose files, and these where nothing else is.
fn has_services(look: &Look) -> bool {
    !look.workloads.is_empty() || !look.charts.is_empty() || !look.hosted.is_empty()
}

/// Looks for the deployments of a tree, and chooses: of what a person wants, all of it.
pub(super) fn choose(look: &Look, wanted: Option<&dyn Fn(&str) -> bool>) -> Choice {
    let mut all = Vec::new();
    let is_wanted = |file: &str| wanted.is_none_or(|wanted| wanted(file));
    for (is_wanted, is_of) in [(true, &is_wanted as &dyn Fn(&str) -> bool), (false, &|file: &str| !is_wanted(file))] {
        for kind in KINDS {
            let part = restricted(look, is_of, &[kind]);
            if !has_services(&part) {
                continue;
            }
            let services = services::deployed(&part, &mut BTreeMap::new(), &mut Vec::new());
            let mut places = places(look, &services);
            // What a service of this tree's pods is not has no code here.
            places.guessed.retain(|name, _| services.get(name).is_some_and(|service| service.is_own));
            if !services.is_empty() {
                all.push(Deployment {
                    kind,
                    is_wanted,
                    path: path(&part, kind, (&services, &places)),
                    services,
                    places,
                });
            }
        }
    }
    let mut choice = Choice { look: look.clone(), ..Choice::default() };
    let best = all.iter().enumerate().filter(|(_, one)| one.is_wanted || wanted.is_none());
    let Some((first, _)) = best.reduce(|best, other| if is_better(other.1, best.1) { other } else { best }) else {
        if wanted.is_some() {
            choice.look = restricted(look, &is_wanted, &KINDS);
        }
        return choice;
    };
    let is_taken = |kind: Kind, one: bool| match wanted {
        Some(_) => one,
        // Manifests and an AppHost say the rest of each other; a compose file is for itself.
        None => kind == all[first].kind || kind != Kind::Compose && all[first].kind != Kind::Compose,
    };
    let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| is_taken(*kind, true)).collect();
    // Compose files beside manifests say from where images are built, and what a cluster does not run.
    let shown = if wanted.is_some() || all[first].kind == Kind::Compose { kinds } else { KINDS.to_vec() };
    choice.look = restricted(look, &is_wanted, &shown);
    choice.look.is_chosen = wanted.is_some() || all[first].kind == Kind::Compose;
    for (name, place) in &all[first].places.said {
        choice.places.said.insert(name.clone(), place.clone());
    }
    choice.places.guessed.extend(all[first].places.guessed.clone());
    let mut names: BTreeSet<String> = all[first].services.keys().cloned().collect();
    for (name, of) in doubled(&all[first]) {
        names.remove(&name);
        choice.dropped.insert(name.clone());
        choice.aliases.entry(of).or_default().insert(name);
    }
    let mut order: Vec<usize> = (0..all.len()).filter(|at| *at != first).collect();
    order.sort_by_key(|at| !all[*at].is_wanted);
    for at in order {
        let other = &all[at];
        let is_taken = is_taken(other.kind, other.is_wanted);
        let same = same(&all[first], other, &names, &choice.places);
        for (name, service) in &other.services {
            if names.contains(name) {
                continue;
            }
            if let Some(of) = same.get(name) {
                choice.aliases.entry(of.clone()).or_default().insert(name.clone());
                choice.dropped.insert(name.clone());
                continue;
            }
            let place = other.places.of(name);
            let is_new = place.is_some_and(|place| {
                !choice.places.said.values().chain(choice.places.guessed.values()).any(|known| known == place)
            });
            if is_taken || is_new && wanted.is_none() && other.kind != Kind::Compose {
                names.insert(name.clone());
                if let Some(place) = other.places.said.get(name) {
                    choice.places.said.insert(name.clone(), place.clone());
                } else if let Some(place) = place {
                    choice.places.guessed.insert(name.clone(), place.clone());
                }
                if !is_taken {
                    choice.more.insert(name.clone(), service.clone());
                }
            }
        }
    }
    // One name for two programs is nobody's.
    let mut owners: BTreeMap<&String, usize> = BTreeMap::new();
    choice.aliases.values().flatten().for_each(|name| *owners.entry(name).or_default() += 1);
    let several: BTreeSet<String> = owners.iter().filter(|(_, of)| **of > 1).map(|(name, _)| (*name).clone()).collect();
    choice
        .aliases
        .values_mut()
        .for_each(|others| others.retain(|name| !several.contains(name) && !names.contains(name)));
    choice.aliases.retain(|_, others| !others.is_empty());
    say(&mut choice, &all, first, wanted.is_some());
    choice
}

impl Choice {
    /// Takes out of what was proposed what is another name of a service, and adds what only other deployments run.
    pub(super) fn settle(&mut self, services: &mut BTreeMap<String, Service>) {
        services.retain(|name, _| !self.dropped.contains(name));
        for (name, service) in std::mem::take(&mut self.more) {
            services.entry(name).or_insert(service);
        }
        self.aliases.retain(|name, _| services.contains_key(name));
        for (name, service) in services {
            if let Some(place) = self.places.said.get(name) {
                service.code = Some(place.clone());
            }
            service.guess = self.places.guessed.get(name).cloned();
        }
    }
}

/// Whether a service keeps data or carries messages, and has no code in the tree.
fn is_store(deployment: &Deployment, name: &str, service: &Service) -> bool {
    deployment.places.of(name).is_none()
        && (hedgerow_scan::names_a_store(name)
            || service.images.iter().any(|image| hedgerow_scan::names_a_store(image)))
}

/// How much of a system a deployment runs: its programs with code in the tree, and their stores.
fn size(deployment: &Deployment) -> usize {
    let stores = deployment.services.iter().filter(|(name, service)| is_store(deployment, name, service));
    programs(deployment).len() + stores.count()
}

/// How many programs a deployment runs of which nobody knows the code: it may be that of the others.
fn unknown(deployment: &Deployment) -> usize {
    let is_one = |(name, service): &(&String, &Service)| {
        deployment.places.of(name).is_none() && !is_store(deployment, name, service)
    };
    deployment.services.iter().filter(is_one).count()
}

/// The directories whose programs a deployment runs.
fn programs(deployment: &Deployment) -> BTreeSet<&String> {
    deployment.services.keys().filter_map(|name| deployment.places.of(name)).collect()
}

/// Whether a deployment of a later kind is the one of the tree: it runs more than twice the programs that both run, or two more at least and a
/// fourth more, stores with them.
fn is_better(later: &Deployment, best: &Deployment) -> bool {
    let (own, others) = (programs(later), programs(best));
    if own.is_empty() || later.kind == best.kind {
        return later.kind == best.kind && size(later) > size(best);
    }
    let names: BTreeSet<String> = best.services.keys().map(|name| letters(name)).collect();
    let is_covered = |place: &&&String| {
        let of = later.services.keys().filter(|name| later.places.of(name) == Some(**place));
        others.contains(**place) || of.into_iter().any(|name| names.contains(&letters(name)))
    };
    let covered = own.iter().filter(is_covered).count();
    let (here, there) = (size(best) + unknown(best), size(later));
    // One more is no reason: it may be a tool of developers.
    covered * 2 < own.len() && own.len() > unknown(best) || here * 5 < there * 4 && here + 2 <= there
}

/// Names of compose files that lie elsewhere than the one with most services and run a program of that one, each with its name there. What
/// one file runs twice, and what files beside each other run, are parts of their own.
fn doubled(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut same = BTreeMap::new();
    if deployment.kind != Kind::Compose {
        return same;
    }
    let size = |file: &str| deployment.services.values().filter(|service| service.seen.contains(file)).count();
    for place in programs(deployment) {
        let of: Vec<(&String, &Service)> =
            deployment.services.iter().filter(|(name, _)| deployment.places.of(name) == Some(place)).collect();
        let files: BTreeSet<&String> = of.iter().flat_map(|(_, service)| &service.seen).collect();
        let Some(best) = files.into_iter().max_by_key(|file| (size(file), std::cmp::Reverse(*file))) else { continue };
        let (here, there): (Vec<_>, Vec<_>) = of.into_iter().partition(|(_, service)| service.seen.contains(best));
        let is_elsewhere = |service: &Service| service.seen.iter().all(|file| parent(file) != parent(best));
        if let ([(main, _)], [(other, service)]) = (&here[..], &there[..])
            && is_elsewhere(service)
        {
            same.insert((*other).clone(), (*main).clone());
        }
    }
    same
}

/// Names of another deployment with the names that their programs have here.
fn same(first: &Deployment, other: &Deployment, names: &BTreeSet<String>, known: &Places) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let by_letters: BTreeMap<String, &String> = names.iter().map(|name| (letters(name), name)).collect();
    let of_place =
        |place: &String| -> BTreeSet<&String> { names.iter().filter(|name| known.of(name) == Some(place)).collect() };
    let is_met = |name: &String| other.services.keys().any(|own| letters(own) == letters(name));
    for (name, service) in other.services.iter().filter(|(name, _)| !names.contains(*name)) {
        if let Some(of) = by_letters.get(&letters(name)) {
            found.insert(name.clone(), (*of).clone());
            continue;
        }
        if let Some(place) = other.places.of(name) {
            let here: Vec<&String> = of_place(place).into_iter().filter(|name| !is_met(name)).collect();
            let there = other.services.keys().filter(|own| {
                !names.contains(*own) && !by_letters.contains_key(&letters(own)) && other.places.of(own) == Some(place)
            });
            if let (&[of], 1) = (&here[..], there.count()) {
                found.insert(name.clone(), of.clone());
            }
            continue;
        }
        // Of one kind of store there is one in each.
        let store =
            |service: &Service| service.images.iter().find(|image| hedgerow_scan::names_a_store(image)).cloned();
        let Some(image) = store(service) else { continue };
        let of_it = |deployment: &Deployment| -> Vec<String> {
            let of = deployment.services.iter().filter(|(_, service)| store(service).as_ref() == Some(&image));
            of.map(|(name, _)| name.clone()).collect()
        };
        if let ([of], [_]) = (&of_it(first)[..], &of_it(other)[..]) {
            found.insert(name.clone(), of.clone());
        }
    }
    found
}

/// The path by which a person wants a deployment: the compose file with most services, else the directory of all its files.
fn path(look: &Look, kind: Kind, (services, places): (&BTreeMap<String, Service>, &Places)) -> String {
    if kind == Kind::Compose {
        let number = |file: &str| {
            let of = || services.iter().filter(|(_, service)| service.seen.contains(file));
            (of().filter(|(name, _)| places.of(name).is_some()).count(), of().count())
        };
        let best = look
            .compose
            .iter()
            .max_by_key(|file| (number(file), std::cmp::Reverse((file.matches('/').count(), *file))));
        return best.cloned().unwrap_or_default();
    }
    let files = look.workloads.iter().map(|workload| workload.file.clone());
    let files = files.chain(look.charts.iter().map(|chart| super::join(&chart.directory, "Chart.yaml")));
    let files: Vec<String> = files.chain(look.hosted.values().map(|hosted| hosted.file.clone())).collect();
    // The directory below which most lie, as deep as may be.
    let mut number: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        std::iter::successors(Some(parent(file)), |at| (!at.is_empty()).then(|| parent(at)))
            .for_each(|at| *number.entry(at).or_default() += 1);
    }
    let most = number.iter().filter(|(at, _)| !at.is_empty()).max_by_key(|(at, number)| (**number, at.len()));
    most.map_or_else(|| ".".to_owned(), |(at, _)| (*at).to_owned())
}

/// How many services of a deployment its path has; all where that is not told.
fn of_path(deployment: &Deployment) -> usize {
    let is_its = |file: &String| file == &deployment.path || super::is_below(file, &deployment.path);
    let its = deployment.services.values().filter(|service| service.seen.iter().any(is_its)).count();
    if its == 0 { deployment.services.len() } else { its }
}

fn say(choice: &mut Choice, all: &[Deployment], first: usize, is_wanted: bool) {
    let chosen = &all[first];
    let number = |number: usize| if number == 1 { "1 service".to_owned() } else { format!("{number} services") };
    if chosen.kind == Kind::Compose && !is_wanted && all.iter().any(|other| other.kind == Kind::Cluster) {
        choice.doubts.push(format!(
            "services have the names of compose files: {} runs more programs of this tree than its manifests of a cluster, which have {}",
            chosen.path,
            number(all.iter().filter(|other| other.kind == Kind::Cluster).map(|other| other.services.len()).sum())
        ));
    }
    let joined: Vec<String> = choice
        .aliases
        .iter()
        .map(|(name, others)| format!("{name} ({})", others.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    services::doubt(
        &mut choice.doubts,
        "one program each under several names in several deployments; the other names are under `scan.aliases`",
        joined.iter().map(String::as_str),
    );
    for (at, other) in all.iter().enumerate() {
        let has_programs = !programs(other).is_empty();
        if at != first
            && (has_programs || other.kind == Kind::Cluster && chosen.kind == Kind::Compose)
            && !(is_wanted && other.is_wanted)
        {
            choice.doubts.push(format!(
                "another deployment in this tree: {}, {}; for its names run `hedgerow init --deploy {}`",
                shown(&other.path),
                number(of_path(other)),
                hedgerow_yaml::quote(&other.path),
            ));
        }
    }
}

fn shown(path: &str) -> &str {
    if last_part(path).is_empty() { "." } else { path }
}
