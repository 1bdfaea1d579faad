//! The ends of flows, and sets of them.

use crate::bits::Bits;
use crate::cluster::Endpoint;
use crate::net::AddressRange;

/// One end of a flow: the pods of one [`Endpoint`], or addresses outside of the cluster that no policy tells apart.
/// Valid only in the `Network` it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId(pub(super) usize);

/// What a [`PeerId`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer<'a> {
    /// Pods.
    Pods(&'a Endpoint),
    /// Addresses that belong to no known pod.
    Outside(AddressRange),
}

/// Several peers of one `Network`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSet(pub(super) Bits);

/// Who may reach a destination with one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Those who can connect in one way at least, such as from one port of theirs.
    pub sometimes: PeerSet,
    /// Those who can connect in every way.
    pub always: PeerSet,
    /// Those who share the family of addresses with the destination.
    pub connected: PeerSet,
}

impl PeerId {
    /// Its number: pods come first, in the order of `Network::pods`.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// Sets of one network can be put together; those of different networks have nothing to do with each other.
impl PeerSet {
    /// Adds a peer.
    pub fn insert(&mut self, peer: PeerId) {
        self.0.insert(peer.0);
    }

    /// Adds every peer of `other`.
    pub fn unite(&mut self, other: &Self) {
        self.0.unite(&other.0);
    }

    /// Takes every peer of `other` away.
    pub fn subtract(&mut self, other: &Self) {
        self.0.subtract(&other.0);
    }

    /// Keeps the peers that are in `other` too.
    pub fn intersect(&mut self, other: &Self) {
        self.0.intersect(&other.0);
    }

    /// Whether no peer is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the peer is one of them.
    #[must_use]
    pub fn contains(&self, peer: PeerId) -> bool {
        self.0.contains(peer.0)
    }

    /// The peers, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.0.iter().map(PeerId)
    }
}
