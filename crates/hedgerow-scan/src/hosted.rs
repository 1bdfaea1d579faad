//! What code that describes a deploy (Aspire's AppHost) says: whose projects it runs, what it gives to them, and at which ports of the
//! machine that all of them run on they answer.

use crate::program::{PROJECT, Projects};
use crate::tree::Tree;
use hedgerow_code::ir::Gift;
use hedgerow_deploy::{Deploy, Hosts, Spot};
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

/// What code that describes a deploy gives to services. It calls them by names of its own.
pub(crate) fn grants(tree: &Tree, owner: &impl Fn(&str) -> Option<String>, hosts: &mut Hosts, deploy: &mut Deploy) {
    let files = || tree.code.iter().filter(|file| !file.facts.grants.is_empty());
    if files().next().is_none() {
        return;
    }
    let manifests: Vec<(&str, String)> = tree
        .texts
        .iter()
        .filter_map(|file| file.path.strip_suffix(PROJECT).map(|stem| (&*file.path, stem)))
        .map(|(path, stem)| (path, stem.rsplit('/').next().unwrap_or(stem).replace(['.', '-'], "_")))
        .collect();
    // The file of a resource's project, where it has one.
    let mut projects: BTreeMap<&str, &str> = BTreeMap::new();
    let all = || files().flat_map(|file| file.facts.grants.iter().map(move |grant| (file, grant)));
    for (_, grant) in all() {
        let Gift::Project(project) = &grant.gift else { continue };
        let mut own = manifests.iter().filter(|(_, name)| name == project).map(|(path, _)| *path);
        let Some(first) = own.next() else { continue };
        let owned = std::iter::once(first).chain(own).find_map(|path| Some((path, owner(path)?)));
        projects.insert(&grant.to, owned.as_ref().map_or(first, |(path, _)| path));
        if let Some((_, service)) = owned {
            hosts.add(&grant.to, &service);
        }
    }
    let is_named = |path: &str| tree.config.deploy.as_ref().is_some_and(|globs| globs.is_match(path));
    let run: BTreeSet<&str> = projects.keys().filter_map(|name| hosts.named(name)).collect();
    // In a container `localhost` is the container.
    let is_the_deploy = files().any(|file| is_named(&file.path)) || !run.iter().any(|name| deploy.of(name).is_some());
    if is_the_deploy {
        ports(tree, all().map(|(_, grant)| (&*grant.to, &grant.gift)), &projects, hosts);
    }
    let mut known = Projects::default();
    for file in tree.texts {
        if file.path.ends_with(PROJECT) {
            known.manifest(&file.path, &file.text);
        } else if file.path.ends_with(".props") || file.path.ends_with(".targets") {
            known.common(&file.text);
        }
    }
    for (file, grant) in all() {
        let Gift::Variable { name, value, maker } = &grant.gift else { continue };
        if let Some(service) = hosts.named(&grant.to).map(str::to_owned) {
            let project = projects.get(&*grant.to).copied();
            let packages = project.and_then(|path| known.packages(path));
            let has_client = packages.and_then(|packages| has_client(maker, &packages));
            let spot = Spot::stretch(&file.path, grant.span.start, grant.span.end);
            deploy.grant(&service, (name, value), spot, has_client);
        }
    }
}

/// Whether one of the packages can be a client of what a method makes; nothing where that is not known.
fn has_client(maker: &str, packages: &BTreeSet<&str>) -> Option<bool> {
    let maker = maker.to_lowercase();
    let (_, words) = CLIENTS.iter().find(|(made, _)| maker.contains(made))?;
    let has = |package: &&str| words.iter().any(|word| package.to_lowercase().contains(word));
    Some(packages.iter().any(has))
}

/// Says at which ports of the machine resources answer: at those that the deploy says, and at those that projects say for themselves. A
/// port of several is nobody's.
fn ports<'a>(
    tree: &'a Tree,
    gifts: impl Iterator<Item = (&'a str, &'a Gift)>,
    projects: &BTreeMap<&'a str, &'a str>,
    hosts: &mut Hosts,
) {
    let mut said: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for (to, gift) in gifts {
        if let (Gift::Port(port), Some(service)) = (gift, hosts.named(to)) {
            said.entry(*port).or_default().insert(service.to_owned());
        }
    }
    let mut own: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    let texts: BTreeMap<&str, &str> = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    for (name, path) in projects {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let settings = format!("{directory}/Properties/launchSettings.json");
        let settings = texts.get(settings.trim_start_matches('/'));
        if let (Some(service), Some(settings)) = (hosts.named(name), settings) {
            for port in launched(settings).into_iter().filter(|port| !said.contains_key(port)) {
                own.entry(port).or_default().insert(service.to_owned());
            }
        }
    }
    for (port, services) in said.into_iter().chain(own) {
        if let (Some(service), 1) = (services.first(), services.len()) {
            hosts.add_local(port, service);
        }
    }
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
    }
}
