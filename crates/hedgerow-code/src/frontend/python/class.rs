//! Python's classes: what they extend, the fields that they declare, and methods that are read like fields.

use super::Lower;
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Field, Note, TypeDecl, TypeRef};
use tree_sitter::Node;

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
    /// A class, with its decorators.
    pub(super) fn class(&mut self, node: Node<'n>, notes: Vec<Note>) {
        let name = self.builder.field(node, "name");
        let bases = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
        let bases = bases.into_iter().filter(|base| base.kind() != "keyword_argument");
        let fields = bases
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
            self.block(body, Some(&name));
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
