//! Code, rules and traffic side by side: one line for each edge, with what it means.

use crate::code::Code;
use crate::judge::canary::{Callable, callable};
use crate::judge::{Court, Question};
use crate::traffic::{Traffic, declares, permitted};
use crate::used::{Ears, Listened};
use hedgerow_core::fleet::Fleet;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Origin;
use hedgerow_observe::observations::{End, Moment, Observation, Observations, Verdict};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::traffic::{Seen, beyond_rules, is_future, strays};

/// What code, rules and traffic say of an edge, from the most urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Traffic alone shows it: nobody knows this call.
    NobodyKnows,
    /// A caller of another repository makes it, and nothing lets it in.
    Unpermitted,
    /// A rule permits it, and it came without the label all the same: a deploy is missing.
    DeployMissing,
    /// The code makes the call, and no rule permits it.
    RuleMissing,
    /// A rule permits the pair, and not a port that traffic shows.
    PortMissing,
    /// A rule permits it and traffic shows it; the scan does not see it.
    ScanBlind,
    /// A rule permits it; neither code nor traffic shows it, and somebody listened all the time.
    Stale,
    /// A rule permits it and the code does not show it; whether traffic does, nobody can tell.
    Unknown,
    /// A rule permits it, traffic has not shown it, and the caller's code is not understood.
    CodeUnread,
    /// Code and rule agree; traffic has not shown it.
    NotSeen,
    /// Traffic shows it, and the types, an `allow` entry or a person's rule permit it: no call in the code is needed.
    Permitted,
    /// The caller is of another repository, where its code and its rules are: there it is judged.
    Elsewhere,
    /// All agree.
    Confirmed,
}

impl Class {
    /// All, from the most urgent.
    pub const ALL: [Self; 13] = [
        Self::NobodyKnows,
        Self::Unpermitted,
        Self::DeployMissing,
        Self::RuleMissing,
        Self::PortMissing,
        Self::ScanBlind,
        Self::Stale,
        Self::Unknown,
        Self::CodeUnread,
        Self::NotSeen,
        Self::Permitted,
        Self::Elsewhere,
        Self::Confirmed,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NobodyKnows => "nobody-knows",
            Self::Unpermitted => "unpermitted",
            Self::DeployMissing => "deploy-missing",
            Self::RuleMissing => "rule-missing",
            Self::PortMissing => "port-missing",
            Self::ScanBlind => "scan-blind",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
            Self::CodeUnread => "code-unread",
            Self::NotSeen => "not-seen",
            Self::Permitted => "permitted",
            Self::Elsewhere => "elsewhere",
            Self::Confirmed => "confirmed",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub const fn means(self) -> &'static str {
        match self {
            Self::NobodyKnows => "traffic shows a call that neither code nor a rule knows",
            Self::Unpermitted => "the caller is of another repository, and nothing lets it in",
            Self::DeployMissing => "a rule permits it, and a pod without the label still makes it",
            Self::RuleMissing => "the code makes the call, and no rule permits it",
            Self::PortMissing => "a rule permits other ports of it, and not all that traffic shows",
            Self::ScanBlind => "a rule permits it and traffic shows it, and the scan does not see it in the code",
            Self::Stale => "a rule permits it, and neither code nor traffic shows it",
            Self::Unknown => "a rule permits it and the code does not show it; whether it is called, nobody can tell",
            Self::CodeUnread => "a rule permits it, traffic has not shown it, and the caller's code is not understood",
            Self::NotSeen => "code and rule agree, and traffic has not shown it",
            Self::Permitted => "traffic shows it, and its type, an `allow` entry or a person's rule permits it",
            Self::Elsewhere => {
                "the caller is of another repository, whose own `reconcile` compares it with code and rules"
            }
            Self::Confirmed => "code, rule and traffic agree",
        }
    }

    /// Whether somebody has to do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::CodeUnread | Self::NotSeen | Self::Permitted | Self::Elsewhere | Self::Confirmed)
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A service of the fleet.
    Service(String),
    /// Somebody else, as the source names him.
    Outsider(String),
}

impl Caller {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Service(name) | Self::Outsider(name) => name,
        }
    }
}

/// What permits an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permits {
    /// A rule file, and who wrote it.
    Rule(Option<Origin>),
    /// The types.
    Types,
    /// An `allow` entry.
    Allow,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it means.
    pub class: Class,
    /// Who calls.
    pub caller: Caller,
    /// Who is called.
    pub callee: String,
    /// Where the code makes the call, as `path:line`.
    pub code: Option<String>,
    /// What permits it.
    pub permits: Option<Permits>,
    /// Ports that traffic showed and the rule does not permit.
    pub missing: BTreeSet<(u16, String)>,
    /// Those of them that the callee does not declare, so that no rule could permit them; without a rule those of all that traffic showed.
    pub undeclared: BTreeSet<(u16, String)>,
    /// What traffic showed of it.
    pub seen: Option<Seen>,
    /// The ports that traffic showed, with the protocol.
    pub ports: BTreeSet<(u16, String)>,
    /// Why nobody can tell whether it was called, where traffic does not show it.
    pub unheard: Option<String>,
    /// Whether the caller is of another repository, so that neither its code nor its rules are here.
    pub is_elsewhere: bool,
    /// Whether the caller's code is not understood in part, so that what the code does not show may be there.
    pub is_caller_open: bool,
}

