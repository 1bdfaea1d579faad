//! Kotlin, by tree-sitter.

mod class;
mod expr;
mod stmt;

use super::build::{Builder, Class, Expressions, children, facts_of, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::frontend::is_reference;
use crate::ir::{Components, Def, ExprId, Facts, Function, Global, Import, Note, TypeRef, TypeRefId};
use tree_sitter::Node;

/// The front end.
pub(super) struct Kotlin;

impl Frontend for Kotlin {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_kotlin_ng::LANGUAGE.into(), text, |builder, root| {
            let mut lower = Lower { builder, classes: Vec::new(), later: Vec::new() };
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
    /// Functions that are read after what runs when the file is loaded, with the classes around them.
    later: Vec<(Node<'n>, Vec<Class>)>,
}

/// Types that are lists of what they hold.
const LISTS: &[&str] =
    &["List", "MutableList", "Set", "Collection", "Iterable", "Sequence", "Array", "Flow", "Flux", "Mono", "Optional"];

/// Types that stand for what they hold.
const WRAPPERS: &[&str] = &["Deferred", "Lazy", "Result", "Provider", "ObjectProvider"];

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.open(Function::default());
        for node in children(root) {
            match node.kind() {
                "package_header" => {
                    let name = children(node).first().map(|name| self.builder.slice(*name)).unwrap_or_default();
                    self.builder.facts.package = name.split_whitespace().collect();
                }
                "import" => self.import(node),
                "property_declaration" => self.global(node),
                _ => self.declaration(node),
            }
        }
        self.builder.close_file();
        let mut at = 0;
        while let Some((node, classes)) = self.later.get(at).cloned() {
            at += 1;
            self.function(node, classes);
        }
        self.builder.facts.faults.extend(first_fault(root));
    }

    fn import(&mut self, node: Node<'n>) {
        let text = self.builder.slice(node).trim_start_matches("import").trim().trim_end_matches(';');
        let (path, alias) =
            text.split_once(" as ").map_or((text, None), |(path, alias)| (path.trim(), Some(alias.trim().into())));
        let import = match path.strip_suffix(".*") {
            Some(package) => Import { alias: Some(".".into()), path: package.into(), name: None },
            None => match path.rsplit_once('.') {
                Some((package, name)) => Import { alias, path: package.into(), name: Some(name.into()) },
                None => return,
            },
        };
        self.builder.facts.imports.push(import);
    }

    /// A property at the top of a file.
    fn global(&mut self, node: Node<'n>) {
        let Some(parts) = self.property(node) else { return };
        let values = self.values(&parts);
        let ty = parts.ty.map(|ty| self.written(ty));
        let values = values.into_iter().map(|value| (value, 0)).collect();
        self.builder.facts.globals.push(Global { name: parts.name.into(), ty, values });
    }

    /// What the declaration of a property consists of.
    fn property(&self, node: Node<'n>) -> Option<Property<'n>> {
        let parts = children(node);
        let at = parts.iter().position(|part| part.kind() == "variable_declaration")?;
        let declaration = children(parts[at]);
        let name = declaration.iter().find(|part| part.kind() == "identifier")?;
        let ty = declaration.iter().rfind(|part| is_type(part.kind())).copied();
        let rest = &parts[at + 1..];
        let value = rest.iter().find(|part| {
            !matches!(part.kind(), "getter" | "setter" | "property_delegate" | "type_constraints" | "modifiers")
        });
        let delegate = rest.iter().find(|part| part.kind() == "property_delegate");
        let getter = rest
            .iter()
            .find(|part| part.kind() == "getter")
            .and_then(|getter| children(*getter).into_iter().find(|part| part.kind() == "function_body"));
        Some(Property {
            node,
            name: self.builder.slice(*name).trim_matches('`').to_owned(),
            ty,
            value: value.copied(),
            delegate: delegate.and_then(|delegate| children(*delegate).first().copied()),
            getter,
        })
    }

    /// What a property is worth: what is written, what `by lazy` gives, what its getter does, and what a container puts there.
    fn values(&mut self, property: &Property<'n>) -> Vec<ExprId> {
        let mut values: Vec<ExprId> = property.value.map(|value| self.expr(value)).into_iter().collect();
        values.extend(property.delegate.map(|delegate| self.expr(delegate)));
        if let Some(body) = property.getter {
            values.extend(self.last_of(body));
        }
        let notes = self.notes(property.node);
        for note in &notes {
            match note.arguments.as_slice() {
                [(_, argument)] => values.push(self.injected(note, *argument)),
                _ if is_reference(&note.name) => {
                    let callee = self.builder.push_name(format!("@{}", note.name), note.span);
                    values.push(self.builder.call(callee, [], note.span));
                }
                _ => {}
            }
        }
        values
    }

    /// The annotations of a declaration.
    fn notes(&mut self, node: Node<'n>) -> Vec<Note> {
        let modifiers =
            children(node).into_iter().filter(|child| matches!(child.kind(), "modifiers" | "parameter_modifiers"));
        // Those of a function's parameter stand beside it.
        let own = children(node).into_iter().filter(|child| child.kind() == "annotation");
        let annotations: Vec<_> =
            modifiers.flat_map(children).filter(|child| child.kind() == "annotation").chain(own).collect();
        let mut notes = Vec::new();
        for annotation in annotations {
            let parts = children(annotation);
            let Some(what) = parts.iter().find(|part| part.kind() != "use_site_target") else { continue };
            let (ty, list) = match children(*what).as_slice() {
                [ty, list, ..] if what.kind() == "constructor_invocation" => (*ty, Some(*list)),
                [ty] if what.kind() == "constructor_invocation" => (*ty, None),
                _ => (*what, None),
            };
            let name = match self.ty(ty) {
                TypeRef::Name { name, .. } => name,
                _ => continue,
            };
            let mut arguments = Vec::new();
            for argument in list.map(children).unwrap_or_default() {
                let (key, value) = argument_parts(argument);
                let key = key.map(|key| self.builder.slice(key)).unwrap_or_default();
                if let Some(value) = value {
                    let value = match children(value).as_slice() {
                        [only] if value.kind() == "collection_literal" => self.expr(*only),
                        _ => self.expr(value),
                    };
                    arguments.push((key.into(), value));
                }
            }
            notes.push(Note { name, arguments, span: range(annotation) });
        }
        notes
    }

    /// What a container puts where an annotation stands: `@Value("\${ledger.url}")`.
    fn injected(&mut self, note: &Note, argument: ExprId) -> ExprId {
        let callee = self.builder.push_name(format!("@{}", note.name), note.span);
        let arguments = [crate::ir::Argument { name: None, value: argument, spread: false }];
        self.builder.call(callee, arguments, note.span)
    }

    fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: its name, with the class around it where one is written.
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
            "user_type" => {
                let parts = children(node);
                let names: Vec<&str> =
                    parts.iter().filter(|p| p.kind() == "identifier").map(|p| self.builder.slice(*p)).collect();
                let Some((name, above)) = names.split_last() else { return TypeRef::Unknown };
                let arguments = parts.iter().find(|part| part.kind() == "type_arguments");
                let arguments: Vec<_> =
                    arguments.map(|list| children(*list)).unwrap_or_default().into_iter().flat_map(children).collect();
                match arguments.as_slice() {
                    [only] if LISTS.contains(name) => TypeRef::List(Box::new(self.ty(*only))),
                    [only] if WRAPPERS.contains(name) => self.ty(*only),
                    [_, value] if matches!(*name, "Map" | "MutableMap") => TypeRef::Map(Box::new(self.ty(*value))),
                    _ => {
                        let qualifier = above.last().filter(|above| above.starts_with(char::is_uppercase));
                        TypeRef::Name { qualifier: qualifier.map(|above| (*above).into()), name: (*name).into() }
                    }
                }
            }
            "identifier" => TypeRef::Name { qualifier: None, name: self.builder.slice(node).into() },
            "nullable_type" | "parenthesized_type" | "non_nullable_type" => {
                let inner = children(node).into_iter().find(|part| is_type(part.kind()));
                inner.map_or(TypeRef::Unknown, |inner| self.ty(inner))
            }
            "function_type" => match children(node).last() {
                Some(result) => TypeRef::Function(vec![self.ty(*result)]),
                None => TypeRef::Unknown,
            },
            _ => TypeRef::Unknown,
        }
    }

    /// The parameters of a function: name, type, default, the node with its annotations, and whether it takes the rest.
    fn parameters(&self, list: Node<'n>) -> Vec<Parameter<'n>> {
        let mut found: Vec<Parameter<'n>> = Vec::new();
        let mut modifiers = None;
        for part in children(list) {
            match part.kind() {
                "parameter_modifiers" => modifiers = Some(part),
                "parameter" | "class_parameter" => {
                    let inner = children(part);
                    let name = inner.iter().find(|part| part.kind() == "identifier");
                    let ty = inner.iter().find(|part| is_type(part.kind()));
                    let default = ty.and_then(|ty| inner.iter().find(|part| part.start_byte() >= ty.end_byte()));
                    let marked = modifiers.take();
                    let marks = marked.map(|node| self.builder.slice(node)).unwrap_or_default();
                    found.push(Parameter {
                        node: marked.unwrap_or(part),
                        name: name
                            .map(|name| self.builder.slice(*name).trim_matches('`').to_owned())
                            .unwrap_or_default(),
                        ty: ty.copied(),
                        default: default.copied(),
                        is_rest: marks.contains("vararg"),
                    });
                }
                _ => {
                    // The default of the parameter before it.
                    if let Some(last) = found.last_mut() {
                        last.default = Some(part);
                    }
                }
            }
        }
        found
    }

    /// Declares parameters of the function that is being read.
    fn declare_parameters(&mut self, parameters: &[Parameter<'n>]) {
        for (at, parameter) in (0_u16..).zip(parameters) {
            let ty = parameter.ty.map(|ty| self.written(ty));
            let notes = self.notes(parameter.node);
            let local = self.builder.declare(&parameter.name, ty);
            self.builder.define(local, Def::Parameter(at));
            if let Some(default) = parameter.default {
                let expr = self.expr(default);
                self.builder.define(local, Def::Value { expr, result: 0 });
            }
            for note in &notes {
                if let [(_, argument)] = note.arguments.as_slice() {
                    let expr = self.injected(note, *argument);
                    self.builder.define(local, Def::Value { expr, result: 0 });
                }
            }
            self.builder.parameter(local, parameter.is_rest);
        }
    }
}

/// The declaration of a property.
struct Property<'n> {
    node: Node<'n>,
    name: String,
    ty: Option<Node<'n>>,
    value: Option<Node<'n>>,
    delegate: Option<Node<'n>>,
    getter: Option<Node<'n>>,
}

/// A parameter as it is written.
struct Parameter<'n> {
    node: Node<'n>,
    name: String,
    ty: Option<Node<'n>>,
    default: Option<Node<'n>>,
    is_rest: bool,
}

/// Whether a kind of node is a type.
fn is_type(kind: &str) -> bool {
    matches!(
        kind,
        "user_type" | "nullable_type" | "parenthesized_type" | "non_nullable_type" | "function_type" | "dynamic"
    )
}

/// The name and the value of an argument.
fn argument_parts(argument: Node<'_>) -> (Option<Node<'_>>, Option<Node<'_>>) {
    match children(argument).as_slice() {
        [name, value] if name.kind() == "identifier" => (Some(*name), Some(*value)),
        [.., value] => (None, Some(*value)),
        [] => (None, None),
    }
}
