//! What the methods of Aspire do to a resource, and with what.

use super::{Argument, Call, Hosting, Lower, MAX_CALLS, Meaning, Scope};
use crate::frontend::build::{children, range};
use crate::ir::{Gift, Grant};
use tree_sitter::Node;

/// A resource of the deploy.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    /// Its name: that of its connection, too.
    name: String,
    /// The resource that answers for it: of a data base its server.
    host: String,
    /// The method that made that one: `AddRedis`.
    maker: String,
}

impl Resource {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is a program, which is called by addresses, and not a store, which is called by a connection string.
    fn is_program(&self) -> bool {
        let programs = ["AddProject", "AddDockerfile", "AddContainer", "AddYarp", "AddCSharpApp", "AddExecutable"];
        programs.contains(&self.maker.as_str()) || self.maker.ends_with("App")
    }
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

/// The lowest number that is a port, and not a count of something.
const MIN_PORT: u32 = 80;

impl<'n> Lower<'_, 'n> {
    /// A call of a method that the file does not have.
    pub(super) fn chained(
        &mut self,
        node: Node<'n>,
        method: &str,
        Call { of, types, arguments }: Call<'n>,
        (scope, host): (&Scope, &mut Hosting<'n>),
        depth: usize,
    ) -> Option<Meaning> {
        let of = match of {
            Some(Meaning::List(all)) => return self.listed((all, method), &arguments, (scope, host), depth),
            Some(Meaning::Resource(of)) => Some(of),
            _ => None,
        };
        let first = arguments.first().and_then(|argument| argument.meaning.as_ref());
        if let (true, Some(Meaning::Text(name))) = (method.starts_with("Add"), first) {
            if matches!(method, "AddParameter" | "AddConnectionString") {
                return None;
            }
            if let Some(project) = types.first().and_then(|path| path.strip_prefix("Projects.")) {
                self.give(name, Gift::Project(project.to_owned()), node);
            } else if is_started(method) {
                self.give(name, Gift::Program(started_in(method, &arguments)), node);
            }
            let numbers = arguments.iter().filter(|argument| matches!(argument.name.as_str(), "" | "port"));
            for port in numbers.filter_map(port) {
                self.give(name, Gift::Port(port), node);
            }
            let (host, maker) =
                of.map_or_else(|| (name.clone(), method.to_owned()), |server| (server.host, server.maker));
            return Some(Meaning::Resource(Resource { name: name.clone(), host, maker }));
        }
        let of = of?;
        match method {
            "WithHttpEndpoint" | "WithHttpsEndpoint" | "WithEndpoint" | "WithHostPort" => {
                let is_port = |argument: &&Argument<'_>| matches!(argument.name.as_str(), "" | "port");
                if let Some(port) = arguments.iter().filter(is_port).find_map(port) {
                    self.give(&of.name, Gift::Port(port), node);
                }
                for (left, right) in self.assigned(&arguments) {
                    let number = self.builder.slice(right).parse().ok();
                    if let Some(port) = number.filter(|_| left.ends_with(".Port")) {
                        self.give(&of.name, Gift::Port(port), node);
                    }
                }
            }
            "WithEnvironment" => self.environment(&of, &arguments, scope, node),
            _ if ORDERS.contains(&method) => {}
            _ => {
                let mut texts =
                    arguments.iter().filter_map(|argument| match (&argument.meaning, argument.name.as_str()) {
                        (Some(Meaning::Text(text)), "" | "connectionName" | "name") => Some(text.as_str()),
                        _ => None,
                    });
                let called = texts.next().filter(|_| method == "WithReference");
                for other in arguments.iter().filter_map(|argument| argument.meaning.as_ref()) {
                    self.refer(&of, other, called, node);
                }
            }
        }
        Some(Meaning::Resource(of))
    }

    /// What a reference to another resource gives: its address or its connection, under its name or the one that the reference has.
    fn refer(&mut self, of: &Resource, other: &Meaning, called: Option<&str>, node: Node<'n>) {
        let other = match other {
            Meaning::Resource(other) => other,
            Meaning::List(all) => return all.iter().for_each(|other| self.refer(of, other, called, node)),
            Meaning::Text(_) | Meaning::Number(_) => return,
        };
        let name = called.unwrap_or(&other.name);
        // From its thirteenth version on Aspire says both in plain variables too.
        let plain = name.to_uppercase().replace(['-', '.'], "_");
        if other.is_program() {
            for variable in [format!("services__{name}__http__0"), format!("{plain}_HTTP")] {
                self.variable(of, &variable, format!("http://{}", other.host), other, node);
            }
        } else {
            self.variable(of, &format!("ConnectionStrings__{name}"), format!("Host={}", other.host), other, node);
            self.variable(of, &format!("{plain}_HOST"), other.host.clone(), other, node);
            self.variable(of, &format!("{plain}_URI"), format!("tcp://{}", other.host), other, node);
        }
    }

    /// `WithEnvironment("NAME", value)`, and `WithEnvironment(context => context.EnvironmentVariables["NAME"] = value)`.
    fn environment(&mut self, of: &Resource, arguments: &[Argument<'n>], scope: &Scope, node: Node<'n>) {
        if let [name, value] = arguments
            && let (Some(Meaning::Text(variable)), Some(value)) = (&name.meaning, &value.meaning)
        {
            self.value(of, variable, value, node);
        }
        for (left, right) in self.assigned(arguments) {
            let key = left.split_once("EnvironmentVariables[\"").and_then(|(_, key)| key.split('"').next());
            let mut at = right;
            while matches!(at.kind(), "member_access_expression" | "invocation_expression") {
                let inner = at.child_by_field_name("expression").or_else(|| at.child_by_field_name("function"));
                let Some(inner) = inner else { break };
                at = inner;
            }
            let value = match at.kind() {
                "string_literal" => Some(Meaning::Text(super::super::expr::unquote(self.builder.slice(at)))),
                _ => scope.known.get(self.builder.slice(at)).cloned(),
            };
            if let (Some(key), Some(value)) = (key.map(str::to_owned), value) {
                self.value(of, &key, &value, node);
            }
        }
    }

    fn value(&mut self, of: &Resource, variable: &str, value: &Meaning, node: Node<'n>) {
        let value = match value {
            Meaning::Text(text) => text.clone(),
            Meaning::Number(number) => number.to_string(),
            Meaning::Resource(other) if other.is_program() => format!("http://{}", other.host),
            Meaning::Resource(other) => format!("Host={}", other.host),
            Meaning::List(_) => return,
        };
        let gift = Gift::Variable { name: variable.into(), value, maker: String::new() };
        self.give(&of.name, gift, node);
    }

    fn variable(&mut self, of: &Resource, name: &str, value: String, other: &Resource, node: Node<'n>) {
        let maker = if other.is_program() { String::new() } else { other.maker.clone() };
        self.give(&of.name, Gift::Variable { name: name.into(), value, maker }, node);
    }

    /// A method of a list: `.ForEach(one => one.WithReference(cache))` gives each what it gives `one`.
    fn listed(
        &mut self,
        (all, method): (Vec<Meaning>, &str),
        arguments: &[Argument<'n>],
        (scope, host): (&Scope, &mut Hosting<'n>),
        depth: usize,
    ) -> Option<Meaning> {
        let lambda = arguments.first().map(|argument| argument.value);
        let lambda = lambda.filter(|value| value.kind() == "lambda_expression" && method == "ForEach");
        let Some((lambda, body)) = lambda.and_then(|lambda| Some((lambda, lambda.child_by_field_name("body")?))) else {
            return Some(Meaning::List(all));
        };
        let name = self.builder.field(lambda, "parameters");
        let name = name.trim_matches(['(', ')']);
        for element in all {
            let mut inner = Scope { calls: scope.calls + 1, ..scope.clone() };
            inner.known.insert(name.to_owned(), element);
            if inner.calls > MAX_CALLS || !host.step() {
                self.builder.facts.faults.push(range(lambda));
                return None;
            }
            self.hosting(body, &mut inner, host, depth + 1);
        }
        None
    }

    /// The assignments in the bodies of lambdas: what stands on the left, and the value.
    fn assigned(&self, arguments: &[Argument<'n>]) -> Vec<(String, Node<'n>)> {
        let mut found = Vec::new();
        let lambdas = arguments.iter().map(|argument| argument.value);
        let mut open: Vec<Node<'n>> = lambdas.filter(|value| value.kind() == "lambda_expression").collect();
        while let Some(node) = open.pop() {
            if node.kind() == "assignment_expression"
                && let Some(right) = node.child_by_field_name("right")
            {
                found.push((self.builder.field(node, "left"), right));
            }
            open.extend(children(node));
        }
        found
    }

    fn give(&mut self, to: &str, gift: Gift, node: Node<'n>) {
        self.builder.facts.grants.push(Grant { to: to.into(), gift, span: range(node) });
    }
}

/// Whether a method makes a program that is started on the machine itself, and no container.
fn is_started(method: &str) -> bool {
    matches!(method, "AddProject" | "AddExecutable") || method.ends_with("App")
}

/// The directory, or the file of a project, that such a program begins in; empty where it is not known.
fn started_in(method: &str, arguments: &[Argument<'_>]) -> String {
    let names = ["workingDirectory", "appDirectory", "projectDirectory", "projectPath", "path"];
    let place = if method == "AddExecutable" { 2 } else { 1 };
    let named = arguments.iter().find(|argument| names.contains(&argument.name.as_str()));
    let placed = arguments.get(place).filter(|argument| argument.name.is_empty());
    match named.or(placed).and_then(|argument| argument.meaning.as_ref()) {
        Some(Meaning::Text(path)) => path.replace('\\', "/"),
        _ => String::new(),
    }
}

/// The port that an argument is.
fn port(argument: &Argument<'_>) -> Option<u16> {
    match argument.meaning {
        Some(Meaning::Number(number)) if number >= MIN_PORT => u16::try_from(number).ok(),
        _ => None,
    }
}
