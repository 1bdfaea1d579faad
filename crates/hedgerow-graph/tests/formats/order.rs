//! The same network gives the same bytes: in any order of input, with any number of threads.

use hedgerow_graph::{Layout, Network, Traffic};
use proptest::prelude::*;

use crate::small;

/// All formats, one after the other.
fn all(network: &Network) -> String {
    let layout = Layout::new(network, &|_| ());
    [
        hedgerow_graph::dot(network),
        hedgerow_graph::json(network).unwrap(),
        hedgerow_graph::csv(network),
        hedgerow_graph::mermaid(network),
        hedgerow_graph::svg(network, &layout),
        hedgerow_graph::html(network, &layout).unwrap(),
    ]
    .concat()
}

fn shuffled() -> impl Strategy<Value = Network> {
    let (nodes, edges) = small::parts();
    // One edge stands twice, as when two walks of a tree are joined.
    let edges: Vec<_> = edges.iter().cloned().chain(edges.first().cloned()).collect();
    (Just(nodes).prop_shuffle(), Just(edges).prop_shuffle())
        .prop_map(|(nodes, edges)| Network::new(Some("prod".to_owned()), nodes, edges).unwrap())
}

fn shuffled_traffic() -> impl Strategy<Value = Network> {
    let traffic = small::traffic();
    // One call stands in two lines, half of its count in each.
    let mut calls = traffic.calls.clone();
    let mut half = calls[0].clone();
    half.seen.count /= 2;
    calls[0].seen.count -= half.seen.count;
    calls.push(half);
    (shuffled(), Just(calls).prop_shuffle())
        .prop_map(move |(network, calls)| network.with_traffic(Traffic { calls, ..traffic.clone() }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn order_of_input_reaches_no_output(network in shuffled()) {
        prop_assert_eq!(all(&network), all(&small::network()));
    }

    #[test]
    fn order_of_calls_reaches_no_output(network in shuffled_traffic()) {
        prop_assert_eq!(all(&network), all(&small::network().with_traffic(small::traffic())));
    }
}
