//! One comparison: every callee's pods, on every port, from everybody there is.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::source::Span;
use hedgerow_eval::{
    AddressRange, Asked, DecidedBy, Direction, Endpoint, Family, Flow, Guest, Labels, MaybeWorn, Network, ObjectRef,
    Peer, PeerId, PeerSet, PolicyId, PortRange,
};
use rayon::prelude::*;

use crate::compare::wears;
use crate::expected::{Admit, Expected, ExpectedService, Isolation, Namespaces, Who};
use crate::report::{Caller, Cause, Edges, Finding, Lacking, Report, Unguarded};

/// What a policy's effect is taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    /// Policies do what they do today: staged ones nothing.
    Today,
    /// Staged policies are enforced, and so are those that are data.
    AsIfEnforced,
}

/// Everything one comparison needs to know.
pub(crate) struct Comparison<'a> {
    pub(crate) expected: &'a Expected,
    pub(crate) network: &'a Network,
    pub(crate) service_of: &'a [Option<&'a str>],
    /// The pods of each service.
    pub(crate) members: BTreeMap<&'a str, PeerSet>,
    /// The pods of each type's services.
    pub(crate) groups: BTreeMap<&'a str, PeerSet>,
    /// How many endpoints were among the manifests; those after them are planned ones.
    pub(crate) real: usize,
    /// What the namespaces wear.
    pub(crate) namespaces: BTreeMap<String, Labels>,
    pub(crate) world: World,
}

/// Whether a flow gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Works {
    Yes,
    No,
}

/// The flows of one callee's pods that are not as they should be: callers by the ports concerned.
#[derive(Default)]
struct Difference {
    missing: Vec<(PortRange, PeerSet)>,
    unruled: Vec<(PortRange, PeerSet)>,
    is_isolated: bool,
}

impl<'a> Comparison<'a> {
    /// The policies of which the manifests do not tell whether they select pods of services, with these services.
    fn may_select(&self) -> BTreeMap<PolicyId, BTreeSet<String>> {
        let mut unknown = BTreeMap::<_, BTreeSet<_>>::new();
        for (id, service) in self.network.pods().zip(self.service_of) {
            let Some(name) = *service else { continue };
            for direction in [Direction::Ingress, Direction::Egress] {
                for policy in self.network.may_guard(id, direction) {
                    unknown.entry(policy.clone()).or_default().insert(name.to_owned());
                }
            }
        }
        unknown
    }

    /// Compares, and says which services were.
    pub(crate) fn run(&self, maybe_worn: &[MaybeWorn], leftovers: Vec<Finding>) -> (Report, BTreeSet<String>) {
        let mut report = Report::default();
        let mut findings = BTreeSet::from_iter(leftovers);
        self.maybe_labels(maybe_worn, &mut findings);
        let mut seen = BTreeSet::new();
        let mut callees = Vec::new();
        for (id, service) in self.network.pods().zip(self.service_of) {
            let is_real = id.index() < self.real;
            let Peer::Pods(pods) = self.network.peer(id) else { continue };
            report.checked.workloads += usize::from(is_real);
            if is_real && self.world == World::Today {
                self.labels(pods, *service, &mut findings);
            }
            let is_guarded = self.network.guards(id, Direction::Ingress).next().is_some();
            let Some(name) = *service else {
                if !is_guarded {
                    report.unguarded.push(pods.object.clone());
                }
                continue;
            };
            let Some(expected) = self.expected.services.get(name).filter(|service| self.is_compared(service)) else {
                continue;
            };
            if !is_real && !is_guarded {
                report.absent.push(name.to_owned());
                continue;
            }
            if !is_real {
                let guards = self.network.guards(id, Direction::Ingress).cloned().collect();
                report.without_pods.insert(name.to_owned(), guards);
                // What containers call their ports is known of pods alone.
                findings.extend(self.network.unnamed_ports(id).filter_map(|(policy, port)| {
                    let (service, port, policy) = (name.to_owned(), port.to_owned(), policy.clone());
                    let place = self.network.place_of(&policy)?;
                    Some(Finding::UnknownPort { service, port, policy, place })
                }));
            }
            seen.insert(name.to_owned());
            callees.push((id, name, expected, is_guarded));
        }
        let found = callees.into_par_iter().map(|(id, name, expected, is_guarded)| {
            let mut findings = BTreeSet::new();
            self.callee(id, name, expected, is_guarded, &mut findings);
            findings
        });
        found.collect::<Vec<_>>().into_iter().for_each(|more| findings.extend(more));
        let unknown = self.may_select();
        for (policy, place) in self.network.idle_policies().filter(|(policy, _)| !unknown.contains_key(*policy)) {
            findings.insert(Finding::Idle { policy: policy.clone(), place });
        }
        findings.extend(unknown.into_iter().filter_map(|(policy, services)| {
            let place = self.network.place_of(&policy)?;
            Some(Finding::MaySelect { policy, services, place })
        }));
        report.findings = findings.into_iter().collect();
        (report, seen)
    }

