//! The hosts of the fleet, and what each service is given: by the deploy, its image, its settings, the modules that it is made of, and code
//! that describes a deploy.

use crate::builds::Builds;
use crate::config_servers;
use crate::hosted;
use crate::inventory::{Home, Owners};
use crate::join::Join;
use crate::paths::dir_of;
use crate::profiles::Idle;
use crate::program::PROJECT;
use crate::stores::Fleet;
use crate::tree::{PlainFile, Tree};
use crate::unused::is_copy;
use hedgerow_deploy::Hosts;
use hedgerow_deploy::image::{copies, is_image};
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Listening, Text, without_objects};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How the files of settings begin that programs read without being told.
pub(crate) const SETTINGS: &[&str] =
    &["config.", "application.", "application-", "bootstrap.", "settings.", "appsettings.", "ocelot.", "yarp."];

/// The files that images copy into their services from elsewhere in the tree: where they then lie, and where they are.
pub(crate) fn copied(tree: &Tree, homes: &[Home]) -> BTreeMap<String, String> {
    let owners = Owners::new(tree.services, homes);
    let by_name: BTreeMap<&str, &Home> = homes.iter().map(|home| (home.name.as_str(), home)).collect();
    let code: BTreeSet<&str> = tree.code.iter().map(|file| file.path.as_str()).collect();
    let mut found = BTreeMap::new();
    for file in tree.texts.iter().filter(|file| is_image(&file.path)) {
        let all: Vec<&Home> = owners.all(&file.path).iter().filter_map(|name| by_name.get(name)).copied().collect();
        let beside = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for (source, below) in copies(&file.text) {
            // The context of the build is the root or the directory of the file, most of the time.
            let places = [source.clone(), join(beside, &source)];
            let Some(place) = places.iter().find(|place| code.contains(place.as_str())) else { continue };
            let name = place.rsplit('/').next().unwrap_or(place);
            for (directory, _) in all.iter().flat_map(|home| &home.directories) {
                // Where the service's directory itself lies in the image is not known.
                for there in [join(directory, &format!("{below}/{name}")), join(directory, name)] {
                    if !code.contains(there.as_str()) {
                        found.insert(there, place.clone());
                    }
                }
            }
        }
    }
    found
}

/// Whether JSON beside a project's file is the program's: .NET's programs name the files of settings that they read besides
/// (`AddJsonFile("routes.json")`).
fn is_programs(name: &str) -> bool {
    const TOOLS: &[&str] =
        &["package", "tsconfig", "global", "libman", "bundleconfig", "compilerconfig", "launchSettings", "nuget"];
    let stem = name.split(['.', '-']).next().unwrap_or(name);
    let is_made =
        [".deps.json", ".runtimeconfig.json", ".lock.json", "-lock.json"].iter().any(|end| name.ends_with(end));
    name.ends_with(".json") && !is_made && !TOOLS.contains(&stem)
}

/// The files that those of `scan.deploy` take in: what a compose file says by `include` and `extends` is said by it.
fn taken_in(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Some(globs) = &tree.config.deploy else { return found };
    let by_path: BTreeMap<&str, &PlainFile> = tree.texts.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut open: Vec<&PlainFile> = tree.texts.iter().filter(|file| globs.is_match(&file.path)).collect();
    while let Some(file) = open.pop() {
        for path in hedgerow_deploy::taken_in(&file.path, &file.text).into_keys() {
            if let Some(next) = by_path.get(path.as_str()).filter(|next| !globs.is_match(&next.path)) {
                open.extend(found.insert(path).then_some(*next));
            }
        }
    }
    found
}

/// The hosts of the fleet and what the deploy files give to each service.
pub(crate) fn read(tree: &Tree, homes: &[Home]) -> (Hosts, Deploy) {
    let names = homes.iter().map(|home| (home.name.as_str(), home.slug.as_str()));
    let mut hosts = Hosts::new(names, tree.namespaces.clone(), &tree.config.aliases, &tree.config.hosts);
    let owners = Owners::new(tree.services, homes);
    let owner = |path: &str| owners.of(path).map(str::to_owned);
    let is_yaml = |path: &str| {
        let path = [".j2", ".jinja", ".jinja2"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
        path.ends_with(".yaml") || path.ends_with(".yml") || path.rsplit('/').next() == Some("Kustomization")
    };
    let taken_in = taken_in(tree);
    let texts = tree.texts.iter().filter(|file| match &tree.config.deploy {
        Some(globs) => globs.is_match(&file.path) || taken_in.contains(&file.path),
        None => is_yaml(&file.path),
    });
    let texts = texts.map(|file| Text { path: &file.path, text: &file.text });
    let all = tree.texts.iter().map(|file| Text { path: &file.path, text: &file.text });
    // Settings of everybody that are a file of variables fill compose files, too.
    let is_filling = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let everybodys = tree.config.settings.iter().find_map(|pattern| pattern.take(path)) == Some("");
        everybodys && name.split(['.', '-', '_']).any(|word| word == "env")
    };
    let filling: Vec<&str> = tree.texts.iter().filter(|file| is_filling(&file.path)).map(|file| &*file.text).collect();
    let mut deploy = Deploy::read(texts, (all, &filling), &mut hosts, owner);
    hosted::grants(tree, &owner, &mut hosts, &mut deploy);
    crate::dapr::give(tree, homes, &mut hosts, &mut deploy);
    deploy.images().flat_map(|(_, images)| images).for_each(|image| hosts.add_image(image.name()));
    (hosts, deploy)
}

