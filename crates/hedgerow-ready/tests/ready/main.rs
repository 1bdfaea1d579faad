//! When a service may be enforced: each line of evidence, one taken away at a time.

mod jobs;
mod reconcile;
mod simulator;
mod told;
mod used;
mod world;

use hedgerow_observe::observations::{End, Moment, Verdict as Seen, Watched};
use hedgerow_ready::code::Open;
use hedgerow_ready::evidence::{Kind, Outcome, Verdict};
use hedgerow_ready::judge::Job;
use world::{DAY, NOW, World, call, service, set};

/// Cilium: the kernel's table of connections is no source.
fn hubble(world: &mut World) {
    world.observations.header.coverage.iter_mut().for_each(|source| source.source = "hubble".into());
}

fn judged(change: impl FnOnce(&mut World)) -> (Verdict, Vec<(Kind, Outcome, String)>) {
    let mut world = World::sound();
    change(&mut world);
    let readiness = world.judge("ledger");
    let lines = readiness.evidence.into_iter().map(|line| (line.kind, line.outcome, line.text)).collect();
    (readiness.verdict, lines)
}

/// The verdict, and the one line that is not as it was in the sound world.
#[track_caller]
fn expect(what: &str, change: impl FnOnce(&mut World), verdict: Verdict, kind: Kind, text: &str) {
    let (is, lines) = judged(change);
    assert_eq!(is, verdict, "{what}: {lines:#?}");
    let outcome = match verdict {
        Verdict::Ready | Verdict::Enforced => Outcome::Waived,
        Verdict::Wait(moment) => Outcome::Wait(moment),
        Verdict::Blocked => Outcome::Blocks,
        Verdict::Unknown => Outcome::Unknown,
    };
    let found: Vec<_> = lines.iter().filter(|line| line.1 == outcome).collect();
    assert_eq!(found.iter().map(|line| line.0).collect::<Vec<_>>(), [kind], "{what}: {lines:#?}");
    assert!(found[0].2.contains(text), "{what}: `{}` does not hold `{text}`", found[0].2);
}

#[test]
fn where_everything_speaks_for_it_a_service_is_ready() {
    let (verdict, lines) = judged(|_| {});
    assert_eq!(verdict, Verdict::Ready, "{lines:#?}");
    assert!(lines.iter().all(|line| line.1 == Outcome::Holds), "{lines:#?}");
    let texts: Vec<&str> = lines.iter().map(|line| line.2.as_str()).collect();
    assert_eq!(
        texts,
        [
            "its policy is tried in `prod` (stage `audit`)",
            "the code of 3 services is read, and of every call it is told where it goes",
            "the observations reach from 2026-10-31T00:00:00Z to 2026-12-01T00:00:00Z; the last 30 days count",
            "2000 calls by 2 callers, each is permitted",
            "all 2 nodes of its pods listened, all the time",
            "40 calls of the canary; since 2026-10-22T00:00:00Z every day had some, and all were seen",
            "all 4 pods of its 2 callers wear its label",
            "its policy has not changed since 2026-10-27T00:00:00Z",
            "the oldest open connection is 10 minutes old",
        ]
    );
}

