//! What traffic does to a network, and what it leaves alone.

use hedgerow_graph::{Allow, EdgePorts, Facing, Layout, Network, Use};
use serde_json::Value;

use crate::small;

fn json(network: &Network) -> Value {
    serde_json::from_str(&hedgerow_graph::json(network).unwrap()).unwrap()
}

#[test]
fn traffic_moves_no_service_and_permits_nothing() {
    let (plain, observed) = (small::network(), small::observed());
    let (a, b) = (Layout::new(&plain, &|_| ()), Layout::new(&observed, &|_| ()));
    assert_eq!(a.places(), b.places(), "a picture of today can be laid beside one of yesterday");
    assert_eq!(plain.edges(), observed.edges());
    let degrees = |network: &Network| (0..5).map(|at| network.degree(at)).collect::<Vec<_>>();
    assert_eq!(degrees(&plain), degrees(&observed), "a stranger is no permitted caller");
}

#[test]
fn each_edge_says_how_it_was_used() {
    let network = small::observed();
    let uses: Vec<_> = network
        .edges()
        .iter()
        .enumerate()
        .map(|(at, edge)| (edge.caller.as_str(), edge.callee.as_str(), network.use_of(at)))
        .collect();
    assert_eq!(
        uses,
        [
            ("cron.pay", "service.ledger", Some(Use::Unlabelled)),
            ("service.emoji", "service.ledger", Some(Use::Used)),
            ("service.gateway", "service.emoji", Some(Use::Perhaps)),
            ("service.gateway", "service.ledger", Some(Use::Unseen)),
        ]
    );
    assert_eq!(network.alarms(), 2, "an outsider and a service; what cannot be told is no alarm");
    assert!((0..4).all(|at| small::network().use_of(at).is_none()), "nobody listened");
}

#[test]
fn calls_to_services_that_are_not_drawn_are_counted() {
    let value = json(&small::observed());
    assert_eq!(value["observed"]["elsewhere"], 5);
    let strangers: Vec<_> = value["strangers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stranger| {
            format!("{} {} {} {}", stranger["caller"], stranger["outsider"], stranger["callee"], stranger["by"])
                .replace('"', "")
        })
        .collect();
    assert_eq!(
        strangers,
        [
            "service.elsewhere false service.emoji untold",
            "service.lonely false service.ledger nothing",
            "10.0.0.9 true service.ledger nothing",
            "node a true service.gateway allow",
        ]
    );
}

#[test]
fn a_part_keeps_its_strangers_with_both_ends() {
    let part = small::observed().around(|node| node.name == "service.lonely");
    let names: Vec<_> = part.nodes().iter().map(|node| node.name.as_str()).collect();
    assert_eq!(
        names,
        ["service.ledger", "service.lonely"],
        "whom it called although nothing permits it is its neighbour"
    );
    let value = json(&part);
    assert_eq!(value["strangers"].as_array().unwrap().len(), 1);
    assert_eq!(value["strangers"][0]["callee"], "service.ledger");
    let part = small::observed().around(|node| node.name == "service.emoji");
    let at = part.edges().iter().position(|edge| edge.callee == "service.ledger").unwrap();
    assert_eq!(part.seen(at).unwrap().count, 1_200, "evidence stays with its edge");
}

#[test]
fn what_faces_the_internet() {
    for (peer, facing) in [
        ("anybody", Facing::Internet),
        ("0.0.0.0/0", Facing::Internet),
        ("0.0.0.0/0 except 10.0.0.0/8", Facing::Internet),
        ("203.0.113.0/24", Facing::Internet),
        ("10.20.0.0/16", Facing::Addresses),
        ("10.0.0.0/7", Facing::Internet),
        ("172.16.0.0/12", Facing::Addresses),
        ("172.32.0.0/16", Facing::Internet),
        ("192.168.7.1/32", Facing::Addresses),
        ("fd00::/8", Facing::Addresses),
        ("::/0", Facing::Internet),
        ("10.0.0.0/8; 8.8.8.8/32", Facing::Internet),
        ("pods app=nginx in ingress-nginx", Facing::Cluster),
        ("pods app.kubernetes.io/name=x in y", Facing::Cluster),
        ("namespace anybody", Facing::Cluster),
    ] {
        let allow = Allow { peer: peer.to_owned(), ports: EdgePorts::All, reason: None };
        assert_eq!(allow.facing(), facing, "{peer}");
    }
    let network = small::observed();
    let gateway = network.nodes().iter().position(|node| node.name == "service.gateway").unwrap();
    assert_eq!(network.facing(gateway), Facing::Internet, "manifests publish it");
    assert_eq!(small::network().facing(gateway), Facing::Cluster);
}

#[test]
fn alarms_have_a_form_besides_their_colour() {
    let network = small::observed();
    let svg = hedgerow_graph::svg(&network, &Layout::new(&network, &|_| ()));
    assert_eq!(svg.matches(">!</text>").count(), 3, "two calls that nothing permits, one without its label");
    assert!(hedgerow_graph::dot(&network).contains("NOT PERMITTED, 3 ×"));
    assert!(hedgerow_graph::mermaid(&network).contains("==>|\"NOT PERMITTED, 3 #215;\"|"));
}
