//! What reviewers and auditors run: `diff`, `codeowners` and `verify`.
#![allow(clippy::disallowed_methods, clippy::print_stderr, reason = "runs git and writes files")]

mod common;

use common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use serde_json::Value;
use std::path::Path;

const CONFIG: &[u8] = b"version: 1
labels: {domain: hazel.bank}
services: {include: [\"service.*\"], defaults: {type: backend, owner: platform, ports: [{name: http, port: 80}]}}
types: {backend: {callers: [monitoring]}, monitoring: {}}
environments: {prod: {stage: enforce, log: false}, staging: {stage: audit, log: false}}
";
const LEDGER: &[u8] = b"owner: finance\nports: [{name: http, port: 80}, {name: admin, port: 81}]\n";

/// cards → emoji, ledger → vault; nobody gets from cards to ledger.
fn base() -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("hedgerow.yaml", CONFIG),
        ("service.ledger/service.yaml", LEDGER),
        ("service.ledger/egress/service.vault.rule", b""),
        ("service.vault/service.yaml", b"owner: finance\n"),
        ("service.cards/egress/service.emoji.rule", b""),
        ("service.emoji/service.yaml", b"owner: faces\n"),
        ("service.emoji/egress/service.cards.rule", b"reason: birthday cards\n"),
        ("service.metrics/service.yaml", b"type: monitoring\n"),
    ]
}

/// As `base`, and: emoji may call ledger on one port, no longer cards; ledger is exposed and tried; vault is another type.
fn head() -> Vec<(&'static str, &'static [u8])> {
    let mut files = base();
    files.retain(|(path, _)| {
        !["service.emoji/egress/service.cards.rule", "service.ledger/service.yaml", "service.vault/service.yaml"]
            .contains(path)
    });
    files.push(("service.emoji/egress/service.ledger.rule", b"ports: [http]\nreason: \"<b> @all | `x`\"\n"));
    files.push((
        "service.ledger/service.yaml",
        b"owner: finance\nports: [{name: http, port: 80}, {name: admin, port: 81}]\nstage: {prod: audit}\nallow:\n  - from: {cidr: 10.0.0.0/8}\n    ports: [http]\n    reason: branch offices\n",
    ));
    files.push(("service.vault/service.yaml", b"owner: finance\ntype: monitoring\n"));
    files
}

const EXPECTED: &str = "\
Edges
  + service.emoji → service.ledger  ports http  service.emoji/egress/service.ledger.rule  “<b> @all | `x`”
  - service.emoji → service.cards  service.emoji/egress/service.cards.rule  “birthday cards”

From outside the fleet
  + 10.0.0.0/8 → service.ledger  ports http  service.ledger/service.yaml:5  “branch offices”

Types
  + service.vault → every backend (1 → 3 services)
  - every monitoring → service.vault (1 → 1 service)

Stages
  ~ prod: enforce → audit (looser): service.ledger

Services
  ~ service.vault  type backend → monitoring

Newly in reach, through others
  ! service.cards from service.ledger (such as service.ledger → service.vault → service.cards)
  ! service.emoji from service.ledger (such as service.ledger → service.vault → service.emoji)
  ! service.ledger from service.cards (such as service.cards → service.emoji → service.ledger)
  ! service.vault from service.cards, service.emoji (such as service.emoji → service.ledger → service.vault)

Pods that roll
  ~ service.emoji in prod, staging  +hazel.bank/egress-s-ledger.http=true -hazel.bank/egress-s-cards=true
  ~ service.vault in prod, staging  +hazel.bank/service-type=monitoring -hazel.bank/service-type=backend

Review needed from
  @ faces for service.emoji
  @ finance for service.ledger, service.vault
  @ platform for service.cards
";

fn run(directory: &Path, arguments: &str) -> Ran {
    Command::new(directory, arguments).run()
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(ran.out()).expect("the answer is JSON")
}

#[test]
fn two_directories_are_compared_as_a_reviewer_sees_them() {
    let (base, head) = (tree(&base()), tree(&head()));
    let diff = |more: &str| run(head.path(), &format!("diff {}{more}", base.path().display()));
    let ran = diff("");
    assert_eq!((ran.out(), ran.exit), (EXPECTED, Exit::Done), "{}", ran.stderr);
    for (more, exit) in [
        (" --fail-on added", Exit::Findings),
        (" --fail-on exposed", Exit::Findings),
        (" --fail-on added,exposed", Exit::Findings),
    ] {
        assert_eq!(diff(more).exit, exit, "{more}");
    }
    let back = run(base.path(), &format!("diff {} --fail-on exposed --format json", head.path().display()));
    assert_eq!(back.exit, Exit::Done, "what closes does not expose");
    assert_eq!(json(&back)["stages"][0]["looser"], false);
    let same = run(base.path(), &format!("diff {} --fail-on added,exposed", base.path().display()));
    assert_eq!((same.out(), same.exit), ("nothing changes\n", Exit::Done));
}

