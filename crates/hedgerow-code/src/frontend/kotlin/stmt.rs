//! Kotlin's statements.

use super::{Lower, is_type};
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Def, Expr, ExprId};
use tree_sitter::Node;

impl<'n> Lower<'_, 'n> {
    pub(super) fn stmt(&mut self, node: Node<'n>) {
        if self.builder.descend(node) {
            self.stmt_inner(node);
            self.builder.ascend();
        }
    }

    /// The statements of a block. What the last one is worth, where it is an expression.
    pub(super) fn last_of(&mut self, node: Node<'n>) -> Option<ExprId> {
        if !self.builder.descend(node) {
            return None;
        }
        let value = match node.kind() {
            "block" | "function_body" => {
                let inner = children(node);
                self.builder.enter();
                let value = self.sequence(&inner);
                self.builder.leave();
                value
            }
            _ => self.sequence(&[node]),
        };
        self.builder.ascend();
        value
    }

    /// Statements, and what the last one is worth.
    pub(super) fn sequence(&mut self, statements: &[Node<'n>]) -> Option<ExprId> {
        let (last, before) = statements.split_last()?;
        before.iter().for_each(|node| self.stmt(*node));
        if last.kind() == "block" {
            return self.last_of(*last);
        }
        let is_statement = matches!(
            last.kind(),
            "property_declaration"
                | "assignment"
                | "for_statement"
                | "while_statement"
                | "do_while_statement"
                | "function_declaration"
                | "class_declaration"
                | "object_declaration"
                | "return_expression"
        );
        if is_statement {
            self.stmt(*last);
            return None;
        }
        Some(self.expr(*last))
    }

    /// What a function does: what it gives back is written with `return`, or is all of it.
    pub(super) fn body(&mut self, node: Node<'n>) {
        let inner = children(node);
        match inner.as_slice() {
            [block] if node.kind() == "function_body" && block.kind() == "block" => self.stmt(*block),
            [value] if node.kind() == "function_body" => {
                let value = self.expr(*value);
                self.builder.give_back([value]);
            }
            _ => inner.into_iter().for_each(|node| self.stmt(node)),
        }
    }

    fn stmt_inner(&mut self, node: Node<'n>) {
        match node.kind() {
            "block" | "catch_block" | "finally_block" => {
                self.builder.enter();
                children(node).into_iter().filter(|child| !is_type(child.kind())).for_each(|child| self.stmt(child));
                self.builder.leave();
            }
            "for_statement" => {
                self.builder.enter();
                let parts = children(node);
                let over = parts.iter().skip(1).find(|part| part.kind() != "block").map(|over| self.expr(*over));
                if let (Some(first), Some(over)) = (parts.first(), over) {
                    self.each(*first, over);
                }
                if let Some(body) = parts.last().filter(|_| parts.len() > 2) {
                    self.stmt(*body);
                }
                self.builder.leave();
            }
            "while_statement" | "do_while_statement" | "labeled_expression" => {
                children(node).into_iter().for_each(|child| self.stmt(child));
            }
            "property_declaration" => self.local(node),
            "assignment" => {
                let left = node.child_by_field_name("left");
                if let Some(left) = left.filter(|left| left.kind() == "index_expression") {
                    return self.put_under(node, left);
                }
                let target = node.child_by_field_name("left").map(|left| self.expr(left));
                let value = node.child_by_field_name("right").map(|right| self.expr(right));
                if let (Some(target), Some(mut value)) = (target, value) {
                    if self.builder.field(node, "operator") == "+=" {
                        value = self.builder.push(Expr::Concat(target, value), range(node));
                    }
                    self.builder.assign(target, value, 0);
                }
            }
            "return_expression" => {
                let values: Vec<_> = children(node)
                    .into_iter()
                    .filter(|child| child.kind() != "label")
                    .map(|value| self.expr(value))
                    .collect();
                let labelled = node.child_by_field_name("label").is_some();
                if !labelled || self.builder.in_closure() {
                    self.builder.give_back(values);
                }
            }
            "class_declaration" | "object_declaration" => self.declaration(node),
            // A function inside of another one sees its locals.
            "function_declaration" => {
                let name = self.builder.field(node, "name");
                let local = self.builder.declare(&name, None);
                let list = children(node).into_iter().find(|child| child.kind() == "function_value_parameters");
                let id = self.builder.open_closure();
                for parameter in list.map(|list| self.parameters(list)).unwrap_or_default() {
                    let ty = parameter.ty.map(|ty| self.written(ty));
                    self.builder.closure_parameter(id, &parameter.name, ty);
                }
                if let Some(body) = children(node).into_iter().find(|child| child.kind() == "function_body") {
                    self.body(body);
                }
                self.builder.close_closure();
                let expr = self.builder.push(Expr::Closure(id), range(node));
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            "line_comment" | "block_comment" | "modifiers" | "label" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    /// `map[key] = value` calls `set` of what the map is.
    fn put_under(&mut self, node: Node<'n>, left: Node<'n>) {
        let target = self.expr(left);
        let Some(value) = node.child_by_field_name("right").map(|right| self.expr(right)) else { return };
        if let Expr::Index { of, key } = *self.builder.facts.expr(target) {
            let callee = self.builder.push_member(of, "set", range(left));
            let argument = |value| crate::ir::Argument { name: None, value, spread: false };
            self.builder.call(callee, [argument(key), argument(value)], range(node));
        }
        self.builder.assign(target, value, 0);
    }

    fn each(&mut self, pattern: Node<'n>, over: ExprId) {
        let parts = if pattern.kind() == "multi_variable_declaration" { children(pattern) } else { vec![pattern] };
        let is_pair = parts.len() > 1;
        for (at, part) in parts.into_iter().enumerate() {
            let ty = children(part).into_iter().find(|child| is_type(child.kind())).map(|ty| self.written(ty));
            if let Some(name) = children(part).first().map(|name| self.builder.slice(*name).to_owned()) {
                let local = self.builder.declare(&name, ty);
                if at == 0 && is_pair {
                    let element = self.builder.push(Expr::Index { of: over, key: over }, range(part));
                    let expr = self.builder.push_first(element, range(part));
                    self.builder.define(local, Def::Value { expr, result: 0 });
                } else {
                    self.builder.define(local, Def::Element(over));
                }
            }
        }
    }

    fn local(&mut self, node: Node<'n>) {
        if let Some(property) = self.property(node) {
            let values = self.values(&property);
            let ty = property.ty.map(|ty| self.written(ty));
            let local = self.builder.declare(&property.name, ty);
            for expr in values {
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            return;
        }
        // `val (a, b) = x`
        let parts = children(node);
        let value = parts.last().map(|value| self.expr(*value));
        let pattern = parts.iter().find(|part| part.kind() == "multi_variable_declaration");
        if let (Some(pattern), Some(value)) = (pattern, value) {
            self.each(*pattern, value);
        }
    }
}
