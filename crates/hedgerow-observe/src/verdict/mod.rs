//! What became of a call: permitted, let through though nothing permits it, dropped, or not to be told.
//!
//! [`Policies`] holds what a watch of policies tells, [`Verdicts`] asks [`hedgerow_eval`] and remembers the answers.
//!
//! # How it is decided
//! The network is asked twice: as it is, and as if every staged policy (Calico's staged kinds, and policies that are data under
//! `backend: observe`) were enforced and no backstop let anything through.
//!
//! | as it is | as if enforced | verdict |
//! | --- | --- | --- |
//! | stopped | | `dropped` |
//! | let through | let through | `permitted` |
//! | let through | stopped | `unpermitted`: it gets through only because of a backstop or a staged policy |
//!
//! A source that carries a verdict of its own keeps it ([`Verdicts::settle`]), with two additions. It knows nothing of policies that are data,
//! so where one guards the callee, what the source let through is asked for as well. And a caller whose type may call the callee's is permitted
//! wherever the catalogue says so, also where no catch-all selects the pods yet.
//!
//! # Speed
//! A pod matters to policies only by its namespace, the labels that policies ask for, its named ports and the block in which its address lies:
//! [`Verdicts::classify`] makes a [`Class`] of these, and verdicts are remembered per pair of classes, port and protocol. Classify the ends of
//! many calls first and ask then: a class that is new compiles the policies anew, once.
//!
//! # What is not known
//! A policy that cannot be read, or is not modelled, makes the verdict on the pods that it selects (or on its namespace, if not even that can be
//! read) `unknown`. So is every verdict before [`Policies::complete`] says that all policies were told. Service accounts are not known; pods are taken to run as `default`.

mod policies;

use policies::Changes;
pub use policies::{MAX_DOCUMENT, Policies, PolicyFault, meaning_of};

use crate::fleet::{Fleet, Labels, Service};
use crate::observations::Verdict;
use crate::record::Protocol;
use crate::sum::Said;
use hedgerow_core::source::Sources;
use hedgerow_eval::{
    AddressRange, Asked, Cidr, Direction, Endpoint, Family, Flow, Manifests, NamedPort, Network, ObjectRef, PeerId,
    PeerSet, PolicyId, PolicyKind,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The most classes that are kept apart at a time: more than twice the services of a large fleet. Beyond, all is begun anew.
pub const MAX_CLASSES: usize = 4096;
/// The most runs of addresses of which one is asked for each, where a source does not tell the address.
const MAX_RANGES: usize = 16;
/// The most verdicts that are remembered. Beyond, all are forgotten.
pub const MAX_VERDICTS: usize = 262_144;

/// One end of a call, as far as policies can tell it from others. Valid until a policy changes: see [`Verdicts::is_current`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    generation: u32,
    number: u32,
}

/// One end of a call.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// A pod.
    Pod {
        /// Its namespace.
        namespace: &'a str,
        /// All of its labels.
        labels: &'a Labels,
        /// Its address, where it is known.
        address: Option<IpAddr>,
        /// Its service, which knows its named ports.
        service: Option<&'a Service>,
    },
    /// An address that no pod has of its own: a node's, or one outside of the cluster.
    Address(IpAddr),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Pod {
        namespace: String,
        labels: Labels,
        ports: Vec<NamedPort>,
        address: Option<IpAddr>,
    },
    /// By the first address of the range.
    Outside(IpAddr),
}

/// The service that one end of a call is, and what its pod wears.
pub type Side<'a> = (&'a Service, &'a Labels);

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who calls.
    pub caller: Class,
    /// Who is called.
    pub callee: Class,
    /// The container's port; 0 where the protocol has none.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// Answers of the evaluator, remembered.
#[derive(Debug)]
pub struct Verdicts {
    policies: Policies,
    generation: u32,
    /// What policies ask for.
    keys: BTreeSet<String>,
    /// The runs of addresses that policies tell apart.
    ranges: Vec<AddressRange>,
    is_one_range: bool,
    merged: Option<Merged>,
    classes: BTreeMap<Arc<Key>, u32>,
    known: Vec<Arc<Key>>,
    pair: Option<Pair>,
    remembered: BTreeMap<(u32, u32, u16, u8), Verdict>,
    compilations: u64,
    merged_was_unfinished: bool,
}

