//! Edges: who calls whom, how often, and how many of them are counted apart.

use super::Ledger;
use crate::naming::Micros;
use crate::observations::{End, Verdict};
use crate::record::Protocol;
use serde::{Deserialize, Serialize};

/// Callers of one callee that are no services of the fleet; beyond, they are `other`.
pub const MAX_OUTSIDERS: usize = 50;
/// Ports (with their protocol) of one caller and callee; beyond, they are port 0.
pub const MAX_PORTS: usize = 20;
/// Edges in all, with their verdicts; beyond, only those that are known are counted apart.
pub const MAX_EDGES: usize = 100_000;
/// Who is meant by callers beyond the cap.
pub const OTHER: &str = "other";

/// Who calls whom where, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The service that is called.
    pub callee: String,
    /// Who calls.
    pub caller: End,
    /// The container's port; 0 where there is none, or there were too many.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// How often and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often; 0 where only sources of second rank saw it.
    pub count: u64,
    /// When it was seen first.
    pub first: Micros,
    /// When it was seen last.
    pub last: Micros,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, first: Micros::MAX, last: Micros::MIN }
    }
}

impl Tally {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl Ledger {
    /// The edge as it is counted, and whether that is less than it says.
    pub(super) fn cap(&self, mut edge: Edge) -> (Edge, bool) {
        let mut is_capped = false;
        if !matches!(edge.caller, End::Service(_)) {
            let known = self.outsiders.get(&edge.callee);
            let is_full = known.is_some_and(|known| !known.contains(&edge.caller) && known.len() >= MAX_OUTSIDERS);
            if is_full {
                edge.caller = match edge.caller {
                    End::Unknown(_) => End::Unknown(Vec::new()),
                    End::Service(_) | End::Outsider(_) => End::Outsider(OTHER.to_owned()),
                };
                is_capped = true;
            }
        }
        let known = self.ports.get(&(edge.callee.clone(), edge.caller.clone()));
        let port = (edge.port, edge.protocol);
        let is_full = known.is_some_and(|known| !known.contains(&port) && known.len() >= MAX_PORTS);
        if is_full || (self.edges.len() >= MAX_EDGES && !self.edges.contains_key(&edge)) {
            edge.port = 0;
            is_capped = true;
        }
        if self.edges.len() >= MAX_EDGES && !self.edges.contains_key(&edge) && !matches!(edge.caller, End::Service(_)) {
            edge.caller = End::Outsider(OTHER.to_owned());
        }
        (edge, is_capped)
    }

    /// Remembers an edge's caller and port among those that count apart.
    pub(super) fn reserve(&mut self, edge: &Edge) {
        let is_summed = edge.caller == End::Outsider(OTHER.to_owned()) || edge.caller == End::Unknown(Vec::new());
        if !matches!(edge.caller, End::Service(_)) && !is_summed {
            let outsiders = self.outsiders.entry(edge.callee.clone()).or_default();
            if !outsiders.contains(&edge.caller) {
                outsiders.insert(edge.caller.clone());
            }
        }
        if edge.port != 0 {
            let ports = self.ports.entry((edge.callee.clone(), edge.caller.clone())).or_default();
            ports.insert((edge.port, edge.protocol));
        }
    }
}
