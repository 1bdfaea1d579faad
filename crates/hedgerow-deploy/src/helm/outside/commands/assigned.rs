//! What a text says that its variables are.

use super::super::marks::Marks;
use super::super::open::Bindings;
use super::flags::opened;
use super::words::{Token, tokens};
use std::collections::BTreeSet;

/// What variables are: as it is said, and where nothing else says so.
#[derive(Debug, Clone, Default)]
pub(super) struct Assigned {
    pub(super) bindings: Bindings,
    pub(super) defaults: Bindings,
    /// Those that loops set.
    pub(super) loops: BTreeSet<String>,
}

/// Words before the name of a variable.
const BEFORE: &[&str] = &[
    "export ",
    "readonly ",
    "local ",
    "declare ",
    "override ",
    "def ",
    "final ",
    "String ",
    "set ",
    "SET ",
    "let ",
    "const ",
    "var ",
];

/// What a text says that its variables are: `CHART=./charts/app`, `CHART := ./charts/app`. One that is set twice, or by a loop, is not known. `outer` is
/// what is said outside of the text.
pub(super) fn assigned(text: &str, outer: &Bindings) -> Assigned {
    let mut found = Bindings::new();
    let mut defaults = Bindings::new();
    let mut lost = BTreeSet::new();
    let mut loops = BTreeSet::new();
    for line in text.lines() {
        let line = line.trim();
        for (name, default) in defaults_in(line) {
            defaults.entry(name.to_owned()).or_insert_with(|| default.to_owned());
        }
        if let Some(name) = line.strip_prefix("for ").and_then(|rest| rest.split_whitespace().next()) {
            loops.insert(name.to_owned());
        }
        let line = BEFORE.iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let Some((name, value)) = line.split_once('=') else { continue };
        let is_default = name.ends_with('?');
        // Of makefiles and the like all of the line is the value.
        let is_line = name.ends_with([':', '?', ' ']);
        let name = name.trim_end_matches([':', '?', '!', ' ', '\t']);
        let name = name.strip_prefix('$').unwrap_or(name);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            // What is added to one is not known.
            let name = name.trim_end_matches(['+', ' ']);
            lost.extend(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| name.to_owned()));
            continue;
        }
        let Some(value) = value_of(value, is_line) else {
            lost.insert(name.to_owned());
            continue;
        };
        let open = opened(&value);
        // `A=${A:-b}` says what it is by default, which is read above.
        let says_default = open.variable() == Some(name);
        if is_default {
            defaults.insert(name.to_owned(), value);
        } else if !says_default
            && (open.variables().any(|other| other == name)
                || found.insert(name.to_owned(), value.clone()).is_some_and(|before| before != value))
        {
            lost.insert(name.to_owned());
        }
    }
    let mut bindings = outer.clone();
    bindings.extend(found);
    lost.iter().chain(&loops).for_each(|name| drop(bindings.remove(name)));
    defaults.retain(|name, _| !bindings.contains_key(name) && !lost.contains(name) && !loops.contains(name));
    let with_env = |bindings: &mut Bindings| {
        let also: Vec<(String, String)> =
            bindings.iter().map(|(name, value)| (format!("env.{name}"), value.clone())).collect();
        bindings.extend(also);
    };
    with_env(&mut bindings);
    Assigned { bindings, defaults, loops }
}

/// The one word that a value is, or the line.
fn value_of(text: &str, is_line: bool) -> Option<String> {
    let mut words = Vec::new();
    for token in tokens(text) {
        match token {
            Token::Word(word) => words.push(word.text),
            Token::Operator('&' | ';' | '|') => break,
            _ => return None,
        }
    }
    // What stands behind the value is a command that has the variable: `A=b c`.
    match words.len() {
        0 | 1 => words.pop(),
        _ => is_line.then(|| words.join(" ")),
    }
}

/// `${A:-b}` and `${A:=b}`: the name, and what it is by default.
fn defaults_in(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let marks = Marks::new(line);
    for (at, _) in line.match_indices("${") {
        let Some(length) = marks.length(at) else { continue };
        let inside = &line[at + 2..at + length - 1];
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        let default = [":-", ":=", "-", "="].iter().find_map(|mark| rest.strip_prefix(mark));
        found.extend(default.filter(|_| !name.is_empty()).map(|default| (name, default.trim_matches(['"', '\'']))));
    }
    found
}
