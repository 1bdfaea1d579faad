//! What was heard of each source of each node.

use super::query::{Query, SECOND, Series};
use super::runs::{Runs, both, joined, outside};
use super::scrapes::{Scrapes, identity};
use super::{Asking, Grid, HEARD_SINCE, HEARD_UNTIL, LOST};
use crate::ledger::{Day, day_of};
use crate::naming::Micros;
use std::collections::{BTreeMap, BTreeSet};

const OWN: [&str; 2] = ["node", "source"];

/// One source of a node.
#[derive(Debug, Default)]
pub(super) struct OfSource {
    pub(super) since: Micros,
    pub(super) gone: Option<Micros>,
    pub(super) runs: Runs,
}

type Key = (String, String);

/// What one collector tells of one source.
#[derive(Debug, Default)]
struct Told {
    /// At each moment that was looked at: since when and until when it was heard without a break.
    runs: BTreeMap<Micros, (Micros, Micros)>,
}

fn key(series: &Series) -> Option<Key> {
    Some((series.labels.get("node")?.clone(), series.labels.get("source")?.clone()))
}

/// Puts both ends of each run together, by store and source.
fn pairs(since: Vec<Series>, until: Vec<Series>, scrapes: &Scrapes, told: &mut BTreeMap<(String, Key), Told>) {
    let mut begins: BTreeMap<(String, Key), BTreeMap<Micros, f64>> = BTreeMap::new();
    for series in since {
        let Some(key) = key(&series) else { continue };
        begins.entry((identity(&series, &OWN), key)).or_default().extend(series.samples);
    }
    for series in until {
        let Some(key) = key(&series) else { continue };
        let who = (identity(&series, &OWN), key);
        let Some(begins) = begins.get(&who) else { continue };
        for (at, end) in series.samples {
            let Some(begin) = begins.get(&at) else { continue };
            let Some(store) = scrapes.store(&who.0, at) else { continue };
            // Inwards, by what a number with a point may be wrong.
            let run = ((begin * 1e6).ceil() as Micros, (end * 1e6).floor() as Micros);
            let of = &mut told.entry((store.to_owned(), who.1.clone())).or_default().runs;
            of.entry(at).and_modify(|known| *known = (*known).max(run)).or_insert(run);
        }
    }
}

/// Looks at each sample of some nodes in some time.
fn each<E>(
    asking: &mut Asking<'_, E>,
    scrapes: &Scrapes,
    nodes: &[String],
    (from, to): (Micros, Micros),
    told: &mut BTreeMap<(String, Key), Told>,
) -> Result<(), E> {
    for nodes in nodes.chunks(super::AT_ONCE) {
        let query = |selector: super::Selector| {
            let selector = selector.with("node", nodes.iter().cloned());
            Query::Raw { selector, from, to }
        };
        let since = asking.ask(&query(asking.selector(HEARD_SINCE)))?;
        let until = asking.ask(&query(asking.selector(HEARD_UNTIL)))?;
        pairs(since, until, scrapes, told);
    }
    Ok(())
}

