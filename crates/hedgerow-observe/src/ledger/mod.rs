//! The accounts: from what sources report to what is kept, and from what is kept to observations.
//!
//! [`Ledger::take`] names both ends of every call of a [`Report`], asks for its verdict, and gives an [`Effect`]: what has to be kept. Whoever
//! keeps it durably says so by [`Ledger::commit`]; a receipt is given after that. [`Answer`] turns what was kept into observations. Every time is
//! an argument.
//!
//! # One call, several sources
//! A node's sources see the same calls. In each report one of them counts, the best of those that were listening all of the time: flow messages
//! before connection tracking before log lines; connection tracking sees nothing that is dropped. The others are of *second rank*: what they
//! saw is there, with when, and adds nothing to how often. So a call that only one of them saw is never missing, and none counts twice.
//!
//! # What is bounded
//! Per callee [`MAX_OUTSIDERS`] callers that are no services, per caller and callee [`MAX_PORTS`] ports, in all [`MAX_EDGES`] edges. What is beyond
//! is counted as the caller `other`, or as port 0, and said in [`Effect::capped`]. Services of the fleet are never in `other`.
//!
//! # What silence is worth
//! Times in which a source listened are kept in the same effect as its calls: where a report is lost, so is the claim to have heard it. An interval
//! in which a source lost records was not heard.

mod answer;
mod canaries;
mod days;
mod edges;
mod effect;
mod forged;
mod judge;
mod kept;
mod report;
mod sources;
mod spans;
mod time;

pub use answer::{Answer, Question};
pub use canaries::{Canaries, PATIENCE, Perch, Waiting};
pub use days::Days;
pub use edges::{Edge, MAX_EDGES, MAX_OUTSIDERS, MAX_PORTS, OTHER, Tally};
pub use effect::Effect;
pub use kept::{KeptSource, MAX_RECORD, Unsound};
pub use report::{Report, Sent, SourceReport};
pub use sources::{Heard, SourceState};
pub use spans::{DAY_MILLIS, MAX_RUNS, Spans};
pub use time::{DAY, Day, day_of, skew, start_of};

use crate::call::{self, Party};
use crate::fleet::{Fleet, Forged};
use crate::naming::{History, Micros};
use crate::observations::{End, Verdict};
use crate::record::Protocol;
use crate::sum::Said;
use crate::verdict::Verdicts;
use judge::{Named, asks};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

/// What is known at the moment: edges with their sums, sources, canaries, and the caps.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    edges: BTreeMap<Edge, Tally>,
    /// Per callee, its callers that are no services.
    outsiders: BTreeMap<String, BTreeSet<End>>,
    ports: BTreeMap<(String, End), BTreeSet<(u16, Protocol)>>,
    sources: BTreeMap<(String, String), SourceState>,
    canaries: BTreeMap<String, Canaries>,
    perches: BTreeMap<IpAddr, Perch>,
    /// Calls of canaries that nobody has seen yet, by callee: when, and how many.
    waiting: BTreeMap<String, VecDeque<(Micros, u64)>>,
    /// Which sources of a node were listening when it last said so.
    listening: BTreeMap<(String, String), bool>,
    /// By node and source, the end of the last interval that was heard, as its report said it.
    heard_to: BTreeMap<(String, String), Micros>,
    /// By node and source, the beginning of the last interval with calls to nobody.
    missed: BTreeMap<(String, String), Micros>,
    capped: BTreeMap<String, u64>,
    forged: BTreeMap<(String, Forged), (Micros, Micros)>,
    /// Forged labels that were not kept for want of room.
    forged_beyond: u64,
}

impl Ledger {
    /// What a report comes to. Nothing is counted before [`Self::commit`]; a report that is taken twice is kept twice, so whoever keeps effects has
    /// to know which reports it has.
    pub fn take(&mut self, report: &Report<'_>, names: &History, fleet: &Fleet, verdicts: &mut Verdicts) -> Effect {
        let mut effect = Effect::default();
        self.take_sources(report, &mut effect);
        self.take_sent(report, names, fleet, &mut effect);
        let mut named: Vec<Named<'_, '_>> = Vec::with_capacity(report.calls.len());
        for call in &report.calls {
            let is_loopback = |address: Option<IpAddr>| address.is_some_and(|address| address.is_loopback());
            let is_own = call.caller.address.is_some() && call.caller.address == call.callee.address;
            if call.is_elsewhere || is_own || is_loopback(call.caller.address) || is_loopback(call.callee.address) {
                effect.aside = effect.aside.saturating_add(call.count);
                continue;
            }
            let (first, last) = (call.first.min(call.last), call.last.max(call.first));
            let end = |seen| call::name(seen, first, last, names, fleet);
            let (caller, callee) = (end(&call.caller), end(&call.callee));
            if self.is_canary(call, &caller) {
                if let Party::Service(id, _) = callee
                    && let Some(service) = fleet.service(id)
                {
                    let is_second = self.is_second(call.source, call.said == Said::Dropped, report);
                    let seen = if is_second || call.was_open { 0 } else { call.count };
                    self.see_canaries(&service.name, seen, &mut effect);
                    let canaries = Canaries { seen, last_seen: Some(last), ..Canaries::default() };
                    effect.canaries.entry((day_of(last), service.name.to_string())).or_default().merge(canaries);
                }
                continue;
            }
            named.push(Named { call, caller, callee, asks: Vec::new() });
        }
        // All classes first, so that policies are compiled for all new ones at once. Should the room for classes be over on the way, the first
        // ones are out of date by the end, and the second time all fit.
        for _ in 0..2 {
            for named in &mut named {
                named.asks = asks(named, fleet, verdicts);
            }
            let mut asks = named.iter().flat_map(|named| &named.asks);
            if asks.all(|ask| verdicts.is_current(ask.caller) && verdicts.is_current(ask.callee)) {
                break;
            }
        }
        for named in &named {
            self.count(named, report, fleet, verdicts, &mut effect);
        }
        self.unhear(report, &mut effect);
        effect
    }