/// emoji calls cards every day; nobody was seen to call vault, and an outsider calls ledger.
const SEEN: &str = r#"{"version":1,"from":"2026-10-21T00:00:00Z","to":"2026-11-21T00:00:00Z","catalogue":null,"coverage":[{"node":"a","source":"conntrack","heard":44640,"blind":0},{"node":"b","source":"conntrack","heard":44460,"blind":180,"gaps":[{"from":"2026-11-01T00:00:00Z","to":"2026-11-01T03:00:00Z"}]}],"canaries":[],"services":{"service.cards":{"nodes":["a"]},"service.vault":{"nodes":["a","b"]},"service.ledger":{"nodes":["a"]}}}
{"caller":{"service":"service.emoji"},"callee":"service.cards","port":80,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-11-20T00:00:00Z","count":37200,"days":31}
{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":81,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-11-19T00:00:00Z","count":5,"days":3}
{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":80,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-11-20T00:00:00Z","count":99,"days":3}
{"caller":{"outsider":"10.1.2.3"},"callee":"service.ledger","port":80,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-11-18T00:00:00Z","count":7,"days":3}
{"caller":{"unknown":["service.cards","service.metrics"]},"callee":"service.emoji","port":80,"protocol":"TCP","verdict":"unknown","first":"2026-10-21T00:00:00Z","last":"2026-11-18T00:00:00Z","count":4,"days":3}
"#;

#[test]
fn what_goes_says_how_often_it_is_used() {
    let mut before = base();
    before.push(("service.emoji/egress/service.ledger.rule", b""));
    before.retain(|(path, _)| *path != "service.ledger/service.yaml");
    before.push((
        "service.ledger/service.yaml",
        b"owner: finance\nports: [{name: http, port: 80}, {name: admin, port: 81}]\nallow: [{from: {cidr: 10.0.0.0/8}}]\n",
    ));
    let mut after = base();
    after.retain(|(path, _)| {
        ![
            "service.emoji/egress/service.cards.rule",
            "service.ledger/egress/service.vault.rule",
            "service.cards/egress/service.emoji.rule",
        ]
        .contains(path)
    });
    after.push(("service.emoji/egress/service.ledger.rule", b"ports: [http]\n"));
    let (before, after) = (tree(&before), tree(&after));
    std::fs::write(after.path().join("seen.jsonl"), SEEN).unwrap();
    let diff =
        |more: &str| run(after.path(), &format!("diff {} --observations seen.jsonl{more}", before.path().display()));
    let text = diff("");
    assert_eq!(text.exit, Exit::Done, "{}", text.stderr);
    let said = text.out().split("\nNewly in reach").next().unwrap().split("\nPods that roll").next().unwrap();
    insta::assert_snapshot!("traffic_text", said);
    let markdown = diff(" --format markdown");
    let table =
        markdown.out().split("### What traffic says of what goes").nth(1).unwrap().split("\n###").next().unwrap();
    insta::assert_snapshot!("traffic_markdown", table);
    insta::assert_snapshot!("traffic_github", diff(" --format github").out());
    let value = json(&diff(" --format json"));
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/diff.json")).unwrap();
    let faults: Vec<_> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let used = |caller: &str, callee: &str| {
        let edges = value["edges"].as_array().unwrap();
        edges.iter().find(|edge| edge["caller"] == caller && edge["callee"] == callee).unwrap()["traffic"].clone()
    };
    assert_eq!(
        (&used("service.emoji", "service.cards")["count"], &used("service.emoji", "service.cards")["used"]),
        (&37_200.into(), &true.into())
    );
    assert_eq!(
        used("service.emoji", "service.ledger")["ports"],
        serde_json::json!(["81/TCP"]),
        "the port that stays is no loss"
    );
    assert_eq!(used("service.ledger", "service.vault")["used"], false);
    // The way back only adds: nothing goes.
    let back = run(
        before.path(),
        &format!("diff {} --format json --observations {}/seen.jsonl", after.path().display(), after.path().display()),
    );
    assert!(json(&back)["edges"].as_array().unwrap().iter().all(|edge| edge["traffic"].is_null()));
    // Without observations nobody claims anything.
    let plain = run(after.path(), &format!("diff {}", before.path().display()));
    assert!(!plain.out().contains("seen"), "{}", plain.out());
}

#[test]
fn silence_that_nobody_heard_is_no_evidence() {
    let mut after = base();
    after.retain(|(path, _)| *path != "service.ledger/egress/service.vault.rule");
    let (before, after) = (tree(&base()), tree(&after));
    for (header, words) in [
        (
            r#""coverage":[],"canaries":[]"#,
            "which says nothing: no source can prove that it listened: it is not known on which nodes its pods ran",
        ),
        (
            r#""coverage":[],"canaries":[],"services":{"service.vault":{"nodes":["a"]}}"#,
            "which says nothing: no source can prove that it listened: no source listened on `a`",
        ),
        (
            r#""coverage":[{"node":"a","source":"conntrack","heard":44640,"blind":0}],"canaries":[],"services":{"service.vault":{"nodes":["a"]}}"#,
            "never seen in 31 days up to 2026-11-21T00:00:00Z, while somebody listened on every node of its pods all the time; what is called more rarely is not seen either",
        ),
    ] {
        let text = format!(
            "{{\"version\":1,\"from\":\"2026-10-21T00:00:00Z\",\"to\":\"2026-11-21T00:00:00Z\",\"catalogue\":null,{header}}}\n"
        );
        std::fs::write(after.path().join("seen.jsonl"), text).unwrap();
        let ran = run(after.path(), &format!("diff {} --observations seen.jsonl", before.path().display()));
        assert!(ran.out().contains(words), "{words}: {}", ran.out());
    }
}

#[test]
fn observations_of_others_say_nothing_of_a_change() {
    let mut after = base();
    after.retain(|(path, _)| *path != "service.ledger/egress/service.vault.rule");
    let (before, after) = (tree(&base()), tree(&after));
    let catalogue = |side: &Path, more: &str| json(&run(side, &format!("catalogue {more}")));
    let environment = catalogue(before.path(), "")["services"]["service.ledger"]["stages"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let own = catalogue(after.path(), &format!("--env {environment}"));
    let diff = |environment: &str, digest: &str, to: &str| {
        let header = format!(
            "{{\"version\":1,\"from\":\"2026-10-21T00:00:00Z\",\"to\":\"{to}\",\"catalogue\":{digest},\"environment\":{environment},\"coverage\":[],\"canaries\":[]}}\n"
        );
        std::fs::write(after.path().join("seen.jsonl"), header).unwrap();
        run(after.path(), &format!("diff {} --observations seen.jsonl", before.path().display()))
    };
    let (here, past) = (format!("\"{environment}\""), "2026-11-21T00:00:00Z");
    for digest in [&own["naming"], &own["digest"], &catalogue(before.path(), "--rules")["naming"]] {
        let ran = diff(&here, &digest.to_string(), past);
        assert_eq!((ran.exit, ran.stderr.contains("warning")), (Exit::Done, false), "{}", ran.stderr);
    }
    for (environment, digest, words) in [
        (here.as_str(), "\"sha256:00\"", "warning: services were named by a catalogue that is not of these trees"),
        (here.as_str(), "null", "warning: the observations do not tell by which catalogue services were named"),
        ("null", "null", "warning: the observations do not tell of which environment they are"),
    ] {
        let ran = diff(environment, digest, past);
        assert!(ran.exit == Exit::Done && ran.stderr.contains(words), "{}", ran.stderr);
    }
    let mars = diff("\"mars\"", "null", past);
    assert!(mars.exit != Exit::Done && mars.out().is_empty(), "{}", mars.out());
    assert!(
        mars.stderr.contains("are of the environment `mars`, which hedgerow.yaml does not have"),
        "{}",
        mars.stderr
    );
    let future = diff(&here, "null", "2036-11-21T00:00:00Z");
    assert!(future.exit != Exit::Done && future.stderr.contains("which is in the future"), "{}", future.stderr);
}

#[test]
fn a_catalogue_that_has_no_use_is_refused() {
    let (base, head) = (tree(&base()), tree(&head()));
    let ran = run(head.path(), &format!("diff {} --base-catalogue nowhere.json", base.path().display()));
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
    assert!(ran.stderr.contains("names no catalogue; leave it out"), "{}", ran.stderr);
}

#[test]
fn a_comment_holds_no_markup_of_anybody_else() {
    let (base, head) = (tree(&base()), tree(&head()));
    let ran = run(head.path(), &format!("diff {} --format markdown", base.path().display()));
    let row =
        ran.out().lines().find(|line| line.starts_with("| ➕ | `service.emoji`")).expect("the new edge has a row");
    assert_eq!(
        row,
        "| ➕ | `service.emoji` | `service.ledger` | `http` | `finance` | &lt;b&gt; @\u{200b}all \\| \\`x\\` |"
    );
}

/// Whether there is git; where there is none, that is said.
fn has_git() -> bool {
    let found = std::process::Command::new("git").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no git");
    }
    found
}

/// What git answers.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"];
    let mut command = std::process::Command::new("git");
    let done = command.current_dir(directory).args(identity).args(arguments).output().expect("git runs");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("git answers in UTF-8")
}

/// Writes the files of a fleet whose root is `net`.
fn write(root: &Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let path = root.join("net").join(path);
        std::fs::create_dir_all(path.parent().expect("the path is below the root")).expect("a directory can be made");
        std::fs::write(path, bytes).expect("a file can be written");
    }
}

