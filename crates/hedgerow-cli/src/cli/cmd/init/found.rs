//! From what lies in a tree to services: their names, where each lives, its ports and its namespace.

use crate::look::{Look, Port, last_part, parent};
use hedgerow_core::name::{EnvironmentName, Namespace, PortName, ServiceName};
use std::collections::{BTreeMap, BTreeSet};

/// Words by which people name environments.
const ENVIRONMENTS: [&str; 19] = [
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "int",
    "integration",
    "stage",
    "staging",
    "stg",
    "preprod",
    "sandbox",
    "canary",
    "prd",
    "prod",
    "production",
    "live",
    "acceptance",
];
/// Directories whose directories are environments.
const OVERLAYS: [&str; 5] = ["overlays", "environments", "envs", "env", "stages"];

/// Where services get a directory that have none.
pub(super) const NEW_HOME: &str = "hedgerow";

/// A service that is proposed.
#[derive(Debug, Default)]
pub(super) struct Service {
    /// Its directory, which may not be there yet.
    pub(super) home: String,
    /// Whether the directory is there.
    pub(super) has_home: bool,
    /// What says so: files and charts.
    pub(super) seen: BTreeSet<String>,
    pub(super) ports: BTreeSet<Port>,
    pub(super) namespace: Option<String>,
    namespaces: BTreeSet<String>,
}

/// What is proposed.
#[derive(Debug, Default)]
pub(super) struct Proposal {
    pub(super) services: BTreeMap<String, Service>,
    /// Globs, each with the directories below its parent that are no services.
    pub(super) include: BTreeSet<String>,
    pub(super) exclude: BTreeSet<String>,
    /// Environments with what namespaces are called there.
    pub(super) environments: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) default_namespace: String,
    pub(super) namespaces: BTreeSet<String>,
    /// Where code is that does not lie in its service's directory: globs with `{name}`.
    pub(super) code: BTreeSet<String>,
}

pub(super) fn propose(look: &Look) -> Proposal {
    let mut services = services(look);
    homes(look, &mut services);
    let (include, exclude) = globs(look, &services);
    let (environments, default_namespace) = environments(look, &mut services);
    let mut namespaces: BTreeSet<String> = services.values().filter_map(|service| service.namespace.clone()).collect();
    namespaces.insert(default_namespace.clone());
    for service in services.values_mut() {
        service.namespace = service.namespace.take().filter(|namespace| *namespace != default_namespace);
    }
    let code = code(look, &services);
    Proposal { services, include, exclude, environments, default_namespace, namespaces, code }
}

/// Every workload is a service; so is every chart that is neither a library nor a mere collection, and whose workloads have
/// no literal names.
fn services(look: &Look) -> BTreeMap<String, Service> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let has_manifests = look.workloads.iter().any(|workload| workload.kind != "compose");
    for workload in look.workloads.iter().filter(|workload| !has_manifests || workload.kind != "compose") {
        if ServiceName::new(&workload.name).is_err() {
            continue;
        }
        let service = services.entry(workload.name.clone()).or_default();
        service.seen.insert(workload.file.clone());
        service.ports.extend(workload.ports.iter().cloned());
        service.namespaces.extend(workload.namespace.clone());
    }
    let brought: BTreeSet<&str> =
        look.charts.iter().flat_map(|chart| &chart.dependencies).map(String::as_str).collect();
    for chart in look.charts.iter().filter(|chart| !chart.is_library && ServiceName::new(&chart.name).is_ok()) {
        let below = |path: &str| chart.directory.is_empty() || path.starts_with(&format!("{}/", chart.directory));
        let has_workloads = look.workloads.iter().any(|workload| below(&workload.file));
        let is_collection = !chart.dependencies.is_empty()
            && look.charts.iter().any(|other| chart.dependencies.contains(&other.name))
            && !brought.contains(chart.name.as_str());
        // A chart of applications makes no pods; its applications are read elsewhere.
        let is_empty = chart.templates.is_empty() && chart.dependencies.is_empty();
        if has_workloads || is_collection || is_empty || services.contains_key(&chart.name) {
            continue;
        }
        if chart.templates.len() > 1 {
            // One chart of a whole application: its templates are called like its services, or they are known already.
            let is_known = !services.is_empty();
            for stem in chart.templates.iter().filter(|_| !is_known).map(|stem| plain(stem)) {
                if ServiceName::new(stem).is_ok() {
                    services.entry(stem.to_owned()).or_default().seen.insert(format!("{}/templates", chart.directory));
                }
            }
            continue;
        }
        let service = services.entry(chart.name.clone()).or_default();
        service.seen.insert(format!("{}/Chart.yaml", chart.directory).trim_start_matches('/').to_owned());
        service.ports.extend(chart.ports.iter().cloned());
    }
    for service in services.values_mut() {
        service.ports = clean(&service.ports);
    }
    services
}