    /// As if they were enforced, only those are compared whose policies are not.
    const fn is_compared(&self, service: &ExpectedService) -> bool {
        match self.world {
            World::Today => true,
            World::AsIfEnforced => matches!(service.isolation, Isolation::Staged(_)),
        }
    }

    /// What becomes of traffic that nothing permits, in this world.
    const fn isolation(&self, service: &ExpectedService) -> Isolation {
        match (service.isolation, self.world) {
            (Isolation::Staged(_), World::Today) => Isolation::Open,
            (isolation, _) => isolation,
        }
    }

    /// Whether findings are about what would be if policies were enforced.
    fn is_tried(&self, asked: Asked) -> bool {
        asked == Asked::WithoutBackstops || self.world == World::AsIfEnforced
    }

    /// Finds labels of Hedgerow's that the rules do not give.
    fn labels(&self, pods: &Endpoint, service: Option<&str>, findings: &mut BTreeSet<Finding>) {
        let given = service.and_then(|name| self.expected.services.get(name)).map(|service| &service.labels);
        for (key, value) in &pods.labels {
            let is_given = given.and_then(|labels| labels.get(key)) == Some(value);
            if !is_given && self.expected.scheme.meaning(key).is_some() {
                findings.insert(Finding::UnbackedLabel {
                    service: service.map(str::to_owned),
                    pods: pods.object.clone(),
                    key: key.clone(),
                    value: value.clone(),
                    place: pods.place,
                });
            }
        }
    }

    /// Finds labels of Hedgerow's in objects of which it is not known whether pods come to wear them.
    fn maybe_labels(&self, maybe_worn: &[MaybeWorn], findings: &mut BTreeSet<Finding>) {
        for MaybeWorn { object, labels, place } in maybe_worn {
            if labels.keys().all(|key| self.expected.scheme.meaning(key).is_none()) {
                continue;
            }
            let namespace = object.namespace.as_deref().unwrap_or_default();
            let of = |service: &&(&String, &ExpectedService)| {
                service.1.namespace == namespace && wears(labels, &service.1.selector)
            };
            let service = self.expected.services.iter().collect::<Vec<_>>().iter().find(of).map(|(name, _)| *name);
            let given = service.and_then(|name| self.expected.services.get(name)).map(|service| &service.labels);
            for (key, value) in labels {
                let is_given = given.and_then(|labels| labels.get(key)) == Some(value);
                if !is_given && self.expected.scheme.meaning(key).is_some() {
                    findings.insert(Finding::UnbackedLabel {
                        service: service.cloned(),
                        pods: object.clone(),
                        key: key.clone(),
                        value: value.clone(),
                        place: *place,
                    });
                }
            }
        }
    }

