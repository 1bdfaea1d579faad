//! Which maps the functions that change a map change: one of its own, which is followed as a variable is, or one that others see too.

use super::expr::{Token, tokens};
use super::heads::{assigned, declared};
use super::sprig::plain;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Functions that change the map that is their first argument, and give it.
const MUTATORS: &[&str] = &["set", "unset", "merge", "mergeOverwrite"];

/// Functions whose result nothing else has, nor anything in it.
const DEEP: &[&str] = &["deepCopy", "fromYaml", "fromJson"];

/// Functions whose result nothing else has; what lies in it others may have.
const FRESH: &[&str] = &["dict", "list"];

/// Functions that give a map of its own with a part of what lies in another one.
const PARTS: &[&str] = &["omit", "pick"];

/// Functions that only ask.
const ASKS: &[&str] = &["hasKey", "empty", "kindIs", "eq", "ne", "len"];

/// Any key of a map.
const ANY: &str = "*";

/// How many steps the way back to where maps come from may take in one template.
const MAX_STEPS: usize = 20_000;

/// Whether a text may call one of the functions that change a map, with `must` or without.
pub(super) fn may_change(text: &str) -> bool {
    text.contains("set") || text.contains("erge")
}

/// A call in an expression that changes a map.
pub(super) struct Change<'t> {
    /// Where the map may come from; nothing if it is of its own.
    pub(super) paths: Vec<&'t str>,
    /// The key that is set in it, if it is a plain one.
    pub(super) key: Option<&'t str>,
    /// Where the call stands among the words.
    at: usize,
}

/// The calls in an expression that change a map.
pub(super) fn changes(words: &[Token]) -> impl Iterator<Item = Change<'_>> {
    let is_change = |at: &usize| is(&words[*at], MUTATORS);
    (0..words.len()).filter(is_change).map(|at| {
        let after = &words[at + 1..];
        let mut found = Vec::new();
        if let Some(target) = after.first() {
            match target {
                Token::Open => sources(inside(after), is(&words[at], &["merge", "mergeOverwrite"]), &mut found),
                target => found.extend(path_of(target).map(Source::Path)),
            }
        }
        let key = match after.get(1) {
            Some(Token::Text(key)) if is(&words[at], &["set", "unset"]) && after[0] != Token::Open => {
                Some(key.as_str())
            }
            _ => None,
        };
        Change { paths: found.iter().map(Source::path).collect(), key, at }
    })
}

/// The variables whose maps an expression changes.
pub(super) fn mutated(code: &str) -> Vec<String> {
    if !may_change(code) {
        return Vec::new();
    }
    let words = tokens(code);
    let paths = changes(&words).flat_map(|change| change.paths);
    let names = paths.filter_map(|path| path.split('.').next().filter(|name| name.len() > 1));
    names.map(str::to_owned).collect()
}

/// What an expression changes and gives, where that is one map at a variable: `X | set $a "key"`, `merge $a.b X`.
pub(super) fn gives_what_it_changes(code: &str) -> Option<String> {
    if !may_change(code) {
        return None;
    }
    let words = tokens(code);
    let mut all = changes(&words).filter(|change| !change.paths.is_empty());
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let last = words.len() - stages(&words).last()?.len();
    let target = path_of(words.get(only.at + 1)?).filter(|path| path.starts_with('$') && path.len() > 1)?;
    (only.at == last && !target.starts_with("$.")).then(|| target.to_owned())
}

/// Where a map may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source<'t> {
    /// It lies there.
    Path(&'t str),
    /// It lies there under a key.
    Under(&'t str, &'t str),
}

impl<'t> Source<'t> {
    const fn path(&self) -> &'t str {
        match self {
            Self::Path(path) | Self::Under(path, _) => path,
        }
    }
}

/// Where the map may come from that an expression gives: nothing, if it is of its own. `deep` asks for what lies in it as well.
fn sources<'t>(words: &'t [Token], deep: bool, found: &mut Vec<Source<'t>>) {
    let stages = stages(words);
    let Some((last, before)) = stages.split_last() else { return };
    match last.first() {
        Some(Token::Open) if before.is_empty() && inside(last).len() + 2 == last.len() => {
            sources(inside(last), deep, found);
        }
        Some(first) if is(first, DEEP) || is(first, FRESH) || (!deep && is(first, PARTS)) => {}
        Some(first) if is(first, MUTATORS) || is(first, PARTS) => match last.get(1) {
            Some(Token::Open) => sources(inside(&last[1..]), deep, found),
            Some(target) => found.extend(path_of(target).map(Source::Path)),
            None => {}
        },
        _ => {
            for (at, word) in words.iter().enumerate() {
                let before = at.checked_sub(1).and_then(|at| words.get(at));
                let Some(path) = path_of(word).filter(|_| !before.is_some_and(|word| is(word, ASKS))) else { continue };
                let is_part = before.is_some_and(|word| is(word, &["get", "index"]));
                found.push(match words.get(at + 1) {
                    Some(Token::Text(key)) if is_part => Source::Under(path, key),
                    _ => Source::Path(path),
                });
            }
        }
    }
}

/// A call that puts something into a map: under which key, if that is a plain one, and all its words.
type Store = (Option<String>, Vec<Token>);

/// Where the variables of a template come from, and what is put into their maps.
pub(super) struct Origins {
    sources: BTreeMap<String, Vec<Vec<Token>>>,
    stores: BTreeMap<String, Vec<Store>>,
    /// Those that heads of blocks declare: they may be what lies in a map.
    parts: BTreeSet<String>,
    steps: Cell<usize>,
}