/// What the change that brings the fleet of `base` in says of edges and services.
const ADOPTED: &str = "\
Edges
  + service.cards → service.emoji  service.cards/egress/service.emoji.rule
  + service.emoji → service.cards  service.emoji/egress/service.cards.rule  “birthday cards”
  + service.ledger → service.vault  service.ledger/egress/service.vault.rule
";

#[test]
fn where_a_fleet_comes_in_all_of_it_is_new() {
    if !has_git() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    git(top.path(), &["init", "-q", "-b", "trunk"]);
    git(top.path(), &["commit", "-qm", "nothing", "--allow-empty"]);
    write(top.path(), &[("service.emoji/main.go", b"package main\n")]);
    git(top.path(), &["add", "-A"]);
    git(top.path(), &["commit", "-qm", "code"]);
    write(top.path(), &base());
    git(top.path(), &["add", "-A"]);
    git(top.path(), &["commit", "-qm", "hedgerow"]);
    let net = top.path().join("net");
    // Without any directory of the fleet, and without its hedgerow.yaml.
    for base in ["HEAD~2", "HEAD~1"] {
        for head in ["HEAD", ""] {
            let ran = run(&net, &format!("diff {base} {head} --fail-on added"));
            assert_eq!(
                (ran.out().starts_with(ADOPTED), ran.exit),
                (true, Exit::Findings),
                "{} {}",
                ran.out(),
                ran.stderr
            );
            assert!(ran.out().contains("  + every monitoring → every backend (1 → 4 services)\n"), "{}", ran.out());
            assert!(ran.out().contains("Services\n  + service.cards\n  + service.emoji\n"), "{}", ran.out());
            assert_eq!(ran.stderr, format!("`{base}` holds no fleet, so all of this is new\n"));
        }
    }
    // That it goes again is no change that can be compared, and what is not in a clone is not new.
    let gone = run(&net, "diff HEAD HEAD~1");
    assert!(gone.exit == Exit::BadInput && gone.stderr.contains("holds no fleet"), "{}", gone.stderr);
    let id = git(top.path(), &["rev-parse", "HEAD~1:net"]);
    let (directory, name) = id.trim().split_at(2);
    std::fs::remove_file(top.path().join(".git/objects").join(directory).join(name)).unwrap();
    let cut = run(&net, "diff HEAD~1");
    assert!(cut.exit == Exit::BadInput && cut.stderr.contains("is not here"), "{}", cut.stderr);
}

