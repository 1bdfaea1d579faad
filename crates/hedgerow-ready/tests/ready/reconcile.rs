//! Each class of an edge, with what makes it one.

use super::jobs::job;
use super::world::{DAY, NOW, World, call, key, service};
use hedgerow_core::policy::Origin;
use hedgerow_observe::observations::{End, Moment, Verdict};
use hedgerow_ready::reconcile::{Aside, Caller, Class, Permits, Reconciled, reconcile};

fn reconciled(change: impl FnOnce(&mut World)) -> Reconciled {
    let mut world = World::sound();
    change(&mut world);
    reconcile(&world.question(&world.plan()))
}

#[track_caller]
fn class(what: &str, caller: &str, should: Class, change: impl FnOnce(&mut World)) {
    let all = reconciled(change);
    let row = all.rows.iter().find(|row| row.caller.as_str() == caller && row.callee == "service.ledger");
    assert_eq!(row.unwrap_or_else(|| panic!("{what}: {all:#?}")).class, should, "{what}: {all:#?}");
}

#[test]
fn every_edge_has_its_class() {
    let cards = "service.cards";
    let emoji_alone = |w: &mut World| {
        w.observations.observed.pop();
    };
    let no_code = |w: &mut World| {
        w.code().calls.remove(&key("cards", "ledger"));
    };
    let no_rule = |w: &mut World| {
        w.rules.remove(&key("cards", "ledger"));
    };
    class("all three", cards, Class::Confirmed, |_| {});
    class("no traffic", cards, Class::NotSeen, emoji_alone);
    class("no rule", cards, Class::RuleMissing, no_rule);
    class("no rule, no traffic", cards, Class::RuleMissing, |w| {
        no_rule(w);
        emoji_alone(w);
    });
    class("not in the code", cards, Class::ScanBlind, no_code);
    class("a rule alone", cards, Class::Stale, |w| {
        no_code(w);
        emoji_alone(w);
    });
    class("a rule alone, of a caller that is not understood", cards, Class::CodeUnread, |w| {
        no_code(w);
        emoji_alone(w);
        w.code().open.insert("service.cards".into(), Vec::new());
    });
    class("a rule alone, of a caller that nobody read", cards, Class::CodeUnread, |w| {
        no_code(w);
        emoji_alone(w);
        w.code().read.remove("service.cards");
    });
    class("traffic alone", cards, Class::NobodyKnows, |w| {
        no_code(w);
        no_rule(w);
    });
    class("traffic alone, by a stranger", "service.stranger", Class::NobodyKnows, |w| {
        w.observations.observed.push(call(service("stranger"), Verdict::Unpermitted, NOW, 1));
    });
    class("traffic alone, from outside", "10.0.0.1", Class::NobodyKnows, |w| {
        w.observations.observed.push(call(End::Outsider("10.0.0.1".into()), Verdict::Unpermitted, NOW, 1));
    });
    class("without its label to the end", cards, Class::DeployMissing, |w| {
        w.observations.observed.push(call(service("cards"), Verdict::Unpermitted, NOW, 1));
    });
    class("without its label once", cards, Class::Confirmed, |w| {
        w.observations.observed.push(call(service("cards"), Verdict::Unpermitted, NOW - DAY, 1));
    });
    class("dropped to the end", cards, Class::DeployMissing, |w| {
        w.observations.observed.push(call(service("cards"), Verdict::Dropped, NOW, 1));
    });
    class("the rule is for another port", cards, Class::PortMissing, |w| w.observations.observed[1].port = 9090);
    class("the rule is for another port, and the code shows nothing", cards, Class::PortMissing, |w| {
        no_code(w);
        w.observations.observed[1].port = 9090;
    });
    class("the rule is for another protocol", cards, Class::PortMissing, |w| {
        w.observations.observed[1].protocol = "UDP".into();
    });
    class("no rule, and another port", cards, Class::RuleMissing, |w| {
        no_rule(w);
        w.observations.observed[1].port = 9090;
    });
    let by_type = |w: &mut World| {
        no_code(w);
        no_rule(w);
        w.config.push_str("types: {core: {callers: [app]}, app: {}}\n");
        w.files.insert("service.ledger".into(), "{type: core, ports: [{port: 8080}]}".into());
        w.files.insert("service.cards".into(), "{type: app}".into());
    };
    // Nobody writes a rule for these: the scan has nothing to find.
    class("by type", cards, Class::Permitted, by_type);
    class("by an entry", cards, Class::Permitted, |w| {
        no_code(w);
        no_rule(w);
        let allow = "{ports: [{name: http, port: 8080}], allow: [{from: {namespace: bank}, reason: all of the bank}]}";
        w.files.insert("service.ledger".into(), allow.into());
    });
    class("by type, and in the code", cards, Class::Confirmed, |w| {
        by_type(w);
        w.code().calls.insert(key("cards", "ledger"), "main.go:7".into());
    });
    class("by type, and without its label to the end", cards, Class::DeployMissing, |w| {
        by_type(w);
        w.observations.observed.push(call(service("cards"), Verdict::Unpermitted, NOW, 1));
    });
    let manual = |w: &mut World| {
        no_code(w);
        w.rules.insert(key("cards", "ledger"), "origin: manual".into());
    };
    class("by a person's rule", cards, Class::Permitted, manual);
    class("by a person's rule, unseen", cards, Class::Stale, |w| {
        manual(w);
        emoji_alone(w);
    });
    class("by a rule, and perhaps in the code", cards, Class::CodeUnread, |w| {
        no_code(w);
        emoji_alone(w);
        w.code().candidates.insert(key("cards", "ledger"), "main.go:7".into());
    });
    class("by a rule that traffic made", cards, Class::ScanBlind, |w| {
        no_code(w);
        w.rules
            .insert(key("cards", "ledger"), "{origin: observed, first-seen: 2026-11-01, last-seen: 2026-11-02}".into());
    });
    class("by type, and by a rule as well", cards, Class::ScanBlind, |w| {
        by_type(w);
        w.rules.insert(key("cards", "ledger"), String::new());
    });
    assert!(!Class::Permitted.is_open());
}

