//! The finished plan for one environment: per service, what its pods wear and who is admitted.
//!
//! A plan is backend-neutral and complete: renderers add no default. A callee's [`Policy`] is made from the callee and
//! the fleet's configuration alone; [`policy`] is not even given the callers, so adding or removing a rule cannot change it.

use crate::fleet::{Config, Fleet, Service, ServiceIdentity};
use crate::label::{Identity, Mark, ObjectName, PolicyState, Scheme, Slug};
use crate::name::{EnvironmentName, Namespace, PortRef, Protocol, ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::policy::{AuditBackend, CatchAllBackend, Labels, Peer, Peers, Place, Port, Ports, RulePorts, Stage};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

/// What to render and which labels to write, for one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    fleet: Arc<Fleet>,
    environment: EnvironmentName,
    services: BTreeMap<ServiceName, ServicePlan>,
    catch_alls: Vec<CatchAll>,
}

/// One service's part of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    /// The service.
    pub name: ServiceName,
    /// Its name in labels and objects.
    pub slug: Slug,
    /// Where its pods live.
    pub namespace: Namespace,
    /// Its type, where it has one.
    pub service_type: Option<TypeName>,
    /// What its pods wear.
    pub pods: PodLabels,
    /// How its pods are protected.
    pub protection: Protection,
}

/// The labels of a service's pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLabels {
    /// Labels that Hedgerow writes.
    pub write: Labels,
    /// Labels of somebody else's that the service's policy selects by: checked, never written.
    pub expect: Labels,
}

impl PodLabels {
    /// All labels that the plan knows of: written and expected.
    #[must_use]
    pub fn all(&self) -> Labels {
        self.write.iter().chain(&self.expect).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// How a service's pods are protected.
#[derive(Debug, Clone, PartialEq)]
pub enum Protection {
    /// Not at all: there is no policy and everybody comes in.
    Absent,
    /// By a policy that admits anybody: it holds the place of one that does not, before it comes or after it.
    Open {
        /// The policy.
        policy: Policy,
        /// What stands behind it for the moment in which its peers change; nothing where that is not wanted.
        rest: Option<Rest>,
    },
    /// By an enforced policy.
    Enforced {
        /// Who is admitted.
        policy: Policy,
        /// What happens to everybody else.
        rest: Rest,
    },
    /// By a policy that is evaluated and not enforced.
    Staged {
        /// Who would be admitted.
        policy: Policy,
        /// Who evaluates it.
        by: Evaluator,
    },
}

/// Who evaluates a policy that nobody enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluator {
    /// Calico, as a staged policy of its own.
    Calico,
    /// The observer: to the cluster it is data.
    Observer,
}

impl Protection {
    /// The policy: one that admits anybody, an enforced one, or a staged one.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        match self {
            Self::Absent => None,
            Self::Open { policy, .. } | Self::Enforced { policy, .. } | Self::Staged { policy, .. } => Some(policy),
        }
    }
}

/// What happens to traffic that an enforced policy does not admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It is dropped.
    Drop,
    /// It is logged and dropped.
    LogAndDrop,
    /// It is let through and counted.
    Allow,
    /// It is logged and let through.
    LogAndAllow,
}

impl Rest {
    /// Whether the traffic gets through.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allow | Self::LogAndAllow)
    }
}

/// Who may call the pods of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The name of the policy.
    pub object: ObjectName,
    /// The name of the Calico policy beside it, which decides on the rest.
    pub backstop: ObjectName,
    /// The name of the ConfigMap that holds it where it is data.
    pub data: ObjectName,
    /// What both of them wear.
    pub mark: Mark,
    /// The namespace of the pods.
    pub namespace: Namespace,
    /// The labels that select the pods; at least one.
    pub selector: Labels,
    /// Who comes in.
    pub admits: Admits,
}

/// Who comes in.
#[derive(Debug, Clone, PartialEq)]
pub enum Admits {
    /// Nobody.
    Nobody,
    /// Anybody, on every port.
    Anybody,
    /// These.
    These(NonEmpty<Admission>),
}

/// Some peers on some ports.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// Who.
    pub peers: Peers,
    /// On which container ports.
    pub ports: AdmittedPorts,
}

/// Container ports that somebody is admitted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdmittedPorts {
    /// All.
    Any,
    /// These, sorted.
    These(NonEmpty<(NonZeroU16, Protocol)>),
}

