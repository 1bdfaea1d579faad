//! The fleet as the catalogue tells it: which service a pod is, who may call whom and which file says so, who owns what.
//!
//! The document is that of `hedgerow catalogue --rules` (`docs/schemas/catalogue.json`), foreign text like any other: it may be cut, edited
//! or hostile. What it says is read by [`hedgerow_core::read::catalogues`]; here it becomes an index by namespace and labels. A faulty entry is left
//! out and reported; a document that cannot be understood at all gives no fleet, and whoever has one keeps it.

use crate::record::Protocol;
use hedgerow_core::catalogue::{Catalogue, RuleEntry};
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::label::{Identity, Meaning, Scheme};
use hedgerow_core::name::{PortRef, ServiceName, TypeName};
use hedgerow_core::policy::{Port, Ports, RulePorts, Stage};
use hedgerow_core::read::catalogues;
use hedgerow_core::source::Sources;
use hedgerow_core::tree::File;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The longest document that is read, in bytes: twenty times the catalogue of 1,500 services with 9,300 rules.
pub const MAX_CATALOGUE: usize = 32 << 20;

/// A pod's or a namespace's labels.
pub type Labels = BTreeMap<String, String>;

/// Which service: its place in [`Fleet::services`]. Valid only in the fleet it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u32);

/// What is known of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, such as `service.ledger`.
    pub name: Arc<str>,
    /// Its short name in labels and objects, such as `s-ledger`.
    pub slug: String,
    /// What the objects are called by which calls to it are judged: its policy, what stands behind that, and its policy as data.
    pub policies: [String; 3],
    /// Where its pods live.
    pub namespace: String,
    /// The labels that select its pods; at least one.
    pub labels: Labels,
    /// Its type.
    pub service_type: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Where it listens: all ports that are listed, by name where they have one; empty where nobody listed them.
    pub ports: Vec<ServicePort>,
    /// Its stage in the environment; nothing where the catalogue does not say it.
    pub stage: Option<Stage>,
}

/// A container port of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePort {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// One rule of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The rule file.
    pub file: String,
    /// The ports that it names; nothing where it means all.
    pub ports: Option<Vec<String>>,
}

/// Whose a pod is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One service's.
    Service(ServiceId),
    /// Nobody's: no service of the fleet selects it.
    Nobody,
    /// More than one service selects it; which it is cannot be told.
    Several(Vec<ServiceId>),
}

/// A label that a pod wears and that the catalogue does not give it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forged {
    /// The label's key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What is wrong with it.
    pub why: Forgery,
}

/// What is wrong with a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forgery {
    /// It lets its pod call a service, and no rule of the pod's service is for it.
    NoRule,
    /// It lets its pod call services, and its pod is no service of the fleet.
    NoService,
    /// It gives its pod another type than its service has.
    OtherType,
    /// It says that its pod is a service that lives in another namespace.
    NotThere,
}

/// What the catalogue tells, by namespace and labels.
#[derive(Clone, Debug)]
pub struct Fleet {
    scheme: Scheme,
    digest: String,
    naming: String,
    labelling: Option<String>,
    environment: Option<String>,
    namespaces: BTreeSet<String>,
    services: Vec<Service>,
    by_name: BTreeMap<Arc<str>, ServiceId>,
    /// By namespace, and one label that each of these services selects by.
    by_label: BTreeMap<String, BTreeMap<(String, String), Vec<ServiceId>>>,
    /// All types.
    types: BTreeSet<String>,
    /// The types that may call each type.
    callers_of: BTreeMap<String, BTreeSet<String>>,
    /// By caller and callee; nothing where the catalogue has no rules.
    edges: Option<BTreeMap<(ServiceId, ServiceId), Edge>>,
    /// For each caller, the labels that its rules give it.
    given: BTreeMap<ServiceId, BTreeMap<String, ServiceId>>,
    /// Whom a label lets its pod call.
    opens: BTreeMap<String, ServiceId>,
}

/// What came of reading a catalogue.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The fleet; nothing where the document is none.
    pub fleet: Option<Fleet>,
    /// What is wrong with it, all at once.
    pub diagnostics: Vec<Diagnostic>,
    /// The text, for printing the faults.
    pub sources: Sources,
}

