//! Aspire's AppHost: code that says what a deploy consists of, what it gives to whom, and at which ports it answers.
//!
//! ```text
//! var ledger = builder.AddProject<Projects.Ledger_Api>("ledger").WithReference(builder.AddRedis("cache"));
//! ```
//! Only what is written in one file is followed: variables that hold resources, chains of calls on them, loops over lists of them, and
//! functions of the file, which are read with what each call passes.

mod chain;

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children, range};
use chain::Resource;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// What a text must hold to be looked at.
const MARKS: &[&str] = &["DistributedApplication.CreateBuilder", "IDistributedApplicationBuilder", "IResourceBuilder<"];

/// How many calls and elements of loops are followed in one file.
const MAX_STEPS: usize = 4_000;

/// How deep functions of a file are followed into each other.
const MAX_CALLS: usize = 8;

/// What an expression is.
#[derive(Debug, Clone)]
enum Meaning {
    Resource(Resource),
    Text(String),
    Number(u32),
    List(Vec<Self>),
}

/// An argument of a call: the name it is passed by, if it is; the expression; what that is.
struct Argument<'n> {
    name: String,
    value: Node<'n>,
    meaning: Option<Meaning>,
}

/// A call: what it is called on, if that is known, its type arguments and its arguments.
struct Call<'n> {
    of: Option<Meaning>,
    types: Vec<String>,
    arguments: Vec<Argument<'n>>,
}

/// What the names of a stretch of code are.
#[derive(Debug, Clone, Default)]
struct Scope {
    known: BTreeMap<String, Meaning>,
    /// The projects that the type parameters of a function stand for.
    types: BTreeMap<String, String>,
    /// How many functions lie around this one.
    calls: usize,
    /// What the function gives back, so far.
    returned: Option<Meaning>,
}

/// The functions of a file and how much of it has been followed.
#[derive(Default)]
struct Hosting<'n> {
    functions: BTreeMap<String, Node<'n>>,
    steps: usize,
}

impl<'n> Hosting<'n> {
    /// Counts a step; answers whether there is one left.
    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= MAX_STEPS
    }
}

