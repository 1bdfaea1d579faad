//! Kubernetes' `$(NAME)` in the values of variables and in commands.

use super::MAX_LENGTH;
use super::given::Given;
use crate::partial::Partial;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How many texts one may come to; what would make more is not known.
const MAX_VALUES: usize = 32;

impl Given {
    /// What a text with `$(NAME)` can be: with each value of a name, and a hole for what nothing sets or `secret` has.
    /// `$$` is a `$`.
    pub(super) fn expand(&self, value: &Partial, secret: &Self) -> Vec<Partial> {
        let value = &*value.written();
        let mut pieces: Vec<Result<String, &str>> = Vec::new();
        let mut rest = value;
        while let Some((head, tail)) = rest.split_once('$') {
            pieces.push(Ok(head.to_owned()));
            rest = tail;
            if let Some(after) = tail.strip_prefix('$') {
                pieces.push(Ok("$".to_owned()));
                rest = after;
            } else if let Some((name, after)) = tail.strip_prefix('(').and_then(|tail| tail.split_once(')'))
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
            {
                // What is no name is a shell's: `$(curl http://ledger)`.
                pieces.push(Err(name));
                rest = after;
            } else {
                // No more of them is closed, or this one is none.
                pieces.push(Ok("$".to_owned()));
                if tail.starts_with('(') && !tail.contains(')') {
                    break;
                }
            }
        }
        pieces.push(Ok(rest.to_owned()));
        // A name means the same wherever it stands in a text.
        let mut choices: Vec<BTreeMap<&str, Cow<str>>> = vec![BTreeMap::new()];
        for name in pieces.iter().filter_map(|piece| piece.as_ref().err()).collect::<BTreeSet<_>>() {
            let known = [self, secret].into_iter().filter_map(|given| given.environment.get(*name)).flatten();
            let known: Vec<Cow<str>> = known.map(Partial::written).take(MAX_VALUES + 1).collect();
            if known.is_empty() || choices.len() * known.len() > MAX_VALUES {
                continue;
            }
            let mut more = Vec::new();
            for choice in &choices {
                for value in &known {
                    let mut choice = choice.clone();
                    choice.insert(*name, value.clone());
                    more.push(choice);
                }
            }
            choices = more;
        }
        let unknown = Partial::unknown();
        let hole = unknown.written();
        let text = |choice: &BTreeMap<&str, Cow<str>>| {
            let parts = pieces.iter().map(|piece| match piece {
                Ok(text) => text.as_str(),
                Err(name) => choice.get(name).unwrap_or(&hole),
            });
            let long = !choice.is_empty() && parts.clone().map(str::len).sum::<usize>() > MAX_LENGTH;
            if long { unknown.clone() } else { Partial::read(&parts.collect::<String>()) }
        };
        choices.iter().map(text).collect()
    }
}
