//! Which flows policies let through.

mod compile;
mod known;
mod peers;
mod verdict;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use rayon::prelude::*;

use crate::Manifests;
use crate::bits::Bits;
use crate::cluster::{Cluster, Endpoint};
use crate::guests::Asked;
use crate::net::{AddressRange, Cidr, Family};
use crate::policy::{Action, Direction, Party, Policy, PolicyId, Rule, Tier, TierDefault, Way};
use crate::port::{Flow, NamedPort, PortRange, Protocol};
use crate::selector::{Fact, Index, Space};
pub(crate) use compile::{Compiled, CompiledRule, wear};
use compile::{Resolver, within};
pub use peers::{Peer, PeerId, PeerSet, Reach};
pub use verdict::{DecidedBy, Decision, Verdict};
use ways::{SOME_PORT, Ways};

/// Policies applied to a cluster: answers who may reach whom.
#[derive(Debug, Clone)]
pub struct Network {
    endpoints: Vec<Endpoint>,
    ranges: Vec<AddressRange>,
    /// What is known beside the pods.
    pub(crate) world: Cluster,
    /// In the order in which they are asked.
    pub(crate) policies: Vec<Compiled>,
    /// The policies that speak of egress.
    pub(crate) of_egress: Vec<usize>,
    /// For each endpoint, the policies that guard it: in the order in which they are asked.
    pub(crate) guards: [Vec<Vec<usize>>; 2],
    /// Sources that the same policies guard, with these policies.
    egress_classes: Vec<(Vec<usize>, Bits)>,
    index: Index,
    ways: Ways,
    tiers: BTreeMap<String, Tier>,
    /// The peers of each network set, by family.
    sets: [Vec<Bits>; 2],
}

/// What is asked of the policies at one end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) to: PeerId,
    pub(crate) flow: Flow,
    pub(crate) way: Way,
    pub(crate) asked: Asked,
}

impl Network {
    /// Applies the policies of `manifests` to its pods. `blocks` are told apart from the addresses around them, so that
    /// a question about a block has one answer even where no policy names the block.
    #[must_use]
    pub fn new(manifests: Manifests, blocks: &[Cidr]) -> Self {
        let Manifests { cluster, policies, tiers, network_sets, .. } = manifests;
        let set_blocks = network_sets.iter().flat_map(|set| &set.nets);
        let rule_blocks = policies.iter().flat_map(Policy::all_rules).flat_map(Rule::parties).flat_map(Party::blocks);
        let ranges = AddressRange::cut(blocks.iter().chain(set_blocks).chain(rule_blocks));

        // Network sets are selected like endpoints and stand behind them in the index.
        let pods = cluster.endpoints.len();
        let mut index = Index::new(pods + network_sets.len());
        for (id, endpoint) in cluster.endpoints.iter().enumerate() {
            wear(&mut index, id, endpoint, &cluster);
        }
        for (id, set) in (pods..).zip(&network_sets) {
            index.admit(id);
            set.labels.iter().for_each(|(name, value)| index.wear(id, Space::Own, name, value));
            if let Some(namespace) = &set.namespace {
                index.wear(id, Space::Fact, Fact::NAMESPACE, namespace);
                let labels = cluster.namespaces.get(namespace).into_iter().flatten();
                labels.for_each(|(name, value)| index.wear(id, Space::Namespace, name, value));
            }
        }

        let mut world = cluster;
        let endpoints = std::mem::take(&mut world.endpoints);
        let sets = [Family::V4, Family::V6]
            .map(|family| network_sets.iter().map(|set| within(&set.nets, &endpoints, &ranges, family)).collect());
        let resolver = Resolver { endpoints: &endpoints, ranges: &ranges, index: &index, sets: &sets };
        let policies = policies.into_par_iter().map(|policy| resolver.compile(policy, &tiers)).collect();
        let ways = Ways::of(&endpoints, &ranges, &[]);
        let mut network = Self {
            endpoints,
            ranges,
            world,
            policies: Vec::new(),
            of_egress: Vec::new(),
            guards: [Vec::new(), Vec::new()],
            egress_classes: Vec::new(),
            index,
            ways,
            tiers,
            sets,
        };
        network.arrange(policies);
        network
    }

