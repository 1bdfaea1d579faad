//! `hedgerow scan` on the bank, whole and broken in each way it can be.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "trees are made on disk, and directories are copied"
)]

mod common;

use common::{Command, Ran};
use hedgerow::cli::Exit;
use std::fs;
use std::path::{Path, PathBuf};

fn bank() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/bank")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A copy of the bank with one text of one file replaced.
fn broken(path: &str, old: &str, new: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(&bank(), directory.path());
    let file = directory.path().join(path);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(old), "{path} does not hold {old}");
    fs::write(file, text.replacen(old, new, 1)).unwrap();
    directory
}

fn scan(directory: &Path, arguments: &str) -> Ran {
    Command::new(directory, &format!("scan {arguments}")).run()
}

#[test]
fn the_bank_says_what_it_does() {
    let ran = scan(&bank(), "--check");
    assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
    assert_eq!(ran.stderr, "7 services with code, 21 calls between services: nothing wrong\n");
}

#[test]
fn edges_are_listed_with_the_place_in_the_callers_own_code() {
    let ran = scan(&bank(), "service.emoji service.payment --format csv -q");
    assert_eq!(ran.exit, Exit::Done);
    let lines: Vec<&str> = ran.out().lines().collect();
    assert_eq!(lines[0], "caller,callee,class,kind,file,line,target");
    assert_eq!(
        lines[1],
        "service.emoji,service.ledger,proven,http,service.emoji/main.go,21,http://s-ledger.bank:8080/entry/read"
    );
    assert!(
        lines.contains(&"service.payment,service.fx-rates,joined,grpc,service.payment/main.go,41,whoever offers Rates"),
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 9);
}

#[test]
fn every_way_to_break_the_bank_is_found() {
    for (path, old, new, code, said) in [
        // A call without its rule.
        (
            "service.emoji/main.go",
            "audit.Redact(r.FormValue(\"account\"))",
            "audit.Record(r.Context(), \"x\")",
            "missing-rule",
            "service.emoji/egress/service.audit-log.rule",
        ),
        // A rule without its call.
        (
            "service.emoji/main.go",
            ".Send(r.Context())",
            ".Nothing()",
            "stale-rule",
            "service.emoji/egress/service.ledger.rule",
        ),
        // A call whose target cannot be told, once its comment is gone.
        (
            "edge-proxy.api/main.go",
            "// hedgerow: calls service.customer-api, service.partner-api\n",
            "//\n",
            "unresolved-call",
            "edge-proxy.api/main.go",
        ),
        // A comment that names nobody.
        (
            "edge-proxy.api/main.go",
            "service.partner-api",
            "service.partner-apis",
            "unknown-callee",
            "edge-proxy.api/main.go",
        ),
        (
            "cron.interest/job.yaml",
            "http://service.ledger:8080",
            "http://service.card:8080",
            "missing-rule",
            "cron.interest/egress/service.card.rule",
        ),
        (
            "service.fraud/app.py",
            "http://s-transaction.bank:8080",
            "http://s-ledger.bank:8080",
            "missing-rule",
            "service.ledger.rule",
        ),
        (
            "service.web/src/main.ts",
            "at(\"s-emoji\")",
            "at(\"s-fraud\")",
            "missing-rule",
            "service.web/egress/service.fraud.rule",
        ),
    ] {
        let tree = broken(path, old, new);
        let ran = scan(tree.path(), "--check");
        assert_eq!(ran.exit, Exit::Findings, "{path}: {}", ran.stderr);
        let all = format!("{}{}", ran.stderr, ran.out());
        assert!(all.contains(&format!("[{code}]")) && all.contains(said), "{path}: {all}");
    }
}

