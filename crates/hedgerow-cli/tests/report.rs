//! `hedgerow report` on a fleet with code, rules, traffic and a past.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, which reads what the command wrote")]

mod common;

use common::{Command, Ran, told, tree};
use hedgerow_cli::Exit;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*'], defaults: {ports: [{name: http, port: 8080}], owner: money}}\nenvironments: {prod: {stage: audit}}\n";
const LEDGER: &str = "owner: \"<b>books</b>\"\nstage: {prod: enforce}\nallow: [{from: anybody, reason: \"<script>alert(1)</script>\"}]\n";

fn observations() -> String {
    let names = ["service.ledger", "service.emoji", "service.cards"];
    let canaries =
        names.map(|name| format!(r#"{{"callee":"{name}","sent":50,"seen":50,"since":"2026-10-01T00:00:00Z"}}"#));
    let services = names.map(|name| {
        format!(r#""{name}":{{"nodes":["a"],"pods":2,"policy":{{"digest":"sha256:0","since":"2026-10-01T00:00:00Z"}},"longest_open":60}}"#)
    });
    let call = |caller: &str, callee: &str, verdict: &str, count: u32| {
        format!(
            r#"{{"caller":{caller},"callee":"{callee}","port":8080,"protocol":"TCP","verdict":"{verdict}","first":"2026-10-22T00:00:00Z","last":"2026-11-20T00:00:00Z","count":{count},"days":29}}"#
        )
    };
    [
        format!(
            r#"{{"version":1,"from":"2026-10-21T00:00:00Z","to":"2026-11-21T08:00:00Z","catalogue":null,"coverage":[{{"node":"a","source":"conntrack","heard":45120,"blind":0}}],"canaries":[{}],"services":{{{}}}}}"#,
            canaries.join(","),
            services.join(",")
        ),
        call(r#"{"service":"service.emoji"}"#, "service.ledger", "permitted", 3_100),
        call(r#"{"service":"service.cards"}"#, "service.emoji", "unpermitted", 12),
        call(r#"{"outsider":"<img src=x>"}"#, "service.cards", "unpermitted", 3),
    ]
    .join("\n")
        + "\n"
}

fn go(call: &str) -> String {
    format!("package main\n\nimport \"net/http\"\n\nfunc main() {{\n\thttp.ListenAndServe(\":8080\", nil)\n{call}}}\n")
}

fn fleet() -> TempDir {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("seen.jsonl", observations().as_bytes()),
        ("service.ledger/main.go", go("").as_bytes()),
        ("service.ledger/service.yaml", LEDGER.as_bytes()),
        ("service.emoji/main.go", go("\thttp.Get(\"http://service.ledger:8080/\")\n").as_bytes()),
        ("service.emoji/egress/service.ledger.rule", b"origin: scan\n"),
        ("service.cards/main.go", go("").as_bytes()),
        ("service.cards/egress/service.ledger.rule", b"origin: manual\n"),
    ]);
    told(root.path(), "seen.jsonl");
    root
}

fn run(root: &TempDir, more: &str) -> Ran {
    Command::new(root.path(), &format!("report --observations seen.jsonl {more}")).run()
}

/// An earlier report, made of one of today.
fn earlier(root: &TempDir, name: &str, day: &str, enforce: u64) {
    let mut value: Value = serde_json::from_str(run(root, "--format json").out()).unwrap();
    value["history"][0]["date"] = day.into();
    value["history"][0]["stages"] = serde_json::json!({"enforce": enforce, "audit": 3 - enforce});
    fs::write(root.path().join(name), value.to_string()).unwrap();
}

fn assert_valid(text: &str) -> Value {
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/report.json")).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let faults: Vec<_> = jsonschema::draft202012::new(&schema)
        .unwrap()
        .iter_errors(&value)
        .map(|fault| format!("{fault} at {}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    value
}

#[test]
fn the_json_form_keeps_to_its_schema_and_says_all() {
    let root = fleet();
    let ran = run(&root, "--format json");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let value = assert_valid(ran.out());
    insta::assert_snapshot!("report_json", ran.out());
    assert_eq!(value["date"], "2026-11-21", "the day on which the observations end, whatever day it is");
    assert!(ran.stderr.contains("3 services: 1 enforced, "), "{}", ran.stderr);
}

#[test]
fn labels_that_nobody_gave_come_first() {
    let root = fleet();
    let text = fs::read_to_string(root.path().join("seen.jsonl")).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    let mut header: Value = serde_json::from_str(header).unwrap();
    header["services"]["service.emoji"]["strangers"] = 2.into();
    header["services"]["service.cards"]["forged"] = serde_json::json!({"service.ledger": 1, "service.emoji": 0});
    fs::write(root.path().join("seen.jsonl"), format!("{header}\n{rest}")).unwrap();
    let before = assert_valid(run(&fleet(), "--format json").out())["questions"].as_array().unwrap().len();
    let value = assert_valid(run(&root, "--format json").out());
    let questions = value["questions"].as_array().unwrap();
    assert_eq!(questions.len(), before + 2);
    let found: Vec<_> = questions
        .iter()
        .filter(|question| question["class"] == "forged-label")
        .map(|question| ["owner", "caller", "callee"].map(|key| question[key].as_str().unwrap().to_owned()).join(" "))
        .collect();
    assert_eq!(found, ["<b>books</b> service.cards service.ledger", "money pods of no service service.emoji"]);
    let first = |owner: &str| questions.iter().find(|question| question["owner"] == owner).unwrap()["class"].clone();
    assert_eq!((first("<b>books</b>"), first("money")), ("forged-label".into(), "forged-label".into()));
    let page = run(&root, "");
    for words in [
        "! forged-label</span>: <code>pods of no service</code> → <code>service.emoji</code>",
        "2 pods wear it",
        "1 pod wears it",
    ] {
        assert!(page.out().contains(words), "the page lacks `{words}`");
    }
}

#[test]
fn the_same_inputs_give_the_same_page_on_every_day() {
    let root = fleet();
    let page = |more: &str| run(&root, more).out().to_owned();
    assert_eq!(page(""), page("--today 2026-11-21"));
    assert_ne!(page(""), page("--today 2027-03-01"), "old observations are called old");
}

#[test]
fn the_page_loads_nothing_runs_nothing_and_holds_no_markup_of_anybody() {
    let root = fleet();
    earlier(&root, "before.json", "2026-11-14", 0);
    let ran = run(&root, "--history before.json");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let page = ran.out();
    assert!(page.starts_with("<!doctype html>"));
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
    for door in
        ["<script", "http:", "https:", "url(h", "@import", "unsafe-inline", "javascript:", "<img src=x", "<b>books"]
    {
        assert!(!page.contains(door), "the page holds `{door}`");
    }
    for words in [
        "&lt;b&gt;books&lt;/b&gt;",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;img src=x&gt;",
        "<code>service.cards</code> → <code>service.emoji</code>",
        "! nobody-knows",
        "2 callers were seen that nothing permits",
        "What faces the internet",
        "Enforced already: <code>service.ledger</code>",
        "src=\"data:image/svg+xml;base64,",
        "@media print",
        "2026-11-14",
    ] {
        assert!(page.contains(words), "the page lacks `{words}`");
    }
}

#[test]
fn history_is_what_earlier_reports_tell() {
    let root = fleet();
    earlier(&root, "one.json", "2026-11-07", 0);
    earlier(&root, "two.json", "2026-11-14", 1);
    let ran = run(&root, "--history one.json two.json --out report.html --out three.json");
    assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
    let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
    assert!(read("report.html").contains("class=\"chart\""));
    let three = assert_valid(&read("three.json"));
    let days: Vec<_> =
        three["history"].as_array().unwrap().iter().map(|point| point["date"].as_str().unwrap()).collect();
    assert_eq!(days, ["2026-11-07", "2026-11-14", "2026-11-21"]);
    // The last report holds those before it, and a second run of one day tells it anew.
    let again = assert_valid(run(&root, "--history three.json --format json").out());
    assert_eq!(again, three);
    earlier(&root, "other.json", "2026-11-14", 2);
    let later = read("two.json").replace("2026-11-14", "2026-12-14");
    fs::write(root.path().join("later.json"), later).unwrap();
    let staging = read("two.json").replace("\"environment\":\"prod\"", "\"environment\":\"staging\"");
    fs::write(root.path().join("staging.json"), staging).unwrap();
    fs::write(root.path().join("newer.json"), read("two.json").replace("\"version\":1", "\"version\":2")).unwrap();
    fs::write(root.path().join("day.json"), read("two.json").replace("2026-11-14", "2026-13-41")).unwrap();
    for (files, reason) in [
        ("two.json other.json", "`two.json` and `other.json` tell of 2026-11-14, and not the same"),
        ("later.json", "tells of 2026-12-14, which is later than this report (2026-11-21)"),
        ("staging.json", "is a report of `staging`, not of `prod`"),
        ("newer.json", "is a report of version 2"),
        ("day.json", "has the date `2026-13-41`, which is not valid"),
        ("seen.jsonl", "is no report: --history takes what `hedgerow report --format json` writes"),
        ("nothing.json", "cannot read `nothing.json`"),
    ] {
        let ran = run(&root, &format!("--history {files}"));
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{files}");
        assert!(ran.stderr.contains(reason), "{files}: {}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_written_leaves_what_was_there() {
    let root = fleet();
    fs::create_dir(root.path().join("report.html")).unwrap();
    fs::write(root.path().join("report.html/old"), "old").unwrap();
    let ran = run(&root, "--out report.html");
    assert_ne!(ran.exit, Exit::Done);
    assert_eq!(fs::read_to_string(root.path().join("report.html/old")).unwrap(), "old");
    assert_eq!(run(&root, "--days 0").exit, Exit::BadInput);
}
