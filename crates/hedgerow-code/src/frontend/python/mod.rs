//! Python, by tree-sitter.

mod class;
mod expr;
mod import;

use self::class::is_property;
use self::import::Names;
use super::build::{Builder, Expressions, MAX_DEPTH, children, facts_of, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{
    DJANGO_SETTINGS, Def, Expr, ExprId, Facts, Function, Global, Import, LocalId, Note, Store, TypeRef, TypeRefId,
};
use std::collections::BTreeSet;
use tree_sitter::Node;

/// The front end.
pub(super) struct Python;

impl Frontend for Python {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_python::LANGUAGE.into(), text, |builder, root| {
            let mut lower = Lower {
                builder,
                later: Vec::new(),
                names: Names::default(),
                branches: 0,
                outer: vec![BTreeSet::new()],
                receiver: None,
                bodies: Vec::new(),
            };
            lower.file(root);
            lower.builder.finish(root)
        })
        .with_settings(text)
    }
}

/// The variable by which Django is told the module of its settings.
const DJANGO: &str = "DJANGO_SETTINGS_MODULE";

impl Facts {
    /// Adds the modules of Django's settings that a file names, as imports that no name is bound to: Django loads them before all others.
    fn with_settings(mut self, text: &str) -> Self {
        for (at, _) in text.match_indices(DJANGO) {
            // `setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")`, `environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"`
            let line = text[..at].rsplit('\n').next().unwrap_or_default();
            let rest = text[at + DJANGO.len()..].trim_start_matches(['"', '\'', ']', ',', '=', ' ', '\t', '\n', '\r']);
            let quote = text[..text.len() - rest.len()].chars().next_back().filter(|c| matches!(c, '"' | '\''));
            let Some((module, _)) = quote.and_then(|quote| rest.split_once(quote)) else { continue };
            let is_module = !module.is_empty() && module.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
            if is_module && !line.trim_start().starts_with('#') {
                self.imports.push(Import { alias: Some(DJANGO_SETTINGS.into()), path: module.into(), name: None });
            }
        }
        self
    }
}

/// A function whose body is read after what runs when the file is loaded.
struct Later<'n> {
    node: Node<'n>,
    class: Option<String>,
    /// What its decorators say it is.
    said: Said,
}

/// What the decorators of a function say.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    /// Whether something outside of the code calls it.
    registered: bool,
    /// Whether its first parameter is the class, whatever its name.
    of_class: bool,
    /// Whether it has no receiver, whatever its first parameter's name.
    of_none: bool,
    /// Whether it is read like a field.
    property: bool,
}

