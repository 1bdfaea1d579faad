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
    "addresses: `0.0.0.0-255.255.255.255[External]` → `bank/ledger[StatefulSet]`: TCP 8080 @ in",
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
    left.insert(4, "whole-cluster: `entire-cluster` → `bank/ledger[StatefulSet]`: TCP 1 @ in");
    assert_import(Source::Connlist, &text, &RULES, &left);
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
