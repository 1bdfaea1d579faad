//! PHP's classes and types.

use super::Lower;
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Field, Signature, Store, TypeDecl, TypeRef, TypeRefId};
use tree_sitter::Node;

impl<'n> Lower<'_, 'n> {
    /// A class, an interface, a trait or an enumeration.
    pub(super) fn class(&mut self, node: Node<'n>) {
        let name = self.in_namespace(&self.builder.field(node, "name"));
        let body = node.child_by_field_name("body").map(children).unwrap_or_default();
        let mut bases = Vec::new();
        let mut parent = None;
        for clause in
            children(node).into_iter().filter(|c| matches!(c.kind(), "base_clause" | "class_interface_clause"))
        {
            for base in children(clause) {
                let base_name = self.class_name(self.builder.slice(base));
                if clause.kind() == "base_clause" {
                    parent = Some(base_name.clone());
                }
                bases.push(base_name);
            }
        }
        for used in body.iter().filter(|child| child.kind() == "use_declaration") {
            let names = children(*used).into_iter().filter(|name| name.kind() != "use_list");
            let names: Vec<&str> = names.map(|name| self.builder.slice(name)).collect();
            bases.extend(names.into_iter().map(|name| self.class_name(name)));
        }
        let named = |name: &String| TypeRef::Name { qualifier: None, name: name.as_str().into() };
        let outer = (self.class.replace(name.clone()), std::mem::replace(&mut self.parent, parent));
        let ty = if node.kind() == "interface_declaration" {
            let methods = body.iter().filter(|child| child.kind() == "method_declaration");
            let methods: Vec<Node> = methods.copied().collect();
            let methods = methods.into_iter().map(|method| self.signature(method)).collect();
            TypeRef::Interface { methods, embeds: bases.iter().map(named).collect() }
        } else {
            let embedded =
                |name: &String| Field { name: name.as_str().into(), ty: named(name), embedded: true, tag: None };
            let mut fields: Vec<Field> = bases.iter().map(embedded).collect();
            self.fields(&body, &mut fields);
            TypeRef::Struct(fields)
        };
        self.builder.facts.types.push(TypeDecl { name: name.clone().into(), ty, notes: Vec::new(), span: range(node) });
        let is_marked = node.child_by_field_name("attributes").is_some();
        for child in body {
            match child.kind() {
                "method_declaration" => {
                    let marked = is_marked || child.child_by_field_name("attributes").is_some();
                    self.definition(child, marked);
                }
                "const_declaration" => {
                    for element in children(child).into_iter().filter(|child| child.kind() == "const_element") {
                        if let [constant, value] = children(element).as_slice() {
                            self.class_value(&name, self.builder.slice(*constant), *value);
                        }
                    }
                }
                "property_declaration" => {
                    for element in children(child).into_iter().filter(|child| child.kind() == "property_element") {
                        let property = element.child_by_field_name("name").map(|name| self.builder.slice(name));
                        if let (Some(property), Some(value)) = (property, element.child_by_field_name("default_value"))
                        {
                            self.class_value(&name, property.trim_start_matches('$'), value);
                        }
                    }
                }
                "enum_case" => {
                    let case = child.child_by_field_name("name").map(|case| self.builder.slice(case));
                    if let (Some(case), Some(value)) = (case, child.child_by_field_name("value")) {
                        self.class_value(&name, case, value);
                    }
                }
                _ => {}
            }
        }
        (self.class, self.parent) = outer;
    }

    /// What a class gives a constant or a property.
    fn class_value(&mut self, class: &str, name: &str, value: Node<'n>) {
        let span = range(value);
        let value = self.expr(value);
        let of = self.builder.push_name(class, span);
        let target = self.builder.push_member(of, name, span);
        self.builder.store(Store { target, value, result: 0 });
    }

    /// The properties that are written with their types, those of the constructor's parameters included.
    fn fields(&mut self, body: &[Node<'n>], fields: &mut Vec<Field>) {
        for child in body {
            match child.kind() {
                "property_declaration" => {
                    let ty = child.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                    for element in children(*child).into_iter().filter(|child| child.kind() == "property_element") {
                        let name = element.child_by_field_name("name").map(|name| self.builder.slice(name));
                        let name = name.unwrap_or_default().trim_start_matches('$').into();
                        fields.push(Field { name, ty: ty.clone(), embedded: false, tag: None });
                    }
                }
                "method_declaration" => {
                    let parameters = child.child_by_field_name("parameters").map(children).unwrap_or_default();
                    for parameter in parameters.into_iter().filter(|p| p.kind() == "property_promotion_parameter") {
                        let name = parameter.child_by_field_name("name").map(|name| self.builder.slice(name));
                        let name = name.unwrap_or_default().trim_start_matches(['&', '$']).into();
                        let ty = parameter.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                        fields.push(Field { name, ty, embedded: false, tag: None });
                    }
                }
                _ => {}
            }
        }
    }

    fn signature(&mut self, method: Node<'n>) -> Signature {
        let name = self.builder.field(method, "name").into();
        let parameters = method.child_by_field_name("parameters").map(children).unwrap_or_default();
        let arity = u16::try_from(parameters.len()).unwrap_or(u16::MAX);
        let results = method.child_by_field_name("return_type").map(|ty| self.ty(ty)).into_iter().collect();
        Signature { name, arity, results }
    }

    /// A type in the list of the file's.
    pub(super) fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: of several the first class.
    pub(super) fn ty(&mut self, node: Node<'n>) -> TypeRef {
        match node.kind() {
            "named_type" | "name" | "qualified_name" | "relative_name" => {
                let name = self.class_name(self.builder.slice(node));
                TypeRef::Name { qualifier: None, name: name.into() }
            }
            "optional_type" | "union_type" | "intersection_type" | "disjunctive_normal_form_type" => {
                let inner = children(node).into_iter().find(|inner| inner.kind() != "primitive_type");
                inner.map_or(TypeRef::Unknown, |inner| self.ty(inner))
            }
            _ => TypeRef::Unknown,
        }
    }
}