/// All edges with their rows, and what could not be put into one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// By caller and callee.
    pub rows: Vec<Row>,
    /// Calls whose caller cannot be told and is one of several.
    pub untold: Aside,
    /// Calls from outside of the fleet that were dropped.
    pub dropped: Aside,
    /// Calls from outside of the fleet of which it cannot be told whether anything permits them.
    pub unknown: Aside,
    /// Calls of which neither end is in this repository.
    pub elsewhere: Aside,
}

/// Calls that are counted and are no edges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aside {
    /// How many lines of the observations.
    pub lines: usize,
    /// How often in all.
    pub calls: u64,
    /// The services that were called.
    pub callees: BTreeSet<String>,
}

impl Aside {
    fn add(&mut self, observation: &Observation) {
        self.lines += 1;
        self.calls = self.calls.saturating_add(observation.count);
        self.callees.insert(observation.callee.clone());
    }
}

/// What traffic shows of one edge, before it is put into a class.
#[derive(Default)]
struct Shown<'o> {
    seen: Option<Seen>,
    ports: BTreeSet<(u16, String)>,
    lines: Vec<&'o Observation>,
}

/// Puts every edge that code, rules or traffic show into a class, by caller and callee. Calls that are permitted by type or by an `allow`
/// entry are listed where code or traffic shows them; such calls of outsiders are left out, and others of theirs are counted. Where nobody
/// read the code, none of it is known.
#[must_use]
pub fn reconcile(question: &Question<'_>) -> Reconciled {
    let (plan, observations) = (question.plan, question.observations);
    let nothing = Code::default();
    let code = question.code.unwrap_or(&nothing);
    let fleet = plan.fleet();
    let traffic = Traffic::new(observations);
    let mut edges: BTreeMap<(Caller, String), Shown<'_>> = BTreeMap::new();
    let service = |name: &str| Caller::Service(name.to_owned());
    for (caller, callee) in code.calls.keys() {
        edges.entry((service(caller), callee.clone())).or_default();
    }
    for rule in fleet.rules() {
        edges.entry((service(rule.caller.as_str()), rule.callee.as_str().to_owned())).or_default();
    }
    let repository = Repository::new(question);
    let [mut untold, mut dropped, mut unknown, mut elsewhere] = [(); 4].map(|()| Aside::default());
    for observation in &observations.observed {
        let is_callers = matches!(&observation.caller, End::Service(name) if !repository.is_not_here(name));
        if !is_callers && repository.is_not_here(&observation.callee) {
            elsewhere.add(observation);
            continue;
        }
        let caller = match (&observation.caller, observation.verdict) {
            (End::Service(name), _) => Some(service(name)),
            (End::Outsider(name), Verdict::Unpermitted) => Some(Caller::Outsider(name.clone())),
            (End::Outsider(_), Verdict::Permitted) => None,
            (End::Outsider(_), Verdict::Dropped) => {
                dropped.add(observation);
                None
            }
            (End::Outsider(_), Verdict::Unknown) => {
                unknown.add(observation);
                None
            }
            (End::Unknown(_), _) => {
                untold.add(observation);
                None
            }
        };
        let Some(caller) = caller else { continue };
        let shown = edges.entry((caller, observation.callee.clone())).or_default();
        shown.ports.insert((observation.port, observation.protocol.clone()));
        shown.lines.push(observation);
    }
    for ((caller, callee), shown) in &mut edges {
        shown.seen = match caller {
            Caller::Service(caller) => traffic.edge(caller, callee).copied(),
            Caller::Outsider(_) => Traffic::sum(&shown.lines),
        };
    }
    let mut silence = Silences::new(question);
    let nameless = Nameless::new(observations);
    let row = |((caller, callee), shown): ((Caller, String), Shown<'_>)| {
        let unheard = match shown.seen {
            None => silence.doubt(caller.as_str(), &callee).or_else(|| nameless.doubt(caller.as_str(), &callee)),
            Some(_) => None,
        };
        let is_elsewhere = matches!(&caller, Caller::Service(name) if repository.is_elsewhere(name));
        row((plan, code), caller, callee, shown, unheard, is_elsewhere)
    };
    let rows = edges.into_iter().map(row).collect();
    Reconciled { rows, untold, dropped, unknown, elsewhere }
}

