//! Environments and namespaces, from paths, kustomizations and applications.

use super::{Service, clean};
use crate::look::{Kustomization, Look, Workload, parent};
use hedgerow_core::name::{EnvironmentName, Namespace, ServiceName};
use std::collections::{BTreeMap, BTreeSet};

/// Words by which people name environments.
pub(super) const ENVIRONMENTS: [&str; 19] = [
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

/// Words for one and the same environment.
const SAME: [&[&str]; 5] = [
    &["dev", "development"],
    &["test", "testing"],
    &["int", "integration"],
    &["stage", "staging", "stg"],
    &["prd", "prod", "production", "live"],
];

/// What namespaces are called in each environment, by its name.
type Called = BTreeMap<String, BTreeSet<String>>;

/// Environments with the names of namespaces in each, and the namespace that most services live in.
///
/// A workload that has one name in several namespaces is as many services: `services` has them apart afterwards.
pub(super) fn environments(
    look: &Look,
    services: &mut BTreeMap<String, Service>,
    doubts: &mut Vec<String>,
) -> (BTreeMap<String, BTreeMap<String, String>>, String) {
    let deployers = deployers(look);
    let mut called = Called::new();
    let mut common: BTreeMap<String, usize> = BTreeMap::new();
    for deployer in &deployers {
        match &deployer.environment {
            Some(environment) => called.entry(environment.clone()).or_default().extend(deployer.namespace.clone()),
            // A component deploys nothing by itself.
            None if !deployer.is_application && is_component(look, &deployer.directory) => {}
            None => deployer.namespace.iter().for_each(|name| *common.entry(name.clone()).or_default() += 1),
        }
    }
    for word in look.values.keys().filter(|word| ENVIRONMENTS.contains(&word.as_str())) {
        let same = SAME.iter().find(|same| same.contains(&word.as_str()));
        if !same.is_some_and(|same| same.iter().any(|word| called.contains_key(*word))) {
            called.entry(word.clone()).or_default();
        }
    }
    let mut apart: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut lives, mut own_lives): (BTreeMap<String, usize>, BTreeMap<String, usize>) = Default::default();
    for (name, service) in services.iter_mut() {
        let own = own(service, &deployers, &mut called);
        match own.iter().collect::<Vec<_>>().as_slice() {
            [] => {}
            [only] => {
                service.namespace = Some((*only).clone());
                *lives.entry((*only).clone()).or_default() += 1;
                if service.is_own {
                    *own_lives.entry((*only).clone()).or_default() += 1;
                }
            }
            _ => drop(apart.insert(name.clone(), own)),
        }
    }
    // The namespace that is nobody's own comes from where most live, or from what environments have in common.
    let nowhere = services.len() - apart.len() - lives.values().sum::<usize>();
    // Charts of others bring their own namespaces, which say nothing of the tree's own services.
    let most = match lives.len() {
        0 | 1 => most(&lives, nowhere),
        _ => most(&own_lives, nowhere),
    };
    common.extend(lives.clone());
    let stem = called.iter().find_map(|(environment, names)| match names.iter().collect::<Vec<_>>().as_slice() {
        // `production-fwi` may live in `shop-production`.
        [only] => std::iter::once(environment.as_str())
            .chain(environment.split(['-', '_', '.']).filter(|word| ENVIRONMENTS.contains(word)))
            .find_map(|word| only.strip_suffix(&format!("-{word}")).or_else(|| only.strip_prefix(&format!("{word}-"))))
            .map(str::to_owned),
        _ => None,
    });
    let single = called.values().flatten().next().cloned();
    let is_guess = most.is_none() && single.is_none() && !services.is_empty();
    if is_guess && lives.is_empty() {
        doubts.push("no namespace was seen; `default` is a guess".to_owned());
    } else if is_guess && nowhere == 0 {
        let all: Vec<&str> = lives.keys().map(String::as_str).collect();
        doubts.push(format!(
            "no namespace is that of most services of this tree's own; `default` is a guess beside {}",
            all.join(", ")
        ));
    } else if is_guess {
        let few: Vec<&str> = lives.keys().map(String::as_str).collect();
        doubts.push(format!(
            "most services have no namespace in their manifests; `default` is a guess, and {} counts only for those that name it",
            few.join(", ")
        ));
    }
    let default = most.or(stem.filter(|name| is_namespace(name))).or(single).unwrap_or_else(|| "default".to_owned());
    for (name, namespaces) in apart {
        split(look, services, &name, &namespaces, &default, doubts);
    }
    if called.is_empty() {
        called.insert("staging".to_owned(), BTreeSet::new());
        called.insert("prod".to_owned(), BTreeSet::new());
    }
    let is_variant = |name: &&String| {
        called.keys().any(|other| {
            *other != **name && (name.starts_with(&format!("{other}-")) || name.ends_with(&format!("-{other}")))
        })
    };
    let variants: Vec<&str> = called.keys().filter(is_variant).map(String::as_str).collect();
    if !variants.is_empty() {
        doubts.push(format!("environments, or parts of the one that they are called after: {}", variants.join(", ")));
    }
    let mut environments = BTreeMap::new();
    for (environment, names) in called {
        let other: Vec<&String> = names.iter().filter(|name| !common.contains_key(*name)).collect();
        // Only one that is called otherwise there has to be said, and only where it is plain which one is meant.
        let mapped = match (names.len(), other.as_slice()) {
            (1, [only]) if **only != default => BTreeMap::from([(default.clone(), (*only).clone())]),
            (0 | 1, _) | (_, []) => BTreeMap::new(),
            (_, several) => {
                let several: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
                doubts.push(format!(
                    "the environment `{environment}` has namespaces of its own: {}; say under its `namespaces` what each stands for",
                    several.join(", ")
                ));
                BTreeMap::new()
            }
        };
        environments.insert(environment, mapped);
    }
    (environments, default)
}

