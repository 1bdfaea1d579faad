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
mod kept;
mod spans;

pub use answer::{Answer, Question};
pub use kept::{KeptSource, MAX_RECORD, Unsound};
pub use spans::{DAY_MILLIS, MAX_RUNS, Spans};

use crate::call::{self, Call, Outsider, Party};
use crate::fleet::{Fleet, Forged, Labels, Service};
use crate::naming::{History, Holder, Micros, Name};
use crate::observations::{End, Observations, Verdict};
use crate::record::Protocol;
use crate::sum::Said;
use crate::verdict::{Ask, Class, Verdicts, Who};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

/// Callers of one callee that are no services of the fleet; beyond, they are `other`.
pub const MAX_OUTSIDERS: usize = 50;
/// Ports (with their protocol) of one caller and callee; beyond, they are port 0.
pub const MAX_PORTS: usize = 20;
/// Edges in all, with their verdicts; beyond, only those that are known are counted apart.
pub const MAX_EDGES: usize = 100_000;
/// Addresses of canaries that are known at a time.
const MAX_CANARIES: usize = 1024;
/// Sources of nodes that are known.
const MAX_SOURCES: usize = 100_000;
/// Forged labels that are known.
const MAX_FORGED: usize = 10_000;
/// Sources that see calls, the best first.
const SEES: [&str; 4] = ["flows", "hubble", "conntrack", "kernel-log"];
/// For how long after its last batch an address is a canary's.
const CANARY_LIFE: Micros = 120_000_000;
/// How far two clocks may be apart before times are set right.
const CLOCK_TOLERANCE: Micros = 2_000_000;
/// How long a canary's call may take to be seen: twice what Calico's flow messages take by default, and some.
pub const PATIENCE: Micros = 660_000_000;
/// Batches of a canary's calls to one callee that are waited for at a time.
const MAX_WAITING: usize = 1024;
/// Microseconds of a day.
pub const DAY: Micros = 86_400_000_000;
/// Who is meant by callers beyond the cap.
pub const OTHER: &str = "other";

/// Days since 1970-01-01, in UTC.
pub type Day = i32;

/// The day of a moment.
#[must_use]
pub fn day_of(at: Micros) -> Day {
    Day::try_from(at.div_euclid(DAY)).unwrap_or(if at < 0 { Day::MIN } else { Day::MAX })
}

/// The first moment of a day.
#[must_use]
pub fn start_of(day: Day) -> Micros {
    Micros::from(day).saturating_mul(DAY)
}

/// By how much times of a sender have to be moved to be on the receiver's clock: nothing where both agree to two seconds.
#[must_use]
pub fn skew(sent: Micros, received: Micros) -> Micros {
    let apart = received.saturating_sub(sent);
    if apart.abs() <= CLOCK_TOLERANCE { 0 } else { apart }
}

/// Who calls whom where, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The service that is called.
    pub callee: String,
    /// Who calls.
    pub caller: End,
    /// The container's port; 0 where there is none, or there were too many.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// How often and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often; 0 where only sources of second rank saw it.
    pub count: u64,
    /// When it was seen first.
    pub first: Micros,
    /// When it was seen last.
    pub last: Micros,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, first: Micros::MAX, last: Micros::MIN }
    }
}

impl Tally {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Calls that were made to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Canaries {
    /// How many were made.
    pub sent: u64,
    /// How many were seen.
    pub seen: u64,
    /// When one was seen last.
    pub last_seen: Option<Micros>,
    /// When the last was made that nobody saw within [`PATIENCE`].
    pub missed: Option<Micros>,
}

impl Canaries {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.seen = self.seen.saturating_add(other.seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.missed = self.missed.max(other.missed);
    }
}

/// What a node saw in one interval.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The node.
    pub node: &'a str,
    /// When the interval began, on the collector's clock like all times here: see [`skew`].
    pub from: Micros,
    /// When it ended.
    pub to: Micros,
    /// What was seen.
    pub calls: Vec<Call<'a>>,
    /// How the sources did.
    pub sources: Vec<SourceReport<'a>>,
    /// What a canary sent.
    pub sent: Vec<Sent<'a>>,
}

