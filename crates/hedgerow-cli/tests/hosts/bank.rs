//! What the example fleet says, read without Hedgerow: the tests' own idea of which labels a service's pods must wear.
//!
//! Kept simple on purpose. It knows no shortening of long names and no rule files outside the two rule directories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::repository;

/// What the bank calls its labels.
pub(crate) const DOMAIN: &str = "bank.example/";

/// Labels by key.
pub(crate) type Labels = BTreeMap<String, String>;

/// Where the fleet is.
pub(crate) fn directory() -> PathBuf {
    repository().join("testdata/bank")
}

/// The services that have a Helm chart, sorted.
pub(crate) fn charts() -> Vec<String> {
    let mut services: Vec<String> = std::fs::read_dir(directory())
        .expect("the bank can be listed")
        .map(|entry| entry.expect("the bank can be listed"))
        .filter(|entry| entry.path().join("chart/Chart.yaml").exists())
        .map(|entry| entry.file_name().into_string().expect("services have UTF-8 names"))
        .collect();
    services.sort();
    assert!(services.len() >= 8, "the bank has lost its charts: {services:?}");
    services
}

/// The namespace that a service's chart is rendered for.
pub(crate) fn namespace(service: &str) -> String {
    setting(service, "namespace").as_str().unwrap_or("bank").to_owned()
}

/// What stands after `hedgerow … post-render` for the chart of a service, the fleet included.
pub(crate) fn arguments(service: &str, environment: &str) -> Vec<String> {
    let mut arguments = vec!["--env".to_owned(), environment.to_owned()];
    // A chart with subcharts holds several services; which workload is whose is found by name.
    if !directory().join(service).join("chart/charts").exists() {
        arguments.extend(["--service".to_owned(), service.to_owned()]);
    }
    arguments
}

/// Whose workload is it, in the chart of `service`?
pub(crate) fn owner<'a>(service: &'a str, workload: &str) -> &'a str {
    if service == "service.account" && workload == "account-cache" { "service.account-cache" } else { service }
}

/// How a service is written in label keys and object names.
pub(crate) fn slug(service: &str) -> String {
    let shortened = match service.split_once('.') {
        Some(("service", rest)) => format!("s-{rest}"),
        Some(("edge-proxy", rest)) => format!("e-{rest}"),
        _ => service.to_owned(),
    };
    shortened.replace('.', "-")
}

/// `off`, `audit` or `enforce`.
pub(crate) fn stage(service: &str, environment: &str) -> String {
    let default = if environment == "staging" { "enforce" } else { "audit" };
    setting(service, "stage")[environment].as_str().unwrap_or(default).to_owned()
}

/// The labels under the bank's domain that the pods of a service wear.
pub(crate) fn labels(service: &str, environment: &str) -> Labels {
    let mut labels = Labels::new();
    let service_type = setting(service, "type");
    labels.insert(format!("{DOMAIN}routing-name"), service.to_owned());
    labels.insert(format!("{DOMAIN}service-type"), service_type.as_str().unwrap_or("core").to_owned());
    if stage(service, environment) != "off" {
        labels.insert(format!("{DOMAIN}network-policy"), "true".to_owned());
    }
    for (callee, ports) in rules(service) {
        let key = format!("{DOMAIN}egress-{}", slug(&callee));
        let keys =
            if ports.is_empty() { vec![key] } else { ports.iter().map(|port| format!("{key}.{port}")).collect() };
        labels.extend(keys.into_iter().map(|key| (key, "true".to_owned())));
    }
    labels
}

/// The callees of a service, each with the ports that its rule is restricted to.
fn rules(service: &str) -> BTreeMap<String, Vec<String>> {
    let mut rules = BTreeMap::new();
    for below in ["egress", "manifests/egress"] {
        let Ok(files) = std::fs::read_dir(directory().join(service).join(below)) else { continue };
        for file in files {
            let path = file.expect("a rule directory can be listed").path();
            let callee = path.file_stem().and_then(|stem| stem.to_str()).expect("a rule has a name").to_owned();
            let ports = read_yaml(&path)["ports"].as_array().cloned().unwrap_or_default();
            let ports =
                ports.iter().map(|port| port.as_str().map_or_else(|| port.to_string(), str::to_owned)).collect();
            rules.insert(callee, ports);
        }
    }
    rules
}

fn setting(service: &str, key: &str) -> Value {
    read_yaml(&directory().join(service).join("service.yaml"))[key].take()
}

fn read_yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
