//! Sources: which of them listened, what they lost, and which of several counts.

use super::{DAY, DAY_MILLIS, Effect, Ledger, Report, SourceReport, Spans, day_of, start_of};
use crate::call::Call;
use crate::naming::Micros;
use serde::{Deserialize, Serialize};

/// Sources of nodes that are known.
const MAX_SOURCES: usize = 100_000;
/// Runs that are so near to each other have no gap between them: their ends are rounded to milliseconds, inwards.
pub(super) const TOUCH: Micros = 2_000;
/// Sources that see calls, the best first.
const SEES: [&str; 4] = ["flows", "hubble", "conntrack", "kernel-log"];

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

/// What is known of a source of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Since when it is known.
    pub since: Micros,
    /// Until when it was heard last.
    pub heard_until: Option<Micros>,
    /// Since when it was heard without a break up to then, as far as that is known.
    pub heard_since: Option<Micros>,
    /// Records that it lost since the ledger was begun; where nobody could say how many, one.
    pub lost: u64,
}

impl SourceState {
    /// Takes in that it was heard from one moment to another; later ones after earlier ones.
    pub fn hear(&mut self, from: Micros, to: Micros) {
        let is_on = |until: Micros| from <= until.saturating_add(TOUCH);
        if self.heard_until.is_none_or(|until| to > until) {
            if self.heard_since.is_none() || !self.heard_until.is_some_and(is_on) {
                self.heard_since = Some(from);
            }
            self.heard_until = Some(to);
        }
    }
}

impl Ledger {
    pub(super) fn take_sources(&mut self, report: &Report<'_>, effect: &mut Effect) {
        for source in &report.sources {
            let key = (report.node.to_owned(), source.name.to_owned());
            if !self.sources.contains_key(&key) && self.sources.len() + effect.sources.len() >= MAX_SOURCES {
                continue;
            }
            if self.sources.get(&key).is_none_or(|state| report.from < state.since) {
                effect.sources.insert(key.clone(), report.from);
            }
            self.listening.insert(key.clone(), is_listening(source));
            let before = self.heard_to.remove(&key);
            let begin =
                report.continues.filter(|end| before == Some(*end)).map_or(report.from, |end| end.min(report.from));
            let lost = if source.lost_unknown { source.lost.max(1) } else { source.lost };
            if lost > 0 {
                let key = (day_of(report.to), key.0.clone(), key.1.clone());
                let heard = effect.heard.entry(key).or_default();
                heard.lost = heard.lost.saturating_add(lost);
            }
            if !is_listening(source) || begin >= report.to || report.to.saturating_sub(begin) > DAY {
                continue;
            }
            self.heard_to.insert(key.clone(), report.to);
            for day in day_of(begin)..=day_of(report.to) {
                let start = start_of(day);
                // Inwards: what is said to be heard was heard.
                let from = begin.saturating_sub(start).clamp(0, DAY).saturating_add(999) / 1000;
                let to = report.to.saturating_sub(start).clamp(0, DAY) / 1000;
                let millis = |at: Micros| u32::try_from(at).unwrap_or(DAY_MILLIS);
                if from < to {
                    let key = (day, key.0.clone(), key.1.clone());
                    effect.heard.entry(key).or_default().spans.insert(millis(from), millis(to));
                }
            }
        }
    }

    /// A call to somebody of whom nothing at all is known: it may have been any service, so the interval was not heard.
    pub(super) fn miss(&mut self, call: &Call<'_>, report: &Report<'_>, effect: &mut Effect) {
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
    pub(super) fn unhear(&mut self, report: &Report<'_>, effect: &mut Effect) {
        for ((_, node, source), heard) in &mut effect.heard {
            if self.missed.get(&(node.clone(), source.clone())) == Some(&report.from) {
                heard.spans = Spans::default();
                self.heard_to.remove(&(node.clone(), source.clone()));
            }
        }
    }

    /// Whether a better source of the node saw the same calls. A report that says nothing of its sources is one of several of its interval.
    pub(super) fn is_second(&self, source: &str, may_be_dropped: bool, report: &Report<'_>) -> bool {
        let own = SEES.iter().position(|known| *known == source).unwrap_or(SEES.len());
        SEES.iter().take(own).filter(|name| !(may_be_dropped && **name == "conntrack")).any(|name| {
            match report.sources.iter().find(|source| source.name == *name) {
                Some(source) => is_listening(source),
                None if !report.sources.is_empty() => false,
                None => self.listening.get(&(report.node.to_owned(), (*name).to_owned())) == Some(&true),
            }
        })
    }
}

/// Whether a source saw all that there was to see in the interval.
const fn is_listening(source: &SourceReport<'_>) -> bool {
    source.heard && source.lost == 0 && !source.lost_unknown
}
