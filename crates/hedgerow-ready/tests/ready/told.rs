//! What is no evidence, and in which words things are said.

use super::world::{self, DAY, NOW, World, call, service};
use super::{expect, judged};
use hedgerow_core::catalogue::WithRules;
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
    // What does not tell may be of any.
    let untold = "do not tell of which environment they are";
    expect("no environment", of(None, right), Verdict::Unknown, Kind::Window, untold);
    let untold = "do not tell by which catalogue services were named";
    expect("no catalogue", of(Some("prod"), None), Verdict::Unknown, Kind::Window, untold);
    expect("an empty catalogue", of(Some("prod"), Some("")), Verdict::Unknown, Kind::Window, "not this tree's");
}

#[test]
fn calls_of_another_time_than_the_observations_are_no_evidence() {
    let at = |last: i64| move |w: &mut World| w.observations.observed[0].last = Moment(last);
    let told = "1 line of the observations tells of calls after the observations end, such as one of `service.ledger`";
    expect("after the end", at(NOW + 301), Verdict::Unknown, Kind::Window, told);
    expect(
        "before the begin",
        at(NOW - 31 * DAY - 301),
        Verdict::Unknown,
        Kind::Window,
        "before the observations begin",
    );
    // Two clocks are never the same.
    assert_eq!(judged(at(NOW + 300)).0, Verdict::Ready);
    assert_eq!(judged(at(NOW - 31 * DAY - 300)).0, Verdict::Ready);
    let all = |w: &mut World| w.observations.observed.iter_mut().for_each(|line| line.last = Moment(NOW + DAY));
    expect("all", all, Verdict::Unknown, Kind::Window, "2 lines of the observations tell of calls");
}

#[test]
fn what_is_deployed_is_the_policy_of_the_tree() {
    let digest = |digest: &'static str| {
        move |w: &mut World| {
            if let Some(policy) = &mut w.watched("ledger").policy {
                policy.digest = digest.into();
            }
        }
    };
    let told = "the policy that is deployed is not the one that this tree asks for";
    // Whoever called: services of the fleet alone, or nobody at all.
    expect("another policy", digest("sha256:1"), Verdict::Unknown, Kind::Policy, told);
    expect("no digest", digest("x"), Verdict::Unknown, Kind::Policy, told);
    let unplanned = |w: &mut World| drop(w.tree.policies.remove("service.ledger"));
    expect("nobody told what is planned", unplanned, Verdict::Unknown, Kind::Policy, "it is not known whether");
    // Of another service's policy it does not matter.
    let other = |w: &mut World| drop(w.tree.policies.remove("service.cards"));
    assert_eq!(judged(other).0, Verdict::Ready);
    let (_, lines) = judged(|w| {
        digest("sha256:1")(w);
        w.observations.observed.clear();
    });
    assert!(lines.iter().any(|line| line.0 == Kind::Policy && line.1 == Outcome::Unknown), "{lines:#?}");
}

/// cards may call ledger by type alone, and all of its pods wear the label.
fn by_type(w: &mut World) {
    w.config.push_str("types: {core: {callers: [app]}, app: {}, edge: {}}\n");
    w.files.insert("service.ledger".into(), "{type: core, ports: [{name: http, port: 8080}]}".into());
    w.files.insert("service.cards".into(), "{type: app}".into());
    w.files.insert("service.emoji".into(), "{type: edge}".into());
    w.rules.remove(&world::key("cards", "ledger"));
    wear(w, "cards", &[("app", 2)]);
}

/// So many pods wear the label of which type.
fn wear(w: &mut World, service: &str, worn: &[(&str, u64)]) {
    w.watched(service).types = Some(worn.iter().map(|(of, pods)| ((*of).to_owned(), *pods)).collect());
}

