//! What expressions are.

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
const MAX_LIST: usize = 1_000;

/// What an expression is. Copies share what they hold.
#[derive(Debug, Clone)]
pub(super) enum Meaning<'n> {
    Resource(Rc<Resource>),
    /// What a method of a resource hands to a lambda: something of that resource.
    Part(Rc<Resource>),
    Text(Rc<str>),
    Number(u32),
    List(Rc<[Self]>),
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

    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Resource(a), Self::Resource(b)) | (Self::Part(a), Self::Part(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Lambda(a, _), Self::Lambda(b, _)) => a == b,
            (Self::Function(a), Self::Function(b)) => a.node == b.node,
            _ => false,
        }
    }

    /// How many elements it has, with those of the lists in it, up to one more than there may be.
    fn size(&self) -> usize {
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
            | "implicit_object_creation_expression" => {
                let classes = match node.kind() {
                    "object_creation_expression" => self.functions.classes.named(&self.builder.field(node, "type")),
                    _ => Vec::new(),
                };
                let list = children(node).into_iter().find(|part| part.kind() == "initializer_expression");
                match list.filter(|_| classes.is_empty()) {
                    Some(list) => self.meaning(list, scope),
                    None => self.one_of(node, classes.into_iter().map(Meaning::Object).collect()),
                }
            }
            "member_access_expression" => self.member(node, scope),
            "element_access_expression" => self.meaning(node.child_by_field_name("expression")?, scope),
            "assignment_expression" => self.assigned(node, scope),
            "lambda_expression" => Some(Meaning::Lambda(node, Rc::new(scope.clone()))),
            "invocation_expression" => self.invoked(node, scope),
            _ => None,
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
        let of = node.child_by_field_name("expression")?;
        let name = self.builder.field(node, "name");
        if self.builder.slice(of) == "this" {
            return scope.own_field(&name).or_else(|| scope.get(&name)).cloned();
        }
        let classes = self.classes_of(of, scope);
        if !classes.is_empty() {
            return self.static_field(node, &classes, &name, scope);
        }
        let all = self.meaning(of, scope)?.each().into_iter().filter_map(|of| match (of, name.as_str()) {
            (Meaning::Resource(of), "Name") => Some(Meaning::text(of.name())),
            // What an object holds is known to nobody.
            (Meaning::List(_), "Count" | "Length") | (Meaning::Object(_), _) => None,
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
        let above = self.functions.classes.above(class);
        let has = above.into_iter().find(|class| scope.has_field(*class, &name));
        Some(Variable::Field(has.unwrap_or(class), name))
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
            let copied = match variable {
                Variable::Plain(name) => scope.assign(self.builder.slice(name), value.clone()),
                Variable::Own(name) => scope.set_own_field(&name, value.clone()),
                Variable::Field(class, name) => scope.set_field(class, &name, value.clone()),
            };
            self.step(node, copied / NAMES_A_STEP);
            return value;
        }
        match left.kind() {
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
                }
            }
            _ => {}
        }
        value
    }
}
