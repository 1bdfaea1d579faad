//! Programs of the tree that no manifest names: they are services all the same.

use super::services::doubt;
use super::{NEW_HOME, Service, above, is_below};
use crate::look::{Look, Workload, is_aside, last_part, parent};
use hedgerow_core::name::ServiceName;
use std::collections::{BTreeMap, BTreeSet};

/// Words around the name of a service that say what any service is.
pub(super) const WORDS: [&str; 12] =
    ["api", "app", "backend", "microservice", "ms", "server", "service", "services", "srv", "svc", "web", "worker"];
/// Names of directories that say nothing of whose the program is.
const PLAIN: [&str; 11] = ["api", "app", "backend", "cmd", "code", "main", "server", "service", "source", "src", "web"];

/// Where code lies, and whose it is, as the scan is told.
type Code = BTreeSet<(String, Option<String>)>;

/// A name in the letters that a service's may have: `order-service` of `OrderService`.
pub(super) fn usual(name: &str) -> String {
    let mut found = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && was_lower {
            found.push('-');
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
        match letter {
            '_' | ' ' => found.push('-'),
            letter => found.extend(letter.to_lowercase()),
        }
    }
    found
}

/// A name without the words that any service may have.
pub(super) fn bare(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = name.split(['-', '.']).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| WORDS.contains(word)) {
        words.pop();
    }
    while words.len() > 1 && words.first().is_some_and(|word| WORDS.contains(word)) {
        words.remove(0);
    }
    words
}

/// The directories that hold a program of their own, without those that lie in another one, and those of tests, examples and tools that were
/// left out.
fn programs(look: &Look) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let is_kin = |one: &str, other: &str| {
        one != other
            && (parent(one) == parent(other)
                || !parent(one).is_empty()
                    && !parent(other).is_empty()
                    && one.matches('/').count() == other.matches('/').count()
                    && parent(parent(one)) == parent(parent(other)))
    };
    let is_aside = |path: &str| path.split('/').any(is_aside);
    let (asides, paths): (Vec<&str>, Vec<&str>) =
        look.programs.keys().map(String::as_str).filter(|path| !path.is_empty()).partition(|path| is_aside(path));
    let is_whole = |path: &str| look.programs.get(path).is_some_and(|program| program.is_whole());
    let is_likely = |path: &str| look.programs.get(path).is_some_and(|program| program.is_likely());
    let mut found: BTreeSet<&str> = paths
        .iter()
        .copied()
        .filter(|path| {
            let has_kin = || paths.iter().any(|other| is_kin(path, other) && (is_whole(other) || is_likely(other)));
            is_whole(path) || is_likely(path) && has_kin()
        })
        .collect();
    // What holds several programs is the root of all of them; what lies in a program is a part of it.
    let inner = |path: &str| found.iter().filter(|other| is_below(other, path) && is_whole(other)).count();
    let roots: BTreeSet<&str> = found.iter().copied().filter(|path| inner(path) > 1).collect();
    found.retain(|path| !roots.contains(path));
    let all = found.clone();
    found.retain(|path| !above(path).any(|outer| all.contains(outer)));
    let asides = asides.into_iter().filter(|path| is_whole(path)).collect();
    (found, asides)
}

