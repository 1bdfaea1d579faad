//! Rust's expressions and patterns.

use super::Lower;
use crate::format::{Part as Piece, braces};
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{Argument, Def, Expr, ExprId, Part, Range, Run, TypeRef};
use tree_sitter::Node;

/// Methods that give what they are called on, for what is asked here.
const SAME: &[&str] = &[
    "unwrap",
    "expect",
    "clone",
    "to_string",
    "as_str",
    "to_owned",
    "into",
    "as_ref",
    "as_mut",
    "as_deref",
    "borrow",
    "ok",
    "map_err",
    "context",
    "with_context",
    "wrap_err",
    "ok_or",
    "ok_or_else",
    "trim",
    "lock",
    "iter",
    "into_iter",
    "unwrap_or_default",
    "cloned",
    "copied",
    "as_bytes",
    "parse",
    "boxed",
    "into_string",
    "to_lowercase",
    "try_into",
    "into_owned",
    "leak",
    "as_slice",
    "to_vec",
    "trim_end_matches",
    "trim_start_matches",
    "trim_end",
    "inspect_err",
    "collect",
    "filter",
    "unwrap_or_exit",
    "into_inner",
    "get_ref",
    // What keeps a text from being logged.
    "expose_secret",
    "expose_secret_mut",
    "unsecure",
    "deref",
    "to_compact_string",
];

/// Functions that give what they are given.
const HOLDERS: &[&str] = &[
    "Some",
    "Ok",
    "Box::new",
    "Arc::new",
    "Rc::new",
    "String::from",
    "Mutex::new",
    "RwLock::new",
    "Cow::from",
    "Cow::Borrowed",
    "Cow::Owned",
    "std::sync::Arc::new",
    "Arc::clone",
    "OnceCell::from",
    "Data::new",
    "web::Data::new",
    "Extension",
    "State",
    "Pin::new",
    "Box::pin",
    "Some::from",
    "Arc::from",
    "Rc::from",
    "Box::from",
    "Box::leak",
    "Secret::new",
    "Secret::from",
    "SecretString::new",
    "SecretString::from",
    "SecretBox::new",
    "SecretBox::from",
    "secrecy::Secret::new",
    "secrecy::SecretString::new",
    "secrecy::SecretString::from",
    "SecUtf8::from",
    "Zeroizing::new",
    "zeroize::Zeroizing::new",
    "CompactString::new",
    "CompactString::from",
    "SmolStr::new",
    "SmolStr::from",
    "ArcStr::from",
];

