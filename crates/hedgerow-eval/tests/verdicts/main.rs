//! What policies mean, case by case: manifests, then flows with the verdict that the references state.

use std::net::IpAddr;

use hedgerow_core::source::Sources;
use hedgerow_eval::{DecidedBy, Flow, Manifests, Network, Peer, PeerId, Protocol};

mod calico;
mod kubernetes;
mod named;
mod tiers;

/// Reads manifests that have no fault.
fn network(text: &str) -> Network {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    let (manifests, diagnostics) = Manifests::read(sources.iter(), "default");
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    Network::new(manifests, &[])
}

/// The messages of manifests that have faults.
fn faults(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    let (_, diagnostics) = Manifests::read(sources.iter(), "default");
    diagnostics.into_iter().map(|diagnostic| format!("{}: {}", diagnostic.code.as_str(), diagnostic.message)).collect()
}

/// A pod `namespace/name` with labels in flow form, and ports `http` (TCP 8080) and `dns` (UDP 53).
fn pod(name: &str, labels: &str) -> String {
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\n\
         spec:\n  containers:\n    - name: main\n      ports:\n        - {{name: http, containerPort: 8080}}\n        \
         - {{name: dns, containerPort: 53, protocol: UDP}}\n"
    )
}

/// A peer by the name of its object, or by address.
fn peer(network: &Network, name: &str) -> PeerId {
    if let Ok(address) = name.parse::<IpAddr>() {
        return network.outside_at(address);
    }
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    network
        .pods()
        .find(|id| match network.peer(*id) {
            Peer::Pods(endpoint) => endpoint.namespace == namespace && endpoint.object.name == name,
            Peer::Outside(_) => false,
        })
        .unwrap_or_else(|| panic!("no pod {namespace}/{name}"))
}

/// Asks each flow, `from -> to 80/TCP`, and compares what is let through. Every answer is asked both ways that the
/// crate can give it: for one pair, and for all sources at once.
fn check(network: &Network, flows: &[(&str, bool)]) {
    for (text, expected) in flows {
        let [from, "->", to, port] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let (port, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
        let protocol = Protocol::named(protocol).expect("a case names a protocol");
        let flow = Flow { port: port.parse().expect("a case names a port"), protocol };
        let (from, to) = (peer(network, from), peer(network, to));
        let verdict = network.verdict(from, to, flow);
        assert_eq!(verdict.allows(), *expected, "{text}: {verdict:#?}");
        assert_eq!(network.sources(to, flow).contains(from), *expected, "{text}, asked for all sources");
    }
}

#[test]
fn a_verdict_names_the_rule_or_the_end_of_the_tier() {
    let network = network(&format!(
        "{}{}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: one}}
spec: {{podSelector: {{}}, ingress: [{{ports: [{{port: 1}}]}}, {{ports: [{{port: 2}}]}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: two}}
spec: {{podSelector: {{}}, ingress: [{{from: [{{podSelector: {{}}}}], ports: [{{port: 3}}]}}]}}
",
        pod("a", ""),
        pod("b", "")
    ));
    let (a, b) = (peer(&network, "a"), peer(&network, "b"));
    let by = |port| network.verdict(a, b, Flow::tcp(port)).ingress.by;
    let rule = |by| {
        let DecidedBy::Rule { policy, index } = by else { panic!("{by:?}") };
        format!("{policy}[{index}]")
    };
    assert_eq!(rule(by(2)), "NetworkPolicy default/one[1]");
    assert_eq!(rule(by(3)), "NetworkPolicy default/two[0]");
    let DecidedBy::EndOfTier { tier, policies } = by(4) else { panic!() };
    assert_eq!((tier.as_str(), policies.len()), ("default", 2));
    assert_eq!(network.verdict(a, b, Flow::tcp(1)).egress.by, DecidedBy::Unguarded);
    assert_eq!(network.verdict(b, peer(&network, "192.0.2.1"), Flow::tcp(1)).ingress.by, DecidedBy::OutOfReach);
}
