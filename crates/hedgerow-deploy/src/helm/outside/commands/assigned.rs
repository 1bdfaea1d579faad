//! What a text says that its variables are.

use super::super::marks::Marks;
use super::super::open::Bindings;
use super::call::is_helm;
use super::flags::opened;
use super::parameters::{set_by, taken};
use super::scripts::Kind;
use super::shell::inner_commands;
use super::words::{Quoting, Token, Word, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// What variables are: as it is said, and where nothing else says so.
#[derive(Debug, Clone, Default)]
pub(super) struct Assigned {
    pub(super) bindings: Bindings,
    pub(super) defaults: Bindings,
    /// Those that loops set.
    pub(super) loops: BTreeSet<String>,
    /// Those that a command of a shell sets, by how many end before it.
    pub(super) since: BTreeMap<usize, Vec<String>>,
}

/// How deep commands in commands are looked at.
const MAX_DEPTH: usize = 4;

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

/// Words of shells before a command or an assignment.
const KEYWORDS: &[&str] =
    &["!", "do", "elif", "else", "if", "then", "time", "until", "while", "{", "builtin", "command"];

/// Commands whose words are assignments.
const DECLARING: &[&str] = &["declare", "export", "local", "readonly", "set", "typeset"];

/// Programs whose output sets variables of their own.
const AGENTS: &[&str] = &["docker-env", "docker-machine", "get-login", "shellenv", "ssh-agent"];

/// Commands whose words are names that they set or take away.
const SETTING: &[&str] = &["getopts", "mapfile", "printf", "read", "readarray", "unset"];

/// What a text says that its variables are: `CHART=./charts/app`, `CHART := ./charts/app`. One that is set twice, or by a loop, is not known. `outer` is
/// what is said outside of the text.
pub(super) fn assigned(text: &str, kind: Kind, quoting: Quoting, outer: &Bindings) -> Assigned {
    let is_other = kind == Kind::Other;
    let is_windows = is_other && quoting == Quoting::Filled;
    let mut reader = Reader { quoting, may_bind: !is_other, is_windows, ..Reader::default() };
    if is_other && !is_windows {
        reader.lost = taken(text);
    }
    for line in text.lines() {
        for (name, default) in defaults_in(line) {
            reader.by_default(name, default.to_owned());
        }
    }
    if kind == Kind::Shell && quoting != Quoting::Make {
        reader.shell(text, 0);
    } else {
        let is_lines = kind == Kind::Lines;
        let mut is_one = false;
        for line in text.lines() {
            let is_recipe = is_lines && line.starts_with([' ', '\t']);
            let plain = line.trim();
            // One that names its program is run as a whole.
            is_one = is_recipe && (is_one || plain.starts_with("#!"));
            if !is_one || reader.recipe.is_none() {
                reader.recipe = is_recipe.then(BTreeSet::new);
            }
            if is_lines && !is_recipe && quoting == Quoting::Shell {
                reader.parameters(plain);
            }
            reader.line(plain);
            if is_recipe {
                reader.uses(plain);
            }
        }
        let Reader { recipes, elsewhere, lost, .. } = &mut reader;
        lost.extend(recipes.intersection(elsewhere).cloned());
        reader.since.clear();
    }
    let Reader { found, mut defaults, mut lost, loops, mut since, mut said, sourced, .. } = reader;
    let is_sourced = sourced.is_some();
    lost.extend(said.drain(..sourced.unwrap_or_default()));
    since.values_mut().for_each(|names| names.retain(|name| is_sourced || !outer.contains_key(name)));
    let mut bindings = if is_sourced { Bindings::new() } else { outer.clone() };
    for (name, value) in found {
        // What is said outside may hold as well.
        if outer.get(&name).is_some_and(|outer| *outer != value) {
            lost.insert(name);
        } else {
            bindings.insert(name, value);
        }
    }
    // PowerShell knows names by their letters alone, whether these are capitals or not.
    if is_other && quoting == Quoting::Shell {
        let mut same: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
        for name in bindings.keys().chain(&lost).chain(&loops) {
            same.entry(name.to_lowercase()).or_default().insert(name);
        }
        let same = same.into_values().filter(|names| names.len() > 1).flatten();
        let same: Vec<String> = same.cloned().collect();
        lost.extend(same);
    }
    for name in lost.iter().chain(&loops) {
        bindings.remove(name);
        bindings.remove(&format!("env.{name}"));
    }
    defaults.retain(|name, _| !bindings.contains_key(name) && !lost.contains(name) && !loops.contains(name));
    let also: Vec<(String, String)> =
        bindings.iter().map(|(name, value)| (format!("env.{name}"), value.clone())).collect();
    bindings.extend(also);
    Assigned { bindings, defaults, loops, since }
}

/// The names that a text of commands sets.
pub(super) fn names_set_in(text: &str, quoting: Quoting) -> BTreeSet<String> {
    let mut reader = Reader { quoting, ..Reader::default() };
    reader.shell(text, 0);
    reader.lost
}

struct Reader {
    quoting: Quoting,
    /// Whether what is set is known, and not only that it is.
    may_bind: bool,
    /// Whether it is a script of `cmd`.
    is_windows: bool,
    found: Bindings,
    defaults: Bindings,
    lost: BTreeSet<String>,
    loops: BTreeSet<String>,
    since: BTreeMap<usize, Vec<String>>,
    /// What the line of a recipe, that is read, sets for itself.
    recipe: Option<BTreeSet<String>>,
    /// What such lines set, and what others of them have that do not set it.
    recipes: BTreeSet<String>,
    elsewhere: BTreeSet<String>,
    /// How many commands have ended.
    at: usize,
    /// The names that something is known of, in their order.
    said: Vec<String>,
    /// How many of them there were when another script was run in this shell the last time: it may set anything.
    sourced: Option<usize>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            quoting: Quoting::Shell,
            may_bind: false,
            is_windows: false,
            found: Bindings::new(),
            defaults: Bindings::new(),
            lost: BTreeSet::new(),
            loops: BTreeSet::new(),
            since: BTreeMap::new(),
            recipe: None,
            recipes: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            at: 0,
            said: Vec::new(),
            sourced: None,
        }
    }
}