/// What is known of all policies together.
#[derive(Debug)]
struct Merged {
    /// The labels that they ask for.
    keys: BTreeSet<String>,
    /// The blocks of addresses that they name.
    blocks: BTreeSet<Cidr>,
    names: BTreeSet<PolicyId>,
    backstops: BTreeSet<PolicyId>,
    /// What each policy says, summed.
    digests: BTreeMap<PolicyId, [u8; 32]>,
    /// Not all policies were told yet.
    is_unfinished: bool,
    /// There is a policy that has no effect yet.
    is_staged: bool,
    /// The policies that are data.
    data: BTreeSet<PolicyId>,
    /// Policies of which a part is not understood; what they select is not known to be let through or stopped.
    doubtful: Vec<Manifests>,
    /// Namespaces in which there is a policy that is not understood at all; all, where one is of the whole cluster.
    dark: BTreeSet<String>,
    is_dark: bool,
    faults: Vec<PolicyFault>,
}

/// The two networks, with the classes that stand in them.
#[derive(Debug)]
struct Pair {
    now: Network,
    /// Nothing where nothing is staged: then it is the same.
    then: Option<Network>,
    /// By the class's number.
    peers: Vec<PeerId>,
    /// Whether a policy that is data guards the class.
    by_data: Vec<bool>,
    /// Whether a policy that is not understood may.
    is_doubtful: Vec<bool>,
}

impl Pair {
    fn then(&self) -> &Network {
        self.then.as_ref().unwrap_or(&self.now)
    }

    fn nobody(&self) -> PeerSet {
        self.now.nobody()
    }

    fn find_data(&mut self, data: &BTreeSet<PolicyId>) {
        let then = self.then();
        let is_by_data = |peer: &PeerId| then.guards(*peer, Direction::Ingress).any(|policy| data.contains(policy));
        self.by_data = self.peers.iter().map(is_by_data).collect();
    }
}

impl Default for Verdicts {
    fn default() -> Self {
        Self::new(Policies::default())
    }
}

impl Verdicts {
    /// Verdicts by these policies.
    #[must_use]
    pub fn new(policies: Policies) -> Self {
        let mut verdicts = Self {
            policies,
            generation: 0,
            keys: BTreeSet::new(),
            ranges: Vec::new(),
            is_one_range: true,
            merged: None,
            classes: BTreeMap::new(),
            known: Vec::new(),
            pair: None,
            remembered: BTreeMap::new(),
            compilations: 0,
            merged_was_unfinished: true,
        };
        verdicts.merge();
        verdicts
    }

    /// The policies.
    #[must_use]
    pub const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Changes policies or namespaces. What was remembered of the pods that changed policies select is dropped; all, where something
    /// else changed. Make all changes of one event at once.
    pub fn change(&mut self, change: impl FnOnce(&mut Policies)) {
        change(&mut self.policies);
        self.merged = None;
    }

    /// How often all policies were compiled: a measure of what changes cost.
    #[must_use]
    pub const fn compilations(&self) -> u64 {
        self.compilations
    }

    /// What is wrong with policies, all at once: verdicts on the pods concerned are `unknown`.
    pub fn faults(&mut self) -> &[PolicyFault] {
        self.merge();
        self.merged.as_ref().map_or(&[], |merged| &merged.faults)
    }

    /// Whether a class still means what it meant when it was made.
    pub fn is_current(&mut self, class: Class) -> bool {
        self.merge();
        class.generation == self.generation
    }

