//! Ruby, by tree-sitter.
//!
//! A constant goes by its whole name (`Bank::Client`), wherever it is written; which file declares it is told later, as Ruby's own
//! loaders do. An instance variable is a field of the method's receiver.

mod expr;

use super::build::{Builder, Expressions, children, facts_of, range};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{Def, Expr, ExprId, Facts, Field, Function, Global, Import, Store, TypeDecl, TypeRef};
use std::collections::BTreeSet;
use tree_sitter::Node;

/// The front end.
pub(super) struct Ruby;

impl Frontend for Ruby {
    fn facts(&self, text: &str) -> Facts {
        facts_of(&tree_sitter_ruby::LANGUAGE.into(), text, |builder, root| {
            let mut lower = Lower {
                builder,
                later: Vec::new(),
                is_within_default: false,
                nesting: Vec::new(),
                declared: Declared::default(),
                named: BTreeSet::new(),
                instance: false,
                method: None,
            };
            lower.declared.read(text, root);
            lower.file(root);
            lower.builder.finish(root)
        })
    }
}

/// A method whose body is read after what runs when the file is loaded.
struct Later<'n> {
    node: Node<'n>,
    nesting: Vec<String>,
    /// What it is called where that is not written in it: a block that gives what a field is where nobody says it.
    name: Option<String>,
}

/// The walk over one file.
struct Lower<'t, 'n> {
    builder: Builder<'t>,
    later: Vec<Later<'n>>,
    /// Whether what is read stands in the default of a field.
    is_within_default: bool,
    /// The modules and classes around what is read, each by its whole name, the innermost last.
    nesting: Vec<String>,
    declared: Declared,
    /// The names that other files declare.
    named: BTreeSet<String>,
    /// Whether what is read belongs to a method.
    instance: bool,
    /// The method that is read, or was read last.
    method: Option<Node<'n>>,
}

/// What a file declares.
#[derive(Default)]
struct Declared {
    /// Constants, modules and classes, by their whole names.
    constants: BTreeSet<String>,
    /// Methods outside of every class.
    functions: BTreeSet<String>,
    /// Methods with their classes.
    methods: BTreeSet<(String, String)>,
    /// Classes that have methods from elsewhere: they extend or include something.
    open: BTreeSet<String>,
}

impl Declared {
    fn read(&mut self, text: &str, root: Node) {
        let mut open = vec![(root, String::new())];
        while let Some((node, outer)) = open.pop() {
            let slice = |node: Node| text.get(node.start_byte()..node.end_byte()).unwrap_or_default().to_owned();
            let mut inner = outer.clone();
            match node.kind() {
                "class" | "module" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        inner = within(&outer, &slice(name));
                        self.constants.insert(inner.clone());
                        if node.child_by_field_name("superclass").is_some() {
                            self.open.insert(inner.clone());
                        }
                    }
                }
                "assignment" => {
                    let left = node.child_by_field_name("left").filter(|left| left.kind() == "constant");
                    self.constants.extend(left.map(|left| within(&outer, &slice(left))));
                }
                "method" | "singleton_method" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        if outer.is_empty() {
                            self.functions.insert(slice(name));
                        } else {
                            self.methods.insert((outer.clone(), slice(name)));
                        }
                    }
                    // What a body declares is rarely a constant, and never another method of the file's.
                    continue;
                }
                "call" => {
                    let name = node.child_by_field_name("method").map(slice).unwrap_or_default();
                    if matches!(name.as_str(), "include" | "extend" | "prepend") {
                        self.open.insert(outer.clone());
                    }
                }
                _ => {}
            }
            open.extend(children(node).into_iter().map(|child| (child, inner.clone())));
        }
    }
}

/// The block of a function without a name: `proc { … }`, `-> { … }`, `Proc.new { … }`.
fn block_of(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "lambda" => node.child_by_field_name("body"),
        "call" => node.child_by_field_name("block"),
        _ => None,
    }
}

/// The whole name of what is declared in a module or class.
fn within(outer: &str, name: &str) -> String {
    match name.strip_prefix("::") {
        Some(name) => name.to_owned(),
        None if outer.is_empty() => name.to_owned(),
        None => format!("{outer}::{name}"),
    }
}