impl<'n> Lower<'_, 'n> {
    /// Adds what a file of an AppHost gives to the programs of the deploy.
    pub(super) fn apphost(&mut self, root: Node<'n>) {
        if !MARKS.iter().any(|mark| self.builder.text.contains(mark)) {
            return;
        }
        let mut host = Hosting::default();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if matches!(node.kind(), "local_function_statement" | "method_declaration") {
                let name = self.builder.field(node, "name");
                host.functions.entry(name).or_insert(node);
            }
            open.extend(children(node));
        }
        let mut scope = Scope::default();
        self.hosting(root, &mut scope, &mut host, 0);
        let mut known = BTreeSet::new();
        self.builder.facts.grants.retain(|grant| known.insert((grant.to.clone(), grant.gift.clone())));
    }

    /// Reads statements in their order.
    fn hosting(&mut self, node: Node<'n>, scope: &mut Scope, host: &mut Hosting<'n>, depth: usize) {
        if depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            return;
        }
        match node.kind() {
            "variable_declarator" => {
                let name = node.child_by_field_name("name").map(|name| self.builder.slice(name).to_owned());
                if let (Some(name), Some(value)) = (name, super::class::initial(node))
                    && let Some(meaning) = self.meaning(value, scope, host, depth + 1)
                {
                    scope.known.insert(name, meaning);
                }
            }
            "assignment_expression" => {
                let name = self.builder.field(node, "left");
                let value = node.child_by_field_name("right");
                if let Some(meaning) = value.and_then(|value| self.meaning(value, scope, host, depth + 1)) {
                    scope.known.insert(name, meaning);
                }
            }
            "invocation_expression" => {
                self.meaning(node, scope, host, depth + 1);
            }
            "foreach_statement" => {
                let list = node.child_by_field_name("right");
                let list = list.and_then(|list| self.meaning(list, scope, host, depth + 1));
                let name = self.builder.field(node, "left");
                let Some(body) = node.child_by_field_name("body") else { return };
                let Some(Meaning::List(all)) = list else { return self.hosting(body, scope, host, depth + 1) };
                for element in all {
                    if !host.step() {
                        self.builder.facts.faults.push(range(node));
                        return;
                    }
                    scope.known.insert(name.clone(), element);
                    self.hosting(body, scope, host, depth + 1);
                }
            }
            "return_statement" => {
                let value = children(node).first().copied();
                let value = value.and_then(|value| self.meaning(value, scope, host, depth + 1));
                scope.returned = value.or(scope.returned.take());
            }
            // What a function is given is known where it is called; on its own it is read with the names around it.
            "local_function_statement" | "method_declaration" => {
                let mut inner = scope.clone();
                if let Some(body) = node.child_by_field_name("body") {
                    self.hosting(body, &mut inner, host, depth + 1);
                }
            }
            _ => {
                for inner in children(node) {
                    self.hosting(inner, scope, host, depth + 1);
                }
            }
        }
    }

    fn meaning(&mut self, node: Node<'n>, scope: &mut Scope, host: &mut Hosting<'n>, depth: usize) -> Option<Meaning> {
        if depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            return None;
        }
        match node.kind() {
            "identifier" => scope.known.get(self.builder.slice(node)).cloned(),
            "string_literal" | "verbatim_string_literal" | "raw_string_literal" => {
                Some(Meaning::Text(super::expr::unquote(self.builder.slice(node))))
            }
            "integer_literal" => self.builder.slice(node).replace('_', "").parse().ok().map(Meaning::Number),
            "interpolated_string_expression" => self.put_together(node, scope, host, depth),
            "parenthesized_expression" | "await_expression" | "postfix_unary_expression" => {
                self.meaning(*children(node).first()?, scope, host, depth + 1)
            }
            // Of a choice the first branch that is known.
            "conditional_expression" | "binary_expression" => {
                let parts = ["consequence", "alternative", "left", "right"];
                let parts = parts.into_iter().filter_map(|part| node.child_by_field_name(part));
                let all: Vec<_> = parts.map(|part| self.meaning(part, scope, host, depth + 1)).collect();
                match all.as_slice() {
                    [Some(Meaning::Text(left)), Some(Meaning::Text(right))]
                        if node.kind() == "binary_expression" && self.builder.field(node, "operator") == "+" =>
                    {
                        Some(Meaning::Text(format!("{left}{right}")))
                    }
                    [_, Some(Meaning::Text(_))] | [Some(Meaning::Text(_)), _] => None,
                    _ => all.into_iter().flatten().next(),
                }
            }
            "collection_expression" | "initializer_expression" => {
                let parts = children(node).into_iter();
                let parts = parts.map(|part| {
                    if part.kind() == "collection_element" {
                        children(part).first().copied().unwrap_or(part)
                    } else {
                        part
                    }
                });
                let parts: Vec<_> = parts.collect();
                let all = parts.into_iter().filter_map(|part| self.meaning(part, scope, host, depth + 1));
                Some(Meaning::List(all.collect()))
            }
            "array_creation_expression"
            | "implicit_array_creation_expression"
            | "object_creation_expression"
            | "implicit_object_creation_expression" => {
                let list = children(node).into_iter().find(|part| part.kind() == "initializer_expression")?;
                self.meaning(list, scope, host, depth + 1)
            }
            "member_access_expression" => self.meaning(node.child_by_field_name("expression")?, scope, host, depth + 1),
            "assignment_expression" => {
                self.hosting(node, scope, host, depth + 1);
                scope.known.get(&self.builder.field(node, "left")).cloned()
            }
            "invocation_expression" => {
                if !host.step() {
                    self.builder.facts.faults.push(range(node));
                    return None;
                }
                self.invoked(node, scope, host, depth)
            }
            _ => None,
        }
    }

    fn put_together(
        &mut self,
        node: Node<'n>,
        scope: &mut Scope,
        host: &mut Hosting<'n>,
        depth: usize,
    ) -> Option<Meaning> {
        let mut text = String::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => text.push_str(self.builder.slice(part)),
                "interpolation" => {
                    let inner = children(part).into_iter().find(|inner| !inner.kind().starts_with("interpolation"));
                    match inner.and_then(|inner| self.meaning(inner, scope, host, depth + 1)) {
                        Some(Meaning::Text(inner)) => text.push_str(&inner),
                        Some(Meaning::Number(inner)) => text.push_str(&inner.to_string()),
                        Some(Meaning::Resource(of)) => text.push_str(of.host()),
                        Some(Meaning::List(_)) | None => return None,
                    }
                }
                _ => {}
            }
        }
        Some(Meaning::Text(text))
    }

    /// A call: of a function of the file, else of a method of Aspire's on a resource.
    fn invoked(&mut self, node: Node<'n>, scope: &mut Scope, host: &mut Hosting<'n>, depth: usize) -> Option<Meaning> {
        let function = node.child_by_field_name("function")?;
        let (of, name) = match function.kind() {
            "member_access_expression" => {
                let of = self.meaning(function.child_by_field_name("expression")?, scope, host, depth + 1);
                (of, function.child_by_field_name("name")?)
            }
            _ => (None, function),
        };
        let parts = children(name);
        let method = if name.kind() == "generic_name" { *parts.first()? } else { name };
        let method = self.builder.slice(method).to_owned();
        let types: Vec<String> = match parts.get(1) {
            Some(list) if list.kind() == "type_argument_list" => {
                let names = children(*list).into_iter().map(|name| self.builder.slice(name).trim().to_owned());
                names.map(|name| scope.types.get(&name).cloned().unwrap_or(name)).collect()
            }
            _ => Vec::new(),
        };
        let mut arguments = Vec::new();
        for argument in children(node.child_by_field_name("arguments")?) {
            let name = self.builder.field(argument, "name");
            let Some(value) = children(argument).last().copied() else { continue };
            let meaning = self.meaning(value, scope, host, depth + 1);
            arguments.push(Argument { name, value, meaning });
        }
        match host.functions.get(&method).copied().filter(|_| scope.calls < MAX_CALLS) {
            Some(own) => self.followed(own, Call { of, types, arguments }, scope, host, depth),
            None => self.chained(node, &method, Call { of, types, arguments }, (scope, host), depth),
        }
    }

    /// Reads a function of the file with what a call passes to it.
    fn followed(
        &mut self,
        function: Node<'n>,
        call: Call<'n>,
        scope: &mut Scope,
        host: &mut Hosting<'n>,
        depth: usize,
    ) -> Option<Meaning> {
        let Call { of, types, arguments } = call;
        let mut inner = Scope { calls: scope.calls + 1, returned: None, ..scope.clone() };
        let list = function.child_by_field_name("type_parameters").map(children).unwrap_or_default();
        for (parameter, project) in list.into_iter().zip(types) {
            inner.types.insert(self.builder.field(parameter, "name"), project);
        }
        let list = function.child_by_field_name("parameters").map(children).unwrap_or_default();
        let list: Vec<Node<'n>> = list.into_iter().filter(|part| part.kind() == "parameter").collect();
        let is_extension = list.first().is_some_and(|first| self.builder.slice(*first).starts_with("this "));
        // What an extension is called on may be the builder, which is no resource.
        let is_passed = arguments.iter().filter(|argument| argument.name.is_empty()).count() == list.len();
        let on = if is_extension && !is_passed { Some(of) } else { None };
        let mut passed: Vec<Option<Meaning>> = on.into_iter().collect();
        passed.extend(arguments.iter().filter(|argument| argument.name.is_empty()).map(|one| one.meaning.clone()));
        for (at, parameter) in list.into_iter().enumerate() {
            let name = self.builder.field(parameter, "name");
            let named = arguments.iter().find(|argument| argument.name == name).and_then(|one| one.meaning.clone());
            let after = parameter.child_by_field_name("name").map_or(0, |name| name.end_byte());
            let default = children(parameter).into_iter().rfind(|part| part.start_byte() >= after && after > 0);
            let value = match passed.get(at).cloned().flatten().or(named) {
                Some(value) => Some(value),
                None => default.and_then(|default| self.meaning(default, &mut inner, host, depth + 1)),
            };
            match value {
                Some(value) => inner.known.insert(name, value),
                None => inner.known.remove(&name),
            };
        }
        let body = function.child_by_field_name("body")?;
        if body.kind() == "arrow_expression_clause" {
            return self.meaning(*children(body).first()?, &mut inner, host, depth + 1);
        }
        self.hosting(body, &mut inner, host, depth + 1);
        inner.returned
    }
}