    /// Compares who may reach one service's pods.
    fn callee(
        &self,
        id: PeerId,
        name: &str,
        expected: &ExpectedService,
        is_guarded: bool,
        findings: &mut BTreeSet<Finding>,
    ) {
        let Peer::Pods(pods) = self.network.peer(id) else { return };
        let isolation = self.isolation(expected);
        let why = match isolation {
            _ if is_guarded => None,
            Isolation::Open => None,
            Isolation::Tried | Isolation::Staged(_) | Isolation::Enforced if pods.host_network => {
                Some(Unguarded::HostNetwork)
            }
            Isolation::Tried | Isolation::Staged(_) => Some(Unguarded::NotWatched),
            Isolation::Enforced => Some(Unguarded::NotSelected),
        };
        if let Some(why) = why {
            let (service, pods) = (name.to_owned(), pods.object.clone());
            findings.insert(Finding::NotIsolated { service, pods, why, place: expected.place });
        }
        let asked = match isolation {
            Isolation::Tried => Asked::WithoutBackstops,
            Isolation::Open | Isolation::Staged(_) | Isolation::Enforced => Asked::All,
        };
        let difference = self.difference(id, name, expected, is_guarded, asked);
        if difference.is_isolated {
            let policies = self.network.guards(id, Direction::Ingress);
            findings.insert(Finding::Isolated {
                service: name.to_owned(),
                pods: pods.object.clone(),
                policies: policies
                    .filter_map(|policy| Some((policy.clone(), self.network.place_of(policy)?)))
                    .collect(),
                place: expected.place,
            });
        }
        let edges = |flows, works| self.edges(id, name, &pods.object, expected, flows, (works, asked));
        findings.extend(edges(difference.missing, Works::No).map(Finding::Missing));
        findings.extend(edges(difference.unruled, Works::Yes).map(Finding::Unruled));
        if is_guarded {
            self.unlisted(id, name, expected, asked, findings);
        }
    }

    /// Compares who may reach one service's pods of those who are not among the manifests.
    fn unlisted(
        &self,
        id: PeerId,
        name: &str,
        expected: &ExpectedService,
        asked: Asked,
        findings: &mut BTreeSet<Finding>,
    ) {
        let Peer::Pods(pods) = self.network.peer(id) else { return };
        let edges = |guest: Guest, place| {
            let policy = match &guest.by {
                DecidedBy::Rule { policy, .. } => Some(policy),
                DecidedBy::EndOfTier { policies, .. } => policies.first(),
                DecidedBy::OutOfReach | DecidedBy::Unguarded | DecidedBy::EndOfTiers => None,
            };
            let of_policy = policy.and_then(|policy| self.network.place_of(policy));
            Edges {
                callee: name.to_owned(),
                pods: pods.object.clone(),
                callers: BTreeSet::from([Caller::Unlisted(guest.who)]),
                ports: join_ports(guest.ports),
                cause: Cause { direction: Direction::Ingress, by: guest.by, place: of_policy },
                place,
                lacking: BTreeSet::new(),
                is_by_type: false,
                is_tried: self.is_tried(asked),
            }
        };
        let unfinished = |policies: Vec<PolicyId>, findings: &mut BTreeSet<Finding>| {
            for policy in policies {
                let place = self.network.place_of(&policy).unwrap_or(expected.place);
                findings.insert(Finding::Unsearched { policy, place });
            }
        };
        for (permit, place) in &expected.wanted {
            let shut_out = self.network.shut_out(id, permit, asked);
            findings.extend(shut_out.found.into_iter().map(|guest| Finding::Missing(edges(guest, *place))));
            unfinished(shut_out.unfinished, findings);
        }
        // A service that should be open is open to everybody.
        if self.isolation(expected) != Isolation::Open {
            let ports: Vec<_> = expected.admits.iter().flat_map(|admit| admit.ports.ranges()).copied().collect();
            let guests = self.network.guests(id, &ports, &self.expected.permits(expected), asked);
            findings.extend(guests.found.into_iter().map(|guest| Finding::Unruled(edges(guest, expected.place))));
            unfinished(guests.unfinished, findings);
        }
    }