    /// What policies can tell of one end of a call.
    pub fn classify(&mut self, who: Who<'_>) -> Class {
        self.merge();
        let key = match who {
            Who::Address(address) => Key::Outside(self.range_of(address)),
            Who::Pod { namespace, labels, address, service } => {
                let labels = labels.iter().filter(|(key, _)| self.keys.contains(*key));
                let ports = service.into_iter().flat_map(|service| &service.ports).filter_map(|port| {
                    let protocol = hedgerow_eval::Protocol::number(port.protocol.0);
                    Some(NamedPort { name: port.name.clone()?, protocol, number: port.number })
                });
                // Where no policy names a block, all pods of one family of addresses are one.
                let address = address.filter(|address| !self.is_one_range || address.is_ipv6());
                Key::Pod {
                    namespace: namespace.to_owned(),
                    labels: labels.map(|(key, value)| (key.clone(), value.clone())).collect(),
                    ports: ports.collect(),
                    address: address.map(|address| self.range_of(address)),
                }
            }
        };
        if let Some(number) = self.classes.get(&key) {
            return Class { generation: self.generation, number: *number };
        }
        if self.known.len() >= MAX_CLASSES {
            self.forget_classes();
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let key = Arc::new(key);
        self.classes.insert(Arc::clone(&key), number);
        self.known.push(key);
        Class { generation: self.generation, number }
    }

    /// A class for each run of addresses outside of the cluster that policies tell apart; none where there are many.
    pub fn classify_anywhere(&mut self) -> Vec<Class> {
        self.merge();
        if self.ranges.len() > MAX_RANGES {
            return Vec::new();
        }
        let firsts: Vec<IpAddr> = self.ranges.iter().map(|range| range.first).collect();
        firsts.into_iter().map(|first| self.classify(Who::Address(first))).collect()
    }

    /// A digest of all that the policies say that guard the pods of a class, staged ones and those that are data with them, backstops without:
    /// `sha256:…`. Nothing where none does, or the class is out of date.
    pub fn judged_by(&mut self, class: Class) -> Option<String> {
        self.merge();
        if class.generation != self.generation {
            return None;
        }
        self.compile();
        let (pair, merged) = (self.pair.as_ref()?, self.merged.as_ref()?);
        let peer = *pair.peers.get(class.number as usize)?;
        let mut sum = Sha256::new();
        let mut is_guarded = false;
        for policy in pair.then().guards(peer, Direction::Ingress).filter(|policy| !merged.backstops.contains(*policy))
        {
            is_guarded = true;
            sum.update(policy.to_string());
            sum.update(merged.digests.get(policy).copied().unwrap_or_default());
        }
        is_guarded.then(|| {
            let hex = sum.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            format!("sha256:{hex}")
        })
    }

    /// What the policies say of a call; nothing where a class is out of date.
    pub fn verdict(&mut self, ask: Ask) -> Option<Verdict> {
        self.merge();
        if ask.caller.generation != self.generation || ask.callee.generation != self.generation {
            return None;
        }
        let key = (ask.caller.number, ask.callee.number, ask.port, ask.protocol.0);
        if let Some(verdict) = self.remembered.get(&key) {
            return Some(*verdict);
        }
        let verdict = self.decide(ask)?;
        if self.remembered.len() >= MAX_VERDICTS {
            self.remembered.clear();
        }
        self.remembered.insert(key, verdict);
        Some(verdict)
    }

    /// What became of a call, by what its source says (with the policy that decided, where it says it) and what the policies say. `caller` and
    /// `callee` are the services that both ends are, where they are any, with the labels of their pods.
    pub fn settle(
        &mut self,
        fleet: &Fleet,
        (said, policy): (Said, Option<&str>),
        ask: Option<Ask>,
        (caller, callee): (Option<Side<'_>>, Option<Side<'_>>),
    ) -> Verdict {
        let asked = |this: &mut Self| ask.and_then(|ask| this.verdict(ask)).unwrap_or(Verdict::Unknown);
        let is_by = |kind: &str| policy.is_some_and(|policy| policy.starts_with(kind));
        let verdict = match said {
            Said::Permitted | Said::Unsaid if policy.is_some_and(|policy| self.is_backstop(fleet, policy)) => {
                Verdict::Unpermitted
            }
            Said::Dropped => Verdict::Dropped,
            Said::Unpermitted => Verdict::Unpermitted,
            Said::Permitted if ask.is_some_and(|ask| self.is_guarded_by_data(ask.callee)) => match asked(self) {
                verdict @ (Verdict::Unpermitted | Verdict::Unknown) => verdict,
                Verdict::Permitted | Verdict::Dropped => Verdict::Permitted,
            },
            Said::Permitted => Verdict::Permitted,
            // Where not all policies are known, what let it in was still no backstop.
            Said::Unsaid
                if !self.policies.is_complete() && (is_by("CalicoNetworkPolicy/") || is_by("GlobalNetworkPolicy/")) =>
            {
                Verdict::Permitted
            }
            Said::Unsaid | Said::Logged => asked(self),
        };
        match (verdict, caller, callee) {
            (Verdict::Unpermitted, Some(caller), Some(callee)) if is_permitted_by_type(fleet, caller, callee) => {
                Verdict::Permitted
            }
            (verdict, _, _) => verdict,
        }
    }

    /// Whether a policy that is data guards the pods of a class.
    pub fn is_guarded_by_data(&mut self, class: Class) -> bool {
        self.merge();
        if class.generation != self.generation || self.merged.as_ref().is_none_or(|merged| merged.data.is_empty()) {
            return false;
        }
        self.compile();
        self.pair.as_ref().is_some_and(|pair| pair.by_data.get(class.number as usize) == Some(&true))
    }

    /// Whether a policy, as a source names it (`kind/namespace/name`, see [`crate::sum::policy_text`]), lets in whatever others have not decided
    /// about. By the policies that are watched; by its name where it is not among them: `SLUG-backstop`, or `SLUG` as a policy of Calico's.
    pub fn is_backstop(&mut self, fleet: &Fleet, policy: &str) -> bool {
        self.merge();
        let mut parts = policy.splitn(3, '/');
        let (Some(kind), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let kind = match kind {
            "CalicoNetworkPolicy" => PolicyKind::Calico,
            "GlobalNetworkPolicy" => PolicyKind::CalicoGlobal,
            _ => return false,
        };
        let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
        let id = PolicyId { kind, namespace, name: name.to_owned() };
        if let Some(merged) = &self.merged
            && merged.names.contains(&id)
        {
            return merged.backstops.contains(&id);
        }
        kind == PolicyKind::Calico
            && fleet.services().iter().any(|service| {
                Some(service.namespace.as_str()) == id.namespace.as_deref()
                    && (id.name == service.slug || id.name.strip_suffix("-backstop") == Some(service.slug.as_str()))
            })
    }

    /// Makes one of all policies, where any changed.
    fn merge(&mut self) {
        if self.merged.is_some() {
            return;
        }
        let changes = self.policies.take_changes();
        let merged = self.policies.merged();
        let ranges = AddressRange::cut(&merged.blocks);
        let was_unfinished = std::mem::replace(&mut self.merged_was_unfinished, merged.is_unfinished);
        if merged.is_unfinished || was_unfinished {
            // Then every verdict is unknown, whatever policies say.
            self.remembered.clear();
        }
        if merged.keys != self.keys || ranges != self.ranges {
            self.keys.clone_from(&merged.keys);
            self.is_one_range = ranges.len() <= 2;
            self.ranges = ranges;
            self.forget_classes();
        } else if changes.is_more || self.exchange(&changes, &merged).is_none() {
            self.remembered.clear();
            self.pair = None;
        }
        self.merged = Some(merged);
    }

    /// Puts changed policies into the networks, and forgets what was remembered of the pods that they select. Nothing where that cannot be
    /// done: then all is to be compiled anew.
    fn exchange(&mut self, changes: &Changes, merged: &Merged) -> Option<()> {
        if changes.policies.is_empty() {
            return Some(());
        }
        let pair = self.pair.as_mut()?;
        if pair.then.is_some() != merged.is_staged {
            return None;
        }
        let (about, manifests) = self.policies.about(&changes.policies);
        let mut touched = pair.nobody();
        if let Some(then) = &mut pair.then {
            touched.unite(&then.exchange(&about, manifests.clone().as_if_enforced())?);
        }
        touched.unite(&pair.now.exchange(&about, manifests)?);
        pair.find_data(&merged.data);
        let is_touched = |class: u32| pair.peers.get(class as usize).is_none_or(|peer| touched.contains(*peer));
        self.remembered.retain(|(caller, callee, ..), _| !is_touched(*caller) && !is_touched(*callee));
        Some(())
    }

    fn forget_classes(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.classes.clear();
        self.known.clear();
        self.remembered.clear();
        self.pair = None;
    }

    fn range_of(&self, address: IpAddr) -> IpAddr {
        // They are ascending and without a gap within a family.
        let at = self.ranges.partition_point(|range| range.first <= address);
        at.checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .filter(|range| range.contains(address))
            .map_or(address, |range| range.first)
    }

    /// Puts every class that is known into both networks.
    fn compile(&mut self) {
        if self.pair.as_ref().is_some_and(|pair| pair.peers.len() == self.known.len()) {
            return;
        }
        let Some(merged) = &self.merged else { return };
        let place = Sources::default().add("", String::new()).span(0, 0);
        let pods: Vec<Endpoint> = self
            .known
            .iter()
            .zip(0..)
            .filter_map(|(key, number)| match &**key {
                Key::Pod { namespace, labels, ports, address } => {
                    // One object for each class, in the order of their numbers.
                    let name = format!("{number:08}");
                    let object = ObjectRef { kind: "Pod".to_owned(), namespace: Some(namespace.clone()), name };
                    let mut endpoint = Endpoint::new(object, labels.clone(), place);
                    endpoint.ports.clone_from(ports);
                    endpoint.addresses.extend(address);
                    Some(endpoint)
                }
                Key::Outside(_) => None,
            })
            .collect();
        let mut is_doubtful: Vec<bool> = self
            .known
            .iter()
            .map(|key| match &**key {
                Key::Pod { namespace, .. } => merged.is_dark || merged.dark.contains(namespace),
                Key::Outside(_) => false,
            })
            .collect();
        for manifests in &merged.doubtful {
            for direction in [Direction::Ingress, Direction::Egress] {
                let mut guarded = manifests.guarded(&pods, direction).into_iter();
                for (doubtful, key) in is_doubtful.iter_mut().zip(&self.known) {
                    if matches!(&**key, Key::Pod { .. }) {
                        *doubtful |= guarded.next().unwrap_or(false);
                    }
                }
            }
        }
        let blocks: Vec<_> = merged.blocks.iter().copied().collect();
        let network = |mut manifests: Manifests, pods: Vec<Endpoint>| {
            manifests.add_endpoints(pods);
            // What pods wear is in the classes already.
            Network::new(manifests, &blocks).without_labels()
        };
        // What was compiled before is given up first: both at once are twice as much.
        self.pair = None;
        let manifests = self.policies.manifests();
        self.compilations += 1;
        let then = (!manifests.staged.is_empty()).then(|| network(manifests.clone().as_if_enforced(), pods.clone()));
        let now = network(manifests, pods);
        let mut of_pods = now.pods();
        let peers: Vec<PeerId> = self
            .known
            .iter()
            .map(|key| match &**key {
                Key::Pod { .. } => of_pods.next().unwrap_or_else(|| now.outside_at(IpAddr::from([0, 0, 0, 0]))),
                Key::Outside(first) => now.outside_at(*first),
            })
            .collect();
        let mut pair = Pair { now, then, peers, by_data: Vec::new(), is_doubtful };
        pair.find_data(&merged.data);
        self.pair = Some(pair);
    }

    fn decide(&mut self, ask: Ask) -> Option<Verdict> {
        self.compile();
        if self.merged.as_ref().is_none_or(|merged| merged.is_unfinished) {
            return Some(Verdict::Unknown);
        }
        let pair = self.pair.as_ref()?;
        let of = |class: Class| pair.peers.get(class.number as usize).copied();
        let (caller, callee) = (of(ask.caller)?, of(ask.callee)?);
        let in_doubt = |class: Class| pair.is_doubtful.get(class.number as usize) == Some(&true);
        if in_doubt(ask.caller) || in_doubt(ask.callee) {
            return Some(Verdict::Unknown);
        }
        let flow = Flow { protocol: hedgerow_eval::Protocol::number(ask.protocol.0), port: ask.port };
        let allows = |network: &Network, asked: Asked| {
            let mut ways = network.ways_between(caller, callee);
            let is_v6 = self.is_v6(ask.caller) || self.is_v6(ask.callee);
            let family = if is_v6 { Family::V6 } else { Family::V4 };
            match ways.find(|way| way.family == family) {
                Some(way) => network.verdict_by(caller, callee, flow, way, asked).allows(),
                None => network.verdict(caller, callee, flow).allows(),
            }
        };
        Some(if !allows(&pair.now, Asked::All) {
            Verdict::Dropped
        } else if allows(pair.then(), Asked::WithoutBackstops) {
            Verdict::Permitted
        } else {
            Verdict::Unpermitted
        })
    }

    fn is_v6(&self, class: Class) -> bool {
        match self.known.get(class.number as usize).map(|key| &**key) {
            Some(Key::Pod { address: Some(address), .. } | Key::Outside(address)) => address.is_ipv6(),
            Some(Key::Pod { address: None, .. }) | None => false,
        }
    }
}

/// Whether the catalogue lets a caller call by its type: its pods have to wear it, and the callee's be of theirs.
fn is_permitted_by_type(
    fleet: &Fleet,
    (caller, worn): (&Service, &Labels),
    (callee, callee_worn): (&Service, &Labels),
) -> bool {
    let key = fleet.scheme().service_type();
    // Where a source does not tell labels, the catalogue's word is all there is.
    let type_of = |service: &Service, labels: &Labels| match labels.get(key.as_str()) {
        Some(worn) => Some(worn.clone()),
        None if labels.is_empty() => service.service_type.clone(),
        None => None,
    };
    let (Some(from), Some(to)) = (type_of(caller, worn), type_of(callee, callee_worn)) else { return false };
    fleet.namespaces().contains(&caller.namespace) && fleet.permits_type(&from, &to)
}
