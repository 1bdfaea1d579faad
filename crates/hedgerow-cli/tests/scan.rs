//! `hedgerow scan` on the bank, whole and broken in each way it can be.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "trees are made on disk, and directories are copied"
)]

mod common;

use common::{Command, Ran, tree};
use hedgerow_cli::Exit;
use std::collections::BTreeMap;
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

/// The configuration of a fleet of `service.*`, with more keys behind it.
fn config_with(more: &str) -> String {
    format!(
        "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: [\"service.*\"]}}\nenvironments: {{prod: {{stage: enforce}}}}\n{more}"
    )
}

fn scan(directory: &Path, arguments: &str) -> Ran {
    Command::new(directory, &format!("scan {arguments}")).run()
}

#[test]
fn the_bank_says_what_it_does() {
    let ran = scan(&bank(), "--check");
    assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
    let (read, rest) = ran.stderr.split_once('\n').unwrap();
    assert!(read.starts_with("read: Go ") && read.contains(", Python 1 ("), "{read}");
    assert_eq!(rest, "7 services with code, 22 calls between services (1 by an address alone): nothing wrong\n");
}

#[test]
fn edges_are_listed_with_the_place_in_the_callers_own_code() {
    let ran = scan(&bank(), "service.emoji service.payment --format csv -q");
    assert_eq!(ran.exit, Exit::Done);
    let lines: Vec<&str> = ran.out().lines().collect();
    assert_eq!(lines[0], "caller,callee,class,kind,port,file,line,target");
    assert_eq!(
        lines[1],
        "service.emoji,service.ledger,proven,http,8080,service.emoji/main.go,21,http://s-ledger.bank:8080/entry/read"
    );
    assert!(
        lines
            .contains(&"service.payment,service.fx-rates,joined,grpc,,service.payment/main.go,41,whoever offers Rates"),
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
        "--- service.web/egress\n+++ service.web/egress\n@@ -1,3 +1,3 @@\n service.customer-api.rule\n-service.emoji.rule\n\
         +service.fraud.rule  # service.web/src/main.ts:13\n service.profile.rule\n"
    );
    let ran = scan(tree.path(), "--write");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&written).unwrap(), "origin: scan\n");
    assert!(stale.exists());
    // A file that people wrote stays, also where they wrote nothing into it.
    let ran = scan(tree.path(), "--write --prune");
    assert!(stale.exists() && ran.stderr.contains("which the scan did not write"), "{}", ran.stderr);
    fs::write(&stale, "origin: scan\n").unwrap();
    scan(tree.path(), "--write --prune");
    assert!(!stale.exists());
    assert_eq!(scan(tree.path(), "--check").exit, Exit::Done);
    // So does one that says that it is a person's.
    fs::write(&stale, "origin: manual\n").unwrap();
    assert_eq!(scan(tree.path(), "--check").exit, Exit::Done);
    scan(tree.path(), "--write --prune");
    assert!(stale.exists());
}

