//! Calls: of functions and lambdas of the file, else of Aspire's methods.

use super::functions::Function;
use super::meaning::Meaning;
use super::scope::Scope;
use super::{FUNCTIONS_A_STEP, Hosting, NAMES_A_STEP};
use crate::frontend::build::children;
use std::collections::BTreeMap;
use std::rc::Rc;
use tree_sitter::Node;

/// How deep functions of a file are followed into each other.
pub(super) const MAX_CALLS: usize = 8;

/// An argument of a call: the name it is passed by, if it is, and what it is.
#[derive(Clone)]
pub(super) struct Argument<'n> {
    pub(super) name: String,
    pub(super) meaning: Option<Meaning<'n>>,
    /// The variable that the function sets (`out`, `ref`).
    pub(super) out: Option<Node<'n>>,
}

/// What a function is called on, as far as it says which functions that can be.
pub(super) enum Receiver {
    Nothing,
    /// One of these classes of the file, or an object of one.
    Classes(Vec<usize>),
    /// Something that is no object of a class of the file.
    Known,
    Unknown,
}

/// A call: what it is called on, its type arguments and its arguments.
pub(super) struct Call<'n> {
    pub(super) node: Node<'n>,
    pub(super) on: Receiver,
    pub(super) of: Option<Meaning<'n>>,
    pub(super) types: Vec<String>,
    pub(super) arguments: Vec<Argument<'n>>,
}

impl<'n> Hosting<'_, '_, 'n> {
    /// A call: of a function of the file, of a lambda, else of a method of Aspire's on a resource.
    pub(super) fn invoked(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let function = node.child_by_field_name("function")?;
        let (on, of, name) = match member_of(function) {
            Some((on, name)) => {
                let of = self.meaning(on, scope);
                (self.receiver(on, of.as_ref(), scope), of, name)
            }
            None => (Receiver::Nothing, None, function),
        };
        let parts = children(name);
        let method = if name.kind() == "generic_name" { *parts.first()? } else { name };
        let method = self.builder.slice(method);
        let types: Vec<String> = match parts.get(1) {
            Some(list) if list.kind() == "type_argument_list" => {
                let names = children(*list).into_iter().map(|name| self.builder.slice(name).trim().to_owned());
                names.map(|name| scope.types.get(&name).cloned().unwrap_or(name)).collect()
            }
            _ => Vec::new(),
        };
        let arguments = self.arguments(node.child_by_field_name("arguments")?, scope);
        let mut call = Call { node, on, of, types, arguments };
        // A variable that holds a function is called, or its `Invoke`.
        let held = match (&call.on, method) {
            (Receiver::Nothing, _) => scope.get(method).cloned(),
            (_, "Invoke") => call.of.clone(),
            _ => None,
        };
        if let Some(held) = held {
            self.hand_out(&call, &BTreeMap::new(), scope);
            let passed: Vec<_> = call.arguments.into_iter().map(|argument| argument.meaning).collect();
            let all = held.each().into_iter().filter_map(|one| self.run(node, &one, &passed, scope)).collect();
            return self.one_of(node, all);
        }
        // Each function of the name is looked at, once for each class that it may be of.
        let times = if let Receiver::Classes(classes) = &call.on { classes.len() } else { 1 };
        if !self.step(node, self.functions.count(method) * times / FUNCTIONS_A_STEP) {
            return None;
        }
        let mut own = self.functions.called(method, &call, scope);
        if own.is_empty() && call.of.is_some() && matches!(call.on, Receiver::Classes(_)) {
            // An extension, or what a class inherits from elsewhere.
            call.on = Receiver::Unknown;
            own = self.functions.called(method, &call, scope);
        }
        if own.is_empty() || scope.calls >= MAX_CALLS {
            if !own.is_empty() {
                self.fault(node);
            }
            self.hand_out(&call, &BTreeMap::new(), scope);
            return self.chained(method, call, scope);
        }
        let mut outs = BTreeMap::new();
        let all = own.into_iter().filter_map(|own| self.followed(&own, &call, &mut outs, scope)).collect();
        self.hand_out(&call, &outs, scope);
        self.one_of(node, all)
    }

