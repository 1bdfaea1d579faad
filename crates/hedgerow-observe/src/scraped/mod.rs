//! Observations from what a Prometheus scraped of collectors, in the form in which one collector gives its own.
//!
//! Several collectors share a fleet, or one is to be asked for longer than its volume holds: Prometheus joins what they tell. Nothing here asks it;
//! whoever does gives [`Series`] for each [`Query`].
//!
//! # What is asked for
//! Counters are asked for at the ends of steps (hours, or minutes of a short window). Where a counter fell within a step, where a store was
//! scraped for the first or the last time, and where a source was broken, each sample of that step is asked for; so are those of the steps in which an edge
//! was seen first and last. So times are true to one scrape, and sums are as with every sample in hand.
//!
//! # What counts
//! A collector is told by its store ([`SINCE`]), whatever address it is scraped at. Its counters go on where they were when it is started again: what
//! was counted before it was first scraped within the window is not counted here, unless its store was begun within the window. A counter that
//! falls was begun anew, and what it has is all new (law 8).
//!
//! # What was heard
//! A collector says since when and until when each source was heard without a break ([`HEARD_SINCE`], [`HEARD_UNTIL`]). What lies in none of
//! these runs was not heard, nor the time between two scrapes that are further apart than usual: what was watched then, nobody knows. A node that
//! several collectors tell of was heard when all of them say so.

mod counters;
mod heard;
mod query;
mod runs;
mod scrapes;

pub use query::{NoAnswer, Query, Selector, Series, read};

use crate::ledger::{Answer, Canaries, Day, Heard, Question, Spans, Tally, day_of, start_of};
use crate::naming::Micros;
use crate::observations::{Observations, Watched};
use query::{LOOK_BACK, SECOND};
use runs::Runs;
use scrapes::{Scrapes, identity};
use std::collections::{BTreeMap, BTreeSet};

/// Since when a collector keeps what it sees, by its store.
pub const SINCE: &str = "hedgerow_store_since_timestamp_seconds";
/// Connections.
pub const CALLS: &str = "hedgerow_calls_total";
/// Since when a source is heard without a break.
pub const HEARD_SINCE: &str = "hedgerow_source_heard_since_timestamp_seconds";
/// Until when.
pub const HEARD_UNTIL: &str = "hedgerow_source_heard_until_timestamp_seconds";
/// What sources lost.
pub const LOST: &str = "hedgerow_source_lost_records_total";
/// Calls that canaries made, and those of them that were seen.
pub const CANARY_SENT: &str = "hedgerow_canary_calls_total";
/// See [`CANARY_SENT`].
pub const CANARY_SEEN: &str = "hedgerow_canary_seen_total";
/// When the last call of a canary was made that nobody saw.
pub const CANARY_MISSED: &str = "hedgerow_canary_missed_timestamp_seconds";
/// Pods of services by node; with 0 where some ran today.
pub const PODS: &str = "hedgerow_service_pods";
/// Pods that lack the label for a callee.
pub const UNLABELLED: &str = "hedgerow_unlabelled_pods";
/// Pods that wear a label for a callee that no rule gives.
pub const FORGED: &str = "hedgerow_forged_pods";
/// By callee, pods of no service that wear a label with which they may call it, at the end.
pub const STRANGERS: &str = "hedgerow_stranger_pods";
/// Pods that wear the label of a type.
pub const TYPED: &str = "hedgerow_typed_pods";
/// Since when the policies of a service say what they say.
pub const POLICY: &str = "hedgerow_service_policy_since_timestamp_seconds";
/// When the last run of a cron job ended well.
pub const FINISHED: &str = "hedgerow_job_finished_timestamp_seconds";
/// Calls of callers beyond the cap.
pub const CAPPED: &str = "hedgerow_series_dropped_total";
/// The catalogue.
pub const CATALOGUE: &str = "hedgerow_catalogue";

/// A window that is longer than this is looked at by hours, else by minutes.
const SHORT: Micros = 6 * 3600 * SECOND;
const DAY: Micros = 86_400 * SECOND;
/// How many questions may be asked to find out when edges were seen first and last. Beyond, these times are true to a step.
const CLOSER: usize = 4_000;
/// How many new nodes are asked for at once: each sample of a day of all services on them.
const NEW_AT_ONCE: usize = 5;
/// How many callees are asked for at once, where each sample is wanted.
const AT_ONCE: usize = 50;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment, in whole seconds.
    pub from: Micros,
    /// The last.
    pub to: Micros,
    /// Only calls to this service.
    pub callee: Option<String>,
    /// What all series have to wear besides, such as a cluster's name.
    pub labels: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scraped {
    /// The observations.
    pub observations: Observations,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault<E> {
    /// A question was not answered.
    Ask(E),
    /// Prometheus has nothing of any collector in this window.
    Nothing,
    /// Collectors count the stages of several environments: these.
    Environments(BTreeSet<String>),
}

impl<E> From<E> for Fault<E> {
    fn from(error: E) -> Self {
        Self::Ask(error)
    }
}

/// Whoever answers.
pub(crate) struct Asking<'a, E> {
    ask: &'a mut dyn FnMut(&Query) -> Result<Vec<Series>, E>,
    window: &'a Window,
}