/// How a source did in the interval.
#[derive(Clone, Copy, Debug)]
pub struct SourceReport<'a> {
    /// Its name: `flows`, `conntrack`, `kernel-log`, `counters`, `hubble`.
    pub name: &'a str,
    /// Whether it proved during the whole interval that it was listening.
    pub heard: bool,
    /// Records that are known to be lost.
    pub lost: u64,
    /// Something was lost, and nobody can say how much.
    pub lost_unknown: bool,
}

/// What a canary sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// From where.
    pub address: IpAddr,
    /// The uid of the pod that says so, as its token proves it.
    pub uid: &'a str,
    /// To which service, by its name in the catalogue.
    pub callee: &'a str,
    /// How many calls; 0 says that they are going to be made.
    pub count: u64,
}

/// What was heard of a source in one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When it listened, and lost nothing.
    pub spans: Spans,
    /// Records that are known to be lost; where nobody can say how many, one.
    pub lost: u64,
}

impl Heard {
    /// Both together. False where a time was left out: see [`Spans::insert`].
    pub fn merge(&mut self, other: &Self) -> bool {
        self.lost = self.lost.saturating_add(other.lost);
        self.spans.merge(&other.spans)
    }
}

/// What has to be kept of reports. Effects of several reports can be put together and kept at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// Calls per day.
    pub calls: BTreeMap<(Day, Edge), Tally>,
    /// When sources listened, and what they lost: per day, node and source.
    pub heard: BTreeMap<(Day, String, String), Heard>,
    /// Sources that are known, each since when.
    pub sources: BTreeMap<(String, String), Micros>,
    /// Nodes that are there, each since when that is known.
    pub nodes: BTreeMap<String, Micros>,
    /// The nodes on which pods of services ran, per day and service.
    pub ran: BTreeMap<(Day, String), BTreeSet<String>>,
    /// The policies by which calls to services are judged: a digest, and since when it is known to hold.
    pub judged: BTreeMap<String, (String, Micros)>,
    /// Runs of cron jobs that ended well, by service and workload (`CronJob/NAME`). The same run told twice is one.
    pub finished: BTreeMap<(String, String), BTreeSet<Micros>>,
    /// Canaries per day and callee.
    pub canaries: BTreeMap<(Day, String), Canaries>,
    /// Addresses that canaries call from.
    pub perches: BTreeMap<IpAddr, Perch>,
    /// Calls that were counted as `other` or as port 0, by callee.
    pub capped: BTreeMap<String, u64>,
    /// Calls that are nobody's concern here: to somebody who is no service of the fleet, or counted on the callee's node.
    pub aside: u64,
    /// Calls to services, one of several, that could not be told apart; each is among the calls of all of them, as `unknown`.
    pub uncertain: u64,
}

impl Effect {
    /// A pod of a service runs on a node: from here on sources of that node are expected.
    pub fn runs_on(&mut self, service: &str, node: &str, at: Micros) {
        let since = self.nodes.entry(node.to_owned()).or_insert(at);
        *since = (*since).min(at);
        self.ran.entry((day_of(at), service.to_owned())).or_default().insert(node.to_owned());
    }

    /// Calls to a service are judged by policies of this digest: see [`Verdicts::judged_by`]. Only a change is news.
    pub fn judged_by(&mut self, service: &str, digest: &str, at: Micros) {
        self.judged.insert(service.to_owned(), (digest.to_owned(), at));
    }

    /// A run of a service's cron job ended well.
    pub fn finished(&mut self, service: &str, workload: &str, at: Micros) {
        self.finished.entry((service.to_owned(), workload.to_owned())).or_default().insert(at);
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing_seen =
            self.calls.is_empty() && self.heard.is_empty() && self.sources.is_empty() && self.capped.is_empty();
        nothing_seen
            && self.canaries.is_empty()
            && self.ran.is_empty()
            && self.judged.is_empty()
            && self.finished.is_empty()
    }

