//! Counters of collectors: how much they grew, and when.

use super::query::{LOOK_BACK, Query, SECOND, Selector, Series};
use super::scrapes::{Scrapes, identity};
use super::{AT_ONCE, Asking, CALLS, CLOSER, DAY, Grid};
use crate::ledger::{Day, Edge, OTHER, day_of};
use crate::naming::Micros;
use crate::observations::{End, Verdict};
use crate::record::Protocol;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What was counted of one edge in the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OfEdge {
    pub(super) count: u64,
    pub(super) first: Micros,
    pub(super) last: Micros,
    pub(super) days: BTreeSet<Day>,
}

/// How a counter of one store grew: by how much, after which moment, and up to which.
type Growth = (f64, Micros, Micros);

/// One counter of one store, at however many addresses it is scraped.
#[derive(Debug, Default)]
struct Level {
    peak: f64,
    /// By identity.
    last: BTreeMap<String, f64>,
    /// The moment that was looked at last.
    seen: Micros,
}

impl Level {
    /// Takes a sample: by how much the counter grew. `begin`: what it had before its first sample; nothing where that is not known.
    fn take(&mut self, identity: &str, value: f64, begin: Option<f64>) -> f64 {
        let is_first = self.last.is_empty();
        let own = self.last.insert(identity.to_owned(), value);
        if is_first {
            self.peak = value;
            return value - begin.unwrap_or(value);
        }
        if own.is_some_and(|own| value < own) {
            // It was begun anew, wherever else it is scraped.
            self.peak = value;
            self.last.retain(|other, _| other == identity);
            return value;
        }
        let more = (value - self.peak).max(0.0);
        self.peak = self.peak.max(value);
        more
    }
}

/// Samples of one metric by store and key, each with the identity it has.
type Samples<K> = BTreeMap<(String, K), Vec<(Micros, String, f64)>>;

/// Reads how counters of one metric grew in the window. `own`: the metric's own labels, of which `key` makes a key.
fn growths<E, K: Ord + Clone>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    (selector, own): (&Selector, &[&str]),
    key: impl Fn(&Series) -> Option<K>,
    mut grew: impl FnMut(&K, Growth),
) -> Result<(), E> {
    let mut levels: BTreeMap<(String, K), Level> = BTreeMap::new();
    for part in grid.parts() {
        let (Some(from), Some(to)) = (part.first().copied(), part.last().copied()) else { continue };
        let mut samples: Samples<K> = BTreeMap::new();
        let is_before = to <= grid.from;
        let mut take = |all: Vec<Series>| {
            for series in all {
                let Some(key) = key(&series) else { continue };
                let who = identity(&series, own);
                for (at, value) in series.samples {
                    let Some(store) = scrapes.store(&who, at) else { continue };
                    // Prometheus shows a sample for some minutes. Of a collector that has moved it is what it had at its earlier address, and over.
                    let end = scrapes.end(&who).unwrap_or(at);
                    if end <= grid.before(at) && !is_before {
                        continue;
                    }
                    samples.entry((store.to_owned(), key.clone())).or_default().push((at.min(end), who.clone(), value));
                }
            }
        };
        if is_before {
            // What counters had when the window began, also where nobody was scraped at that moment.
            take(asking.ask(&Query::Last { selector: selector.clone(), from: to.saturating_sub(DAY), to })?);
        } else {
            take(asking.ask(&Query::At { selector: selector.clone(), from, to, step: grid.step })?);
            for query in closer_in(asking, grid, scrapes, selector, &part)? {
                take(asking.ask(&query)?);
            }
        }
        if is_before {
            // Of a collector that has moved since, what it had at its earlier addresses is over: it may have begun anew.
            for of in samples.values_mut() {
                let newest = of.iter().map(|(_, who, _)| who).max_by_key(|who| scrapes.began(who)).cloned();
                of.retain(|(_, who, _)| Some(who) == newest.as_ref());
            }
        }
        for ((store, key), mut of) in samples {
            of.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            for (at, who, value) in of {
                // What a moment shows was scraped before it.
                let scraped = scrapes.before(&store, at).unwrap_or(at);
                let known = levels.entry((store.clone(), key.clone()));
                let is_known = matches!(known, Entry::Occupied(_));
                let level = known.or_default();
                // All of it is new where the store is, or where the collector was scraped before, and had no such counter.
                let was_there = scrapes
                    .before(&store, scraped.saturating_sub(1))
                    .is_some_and(|earlier| earlier >= grid.from.saturating_sub(DAY));
                let is_new = at > grid.from && (was_there || scrapes.is_new(&store, grid.from));
                let looked = if is_known { level.seen } else { grid.before(at) };
                let after =
                    scrapes.before(&store, looked).unwrap_or(grid.from).clamp(grid.from, scraped.max(grid.from));
                level.seen = at;
                let more = level.take(&who, value, is_new.then_some(0.0));
                if more > 0.0 && at > grid.from {
                    grew(&key, (more, after, scraped.max(grid.from)));
                }
            }
        }
    }
    Ok(())
}