/// Which services are of other repositories: those of the catalogue that this one reads. A service that only the observations name, whose
/// catalogue is none of this tree's, may be anybody: it is no caller from another repository, but its calls to services of others are not of this
/// one.
struct Repository<'q> {
    fleet: &'q Fleet,
    named: BTreeSet<&'q str>,
}

impl<'q> Repository<'q> {
    fn new(question: &Question<'q>) -> Self {
        let header = &question.observations.header;
        let catalogue = header.catalogue.as_ref().filter(|digest| !question.tree.catalogues.contains_key(*digest));
        let named = catalogue.map(|_| header.services.keys().map(String::as_str).collect());
        Self { fleet: question.plan.fleet(), named: named.unwrap_or_default() }
    }

    /// Whether a service is known to be of another repository.
    fn is_elsewhere(&self, name: &str) -> bool {
        !is_planned(self.fleet, name) && self.fleet.known(name).is_some()
    }

    /// Whether a service is not of this repository, by all that is said of it.
    fn is_not_here(&self, name: &str) -> bool {
        self.is_elsewhere(name) || !is_planned(self.fleet, name) && self.named.contains(name)
    }
}

fn row(
    (plan, code): (&Plan, &Code),
    caller: Caller,
    callee: String,
    shown: Shown<'_>,
    unheard: Option<String>,
    is_elsewhere: bool,
) -> Row {
    let key = (caller.as_str().to_owned(), callee);
    let mut missing = BTreeSet::new();
    let (place, permits) = match &caller {
        Caller::Service(_) => (code.calls.get(&key).cloned(), permits(plan, &key.0, &key.1, &shown)),
        Caller::Outsider(_) => (None, None),
    };
    if matches!(permits, Some(Permits::Rule(_))) {
        let cut = shown.lines.iter().filter(|observation| permitted(plan, &key.0, observation) == Some(false));
        missing.extend(cut.map(|observation| (observation.port, observation.protocol.clone())));
    }
    let is_undeclared = |port: &&(u16, String)| !declares(plan, &key.1, port.0, &port.1);
    let is_ruleless = permits.is_none() && matches!(&caller, Caller::Service(_));
    let asked = if is_ruleless { &shown.ports } else { &missing };
    let undeclared = asked.iter().filter(is_undeclared).cloned().collect();
    let is_caller_open = code.open.contains_key(&key.0)
        || code.candidates.contains_key(&key)
        || matches!(&caller, Caller::Service(name) if is_planned(plan.fleet(), name) && !code.read.contains(name));
    let class = if is_elsewhere && permits.is_none() {
        if is_bare(&shown.lines) { Class::Unpermitted } else { Class::Elsewhere }
    } else if missing.is_empty() {
        class(place.is_some(), permits, is_caller_open, &shown, unheard.is_some())
    } else {
        Class::PortMissing
    };
    let Shown { seen, ports, .. } = shown;
    Row {
        class,
        caller,
        callee: key.1,
        code: place,
        permits,
        missing,
        undeclared,
        seen,
        ports,
        unheard,
        is_elsewhere,
        is_caller_open,
    }
}

/// Calls whose caller cannot be told.
#[derive(Default)]
struct Nameless<'o> {
    /// Callees with the services that may have called them.
    perhaps: BTreeSet<(&'o str, &'o str)>,
    /// Callees that anybody may have called.
    anybody: BTreeSet<&'o str>,
}

impl<'o> Nameless<'o> {
    fn new(observations: &'o Observations) -> Self {
        let mut nameless = Self::default();
        for observation in &observations.observed {
            if let End::Unknown(services) = &observation.caller {
                let callee = observation.callee.as_str();
                nameless.perhaps.extend(services.iter().map(|service| (callee, service.as_str())));
                if services.is_empty() {
                    nameless.anybody.insert(callee);
                }
            }
        }
        nameless
    }

    /// Why it cannot be told whether a caller called.
    fn doubt(&self, caller: &str, callee: &str) -> Option<String> {
        if self.perhaps.contains(&(callee, caller)) {
            return Some("calls whose caller is one of several may have been its".to_owned());
        }
        self.anybody.contains(callee).then(|| "calls whose caller nobody can tell may have been its".to_owned())
    }
}

/// What it is worth that a callee was not called, looked at once for each.
struct Silences<'o> {
    court: Court<'o>,
    observations: &'o Observations,
    ears: Ears<'o>,
    doubts: BTreeMap<String, Option<String>>,
}

impl<'o> Silences<'o> {
    fn new(question: &'o Question<'o>) -> Self {
        let observations = question.observations;
        Self { court: Court::new(question), observations, ears: Ears::new(observations), doubts: BTreeMap::new() }
    }