pub(super) fn ask<E>(asking: &mut Asking<'_, E>, grid: &Grid, scrapes: &Scrapes) -> Result<BTreeMap<Key, OfSource>, E> {
    let mut told: BTreeMap<(String, Key), Told> = BTreeMap::new();
    let mut moments: Vec<Micros> = Vec::new();
    for part in grid.parts() {
        let (Some(from), Some(to)) = (part.first().copied(), part.last().copied()) else { continue };
        let query = |selector| Query::At { selector, from, to, step: grid.step };
        let since = asking.ask(&query(asking.selector(HEARD_SINCE)))?;
        let until = asking.ask(&query(asking.selector(HEARD_UNTIL)))?;
        pairs(since, until, scrapes, &mut told);
        // Nodes that were there between two of these moments only.
        let before = moments.last().copied().unwrap_or(grid.from);
        let mut short: BTreeSet<String> = BTreeSet::new();
        if before < to {
            let known: BTreeSet<&Key> = told.keys().map(|(_, key)| key).collect();
            for series in asking.ask(&Query::Present { selector: asking.selector(HEARD_UNTIL), from: before, to })? {
                short.extend(key(&series).filter(|key| !known.contains(key)).map(|(node, _)| node));
            }
        }
        each(asking, scrapes, &short.into_iter().collect::<Vec<_>>(), (before, to), &mut told)?;
        moments.extend(part);
    }
    // Where a source was broken, came or went within a step, each sample of that step is looked at.
    let mut closer: BTreeMap<Micros, BTreeSet<String>> = BTreeMap::new();
    for ((_, (node, _)), of) in &told {
        for pair in moments.windows(2) {
            let (Some(start), Some(end)) = (pair.first(), pair.last()) else { continue };
            let is_whole = match (of.runs.get(start), of.runs.get(end)) {
                (Some(before), Some(after)) => after.0 <= before.1,
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !is_whole {
                closer.entry(*end).or_default().insert(node.clone());
            }
        }
    }
    for (end, nodes) in closer {
        let from = grid.before(end);
        each(asking, scrapes, &nodes.into_iter().collect::<Vec<_>>(), (from, end), &mut told)?;
    }
    let gaps = scrapes.gaps(grid.from, grid.to);
    let mut by_key: BTreeMap<Key, Vec<OfStore>> = BTreeMap::new();
    for ((store, key), of) in told {
        let (Some(first), Some(last)) = (of.runs.first_key_value(), of.runs.last_key_value()) else { continue };
        // From the last scrape at which it was not there. Where there was none, nobody knows since when it was.
        let (since, begin) = if *first.0 <= grid.from {
            (grid.from, grid.from)
        } else if let Some(before) = scrapes.before(&store, first.0.saturating_sub(1)) {
            (before.max(grid.from), before.max(grid.from))
        } else {
            let begin = scrapes.begin(&store, grid.from);
            (begin, if begin > grid.from { begin } else { *first.0 })
        };
        let gone = if *last.0 >= grid.to { None } else { scrapes.after(&store, *last.0).filter(|at| *at < grid.to) };
        let known = outside(gaps.get(store.as_str()).unwrap_or(&Vec::new()), (grid.from, grid.to));
        let runs = both(&joined(of.runs.into_values().collect()), &known);
        let gone = gone.or_else(|| scrapes.ended(&store, grid.to));
        by_key.entry(key).or_default().push(OfStore { since, begin, gone, runs });
    }
    Ok(by_key.into_iter().map(|(key, told)| (key, together(told, grid))).collect())
}

/// What one collector tells of a source.
#[derive(Debug)]
struct OfStore {
    /// Since when it may have been there.
    since: Micros,
    /// Since when the collector tells of it.
    begin: Micros,
    gone: Option<Micros>,
    runs: Runs,
}

/// What several collectors tell of one source: it was heard when all say so who tell of it then.
fn together(told: Vec<OfStore>, grid: &Grid) -> OfSource {
    let since = told.iter().map(|it| it.since).min().unwrap_or(grid.from);
    let mut runs: Option<Runs> = None;
    let mut gone: Option<Micros> = told.iter().map(|it| it.gone.unwrap_or(Micros::MAX)).max();
    let mut all: Runs = Vec::new();
    for OfStore { begin, gone, runs: heard, .. } in &told {
        let meant = (*begin, gone.unwrap_or(grid.to));
        all.push(meant);
        let others = outside(&vec![meant], (grid.from, grid.to));
        let either = joined(heard.iter().copied().chain(others).collect());
        runs = Some(match runs {
            Some(runs) => both(&runs, &either),
            None => either,
        });
    }
    // A time of which nobody tells was not heard.
    let runs = both(&runs.unwrap_or_default(), &joined(all));
    gone = gone.filter(|gone| *gone < grid.to);
    OfSource { since, gone, runs }
}

/// What sources lost, by day.
pub(super) fn lost<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
) -> Result<BTreeMap<Key, BTreeMap<Day, u64>>, E> {
    let mut lost: BTreeMap<Key, BTreeMap<Day, u64>> = BTreeMap::new();
    // This counter begins anew with each start of the collector.
    let mut last: BTreeMap<(String, Key), f64> = BTreeMap::new();
    for part in grid.parts() {
        for series in asking.at_steps(&asking.selector(LOST), &part, grid, scrapes)? {
            let Some(key) = key(&series) else { continue };
            let who = (identity(&series, &OWN), key.clone());
            for (at, value) in series.samples {
                let is_first = at <= grid.from || scrapes.store(&who.0, at).is_none();
                let before = last.insert(who.clone(), value);
                let more = match before {
                    Some(before) if value >= before => value - before,
                    None if is_first => 0.0,
                    Some(_) | None => value,
                };
                if more > 0.0 {
                    let day = day_of(at.saturating_sub(SECOND));
                    let count = lost.entry(key.clone()).or_default().entry(day).or_default();
                    *count = count.saturating_add(more as u64);
                }
            }
        }
    }
    Ok(lost)
}
