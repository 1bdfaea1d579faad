//! The classes of a file, and what their fields are.

use super::functions::Parameter;
use super::meaning::Meaning;
use super::scope::Scope;
use super::{Hosting, NAMES_A_STEP};
use crate::frontend::build::{Builder, children};
use std::collections::BTreeMap;
use std::rc::Rc;
use tree_sitter::Node;

/// How many classes are looked through for what a class has of those above and around it.
const MAX_CHAIN: usize = 32;

/// The longest path that something may be in, in bytes; beyond it only what comes next counts.
const MAX_PATH: usize = 1_000;

/// A class of the file; parts of one (`partial`) are one.
#[derive(Debug, Default)]
pub(super) struct Class<'n> {
    pub(super) name: String,
    /// The class around it.
    around: Option<usize>,
    /// What an object of it is made of: the parameters of the class itself, each of which is a field.
    pub(super) parameters: Vec<Parameter<'n>>,
    /// What it passes to the class above it.
    pub(super) passed: Option<Node<'n>>,
    pub(super) bases: Vec<String>,
    /// The fields and properties, each with what it begins with.
    fields: Vec<(String, Option<Node<'n>>)>,
    /// The class, those above it and those around it: whose fields it names by their bare names.
    chain: Rc<[usize]>,
}

/// The classes of a file.
#[derive(Debug, Default)]
pub(super) struct Classes<'n> {
    all: Vec<Class<'n>>,
    by_path: BTreeMap<String, usize>,
    /// Those of a name, whatever is around them.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl<'n> Classes<'n> {
    /// Adds a class, or a part of one; answers which it is, and its path.
    pub(super) fn add(
        &mut self,
        builder: &Builder<'_>,
        node: Node<'n>,
        (around, path): (Option<usize>, &str),
    ) -> (usize, String) {
        let name = builder.field(node, "name");
        let path = self::path(path, &name);
        let id = *self.by_path.entry(path.clone()).or_insert(self.all.len());
        if id == self.all.len() {
            self.all.push(Class { name: name.clone(), around, ..Class::default() });
            self.by_name.entry(name).or_default().push(id);
        }
        let class = &mut self.all[id];
        let body = node.child_by_field_name("body");
        for part in body.map(children).unwrap_or_default() {
            match part.kind() {
                "field_declaration" => {
                    let declared = children(part).into_iter().filter(|part| part.kind() == "variable_declaration");
                    for one in declared.flat_map(children).filter(|one| one.kind() == "variable_declarator") {
                        class.fields.push((builder.field(one, "name"), super::super::class::initial(one)));
                    }
                }
                "property_declaration" => {
                    let value = part.child_by_field_name("value").map(|value| match value.kind() {
                        "arrow_expression_clause" => children(value).first().copied().unwrap_or(value),
                        _ => value,
                    });
                    class.fields.push((builder.field(part, "name"), value));
                }
                _ => {}
            }
        }
        for list in children(node).into_iter().filter(|part| part.kind() == "parameter_list") {
            for part in children(list).into_iter().filter(|part| part.kind() == "parameter") {
                let parameter = Parameter::read(builder, part, &[]);
                class.fields.push((parameter.name.clone(), None));
                class.parameters.push(parameter);
            }
        }
        let lists = children(node).into_iter().filter(|part| part.kind() == "base_list");
        let lists: Vec<Node<'n>> = lists.collect();
        let in_bases = lists.iter().flat_map(|list| children(*list));
        let is_list = |part: &Node<'n>| part.kind() == "argument_list";
        class.passed =
            class.passed.or_else(|| in_bases.flat_map(|base| [base].into_iter().chain(children(base))).find(is_list));
        let lists = lists.into_iter();
        class.bases.extend(lists.flat_map(children).map(|base| bare(builder.slice(base))));
        class.bases.truncate(MAX_CHAIN);
        (id, path)
    }

    /// Says of each class which others it has things of; to be called once, when all are known.
    pub(super) fn link(&mut self) {
        for id in 0..self.all.len() {
            let mut chain = Vec::new();
            let mut outer = Some(id);
            while let Some(class) = outer.filter(|class| chain.len() < MAX_CHAIN && !chain.contains(class)) {
                chain.extend(self.above(class));
                outer = self.all.get(class).and_then(|class| class.around);
            }
            chain.truncate(MAX_CHAIN);
            if let Some(class) = self.all.get_mut(id) {
                class.chain = chain.into();
            }
        }
    }

    pub(super) fn get(&self, class: usize) -> Option<&Class<'n>> {
        self.all.get(class)
    }

    /// A class and those above it, the nearest first.
    pub(super) fn above(&self, class: usize) -> Vec<usize> {
        let mut found = vec![class];
        let mut at = 0;
        while let Some(class) = found.get(at).and_then(|class| self.all.get(*class)) {
            for base in class.bases.iter().flat_map(|base| self.named(base)) {
                if found.len() < MAX_CHAIN && !found.contains(&base) {
                    found.push(base);
                }
            }
            at += 1;
        }
        found
    }

    /// The class, those above it and those around it.
    pub(super) fn chain(&self, class: usize) -> Rc<[usize]> {
        self.all.get(class).map(|class| Rc::clone(&class.chain)).unwrap_or_default()
    }

    /// The classes that a name means: `My.Names`, `Box<int>`.
    pub(super) fn named(&self, text: &str) -> Vec<usize> {
        let path = bare(text);
        let last = path.rsplit('.').next().unwrap_or_default();
        let Some(all) = self.by_name.get(last) else { return Vec::new() };
        if let Some(class) = self.by_path.get(&path).filter(|_| path.len() > last.len()) {
            return vec![*class];
        }
        all.iter().copied().take(super::meaning::MAX_CHOICE).collect()
    }
}

