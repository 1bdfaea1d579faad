//! Addresses that the deploy gives to services without a value: a Secret's, and those that compose takes from outside of the tree.

use super::given::listed;
use super::variables::asks_others;
use super::weight::is_shown;
use crate::calls::is_store_of_nobody;
use crate::edge::{Finding, Place};
use crate::mention::is_address_variable;
use crate::places::Places;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Given, Hiding, Hosts, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows.
const MAX_MARKS: usize = 4;

/// A variable that a service is given: whose, which, where, and who keeps its value.
#[derive(Debug)]
pub(super) struct Hidden<'g> {
    pub(super) service: &'g str,
    pub(super) variable: &'g str,
    pub(super) spot: &'g Spot,
    pub(super) hiding: Hiding,
    /// The service that the variable is called after.
    pub(super) callee: Option<String>,
}

/// The variables for addresses of others whose values no file says. Where the fleet has no store of a kind, one outside of it is meant.
pub(super) fn variables<'g>(given: &'g Given, hosts: &Hosts) -> Vec<(&'g str, Hiding, &'g Spot)> {
    let is_known = |name: &str| given.environment.get(name).into_iter().flatten().any(|value| value.known().is_some());
    let asks = |name: &str| is_address_variable(name) && asks_others(name) && !is_shown(name);
    let hidden = given.hidden.iter().filter(|(name, _)| asks(name) && !is_known(name));
    let open = hidden.filter(|(name, _)| !is_store_of_nobody(hosts, name));
    open.map(|(name, (hiding, spot))| (name.as_str(), *hiding, spot)).collect()
}

/// Asks about such variables: about several that one file gives once, about others once for each variable.
pub(super) fn findings<'a>(all: &[Hidden<'a>], places: &Places<'a>) -> Vec<Finding> {
    let mut by_file: BTreeMap<(Hiding, &str), Vec<&Hidden<'a>>> = BTreeMap::new();
    for hidden in all {
        by_file.entry((hidden.hiding, &hidden.spot.path)).or_default().push(hidden);
    }
    let mut by_variable: BTreeMap<(Hiding, &str), Vec<&Hidden<'a>>> = BTreeMap::new();
    let mut found = Vec::new();
    for ((hiding, _), of_file) in by_file {
        if of_file.len() > 1 {
            found.push(of_file);
        } else {
            of_file.into_iter().for_each(|one| by_variable.entry((hiding, one.variable)).or_default().push(one));
        }
    }
    found.extend(by_variable.into_values());
    found.iter().filter_map(|group| finding(group, places)).collect()
}

fn finding<'a>(group: &[&Hidden<'a>], places: &Places<'a>) -> Option<Finding> {
    let first = group.first()?;
    let services: BTreeSet<&str> = group.iter().map(|hidden| hidden.service).collect();
    let variables: BTreeSet<&str> = group.iter().map(|hidden| hidden.variable).collect();
    // A place for each variable, and where there is one variable, for each service.
    let mut marked = BTreeMap::new();
    for hidden in group {
        marked.entry(if variables.len() > 1 { hidden.variable } else { hidden.service }).or_insert(*hidden);
    }
    let marks = marked.values().take(MAX_MARKS).map(|hidden| {
        let place: Place = places.of(hidden.spot, "", hidden.variable);
        (place, format!("`{}` is given `{}` here", hidden.service, hidden.variable))
    });
    let names = |all: &BTreeSet<&str>| listed(&all.iter().copied().collect::<Vec<_>>());
    let (asked, callers) = (names(&variables), names(&services));
    let help = match first.hiding {
        Hiding::Object => {
            "where it is an address in the cluster, a ConfigMap in the tree can say it, and the scan reads that"
        }
        Hiding::Example => "put the address in the place of the example, where the file is one that is deployed",
        Hiding::Outside => {
            "let the scan read the file of variables that says it: `.env` beside the compose file, or `scan.settings`"
        }
    };
    let keeper = match first.hiding {
        Hiding::Object => "a Secret, or a ConfigMap that is not in the tree, keeps",
        Hiding::Example => "nobody filled in",
        Hiding::Outside => "no file that was read says",
    };
    let what = if variables.len() == 1 { "an address whose value" } else { "addresses whose values" };
    let ignore = written(&first.spot.path, "hedgerow: ignore <reason>");
    Some(Finding {
        code: Code::UnknownClient,
        message: format!("the deploy gives {callers} {what} {keeper}: {asked}"),
        marks: marks.collect(),
        help: vec![
            help.to_owned(),
            "say who is called by a rule file or a comment in the caller's code".to_owned(),
            format!(
                "if no service of the fleet is: `{ignore}` in the file that gives it, or `scan.ignore` in hedgerow.yaml"
            ),
        ],
        services: services.into_iter().map(str::to_owned).collect(),
        callees: group.iter().filter_map(|hidden| hidden.callee.clone()).collect(),
    })
}
