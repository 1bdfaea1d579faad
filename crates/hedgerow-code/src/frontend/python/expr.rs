//! Python's expressions.

use super::Lower;
use crate::format::{Part as Piece, verbs};
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{Argument, Expr, ExprId, Part, Run, TypeRef};
use tree_sitter::Node;

/// What names of clients hold whose methods are called like the verbs of HTTP.
const CLIENTS: &[&str] = &["session", "client", "requests", "http"];

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
                let parts = children(node).into_iter().filter(|child| child.kind() == "pair").filter_map(|pair| {
                    let key = pair.child_by_field_name("key").map(|key| self.expr(key));
                    let value = pair.child_by_field_name("value").map(|value| self.expr(value));
                    value.map(|value| Part { field: None, key, value })
                });
                let parts: Vec<Part> = parts.collect();
                self.builder.composite(TypeRef::Unknown, parts)
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

impl<'n> Lower<'_, 'n> {
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
        // `super()`, and `super(Class, self)` as it was written before.
        let function = node.child_by_field_name("function").filter(|function| function.kind() == "identifier");
        if function.is_some_and(|function| self.builder.slice(function) == "super")
            && let Some(this) = ["self", "cls"].into_iter().find(|this| self.builder.local(this).is_some())
        {
            let this = self.builder.name(this, span);
            return self.builder.push(Expr::Super(this), span);
        }
        let Some(callee) = node.child_by_field_name("function").map(|function| self.called(function)) else {
            return self.builder.push(Expr::Other, span);
        };
        let mut arguments = Vec::new();
        let list = node.child_by_field_name("arguments");
        for argument in list.map(children).unwrap_or_default() {
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

    /// What is called. A class method's `cls` is its class. Of `getattr(session, method)` the method is one of several that are given the
    /// same; where its name is not written there, the usual one of clients stands for them.
    fn called(&mut self, function: Node<'n>) -> ExprId {
        let span = range(function);
        let own = match function.kind() {
            "identifier" => self.builder.slice(function) == "cls",
            "attribute" => self.builder.slice(function) == "self.__class__",
            _ => self.builder.slice(function) == "type(self)",
        };
        if let Some(class) = self.class.clone().filter(|_| own) {
            return self.builder.push_name(class, span);
        }
        let arguments = || Some(children(function.child_by_field_name("arguments")?));
        if function.kind() == "call"
            && self.builder.field(function, "function") == "getattr"
            && let Some([of, name, ..]) = arguments().as_deref()
        {
            let written = self.builder.slice(*of).to_lowercase();
            let is_client = CLIENTS.iter().any(|word| written.contains(word));
            let (of, name) = (self.expr(*of), self.expr(*name));
            let name = match self.builder.facts.expr(name) {
                Expr::Text(name) => Some(self.builder.facts.word(*name).to_owned()),
                _ => is_client.then(|| "get".to_owned()),
            };
            return match name {
                Some(name) => self.builder.push_member(of, name, span),
                None => self.builder.push(Expr::Other, span),
            };
        }
        self.expr(function)
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
        let expr = if operator == "+" { Expr::Concat(left_expr, right) } else { Expr::Other };
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
