//! Commands under keys of YAML and JSON: of pipelines, task runners and hooks.

use super::super::open::{Bindings, Open};
use super::assigned::names_set_in;
use super::scripts::{COMMANDS, Kind, Script};
use super::words::Quoting;
use crate::deploy::documents;
use crate::standin;
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that have the directory of what stands beside them, or below.
const PLACES: &[&str] = &["working-directory", "workingDirectory", "working_directory", "dir", "cwd", "chdir"];

/// The keys that have variables.
const VARIABLES: &[&str] = &["env", "environment", "variables", "vars"];

/// How much the variables weigh that are handed down to commands in one file, each as often as that is done: in bytes, and what one takes besides.
const MAX_HANDED: usize = 32 << 20;
const VARIABLE: usize = 64;

/// How commands write what others are given as variables.
const HANDED_ON: &[&str] = &[">>", "tee ", "GITHUB_ENV", ".env", "Add-Content", "Out-File"];

/// How long the words of `##vso[task.setvariable …]` may be.
const MAX_MARKED: usize = 256;

/// How deep keys are followed.
const MAX_DEPTH: usize = 32;

/// The commands of a file, which begin to run at these places, and whether something is left out of them for what it would cost.
pub(super) fn of_keys(path: &str, text: &str, places: Vec<Open>) -> (Vec<Script>, bool) {
    let documents: Vec<Value> = documents(&standin::escaped(text)).into_iter().map(Value::read).collect();
    let mut walk = Walk { found: Vec::new(), handed: 0, unclear: Unclear::of(path, &documents) };
    for document in &documents {
        walk.below(document, &places, &Bindings::new(), 0);
    }
    (walk.found, walk.handed > MAX_HANDED)
}

/// What is found under keys.
struct Walk {
    found: Vec<Script>,
    /// What the variables weigh that were handed down.
    handed: usize,
    /// Variables that the file sets to several things, or commands of it set.
    unclear: Unclear,
}

impl Walk {
    /// Whether so many variables may be handed down once more.
    fn may_hand(&mut self, bindings: &Bindings) -> bool {
        if self.handed <= MAX_HANDED {
            let weight: usize = bindings.iter().map(|(name, text)| VARIABLE + name.len() + text.len()).sum();
            self.handed += VARIABLE + weight;
        }
        self.handed <= MAX_HANDED
    }

