//! What reports come to.

use crate::world::{AUDIT, ENFORCE, NONE, NOON, SECOND, World, address, call, heard, labels, pod, report, worn};
use hedgerow_observe::Protocol;
use hedgerow_observe::call::Seen;
use hedgerow_observe::fleet::Labels;
use hedgerow_observe::ledger::{
    DAY, Days, Edge, MAX_OUTSIDERS, MAX_PORTS, OTHER, PATIENCE, Question, Sent, SourceReport, Waiting, skew,
};
use hedgerow_observe::naming::{History, Holder, Micros, Within};
use hedgerow_observe::observations::{End, Gap, Moment, Verdict};
use hedgerow_observe::sum::Said;
use std::net::IpAddr;

fn edges(world: &World) -> Vec<(End, u16, Verdict, u64)> {
    world.ledger.edges().map(|(edge, tally)| (edge.caller.clone(), edge.port, edge.verdict, tally.count)).collect()
}

fn service(name: &str) -> End {
    End::Service(name.to_owned())
}

fn outsider(name: &str) -> End {
    End::Outsider(name.to_owned())
}

#[test]
fn both_ends_are_named_and_judged() {
    let mut world = World::new(&[AUDIT]);
    let ledger = address(3);
    let outside: IpAddr = [192, 0, 2, 2].into();
    let calls = [1, 2, 4, 9, 254].map(|last| call(address(last), ledger, 8080, NOON));
    let mut calls = Vec::from(calls);
    calls.push(call(outside, ledger, 8080, NOON));
    calls.push(call(address(1), outside, 443, NOON));
    calls.push(call(address(1), address(1), 8080, NOON));
    calls.push(call([127, 0, 0, 1].into(), ledger, 8080, NOON));
    let effect = world.take(&report(NOON, NOON + SECOND, calls, vec![heard("conntrack")]));
    assert_eq!(
        edges(&world),
        [
            (service("service.emoji"), 8080, Verdict::Permitted, 1),
            (service("service.kyc"), 8080, Verdict::Unpermitted, 1),
            (service("service.metrics"), 8080, Verdict::Permitted, 1),
            (outsider("address:192.0.2.2"), 8080, Verdict::Unpermitted, 1),
            (outsider("node:a"), 8080, Verdict::Permitted, 1),
            (outsider("pod:bank/naked"), 8080, Verdict::Unpermitted, 1),
        ]
    );
    assert_eq!((effect.aside, effect.uncertain), (3, 0), "to outside, to itself, on loopback");
    let unpermitted: Vec<_> = world.ledger.unpermitted(NOON).map(|(edge, _)| edge.caller.clone()).collect();
    assert_eq!(unpermitted.len(), 3);
    assert_eq!(world.ledger.unpermitted(NOON + 1).count(), 0);
}

/// Another node is not above the policies.
#[test]
fn a_node_is_above_the_policies_for_its_own_pods_only() {
    let mut world = World::new(&[ENFORCE]);
    let mut one =
        report(NOON, NOON + SECOND, vec![call(address(254), address(3), 8080, NOON)], vec![heard("conntrack")]);
    world.take(&one);
    assert_eq!(edges(&world), [(outsider("node:a"), 8080, Verdict::Permitted, 1)]);
    one.node = "b";
    world.take(&one);
    assert_eq!(edges(&world)[1], (outsider("node:a"), 8080, Verdict::Dropped, 1));
    // What the data plane says goes before.
    one.node = "a";
    one.calls[0].said = Said::Dropped;
    world.take(&one);
    assert_eq!(edges(&world)[1].3, 2);
}

