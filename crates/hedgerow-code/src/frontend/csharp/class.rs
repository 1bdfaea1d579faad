//! C#'s classes and their members.

use super::types::type_name;
use super::{Class, Lower};
use crate::frontend::build::{Expressions, children, range};
use crate::ir::{Def, Expr, ExprId, Field, Function, Generic, Note, Signature, Store, TypeDecl, TypeRef};
use tree_sitter::Node;

/// Attributes that say nothing about who calls a method.
const PLAIN: &[&str] = &[
    "Obsolete",
    "MethodImpl",
    "DebuggerStepThrough",
    "ExcludeFromCodeCoverage",
    "SuppressMessage",
    "JsonIgnore",
    "JsonPropertyName",
    "Conditional",
];

impl<'n> Lower<'_, 'n> {
    pub(super) fn declaration(&mut self, node: Node<'n>) {
        if !self.builder.descend(node) {
            return;
        }
        match node.kind() {
            "class_declaration" | "struct_declaration" | "record_declaration" | "record_struct_declaration" => {
                self.class(node);
            }
            "interface_declaration" => self.interface(node),
            "preproc_if" | "preproc_elif" | "preproc_else" => {
                children(node).into_iter().for_each(|child| self.declaration(child));
            }
            _ => {}
        }
        self.builder.ascend();
    }

    /// The attributes of a declaration, without the `Attribute` that may end their names.
    fn notes(&mut self, node: Node<'n>) -> Vec<Note> {
        let lists = children(node).into_iter().filter(|child| child.kind() == "attribute_list");
        let attributes = lists.flat_map(children).filter(|child| child.kind() == "attribute");
        let attributes: Vec<_> = attributes.collect();
        let mut notes = Vec::new();
        for attribute in attributes {
            let name = self.builder.field(attribute, "name");
            let name = name.rsplit('.').next().unwrap_or_default().to_owned();
            let name = name.strip_suffix("Attribute").filter(|name| !name.is_empty()).unwrap_or(&name).to_owned();
            let mut arguments = Vec::new();
            for argument in children(attribute).into_iter().skip(1).flat_map(children) {
                let key = self.builder.field(argument, "name");
                if let Some(value) = children(argument).last() {
                    arguments.push((key.into(), self.expr(*value)));
                }
            }
            notes.push(Note { name: name.into(), arguments, span: range(attribute) });
        }
        notes
    }

    /// The types a class extends and implements.
    fn bases(&mut self, node: Node<'n>) -> Vec<TypeRef> {
        let lists = children(node).into_iter().filter(|child| child.kind() == "base_list");
        let bases: Vec<_> = lists.flat_map(children).filter(|child| child.kind() != "argument_list").collect();
        bases.into_iter().map(|base| self.ty(base.child_by_field_name("type").unwrap_or(base))).collect()
    }

    /// The parameters of a declaration: name, type, and whether it takes the rest or is what an extension is called on.
    fn parameters(&self, list: Node<'n>) -> Vec<Parameter<'n>> {
        let text = |node: Node| self.builder.slice(node);
        let mut found: Vec<Parameter<'n>> = children(list)
            .into_iter()
            .filter(|child| child.kind() == "parameter")
            .map(|node| {
                let modifiers: Vec<_> =
                    children(node).into_iter().filter(|child| child.kind() == "modifier").map(text).collect();
                let name = node.child_by_field_name("name").map(|name| text(name).to_owned()).unwrap_or_default();
                Parameter {
                    name,
                    ty: node.child_by_field_name("type"),
                    is_this: modifiers.contains(&"this"),
                    is_rest: false,
                    default: children(node).last().copied().filter(|last| {
                        node.child_by_field_name("name").is_some_and(|name| last.start_byte() > name.end_byte())
                    }),
                }
            })
            .collect();
        // `params string[] rest` has its name and type in the list itself.
        if let Some(name) = list.child_by_field_name("name") {
            let ty = list.child_by_field_name("type");
            found.push(Parameter { name: text(name).to_owned(), ty, is_this: false, is_rest: true, default: None });
        }
        found
    }

    fn class(&mut self, node: Node<'n>) {
        let name = self.path_within(self.builder.field(node, "name"));
        let notes = self.notes(node);
        let mut modifiers = children(node).into_iter().filter(|child| child.kind() == "modifier");
        if modifiers.any(|modifier| self.builder.slice(modifier) == "partial") {
            self.partial.insert(name.clone());
        }
        let bases = self.bases(node);
        let registered = notes.iter().any(|note| !PLAIN.contains(&note.name.as_str()));
        let (extends, base) = (!bases.is_empty(), bases.first().cloned());
        let mut class = Class { name: name.clone(), extends, base, registered, ..Class::default() };
        let mut fields: Vec<Field> = bases
            .into_iter()
            .map(|ty| Field { name: format!("extends {}", type_name(&ty)).into(), ty, embedded: true, tag: None })
            .collect();
        let list = children(node).into_iter().find(|child| child.kind() == "parameter_list");
        let is_constructor = list.is_some();
        let parameters = list.map(|list| self.parameters(list)).unwrap_or_default();
        for parameter in &parameters {
            let ty = parameter.ty.map_or(TypeRef::Unknown, |ty| self.ty(ty));
            class.fields.insert(parameter.name.clone());
            fields.push(Field { name: parameter.name.clone().into(), ty, embedded: false, tag: None });
        }
        let body = node.child_by_field_name("body").map(members).unwrap_or_default();
        for member in &body {
            match member.kind() {
                "field_declaration" => {
                    for declaration in children(*member).into_iter().filter(|c| c.kind() == "variable_declaration") {
                        let ty = declaration.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                        for declarator in declarators(declaration) {
                            let name = self.declarator_name(declarator);
                            class.fields.insert(name.clone());
                            fields.push(Field { name: name.into(), ty: ty.clone(), embedded: false, tag: None });
                        }
                    }
                }
                "property_declaration" => {
                    let ty = member.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                    let name = self.builder.field(*member, "name");
                    let tag = self.configuration_key(*member);
                    class.fields.insert(name.clone());
                    fields.push(Field { name: name.into(), ty, embedded: false, tag: tag.map(Into::into) });
                }
                "method_declaration" => {
                    class.methods.insert(self.builder.field(*member, "name"));
                }
                _ => {}
            }
        }
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes, span: range(node) });
        self.classes.push(class);
        if is_constructor {
            self.later.push((node, self.classes.clone()));
        }
        for member in body {
            match member.kind() {
                "field_declaration" => self.field(member),
                "property_declaration" => self.property(member),
                "method_declaration" | "constructor_declaration" | "operator_declaration" => {
                    self.later.push((member, self.classes.clone()));
                }
                _ => self.declaration(member),
            }
        }
        self.classes.pop();
    }

    /// `[ConfigurationKeyName("ledger-url")]`, in the form of a tag.
    fn configuration_key(&self, member: Node<'n>) -> Option<String> {
        let lists = children(member).into_iter().filter(|child| child.kind() == "attribute_list");
        let text = lists.map(|list| self.builder.slice(list)).find(|text| text.contains("ConfigurationKeyName("))?;
        let (_, rest) = text.split_once("ConfigurationKeyName(")?;
        let key = rest.split('"').nth(1)?;
        Some(format!("json:\"{key}\""))
    }

    fn declarator_name(&self, declarator: Node<'n>) -> String {
        match declarator.child_by_field_name("name") {
            Some(name) => self.builder.slice(name).to_owned(),
            None => children(declarator).first().map(|name| self.builder.slice(*name).to_owned()).unwrap_or_default(),
        }
    }

    /// Stores a value in a field of the class that is read, outside of its methods.
    fn put(&mut self, name: &str, value: ExprId, span: crate::ir::Range) {
        let class = self.classes.last().map(|class| class.name.clone()).unwrap_or_default();
        let of = self.builder.push_name(class, span);
        let target = self.builder.push_member(of, name, span);
        self.builder.store(Store { target, value, result: 0 });
    }

    fn field(&mut self, node: Node<'n>) {
        for declaration in children(node).into_iter().filter(|child| child.kind() == "variable_declaration") {
            let ty = declaration.child_by_field_name("type");
            for declarator in declarators(declaration) {
                let name = self.declarator_name(declarator);
                if let Some(value) = initial(declarator) {
                    let value = self.value_of(value, ty);
                    self.put(&name, value, range(declarator));
                }
            }
        }
    }

    /// A property is a field; what its getter gives is stored there.
    fn property(&mut self, node: Node<'n>) {
        let name = self.builder.field(node, "name");
        let ty = node.child_by_field_name("type");
        if let Some(value) = node.child_by_field_name("value") {
            let value =
                if value.kind() == "arrow_expression_clause" { children(value).first().copied() } else { Some(value) };
            if let Some(value) = value {
                let value = self.value_of(value, ty);
                self.put(&name, value, range(node));
            }
        }
        let accessors = node.child_by_field_name("accessors").map(children).unwrap_or_default();
        for accessor in accessors {
            let Some(body) = accessor.child_by_field_name("body") else { continue };
            let is_getter = self.builder.field(accessor, "name") == "get";
            let id = self.builder.open_closure();
            if !is_getter {
                // What a setter is given is what the property is set to.
                let span = range(accessor);
                let this = self.builder.this(&self.classes, span);
                let expr = self.builder.push_member(this, name.as_str(), span);
                let value = self.builder.declare("value", None);
                self.builder.define(value, Def::Value { expr, result: 0 });
                match children(body).first() {
                    Some(only) if body.kind() != "block" => {
                        self.expr(*only);
                    }
                    _ => self.stmt(body),
                }
                self.builder.close_closure();
                continue;
            }
            if body.kind() == "block" {
                self.stmt(body);
            } else if let Some(value) = children(body).first() {
                let value = self.expr(*value);
                self.builder.give_back([value]);
                self.put(&name, value, range(node));
            }
            self.builder.close_closure();
            if body.kind() == "block" {
                // The getter runs when the property is asked for: the value is what it gives.
                let closure = self.builder.push(Expr::Closure(id), range(body));
                let value = self.builder.call(closure, [], range(body));
                self.put(&name, value, range(node));
            }
        }
    }

    fn interface(&mut self, node: Node<'n>) {
        let name = self.path_within(self.builder.field(node, "name"));
        let notes = self.notes(node);
        let embeds = self.bases(node);
        let body = node.child_by_field_name("body").map(members).unwrap_or_default();
        let mut methods = Vec::new();
        // A property is asked for like a method without parameters.
        let is_asked = |member: &&Node<'n>| matches!(member.kind(), "method_declaration" | "property_declaration");
        for member in body.iter().filter(is_asked) {
            let ty = member.child_by_field_name("returns").or_else(|| member.child_by_field_name("type"));
            let results = ty.map(|ty| self.ty(ty)).into_iter().collect();
            let arity = member.child_by_field_name("parameters").map_or(0, |list| self.parameters(list).len());
            let arity = u16::try_from(arity).unwrap_or(u16::MAX);
            methods.push(Signature { name: self.builder.field(*member, "name").into(), arity, results });
        }
        self.builder.facts.types.push(TypeDecl {
            name: name.clone().into(),
            ty: TypeRef::Interface { methods, embeds },
            notes,
            span: range(node),
        });
        self.classes.push(Class { name, ..Class::default() });
        for member in body {
            match member.kind() {
                "method_declaration" if member.child_by_field_name("body").is_some() => {
                    self.later.push((member, self.classes.clone()));
                }
                "method_declaration" | "property_declaration" => {}
                _ => self.declaration(member),
            }
        }
        self.classes.pop();
    }

    /// A method, a constructor, or a class with the parameters of its constructor.
    /// Whether a method is written for types, and whether its parameters tell all of them.
    fn generic(&self, node: Node<'n>, parameters: &[Parameter<'n>]) -> Generic {
        let list = node.child_by_field_name("type_parameters").filter(|_| node.kind() == "method_declaration");
        let Some(list) = list else { return Generic::No };
        let types = parameters.iter().filter_map(|parameter| parameter.ty).map(|ty| self.builder.slice(ty));
        let types: Vec<&str> = types.collect();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let is_told = |name: &str| types.iter().any(|ty| ty.split(|c| !is_word(c)).any(|word| word == name));
        let names = children(list).into_iter().map(|parameter| self.builder.slice(parameter).trim());
        let all_told = names.filter_map(|name| name.split_whitespace().last()).all(is_told);
        if all_told { Generic::Told } else { Generic::Written }
    }

    pub(super) fn method(&mut self, node: Node<'n>, classes: Vec<Class>) {
        let is_class = node.kind().ends_with("class_declaration")
            || node.kind().contains("record")
            || node.kind() == "struct_declaration";
        let is_constructor = is_class || node.kind() == "constructor_declaration";
        let name = if is_constructor { "<new>".to_owned() } else { self.builder.field(node, "name") };
        let list = if is_class {
            children(node).into_iter().find(|child| child.kind() == "parameter_list")
        } else {
            node.child_by_field_name("parameters")
        };
        let parameters = list.map(|list| self.parameters(list)).unwrap_or_default();
        let is_extension = parameters.first().is_some_and(|first| first.is_this);
        let class = classes.last().cloned().unwrap_or_default();
        let receiver = (!is_extension).then(|| class.name.as_str().into());
        self.texts.clear();
        let generic = self.generic(node, &parameters);
        self.builder.open(Function { name: name.into(), receiver, span: range(node), generic, ..Function::default() });
        let notes = if is_class { Vec::new() } else { self.notes(node) };
        let registered =
            !is_class && (class.registered || notes.iter().any(|note| !PLAIN.contains(&note.name.as_str())));
        if !is_extension {
            let this = self.builder.declare("this", None);
            self.builder.define(this, Def::Receiver);
        }
        self.classes = classes;
        let mut at = 0;
        for parameter in &parameters {
            let ty = parameter.ty.map(|ty| self.written(ty));
            let local = self.builder.declare(&parameter.name, ty);
            if parameter.is_this {
                self.builder.define(local, Def::Receiver);
                continue;
            }
            self.builder.define(local, Def::Parameter(at));
            at += 1;
            if let Some(default) = parameter.default {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            self.builder.parameter(local, parameter.is_rest);
            if is_class {
                let this = self.builder.name("this", range(node));
                let target = self.builder.push_member(this, &parameter.name, range(node));
                let value = self.builder.push(Expr::Local(local), range(node));
                self.builder.store(Store { target, value, result: 0 });
            }
        }
        if let Some(result) = node.child_by_field_name("returns") {
            let result = self.written(result);
            self.builder.result(result);
        }
        if let Some(function) = self.builder.function() {
            function.registered = registered;
            function.exported = true;
        }
        self.pass_to_base(node);
        match node.child_by_field_name("body").filter(|_| !is_class) {
            Some(body) if body.kind() == "arrow_expression_clause" => {
                if let Some(value) = children(body).first() {
                    let value = self.value_of(*value, node.child_by_field_name("returns"));
                    self.builder.give_back([value]);
                }
            }
            Some(body) => self.stmt(body),
            None => {}
        }
        self.classes.clear();
        self.builder.close();
    }

    /// What a constructor passes on: `: base(url)`, `: this(url)`, and a class with parameters by what stands behind its base.
    fn pass_to_base(&mut self, node: Node<'n>) {
        let mut calls = Vec::new();
        for child in children(node) {
            match child.kind() {
                "constructor_initializer" => {
                    let of = self.builder.slice(child).trim_start_matches(':').trim_start();
                    let base = self.classes.last().and_then(|class| class.base.clone());
                    calls.push((base.filter(|_| of.starts_with("base")), child));
                }
                "base_list" => {
                    let parts = children(child);
                    let whole = parts.iter().find(|part| part.kind() == "primary_constructor_base_type").copied();
                    let has_arguments = parts.iter().any(|part| part.kind() == "argument_list");
                    if let Some(call) = whole.or_else(|| has_arguments.then_some(child)) {
                        calls.push((self.classes.last().and_then(|class| class.base.clone()), call));
                    }
                }
                _ => {}
            }
        }
        for (base, call) in calls {
            let list = children(call).into_iter().find(|child| child.kind() == "argument_list");
            let arguments = list.map(|list| self.arguments(list)).unwrap_or_default();
            let span = range(call);
            match base {
                Some(base) => {
                    let ty = self.builder.written(base);
                    let arguments = self.builder.arguments(arguments);
                    self.builder.push(Expr::New { ty, arguments }, span);
                }
                None => {
                    let this = self.builder.name("this", span);
                    let callee = self.builder.push_member(this, "<new>", span);
                    self.builder.call(callee, arguments, span);
                }
            }
        }
    }
}

/// A parameter as it is written.
struct Parameter<'n> {
    name: String,
    ty: Option<Node<'n>>,
    is_this: bool,
    is_rest: bool,
    default: Option<Node<'n>>,
}

/// The members of a class's body, those between `#if` and `#endif` included.
fn members(body: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut open = children(body);
    open.reverse();
    while let Some(node) = open.pop() {
        if node.kind().starts_with("preproc_if") || matches!(node.kind(), "preproc_else" | "preproc_elif") {
            let mut inner = children(node);
            inner.reverse();
            open.append(&mut inner);
        } else {
            found.push(node);
        }
    }
    found
}

/// The variables of a declaration.
pub(super) fn declarators(declaration: Node<'_>) -> Vec<Node<'_>> {
    children(declaration).into_iter().filter(|child| child.kind() == "variable_declarator").collect()
}

/// The value with which a variable begins.
pub(super) fn initial(declarator: Node<'_>) -> Option<Node<'_>> {
    let parts = children(declarator);
    let last = parts.last().copied().filter(|last| last.kind() != "bracketed_argument_list");
    last.filter(|_| parts.len() > 1)
}
