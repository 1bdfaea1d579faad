//! Few tests per verb.

use crate::common::{Command, testdata, tree};
use crate::{CONFIG, fleet, workload};
use hedgerow_cli::Exit;

#[test]
fn init_writes_a_fleet_that_checks_and_never_writes_over_one() {
    let root = tree(&[]);
    let init = Command::new(root.path(), "init --domain bank.example").run();
    assert_eq!((init.exit, init.out()), (Exit::Done, ""), "{}", init.stderr);
    let written = std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap();
    assert!(written.contains("bank.example") && !written.contains("example.com"), "{written}");
    assert_eq!(Command::new(root.path(), "check").run().exit, Exit::Done);

    let again = Command::new(root.path(), "init --domain other.example").run();
    assert_eq!(again.exit, Exit::BadInput);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap(), written);
}

#[test]
fn init_refuses_a_domain_that_cannot_stand_in_a_label() {
    let root = tree(&[]);
    let init = Command::new(root.path(), "init --domain Bank_Example").run();
    assert_eq!(init.exit, Exit::BadInput);
    assert!(!root.path().join("hedgerow.yaml").exists());
}

#[test]
fn check_finds_nothing_wrong_with_the_example() {
    let check = Command::new(&testdata("bank"), "check").run();
    assert_eq!((check.exit, check.out()), (Exit::Done, ""), "{}", check.stderr);
    assert!(check.stderr.contains("nothing wrong"), "{}", check.stderr);
}

#[test]
fn a_fleet_is_found_from_below_and_by_name() {
    let bank = testdata("bank");
    let from_below = Command::new(&bank.join("service.ledger"), "render --env prod").run();
    let by_name = Command::new(&bank.join(".."), "-C bank render --env prod").run();
    let by_file = Command::new(&bank, "--config hedgerow.yaml render --env prod").run();
    assert_eq!(from_below.exit, Exit::Done, "{}", from_below.stderr);
    assert_eq!(from_below.stdout, by_name.stdout);
    assert_eq!(from_below.stdout, by_file.stdout);
    let nowhere = tree(&[]);
    let lost = Command::new(nowhere.path(), "check").run();
    assert_eq!(lost.exit, Exit::BadInput);
    assert!(lost.stderr.contains("hedgerow init"), "{}", lost.stderr);
}

#[test]
fn the_environment_may_be_left_out_where_there_is_one() {
    let root = tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/service.yaml", b"owner: x\n")]);
    assert_eq!(Command::new(root.path(), "render").run().exit, Exit::Done);
    let two = Command::new(&fleet(), "render").run();
    assert_eq!((two.exit, two.out()), (Exit::BadInput, ""));
    assert!(two.stderr.contains("off, prod"), "{}", two.stderr);
    let misspelt = Command::new(&fleet(), "render --env prdo").run();
    assert_eq!((misspelt.exit, misspelt.out()), (Exit::BadInput, ""));
    assert!(misspelt.stderr.contains("`prod`"), "{}", misspelt.stderr);
}

#[test]
fn nothing_is_rendered_of_a_faulty_fleet() {
    let files: &[(&str, &[u8])] = &[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/egress/service.a.rule", b"")];
    let root = tree(files);
    for arguments in
        ["render", "render --platform", "labels service.a", "post-render", "callers service.a", "callees service.a"]
    {
        let ran = Command::new(root.path(), arguments).stdin(workload("s-a")).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains("self-call"), "{arguments}: {}", ran.stderr);
    }
    let check = Command::new(root.path(), "check").run();
    assert_eq!(check.exit, Exit::Findings);
}

