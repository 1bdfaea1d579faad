//! Moves between two fleets that may drop permitted calls on their way, and the way in steps that does not.
//!
//! Stages are judged by [`hedgerow_core::moves`]. The other changes come to the same: a label on one side of a match changes, and
//! so does the other side, which is deployed at another time.

use hedgerow_core::fleet::{Fleet, Service};
use hedgerow_core::moves::{Loss, Move, Stop};
use hedgerow_core::name::{EnvironmentName, LabelKey, Namespace, Protocol, ServiceName, TypeName};
use hedgerow_core::plan::{Admits, AdmittedPorts, Policy, policy, selector};
use hedgerow_core::policy::{Peer, Peers, Rule, RulePorts, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

/// Services that make the same move in one environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Jump {
    pub(crate) environment: String,
    pub(crate) cause: Cause,
    pub(crate) before: String,
    pub(crate) after: String,
    /// What may be dropped on the way.
    pub(crate) loss: Loss,
    /// The stops of the way in steps, both ends included; empty where it is none between stages.
    pub(crate) way: Vec<String>,
    pub(crate) services: Vec<String>,
}

/// What moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The stage.
    Stage,
    /// The service leaves the fleet.
    Leaves,
    /// The labels that a policy selects the pods by.
    Identity,
    /// The labels that callers wear for their rules, or the ports that these open.
    Labels,
    /// The types of callers or callees.
    Types,
    /// The numbers of ports.
    Ports,
    /// Where callers live.
    Namespaces,
    /// Where the service itself lives: its old pods lose their policy.
    Moves,
}

impl Cause {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Leaves => "leaves",
            Self::Identity => "identity",
            Self::Labels => "labels",
            Self::Types => "types",
            Self::Ports => "ports",
            Self::Namespaces => "namespaces",
            Self::Moves => "moves",
        }
    }
}

impl Jump {
    /// What moves, as a sentence without its end.
    pub(crate) fn what(&self) -> String {
        match self.cause {
            Cause::Stage => format!("{} → {}", self.before, self.after),
            Cause::Leaves => format!("leaves the fleet in stage {}", self.before),
            Cause::Identity => format!("its pods are selected by {} and then by {}", self.before, self.after),
            Cause::Labels => "its callers wear one label and then another".to_owned(),
            Cause::Types => format!("the type of its callers or its own, {} → {}", self.before, self.after),
            Cause::Ports => format!("its pods listen on {} and then on {}", self.before, self.after),
            Cause::Moves => format!("moves from namespace {} to {}", self.before, self.after),
            Cause::Namespaces => format!("callers move from namespace {} to {}", self.before, self.after),
        }
    }

    /// What may be dropped.
    pub(crate) const fn risk(&self) -> &'static str {
        match (self.cause, self.loss) {
            (Cause::Labels | Cause::Namespaces, _) => "permitted calls may be dropped until both sides are deployed",
            (Cause::Types, _) => "permitted calls may be dropped until services and platform are deployed",
            (_, loss) => loss.risk(),
        }
    }

    /// The way that is safe.
    pub(crate) fn help(&self) -> String {
        match self.cause {
            Cause::Stage => {
                format!("go {}, and wait after each step until all pods are replaced", self.way.join(" → "))
            }
            Cause::Leaves => "stop its pods first, or go through `open` before it leaves".to_owned(),
            Cause::Identity => "go to `open`, change the labels there, and come back through `audit`".to_owned(),
            Cause::Labels => "go to `audit`, change it there, deploy both sides, and come back".to_owned(),
            Cause::Ports => {
                "go to `audit`, change them there, wait until all pods are replaced, and come back".to_owned()
            }
            Cause::Namespaces => {
                "list both under `namespaces`, deploy the callees, and let the callers move after that".to_owned()
            }
            Cause::Moves => {
                "deploy it to the new namespace beside the old one, let its callers go there, and take the old one through `open` before it is removed".to_owned()
            }
            Cause::Types => {
                "keep both types, with the same callers, until all services and the platform are deployed".to_owned()
            }
        }
    }
}