#[test]
fn callers_by_type_wear_the_label_of_their_type() {
    let (verdict, lines) = judged(by_type);
    assert_eq!(verdict, Verdict::Ready, "{lines:#?}");
    let labels = |lines: &[(Kind, Outcome, String)]| -> Vec<String> {
        lines.iter().filter(|line| line.0 == Kind::Labels).map(|line| line.2.clone()).collect()
    };
    assert_eq!(
        labels(&lines),
        [
            "all 2 pods of its caller wear its label",
            "all 2 pods of the service that may call it by type wear `bank.example/service-type`",
            "1 service may call it by type: `service.cards`; whether the catch-alls of the platform are deployed, the observations do not tell"
        ]
    );
    assert!(judged(|_| {}).1.iter().all(|line| line.1 != Outcome::Note), "nobody calls by type");
    let with = |change: fn(&mut World)| {
        move |w: &mut World| {
            by_type(w);
            change(w);
        }
    };
    let bare =
        "running pods of services that may call it by type do not wear `bank.example/service-type` with their type: ";
    for (name, change, verdict, told) in [
        ("one does not", (|w| wear(w, "cards", &[("app", 1)])) as fn(&mut World), Verdict::Blocked, format!("{bare}1 of 2 of `service.cards`")),
        ("none does", |w| wear(w, "cards", &[]), Verdict::Blocked, format!("{bare}2 of 2 of `service.cards`")),
        ("another type", |w| wear(w, "cards", &[("core", 2)]), Verdict::Blocked, format!("{bare}2 of 2 of `service.cards`")),
        (
            "an earlier version told",
            |w| w.watched("cards").types = None,
            Verdict::Unknown,
            "it is not known whether the pods of `service.cards` wear `bank.example/service-type`".to_owned(),
        ),
        (
            "nobody watched it",
            |w| drop(w.observations.header.services.remove("service.cards")),
            Verdict::Unknown,
            "it is not known whether the pods of `service.cards` wear".to_owned(),
        ),
        (
            "somebody else wears it",
            |w| wear(w, "emoji", &[("edge", 1), ("app", 1)]),
            Verdict::Blocked,
            "pods wear `bank.example/service-type` with a type that is not theirs and may call it: 1 of `service.emoji`".to_owned(),
        ),
    ] {
        expect(name, with(change), verdict, Kind::Labels, &told);
    }
    // What opens nothing here, and what runs nowhere.
    for change in [
        (|w| wear(w, "emoji", &[("core", 2)])) as fn(&mut World),
        |w| w.watched("cards").pods = Some(0),
        // Who has a rule as well is let in by that.
        |w| {
            w.rules.insert(world::key("cards", "ledger"), String::new());
            wear(w, "cards", &[]);
        },
    ] {
        assert_eq!(judged(with(change)).0, Verdict::Ready);
    }
    // Whoever may call nobody by type needs no label of a type.
    let untold = |w: &mut World| w.watched("cards").types = None;
    assert_eq!(judged(untold).0, Verdict::Ready);
    // A call by type that was not permitted to the last: the label is missing, or the catch-all.
    let bare = |last: i64| {
        move |w: &mut World| {
            by_type(w);
            w.observations.observed.push(call(service("cards"), Seen::Unpermitted, last, 3));
        }
    };
    let told = "calls that a type permits and that came without its label, or where no catch-all lets them in: `service.cards`";
    expect("to the last", bare(NOW - 1), Verdict::Blocked, Kind::Calls, told);
    expect("mended since", bare(NOW - DAY), Verdict::Wait(Moment(NOW + 29 * DAY)), Kind::Calls, "today one does");
}

#[test]
fn labels_are_judged_by_a_catalogue_with_rules() {
    let by = |labelling: Option<&str>| {
        let labelling = labelling.map(str::to_owned);
        move |w: &mut World| w.observations.header.labelling = labelling
    };
    let told = "the catalogue by which pods were named has no rules: it is not known which labels they should wear";
    expect("no rules", by(None), Verdict::Unknown, Kind::Labels, told);
    let told = "the labels that pods should wear come from other rules than those of this tree";
    expect("other rules", by(Some("sha256:other")), Verdict::Unknown, Kind::Labels, told);
    let nobody = |w: &mut World| (w.observations.header.labelling, w.tree.labelling) = (None, None);
    expect("nobody has rules", nobody, Verdict::Unknown, Kind::Labels, "has no rules");
    // Earlier versions named the catalogue by all that it says.
    let (verdict, lines) = judged(|w| {
        by(None)(w);
        w.tree.catalogues.insert(world::CATALOGUE.to_owned(), WithRules::Yes);
    });
    assert_eq!(verdict, Verdict::Ready, "{lines:#?}");
}

#[test]
fn calls_of_before_are_counted_and_are_no_evidence() {
    let (verdict, lines) = judged(|w| w.observations.header.earlier = 12);
    let note = lines.iter().find(|line| line.0 == Kind::Window && line.1 == Outcome::Note).expect("it is told");
    assert_eq!(note.2, "12 calls were over before the observations begin, and were told later: no part of the window");
    assert_eq!(verdict, Verdict::Ready);
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
        let (verdict, lines) = judged(with(who.clone(), Some("sha256:1")));
        let told = "calls that the deployed policy permits, which is not the one that this tree asks for";
        let unknown = |kind| lines.iter().find(|line| line.0 == kind && line.1 == Outcome::Unknown);
        assert_eq!(verdict, Verdict::Unknown);
        assert!(unknown(Kind::Calls).is_some_and(|line| line.2.starts_with(told)), "{lines:#?}");
        assert!(unknown(Kind::Policy).is_some(), "{lines:#?}");
    }
    // Nobody knows which one it was, and either may.
    let both = End::Unknown(vec!["service.cards".into(), "service.emoji".into()]);
    assert_eq!(judged(with(both.clone(), None)).0, Verdict::Ready);
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
    for (port, protocol, told) in [
        (0, "TCP", "no rule can permit port 0: the source did not tell which port of TCP was called"),
        (8080, "ICMP", "no rule can permit ICMP: rules are about TCP, UDP and SCTP"),
        (0, "icmp6", "no rule can permit icmp6: rules are about TCP, UDP and SCTP"),
    ] {
        let beyond = |w: &mut World| {
            (w.observations.observed[0].port, w.observations.observed[0].protocol) = (port, protocol.into());
        };
        assert_eq!(help(&beyond), told);
        let both = |w: &mut World| {
            beyond(w);
            w.observations.observed.push(call(service("stranger"), Seen::Unpermitted, NOW, 1));
        };
        assert_eq!(
            help(&both),
            format!("if it is meant: the rule is added where the files of `service.stranger` are; {told}")
        );
    }
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