    /// Puts another one to it.
    pub fn merge(&mut self, other: Self) {
        for (key, tally) in other.calls {
            self.calls.entry(key).or_default().merge(tally);
        }
        for (key, heard) in other.heard {
            self.heard.entry(key).or_default().merge(&heard);
        }
        for (key, since) in other.sources {
            let known = self.sources.entry(key).or_insert(since);
            *known = (*known).min(since);
        }
        for (node, since) in other.nodes {
            let known = self.nodes.entry(node).or_insert(since);
            *known = (*known).min(since);
        }
        for (key, nodes) in other.ran {
            self.ran.entry(key).or_default().extend(nodes);
        }
        for (service, (digest, since)) in other.judged {
            match self.judged.get(&service) {
                Some((known, _)) if *known == digest => {}
                _ => {
                    self.judged.insert(service, (digest, since));
                }
            }
        }
        for (key, runs) in other.finished {
            self.finished.entry(key).or_default().extend(runs);
        }
        for (key, canaries) in other.canaries {
            self.canaries.entry(key).or_default().merge(canaries);
        }
        self.perches.extend(other.perches);
        for (callee, count) in other.capped {
            let capped = self.capped.entry(callee).or_default();
            *capped = capped.saturating_add(count);
        }
        self.aside = self.aside.saturating_add(other.aside);
        self.uncertain = self.uncertain.saturating_add(other.uncertain);
    }
}

/// What is known of a source of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Since when it is known.
    pub since: Micros,
    /// Until when it was heard last.
    pub heard_until: Option<Micros>,
    /// Records that it lost since the ledger was begun; where nobody could say how many, one.
    pub lost: u64,
}

/// An address that a canary calls from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Perch {
    /// Until when calls from it are the canary's.
    pub until: Micros,
    /// The uid, namespace and name of the pod that has it, where that is known.
    pub pod: Option<(String, String, String)>,
}

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
    /// By node and source, the beginning of the last interval with calls to nobody.
    missed: BTreeMap<(String, String), Micros>,
    capped: BTreeMap<String, u64>,
    forged: BTreeMap<(String, Forged), (Micros, Micros)>,
    /// Forged labels that were not kept for want of room.
    forged_beyond: u64,
}

/// A call whose ends have names.
struct Named<'r, 'a> {
    call: &'r Call<'a>,
    caller: Party,
    callee: Party,
    asks: Vec<Ask>,
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
                    self.see_canaries(&service.name, seen);
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
            let until =
                heard.spans.runs().last().map(|(_, until)| start_of(*day).saturating_add(Micros::from(*until) * 1000));
            let state = self.sources.entry((node.clone(), source.clone())).or_default();
            state.heard_until = state.heard_until.max(until);
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

    /// A pod, written as observations write it (`pod:bank/web`), wears forged labels.
    pub fn forged(&mut self, pod: &str, forged: &[Forged], at: Micros) {
        for forged in forged {
            let key = (pod.to_owned(), forged.clone());
            if !self.forged.contains_key(&key) && self.forged.len() >= MAX_FORGED {
                self.forged_beyond = self.forged_beyond.saturating_add(1);
                continue;
            }
            let seen = self.forged.entry(key).or_insert((at, at));
            *seen = (seen.0.min(at), seen.1.max(at));
        }
    }

    /// Forged labels that were seen, by pod: with when they were first and last, and how many more there were than are kept.
    pub fn all_forged(&self) -> (impl Iterator<Item = (&str, &Forged, (Micros, Micros))>, u64) {
        let all = self.forged.iter().map(|((pod, forged), seen)| (pod.as_str(), forged, *seen));
        (all, self.forged_beyond)
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
        self.missed.retain(|(of, _), _| of != node);
    }

    fn take_sources(&mut self, report: &Report<'_>, effect: &mut Effect) {
        for source in &report.sources {
            let key = (report.node.to_owned(), source.name.to_owned());
            if !self.sources.contains_key(&key) && self.sources.len() + effect.sources.len() >= MAX_SOURCES {
                continue;
            }
            if self.sources.get(&key).is_none_or(|state| report.from < state.since) {
                effect.sources.insert(key.clone(), report.from);
            }
            self.listening.insert(key.clone(), is_listening(source));
            let lost = if source.lost_unknown { source.lost.max(1) } else { source.lost };
            if lost > 0 {
                let key = (day_of(report.to), key.0.clone(), key.1.clone());
                let heard = effect.heard.entry(key).or_default();
                heard.lost = heard.lost.saturating_add(lost);
            }
            if !is_listening(source) || report.from >= report.to || report.to.saturating_sub(report.from) > DAY {
                continue;
            }
            for day in day_of(report.from)..=day_of(report.to) {
                let start = start_of(day);
                // Inwards: what is said to be heard was heard.
                let from = report.from.saturating_sub(start).clamp(0, DAY).saturating_add(999) / 1000;
                let to = report.to.saturating_sub(start).clamp(0, DAY) / 1000;
                let millis = |at: Micros| u32::try_from(at).unwrap_or(DAY_MILLIS);
                if from < to {
                    let key = (day, key.0.clone(), key.1.clone());
                    effect.heard.entry(key).or_default().spans.insert(millis(from), millis(to));
                }
            }
        }
    }

