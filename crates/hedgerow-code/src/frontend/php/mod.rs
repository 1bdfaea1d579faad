//! PHP, by tree-sitter.
//!
//! Classes go by their whole names, as `use` and the namespace say; which file declares one is told later, as an autoloader does. Names at
//! the top of a file are the file's and those of the files that include it, with their `$`.

mod class;
mod container;
mod expr;

use super::build::{Builder, Expressions, MAX_DEPTH, children, facts_of, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{Def, Expr, ExprId, Facts, Function, Global, Import, Store, TypeRefId};
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// The front end.
pub(super) struct Php;

impl Frontend for Php {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_php::LANGUAGE_PHP.into(), text, |builder, root| {
            let mut lower = Lower {
                builder,
                later: Vec::new(),
                namespace: String::new(),
                uses: BTreeMap::new(),
                class: None,
                parent: None,
                outer: BTreeSet::new(),
                named: BTreeSet::new(),
            };
            lower.file(root);
            lower.builder.finish(root)
        })
    }
}

/// A function whose body is read after what runs when the file is loaded.
struct Later<'n> {
    node: Node<'n>,
    namespace: String,
    class: Option<String>,
    parent: Option<String>,
    registered: bool,
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    later: Vec<Later<'n>>,
    namespace: String,
    /// What `use` makes known, by the name it has in the file.
    uses: BTreeMap<String, String>,
    /// The class around what is read, and what it extends.
    class: Option<String>,
    parent: Option<String>,
    /// The names that the function takes from the file.
    outer: BTreeSet<String>,
    /// The names that other files may declare.
    named: BTreeSet<String>,
}

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.open(Function::default());
        self.block(root);
        self.builder.close_file();
        let mut at = 0;
        while at < self.later.len() {
            let Later { node, registered, .. } = self.later[at];
            self.namespace = self.later[at].namespace.clone();
            self.class = self.later[at].class.clone();
            self.parent = self.later[at].parent.clone();
            at += 1;
            self.function(node, registered);
        }
        let facts = &mut self.builder.facts;
        let mut declares: Vec<_> = facts.types.iter().map(|ty| ty.name.clone()).collect();
        declares.extend(facts.functions.iter().skip(1).filter(|f| f.receiver.is_none()).map(|f| f.name.clone()));
        declares.extend(facts.globals.iter().map(|global| global.name.clone()).filter(|name| !name.starts_with('$')));
        for name in std::mem::take(&mut self.named) {
            if !declares.iter().any(|own| *own == name) {
                let path = Some(name.as_str().into());
                facts.imports.push(Import { alias: path.clone(), path: name.into(), name: path });
            }
        }
        facts.declares = declares;
        facts.faults.extend(first_fault(root));
    }

    fn block(&mut self, node: Node<'n>) {
        for child in children(node) {
            self.stmt(child);
        }
    }

    /// Whether what is read runs when the file is loaded.
    fn at_top(&mut self) -> bool {
        !self.builder.in_closure() && self.in_loader()
    }

    fn in_loader(&mut self) -> bool {
        self.builder.function().is_some_and(|function| function.name.is_empty())
    }

    fn stmt(&mut self, node: Node<'n>) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
        } else {
            self.stmt_inner(node);
        }
        self.builder.depth -= 1;
    }

    fn stmt_inner(&mut self, node: Node<'n>) {
        match node.kind() {
            "namespace_definition" => {
                self.namespace = self.builder.field(node, "name");
                if let Some(body) = node.child_by_field_name("body") {
                    self.block(body);
                }
            }
            "namespace_use_declaration" => self.use_declaration(node),
            "function_definition" => {
                if self.at_top() {
                    self.definition(node, false);
                } else {
                    let name = self.builder.field(node, "name");
                    let local = self.builder.declare(&name, None);
                    let closure = self.closure(node);
                    self.builder.define(local, Def::Value { expr: closure, result: 0 });
                }
            }
            "class_declaration" | "interface_declaration" | "trait_declaration" | "enum_declaration" => {
                self.class(node);
            }
            "const_declaration" => {
                for element in children(node).into_iter().filter(|child| child.kind() == "const_element") {
                    if let [name, value] = children(element).as_slice() {
                        let name = self.in_namespace(self.builder.slice(*name));
                        let value = self.expr(*value);
                        self.constant_value(&name, value);
                    }
                }
            }
            "global_declaration" => {
                let names: Vec<String> =
                    children(node).into_iter().map(|name| self.builder.slice(name).to_owned()).collect();
                self.named.extend(names.iter().cloned());
                self.outer.extend(names);
            }
            "function_static_declaration" => {
                for declaration in children(node) {
                    let value = declaration.child_by_field_name("value").map(|value| self.expr(value));
                    if let (Some(name), Some(value)) = (declaration.child_by_field_name("name"), value) {
                        self.bind(name, value, 0);
                    }
                }
            }
            "return_statement" => {
                let value = node.named_child(0).map(|value| self.expr(value));
                if let Some(value) = value {
                    if self.at_top() {
                        // What a file of settings gives to whoever includes it.
                        self.constant_value("<return>", value);
                    }
                    self.builder.give_back(vec![value]);
                }
            }
            "foreach_statement" => {
                let parts = children(node);
                let over = parts.first().map(|over| self.expr(*over));
                if let (Some(over), Some(target)) = (over, parts.get(1)) {
                    let element = self.builder.push(Expr::Index { of: over, key: over }, range(*target));
                    let is_pair = target.kind() == "pair";
                    if let Some(key) = children(*target).first().copied().filter(|_| is_pair) {
                        let first = self.builder.push_first(element, range(key));
                        self.bind(key, first, 0);
                    }
                    let target = if is_pair { children(*target).last().copied() } else { Some(*target) };
                    if let Some(target) = target.filter(|target| !target.kind().ends_with("_statement")) {
                        self.bind(target, element, 0);
                    }
                }
                if let Some(body) = node.child_by_field_name("body") {
                    self.stmt(body);
                }
            }
            "catch_clause" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.stmt(body);
                }
            }
            "compound_statement"
            | "colon_block"
            | "if_statement"
            | "else_clause"
            | "else_if_clause"
            | "while_statement"
            | "do_statement"
            | "for_statement"
            | "try_statement"
            | "finally_clause"
            | "switch_statement"
            | "switch_block"
            | "case_statement"
            | "default_statement"
            | "expression_statement"
            | "echo_statement"
            | "program"
            | "named_label_statement"
            | "declaration_list" => self.block(node),
            "comment" | "text" | "php_tag" | "text_interpolation" | "empty_statement" | "declare_statement" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    fn use_declaration(&mut self, node: Node<'n>) {
        let prefix = children(node).into_iter().find(|child| child.kind() == "namespace_name");
        let prefix = prefix.map(|prefix| format!("{}\\", self.builder.slice(prefix))).unwrap_or_default();
        let clauses: Vec<Node> = match node.child_by_field_name("body") {
            Some(group) => children(group),
            None => children(node),
        };
        for clause in clauses.into_iter().filter(|clause| clause.kind() == "namespace_use_clause") {
            let Some(name) = clause.named_child(0) else { continue };
            let whole = format!("{prefix}{}", self.builder.slice(name).trim_start_matches('\\'));
            let alias = match clause.child_by_field_name("alias") {
                Some(alias) => self.builder.slice(alias).to_owned(),
                None => whole.rsplit('\\').next().unwrap_or(&whole).to_owned(),
            };
            self.uses.insert(alias, whole);
        }
    }

    fn in_namespace(&self, name: &str) -> String {
        if self.namespace.is_empty() { name.to_owned() } else { format!("{}\\{name}", self.namespace) }
    }

    /// The whole name of a class.
    fn class_name(&mut self, written: &str) -> String {
        let whole = match written {
            "self" | "static" => return self.class.clone().unwrap_or_default(),
            "parent" => return self.parent.clone().unwrap_or_default(),
            _ if written.starts_with('\\') => written.trim_start_matches('\\').to_owned(),
            _ => {
                let (first, rest) =
                    written.split_once('\\').map_or((written, None), |(first, rest)| (first, Some(rest)));
                match (self.uses.get(first), rest) {
                    (Some(known), Some(rest)) => format!("{known}\\{rest}"),
                    (Some(known), None) => known.clone(),
                    (None, _) => self.in_namespace(written.strip_prefix("namespace\\").unwrap_or(written)),
                }
            }
        };
        self.named.insert(whole.clone());
        whole
    }

    /// A function or constant: of the namespace if the file has it there, else everybody's.
    fn function_name(&mut self, written: &str) -> String {
        let bare = written.trim_start_matches('\\');
        let whole = match self.uses.get(bare) {
            Some(known) => known.clone(),
            None if bare.contains('\\') && !written.starts_with('\\') => return self.class_name(written),
            None => bare.to_owned(),
        };
        self.named.insert(whole.clone());
        whole
    }

    /// A constant of the file's.
    fn constant_value(&mut self, name: &str, value: ExprId) {
        let globals = &mut self.builder.facts.globals;
        match globals.iter_mut().find(|global| global.name == name) {
            Some(global) => global.values.push((value, 0)),
            None => globals.push(Global { name: name.into(), ty: None, values: vec![(value, 0)] }),
        }
    }

    fn definition(&mut self, node: Node<'n>, registered: bool) {
        self.later.push(Later {
            node,
            namespace: self.namespace.clone(),
            class: self.class.clone(),
            parent: self.parent.clone(),
            registered,
        });
    }

    fn function(&mut self, node: Node<'n>, registered: bool) {
        let name = self.builder.field(node, "name");
        let name = match (name.as_str(), &self.class) {
            ("__construct", Some(_)) => "<new>".to_owned(),
            // Known by its name in every namespace: who calls it without one means the nearest.
            _ => name,
        };
        let receiver = self.class.as_deref().map(Into::into);
        let is_method = receiver.is_some();
        self.outer.clear();
        self.builder.open(Function {
            name: name.into(),
            receiver,
            registered,
            span: range(node),
            ..Function::default()
        });
        if is_method {
            let this = self.builder.declare("this", None);
            self.builder.define(this, Def::Receiver);
        }
        let list = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        for (at, parameter) in (0_u16..).zip(list) {
            let Some((name, ty)) = self.parameter(parameter) else { continue };
            let local = self.builder.declare(&name, ty);
            self.builder.define(local, Def::Parameter(at));
            if let Some(given) = self.injected(parameter) {
                self.builder.define(local, Def::Value { expr: given, result: 0 });
            }
            if let Some(default) = parameter.child_by_field_name("default_value") {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            self.builder.parameter(local, parameter.kind() == "variadic_parameter");
            if parameter.kind() == "property_promotion_parameter" {
                let span = range(parameter);
                let this = self.builder.name("this", span);
                let target = self.builder.push_member(this, &name, span);
                let value = self.builder.name(&name, span);
                self.builder.store(Store { target, value, result: 0 });
            }
        }
        if let Some(result) = node.child_by_field_name("return_type") {
            let result = self.written(result);
            self.builder.result(result);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body);
        }
        self.builder.close();
    }

    /// A parameter's name, without its `$`, and type.
    fn parameter(&mut self, node: Node<'n>) -> Option<(String, Option<TypeRefId>)> {
        let name = self.builder.slice(node.child_by_field_name("name")?).trim_start_matches(['&', '$', '.']).to_owned();
        let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
        Some((name, ty))
    }

    /// What an attribute of Symfony's says a parameter is given: `#[Autowire('%env(LEDGER_URL)%')]`, `#[Autowire(env: 'LEDGER_URL')]`.
    fn injected(&mut self, parameter: Node<'n>) -> Option<ExprId> {
        let attributes = parameter.child_by_field_name("attributes")?;
        let text = self.builder.slice(attributes);
        let rest = text.split_once("Autowire")?.1;
        let variable = match rest.split_once("env(") {
            Some((_, inner)) => inner.split_once(')')?.0.rsplit(':').next()?,
            None => {
                rest.split_once("env:")?.1.trim_start().trim_start_matches(['\'', '"']).split(['\'', '"']).next()?
            }
        };
        let span = range(attributes);
        let callee = self.builder.push_name("getenv", span);
        self.named.insert("getenv".to_owned());
        let value = self.builder.push_text(variable, span);
        let argument = crate::ir::Argument { name: None, value, spread: false };
        Some(self.builder.call(callee, vec![argument], span))
    }

    /// A function inside of a function.
    fn closure(&mut self, node: Node<'n>) -> ExprId {
        let id = self.builder.open_closure();
        for parameter in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            if let Some((name, ty)) = self.parameter(parameter) {
                self.builder.closure_parameter(id, &name, ty);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            if node.kind() == "arrow_function" {
                let value = self.expr(body);
                self.builder.give_back(vec![value]);
            } else {
                self.stmt(body);
            }
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }

    /// Gives a target its value.
    fn bind(&mut self, target: Node<'n>, value: ExprId, result: u16) {
        match target.kind() {
            "variable_name" => {
                let written = self.builder.slice(target).to_owned();
                let bare = written.trim_start_matches('$');
                if let Some(local) = self.builder.local(bare) {
                    self.builder.define(local, Def::Value { expr: value, result });
                } else if self.outer.contains(&written) || written == "$GLOBALS" {
                    let target = self.builder.push_name(&written, range(target));
                    self.builder.store(Store { target, value, result });
                } else if self.at_top() {
                    let globals = &mut self.builder.facts.globals;
                    match globals.iter_mut().find(|global| global.name == written) {
                        Some(global) => global.values.push((value, result)),
                        None => globals.push(Global { name: written.into(), ty: None, values: vec![(value, result)] }),
                    }
                } else {
                    let local = self.builder.declare(bare, None);
                    self.builder.define(local, Def::Value { expr: value, result });
                }
            }
            "list_literal" | "array_creation_expression" => {
                for part in children(target) {
                    let inner = children(part).last().copied().unwrap_or(part);
                    let element = self.builder.push(Expr::Index { of: value, key: value }, range(part));
                    self.bind(if part.kind() == "array_element_initializer" { inner } else { part }, element, 0);
                }
            }
            "by_ref" => {
                if let Some(inner) = target.named_child(0) {
                    self.bind(inner, value, result);
                }
            }
            _ => {
                let target = self.expr(target);
                self.builder.assign(target, value, result);
            }
        }
    }
}
