//! Calls that cannot be told for one cause: a file imports another one that is not in the tree.

use super::Scanned;
use hedgerow_core::diag::Code;
use hedgerow_scan::{Finding, Reason};
use std::collections::{BTreeMap, BTreeSet};

/// How many calls are shown of those that have one cause.
const SHOWN: usize = 3;

/// The findings that have a cause of their own, and one for each import that leads nowhere and makes several calls unknown.
pub(super) fn grouped<'f>(scanned: &Scanned, findings: Vec<&'f Finding>) -> (Vec<&'f Finding>, Vec<Finding>) {
    let mut imports: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (service, account) in &scanned.outcome.accounts {
        for left in account.left.iter().filter(|left| left.reason == Reason::Import && left.files == 1) {
            imports.entry((service, &left.first)).or_default().insert(&left.what);
        }
    }
    let causes: Vec<(&str, &str)> = imports.keys().copied().collect();
    let cause = |finding: &Finding| {
        let is_its = |(service, path): &&(&str, &str)| {
            finding.services.len() == 1
                && finding.services.contains(*service)
                && finding.marks.iter().skip(1).any(|(place, _)| place.path == *path)
        };
        causes.iter().find(is_its).copied().filter(|_| finding.code == Code::UnresolvedCall)
    };
    let mut by_cause: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        if let Some(cause) = cause(finding) {
            by_cause.entry(cause).or_default().push(finding);
        }
    }
    by_cause.retain(|_, findings| findings.len() > 1);
    let own = findings.into_iter().filter(|finding| cause(finding).is_none_or(|cause| !by_cause.contains_key(&cause)));
    let own = own.collect();
    let joined = by_cause.into_iter().map(|((service, path), findings)| {
        let what: Vec<String> =
            imports.get(&(service, path)).into_iter().flatten().map(|what| format!("`{what}`")).collect();
        let (what, is) = (what.join(", "), if what.len() == 1 { "is" } else { "are" });
        let unknown = findings.iter().flat_map(|finding| finding.marks.iter().skip(1));
        let unknown = unknown.filter(|(place, _)| place.path == path).take(1).cloned();
        let calls = findings.iter().flat_map(|finding| finding.calls()).take(SHOWN);
        let calls = calls.map(|place| (place.clone(), "one of the calls".to_owned()));
        Finding {
            code: Code::UnresolvedCall,
            message: format!(
                "the targets of {} calls of `{service}` cannot be told: {path} imports {what}, which {is} not in the tree",
                findings.iter().map(|finding| finding.calls().count()).sum::<usize>()
            ),
            marks: unknown.chain(calls).collect(),
            help: vec![
                format!("where a build makes {what}, run that first, and scan again"),
                format!("else say who is called, by a comment there in {path}: `rpcmap: <service>`"),
            ],
            services: BTreeSet::from([service.to_owned()]),
            callees: BTreeSet::new(),
        }
    });
    let joined = joined.collect();
    (own, joined)
}
