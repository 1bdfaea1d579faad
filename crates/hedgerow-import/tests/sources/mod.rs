//! A bank of a few services, and imports as lines of text.

mod access;
mod connlist;
mod csv;
mod istio;
mod otterize;
mod policies;
mod settled;
mod traffic;

use crate::common::{Fleet, Service, plan};
use hedgerow_core::policy::RulePorts;
use hedgerow_core::source::Sources;
use hedgerow_import::{Imported, Leftover, Many, Options, Rule, Source, import};

/// `emoji`, `ledger` (two ports), `card` (declares no ports) and `edge` in namespace `bank`, `shop` in namespace `market`. All but `edge` have
/// workloads that are named as they are.
pub(crate) fn bank() -> Fleet {
    let mut fleet = Fleet::new(&["bank", "market"]);
    let service = |name: &str, namespace: &str, metadata: &str| Service {
        namespace: namespace.to_owned(),
        metadata: metadata.to_owned(),
        ..Service::new(name)
    };
    let http = "ports: [{name: http, port: 8080}]\n";
    let workload = |name: &str| format!("{http}workloads: [\"*/{name}\"]\n");
    fleet.services = vec![
        service("service.card", "bank", "workloads: [\"*/card\"]\n"),
        service("service.edge", "bank", http),
        service("service.emoji", "bank", &workload("emoji")),
        service(
            "service.ledger",
            "bank",
            "ports: [{name: http, port: 8080}, {name: admin, port: 9901}]\nworkloads: [\"*/ledger\"]\n",
        ),
        service("service.shop", "market", &workload("shop")),
    ];
    fleet
}

pub(crate) fn imported(fleet: &Fleet, source: Source, text: &str, many: Many) -> Imported {
    let mut texts = Sources::default();
    texts.add("in", text);
    import(&plan(fleet), source, &texts, &Options { namespace: "bank".to_owned(), many })
}

/// `service.emoji → service.ledger [http]: reason`.
pub(crate) fn rule(rule: &Rule) -> String {
    let ports = match &rule.ports {
        RulePorts::All => String::new(),
        RulePorts::These(ports) => {
            format!(" [{}]", ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    };
    format!("{} → {}{ports}: {}", rule.caller, rule.callee, rule.reason)
}

/// `why: text @ place`, and the `allow` entry.
pub(crate) fn leftover(leftover: &Leftover) -> String {
    if let Some(allow) = &leftover.allow {
        assert!(hedgerow_core::read::allow_entry(allow).is_some(), "no entry of `allow`: {allow}");
    }
    let allow = leftover.allow.as_ref().map_or_else(String::new, |allow| format!(" ⇒ {allow}"));
    format!("{}: {} @ {}{allow}", leftover.why.as_str(), leftover.text, leftover.place)
}

/// Asserts which rules come of a text, and what is said of the rest, in order.
#[track_caller]
pub(crate) fn assert_import(source: Source, text: &str, rules: &[&str], leftovers: &[&str]) {
    assert_of(&imported(&bank(), source, text, Many::Suggest), rules, leftovers);
}

#[track_caller]
pub(crate) fn assert_of(imported: &Imported, rules: &[&str], leftovers: &[&str]) {
    assert!(imported.diagnostics.is_empty(), "{:#?}", imported.diagnostics);
    let found: Vec<_> = imported.rules.iter().map(rule).collect();
    let left: Vec<_> = imported.leftovers.iter().map(leftover).collect();
    assert_eq!((found.join("\n"), left.join("\n")), (rules.join("\n"), leftovers.join("\n")));
}
