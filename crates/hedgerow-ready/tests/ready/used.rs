//! What calls come to by what permits them, and what silence is worth in words.

use super::world::{DAY, NOW, World, call, service};
use hedgerow_observe::observations::{End, Moment, Observation, Verdict};
use hedgerow_ready::used::{By, Call, Ears, Perhaps, Who, by_plan, calls, rate, sum};
use proptest::prelude::*;

fn found(world: &World) -> Vec<Call> {
    let plan = world.plan();
    calls(&world.observations, |caller, observation| by_plan(&plan, caller, observation))
}

#[test]
fn each_call_is_permitted_by_something_or_nothing() {
    let mut world = World::sound();
    world.observations.observed.clear();
    let outsider = |verdict| call(End::Outsider("10.0.0.9".into()), verdict, NOW, 1);
    for (what, line, by) in [
        ("a rule", call(service("cards"), Verdict::Permitted, NOW, 1), By::Rule),
        ("a rule, whatever it was then", call(service("cards"), Verdict::Unpermitted, NOW, 1), By::Rule),
        (
            "a port of no rule",
            Observation { port: 1, ..call(service("cards"), Verdict::Permitted, NOW, 1) },
            By::Nothing,
        ),
        ("port 0", Observation { port: 0, ..call(service("cards"), Verdict::Permitted, NOW, 1) }, By::Nothing),
        (
            "ICMP",
            Observation { protocol: "ICMP".into(), ..call(service("cards"), Verdict::Permitted, NOW, 1) },
            By::Nothing,
        ),
        ("a service that nobody knows", call(service("stranger"), Verdict::Unpermitted, NOW, 1), By::Untold),
        ("a name that is none", call(End::Service("<b>".into()), Verdict::Unpermitted, NOW, 1), By::Untold),
        ("an outsider that was let in", outsider(Verdict::Permitted), By::Allow),
        ("an outsider that was not", outsider(Verdict::Unpermitted), By::Nothing),
        ("an outsider that was dropped", outsider(Verdict::Dropped), By::Nothing),
        ("an outsider of whom nobody knows", outsider(Verdict::Unknown), By::Untold),
    ] {
        world.observations.observed = vec![line];
        let found = found(&world);
        assert_eq!(found.iter().map(|call| call.by).collect::<Vec<_>>(), [by], "{what}");
    }
}

#[test]
fn the_last_call_says_whether_a_label_is_missing() {
    let mut world = World::sound();
    let line = |verdict, last| call(service("cards"), verdict, last, 1);
    for (bare, permitted, is_bare) in [(NOW, NOW - 1, true), (NOW - 1, NOW, false), (NOW, NOW, true)] {
        world.observations.observed = vec![line(Verdict::Unpermitted, bare), line(Verdict::Permitted, permitted)];
        let found = found(&world);
        assert_eq!((found.len(), found[0].is_bare, found[0].seen.count), (1, is_bare, 2));
    }
}

#[test]
fn how_often_is_told_as_far_as_it_is_known() {
    let mut world = World::sound();
    let header = &mut world.observations.header;
    (header.from, header.to) = (Moment(NOW - 31 * DAY), Moment(NOW));
    for (first, last, count, words) in [
        (NOW - 31 * DAY, NOW, 37_200, "about 1,200 times a day (37,200 times in 31 days)"),
        (NOW - DAY, NOW, 62, "about 2 times a day (62 times in 31 days)"),
        (NOW - DAY, NOW, 61, "61 times in 31 days"),
        (NOW, NOW, 1, "once in 31 days"),
        (NOW, NOW, 0, "0 times in 31 days"),
        // What is counted began before the window.
        (NOW - 62 * DAY, NOW, 620, "about 10 times a day (620 times in 62 days)"),
        (
            NOW - 31 * DAY,
            NOW,
            u64::MAX,
            "about 595,056,260,442,243,600 times a day (18,446,744,073,709,551,615 times in 31 days)",
        ),
    ] {
        let line = Observation { first: Moment(first), ..call(service("cards"), Verdict::Permitted, last, count) };
        assert_eq!(rate(&sum(&[&line]).unwrap(), &world.observations), words);
    }
    world.observations.header.from = Moment(NOW - 3600);
    let line = Observation { first: Moment(NOW - 60), ..call(service("cards"), Verdict::Permitted, NOW, 500) };
    assert_eq!(
        rate(&sum(&[&line]).unwrap(), &world.observations),
        "500 times in 60 minutes",
        "an hour makes no rate of a day"
    );
    assert!(sum(&[]).is_none());
}

#[test]
fn silence_is_worth_what_was_heard() {
    let silence = |change: &dyn Fn(&mut World)| {
        let mut world = World::sound();
        change(&mut world);
        Ears::new(&world.observations).listened("service.ledger").silence(&world.observations)
    };
    for (change, words) in [
        (
            &(|_: &mut World| {}) as &dyn Fn(&mut World),
            "while somebody listened on every node of its pods all the time; what is called more rarely",
        ),
        (&|world| world.gap(0, NOW - 5 * DAY, NOW - 5 * DAY + 120), ", but for 2 minutes at most; "),
        (
            &|world| world.gap(0, NOW - 5 * DAY, NOW - 4 * DAY),
            "but on a node of its pods nobody listened for 24 hours: it may have been called then",
        ),
        (
            &|world| world.gap(0, NOW - DAY, NOW),
            "which says nothing: no source can prove that it listened: at the end nobody listened on",
        ),
        (
            &|world| world.observations.header.coverage.clear(),
            "which says nothing: no source can prove that it listened: no source listened on",
        ),
        (
            &|world| world.watched("ledger").nodes.clear(),
            "which says nothing: no source can prove that it listened: it is not known on which nodes",
        ),
        (
            &|world| world.observations.faults.count = 1,
            "which says nothing: no source can prove that it listened: not all lines",
        ),
    ] {
        let said = silence(change);
        assert!(said.contains(words), "`{said}` does not hold `{words}`");
        assert_eq!(
            said.starts_with("never seen"),
            words.contains("more rarely") || words.contains("at most"),
            "{said}"
        );
    }
}

proptest! {
    /// Nothing that was seen is lost or counts twice, whoever called.
    #[test]
    fn every_call_is_counted_once(lines in proptest::collection::vec((0..6_usize, 0..4_usize, 0..3_u16, 0..1_000_u64), 0..40)) {
        let mut world = World::sound();
        let callers = [
            service("cards"), service("emoji"), service("nobody"), End::Outsider("10.0.0.1".into()),
            End::Unknown(vec!["service.cards".into(), "service.emoji".into()]), End::Unknown(Vec::new()),
        ];
        let verdicts = [Verdict::Permitted, Verdict::Unpermitted, Verdict::Dropped, Verdict::Unknown];
        world.observations.observed = lines.iter().map(|&(caller, verdict, port, count)| {
            Observation { port: 8080 + port, ..call(callers[caller].clone(), verdicts[verdict], NOW, count) }
        }).collect();
        let found = found(&world);
        let perhaps = Perhaps::new(&world.observations);
        let all: u64 = lines.iter().map(|(.., count)| count).sum();
        prop_assert_eq!(found.iter().map(|call| call.seen.count).sum::<u64>() + perhaps.calls, all);
        let untold: u64 = lines.iter().filter(|line| line.0 == 4).map(|line| line.3).sum();
        prop_assert_eq!(perhaps.of("service.cards", "service.ledger"), untold);
        let mut keys: Vec<(Who, String, By)> = found.into_iter().map(|call| (call.caller, call.callee, call.by)).collect();
        let groups = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), groups, "one line for each");
    }
}