    /// The same network without what its pods wear, which takes more room than all else about them: enough for verdicts and for
    /// [`Self::exchange`]. What is told of pods by their labels is not there any more: peers, guests, and who may be selected.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        self.endpoints.iter_mut().for_each(|endpoint| endpoint.labels = BTreeMap::new());
        self
    }

    /// Takes the policies `gone` away and puts those of `new` in: afterwards the network is as if it had been made so. Of `new` only its
    /// policies count; pods, tiers and network sets stay as they are. Gives the pods that a policy selects which went or came: of flows
    /// between others nothing is decided in another way than before.
    ///
    /// Nothing, and nothing is changed, where a new policy names a block of addresses that the network does not tell apart.
    pub fn exchange(&mut self, gone: &BTreeSet<PolicyId>, new: Manifests) -> Option<PeerSet> {
        let blocks = new.policies.iter().flat_map(Policy::all_rules).flat_map(Rule::parties).flat_map(Party::blocks);
        if blocks.copied().any(|block| self.ranges.iter().any(|range| range.is_cut_by(block))) {
            return None;
        }
        let (endpoints, ranges, index) = (&self.endpoints, &self.ranges, &self.index);
        let resolver = Resolver { endpoints, ranges, index, sets: &self.sets };
        let mut selected = Bits::none(self.size());
        let mut touch = |policy: &Compiled| policy.selected.iter().for_each(|pods| selected.insert(pods));
        let mut policies = Vec::with_capacity(self.policies.len() + new.policies.len());
        for compiled in std::mem::take(&mut self.policies) {
            if gone.contains(&compiled.policy.id) {
                touch(&compiled);
            } else {
                policies.push(compiled);
            }
        }
        for policy in new.policies {
            let compiled = resolver.compile(policy, &self.tiers);
            touch(&compiled);
            policies.push(compiled);
        }
        let ways = (self.ways.is_one, self.ways.source_ports.clone());
        self.arrange(policies);
        let are_ways_the_same = ways == (self.ways.is_one, self.ways.source_ports.clone());
        Some(if are_ways_the_same { PeerSet(selected) } else { self.everybody() })
    }

    /// Puts policies in the order in which they are asked, and finds whom they guard.
    fn arrange(&mut self, mut policies: Vec<Compiled>) {
        policies.sort_by(|a, b| {
            (a.tier.order.total_cmp(&b.tier.order).then_with(|| a.tier.name.cmp(&b.tier.name)))
                .then(a.policy.order.total_cmp(&b.policy.order))
                .then_with(|| a.policy.id.tie_break().cmp(b.policy.id.tie_break()))
        });
        let pods = self.endpoints.len();
        self.guards = [Direction::Ingress, Direction::Egress].map(|direction| {
            let mut guards = vec![Vec::new(); pods];
            for (at, compiled) in policies.iter().enumerate() {
                if compiled.policy.rules(direction).is_some() {
                    compiled.selected.iter().for_each(|endpoint| guards[endpoint].push(at));
                }
            }
            guards
        });
        let mut classes = BTreeMap::<_, Vec<usize>>::new();
        for (endpoint, policies) in self.guards[Direction::Egress as usize].iter().enumerate() {
            if !policies.is_empty() {
                classes.entry(policies.clone()).or_default().push(endpoint);
            }
        }
        let size = self.size();
        self.egress_classes =
            classes.into_iter().map(|(policies, members)| (policies, Bits::of(size, members))).collect();
        self.ways = Ways::of(&self.endpoints, &self.ranges, &policies);
        let of_egress = policies.iter().enumerate().filter(|(_, compiled)| compiled.policy.egress.is_some());
        self.of_egress = of_egress.map(|(at, _)| at).collect();
        self.policies = policies;
    }

    /// Every endpoint's peer, in the order of the endpoints.
    pub fn pods(&self) -> impl Iterator<Item = PeerId> + use<> {
        (0..self.endpoints.len()).map(PeerId)
    }

    /// Every range of outside addresses, IPv4 first, ascending.
    pub fn outside(&self) -> impl Iterator<Item = PeerId> + use<> {
        (self.endpoints.len()..self.size()).map(PeerId)
    }

    /// The outside peer that an address belongs to. Addresses of known pods have one too: it stands for the address
    /// when no pod holds it.
    #[must_use]
    pub fn outside_at(&self, address: IpAddr) -> PeerId {
        let at = self.ranges.iter().position(|range| range.contains(address)).unwrap_or_default();
        PeerId(self.endpoints.len() + at)
    }

    /// The set of no peer.
    #[must_use]
    pub fn nobody(&self) -> PeerSet {
        PeerSet(Bits::none(self.size()))
    }

    /// The set of every peer.
    #[must_use]
    pub fn everybody(&self) -> PeerSet {
        PeerSet(Bits::all(self.size()))
    }

    /// The set of these peers.
    #[must_use]
    pub fn set(&self, peers: impl IntoIterator<Item = PeerId>) -> PeerSet {
        PeerSet(Bits::of(self.size(), peers.into_iter().map(PeerId::index)))
    }

    /// What a peer stands for.
    ///
    /// # Panics
    /// When the peer is of another network and has no counterpart here.
    #[must_use]
    pub fn peer(&self, id: PeerId) -> Peer<'_> {
        match id.0.checked_sub(self.endpoints.len()) {
            None => Peer::Pods(&self.endpoints[id.0]),
            Some(at) => Peer::Outside(self.ranges[at]),
        }
    }

    /// Whether the policies that guard a destination drop this flow from anybody.
    #[must_use]
    pub fn drops_some(&self, destination: PeerId, flow: Flow) -> bool {
        let Some(guards) = self.guards[Direction::Ingress as usize].get(destination.0) else { return false };
        self.ways(destination).into_iter().any(|(way, everyone)| {
            let question = Question { to: destination, flow, way, asked: Asked::All };
            self.filter(Direction::Ingress, guards, everyone.clone(), question) != everyone
        })
    }

    /// The peers in a block of addresses and in none of its exceptions, as a rule's `ipBlock` would match them in flows over
    /// one of [`Self::families`].
    #[must_use]
    pub fn in_block(&self, cidr: Cidr, except: &[Cidr], family: Family) -> PeerSet {
        let party = Party { nets: Some(vec![cidr]), not_nets: except.to_vec(), ..Party::default() };
        let (endpoints, ranges, index) = (&self.endpoints, &self.ranges, &self.index);
        let resolver = Resolver { endpoints, ranges, index, sets: &[Vec::new(), Vec::new()] };
        PeerSet(resolver.peers_of(&party, family))
    }

    /// Whether `source` may reach `destination` with this flow, and what says so: over IPv4 where both can, and from a port
    /// that no rule names.
    #[must_use]
    pub fn verdict(&self, source: PeerId, destination: PeerId, flow: Flow) -> Verdict {
        let way = self.ways_between(source, destination).next();
        let way = way.unwrap_or(Way { family: Family::V4, source_port: SOME_PORT });
        self.verdict_by(source, destination, flow, way, Asked::All)
    }

    /// Whether `source` may reach `destination` with this flow in this way, and what says so, as far as the policies go
    /// that are asked.
    #[must_use]
    pub fn verdict_by(&self, source: PeerId, destination: PeerId, flow: Flow, way: Way, asked: Asked) -> Verdict {
        let question = Question { to: destination, flow, way, asked };
        Verdict {
            egress: self.decide(Direction::Egress, source, question),
            ingress: self.decide(Direction::Ingress, source, question),
        }
    }

    /// The ways from `source` to `destination` that policies may tell apart; none where they share no family of addresses.
    pub fn ways_between(&self, source: PeerId, destination: PeerId) -> impl Iterator<Item = Way> + use<> {
        let ways = self.ways(destination);
        ways.into_iter().filter(move |(_, peers)| peers.contains(source.0)).map(|(way, _)| way)
    }

    /// Every peer that may reach `destination` with this flow in one way at least.
    #[must_use]
    pub fn sources(&self, destination: PeerId, flow: Flow) -> PeerSet {
        let mut any = Bits::none(self.size());
        for (way, peers) in self.ways(destination) {
            any.unite(&self.sources_by(destination, flow, way, peers, Asked::All));
        }
        PeerSet(any)
    }

    /// Who may reach `destination` with this flow over one family of addresses, as far as the policies go that are asked.
    #[must_use]
    pub fn reach(&self, destination: PeerId, flow: Flow, family: Family, asked: Asked) -> Reach {
        let none = || Bits::none(self.size());
        let (mut sometimes, mut stopped, mut connected) = (none(), none(), none());
        for (way, peers) in self.ways(destination).into_iter().filter(|(way, _)| way.family == family) {
            let allowed = self.sources_by(destination, flow, way, peers.clone(), asked);
            sometimes.unite(&allowed);
            connected.unite(&peers);
            let mut rest = peers;
            rest.subtract(&allowed);
            stopped.unite(&rest);
        }
        let mut always = sometimes.clone();
        always.subtract(&stopped);
        Reach { sometimes: PeerSet(sometimes), always: PeerSet(always), connected: PeerSet(connected) }
    }

    /// The families of addresses that have to be asked about apart: one, where nothing tells them apart.
    #[must_use]
    pub const fn families(&self) -> &'static [Family] {
        if self.ways.is_one { &[Family::V4] } else { &[Family::V4, Family::V6] }
    }

    fn sources_by(&self, destination: PeerId, flow: Flow, way: Way, peers: Bits, asked: Asked) -> Bits {
        let mut allowed = match self.guards[Direction::Ingress as usize].get(destination.0) {
            Some(guards) => {
                self.filter(Direction::Ingress, guards, peers, Question { to: destination, flow, way, asked })
            }
            None => peers,
        };
        for (guards, members) in &self.egress_classes {
            let here = members.and(&allowed);
            if !here.is_empty() {
                let mut stopped = here.clone();
                stopped.subtract(&self.filter(
                    Direction::Egress,
                    guards,
                    here,
                    Question { to: destination, flow, way, asked },
                ));
                allowed.subtract(&stopped);
            }
        }
        allowed
    }

    /// The ways to `destination`, each with the peers that can go it.
    pub(crate) fn ways(&self, destination: PeerId) -> Vec<(Way, Bits)> {
        if self.ways.is_one {
            return vec![(Way { family: Family::V4, source_port: SOME_PORT }, Bits::all(self.size()))];
        }
        let [v4, v6] = &self.ways.pods;
        let is_outside = destination.0 >= self.endpoints.len();
        let is_unknown = self.ways.unknown.contains(destination.0);
        let mut over_v4 = v4.clone();
        let mut over_v6 = v6.clone();
        if is_outside {
            let family = usize::from(self.ways.outside[1].contains(destination.0));
            let (over, other) = if family == 0 { (&mut over_v4, &mut over_v6) } else { (&mut over_v6, &mut over_v4) };
            *other = Bits::none(self.size());
            // Who has an address of that family is not known of pods whose addresses are not.
            over.unite(&self.ways.unknown);
        } else if is_unknown {
            // A pod of which nothing is known meets others over IPv4, and over IPv6 those that have nothing else.
            over_v6.subtract(v4);
        } else {
            match (v4.contains(destination.0), v6.contains(destination.0)) {
                (true, true) => {}
                (true, false) => over_v6 = Bits::none(self.size()),
                (false, _) => {
                    over_v4 = Bits::none(self.size());
                    over_v6.unite(&self.ways.unknown);
                }
            }
        }
        over_v4.unite(&self.ways.outside[0]);
        over_v6.unite(&self.ways.outside[1]);
        let families = [(Family::V4, over_v4), (Family::V6, over_v6)];
        let there = families.iter().filter(|(_, peers)| !peers.is_empty());
        there
            .flat_map(|(family, peers)| {
                let ports = self.ways.source_ports.iter();
                ports.map(|port| (Way { family: *family, source_port: *port }, peers.clone()))
            })
            .collect()
    }

    /// Every port of the destination, cut into ranges that no policy and none of `others` tells apart.
    #[must_use]
    pub fn port_ranges(&self, destination: PeerId, others: &[PortRange]) -> Vec<PortRange> {
        let named = self.named_ports(destination);
        let guards = self.guards[Direction::Ingress as usize].get(destination.0).into_iter().flatten();
        let of_ingress = guards.flat_map(|at| &self.policies[*at].rules[Direction::Ingress as usize]);
        let of_egress = self.of_egress.iter().flat_map(|at| &self.policies[*at].rules[Direction::Egress as usize]);
        let rules: Vec<_> =
            of_ingress.chain(of_egress).filter(|rule| rule.destination.contains_ever(destination)).collect();
        // Other protocols have no ports: each that a rule names is one range.
        let bare: BTreeSet<_> = rules
            .iter()
            .flat_map(|compiled| [compiled.rule.protocol, compiled.rule.not_protocol])
            .flatten()
            .filter(|protocol| !protocol.has_ports())
            .collect();
        let ranges = rules.into_iter().flat_map(|CompiledRule { rule, .. }| {
            rule.ports.ranges(named).chain(rule.not_ports.iter().flat_map(|ports| ports.ranges(named)))
        });
        let mut starts: BTreeSet<_> = Protocol::WITH_PORTS.map(|protocol| (protocol, 1)).into();
        for range in ranges.chain(others.iter().copied()).filter(|range| range.protocol.has_ports()) {
            starts.insert((range.protocol, range.first));
            starts.extend(range.last.checked_add(1).map(|next| (range.protocol, next)));
        }
        let starts: Vec<_> = starts.into_iter().collect();
        let ends = starts.iter().skip(1).map(Some).chain([None]);
        starts
            .iter()
            .zip(ends)
            .map(|(&(protocol, first), next)| {
                let last = next.filter(|next| next.0 == protocol).map_or(u16::MAX, |next| next.1 - 1);
                PortRange { protocol, first, last }
            })
            .chain(bare.into_iter().map(PortRange::all))
            .collect()
    }

    /// Who may reach `destination` on which ports, over TCP, UDP and SCTP: neighbouring ranges with the same sources are one.
    #[must_use]
    pub fn admitted(&self, destination: PeerId) -> Vec<(PortRange, PeerSet)> {
        let mut admitted: Vec<(PortRange, PeerSet)> = Vec::new();
        for range in self.port_ranges(destination, &[]) {
            let sources = self.sources(destination, Flow { protocol: range.protocol, port: range.last });
            match admitted.last_mut() {
                Some((before, same)) if before.protocol == range.protocol && *same == sources => {
                    before.last = range.last;
                }
                _ => admitted.push((range, sources)),
            }
        }
        admitted
    }

    fn size(&self) -> usize {
        self.endpoints.len() + self.ranges.len()
    }

    pub(crate) fn named_ports(&self, peer: PeerId) -> &[NamedPort] {
        self.endpoints.get(peer.0).map_or(&[], |endpoint| &endpoint.ports)
    }

    /// Whether pods of which nothing is known may meet a destination over a family of addresses.
    pub(crate) fn may_meet(&self, destination: PeerId, family: Family) -> bool {
        let addresses = self.endpoints.get(destination.0).map_or(&[][..], |endpoint| &endpoint.addresses);
        match addresses {
            [] => family == Family::V4,
            addresses => addresses.iter().any(|address| Family::of(*address) == family),
        }
    }

    /// The policies of a list, tier by tier.
    pub(crate) fn tiers<'a>(&'a self, guards: &'a [usize]) -> impl Iterator<Item = (&'a Tier, &'a [usize])> {
        guards
            .chunk_by(|a, b| self.policies[*a].tier.name == self.policies[*b].tier.name)
            .filter_map(|chunk| Some((&self.policies[*chunk.first()?].tier, chunk)))
    }

    /// Asks the policies `guards` about one flow from every one of `sources`; gives those that are let through.
    fn filter(&self, direction: Direction, guards: &[usize], sources: Bits, question: Question) -> Bits {
        let Question { to, flow, way, asked } = question;
        let named = self.named_ports(to);
        let mut allowed = Bits::none(self.size());
        let mut open = sources;
        for (tier, guards) in self.tiers(guards) {
            let mut passed = Bits::none(self.size());
            let here = guards.iter().map(|at| &self.policies[*at]);
            let here = here.filter(|compiled| asked == Asked::All || !compiled.is_backstop);
            let rules = here.flat_map(|compiled| &compiled.rules[direction as usize]);
            for compiled in
                rules.filter(|rule| rule.destination.contains(to, way.family) && rule.rule.admits(flow, way, named))
            {
                let matched = compiled.source.get(way.family).map_or_else(|| open.clone(), |source| source.and(&open));
                match compiled.rule.action {
                    Action::Allow => allowed.unite(&matched),
                    Action::Pass => passed.unite(&matched),
                    Action::Deny => {}
                    Action::Log => continue,
                }
                open.subtract(&matched);
            }
            match tier.default {
                TierDefault::Deny => open = passed,
                TierDefault::Pass => open.unite(&passed),
            }
        }
        allowed.unite(&open);
        allowed
    }

    /// Asks the policies at one end about one flow: what [`Self::filter`] does for many, with the reason.
    fn decide(&self, direction: Direction, from: PeerId, question: Question) -> Decision {
        let Question { to, flow, way, asked } = question;
        let guarded = match direction {
            Direction::Ingress => to,
            Direction::Egress => from,
        };
        if self.endpoints.get(guarded.0).is_none_or(|endpoint| endpoint.host_network) {
            return Decision { allows: true, by: DecidedBy::OutOfReach };
        }
        let guards = &self.guards[direction as usize][guarded.0];
        if guards.is_empty() {
            return Decision { allows: true, by: DecidedBy::Unguarded };
        }
        let named = self.named_ports(to);
        'tiers: for (tier, guards) in self.tiers(guards) {
            let here = guards.iter().map(|at| &self.policies[*at]);
            for compiled in here.filter(|compiled| asked == Asked::All || !compiled.is_backstop) {
                let matches = |rule: &&CompiledRule| {
                    rule.source.contains(from, way.family)
                        && rule.destination.contains(to, way.family)
                        && rule.rule.admits(flow, way, named)
                };
                for rule in compiled.rules[direction as usize].iter().filter(matches) {
                    let by = DecidedBy::Rule { policy: compiled.policy.id.clone(), index: rule.rule.index };
                    match rule.rule.action {
                        Action::Allow => return Decision { allows: true, by },
                        Action::Deny => return Decision { allows: false, by },
                        Action::Pass => continue 'tiers,
                        Action::Log => {}
                    }
                }
            }
            if tier.default == TierDefault::Deny {
                let policies = guards.iter().map(|at| self.policies[*at].policy.id.clone()).collect();
                return Decision { allows: false, by: DecidedBy::EndOfTier { tier: tier.name.clone(), policies } };
            }
        }
        Decision { allows: true, by: DecidedBy::EndOfTiers }
    }
}