#[test]
fn render_writes_one_file_per_object() {
    let out = tree(&[]);
    let directory = out.path().to_str().unwrap();
    let render = |extra: &str| {
        let ran = Command::new(&fleet(), &format!("render --env prod {extra}")).args(["--out", directory]).run();
        assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
    };
    render("");
    render("--platform");
    let mut names: Vec<_> =
        std::fs::read_dir(out.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let services = ["default.s-emoji", "default.s-ledger", "default.s-profile", "dmz.s-site", "dmz.s-web"];
    let platform = ["default.catch-all-core", "dmz.catch-all-core"];
    let mut expected: Vec<_> =
        services.iter().chain(&platform).map(|name| format!("{name}.networkpolicy.yaml")).collect();
    expected.sort();
    assert_eq!(names, expected);
    let whole = Command::new(&fleet(), "render --env prod").run();
    let one = std::fs::read_to_string(out.path().join("default.s-ledger.networkpolicy.yaml")).unwrap();
    assert!(whole.out().contains(&format!("---\n{one}")), "a file holds what the stream holds");
}

#[test]
fn labels_come_as_text_json_and_a_patch() {
    let labels = |format: &str| {
        let ran = Command::new(&fleet(), &format!("labels service.emoji --env off --format {format}")).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        ran.out().to_owned()
    };
    insta::assert_snapshot!(labels("text"), @"
    bank.example/egress-s-ledger=true
    bank.example/egress-s-profile.http=true
    bank.example/routing-name=service.emoji
    bank.example/service-type=core
    ");
    insta::assert_snapshot!(labels("patch"), @r#"
    spec:
      template:
        metadata:
          labels:
            bank.example/egress-s-ledger: "true"
            bank.example/egress-s-profile.http: "true"
            bank.example/routing-name: service.emoji
            bank.example/service-type: core
    "#);
    let json: serde_json::Value = serde_json::from_str(&labels("json")).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["service"], "service.emoji");
    assert_eq!(json["labels"]["bank.example/egress-s-ledger"], "true");
}

#[test]
fn completions_and_the_manual_are_printed() {
    let here = tree(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Command::new(here.path(), &format!("completions {shell}")).run();
        assert_eq!(ran.exit, Exit::Done);
        assert!(ran.out().contains("COMPLETE"), "{shell}");
    }
    let manual = Command::new(here.path(), "man").run();
    assert_eq!(manual.exit, Exit::Done);
    assert!(manual.out().contains(".TH hedgerow"), "{}", manual.out());
}

#[test]
fn bad_use_is_told_from_questions_about_use() {
    let here = tree(&[]);
    for arguments in ["--help", "--version", "render --help"] {
        let ran = Command::new(here.path(), arguments).run();
        assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::Done, ""), "{arguments}");
        assert!(!ran.stdout.is_empty());
    }
    for arguments in ["frobnicate", "render --nope", "labels", "-q -v check", "render --platform --service service.a"] {
        let ran = Command::new(here.path(), arguments).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{arguments}");
        assert!(ran.stderr.contains("Usage"), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn quiet_leaves_warnings_out_and_errors_in() {
    let warned = Command::new(&fleet(), "post-render --env off").stdin(workload("stranger")).run();
    assert!(warned.stderr.contains("unclaimed-workload"), "{}", warned.stderr);
    let quiet = Command::new(&fleet(), "-q post-render --env off").stdin(workload("stranger")).run();
    assert_eq!((quiet.exit, quiet.stderr.as_str()), (Exit::Done, ""));
    assert_eq!(quiet.stdout, warned.stdout);
    let refused = Command::new(&fleet(), "-q post-render --env off --strict").stdin(workload("stranger")).run();
    assert_eq!((refused.exit, refused.out()), (Exit::BadInput, ""));
    assert!(refused.stderr.contains("unclaimed-workload"), "{}", refused.stderr);
}

#[test]
fn the_day_decides_which_rules_have_expired() {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.a/egress/service.b.rule", b"expires: 2027-01-31\n"),
        ("service.b/service.yaml", b"owner: x\n"),
    ]);
    let check = |arguments: &str| Command::new(root.path(), arguments).run();
    assert_eq!(check("check").stderr, "2 services, 1 rule: nothing wrong\n");
    assert!(check("check --today 2027-01-01").out().contains("expires in 30 days"));
    assert_eq!(check("check --today 2027-01-31").exit, Exit::Done);
    assert_eq!(check("check --today 2027-02-01").exit, Exit::Findings);
    assert_eq!(check("check --today tomorrow").exit, Exit::BadInput);
}

#[test]
fn every_format_of_check_names_an_error_of_exit_one() {
    let root = tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/egress/service.a.rule", b"")]);
    for format in ["text", "json", "github", "sarif"] {
        let ran = Command::new(root.path(), &format!("check --format {format}")).run();
        assert_eq!(ran.exit, Exit::Findings);
        assert!(ran.out().contains("self-call"), "{format}: {}", ran.out());
    }
}

#[test]
fn policies_that_are_data_are_staged_to_verify() {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: audit}}\naudit: {backend: observe}\n";
    let root = tree(&[
        ("hedgerow.yaml", config.as_bytes()),
        ("service.emoji/egress/service.ledger.rule", b""),
        ("service.ledger/service.yaml", b"owner: x\n"),
    ]);
    let pods = format!("{}    spec: {{containers: [{{name: main, image: x}}]}}\n", workload("s-ledger"));
    let stream = Command::new(root.path(), "post-render --service service.ledger").stdin(pods).run();
    assert!(stream.out().contains("kind: ConfigMap") && !stream.out().contains("---\napiVersion: networking"));
    let verified = Command::new(root.path(), "verify -").stdin(stream.stdout.clone()).run();
    assert_eq!(verified.exit, Exit::Done, "{}{}", verified.out(), verified.stderr);
    assert!(verified.stderr.contains("1 policy: staged and without effect"), "{}", verified.stderr);
    let broken = stream.out().replace("    kind: NetworkPolicy", "    kind: NetworkPolice");
    let verified = Command::new(root.path(), "verify -").stdin(broken).run();
    assert!(verified.exit != Exit::Done, "{}", verified.stderr);
    let said = format!("{}{}", verified.out(), verified.stderr);
    assert!(said.contains("invalid-policy") && said.contains("nobody can try it"), "{said}");
}

