//! Calls: of functions and lambdas of the file, else of Aspire's methods.

use super::functions::Function;
use super::meaning::Meaning;
use super::scope::Scope;
use super::{FUNCTIONS_A_STEP, Hosting, NAMES_A_STEP};
use crate::frontend::build::children;
use std::rc::Rc;
use tree_sitter::Node;

/// How deep functions of a file are followed into each other.
const MAX_CALLS: usize = 8;

/// An argument of a call: the name it is passed by, if it is, and what it is.
pub(super) struct Argument<'n> {
    pub(super) name: String,
    pub(super) meaning: Option<Meaning<'n>>,
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
        let (on, of, name) = match function.kind() {
            "member_access_expression" => {
                let on = function.child_by_field_name("expression")?;
                let of = self.meaning(on, scope);
                (self.receiver(on, of.as_ref(), scope), of, function.child_by_field_name("name")?)
            }
            _ => (Receiver::Nothing, None, function),
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
        let mut arguments = Vec::new();
        for argument in children(node.child_by_field_name("arguments")?) {
            let name = self.builder.field(argument, "name");
            let Some(value) = children(argument).last().copied() else { continue };
            arguments.push(Argument { name, meaning: self.meaning(value, scope) });
        }
        let mut call = Call { node, on, of, types, arguments };
        // A variable that holds a function is called, or its `Invoke`.
        let held = match (&call.on, method) {
            (Receiver::Nothing, _) => scope.get(method).cloned(),
            (_, "Invoke") => call.of.clone(),
            _ => None,
        };
        if let Some(held) = held {
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
            return self.chained(method, call, scope);
        }
        let all = own.into_iter().filter_map(|own| self.followed(&own, &call, scope)).collect();
        self.one_of(node, all)
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

    /// Reads a function of the file with what a call passes to it.
    fn followed(&mut self, function: &Function<'n>, call: &Call<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let Call { of, types, arguments, .. } = call;
        let skipped = function.skipped(call);
        let mut passed: Vec<Option<Meaning<'n>>> = vec![of.clone(); skipped];
        passed.extend(arguments.iter().filter(|argument| argument.name.is_empty()).map(|one| one.meaning.clone()));
        let named = |name: &str| arguments.iter().find(|argument| argument.name == name)?.meaning.clone();
        let parameters = function.parameters.iter().enumerate();
        let passed: Vec<Option<Meaning<'n>>> = parameters
            .map(|(at, parameter)| passed.get(at).cloned().flatten().or_else(|| named(&parameter.name)))
            .collect();
        self.function(function, (types, &passed), scope)
    }

    /// Reads a function that no call leads to: what it is given is not known.
    pub(super) fn alone(&mut self, function: &Function<'n>, scope: &mut Scope<'n>) {
        self.function(function, (&[], &vec![None; function.parameters.len()]), scope);
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
        let body = node.child_by_field_name("body")?;
        if body.kind() == "arrow_expression_clause" {
            let found = children(body).first().and_then(|value| self.meaning(*value, &mut inner));
            inner.pop();
            scope.take(inner);
            return found;
        }
        self.statement(body, &mut inner);
        let returned = std::mem::take(&mut inner.returned);
        inner.pop();
        scope.take(inner);
        self.one_of(*node, returned)
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
        let body = lambda.child_by_field_name("body")?;
        let parameters = lambda.child_by_field_name("parameters")?;
        let names: Vec<&str> = match parameters.kind() {
            "parameter_list" => {
                let list = children(parameters).into_iter();
                let names = list.map(|one| one.child_by_field_name("name").unwrap_or(one));
                names.map(|name| self.builder.slice(name)).collect()
            }
            _ => vec![self.builder.slice(parameters)],
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
