//! Containers that are filled in code, as Symfony's builder is: named parameters, and classes with the arguments of their constructors.

use super::Lower;
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Argument, Expr, ExprId, Global, Range, Store};
use tree_sitter::Node;

impl<'n> Lower<'_, 'n> {
    /// What a method of a container is worth, where it is one: `setParameter('ledger', …)`, `getParameter('ledger')`.
    pub(super) fn of_container(&mut self, name: &str, list: Option<Node<'n>>, span: Range) -> Option<ExprId> {
        let arguments = list.map(children).unwrap_or_default();
        let key = arguments.first().map(|key| self.builder.slice(*key)).filter(|key| key.starts_with(['\'', '"']))?;
        let key = format!("%{}%", key.trim_matches(['\'', '"']));
        match (name, arguments.as_slice()) {
            ("setParameter", [_, value]) => {
                let value = self.expr(*value);
                let globals = &mut self.builder.facts.globals;
                if !globals.iter().any(|global| global.name == key) {
                    globals.push(Global { name: key.as_str().into(), ty: None, values: Vec::new() });
                }
                let target = self.builder.push_name(key, span);
                self.builder.store(Store { target, value, result: 0 });
                Some(value)
            }
            ("getParameter", [_]) => {
                self.named.insert(key.clone());
                Some(self.builder.push_name(key, span))
            }
            _ => None,
        }
    }

    /// `register(Ledger::class)->addArgument(…)->addArgument(…)`: a new value of the class, at the last of its arguments.
    pub(super) fn registered(&mut self, node: Node<'n>) {
        let name = |node: Node| node.child_by_field_name("name").map(|name| self.builder.slice(name));
        if name(node) != Some("addArgument") {
            return;
        }
        let mut outer = node;
        while let Some(parent) = outer.parent().filter(|parent| parent.child_by_field_name("object") == Some(outer)) {
            if name(parent) == Some("addArgument") {
                return;
            }
            outer = parent;
        }
        let mut given = Vec::new();
        let mut at = Some(node);
        let mut class = None;
        while let Some(call) = at {
            let list = call.child_by_field_name("arguments").map(children).unwrap_or_default();
            match name(call) {
                Some("addArgument") => given.extend(list.first().copied()),
                Some("register") => class = list.last().copied(),
                _ => {}
            }
            at = call.child_by_field_name("object").filter(|of| of.kind() == "member_call_expression");
        }
        let class = class
            .and_then(|class| class.named_child(0))
            .filter(|class| self.builder.slice(*class).ends_with("::class"));
        let Some(class) = class.and_then(|class| class.named_child(0)) else { return };
        let ty = self.ty(class);
        let ty = self.builder.written(ty);
        given.reverse();
        let arguments: Vec<Argument> =
            given.into_iter().map(|value| Argument { name: None, value: self.expr(value), spread: false }).collect();
        let arguments = self.builder.arguments(arguments);
        self.builder.push(Expr::New { ty, arguments }, range(node));
    }
}
