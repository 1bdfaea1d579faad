//! Labels that pods wear and nobody gave them.

use super::Ledger;
use crate::fleet::Forged;
use crate::naming::Micros;

/// Forged labels that are known.
const MAX_FORGED: usize = 10_000;

impl Ledger {
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
}