/// What a namespace wears stands in no file, and what else a workload's pods wear stands in its manifests: an `allow` entry by it is neither a yes
/// nor a no. What Hedgerow writes is known.
#[test]
fn why_says_what_depends_on_labels_that_no_file_tells() {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nnamespaces: [default, shop]\nenvironments: {prod: {stage: enforce}}\n";
    let ns = "namespace `shop` wears";
    let pods = "the pods of `service.cart` wear";
    for (allow, told, exit) in [
        ("{from: {namespaces: {labels: {zone: a}}}}", Some(format!("{ns} `zone: a`")), Exit::Findings),
        (
            "{from: {namespaces: {labels: {zone: a, team: b}}}}",
            Some(format!("{ns} `team: b` and `zone: a`")),
            Exit::Findings,
        ),
        (
            "{from: {namespaces: {labels: {zone: a, kubernetes.io/metadata.name: shop}}}}",
            Some(format!("{ns} `zone: a`")),
            Exit::Findings,
        ),
        (
            "{from: {namespaces: {labels: {zone: a}}, pods: {bank.example/routing-name: service.cart}}}",
            Some(format!("{ns} `zone: a`")),
            Exit::Findings,
        ),
        (
            "{from: {namespaces: {labels: {zone: a}}, pods: {app: cart}}}",
            Some(format!("{pods} `app: cart` and {ns} `zone: a`")),
            Exit::Findings,
        ),
        ("{from: {namespace: shop, pods: {app: cart}}}", Some(format!("{pods} `app: cart`")), Exit::Findings),
        (
            "{from: {namespaces: any, pods: {tier: web, app: cart}}}",
            Some(format!("{pods} `app: cart` and `tier: web`")),
            Exit::Findings,
        ),
        (
            "{from: {namespaces: [ops, shop], pods: {bank.example/routing-name: service.cart, app: cart}}}",
            Some(format!("{pods} `app: cart`")),
            Exit::Findings,
        ),
        // Known, and otherwise.
        ("{from: {namespace: ops, pods: {app: cart}}}", None, Exit::Findings),
        ("{from: {pods: {app: cart}}}", None, Exit::Findings),
        ("{from: {namespaces: any, pods: {bank.example/routing-name: service.books}}}", None, Exit::Findings),
        ("{from: {namespaces: any, pods: {bank.example/egress-service.books: 'true'}}}", None, Exit::Findings),
        ("{from: {namespaces: any, pods: {bank.example/routing-name: service.cart}}}", None, Exit::Done),
        ("{from: {namespaces: {labels: {zone: a, kubernetes.io/metadata.name: default}}}}", None, Exit::Findings),
        ("{from: {namespaces: {labels: {zone: a}}}, ports: [admin]}", None, Exit::Findings),
        ("{from: {namespaces: {labels: {kubernetes.io/metadata.name: shop}}}}", None, Exit::Done),
        ("{from: {cidr: 10.0.0.0/8}}", None, Exit::Findings),
    ] {
        let books = format!("ports: [{{name: http, port: 8080}}, {{name: admin, port: 9090}}]\nallow:\n  - {allow}\n");
        let fleet = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.books/service.yaml", books.as_bytes()),
            ("service.cart/service.yaml", b"namespace: shop\n"),
        ]);
        let ran = Command::new(fleet.path(), "why service.cart service.books --port http").run();
        assert_eq!(ran.exit, exit, "{allow}: {}{}", ran.out(), ran.stderr);
        let text = ran.out();
        match &told {
            Some(labels) => {
                let said = format!(
                    "may or may not call service.books on port http: service.books/service.yaml:3 permits it if {labels}, which no file tells; else nothing permits it"
                );
                assert!(text.contains(&said), "{allow}: {text}");
            }
            None => assert!(!text.contains("may or may not"), "{allow}: {text}"),
        }
        let json = Command::new(fleet.path(), "why service.cart service.books --port http --format json").run();
        assert_eq!(json.out().contains("\"if\": {"), told.is_some(), "{allow}: {}", json.out());
    }
}
