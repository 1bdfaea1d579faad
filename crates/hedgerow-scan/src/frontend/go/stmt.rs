//! Go's statements.

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children, range};
use crate::ir::{Argument, Def, Expr, ExprId, LocalId, TypeRef};
use tree_sitter::Node;

impl Lower<'_> {
    /// A statement.
    pub(super) fn stmt(&mut self, node: Node) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
        } else {
            self.stmt_inner(node);
        }
        self.builder.depth -= 1;
    }

    fn all(&mut self, node: Node) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.stmt(child);
        }
    }

    fn block(&mut self, node: Node) {
        self.builder.enter();
        self.all(node);
        self.builder.leave();
    }

    fn stmt_inner(&mut self, node: Node) {
        match node.kind() {
            "comment" => {}
            "block"
            | "if_statement"
            | "expression_switch_statement"
            | "select_statement"
            | "expression_case"
            | "default_case"
            | "communication_case" => self.block(node),
            "statement_list"
            | "expression_statement"
            | "go_statement"
            | "defer_statement"
            | "labeled_statement"
            | "for_clause" => self.all(node),
            "for_statement" => self.block(node),
            "range_clause" => self.range(node),
            "short_var_declaration" => self.short_declaration(node),
            "assignment_statement" => self.assignment(node),
            "receive_statement" => self.receive(node),
            "var_declaration" | "const_declaration" | "var_spec_list" => self.all(node),
            "var_spec" | "const_spec" => self.local_spec(node),
            "type_declaration" => self.type_declaration(node),
            "return_statement" => {
                let values: Vec<ExprId> = children(node).into_iter().flat_map(|list| self.list(list)).collect();
                self.builder.give_back(values);
            }
            "type_switch_statement" => self.type_switch(node),
            "send_statement" => {
                let channel = node.child_by_field_name("channel").map(|channel| self.expr(channel));
                let value = node.child_by_field_name("value").map(|value| self.expr(value));
                if let (Some(channel), Some(value)) = (channel, value) {
                    self.builder.assign(channel, value, 0);
                }
            }
            "ERROR" => {
                self.builder.facts.faults.push(range(node));
                self.all(node);
            }
            "inc_statement"
            | "dec_statement"
            | "break_statement"
            | "continue_statement"
            | "goto_statement"
            | "fallthrough_statement"
            | "empty_statement"
            | "label_name" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    /// The expressions of a list, or the only one.
    pub(super) fn list(&mut self, node: Node) -> Vec<ExprId> {
        if node.kind() == "expression_list" {
            children(node).into_iter().map(|child| self.expr(child)).collect()
        } else {
            vec![self.expr(node)]
        }
    }

    fn short_declaration(&mut self, node: Node) {
        // The right side is read first: `log := log.With(…)` calls the package.
        let values = node.child_by_field_name("right").map(|right| self.list(right)).unwrap_or_default();
        let names = node.child_by_field_name("left").map(children).unwrap_or_default();
        for (at, name) in names.iter().enumerate() {
            let local = self.declare_or_reuse(self.builder.slice(*name).to_owned(), names.len() > 1);
            if let Some((expr, result)) = Self::value_at(&values, names.len(), at) {
                self.builder.define(local, Def::Value { expr, result });
            }
        }
    }

    /// `a, err := …` declares only the names that the block does not have yet.
    fn declare_or_reuse(&mut self, name: String, several: bool) -> LocalId {
        match self.builder.local_here(&name) {
            Some(local) if several => local,
            _ => self.builder.declare(&name, None),
        }
    }

    fn assignment(&mut self, node: Node) {
        let values = node.child_by_field_name("right").map(|right| self.list(right)).unwrap_or_default();
        let targets = node.child_by_field_name("left").map(children).unwrap_or_default();
        let operator = self.builder.field(node, "operator");
        for (at, target) in targets.iter().enumerate() {
            if self.builder.slice(*target) == "_" {
                continue;
            }
            let target_expr = self.expr(*target);
            let Some((mut value, result)) = Self::value_at(&values, targets.len(), at) else { continue };
            if operator == "+=" {
                value = self.builder.push(Expr::Concat(target_expr, value), range(node));
            }
            self.builder.assign(target_expr, value, result);
        }
    }

    fn receive(&mut self, node: Node) {
        let value = node.child_by_field_name("right").map(|right| self.expr(right));
        let Some(left) = node.child_by_field_name("left") else { return };
        for (at, name) in children(left).into_iter().enumerate() {
            if name.kind() != "identifier" {
                continue;
            }
            let name = self.builder.slice(name).to_owned();
            let local = self.builder.local(&name).unwrap_or_else(|| self.builder.declare(&name, None));
            if let (0, Some(value)) = (at, value) {
                self.builder.define(local, Def::Element(value));
            }
        }
    }

    fn range(&mut self, node: Node) {
        let Some(over) = node.child_by_field_name("right").map(|right| self.expr(right)) else { return };
        let names = node.child_by_field_name("left").map(children).unwrap_or_default();
        for (at, name) in names.into_iter().enumerate() {
            if name.kind() != "identifier" {
                continue;
            }
            let name = self.builder.slice(name).to_owned();
            let local = self.builder.declare(&name, None);
            self.builder.define(local, if at == 0 { Def::Key(over) } else { Def::Element(over) });
        }
    }

    fn local_spec(&mut self, node: Node) {
        let ty = node.child_by_field_name("type").map(|ty| self.ty(ty));
        let values = self.spec_values(node);
        let mut cursor = node.walk();
        let names: Vec<_> = node.children_by_field_name("name", &mut cursor).collect();
        for (at, name) in names.iter().enumerate() {
            let local = self.builder.declare(self.builder.slice(*name), ty.clone());
            match Self::value_at(&values, names.len(), at) {
                Some((expr, result)) => self.builder.define(local, Def::Value { expr, result }),
                None => self.builder.define(local, Def::Zero),
            }
        }
    }

    fn type_switch(&mut self, node: Node) {
        self.builder.enter();
        if let Some(initializer) = node.child_by_field_name("initializer") {
            self.stmt(initializer);
        }
        let value = node.child_by_field_name("value").map(|value| self.expr(value));
        let alias =
            node.child_by_field_name("alias").and_then(|alias| children(alias).first().copied().or(Some(alias)));
        let alias = alias.map(|alias| self.builder.slice(alias).to_owned());
        for case in children(node) {
            if !matches!(case.kind(), "type_case" | "default_case") {
                continue;
            }
            self.builder.enter();
            let mut cursor = case.walk();
            let types: Vec<_> = case.children_by_field_name("type", &mut cursor).collect();
            let ty = match types.as_slice() {
                [one] => Some(self.ty(*one)),
                _ => None,
            };
            if let (Some(alias), Some(value)) = (&alias, value) {
                let local = self.builder.declare(alias, ty.filter(|ty| *ty != TypeRef::Unknown));
                self.builder.define(local, Def::Value { expr: value, result: 0 });
            }
            let ids: Vec<usize> = types.iter().map(Node::id).collect();
            for statement in children(case).into_iter().filter(|child| !ids.contains(&child.id())) {
                self.stmt(statement);
            }
            self.builder.leave();
        }
        self.builder.leave();
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, node: Node) -> Vec<Argument> {
        let list = children(node);
        list.into_iter()
            .map(|argument| {
                if argument.kind() == "variadic_argument" {
                    let value = children(argument).first().map(|inner| self.expr(*inner));
                    let value = value.unwrap_or_else(|| self.builder.push(Expr::Other, range(argument)));
                    return Argument { name: None, value, spread: true };
                }
                Argument { name: None, value: self.expr(argument), spread: false }
            })
            .collect()
    }
}
