//! What changed between two fleets, as somebody sees it who has to approve the change.

mod jumps;
mod labels;
mod reach;

use hedgerow_core::fleet::{Allow, Fleet, Service};
use hedgerow_core::name::{EnvironmentName, ServiceName, TypeName};
use hedgerow_core::policy::{Peer, Peers, Place, Ports, Rule, RulePorts, Stage};
use hedgerow_core::read::Reading;
use hedgerow_core::source::{Sources, Span};
pub(crate) use jumps::{Jump, jumps};
pub(crate) use labels::Roll;
pub(crate) use reach::Reach;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    pub(crate) edges: Vec<EdgeChange>,
    pub(crate) exposure: Vec<ExposureChange>,
    pub(crate) types: Vec<TypeChange>,
    pub(crate) stages: Vec<StageChange>,
    /// Moves that may drop permitted calls on their way.
    pub(crate) jumps: Vec<Jump>,
    pub(crate) services: Vec<ServiceChange>,
    /// Whose pods get other labels, and so roll at the next deploy.
    pub(crate) rolls: Vec<Roll>,
    /// Who can be reached through others that could not be before.
    pub(crate) reach: Vec<Reach>,
    /// Whose review it needs: owners, each with the services concerned.
    pub(crate) reviews: BTreeMap<String, BTreeSet<String>>,
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    Added,
    Changed,
    Removed,
}

/// A rule that came, went or changed its ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EdgeChange {
    pub(crate) change: Change,
    pub(crate) caller: String,
    pub(crate) callee: String,
    /// The ports before; absent for a rule that came.
    pub(crate) before: Option<Vec<String>>,
    /// The ports after; absent for a rule that went.
    pub(crate) after: Option<Vec<String>>,
    pub(crate) reason: Option<String>,
    pub(crate) file: String,
    /// The callee's owner.
    pub(crate) owner: Option<String>,
    /// Whether more is permitted than before.
    pub(crate) is_wider: bool,
}

/// An `allow` entry that came or went: peers that are no services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExposureChange {
    pub(crate) change: Change,
    pub(crate) callee: String,
    pub(crate) peers: String,
    pub(crate) ports: Vec<String>,
    pub(crate) reason: Option<String>,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) owner: Option<String>,
}

/// Services that may or may no longer call others because of their types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeChange {
    pub(crate) change: Change,
    pub(crate) callers: Group,
    pub(crate) callees: Group,
    /// How many services call, and how many are called.
    pub(crate) services: (usize, usize),
}

/// Whom a permission by types concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Every service of a type.
    Type(String),
    /// One service, whose type has changed.
    Service(String),
}

/// Services that went from one stage to another in one environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StageChange {
    pub(crate) environment: String,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    pub(crate) is_looser: bool,
    pub(crate) services: Vec<String>,
}

/// A service that came, went or changed something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServiceChange {
    pub(crate) change: Change,
    pub(crate) service: String,
    pub(crate) fields: Vec<FieldChange>,
}

/// One field of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FieldChange {
    pub(crate) field: &'static str,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A fleet with the texts it was read from.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) sources: &'a Sources,
}

impl<'a> Side<'a> {
    /// A reading without faults.
    pub(crate) fn of(reading: &'a Reading) -> Option<Self> {
        Some(Self { fleet: reading.fleet.as_ref()?, sources: &reading.sources })
    }

    /// Whether it has no services.
    pub(crate) fn is_empty(&self) -> bool {
        self.fleet.services().next().is_none()
    }

    fn file(&self, span: Span) -> String {
        self.sources.get(span.source).path.clone()
    }

    fn owner(&self, service: &str) -> Option<String> {
        self.fleet.known(service)?.owner.clone()
    }
}

impl Change {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }

    const fn of(before: bool, after: bool) -> Option<Self> {
        match (before, after) {
            (false, true) => Some(Self::Added),
            (true, false) => Some(Self::Removed),
            (true, true) => Some(Self::Changed),
            (false, false) => None,
        }
    }
}

impl Group {
    fn holds(&self, service: &Service) -> bool {
        match self {
            Self::Type(name) => service.service_type.as_ref().is_some_and(|of| of.as_str() == name),
            Self::Service(name) => service.name.as_str() == name,
        }
    }
}