#[test]
fn what_must_be_done_blocks() {
    use Verdict::Blocked;
    let observe =
        |who: End, verdict| move |w: &mut World| w.observations.observed.push(call(who, verdict, NOW - DAY, 3));
    expect("stage off", |w| w.config = w.config.replace("stage: audit", "stage: off"), Blocked, Kind::Stage, "`off`");
    expect(
        "own stage",
        |w| {
            w.files.insert("service.ledger".into(), "{stage: {prod: open}}".into());
        },
        Blocked,
        Kind::Stage,
        "`open`",
    );
    expect(
        "a call that cannot be told",
        |w| {
            w.code()
                .open
                .insert("service.cards".into(), vec![Open { what: "x".into(), place: "cards/main.go:3".into() }]);
        },
        Blocked,
        Kind::Code,
        "of 1 call it cannot be told where it goes: `service.cards` at cards/main.go:3 (x)",
    );
    expect(
        "code that nobody read",
        |w| {
            w.code().read.remove("service.cards");
        },
        Blocked,
        Kind::Code,
        "`service.cards`",
    );
    expect(
        "a caller without a rule",
        observe(service("ledger"), Seen::Unpermitted),
        Blocked,
        Kind::Calls,
        "`service.ledger` (3 times, on port 8080)",
    );
    expect(
        "the data plane permits what the tree does not",
        observe(service("ledger"), Seen::Permitted),
        Blocked,
        Kind::Calls,
        "no rule permits",
    );
    expect(
        "the code makes a call that nobody has seen, and no rule permits it",
        |w| {
            w.code().calls.insert(world::key("ledger", "ledger"), "ledger/yearly.go:3".into());
        },
        Blocked,
        Kind::Code,
        "the code makes 1 call to it that nothing permits: `service.ledger` at ledger/yearly.go:3",
    );
    expect(
        "the rule is gone",
        |w| {
            w.rules.remove(&world::key("cards", "ledger"));
            w.code().calls.remove(&world::key("cards", "ledger"));
        },
        Blocked,
        Kind::Calls,
        "`service.cards` (1000 times",
    );
    expect("another port", |w| w.observations.observed[0].port = 9090, Blocked, Kind::Calls, "on port 9090");
    expect(
        "another protocol",
        |w| w.observations.observed[0].protocol = "UDP".into(),
        Blocked,
        Kind::Calls,
        "`service.emoji`",
    );
    expect(
        "an outsider",
        observe(End::Outsider("node b".into()), Seen::Unpermitted),
        Blocked,
        Kind::Calls,
        "node b (3 times",
    );
    expect(
        "dropped in spite of a rule",
        observe(service("cards"), Seen::Dropped),
        Blocked,
        Kind::Calls,
        "dropped all the same",
    );
    expect(
        "somebody of another fleet",
        observe(service("stranger"), Seen::Unpermitted),
        Blocked,
        Kind::Calls,
        "`service.stranger`",
    );
    expect(
        "a pod without its label",
        |w| {
            w.watched("cards").unlabelled.insert("service.ledger".into(), 1);
        },
        Blocked,
        Kind::Labels,
        "1 of 2 of `service.cards`",
    );
    expect(
        "a forged label",
        |w| {
            w.watched("ledger").forged.insert("service.ledger".into(), 2);
        },
        Blocked,
        Kind::Labels,
        "2 of `service.ledger`",
    );
    expect(
        "a label on pods of nobody",
        |w| w.watched("ledger").strangers = 1,
        Blocked,
        Kind::Labels,
        "1 pod of no service wears a label that lets pods call it",
    );
    expect(
        "an old connection",
        |w| {
            hubble(w);
            w.watched("ledger").longest_open = Some(30 * 86_400);
        },
        Blocked,
        Kind::Connections,
        "30 days",
    );
    expect(
        "the owner says so",
        |w| {
            w.files.insert("service.ledger".into(), "{ports: [{port: 8080}], rare: [{what: yearly closing}]}".into());
        },
        Blocked,
        Kind::Rare,
        "yearly closing",
    );
    let waiver = |day: &'static str| {
        move |w: &mut World| {
            let text = format!(
                "{{ports: [{{port: 8080}}], rare: [{{what: yearly closing, reason: tried by hand, expires: {day}}}]}}"
            );
            w.files.insert("service.ledger".into(), text);
        }
    };
    expect("a waiver that ended", waiver("2026-11-30"), Blocked, Kind::Rare, "2026-11-30");
    expect("a waiver of today", waiver("2026-12-01"), Verdict::Ready, Kind::Rare, "tried by hand");
}

