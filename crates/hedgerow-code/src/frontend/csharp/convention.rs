//! Classes that a framework is handed by their type, makes, and calls by the names of their methods: ASP.NET's `Startup`, middleware.

use super::Lower;
use crate::frontend::build::{children, range};
use crate::ir::Expr;
use tree_sitter::Node;

/// Methods of frameworks that call the methods of the class they are handed, which implements nothing by which that could be seen.
const CALLERS: &[&str] = &[
    "UseStartup",
    "UseMiddleware",
    "UseOwin",
    // HotChocolate's.
    "AddQueryType",
    "AddMutationType",
    "AddSubscriptionType",
    "AddTypeExtension",
];

/// Whether a method of this name calls the methods of the class that it is handed.
pub(super) fn calls_by_convention(name: &str) -> bool {
    CALLERS.contains(&name)
}

impl<'n> Lower<'_, 'n> {
    /// Says that a framework makes a class and calls its methods.
    pub(super) fn called_from_outside(&mut self, ty: Node<'n>) {
        let written = self.written(ty);
        self.builder.push(Expr::Type(written), range(ty));
    }

    /// The classes among a call's arguments: `UseStartup(typeof(Startup))`, `UseStartup(context => new Startup(context))`.
    pub(super) fn handed_to_framework(&mut self, function: Node<'n>, list: Node<'n>) {
        let name = function.child_by_field_name("name").unwrap_or(function);
        let name = if name.kind() == "generic_name" { children(name).first().copied().unwrap_or(name) } else { name };
        if !calls_by_convention(self.builder.slice(name)) {
            return;
        }
        for value in children(list).into_iter().filter_map(|argument| children(argument).last().copied()) {
            let value = match value.kind() {
                "lambda_expression" => value.child_by_field_name("body").unwrap_or(value),
                _ => value,
            };
            if matches!(value.kind(), "typeof_expression" | "object_creation_expression")
                && let Some(ty) = value.child_by_field_name("type")
            {
                self.called_from_outside(ty);
            }
        }
    }

    /// Attributes of the whole program, which name the class in which it begins: `[assembly: FunctionsStartup(typeof(Startup))]`.
    pub(super) fn program_attributes(&mut self, node: Node<'n>) {
        for attribute in children(node).into_iter().filter(|child| child.kind() == "attribute") {
            let arguments = children(attribute).into_iter().skip(1).flat_map(children);
            for value in arguments.filter_map(|argument| children(argument).last().copied()) {
                if let Some(ty) = value.child_by_field_name("type").filter(|_| value.kind() == "typeof_expression") {
                    self.called_from_outside(ty);
                }
            }
        }
    }
}
