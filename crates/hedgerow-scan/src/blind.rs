//! Services that the deploy gives addresses, and whose code imports what leads to no code of the tree: calls behind such an import are not
//! seen.

use crate::edge::{Class, Finding, Left, Outcome, Place, Reason};
use crate::inventory::Home;
use crate::mention::named;
use crate::tree::Tree;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Given, Hosts};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many imports one finding names.
const MAX_NAMES: usize = 3;

/// How deep settings are looked into.
const MAX_DEPTH: usize = 24;

/// Asks about such services. `remarked` are the files with comments that speak to the scan: they answer.
pub(crate) fn ask(
    tree: &Tree,
    homes: &[Home],
    (hosts, deploy): (&Hosts, &Deploy),
    remarked: &BTreeSet<&str>,
    outcome: &mut Outcome,
) {
    for home in homes.iter().filter(|home| !tree.config.is_manual(&home.name)) {
        let (Some(account), Some(given)) = (outcome.accounts.get(&home.name), deploy.of(&home.name)) else { continue };
        let is_open = |left: &&Left| {
            let is_answered = remarked.contains(left.first.as_str()) || tree.config.ignore.is_match(&left.first);
            left.reason == Reason::Import && !is_answered
        };
        let lost: Vec<&Left> = account.left.iter().filter(is_open).collect();
        let Some(first) = lost.first() else { continue };
        let calls = |callee: &str| {
            let edge = outcome.edges.get(&(home.name.clone(), callee.to_owned()));
            edge.is_some_and(|edge| edge.class().is_rule() && edge.class() != Class::Addressed)
        };
        let given = addressed(given, hosts.of(&home.name));
        let open: BTreeSet<String> = given
            .iter()
            .filter(|callee| **callee != home.name && !calls(callee) && !tree.config.explains(&home.name, callee))
            .cloned()
            .collect();
        if open.is_empty() {
            continue;
        }
        let names: Vec<String> = lost.iter().take(MAX_NAMES).map(|left| format!("`{}`", left.what)).collect();
        let more = if lost.len() > MAX_NAMES { format!(" and {} more", lost.len() - MAX_NAMES) } else { String::new() };
        let whom: Vec<String> = open.iter().take(MAX_NAMES).map(|callee| format!("`{callee}`")).collect();
        let others =
            if open.len() > MAX_NAMES { format!(" and {} more", open.len() - MAX_NAMES) } else { String::new() };
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message: format!(
                "`{}` is given addresses of {}{others} and imports {}{more}, for which no code of the tree is found: calls that it makes are not seen",
                home.name,
                whom.join(", "),
                names.join(", ")
            ),
            marks: vec![(Place { path: first.first.clone(), range: Range::default() }, "the first of the imports".to_owned())],
            help: vec![
                "bring that code into the tree before the scan: generate it, or check it out; where Python finds it elsewhere in the tree, say so by `PYTHONPATH` in the image or the compose file".to_owned(),
                format!("if it calls services, say so by a comment in the file: `{}`", written(&first.first, "rpcmap: <service>")),
                format!(
                    "where people keep its rules, say so in hedgerow.yaml: `scan: manual: {{{}: <reason>}}`",
                    home.name
                ),
            ],
            services: BTreeSet::from([home.name.clone()]),
            callees: open,
        });
    }
}

/// The services whose addresses the deploy gives to one: in variables, flags, settings and mounted files.
fn addressed(given: &Given, hosts: &Hosts) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |value: &str, key: &str| {
        let addresses = named(value, key, hosts).into_iter().filter(|named| named.is_address);
        found.extend(addresses.map(|named| named.service));
    };
    for (name, values) in given.environment.iter().chain(&given.flags) {
        values.iter().for_each(|value| add(&value.written(), name));
    }
    for file in &given.mounted {
        for setting in hedgerow_code::lines::settings(&file.name, &file.text) {
            add(setting.value, hedgerow_code::lines::key_of(&file.text, &setting));
        }
    }
    given.settings.iter().for_each(|root| below(root, "", 0, &mut add));
    found
}

fn below(value: &Value, key: &str, depth: usize, add: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => add(text, key),
        Value::Array(list) if depth < MAX_DEPTH => list.iter().for_each(|value| below(value, key, depth + 1, add)),
        Value::Object(pairs) if depth < MAX_DEPTH => {
            pairs.iter().for_each(|(key, value)| below(value, key, depth + 1, add));
        }
        _ => {}
    }
}