#[test]
fn a_step_to_enforce_that_may_cost_calls_is_told_with_the_way() {
    let by_type = |backend: &str| {
        judged(|w| {
            w.config = w.config.replace("namespace: bank}", "namespace: bank, type: core}")
                + &format!("types: {{core: {{callers: [core]}}}}\naudit: {{backend: {backend}}}\n");
        })
    };
    for (backend, is_told) in [("observe", true), ("calico-staged", true), ("calico-log", false)] {
        let (verdict, lines) = by_type(backend);
        let told: Vec<_> = lines.iter().filter(|line| line.0 == Kind::Stage && line.1 == Outcome::Note).collect();
        assert_eq!((told.len(), verdict), (usize::from(is_told), Verdict::Ready), "{backend}: {lines:#?}");
    }
    let (_, lines) = judged(|w| w.config += "audit: {backend: observe}\n");
    assert!(!lines.iter().any(|line| line.0 == Kind::Stage && line.1 == Outcome::Note), "nobody calls by type");
}

#[test]
fn what_nobody_watched_is_unknown() {
    use Verdict::Unknown;
    expect("no scan", |w| w.code = None, Unknown, Kind::Code, "not scanned");
    let no_policy = |w: &mut World| {
        w.watched("ledger").policy.as_mut().expect("it has one").digest.clear();
    };
    expect("no policy was deployed", no_policy, Unknown, Kind::Policy, "nothing was tried");
    let missed = |w: &mut World| w.observations.header.canaries[0].missed = Some(Moment(NOW));
    expect("a canary was missed since", missed, Unknown, Kind::Canary, "one was not seen");
    expect(
        "a line that is not understood",
        |w| {
            w.observations.faults.count = 1;
            w.observations.faults.first = Some((7, "x".into()));
        },
        Unknown,
        Kind::Window,
        "line 7",
    );
    expect("of tomorrow", |w| w.now = NOW - 301, Unknown, Kind::Window, "in the future");
    expect("of yesterday", |w| w.now = NOW + DAY + 1, Unknown, Kind::Window, "nobody can tell what came since");
    expect("no nodes", |w| w.watched("ledger").nodes.clear(), Unknown, Kind::Hearing, "on which nodes");
    expect(
        "a node without a source",
        |w| w.observations.header.coverage.truncate(1),
        Unknown,
        Kind::Hearing,
        "`b` (no source)",
    );
    expect("a node that is deaf now", |w| w.gap(1, NOW - DAY, NOW), Unknown, Kind::Hearing, "`b` (deaf)");
    expect(
        "losses at a time that nobody knows",
        |w| w.observations.header.coverage[0].lost = 1,
        Unknown,
        Kind::Hearing,
        "`a` (deaf)",
    );
    expect("no canary", |w| w.observations.header.canaries.clear(), Unknown, Kind::Canary, "silence may be deafness");
    expect(
        "a canary of another",
        |w| w.observations.header.canaries[0].callee = "service.emoji".into(),
        Unknown,
        Kind::Canary,
        "no canary",
    );
    expect(
        "a canary that was missed sometime",
        |w| {
            let canary = &mut w.observations.header.canaries[0];
            (canary.seen, canary.since) = (39, None);
        },
        Unknown,
        Kind::Canary,
        "40 calls of the canary, 1 not seen",
    );
    expect(
        "pods of a caller",
        |w| {
            w.observations.header.services.remove("service.cards");
        },
        Unknown,
        Kind::Labels,
        "`service.cards`",
    );
    expect("how many pods", |w| w.watched("cards").pods = None, Unknown, Kind::Labels, "`service.cards`");
    expect("which policy", |w| w.watched("ledger").policy = None, Unknown, Kind::Policy, "by which policy");
    expect(
        "how old connections are",
        |w| {
            hubble(w);
            w.watched("ledger").longest_open = None;
        },
        Unknown,
        Kind::Connections,
        "how old",
    );
    let later = Verdict::Wait(Moment(NOW + 29 * DAY));
    let one_of = |candidates: &[&str], verdict| {
        let candidates = candidates.iter().map(|name| (*name).to_owned()).collect();
        move |w: &mut World| w.observations.observed.push(call(End::Unknown(candidates), verdict, NOW - DAY, 1))
    };
    expect(
        "one of two",
        one_of(&["service.cards", "service.ledger"], Seen::Unknown),
        later,
        Kind::Calls,
        "service.cards or service.ledger",
    );
    expect("nobody", one_of(&[], Seen::Unknown), later, Kind::Calls, "nobody knows whom");
    expect(
        "an outsider of whom nothing is told",
        |w| w.observations.observed.push(call(End::Outsider("x".into()), Seen::Unknown, NOW - DAY, 1)),
        later,
        Kind::Calls,
        "x",
    );
    // Either of them may call: it does not matter which one it was.
    assert_eq!(judged(one_of(&["service.cards", "service.emoji"], Seen::Unknown)).0, Verdict::Ready);
    assert_eq!(judged(one_of(&["service.cards", "service.ledger"], Seen::Permitted)).0, Verdict::Ready);
}