/// Functions that give what the function gives that they are given.
const LATER: &[&str] =
    &["LazyLock::new", "Lazy::new", "std::sync::LazyLock::new", "once_cell::sync::Lazy::new", "LazyCell::new"];

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "identifier" | "self" | "shorthand_field_identifier" => {
                let name = self.builder.slice(node);
                if let Some(local) = self.builder.local(name) {
                    return self.builder.push(Expr::Local(local), span);
                }
                return self.path(name, span);
            }
            "scoped_identifier" => return self.path(self.builder.slice(node), span),
            "generic_function" => return self.under(node, "function").unwrap_or_else(|| self.nothing(span)),
            "string_literal" | "raw_string_literal" => return self.string(node),
            "integer_literal" | "float_literal" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "boolean_literal" | "char_literal" | "unit_expression" | "line_comment" | "block_comment" => {
                Expr::Choice(Run::default())
            }
            "reference_expression" | "type_cast_expression" => match self.under(node, "value") {
                Some(value) => return value,
                None => Expr::Other,
            },
            "try_expression"
            | "await_expression"
            | "parenthesized_expression"
            | "unary_expression"
            | "expression_statement"
            | "unsafe_block"
            | "async_block"
            | "const_block"
            | "try_block"
            | "base_field_initializer" => match children(node).last() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Choice(Run::default()),
            },
            "block" => return self.block(node),
            "let_declaration" => {
                self.declaration(node);
                Expr::Choice(Run::default())
            }
            "field_expression" => match self.under(node, "value") {
                Some(of) => return self.builder.push_member(of, self.builder.field(node, "field"), span),
                None => Expr::Other,
            },
            "index_expression" => match self.exprs(node).as_slice() {
                [of, key] => Expr::Index { of: *of, key: *key },
                _ => Expr::Other,
            },
            "call_expression" => return self.call(node),
            "macro_invocation" => {
                self.tokens(node);
                Expr::Other
            }
            "binary_expression" => {
                let (left, right) = (self.under(node, "left"), self.under(node, "right"));
                match (left, right, self.builder.field(node, "operator").as_str()) {
                    (Some(left), Some(right), "+") => Expr::Concat(left, right),
                    _ => Expr::Other,
                }
            }
            "assignment_expression" | "compound_assignment_expr" => {
                if let (Some(target), Some(value)) = (self.under(node, "left"), self.under(node, "right")) {
                    let adds = node.kind() == "compound_assignment_expr";
                    let value = if adds { self.builder.push(Expr::Concat(target, value), span) } else { value };
                    self.builder.assign(target, value, 0);
                }
                Expr::Choice(Run::default())
            }
            "array_expression" | "tuple_expression" => {
                let values = self.exprs(node);
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "struct_expression" => return self.structure_value(node),
            "if_expression" => {
                self.builder.enter();
                self.under(node, "condition");
                let values: Vec<ExprId> =
                    ["consequence", "alternative"].into_iter().filter_map(|field| self.under(node, field)).collect();
                self.builder.leave();
                return self.choice(values, span);
            }
            "let_condition" => {
                let value = self.under(node, "value");
                if let (Some(pattern), Some(value)) = (node.child_by_field_name("pattern"), value) {
                    self.bind(pattern, value);
                }
                Expr::Other
            }
            "match_expression" => return self.matched(node),
            "for_expression" => {
                let over = self.under(node, "value");
                self.builder.enter();
                if let (Some(pattern), Some(over)) = (node.child_by_field_name("pattern"), over) {
                    let element = self.builder.push(Expr::Index { of: over, key: over }, span);
                    let parts = children(pattern);
                    match parts.split_first().filter(|_| pattern.kind() == "tuple_pattern") {
                        Some((first, rest)) => {
                            let key = self.builder.push_first(element, span);
                            self.bind(*first, key);
                            for part in rest {
                                let value = self.builder.push(Expr::Index { of: element, key: element }, span);
                                self.bind(*part, value);
                            }
                        }
                        None => self.bind(pattern, element),
                    }
                }
                self.under(node, "body");
                self.builder.leave();
                Expr::Choice(Run::default())
            }
            "return_expression" => {
                let values = self.exprs(node);
                self.builder.give_back(values);
                Expr::Choice(Run::default())
            }
            "closure_expression" => return self.closure(node),
            "function_item" => {
                // A function inside of a function.
                let name = self.builder.field(node, "name");
                let local = self.builder.declare(&name, None);
                let closure = self.closure(node);
                self.builder.define(local, Def::Value { expr: closure, result: 0 });
                return closure;
            }
            "use_declaration" | "attribute_item" | "struct_item" | "enum_item" | "impl_item" | "mod_item"
            | "type_item" | "label" | "lifetime" | "macro_definition" => Expr::Other,
            "const_item" | "static_item" => {
                if let Some(value) = self.under(node, "value") {
                    let local = self.builder.declare(&self.builder.field(node, "name"), None);
                    self.builder.define(local, Def::Value { expr: value, result: 0 });
                }
                Expr::Other
            }
            _ => {
                self.exprs(node);
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }
}

