//! Policies made ready to be asked: what they say of peers, as sets of peers.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::PeerId;
use super::known::FROM_CONTROLLERS;
use crate::bits::Bits;
use crate::claim::Clause;
use crate::cluster::{CALICO_NAME, Cluster, Endpoint, NAMESPACE_NAME};
use crate::guests;
use crate::net::{AddressRange, Cidr, Family};
use crate::policy::{Direction, Party, Policy, Rule, Tier, TierDefault};
use crate::selector::{Fact, Index, Key, Space};

#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) policy: Policy,
    pub(crate) tier: Tier,
    pub(super) selected: Bits,
    pub(crate) rules: [Vec<CompiledRule>; 2],
    /// Whether it selects by what manifests may not tell of a pod; few do.
    pub(super) selects_by_unknown: bool,
    /// Whether it lets in everybody whom no policy before it has decided about.
    pub(crate) is_backstop: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledRule {
    pub(crate) rule: Arc<Rule>,
    /// The peers it can match.
    pub(super) source: Match,
    pub(crate) destination: Match,
    /// What [`Self::means`] has found; few ask.
    means: OnceLock<Option<Vec<Clause>>>,
}

/// Which peers one end of a rule matches.
#[derive(Debug, Clone)]
pub(crate) enum Match {
    /// It asks nothing of them.
    All,
    These(Bits),
    /// By the family of the flow: a pod may have addresses of both.
    ByFamily([Bits; 2]),
}

/// Turns what policies say of peers into sets of peers.
pub(super) struct Resolver<'a> {
    pub(super) endpoints: &'a [Endpoint],
    pub(super) ranges: &'a [AddressRange],
    pub(super) index: &'a Index,
    /// The peers of each network set, by family.
    pub(super) sets: &'a [Vec<Bits>; 2],
}

impl Match {
    pub(super) fn get(&self, family: Family) -> Option<&Bits> {
        match self {
            Self::All => None,
            Self::These(bits) => Some(bits),
            Self::ByFamily(bits) => Some(&bits[family as usize]),
        }
    }

    pub(crate) fn contains(&self, peer: PeerId, family: Family) -> bool {
        self.get(family).is_none_or(|peers| peers.contains(peer.index()))
    }

    pub(super) fn contains_ever(&self, peer: PeerId) -> bool {
        [Family::V4, Family::V6].into_iter().any(|family| self.contains(peer, family))
    }
}

impl CompiledRule {
    /// Whom its source means, as clauses of which one holds; nothing where there are too many.
    pub(crate) fn means(&self) -> Option<&[Clause]> {
        self.means.get_or_init(|| guests::meant(&self.rule.source)).as_deref()
    }
}