/// The fleet's file lay there under a name that nobody reads: that is why all of it is new.
#[test]
fn a_base_with_a_misnamed_file_says_so() {
    if !has_git() {
        return;
    }
    for name in ["hedgerow.yml", "Hedgerow.yaml", "hedgerow.json", ".hedgerow.yaml"] {
        let top = tempfile::tempdir().unwrap();
        git(top.path(), &["init", "-q", "-b", "trunk"]);
        write(top.path(), &base());
        let net = top.path().join("net");
        std::fs::rename(net.join("hedgerow.yaml"), net.join(name)).unwrap();
        git(top.path(), &["add", "-A"]);
        git(top.path(), &["commit", "-qm", "misnamed"]);
        std::fs::rename(net.join(name), net.join("hedgerow.yaml")).unwrap();
        let note =
            format!("`HEAD` has no `hedgerow.yaml`; its `net/{name}` is not read: the fleet's file is `hedgerow.yaml`");
        for arguments in ["diff HEAD", "check --base HEAD"] {
            let ran = run(&net, arguments);
            assert!(ran.stderr.contains(&note), "{arguments}: {}", ran.stderr);
            assert_eq!(ran.exit, Exit::Done, "{arguments}: {}{}", ran.out(), ran.stderr);
        }
        git(top.path(), &["add", "-A"]);
        git(top.path(), &["commit", "-qm", "renamed"]);
        // As the second side it is no fleet.
        let ran = run(&net, "diff HEAD HEAD~1");
        let words = format!("there is no `net/hedgerow.yaml`, but there is `net/{name}`");
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(&words), "{}", ran.stderr);
    }
    // One that only begins so is none.
    let top = tempfile::tempdir().unwrap();
    git(top.path(), &["init", "-q", "-b", "trunk"]);
    write(top.path(), &[("hedgerow.txt", b"notes: x\n")]);
    git(top.path(), &["add", "-A"]);
    git(top.path(), &["commit", "-qm", "notes"]);
    write(top.path(), &base());
    let ran = run(&top.path().join("net"), "diff HEAD");
    assert_eq!(ran.stderr, "`HEAD` holds no fleet, so all of this is new\n");
}

