//! Clients of stores whose addresses are not known, joined with the only store that they can mean.

use super::settings::{self, Unset};
use super::{Fleet, Schemas, Store, Used, names};
use crate::config::{Candidates, ScanConfig};
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::frameworks;
use crate::inventory::Home;
use crate::libraries::Libraries;
use crate::mention::is_address_variable;
use crate::pack::Kind;
use crate::part::Part;
use crate::paths::{above, dir_of};
use crate::places::Places;
use crate::program::File;
use crate::questions::Question;
use hedgerow_core::diag::{Code, enumerate, enumerate_some};
use hedgerow_deploy::{Deploy, Hosts, Partial};
use std::collections::{BTreeMap, BTreeSet};

/// How many names one question lists.
const MAX_NAMES: usize = 4;

/// Joins clients with stores, and gives back the questions about calls that are still open, each with the service whose it is.
pub(crate) fn join(
    (config, libraries, fleet, files, schemas): (&ScanConfig, &Libraries, &Fleet, &[File], &Schemas<'_>),
    homes: &[Home],
    hosts: &Hosts,
    deploy: &Deploy,
    (parts, places): (&[Part], &Places),
    outcome: &mut Outcome,
) -> Vec<(String, Question)> {
    let alike = frameworks::alike(homes, deploy);
    let mut unset: Vec<BTreeMap<Store, Unset>> = Vec::new();
    let mut kept = Vec::new();
    let mut all: Vec<Known> = Vec::new();
    for (home, part) in homes.iter().zip(parts) {
        let (mut uses, mut answers) = (BTreeMap::new(), BTreeMap::new());
        let settings = settings::unset((home, part), (hosts.of(&home.name), deploy), &alike, libraries, places);
        if config.candidate != Candidates::Ask {
            let of = Caller { config, fleet, schemas, homes, home, hosts: hosts.of(&home.name), deploy, part };
            uses = of.uses();
            for (kind, unset) in settings.iter().filter(|(_, unset)| unset.has_client) {
                match uses.get_mut(kind) {
                    Some(used) => used.is_open |= !used.is_told,
                    None => {
                        let (place, call) = (unset.place.clone(), String::new());
                        let used =
                            Used { place, call, is_open: true, is_told: false, is_imported: false, private: None };
                        uses.insert(*kind, used);
                    }
                }
            }
            for (kind, used) in &uses {
                answers.insert(*kind, of.answer(*kind, used, outcome));
            }
        }
        all.push((uses, answers));
        unset.push(settings);
    }
    let mut known = Calls::new();
    for ((caller, callee), _) in outcome.edges.iter().filter(|(_, edge)| edge.class().is_rule()) {
        known.entry(caller).or_default().push(callee);
    }
    others(homes, files, &mut all, &known);
    of_libraries(homes, &mut all, &known);
    let mut open: BTreeMap<String, (String, BTreeMap<String, Place>)> = BTreeMap::new();
    let mut unconnected: BTreeMap<(Store, String, bool), BTreeMap<String, Place>> = BTreeMap::new();
    for ((home, part), (uses, answers)) in homes.iter().zip(parts).zip(&all) {
        for (kind, used) in uses {
            match answers.get(kind) {
                // An address is known, only not whose.
                Some(Answer::One(callee, Why::Only)) if used.private.is_some() => {
                    let guess = evidence(*kind, used, callee, Why::Only);
                    outcome.add(&home.name, callee, Evidence { class: Class::Candidate, ..guess });
                    outcome.findings.extend(private(&home.name, callee, (*kind, used)));
                }
                Some(Answer::One(callee, why))
                    if config.candidate == Candidates::Addresses
                        && may_be_unconnected(
                            home,
                            used,
                            is_after(hosts.of(&home.name), deploy, &home.name, callee),
                        ) =>
                {
                    let guess = evidence(*kind, used, callee, *why);
                    outcome.add(&home.name, callee, Evidence { class: Class::Candidate, ..guess });
                    let callers = unconnected.entry((*kind, callee.clone(), used.is_open)).or_default();
                    callers.insert(home.name.clone(), used.place.clone());
                }
                Some(Answer::One(callee, why)) => {
                    outcome.add(&home.name, callee, evidence(*kind, used, callee, *why));
                }
                Some(Answer::Others(callee, other)) => {
                    let guess = evidence(*kind, used, callee, Why::Only);
                    outcome.add(&home.name, callee, Evidence { class: Class::Candidate, ..guess });
                    let (_, callers) = open.entry(callee.clone()).or_insert_with(|| (other.clone(), BTreeMap::new()));
                    callers.insert(home.name.clone(), used.place.clone());
                }
                _ => {}
            }
        }
        for question in &part.questions {
            let answer = question.store.and_then(|kind| answers.get(&kind));
            let mut question = question.clone();
            match answer {
                // That of all programs is asked about at once.
                Some(Answer::One(..) | Answer::Known | Answer::Others(..)) => continue,
                Some(Answer::Several(all)) => {
                    let names: BTreeSet<String> = all.iter().map(|name| format!("`{name}`")).collect();
                    question.help.push(format!("it may be one of {}", enumerate(names)));
                }
                Some(Answer::Nobody) | None => {}
            }
            kept.push((home.name.clone(), question));
        }
    }
    outcome.findings.extend(open.iter().map(|(callee, (other, callers))| {
        asked(callee, callers, |names| {
            format!("the program of {names} has a client of `{callee}`, whose address the deployment gives to others, as to `{other}`")
        })
    }));
    outcome.findings.extend(unconnected.iter().map(|((kind, callee, is_open), callers)| {
        asked(callee, callers, |names| {
            let kind = kind.shown();
            if *is_open {
                return format!("the program of {names} loads a library of the tree with a client of {kind} whose address is not known: it may be `{callee}`");
            }
            format!("the program of {names} has what a client of {kind} is used for, and no call that was read connects it: it may be `{callee}`")
        })
    }));
    for ((home, settings), (_, answers)) in homes.iter().zip(&unset).zip(&all) {
        for (kind, unset) in settings {
            let callees: BTreeSet<String> = match answers.get(kind) {
                Some(Answer::Several(all)) => all.clone(),
                Some(_) => continue,
                None => fleet.of(*kind).into_iter().map(str::to_owned).collect(),
            };
            let is_explained = |callee: &String| {
                let edge = outcome.edges.get(&(home.name.clone(), callee.clone()));
                edge.is_some_and(|edge| edge.class().is_rule()) || config.explains(&home.name, callee)
            };
            if !callees.is_empty() && !callees.iter().any(is_explained) {
                let finding = settings::asked(&home.name, *kind, unset, callees);
                outcome.findings.push(finding);
            }
        }
    }
    kept
}

/// Whether a client may never be connected: a part of the tree's own library that others use as well, and in .NET what a program asks its
/// container for, which somebody has to put there with an address.
fn may_be_unconnected(home: &Home, used: &Used, is_after: bool) -> bool {
    if used.is_imported {
        return false;
    }
    if is_own(home, &used.place.path) {
        return !used.is_open && used.place.path.ends_with(".cs");
    }
    // What is made of a schema, or of a setting, is its own wherever that lies, and what a service waits for it connects.
    let is_its = used.is_open && (used.call.is_empty() || is_after);
    !is_its
}

/// Whether the deployment starts a service after another one.
fn is_after(hosts: &Hosts, deploy: &Deploy, service: &str, callee: &str) -> bool {
    deploy.of(service).is_some_and(|given| given.after.keys().any(|name| hosts.named(name) == Some(callee)))
}

/// Whether a file lies in the directories of a service.
fn is_own(home: &Home, path: &str) -> bool {
    home.directories.iter().any(|(own, _)| own.is_empty() || crate::paths::is_below(path, own))
}

/// So many services that run one program and are told of a store make it theirs, and not that of the others.
const TOLD: usize = 2;

/// What one service has of stores, and whom that means.
type Known = (BTreeMap<Store, Used>, BTreeMap<Store, Answer>);

/// Whom each service is seen to call.
type Calls<'o> = BTreeMap<&'o str, Vec<&'o String>>;

/// What a program is made of, and a store that a client of it may mean.
type Program<'a> = (Vec<&'a (String, Option<String>)>, String);