    fn take_sent(&mut self, report: &Report<'_>, names: &History, fleet: &Fleet, effect: &mut Effect) {
        for sent in report.sent.iter().filter(|sent| fleet.named(sent.callee).is_some()) {
            // Only the address of the pod that says it: else whoever has a canary's token could hide the calls of others.
            let pod = own_pod(names.name(sent.address, report.from, report.to), sent.uid);
            let until = report.to.saturating_add(CANARY_LIFE);
            self.perches.retain(|_, perch| perch.until.saturating_add(CANARY_LIFE) >= report.from);
            if let Some(pod) = pod
                && (self.perches.len() < MAX_CANARIES || self.perches.contains_key(&sent.address))
            {
                let perch = self.perches.entry(sent.address).or_insert(Perch { until, pod: None });
                perch.until = perch.until.max(until);
                perch.pod = Some(pod);
                effect.perches.insert(sent.address, perch.clone());
            }
            let mut canaries = Canaries { sent: sent.count, ..Canaries::default() };
            let waiting = self.waiting.entry(sent.callee.to_owned()).or_default();
            if sent.count > 0 {
                waiting.push_back((report.to, sent.count));
            }
            while let Some((at, _)) = waiting.front()
                && (report.to.saturating_sub(*at) > PATIENCE || waiting.len() > MAX_WAITING)
            {
                canaries.missed = canaries.missed.max(Some(*at));
                waiting.pop_front();
            }
            effect.canaries.entry((day_of(report.to), sent.callee.to_owned())).or_default().merge(canaries);
        }
    }

    /// Canaries of a callee were seen: those that were made first are waited for no longer.
    fn see_canaries(&mut self, callee: &str, mut count: u64) {
        let Some(waiting) = self.waiting.get_mut(callee) else { return };
        while let Some((_, open)) = waiting.front_mut()
            && count > 0
        {
            let part = count.min(*open);
            *open -= part;
            count -= part;
            if *open == 0 {
                waiting.pop_front();
            }
        }
    }

    /// Whether a canary made a call. An address that somebody else has by now is nobody's canary.
    fn is_canary(&self, call: &Call<'_>, caller: &Party) -> bool {
        match call.caller.address {
            Some(address) => self.perches.get(&address).is_some_and(|perch| {
                let is_same = |pod: &crate::naming::Pod| {
                    perch.pod.as_ref().is_none_or(|(uid, _, _)| pod.uid.is_empty() || pod.uid == *uid)
                };
                call.first <= perch.until && caller.states().iter().all(|pod| is_same(pod))
            }),
            // Sources that give no addresses name the pod, or what its owner makes names of.
            None => self.perches.values().any(|perch| {
                perch.pod.as_ref().is_some_and(|(_, namespace, name)| {
                    let is_name = match call.caller.name.strip_suffix('*') {
                        Some(front) => !front.is_empty() && name.starts_with(front),
                        None => call.caller.name == name,
                    };
                    call.caller.namespace == namespace && is_name && call.first <= perch.until
                })
            }),
        }
    }

    /// A call to somebody of whom nothing at all is known: it may have been any service, so the interval was not heard.
    fn miss(&mut self, call: &Call<'_>, report: &Report<'_>, effect: &mut Effect) {
        let source = (report.node.to_owned(), call.source.to_owned());
        if !self.sources.contains_key(&source)
            && !effect.sources.contains_key(&source)
            && self.missed.len() >= MAX_SOURCES
        {
            return;
        }
        let key = (day_of(report.to), source.0.clone(), source.1.clone());
        let heard = effect.heard.entry(key).or_default();
        heard.lost = heard.lost.saturating_add(call.count.max(1));
        // Its sources may be told in a later part of the same interval.
        self.missed.insert(source, report.from);
    }