/// The path of what has a name, by the path of what is around it.
pub(super) fn path(around: &str, name: &str) -> String {
    if around.is_empty() || around.len() > MAX_PATH { name.to_owned() } else { format!("{around}.{name}") }
}

/// A name of a type without what fills its parameters.
fn bare(text: &str) -> String {
    let mut depth = 0_usize;
    let mut found = String::new();
    for letter in text.strip_prefix("global::").unwrap_or(text).chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            '(' | '?' | '[' => break,
            _ if depth == 0 && !letter.is_whitespace() => found.push(letter),
            _ => {}
        }
    }
    found
}

impl<'n> Hosting<'_, '_, 'n> {
    /// Reads what the fields of all classes begin with.
    pub(super) fn fields(&mut self, scope: &mut Scope<'n>) {
        // One field may begin with one of a class further below.
        for is_again in [false, true] {
            for id in 0..self.functions.classes.all.len() {
                let fields = self.functions.classes.all.get_mut(id).map(|class| std::mem::take(&mut class.fields));
                let fields = fields.unwrap_or_default();
                scope.enter_class(Some(id), self.functions.classes.chain(id));
                for (name, value) in &fields {
                    if is_again && scope.field(&[id], name).is_some() {
                        continue;
                    }
                    let found = value.and_then(|value| self.meaning(value, scope));
                    // A lambda keeps the names as they are, so that they are copied for the next one.
                    let copied = scope.set_field(id, name, found);
                    if value.is_some_and(|value| !self.step(value, copied / NAMES_A_STEP)) {
                        break;
                    }
                }
                if let Some(class) = self.functions.classes.all.get_mut(id) {
                    class.fields = fields;
                }
            }
        }
        scope.enter_class(None, Rc::default());
    }

    /// The classes of the file that an expression names, if it names a class and no variable.
    pub(super) fn classes_of(&self, node: Node<'n>, scope: &Scope<'n>) -> Vec<usize> {
        if !matches!(node.kind(), "identifier" | "member_access_expression" | "generic_name" | "alias_qualified_name") {
            return Vec::new();
        }
        let text = self.builder.slice(node);
        let first = text.split('.').next().unwrap_or(text);
        if scope.has(first) { Vec::new() } else { self.functions.classes.named(text) }
    }

    /// A field of a class, by the name of the class: one of those that it may be.
    pub(super) fn static_field(
        &mut self,
        node: Node<'n>,
        classes: &[usize],
        name: &str,
        scope: &Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let all = classes.iter().filter_map(|class| scope.field(&self.functions.classes.above(*class), name).cloned());
        let all = all.collect();
        self.one_of(node, all)
    }
}
