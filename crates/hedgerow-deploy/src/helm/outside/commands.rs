//! Calls of `helm` in scripts, makefiles and pipelines: `helm upgrade NAME CHART -f values.yaml --set a.b=c`. See <https://helm.sh/docs/helm/helm_upgrade/>.

use super::open::{Bindings, Open};
use super::set::Form;
use super::{From, Layer, Written, directories_above};
use crate::partial::Partial;

/// How many calls of one file are read.
const MAX_CALLS: usize = 256;

/// How many directories are looked at that a script goes to.
const MAX_ENTERED: usize = 24;

/// What may stand before `helm` in a line and be all of a command.
const BEFORE: &[&str] =
    &["", "@", "-", "|", "&&", "||", ";", "(", "then", "do", "else", "exec", "run:", "sudo", "time", "!"];

/// The flags that have a value, beside those for values of charts.
const WITH_VALUE: &[&str] = &[
    "--ca-file",
    "--cert-file",
    "--description",
    "--history-max",
    "--key-file",
    "--keyring",
    "--kube-apiserver",
    "--kube-as-group",
    "--kube-as-user",
    "--kube-ca-file",
    "--kube-context",
    "--kube-token",
    "--kube-version",
    "--kubeconfig",
    "--labels",
    "--api-versions",
    "--name-template",
    "--namespace",
    "--output",
    "--output-dir",
    "--password",
    "--post-renderer",
    "--post-renderer-args",
    "--registry-config",
    "--release-name",
    "--repo",
    "--repository-cache",
    "--repository-config",
    "--show-only",
    "--timeout",
    "--username",
    "--version",
    "-a",
    "-l",
    "-n",
    "-o",
    "-s",
];

/// The releases that a text installs.
pub(super) fn releases(path: &str, text: &str) -> Vec<Written> {
    if !text.contains("helm") || !is_script(path) {
        return Vec::new();
    }
    let calls: Vec<Vec<Word>> = calls(text);
    if calls.is_empty() {
        return Vec::new();
    }
    let bindings = assigned(text);
    let above = directories_above(path);
    // Where it goes before, from where it lies or from above.
    let mut bases: Vec<String> = Vec::new();
    for entered in entered(text) {
        let seen = above.iter().filter_map(|base| {
            Open::read(&Partial::from(entered.as_str()))
                .with(&bindings)
                .without_root()
                .below(base)?
                .whole()
                .map(str::to_owned)
        });
        bases.extend(seen);
    }
    bases.truncate(MAX_ENTERED);
    bases.extend(above);
    let written = |call: &Vec<Word>| {
        let mut release = read(call)?;
        release.bases.clone_from(&bases);
        release.bindings.clone_from(&bindings);
        Some(release)
    };
    calls.iter().take(MAX_CALLS).filter_map(written).collect()
}

/// Whether a file is one that runs commands. Pages that tell of them are none.
fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_known = matches!(
        extension,
        "sh" | "bash"
            | "zsh"
            | "mk"
            | "yaml"
            | "yml"
            | "ps1"
            | "cmd"
            | "bat"
            | "groovy"
            | "just"
            | "json"
            | "toml"
            | "tmpl"
    );
    let names = [
        "Makefile",
        "makefile",
        "GNUmakefile",
        "justfile",
        "Justfile",
        ".justfile",
        "Jenkinsfile",
        "Earthfile",
        "Dockerfile",
    ];
    is_known || names.iter().any(|known| name.starts_with(known)) || extension.is_empty()
}

/// A word of a command: as it is written, without quotes.
type Word = String;

/// The commands of a text that begin with `helm`, as words.
fn calls(text: &str) -> Vec<Vec<Word>> {
    // A line that ends in a backslash goes on.
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ").replace("`\n", " ");
    let mut found = Vec::new();
    for line in joined.lines().filter(|line| line.contains("helm") && !line.trim_start().starts_with(['#', '/'])) {
        let words = words(line);
        // What is only printed is not run; a text that is handed to a shell is.
        let is_shown = words.first().is_some_and(|word| matches!(word.trim_start_matches('@'), "echo" | "printf"));
        for text in quoted(line).into_iter().filter(|text| !is_shown && text.contains("helm ")) {
            of_line(&self::words(text), &mut found);
        }
        of_line(&words, &mut found);
    }
    found
}

/// The texts in quotes on a line.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = &rest[at..=at];
        let Some((text, after)) = rest[at + 1..].split_once(quote) else { break };
        found.push(text);
        rest = after;
    }
    found
}

/// The commands of one line.
fn of_line(words: &[Word], found: &mut Vec<Vec<Word>>) {
    let mut at = 0;
    while at < words.len() {
        let begins = words[at].trim_start_matches(['@', '-', '(', '"', '[']) == "helm" || words[at].ends_with("/helm");
        let before = if at == 0 { "" } else { words[at - 1].as_str() };
        let is_first = BEFORE.contains(&before) || before.ends_with([';', ':', '(', '`']) || before.contains('=');
        if !(begins && is_first) {
            at += 1;
            continue;
        }
        let ends = |word: &&Word| {
            matches!(word.as_str(), "&&" | "||" | "|" | ";" | "&" | ">" | ">>" | "<") || word.starts_with('#')
        };
        let call: Vec<Word> = words[at + 1..].iter().take_while(|word| !ends(word)).cloned().collect();
        at += 1 + call.len();
        // A mark right behind a word ends it too.
        let end = call.iter().position(|word| word.ends_with(';')).map_or(call.len(), |end| end + 1);
        let call = call[..end].iter().map(|word| word.trim_end_matches(';').to_owned());
        found.push(call.collect());
    }
}

