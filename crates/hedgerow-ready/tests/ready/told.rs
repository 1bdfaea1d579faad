//! What is no evidence, and in which words things are said.

use super::world::{self, DAY, NOW, World, call, service};
use super::{expect, judged};
use hedgerow_observe::observations::{End, Moment, Verdict as Seen};
use hedgerow_ready::code::Open;
use hedgerow_ready::evidence::{Kind, Outcome, Verdict};

#[test]
fn without_a_bound_nobody_knows_what_may_come() {
    let told = "nothing bounds what may come";
    expect("no traffic", |w| w.observations.observed.clear(), Verdict::Unknown, Kind::Silence, told);
    // Traffic that the code does not show at all: p is 1.
    expect("another code", |w| w.code().calls.clear(), Verdict::Unknown, Kind::Silence, told);
    let one_in_both = |w: &mut World| drop(w.code().calls.remove(&world::key("cards", "ledger")));
    assert_eq!(judged(one_in_both).0, Verdict::Ready);
}

#[test]
fn observations_are_of_this_environment_and_this_fleet() {
    let of = |environment: Option<&str>, catalogue: Option<&str>| {
        let (environment, catalogue) = (environment.map(str::to_owned), catalogue.map(str::to_owned));
        move |w: &mut World| {
            w.observations.header.environment = environment;
            w.observations.header.catalogue = catalogue;
        }
    };
    let right = Some(world::CATALOGUE);
    expect(
        "another environment",
        of(Some("test"), right),
        Verdict::Unknown,
        Kind::Window,
        "are of the environment `test`, and `prod` is asked for",
    );
    expect(
        "another fleet",
        of(Some("prod"), Some("sha256:d")),
        Verdict::Unknown,
        Kind::Window,
        "not this tree's: sha256:d",
    );
    expect("a tree without its digests", |w| w.tree.catalogues.clear(), Verdict::Unknown, Kind::Window, "sha256:c");
    // What earlier versions wrote does not tell: that is said.
    let (verdict, lines) = judged(of(None, None));
    let notes: Vec<&str> = lines.iter().filter(|line| line.1 == Outcome::Note).map(|line| line.2.as_str()).collect();
    assert_eq!(verdict, Verdict::Ready);
    assert_eq!(
        notes,
        [
            "the observations do not tell of which environment they are",
            "the observations do not tell by which catalogue services were named"
        ]
    );
}

#[test]
fn what_only_the_deployed_policy_tells_counts_where_it_is_the_trees() {
    let outsider = || End::Outsider("node b".into());
    let either = || End::Unknown(vec!["service.cards".into(), "service.ledger".into()]);
    let with = |who: End, deployed: Option<&str>| {
        let deployed = deployed.map(str::to_owned);
        move |w: &mut World| {
            w.observations.observed.push(call(who, Seen::Permitted, NOW - DAY, 3));
            if let (Some(policy), Some(digest)) = (&mut w.watched("ledger").policy, deployed) {
                policy.digest = digest;
            }
        }
    };
    for who in [outsider(), either()] {
        assert_eq!(judged(with(who.clone(), None)).0, Verdict::Ready);
        expect(
            "another policy",
            with(who.clone(), Some("sha256:1")),
            Verdict::Unknown,
            Kind::Calls,
            "which is not the one that this tree asks for",
        );
        let unplanned = |w: &mut World| {
            with(who.clone(), None)(w);
            w.tree.policies.remove("service.ledger");
        };
        expect("nobody told what is planned", unplanned, Verdict::Unknown, Kind::Calls, "deployed policy permits");
    }
    // Of services of the fleet the tree tells, whatever is deployed.
    assert_eq!(judged(with(service("cards"), Some("sha256:1"))).0, Verdict::Ready);
    // Nobody knows which one it was, and either may.
    let both = End::Unknown(vec!["service.cards".into(), "service.emoji".into()]);
    assert_eq!(judged(with(both.clone(), Some("sha256:1"))).0, Verdict::Ready);
    // Both may, and it came without a label, or was dropped.
    let without = |verdict| move |w: &mut World| w.observations.observed.push(call(both, verdict, NOW - DAY, 1));
    expect(
        "without a label",
        without.clone()(Seen::Unpermitted),
        Verdict::Wait(Moment(NOW + 29 * DAY)),
        Kind::Calls,
        "today one does",
    );
    expect("dropped", without(Seen::Dropped), Verdict::Blocked, Kind::Calls, "dropped all the same");
}

