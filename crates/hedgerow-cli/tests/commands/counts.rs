//! What is one is said as one, in every format: `1 service`, never `1 services`.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;

const CONFIG: &[u8] = b"version: 1
labels: {domain: bank.example}
services: {include: ['service.*'], defaults: {namespace: bank, owner: money, ports: [{name: http, port: 8080}]}}
environments: {prod: {stage: audit}}
";
const SEEN: &[u8] = br#"{"version":1,"from":"2026-10-21T00:00:00Z","to":"2026-10-22T00:00:00Z","catalogue":null,"coverage":[{"node":"a","source":"conntrack","heard":1440,"blind":0}],"canaries":[],"services":{"service.ledger":{"nodes":["a"]}}}
{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-10-21T00:00:00Z","count":1,"days":1}
{"caller":{"service":"service.ledger"},"callee":"service.emoji","port":8080,"protocol":"TCP","verdict":"unpermitted","first":"2026-10-21T00:00:00Z","last":"2026-10-21T00:00:00Z","count":1,"days":1}
{"caller":{"outsider":"203.0.113.9"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"unpermitted","first":"2026-10-21T00:00:00Z","last":"2026-10-21T00:00:00Z","count":1,"days":1}
{"caller":{"unknown":["service.emoji","service.other"]},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"unknown","first":"2026-10-21T00:00:00Z","last":"2026-10-21T00:00:00Z","count":1,"days":1}
"#;
const PODS: &[u8] = b"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: bank}
spec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: c, image: x}]}}}
";
const MAIN: &[u8] =
    b"package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.Get(\"http://service.ledger:8080/x\")\n}\n";

/// Words that end in `s` after a number and are no plurals.
const SINGULAR: [&str; 12] =
    ["is", "was", "has", "does", "needs", "faces", "as", "this", "always", "perhaps", "less", "wears"];

/// Each `1` with a plural behind it, or behind one more word.
fn plurals_of_one(text: &str) -> Vec<String> {
    // Markup around a number is not seen by who reads it.
    let mut plain = String::new();
    let mut is_tag = false;
    for letter in text.chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            '*' | '`' => {}
            letter if !is_tag => plain.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let is_plural = |word: &str| {
        word.len() > 2
            && word.ends_with('s')
            && !word.ends_with("ss")
            && word.chars().all(|c| c.is_ascii_lowercase())
            && !SINGULAR.contains(&word)
    };
    let mut found = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| word.trim_start_matches('(') == "1") {
        let behind: Vec<&str> = words[at + 1..].iter().take(2).copied().collect();
        let mut ended = false;
        let wrong = behind.iter().any(|word| {
            let bare = word.trim_end_matches(['.', ',', ';', ')']);
            let wrong = !ended && is_plural(bare);
            // What comes behind a verb or a comma belongs to something else.
            ended |= bare.len() != word.len() || SINGULAR.contains(&bare) || !bare.chars().all(char::is_alphabetic);
            wrong
        });
        if wrong {
            found.push(format!("1 {}", behind.join(" ")));
        }
    }
    found
}

#[test]
fn a_plural_of_one_is_found() {
    for (text, wrong) in [
        ("pods of **1** services roll", true),
        ("<b>1</b> permitted calls", true),
        ("(1 edges)", true),
        ("1 service, 2 calls", false),
        ("1 is read twice as others", false),
        ("1 service rolls", true),
        ("21 services", false),
        ("ports: [1, 2]", false),
    ] {
        assert_eq!(!plurals_of_one(text).is_empty(), wrong, "{text}");
    }
}

#[test]
fn no_command_says_a_plural_of_one() {
    let files: [(&str, &[u8]); 9] = [
        ("base/hedgerow.yaml", CONFIG),
        ("base/service.emoji/main.go", MAIN),
        ("base/service.ledger/service.yaml", b"owner: money\n"),
        ("head/hedgerow.yaml", CONFIG),
        ("head/service.emoji/main.go", MAIN),
        ("head/service.emoji/egress/service.ledger.rule", b""),
        ("head/service.ledger/service.yaml", b"owner: money\n"),
        ("head/seen.jsonl", SEEN),
        ("head/pods.yaml", PODS),
    ];
    let root = tree(&files);
    std::fs::write(root.path().join("bare.yaml"), PODS).unwrap();
    let mut said = String::new();
    let mut wrong = Vec::new();
    for (directory, commands) in [
        (
            ".",
            &[
                "diff base head --format text",
                "diff base head --format markdown",
                "diff base head --format github",
                "diff head base --format markdown",
            ][..],
        ),
        ("base", &["check", "scan", "scan --check", "doctor", "graph --env prod --format mermaid"]),
        (
            "head",
            &[
                "check",
                "scan",
                "scan --format json",
                "list",
                "callers service.ledger",
                "callees service.emoji",
                "why service.emoji service.ledger",
                "codeowners",
                "catalogue",
                "render --env prod",
                "verify --env prod pods.yaml",
                "doctor",
                "labels service.emoji",
                "init --dry-run",
                "ready --env prod --observations seen.jsonl",
                "ready --env prod --observations seen.jsonl --format markdown",
                "reconcile --env prod --observations seen.jsonl",
                "reconcile --env prod --observations seen.jsonl --format markdown",
                "report --env prod --observations seen.jsonl --format html",
                "graph --env prod --observations seen.jsonl --format dot",
                "graph --env prod --observations seen.jsonl --format svg",
                "graph --env prod --observations seen.jsonl --manifests pods.yaml --format mermaid",
            ],
        ),
    ] {
        for command in commands {
            let ran = Command::new(&root.path().join(directory), command).run();
            assert!(ran.exit != Exit::Internal, "{command}: {}", ran.stderr);
            let text = format!("{}\n{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
            wrong.extend(plurals_of_one(&text).into_iter().map(|found| format!("{command}: {found}")));
            said.push_str(&format!("{command} {:?}\n", ran.exit));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // `verify` finds nothing to compare, and counts that.
    let is_bad = |line: &&str| line.ends_with("BadInput") && !line.starts_with("verify");
    let bad: Vec<&str> = said.lines().filter(is_bad).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let diff = Command::new(root.path(), "diff base head --format markdown").run();
    assert!(
        diff.out().contains("**1** edge added, **0** changed, **0** removed; pods of **1** service roll."),
        "{}",
        diff.out()
    );
}