/// An address that changed hands: who called is not told, and who was called is told of both.
#[test]
fn an_uncertain_name_is_unknown_with_its_candidates() {
    let mut world = World::new(&[AUDIT]);
    let old = Holder::Pod(pod("bank", "kyc-1", worn("service.kyc")));
    let new = Holder::Pod(pod("bank", "emoji-2", worn("service.emoji")));
    world.names.holds(&old, &[address(50)], NOON - 60 * SECOND, Within::at(NOON - 60 * SECOND));
    world.names.gone(&old, Within { from: NOON, to: NOON + 2 * SECOND });
    world.names.holds(&new, &[address(50)], NOON + SECOND, Within { from: NOON + SECOND, to: NOON + 3 * SECOND });
    let calls = vec![
        call(address(50), address(3), 8080, NOON + SECOND),
        call(address(3), address(50), 8080, NOON + SECOND),
        call(address(50), address(3), 8080, NOON - SECOND),
        call(address(50), address(3), 8080, NOON + 4 * SECOND),
    ];
    let effect = world.take(&report(NOON, NOON + 5 * SECOND, calls, vec![heard("conntrack")]));
    let both = End::Unknown(vec!["service.emoji".to_owned(), "service.kyc".to_owned()]);
    let told: Vec<_> =
        world.ledger.edges().map(|(edge, _)| (edge.callee.as_str(), edge.caller.clone(), edge.verdict)).collect();
    assert_eq!(
        told,
        [
            ("service.emoji", service("service.ledger"), Verdict::Unknown),
            ("service.kyc", service("service.ledger"), Verdict::Unknown),
            ("service.ledger", service("service.emoji"), Verdict::Permitted),
            ("service.ledger", service("service.kyc"), Verdict::Unpermitted),
            ("service.ledger", both, Verdict::Unknown),
        ]
    );
    assert_eq!(effect.uncertain, 1);
}

/// Around a change of labels a pod may have been in one state or the other.
#[test]
fn a_caller_whose_labels_change_is_judged_where_both_states_agree() {
    let mut world = World::new(&[AUDIT]);
    let state = |labels: Labels| Holder::Pod(pod("bank", "emoji-7", labels));
    let mut without = worn("service.emoji");
    without.remove("bank.example/egress-s-ledger.http");
    world.names.holds(&state(without), &[address(60)], NOON - 9 * SECOND, Within::at(NOON - 9 * SECOND));
    let change = Within { from: NOON, to: NOON + 2 * SECOND };
    world.names.holds(&state(worn("service.emoji")), &[address(60)], NOON - 9 * SECOND, change);
    let calls = [-SECOND, SECOND, 3 * SECOND].map(|after| call(address(60), address(3), 8080, NOON + after));
    let mut calls = Vec::from(calls);
    calls.push(call(address(60), address(3), 9999, NOON + SECOND));
    world.take(&report(NOON, NOON + 5 * SECOND, calls, vec![heard("conntrack")]));
    let emoji = || service("service.emoji");
    assert_eq!(
        edges(&world),
        [
            (emoji(), 8080, Verdict::Permitted, 1),
            (emoji(), 8080, Verdict::Unpermitted, 1),
            (emoji(), 8080, Verdict::Unknown, 1),
            (emoji(), 9999, Verdict::Unpermitted, 1),
        ]
    );
}

