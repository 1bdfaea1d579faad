//! The functions of a file, and which of them a call means.

use super::call::{Call, Receiver};
use super::classes::{self, Classes};
use super::meaning::Meaning;
use super::scope::Scope;
use crate::frontend::build::{Builder, children};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tree_sitter::Node;

/// A function of the file.
#[derive(Debug, Clone)]
pub(super) struct Function<'n> {
    pub(super) node: Node<'n>,
    /// The class that it is a method of; nothing for a local function.
    class: Option<usize>,
    class_name: String,
    /// The function around it, by its node.
    pub(super) around: Option<usize>,
    /// Whether it is called on its first argument.
    pub(super) is_extension: bool,
    is_static: bool,
    pub(super) parameters: Vec<Parameter<'n>>,
    /// What holds the arguments behind those, where there may be any number of them (`params`).
    pub(super) rest: Option<String>,
}

/// A parameter of a function.
#[derive(Debug, Clone)]
pub(super) struct Parameter<'n> {
    pub(super) name: String,
    /// Its type as it is written, without spaces; empty for one that is a type parameter of the function, or has none.
    ty: String,
    pub(super) default: Option<Node<'n>>,
    /// Whether the function says what the variable that it is passed is (`out`, `ref`).
    pub(super) is_handed_out: bool,
}

/// The functions of a file by their names.
#[derive(Debug, Default)]
pub(super) struct Functions<'n> {
    by_name: BTreeMap<String, Vec<Function<'n>>>,
    /// The functions, by their nodes, that something outside of themselves names.
    named: BTreeSet<usize>,
    pub(super) classes: Classes<'n>,
}

/// What surrounds a part of the file.
#[derive(Debug, Clone, Default)]
struct Around {
    class: Option<usize>,
    class_name: String,
    /// The name spaces and classes around.
    path: String,
    /// The functions, the innermost last.
    functions: Vec<usize>,
}

impl<'n> Functions<'n> {
    pub(super) fn read(builder: &Builder<'_>, root: Node<'n>) -> Self {
        let mut found = Self::default();
        let mut names: BTreeMap<&str, Vec<Rc<Around>>> = BTreeMap::new();
        let mut open = vec![(root, Rc::<Around>::default())];
        while let Some((node, mut around)) = open.pop() {
            match node.kind() {
                "class_declaration" | "struct_declaration" | "record_declaration" => {
                    let inner = Rc::make_mut(&mut around);
                    let (class, path) = found.classes.add(builder, node, (inner.class, &inner.path));
                    (inner.class, inner.path, inner.class_name) = (Some(class), path, builder.field(node, "name"));
                }
                "namespace_declaration" => {
                    let path = &mut Rc::make_mut(&mut around).path;
                    *path = classes::path(path, &builder.field(node, "name"));
                }
                "local_function_statement" | "method_declaration" | "constructor_declaration" => {
                    let function = Function::read(builder, node, &around);
                    found.by_name.entry(builder.field(node, "name")).or_default().push(function);
                    Rc::make_mut(&mut around).functions.push(node.id());
                }
                "identifier" => names.entry(builder.slice(node)).or_default().push(Rc::clone(&around)),
                _ => {}
            }
            // What a function is called where it is declared is no call of it.
            let own = node.child_by_field_name("name").filter(|_| around.functions.last() == Some(&node.id()));
            let inner = children(node).into_iter().filter(|inner| Some(*inner) != own);
            open.extend(inner.map(|inner| (inner, Rc::clone(&around))));
        }
        found.classes.link();
        for (name, functions) in &mut found.by_name {
            functions.sort_by_key(|function| function.node.start_byte());
            for function in functions {
                let mut places = names.get(name.as_str()).into_iter().flatten();
                if places.any(|around| !around.functions.contains(&function.node.id())) {
                    found.named.insert(function.node.id());
                }
            }
        }
        found
    }

