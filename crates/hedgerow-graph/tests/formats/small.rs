//! Five services, one of them without owner, type and ports, and every kind of edge: small enough to read in a snapshot.

use hedgerow_graph::{
    Allow, Basis, Call, Caller, Edge, EdgePorts, Network, Node, Permission, Port, Ports, Published, Seen, Stage,
    Traffic,
};

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

/// One edge or stranger of every kind, in the order in which somebody saw them.
pub(crate) fn traffic() -> Traffic {
    let seen = |count, is_bare| Seen {
        count,
        first: "2026-10-21T00:00:00Z".to_owned(),
        last: "2026-11-20T00:00:00Z".to_owned(),
        days: 30,
        ports: vec!["80/TCP".to_owned()],
        unpermitted: u64::from(is_bare),
        dropped: 0,
        is_bare,
    };
    let service = |caller: &str, callee: &str, by, seen| Call {
        caller: Caller::Service(caller.to_owned()),
        callee: callee.to_owned(),
        by,
        seen,
    };
    let outsider = |caller: &str, callee: &str, by, seen| Call {
        caller: Caller::Outsider(caller.to_owned()),
        callee: callee.to_owned(),
        by,
        seen,
    };
    Traffic {
        from: "2026-10-21T00:00:00Z".to_owned(),
        to: "2026-11-21T00:00:00Z".to_owned(),
        heard: vec!["Somebody listened in 31 days on all of 3 nodes".to_owned()],
        calls: vec![
            service("service.emoji", "service.ledger", Permission::Edge(Basis::Rule), seen(1_200, false)),
            service("cron.pay", "service.ledger", Permission::Edge(Basis::Rule), seen(4, true)),
            service("service.lonely", "service.ledger", Permission::Nothing, seen(3, false)),
            service("service.elsewhere", "service.emoji", Permission::Untold, seen(2, false)),
            service("service.emoji", "service.elsewhere", Permission::Untold, seen(5, false)),
            outsider("10.0.0.9", "service.ledger", Permission::Nothing, seen(1, false)),
            outsider("node a", "service.gateway", Permission::Allow, seen(900, false)),
        ],
        perhaps: [(("service.gateway".to_owned(), "service.emoji".to_owned()), 7)].into(),
        silence: [("service.ledger".to_owned(), "never seen in 31 days".to_owned())].into(),
    }
}

/// The network with what traffic showed, and one service that is published.
pub(crate) fn observed() -> Network {
    let by = Published {
        how: "LoadBalancer".to_owned(),
        ports: vec![Port { name: Some("https".to_owned()), number: 443, protocol: "TCP".to_owned() }],
        object: "Service default/gateway".to_owned(),
        file: "gateway.yaml".to_owned(),
    };
    network().with_traffic(traffic()).with_published([("service.gateway".to_owned(), vec![by])].into())
}