#[test]
fn rules_are_written_and_only_removed_when_that_is_asked_for() {
    let tree = broken("service.web/src/main.ts", "at(\"s-emoji\")", "at(\"s-fraud\")");
    let (written, stale) = (
        tree.path().join("service.web/egress/service.fraud.rule"),
        tree.path().join("service.web/egress/service.emoji.rule"),
    );
    let diff = scan(tree.path(), "--check -q");
    assert_eq!(
        diff.out(),
        "--- service.web/egress\n+++ service.web/egress\n-service.emoji.rule\n+service.fraud.rule  # service.web/src/main.ts:13\n"
    );
    let ran = scan(tree.path(), "--write");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&written).unwrap(), "origin: scan\n");
    assert!(stale.exists());
    scan(tree.path(), "--write --prune");
    assert!(!stale.exists());
    assert_eq!(scan(tree.path(), "--check").exit, Exit::Done);
    // A person's rule stays.
    fs::write(&stale, "origin: manual\n").unwrap();
    assert_eq!(scan(tree.path(), "--check").exit, Exit::Done);
    scan(tree.path(), "--write --prune");
    assert!(stale.exists());
}

#[test]
fn an_edge_is_explained_and_so_is_its_absence() {
    let ran = scan(&bank(), "--explain service.emoji service.ledger");
    assert_eq!(ran.exit, Exit::Done);
    let functions = ["main.main", "main.pick", "ledgerproto.ReadEntryRequest.Send", "rpc.Client.Call"];
    let mut rest = ran.out();
    for function in functions {
        let at = rest.find(function).unwrap_or_else(|| panic!("{function} in {}", ran.out()));
        rest = &rest[at..];
    }
    let ran = scan(&bank(), "--explain service.emoji service.fraud");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().starts_with("service.emoji -> service.fraud: no call is found\n"), "{}", ran.out());
}

#[test]
fn formats_for_programs_are_whole_documents() {
    let tree =
        broken("edge-proxy.api/main.go", "// hedgerow: calls service.customer-api, service.partner-api\n", "//\n");
    let json: serde_json::Value = serde_json::from_str(scan(tree.path(), "--check --format json").out()).unwrap();
    assert_eq!(json["version"], 1);
    assert!(json["edges"].as_array().unwrap().iter().any(|edge| edge["class"] == "wildcard"));
    let sarif: serde_json::Value = serde_json::from_str(scan(tree.path(), "--check --format sarif").out()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let github = scan(tree.path(), "--check --format github");
    assert!(github.out().starts_with("::error file=edge-proxy.api/main.go,"), "{}", github.out());
}

#[test]
fn the_cache_changes_no_answer() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let cache = tree.path().join("kept");
    let plain = scan(tree.path(), "");
    for damage in [None, Some(&b""[..]), Some(b"abc {}\n\xff\xfe"), Some(b"{}")] {
        if let (Some(bytes), Ok(list)) = (damage, fs::read_dir(&cache)) {
            list.for_each(|file| fs::write(file.unwrap().path(), bytes).unwrap());
        }
        for _ in 0..2 {
            let ran = scan(tree.path(), "--cache kept");
            assert_eq!((ran.exit, ran.out()), (plain.exit, plain.out()));
        }
    }
    // Facts of the right file that point nowhere.
    let file = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap().replace("\"Local\":0", "\"Local\":99999");
    fs::write(&file, text).unwrap();
    assert_eq!(scan(tree.path(), "--cache kept").out(), plain.out());
}

#[cfg(unix)]
#[test]
fn odd_files_are_told_and_links_do_not_lead_out() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    fs::write(tree.path().join("service.emoji/binary.go"), b"\xff\xfe\x00package").unwrap();
    fs::write(tree.path().join("service.emoji/broken.go"), "package main\nfunc ((((\n").unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(
        outside.path().join("x.go"),
        "package main\nimport \"net/http\"\nfunc init() { http.Get(\"http://s-fraud\") }\n",
    )
    .unwrap();
    std::os::unix::fs::symlink(outside.path().join("x.go"), tree.path().join("service.emoji/x.go")).unwrap();
    std::os::unix::fs::symlink(tree.path(), tree.path().join("service.emoji/ring")).unwrap();
    let ran = scan(tree.path(), "--check");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.stderr.contains("[invalid-encoding]") && ran.stderr.contains("[unparsed-code]"), "{}", ran.stderr);
}