/// Takes back that a client means the only store of its kind, where several services run one program and the deployment names the store for
/// some of them: the program has the client for these.
fn others(homes: &[Home], files: &[File], all: &mut [Known], known: &Calls<'_>) {
    let with_code: BTreeSet<&str> = files.iter().flat_map(|file| above(dir_of(file.path))).collect();
    let mut programs: Vec<Vec<&(String, Option<String>)>> = Vec::new();
    for home in homes {
        programs
            .push(home.directories.iter().filter(|(directory, _)| with_code.contains(directory.as_str())).collect());
    }
    let mut told: BTreeMap<Program<'_>, BTreeSet<&str>> = BTreeMap::new();
    for ((home, program), (_, answers)) in homes.iter().zip(&programs).zip(all.iter()) {
        let known = known.get(home.name.as_str()).into_iter().flatten().map(|callee| (*callee).clone());
        let named = answers.values().filter_map(|answer| match answer {
            Answer::One(callee, Why::Named | Why::After) => Some(callee.clone()),
            _ => None,
        });
        for callee in known.chain(named).filter(|_| !program.is_empty()) {
            told.entry((program.clone(), callee)).or_default().insert(&home.name);
        }
    }
    for (program, (_, answers)) in programs.iter().zip(all) {
        for answer in answers.values_mut() {
            let Answer::One(callee, Why::Only) = answer else { continue };
            let others = told.get(&(program.clone(), callee.clone())).filter(|others| others.len() >= TOLD);
            if let Some(other) = others.and_then(|others| others.first()) {
                *answer = Answer::Others(std::mem::take(callee), (*other).to_owned());
            }
        }
    }
}

