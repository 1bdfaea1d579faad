//! Clients of stores whose addresses are not known, joined with the only store that they can mean.

use super::{Fleet, Store, Used, names};
use crate::config::{Candidates, ScanConfig};
use crate::edge::{Class, Evidence, Outcome, Port};
use crate::inventory::Home;
use crate::mention::is_address_variable;
use crate::pack::Kind;
use crate::part::Part;
use crate::questions::Question;
use hedgerow_core::diag::enumerate;
use hedgerow_deploy::{Deploy, Hosts, Partial};
use std::collections::{BTreeMap, BTreeSet};

/// Joins clients with stores, and gives back the questions about calls that are still open, each with the service whose it is.
pub(crate) fn join(
    (config, fleet): (&ScanConfig, &Fleet),
    homes: &[Home],
    hosts: &Hosts,
    deploy: &Deploy,
    parts: &[Part],
    outcome: &mut Outcome,
) -> Vec<(String, Question)> {
    let mut kept = Vec::new();
    for (home, part) in homes.iter().zip(parts) {
        let mut answers: BTreeMap<Store, Answer> = BTreeMap::new();
        if config.candidate != Candidates::Ask {
            let of = Caller { config, fleet, homes, home, hosts: hosts.of(&home.name), deploy, part };
            let uses = of.uses();
            for (kind, used) in &uses {
                answers.insert(*kind, of.answer(*kind, used, outcome));
            }
            for (kind, used) in &uses {
                if let Some(Answer::One(callee, why)) = answers.get(kind) {
                    outcome.add(&home.name, callee, evidence(*kind, used, callee, *why));
                }
            }
        }
        for question in &part.questions {
            let answer = question.store.and_then(|kind| answers.get(&kind));
            let mut question = question.clone();
            match answer {
                Some(Answer::One(..) | Answer::Known) => continue,
                Some(Answer::Several(all)) => {
                    let names: BTreeSet<String> = all.iter().map(|name| format!("`{name}`")).collect();
                    question.help.push(format!("it may be one of {}", enumerate(names)));
                }
                Some(Answer::Nobody) | None => {}
            }
            kept.push((home.name.clone(), question));
        }
    }
    kept
}

fn evidence(kind: Store, used: &Used, callee: &str, why: Why) -> Evidence {
    let client = match used.is_open {
        true => format!("a client of {} whose address is not known", kind.shown()),
        false => format!("what a client of {} is used for", kind.shown()),
    };
    let why = match why {
        Why::Only => format!("`{callee}` is the only one that the deployment has for it"),
        Why::Named => format!("the deployment names `{callee}` for it"),
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
#[derive(Debug, Clone, Copy)]
enum Why {
    Only,
    Named,
}

/// What is known of whom a client means.
enum Answer {
    /// This one.
    One(String, Why),
    /// One that is known already.
    Known,
    /// One of these.
    Several(BTreeSet<String>),
    /// No store of the fleet, as far as anybody can tell.
    Nobody,
}

/// One service, and what is known of it.
struct Caller<'a> {
    config: &'a ScanConfig,
    fleet: &'a Fleet,
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
        let named: BTreeSet<&str> = all.iter().copied().filter(|callee| self.names(callee, is_weak, outcome)).collect();
        // What is used of a library and opens no connection may be a type or a helper of it: then the deployment has to name the store.
        let (fitting, why) = match !used.is_open || !named.is_empty() {
            true => (named, Why::Named),
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

    /// Whether the deployment, or a name in the code, says that a service has to do with a store.
    fn names(&self, callee: &str, is_weak: bool, outcome: &Outcome) -> bool {
        let given = self.deploy.of(&self.home.name);
        let is_after = given.is_some_and(|given| given.after.keys().any(|name| self.hosts.named(name) == Some(callee)));
        is_after
            || outcome.edges.contains_key(&(self.home.name.clone(), callee.to_owned()))
            || (!is_weak && self.part.mentions.contains_key(callee))
            || given.filter(|_| !is_weak).is_some_and(|given| {
                let values = given.environment.values().flatten();
                values.into_iter().any(|value| {
                    self.hosts.answers(value).iter().any(
                        |answer| matches!(answer, hedgerow_deploy::Answer::Service(service, _) if service == callee),
                    )
                })
            })
    }

    /// What the code has of stores, with the variables that it asks for and whose values nobody knows.
    fn uses(&self) -> BTreeMap<Store, Used> {
        let mut uses = self.part.stores.clone();
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
