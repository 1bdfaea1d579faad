//! Objects of the classes of a file: what they are made with.
//!
//! What objects hold is known by their classes, not of each by itself: where two are made with different things, neither is known.

use super::call::{Argument, Call, MAX_CALLS, Receiver};
use super::lists::is_list_type;
use super::meaning::Meaning;
use super::scope::Scope;
use super::{FUNCTIONS_A_STEP, Hosting, NAMES_A_STEP};
use crate::frontend::build::children;
use std::collections::BTreeMap;
use tree_sitter::Node;

impl<'n> Hosting<'_, '_, 'n> {
    /// `new Ledger(emoji) { Other = cart }`, `new[] { emoji, ledger }`, and `new()`.
    pub(super) fn created(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let parts = children(node);
        let part = |kind: &str| parts.iter().copied().find(|part| part.kind() == kind);
        let ty = node.child_by_field_name("type").or_else(|| declared(node)).map(|ty| self.builder.slice(ty));
        let classes = ty.filter(|_| !node.kind().contains("array")).map(|ty| self.functions.classes.named(ty));
        let classes = classes.unwrap_or_default();
        let list = part("initializer_expression");
        let arguments = part("argument_list").map(|list| self.arguments(list, scope)).unwrap_or_default();
        if classes.is_empty() {
            let first = arguments.first().and_then(|argument| argument.meaning.as_ref());
            let known = first.filter(|first| first.is_list()).map(Meaning::elements).unwrap_or_default();
            return match list {
                Some(list) => self.meaning(list, scope),
                None if ty.is_some_and(is_list_type) => self.list_of(node, known),
                None => None,
            };
        }
        self.made += 1;
        let outer = std::mem::replace(&mut self.making, self.made);
        for class in &classes {
            self.constructed(node, *class, &arguments, scope);
            for field in list.map(children).unwrap_or_default() {
                let left = field.child_by_field_name("left").filter(|left| left.kind() == "identifier");
                let right = field.child_by_field_name("right").filter(|_| left.is_some());
                let value = self.meaning(right.unwrap_or(field), scope);
                if let Some(left) = left {
                    let name = self.builder.slice(left).to_owned();
                    self.fill(node, (self.owner(*class, &name, scope), &name), value, scope);
                }
            }
        }
        self.making = outer;
        self.one_of(node, classes.into_iter().map(Meaning::Object).collect())
    }

    /// Reads what makes an object of a class: the parameters of the class itself, or its constructor, and those above it.
    pub(super) fn constructed(
        &mut self,
        node: Node<'n>,
        class: usize,
        arguments: &[Argument<'n>],
        scope: &mut Scope<'n>,
    ) {
        if scope.calls >= MAX_CALLS {
            return self.fault(node);
        }
        let Some(own) = self.functions.classes.get(class) else { return };
        let (name, parameters) = (own.name.clone(), own.parameters.clone());
        let above = own.passed.zip(self.functions.classes.above(class).get(1).copied());
        for (at, parameter) in parameters.iter().enumerate() {
            if !self.step(node, 1) {
                return;
            }
            let placed = arguments.get(at).filter(|argument| argument.name.is_empty());
            let passed = placed.or_else(|| arguments.iter().find(|argument| argument.name == parameter.name));
            let value = match (passed, parameter.default) {
                (None, Some(default)) => self.meaning(default, scope),
                (passed, _) => passed.and_then(|argument| argument.meaning.clone()),
            };
            self.fill(node, (class, &parameter.name), value, scope);
        }
        if let Some((list, above)) = above {
            let mut inner = scope.below(None, list.id());
            inner.enter_class(Some(class), self.functions.classes.chain(class));
            let passed = self.arguments(list, &mut inner);
            self.constructed(node, above, &passed, &mut inner);
            inner.pop();
            scope.take(inner);
        }
        if !self.step(node, self.functions.count(&name) / FUNCTIONS_A_STEP) {
            return;
        }
        let call = Call {
            node,
            on: Receiver::Classes(vec![class]),
            of: None,
            types: Vec::new(),
            arguments: arguments.to_vec(),
        };
        for own in self.functions.called(&name, &call, scope) {
            self.followed(&own, &call, &mut BTreeMap::new(), scope);
        }
    }

    /// Reads what a constructor passes to another one, `: this(…)` or `: base(…)`.
    pub(super) fn initializer(&mut self, constructor: Node<'n>, scope: &mut Scope<'n>) {
        let found = children(constructor).into_iter().find(|part| part.kind() == "constructor_initializer");
        let (Some(initializer), Some(class)) = (found, scope.class) else { return };
        let Some(list) = children(initializer).last().copied() else { return };
        let is_base = !self.builder.slice(initializer).trim_start_matches([':', ' ']).starts_with("this");
        let class = self.functions.classes.above(class).get(usize::from(is_base)).copied();
        let arguments = self.arguments(list, scope);
        if let Some(class) = class {
            self.constructed(initializer, class, &arguments, scope);
        }
    }

    /// Says what a field of an object that is made is. Objects of a class are not told apart: where another one holds something else, what
    /// the field is, is not known.
    pub(super) fn fill(
        &mut self,
        node: Node<'n>,
        (class, name): (usize, &str),
        value: Option<Meaning<'n>>,
        scope: &mut Scope<'n>,
    ) -> bool {
        let before = self.filled.insert((class, name.to_owned()), self.making);
        let is_new = before.is_none_or(|before| before == self.making);
        let is_same = match (scope.field(&[class], name), &value) {
            (Some(known), Some(value)) => known.is(value),
            (known, value) => known.is_none() && value.is_none(),
        };
        if !is_new && !is_same {
            self.filled.insert((class, name.to_owned()), usize::MAX);
            self.fault(node);
        }
        let value = value.filter(|_| is_new || is_same);
        let copied = scope.set_field(class, name, value);
        self.step(node, copied / NAMES_A_STEP);
        true
    }

    /// Says what a field of an object that a variable holds is; answers whether it holds one.
    pub(super) fn set_member(&mut self, node: Node<'n>, value: Option<Meaning<'n>>, scope: &mut Scope<'n>) -> bool {
        let of = node.child_by_field_name("expression").filter(|of| of.kind() == "identifier");
        let Some(held) = of.and_then(|of| scope.get(self.builder.slice(of))) else { return false };
        let classes = held.each().into_iter().filter_map(|one| match one {
            Meaning::Object(class) => Some(class),
            _ => None,
        });
        let classes: Vec<usize> = classes.collect();
        let name = self.builder.field(node, "name");
        for class in &classes {
            self.fill(node, (self.owner(*class, &name, scope), &name), value.clone(), scope);
        }
        !classes.is_empty()
    }
}

/// The type of the variable or the property that `new()` is what it begins with.
fn declared(node: Node<'_>) -> Option<Node<'_>> {
    let of = node.parent()?;
    let of = if of.kind() == "variable_declarator" { of.parent()? } else { of };
    of.child_by_field_name("type").filter(|_| matches!(of.kind(), "variable_declaration" | "property_declaration"))
}
