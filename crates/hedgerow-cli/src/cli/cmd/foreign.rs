//! Names that come from traffic: whoever runs a pod or sends a packet may have chosen them.

use hedgerow_core::unseen::{escaped, is_unseen};
use hedgerow_observe::observations::{End, Observations, Watched};
use std::collections::BTreeMap;

/// Observations with names that can be printed anywhere: in a terminal, in a code span, in an annotation. What nobody sees is written as the
/// escape that stands for it, so a name stays one line and two names stay apart; a backtick is an apostrophe.
pub(super) fn plain(mut observations: Observations) -> Observations {
    let header = &mut observations.header;
    let own = [&mut header.environment, &mut header.catalogue].into_iter().flatten();
    let sources = header.coverage.iter_mut().flat_map(|source| [&mut source.node, &mut source.source]);
    let callees = header.canaries.iter_mut().map(|canary| &mut canary.callee);
    own.chain(sources).chain(callees).for_each(mend);
    keys(&mut header.services);
    for Watched { nodes, unlabelled, forged, types, policy, jobs, .. } in header.services.values_mut() {
        let digest = policy.iter_mut().map(|policy| &mut policy.digest);
        nodes.iter_mut().chain(digest).chain(jobs.iter_mut().map(|job| &mut job.workload)).for_each(mend);
        keys(unlabelled);
        keys(forged);
        types.iter_mut().for_each(keys);
    }
    for line in &mut observations.observed {
        match &mut line.caller {
            End::Service(name) | End::Outsider(name) => mend(name),
            End::Unknown(names) => names.iter_mut().for_each(mend),
        }
        mend(&mut line.callee);
        mend(&mut line.protocol);
    }
    // What is wrong with a line may quote it.
    observations.faults.first.iter_mut().for_each(|(_, reason)| mend_text(reason));
    observations
}

fn keys<V>(map: &mut BTreeMap<String, V>) {
    if map.keys().any(|key| *key != shown(key)) {
        *map = std::mem::take(map).into_iter().map(|(key, value)| (shown(&key), value)).collect();
    }
}

fn mend(name: &mut String) {
    if name.is_empty() || name.contains('`') || name.chars().any(is_unseen) {
        *name = shown(name);
    }
}

/// Of a sentence, whose backticks are ours.
fn mend_text(text: &mut String) {
    if text.chars().any(is_unseen) {
        *text = escaped(text);
    }
}

/// A name as it is printed.
pub(super) fn shown(name: &str) -> String {
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    escaped(name).replace('`', "'")
}

/// Stands for a name that is empty.
const NAMELESS: &str = "(no name)";

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_name_is_one_line_that_steers_nothing() {
        for (name, should) in [
            ("service.ledger", "service.ledger"),
            ("pod:ops/backup", "pod:ops/backup"),
            ("", "(no name)"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}\u{e0041}\u{3164}", "a\\u{200b}\\u{e0041}\\u{3164}"),
            ("`id`", "'id'"),
            ("über", "über"),
        ] {
            assert_eq!(shown(name), should);
        }
    }
}