/// Takes back that a client in a library means the only store of its kind, where the deployment names that for others that load the library,
/// and nothing for these: a library has more in it than each program uses.
fn of_libraries(homes: &[Home], all: &mut [Known], known: &Calls<'_>) {
    let mut told: BTreeMap<(String, String), String> = BTreeMap::new();
    for (home, (uses, answers)) in homes.iter().zip(all.iter()) {
        for (kind, used) in uses.iter().filter(|(_, used)| !is_own(home, &used.place.path)) {
            let named = match answers.get(kind) {
                Some(Answer::One(callee, Why::Named)) => Some(callee),
                _ => None,
            };
            let known = known.get(home.name.as_str()).into_iter().flatten().copied();
            for callee in known.chain(named) {
                told.entry((used.place.path.clone(), callee.clone())).or_insert_with(|| home.name.clone());
            }
        }
    }
    for (home, (uses, answers)) in homes.iter().zip(all) {
        for (kind, answer) in answers {
            let Answer::One(callee, Why::Only | Why::After) = answer else { continue };
            let place = uses.get(kind).map(|used| &used.place.path).filter(|path| !is_own(home, path));
            let other = place.and_then(|path| told.get(&(path.clone(), callee.clone())));
            if let Some(other) = other.filter(|other| **other != home.name) {
                *answer = Answer::Others(std::mem::take(callee), other.clone());
            }
        }
    }
}