/// A service of the bank that calls nobody any more, with whatever stands behind one of its rules, and files beside it.
fn with_a_rule_for_nothing(files: &[(&str, &[u8])]) -> (tempfile::TempDir, PathBuf) {
    let tree = broken("service.emoji/main.go", ".Send(r.Context())", ".Nothing()");
    let rule = tree.path().join("service.emoji/egress/service.ledger.rule");
    fs::write(&rule, "origin: scan\n").unwrap();
    for (path, bytes) in files {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    (tree, rule)
}

#[test]
fn no_rule_is_stale_where_the_scan_is_blind() {
    let large = vec![b' '; (8 << 20) + 1];
    // Seven callers at each of five levels, and sixty pieces in the target: more ways than a call has steps.
    let pieces: Vec<String> = (0..60).map(|at| format!("p{at}(x)")).collect();
    let functions: String = (0..60).map(|at| format!("func p{at}(x string) string {{ return x }}\n")).collect();
    let levels: String = (1..5)
        .map(|level| format!("func l{level}(x string) {{\n{}}}\n", format!("l{}(x)\n", level - 1).repeat(7)))
        .collect();
    let ways = format!(
        "package main\nimport \"net/http\"\n{functions}func l0(x string) {{\n// hedgerow: ignore elsewhere\nhttp.Get(\"http://\" + {}) }}\n{levels}func init() {{ l4(\"s-fraud\") }}\n",
        pieces.join(" + ")
    );
    let rows: &[(&str, &str, &[u8])] = &[
        ("an import that leads nowhere", "service.emoji/x.go", b"package main\nimport _ \"hazel.example/bank/gone\"\n"),
        ("a relative import that leads nowhere", "service.emoji/x.py", b"from .gone import x\n"),
        ("a file that is too large", "service.emoji/x.go", &large),
        ("a file that is no text", "service.emoji/x.go", b"package main\n// \xff\0\n"),
        ("a library's file that is no text", "libraries/rpc/x.go", b"package rpc\n// \xff\0\n"),
        ("a language that is not read", "service.emoji/X.scala", b"object X\n"),
        ("a file that is parsed in part", "service.emoji/x.go", b"package main\nfunc f( {{{ ]\nvar x = 1\n"),
        ("a spent budget", "service.emoji/x.go", ways.as_bytes()),
        (
            "a call whose target cannot be told",
            "service.emoji/x.go",
            b"package main\nimport (\"net/http\"; \"os\")\nfunc init() { http.Get(os.Getenv(\"X\")) }\n",
        ),
        (
            "an address that no known client takes",
            "service.emoji/x.go",
            b"package main\nimport (\"example.com/rpc\"; \"os\")\nfunc init() { rpc.Open(os.Getenv(\"BOOKS_URL\")) }\n",
        ),
        ("a deploy file that is not understood", "service.emoji/deploy.yaml", b"a: [b\nc: d\n"),
    ];
    let (tree, rule) = with_a_rule_for_nothing(&[]);
    let ran = scan(tree.path(), "--check");
    assert!(ran.stderr.contains("[stale-rule]"), "{}", ran.stderr);
    scan(tree.path(), "--write --prune");
    assert!(!rule.exists(), "where all is read, a rule for nothing goes");
    for (what, path, bytes) in rows {
        let (tree, rule) = with_a_rule_for_nothing(&[(path, bytes)]);
        let ran = scan(tree.path(), "--check");
        assert!(!ran.stderr.contains("[stale-rule]"), "{what}: {}", ran.stderr);
        let ran = scan(tree.path(), "--write --prune");
        assert!(rule.exists(), "{what}: {}", ran.stderr);
    }
    // What is read in full and says nothing blinds nobody, nor does what is left of another service.
    for (path, bytes) in [
        ("service.emoji/x.go", &b"package main\nfunc f() {}\n"[..]),
        ("service.ledger/X.scala", b"object X\n"),
        ("libraries/rpc/x.py", b"# \xff\n"),
    ] {
        let (tree, rule) = with_a_rule_for_nothing(&[(path, bytes)]);
        scan(tree.path(), "--write --prune");
        assert!(!rule.exists(), "{path}");
    }
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
}

/// What the cache holds, by the first word of each file's name.
fn kept(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

#[test]
fn no_bit_of_the_cache_can_change_an_answer() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let edited = tree.path().join("service.emoji/main.go");
    let text = fs::read_to_string(&edited).unwrap();
    let directory = tree.path().join("kept");
    scan(tree.path(), "--cache kept");
    let good = kept(&directory);
    let names: Vec<&str> = good.keys().map(|name| name.split('-').next().unwrap()).collect();
    assert_eq!(names, ["facts", "index", "lock", "outcome", "parts"]);
    // A library changes, so that facts, headers and parts are asked for: a whole outcome would answer before them.
    fs::write(&edited, format!("{text}\n// changed\n")).unwrap();
    let plain = scan(tree.path(), "--format json");
    for step in 0..64 {
        for (name, good) in &good {
            let mut bytes = good.clone();
            // All at once, one at a time, cut off, and gone.
            let damaged = step % 8 == 0 || good.len() % 4 == step % 4;
            let at = step * bytes.len() / 64;
            match (damaged, step % 5) {
                (false, _) => {}
                (true, 3) => bytes.truncate(at),
                (true, 4) => bytes.clear(),
                (true, _) if bytes.is_empty() => bytes.push(1),
                (true, _) => bytes[at] ^= 1 << (step % 8),
            }
            fs::write(directory.join(name), bytes).unwrap();
        }
        assert_eq!(scan(tree.path(), "--format json --cache kept").out(), plain.out(), "{step}");
        // And what that run kept is good again.
        assert_eq!(scan(tree.path(), "--format json --cache kept").out(), plain.out(), "{step}");
    }
}

#[cfg(unix)]
#[test]
fn a_cache_that_cannot_be_kept_is_none() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let plain = scan(tree.path(), "--format json");
    let kept = tree.path().join("kept");
    let again = |what: &str| {
        for _ in 0..2 {
            let ran = scan(tree.path(), "--format json --cache kept");
            assert_eq!(
                (ran.exit, ran.out(), ran.stderr.as_str()),
                (plain.exit, plain.out(), plain.stderr.as_str()),
                "{what}"
            );
        }
    };
    fs::write(&kept, "").unwrap();
    again("a file in its place");
    fs::remove_file(&kept).unwrap();
    std::os::unix::fs::symlink("/proc/self", &kept).unwrap();
    again("a place where nothing can be written");
    fs::remove_file(&kept).unwrap();
    again("a new directory");
    for file in fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>() {
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
    }
    again("directories in the place of its files");
}

