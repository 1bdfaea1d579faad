//! Moves that are not safe in one step, as `diff` and `check --base` name them.
#![allow(clippy::disallowed_methods, reason = "writes files")]

mod common;

use common::{Command, tree};
use hedgerow_cli::Exit;
use serde_json::Value;
use tempfile::TempDir;

/// What differs between two fleets of four services: `books` and `cart`, which has a rule for it, `metrics` by type, and `idle`.
#[derive(Clone, Copy)]
struct Fleet {
    config: &'static str,
    stage: &'static str,
    log: bool,
    audit: &'static str,
    books: &'static str,
    rule: &'static str,
    metrics: &'static str,
    cart: &'static str,
}

const USUAL: Fleet = Fleet {
    config: "labels: {domain: bank.example}\ntypes: {api: {callers: [monitoring]}, core: {}, monitoring: {}}",
    stage: "enforce",
    log: false,
    audit: "calico-log",
    books: "ports: [{name: http, port: 8080}]",
    rule: "",
    metrics: "type: monitoring",
    cart: "",
};

impl Fleet {
    fn write(self) -> TempDir {
        let config = format!(
            "version: 1\n{}\nservices: {{include: [\"service.*\"]}}\nenvironments: {{prod: {{stage: {}, log: {}}}}}\naudit: {{backend: {}}}\n",
            self.config, self.stage, self.log, self.audit
        );
        tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.books/service.yaml", format!("type: api\n{}\n", self.books).as_bytes()),
            ("service.cart/service.yaml", format!("stage: {{prod: \"off\"}}\n{}\n", self.cart).as_bytes()),
            ("service.cart/egress/service.books.rule", self.rule.as_bytes()),
            ("service.metrics/service.yaml", format!("{}\nstage: {{prod: \"off\"}}\n", self.metrics).as_bytes()),
            ("service.idle/service.yaml", b"stage: {prod: \"off\"}\n"),
        ])
    }
}

/// The jumps between two fleets, as `cause: before → after: way: drops`, and what `check` and `--fail-on` make of them.
fn jumps(base: Fleet, head: Fleet) -> Vec<String> {
    let (base, head) = (base.write(), head.write());
    let run = |arguments: &str| Command::new(head.path(), arguments).run();
    let at = base.path().display();
    let ran = run(&format!("diff {at} --format json"));
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let document: Value = serde_json::from_str(ran.out()).expect("it is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found: Vec<_> = document["jumps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|jump| {
            assert_eq!(jump["services"], serde_json::json!(["service.books"]));
            let way: Vec<_> = jump["way"].as_array().expect("a list").iter().map(text).collect();
            let word = |key: &str| text(&jump[key]);
            format!("{}: {} → {}: {}: {}", word("cause"), word("before"), word("after"), way.join(" "), word("drops"))
        })
        .collect();
    let fails = run(&format!("diff {at} --fail-on unsafe")).exit;
    assert_eq!(fails, if found.is_empty() { Exit::Done } else { Exit::Findings });
    for format in ["", " --format markdown"] {
        let told = run(&format!("diff {at}{format}")).out().contains("Not safe in one step");
        assert_eq!(told, !found.is_empty(), "{format}");
    }
    let check = run(&format!("check --base {at}"));
    assert_eq!((check.out().matches("[unsafe-stage-move]").count(), check.exit), (found.len(), Exit::Done));
    assert_eq!(run("check").out(), "", "without a base nothing is known of moves");
    found
}

#[test]
fn steps_are_quiet() {
    for (from, to) in [
        ("\"off\"", "open"),
        ("open", "audit"),
        ("\"off\"", "audit"),
        ("audit", "enforce"),
        ("enforce", "audit"),
        ("enforce", "open"),
        ("audit", "open"),
        ("open", "\"off\""),
        ("enforce", "enforce"),
    ] {
        for log in [(false, false), (true, true), (false, true), (true, false)] {
            let (base, head) = (Fleet { stage: from, log: log.0, ..USUAL }, Fleet { stage: to, log: log.1, ..USUAL });
            assert_eq!(jumps(base, head), Vec::<String>::new(), "{from} → {to}, {log:?}");
        }
    }
}

