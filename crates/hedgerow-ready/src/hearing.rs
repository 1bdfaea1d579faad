//! For how long nobody listened on a node, and how that changes as time goes on.

use hedgerow_observe::observations::{Coverage, Gap, Moment};
use std::collections::BTreeMap;

/// The share of a window that may be deaf.
const DEAF_SHARE: i64 = 1_000;

/// Sources that prove something by their silence. Counters name nobody, a canary only calls, the kernel's log is open also where no rule
/// writes to it, and of what is not known nobody can say what it hears.
const PROVES: [&str; 3] = ["conntrack", "flows", "hubble"];

/// How long before the end of the window a source may have been heard last, in seconds: what is on its way is not kept yet.
const ON_THE_WAY: i64 = 120;

/// How many minutes both ends of a window may cut off: whole ones are counted.
const ROUNDED: u64 = 2;

/// What is known of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Somebody listened all the time, but for so many seconds.
    Enough(i64),
    /// Too long nobody did; without further gaps the window is whole at this moment.
    From(Moment, i64),
    /// Nobody listens now.
    Deaf,
    /// No source of this node is known.
    Nothing,
}

/// Coverage by node.
#[derive(Debug)]
pub(crate) struct Hearing<'o> {
    nodes: BTreeMap<&'o str, Vec<&'o Coverage>>,
    from: i64,
    to: i64,
}

impl<'o> Hearing<'o> {
    pub(crate) fn new(coverage: &'o [Coverage], from: Moment, to: Moment) -> Self {
        let mut nodes: BTreeMap<&str, Vec<&Coverage>> = BTreeMap::new();
        for source in coverage.iter().filter(|source| PROVES.contains(&source.source.as_str())) {
            nodes.entry(&source.node).or_default().push(source);
        }
        // Where Cilium carries connections the kernel tracks few of them: what it says is no proof.
        for sources in nodes.values_mut().filter(|sources| sources.iter().any(|source| source.source == "hubble")) {
            sources.retain(|source| source.source != "conntrack");
        }
        Self { nodes, from: from.0, to: to.0 }
    }

    /// How well was listened on a node during the last `window` seconds.
    pub(crate) fn of(&self, node: &str, window: i64) -> Heard {
        let Some(sources) = self.nodes.get(node) else { return Heard::Nothing };
        if sources.iter().all(|source| source.heard == 0) {
            return Heard::Deaf;
        }
        // A minute is deaf when it is for every source.
        let mut deaf = sources.iter().map(|source| self.gaps(source)).reduce(|a, b| both(&a, &b)).unwrap_or_default();
        // A collector that is asked has not yet kept the last seconds.
        deaf.retain(|(from, to)| *to < self.to || *from < self.to - ON_THE_WAY);
        let begin = self.to - window;
        let within =
            deaf.iter().fold(0_i64, |sum, (from, to)| sum.saturating_add(to.saturating_sub((*from).max(begin)).max(0)));
        let allowed = window / DEAF_SHARE;
        if within <= allowed {
            return Heard::Enough(within);
        }
        if deaf.last().is_some_and(|(_, to)| *to >= self.to) {
            return Heard::Deaf;
        }
        // From the last gap backwards: where what lies behind is no more than is allowed, the window may begin.
        let mut left = allowed;
        for (from, to) in deaf.iter().rev() {
            if to.saturating_sub(*from) > left {
                return Heard::From(Moment(to - left + window), within);
            }
            left -= to - from;
        }
        Heard::Enough(within)
    }

    /// Whether connections that were open when a source began to listen on a node were listed by it, and judged.
    pub(crate) fn lists_open(&self, node: &str) -> bool {
        let sources = self.nodes.get(node).into_iter().flatten();
        sources.into_iter().any(|source| source.heard > 0 && matches!(source.source.as_str(), "conntrack" | "flows"))
    }

    /// Whether every minute in which a source should have listened is counted, heard or blind. Of one that is not, nobody can say anything.
    fn is_counted(&self, source: &Coverage) -> bool {
        let from = source.since.map_or(self.from, |since| since.0.max(self.from));
        let to = source.until.map_or(self.to, |until| until.0.min(self.to));
        let minutes = u64::try_from(to.saturating_sub(from) / 60).unwrap_or(0);
        source.heard.saturating_add(source.blind).saturating_add(ROUNDED) >= minutes
    }

