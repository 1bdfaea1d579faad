//! The calls of `helm` that a script makes, and where each is made.

use super::super::Written;
use super::super::marks::{DOLLAR, Marks};
use super::super::names::Names;
use super::super::open::{Bindings, Open};
use super::MAX_CALLS;
use super::assigned::{Assigned, assigned};
use super::documents::without_documents;
use super::flags::opened;
use super::place::{self, Root};
use super::scripts::{Kind, Script};
use super::words::{Quoting, Token, Word, tokens};

/// How deep commands in commands are followed: `bash -c "x=$(helm …)"`.
const MAX_DEPTH: usize = 4;

/// How much text is read of one script that stands for commands or is run by them.
const MAX_NESTED: usize = 1 << 20;

/// How long the path of a directory may be that a script goes to.
const MAX_PATH: usize = 1024;

/// Words that stand before a command and leave it one.
const BEFORE: &[&str] = &[
    "!", "builtin", "call", "command", "do", "elif", "else", "env", "exec", "if", "nohup", "run", "RUN", "then",
    "time", "until", "while", "{", "sh", "eval",
];

/// Commands whose words are one, behind words of their own: `timeout 10m helm …`.
const WRAPPERS: &[&str] =
    &["aws-vault", "docker", "doppler", "env", "nice", "retry", "sudo", "timeout", "xargs", "op", "kubectl"];

/// Commands and functions whose text is a command.
const RUNNERS: &[&str] = &[
    "bat",
    "eval",
    "iex",
    "Invoke-Expression",
    "local",
    "powershell",
    "pwsh",
    "retry",
    "script:",
    "sh",
    "bash",
    "ssh",
    "su",
    "system",
    "try",
];

/// The calls of a script. `above` is the directory of its file, and those above that.
pub(super) fn calls(script: &Script, names: &Names, above: &[String]) -> (Vec<Written>, bool) {
    let places = script.places.clone();
    let joined = script.text.replace("\\\r\n", " ").replace("\\\n", " ");
    let text = match script.kind {
        Kind::Shell => without_documents(&joined),
        Kind::Lines => joined,
        Kind::Other => {
            let marks: &[&str] = match script.quoting {
                Quoting::Code => &["+\r\n", "+\n"],
                _ => &["`\r\n", "`\n", "^\r\n", "^\n"],
            };
            let kept = if script.quoting == Quoting::Code { "+ " } else { " " };
            marks.iter().fold(joined, |text, mark| text.replace(mark, kept))
        }
    };
    let assigned = assigned(&text, script.kind, script.quoting, &script.outer);
    let mut now = assigned.bindings.clone();
    for name in assigned.since.values().flatten() {
        now.remove(name);
        now.remove(&format!("env.{name}"));
    }
    let mut shell = Shell {
        assigned: &assigned,
        now,
        at: 0,
        is_later: false,
        quoting: script.quoting,
        left: MAX_NESTED,
        names,
        above,
        previous: places.clone(),
        places,
        pushed: Vec::new(),
        frames: Vec::new(),
        input: None,
        found: Vec::new(),
    };
    match script.kind {
        Kind::Shell => shell.run(&text, 0),
        Kind::Lines => shell.lines(&text),
        Kind::Other => shell.other(&text),
    }
    (shell.found, shell.left == 0)
}

pub(super) struct Shell<'s, 'n> {
    pub(super) assigned: &'s Assigned,
    /// What is set by now.
    now: Bindings,
    /// How many commands have ended.
    at: usize,
    /// Whether it is in a function, that is called later.
    is_later: bool,
    quoting: Quoting,
    /// How much more text is read that stands for commands or is run by them.
    pub(super) left: usize,
    names: &'s Names<'n>,
    above: &'s [String],
    /// Where it is; nothing where that is not known.
    pub(super) places: Vec<Open>,
    previous: Vec<Open>,
    pushed: Vec<Vec<Open>>,
    /// Where it was before a bracket.
    frames: Vec<(char, Vec<Open>)>,
    /// What the command reads.
    pub(super) input: Option<String>,
    pub(super) found: Vec<Written>,
}