/// The question about a store at an address of a private network.
fn private(caller: &str, callee: &str, (kind, used): (Store, &Used)) -> Option<Finding> {
    let address = used.private.as_ref()?;
    Some(Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "`{caller}` calls {} at `{address}`, an address of a private network, and no file says whose it is: it may be `{callee}`",
            kind.shown()
        ),
        marks: vec![(used.place.clone(), String::new())],
        help: vec![
            format!("where it is, say so under `scan.aliases` in hedgerow.yaml: `{callee}: [{address}]`"),
            format!("where it is not, say why under `scan.ignore`: `{caller} -> {callee}: <reason>`"),
        ],
        services: BTreeSet::from([caller.to_owned()]),
        callees: BTreeSet::from([callee.to_owned()]),
    })
}

/// The question about a store that the programs of several may call.
fn asked(callee: &str, callers: &BTreeMap<String, Place>, message: impl Fn(&str) -> String) -> Finding {
    let names = enumerate_some(MAX_NAMES, callers.keys().map(|caller| format!("`{caller}`")));
    let first = callers.keys().next().map_or("*", String::as_str);
    Finding {
        code: Code::UnexplainedMention,
        message: message(&names),
        marks: callers.values().take(1).map(|place| (place.clone(), "the client".to_owned())).collect(),
        help: vec![
            "where it is called, say so by a rule file".to_owned(),
            format!(
                "where it is not, say why under `scan.ignore` in hedgerow.yaml, a line for each caller: `{first} -> {callee}: <reason>`"
            ),
        ],
        services: callers.keys().cloned().collect(),
        callees: BTreeSet::from([callee.to_owned()]),
    }
}

fn evidence(kind: Store, used: &Used, callee: &str, why: Why) -> Evidence {
    let client = match used.is_open {
        true => format!("a client of {} whose address is not known", kind.shown()),
        false => format!("what a client of {} is used for", kind.shown()),
    };
    let why = match why {
        Why::Only => format!("`{callee}` is the only one that the deployment has for it"),
        Why::After | Why::Named => format!("the deployment names `{callee}` for it"),
    };
    Evidence {
        class: Class::Addressed,
        place: used.place.clone(),
        target: format!("{client}, and {why}"),
        port: Port::Unknown,
        kind: Kind::Tcp,
        way: Vec::new(),
    }
}

/// Why a store is the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// There is no other of its kind.
    Only,
    /// The service starts after it.
    After,
    /// The service is given its address, or its code names it.
    Named,
}

/// What is known of whom a client means.
enum Answer {
    /// This one.
    One(String, Why),
    /// One that is known already.
    Known,
    /// This one, if it were not for others: the deployment names it for them, and they run the same program.
    Others(String, String),
    /// One of these.
    Several(BTreeSet<String>),
    /// No store of the fleet, as far as anybody can tell.
    Nobody,
}

/// One service, and what is known of it.
struct Caller<'a> {
    config: &'a ScanConfig,
    fleet: &'a Fleet,
    schemas: &'a Schemas<'a>,
    homes: &'a [Home],
    home: &'a Home,
    hosts: &'a Hosts,
    deploy: &'a Deploy,
    part: &'a Part,
}

