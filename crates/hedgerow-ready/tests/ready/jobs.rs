//! Whose runs prove a cron job, and which entries under `rare` are about one.

use super::world::{DAY, NOW, World};
use super::{expect, judged};
use hedgerow_observe::observations::{JobRuns, Moment};
use hedgerow_ready::evidence::{Kind, Outcome, Verdict};
use hedgerow_ready::judge::Job;

pub(crate) fn job(service: &str, workload: &str) -> Job {
    Job {
        service: format!("service.{service}"),
        workload: format!("CronJob/{workload}"),
        schedule: Some("0 0 1 * *".into()),
        time_zone: None,
        is_suspended: false,
    }
}

/// Jobs of cards, and how often what ran of them did.
fn with(jobs: &[&str], ran: &[(&str, u64)]) -> impl FnOnce(&mut World) {
    let jobs: Vec<Job> = jobs.iter().map(|workload| job("cards", workload)).collect();
    let ran = ran.iter().map(|(workload, finished)| JobRuns {
        workload: format!("CronJob/{workload}"),
        finished: *finished,
        last: Some(Moment(NOW - DAY)),
    });
    let ran = ran.collect();
    move |w| {
        w.jobs = jobs;
        w.watched("cards").jobs = ran;
    }
}

/// Jobs of cards, how often what ran of them did, and which of them ran too seldom.
type Row<'a> = (&'a [&'a str], &'a [(&'a str, u64)], &'a [&'a str]);

#[test]
fn runs_of_one_cron_job_do_not_prove_another() {
    let table: [Row; 12] = [
        (&["*"], &[("prod-report", 9)], &[]),
        (&["*", "*-report"], &[("prod-report", 9)], &["*"]),
        (&["*-report", "*"], &[("prod-report", 9)], &["*"]),
        (&["*", "*-report"], &[("prod-report", 9), ("close", 9)], &[]),
        (&["*", "close"], &[("close", 9)], &["*"]),
        (&["*", "*-report", "*-daily-report"], &[("a-daily-report", 9), ("a-report", 9)], &["*"]),
        // Neither is the more specific one.
        (&["*-report", "prod-*"], &[("prod-report", 9)], &["*-report", "prod-*"]),
        (&["*-report", "prod-*"], &[("prod-report", 9), ("test-report", 9)], &["prod-*"]),
        (&["*", "*-report", "prod-*"], &[("prod-report", 9)], &["*", "*-report", "prod-*"]),
        // Two manifests that leave the whole name to the deploy; one name is one job.
        (&["*", "*"], &[("close", 9)], &["*", "*"]),
        (&["close", "close"], &[("close", 9)], &[]),
        (&["*-report"], &[("a-report-report", 9)], &[]),
    ];
    for (jobs, ran, should) in table {
        let (verdict, lines) = judged(with(jobs, ran));
        let waits = lines.iter().filter(|line| line.0 == Kind::Jobs && line.1 != Outcome::Holds);
        let named: Vec<&str> = waits.map(|line| line.2.split('`').nth(1).unwrap()).collect();
        let should: Vec<String> = should.iter().map(|workload| format!("CronJob/{workload}")).collect();
        assert_eq!(named, should, "{jobs:?} {ran:?}: {lines:#?}");
        assert_eq!(verdict == Verdict::Ready, should.is_empty(), "{jobs:?} {ran:?}");
    }
    // The last run of another job is none of this one: the next two are waited for.
    expect(
        "the report's runs are not the closing's",
        with(&["*", "*-report"], &[("prod-report", 9)]),
        Verdict::Wait(Moment(NOW + 62 * DAY)),
        Kind::Jobs,
        "`CronJob/*` of `service.cards` ran 0 of 2 times",
    );
    let (_, lines) = judged(with(&["*-report", "prod-*"], &[("prod-report", 9)]));
    let told = "ran 0 of 2 times; of which of its cron jobs the runs of `CronJob/prod-report` are, nobody can tell";
    assert_eq!(lines.iter().filter(|line| line.2.contains(told)).count(), 2, "{lines:#?}");
    // Whose runs they are is told where one job is the more specific.
    let (_, lines) = judged(with(&["*", "*-report"], &[("prod-report", 9)]));
    assert!(lines.iter().all(|line| !line.2.contains("nobody can tell")), "{lines:#?}");
}

#[test]
fn what_an_owner_says_is_rare_is_told_unless_it_is_a_job_that_is_asked_for() {
    let rare = |w: &mut World| {
        w.files.insert("service.ledger".into(), "{ports: [{port: 8080}], rare: [{what: CronJob/close}]}".into());
    };
    // Jobs of that name of services that may not call it: nobody else asks for their runs.
    for owners in [&["night"][..], &["night", "day"]] {
        let strange = |w: &mut World| {
            rare(w);
            w.jobs = owners.iter().map(|owner| job(owner, "close")).collect();
        };
        expect("a job of somebody else", strange, Verdict::Blocked, Kind::Rare, "CronJob/close: its owner says");
    }
    expect("no job at all", rare, Verdict::Blocked, Kind::Rare, "CronJob/close");
    let uncalled = |w: &mut World| {
        rare(w);
        w.rules.remove(&super::world::key("cards", "ledger"));
        w.code().calls.remove(&super::world::key("cards", "ledger"));
        w.observations.observed.retain(|line| line.caller != super::world::service("cards"));
        w.jobs = vec![job("cards", "close")];
    };
    expect("cards is no caller", uncalled, Verdict::Blocked, Kind::Rare, "CronJob/close");
    // Those of a caller, and its own, are told of where they are asked for.
    for owner in ["cards", "ledger"] {
        let (verdict, lines) = judged(|w| {
            rare(w);
            w.jobs = vec![job(owner, "close")];
            w.ran("cards", 3, NOW - DAY);
        });
        assert_eq!(verdict, Verdict::Ready, "{owner}: {lines:#?}");
    }
}

#[test]
fn jobs_of_nobody_are_told() {
    let (verdict, lines) = judged(|w| w.strange_jobs = vec!["`CronJob/x` (deploy/x.yaml)".to_owned()]);
    let told =
        "1 cron job of the manifests is of no service, so its runs are not waited for: `CronJob/x` (deploy/x.yaml)";
    assert!(lines.iter().any(|line| line.0 == Kind::Jobs && line.1 == Outcome::Note && line.2 == told), "{lines:#?}");
    assert_eq!(verdict, Verdict::Ready, "they may be anybody's");
}

#[test]
fn foreign_numbers_may_be_as_large_as_they_fit() {
    let (verdict, lines) = judged(|w| {
        for name in ["emoji", "cards"] {
            w.watched(name).pods = Some(u64::MAX);
        }
        w.watched("ledger").longest_open = Some(u64::MAX);
        w.observations.observed.iter_mut().for_each(|line| line.count = u64::MAX);
        let again = w.observations.observed.clone();
        w.observations.observed.extend(again);
        for source in &mut w.observations.header.coverage {
            (source.heard, source.blind, source.lost) = (u64::MAX, u64::MAX, u64::MAX);
        }
        for canary in &mut w.observations.header.canaries {
            (canary.sent, canary.seen) = (u64::MAX, u64::MAX);
        }
        let canaries = w.observations.header.canaries.clone();
        w.observations.header.canaries.extend(canaries);
        w.jobs = vec![job("cards", "close")];
        w.ran("cards", u64::MAX, NOW - DAY);
    });
    assert_eq!(verdict, Verdict::Unknown, "{lines:#?}");
    let labels = lines.iter().find(|line| line.0 == Kind::Labels).unwrap();
    assert_eq!(labels.2, format!("all {} pods of its 2 callers wear its label", u64::MAX));
}