impl<E> Asking<'_, E> {
    fn selector(&self, name: &'static str) -> Selector {
        let labels = self.window.labels.iter().map(|(label, value)| (label.clone(), vec![value.clone()]));
        Selector { name, labels: labels.collect() }
    }

    /// The same of one callee, where only one is asked for.
    fn of_callee(&self, name: &'static str) -> Selector {
        let all = self.selector(name);
        match &self.window.callee {
            Some(callee) => all.with("callee", [callee.clone()]),
            None => all,
        }
    }

    fn ask(&mut self, query: &Query) -> Result<Vec<Series>, E> {
        (self.ask)(query)
    }

    /// What series were at the ends of the steps of a part, and each sample of those in which a store was scraped for the last time.
    fn at_steps(
        &mut self,
        selector: &Selector,
        part: &[Micros],
        grid: &Grid,
        scrapes: &Scrapes,
    ) -> Result<Vec<Series>, E> {
        let (Some(from), Some(to)) = (part.first().copied(), part.last().copied()) else { return Ok(Vec::new()) };
        let mut all = self.ask(&Query::At { selector: selector.clone(), from, to, step: grid.step })?;
        for end in part {
            let start = grid.before(*end);
            if start < *end && scrapes.ends_within(start, *end) {
                all.extend(self.ask(&Query::Raw { selector: selector.clone(), from: start, to: *end })?);
            }
        }
        let mut joined: BTreeMap<BTreeMap<String, String>, Vec<(Micros, f64)>> = BTreeMap::new();
        for series in all {
            joined.entry(series.labels).or_default().extend(series.samples);
        }
        let series = joined.into_iter().map(|(labels, mut samples)| {
            samples.sort_by_key(|(at, _)| *at);
            Series { labels, samples }
        });
        Ok(series.collect())
    }

    fn at(&mut self, selector: Selector, at: Micros) -> Result<Vec<Series>, E> {
        self.ask(&Query::At { selector, from: at, to: at, step: SECOND })
    }
}

/// The window, cut into steps, a day at most at a time.
#[derive(Debug)]
struct Grid {
    from: Micros,
    to: Micros,
    step: Micros,
}

impl Grid {
    const fn new(from: Micros, to: Micros) -> Self {
        let step = if to - from > SHORT { 3600 * SECOND } else { 60 * SECOND };
        Self { from, to, step }
    }

    /// Whole steps within the window, the last one that is not after it.
    const fn up(&self, at: Micros) -> Micros {
        at.div_euclid(self.step) * self.step + if at.rem_euclid(self.step) == 0 { 0 } else { self.step }
    }

    /// The moments at which series are looked at, with the beginning of the step that ends there; in parts of a day.
    fn parts(&self) -> Vec<Vec<Micros>> {
        let mut parts: Vec<Vec<Micros>> = vec![vec![self.from]];
        let mut at = self.up(self.from);
        while at < self.to {
            if at > self.from {
                let is_new_day = at.rem_euclid(DAY) == self.step % DAY || parts.len() == 1;
                match parts.last_mut() {
                    Some(part) if !is_new_day => part.push(at),
                    _ => parts.push(vec![at]),
                }
            }
            at += self.step;
        }
        parts.push(vec![self.to]);
        parts
    }

    /// When the step begins that ends at a moment.
    fn before(&self, end: Micros) -> Micros {
        let start = end.saturating_sub(1).div_euclid(self.step) * self.step;
        start.max(self.from)
    }
}

