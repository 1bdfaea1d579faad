//! What was kept of some days, as observations.

use super::sources::TOUCH;
use super::{Canaries, DAY, Day, Edge, Heard, Tally, start_of};
use crate::naming::Micros;
use crate::observations::{
    Canary, Coverage, Faults, Gap, Header, JobRuns, JudgedBy, MAX_GAPS, Moment, Observation, Observations, VERSION,
    Watched,
};
use std::collections::{BTreeMap, BTreeSet};

const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;
/// The source of a node of which nobody has told anything.
const NO_SOURCE: &str = "none";

/// Which observations are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first moment; the answer begins with its day, or when the keeping began if that was later. Calls that were over by then are counted, and
    /// are not in it.
    pub since: Micros,
    /// The last moment.
    pub until: Micros,
    /// Only calls to this service.
    pub callee: Option<String>,
}

/// What was heard of one source.
#[derive(Clone, Debug, Default)]
struct Listening {
    minutes: u64,
    lost: u64,
    gaps: Vec<(Micros, Micros)>,
    /// Until when nothing is open: what was heard before has its gaps already.
    cursor: Option<Micros>,
    /// From when to when it should have listened.
    expected: Option<(Micros, Micros)>,
}

/// An answer that is put together from what was kept: days in ascending order, else in any.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The first day that is asked for.
    asked: Day,
    from: Micros,
    to: Micros,
    callee: Option<String>,
    calls: BTreeMap<Edge, (Tally, BTreeSet<Day>)>,
    /// How many calls were over before it begins.
    earlier: u64,
    sources: BTreeMap<(String, String), Listening>,
    /// From when to when each node was there, as far as that is known beside its sources.
    nodes: BTreeMap<String, (Micros, Option<Micros>)>,
    canaries: BTreeMap<String, Canaries>,
    /// The days on which every call of the canary was seen, by callee.
    canary_days: BTreeMap<String, BTreeSet<Day>>,
    services: BTreeMap<String, Watched>,
}

impl Answer {
    /// Nothing yet. `kept_since`: when the keeping began; of what was before nothing is known.
    #[must_use]
    pub fn new(question: &Question, kept_since: Micros) -> Self {
        let day = question.since.div_euclid(DAY).saturating_mul(DAY);
        let from = day.max(kept_since);
        Self {
            asked: super::day_of(question.since),
            from,
            to: question.until.max(from),
            callee: question.callee.clone(),
            calls: BTreeMap::new(),
            earlier: 0,
            sources: BTreeMap::new(),
            nodes: BTreeMap::new(),
            canaries: BTreeMap::new(),
            canary_days: BTreeMap::new(),
            services: BTreeMap::new(),
        }
    }

    /// The days that are asked for.
    #[must_use]
    pub fn days(&self) -> std::ops::RangeInclusive<Day> {
        super::day_of(self.from)..=super::day_of(self.to)
    }

    /// The days of whose calls it wants to know: what was queued when the keeping began may be of days before.
    #[must_use]
    pub fn days_of_calls(&self) -> std::ops::RangeInclusive<Day> {
        self.asked.min(super::day_of(self.from))..=super::day_of(self.to)
    }

    /// Whether calls to a service are asked for.
    #[must_use]
    pub fn wants(&self, callee: &str) -> bool {
        self.callee.as_deref().is_none_or(|wanted| wanted == callee)
    }

    /// Takes in what was counted of an edge in one day. What was over before the answer begins is no part of it: of that time nobody can say how well was
    /// listened.
    pub fn calls(&mut self, day: Day, edge: &Edge, tally: Tally) {
        if !self.wants(&edge.callee) || tally.first > self.to {
            return;
        }
        if tally.last < self.from {
            self.earlier = self.earlier.saturating_add(tally.count.max(1));
            return;
        }
        if !self.calls.contains_key(edge) {
            self.calls.insert(edge.clone(), (Tally::default(), BTreeSet::new()));
        }
        if let Some((sum, days)) = self.calls.get_mut(edge) {
            sum.merge(tally);
            days.insert(day);
        }
    }