#[test]
fn a_directory_without_a_fleet_is_no_revision() {
    let fleet = tree(&base());
    let old = tree(&[("old/x", b""), ("yml/hedgerow.yml", CONFIG), ("file", b"")]);
    let none = |name: &str| format!("{}/{name}", old.path().display());
    for (name, words) in [
        ("old", "holds no fleet: there is no `hedgerow.yaml` in it"),
        ("yml", "there is no `hedgerow.yaml` in it, but there is `hedgerow.yml`: rename it to `hedgerow.yaml`"),
        ("file", "is a file: name the directory of a hedgerow.yaml, or a revision"),
        ("gone", "is neither a directory with a hedgerow.yaml nor a revision"),
    ] {
        for arguments in [format!("diff {}", none(name)), format!("diff . {}", none(name))] {
            let ran = run(fleet.path(), &arguments);
            assert!(ran.exit == Exit::BadInput && ran.stderr.contains(words), "{arguments}: {}", ran.stderr);
            assert!(!ran.stderr.contains("there is no revision"), "{}", ran.stderr);
        }
    }
    if !has_git() {
        return;
    }
    // In a repository too; a branch goes before a directory of its name.
    git(fleet.path(), &["init", "-q", "-b", "trunk"]);
    git(fleet.path(), &["add", "-A"]);
    git(fleet.path(), &["commit", "-qm", "base"]);
    write(fleet.path(), &[("old/x", b""), ("trunk/x", b"")]);
    let ran = run(fleet.path(), "diff net/old");
    assert!(ran.stderr.contains("the directory `net/old` holds no fleet"), "{}", ran.stderr);
    let ran = run(fleet.path(), "check --base net/old");
    assert!(ran.stderr.contains("the directory `net/old` holds no fleet"), "{}", ran.stderr);
    git(fleet.path(), &["branch", "net/trunk"]);
    assert_eq!(run(fleet.path(), "diff net/trunk").out(), "nothing changes\n");
}

