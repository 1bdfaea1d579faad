//! `--explain A B`: the way from an entry point to the call, or why there is none.

use super::Scanned;
use hedgerow_core::diag::Code;
use hedgerow_scan::Evidence;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The most ways that are shown.
const MAX_WAYS: usize = 3;

/// Says why `caller` calls `callee`, or what is known where no call is found.
pub(super) fn explain(scanned: &mut Scanned, caller: &str, callee: &str) -> String {
    let mut text = String::new();
    let Some(edge) = scanned.outcome.edges.get(&(caller.to_owned(), callee.to_owned())).cloned() else {
        return absent(scanned, caller, callee);
    };
    let _infallible = writeln!(text, "{caller} -> {callee}: {}", edge.class().as_str());
    // Two calls in one line are one to a reader.
    let mut ways: Vec<String> = Vec::new();
    for evidence in &edge.evidence {
        let way = way(scanned, evidence);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.iter().take(MAX_WAYS).for_each(|way| text.push_str(way));
    if ways.len() > MAX_WAYS {
        let _infallible = writeln!(text, "\nand {} more", ways.len() - MAX_WAYS);
    }
    text
}

/// One way to a call, as a paragraph.
fn way(scanned: &mut Scanned, evidence: &Evidence) -> String {
    let at = scanned.texts.line(&evidence.place);
    let mut text = format!("\n{} by {} at {at}\n", evidence.class.as_str(), evidence.target);
    for hop in &evidence.way {
        let at = scanned.texts.line(&hop.place);
        let span = scanned.texts.first_line(&hop.place);
        let code = scanned.texts.sources.slice(span).trim().to_owned();
        let _infallible = writeln!(text, "  {:<40} {at}\n      {code}", hop.function);
    }
    text
}

fn absent(scanned: &mut Scanned, caller: &str, callee: &str) -> String {
    let mut text = format!("{caller} -> {callee}: no call is found\n\n");
    match scanned.outcome.services.get(caller).copied().unwrap_or(0) {
        0 => text.push_str(
            "the scan found nothing in the caller's code that runs; `scan.services` says where its code is\n",
        ),
        count => {
            let _infallible = writeln!(
                text,
                "the caller's entry points reach {}, and none of their calls leads there",
                crate::cli::report::count(count, "function")
            );
        }
    }
    let findings =
        scanned.outcome.findings.iter().filter(|f| f.code == Code::UnresolvedCall && f.services.contains(caller));
    let places: Vec<_> = findings.flat_map(hedgerow_scan::Finding::calls).cloned().collect();
    if !places.is_empty() {
        text.push_str("calls whose target cannot be told:\n");
        let lines: BTreeSet<String> = places.iter().map(|place| scanned.texts.line(place)).collect();
        for line in lines {
            let _infallible = writeln!(text, "  {line}");
        }
    }
    let outside: Vec<_> = scanned
        .outcome
        .outside
        .iter()
        .filter(|((c, _), _)| c == caller)
        .map(|((_, h), p)| (h.clone(), p.clone()))
        .collect();
    if !outside.is_empty() {
        text.push_str("hosts that are called and are no service's name (`scan.hosts` and `scan.aliases` give services more names):\n");
        for (host, place) in outside {
            let _infallible = writeln!(text, "  {host}  {}", scanned.texts.line(&place));
        }
    }
    text
}