    /// The functions that something names, or those that nothing does, in their order.
    pub(super) fn in_order(&self, is_named: bool) -> Vec<Function<'n>> {
        let all = self.by_name.values().flatten();
        let mut all: Vec<Function<'n>> =
            all.filter(|function| self.named.contains(&function.node.id()) == is_named).cloned().collect();
        all.sort_by_key(|function| function.node.start_byte());
        all
    }

    /// How many functions have a name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.by_name.get(name).map_or(0, Vec::len)
    }

    /// The functions that a name means which is no call.
    pub(super) fn handed_on(&self, name: &str, scope: &Scope<'n>) -> Vec<Function<'n>> {
        let all = self.by_name.get(name).into_iter().flatten();
        all.filter(|function| function.is_seen(scope)).cloned().collect()
    }

    /// The functions of the nearest of classes that has one that takes what a call passes.
    fn inherited<'f>(all: &'f [Function<'n>], classes: &[usize], call: &Call<'n>) -> Vec<&'f Function<'n>> {
        let place = |function: &Function<'n>| classes.iter().position(|class| function.class == Some(*class));
        let fitting = all.iter().filter_map(|function| Some((place(function)?, function)));
        let fitting: Vec<_> = fitting.filter(|(_, function)| function.fits(call)).collect();
        let nearest = fitting.iter().map(|(place, _)| *place).min();
        fitting.into_iter().filter(|(place, _)| Some(*place) == nearest).map(|(_, function)| function).collect()
    }

    /// The functions that a call may mean: those that it can name and that take what it passes.
    pub(super) fn called(&self, name: &str, call: &Call<'n>, scope: &Scope<'n>) -> Vec<Function<'n>> {
        let Some(all) = self.by_name.get(name) else { return Vec::new() };
        let mut all: Vec<&Function<'n>> = match &call.on {
            Receiver::Nothing => {
                let seen = all.iter().filter(|function| function.is_seen(scope));
                // The innermost of a name hides the others.
                let nearest = seen.clone().filter_map(|function| scope.around(function.around?)).max();
                let near = |function: &&Function<'n>| {
                    nearest.is_none() || function.around.and_then(|around| scope.around(around)) == nearest
                };
                let found: Vec<&Function<'n>> = seen.filter(near).collect();
                let above = scope.class.map(|class| self.classes.above(class)).filter(|_| found.is_empty());
                let found = above.map_or(found, |above| Self::inherited(all, &above, call));
                // What `using static` brings in.
                if found.is_empty() { all.iter().filter(|function| function.class.is_some()).collect() } else { found }
            }
            Receiver::Classes(classes) => {
                let own = classes.iter().map(|class| Self::inherited(all, &self.classes.above(*class), call));
                let found: BTreeMap<usize, &Function<'n>> =
                    own.flatten().map(|function| (function.node.start_byte(), function)).collect();
                found.into_values().collect()
            }
            Receiver::Known => all.iter().filter(|function| function.is_extension).collect(),
            Receiver::Unknown => all
                .iter()
                .filter(|function| function.is_extension || (!function.is_static && function.class.is_some()))
                .collect(),
        };
        all.retain(|function| function.fits(call));
        let exact =
            |function: &&Function<'n>| function.parameters.len() == call.arguments.len() + function.skipped(call);
        if all.iter().any(exact) {
            all.retain(|function| exact(function));
        }
        all.into_iter().cloned().collect()
    }
}

impl<'n> Function<'n> {
    fn read(builder: &Builder<'_>, node: Node<'n>, around: &Around) -> Self {
        let is_local = node.kind() == "local_function_statement";
        let list = |field| node.child_by_field_name(field).map(children).unwrap_or_default();
        let types: Vec<String> = list("type_parameters").into_iter().map(|ty| builder.field(ty, "name")).collect();
        let mut parameters = Vec::new();
        let mut is_extension = false;
        for part in list("parameters").into_iter().filter(|part| part.kind() == "parameter") {
            is_extension |= parameters.is_empty() && builder.slice(part).starts_with("this ");
            parameters.push(Parameter::read(builder, part, &types));
        }
        let rest = node.child_by_field_name("parameters").and_then(|list| list.child_by_field_name("name"));
        let rest = rest.map(|name| builder.slice(name).to_owned());
        let modifiers = children(node).into_iter().filter(|part| part.kind() == "modifier");
        let is_static = modifiers.into_iter().any(|modifier| builder.slice(modifier) == "static");
        Self {
            node,
            class: around.class.filter(|_| !is_local),
            class_name: if is_local { String::new() } else { around.class_name.clone() },
            around: around.functions.last().copied(),
            is_extension,
            is_static,
            parameters,
            rest,
        }
    }