    /// Takes in when a source listened in one day.
    pub fn heard(&mut self, day: Day, node: &str, source: &str, heard: &Heard) {
        let start = start_of(day);
        let of_day =
            |at: Micros| u32::try_from(at.saturating_sub(start).clamp(0, DAY) / 1000).unwrap_or(super::DAY_MILLIS);
        let of_source = self.sources.entry((node.to_owned(), source.to_owned())).or_default();
        of_source.minutes += heard.spans.minutes(of_day(self.from.saturating_add(999)), of_day(self.to));
        of_source.lost = of_source.lost.saturating_add(heard.lost);
        for (from, to) in heard.spans.runs() {
            let at = |millis: u32| start.saturating_add(Micros::from(millis) * 1000);
            let (from, to) = (at(*from), at(*to));
            let cursor = of_source.cursor.unwrap_or(self.from);
            if from > cursor.saturating_add(TOUCH) {
                of_source.gaps.push((cursor, from));
            }
            of_source.cursor = Some(cursor.max(to));
        }
    }

    /// Says that a source of a node is known since a moment, and where the node is gone, until when.
    pub fn source(&mut self, node: &str, source: &str, since: Micros, gone: Option<Micros>) {
        let of_source = self.sources.entry((node.to_owned(), source.to_owned())).or_default();
        of_source.expected = Some((since, gone.unwrap_or(Micros::MAX)));
    }

    /// Says that a node is there since a moment. Its sources are expected from then on; where it has none, that is told as the source `none`.
    pub fn node(&mut self, node: &str, since: Micros, gone: Option<Micros>) {
        self.nodes.insert(node.to_owned(), (since, gone));
    }

    /// Takes in the canaries of one day.
    pub fn canaries(&mut self, callee: &str, day: Day, canaries: Canaries) {
        if self.wants(callee) {
            if canaries.sent > 0 && canaries.seen >= canaries.sent {
                self.canary_days.entry(callee.to_owned()).or_default().insert(day);
            }
            self.canaries.entry(callee.to_owned()).or_default().merge(canaries);
        }
    }

    /// Takes in what is known of services at the end of the window.
    pub fn watched(&mut self, services: &BTreeMap<String, Watched>) {
        self.services.extend(services.iter().map(|(name, watched)| (name.clone(), watched.clone())));
    }

