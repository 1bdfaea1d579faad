//! Services that run in the containers of one pod and nowhere else: between them no call leaves the pod.

use crate::edge::{Edge, Outcome};
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Hosts, Partial};
use std::collections::BTreeSet;

/// Takes away what is known or asked of calls inside of a pod, unless an address may name the one that is called: that leads out of
/// the pod.
pub(crate) fn settle(hosts: &Hosts, deploy: &Deploy, outcome: &mut Outcome) {
    let pods: Vec<BTreeSet<&str>> = deploy
        .inside()
        .filter(|(_, inside)| !inside.is_empty())
        .map(|(pod, inside)| inside.into_iter().chain([pod]).collect())
        .collect();
    if pods.is_empty() {
        return;
    }
    let is_one = |names: &BTreeSet<&str>| names.len() > 1 && pods.iter().any(|pod| names.is_subset(pod));
    // An address of the machine itself, a variable with one, or what only contracts and stores tell.
    let is_inside = |caller: &str, target: &str| {
        let given = |name: &str| deploy.of(caller)?.environment.get(name).cloned();
        let values = match target.strip_prefix('$') {
            Some(name) => given(name).unwrap_or_default(),
            None => vec![Partial::read(target)],
        };
        let is_here = !values.is_empty() && values.iter().all(|value| !hosts.here(value).is_empty());
        target.contains(' ') || is_here
    };
    let is_named = |edge: &Edge| !edge.evidence.iter().all(|evidence| is_inside(&edge.caller, &evidence.target));
    let mut kept = BTreeSet::new();
    outcome.edges.retain(|(caller, callee), edge| {
        let is_kept = !is_one(&BTreeSet::from([caller.as_str(), callee.as_str()])) || is_named(edge);
        if is_kept {
            kept.insert((caller.clone(), callee.clone()));
        }
        is_kept
    });
    outcome.findings.retain(|finding| {
        let names = finding.services.iter().chain(&finding.callees).map(String::as_str).collect();
        let is_about_calls = finding.code == Code::UnexplainedMention && !finding.callees.is_empty();
        let is_asked =
            |(caller, callee): &(String, String)| finding.services.contains(caller) && finding.callees.contains(callee);
        !(is_about_calls && is_one(&names)) || kept.iter().any(is_asked)
    });
}