    /// What a call passes between its brackets.
    pub(super) fn arguments(&mut self, list: Node<'n>, scope: &mut Scope<'n>) -> Vec<Argument<'n>> {
        let mut found = Vec::new();
        for argument in children(list) {
            let name = self.builder.field(argument, "name");
            let Some(value) = children(argument).last().copied() else { continue };
            let mut cursor = argument.walk();
            let is_out = argument.children(&mut cursor).any(|part| matches!(part.kind(), "out" | "ref"));
            found.push(Argument { name, meaning: self.meaning(value, scope), out: is_out.then_some(value) });
        }
        found
    }

    /// Says of the variables that a call has set what they are, each by the place of its argument.
    fn hand_out(&mut self, call: &Call<'n>, outs: &BTreeMap<usize, Vec<Meaning<'n>>>, scope: &mut Scope<'n>) {
        for (at, argument) in call.arguments.iter().enumerate() {
            if let Some(variable) = argument.out {
                let value = outs.get(&at).cloned().and_then(|all| self.one_of(call.node, all));
                self.bind(variable, value, scope);
            }
        }
    }

    /// What functions a call on an expression can mean.
    fn receiver(&self, on: Node<'n>, of: Option<&Meaning<'n>>, scope: &Scope<'n>) -> Receiver {
        if let Some(of) = of {
            let objects = of.each().into_iter().filter_map(|one| match one {
                Meaning::Object(class) => Some(class),
                _ => None,
            });
            let objects: Vec<usize> = objects.collect();
            return if objects.is_empty() { Receiver::Known } else { Receiver::Classes(objects) };
        }
        let text = self.builder.slice(on);
        let classes = self.classes_of(on, scope);
        match on.kind() {
            _ if text == "this" => Receiver::Nothing,
            _ if text == "base" => match scope.class.map(|class| self.functions.classes.above(class)) {
                Some(above) if above.len() > 1 => Receiver::Classes(above.get(1..2).unwrap_or_default().to_vec()),
                _ => Receiver::Nothing,
            },
            _ if !classes.is_empty() => Receiver::Classes(classes),
            // A class of another file, or what has a name such as one.
            "identifier" if text.starts_with(|c: char| c.is_ascii_uppercase()) => Receiver::Known,
            "object_creation_expression" => Receiver::Known,
            _ => Receiver::Unknown,
        }
    }

    /// Reads a function of the file with what a call passes to it, and adds what it says of the variables that it is passed.
    pub(super) fn followed(
        &mut self,
        function: &Function<'n>,
        call: &Call<'n>,
        outs: &mut BTreeMap<usize, Vec<Meaning<'n>>>,
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let skipped = function.skipped(call);
        let argument = |at: usize, name: &str| match at.checked_sub(skipped) {
            Some(at) if call.arguments.get(at).is_some_and(|argument| argument.name.is_empty()) => Some(at),
            _ => call.arguments.iter().position(|argument| argument.name == name && !name.is_empty()),
        };
        let parameters = function.parameters.iter().enumerate();
        let places: Vec<Option<usize>> = parameters.map(|(at, parameter)| argument(at, &parameter.name)).collect();
        let given = |at: usize| call.arguments.get(at).and_then(|argument| argument.meaning.clone());
        let mut passed: Vec<Option<Meaning<'n>>> = places.iter().map(|at| at.and_then(given)).collect();
        if skipped == 1
            && let Some(first) = passed.first_mut()
        {
            first.clone_from(&call.of);
        }
        if function.rest.is_some() {
            let more = call.arguments.iter().skip(function.parameters.len() - skipped);
            let more: Vec<&Argument<'n>> = more.filter(|argument| argument.name.is_empty()).collect();
            passed.push(match more.as_slice() {
                // A list stands for what it holds.
                [one] if one.meaning.as_ref().is_some_and(Meaning::is_list) => one.meaning.clone(),
                all => self.list_of(call.node, all.iter().filter_map(|one| one.meaning.clone()).collect()),
            });
        }
        let found = self.function(function, (&call.types, &passed), scope);
        for (at, value) in std::mem::take(&mut self.handed_out) {
            if let Some(at) = places.get(at).copied().flatten() {
                outs.entry(at).or_default().extend(value);
            }
        }
        found
    }

    /// Reads a function that no call leads to: what it is given is not known.
    pub(super) fn alone(&mut self, function: &Function<'n>, scope: &mut Scope<'n>) {
        self.function(function, (&[], &vec![None; function.parameters.len()]), scope);
        self.handed_out.clear();
    }

    fn function(
        &mut self,
        function: &Function<'n>,
        (types, passed): (&[String], &[Option<Meaning<'n>>]),
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        // Nothing comes of a function that calls itself with what it was passed.
        let is_same = |(of, other): &(usize, Vec<Option<Meaning<'n>>>)| {
            let is = |pair: (&Option<Meaning<'n>>, &Option<Meaning<'n>>)| match pair {
                (Some(a), Some(b)) => a.is(b),
                (a, b) => a.is_none() && b.is_none(),
            };
            *of == function.node.id() && other.len() == passed.len() && other.iter().zip(passed).all(is)
        };
        if self.open.iter().any(is_same) {
            return None;
        }
        self.open.push((function.node.id(), passed.to_vec()));
        let found = self.function_of(function, (types, passed), scope);
        self.open.pop();
        found
    }

    fn function_of(
        &mut self,
        function: &Function<'n>,
        (types, passed): (&[String], &[Option<Meaning<'n>>]),
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let Function { node, around, .. } = function;
        self.followed.insert(node.id());
        let mut inner = scope.below(*around, node.id());
        let class = function.class_of(scope);
        if class != inner.class {
            inner.enter_class(class, class.map(|class| self.functions.classes.chain(class)).unwrap_or_default());
        }
        let list = node.child_by_field_name("type_parameters").map(children).unwrap_or_default();
        for (parameter, project) in list.into_iter().zip(types) {
            inner.types.insert(self.builder.field(parameter, "name"), project.clone());
        }
        for (at, parameter) in function.parameters.iter().enumerate() {
            let value = match (passed.get(at).cloned().flatten(), parameter.default) {
                (None, Some(default)) => self.meaning(default, &mut inner),
                (value, _) => value,
            };
            self.declare(*node, &parameter.name, value, &mut inner);
        }
        if let Some(rest) = &function.rest {
            let value = passed.get(function.parameters.len()).cloned().flatten();
            self.declare(*node, rest, value, &mut inner);
        }
        if node.kind() == "constructor_declaration" {
            self.initializer(*node, &mut inner);
            inner.is_creating = true;
        }
        let body = node.child_by_field_name("body")?;
        let found = if body.kind() == "arrow_expression_clause" {
            children(body).first().and_then(|value| self.meaning(*value, &mut inner))
        } else {
            self.statement(body, &mut inner);
            let returned = std::mem::take(&mut inner.returned);
            self.one_of(*node, returned)
        };
        let outs = function.parameters.iter().enumerate().filter(|(_, parameter)| parameter.is_handed_out);
        self.handed_out = outs.map(|(at, parameter)| (at, inner.get(&parameter.name).cloned())).collect();
        inner.pop();
        scope.take(inner);
        found
    }

    /// Runs what a variable holds.
    pub(super) fn run(
        &mut self,
        node: Node<'n>,
        held: &Meaning<'n>,
        passed: &[Option<Meaning<'n>>],
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        if scope.calls >= MAX_CALLS {
            self.fault(node);
            return None;
        }
        match held {
            Meaning::Function(function) if function.parameters.len() == passed.len() => {
                self.function(&Rc::clone(function), (&[], passed), scope)
            }
            Meaning::Lambda(lambda, around) => {
                let mut inner = Scope { calls: scope.calls + 1, ..(**around).clone() };
                // It sees what the names around it have become since.
                inner.take(scope.clone());
                if !self.step(node, inner.frames.len() / NAMES_A_STEP) {
                    return None;
                }
                let found = self.lambda(*lambda, passed.to_vec(), &mut inner);
                scope.take(inner);
                found
            }
            _ => None,
        }
    }

    /// Reads a lambda where it stands, with what its parameters are; nothing for those that are not known.
    pub(super) fn lambda(
        &mut self,
        lambda: Node<'n>,
        passed: Vec<Option<Meaning<'n>>>,
        scope: &mut Scope<'n>,
    ) -> Option<Meaning<'n>> {
        let body = lambda.child_by_field_name("body");
        // `delegate (R a) { … }`, and `delegate { … }`
        let body = body.or_else(|| children(lambda).into_iter().rfind(|part| part.kind() == "block"))?;
        let names: Vec<&str> = match lambda.child_by_field_name("parameters") {
            Some(parameters) if parameters.kind() == "parameter_list" => {
                let list = children(parameters).into_iter();
                let names = list.map(|one| one.child_by_field_name("name").unwrap_or(one));
                names.map(|name| self.builder.slice(name)).collect()
            }
            Some(parameters) => vec![self.builder.slice(parameters)],
            None => Vec::new(),
        };
        scope.push(lambda.id());
        let mut passed = passed.into_iter();
        for name in names {
            scope.declare(name, passed.next().flatten());
        }
        let outer = (std::mem::take(&mut scope.returned), std::mem::take(&mut scope.has_ended));
        let found = if body.kind() == "block" {
            self.statement(body, scope);
            let returned = std::mem::take(&mut scope.returned);
            self.one_of(lambda, returned)
        } else {
            self.meaning(body, scope)
        };
        (scope.returned, scope.has_ended) = outer;
        scope.pop();
        found
    }
}

/// What a member is of, and its name: `ledger.Resource`, `ledger?.Resource`.
pub(super) fn member_of(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    match node.kind() {
        "member_access_expression" => {
            Some((node.child_by_field_name("expression")?, node.child_by_field_name("name")?))
        }
        "conditional_access_expression" => {
            let binding = children(node).into_iter().rfind(|part| part.kind() == "member_binding_expression")?;
            Some((node.child_by_field_name("condition")?, binding.child_by_field_name("name")?))
        }
        _ => None,
    }
}
