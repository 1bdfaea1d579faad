//! Those who are no services and are drawn all the same: whom `allow` lets in, who was seen, and who comes by what publishes a service.

use std::collections::BTreeMap;

use crate::network::Network;
use crate::node::{Allow, EdgePorts, Node, Port, Ports};
use crate::traffic::{Caller, Facing};

/// One who is no service.
pub(crate) struct Peer {
    /// Who it is, in words.
    pub(crate) text: String,
    /// From how far he may come.
    pub(crate) facing: Facing,
}

/// All of them, and what they are let into.
pub(crate) struct Outside {
    pub(crate) peers: Vec<Peer>,
    /// Peer, callee and ports of each `allow` entry; no ports where all are meant and the peer is in the cluster, or nobody has listed them.
    pub(crate) allowed: Vec<(usize, usize, Option<String>)>,
    /// Peer, callee, what publishes it, and the ports where manifests say them.
    pub(crate) published: Vec<(usize, usize, Vec<String>)>,
    callers: BTreeMap<Caller, usize>,
    prefix: String,
}

impl Outside {
    /// A name for a peer that no service bears.
    pub(crate) fn id(&self, index: usize) -> String {
        format!("{}{index}", self.prefix)
    }

    /// The peer that a caller is.
    pub(crate) fn of(&self, caller: &Caller) -> Option<usize> {
        self.callers.get(caller).copied()
    }
}

/// Who is outside of a network.
pub(crate) fn outside(network: &Network) -> Outside {
    let (mut peers, mut known): (Vec<Peer>, BTreeMap<String, usize>) = (Vec::new(), BTreeMap::new());
    let mut peer = |text: &str, facing: Facing| {
        *known.entry(text.to_owned()).or_insert_with(|| {
            peers.push(Peer { text: text.to_owned(), facing });
            peers.len() - 1
        })
    };
    let (mut allowed, mut published) = (Vec::new(), Vec::new());
    for (at, node) in network.nodes().iter().enumerate() {
        allowed.extend(node.allow.iter().map(|allow| (peer(&allow.peer, allow.facing()), at, opened(node, allow))));
        published.extend(network.published(at).iter().map(|by| {
            let ports = Some(listed(&by.ports)).filter(|ports| !ports.is_empty());
            (peer("the outside", Facing::Internet), at, std::iter::once(by.how.clone()).chain(ports).collect())
        }));
    }
    published.dedup();
    let strangers = network.observed().into_iter().flat_map(|observed| &observed.strangers);
    let callers = strangers
        .filter(|stranger| stranger.from.is_none())
        .map(|stranger| (stranger.caller.clone(), peer(stranger.caller.as_str(), Facing::Cluster)))
        .collect();
    let mut prefix = "outside ".to_owned();
    while network.nodes().iter().any(|node| node.name.starts_with(&prefix)) {
        prefix.push('.');
    }
    Outside { peers, allowed, published, callers, prefix }
}

/// What an `allow` entry opens. Of those outside of the cluster it is said also where it is all that the service has.
fn opened(node: &Node, allow: &Allow) -> Option<String> {
    match (&allow.ports, &node.ports) {
        (EdgePorts::Only(_), _) => Some(allow.ports.to_text()),
        (EdgePorts::All, Ports::These(ports)) if allow.is_outside() => Some(listed(ports)),
        (EdgePorts::All, _) => None,
    }
}

fn listed(ports: &[Port]) -> String {
    ports.iter().map(Port::to_text).collect::<Vec<_>>().join(", ")
}
