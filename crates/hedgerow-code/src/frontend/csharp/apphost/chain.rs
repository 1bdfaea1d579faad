//! What the methods of Aspire do to a resource, and with what.

use super::Hosting;
use super::call::{Argument, Call};
use super::meaning::Meaning;
use super::scope::Scope;
use crate::frontend::build::range;
use crate::ir::{Gift, Grant};
use std::rc::Rc;
use tree_sitter::Node;

/// A resource of the deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its name: that of its connection, too.
    name: String,
    /// The resource that answers for it: of a data base its server.
    host: String,
    /// The method that made that one: `AddRedis`.
    maker: String,
}

impl Resource {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is a program, which is called by addresses, and not a store, which is called by a connection string.
    pub(super) fn is_program(&self) -> bool {
        let programs = ["AddProject", "AddDockerfile", "AddContainer", "AddYarp", "AddCSharpApp", "AddExecutable"];
        programs.contains(&self.maker.as_str()) || self.maker.ends_with("App")
    }
}

/// Names of methods that put one thing in an order or a group with another one, or show it to people, and give it nothing.
const ORDERS: &[&str] = &[
    "WaitFor",
    "WaitForCompletion",
    "WaitForStart",
    "WithParentRelationship",
    "WithChildRelationship",
    "WithRelationship",
    "WithReferenceRelationship",
    "WithUrl",
    "WithUrls",
    "WithUrlForEndpoint",
    "WithCommand",
    "WithHttpCommand",
];

/// The lowest number that is a port, and not a count of something.
const MIN_PORT: u32 = 80;

impl<'n> Hosting<'_, '_, 'n> {
    /// A call of a method that the file does not have.
    pub(super) fn chained(&mut self, method: &str, mut call: Call<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let node = call.node;
        if let Some(found) = self.added(method, &call, scope) {
            return found;
        }
        match call.of.take() {
            Some(of) => {
                let mut found = Vec::new();
                for one in of.each() {
                    if !self.step(node, 1) {
                        return None;
                    }
                    found.extend(match one {
                        Meaning::Resource(of) => self.on_resource(method, &call, Some(&of), scope),
                        Meaning::Part(of) => self.on_part(method, &call, &of, scope),
                        Meaning::List(all) => self.on_list(&all, method, &call, scope),
                        _ => self.on_resource(method, &call, None, scope),
                    });
                }
                self.one_of(node, found)
            }
            None => self.on_resource(method, &call, None, scope),
        }
    }

    /// A method of a resource, or one that makes a resource.
    fn on_resource(
        &mut self,
        method: &str,
        call: &Call<'n>,
        of: Option<&Rc<Resource>>,
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let Call { node, arguments, .. } = call;
        let first = arguments.first().and_then(|argument| argument.meaning.as_ref());
        if let ("Create", None, Some(Meaning::Text(_))) = (method, of, first) {
            // `ReferenceExpression.Create($"http://{ledger}")`
            return first.cloned();
        }
        let is_named = first.is_some_and(|first| first.each().iter().any(|one| matches!(one, Meaning::Text(_))));
        if method.starts_with("Add") && is_named {
            return self.made(method, call, of);
        }
        let Some(of) = of else {
            self.lambdas(arguments, None, scope);
            return None;
        };
        match method {
            "WithHttpEndpoint" | "WithHttpsEndpoint" | "WithEndpoint" | "WithHostPort" => {
                let is_port = |argument: &&Argument<'_>| matches!(argument.name.as_str(), "" | "port");
                let ports = arguments.iter().filter(is_port).map(ports).find(|ports| !ports.is_empty());
                for port in ports.into_iter().flatten() {
                    self.give(of.name(), Gift::Port(port), *node);
                }
                self.lambdas(arguments, Some(of), scope);
            }
            "WithEnvironment" => self.environment(of, call, scope),
            _ if ORDERS.contains(&method) => {}
            _ => {
                let mut texts =
                    arguments.iter().filter_map(|argument| match (&argument.meaning, argument.name.as_str()) {
                        (Some(Meaning::Text(text)), "" | "connectionName" | "name") => Some(&**text),
                        _ => None,
                    });
                let called = texts.next().filter(|_| method == "WithReference");
                for other in arguments.iter().filter_map(|argument| argument.meaning.as_ref()) {
                    self.refer(of, other, called, *node);
                }
                self.lambdas(arguments, Some(of), scope);
            }
        }
        Some(Meaning::Resource(Rc::clone(of)))
    }

