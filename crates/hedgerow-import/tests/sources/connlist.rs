//! Lists of connections.

use super::{assert_import, bank, imported};
use hedgerow_import::{Many, Source};

const LIST: &str = r#"[
  {"src": "bank/emoji[Deployment]", "dst": "bank/ledger[StatefulSet]", "conn": "TCP 8080"},
  {"src": "market/shop-7c9f4d5b6d[ReplicaSet]", "dst": "bank/ledger[StatefulSet]", "conn": "All Connections"},
  {"src": "0.0.0.0-255.255.255.255[External]", "dst": "bank/ledger[StatefulSet]", "conn": "TCP 8080"},
  {"src": "bank/emoji[Deployment]", "dst": "10.0.0.0/8", "conn": "UDP 53"},
  {"src": "{ingress-controller}", "dst": "bank/ledger[StatefulSet]", "conn": "TCP 8080"},
  {"src": "bank/emoji[Deployment]", "dst": "bank/ledger[StatefulSet]", "conn": "lots"},
  {"src": "x"}
]"#;

const RULES: [&str; 2] =
    ["service.emoji → service.ledger [http]: imported from in", "service.shop → service.ledger: imported from in"];

const LEFT: [&str; 6] = [
    "not-understood: `bank/emoji[Deployment]` → `bank/ledger[StatefulSet]`: connections `lots` @ in",
    "not-understood: an entry without `src`, `dst` or `conn`: {\\\"src\\\":\\\"x\\\"} @ in",
    "outside-caller: `{ingress-controller}` → `bank/ledger[StatefulSet]`: TCP 8080 @ in",
    "undeclared-ports: `service.shop` → `service.ledger`: `service.ledger` declares no TCP 1-8079, TCP 8081-9900, TCP 9902-65535, UDP, SCTP @ in",
    "addresses: `0.0.0.0-255.255.255.255[External]` → `bank/ledger[StatefulSet]`: TCP 8080 @ in ⇒ {from: {cidr: 0.0.0.0/0}, ports: [http]}",
    "outside-callee: `bank/emoji[Deployment]` → `10.0.0.0/8`: UDP 53 @ in",
];

#[test]
fn connections_between_workloads() {
    assert_import(Source::Connlist, LIST, &RULES, &LEFT);
}

#[test]
fn the_exposure_analysis_adds_who_else_comes() {
    let text = format!(
        r#"{{"connlist_results": {LIST}, "exposure_results": {{"ingress_exposure": [{{"src": "entire-cluster", "dst": "bank/ledger[StatefulSet]", "conn": "TCP 1"}}], "egress_exposure": []}}}}"#
    );
    let mut left = LEFT.to_vec();
    left.insert(4, "whole-cluster: `entire-cluster` → `bank/ledger[StatefulSet]`: TCP 1; no `allow` entry opens TCP 1, which `service.ledger` does not declare @ in");
    assert_import(Source::Connlist, &text, &RULES, &left);
}

#[test]
fn what_a_workload_may_call_is_nobody_who_comes_in() {
    for callee in ["entire-cluster", "ops/[all pods]", "[namespace with {team=a}]/[pod with {app=x}]"] {
        let text = format!(r#"[{{"src": "bank/emoji[Deployment]", "dst": "{callee}", "conn": "UDP 5353"}}]"#);
        let left = format!("egress: `bank/emoji[Deployment]` → `{callee}`: UDP 5353 @ in");
        assert_import(Source::Connlist, &text, &[], &[&left]);
    }
}

#[test]
fn what_is_no_list_is_refused() {
    for text in ["{", "{}", "3", "digraph {}", ""] {
        let imported = imported(&bank(), Source::Connlist, text, Many::Suggest);
        assert!(
            imported.rules.is_empty() && imported.diagnostics.iter().any(hedgerow_core::diag::Diagnostic::is_error),
            "{text}"
        );
    }
}

#[test]
fn who_comes_in_and_is_no_service_gets_an_entry() {
    for (from, conn, entry) in [
        ("entire-cluster", "TCP 8080", Some("{from: {namespaces: any}, ports: [http]}")),
        ("entire-cluster", "All Connections", Some("{from: {namespaces: any}}")),
        // A port that the callee does not declare: an entry without it would open all the others.
        ("entire-cluster", "TCP 1", None),
        ("10.0.0.0/8", "UDP 8080", None),
        ("10.0.0.0-10.255.255.255[External]", "TCP 9901", Some("{from: {cidr: 10.0.0.0/8}, ports: [admin]}")),
        ("10.1.2.3", "TCP 8080", Some("{from: {cidr: 10.1.2.3/32}, ports: [http]}")),
        ("10.1.0.0/16", "TCP 8080", Some("{from: {cidr: 10.1.0.0/16}, ports: [http]}")),
        // No block, so no one entry.
        ("10.0.0.1-10.0.0.9[External]", "TCP 8080", None),
        ("10.0.0.9-10.0.0.1[External]", "TCP 8080", None),
        ("0.0.0.0-::ffff:ffff[External]", "TCP 8080", None),
        ("ops/[all pods]", "TCP 8080", Some("{from: {namespace: ops}, ports: [http]}")),
        (
            "ops/[pod with {app=backup,tier=b}]",
            "TCP 8080",
            Some("{from: {namespace: ops, pods: {app: backup, tier: b}}, ports: [http]}"),
        ),
        (
            "[all namespaces]/[pod with {role=mon}]",
            "TCP 8080",
            Some("{from: {namespaces: any, pods: {role: mon}}, ports: [http]}"),
        ),
        (
            "[namespace with {team=a}]/[all pods]",
            "TCP 8080",
            Some("{from: {namespaces: {labels: {team: a}}}, ports: [http]}"),
        ),
        // Selected by an expression, and the ingress controller, whom the list does not name.
        ("ops/[pod with {{Key:app,Operator:In,Values:[x y],}}]", "TCP 8080", None),
        ("{ingress-controller}", "TCP 8080", None),
    ] {
        let text = format!(r#"[{{"src": "{from}", "dst": "bank/ledger[StatefulSet]", "conn": "{conn}"}}]"#);
        let imported = imported(&bank(), Source::Connlist, &text, Many::Suggest);
        let [left] = imported.leftovers.as_slice() else { panic!("{from}: {imported:#?}") };
        assert_eq!(left.allow.as_deref(), entry, "{from}");
        assert_eq!(left.callee.as_ref().map(|callee| callee.as_str()), Some("service.ledger"), "{from}");
        assert_eq!(imported.rules.len(), 0, "{from}");
    }
}