#[test]
fn of_several_sources_the_best_that_listened_counts() {
    let named = worn("service.kyc");
    let callee = worn("service.ledger");
    let seen = |name: &'static str, labels| Seen { address: None, namespace: "bank", name, labels, is_outside: false };
    let by = |source: &'static str, said| {
        let mut it = call(address(2), address(3), 8080, NOON);
        (it.source, it.said, it.count) = (source, said, 5);
        it
    };
    let mut flow = by("flows", Said::Unpermitted);
    (flow.caller, flow.callee) = (seen("kyc-*", &named), seen("ledger-*", &callee));
    let all = || vec![flow.clone(), by("conntrack", Said::Unsaid), by("kernel-log", Said::Logged)];
    let lost = SourceReport { name: "flows", heard: true, lost: 1, lost_unknown: false };
    let deaf = SourceReport { name: "flows", heard: false, lost: 0, lost_unknown: false };
    for (sources, expected) in [
        (vec![heard("flows"), heard("conntrack"), heard("kernel-log")], 5),
        (vec![heard("conntrack"), heard("kernel-log")], 10),
        (vec![lost, heard("conntrack"), heard("kernel-log")], 10),
        (vec![deaf, heard("kernel-log")], 15),
    ] {
        let mut world = World::new(&[AUDIT]);
        world.take(&report(NOON, NOON + SECOND, all(), sources.clone()));
        let told = edges(&world);
        // Flows alone; flows, which came all the same, and connections; all three.
        assert_eq!((told.len(), told[0].3), (1, expected), "{sources:?}");
        // A batch of the same interval without its sources goes by what the node said last.
        world.take(&report(NOON, NOON + SECOND, all(), Vec::new()));
        assert_eq!(edges(&world)[0].3, 2 * expected, "{sources:?}");
    }
    // Connection tracking sees nothing that is dropped.
    let mut world = World::new(&[ENFORCE]);
    world.take(&report(
        NOON,
        NOON + SECOND,
        vec![by("kernel-log", Said::Logged)],
        vec![heard("conntrack"), heard("kernel-log")],
    ));
    assert_eq!(edges(&world), [(service("service.kyc"), 8080, Verdict::Dropped, 5)]);
    // What only a source of second rank saw is there, and was seen once.
    let mut world = World::new(&[AUDIT]);
    let effect = world.take(&report(
        NOON,
        NOON + SECOND,
        vec![by("conntrack", Said::Unsaid)],
        vec![heard("flows"), heard("conntrack")],
    ));
    assert_eq!(edges(&world)[0].3, 0);
    let mut days = Days::new(NOON);
    days.keep(&effect);
    let told = days.observations(&Question { since: NOON, until: NOON + SECOND, callee: None }, None);
    assert_eq!((told.observed.len(), told.observed[0].count), (1, 1));
}

#[test]
fn what_was_open_before_is_seen_and_not_counted() {
    let mut world = World::new(&[AUDIT]);
    let mut open = call(address(2), address(3), 8080, NOON);
    (open.was_open, open.count) = (true, 7);
    world.take(&report(NOON, NOON + SECOND, vec![open], vec![heard("conntrack")]));
    assert_eq!(edges(&world), [(service("service.kyc"), 8080, Verdict::Unpermitted, 0)]);
}

#[test]
fn callers_and_ports_beyond_the_caps_are_other_and_said() {
    let mut world = World::new(&[AUDIT]);
    let outside =
        |number: u32| IpAddr::from([198, 51, u8::try_from(number / 256).unwrap(), u8::try_from(number % 256).unwrap()]);
    let many = 20_000_u32;
    let calls = (0..many).map(|number| call(outside(number), address(3), 8080, NOON)).collect();
    let effect = world.take(&report(NOON, NOON + SECOND, calls, vec![heard("conntrack")]));
    let cap = u32::try_from(MAX_OUTSIDERS).unwrap();
    assert_eq!(world.ledger.edges().count(), MAX_OUTSIDERS + 1);
    let other = world.ledger.edges().find(|(edge, _)| edge.caller == outsider(OTHER)).unwrap();
    assert_eq!(other.1.count, u64::from(many - cap));
    assert_eq!(effect.capped.get("service.ledger"), Some(&u64::from(many - cap)));
    let sum: u64 = world.ledger.edges().map(|(_, tally)| tally.count).sum();
    assert_eq!(sum, u64::from(many), "nothing is lost");
    // A service of the fleet is never among the others.
    world.take(&report(NOON, NOON + SECOND, vec![call(address(2), address(3), 8080, NOON)], vec![heard("conntrack")]));
    assert!(world.ledger.edges().any(|(edge, _)| edge.caller == service("service.kyc")));
    // A scan of all ports.
    let calls = (1..=5000).map(|port| call(address(2), address(3), port, NOON)).collect();
    world.take(&report(NOON, NOON + SECOND, calls, vec![heard("conntrack")]));
    let of_kyc: Vec<_> = world.ledger.edges().filter(|(edge, _)| edge.caller == service("service.kyc")).collect();
    assert_eq!(of_kyc.len(), MAX_PORTS + 1);
    assert_eq!(of_kyc.iter().map(|(_, tally)| tally.count).sum::<u64>(), 5001);
    // Room is made when they were not seen for long.
    world.ledger.forget(NOON + 1);
    assert!(world.ledger.edges().all(|(edge, _)| matches!(edge.caller, End::Service(_))));
    world.take(&report(
        NOON,
        NOON + SECOND,
        vec![call(outside(9999), address(3), 8080, NOON)],
        vec![heard("conntrack")],
    ));
    assert!(world.ledger.edges().any(|(edge, _)| edge.caller == outsider("address:198.51.39.15")));
}

