//! Python's classes: what they extend, the fields that they declare, and methods that are read like fields.

use super::Lower;
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Expr, ExprId, Field, Note, TypeDecl, TypeRef};
use compact_str::CompactString;
use std::collections::BTreeSet;
use tree_sitter::Node;

/// The class inside of one of pydantic's that says how it is filled.
const CONFIG: &str = "Config";

/// What it says there of the names of its variables.
const ENV_PREFIX: &str = "env_prefix";

/// Whether a decorator makes a method that is read like a field: `@property`, `@functools.cached_property`, pydantic's `@computed_field`.
pub(super) fn is_property(decorator: &str) -> bool {
    let name = decorator.split('(').next().unwrap_or_default().trim();
    matches!(name.rsplit('.').next(), Some("property" | "cached_property" | "computed_field" | "hybrid_property"))
}

/// The calls in the brackets of a type.
fn notes(ty: Node) -> Vec<Node> {
    let inner = children(ty).into_iter().skip(1).flat_map(|part| match part.kind() {
        "type_parameter" => children(part),
        _ => vec![part],
    });
    let inner = inner.map(|part| if part.kind() == "type" { part.named_child(0).unwrap_or(part) } else { part });
    inner.filter(|part| part.kind() == "call").collect()
}

impl<'n> Lower<'_, 'n> {
    /// A class, with its decorators and the class it stands in. What is said beside what it extends is a note without a name.
    pub(super) fn class(&mut self, node: Node<'n>, outer: Option<&str>, mut notes: Vec<Note>) {
        let name = self.builder.field(node, "name");
        let bases = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
        let (said, bases): (Vec<_>, Vec<_>) = bases.into_iter().partition(|base| base.kind() == "keyword_argument");
        let is_top = self.at_top();
        let arguments: Vec<_> = said.into_iter().filter(|_| is_top).filter_map(|said| self.said(said)).collect();
        if !arguments.is_empty() {
            notes.push(Note { name: "".into(), arguments, span: range(node) });
        }
        if let Some(outer) = outer.filter(|_| is_top && name == CONFIG) {
            self.configured(outer, node, &bases);
        }
        let fields = bases
            .into_iter()
            .map(|base| {
                let ty = self.ty(base);
                let name = self.builder.slice(base).to_owned();
                Field { name: name.into(), ty, embedded: true, tag: None }
            })
            .collect();
        let ty = TypeRef::Struct(fields);
        if self.at_top() {
            self.declared(&name);
        }
        self.builder.facts.types.push(TypeDecl { name: name.clone().into(), ty, notes, span: range(node) });
        if let Some(body) = node.child_by_field_name("body") {
            self.bodies.push((name.clone(), BTreeSet::new()));
            self.block(body, Some(&name));
            self.bodies.pop();
        }
    }

    /// The class whose body has given a name a value before, where that body is what is read.
    pub(super) fn in_body(&mut self, name: &str) -> Option<String> {
        let is_top = self.at_top();
        let (class, names) = self.bodies.last().filter(|_| is_top)?;
        names.contains(name).then(|| class.clone())
    }

    /// `name=value` beside what a class extends. What makes the class is no value of it.
    fn said(&mut self, node: Node<'n>) -> Option<(CompactString, ExprId)> {
        let name = self.builder.field(node, "name");
        let value = node.child_by_field_name("value").filter(|_| name != "metaclass")?;
        Some((name.into(), self.expr(value)))
    }

    /// A class inside of another one by which this one is configured: a note of the outer class, since such classes have one name in all of
    /// them. What it extends has no name there.
    fn configured(&mut self, outer: &str, node: Node<'n>, bases: &[Node<'n>]) {
        let mut arguments = Vec::new();
        let statements = node.child_by_field_name("body").map(children).unwrap_or_default();
        for statement in statements.into_iter().filter(|statement| statement.kind() == "expression_statement") {
            for assigned in children(statement).into_iter().filter(|child| child.kind() == "assignment") {
                let name = self.builder.field(assigned, "left");
                if let Some(value) = assigned.child_by_field_name("right").filter(|_| name == ENV_PREFIX) {
                    arguments.push((name.into(), self.expr(value)));
                }
            }
        }
        for base in bases {
            let ty = self.written(*base);
            arguments.push(("".into(), self.builder.push(Expr::Type(ty), range(*base))));
        }
        let mut types = self.builder.facts.types.iter_mut();
        if let Some(ty) = types.rfind(|ty| ty.name == outer) {
            ty.notes.push(Note { name: CONFIG.into(), arguments, span: range(node) });
        }
    }

    /// `name: type` in a class: a field that values of the class have.
    pub(super) fn field(&mut self, class: &str, name: Node<'n>, ty: Node<'n>) {
        if !self.at_top() || name.kind() != "identifier" {
            return;
        }
        let span = range(name);
        let name = self.builder.slice(name).to_owned();
        // `Annotated[str, Field(alias="NAME")]`: what is said of the field as if it were its value.
        let written = ty.named_child(0).filter(|_| self.builder.slice(ty).contains("Annotated["));
        for note in written.map(notes).unwrap_or_default() {
            let value = self.expr(note);
            self.bind_name(&name, value, 0, span, Some(class));
        }
        let ty = self.ty(ty);
        let types = &mut self.builder.facts.types;
        if let Some(TypeDecl { ty: TypeRef::Struct(fields), .. }) = types.iter_mut().rfind(|ty| ty.name == class)
            && !fields.iter().any(|field| field.name == name)
        {
            fields.push(Field { name: name.into(), ty, embedded: false, tag: None });
        }
    }
}
