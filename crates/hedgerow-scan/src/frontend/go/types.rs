//! Go's types as they are written.

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children};
use crate::ir::{Field, Signature, TypeRef};
use tree_sitter::Node;

impl Lower<'_> {
    /// A type. Pointers, sizes and type arguments are left out.
    pub(super) fn ty(&mut self, node: Node) -> TypeRef {
        self.builder.depth += 1;
        let ty = if self.builder.depth > MAX_DEPTH { TypeRef::Unknown } else { self.ty_inner(node) };
        self.builder.depth -= 1;
        ty
    }

    fn ty_inner(&mut self, node: Node) -> TypeRef {
        match node.kind() {
            "type_identifier" | "identifier" => {
                TypeRef::Name { qualifier: None, name: self.builder.slice(node).to_owned() }
            }
            "qualified_type" => TypeRef::Name {
                qualifier: Some(self.builder.field(node, "package")),
                name: self.builder.field(node, "name"),
            },
            "pointer_type" | "parenthesized_type" | "negated_type" => self.only(node),
            "generic_type" => node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty)),
            "slice_type" | "array_type" | "implicit_length_array_type" => {
                TypeRef::List(Box::new(node.child_by_field_name("element").map_or(TypeRef::Unknown, |ty| self.ty(ty))))
            }
            "channel_type" => {
                TypeRef::List(Box::new(node.child_by_field_name("value").map_or(TypeRef::Unknown, |ty| self.ty(ty))))
            }
            "map_type" => {
                TypeRef::Map(Box::new(node.child_by_field_name("value").map_or(TypeRef::Unknown, |ty| self.ty(ty))))
            }
            "struct_type" => {
                let list = children(node).into_iter().flat_map(children);
                TypeRef::Struct(list.flat_map(|field| self.fields(field)).collect())
            }
            "interface_type" => self.interface(node),
            "function_type" => TypeRef::Function(
                node.child_by_field_name("result").map(|result| self.result_types(result)).unwrap_or_default(),
            ),
            _ => TypeRef::Unknown,
        }
    }

    fn only(&mut self, node: Node) -> TypeRef {
        children(node).first().map_or(TypeRef::Unknown, |inner| self.ty(*inner))
    }

    /// The types of a result list.
    pub(super) fn result_types(&mut self, node: Node) -> Vec<TypeRef> {
        if node.kind() == "parameter_list" {
            self.parameters(node).0.into_iter().map(|(_, ty)| ty).collect()
        } else {
            vec![self.ty(node)]
        }
    }

    /// The fields one line of a structure declares.
    fn fields(&mut self, node: Node) -> Vec<Field> {
        if node.kind() != "field_declaration" {
            return Vec::new();
        }
        let Some(ty) = node.child_by_field_name("type").map(|ty| self.ty(ty)) else { return Vec::new() };
        let tag =
            node.child_by_field_name("tag").map(|tag| self.builder.slice(tag).trim_matches(['`', '"']).to_owned());
        let mut cursor = node.walk();
        let names: Vec<_> = node.children_by_field_name("name", &mut cursor).collect();
        if names.is_empty() {
            let TypeRef::Name { name, .. } = &ty else { return Vec::new() };
            return vec![Field { name: name.clone(), ty, embedded: true, tag }];
        }
        let field = |name| Field { name, ty: ty.clone(), embedded: false, tag: tag.clone() };
        names.into_iter().map(|name| field(self.builder.slice(name).to_owned())).collect()
    }

    fn interface(&mut self, node: Node) -> TypeRef {
        let mut methods = Vec::new();
        let mut embeds = Vec::new();
        for part in children(node) {
            match part.kind() {
                "method_elem" | "method_spec" => {
                    let parameters = part.child_by_field_name("parameters").map(|list| self.parameters(list).0);
                    let results = part.child_by_field_name("result").map(|result| self.result_types(result));
                    methods.push(Signature {
                        name: self.builder.field(part, "name"),
                        arity: u16::try_from(parameters.map_or(0, |list| list.len())).unwrap_or(u16::MAX),
                        results: results.unwrap_or_default(),
                    });
                }
                // A union of types is a constraint, never the type of a value.
                "type_elem" if part.named_child_count() == 1 => {
                    let embed = self.only(part);
                    embeds.push(embed);
                }
                _ => {}
            }
        }
        TypeRef::Interface { methods, embeds }
    }

    /// The parameters of a list with their names, empty where there is none, and whether the last takes any number.
    pub(super) fn parameters(&mut self, list: Node) -> (Vec<(String, TypeRef)>, bool) {
        let mut found = Vec::new();
        let mut variadic = false;
        for declaration in children(list) {
            let rest = declaration.kind() == "variadic_parameter_declaration";
            if !rest && declaration.kind() != "parameter_declaration" {
                continue;
            }
            variadic |= rest;
            let ty = declaration.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
            let ty = if rest { TypeRef::List(Box::new(ty)) } else { ty };
            let mut cursor = declaration.walk();
            let names: Vec<_> = declaration.children_by_field_name("name", &mut cursor).collect();
            if names.is_empty() {
                found.push((String::new(), ty));
            } else {
                found.extend(names.into_iter().map(|name| (self.builder.slice(name).to_owned(), ty.clone())));
            }
        }
        (found, variadic)
    }
}
