//! Components of Dapr: stores, brokers and other programs that code uses by a name, and whose addresses a program beside it knows.
//!
//! See <https://docs.dapr.io/reference/resource-specs/component-schema/>.

use super::item::{Item, partial_at, scalar, text_at};
use super::maps::{Kind, Maps, written};
use super::workloads::Pods;
use super::{Deploy, Spot};
use crate::partial::Partial;
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

impl Deploy {
    /// Takes in the components of Dapr, and how it calls the programs of pods.
    pub(super) fn dapr(&mut self, items: &[Item], maps: &Maps, pods: &[Pods]) {
        self.components.extend(items.iter().filter_map(|item| Component::of(item, maps)));
        for of in pods {
            let notes = of.template.pointer("/metadata/annotations");
            let id = notes.and_then(|notes| notes.get("dapr.io/app-id")?.as_str());
            self.app_ids.extend(id.map(|id| (id.to_owned(), of.service.clone())));
        }
    }

    /// The components of Dapr that files of the deploy write.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// How Dapr calls the programs of pods, each with the service.
    pub fn app_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.app_ids.iter().map(|(id, service)| (id.as_str(), service.as_str()))
    }

    /// Says which components of Dapr a service may use, and of which of them it is known that it may.
    pub fn grant_components(&mut self, service: &str, names: BTreeMap<String, bool>) {
        self.given.entry(service.to_owned()).or_default().components.extend(names);
    }
}
