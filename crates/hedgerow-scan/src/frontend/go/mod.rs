//! Go, by tree-sitter.

mod expr;
mod stmt;
mod types;

use super::build::{Builder, children, parse, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{Def, ExprId, Facts, Function, Global, Import, TypeDecl, TypeRef};
use tree_sitter::Node;

/// The front end.
pub(super) struct Go;

impl Frontend for Go {
    fn facts(&self, text: &str) -> Facts {
        let Some(tree) = parse(&tree_sitter_go::LANGUAGE.into(), text) else { return Facts::default() };
        let root = tree.root_node();
        let mut go = Lower { builder: Builder::new(text, root) };
        go.file(root);
        go.builder.finish(root)
    }
}

/// The walk over one file.
struct Lower<'t> {
    builder: Builder<'t>,
}

impl Lower<'_> {
    /// The file: first what runs when it is loaded, then each function, so that each has one run of expressions.
    fn file(&mut self, root: Node) {
        self.builder.open(Function::default());
        let mut functions = Vec::new();
        let mut cursor = root.walk();
        for node in root.named_children(&mut cursor) {
            match node.kind() {
                "package_clause" => {
                    self.builder.facts.package =
                        node.named_child(0).map(|n| self.builder.slice(n)).unwrap_or_default().to_owned();
                }
                "import_declaration" => self.imports(node),
                "const_declaration" | "var_declaration" => self.globals(node),
                "type_declaration" => self.type_declaration(node),
                "function_declaration" | "method_declaration" => functions.push(node),
                "comment" => {
                    let text = self.builder.slice(node);
                    if self.builder.facts.package.is_empty() {
                        self.constraint(text);
                    }
                }
                "ERROR" => self.builder.facts.faults.push(range(node)),
                _ => {}
            }
        }
        self.builder.close_file();
        for node in functions {
            self.function(node);
        }
        if self.builder.facts.faults.is_empty() {
            self.builder.facts.faults = first_fault(root);
        }
    }

    /// A build constraint in a comment before the package clause. A `//go:build` line wins over `// +build` lines.
    fn constraint(&mut self, comment: &str) {
        let Some(body) = comment.strip_prefix("//") else { return };
        if let Some(rest) = body.strip_prefix("go:build ") {
            self.builder.facts.constraint = Some(rest.trim().to_owned());
        } else if let Some(rest) = body.trim_start().strip_prefix("+build ") {
            // Spaces mean "or", commas "and", lines "and".
            let line =
                rest.split_whitespace().map(|o| format!("({})", o.replace(',', "&&"))).collect::<Vec<_>>().join("||");
            let known = self.builder.facts.constraint.take().map(|c| format!("({c})&&")).unwrap_or_default();
            self.builder.facts.constraint = Some(format!("{known}({line})"));
        }
    }

    fn imports(&mut self, node: Node) {
        for spec in children(node) {
            match spec.kind() {
                "import_spec_list" => self.imports(spec),
                "import_spec" => {
                    let alias = spec.child_by_field_name("name").map(|name| self.builder.slice(name).to_owned());
                    let path = self.builder.field(spec, "path");
                    let path = path.trim_matches(['"', '`']).to_owned();
                    self.builder.facts.imports.push(Import { alias, path, name: None });
                }
                _ => {}
            }
        }
    }

    fn globals(&mut self, node: Node) {
        // In a list of constants, a line without a value repeats the one before; those are numbers, never targets.
        for spec in children(node) {
            match spec.kind() {
                "var_spec_list" => self.globals(spec),
                "const_spec" | "var_spec" => {
                    let ty = spec.child_by_field_name("type").map(|ty| self.ty(ty));
                    let values = self.spec_values(spec);
                    let mut cursor = spec.walk();
                    let names: Vec<_> = spec.children_by_field_name("name", &mut cursor).collect();
                    for (at, name) in names.iter().enumerate() {
                        let value = Self::value_at(&values, names.len(), at);
                        let name = self.builder.slice(*name).to_owned();
                        let ty = ty.clone();
                        self.builder.facts.globals.push(Global { name, ty, values: value.into_iter().collect() });
                    }
                }
                _ => {}
            }
        }
    }

    /// The values on the right of `=` in a declaration.
    fn spec_values(&mut self, spec: Node) -> Vec<ExprId> {
        match spec.child_by_field_name("value") {
            Some(list) => children(list).into_iter().map(|value| self.expr(value)).collect(),
            None => Vec::new(),
        }
    }

    /// Which value the `at`-th of `count` names gets: its own, or the `at`-th result of the only one.
    fn value_at(values: &[ExprId], count: usize, at: usize) -> Option<(ExprId, u16)> {
        match values {
            [only] if count > 1 => Some((*only, u16::try_from(at).unwrap_or(u16::MAX))),
            _ => values.get(at).map(|value| (*value, 0)),
        }
    }

    fn type_declaration(&mut self, node: Node) {
        for spec in children(node) {
            if !matches!(spec.kind(), "type_spec" | "type_alias") {
                continue;
            }
            let name = self.builder.field(spec, "name");
            let ty = spec.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
            self.builder.facts.types.push(TypeDecl { name, ty, notes: Vec::new(), span: range(spec) });
        }
    }

    fn function(&mut self, node: Node) {
        let name = self.builder.field(node, "name");
        self.builder.open(Function { name, span: range(node), ..Function::default() });
        if let Some(receiver) = node.child_by_field_name("receiver") {
            for declaration in children(receiver) {
                let ty = declaration.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let name = self.builder.field(declaration, "name");
                if let (TypeRef::Name { name, .. }, Some(function)) = (&ty, self.builder.function()) {
                    function.receiver = Some(name.clone());
                }
                let local = self.builder.declare(&name, Some(ty));
                self.builder.define(local, Def::Receiver);
            }
        }
        if let Some(parameters) = node.child_by_field_name("parameters") {
            let (parameters, variadic) = self.parameters(parameters);
            for (at, (name, ty)) in parameters.into_iter().enumerate() {
                let local = self.builder.declare(&name, Some(ty));
                self.builder.define(local, Def::Parameter(u16::try_from(at).unwrap_or(u16::MAX)));
                if let Some(function) = self.builder.function() {
                    function.parameters.push(local);
                    function.variadic = variadic;
                }
            }
        }
        if let Some(result) = node.child_by_field_name("result") {
            self.results(result);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body);
        }
        self.builder.close();
    }

    /// The results of a function; named ones are locals that begin with the zero value.
    fn results(&mut self, node: Node) {
        if node.kind() != "parameter_list" {
            let ty = self.ty(node);
            if let Some(function) = self.builder.function() {
                function.results.push(ty);
            }
            return;
        }
        let (results, _) = self.parameters(node);
        for (name, ty) in results {
            let named = (!name.is_empty()).then(|| self.builder.declare(&name, Some(ty.clone())));
            if let Some(local) = named {
                self.builder.define(local, Def::Zero);
            }
            if let Some(function) = self.builder.function() {
                function.results.push(ty);
                function.named_results.extend(named);
            }
        }
    }
}