impl Resolver<'_> {
    pub(super) fn compile(&self, policy: Policy, tiers: &BTreeMap<String, Tier>) -> Compiled {
        let rules = [Direction::Ingress, Direction::Egress].map(|direction| {
            let rules = policy.rules(direction).unwrap_or_default().iter();
            rules
                .map(|rule| CompiledRule {
                    rule: Arc::clone(rule),
                    means: OnceLock::new(),
                    source: self.peers(&rule.source, rule.family),
                    destination: self.peers(&rule.destination, rule.family),
                })
                .collect()
        });
        let last = || Tier { name: policy.tier.clone(), order: f64::INFINITY, default: TierDefault::Deny };
        let tier = tiers.get(&policy.tier).cloned().unwrap_or_else(last);
        let selected = self.index.select(&policy.selects);
        let selects_by_unknown = policy.selects.asks_for(&|key: &Key| match key.space {
            Space::Own => FROM_CONTROLLERS.contains(&key.name.as_str()),
            Space::Namespace => key.name != NAMESPACE_NAME && key.name != CALICO_NAME,
            Space::ServiceAccount => key.name != CALICO_NAME,
            Space::Fact => false,
        });
        let is_backstop = policy.is_backstop();
        let selected = Bits::of(self.endpoints.len(), selected.iter());
        Compiled { tier, selected, rules, policy, selects_by_unknown, is_backstop }
    }

    /// The peers that one end of a rule matches.
    fn peers(&self, party: &Party, only: Option<Family>) -> Match {
        if *party == Party::default() {
            return Match::All;
        }
        let one = |family| self.peers_of(party, family);
        match only {
            Some(family) => Match::These(one(family)),
            None => {
                let names_addresses = party.blocks().next().is_some() || self.sets[0] != self.sets[1];
                let v4 = one(Family::V4);
                if !names_addresses {
                    return Match::These(v4);
                }
                let v6 = one(Family::V6);
                if v4 == v6 { Match::These(v4) } else { Match::ByFamily([v4, v6]) }
            }
        }
    }

    pub(super) fn peers_of(&self, party: &Party, family: Family) -> Bits {
        let mut peers = Bits::all(self.endpoints.len() + self.ranges.len());
        if let Some(selector) = &party.selector {
            peers.intersect(&self.select(selector, family));
        }
        if let Some(selector) = &party.not_selector {
            peers.subtract(&self.select(selector, family));
        }
        if let Some(nets) = &party.nets {
            peers.intersect(&within(nets, self.endpoints, self.ranges, family));
        }
        if !party.not_nets.is_empty() {
            peers.subtract(&within(&party.not_nets, self.endpoints, self.ranges, family));
            // A pod whose address is not known may lie in what is left out.
            let unknown = self.endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.addresses.is_empty());
            if party.selector.is_none() {
                peers.subtract(&Bits::of(peers.size(), unknown.map(|(id, _)| id)));
            }
        }
        peers
    }

    fn select(&self, selector: &crate::selector::Selector, family: Family) -> Bits {
        let selected = self.index.select(selector);
        let pods = selected.iter().take_while(|id| *id < self.endpoints.len());
        let mut peers = Bits::of(self.endpoints.len() + self.ranges.len(), pods);
        let sets = (self.endpoints.len()..).zip(&self.sets[family as usize]);
        for (_, set) in sets.filter(|(id, _)| selected.contains(*id)) {
            peers.unite(set);
        }
        peers
    }
}

/// The peers whose addresses of one family lie in one of `nets`; outside addresses of the other one lie there too or not. A
/// pod whose address is not known is taken to have some address.
pub(super) fn within(nets: &[Cidr], endpoints: &[Endpoint], ranges: &[AddressRange], family: Family) -> Bits {
    let has_every = nets.iter().any(|net| net.is_whole_family() && net.family() == family);
    let pods = endpoints.iter().enumerate().filter(|(_, endpoint)| match endpoint.addresses.as_slice() {
        [] => has_every,
        addresses => {
            let of_family = addresses.iter().filter(|address| Family::of(**address) == family);
            of_family.into_iter().any(|address| nets.iter().any(|net| net.contains(*address)))
        }
    });
    let outside = ranges.iter().enumerate().filter(|(_, range)| nets.iter().any(|net| range.is_within(*net)));
    let members = pods.map(|(id, _)| id).chain(outside.map(|(at, _)| endpoints.len() + at));
    Bits::of(endpoints.len() + ranges.len(), members)
}

/// Says what pods wear; those on their node's network are nobody that a policy could select.
pub(crate) fn wear(index: &mut Index, id: usize, endpoint: &Endpoint, cluster: &Cluster) {
    if endpoint.host_network {
        return;
    }
    index.wear(id, Space::Fact, Fact::NAMESPACE, &endpoint.namespace);
    index.wear(id, Space::Fact, Fact::ORCHESTRATOR, Fact::KUBERNETES);
    index.wear(id, Space::Fact, Fact::SERVICE_ACCOUNT, &endpoint.service_account);
    index.wear(id, Space::ServiceAccount, CALICO_NAME, &endpoint.service_account);
    let account = cluster.service_accounts.get(&(endpoint.namespace.clone(), endpoint.service_account.clone()));
    for (space, labels) in [
        (Space::Own, Some(&endpoint.labels)),
        (Space::Namespace, cluster.namespaces.get(&endpoint.namespace)),
        (Space::ServiceAccount, account),
    ] {
        labels.into_iter().flatten().for_each(|(name, value)| index.wear(id, space, name, value));
    }
}
