//! Aspire's AppHost: code that says what a deploy consists of, what it gives to whom, and at which ports it answers.
//!
//! ```text
//! var ledger = builder.AddProject<Projects.Ledger_Api>("ledger").WithReference(builder.AddRedis("cache"));
//! ```
//! Only what is written in one file is followed: variables that hold resources, chains of calls on them, loops over lists of them, and
//! functions and lambdas of the file, which are read with what each call passes. Of a choice all that may be chosen counts.

mod call;
mod chain;
mod classes;
mod functions;
mod lists;
mod meaning;
mod objects;
mod scope;

use super::Lower;
use crate::frontend::build::{Builder, MAX_DEPTH, children, range};
use functions::Functions;
use meaning::{Meaning, joined};
use scope::Scope;
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// What a text must hold to be looked at.
const MARKS: &[&str] = &["DistributedApplication.CreateBuilder", "IDistributedApplicationBuilder", "IResourceBuilder<"];

/// How many statements, expressions and elements are read of one file, again for each call.
const MAX_STEPS: usize = 50_000;

/// How many names of a scope that is copied are one step.
const NAMES_A_STEP: usize = 8;

/// How many functions of a name that a call may mean are one step.
const FUNCTIONS_A_STEP: usize = 8;

/// The walk over one file.
struct Hosting<'b, 't, 'n> {
    builder: &'b mut Builder<'t>,
    functions: Functions<'n>,
    /// Whether projects go by their bare names here: `using Projects;`.
    uses_projects: bool,
    /// The functions that a call has been followed into, by their nodes.
    followed: BTreeSet<usize>,
    /// The functions that are being read, each with what it was passed.
    open: Vec<(usize, Vec<Option<Meaning<'n>>>)>,
    /// What the function that was read last says of what it was passed, by the places of its parameters.
    handed_out: Vec<(usize, Option<Meaning<'n>>)>,
    /// The fields that the creation of an object has set, by their classes, and which one that was.
    filled: BTreeMap<(usize, String), usize>,
    /// How many objects have been made.
    made: usize,
    /// The object that is being made.
    making: usize,
    steps: usize,
    depth: usize,
}

impl<'n> Lower<'_, 'n> {
    /// Adds what a file of an AppHost gives to the programs of the deploy.
    pub(super) fn apphost(&mut self, root: Node<'n>) {
        if !MARKS.iter().any(|mark| self.builder.text.contains(mark)) {
            return;
        }
        let functions = Functions::read(&self.builder, root);
        let uses_projects = self.builder.text.contains("using Projects;");
        let mut host = Hosting {
            uses_projects,
            builder: &mut self.builder,
            functions,
            followed: BTreeSet::new(),
            open: Vec::new(),
            handed_out: Vec::new(),
            filled: BTreeMap::new(),
            made: 0,
            making: 0,
            steps: 0,
            depth: 0,
        };
        host.file(root);
        let mut known = BTreeSet::new();
        self.builder.facts.grants.retain(|grant| known.insert((grant.to.clone(), grant.gift.clone())));
    }
}

impl<'n> Hosting<'_, '_, 'n> {
    /// Reads what runs by itself, then the functions that nobody in the file names, then those that no call led to.
    fn file(&mut self, root: Node<'n>) {
        let mut scope = Scope::new(root.id());
        self.fields(&mut scope);
        // However long the lists of names are, what the file gives is read.
        self.steps = 0;
        // Statements of the file are those of `Program`.
        if let Some(program) = self.functions.classes.named("Program").first() {
            scope.enter_class(None, self.functions.classes.chain(*program));
        }
        self.statement(root, &mut scope);
        for is_named in [false, true] {
            for function in self.functions.in_order(is_named) {
                if !self.followed.contains(&function.node.id()) {
                    let mut outer = scope.clone();
                    self.alone(&function, &mut outer);
                }
            }
        }
    }

    /// Counts steps; answers whether there is one left. That there is none is told once.
    fn step(&mut self, node: Node<'n>, count: usize) -> bool {
        let had = self.steps <= MAX_STEPS;
        self.steps = self.steps.saturating_add(count);
        let has = self.steps <= MAX_STEPS;
        if had && !has {
            self.fault(node);
        }
        has
    }

    /// Says that what a node says is not known in full.
    fn fault(&mut self, node: Node<'n>) {
        let fault = range(node);
        if self.builder.facts.faults.last() != Some(&fault) {
            self.builder.facts.faults.push(fault);
        }
    }

    /// Says what a name is that hides others; the copy of a scope that this makes counts.
    fn declare(&mut self, node: Node<'n>, name: &str, value: Option<Meaning<'n>>, scope: &mut Scope<'n>) {
        let copied = scope.declare(name, value);
        self.step(node, copied / NAMES_A_STEP);
    }

