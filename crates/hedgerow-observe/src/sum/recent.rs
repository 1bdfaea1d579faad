//! What was seen a short while ago, in a fixed amount of memory. What is pushed out early is taken for new: a call may be counted once too
//! often then, and never too seldom.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Entries that one value can stand in.
const WAYS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Slot {
    fingerprint: u64,
    at: i64,
    mark: u8,
}

/// The memory.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    slots: Vec<Option<Slot>>,
    /// How long something is remembered, in microseconds.
    keep: i64,
}

impl Recent {
    /// A memory of about so many values, each for so long after it was seen last.
    pub(super) fn new(values: usize, keep: i64) -> Self {
        Self { slots: vec![None; values.next_power_of_two().max(WAYS)], keep }
    }

    /// The mark under which it was seen last, if that is not too long ago; and notes that it is seen now.
    pub(super) fn see(&mut self, fingerprint: u64, at: i64, mark: u8) -> Option<u8> {
        let keep = self.keep;
        let ways = self.ways(fingerprint);
        if let Some(slot) = ways.iter_mut().flatten().find(|slot| slot.fingerprint == fingerprint) {
            // By a clock that was set back, it was seen later than now: it is not older for that.
            let is_fresh = at.saturating_sub(slot.at) <= keep;
            let before = slot.mark;
            *slot = Slot { fingerprint, at, mark };
            return is_fresh.then_some(before);
        }
        if let Some(oldest) = ways.iter_mut().min_by_key(|slot| slot.map_or(i64::MIN, |slot| slot.at)) {
            *oldest = Some(Slot { fingerprint, at, mark });
        }
        None
    }

    /// Whether it was seen not too long ago.
    pub(super) fn has(&mut self, fingerprint: u64, at: i64) -> bool {
        let keep = self.keep;
        self.ways(fingerprint)
            .iter()
            .flatten()
            .any(|slot| slot.fingerprint == fingerprint && at.saturating_sub(slot.at) <= keep)
    }

    fn ways(&mut self, fingerprint: u64) -> &mut [Option<Slot>] {
        let sets = self.slots.len() / WAYS;
        let set = usize::try_from(fingerprint % sets as u64).unwrap_or(0);
        &mut self.slots[set * WAYS..(set + 1) * WAYS]
    }
}

/// A number for a value: the same in every run.
pub(super) fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut recent = Recent::new(WAYS, 100);
        for (value, at) in [(1, 10), (2, 20), (3, 30), (4, 40)] {
            assert_eq!(recent.see(value, at, 7), None);
        }
        // Seen again: the second is the oldest now.
        assert_eq!(recent.see(1, 50, 8), Some(7));
        assert_eq!(recent.see(5, 60, 7), None);
        let known: Vec<bool> = (1..=5).map(|value| recent.has(value, 60)).collect();
        assert_eq!(known, [true, false, true, true, true]);
        assert!(recent.has(4, 140) && !recent.has(4, 141), "for so long, and no longer");
        assert_eq!(recent.see(4, 141, 7), None);
        assert_eq!(recent.see(4, 5, 9), Some(7), "a clock that was set back forgets nothing");
    }
}
