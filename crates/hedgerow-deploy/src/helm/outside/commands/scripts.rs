//! Where files hold commands: scripts and makefiles are some, pipelines and the like have them under keys.

use super::super::directory_of;
use super::super::names::Names;
use super::super::open::{Bindings, Open};
use super::keyed::of_keys;
use super::windows::{with_slashes, with_variables};
use super::words::Quoting;
use crate::environments::ENVIRONMENTS;

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

/// The keys that have commands, in pipelines, task runners and hooks.
pub(super) const COMMANDS: &[&str] = &[
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
            // Of a package each script is run in its directory.
            return of_keys(path, text, if name == "package.json" { own } else { Vec::new() });
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
