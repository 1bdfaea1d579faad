//! Silence that nobody heard, and what cannot have been seen yet.

use super::ready::{call, fleet, retell, run};
use hedgerow_cli::Exit;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A fleet in which cards may call ledger, and neither code nor traffic shows that it does.
fn unused() -> TempDir {
    let root = fleet(&[]);
    let rule = root.path().join("service.cards/egress/service.ledger.rule");
    fs::create_dir_all(rule.parent().unwrap()).unwrap();
    fs::write(rule, "origin: manual\n").unwrap();
    root
}

fn gap(root: &Path) {
    retell(root, |header| {
        let source = &mut header["coverage"][0];
        source["heard"] = (45_120 - 1_440).into();
        source["blind"] = 1_440.into();
        source["gaps"] = serde_json::json!([{"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}]);
    });
}

#[test]
fn a_rule_that_nobody_used_is_stale_only_where_somebody_listened() {
    let root = unused();
    let stale = run(root.path(), "reconcile --observations seen.jsonl");
    assert_eq!(stale.exit, Exit::Findings);
    assert!(stale.out().contains("service.cards → service.ledger: stale\n"), "{}", stale.out());
    assert!(stale.out().contains("    traffic: none since 2026-10-21T00:00:00Z, while somebody listened\n"));
    assert!(stale.out().contains("remove the rule where it is not\n"), "{}", stale.out());
    gap(root.path());
    let told = "which says nothing: on a node of its pods nobody listened for 24 hours\n";
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().contains("service.cards → service.ledger: unknown\n"), "{}", ran.out());
    assert!(ran.out().contains(told), "{}", ran.out());
    assert!(!ran.out().contains("stale") && !ran.out().contains("remove the rule where"), "{}", ran.out());
    assert!(ran.stderr.contains("1 unknown"), "{}", ran.stderr);
    for format in ["markdown", "json", "github", "sarif"] {
        let ran = run(root.path(), &format!("reconcile --observations seen.jsonl --format {format}"));
        assert!(!ran.out().contains("stale"), "{format}: {}", ran.out());
        assert!(ran.out().contains("keep the rule"), "{format}: {}", ran.out());
    }
    let ran = run(root.path(), "reconcile --observations seen.jsonl --format github");
    assert!(ran.out().contains("title=hedgerow%3A unheard-rule::"), "{}", ran.out());
    // A page for whoever has to answer says no more.
    let ran = run(root.path(), "report --observations seen.jsonl --format json");
    assert!(ran.out().contains("nobody listened for 24 hours") && !ran.out().contains("stale"), "{}", ran.out());
}

#[test]
fn how_long_somebody_must_have_listened_is_an_option() {
    let root = unused();
    let ran = run(root.path(), "reconcile --observations seen.jsonl --days 60");
    assert!(ran.out().contains("which is less than 60 days"), "{}", ran.out());
    let ran = run(root.path(), "reconcile --observations seen.jsonl --days 0");
    assert_eq!(ran.exit, Exit::BadInput);
    assert!(ran.stderr.contains("--days takes a number of days, 1 at least"), "{}", ran.stderr);
}

#[test]
fn what_cannot_have_been_seen_yet_is_believed_by_nobody() {
    // It is noon of 2026-11-21 in these tests.
    let root = unused();
    let later = |to: &'static str| retell(root.path(), |header| header["to"] = to.into());
    for (to, is_future) in
        [("2026-11-21T12:05:00Z", false), ("2026-11-21T12:05:01Z", true), ("2027-11-21T12:00:00Z", true)]
    {
        later(to);
        for command in ["report", "reconcile"] {
            let ran = run(root.path(), &format!("{command} --observations seen.jsonl"));
            assert_eq!(ran.exit == Exit::BadInput, is_future, "{command} {to}: {}", ran.stderr);
            assert_eq!(ran.stderr.contains("which is in the future"), is_future, "{command} {to}: {}", ran.stderr);
        }
        let ran = run(root.path(), "ready --observations seen.jsonl");
        assert_eq!(ran.out().contains("which is in the future"), is_future, "{to}: {}", ran.out());
    }
    // Who says what day it is means its end, and may look at what is past.
    later("2026-11-21T13:00:00Z");
    assert_eq!(run(root.path(), "report --observations seen.jsonl --today 2026-11-21").exit, Exit::Done);
    assert_eq!(run(root.path(), "report --observations seen.jsonl --today 2026-11-20").exit, Exit::BadInput);
    // Calls of another time than that of the observations.
    let late = call("service.emoji", "permitted", 3).replace("2026-11-20T00", "2026-11-22T00");
    let root = fleet(&[&late]);
    let told = "calls after the observations end, such as one of `service.ledger` at 2026-11-22T00:00:00Z";
    let ran = run(root.path(), "report --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::BadInput);
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert!(ran.stderr.contains(&format!("warning: 1 line of the observations tells of {told}")), "{}", ran.stderr);
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(ran.out().starts_with("service.ledger: unknown\n") && ran.out().contains(told), "{}", ran.out());
}

#[test]
fn cron_jobs_of_no_service_are_told() {
    let root = fleet(&[]);
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {schedule: '0 3 * * *', jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: a}]}}}}}\n";
    fs::create_dir_all(root.path().join("deploy")).unwrap();
    fs::write(root.path().join("deploy/nightly.yaml"), job).unwrap();
    let told = "1 cron job of the manifests is of no service, so its runs are not waited for: `CronJob/nightly` (deploy/nightly.yaml)\n";
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    assert!(ran.out().contains(&format!("  note    jobs        {told}")), "{}", ran.out());
    assert!(ran.stderr.contains(&format!("warning: {told}")), "{}", ran.stderr);
    let ran = run(root.path(), "catalogue");
    assert!(ran.stderr.contains("warning: deploy/nightly.yaml: `CronJob/nightly` is of no service"), "{}", ran.stderr);
    // Of a service by the label that its pods wear: it is waited for.
    let job = job.replace("template: {spec", "template: {metadata: {labels: {app: service.emoji}}, spec");
    fs::write(root.path().join("deploy/nightly.yaml"), job).unwrap();
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(!ran.stderr.contains("of no service"), "{}", ran.stderr);
    assert!(ran.out().contains("`CronJob/nightly` of `service.emoji` ran 0 of 2 times"), "{}", ran.out());
}