/// Lets all services of some types call all services of one type, where those have a live policy.
#[derive(Debug, Clone, PartialEq)]
pub struct CatchAll {
    /// The name of the objects.
    pub object: ObjectName,
    /// What they wear.
    pub mark: Mark,
    /// Whose pods may be called.
    pub service_type: TypeName,
    /// Whose pods may call.
    pub callers: NonEmpty<TypeName>,
}

/// A policy that Hedgerow writes, at one stage or another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Named<'p> {
    /// A service's own.
    Policy(&'p ServicePlan),
    /// The Calico policy beside it.
    Backstop(&'p ServicePlan),
    /// A type's, for the whole cluster where it has no namespace.
    CatchAll(&'p CatchAll),
}

impl Plan {
    /// Plans a checked fleet for one of its environments; nothing where it has no such environment. Namespaces are called in
    /// the plan, and in [`Plan::fleet`], as they are in that environment.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>, environment: &EnvironmentName) -> Option<Self> {
        let called = match fleet.in_environment(environment)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(called) => Some(Arc::new(called)),
        };
        let fleet = called.unwrap_or(fleet);
        let services =
            fleet.services().map(|service| (service.name.clone(), plan_service(&fleet, service, environment)));
        let services = services.collect();
        let config = fleet.config();
        let catch_alls = config.types.iter().filter_map(|(service_type, callers)| {
            let object = config.scheme.catch_all(service_type);
            let callers = callers.clone()?;
            let mark = config.scheme.catch_all_mark(service_type);
            Some(CatchAll { object, mark, service_type: service_type.clone(), callers })
        });
        let catch_alls = catch_alls.collect();
        Some(Self { environment: environment.clone(), services, catch_alls, fleet })
    }

    /// The fleet that was planned, with the names that namespaces have in its environment.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> &EnvironmentName {
        &self.environment
    }

    /// How labels are named.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.fleet.config().scheme
    }

    /// The planned services by name.
    #[must_use]
    pub const fn services(&self) -> &BTreeMap<ServiceName, ServicePlan> {
        &self.services
    }

    /// One service's part.
    #[must_use]
    pub fn service(&self, name: &ServiceName) -> Option<&ServicePlan> {
        self.services.get(name)
    }

    /// The catch-alls, one per type that has callers, by type.
    #[must_use]
    pub fn catch_alls(&self) -> &[CatchAll] {
        &self.catch_alls
    }

    /// The policies that Hedgerow writes at one stage or another, by their namespace and name: who has another one of that name
    /// loses it.
    #[must_use]
    pub fn named(&self) -> BTreeMap<(Option<&str>, String), Named<'_>> {
        let scheme = self.scheme();
        let of_services = self.services.values().flat_map(|service| {
            let namespace = Some(service.namespace.as_str());
            let names = [scheme.object(&service.slug), scheme.backstop(&service.slug)];
            let [policy, backstop] = names.map(|name| (namespace, name.to_string()));
            [(policy, Named::Policy(service)), (backstop, Named::Backstop(service))]
        });
        let of_types = self.catch_alls.iter().flat_map(|catch_all| {
            let namespaces: Vec<_> = match self.catch_all_backend() {
                CatchAllBackend::Kubernetes => {
                    self.fleet.config().namespaces.iter().map(|it| Some(it.as_str())).collect()
                }
                CatchAllBackend::Calico => vec![None],
            };
            namespaces
                .into_iter()
                .map(|namespace| ((namespace, catch_all.object.to_string()), Named::CatchAll(catch_all)))
        });
        of_types.chain(of_services).collect()
    }

    /// The labels that select the pods a catch-all opens: its type, and only with a policy in this state. Live pods have an
    /// enforced policy of their own, so that the catch-all isolates nobody; for staged pods it has to be staged itself.
    #[must_use]
    pub fn catch_all_selector(&self, catch_all: &CatchAll, state: PolicyState) -> Labels {
        let scheme = self.scheme();
        Labels::from([
            (scheme.network_policy(), state.value()),
            (scheme.service_type(), scheme.service_type_value(&catch_all.service_type)),
        ])
    }

    /// For pods in which states there are catch-alls: always for live ones, and for staged ones where Calico evaluates their
    /// policies, which would else say of a type's callers that they are to be denied.
    #[must_use]
    pub fn catch_all_states(&self) -> &'static [PolicyState] {
        match self.fleet.config().audit {
            // The observer knows by the catalogue who may call by type.
            AuditBackend::CalicoLog | AuditBackend::Observe => &[PolicyState::Live],
            AuditBackend::CalicoStaged => &[PolicyState::Live, PolicyState::Staged],
        }
    }

    /// Which objects carry the catch-alls.
    #[must_use]
    pub fn catch_all_backend(&self) -> CatchAllBackend {
        self.fleet.config().catch_alls
    }
}

