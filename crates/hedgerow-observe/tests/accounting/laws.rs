//! Laws 10 and 11 for the accounts.

use crate::world::{AUDIT, NOON, SECOND, World, address, call, heard, report};
use hedgerow_observe::Protocol;
use hedgerow_observe::call::{Call, Seen};
use hedgerow_observe::fleet::Labels;
use hedgerow_observe::ledger::{
    DAY, Days, Edge, Effect, Heard, KeptSource, MAX_RUNS, Perch, Question, Report, Sent, SourceReport, Spans,
};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{Observations, Verdict};
use hedgerow_observe::sum::Said;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::net::IpAddr;

/// Anything that a node part could send: names of any text, times of any day.
#[derive(Clone, Debug)]
struct Wild {
    ends: [(Option<IpAddr>, String, String, Labels, bool); 2],
    source: String,
    port: u16,
    protocol: u8,
    said: u8,
    policy: Option<String>,
    times: (Micros, Micros),
    count: u64,
    was_open: bool,
}

fn wild() -> impl Strategy<Value = Wild> {
    let text =
        || prop_oneof![Just(String::new()), Just("bank".to_owned()), "\\PC{0,12}", Just("service.ledger".to_owned())];
    let address = prop_oneof![
        Just(None),
        (0u8..10).prop_map(|last| Some(address(last))),
        any::<[u8; 4]>().prop_map(|it| Some(it.into())),
        any::<[u8; 16]>().prop_map(|it| Some(it.into())),
    ];
    let key =
        prop_oneof![Just("bank.example/routing-name".to_owned()), Just("bank.example/service-type".to_owned()), text()];
    let end = (address, text(), text(), btree_map(key, text(), 0..4), any::<bool>());
    let time = || prop_oneof![any::<i64>(), (0..10_i64).prop_map(|it| NOON + it * SECOND)];
    let source =
        prop_oneof![Just("conntrack".to_owned()), Just("flows".to_owned()), Just("kernel-log".to_owned()), text()];
    let policy = prop::option::of(prop_oneof![Just("CalicoNetworkPolicy/bank/s-ledger".to_owned()), text()]);
    (
        [end.clone(), end],
        source,
        any::<u16>(),
        any::<u8>(),
        0u8..5,
        policy,
        (time(), time()),
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(|(ends, source, port, protocol, said, policy, times, count, was_open)| Wild {
            ends,
            source,
            port,
            protocol,
            said,
            policy,
            times,
            count,
            was_open,
        })
}

impl Wild {
    fn call(&self) -> Call<'_> {
        let seen = |at: usize| {
            let (address, namespace, name, labels, is_outside) = &self.ends[at];
            Seen { address: *address, namespace, name, labels, is_outside: *is_outside }
        };
        Call {
            source: &self.source,
            caller: seen(0),
            callee: seen(1),
            port: self.port,
            protocol: Protocol(self.protocol),
            said: [Said::Unsaid, Said::Permitted, Said::Unpermitted, Said::Dropped, Said::Logged]
                [usize::from(self.said)],
            policy: self.policy.as_deref(),
            first: self.times.0,
            last: self.times.1,
            count: self.count,
            was_open: self.was_open,
            may_repeat: false,
            is_elsewhere: false,
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(64))]

    /// Law 10: whatever comes, nothing panics, and what is printed is read again.
    #[test]
    fn hostile_reports_are_taken_without_panic(
        calls in vec(wild(), 0..24),
        (from, to) in (any::<i64>(), any::<i64>()),
        node in "\\PC{0,9}",
        (lost, lost_unknown, is_heard) in (any::<u64>(), any::<bool>(), any::<bool>()),
        sent in vec((0u8..12, any::<u64>()), 0..4),
        question in (any::<i64>(), any::<i64>()),
    ) {
        let mut world = World::new(&[AUDIT]);
        let source = SourceReport { name: "conntrack", heard: is_heard, lost, lost_unknown };
        let report = Report {
            node: &node,
            from,
            to,
            continues: None,
            calls: calls.iter().map(Wild::call).collect(),
            sources: vec![source],
            sent: sent.iter().map(|(last, count)| Sent { address: address(*last), uid: "bank-naked", callee: "service.ledger", count: *count }).collect(),
        };
        let mut days = Days::new(0);
        let mut sum = Effect::default();
        for _ in 0..2 {
            let effect = world.take(&report);
            days.keep(&effect);
            sum.merge(effect);
        }
        let told = days.observations(&Question { since: question.0, until: question.1, callee: None }, None);
        let again = Observations::read(&told.to_text());
        prop_assert!(again.is_ok(), "{again:?}");
        world.ledger.forget(question.0);
    }

    /// Bytes of a store that are no records are refused; those that are accepted are written as the same.
    #[test]
    fn damaged_records_are_refused_or_mean_the_same(bytes in vec(any::<u8>(), 0..64), flip in any::<prop::sample::Index>()) {
        if let Ok(edge) = Edge::from_record(&bytes) {
            prop_assert_eq!(Edge::from_record(&edge.to_record()), Ok(edge));
        }
        if let Ok(heard) = Heard::from_record(&bytes) {
            prop_assert!(heard.spans.is_sound());
            prop_assert_eq!(Heard::from_record(&heard.to_record()), Ok(heard));
        }
        if let Ok(source) = KeptSource::from_record(&bytes) {
            prop_assert_eq!(KeptSource::from_record(&source.to_record()), Ok(source));
        }
        if let Ok(perch) = Perch::from_record(&bytes) {
            prop_assert_eq!(Perch::from_record(&perch.to_record()), Ok(perch));
        }
        let mut record = Heard { spans: Spans::of(5, 9), lost: 3 }.to_record();
        let at = flip.index(record.len());
        record[at] ^= 0x40;
        prop_assert!(Heard::from_record(&record).is_ok_and(|heard| heard.spans.is_sound()) || Heard::from_record(&record).is_err());
    }

    /// Runs of a day are the union of what was put in, in any order and however often.
    #[test]
    fn spans_are_the_union_of_what_was_put_in(runs in vec((0u32..400, 0u32..400), 0..40), shuffled in any::<prop::sample::Index>()) {
        let mut spans = Spans::default();
        let mut set = std::collections::BTreeSet::new();
        for (from, to) in &runs {
            // Apart by more than what counts as touching.
            let (from, to) = (from * 10, to * 10);
            prop_assert!(spans.insert(from, to));
            set.extend(from..to);
        }
        let mut other = Spans::default();
        let start = if runs.is_empty() { 0 } else { shuffled.index(runs.len()) };
        for (from, to) in runs.iter().skip(start).chain(&runs) {
            other.merge(&Spans::of(from * 10, to * 10));
        }
        prop_assert_eq!(&spans, &other);
        prop_assert!(spans.is_sound());
        let held: u64 = spans.runs().iter().map(|(from, to)| u64::from(to - from)).sum();
        prop_assert_eq!(held, set.len() as u64);
    }

    /// Law 11: reports that are lost, doubled or that lost something themselves. A minute that is said to be heard holds every call that was made in it;
    /// and no edge that was reported is missing.
    #[test]
    fn a_minute_that_is_heard_holds_all_its_calls(fates in vec((0u8..5, 0u64..4), 1..60)) {
        let mut world = World::new(&[AUDIT]);
        let interval = 20 * SECOND;
        let mut kept = std::collections::BTreeSet::new();
        let mut days = Days::new(NOON);
        // The node is there from the beginning, whether it is heard of or not.
        let mut there = Effect::default();
        there.runs_on("service.ledger", "a", NOON);
        days.keep(&there);
        for (at, (fate, count)) in (0_i64..).zip(&fates) {
            let from = NOON + at * interval;
            let mut one = call(address(2), address(3), 8080, from + SECOND);
            one.count = *count;
            let calls = if *count > 0 { vec![one] } else { Vec::new() };
            let source = match fate {
                1 => SourceReport { lost: 1, ..heard("conntrack") },
                2 => SourceReport { heard: false, ..heard("conntrack") },
                _ => heard("conntrack"),
            };
            // 0: it never arrives. 3: it arrives twice, and whoever keeps knows its number.
            let times = match fate { 0 => 0, 3 => 2, _ => 1 };
            for _ in 0..times {
                if kept.insert(at) {
                    days.keep(&world.take(&report(from, from + interval, calls.clone(), vec![source])));
                }
            }
        }
        let until = NOON + i64::try_from(fates.len()).unwrap() * interval;
        let told = days.observations(&Question { since: NOON, until, callee: None }, None);
        let heard: u64 = told.header.coverage.iter().map(|it| it.heard).sum();
        let blind: u64 = told.header.coverage.iter().map(|it| it.blind).sum();
        let whole_minutes = u64::try_from((until - NOON) / (60 * SECOND)).unwrap();
        prop_assert!(heard + blind <= whole_minutes);
        // In every minute outside of all gaps, nothing is missing.
        let gaps: Vec<_> = told.header.coverage.iter().flat_map(|it| it.gaps.clone()).collect();
        let mut proven = 0;
        for (at, (fate, count)) in (0_i64..).zip(&fates) {
            let (from, to) = (NOON + at * interval, NOON + (at + 1) * interval);
            let is_in_gap = gaps.iter().any(|gap| gap.from.0 * SECOND < to && gap.to.0 * SECOND > from);
            if !is_in_gap {
                prop_assert!(matches!(fate, 3 | 4), "interval {at} with fate {fate} is said to be heard");
                proven += count;
            }
        }
        let counted: u64 = told.observed.iter().filter(|it| it.verdict == Verdict::Unpermitted).map(|it| it.count).sum();
        let arrived: u64 = fates.iter().filter(|(fate, _)| *fate != 0).map(|(_, count)| count).sum();
        prop_assert_eq!(counted, arrived);
        prop_assert!(counted >= proven);
    }

    /// Effects can be kept one by one or together, in any order.
    #[test]
    fn effects_together_are_effects_one_by_one(seconds in vec(0i64..200_000, 1..20)) {
        let mut world = World::new(&[AUDIT]);
        let (mut single, mut joint, mut all) = (Days::new(0), Days::new(0), Effect::default());
        for second in &seconds {
            let at = NOON + second * SECOND;
            let effect = world.take(&report(at, at + 30 * SECOND, vec![call(address(2), address(3), 8080, at)], vec![heard("conntrack")]));
            single.keep(&effect);
            all.merge(effect);
        }
        joint.keep(&all);
        let question = Question { since: NOON, until: NOON + 4 * DAY, callee: None };
        prop_assert_eq!(single.observations(&question, None), joint.observations(&question, None));
    }
}

