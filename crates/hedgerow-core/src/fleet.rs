//! The checked fleet: what the files say, with every name resolved and every default chosen.
//!
//! A [`Fleet`] exists only where no error was found; [`crate::check`] makes it. Only a `Fleet` can be planned.

pub(crate) mod places;

use crate::catalogue::Catalogue;
use crate::date::Date;
use crate::draft::Spanned;
use crate::guard::Guard;
use crate::label::{Scheme, Slug};
use crate::name::{EnvironmentName, Namespace, ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::policy::{AuditBackend, CatchAllBackend, Labels, Peers, Port, Ports, Rule, RulePorts, Stage};
use crate::source::Span;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What `hedgerow.yaml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How labels and objects are named.
    pub scheme: Scheme,
    /// Which directories are services and where their rules lie.
    pub layout: Layout,
    /// What a service has that does not say otherwise.
    pub defaults: Defaults,
    /// Where services may live.
    pub namespaces: BTreeSet<Namespace>,
    /// The types, each with the types that may call all of its services.
    pub types: BTreeMap<TypeName, Option<NonEmpty<TypeName>>>,
    /// The environments.
    pub environments: BTreeMap<EnvironmentName, Environment>,
    /// What makes the stage `audit` let traffic through.
    pub audit: AuditBackend,
    /// Which objects carry the catch-alls.
    pub catch_alls: CatchAllBackend,
    /// Who may put labels on pods, and what happens to others who do.
    pub guard: Option<Guard>,
    /// The section for `hedgerow scan`, unread: where it stands in `hedgerow.yaml`.
    pub scan: Option<Span>,
}

/// Which directories are services and where their rules lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Globs of directories that are services, relative to the fleet's root.
    pub include: Vec<Spanned<String>>,
    /// Globs of directories that are not, although they match.
    pub exclude: Vec<Spanned<String>>,
    /// Directories with rule files, relative to a service's; new rules go to the first.
    pub rules: NonEmpty<String>,
    /// Where the file lists them; nothing where it does not.
    pub rule_places: Vec<Span>,
    /// The catalogue of the services in other repositories: a file, relative to the fleet's root.
    pub catalogue: Option<Spanned<String>>,
}

/// What a service has that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// Where its pods live.
    pub namespace: Namespace,
    /// Its type.
    pub service_type: Option<TypeName>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Where it listens.
    pub ports: Ports,
    /// Ports that whoever may call at all may use besides; none adds nothing.
    pub always: Vec<Port>,
}

/// The settings of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The stage of every service that does not say otherwise.
    pub stage: Stage,
    /// Whether traffic that nobody permits is logged.
    pub log: bool,
    /// What namespaces are called here, by the names that the files give them. One that is not among them is called here what
    /// the files call it.
    pub namespaces: BTreeMap<Namespace, Namespace>,
    /// Those among them that the fleet does not list: only peers can be meant.
    pub unlisted: Vec<Spanned<Namespace>>,
    /// Where the file says what each of them is called.
    pub places: BTreeMap<Namespace, Span>,
}

impl Environment {
    /// What a namespace of the files is called here.
    #[must_use]
    pub fn namespace<'n>(&'n self, written: &'n Namespace) -> &'n Namespace {
        self.namespaces.get(written).unwrap_or(written)
    }
}

impl Config {
    /// The stage of a service in an environment: its own, or else the environment's. `None` where `hedgerow.yaml` declares no such
    /// environment.
    #[must_use]
    pub fn stage_of(&self, service: &Service, environment: &EnvironmentName) -> Option<Stage> {
        let settings = self.environments.get(environment)?;
        Some(service.stages.get(environment).copied().unwrap_or(settings.stage))
    }

    /// The stage of a service in every environment.
    pub fn stages_of(&self, service: &Service) -> impl Iterator<Item = (&EnvironmentName, Stage)> {
        self.environments.keys().filter_map(|name| Some((name, self.stage_of(service, name)?)))
    }
}

/// One service with its defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// Its name in labels and objects.
    pub slug: Slug,
    /// Its directory, relative to the fleet's root.
    pub directory: String,
    /// Where its pods live.
    pub namespace: Namespace,
    /// Its type.
    pub service_type: Option<TypeName>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Where it listens.
    pub ports: Ports,
    /// Ports that whoever may call at all may use besides, such as a mesh's; none adds nothing.
    pub always: Vec<Port>,
    /// Its own stages, which win over its environment's.
    pub stages: BTreeMap<EnvironmentName, Stage>,
    /// The account that its pods run as, where labels are bound to accounts.
    pub account: Option<String>,
    /// Globs of `Kind/name` of the workloads that are this service.
    pub workloads: Vec<String>,
    /// How its pods are selected.
    pub identity: ServiceIdentity,
    /// Peers that are no services, in the order of the file.
    pub allow: Vec<Allow>,
    /// What happens so rarely that a month may not show it.
    pub rare: Vec<Rare>,
    /// Its file, or its directory where it has none: a span of no width.
    pub file: Span,
}

/// How a service's pods are selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceIdentity {
    /// By the fleet's identity label.
    Fleet,
    /// By labels of their own; at least one.
    Labels(Labels),
}

/// A peer that is no service and may call all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Who.
    pub peers: Peers,
    /// On which ports.
    pub ports: RulePorts,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// Something that happens rarely, and whether somebody answers for enforcing without having seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rare {
    /// What: free text, `code` for code that no scan reads, or a cron job as `CronJob/NAME`.
    pub what: String,
    /// Why it need not be waited for, and until when that holds. Nothing: it is to be waited for.
    pub waiver: Option<Waiver>,
    /// Where it is written.
    pub span: Span,
}

/// Somebody answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Date,
}

/// How much of a fleet was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Whole,
    /// One service, the metadata of those it calls, and the names of the others.
    One(ServiceName),
}

/// A fleet in which no error was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    config: Config,
    scope: Scope,
    services: BTreeMap<ServiceName, Service>,
    rules: BTreeMap<ServiceName, BTreeMap<ServiceName, Rule>>,
    /// Every service by its name, also those that were not read, where its name can stand in a label.
    slugs: BTreeMap<ServiceName, Slug>,
    /// What the catalogue says, where there is one.
    catalogue: Option<Elsewhere>,
    /// The environment in which namespaces are called as this fleet calls them; nothing where it calls them as the files do.
    place: Option<EnvironmentName>,
    /// What the environments call namespaces, by the names of the files; empty where the configuration says so still.
    called: BTreeMap<EnvironmentName, Environment>,
}

/// Why namespaces cannot be called as somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamespaceFault {
    /// The fleet does not list it.
    #[error("the namespace `{0}` is not listed in hedgerow.yaml")]
    NotListed(Namespace),
    /// Two would be one.
    #[error(transparent)]
    Collision(Collision),
}

/// Two namespaces that an environment would call by one name: a policy could not tell callers of one from callers of the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the namespaces `{first}` and `{second}` would both be `{here}`")]
pub struct Collision {
    /// What the files call one of them.
    pub first: Namespace,
    /// What they call the other.
    pub second: Namespace,
    /// What both would be.
    pub here: Namespace,
}

/// The services of other repositories.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Elsewhere {
    /// The catalogue that lists them.
    pub(crate) catalogue: Catalogue,
    /// Those that have no directory here, by name.
    pub(crate) services: BTreeMap<ServiceName, Service>,
}

impl Fleet {
    pub(crate) const fn new(
        config: Config,
        scope: Scope,
        services: BTreeMap<ServiceName, Service>,
        rules: BTreeMap<ServiceName, BTreeMap<ServiceName, Rule>>,
        slugs: BTreeMap<ServiceName, Slug>,
        catalogue: Option<Elsewhere>,
    ) -> Self {
        Self { config, scope, services, rules, slugs, catalogue, place: None, called: BTreeMap::new() }
    }

    /// The fleet with every namespace called as it is in one of its environments. Nothing where there is no such environment,
    /// or where the names are another environment's already.
    #[must_use]
    pub fn in_environment(&self, environment: &EnvironmentName) -> Option<Cow<'_, Self>> {
        let settings = self.config.environments.get(environment)?;
        match &self.place {
            Some(place) if place == environment => return Some(Cow::Borrowed(self)),
            Some(_) => return None,
            None => {}
        }
        let is_named_there = |elsewhere: &Elsewhere| elsewhere.catalogue.names_in(environment).is_some();
        if settings.namespaces.is_empty() && !self.catalogue.as_ref().is_some_and(is_named_there) {
            return Some(Cow::Borrowed(self));
        }
        Some(Cow::Owned(places::resolve(self, environment, settings)))
    }

    /// The fleet with namespaces of one environment called otherwise than its files say, for environments that are made and
    /// unmade. `None` where there is no such environment.
    ///
    /// # Errors
    /// The names that cannot be: of namespaces that the fleet does not list, or two that would be one.
    pub fn with_namespaces(
        &self,
        environment: &EnvironmentName,
        names: &BTreeMap<Namespace, Namespace>,
    ) -> Option<Result<Self, NamespaceFault>> {
        let settings = self.config.environments.get(environment)?;
        Some(places::rename(self, environment, settings, names))
    }

    /// What can be done about something that stands in `found` while its service lives in `here`, where an environment may call a namespace
    /// otherwise than the files. Nothing where `found` is another namespace of the fleet.
    #[must_use]
    pub fn namespace_advice(&self, environment: &EnvironmentName, here: &Namespace, found: &str) -> Option<String> {
        let environments = if self.called.is_empty() { &self.config.environments } else { &self.called };
        places::advice(environments, &self.config.namespaces, environment, here, found)
    }

    /// What `hedgerow.yaml` says.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How much of the fleet was read.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The services that are planned, by name: all, or the one that the fleet was read for.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// One of them.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }

    /// The catalogue of services in other repositories, where `hedgerow.yaml` names one.
    #[must_use]
    pub fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref().map(|elsewhere| &elsewhere.catalogue)
    }

    /// The services that only the catalogue knows, by name. They are not planned; their own repositories do that. Where
    /// one service was read, these are the ones it calls.
    pub fn elsewhere(&self) -> impl Iterator<Item = &Service> {
        self.catalogue.iter().flat_map(|elsewhere| elsewhere.services.values())
    }

    /// A service, wherever it lives.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<&Service> {
        self.service(name).or_else(|| self.catalogue.as_ref()?.services.get(name))
    }

    /// The names of all services, read or not.
    pub fn names(&self) -> impl Iterator<Item = &ServiceName> + Clone {
        self.slugs.keys()
    }

    /// The short name of a service, read or not.
    #[must_use]
    pub fn slug(&self, name: &ServiceName) -> Option<&Slug> {
        self.slugs.get(name)
    }

    /// What a service may call, by callee.
    pub fn rules_of(&self, caller: &ServiceName) -> impl Iterator<Item = &Rule> {
        self.rules.get(caller).into_iter().flat_map(BTreeMap::values)
    }

    /// The rule that lets `caller` call `callee`.
    #[must_use]
    pub fn rule(&self, caller: &ServiceName, callee: &ServiceName) -> Option<&Rule> {
        self.rules.get(caller)?.get(callee)
    }

    /// All rules, by caller and callee.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().flat_map(BTreeMap::values)
    }
}