impl Caller<'_> {
    /// Whom a client of a kind means.
    fn answer(&self, kind: Store, used: &Used, outcome: &Outcome) -> Answer {
        let all = self.fitting(kind);
        let is_known = |callee: &&&str| {
            let edge = outcome.edges.get(&(self.home.name.clone(), (**callee).to_owned()));
            edge.is_some_and(|edge| edge.class().is_rule())
        };
        if all.iter().any(|callee| is_known(&callee)) {
            return Answer::Known;
        }
        if used.is_told && !used.is_open {
            return Answer::Nobody;
        }
        // An import says nothing yet, nor does a client of an S3 that may be the cloud's own: not with a variable that a whole file brings along.
        let is_weak = used.is_imported || (kind == Store::S3 && !used.is_open);
        let named: BTreeMap<&str, Why> =
            all.iter().filter_map(|callee| Some((*callee, self.names(callee, is_weak, outcome)?))).collect();
        // What is used of a library and opens no connection may be a type or a helper of it: then the deployment has to name the store.
        let (fitting, why) = match !used.is_open || !named.is_empty() {
            true => {
                let why = named.values().copied().max().unwrap_or(Why::Named);
                (named.into_keys().collect(), why)
            }
            false if self.is_told_elsewhere(kind) => return Answer::Nobody,
            // What a client is called by its own default is not asked for.
            false
                if used.is_imported
                    && !self.is_told(kind)
                    && let Some((store, other)) = self.told_to_others(kind) =>
            {
                return Answer::Others(store, other);
            }
            false => (self.not_others(&all), Why::Only),
        };
        let explained = |callee: &&str| self.config.explains(&self.home.name, callee);
        let mut left = fitting.into_iter().filter(|callee| !explained(callee) && *callee != self.home.name);
        match (left.next(), left.next()) {
            (Some(one), None) => Answer::One(one.to_owned(), why),
            (None, _) => Answer::Nobody,
            _ => Answer::Several(all.into_iter().map(str::to_owned).collect()),
        }
    }

    /// The stores that a client of a kind may mean: of any SQL database, those of the drivers that the code has.
    fn fitting(&self, kind: Store) -> BTreeSet<&str> {
        let drivers: Vec<Store> = match kind {
            Store::Sql => {
                let drivers = self.part.stores.keys().copied();
                drivers.filter(|of| *of == Store::Embedded || (of.is_sql() && *of != Store::Sql)).collect()
            }
            _ => Vec::new(),
        };
        match drivers.is_empty() {
            true => self.fleet.of(kind),
            false => drivers.into_iter().flat_map(|driver| self.fleet.of(driver)).collect(),
        }
    }

    /// How the deployment, or a name in the code, says that a service has to do with a store.
    fn names(&self, callee: &str, is_weak: bool, outcome: &Outcome) -> Option<Why> {
        let given = self.deploy.of(&self.home.name);
        let is_after = is_after(self.hosts, self.deploy, &self.home.name, callee);
        let is_named = outcome.edges.contains_key(&(self.home.name.clone(), callee.to_owned()))
            || (!is_weak && self.part.mentions.contains_key(callee))
            || given.filter(|_| !is_weak).is_some_and(|given| {
                let values = given.environment.values().chain(given.flags.values()).flatten();
                values.chain(given.written.iter().map(|written| &written.value)).any(|value| {
                    self.hosts.answers(value).iter().any(
                        |answer| matches!(answer, hedgerow_deploy::Answer::Service(service, _) if service == callee),
                    )
                })
            });
        if is_named { Some(Why::Named) } else { is_after.then_some(Why::After) }
    }

    /// The variables for the address of a kind of store that reached code asks for.
    fn asked(&self, kind: Store) -> impl Iterator<Item = &str> {
        let asked = self.part.reads.keys().filter(|variable| is_address_variable(variable));
        asked.filter(move |variable| names::kind_of_variable(variable) == Some(kind)).map(String::as_str)
    }

    /// Whether the deployment says anything of the address of a kind of store.
    fn is_told(&self, kind: Store) -> bool {
        let given = self.deploy.of(&self.home.name);
        let is_set = |given: &hedgerow_deploy::Given, name: &str| {
            given.environment.contains_key(name) || given.hidden.contains_key(name)
        };
        given.is_none_or(|given| {
            given.is_open || {
                let names = given.environment.keys().chain(given.hidden.keys());
                names
                    .into_iter()
                    .filter_map(|name| names::kind_of_variable(name))
                    .any(|of| of == kind || (of == Store::Sql && kind.is_sql()))
                    || self.asked(kind).any(|name| is_set(given, name))
            }
        })
    }

    /// The only store of a kind, where the deployment gives its address to others by a variable that this code asks for, too.
    fn told_to_others(&self, kind: Store) -> Option<(String, String)> {
        let all = self.fleet.of(kind);
        let store = all.first().filter(|_| all.len() == 1)?;
        let leads = |value: &Partial| {
            let answers = self.hosts.answers(value);
            answers
                .iter()
                .any(|answer| matches!(answer, hedgerow_deploy::Answer::Service(service, _) if service == store))
        };
        let others = || self.homes.iter().filter(|home| home.name != self.home.name);
        let told = |name: &str| {
            others().find(|home| {
                let given = self.deploy.of(&home.name).and_then(|given| given.environment.get(name));
                given.is_some_and(|values| values.iter().any(leads))
            })
        };
        self.asked(kind).find_map(told).map(|other| ((*store).to_owned(), other.name.clone()))
    }

    /// Whether the deployment gives an address for a kind of store that leads to something else: to a proxy before it, to what speaks like it.
    fn is_told_elsewhere(&self, kind: Store) -> bool {
        let Some(given) = self.deploy.of(&self.home.name) else { return false };
        let all = self.fleet.of(kind);
        let is_of_kind = |name: &str| is_address_variable(name) && names::kind_of_address(name) == Some(kind);
        let mut values = given.environment.iter().filter(|(name, _)| is_of_kind(name)).flat_map(|(_, values)| values);
        let is_elsewhere = |value: &Partial| {
            let answers = self.hosts.answers(value);
            !answers.is_empty()
                && answers.iter().all(
                    |answer| matches!(answer, hedgerow_deploy::Answer::Service(service, _) if !all.contains(service.as_str())),
                )
        };
        let mut values = values.by_ref().peekable();
        values.peek().is_some() && values.all(is_elsewhere)
    }

    /// What the code has of stores, with the variables that it asks for and whose values nobody knows.
    fn uses(&self) -> BTreeMap<Store, Used> {
        let mut uses = self.part.stores.clone();
        self.schemas.add(self.home, self.deploy, self.part, &mut uses);
        let given = self.deploy.of(&self.home.name);
        for (variable, place) in self.part.reads.iter().filter(|(variable, _)| is_address_variable(variable)) {
            let Some(kind) = names::kind_of_variable(variable) else { continue };
            let values = given.and_then(|given| given.environment.get(variable)).into_iter().flatten();
            let is_hidden = given.is_some_and(|given| given.hidden.contains_key(variable));
            let values: Vec<Option<&str>> = values.map(Partial::known).collect();
            // Of several values each may be the one.
            let is_given = is_hidden || values.contains(&None);
            if !is_given && !values.is_empty() {
                continue;
            }
            match uses.get_mut(&kind) {
                Some(used) => used.is_open |= !used.is_told,
                // What is not set at all may be left out on purpose.
                None if !is_given => {}
                None => {
                    let used = Used {
                        place: place.clone(),
                        call: String::new(),
                        is_open: true,
                        is_told: false,
                        is_imported: false,
                        private: None,
                    };
                    uses.insert(kind, used);
                }
            }
        }
        uses
    }

    /// Of several stores those that are called after the service, else those that are not called after another one: `keycloak-postgres` is
    /// Keycloak's.
    fn not_others<'n>(&self, all: &BTreeSet<&'n str>) -> BTreeSet<&'n str> {
        if all.len() < 2 {
            return all.clone();
        }
        let is_its = |home: &Home, store: &str| {
            let stem = names::stem(store);
            !stem.is_empty() && names::plain(&home.name).ends_with(&stem)
        };
        let own: BTreeSet<&str> = all.iter().copied().filter(|store| is_its(self.home, store)).collect();
        if !own.is_empty() {
            return own;
        }
        let is_others = |store: &str| {
            let mut others = self.homes.iter().filter(|home| home.name != store && !names::has_product(&home.name));
            others.any(|home| is_its(home, store))
        };
        all.iter().copied().filter(|store| !is_others(store)).collect()
    }
}