impl Diff {
    /// Compares two fleets. Files that say the same in other words are no difference.
    pub(crate) fn between(base: Side<'_>, head: Side<'_>) -> Self {
        let mut diff = Self {
            edges: edges(base, head),
            exposure: exposure(base, head),
            types: types(base.fleet, head.fleet),
            stages: stages(base.fleet, head.fleet),
            jumps: jumps(base.fleet, head.fleet),
            services: services(base.fleet, head.fleet),
            rolls: labels::rolls(base.fleet, head.fleet),
            ..Self::default()
        };
        diff.reach = reach::reach(base.fleet, head.fleet);
        diff.reviews = diff.reviews_needed(head);
        diff
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether somebody may call who might not before.
    pub(crate) fn adds_edges(&self) -> bool {
        self.edges.iter().any(|edge| edge.is_wider) || self.types.iter().any(|types| types.change == Change::Added)
    }

    /// Whether peers that are no services come in where they did not before, or nothing keeps them out any longer.
    pub(crate) fn exposes(&self) -> bool {
        self.exposure.iter().any(|exposure| exposure.change == Change::Added)
            || self.stages.iter().any(|stage| stage.is_looser)
    }

    /// Whether a move is not safe in one step.
    pub(crate) fn jumps(&self) -> bool {
        !self.jumps.is_empty()
    }

    /// Who is called answers for who calls: the callees' owners, and those of services that change themselves.
    fn reviews_needed(&self, head: Side<'_>) -> BTreeMap<String, BTreeSet<String>> {
        let edges = self.edges.iter().filter(|edge| edge.is_wider).map(|edge| edge.callee.as_str());
        let exposure = self.exposure.iter().filter(|e| e.change == Change::Added).map(|e| e.callee.as_str());
        let changed = self.services.iter().map(|service| service.service.as_str());
        let staged = self.stages.iter().flat_map(|stage| stage.services.iter().map(String::as_str));
        let mut reviews = BTreeMap::<String, BTreeSet<String>>::new();
        let opened = self.types.iter().filter(|types| types.change == Change::Added).flat_map(|types| {
            head.fleet.services().filter(|service| types.callees.holds(service)).map(|service| service.name.as_str())
        });
        for service in edges.chain(exposure).chain(changed).chain(staged).chain(opened) {
            if let Some(owner) = head.owner(service) {
                reviews.entry(owner).or_default().insert(service.to_owned());
            }
        }
        reviews
    }
}

fn edges(base: Side<'_>, head: Side<'_>) -> Vec<EdgeChange> {
    let by_ends = |side: Side<'_>| -> BTreeMap<(String, String), Rule> {
        let key = |rule: &Rule| (rule.caller.as_str().to_owned(), rule.callee.as_str().to_owned());
        side.fleet.rules().map(|rule| (key(rule), rule.clone())).collect()
    };
    let (before, after) = (by_ends(base), by_ends(head));
    let ends: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut changes: Vec<_> = ends
        .into_iter()
        .filter_map(|ends| {
            let (old, new) = (before.get(ends), after.get(ends));
            if old.map(|rule| &rule.ports) == new.map(|rule| &rule.ports) {
                return None;
            }
            let (rule, side) = new.map(|rule| (rule, head)).or_else(|| old.map(|rule| (rule, base)))?;
            Some(EdgeChange {
                change: Change::of(old.is_some(), new.is_some())?,
                caller: ends.0.clone(),
                callee: ends.1.clone(),
                before: old.map(|rule| ports(&rule.ports)),
                after: new.map(|rule| ports(&rule.ports)),
                reason: rule.reason.clone(),
                file: side.file(rule.file),
                owner: side.owner(&ends.1),
                is_wider: is_wider(old.map(|rule| &rule.ports), new.map(|rule| &rule.ports)),
            })
        })
        .collect();
    changes.sort();
    changes
}

fn is_wider(before: Option<&RulePorts>, after: Option<&RulePorts>) -> bool {
    match (before, after) {
        (_, None) | (Some(RulePorts::All), _) => false,
        (None, Some(_)) | (Some(RulePorts::These(_)), Some(RulePorts::All)) => true,
        (Some(RulePorts::These(before)), Some(RulePorts::These(after))) => {
            after.iter().any(|port| !before.iter().any(|old| old == port))
        }
    }
}

/// The ports of a rule as people write them; `all` for all.
fn ports(ports: &RulePorts) -> Vec<String> {
    match ports {
        RulePorts::All => vec!["all".to_owned()],
        RulePorts::These(ports) => ports.iter().map(ToString::to_string).collect(),
    }
}

