//! Files of settings that many services are given: an address in one says little of each. Where none of them calls who is at it, that is
//! asked about once.

use super::given::listed;
use super::{MAX_MARKS, place};
use crate::edge::{Finding, Outcome, Place};
use crate::inventory::Home;
use crate::mention::named;
use crate::mentions::weight::Weight;
use crate::part::Part;
use crate::tree::Tree;
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_core::diag::Code;
use hedgerow_deploy::Hosts;
use std::collections::{BTreeMap, BTreeSet};

/// Asks about the addresses in files of many services that none of these calls.
pub(super) fn ask(tree: &Tree, homes: &[Home], parts: &[Part], hosts: &Hosts, outcome: &mut Outcome) {
    let mut takers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in tree.texts {
        if tree.config.settings.iter().find_map(|pattern| pattern.take(&file.path)) == Some("") {
            let with_code = homes.iter().zip(parts).filter(|(_, part)| part.account.functions > 0);
            takers.entry(&file.path).or_default().extend(with_code.map(|(home, _)| home.name.as_str()));
        }
    }
    for file in tree.texts.iter().filter(|file| takers.contains_key(file.path.as_str())) {
        let is_ignored = lines::comments(&file.text).iter().any(|(told, _)| matches!(told, Directive::Ignore(_)));
        if is_ignored || tree.config.ignore.is_match(&file.path) {
            continue;
        }
        let mut found: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for setting in lines::settings(&file.path, &file.text) {
            if Weight::of_setting(&file.text, &setting) != Weight::Address {
                continue;
            }
            let all = named(setting.value, lines::key_of(&file.text, &setting), hosts);
            for named in all.into_iter().filter(|named| named.is_address) {
                let start = setting.start + named.start;
                let range = Range { start: place(start), end: place(start + named.text.len()) };
                found.entry(named.service).or_default().push(Place { path: file.path.clone(), range });
            }
        }
        let all = &takers[file.path.as_str()];
        for (callee, places) in found {
            outcome.findings.extend(finding(tree, &file.path, &callee, &places, all, outcome));
        }
    }
}

/// The finding about a service at whose address in a file nobody of the file's takers calls.
fn finding(
    tree: &Tree,
    path: &str,
    callee: &str,
    places: &[Place],
    takers: &BTreeSet<&str>,
    outcome: &Outcome,
) -> Option<Finding> {
    let calls = |caller: &&str| {
        let edge = outcome.edges.get(&((*caller).to_owned(), callee.to_owned()));
        edge.is_some_and(|edge| edge.class().is_rule())
    };
    let callers = takers.iter().copied().filter(|caller| *caller != callee);
    if callers.clone().any(|caller| calls(&caller) || tree.config.explains(caller, callee)) {
        return None;
    }
    // Of all of them is asked already.
    let is_asked = |caller: &str| outcome.edges.contains_key(&(caller.to_owned(), callee.to_owned()));
    if callers.clone().all(is_asked) {
        return None;
    }
    let callers: Vec<&str> = callers.collect();
    let first = callers.first()?;
    Some(Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "`{path}` gives an address of `{callee}` to {}, and nothing that was read asks for it",
            listed(&callers)
        ),
        marks: places.iter().take(MAX_MARKS).map(|place| (place.clone(), "an address".to_owned())).collect(),
        help: vec![
            "where it is called, say so by a rule file or a comment in the caller's code".to_owned(),
            format!("where it is not, say why under `scan.ignore` in hedgerow.yaml: `{first} -> {callee}: <reason>`"),
        ],
        services: callers.iter().map(|caller| (*caller).to_owned()).collect(),
        callees: BTreeSet::from([callee.to_owned()]),
    })
}
