//! The times of one day in which a source proved that it was listening.

use serde::{Deserialize, Serialize};

/// Milliseconds of a day.
pub const DAY_MILLIS: u32 = 86_400_000;
/// The most runs that are kept of one day: one for each minute. What is beyond is not taken in, and so counts as blind.
pub const MAX_RUNS: usize = 1440;
/// Runs that are so near to each other are one: both ends are rounded to whole milliseconds, inwards.
const TOUCH: u32 = 1;

/// Runs of milliseconds of one day, ascending and apart: `from` is in it, `to` is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans(Vec<(u32, u32)>);

impl Spans {
    /// One run; nothing where it is empty or no part of a day.
    #[must_use]
    pub fn of(from: u32, to: u32) -> Self {
        let mut spans = Self::default();
        spans.insert(from, to);
        spans
    }

    /// Takes a run in. False where there are more runs than are kept: it was left out.
    pub fn insert(&mut self, from: u32, to: u32) -> bool {
        let to = to.min(DAY_MILLIS);
        if from >= to {
            return true;
        }
        // Every run that it meets or touches becomes one with it.
        let first = self.0.partition_point(|run| run.1.saturating_add(TOUCH) < from);
        let last = self.0.partition_point(|run| run.0 <= to.saturating_add(TOUCH));
        let met = self.0.get(first..last).unwrap_or_default();
        if met.is_empty() && self.0.len() >= MAX_RUNS {
            return false;
        }
        let from = met.first().map_or(from, |run| run.0.min(from));
        let to = met.last().map_or(to, |run| run.1.max(to));
        self.0.splice(first..last, [(from, to)]);
        true
    }

    /// Takes in what another one holds. False where something was left out.
    pub fn merge(&mut self, other: &Self) -> bool {
        other.0.iter().fold(true, |all, (from, to)| self.insert(*from, *to) && all)
    }

    /// The runs.
    #[must_use]
    pub fn runs(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// How many whole minutes of the day, counted from its beginning, lie in it and between two of its milliseconds.
    #[must_use]
    pub fn minutes(&self, from: u32, to: u32) -> u64 {
        const MINUTE: u32 = 60_000;
        let whole = self.0.iter().map(|(start, end)| {
            // Between two days nothing was heard twice, and nothing is rounded.
            let (start, end) = ((*start).max(from), (*end).min(to));
            let (first, last) = (start.div_ceil(MINUTE), end / MINUTE);
            u64::from(last.saturating_sub(first))
        });
        whole.sum()
    }

    /// Whether they are as they are made here: ascending, apart, within a day.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.0.len() <= MAX_RUNS
            && self.0.iter().all(|(from, to)| from < to && *to <= DAY_MILLIS)
            && self.0.windows(2).all(|pair| pair[0].1 < pair[1].0)
    }
}
