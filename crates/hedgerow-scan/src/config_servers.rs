//! What Spring Cloud's config servers hand out: settings of other programs, by the names under which these ask for them. A file
//! `ledger-prod.yml` in a directory of the server's is the ledger's, and none of the server.
//!
//! See <https://docs.spring.io/spring-cloud-config/reference/server/environment-repository.html>.

use crate::inventory::Home;
use crate::join::Join;
use crate::paths::{dir_of, is_below};
use crate::profiles::{self, Idle};
use crate::tree::{PlainFile, Tree};
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Given, Hosts, Partial, Text};
use std::collections::{BTreeMap, BTreeSet};

/// The library by which a program is one.
const LIBRARY: &str = "spring-cloud-config-server";

/// The libraries by which a program asks one.
const CLIENTS: &[&str] = &["spring-cloud-starter-config", "spring-cloud-config-client"];

/// The file that all programs get.
const EVERYBODYS: &str = "application";

const LOCATIONS: &[&[&str]] = &[
    &["spring", "cloud", "config", "server", "native", "search-locations"],
    &["spring", "cloud", "config", "server", "native", "searchLocations"],
    &["spring", "cloud", "config", "server", "git", "search-paths"],
    &["spring", "cloud", "config", "server", "git", "searchPaths"],
];

const VARIABLES: &[&str] = &[
    "SPRING_CLOUD_CONFIG_SERVER_NATIVE_SEARCHLOCATIONS",
    "SPRING_CLOUD_CONFIG_SERVER_NATIVE_SEARCH_LOCATIONS",
    "SPRING_CLOUD_CONFIG_SERVER_GIT_SEARCHPATHS",
    "SPRING_CLOUD_CONFIG_SERVER_GIT_SEARCH_PATHS",
];

const RESOURCES: &str = "src/main/resources";

/// The name and the ending of a file of settings.
fn stem(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".yml", ".yaml", ".properties"].iter().find_map(|end| name.strip_suffix(end))
}

/// Takes the settings that config servers hand out from these, and gives them to whom they are for. Answers with those for environments that
/// the deploy does not choose.
pub(crate) fn hand_out<'t>(tree: &Tree<'t>, homes: &[Home], hosts: &Hosts, deploy: &mut Deploy) -> Idle<'t> {
    let mut idle = Idle::new();
    let brings = |home: &Home, libraries: &[&str]| {
        let mut builds = tree.texts.iter().filter(|file| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            (name == "pom.xml" || name.starts_with("build.gradle"))
                && home
                    .directories
                    .iter()
                    .any(|(directory, _)| !directory.is_empty() && is_below(&file.path, directory))
        });
        builds.any(|file| libraries.iter().any(|library| file.text.contains(library)))
    };
    let servers: Vec<&Home> = homes.iter().filter(|home| brings(home, &[LIBRARY])).collect();
    if servers.is_empty() {
        return idle;
    }
    let others: Vec<&Home> =
        homes.iter().filter(|home| servers.iter().all(|server| server.name != home.name)).collect();
    let clients: BTreeSet<&str> =
        others.iter().filter(|home| brings(home, CLIENTS)).map(|home| home.name.as_str()).collect();
    // Two that say the same name both get what is for it.
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for home in &others {
        let own = deploy.of(&home.name).map(said).unwrap_or_default();
        let called = home.name.rsplit('.').next().unwrap_or(&home.name).to_lowercase();
        for name in own.into_iter().chain([called]) {
            names.entry(name).or_default().insert(&home.name);
        }
    }
    for server in servers {
        let Some(given) = deploy.of(&server.name) else { continue };
        let places = places(server, given);
        let is_there = |file: &&PlainFile| {
            let directory = dir_of(&file.path);
            given.files.contains_key(&file.path)
                || places.iter().any(|place| directory == place || is_below(directory, place))
        };
        let all: Vec<(&'t PlainFile, &str)> =
            tree.texts.iter().filter(is_there).filter_map(|file| Some((file, stem(&file.path)?))).collect();
        for (file, stem) in all {
            let Some((services, profile)) = for_whom(stem, &names, &clients) else { continue };
            deploy.hand_out(&server.name, &file.path);
            for service in services {
                let given = deploy.of(service);
                // The configuration may have said the same.
                let is_said = given.is_some_and(|given| given.setting_paths.contains(&file.path));
                let is_loaded = given.is_none_or(|given| {
                    let join = Join { hosts: hosts.of(service), given: Some(given), said: None };
                    profile.is_empty() || profiles::may_load(given, &join, profile)
                });
                if !is_said && !is_loaded {
                    idle.entry(file.path.as_str()).or_default().insert((*service).to_owned());
                    continue;
                }
                if !is_said {
                    deploy.add_settings(service, Text { path: &file.path, text: &file.text });
                }
                deploy.handed_to(&file.path, service);
            }
        }
    }
    idle
}

