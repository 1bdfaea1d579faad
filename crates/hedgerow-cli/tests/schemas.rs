//! What commands print as JSON is what `docs/schemas` promises to whoever reads it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that reads pages of the project")]

mod common;

use common::{Command, testdata, tree};
use hedgerow_cli::Exit;
use serde_json::Value;
use std::path::Path;

fn assert_valid(schema: &str, json: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/schemas/{schema}.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value: Value = serde_json::from_str(json).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json}");
    value
}

#[test]
fn answers_about_edges() {
    let bank = testdata("bank");
    for question in [
        "callers service.ledger --format json",
        "callers service.ledger --format json --env prod --transitive",
        "callees service.emoji --format json",
        "callees service.* --format json --env staging",
    ] {
        let ran = Command::new(&bank, question).run();
        assert_eq!(ran.exit, Exit::Done, "{question}: {}", ran.stderr);
        let answer = assert_valid("edges", ran.out());
        assert!(!answer["edges"].as_array().unwrap().is_empty(), "{question}");
    }
}

#[test]
fn reasons() {
    let bank = testdata("bank");
    for (question, exit) in [
        ("why service.payment service.ledger --port http --format json --env prod", Exit::Done),
        ("why service.emoji service.ledger --format json", Exit::Findings),
        ("why service.emoji service.card --format json --env prod", Exit::Findings),
        ("why service.metrics service.ledger --format json", Exit::Done),
    ] {
        let ran = Command::new(&bank, question).run();
        assert_eq!(ran.exit, exit, "{question}: {}", ran.stderr);
        assert_valid("why", ran.out());
    }
}

#[test]
fn catalogues() {
    for arguments in ["catalogue", "catalogue --env prod", "catalogue --rules"] {
        let ran = Command::new(&testdata("bank"), arguments).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        let catalogue = assert_valid("catalogue", ran.out());
        assert!(catalogue["services"]["service.ledger"]["ports"].is_array());
        assert_eq!(catalogue.get("rules").is_some(), arguments.ends_with("--rules"));
    }
}

#[test]
fn reasons_that_are_in_another_repository() {
    let listed = Command::new(&testdata("bank"), "catalogue").run();
    let config = "version: 1\nlabels: {domain: bank.example, prefixes: {service.: s-, edge-proxy.: e-}}\nnamespaces: [bank, dmz]\nservices: {include: [own], catalogue: others.json, defaults: {namespace: bank}}\nenvironments: {prod: {stage: audit}}\n";
    let root = tree(&[
        ("hedgerow.yaml", config.as_bytes()),
        ("others.json", &listed.stdout),
        ("own/service.yaml", b"owner: x\n"),
    ]);
    let ran = Command::new(root.path(), "why service.ledger own --format json").run();
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
    assert_eq!(assert_valid("why", ran.out())["verdicts"][0]["untold"], true);
}

#[test]
fn labels() {
    for service in ["service.emoji", "service.ledger", "cron.statements"] {
        let ran = Command::new(&testdata("bank"), &format!("labels {service} --env prod --format json")).run();
        assert_valid("labels", ran.out());
    }
}

#[test]
fn faults() {
    let fleet = tree(&[
        (
            "hedgerow.yaml",
            b"version: 1\nlabels: {domain: a.example, domian: x}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforced}}\n",
        ),
        ("service.a/egress/service.b.rule", b"prots: [http]\n"),
        ("service.a/service.yaml", b"\xff"),
    ]);
    let ran = Command::new(fleet.path(), "check --format json").run();
    assert_eq!(ran.exit, Exit::Findings);
    let report = assert_valid("diagnostics", ran.out());
    assert!(report["diagnostics"].as_array().unwrap().len() >= 4, "{report}");
    let scan = tree(&[(
        "hedgerow.yaml",
        b"version: 1\nlabels: {domain: a.example}\nservices: {include: [x]}\nenvironments: {prod: {stage: off}}\nscan: {serivces: []}\n",
    )]);
    let ran = Command::new(scan.path(), "check --format json").run();
    assert_eq!(ran.exit, Exit::Findings, "the section of the scanner is checked too");
    let report = assert_valid("diagnostics", ran.out());
    assert!(report["diagnostics"].as_array().unwrap().iter().any(|one| one["code"] == "unknown-key"), "{report}");
    let clean = Command::new(&testdata("bank"), "check --format json").run();
    assert_eq!(assert_valid("diagnostics", clean.out())["diagnostics"], Value::Array(Vec::new()));
}

#[test]
fn readiness_and_reconciled_edges() {
    let header =
        r#"{"version":1,"from":"2026-10-01T00:00:00Z","to":"2026-11-21T08:00:00Z","coverage":[],"canaries":[]}"#;
    let seen = r#"{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"unpermitted","first":"2026-10-02T00:00:00Z","last":"2026-11-20T00:00:00Z","count":3}"#;
    let outsider = seen.replace(r#"{"service":"service.emoji"}"#, r#"{"outsider":"10.0.0.7"}"#);
    let text = format!("{header}\n{seen}\n{outsider}\n");
    let bank = testdata("bank");
    for line in text.lines() {
        assert_valid("observations", line);
    }
    let ran = Command::new(&bank, "ready --env prod --observations - --format json").stdin(text.as_bytes()).run();
    let answer = assert_valid("ready", ran.out());
    assert!(answer["services"].as_array().unwrap().iter().any(|service| service["verdict"] == "blocked"));
    let ran = Command::new(&bank, "reconcile --env prod --observations - --format json").stdin(text.as_bytes()).run();
    let answer = assert_valid("reconcile", ran.out());
    let classes: Vec<_> =
        answer["edges"].as_array().unwrap().iter().map(|edge| edge["class"].as_str().unwrap()).collect();
    assert!(classes.contains(&"nobody-knows"), "{classes:?}");
}

#[test]
fn imported_rules() {
    let text =
        "service.emoji,service.ledger,http\nservice.emoji,service.audit-log,8080,books\nnobody,service.ledger\nx\n";
    let ran = Command::new(&testdata("bank"), "import csv - --env prod --format json").stdin(text.as_bytes()).run();
    let answer = assert_valid("import", ran.out());
    assert_eq!(
        (answer["rules"].as_array().unwrap().len(), answer["present"].as_array().unwrap().len()),
        (1, 1),
        "{answer}"
    );
    let kinds: Vec<_> = answer["leftovers"].as_array().unwrap().iter().map(|it| it["why"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["not-understood", "outside-caller"]);
    let flow = r#"{"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-20T10:00:15Z","action":"Allow","source_name":"emoji-*","source_namespace":"bank","dest_name":"s-audit-log-*","dest_namespace":"bank","protocol":"tcp","dest_port":8080,"reporter":"Dst","policies":{"enforced":[],"pending":[]}}"#;
    let ran = Command::new(&testdata("bank"), "import whisker - --env prod --format json").stdin(flow.as_bytes()).run();
    assert_valid("import", ran.out());
}

#[test]
fn services() {
    let ran = Command::new(&testdata("bank"), "list --format json").run();
    assert_valid("list", ran.out());
}
