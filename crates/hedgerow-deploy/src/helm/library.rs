//! What all templates of a chart share: the templates with names, and what of the values a template changes.

use super::expr::{Token, tokens};
use super::heads::{assigned, declared};
use super::sprig::plain;
use super::template::{Node, Template, all_included, count_sides};
use std::collections::{BTreeMap, BTreeSet};

/// How deep templates with names may take in others.
pub(super) const MAX_LEVEL: usize = 20;

/// Functions that change the map that is their first argument.
const MUTATORS: &[&str] = &["set", "unset", "merge", "mergeOverwrite"];

/// Whether a text may call one of them, with `must` or without.
fn may_change(text: &str) -> bool {
    text.contains("set") || text.contains("erge")
}

/// Functions whose result nothing else has.
const FRESH: &[&str] = &["dict", "deepCopy", "fromYaml", "fromJson", "list"];

/// Whether a text may hold what the templates of a chart share.
pub(super) fn is_shared(text: &str) -> bool {
    ["define", "block"].iter().any(|word| text.contains(word)) || may_change(text)
}

/// A template with a name, and how many renderings show all of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Helper {
    pub(super) nodes: Vec<Node>,
    pub(super) sides: usize,
}

/// What all templates of a chart, the charts above it and those below share.
#[derive(Debug, Clone, Default)]
pub(super) struct Library {
    /// The templates by their names. Of several with one name Helm takes the one it reads last; here all count.
    helpers: BTreeMap<String, Vec<Helper>>,
    /// How many renderings show all of those of one name.
    sides: BTreeMap<String, usize>,
    /// Keys of maps that templates change.
    changed: BTreeSet<String>,
    /// Whether they change keys that cannot be told.
    is_open: bool,
}

impl Library {
    pub(super) fn new(templates: &[Template]) -> Self {
        let mut library = Self::default();
        for template in templates {
            for (name, nodes) in &template.defines {
                let helper = Helper { nodes: nodes.clone(), sides: 1 };
                library.helpers.entry(name.clone()).or_default().push(helper);
            }
            library.note_changes(template);
        }
        for (name, nodes) in super::known::templates().defines {
            library.helpers.entry(name).or_insert_with(|| vec![Helper { nodes, sides: 1 }]);
        }
        let names: Vec<String> = library.helpers.keys().cloned().collect();
        for name in names {
            library.count(&name, 0);
        }
        library
    }

    /// The templates of a name.
    pub(super) fn helpers(&self, name: &str) -> Option<&[Helper]> {
        self.helpers.get(name).map(Vec::as_slice)
    }

    /// Counts the renderings of a template and gives how many there are.
    pub(super) fn count_sides(&self, nodes: &mut [Node]) -> usize {
        count_sides(nodes, &self.sides)
    }

    /// Whether templates change what is below a key.
    pub(super) fn changes(&self, key: &str) -> bool {
        self.is_open || self.changed.contains(key)
    }

    /// Counts the renderings of a template with a name after those of the ones it takes in.
    fn count(&mut self, name: &str, level: usize) {
        if level > MAX_LEVEL || self.sides.contains_key(name) {
            return;
        }
        let Some(mut helpers) = self.helpers.get(name).cloned() else { return };
        self.sides.insert(name.to_owned(), 1);
        let mut names = Vec::new();
        helpers.iter().for_each(|helper| all_included(&helper.nodes, &mut names));
        for name in names {
            self.count(&name, level + 1);
        }
        let mut sum = 0_usize;
        for helper in &mut helpers {
            helper.sides = count_sides(&mut helper.nodes, &self.sides);
            sum = sum.saturating_add(helper.sides);
        }
        self.sides.insert(name.to_owned(), sum);
        self.helpers.insert(name.to_owned(), helpers);
    }

