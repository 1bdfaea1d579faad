//! Where files hold commands: scripts and makefiles are some, pipelines and the like have them under keys.

use super::super::directory_of;
use super::super::names::Names;
use super::super::open::{Bindings, Open};
use super::assigned::names_set_in;
use super::windows::{with_slashes, with_variables};
use super::words::Quoting;
use crate::deploy::documents;
use crate::standin;
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How a file has its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One shell runs all of it.
    Shell,
    /// Each line is run by itself, or by a shell of its own.
    Lines,
    /// A language that has other quotes and comments than shells; a line may be a command.
    Other,
}

/// Commands that one shell runs.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) quoting: Quoting,
    /// Where it begins to run; nothing where that is not known.
    pub(super) places: Vec<Open>,
    /// What variables are outside of it.
    pub(super) outer: Bindings,
}

/// Directories of tests, as for code.
const TESTS: &[&str] =
    &["tests", "__tests__", "__mocks__", "e2e", "cypress", "integrationTest", "testFixtures", "testdata"];

/// Words by which people name environments, beside `test`.
const ENVIRONMENTS: &[&str] = &[
    "acceptance",
    "canary",
    "dev",
    "development",
    "int",
    "integration",
    "live",
    "prd",
    "preprod",
    "prod",
    "production",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "stg",
    "testing",
    "uat",
];

/// The keys that have commands, in pipelines, task runners and hooks.
const COMMANDS: &[&str] = &[
    "after_script",
    "ansible.builtin.command",
    "ansible.builtin.shell",
    "args",
    "bash",
    "before_script",
    "cmd",
    "cmds",
    "command",
    "commands",
    "deploy",
    "entrypoint",
    "exec",
    "inlineScript",
    "powershell",
    "pwsh",
    "run",
    "script",
    "scripts",
    "sh",
    "shell",
    "source",
    "tasks",
];

/// The keys that have the directory of what stands beside them, or below.
const PLACES: &[&str] = &["working-directory", "workingDirectory", "working_directory", "dir", "cwd", "chdir"];

/// The keys that have variables.
const VARIABLES: &[&str] = &["env", "environment", "variables", "vars"];

/// How many variables are handed down to commands in one file, each as often as that is done.
const MAX_HANDED: usize = 1 << 18;

/// How deep keys are followed.
const MAX_DEPTH: usize = 32;

fn extension_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file lies with tests. `test` is an environment too, and counts only at the top of a tree without others there, as for `init`.
fn is_with_tests(path: &str, names: &Names) -> bool {
    let is_top = path.starts_with("test/") && !ENVIRONMENTS.iter().any(|other| names.has_directory(other));
    is_top || directory_of(path).split('/').any(|part| TESTS.contains(&part))
}

/// Whether a file is one that runs commands, and is no test. Pages that tell of them are none.
pub(super) fn is_script(path: &str, text: &str, names: &Names) -> bool {
    let name = name_of(path);
    let is_test = is_with_tests(path, names)
        || name.split(['_', '-', '.']).next() == Some("test") && !is_keyed(name)
        || name.ends_with("_test.sh");
    let is_named = matches!(
        name.split('.').next().unwrap_or(name),
        "Makefile"
            | "makefile"
            | "GNUmakefile"
            | "justfile"
            | "Justfile"
            | "Jenkinsfile"
            | "Earthfile"
            | "Dockerfile"
            | "Tiltfile"
            | "Rakefile"
    );
    let is_known = matches!(
        extension_of(name),
        "sh" | "bash"
            | "zsh"
            | "mk"
            | "mak"
            | "ps1"
            | "psm1"
            | "cmd"
            | "bat"
            | "groovy"
            | "just"
            | "justfile"
            | "jenkinsfile"
            | "tmpl"
    );
    // What has no such name says by its first line that it is run.
    !is_test && (is_named || is_known || is_keyed(name) || text.starts_with("#!"))
}

/// Whether a file has commands under keys.
fn is_keyed(name: &str) -> bool {
    matches!(extension_of(name), "yaml" | "yml" | "json" | "toml")
}

