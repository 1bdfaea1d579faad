//! One call of `helm` in a script, with what variables are there.

use super::super::open::{Bindings, Open};
use super::super::{Layer, Written};
use super::flags::{opened, read};
use super::shell::Shell;
use super::words::{Quoting, Token, Word, tokens};

/// How deep variables are made of variables, as they are put in for one another.
const MAX_VARIABLES: usize = 8;

/// Variables that are called like the program.
const HELM: &[&str] =
    &["HELM", "HELM2", "HELM3", "HELM_BIN", "HELM_BINARY", "HELM_CMD", "HELM_COMMAND", "HELM_EXE", "HELM_EXECUTABLE"];

/// What it is called with that installs something.
pub(super) const VERBS: &[&str] = &["upgrade", "install", "template"];

impl Shell<'_, '_> {
    /// Takes in a call, if the first word is the program.
    pub(super) fn calls_helm(&mut self, first: &Word, after: &[Word]) -> bool {
        let mut call: Vec<Word> = Vec::new();
        let is_variable = opened(&first.text).variable().is_some_and(|name| {
            HELM.contains(&name.trim_start_matches("env.").to_uppercase().as_str())
                && !self.bindings().contains_key(name)
        });
        if let Some(text) = self.bound(&first.text) {
            let mut words = words_of(&text);
            if !words.next().is_some_and(|first| is_helm(&first.text)) && !is_variable {
                return false;
            }
            call.extend(words);
        } else if !(is_helm(first.text.trim_start_matches('@')) || is_variable) {
            return false;
        }
        for word in after {
            match self.bound(&word.text).filter(|_| !word.is_quoted) {
                // The shell cuts what is not in quotes.
                Some(text) if text.is_empty() || text.starts_with('-') || text.contains(' ') => {
                    call.extend(words_of(&text));
                }
                Some(text) if VERBS.contains(&text.as_str()) => call.push(Word { text, is_quoted: false }),
                bound => call.push(Word { text: word.text.clone(), is_quoted: word.is_quoted || bound.is_some() }),
            }
        }
        let input = self.input.as_ref().map(|input| opened(input).with(self.bindings()).partial());
        if let Some(mut release) = read(&call, input.as_ref()) {
            let (chart, places) = self.rooted(&release.chart.with(self.bindings()));
            release.places = places.unwrap_or_else(|| self.places.clone());
            release.chart = chart;
            let mut left = self.left;
            (release.bindings, release.defaults) =
                needed(&release, (self.bindings(), &self.assigned.defaults), &mut left);
            self.left = left;
            self.found.push(release);
        }
        true
    }
}

/// The words of a text that variables are filled in of.
fn words_of(text: &str) -> impl Iterator<Item = Word> {
    tokens(text, Quoting::Filled).into_iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    })
}

/// The variables that a call is made of, and those that these are made of: a script may have many. `left` is how much text of them is taken.
fn needed(call: &Written, all: (&Bindings, &Bindings), left: &mut usize) -> (Bindings, Bindings) {
    let files = call.layers.iter().filter_map(|layer| match layer {
        Layer::File(open, _) | Layer::Perhaps(open, _) | Layer::SetAll(open, _) => Some(open),
        _ => None,
    });
    let opens = files.chain([&call.chart]).chain(&call.name).chain(&call.places);
    let mut names: Vec<String> = opens.flat_map(Open::variables).map(str::to_owned).collect();
    let (mut bindings, mut defaults) = (Bindings::new(), Bindings::new());
    for _ in 0..MAX_VARIABLES {
        let mut next = Vec::new();
        for name in names {
            for (from, into) in [(all.0, &mut bindings), (all.1, &mut defaults)] {
                let Some(text) = from.get(&name).filter(|_| !into.contains_key(&name)) else { continue };
                *left = left.saturating_sub(text.len() + name.len());
                if *left == 0 {
                    continue;
                }
                next.extend(opened(text).variables().map(str::to_owned));
                into.insert(name.clone(), text.clone());
            }
        }
        names = next;
    }
    (bindings, defaults)
}

/// Whether a word is the program.
pub(super) fn is_helm(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    matches!(name.strip_suffix(".exe").unwrap_or(name), "helm" | "helm2" | "helm3" | "helm4")
}