    /// Whether the gaps of a source hold all of its blind minutes, and none ends before it begins. A gap may touch a minute at each end that it does not fill.
    fn are_told(source: &Coverage) -> bool {
        let minutes = |gap: &Gap| u64::try_from(gap.to.0.saturating_sub(gap.from.0)).map(|seconds| seconds / 60 + 2);
        let told = source.gaps.iter().map(minutes).try_fold(0_u64, |sum, gap| Some(sum.saturating_add(gap.ok()?)));
        told.is_some_and(|told| source.blind <= told)
    }

    /// The times in which a source proves nothing. Where nobody knows when it was, it may have been any time.
    fn gaps(&self, source: &Coverage) -> Vec<(i64, i64)> {
        let is_untold = source.gaps.is_empty() && source.lost > 0 || !Self::are_told(source);
        if is_untold || !self.is_counted(source) {
            return vec![(self.from, self.to)];
        }
        let mut gaps: Vec<(i64, i64)> = source.gaps.iter().map(|Gap { from, to }| (from.0, to.0)).collect();
        gaps.sort_unstable();
        gaps.dedup_by(|next, last| {
            let joins = next.0 <= last.1;
            if joins {
                last.1 = last.1.max(next.1);
            }
            joins
        });
        gaps
    }
}

/// What lies in both of two sorted lists.
fn both(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from < to {
            out.push((from, to));
        }
        if x.1 <= y.1 { i += 1 } else { j += 1 }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn what_contradicts_itself_is_no_proof() {
        let whole = || source("conntrack", &[(35 * DAY, 35 * DAY + 60)]);
        heard(&[whole()], &Heard::Enough(60));
        heard(&[Coverage { source: "fancy".into(), ..whole() }], &Heard::Nothing);
        // A month of blind minutes, and one gap of a minute.
        heard(&[Coverage { heard: 1, blind: 40 * 1440 - 1, ..whole() }], &Heard::Deaf);
        let reversed = Gap { from: Moment(40 * DAY), to: Moment(35 * DAY) };
        heard(&[Coverage { gaps: vec![reversed], ..whole() }], &Heard::Deaf);
        let extreme = Gap { from: Moment(i64::MIN), to: Moment(i64::MAX) };
        heard(&[Coverage { gaps: vec![extreme], ..whole() }], &Heard::Deaf);
    }

    fn source(name: &str, gaps: &[(i64, i64)]) -> Coverage {
        let blind = gaps.iter().map(|(from, to)| (to - from).unsigned_abs() / 60).sum();
        Coverage {
            node: "a".into(),
            source: name.into(),
            heard: 40 * 1440 - blind,
            blind,
            lost: 0,
            since: None,
            until: None,
            gaps: gaps.iter().map(|(from, to)| Gap { from: Moment(*from), to: Moment(*to) }).collect(),
        }
    }

    #[track_caller]
    fn heard(sources: &[Coverage], should: &Heard) {
        let to = 40 * DAY;
        assert_eq!(&Hearing::new(sources, Moment(0), Moment(to)).of("a", 30 * DAY), should);
    }

    #[test]
    fn a_gap_counts_where_no_source_heard() {
        // A thousandth of 30 days is 2,592 s.
        heard(&[source("conntrack", &[])], &Heard::Enough(0));
        heard(&[source("conntrack", &[(20 * DAY, 20 * DAY + 2592)])], &Heard::Enough(2592));
        heard(
            &[source("conntrack", &[(20 * DAY, 20 * DAY + 2593)])],
            &Heard::From(Moment(20 * DAY + 2593 - 2592 + 30 * DAY), 2593),
        );
        heard(&[source("conntrack", &[(20 * DAY, 21 * DAY)]), source("flows", &[])], &Heard::Enough(0));
        heard(
            &[source("conntrack", &[(20 * DAY, 21 * DAY)]), source("flows", &[(21 * DAY - 60, 22 * DAY)])],
            &Heard::Enough(60),
        );
        heard(&[source("conntrack", &[(20 * DAY, 21 * DAY)]), source("counters", &[])], &{
            Heard::From(Moment(21 * DAY - 2592 + 30 * DAY), DAY)
        });
        // Before the window, and half in it.
        heard(&[source("conntrack", &[(2 * DAY, 9 * DAY)])], &Heard::Enough(0));
        heard(&[source("conntrack", &[(2 * DAY, 10 * DAY + 60)])], &Heard::Enough(60));
        // Several small ones come to too much; the first may be forgotten first.
        heard(&[source("conntrack", &[(11 * DAY, 11 * DAY + 2000), (12 * DAY, 12 * DAY + 2000)])], &{
            Heard::From(Moment(11 * DAY + 2000 - 592 + 30 * DAY), 4000)
        });
    }

    #[test]
    fn what_is_deaf_now_or_nobody_knows_is_said() {
        heard(&[source("conntrack", &[(39 * DAY, 40 * DAY)])], &Heard::Deaf);
        heard(&[source("counters", &[])], &Heard::Nothing);
        heard(&[source("kernel-log", &[])], &Heard::Nothing);
        // The kernel's log is up although nothing is written to it.
        heard(&[source("conntrack", &[(39 * DAY, 40 * DAY)]), source("kernel-log", &[])], &Heard::Deaf);
        // On Cilium the kernel tracks nothing that could be missed.
        heard(&[source("hubble", &[(39 * DAY, 40 * DAY)]), source("conntrack", &[])], &Heard::Deaf);
        // What is on its way to the collector is no gap; two minutes without a word are.
        heard(&[source("conntrack", &[(40 * DAY - 119, 40 * DAY)])], &Heard::Enough(0));
        heard(&[source("conntrack", &[(9 * DAY + 8 * DAY, 18 * DAY), (40 * DAY - 60, 40 * DAY)])], &{
            Heard::From(Moment(18 * DAY - 2592 + 30 * DAY), DAY)
        });
        let never = Coverage { heard: 0, ..source("conntrack", &[]) };
        heard(&[never], &Heard::Deaf);
        let unknown_when = Coverage { blind: 1, ..source("conntrack", &[]) };
        heard(&[unknown_when], &Heard::Deaf);
        let lost_when = Coverage { lost: 1, ..source("conntrack", &[]) };
        heard(&[lost_when], &Heard::Deaf);
        // Minutes that are neither heard nor blind are nobody's: the source is no proof, and another may be.
        let short = |minutes: u64| Coverage { heard: 40 * 1440 - minutes, ..source("conntrack", &[]) };
        heard(&[short(2)], &Heard::Enough(0));
        heard(&[short(3)], &Heard::Deaf);
        heard(&[short(3), source("flows", &[])], &Heard::Enough(0));
        let with = |blind| Coverage { blind, ..short(3) };
        heard(&[with(1)], &Heard::Deaf);
        // A node that came late, or is gone: its minutes are those in which it was there.
        let young = Coverage { since: Some(Moment(30 * DAY)), heard: 10 * 1440, ..source("conntrack", &[]) };
        heard(std::slice::from_ref(&young), &Heard::Enough(0));
        heard(&[Coverage { since: None, ..young.clone() }], &Heard::Deaf);
        heard(&[Coverage { until: Some(Moment(35 * DAY)), heard: 5 * 1440, ..young.clone() }], &Heard::Enough(0));
        heard(&[Coverage { heard: 10 * 1440 - 3, ..young }], &Heard::Deaf);
        heard(&[Coverage { heard: u64::MAX, ..source("conntrack", &[]) }], &Heard::Enough(0));
        // Gaps that overlap or lie in no order are one.
        heard(&[source("conntrack", &[(21 * DAY, 21 * DAY + 60), (20 * DAY, 20 * DAY + 60)])], &Heard::Enough(120));
        heard(&[source("conntrack", &[(20 * DAY, 20 * DAY + 60), (20 * DAY + 30, 20 * DAY + 90)])], &Heard::Enough(90));
    }
}