#[test]
fn canaries_are_sent_seen_and_missed_and_are_nobodys_calls() {
    let mut world = World::new(&[AUDIT]);
    let perch = address(9);
    let sent = |count| vec![Sent { address: perch, uid: "bank-naked", callee: "service.ledger", count }];
    let mut first = report(NOON, NOON + SECOND, Vec::new(), Vec::new());
    first.sent = sent(0);
    world.take(&first);
    let mut seen = call(perch, address(3), 8080, NOON + 2 * SECOND);
    seen.count = 2;
    let mut next = report(NOON + SECOND, NOON + 11 * SECOND, vec![seen.clone()], vec![heard("conntrack")]);
    next.sent = sent(3);
    world.take(&next);
    assert_eq!(world.ledger.edges().count(), 0);
    let of_ledger = |world: &World| *world.ledger.canaries().find(|(callee, _)| *callee == "service.ledger").unwrap().1;
    let told = of_ledger(&world);
    assert_eq!((told.sent, told.seen, told.last_seen, told.missed), (3, 2, Some(NOON + 2 * SECOND), None));
    // By the name that a source without addresses gives.
    let mut flow = seen.clone();
    (flow.source, flow.caller) =
        ("flows", Seen { address: None, namespace: "bank", name: "nak*", labels: &NONE, is_outside: false });
    flow.count = 1;
    world.take(&report(NOON, NOON + 12 * SECOND, vec![flow], vec![heard("flows")]));
    assert_eq!((of_ledger(&world).seen, world.ledger.edges().count()), (3, 0));
    // One that nobody sees.
    let late = NOON + 60 * SECOND;
    let mut lost = report(late, late, Vec::new(), Vec::new());
    lost.sent = sent(1);
    let effect = world.take(&lost);
    // A collector that is started again goes on waiting for it, and for nothing that was seen.
    let waiting = &effect.waiting["service.ledger"];
    assert_eq!(waiting.0, [(late, 1)]);
    world.ledger.restore_waiting("service.ledger", Waiting::from_record(&waiting.to_record()).unwrap());
    let mut restored = World::new(&[AUDIT]);
    restored.ledger.restore_waiting("service.ledger", waiting.clone());
    let mut later = report(late + PATIENCE + SECOND, late + PATIENCE + SECOND, Vec::new(), Vec::new());
    later.sent = sent(1);
    restored.take(&later);
    assert_eq!(of_ledger(&restored).missed, Some(late));
    let much_later = late + PATIENCE + SECOND;
    let mut again = report(much_later, much_later, Vec::new(), Vec::new());
    again.sent = sent(1);
    world.take(&again);
    assert_eq!(of_ledger(&world).missed, Some(late));
    // Whoever has the address afterwards is no canary.
    let end = much_later + 60 * SECOND;
    world.names.gone(&Holder::Pod(pod("bank", "naked", Labels::new())), Within::at(end));
    let heir = Holder::Pod(pod("bank", "intruder", Labels::new()));
    world.names.holds(&heir, &[perch], end + SECOND, Within::at(end + SECOND));
    world.take(&report(
        end,
        end + 9 * SECOND,
        vec![call(perch, address(3), 8080, end + 2 * SECOND)],
        vec![heard("conntrack")],
    ));
    assert_eq!(edges(&world), [(outsider("pod:bank/intruder"), 8080, Verdict::Unpermitted, 1)]);
    // A canary of a service that is none is nobody's.
    let mut odd = report(end, end, Vec::new(), Vec::new());
    odd.sent = vec![Sent { address: perch, uid: "bank-naked", callee: "nobody", count: 1 }];
    assert!(world.take(&odd).canaries.is_empty());
}

