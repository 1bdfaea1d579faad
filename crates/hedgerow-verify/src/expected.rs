//! What should be allowed: a plan, said in this crate's words.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::fleet::Service;
use hedgerow_core::label::Scheme;
use hedgerow_core::name::{LabelKey, PortRef};
use hedgerow_core::plan::{Evaluator, Plan, Protection, ServicePlan};
use hedgerow_core::policy::{self, Peer, Peers, Place, Ports, RulePorts};
use hedgerow_core::source::Span;
use hedgerow_eval::{Cidr, Claim, Family, Labels, NamedPort, Permit, PortRange, Protocol};

/// Every service with who may call it.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) services: BTreeMap<String, ExpectedService>,
    /// The services of each type.
    pub(crate) types: BTreeMap<String, BTreeSet<String>>,
    /// Whoever wears a type's label where callers may live, and every service of the type.
    pub(crate) members: BTreeMap<String, Vec<Permit>>,
    /// Which label keys are Hedgerow's.
    pub(crate) scheme: Scheme,
}

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedService {
    pub(crate) namespace: String,
    /// Which pods are the service's.
    pub(crate) selector: Labels,
    /// What its pods should wear.
    pub(crate) labels: Labels,
    /// Where its pods listen, by name.
    pub(crate) ports: Vec<NamedPort>,
    pub(crate) isolation: Isolation,
    /// The name of its policy, and of the Calico policy beside it.
    pub(crate) objects: [String; 2],
    pub(crate) admits: Vec<Admit>,
    /// Whom of those who are not among the manifests the policies may mean: callers that wear what rules give, pods of the
    /// services that have a rule, whoever an `allow` entry names.
    pub(crate) permits: Vec<Permit>,
    /// Whoever wears the label that a rule for every declared port gives; nobody where no port is open to rules.
    pub(crate) callers: Option<Permit>,
    /// The types whose services may call.
    pub(crate) types: Vec<String>,
    /// Whom `allow` entries name, each with its place: they must come in, also those that are not among the manifests.
    pub(crate) wanted: Vec<(Permit, Span)>,
    /// The service's file.
    pub(crate) place: Span,
}

/// What becomes of traffic that nothing permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// It passes, and no policy that is enforced guards the pods.
    Open,
    /// It passes, and a policy watches it.
    Tried,
    /// It passes, no policy that is enforced guards the pods, and one that is not says what would be dropped.
    Staged(Evaluator),
    /// It is dropped.
    Enforced,
}

/// Somebody who is permitted to call.
#[derive(Debug, Clone)]
pub(crate) struct Admit {
    pub(crate) who: Who,
    pub(crate) ports: AdmitPorts,
    /// The file that says so, where one does.
    pub(crate) place: Option<Span>,
}

/// Whom a permission is for.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Service(String),
    /// Every service of a type.
    Type(String),
    /// Pods there with all of these labels.
    Pods {
        namespaces: Namespaces,
        labels: Labels,
    },
    Block {
        cidr: Cidr,
        except: Vec<Cidr>,
    },
    Anybody,
}

/// Where somebody lives.
#[derive(Debug, Clone)]
pub(crate) enum Namespaces {
    /// In one of these.
    Named(BTreeSet<String>),
    /// In one that wears all of these labels.
    Labelled(Labels),
    Any,
}

/// On which ports.
#[derive(Debug, Clone)]
pub(crate) enum AdmitPorts {
    Any,
    These(Vec<PortRange>),
}

impl Who {
    /// As a claim about pods that are not among the manifests; nothing where it is about addresses or known services.
    fn claim(&self) -> Option<Claim> {
        match self {
            Self::Pods { namespaces, labels } => {
                let claim = Claim::wearing(labels);
                Some(match namespaces {
                    Namespaces::Named(names) => claim.in_namespaces(names.iter().map(String::as_str)),
                    Namespaces::Labelled(labels) => claim.in_namespaces_with(labels),
                    Namespaces::Any => claim,
                })
            }
            Self::Anybody => Some(Claim::wearing(&Labels::new())),
            Self::Block { cidr, except }
                if cidr.is_whole_family() && cidr.family() == Family::V4 && except.is_empty() =>
            {
                Some(Claim::wearing(&Labels::new()))
            }
            Self::Service(_) | Self::Type(_) | Self::Block { .. } => None,
        }
    }
}