#[test]
fn what_was_open_before_anybody_looked_is_listed_by_the_kernel() {
    for longest_open in [None, Some(30 * 86_400)] {
        let (verdict, lines) = judged(|w| w.watched("ledger").longest_open = longest_open);
        assert_eq!(verdict, Verdict::Ready, "{lines:#?}");
        assert!(lines.iter().any(|line| line.0 == Kind::Connections && line.2.contains("were listed")), "{lines:#?}");
    }
    // Not on all nodes.
    let (verdict, _) = judged(|w| {
        w.observations.header.coverage[1].source = "hubble".into();
        w.watched("ledger").longest_open = None;
    });
    assert_eq!(verdict, Verdict::Unknown);
}

#[test]
fn time_has_to_pass_after_what_is_over() {
    let wait = |at: i64| Verdict::Wait(Moment(at));
    expect(
        "a young window",
        |w| w.observations.header.from = Moment(NOW - 29 * DAY),
        wait(NOW + DAY),
        Kind::Window,
        "less than 30 days",
    );
    expect(
        "a call of before the rule",
        |w| w.observations.observed.push(call(service("cards"), Seen::Unpermitted, NOW - 3 * DAY, 1)),
        wait(NOW + 27 * DAY),
        Kind::Calls,
        "today one does",
    );
    expect(
        "a gap that is over",
        |w| w.gap(0, NOW - 9 * DAY, NOW - 8 * DAY),
        wait(NOW - 8 * DAY - 2592 + 30 * DAY),
        Kind::Hearing,
        "`a`",
    );
    expect(
        "a policy that changed",
        |w| {
            if let Some(policy) = &mut w.watched("ledger").policy {
                policy.since = Moment(NOW - 2 * DAY);
            }
        },
        wait(NOW + 28 * DAY),
        Kind::Policy,
        "changed at",
    );
    expect(
        "a canary that was missed",
        |w| {
            let canary = &mut w.observations.header.canaries[0];
            canary.seen = 39;
            canary.since = Some(Moment(NOW - DAY));
        },
        wait(NOW + 29 * DAY),
        Kind::Canary,
        "only since 2026-11-30T00:00:00Z",
    );
    // What is over for longer than the window is forgotten.
    let old =
        |w: &mut World| w.observations.observed.push(call(service("cards"), Seen::Unpermitted, NOW - 30 * DAY - 1, 1));
    assert_eq!(judged(old).0, Verdict::Ready);
    let old =
        |w: &mut World| w.observations.observed.push(call(service("ledger"), Seen::Unpermitted, NOW - 31 * DAY, 1));
    assert_eq!(judged(old).0, Verdict::Ready);
    assert_eq!(judged(|w| w.gap(0, NOW - 35 * DAY, NOW - 31 * DAY)).0, Verdict::Ready);
    // The longest wait counts.
    let (verdict, _) = judged(|w| {
        w.observations.header.from = Moment(NOW - 29 * DAY);
        w.observations.observed.push(call(service("cards"), Seen::Unpermitted, NOW - 3 * DAY, 1));
    });
    assert_eq!(verdict, wait(NOW + 27 * DAY));
    // Fewer days are asked for: fewer are waited for.
    let (verdict, _) = judged(|w| {
        w.days = 2;
        w.observations.observed.push(call(service("cards"), Seen::Unpermitted, NOW - 3 * DAY, 1));
    });
    assert_eq!(verdict, Verdict::Ready);
}

