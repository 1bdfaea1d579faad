//! Docker compose.

use super::{Command, Deploy, Item, MAX_LENGTH, Texts, command, scalar};
use crate::host::{HOLE, Hosts};
use crate::path::{join, join_within};
use serde_json::Value;
use std::collections::BTreeMap;

/// How deep defaults lie in defaults; what is deeper is not known.
const MAX_DEPTH: usize = 16;

impl Deploy {
    /// Takes in what compose files give to their containers. A container is the service it is called like, or the one
    /// from whose directory it is built; that one then answers under the container's name too.
    pub(super) fn compose(
        &mut self,
        items: &[Item],
        texts: &Texts,
        hosts: &mut Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) {
        let files = items.iter().filter(|item| item.chart.is_none() && item.value.get("kind").is_none());
        let mut found = Vec::new();
        for item in files {
            let directory = item.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            for (name, container) in item.value.get("services").and_then(Value::as_object).into_iter().flatten() {
                let build = container.get("build");
                let context = build.and_then(|build| build.as_str().or_else(|| build.get("context")?.as_str()));
                let image = build.and_then(|build| build.get("dockerfile")?.as_str()).unwrap_or("Dockerfile");
                let built = || owner(&join(directory, &format!("{}/{image}", context?)));
                if let Some(service) = hosts.named(name).map(str::to_owned).or_else(built) {
                    found.push((item.path, directory, name, container, service));
                }
            }
        }
        for (path, directory, name, container, service) in found {
            hosts.add(name, &service);
            for name in other_names(container) {
                hosts.add(name, &service);
            }
            let given = self.given.entry(service).or_default();
            path.clone_into(&mut given.path);
            let text_of = |file: &str| env_file(&join_within(directory, file).unwrap_or_default(), texts);
            let shell = variables(text_of(".env"), &BTreeMap::new());
            let files = container.get("env_file");
            for file in files
                .map(|files| files.as_array().map_or(std::slice::from_ref(files), Vec::as_slice))
                .unwrap_or_default()
            {
                let Some(file) = file.as_str().or_else(|| file.get("path")?.as_str()) else { continue };
                for (key, value) in variables(text_of(&interpolated(file, &shell)), &shell) {
                    given.set(&key, value);
                }
            }
            match container.get("environment") {
                Some(Value::Object(pairs)) => {
                    for (key, value) in pairs {
                        match scalar(value) {
                            Some(value) => given.set(key, interpolated(&value, &shell)),
                            None => shell.get(key).into_iter().for_each(|value| given.set(key, value.clone())),
                        }
                    }
                }
                Some(Value::Array(list)) => {
                    for pair in list.iter().filter_map(Value::as_str) {
                        match pair.split_once('=') {
                            Some((key, value)) => given.set(key, interpolated(value, &shell)),
                            None => shell.get(pair).into_iter().for_each(|value| given.set(pair, value.clone())),
                        }
                    }
                }
                _ => {}
            }
            for key in ["links", "depends_on", "external_links"] {
                let names: Vec<&str> = match container.get(key) {
                    Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
                    Some(Value::Object(pairs)) => pairs.keys().map(String::as_str).collect(),
                    _ => Vec::new(),
                };
                for name in names {
                    // `service:alias`
                    let name = name.split(':').next().unwrap_or(name);
                    given.after.insert(name.to_owned(), key.to_owned());
                }
            }
            // `entrypoint` with `command` behind it, as one list, and the check of its health.
            let line = |value: Option<&Value>| -> Vec<String> {
                let words = value.and_then(Value::as_str).map(|line| line.split_whitespace().collect());
                words.unwrap_or_else(|| command::words(value)).into_iter().map(str::to_owned).collect()
            };
            let own = [line(container.get("entrypoint")), line(container.get("command"))].concat();
            for words in [own, line(container.pointer("/healthcheck/test"))] {
                let words: Vec<Vec<String>> = words.iter().map(|word| vec![interpolated(word, &shell)]).collect();
                given.arguments(words.iter().cloned());
                given.commands.push(Command { path: path.to_owned(), words });
            }
        }
    }
}

