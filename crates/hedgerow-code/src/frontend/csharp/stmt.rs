//! C#'s statements.

use super::Lower;
use super::class::{declarators, initial};
use super::texts::Around;
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

    /// Statements of one block. Its functions may be called before they are written.
    pub(super) fn all(&mut self, statements: &[Node<'n>]) {
        for node in statements.iter().filter(|node| node.kind() == "local_function_statement") {
            let name = self.builder.field(*node, "name");
            self.builder.declare(&name, None);
        }
        for node in statements {
            self.stmt(*node);
        }
    }

    fn stmt_inner(&mut self, node: Node<'n>) {
        match node.kind() {
            "block" | "using_statement" | "fixed_statement" => {
                self.builder.enter();
                self.all(&children(node));
                self.builder.leave();
            }
            "catch_clause" | "switch_section" => {
                self.builder.enter();
                self.within(Around::Branch, |lower| lower.all(&children(node)));
                self.builder.leave();
            }
            "for_statement" => {
                self.builder.enter();
                self.within(Around::Loop, |lower| lower.all(&children(node)));
                self.builder.leave();
            }
            "foreach_statement" => {
                self.builder.enter();
                self.within(Around::Loop, |lower| lower.each(node));
                self.builder.leave();
            }
            "if_statement" | "try_statement" | "preproc_if" | "preproc_elif" | "preproc_else" => {
                self.within(Around::Branch, |lower| lower.all(&children(node)));
            }
            "while_statement" | "do_statement" | "labeled_statement" => {
                self.within(Around::Loop, |lower| lower.all(&children(node)));
            }
            "expression_statement" if self.append(node) => {}
            "finally_clause"
            | "catch_filter_clause"
            | "switch_statement"
            | "switch_body"
            | "lock_statement"
            | "checked_statement"
            | "unsafe_statement"
            | "expression_statement"
            | "global_statement"
            | "local_declaration_statement" => self.all(&children(node)),
            "variable_declaration" => {
                let ty = node.child_by_field_name("type");
                for declarator in declarators(node) {
                    let value = initial(declarator).map(|value| self.value_of(value, ty));
                    let written = self.declared(node);
                    match declarator.child_by_field_name("name") {
                        Some(name) => {
                            let name = self.builder.slice(name).to_owned();
                            let local = self.builder.declare(&name, written);
                            if let Some(expr) = value {
                                self.builder.define(local, Def::Value { expr, result: 0 });
                            }
                            if let (Some(initial), Some(value)) = (initial(declarator), value) {
                                self.begin_text(local, ty, initial, value);
                            }
                        }
                        None => {
                            if let (Some(pattern), Some(value)) = (children(declarator).first(), value) {
                                self.unpack(*pattern, value);
                            }
                        }
                    }
                }
            }
            "return_statement" | "yield_statement" => {
                let values: Vec<_> = children(node).into_iter().map(|value| self.expr(value)).collect();
                self.builder.give_back(values);
            }
            "local_function_statement" => {
                let name = self.builder.field(node, "name");
                let list = node.child_by_field_name("parameters");
                let expr = self.closure(node, list, node.child_by_field_name("body"), None);
                let local = self.builder.local(&name).unwrap_or_else(|| self.builder.declare(&name, None));
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            "class_declaration" | "record_declaration" | "struct_declaration" | "interface_declaration" => {
                self.declaration(node);
            }
            "break_statement" | "continue_statement" | "goto_statement" | "empty_statement" | "modifier"
            | "catch_declaration" | "comment" | "using_directive" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    fn each(&mut self, node: Node<'n>) {
        let over = node.child_by_field_name("right").map(|right| self.expr(right));
        let ty = self.declared(node);
        if let (Some(left), Some(over)) = (node.child_by_field_name("left"), over) {
            if left.kind() == "identifier" {
                let name = self.builder.slice(left).to_owned();
                let local = self.builder.declare(&name, ty);
                self.builder.define(local, Def::Element(over));
            } else {
                let element = self.builder.push(Expr::Index { of: over, key: over }, range(left));
                self.each_of(left, element);
            }
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body);
        }
    }

    /// Gives the names of a pattern an element of what is looped over: the first of several may be its key.
    fn each_of(&mut self, pattern: Node<'n>, element: ExprId) {
        let mut pattern = pattern;
        while let [only] = children(pattern).as_slice() {
            pattern = *only;
        }
        let parts = children(pattern);
        if parts.is_empty() {
            return self.unpack(pattern, element);
        }
        for (at, part) in parts.into_iter().enumerate() {
            let value = if at == 0 { self.builder.push_first(element, range(part)) } else { element };
            self.unpack(part, value);
        }
    }

    /// Gives the names of a tuple's pattern the whole: which part is whose is not followed.
    pub(super) fn unpack(&mut self, pattern: Node<'n>, value: ExprId) {
        if !self.builder.descend(pattern) {
            return;
        }
        if pattern.kind() == "identifier" {
            let name = self.builder.slice(pattern).to_owned();
            let local = self.builder.declare(&name, None);
            self.builder.define(local, Def::Element(value));
        } else {
            children(pattern).into_iter().for_each(|part| self.unpack(part, value));
        }
        self.builder.ascend();
    }
}