    /// Notes the keys that a template sets in maps that others see too.
    fn note_changes(&mut self, template: &Template) {
        let mut codes = Vec::new();
        let defined = template.defines.iter().map(|(_, nodes)| nodes);
        defined.chain([&template.nodes]).for_each(|nodes| all_codes(nodes, &mut codes));
        if !codes.iter().any(|code| may_change(code)) {
            return;
        }
        // Where the variables come from.
        let mut origins: BTreeMap<&str, Vec<Vec<Token>>> = BTreeMap::new();
        for code in &codes {
            match assigned(code) {
                Some(found) => origins.entry(found.name).or_default().push(tokens(found.value)),
                None => {
                    let (names, rest) = declared(code);
                    names.iter().for_each(|name| origins.entry(name).or_default().push(tokens(rest)));
                }
            }
        }
        let mut noted = BTreeSet::new();
        for code in &codes {
            let words = tokens(code);
            for (at, change) in changes(&words) {
                for target in change {
                    let Token::Word(path) = target else { continue };
                    let key = match words.get(at + 2) {
                        Some(Token::Text(key)) if is(&words[at], &["set", "unset"]) => Some(key.as_str()),
                        _ => None,
                    };
                    if !noted.insert((path.clone(), key.is_some())) {
                        self.changed.extend(key.map(str::to_owned));
                        continue;
                    }
                    let mut paths = vec![path.as_str()];
                    let (start, rest) = path.split_once('.').unwrap_or((path, ""));
                    if start.len() > 1 && rest.is_empty() {
                        let sources = origins.get(start).into_iter().flatten();
                        // A map of its own is followed as a variable.
                        let shared = sources.filter(|source| !is_fresh(source));
                        let shared: Vec<_> = shared.flatten().filter_map(|token| path_of(token)).collect();
                        if shared.is_empty() {
                            continue;
                        }
                        paths = shared;
                    }
                    self.note(&paths, key);
                }
            }
        }
    }

    /// Notes that a key of what is at these paths changes; any key if none is given.
    fn note(&mut self, paths: &[&str], key: Option<&str>) {
        self.changed.extend(key.map(str::to_owned));
        for path in paths {
            match path.rsplit('.').next().filter(|last| !matches!(*last, "" | "$" | "Values") && !last.starts_with('$'))
            {
                Some(last) => self.changed.extend([last.to_owned()]),
                None => self.is_open |= key.is_none(),
            }
        }
    }
}

/// The calls in an expression that change a map: where their names stand, and what may be the map.
fn changes(words: &[Token]) -> impl Iterator<Item = (usize, Vec<&Token>)> {
    let is_change = |at: &usize| is(&words[*at], MUTATORS);
    (0..words.len()).filter(is_change).map(|at| {
        let after = &words[at + 1..];
        let targets = match after.first() {
            Some(Token::Open) if is_fresh(&after[1..]) => Vec::new(),
            Some(Token::Open) => after.iter().take_while(|token| **token != Token::Close).collect(),
            Some(target) => vec![target],
            None => Vec::new(),
        };
        (at, targets.into_iter().filter(|token| path_of(token).is_some()).collect())
    })
}

/// The variables whose maps an expression changes.
pub(super) fn mutated(code: &str) -> Vec<String> {
    if !may_change(code) {
        return Vec::new();
    }
    let words = tokens(code);
    let names = changes(&words).flat_map(|(_, targets)| targets).filter_map(path_of);
    let names = names.filter_map(|path| path.split('.').next().filter(|name| name.len() > 1));
    names.map(str::to_owned).collect()
}

fn is(token: &Token, names: &[&str]) -> bool {
    matches!(token, Token::Word(word) if names.contains(&plain(word)))
}

fn is_fresh(source: &[Token]) -> bool {
    let first = source.iter().find(|token| **token != Token::Open);
    first.is_some_and(|first| is(first, FRESH)) && !source.contains(&Token::Pipe)
}

fn path_of(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) if word.starts_with(['.', '$']) => Some(word),
        _ => None,
    }
}

/// All that stands between braces.
fn all_codes<'n>(nodes: &'n [Node], found: &mut Vec<&'n str>) {
    for node in nodes {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) => found.push(&action.code),
            Node::Block(block) => {
                for branch in &block.branches {
                    found.extend(branch.head.as_deref());
                    all_codes(&branch.nodes, found);
                }
            }
        }
    }
}
