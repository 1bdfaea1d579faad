//! Five services, one of them without owner, type and ports, and every kind of edge: small enough to read in a snapshot.

use hedgerow_graph::{Allow, Basis, Edge, EdgePorts, Network, Node, Port, Ports, Stage};

fn node(name: &str, owner: &str, service_type: &str, stage: Stage) -> Node {
    Node {
        name: name.to_owned(),
        owner: Some(owner.to_owned()),
        service_type: Some(service_type.to_owned()),
        namespace: "default".to_owned(),
        stage,
        ports: Ports::These(vec![
            Port { name: Some("http".to_owned()), number: 80, protocol: "TCP".to_owned() },
            Port { name: None, number: 9090, protocol: "TCP".to_owned() },
        ]),
        allow: vec![],
        file: format!("{name}/service.yaml"),
    }
}

fn rule(caller: &str, callee: &str) -> Edge {
    Edge {
        caller: caller.to_owned(),
        callee: callee.to_owned(),
        basis: Basis::Rule,
        ports: EdgePorts::All,
        reason: None,
        file: format!("{caller}/egress/{callee}.rule"),
    }
}

/// The services and edges, in the order in which a person would write them down.
pub(crate) fn parts() -> (Vec<Node>, Vec<Edge>) {
    let mut gateway = node("service.gateway", "edge", "api", Stage::Enforce);
    gateway.allow = vec![Allow {
        peer: "pods app=nginx in ingress-nginx".to_owned(),
        ports: EdgePorts::Only(vec!["http".to_owned()]),
        reason: Some("public API".to_owned()),
    }];
    let mut lonely = node("service.lonely", "fun", "backend", Stage::Enforce);
    (lonely.owner, lonely.service_type, lonely.ports) = (None, None, Ports::Nothing);
    let nodes = vec![
        node("service.ledger", "finance", "backend", Stage::Enforce),
        node("service.emoji", "fun", "backend", Stage::Audit),
        node("cron.pay", "finance", "backend", Stage::Off),
        gateway,
        lonely,
    ];
    let mut to_port = rule("service.emoji", "service.ledger");
    to_port.reason = Some("pays in emoji, \"nicely\"".to_owned());
    to_port.ports = EdgePorts::Only(vec!["http".to_owned(), "9090".to_owned()]);
    let mut by_type = rule("service.gateway", "service.ledger");
    by_type.basis = Basis::Types;
    by_type.file = "hedgerow.yaml".to_owned();
    let edges = vec![to_port, rule("cron.pay", "service.ledger"), rule("service.gateway", "service.emoji"), by_type];
    (nodes, edges)
}

/// The network.
pub(crate) fn network() -> Network {
    let (nodes, edges) = parts();
    Network::new(Some("prod".to_owned()), nodes, edges).unwrap()
}