fn plan_service(fleet: &Fleet, service: &Service, environment: &EnvironmentName) -> ServicePlan {
    let config = fleet.config();
    let protection = protect(config, service, environment);
    let mut write = Labels::new();
    let mut expect = Labels::new();
    identity(config, service, &mut write, &mut expect);
    if let Some(service_type) = &service.service_type {
        write.insert(config.scheme.service_type(), config.scheme.service_type_value(service_type));
    }
    let state = match &protection {
        // A catch-all must not select the pods of an open service: they are to outlive its policy.
        Protection::Absent | Protection::Open { .. } => None,
        Protection::Enforced { .. } => Some(PolicyState::Live),
        Protection::Staged { .. } => Some(PolicyState::Staged),
    };
    if let Some(state) = state {
        write.insert(config.scheme.network_policy(), state.value());
    }
    for rule in fleet.rules_of(&service.name) {
        // The callee's slug was valid when the fleet was checked; a rule without one never gets here.
        let Some(callee) = fleet.slug(&rule.callee) else { continue };
        match &rule.ports {
            RulePorts::All => {
                write.insert(config.scheme.egress(callee), config.scheme.worn());
            }
            RulePorts::These(ports) => {
                for port in ports {
                    write.insert(config.scheme.egress_port(callee, port), config.scheme.worn());
                }
            }
        }
    }
    ServicePlan {
        name: service.name.clone(),
        slug: service.slug.clone(),
        namespace: service.namespace.clone(),
        service_type: service.service_type.clone(),
        pods: PodLabels { write, expect },
        protection,
    }
}

/// The labels that say what service a pod is: what Hedgerow writes, and what others write and its policy selects by.
fn identity(config: &Config, service: &Service, write: &mut Labels, expect: &mut Labels) {
    let value = config.scheme.identity_value(&service.name);
    if let Identity::Own(key) = config.scheme.identity() {
        write.insert(key.clone(), value.clone());
    }
    match (&service.identity, config.scheme.identity()) {
        (ServiceIdentity::Labels(labels), _) => expect.extend(labels.clone()),
        (ServiceIdentity::Fleet, Identity::Foreign(key)) => {
            expect.insert(key.clone(), value);
        }
        (ServiceIdentity::Fleet, Identity::Own(_)) => {}
    }
}

/// The labels that select a service's pods.
#[must_use]
pub fn selector(config: &Config, service: &Service) -> Labels {
    let key = || config.scheme.identity().key().clone();
    match &service.identity {
        ServiceIdentity::Labels(labels) => labels.clone(),
        ServiceIdentity::Fleet => Labels::from([(key(), config.scheme.identity_value(&service.name))]),
    }
}

fn protect(config: &Config, service: &Service, environment: &EnvironmentName) -> Protection {
    let (Some(settings), Some(stage)) = (config.environments.get(environment), config.stage_of(service, environment))
    else {
        return Protection::Absent;
    };
    let enforced = |rest| Protection::Enforced { policy: policy(config, service), rest };
    let staged = |by| Protection::Staged { policy: policy(config, service), by };
    match (stage, config.audit, settings.log) {
        (Stage::Off, _, _) => Protection::Absent,
        (Stage::Open, backend, log) => Protection::Open {
            policy: Policy { admits: Admits::Anybody, ..policy(config, service) },
            // Going to `audit` or coming from it, the policy's peers and what lets the rest through change at once. Where
            // the second is there already, the host may write them in any order. `log` says that Calico is there.
            rest: (backend == AuditBackend::CalicoLog && log).then_some(Rest::Allow),
        },
        (Stage::Audit, AuditBackend::CalicoStaged, _) => staged(Evaluator::Calico),
        (Stage::Audit, AuditBackend::Observe, _) => staged(Evaluator::Observer),
        (Stage::Audit, AuditBackend::CalicoLog, true) => enforced(Rest::LogAndAllow),
        (Stage::Audit, AuditBackend::CalicoLog, false) => enforced(Rest::Allow),
        (Stage::Enforce, _, true) => enforced(Rest::LogAndDrop),
        (Stage::Enforce, _, false) => enforced(Rest::Drop),
    }
}