/// The service that a template such as `cart-deployment` is of.
fn plain(stem: &str) -> &str {
    let ends = ["-deployment", "-statefulset", "-daemonset", "-cronjob", "-job", "-deploy", "-dep", ".deployment"];
    ends.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem)
}

/// Ports that one service can declare: each number once, each name once, with names that Kubernetes takes.
fn clean(ports: &BTreeSet<Port>) -> BTreeSet<Port> {
    let mut kept: Vec<Port> = Vec::new();
    // Those with a name say more; they come first.
    let mut sorted: Vec<&Port> = ports.iter().collect();
    sorted.sort_by_key(|port| (port.name.is_none(), port.number));
    for port in sorted {
        let name = port.name.clone().filter(|name| PortName::new(name).is_ok());
        let name = name.filter(|name| kept.iter().all(|other| other.name.as_ref() != Some(name)));
        let is_known = kept.iter().any(|other| other.number == port.number);
        if !is_known && matches!(port.protocol.as_str(), "TCP" | "UDP" | "SCTP") {
            kept.push(Port { number: port.number, protocol: port.protocol.clone(), name });
        }
    }
    kept.into_iter().collect()
}

/// A directory that is called like the service: the parent that has most of them wins, then code, then what is nearer to the top.
fn homes(look: &Look, services: &mut BTreeMap<String, Service>) {
    let mut candidates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for directory in &look.directories {
        let name = last_part(directory);
        let is_part =
            look.directories.iter().any(|other| last_part(parent(directory)) == name && other == parent(directory));
        // `service.yaml` of a manifest is in the way of ours.
        if services.contains_key(name) && !is_part && !look.taken.contains(directory) {
            candidates.entry(name).or_default().push(directory);
        }
    }
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for directories in candidates.values() {
        let parents: BTreeSet<&str> = directories.iter().map(|directory| parent(directory)).collect();
        parents.into_iter().for_each(|parent| *votes.entry(parent).or_default() += 1);
    }
    let has_code =
        |directory: &str| look.code.iter().any(|code| code == directory || code.starts_with(&format!("{directory}/")));
    let found: BTreeMap<String, String> = candidates
        .iter()
        .filter_map(|(name, directories)| {
            let best = directories.iter().max_by_key(|directory| {
                let depth = directory.matches('/').count();
                (has_code(directory), votes.get(parent(directory)), std::cmp::Reverse((depth, **directory)))
            })?;
            Some(((*name).to_owned(), (*best).to_owned()))
        })
        .collect();
    for (name, service) in services {
        service.has_home = found.contains_key(name);
        service.home = found.get(name).cloned().unwrap_or_else(|| format!("{NEW_HOME}/{name}"));
    }
}

/// `parent/*` where most of what lies there are services, and the directories themselves elsewhere.
fn globs(look: &Look, services: &BTreeMap<String, Service>) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut by_parent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for service in services.values() {
        by_parent.entry(parent(&service.home)).or_default().insert(&service.home);
    }
    let (mut include, mut exclude) = (BTreeSet::new(), BTreeSet::new());
    for (above, homes) in by_parent {
        let others: Vec<&String> =
            look.directories.iter().filter(|other| parent(other) == above && !homes.contains(other.as_str())).collect();
        let is_new = above == NEW_HOME && others.is_empty();
        if !above.is_empty() && (is_new || (homes.len() > 1 && others.len() <= homes.len())) {
            include.insert(format!("{above}/*"));
            exclude.extend(others.into_iter().cloned());
        } else {
            include.extend(homes.into_iter().map(str::to_owned));
        }
    }
    (include, exclude)
}