#[test]
fn the_cache_is_no_part_of_the_tree() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let config = tree.path().join("hedgerow.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, format!("{text}\nscan: {{deploy: [\"**\"]}}\n")).unwrap();
    let plain = scan(tree.path(), "");
    for directory in ["kept", "deep/er/kept", "service.emoji/kept"] {
        for _ in 0..2 {
            let ran = scan(tree.path(), &format!("--cache {directory}"));
            assert_eq!((ran.exit, ran.out(), ran.stderr.as_str()), (plain.exit, plain.out(), plain.stderr.as_str()));
        }
        fs::remove_dir_all(tree.path().join(directory)).unwrap();
    }
}

#[test]
fn the_cache_does_not_grow_for_ever() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let edited = tree.path().join("service.emoji/main.go");
    let text = fs::read_to_string(&edited).unwrap();
    // About a hundred kilobytes of facts.
    let filler: String = (0..1_500).map(|at| format!("func filler{at}() int {{ return {at} + {at} }}\n")).collect();
    let mut largest = 0;
    for step in 0..60 {
        fs::write(&edited, format!("{text}\n{filler}\nconst step = {step}\n")).unwrap();
        assert_eq!(scan(tree.path(), "--check --cache kept").exit, Exit::Done);
        let kept = kept(&tree.path().join("kept"));
        largest = largest.max(kept.values().map(Vec::len).sum::<usize>());
    }
    assert!((1 << 20..4 << 20).contains(&largest), "{largest}");
}

#[test]
fn with_a_cache_a_changed_tree_is_scanned_as_without_one() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    let edit = |path: &str, old: &str, new: &str| {
        let file = tree.path().join(path);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{path} does not hold {old}");
        fs::write(file, text.replacen(old, new, 1)).unwrap();
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut same = |what: &str, changes: bool| {
        let cached = scan(tree.path(), "--check --cache kept --format json");
        let plain = scan(tree.path(), "--check --format json");
        assert_eq!((cached.exit, cached.out()), (plain.exit, plain.out()), "{what}");
        assert_eq!(seen.insert(plain.out().to_owned()), changes, "{what}");
    };
    same("the first run", true);
    same("the second run", false);
    edit("service.web/src/main.ts", "at(\"s-emoji\")", "at(\"s-fraud\")");
    same("a changed file", true);
    edit("cron.interest/job.yaml", "http://service.ledger:8080", "http://service.card:8080");
    same("a changed manifest", true);
    fs::rename(tree.path().join("service.emoji/main.go"), tree.path().join("service.emoji/start.go")).unwrap();
    same("a file with another name", true);
    fs::remove_file(tree.path().join("service.emoji/start.go")).unwrap();
    same("a file that is gone", true);
    edit("hedgerow.yaml", "version: 1\n", "version: 1\nscan: {exclude: [service.web/**]}\n");
    same("another configuration", true);
    edit("hedgerow.yaml", "exclude: [service.acceptance-tests]", "exclude: [service.acceptance-tests, service.kyc]");
    same("another fleet", true);
}

