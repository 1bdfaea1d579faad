//! The catalogue: what is known of every service of a fleet, in one document that travels.
//!
//! It makes many repositories one fleet, and names both ends of a connection to whoever watches the network. One JSON
//! object, printed byte-stably with one service a line, with a digest of all that it says:
//!
//! ```json
//! {
//!   "version": 1,
//!   "digest": "sha256:…",
//!   "naming": "sha256:…",
//!   "domain": "bank.example",
//!   "identity": "bank.example/routing-name",
//!   "namespaces": ["bank","edge"],
//!   "types": {"api":{"callers":["edge"]},"edge":{}},
//!   "services": {
//!     "service.ledger": {"slug":"s-ledger","namespace":"bank","labels":{"bank.example/routing-name":"service.ledger"},"ports":"any","stages":{"prod":"audit"}}
//!   }
//! }
//! ```
//!
//! What a service calls is not in it, unless the rules are asked for: a caller's rules stay the caller's.

mod merge;
mod text;

pub use merge::merge;

use crate::fleet::{Allow, Fleet, Service, ServiceIdentity};
use crate::label::{Scheme, Slug};
use crate::name::{Domain, EnvironmentName, LabelKey, Namespace, ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::plan::selector;
use crate::policy::{Labels, Port, Ports, RulePorts, Stage};
use crate::source::{Sources, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the form that is read and written.
pub const VERSION: i64 = 1;

/// What is known of every service of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The one environment whose stages it gives; nothing where it gives those of all.
    pub environment: Option<EnvironmentName>,
    /// The domain in front of every label.
    pub domain: Domain,
    /// The label that says what service a pod is.
    pub identity: LabelKey,
    /// Where callers may live.
    pub namespaces: BTreeSet<Namespace>,
    /// What namespaces are called in each environment that calls some otherwise. Empty where one environment is given: then all
    /// names are those of that environment.
    pub names: BTreeMap<EnvironmentName, BTreeMap<Namespace, Namespace>>,
    /// The types, each with the types that may call all of its services.
    pub types: BTreeMap<TypeName, Option<NonEmpty<TypeName>>>,
    /// The services.
    pub entries: BTreeMap<ServiceName, Entry>,
    /// Who may call whom by a rule, by caller and callee; nothing where the rules were not asked for.
    pub rules: Option<BTreeMap<ServiceName, BTreeMap<ServiceName, RuleEntry>>>,
}

/// What is known of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in labels and objects.
    pub slug: Slug,
    /// Where its pods live.
    pub namespace: Namespace,
    /// The labels that select its pods; at least one.
    pub labels: Labels,
    /// Its type.
    pub service_type: Option<TypeName>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Where it listens.
    pub ports: Ports,
    /// Ports that every admission carries besides.
    pub always: Vec<Port>,
    /// Its stage per environment.
    pub stages: BTreeMap<EnvironmentName, Stage>,
    /// When its workloads run that do not run all the time.
    pub schedules: Vec<Schedule>,
    /// The namespaces that its policy lets callers in from.
    pub callers_from: BTreeSet<Namespace>,
    /// Who else is let in; empty where the rules were not asked for.
    pub allow: Vec<AllowEntry>,
}

/// An `allow` entry, as the catalogue lists it: for people, so its peers are told in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowEntry {
    /// Who, such as `anybody` or `10.20.0.0/16`.
    pub peers: String,
    /// On which ports.
    pub ports: RulePorts,
    /// The reason that the entry gives.
    pub reason: Option<String>,
}

/// When a workload runs, as a manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    /// The object, as `Kind/name`; a part of the name that only the deploy knows is `*`.
    pub workload: String,
    /// The cron schedule; nothing where the manifest leaves it to values that cannot be told.
    pub schedule: Option<String>,
    /// The time zone that it is meant in; nothing where the manifest names none, which means the cluster's.
    pub time_zone: Option<String>,
    /// Whether the manifest says that it does not run for now.
    pub is_suspended: bool,
    /// The manifest.
    pub file: String,
}

/// One rule, as the catalogue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEntry {
    /// On which ports.
    pub ports: RulePorts,
    /// The rule file.
    pub file: String,
}

/// Whether a catalogue holds the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithRules {
    /// It says who the services are, and nothing of whom they call.
    No,
    /// Each caller's rules, with their files.
    Yes,
}

/// A catalogue as it was read, with the places of what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueDraft {
    /// What it says.
    pub catalogue: Catalogue,
    /// The services that it names, each with its place: also those whose entries were not read, or are faulty.
    pub names: BTreeMap<ServiceName, Span>,
    /// The file: a span of no width at its start.
    pub file: Span,
    /// Where the domain stands.
    pub domain: Span,
}