/// The environment that a path speaks of: `overlays/staging`, `prod/kustomization.yaml`.
fn environment(directory: &str) -> Option<String> {
    let parts: Vec<&str> = directory.split('/').collect();
    let found = parts.iter().enumerate().rev().find(|(at, part)| {
        let is_below =
            at.checked_sub(1).and_then(|above| parts.get(above)).is_some_and(|above| OVERLAYS.contains(above));
        ENVIRONMENTS.contains(part)
            || (is_below && ENVIRONMENTS.iter().any(|word| part.split(['-', '_', '.']).any(|piece| piece == *word)))
    });
    found.map(|(_, part)| (*part).to_owned()).filter(|name| EnvironmentName::new(name).is_ok())
}

/// Environments with the names of namespaces in each, and the namespace that most services live in.
fn environments(
    look: &Look,
    services: &mut BTreeMap<String, Service>,
) -> (BTreeMap<String, BTreeMap<String, String>>, String) {
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut common: BTreeMap<String, usize> = BTreeMap::new();
    let is_namespace = |name: &String| Namespace::new(name).is_ok();
    for kustomization in &look.kustomizations {
        let namespace = kustomization.namespace.clone().filter(is_namespace);
        match environment(&kustomization.directory) {
            Some(environment) => called.entry(environment).or_default().extend(namespace),
            None => namespace.into_iter().for_each(|namespace| *common.entry(namespace).or_default() += 1),
        }
    }
    for application in &look.applications {
        let of = application.path.as_deref().and_then(environment).or_else(|| environment(parent(&application.file)));
        let namespace = application.namespace.clone().filter(is_namespace);
        match of {
            Some(environment) => called.entry(environment).or_default().extend(namespace),
            None => namespace.into_iter().for_each(|namespace| *common.entry(namespace).or_default() += 1),
        }
    }
    for word in look.values.keys().filter(|word| ENVIRONMENTS.contains(&word.as_str())) {
        called.entry(word.clone()).or_default();
    }
    for service in services.values_mut() {
        let mut own: Vec<&String> = service.namespaces.iter().filter(|name| is_namespace(name)).collect();
        own.sort();
        if let [only] = own.as_slice() {
            service.namespace = Some((*only).clone());
            *common.entry((*only).clone()).or_default() += 1;
        }
    }
    // The namespace that is nobody's own comes from where most live, or from what environments have in common.
    let most =
        common.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name))).map(|(name, _)| name.clone());
    let stem = called.iter().find_map(|(environment, names)| match names.iter().collect::<Vec<_>>().as_slice() {
        [only] => only
            .strip_suffix(&format!("-{environment}"))
            .or_else(|| only.strip_prefix(&format!("{environment}-")))
            .map(str::to_owned),
        _ => None,
    });
    let single = called.values().flatten().next().cloned();
    let default = most.or(stem.filter(is_namespace)).or(single).unwrap_or_else(|| "default".to_owned());
    if called.is_empty() {
        called.insert("staging".to_owned(), BTreeSet::new());
        called.insert("prod".to_owned(), BTreeSet::new());
    }
    let environments = called.into_iter().map(|(environment, names)| {
        // Only one that is called otherwise there has to be said, and only where it is plain which one is meant.
        let mapped = match names.iter().collect::<Vec<_>>().as_slice() {
            [only] if **only != default => BTreeMap::from([(default.clone(), (*only).clone())]),
            _ => BTreeMap::new(),
        };
        (environment, mapped)
    });
    (environments.collect(), default)
}

/// Where code lies beside the services' own directories, as patterns with `{name}`.
fn code(look: &Look, services: &BTreeMap<String, Service>) -> BTreeSet<String> {
    let mut patterns: BTreeMap<String, usize> = BTreeMap::new();
    for (name, service) in services {
        let home = &service.home;
        let is_in = |code: &&String| *code == home || code.starts_with(&format!("{home}/"));
        if look.code.iter().any(|code| is_in(&code)) {
            continue;
        }
        let named = look.code.iter().find(|code| code.split('/').any(|part| part == name));
        if let Some(code) = named {
            let parts: Vec<&str> = code.split('/').collect();
            let at = parts.iter().position(|part| part == name).unwrap_or(0);
            let pattern: Vec<&str> = parts.iter().take(at).copied().chain(["{name}"]).collect();
            *patterns.entry(pattern.join("/")).or_default() += 1;
        }
    }
    patterns.into_iter().filter(|(_, count)| *count > 0).map(|(pattern, _)| pattern).collect()
}
