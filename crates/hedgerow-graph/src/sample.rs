//! Nodes and edges for unit tests.

use crate::network::{Basis, Edge, EdgePorts, Node, Port, Stage};

/// A service with every field at a plain value.
pub(crate) fn node(name: &str, owner: &str) -> Node {
    Node {
        name: name.to_owned(),
        owner: owner.to_owned(),
        service_type: "backend".to_owned(),
        namespace: "default".to_owned(),
        stage: Stage::Enforce,
        ports: vec![Port { name: Some("http".to_owned()), number: 80, protocol: "TCP".to_owned() }],
        outside: vec![],
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
        file: format!("{caller}/egress/{callee}.rule"),
    }
}
