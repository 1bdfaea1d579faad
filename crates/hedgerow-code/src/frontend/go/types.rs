//! Go's types as they are written.

use super::{Kind, Lower};
use crate::frontend::build::{MAX_DEPTH, range, under};
use crate::ir::{Field, Signature, TypeRef, TypeRefId};
use tree_sitter::Node;

impl<'t> Lower<'t> {
    /// A type. Pointers, sizes and type arguments are left out.
    pub(super) fn ty(&mut self, node: Node<'t>) -> TypeRef {
        self.builder.depth += 1;
        let mark = self.builder.mark();
        let ty = if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            TypeRef::Unknown
        } else {
            self.ty_inner(node)
        };
        self.builder.release(mark);
        self.builder.depth -= 1;
        ty
    }

    /// A type in the list of the file's. One that is written twice is there once.
    pub(super) fn written(&mut self, node: Node<'t>) -> TypeRefId {
        let text = self.builder.slice(node);
        if let Some(known) = self.types.get(text) {
            return *known;
        }
        let faults = self.builder.facts.faults.len();
        let ty = self.ty(node);
        let id = self.builder.written(ty);
        // What was cut off for its depth may be written in full elsewhere.
        if self.builder.facts.faults.len() == faults {
            self.types.insert(text, id);
        }
        id
    }

    /// The type under a field of a node, in the list of the file's.
    pub(super) fn written_under(&mut self, node: Node<'t>, field: u16) -> TypeRefId {
        match under(node, field) {
            Some(ty) => self.written(ty),
            None => self.builder.written(TypeRef::Unknown),
        }
    }

    /// The type of a parameter that takes the rest.
    fn list_of(&mut self, node: Node<'t>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(TypeRef::List(Box::new(ty)))
    }

    fn ty_inner(&mut self, node: Node<'t>) -> TypeRef {
        let fields = self.fields;
        match self.kind(node) {
            Kind::TypeIdentifier | Kind::Identifier => {
                TypeRef::Name { qualifier: None, name: self.builder.slice(node).into() }
            }
            Kind::QualifiedType => TypeRef::Name {
                qualifier: Some(self.text_under(node, fields.package).into()),
                name: self.text_under(node, fields.name).into(),
            },
            Kind::WrappedType | Kind::NegatedType => self.only(node),
            Kind::GenericType => self.ty_under(node, fields.ty),
            Kind::ListType | Kind::OpenListType => TypeRef::List(Box::new(self.ty_under(node, fields.element))),
            Kind::ChannelType => TypeRef::List(Box::new(self.ty_under(node, fields.value))),
            Kind::MapType => TypeRef::Map(Box::new(self.ty_under(node, fields.value))),
            Kind::StructType => {
                let mut found = Vec::new();
                let lists = self.builder.list(node);
                for at in lists.places() {
                    let Some(list) = self.builder.named_at(at) else { continue };
                    let declarations = self.builder.list(list);
                    for at in declarations.places() {
                        if let Some(declaration) = self.builder.named_at(at) {
                            self.declared_fields(declaration, &mut found);
                        }
                    }
                }
                TypeRef::Struct(found)
            }
            Kind::InterfaceType => self.interface(node),
            Kind::FunctionType => {
                let results = under(node, fields.result).map(|result| self.result_types(result));
                TypeRef::Function(results.unwrap_or_default())
            }
            _ => TypeRef::Unknown,
        }
    }

    /// The type under a field of a node.
    fn ty_under(&mut self, node: Node<'t>, field: u16) -> TypeRef {
        under(node, field).map_or(TypeRef::Unknown, |ty| self.ty(ty))
    }

    fn only(&mut self, node: Node<'t>) -> TypeRef {
        let list = self.builder.list(node);
        let first = self.builder.first(list);
        first.map_or(TypeRef::Unknown, |inner| self.ty(inner))
    }

    /// The types of a result list.
    pub(super) fn result_types(&mut self, node: Node<'t>) -> Vec<TypeRef> {
        if self.kind(node) == Kind::Parameters {
            // A part of a type is not in the list of the file's: with many levels, each would be there with all below it.
            let results = self.declared(node).into_iter();
            results.map(|result| result.ty.map_or(TypeRef::Unknown, |ty| self.ty(ty))).collect()
        } else {
            vec![self.ty(node)]
        }
    }

    /// The fields one line of a structure declares.
    fn declared_fields(&mut self, node: Node<'t>, found: &mut Vec<Field>) {
        if self.kind(node) != Kind::Field {
            return;
        }
        let parts = self.builder.children(node);
        let Some(ty) = self.builder.under(parts, self.fields.ty).map(|ty| self.ty(ty)) else { return };
        let tag = self.builder.under(parts, self.fields.tag);
        let tag = tag.map(|tag| self.builder.slice(tag).trim_matches(['`', '"']).into());
        if self.builder.count(parts, self.fields.name) == 0 {
            if let TypeRef::Name { name, .. } = &ty {
                found.push(Field { name: name.clone(), ty, embedded: true, tag });
            }
            return;
        }
        for at in parts.places() {
            if let Some(name) = self.builder.under_at(at, self.fields.name) {
                let name = self.builder.slice(name).into();
                found.push(Field { name, ty: ty.clone(), embedded: false, tag: tag.clone() });
            }
        }
    }

    fn interface(&mut self, node: Node<'t>) -> TypeRef {
        let mut methods = Vec::new();
        let mut embeds = Vec::new();
        let list = self.builder.list(node);
        for at in list.places() {
            let Some(part) = self.builder.named_at(at) else { continue };
            match self.kind(part) {
                Kind::Method => {
                    let parameters = under(part, self.fields.parameters);
                    let arity = parameters.map_or(0, |list| self.declared(list).len());
                    let results = under(part, self.fields.result);
                    let results = results.map(|result| self.result_types(result)).unwrap_or_default();
                    let name = self.text_under(part, self.fields.name).into();
                    methods.push(Signature { name, arity: u16::try_from(arity).unwrap_or(u16::MAX), results });
                }
                // A union of types is a constraint, never the type of a value.
                Kind::Embed if part.named_child_count() == 1 => {
                    let embed = self.only(part);
                    embeds.push(embed);
                }
                _ => {}
            }
        }
        TypeRef::Interface { methods, embeds }
    }

    /// The parameters of a list with their names, empty where there is none, and whether the last takes any number.
    pub(super) fn parameters(&mut self, list: Node<'t>) -> (Vec<(&'t str, TypeRefId)>, bool) {
        let declared = self.declared(list);
        let variadic = declared.iter().any(|parameter| parameter.rest);
        let written = |parameter: Parameter<'t>| {
            let ty = match parameter.ty {
                Some(ty) if parameter.rest => self.list_of(ty),
                Some(ty) => self.written(ty),
                None => self.builder.written(TypeRef::Unknown),
            };
            (parameter.name, ty)
        };
        (declared.into_iter().map(written).collect(), variadic)
    }

    /// The parameters of a list as they are written.
    fn declared(&mut self, list: Node<'t>) -> Vec<Parameter<'t>> {
        let mut found = Vec::new();
        let mark = self.builder.mark();
        let declarations = self.builder.list(list);
        for at in declarations.places() {
            let Some(declaration) = self.builder.named_at(at) else { continue };
            let rest = match self.kind(declaration) {
                Kind::VariadicParameter => true,
                Kind::Parameter => false,
                _ => continue,
            };
            if let (1 | 2, Some(ty)) = (declaration.named_child_count(), under(declaration, self.fields.ty)) {
                // No name or one, as most have it.
                found.push(Parameter { name: self.text_under(declaration, self.fields.name), ty: Some(ty), rest });
                continue;
            }
            let parts = self.builder.children(declaration);
            let ty = self.builder.under(parts, self.fields.ty);
            if self.builder.count(parts, self.fields.name) == 0 {
                found.push(Parameter { name: "", ty, rest });
                continue;
            }
            for at in parts.places() {
                if let Some(name) = self.builder.under_at(at, self.fields.name) {
                    found.push(Parameter { name: self.builder.slice(name), ty, rest });
                }
            }
        }
        self.builder.release(mark);
        found
    }
}

/// A parameter or a result as it is written.
struct Parameter<'t> {
    /// Its name; empty where there is none.
    name: &'t str,
    ty: Option<Node<'t>>,
    /// Whether it takes the rest.
    rest: bool,
}
