//! Nobody, anybody and these are three different values in every backend; none hangs on a key that is left out by accident.

use crate::{common, objects};
use hedgerow::render::object::Kind;
use serde_json::{Value, json};

/// The `ingress` that one service's policy has, by the rest of its `service.yaml`.
fn ingress(file: &str, backend: &str, kind: Kind) -> Value {
    let config = format!(
        "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: ['service.*']}}\nenvironments: {{prod: {{stage: audit}}}}\naudit: {{backend: {backend}}}\n"
    );
    let root = common::tree(&[("hedgerow.yaml", config.as_bytes()), ("service.a/service.yaml", file.as_bytes())]);
    let object = objects(root.path()).into_iter().find(|object| object.kind == kind).expect("it is rendered");
    crate::read(&object)["spec"]["ingress"].clone()
}

#[test]
fn nobody_anybody_and_these_differ() {
    let selector = |key, value| json!({"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]});
    let these = json!({"from": [{"podSelector": selector("bank.example/egress-s-a", "true")}]});
    let these_on = |port: u16| {
        let mut these = these.clone();
        these["ports"] = json!([{"port": port, "protocol": "TCP"}]);
        these
    };
    for (backend, kind) in
        [("calico-log", Kind::NetworkPolicy), ("calico-staged", Kind::CalicoStagedKubernetesNetworkPolicy)]
    {
        let ingress = |file| ingress(file, backend, kind);
        assert_eq!(ingress("ports: none\n"), json!([]), "nobody");
        assert_eq!(ingress("ports: any\n"), json!([these]), "these on any port");
        assert_eq!(ingress("ports: [{port: 80}]\n")[0], these_on(80), "these on one port");
        assert_eq!(ingress("ports: any\nallow: [{from: anybody}]\n"), json!([these, {}]), "anybody on any port");
        assert_eq!(
            ingress("ports: [{port: 80}]\nallow: [{from: anybody}]\n")[2],
            json!({"ports": [{"port": 80, "protocol": "TCP"}]}),
            "anybody on one port"
        );
        assert_eq!(
            ingress("ports: any\nallow: [{from: {namespace: ops}}]\n")[1],
            json!({"from": [{"namespaceSelector": selector("kubernetes.io/metadata.name", "ops")}]}),
            "everybody of one namespace"
        );
    }
}

#[test]
fn calico_lets_the_rest_in_by_a_rule_of_its_own() {
    // Whoever comes here is none that the policy before admits; an empty list would admit nobody.
    assert_eq!(ingress("ports: none\n", "calico-log", Kind::CalicoNetworkPolicy), json!([{"action": "Allow"}]));
}