    fn difference(
        &self,
        id: PeerId,
        name: &str,
        expected: &ExpectedService,
        is_guarded: bool,
        asked: Asked,
    ) -> Difference {
        let ports: Vec<_> = expected.admits.iter().flat_map(|admit| admit.ports.ranges()).copied().collect();
        let families: Vec<_> = self
            .network
            .families()
            .iter()
            .map(|family| {
                let admits = expected.admits.iter().map(|admit| (self.who(&admit.who, *family), &admit.ports));
                (*family, admits.collect::<Vec<_>>())
            })
            .collect();
        let isolation = self.isolation(expected);
        let mut difference = Difference::default();
        for range in self.network.port_ranges(id, &ports) {
            let flow = Flow { protocol: range.protocol, port: range.last };
            let (mut missing, mut unruled) = (self.network.nobody(), self.network.nobody());
            for (family, admits) in &families {
                let mut permitted = self.network.nobody();
                admits.iter().filter(|(_, ports)| ports.cover(range)).for_each(|(who, _)| permitted.unite(who));
                let reach = self.network.reach(id, flow, *family, asked);
                permitted.intersect(&reach.connected);
                let mut lacking = permitted.clone();
                lacking.subtract(&reach.always);
                missing.unite(&lacking);
                let mut more = reach.sometimes;
                more.subtract(&permitted);
                unruled.unite(&more);
            }
            if let Some(own) = self.members.get(name) {
                missing.subtract(own);
                unruled.subtract(own);
            }
            // Rules speak of ports. That another protocol does not get through is nobody's permission broken.
            if range.protocol.has_ports() {
                push(&mut difference.missing, range, missing);
            }
            match isolation {
                Isolation::Enforced | Isolation::Staged(_) | Isolation::Tried if is_guarded => {
                    push(&mut difference.unruled, range, unruled);
                }
                // That no policy guards the pods is one finding, not one for each who comes through.
                Isolation::Enforced | Isolation::Staged(_) | Isolation::Tried | Isolation::Open => {}
            }
            if matches!(isolation, Isolation::Open | Isolation::Tried) {
                difference.is_isolated |= self.network.drops_some(id, flow);
            }
        }
        difference
    }

    /// The peers that a permission is for.
    fn who(&self, who: &Who, family: Family) -> PeerSet {
        let nobody = || self.network.nobody();
        match who {
            Who::Service(name) => self.members.get(name.as_str()).cloned().unwrap_or_else(nobody),
            Who::Type(name) => self.groups.get(name.as_str()).cloned().unwrap_or_else(nobody),
            Who::Anybody => self.network.everybody(),
            Who::Block { cidr, except } => self.network.in_block(*cidr, except, family),
            Who::Pods { namespaces, labels } => {
                let matching = self.network.pods().filter(|id| match self.network.peer(*id) {
                    Peer::Pods(pods) => {
                        self.is_in(&pods.namespace, namespaces) && wears(&pods.labels, labels) && !pods.host_network
                    }
                    Peer::Outside(_) => false,
                });
                self.network.set(matching)
            }
        }
    }

    fn is_in(&self, namespace: &str, place: &Namespaces) -> bool {
        match place {
            Namespaces::Named(names) => names.contains(namespace),
            Namespaces::Labelled(labels) => self.namespaces.get(namespace).is_some_and(|worn| wears(worn, labels)),
            Namespaces::Any => true,
        }
    }