/// The jumps of all services that both fleets have, and of those that leave.
pub(crate) fn jumps(base: &Fleet, head: &Fleet) -> Vec<Jump> {
    let mut groups: BTreeMap<Jump, Vec<String>> = BTreeMap::new();
    for environment in head.config().environments.keys() {
        // Who moves, and who finds whom, depends on what namespaces are called there.
        let (Some(base), Some(head)) = (base.in_environment(environment), head.in_environment(environment)) else {
            continue;
        };
        let (base, head) = (base.as_ref(), head.as_ref());
        let sides = Sides::new(base, head);
        for before in base.services() {
            let Some(from) = stop(base, before, environment) else { continue };
            for jump in of_service(&sides, environment, before, from) {
                groups.entry(jump).or_default().push(before.name.as_str().to_owned());
            }
        }
        for (jump, services) in by_types(base, head, environment) {
            groups.entry(jump).or_default().extend(services);
        }
    }
    groups.into_iter().map(|(jump, services)| Jump { services, ..jump }).collect()
}

/// Both fleets, and the rules that may mean something else in the second one.
struct Sides<'f> {
    base: &'f Fleet,
    head: &'f Fleet,
    is_same_scheme: bool,
    rules: BTreeMap<&'f ServiceName, Vec<&'f Rule>>,
}

impl<'f> Sides<'f> {
    fn new(base: &'f Fleet, head: &'f Fleet) -> Self {
        let mut rules: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for rule in base.rules() {
            rules.entry(&rule.callee).or_default().push(rule);
        }
        Self { base, head, is_same_scheme: base.config().scheme == head.config().scheme, rules }
    }
}

fn of_service(sides: &Sides<'_>, environment: &EnvironmentName, before: &Service, from: Stop) -> Vec<Jump> {
    let (base, head) = (sides.base, sides.head);
    let jump = |cause, before: String, after: String, loss, way| Jump {
        environment: environment.as_str().to_owned(),
        cause,
        before,
        after,
        loss,
        way,
        services: Vec::new(),
    };
    let mut jumps = Vec::new();
    let Some(logs) = log(base, environment).zip(log(head, environment)) else { return jumps };
    let Some(after) = head.service(before.name.as_str()) else {
        let off = Stop { stage: Stage::Off, ..from };
        let gone = Move { from, to: off, log: (logs.0, logs.0), by_type: has_callers(base, before) };
        if let Some(loss) = gone.jump() {
            jumps.push(jump(Cause::Leaves, from.stage.as_str().to_owned(), "gone".to_owned(), loss, Vec::new()));
        }
        return jumps;
    };
    let Some(to) = stop(head, after, environment) else { return jumps };
    if before.namespace != after.namespace {
        // Where it was it leaves; where it comes to it is new.
        let off = Stop { stage: Stage::Off, ..from };
        let gone = Move { from, to: off, log: (logs.0, logs.0), by_type: has_callers(base, before) };
        let (old, new) = (before.namespace.as_str().to_owned(), after.namespace.as_str().to_owned());
        jumps.extend(gone.jump().map(|loss| jump(Cause::Moves, old, new, loss, Vec::new())));
    }
    let by_type = has_callers(base, before) || has_callers(head, after);
    let a_move = Move { from, to, log: logs, by_type };
    if let Some(loss) = a_move.jump() {
        let way = a_move.told();
        let word = |end: Option<&String>, stop: Stop| end.cloned().unwrap_or_else(|| stop.stage.as_str().to_owned());
        jumps.push(jump(Cause::Stage, word(way.first(), from), word(way.last(), to), loss, way));
    }
    let live = |stop: Stop, log| stop.position(log).is_live;
    if !(live(from, logs.0) && live(to, logs.1)) {
        return jumps;
    }
    let (old, new) = (selector(base.config(), before), selector(head.config(), after));
    // Another domain is another `network-policy`, which other catch-alls select by.
    let domains = (base.config().scheme.domain(), head.config().scheme.domain());
    if old == new && domains.0 != domains.1 && by_type {
        let under = |domain: &hedgerow_core::name::Domain| format!("labels under {domain}");
        jumps.push(jump(Cause::Identity, under(domains.0), under(domains.1), Loss::Permitted, Vec::new()));
    }
    if old != new && by_type {
        let words = |labels: &hedgerow_core::policy::Labels| {
            labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
        };
        jumps.push(jump(Cause::Identity, words(&old), words(&new), Loss::Permitted, Vec::new()));
    }
    let drops = [from, to].iter().any(|stop| stop.stage == Stage::Enforce);
    if drops && loses_callers(sides, before, after) {
        jumps.push(jump(Cause::Labels, String::new(), String::new(), Loss::Permitted, Vec::new()));
    }
    if drops && let Some((old, new)) = other_ports(sides, before, after) {
        jumps.push(jump(Cause::Ports, old, new, Loss::Permitted, Vec::new()));
    }
    if drops {
        let moves = moving_callers(sides, before, after).into_iter();
        jumps.extend(moves.map(|(old, new)| jump(Cause::Namespaces, old, new, Loss::Permitted, Vec::new())));
    }
    jumps
}

