//! The packages of npm, and which scripts something starts outside of browsers: `node dist/worker.js`.

use super::Runs;
use super::signs::has;
use crate::paths::{above, dir_of, is_below};
use crate::tree::PlainFile;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Commands that run a script.
const RUNNERS: [&str; 19] = [
    "node",
    "nodejs",
    "ts-node",
    "ts-node-dev",
    "ts-node-esm",
    "tsx",
    "nodemon",
    "node-dev",
    "bun",
    "deno",
    "pm2",
    "pm2-runtime",
    "forever",
    "babel-node",
    "esr",
    "esno",
    "vite-node",
    "swc-node",
    "jiti",
];

/// What stands between such a command and the script.
const WORDS: [&str; 6] = ["run", "start", "watch", "exec", "--", "-"];

/// How many words behind such a command are looked at.
const MAX_WORDS: usize = 8;

/// Directories that a build writes into, or that say nothing of what lies in them.
const PLAIN: [&str; 9] = ["", ".", "..", "dist", "build", "out", "lib", "app", "src"];

/// Names that programs in any package have.
const USUAL: [&str; 5] = ["index", "main", "app", "start", "server"];

/// A script that something starts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Started {
    /// The directory of the file that says it.
    from: String,
    /// The directory of the script, by its own name, where that says something.
    directory: Option<String>,
    /// The name of the script without its ending.
    stem: String,
}

/// The packages of a tree, and the scripts that are started.
#[derive(Debug, Default, Hash)]
pub(crate) struct Programs {
    /// By their directories, the names of what they depend on.
    packages: BTreeMap<String, BTreeSet<String>>,
    started: BTreeMap<String, BTreeSet<Started>>,
}

impl Programs {
    /// Reads the packages, and the files that may start something.
    pub(crate) fn new(texts: &[PlainFile]) -> Self {
        let mut programs = Self::default();
        for file in texts {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let dir = dir_of(&file.path);
            if name == "package.json" {
                programs.package_of(dir, &file.text);
            } else if is_list(name) {
                let is_end = |c: char| c.is_whitespace() || "\"'`,[]{}".contains(c);
                let scripts = file.text.split(is_end).filter(|word| stem(word).is_some());
                scripts.for_each(|path| programs.start(dir, path));
            } else if may_start(name) {
                programs.command(dir, &file.text, is_command(name));
            }
        }
        programs
    }

    fn package_of(&mut self, dir: &str, text: &str) {
        let said: Value = serde_json::from_str(text).unwrap_or_default();
        let keys = ["dependencies", "devDependencies", "peerDependencies"].into_iter();
        let names = keys.filter_map(|key| said.get(key)?.as_object()).flat_map(|wanted| wanted.keys().cloned());
        self.packages.insert(dir.to_owned(), names.collect());
        let scripts = said.get("scripts").and_then(Value::as_object);
        for command in scripts.into_iter().flat_map(|scripts| scripts.values()).filter_map(Value::as_str) {
            self.command(dir, command, true);
        }
        let commands = match said.get("bin") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Object(all)) => all.values().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        commands.into_iter().for_each(|path| self.start(dir, path));
    }

    /// The scripts that a text starts. Where it is made of commands, `node server` starts one without an ending.
    fn command(&mut self, dir: &str, text: &str, is_command: bool) {
        if !RUNNERS.iter().any(|runner| text.contains(runner)) {
            return;
        }
        let is_end = |c: char| c.is_whitespace() || "\"'`,;()[]{}|&=".contains(c);
        let words: Vec<&str> = text.split(is_end).filter(|word| !word.is_empty()).collect();
        for (at, word) in words.iter().enumerate() {
            let name = word.rsplit('/').next().unwrap_or(word);
            if !RUNNERS.contains(&name) {
                continue;
            }
            let behind = words[at + 1..].iter().take(MAX_WORDS);
            let mut behind = behind.filter(|word| !word.starts_with('-') && !WORDS.contains(word)).peekable();
            let first = behind.peek().copied();
            match behind.find(|word| stem(word).is_some()).or(first.filter(|_| is_command)) {
                Some(path) if !path.contains("node_modules") => self.start(dir, path),
                _ => {}
            }
        }
    }

    fn start(&mut self, dir: &str, path: &str) {
        let mut parts = path.trim_end_matches('/').rsplit('/');
        let Some(last) = parts.next().map(|last| stem(last).unwrap_or(last)) else { return };
        let parent = parts.next().filter(|parent| !PLAIN.contains(parent)).map(str::to_owned);
        let started = Started { from: dir.to_owned(), directory: parent, stem: last.to_owned() };
        self.started.entry(last.to_owned()).or_default().insert(started);
    }

    /// The directory of the package that a file belongs to.
    pub(super) fn package(&self, path: &str) -> Option<&str> {
        above(dir_of(path)).find_map(|dir| self.packages.get_key_value(dir)).map(|(dir, _)| dir.as_str())
    }

    /// The packages at a directory or below it.
    pub(super) fn below(&self, directory: &str) -> impl Iterator<Item = &str> {
        let all = self.packages.keys().map(String::as_str);
        all.filter(move |dir| *dir == directory || is_below(dir, directory))
    }

    /// Whether a package depends on what runs on both sides.
    pub(super) fn is_of_both(&self, dir: &str, runs: &Runs) -> bool {
        let names = self.packages.get(dir).into_iter().flatten();
        names.into_iter().any(|name| has(&runs.both, name, None))
    }

    /// Whether something starts a script.
    pub(super) fn starts(&self, path: &str) -> bool {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(stem) = stem(name) else { return false };
        let own = dir.rsplit('/').next().unwrap_or_default();
        let package = self.package(path);
        // `node lib/worker` may be `worker/index.js`.
        let by_directory = (stem == "index").then_some(own);
        [Some(stem), by_directory].into_iter().flatten().any(|stem| {
            self.started.get(stem).into_iter().flatten().any(|started| {
                let is_near = package.is_some() && self.package(&format!("{}/x", started.from)) == package
                    || started.from == dir
                    || (package.is_none() && dir.starts_with(&started.from));
                let fits = started.directory.as_deref().is_none_or(|directory| directory == own || stem == own);
                fits && (is_near || !USUAL.contains(&stem))
            })
        })
    }
}

/// The name of a script without its ending.
fn stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let is_script = matches!(ending, "js" | "ts" | "mjs" | "cjs" | "mts" | "cts" | "jsx" | "tsx");
    is_script.then(|| stem.rsplit('/').next().unwrap_or(stem))
}

/// Whether a file may start programs, by its name.
fn may_start(name: &str) -> bool {
    is_command(name) || [".yml", ".yaml", ".toml", ".tpl"].iter().any(|end| name.ends_with(end))
}

/// Whether a file is made of commands, by its name.
fn is_command(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_named = ["dockerfile", "containerfile", "procfile"].iter().any(|part| lower.contains(part));
    is_named || [".sh", ".service"].iter().any(|end| lower.ends_with(end))
}

/// Whether a file lists what a manager of processes starts, by its name.
fn is_list(name: &str) -> bool {
    ["ecosystem.", "pm2.", "process."].iter().any(|start| name.starts_with(start))
}