    /// Why nobody can tell whether a caller, whom traffic does not show, called; nothing where the silence is proven.
    fn doubt(&mut self, caller: &str, callee: &str) -> Option<String> {
        if let Some(doubt) = self.court.doubt() {
            return Some(doubt.to_owned());
        }
        let heard = match self.doubts.get(callee) {
            Some(known) => known.clone(),
            None => {
                let doubt = self.deafness(callee);
                self.doubts.insert(callee.to_owned(), doubt.clone());
                doubt
            }
        };
        heard.or_else(|| self.absence(caller)).or_else(|| self.court.is_rarely_made(caller, callee))
    }

    /// Why the silence says nothing of a caller: nobody saw it run, so it could not call.
    fn absence(&self, caller: &str) -> Option<String> {
        let watched = self.observations.header.services.get(caller);
        match watched.map(|watched| watched.nodes.is_empty()) {
            Some(false) => None,
            Some(true) => Some(format!("no pod of `{caller}` ran, so it could call nobody")),
            None => Some(format!("it is not known whether pods of `{caller}` ran")),
        }
    }

    fn deafness(&mut self, callee: &str) -> Option<String> {
        let mut canaries = self.observations.header.canaries.iter().filter(|canary| canary.callee == callee);
        match self.ears.listened(callee) {
            Listened::Throughout(_) if canaries.all(|canary| canary.sent == 0) => {
                let service = self.court.known(callee);
                Some(match service.map(callable) {
                    Some(Callable::Never) => "no canary can call it, since it listens on no TCP port".to_owned(),
                    Some(Callable::ByTcp | Callable::Undeclared) | None => {
                        "no canary called it: silence may be deafness".to_owned()
                    }
                })
            }
            Listened::Throughout(_) => None,
            listened @ (Listened::InPart(_) | Listened::Unproven(_)) => Some(listened.words()),
        }
    }
}

fn is_planned(fleet: &Fleet, name: &str) -> bool {
    fleet.service(name).is_some()
}

fn permits(plan: &Plan, caller: &str, callee: &str, shown: &Shown<'_>) -> Option<Permits> {
    let names = ServiceName::new(caller).ok().zip(ServiceName::new(callee).ok());
    if let Some(rule) = names.as_ref().and_then(|(caller, callee)| plan.fleet().rule(caller, callee)) {
        return Some(Permits::Rule(rule.origin));
    }
    if names.is_some_and(|(caller, callee)| permits_by_type(plan, &caller, &callee)) {
        return Some(Permits::Types);
    }
    let all_seen = !shown.lines.is_empty()
        && shown.lines.iter().all(|observation| permitted(plan, caller, observation) == Some(true));
    all_seen.then_some(Permits::Allow)
}

fn permits_by_type(plan: &Plan, caller: &ServiceName, callee: &ServiceName) -> bool {
    let of = |name: &ServiceName| plan.fleet().known(name.as_str())?.service_type.clone();
    let (Some(caller), Some(callee)) = (of(caller), of(callee)) else { return false };
    plan.catch_alls()
        .iter()
        .any(|catch_all| catch_all.service_type == callee && catch_all.callers.iter().any(|t| *t == caller))
}

fn class(in_code: bool, permits: Option<Permits>, is_caller_open: bool, shown: &Shown<'_>, is_unheard: bool) -> Class {
    let is_permitted = permits.is_some();
    let is_seen = shown.seen.is_some();
    if is_permitted && is_bare(&shown.lines) {
        return Class::DeployMissing;
    }
    match (in_code, is_permitted, is_seen) {
        (true, true, true) => Class::Confirmed,
        (true, true, false) => Class::NotSeen,
        (true, false, _) => Class::RuleMissing,
        (false, true, true) if !needs_code(permits) => Class::Permitted,
        (false, true, true) => Class::ScanBlind,
        (false, true, false) if is_caller_open => Class::CodeUnread,
        (false, true, false) if is_unheard => Class::Unknown,
        (false, true, false) => Class::Stale,
        (false, false, _) => Class::NobodyKnows,
    }
}

/// Whether the scan has to find a call in the code for what permits it: nobody writes a rule for what types and `allow` entries permit, and a
/// person answers for `origin: manual`.
const fn needs_code(permits: Option<Permits>) -> bool {
    match permits {
        Some(Permits::Rule(Some(Origin::Manual)) | Permits::Types | Permits::Allow) => false,
        Some(Permits::Rule(_)) | None => true,
    }
}

/// Whether the last that was seen of an edge was without its label.
pub(crate) fn is_bare(lines: &[&Observation]) -> bool {
    let last = |is: fn(Verdict) -> bool| lines.iter().filter(|line| is(line.verdict)).map(|line| line.last).max();
    let bare: Option<Moment> = last(|verdict| matches!(verdict, Verdict::Unpermitted | Verdict::Dropped));
    bare.is_some() && bare >= last(|verdict| verdict == Verdict::Permitted)
}