/// The steps of a part in which a counter fell, and those in which a store was scraped for the first or the last time: of these each sample is wanted.
fn closer_in<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    selector: &Selector,
    part: &[Micros],
) -> Result<Vec<Query>, E> {
    let (Some(from), Some(to)) = (part.first().copied(), part.last().copied()) else { return Ok(Vec::new()) };
    // Nothing stands for all callees.
    let mut steps: BTreeMap<Micros, Option<BTreeSet<String>>> = BTreeMap::new();
    for end in part {
        let start = grid.before(*end);
        let begins = scrapes.firsts().any(|(_, first)| start < first && first <= *end);
        if begins || scrapes.ends_within(start, *end) {
            steps.insert(*end, None);
        }
    }
    for series in asking.ask(&Query::Resets { selector: selector.clone(), from, to, step: grid.step })? {
        let callee = series.labels.get("callee").cloned().unwrap_or_default();
        for (end, _) in series.samples.iter().filter(|(_, times)| *times > 0.0) {
            if let Some(callees) = steps.entry(*end).or_insert_with(|| Some(BTreeSet::new())) {
                callees.insert(callee.clone());
            }
        }
    }
    let mut queries = Vec::new();
    for (end, callees) in steps {
        let start = grid.before(end);
        let raw = |selector| Query::Raw { selector, from: start, to: end };
        match callees {
            None => queries.push(raw(selector.clone())),
            Some(callees) => {
                let callees: Vec<String> = callees.into_iter().collect();
                let parts = callees.chunks(AT_ONCE);
                queries.extend(parts.map(|part| raw(selector.clone().with("callee", part.iter().cloned()))));
            }
        }
    }
    Ok(queries)
}

const EDGE: [&str; 5] = ["caller", "callee", "port", "verdict", "protocol"];

/// The edge that a series is of.
fn edge(series: &Series) -> Option<Edge> {
    let label = |name: &str| series.labels.get(name).map(String::as_str);
    let verdict = match label("verdict")? {
        "permitted" => Verdict::Permitted,
        "unpermitted" => Verdict::Unpermitted,
        "dropped" => Verdict::Dropped,
        // What a later version may say is not known here.
        _ => Verdict::Unknown,
    };
    // Addresses and names of pods are in no label: that it was one of them is all that is known.
    let caller = match label("caller")? {
        "node" => End::Outsider("node:*".to_owned()),
        "outside" => End::Outsider("address:*".to_owned()),
        OTHER => End::Outsider(OTHER.to_owned()),
        "unknown" => End::Unknown(Vec::new()),
        caller => match caller.strip_prefix("pods:") {
            Some(namespace) => End::Outsider(format!("pod:{namespace}/*")),
            None => End::Service(caller.to_owned()),
        },
    };
    let protocol = label("protocol").unwrap_or("TCP");
    Some(Edge {
        callee: label("callee")?.to_owned(),
        caller,
        port: label("port")?.parse().ok()?,
        protocol: Protocol::parse(protocol)?,
        verdict,
    })
}

/// The calls of the window by edge.
pub(super) fn edges<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    notes: &mut Vec<String>,
) -> Result<BTreeMap<Edge, OfEdge>, E> {
    let mut edges: BTreeMap<Edge, OfEdge> = BTreeMap::new();
    // By store and edge, the steps in which it was seen first and last.
    let mut ends: BTreeMap<Edge, [(Micros, Micros); 2]> = BTreeMap::new();
    let selector = asking.of_callee(CALLS);
    growths(asking, grid, scrapes, (&selector, &EDGE), edge, |edge, (more, after, at)| {
        let of_edge = edges.entry(edge.clone()).or_insert_with(|| OfEdge { first: Micros::MAX, ..OfEdge::default() });
        of_edge.count = of_edge.count.saturating_add(more.round() as u64);
        of_edge.first = of_edge.first.min(after);
        of_edge.last = of_edge.last.max(at);
        of_edge.days.insert(day_of(at.saturating_sub(SECOND)));
        let [first, last] = ends.entry(edge.clone()).or_insert([(after, at); 2]);
        *first = (*first).min((after, at));
        if last.1 < at {
            *last = (after, at);
        }
    })?;
    closer(asking, scrapes, &ends, &mut edges, notes)?;
    Ok(edges)
}