    /// Reads what is below a value. `places` are where commands run, `outer` what variables are.
    fn below(&mut self, value: &Value, places: &[Open], outer: &Bindings, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::List(list) => list.iter().for_each(|value| self.below(value, places, outer, depth + 1)),
            Value::Map(pairs) => {
                let defaults = value.pointer("/defaults/run");
                let text_at = |value: &Value, key: &&&str| value.get(key).and_then(Value::as_text).cloned();
                let said = PLACES.iter().find_map(|key| text_at(value, &key));
                let said = said.or_else(|| defaults.and_then(|run| PLACES.iter().find_map(|key| text_at(run, &key))));
                let there: Option<Vec<Open>> =
                    said.map(|said| Open::read(&said).without_root().below("").into_iter().collect());
                let places: &[Open] = there.as_deref().unwrap_or(places);
                let mut own = Cow::Borrowed(outer);
                for said in VARIABLES.iter().filter_map(|key| value.get(key)) {
                    if self.may_hand(outer) {
                        variables(said, own.to_mut(), &self.unclear);
                    }
                }
                let bindings = &*own;
                // What is run before is run in the same shell.
                let before = value.get("before_script").map(|before| lines(before, true)).unwrap_or_default();
                for (key, value) in pairs.iter() {
                    let key = key.known().unwrap_or_default();
                    if COMMANDS.contains(&key) {
                        let is_map = matches!(value, Value::Map(_));
                        let mut all: Vec<String> = Vec::new();
                        match value.as_map().filter(|_| matches!(key, "scripts" | "tasks" | "commands")) {
                            Some(named) => all.extend(named.values().map(|value| lines(value, false))),
                            None if !is_map => all.push(lines(value, matches!(key, "args" | "command" | "entrypoint"))),
                            None => {}
                        }
                        let is_words = value.as_list().is_some_and(is_call);
                        for mut text in all.into_iter().filter(|text| text.contains("helm") || text.contains("HELM")) {
                            if !self.may_hand(bindings) {
                                continue;
                            }
                            if key == "script" && !before.is_empty() {
                                text = format!("{before}\n{text}");
                            }
                            let quoting = if is_words { Quoting::Filled } else { Quoting::Pipeline };
                            let (places, outer) = (places.to_vec(), bindings.clone());
                            self.found.push(Script { text, kind: Kind::Shell, quoting, places, outer });
                        }
                    }
                    self.below(value, places, bindings, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// The lines of a command, or of a list of them. Where the list is the words of one, they stand on one line.
fn lines(value: &Value, may_be_words: bool) -> String {
    match value {
        Value::Text(text) => text.known().unwrap_or_default().to_owned(),
        Value::List(list) => {
            let texts: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            if may_be_words && is_call(list) && texts.len() > 1 {
                let quoted = |text: &String| format!("'{}'", text.replace('\'', "'\\''"));
                texts.iter().map(quoted).collect::<Vec<_>>().join(" ")
            } else {
                texts.join("\n")
            }
        }
        _ => String::new(),
    }
}

/// Whether the elements of a list are the words of one call.
fn is_call(list: &[Value]) -> bool {
    let first = list.iter().find_map(Value::as_str);
    first.is_some_and(|first| first == "helm" || first.ends_with("/helm"))
}

/// The variables that nobody can say who does not know how the parts of a file come together: those that several places set to several things,
/// and those that commands hand on. The workflows of GitHub hand theirs only to what stands below.
#[derive(Default)]
struct Unclear {
    names: BTreeSet<String>,
    /// Whether commands hand on some that only they know.
    is_all: bool,
}

impl Unclear {
    fn of(path: &str, documents: &[Value]) -> Self {
        let mut set: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
        let mut found = Self::default();
        let is_of_github = path.contains(".github/workflows/");
        let mut left: Vec<(&Value, usize)> = documents.iter().map(|value| (value, 0)).collect();
        while let Some((value, depth)) = left.pop() {
            if depth > MAX_DEPTH {
                continue;
            }
            match value {
                Value::List(list) => left.extend(list.iter().map(|value| (value, depth + 1))),
                Value::Map(pairs) => {
                    for (key, value) in pairs.iter() {
                        match key.known().unwrap_or_default() {
                            key if VARIABLES.contains(&key) => each_variable(value, |name, text| {
                                set.entry(name.to_owned()).or_default().insert(text);
                            }),
                            "parallel" | "strategy" => found.matrix(value.get("matrix"), is_of_github),
                            _ => {}
                        }
                        left.push((value, depth + 1));
                    }
                }
                Value::Text(text) => found.commands(text.known().unwrap_or_default()),
                _ => {}
            }
        }
        if !is_of_github {
            found.names.extend(set.into_iter().filter(|(_, texts)| texts.len() > 1).map(|(name, _)| name));
        }
        found
    }

    /// One job for each of these: GitLab's are a list, Azure's have names, or are what another job says. GitHub's are no variables.
    fn matrix(&mut self, matrix: Option<&Value>, is_of_github: bool) {
        let Some(matrix) = matrix else { return };
        let named = matrix.as_map().into_iter().flat_map(|map| map.values());
        for map in matrix.as_list().unwrap_or_default().iter().chain(named) {
            let names = map.as_map().into_iter().flatten().filter_map(|(name, _)| name.known());
            self.names.extend(names.map(str::to_owned));
        }
        self.is_all |= !is_of_github && matches!(matrix, Value::Text(_));
    }

    /// What commands hand on to others: in files, and by what they print.
    fn commands(&mut self, text: &str) {
        const MARK: &str = "task.setvariable";
        let hands_on = HANDED_ON.iter().any(|mark| text.contains(mark));
        if text.contains('=') && (hands_on || text.starts_with("task ")) {
            self.names.extend(names_set_in(text, Quoting::Pipeline));
        }
        // What is written to the file is what another program says, or a text whose lines say it.
        let writes = |line: &&str| ["GITHUB_ENV", "BASH_ENV"].iter().any(|file| line.contains(file));
        let is_dynamic = |line: &str| {
            let line = line.trim();
            let is_end = line.starts_with(['}', ')']) || line.starts_with("done") || line.contains("<<");
            line.contains(['>', '|']) && !(line.contains('=') || is_end)
        };
        self.is_all |= text.lines().filter(writes).any(is_dynamic);
        if !text.contains("##vso[") {
            return;
        }
        let small = text.to_ascii_lowercase();
        for (at, _) in small.match_indices(MARK) {
            let inside: String =
                text[at + MARK.len()..].chars().take(MAX_MARKED).take_while(|letter| *letter != ']').collect();
            for word in inside.split([' ', ';']) {
                let name = word.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case("variable"));
                let Some((_, name)) = name else { continue };
                self.is_all |= name.contains(['$', '%', '{']);
                // It is in the environment in capitals.
                self.names.extend([name.to_owned(), name.to_uppercase()]);
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.is_all || self.names.contains(name)
    }
}

/// Gives each variable of a map, or of a list of `{name, value}`, and what it is said to be, if that is known.
fn each_variable(said: &Value, mut give: impl FnMut(&str, Option<String>)) {
    let mut one = |name: Option<&str>, value: Option<&Value>| {
        let value = value.map(|value| value.get("value").unwrap_or(value));
        let text = value.and_then(super::super::scalar);
        if let Some(name) = name {
            give(name, text.as_ref().and_then(|text| text.known()).map(str::to_owned));
        }
    };
    said.as_map().into_iter().flatten().for_each(|(name, value)| one(name.known(), Some(value)));
    for pair in said.as_list().unwrap_or_default() {
        one(pair.get("name").and_then(Value::as_str), pair.get("value"));
    }
}

/// Variables as a map has them, or a list of `{name, value}`.
fn variables(said: &Value, bindings: &mut Bindings, unclear: &Unclear) {
    each_variable(said, |name, text| match text.filter(|_| !unclear.has(name)) {
        Some(text) => {
            bindings.insert(name.to_owned(), text.clone());
            bindings.insert(format!("env.{name}"), text);
        }
        None => {
            bindings.remove(name);
            bindings.remove(&format!("env.{name}"));
        }
    });
}