impl Lower<'_> {
    fn nothing(&mut self, span: Range) -> ExprId {
        self.builder.push(Expr::Choice(Run::default()), span)
    }

    fn choice(&mut self, values: impl IntoIterator<Item = ExprId>, span: Range) -> ExprId {
        let values = self.builder.list_of(values);
        self.builder.push(Expr::Choice(values), span)
    }

    /// A block is worth its last expression.
    fn block(&mut self, node: Node) -> ExprId {
        self.builder.enter();
        let mut last = None;
        for child in children(node) {
            let value = self.expr(child);
            let is_value = !matches!(child.kind(), "let_declaration")
                && (child.kind() != "expression_statement" || !self.builder.slice(child).ends_with(';'));
            last = is_value.then_some(value);
        }
        self.builder.leave();
        last.unwrap_or_else(|| self.nothing(range(node)))
    }

    fn declaration(&mut self, node: Node) {
        let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
        let value = self.under(node, "value");
        if let Some(alternative) = node.child_by_field_name("alternative") {
            self.expr(alternative);
        }
        let Some(pattern) = node.child_by_field_name("pattern") else { return };
        if pattern.kind() == "identifier" {
            let local = self.builder.declare(self.builder.slice(pattern), ty);
            if let Some(value) = value {
                self.builder.define(local, Def::Value { expr: value, result: 0 });
            }
        } else if let Some(value) = value {
            self.bind(pattern, value);
        }
    }

    /// The names that a pattern binds.
    pub(super) fn names_in(&self, pattern: Node) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            match node.kind() {
                "identifier" | "shorthand_field_identifier" => found.push(self.builder.slice(node).to_owned()),
                "tuple_struct_pattern" | "struct_pattern" => {
                    open.extend(children(node).into_iter().skip(1));
                }
                "field_pattern" => {
                    open.extend(node.child_by_field_name("pattern").or_else(|| node.child_by_field_name("name")));
                }
                "scoped_identifier" => {}
                _ => open.extend(children(node)),
            }
        }
        found
    }

    /// Gives the names of a pattern their values.
    fn bind(&mut self, pattern: Node, value: ExprId) {
        let span = range(pattern);
        match pattern.kind() {
            "identifier" => {
                let name = self.builder.slice(pattern);
                // `None`, a constant.
                if name.starts_with(char::is_uppercase) {
                    return;
                }
                let local = self.builder.declare(name, None);
                self.builder.define(local, Def::Value { expr: value, result: 0 });
            }
            "tuple_struct_pattern" => {
                let parts = children(pattern);
                let of = parts.first().map(|of| self.builder.slice(*of)).unwrap_or_default();
                // `Ledger::Grpc(grpc)`: what the variant holds. `Some(x)` is `x`.
                let variant = of.rsplit_once("::").map(|(_, name)| name).filter(|name| !HOLDERS.contains(name));
                let value = match variant.filter(|_| parts.len() == 2) {
                    Some(name) => {
                        let held = self.builder.push_member(value, name, span);
                        self.choice(vec![held, value], span)
                    }
                    None => value,
                };
                for part in parts.iter().skip(1) {
                    if of.ends_with("Err") {
                        for name in self.names_in(*part) {
                            self.builder.declare(&name, None);
                        }
                    } else {
                        self.bind(*part, value);
                    }
                }
            }
            "struct_pattern" => {
                for field in children(pattern).into_iter().filter(|child| child.kind() == "field_pattern") {
                    let name =
                        field.child_by_field_name("name").map(|name| self.builder.slice(name)).unwrap_or_default();
                    let part = self.builder.push_member(value, name, span);
                    match field.child_by_field_name("pattern") {
                        Some(inner) => self.bind(inner, part),
                        None => {
                            let local = self.builder.declare(name, None);
                            self.builder.define(local, Def::Value { expr: part, result: 0 });
                        }
                    }
                }
            }
            "tuple_pattern" | "slice_pattern" => {
                for part in children(pattern) {
                    let element = self.builder.push(Expr::Index { of: value, key: value }, span);
                    self.bind(part, element);
                }
            }
            "match_pattern" | "ref_pattern" | "reference_pattern" | "mut_pattern" | "captured_pattern"
            | "or_pattern" => {
                for part in children(pattern).into_iter().filter(|part| part.kind() != "mutable_specifier") {
                    self.bind(part, value);
                }
            }
            _ => {}
        }
    }

    fn matched(&mut self, node: Node) -> ExprId {
        let span = range(node);
        let value = self.under(node, "value");
        let mut values = Vec::new();
        for arm in node.child_by_field_name("body").map(children).unwrap_or_default() {
            self.builder.enter();
            if let (Some(pattern), Some(value)) = (arm.child_by_field_name("pattern"), value) {
                self.bind(pattern, value);
            }
            values.extend(self.under(arm, "value"));
            self.builder.leave();
        }
        self.choice(values, span)
    }

    fn structure_value(&mut self, node: Node) -> ExprId {
        let ty = node.child_by_field_name("name").map_or(TypeRef::Unknown, |name| self.ty(name, 0));
        let mut parts = Vec::new();
        for field in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let (name, value) = match field.kind() {
                "field_initializer" => (self.builder.field(field, "field"), self.under(field, "value")),
                "shorthand_field_initializer" => {
                    let name = self.builder.slice(field).to_owned();
                    let value = match self.builder.local(&name) {
                        Some(local) => self.builder.push(Expr::Local(local), range(field)),
                        None => self.path(&name, range(field)),
                    };
                    (name, Some(value))
                }
                _ => {
                    self.expr(field);
                    continue;
                }
            };
            if let Some(value) = value {
                let field = Some(self.builder.word(name));
                parts.push(Part { field, key: None, value });
            }
        }
        let composite = self.builder.composite(ty, parts);
        self.builder.push(composite, range(node))
    }

    fn call(&mut self, node: Node) -> ExprId {
        let span = range(node);
        let Some(mut function) = node.child_by_field_name("function") else { return self.nothing(span) };
        let list = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        // `from_env::<Settings>()` gives a value of that type.
        let mut made = None;
        if function.kind() == "generic_function" {
            let first = function.child_by_field_name("type_arguments").and_then(|list| list.named_child(0));
            made = first.map(|ty| self.ty(ty, 0));
            function = function.child_by_field_name("function").unwrap_or(function);
        }
        let written = super::paths::without_arguments(self.builder.slice(function));
        if function.kind() != "field_expression" && HOLDERS.contains(&written.as_str()) {
            let values: Vec<ExprId> = list.into_iter().map(|value| self.expr(value)).collect();
            return values.first().copied().unwrap_or_else(|| self.nothing(span));
        }
        if let (true, [made]) = (LATER.contains(&written.as_str()), list.as_slice()) {
            return self.inlined(*made, None);
        }
        match written.rsplit("::").next() {
            Some("format_") => return self.format(&list, span),
            Some("concat_") => {
                let values: Vec<ExprId> = list.into_iter().map(|value| self.expr(value)).collect();
                let values = self.builder.list_of(values);
                return self.builder.push(Expr::Format(values), span);
            }
            _ => {}
        }
        let callee = if function.kind() == "field_expression" {
            let Some(of) = self.under(function, "value") else { return self.nothing(span) };
            let name = self.builder.field(function, "field");
            if let Some(value) = self.passed_on(of, &name, &list, span) {
                return value;
            }
            self.builder.push_member(of, name, range(function))
        } else {
            // `Settings::parse()`, which the type's traits give.
            if let Some((of, "parse" | "try_parse" | "from_env" | "init_from_env" | "from_args" | "load")) = written
                .rsplit_once("::")
                .filter(|(of, _)| list.is_empty() && !of.contains("::") && of.starts_with(char::is_uppercase))
            {
                let name = self.whole(of);
                made = Some(TypeRef::Name { qualifier: None, name: self.known(name).into() });
            }
            self.expr(function)
        };
        let arguments: Vec<Argument> = list
            .into_iter()
            .filter(|argument| argument.kind() != "attribute_item")
            .map(|argument| Argument { name: None, value: self.expr(argument), spread: false })
            .collect();
        let call = self.builder.call(callee, arguments, span);
        match made {
            Some(ty) if ty != TypeRef::Unknown => {
                let ty = self.builder.written(ty);
                self.builder.push(Expr::Cast { of: call, ty }, span)
            }
            _ => call,
        }
    }

    /// What a method gives that passes on what it is called on, or something else where that is nothing.
    fn passed_on(&mut self, of: ExprId, name: &str, list: &[Node], span: Range) -> Option<ExprId> {
        if SAME.contains(&name) {
            for argument in list {
                self.expr(*argument);
            }
            return Some(of);
        }
        match (name, list) {
            ("unwrap_or" | "or", [other]) => {
                let other = self.expr(*other);
                Some(self.choice([of, other], span))
            }
            ("unwrap_or_else" | "or_else", [other]) => {
                let other = self.inlined(*other, None);
                Some(self.choice([of, other], span))
            }
            ("get_or_init" | "get_or_insert_with", [other]) => {
                let other = self.inlined(*other, None);
                Some(self.choice([of, other], span))
            }
            ("map" | "and_then", [function]) if function.kind() == "closure_expression" => {
                Some(self.inlined(*function, Some(of)))
            }
            ("map_or", [other, function]) if function.kind() == "closure_expression" => {
                let other = self.expr(*other);
                let value = self.inlined(*function, Some(of));
                Some(self.choice([other, value], span))
            }
            ("map_or_else", [other, function]) if function.kind() == "closure_expression" => {
                let other = self.inlined(*other, None);
                let value = self.inlined(*function, Some(of));
                Some(self.choice([other, value], span))
            }
            _ => None,
        }
    }

    /// The value of a closure that is called where it stands.
    fn inlined(&mut self, node: Node, given: Option<ExprId>) -> ExprId {
        if node.kind() != "closure_expression" {
            let value = self.expr(node);
            // `unwrap_or_else(default_url)`
            return if matches!(self.builder.facts.expr(value), Expr::Name(_) | Expr::Member { .. } | Expr::Local(_)) {
                self.builder.call(value, Vec::new(), range(node))
            } else {
                value
            };
        }
        self.builder.enter();
        for parameter in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            let pattern = parameter.child_by_field_name("pattern").unwrap_or(parameter);
            match given {
                Some(given) => {
                    self.bind(pattern, given);
                    if let Some(local) = self.builder.local_here(self.builder.slice(pattern)) {
                        self.builder.define(local, Def::Element(given));
                    }
                }
                None => {
                    for name in self.names_in(pattern) {
                        self.builder.declare(&name, None);
                    }
                }
            }
        }
        let value = self.under(node, "body").unwrap_or_else(|| self.nothing(range(node)));
        self.builder.leave();
        value
    }

    fn closure(&mut self, node: Node) -> ExprId {
        let id = self.builder.open_closure();
        for parameter in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            let pattern = parameter.child_by_field_name("pattern").unwrap_or(parameter);
            let ty = parameter.child_by_field_name("type").map(|ty| self.written(ty));
            let names = self.names_in(pattern);
            let name = names.first().cloned().unwrap_or_else(|| "_".to_owned());
            self.builder.closure_parameter(id, &name, ty);
        }
        if let Some(value) = self.under(node, "body") {
            self.builder.give_back(vec![value]);
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), range(node))
    }

    /// `format!("http://{}/{path}", host)`
    fn format(&mut self, list: &[Node], span: Range) -> ExprId {
        let Some((format, values)) = list.split_first() else { return self.nothing(span) };
        let text = self.text(*format);
        let mut placed = Vec::new();
        let mut named = Vec::new();
        for value in values {
            if value.kind() == "assignment_expression" {
                let name = self.builder.field(*value, "left");
                if let Some(value) = self.under(*value, "right") {
                    named.push((name, value));
                }
            } else {
                placed.push(self.expr(*value));
            }
        }
        let mut next = 0;
        let mut pieces = Vec::new();
        for piece in braces(&text) {
            let value = match piece {
                Piece::Text(text) => Some(self.builder.push_text(text, span)),
                Piece::Next => {
                    next += 1;
                    placed.get(next - 1).copied()
                }
                Piece::At(at) => placed.get(at).copied(),
                Piece::Named(name) => match named.iter().find(|(known, _)| *known == name) {
                    Some((_, value)) => Some(*value),
                    None => match self.builder.local(&name) {
                        Some(local) => Some(self.builder.push(Expr::Local(local), span)),
                        None => Some(self.path(&name, span)),
                    },
                },
            };
            pieces.push(value.unwrap_or_else(|| self.builder.push(Expr::Other, span)));
        }
        let pieces = self.builder.list_of(pieces);
        self.builder.push(Expr::Format(pieces), span)
    }

    /// What stands in the brackets of a macro that is not known: its texts, and what it names, which it may call.
    fn tokens(&mut self, node: Node) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for child in children(node) {
                match child.kind() {
                    "string_literal" | "raw_string_literal" => {
                        self.string(child);
                    }
                    "identifier" => {
                        let name = self.builder.slice(child);
                        let span = range(child);
                        match self.builder.local(name) {
                            Some(local) => self.builder.push(Expr::Local(local), span),
                            None => self.path(name, span),
                        };
                    }
                    _ => open.push(child),
                }
            }
        }
    }

    fn text(&self, node: Node) -> String {
        let mut text = String::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => text.push_str(self.builder.slice(part)),
                "escape_sequence" => text.push_str(match self.builder.slice(part) {
                    "\\n" => "\n",
                    other => other.trim_start_matches('\\'),
                }),
                _ => {}
            }
        }
        text
    }

    fn string(&mut self, node: Node) -> ExprId {
        let text = self.text(node);
        self.builder.push_text(text, range(node))
    }
}