impl Fleet {
    /// Reads a catalogue: the document called `path`, for one environment (nothing: the one that the catalogue is for, or the only one that
    /// there is).
    #[must_use]
    pub fn read(path: &str, text: &str, environment: Option<&str>) -> Reading {
        if text.len() > MAX_CATALOGUE {
            let mut sources = Sources::default();
            let id = sources.add(path, String::new());
            let what = format!("the catalogue has {} bytes; at most {MAX_CATALOGUE} are read", text.len());
            let too_long = Diagnostic::new(hedgerow_core::diag::Code::Unreadable, what).mark(id.span(0, 0), "");
            return Reading { fleet: None, diagnostics: vec![too_long], sources };
        }
        let (mut drafts, diagnostics, sources) = catalogues(vec![File::new(path, text)]);
        let fleet = drafts.pop().map(|draft| Self::of(&draft.catalogue, environment));
        Reading { fleet, diagnostics, sources }
    }

    /// The index of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue, environment: Option<&str>) -> Self {
        let identity = catalogue.identity.clone();
        let is_own =
            identity.as_str().strip_prefix(catalogue.domain.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let identity = if is_own { Identity::Own(identity) } else { Identity::Foreign(identity) };
        let scheme = Scheme::new(catalogue.domain.clone(), identity, Vec::new());
        let own = catalogue.environment.as_ref().map(|name| name.as_str().to_owned());
        let environment = environment.map(str::to_owned).or(own);
        let mut services = Vec::with_capacity(catalogue.entries.len());
        let mut by_name = BTreeMap::new();
        let mut by_label: BTreeMap<String, BTreeMap<(String, String), Vec<ServiceId>>> = BTreeMap::new();
        for (number, (name, entry)) in (0..).zip(&catalogue.entries) {
            let id = ServiceId(number);
            let labels: Labels =
                entry.labels.iter().map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned())).collect();
            let of_environment = |wanted: &String| {
                entry.stages.iter().find(|(name, _)| name.as_str() == wanted.as_str()).map(|(_, stage)| *stage)
            };
            let stage = match &environment {
                Some(wanted) => of_environment(wanted),
                // Where it does not matter which is meant.
                None => entry
                    .stages
                    .values()
                    .next()
                    .copied()
                    .filter(|first| entry.stages.values().all(|stage| stage == first)),
            };
            let name: Arc<str> = Arc::from(name.as_str());
            by_name.insert(Arc::clone(&name), id);
            // The label that tells services apart, where it is among them.
            let identity = catalogue.identity.as_str();
            let tells = labels.get_key_value(identity).or_else(|| labels.first_key_value());
            if let Some((key, value)) = tells {
                let in_namespace = by_label.entry(entry.namespace.as_str().to_owned()).or_default();
                in_namespace.entry((key.clone(), value.clone())).or_default().push(id);
            }
            let listed = match &entry.ports {
                Ports::Any | Ports::Nothing => &[][..],
                Ports::These(ports) => ports.as_slice(),
            };
            services.push(Service {
                name,
                slug: entry.slug.as_str().to_owned(),
                policies: [scheme.object(&entry.slug), scheme.backstop(&entry.slug), scheme.policy_data(&entry.slug)]
                    .map(|name| name.as_str().to_owned()),
                namespace: entry.namespace.as_str().to_owned(),
                labels,
                service_type: entry.service_type.as_ref().map(|name| name.as_str().to_owned()),
                owner: entry.owner.clone(),
                ports: listed.iter().chain(&entry.always).map(port).collect(),
                stage,
            });
        }
        let mut given: BTreeMap<ServiceId, BTreeMap<String, ServiceId>> = BTreeMap::new();
        let mut opens: BTreeMap<String, ServiceId> = (0..)
            .map(ServiceId)
            .zip(catalogue.entries.values())
            .map(|(id, entry)| (scheme.egress(&entry.slug).as_str().to_owned(), id))
            .collect();
        let edges = catalogue.rules.as_ref().map(|rules| {
            let mut edges = BTreeMap::new();
            for (caller, callee, rule) in
                rules.iter().flat_map(|(caller, rules)| rules.iter().map(move |(callee, rule)| (caller, callee, rule)))
            {
                let ids = (by_name.get(caller.as_str()), by_name.get(callee.as_str()));
                let (Some(caller_id), Some(callee_id)) = ids else { continue };
                edges.insert((*caller_id, *callee_id), edge(rule));
                let labels = labels_of(&scheme, catalogue, callee, rule).into_iter().map(|label| (label, *callee_id));
                opens.extend(labels.clone());
                given.entry(*caller_id).or_default().extend(labels);
            }
            edges
        });
        let callers_of = catalogue.types.iter().filter_map(|(name, callers)| {
            let callers = callers.as_ref()?.iter().map(|caller: &TypeName| caller.as_str().to_owned()).collect();
            Some((name.as_str().to_owned(), callers))
        });
        Self {
            digest: catalogue.digest(),
            naming: catalogue.naming_digest(),
            labelling: catalogue.labelling_digest(),
            environment,
            namespaces: catalogue.namespaces.iter().map(|name| name.as_str().to_owned()).collect(),
            services,
            by_name,
            by_label,
            types: catalogue.types.keys().map(|name| name.as_str().to_owned()).collect(),
            callers_of: callers_of.collect(),
            edges,
            given,
            opens,
            scheme,
        }
    }

    /// A digest of all that the catalogue says.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// A digest of what the catalogue says of names ([`Catalogue::naming_digest`]): observations are told by it.
    #[must_use]
    pub fn naming(&self) -> &str {
        &self.naming
    }

    /// A digest of the rules, which say what labels pods should wear ([`Catalogue::labelling_digest`]); nothing where the catalogue has none.
    #[must_use]
    pub fn labelling(&self) -> Option<&str> {
        self.labelling.as_deref()
    }

    /// The environment whose stages count; nothing where none was said.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// How labels are named.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Where callers may live.
    #[must_use]
    pub const fn namespaces(&self) -> &BTreeSet<String> {
        &self.namespaces
    }

    /// The services, by name.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The ids of all services, by name.
    pub fn ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..u32::try_from(self.services.len()).unwrap_or(u32::MAX)).map(ServiceId)
    }

    /// One service; nothing where the id is of a larger fleet.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(id.0 as usize)
    }

    /// The service of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<ServiceId> {
        self.by_name.get(name).copied()
    }

    /// Whether the catalogue says who may call whom (`hedgerow catalogue --rules`). Without, [`Self::edge`] and [`Self::forged`] know less.
    #[must_use]
    pub const fn has_rules(&self) -> bool {
        self.edges.is_some()
    }

    /// The rule that lets one service call another.
    #[must_use]
    pub fn edge(&self, caller: ServiceId, callee: ServiceId) -> Option<&Edge> {
        self.edges.as_ref()?.get(&(caller, callee))
    }

    /// All rules, by caller and callee.
    pub fn edges(&self) -> impl Iterator<Item = (ServiceId, ServiceId, &Edge)> {
        self.edges.iter().flatten().map(|((caller, callee), edge)| (*caller, *callee, edge))
    }

    /// The rule file that would let one service call another, where the fleet keeps rules as `CALLER/egress/CALLEE.rule`: below the directory in
    /// which another rule of the caller stands, else below its name.
    #[must_use]
    pub fn file_to_add(&self, caller: ServiceId, callee: ServiceId) -> Option<String> {
        let (from, to) = (self.service(caller)?, self.service(callee)?);
        let other = self.edges.iter().flatten().find(|((of, _), _)| *of == caller).map(|(_, edge)| edge.file.as_str());
        let directory = other.and_then(|file| file.rsplit_once('/')).map(|(directory, _)| directory.to_owned());
        Some(format!("{}/{}.rule", directory.unwrap_or_else(|| format!("{}/egress", from.name)), to.name))
    }

    /// Whether the catalogue lets all services of one type call all of another.
    #[must_use]
    pub fn permits_type(&self, caller: &str, callee: &str) -> bool {
        self.callers_of.get(callee).is_some_and(|callers| callers.contains(caller))
    }

    /// Whose a pod is.
    #[must_use]
    pub fn whose(&self, namespace: &str, labels: &Labels) -> Whose {
        let Some(in_namespace) = self.by_label.get(namespace) else { return Whose::Nobody };
        let mut found = Vec::new();
        for (key, value) in labels {
            // Borrowed halves of a pair cannot be looked up, and pods wear few labels.
            let pair = (key.clone(), value.clone());
            let of_label = in_namespace.get(&pair).into_iter().flatten().copied();
            found.extend(of_label.filter(|id| {
                self.service(*id)
                    .is_some_and(|service| service.labels.iter().all(|(key, value)| labels.get(key) == Some(value)))
            }));
        }
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [] => Whose::Nobody,
            [only] => Whose::Service(*only),
            _ => Whose::Several(found),
        }
    }

    /// The callees that rules let a service call and for whom a pod of it does not wear the label, by name; none where the catalogue has no rules.
    #[must_use]
    pub fn unlabelled(&self, service: ServiceId, worn: &Labels) -> BTreeSet<Arc<str>> {
        let given = self.given.get(&service).into_iter().flatten();
        let missing = given.filter(|(label, _)| !worn.contains_key(*label));
        missing.filter_map(|(_, callee)| self.service(*callee)).map(|callee| Arc::clone(&callee.name)).collect()
    }

    /// The type whose label a pod wears; nothing where it wears none, or one that the catalogue does not list.
    #[must_use]
    pub fn type_worn(&self, worn: &Labels) -> Option<&str> {
        self.types.get(worn.get(self.scheme.service_type().as_str())?).map(String::as_str)
    }

    /// The service that a label lets its pod call: one for all ports, or for a port that some rule names.
    #[must_use]
    pub fn opened_by(&self, label: &str) -> Option<&Service> {
        self.service(*self.opens.get(label)?)
    }

    /// The services that labels let their pod call, wherever it lives: by a label for one of them, or by that of a type.
    #[must_use]
    pub fn opened_to(&self, labels: &Labels) -> BTreeSet<Arc<str>> {
        let by_label = labels.keys().filter_map(|key| self.opened_by(key));
        let worn = self.type_worn(labels);
        let may_call =
            |callee: &str| worn.is_some_and(|worn| self.callers_of.get(callee).is_some_and(|of| of.contains(worn)));
        let by_type = self.services.iter().filter(|service| service.service_type.as_deref().is_some_and(may_call));
        by_label.chain(by_type).map(|service| Arc::clone(&service.name)).collect()
    }

    /// The labels of a pod that the catalogue does not give it. Those that let it call somebody can only be judged where the catalogue has rules,
    /// except on pods that are no service's.
    #[must_use]
    pub fn forged(&self, namespace: &str, labels: &Labels) -> Vec<Forged> {
        let whose = self.whose(namespace, labels);
        let mut forged = Vec::new();
        for (key, value) in labels {
            let why = match (self.scheme.meaning(key), &whose) {
                (Some(Meaning::Egress), Whose::Nobody) => Some(Forgery::NoService),
                (Some(Meaning::Egress), Whose::Service(id)) => {
                    let is_given = self.given.get(id).is_some_and(|given| given.contains_key(key));
                    (self.has_rules() && !is_given).then_some(Forgery::NoRule)
                }
                (Some(Meaning::ServiceType), Whose::Service(id)) => {
                    let own = self.service(*id).and_then(|service| service.service_type.as_deref());
                    (own != Some(value.as_str())).then_some(Forgery::OtherType)
                }
                // A type is enough to call by, and whoever is no service has none.
                (Some(Meaning::ServiceType), Whose::Nobody) => Some(Forgery::NoService),
                (Some(Meaning::Identity), Whose::Nobody) => {
                    // A name that the catalogue does not have may be that of a service that is new.
                    let mut others = self.by_label.iter().filter(|(other, _)| other.as_str() != namespace);
                    let pair = (key.clone(), value.clone());
                    others.any(|(_, of_label)| of_label.contains_key(&pair)).then_some(Forgery::NotThere)
                }
                (
                    Some(Meaning::Identity | Meaning::NetworkPolicy | Meaning::Egress | Meaning::ServiceType) | None,
                    _,
                ) => None,
            };
            forged.extend(why.map(|why| Forged { key: key.clone(), value: value.clone(), why }));
        }
        forged
    }
}

fn port(port: &Port) -> ServicePort {
    ServicePort {
        name: port.name.as_ref().map(ToString::to_string),
        number: port.number.get(),
        protocol: Protocol::parse(port.protocol.as_str()).unwrap_or(Protocol::TCP),
    }
}

fn edge(rule: &RuleEntry) -> Edge {
    let ports = match &rule.ports {
        RulePorts::All => None,
        RulePorts::These(ports) => Some(ports.iter().map(ToString::to_string).collect()),
    };
    Edge { file: rule.file.clone(), ports }
}

/// The labels that a rule gives to the pods of its caller.
fn labels_of(scheme: &Scheme, catalogue: &Catalogue, callee: &ServiceName, rule: &RuleEntry) -> Vec<String> {
    let Some(entry) = catalogue.entries.get(callee) else { return Vec::new() };
    let whole = scheme.egress(&entry.slug).as_str().to_owned();
    match &rule.ports {
        RulePorts::All => vec![whole],
        RulePorts::These(ports) => {
            ports.iter().map(|port: &PortRef| scheme.egress_port(&entry.slug, port).as_str().to_owned()).collect()
        }
    }
}