fn stop(fleet: &Fleet, service: &Service, environment: &EnvironmentName) -> Option<Stop> {
    let stage = super::stage(fleet, &service.name, environment)?;
    Some(Stop { stage, audit: fleet.config().audit })
}

fn log(fleet: &Fleet, environment: &EnvironmentName) -> Option<bool> {
    fleet.config().environments.get(environment).map(|settings| settings.log)
}

fn callers_of<'f>(fleet: &'f Fleet, service_type: Option<&TypeName>) -> &'f [TypeName] {
    let callers = service_type.and_then(|of| fleet.config().types.get(of)).and_then(Option::as_ref);
    callers.map_or(&[], |callers| callers.as_slice())
}

fn has_callers(fleet: &Fleet, service: &Service) -> bool {
    !callers_of(fleet, service.service_type.as_ref()).is_empty()
}

/// Whether some caller's rule holds before and after and yet old pods meet a policy that asks for new labels, or new pods one
/// that asks for old ones.
fn loses_callers(sides: &Sides<'_>, before: &Service, after: &Service) -> bool {
    let (base, head) = (sides.base, sides.head);
    let is_same_callee = sides.is_same_scheme && before.ports == after.ports && before.always == after.always;
    let mut policies = None;
    sides.rules.get(&before.name).into_iter().flatten().any(|old| {
        let Some(new) = head.rule(&old.caller, &old.callee) else { return false };
        if is_same_callee && new.ports == old.ports {
            return false;
        }
        let (old_policy, new_policy) =
            policies.get_or_insert_with(|| (policy(base.config(), before), policy(head.config(), after)));
        let (old_labels, new_labels) = (worn(base, before, old), worn(head, after, new));
        let meant = Opened::of(old_policy, &old_labels).and(&Opened::of(new_policy, &new_labels));
        let (late_caller, late_callee) = (Opened::of(new_policy, &old_labels), Opened::of(old_policy, &new_labels));
        !(late_caller.covers(&meant) && late_callee.covers(&meant))
    })
}

/// The rules to a callee that say the same in both fleets.
fn kept<'f>(sides: &'f Sides<'_>, callee: &Service) -> impl Iterator<Item = (&'f Rule, &'f Rule)> {
    let rules = sides.rules.get(&callee.name).into_iter().flatten().copied();
    rules.filter_map(|old| {
        let new = sides.head.rule(&old.caller, &old.callee)?;
        (new.ports == old.ports).then_some((old, new))
    })
}

/// Ports that give way to others for the same callers: old pods listen on the ones while the policy opens the others.
fn other_ports(sides: &Sides<'_>, before: &Service, after: &Service) -> Option<(String, String)> {
    if before.ports == after.ports {
        return None;
    }
    let (old_policy, new_policy) = (policy(sides.base.config(), before), policy(sides.head.config(), after));
    let of_rules = kept(sides, before).map(|(old, new)| {
        let old = Opened::of(&old_policy, &worn(sides.base, before, old));
        (old, Opened::of(&new_policy, &worn(sides.head, after, new)))
    });
    let listed = |service: &Service| {
        let ports = service.ports.listed().iter().chain(&service.always);
        Opened::These(ports.map(|port| (port.number, port.protocol)).collect())
    };
    let has_allow = !before.allow.is_empty() && !after.allow.is_empty();
    let of_allow = has_allow.then(|| (listed(before), listed(after)));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    for (old, new) in of_rules.chain(of_allow) {
        let (Opened::These(old), Opened::These(new)) = (old, new) else { continue };
        if !old.is_subset(&new) && !new.is_subset(&old) {
            gone.extend(&old - &new);
            come.extend(&new - &old);
        }
    }
    let words = |ports: BTreeSet<(NonZeroU16, Protocol)>| {
        ports.iter().map(|(number, protocol)| format!("{number}/{}", protocol.as_str())).collect::<Vec<_>>().join(", ")
    };
    (!gone.is_empty()).then(|| (words(gone), words(come)))
}

/// The namespaces that callers leave and enter, where one side of the policy does not know one of them.
fn moving_callers(sides: &Sides<'_>, before: &Service, after: &Service) -> BTreeSet<(String, String)> {
    let knows = |fleet: &Fleet, callee: &Service, namespace: &Namespace| {
        callee.namespace == *namespace || fleet.config().namespaces.iter().any(|known| known == namespace)
    };
    let moves = kept(sides, before).filter_map(|(old, new)| {
        let (old, new) = (sides.base.service(old.caller.as_str())?, sides.head.service(new.caller.as_str())?);
        let (old, new) = (&old.namespace, &new.namespace);
        let is_safe = old == new || (knows(sides.base, before, new) && knows(sides.head, after, old));
        (!is_safe).then(|| (old.as_str().to_owned(), new.as_str().to_owned()))
    });
    moves.collect()
}

