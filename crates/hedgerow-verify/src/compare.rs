//! Compares what manifests allow with what the rules permit.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::label::PolicyState;
use hedgerow_core::plan::{Evaluator, Plan};
use hedgerow_core::source::Span;
use hedgerow_eval::{
    AddressRange, Asked, DecidedBy, Direction, Endpoint, Family, Flow, Guest, Labels, Manifests, MaybeWorn, Network,
    ObjectRef, Peer, PeerId, PeerSet, PolicyId, PolicyKind, PortRange,
};
use rayon::prelude::*;

use crate::expected::{Admit, Expected, ExpectedService, Isolation, Namespaces, Who};
use crate::report::{Caller, Cause, Edges, Finding, Report, Unguarded};

/// The kind of pods that are not among the manifests and are taken to wear what the plan gives them.
pub(crate) const PLANNED: &str = "planned pods";
/// A label for people, by which alone earlier versions' objects are known.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The order at which versions before the mark wrote their Calico policies.
const FORMER_ORDER: f64 = 5000.0;

/// What a policy's effect is taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    /// Policies do what they do today: staged ones nothing.
    Today,
    /// Staged policies are enforced, and so are those that are data.
    AsIfEnforced,
}

/// Compares manifests with a plan.
///
/// Pods belong to the service whose identity they wear in its namespace. A service of which the manifests hold no pods is
/// taken to have pods that wear what the plan gives them; where no policy guards those either, it is not in these
/// manifests at all and is not compared. Flows between pods of one service are left aside: no rule speaks of them.
///
/// Services whose policies are staged are compared twice: that nothing is dropped today, and what would be if the staged
/// policies were enforced.
#[must_use]
pub fn verify(plan: &Plan, manifests: Manifests) -> Report {
    let expected = Expected::of(plan);
    let is_staged = |service: &ExpectedService| matches!(service.isolation, Isolation::Staged(_));
    let would = expected.services.values().any(is_staged).then(|| manifests.clone().as_if_enforced());
    let unread: Vec<_> = manifests.unread_staged().filter(|_| would.is_some()).collect();
    let unread: Vec<_> =
        unread.into_iter().map(|(policy, place)| Finding::UnreadStaged { policy: policy.clone(), place }).collect();
    let known: BTreeSet<_> = manifests.policies().filter(|_| would.is_some()).cloned().collect();
    let (mut report, mut seen) = compare(&expected, plan, manifests, World::Today);
    if let Some(would) = would {
        let (mut more, also) = compare(&expected, plan, would, World::AsIfEnforced);
        let is_cut_today = |edges: &Edges| {
            let mut today = report.findings.iter();
            today.any(|finding| matches!(finding, Finding::Missing(other) if other.is_about_same(edges)))
        };
        // An enforced policy that selects nobody was named already, and so was whoever cannot come in today.
        more.findings.retain(|finding| match finding {
            Finding::Idle { policy, .. } => !known.contains(policy),
            Finding::Missing(edges) => !is_cut_today(edges),
            Finding::Unruled(_)
            | Finding::NotIsolated { .. }
            | Finding::Isolated { .. }
            | Finding::Leftover { .. }
            | Finding::MaySelect { .. }
            | Finding::UnknownPort { .. }
            | Finding::Unsearched { .. }
            | Finding::UnreadStaged { .. }
            | Finding::UnbackedLabel { .. } => true,
        });
        report.findings.append(&mut more.findings);
        report.findings.extend(unread);
        report.findings.sort();
        report.findings.dedup();
        report.without_pods.append(&mut more.without_pods);
        seen.extend(also);
        report.absent.retain(|name| !seen.contains(name));
    }
    count(&expected, &seen, &mut report);
    report
}

/// The same with what policies do today alone.
#[must_use]
pub(crate) fn verify_today(plan: &Plan, expected: &Expected, manifests: Manifests) -> Report {
    compare(expected, plan, manifests, World::Today).0
}