#[cfg(unix)]
#[test]
fn odd_files_are_told_and_links_do_not_lead_out() {
    let tree = tempfile::tempdir().unwrap();
    copy(&bank(), tree.path());
    fs::write(tree.path().join("service.emoji/binary.go"), b"\xff\x00package").unwrap();
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

#[test]
fn what_is_ignored_for_a_reason_is_there() {
    let ignore = "version: 1\nscan: {ignore: {\"gen/**\": gone, \"**/main.go\": there, \"**/*.rs\": \"no code\"}}\n";
    let tree = broken("hedgerow.yaml", "version: 1\n", ignore);
    let idle = |arguments: &str| {
        let ran = scan(tree.path(), arguments);
        let lines = ran.stderr.lines().filter_map(|line| line.strip_prefix("warning[idle-ignore]: "));
        (ran.exit, lines.map(str::to_owned).collect::<Vec<_>>())
    };
    let expected = ["no source file fits `gen/**`", "no source file fits `**/*.rs`"].map(str::to_owned).to_vec();
    for arguments in ["", "--check", "service.web", "--cache kept", "--cache kept", "service.web --cache kept"] {
        assert_eq!(idle(arguments), (Exit::Done, expected.clone()), "{arguments}");
    }
}

#[test]
fn compose_files_are_read_with_their_env_files() {
    const CODE: &[u8] =
        b"package main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\")) }\n";
    const CONFIG: &[u8] = b"version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";
    for file in [".env", "ledger.env", ".env.local", "env/.env.prod", "service.emoji/.env"] {
        let compose = format!("services: {{s-emoji: {{build: service.emoji, env_file: {file}}}}}\n");
        let tree = tree(&[
            ("hedgerow.yaml", CONFIG),
            ("service.emoji/main.go", CODE),
            ("service.ledger/service.yaml", b""),
            ("compose.yaml", compose.as_bytes()),
            (file, b"LEDGER_URL=http://s-ledger:80/x\n"),
        ]);
        let ran = scan(tree.path(), "--format csv -q");
        let edges: Vec<&str> = ran.out().lines().skip(1).collect();
        assert_eq!(
            (ran.exit, edges),
            (Exit::Done, vec!["service.emoji,service.ledger,joined,http,80,service.emoji/main.go,3,$LEDGER_URL"]),
            "{file}: {}",
            ran.stderr
        );
    }
}

#[test]
fn code_of_no_service_is_counted_unless_a_service_reaches_it() {
    const MAIN: &[u8] = b"package main\nimport \"bank/lib/money\"\nfunc main() { money.Round() }\n";
    const LIBRARY: &[u8] = b"package money\nfunc Round() {}\n";
    let of = |config: &str, more: (&'static str, &'static [u8])| {
        let config = config_with(config);
        let tree = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("go.mod", b"module bank\n"),
            ("service.emoji/service.yaml", b""),
            ("service.emoji/main.go", MAIN),
            ("lib/money/money.go", LIBRARY),
            more,
        ]);
        let ran = scan(tree.path(), "--check");
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        ran.stderr.lines().find_map(|line| line.strip_prefix("code of no service: ")).map(str::to_owned)
    };
    assert_eq!(of("", ("lib/money/more.go", LIBRARY)), None, "a directory of which something is reached");
    for (path, text, told) in [
        ("lib/dates/dates.go", LIBRARY, "Go 1, the first lib/dates/dates.go"),
        ("cmd/pay/main.go", MAIN, "Go 1, the first cmd/pay/main.go"),
        ("job.py", b"import os\n", "Python 1, the first job.py"),
        ("fx/src/Main.scala", b"object Main\n", "Scala 1, the first fx/src/Main.scala"),
    ] as [(&str, &[u8], &str); 4]
    {
        assert_eq!(of("", (path, text)).as_deref(), Some(told), "{path}");
        assert_eq!(of(&format!("scan: {{exclude: [\"{path}\"]}}\n"), (path, text)), None, "{path}");
    }
    for (path, text) in
        [("cmd/pay/main_test.go", MAIN), ("docs/a.md", b"# Title\n"), ("vendor/x/x.go", LIBRARY)] as [(&str, &[u8]); 3]
    {
        assert_eq!(of("", (path, text)), None, "{path}");
    }
    assert_eq!(of("scan: {services: [{path: cmd/pay, name: service.emoji}]}\n", ("cmd/pay/main.go", MAIN)), None);
}

