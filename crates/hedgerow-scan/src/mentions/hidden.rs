//! Addresses that the deploy gives to services without a value: a Secret's, and those that compose takes from outside of the tree.

use super::given::listed;
use super::variables::asks_others;
use super::weight::is_shown;
use crate::edge::{Finding, Place};
use crate::mention::is_address_variable;
use crate::places::Places;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Answer, Given, Hosts, Said, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows.
const MAX_MARKS: usize = 4;

/// A variable that a service is given: whose, which, and where.
#[derive(Debug)]
pub(super) struct Hidden<'g> {
    pub(super) service: &'g str,
    pub(super) variable: &'g str,
    pub(super) spot: &'g Spot,
    /// The service that the variable is called after.
    pub(super) callee: Option<String>,
}

/// The variables for addresses of others whose values no file says.
pub(super) fn variables<'g>(given: &'g Given, hosts: &Hosts) -> Vec<(&'g str, &'g Spot)> {
    let is_set = |name: &str| given.environment.contains_key(name);
    let unsaid = given.hidden.iter().filter(|(name, _)| !is_set(name)).map(|(name, spot)| (name.as_str(), spot));
    let open = given.environment.iter().filter_map(|(name, values)| {
        let answers = |value| hosts.answers(value);
        let is_open = |answer: &Answer| matches!(answer, Answer::Open);
        let is_hidden = values.iter().all(|value| value.known().is_none() && answers(value).iter().all(is_open));
        let value = values.first().filter(|_| is_hidden)?;
        Some((name.as_str(), given.spots.get(&Said::Variable(name.clone(), value.clone()))?))
    });
    let asks = |name: &str| is_address_variable(name) && asks_others(name) && !is_shown(name);
    unsaid.chain(open).filter(|(name, _)| asks(name)).collect()
}

/// Asks about such variables: of a file that gives them to several services once, of others once for each variable.
pub(super) fn findings<'a>(all: &[Hidden<'a>], places: &Places<'a>) -> Vec<Finding> {
    let mut by_file: BTreeMap<&str, Vec<&Hidden<'a>>> = BTreeMap::new();
    for hidden in all {
        by_file.entry(&hidden.spot.path).or_default().push(hidden);
    }
    let mut by_variable: BTreeMap<&str, Vec<&Hidden<'a>>> = BTreeMap::new();
    let mut found = Vec::new();
    for of_file in by_file.into_values() {
        let services: BTreeSet<&str> = of_file.iter().map(|hidden| hidden.service).collect();
        if services.len() > 1 {
            found.push(of_file);
        } else {
            of_file.into_iter().for_each(|hidden| by_variable.entry(hidden.variable).or_default().push(hidden));
        }
    }
    found.extend(by_variable.into_values());
    found.iter().filter_map(|group| finding(group, places)).collect()
}

fn finding<'a>(group: &[&Hidden<'a>], places: &Places<'a>) -> Option<Finding> {
    let first = group.first()?;
    let services: BTreeSet<&str> = group.iter().map(|hidden| hidden.service).collect();
    let mut marked = BTreeMap::new();
    for hidden in group {
        marked.entry(hidden.variable).or_insert(*hidden);
    }
    let names = |all: &mut dyn Iterator<Item = &str>| listed(&all.collect::<Vec<_>>());
    let marks = marked.values().take(MAX_MARKS).map(|hidden| {
        let place: Place = places.of(hidden.spot, "", hidden.variable);
        (place, format!("who `{}` leads to is not said", hidden.variable))
    });
    let (variables, callers) = (names(&mut marked.keys().copied()), names(&mut services.iter().copied()));
    let path = &first.spot.path;
    Some(Finding {
        code: Code::UnknownClient,
        message: format!("the deploy gives {variables} to {callers}, and no file that was read says what they are"),
        marks: marks.collect(),
        help: vec![
            "let the scan read the file of variables that says it: `scan.settings`, or `.env` beside the compose file"
                .to_owned(),
            "say who is called by a rule file or a comment in the caller's code".to_owned(),
            format!(
                "if no service of the fleet is: `{}` at the top of `{path}`",
                written(path, "hedgerow: ignore <reason>")
            ),
        ],
        services: services.into_iter().map(str::to_owned).collect(),
        callees: group.iter().filter_map(|hidden| hidden.callee.clone()).collect(),
    })
}