fn exposure(base: Side<'_>, head: Side<'_>) -> Vec<ExposureChange> {
    let entries = |side: Side<'_>, change: Change| -> BTreeMap<(String, String, Vec<String>), ExposureChange> {
        let of_service = |service: &'_ Service| {
            service.allow.iter().map(|allow| (service.name.clone(), allow.clone())).collect::<Vec<_>>()
        };
        let entries = side.fleet.services().flat_map(of_service).flat_map(|(callee, allow)| {
            peers(&allow).into_iter().map(move |peers| (callee.clone(), allow.clone(), peers)).collect::<Vec<_>>()
        });
        entries
            .map(|(callee, allow, peers)| {
                let ports = ports(&allow.ports);
                let callee = callee.as_str().to_owned();
                let change = ExposureChange {
                    change,
                    peers: peers.clone(),
                    ports: ports.clone(),
                    reason: allow.reason,
                    file: side.file(allow.span),
                    line: side.sources.position(allow.span).line,
                    owner: side.owner(&callee),
                    callee: callee.clone(),
                };
                ((callee, peers, ports), change)
            })
            .collect()
    };
    let (before, after) = (entries(base, Change::Removed), entries(head, Change::Added));
    let gone = before.iter().filter(|(key, _)| !after.contains_key(key)).map(|(_, change)| change);
    let new = after.iter().filter(|(key, _)| !before.contains_key(key)).map(|(_, change)| change);
    let mut changes: Vec<_> = gone.chain(new).cloned().collect();
    changes.sort();
    changes
}

/// The peers of an `allow` entry in words.
fn peers(allow: &Allow) -> Vec<String> {
    match &allow.peers {
        Peers::Nobody => Vec::new(),
        Peers::Anybody => vec!["anybody".to_owned()],
        Peers::These(peers) => peers.iter().map(peer).collect(),
    }
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::Pods { place, labels } => {
            let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("pods with {} in {}", labels.join(", "), in_words(place))
        }
        Peer::AllPods(place) => format!("all pods in {}", in_words(place)),
        Peer::Block { cidr, except } if except.is_empty() => cidr.to_string(),
        Peer::Block { cidr, except } => {
            let except: Vec<_> = except.iter().map(ToString::to_string).collect();
            format!("{cidr} except {}", except.join(", "))
        }
    }
}

fn in_words(place: &Place) -> String {
    match place {
        Place::SameNamespace => "the own namespace".to_owned(),
        Place::Namespaces(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Place::Labelled(labels) => {
            let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("namespaces with {}", labels.join(", "))
        }
        Place::Anywhere => "any namespace".to_owned(),
    }
}

fn types(base: &Fleet, head: &Fleet) -> Vec<TypeChange> {
    let (before, after) = (type_pairs(base), type_pairs(head));
    let change = |change: Change, fleet: &Fleet, (callers, callees): &(String, String)| TypeChange {
        change,
        callers: Group::Type(callers.clone()),
        callees: Group::Type(callees.clone()),
        services: (count_of(fleet, callers), count_of(fleet, callees)),
    };
    let new = after.difference(&before).map(|pair| change(Change::Added, head, pair));
    let gone = before.difference(&after).map(|pair| change(Change::Removed, base, pair));
    let moved = head.services().flat_map(|service| {
        let old = base.service(service.name.as_str()).and_then(|old| old.service_type.as_ref()).map(TypeName::as_str);
        let new = service.service_type.as_ref().map(TypeName::as_str);
        let gains = by_type(head, &after, service, new, old, Change::Added);
        gains.into_iter().chain(by_type(base, &before, service, old, new, Change::Removed)).collect::<Vec<_>>()
    });
    let mut changes: Vec<_> = new.chain(gone).chain(moved).collect();
    changes.sort();
    changes
}

/// Types that may call types.
fn type_pairs(fleet: &Fleet) -> BTreeSet<(String, String)> {
    let types = fleet.config().types.iter();
    let pairs = types.flat_map(|(callees, callers)| {
        let callers = callers.iter().flat_map(|callers| callers.iter());
        callers.map(move |callers| (callers.as_str().to_owned(), callees.as_str().to_owned()))
    });
    pairs.collect()
}

fn count_of(fleet: &Fleet, name: &str) -> usize {
    fleet.services().filter(|service| service.service_type.as_ref().is_some_and(|of| of.as_str() == name)).count()
}

/// What a service may do and suffer by its type `here` and not by its type `there`.
fn by_type(
    fleet: &Fleet,
    pairs: &BTreeSet<(String, String)>,
    service: &Service,
    here: Option<&str>,
    there: Option<&str>,
    change: Change,
) -> Vec<TypeChange> {
    let Some(here) = here.filter(|here| Some(*here) != there) else { return Vec::new() };
    let own = || Group::Service(service.name.as_str().to_owned());
    let has = |callers: &str, callees: &str| pairs.contains(&(callers.to_owned(), callees.to_owned()));
    let mut changes = Vec::new();
    for (callers, callees) in pairs {
        if callers == here && !there.is_some_and(|there| has(there, callees)) {
            let group = Group::Type(callees.clone());
            changes.push(TypeChange {
                change,
                callers: own(),
                callees: group,
                services: (1, count_of(fleet, callees)),
            });
        }
        // That a new service can be called as its type says is no news.
        if callees == here && there.is_some_and(|there| !has(callers, there)) {
            let group = Group::Type(callers.clone());
            changes.push(TypeChange {
                change,
                callers: group,
                callees: own(),
                services: (count_of(fleet, callers), 1),
            });
        }
    }
    changes
}

/// The stage a service is in; nothing where the fleet lacks the service or the environment.
fn stage(fleet: &Fleet, service: &ServiceName, environment: &EnvironmentName) -> Option<Stage> {
    fleet.config().stage_of(fleet.service(service.as_str())?, environment)
}

fn stages(base: &Fleet, head: &Fleet) -> Vec<StageChange> {
    let mut changes = BTreeMap::<(&EnvironmentName, Stage, Stage), Vec<String>>::new();
    for environment in head.config().environments.keys() {
        for service in head.services() {
            let (before, after) = (stage(base, &service.name, environment), stage(head, &service.name, environment));
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                changes.entry((environment, before, after)).or_default().push(service.name.as_str().to_owned());
            }
        }
    }
    changes
        .into_iter()
        .map(|((environment, before, after), services)| StageChange {
            environment: environment.as_str().to_owned(),
            before: before.as_str(),
            after: after.as_str(),
            is_looser: after < before,
            services,
        })
        .collect()
}