#[test]
fn minutes_heard_blind_lost_and_gaps_are_told() {
    let mut world = World::new(&[AUDIT]);
    let minute = 60 * SECOND;
    let mut days = Days::new(NOON);
    let mut take = |from: Micros, to: Micros, source: SourceReport<'static>| {
        days.keep(&world.take(&report(from, to, Vec::new(), vec![source])));
    };
    for ten in 0..18 {
        take(NOON + ten * 10 * SECOND, NOON + (ten + 1) * 10 * SECOND, heard("conntrack"));
    }
    // Nothing for a minute and a half; then two intervals, of which one lost something; then heard again.
    let back = NOON + 3 * minute + 90 * SECOND;
    take(back, back + 30 * SECOND, heard("conntrack"));
    take(back + 30 * SECOND, back + 60 * SECOND, SourceReport { lost: 4, ..heard("conntrack") });
    take(back + 60 * SECOND, back + 90 * SECOND, SourceReport { lost_unknown: true, ..heard("conntrack") });
    take(back + 90 * SECOND, back + 210 * SECOND, heard("conntrack"));
    let until = back + 240 * SECOND;
    let told = days.observations(&Question { since: NOON, until, callee: None }, Some("sha256:00"));
    let coverage = &told.header.coverage[0];
    assert_eq!((coverage.node.as_str(), coverage.source.as_str()), ("a", "conntrack"));
    // 3 at first, 2 at the end; a minute of which a part was not heard was not.
    assert_eq!((coverage.heard, coverage.blind, coverage.lost), (5, 3, 5));
    let gap = |from: Micros, to: Micros| Gap { from: Moment(from / SECOND), to: Moment(to / SECOND) };
    assert_eq!(
        coverage.gaps,
        [gap(NOON + 3 * minute, back), gap(back + 30 * SECOND, back + 90 * SECOND), gap(back + 210 * SECOND, until),]
    );
    assert_eq!((told.header.from, told.header.to), (Moment(NOON / SECOND), Moment(until / SECOND)));
    // Of the time before anything was kept nothing is claimed.
    let earlier = days.observations(&Question { since: NOON - 40 * DAY, until, callee: None }, None);
    assert_eq!(earlier.header.from, Moment(NOON / SECOND));
}

/// A pod runs on a node of which nobody tells anything; later its sources speak.
#[test]
fn a_node_without_sources_is_blind() {
    let mut world = World::new(&[AUDIT]);
    let mut days = Days::new(NOON);
    let mut effect = hedgerow_observe::ledger::Effect::default();
    effect.runs_on("service.ledger", "a", NOON + 60 * SECOND);
    days.keep(&effect);
    let question = Question { since: NOON, until: NOON + 600 * SECOND, callee: None };
    let told = |days: &Days| {
        let all = days.observations(&question, None).header.coverage;
        all.into_iter().map(|it| (it.node, it.source, it.heard, it.blind)).collect::<Vec<_>>()
    };
    assert_eq!(told(&days), [("a".to_owned(), "none".to_owned(), 0, 9)]);
    days.keep(&world.take(&report(NOON + 300 * SECOND, NOON + 600 * SECOND, Vec::new(), vec![heard("flows")])));
    assert_eq!(told(&days), [("a".to_owned(), "flows".to_owned(), 5, 4)], "expected since the pod is there");
}

#[test]
fn days_are_counted_and_the_window_holds() {
    let mut world = World::new(&[AUDIT]);
    let mut days = Days::new(0);
    for day in [0, 1, 1, 5] {
        let at = NOON + day * DAY;
        days.keep(&world.take(&report(at, at, vec![call(address(2), address(3), 8080, at)], vec![heard("conntrack")])));
    }
    let ask = |since, until, callee: Option<&str>| {
        let told = days.observations(&Question { since, until, callee: callee.map(str::to_owned) }, None);
        told.observed.iter().map(|line| (line.count, line.days)).collect::<Vec<_>>()
    };
    assert_eq!(ask(NOON, NOON + 9 * DAY, None), [(4, 3)]);
    assert_eq!(ask(NOON + DAY, NOON + 4 * DAY, Some("service.ledger")), [(2, 1)]);
    assert_eq!(ask(NOON + DAY, NOON + 4 * DAY, Some("service.kyc")), []);
    assert_eq!(ask(NOON + 6 * DAY, NOON + 9 * DAY, None), []);
}