#[test]
fn jumps_between_stages_are_named_with_the_way() {
    let at = |stage, audit| Fleet { stage, audit, ..USUAL };
    let (log, staged) = ("calico-log", "calico-staged");
    for (base, head, expected) in [
        (at("\"off\"", log), at("enforce", log), "stage: off → enforce: off audit enforce: permitted"),
        (at("open", log), at("enforce", log), "stage: open → enforce: open audit enforce: permitted"),
        (at("enforce", log), at("\"off\"", log), "stage: enforce → off: enforce open off: permitted"),
        (at("audit", log), at("\"off\"", log), "stage: audit → off: audit open off: permitted"),
        (
            at("audit", log),
            at("audit", staged),
            "stage: audit (calico-log) → audit (calico-staged): audit (calico-log) open audit (calico-staged): permitted",
        ),
        (
            at("audit", staged),
            at("audit", log),
            "stage: audit (calico-staged) → audit (calico-log): audit (calico-staged) open audit (calico-log): nothing",
        ),
        (
            at("audit", staged),
            at("enforce", staged),
            "stage: audit (calico-staged) → enforce: audit (calico-staged) open audit (calico-log) enforce: permitted",
        ),
    ] {
        assert_eq!(jumps(base, head), [expected]);
    }
}

/// Without callers by type fewer calls are at stake, and what takes two steps is named all the same.
#[test]
fn without_callers_by_type() {
    let config = "labels: {domain: bank.example}\ntypes: {api: {}, monitoring: {}}";
    let at = |stage, audit, log| Fleet { stage, audit, log, config, ..USUAL };
    for (base, head, expected) in [
        (
            ("\"off\"", "calico-log", false),
            ("enforce", "calico-log", false),
            &["stage: off → enforce: off audit enforce: nothing"][..],
        ),
        (
            ("enforce", "calico-log", false),
            ("\"off\"", "calico-log", false),
            &["stage: enforce → off: enforce open off: nothing"],
        ),
        (
            ("enforce", "calico-log", true),
            ("\"off\"", "calico-log", true),
            &["stage: enforce → off: enforce open off: permitted"],
        ),
        (
            ("audit", "calico-log", true),
            ("\"off\"", "calico-log", true),
            &["stage: audit → off: audit open off: unpermitted"],
        ),
        (("audit", "calico-staged", false), ("enforce", "calico-staged", false), &[]),
    ] {
        let [base, head] = [base, head].map(|(stage, audit, log)| at(stage, audit, log));
        assert_eq!(jumps(base, head), expected);
    }
}

