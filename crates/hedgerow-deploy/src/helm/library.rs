//! What all templates of a chart share: the templates with names, and what of the values a template changes.

use super::changes::{Origins, changes, may_change};
use super::expr::tokens;
use super::template::{Node, Template, all_included, count_sides};
use std::collections::{BTreeMap, BTreeSet};

/// How deep templates with names may take in others.
pub(super) const MAX_LEVEL: usize = 20;

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
        if !codes.iter().any(|(code, _)| may_change(code)) {
            return;
        }
        let origins = Origins::new(&codes);
        let mut noted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (code, _) in &codes {
            let words = tokens(code);
            for change in changes(&words) {
                for path in &change.paths {
                    if !noted.contains_key(*path) {
                        noted.insert((*path).to_owned(), origins.shared(path));
                    }
                    // A map of its own is followed as a variable.
                    let paths = noted.get(*path).map(Vec::as_slice).unwrap_or_default();
                    if !paths.is_empty() {
                        self.note(paths, change.key);
                    }
                }
            }
        }
    }

    /// Notes that a key of what is at these paths changes; any key if none is given.
    fn note(&mut self, paths: &[String], key: Option<&str>) {
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

/// All that stands between braces, and whether it is the head of a block.
fn all_codes<'n>(nodes: &'n [Node], found: &mut Vec<(&'n str, bool)>) {
    for node in nodes {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) => found.push((&action.code, false)),
            Node::Block(block) => {
                for branch in &block.branches {
                    found.extend(branch.head.as_deref().map(|head| (head, true)));
                    all_codes(&branch.nodes, found);
                }
            }
        }
    }
}
