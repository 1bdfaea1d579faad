//! `ready` and `reconcile` on a fleet with code, rules and traffic.

use super::common::{Command, Ran, told, tree};
use hedgerow_cli::Exit;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*'], defaults: {ports: [{name: http, port: 8080}], owner: money}}\nenvironments: {prod: {stage: audit}}\n";

/// What the collector of a sound fleet has to tell. Today is 2026-11-21 in these tests.
pub(super) fn observations(more: &[&str]) -> String {
    let watched =
        r#"{"nodes":["a"],"pods":2,"policy":{"digest":"sha256:0","since":"2026-10-01T00:00:00Z"},"longest_open":60}"#;
    let canaries = ["ledger", "emoji", "cards"]
        .map(|name| format!(r#"{{"callee":"service.{name}","sent":50,"seen":50,"since":"2026-10-01T00:00:00Z"}}"#));
    let services = ["ledger", "emoji", "cards"].map(|name| format!(r#""service.{name}":{watched}"#));
    let header = format!(
        r#"{{"version":1,"from":"2026-10-21T00:00:00Z","to":"2026-11-21T08:00:00Z","catalogue":null,"coverage":[{{"node":"a","source":"conntrack","heard":45120,"blind":0}}],"canaries":[{}],"services":{{{}}}}}"#,
        canaries.join(","),
        services.join(",")
    );
    let mut lines = vec![header, call("service.emoji", "permitted", 100)];
    lines.extend(more.iter().map(|line| (*line).to_owned()));
    lines.join("\n") + "\n"
}

pub(super) fn call(caller: &str, verdict: &str, count: u32) -> String {
    format!(
        r#"{{"caller":{{"service":"{caller}"}},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"{verdict}","first":"2026-10-02T00:00:00Z","last":"2026-11-20T00:00:00Z","count":{count},"days":49}}"#
    )
}

pub(super) fn go(calls: &str) -> String {
    format!("package main\n\nimport \"net/http\"\n\nfunc main() {{\n\thttp.ListenAndServe(\":8080\", nil)\n{calls}}}\n")
}

/// emoji calls ledger, in code, rules and traffic.
pub(super) fn fleet(more: &[&str]) -> TempDir {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("seen.jsonl", observations(more).as_bytes()),
        ("service.ledger/main.go", go("").as_bytes()),
        ("service.ledger/service.yaml", b"# the books\nports: [{name: http, port: 8080}] # one\n"),
        ("service.emoji/main.go", go("\thttp.Get(\"http://service.ledger:8080/\")\n").as_bytes()),
        ("service.emoji/egress/service.ledger.rule", b"origin: scan\n"),
        ("service.cards/main.go", go("").as_bytes()),
    ]);
    told(root.path(), "seen.jsonl");
    root
}

/// Changes the header of a fleet's observations.
pub(super) fn retell(root: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let file = root.join("seen.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    let mut header = serde_json::from_str(header).unwrap();
    change(&mut header);
    fs::write(file, format!("{header}\n{rest}")).unwrap();
}

pub(super) fn run(root: &Path, arguments: &str) -> Ran {
    Command::new(root, arguments).run()
}

#[test]
fn a_fleet_in_which_everything_speaks_for_it_is_ready() {
    let root = fleet(&[]);
    let ran = run(root.path(), "ready --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out(), ran.stderr);
    assert_eq!(ran.out(), "service.cards: ready\nservice.emoji: ready\nservice.ledger: ready\n");
    assert!(ran.stderr.contains("3 services: 3 ready"), "{}", ran.stderr);
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    let lines: Vec<&str> = ran.out().lines().collect();
    assert_eq!(lines[0], "service.ledger: ready");
    assert!(ran.out().contains("  holds   calls       100 calls by 1 caller, each is permitted\n"), "{}", ran.out());
    assert!(ran.out().contains("This assumes that the scan misses rare calls no more often"), "{}", ran.out());
}

#[test]
fn what_is_in_the_way_is_said_and_the_exit_code_tells() {
    let root = fleet(&[&call("service.cards", "unpermitted", 3)]);
    let ran = run(root.path(), "ready --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Findings);
    let wanted = "service.ledger: blocked\n  blocks  calls       calls that no rule permits: `service.cards` (3 times, on port 8080); last at 2026-11-20T00:00:00Z\n";
    assert!(ran.out().contains(wanted), "{}", ran.out());
    assert!(ran.out().contains("service.emoji: ready\n"));
    // Who asks for those that are ready gets 0.
    assert_eq!(run(root.path(), "ready service.emoji --observations seen.jsonl").exit, Exit::Done);
    assert_eq!(run(root.path(), "ready service.* --observations seen.jsonl").exit, Exit::Findings);
    // What concerns all is told once.
    fs::write(
        root.path().join("service.cards/main.go"),
        go("\tvar where string\n\thttp.Get(read(where))\n")
            + "func read(x string) string { return x + next() }\nfunc next() string\n",
    )
    .unwrap();
    let ran = run(root.path(), "ready --observations seen.jsonl");
    assert_eq!(ran.out().matches("blocks  code").count(), 1, "{}", ran.out());
    assert!(ran.out().starts_with("all:\n  blocks  code        of 1 call it cannot be told where it goes: `service.cards` at service.cards/main.go:8 ("), "{}", ran.out());
}

#[test]
fn write_enforces_those_that_are_ready_and_prints_the_request() {
    let root = fleet(&[]);
    let ran = run(root.path(), "ready service.ledger service.cards --observations seen.jsonl --write");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
    assert_eq!(
        read("service.ledger/service.yaml"),
        "# the books\nstage:\n  prod: \"enforce\"\nports: [{name: http, port: 8080}] # one\n"
    );
    assert_eq!(read("service.cards/service.yaml"), "stage: {prod: enforce}\n");
    assert!(!root.path().join("service.emoji/service.yaml").exists(), "it was not asked for");
    assert!(ran.out().starts_with("# Enforce `service.cards`, `service.ledger` in `prod`\n"), "{}", ran.out());
    assert!(ran.out().contains("- **holds** canary: 50 calls of the canary; since 2026-10-01T00:00:00Z every day had some, and all were seen\n"), "{}", ran.out());
    assert!(ran.out().contains("- **silence**: at most "), "{}", ran.out());
    // What was written is read, and is enforced. Of the others nothing has changed, although the collector has the catalogue of before.
    let ran = run(root.path(), "ready --observations seen.jsonl");
    assert_eq!(ran.out(), "service.cards: enforced\nservice.emoji: ready\nservice.ledger: enforced\n");
    // Nothing is written where nothing is ready.
    let root = fleet(&[&call("service.cards", "unpermitted", 3)]);
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl --write");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(!fs::read_to_string(root.path().join("service.ledger/service.yaml")).unwrap().contains("stage"));
}

#[test]
fn observations_come_from_standard_input_and_bad_ones_are_refused() {
    let root = fleet(&[]);
    let seen = fs::read_to_string(root.path().join("seen.jsonl")).unwrap();
    let piped = Command::new(root.path(), "ready --observations -").stdin(seen.as_bytes()).run();
    assert_eq!(piped.exit, Exit::Done, "{}", piped.stderr);
    for (text, reason) in [
        ("", "is empty; observations begin with a header line"),
        ("{}\n", "is no header of observations"),
        ("{\"version\":1,\"later\":1}\n", "says more than this program knows: unknown field `later`"),
        ("{\"version\":9}\n", "has observations of version 9; this program reads version 1"),
    ] {
        let ran = Command::new(root.path(), "ready --observations -").stdin(text.as_bytes()).run();
        assert_eq!(ran.exit, Exit::BadInput, "{text}");
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        assert_eq!(ran.out(), "");
    }
    let ran = run(root.path(), "ready --observations nothing.jsonl");
    assert_eq!(ran.exit, Exit::BadInput);
    let ran = run(root.path(), "ready --observations seen.jsonl --days 0");
    assert!(ran.stderr.contains("--days takes a number of days, 1 at least"), "{}", ran.stderr);
    // A line that is not understood is not passed over.
    let ran = Command::new(root.path(), "ready --observations -").stdin(observations(&["{\"x\":1}"]).as_bytes()).run();
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().contains("unknown window"), "{}", ran.out());
}

#[test]
fn cron_jobs_of_manifests_are_waited_for() {
    let root = fleet(&[]);
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: close}\nspec:\n  schedule: '0 3 * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers: [{name: a, image: a}]\n";
    fs::create_dir_all(root.path().join("service.emoji/manifests")).unwrap();
    fs::write(root.path().join("service.emoji/manifests/job.yaml"), job).unwrap();
    told(root.path(), "seen.jsonl");
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(ran.out().starts_with("service.ledger: wait until 2026-11-23T03:00:00Z\n"), "{}", ran.out());
    assert!(ran.out().contains("`CronJob/close` of `service.emoji` ran 0 of 2 times"), "{}", ran.out());
    fs::write(
        root.path().join("service.emoji/service.yaml"),
        "rare: [{what: CronJob/close, reason: run by hand, expires: 2027-01-31}]\n",
    )
    .unwrap();
    told(root.path(), "seen.jsonl");
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    assert!(ran.out().contains("waived until 2027-01-31: run by hand"), "{}", ran.out());
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl --today 2027-02-01");
    assert_ne!(ran.exit, Exit::Done, "the waiver ended, and the observations are old");
}

#[test]
fn reconcile_names_what_differs_and_writes_only_what_is_accepted() {
    let outsider = call("x", "unpermitted", 2).replace(r#"{"service":"x"}"#, r#"{"outsider":"10.0.0.7"}"#);
    let root = fleet(&[&call("service.cards", "unpermitted", 3), &outsider]);
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().starts_with("money:\n"), "{}", ran.out());
    assert!(ran.out().contains("  10.0.0.7 → service.ledger: nobody-knows\n"), "{}", ran.out());
    let wanted = "  service.cards → service.ledger: nobody-knows\n    traffic shows a call that neither code nor a rule knows\n    code: not found\n    rule: none\n    traffic: 3 calls, 3 without a label, 2026-10-02T00:00:00Z to 2026-11-20T00:00:00Z, on 8080/TCP\n    help: ask money (`service.cards`) and money (`service.ledger`): is it meant, or an intruder?\n    help: if it is meant: `hedgerow reconcile --env prod --observations seen.jsonl --write --accept service.cards service.ledger`\n";
    assert!(ran.out().contains(wanted), "{}", ran.out());
    assert!(!ran.out().contains("confirmed"), "what agrees is not listed");
    assert!(ran.stderr.contains("3 edges: 1 confirmed, 2 nobody-knows"), "{}", ran.stderr);
    let all = run(root.path(), "reconcile --observations seen.jsonl --all");
    assert!(all.out().contains("service.emoji → service.ledger: confirmed"), "{}", all.out());
    let rule = root.path().join("service.cards/egress/service.ledger.rule");
    // Traffic alone opens no door.
    // A port that the callee does not declare comes first: no rule could name it.
    let closed = fleet(&[&call("service.cards", "unpermitted", 3)]);
    fs::remove_file(closed.path().join("service.emoji/egress/service.ledger.rule")).unwrap();
    fs::write(closed.path().join("service.ledger/service.yaml"), "ports: none\n").unwrap();
    let ran = run(closed.path(), "reconcile --observations seen.jsonl");
    let declare = "help: `service.ledger` does not declare port 8080/TCP: add it to `ports` in its service.yaml\n    help: if it is meant: `";
    assert!(ran.out().contains(declare), "{}", ran.out());
    for arguments in ["--write", "--accept service.cards service.ledger"] {
        assert_eq!(run(root.path(), &format!("reconcile --observations seen.jsonl {arguments}")).exit, Exit::BadInput);
        assert!(!rule.exists());
    }
    // One of two pairs cannot be accepted: none is written.
    let both = "reconcile --observations seen.jsonl --write --accept service.cards service.ledger --accept service.ledger service.emoji";
    let ran = run(root.path(), both);
    assert_eq!(ran.exit, Exit::BadInput);
    assert!(ran.stderr.contains("traffic shows no call of `service.ledger` to `service.emoji`"), "{}", ran.stderr);
    assert!(!rule.exists());
    let ran = run(root.path(), "reconcile --observations seen.jsonl --write --accept service.cards service.ledger");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&rule).unwrap(), "origin: observed\nfirst-seen: 2026-10-02\nlast-seen: 2026-11-20\n");
    // It is a rule now. It was called without its label to the end, so a deploy is missing; the scan keeps the file.
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert!(ran.out().contains("service.cards → service.ledger: deploy-missing"), "{}", ran.out());
    let ran = run(root.path(), "scan --write --prune");
    assert!(rule.exists(), "{}", ran.stderr);
}

#[test]
fn annotations_stand_where_the_edge_can_be_mended() {
    let root = fleet(&[&call("service.cards", "unpermitted", 3)]);
    fs::remove_file(root.path().join("service.emoji/egress/service.ledger.rule")).unwrap();
    told(root.path(), "seen.jsonl");
    let ran = run(root.path(), "reconcile --observations seen.jsonl --format github");
    assert!(
        ran.out().contains("::error file=service.emoji/main.go,line=7,col=2,title=hedgerow%3A missing-rule::"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains("title=hedgerow%3A unknown-call::`service.cards` → `service.ledger`"), "{}", ran.out());
    let ran = run(root.path(), "ready --observations seen.jsonl --format github");
    assert!(
        ran.out()
            .contains("::warning file=service.ledger/service.yaml,title=hedgerow%3A ready::service.ledger: blocked%0A"),
        "{}",
        ran.out()
    );
    assert!(!ran.out().contains("service.emoji/service.yaml"), "{}", ran.out());
}

#[test]
fn names_of_outsiders_are_text_in_markdown() {
    let outsider = call("x", "unpermitted", 2).replace(r#"{"service":"x"}"#, r#"{"outsider":"<img src=x>|`a`"}"#);
    let root = fleet(&[&outsider]);
    for command in ["reconcile", "ready"] {
        let ran = run(root.path(), &format!("{command} --observations seen.jsonl --format markdown"));
        assert!(!ran.out().contains("<img"), "{}", ran.out());
        assert!(ran.out().contains("&lt;img src=x&gt;"), "{}", ran.out());
    }
}