/// The namespace that stands for the services that name none: the one that most others live in, unless those are the few.
fn most(lives: &BTreeMap<String, usize>, nowhere: usize) -> Option<String> {
    let most = lives.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)))?;
    (*most.1 >= nowhere).then(|| most.0.clone())
}

fn is_namespace(name: &str) -> bool {
    Namespace::new(name).is_ok()
}

fn is_component(look: &Look, directory: &String) -> bool {
    look.kustomizations.iter().any(|other| other.components.contains(directory))
}

/// What puts a part of the tree into a namespace.
struct Deployer {
    /// Where it lies.
    directory: String,
    /// Files and directories.
    paths: Vec<String>,
    namespace: Option<String>,
    environment: Option<String>,
    /// Whether it deploys what kustomizations have made, and so decides before them.
    is_application: bool,
}

/// The namespace that a kustomization gives: its own, that of its last component with one, or what the environment's bases have in common.
fn set<'k>(
    all: &BTreeMap<&str, &'k Kustomization>,
    of: &'k Kustomization,
    seen: &mut BTreeSet<&'k str>,
) -> Option<String> {
    if of.namespace.is_some() || !seen.insert(&of.directory) {
        return of.namespace.clone();
    }
    let below = |path: &String, seen: &mut BTreeSet<&'k str>| {
        all.get(path.as_str()).copied().map(|other| set(all, other, seen))
    };
    if let Some(found) = of.components.iter().rev().find_map(|path| below(path, seen).flatten()) {
        return Some(found);
    }
    // What a base gives holds for its own objects alone.
    environment(&of.directory)?;
    let bases = of.resources.iter().filter(|path| !of.components.contains(path));
    let mut given = bases.filter_map(|path| below(path, seen));
    let first = given.next()??;
    given.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn deployers(look: &Look) -> Vec<Deployer> {
    let known = |namespace: &Option<String>| namespace.clone().filter(|name| is_namespace(name));
    let by_directory: BTreeMap<&str, &Kustomization> =
        look.kustomizations.iter().map(|kustomization| (kustomization.directory.as_str(), kustomization)).collect();
    let kustomizations = look.kustomizations.iter().map(|kustomization| Deployer {
        directory: kustomization.directory.clone(),
        paths: kustomization.resources.clone(),
        namespace: known(&set(&by_directory, kustomization, &mut BTreeSet::new())),
        environment: environment(&kustomization.directory),
        is_application: false,
    });
    let applications = look.applications.iter().map(|application| Deployer {
        directory: parent(&application.file).to_owned(),
        paths: application.path.iter().cloned().collect(),
        namespace: known(&application.namespace),
        environment: application
            .path
            .as_deref()
            .and_then(environment)
            .or_else(|| environment(parent(&application.file))),
        is_application: true,
    });
    kustomizations.chain(applications).collect()
}

