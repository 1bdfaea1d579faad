//! Whom a service is started after, and a name for that one's address which nothing sets: `LEDGER_URL` of what compose starts after `ledger`.
//! Each alone says little. Together they say who is called, whoever keeps the value.

use super::given::listed;
use super::weight::{Mention, Mentions, Weight, is_shown, keep};
use super::{is_deploy, place};
use crate::edge::{Outcome, Place, Port};
use crate::inventory::Home;
use crate::pack::Kind;
use crate::part::Part;
use crate::questions::Question;
use crate::stores::{Fleet, Store};
use crate::tree::PlainFile;
use crate::words::words;
use hedgerow_code::frontend::foreign::foreign;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Given, Hosts};
use std::collections::{BTreeMap, BTreeSet};

/// The last words of names for addresses.
const TAILS: &[&str] =
    &["addr", "address", "endpoint", "endpoints", "fqdn", "host", "hostname", "hosts", "servers", "uri", "url", "urls"];

/// Words between a service's name and the last one.
const BETWEEN: &[&str] = &[
    "api", "backend", "base", "client", "grpc", "http", "https", "internal", "rest", "rpc", "server", "service", "svc",
    "web",
];

/// How files of settings end.
const SETTINGS: &[&str] = &["cfg", "conf", "config", "env", "ini", "json", "properties", "toml", "yaml", "yml"];

/// What names for addresses call a service: its name without what its caller's begins with as well, and without words that say nothing.
fn calls(callee: &str, caller: &str) -> BTreeSet<String> {
    let whole = words(callee);
    let last = words(callee.rsplit('.').next().unwrap_or(callee));
    let begins_with =
        |name: &[String], other: Vec<String>| name.iter().zip(other).take_while(|(one, other)| *one == other).count();
    let alike = begins_with(&whole, words(caller));
    let alike_at_last = begins_with(&last, words(caller.rsplit('.').next().unwrap_or(caller)));
    let mut found = BTreeSet::new();
    let rest = whole.get(alike..).unwrap_or_default().to_vec();
    for (mut name, least) in [(whole, alike), (last, alike_at_last), (rest, 0)] {
        while let Some(end) = name.last().filter(|_| name.len() > least) {
            let says_much = name.len() > 1 || !(BETWEEN.contains(&end.as_str()) || TAILS.contains(&end.as_str()));
            if says_much {
                found.insert(name.concat());
            }
            if !BETWEEN.contains(&end.as_str()) {
                break;
            }
            name.pop();
        }
    }
    found
}

/// The service that a name for an address is called after, whatever stands before it.
fn called_after<'a>(name: &str, callees: &BTreeMap<String, &'a str>) -> Option<&'a str> {
    let all = words(name);
    let (last, before) = all.split_last()?;
    if !TAILS.contains(&last.as_str()) || is_shown(name) {
        return None;
    }
    let mut end = before.len();
    while end > 0 {
        let named = (0..end).find_map(|start| callees.get(&before[start..end].concat()));
        if named.is_some() || !BETWEEN.contains(&before[end - 1].as_str()) {
            return named.copied();
        }
        end -= 1;
    }
    None
}

/// The keys for addresses that a service's own file of settings leaves empty.
pub(super) fn empty(file: &PlainFile) -> Vec<(&str, Place)> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !SETTINGS.contains(&extension) || foreign(&file.path).is_some() || is_deploy(&file.path, &file.text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    let mut lines = file.text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let start = at;
        at += line.len();
        let plain = line.trim_start_matches('\u{feff}').trim_start();
        if plain.starts_with(['#', ';', '/', '!', '[']) {
            continue;
        }
        let Some((key, value)) = plain.split_once(['=', ':']) else { continue };
        let value = value.trim().trim_end_matches(',');
        let indent = |line: &str| line.len() - line.trim_start().len();
        // What lies deeper is what the key holds.
        let mut holds = || lines.peek().is_some_and(|next| !next.trim().is_empty() && indent(next) > indent(line));
        let is_empty = matches!(value, "\"\"" | "''" | "null" | "~") || (value.is_empty() && !holds());
        let key = key.trim().trim_matches(['"', '\'']);
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if is_empty && is_key {
            let begin = start + line.find(key).unwrap_or_default();
            let range = Range { start: place(begin), end: place(begin + key.len()) };
            found.push((key, Place { path: file.path.clone(), range }));
        }
    }
    found
}