impl Origins {
    /// Of the codes of a template, each with whether it is the head of a block.
    pub(super) fn new(codes: &[(&str, bool)]) -> Self {
        let (sources, stores, parts) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut found = Self { sources, stores, parts, steps: Cell::new(0) };
        for (code, is_head) in codes {
            if *is_head {
                let names = assigned(code).map(|assigned| assigned.name).into_iter().chain(declared(code).0);
                found.parts.extend(names.map(str::to_owned));
            }
            let value = match assigned(code) {
                Some(assigned) => {
                    found.sources.entry(assigned.name.to_owned()).or_default().push(tokens(assigned.value));
                    assigned.value
                }
                None => {
                    let (names, rest) = declared(code);
                    for name in names {
                        found.sources.entry(name.to_owned()).or_default().push(tokens(rest));
                    }
                    rest
                }
            };
            if may_change(value) {
                let words = tokens(value);
                for change in changes(&words) {
                    let target = words.get(change.at + 1).and_then(path_of);
                    let Some(name) = target.and_then(|path| path.split('.').next()) else { continue };
                    // What is put in may stand before the bar.
                    let value = (change.key.map(str::to_owned), words.clone());
                    found.stores.entry(name.to_owned()).or_default().push(value);
                }
            }
        }
        found
    }

    /// What others see of a map that a template changes: the paths to it. Nothing if it is of its own.
    pub(super) fn shared(&self, path: &str) -> Vec<String> {
        let (start, rest) = path.split_once('.').unwrap_or((path, ""));
        if start.len() < 2 || !rest.is_empty() {
            return vec![path.to_owned()];
        }
        if self.owns(Source::Path(path), &mut BTreeSet::new()) {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.sources.get(start).into_iter().flatten().for_each(|words| sources(words, false, &mut found));
        let mut found: Vec<String> = found.iter().map(|source| source.path().to_owned()).collect();
        if found.is_empty() {
            // What lies in a list or a map of its own is others' all the same.
            let words = self.sources.get(start).into_iter().flatten().flatten();
            found.extend(words.filter_map(path_of).map(str::to_owned));
        }
        found
    }

    /// Whether nobody else has a map.
    fn owns<'o>(&'o self, source: Source<'o>, seen: &mut BTreeSet<Source<'o>>) -> bool {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return false;
        }
        // What leads to itself comes from elsewhere as well.
        if !seen.insert(source) {
            return true;
        }
        let (start, rest) = source.path().split_once('.').unwrap_or((source.path(), ""));
        if start.len() < 2 {
            return false;
        }
        let key = match source {
            Source::Path(_) if rest.is_empty() => None,
            Source::Path(_) => rest.split('.').next(),
            Source::Under(_, key) => Some(if rest.is_empty() { key } else { rest.split('.').next().unwrap_or(key) }),
        };
        let Some(origins) = self.sources.get(start) else { return false };
        let key = key.or_else(|| self.parts.contains(start).then_some(ANY));
        let Some(key) = key else {
            return origins.iter().all(|words| self.owns_all(words, seen));
        };
        let is_own = origins.iter().all(|words| self.owns_in(words, key, seen));
        let stores = self.stores.get(start).into_iter().flatten();
        let mut stores =
            stores.filter(|(stored, _)| key == ANY || stored.as_deref().is_none_or(|stored| stored == key));
        is_own && stores.all(|(_, words)| self.owns_stored(words, start, seen))
    }

    fn owns_all<'o>(&'o self, words: &'o [Token], seen: &mut BTreeSet<Source<'o>>) -> bool {
        let mut found = Vec::new();
        sources(words, false, &mut found);
        found.into_iter().all(|source| self.owns(source, seen))
    }

    /// Whether nobody else has what lies under a key of the map that an expression gives.
    fn owns_in<'o>(&'o self, words: &'o [Token], key: &'o str, seen: &mut BTreeSet<Source<'o>>) -> bool {
        let stages = stages(words);
        let Some(last) = stages.last() else { return true };
        if last.first().is_some_and(|first| is(first, DEEP)) {
            return true;
        }
        if last.first().is_some_and(|first| is(first, FRESH) || is(first, PARTS) || is(first, MUTATORS)) {
            return words.iter().filter_map(path_of).all(|path| self.owns(Source::Path(path), seen));
        }
        let mut found = Vec::new();
        sources(words, true, &mut found);
        found.into_iter().all(|source| match source {
            Source::Path(path) => self.owns(Source::Under(path, key), seen),
            under => self.owns(under, seen),
        })
    }

    /// Whether nobody else has what a call puts into a variable's map.
    fn owns_stored<'o>(&'o self, words: &'o [Token], into: &str, seen: &mut BTreeSet<Source<'o>>) -> bool {
        let is_target = |path: &&str| path.split('.').next() == Some(into);
        words.iter().filter_map(path_of).filter(|path| !is_target(path)).all(|path| self.owns(Source::Path(path), seen))
    }
}

/// The stages of a pipeline.
fn stages(words: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for (at, word) in words.iter().enumerate() {
        match word {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Pipe if depth == 0 => {
                found.push(&words[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    found.push(&words[begin..]);
    found
}

/// What stands in the bracket that begins here.
fn inside(words: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word {
            Token::Open => depth += 1,
            Token::Close if depth == 1 => return &words[1..at],
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    words.get(1..).unwrap_or_default()
}

fn is(token: &Token, names: &[&str]) -> bool {
    matches!(token, Token::Word(word) if names.contains(&plain(word)))
}

fn path_of(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) if word.starts_with(['.', '$']) => Some(word),
        _ => None,
    }
}