/// Node parts queue what they cannot send: a store that is new is told of calls from before it was.
#[test]
fn calls_from_before_the_keeping_began_are_counted_and_no_part_of_the_answer() {
    let mut world = World::new(&[AUDIT]);
    let mut days = Days::new(NOON);
    let mut keep = |caller: u8, at| {
        days.keep(&world.take(&report(
            at,
            at,
            vec![call(address(caller), address(3), 8080, at)],
            vec![heard("conntrack")],
        )));
    };
    keep(1, NOON - 600 * SECOND);
    keep(2, NOON - 600 * SECOND);
    keep(2, NOON + 600 * SECOND);
    keep(4, NOON - 2 * DAY);
    let ask = |since| {
        let told = days.observations(&Question { since, until: NOON + DAY, callee: None }, None);
        let callers = told.observed.iter().map(|line| (line.caller.clone(), line.count)).collect::<Vec<_>>();
        (told.header.from.0 * SECOND, told.header.earlier, callers)
    };
    let kyc = vec![(service("service.kyc"), 2)];
    assert_eq!(ask(NOON - 30 * DAY), (NOON, 2, kyc.clone()), "an edge that goes on is whole");
    assert_eq!(ask(NOON), (NOON, 1, kyc), "of days that are not asked for nothing is said");
    assert_eq!(ask(NOON + 13 * 3600 * SECOND), (NOON + 12 * 3600 * SECOND, 0, Vec::new()));
}

#[test]
fn clocks_that_are_apart_are_set_right() {
    assert_eq!(skew(NOON, NOON + SECOND), 0);
    assert_eq!(skew(NOON, NOON + 3600 * SECOND), 3600 * SECOND);
    assert_eq!(skew(NOON, NOON - 3600 * SECOND), -3600 * SECOND);
    assert_eq!(skew(Micros::MIN, Micros::MAX), Micros::MAX);
}

#[test]
fn forged_labels_are_kept_within_bounds() {
    let mut world = World::new(&[AUDIT]);
    let mut all = worn("service.kyc");
    all.extend(labels(&[("bank.example/egress-s-ledger", "true")]));
    let forged = world.fleet.forged("bank", &all);
    for number in 0..12_000 {
        world.ledger.forged(&format!("pod:bank/{number}"), &forged, NOON);
    }
    let (kept, beyond) = world.ledger.all_forged();
    assert_eq!((kept.count(), beyond), (10_000, 2_000));
}

/// Records of edges come back as they went.
#[test]
fn records_come_back_and_damaged_ones_are_refused() {
    let edge = Edge {
        callee: "service.ledger".to_owned(),
        caller: End::Unknown(vec!["a".to_owned(), "pod:b/c".to_owned()]),
        port: 8080,
        protocol: Protocol::TCP,
        verdict: Verdict::Unknown,
    };
    let record = edge.to_record();
    assert_eq!(Edge::from_record(&record), Ok(edge));
    assert!(Edge::from_record(&record[..record.len() - 1]).is_err() && Edge::from_record(&[]).is_err());
}