impl<'n> Lower<'_, 'n> {
    fn file(&mut self, root: Node<'n>) {
        self.builder.open(Function::default());
        self.block(root);
        self.builder.close_file();
        let mut at = 0;
        while let Some(later) = self.later.get(at) {
            let node = later.node;
            self.nesting = later.nesting.clone();
            let name = later.name.clone();
            at += 1;
            self.is_within_default = name.is_some();
            self.function(node, name);
            self.is_within_default = false;
        }
        let declared = self.declared.constants.iter().chain(&self.declared.functions);
        self.builder.facts.declares = declared.map(Into::into).collect();
        for name in std::mem::take(&mut self.named) {
            let path = Some(name.as_str().into());
            self.builder.facts.imports.push(Import { alias: path.clone(), path: name.into(), name: path });
        }
        self.builder.facts.faults.extend(first_fault(root));
    }

    /// The statements of a block, and what the last one is worth.
    fn block(&mut self, node: Node<'n>) -> Option<ExprId> {
        children(node).into_iter().map(|child| self.expr(child)).last()
    }

    fn class_name(&self) -> Option<&str> {
        self.nesting.last().map(String::as_str)
    }

    /// A constant by its whole name: one of the file's, the innermost first, or one of another file or library.
    fn constant(&mut self, written: &str) -> String {
        let bare = written.trim_start_matches("::");
        if !written.starts_with("::") {
            let mut around = self.nesting.iter().rev();
            let own = around.find_map(|outer| {
                // `module A::B` opens `A::B` alone, and constants of `A` are found all the same: nobody else has them.
                let mut outer = outer.as_str();
                loop {
                    let name = format!("{outer}::{bare}");
                    if self.declared.constants.contains(&name) {
                        return Some(name);
                    }
                    outer = outer.rsplit_once("::")?.0;
                }
            });
            if let Some(own) = own {
                return own;
            }
        }
        if !self.declared.constants.contains(bare) {
            self.named.insert(bare.to_owned());
        }
        bare.to_owned()
    }

    /// A class or module: its body runs when the file is loaded.
    fn class(&mut self, node: Node<'n>) {
        let written = node.child_by_field_name("name").map(|name| self.builder.slice(name)).unwrap_or_default();
        let name = within(self.class_name().unwrap_or_default(), written);
        let mut fields = Vec::new();
        if let Some(base) = node.child_by_field_name("superclass").and_then(|base| base.named_child(0)) {
            fields.extend(self.base(base));
        }
        self.nesting.push(name.clone());
        let body = node.child_by_field_name("body").map(children).unwrap_or_default();
        for call in body.iter().filter(|child| child.kind() == "call") {
            let verb = self.builder.field(*call, "method");
            if matches!(verb.as_str(), "include" | "extend" | "prepend")
                && call.child_by_field_name("receiver").is_none()
            {
                let mixed = call.child_by_field_name("arguments").map(children).unwrap_or_default();
                fields.extend(mixed.into_iter().filter_map(|mixed| self.base(mixed)));
            }
        }
        let known = self.builder.facts.types.iter_mut().find(|ty| ty.name == name);
        if let Some(TypeDecl { ty: TypeRef::Struct(known), .. }) = known {
            known.append(&mut fields);
        } else {
            let ty = TypeRef::Struct(fields);
            self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes: Vec::new(), span: range(node) });
        }
        for child in body {
            // A default is read twice, as what is called and as what the field is: a class in there has none of its own, or each would double that.
            let given = if self.is_within_default { None } else { self.default_given(child) };
            self.is_within_default |= given.is_some();
            self.expr(child);
            if let Some((field, given)) = given {
                self.default_of(field, given);
                self.is_within_default = false;
            }
        }
        self.nesting.pop();
    }

    /// `option :url, default: proc { "http://ledger" }` in a class, as libraries have it that write constructors and readers: what the field
    /// is where nobody says another value.
    fn default_given(&self, call: Node<'n>) -> Option<(Node<'n>, Node<'n>)> {
        let list = call.child_by_field_name("arguments").filter(|_| call.kind() == "call").map(children)?;
        let (field, rest) = list.split_first()?;
        if call.child_by_field_name("receiver").is_some() || field.kind() != "simple_symbol" {
            return None;
        }
        let is_default = |pair: &&Node| {
            let key = pair.child_by_field_name("key").filter(|_| pair.kind() == "pair");
            key.is_some_and(|key| self.builder.slice(key).trim_matches(':') == "default")
        };
        let given = rest.iter().find(is_default).and_then(|pair| pair.child_by_field_name("value"))?;
        Some((*field, given))
    }

    /// What a field is where nobody says another value.
    fn default_of(&mut self, field: Node<'n>, given: Node<'n>) {
        let field = self.builder.slice(field).trim_start_matches(':').to_owned();
        let span = range(given);
        let of = self.me(span);
        let value = match block_of(given) {
            Some(block) => {
                self.later.push(Later { node: block, nesting: self.nesting.clone(), name: Some(field.clone()) });
                let callee = self.builder.push_member(of, field.as_str(), span);
                self.builder.call(callee, Vec::new(), span)
            }
            None => self.expr(given),
        };
        let target = self.builder.push_member(of, field.as_str(), span);
        self.builder.assign(target, value, 0);
    }

    /// A class that another one extends or takes in.
    fn base(&mut self, node: Node<'n>) -> Option<Field> {
        if !matches!(node.kind(), "constant" | "scope_resolution") {
            // `Struct.new(:a)`: an expression of its own.
            return None;
        }
        let name = self.constant(self.builder.slice(node));
        let ty = TypeRef::Name { qualifier: None, name: name.as_str().into() };
        Some(Field { name: name.into(), ty, embedded: true, tag: None })
    }

    fn function(&mut self, node: Node<'n>, given: Option<String>) {
        let is_block = given.is_some();
        let name = given.unwrap_or_else(|| self.builder.field(node, "name"));
        let name = if name == "initialize" { "<new>".to_owned() } else { name };
        let receiver = self.class_name().map(Into::into);
        self.builder.open(Function { name: name.into(), receiver, span: range(node), ..Function::default() });
        let me = self.builder.declare("self", None);
        self.builder.define(me, Def::Receiver);
        self.instance = true;
        self.method = Some(node);
        let parameters = node.child_by_field_name("parameters").filter(|_| !is_block);
        for (at, parameter) in (0_u16..).zip(parameters.map(children).unwrap_or_default()) {
            self.parameter(parameter, at);
        }
        if let Some(body) = node.child_by_field_name("body") {
            let is_block = matches!(body.kind(), "body_statement" | "block_body");
            let last = if is_block { self.block(body) } else { Some(self.expr(body)) };
            if let Some(last) = last {
                self.builder.give_back(vec![last]);
            }
        }
        self.instance = false;
        self.builder.close();
    }

    /// The name of a parameter; empty where it has none.
    fn parameter_name(&self, node: Node<'n>) -> String {
        let named = node.child_by_field_name("name").map(|name| self.builder.slice(name));
        named.unwrap_or_else(|| self.builder.slice(node)).trim_start_matches(['*', '&']).to_owned()
    }

    fn parameter(&mut self, node: Node<'n>, at: u16) {
        let kind = node.kind();
        let name = self.parameter_name(node);
        let local = self.builder.declare(&name, None);
        let def = match kind {
            "hash_splat_parameter" => Def::Named,
            // A keyword has a name and no place.
            "keyword_parameter" => Def::Parameter(u16::MAX),
            "block_parameter" => return,
            _ => Def::Parameter(at),
        };
        self.builder.define(local, def);
        if let Some(default) = node.child_by_field_name("value") {
            let expr = self.expr(default);
            self.builder.define(local, Def::Value { expr, result: 0 });
        }
        if matches!(def, Def::Parameter(place) if place != u16::MAX) {
            self.builder.parameter(local, kind == "splat_parameter");
        }
    }

    /// A method: it waits until what runs on loading is read.
    fn definition(&mut self, node: Node<'n>) {
        self.later.push(Later { node, nesting: self.nesting.clone(), name: None });
    }

    /// `require "x"` and its like.
    fn require(&mut self, verb: &str, path: &str) {
        let is_relative = verb == "require_relative" && !path.starts_with(['.', '/']);
        let path = if is_relative { format!("./{path}") } else { path.to_owned() };
        self.builder.facts.imports.push(Import { alias: Some(".".into()), path: path.into(), name: None });
    }

    /// Gives a target its value.
    fn bind(&mut self, target: Node<'n>, value: ExprId, result: u16) {
        let span = range(target);
        match target.kind() {
            "identifier" => {
                let name = self.builder.slice(target);
                let local = self.builder.local(name).unwrap_or_else(|| self.builder.declare(name, None));
                self.builder.define(local, Def::Value { expr: value, result });
            }
            "constant" => {
                let name = within(self.class_name().unwrap_or_default(), self.builder.slice(target));
                self.global(&name, value, result);
            }
            "global_variable" => {
                let name = self.builder.slice(target);
                self.global(name, value, result);
            }
            "left_assignment_list" | "destructured_left_assignment" => {
                for (at, part) in (0_u16..).zip(children(target)) {
                    self.bind(part, value, at);
                }
            }
            "call" => {
                // `config.url = …`
                let of = target.child_by_field_name("receiver").map(|of| self.expr(of));
                let name = self.builder.field(target, "method");
                let of = of.unwrap_or_else(|| self.me(span));
                let target = self.builder.push_member(of, name, span);
                self.builder.assign(target, value, result);
            }
            _ => {
                let target = self.expr(target);
                self.builder.assign(target, value, result);
            }
        }
    }

    /// A name of the file's, or a value stored in one of another file.
    fn global(&mut self, name: &str, value: ExprId, result: u16) {
        let at_top = !self.instance;
        let span = self.builder.facts.span(value);
        let globals = &mut self.builder.facts.globals;
        match globals.iter_mut().find(|global| global.name == name) {
            Some(global) if at_top => global.values.push((value, result)),
            None if at_top => globals.push(Global { name: name.into(), ty: None, values: vec![(value, result)] }),
            known => {
                if known.is_none() {
                    globals.push(Global { name: name.into(), ty: None, values: Vec::new() });
                }
                let target = self.builder.push_name(name, span);
                self.builder.store(Store { target, value, result });
            }
        }
    }

    /// What `self` is: the receiver in a method, the class in its body.
    fn me(&mut self, span: crate::ir::Range) -> ExprId {
        if self.instance {
            return self.builder.name("self", span);
        }
        match self.class_name().map(str::to_owned) {
            Some(name) => self.builder.push_name(name, span),
            None => self.builder.push(Expr::Other, span),
        }
    }
}