    /// `AddProject<Projects.Ledger>("ledger")`, `AddRedis("cache", 6379)`, and `server.AddDatabase("books")`.
    fn made(&mut self, method: &str, call: &Call<'n>, of: Option<&Rc<Resource>>) -> Option<Meaning<'n>> {
        let Call { node, types, arguments, .. } = call;
        if matches!(method, "AddParameter" | "AddConnectionString") {
            return None;
        }
        let mut found = Vec::new();
        for name in arguments.first()?.meaning.as_ref()?.each() {
            let Meaning::Text(name) = name else { continue };
            if let Some(project) = types.first().and_then(|path| self.project(path)) {
                self.give(&name, Gift::Project(project), *node);
            } else if is_started(method) {
                self.give(&name, Gift::Program(started_in(method, arguments)), *node);
            }
            let numbers = arguments.iter().filter(|argument| matches!(argument.name.as_str(), "" | "port"));
            for port in numbers.flat_map(ports) {
                self.give(&name, Gift::Port(port), *node);
            }
            let (host, maker) = of.map_or_else(
                || (name.to_string(), method.to_owned()),
                |server| (server.host.clone(), server.maker.clone()),
            );
            found.push(Meaning::Resource(Rc::new(Resource { name: name.to_string(), host, maker })));
        }
        self.one_of(*node, found)
    }

    /// A method of what a resource's method hands to a lambda: `yarp.AddRoute("/books", ledger)`.
    fn on_part(
        &mut self,
        method: &str,
        call: &Call<'n>,
        of: &Rc<Resource>,
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let is_variables = call.node.child_by_field_name("function").is_some_and(|function| {
            let on = function.child_by_field_name("expression").map(|on| self.builder.slice(on));
            on.is_some_and(|on| on.ends_with("EnvironmentVariables"))
        });
        let meanings: Vec<&Meaning<'n>> =
            call.arguments.iter().filter_map(|argument| argument.meaning.as_ref()).collect();
        match meanings.as_slice() {
            [key, value] if is_variables => {
                self.set_variable(Some(&Meaning::Part(Rc::clone(of))), Some(key), Some(value), call.node);
            }
            _ if ORDERS.contains(&method) => {}
            _ => {
                for other in meanings {
                    self.refer(of, other, None, call.node);
                }
                self.lambdas(&call.arguments, Some(of), scope);
            }
        }
        Some(Meaning::Part(Rc::clone(of)))
    }

    /// Reads the lambdas among arguments: what they are given is of the resource.
    fn lambdas(&mut self, arguments: &[Argument<'n>], of: Option<&Rc<Resource>>, scope: &mut Scope<'n>) {
        let part = of.map(|of| Meaning::Part(Rc::clone(of)));
        for one in arguments.iter().filter_map(|argument| argument.meaning.as_ref()).flat_map(Meaning::each) {
            if let Meaning::Lambda(node, _) = one {
                self.run(node, &one, std::slice::from_ref(&part), scope);
            } else if let Meaning::Function(function) = &one {
                self.run(function.node, &one, std::slice::from_ref(&part), scope);
            }
        }
    }

    /// What a reference to another resource gives: its address or its connection, under its name or the one that the reference has.
    fn refer(&mut self, of: &Resource, other: &Meaning<'n>, called: Option<&str>, node: Node<'n>) {
        let other = match other {
            Meaning::Resource(other) => other,
            Meaning::List(all) | Meaning::Choice(all) => {
                for other in all.iter() {
                    if self.step(node, 1) {
                        self.refer(of, other, called, node);
                    }
                }
                return;
            }
            _ => return,
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
    fn environment(&mut self, of: &Rc<Resource>, call: &Call<'n>, scope: &mut Scope<'n>) {
        let Call { node, arguments, .. } = call;
        let [name, value] = arguments.as_slice() else { return self.lambdas(arguments, Some(of), scope) };
        let value = match &value.meaning {
            Some(held @ (Meaning::Lambda(..) | Meaning::Function(_))) => self.run(*node, held, &[], scope),
            value => value.clone(),
        };
        let part = Meaning::Part(Rc::clone(of));
        self.set_variable(Some(&part), name.meaning.as_ref(), value.as_ref(), *node);
    }

    /// Says that a resource is given a variable.
    pub(super) fn set_variable(
        &mut self,
        of: Option<&Meaning<'n>>,
        name: Option<&Meaning<'n>>,
        value: Option<&Meaning<'n>>,
        node: Node<'n>,
    ) {
        let (Some(of), Some(name), Some(value)) = (of, name, value) else { return };
        for of in of.each() {
            for name in name.each() {
                for value in value.each() {
                    if let (Meaning::Part(of), Meaning::Text(name)) = (&of, &name)
                        && self.step(node, 1)
                    {
                        self.value(of, name, &value, node);
                    }
                }
            }
        }
    }

    /// Says at which port a resource answers.
    pub(super) fn set_port(&mut self, of: Option<&Meaning<'n>>, port: Option<&Meaning<'n>>, node: Node<'n>) {
        let (Some(of), Some(port)) = (of, port) else { return };
        for of in of.each() {
            for port in numbers(port) {
                if let Meaning::Part(of) = &of {
                    self.give(of.name(), Gift::Port(port), node);
                }
            }
        }
    }

    fn value(&mut self, of: &Resource, variable: &str, value: &Meaning<'n>, node: Node<'n>) {
        let value = match value {
            Meaning::Text(text) => text.to_string(),
            Meaning::Number(number) => number.to_string(),
            Meaning::Resource(other) if other.is_program() => format!("http://{}", other.host),
            Meaning::Resource(other) => format!("Host={}", other.host),
            _ => return,
        };
        let gift = Gift::Variable { name: variable.into(), value, maker: String::new() };
        self.give(&of.name, gift, node);
    }

    fn variable(&mut self, of: &Resource, name: &str, value: String, other: &Resource, node: Node<'n>) {
        let maker = if other.is_program() { String::new() } else { other.maker.clone() };
        self.give(&of.name, Gift::Variable { name: name.into(), value, maker }, node);
    }

    /// A method of a list: `.ForEach(one => one.WithReference(cache))` gives each what it gives `one`.
    fn on_list(
        &mut self,
        all: &Rc<[Meaning<'n>]>,
        method: &str,
        call: &Call<'n>,
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let Call { node, arguments, .. } = call;
        let held = arguments.first().and_then(|argument| argument.meaning.as_ref());
        let held = held.filter(|held| matches!(held, Meaning::Lambda(..) | Meaning::Function(_)));
        let Some(held) = held.filter(|_| matches!(method, "ForEach" | "Select")) else {
            return Some(Meaning::List(Rc::clone(all)));
        };
        let mut made = Vec::new();
        for element in all.iter() {
            if !self.step(*node, 1) {
                return None;
            }
            made.extend(self.run(*node, held, &[Some(element.clone())], scope));
        }
        (method == "Select").then(|| Meaning::List(made.into()))
    }

    /// The project that a type stands for: `Projects.Ledger`, or `Ledger` where the file uses all of them.
    fn project(&self, path: &str) -> Option<String> {
        let path = path.trim_start_matches("global::");
        let bare = Some(path).filter(|path| !path.contains('.') && self.uses_projects);
        path.strip_prefix("Projects.").or(bare).map(str::to_owned)
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

/// The ports that an argument may be.
fn ports(argument: &Argument<'_>) -> Vec<u16> {
    argument.meaning.iter().flat_map(numbers).collect()
}

fn numbers(meaning: &Meaning<'_>) -> Vec<u16> {
    let all = meaning.each().into_iter().filter_map(|one| match one {
        Meaning::Number(number) if number >= MIN_PORT => u16::try_from(number).ok(),
        _ => None,
    });
    all.collect()
}