/// Says how many services were compared.
fn count(expected: &Expected, seen: &BTreeSet<String>, report: &mut Report) {
    report.checked.services = seen.len();
    let compared = seen.iter().filter_map(|name| expected.services.get(name));
    report.checked.permissions = compared.map(|service| service.admits.len()).sum();
}

/// Compares in one of the worlds, and says which services were.
fn compare(expected: &Expected, plan: &Plan, mut manifests: Manifests, world: World) -> (Report, BTreeSet<String>) {
    let real = manifests.cluster.endpoints.len();
    let mut service_of = claim(expected, &manifests.cluster.endpoints);
    let claimed: BTreeSet<&str> = service_of.iter().flatten().copied().collect();
    let absent = expected.services.iter().filter(|(name, _)| !claimed.contains(name.as_str()));
    let mut planned: Vec<_> = absent.map(|(name, service)| (name.as_str(), planned_pods(name, service))).collect();
    if world == World::AsIfEnforced {
        let real = manifests.cluster.endpoints.iter_mut().zip(&service_of);
        let real = real.filter_map(|(endpoint, name)| Some((endpoint, expected.services.get((*name)?)?)));
        let planned = planned.iter_mut().filter_map(|(name, pods)| Some((pods, expected.services.get(*name)?)));
        real.chain(planned).for_each(|(pods, service)| go_live(expected, pods, service));
    }
    undress(expected, &manifests, planned.iter_mut().map(|(_, endpoint)| endpoint).collect());
    for (name, endpoint) in planned {
        service_of.push(Some(name));
        manifests.add_endpoints([endpoint]);
    }
    let staged = manifests.staged.clone();
    let maybe_worn = std::mem::take(&mut manifests.cluster.maybe_worn);
    let leftovers = leftovers(expected, plan.scheme().policy_of().as_str(), &manifests);
    let policies = manifests.policies().count();
    let namespaces = manifests.cluster.namespaces.clone();
    let network = Network::new(manifests, &expected.blocks());

    let mut members = BTreeMap::<&str, PeerSet>::new();
    for (id, service) in network.pods().zip(&service_of) {
        if let Some(service) = service {
            members.entry(service).or_insert_with(|| network.nobody()).insert(id);
        }
    }
    let groups = expected.types.iter().map(|(name, services)| {
        let mut group = network.nobody();
        services.iter().filter_map(|service| members.get(service.as_str())).for_each(|of| group.unite(of));
        (name.as_str(), group)
    });
    let groups = groups.collect();
    let comparison =
        Comparison { expected, network: &network, service_of: &service_of, members, groups, real, namespaces, world };
    let (mut report, seen) = match world {
        World::Today => comparison.run(&maybe_worn, leftovers),
        World::AsIfEnforced => comparison.run(&[], Vec::new()),
    };
    report.staged = staged;
    report.checked.policies = policies;
    (report, seen)
}

/// Has pods of a service whose policy is data wear the label of a live policy, as they will when it is enforced: whom
/// types let in, no data says. Staged policies of Calico's come with staged ones for types.
fn go_live(expected: &Expected, pods: &mut Endpoint, service: &ExpectedService) {
    if service.isolation == Isolation::Staged(Evaluator::Observer)
        && let Some(worn) = pods.labels.get_mut(expected.scheme.network_policy().as_str())
        && worn.as_str() == PolicyState::Staged.value().as_str()
    {
        *worn = PolicyState::Live.value().as_str().to_owned();
    }
}

