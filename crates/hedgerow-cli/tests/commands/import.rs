//! `hedgerow import`: what is printed, what is written, what is never touched; from policies to policies.

use crate::common::{Command, tree};
use crate::{CONFIG, workload};
use hedgerow_cli::Exit;
use std::fs;
use std::path::Path;

/// Three services, each with one port.
fn fleet() -> tempfile::TempDir {
    let service = b"ports: [{name: http, port: 8080}]\n";
    tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.cards/service.yaml", service),
        ("service.emoji/service.yaml", service),
        ("service.ledger/service.yaml", service),
    ])
}

/// Every file below a directory, with its text.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found
                    .push((path.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn it_prints_first_and_writes_what_is_missing() {
    let root = fleet();
    let pairs = "service.emoji,service.ledger,,\"books: all\"\nservice.cards,service.ledger\nnobody,service.ledger\n";
    let before = files(root.path());
    let ran = Command::new(root.path(), "import csv -").stdin(pairs).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let wanted = "to write:\n  service.cards/egress/service.ledger.rule\n    reason: \"imported from standard input\"\n    origin: imported\n    # <stdin>:2\n  service.emoji/egress/service.ledger.rule\n    reason: \"books: all\"\n    origin: imported\n    # <stdin>:1\noutside-caller (1): A caller outside of the fleet: an `allow` entry in the callee's service.yaml lets it in.\n  <stdin>:3: `nobody` → `service.ledger`: `nobody` is no service of the fleet\n";
    assert_eq!(ran.out(), wanted);
    assert_eq!(ran.stderr, "csv: 2 rules to add, 0 permitted already; 1 outside-caller\n");
    assert_eq!(files(root.path()), before, "nothing is written without --write");

    let ran = Command::new(root.path(), "import csv - --write").stdin(pairs).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let rule = root.path().join("service.emoji/egress/service.ledger.rule");
    assert_eq!(fs::read_to_string(&rule).unwrap(), "reason: \"books: all\"\norigin: imported\n");
    assert_eq!(Command::new(root.path(), "check").run().exit, Exit::Done);

    // A person's file stays, whatever the source says of the pair.
    fs::write(&rule, "reason: mine\norigin: manual\n").unwrap();
    let before = files(root.path());
    let ran = Command::new(root.path(), "import csv - --write").stdin(pairs).run();
    assert_eq!((ran.exit, files(root.path())), (Exit::Done, before));
    assert!(ran.stderr.contains("0 rules to add, 2 permitted already"), "{}", ran.stderr);
}

#[test]
fn exit_codes_tell_what_is_left() {
    let root = fleet();
    for (arguments, text, exit) in [
        ("csv -", "service.emoji,service.ledger\n", Exit::Done),
        ("csv - --strict", "service.emoji,service.ledger\n", Exit::Done),
        ("csv -", "nobody,service.ledger\n", Exit::Done),
        ("csv - --strict", "nobody,service.ledger\n", Exit::Findings),
        ("csv - --strict", "service.emoji,service.emoji\n", Exit::Done),
        ("csv -", "service.emoji\n", Exit::Findings),
        ("csv - --write", "caller,callee,port\nservice.emoji,service.ledger,8080\n", Exit::Findings),
        ("csv - --write", "service.emoji,service.ledger,80,443\n", Exit::Findings),
        ("csv - --write", "service.emoji-2,service.ledger\n", Exit::Done),
        ("csv -", "", Exit::BadInput),
        ("connlist -", "{", Exit::BadInput),
        ("policies -", "kind: [", Exit::BadInput),
        ("policies -", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\n", Exit::BadInput),
        ("csv - --write --accept service.emoji service.ledger", "service.emoji,service.ledger\n", Exit::BadInput),
        ("hubble - --write", "{}", Exit::BadInput),
        ("tea -", "x", Exit::BadInput),
        ("csv absent.csv", "", Exit::BadInput),
    ] {
        let before = files(root.path());
        let ran = Command::new(root.path(), &format!("import {arguments}")).stdin(text).run();
        assert_eq!(ran.exit, exit, "{arguments} {text:?}: {}{}", ran.out(), ran.stderr);
        assert_eq!(files(root.path()), before, "{arguments} {text:?}");
    }
}

#[test]
fn traffic_opens_no_door_by_itself() {
    let root = fleet();
    let flow = |from: &str, to: &str, action: &str| {
        format!(
            r#"{{"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-21T10:00:15Z","action":"{action}","source_name":"{from}-*","source_namespace":"default","dest_name":"{to}-*","dest_namespace":"default","protocol":"tcp","dest_port":8080,"reporter":"Dst","policies":{{"enforced":[],"pending":[]}}}}"#
        ) + "\n"
    };
    let text = [
        flow("s-emoji", "s-ledger", "Allow"),
        flow("s-cards", "s-ledger", "Allow"),
        flow("s-ledger", "s-cards", "Deny"),
    ]
    .concat();
    let before = files(root.path());
    let ran = Command::new(root.path(), "import goldmane -").stdin(text.clone()).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(
        ran.out().starts_with("seen without a rule; --write --accept CALLER CALLEE writes one:\n"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains("dropped (1)"), "{}", ran.out());
    for accept in [
        "",
        "--accept service.ledger service.cards",
        "--accept service.emoji service.cards",
        "--accept nobody service.ledger",
    ] {
        let ran = Command::new(root.path(), &format!("import whisker - --write {accept}")).stdin(text.clone()).run();
        assert_eq!((ran.exit, files(root.path())), (Exit::BadInput, before.clone()), "{accept}: {}", ran.stderr);
    }
    let ran =
        Command::new(root.path(), "import goldmane - --write --accept service.emoji service.ledger").stdin(text).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let added: Vec<_> = files(root.path()).into_iter().filter(|file| !before.contains(file)).collect();
    let wanted = "origin: observed\nfirst-seen: 2026-11-20\nlast-seen: 2026-11-20\n";
    assert_eq!(added, [("service.emoji/egress/service.ledger.rule".to_owned(), wanted.to_owned())]);
}

/// As after a run that was killed between two files: the same command finishes, and a third run changes nothing.
#[test]
fn accepting_finishes_where_a_killed_run_left_off() {
    let root = fleet();
    let flow = |from: &str, to: &str| {
        format!(
            r#"{{"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-21T10:00:15Z","action":"Allow","source_name":"{from}-*","source_namespace":"default","dest_name":"{to}-*","dest_namespace":"default","protocol":"tcp","dest_port":8080,"reporter":"Dst","policies":{{"enforced":[],"pending":[]}}}}"#
        ) + "\n"
    };
    let text = flow("s-emoji", "s-ledger") + &flow("s-cards", "s-ledger");
    let both = "import goldmane - --write --accept service.emoji service.ledger --accept service.cards service.ledger";
    let ran = Command::new(root.path(), both).stdin(text.clone()).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let whole = files(root.path());
    fs::remove_file(root.path().join("service.cards/egress/service.ledger.rule")).unwrap();
    for _ in 0..2 {
        let ran = Command::new(root.path(), both).stdin(text.clone()).run();
        assert_eq!((ran.exit, files(root.path())), (Exit::Done, whole.clone()), "{}", ran.stderr);
        assert!(ran.stderr.contains("`service.emoji` may call `service.ledger` already\n"), "{}", ran.stderr);
    }
    // A fault beside it still stops all.
    fs::remove_file(root.path().join("service.cards/egress/service.ledger.rule")).unwrap();
    let before = files(root.path());
    let ran = Command::new(root.path(), &format!("{both} --accept service.ledger service.cards")).stdin(text).run();
    assert_eq!((ran.exit, files(root.path())), (Exit::BadInput, before), "{}", ran.stderr);
}

/// What a DENY denies and no rule can is a loss, for CI too.
#[test]
fn strict_fails_where_a_rule_lets_in_what_is_denied() {
    let root = fleet();
    let policy = |name: &str, spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: {name}, namespace: default}}\nspec: {{{spec}}}\n---\n"
        )
    };
    let allow = policy("allow", "rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/emoji]}}]}]");
    let workloads: String = ["cards", "emoji", "ledger"]
        .into_iter()
        .map(|name| {
            workload(&format!("s-{name}")) + &format!("    spec: {{serviceAccountName: {name}, containers: []}}\n---\n")
        })
        .collect();
    for (deny, exit) in [
        ("from: [{source: {principals: [cluster.local/ns/default/sa/cards]}}]", Exit::Done),
        ("to: [{operation: {paths: [/admin]}}]", Exit::Findings),
        ("from: [{source: {ipBlocks: [10.0.0.0/8]}}]", Exit::Findings),
        ("when: [{key: 'request.headers[x]', values: [a]}]", Exit::Findings),
    ] {
        let deny = policy("deny", &format!("action: DENY, rules: [{{{deny}}}]"));
        let all = format!("{allow}{deny}{workloads}");
        let ran = Command::new(root.path(), "import istio - --strict").stdin(all).run();
        assert_eq!(ran.exit, exit, "{deny}: {}{}", ran.out(), ran.stderr);
    }
}