#[test]
fn calls_are_counted_as_what_they_are() {
    let calls = |change: fn(&mut World)| {
        let (_, lines) = judged(change);
        lines.into_iter().find(|line| line.0 == Kind::Calls).expect("calls are told of").2
    };
    assert_eq!(calls(|_| {}), "2000 calls by 2 callers, each is permitted");
    // What was dropped is not permitted.
    let dropped = calls(|w| {
        w.observations.observed.push(call(End::Outsider("node b".into()), Seen::Dropped, NOW - DAY, 3));
    });
    assert_eq!(
        dropped,
        "2000 calls by 2 callers, each is permitted; 3 calls from outside of the fleet were dropped already: node b (3 times, on port 8080)"
    );
    let alone = calls(|w| {
        w.observations.observed.truncate(1);
        w.observations.observed[0] = call(End::Outsider("node b".into()), Seen::Dropped, NOW - DAY, 1);
    });
    assert_eq!(
        alone,
        "no call was let through in 30 days; 1 call from outside of the fleet was dropped already: node b (1 time, on port 8080)"
    );
    assert_eq!(calls(|w| w.observations.observed.clear()), "no call was let through in 30 days");
    let one = calls(|w| {
        w.observations.observed.truncate(1);
        w.observations.observed[0].count = 1;
    });
    assert_eq!(one, "1 call, which is permitted");
}

#[test]
fn one_is_one_and_none_is_none() {
    let line = |kind, change: fn(&mut World)| {
        let (_, lines) = judged(change);
        lines.into_iter().find(|line| line.0 == kind).expect("it is told").2
    };
    let pods = |emoji, cards| {
        let mut world = World::sound();
        (world.watched("emoji").pods, world.watched("cards").pods) = (Some(emoji), Some(cards));
        let evidence = world.judge("ledger").evidence;
        evidence.into_iter().find(|line| line.kind == Kind::Labels).expect("it is told").text
    };
    assert_eq!(pods(0, 0), "no pod of its 2 callers runs");
    assert_eq!(pods(1, 0), "the one pod of its 2 callers wears its label");
    assert_eq!(pods(1, 1), "all 2 pods of its 2 callers wear its label");
    assert_eq!(
        line(Kind::Window, |w| w.days = 1),
        "the observations reach from 2026-10-31T00:00:00Z to 2026-12-01T00:00:00Z; the last day counts"
    );
    let two = |w: &mut World| {
        let open = |what: &str| Open { what: what.into(), place: String::new() };
        w.code().open.insert("service.cards".into(), vec![open("the host is read from a file"), open("y")]);
    };
    assert_eq!(
        line(Kind::Code, two),
        "of 2 calls it cannot be told where they go: `service.cards` (the host is read from a file) and `service.cards` (y)"
    );
    let old = |w: &mut World| w.watched("ledger").longest_open = Some(2 * 86_400);
    assert_eq!(line(Kind::Connections, old), "the oldest open connection is 2 days old");
}

#[test]
fn what_helps_against_a_call_without_a_rule_is_a_command_or_a_place() {
    let help = |change: &dyn Fn(&mut World)| {
        let mut world = World::sound();
        change(&mut world);
        let evidence = world.judge("ledger").evidence;
        let line = evidence.into_iter().find(|line| line.outcome == Outcome::Blocks).expect("something blocks");
        line.help.expect("something helps")
    };
    let from = |who: &'static str| {
        move |w: &mut World| w.observations.observed.push(call(service(who), Seen::Unpermitted, NOW, 1))
    };
    let no_rule = |w: &mut World| {
        w.rules.remove(&world::key("cards", "ledger"));
    };
    assert_eq!(help(&no_rule), "write the rule where the call is meant: `hedgerow scan service.cards --write`");
    let no_code = |w: &mut World| {
        no_rule(w);
        w.code().calls.remove(&world::key("cards", "ledger"));
    };
    assert_eq!(help(&no_code), "if it is meant: `hedgerow allow service.cards service.ledger`");
    assert_eq!(help(&from("stranger")), "if it is meant: the rule is added where the files of `service.stranger` are");
    assert_eq!(
        help(&|w: &mut World| w.observations.observed[0].port = 9090),
        "if it is meant: declare port 9090/TCP in the service.yaml of `service.ledger`"
    );
    let named = |w: &mut World| {
        w.files
            .insert("service.ledger".into(), "{ports: [{name: http, port: 8080}, {name: admin, port: 9090}]}".into());
        w.rules.insert(world::key("emoji", "ledger"), "ports: [http]".into());
        w.observations.observed[0].port = 9090;
    };
    assert_eq!(help(&named), "if it is meant: add port 9090 to `ports` in the rule of `service.emoji`");
}
