//! Aspire's AppHost: code that says what a deploy consists of, and what it gives to whom.
//!
//! ```text
//! var ledger = builder.AddProject<Projects.Ledger_Api>("ledger").WithReference(builder.AddRedis("cache"));
//! ```
//! Only what is written in one file is followed: variables that hold resources, and chains of calls on them.

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children, range};
use crate::ir::Grant;
use std::collections::BTreeMap;
use tree_sitter::Node;

/// What a text must hold to be looked at.
const MARKS: &[&str] = &["DistributedApplication.CreateBuilder", "IDistributedApplicationBuilder", "IResourceBuilder<"];

/// A resource of the deploy.
#[derive(Debug, Clone)]
struct Resource {
    /// Its name: that of its connection, too.
    name: String,
    /// The resource that answers for it: of a data base its server.
    host: String,
    /// Whether it is a program, which is called by addresses, and not a store, which is called by a connection string.
    is_program: bool,
}

/// What an expression is.
#[derive(Debug, Clone)]
enum Meaning {
    Resource(Resource),
    Text(String),
}

/// Names of methods that put one thing in an order or a group with another one, and give it nothing.
const ORDERS: &[&str] = &[
    "WaitFor",
    "WaitForCompletion",
    "WaitForStart",
    "WithParentRelationship",
    "WithChildRelationship",
    "WithRelationship",
];

impl<'n> Lower<'_, 'n> {
    /// Adds what a file of an AppHost gives to the programs of the deploy.
    pub(super) fn apphost(&mut self, root: Node<'n>) {
        if !MARKS.iter().any(|mark| self.builder.text.contains(mark)) {
            return;
        }
        let mut known = BTreeMap::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match node.kind() {
                "variable_declarator" => {
                    let name = node.child_by_field_name("name").map(|name| self.builder.slice(name).to_owned());
                    if let (Some(name), Some(value)) = (name, super::class::initial(node))
                        && let Some(meaning) = self.meaning(value, &known, 0)
                    {
                        known.insert(name, meaning);
                    }
                }
                "assignment_expression" => {
                    let name = self.builder.field(node, "left");
                    let value = node.child_by_field_name("right");
                    if let Some(meaning) = value.and_then(|value| self.meaning(value, &known, 0)) {
                        known.insert(name, meaning);
                    }
                }
                "invocation_expression" => {
                    self.meaning(node, &known, 0);
                }
                _ => {
                    let mut inner = children(node);
                    inner.reverse();
                    open.append(&mut inner);
                }
            }
        }
        self.builder.facts.grants.dedup();
    }

    fn meaning(&mut self, node: Node<'n>, known: &BTreeMap<String, Meaning>, depth: usize) -> Option<Meaning> {
        if depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            return None;
        }
        match node.kind() {
            "identifier" => known.get(self.builder.slice(node)).cloned(),
            "string_literal" | "verbatim_string_literal" | "raw_string_literal" => {
                Some(Meaning::Text(super::expr::unquote(self.builder.slice(node))))
            }
            "interpolated_string_expression" => {
                let mut text = String::new();
                for part in children(node) {
                    match part.kind() {
                        "string_content" => text.push_str(self.builder.slice(part)),
                        "interpolation" => {
                            let inner =
                                children(part).into_iter().find(|inner| !inner.kind().starts_with("interpolation"));
                            match inner.and_then(|inner| self.meaning(inner, known, depth + 1)) {
                                Some(Meaning::Text(inner)) => text.push_str(&inner),
                                Some(Meaning::Resource(of)) => text.push_str(&of.host),
                                None => return None,
                            }
                        }
                        _ => {}
                    }
                }
                Some(Meaning::Text(text))
            }
            "parenthesized_expression" | "await_expression" | "postfix_unary_expression" => {
                self.meaning(*children(node).first()?, known, depth + 1)
            }
            "member_access_expression" => self.meaning(node.child_by_field_name("expression")?, known, depth + 1),
            "invocation_expression" => self.chained(node, known, depth),
            _ => None,
        }
    }

    fn chained(&mut self, node: Node<'n>, known: &BTreeMap<String, Meaning>, depth: usize) -> Option<Meaning> {
        let function = node.child_by_field_name("function")?;
        if function.kind() != "member_access_expression" {
            return None;
        }
        let of = self.meaning(function.child_by_field_name("expression")?, known, depth + 1);
        let name = function.child_by_field_name("name")?;
        let parts = children(name);
        let method = if name.kind() == "generic_name" { *parts.first()? } else { name };
        let method = self.builder.slice(method).to_owned();
        let list = children(node.child_by_field_name("arguments")?);
        let values: Vec<Node<'n>> =
            list.into_iter().filter_map(|argument| children(argument).last().copied()).collect();
        let arguments: Vec<Option<Meaning>> =
            values.iter().map(|value| self.meaning(*value, known, depth + 1)).collect();
        let of = match of {
            Some(Meaning::Resource(of)) => Some(of),
            _ => None,
        };
        if let (true, Some(Some(Meaning::Text(name)))) = (method.starts_with("Add"), arguments.first()) {
            let project = parts.get(1).map(|list| self.builder.slice(*list).trim_matches(['<', '>']));
            let project = project.and_then(|path| path.trim().strip_prefix("Projects.")).map(str::to_owned);
            let is_program =
                matches!(method.as_str(), "AddProject" | "AddDockerfile" | "AddContainer" | "AddYarp" | "AddCSharpApp")
                    || method.ends_with("App");
            if let Some(project) = project {
                self.grant(name, "", &project, node);
            }
            if matches!(method.as_str(), "AddParameter" | "AddConnectionString") {
                return None;
            }
            let host = of.map_or_else(|| name.clone(), |server| server.host);
            return Some(Meaning::Resource(Resource { name: name.clone(), host, is_program }));
        }
        let of = of?;
        match (method.as_str(), arguments.as_slice()) {
            ("WithEnvironment", [Some(Meaning::Text(variable)), Some(value)]) => {
                let value = match value {
                    Meaning::Text(text) => text.clone(),
                    Meaning::Resource(other) if other.is_program => format!("http://{}", other.host),
                    Meaning::Resource(other) => format!("Host={}", other.host),
                };
                self.grant(&of.name, variable, &value, node);
            }
            (method, arguments) if !ORDERS.contains(&method) => {
                for other in arguments.iter().flatten() {
                    let Meaning::Resource(other) = other else { continue };
                    if other.is_program {
                        self.grant(
                            &of.name,
                            &format!("services__{}__http__0", other.name),
                            &format!("http://{}", other.host),
                            node,
                        );
                    } else {
                        self.grant(
                            &of.name,
                            &format!("ConnectionStrings__{}", other.name),
                            &format!("Host={}", other.host),
                            node,
                        );
                    }
                }
            }
            _ => {}
        }
        Some(Meaning::Resource(of))
    }

    fn grant(&mut self, to: &str, variable: &str, value: &str, node: Node<'n>) {
        let grant = Grant { to: to.into(), variable: variable.into(), value: value.to_owned(), span: range(node) };
        self.builder.facts.grants.push(grant);
    }
}
