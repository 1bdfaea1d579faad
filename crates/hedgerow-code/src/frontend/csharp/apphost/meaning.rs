//! What expressions are.

use super::call::member_of;
use super::chain::Resource;
use super::scope::Scope;
use super::{FUNCTIONS_A_STEP, Hosting, NAMES_A_STEP, functions::Function};
use crate::frontend::build::children;
use std::rc::Rc;
use tree_sitter::Node;

/// More meanings than this are not told apart.
pub(super) const MAX_CHOICE: usize = 16;

/// The longest text that is put together, in bytes.
const MAX_TEXT: usize = 2_000;

/// The most elements of a list, with those of the lists in it.
pub(super) const MAX_LIST: usize = 1_000;

/// What an expression is. Copies share what they hold.
#[derive(Debug, Clone)]
pub(super) enum Meaning<'n> {
    Resource(Rc<Resource>),
    /// What a method of a resource hands to a lambda: something of that resource.
    Part(Rc<Resource>),
    Text(Rc<str>),
    Number(u32),
    List(Rc<[Self]>),
    /// Several things at once, each with the name that it has there.
    Tuple(Rc<[(String, Option<Self>)]>),
    /// One of these, and never a choice itself.
    Choice(Rc<[Self]>),
    /// An object of a class of the file.
    Object(usize),
    /// A lambda, with what the names around it are.
    Lambda(Node<'n>, Rc<Scope<'n>>),
    /// A function of the file that is handed on.
    Function(Rc<Function<'n>>),
}

impl<'n> Meaning<'n> {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Rc::from(text))
    }

    /// What it may be.
    pub(super) fn each(&self) -> Vec<Self> {
        match self {
            Self::Choice(all) => all.to_vec(),
            other => vec![other.clone()],
        }
    }

    /// What a loop over it goes through.
    pub(super) fn elements(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for one in self.each() {
            match one {
                Self::List(all) => found.extend(all.iter().cloned()),
                // What a function yields, and does not return as a list.
                other if matches!(self, Self::Choice(_)) => found.push(other),
                _ => {}
            }
        }
        found
    }

    pub(super) fn is_list(&self) -> bool {
        self.each().iter().any(|one| matches!(one, Self::List(_)))
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Resource(a), Self::Resource(b)) | (Self::Part(a), Self::Part(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Tuple(a), Self::Tuple(b)) => Rc::ptr_eq(a, b),
            (Self::Lambda(a, _), Self::Lambda(b, _)) => a == b,
            (Self::Function(a), Self::Function(b)) => a.node == b.node,
            _ => false,
        }
    }

    /// How many elements it has, with those of the lists in it, up to one more than there may be.
    pub(super) fn size(&self) -> usize {
        let all = match self {
            Self::List(all) | Self::Choice(all) => all,
            _ => return 1,
        };
        let mut size = 1;
        for one in all.iter() {
            size += one.size();
            if size > MAX_LIST {
                break;
            }
        }
        size
    }
}

/// What may be set.
enum Variable<'n> {
    Plain(Node<'n>),
    /// `this.name`
    Own(String),
    /// `Class.name`
    Field(usize, String),
}

/// One of several meanings, and whether all of them count.
pub(super) fn joined<'n>(all: Vec<Meaning<'n>>) -> (Option<Meaning<'n>>, bool) {
    let mut found: Vec<Meaning<'n>> = Vec::new();
    for one in all.into_iter().flat_map(|one| one.each()) {
        if !found.iter().any(|known| known.is(&one)) {
            if found.len() == MAX_CHOICE {
                return (Some(Meaning::Choice(found.into())), false);
            }
            found.push(one);
        }
    }
    match found.len() {
        0 | 1 => (found.pop(), true),
        _ => (Some(Meaning::Choice(found.into())), true),
    }
}

impl<'n> Hosting<'_, '_, 'n> {
    /// What an expression is, as far as that is known; what it calls is followed.
    pub(super) fn meaning(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        if !self.enter(node) {
            return None;
        }
        let found = self.meaning_of(node, scope);
        self.leave();
        found
    }