/// Looks at each sample of the steps in which edges were seen first and last.
fn closer<E>(
    asking: &mut Asking<'_, E>,
    scrapes: &Scrapes,
    ends: &BTreeMap<Edge, [(Micros, Micros); 2]>,
    edges: &mut BTreeMap<Edge, OfEdge>,
    notes: &mut Vec<String>,
) -> Result<(), E> {
    let mut steps: BTreeMap<(Micros, Micros), BTreeSet<&str>> = BTreeMap::new();
    for (edge, [first, last]) in ends {
        for (after, at) in [first, last] {
            // Two scrapes that follow each other have nothing between them.
            let is_one = scrapes.firsts().all(|(store, _)| scrapes.after(store, *after).is_none_or(|next| next >= *at));
            if !is_one {
                steps.entry((*after, *at)).or_default().insert(&edge.callee);
            }
        }
    }
    let questions: usize = steps.values().map(|callees| callees.len().div_ceil(AT_ONCE)).sum();
    if questions > CLOSER {
        notes.push(format!(
            "when edges were seen first and last is told to an hour: to be more exact would take {questions} questions"
        ));
        return Ok(());
    }
    for ((after, at), callees) in steps {
        let callees: Vec<String> = callees.into_iter().map(str::to_owned).collect();
        for callees in callees.chunks(AT_ONCE) {
            let selector = asking.selector(CALLS).with("callee", callees.iter().cloned());
            // What was scraped last before the step is what it grew from.
            let from = after.saturating_sub(LOOK_BACK).div_euclid(SECOND).saturating_mul(SECOND);
            let to = at.saturating_add(SECOND - 1).div_euclid(SECOND).saturating_mul(SECOND);
            let mut samples: Samples<Edge> = BTreeMap::new();
            for series in asking.ask(&Query::Raw { selector, from, to })? {
                let Some(edge) = edge(&series) else { continue };
                let who = identity(&series, &EDGE);
                for (moment, value) in series.samples {
                    let Some(store) = scrapes.store(&who, moment) else { continue };
                    samples.entry((store.to_owned(), edge.clone())).or_default().push((moment, who.clone(), value));
                }
            }
            let mut grown: BTreeMap<Edge, (Micros, Micros)> = BTreeMap::new();
            for ((store, edge), mut of) in samples {
                of.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
                let mut level = Level::default();
                for (moment, who, value) in of {
                    let before = scrapes.before(&store, moment.saturating_sub(1));
                    // Where the collector was scraped and had it not, it is new.
                    let is_new = scrapes.is_new(&store, after) || before.is_some_and(|before| before > from);
                    let more = level.take(&who, value, is_new.then_some(0.0));
                    if more > 0.0 && moment > after && moment <= at {
                        let start = before.unwrap_or(after).max(after);
                        let grown = grown.entry(edge.clone()).or_insert((start, moment));
                        *grown = (grown.0.min(start), grown.1.max(moment));
                    }
                }
            }
            for (edge, (first, last)) in grown {
                let (Some(of_edge), Some([first_step, last_step])) = (edges.get_mut(&edge), ends.get(&edge)) else {
                    continue;
                };
                if *first_step == (after, at) {
                    of_edge.first = first;
                }
                if *last_step == (after, at) {
                    of_edge.last = last;
                }
            }
        }
    }
    Ok(())
}

/// Counts by callee and day.
pub(super) fn by_callee<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    name: &'static str,
) -> Result<BTreeMap<String, BTreeMap<Day, u64>>, E> {
    let mut counts: BTreeMap<String, BTreeMap<Day, u64>> = BTreeMap::new();
    let selector = asking.of_callee(name);
    let callee = |series: &Series| series.labels.get("callee").cloned();
    growths(asking, grid, scrapes, (&selector, &["callee"]), callee, |callee, (more, _, at)| {
        let day = day_of(at.saturating_sub(SECOND));
        let count = counts.entry(callee.clone()).or_default().entry(day).or_default();
        *count = count.saturating_add(more.round() as u64);
    })?;
    Ok(counts)
}
