//! Nodes and edges for unit tests.

use crate::node::{Basis, Edge, EdgePorts, Node, Port, Ports, Stage};

/// A service with every field at a plain value.
pub(crate) fn node(name: &str, owner: &str) -> Node {
    Node {
        name: name.to_owned(),
        owner: Some(owner.to_owned()),
        service_type: Some("backend".to_owned()),
        namespace: "default".to_owned(),
        stage: Stage::Enforce,
        ports: Ports::These(vec![Port { name: Some("http".to_owned()), number: 80, protocol: "TCP".to_owned() }]),
        allow: vec![],
        file: format!("{name}/service.yaml"),
    }
}

/// An edge by rule to all ports.
pub(crate) fn edge(caller: &str, callee: &str) -> Edge {
    Edge {
        caller: caller.to_owned(),
        callee: callee.to_owned(),
        basis: Basis::Rule,
        ports: EdgePorts::All,
        reason: None,
        file: format!("{caller}/egress/{callee}.rule"),
    }
}