    /// The flows as edges: callers with the same ports and the same cause together.
    fn edges(
        &self,
        id: PeerId,
        callee: &str,
        pods: &ObjectRef,
        expected: &'a ExpectedService,
        flows: Vec<(PortRange, PeerSet)>,
        (works, asked): (Works, Asked),
    ) -> impl Iterator<Item = Edges> + use<'a> {
        let mut ports_of = BTreeMap::<PeerId, Vec<PortRange>>::new();
        for (range, callers) in &flows {
            callers.iter().for_each(|caller| ports_of.entry(caller).or_default().push(*range));
        }
        let mut grouped = BTreeMap::<Reason, BTreeSet<Caller>>::new();
        let mut lacking = BTreeMap::<Reason, BTreeSet<Lacking>>::new();
        let mut outside = BTreeMap::<Reason, Vec<AddressRange>>::new();
        for (caller, ports) in ports_of {
            let Some(first) = ports.first() else { continue };
            let cause = self.cause(caller, id, Flow { protocol: first.protocol, port: first.last }, (works, asked));
            let permission = self.permission(caller, &ports, expected);
            let place = permission.and_then(|admit| admit.place).unwrap_or(expected.place);
            let is_by_type = permission.is_some_and(|admit| matches!(admit.who, Who::Type(_)));
            let reason = Reason { ports, cause, place, is_by_type };
            match self.network.peer(caller) {
                Peer::Pods(from) => {
                    let caller = self.caller(caller, from);
                    if let Caller::Service { name, lacks } = &caller
                        && !lacks.is_empty()
                    {
                        lacking.entry(reason.clone()).or_default().insert(Lacking {
                            service: name.clone(),
                            keys: lacks.clone(),
                            pods: from.object.clone(),
                            is_hook: from.is_hook,
                        });
                    }
                    grouped.entry(reason).or_default().insert(caller);
                }
                Peer::Outside(range) => outside.entry(reason).or_default().push(range),
            }
        }
        for (key, ranges) in outside {
            let joined = AddressRange::join(ranges).into_iter().map(Caller::Outside);
            grouped.entry(key).or_default().extend(joined);
        }
        let (callee, pods, is_tried) = (callee.to_owned(), pods.clone(), self.is_tried(asked));
        grouped.into_iter().map(move |(reason, callers)| {
            let lacking = lacking.remove(&reason).unwrap_or_default();
            let Reason { ports, cause, place, is_by_type } = reason;
            let ports = join_ports(ports);
            let (callee, pods) = (callee.clone(), pods.clone());
            Edges { callee, pods, callers, lacking, ports, cause, place, is_by_type, is_tried }
        })
    }

    fn caller(&self, id: PeerId, pods: &Endpoint) -> Caller {
        let service = self.service_of.get(id.index()).copied().flatten();
        match service.and_then(|name| Some((name, self.expected.services.get(name)?))) {
            Some((name, expected)) => {
                // Whether a caller has a policy of its own never matters for whom it may call.
                let own = self.expected.scheme.network_policy();
                let matters = expected.labels.iter().filter(|(key, _)| key.as_str() != own.as_str());
                let lacks = matters.filter(|(key, value)| pods.labels.get(*key) != Some(value));
                Caller::Service { name: name.to_owned(), lacks: lacks.map(|(key, _)| key.clone()).collect() }
            }
            None => Caller::Pods(pods.object.clone()),
        }
    }

    /// What permits a caller, one with a file before one without.
    fn permission(&self, caller: PeerId, ports: &[PortRange], expected: &'a ExpectedService) -> Option<&'a Admit> {
        let on_these = |admit: &&Admit| ports.iter().any(|range| admit.ports.cover(*range));
        let permits = |admit: &&Admit| {
            self.network.families().iter().any(|family| self.who(&admit.who, *family).contains(caller))
        };
        let admits = expected.admits.iter().filter(on_these).filter(permits);
        admits.min_by_key(|admit| admit.place.is_none())
    }

    /// Why a flow works or does not: where it does in one way and not in another, the way that shows it.
    fn cause(&self, from: PeerId, to: PeerId, flow: Flow, (works, asked): (Works, Asked)) -> Cause {
        let by = |way| self.network.verdict_by(from, to, flow, way, asked);
        let verdicts = self.network.ways_between(from, to).map(by);
        let verdict = verdicts.into_iter().find(|verdict| verdict.allows() == (works == Works::Yes));
        let verdict = verdict.unwrap_or_else(|| self.network.verdict(from, to, flow));
        let (direction, by) = match verdict.egress.allows {
            true => (Direction::Ingress, verdict.ingress.by),
            false => (Direction::Egress, verdict.egress.by),
        };
        let policy = match &by {
            DecidedBy::Rule { policy, .. } => Some(policy),
            DecidedBy::EndOfTier { policies, .. } => policies.first(),
            DecidedBy::OutOfReach | DecidedBy::Unguarded | DecidedBy::EndOfTiers => None,
        };
        Cause { direction, place: policy.and_then(|policy| self.network.place_of(policy)), by }
    }
}

/// Why some callers are told in one finding: all of this is the same for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    ports: Vec<PortRange>,
    cause: Cause,
    place: Span,
    is_by_type: bool,
}

fn push(flows: &mut Vec<(PortRange, PeerSet)>, range: PortRange, callers: PeerSet) {
    if !callers.is_empty() {
        flows.push((range, callers));
    }
}

/// Makes neighbouring ranges one.
fn join_ports(ranges: Vec<PortRange>) -> Vec<PortRange> {
    ranges.into_iter().fold(Vec::new(), |mut joined: Vec<PortRange>, range| {
        match joined.last_mut() {
            Some(last) if last.protocol == range.protocol && last.last.checked_add(1) == Some(range.first) => {
                last.last = range.last;
            }
            _ => joined.push(range),
        }
        joined
    })
}
