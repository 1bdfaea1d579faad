//! `allow` writes a rule that `check` accepts; `list` counts what `callers` and `callees` print.

use super::common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use std::fs;
use std::path::Path;

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*'], defaults: {owner: money}}\nenvironments: {prod: {stage: audit}, test: {stage: enforce}}\n";

fn run(root: &Path, arguments: &[&str]) -> Ran {
    Command::new(root, "").args(arguments.iter().copied()).run()
}

#[test]
fn allow_writes_one_rule_that_is_accepted() {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.ledger/service.yaml", b"ports: [{name: http, port: 8080}, {port: 9090}]\n"),
        ("service.emoji/service.yaml", b"{}\n"),
        ("service.cards/service.yaml", b"{}\n"),
    ]);
    let ran = run(root.path(), &["allow", "service.emoji", "service.ledger", "--reason", "yes: books"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.stderr.contains("wrote service.emoji/egress/service.ledger.rule; money reviews it"), "{}", ran.stderr);
    let read =
        |caller: &str| fs::read_to_string(root.path().join(format!("{caller}/egress/service.ledger.rule"))).unwrap();
    assert_eq!(read("service.emoji"), "reason: \"yes: books\"\norigin: manual\n");
    let ports =
        ["allow", "service.cards", "service.ledger", "--port", "http", "--port", "9090", "--expires", "2027-01-31"];
    assert_eq!(run(root.path(), &ports).exit, Exit::Done);
    assert_eq!(read("service.cards"), "ports: [http, 9090]\norigin: manual\nexpires: 2027-01-31\n");
    let ran = run(root.path(), &["check"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    for (arguments, reason) in [
        (
            &["service.emoji", "service.ledger"][..],
            "may call `service.ledger` already: service.emoji/egress/service.ledger.rule",
        ),
        (&["service.emoji", "service.emoji"], "is both ends"),
        (&["service.emoji", "service.leger"], "did you mean `service.ledger`?"),
        (&["service.ledger", "service.cards", "--expires", "soon"], "--expires takes a day"),
        (
            &["service.ledger", "service.cards", "--expires", "2026-11-20"],
            "--expires 2026-11-20 is in the past; today is 2026-11-21",
        ),
        (&["service.ledger", "service.cards", "--reason", "a\nb"], "must stand on one line"),
        (&["service.ledger", "service.cards", "--reason", "  "], "the reason is blank"),
    ] {
        let ran = run(root.path(), &[&["allow"], arguments].concat());
        assert_eq!(ran.exit, Exit::BadInput, "{arguments:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn allow_writes_nothing_that_check_refuses() {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.ledger/service.yaml", b"ports: [{name: http, port: 8080}, {port: 9090}]\n"),
        ("service.any/service.yaml", b"{}\n"),
        ("service.deaf/service.yaml", b"ports: none\n"),
        ("service.cards/service.yaml", b"{}\n"),
    ]);
    // Each with what `check` says of the same file.
    for (callee, arguments) in [
        ("service.ledger", &["--port", "htp"][..]),
        ("service.ledger", &["--port", "8080"]),
        ("service.any", &["--port", "99999"]),
        ("service.any", &["--port", "0"]),
        ("service.any", &["--port", "http"]),
        ("service.any", &["--port", "a b"]),
        ("service.any", &["--port", ""]),
        ("service.any", &["--reason", ""]),
        ("service.deaf", &[]),
    ] {
        let ran = run(root.path(), &[&["allow", "service.cards", callee], arguments].concat());
        let file = root.path().join(format!("service.cards/egress/{callee}.rule"));
        assert_eq!((ran.exit, file.exists()), (Exit::BadInput, false), "{callee} {arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("service.cards/egress/{callee}.rule")), "{}", ran.stderr);
    }
    assert_eq!(run(root.path(), &["allow", "service.cards", "service.any"]).exit, Exit::Done);
    let twice = ["--port", "9090", "--port", "http", "--port", "9090"];
    assert_eq!(
        run(root.path(), &[&["allow", "service.cards", "service.ledger"][..], &twice].concat()).exit,
        Exit::Done
    );
    let written = fs::read_to_string(root.path().join("service.cards/egress/service.ledger.rule")).unwrap();
    assert_eq!(written, "ports: [9090, http]\norigin: manual\n", "who says it twice means it once");
    let ran = run(root.path(), &["check"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
}

#[test]
fn list_counts_what_callers_and_callees_print() {
    let bank = testdata("bank");
    let ran = run(&bank, &["list", "--format", "json"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let listed: serde_json::Value = serde_json::from_str(ran.out()).unwrap();
    let services = listed["services"].as_array().unwrap();
    assert_eq!(services.len(), 24);
    for row in services.iter().step_by(5) {
        for question in ["callers", "callees"] {
            let ran = run(&bank, &[question, row["service"].as_str().unwrap(), "--format", "csv"]);
            assert_eq!(row[question].as_u64().unwrap() as usize, ran.out().lines().count() - 1, "{question} of {row}");
        }
    }
    let ran = run(&bank, &["list"]);
    assert!(ran.out().starts_with("SERVICE "), "{}", ran.out());
    assert!(
        ran.out()
            .lines()
            .any(|line| line.starts_with("service.ledger ") && line.ends_with("prod=enforce staging=enforce")),
        "{}",
        ran.out()
    );
    let ran = run(&bank, &["list", "--format", "csv"]);
    assert_eq!(ran.out().lines().next(), Some("service,namespace,owner,type,callers,callees,stages"));
}
