//! Statements and declarations.

use super::{Later, Lower};
use crate::frontend::build::{Expressions, MAX_DEPTH, children};
use crate::ir::{Def, Expr, ExprId, Field, Function, Global, Import, Store, TypeDecl, TypeRef, TypeRefId};
use tree_sitter::Node;

impl<'n> Lower<'_, 'n> {
    pub(super) fn block(&mut self, node: Node<'n>) {
        // A function can be called above the line that declares it.
        let mut cursor = node.walk();
        let all: Vec<_> = node.named_children(&mut cursor).collect();
        for child in &all {
            if matches!(child.kind(), "function_declaration" | "generator_function_declaration") && !self.at_top() {
                let name = self.builder.field(*child, "name");
                self.builder.declare(&name, None);
            }
        }
        for child in all {
            self.stmt(child);
        }
    }

    pub(super) fn stmt(&mut self, node: Node<'n>) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(Self::span(node));
        } else {
            self.stmt_inner(node);
        }
        self.builder.depth -= 1;
    }

    fn stmt_inner(&mut self, node: Node<'n>) {
        match node.kind() {
            "comment" => {}
            "import_statement" => self.import(node),
            "export_statement" => self.export(node),
            "program"
            | "expression_statement"
            | "if_statement"
            | "else_clause"
            | "while_statement"
            | "do_statement"
            | "try_statement"
            | "finally_clause"
            | "labeled_statement"
            | "switch_statement"
            | "lexical_declaration"
            | "variable_declaration"
            | "decorator"
            | "export_clause" => self.block(node),
            "statement_block" | "for_statement" | "catch_clause" | "switch_body" | "switch_case" | "switch_default" => {
                self.builder.enter();
                self.block(node);
                self.builder.leave();
            }
            "for_in_statement" => {
                self.builder.enter();
                let over = node.child_by_field_name("right").map(|right| self.expr(right));
                if let (Some(left), Some(over)) = (node.child_by_field_name("left"), over) {
                    let element = self.builder.push(Expr::Index { of: over, key: over }, Self::span(left));
                    if self.builder.field(node, "operator") == "in" {
                        let key = self.builder.push_first(element, Self::span(left));
                        self.bind(left, key);
                    } else {
                        self.bind_element(left, element);
                    }
                }
                if let Some(body) = node.child_by_field_name("body") {
                    self.stmt(body);
                }
                self.builder.leave();
            }
            "variable_declarator" => self.declarator(node),
            "function_declaration" | "generator_function_declaration" => {
                let name = self.builder.field(node, "name");
                if self.at_top() {
                    self.put_off(node, None, name);
                } else {
                    let local = self.builder.local_here(&name).unwrap_or_else(|| self.builder.declare(&name, None));
                    let expr = self.closure(node);
                    self.builder.define(local, Def::Value { expr, result: 0 });
                }
            }
            "class_declaration" | "abstract_class_declaration" => {
                let name = self.builder.field(node, "name");
                self.class(node, name);
            }
            "return_statement" => {
                let values: Vec<_> = children(node).into_iter().map(|value| self.expr(value)).collect();
                self.builder.give_back(values);
            }
            "break_statement"
            | "continue_statement"
            | "empty_statement"
            | "interface_declaration"
            | "type_alias_declaration"
            | "enum_declaration"
            | "ambient_declaration" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    fn import(&mut self, node: Node<'n>) {
        let path = self.builder.field(node, "source").trim_matches(['"', '\'']).to_owned();
        let before = self.builder.facts.imports.len();
        let mut is_of_types = Self::is_of_types(node);
        for clause in children(node).into_iter().filter(|child| child.kind() == "import_clause") {
            for part in children(clause) {
                match part.kind() {
                    "identifier" => {
                        let alias = Some(self.builder.slice(part).into());
                        let name = Some("default".into());
                        self.builder.facts.imports.push(Import { alias, path: path.clone().into(), name });
                    }
                    "namespace_import" => {
                        let alias = part.named_child(0).map(|name| self.builder.slice(name).into());
                        self.builder.facts.imports.push(Import { alias, path: path.clone().into(), name: None });
                    }
                    "named_imports" => {
                        let only = children(clause).len() == 1;
                        let names: Vec<_> =
                            children(part).into_iter().filter(|one| one.kind() == "import_specifier").collect();
                        is_of_types |= only && !names.is_empty() && names.iter().all(|one| Self::is_of_types(*one));
                        for specifier in children(part) {
                            let name = self.builder.field(specifier, "name");
                            let alias =
                                specifier.child_by_field_name("alias").map(|alias| self.builder.slice(alias).into());
                            let alias = alias.or_else(|| Some(name.as_str().into()));
                            self.builder.facts.imports.push(Import {
                                alias,
                                path: path.clone().into(),
                                name: Some(name.into()),
                            });
                        }
                    }
                    _ => {}
                }
            }
        }
        // Loaded for what it does.
        self.builder.facts.imports.push(Import { alias: Some("_".into()), path: path.as_str().into(), name: None });
        if is_of_types {
            *self.of_types.entry(path).or_default() += self.builder.facts.imports.len() - before;
        }
    }

    /// A function whose body is read later.
    pub(super) fn put_off(&mut self, node: Node<'n>, class: Option<String>, name: String) {
        let registered = self.decorated && class.is_some();
        self.later.push(Later { node, class, name, exported: self.exported, registered });
    }

    /// What is exported is declared; a default has the name `default`.
    fn export(&mut self, node: Node<'n>) {
        let before = (self.exported, self.decorated);
        self.exported = true;
        self.decorated |= children(node).iter().any(|child| child.kind() == "decorator");
        self.gives_on(node);
        self.exported_inner(node);
        (self.exported, self.decorated) = before;
    }

    fn exported_inner(&mut self, node: Node<'n>) {
        let default = (0..node.child_count()).any(|at| {
            let child = node.child(at);
            child.is_some_and(|child| child.kind() == "default")
        });
        let inner = node.child_by_field_name("declaration").or_else(|| node.child_by_field_name("value"));
        let Some(inner) = inner.filter(|_| default) else { return self.block(node) };
        match inner.kind() {
            "function_declaration" | "function_expression" | "arrow_function" | "generator_function_declaration" => {
                self.put_off(inner, None, "default".to_owned());
            }
            "class_declaration" | "class" => self.class(inner, "default".to_owned()),
            _ => {
                let value = self.expr(inner);
                self.bind_name("default", Some(value), None);
            }
        }
    }

    /// `require("path")`, `require(path.join(__dirname, "path"))`: the path of an import.
    pub(super) fn required(&self, value: Node<'n>) -> Option<String> {
        let callee = value.child_by_field_name("function")?;
        if value.kind() != "call_expression" || self.builder.slice(callee) != "require" {
            return None;
        }
        let argument = value.child_by_field_name("arguments")?.named_child(0)?;
        self.module(argument)
    }

    /// `const { Pool } = pg`, `const Pool = pg.Pool`, `const Pool = PgPool`: names of what something else has. A class among them is whatever that is,
    /// and none of the file itself.
    fn taken_out(&mut self, name: Node<'n>, value: Node<'n>) {
        let taken: Vec<Node<'n>> = match (name.kind(), value.kind()) {
            ("object_pattern", "identifier" | "member_expression") => {
                children(name).into_iter().map(|part| part.child_by_field_name("value").unwrap_or(part)).collect()
            }
            ("identifier", "identifier" | "member_expression") => vec![name],
            _ => return,
        };
        let names = taken.into_iter().map(|name| self.builder.slice(name).to_owned());
        self.taken.extend(names.collect::<Vec<_>>());
    }

    fn declarator(&mut self, node: Node<'n>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let value = node.child_by_field_name("value");
        if let ("identifier", Some(value)) = (name.kind(), value) {
            let name = self.builder.slice(name).to_owned();
            self.keep_path(&name, value);
        }
        // In a function around the whole file a module is loaded as at its top.
        let loads =
            name.kind() != "identifier" || self.at_top() || self.builder.local(self.builder.slice(name)).is_none();
        if let (Some(path), true) = (value.and_then(|value| self.required(value)), loads) {
            match name.kind() {
                "identifier" => {
                    let alias = Some(self.builder.slice(name).into());
                    self.builder.facts.imports.push(Import { alias, path: path.into(), name: None });
                }
                _ => {
                    for part in children(name) {
                        let (key, local) = match part.kind() {
                            "pair_pattern" => (self.builder.field(part, "key"), self.builder.field(part, "value")),
                            _ => (self.builder.slice(part).to_owned(), self.builder.slice(part).to_owned()),
                        };
                        let import =
                            Import { alias: Some(local.into()), path: path.clone().into(), name: Some(key.into()) };
                        self.builder.facts.imports.push(import);
                    }
                }
            }
            return;
        }
        // `const Client = require("pg").Client`
        if let (true, "identifier", Some(value)) = (loads, name.kind(), value)
            && value.kind() == "member_expression"
            && let Some(path) = value.child_by_field_name("object").and_then(|object| self.required(object))
        {
            let taken = self.builder.field(value, "property");
            let alias = Some(self.builder.slice(name).into());
            self.builder.facts.imports.push(Import { alias, path: path.into(), name: Some(taken.into()) });
            return;
        }
        if let (true, "identifier", Some(value)) = (self.at_top(), name.kind(), value)
            && matches!(value.kind(), "arrow_function" | "function_expression" | "generator_function")
        {
            let name = self.builder.slice(name).to_owned();
            self.put_off(value, None, name);
            return;
        }
        if let (true, Some(value)) = (self.at_top(), value) {
            self.taken_out(name, value);
        }
        let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
        let given = value.map(|value| self.expr(value));
        match (name.kind(), given) {
            ("identifier", given) => {
                let text = self.builder.slice(name).to_owned();
                self.bind_name(&text, given, ty);
            }
            (_, Some(given)) => self.bind(name, given),
            _ => {}
        }
    }

    fn bind_name(&mut self, name: &str, value: Option<ExprId>, ty: Option<TypeRefId>) {
        if self.at_top() {
            let values: Vec<_> = value.into_iter().map(|value| (value, 0)).collect();
            match self.builder.facts.globals.iter_mut().find(|global| global.name == name) {
                Some(global) => global.values.extend(values),
                None => self.builder.facts.globals.push(Global { name: name.into(), ty, values }),
            }
        } else {
            let local = self.builder.declare(name, ty);
            if let Some(expr) = value {
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
        }
    }

    /// Gives the names of a pattern their values.
    pub(super) fn bind(&mut self, pattern: Node<'n>, value: ExprId) {
        if self.builder.descend(pattern) {
            self.bind_inner(pattern, value);
            self.builder.ascend();
        }
    }

    /// Gives the names of a pattern an element of what is looped over: the first of several may be its key.
    fn bind_element(&mut self, pattern: Node<'n>, element: ExprId) {
        if pattern.kind() != "array_pattern" {
            return self.bind(pattern, element);
        }
        let span = Self::span(pattern);
        let is_first = pattern.child(1).is_some_and(|first| first.kind() != ",");
        for (at, part) in children(pattern).into_iter().enumerate() {
            let value = if at == 0 && is_first {
                self.builder.push_first(element, span)
            } else {
                self.builder.push(Expr::Index { of: element, key: element }, span)
            };
            self.bind(part, value);
        }
    }

    fn bind_inner(&mut self, pattern: Node<'n>, value: ExprId) {
        let span = Self::span(pattern);
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                let name = self.builder.slice(pattern).to_owned();
                let value = if pattern.kind() == "identifier" {
                    value
                } else {
                    self.builder.push_member(value, name.clone(), span)
                };
                self.bind_name(&name, Some(value), None);
            }
            "pair_pattern" => {
                let key = self.builder.field(pattern, "key");
                let part = self.builder.push_member(value, key, span);
                if let Some(inner) = pattern.child_by_field_name("value") {
                    self.bind(inner, part);
                }
            }
            "object_assignment_pattern" | "assignment_pattern" => {
                let default = pattern.child_by_field_name("right").map(|right| self.expr(right));
                if let Some(left) = pattern.child_by_field_name("left") {
                    let part = if left.kind() == "shorthand_property_identifier_pattern" {
                        let name = self.builder.slice(left).to_owned();
                        self.builder.push_member(value, name, span)
                    } else {
                        value
                    };
                    let both = self.builder.list_of([Some(part), default].into_iter().flatten());
                    let both = self.builder.push(Expr::Choice(both), span);
                    if left.kind() == "shorthand_property_identifier_pattern" {
                        let name = self.builder.slice(left).to_owned();
                        self.bind_name(&name, Some(both), None);
                    } else {
                        self.bind(left, both);
                    }
                }
            }
            "array_pattern" => {
                for part in children(pattern) {
                    let element = self.builder.push(Expr::Index { of: value, key: value }, span);
                    self.bind(part, element);
                }
            }
            "object_pattern" | "rest_pattern" => {
                for part in children(pattern) {
                    self.bind(part, value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn class(&mut self, node: Node<'n>, name: String) {
        let before = self.decorated;
        self.decorated |= children(node).iter().any(|child| child.kind() == "decorator");
        self.class_inner(node, name);
        self.decorated = before;
    }

    /// The fields that a constructor's parameters declare: `constructor(private client: Client)`.
    fn parameter_fields(&mut self, constructor: Node<'n>, fields: &mut Vec<Field>) {
        for (pattern, ty, _) in Self::parameters(constructor) {
            let siblings = pattern.parent().into_iter().flat_map(|parent| {
                (0..parent.child_count())
                    .filter_map(move |at| parent.child(at))
                    .map(|child| child.kind())
                    .collect::<Vec<_>>()
            });
            let declares = siblings
                .into_iter()
                .any(|kind| matches!(kind, "accessibility_modifier" | "readonly" | "override_modifier"));
            if let (true, "identifier", Some(ty)) = (declares, pattern.kind(), ty) {
                let ty = self.ty(ty);
                let name = self.builder.slice(pattern).into();
                fields.push(Field { name, ty, embedded: false, tag: None });
            }
        }
    }

    fn class_inner(&mut self, node: Node<'n>, name: String) {
        let heritage = children(node).into_iter().filter(|child| child.kind() == "class_heritage").flat_map(children);
        let bases: Vec<_> =
            heritage.flat_map(|c| if c.kind().ends_with("_clause") { children(c) } else { vec![c] }).collect();
        let mut fields = Vec::new();
        for base in bases {
            let ty = self.ty(base);
            if ty != TypeRef::Unknown {
                fields.push(Field {
                    name: format!("extends {}", self.builder.slice(base)).into(),
                    ty,
                    embedded: true,
                    tag: None,
                });
            }
        }
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            match member.kind() {
                "method_definition" => {
                    let method = self.builder.field(member, "name");
                    if method == "constructor" {
                        self.parameter_fields(member, &mut fields);
                    }
                    self.put_off(member, Some(name.clone()), method);
                }
                "field_definition" | "public_field_definition" => {
                    let field = member.child_by_field_name("property").or_else(|| member.child_by_field_name("name"));
                    let Some(field) = field.map(|field| self.builder.slice(field).to_owned()) else { continue };
                    let ty = member.child_by_field_name("type").map(|ty| self.ty(ty));
                    fields.push(Field {
                        name: field.clone().into(),
                        ty: ty.unwrap_or(TypeRef::Unknown),
                        embedded: false,
                        tag: None,
                    });
                    let Some(value) = member.child_by_field_name("value") else { continue };
                    if matches!(value.kind(), "arrow_function" | "function_expression") {
                        self.put_off(value, Some(name.clone()), field);
                        continue;
                    }
                    let span = Self::span(member);
                    let value = self.expr(value);
                    let of = self.builder.push_name(name.clone(), span);
                    let target = self.builder.push_member(of, field, span);
                    self.builder.store(Store { target, value, result: 0 });
                }
                "comment" => {}
                _ => {}
            }
        }
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes: Vec::new(), span: Self::span(node) });
    }

    /// The parameters: the name or pattern, the type, and the default of each.
    fn parameters(node: Node<'n>) -> Vec<(Node<'n>, Option<Node<'n>>, Option<Node<'n>>)> {
        if let Some(only) = node.child_by_field_name("parameter") {
            return vec![(only, None, None)];
        }
        let list = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        list.into_iter()
            .filter(|parameter| parameter.kind() != "decorator")
            .map(|parameter| match parameter.kind() {
                "required_parameter" | "optional_parameter" => (
                    parameter.child_by_field_name("pattern").unwrap_or(parameter),
                    parameter.child_by_field_name("type"),
                    parameter.child_by_field_name("value"),
                ),
                "assignment_pattern" => (
                    parameter.child_by_field_name("left").unwrap_or(parameter),
                    None,
                    parameter.child_by_field_name("right"),
                ),
                _ => (parameter, None, None),
            })
            .collect()
    }

    pub(super) fn function(&mut self, node: Node<'n>, class: Option<String>, name: String, flags: (bool, bool)) {
        let receiver = class.as_deref().map(Into::into);
        let (exported, registered) = flags;
        let span = Self::span(node);
        self.builder.open(Function { name: name.into(), receiver, span, exported, registered, ..Function::default() });
        if class.is_some() {
            let this = self.builder.declare("this", None);
            self.builder.define(this, Def::Receiver);
        }
        self.class = class;
        for (at, (pattern, ty, default)) in (0_u16..).zip(Self::parameters(node)) {
            let ty = ty.map(|ty| self.written(ty));
            let named = pattern.kind() == "identifier";
            let name = if named { self.builder.slice(pattern).to_owned() } else { String::new() };
            let local = self.builder.declare(&name, ty);
            self.builder.define(local, Def::Parameter(at));
            if let Some(default) = default {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            self.builder.parameter(local, pattern.kind() == "rest_pattern");
            let modified = (0..pattern.parent().map_or(0, |p| p.child_count())).any(|at| {
                let child = pattern.parent().and_then(|p| p.child(at));
                child.is_some_and(|child| matches!(child.kind(), "accessibility_modifier" | "readonly"))
            });
            if modified && let Some(this) = self.builder.local("this") {
                // `constructor(private client: Client)` is also a field.
                let span = Self::span(pattern);
                let of = self.builder.push(Expr::Local(this), span);
                let target = self.builder.push_member(of, name.clone(), span);
                let value = self.builder.push(Expr::Local(local), span);
                self.builder.assign(target, value, 0);
            }
            if !named {
                let value = self.builder.push(Expr::Local(local), Self::span(pattern));
                self.bind(pattern, value);
            }
        }
        if let Some(result) = node.child_by_field_name("return_type") {
            let result = self.written(result);
            self.builder.result(result);
        }
        self.body(node);
        self.builder.close();
    }

    fn body(&mut self, node: Node<'n>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        if body.kind() == "statement_block" {
            self.stmt(body);
        } else {
            let value = self.expr(body);
            self.builder.give_back(vec![value]);
        }
    }

    pub(super) fn closure(&mut self, node: Node<'n>) -> ExprId {
        let id = self.builder.open_closure();
        for (pattern, ty, default) in Self::parameters(node) {
            let ty = ty.map(|ty| self.written(ty));
            let named = pattern.kind() == "identifier";
            let name = if named { self.builder.slice(pattern).to_owned() } else { String::new() };
            self.builder.closure_parameter(id, &name, ty);
            let local = self.builder.local(&name);
            if let (Some(default), Some(local)) = (default, local) {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            if let (false, Some(local)) = (named, local) {
                let value = self.builder.push(Expr::Local(local), Self::span(pattern));
                self.bind_element(pattern, value);
            }
        }
        self.body(node);
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), Self::span(node))
    }
}
