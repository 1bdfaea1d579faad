//! Components of Dapr: stores, brokers and other programs that code uses by a name, and whose addresses a program beside it knows.
//!
//! See <https://docs.dapr.io/reference/resource-specs/component-schema/>.

use super::item::{Item, partial_at, scalar, text_at};
use super::maps::{Kind, Maps, written};
use super::workloads::Pods;
use super::{Deploy, Spot, command};
use crate::host::Hosts;
use crate::partial::Partial;
use crate::path::join;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How the keys end under which components have addresses.
const ADDRESSES: &[&str] = &[
    "host",
    "hosts",
    "hostname",
    "hostnames",
    "url",
    "urls",
    "uri",
    "uris",
    "server",
    "servers",
    "broker",
    "brokers",
    "address",
    "addresses",
    "addr",
    "addrs",
    "endpoint",
    "endpoints",
    "connectionstring",
];

/// A component.
#[derive(Debug, Clone)]
pub struct Component {
    /// The name that code uses it by.
    pub name: String,
    /// What it is: `state.redis`.
    pub kind: String,
    /// Its addresses.
    pub addresses: Vec<Partial>,
    /// Whether it has one that no file says.
    pub is_hidden: bool,
    /// The programs that may use it, by their names for Dapr; none where all may.
    pub scopes: BTreeSet<String>,
    /// Where it is said.
    pub spot: Spot,
}

impl Component {
    /// The component that an object is.
    fn of(item: &Item, maps: &Maps) -> Option<Self> {
        let is_of_dapr = text_at(&item.value, &["apiVersion"])?.starts_with("dapr.io/");
        if !is_of_dapr || text_at(&item.value, &["kind"])? != "Component" {
            return None;
        }
        let name = text_at(&item.value, &["metadata", "name"])?.to_owned();
        let kind = text_at(&item.value, &["spec", "type"])?.to_owned();
        let (mut addresses, mut is_hidden) = (Vec::new(), false);
        for entry in item.value.pointer("/spec/metadata").and_then(Value::as_list).unwrap_or_default() {
            let key = text_at(entry, &["name"]).unwrap_or_default().to_lowercase();
            if !ADDRESSES.iter().any(|end| key.ends_with(end)) {
                continue;
            }
            let said = entry.get("value").and_then(scalar);
            let secret = entry.get("secretKeyRef").and_then(|of| {
                let key = text_at(of, &["key"]).or_else(|| text_at(of, &["name"]))?;
                written((Kind::Secret, partial_at(of, &["name"])?), item, maps)
                    .find_map(|map| scalar(map.data.get(key)?))
            });
            match said.or(secret).filter(|text| !text.letters().trim().is_empty()) {
                Some(text) => addresses.push(text),
                // An empty value is one that people fill in.
                None => {
                    is_hidden |= ["secretKeyRef", "envRef", "value"].iter().any(|key| entry.get(key).is_some());
                }
            }
        }
        let scopes = item.value.get("scopes").and_then(Value::as_list).unwrap_or_default();
        let scopes = scopes.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        Some(Self { name, kind, addresses, is_hidden, scopes, spot: item.spot(&item.value) })
    }
}

/// The names in a compose file that programs of Dapr are started with, each with the service in whose network they are.
fn of_compose(file: &Value, hosts: &Hosts) -> BTreeSet<(String, String)> {
    let containers = file.get("services").and_then(Value::as_map).into_iter().flatten();
    let found = containers.filter_map(|(name, container)| {
        let words: Vec<&str> = ["entrypoint", "command"]
            .iter()
            .flat_map(|key| command::placed(container.get(key)))
            .filter_map(|(word, _)| word.known())
            .flat_map(str::split_whitespace)
            .collect();
        let at = words.iter().position(|word| word.trim_start_matches('-').split('=').next() == Some("app-id"))?;
        let id = words.get(at)?.split_once('=').map(|(_, id)| id).or_else(|| words.get(at + 1).copied())?;
        let beside =
            container.get("network_mode").and_then(Value::as_str).and_then(|mode| mode.strip_prefix("service:"));
        Some((id.to_owned(), hosts.named(beside.or_else(|| name.known())?)?.to_owned()))
    });
    found.collect()
}

/// The names that a file for `dapr run -f` gives to programs, each with the service whose directory that is.
///
/// See <https://docs.dapr.io/developing-applications/local-development/multi-app-dapr-run/multi-app-template/>.
fn of_runs(file: &Item, hosts: &Hosts, owner: &impl Fn(&str) -> Option<String>) -> BTreeSet<(String, String)> {
    let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let apps = file.value.get("apps").and_then(Value::as_list).unwrap_or_default();
    let found = apps.iter().filter_map(|app| {
        let place = join(directory, text_at(app, &["appDirPath"])?);
        let last = place.rsplit('/').next().unwrap_or(&place);
        let id = text_at(app, &["appID"]).unwrap_or(last);
        let service = owner(&format!("{place}/x")).or_else(|| hosts.named(last).map(str::to_owned))?;
        Some((id.to_owned(), service))
    });
    found.collect()
}

impl Deploy {
    /// Takes in the components of Dapr, and how it calls programs: those of pods, of compose files, and of its own files that start them.
    pub(super) fn dapr(
        &mut self,
        items: &[Item],
        (maps, pods): (&Maps, &[Pods]),
        hosts: &Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) {
        self.components.extend(items.iter().filter_map(|item| Component::of(item, maps)));
        for of in pods {
            let notes = of.template.pointer("/metadata/annotations");
            let said = |name: &str| notes.and_then(|notes| notes.get(name)?.as_str());
            let is_beside = notes.and_then(|notes| notes.get("dapr.io/enabled")).is_some_and(|value| {
                value.as_bool() == Some(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
            });
            // Without a name of its own a program has that of its workload.
            let id = said("dapr.io/app-id").or_else(|| is_beside.then_some(of.service.as_str()));
            self.app_ids.extend(id.map(|id| (id.to_owned(), of.service.clone())));
        }
        for item in items.iter().filter(|item| item.chart.is_none() && item.value.get("kind").is_none()) {
            self.app_ids.extend(of_compose(&item.value, hosts));
            self.app_ids.extend(of_runs(item, hosts, owner));
        }
    }

    /// The components of Dapr that files of the deploy write.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// How Dapr calls programs, each with the service.
    pub fn app_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.app_ids.iter().map(|(id, service)| (id.as_str(), service.as_str()))
    }

    /// Says which components of Dapr a service may use, and of which of them it is known that it may.
    pub fn grant_components(&mut self, service: &str, names: BTreeMap<String, bool>) {
        self.given.entry(service.to_owned()).or_default().components.extend(names);
    }
}
