//! Variables with addresses that scripts of the tree give to compose: `export LEDGER_URL=http://ledger` in what runs `docker compose up`, in
//! makefiles, task runners and packages, and in the files that these take in or write.
//!
//! A script is not run. What it sets a variable to anywhere counts, if that is one thing; of what it sets to several nothing is known.

use super::item::Texts;
use super::shell::has_host;
use crate::environments::ENVIRONMENTS;
use crate::partial::{Gap, Partial};
use crate::path::join_within;
use std::collections::{BTreeMap, BTreeSet};

/// What calls compose, or gives a stack of its files to a swarm.
const CALLS: &[&str] = &[
    "docker compose",
    "docker-compose",
    "podman compose",
    "podman-compose",
    "nerdctl compose",
    "docker stack deploy",
    "docker/compose",
];

/// A text with more letters than this is no script.
const MAX_TEXT: usize = 256 * 1024;

/// How many files one script takes in.
const MAX_TAKEN: usize = 16;

/// How deep variables lie in the values of others; what is deeper is not known.
const MAX_DEPTH: usize = 8;

/// How many variables are looked up for one value.
const MAX_STEPS: usize = 256;

/// How long a value is at most, in bytes.
const MAX_VALUE: usize = 1024;

/// How variables end whose value is the name of a host alone.
const HOSTS: &[&str] = &[
    "HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "ADDR", "ADDRESS", "ENDPOINT", "URL", "URI", "BROKER", "BROKERS",
];

/// The scripts of the tree that call compose: where each lies, what it says, and what variables it sets.
pub(super) struct Exported<'t> {
    scripts: Vec<Script<'t>>,
}

struct Script<'t> {
    directory: &'t str,
    text: &'t str,
    /// The values of each variable.
    set: BTreeMap<String, BTreeSet<Partial>>,
}

impl<'t> Exported<'t> {
    pub(super) fn new(texts: &Texts<'t>) -> Self {
        let scripts = texts.iter().filter(|(path, text)| {
            let beside = matches!(name_of(path), ".envrc" | ".envrc.example" | "mise.toml" | ".mise.toml");
            text.len() <= MAX_TEXT
                && is_script(path, text)
                && !is_of_tests(path)
                && (beside || CALLS.iter().any(|call| text.contains(call)))
        });
        let scripts = scripts.map(|(path, text)| {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let mut set = assigned(text);
            for path in taken(text, directory, texts) {
                for (name, values) in assigned(texts.get(path.as_str()).copied().unwrap_or_default()) {
                    set.entry(name).or_default().extend(values);
                }
            }
            Script { directory, text, set: filled(&set) }
        });
        Self { scripts: scripts.collect() }
    }

