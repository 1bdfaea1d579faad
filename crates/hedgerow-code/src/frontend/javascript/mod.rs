//! JavaScript and TypeScript, by tree-sitter. One walk reads both: TypeScript's grammar is JavaScript's and more.

mod exports;
mod expr;
mod modules;
mod stmt;
mod tagged;

use super::build::{Builder, facts_of, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{Facts, Function, TypeRef, TypeRefId};
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// The front end of JavaScript.
pub(super) struct JavaScript;

/// The front end of TypeScript.
pub(super) struct TypeScript;

impl Frontend for JavaScript {
    fn facts(&self, text: &str) -> Facts {
        facts(&tree_sitter_javascript::LANGUAGE.into(), text)
    }
}

impl Frontend for TypeScript {
    fn facts(&self, text: &str) -> Facts {
        // The grammar with JSX reads everything but `<T>value` casts; a file that has those has no JSX.
        let read = |text: &str| {
            let plain = facts(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), text);
            if plain.faults.is_empty() { plain } else { facts(&tree_sitter_typescript::LANGUAGE_TSX.into(), text) }
        };
        let found = read(text);
        if found.faults.is_empty() {
            return found;
        }
        match tagged::without_types(text).map(|text| read(&text)) {
            Some(again) if again.faults.len() <= found.faults.len() => again,
            Some(_) | None => found,
        }
    }
}

fn facts(language: &tree_sitter::Language, text: &str) -> Facts {
    facts_of(language, text, |builder, root| {
        let mut lower = Lower {
            builder,
            later: Vec::new(),
            class: None,
            exported: false,
            decorated: false,
            of_types: BTreeMap::new(),
            taken: BTreeSet::new(),
            paths: BTreeMap::new(),
        };
        lower.file(root);
        lower.builder.finish(root)
    })
}

/// A function whose body is read after what runs when the file is loaded.
struct Later<'n> {
    node: Node<'n>,
    class: Option<String>,
    name: String,
    /// Whether it is exported, or a method of a class that is.
    exported: bool,
    /// Whether a framework makes its class and calls it: a decorator says so.
    registered: bool,
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    later: Vec<Later<'n>>,
    /// The class whose method is read.
    class: Option<String>,
    /// Whether what is read is exported.
    exported: bool,
    /// Whether what is read has a decorator.
    decorated: bool,
    /// By path, how many of the file's imports are of types alone.
    of_types: BTreeMap<String, usize>,
    /// The file's names for what something else has.
    taken: BTreeSet<String>,
    /// Paths below the directory of the file that it has names for.
    paths: BTreeMap<String, String>,
}

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.facts.constraint = self.directive(root);
        self.builder.open(Function::default());
        self.block(root);
        self.builder.close_file();
        let mut at = 0;
        while let Some(later) = self.later.get(at) {
            let (node, class, name) = (later.node, later.class.clone(), later.name.clone());
            let flags = (later.exported, later.registered);
            at += 1;
            self.function(node, class, name, flags);
        }
        self.builder.facts.faults.extend(first_fault(root));
        // What is imported for its types in one line may be loaded by another.
        for (path, count) in std::mem::take(&mut self.of_types) {
            if self.builder.facts.imports.iter().filter(|import| import.path == path).count() == count {
                self.builder.facts.types_only.push(path.into());
            }
        }
    }

    /// The directive with which a file begins.
    fn directive(&self, root: Node<'n>) -> Option<String> {
        let mut nodes = (0..root.named_child_count()).filter_map(|at| root.named_child(at as u32));
        let first = nodes.find(|node| !matches!(node.kind(), "comment" | "hash_bang_line"))?;
        let text = first.named_child(0).filter(|_| first.kind() == "expression_statement")?;
        (text.kind() == "string").then(|| self.builder.slice(text).trim_matches(['"', '\'']).to_owned())
    }

    /// Whether `import type`, `export type` or `type` before a name says that types alone are meant.
    fn is_of_types(node: Node<'n>) -> bool {
        let mut all = (0..node.child_count()).filter_map(|at| node.child(at));
        all.any(|child| !child.is_named() && matches!(child.kind(), "type" | "typeof"))
    }

    /// Whether what is read runs when the file is loaded: names declared there are the file's.
    fn at_top(&mut self) -> bool {
        !self.builder.in_closure() && self.builder.function().is_some_and(|function| function.name.is_empty())
    }

    /// A type in the list of the file's.
    fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: a name with at most one qualifier; a promise and an array are what they hold.
    fn ty(&mut self, node: Node<'n>) -> TypeRef {
        if !self.builder.descend(node) {
            return TypeRef::Unknown;
        }
        let ty = self.ty_inner(node);
        self.builder.ascend();
        ty
    }

    fn ty_inner(&mut self, node: Node<'n>) -> TypeRef {
        match node.kind() {
            "type_annotation" => node.named_child(0).map_or(TypeRef::Unknown, |inner| self.ty(inner)),
            "type_identifier" | "identifier" => {
                TypeRef::Name { qualifier: None, name: self.builder.slice(node).into() }
            }
            "nested_type_identifier" => TypeRef::Name {
                qualifier: Some(self.builder.field(node, "module").into()),
                name: self.builder.field(node, "name").into(),
            },
            "member_expression" => TypeRef::Name {
                qualifier: Some(self.builder.field(node, "object").into()),
                name: self.builder.field(node, "property").into(),
            },
            "array_type" => {
                TypeRef::List(Box::new(node.named_child(0).map_or(TypeRef::Unknown, |inner| self.ty(inner))))
            }
            "generic_type" => {
                let name = self.builder.field(node, "name");
                let inner = node.child_by_field_name("type_arguments").and_then(|list| list.named_child(0));
                match (name.as_str(), inner) {
                    ("Promise" | "Readonly" | "Partial", Some(inner)) => self.ty(inner),
                    ("Array" | "ReadonlyArray", Some(inner)) => TypeRef::List(Box::new(self.ty(inner))),
                    _ => TypeRef::Name { qualifier: None, name: name.into() },
                }
            }
            _ => TypeRef::Unknown,
        }
    }

    /// The range of a node; here for the modules below.
    fn span(node: Node<'n>) -> crate::ir::Range {
        range(node)
    }
}
