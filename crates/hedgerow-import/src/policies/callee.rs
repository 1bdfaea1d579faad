//! Who reaches one service, and how that can be said.

use super::World;
use crate::Many;
use crate::pods::{anywhere, name_of};
use crate::ports::{declared, fit, join, subtract, words};
use crate::said::{End, Found, Leftover, Name, Place, Port, Statement, Wanted, Why};
use crate::settle::{allow_from, allow_pods, allow_wearers, block, telling};
use hedgerow_core::fleet::Service;
use hedgerow_core::name::ServiceName;
use hedgerow_eval::{
    AddressRange, Asked, Claim, DecidedBy, Direction, Family, Flow, Guest, Labels, Peer, PeerId, PeerSet, Permit,
    PortRange,
};
use hedgerow_yaml::quote;
use std::collections::{BTreeMap, BTreeSet};

/// One service that is called.
pub(super) struct Callee<'w, 'a> {
    world: &'w World<'a>,
    name: &'w ServiceName,
    /// Where the service listens.
    declared: Vec<PortRange>,
}

/// Who comes in as one of many, and on which ports.
#[derive(Default)]
struct Crowds {
    /// Everybody in the cluster, whatever he wears.
    cluster: Vec<PortRange>,
    /// Everybody in a namespace.
    namespaces: BTreeMap<String, Vec<PortRange>>,
}

/// Who reaches a service.
#[derive(Default)]
struct Reached {
    /// The ports on which a service may call, from some of its pods to some of the callee's.
    services: BTreeMap<ServiceName, Vec<PortRange>>,
    /// Those of them on which some of the pods may not, or not in every way.
    partial: BTreeMap<ServiceName, Vec<PortRange>>,
    /// Services whose pods are on their node's network, where no label selects them.
    on_host: BTreeMap<ServiceName, Vec<PortRange>>,
    /// Pods of nobody, with the labels by which they are let in.
    pods: BTreeMap<(Name, Labels), Vec<PortRange>>,
    /// Addresses outside of the cluster.
    outside: BTreeMap<AddressRange, Vec<PortRange>>,
    crowds: Crowds,
}