    /// Takes in what was kept.
    pub fn commit(&mut self, effect: &Effect) {
        for ((_, edge), tally) in &effect.calls {
            self.restore(edge.clone(), *tally);
        }
        for ((day, node, source), heard) in &effect.heard {
            let state = self.sources.entry((node.clone(), source.clone())).or_default();
            let at = |millis: u32| start_of(*day).saturating_add(Micros::from(millis) * 1000);
            heard.spans.runs().iter().for_each(|(from, to)| state.hear(at(*from), at(*to)));
            state.lost = state.lost.saturating_add(heard.lost);
        }
        for (key, since) in &effect.sources {
            let state =
                self.sources.entry(key.clone()).or_insert(SourceState { since: *since, ..SourceState::default() });
            state.since = state.since.min(*since);
        }
        for ((_, callee), canaries) in &effect.canaries {
            self.canaries.entry(callee.clone()).or_default().merge(*canaries);
        }
        for (callee, count) in &effect.capped {
            let capped = self.capped.entry(callee.clone()).or_default();
            *capped = capped.saturating_add(*count);
        }
    }

    /// Takes in an edge that was kept earlier, with its sums.
    pub fn restore(&mut self, edge: Edge, tally: Tally) {
        self.reserve(&edge);
        self.edges.entry(edge).or_default().merge(tally);
    }

    /// Takes in a source that was kept earlier.
    pub fn restore_source(&mut self, node: &str, source: &str, state: SourceState) {
        self.sources.insert((node.to_owned(), source.to_owned()), state);
    }

    /// Takes in canaries that were kept earlier.
    pub fn restore_canaries(&mut self, callee: &str, canaries: Canaries) {
        self.canaries.entry(callee.to_owned()).or_default().merge(canaries);
    }

    /// Takes in an address of a canary that was kept earlier.
    pub fn restore_perch(&mut self, address: IpAddr, perch: Perch) {
        self.perches.insert(address, perch);
    }

    /// Takes in calls of canaries to one callee that nobody had seen yet.
    pub fn restore_waiting(&mut self, callee: &str, calls: Waiting) {
        self.waiting.insert(callee.to_owned(), calls.0.into());
    }

    /// Calls of canaries to a callee that nobody has seen yet: when, and how many.
    pub fn waiting(&self, callee: &str) -> impl Iterator<Item = (Micros, u64)> {
        self.waiting.get(callee).into_iter().flatten().copied()
    }

    /// The sums of an edge; nothing where it is not known.
    #[must_use]
    pub fn tally(&self, edge: &Edge) -> Option<Tally> {
        self.edges.get(edge).copied()
    }

    /// Every edge that is known, with its sums.
    pub fn edges(&self) -> impl Iterator<Item = (&Edge, &Tally)> {
        self.edges.iter()
    }

    /// The calls that nothing permits (or that were dropped, or of which it cannot be told) and that were seen at `since` or later.
    pub fn troubles(&self, since: Micros) -> impl Iterator<Item = (&Edge, &Tally)> {
        self.edges.iter().filter(move |(edge, tally)| edge.verdict != Verdict::Permitted && tally.last >= since)
    }

    /// The calls that nothing permits and that were seen at `since` or later.
    pub fn unpermitted(&self, since: Micros) -> impl Iterator<Item = (&Edge, &Tally)> {
        self.troubles(since).filter(|(edge, _)| edge.verdict == Verdict::Unpermitted)
    }

    /// Sources, by node and name.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str, &SourceState)> {
        self.sources.iter().map(|((node, source), state)| (node.as_str(), source.as_str(), state))
    }

    /// Canaries, by callee.
    pub fn canaries(&self) -> impl Iterator<Item = (&str, &Canaries)> {
        self.canaries.iter().map(|(callee, canaries)| (callee.as_str(), canaries))
    }

    /// Addresses that canaries call from.
    pub fn perches(&self) -> impl Iterator<Item = (IpAddr, &Perch)> {
        self.perches.iter().map(|(address, perch)| (*address, perch))
    }

    /// Calls that were counted as `other` or as port 0, by callee.
    #[must_use]
    pub const fn capped(&self) -> &BTreeMap<String, u64> {
        &self.capped
    }

    /// Forgets callers that are no services and forged labels that were seen last before `before`: their room is for others. What is kept
    /// elsewhere stays there.
    pub fn forget(&mut self, before: Micros) {
        let is_over = |edge: &Edge, tally: &Tally| !matches!(edge.caller, End::Service(_)) && tally.last < before;
        self.edges.retain(|edge, tally| !is_over(edge, tally));
        self.outsiders.clear();
        self.ports.clear();
        let edges: Vec<Edge> = self.edges.keys().cloned().collect();
        edges.iter().for_each(|edge| self.reserve(edge));
        self.forged.retain(|_, (_, last)| *last >= before);
    }

    /// A node is gone: its sources are expected no more.
    pub fn remove_node(&mut self, node: &str) {
        self.sources.retain(|(of, _), _| of != node);
        self.listening.retain(|(of, _), _| of != node);
        self.heard_to.retain(|(of, _), _| of != node);
        self.missed.retain(|(of, _), _| of != node);
    }
}