impl Catalogue {
    /// The catalogue of a fleet's own services; those that only another catalogue lists are in that one.
    #[must_use]
    pub fn of(fleet: &Fleet, environment: Option<&EnvironmentName>, rules: WithRules, sources: &Sources) -> Self {
        let there = environment.and_then(|environment| fleet.in_environment(environment));
        let fleet = there.as_deref().unwrap_or(fleet);
        let config = fleet.config();
        let entry = |service: &Service| Entry {
            slug: service.slug.clone(),
            namespace: service.namespace.clone(),
            labels: selector(config, service),
            service_type: service.service_type.clone(),
            owner: service.owner.clone(),
            ports: service.ports.clone(),
            always: service.always.clone(),
            stages: config
                .stages_of(service)
                .filter(|(name, _)| environment.is_none_or(|only| only == *name))
                .map(|(name, stage)| (name.clone(), stage))
                .collect(),
            schedules: Vec::new(),
            callers_from: config.namespaces.clone(),
            allow: service.allow.iter().filter(|_| rules == WithRules::Yes).filter_map(allow).collect(),
        };
        let listed = |rules: &mut BTreeMap<_, BTreeMap<_, _>>, rule: &crate::policy::Rule| {
            let file = sources.get(rule.file.source).path.clone();
            let entry = RuleEntry { ports: rule.ports.clone(), file };
            rules.entry(rule.caller.clone()).or_default().insert(rule.callee.clone(), entry);
        };
        Self {
            environment: environment.cloned(),
            domain: config.scheme.domain().clone(),
            identity: config.scheme.identity().key().clone(),
            namespaces: config.namespaces.clone(),
            names: config
                .environments
                .iter()
                .filter(|(_, settings)| environment.is_none() && !settings.namespaces.is_empty())
                .map(|(name, settings)| (name.clone(), settings.namespaces.clone()))
                .collect(),
            types: config.types.clone(),
            entries: fleet.services().map(|service| (service.name.clone(), entry(service))).collect(),
            rules: (rules == WithRules::Yes).then(|| {
                let mut all = BTreeMap::new();
                fleet.rules().for_each(|rule| listed(&mut all, rule));
                all
            }),
        }
    }

    /// What a namespace is called in an environment.
    #[must_use]
    pub fn name_in<'n>(&'n self, environment: &EnvironmentName, written: &'n Namespace) -> &'n Namespace {
        self.names_in(environment).and_then(|names| names.get(written)).unwrap_or(written)
    }

    /// The namespaces that an environment calls otherwise, with what it calls them; nothing where it calls none so.
    #[must_use]
    pub fn names_in(&self, environment: &EnvironmentName) -> Option<&BTreeMap<Namespace, Namespace>> {
        self.names.get(environment)
    }

    /// The environments that it tells of.
    #[must_use]
    pub fn environments(&self) -> BTreeSet<&EnvironmentName> {
        let staged = self.entries.values().flat_map(|entry| entry.stages.keys());
        staged.chain(self.names.keys()).chain(&self.environment).collect()
    }

    /// The document.
    #[must_use]
    pub fn to_text(&self) -> String {
        let digests = [
            ("digest", Some(self.digest())),
            ("naming", Some(self.naming_digest())),
            ("labelling", self.labelling_digest()),
        ];
        text::print(self, Some(digests))
    }

    /// A digest of all that it says: two catalogues with one digest say the same.
    #[must_use]
    pub fn digest(&self) -> String {
        text::digest(&text::print(self, None))
    }

    /// A digest of all that decides how a pod is named, and who may call by type: domain, namespaces, types, and the services with labels and ports.
    /// Rules, stages, owners, schedules and `allow` entries are not in it: with other ones the same calls would have been told.
    #[must_use]
    pub fn naming_digest(&self) -> String {
        let mut naming = Self { rules: None, ..self.clone() };
        for entry in naming.entries.values_mut() {
            entry.owner = None;
            entry.stages.clear();
            entry.schedules.clear();
            entry.allow.clear();
            entry.callers_from.clone_from(&self.namespaces);
        }
        text::digest(&text::print(&naming, None))
    }

    /// A digest of the rules, which decide what labels pods should wear; nothing where they were not asked for. Where their files lie is not in it.
    #[must_use]
    pub fn labelling_digest(&self) -> Option<String> {
        let mut rules = self.rules.clone()?;
        rules.values_mut().flat_map(BTreeMap::values_mut).for_each(|rule| rule.file.clear());
        Some(text::digest(&text::rules(&rules)))
    }
}

/// An entry in words; nothing where it lets nobody in.
fn allow(allow: &Allow) -> Option<AllowEntry> {
    Some(AllowEntry { peers: allow.peers.words()?, ports: allow.ports.clone(), reason: allow.reason.clone() })
}

impl Entry {
    /// The service that it describes, as far as it does: without a directory, and without peers that are no services.
    #[must_use]
    pub fn service(&self, name: &ServiceName, scheme: &Scheme, place: Span) -> Service {
        let usual = Labels::from([(scheme.identity().key().clone(), scheme.identity_value(name))]);
        let identity =
            if self.labels == usual { ServiceIdentity::Fleet } else { ServiceIdentity::Labels(self.labels.clone()) };
        Service {
            name: name.clone(),
            slug: self.slug.clone(),
            directory: String::new(),
            namespace: self.namespace.clone(),
            service_type: self.service_type.clone(),
            owner: self.owner.clone(),
            ports: self.ports.clone(),
            always: self.always.clone(),
            stages: self.stages.clone(),
            account: None,
            workloads: Vec::new(),
            identity,
            allow: Vec::new(),
            rare: Vec::new(),
            file: place,
        }
    }
}
