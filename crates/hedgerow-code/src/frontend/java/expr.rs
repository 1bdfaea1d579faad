//! Java's expressions.

use super::Lower;
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{Argument, Expr, ExprId, Part, Run, TypeRef};
use tree_sitter::Node;

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node).to_owned();
                return self.name(&name, node);
            }
            "this" => return self.builder.name("this", span),
            "string_literal" | "text_block" => {
                let text =
                    self.builder.slice(node).trim_start_matches("\"\"\"").trim_end_matches("\"\"\"").trim_matches('"');
                Expr::Text(self.builder.word(text.replace("\\\"", "\"").replace("\\\\", "\\")))
            }
            "decimal_integer_literal" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "null_literal"
            | "true"
            | "false"
            | "character_literal"
            | "decimal_floating_point_literal"
            | "hex_integer_literal" => Expr::Choice(Run::default()),
            "field_access" => match node.child_by_field_name("object").map(|object| self.expr(object)) {
                Some(of) => return self.builder.push_member(of, self.builder.field(node, "field"), span),
                None => Expr::Other,
            },
            "method_invocation" => return self.call(node),
            // `super(url)`, `this(url)`
            "explicit_constructor_invocation" => {
                let is_other = self.builder.field(node, "constructor") == "super";
                let this = self.this(span);
                let callee = match is_other {
                    true => self.builder.inherited(this, "<new>", span),
                    false => self.builder.push_member(this, "<new>", span),
                };
                let arguments = self.arguments(node);
                return self.builder.call(callee, arguments, span);
            }
            "object_creation_expression" => {
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let arguments = self.arguments(node);
                for body in children(node).into_iter().filter(|child| child.kind() == "class_body") {
                    // A class without a name: its methods run with the code around them.
                    for method in children(body).into_iter().filter_map(|member| member.child_by_field_name("body")) {
                        self.stmt(method);
                    }
                }
                let ty = self.builder.written(ty);
                Expr::New { ty, arguments: self.builder.arguments(arguments) }
            }
            "assignment_expression" => {
                let target = node.child_by_field_name("left").map(|left| self.expr(left));
                let value = node.child_by_field_name("right").map(|right| self.expr(right));
                let (Some(target), Some(mut value)) = (target, value) else {
                    return self.builder.push(Expr::Other, span);
                };
                if self.builder.field(node, "operator") == "+=" {
                    value = self.builder.push(Expr::Concat(target, value), span);
                }
                self.builder.assign(target, value, 0);
                return value;
            }
            "binary_expression" => {
                let left = node.child_by_field_name("left").map(|left| self.expr(left));
                let right = node.child_by_field_name("right").map(|right| self.expr(right));
                match (left, right, self.builder.field(node, "operator").as_str()) {
                    (Some(left), Some(right), "+") => Expr::Concat(left, right),
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
            "parenthesized_expression" => match children(node).as_slice() {
                [inner] => return self.expr(*inner),
                _ => Expr::Other,
            },
            "cast_expression" => {
                let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let ty = self.builder.written(ty);
                match node.child_by_field_name("value").map(|value| self.expr(value)) {
                    Some(of) => Expr::Cast { of, ty },
                    None => Expr::Other,
                }
            }
            "array_access" => {
                let of = node.child_by_field_name("array").map(|array| self.expr(array));
                let key = node.child_by_field_name("index").map(|index| self.expr(index));
                match (of, key) {
                    (Some(of), Some(key)) => Expr::Index { of, key },
                    _ => Expr::Other,
                }
            }
            "array_initializer" | "element_value_array_initializer" => {
                let values: Vec<ExprId> = children(node).into_iter().map(|value| self.expr(value)).collect();
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "array_creation_expression" => match node.child_by_field_name("value") {
                Some(value) => return self.expr(value),
                None => self.builder.composite(TypeRef::Unknown, []),
            },
            "lambda_expression" => return self.lambda(node),
            "method_reference" => {
                let parts = children(node);
                match parts.as_slice() {
                    [of, name] => {
                        let of = self.expr(*of);
                        return self.builder.push_member(of, self.builder.slice(*name), span);
                    }
                    _ => Expr::Other,
                }
            }
            "line_comment" | "block_comment" => Expr::Other,
            "type_identifier" | "generic_type" | "array_type" | "scoped_type_identifier" => {
                Expr::Type(self.written(node))
            }
            // `Ledger.class`
            "class_literal" => match children(node).first() {
                Some(ty) => Expr::Type(self.written(*ty)),
                None => Expr::Other,
            },
            "block" => {
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
    /// A bare name: a local, a field of the class, or something of the file.
    fn name(&mut self, name: &str, node: Node<'n>) -> ExprId {
        let span = range(node);
        if self.builder.local(name).is_none() && self.classes.last().is_some_and(|class| class.fields.contains(name)) {
            let of = self.this(span);
            return self.builder.push_member(of, name, span);
        }
        if self.builder.local(name).is_none()
            && let Some(class) = self.statics.get(name).cloned()
        {
            let of = self.builder.push_name(class, span);
            return self.builder.push_member(of, name, span);
        }
        self.builder.name(name, span)
    }

    /// The value a method runs on; where there is none, the class.
    fn this(&mut self, span: crate::ir::Range) -> ExprId {
        self.builder.this(&self.classes, span)
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let name = self.builder.field(node, "name");
        let callee = match node.child_by_field_name("object") {
            Some(object) if object.kind() == "super" => {
                let this = self.this(span);
                self.builder.inherited(this, &name, span)
            }
            Some(object) => {
                let of = self.expr(object);
                self.builder.push_member(of, name, span)
            }
            None => {
                let own = self.classes.last().is_some_and(|class| class.methods.contains(&name) || class.extends);
                if own {
                    let of = self.this(span);
                    self.builder.push_member(of, name, span)
                } else if let Some(class) = self.statics.get(&name).cloned() {
                    let of = self.builder.push_name(class, span);
                    self.builder.push_member(of, name, span)
                } else {
                    self.builder.push_name(name, span)
                }
            }
        };
        let arguments = self.arguments(node);
        self.builder.call(callee, arguments, span)
    }

    fn arguments(&mut self, node: Node<'n>) -> Vec<Argument> {
        let list = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        list.into_iter().map(|argument| Argument { name: None, value: self.expr(argument), spread: false }).collect()
    }

    fn lambda(&mut self, node: Node<'n>) -> ExprId {
        let id = self.builder.open_closure();
        if let Some(list) = node.child_by_field_name("parameters") {
            let names = if list.kind() == "identifier" { vec![list] } else { children(list) };
            for parameter in names {
                let ty = parameter.child_by_field_name("type").map(|ty| self.written(ty));
                let name = parameter.child_by_field_name("name").unwrap_or(parameter);
                let name = self.builder.slice(name).to_owned();
                self.builder.closure_parameter(id, &name, ty);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            if body.kind() == "block" {
                self.stmt(body);
            } else {
                let value = self.expr(body);
                self.builder.give_back(vec![value]);
            }
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }
}