impl Reader {
    /// Commands of a shell.
    fn shell(&mut self, text: &str, depth: usize) {
        let mut words: Vec<Word> = Vec::new();
        let mut is_file = false;
        for token in tokens(text, self.quoting).into_iter().chain([Token::Operator('\n')]) {
            match token {
                Token::Word(_) if std::mem::take(&mut is_file) => {}
                Token::Word(word) => words.push(word),
                Token::Input | Token::Redirection => is_file = true,
                Token::Here => {}
                Token::Operator(operator) => {
                    is_file = false;
                    self.command(&words, operator, depth);
                    words.clear();
                    self.at += usize::from(depth == 0);
                }
            }
        }
    }

    fn command(&mut self, words: &[Word], operator: char, depth: usize) {
        for word in words.iter().filter(|word| depth < MAX_DEPTH && word.text.contains(['=', ' '])) {
            let may_bind = std::mem::replace(&mut self.may_bind, false);
            for inside in inner_commands(&word.text) {
                self.shell(inside, depth + 1);
            }
            if word.is_quoted && word.text.contains(char::is_whitespace) {
                self.shell(&word.text, depth + 1);
            }
            self.may_bind = may_bind;
        }
        let mut rest = words;
        let mut is_declared = false;
        while let Some((first, after)) = rest.split_first() {
            let text = first.text.trim_start_matches('@');
            let is_flag = is_declared && text.starts_with(['-', '/']);
            is_declared |= DECLARING.contains(&text);
            if !(is_flag || KEYWORDS.contains(&text) || DECLARING.contains(&text)) {
                break;
            }
            rest = after;
        }
        if is_declared && rest.iter().any(|word| is_dynamic(&word.text)) && words.iter().all(|word| word.text != "set")
        {
            self.source();
        }
        // What is set for one command alone: `IFS= read -r HOST`.
        let plain =
            if is_declared { 0 } else { rest.iter().take_while(|word| name_set_by(&word.text).is_some()).count() };
        let plain = if plain == rest.len() { rest } else { &rest[plain..] };
        let Some((first, after)) = plain.split_first() else { return };
        let first_text = first.text.trim_start_matches('@');
        // Only a script of cmd is `Filled` and not run by a shell; a label in it is called in the same file.
        let mut calls =
            words.iter().zip(&words[1..]).filter(|(word, _)| self.is_windows && word.text.eq_ignore_ascii_case("call"));
        if calls.any(|(_, called)| !(called.text.starts_with(':') || is_helm(&called.text))) {
            self.source();
        }
        match (first_text, after) {
            ("eval", [word, ..]) if is_dynamic(&word.text) && !self.is_command(&word.text) => self.source(),
            ("for", [name, ..]) => drop(self.loops.insert(name.text.clone())),
            ("select", [name, ..]) => drop(self.lost.insert(name.text.clone())),
            (text, _) if SETTING.contains(&text) => {
                self.lost.extend(after.iter().map(|word| word.text.clone()).filter(|text| is_name(text)));
            }
            ("." | "source", [_, ..]) => self.source(),
            // PowerShell's.
            (name, [mark, value @ ..]) if mark.text == "=" && is_name(name.trim_start_matches('$')) => {
                let value = (value.len() == 1).then(|| value[0].text.clone());
                self.set(name.trim_start_matches('$'), value);
                return;
            }
            _ => {}
        }
        let is_all = rest.iter().all(|word| is_declared && is_name(&word.text) || name_set_by(&word.text).is_some());
        let is_program = |word: &Word| {
            is_helm(&word.text) || word.text.starts_with('$') && word.text.to_lowercase().contains("helm")
        };
        let program = rest.iter().position(is_program).unwrap_or(rest.len());
        for (at, word) in rest.iter().enumerate() {
            let Some(name) = name_set_by(&word.text) else { continue };
            let value = word.text.split_once('=').map(|(_, value)| value).unwrap_or_default();
            // A language hands it on by its name.
            if self.quoting == Quoting::Code && value == name {
                continue;
            }
            if is_all {
                let is_last = at + 1 == rest.len();
                let text = word.text.trim_start_matches('$');
                let is_known = text[name.len()..].starts_with('=') && !(is_last && operator == '(');
                self.set(name, is_known.then(|| value.to_owned()));
                continue;
            }
            // What a call sets are values of a chart; one that is handed on as it is, is what it was.
            let is_values = at > program || at > 0 && rest[at - 1].text.starts_with("--set");
            if !is_values && opened(value).variable() != Some(name) {
                self.lost.insert(name.to_owned());
            }
        }
    }