/// Adds what the services' images, their settings and the modules that they are made of give them. Answers with the settings that servers hand
/// out for other environments.
pub(crate) fn settings<'t>(
    tree: &Tree<'t>,
    homes: &[Home],
    builds: &Builds<'_>,
    (hosts, deploy): (&mut Hosts, &mut Deploy),
) -> Idle<'t> {
    let owners = Owners::new(tree.services, homes);
    let all_owners = |path: &str| owners.all(path).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let sharing = owners.sharing(tree.texts, hosts);
    let node_configs = node_configs(tree);
    let mut filled = Vec::new();
    let projects = tree.texts.iter().filter(|file| file.path.ends_with(PROJECT));
    let projects: BTreeSet<&str> = projects.map(|file| dir_of(&file.path)).collect();
    for file in tree.texts {
        let owned = tree.config.settings.iter().find_map(|pattern| pattern.take(&file.path));
        match owned {
            Some("") => {
                for home in homes {
                    deploy.add_settings(&home.name, Text { path: &file.path, text: &file.text });
                }
            }
            Some(name) => {
                if let Some(service) = hosts.named(name).map(str::to_owned) {
                    deploy.add_settings(&service, Text { path: &file.path, text: &file.text });
                }
            }
            None if is_copy(&file.path) => {}
            None => {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                if is_image(&file.path) {
                    for service in all_owners(&file.path) {
                        deploy.add_image(&service, Text { path: &file.path, text: &file.text });
                    }
                }
                if let Some(services) = sharing.of(&file.path) {
                    for service in services {
                        deploy.add_settings(service, Text { path: &file.path, text: &file.text });
                    }
                    continue;
                }
                if let Some(service) = owners.settled(&file.path, &file.text, hosts).map(str::to_owned) {
                    deploy.add_settings(&service, Text { path: &file.path, text: &file.text });
                    continue;
                }
                // What is called like settings may be an object that a deploy applies: Argo CD's `application.yaml`.
                let Some(rest) = without_objects(&file.path, &file.text) else { continue };
                let text = || Text { path: &file.path, text: &rest };
                let directory = dir_of(&file.path);
                let is_node_config = node_configs.contains(directory) && is_data(name) && !name.starts_with("test.");
                if is_node_config && name.starts_with(OF_VARIABLES) {
                    filled.push(file);
                    continue;
                }
                let usual = is_node_config
                    || SETTINGS.iter().any(|start| name.starts_with(start))
                    || (projects.contains(directory) && is_programs(name));
                if let Some(stem) = keyed(&file.path).filter(|_| !usual) {
                    all_owners(&file.path).iter().for_each(|service| deploy.add_settings_under(service, stem, text()));
                } else if usual {
                    all_owners(&file.path).iter().for_each(|service| deploy.add_settings(service, text()));
                }
            }
        }
    }
    for file in filled {
        let text = || Text { path: &file.path, text: &file.text };
        all_owners(&file.path).iter().for_each(|service| deploy.add_settings_of_variables(service, text()));
    }
    let idle = config_servers::hand_out(tree, homes, hosts, deploy);
    of_modules(tree, homes, builds, deploy);
    registered(homes, deploy, hosts);
    idle
}

/// How node-config's file begins that says which variable fills which setting.
const OF_VARIABLES: &str = "custom-environment-variables.";