/// The commands of a file, and whether something is left out of them for what it would cost.
pub(super) fn of(path: &str, text: &str) -> (Vec<Script>, bool) {
    let name = name_of(path);
    let own = vec![Open::known_as(directory_of(path))];
    let script =
        |kind, quoting, places| vec![Script { text: text.to_owned(), kind, quoting, places, outer: Bindings::new() }];
    let found = match extension_of(name) {
        "yaml" | "yml" | "json" => {
            let mut walk = Walk { found: Vec::new(), handed: 0, unclear: BTreeSet::new() };
            // Of a package each script is run in its directory.
            let places = if name == "package.json" { own } else { Vec::new() };
            let documents: Vec<Value> = documents(&standin::escaped(text)).into_iter().map(Value::read).collect();
            walk.unclear = unclear(path, &documents);
            for document in &documents {
                walk.below(document, &places, &Bindings::new(), 0);
            }
            return (walk.found, walk.handed > MAX_HANDED);
        }
        "toml" => of_toml(text),
        "mk" | "mak" => script(Kind::Lines, Quoting::Make, own),
        "just" | "justfile" => script(Kind::Lines, Quoting::Shell, own),
        extension @ ("ps1" | "psm1" | "cmd" | "bat") => {
            let quoting = if extension.starts_with("ps") { Quoting::Shell } else { Quoting::Filled };
            let mut all = script(Kind::Other, quoting, Vec::new());
            for script in &mut all {
                script.text = with_slashes(&script.text);
                if quoting == Quoting::Filled {
                    script.text = with_variables(&script.text);
                }
            }
            all
        }
        "groovy" | "jenkinsfile" => script(Kind::Other, Quoting::Code, Vec::new()),
        _ if name.to_lowercase().contains("makefile") => {
            script(if text.contains(".ONESHELL") { Kind::Shell } else { Kind::Lines }, Quoting::Make, own)
        }
        _ if name.to_lowercase().contains("justfile") => script(Kind::Lines, Quoting::Shell, own),
        _ if name.starts_with("Jenkinsfile") || matches!(name, "Tiltfile" | "Rakefile") => {
            script(Kind::Other, Quoting::Code, Vec::new())
        }
        _ if name.starts_with("Dockerfile") || name.starts_with("Earthfile") => {
            script(Kind::Lines, Quoting::Shell, Vec::new())
        }
        _ if is_run_by_code(text) => script(Kind::Other, Quoting::Code, Vec::new()),
        _ => script(Kind::Shell, Quoting::Shell, Vec::new()),
    };
    (found, false)
}

/// Whether the first line names the program of a language that is no shell.
fn is_run_by_code(text: &str) -> bool {
    let first = text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or_default();
    ["python", "ruby", "node", "groovy", "perl"].iter().any(|program| first.contains(program))
}

/// What is found under keys.
struct Walk {
    found: Vec<Script>,
    /// How many variables were handed down.
    handed: usize,
    /// Variables that the file sets to several things, or commands of it set.
    unclear: BTreeSet<String>,
}

impl Walk {
    /// Whether so many variables may be handed down once more.
    fn may_hand(&mut self, bindings: &Bindings) -> bool {
        self.handed = self.handed.saturating_add(bindings.len() + 1);
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
fn unclear(path: &str, documents: &[Value]) -> BTreeSet<String> {
    let mut set: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
    let mut found = BTreeSet::new();
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
                        // GitLab's: one job for each of these.
                        "parallel" => {
                            for map in value.get("matrix").and_then(Value::as_list).unwrap_or_default() {
                                let names = map.as_map().into_iter().flatten().filter_map(|(name, _)| name.known());
                                found.extend(names.map(str::to_owned));
                            }
                        }
                        _ => {}
                    }
                    left.push((value, depth + 1));
                }
            }
            Value::Text(text) => {
                let text = text.known().unwrap_or_default();
                if text.contains('=') && (text.contains(">>") || text.starts_with("task ")) {
                    found.extend(names_set_in(text, Quoting::Pipeline));
                }
                const MARK: &str = "task.setvariable variable=";
                for (at, _) in text.match_indices(MARK) {
                    found.extend(text[at + MARK.len()..].split([';', ']']).next().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    if !path.contains(".github/workflows/") {
        found.extend(set.into_iter().filter(|(_, texts)| texts.len() > 1).map(|(name, _)| name));
    }
    found
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
fn variables(said: &Value, bindings: &mut Bindings, unclear: &BTreeSet<String>) {
    each_variable(said, |name, text| match text.filter(|_| !unclear.contains(name)) {
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

/// The commands of TOML: what keys of that kind are, and all keys of a table of scripts or tasks.
fn of_toml(text: &str) -> Vec<Script> {
    let mut found = Vec::new();
    let mut is_table = false;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let plain = line.trim();
        if let Some(table) = plain.strip_prefix('[').filter(|_| !line.contains('=')) {
            let last = table.trim_end_matches(']').rsplit('.').next().unwrap_or_default();
            is_table = matches!(last, "scripts" | "tasks");
            continue;
        }
        let Some((key, value)) = plain.split_once('=').filter(|_| !plain.starts_with('#')) else { continue };
        if !(is_table || COMMANDS.contains(&key.trim())) {
            continue;
        }
        let value = value.trim().trim_start_matches('[').trim();
        let triple = ["\"\"\"", "'''"].into_iter().find_map(|quote| Some((quote, value.strip_prefix(quote)?)));
        let command = match triple {
            Some((quote, first)) => match first.split_once(quote) {
                Some((inside, _)) => inside.to_owned(),
                None => {
                    let (inside, after) = rest.split_once(quote).unwrap_or((rest, ""));
                    rest = after;
                    format!("{first}\n{inside}")
                }
            },
            None => {
                let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
                let inside = quote.and_then(|quote| Some((quote, value.get(1..)?.rsplit_once(quote)?.0)));
                match inside {
                    Some(('"', inside)) => inside.replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n"),
                    Some((_, inside)) => inside.to_owned(),
                    None => continue,
                }
            }
        };
        let (kind, quoting, outer) = (Kind::Shell, Quoting::Pipeline, Bindings::new());
        found.push(Script { text: command, kind, quoting, places: Vec::new(), outer });
    }
    found
}
