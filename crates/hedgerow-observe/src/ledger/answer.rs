//! What was kept of some days, as observations.

use super::{Canaries, DAY, Day, Edge, Spans, Tally};
use crate::naming::Micros;
use crate::observations::{Canary, Coverage, Faults, Header, Moment, Observation, Observations, VERSION};
use std::collections::BTreeMap;

/// A second, a minute.
const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;

/// Which observations are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first moment; the answer begins with its day, or when the keeping began if that was later.
    pub since: Micros,
    /// The last moment.
    pub until: Micros,
    /// Only calls to this service.
    pub callee: Option<String>,
}

/// An answer that is put together from what was kept, in any order.
#[derive(Clone, Debug)]
pub struct Answer {
    from: Micros,
    to: Micros,
    callee: Option<String>,
    calls: BTreeMap<Edge, Tally>,
    heard: BTreeMap<(String, String), u64>,
    expected: BTreeMap<(String, String), u64>,
    canaries: BTreeMap<String, Canaries>,
}

impl Answer {
    /// Nothing yet. `kept_since`: when the keeping began; of what was before nothing is known.
    #[must_use]
    pub fn new(question: &Question, kept_since: Micros) -> Self {
        let day = question.since.div_euclid(DAY).saturating_mul(DAY);
        let from = day.max(kept_since);
        Self {
            from,
            to: question.until.max(from),
            callee: question.callee.clone(),
            calls: BTreeMap::new(),
            heard: BTreeMap::new(),
            expected: BTreeMap::new(),
            canaries: BTreeMap::new(),
        }
    }

    /// The days that are asked for.
    #[must_use]
    pub fn days(&self) -> std::ops::RangeInclusive<Day> {
        super::day_of(self.from)..=super::day_of(self.to)
    }

    /// Whether calls to a service are asked for.
    #[must_use]
    pub fn wants(&self, callee: &str) -> bool {
        self.callee.as_deref().is_none_or(|wanted| wanted == callee)
    }

    /// Takes in what was counted of an edge in one day.
    pub fn calls(&mut self, edge: &Edge, tally: Tally) {
        if self.wants(&edge.callee) && tally.first <= self.to {
            self.calls.entry(edge.clone()).or_default().merge(tally);
        }
    }

    /// Takes in when a source listened in one day.
    pub fn heard(&mut self, day: Day, node: &str, source: &str, spans: &Spans) {
        let start = Micros::from(day) * DAY;
        let of_day = |at: Micros| u32::try_from((at - start).clamp(0, DAY) / 1000).unwrap_or(super::DAY_MILLIS);
        let minutes = spans.minutes(of_day(self.from.saturating_add(999)), of_day(self.to));
        *self.heard.entry((node.to_owned(), source.to_owned())).or_default() += minutes;
    }

    /// Says that a source of a node is known since a moment, and where the node is gone, until when.
    pub fn source(&mut self, node: &str, source: &str, since: Micros, gone: Option<Micros>) {
        let from = self.from.max(since);
        let to = gone.map_or(self.to, |gone| self.to.min(gone));
        // Ceiling of the one, floor of the other: whole minutes, as those that were heard.
        let minutes = to.div_euclid(MINUTE) - from.saturating_add(MINUTE - 1).div_euclid(MINUTE);
        let key = (node.to_owned(), source.to_owned());
        *self.expected.entry(key).or_default() += u64::try_from(minutes).unwrap_or_default();
    }

    /// Takes in the canaries of one day.
    pub fn canaries(&mut self, callee: &str, canaries: Canaries) {
        if self.wants(callee) {
            let all = self.canaries.entry(callee.to_owned()).or_default();
            all.sent = all.sent.saturating_add(canaries.sent);
            all.seen = all.seen.saturating_add(canaries.seen);
        }
    }

    /// The observations. `catalogue`: the digest of the catalogue by which services were named.
    #[must_use]
    pub fn finish(self, catalogue: Option<&str>) -> Observations {
        let sources: std::collections::BTreeSet<_> = self.heard.keys().chain(self.expected.keys()).cloned().collect();
        let coverage = sources.into_iter().map(|key| {
            let heard = self.heard.get(&key).copied().unwrap_or_default();
            let expected = self.expected.get(&key).copied().unwrap_or_default();
            let (node, source) = key;
            Coverage { node, source, heard, blind: expected.saturating_sub(heard), lost: 0, gaps: Vec::new() }
        });
        let seconds = |at: Micros| Moment(at.div_euclid(SECOND));
        let observed = self.calls.into_iter().map(|(edge, tally)| Observation {
            first: seconds(tally.first),
            last: seconds(tally.last),
            // A call that only sources of second rank saw was made all the same.
            count: tally.count.max(1),
            protocol: edge.protocol.to_string().to_ascii_uppercase(),
            caller: edge.caller,
            callee: edge.callee,
            port: edge.port,
            verdict: edge.verdict,
            days: 0,
        });
        let header = Header {
            version: VERSION,
            // Towards each other, so that the window is not said to be more than it is.
            from: Moment(self.from.saturating_add(SECOND - 1).div_euclid(SECOND)),
            to: Moment(self.to.div_euclid(SECOND).max(self.from.saturating_add(SECOND - 1).div_euclid(SECOND))),
            catalogue: catalogue.map(str::to_owned),
            coverage: coverage.collect(),
            services: BTreeMap::new(),
            canaries: self
                .canaries
                .into_iter()
                .map(|(callee, canaries)| Canary { callee, sent: canaries.sent, seen: canaries.seen, missed: None })
                .collect(),
        };
        Observations { header, observed: observed.collect(), faults: Faults::default() }
    }
}
