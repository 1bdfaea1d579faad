//! What `ready` and `reconcile` take for evidence, and what they say where it is none.

use super::common::{Command, Ran, told};
use super::ready::{call, fleet, retell, run};
use hedgerow_cli::Exit;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// With `change` made to the text of the observations.
fn changed(change: impl Fn(String) -> String) -> TempDir {
    let root = fleet(&[]);
    let text = change(fs::read_to_string(root.path().join("seen.jsonl")).unwrap());
    fs::write(root.path().join("seen.jsonl"), text).unwrap();
    root
}

#[test]
fn code_that_cannot_be_read_is_read_by_nobody_who_may_import_it() {
    let import = "package main\n\nimport (\n\t\"net/http\"\n\t\"bank.example/lib\"\n)\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n\tlib.Call()\n}\n";
    let with = |files: &[(&str, &[u8])]| {
        let root = fleet(&[]);
        fs::write(root.path().join("go.mod"), "module bank.example\n").unwrap();
        fs::write(root.path().join("service.cards/main.go"), import).unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        run(root.path(), "ready --observations seen.jsonl")
    };
    let lib = b"package lib\n\nfunc Call() {}\n";
    assert_eq!(with(&[("lib/lib.go", lib)]).exit, Exit::Done, "{}", with(&[("lib/lib.go", lib)]).out());
    // The package is there, and one file of it is not understood: what it calls nobody knows.
    let hidden = b"package lib\n\n// \xff\0\nfunc other() {}\n";
    let ran = with(&[("lib/lib.go", lib), ("lib/other.go", hidden)]);
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.out());
    assert!(
        ran.out().contains(
            "not all of the code was read of 3 services: `service.cards` (not UTF-8, lib/other.go, which it may import)"
        ),
        "{}",
        ran.out()
    );
    // A comment in another encoding hides nothing.
    let old = b"package lib\n\n// M\xfcnchen\nfunc other() {}\n";
    let ran = with(&[("lib/lib.go", lib), ("lib/other.go", old)]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    let ran = with(&[("lib/lib.go", lib), ("lib/big.go", &vec![b' '; (8 << 20) + 1])]);
    assert!(ran.out().contains("too large, lib/big.go, which it may import"), "{}", ran.out());
    // How imports are found is not known.
    let ran = with(&[("lib/lib.go", lib), ("lib/go.mod", b"module \xff\n")]);
    assert!(ran.out().contains("not UTF-8, lib/go.mod, which it may import"), "{}", ran.out());
    // What no service of this language can import is nobody's, and what no code imports neither.
    for (path, text) in [("lib/other.py", &hidden[..]), ("lib/notes.yaml", b"\xff"), ("lib/other_test.go", hidden)] {
        let ran = with(&[("lib/lib.go", lib), (path, text)]);
        assert_eq!(ran.exit, Exit::Done, "{path}: {}", ran.out());
    }
}

/// Files by their paths, and what is said of code that is not there.
type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>);

