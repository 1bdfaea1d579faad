//! Python's expressions.

use super::Lower;
use crate::format::{Part as Piece, verbs};
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{ALL, Argument, Expr, ExprId, Part, Range, Run, TypeRef};
use tree_sitter::Node;

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node);
                let is_local = self.builder.local(name).is_some();
                if let Some(class) = self.in_body(name).filter(|_| !is_local) {
                    let of = self.builder.push_name(class, span);
                    return self.builder.push_member(of, name, span);
                }
                let name = if is_local { name } else { self.names.known_as(name) };
                return self.builder.name(name, span);
            }
            "string" => return self.string(node),
            "concatenated_string" => {
                let pieces = self.exprs(node);
                Expr::Format(self.builder.list_of(pieces))
            }
            "integer" | "float" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "none" | "true" | "false" | "ellipsis" => Expr::Choice(Run::default()),
            "attribute" if self.names.is_dotted(self.builder.slice(node)) => {
                return self.builder.push_name(self.builder.slice(node), span);
            }
            "attribute" => match node.child_by_field_name("object").map(|object| self.expr(object)) {
                Some(of) => return self.builder.push_member(of, self.builder.field(node, "attribute"), span),
                None => Expr::Other,
            },
            "subscript" => {
                let of = node.child_by_field_name("value").map(|value| self.expr(value));
                let key = node.child_by_field_name("subscript").map(|key| self.expr(key));
                match (of, key) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "call" => return self.call(node),
            "binary_operator" => return self.binary(node),
            "parenthesized_expression" | "await" | "list_splat" | "dictionary_splat" | "as_pattern_target" => {
                match children(node).as_slice() {
                    [inner] => return self.expr(*inner),
                    _ => {
                        self.exprs(node);
                        Expr::Other
                    }
                }
            }
            "as_pattern" => {
                let parts = children(node);
                let value = parts.first().map(|value| self.expr(*value));
                if let (Some(value), Some(target)) = (value, node.child_by_field_name("alias")) {
                    let target = if target.kind() == "as_pattern_target" {
                        target.named_child(0).unwrap_or(target)
                    } else {
                        target
                    };
                    self.bind(target, value, 0, None);
                }
                return value.unwrap_or_else(|| self.builder.push(Expr::Other, span));
            }
            "named_expression" => {
                let value = node.child_by_field_name("value").map(|value| self.expr(value));
                if let (Some(value), Some(name)) = (value, node.child_by_field_name("name")) {
                    self.bind(name, value, 0, None);
                    return value;
                }
                Expr::Other
            }
            "conditional_expression" => {
                let parts = self.exprs(node);
                match parts.as_slice() {
                    [then, _, otherwise] => Expr::Choice(self.builder.list_of([*then, *otherwise])),
                    _ => Expr::Other,
                }
            }
            "boolean_operator" => {
                let values = self.exprs(node);
                Expr::Choice(self.builder.list_of(values))
            }
            "dictionary" => {
                let parts = children(node).into_iter().filter_map(|pair| {
                    if pair.kind() == "dictionary_splat" {
                        let value = self.expr(pair);
                        return Some(Part { field: Some(self.builder.word(ALL)), key: None, value });
                    }
                    let key = pair.child_by_field_name("key").map(|key| self.expr(key));
                    let value = pair.child_by_field_name("value").map(|value| self.expr(value));
                    value.map(|value| Part { field: None, key, value })
                });
                let parts: Vec<Part> = parts.collect();
                // What lies in an empty one does not say that it is no list.
                let ty = if parts.is_empty() { TypeRef::Map(Box::new(TypeRef::Unknown)) } else { TypeRef::Unknown };
                self.builder.composite(ty, parts)
            }
            "list" | "tuple" | "set" | "expression_list" => {
                let values = self.exprs(node);
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension" => {
                return self.comprehension(node);
            }
            "lambda" => return self.closure(node),
            "assignment" | "augmented_assignment" => {
                self.assignment(node, None);
                Expr::Other
            }
            "comment" => Expr::Other,
            _ => {
                self.exprs(node);
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }
}

impl<'t, 'n> Lower<'t, 'n> {
    fn comprehension(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        self.builder.enter();
        for clause in children(node).into_iter().filter(|child| child.kind() == "for_in_clause") {
            let over = clause.child_by_field_name("right").map(|right| self.expr(right));
            if let (Some(left), Some(over)) = (clause.child_by_field_name("left"), over) {
                self.each(left, over);
            }
        }
        let value = node.child_by_field_name("body").map(|body| self.expr(body));
        self.builder.leave();
        let parts = value.into_iter().map(|value| Part { field: None, key: None, value });
        let composite = self.builder.composite(TypeRef::Unknown, parts);
        self.builder.push(composite, span)
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let written = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        match (self.plain_name(node), written.as_slice()) {
            ("super", written) => {
                if let Some(found) = self.above(written, span) {
                    return found;
                }
            }
            ("getattr", [of, name, default @ ..]) if default.len() < 2 => {
                return self.attribute(*of, *name, default.first().copied(), span);
            }
            _ => {}
        }
        let Some(callee) = node.child_by_field_name("function").map(|function| self.called(function)) else {
            return self.builder.push(Expr::Other, span);
        };
        let mut arguments = Vec::new();
        for argument in written {
            arguments.push(match argument.kind() {
                "keyword_argument" => {
                    let name = Some(self.builder.word(self.builder.field(argument, "name")));
                    let Some(value) = argument.child_by_field_name("value").map(|value| self.expr(value)) else {
                        continue;
                    };
                    Argument { name, value, spread: false }
                }
                "dictionary_splat" => {
                    Argument { name: Some(self.builder.word("**")), value: self.expr(argument), spread: true }
                }
                kind => Argument { name: None, value: self.expr(argument), spread: kind == "list_splat" },
            });
        }
        self.builder.call(callee, arguments, span)
    }

