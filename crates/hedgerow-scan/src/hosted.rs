//! What code that describes a deploy (Aspire's AppHost) says: whose projects it runs, what it gives to them, and at which ports of the
//! machine that all of them run on they answer. Names and ports hold among those that one host runs.

use crate::paths::dir_of;
use crate::program::{PROJECT, Projects};
use crate::tree::Tree;
use hedgerow_code::ir::{Gift, Grant};
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Hosts, Listener, Machine, Spot};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the packages of clients have in their names, by what the method has that makes the store or the broker.
const CLIENTS: &[(&str, &[&str])] = &[
    ("redis", &["redis", "valkey", "garnet"]),
    ("valkey", &["redis", "valkey"]),
    ("garnet", &["redis", "garnet"]),
    ("postgres", &["npgsql", "postgre", "marten"]),
    ("sqlserver", &["sqlserver", "sqlclient"]),
    ("azuresql", &["sqlserver", "sqlclient"]),
    ("mysql", &["mysql", "maria"]),
    ("oracle", &["oracle"]),
    ("mongo", &["mongo"]),
    ("cosmos", &["cosmos"]),
    ("rabbit", &["rabbit", "easynetq"]),
    ("kafka", &["kafka"]),
    ("nats", &["nats"]),
    ("elasticsearch", &["elastic", "nest", "opensearch"]),
    ("qdrant", &["qdrant"]),
    ("milvus", &["milvus"]),
    ("meilisearch", &["meilisearch"]),
];

/// A resource of a host.
#[derive(Default)]
struct Resource<'t> {
    /// The files of its projects, where it has some: a host may choose one of several.
    projects: BTreeSet<&'t str>,
    services: BTreeSet<String>,
    /// Whether it is started on the machine itself, and not in a container.
    is_program: bool,
}

/// A host: the files of a project that describe a deploy. What it calls a resource nobody else does.
#[derive(Default)]
struct Host<'t> {
    grants: Vec<(&'t str, &'t Grant)>,
    resources: BTreeMap<&'t str, Resource<'t>>,
    /// Whether its programs run on the machine, and nowhere else.
    is_the_deploy: bool,
}

impl<'t> Host<'t> {
    /// Reads whose the resources are: the nearest project of a name is the one that the host's own project refers to.
    fn read(
        (directory, grants): (&str, Vec<(&'t str, &'t Grant)>),
        manifests: &[(&'t str, String)],
        (known, owner): (&Projects, &impl Fn(&str) -> Option<String>),
        hosts: &Hosts,
    ) -> Self {
        let refers = known.closure(directory);
        let mut host = Self { grants, ..Self::default() };
        for (_, grant) in &host.grants {
            let resource = host.resources.entry(&grant.to).or_default();
            match &grant.gift {
                Gift::Project(name) => {
                    resource.is_program = true;
                    let mut all: Vec<&str> =
                        manifests.iter().filter(|(_, project)| project == name).map(|(path, _)| *path).collect();
                    if all.iter().any(|path| refers.contains(&dir_of(path))) {
                        all.retain(|path| refers.contains(&dir_of(path)));
                    }
                    let owned = all.iter().find_map(|path| Some((*path, owner(path)?)));
                    resource.projects.extend(owned.as_ref().map(|(path, _)| *path).or(all.first().copied()));
                    resource.services.extend(owned.map(|(_, service)| service));
                }
                Gift::Program(path) => {
                    resource.is_program = true;
                    let path = join(directory, path);
                    resource.projects.extend(manifests.iter().map(|(path, _)| *path).find(|other| *other == path));
                    // In its own directory a host has what is known by name alone.
                    if path != directory {
                        resource.services.extend(owner(&join(&path, "any")));
                    }
                }
                Gift::Port(_) | Gift::Variable { .. } => {}
            }
        }
        for (name, resource) in &mut host.resources {
            if resource.services.is_empty() {
                resource.services.extend(hosts.named(name).map(str::to_owned));
            }
        }
        host
    }

    /// The services of a resource.
    fn services(&self, name: &str) -> impl Iterator<Item = &String> {
        self.resources.get(name).into_iter().flat_map(|resource| &resource.services)
    }
}

/// What code that describes a deploy gives to services. It calls them by names of its own.
pub(crate) fn grants(tree: &Tree, owner: &impl Fn(&str) -> Option<String>, hosts: &mut Hosts, deploy: &mut Deploy) {
    if tree.code.iter().all(|file| file.facts.grants.is_empty()) {
        return;
    }
    let mut known = Projects::default();
    for file in tree.texts {
        if file.path.ends_with(PROJECT) {
            known.manifest(&file.path, &file.text);
        } else if file.path.ends_with(".props") || file.path.ends_with(".targets") {
            known.common(&file.text);
        }
    }
    let all = read(tree, &known, owner, (hosts, deploy));
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, resource) in all.iter().flat_map(|host| &host.resources) {
        names.entry(name).or_default().extend(resource.services.iter().cloned());
    }
    for (name, services) in names.iter().filter(|(_, services)| !services.is_empty()) {
        hosts.add_one_of(name, services);
    }
    machines(tree, &all, hosts);
    for host in &all {
        for (path, grant) in &host.grants {
            let Gift::Variable { name, value, maker } = &grant.gift else { continue };
            let projects = host.resources.get(&*grant.to).into_iter().flat_map(|resource| &resource.projects);
            let clients: Vec<Option<bool>> = projects.map(|path| has_client(maker, &known.packages(path)?)).collect();
            let has_client = clients.contains(&Some(true)).then_some(true).or(clients.first().copied().flatten());
            for service in host.services(&grant.to) {
                let spot = Spot::stretch(path, grant.span.start, grant.span.end);
                deploy.grant(service, (name, value), spot, has_client);
            }
        }
    }
}

/// The hosts of a tree. What lies in projects that a host's own refers to is the host's, too.
fn read<'t>(
    tree: &'t Tree,
    known: &Projects,
    owner: &impl Fn(&str) -> Option<String>,
    (hosts, deploy): (&Hosts, &Deploy),
) -> Vec<Host<'t>> {
    let projects = tree.texts.iter().filter_map(|file| Some((&*file.path, file.path.strip_suffix(PROJECT)?)));
    let last = |stem: &str| stem.rsplit('/').next().unwrap_or(stem).replace(['.', '-'], "_");
    let manifests: Vec<(&str, String)> = projects.map(|(path, stem)| (path, last(stem))).collect();
    let mut by_project: BTreeMap<&str, Vec<(&str, &Grant)>> = BTreeMap::new();
    for file in tree.code.iter().filter(|file| !file.facts.grants.is_empty()) {
        let project = known.of(&file.path);
        let project = if known.has(project) { project } else { dir_of(&file.path) };
        let grants = file.facts.grants.iter().map(|grant| (&*file.path, grant));
        by_project.entry(project).or_default().extend(grants);
    }
    let is_named = |path: &str| tree.config.deploy.as_ref().is_some_and(|globs| globs.is_match(path));
    let mut all = Vec::new();
    for project in by_project.keys() {
        let parts = known.closure(project).into_iter().filter_map(|part| by_project.get(part)).flatten();
        let grants: Vec<(&str, &Grant)> = parts.copied().collect();
        let mut host = Host::read((project, grants), &manifests, (known, owner), hosts);
        let programs = host.resources.values().filter(|resource| resource.is_program);
        // In a container `localhost` is the container.
        host.is_the_deploy = host.grants.iter().any(|(path, _)| is_named(path))
            || !programs.flat_map(|resource| &resource.services).any(|name| deploy.of(name).is_some());
        all.push(host);
    }
    all
}