#[test]
fn code_behind_an_import_that_is_not_there_is_not_read() {
    let main = |import: &str| {
        format!(
            "package main\n\nimport (\n\t\"net/http\"\n\t\"{import}\"\n)\n\nfunc main() {{\n\thttp.ListenAndServe(\":8080\", nil)\n\tlib.Call()\n}}\n"
        )
    };
    let with = |files: &[(&str, &str)]| {
        let root = fleet(&[]);
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    };
    let module = ("go.mod", "module bank.example\n");
    let own = main("bank.example/lib");
    let lib = "package lib\n\nfunc Call() {}\n";
    let leads_on = "package lib\n\nimport \"bank.example/gen/api\"\n\nfunc Call() { api.Call() }\n";
    let foreign = main("other.example/lib");
    let web =
        "import { call } from './gen/api';\nimport http from 'http';\nhttp.createServer(() => call()).listen(8080);\n";
    let main = ("service.cards/main.go", own.as_str());
    // What is not there, and who imports it.
    let table: [Row; 6] = [
        (&[module, main], Some("`bank.example/lib`, which service.cards/main.go imports, is not there")),
        (&[module, main, ("lib/lib.go", lib)], None),
        (
            &[module, main, ("lib/lib.go", leads_on)],
            Some("`bank.example/gen/api`, which lib/lib.go imports, is not there"),
        ),
        // What is of no module of the tree is installed.
        (&[module, ("service.cards/main.go", &foreign)], None),
        (&[("service.web/index.ts", web)], Some("`./gen/api`, which service.web/index.ts imports, is not there")),
        (&[("service.web/index.ts", web), ("service.web/gen/api.ts", "export function call() { return 1; }\n")], None),
    ];
    for (files, missing) in table {
        let root = with(files);
        told(root.path(), "seen.jsonl");
        let ran = run(root.path(), "ready service.emoji --observations seen.jsonl");
        assert_eq!(ran.out().contains("not all of the code was read"), missing.is_some(), "{files:?}: {}", ran.out());
        assert_eq!(ran.exit, if missing.is_some() { Exit::Findings } else { Exit::Done }, "{files:?}: {}", ran.out());
        assert!(ran.out().contains(missing.unwrap_or_default()), "{files:?}: {}", ran.out());
        // The scan's findings are about what was read.
        let ran = run(root.path(), "scan --check");
        assert_eq!(ran.exit, Exit::Done, "{files:?}: {}{}", ran.out(), ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_listed_may_hold_anything() {
    use std::os::unix::fs::PermissionsExt;
    let root = fleet(&[]);
    let lib = root.path().join("lib");
    fs::create_dir(&lib).unwrap();
    fs::set_permissions(&lib, fs::Permissions::from_mode(0o000)).unwrap();
    let can_be_listed = fs::read_dir(&lib).is_ok();
    let ran = run(root.path(), "ready --observations seen.jsonl");
    fs::set_permissions(&lib, fs::Permissions::from_mode(0o755)).unwrap();
    // Root reads everything.
    assert_eq!(ran.exit == Exit::Done, can_be_listed, "{}", ran.out());
}

#[test]
fn observations_of_another_environment_or_tree_are_no_evidence() {
    let of = |environment: &'static str| {
        changed(move |text| text.replacen(r#""environment":"prod""#, &format!(r#""environment":"{environment}""#), 1))
    };
    let root = of("prod");
    assert_eq!(run(root.path(), "ready --observations seen.jsonl").exit, Exit::Done);
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(!ran.out().contains("of which environment"), "{}", ran.out());
    let root = of("test");
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(ran.out().starts_with("service.ledger: unknown\n"), "{}", ran.out());
    assert!(ran.out().contains("are of the environment `test`, and `prod` is asked for"), "{}", ran.out());
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert_eq!(ran.exit, Exit::BadInput);
    assert!(ran.stderr.contains("are of the environment `test`, and `prod` is asked for"), "{}", ran.stderr);
    // What does not tell may be of any.
    for (key, text) in [
        ("environment", "the observations do not tell of which environment they are\n"),
        ("catalogue", "the observations do not tell by which catalogue services were named\n"),
    ] {
        let root = fleet(&[]);
        retell(root.path(), |header| header[key] = serde_json::Value::Null);
        let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
        assert!(ran.out().starts_with("service.ledger: unknown\n"), "{}{}", ran.out(), ran.stderr);
        assert!(ran.out().contains(&format!("  unknown window      {text}")), "{}", ran.out());
        assert!(ran.out().contains("`hedgerow catalogue --env prod --rules`\n"), "{}", ran.out());
        let ran = run(root.path(), "reconcile --observations seen.jsonl");
        assert!(ran.stderr.contains(&format!("warning: {text}")), "{}", ran.stderr);
    }
    // The catalogue, in each form that a collector may have, and that of another tree.
    for arguments in ["catalogue", "catalogue --rules", "catalogue --env prod", "catalogue --env prod --rules"] {
        let root = fleet(&[]);
        let catalogue: serde_json::Value = serde_json::from_str(run(root.path(), arguments).out()).unwrap();
        let has_rules = arguments.contains("--rules");
        // Earlier versions named the catalogue by all that it says.
        for digest in ["digest", "naming"] {
            retell(root.path(), |header| {
                header["catalogue"] = catalogue[digest].clone();
                let labelling = catalogue["labelling"].clone();
                drop(header.as_object_mut().unwrap().remove("labelling"));
                if digest == "naming" && has_rules {
                    header["labelling"] = labelling;
                }
            });
            let ran = run(root.path(), "ready --observations seen.jsonl");
            let told = "unknown labels      the catalogue by which pods were named has no rules";
            assert_eq!(ran.exit == Exit::Done, has_rules, "{arguments}: {}{}", ran.out(), ran.stderr);
            assert_eq!(ran.out().contains(told), !has_rules, "{arguments}: {}", ran.out());
        }
        // A new rule is no new name: only what it asks of labels was not looked at.
        if arguments.contains("--rules") {
            let rule = root.path().join("service.cards/egress/service.emoji.rule");
            fs::create_dir_all(rule.parent().unwrap()).unwrap();
            fs::write(&rule, "origin: manual\n").unwrap();
            let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
            let told =
                "unknown labels      the labels that pods should wear come from other rules than those of this tree";
            assert!(ran.out().contains(told), "{arguments}: {}", ran.out());
            assert!(!run(root.path(), "reconcile --observations seen.jsonl").stderr.contains("not this tree's"));
            fs::remove_file(rule).unwrap();
        }
        // Whose it is, and what is tried, names nobody.
        fs::write(root.path().join("service.cards/service.yaml"), "owner: others\nstage: {prod: enforce}\n").unwrap();
        let ran = run(root.path(), "ready --observations seen.jsonl");
        assert!(!ran.out().contains("by a catalogue that"), "{arguments}: {}", ran.out());
        fs::rename(root.path().join("service.cards"), root.path().join("service.maps")).unwrap();
        let ran = run(root.path(), "ready --observations seen.jsonl");
        assert_eq!(ran.exit, Exit::Findings, "{arguments}");
        assert!(ran.out().contains("by a catalogue that is not this tree's"), "{}", ran.out());
        let ran = run(root.path(), "reconcile --observations seen.jsonl");
        assert!(ran.stderr.contains("hedgerow catalogue --env prod --rules"), "{}", ran.stderr);
    }
}

#[test]
fn what_the_deployed_policy_permits_counts_where_it_is_that_of_the_tree() {
    let outsider = call("x", "permitted", 2).replace(r#"{"service":"x"}"#, r#"{"outsider":"node b"}"#);
    // Whoever calls: of services of the fleet the tree tells, and of outsiders the policy alone.
    for more in [&[][..], &[outsider.as_str()]] {
        let root = fleet(more);
        let ready = |root: &Path| run(root, "ready service.ledger --observations seen.jsonl");
        // The collector tells of the very policy that `render` prints.
        let rendered = run(root.path(), "render --service service.ledger").out().to_owned();
        let objects: Vec<&str> = rendered.split("---\n").filter(|object| !object.is_empty()).collect();
        let digest = hedgerow_observe::verdict::meaning_of(objects).unwrap();
        let text = fs::read_to_string(root.path().join("seen.jsonl")).unwrap();
        assert!(text.contains(&digest), "{text}");
        assert_eq!(ready(root.path()).exit, Exit::Done, "{}", ready(root.path()).out());
        // Another one is deployed.
        for other in ["sha256:0", "x"] {
            retell(root.path(), |header| header["services"]["service.ledger"]["policy"]["digest"] = other.into());
            let ran = ready(root.path());
            assert!(ran.out().starts_with("service.ledger: unknown\n"), "{}", ran.out());
            let line = "unknown policy      the policy that is deployed is not the one that this tree asks for\n";
            assert!(ran.out().contains(line), "{}", ran.out());
            let calls = "calls that the deployed policy permits, which is not the one that this tree asks for: node b";
            assert_eq!(ran.out().contains(calls), !more.is_empty(), "{}", ran.out());
        }
        // The tree goes on, and the collector has its catalogue, and not yet its policies.
        fs::write(
            root.path().join("service.ledger/service.yaml"),
            "ports: [{name: http, port: 8080}]\nallow: [{from: anybody, reason: it is public}]\n",
        )
        .unwrap();
        told(root.path(), "seen.jsonl");
        assert_eq!(ready(root.path()).exit, Exit::Done, "{}", ready(root.path()).out());
        retell(root.path(), |header| header["services"]["service.ledger"]["policy"]["digest"] = digest.into());
        let ran = ready(root.path());
        assert!(ran.out().starts_with("service.ledger: unknown\n"), "{}{}", ran.out(), ran.stderr);
        assert!(!ran.out().contains("unknown window"), "{}", ran.out());
        // Of its neighbours the policies are as they were.
        assert_eq!(run(root.path(), "ready service.emoji --observations seen.jsonl").exit, Exit::Done);
    }
}

#[test]
fn what_helps_can_be_copied() {
    let root = fleet(&[&call("service.cards", "unpermitted", 3), &call("service.stranger", "unpermitted", 1)]);
    let copied = |ran: &Ran, start: &str| -> String {
        let line = ran.out().lines().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{}", ran.out()));
        line.split('`').find(|part| part.starts_with("hedgerow ")).expect("a command").to_owned()
    };
    let parent = root.path().parent().unwrap().to_owned();
    let name = root.path().file_name().unwrap().to_str().unwrap().to_owned();
    // From elsewhere, with options that say where the fleet is.
    let ran = run(&parent, &format!("-C {name} reconcile --observations {name}/seen.jsonl"));
    let command = copied(&ran, "--accept service.cards");
    assert_eq!(run(&parent, command.strip_prefix("hedgerow ").unwrap()).exit, Exit::Done, "{command}");
    assert!(root.path().join("service.cards/egress/service.ledger.rule").exists());
    assert!(ran.out().contains("`service.stranger` is no service that this tree knows; if the call is meant, run in its repository `hedgerow allow service.stranger service.ledger`"), "{}", ran.out());
    assert!(!ran.out().contains('…'), "{}", ran.out());
    // A pipe cannot be read again.
    fs::remove_file(root.path().join("service.cards/egress/service.ledger.rule")).unwrap();
    let text = fs::read(root.path().join("seen.jsonl")).unwrap();
    let ran = Command::new(root.path(), "reconcile --observations -").stdin(text).run();
    let command = copied(&ran, "hedgerow allow service.cards");
    assert_eq!(run(root.path(), command.strip_prefix("hedgerow ").unwrap()).exit, Exit::Done, "{command}");
    // A rule is there, and a deploy is missing.
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert!(ran.out().contains("`kubectl get pods --namespace default --selector bank.example/routing-name=service.cards --show-labels` lists its pods"), "{}", ran.out());
    // The code makes it.
    fs::remove_file(root.path().join("service.emoji/egress/service.ledger.rule")).unwrap();
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    let command = copied(&ran, "scan service.emoji");
    assert_eq!(run(root.path(), command.strip_prefix("hedgerow ").unwrap()).exit, Exit::Done, "{command}");
    assert!(root.path().join("service.emoji/egress/service.ledger.rule").exists());
    // ready: the same call.
    fs::remove_file(root.path().join("service.cards/egress/service.ledger.rule")).unwrap();
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    let command = copied(&ran, "if it is meant");
    assert_eq!(run(root.path(), command.strip_prefix("hedgerow ").unwrap()).exit, Exit::Done, "{command}");
}

#[test]
fn a_port_that_the_rule_lacks_is_said_with_its_file() {
    let other = call("service.emoji", "unpermitted", 3).replace("8080", "9090");
    let root = fleet(&[&other]);
    fs::write(root.path().join("service.emoji/egress/service.ledger.rule"), "ports: [http]\norigin: manual\n").unwrap();
    let undeclared = run(root.path(), "reconcile --observations seen.jsonl");
    assert!(undeclared.out().contains("service.emoji → service.ledger: port-missing\n"), "{}", undeclared.out());
    assert!(undeclared.out().contains("    rule: yes, by a person, and not for 9090/TCP\n"), "{}", undeclared.out());
    assert!(
        undeclared.out().contains(
            "    help: `service.ledger` does not declare port 9090/TCP: add it to `ports` in its service.yaml\n"
        ),
        "{}",
        undeclared.out()
    );
    fs::write(
        root.path().join("service.ledger/service.yaml"),
        "ports: [{name: http, port: 8080}, {name: admin, port: 9090}]\n",
    )
    .unwrap();
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    assert!(
        ran.out().contains("    help: add 9090/TCP to `ports` in service.emoji/egress/service.ledger.rule\n"),
        "{}",
        ran.out()
    );
    let ran = run(root.path(), "reconcile --observations seen.jsonl --format github");
    assert!(ran.out().contains("::error file=service.emoji/egress/service.ledger.rule"), "{}", ran.out());
}

#[test]
fn a_pair_is_accepted_already_only_where_no_port_is_missing() {
    let other = call("service.emoji", "unpermitted", 3).replace("8080", "9090");
    let rule = "service.emoji/egress/service.ledger.rule";
    let both = "ports: [{name: http, port: 8080}, {name: admin, port: 9090}]\n";
    let declares = "`service.ledger` does not declare port 9090/TCP: add it to `ports` in its service.yaml";
    let adds = "add 9090/TCP to `ports` in service.emoji/egress/service.ledger.rule";
    // The rule, what the callee declares, and what is missing.
    for (text, service, missing) in [
        ("ports: [http]\norigin: observed\n", both, Some(adds)),
        ("ports: [http]\norigin: manual\n", both, Some(adds)),
        ("ports: [http]\n", both, Some(adds)),
        ("origin: observed\n", "", Some(declares)),
        ("ports: [http]\norigin: observed\n", "", Some(declares)),
        ("origin: observed\n", both, None),
        ("ports: [http, admin]\norigin: observed\n", both, None),
    ] {
        let root = fleet(&[&other]);
        fs::write(root.path().join(rule), text).unwrap();
        fs::write(root.path().join("service.ledger/service.yaml"), service).unwrap();
        let accept = "reconcile --observations seen.jsonl --write --accept service.emoji service.ledger";
        let ran = run(root.path(), accept);
        match missing {
            Some(missing) => {
                assert_eq!(ran.exit, Exit::BadInput, "{text:?}: {}", ran.stderr);
                let told = format!(
                    "`service.emoji` may call `service.ledger` already, and not on all ports that traffic shows: {missing}"
                );
                assert!(ran.stderr.contains(&told), "{text:?}: {}", ran.stderr);
            }
            None => {
                assert_eq!(ran.exit, Exit::Done, "{text:?}: {}", ran.stderr);
                assert!(ran.stderr.contains("may call `service.ledger` already\n"), "{text:?}: {}", ran.stderr);
            }
        }
        assert_eq!(fs::read_to_string(root.path().join(rule)).unwrap(), text);
    }
}

#[test]
fn calls_of_outsiders_that_are_no_edges_are_said() {
    let outsider =
        |verdict: &str, count| call("x", verdict, count).replace(r#"{"service":"x"}"#, r#"{"outsider":"node b"}"#);
    let either =
        call("x", "unknown", 4).replace(r#"{"service":"x"}"#, r#"{"unknown":["service.cards","service.emoji"]}"#);
    let root = fleet(&[&outsider("dropped", 3), &outsider("unknown", 1), &either]);
    let ran = run(root.path(), "reconcile --observations seen.jsonl");
    let wanted = "1 edge: 1 confirmed; of 4 calls to `service.ledger` it cannot be told who made them; 3 calls from outside of the fleet to `service.ledger` were dropped; of 1 call from outside of the fleet to `service.ledger` it cannot be told whether anything permits it\n";
    assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    let ran = run(root.path(), "reconcile --observations seen.jsonl --format json");
    let answer: serde_json::Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(answer["dropped_outsiders"], serde_json::json!({"lines": 1, "calls": 3, "callees": ["service.ledger"]}));
    assert_eq!(answer["unknown_outsiders"]["calls"], 1);
}

#[test]
fn now_is_the_time_and_not_the_end_of_the_day() {
    let root =
        changed(|text| text.replacen("2026-11-21T08:00:00Z", "2026-11-21T13:00:00Z", 1).replace("45120", "45420"));
    // It is noon in these tests.
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl");
    assert!(
        ran.out().contains("the observations end at 2026-11-21T13:00:00Z, which is in the future"),
        "{}",
        ran.out()
    );
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl --today 2026-11-21");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
}
