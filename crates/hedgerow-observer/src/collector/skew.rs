//! How far a node's clock is from ours, from batches that say when they were sent.
//!
//! A batch that was sent at `s` by the node's clock and came at `r` by ours was on its way for a time that nobody knows but that is not
//! negative: the node's clock is behind by at most `r - s`. The least of many is near the truth. A clock that is set while records wait
//! makes the time of a record uncertain by as much: both ends are kept.

use super::batch::Batch;
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

/// How many batches of one life are remembered: more than are under way without a receipt.
const INTERVALS: usize = 16;
/// By how much the clock may be set between two intervals of one life, of which one begins when the other ends.
const SET: Micros = 2 * SECOND;

/// Which intervals a node told of last, on its clock and on ours.
///
/// Where an interval lies on our clock is not known exactly, so it is put later at its beginning and earlier at its end. Between two of which one
/// begins when the other ends nothing is left out, however: a node part's batches of one life follow each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Intervals {
    life: u64,
    last: VecDeque<Interval>,
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    sequence: u64,
    told: (Micros, Micros),
    /// Of the first batch that told of it.
    here: (Micros, Micros),
    ended: Micros,
    continues: Option<Micros>,
}

impl Intervals {
    /// Says of a batch where the interval before it ended. Several batches of one interval have the same times.
    pub(crate) fn join(&mut self, batch: &mut Batch, told: (Micros, Micros)) {
        if batch.life != self.life {
            (self.life, self.last) = (batch.life, VecDeque::new());
        }
        let before = batch.sequence.checked_sub(1);
        let known = |sequence: u64| self.last.iter().rev().find(|it| it.sequence == sequence).copied();
        match before.and_then(known).or_else(|| known(batch.sequence)) {
            Some(same) if same.told == told => {
                (batch.from, batch.to) = same.here;
                batch.ended = same.ended;
                batch.continues = same.continues;
            }
            Some(before)
                if before.sequence < batch.sequence && told.0.abs_diff(before.told.1) <= SET.unsigned_abs() =>
            {
                batch.continues = Some(before.ended);
                batch.to = batch.ended;
            }
            Some(_) | None => {}
        }
        let here = (batch.from, batch.to);
        let (sequence, ended, continues) = (batch.sequence, batch.ended, batch.continues);
        self.last.push_back(Interval { sequence, told, here, ended, continues });
        if self.last.len() > INTERVALS {
            self.last.pop_front();
        }
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

    mod intervals {
        use super::*;
        use crate::collector::batch;
        use crate::link;
        use hedgerow_observe::fleet::Fleet;
        use hedgerow_observe::ledger::{Effect, Ledger, Report, SourceReport, start_of};
        use hedgerow_observe::naming::History;
        use hedgerow_observe::verdict::Verdicts;
        use proptest::collection::vec;
        use proptest::prelude::*;

        const BEGIN: Micros = 20_000 * 86_400 * SECOND;

        /// One interval of a node part: how long it was, how long its batch was on its way, whether it was heard, in how many batches it came, and
        /// whether these came at all.
        type Told = (Micros, Micros, bool, u8, bool);
        type Runs = Vec<(Micros, Micros)>;

        /// Runs that are claimed to be heard, and those that were, on our clock.
        fn claimed(told: &[Told], offset: Micros) -> (Runs, Runs) {
            let (mut skew, mut intervals, mut ledger) = (Skew::default(), Intervals::default(), Ledger::default());
            let fleet = r#"{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name","namespaces":[],"types":{},"services":{},"rules":{}}"#;
            let fleet = Fleet::read("c", fleet, None).fleet.unwrap();
            let (mut at, mut sequence, mut all, mut heard) = (BEGIN, 0, Effect::default(), Vec::new());
            for (length, way, is_heard, parts, came) in told {
                let (from, to) = (at, at + length);
                at = to;
                if *is_heard && *came {
                    heard.push((from, to));
                }
                for part in 0..*parts {
                    sequence += 1;
                    if !came {
                        continue;
                    }
                    let received = to + way + Micros::from(part) * 1000;
                    let (from, to) = (from - offset, to - offset);
                    let batch = link::Batch {
                        node: "n".into(),
                        life: 7,
                        sequence,
                        from,
                        to,
                        sent: to,
                        ..link::Batch::default()
                    };
                    let mut batch = batch::check(batch, skew.came(to, received), received);
                    intervals.join(&mut batch, (from, to));
                    let source = SourceReport { name: "conntrack", heard: *is_heard, lost: 0, lost_unknown: false };
                    let sources = if part + 1 == *parts { vec![source] } else { vec![] };
                    let (from, to, continues) = (batch.from, batch.to, batch.continues);
                    let report = Report { node: "n", from, to, continues, calls: vec![], sources, sent: vec![] };
                    all.merge(ledger.take(&report, &History::new(0), &fleet, &mut Verdicts::default()));
                }
            }
            let mut claimed = Vec::new();
            for ((day, _, _), heard) in &all.heard {
                let here = |millis: u32| start_of(*day) + Micros::from(millis) * 1000;
                claimed.extend(heard.spans.runs().iter().map(|(from, to)| (here(*from), here(*to))));
            }
            (claimed, heard)
        }

        #[test]
        fn what_is_heard_all_the_time_is_heard_without_a_gap() {
            for offset in [0, 40 * SECOND, -40 * SECOND] {
                let told: Vec<Told> = (0..360)
                    .map(|n| (10 * SECOND, SECOND / 1000 * (5 + n * 37 % 300), true, 1 + (n % 3 == 0) as u8, true))
                    .collect();
                let (claimed, _) = claimed(&told, offset);
                assert_eq!(claimed.len(), 1, "{claimed:?}");
                let (from, to) = claimed[0];
                assert!(from < BEGIN + SECOND && to > BEGIN + 3599 * SECOND, "{from} {to}");
            }
        }

        #[test]
        fn a_batch_that_is_missing_is_a_gap_and_so_is_one_that_was_not_heard() {
            for (is_heard, came) in [(false, true), (true, false), (false, false)] {
                let mut told: Vec<Told> = vec![(10 * SECOND, 10_000, true, 1, true); 30];
                told[11] = (10 * SECOND, 10_000, is_heard, 1, came);
                let (claimed, _) = claimed(&told, 0);
                assert_eq!(claimed.len(), 2, "{claimed:?}");
                let gap = claimed[1].0 - claimed[0].1;
                assert!((10 * SECOND..12 * SECOND).contains(&gap), "{gap}");
            }
        }

        proptest! {
            #[test]
            fn nothing_is_claimed_that_was_not_heard(
                told in vec((100_000i64..20 * SECOND, 0i64..SECOND / 2, any::<bool>(), 1u8..4, prop::bool::weighted(0.8)), 1..60),
                offset in -60 * SECOND..60 * SECOND,
            ) {
                let (claimed, heard) = claimed(&told, offset);
                for (from, to) in claimed {
                    // Runs of what was heard touch each other.
                    let mut at = from;
                    for (begin, end) in &heard {
                        if *begin <= at && at < *end {
                            at = *end;
                        }
                    }
                    prop_assert!(at >= to, "{from}..{to} was heard until {at}");
                }
            }
        }
    }
}
