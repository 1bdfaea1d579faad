//! The names that a module gives on without declaring them: `export … from`, `export { a as b }`, and the same of CommonJS.

use super::Lower;
use crate::frontend::build::children;
use crate::ir::{Export, Import};
use tree_sitter::Node;

/// What stands for all names of a module.
const ALL: &str = "*";

impl<'n> Lower<'_, 'n> {
    /// `export * from "a"`, `export * as b from "a"`, `export { a as b } from "a"`, `export { a as b }`, `export default a`.
    pub(super) fn gives_on(&mut self, node: Node<'n>) {
        let path = node.child_by_field_name("source").map(|source| self.unquoted(source));
        if let Some(path) = &path {
            // Loaded for what it does.
            self.builder.facts.imports.push(Import { alias: Some("_".into()), path: path.into(), name: None });
            if Self::is_of_types(node) {
                *self.of_types.entry(path.clone()).or_default() += 1;
            }
        }
        let all = (0..node.child_count()).filter_map(|at| node.child(at));
        for child in all {
            match child.kind() {
                ALL => self.give(ALL, path.as_deref(), None),
                "namespace_export" => {
                    let name = child.named_child(0).map(|name| self.unquoted(name));
                    name.iter().for_each(|name| self.give(name, path.as_deref(), None));
                }
                "export_clause" => {
                    for one in children(child).into_iter().filter(|one| one.kind() == "export_specifier") {
                        let Some(of) = one.child_by_field_name("name").map(|name| self.unquoted(name)) else {
                            continue;
                        };
                        let name =
                            one.child_by_field_name("alias").map_or_else(|| of.clone(), |name| self.unquoted(name));
                        self.give(&name, path.as_deref(), Some(&of));
                    }
                }
                // `export default ledger`, `export = ledger`
                "identifier" => {
                    let of = self.unquoted(child);
                    self.give("default", None, Some(&of));
                }
                _ => {}
            }
        }
    }

    /// `module.exports = require("a")`, `module.exports = { ...require("a") }`, `exports.b = require("a").b`, and the same of a name that
    /// the file has the whole module by. `name` is what it is given on by; none for all there is.
    pub(super) fn gives_on_required(&mut self, name: Option<&str>, value: Node<'n>) {
        if let Some(path) = self.required(value).or_else(|| self.imported(value).filter(|_| name.is_none())) {
            self.give(name.unwrap_or(ALL), Some(&path), None);
        } else if let (Some(name), "member_expression") = (name, value.kind())
            && let Some(path) = value.child_by_field_name("object").and_then(|object| self.required(object))
        {
            let of = self.builder.field(value, "property");
            self.give(name, Some(&path), Some(&of));
        }
    }

    /// What `Object.assign(module.exports, require("a"), b)`, and `__exportStar(require("a"), exports)` as TypeScript writes it, give on.
    pub(super) fn gives_on_by_call(&mut self, callee: Node<'n>, arguments: Node<'n>) {
        let arguments = children(arguments);
        let is_exports = |node: &Node| matches!(self.builder.slice(*node), "module.exports" | "exports");
        let callee = self.builder.slice(callee);
        let given = match arguments.as_slice() {
            [to, given @ ..] if callee == "Object.assign" && is_exports(to) => given,
            [given, to] if callee.rsplit('.').next() == Some("__exportStar") && is_exports(to) => {
                std::slice::from_ref(given)
            }
            _ => return,
        };
        for value in given.iter().copied() {
            self.gives_on_required(None, value);
        }
    }

    /// The module that a name stands for as a whole.
    fn imported(&self, value: Node<'n>) -> Option<String> {
        let name = self.builder.slice(value);
        let mut imports = self.builder.facts.imports.iter().filter(|_| value.kind() == "identifier");
        let import = imports.find(|import| import.alias.as_deref() == Some(name) && import.name.is_none());
        import.map(|import| import.path.to_string())
    }

    /// `exports.b = a`, where `a` may be a name that the file has from another.
    pub(super) fn gives_on_value(&mut self, name: &str, value: Node<'n>) {
        if matches!(value.kind(), "identifier" | "shorthand_property_identifier") {
            let of = self.builder.slice(value).to_owned();
            self.give(name, None, Some(&of));
        } else {
            self.gives_on_required(Some(name), value);
        }
    }

    fn give(&mut self, name: &str, path: Option<&str>, of: Option<&str>) {
        let export = Export { name: name.into(), path: path.map(Into::into), of: of.map(Into::into) };
        self.builder.facts.exports.push(export);
    }

    fn unquoted(&self, node: Node<'n>) -> String {
        self.builder.slice(node).trim_matches(['"', '\'']).to_owned()
    }
}
