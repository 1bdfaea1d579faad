//! Compose's own `.env`, given to containers besides (`env_file: .env`): it has the variables of all of them, so that an address in it is
//! for those that ask for it by its name.

use super::MAX_MARKS;
use super::given::{help, is_named_after, listed};
use crate::edge::{Finding, Place};
use crate::inventory::Home;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Partial, Said};
use std::collections::{BTreeMap, BTreeSet};

/// The files that several services are given so, and to whom.
#[derive(Debug, Default)]
pub(super) struct Dotenv<'d> {
    files: BTreeMap<&'d str, BTreeSet<&'d str>>,
}

impl<'d> Dotenv<'d> {
    pub(super) fn new(homes: &'d [Home], deploy: &'d Deploy) -> Self {
        let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for home in homes {
            let given = deploy.of(&home.name).map(|given| &given.variables_of_all);
            for path in given.into_iter().flatten() {
                files.entry(path).or_default().insert(&home.name);
            }
        }
        files.retain(|_, services| services.len() > 1);
        Self { files }
    }

    /// Whether a service is given a file so.
    pub(super) fn is_given(&self, service: &str, path: &str) -> bool {
        self.files.get(path).is_some_and(|services| services.contains(service))
    }

    /// Whether a value of a variable comes to a service with such a file, and says nothing of the service by that. `asks` says whether the
    /// service asks for the variable; what is called after an image of others is known to it.
    pub(super) fn is_for_others(
        &self,
        (home, is_read): (&Home, bool),
        deploy: &Deploy,
        (name, value): (&str, &Partial),
        asks: impl Fn(&str) -> bool,
    ) -> bool {
        let Some(given) = deploy.of(&home.name).filter(|_| !self.files.is_empty()) else { return false };
        let spot = given.spots.get(&Said::Variable(name.to_owned(), value.clone()));
        spot.is_some_and(|spot| self.is_given(&home.name, &spot.path))
            && !asks(name)
            && (is_read || !is_named_after(name, home))
    }
}

/// What is asked of such files: the callers, each with whom it is given addresses of, and where.
#[derive(Debug, Default)]
pub(super) struct Asked(BTreeMap<String, BTreeMap<String, Place>>);

impl Asked {
    pub(super) fn add(&mut self, caller: &str, callee: &str, place: &Place) {
        self.0.entry(caller.to_owned()).or_default().insert(callee.to_owned(), place.clone());
    }

    /// The questions: one for each caller; those that are given the same are asked about at once.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        let mut all: BTreeMap<BTreeMap<String, Place>, BTreeSet<String>> = BTreeMap::new();
        for (caller, callees) in self.0 {
            all.entry(callees).or_default().insert(caller);
        }
        all.into_iter().map(|(callees, callers)| finding(&callees, callers))
    }
}

fn finding(callees: &BTreeMap<String, Place>, services: BTreeSet<String>) -> Finding {
    let callers: Vec<&str> = services.iter().map(String::as_str).collect();
    let names: Vec<&str> = callees.keys().map(String::as_str).collect();
    let path = callees.values().next().map_or("", |place| place.path.as_str());
    let (address, other) = match names.as_slice() {
        [one] => ("an address", *one),
        _ => ("addresses", "*"),
    };
    let (is, it) = if callers.len() == 1 { ("is", "it") } else { ("are", "they") };
    let them = if names.len() == 1 { "it" } else { "them" };
    Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "{} {is} given {address} of {} by `{path}`, which has the variables of all, and nothing that was read shows that {it} {} for {them}",
            listed(&callers),
            listed(&names),
            if callers.len() == 1 { "asks" } else { "ask" },
        ),
        marks: callees
            .iter()
            .take(MAX_MARKS)
            .map(|(callee, place)| (place.clone(), format!("an address of `{callee}`")))
            .collect(),
        help: help(callers.first().copied().unwrap_or("*"), other),
        callees: callees.keys().cloned().collect(),
        services,
    }
}
