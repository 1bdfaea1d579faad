//! Calls that Dapr beside a program hands on to whom a header names: `{"dapr-app-id": "ledger"}`.

use super::{Search, Written};
use crate::pack::Kind;
use crate::program::{FnId, Program};
use crate::reach::Site;
use crate::value::{Template, Value, Values};
use hedgerow_code::ir::{Expr, ExprId, Facts};
use hedgerow_deploy::INVOKE;
use std::collections::BTreeSet;

/// The header.
const HEADER: &str = "dapr-app-id";

impl Search<'_, '_> {
    /// Calls by what reached code puts under the header.
    pub(super) fn headers(&mut self) {
        let program = self.context.infer.program;
        let functions = || self.context.reach.functions.keys();
        let files: BTreeSet<u32> = functions().map(|function| program.file_of(*function)).collect();
        let has_header = |file: &u32| program.files[*file as usize].facts.text.to_ascii_lowercase().contains(HEADER);
        let files: BTreeSet<u32> = files.into_iter().filter(has_header).collect();
        for function in functions().filter(|function| files.contains(&program.file_of(**function))) {
            for value in put(program, *function) {
                let site = Site { function: *function, expr: value };
                let mut values = self.eval.value(site);
                values.iter_mut().for_each(invoked);
                self.written = Written { target: Some(value), ..Written::default() };
                self.address_of(site, &values, Kind::Http);
                self.written = Written::default();
            }
        }
    }
}

/// Makes addresses of the names by which Dapr calls programs.
pub(super) fn invoked(values: &mut Values) {
    let address = |value| match value {
        Value::Text(name) => {
            let mut address = Template::text(INVOKE);
            address.append(&name);
            Value::Text(address)
        }
        other => other,
    };
    values.known = std::mem::take(&mut values.known).into_iter().map(|(value, way)| (address(value), way)).collect();
}

/// What a function puts under the header: in a map, by a call (`headers.Add`), by an index.
fn put(program: &Program, function: FnId) -> BTreeSet<ExprId> {
    let facts = program.facts_of(function);
    let mut found = BTreeSet::new();
    let is_header = |id: ExprId| text(facts, id).is_some_and(|text| text.eq_ignore_ascii_case(HEADER));
    for id in program.exprs(function) {
        match facts.expr(id) {
            Expr::Composite { parts, .. } => {
                let of_header = facts.parts(*parts).iter().filter(|part| {
                    part.field.is_some_and(|field| facts.word(field).eq_ignore_ascii_case(HEADER))
                        || part.key.is_some_and(is_header)
                });
                found.extend(of_header.map(|part| part.value));
            }
            Expr::Call { callee, arguments } => {
                let arguments = facts.arguments(*arguments);
                let puts = match facts.expr(*callee) {
                    Expr::Name(name) | Expr::Member { name, .. } => puts(facts.word(*name)),
                    _ => false,
                };
                let pairs = arguments.windows(2).filter(|pair| puts && is_header(pair[0].value));
                found.extend(pairs.map(|pair| pair[1].value));
            }
            _ => {}
        }
    }
    for store in facts.stores(program.function(function)) {
        if let Expr::Index { key, .. } = facts.expr(store.target)
            && is_header(*key)
        {
            found.insert(store.value);
        }
    }
    found
}

/// The words in the names of functions that put something under a name.
const PUTS: &[&str] = &[
    "add", "append", "entry", "header", "headers", "insert", "metadata", "of", "pair", "pairs", "property", "put",
    "set", "to",
];

/// Whether a function puts something under a name, by what it is called: `AppendToOutgoingContext`, `header`, `TryAddWithoutValidation`. One that
/// asks, compares or writes a line of a log does not.
fn puts(name: &str) -> bool {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase().filter(|c| c.is_alphanumeric())));
    }
    let is_asked = words.iter().find(|word| !word.is_empty()).is_some_and(|first| {
        ["get", "has", "find", "pop", "fetch", "remove", "delete", "assert", "expect", "log"].contains(&first.as_str())
    });
    !is_asked && words.iter().any(|word| PUTS.contains(&word.as_str()))
}

fn text(facts: &Facts, id: ExprId) -> Option<&str> {
    match facts.expr(id) {
        Expr::Text(word) => Some(facts.word(*word)),
        _ => None,
    }
}