/// Whether a type is the one of `None`.
fn is_none(node: Node) -> bool {
    node.kind() == "none" || (node.kind() == "type" && node.named_child(0).is_some_and(|inner| inner.kind() == "none"))
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    later: Vec<Later<'n>>,
    /// What the file imports and declares.
    names: Names,
    /// How many statements are open that may not run, or run in part.
    branches: usize,
    /// Per open function or closure, the names that `global` and `nonlocal` take from outside.
    outer: Vec<BTreeSet<String>>,
    /// What the method that is read runs on.
    receiver: Option<LocalId>,
    /// The classes whose bodies are open, the innermost last, each with the names that its body has given values so far.
    bodies: Vec<(String, BTreeSet<String>)>,
}

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.open(Function::default());
        self.block(root, None);
        self.builder.close_file();
        let mut at = 0;
        while let Some(later) = self.later.get(at) {
            let (node, class, said) = (later.node, later.class.clone(), later.said);
            at += 1;
            self.function(node, class, said);
        }
        self.give_on();
        self.builder.facts.faults.extend(first_fault(root));
    }

    /// Whether what is read runs when the file is loaded: names declared there are the file's.
    fn at_top(&mut self) -> bool {
        !self.builder.in_closure() && self.builder.function().is_some_and(|function| function.name.is_empty())
    }

    fn block(&mut self, node: Node<'n>, class: Option<&str>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.stmt(child, class);
        }
    }

    fn stmt(&mut self, node: Node<'n>, class: Option<&str>) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
        } else {
            self.stmt_inner(node, class);
        }
        self.builder.depth -= 1;
    }

    fn stmt_inner(&mut self, node: Node<'n>, class: Option<&str>) {
        match node.kind() {
            "comment" => {}
            "import_statement" | "import_from_statement" => self.import(node, class),
            "future_import_statement" => {}
            "function_definition" => self.definition(node, class, Said::default()),
            "decorated_definition" => {
                let mut cursor = node.walk();
                let mut said = Said::default();
                let mut notes = Vec::new();
                for decorator in node.named_children(&mut cursor).filter(|child| child.kind() == "decorator") {
                    let text = self.builder.slice(decorator).trim_start_matches('@');
                    said.of_class |= text.trim() == "classmethod";
                    said.of_none |= text.trim() == "staticmethod";
                    said.registered |= !matches!(
                        text.trim(),
                        "property" | "staticmethod" | "classmethod" | "abstractmethod" | "override" | "dataclass"
                    ) && (!is_property(text) || text.contains("computed_field"));
                    said.property |= is_property(text);
                    let name = text.split('(').next().unwrap_or_default().trim().into();
                    notes.push(Note { name, arguments: Vec::new(), span: range(decorator) });
                    for inner in children(decorator) {
                        self.expr(inner);
                    }
                }
                if let Some(definition) = node.child_by_field_name("definition") {
                    match definition.kind() {
                        "class_definition" => self.class(definition, class, notes),
                        _ => self.definition(definition, class, said),
                    }
                }
            }
            "class_definition" => self.class(node, class, Vec::new()),
            "global_statement" | "nonlocal_statement" => {
                let names =
                    children(node).into_iter().map(|name| self.builder.slice(name).to_owned()).collect::<Vec<_>>();
                if let Some(outer) = self.outer.last_mut() {
                    outer.extend(names);
                }
            }
            "return_statement" => {
                let values: Vec<_> = children(node).into_iter().flat_map(|value| self.tuple(value)).collect();
                self.builder.give_back(values);
            }
            "for_statement" => {
                let over = node.child_by_field_name("right").map(|right| self.expr(right));
                if let (Some(left), Some(over)) = (node.child_by_field_name("left"), over) {
                    self.each(left, over);
                }
                self.branches += 1;
                for field in ["body", "alternative"] {
                    if let Some(block) = node.child_by_field_name(field) {
                        self.stmt(block, class);
                    }
                }
                self.branches -= 1;
            }
            "with_item" => {
                for value in children(node) {
                    self.expr(value);
                }
            }
            "expression_statement" => {
                for child in children(node) {
                    match child.kind() {
                        "assignment" | "augmented_assignment" => self.assignment(child, class),
                        _ => {
                            self.expr(child);
                        }
                    }
                }
            }
            "if_statement" | "while_statement" | "try_statement" | "match_statement" => {
                self.branches += 1;
                self.block(node, class);
                self.branches -= 1;
            }
            "block"
            | "module"
            | "elif_clause"
            | "else_clause"
            | "except_clause"
            | "except_group_clause"
            | "finally_clause"
            | "with_statement"
            | "with_clause"
            | "case_clause" => self.block(node, class),
            "pass_statement" | "break_statement" | "continue_statement" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    /// A function: of the file or of a class it waits, inside of another function it is a closure.
    fn definition(&mut self, node: Node<'n>, class: Option<&str>, said: Said) {
        if self.at_top() {
            if class.is_none() {
                let name = self.builder.field(node, "name");
                self.declared(&name);
            }
            self.later.push(Later { node, class: class.map(str::to_owned), said });
            return;
        }
        let name = self.builder.field(node, "name");
        let local = self.declare(&name);
        let closure = self.closure(node);
        self.builder.define(local, Def::Value { expr: closure, result: 0 });
    }

    fn declare(&mut self, name: &str) -> LocalId {
        self.builder.local(name).unwrap_or_else(|| self.builder.declare(name, None))
    }

    /// A function or a lambda inside of a function.
    fn closure(&mut self, node: Node<'n>) -> ExprId {
        let id = self.builder.open_closure();
        self.outer.push(BTreeSet::new());
        for (name, ty, _) in
            node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default()
        {
            self.builder.closure_parameter(id, name.trim_start_matches('*'), ty);
        }
        if let Some(body) = node.child_by_field_name("body") {
            if node.kind() == "lambda" {
                let value = self.expr(body);
                self.builder.give_back(vec![value]);
            } else {
                self.stmt(body, None);
            }
        }
        self.outer.pop();
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }

    fn function(&mut self, node: Node<'n>, class: Option<String>, said: Said) {
        let name = self.builder.field(node, "name");
        let is_method = class.is_some();
        let own = class.clone();
        self.builder.open(Function {
            name: name.into(),
            receiver: class.map(Into::into),
            registered: said.registered,
            property: said.property && is_method,
            span: range(node),
            ..Function::default()
        });
        self.outer.push(BTreeSet::new());
        let mut list = node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default();
        let is_receiver = |name: &str| said.of_class || matches!(name, "self" | "cls");
        self.receiver = None;
        if is_method && !said.of_none && list.first().is_some_and(|(name, ..)| is_receiver(name)) {
            let (name, ..) = list.remove(0);
            let local = self.builder.declare(&name, None);
            self.builder.define(local, Def::Receiver);
            self.receiver = Some(local);
        }
        let mut named_only = false;
        for (at, (name, ty, default)) in (0_u16..).zip(list) {
            let bare = name.trim_start_matches('*');
            let local = self.builder.declare(bare, ty);
            self.builder.define(
                local,
                match name.len() - bare.len() {
                    2 => Def::Named,
                    // Behind `*` a parameter has a name and no place.
                    0 if named_only => Def::Parameter(u16::MAX),
                    _ => Def::Parameter(at),
                },
            );
            if let Some(default) = default {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            if !named_only && !name.starts_with("**") {
                self.builder.parameter(local, name.starts_with('*'));
            }
            named_only |= name.starts_with('*');
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body, None);
        }
        let result = node.child_by_field_name("return_type");
        let is_own = match result {
            Some(result) => matches!(self.builder.slice(result).rsplit('.').next(), Some("Self")),
            // A method that makes a value of its class.
            None => self.makes_own(),
        };
        if let (true, Some(class)) = (is_own, own) {
            let own = self.builder.written(TypeRef::Name { qualifier: None, name: class.into() });
            self.builder.result(own);
        } else if let Some(result) = result {
            let result = self.written(result);
            self.builder.result(result);
        }
        self.outer.pop();
        self.names.leave_function();
        self.builder.close();
    }

    /// Whether what is read gives back a new value of the class of what it runs on, `cls(…)`, itself or by a local.
    fn makes_own(&self) -> bool {
        let facts = &self.builder.facts;
        let mut open = self.builder.given_back();
        let mut seen = BTreeSet::new();
        while let Some(value) = open.pop().filter(|_| self.receiver.is_some()) {
            match *facts.expr(value) {
                Expr::Call { callee, .. } => {
                    let Expr::Class(of) = *facts.expr(callee) else { continue };
                    if matches!(*facts.expr(of), Expr::Local(local) if Some(local) == self.receiver) {
                        return true;
                    }
                }
                Expr::Choice(of) => open.extend(facts.list(of)),
                Expr::Cast { of, .. } => open.push(of),
                Expr::Local(local) if seen.len() < MAX_DEPTH && seen.insert(local) => {
                    open.extend(self.builder.definitions(local).filter_map(|def| match def {
                        Def::Value { expr, result: 0 } => Some(expr),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        false
    }

    /// The parameters with their types and defaults; those that take the rest begin with `*`.
    fn parameters(&mut self, list: Node<'n>) -> Vec<(String, Option<TypeRefId>, Option<Node<'n>>)> {
        let mut found = Vec::new();
        for node in children(list) {
            let (name, ty, default) = match node.kind() {
                "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" => (Some(node), None, None),
                "default_parameter" => (node.child_by_field_name("name"), None, node.child_by_field_name("value")),
                "typed_parameter" => (node.named_child(0), node.child_by_field_name("type"), None),
                "typed_default_parameter" => (
                    node.child_by_field_name("name"),
                    node.child_by_field_name("type"),
                    node.child_by_field_name("value"),
                ),
                _ => continue,
            };
            let Some(name) = name.map(|name| self.builder.slice(name).to_owned()) else { continue };
            let ty = ty.map(|ty| self.written(ty));
            found.push((name, ty, default));
        }
        found
    }

    /// A type in the list of the file's.
    fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: a name with at most one qualifier. What stands in brackets is left out, `Optional[X]` and `Annotated[X, …]` are `X`.
    pub(super) fn ty(&mut self, node: Node<'n>) -> TypeRef {
        if !self.builder.descend(node) {
            return TypeRef::Unknown;
        }
        let ty = self.ty_inner(node);
        self.builder.ascend();
        ty
    }

    fn ty_inner(&mut self, node: Node<'n>) -> TypeRef {
        match node.kind() {
            "type" => node.named_child(0).map_or(TypeRef::Unknown, |inner| self.ty(inner)),
            // Says nothing.
            "identifier" | "attribute"
                if matches!(self.builder.slice(node).rsplit('.').next(), Some("Any" | "object")) =>
            {
                TypeRef::Unknown
            }
            "identifier" => {
                TypeRef::Name { qualifier: None, name: self.names.known_as(self.builder.slice(node)).into() }
            }
            "attribute" => TypeRef::Name {
                qualifier: Some(self.names.known_as(&self.builder.field(node, "object")).into()),
                name: self.builder.field(node, "attribute").into(),
            },
            "string" => {
                let name = self.builder.slice(node).trim_matches(['"', '\'']).to_owned();
                TypeRef::Name { qualifier: None, name: name.into() }
            }
            "generic_type" | "subscript" => {
                let parts = children(node);
                let outer = parts.first().map(|outer| self.builder.slice(*outer)).unwrap_or_default();
                match (outer, parts.get(1)) {
                    ("Optional" | "typing.Optional" | "Annotated" | "typing.Annotated", Some(inner)) => {
                        let inner = if inner.kind() == "type_parameter" {
                            inner.named_child(0).unwrap_or(*inner)
                        } else {
                            *inner
                        };
                        self.ty(inner)
                    }
                    _ => TypeRef::Unknown,
                }
            }
            // `X | None`
            "binary_operator" | "union_type" => {
                let parts = children(node);
                let mut other = parts.iter().filter(|part| !is_none(**part));
                match (other.next(), other.next()) {
                    (Some(only), None) => self.ty(*only),
                    _ => TypeRef::Unknown,
                }
            }
            _ => TypeRef::Unknown,
        }
    }

    fn assignment(&mut self, node: Node<'n>, class: Option<&str>) {
        // `a = b = value`
        let mut targets = Vec::new();
        let mut value = node;
        let written = node.child_by_field_name("type");
        if let (Some(class), Some(ty), Some(name)) = (class, written, node.child_by_field_name("left")) {
            self.field(class, name, ty);
        }
        while matches!(value.kind(), "assignment" | "augmented_assignment") {
            targets.extend(value.child_by_field_name("left"));
            match value.child_by_field_name("right") {
                Some(right) => value = right,
                // `name: type`
                None => return,
            }
        }
        let augmented = node.kind() == "augmented_assignment";
        let mut given = self.expr(value);
        // `settings: Settings = app.state.settings` says what something is that nothing else tells of.
        if let (Some(ty), None, "attribute" | "subscript" | "call" | "await") = (written, class, value.kind()) {
            let ty = self.written(ty);
            given = self.builder.push(Expr::Cast { of: given, ty }, range(value));
        }
        for target in targets {
            let given = if augmented {
                let old = self.expr(target);
                self.builder.push(Expr::Concat(old, given), range(node))
            } else {
                given
            };
            self.bind(target, given, 0, class);
        }
    }

    /// Gives a target its value.
    fn bind(&mut self, target: Node<'n>, value: ExprId, result: u16, class: Option<&str>) {
        if self.builder.descend(target) {
            self.bind_inner(target, value, result, class);
            self.builder.ascend();
        }
    }

    fn bind_inner(&mut self, target: Node<'n>, value: ExprId, result: u16, class: Option<&str>) {
        match target.kind() {
            "identifier" => {
                let name = self.builder.slice(target).to_owned();
                self.bind_name(&name, value, result, range(target), class);
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                for (at, part) in (0_u16..).zip(children(target)) {
                    self.bind(part, value, at, class);
                }
            }
            _ => {
                let target = self.expr(target);
                self.builder.assign(target, value, result);
            }
        }
    }

    fn bind_name(&mut self, name: &str, value: ExprId, result: u16, span: crate::ir::Range, class: Option<&str>) {
        if let (Some(class), true) = (class, self.at_top()) {
            // A name in a class is a field of the class.
            if let Some((_, names)) = self.bodies.last_mut().filter(|(body, _)| body == class) {
                names.insert(name.to_owned());
            }
            let of = self.builder.push_name(class, span);
            let target = self.builder.push_member(of, name, span);
            self.builder.store(Store { target, value, result });
        } else if self.at_top() {
            self.declared(name);
            let globals = &mut self.builder.facts.globals;
            match globals.iter_mut().find(|global| global.name == name) {
                Some(global) => global.values.push((value, result)),
                None => globals.push(Global { name: name.into(), ty: None, values: vec![(value, result)] }),
            }
        } else if self.outer.last().is_some_and(|outer| outer.contains(name)) {
            let target = self.builder.name(name, span);
            self.builder.assign(target, value, result);
        } else {
            let local = self.declare(name);
            self.builder.define(local, Def::Value { expr: value, result });
        }
    }

    /// The names a loop binds to elements.
    pub(super) fn each(&mut self, left: Node<'n>, over: ExprId) {
        let element = self.builder.push(Expr::Index { of: over, key: over }, range(left));
        if !matches!(left.kind(), "pattern_list" | "tuple_pattern" | "list_pattern") {
            return self.bind(left, element, 0, None);
        }
        for (at, part) in (0_u16..).zip(children(left)) {
            let value = if at == 0 { self.builder.push_first(element, range(left)) } else { element };
            self.bind(part, value, at, None);
        }
    }

    /// The values of a `return`: those of a tuple one by one.
    fn tuple(&mut self, node: Node<'n>) -> Vec<ExprId> {
        if matches!(node.kind(), "expression_list" | "tuple") {
            children(node).into_iter().map(|value| self.expr(value)).collect()
        } else {
            vec![self.expr(node)]
        }
    }
}