/// The labels that a caller's pods wear for a rule.
fn worn(fleet: &Fleet, callee: &Service, rule: &Rule) -> BTreeSet<LabelKey> {
    let scheme = &fleet.config().scheme;
    match &rule.ports {
        RulePorts::All => BTreeSet::from([scheme.egress(&callee.slug)]),
        RulePorts::These(ports) => ports.iter().map(|port| scheme.egress_port(&callee.slug, port)).collect(),
    }
}

/// The ports that some labels open.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opened {
    All,
    These(BTreeSet<(NonZeroU16, Protocol)>),
}

impl Opened {
    fn of(policy: &Policy, worn: &BTreeSet<LabelKey>) -> Self {
        let admissions = match &policy.admits {
            Admits::Anybody => return Self::All,
            Admits::Nobody => return Self::These(BTreeSet::new()),
            Admits::These(admissions) => admissions,
        };
        let is_meant = |peers: &Peers| match peers {
            Peers::These(peers) => peers.iter().any(|peer| match peer {
                Peer::Pods { labels, .. } => labels.keys().all(|key| worn.contains(key)),
                Peer::AllPods(_) | Peer::Block { .. } => false,
            }),
            Peers::Nobody | Peers::Anybody => false,
        };
        let mut ports = BTreeSet::new();
        for admission in admissions.iter().filter(|admission| is_meant(&admission.peers)) {
            match &admission.ports {
                AdmittedPorts::Any => return Self::All,
                AdmittedPorts::These(these) => ports.extend(these.iter().copied()),
            }
        }
        Self::These(ports)
    }

    fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, only) | (only, Self::All) => only.clone(),
            (Self::These(a), Self::These(b)) => Self::These(a & b),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::These(_), Self::All) => false,
            (Self::These(a), Self::These(b)) => a.is_superset(b),
        }
    }
}

/// Callees whose callers by type may be dropped: a caller of one type, old or new, meets a callee of one type, old or new, under
/// catch-alls that are old or new.
fn by_types(base: &Fleet, head: &Fleet, environment: &EnvironmentName) -> Vec<(Jump, Vec<String>)> {
    let moved = |is_meant: &dyn Fn(&Service) -> bool| {
        let mut types: BTreeMap<(Option<TypeName>, Option<TypeName>), Vec<String>> = BTreeMap::new();
        for before in base.services().filter(|service| is_meant(service)) {
            if let Some(after) = head.service(before.name.as_str()) {
                let key = (before.service_type.clone(), after.service_type.clone());
                types.entry(key).or_default().push(before.name.as_str().to_owned());
            }
        }
        types
    };
    let is_enforced = |service: &Service| {
        let stages = [super::stage(base, &service.name, environment), super::stage(head, &service.name, environment)];
        stages.iter().all(|stage| matches!(stage, Some(Stage::Audit | Stage::Enforce)))
            && stages.contains(&Some(Stage::Enforce))
    };
    let callers = moved(&|_| true);
    let mut jumps = Vec::new();
    for ((old, new), services) in moved(&is_enforced) {
        let admits =
            |fleet, callee: &Option<TypeName>, caller: &TypeName| callers_of(fleet, callee.as_ref()).contains(caller);
        let lost = callers.keys().find_map(|(old_caller, new_caller)| {
            let (a, b) = (old_caller.as_ref()?, new_caller.as_ref()?);
            let is_meant = admits(base, &old, a) && admits(head, &new, b);
            let is_safe = [a, b].iter().all(|caller| {
                [&old, &new].iter().all(|callee| admits(base, callee, caller) && admits(head, callee, caller))
            });
            (is_meant && !is_safe)
                .then(|| if a == b { (old.clone(), new.clone()) } else { (Some(a.clone()), Some(b.clone())) })
        });
        if let Some((before, after)) = lost {
            let word = |name: Option<TypeName>| name.map_or_else(|| "none".to_owned(), |name| name.as_str().to_owned());
            let jump = Jump {
                environment: environment.as_str().to_owned(),
                cause: Cause::Types,
                before: word(before),
                after: word(after),
                loss: Loss::Permitted,
                way: Vec::new(),
                services: Vec::new(),
            };
            jumps.push((jump, services));
        }
    }
    jumps
}
