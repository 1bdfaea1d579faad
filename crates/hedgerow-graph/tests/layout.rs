//! Layouts of networks with the shape of real fleets: nothing overlaps, nothing depends on threads.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

#[path = "../examples/network/generate.rs"]
#[expect(dead_code, reason = "traffic moves no service")]
mod generate;

use std::sync::atomic::{AtomicUsize, Ordering};

use hedgerow_graph::{Layout, Network};
use proptest::prelude::*;

fn assert_apart(network: &Network, layout: &Layout) {
    let (width, height) = layout.size();
    for (island, other) in pairs(layout.islands()) {
        let distance = (island.x - other.x).hypot(island.y - other.y);
        assert!(
            distance + 1.0 >= island.radius + other.radius,
            "the islands of {} and {} overlap",
            island.owner,
            other.owner
        );
    }
    for (index, place) in layout.places().iter().enumerate() {
        let island = &layout.islands()[layout.homes()[index]];
        assert_eq!(island.owner, network.nodes()[index].owner_text());
        let distance = (place.x - island.x).hypot(place.y - island.y);
        assert!(distance + place.radius <= island.radius + 0.5, "{} is off its island", network.nodes()[index].name);
        assert!((0.0..=width).contains(&place.x) && (0.0..=height).contains(&place.y));
    }
    for ((a, one), (b, other)) in pairs(&layout.places().iter().enumerate().collect::<Vec<_>>()) {
        let distance = (one.x - other.x).hypot(one.y - other.y);
        assert!(distance + 1.0 >= one.radius + other.radius, "services {a} and {b} overlap");
    }
}

fn pairs<T>(items: &[T]) -> impl Iterator<Item = (&T, &T)> {
    items.iter().enumerate().flat_map(move |(index, one)| items[index + 1..].iter().map(move |other| (one, other)))
}

#[test]
fn fifty_services_stand_apart() {
    let network = generate::network(50, 200, 7);
    assert_apart(&network, &Layout::new(&network, &|_| ()));
}

#[test]
fn a_whole_fleet_stands_apart() {
    let network = generate::network(1_500, 9_300, 7);
    assert_apart(&network, &Layout::new(&network, &|_| ()));
}

#[test]
fn one_owner_of_everything_is_one_island() {
    let nodes = (0..300).map(|index| named(&format!("service.{index}"), "all")).collect();
    let network = Network::new(None, nodes, vec![]).unwrap();
    let layout = Layout::new(&network, &|_| ());
    assert_eq!(layout.islands().len(), 1);
    assert_apart(&network, &layout);
}

#[test]
fn an_owner_for_each_service_is_an_island_each() {
    let nodes = (0..300).map(|index| named(&format!("service.{index}"), &format!("team-{index}"))).collect();
    let network = Network::new(None, nodes, vec![]).unwrap();
    let layout = Layout::new(&network, &|_| ());
    assert_eq!(layout.islands().len(), 300);
    assert_apart(&network, &layout);
}

#[test]
fn no_service_is_no_picture() {
    let network = Network::new(None, vec![], vec![]).unwrap();
    let layout = Layout::new(&network, &|_| ());
    assert_eq!(layout.size(), (0.0, 0.0));
    assert!(hedgerow_graph::svg(&network, &layout).contains("nothing to protect"));
}

#[test]
fn threads_change_no_bit() {
    // More services of one owner than one thread lays out alone.
    let nodes: Vec<_> = (0..1_300).map(|index| named(&format!("service.{index}"), "all")).collect();
    let edges = (0..4_000_usize)
        .map(|index| edge(index % 1_300, index * index % 1_277))
        .filter(|edge| edge.caller != edge.callee);
    let network = Network::new(None, nodes, edges.collect()).unwrap();
    let [one, many] = [1, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Layout::new(&network, &|_| ()))
    });
    assert_eq!(one, many);
}

#[test]
fn progress_ends_where_it_said() {
    let network = generate::network(200, 600, 1);
    let (most, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = AtomicUsize::new(0);
    Layout::new(&network, &|progress| {
        most.fetch_max(progress.done, Ordering::Relaxed);
        total.store(progress.total, Ordering::Relaxed);
        calls.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(most.into_inner(), total.into_inner());
    assert!(calls.into_inner() > 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_network_stands_apart(services in 1_usize..220, share in 0_usize..6, seed: u64) {
        let network = generate::network(services, services * share, seed);
        assert_apart(&network, &Layout::new(&network, &|_| ()));
    }
}

fn named(name: &str, owner: &str) -> hedgerow_graph::Node {
    hedgerow_graph::Node {
        name: name.to_owned(),
        owner: Some(owner.to_owned()),
        service_type: Some("backend".to_owned()),
        namespace: "default".to_owned(),
        stage: hedgerow_graph::Stage::Enforce,
        ports: hedgerow_graph::Ports::Any,
        allow: vec![],
        file: format!("{name}/service.yaml"),
    }
}

fn edge(caller: usize, callee: usize) -> hedgerow_graph::Edge {
    hedgerow_graph::Edge {
        caller: format!("service.{caller}"),
        callee: format!("service.{callee}"),
        basis: hedgerow_graph::Basis::Rule,
        ports: hedgerow_graph::EdgePorts::All,
        reason: None,
        file: format!("service.{caller}/egress/service.{callee}.rule"),
    }
}