impl AdmitPorts {
    /// The ranges; nothing for all.
    fn listed(&self) -> Option<Vec<PortRange>> {
        match self {
            Self::Any => None,
            Self::These(ranges) => Some(ranges.clone()),
        }
    }

    pub(crate) fn ranges(&self) -> &[PortRange] {
        match self {
            Self::Any => &[],
            Self::These(ranges) => ranges,
        }
    }

    /// Whether the whole range is meant; ranges are cut at the edges of every port asked about.
    pub(crate) fn cover(&self, range: PortRange) -> bool {
        match self {
            Self::Any => true,
            Self::These(ranges) => ranges
                .iter()
                .any(|mine| mine.protocol == range.protocol && mine.first <= range.first && range.last <= mine.last),
        }
    }
}

impl Expected {
    /// Says a plan. It is read from the rules, types and `allow` entries, not from the policies planned for the renderer.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut services = BTreeMap::new();
        let mut types = BTreeMap::<String, BTreeSet<String>>::new();
        for (name, planned) in plan.services() {
            if let Some(service) = plan.fleet().service(name.as_str()) {
                services.insert(name.as_str().to_owned(), say_service(plan, service, planned));
            }
            if let Some(service_type) = &planned.service_type {
                types.entry(service_type.as_str().to_owned()).or_default().insert(name.as_str().to_owned());
            }
        }
        for rule in plan.fleet().rules() {
            let Some(callee) = plan.fleet().service(rule.callee.as_str()) else { continue };
            if let (Some(ports), Some(expected)) =
                (admit_ports(&rule.ports, callee), services.get_mut(rule.callee.as_str()))
            {
                if let Some(caller) = plan.fleet().service(rule.caller.as_str()) {
                    expected.permits.push(Permit { who: identity(plan, caller), ports: ports.listed() });
                }
                let who = Who::Service(rule.caller.as_str().to_owned());
                expected.admits.push(Admit { who, ports, place: Some(rule.file) });
            }
        }
        for catch_all in plan.catch_alls() {
            let callees = types.get(catch_all.service_type.as_str()).into_iter().flatten();
            for callee in callees {
                let Some(expected) = services.get_mut(callee) else { continue };
                expected.types.extend(catch_all.callers.iter().map(|callers| callers.as_str().to_owned()));
                expected.admits.extend(catch_all.callers.iter().map(|callers| Admit {
                    who: Who::Type(callers.as_str().to_owned()),
                    ports: AdmitPorts::Any,
                    place: None,
                }));
            }
        }
        let config = plan.fleet().config();
        let members = config.types.keys().map(|service_type| {
            let name = service_type.as_str().to_owned();
            let worn = [(config.scheme.service_type(), config.scheme.service_type_value(service_type))];
            let namespaces = config.namespaces.iter().map(|namespace| namespace.as_str());
            let who = Claim::wearing(&say_labels(&worn.into())).in_namespaces(namespaces);
            let mut members = vec![Permit { who, ports: None }];
            let services = types.get(&name).into_iter().flatten().filter_map(|service| plan.fleet().service(service));
            members.extend(services.map(|service| Permit { who: identity(plan, service), ports: None }));
            (name, members)
        });
        let members = members.collect();
        Self { services, types, members, scheme: plan.scheme().clone() }
    }

    /// Everybody who is not among the manifests and may call a service.
    pub(crate) fn permits<'a>(&'a self, service: &'a ExpectedService) -> Vec<&'a Permit> {
        let of_types = service.types.iter().filter_map(|name| self.members.get(name)).flatten();
        service.permits.iter().chain(of_types).collect()
    }

    /// Wants callers by rule to come in too, whoever they are: their files and pods need not be known.
    pub(crate) fn want_callers(&mut self) {
        for service in self.services.values_mut() {
            service.wanted.extend(service.callers.clone().map(|callers| (callers, service.place)));
        }
    }

    /// Every block that a permission names.
    pub(crate) fn blocks(&self) -> Vec<Cidr> {
        let admits = self.services.values().flat_map(|service| &service.admits);
        admits
            .flat_map(|admit| match &admit.who {
                Who::Block { cidr, except } => std::iter::once(*cidr).chain(except.iter().copied()).collect(),
                Who::Service(_) | Who::Type(_) | Who::Pods { .. } | Who::Anybody => Vec::new(),
            })
            .collect()
    }
}

