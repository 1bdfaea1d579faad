//! Kotlin's classes, objects and functions.

use super::{Class, Lower, is_type};
use crate::frontend::build::{children, range};
use crate::ir::{Def, Expr, ExprId, Field, Function, Signature, Store, TypeDecl, TypeRef};
use tree_sitter::Node;

/// Annotations that say nothing about who calls a function.
const PLAIN: &[&str] =
    &["JvmStatic", "JvmOverloads", "Suppress", "Deprecated", "Throws", "JvmName", "Synchronized", "OptIn", "Override"];

impl<'n> Lower<'_, 'n> {
    pub(super) fn declaration(&mut self, node: Node<'n>) {
        if !self.builder.descend(node) {
            return;
        }
        match node.kind() {
            "class_declaration" | "object_declaration" => self.class(node, None),
            "function_declaration" => self.later.push((node, self.classes.clone())),
            _ => {}
        }
        self.builder.ascend();
    }

    /// The types a class extends and implements.
    fn bases(&mut self, node: Node<'n>) -> Vec<TypeRef> {
        let lists = children(node).into_iter().filter(|child| child.kind() == "delegation_specifiers");
        let specifiers: Vec<_> = lists.flat_map(children).flat_map(children).collect();
        let mut bases = Vec::new();
        for specifier in specifiers {
            let ty = match specifier.kind() {
                "constructor_invocation" | "explicit_delegation" => children(specifier).first().copied(),
                kind if is_type(kind) => Some(specifier),
                _ => None,
            };
            bases.extend(ty.map(|ty| self.ty(ty)));
        }
        bases
    }

    /// A class, an interface, an object or a companion, which is part of the class around it.
    pub(super) fn class(&mut self, node: Node<'n>, name: Option<String>) {
        let name = name.unwrap_or_else(|| self.builder.field(node, "name"));
        let notes = self.notes(node);
        let mut bases = self.bases(node);
        let mut cursor = node.walk();
        let is_interface = node.children(&mut cursor).any(|child| child.kind() == "interface");
        let body = children(node).into_iter().find(|child| matches!(child.kind(), "class_body" | "enum_class_body"));
        let body = body.map(children).unwrap_or_default();
        if is_interface {
            return self.interface(node, name, notes, bases, &body);
        }
        let mut class = Class { name: name.clone(), ..Class::default() };
        // What a companion holds is the class's own.
        let companions: Vec<_> = body.iter().filter(|member| member.kind() == "companion_object").copied().collect();
        bases.extend(companions.iter().flat_map(|companion| self.bases(*companion)));
        let mut fields: Vec<Field> = bases
            .into_iter()
            .map(|ty| Field { name: format!("extends {}", type_name(&ty)).into(), ty, embedded: true, tag: None })
            .collect();
        let constructor = children(node).into_iter().find(|child| child.kind() == "primary_constructor");
        let list = constructor.and_then(|c| children(c).into_iter().find(|child| child.kind() == "class_parameters"));
        let parameters = list.map(|list| self.parameters(list)).unwrap_or_default();
        for parameter in &parameters {
            let ty = parameter.ty.map_or(TypeRef::Unknown, |ty| self.ty(ty));
            class.fields.insert(parameter.name.clone());
            fields.push(Field { name: parameter.name.clone().into(), ty, embedded: false, tag: None });
        }
        let inner = companions.iter().flat_map(|companion| children(*companion));
        let inner = inner.filter(|child| child.kind() == "class_body").flat_map(children);
        let members: Vec<Node<'n>> = body.iter().copied().chain(inner).collect();
        for member in &members {
            match member.kind() {
                "property_declaration" => {
                    if let Some(property) = self.property(*member) {
                        let ty = property.ty.map_or(TypeRef::Unknown, |ty| self.ty(ty));
                        class.fields.insert(property.name.clone());
                        fields.push(Field { name: property.name.into(), ty, embedded: false, tag: None });
                    }
                }
                "function_declaration" => {
                    class.methods.insert(self.builder.field(*member, "name"));
                }
                _ => {}
            }
        }
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes, span: range(node) });
        self.classes.push(class);
        // An object is made when its file is loaded, a class by who calls its constructor.
        if node.kind() == "class_declaration" {
            if !parameters.is_empty() || passes_to_base(node) {
                self.later.push((node, self.classes.clone()));
            }
        } else {
            self.pass_to_base(node);
        }
        for member in members {
            match member.kind() {
                "property_declaration" => {
                    if let Some(property) = self.property(member) {
                        for value in self.values(&property) {
                            self.put(&property.name, value, range(member));
                        }
                    }
                }
                "function_declaration" | "secondary_constructor" => self.later.push((member, self.classes.clone())),
                "anonymous_initializer" => children(member).into_iter().for_each(|block| self.stmt(block)),
                "companion_object" => {
                    self.pass_to_base(member);
                }
                _ => self.declaration(member),
            }
        }
        self.classes.pop();
    }

    /// Stores a value in a field of the class that is read, outside of its functions.
    fn put(&mut self, name: &str, value: ExprId, span: crate::ir::Range) {
        let class = self.classes.last().map(|class| class.name.clone()).unwrap_or_default();
        let of = self.builder.push_name(class, span);
        let target = self.builder.push_member(of, name, span);
        self.builder.store(Store { target, value, result: 0 });
    }

    fn interface(
        &mut self,
        node: Node<'n>,
        name: String,
        notes: Vec<crate::ir::Note>,
        embeds: Vec<TypeRef>,
        body: &[Node<'n>],
    ) {
        let mut methods = Vec::new();
        for member in body.iter().filter(|member| member.kind() == "function_declaration") {
            let list = children(*member).into_iter().find(|child| child.kind() == "function_value_parameters");
            let arity = list.map_or(0, |list| self.parameters(list).len());
            let results = self.result_of(*member).map(|ty| self.ty(ty)).into_iter().collect();
            let arity = u16::try_from(arity).unwrap_or(u16::MAX);
            methods.push(Signature { name: self.builder.field(*member, "name").into(), arity, results });
        }
        let ty = TypeRef::Interface { methods, embeds };
        self.builder.facts.types.push(TypeDecl { name: name.clone().into(), ty, notes, span: range(node) });
        self.classes.push(Class { name, ..Class::default() });
        for member in body {
            let has_body = children(*member).iter().any(|child| child.kind() == "function_body");
            match member.kind() {
                "function_declaration" if has_body => self.later.push((*member, self.classes.clone())),
                "function_declaration" | "property_declaration" => {}
                "companion_object" => {
                    for inner in
                        children(*member).into_iter().filter(|child| child.kind() == "class_body").flat_map(children)
                    {
                        if let Some(property) = self.property(inner) {
                            for value in self.values(&property) {
                                self.put(&property.name, value, range(inner));
                            }
                        }
                    }
                }
                _ => self.declaration(*member),
            }
        }
        self.classes.pop();
    }

    /// The type that stands behind a function's parameters.
    fn result_of(&self, node: Node<'n>) -> Option<Node<'n>> {
        let parts = children(node);
        let list = parts.iter().position(|part| part.kind() == "function_value_parameters")?;
        parts[list..].iter().find(|part| is_type(part.kind())).copied()
    }

    /// A function, a constructor, or a class with the parameters of its constructor.
    pub(super) fn function(&mut self, node: Node<'n>, classes: Vec<Class>) {
        let is_class = matches!(node.kind(), "class_declaration" | "object_declaration");
        let is_constructor = is_class || node.kind() == "secondary_constructor";
        let name = if is_constructor { "<new>".to_owned() } else { self.builder.field(node, "name") };
        let parts = children(node);
        let list = if is_class {
            let constructor = parts.iter().find(|child| child.kind() == "primary_constructor");
            constructor.and_then(|c| children(*c).into_iter().find(|child| child.kind() == "class_parameters"))
        } else {
            parts.iter().find(|child| child.kind() == "function_value_parameters").copied()
        };
        // `fun Application.module()`: a function that is called on something.
        let of = parts
            .iter()
            .take_while(|part| part.kind() != "identifier" && part.kind() != "function_value_parameters")
            .find(|part| is_type(part.kind()) && !is_class);
        let class = classes.last().cloned().unwrap_or_default();
        let receiver = (of.is_none() && !classes.is_empty()).then(|| class.name.as_str().into());
        self.builder.open(Function { name: name.into(), receiver, span: range(node), ..Function::default() });
        let notes = if is_class { Vec::new() } else { self.notes(node) };
        let mut registered = notes.iter().any(|note| !PLAIN.contains(&note.name.as_str()));
        match of {
            Some(of) => {
                let ty = self.written(*of);
                // A server's module is loaded by its name.
                registered |= self.builder.slice(*of) == "Application";
                let this = self.builder.declare("this", Some(ty));
                self.builder.define(this, Def::Receiver);
            }
            None if !classes.is_empty() => {
                let this = self.builder.declare("this", None);
                self.builder.define(this, Def::Receiver);
            }
            None => {}
        }
        self.classes = classes;
        let parameters = list.map(|list| self.parameters(list)).unwrap_or_default();
        self.declare_parameters(&parameters);
        if is_class {
            for parameter in &parameters {
                let this = self.builder.name("this", range(node));
                let target = self.builder.push_member(this, &parameter.name, range(node));
                if let Some(local) = self.builder.local(&parameter.name) {
                    let value = self.builder.push(Expr::Local(local), range(node));
                    self.builder.store(Store { target, value, result: 0 });
                }
            }
            self.pass_to_base(node);
        }
        if let Some(call) = parts.iter().find(|part| part.kind() == "constructor_delegation_call") {
            self.delegate(*call);
        }
        if let Some(result) = self.result_of(node).filter(|_| !is_constructor) {
            let result = self.written(result);
            self.builder.result(result);
        }
        if let Some(function) = self.builder.function() {
            function.registered = registered;
            function.exported = true;
        }
        if !is_class {
            let body = parts.iter().find(|child| matches!(child.kind(), "function_body" | "block"));
            if let Some(body) = body {
                self.body(*body);
            }
        }
        self.classes.clear();
        self.builder.close();
    }

    /// What a class passes to the constructor of its base; answers what that makes, if it has one.
    pub(super) fn pass_to_base(&mut self, node: Node<'n>) -> Option<ExprId> {
        let mut made = None;
        for call in base_calls(node) {
            if let [ty, list, ..] = children(call).as_slice() {
                let ty = self.written(*ty);
                let arguments = self.arguments(*list);
                let arguments = self.builder.arguments(arguments);
                made = Some(self.builder.push(Expr::New { ty, arguments }, range(call)));
            }
        }
        made
    }

    /// `constructor() : super(url)`, and `: this(url)`.
    fn delegate(&mut self, call: Node<'n>) {
        let span = range(call);
        let this = self.builder.name("this", span);
        let callee = match self.builder.slice(call).starts_with("super") {
            true => self.builder.inherited(this, "<new>", span),
            false => self.builder.push_member(this, "<new>", span),
        };
        let list = children(call).into_iter().find(|part| part.kind() == "value_arguments");
        let arguments = list.map(|list| self.arguments(list)).unwrap_or_default();
        self.builder.call(callee, arguments, span);
    }
}

/// The calls of constructors among what a class extends: `: Base(url)`.
fn base_calls(node: Node<'_>) -> Vec<Node<'_>> {
    let lists = children(node).into_iter().filter(|child| child.kind() == "delegation_specifiers");
    let specifiers = lists.flat_map(children).flat_map(children);
    specifiers.filter(|call| call.kind() == "constructor_invocation").collect()
}

/// Whether a class calls the constructor of its base.
fn passes_to_base(node: Node<'_>) -> bool {
    !base_calls(node).is_empty()
}

/// The name of a type; empty if it has none.
fn type_name(ty: &TypeRef) -> &str {
    match ty {
        TypeRef::Name { name, .. } => name,
        _ => "",
    }
}
