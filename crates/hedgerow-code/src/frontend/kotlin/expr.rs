//! Kotlin's expressions.

use super::{Lower, argument_parts, is_type};
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{Argument, Def, Expr, ExprId, Part, Range, Run, TypeRef};
use tree_sitter::Node;

/// Functions that run a closure on what they are called on, and give that back.
const ON_IT: &[&str] = &["apply", "also"];

/// Functions that run a closure on what they are called on, and give what it does.
const WITH_IT: &[&str] = &["let", "run", "use"];

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node).trim_matches('`').to_owned();
                return self.name(&name, span);
            }
            "this_expression" => return self.this(span),
            "super_expression" => Expr::Super(self.this(span)),
            "string_literal" | "multiline_string_literal" => return self.string(node),
            "number_literal" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "character_literal" | "float_literal" | "null" | "null_literal" | "boolean_literal" => {
                Expr::Choice(Run::default())
            }
            "navigation_expression" => {
                let parts = children(node);
                let (Some(of), Some(name)) = (parts.first(), parts.last().filter(|_| parts.len() > 1)) else {
                    return self.builder.push(Expr::Other, span);
                };
                let of = self.expr(*of);
                return self.builder.push_member(of, self.builder.slice(*name).trim_matches('`'), span);
            }
            "call_expression" => return self.call(node),
            "index_expression" => {
                let values: Vec<_> = children(node).into_iter().map(|value| self.expr(value)).collect();
                match values.as_slice() {
                    [of, key, ..] => Expr::Index { of: *of, key: *key },
                    _ => Expr::Other,
                }
            }
            "binary_expression" => return self.sum(node, "?:"),
            "infix_expression" => {
                let values: Vec<_> = children(node)
                    .into_iter()
                    .filter(|part| part.kind() != "identifier" || part.start_byte() == node.start_byte())
                    .map(|value| self.expr(value))
                    .collect();
                // `"a" to b`
                let parts = values.last().map(|value| Part {
                    field: None,
                    key: values.first().copied().filter(|_| values.len() > 1),
                    value: *value,
                });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "if_expression" => {
                if let Some(condition) = node.child_by_field_name("condition") {
                    self.expr(condition);
                }
                let condition = node.child_by_field_name("condition");
                let sides: Vec<_> = children(node).into_iter().filter(|child| Some(*child) != condition).collect();
                let values: Vec<_> = sides.into_iter().filter_map(|side| self.last_of(side)).collect();
                Expr::Choice(self.builder.list_of(values))
            }
            "when_expression" => {
                let mut values = Vec::new();
                for part in children(node) {
                    if part.kind() == "when_entry" {
                        let inner = children(part);
                        let (last, conditions) =
                            inner.split_last().map_or((None, &[][..]), |(last, rest)| (Some(*last), rest));
                        conditions.iter().for_each(|condition| self.stmt(*condition));
                        values.extend(last.and_then(|last| self.last_of(last)));
                    } else {
                        children(part).into_iter().for_each(|subject| self.stmt(subject));
                    }
                }
                Expr::Choice(self.builder.list_of(values))
            }
            "try_expression" => {
                let mut values = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "block" => values.extend(self.last_of(part)),
                        _ => self.stmt(part),
                    }
                }
                Expr::Choice(self.builder.list_of(values))
            }
            "parenthesized_expression" | "annotated_expression" | "spread_expression" => match children(node).last() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Other,
            },
            "unary_expression" => {
                let inner = node.child_by_field_name("argument").or_else(|| children(node).first().copied());
                match inner {
                    Some(inner) => return self.expr(inner),
                    None => Expr::Other,
                }
            }
            "as_expression" => {
                let of = node.child_by_field_name("left").map(|left| self.expr(left));
                match (of, node.child_by_field_name("right").map(|ty| self.written(ty))) {
                    (Some(of), Some(ty)) => Expr::Cast { of, ty },
                    _ => Expr::Other,
                }
            }
            "collection_literal" => {
                let values: Vec<_> = children(node).into_iter().map(|value| self.expr(value)).collect();
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "lambda_literal" => return self.lambda(node),
            "annotated_lambda" => match children(node).last() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Other,
            },
            "anonymous_function" => {
                let id = self.builder.open_closure();
                for part in children(node) {
                    match part.kind() {
                        "function_value_parameters" => {
                            for parameter in self.parameters(part) {
                                let ty = parameter.ty.map(|ty| self.written(ty));
                                self.builder.closure_parameter(id, &parameter.name, ty);
                            }
                        }
                        "function_body" => self.body(part),
                        _ => {}
                    }
                }
                self.builder.close_closure();
                Expr::Closure(id)
            }
            "callable_reference" => {
                let names: Vec<_> = children(node);
                match names.as_slice() {
                    [name] => {
                        let name = self.builder.slice(*name).rsplit("::").next().unwrap_or_default().to_owned();
                        return self.name(&name, span);
                    }
                    [of, name] => {
                        let name = self.builder.slice(*name).to_owned();
                        let of = match self.ty(*of) {
                            TypeRef::Name { name, .. } => self.name(&name, range(*of)),
                            _ => self.expr(*of),
                        };
                        if name == "class" {
                            return of;
                        }
                        return self.builder.push_member(of, name, span);
                    }
                    _ => Expr::Other,
                }
            }
            // A class without a name: its functions run with the code around them.
            "object_literal" => {
                let made = self.pass_to_base(node);
                let bodies = children(node).into_iter().filter(|child| child.kind() == "class_body");
                for member in bodies.flat_map(children).collect::<Vec<_>>() {
                    for body in children(member).into_iter().filter(|child| child.kind() == "function_body") {
                        self.body_inside(body);
                    }
                    if let Some(property) = self.property(member) {
                        self.values(&property);
                    }
                }
                match made {
                    Some(made) => return made,
                    None => Expr::Other,
                }
            }
            "line_comment" | "block_comment" => Expr::Other,
            kind if is_type(kind) => Expr::Type(self.written(node)),
            _ => {
                for child in children(node) {
                    self.stmt(child);
                }
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }
}

