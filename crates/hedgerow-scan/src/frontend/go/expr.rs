//! Go's expressions.

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children, range};
use crate::ir::{Def, Expr, ExprId, Part, TypeRef};
use tree_sitter::Node;

impl Lower<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, node: Node) -> ExprId {
        self.builder.depth += 1;
        let id = if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            self.builder.push(Expr::Other, range(node))
        } else {
            self.expr_inner(node)
        };
        self.builder.depth -= 1;
        id
    }

    fn expr_inner(&mut self, node: Node) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" | "field_identifier" | "package_identifier" => {
                let name = self.builder.slice(node);
                return self.builder.name(name, span);
            }
            "interpreted_string_literal" => Expr::Text(unquote(self.builder.slice(node))),
            "raw_string_literal" => Expr::Text(self.builder.slice(node).trim_matches('`').replace('\r', "")),
            "int_literal" | "float_literal" => Expr::Number(self.builder.slice(node).to_owned()),
            "parenthesized_expression" => match children(node).as_slice() {
                [inner] => return self.expr(*inner),
                _ => Expr::Other,
            },
            "selector_expression" => {
                let Some(of) = node.child_by_field_name("operand").map(|operand| self.expr(operand)) else {
                    return self.builder.push(Expr::Other, span);
                };
                Expr::Member { of, name: self.builder.field(node, "field") }
            }
            "call_expression" => return self.call(node),
            "composite_literal" => {
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let parts = node.child_by_field_name("body").map(|body| self.parts(body, &ty)).unwrap_or_default();
                Expr::Composite { ty, parts }
            }
            "unary_expression" => {
                let Some(of) = node.child_by_field_name("operand").map(|operand| self.expr(operand)) else {
                    return self.builder.push(Expr::Other, span);
                };
                match self.builder.field(node, "operator").as_str() {
                    "&" => Expr::Address(of),
                    "*" => Expr::Deref(of),
                    // What a channel gives is what was sent to it: an element.
                    "<-" => return of,
                    _ => Expr::Other,
                }
            }
            "binary_expression" => {
                let left = node.child_by_field_name("left").map(|left| self.expr(left));
                let right = node.child_by_field_name("right").map(|right| self.expr(right));
                match (left, right, self.builder.field(node, "operator").as_str()) {
                    (Some(left), Some(right), "+") => Expr::Concat(left, right),
                    _ => Expr::Other,
                }
            }
            "index_expression" => {
                let of = node.child_by_field_name("operand").map(|operand| self.expr(operand));
                let key = node.child_by_field_name("index").map(|index| self.expr(index));
                match (of, key) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "slice_expression" => {
                // A part of a list has its elements; of a text the whole is taken: what is cut off is
                // a port or a path far more often than a part of the host.
                let of = node.child_by_field_name("operand").map(|operand| self.expr(operand));
                of.map_or(Expr::Other, |of| Expr::Cast { of, ty: TypeRef::Unknown })
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                let of = node.child_by_field_name("operand").map(|operand| self.expr(operand));
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                of.map_or(Expr::Other, |of| Expr::Cast { of, ty })
            }
            "func_literal" => return self.closure(node),
            "type_instantiation_expression" => match children(node).first() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Other,
            },
            "comment" => Expr::Other,
            "type_identifier" | "qualified_type" | "pointer_type" | "slice_type" | "array_type" | "map_type"
            | "channel_type" | "struct_type" | "interface_type" | "function_type" | "generic_type"
            | "parenthesized_type" => Expr::Type(self.ty(node)),
            // Nothing that could be an address.
            "true" | "false" | "nil" | "iota" | "rune_literal" | "imaginary_literal" => Expr::Choice(Vec::new()),
            _ => {
                for child in children(node) {
                    self.expr(child);
                }
                if node.is_error() {
                    self.builder.facts.faults.push(span);
                }
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }

    fn call(&mut self, node: Node) -> ExprId {
        let span = range(node);
        let Some(callee) = node.child_by_field_name("function").map(|function| self.expr(function)) else {
            return self.builder.push(Expr::Other, span);
        };
        let arguments = node.child_by_field_name("arguments").map(|list| self.arguments(list)).unwrap_or_default();
        self.builder.call(callee, arguments, span)
    }

    /// The parts of a written-out value. Where the elements leave their type out, they have the container's.
    fn parts(&mut self, body: Node, ty: &TypeRef) -> Vec<Part> {
        let inner = match ty {
            TypeRef::List(inner) | TypeRef::Map(inner) => (**inner).clone(),
            _ => TypeRef::Unknown,
        };
        let mut parts = Vec::new();
        let mut cursor = body.walk();
        for element in body.named_children(&mut cursor) {
            match element.kind() {
                "keyed_element" => {
                    let sides = children(element);
                    let [key, value] = sides.as_slice() else { continue };
                    let (field, key) = self.key(*key, ty);
                    let value = self.element(*value, &inner);
                    parts.push(Part { field, key, value });
                }
                "comment" => {}
                _ => {
                    let value = self.element(element, &inner);
                    parts.push(Part { field: None, key: None, value });
                }
            }
        }
        parts
    }

    /// The key of a part: of a structure a field's name, of a map an expression, of an unknown type maybe both.
    fn key(&mut self, node: Node, ty: &TypeRef) -> (Option<String>, Option<ExprId>) {
        let node =
            if node.kind() == "literal_element" { children(node).first().copied().unwrap_or(node) } else { node };
        let name = (node.kind() == "identifier" || node.kind() == "field_identifier")
            .then(|| self.builder.slice(node).to_owned());
        match (ty, name) {
            (TypeRef::List(_) | TypeRef::Map(_), _) | (_, None) => {
                let key = if node.kind() == "literal_value" {
                    self.builder.push(Expr::Other, range(node))
                } else {
                    self.expr(node)
                };
                (None, Some(key))
            }
            (_, Some(name)) => (Some(name), None),
        }
    }

    fn element(&mut self, node: Node, inner: &TypeRef) -> ExprId {
        let node =
            if node.kind() == "literal_element" { children(node).first().copied().unwrap_or(node) } else { node };
        if node.kind() == "literal_value" {
            let parts = self.parts(node, inner);
            return self.builder.push(Expr::Composite { ty: inner.clone(), parts }, range(node));
        }
        self.expr(node)
    }

    fn closure(&mut self, node: Node) -> ExprId {
        let id = self.builder.open_closure();
        if let Some(list) = node.child_by_field_name("parameters") {
            for (name, ty) in self.parameters(list).0 {
                self.builder.closure_parameter(id, &name, Some(ty));
            }
        }
        if let Some(list) = node.child_by_field_name("result").filter(|result| result.kind() == "parameter_list") {
            for (name, ty) in self.parameters(list).0 {
                let local = self.builder.declare(&name, Some(ty));
                self.builder.define(local, Def::Zero);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body);
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }
}

/// The text of an interpreted literal. Escapes that no host name or URL needs are kept as they are written.
fn unquote(literal: &str) -> String {
    let body = literal.strip_prefix('"').unwrap_or(literal);
    let body = body.strip_suffix('"').unwrap_or(body);
    if !body.contains('\\') {
        return body.to_owned();
    }
    let mut text = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some(c @ ('\\' | '"' | '\'' | '/')) => text.push(c),
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
            None => text.push('\\'),
        }
    }
    text
}