    /// Goes into a node, one level deeper; where it answers so, [`Self::leave`] goes back.
    fn enter(&mut self, node: Node<'n>) -> bool {
        if self.depth > MAX_DEPTH {
            self.fault(node);
        }
        let may = self.depth <= MAX_DEPTH && self.step(node, 1);
        self.depth += usize::from(may);
        may
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Reads a statement, and those in it in their order.
    fn statement(&mut self, node: Node<'n>, scope: &mut Scope<'n>) {
        if !self.enter(node) {
            return;
        }
        self.statement_of(node, scope);
        self.leave();
    }

    fn statement_of(&mut self, node: Node<'n>, scope: &mut Scope<'n>) {
        match node.kind() {
            "variable_declarator" => {
                let value = super::class::initial(node).and_then(|value| self.meaning(value, scope));
                if let Some(name) = node.child_by_field_name("name") {
                    self.declare(node, self.builder.slice(name), value, scope);
                } else if let Some(names) = children(node).first() {
                    self.bind(*names, value, scope);
                }
            }
            "assignment_expression"
            | "invocation_expression"
            | "conditional_access_expression"
            | "is_pattern_expression"
            | "object_creation_expression" => {
                self.meaning(node, scope);
            }
            "if_statement" | "preproc_if" | "preproc_elif" => {
                let other = node.child_by_field_name("alternative");
                let own = children(node).into_iter().filter(|part| Some(*part) != other).collect();
                let is_whole = other.is_some();
                let parts = std::iter::once(own).chain(other.map(|other| vec![other])).collect();
                self.branches((node, parts), is_whole, scope);
            }
            "switch_body" => {
                let parts: Vec<Vec<Node<'n>>> = children(node).into_iter().map(children).collect();
                let is_whole =
                    children(node).into_iter().any(|section| self.builder.slice(section).starts_with("default"));
                self.branches((node, parts), is_whole, scope);
            }
            "try_statement" => {
                let (last, parts): (Vec<_>, Vec<_>) =
                    children(node).into_iter().partition(|part| part.kind() == "finally_clause");
                self.branches((node, parts.into_iter().map(|part| vec![part]).collect()), true, scope);
                last.into_iter().for_each(|part| self.statement(part, scope));
            }
            "while_statement" | "for_statement" | "do_statement" => {
                self.branches((node, vec![children(node)]), false, scope);
            }
            "foreach_statement" => self.each(node, scope),
            "return_statement" | "yield_statement" => {
                let value = children(node).first().and_then(|value| self.meaning(*value, scope));
                scope.returned.extend(value);
                scope.has_ended |= node.kind() == "return_statement";
            }
            "throw_statement" => scope.has_ended = true,
            // What a function is given is known where it is called.
            "local_function_statement" | "method_declaration" | "constructor_declaration" => {}
            // What fields begin with has been read.
            "field_declaration" => {}
            "property_declaration" => {
                if let Some(accessors) = node.child_by_field_name("accessors") {
                    self.statement(accessors, scope);
                }
            }
            "lambda_expression" | "anonymous_method_expression" => {
                self.lambda(node, Vec::new(), scope);
            }
            _ => {
                for inner in children(node) {
                    if scope.has_ended && node.kind() == "block" {
                        break;
                    }
                    self.statement(inner, scope);
                }
            }
        }
    }

    /// A loop over a list: its body is read for each element.
    fn each(&mut self, node: Node<'n>, scope: &mut Scope<'n>) {
        let list = node.child_by_field_name("right").and_then(|list| self.meaning(list, scope));
        let Some(left) = node.child_by_field_name("left") else { return };
        let Some(body) = node.child_by_field_name("body") else { return };
        let all = match list.map(|list| list.elements()) {
            Some(all) if !all.is_empty() => all.into_iter().map(Some).collect(),
            _ => vec![None],
        };
        for element in all {
            if left.kind() == "identifier" {
                self.declare(node, self.builder.slice(left), element, scope);
            } else {
                self.bind(left, element, scope);
            }
            self.statement(body, scope);
            scope.has_ended = false;
        }
    }

    /// Reads parts of which one runs; without `is_whole` there may be none. What names are behind them is what it is behind any of those
    /// that go on.
    fn branches(&mut self, (node, parts): (Node<'n>, Vec<Vec<Node<'n>>>), is_whole: bool, scope: &mut Scope<'n>) {
        let before = scope.clone();
        let mut behind: Vec<Scope<'n>> = Vec::new();
        for part in parts {
            let mut inner = before.clone();
            part.into_iter().for_each(|statement| self.statement(statement, &mut inner));
            scope.returned.extend(inner.returned.drain(before.returned.len()..));
            if !inner.has_ended {
                behind.push(inner);
            }
        }
        if !is_whole {
            behind.push(before);
        }
        scope.returned.truncate(meaning::MAX_CHOICE + 1);
        let Some((first, others)) = behind.split_first() else {
            scope.has_ended = true;
            return;
        };
        scope.frames.clone_from(&first.frames);
        for other in others {
            let differ = scope.merge(other);
            if !self.step(node, differ / NAMES_A_STEP) {
                return;
            }
        }
    }

    /// One of several meanings; where they are too many, the first ones, and that is told.
    fn one_of(&mut self, node: Node<'n>, all: Vec<Meaning<'n>>) -> Option<Meaning<'n>> {
        let (found, is_all) = joined(all);
        if !is_all {
            self.fault(node);
        }
        found
    }
}
