//! Files of settings that the whole fleet is said to have, and that only some of its programs load, by their names: what such a file says is
//! for those. The others are asked about.

use crate::edge::{Class, Evidence, Outcome};
use crate::frameworks::{alike, is_usual, plain as plain_part};
use crate::inventory::Home;
use crate::names::files::last;
use crate::part::Part;
use hedgerow_deploy::{Answer, Deploy, Given, Hosts, Partial};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How deep settings are looked into.
const MAX_DEPTH: usize = 16;

/// By caller, the calls that only files say which others load.
pub(crate) type Foreign = BTreeMap<String, Vec<(String, Evidence)>>;

/// The files that the whole fleet is said to have and that some of its services load by their names, and who does.
#[derive(Debug, Default)]
pub(crate) struct Claims<'d>(BTreeMap<&'d str, BTreeSet<&'d str>>);

impl<'d> Claims<'d> {
    pub(crate) fn new(homes: &'d [Home], deploy: &'d Deploy, parts: &[Part]) -> Self {
        let mut claims = Self::default();
        for path in alike(homes, deploy).into_iter().filter(|path| !is_usual(last(path))) {
            let loads = |(home, part): &(&Home, &Part)| {
                part.files.contains(last(path)) || deploy.of(&home.name).is_some_and(|given| is_told(given, last(path)))
            };
            let named = homes.iter().zip(parts).filter(loads);
            let named: BTreeSet<&str> = named.map(|(home, _)| home.name.as_str()).collect();
            if !named.is_empty() {
                claims.0.insert(path, named);
            }
        }
        claims
    }

    /// Whether others load a file by its name, and a service does not.
    pub(crate) fn is_others(&self, path: &str, service: &str) -> bool {
        self.0.get(path).is_some_and(|named| !named.contains(service))
    }
}

/// Takes back the calls that only files say which others load, and answers with them.
pub(crate) fn settle(
    homes: &[Home],
    hosts: &Hosts,
    deploy: &Deploy,
    claims: &Claims<'_>,
    outcome: &mut Outcome,
) -> Foreign {
    let mut foreign = Foreign::new();
    for home in homes.iter().filter(|_| !claims.0.is_empty()) {
        let Some(given) = deploy.of(&home.name) else { continue };
        let is_others = |path: &str| claims.is_others(path, &home.name);
        if !given.setting_paths.iter().any(|path| is_others(path)) {
            continue;
        }
        let values = values(given);
        let hosts = hosts.of(&home.name);
        let own = outcome.edges.range_mut((home.name.clone(), String::new())..);
        let own = own.take_while(|((caller, _), _)| *caller == home.name);
        for ((_, callee), edge) in own {
            let is_foreign = |evidence: &Evidence| {
                let mut files = settings_in(&evidence.target).filter_map(|path| values.get(&plain(path))).flatten();
                let leads = |value: &str| {
                    let answers = hosts.answers(&Partial::read(value));
                    answers.iter().any(|answer| matches!(answer, Answer::Service(service, _) if service == callee))
                };
                let mut files = files.by_ref().filter(|(_, value)| leads(value)).map(|(file, _)| *file).peekable();
                files.peek().is_some() && files.all(is_others)
            };
            let taken =
                edge.evidence.extract_if(.., |evidence| evidence.class == Class::Joined && is_foreign(evidence));
            let taken: Vec<Evidence> = taken.collect();
            let of = foreign.entry(home.name.clone()).or_default();
            of.extend(taken.into_iter().map(|evidence| (callee.clone(), evidence)));
        }
        outcome.edges.retain(|_, edge| !edge.evidence.is_empty());
    }
    foreign
}

/// Whether the deploy tells a service which file to load: by a variable, a flag, or in its command.
fn is_told(given: &Given, name: &str) -> bool {
    let is_it =
        |text: &str| text.split(|c: char| c.is_whitespace() || "=,;'\"".contains(c)).any(|word| last(word) == name);
    let set = given.environment.values().chain(given.flags.values()).flatten();
    let words = given.commands.iter().flat_map(|command| &command.words).flat_map(|word| &word.texts);
    set.chain(words).any(|text| is_it(text.letters()))
}

/// The texts in a service's settings by their paths, each with the file.
fn values(given: &Given) -> BTreeMap<String, Vec<(&str, &str)>> {
    let mut found = BTreeMap::new();
    for (value, path) in given.settings.iter().zip(&given.setting_paths) {
        below(value, path, &mut Vec::new(), &mut found);
    }
    found
}

fn below<'v>(
    value: &'v Value,
    file: &'v str,
    path: &mut Vec<&'v str>,
    found: &mut BTreeMap<String, Vec<(&'v str, &'v str)>>,
) {
    match value {
        Value::Object(pairs) if path.len() < MAX_DEPTH => {
            for (key, value) in pairs {
                path.push(key);
                below(value, file, path, found);
                path.pop();
            }
        }
        Value::Array(list) if path.len() < MAX_DEPTH => {
            list.iter().filter(|value| !value.is_array()).for_each(|value| below(value, file, path, found));
        }
        Value::String(text) => found.entry(plain(&path.join("."))).or_default().push((file, text)),
        _ => {}
    }
}

/// A path of settings as libraries compare them.
fn plain(path: &str) -> String {
    plain_part(path).replace(':', ".")
}

/// The settings that a target is made of: `http://<setting ledger.host>:80`.
fn settings_in(target: &str) -> impl Iterator<Item = &str> {
    target.split("<setting ").skip(1).filter_map(|rest| rest.split_once('>')).map(|(path, _)| path)
}