/// Other changes that leave old pods and new policies without each other.
#[test]
fn changes_that_come_to_the_same() {
    let other_port = "ports: [{name: web, port: 8080}]";
    let other_types = "labels: {domain: bank.example}\ntypes: {api: {callers: [watchers]}, core: {}, watchers: {}}";
    let both_types = "labels: {domain: bank.example}\ntypes: {api: {callers: [monitoring, watchers]}, core: {}, monitoring: {}, watchers: {}}";
    let by_number = Fleet { rule: "ports: [http]", ..USUAL };
    let other_number = "ports: [{name: http, port: 9090}]";
    let two_ports = "ports: [{name: http, port: 8080}, {name: admin, port: 8081}]";
    let other_admin = "ports: [{name: http, port: 8080}, {name: admin, port: 9091}]";
    let elsewhere = "labels: {domain: bank.example}\nnamespaces: [default, other]\ntypes: {api: {callers: [monitoring]}, core: {}, monitoring: {}}";
    for (what, base, head, expected) in [
        (
            "a port is renamed",
            by_number,
            Fleet { rule: "ports: [web]", books: other_port, ..USUAL },
            &["labels:  → : : permitted"][..],
        ),
        ("a port is renamed that no rule names", USUAL, Fleet { books: other_port, ..USUAL }, &[]),
        ("a rule names fewer ports", USUAL, by_number, &[]),
        (
            "a port has another number",
            by_number,
            Fleet { books: other_number, ..by_number },
            &["ports: 8080/TCP → 9090/TCP: : permitted"],
        ),
        (
            "a port has another number, for a rule for all",
            USUAL,
            Fleet { books: other_number, ..USUAL },
            &["ports: 8080/TCP → 9090/TCP: : permitted"],
        ),
        ("a port comes besides", USUAL, Fleet { books: two_ports, ..USUAL }, &[]),
        ("a port goes", Fleet { books: two_ports, ..USUAL }, USUAL, &[]),
        (
            "another port has another number",
            Fleet { books: two_ports, ..by_number },
            Fleet { books: other_admin, ..by_number },
            &[],
        ),
        (
            "a port has another number, for whom `allow` names",
            Fleet {
                books: "ports: [{name: http, port: 8080}, {name: admin, port: 8081}]\nallow: [{from: anybody, reason: r}]",
                ..by_number
            },
            Fleet {
                books: "ports: [{name: http, port: 8080}, {name: admin, port: 9091}]\nallow: [{from: anybody, reason: r}]",
                ..by_number
            },
            &["ports: 8081/TCP → 9091/TCP: : permitted"],
        ),
        (
            "a caller moves to a namespace that was not listed",
            USUAL,
            Fleet { config: elsewhere, cart: "namespace: other", ..USUAL },
            &["namespaces: default → other: : permitted"],
        ),
        (
            "and back, to where the old one is not listed any more",
            Fleet { config: elsewhere, cart: "namespace: other", ..USUAL },
            USUAL,
            &["namespaces: other → default: : permitted"],
        ),
        (
            "a caller moves to a namespace that was listed before",
            Fleet { config: elsewhere, ..USUAL },
            Fleet { config: elsewhere, cart: "namespace: other", ..USUAL },
            &[],
        ),
        (
            "the callee moves to another namespace",
            Fleet { config: elsewhere, ..USUAL },
            Fleet { config: elsewhere, books: "ports: [{name: http, port: 8080}]\nnamespace: other", ..USUAL },
            &["moves: default → other: : permitted"],
        ),
        (
            "it moves in the stage audit",
            Fleet { config: elsewhere, stage: "audit", log: true, ..USUAL },
            Fleet {
                config: elsewhere,
                stage: "audit",
                log: true,
                books: "ports: [{name: http, port: 8080}]\nnamespace: other",
                ..USUAL
            },
            &["moves: default → other: : permitted"],
        ),
        (
            "it moves in the stage open",
            Fleet { config: elsewhere, stage: "open", ..USUAL },
            Fleet {
                config: elsewhere,
                stage: "open",
                books: "ports: [{name: http, port: 8080}]\nnamespace: other",
                ..USUAL
            },
            &[],
        ),
        (
            "a prefix is gone",
            USUAL,
            Fleet {
                config: "labels: {domain: bank.example, prefixes: {}}\ntypes: {api: {callers: [monitoring]}, core: {}, monitoring: {}}",
                ..USUAL
            },
            &["labels:  → : : permitted"],
        ),
        (
            "another domain",
            USUAL,
            Fleet {
                config: "labels: {domain: other.example}\ntypes: {api: {callers: [monitoring]}, core: {}, monitoring: {}}",
                ..USUAL
            },
            &[
                "identity: bank.example/routing-name=service.books → other.example/routing-name=service.books: : permitted",
                "labels:  → : : permitted",
            ],
        ),
        (
            "labels of its own",
            USUAL,
            Fleet { books: "ports: [{name: http, port: 8080}]\nidentity: {app: books}", ..USUAL },
            &["identity: bank.example/routing-name=service.books → app=books: : permitted"],
        ),
        (
            "a type of callers is renamed",
            USUAL,
            Fleet { config: other_types, metrics: "type: watchers", ..USUAL },
            &["types: monitoring → watchers: : permitted"],
        ),
        (
            "a type of callers is renamed while both are there, at first",
            USUAL,
            Fleet { config: both_types, ..USUAL },
            &[],
        ),
        (
            "and then",
            Fleet { config: both_types, ..USUAL },
            Fleet { config: both_types, metrics: "type: watchers", ..USUAL },
            &[],
        ),
        (
            "and at last",
            Fleet { config: both_types, metrics: "type: watchers", ..USUAL },
            Fleet { config: other_types, metrics: "type: watchers", ..USUAL },
            &[],
        ),
    ] {
        assert_eq!(jumps(base, head), expected, "{what}");
        let in_audit = |fleet| Fleet { stage: "open", ..fleet };
        assert_eq!(jumps(in_audit(base), in_audit(head)), Vec::<String>::new(), "{what}, in `open`");
    }
}