    /// The name of what is called, where that is all that is written; else nothing.
    fn plain_name(&self, call: Node<'n>) -> &'t str {
        let function = call.child_by_field_name("function").filter(|function| function.kind() == "identifier");
        function.map_or("", |function| self.builder.slice(function))
    }

    /// `super()`, and `super(Class, self)`, which looks above that class.
    fn above(&mut self, written: &[Node<'n>], span: Range) -> Option<ExprId> {
        let this = match written {
            [] => ["self", "cls"].into_iter().find(|this| self.builder.local(this).is_some())?,
            [_, this] => self.builder.slice(*this),
            _ => return None,
        };
        let mut this = self.builder.local(this).map(|local| self.builder.push(Expr::Local(local), span))?;
        if let [class, _] = written {
            let ty = self.ty(*class);
            let ty = self.builder.written(ty);
            this = self.builder.push(Expr::Cast { of: this, ty }, span);
        }
        Some(self.builder.push(Expr::Super(this), span))
    }

    /// `getattr(value, name)`, with what stands for it where the value has no such part.
    fn attribute(&mut self, of: Node<'n>, name: Node<'n>, default: Option<Node<'n>>, span: Range) -> ExprId {
        let (of, name) = (self.expr(of), self.expr(name));
        let found = match *self.builder.facts.expr(name) {
            Expr::Text(text) => {
                let name = self.builder.facts.word(text).to_owned();
                self.builder.push_member(of, name, span)
            }
            _ => self.builder.push(Expr::Attribute { of, name }, span),
        };
        let Some(default) = default.map(|default| self.expr(default)) else { return found };
        let either = self.builder.list_of([found, default]);
        self.builder.push(Expr::Choice(either), span)
    }

    /// What is called. The class of a value makes another one: `type(self)()`, and a class method's `cls()`.
    fn called(&mut self, function: Node<'n>) -> ExprId {
        let span = range(function);
        let written = function.child_by_field_name("arguments").map(children).unwrap_or_default();
        let of = match (function.kind(), written.as_slice()) {
            ("identifier", _) => {
                let local = self.builder.local(self.builder.slice(function));
                let is_class = local.is_some() && local == self.receiver && self.builder.slice(function) != "self";
                is_class.then_some(function)
            }
            ("attribute", _) => function
                .child_by_field_name("object")
                .filter(|_| self.builder.field(function, "attribute") == "__class__"),
            ("call", [of]) if self.plain_name(function) == "type" => Some(*of),
            _ => None,
        };
        match of.map(|of| self.expr(of)) {
            Some(of) => self.builder.push(Expr::Class(of), span),
            None => self.expr(function),
        }
    }

    /// `a + b`, and `"…" % values`.
    fn binary(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.builder.push(Expr::Other, span);
        };
        let operator = self.builder.field(node, "operator");
        let left_expr = self.expr(left);
        if operator == "%"
            && let Expr::Text(format) = *self.builder.facts.expr(left_expr)
        {
            let format = self.builder.facts.word(format).to_owned();
            let values = if right.kind() == "tuple" { self.exprs(right) } else { vec![self.expr(right)] };
            let mut next = 0;
            let mut pieces = Vec::new();
            for piece in verbs(&format) {
                pieces.push(match piece {
                    Piece::Text(text) => self.builder.push_text(text, span),
                    Piece::Next => {
                        next += 1;
                        values.get(next - 1).copied().unwrap_or_else(|| self.builder.push(Expr::Other, span))
                    }
                    Piece::At(_) | Piece::Named(_) => self.builder.push(Expr::Other, span),
                });
            }
            let pieces = self.builder.list_of(pieces);
            return self.builder.push(Expr::Format(pieces), span);
        }
        let right = self.expr(right);
        let expr = match operator.as_str() {
            "+" => Expr::Concat(left_expr, right),
            // `URL(base) / "books"`
            "/" => {
                let between = self.builder.push_text("/", span);
                Expr::Format(self.builder.list_of([left_expr, between, right]))
            }
            _ => Expr::Other,
        };
        self.builder.push(expr, span)
    }

    /// A text, with what stands in its braces where it is an f-string.
    fn string(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut cursor = node.walk();
        for part in node.named_children(&mut cursor) {
            match part.kind() {
                "string_content" => text.push_str(&unescape(self.builder.slice(part))),
                "interpolation" => {
                    if !text.is_empty() {
                        pieces.push(self.builder.push_text(std::mem::take(&mut text), span));
                    }
                    let inner = part.child_by_field_name("expression");
                    let value = inner.map(|inner| self.expr(inner));
                    pieces.push(value.unwrap_or_else(|| self.builder.push(Expr::Other, span)));
                }
                _ => {}
            }
        }
        self.builder.push_pieces(pieces, text, span)
    }
}

/// A text's escapes; those that no address needs are kept as they are.
fn unescape(text: &str) -> String {
    if text.contains('\\') {
        text.replace("\\n", "\n").replace("\\\\", "\\").replace("\\'", "'").replace("\\\"", "\"")
    } else {
        text.to_owned()
    }
}