    /// A line of a makefile, or of another language.
    fn line(&mut self, line: &str) {
        let line =
            if self.quoting == Quoting::Make { line.trim_start_matches(['@', '-', '+', ' ', '\t']) } else { line };
        if let Some(name) = line.strip_prefix("for ").and_then(|rest| rest.split_whitespace().next()) {
            self.loops.insert(name.to_owned());
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        if self.quoting == Quoting::Make && matches!(first, "include" | "sinclude") {
            self.source();
        }
        let set = ["$(eval ", "$(foreach "].iter().flat_map(|mark| line.split(mark).skip(1));
        let defined = ["define ", "override define ", "undefine ", "override undefine "];
        let defined = defined.iter().filter_map(|word| line.strip_prefix(word));
        for rest in set.chain(defined.filter(|_| self.quoting == Quoting::Make)) {
            let name = rest.trim_start().split([' ', '=', ':', '?', '+', ',']).next();
            self.lost.extend(name.filter(|name| is_name(name)).map(str::to_owned));
        }
        let plain = BEFORE.iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
        let (head, value) = plain.split_once('=').unwrap_or((plain, ""));
        let name = head.trim_end_matches([':', '?', '!', ' ', '\t']);
        let name = name.strip_prefix('$').unwrap_or(name);
        let is_plain = head.len() < plain.len() && is_name(name);
        if !(self.may_bind || self.is_windows) {
            let set = set_by(line, self.quoting == Quoting::Shell);
            self.lost.extend(set.into_iter().filter(|other| !(is_plain && other == name)));
        }
        if head.len() == plain.len() || !is_name(name) {
            // One of a target: `prod: HOST = s-cart`. What is added to one is not known.
            let name = name.trim_end_matches(['+', ' ', '\t']).rsplit([':', ' ', '\t']).next().unwrap_or_default();
            if is_name(name) && head.len() < plain.len() && (head.contains(':') || head.trim_end().ends_with('+')) {
                self.lost.insert(name.to_owned());
            }
            self.shell(line, 0);
            return;
        }
        // Of makefiles and the like all of the line is the value.
        let is_line = head.ends_with([':', '?', ' ']);
        let (value, rest) = self.value_of(value, is_line);
        match value.filter(|_| !head.ends_with('!')) {
            Some(value) if head.ends_with('?') => self.by_default(name, value),
            value => self.bind(name, value),
        }
        if let Some(rest) = rest {
            rest.split(|token| matches!(token, Token::Operator(_))).for_each(|command| {
                let words: Vec<Word> = command
                    .iter()
                    .filter_map(|token| match token {
                        Token::Word(word) => Some(word.clone()),
                        _ => None,
                    })
                    .collect();
                self.command(&words, ' ', 0);
            });
        }
    }

    /// The parameters of a recipe of just: `up host port='80':`.
    fn parameters(&mut self, line: &str) {
        let Some((head, _)) = line.split_once(':').filter(|(_, rest)| !rest.starts_with('=')) else { return };
        let words = head.split_whitespace().skip(1);
        let names = words.map(|word| word.split('=').next().unwrap_or(word).trim_start_matches(['$', '*', '+']));
        self.lost.extend(names.filter(|name| is_name(name)).map(str::to_owned));
    }

    /// What a line of a recipe has without setting it: each has a shell of its own.
    fn uses(&mut self, line: &str) {
        let Some(set) = &self.recipe else { return };
        let is_make = self.quoting == Quoting::Make;
        for (at, _) in line.match_indices('$') {
            let tail = &line[at + 1..];
            let inside = tail.trim_start_matches(['{', '(']);
            let length = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
            let name = &inside[..length];
            // Of make's own variables none is set by a shell.
            let is_own = is_make && !line[..at].ends_with('$');
            if !name.is_empty() && (is_own || !set.contains(name)) {
                self.elsewhere.insert(name.to_owned());
            }
        }
    }

    /// Whether what is run is a variable that is known, or programs that set none of a tree's own.
    fn is_command(&self, text: &str) -> bool {
        opened(text).variable().is_some_and(|name| self.found.contains_key(name))
            || AGENTS.iter().any(|agent| text.contains(agent))
    }

    /// What another script sets is not known.
    fn source(&mut self) {
        self.sourced = Some(self.said.len());
    }

    fn by_default(&mut self, name: &str, value: String) {
        self.said.push(name.to_owned());
        self.defaults.entry(name.to_owned()).or_insert(value);
    }

    fn set(&mut self, name: &str, value: Option<String>) {
        let value = value.filter(|_| self.may_bind);
        self.bind(name, value);
    }

    /// One is what it is said to be, if that is said and nothing else.
    fn bind(&mut self, name: &str, value: Option<String>) {
        if let Some(recipe) = &mut self.recipe {
            recipe.insert(name.to_owned());
            self.recipes.insert(name.to_owned());
        }
        let Some(value) = value else {
            self.lost.insert(name.to_owned());
            return;
        };
        let open = opened(&value);
        // `A=${A:-b}` says what it is by default, which is read above.
        if open.variable() == Some(name) {
            return;
        }
        if open.variables().any(|other| other == name) {
            self.lost.insert(name.to_owned());
        }
        match self.found.insert(name.to_owned(), value.clone()) {
            Some(before) if before != value => drop(self.lost.insert(name.to_owned())),
            Some(_) => {}
            None => {
                self.said.push(name.to_owned());
                self.since.entry(self.at).or_default().push(name.to_owned());
            }
        }
    }

    /// The one word that a value is, or the line; and what stands behind it.
    fn value_of(&self, text: &str, is_line: bool) -> (Option<String>, Option<Vec<Token>>) {
        let mut words = Vec::new();
        let all = tokens(text, self.quoting);
        for (at, token) in all.iter().enumerate() {
            match token {
                Token::Word(word) => words.push(word.text.clone()),
                Token::Operator('&' | ';' | '|') => return (one(words, is_line), Some(all[at..].to_vec())),
                _ => return (None, Some(all[at..].to_vec())),
            }
        }
        (one(words, is_line), None)
    }
}

/// What stands behind a value is a command that has the variable: `A=b c`.
fn one(mut words: Vec<String>, is_line: bool) -> Option<String> {
    match words.len() {
        0 | 1 => words.pop(),
        _ => is_line.then(|| words.join(" ")),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether what a word sets is said elsewhere: `export $(cat .env)`, `export "$line"`.
fn is_dynamic(word: &str) -> bool {
    word.starts_with("$(") || word.starts_with('$') && name_set_by(word).is_none()
}

/// The name that a word sets: `A=b`, `A+=b`, `A[0]=b`.
fn name_set_by(word: &str) -> Option<&str> {
    let (head, _) = word.split_once('=')?;
    let name = head.trim_start_matches('$').trim_end_matches('+');
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    is_name(name).then_some(name)
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
