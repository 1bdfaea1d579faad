//! ConfigMaps and Secrets: what they hold, and which of a name a workload uses.

use super::Spot;
use super::item::{Item, partial_at, text_at};
use super::kustomize;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeMap;

/// Which kind of objects: ConfigMaps, or Secrets whose texts the tree holds as they are (`stringData`).
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

/// The ConfigMaps and Secrets among the objects.
pub(super) fn of<'a>(items: &'a [Item<'a>]) -> Maps<'a> {
    let mut maps = Maps::new();
    for item in items {
        let (kind, data) = match text_at(&item.value, &["kind"]) {
            Some("ConfigMap") => (Kind::Map, "data"),
            Some("Secret") => (Kind::Secret, "stringData"),
            _ => continue,
        };
        if let (Some(name), Some(data)) = (partial_at(&item.value, &["metadata", "name"]), item.value.get(data)) {
            maps.entry((kind, item.scope(), name)).or_default().push(Map { item, data });
        }
    }
    maps
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
/// one from outside of the chart.
pub(super) fn written<'m>(
    (kind, name): (Kind, &'m Partial),
    item: &'m Item,
    maps: &'m Maps<'m>,
) -> impl Iterator<Item = Map<'m>> {
    let all = maps.get(&(kind, item.scope(), name)).or_else(|| maps.get(&(kind, "", name)));
    let all = all.into_iter().flatten().copied();
    let is_near = |map: &Map| {
        let (one, other) = (&item.namespaces, &map.item.namespaces);
        one.is_empty() || other.is_empty() || !one.is_disjoint(other)
    };
    all.filter(is_near)
}