/// Each way in which nobody was heard: a rule that nobody used is no stale one then.
#[test]
fn a_rule_is_stale_only_where_somebody_listened() {
    let alone = |w: &mut World| {
        w.code().calls.remove(&key("cards", "ledger"));
        w.observations.observed.pop();
    };
    type Change = fn(&mut World);
    let table: [(&str, Change, Option<&str>); 28] = [
        ("all was heard", |_| {}, None),
        ("a minute was not", |w| w.gap(0, NOW - 9 * DAY, NOW - 9 * DAY + 60), None),
        (
            "a gap",
            |w| w.gap(0, NOW - 9 * DAY, NOW - 8 * DAY),
            Some("on a node of its pods nobody listened for 24 hours"),
        ),
        ("a node that is deaf now", |w| w.gap(1, NOW - DAY, NOW), Some("at the end nobody listened on `b`")),
        ("a node without a source", |w| w.observations.header.coverage.truncate(1), Some("no source listened on `b`")),
        ("no source at all", |w| w.observations.header.coverage.clear(), Some("no source listened on `a`")),
        (
            "sources that never heard",
            |w| w.observations.header.coverage.iter_mut().for_each(|it| (it.heard, it.blind) = (0, 40 * 1440)),
            Some("nobody listened on `a`"),
        ),
        (
            "a source that proves nothing",
            |w| w.observations.header.coverage.iter_mut().for_each(|it| it.source = "counters".into()),
            Some("no source listened"),
        ),
        ("losses at a time that nobody knows", |w| w.observations.header.coverage[0].lost = 1, Some("`a`")),
        ("a callee without nodes", |w| w.watched("ledger").nodes.clear(), Some("on which nodes its pods ran")),
        ("nothing told of the callee", |w| w.observations.header.services.clear(), Some("on which nodes its pods ran")),
        ("a caller that never ran", |w| w.watched("cards").nodes.clear(), Some("no pod of `service.cards` ran")),
        (
            "nothing told of the caller",
            |w| drop(w.observations.header.services.remove("service.cards")),
            Some("it is not known whether pods of `service.cards` ran"),
        ),
        ("no canary", |w| w.observations.header.canaries.clear(), Some("no canary called it")),
        (
            "a canary that nobody heard",
            |w| (w.observations.header.canaries[0].seen, w.observations.header.canaries[0].since) = (0, None),
            Some("of 40 calls of the canary 40 were not seen"),
        ),
        (
            "a canary that was missed",
            |w| w.observations.header.canaries[0].missed = Some(Moment(NOW - DAY)),
            Some("of 40 calls of the canary"),
        ),
        ("a short window", |w| w.observations.header.from = Moment(NOW - 29 * DAY), Some("which is less than 30 days")),
        ("no catalogue", |w| w.observations.header.catalogue = None, Some("by which catalogue services were named")),
        (
            "another tree's catalogue",
            |w| w.observations.header.catalogue = Some("sha256:other".into()),
            Some("by a catalogue that is not this tree's"),
        ),
        ("no environment", |w| w.observations.header.environment = None, Some("of which environment they are")),
        ("of long ago", |w| w.now = NOW + 2 * DAY, Some("nobody can tell what came since")),
        (
            "a caller that runs once a month",
            |w| w.jobs.push(job("cards", "settle")),
            Some("`CronJob/settle` of `service.cards` ran 0 of 2 times"),
        ),
        (
            "a caller that calls rarely",
            |w| {
                drop(
                    w.files.insert("service.cards".into(), "{ports: [{port: 8080}], rare: [{what: year-end}]}".into()),
                );
            },
            Some("the owner of `service.cards` says that a month may not show year-end"),
        ),
        (
            "a callee that is rarely called",
            |w| drop(w.files.insert("service.ledger".into(), "{ports: [{port: 8080}], rare: [{what: audit}]}".into())),
            Some("the owner of `service.ledger` says that a month may not show audit"),
        ),
        ("of tomorrow", |w| w.now = NOW - 301, Some("which is in the future")),
        (
            "calls of another time",
            |w| w.observations.observed[0].last = Moment(NOW + 301),
            Some("calls after the observations end"),
        ),
        (
            "calls of one of several",
            |w| {
                let several = End::Unknown(vec!["service.cards".into(), "service.emoji".into()]);
                w.observations.observed.push(call(several, Verdict::Unknown, NOW - DAY, 1));
            },
            Some("calls whose caller is one of several may have been its"),
        ),
        (
            "calls of whomever",
            |w| w.observations.observed.push(call(End::Unknown(Vec::new()), Verdict::Unknown, NOW - DAY, 1)),
            Some("calls whose caller nobody can tell may have been its"),
        ),
    ];
    for (what, change, doubt) in table {
        let all = reconciled(|w| {
            alone(w);
            change(w);
        });
        let row = all.rows.iter().find(|row| row.caller.as_str() == "service.cards").expect("it has a rule");
        let should = if doubt.is_some() { Class::Unknown } else { Class::Stale };
        assert_eq!(row.class, should, "{what}: {row:#?}");
        assert_eq!(row.unheard.is_some(), doubt.is_some(), "{what}: {row:#?}");
        let told = row.unheard.as_deref().unwrap_or_default();
        assert!(told.contains(doubt.unwrap_or_default()), "{what}: {told}");
    }
    // Fewer days are asked for: fewer are enough.
    let all = reconciled(|w| {
        alone(w);
        (w.days, w.observations.header.from) = (7, Moment(NOW - 8 * DAY));
    });
    assert_eq!(all.rows[0].class, Class::Stale, "{all:#?}");
    // Who was seen was heard.
    assert!(reconciled(|w| w.observations.header.coverage.clear()).rows.iter().all(|row| row.unheard.is_none()));
}

