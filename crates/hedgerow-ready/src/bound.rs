//! What a silence is worth: how many calls may still come that nobody has seen and no rule permits.
//!
//! Silence alone says little: after 30 days without a call that no rule permits, all that is known of such calls is that they come no more
//! often than once in ten days, at 95 % ([`silent_rate`]). What makes silence evidence is the code. Every call that is found in code has a rule;
//! so only a call that the scan missed can be cut. How often the scan misses one is measured: of the edges that traffic showed, some were
//! not in the code.

/// The share of cases in which a bound may be wrong.
pub const RISK: f64 = 0.05;

/// What is known of a fleet by its code and its traffic. Edges are pairs of services of the fleet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Edges in the code.
    pub in_code: usize,
    /// Edges in the traffic.
    pub in_traffic: usize,
    /// Edges in both.
    pub in_both: usize,
    /// Edges in the traffic that were seen on one day alone.
    pub on_one_day: usize,
    /// Edges in the traffic that were seen on two days.
    pub on_two_days: usize,
    /// Days in the window.
    pub days: u64,
}

/// The most that the true share can be, at a risk of [`RISK`], where `hits` of `trials` were hits (Clopper and Pearson's upper limit). 1 where
/// nothing was tried.
#[must_use]
pub fn share_at_most(hits: usize, trials: usize) -> f64 {
    if hits >= trials {
        return 1.0;
    }
    if hits == 0 {
        return 1.0 - RISK.powf(1.0 / as_f64(trials));
    }
    // The distribution falls as the share grows: halve until the place is found where it is RISK.
    let (mut low, mut high) = (as_f64(hits) / as_f64(trials), 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(hits, trials, middle) > RISK { low = middle } else { high = middle }
    }
    high
}

/// The chance of at most `hits` hits in `trials`, each with the chance `share`.
fn at_most(hits: usize, trials: usize, share: f64) -> f64 {
    let odds = (share / (1.0 - share)).ln();
    let mut term = as_f64(trials) * (1.0 - share).ln();
    let mut sum = term.exp();
    for k in 0..hits {
        term += (as_f64(trials - k) / as_f64(k + 1)).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

/// How often something comes at most, in times a day, at a risk of [`RISK`], that did not come in so many days: 3/T, the rule of three.
/// It holds for what comes at a constant rate.
#[must_use]
pub fn silent_rate(days: u64) -> f64 {
    if days == 0 { f64::INFINITY } else { -RISK.ln() / as_f64(usize::try_from(days).unwrap_or(usize::MAX)) }
}

impl Counts {
    /// Edges in the code that traffic has not shown.
    #[must_use]
    pub const fn not_seen(&self) -> usize {
        self.in_code.saturating_sub(self.in_both)
    }

    /// The share of edges that the scan misses, at most. It takes the edges that traffic shows for a fair sample of all; rare calls are missed
    /// more often than frequent ones, as far as they are made by reflection and the like.
    #[must_use]
    pub fn missed_share(&self) -> f64 {
        share_at_most(self.in_traffic.saturating_sub(self.in_both), self.in_traffic)
    }

    /// How many edges are to be expected, at most, that neither code nor traffic has shown, among edges of which `not_seen` are in the code
    /// and not in the traffic. Infinite where traffic says nothing of the scan.
    ///
    /// Each edge that traffic has not shown is in the code with a chance of at least 1 − p. Where `not_seen` of them are, the missed ones have a
    /// negative binomial distribution, whose mean is (`not_seen` + 1) · p / (1 − p): one may hide also where none shows.
    #[must_use]
    pub fn expected(&self, not_seen: usize) -> f64 {
        let share = self.missed_share();
        if share >= 1.0 { f64::INFINITY } else { as_f64(not_seen + 1) * share / (1.0 - share) }
    }

    /// How many edges neither of the two shows, by capture and recapture (Chapman's estimate). It takes code and traffic to be independent;
    /// what the scan cannot see is also rare, so the truth is rather more. Nothing where both share no edge.
    #[must_use]
    pub fn unseen_by_both(&self) -> Option<f64> {
        let (code, traffic, both) = (as_f64(self.in_code), as_f64(self.in_traffic), as_f64(self.in_both));
        let all = (code + 1.0) * (traffic + 1.0) / (both + 1.0) - 1.0;
        (self.in_both > 0).then(|| (all - (code + traffic - both)).max(0.0))
    }

    /// How many edges traffic has not shown yet, at least, by those that it showed on one or two days alone (Chao's second estimate). Nothing where
    /// the window has fewer than two days.
    #[must_use]
    pub fn unseen_by_days(&self) -> Option<f64> {
        if self.days < 2 {
            return None;
        }
        let (one, two) = (as_f64(self.on_one_day), as_f64(self.on_two_days));
        let days = as_f64(usize::try_from(self.days).unwrap_or(usize::MAX));
        let pairs = if self.on_two_days > 0 { one * one / (2.0 * two) } else { one * (one - 1.0).max(0.0) / 2.0 };
        Some((days - 1.0) / days * pairs)
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(is: f64, should: f64, within: f64) {
        assert!((is - should).abs() <= within, "{is} is not {should}");
    }

    #[test]
    fn shares_are_those_of_the_tables() {
        // Rows of the facts, and of published tables of Clopper and Pearson's limits (one-sided, 95 %).
        for (hits, trials, should) in [
            (0, 212, 0.014),
            (0, 500, 0.006),
            (0, 10, 0.2589),
            (1, 10, 0.3942),
            (2, 20, 0.2826),
            (5, 50, 0.1990),
            (5, 5, 1.0),
            (0, 0, 1.0),
        ] {
            near(share_at_most(hits, trials), should, 0.0005);
        }
        // Large numbers neither overflow nor take long.
        near(share_at_most(100, 100_000), 0.001_18, 0.000_02);
    }

    #[test]
    fn silence_alone_is_worth_little() {
        near(silent_rate(30), 0.1, 0.001);
        assert!(silent_rate(0).is_infinite());
    }

    #[test]
    fn estimates_are_those_of_their_formulas() {
        let counts = Counts { in_code: 200, in_traffic: 100, in_both: 98, on_one_day: 4, on_two_days: 2, days: 30 };
        near(counts.unseen_by_both().expect("both share edges"), 201.0 * 101.0 / 99.0 - 1.0 - 202.0, 1e-9);
        near(counts.unseen_by_days().expect("thirty days"), 29.0 / 30.0 * 4.0, 1e-9);
        let none_on_two = Counts { on_two_days: 0, ..counts };
        near(none_on_two.unseen_by_days().expect("thirty days"), 29.0 / 30.0 * 6.0, 1e-9);
        assert_eq!(counts.not_seen(), 102);
        let share = counts.missed_share();
        near(share, 0.0616, 0.0005);
        near(counts.expected(3), 4.0 * share / (1.0 - share), 1e-9);
        assert!(Counts::default().expected(0).is_infinite(), "no traffic, no bound");
        assert_eq!(Counts { days: 1, ..counts }.unseen_by_days(), None);
        assert_eq!(Counts { in_both: 0, ..counts }.unseen_by_both(), None);
    }
}