#[test]
fn what_gitignore_names_is_left_out_and_that_is_said() {
    const CODE: &[u8] = b"package main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger/x\") }\n";
    let of = |config: &str, ignore: &'static [u8], file: &str| {
        let config = config_with(config);
        let tree = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            (".gitignore", ignore),
            ("service.emoji/service.yaml", b""),
            (file, CODE),
            ("service.ledger/service.yaml", b""),
        ]);
        let ran = scan(tree.path(), "--format csv");
        (ran.out().lines().count() - 1, ran.stderr.contains("left to .gitignore: 1 file in service.emoji, the first"))
    };
    let main = "service.emoji/main.go";
    assert_eq!(of("", b"", main), (1, false));
    assert_eq!(of("", b"main.go\n", main), (0, true));
    assert_eq!(of("", b"/service.emoji/made/\n", "service.emoji/made/main.go"), (0, true));
    assert_eq!(of("", b"*.go\n!main.go\n", main), (1, false));
    assert_eq!(of("scan: {gitignore: pass}\n", b"main.go\n", main), (1, false));
    // What the rules are read from is not asked about it.
    assert_eq!(of("", b"service.yaml\n", main), (1, false));
}

#[test]
fn a_hidden_directory_is_read_where_a_glob_of_the_deploy_names_it() {
    const CODE: &[u8] =
        b"package main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\")) }\n";
    const DEPLOY: &[u8] = b"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{name: main, env: [{name: LEDGER_URL, value: 'http://s-ledger'}]}]}}}\n";
    let of = |deploy: &str| {
        let config = config_with(&format!("scan: {{deploy: [{deploy}]}}\n"));
        let tree = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.emoji/service.yaml", b""),
            ("service.emoji/main.go", CODE),
            ("service.emoji/.nais/prod/app.yaml", DEPLOY),
            ("service.emoji/.venv/app.yaml", DEPLOY),
            ("service.ledger/service.yaml", b""),
        ]);
        let ran = scan(tree.path(), "--format csv");
        let found: Vec<String> =
            ran.out().lines().skip(1).map(|line| line.split(',').take(3).collect::<Vec<_>>().join(" ")).collect();
        (found.join("\n"), ran.stderr.contains("idle-glob"))
    };
    let joined = "service.emoji service.ledger joined".to_owned();
    assert_eq!(of("\"*/.nais/**/*.yaml\""), (joined.clone(), false));
    assert_eq!(of("\"service.emoji/.nais/prod/app.yaml\", \"deploy/*.yaml\""), (joined, true));
    // A glob that does not say so passes over what is hidden, and says that it fits nothing.
    assert_eq!(of("\"**/*.yml\""), (String::new(), true));
    assert_eq!(of("\"*/nais/**/*.yaml\""), (String::new(), true));
}

#[test]
fn code_settings_and_what_is_mounted_are_read_in_a_hidden_directory_that_is_named() {
    const CODE: &[u8] = b"package main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\")); http.Get(\"http://s-cart\") }\n";
    const COMPOSE: &[u8] = b"services:\n  s-emoji:\n    image: x\n    volumes: ['./conf/app.yaml:/app.yaml']\n";
    let of = |says: &str| {
        let config = config_with(&format!("scan: {{{says}}}\n"));
        let tree = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.emoji/service.yaml", b""),
            (".tools/emoji/main.go", CODE),
            (".local/compose.yml", COMPOSE),
            (".local/conf/app.yaml", b"ledger: {url: 'http://s-ledger'}\n"),
            (".local/x/main.go", CODE),
            ("service.ledger/service.yaml", b""),
            ("service.cart/service.yaml", b""),
        ]);
        let ran = scan(tree.path(), "--format csv");
        ran.out().lines().skip(1).map(|line| line.split(',').take(3).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let (cart, ledger) = ("service.emoji service.cart proven", "service.emoji service.ledger addressed");
    assert_eq!(of(""), Vec::<String>::new());
    assert_eq!(of("services: [{path: .tools/emoji, name: service.emoji}]"), [cart]);
    assert_eq!(of("services: [{path: '.tools/{name}', name: 'service.{name}'}]"), [cart]);
    let code = "services: [{path: .tools/emoji, name: service.emoji}]";
    assert_eq!(of(&format!("{code}, settings: ['.local/conf/app.yaml']")), [cart]);
    assert_eq!(of(&format!("{code}, deploy: ['.local/compose.yml']")), [cart, ledger]);
    assert_eq!(of(&format!("{code}, deploy: ['.local/*.yml'], settings: ['.local/conf/app.yaml']")), [cart, ledger]);
}