fn aside(aside: &Aside) -> (usize, u64, String) {
    (aside.lines, aside.calls, aside.callees.iter().cloned().collect::<Vec<_>>().join(","))
}

#[test]
fn ports_that_a_rule_lacks_are_named_apart_from_those_that_nobody_declares() {
    let all = reconciled(|w| {
        w.files
            .insert("service.ledger".into(), "{ports: [{name: http, port: 8080}, {name: admin, port: 9090}]}".into());
        w.rules.insert(key("cards", "ledger"), "{ports: [http], origin: manual}".into());
        w.observations.observed[1].port = 9090;
        let mut other = call(service("cards"), Verdict::Unpermitted, NOW, 1);
        other.port = 7070;
        w.observations.observed.extend([other, call(service("cards"), Verdict::Permitted, NOW, 1)]);
    });
    let row = &all.rows[0];
    let ports = |ports: &std::collections::BTreeSet<(u16, String)>| ports.iter().map(|port| port.0).collect::<Vec<_>>();
    assert_eq!(
        (ports(&row.ports), ports(&row.missing), ports(&row.undeclared)),
        (vec![7070, 8080, 9090], vec![7070, 9090], vec![7070])
    );
    assert_eq!(row.permits, Some(Permits::Rule(Some(Origin::Manual))), "the rule is there");
    // Without a rule, a port that is not declared cannot get one.
    for (file, undeclared) in [("{ports: none}", vec![8080]), ("{ports: [{port: 8080}]}", vec![]), ("{}", vec![])] {
        let all = reconciled(|w| {
            w.files.insert("service.ledger".into(), file.into());
            w.rules.clear();
            w.observations.observed.truncate(1);
        });
        let row = all.rows.iter().find(|row| row.seen.is_some()).expect("a row");
        assert_eq!((ports(&row.undeclared), row.permits), (undeclared, None), "{file}");
    }
}