/// Whether a file of settings is read as one, by its ending.
fn is_data(name: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

/// The directories that node-config reads all files of: `config/` with `default.json` in it, or with the names of variables.
///
/// See <https://github.com/node-config/node-config/wiki/Configuration-Files>.
fn node_configs<'t>(tree: &'t Tree<'t>) -> BTreeSet<&'t str> {
    let split = tree.texts.iter().filter_map(|file| file.path.rsplit_once('/'));
    let is_config = |directory: &str| directory.rsplit('/').next() == Some("config");
    let is_first = |name: &str| is_data(name) && (name.starts_with("default.") || name.starts_with(OF_VARIABLES));
    split.filter(|(directory, name)| is_config(directory) && is_first(name)).map(|(directory, _)| directory).collect()
}

/// Where services say in their settings under what name others find them: Spring's, Steeltoe's, Quarkus', Micronaut's.
const REGISTERED: &[&[&str]] = &[
    &["spring", "application", "name"],
    &["eureka", "instance", "appname"],
    &["eureka", "instance", "virtual-host-name"],
    &["quarkus", "application", "name"],
    &["micronaut", "application", "name"],
    &["consul", "discovery", "service-name"],
    &["spring", "cloud", "consul", "discovery", "service-name"],
];

/// Says under which names services register themselves. What several say is nobody's.
fn registered(homes: &[Home], deploy: &Deploy, hosts: &mut Hosts) {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for home in homes {
        let Some(given) = deploy.of(&home.name) else { continue };
        for path in REGISTERED {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            let names = given.setting(&path);
            // A name with a gap, or with a place to fill in, is not known.
            let known = names.iter().filter_map(|name| name.known()).filter(|name| !name.contains(['$', '{', '@']));
            for name in known.filter(|name| !name.is_empty()) {
                found.entry(name.to_lowercase()).or_default().insert(&home.name);
            }
        }
    }
    // Who does not say it may be called after its directory, as its artifact is, where routes ask for that name.
    let mut asked = BTreeSet::new();
    for value in homes.iter().filter_map(|home| deploy.of(&home.name)).flat_map(|given| &given.settings) {
        routed(value, false, 0, &mut asked);
    }
    let mut by_directory: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for home in homes {
        for (directory, _) in &home.directories {
            let name = directory.rsplit('/').next().unwrap_or(directory).to_lowercase();
            by_directory.entry(name).or_default().insert(&home.name);
        }
    }
    by_directory.retain(|name, _| asked.contains(name) && !found.contains_key(name) && hosts.named(name).is_none());
    for (name, services) in found.iter().chain(&by_directory) {
        if let (Some(service), 1) = (services.first(), services.len()) {
            hosts.add(name, service);
        }
    }
}

/// How deep settings are looked into.
const MAX_DEPTH: usize = 12;

/// The names under which settings look for services: `serviceId: ledger-books`, `lb://ledger-books`.
fn routed(value: &Value, is_name: bool, depth: usize, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(pairs) if depth < MAX_DEPTH => {
            for (key, value) in pairs {
                let last = key.rsplit('.').next().unwrap_or(key);
                routed(value, crate::frameworks::plain(last) == "serviceid", depth + 1, found);
            }
        }
        Value::Array(list) if depth < MAX_DEPTH => {
            list.iter().for_each(|value| routed(value, is_name, depth + 1, found));
        }
        Value::String(text) => {
            let balanced = text.strip_prefix("lb://").map(|rest| rest.split(['/', ':']).next().unwrap_or(rest));
            found.extend(balanced.or(is_name.then_some(text)).map(str::to_lowercase));
        }
        _ => {}
    }
}

/// Where settings say at which port a program listens.
const LISTENING: &[&[&str]] = &[
    &["server", "port"],
    &["quarkus", "http", "port"],
    &["micronaut", "server", "port"],
    &["grpc", "server", "port"],
    &["spring", "grpc", "server", "port"],
];

/// Says at which ports services listen: by the deploy, their images and their settings; a store at the usual one besides.
pub(crate) fn listening(homes: &[Home], (deploy, fleet): (&Deploy, &Fleet), hosts: &mut Hosts) {
    let mut found: BTreeMap<&str, Listening> = deploy.listening();
    for home in homes {
        let Some(given) = deploy.of(&home.name) else { continue };
        let join = Join { hosts, given: Some(given), said: None };
        let ports = LISTENING.iter().flat_map(|path| {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            let values = join.setting(&path).into_iter();
            values.filter_map(|value| value.known()?.parse::<u16>().ok()).collect::<Vec<_>>()
        });
        found.entry(&home.name).or_default().own.extend(ports);
    }
    for (service, kind) in fleet.all() {
        found.entry(service).or_default().own.extend(kind.port());
    }
    for (service, listening) in &found {
        hosts.add_listening(service, listening);
    }
}

/// The settings that modules of the tree bring along to the services that are made of them. A class path has one file of a name, the
/// service's own before those of others; files of HOCON it has all, one on top of the other.
fn of_modules(tree: &Tree, homes: &[Home], builds: &Builds<'_>, deploy: &mut Deploy) {
    let mut by_module: BTreeMap<&str, Vec<&PlainFile>> = BTreeMap::new();
    for file in tree.texts {
        let Some((before, name)) = file.path.split_once("src/main/resources/") else { continue };
        let is_usual = SETTINGS.iter().any(|start| name.starts_with(start)) || name == "reference.conf";
        if let Some(module) = builds.of(&file.path).filter(|module| is_usual && before.trim_end_matches('/') == *module)
        {
            by_module.entry(module).or_default().push(file);
        }
    }
    if by_module.is_empty() {
        return;
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    for home in homes {
        let known =
            |deploy: &Deploy| deploy.of(&home.name).map(|given| given.setting_paths.clone()).unwrap_or_default();
        for file in builds.of_service(home).iter().filter_map(|module| by_module.get(module)).flatten() {
            let name = last(&file.path);
            let paths = known(deploy);
            let is_hidden = !name.ends_with(".conf") && paths.iter().any(|path| last(path) == name);
            if !is_hidden && !paths.contains(&file.path) {
                deploy.add_settings(&home.name, Text { path: &file.path, text: &file.text });
            }
        }
    }
}

/// The name under which a file of settings is asked for, as Rails does by `config_for(:ledger)` of `config/ledger.yml`.
fn keyed(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/')?;
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yml.erb"))?;
    directory.rsplit('/').next().filter(|last| *last == "config").map(|_| stem)
}
