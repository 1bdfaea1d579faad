//! Expressions.

use super::Lower;
use crate::frontend::build::{Builder, Expressions, children};
use crate::ir::{ALL, Argument, Expr, ExprId, Global, Import, Part, Run, TypeRef};
use tree_sitter::Node;

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = Self::span(node);
        let expr = match node.kind() {
            "identifier" | "property_identifier" | "shorthand_property_identifier" => {
                let name = self.builder.slice(node);
                return self.builder.name(name, span);
            }
            "this" => return self.builder.name("this", span),
            "super" => Expr::Super(self.builder.name("this", span)),
            "string" => Expr::Text(self.builder.word(unquote(self.builder.slice(node)))),
            "template_string" => return self.template(node),
            "number" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "true" | "false" | "null" | "undefined" | "regex" => Expr::Choice(Run::default()),
            "member_expression" => match node.child_by_field_name("object").map(|object| self.expr(object)) {
                Some(of) => return self.builder.push_member(of, self.builder.field(node, "property"), span),
                None => Expr::Other,
            },
            "subscript_expression" => {
                let of = node.child_by_field_name("object").map(|object| self.expr(object));
                let key = node.child_by_field_name("index").map(|index| self.expr(index));
                match (of, key) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "call_expression" => return self.call(node),
            "new_expression" => {
                let constructor = node.child_by_field_name("constructor");
                let named = constructor.filter(|constructor| constructor.kind() == "identifier");
                // What something else has is found as what it is: `const { Pool } = pg` of a library.
                let named = named.filter(|named| !self.taken.contains(self.builder.slice(*named)));
                let ty = named.map_or(TypeRef::Unknown, |constructor| self.ty(constructor));
                let arguments = self.arguments(node);
                if ty == TypeRef::Unknown {
                    // `new (require("x"))(…)`, `new proto.shop.Client(…)`
                    let callee = constructor.map(|constructor| self.expr(constructor));
                    return match callee {
                        Some(callee) => self.builder.call(callee, arguments, span),
                        None => self.builder.push(Expr::Other, span),
                    };
                }
                let ty = self.builder.written(ty);
                Expr::New { ty, arguments: self.builder.arguments(arguments) }
            }
            "binary_expression" => {
                let left = node.child_by_field_name("left").map(|left| self.expr(left));
                let right = node.child_by_field_name("right").map(|right| self.expr(right));
                match (left, right, self.builder.field(node, "operator").as_str()) {
                    (Some(left), Some(right), "+") => Expr::Concat(left, right),
                    (Some(left), Some(right), "||" | "??") => Expr::Choice(self.builder.list_of([left, right])),
                    _ => Expr::Other,
                }
            }
            "ternary_expression" => {
                if let Some(condition) = node.child_by_field_name("condition") {
                    self.expr(condition);
                }
                let sides =
                    ["consequence", "alternative"].into_iter().filter_map(|side| node.child_by_field_name(side));
                let sides: Vec<_> = sides.map(|side| self.expr(side)).collect();
                Expr::Choice(self.builder.list_of(sides))
            }
            "assignment_expression" | "augmented_assignment_expression" => return self.assignment(node),
            "await_expression"
            | "parenthesized_expression"
            | "non_null_expression"
            | "yield_expression"
            | "spread_element" => match children(node).first() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Other,
            },
            "as_expression" | "satisfies_expression" => {
                let parts = children(node);
                let of = parts.first().map(|value| self.expr(*value));
                let ty = parts.get(1).map_or(TypeRef::Unknown, |ty| self.ty(*ty));
                let ty = self.builder.written(ty);
                of.map_or(Expr::Other, |of| Expr::Cast { of, ty })
            }
            "object" => self.object(node),
            "array" => {
                let values: Vec<ExprId> = children(node).into_iter().map(|value| self.expr(value)).collect();
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "arrow_function" | "function_expression" | "generator_function" => return self.closure(node),
            "class" => {
                let name = format!("class at {}", span.start);
                self.class(node, name.clone());
                return self.builder.push_name(name, span);
            }
            "comment" => Expr::Other,
            "statement_block" => {
                self.stmt(node);
                Expr::Other
            }
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
    fn object(&mut self, node: Node<'n>) -> Expr {
        let mut parts = Vec::new();
        for member in children(node) {
            match member.kind() {
                "pair" => {
                    let Some(key) = member.child_by_field_name("key") else { continue };
                    let (field, key) = match key.kind() {
                        "string" => (Some(self.builder.word(unquote(self.builder.slice(key)))), None),
                        "computed_property_name" => (None, key.named_child(0).map(|key| self.expr(key))),
                        _ => (Some(self.builder.word(self.builder.slice(key))), None),
                    };
                    let Some(value) = member.child_by_field_name("value").map(|value| self.expr(value)) else {
                        continue;
                    };
                    parts.push(Part { field, key, value });
                }
                "shorthand_property_identifier" => {
                    let field = Some(self.builder.word(self.builder.slice(member)));
                    let value = self.expr(member);
                    parts.push(Part { field, key: None, value });
                }
                "method_definition" => {
                    let field = Some(self.builder.word(self.builder.field(member, "name")));
                    let value = self.closure(member);
                    parts.push(Part { field, key: None, value });
                }
                "spread_element" => {
                    let value = self.expr(member);
                    parts.push(Part { field: Some(self.builder.word(ALL)), key: None, value });
                }
                _ => {
                    self.expr(member);
                }
            }
        }
        self.builder.composite(TypeRef::Unknown, parts)
    }

    fn assignment(&mut self, node: Node<'n>) -> ExprId {
        let span = Self::span(node);
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.builder.push(Expr::Other, span);
        };
        if self.exports(left, right) {
            return self.builder.push(Expr::Other, span);
        }
        let mut value = self.expr(right);
        let target = self.expr(left);
        match self.builder.field(node, "operator").as_str() {
            "+=" => value = self.builder.push(Expr::Concat(target, value), span),
            "" | "=" | "||=" | "??=" => {}
            _ => return value,
        }
        let name = match self.builder.facts.expr(target) {
            Expr::Name(name) => Some(self.builder.facts.word(*name).to_owned()),
            _ => None,
        };
        match name {
            // A global of the file keeps its values where they are declared, for those who ask from outside.
            Some(name) if self.at_top() => {
                if let Some(global) = self.builder.facts.globals.iter_mut().find(|global| global.name == name) {
                    global.values.push((value, 0));
                }
            }
            _ => self.builder.assign(target, value, 0),
        }
        value
    }

    /// `module.exports = { name: value }`, `exports.name = value`: what a module gives, while it is loaded. Says whether the values have
    /// been read by that.
    fn exports(&mut self, left: Node<'n>, right: Node<'n>) -> bool {
        if !self.is_loading() {
            return false;
        }
        let target = self.builder.slice(left);
        let whole = matches!(target, "module.exports" | "exports");
        let name = target.strip_prefix("module.exports.").or_else(|| target.strip_prefix("exports."));
        if whole || name.is_some() {
            match name.map(str::to_owned) {
                Some(name) => self.gives_on_value(&name, right),
                None => self.gives_on_required(None, right),
            }
        }
        match (whole, name) {
            (true, _) if right.kind() == "object" => {
                for member in children(right) {
                    let key = member.child_by_field_name("key").map(|key| unquote(self.builder.slice(key)));
                    match (member.kind(), key, member.child_by_field_name("value")) {
                        ("pair", Some(key), Some(value)) => {
                            self.gives_on_value(&key, value);
                            self.export_as(&key, value);
                        }
                        ("shorthand_property_identifier", ..) => {
                            let name = self.builder.slice(member).to_owned();
                            self.gives_on_value(&name, member);
                            self.expr(member);
                        }
                        ("method_definition", ..) => {
                            let name = self.builder.field(member, "name");
                            self.put_off(member, None, name);
                        }
                        ("spread_element", ..) => {
                            if let Some(inner) = member.named_child(0) {
                                self.gives_on_required(None, inner);
                            }
                            self.expr(member);
                        }
                        _ => {
                            self.expr(member);
                        }
                    }
                }
                true
            }
            (_, Some(name)) if name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$') => {
                let name = name.to_owned();
                self.export_as(&name, right);
                true
            }
            _ => false,
        }
    }

    /// Whether what is read runs while the file is loaded.
    fn is_loading(&mut self) -> bool {
        self.builder.function().is_some_and(|function| function.name.is_empty())
    }

    /// A value that the module gives by a name. One that is called like what it gives is found by itself.
    fn export_as(&mut self, name: &str, value: Node<'n>) {
        let is_itself = value.kind() == "identifier" && self.builder.slice(value) == name;
        if matches!(value.kind(), "function_expression" | "arrow_function" | "generator_function") {
            let before = std::mem::replace(&mut self.exported, true);
            self.put_off(value, None, name.to_owned());
            self.exported = before;
            return;
        }
        let value = self.expr(value);
        if !is_itself {
            match self.builder.facts.globals.iter_mut().find(|global| global.name == name) {
                Some(global) => global.values.push((value, 0)),
                None => {
                    self.builder.facts.globals.push(Global { name: name.into(), ty: None, values: vec![(value, 0)] });
                }
            }
        }
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = Self::span(node);
        // `require("pg").Client`: an import without a name of its own.
        if let Some(path) = self.required(node) {
            let alias = format!("require({path})");
            let imports = &mut self.builder.facts.imports;
            if !imports.iter().any(|import| import.alias.as_deref() == Some(alias.as_str())) {
                imports.push(Import { alias: Some(alias.as_str().into()), path: path.into(), name: None });
            }
            return self.builder.push_name(alias, span);
        }
        let Some(function) = node.child_by_field_name("function") else {
            return self.builder.push(Expr::Other, span);
        };
        if let (true, Some(list)) = (self.is_loading(), node.child_by_field_name("arguments")) {
            self.gives_on_by_call(function, list);
        }
        let callee = if function.kind() == "super" {
            let this = self.builder.name("this", span);
            self.builder.inherited(this, "constructor", span)
        } else {
            self.expr(function)
        };
        let arguments = self.arguments(node);
        self.builder.call(callee, arguments, span)
    }

    fn arguments(&mut self, node: Node<'n>) -> Vec<Argument> {
        let Some(list) = node.child_by_field_name("arguments") else { return Vec::new() };
        if list.kind() == "template_string" {
            return vec![Argument { name: None, value: self.expr(list), spread: false }];
        }
        let mut arguments = Vec::new();
        for argument in children(list) {
            let spread = argument.kind() == "spread_element";
            arguments.push(Argument { name: None, value: self.expr(argument), spread });
        }
        arguments
    }

    fn template(&mut self, node: Node<'n>) -> ExprId {
        let span = Self::span(node);
        let mut pieces = Vec::new();
        let mut at = node.start_byte() + 1;
        let mut cursor = node.walk();
        let holes: Vec<_> =
            node.named_children(&mut cursor).filter(|part| part.kind() == "template_substitution").collect();
        for hole in holes {
            let text = self.builder.text.get(at..hole.start_byte()).unwrap_or_default().to_owned();
            pieces.push(self.builder.push_text(text, span));
            let inner = children(hole).first().map(|inner| self.expr(*inner));
            pieces.push(inner.unwrap_or_else(|| self.builder.push(Expr::Other, span)));
            at = hole.end_byte();
        }
        let end = node.end_byte().saturating_sub(1).max(at);
        let text = self.builder.text.get(at..end).unwrap_or_default().to_owned();
        pieces.push(self.builder.push_text(text, span));
        let pieces = self.builder.list_of(pieces);
        self.builder.push(Expr::Format(pieces), span)
    }
}

/// The text of a literal in quotes.
fn unquote(literal: &str) -> String {
    let body = literal.trim_matches(['"', '\'']);
    if body.contains('\\') {
        body.replace("\\/", "/").replace("\\'", "'").replace("\\\"", "\"").replace("\\\\", "\\")
    } else {
        body.to_owned()
    }
}