/// Whom a file is for by its name, the longest that fits, and in which profile; none where it is nobody's that is known.
fn for_whom<'n, 's>(
    stem: &'s str,
    names: &'n BTreeMap<String, BTreeSet<&'n str>>,
    clients: &'n BTreeSet<&'n str>,
) -> Option<(&'n BTreeSet<&'n str>, &'s str)> {
    let profile = |name: &str| {
        let begins = stem.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let rest = stem.get(name.len()..).filter(|_| begins)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('-') }
    };
    let fitting = names.iter().filter_map(|(name, services)| Some((name.len(), services, profile(name)?)));
    let longest = fitting.max_by_key(|(length, ..)| *length).map(|(_, services, profile)| (services, profile));
    longest.or_else(|| Some((clients, profile(EVERYBODYS)?)))
}

/// The names under which a program asks for its settings.
fn said(given: &Given) -> Vec<String> {
    let paths: &[&[&str]] = &[&["spring", "application", "name"], &["spring", "cloud", "config", "name"]];
    let paths = paths.iter().map(|path| path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
    let values: Vec<Partial> = paths.flat_map(|path| given.setting(&path)).collect();
    let known = values.iter().filter_map(|value| value.known()).filter(|name| !name.contains(['$', '{', '@']));
    known.filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
}

/// The directories of the tree in which a server looks. Its own settings lie at the top of its resources.
fn places(server: &Home, given: &Given) -> BTreeSet<String> {
    let settings = LOCATIONS.iter().flat_map(|path| {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        let list: Vec<String> = path.iter().cloned().chain(["*".to_owned()]).collect();
        [given.setting(&path), given.setting(&list)].concat()
    });
    let variables = VARIABLES.iter().filter_map(|name| given.environment.get(*name)).flatten().cloned();
    let mut found = BTreeSet::new();
    for value in settings.chain(variables) {
        for location in value.written().split(',').map(str::trim) {
            let location = location.strip_prefix("optional:").unwrap_or(location);
            let (in_resources, location) = match location.strip_prefix("classpath:") {
                Some(rest) => (true, rest),
                None => (false, location.strip_prefix("file:").unwrap_or(location)),
            };
            let known: Vec<&str> = location.split('/').take_while(|part| !part.contains(['{', '$', '*'])).collect();
            let known = known.join("/");
            if known.is_empty() {
                continue;
            }
            for (directory, _) in &server.directories {
                let from = if in_resources { join(directory, RESOURCES) } else { directory.clone() };
                found.insert(join(&from, &known));
            }
            // A repository of settings may be this one.
            found.extend((!in_resources).then(|| join("", &known)));
        }
    }
    // What is all of the tree, or of the server, is no place for others' settings.
    let is_all = |place: &String| {
        server.directories.iter().any(|(own, _)| place == own || is_below(own, place) || *place == join(own, RESOURCES))
    };
    found.retain(|place| !place.is_empty() && !is_all(place));
    found
}
