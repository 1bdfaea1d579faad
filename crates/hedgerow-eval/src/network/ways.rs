//! The ways in which flows between two peers can differ beside their port.

use std::collections::BTreeSet;

use super::compile::Compiled;
use crate::bits::Bits;
use crate::cluster::Endpoint;
use crate::net::{AddressRange, Family};

/// Where a caller connects from unless a rule makes a difference.
pub(super) const SOME_PORT: u16 = 49_152;

/// The ways in which flows between two peers can differ beside their port.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// Whether there is one way alone that matters: no policy and no address tells another one apart.
    pub(super) is_one: bool,
    /// One port to connect from for each range that no rule tells apart.
    pub(super) source_ports: Vec<u16>,
    /// Pods that have an address of each family; those of unknown addresses are taken to have one of IPv4.
    pub(super) pods: [Bits; 2],
    /// Pods whose addresses are not known.
    pub(super) unknown: Bits,
    /// Outside addresses of each family.
    pub(super) outside: [Bits; 2],
}

impl Ways {
    pub(super) fn of(endpoints: &[Endpoint], ranges: &[AddressRange], policies: &[Compiled]) -> Self {
        let size = endpoints.len() + ranges.len();
        let rules = || policies.iter().flat_map(|compiled| compiled.policy.all_rules());
        let has =
            |endpoint: &Endpoint, wants_v4| endpoint.addresses.iter().any(|address| address.is_ipv4() == wants_v4);
        let pods = |is_one: &dyn Fn(&Endpoint) -> bool| {
            let found = endpoints.iter().enumerate().filter(|(_, endpoint)| is_one(endpoint));
            Bits::of(size, found.map(|(id, _)| id))
        };
        let outside = |family| {
            let found = ranges.iter().enumerate().filter(|(_, range)| Family::of(range.first) == family);
            Bits::of(size, found.map(|(at, _)| endpoints.len() + at))
        };
        let mut starts = BTreeSet::new();
        for rule in rules() {
            let ports = rule.source_ports.ranges(&[]).chain(rule.not_source_ports.iter().flat_map(|it| it.ranges(&[])));
            for range in ports {
                starts.insert(range.first);
                starts.extend(range.last.checked_add(1));
            }
        }
        let has_ports = !starts.is_empty();
        let is_one = !has_ports
            && rules().all(|rule| rule.family.is_none())
            && !endpoints.iter().any(|endpoint| has(endpoint, false));
        let source_ports = if has_ports { std::iter::once(1).chain(starts).collect() } else { vec![SOME_PORT] };
        Self {
            is_one,
            source_ports,
            pods: [
                pods(&|endpoint| endpoint.addresses.is_empty() || has(endpoint, true)),
                pods(&|endpoint| has(endpoint, false)),
            ],
            unknown: pods(&|endpoint| endpoint.addresses.is_empty()),
            outside: [outside(Family::V4), outside(Family::V6)],
        }
    }
}
