//! Settings that code asks for by their path, whatever reads the file: `config.database.host`, `$values['database']['host']`. A variable
//! may stand for one: `BANK_DATABASE_HOST`.

use crate::edge::Port;
use crate::mention::named;
use crate::mentions::{is_shown, is_shown_at};
use hedgerow_code::ir::{Expr, ExprId, Facts};
use hedgerow_deploy::{Given, Hosts};
use serde_json::Value;
use std::collections::BTreeMap;

/// How deep settings are looked into.
const MAX_DEPTH: usize = 16;

/// How many settings with addresses are kept.
const MAX_KEPT: usize = 2_000;

/// The shortest name that says enough by itself.
const MIN_NAME: usize = 6;

/// What holds a whole configuration, by a part of its name.
const HOLDERS: &[&str] = &["conf", "cfg", "setting", "option", "environ", "env"];

/// A setting with the address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The key that it lies below, in plain letters; none of one at the top.
    above: Option<String>,
    /// Whether its name says that it is shown or allowed, and not called.
    pub(super) is_shown: bool,
    /// The service.
    pub(super) service: String,
    /// The port that the address names.
    pub(super) port: Port,
    /// The setting as it is told.
    pub(super) label: String,
}

/// The settings with addresses that a service is given, by their last key in plain letters.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    all: BTreeMap<String, Vec<Address>>,
    count: usize,
}

impl Addresses {
    pub(super) fn new(given: Option<&Given>, hosts: &Hosts, service: &str) -> Self {
        let mut found = Self::default();
        let Some(given) = given else { return found };
        for root in &given.settings {
            found.below(root, &mut Vec::new(), hosts, service);
        }
        for (name, values) in &given.environment {
            for value in values {
                found.variable(name, &value.written(), hosts, service);
            }
        }
        found
    }

    /// Adds what lies below a path.
    fn below<'v>(&mut self, value: &'v Value, path: &mut Vec<&'v str>, hosts: &Hosts, service: &str) {
        match value {
            Value::Object(pairs) if path.len() < MAX_DEPTH => {
                for (key, value) in pairs {
                    let depth = path.len();
                    path.extend(key.split('.'));
                    self.below(value, path, hosts, service);
                    path.truncate(depth);
                }
            }
            Value::Array(list) => {
                list.iter().filter(|value| !value.is_array()).for_each(|v| self.below(v, path, hosts, service));
            }
            Value::String(text) => {
                let Some((last, above)) = path.split_last() else { return };
                let above = above.last().map(|above| plain(above));
                let label = format!("<setting {}>", path.join("."));
                let is_shown = is_shown_at(path);
                self.add(last, text, (above, plain(last), is_shown), &label, hosts, service);
            }
            _ => {}
        }
    }

    /// Adds a variable as the setting that it may stand for: the words of its name, with or without the first one, cut in two anywhere.
    fn variable(&mut self, name: &str, value: &str, hosts: &Hosts, service: &str) {
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        for from in 0..words.len().min(2) {
            let words = &words[from..];
            for cut in 1..words.len() {
                let above = plain(&words[..cut].concat());
                let key = (Some(above), plain(&words[cut..].concat()), is_shown(name));
                self.add(name, value, key, &format!("${name}"), hosts, service);
            }
        }
    }

    fn add(
        &mut self,
        name: &str,
        value: &str,
        (above, last, is_shown): (Option<String>, String, bool),
        label: &str,
        hosts: &Hosts,
        service: &str,
    ) {
        for named in named(value, name, hosts).into_iter().filter(|named| named.is_address && named.service != service)
        {
            if self.count < MAX_KEPT {
                self.count += 1;
                let (above, service, port, label) = (above.clone(), named.service, named.port, label.to_owned());
                self.all.entry(last.clone()).or_default().push(Address { above, is_shown, service, port, label });
            }
        }
    }

    /// The settings that an expression asks for.
    pub(super) fn asked_by(&self, facts: &Facts, id: ExprId) -> Vec<&Address> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let Some((of, last)) = step(facts, id) else { return Vec::new() };
        let last = plain(last);
        let Some(known) = self.all.get(&last) else { return Vec::new() };
        let above = step(facts, of).map(|(_, name)| plain(name));
        let holder = || match facts.expr(of) {
            Expr::Name(word) | Expr::Member { name: word, .. } => {
                let name = plain(facts.word(*word));
                HOLDERS.iter().any(|holder| name.contains(holder))
            }
            _ => false,
        };
        let fits = |address: &&Address| match &address.above {
            Some(key) => above.as_ref() == Some(key),
            None => last.len() >= MIN_NAME && holder(),
        };
        known.iter().filter(fits).collect()
    }
}

/// What a part is taken out of, and its name: `of.name`, `of['name']`.
fn step(facts: &Facts, id: ExprId) -> Option<(ExprId, &str)> {
    match facts.expr(id) {
        Expr::Member { of, name } => Some((*of, facts.word(*name))),
        Expr::Index { of, key } => match facts.expr(*key) {
            Expr::Text(name) => Some((*of, facts.word(*name))),
            _ => None,
        },
        _ => None,
    }
}

/// A name in small letters and digits alone: as libraries compare keys.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