/// Who may call `service`: from its own file and the fleet's configuration, whoever its callers are.
#[must_use]
pub fn policy(config: &Config, service: &Service) -> Policy {
    let mut admissions = Vec::new();
    let scheme = &config.scheme;
    let wearers = |label| Peers::These(wearers(config, service, &Labels::from([(label, scheme.worn())])));
    match &service.ports {
        Ports::Nothing => {}
        Ports::Any => {
            admissions.push(Admission { peers: wearers(scheme.egress(&service.slug)), ports: AdmittedPorts::Any });
        }
        Ports::These(ports) => {
            let mut by_reference: BTreeMap<PortRef, Vec<&Port>> = BTreeMap::new();
            for port in ports {
                by_reference.entry(port.reference()).or_default().push(port);
            }
            let all = (scheme.egress(&service.slug), ports.iter().collect());
            let each = by_reference
                .into_iter()
                .map(|(reference, ports)| (scheme.egress_port(&service.slug, &reference), ports));
            for (label, ports) in std::iter::once(all).chain(each) {
                if let Some(ports) = admitted(ports.into_iter().map(numbered), &service.always) {
                    admissions.push(Admission { peers: wearers(label), ports });
                }
            }
        }
    }
    for allow in &service.allow {
        if let Some(ports) = allowed_ports(&allow.ports, service) {
            admissions.push(Admission { peers: allow.peers.clone(), ports });
        }
    }
    Policy {
        object: scheme.object(&service.slug),
        backstop: scheme.backstop(&service.slug),
        data: scheme.policy_data(&service.slug),
        mark: scheme.mark(&service.name),
        namespace: service.namespace.clone(),
        selector: selector(config, service),
        admits: NonEmpty::new(admissions).map_or(Admits::Nobody, Admits::These),
    }
}

/// The ports an `allow` entry opens; nothing where it opens none, so that an empty list never comes to mean all of them.
fn allowed_ports(wanted: &RulePorts, service: &Service) -> Option<AdmittedPorts> {
    let always = &service.always;
    match (wanted, &service.ports) {
        (_, Ports::Nothing) => None,
        (RulePorts::All, Ports::Any) => Some(AdmittedPorts::Any),
        (RulePorts::All, Ports::These(ports)) => admitted(ports.iter().map(numbered), always),
        (RulePorts::These(wanted), Ports::These(ports)) => {
            let meant = ports.iter().filter(|port| wanted.iter().any(|reference| *reference == port.reference()));
            admitted(meant.map(numbered), always)
        }
        (RulePorts::These(wanted), Ports::Any) => {
            let numbers = wanted.iter().filter_map(|reference| match reference {
                PortRef::Number(number) => Some((*number, Protocol::Tcp)),
                PortRef::Name(_) => None,
            });
            admitted(numbers, always)
        }
    }
}

const fn numbered(port: &Port) -> (NonZeroU16, Protocol) {
    (port.number, port.protocol)
}

/// The ports of an admission and those that every admission carries; nothing where it has none of its own.
fn admitted(ports: impl Iterator<Item = (NonZeroU16, Protocol)>, always: &[Port]) -> Option<AdmittedPorts> {
    let mut ports: Vec<_> = ports.collect();
    if ports.is_empty() {
        return None;
    }
    ports.extend(always.iter().map(numbered));
    ports.sort_unstable();
    ports.dedup();
    NonEmpty::new(ports).map(AdmittedPorts::These)
}

/// Pods of the policy's own namespace that wear `labels`, and those of every other listed namespace: two peers, since only
/// a peer without a namespace selector means the policy's own namespace wherever it lands.
fn wearers(config: &Config, service: &Service, labels: &Labels) -> NonEmpty<Peer> {
    let others: Vec<_> =
        config.namespaces.iter().filter(|namespace| **namespace != service.namespace).cloned().collect();
    let mut peers = vec![Peer::Pods { place: Place::SameNamespace, labels: labels.clone() }];
    if let Some(others) = NonEmpty::new(others) {
        peers.push(Peer::Pods { place: Place::Namespaces(others), labels: labels.clone() });
    }
    NonEmpty::new(peers).expect("the own namespace is always among the peers")
}