/// Adds those that a service is started after and for whose addresses it has `names` that nothing sets.
pub(super) fn add<'n>(
    service: &str,
    given: &Given,
    hosts: &Hosts,
    names: impl Iterator<Item = (&'n str, Place)>,
    found: &mut Mentions,
) {
    let after: BTreeMap<&str, &str> =
        given.after.iter().filter_map(|(name, key)| Some((hosts.named(name)?, key.as_str()))).collect();
    let mut callees: BTreeMap<String, &str> = BTreeMap::new();
    for callee in after.keys().filter(|callee| **callee != service) {
        callees.extend(calls(callee, service).into_iter().map(|name| (name, *callee)));
    }
    if callees.is_empty() {
        return;
    }
    for (name, place) in names {
        let Some(callee) = called_after(name, &callees) else { continue };
        let key = after.get(callee).copied().unwrap_or_default();
        let what = format!("nothing sets this name of an address, and `{key}` names `{callee}`");
        let (text, port) = (name.to_owned(), Port::Unknown);
        keep(found, callee, Mention { weight: Weight::Awaited, place, text, what, port, client: None });
    }
}

/// What the calls of a question speak: none of it is known where several differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speech {
    /// HTTP or gRPC.
    Requests,
    /// What a kind of store understands.
    Store(Store),
    Open,
}

impl Speech {
    fn of(question: &Question) -> Self {
        match (question.store, question.kind) {
            (Some(kind), _) => Self::Store(kind),
            (None, Kind::Http | Kind::Grpc) => Self::Requests,
            (None, Kind::Tcp) => Self::Open,
        }
    }
}

/// Says at calls whose targets are not known which services their callers are started after, of which no call was found: one may be meant. A
/// call of HTTP means no database, and a client of a database no program. Gives back whom
/// the questions name, for each caller.
pub(super) fn hint(
    (hosts, deploy, fleet): (&Hosts, &Deploy, &Fleet),
    homes: &[Home],
    parts: &[Part],
    questions: &[(String, Question)],
    outcome: &mut Outcome,
) -> BTreeSet<(String, String)> {
    let has_code: BTreeSet<&str> = homes
        .iter()
        .zip(parts)
        .filter(|(_, part)| !part.account.read.is_empty())
        .map(|(home, _)| home.name.as_str())
        .collect();
    let mut speech: BTreeMap<&Place, Speech> = BTreeMap::new();
    let mut named: BTreeSet<(String, String)> = BTreeSet::new();
    for (caller, question) in questions {
        let own = Speech::of(question);
        speech
            .entry(&question.site)
            .and_modify(|known| *known = if *known == own { own } else { Speech::Open })
            .or_insert(own);
        named.extend(question.called.iter().map(|callee| (caller.clone(), callee.clone())));
    }
    let Outcome { findings, edges, .. } = outcome;
    let is_open = |caller: &str, callee: &str| {
        let edge = edges.get(&(caller.to_owned(), callee.to_owned()));
        caller != callee && edge.is_some_and(|edge| !edge.class().is_rule())
    };
    let understands = |speech: Speech, callee: &str| match speech {
        Speech::Requests => !fleet.is_silent(callee),
        Speech::Store(kind) => fleet.of(kind).contains(callee) || !fleet.has(callee) && !has_code.contains(callee),
        Speech::Open => true,
    };
    for finding in findings.iter_mut().filter(|finding| finding.code == Code::UnresolvedCall) {
        let mut spoken = finding.marks.iter().filter_map(|(place, _)| speech.get(place).copied());
        let first = spoken.next().unwrap_or(Speech::Open);
        let said = if spoken.all(|other| other == first) { first } else { Speech::Open };
        let mut callees: BTreeSet<&str> = BTreeSet::new();
        for (caller, given) in finding.services.iter().filter_map(|caller| Some((caller, deploy.of(caller)?))) {
            let after = given.after.keys().filter_map(|name| hosts.named(name));
            let after: Vec<&str> =
                after.filter(|callee| is_open(caller, callee) && understands(said, callee)).collect();
            named.extend(after.iter().map(|callee| (caller.clone(), (*callee).to_owned())));
            callees.extend(after);
        }
        if !callees.is_empty() {
            let names = listed(&callees.into_iter().collect::<Vec<_>>());
            finding.help.push(format!("the deploy starts it after {names}, of which no call was found"));
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_called_by_what_sets_them_apart() {
        for (callee, caller, expected) in [
            ("service.ledger", "service.shop", &["ledger", "serviceledger"][..]),
            ("bank-ledger", "bank-shop", &["bankledger", "ledger"]),
            ("storage-service", "shop", &["storage", "storageservice"]),
            ("bank-api", "bank-ui", &["bankapi"]),
            ("service.bank-api", "service.bank-ui", &["bankapi", "servicebankapi"]),
            ("api", "ui", &[]),
        ] {
            let found = calls(callee, caller);
            assert!(found.iter().map(String::as_str).eq(expected.iter().copied()), "{callee}: {found:?}");
        }
    }
}