#[test]
fn the_window_holds_two_runs_of_every_job_of_a_caller() {
    let job = |schedule: Option<&str>, is_suspended| Job {
        service: "service.cards".into(),
        workload: "CronJob/close".into(),
        schedule: schedule.map(str::to_owned),
        time_zone: None,
        is_suspended,
    };
    let with = |job: Job, runs: u64| {
        move |w: &mut World| {
            w.jobs.push(job);
            w.ran("cards", runs, NOW - DAY);
        }
    };
    let monthly = || job(Some("0 0 1 * *"), false);
    // One of them was due on the day by which the observations begin earlier.
    assert_eq!(judged(with(monthly(), 3)).0, Verdict::Ready);
    // NOW is the 1st of December at 0:00: the next run is on the 1st of January.
    expect("one run", with(monthly(), 1), Verdict::Wait(Moment(NOW + 31 * DAY)), Kind::Jobs, "ran 1 of 2 times");
    expect("no run", with(monthly(), 0), Verdict::Wait(Moment(NOW + 62 * DAY)), Kind::Jobs, "ran 0 of 2 times");
    // At its time in UTC, and in a time zone that is named when it is that time there at the latest.
    for (zone, hours, told) in
        [("Etc/UTC", 0, ", Etc/UTC)"), ("utc", 0, ", utc)"), ("Europe/Oslo", 12, "`0 0 1 * *`, Europe/Oslo)")]
    {
        let zoned = Job { time_zone: Some(zone.to_owned()), ..monthly() };
        let until = Verdict::Wait(Moment(NOW + 31 * DAY + hours * 3600));
        expect(zone, with(zoned, 1), until, Kind::Jobs, told);
    }
    expect("suspended", with(job(Some("0 0 1 * *"), true), 1), Verdict::Blocked, Kind::Jobs, "suspended");
    expect(
        "a schedule that the deploy knows",
        with(job(None, false), 1),
        Verdict::Blocked,
        Kind::Jobs,
        "does not tell",
    );
    expect(
        "a schedule of another kind",
        with(job(Some("@every 5m"), false), 1),
        Verdict::Blocked,
        Kind::Jobs,
        "@every 5m",
    );
    expect(
        "waived",
        |w| {
            with(monthly(), 0)(w);
            w.files.insert(
                "service.cards".into(),
                "{rare: [{what: CronJob/close, reason: run by hand, expires: 2027-01-31}]}".into(),
            );
        },
        Verdict::Ready,
        Kind::Jobs,
        "run by hand",
    );
    // Runs of before the window are none of it, whatever their number.
    let last = |runs: u64, last: Option<i64>, from: i64| {
        move |w: &mut World| {
            with(monthly(), runs)(w);
            w.observations.header.from = Moment(from);
            w.watched("cards").jobs[0].last = last.map(Moment);
        }
    };
    let begin = NOW - 30 * DAY;
    for (what, change, runs) in [
        ("all of long ago", last(5, Some(NOW - 300 * DAY), begin), 0),
        ("all of the day before", last(5, Some(begin - 1), begin - DAY), 0),
        ("it is not known when", last(5, None, begin), 0),
        ("of tomorrow", last(5, Some(NOW + 301), begin), 0),
        ("none at all", last(0, Some(NOW - DAY), begin), 0),
        ("one was due before the window", last(2, Some(NOW - DAY), begin - DAY), 1),
        ("a window that begins as the observations do", last(2, Some(NOW - DAY), begin), 2),
        ("one that ended as the window began", last(2, Some(begin), begin), 2),
    ] {
        let (verdict, lines) = judged(change);
        let told = format!("ran {runs} of 2 times");
        let is_told = lines.iter().any(|line| line.0 == Kind::Jobs && line.2.contains(&told));
        assert_eq!((verdict == Verdict::Ready, is_told), (runs == 2, runs < 2), "{what}: {lines:#?}");
    }
    // Where nobody knows when it is due, only the last is known to be in the window.
    let untold = |w: &mut World| {
        with(job(None, false), 9)(w);
        w.watched("cards").jobs[0].last = Some(Moment(NOW - DAY));
    };
    expect("no schedule", untold, Verdict::Blocked, Kind::Jobs, "ran 1 of 2 times");
    // Observations that reach back further tell only of the last run that it was in the window.
    expect(
        "two runs, and which of them is in the window is not told",
        |w| {
            with(monthly(), 2)(w);
            w.observations.header.from = Moment(NOW - 60 * DAY);
            w.observations.header.coverage.iter_mut().for_each(|source| source.heard = 60 * 1440);
        },
        Verdict::Wait(Moment(NOW + 31 * DAY)),
        Kind::Jobs,
        "`hedgerow-observer export --since 30d`",
    );
    // A job of somebody who may not call it does not matter.
    let other = Job { service: "service.ledger".into(), ..monthly() };
    assert_eq!(judged(|w| w.jobs.push(other)).0, Verdict::Ready);
    // One who may call by type does.
    let by_type = |w: &mut World| {
        w.config.push_str("types: {core: {callers: [batch]}, batch: {}}\n");
        w.files.insert("service.ledger".into(), "{type: core, ports: [{port: 8080}]}".into());
        w.files.insert("service.night".into(), "{type: batch}".into());
        w.code().read = set(&["service.ledger", "service.emoji", "service.cards", "service.night"]);
        w.jobs.push(Job { service: "service.night".into(), ..monthly() });
        let watched = Watched { pods: Some(1), types: Some([("batch".to_owned(), 1)].into()), ..Watched::default() };
        w.observations.header.services.insert("service.night".into(), watched);
    };
    expect("by type", by_type, Verdict::Wait(Moment(NOW + 62 * DAY)), Kind::Jobs, "`service.night`");
}