fn say_service(plan: &Plan, service: &Service, planned: &ServicePlan) -> ExpectedService {
    let config = plan.fleet().config();
    let isolation = match &planned.protection {
        Protection::Absent | Protection::Open { .. } => Isolation::Open,
        Protection::Staged { by, .. } => Isolation::Staged(*by),
        Protection::Enforced { rest, .. } if rest.is_allowed() => Isolation::Tried,
        Protection::Enforced { .. } => Isolation::Enforced,
    };
    let mut admits = Vec::new();
    for allow in &service.allow {
        let Some(ports) = admit_ports(&allow.ports, service) else { continue };
        let who: Vec<_> = match &allow.peers {
            Peers::Nobody => Vec::new(),
            Peers::Anybody => vec![Who::Anybody],
            Peers::These(peers) => peers.iter().map(|peer| say_peer(peer, service)).collect(),
        };
        admits.extend(who.into_iter().map(|who| Admit { who, ports: ports.clone(), place: Some(allow.span) }));
    }
    let mut permits = wearers(plan, service, planned);
    let callers = caller(plan, service, planned);
    let mut wanted = Vec::new();
    for admit in &admits {
        let Some(who) = admit.who.claim() else { continue };
        let permit = Permit { who, ports: admit.ports.listed() };
        wanted.extend(admit.place.map(|place| (permit.clone(), place)));
        permits.push(permit);
    }
    let named = service.ports.listed().iter().filter_map(|port| {
        let name = port.name.as_ref()?.as_str().to_owned();
        Some(NamedPort { name, protocol: say_protocol(port.protocol), number: port.number.get() })
    });
    ExpectedService {
        namespace: service.namespace.as_str().to_owned(),
        selector: say_labels(&hedgerow_core::plan::selector(config, service)),
        labels: say_labels(&planned.pods.all()),
        ports: named.collect(),
        isolation,
        objects: [config.scheme.object(&planned.slug), config.scheme.backstop(&planned.slug)]
            .map(|name| name.to_string()),
        admits,
        permits,
        callers,
        types: Vec::new(),
        wanted,
        place: service.file,
    }
}

/// The pods of a service, by what they wear.
fn identity(plan: &Plan, service: &Service) -> Claim {
    let labels = say_labels(&hedgerow_core::plan::selector(plan.fleet().config(), service));
    Claim::wearing(&labels).in_namespaces([service.namespace.as_str()])
}

/// Whoever wears a label that rules give to callers of this service, in a namespace where callers may live; and the service
/// itself, of whose flows within it no rule speaks.
fn wearers(plan: &Plan, service: &Service, planned: &ServicePlan) -> Vec<Permit> {
    let scheme = &plan.fleet().config().scheme;
    let mut permits = vec![Permit { who: identity(plan, service), ports: None }];
    permits.extend(caller(plan, service, planned));
    let references: BTreeSet<_> = service.ports.listed().iter().map(policy::Port::reference).collect();
    for reference in references {
        let wanted = hedgerow_core::nonempty::NonEmpty::new(vec![reference.clone()]).map(RulePorts::These);
        if let Some(ports) = wanted.and_then(|wanted| admit_ports(&wanted, service)) {
            let label = scheme.egress_port(&planned.slug, &reference);
            permits.push(Permit { who: wearing(plan, service, &label), ports: ports.listed() });
        }
    }
    permits
}

