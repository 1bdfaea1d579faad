//! C#'s expressions.

use super::Lower;
use super::convention::calls_by_convention;
use super::texts::Around;
use super::types::predefined;
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{Argument, Expr, ExprId, Part, Range, Run, TypeRef};
use tree_sitter::Node;

/// Properties that hand out what is in a wrapper: of options, of a task, of what may be null.
const HANDED: &[&str] = &["Value", "CurrentValue", "Result"];

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node).trim_start_matches('@').to_owned();
                let found = self.name(&name, span);
                if let Expr::Local(_) = self.builder.facts.expr(found) {
                    return self.or_text(node, &name, found);
                }
                let is_of = node.parent().is_some_and(|above| above.child_by_field_name("expression") == Some(node));
                return if is_of { self.or_alias(&name, found, span) } else { self.or_static(&name, found, span) };
            }
            "predefined_type" => {
                let name = predefined(self.builder.slice(node)).to_owned();
                return self.builder.push_name(name, span);
            }
            "this" | "this_expression" => return self.this(span),
            "base" | "base_expression" => Expr::Super(self.this(span)),
            "string_literal" | "verbatim_string_literal" | "raw_string_literal" => {
                Expr::Text(self.builder.word(unquote(self.builder.slice(node))))
            }
            "integer_literal" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "null_literal" | "boolean_literal" | "character_literal" | "real_literal" | "default_expression" => {
                Expr::Choice(Run::default())
            }
            "interpolated_string_expression" => return self.interpolated(node),
            "member_access_expression" => return self.member(node),
            "conditional_access_expression" => return self.conditional(node),
            "member_binding_expression" => {
                let Some(of) = self.bound.last().copied() else { return self.builder.push(Expr::Other, span) };
                let name = node.child_by_field_name("name");
                return self.part(of, name, span);
            }
            "element_binding_expression" => {
                let key = children(node).first().and_then(|argument| children(*argument).last().copied());
                match (self.bound.last().copied(), key.map(|key| self.expr(key))) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "invocation_expression" => return self.call(node),
            "object_creation_expression" => {
                if let Some(ty) = node.child_by_field_name("type").filter(|ty| ty.kind() == "generic_name")
                    && self.builder.slice(ty).split('<').next().is_some_and(|name| name.ends_with("ChannelFactory"))
                {
                    self.type_arguments(ty);
                }
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                return self.creation(node, ty);
            }
            "implicit_object_creation_expression" => return self.implicit(node),
            "generic_name" => {
                self.type_arguments(node);
                let name = children(node).first().map(|name| self.builder.slice(*name).to_owned()).unwrap_or_default();
                return self.name(&name, span);
            }
            "assignment_expression" => return self.assignment(node),
            "binary_expression" => return self.sum(node, "??"),
            "conditional_expression" => {
                if let Some(condition) = node.child_by_field_name("condition") {
                    self.expr(condition);
                }
                let sides =
                    ["consequence", "alternative"].into_iter().filter_map(|side| node.child_by_field_name(side));
                let sides: Vec<_> = sides.map(|side| self.expr(side)).collect();
                Expr::Choice(self.builder.list_of(sides))
            }
            "switch_expression" => {
                let mut parts = children(node).into_iter();
                if let Some(of) = parts.next() {
                    self.expr(of);
                }
                let values: Vec<_> =
                    parts.filter_map(|arm| children(arm).last().copied()).map(|value| self.expr(value)).collect();
                Expr::Choice(self.builder.list_of(values))
            }
            // What is awaited, and what is said not to be null.
            "await_expression" | "parenthesized_expression" | "postfix_unary_expression" | "checked_expression" => {
                match children(node).first() {
                    Some(inner) => return self.expr(*inner),
                    None => Expr::Other,
                }
            }
            "cast_expression" => {
                let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
                match (node.child_by_field_name("value").map(|value| self.expr(value)), ty) {
                    (Some(of), Some(ty)) => Expr::Cast { of, ty },
                    _ => Expr::Other,
                }
            }
            "as_expression" => {
                let of = node.child_by_field_name("left").map(|left| self.expr(left));
                match (of, node.child_by_field_name("right").map(|ty| self.written(ty))) {
                    (Some(of), Some(ty)) => Expr::Cast { of, ty },
                    _ => Expr::Other,
                }
            }
            "is_pattern_expression" => return self.is_pattern(node),
            "declaration_expression" => {
                let ty = self.declared(node);
                let name = self.builder.field(node, "name");
                let local = self.builder.declare(&name, ty);
                let of = self.builder.push(Expr::Local(local), span);
                Expr::Address(of)
            }
            "element_access_expression" => {
                let of = node.child_by_field_name("expression").map(|of| self.expr(of));
                let key = node.child_by_field_name("subscript").and_then(|list| children(list).first().copied());
                let key = key.and_then(|argument| children(argument).last().copied()).map(|key| self.expr(key));
                match (of, key) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "initializer_expression" | "collection_expression" => {
                let values: Vec<ExprId> = children(node).into_iter().map(|value| self.element(value)).collect();
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "array_creation_expression" | "implicit_array_creation_expression" => {
                match children(node).into_iter().find(|child| child.kind() == "initializer_expression") {
                    Some(values) => return self.expr(values),
                    None => self.builder.composite(TypeRef::Unknown, []),
                }
            }
            "lambda_expression" | "anonymous_method_expression" => {
                let list = node.child_by_field_name("parameters");
                let body = node.child_by_field_name("body").or_else(|| children(node).last().copied());
                return self.closure(node, list, body, None);
            }
            "typeof_expression" => {
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                match ty {
                    TypeRef::Name { name, .. } => return self.builder.push_name(name, span),
                    _ => Expr::Other,
                }
            }
            "with_expression" => {
                let parts = children(node);
                let of = parts.first().map(|of| self.expr(*of));
                parts.iter().skip(1).for_each(|part| self.all(&children(*part)));
                match of {
                    Some(of) => Expr::Deref(of),
                    None => Expr::Other,
                }
            }
            "comment" => Expr::Other,
            "block" => {
                self.stmt(node);
                Expr::Other
            }
            _ => {
                self.all(&children(node));
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }
}

impl<'n> Lower<'_, 'n> {
    /// A value for something of a written type: `new(x)` is of that type.
    pub(super) fn value_of(&mut self, node: Node<'n>, ty: Option<Node<'n>>) -> ExprId {
        let ty = ty.filter(|ty| self.builder.slice(*ty) != "var");
        match ty {
            Some(ty) if node.kind() == "implicit_object_creation_expression" => {
                let ty = self.ty(ty);
                self.creation(node, ty)
            }
            _ => self.expr(node),
        }
    }

    /// A bare name: a local, a member of a class around it, or something of the file.
    pub(super) fn name(&mut self, name: &str, span: Range) -> ExprId {
        let found = self.builder.name_within(&self.classes, name, span);
        match (self.builder.facts.expr(found), self.inner_class(name)) {
            (Expr::Name(_), Some(path)) => self.builder.push_name(path, span),
            _ => found,
        }
    }

    fn this(&mut self, span: Range) -> ExprId {
        self.builder.this(&self.classes, span)
    }

    fn member(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let Some(of) = node.child_by_field_name("expression") else { return self.builder.push(Expr::Other, span) };
        // `typeof(Settings).Name`
        if of.kind() == "typeof_expression"
            && self.builder.field(node, "name") == "Name"
            && let Some(ty) = of.child_by_field_name("type")
            && let TypeRef::Name { name, .. } = self.ty(ty)
        {
            return self.builder.push_text(name.as_str(), span);
        }
        let value = self.expr(of);
        let value = self.or_inner_class(of, value);
        self.part(value, node.child_by_field_name("name"), span)
    }

    /// A part of a value. What a wrapper hands out is what it holds.
    fn part(&mut self, of: ExprId, name: Option<Node<'n>>, span: Range) -> ExprId {
        let Some(name) = name else { return self.builder.push(Expr::Other, span) };
        let plain = if name.kind() == "generic_name" {
            self.type_arguments(name);
            children(name).first().map(|name| self.builder.slice(*name)).unwrap_or_default()
        } else {
            self.builder.slice(name)
        };
        if HANDED.contains(&plain) {
            return self.builder.push(Expr::Deref(of), span);
        }
        self.builder.push_member(of, plain.trim_start_matches('@'), span)
    }

    /// The types between a name's angle brackets, as values: whoever is handed a type may make one.
    fn type_arguments(&mut self, name: Node<'n>) {
        let parts = children(name);
        let is_caller = parts.first().is_some_and(|name| calls_by_convention(self.builder.slice(*name)));
        for ty in parts.into_iter().skip(1).flat_map(children) {
            if is_caller {
                self.called_from_outside(ty);
            }
            if let TypeRef::Name { name, .. } = self.ty(ty) {
                self.builder.push_name(name, range(ty));
            }
        }
    }

    fn conditional(&mut self, node: Node<'n>) -> ExprId {
        let parts = children(node);
        let (Some(of), Some(then)) = (parts.first(), parts.last()) else {
            return self.builder.push(Expr::Other, range(node));
        };
        let of = self.expr(*of);
        self.bound.push(of);
        let value = self.expr(*then);
        self.bound.pop();
        value
    }

    fn interpolated(&mut self, node: Node<'n>) -> ExprId {
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => parts.push(
                    self.builder.push_text(self.builder.slice(part).replace("{{", "{").replace("}}", "}"), range(part)),
                ),
                "escape_sequence" => {
                    parts.push(self.builder.push_text(unescape(self.builder.slice(part)), range(part)));
                }
                "interpolation" => {
                    let inner = children(part);
                    let value = inner.iter().find(|inner| {
                        !matches!(
                            inner.kind(),
                            "interpolation_brace" | "interpolation_alignment_clause" | "interpolation_format_clause"
                        )
                    });
                    if let Some(value) = value {
                        parts.push(self.expr(*value));
                    }
                }
                _ => {}
            }
        }
        let parts = self.builder.list_of(parts);
        self.builder.push(Expr::Format(parts), range(node))
    }

    fn assignment(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let target = node.child_by_field_name("left").map(|left| self.expr(left));
        let value = node.child_by_field_name("right").map(|right| self.expr(right));
        let (Some(target), Some(mut value)) = (target, value) else {
            return self.builder.push(Expr::Other, span);
        };
        if self.builder.field(node, "operator") == "+=" {
            value = self.builder.push(Expr::Concat(target, value), span);
        }
        self.builder.assign(target, value, 0);
        value
    }

    /// `x is string url`: the name has the value.
    fn is_pattern(&mut self, node: Node<'n>) -> ExprId {
        let of = node.child_by_field_name("expression").map(|of| self.expr(of));
        if let (Some(of), Some(pattern)) = (of, node.child_by_field_name("pattern"))
            && pattern.kind() == "declaration_pattern"
            && let Some(name) = pattern.child_by_field_name("name")
        {
            let name = self.builder.slice(name).to_owned();
            let ty = self.declared(pattern);
            let local = self.builder.declare(&name, ty);
            self.builder.define(local, crate::ir::Def::Value { expr: of, result: 0 });
        }
        self.builder.push(Expr::Other, range(node))
    }

    /// One element of a list that is written out; of a list that is laid out in it, its elements.
    fn element(&mut self, node: Node<'n>) -> ExprId {
        match node.kind() {
            // Of a list that is laid out in this one, the elements.
            // The grammar takes `..list` for a range without a beginning.
            "spread_element" | "range_expression" => match children(node).last() {
                Some(inner) => {
                    let of = self.expr(*inner);
                    self.builder.push(Expr::Index { of, key: of }, range(node))
                }
                None => self.builder.push(Expr::Other, range(node)),
            },
            "collection_element" | "expression_element" => match children(node).last() {
                Some(inner) => self.element(*inner),
                None => self.builder.push(Expr::Other, range(node)),
            },
            // `{ "key", value }` and `["key"] = value`
            "initializer_expression" => match children(node).last() {
                Some(value) => self.expr(*value),
                None => self.builder.push(Expr::Other, range(node)),
            },
            _ => self.expr(node),
        }
    }

    /// A new value, with what is put into it where it is made.
    fn creation(&mut self, node: Node<'n>, ty: TypeRef) -> ExprId {
        let span = range(node);
        let parts = children(node);
        let list = parts.iter().find(|child| child.kind() == "argument_list");
        let arguments = list.map(|list| self.arguments(*list)).unwrap_or_default();
        let initializer =
            parts.iter().find(|child| child.kind() == "initializer_expression").map(|list| children(*list));
        let is_object = |values: &Vec<Node>| {
            values.iter().any(|value| {
                value.kind() == "assignment_expression"
                    && value.child_by_field_name("left").is_some_and(|left| left.kind() == "identifier")
            })
        };
        match initializer {
            Some(values) if is_object(&values) => {
                let mut stores = Vec::new();
                for value in values {
                    let name = self.builder.field(value, "left");
                    if let Some(right) = value.child_by_field_name("right") {
                        stores.push((name, self.expr(right), range(value)));
                    }
                }
                let ty = self.builder.written(ty);
                let arguments = self.builder.arguments(arguments);
                let made = self.builder.push(Expr::New { ty, arguments }, span);
                for (name, value, span) in stores {
                    let target = self.builder.push_member(made, name, span);
                    self.builder.store(crate::ir::Store { target, value, result: 0 });
                }
                made
            }
            Some(values) if arguments.is_empty() => {
                // A list or a map.
                let mut parts = Vec::new();
                for value in values {
                    let inner = children(value);
                    let key = match value.kind() {
                        "initializer_expression" if inner.len() == 2 => inner.first().copied(),
                        "assignment_expression" => inner.first().and_then(|left| last_inside(*left)),
                        _ => None,
                    };
                    let key = key.map(|key| self.expr(key));
                    let value = match value.kind() {
                        "assignment_expression" => value.child_by_field_name("right").unwrap_or(value),
                        _ => value,
                    };
                    let value = self.element(value);
                    parts.push(Part { field: None, key, value });
                }
                let expr = self.builder.composite(TypeRef::Unknown, parts);
                self.builder.push(expr, span)
            }
            // A list of what another list holds.
            None if matches!((&ty, arguments.as_slice()), (TypeRef::List(_) | TypeRef::Map(_), [_])) => {
                let of = arguments[0].value;
                self.builder.push(Expr::Deref(of), span)
            }
            _ => {
                let ty = self.builder.written(ty);
                let arguments = self.builder.arguments(arguments);
                self.builder.push(Expr::New { ty, arguments }, span)
            }
        }
    }

    /// `new("http://ledger")` of a type that is not written here: its only argument stands for it.
    fn implicit(&mut self, node: Node<'n>) -> ExprId {
        let list = children(node).into_iter().find(|child| child.kind() == "argument_list");
        let only = list
            .map(children)
            .filter(|list| !list.is_empty())
            .and_then(|list| children(*list.first()?).last().copied());
        let has_initializer = children(node).iter().any(|child| child.kind() == "initializer_expression");
        match only.filter(|_| !has_initializer) {
            Some(only) => {
                let value = self.expr(only);
                self.builder.push(Expr::Deref(value), range(node))
            }
            None => self.creation(node, TypeRef::Unknown),
        }
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let Some(function) = node.child_by_field_name("function") else {
            return self.builder.push(Expr::Other, span);
        };
        let callee = match function.kind() {
            "identifier" | "generic_name" => {
                let parts = children(function);
                let plain = if function.kind() == "generic_name" { parts.first().copied() } else { Some(function) };
                let name = plain.map(|name| self.builder.slice(name).to_owned()).unwrap_or_default();
                if function.kind() == "generic_name" {
                    self.type_arguments(function);
                }
                if name == "nameof" {
                    return self.name_of(node, span);
                }
                self.called(&name, span)
            }
            _ => self.expr(function),
        };
        if function.child_by_field_name("name").unwrap_or(function).kind() == "generic_name" {
            let typed = &mut self.builder.facts.typed;
            if typed.last().is_none_or(|last| *last < callee) {
                typed.push(callee);
            }
        }
        let list = node.child_by_field_name("arguments");
        let hint = self.configured(function);
        let arguments = list.map(|list| self.arguments_for(list, hint.as_ref())).unwrap_or_default();
        if let Some(list) = list {
            self.handed_to_framework(function, list);
        }
        let call = self.builder.call(callee, arguments, span);
        self.options(node, function, callee, call)
    }

    /// `nameof(Bank.Settings)` is the text `Settings`.
    fn name_of(&mut self, call: Node<'n>, span: Range) -> ExprId {
        let list = call.child_by_field_name("arguments").map(|list| self.builder.slice(list)).unwrap_or_default();
        let name = list.trim_matches(['(', ')', ' ']).rsplit('.').next().unwrap_or_default();
        self.builder.push_text(name, span)
    }

    /// What a bare name that is called means.
    fn called(&mut self, name: &str, span: Range) -> ExprId {
        let found = self.builder.called_within(&self.classes, name, span);
        self.or_static(name, found, span)
    }

    pub(super) fn arguments(&mut self, list: Node<'n>) -> Vec<Argument> {
        self.arguments_for(list, None)
    }

    /// The arguments of a call; the parameter of a closure without a written type is of type `hint`.
    fn arguments_for(&mut self, list: Node<'n>, hint: Option<&TypeRef>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for argument in children(list) {
            let name = argument.child_by_field_name("name").map(|name| self.builder.word(self.builder.slice(name)));
            let Some(value) = children(argument).last().copied() else { continue };
            let value = if value.kind() == "lambda_expression" && hint.is_some() {
                let list = value.child_by_field_name("parameters");
                self.closure(value, list, value.child_by_field_name("body"), hint)
            } else {
                self.expr(value)
            };
            arguments.push(Argument { name, value, spread: false });
        }
        arguments
    }

    /// A function without a name, or one inside of another one.
    pub(super) fn closure(
        &mut self,
        node: Node<'n>,
        list: Option<Node<'n>>,
        body: Option<Node<'n>>,
        hint: Option<&TypeRef>,
    ) -> ExprId {
        let id = self.builder.open_closure();
        if let Some(list) = list {
            let parameters = if list.kind() == "parameter_list" { children(list) } else { vec![list] };
            for parameter in parameters.into_iter().filter(|parameter| parameter.kind() != "attribute_list") {
                let ty = parameter.child_by_field_name("type").map(|ty| self.written(ty));
                let ty = ty.or_else(|| hint.map(|hint| self.builder.written(hint.clone())));
                let name = parameter.child_by_field_name("name").unwrap_or(parameter);
                let name = self.builder.slice(name).to_owned();
                self.builder.closure_parameter(id, &name, ty);
            }
        }
        self.within(Around::Closure, |lower| match body {
            Some(body) if body.kind() == "block" => lower.stmt(body),
            Some(body) if body.kind() == "arrow_expression_clause" => {
                if let Some(value) = children(body).first() {
                    let value = lower.expr(*value);
                    lower.builder.give_back([value]);
                }
            }
            Some(body) => {
                let value = lower.expr(body);
                lower.builder.give_back([value]);
            }
            None => {}
        });
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }
}

/// The innermost last part of a node: the key in `["key"]`.
fn last_inside(node: Node<'_>) -> Option<Node<'_>> {
    let mut last = None;
    let mut open = children(node).last().copied();
    while let Some(node) = open {
        last = Some(node);
        open = match node.kind() {
            "argument" | "bracketed_argument_list" | "element_binding_expression" | "implicit_element_access" => {
                children(node).last().copied()
            }
            _ => None,
        };
    }
    last
}

/// The text of a literal.
pub(super) fn unquote(literal: &str) -> String {
    let literal = literal.trim_end_matches("u8");
    if let Some(rest) = literal.strip_prefix("@\"") {
        return rest.strip_suffix('"').unwrap_or(rest).replace("\"\"", "\"");
    }
    if literal.starts_with("\"\"\"") {
        return literal.trim_matches('"').trim().to_owned();
    }
    let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
    unescape(inner)
}

/// A text without its escapes, as far as addresses have any.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\")
}