    /// Takes back what sources of a report claim to have heard, where calls of the same interval have nobody as callee.
    fn unhear(&self, report: &Report<'_>, effect: &mut Effect) {
        for ((_, node, source), heard) in &mut effect.heard {
            if self.missed.get(&(node.clone(), source.clone())) == Some(&report.from) {
                heard.spans = Spans::default();
            }
        }
    }

    fn count(
        &mut self,
        named: &Named<'_, '_>,
        report: &Report<'_>,
        fleet: &Fleet,
        verdicts: &mut Verdicts,
        effect: &mut Effect,
    ) {
        let call = named.call;
        let (callees, is_certain) = match &named.callee {
            Party::Service(id, _) => (vec![*id], true),
            Party::Unknown { services, .. } if !services.is_empty() => (services.clone(), false),
            Party::Unknown { candidates, .. } if is_nameless(candidates) => {
                self.miss(call, report, effect);
                return;
            }
            Party::Outsider(_) | Party::Unknown { .. } => {
                effect.aside = effect.aside.saturating_add(call.count);
                return;
            }
        };
        // What a node sends to its own pods no policy can stop, whichever of them it was.
        let is_own = is_own_node(&named.caller, report.node) && call.said != Said::Dropped;
        if !is_certain && !is_own {
            effect.uncertain = effect.uncertain.saturating_add(call.count);
        }
        let verdict = if is_own {
            Verdict::Permitted
        } else if is_certain {
            verdict(named, fleet, verdicts)
        } else {
            Verdict::Unknown
        };
        let may_be_dropped = match verdict {
            Verdict::Dropped => true,
            Verdict::Unknown => call.said == Said::Logged,
            Verdict::Permitted | Verdict::Unpermitted => false,
        };
        let is_second = self.is_second(call.source, may_be_dropped, report);
        for callee in callees {
            let Some(service) = fleet.service(callee) else { continue };
            let edge = Edge {
                callee: service.name.to_string(),
                caller: if is_own { End::Outsider(format!("node:{}", report.node)) } else { named.caller.end(fleet) },
                port: call.port,
                protocol: call.protocol,
                verdict,
            };
            let (edge, is_capped) = self.cap(edge);
            if is_capped {
                let capped = effect.capped.entry(edge.callee.clone()).or_default();
                *capped = capped.saturating_add(call.count);
            }
            self.reserve(&edge);
            let (first, last) = (call.first.min(call.last), call.last.max(call.first));
            let count = if is_second || call.was_open { 0 } else { call.count };
            effect.calls.entry((day_of(last), edge)).or_default().merge(Tally { count, first, last });
        }
    }

    /// Whether a better source of the node saw the same calls. A report that says nothing of its sources is one of several of its interval.
    fn is_second(&self, source: &str, may_be_dropped: bool, report: &Report<'_>) -> bool {
        let own = SEES.iter().position(|known| *known == source).unwrap_or(SEES.len());
        SEES.iter().take(own).filter(|name| !(may_be_dropped && **name == "conntrack")).any(|name| {
            match report.sources.iter().find(|source| source.name == *name) {
                Some(source) => is_listening(source),
                None if !report.sources.is_empty() => false,
                None => self.listening.get(&(report.node.to_owned(), (*name).to_owned())) == Some(&true),
            }
        })
    }

    /// The edge as it is counted, and whether that is less than it says.
    fn cap(&self, mut edge: Edge) -> (Edge, bool) {
        let mut is_capped = false;
        if !matches!(edge.caller, End::Service(_)) {
            let known = self.outsiders.get(&edge.callee);
            let is_full = known.is_some_and(|known| !known.contains(&edge.caller) && known.len() >= MAX_OUTSIDERS);
            if is_full {
                edge.caller = match edge.caller {
                    End::Unknown(_) => End::Unknown(Vec::new()),
                    End::Service(_) | End::Outsider(_) => End::Outsider(OTHER.to_owned()),
                };
                is_capped = true;
            }
        }
        let known = self.ports.get(&(edge.callee.clone(), edge.caller.clone()));
        let port = (edge.port, edge.protocol);
        let is_full = known.is_some_and(|known| !known.contains(&port) && known.len() >= MAX_PORTS);
        if is_full || (self.edges.len() >= MAX_EDGES && !self.edges.contains_key(&edge)) {
            edge.port = 0;
            is_capped = true;
        }
        if self.edges.len() >= MAX_EDGES && !self.edges.contains_key(&edge) && !matches!(edge.caller, End::Service(_)) {
            edge.caller = End::Outsider(OTHER.to_owned());
        }
        (edge, is_capped)
    }

