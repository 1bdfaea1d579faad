//! Docker compose.

use super::{Deploy, Item, scalar};
use crate::host::{HOLE, Hosts};
use crate::program::join;
use serde_json::Value;
use std::collections::BTreeMap;

/// Texts of the tree by their paths.
type Texts<'a> = BTreeMap<&'a str, &'a str>;

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
                let built = || owner(&join(directory, &format!("{}/Dockerfile", context?)));
                if let Some(service) = hosts.named(name).map(str::to_owned).or_else(built) {
                    found.push((item.path, directory, name, container, service));
                }
            }
        }
        for (path, directory, name, container, service) in found {
            hosts.add(name, &service);
            let given = self.given.entry(service).or_default();
            path.clone_into(&mut given.path);
            let shell = variables(texts.get(join(directory, ".env").as_str()).copied().unwrap_or_default());
            let files = container.get("env_file");
            for file in files
                .map(|files| files.as_array().map_or(std::slice::from_ref(files), Vec::as_slice))
                .unwrap_or_default()
            {
                let Some(file) = file.as_str().or_else(|| file.get("path")?.as_str()) else { continue };
                for (key, value) in variables(texts.get(join(directory, file).as_str()).copied().unwrap_or_default()) {
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
            let words = |word: &str| vec![interpolated(word, &shell)];
            for key in ["entrypoint", "command"] {
                match container.get(key) {
                    Some(Value::Array(list)) => given.arguments(list.iter().filter_map(Value::as_str).map(words)),
                    Some(Value::String(line)) => given.arguments(line.split_whitespace().map(words)),
                    _ => {}
                }
            }
        }
    }
}

/// The variables of an `.env` file.
fn variables(text: &str) -> BTreeMap<String, String> {
    let lines =
        text.lines().map(|line| line.trim().trim_start_matches("export ")).filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim();
        let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        Some((name.trim().to_owned(), bare.unwrap_or(value).to_owned()))
    };
    lines.filter_map(pair).collect()
}

/// A value with what `${NAME}`, `${NAME:-default}` and `$NAME` stand for; what nothing says is a hole.
fn interpolated(value: &str, shell: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((head, tail)) = rest.split_once('$') {
        text.push_str(head);
        if let Some(tail) = tail.strip_prefix('$') {
            text.push('$');
            rest = tail;
            continue;
        }
        let (inner, after) = match tail.strip_prefix('{').and_then(|tail| tail.split_once('}')) {
            Some(cut) => cut,
            None => tail.split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        let name = inner.split([':', '-', '?', '+']).next().unwrap_or_default();
        let default = inner[name.len()..].trim_start_matches(':').strip_prefix('-');
        match shell.get(name).map(String::as_str).or(default) {
            Some(value) => text.push_str(value),
            None => text.push(HOLE),
        }
        rest = after;
    }
    text + rest
}