/// Calico policies that wear the name of a service's policy and no mark: the versions before the mark wrote them.
fn leftovers(expected: &Expected, mark: &str, manifests: &Manifests) -> Vec<Finding> {
    let mut by_name = BTreeMap::new();
    for (name, service) in &expected.services {
        let [policy, successor] = &service.objects;
        by_name.insert((service.namespace.as_str(), policy.as_str()), (name, successor));
    }
    // Helm and kustomize write their own names over Hedgerow's; the order tells such a one from a policy of theirs.
    let is_former = |who: &str, order: f64| {
        who == "hedgerow" || ((who == "Helm" || who.starts_with("kustomize-")) && (order - FORMER_ORDER).abs() < 0.5)
    };
    let written = manifests.written().filter(|(policy, labels, order, _)| {
        policy.kind == PolicyKind::Calico
            && !labels.contains_key(mark)
            && labels.get(MANAGED_BY).is_some_and(|who| is_former(who, *order))
    });
    written
        .filter_map(|(policy, _, _, place)| {
            let (service, successor) = by_name.get(&(policy.namespace.as_deref()?, policy.name.as_str()))?;
            let (service, successor) = ((*service).clone(), (*successor).clone());
            Some(Finding::Leftover { service, policy: policy.clone(), successor, place })
        })
        .collect()
}

/// The service of each endpoint: the one whose selector it matches in its namespace.
pub(crate) fn claim<'a>(expected: &'a Expected, endpoints: &[Endpoint]) -> Vec<Option<&'a str>> {
    // One label of each selector is enough to find the few services that are worth a closer look.
    let mut by_label = BTreeMap::<(&str, &str, &str), Vec<(&str, &ExpectedService)>>::new();
    for (name, service) in &expected.services {
        if let Some((key, value)) = service.selector.iter().next() {
            by_label.entry((&service.namespace, key, value)).or_default().push((name, service));
        }
    }
    let claims = |endpoint: &Endpoint| {
        endpoint.labels.iter().find_map(|(key, value)| {
            let candidates = by_label.get(&(endpoint.namespace.as_str(), key.as_str(), value.as_str()))?;
            candidates.iter().find(|(_, service)| wears(&endpoint.labels, &service.selector)).map(|(name, _)| *name)
        })
    };
    endpoints.iter().map(claims).collect()
}

fn wears(worn: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| worn.get(key) == Some(value))
}

fn planned_pods(name: &str, service: &ExpectedService) -> Endpoint {
    let namespace = service.namespace.clone();
    Endpoint {
        object: ObjectRef { kind: PLANNED.to_owned(), namespace: Some(namespace.clone()), name: name.to_owned() },
        namespace,
        labels: service.labels.clone(),
        ports: service.ports.clone(),
        service_account: "default".to_owned(),
        host_network: false,
        addresses: Vec::new(),
        place: service.place,
    }
}

/// Takes the label of a live policy from pods that no other policy of the manifests guards: a service whose own policy is
/// not among them is not compared, and a catch-all alone must not seem to isolate it.
fn undress(expected: &Expected, manifests: &Manifests, planned: Vec<&mut Endpoint>) {
    let label = expected.scheme.network_policy();
    let undressed: Vec<_> = planned
        .iter()
        .map(|endpoint| {
            let mut endpoint = (**endpoint).clone();
            endpoint.labels.remove(label.as_str());
            endpoint
        })
        .collect();
    let guarded = manifests.guarded(&undressed, Direction::Ingress);
    for (endpoint, _) in planned.into_iter().zip(guarded).filter(|(_, is_guarded)| !is_guarded) {
        endpoint.labels.remove(label.as_str());
    }
}

/// Everything one comparison needs to know.
struct Comparison<'a> {
    expected: &'a Expected,
    network: &'a Network,
    service_of: &'a [Option<&'a str>],
    /// The pods of each service.
    members: BTreeMap<&'a str, PeerSet>,
    /// The pods of each type's services.
    groups: BTreeMap<&'a str, PeerSet>,
    /// How many endpoints were among the manifests; those after them are planned ones.
    real: usize,
    /// What the namespaces wear.
    namespaces: BTreeMap<String, Labels>,
    world: World,
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

    fn run(&self, maybe_worn: &[MaybeWorn], leftovers: Vec<Finding>) -> (Report, BTreeSet<String>) {
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
                    grouped.entry(reason).or_default().insert(self.caller(caller, from));
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
            let Reason { ports, cause, place, is_by_type } = reason;
            let ports = join_ports(ports);
            Edges { callee: callee.clone(), pods: pods.clone(), callers, ports, cause, place, is_by_type, is_tried }
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