/// Adds the programs that no service is, by name, by image, or by where its files and its code lie.
pub(super) fn add(
    (look, chosen): (&Look, &Look),
    services: &mut BTreeMap<String, Service>,
    (code, is_wanted, others): (&mut Code, bool, &BTreeSet<&str>),
    doubts: &mut Vec<String>,
) {
    // Where rules lie, people have said already what is a service.
    if !services.is_empty() && services.values().all(|service| service.seen.is_empty()) {
        return;
    }
    let (programs, asides) = programs(look);
    let places: BTreeSet<String> = code.iter().flat_map(|(path, of)| placed(path, of.as_ref(), services)).collect();
    let compose: Vec<&Workload> = look.workloads.iter().filter(|workload| workload.kind == "compose").collect();
    let touches = |one: &str, other: &str| one == other || is_below(one, other) || is_below(other, one);
    let is_placed = |path: &str| {
        services.values().any(|service| service.has_home && touches(&service.home, path))
            || places.iter().any(|place| touches(place, path))
            || services.values().any(|service| {
                service
                    .builds
                    .iter()
                    .any(|build| build == path || is_below(build, path) || !build.is_empty() && is_below(path, build))
            })
    };
    let free: Vec<&str> = programs.into_iter().filter(|path| !is_placed(path)).collect();
    let mut taken: BTreeMap<&str, String> = BTreeMap::new();
    let (mut new, mut odd) = (BTreeMap::<String, Vec<&str>>::new(), BTreeSet::new());
    for path in free {
        let last = usual(last_part(path));
        // One that is called alike is meant: its code was only not found before.
        let is_alike = |(name, service): &(&String, &Service)| {
            **name == last || service.images.contains(&last) || bare(name) == bare(&last)
        };
        let alike: Vec<(&String, &Service)> = services.iter().filter(is_alike).collect();
        let lacks = |(name, service): &(&String, &Service)| {
            service.code.is_none()
                && !super::has_code(look, &service.home)
                && !taken.values().any(|other| other == *name)
                && !code.iter().any(|(_, of)| of.as_ref() == Some(*name))
        };
        if let Some((name, _)) = alike.iter().copied().find(lacks) {
            taken.insert(path, name.clone());
            continue;
        }
        // Beside a service of which it is said where its code is, another directory is another program.
        if alike.iter().any(|(name, service)| service.code.is_none() || **name == last) {
            continue;
        }
        // What a compose file builds it as says its name.
        let called: BTreeSet<&str> = compose
            .iter()
            .filter(|workload| workload.is_built_from(path) && ServiceName::new(&workload.name).is_ok())
            .map(|workload| workload.name.as_str())
            .collect();
        let above = usual(last_part(parent(path)));
        let name = match called.first() {
            Some(called_so) if called.len() == 1 && !PLAIN.contains(called_so) => (*called_so).to_owned(),
            _ if PLAIN.contains(&last.as_str())
                && !above.is_empty()
                && !matches!(above.as_str(), "services" | "apps" | "packages") =>
            {
                if last == "src" || last == "cmd" || last == "code" || last == "source" {
                    above
                } else {
                    format!("{above}-{last}")
                }
            }
            _ => last,
        };
        if ServiceName::new(&name).is_err() {
            odd.insert(path);
            continue;
        }
        new.entry(name).or_insert_with(Vec::new).push(path);
    }
    code.extend(taken.into_iter().map(|(path, name)| (path.to_owned(), Some(name))));
    if is_wanted {
        let others: BTreeSet<&str> = std::mem::take(&mut new).into_values().flatten().collect();
        doubt(doubts, "programs that the wanted deployment does not run, and not proposed", others);
    }
    let mut said = Vec::new();
    for (name, paths) in new {
        let is_one = paths.len() == 1;
        for path in paths {
            let above = usual(last_part(parent(path)));
            let name = if is_one { name.clone() } else { format!("{above}-{name}") };
            if ServiceName::new(&name).is_err() || services.contains_key(&name) {
                odd.insert(path);
                continue;
            }
            let seen = compose.iter().filter(|workload| workload.is_built_from(path));
            let seen: Vec<&Workload> = seen.copied().collect();
            let is_home = last_part(path) == name && !look.taken.contains(path);
            if !is_home {
                code.insert((path.to_owned(), Some(name.clone())));
            }
            said.push(if is_home { path.to_owned() } else { format!("{name} ({path})") });
            services.insert(
                name.clone(),
                Service {
                    home: if is_home { path.to_owned() } else { format!("{NEW_HOME}/{name}") },
                    has_home: is_home,
                    seen: seen.iter().map(|workload| workload.file.clone()).collect(),
                    ports: super::clean(&seen.iter().flat_map(|workload| workload.ports.iter().cloned()).collect()),
                    is_own: true,
                    builds: BTreeSet::from([path.to_owned()]),
                    ..Service::default()
                },
            );
        }
    }
    let in_clusters = look.workloads.iter().any(|workload| workload.kind != "compose") || !look.charts.is_empty();
    let what = if !in_clusters && look.compose.is_empty() {
        "nothing here deploys these; they are services since their directories hold a program each"
    } else if in_clusters {
        "no manifest of a cluster names these; they are services since their directories hold a program each"
    } else {
        "no compose file names these; they are services since their directories hold a program each"
    };
    if !said.is_empty() && look.programs.get("").is_some_and(|program| program.begins) {
        doubts.push(
            "a program begins at the top, too, and is no service yet: say whose it is, by `scan: {services: [{path: ., name: NAME}]}`"
                .to_owned(),
        );
    }
    doubt(doubts, what, said.iter().map(String::as_str));
    doubt(doubts, "directories of programs whose names no service can have, and not proposed", odd);
    let asides = asides
        .into_iter()
        .filter(|path| !services.values().any(|service| service.has_home && touches(&service.home, path)));
    let asides: BTreeSet<&str> = asides.filter(|path| !places.iter().any(|place| touches(place, path))).collect();
    doubt(doubts, "programs in directories of tests, examples, tools and libraries, and not proposed", asides);
    deployments(chosen, services, others, doubts);
}

/// The directories that a line for the scan names.
fn placed(path: &str, of: Option<&String>, services: &BTreeMap<String, Service>) -> Vec<String> {
    match of {
        Some(_) => vec![path.to_owned()],
        None => services.keys().map(|name| path.replace("{name}", name)).collect(),
    }
}

/// Says which services only compose files have, and which only manifests of a cluster.
fn deployments(look: &Look, services: &BTreeMap<String, Service>, others: &BTreeSet<&str>, doubts: &mut Vec<String>) {
    let is_compose = |workload: &&Workload| workload.kind == "compose";
    let is_counted = |workload: &&Workload| !super::services::is_test(look, &workload.file);
    let of_cluster: BTreeSet<&str> =
        look.workloads.iter().filter(|workload| !is_compose(workload)).map(|workload| workload.name.as_str()).collect();
    if of_cluster.is_empty() && look.charts.is_empty() {
        return;
    }
    let composed: Vec<&Workload> = look.workloads.iter().filter(is_compose).filter(is_counted).collect();
    let only: BTreeSet<&str> = composed
        .iter()
        .map(|workload| workload.name.as_str())
        .filter(|name| !services.contains_key(*name) && !others.contains(name))
        .collect();
    doubt(doubts, "only in compose files, which no cluster runs, and not proposed", only);
    let composed: BTreeSet<&str> = composed.into_iter().map(|workload| workload.name.as_str()).collect();
    // Compose files that start only what a developer needs beside the program say nothing of the others.
    let is_whole = of_cluster.intersection(&composed).count() * 2 >= of_cluster.len();
    let lacking = of_cluster.difference(&composed).copied().filter(|name| services.contains_key(*name));
    if is_whole {
        doubt(doubts, "only in manifests of a cluster, and in no compose file", lacking);
    }
}