/// More breaks than are kept: what is left out counts as blind, never as heard.
#[test]
fn runs_beyond_the_limit_are_left_out() {
    let mut spans = Spans::default();
    let all = u32::try_from(MAX_RUNS).unwrap() + 50;
    let taken = (0..all).filter(|at| spans.insert(at * 100, at * 100 + 10)).count();
    assert_eq!((taken, spans.runs().len()), (MAX_RUNS, MAX_RUNS));
    assert!(spans.insert(5, 100), "what meets a run is still taken in");
}

/// Counts and times at the ends of what numbers can say: found by `hostile_reports_are_taken_without_panic`.
#[test]
fn counts_and_times_do_not_overflow() {
    let mut world = World::new(&[AUDIT]);
    let mut days = Days::new(0);
    for at in [Micros::MIN, Micros::MAX, 0] {
        let own = |when| Call { count: u64::MAX, ..call(address(8), address(8), 1, when) };
        let real = |when| Call { count: u64::MAX, last: at, ..call(address(2), address(3), 1, when) };
        for (from, to) in [(Micros::MIN, Micros::MAX), (at, at.saturating_add(SECOND)), (at.saturating_sub(SECOND), at)]
        {
            let calls = vec![own(at), own(at), real(from), real(to)];
            days.keep(&world.take(&report(from, to, calls, vec![heard("conntrack")])));
        }
    }
    let told = days.observations(&Question { since: Micros::MIN, until: Micros::MAX, callee: None }, None);
    assert!(told.observed.iter().all(|line| line.count == u64::MAX));
}