    /// Takes in where pods of a service ran in one day.
    pub fn ran<'n>(&mut self, service: &str, nodes: impl IntoIterator<Item = &'n str>) {
        let all = &mut self.services.entry(service.to_owned()).or_default().nodes;
        for node in nodes {
            if let Err(at) = all.binary_search_by(|known| known.as_str().cmp(node)) {
                all.insert(at, node.to_owned());
            }
        }
    }

    /// Takes in by what policy calls to a service are judged.
    pub fn judged(&mut self, service: &str, digest: &str, since: Micros) {
        let since = Moment(since.div_euclid(SECOND));
        self.services.entry(service.to_owned()).or_default().policy =
            Some(JudgedBy { digest: digest.to_owned(), since });
    }

    /// Takes in when runs of a service's cron job ended well.
    pub fn finished(&mut self, service: &str, workload: &str, runs: impl IntoIterator<Item = Micros>) {
        let runs: Vec<Micros> = runs.into_iter().filter(|at| (self.from..=self.to).contains(at)).collect();
        let last = runs.iter().max().map(|at| Moment(at.div_euclid(SECOND)));
        let jobs = &mut self.services.entry(service.to_owned()).or_default().jobs;
        jobs.push(JobRuns { workload: workload.to_owned(), finished: runs.len() as u64, last });
    }

    /// The observations. `catalogue`: the digest of the catalogue by which services were named.
    #[must_use]
    pub fn finish(mut self, catalogue: Option<&str>) -> Observations {
        let lives = std::mem::take(&mut self.nodes);
        for (node, (since, gone)) in lives.clone() {
            let mut has_any = false;
            for (_, of_source) in self.sources.iter_mut().filter(|((of, _), _)| *of == node) {
                let end = gone.unwrap_or(Micros::MAX);
                let (from, to) = of_source.expected.get_or_insert((since, end));
                // A source may end before its node does: what the node did then, nobody heard.
                (*from, *to) = (since.min(*from), end.max(*to));
                has_any = true;
            }
            if !has_any {
                self.source(&node, NO_SOURCE, since, gone);
            }
        }
        let (from, to) = (self.from, self.to);
        let is_meant =
            |expected: &Option<(Micros, Micros)>| expected.is_some_and(|(since, gone)| since.max(from) < gone.min(to));
        self.sources.retain(|_, it| is_meant(&it.expected) || it.minutes > 0 || it.lost > 0);
        let seconds = |at: Micros| Moment(at.div_euclid(SECOND));
        let up = |at: Micros| Moment(at.saturating_add(SECOND - 1).div_euclid(SECOND));
        let (begin, until) = (self.from, self.to);
        let coverage = self.sources.into_iter().map(|((node, source), of_source)| {
            // What was heard of a source whose beginning is not kept is all that is known of it.
            let (since, gone) = of_source.expected.unwrap_or((until, until));
            let from = begin.max(since);
            let to = until.min(gone).max(from);
            // Ceiling of the one, floor of the other: whole minutes, as those that were heard.
            let minutes = to.div_euclid(MINUTE) - from.saturating_add(MINUTE - 1).div_euclid(MINUTE);
            let expected = u64::try_from(minutes).unwrap_or_default();
            let cursor = of_source.cursor.unwrap_or(from);
            let mut gaps = of_source.gaps;
            gaps.push((cursor, to));
            let clipped = gaps.into_iter().map(|(start, end)| (start.max(from), end.min(to)));
            let gaps: Vec<_> = clipped.filter(|(start, end)| *end > start.saturating_add(TOUCH)).collect();
            // Only of a node that is known beside its sources can it be said that it was not there before they were.
            let is_known = lives.contains_key(&node);
            Coverage {
                since: (is_known && from > begin).then(|| seconds(from)),
                until: (is_known && to < until).then(|| up(to)),
                node,
                source,
                heard: of_source.minutes,
                blind: expected.saturating_sub(of_source.minutes),
                lost: of_source.lost,
                gaps: joined(gaps.into_iter().map(|(start, end)| Gap { from: seconds(start), to: up(end) }).collect()),
            }
        });
        let observed = self.calls.into_iter().map(|(edge, (tally, days))| Observation {
            first: seconds(tally.first),
            last: seconds(tally.last),
            // A call that only sources of second rank saw was made all the same.
            count: tally.count.max(1),
            protocol: edge.protocol.to_string().to_ascii_uppercase(),
            caller: edge.caller,
            callee: edge.callee,
            port: edge.port,
            verdict: edge.verdict,
            days: days.len() as u64,
        });
        let (first_day, last_day) = (super::day_of(self.from), super::day_of(self.to));
        let canary_days = self.canary_days;
        let unbroken = |callee: &str| {
            let good = canary_days.get(callee)?;
            // The last day has only begun: its first round may not be told yet.
            let end = if good.contains(&last_day) { last_day } else { last_day.checked_sub(1)? };
            let first = (first_day..=end).rev().take_while(|day| good.contains(day)).last()?;
            Some(Moment((i64::from(first) * DAY).max(begin).div_euclid(SECOND)))
        };
        let canaries = self.canaries.into_iter().map(|(callee, canaries)| Canary {
            since: unbroken(&callee),
            callee,
            sent: canaries.sent,
            seen: canaries.seen,
            missed: canaries.missed.map(seconds),
        });
        let header = Header {
            version: VERSION,
            // Towards each other, so that the window is not said to be more than it is.
            from: up(self.from),
            to: seconds(self.to).max(up(self.from)),
            catalogue: catalogue.map(str::to_owned),
            labelling: None,
            environment: None,
            earlier: self.earlier,
            coverage: coverage.collect(),
            canaries: canaries.collect(),
            services: self.services,
        };
        Observations { header, observed: observed.collect(), faults: Faults::default() }
    }
}

/// Gaps that overlap or touch as one; where they are too many, those with the shortest breaks between them too.
fn joined(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut apart: Vec<Gap> = Vec::new();
    for gap in gaps {
        match apart.last_mut() {
            Some(last) if gap.from <= last.to => last.to = last.to.max(gap.to),
            _ => apart.push(gap),
        }
    }
    if apart.len() <= MAX_GAPS {
        return apart;
    }
    let mut breaks: Vec<i64> = apart.windows(2).map(|pair| pair[1].from.0 - pair[0].to.0).collect();
    breaks.sort_unstable_by(|a, b| b.cmp(a));
    // The longest breaks stay, one fewer than there may be gaps; of those that are as long as the shortest of these, none.
    let longest = breaks.get(MAX_GAPS - 1).copied().unwrap_or_default();
    let mut few: Vec<Gap> = Vec::new();
    for gap in apart {
        match few.last_mut() {
            Some(last) if gap.from.0 - last.to.0 <= longest => last.to = gap.to,
            _ => few.push(gap),
        }
    }
    few
}