impl<'w, 'a> Callee<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, name: &'w ServiceName) -> Self {
        let service = world.input.names.known(name);
        let declared = service.map(|service| service.ports.listed().iter().map(declared).collect());
        Self { world, name, declared: declared.unwrap_or_default() }
    }

    /// Says who reaches the service.
    pub(super) fn read(&self, found: &mut Found) {
        let network = &self.world.network;
        let Some((service, pods)) = self.world.input.names.known(self.name).zip(self.world.members.get(self.name))
        else {
            return;
        };
        let (on_host, pods): (Vec<PeerId>, Vec<PeerId>) = pods.iter().copied().partition(|pod| self.is_on_host(*pod));
        for pod in on_host {
            let (_, place) = self.pods_at(pod);
            found
                .leave(Why::HostNetwork, &place, format!("pods of `{}` are on the network of their node", self.name))
                .callee = Some(self.name.clone());
        }
        let is_guarded = |pod: &PeerId| network.guards(*pod, Direction::Ingress).next().is_some();
        let (guarded, open): (Vec<PeerId>, Vec<PeerId>) = pods.into_iter().partition(is_guarded);
        if guarded.is_empty() && open.is_empty() {
            return;
        }
        if guarded.is_empty() && self.world.is_planned(self.name) {
            let place = Place { path: String::new(), line: 0, what: String::new() };
            let text = format!("no pods of `{}` and no policy that guards it are among the manifests", self.name);
            self.about(found.leave(Why::NoPods, &place, text));
            return;
        }
        for pod in &open {
            let (what, place) = self.pods_at(*pod);
            self.about(found.leave(Why::Unguarded, &place, format!("no policy guards {what} of `{}`", self.name)));
        }
        let many = self.world.input.options.many;
        // Of pods that no policy guards, everybody is a caller; that is told once.
        let asked: Vec<_> = match many {
            Many::Suggest => guarded.clone(),
            Many::Each => guarded.iter().chain(&open).copied().collect(),
        };
        let mut reached = Reached::default();
        for pod in &asked {
            self.reach(*pod, guarded.contains(pod), &mut reached);
        }
        let guards = guarded.iter().flat_map(|pod| network.guards(*pod, Direction::Ingress));
        let at = match guards.min() {
            Some(policy) => self.world.place_of(policy),
            None => open.first().map_or_else(|| anywhere(self.world.input), |pod| self.pods_at(*pod).1),
        };
        self.say(service, &guarded, &at, reached, found);
    }

    fn is_on_host(&self, id: PeerId) -> bool {
        matches!(self.world.network.peer(id), Peer::Pods(endpoint) if endpoint.host_network)
    }

    /// The pods at an id in words, with their place.
    fn pods_at(&self, id: PeerId) -> (String, Place) {
        match self.world.network.peer(id) {
            Peer::Pods(endpoint) => {
                (endpoint.object.to_string(), self.world.input.place(endpoint.place, endpoint.object.to_string()))
            }
            Peer::Outside(range) => (range.to_string(), Place { path: String::new(), line: 0, what: String::new() }),
        }
    }

    fn about<'f>(&self, leftover: &'f mut Leftover) -> &'f mut Leftover {
        leftover.callee = Some(self.name.clone());
        leftover
    }

    /// Who reaches one of the service's pods.
    fn reach(&self, pod: PeerId, is_guarded: bool, reached: &mut Reached) {
        let network = &self.world.network;
        for range in network.port_ranges(pod, &self.declared) {
            if !range.protocol.has_ports() {
                continue;
            }
            let flow = Flow { protocol: range.protocol, port: range.last };
            let (mut sometimes, mut stopped) = (network.nobody(), network.nobody());
            for family in network.families() {
                let reach = network.reach(pod, flow, *family, Asked::All);
                sometimes.unite(&reach.sometimes);
                let mut some = reach.connected;
                some.subtract(&reach.always);
                stopped.unite(&some);
            }
            let crowd = if is_guarded { self.crowd(pod, flow, range, reached) } else { Crowd::default() };
            self.callers(range, &sometimes, &stopped, &crowd, reached);
            if is_guarded {
                self.strangers(pod, range, &sometimes, &crowd, reached);
            }
        }
    }

    /// Who comes in as one of many. What guards the ones who ask does not matter: it is about who is let in.
    fn crowd(&self, pod: PeerId, flow: Flow, range: PortRange, reached: &mut Reached) -> Crowd {
        let mut crowd = Crowd::default();
        for (namespace, probe) in &self.world.probes {
            if !self.world.network.verdict(*probe, pod, flow).ingress.allows {
                continue;
            }
            if *namespace == self.world.strange {
                crowd.is_cluster = true;
            } else {
                crowd.namespaces.insert(namespace.clone());
            }
        }
        if crowd.is_cluster {
            reached.crowds.cluster.push(range);
        } else {
            for namespace in &crowd.namespaces {
                reached.crowds.namespaces.entry(namespace.clone()).or_default().push(range);
            }
        }
        crowd
    }

    /// The services that reach the pod.
    fn callers(&self, range: PortRange, sometimes: &PeerSet, stopped: &PeerSet, crowd: &Crowd, reached: &mut Reached) {
        let is_each = self.world.input.options.many == Many::Each;
        // Who does not reach this pod may reach another of the service's; where there is none, only who comes in matters.
        let members = &self.world.members;
        let candidates: BTreeSet<&ServiceName> = match members.get(self.name).map(Vec::len) {
            Some(1) => sometimes.iter().filter_map(|id| self.world.owner(id)).collect(),
            _ => members.keys().collect(),
        };
        let callers = candidates.into_iter().filter(|caller| *caller != self.name);
        for (caller, pods) in callers.filter_map(|caller| members.get_key_value(caller)) {
            let is_one_of_many = |pod: &&PeerId| match self.world.network.peer(**pod) {
                Peer::Pods(endpoint) => crowd.is_cluster || crowd.namespaces.contains(&endpoint.namespace),
                Peer::Outside(_) => false,
            };
            let (on_host, pods): (Vec<&PeerId>, Vec<&PeerId>) = pods.iter().partition(|pod| self.is_on_host(**pod));
            if on_host.iter().any(|pod| sometimes.contains(**pod)) {
                reached.on_host.entry(caller.clone()).or_default().push(range);
            }
            let asks: Vec<_> = pods.into_iter().filter(|pod| is_each || !is_one_of_many(pod)).collect();
            if !asks.iter().any(|pod| sometimes.contains(**pod)) {
                if !asks.is_empty() {
                    reached.partial.entry(caller.clone()).or_default().push(range);
                }
                continue;
            }
            reached.services.entry(caller.clone()).or_default().push(range);
            if asks.iter().any(|pod| !sometimes.contains(**pod) || stopped.contains(**pod)) {
                reached.partial.entry(caller.clone()).or_default().push(range);
            }
        }
    }

    /// Pods of nobody, and addresses, that reach the pod.
    fn strangers(&self, pod: PeerId, range: PortRange, sometimes: &PeerSet, crowd: &Crowd, reached: &mut Reached) {
        let network = &self.world.network;
        for id in sometimes.iter() {
            match network.peer(id) {
                Peer::Outside(addresses) => {
                    reached.outside.entry(addresses).or_default().push(range);
                }
                Peer::Pods(endpoint) => {
                    let is_probe = self.world.probes.values().any(|probe| *probe == id);
                    let is_one_of_many = crowd.is_cluster || crowd.namespaces.contains(&endpoint.namespace);
                    // Pods on a node's network come by the node's address.
                    if self.world.owner(id).is_none() && !is_probe && !is_one_of_many && !endpoint.host_network {
                        let flow = Flow { protocol: range.protocol, port: range.last };
                        let asked = network.asked_of(id, pod, flow);
                        let key = (name_of(endpoint), let_in_by(&endpoint.labels, asked));
                        reached.pods.entry(key).or_default().push(range);
                    }
                }
            }
        }
    }

    fn say(&self, service: &Service, guarded: &[PeerId], at: &Place, reached: Reached, found: &mut Found) {
        self.say_services(service, at, &reached, found);
        self.say_crowds(service, at, &reached, found);
        for ((pods, labels), ranges) in &reached.pods {
            let ranges = join(ranges.iter().copied());
            let fitted = fit(service, &these(&ranges));
            let text = format!("`{pods}` reaches `{}` on {}", self.name, words(&ranges));
            let leftover = self.about(found.leave(Why::OutsideCaller, at, text));
            leftover.suggest(self.name, fitted, |ports| allow_pods(pods, labels, Some(ports)));
        }
        let mut on_host = BTreeMap::<Vec<PortRange>, BTreeSet<ServiceName>>::new();
        for (caller, ranges) in &reached.on_host {
            on_host.entry(join(ranges.iter().copied())).or_default().insert(caller.clone());
        }
        for (ranges, callers) in on_host {
            let text = format!(
                "pods of {} reach `{}` on {} from their node's network",
                few(&callers),
                self.name,
                words(&ranges)
            );
            let leftover = self.about(found.leave(Why::HostNetwork, at, text));
            (leftover.callers, leftover.ports) = (callers, ranges);
        }
        self.say_unlisted(service, guarded, at, &reached.crowds, found);
    }

    /// Those who come in by what they wear, and of whom nothing is said yet: not by name, and not with a crowd.
    fn say_unlisted(&self, service: &Service, guarded: &[PeerId], at: &Place, crowds: &Crowds, found: &mut Found) {
        let world = self.world;
        let crowd = |who: Claim, ranges: &[PortRange]| Permit { who, ports: Some(join(ranges.iter().copied())) };
        let everybody = || Claim::wearing(&Labels::new());
        let namespaces = crowds.namespaces.iter();
        let mut permits: Vec<_> =
            namespaces.map(|(name, ranges)| crowd(everybody().in_namespaces([name.as_str()]), ranges)).collect();
        if !crowds.cluster.is_empty() {
            permits.push(crowd(everybody(), &crowds.cluster));
        }
        let permits: Vec<_> = permits.iter().chain(&world.names.together).collect();
        let mut guests = BTreeMap::<_, Vec<PortRange>>::new();
        for pod in guarded {
            let is_name = |key: &str, value: &str| world.names.has(key, value);
            let unlisted = world.network.unlisted(*pod, &self.declared, &permits, &world.listed, &is_name);
            for Guest { who, wearers, ports, by } in unlisted.found {
                let place = match by {
                    DecidedBy::Rule { policy, .. } => world.place_of(&policy),
                    DecidedBy::OutOfReach
                    | DecidedBy::Unguarded
                    | DecidedBy::EndOfTier { .. }
                    | DecidedBy::EndOfTiers => at.clone(),
                };
                let ports = ports.into_iter().filter(|range| range.protocol.has_ports());
                guests.entry((place, who, wearers)).or_default().extend(ports);
            }
            for policy in unlisted.unfinished {
                let place = world.place_of(&policy);
                let text = format!("it takes too long to find out who else may call `{}` by {policy}", self.name);
                self.about(found.leave(Why::NoCaller, &place, text));
            }
        }
        for ((place, who, wearers), ranges) in guests.into_iter().filter(|(_, ranges)| !ranges.is_empty()) {
            let ranges = join(ranges);
            let fitted = fit(service, &these(&ranges));
            let text = format!("{who} may call `{}` on {}", self.name, words(&ranges));
            let leftover = self.about(found.leave(Why::NoCaller, &place, text));
            leftover.suggest(self.name, fitted, |ports| wearers.map(|wearers| allow_wearers(&wearers, ports)));
            leftover.ports = ranges;
        }
    }

    fn say_services(&self, service: &Service, at: &Place, reached: &Reached, found: &mut Found) {
        let mut undeclared = BTreeMap::<Vec<PortRange>, BTreeSet<ServiceName>>::new();
        for (caller, ranges) in &reached.services {
            let ranges = join(ranges.iter().copied());
            let beyond = if self.declared.is_empty() { Vec::new() } else { subtract(&ranges, &self.declared) };
            if !beyond.is_empty() {
                undeclared.entry(beyond.clone()).or_default().insert(caller.clone());
            }
            let place = self.decided(caller, &ranges).unwrap_or_else(|| at.clone());
            let partial = join(reached.partial.get(caller).into_iter().flatten().copied());
            let partial = subtract(&partial, &subtract(&partial, &ranges));
            if !partial.is_empty() {
                let text = format!("`{caller}` → `{}` on {}: some pods may, others not", self.name, words(&partial));
                let leftover = self.about(found.leave(Why::PartOfPods, &place, text));
                leftover.callers.insert(caller.clone());
                leftover.ports = partial;
            }
            let ranges = subtract(&ranges, &beyond);
            if ranges.is_empty() {
                continue;
            }
            let end = |name: &ServiceName| End::Service(name.clone());
            let (caller, callee, ports) = (end(caller), end(self.name), these(&ranges));
            found.statements.push(Statement { caller, callee, ports, reason: None, seen: None, place });
        }
        for (ranges, callers) in undeclared {
            let text =
                format!("{} reach `{}` on {}, which it does not declare", few(&callers), service.name, words(&ranges));
            let leftover = self.about(found.leave(Why::UndeclaredPorts, at, text));
            (leftover.callers, leftover.ports) = (callers, ranges);
        }
    }

    /// Which policy lets a caller in.
    fn decided(&self, caller: &ServiceName, ranges: &[PortRange]) -> Option<Place> {
        let world = self.world;
        let (from, to) = world.members.get(caller).zip(world.members.get(self.name))?;
        let flows = ranges.iter().map(|range| Flow { protocol: range.protocol, port: range.last });
        let decided = flows.into_iter().find_map(|flow| {
            let pairs = from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
            pairs.into_iter().find_map(|(from, to)| {
                let verdict = world.network.verdict(from, to, flow);
                match verdict.ingress.by {
                    DecidedBy::Rule { policy, .. } if verdict.allows() => Some(policy),
                    DecidedBy::OutOfReach
                    | DecidedBy::Unguarded
                    | DecidedBy::Rule { .. }
                    | DecidedBy::EndOfTier { .. }
                    | DecidedBy::EndOfTiers => None,
                }
            })
        });
        decided.map(|policy| world.place_of(&policy))
    }

    fn say_crowds(&self, service: &Service, at: &Place, reached: &Reached, found: &mut Found) {
        let callers_in = |namespace: Option<&str>| -> BTreeSet<ServiceName> {
            let known = self.world.members.keys().filter(|name| *name != self.name);
            let there = known.filter(|name| {
                let lives = self.world.input.names.known(name).map(|service| service.namespace.as_str());
                namespace.is_none() || lives == namespace
            });
            there.cloned().collect()
        };
        // With a rule for each there is no difference among services.
        let callers = |namespace: Option<&str>| match self.world.input.options.many {
            Many::Suggest => callers_in(namespace),
            Many::Each => BTreeSet::new(),
        };
        let (everybody, blocks) = self.blocks(reached);
        let cluster = join(reached.crowds.cluster.iter().copied());
        if !cluster.is_empty() {
            let is_all = subtract(&cluster, &everybody).is_empty();
            let (why, from, who) = match is_all {
                true => (Why::Anybody, "anybody", "anybody"),
                false => (Why::WholeCluster, "{namespaces: any}", "every pod of the cluster"),
            };
            let fitted = fit(service, &these(&cluster));
            let text = format!("{who} reaches `{}` on {}", self.name, words(&cluster));
            let leftover = self.about(found.leave(why, at, text));
            leftover.suggest(self.name, fitted, |ports| Some(allow_from(from, Some(ports))));
            (leftover.callers, leftover.ports) = (callers(None), cluster.clone());
        }
        for (namespace, ranges) in &reached.crowds.namespaces {
            let ranges = subtract(&join(ranges.iter().copied()), &cluster);
            if ranges.is_empty() {
                continue;
            }
            let fitted = fit(service, &these(&ranges));
            let text = format!("every pod of namespace `{namespace}` reaches `{}` on {}", self.name, words(&ranges));
            let leftover = self.about(found.leave(Why::WholeNamespace, at, text));
            let from = format!("{{namespace: {}}}", quote(namespace));
            leftover.suggest(self.name, fitted, |ports| Some(allow_from(&from, Some(ports))));
            (leftover.callers, leftover.ports) = (callers(Some(namespace)), ranges);
        }
        for (range, ranges) in blocks {
            let ranges = subtract(&ranges, &if cluster.is_empty() { Vec::new() } else { everybody.clone() });
            if ranges.is_empty() {
                continue;
            }
            let fitted = fit(service, &these(&ranges));
            let text = format!("{range} reaches `{}` on {}", self.name, words(&ranges));
            let leftover = self.about(found.leave(Why::Addresses, at, text));
            let from = block(range).map(|cidr| format!("{{cidr: {cidr}}}"));
            leftover.suggest(self.name, fitted, |ports| from.map(|from| allow_from(&from, Some(ports))));
            leftover.ports = ranges;
        }
    }

    /// The ports on which every address outside comes in, and the blocks of those that do on others.
    fn blocks(&self, reached: &Reached) -> (Vec<PortRange>, Vec<(AddressRange, Vec<PortRange>)>) {
        let outside: Vec<_> = self.world.network.outside().collect();
        let joined: BTreeMap<_, _> =
            reached.outside.iter().map(|(range, ports)| (*range, join(ports.iter().copied()))).collect();
        let mut everybody: Option<Vec<PortRange>> = None;
        for id in outside {
            let Peer::Outside(range) = self.world.network.peer(id) else { continue };
            let ports = joined.get(&range).cloned().unwrap_or_default();
            everybody = Some(match everybody {
                None => ports,
                Some(all) => subtract(&all, &subtract(&all, &ports)),
            });
        }
        let everybody = everybody.unwrap_or_default();
        let mut by_ports = BTreeMap::<Vec<PortRange>, Vec<AddressRange>>::new();
        for (range, ports) in joined {
            by_ports.entry(ports).or_default().push(range);
        }
        let mut blocks = Vec::new();
        for (ports, mut ranges) in by_ports {
            ranges.sort_by_key(|range| (Family::of(range.first) as u8, range.first));
            blocks.extend(AddressRange::join(ranges).into_iter().map(|range| (range, ports.clone())));
        }
        blocks.sort();
        (everybody, blocks)
    }
}

/// Who comes in as one of many on one port.
#[derive(Default)]
struct Crowd {
    is_cluster: bool,
    namespaces: BTreeSet<String>,
}

/// The labels of pods by which an entry lets them in: what the policy asks about, and where no labels say that, what tells them from others.
fn let_in_by(worn: &Labels, asked: Option<(BTreeSet<String>, bool)>) -> Labels {
    let (keys, is_all) = asked.unwrap_or_default();
    let own = if is_all { Labels::new() } else { telling(worn) };
    worn.iter()
        .filter(|(key, _)| keys.contains(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .chain(own)
        .collect()
}

fn these(ranges: &[PortRange]) -> Wanted {
    Wanted::These(ranges.iter().copied().map(Port::Range).collect())
}

/// A few names; the rest is counted.
pub(super) fn few<N: std::fmt::Display>(names: &BTreeSet<N>) -> String {
    hedgerow_core::diag::enumerate_some(5, names.iter().map(|name| format!("`{name}`")))
}
