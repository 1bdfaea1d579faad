//! The edges that were found beside the rule files.

use super::Scanned;
use crate::cli::session::Session;
use crate::code::remove_file;
use anyhow::Context;
use hedgerow::write_file;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::policy::{Origin, Rule};
use hedgerow_scan::{Class, Edge, rules};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// What a rule file says that the scan writes.
const TEXT: &str = "origin: scan\n";

/// What must change so that the rule files say what the code does.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Edges without a rule, by the path of the file to write.
    missing: BTreeMap<String, (String, String)>,
    /// Rules without an edge, by the path of their file.
    stale: BTreeMap<String, Rule>,
}

/// Compares edges and rules. The rules of a service without code that the scan reads are left alone, and so are those of
/// a service with calls whose target cannot be told: any of them may be for such a call.
pub(super) fn difference(scanned: &Scanned) -> Difference {
    let fleet = &scanned.fleet;
    let found = rules(&scanned.outcome);
    // Who is known to call somebody, and does not only have an address.
    let known = |edge: &&Edge| edge.class().is_rule() && edge.class() != Class::Addressed;
    let calls: BTreeSet<&str> = scanned.outcome.edges.values().filter(known).map(|edge| edge.caller.as_str()).collect();
    let mut difference = Difference::default();
    for (caller, callees) in &found {
        let Some(service) = fleet.service(caller) else { continue };
        for callee in callees {
            let Some(callee) = fleet.known(callee) else { continue };
            if fleet.rule(&service.name, &callee.name).is_none() {
                let first = fleet.config().layout.rules.first();
                let path = format!("{}/{first}/{}.rule", service.directory, callee.name.as_str());
                difference.missing.insert(path, ((*caller).to_owned(), callee.name.as_str().to_owned()));
            }
        }
    }
    for rule in
        fleet.rules().filter(|rule| !matches!(rule.origin, Some(Origin::Manual | Origin::Observed | Origin::Imported)))
    {
        let caller = rule.caller.as_str();
        let has_code =
            scanned.outcome.services.get(caller).is_some_and(|functions| *functions > 0) || calls.contains(caller);
        let is_known = scanned.outcome.services.contains_key(caller) && !scanned.is_open(caller);
        // An edge of any class backs a rule, also one for which the scan would write none.
        let edge = (caller.to_owned(), rule.callee.as_str().to_owned());
        if has_code && is_known && !scanned.outcome.edges.contains_key(&edge) {
            let path = scanned.texts.sources.get(rule.file.source).path.clone();
            difference.stale.insert(path, rule.clone());
        }
    }
    difference
}

/// Writes what is missing and, where that is wanted, removes what is stale. Each file is there whole or not at all.
pub(super) fn write(
    session: &mut Session<'_>,
    scanned: &Scanned,
    difference: &Difference,
    prune: bool,
) -> anyhow::Result<()> {
    let rules =
        scanned.fleet.rules().filter_map(|rule| scanned.texts.sources.get(rule.file.source).path.rsplit_once('/'));
    let new = difference.missing.keys().filter_map(|path| path.rsplit_once('/'));
    session.clear_temporaries(&scanned.root, rules.chain(new).map(|(directory, _)| directory));
    for path in difference.missing.keys() {
        write_file(&scanned.root.join(path), TEXT)?;
        session.note(&format!("wrote {path}\n"));
    }
    for (path, rule) in &difference.stale {
        if prune && rule.origin != Some(Origin::Scan) {
            session.note(&format!("kept {path}, which the scan did not write: it has no `origin: scan`\n"));
        } else if prune {
            remove_file(&scanned.root.join(path)).with_context(|| format!("cannot remove `{path}`"))?;
            session.note(&format!("removed {path}\n"));
        } else {
            let removes = if rule.origin == Some(Origin::Scan) { "; --prune removes it" } else { "" };
            session.note(&format!("kept {path}, although no such call is found{removes}\n"));
        }
    }
    Ok(())
}

/// The difference as diagnostics.
pub(super) fn diagnostics(scanned: &mut Scanned, difference: &Difference) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (path, (caller, callee)) in &difference.missing {
        let edge = scanned.outcome.edges.get(&(caller.clone(), callee.clone()));
        let place = edge.and_then(|edge| scanned.own_place(edge));
        let is_addressed = edge.is_some_and(|edge| edge.class() == Class::Addressed);
        let (says, mark) = match is_addressed {
            true => ("has an address of", "the address"),
            false => ("calls", "the call"),
        };
        let mut diagnostic =
            Diagnostic::new(Code::MissingRule, format!("`{caller}` {says} `{callee}`, and no rule says so"));
        if let Some(place) = place {
            let span = scanned.texts.first_line(&place);
            diagnostic = diagnostic.mark(span, mark);
        }
        found.push(
            diagnostic
                .help(format!("`hedgerow scan --write` writes {path}"))
                .help(format!("`hedgerow scan --explain {caller} {callee}` shows the way to the call")),
        );
    }
    for rule in difference.stale.values() {
        let (caller, callee) = (rule.caller.as_str(), rule.callee.as_str());
        let first = match rule.origin {
            Some(Origin::Scan) => "`hedgerow scan --write --prune` removes the file",
            Some(Origin::Manual | Origin::Observed | Origin::Imported) | None => {
                "a person wrote this file, so the scan does not remove it: remove it yourself if the call is no longer made"
            }
        };
        found.push(
            Diagnostic::new(Code::StaleRule, format!("no call of `{callee}` is found in the code of `{caller}`"))
                .mark(rule.file, "")
                .help(first)
                .help("where the call is there and cannot be seen, declare it in the code by a comment, `rpcmap: …`, or write `origin: manual`"),
        );
    }
    found
}

/// The difference as a unified diff of the lists of rule files, one per directory. A new line says where the call is.
pub(super) fn diff(scanned: &mut Scanned, difference: &Difference) -> String {
    let mut lists: BTreeMap<String, Lists> = BTreeMap::new();
    let rules = scanned.fleet.rules().map(|rule| &scanned.texts.sources.get(rule.file.source).path);
    for path in rules {
        let (directory, name) = parts(path);
        let lists = lists.entry(directory.to_owned()).or_default();
        lists.old.insert(name.to_owned());
        if !difference.stale.contains_key(path) {
            lists.new.insert(name.to_owned(), String::new());
        }
    }
    for (path, (caller, callee)) in &difference.missing {
        let edge = scanned.outcome.edges.get(&(caller.clone(), callee.clone()));
        let place = edge.and_then(|edge| scanned.own_place(edge));
        let at = place.map(|place| format!("  # {}", scanned.texts.line(&place))).unwrap_or_default();
        let (directory, name) = parts(path);
        lists.entry(directory.to_owned()).or_default().new.insert(name.to_owned(), at);
    }
    let mut text = String::new();
    for (directory, Lists { old, new }) in lists {
        let old: String = old.iter().map(|name| format!("{name}\n")).collect();
        let new: String = new.iter().map(|(name, at)| format!("{name}{at}\n")).collect();
        if old != new {
            let diff = TextDiff::from_lines(&old, &new);
            text.push_str(&diff.unified_diff().context_radius(1).header(&directory, &directory).to_string());
        }
    }
    text
}

/// The names of the rule files of one directory: those that are there, and those that the code asks for, each with a remark.
#[derive(Default)]
struct Lists {
    old: BTreeSet<String>,
    new: BTreeMap<String, String>,
}

fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