#[test]
fn revisions_are_read_without_a_checkout() {
    if !has_git() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    let work = top.path().join("work");
    std::fs::create_dir(&work).unwrap();
    git(&work, &["init", "-q", "-b", "trunk"]);
    write(&work, &base());
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-qm", "base"]);
    std::fs::remove_dir_all(work.join("net")).unwrap();
    write(&work, &head());
    let net = work.join("net");
    assert_eq!(run(&net, "diff HEAD").out(), EXPECTED, "against the files on the disk");
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-qm", "head"]);
    git(&work, &["gc", "-q"]);
    for (arguments, expected) in
        [("diff HEAD~1 HEAD", EXPECTED), ("diff trunk~1 trunk", EXPECTED), ("diff HEAD", "nothing changes\n")]
    {
        let ran = run(&net, arguments);
        assert_eq!((ran.out(), ran.exit), (expected, Exit::Done), "{arguments}: {}", ran.stderr);
    }
    git(top.path(), &["clone", "-q", "--bare", "work", "bare.git"]);
    let bare = top.path().join("bare.git");
    assert_eq!(run(&bare, "diff HEAD~1 HEAD --fleet net").out(), EXPECTED);
    git(top.path(), &["clone", "-q", "--depth", "1", &format!("file://{}", work.display()), "shallow"]);
    let shallow = top.path().join("shallow/net");
    assert_eq!(run(&shallow, "diff HEAD").out(), "nothing changes\n");
    for (directory, arguments, message) in [
        (&net, "diff trunc", "there is no revision `trunc`; did you mean `trunk`?"),
        (&shallow, "diff HEAD~1", "there is no revision `HEAD~1`; this clone is shallow"),
        (&bare, "diff HEAD --fleet net", "a bare repository has no work tree"),
        (&bare, "diff HEAD~1 HEAD", "holds no fleet: there is no `hedgerow.yaml`"),
        (&top.path().to_path_buf(), "diff HEAD", "is not in a git repository"),
    ] {
        let ran = run(directory, arguments);
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn half_a_fleet_is_not_compared() {
    let mut files = head();
    files.push(("service.emoji/egress/service.nobody.rule", b""));
    let (base, broken) = (tree(&base()), tree(&files));
    let ran = run(base.path(), &format!("diff {0} {1}", base.path().display(), broken.path().display()));
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
    assert!(ran.stderr.contains("unknown-callee") && ran.stderr.contains("nothing can be compared"), "{}", ran.stderr);
}

#[test]
fn review_lines_are_printed_written_and_checked() {
    let mut files = base();
    files.push((".git/HEAD", b""));
    files.push(("CODEOWNERS", b"* @everybody\n"));
    let fleet = tree(&files);
    let owners = |arguments: &str| run(fleet.path(), &format!("codeowners {arguments}"));
    assert_eq!(
        owners("--owner finance --org hazel").out(),
        "**/egress/service.ledger.rule @hazel/finance\n**/egress/service.vault.rule @hazel/finance\n"
    );
    assert_eq!(owners("service.led* --type backend").out(), "**/egress/service.ledger.rule @finance\n");
    let missing = owners("service.ledger --check");
    assert_eq!(missing.exit, Exit::Findings);
    assert!(
        missing.out().contains("@finance is not asked by GitHub about rules that let others call `service.ledger`"),
        "{}",
        missing.out()
    );
    assert_eq!(owners("service.ledger --write").exit, Exit::Done);
    let path = fleet.path().join("CODEOWNERS");
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        written,
        "* @everybody\n\n# hedgerow:begin (written by `hedgerow codeowners --write`)\n**/egress/service.ledger.rule @finance\n# hedgerow:end\n"
    );
    assert_eq!(owners("service.ledger --check").exit, Exit::Done);
    // A later line that gives a caller's directory to somebody else takes the review away.
    std::fs::write(&path, format!("{written}/service.emoji/ @faces\n")).unwrap();
    let overruled = owners("service.ledger --check");
    assert_eq!(overruled.exit, Exit::Findings);
    assert!(
        overruled.out().contains("`service.emoji/egress/service.ledger.rule`")
            && overruled.out().contains("CODEOWNERS:6:1"),
        "{}",
        overruled.out()
    );
    for (arguments, message) in [
        ("service.legder", "did you mean `service.ledger`?"),
        ("ledger", "did you mean `service.ledger`?"),
        ("--owner nobody", "no service that was chosen has an owner"),
    ] {
        let ran = owners(arguments);
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
    }
}

/// A fleet with files of code owners; `codeowners` of the ledger, whose owner is @finance.
fn with_owners(files: &[(&str, &str)]) -> impl Fn(&str) -> (Exit, String) {
    let fleet = tree(&base());
    std::fs::create_dir(fleet.path().join(".git")).expect("files can be written");
    for (path, text) in files {
        let path = fleet.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("files can be written");
        std::fs::write(path, text).expect("files can be written");
    }
    move |arguments| {
        let ran = run(fleet.path(), &format!("codeowners service.ledger {arguments}"));
        (ran.exit, format!("{}{}", ran.out(), ran.stderr))
    }
}

const LINE: &str = "**/egress/service.ledger.rule @finance\n";

#[test]
fn each_code_host_is_read_by_its_own_grammar() {
    let all = "every rule file is covered";
    let block = format!("# hedgerow:begin\n{LINE}# hedgerow:end\n");
    let gitlab =
        format!("# hedgerow:begin (written by `hedgerow codeowners --write`)\n[Hedgerow]\n{LINE}# hedgerow:end\n");
    let github = format!("# hedgerow:begin (written by `hedgerow codeowners --write`)\n{LINE}# hedgerow:end\n");
    let rows: [(&[(&str, &str)], &str); 17] = [
        (&[(".gitlab/CODEOWNERS", &gitlab)], all),
        (&[(".github/CODEOWNERS", &github)], all),
        (&[("CODEOWNERS", &github)], all),
        // Report 12: an exclusion behind the block, and a section of the same name in other letters.
        (&[(".gitlab/CODEOWNERS", &format!("{gitlab}!service.emoji/egress/\n"))], "!service.emoji/egress/"),
        (&[(".gitlab/CODEOWNERS", &format!("{gitlab}[HEDGEROW]\n*.rule @others\n"))], "*.rule @others"),
        (&[(".gitlab/CODEOWNERS", &format!("{gitlab}[Others]\n*.rule @others\n"))], "block of review lines"),
        (&[(".gitlab/CODEOWNERS", &format!("^[Net]\n{block}"))], "not asked by GitLab"),
        (&[(".gitlab/CODEOWNERS", &format!("[Net]\n!*.rule\n{block}"))], "!*.rule"),
        // The same text is no exclusion for GitHub, which skips the line.
        (&[(".github/CODEOWNERS", &format!("!service.emoji/egress/\n{github}"))], all),
        (&[(".github/CODEOWNERS", &format!("{github}/service.emoji/ @faces\n"))], "this line decides"),
        (&[(".github/CODEOWNERS", &format!("{github}/service.emoji/ faces\n"))], "block of review lines"),
        (&[("CODEOWNERS", &format!("[Net]\n{block}!*.rule\n"))], "not asked by GitLab"),
        (&[(".github/CODEOWNERS", &github), (".gitlab/CODEOWNERS", "* @all\n")], "not asked by GitLab"),
        (&[("CODEOWNERS", &github), (".github/CODEOWNERS", "* @all\n")], "not asked by GitHub"),
        (&[(".gitlab/CODEOWNERS", &gitlab), ("CODEOWNERS", "* @all\n")], "CODEOWNERS:1:1"),
        (&[(".bitbucket/CODEOWNERS", LINE)], "read by Bitbucket, whose grammar is not known"),
        (&[("CODEOWNERS", LINE), (".gitea/issue_template.md", "")], "read by Gitea, whose grammar is not known"),
    ];
    for (files, expected) in rows {
        let (exit, said) = with_owners(files)("--check");
        assert!(said.contains(expected), "{files:?}: {said}");
        assert_eq!(exit == Exit::Done, expected == all, "{files:?}: {said}");
    }
    let large = format!("{github}{}", "# a comment of some length\n".repeat(130_000));
    let (exit, said) = with_owners(&[(".github/CODEOWNERS", &large)])("--check");
    assert!(exit == Exit::Findings && said.contains("larger than 3 MB"), "{said}");
}

#[test]
fn what_codeowners_advises_is_enough() {
    for files in [
        vec![],
        vec![("CODEOWNERS", "* @all\n")],
        vec![("docs/CODEOWNERS", "* @all\n[Net] @net\n*.rule\n")],
        vec![(".github/CODEOWNERS", "# hedgerow:begin\n# hedgerow:end\n*.rule @all\n")],
        vec![(".gitlab/CODEOWNERS", "^[Optional]\n* @all\n"), (".github/CODEOWNERS", "* @all\r\n")],
        vec![(".gitlab/CODEOWNERS", "# hedgerow:begin\n# hedgerow:end\n\n!*.rule\n[Docs] @docs\n*.md\n")],
        vec![(".gitlab-ci.yml", ""), ("CODEOWNERS", "!*.rule\n")],
        vec![(".gitlab-ci.yml", "")],
    ] {
        let owners = with_owners(&files);
        let (exit, said) = owners("--check");
        assert!(exit == Exit::Findings && said.contains("`hedgerow codeowners --write`"), "{files:?}: {said}");
        let (exit, said) = owners("--write");
        assert_eq!(exit, Exit::Done, "{files:?}: {said}");
        let (exit, said) = owners("--check");
        assert_eq!(exit, Exit::Done, "{files:?}: {said}");
    }
    // No line further down brings back what is excluded from the block's own section.
    let owners = with_owners(&[(".gitlab/CODEOWNERS", "[hedgerow]\n!*.rule\n")]);
    let (_, said) = owners("--write");
    assert!(said.contains("take the line away that decides") && said.contains("CODEOWNERS:2:1"), "{said}");
    // Which host it is can be said.
    let owners = with_owners(&[("CODEOWNERS", "* @all\n")]);
    assert_eq!(owners("--write --host gitlab").0, Exit::Done);
    assert_eq!(owners("--check --host gitlab").0, Exit::Done);
}

#[test]
fn what_is_rendered_is_verified() {
    let bank = testdata("bank");
    for environment in ["prod", "staging"] {
        let render = |more: &str| run(&bank, &format!("render --env {environment}{more}")).out().to_owned();
        let rendered = render("") + &render(" --platform");
        let verify = |text: &str, more: &str| {
            Command::new(&bank, &format!("verify --env {environment} -{more}")).stdin(text).run()
        };
        let ran = verify(&rendered, " --quiet");
        assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
        // Without the policies for types nobody can measure anybody.
        let alone = verify(&render(""), " --quiet --format json");
        assert_eq!(alone.exit, Exit::Findings, "{}", alone.stderr);
        let edges = json(&alone)["edges"].as_array().unwrap().clone();
        assert!(!edges.is_empty());
        assert!(edges.iter().all(|edge| edge["difference"] == "missing"), "{edges:?}");
    }
}

#[test]
fn manifests_are_read_from_files_and_directories_and_must_be_understood() {
    let bank = testdata("bank");
    let manifests = tree(&[
        ("a/policy.yaml", b"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: bank}\nspec: {podSelector: {}, ingress: [{}]}\n"),
        ("a/notes.txt", b"not a manifest"),
        ("b.json", br#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ledger", "namespace": "bank", "labels": {"bank.example/routing-name": "service.ledger"}}, "spec": {"containers": []}}"#),
        ("empty.yaml", b""),
        ("broken.yaml", b"kind: Pod\nmetadata: {name: [\n"),
        ("unknown.yaml", b"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\n"),
        ("utf16.yaml", b"\xff\xfek\0"),
        ("all/apps/shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("all/apps/shop/templates/a.yaml", b"kind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"),
        ("all/apps/shop/templates/b.yaml", b"{{ if .Values.x }}\nkind: Pod\n{{ end }}\n"),
        // What has no actions is what it would be rendered to.
        ("plain/Chart.yaml", b"apiVersion: v2\nname: plain\nversion: 1.0.0\n"),
        ("plain/templates/b.json", br#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ledger", "namespace": "bank"}, "spec": {"containers": []}}"#),
    ]);
    let verify = |files: &str| {
        let files: Vec<_> = files.split(' ').map(|file| manifests.path().join(file).display().to_string()).collect();
        run(&bank, &format!("verify --env staging {}", files.join(" ")))
    };
    let open = verify("a b.json");
    assert_eq!(open.exit, Exit::Findings, "{}", open.stderr);
    assert!(
        open.out().contains("can reach `service.ledger`")
            && open.out().contains("NetworkPolicy bank/open decides by its ingress rule 0"),
        "{}",
        open.out()
    );
    let chart = verify("all");
    let said = "shop` is a Helm chart, and its templates are no manifests: name `-` and pipe `helm template NAME";
    assert!(chart.exit == Exit::BadInput && chart.stderr.contains(said), "{}", chart.stderr);
    assert_eq!(chart.stderr.matches("error").count(), 1, "{}", chart.stderr);
    assert!(!verify("plain").stderr.contains("Helm chart"));
    for (files, message) in [
        ("empty.yaml", "there is nothing to verify: the files are empty"),
        ("broken.yaml", "unreadable-manifest"),
        ("unknown.yaml", "unsupported-policy"),
        ("utf16.yaml", "cannot read"),
        ("nosuch.yaml", "cannot read"),
    ] {
        let ran = verify(files);
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(message), "{files}: {}", ran.stderr);
    }
}

#[test]
fn answers_keep_to_their_schemas() {
    let schema = |name: &str| -> jsonschema::Validator {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/schemas/{name}.json"));
        let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let assert_valid = |name: &str, ran: &Ran| {
        let (value, schema) = (json(ran), schema(name));
        let errors: Vec<_> =
            schema.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{}", ran.out());
    };
    let (base, head) = (tree(&base()), tree(&head()));
    assert_valid("diff", &run(head.path(), &format!("diff {} --format json", base.path().display())));
    let bank = testdata("bank");
    let open = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: bank}\nspec: {podSelector: {}, ingress: [{}]}\n";
    let rendered = run(&bank, "render --env staging").out().to_owned() + open;
    let ran = Command::new(&bank, "verify --env staging - --complete --format json").stdin(rendered).run();
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
    assert_valid("verify", &ran);
}