/// The namespaces of a service that are no environment's: those that are written, else those of what deploys its files.
/// What is an environment's goes to `called`.
fn own(service: &Service, deployers: &[Deployer], called: &mut Called) -> BTreeSet<String> {
    let mut own = BTreeSet::new();
    let written: Vec<_> = service.written.iter().filter(|(name, _)| is_namespace(name)).collect();
    let is_only = written.iter().all(|(name, _)| name == &written[0].0);
    for (name, file) in &written {
        // A namespace that a service has everywhere is its own, also where its only manifest lies in an environment's directory.
        let has_word = ENVIRONMENTS.iter().any(|word| name.split('-').any(|piece| piece == *word));
        match environment(parent(file)).filter(|_| !is_only || has_word) {
            Some(environment) => drop(called.entry(environment).or_default().insert(name.clone())),
            None => drop(own.insert(name.clone())),
        }
    }
    // `shop-staging` beside `shop-prod`: one service in two environments.
    let of_word = |name: &String| {
        let word = ENVIRONMENTS.iter().find(|word| name.split('-').any(|piece| piece == **word))?;
        Some(((*word).to_owned(), name.clone()))
    };
    if own.len() > 1
        && let Some(pairs) = own.iter().map(of_word).collect::<Option<Vec<_>>>()
    {
        for (word, name) in pairs {
            called.entry(word).or_default().insert(name);
        }
        return BTreeSet::new();
    }
    if !written.is_empty() {
        return own;
    }
    for file in &service.seen {
        let covers = |path: &&String| path.is_empty() || *path == file || file.starts_with(&format!("{path}/"));
        let nearest = deployers.iter().filter(|deployer| deployer.environment.is_none()).filter_map(|deployer| {
            let path = deployer.paths.iter().filter(covers).map(|path| path.len()).max()?;
            Some((path, deployer.is_application, deployer.namespace.as_ref()?))
        });
        own.extend(nearest.max().map(|(_, _, name)| name.clone()));
    }
    own
}

/// Makes a service of each namespace in which a workload of one name lives. The one in the fleet's namespace keeps the name.
fn split(
    look: &Look,
    services: &mut BTreeMap<String, Service>,
    name: &str,
    namespaces: &BTreeSet<String>,
    default: &str,
    doubts: &mut Vec<String>,
) {
    let Some(whole) = services.get(name) else { return };
    let written: BTreeSet<&String> = whole.written.iter().map(|(namespace, _)| namespace).collect();
    if !namespaces.iter().all(|namespace| written.contains(namespace)) {
        // Files of one service that are deployed into several namespaces.
        let several: Vec<&str> = namespaces.iter().map(String::as_str).collect();
        doubts.push(format!(
            "`{name}` is deployed into {}; say in its service.yaml where it lives",
            several.join(" and ")
        ));
        return;
    }
    let here = |workload: &&Workload, namespace: Option<&str>| {
        workload.name == name && workload.kind != "compose" && workload.namespace.as_deref() == namespace
    };
    let mut parts = Vec::new();
    for namespace in namespaces {
        let of_it =
            |workload: &&Workload| here(workload, Some(namespace)) || (namespace == default && here(workload, None));
        let found: Vec<&Workload> = look.workloads.iter().filter(of_it).collect();
        let called = if namespace == default { name.to_owned() } else { format!("{namespace}.{name}") };
        if ServiceName::new(&called).is_err() || (called != name && services.contains_key(&called)) {
            doubts.push(format!("`{name}` lives in `{namespace}` too, and is not proposed there"));
            continue;
        }
        let ports = found.iter().flat_map(|workload| workload.ports.iter().cloned()).collect();
        let part = Service {
            seen: found.iter().map(|workload| workload.file.clone()).collect(),
            ports: clean(&ports),
            namespace: Some(namespace.clone()),
            workload: Some(name.to_owned()),
            ..Service::default()
        };
        parts.push((called, part));
    }
    let names: Vec<String> = parts.iter().map(|(called, _)| format!("`{called}`")).collect();
    doubts.push(format!(
        "workloads called `{name}` live in several namespaces, and are proposed as {}; deploy each with `--service`",
        names.join(" and ")
    ));
    services.remove(name);
    services.extend(parts);
}