#[test]
fn code_that_no_scan_reads_can_be_waived_for_a_time() {
    let waived = |day: &'static str| {
        move |w: &mut World| {
            w.code().read.remove("service.cards");
            w.files.insert(
                "service.cards".into(),
                format!("{{rare: [{{what: code, reason: it is Redis, expires: {day}}}]}}"),
            );
        }
    };
    expect("waived", waived("2027-01-31"), Verdict::Ready, Kind::Code, "`service.cards`");
    expect("ended", waived("2026-11-30"), Verdict::Blocked, Kind::Code, "`service.cards`");
}

#[test]
fn the_worst_counts_and_enforced_is_enforced() {
    let (verdict, _) = judged(|w| {
        w.code = None;
        w.watched("cards").unlabelled.insert("service.ledger".into(), 1);
    });
    assert_eq!(verdict, Verdict::Blocked, "what must be done is said before what is not known");
    let (verdict, lines) = judged(|w| {
        w.observations.header.from = Moment(NOW - DAY);
        w.watched("ledger").policy = None;
    });
    assert_eq!(verdict, Verdict::Unknown, "what is not known is said before what to wait for: {lines:#?}");
    let (verdict, lines) = judged(|w| w.config = w.config.replace("stage: audit", "stage: enforce"));
    assert_eq!((verdict, lines.len()), (Verdict::Enforced, 0));
}

#[test]
fn rules_that_nobody_used_are_told_and_decide_nothing() {
    let (verdict, lines) = judged(|w| {
        w.observations.observed.remove(0);
    });
    assert_eq!(verdict, Verdict::Ready);
    assert!(
        lines
            .iter()
            .any(|line| line.0 == Kind::Unused && line.2 == "1 caller may call it and was not seen: `service.emoji`"),
        "{lines:#?}"
    );
}

#[test]
fn silence_is_told_with_what_it_is_worth() {
    let readiness = World::sound().judge("ledger");
    let (worth, taken) = readiness.silence.sentences();
    // Two edges seen, both in the code: 1 − √0.05 = 0.776 at most are missed; (0 + 1) · 0.776 / 0.224 = 3.48.
    assert_eq!(worth, "at most 3.48 edges are shown by neither code nor traffic, with 95 % confidence");
    assert!(taken.starts_with(
        "30 days without such a call say only that they come less than 0.10 times a day. The scan missed 0 of the fleet's 2 edges that traffic shows; traffic has not shown 0 of this service's edges that the code has."
    ));
    let mut silent = World::sound();
    silent.observations.observed.clear();
    let (worth, _) = silent.judge("ledger").silence.sentences();
    assert_eq!(worth, "traffic showed too little to say how much the scan of the code misses");
}

