//! Go's statements.

use super::{Kind, Lower};
use crate::frontend::build::{Builder, MAX_DEPTH, range, under};
use crate::ir::{Argument, Def, Expr, ExprId, LocalId};
use tree_sitter::Node;

impl<'t> Lower<'t> {
    /// A statement.
    pub(super) fn stmt(&mut self, node: Node<'t>) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
        } else {
            let mark = self.builder.mark();
            self.stmt_inner(node);
            self.builder.release(mark);
        }
        self.builder.depth -= 1;
    }

    fn all(&mut self, node: Node<'t>) {
        let list = self.builder.list(node);
        for at in list.places() {
            if let Some(child) = self.builder.named_at(at) {
                self.stmt(child);
            }
        }
    }

    fn block(&mut self, node: Node<'t>) {
        self.builder.enter();
        self.all(node);
        self.builder.leave();
    }

    fn stmt_inner(&mut self, node: Node<'t>) {
        match self.kind(node) {
            Kind::Comment | Kind::Jump => {}
            Kind::Block | Kind::DefaultCase => self.block(node),
            Kind::Statements | Kind::Vars | Kind::Consts => self.all(node),
            Kind::RangeClause => self.range(node),
            Kind::ShortVar => self.short_declaration(node),
            Kind::Assignment => self.assignment(node),
            Kind::Receive => self.receive(node),
            Kind::Var | Kind::Const => self.local_spec(node),
            Kind::Types => self.type_declaration(node),
            Kind::Return => {
                let lists = self.builder.list(node);
                let mut values = Vec::new();
                for at in lists.places() {
                    if let Some(list) = self.builder.named_at(at) {
                        values.append(&mut self.values(list));
                    }
                }
                self.builder.give_back(values);
            }
            Kind::TypeSwitch => self.type_switch(node),
            Kind::Send => {
                let channel = under(node, self.fields.channel).map(|channel| self.expr(channel));
                let value = under(node, self.fields.value).map(|value| self.expr(value));
                if let (Some(channel), Some(value)) = (channel, value) {
                    self.builder.assign(channel, value, 0);
                }
            }
            Kind::Other if node.is_error() => {
                self.builder.facts.faults.push(range(node));
                self.all(node);
            }
            _ => {
                let here = self.builder.here();
                self.expr(node);
                self.builder.forget(here);
            }
        }
    }

    /// The expressions of a list, or the only one.
    pub(super) fn values(&mut self, node: Node<'t>) -> Vec<ExprId> {
        if self.kind(node) == Kind::ExpressionList { self.exprs(node) } else { vec![self.expr(node)] }
    }

    fn short_declaration(&mut self, node: Node<'t>) {
        // The right side is read first: `log := log.With(…)` calls the package.
        let right = under(node, self.fields.right);
        let values = right.map(|right| self.values(right)).unwrap_or_default();
        let left = under(node, self.fields.left);
        let names = left.map_or(Builder::nothing(), |left| self.builder.list(left));
        let count = names.places().len();
        for (nth, at) in names.places().enumerate() {
            let Some(name) = self.builder.named_at(at) else { continue };
            let local = self.declare_or_reuse(self.builder.slice(name), count > 1);
            if let Some((expr, result)) = Self::value_at(&values, count, nth) {
                self.builder.define(local, Def::Value { expr, result });
            }
        }
    }

    /// `a, err := …` declares only the names that the block does not have yet.
    fn declare_or_reuse(&mut self, name: &'t str, several: bool) -> LocalId {
        match self.builder.local_here(name) {
            Some(local) if several => local,
            _ => self.builder.declare(name, None),
        }
    }

    fn assignment(&mut self, node: Node<'t>) {
        let right = under(node, self.fields.right);
        let values = right.map(|right| self.values(right)).unwrap_or_default();
        let adds = self.text_under(node, self.fields.operator) == "+=";
        let left = under(node, self.fields.left);
        let targets = left.map_or(Builder::nothing(), |left| self.builder.list(left));
        let count = targets.places().len();
        for (nth, at) in targets.places().enumerate() {
            let Some(target) = self.builder.named_at(at) else { continue };
            if self.builder.slice(target) == "_" {
                continue;
            }
            let target_expr = self.expr(target);
            let Some((mut value, result)) = Self::value_at(&values, count, nth) else { continue };
            if adds {
                value = self.builder.push(Expr::Concat(target_expr, value), range(node));
            }
            self.builder.assign(target_expr, value, result);
        }
    }

    fn receive(&mut self, node: Node<'t>) {
        let value = under(node, self.fields.right).map(|right| self.expr(right));
        let Some(left) = under(node, self.fields.left) else { return };
        let names = self.builder.list(left);
        for (nth, at) in names.places().enumerate() {
            let Some(name) = self.builder.named_at(at).filter(|name| self.kind(*name) == Kind::Identifier) else {
                continue;
            };
            let name = self.builder.slice(name);
            let local = self.builder.local(name).unwrap_or_else(|| self.builder.declare(name, None));
            if let (0, Some(value)) = (nth, value) {
                self.builder.define(local, Def::Element(value));
            }
        }
    }

    fn range(&mut self, node: Node<'t>) {
        let Some(over) = under(node, self.fields.right).map(|right| self.expr(right)) else { return };
        let left = under(node, self.fields.left);
        let names = left.map_or(Builder::nothing(), |left| self.builder.list(left));
        for (nth, at) in names.places().enumerate() {
            let Some(name) = self.builder.named_at(at).filter(|name| self.kind(*name) == Kind::Identifier) else {
                continue;
            };
            let local = self.builder.declare(self.builder.slice(name), None);
            self.builder.define(local, if nth == 0 { Def::Key(over) } else { Def::Element(over) });
        }
    }

    fn local_spec(&mut self, node: Node<'t>) {
        let parts = self.builder.children(node);
        let ty = self.builder.under(parts, self.fields.ty).map(|ty| self.written(ty));
        let values = self.spec_values(parts);
        let count = self.builder.count(parts, self.fields.name);
        let mut nth = 0;
        for at in parts.places() {
            let Some(name) = self.builder.under_at(at, self.fields.name) else { continue };
            let local = self.builder.declare(self.builder.slice(name), ty);
            let def = Self::value_at(&values, count, nth);
            nth += 1;
            self.builder.define(local, def.map_or(Def::Zero, |(expr, result)| Def::Value { expr, result }));
        }
    }

    fn type_switch(&mut self, node: Node<'t>) {
        self.builder.enter();
        let parts = self.builder.children(node);
        if let Some(initializer) = self.builder.under(parts, self.fields.initializer) {
            self.stmt(initializer);
        }
        let value = self.builder.under(parts, self.fields.value).map(|value| self.expr(value));
        let alias = self.builder.under(parts, self.fields.alias).map(|alias| {
            let names = self.builder.list(alias);
            let first = self.builder.named(names).next();
            self.builder.slice(first.unwrap_or(alias))
        });
        for at in parts.places() {
            let Some(case) = self.builder.named_at(at) else { continue };
            if !matches!(self.kind(case), Kind::TypeCase | Kind::DefaultCase) {
                continue;
            }
            self.builder.enter();
            let inner = self.builder.children(case);
            let ty = match self.builder.count(inner, self.fields.ty) {
                1 => self.builder.under(inner, self.fields.ty).map(|one| self.written(one)),
                _ => None,
            };
            if let (Some(alias), Some(value)) = (alias, value) {
                let local = self.builder.declare(alias, ty);
                self.builder.define(local, Def::Value { expr: value, result: 0 });
            }
            for at in inner.places() {
                if self.builder.under_at(at, self.fields.ty).is_some() {
                    continue;
                }
                if let Some(statement) = self.builder.named_at(at) {
                    self.stmt(statement);
                }
            }
            self.builder.leave();
        }
        self.builder.leave();
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, node: Node<'t>) -> Vec<Argument> {
        let list = self.builder.list(node);
        let mut found = Vec::with_capacity(list.places().len());
        for at in list.places() {
            let Some(argument) = self.builder.named_at(at) else { continue };
            let spread = self.kind(argument) == Kind::Variadic;
            let value = if spread {
                let inner = self.builder.list(argument);
                let first = self.builder.first(inner);
                match first {
                    Some(inner) => self.expr(inner),
                    None => self.builder.push(Expr::Other, range(argument)),
                }
            } else {
                self.expr(argument)
            };
            found.push(Argument { name: None, value, spread });
        }
        found
    }
}