    /// What scripts give to the compose files of a directory: those in it, above it and below it, and those that name it.
    pub(super) fn of(&self, directory: &str) -> BTreeMap<String, Partial> {
        let is_below = |one: &str, other: &str| {
            other.is_empty() || one == other || one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
        };
        let last = format!("{}/", name_of(directory));
        let own = self.scripts.iter().filter(|script| {
            is_below(directory, script.directory)
                || is_below(script.directory, directory)
                || (last.len() > 1 && script.text.contains(&last))
        });
        let mut found: BTreeMap<&str, BTreeSet<&Partial>> = BTreeMap::new();
        for (name, values) in own.flat_map(|script| &script.set) {
            found.entry(name).or_default().extend(values);
        }
        let alone = found.into_iter().filter(|(_, values)| values.len() == 1);
        alone.filter_map(|(name, values)| Some((name.to_owned(), (*values.first()?).clone()))).collect()
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file is one that people run, by its name or its first line.
fn is_script(path: &str, text: &str) -> bool {
    let name = name_of(path).to_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_named =
        ["makefile", "justfile", "taskfile", ".envrc", "package.json", "jenkinsfile", "procfile", "vagrantfile"]
            .iter()
            .any(|start| name.trim_start_matches("gnu").starts_with(start));
    is_named
        || matches!(name.as_str(), "mise.toml" | ".mise.toml" | ".gitlab-ci.yml" | "cloudbuild.yaml")
        || matches!(extension, "sh" | "bash" | "zsh" | "ksh" | "fish" | "mk" | "mak" | "just" | "ps1" | "bat" | "cmd")
        || text.starts_with("#!")
}

/// Whether a script is of tests: those give compose what tests need.
fn is_of_tests(path: &str) -> bool {
    let words = path.split(['/', '.', '-', '_']);
    words.map(str::to_lowercase).any(|word| matches!(word.as_str(), "test" | "tests" | "e2e" | "testing" | "cypress"))
        && !ENVIRONMENTS.iter().any(|name| path.split('/').any(|part| part == *name))
}

/// The files that a script takes variables in from: `source env.sh`, `--env-file prod.env`, `include local.mk`.
fn taken(text: &str, directory: &str, texts: &Texts<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut last = "";
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\'')).filter(|word| !word.is_empty())
    {
        let file = match word.strip_prefix("--env-file=") {
            Some(file) => Some(file),
            None if matches!(last, "source" | "." | "--env-file" | "include" | "-include") => Some(word),
            None => None,
        };
        last = word;
        // What stands before a directory of the tree is where the script lies.
        let file =
            file.map(|file| file.rsplit_once("}/").or_else(|| file.rsplit_once(")/")).map_or(file, |(_, file)| file));
        let places = file.into_iter().flat_map(|file| [join_within(directory, file), join_within("", file)]);
        found.extend(places.flatten().find(|path| texts.contains_key(path.as_str()) && !found.contains(path)));
        if found.len() == MAX_TAKEN {
            break;
        }
    }
    found
}

/// The values that a text gives to variables, as they stand there.
fn assigned(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        let plain = line.trim_start().trim_start_matches(['@', '-']).trim_start();
        if plain.starts_with(['#', ';']) || ["//", "::", "rem ", "REM "].iter().any(|mark| plain.starts_with(mark)) {
            continue;
        }
        for (at, name) in names(line) {
            let before = line.get(..at).unwrap_or_default();
            let behind = line.get(at + name.len()..).unwrap_or_default();
            if let Some(value) = value_of(before, behind) {
                found.entry(name.to_owned()).or_default().insert(value.to_owned());
            }
        }
    }
    found
}

/// The words of a line that can be the names of variables that are set there.
fn names(line: &str) -> Vec<(usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split(|c: char| !is_part(c)) {
        let is_name = word.len() > 2 && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_name && !line.get(..at).is_some_and(|before| before.ends_with(['.', '-', '/', '%'])) {
            found.push((at, word));
        }
        at += word.len() + 1;
        // A letter that parts words may have more bytes than one.
        while at < line.len() && !line.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// The value that stands behind the name of a variable, if it is set there; `before` is what stands before the name.
fn value_of<'l>(before: &str, behind: &'l str) -> Option<&'l str> {
    if before.ends_with("${") {
        // `: "${LEDGER_URL:=http://ledger}"`
        let rest = behind.strip_prefix(":=").or_else(|| behind.strip_prefix('='))?;
        return rest.split('}').next();
    }
    if before.ends_with('$') && !before.ends_with("$env:") || before.ends_with("$(") {
        return None;
    }
    // `"NAME": "value"`, `ENV['NAME'] = "value"`, `put "NAME" "value"`
    let is_quoted = before.ends_with(['"', '\'']) && behind.starts_with(['"', '\'']);
    let rest = if is_quoted { behind.get(1..)?.trim_start_matches(']') } else { behind };
    let spaced = rest.trim_start();
    let set = ["::=", ":=", "?=", "=>", "="].into_iter().find_map(|sign| spaced.strip_prefix(sign));
    if let Some(rest) = set.filter(|rest| !rest.starts_with(['=', '~'])) {
        return Some(word_of(rest));
    }
    // `NAME: value` in YAML; `"NAME", "value"`
    if let Some(rest) = spaced.strip_prefix(':').filter(|rest| rest.starts_with([' ', '"'])) {
        return Some(word_of(rest));
    }
    let rest = spaced.strip_prefix(',').unwrap_or(spaced);
    // `set_variable NAME http://ledger`: a value that is an address stands alone.
    let value = word_of(rest);
    (spaced.len() < behind.len()).then_some(value).filter(|value| value.contains("://"))
}