    fn meaning_of(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node);
                if scope.has(name) {
                    return scope.get(name).cloned();
                }
                if !self.step(node, self.functions.count(name) / FUNCTIONS_A_STEP) {
                    return None;
                }
                let functions = self.functions.handed_on(name, scope).into_iter();
                self.one_of(node, functions.map(|function| Meaning::Function(Rc::new(function))).collect())
            }
            "string_literal" | "verbatim_string_literal" | "raw_string_literal" => {
                Some(Meaning::text(&super::super::expr::unquote(self.builder.slice(node))))
            }
            "integer_literal" => self.builder.slice(node).replace('_', "").parse().ok().map(Meaning::Number),
            "interpolated_string_expression" => self.put_together(node, scope),
            "parenthesized_expression" | "await_expression" | "postfix_unary_expression" | "expression_element" => {
                self.meaning(*children(node).first()?, scope)
            }
            "cast_expression" => self.meaning(node.child_by_field_name("value")?, scope),
            "as_expression" => self.meaning(node.child_by_field_name("left")?, scope),
            "conditional_expression" => {
                let parts = ["consequence", "alternative"];
                let parts = parts.into_iter().filter_map(|part| node.child_by_field_name(part));
                let all = parts.filter_map(|part| self.meaning(part, scope)).collect();
                self.one_of(node, all)
            }
            "switch_expression" => {
                let arms = children(node).into_iter().filter(|arm| arm.kind() == "switch_expression_arm");
                let values: Vec<_> = arms.filter_map(|arm| children(arm).last().copied()).collect();
                let all = values.into_iter().filter_map(|value| self.meaning(value, scope)).collect();
                self.one_of(node, all)
            }
            "binary_expression" => self.operator(node, scope),
            "collection_expression" | "initializer_expression" => self.list(node, scope),
            "array_creation_expression"
            | "implicit_array_creation_expression"
            | "object_creation_expression"
            | "implicit_object_creation_expression" => self.created(node, scope),
            "tuple_expression" => self.tuple(node, scope),
            "member_access_expression" | "conditional_access_expression" => self.member(node, scope),
            "element_access_expression" => self.meaning(node.child_by_field_name("expression")?, scope),
            "assignment_expression" => self.assigned(node, scope),
            "lambda_expression" | "anonymous_method_expression" => Some(Meaning::Lambda(node, Rc::new(scope.clone()))),
            "invocation_expression" => self.invoked(node, scope),
            "is_pattern_expression" => {
                let value = node.child_by_field_name("expression").and_then(|value| self.meaning(value, scope));
                let pattern = node.child_by_field_name("pattern")?;
                if let Some(name) = pattern.child_by_field_name("name").filter(|name| name.kind() == "identifier") {
                    self.declare(node, self.builder.slice(name), value, scope);
                }
                None
            }
            // Names of its own, which are not followed.
            "query_expression" if self.builder.slice(node).contains(".With") => {
                self.fault(node);
                None
            }
            _ => {
                // What it is, is not known; what it calls is read.
                for inner in children(node) {
                    self.meaning(inner, scope);
                }
                None
            }
        }
    }

    /// `left + right` of texts, and `left ?? right`.
    fn operator(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let operator = self.builder.field(node, "operator");
        let sides = ["left", "right"].into_iter().filter_map(|side| node.child_by_field_name(side));
        let sides: Vec<Option<Meaning<'n>>> = sides.map(|side| self.meaning(side, scope)).collect();
        match (operator.as_str(), sides.as_slice()) {
            ("+", [left, right]) => {
                let texts = self.appended(node, vec![String::new()], left.as_ref())?;
                let texts = self.appended(node, texts, right.as_ref())?;
                self.one_of(node, texts.iter().map(|text| Meaning::text(text)).collect())
            }
            ("??", _) => self.one_of(node, sides.into_iter().flatten().collect()),
            _ => None,
        }
    }

    /// Texts, each with what comes next behind it; nothing where that is not known.
    fn appended(&mut self, node: Node<'n>, texts: Vec<String>, next: Option<&Meaning<'n>>) -> Option<Vec<String>> {
        let mut found = Vec::new();
        for next in next?.each() {
            for text in &texts {
                let next = match &next {
                    Meaning::Text(next) => next.to_string(),
                    Meaning::Number(next) => next.to_string(),
                    // An address, which begins with its scheme.
                    Meaning::Resource(of) if text.is_empty() && of.is_program() => format!("http://{}", of.host()),
                    Meaning::Resource(of) => of.host().to_owned(),
                    _ => return None,
                };
                if text.len() + next.len() > MAX_TEXT || found.len() == MAX_CHOICE {
                    self.fault(node);
                    return None;
                }
                found.push(format!("{text}{next}"));
            }
        }
        self.step(node, found.len()).then_some(found)
    }

    /// `$"http://{ledger}"`
    fn put_together(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let mut texts = vec![String::new()];
        for part in children(node) {
            let next = match part.kind() {
                "string_content" => Some(Meaning::text(self.builder.slice(part))),
                "interpolation" => {
                    let inner = children(part).into_iter().find(|inner| !inner.kind().starts_with("interpolation"))?;
                    self.meaning(inner, scope)
                }
                _ => continue,
            };
            texts = self.appended(node, texts, next.as_ref())?;
        }
        self.one_of(node, texts.iter().map(|text| Meaning::text(text)).collect())
    }

    fn list(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let mut all: Vec<Meaning<'n>> = Vec::new();
        for part in children(node) {
            let part = if part.kind() == "collection_element" { *children(part).first()? } else { part };
            if part.kind() == "spread_element" {
                let list = children(part).first().and_then(|list| self.meaning(*list, scope));
                all.extend(list.iter().flat_map(Meaning::elements));
            } else {
                all.extend(self.meaning(part, scope));
            }
        }
        self.list_of(node, all)
    }

    /// A list of these; nothing where it is too long.
    pub(super) fn list_of(&mut self, node: Node<'n>, all: Vec<Meaning<'n>>) -> Option<Meaning<'n>> {
        let found = Meaning::List(all.into());
        let size = found.size();
        if size > MAX_LIST {
            self.fault(node);
            return None;
        }
        self.step(node, size).then_some(found)
    }

    /// `this.ledger`, `ledger.Resource.Name`, and what is of a resource besides.
    fn member(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let Some((of, name)) = member_of(node) else {
            // `all?[0]`
            return self.meaning(node.child_by_field_name("condition")?, scope);
        };
        let name = self.builder.slice(name).to_owned();
        if self.builder.slice(of) == "this" {
            return scope.own_field(&name).or_else(|| scope.get(&name)).cloned();
        }
        let classes = self.classes_of(of, scope);
        if !classes.is_empty() {
            return self.static_field(node, &classes, &name, scope);
        }
        let all = self.meaning(of, scope)?.each().into_iter().filter_map(|of| match (of, name.as_str()) {
            (Meaning::Resource(of), "Name") => Some(Meaning::text(of.name())),
            (Meaning::List(_), "Count" | "Length") => None,
            (Meaning::Object(class), name) => scope.field(&self.functions.classes.above(class), name).cloned(),
            (Meaning::Tuple(all), name) => Self::element(&all, name),
            (of, _) => Some(of),
        });
        let all = all.collect();
        self.one_of(node, all)
    }

    /// The variable or the field that an expression is, if it is one.
    fn variable_of(&self, node: Node<'n>, scope: &Scope<'n>) -> Option<Variable<'n>> {
        if node.kind() == "identifier" {
            return Some(Variable::Plain(node));
        }
        let of = node.child_by_field_name("expression").filter(|_| node.kind() == "member_access_expression")?;
        let name = self.builder.field(node, "name");
        if self.builder.slice(of) == "this" {
            return Some(Variable::Own(name));
        }
        let class = self.classes_of(of, scope).first().copied()?;
        Some(Variable::Field(self.owner(class, &name, scope), name))
    }

    /// The class, of this one and those above it, that has a field; this one, if none has.
    pub(super) fn owner(&self, class: usize, name: &str, scope: &Scope<'n>) -> usize {
        let above = self.functions.classes.above(class);
        above.into_iter().find(|class| scope.has_field(*class, name)).unwrap_or(class)
    }

    /// Says what a variable or a field is from now on; answers whether it is one.
    pub(super) fn set(&mut self, node: Node<'n>, value: Option<Meaning<'n>>, scope: &mut Scope<'n>) -> bool {
        let Some(variable) = self.variable_of(node, scope) else { return self.set_member(node, value, scope) };
        let owner = match &variable {
            Variable::Plain(name) => scope.owner(self.builder.slice(*name)),
            Variable::Own(name) => scope.own_owner(name),
            Variable::Field(..) => None,
        };
        let copied = match (variable, owner.filter(|_| scope.is_creating)) {
            (Variable::Plain(name), Some(class)) => {
                let name = self.builder.slice(name).to_owned();
                return self.fill(node, (class, &name), value, scope);
            }
            (Variable::Own(name), Some(class)) => return self.fill(node, (class, &name), value, scope),
            (Variable::Plain(name), _) => scope.assign(self.builder.slice(name), value),
            (Variable::Own(name), _) => scope.set_own_field(&name, value),
            (Variable::Field(class, name), _) => scope.set_field(class, &name, value),
        };
        self.step(node, copied / NAMES_A_STEP);
        true
    }

    /// An assignment: to a variable, to a variable of the environment, or to the port of an endpoint.
    fn assigned(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let left = node.child_by_field_name("left")?;
        let value = self.meaning(node.child_by_field_name("right")?, scope);
        if let Some(variable) = self.variable_of(left, scope) {
            let known = match &variable {
                Variable::Plain(name) => scope.get(self.builder.slice(*name)).cloned(),
                Variable::Own(name) => scope.own_field(name).cloned(),
                Variable::Field(class, name) => scope.field(&[*class], name).cloned(),
            };
            let value = match (self.builder.field(node, "operator").as_str(), known) {
                ("+=", Some(known)) => {
                    let texts = self.appended(node, vec![String::new()], Some(&known));
                    let texts = texts.and_then(|texts| self.appended(node, texts, value.as_ref()));
                    texts.and_then(|texts| self.one_of(node, texts.iter().map(|text| Meaning::text(text)).collect()))
                }
                ("??=", Some(known)) => self.one_of(node, [Some(known), value].into_iter().flatten().collect()),
                _ => value,
            };
            self.set(left, value.clone(), scope);
            return value;
        }
        match left.kind() {
            "tuple_expression" => self.bind(left, value.clone(), scope),
            "member_access_expression" if self.set_member(left, value.clone(), scope) => {}
            "member_access_expression" if self.builder.field(left, "name") == "Port" => {
                let of = left.child_by_field_name("expression").and_then(|of| self.meaning(of, scope));
                self.set_port(of.as_ref(), value.as_ref(), node);
            }
            "element_access_expression" => {
                let of = left.child_by_field_name("expression")?;
                if self.builder.slice(of).ends_with("EnvironmentVariables") {
                    let of = self.meaning(of, scope);
                    let key = left.child_by_field_name("subscript").and_then(|list| children(list).first().copied());
                    let key = key.and_then(|key| children(key).last().copied());
                    let key = key.and_then(|key| self.meaning(key, scope));
                    self.set_variable(of.as_ref(), key.as_ref(), value.as_ref(), node);
                } else {
                    self.add(of, value.iter().cloned().collect(), scope);
                }
            }
            _ => {}
        }
        value
    }
}