impl Shell<'_, '_> {
    /// Lines that are run by a shell each, as those of makefiles.
    fn lines(&mut self, text: &str) {
        let start = self.places.clone();
        let mut is_one = false;
        for line in text.lines() {
            let is_inside = line.starts_with([' ', '\t']);
            is_one = is_inside && (is_one || line.trim_start().starts_with("#!"));
            if !is_one {
                self.places.clone_from(&start);
                self.frames.clear();
            }
            let command = if is_inside { line.trim_start().trim_start_matches(['@', '-', '+', ' ']) } else { line };
            self.run(command, 0);
        }
    }

    /// Lines of another language that runs commands.
    fn other(&mut self, text: &str) {
        let mut depth = 0_usize;
        let mut outer: Vec<(usize, Vec<Open>)> = Vec::new();
        let own = self.quoting;
        let mut is_text = false;
        for line in text.lines() {
            let plain = line.trim();
            // A text of many lines is one of a shell.
            let ends = line.matches("\"\"\"").count() + line.matches("'''").count();
            self.quoting = if is_text || ends > 0 { Quoting::Filled } else { own };
            is_text ^= ends % 2 == 1;
            if ["//", "/*", "* ", "<#", "REM ", "rem ", "::"].iter().any(|mark| plain.starts_with(mark)) {
                continue;
            }
            // Jenkins' `dir('x') { … }`.
            let entered = plain.strip_prefix("dir").map(|rest| rest.trim_start_matches([' ', '(', '"', '\'']));
            let entered = entered.filter(|_| plain.ends_with('{')).and_then(|rest| rest.split(['"', '\'']).next());
            if let Some(there) = entered {
                outer.push((depth, self.places.clone()));
                self.enter(there);
            }
            let opened = plain.matches('{').count() - plain.matches("${").count();
            depth = (depth + opened).saturating_sub(
                plain.matches('}').count() - plain.matches("${").count().min(plain.matches('}').count()),
            );
            self.frames.clear();
            self.run(&line.replace("\"\"\"", " ").replace("'''", " "), 0);
            while outer.last().is_some_and(|(before, _)| entered.is_none() && depth <= *before) {
                self.places = outer.pop().map(|(_, places)| places).unwrap_or_default();
            }
        }
        self.quoting = own;
    }

