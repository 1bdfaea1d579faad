//! Policies that the tree already has: whom they let call a service either calls it as far as can be seen, or is asked about.

use crate::config::Candidates;
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::pack::Kind;
use crate::places::Places;
use crate::tree::Tree;
use hedgerow_core::diag::{Code, enumerate_some};
use hedgerow_deploy::Deploy;
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows, and how many names.
const MAX_MARKS: usize = 4;

/// Asks about the pairs that policies name and that nothing else has named: one question for each caller.
pub(crate) fn ask<'a>(tree: &Tree, deploy: &'a Deploy, places: &Places<'a>, outcome: &mut Outcome) {
    let asked: BTreeSet<(String, String)> = outcome
        .findings
        .iter()
        .flat_map(|finding| finding.services.iter().map(move |caller| (caller, &finding.callees)))
        .flat_map(|(caller, callees)| callees.iter().map(|callee| (caller.clone(), callee.clone())))
        .collect();
    let mut open: BTreeMap<&str, BTreeMap<&str, Place>> = BTreeMap::new();
    for permit in deploy.permits() {
        let pair = (permit.caller.clone(), permit.callee.clone());
        let is_known = outcome.edges.get(&pair).is_some_and(|edge| edge.class().is_rule());
        if is_known || asked.contains(&pair) || tree.config.explains(&pair.0, &pair.1) {
            continue;
        }
        let of_caller = open.entry(&permit.caller).or_default();
        of_caller.entry(&permit.callee).or_insert_with(|| places.of(&permit.spot, "", &permit.caller));
    }
    for (caller, callees) in open {
        if tree.config.candidate == Candidates::Accept {
            for (callee, place) in callees {
                let target = "a policy of the tree".to_owned();
                let (class, port, kind) = (Class::Declared, Port::Unknown, Kind::Tcp);
                outcome.add(caller, callee, Evidence { class, place, target, port, kind, way: Vec::new() });
            }
            continue;
        }
        let names = enumerate_some(MAX_MARKS, callees.keys().map(|callee| format!("`{callee}`")));
        outcome.findings.push(Finding {
            code: Code::UnexplainedMention,
            message: format!("policies in the tree let `{caller}` call {names}, and no call was found"),
            help: vec![
                format!("if `{caller}` calls, say so in its code by a comment: `rpcmap: <service>`"),
                "`hedgerow import policies` writes the rules that such policies mean".to_owned(),
                "if it does not, the policy lets in more than is needed: say so under `scan.ignore` in hedgerow.yaml, and why".to_owned(),
            ],
            callees: callees.keys().map(|callee| (*callee).to_owned()).collect(),
            marks: callees.into_values().take(MAX_MARKS).map(|place| (place, String::new())).collect(),
            services: BTreeSet::from([caller.to_owned()]),
        });
    }
    let groups = deploy.group_permits().iter().map(|(spot, sizes)| (places.of(spot, "", ""), *sizes));
    let groups: BTreeMap<Place, [usize; 2]> =
        groups.filter(|(place, _)| !tree.config.ignore.is_match(&place.path)).collect();
    if !groups.is_empty() {
        let mark = |(place, [one, other]): (Place, [usize; 2])| (place, format!("{one} services, and {other} others"));
        outcome.findings.push(Finding {
            code: Code::ScanLimit,
            message: match groups.len() {
                1 => "a policy in the tree lets more services call each other than the scan asks about".to_owned(),
                many => format!("{many} peers in policies let more services call each other than the scan asks about"),
            },
            marks: groups.into_iter().take(MAX_MARKS).map(mark).collect(),
            help: vec![
                "`hedgerow import policies` writes the rules that such policies mean".to_owned(),
                "where they are for a group and say of no pair that it calls, leave the file out by a glob under `scan.ignore` in hedgerow.yaml".to_owned(),
            ],
            services: BTreeSet::new(),
            callees: BTreeSet::new(),
        });
    }
}
