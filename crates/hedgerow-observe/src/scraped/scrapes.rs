//! When which collector was scraped, whatever the addresses at which it was.

use super::query::{Query, SECOND, Series};
use super::runs::{Runs, joined, outside};
use super::{Asking, DAY, SINCE};
use crate::naming::Micros;
use std::collections::{BTreeMap, BTreeSet};

/// How much longer than usual it may take from one scrape to the next.
const LATE: (Micros, Micros) = (5, 2);
/// From one scrape to the next at least so much is no gap.
const ALWAYS: Micros = 5 * SECOND;

/// A scraped collector, by the labels that Prometheus gives it.
pub(super) type Identity = String;

/// When collectors were scraped.
#[derive(Debug, Default)]
pub(super) struct Scrapes {
    /// By store.
    of: BTreeMap<String, BTreeSet<Micros>>,
    /// By store, since when it keeps.
    since: BTreeMap<String, Micros>,
    /// By identity: since when it had which store.
    stores: BTreeMap<Identity, BTreeMap<Micros, String>>,
    /// By identity: when it was scraped last.
    ends: BTreeMap<Identity, Micros>,
    /// The last scrapes of stores that are missing at the end of the window.
    lasts: Vec<Micros>,
}

/// The labels that Prometheus gives to what it scrapes.
pub(super) fn identity(series: &Series, own: &[&str]) -> Identity {
    let others = series.labels.iter().filter(|(label, _)| *label != "__name__" && !own.contains(&label.as_str()));
    others.map(|(label, value)| format!("{label}={value};")).collect()
}

impl Scrapes {
    pub(super) fn ask<E>(asking: &mut Asking<'_, E>, (from, to): (Micros, Micros)) -> Result<Self, E> {
        let mut scrapes = Self::default();
        // What counters had before is looked for as far back.
        let mut at = from.saturating_sub(DAY);
        while at < to {
            let end = (at.div_euclid(DAY) * DAY + DAY).min(to);
            let selector = asking.selector(SINCE);
            for series in asking.ask(&Query::Raw { selector, from: at, to: end })? {
                scrapes.take(&series);
            }
            at = end;
        }
        scrapes.lasts = scrapes.of.keys().filter_map(|store| scrapes.ended(store, to)).collect();
        Ok(scrapes)
    }

    fn take(&mut self, series: &Series) {
        let store = series.labels.get("store").cloned().unwrap_or_default();
        let Some((first, since)) = series.samples.first() else { return };
        self.since.entry(store.clone()).or_insert((since * 1e6) as Micros);
        let who = identity(series, &["store"]);
        let end = self.ends.entry(who.clone()).or_insert(*first);
        *end = series.samples.iter().map(|(at, _)| *at).fold(*end, Micros::max);
        let of_identity = self.stores.entry(who).or_default();
        let begins = of_identity.iter().find(|(_, of)| **of == store).map(|(at, _)| *at);
        if begins.is_none_or(|at| *first < at) {
            of_identity.insert(*first, store.clone());
        }
        self.of.entry(store).or_default().extend(series.samples.iter().map(|(at, _)| *at));
    }

    /// The first moment of which any can tell, since a moment: its first scrape, or when its store was begun.
    pub(super) fn first(&self, from: Micros) -> Option<Micros> {
        let of = |(store, all): (&String, &BTreeSet<Micros>)| {
            let first = *all.range(from..).next()?;
            let since = self.since.get(store).copied().filter(|since| *since >= from);
            Some(since.map_or(first, |since| since.min(first)))
        };
        self.of.iter().filter_map(of).min()
    }

    /// The store of whoever was scraped so.
    pub(super) fn store(&self, identity: &str, at: Micros) -> Option<&str> {
        let of_identity = self.stores.get(identity)?;
        let last = of_identity.range(..=at).next_back().or_else(|| of_identity.first_key_value());
        last.map(|(_, store)| store.as_str())
    }

    /// When whoever was scraped so was scraped last.
    pub(super) fn end(&self, identity: &str) -> Option<Micros> {
        self.ends.get(identity).copied()
    }

    /// Since when whoever is scraped so has the store that it has now.
    pub(super) fn began(&self, identity: &str) -> Option<Micros> {
        self.stores.get(identity)?.last_key_value().map(|(at, _)| *at)
    }

    /// The last scrape of a store up to a moment.
    pub(super) fn before(&self, store: &str, at: Micros) -> Option<Micros> {
        self.of.get(store)?.range(..=at).next_back().copied()
    }

    /// The first scrape of a store after a moment.
    pub(super) fn after(&self, store: &str, at: Micros) -> Option<Micros> {
        self.of.get(store)?.range(at.saturating_add(1)..).next().copied()
    }

    /// The stores' first scrapes.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (&str, Micros)> {
        self.of.iter().filter_map(|(store, at)| Some((store.as_str(), *at.first()?)))
    }

    /// Whether a store was scraped for the last time after a moment and up to another one: what it had then is gone when the step ends.
    pub(super) fn ends_within(&self, start: Micros, end: Micros) -> bool {
        self.lasts.iter().any(|last| start < *last && *last <= end)
    }

    /// Whether all that a store holds is of the window.
    pub(super) fn is_new(&self, store: &str, from: Micros) -> bool {
        self.since.get(store).is_some_and(|since| *since >= from)
    }

    /// When the last scrape of a store was, if it is missing at the end of the window.
    pub(super) fn ended(&self, store: &str, to: Micros) -> Option<Micros> {
        let all = self.of.get(store)?;
        all.last().copied().filter(|last| to.saturating_sub(*last) > usual(all))
    }

    /// Since when a store can tell of the window: since its beginning, or since it was begun.
    pub(super) fn begin(&self, store: &str, from: Micros) -> Micros {
        self.since.get(store).map_or(from, |since| from.max(*since))
    }

    /// By store, the times of the window for which nobody knows what the collector would have told.
    pub(super) fn gaps(&self, from: Micros, to: Micros) -> BTreeMap<&str, Runs> {
        let of_store = |(store, all): (&'_ String, &BTreeSet<Micros>)| {
            let (usual, from) = (usual(all), self.begin(store, from));
            // Between two scrapes that are near to each other everything is known.
            let pairs = all.iter().zip(all.iter().skip(1)).map(|(a, b)| (*a, *b));
            let ends = all.last().map(|last| (*last, to));
            let begins = all.first().map(|first| (from, *first));
            let known = pairs.chain(ends).chain(begins).filter(|(a, b)| b.saturating_sub(*a) <= usual);
            outside(&joined(known.collect()), (from, to))
        };
        self.of.iter().map(|(store, all)| (store.as_str(), of_store((store, all)))).collect()
    }
}

/// From one scrape to the next it is at most so long, usually.
fn usual(all: &BTreeSet<Micros>) -> Micros {
    let mut apart: Vec<Micros> = all.iter().zip(all.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    let middle = apart.len() / 2;
    let median = if apart.is_empty() { 0 } else { *apart.select_nth_unstable(middle).1 };
    (median.saturating_mul(LATE.0) / LATE.1).max(ALWAYS)
}