impl<'n> Lower<'_, 'n> {
    /// The body of a function that belongs to the code around it.
    fn body_inside(&mut self, body: Node<'n>) {
        let id = self.builder.open_closure();
        self.body(body);
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(body));
    }

    fn string(&mut self, node: Node<'n>) -> ExprId {
        let mut parts = Vec::new();
        let mut pieces = children(node).into_iter().peekable();
        while let Some(part) = pieces.next() {
            match part.kind() {
                // `$name` is part of the text for the grammar, in one piece or several.
                "string_content" => {
                    let mut end = part.end_byte();
                    while let Some(next) =
                        pieces.next_if(|next| next.kind() == "string_content" && next.start_byte() == end)
                    {
                        end = next.end_byte();
                    }
                    let text = self.builder.text.get(part.start_byte()..end).unwrap_or_default();
                    self.content(text, range(part), &mut parts);
                }
                "escape_sequence" => {
                    let text = match self.builder.slice(part) {
                        "\\n" => "\n",
                        "\\t" => "\t",
                        other => other.strip_prefix('\\').unwrap_or(other),
                    };
                    parts.push(self.builder.push_text(text, range(part)));
                }
                "interpolation" => {
                    if let Some(inner) = children(part).first() {
                        parts.push(self.expr(*inner));
                    }
                }
                _ => {}
            }
        }
        // A text in one piece, however it is cut up here.
        let is_text = |id: &ExprId| matches!(self.builder.facts.expr(*id), Expr::Text(_));
        if parts.iter().all(is_text) {
            let text: String = parts
                .iter()
                .map(|id| match *self.builder.facts.expr(*id) {
                    Expr::Text(word) => self.builder.facts.word(word),
                    _ => "",
                })
                .collect();
            return self.builder.push_text(text, range(node));
        }
        let parts = self.builder.list_of(parts);
        self.builder.push(Expr::Format(parts), range(node))
    }

    /// A text with names behind dollars.
    fn content(&mut self, text: &str, span: Range, parts: &mut Vec<ExprId>) {
        let mut rest = text;
        let mut plain = String::new();
        while let Some((head, tail)) = rest.split_once('$') {
            plain.push_str(head);
            let length = tail.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tail.len());
            let (name, after) = tail.split_at(length);
            if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                if !plain.is_empty() {
                    parts.push(self.builder.push_text(std::mem::take(&mut plain), span));
                }
                parts.push(self.name(name, span));
            } else {
                plain.push('$');
                plain.push_str(name);
            }
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(self.builder.push_text(plain, span));
        }
    }

    /// A bare name: a local, a member of a class around it, or something of the file.
    fn name(&mut self, name: &str, span: Range) -> ExprId {
        self.builder.name_within(&self.classes, name, span)
    }

    fn this(&mut self, span: Range) -> ExprId {
        self.builder.this(&self.classes, span)
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let parts = children(node);
        let Some(function) = parts.first().copied() else { return self.builder.push(Expr::Other, span) };
        let list = parts.iter().find(|part| part.kind() == "value_arguments").copied();
        let lambda = parts.iter().find(|part| part.kind() == "annotated_lambda").copied();
        for types in parts.iter().filter(|part| part.kind() == "type_arguments") {
            for ty in children(*types).into_iter().flat_map(children) {
                if let TypeRef::Name { name, .. } = self.ty(ty) {
                    self.builder.push_name(name, range(ty));
                }
            }
        }
        let last = match function.kind() {
            "navigation_expression" => children(function).last().copied(),
            "identifier" => Some(function),
            _ => None,
        };
        let name = last.map(|last| self.builder.slice(last).to_owned()).unwrap_or_default();
        if let ("lazy", Some(lambda), "identifier") = (name.as_str(), lambda, function.kind()) {
            return self.run_now(lambda, None);
        }
        if function.kind() == "navigation_expression"
            && let Some(lambda) = lambda.filter(|_| list.is_none())
            && (ON_IT.contains(&name.as_str()) || WITH_IT.contains(&name.as_str()))
            && let Some(of) = children(function).first()
        {
            let of = self.expr(*of);
            let value = self.run_now(lambda, Some(of));
            return if ON_IT.contains(&name.as_str()) { self.builder.push(Expr::Deref(of), span) } else { value };
        }
        // Classes are made by calling them.
        if name.starts_with(char::is_uppercase)
            && self.builder.local(&name).is_none()
            && let Some(ty) = self.made(function)
        {
            let arguments = self.arguments_with(list, lambda);
            let ty = self.builder.written(ty);
            let arguments = self.builder.arguments(arguments);
            return self.builder.push(Expr::New { ty, arguments }, span);
        }
        let callee = if function.kind() == "identifier" { self.called(&name, span) } else { self.expr(function) };
        let arguments = self.arguments_with(list, lambda);
        self.builder.call(callee, arguments, span)
    }

    /// The class that a name of a class that is called means.
    fn made(&self, function: Node<'n>) -> Option<TypeRef> {
        let text: String = self.builder.slice(function).split_whitespace().collect();
        let mut names: Vec<&str> = text.split('.').collect();
        let name = names.pop()?;
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_name(&name) || !names.iter().all(is_name) {
            return None;
        }
        let outer = names.last().filter(|name| name.starts_with(char::is_uppercase));
        // What is called on a value is no class.
        if outer.is_none()
            && !names.is_empty()
            && !names.iter().all(|name| name.starts_with(char::is_lowercase) && names.len() > 1)
        {
            return None;
        }
        Some(TypeRef::Name { qualifier: outer.map(|outer| (*outer).into()), name: name.into() })
    }

    /// What a bare name that is called means.
    fn called(&mut self, name: &str, span: Range) -> ExprId {
        self.builder.called_within(&self.classes, name, span)
    }

    pub(super) fn arguments(&mut self, list: Node<'n>) -> Vec<Argument> {
        self.arguments_with(Some(list), None)
    }

    fn arguments_with(&mut self, list: Option<Node<'n>>, lambda: Option<Node<'n>>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for argument in list.map(children).unwrap_or_default() {
            let (name, value) = argument_parts(argument);
            let name = name.map(|name| self.builder.word(self.builder.slice(name)));
            if let Some(value) = value {
                let spread = value.kind() == "spread_expression" || self.builder.slice(argument).starts_with('*');
                arguments.push(Argument { name, value: self.expr(value), spread });
            }
        }
        if let Some(lambda) = lambda {
            arguments.push(Argument { name: None, value: self.expr(lambda), spread: false });
        }
        arguments
    }

    /// A closure that runs where it stands: what it gives. Its parameter is `of`.
    fn run_now(&mut self, lambda: Node<'n>, of: Option<ExprId>) -> ExprId {
        let span = range(lambda);
        let literal = if lambda.kind() == "annotated_lambda" { children(lambda).last().copied() } else { Some(lambda) };
        let Some(literal) = literal else { return self.builder.push(Expr::Other, span) };
        if !self.builder.descend(literal) {
            return self.builder.push(Expr::Other, span);
        }
        self.builder.enter();
        let parts = children(literal);
        let named = parts.first().filter(|part| part.kind() == "lambda_parameters");
        if let Some(of) = of {
            let first = named.and_then(|list| children(*list).first().copied());
            let name =
                first.and_then(|first| children(first).first().copied()).map_or("it", |name| self.builder.slice(name));
            let name = name.to_owned();
            let local = self.builder.declare(&name, None);
            self.builder.define(local, Def::Value { expr: of, result: 0 });
        }
        let statements = if named.is_some() { &parts[1..] } else { parts.as_slice() };
        let value = self.sequence(statements);
        self.builder.leave();
        self.builder.ascend();
        value.unwrap_or_else(|| self.builder.push(Expr::Other, span))
    }

    fn lambda(&mut self, node: Node<'n>) -> ExprId {
        let id = self.builder.open_closure();
        let parts = children(node);
        let named = parts.first().filter(|part| part.kind() == "lambda_parameters");
        match named {
            Some(list) => {
                for parameter in children(*list) {
                    let inner = children(parameter);
                    let ty = inner.iter().find(|part| is_type(part.kind())).map(|ty| self.written(*ty));
                    let name = inner.first().map_or("_", |name| self.builder.slice(*name)).to_owned();
                    self.builder.closure_parameter(id, &name, ty);
                }
            }
            None => self.builder.closure_parameter(id, "it", None),
        }
        let statements = if named.is_some() { &parts[1..] } else { parts.as_slice() };
        if let Some(value) = self.sequence(statements) {
            self.builder.give_back([value]);
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }
}