    /// Remembers an edge's caller and port among those that count apart.
    fn reserve(&mut self, edge: &Edge) {
        let is_summed = edge.caller == End::Outsider(OTHER.to_owned()) || edge.caller == End::Unknown(Vec::new());
        if !matches!(edge.caller, End::Service(_)) && !is_summed {
            let outsiders = self.outsiders.entry(edge.callee.clone()).or_default();
            if !outsiders.contains(&edge.caller) {
                outsiders.insert(edge.caller.clone());
            }
        }
        if edge.port != 0 {
            let ports = self.ports.entry((edge.callee.clone(), edge.caller.clone())).or_default();
            ports.insert((edge.port, edge.protocol));
        }
    }
}

/// The uid, namespace and name of the pod of this uid, if the address is its, and can be nobody else's.
fn own_pod(name: Name, uid: &str) -> Option<(String, String, String)> {
    let (Name::Known(holders) | Name::Unknown(_, holders)) = name else { return None };
    let mut own = None;
    for holder in holders {
        match holder {
            Holder::Pod(pod) if !uid.is_empty() && pod.uid == uid => {
                own = Some((pod.uid.clone(), pod.namespace.clone(), pod.name.clone()));
            }
            Holder::Pod(_) | Holder::Node(_) => return None,
        }
    }
    own
}

/// Whether a source saw all that there was to see in the interval.
const fn is_listening(source: &SourceReport<'_>) -> bool {
    source.heard && source.lost == 0 && !source.lost_unknown
}

/// Whether nothing at all is known of who it was: at most its address.
fn is_nameless(candidates: &[String]) -> bool {
    candidates.iter().all(|candidate| candidate.starts_with("address:"))
}

/// Whether the reporting node itself called. Around a restart its address may have no certain name and one candidate only.
fn is_own_node(caller: &Party, node: &str) -> bool {
    match caller {
        Party::Outsider(Outsider::Node { name, .. }) => name == node,
        Party::Unknown { services, candidates } => {
            let is_node = |candidate: &String| candidate.strip_prefix("node:") == Some(node);
            services.is_empty() && !candidates.is_empty() && candidates.iter().all(is_node)
        }
        Party::Outsider(_) | Party::Service(..) => false,
    }
}

/// The questions to the policies: one for each pair of states that the ends may have been in.
fn asks(named: &Named<'_, '_>, fleet: &Fleet, verdicts: &mut Verdicts) -> Vec<Ask> {
    let Party::Service(callee, states) = &named.callee else { return Vec::new() };
    let call = named.call;
    let service = fleet.service(*callee);
    let callees: Vec<Class> = states
        .iter()
        .map(|pod| {
            let (namespace, labels, address) = (pod.namespace.as_str(), &pod.labels, call.callee.address);
            verdicts.classify(Who::Pod { namespace, labels, address, service })
        })
        .collect();
    let callers: Vec<Class> = match &named.caller {
        Party::Service(_, states) | Party::Outsider(Outsider::Pod(states)) => states
            .iter()
            .map(|pod| {
                let (namespace, labels, address) = (pod.namespace.as_str(), &pod.labels, call.caller.address);
                verdicts.classify(Who::Pod { namespace, labels, address, service: None })
            })
            .collect(),
        Party::Outsider(Outsider::Address(address) | Outsider::Node { address: Some(address), .. }) => {
            vec![verdicts.classify(Who::Address(*address))]
        }
        // Somewhere outside: where policies tell no addresses apart, or all alike, that is enough.
        Party::Outsider(Outsider::Node { address: None, .. } | Outsider::Network(_)) => verdicts.classify_anywhere(),
        Party::Unknown { .. } => Vec::new(),
    };
    let ask = |caller: &Class, callee: &Class| Ask {
        caller: *caller,
        callee: *callee,
        port: call.port,
        protocol: call.protocol,
    };
    callers.iter().flat_map(|caller| callees.iter().map(move |callee| ask(caller, callee))).collect()
}