#[test]
fn who_listens_on_no_port_needs_no_canary() {
    let judged = |file: &str| {
        let mut world = World::sound();
        world.rules.clear();
        world.code.iter_mut().for_each(|code| code.calls.clear());
        world.observations.observed.clear();
        world.observations.header.canaries.clear();
        world.files.insert("service.ledger".into(), file.into());
        let readiness = world.judge("ledger");
        let canary = readiness.evidence.iter().find(|line| line.kind == Kind::Canary).expect("a line");
        (canary.outcome, canary.text.clone())
    };
    let (outcome, text) = judged("{ports: none}");
    assert_eq!(outcome, Outcome::Holds, "{text}");
    assert_eq!(text, "it listens on no port: nobody can call it, and no canary has to");
    for file in ["{}", "{ports: [{port: 8080}]}", "{ports: [{port: 53, protocol: UDP}]}"] {
        let (outcome, text) = judged(file);
        assert_eq!(outcome, Outcome::Unknown, "{file}: {text}");
    }
}

/// What no canary can call is never ready by itself: its owner answers for it, for no other service and until a day.
#[test]
fn who_listens_on_no_port_of_tcp_is_answered_for() {
    const WHY: &str = "no canary can call it: a call of the canary is a TCP connection, and it declares no TCP port";
    let called = "no canary called it: silence may be deafness";
    let waiver = |day: &str| format!("rare: [{{what: canary, reason: looked at on Monday, expires: {day}}}]");
    let (good, over) = (waiver("2026-12-31"), waiver("2026-11-30"));
    let waived = format!("{WHY}; waived until 2026-12-31: looked at on Monday");
    for (ports, more, outcome, text, help) in [
        ("[{port: 53, protocol: UDP}]", "", Outcome::Unknown, WHY, "`rare: [{what: canary"),
        ("[{port: 53, protocol: UDP}]", &good, Outcome::Waived, waived.as_str(), ""),
        ("[{port: 53, protocol: UDP}]", &over, Outcome::Unknown, WHY, "`rare: [{what: canary"),
        ("[{port: 53, protocol: UDP}, {port: 132, protocol: SCTP}]", &good, Outcome::Waived, &waived, ""),
        // A canary can call these, so that nobody has to answer for it.
        ("[{port: 53, protocol: UDP}, {port: 53}]", &good, Outcome::Unknown, called, "let `hedgerow-observer canary`"),
        ("[{port: 53}]", "rare: [{what: canary}]", Outcome::Unknown, called, "let `hedgerow-observer canary`"),
        ("any", &good, Outcome::Unknown, called, "declare its `ports`"),
        ("none", &good, Outcome::Holds, "it listens on no port: nobody can call it, and no canary has to", ""),
    ] {
        let mut world = World::sound();
        world.observations.header.canaries.clear();
        world.rules.clear();
        world.code.iter_mut().for_each(|code| code.calls.clear());
        world.observations.observed.clear();
        world.files.insert("service.ledger".into(), format!("ports: {ports}\n{more}\n"));
        let readiness = world.judge("ledger");
        let canary = readiness.evidence.iter().find(|line| line.kind == Kind::Canary).expect("a line");
        assert_eq!((canary.outcome, canary.text.as_str()), (outcome, text), "{ports} {more}");
        assert!(canary.help.as_deref().unwrap_or_default().contains(help), "{canary:?}");
        // It is no event that a month may not show, except where a canary can call: who does not want one has no word for that.
        let event = readiness.evidence.iter().find(|line| line.kind == Kind::Rare && line.text.starts_with("canary"));
        let is_event =
            !more.is_empty() && (ports == "any" || ports.ends_with("{port: 53}]") || ports == "[{port: 53}]");
        assert_eq!(event.is_some(), is_event, "{ports} {more}: {event:?}");
    }
}
