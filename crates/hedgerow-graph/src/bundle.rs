//! Lines between owners instead of lines between services: what stays readable when there are thousands of edges.

use std::collections::BTreeMap;

use crate::layout::Layout;
use crate::network::Network;

/// All edges from one owner's services to another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// Island of the callers.
    pub(crate) from: usize,
    /// Island of the callees.
    pub(crate) to: usize,
    /// How many edges it stands for.
    pub(crate) edges: usize,
}

/// The edges by owners, the strongest first; edges within one owner are not among them.
pub(crate) fn bundles(network: &Network, layout: &Layout) -> Vec<Bundle> {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for &(caller, callee) in network.ends() {
        let (from, to) = (layout.homes()[caller], layout.homes()[callee]);
        if from != to {
            *counts.entry((from, to)).or_default() += 1;
        }
    }
    let mut bundles: Vec<Bundle> = counts.into_iter().map(|((from, to), edges)| Bundle { from, to, edges }).collect();
    bundles.sort_by_key(|bundle| std::cmp::Reverse(bundle.edges));
    bundles
}
