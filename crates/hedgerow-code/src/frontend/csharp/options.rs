//! Classes that are filled from the configuration: `Configure<Ledger>(configuration.GetSection("Ledger"))`.

use super::Lower;
use super::types::type_name;
use crate::frontend::OPTIONS;
use crate::frontend::build::{children, range};
use crate::ir::{Argument, Expr, ExprId, Store, TypeRef};
use tree_sitter::Node;

impl<'n> Lower<'_, 'n> {
    /// The only type argument of a method's name.
    fn only_type(&mut self, function: Node<'n>) -> Option<(String, TypeRef)> {
        let name = function.child_by_field_name("name").unwrap_or(function);
        if name.kind() != "generic_name" {
            return None;
        }
        let parts = children(name);
        let plain = self.builder.slice(*parts.first()?).to_owned();
        match children(*parts.get(1)?).as_slice() {
            [only] => Some((plain, self.ty(*only))),
            _ => None,
        }
    }

    /// The type of the parameter of what `Configure<T>(o => …)` is given.
    pub(super) fn configured(&mut self, function: Node<'n>) -> Option<TypeRef> {
        let (name, ty) = self.only_type(function)?;
        matches!(name.as_str(), "Configure" | "PostConfigure" | "ConfigureAll").then_some(ty)
    }

    /// What a call that binds a class to a part of the configuration gives; stores that part for the class.
    pub(super) fn options(&mut self, node: Node<'n>, function: Node<'n>, callee: ExprId, call: ExprId) -> ExprId {
        let span = range(node);
        let name = function.child_by_field_name("name");
        let plain = name.map(|name| {
            if name.kind() == "generic_name" { children(name).first().copied().unwrap_or(name) } else { name }
        });
        let plain = plain.map(|name| self.builder.slice(name).to_owned()).unwrap_or_default();
        let last = |lower: &Self| match *lower.builder.facts.expr(call) {
            Expr::Call { arguments, .. } => {
                lower.builder.facts.arguments(arguments).last().map(|argument| argument.value)
            }
            _ => None,
        };
        let of = match *self.builder.facts.expr(callee) {
            Expr::Member { of, .. } => Some(of),
            _ => None,
        };
        match (plain.as_str(), self.only_type(function)) {
            ("Configure", Some((_, ty))) => {
                if let Some(value) = last(self) {
                    self.fill(&ty, value, span);
                }
            }
            // `section.Get<Ledger>()`
            ("Get" | "GetRequired", Some((_, ty))) => {
                if let (Some(of), TypeRef::Map(_)) = (of, &ty) {
                    // Its keys are those of the section.
                    return of;
                }
                if let (Some(of), TypeRef::Name { .. }) = (of, &ty) {
                    self.fill(&ty, of, span);
                    let ty = self.builder.written(ty);
                    return self.builder.push(Expr::Cast { of, ty }, span);
                }
            }
            // `provider.GetRequiredService<Ledger>()`: what the container holds.
            (
                "GetService"
                | "GetRequiredService"
                | "GetKeyedService"
                | "GetRequiredKeyedService"
                | "GetOptions"
                | "GetRequiredOptions"
                | "Resolve"
                | "GetInstance",
                Some((_, ty)),
            ) => {
                if let TypeRef::Name { .. } = &ty {
                    let ty = self.builder.written(ty);
                    return self.builder.push(Expr::Cast { of: call, ty }, span);
                }
            }
            // `section.Bind(ledger)`, `AddOptions<Ledger>().Bind(section)`
            ("Bind" | "BindConfiguration", _) => {
                let options = function.child_by_field_name("expression").and_then(|above| self.options_type(above));
                match (options, last(self), of) {
                    (Some(ty), Some(mut value), _) => {
                        if plain == "BindConfiguration" {
                            let callee = self.builder.push_name("GetSection", span);
                            value = self.builder.call(callee, [Argument { name: None, value, spread: false }], span);
                        }
                        self.fill(&ty, value, span);
                    }
                    (None, Some(bound), Some(of)) => {
                        // `configuration.Bind("Ledger", ledger)`
                        let first = match *self.builder.facts.expr(call) {
                            Expr::Call { arguments, .. } => match self.builder.facts.arguments(arguments) {
                                [key, _] => Some(key.value),
                                _ => None,
                            },
                            _ => None,
                        };
                        let is_static = matches!(
                            *self.builder.facts.expr(of),
                            Expr::Name(name) if self.builder.facts.word(name) == "ConfigurationBinder"
                        );
                        let value = match first {
                            // `ConfigurationBinder.Bind(section, ledger)`
                            Some(section) if is_static => section,
                            Some(value) => {
                                let callee = self.builder.push_member(of, "GetSection", span);
                                self.builder.call(callee, [Argument { name: None, value, spread: false }], span)
                            }
                            None => of,
                        };
                        self.builder.assign(bound, value, 0);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        call
    }

    /// The class of the `AddOptions<T>()` in a chain of calls.
    fn options_type(&mut self, node: Node<'n>) -> Option<TypeRef> {
        let mut node = node;
        // Chains are as long as people write them.
        for _ in 0..64 {
            let function =
                if node.kind() == "invocation_expression" { node.child_by_field_name("function")? } else { node };
            if let Some((name, ty)) = self.only_type(function)
                && name.starts_with("AddOptions")
            {
                return Some(ty);
            }
            node = function.child_by_field_name("expression")?;
        }
        None
    }

    /// Says which part of the configuration a class is filled from.
    fn fill(&mut self, ty: &TypeRef, value: ExprId, span: crate::ir::Range) {
        let name = type_name(ty);
        if name.is_empty() || matches!(self.builder.facts.expr(value), Expr::Closure(_)) {
            return;
        }
        let of = self.builder.push_name(name, span);
        let target = self.builder.push_member(of, OPTIONS, span);
        self.builder.store(Store { target, value, result: 0 });
    }
}