/// Says what the programs of hosts see: the names of what their hosts run, and the ports of the machine.
fn machines(tree: &Tree, all: &[Host<'_>], hosts: &mut Hosts) {
    let texts: BTreeMap<&str, &str> = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    let mut run: BTreeMap<&str, BTreeSet<(usize, bool)>> = BTreeMap::new();
    for (at, host) in all.iter().enumerate() {
        for resource in host.resources.values() {
            for service in &resource.services {
                run.entry(service).or_default().insert((at, resource.is_program));
            }
        }
    }
    // Of many services one host runs all.
    let mut callers: BTreeMap<BTreeSet<(usize, bool)>, BTreeSet<String>> = BTreeMap::new();
    for (service, by) in run {
        callers.entry(by).or_default().insert(service.to_owned());
    }
    for (by, callers) in callers {
        let of = || by.iter().map(|(at, is_program)| (&all[*at], *is_program));
        let mut machine = Machine { is_all: of().all(|(host, _)| host.is_the_deploy), ..Machine::default() };
        for (name, resource) in of().flat_map(|(host, _)| &host.resources) {
            if !resource.services.is_empty() {
                machine.names.entry((*name).to_owned()).or_default().extend(resource.services.iter().cloned());
            }
        }
        let on_it = of().filter(|(host, is_program)| *is_program && host.is_the_deploy).map(|(host, _)| host);
        machine.ports = ports(&texts, &on_it.collect::<Vec<_>>());
        hosts.add_machine(&callers, machine);
    }
}

/// At which ports of the machine resources answer: at those that their host says, and at those that projects say for themselves. A port
/// of several is nobody's.
fn ports(texts: &BTreeMap<&str, &str>, all: &[&Host<'_>]) -> BTreeMap<u16, Listener> {
    let mut said: BTreeMap<u16, BTreeSet<&String>> = BTreeMap::new();
    for (host, grant) in all.iter().flat_map(|host| host.grants.iter().map(move |(_, grant)| (host, grant))) {
        if let Gift::Port(port) = grant.gift {
            said.entry(port).or_default().extend(host.services(&grant.to));
        }
    }
    let mut own: BTreeMap<u16, BTreeSet<&String>> = BTreeMap::new();
    for resource in all.iter().flat_map(|host| host.resources.values()) {
        for path in &resource.projects {
            let settings = join(dir_of(path), "Properties/launchSettings.json");
            let Some(settings) = texts.get(settings.as_str()) else { continue };
            for port in launched(settings).into_iter().filter(|port| !said.contains_key(port)) {
                own.entry(port).or_default().extend(&resource.services);
            }
        }
    }
    let all = said.into_iter().chain(own);
    all.filter(|(_, services)| services.len() == 1)
        .filter_map(|(port, services)| {
            Some((port, Listener { service: (*services.first()?).clone(), port: Some(port) }))
        })
        .collect()
}

/// Whether one of the packages can be a client of what a method makes; nothing where that is not known.
fn has_client(maker: &str, packages: &BTreeSet<&str>) -> Option<bool> {
    let maker = maker.to_lowercase();
    let (_, words) = CLIENTS.iter().find(|(made, _)| maker.contains(made))?;
    Some(packages.iter().any(|package| words.iter().any(|word| has_word(package, word))))
}

/// Words of up to this length are whole words: others are begun by what stands there.
const MAX_WHOLE: usize = 4;

/// Whether a name has a word in small letters: `Volo.Abp.MongoDB` has `mongo`, and `NestedSets` has no `nest`.
fn has_word(name: &str, word: &str) -> bool {
    let bytes = name.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or(b'.');
    let begins = |start: usize| {
        let before = start.checked_sub(1).map_or(b'.', at);
        let is_hump =
            at(start).is_ascii_uppercase() && (!before.is_ascii_uppercase() || at(start + 1).is_ascii_lowercase());
        !before.is_ascii_alphanumeric() || is_hump
    };
    let ends = |end: usize| word.len() > MAX_WHOLE || !at(end).is_ascii_lowercase();
    let lower = name.to_ascii_lowercase();
    lower.match_indices(word).any(|(start, _)| begins(start) && ends(start + word.len()))
}

/// The ports at which a project listens when it is started as its `launchSettings.json` says.
fn launched(settings: &str) -> BTreeSet<u16> {
    let Ok(settings) = serde_json::from_str::<Value>(settings.trim_start_matches('\u{feff}')) else {
        return BTreeSet::new();
    };
    let profiles = settings.get("profiles").and_then(Value::as_object);
    let is_project = |profile: &&Value| profile.get("commandName").and_then(Value::as_str) == Some("Project");
    let profiles = profiles.into_iter().flat_map(|all| all.values()).filter(is_project);
    let urls = profiles.filter_map(|profile| profile.get("applicationUrl")?.as_str()).flat_map(|urls| urls.split(';'));
    urls.filter_map(|url| url.trim().trim_end_matches('/').rsplit_once(':')?.1.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_listens_where_its_own_profiles_say() {
        let settings = r#"{"iisSettings": {"iisExpress": {"applicationUrl": "http://localhost:1"}}, "profiles": {
            "a": {"commandName": "Project", "applicationUrl": "https://localhost:7001; http://localhost:5001/"},
            "b": {"commandName": "IISExpress", "applicationUrl": "http://localhost:2"}, "c": {"commandName": "Project"}}}"#;
        assert_eq!(launched(settings), BTreeSet::from([5001, 7001]));
        assert_eq!(launched(&format!("\u{feff}{settings}")).len(), 2);
        assert_eq!(launched("no JSON"), BTreeSet::new());
    }

    #[test]
    fn a_client_of_a_store_is_known_by_its_package() {
        let packages = BTreeSet::from(["Aspire.StackExchange.Redis", "Volo.Abp.EntityFrameworkCore.PostgreSql"]);
        assert_eq!(has_client("AddRedis", &packages), Some(true));
        assert_eq!(has_client("AddAzurePostgresFlexibleServer", &packages), Some(true));
        assert_eq!(has_client("AddElasticsearch", &packages), Some(false));
        assert_eq!(has_client("AddLedger", &packages), None);
        assert_eq!(has_client("", &packages), None);
        for (package, word, has) in [
            ("NEST", "nest", true),
            ("Acme.NestJson", "nest", true),
            ("NestedSets", "nest", false),
            ("Acme.Honest", "nest", false),
            ("Acme.Signatsome", "nats", false),
            ("NATS.Net", "nats", true),
            ("Serilog.Sinks.MSSqlServer", "sqlserver", true),
            ("Microsoft.EntityFrameworkCore.SqlServer", "sqlserver", true),
            ("Npgsql.EntityFrameworkCore.PostgreSQL", "postgre", true),
            ("Acme.postgresql", "postgre", true),
            ("Acme.Unredissed", "redis", false),
            ("Aspire.StackExchange.Redis.OutputCaching", "redis", true),
        ] {
            assert_eq!(has_word(package, word), has, "{package}: {word}");
        }
    }
}
