//! Go's expressions.

use super::{Kind, Lower};
use crate::frontend::build::{MAX_DEPTH, range, under};
use crate::ir::{Argument, Def, Expr, ExprId, Part, Run, TypeRef, TypeRefId, Word};
use std::borrow::Cow;
use tree_sitter::Node;

impl<'t> Lower<'t> {
    /// What stands before type arguments: a name, or one of a package's.
    fn generic(&mut self, name: Node<'t>) -> ExprId {
        let span = range(name);
        let text = self.builder.slice(name);
        match text.split_once('.') {
            Some((package, name)) => {
                let of = self.builder.name(package.trim(), span);
                self.builder.push_member(of, name.trim(), span)
            }
            None => self.builder.name(text, span),
        }
    }

    /// An expression.
    pub(super) fn expr(&mut self, node: Node<'t>) -> ExprId {
        self.builder.depth += 1;
        let id = if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            self.builder.push(Expr::Other, range(node))
        } else {
            let mark = self.builder.mark();
            let id = self.expr_inner(node);
            self.builder.release(mark);
            id
        };
        self.builder.depth -= 1;
        id
    }

    fn expr_inner(&mut self, node: Node<'t>) -> ExprId {
        let span = range(node);
        let fields = self.fields;
        let expr = match self.kind(node) {
            Kind::Identifier | Kind::FieldIdentifier | Kind::PackageIdentifier => {
                let name = self.builder.slice(node);
                return self.builder.name(name, span);
            }
            Kind::Text => Expr::Text(self.builder.word(unquote(self.builder.slice(node)))),
            Kind::RawText => {
                Expr::Text(self.builder.word(self.builder.slice(node).trim_matches('`').replace('\r', "")))
            }
            Kind::Number => Expr::Number(self.builder.word(self.builder.slice(node))),
            Kind::Parenthesized => {
                let inner = self.builder.list(node);
                let mut inner = self.builder.named(inner);
                match (inner.next(), inner.next()) {
                    (Some(only), None) => {
                        drop(inner);
                        return self.expr(only);
                    }
                    _ => Expr::Other,
                }
            }
            Kind::Selector => {
                let Some(of) = self.expr_under(node, fields.operand) else {
                    return self.builder.push(Expr::Other, span);
                };
                let name = self.builder.word(self.text_under(node, fields.field));
                Expr::Member { of, name }
            }
            Kind::Call => return self.call(node),
            Kind::Composite => {
                let ty = under(node, fields.ty).map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let body = under(node, fields.body);
                let parts = body.map(|body| self.parts(body, &mut levels(&ty))).unwrap_or_default();
                self.builder.composite(ty, parts)
            }
            Kind::Unary => {
                let here = self.builder.here();
                let Some(of) = self.expr_under(node, fields.operand) else {
                    return self.builder.push(Expr::Other, span);
                };
                match self.text_under(node, fields.operator) {
                    "&" => Expr::Address(of),
                    "*" => Expr::Deref(of),
                    // What a channel gives is what was sent to it: an element.
                    "<-" => return of,
                    _ => {
                        self.builder.forget(here);
                        Expr::Other
                    }
                }
            }
            Kind::Binary => {
                let here = self.builder.here();
                let left = self.expr_under(node, fields.left);
                let right = self.expr_under(node, fields.right);
                match (left, right, self.text_under(node, fields.operator)) {
                    (Some(left), Some(right), "+") => Expr::Concat(left, right),
                    _ => {
                        self.builder.forget(here);
                        Expr::Other
                    }
                }
            }
            Kind::Index => match (self.expr_under(node, fields.operand), self.expr_under(node, fields.index)) {
                (Some(of), Some(key)) => Expr::Index { of, key },
                _ => Expr::Other,
            },
            Kind::Slice => {
                // A part of a list has its elements; of a text the whole is taken: what is cut off is
                // a port or a path far more often than a part of the host.
                let of = self.expr_under(node, fields.operand);
                let ty = self.builder.written(TypeRef::Unknown);
                of.map_or(Expr::Other, |of| Expr::Cast { of, ty })
            }
            Kind::Cast => {
                // `call[T](x)` looks like a conversion to a generic type.
                if let Some(ty) = under(node, fields.ty).filter(|ty| self.kind(*ty) == Kind::GenericType)
                    && let Some(name) = under(ty, fields.ty)
                {
                    let callee = self.generic(name);
                    let value = self.expr_under(node, fields.operand);
                    let arguments = value.map(|value| Argument { name: None, value, spread: false });
                    return self.builder.call(callee, arguments, span);
                }
                let of = self.expr_under(node, fields.operand);
                let ty = self.written_under(node, fields.ty);
                of.map_or(Expr::Other, |of| Expr::Cast { of, ty })
            }
            Kind::Closure => return self.closure(node),
            Kind::Instantiation => {
                let inner = self.builder.list(node);
                let first = self.builder.first(inner);
                match first {
                    Some(inner) => return self.expr(inner),
                    None => Expr::Other,
                }
            }
            Kind::Comment => Expr::Other,
            Kind::TypeIdentifier
            | Kind::QualifiedType
            | Kind::WrappedType
            | Kind::ListType
            | Kind::MapType
            | Kind::ChannelType
            | Kind::StructType
            | Kind::InterfaceType
            | Kind::FunctionType
            | Kind::GenericType => Expr::Type(self.written(node)),
            // Nothing that could be an address.
            Kind::Constant => Expr::Choice(Run::default()),
            _ => {
                self.exprs(node);
                if node.is_error() {
                    self.builder.facts.faults.push(span);
                }
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }

    /// The expression with a field.
    fn expr_under(&mut self, node: Node<'t>, field: u16) -> Option<ExprId> {
        under(node, field).map(|node| self.expr(node))
    }

    fn call(&mut self, node: Node<'t>) -> ExprId {
        let span = range(node);
        let Some(callee) = self.expr_under(node, self.fields.function) else {
            return self.builder.push(Expr::Other, span);
        };
        let list = under(node, self.fields.arguments);
        let arguments = list.map(|list| self.arguments(list)).unwrap_or_default();
        self.builder.call(callee, arguments, span)
    }

    /// The parts of a written-out value. Where the elements leave their type out, they have the container's.
    fn parts(&mut self, body: Node<'t>, levels: &mut [Level<'_>]) -> Vec<Part> {
        let (ty, inner) = match levels.split_first_mut() {
            Some((own, inner)) => (own.ty, inner),
            None => (&TypeRef::Unknown, &mut [][..]),
        };
        let mut parts = Vec::new();
        let elements = self.builder.list(body);
        for at in elements.places() {
            let Some(element) = self.builder.named_at(at) else { continue };
            if self.kind(element) == Kind::KeyedElement {
                let sides = self.builder.list(element);
                let mut sides = self.builder.named(sides);
                let (Some(key), Some(value), None) = (sides.next(), sides.next(), sides.next()) else { continue };
                drop(sides);
                let (field, key) = self.key(key, ty);
                let value = self.element(value, inner);
                parts.push(Part { field, key, value });
            } else {
                let value = self.element(element, inner);
                parts.push(Part { field: None, key: None, value });
            }
        }
        self.builder.release(elements.places().start);
        parts
    }

    /// What stands in an element of a literal.
    fn inside(&mut self, node: Node<'t>) -> Node<'t> {
        if self.kind(node) != Kind::Element {
            return node;
        }
        let inner = self.builder.list(node);
        let first = self.builder.first(inner);
        first.unwrap_or(node)
    }

    /// The key of a part: of a structure a field's name, of a map an expression, of an unknown type maybe both.
    fn key(&mut self, node: Node<'t>, ty: &TypeRef) -> (Option<Word>, Option<ExprId>) {
        let node = self.inside(node);
        let is_name = matches!(self.kind(node), Kind::Identifier | Kind::FieldIdentifier);
        match ty {
            TypeRef::List(_) | TypeRef::Map(_) => {}
            _ if is_name => return (Some(self.builder.word(self.builder.slice(node))), None),
            _ => {}
        }
        let key = if self.kind(node) == Kind::LiteralValue {
            self.builder.push(Expr::Other, range(node))
        } else {
            self.expr(node)
        };
        (None, Some(key))
    }

    fn element(&mut self, node: Node<'t>, levels: &mut [Level<'_>]) -> ExprId {
        let node = self.inside(node);
        if self.kind(node) == Kind::LiteralValue {
            let parts = self.parts(node, levels);
            let ty = match levels.first_mut() {
                Some(own) => *own.id.get_or_insert_with(|| self.builder.written(own.ty.clone())),
                None => self.builder.written(TypeRef::Unknown),
            };
            let composite = self.builder.composite_of(ty, parts);
            return self.builder.push(composite, range(node));
        }
        self.expr(node)
    }

    fn closure(&mut self, node: Node<'t>) -> ExprId {
        let id = self.builder.open_closure();
        if let Some(list) = under(node, self.fields.parameters) {
            for (name, ty) in self.parameters(list).0 {
                self.builder.closure_parameter(id, name, Some(ty));
            }
        }
        let result = under(node, self.fields.result);
        if let Some(list) = result.filter(|result| self.kind(*result) == Kind::Parameters) {
            for (name, ty) in self.parameters(list).0 {
                let local = self.builder.declare(name, Some(ty));
                self.builder.define(local, Def::Zero);
            }
        }
        if let Some(body) = under(node, self.fields.body) {
            self.stmt(body);
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }
}

/// A type whose values are written out without it, by the level of the braces that they stand in.
struct Level<'r> {
    ty: &'r TypeRef,
    /// Its place in the list of the file's, once a value has it: all values of a level share it.
    id: Option<TypeRefId>,
}

/// A type and what it holds, level by level.
fn levels(ty: &TypeRef) -> Vec<Level<'_>> {
    let mut levels = vec![Level { ty, id: None }];
    let mut ty = ty;
    while let TypeRef::List(inner) | TypeRef::Map(inner) = ty {
        ty = inner;
        levels.push(Level { ty, id: None });
    }
    levels
}

/// The text of an interpreted literal. Escapes that no host name or URL needs are kept as they are written.
fn unquote(literal: &str) -> Cow<'_, str> {
    let body = literal.strip_prefix('"').unwrap_or(literal);
    let body = body.strip_suffix('"').unwrap_or(body);
    if !body.contains('\\') {
        return body.into();
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
    text.into()
}