    /// Runs commands.
    fn run(&mut self, text: &str, depth: usize) {
        if depth > MAX_DEPTH || self.found.len() > MAX_CALLS {
            return;
        }
        let mut words: Vec<Word> = Vec::new();
        let mut before = String::new();
        let (mut is_target, mut is_input, mut input) = (false, false, None);
        for token in tokens(text, self.quoting).into_iter().chain([Token::Operator('\n')]) {
            match token {
                Token::Word(_) if std::mem::take(&mut is_target) => {}
                Token::Word(word) if std::mem::take(&mut is_input) => input = Some(word.text),
                Token::Word(word) => words.push(word),
                Token::Input => is_input = true,
                Token::Redirection => is_target = true,
                Token::Here => {}
                Token::Operator(operator) => {
                    (is_target, is_input) = (false, false);
                    self.input = input.take();
                    let last = words.last().map(|word| word.text.clone());
                    let is_function = last.as_deref() == Some("{");
                    if !words.is_empty() {
                        self.command(&words, &before, depth);
                    }
                    words.clear();
                    before.clear();
                    if depth == 0 {
                        self.go_on();
                    }
                    match operator {
                        '(' => {
                            self.frames.push(('(', self.places.clone()));
                            before = last.unwrap_or_default();
                        }
                        ')' => self.leave('('),
                        _ if is_function => self.frames.push(('{', self.places.clone())),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Goes back to where it was before a bracket.
    fn leave(&mut self, bracket: char) {
        if self.frames.last().is_some_and(|(open, _)| *open == bracket)
            && let Some((_, places)) = self.frames.pop()
        {
            self.places = places;
        }
    }

    /// Runs one command; `before` is the word before a bracket that it stands in.
    fn command(&mut self, words: &[Word], before: &str, depth: usize) {
        // What is run for its output.
        for inside in words.iter().flat_map(|word| inner_commands(&word.text)) {
            self.nested(inside.strip_prefix("shell ").unwrap_or(inside), self.quoting, depth);
        }
        let mut rest = words;
        let mut is_wrapped = false;
        while let Some((first, after)) = rest.split_first() {
            let text = first.text.trim_start_matches('@');
            if text == "}" {
                self.leave('{');
            } else if text == "{" && !(first.is_quoted || after.is_empty()) {
                self.frames.push(('{', self.places.clone()));
            } else if self.calls_helm(first, after) {
                return;
            } else if WRAPPERS.contains(&text) {
                is_wrapped = true;
            } else if !(is_wrapped || BEFORE.contains(&text) || is_assignment(text)) || first.is_quoted {
                break;
            }
            rest = after;
        }
        let Some((first, after)) = rest.split_first() else { return };
        match (first.text.as_str(), after.first()) {
            ("cd" | "chdir" | "Set-Location" | "sl", there) => {
                let there = if there.is_some_and(|there| there.text.starts_with("--") || there.text == "/d") {
                    after.get(1)
                } else {
                    there
                };
                self.enter(there.map_or("~", |there| there.text.as_str()));
            }
            ("pushd" | "Push-Location", Some(there)) => {
                self.pushed.push(self.places.clone());
                self.enter(&there.text);
            }
            ("popd" | "Pop-Location", _) => {
                if let Some(places) = self.pushed.pop() {
                    self.places = places;
                }
            }
            _ => {}
        }
        if let Some(text) = self.bound(&first.text).filter(|text| text.contains(' ')) {
            self.in_quotes(&text, depth);
        }
        for (at, word) in words.iter().enumerate() {
            // Other languages have no `$` before their names.
            let name = match word.text.starts_with('$') {
                true => word.text.clone(),
                false if self.quoting == Quoting::Code && !word.is_quoted => format!("${{{}}}", word.text),
                false if word.is_quoted => word.text.clone(),
                false => continue,
            };
            let before = if at == 0 { before } else { words[at - 1].text.as_str() };
            let before = before.rsplit('.').next().unwrap_or(before);
            let is_runner = |word: &str| RUNNERS.contains(&word) || word.starts_with("run") || word.starts_with("exec");
            let is_text =
                before.starts_with('-') && before.ends_with('c') && !before.starts_with("--") || before == "-Command";
            let is_far = words[0].text == "ssh" && at + 1 == words.len();
            if is_runner(before) || is_text || is_far {
                let text = self.bound(&name).unwrap_or_else(|| word.text.clone());
                if text.contains(' ') {
                    self.in_quotes(&text, depth);
                }
            }
        }
    }

    /// Goes on behind a command: what it has set is set from here on.
    fn go_on(&mut self) {
        for name in self.assigned.since.get(&self.at).into_iter().flatten() {
            if let Some(text) = self.assigned.bindings.get(name) {
                self.now.insert(name.clone(), text.clone());
                self.now.insert(format!("env.{name}"), text.clone());
            }
        }
        self.at += 1;
    }

    /// Whether a function is read, which is called when all is set.
    fn is_later(&self) -> bool {
        self.is_later || self.frames.iter().any(|(bracket, _)| *bracket == '{')
    }

    pub(super) fn bindings(&self) -> &Bindings {
        if self.is_later() { &self.assigned.bindings } else { &self.now }
    }

    /// Runs what stood in quotes: there a `$` that is a letter is one for the shell that runs it, and others are filled in by then.
    fn in_quotes(&mut self, text: &str, depth: usize) {
        if text.contains(DOLLAR) {
            self.nested(&text.replace(DOLLAR, "$"), Quoting::Shell, depth);
        } else {
            self.nested(text, Quoting::Filled, depth);
        }
    }

    /// Runs a text in a shell of its own.
    fn nested(&mut self, text: &str, quoting: Quoting, depth: usize) {
        self.left = self.left.saturating_sub(text.len());
        if self.left == 0 {
            return;
        }
        let inside = self.is_later();
        let is_later = std::mem::replace(&mut self.is_later, inside);
        let quoting = std::mem::replace(&mut self.quoting, quoting);
        let (places, frames) = (self.places.clone(), std::mem::take(&mut self.frames));
        self.run(text, depth + 1);
        (self.places, self.frames, self.is_later, self.quoting) = (places, frames, is_later, quoting);
    }

    /// The text of a word that is one variable.
    pub(super) fn bound(&mut self, word: &str) -> Option<String> {
        let open = opened(word);
        let name = open.variable()?;
        let text = self.bindings().get(name).or_else(|| self.assigned.defaults.get(name))?.clone();
        self.left = self.left.saturating_sub(text.len());
        Some(text).filter(|text| text != word && self.left > 0)
    }

    /// A path without the variable that it begins with, and what that stands for, where it is known.
    pub(super) fn rooted(&self, path: &Open) -> (Open, Option<Vec<Open>>) {
        let at = |directory: &str| Some(vec![Open::known_as(directory)]);
        let Some((name, rest)) = path.root() else { return (path.clone(), None) };
        match place::root(name) {
            Root::Own(steps) => {
                let own = self.above.first().map(String::as_str).unwrap_or_default();
                (rest, opened(&steps).below(own).map(|place| vec![place]))
            }
            Root::Top => (rest, at("")),
            Root::Here => (rest, Some(self.places.clone())),
            Root::Unknown => (path.clone(), None),
        }
    }

    /// Goes to a directory.
    fn enter(&mut self, there: &str) {
        let before = self.places.clone();
        let path = opened(there).with(self.bindings()).with(&self.assigned.defaults);
        let (path, root) = self.rooted(&path);
        let is_loop = path.variable().is_some_and(|name| self.assigned.loops.contains(name));
        self.places = if there == "-" {
            self.previous.clone()
        } else if path.variable().is_some() && !is_loop {
            // It may be anywhere.
            Vec::new()
        } else {
            let below = path.without_root();
            let is_known = root.is_some() || !self.places.is_empty() && below == path;
            let above = || self.above.iter().map(|directory| Open::known_as(directory)).collect();
            let from: Vec<Open> = root.unwrap_or_else(|| if is_known { self.places.clone() } else { above() });
            let joined = from.iter().filter_map(|from| below.seen_from(from));
            let joined: Vec<Open> = joined.filter(|place| place.length() <= MAX_PATH).collect();
            let is_there = |place: &Open| match place.whole() {
                Some(place) => self.names.has_directory(place),
                None => is_loop || place.says_something(),
            };
            let there: Vec<Open> = joined.iter().filter(|place| is_there(place)).cloned().collect();
            match (there.is_empty(), is_known) {
                (false, _) => there,
                // It may be made by somebody before.
                (true, true) => joined,
                (true, false) => Vec::new(),
            }
        };
        self.previous = before;
    }
}

/// The commands in a text that are run for their output.
pub(super) fn inner_commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let marks = Marks::new(text);
    let mut from = 0;
    while let Some(at) = text[from..].find("$(").map(|at| from + at) {
        from = at + marks.length(at).unwrap_or(2);
        let inside = text[at + 2..from].trim_end_matches(')');
        found.extend((marks.length(at).is_some() && inside.contains(' ')).then_some(inside));
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '+'))
    }) || word.ends_with(':')
}