/// Whoever holds a canary's token hides nobody's calls but its own.
#[test]
fn an_address_is_a_canarys_only_if_it_is_that_pods() {
    for (uid, last) in [("bank-naked", 2), ("bank-naked", 254), ("bank-naked", 77), ("", 9), ("other", 9)] {
        let mut world = World::new(&[AUDIT]);
        let perch = address(last);
        let mut told = report(NOON, NOON + SECOND, vec![call(perch, address(3), 8080, NOON)], vec![heard("conntrack")]);
        told.sent = vec![Sent { address: perch, uid, callee: "service.ledger", count: 0 }];
        assert!(world.take(&told).perches.is_empty(), "{uid} at {last}");
        assert_eq!(world.ledger.edges().count(), 1, "{uid} at {last}: the call counts");
    }
    // Of a time that is not remembered, the one candidate is enough.
    let mut world = World::new(&[AUDIT]);
    world.names = History::new(NOON);
    let naked = Holder::Pod(pod("bank", "naked", Labels::new()));
    world.names.holds(&naked, &[address(9)], NOON, Within { from: NOON - 9 * SECOND, to: NOON });
    world.names.heard(Micros::MAX);
    let mut told = report(NOON - SECOND, NOON + SECOND, Vec::new(), Vec::new());
    told.sent = vec![Sent { address: address(9), uid: "bank-naked", callee: "service.ledger", count: 0 }];
    assert_eq!(world.take(&told).perches.len(), 1);
}

/// After a restart of the collector, names of what was in flight are not certain: what a node sends to its own pods is permitted all the same.
#[test]
fn a_node_is_above_the_policies_also_where_names_are_not_certain() {
    let mut world = World::new(&[ENFORCE]);
    world.names = History::new(NOON);
    let before = Within { from: NOON - 9 * SECOND, to: NOON };
    let ledger = Holder::Pod(pod("bank", "ledger-1", worn("service.ledger")));
    world.names.holds(&ledger, &[address(3)], NOON, before);
    world.names.holds(&Holder::Node("a".into()), &[address(254)], NOON, before);
    world.names.heard(Micros::MAX);
    let calls = || vec![call(address(254), address(3), 8080, NOON - SECOND)];
    let mut one = report(NOON - 2 * SECOND, NOON, calls(), vec![heard("conntrack")]);
    let effect = world.take(&one);
    assert_eq!(edges(&world), [(outsider("node:a"), 8080, Verdict::Permitted, 1)]);
    assert_eq!(effect.uncertain, 0);
    // Not so for another node, and not against what the data plane says.
    one.node = "b";
    assert_eq!(world.take(&one).uncertain, 1);
    one.node = "a";
    one.calls[0].said = Said::Dropped;
    world.take(&one);
    let unknown = End::Unknown(vec!["node:a".to_owned()]);
    assert_eq!(edges(&world)[1], (unknown, 8080, Verdict::Unknown, 2));
}

/// Who is called by an address of which nobody knows anything may be any service: such a call is lost, and the interval was not heard.
#[test]
fn a_call_to_nobody_is_lost_and_its_interval_is_not_heard() {
    let mut world = World::new(&[AUDIT]);
    world.names = History::new(NOON);
    world.names.heard(Micros::MAX);
    let calls = || vec![call(address(1), address(3), 8080, NOON - SECOND)];
    let both = || vec![heard("conntrack"), heard("counters")];
    let key = |source: &str| (hedgerow_observe::ledger::day_of(NOON), "a".to_owned(), source.to_owned());
    let effect = world.take(&report(NOON - 2 * SECOND, NOON, calls(), both()));
    let of = &effect.heard[&key("conntrack")];
    assert_eq!((of.lost, of.spans.runs().len(), effect.aside), (1, 0, 0));
    assert_eq!(effect.heard[&key("counters")].spans.runs().len(), 1, "the other source lost nothing");
    // The sources come with a later part of the interval.
    world.take(&report(NOON - 9 * SECOND, NOON, calls(), Vec::new()));
    let effect = world.take(&report(NOON - 9 * SECOND, NOON, Vec::new(), both()));
    assert_eq!(effect.heard[&key("conntrack")].spans.runs().len(), 0);
    assert_eq!(effect.heard[&key("counters")].spans.runs().len(), 1);
    // The next interval is heard again; to somebody outside is no loss.
    let outside = call(address(1), [192, 0, 2, 2].into(), 443, NOON + SECOND);
    let effect = world.take(&report(NOON, NOON + 2 * SECOND, vec![outside], both()));
    let of = &effect.heard[&key("conntrack")];
    assert_eq!((of.lost, of.spans.runs().len(), effect.aside), (0, 1, 1));
}