/// The first word of a text, without its quotes.
fn word_of(text: &str) -> &str {
    // In a text of JSON quotes have a mark before them.
    let text = text.trim_start().trim_start_matches('\\');
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return text.get(1..).and_then(|text| text.split(quote).next()).unwrap_or_default();
    }
    let mut depth = 0_usize;
    let end = text.find(|c: char| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0 && (c.is_whitespace() || matches!(c, ';' | '&' | '|' | ')' | '}' | '"' | '\'' | '\\' | '<' | '>'))
    });
    text[..end.unwrap_or(text.len())].trim_end_matches(',')
}

/// The values that lead to a host, with what the variables in them are.
fn filled(set: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<Partial>> {
    let mut found = BTreeMap::new();
    for (own, texts) in set {
        let values = texts.iter().map(|text| Filling { set, own, steps: 0 }.value(text, 0));
        let values: BTreeSet<Partial> = values.filter(|value| leads(own, value)).collect();
        if !values.is_empty() {
            found.insert(own.clone(), values);
        }
    }
    found
}

/// Whether a value is an address with a host that is known and is not the machine itself.
fn leads(name: &str, value: &Partial) -> bool {
    let written = value.written();
    let is_url = written.contains("://");
    let bare = !written.contains([' ', '/', '=']) && !written.is_empty();
    let has_port = written.rsplit_once(':').is_some_and(|(_, port)| port.chars().all(|c| c.is_ascii_digit()));
    let last = name.to_ascii_uppercase();
    let is_host = HOSTS.contains(&last.rsplit('_').next().unwrap_or(&last));
    let here = ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"].iter().any(|host| written.contains(host));
    has_host(value) && !here && value.size() <= MAX_VALUE && (is_url || (bare && (has_port || is_host)))
}

/// How one value is filled from the others.
struct Filling<'s> {
    set: &'s BTreeMap<String, BTreeSet<String>>,
    /// The variable that it is a value of: there, that is what it was before.
    own: &'s str,
    steps: usize,
}

impl Filling<'_> {
    /// A value with what its variables stand for in the same files: `${NAME}`, `$(NAME)`, `$NAME`, `{{.NAME}}`.
    fn value(&mut self, text: &str, depth: usize) -> Partial {
        let end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let mut made = Partial::default();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            made.push_str(&rest[..at]);
            rest = &rest[at..];
            let braces = [("{{", "}}"), ("${", "}"), ("$(", ")")];
            if let Some(behind) = rest.strip_prefix("$$") {
                // Of a makefile: the shell's own.
                made.push(Gap::Unknown);
                rest = behind;
            } else if let Some((open, close)) = braces.into_iter().find(|(open, _)| rest.starts_with(open)) {
                let Some((inside, behind)) = rest[open.len()..].split_once(close) else {
                    made.push(Gap::Unknown);
                    return made;
                };
                let inside = inside.trim().trim_start_matches('.');
                let (name, other) = inside.split_at(end(inside));
                made.append(&self.one(name, other, depth));
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('$') {
                let (name, behind) = behind.split_at(end(behind));
                made.append(&self.one(name, "", depth));
                rest = behind;
            } else {
                made.push_str("{");
                rest = &rest[1..];
            }
        }
        made.push_str(rest);
        made
    }

    /// What a variable is in the values of others, if it is one thing; `other` is what stands behind its name there: a default, or a command.
    fn one(&mut self, name: &str, other: &str, depth: usize) -> Partial {
        self.steps += 1;
        let fallback = [":-", ":=", "-"].iter().find_map(|sign| other.strip_prefix(sign));
        let is_asked = other.is_empty() || fallback.is_some();
        let values = self.set.get(name).filter(|values| is_asked && name != self.own && values.len() == 1);
        match values.and_then(BTreeSet::first).map(String::as_str).or(fallback) {
            Some(value) if depth < MAX_DEPTH && self.steps < MAX_STEPS => self.value(value, depth + 1),
            _ => Partial::unknown(),
        }
    }
}