/// What became of a call: the same for every pair of states that its ends may have been in, or it cannot be told.
fn verdict(named: &Named<'_, '_>, fleet: &Fleet, verdicts: &mut Verdicts) -> Verdict {
    let call = named.call;
    fn side<'p>(party: &'p Party, labels: &'p Labels, fleet: &'p Fleet) -> Option<(&'p Service, &'p Labels)> {
        match party {
            Party::Service(id, _) => fleet.service(*id).map(|service| (service, labels)),
            Party::Outsider(_) | Party::Unknown { .. } => None,
        }
    }
    let none = Labels::new();
    let labels = |party: &Party, at: usize| party.states().get(at).map_or(&none, |pod| &pod.labels).clone();
    let callees = named.callee.states().len().max(1);
    let asks = if named.asks.is_empty() { vec![None] } else { named.asks.iter().copied().map(Some).collect() };
    let mut all: Option<Verdict> = None;
    // The questions are in the order of the caller's states, and for each of the callee's.
    for (at, ask) in asks.into_iter().enumerate() {
        let (caller, callee) = (labels(&named.caller, at / callees), labels(&named.callee, at % callees));
        let sides = (side(&named.caller, &caller, fleet), side(&named.callee, &callee, fleet));
        let verdict = verdicts.settle(fleet, (call.said, call.policy), ask, sides);
        match all {
            Some(other) if other != verdict => return Verdict::Unknown,
            _ => all = Some(verdict),
        }
    }
    all.unwrap_or(Verdict::Unknown)
}

/// Everything in memory: for files, and for tests.
#[derive(Clone, Debug, Default)]
pub struct Days {
    since: Micros,
    calls: BTreeMap<(Day, Edge), Tally>,
    heard: BTreeMap<(Day, String, String), Heard>,
    sources: BTreeMap<(String, String), (Micros, Option<Micros>)>,
    nodes: BTreeMap<String, Micros>,
    canaries: BTreeMap<(Day, String), Canaries>,
}

impl Days {
    /// Keeps nothing yet; the keeping begins at `since`.
    #[must_use]
    pub fn new(since: Micros) -> Self {
        Self { since, ..Self::default() }
    }

    /// Keeps an effect.
    pub fn keep(&mut self, effect: &Effect) {
        for (key, tally) in &effect.calls {
            self.calls.entry(key.clone()).or_default().merge(*tally);
        }
        for (key, heard) in &effect.heard {
            self.heard.entry(key.clone()).or_default().merge(heard);
        }
        for (key, since) in &effect.sources {
            let known = self.sources.entry(key.clone()).or_insert((*since, None));
            known.0 = known.0.min(*since);
        }
        for (node, since) in &effect.nodes {
            let known = self.nodes.entry(node.clone()).or_insert(*since);
            *known = (*known).min(*since);
        }
        for (key, canaries) in &effect.canaries {
            self.canaries.entry(key.clone()).or_default().merge(*canaries);
        }
    }

    /// What is asked for.
    #[must_use]
    pub fn observations(&self, question: &Question, catalogue: Option<&str>) -> Observations {
        let mut answer = Answer::new(question, self.since);
        let days = answer.days();
        self.calls
            .iter()
            .filter(|((day, _), _)| days.contains(day))
            .for_each(|((day, edge), tally)| answer.calls(*day, edge, *tally));
        for ((day, node, source), heard) in self.heard.iter().filter(|((day, ..), _)| days.contains(day)) {
            answer.heard(*day, node, source, heard);
        }
        for ((node, source), (since, gone)) in &self.sources {
            answer.source(node, source, *since, *gone);
        }
        self.nodes.iter().for_each(|(node, since)| answer.node(node, *since, None));
        for ((day, callee), canaries) in self.canaries.iter().filter(|((day, _), _)| days.contains(day)) {
            answer.canaries(callee, *day, *canaries);
        }
        answer.finish(catalogue)
    }
}
