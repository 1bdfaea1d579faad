//! Java, by tree-sitter.

mod expr;

use super::build::{Builder, Class, Expressions, MAX_DEPTH, children, facts_of, range};
use super::first_fault;
use crate::frontend::{Frontend, OPTIONS, is_reference};
use crate::ir::{
    Argument, Components, Def, ExprId, Facts, Field, Function, Import, Note, Range, Signature, Store, TypeDecl,
    TypeRef, TypeRefId,
};
use std::collections::BTreeMap;
use tree_sitter::Node;

/// The front end.
pub(super) struct Java;

impl Frontend for Java {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_java::LANGUAGE.into(), text, |builder, root| {
            let mut lower = Lower { builder, classes: Vec::new(), later: Vec::new(), statics: BTreeMap::new() };
            lower.file(root);
            let mut facts = lower.builder.finish(root);
            facts.components = Components::of(&facts);
            facts
        })
    }
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    /// The classes around what is read, the innermost last.
    classes: Vec<Class>,
    /// Methods that are read after what runs when the class is loaded.
    later: Vec<(Node<'n>, Class)>,
    /// What is taken out of classes by name, `import static bank.Names.URL`, with the class.
    statics: BTreeMap<String, String>,
}

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.open(Function::default());
        let mut cursor = root.walk();
        for node in root.named_children(&mut cursor) {
            match node.kind() {
                "package_declaration" => {
                    let name = children(node).into_iter().rfind(|child| child.kind().contains("identifier"));
                    self.builder.facts.package =
                        name.map(|name| self.builder.slice(name)).unwrap_or_default().to_owned();
                }
                "import_declaration" => self.import(node),
                _ => self.declaration(node),
            }
        }
        self.builder.close_file();
        let mut at = 0;
        while let Some((node, class)) = self.later.get(at).cloned() {
            at += 1;
            self.method(node, class);
        }
        self.builder.facts.faults.extend(first_fault(root));
    }

    fn import(&mut self, node: Node<'n>) {
        let Some(name) = children(node).into_iter().find(|child| child.kind().contains("identifier")) else { return };
        let path = self.builder.slice(name).to_owned();
        if children(node).iter().any(|child| child.kind() == "asterisk") {
            self.builder.facts.imports.push(Import { alias: Some(".".into()), path: path.into(), name: None });
        } else if let Some((class, name)) = path.rsplit_once('.').filter(|_| self.is_own_static(node, &path))
            && let Some((package, class)) = class.rsplit_once('.')
        {
            self.statics.insert(name.to_owned(), class.to_owned());
            let (path, name) = (package.into(), Some(class.into()));
            self.builder.facts.imports.push(Import { alias: None, path, name });
        } else if let Some((package, name)) = path.rsplit_once('.') {
            let (path, name) = (package, Some(name.into()));
            self.builder.facts.imports.push(Import { alias: None, path: path.into(), name });
        }
    }

    /// Whether an import takes something out of a class of the same people's: packages of theirs begin alike.
    fn is_own_static(&self, node: Node<'n>, path: &str) -> bool {
        let head = |path: &str| path.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
        let own = head(&self.builder.facts.package);
        let package = path.rsplitn(3, '.').nth(2).unwrap_or_default();
        let theirs = head(package);
        let is_static = self.builder.slice(node).trim_start_matches("import").trim_start().starts_with("static");
        is_static && !own[0].is_empty() && own.iter().zip(&theirs).all(|(one, other)| one == other)
    }

    fn declaration(&mut self, node: Node<'n>) {
        if !self.builder.descend(node) {
            return;
        }
        match node.kind() {
            "line_comment" | "block_comment" => {}
            "class_declaration" | "enum_declaration" | "record_declaration" => self.class(node),
            "interface_declaration" => self.interface(node),
            _ => {}
        }
        self.builder.ascend();
    }

    /// The annotations of a declaration.
    fn notes(&mut self, node: Node<'n>) -> Vec<Note> {
        let modifiers = children(node).into_iter().filter(|child| child.kind() == "modifiers");
        let annotations =
            modifiers.flat_map(children).filter(|child| matches!(child.kind(), "annotation" | "marker_annotation"));
        annotations
            .map(|annotation| {
                let name = self.builder.field(annotation, "name");
                let list = annotation.child_by_field_name("arguments").map(children).unwrap_or_default();
                let arguments = list.into_iter().map(|argument| {
                    if argument.kind() == "element_value_pair" {
                        let key = self.builder.field(argument, "key");
                        let value = argument.child_by_field_name("value").unwrap_or(argument);
                        return (key.into(), self.expr(value));
                    }
                    ("".into(), self.expr(argument))
                });
                let arguments = arguments.collect();
                Note { name: name.into(), arguments, span: range(annotation) }
            })
            .collect()
    }

    /// The types a class extends and implements.
    fn bases(&mut self, node: Node<'n>) -> Vec<TypeRef> {
        let clauses = children(node).into_iter();
        let clauses = clauses.filter(|c| matches!(c.kind(), "superclass" | "super_interfaces" | "extends_interfaces"));
        let types =
            clauses.flat_map(children).flat_map(|c| if c.kind() == "type_list" { children(c) } else { vec![c] });
        types.map(|ty| self.ty(ty)).collect()
    }

    fn class(&mut self, node: Node<'n>) {
        let name = self.builder.field(node, "name");
        let notes = self.notes(node);
        let bases = self.bases(node);
        let mut class = Class { name: name.clone(), extends: !bases.is_empty(), ..Class::default() };
        let mut fields: Vec<Field> = bases
            .into_iter()
            .map(|ty| Field { name: format!("extends {}", type_name(&ty)).into(), ty, embedded: true, tag: None })
            .collect();
        let body = node.child_by_field_name("body").map(members).unwrap_or_default();
        for member in &body {
            match member.kind() {
                "field_declaration" => {
                    let ty = member.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                    let mut cursor = member.walk();
                    for declarator in member.children_by_field_name("declarator", &mut cursor) {
                        let name = self.builder.field(declarator, "name");
                        class.fields.insert(name.clone());
                        fields.push(Field { name: name.into(), ty: ty.clone(), embedded: false, tag: None });
                    }
                }
                "method_declaration" => {
                    class.methods.insert(self.builder.field(*member, "name"));
                }
                _ => {}
            }
        }
        if let Some(parameters) = node.child_by_field_name("parameters") {
            // A record's components are its fields.
            for parameter in children(parameters) {
                let ty = parameter.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
                let name = self.builder.field(parameter, "name");
                let notes = self.notes(parameter);
                self.put_injected(&class.name, &name, &notes, range(parameter));
                class.fields.insert(name.clone());
                fields.push(Field { name: name.into(), ty, embedded: false, tag: None });
            }
        }
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes, span: range(node) });
        self.classes.push(class.clone());
        for member in body {
            match member.kind() {
                "field_declaration" => self.field(member, &class),
                "method_declaration" | "constructor_declaration" => self.later.push((member, class.clone())),
                "static_initializer" | "block" => self.stmt(member),
                _ => self.declaration(member),
            }
        }
        self.classes.pop();
    }

    /// The values a field begins with: those written, and those that an annotation says a container puts there.
    fn field(&mut self, node: Node<'n>, class: &Class) {
        let notes = self.notes(node);
        let mut cursor = node.walk();
        let declarators: Vec<_> = node.children_by_field_name("declarator", &mut cursor).collect();
        for declarator in declarators {
            let span = range(declarator);
            let value = declarator.child_by_field_name("value").map(|value| self.expr(value));
            let name = self.builder.field(declarator, "name");
            if let Some(value) = value {
                self.put(&class.name, &name, value, span);
            }
            self.put_injected(&class.name, &name, &notes, span);
        }
    }

    /// Stores a value in a field of a class, outside of its methods.
    fn put(&mut self, class: &str, name: &str, value: ExprId, span: Range) {
        let of = self.builder.push_name(class, span);
        let target = self.builder.push_member(of, name, span);
        self.builder.store(Store { target, value, result: 0 });
    }

    /// Stores in a field what its annotations say that a container puts there.
    fn put_injected(&mut self, class: &str, name: &str, notes: &[Note], span: Range) {
        for note in notes {
            let value = match note.arguments.as_slice() {
                [(_, argument)] => self.injected(note, *argument),
                _ if is_reference(&note.name) => self.handed_over(note),
                _ => continue,
            };
            self.put(class, name, value, span);
        }
    }

    /// What a framework puts where an annotation stands, whatever its arguments are.
    fn handed_over(&mut self, note: &Note) -> ExprId {
        let callee = self.builder.push_name(format!("@{}", note.name), note.span);
        self.builder.call(callee, [], note.span)
    }

    fn interface(&mut self, node: Node<'n>) {
        let name = self.builder.field(node, "name");
        let notes = self.notes(node);
        let embeds = self.bases(node);
        let body = node.child_by_field_name("body").map(members).unwrap_or_default();
        let mut class = Class { name: name.clone(), ..Class::default() };
        let mut methods = Vec::new();
        for member in &body {
            if member.kind() == "constant_declaration" {
                let mut cursor = member.walk();
                let declarators = member.children_by_field_name("declarator", &mut cursor);
                class.fields.extend(declarators.map(|declarator| self.builder.field(declarator, "name")));
            }
            if member.kind() == "method_declaration" {
                let results = member.child_by_field_name("type").map(|ty| self.ty(ty)).into_iter().collect();
                let arity = member.child_by_field_name("parameters").map_or(0, |list| children(list).len());
                let arity = u16::try_from(arity).unwrap_or(u16::MAX);
                methods.push(Signature { name: self.builder.field(*member, "name").into(), arity, results });
            }
        }
        self.builder.facts.types.push(TypeDecl {
            name: name.into(),
            ty: TypeRef::Interface { methods, embeds },
            notes,
            span: range(node),
        });
        for member in body {
            match member.kind() {
                // A method with a body is the one of those who write none.
                "method_declaration" if member.child_by_field_name("body").is_some() => {
                    self.later.push((member, class.clone()));
                }
                "method_declaration" => {}
                "constant_declaration" => {
                    self.classes.push(class.clone());
                    self.field(member, &class);
                    self.classes.pop();
                }
                _ => self.declaration(member),
            }
        }
    }

    fn method(&mut self, node: Node<'n>, class: Class) {
        let constructor = node.kind() == "constructor_declaration";
        let name = if constructor { "<new>".to_owned() } else { self.builder.field(node, "name") };
        let receiver = Some(class.name.as_str().into());
        self.builder.open(Function { name: name.into(), receiver, span: range(node), ..Function::default() });
        // Overriding and injecting are no registrations; routes, listeners, schedules and beans are.
        let plain = ["Override", "Deprecated", "SuppressWarnings", "Nullable", "Nonnull", "SafeVarargs"];
        let notes = self.notes(node);
        let registered = notes.iter().any(|note| !plain.contains(&note.name.as_str()));
        let this = self.builder.declare("this", None);
        self.builder.define(this, Def::Receiver);
        let list = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        let mut at = 0;
        for parameter in list {
            if !matches!(parameter.kind(), "formal_parameter" | "spread_parameter") {
                continue;
            }
            let ty = parameter.child_by_field_name("type").map(|ty| self.written(ty));
            let name = match parameter.child_by_field_name("name") {
                Some(name) => self.builder.slice(name).to_owned(),
                None => children(parameter).last().map(|last| self.builder.field(*last, "name")).unwrap_or_default(),
            };
            let notes = self.notes(parameter);
            let local = self.builder.declare(&name, ty);
            self.builder.define(local, Def::Parameter(at));
            at += 1;
            for note in notes {
                if let [(_, argument)] = note.arguments.as_slice() {
                    let expr = self.injected(&note, *argument);
                    self.builder.define(local, Def::Value { expr, result: 0 });
                }
            }
            self.builder.parameter(local, parameter.kind() == "spread_parameter");
        }
        if let Some(result) = node.child_by_field_name("type") {
            let ty = self.ty(result);
            self.fill(&notes, &ty);
            let result = self.builder.written(ty);
            self.builder.result(result);
        }
        if let Some(function) = self.builder.function() {
            function.registered = registered;
        }
        self.classes.push(class);
        if let Some(body) = node.child_by_field_name("body") {
            self.stmt(body);
        }
        self.classes.pop();
        self.builder.close();
    }

    /// `@Bean @ConfigurationProperties("ledger") Ledger ledger()`: which part of the configuration fills what a method makes.
    fn fill(&mut self, notes: &[Note], ty: &TypeRef) {
        let fills = notes.iter().find(|note| note.name == "ConfigurationProperties");
        if let (Some(note), false) = (fills, type_name(ty).is_empty())
            && let Some((_, argument)) =
                note.arguments.iter().find(|(key, _)| matches!(key.as_str(), "" | "prefix" | "value"))
        {
            let value = self.injected(note, *argument);
            self.put(type_name(ty), OPTIONS, value, note.span);
        }
    }

    /// What a container puts where an annotation stands: `@Value("${ledger.url}")`.
    fn injected(&mut self, note: &Note, argument: ExprId) -> ExprId {
        let callee = self.builder.push_name(format!("@{}", note.name), note.span);
        let arguments = [Argument { name: None, value: argument, spread: false }];
        self.builder.call(callee, arguments, note.span)
    }

    /// The type that a declaration of locals writes; `var` is none.
    fn declared(&mut self, node: Node<'n>) -> Option<TypeRefId> {
        let ty = node.child_by_field_name("type").map(|ty| self.ty(ty)).filter(|ty| type_name(ty) != "var");
        ty.map(|ty| self.builder.written(ty))
    }

    /// A type in the list of the file's.
    fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: its name, with the class around it as qualifier where one is written.
    fn ty(&mut self, node: Node<'n>) -> TypeRef {
        if !self.builder.descend(node) {
            return TypeRef::Unknown;
        }
        let ty = self.ty_inner(node);
        self.builder.ascend();
        ty
    }

    fn ty_inner(&mut self, node: Node<'n>) -> TypeRef {
        match node.kind() {
            "type_identifier" | "identifier" => {
                TypeRef::Name { qualifier: None, name: self.builder.slice(node).into() }
            }
            "scoped_type_identifier" => {
                let mut parts = self.builder.slice(node).rsplit('.').map(|part| part.trim().to_owned());
                let name = parts.next().unwrap_or_default();
                TypeRef::Name { qualifier: parts.next().map(Into::into), name: name.into() }
            }
            "generic_type" => {
                let parts = children(node);
                let outer = parts.first().map_or(TypeRef::Unknown, |outer| self.ty(*outer));
                let arguments = parts.get(1).map(|list| children(*list)).unwrap_or_default();
                match (type_name(&outer), arguments.as_slice()) {
                    ("List" | "Set" | "Collection" | "Iterable" | "Optional" | "Mono" | "Flux" | "Stream", [inner]) => {
                        TypeRef::List(Box::new(self.ty(*inner)))
                    }
                    ("Map", [_, value]) => TypeRef::Map(Box::new(self.ty(*value))),
                    _ => outer,
                }
            }
            "array_type" => {
                TypeRef::List(Box::new(node.child_by_field_name("element").map_or(TypeRef::Unknown, |ty| self.ty(ty))))
            }
            "annotated_type" => children(node).last().map_or(TypeRef::Unknown, |inner| self.ty(*inner)),
            _ => TypeRef::Unknown,
        }
    }

    fn stmt(&mut self, node: Node<'n>) {
        self.builder.depth += 1;
        if self.builder.depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
        } else {
            self.stmt_inner(node);
        }
        self.builder.depth -= 1;
    }

    fn all(&mut self, node: Node<'n>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.stmt(child);
        }
    }

    fn stmt_inner(&mut self, node: Node<'n>) {
        match node.kind() {
            "line_comment" | "block_comment" => {}
            "block"
            | "constructor_body"
            | "for_statement"
            | "try_statement"
            | "try_with_resources_statement"
            | "catch_clause"
            | "switch_block_statement_group"
            | "switch_rule"
            | "static_initializer"
            | "enhanced_for_statement" => {
                self.builder.enter();
                if node.kind() == "enhanced_for_statement" {
                    let over = node.child_by_field_name("value").map(|value| self.expr(value));
                    let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
                    let local = self.builder.declare(&self.builder.field(node, "name"), ty);
                    if let Some(over) = over {
                        self.builder.define(local, Def::Element(over));
                    }
                    if let Some(body) = node.child_by_field_name("body") {
                        self.stmt(body);
                    }
                } else {
                    self.all(node);
                }
                self.builder.leave();
            }
            "if_statement"
            | "while_statement"
            | "do_statement"
            | "finally_clause"
            | "labeled_statement"
            | "switch_expression"
            | "switch_block"
            | "synchronized_statement"
            | "resource_specification"
            | "expression_statement" => self.all(node),
            "local_variable_declaration" => {
                let ty = self.declared(node);
                let mut cursor = node.walk();
                let declarators: Vec<_> = node.children_by_field_name("declarator", &mut cursor).collect();
                for declarator in declarators {
                    self.local(declarator, ty);
                }
            }
            "resource" => {
                let ty = self.declared(node);
                self.local(node, ty);
            }
            "return_statement" | "yield_statement" => {
                let values: Vec<_> = children(node).into_iter().map(|value| self.expr(value)).collect();
                self.builder.give_back(values);
            }
            "class_declaration" | "record_declaration" | "enum_declaration" => self.class(node),
            "break_statement" | "continue_statement" | "catch_formal_parameter" | "modifiers" | "switch_label" => {}
            _ => {
                self.expr(node);
            }
        }
    }

    fn local(&mut self, node: Node<'n>, ty: Option<TypeRefId>) {
        let value = node.child_by_field_name("value").map(|value| self.expr(value));
        let local = self.builder.declare(&self.builder.field(node, "name"), ty);
        if let Some(expr) = value {
            self.builder.define(local, Def::Value { expr, result: 0 });
        }
    }
}

/// The members of a class's body; an enumeration keeps its methods one level deeper.
fn members(body: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = body.walk();
    let members = body.named_children(&mut cursor).collect::<Vec<_>>();
    members
        .into_iter()
        .flat_map(|member| if member.kind() == "enum_body_declarations" { children(member) } else { vec![member] })
        .collect()
}

/// The name of a type; empty if it has none.
fn type_name(ty: &TypeRef) -> &str {
    match ty {
        TypeRef::Name { name, .. } => name,
        _ => "",
    }
}