#[test]
fn calls_of_outsiders_that_are_no_edges_are_counted() {
    let all = reconciled(|w| {
        let outsider = |verdict, count| call(End::Outsider("10.0.0.1".into()), verdict, NOW, count);
        let mut other = outsider(Verdict::Dropped, 2);
        other.callee = "service.cards".into();
        let more =
            [outsider(Verdict::Dropped, 3), outsider(Verdict::Unknown, 5), outsider(Verdict::Permitted, 9), other];
        w.observations.observed.extend(more);
    });
    assert_eq!(aside(&all.dropped), (2, 5, "service.cards,service.ledger".to_owned()));
    assert_eq!(aside(&all.unknown), (1, 5, "service.ledger".to_owned()));
    assert_eq!(aside(&all.untold), (0, 0, String::new()));
    assert_eq!(all.rows.len(), 2);
}

#[test]
fn what_is_seen_and_what_cannot_be_told_is_counted() {
    let all = reconciled(|w| {
        w.observations.observed.extend([
            call(service("emoji"), Verdict::Unpermitted, NOW - DAY, 7),
            call(End::Unknown(vec!["service.cards".into(), "service.emoji".into()]), Verdict::Unknown, NOW, 4),
            call(End::Outsider("10.0.0.1".into()), Verdict::Permitted, NOW, 1),
        ]);
        w.code().open.insert("service.emoji".into(), Vec::new());
    });
    assert_eq!(aside(&all.untold), (1, 4, "service.ledger".to_owned()));
    assert_eq!(aside(&all.dropped), (0, 0, String::new()));
    assert_eq!(all.rows.len(), 2, "an outsider who is permitted is no row: {all:#?}");
    let emoji = &all.rows[1];
    assert_eq!(emoji.caller, Caller::Service("service.emoji".into()));
    let seen = emoji.seen.expect("it was seen");
    assert_eq!((seen.count, seen.unpermitted, seen.last.0), (1007, 7, NOW - 60));
    assert_eq!(emoji.ports.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [8080]);
    assert!(emoji.is_caller_open);
    assert!(!all.rows[0].is_caller_open);
}