    /// The class whose methods it sees.
    pub(super) fn class_of(&self, scope: &Scope<'n>) -> Option<usize> {
        self.class.or(scope.class)
    }

    /// Whether code sees it by its bare name.
    fn is_seen(&self, scope: &Scope<'n>) -> bool {
        match (self.class, self.around) {
            (Some(class), _) => scope.class == Some(class) || (scope.class.is_none() && self.class_name == "Program"),
            (None, Some(around)) => scope.around(around).is_some(),
            (None, None) => true,
        }
    }

    /// How many of its parameters a call does not pass between its brackets.
    pub(super) fn skipped(&self, call: &Call<'n>) -> usize {
        usize::from(self.is_extension && matches!(call.on, Receiver::Known | Receiver::Unknown))
    }

    /// Whether it takes what a call passes.
    fn fits(&self, call: &Call<'n>) -> bool {
        let skipped = self.skipped(call);
        let passed: Vec<_> = call.arguments.iter().filter(|argument| argument.name.is_empty()).collect();
        let named = |name: &str| call.arguments.iter().find(|argument| argument.name == name);
        let Some(parameters) = self.parameters.get(skipped..) else { return false };
        if passed.len() > parameters.len() && self.rest.is_none() {
            return false;
        }
        let has_all = call.arguments.iter().all(|argument| {
            argument.name.is_empty() || self.parameters.iter().any(|parameter| parameter.name == argument.name)
        });
        let mut each = parameters.iter().enumerate();
        has_all
            && each.all(|(at, parameter)| match passed.get(at).copied().or_else(|| named(&parameter.name)) {
                Some(argument) => parameter.fits(argument.meaning.as_ref()),
                None => parameter.default.is_some(),
            })
    }
}

impl<'n> Parameter<'n> {
    /// Reads a parameter of what has these type parameters.
    pub(super) fn read(builder: &Builder<'_>, part: Node<'n>, types: &[String]) -> Self {
        let after = part.child_by_field_name("name").map_or(0, |name| name.end_byte());
        let ty: String = builder.field(part, "type").split_whitespace().collect();
        let mut modifiers = children(part).into_iter().filter(|part| part.kind() == "modifier");
        Self {
            name: builder.field(part, "name"),
            ty: if types.contains(&ty) { String::new() } else { ty },
            default: children(part).into_iter().rfind(|part| part.start_byte() >= after && after > 0),
            is_handed_out: modifiers.any(|modifier| matches!(builder.slice(modifier), "out" | "ref")),
        }
    }

    /// Whether it may be what is passed: one of what is passed may.
    fn fits(&self, passed: Option<&Meaning<'_>>) -> bool {
        let ty = self.ty.trim_end_matches('?');
        let ty = ty.rsplit_once("System.").map_or(ty, |(_, last)| last);
        if ty.is_empty() || matches!(ty, "object" | "dynamic") {
            return true;
        }
        let Some(passed) = passed else { return true };
        let is_function = ty.starts_with("Func<") || ty.starts_with("Action") || ty.ends_with("Callback");
        let numbers = ["int", "uint", "long", "ushort", "short", "double", "decimal", "float", "byte"];
        let is_plain = numbers.contains(&ty) || matches!(ty, "string" | "String" | "bool" | "char");
        let has = |words: &[&str]| words.iter().any(|word| ty.contains(word));
        passed.each().iter().any(|passed| match passed {
            Meaning::Text(_) => matches!(ty, "string" | "String") || has(&["Handler", "Span<char>", "Formattable"]),
            Meaning::Number(_) => numbers.contains(&ty),
            Meaning::Resource(_) => {
                !is_function && has(&["Resource", "Endpoint", "Expression", "Value"]) && !ty.ends_with("[]")
            }
            Meaning::List(_) => !is_function && has(&["[]", "<"]),
            Meaning::Lambda(..) | Meaning::Function(_) => {
                is_function || (!is_plain && !has(&["Resource", "[]", "IEnumerable<", "List<"]))
            }
            Meaning::Part(_) | Meaning::Object(_) | Meaning::Tuple(_) => !is_function && !is_plain,
            Meaning::Choice(_) => true,
        })
    }
}