/// The words of a line, as a shell tells them apart. What is in braces of a variable is a part of its word.
fn words(line: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let (mut word, mut is_word, mut quote, mut depth) = (String::new(), false, None, 0_usize);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('"') | None, '\\')
                if letters.peek().is_some_and(|next| quote.is_none() || "\"\\$`".contains(*next)) =>
            {
                // It is for `--set` as well, where it stands before a dot or a comma.
                let next = letters.next().unwrap_or_default();
                if matches!(next, '.' | ',') {
                    word.push('\\');
                }
                word.push(next);
                is_word = true;
            }
            (None, '\'' | '"') => {
                quote = Some(letter);
                is_word = true;
            }
            (_, '{' | '(') if word.ends_with(['$', '{']) || depth > 0 => {
                depth += 1;
                word.push(letter);
            }
            (_, '{') if letters.peek() == Some(&'{') => {
                depth += 1;
                word.push(letter);
                is_word = true;
            }
            (_, '}' | ')') if depth > 0 => {
                depth -= 1;
                word.push(letter);
            }
            (None, letter) if letter.is_whitespace() && depth == 0 => {
                if is_word {
                    found.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (_, letter) => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        found.push(word);
    }
    found
}

/// What a call installs, if it installs something.
fn read(call: &[Word]) -> Option<Written> {
    let mut words = call.iter();
    let mut plain: Vec<&str> = Vec::new();
    let mut layers = Vec::new();
    let (mut name, mut is_nameless) = (None, false);
    while let Some(word) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (word.as_str(), None),
        };
        let mut value = || inline.map(str::to_owned).or_else(|| words.next().cloned());
        match flag {
            "-f" | "--values" => {
                for file in value()?.split(',').filter(|file| !file.is_empty()) {
                    layers.push(Layer::File(Open::read(&Partial::from(file)), From::Base));
                }
            }
            "--set" => layers.push(Layer::SetAll(opened(&value()?), Form::Typed)),
            "--set-string" | "--set-literal" => layers.push(Layer::SetAll(opened(&value()?), Form::Text)),
            "--set-json" => layers.push(Layer::SetAll(opened(&value()?), Form::Json)),
            "--set-file" => layers.push(Layer::SetAll(opened(&value()?), Form::Unknown)),
            // Helm 2's.
            "--name" => name = value(),
            "--generate-name" | "-g" => is_nameless = true,
            flag if WITH_VALUE.contains(&flag) => drop(value()),
            flag if flag.starts_with('-') => {}
            _ => plain.push(word),
        }
    }
    // `helm secrets upgrade`, `helm diff upgrade` install or show the same.
    let plain = plain.strip_prefix(&["secrets"]).or_else(|| plain.strip_prefix(&["diff"])).unwrap_or(&plain);
    let (verb, rest) = plain.split_first()?;
    if !matches!(*verb, "upgrade" | "install" | "template") {
        return None;
    }
    let chart = match rest {
        [chart] => chart,
        [first, chart, ..] => {
            name = name.or_else(|| Some((*first).to_owned()));
            chart
        }
        [] => return None,
    };
    let name = name.filter(|_| !is_nameless).map(|name| Open::read(&Partial::from(name)));
    Some(Written { chart: Open::read(&Partial::from(*chart)), name, layers, ..Written::default() })
}

/// What is set, with gaps for the variables in it.
fn opened(text: &str) -> Partial {
    Open::read(&Partial::from(text)).partial()
}

/// The directories that a text goes to: `cd deploy`, `working-directory: deploy`.
fn entered(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_start_matches(['@', '-']).trim_start();
        let there = ["cd ", "pushd ", "working-directory:", "workingDirectory:", "dir:"]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        let Some(there) = there.and_then(|there| words(there).into_iter().next()) else { continue };
        let there = there.trim_end_matches(';').to_owned();
        if !there.is_empty() && there != "-" && !found.contains(&there) && found.len() < 8 {
            found.push(there);
        }
    }
    found
}

/// What a text says that its variables are: `CHART=./charts/app`, `CHART := ./charts/app`, `CHART: ./charts/app`. One that is set twice is not known.
fn assigned(text: &str) -> Bindings {
    let mut found = Bindings::new();
    let mut lost = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let line = ["export ", "readonly ", "local ", "declare "]
            .iter()
            .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let pair = line
            .split_once(['=', ':'])
            .map(|(name, rest)| (name.trim_end_matches([':', '?', '+', ' ']), rest.trim_start_matches('=')));
        let Some((name, value)) = pair else { continue };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut values = words(value).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            lost.extend(is_name.then(|| name.to_owned()));
            continue;
        };
        if is_name && found.insert(name.to_owned(), value.clone()).is_some_and(|before| before != value) {
            lost.push(name.to_owned());
        }
    }
    lost.iter().for_each(|name| drop(found.remove(name)));
    // One that is made of itself says nothing.
    found.retain(|name, value| !value.contains(&format!("${name}")) && !value.contains(&format!("{{{name}")));
    let also: Vec<(String, String)> =
        found.iter().map(|(name, value)| (format!("env.{name}"), value.clone())).collect();
    found.extend(also);
    found
}