fn services(base: &Fleet, head: &Fleet) -> Vec<ServiceChange> {
    let sides = (base, head);
    let names: BTreeSet<_> = base.services().chain(head.services()).map(|service| service.name.as_str()).collect();
    let changes = names.into_iter().filter_map(|name| {
        let (before, after) = (base.service(name), head.service(name));
        let fields = match (before, after) {
            (Some(before), Some(after)) => {
                fields(before, after).into_iter().chain(called(sides, before, after)).collect()
            }
            _ => Vec::new(),
        };
        let change = Change::of(before.is_some(), after.is_some())?;
        let is_change = change != Change::Changed || !fields.is_empty();
        is_change.then(|| ServiceChange { change, service: name.to_owned(), fields })
    });
    let mut changes: Vec<_> = changes.collect();
    changes.sort();
    changes
}

/// What the namespace of a service is called in an environment, where that alone has changed.
fn called(sides: (&Fleet, &Fleet), before: &Service, after: &Service) -> Vec<FieldChange> {
    if before.namespace != after.namespace {
        return Vec::new();
    }
    let changes = sides.1.config().environments.iter().filter_map(|(environment, settings)| {
        let old = sides.0.config().environments.get(environment)?.namespace(&before.namespace);
        let new = settings.namespace(&after.namespace);
        let in_words = |name| format!("{name} (in {environment})");
        (old != new).then(|| FieldChange { field: "namespace", before: in_words(old), after: in_words(new) })
    });
    changes.collect()
}

fn fields(before: &Service, after: &Service) -> Vec<FieldChange> {
    let none = || "none".to_owned();
    let of_type = |service: &Service| service.service_type.as_ref().map_or_else(none, ToString::to_string);
    let owner = |service: &Service| service.owner.clone().unwrap_or_else(none);
    let namespace = |service: &Service| service.namespace.to_string();
    let values: [(&'static str, String, String); 4] = [
        ("type", of_type(before), of_type(after)),
        ("owner", owner(before), owner(after)),
        ("namespace", namespace(before), namespace(after)),
        ("ports", listens(before), listens(after)),
    ];
    let changed = values.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(field, before, after)| FieldChange { field, before, after }).collect()
}

fn listens(service: &Service) -> String {
    let port = |port: &hedgerow_core::policy::Port| match &port.name {
        Some(name) => format!("{name} {}/{}", port.number, port.protocol),
        None => format!("{}/{}", port.number, port.protocol),
    };
    let listens = match &service.ports {
        Ports::Any => "all".to_owned(),
        Ports::Nothing => "none".to_owned(),
        Ports::These(ports) => ports.iter().map(port).collect::<Vec<_>>().join(", "),
    };
    if service.always.is_empty() {
        listens
    } else {
        format!("{listens}, always {}", service.always.iter().map(port).collect::<Vec<_>>().join(", "))
    }
}
