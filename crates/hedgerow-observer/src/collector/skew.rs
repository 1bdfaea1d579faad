//! How far a node's clock is from ours, from batches that say when they were sent.
//!
//! A batch that was sent at `s` by the node's clock and came at `r` by ours was on its way for a time that nobody knows but that is not
//! negative: the node's clock is behind by at most `r - s`. The least of many is near the truth. A clock that is set while records wait
//! makes the time of a record uncertain by as much: both ends are kept.

use super::clock::SECOND;
use hedgerow_observe::naming::Micros;
use std::collections::VecDeque;

/// How many batches are remembered.
const REMEMBERED: usize = 64;
/// For how long.
const WINDOW: Micros = 10 * 60 * SECOND;
/// How long the quickest batch of a window may have been on its way.
const ON_ITS_WAY: Micros = SECOND / 2;
/// By how much several batches in a row must be late before the clock is taken to have been set back.
const STEP: Micros = 2 * SECOND;
/// How many.
const IN_A_ROW: usize = 3;

/// What is known of one node's clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Skew {
    samples: VecDeque<(Micros, Micros)>,
}

/// Where a time of the node lies on our clock: add one for the earliest, the other for the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    pub(crate) least: Micros,
    pub(crate) most: Micros,
}

impl Skew {
    /// A batch came.
    pub(crate) fn came(&mut self, sent: Micros, received: Micros) -> Offset {
        let sample = received.saturating_sub(sent);
        let before = self.samples.back().map(|(_, sample)| *sample);
        self.samples.push_back((received, sample));
        while self.samples.len() > REMEMBERED
            || self.samples.front().is_some_and(|(at, _)| received.saturating_sub(*at) > WINDOW)
        {
            self.samples.pop_front();
        }
        let least = self.least();
        let offset = Offset { least: least.saturating_sub(ON_ITS_WAY), most: before.unwrap_or(sample).max(sample) };
        let last = self.samples.iter().rev().take(IN_A_ROW);
        if self.samples.len() > IN_A_ROW && last.clone().all(|(_, sample)| *sample > least.saturating_add(STEP)) {
            // Not late batches, but another clock.
            let last: VecDeque<_> = last.rev().copied().collect();
            self.samples = last;
        }
        offset
    }

    fn least(&self) -> Micros {
        self.samples.iter().map(|(_, sample)| *sample).min().unwrap_or(0)
    }

    /// By how much the node's clock is behind ours, as near as is known.
    pub(crate) fn behind(&self) -> Option<Micros> {
        (!self.samples.is_empty()).then(|| self.least())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickest_batch_tells_and_a_clock_that_is_set_makes_it_uncertain() {
        let mut skew = Skew::default();
        let at = |second: Micros| second * SECOND;
        // A clock that is 5 s behind, batches that take 0.1 to 3 s.
        assert_eq!(
            skew.came(at(100), at(105) + SECOND / 10),
            Offset { least: at(5) + SECOND / 10 - ON_ITS_WAY, most: at(5) + SECOND / 10 }
        );
        let late = skew.came(at(110), at(118));
        assert_eq!(late, Offset { least: at(5) + SECOND / 10 - ON_ITS_WAY, most: at(8) });
        assert_eq!(skew.behind(), Some(at(5) + SECOND / 10));
        // It is set back by a minute: what was recorded before and what after are both within.
        let stepped = skew.came(at(60), at(125));
        assert!(stepped.least <= at(5) && stepped.most >= at(65), "{stepped:?}");
        for n in 1..4 {
            skew.came(at(60 + n), at(125 + n));
        }
        assert_eq!(skew.behind(), Some(at(65)));
        // And forward by two minutes.
        let stepped = skew.came(at(190), at(131));
        assert!(stepped.least <= at(-59) && stepped.most >= at(65), "{stepped:?}");
        assert_eq!(skew.behind(), Some(at(-59)));
        // What is long ago does not count.
        skew.came(at(2000), at(2003));
        assert_eq!(skew.behind(), Some(at(3)));
    }
}