#[test]
fn a_place_of_code_or_settings_that_is_nowhere_is_told() {
    let of = |says: &str| {
        let config = config_with(&format!("scan: {{{says}}}\n"));
        let tree = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.emoji/service.yaml", b""),
            ("service.ledger/service.yaml", b""),
            ("app/emoji/main.rb", b"require 'net/http'\nNet::HTTP.get(URI('http://s-ledger/x'))\n"),
        ]);
        let ran = scan(tree.path(), "");
        let told = ran.stderr.lines().filter_map(|line| line.strip_prefix("warning[idle-glob]: "));
        let told: Vec<String> = told.map(|line| line.split('`').nth(1).unwrap_or_default().to_owned()).collect();
        let calls = ran.out().lines().filter(|line| line.contains("-> service.ledger")).count();
        (calls, told.join(" "))
    };
    let told = |calls: usize, text: &str| (calls, text.to_owned());
    let table = [
        ("services: [{path: app/emoji, name: service.emoji}]", told(1, "")),
        ("services: [{path: 'app/{name}', name: 'service.{name}'}]", told(1, "")),
        (
            "services: [{path: app/emoji, name: service.emoji}, {path: app/emojy, name: service.ledger}]",
            told(1, "app/emojy"),
        ),
        ("services: [{path: app/emoji, name: service.emoji}, {path: 'apps/{name}'}]", told(1, "apps/{name}")),
        (
            "services: [{path: /app/emoji, name: service.emoji}, {path: app/emoji, name: service.emoji}]",
            told(1, "/app/emoji"),
        ),
        ("services: [{path: ../app, name: service.ledger}, {path: app, name: service.emoji}]", told(1, "../app")),
        // People write paths in several ways.
        ("services: [{path: ., name: service.emoji}]", told(1, "")),
        ("services: [{path: ./, name: service.emoji}]", told(1, "")),
        ("services: [{path: ./app/emoji, name: service.emoji}]", told(1, "")),
        ("services: [{path: app/emoji/, name: service.emoji}]", told(1, "")),
        ("services: [{path: app, name: service.emoji, main: ./emoji/main.rb}]", told(1, "")),
        ("services: [{path: ., name: service.emoji}], exclude: ['./app/**']", told(0, "")),
        (
            "services: [{path: ., name: service.emoji}], settings: ['./app/*/main.rb', conf/*.json]",
            told(1, "conf/*.json"),
        ),
    ];
    for (says, expected) in table {
        assert_eq!(of(says), expected, "{says}");
    }
}

#[test]
fn a_pair_that_names_nobody_is_told() {
    let of = |pair: &str| {
        let config = config_with(&format!("scan: {{ignore: {{\"{pair}\": a link}}}}\n"));
        let files: [(&str, &[u8]); 3] = [
            ("hedgerow.yaml", config.as_bytes()),
            ("service.emoji/service.yaml", b""),
            ("service.ledger/service.yaml", b""),
        ];
        let ran = scan(tree(&files).path(), "");
        ran.stderr
            .split("no service is called `")
            .nth(1)
            .map(|rest| rest.split('`').next().unwrap_or_default().to_owned())
    };
    assert_eq!(of("service.emoji -> service.legder").as_deref(), Some("service.legder"));
    assert_eq!(of("service.emojy -> service.ledger").as_deref(), Some("service.emojy"));
    assert_eq!(of("fraud-* -> *").as_deref(), Some("fraud-*"));
    for pair in ["service.emoji -> service.ledger", "* -> service.l*", "*->*"] {
        assert_eq!(of(pair), None, "{pair}");
    }
}

#[test]
fn a_fleet_without_services_does_not_pass() {
    let config = b"version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";
    let tree = tree(&[("hedgerow.yaml", config)]);
    let ran = scan(tree.path(), "--check");
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
    assert!(ran.stderr.contains("error[empty-fleet]") && !ran.stderr.contains("nothing wrong"), "{}", ran.stderr);
    // To look is no fault.
    assert_eq!(scan(tree.path(), "").exit, Exit::Done);
}