#[test]
fn a_file_that_is_no_rule_of_the_fleet_is_in_the_way() {
    let root = fleet();
    fs::create_dir_all(root.path().join("service.emoji/egress/service.ledger.rule/x")).unwrap();
    let before = files(root.path());
    let pairs = "service.cards,service.ledger\nservice.emoji,service.ledger\n";
    let ran = Command::new(root.path(), "import csv - --write").stdin(pairs).run();
    assert_eq!((ran.exit, files(root.path())), (Exit::BadInput, before), "{}", ran.stderr);
}

/// Policies in, rules out, policies of the rules in again: the same rules, and `verify` finds what it should.
#[test]
fn from_policies_to_policies_and_back() {
    let policies = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger}
spec: {podSelector: {matchLabels: {who: ledger}}, ingress: [{from: [{podSelector: {matchLabels: {who: emoji}}}], ports: [{port: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cards}
spec: {podSelector: {matchLabels: {who: cards}}, ingress: [{from: [{podSelector: {matchLabels: {who: ledger}}}, {podSelector: {matchLabels: {who: emoji}}}], ports: [{port: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: emoji}
spec: {podSelector: {matchLabels: {who: emoji}}}
---
";
    let workloads: String = ["cards", "emoji", "ledger"]
        .into_iter()
        .map(|name| {
            workload(&format!("s-{name}")).replace("app: x", &format!("who: {name}"))
                + "    spec: {containers: []}\n---\n"
        })
        .collect();
    let root = fleet();
    let all = format!("{policies}{workloads}");
    let ran = Command::new(root.path(), "import policies - --strict --write").stdin(all).run();
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out(), ran.stderr);
    let rules: Vec<_> = files(root.path()).into_iter().filter(|(path, _)| path.ends_with(".rule")).collect();
    let names: Vec<_> = rules.iter().map(|(path, _)| path.as_str()).collect();
    let wanted = [
        "service.emoji/egress/service.cards.rule",
        "service.emoji/egress/service.ledger.rule",
        "service.ledger/egress/service.cards.rule",
    ];
    assert_eq!(names, wanted);
    let rendered = Command::new(root.path(), "post-render").stdin(workloads).run();
    assert_eq!(rendered.exit, Exit::Done, "{}", rendered.stderr);
    let verified = Command::new(root.path(), "verify -").stdin(rendered.stdout.clone()).run();
    assert_eq!(verified.exit, Exit::Done, "{}{}", verified.out(), verified.stderr);
    for (path, _) in &rules {
        fs::remove_file(root.path().join(path)).unwrap();
    }
    // Labels that nobody wears are in the policies, too: that is said.
    let again = Command::new(root.path(), "import policies - --write").stdin(rendered.stdout.clone()).run();
    assert_eq!(again.exit, Exit::Done, "{}{}", again.out(), again.stderr);
    let names: Vec<_> =
        files(root.path()).into_iter().filter(|(path, _)| path.ends_with(".rule")).map(|(path, _)| path).collect();
    assert_eq!(names, wanted);
}

/// A repository holds more than manifests: what is about something else is counted, what cannot be read is said.
#[test]
fn files_of_a_repository_that_hold_no_object_are_left_out() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ledger}\nspec: {podSelector: {matchLabels: {app: x}}, ingress: [{from: [{podSelector: {matchLabels: {app: cron}}}]}]}\n---\n".to_owned()
        + &workload("s-ledger")
        + "    spec: {containers: []}\n";
    let root = fleet();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("deploy/ledger.yaml", &policy);
    put("values.yaml", "image: {tag: 1}\nkind: Deployment\nservice: {spec: {type: ClusterIP}}\n");
    put("chart/Chart.yaml", "apiVersion: v2\nname: x\n");
    put(".github/workflows/ci.yml", "on: push\njobs: {}\n---\n# a second document\n");
    put("list.json", "[{\"a\": 1}, 2]\n");
    put("word.yaml", "only a word\n");
    put("comment.yaml", "# nothing\n");
    for (arguments, code) in [("import policies .", 0), ("verify --namespace elsewhere .", 2)] {
        let ran = Command::new(root.path(), arguments).run();
        let told = "9 files hold no Kubernetes object and are left out, such as `./.github/workflows/ci.yml`\n";
        assert!(ran.stderr.starts_with(told), "{arguments}: {}{}", ran.stderr, ran.out());
        assert_eq!(ran.exit == Exit::Done, code == 0, "{arguments}: {}", ran.stderr);
    }
    // A file that is named is meant, whatever stands beside it.
    put("broken.yaml", "{% if x %}\na: [\n");
    for (arguments, stdin, file, what) in [
        ("import policies hedgerow.yaml", "", "hedgerow.yaml", "holds no Kubernetes object"),
        ("import policies deploy/ledger.yaml hedgerow.yaml", "", "hedgerow.yaml", "holds no Kubernetes object"),
        ("import policies . values.yaml", "", "values.yaml", "holds no Kubernetes object"),
        ("import policies deploy ./list.json", "", "./list.json", "holds no Kubernetes object"),
        ("import nais list.json", "", "list.json", "holds no Kubernetes object"),
        (
            "import istio deploy/ledger.yaml broken.yaml",
            "",
            "broken.yaml",
            "cannot be read as YAML, and no `kind` is in it",
        ),
        ("verify deploy/ledger.yaml word.yaml", "", "word.yaml", "holds no Kubernetes object"),
        ("import policies deploy -", "image: {tag: 1}\n", "<stdin>", "holds no Kubernetes object"),
        (
            "graph --manifests deploy/ledger.yaml --manifests values.yaml",
            "",
            "values.yaml",
            "holds no Kubernetes object",
        ),
    ] {
        let ran = Command::new(root.path(), arguments).stdin(stdin.as_bytes().to_vec()).run();
        assert_eq!(ran.exit, Exit::BadInput, "{arguments}: {}{}", ran.stderr, ran.out());
        let told = format!(
            "error: `{file}` {what}: name only files with Kubernetes objects; in directories, other files are left out\n"
        );
        assert_eq!((ran.stderr.as_str(), ran.out()), (told.as_str(), ""), "{arguments}");
    }
    fs::remove_file(root.path().join("broken.yaml")).unwrap();
    for arguments in ["import policies deploy/ledger.yaml", "import policies deploy/ledger.yaml comment.yaml"] {
        let ran = Command::new(root.path(), arguments).run();
        assert_eq!(ran.exit, Exit::Done, "{arguments}: {}", ran.stderr);
    }
    let ran = Command::new(root.path(), "import policies chart").run();
    assert_eq!(ran.exit, Exit::BadInput);
    assert!(ran.stderr.contains("there is nothing to import: 1 file, such as `chart/Chart.yaml`"), "{}", ran.stderr);

    // A file of comments changes nothing, nor does an empty one.
    for (path, text) in [("chart/notes.yaml", "# nothing\n---\n\n# nor here\n"), ("chart/empty.yaml", "")] {
        put(path, text);
        let again = Command::new(root.path(), "import policies chart").run();
        assert_eq!((again.exit, &again.stderr), (ran.exit, &ran.stderr), "{path}");
        fs::remove_file(root.path().join(path)).unwrap();
    }
    let ran = Command::new(root.path(), "import policies comment.yaml").run();
    assert_eq!(ran.stderr, "error: there is nothing to import: the files are empty\n");

    // What cannot be read and has no `kind` holds no object: it is said, and stops nobody.
    put("tsconfig.json", "{\n  // strict\n  \"compilerOptions\": {}\n}\n");
    put("many/a.yaml", "{% if x %}\na: [\n");
    let ran = Command::new(root.path(), "import policies .").run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let told = "11 files hold no Kubernetes object and are left out, such as `./.github/workflows/ci.yml`\namong them, not readable as YAML: `./many/a.yaml` and 1 more; no `kind` is in it, which every object has\n";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);

    for (text, fault) in [
        ("kind: [\n", "cannot read the document"),
        // An object that lost a part is no other program's file.
        ("apiVersion: networking.k8s.io/v1\nmetadata: {name: x}\nspec: {podSelector: {}}\n", "has no `kind`"),
        ("items:\n- {kind: NetworkPolicy, metadata: {name: x}}\n", "`items` and no `kind`"),
        ("kind: ConfigMap\nmetadata: {name: x}\n---\nimage: {tag: 1}\n", "the document has no `kind`"),
    ] {
        put("odd.yaml", text);
        let ran = Command::new(root.path(), "import policies .").run();
        assert_eq!(ran.exit, Exit::BadInput, "{text}{}", ran.stderr);
        assert!(ran.out().contains(fault) || ran.stderr.contains(fault), "{text}{}{}", ran.stderr, ran.out());
    }
}

#[test]
fn a_rule_file_names_no_path_of_one_machine() {
    let root = fleet();
    let elsewhere = tempfile::tempdir().unwrap();
    let pairs = "service.emoji,service.ledger\n";
    fs::create_dir(root.path().join("data")).unwrap();
    for path in [root.path().join("data/calls.csv"), elsewhere.path().join("calls.csv")] {
        fs::write(path, pairs).unwrap();
    }
    let absolute = |path: &Path| path.canonicalize().unwrap().display().to_string();
    for (file, shown) in [
        ("data/calls.csv".to_owned(), "data/calls.csv"),
        (absolute(&root.path().join("data/calls.csv")), "data/calls.csv"),
        (absolute(&elsewhere.path().join("calls.csv")), "calls.csv"),
    ] {
        let ran = Command::new(&root.path().canonicalize().unwrap(), &format!("import csv {file}")).run();
        let told = format!("    reason: \"imported from {shown}\"\n");
        let plain = format!("    reason: imported from {shown}\n");
        assert!(ran.out().contains(&told) || ran.out().contains(&plain), "{file}: {}{}", ran.out(), ran.stderr);
    }
}

/// What `import` tells is explained like the codes of diagnostics.
#[test]
fn explain_knows_what_import_tells() {
    let root = fleet();
    let list = Command::new(root.path(), "explain").run();
    for why in hedgerow_import::Why::ALL {
        let ran = Command::new(root.path(), &format!("explain {}", why.as_str())).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        assert!(ran.out().starts_with("# ") && ran.out().contains(why.as_str()), "{}", ran.out());
        assert!(list.out().lines().any(|line| line.starts_with(&format!("{} ", why.as_str()))), "{}", why.as_str());
    }
    let ran = Command::new(root.path(), "explain outside-caller").run();
    assert!(ran.out().contains("an `allow` entry in the callee's service.yaml lets it in"), "{}", ran.out());
    assert_eq!(Command::new(root.path(), "explain nothing-such").run().exit, Exit::BadInput);
}

/// The line that is printed is pasted below `allow:` as it stands, two of them beside each other; then nothing is left to say.
#[test]
fn entries_are_pasted_below_allow() {
    let root = fleet();
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ledger}\nspec: {podSelector: {matchLabels: {app: x}}, ingress: [{from: [{podSelector: {matchLabels: {app: cron}}}, {ipBlock: {cidr: 10.1.0.0/16}}]}]}\n---\n".to_owned()
        + &workload("s-ledger")
        + "    spec: {containers: []}\n---\n"
        + &workload("cron").replace("app: x", "app: cron\n        tier: y")
        + "    spec: {containers: []}\n---\n"
        + &workload("cron-2").replace("app: x", "app: cron\n        tier: z")
        + "    spec: {containers: []}\n";
    let ran = Command::new(root.path(), "import policies - --strict").stdin(policy.clone()).run();
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
    let head = "    to keep it, add below `allow:` in the service.yaml of `service.ledger`:\n      - ";
    assert_eq!(ran.out().matches(head).count(), 2, "{}", ran.out());
    assert!(ran.out().contains("    to keep it: the same entry of `service.ledger` as above\n"), "{}", ran.out());
    let entries: String =
        ran.out().lines().filter(|line| line.starts_with("      - ")).map(|line| format!("{line}\n")).collect();
    let file = root.path().join("service.ledger/service.yaml");
    fs::write(&file, format!("ports: [{{name: http, port: 8080}}]\nallow:\n{entries}")).unwrap();
    let ran = Command::new(root.path(), "import policies -").stdin(policy).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(!ran.out().contains("to keep it"), "{}", ran.out());
    assert!(ran.stderr.contains("0 rules to add, 2 permitted already; "), "{}", ran.stderr);
}