/// What people copy to `.env`, which holds secrets and so is in no repository; the likeliest first.
const TEMPLATES: &[&str] = &[
    ".env.example",
    ".env.template",
    ".env.sample",
    ".env.dist",
    ".env.default",
    ".env.defaults",
    ".env-example",
    ".env-template",
    ".env-sample",
    "env.example",
    "env.template",
    "env.sample",
    "example.env",
    "template.env",
    "sample.env",
    "default.env",
    "deploy.env",
    "docker.env",
];

/// The text of a file of variables. Where the tree has no `.env`, that of the one that is to be copied to it.
fn env_file<'t>(path: &str, texts: &Texts<'t>) -> &'t str {
    if let Some(text) = texts.get(path) {
        return text;
    }
    let Some(directory) =
        path.strip_suffix(".env").filter(|directory| directory.is_empty() || directory.ends_with('/'))
    else {
        return "";
    };
    TEMPLATES.iter().find_map(|name| texts.get(format!("{directory}{name}").as_str())).copied().unwrap_or_default()
}

/// What a container is called besides: <https://docs.docker.com/reference/compose-file/services/#hostname>.
fn other_names(container: &Value) -> impl Iterator<Item = &str> {
    let own = ["container_name", "hostname"].into_iter().filter_map(|key| container.get(key)?.as_str());
    let networks = container.get("networks").and_then(Value::as_object).into_iter().flatten();
    let aliases = networks.filter_map(|(_, network)| network.get("aliases")?.as_array()).flatten();
    own.chain(aliases.filter_map(Value::as_str))
}

/// The variables of an `.env` file. Their values are made of those in `shell` and of the ones above them.
fn variables(text: &str, shell: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut known = shell.clone();
    let mut found = BTreeMap::new();
    for line in text.lines().map(|line| line.trim().trim_start_matches("export ")).filter(|line| !line.starts_with('#'))
    {
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = match quoted('\'') {
            Some(literal) => literal.to_owned(),
            None => interpolated(quoted('"').unwrap_or(value), &known),
        };
        found.insert(name.to_owned(), value.clone());
        if !shell.contains_key(name) {
            known.insert(name.to_owned(), value);
        }
    }
    found
}

/// A value with what `${NAME}`, `${NAME:-default}` and `$NAME` stand for; what nothing says is a hole.
fn interpolated(value: &str, shell: &BTreeMap<String, String>) -> String {
    if !value.contains('$') {
        return value.to_owned();
    }
    let text = within(value, shell, 0);
    if text.len() > MAX_LENGTH { HOLE.to_string() } else { text }
}

fn within(value: &str, shell: &BTreeMap<String, String>, depth: usize) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((head, tail)) = rest.split_once('$') {
        text.push_str(head);
        if text.len() > MAX_LENGTH || depth > MAX_DEPTH {
            return text + &HOLE.to_string();
        }
        if let Some(tail) = tail.strip_prefix('$') {
            text.push('$');
            rest = tail;
            continue;
        }
        let (inner, after) = match tail.strip_prefix('{') {
            Some(tail) => match braced(tail) {
                Some(cut) => cut,
                None => return text + &HOLE.to_string(),
            },
            None => tail.split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        rest = after;
        let (name, operator) = inner.split_at(inner.find([':', '-', '?', '+']).unwrap_or(inner.len()));
        let set = shell.get(name);
        let (set, operator) = match operator.strip_prefix(':') {
            Some(operator) => (set.filter(|value| !value.is_empty()), operator),
            None => (set, operator),
        };
        match (set, operator.strip_prefix('-'), operator.strip_prefix('+')) {
            (Some(_), _, Some(other)) | (None, Some(other), _) => text.push_str(&within(other, shell, depth + 1)),
            (Some(value), ..) => text.push_str(value),
            (None, ..) => text.push(HOLE),
        }
    }
    text + rest
}

/// What lies before the brace that closes, and what lies behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut open = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}
