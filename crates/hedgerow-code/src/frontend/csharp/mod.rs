//! C#, by tree-sitter.
//!
//! Types from outside of the tree go by their bare names: most files name no namespace for them, because a project takes them in for
//! all of its files (`global using`, `ImplicitUsings`).

mod apphost;
mod class;
mod convention;
mod expr;
mod names;
mod options;
mod stmt;
mod texts;
mod types;

use super::build::{Builder, Class, children, facts_of};
use super::first_fault;
use crate::frontend::{Frontend, GLOBAL, MAIN};
use crate::ir::{Facts, Function, Import};
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// The front end.
pub(super) struct CSharp;

impl Frontend for CSharp {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_c_sharp::LANGUAGE.into(), text, |builder, root| {
            let mut lower = Lower {
                builder,
                classes: Vec::new(),
                later: Vec::new(),
                bound: Vec::new(),
                statics: Vec::new(),
                partial: BTreeSet::new(),
                aliases: BTreeMap::new(),
                inner: BTreeSet::new(),
                above: BTreeSet::new(),
                texts: BTreeMap::new(),
                around: Vec::new(),
            };
            lower.file(root);
            lower.builder.finish(root)
        })
    }
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    /// The classes around what is read, the innermost last.
    classes: Vec<Class>,
    /// Methods that are read after what runs when the file is loaded, with the classes around them.
    later: Vec<(Node<'n>, Vec<Class>)>,
    /// What the `?.` around what is read are asked of, the innermost last.
    bound: Vec<crate::ir::ExprId>,
    /// The types whose static members the file uses by bare names, up to [`MAX_STATICS`].
    statics: Vec<String>,
    /// The classes that have other parts.
    partial: BTreeSet<String>,
    /// Other names of classes: `using Http = Bank.Http`.
    aliases: BTreeMap<String, String>,
    /// The classes of the file that stand in others, by their names with those of the others.
    inner: BTreeSet<String>,
    /// What the file's names of classes say that these stand in.
    above: BTreeSet<String>,
    /// The texts that the function puts together.
    texts: BTreeMap<crate::ir::LocalId, texts::Text>,
    /// The branches, loops and closures around what is read.
    around: Vec<texts::Around>,
}

/// More types than this are not asked for a bare name.
/// How many namespaces a file takes in by names that are written with theirs.
const MAX_NAMESPACES: usize = 200;

const MAX_STATICS: usize = 8;

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.find_inner_classes(root);
        self.builder.open(Function::default());
        let statements: Vec<_> = children(root).into_iter().filter(|node| node.kind() == "global_statement").collect();
        self.declarations(root);
        self.builder.close_file();
        if let (Some(first), Some(last)) = (statements.first(), statements.last()) {
            let span =
                crate::ir::Range { start: super::build::range(*first).start, end: super::build::range(*last).end };
            self.builder.open(Function { name: MAIN.into(), span, ..Function::default() });
            let statements: Vec<_> = statements.into_iter().flat_map(children).collect();
            self.texts.clear();
            self.all(&statements);
            self.builder.close();
        }
        let mut at = 0;
        while let Some((node, classes)) = self.later.get(at).cloned() {
            at += 1;
            self.method(node, classes);
        }
        self.apphost(root);
        self.builder.facts.faults.extend(first_fault(root));
    }

    /// The declarations of a file or a namespace.
    fn declarations(&mut self, node: Node<'n>) {
        if !self.builder.descend(node) {
            return;
        }
        for child in children(node) {
            match child.kind() {
                "using_directive" => self.using(child),
                "namespace_declaration" | "file_scoped_namespace_declaration" => {
                    let name = self.builder.field(child, "name");
                    if self.builder.facts.package.is_empty() {
                        self.builder.facts.package = name.split_whitespace().collect();
                    } else {
                        // What stands in a second namespace of a file is looked for in the first: files are as good as namespaces here.
                        self.import(None, &name);
                    }
                    self.declarations(child.child_by_field_name("body").unwrap_or(child));
                }
                "preproc_if" | "preproc_elif" | "preproc_else" => self.declarations(child),
                "global_statement" => {}
                "global_attribute" => self.program_attributes(child),
                _ => self.declaration(child),
            }
        }
        self.builder.ascend();
    }

    fn import(&mut self, alias: Option<&str>, path: &str) {
        let path: String = path.split_whitespace().collect();
        let path = path.trim_start_matches("global::");
        let (alias, path, name) = match (alias, path.rsplit_once('.')) {
            (Some(alias), Some((path, name))) => (alias, path, Some(name.into())),
            (Some(alias), None) => (alias, "", Some(path.into())),
            (None, _) => (".", path, None),
        };
        self.builder.facts.imports.push(Import { alias: Some(alias.into()), path: path.into(), name });
    }

    /// Takes in the namespace of a name that is written with it.
    pub(super) fn namespace(&mut self, namespace: &str) {
        let path = namespace.trim_start_matches("global::");
        let is_known = self.builder.facts.imports.iter().any(|import| import.path == path);
        if !is_known && self.builder.facts.imports.len() < MAX_NAMESPACES {
            self.import(None, path);
        }
    }

    fn using(&mut self, node: Node<'n>) {
        let text = self.builder.slice(node).trim_end_matches(';').trim();
        let (is_global, text) = text.strip_prefix("global ").map_or((false, text), |rest| (true, rest.trim_start()));
        let Some(text) = text.strip_prefix("using").map(str::trim_start) else { return };
        // Methods are found by their names, other static members by their type's.
        let text = match text.strip_prefix("static ").map(|path| path.rsplit_once('.').unwrap_or(("", path))) {
            Some((above, last)) => {
                if self.statics.len() < MAX_STATICS && !above.starts_with("System") {
                    self.statics.push(last.trim().to_owned());
                }
                above
            }
            None => text,
        };
        match text.split_once('=') {
            Some((alias, path)) if !path.contains('<') => {
                let (alias, path) = (alias.trim().to_owned(), path.trim().to_owned());
                self.import(Some(&alias), &path);
                if let Some((above, class)) = path.rsplit_once('.') {
                    self.import(None, above);
                    self.aliases.insert(alias, class.trim().to_owned());
                }
            }
            Some(_) => {}
            None if is_global => self.import(None, &format!("{GLOBAL}{text}")),
            None => self.import(None, text),
        }
    }
}