/// The observations of a window.
///
/// # Errors
/// When a question is not answered, or nothing of any collector is there.
pub fn observations<E>(
    window: &Window,
    ask: &mut dyn FnMut(&Query) -> Result<Vec<Series>, E>,
) -> Result<Scraped, Fault<E>> {
    let mut asking = Asking { ask, window };
    let mut notes = Vec::new();
    let scrapes = Scrapes::ask(&mut asking, (window.from, window.to))?;
    let Some(first) = scrapes.first(window.from) else { return Err(Fault::Nothing) };
    // Of the time before any collector was scraped nothing is known.
    let was_scraped = scrapes.firsts().any(|(_, first)| first < window.from);
    let begin = if was_scraped { window.from } else { first.div_euclid(SECOND).saturating_mul(SECOND) };
    let from = window.from.max(begin);
    let grid = Grid::new(from, window.to.max(from + SECOND));
    let question = Question { since: from, until: grid.to, callee: window.callee.clone() };
    let mut answer = Answer::new(&question, from);
    for (store, gaps) in scrapes.gaps(from, grid.to) {
        let seconds: Micros =
            gaps.iter().map(|(begin, end)| end.saturating_sub(*begin) / SECOND).fold(0, Micros::saturating_add);
        if seconds > 0 {
            notes.push(format!(
                "the collector with the store {store} was not scraped for {} in all: that counts as not heard",
                hedgerow_core::diag::count(seconds, "second")
            ));
        }
    }
    let lost = heard::lost(&mut asking, &grid, &scrapes)?;
    for ((node, source), of_source) in heard::ask(&mut asking, &grid, &scrapes)? {
        answer.source(&node, &source, of_source.since, of_source.gone);
        let mut lost = lost.get(&(node.clone(), source.clone())).cloned().unwrap_or_default();
        for (day, spans) in by_day(&of_source.runs) {
            answer.heard(day, &node, &source, &Heard { spans, lost: lost.remove(&day).unwrap_or_default() });
        }
        for (day, lost) in lost {
            answer.heard(day, &node, &source, &Heard { spans: Spans::default(), lost });
        }
    }
    let edges = counters::edges(&mut asking, &grid, &scrapes, &mut notes)?;
    for (edge, of_edge) in &edges {
        for (number, day) in (0..).zip(&of_edge.days) {
            let count = if number == 0 { of_edge.count } else { 0 };
            answer.calls(*day, edge, Tally { count, first: of_edge.first, last: of_edge.last });
        }
    }
    let capped: BTreeSet<String> = asking
        .at(asking.of_callee(CAPPED), grid.to)?
        .into_iter()
        .filter(|series| series.samples.iter().any(|(_, count)| *count > 0.0))
        .filter_map(|mut series| series.labels.remove("callee"))
        .collect();
    if !capped.is_empty() {
        let all: Vec<String> = capped.into_iter().collect();
        notes.push(format!("{} has so many callers that some of them are counted together as `other`: after a restart of the collector these may be others, and calls may then be counted twice", all.join(", ")));
    }
    canaries(&mut asking, &grid, &scrapes, &mut answer)?;
    watched(&mut asking, &grid, &scrapes, &mut answer, &mut notes)?;
    let (mut digests, mut environments, mut is_unsaid) = (BTreeSet::new(), BTreeSet::new(), false);
    let mut labellings = BTreeSet::new();
    for series in asking.at(asking.selector(CATALOGUE), grid.to)? {
        digests.extend(series.labels.get("digest").cloned());
        labellings.insert(series.labels.get("labelling").filter(|digest| !digest.is_empty()).cloned());
        match series.labels.get("environment").filter(|environment| !environment.is_empty()) {
            Some(environment) => drop(environments.insert(environment.clone())),
            None => is_unsaid = true,
        }
    }
    if environments.len() > 1 {
        return Err(Fault::Environments(environments));
    }
    if digests.len() > 1 {
        notes.push(format!(
            "collectors name services by {} catalogues: {}",
            digests.len(),
            digests.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    // Several are none that anybody knows.
    let catalogue = (!digests.is_empty()).then(|| digests.into_iter().collect::<Vec<_>>().join("+"));
    let mut observations = answer.finish(catalogue.as_deref());
    // Where one collector has no rules, of its pods nobody knows what they should wear.
    let labellings: Option<Vec<String>> = labellings.into_iter().collect();
    observations.header.labelling = labellings.filter(|all| !all.is_empty()).map(|all| all.join("+"));
    // Where a collector does not say it, it may be another one.
    observations.header.environment = environments.pop_first().filter(|_| !is_unsaid);
    Ok(Scraped { observations, notes })
}

fn by_day(runs: &Runs) -> BTreeMap<Day, Spans> {
    let mut days: BTreeMap<Day, Spans> = BTreeMap::new();
    for (from, to) in runs {
        for day in day_of(*from)..=day_of(*to) {
            let of_day = |at: Micros| at.saturating_sub(start_of(day)).clamp(0, DAY);
            // Inwards.
            let (begin, end) = ((of_day(*from) + 999) / 1000, of_day(*to) / 1000);
            let millis = |at: Micros| u32::try_from(at).unwrap_or_default();
            days.entry(day).or_default().insert(millis(begin), millis(end));
        }
    }
    days
}

/// What canaries sent in each day, what of it was seen, and whether a call was missed.
fn canaries<E>(asking: &mut Asking<'_, E>, grid: &Grid, scrapes: &Scrapes, answer: &mut Answer) -> Result<(), E> {
    let sent = counters::by_callee(asking, grid, scrapes, CANARY_SENT)?;
    let seen = counters::by_callee(asking, grid, scrapes, CANARY_SEEN)?;
    let mut missed: BTreeMap<String, BTreeSet<Micros>> = BTreeMap::new();
    for part in grid.parts() {
        for series in asking.at_steps(&asking.of_callee(CANARY_MISSED), &part, grid, scrapes)? {
            let Some(callee) = series.labels.get("callee") else { continue };
            let at = series.samples.iter().map(|(_, at)| (at * 1e6) as Micros);
            missed.entry(callee.clone()).or_default().extend(at.filter(|at| (grid.from..=grid.to).contains(at)));
        }
    }
    let last_day = day_of(grid.to);
    for (callee, of_callee) in &sent {
        let missed = missed.remove(callee).unwrap_or_default();
        for (day, sent) in of_callee {
            let seen = seen.get(callee).and_then(|days| days.get(day)).copied().unwrap_or_default();
            let last_missed = missed.iter().filter(|at| day_of(**at) == *day).max().copied();
            // Of two that were missed within one step only the later is known, and the step may have begun the day before.
            let is_near = |at: &&Micros| day_of(**at) == *day + 1 && **at - start_of(*day + 1) < grid.step;
            let is_missed = last_missed.is_some() || missed.iter().any(|at| is_near(&at));
            // What was sent before midnight is seen after it.
            let seen = match () {
                () if is_missed => seen.min(sent.saturating_sub(1)),
                () if seen == 0 || *day == last_day => seen,
                () => seen.max(*sent),
            };
            answer.canaries(callee, *day, Canaries { sent: *sent, seen, last_seen: None, missed: last_missed });
        }
    }
    Ok(())
}

/// What is known of services besides their calls.
fn watched<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    answer: &mut Answer,
    notes: &mut Vec<String>,
) -> Result<(), E> {
    let label = |series: &Series, name: &str| series.labels.get(name).cloned().unwrap_or_default();
    let value = |series: &Series| series.samples.last().map_or(0.0, |(_, value)| *value);
    let number = |series: &Series| value(series).max(0.0) as u64;
    let wanted = asking.window.callee.clone();
    let is_wanted = |service: &str| wanted.as_deref().is_none_or(|wanted| wanted == service);

    let mut services: BTreeMap<String, Watched> = BTreeMap::new();
    for series in asking.at(asking.selector(PODS), grid.to)? {
        let pods = &mut services.entry(label(&series, "service")).or_default().pods;
        *pods = Some(pods.unwrap_or_default().saturating_add(number(&series)));
    }
    if services.is_empty() {
        notes.push("no collector was scraped at the end of the window: what runs there is not known".to_owned());
    }
    for (name, is_forged) in [(UNLABELLED, false), (FORGED, true)] {
        for series in asking.at(asking.selector(name), grid.to)? {
            let of_service = services.entry(label(&series, "service")).or_default();
            let counts = if is_forged { &mut of_service.forged } else { &mut of_service.unlabelled };
            let count = counts.entry(label(&series, "callee")).or_default();
            *count = count.saturating_add(number(&series));
        }
    }
    for series in asking.at(asking.selector(STRANGERS), grid.to)? {
        let strangers = &mut services.entry(label(&series, "callee")).or_default().strangers;
        *strangers = strangers.saturating_add(number(&series));
    }
    for series in asking.at(asking.selector(TYPED), grid.to)? {
        let of_service = services.entry(label(&series, "service")).or_default();
        let count = of_service.types.get_or_insert_default().entry(label(&series, "type")).or_default();
        *count = count.saturating_add(number(&series));
    }
    services.retain(|service, _| is_wanted(service));
    for of_service in services.values_mut() {
        of_service.unlabelled.retain(|_, count| *count > 0);
        of_service.forged.retain(|_, count| *count > 0);
        of_service.types.iter_mut().for_each(|types| types.retain(|_, count| *count > 0));
    }
    answer.watched(&services);

    ran(asking, grid, scrapes, answer, &is_wanted)?;

    let mut policies: BTreeMap<String, (Micros, BTreeSet<String>)> = BTreeMap::new();
    for series in asking.at(asking.selector(POLICY), grid.to)? {
        let of_service = policies.entry(label(&series, "service")).or_insert((0, BTreeSet::new()));
        of_service.0 = of_service.0.max(((value(&series) * 1e6) as Micros).clamp(0, grid.to));
        of_service.1.insert(label(&series, "digest"));
    }
    for (service, (since, digests)) in policies.into_iter().filter(|(service, _)| is_wanted(service)) {
        // Where collectors see several policies it is not one that has not changed.
        let since = if digests.len() > 1 { grid.to } else { since };
        answer.judged(&service, &digests.into_iter().collect::<Vec<_>>().join("+"), since);
    }
    let mut finished: BTreeMap<(String, String), BTreeSet<Micros>> = BTreeMap::new();
    for part in grid.parts() {
        for series in asking.at_steps(&asking.selector(FINISHED), &part, grid, scrapes)? {
            let key = (label(&series, "service"), label(&series, "workload"));
            finished.entry(key).or_default().extend(series.samples.iter().map(|(_, at)| (at * 1e6) as Micros));
        }
    }
    for ((service, workload), runs) in finished.into_iter().filter(|((service, _), _)| is_wanted(service)) {
        answer.finished(&service, &workload, runs);
    }
    Ok(())
}

/// On which nodes pods of services ran, since when, and until when where the node is gone. A node of which no source tells is blind since then.
fn ran<E>(
    asking: &mut Asking<'_, E>,
    grid: &Grid,
    scrapes: &Scrapes,
    answer: &mut Answer,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<(), E> {
    let node_of = |series: &Series| series.labels.get("node").filter(|node| !node.is_empty()).cloned();
    let selector = asking.selector(PODS);
    let at_first: BTreeSet<String> = asking.at(selector, grid.from)?.iter().filter_map(node_of).collect();
    // Since when, and in which part of the window last.
    let mut nodes: BTreeMap<String, (Micros, (Micros, Micros))> =
        at_first.into_iter().map(|node| (node, (grid.from, (grid.from - LOOK_BACK, grid.from)))).collect();
    let mut at = grid.from;
    while at < grid.to {
        let end = (at.div_euclid(DAY) * DAY + DAY).min(grid.to);
        let selector = asking.selector(PODS);
        let mut new = BTreeSet::new();
        for series in asking.ask(&Query::Present { selector, from: at, to: end })? {
            let (service, Some(node)) = (series.labels.get("service").cloned().unwrap_or_default(), node_of(&series))
            else {
                continue;
            };
            if is_wanted(&service) {
                answer.ran(&service, [node.as_str()]);
            }
            match nodes.get_mut(&node) {
                Some(known) => known.1 = (at, end),
                None => drop(new.insert(node)),
            }
        }
        let new: Vec<String> = new.into_iter().collect();
        for new in new.chunks(NEW_AT_ONCE) {
            let selector = asking.selector(PODS).with("node", new.iter().cloned());
            for series in asking.ask(&Query::Raw { selector, from: at, to: end })? {
                let (Some(node), Some((first, _))) = (node_of(&series), series.samples.first()) else { continue };
                let known = nodes.entry(node).or_insert((*first, (at, end)));
                known.0 = known.0.min(*first);
            }
        }
        at = end;
    }
    // A line goes with its node: where a later scrape does not have it, the node is gone, else nobody knows that it is.
    let is_there: BTreeSet<String> = asking.at(asking.selector(PODS), grid.to)?.iter().filter_map(node_of).collect();
    let mut ended: BTreeMap<(Micros, Micros), Vec<String>> = BTreeMap::new();
    for (node, (_, part)) in nodes.iter().filter(|(node, _)| !is_there.contains(*node)) {
        ended.entry(*part).or_default().push(node.clone());
    }
    let mut gone: BTreeMap<String, Micros> = BTreeMap::new();
    for ((from, to), ended) in ended {
        for ended in ended.chunks(NEW_AT_ONCE) {
            let selector = asking.selector(PODS).with("node", ended.iter().cloned());
            for series in asking.ask(&Query::Raw { selector, from, to })? {
                let (Some(node), Some((last, _))) = (node_of(&series), series.samples.last()) else { continue };
                let store = scrapes.store(&identity(&series, &["service", "node"]), *last);
                let end = store.and_then(|store| scrapes.after(store, *last)).unwrap_or(Micros::MAX);
                let known = gone.entry(node).or_insert(end);
                *known = end.max(*known);
            }
        }
    }
    for (node, (since, _)) in nodes {
        let gone = gone.get(&node).copied().filter(|gone| *gone < grid.to);
        answer.node(&node, since, gone);
    }
    Ok(())
}
