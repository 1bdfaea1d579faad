//! ConfigMaps and Secrets: what they hold, and which of a name a workload uses.

use super::Spot;
use super::item::{Item, partial_at, text_at};
use super::kustomize;
use crate::base64;
use crate::host::{Answer, Hosts};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which kind of objects: ConfigMaps, or Secrets whose texts the tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Map,
    Secret,
}

/// ConfigMaps and Secrets by kind, chart and name; of one name there may be several, for several environments.
pub(super) type Maps<'a> = BTreeMap<(Kind, &'a str, &'a Partial), Vec<Map<'a>>>;

/// What a ConfigMap holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) data: &'a Value,
}

/// Where the maps are kept that are called the same for whoever uses them: a name that is known in full is no chart's own.
const ANYWHERE: &str = "*";

/// The ConfigMaps and Secrets among the objects.
pub(super) fn of<'a>(items: &'a [Item<'a>]) -> Maps<'a> {
    let mut maps = Maps::new();
    for item in items {
        let (kind, parts): (_, &[&str]) = match text_at(&item.value, &["kind"]) {
            Some("ConfigMap") => (Kind::Map, &["data"]),
            Some("Secret") => (Kind::Secret, &["stringData", "data"]),
            _ => continue,
        };
        let Some(name) = partial_at(&item.value, &["metadata", "name"]) else { continue };
        for data in parts.iter().filter_map(|part| item.value.get(part)) {
            maps.entry((kind, item.scope(), name)).or_default().push(Map { item, data });
            if item.chart.is_some() && name.known().is_some() {
                maps.entry((kind, ANYWHERE, name)).or_default().push(Map { item, data });
            }
        }
    }
    // Of several charts that have one of a name each means its own.
    maps.retain(|(_, scope, _), all| {
        *scope != ANYWHERE || all.windows(2).all(|pair| pair[0].item.scope() == pair[1].item.scope())
    });
    maps
}

/// A Secret with the texts that it holds in base64. Those that are committed are examples most often: what is no address (`YOUR_URL`, a
/// password) is set to something that nobody knows, but a word of a service's name, of which code may make an address.
pub(super) fn decoded(object: &Value, is_address: &impl Fn(&Partial) -> bool) -> Option<Value> {
    let pairs = object.as_map().filter(|_| text_at(object, &["kind"]) == Some("Secret"))?;
    let text = |value: &Value| match value.as_text() {
        Some(text) => base64::decoded(text).filter(is_address).map_or_else(Value::unknown, Value::Text),
        None => value.clone(),
    };
    let part = |(key, value): (&Partial, &Value)| match value {
        Value::Map(data) if key.known() == Some("data") => {
            (key.clone(), data.iter().map(|(key, value)| (key.clone(), text(value))).collect())
        }
        value => (key.clone(), value.clone()),
    };
    Some(pairs.iter().map(part).collect())
}

/// Whether a text that a Secret holds says whom a program calls, or a port: an address of a service, or a word of its name, of the machine, or of
/// somebody outside of the cluster, whose name has dots. `services` are the names of objects that are Services.
pub(super) fn says_host(text: &Partial, hosts: &Hosts, services: &BTreeSet<String>) -> bool {
    let Some(known) = text.known() else { return true };
    let is_host = |host: &str| {
        let name =
            |label: &str| !label.is_empty() && label.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c));
        let is_dotted = host.contains('.') && host.split('.').all(name);
        is_dotted || services.contains(host.split('.').next().unwrap_or(host))
    };
    let is_port = !known.is_empty() && known.len() <= 5 && known.bytes().all(|byte| byte.is_ascii_digit());
    is_port
        || hosts.has_words(known)
        || hosts.answers(text).iter().any(|answer| match answer {
            Answer::Service(..) | Answer::Several { .. } | Answer::Open => true,
            Answer::Local => known.contains("localhost") || known.contains("127.0.0.1"),
            Answer::Outside(host) => is_host(host),
        })
}

/// Where the data of a ConfigMap come from.
pub(super) enum Origin<'a> {
    /// From an object.
    Map(Spot),
    /// From a kustomization.
    Made(&'a kustomize::Map),
}

impl Origin<'_> {
    /// Where a key's value is said.
    pub(super) fn of(&self, key: &str) -> Spot {
        match self {
            Self::Map(data) => data.name(key),
            Self::Made(map) => map.spots.get(key).cloned().unwrap_or_default(),
        }
    }

    /// The value of a key.
    pub(super) fn value_of(&self, key: &str) -> Spot {
        match self {
            Self::Map(data) => data.key(key),
            Self::Made(_) => self.of(key),
        }
    }
}

/// The ConfigMaps or Secrets of a name that the tree writes and that are not in another namespace than the workload. A chart's workload may also use
/// one from outside of the chart, or of the only other chart that has one of this name.
pub(super) fn written<'m>(
    (kind, name): (Kind, &'m Partial),
    item: &'m Item,
    maps: &'m Maps<'m>,
) -> impl Iterator<Item = Map<'m>> {
    let mut scopes = [item.scope(), "", ANYWHERE].into_iter();
    let all = scopes.find_map(|scope| maps.get(&(kind, scope, name)));
    let all = all.into_iter().flatten().copied();
    let is_near = |map: &Map| {
        let (one, other) = (&item.namespaces, &map.item.namespaces);
        one.is_empty() || other.is_empty() || !one.is_disjoint(other)
    };
    all.filter(is_near)
}