/// Whoever wears the label that a rule for every declared port gives.
fn caller(plan: &Plan, service: &Service, planned: &ServicePlan) -> Option<Permit> {
    let ports = admit_ports(&RulePorts::All, service)?;
    let label = plan.fleet().config().scheme.egress(&planned.slug);
    Some(Permit { who: wearing(plan, service, &label), ports: ports.listed() })
}

/// Whoever wears a label that rules give, in a namespace where callers may live.
fn wearing(plan: &Plan, service: &Service, label: &LabelKey) -> Claim {
    let config = plan.fleet().config();
    let labels = Labels::from([(label.as_str().to_owned(), config.scheme.worn().as_str().to_owned())]);
    let namespaces = config.namespaces.iter().chain([&service.namespace]).map(|namespace| namespace.as_str());
    Claim::wearing(&labels).in_namespaces(namespaces)
}

fn say_peer(peer: &Peer, service: &Service) -> Who {
    match peer {
        Peer::Pods { place, labels } => Who::Pods { namespaces: say_place(place, service), labels: say_labels(labels) },
        Peer::AllPods(place) => Who::Pods { namespaces: say_place(place, service), labels: Labels::new() },
        Peer::Block { cidr, except } => {
            let parse = |cidr: &hedgerow_core::cidr::Cidr| Cidr::parse(&cidr.to_string());
            match parse(cidr) {
                Some(cidr) => Who::Block { cidr, except: except.iter().filter_map(parse).collect() },
                None => Who::Pods { namespaces: Namespaces::Named(BTreeSet::new()), labels: Labels::new() },
            }
        }
    }
}

fn say_place(place: &Place, service: &Service) -> Namespaces {
    match place {
        Place::SameNamespace => Namespaces::Named(BTreeSet::from([service.namespace.as_str().to_owned()])),
        Place::Namespaces(names) => Namespaces::Named(names.iter().map(|name| name.as_str().to_owned()).collect()),
        Place::Labelled(labels) => Namespaces::Labelled(say_labels(labels)),
        Place::Anywhere => Namespaces::Any,
    }
}

/// The ports a permission opens at a service: those it names and those that every permission opens. Nothing where it names
/// none.
fn admit_ports(wanted: &RulePorts, service: &Service) -> Option<AdmitPorts> {
    let one = |port: &policy::Port| PortRange::one(say_protocol(port.protocol), port.number.get());
    let is_wanted = |reference: &PortRef| match wanted {
        RulePorts::All => true,
        RulePorts::These(references) => references.iter().any(|wanted| wanted == reference),
    };
    let mut ranges: Vec<_> = match (&service.ports, wanted) {
        (Ports::Nothing, _) => return None,
        (Ports::Any, RulePorts::All) => return Some(AdmitPorts::Any),
        // Where no port is listed, a rule can only have meant numbers, and of TCP.
        (Ports::Any, RulePorts::These(references)) => {
            let numbers = references.iter().filter_map(|reference| match reference {
                PortRef::Number(number) => Some(PortRange::one(Protocol::TCP, number.get())),
                PortRef::Name(_) => None,
            });
            numbers.collect()
        }
        (Ports::These(ports), _) => ports.iter().filter(|port| is_wanted(&port.reference())).map(one).collect(),
    };
    if !ranges.is_empty() {
        ranges.extend(service.always.iter().map(one));
    }
    Some(AdmitPorts::These(ranges))
}

const fn say_protocol(protocol: hedgerow_core::name::Protocol) -> Protocol {
    match protocol {
        hedgerow_core::name::Protocol::Tcp => Protocol::TCP,
        hedgerow_core::name::Protocol::Udp => Protocol::UDP,
        hedgerow_core::name::Protocol::Sctp => Protocol::SCTP,
    }
}

fn say_labels(labels: &policy::Labels) -> Labels {
    labels.iter().map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned())).collect()
}
