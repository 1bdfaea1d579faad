//! Scripts that test a service: what they call, the service does not.

use super::{finds, outcome};
use hedgerow_core::diag::Code;
use hedgerow_scan::Class;

#[test]
fn scripts_that_test_are_no_calls_of_the_service() {
    let script = |path: &str| format!("-- {path}\n#!/bin/sh\ncurl -s http://s-ledger/x\n-- service.ledger/x.txt\n");
    let proven: &[&str] = &["emoji -> ledger proven"];
    for (path, expected) in [
        ("service.emoji/run.sh", proven),
        ("service.emoji/latest.sh", proven),
        ("service.emoji/contest/run.sh", proven),
        ("service.emoji/attest-all.sh", proven),
        ("service.emoji/bin/poll", proven),
        // In a directory of tests nothing is read.
        ("service.emoji/tests/tests.sh", &[]),
        ("service.emoji/tests/poll", &[]),
        ("service.emoji/test/run.sh", &[]),
        ("service.emoji/e2e/smoke.bash", &[]),
        ("service.emoji/src/test/resources/up.sh", &[]),
        ("service.emoji/poll_test.sh", &[]),
        ("service.emoji/poll_spec.sh", &[]),
        ("service.emoji/poll.bats", &[]),
    ] {
        finds(&script(path), expected);
    }
    // What only a name tells is asked about.
    for path in [
        "service.emoji/test.sh",
        "service.emoji/tests.sh",
        "service.emoji/test-ledger.sh",
        "service.emoji/test_ledger.sh",
        "service.emoji/smoke-test.sh",
        "service.emoji/run-tests.sh",
        "service.emoji/bin/smoke-test",
    ] {
        let found = outcome(&script(path));
        let asked: Vec<Code> = found.findings.iter().map(|finding| finding.code).collect();
        let is_asked = found.edges.values().all(|edge| edge.class() == Class::Candidate);
        assert!(is_asked && asked == [Code::UnexplainedMention], "{path}: {asked:?} {:?}", found.edges);
    }
}

#[test]
fn test_is_an_environment_beside_others() {
    let tree = |other: &str| {
        format!(
            "-- service.emoji/deploy/test/warm.sh\n#!/bin/sh\ncurl -s http://s-ledger/x\n\
             -- service.emoji/deploy/{other}/x.txt\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("prod"), &["emoji -> ledger proven"]);
    finds(&tree("staging"), &["emoji -> ledger proven"]);
    finds(&tree("fixtures"), &[]);
    finds(&tree("prod").replace("test/warm", "test/tests/warm"), &[]);
    finds(&tree("prod").replace("test/warm.sh", "test/e2e/test/warm.sh"), &[]);
    finds(&tree("prod").replace("test/warm.sh", "test/lib/test/warm.sh"), &[]);
}

#[test]
fn a_test_script_that_a_container_is_given_is_run() {
    let tree = "-- service.emoji/deploy.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s-emoji}\nspec:\n  template:\n    spec:\n      containers: [{name: a, image: x, volumeMounts: [{name: a, mountPath: /run}]}]\n      volumes: [{name: a, configMap: {name: files}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: files}\ndata:\n  smoke-test.sh: |\n    curl http://s-ledger/x\n-- service.ledger/x.txt\n";
    finds(tree, &["emoji -> ledger proven"]);
}
