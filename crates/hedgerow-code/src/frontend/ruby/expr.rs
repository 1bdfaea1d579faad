//! Ruby's expressions: everything is one.

use super::Lower;
use crate::format::{Part as Piece, verbs};
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{ALL, Argument, Expr, ExprId, Part, Range, Run, TypeRef};
use tree_sitter::Node;

/// Methods that every object has and that matter here: they are called without a receiver.
const KERNEL: &[&str] =
    &["format", "sprintf", "open", "String", "Array", "Integer", "URI", "raise", "puts", "loop", "lambda", "proc"];

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "comment" | "nil" | "true" | "false" | "regex" => Expr::Choice(Run::default()),
            "self" => return self.me(span),
            "identifier" => return self.identifier(node),
            "constant" | "scope_resolution" => return self.constant_at(node),
            "instance_variable" => {
                let me = self.me(span);
                return self.builder.push_member(me, self.builder.slice(node).trim_start_matches('@'), span);
            }
            "class_variable" => {
                let Some(class) = self.class_name().map(str::to_owned) else {
                    return self.builder.push(Expr::Other, span);
                };
                let of = self.builder.push_name(class, span);
                return self.builder.push_member(of, self.builder.slice(node).trim_start_matches('@'), span);
            }
            "global_variable" => return self.builder.push_name(self.builder.slice(node), span),
            "string" | "chained_string" | "heredoc_body" | "delimited_symbol" | "subshell" | "bare_string" => {
                return self.string(node);
            }
            "heredoc_beginning" => Expr::Other,
            "simple_symbol" => {
                return self.builder.push_text(self.builder.slice(node).trim_start_matches(':'), span);
            }
            "hash_key_symbol" => return self.builder.push_text(self.builder.slice(node), span),
            "integer" | "float" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "call" => return self.call(node),
            "element_reference" => {
                let parts = self.exprs(node);
                match parts.as_slice() {
                    [of, key, ..] => Expr::Index { of: *of, key: *key },
                    _ => Expr::Other,
                }
            }
            "binary" => return self.binary(node),
            "assignment" => {
                let value = self.under(node, "right");
                let (Some(value), Some(target)) = (value, node.child_by_field_name("left")) else {
                    return self.builder.push(Expr::Other, span);
                };
                self.bind(target, value, 0);
                return value;
            }
            "operator_assignment" => return self.operator_assignment(node),
            "right_assignment_list" | "array" | "string_array" | "symbol_array" => {
                let values = self.exprs(node);
                let parts = values.into_iter().map(|value| Part { field: None, key: None, value });
                self.builder.composite(TypeRef::Unknown, parts)
            }
            "hash" => return self.hash(node),
            "pair" => return self.under(node, "value").unwrap_or_else(|| self.builder.push(Expr::Other, span)),
            "conditional" | "if" | "unless" | "elsif" => {
                self.under(node, "condition");
                let values = ["consequence", "alternative"].into_iter().filter_map(|field| self.under(node, field));
                let values: Vec<ExprId> = values.collect();
                return self.choice(values, span);
            }
            "if_modifier" | "unless_modifier" | "while_modifier" | "until_modifier" => {
                self.under(node, "condition");
                return self.under(node, "body").unwrap_or_else(|| self.builder.push(Expr::Other, span));
            }
            "rescue_modifier" => {
                let values = self.exprs(node);
                return self.choice(values, span);
            }
            "case" | "case_match" => {
                self.under(node, "value");
                let branches =
                    children(node).into_iter().filter(|child| matches!(child.kind(), "when" | "in_clause" | "else"));
                let values: Vec<ExprId> = branches.map(|branch| self.expr(branch)).collect();
                return self.choice(values, span);
            }
            "when" => {
                for pattern in children(node).into_iter().filter(|child| child.kind() == "pattern") {
                    self.expr(pattern);
                }
                return self.under(node, "body").unwrap_or_else(|| self.builder.push(Expr::Other, span));
            }
            "for" => {
                let over = node.child_by_field_name("value").and_then(|value| value.named_child(0));
                if let (Some(over), Some(pattern)) = (over, node.child_by_field_name("pattern")) {
                    let over = self.expr(over);
                    let element = self.builder.push(Expr::Index { of: over, key: over }, span);
                    self.bind(pattern, element, 0);
                }
                self.under(node, "body");
                Expr::Other
            }
            "begin"
            | "then"
            | "else"
            | "ensure"
            | "rescue"
            | "do"
            | "parenthesized_statements"
            | "body_statement"
            | "block_body"
            | "program" => match self.statements(node) {
                Some(last) => return last,
                None => Expr::Choice(Run::default()),
            },
            "class" | "module" => {
                self.class(node);
                Expr::Other
            }
            "singleton_class" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.block(body);
                }
                Expr::Other
            }
            "method" | "singleton_method" => {
                if self.instance || self.builder.in_closure() {
                    return self.closure(node);
                }
                self.definition(node);
                Expr::Other
            }
            "return" | "next" | "break" => {
                let values = children(node).first().map(|list| self.exprs(*list)).unwrap_or_default();
                self.builder.give_back(values);
                Expr::Choice(Run::default())
            }
            "lambda" => {
                let inner = node.child_by_field_name("body").unwrap_or(node);
                return self.block_of(inner, node.child_by_field_name("parameters"), span);
            }
            "block" | "do_block" => return self.block_of(node, node.child_by_field_name("parameters"), span),
            "super" => return self.bare_super(span),
            "splat_argument"
            | "hash_splat_argument"
            | "block_argument"
            | "parenthesized_argument"
            | "pattern"
            | "superclass"
            | "interpolation" => match children(node).as_slice() {
                [inner] => return self.expr(*inner),
                _ => Expr::Other,
            },
            _ => {
                self.exprs(node);
                Expr::Other
            }
        };
        self.builder.push(expr, span)
    }
}

impl<'n> Lower<'_, 'n> {
    fn choice(&mut self, values: impl IntoIterator<Item = ExprId>, span: Range) -> ExprId {
        let values = self.builder.list_of(values);
        self.builder.push(Expr::Choice(values), span)
    }

    /// Statements with their rescues: what the last one or a rescue is worth.
    fn statements(&mut self, node: Node<'n>) -> Option<ExprId> {
        let mut last = None;
        let mut others = Vec::new();
        for child in children(node) {
            let value = self.expr(child);
            match child.kind() {
                "rescue" | "else" => others.push(value),
                "ensure" => {}
                "exceptions" | "exception_variable" => {}
                _ => last = Some(value),
            }
        }
        if others.is_empty() {
            return last;
        }
        others.extend(last);
        Some(self.choice(others, range(node)))
    }

    fn constant_at(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let written = self.builder.slice(node);
        if written.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')) {
            // `object.class::NAME`
            self.exprs(node);
            return self.builder.push(Expr::Other, span);
        }
        let name = self.constant(written);
        self.builder.push_name(name, span)
    }

    /// A name that is no constant: a local, or a method without arguments.
    fn identifier(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let name = self.builder.slice(node);
        if let Some(local) = self.builder.local(name) {
            return self.builder.push(Expr::Local(local), span);
        }
        let callee = self.function_name(name, span);
        self.builder.call(callee, Vec::new(), span)
    }

    /// What a method without a receiver is called on: what `self` is, unless the file or another one has a function of that name.
    fn function_name(&mut self, name: &str, span: Range) -> ExprId {
        let class = self.class_name().unwrap_or_default();
        let is_own = self.declared.methods.contains(&(class.to_owned(), name.to_owned()));
        let may_be_own = self.declared.open.contains(class) && !self.declared.functions.contains(name);
        if !class.is_empty() && (is_own || (may_be_own && !KERNEL.contains(&name))) {
            let me = self.me(span);
            return self.builder.push_member(me, name, span);
        }
        if !self.declared.functions.contains(name) {
            if self.instance && !class.is_empty() && !KERNEL.contains(&name) {
                // A reader, or a method of another part of the class.
                let me = self.me(span);
                return self.builder.push_member(me, name, span);
            }
            self.named.insert(name.to_owned());
        }
        self.builder.push_name(name, span)
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let receiver = node.child_by_field_name("receiver");
        let method = node.child_by_field_name("method");
        let name = method.map(|method| self.builder.slice(method)).unwrap_or("call");
        let list = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        if receiver.is_none() && matches!(name, "require" | "require_relative" | "load" | "autoload") {
            let path = list.last().filter(|path| path.kind() == "string").map(|path| self.plain_text(*path));
            if let Some(path) = path {
                self.require(name, &path);
            }
        }
        let of = receiver.map(|receiver| self.expr(receiver));
        // `handler.method(:call)`: the method as a value.
        if let ("method" | "public_method", [symbol]) = (name, list.as_slice())
            && symbol.kind() == "simple_symbol"
        {
            let method = self.builder.slice(*symbol).trim_start_matches(':');
            return match of {
                Some(of) => self.builder.push_member(of, method, span),
                None => self.function_name(method, span),
            };
        }
        let mut arguments = self.arguments(list);
        if let Some(block) = node.child_by_field_name("block") {
            let value = self.expr(block);
            // A block gives what is missing: `ENV.fetch("X") { "y" }`.
            let value = if name == "fetch" { self.worth(value).unwrap_or(value) } else { value };
            arguments.push(Argument { name: None, value, spread: false });
        }
        let callee = match of {
            // `f.(x)` and `f.call(x)` call what `f` holds.
            Some(of) if name == "call" && matches!(self.builder.facts.expr(of), Expr::Local(_) | Expr::Closure(_)) => {
                of
            }
            Some(of) => self.builder.push_member(of, name, method.map_or(span, range)),
            None if method.is_some_and(|method| method.kind() == "super") => self.parents(span),
            None => {
                let is_local = self.builder.local(name).is_some();
                match method.filter(|method| matches!(method.kind(), "constant")) {
                    // `URI("…")`
                    Some(constant) => self.constant_at(constant),
                    None if is_local => self.builder.name(name, span),
                    None => self.function_name(name, method.map_or(span, range)),
                }
            }
        };
        self.builder.call(callee, arguments, span)
    }

    /// The method of the class above that has the name of the one which is read.
    fn parents(&mut self, span: Range) -> ExprId {
        let name = self.builder.function().map(|function| function.name.to_string()).unwrap_or_default();
        let this = self.builder.name("self", span);
        self.builder.inherited(this, &name, span)
    }

    /// `super` without arguments passes on those of the method.
    fn bare_super(&mut self, span: Range) -> ExprId {
        let callee = self.parents(span);
        let mut arguments = Vec::new();
        let list = self.method.and_then(|method| method.child_by_field_name("parameters"));
        for parameter in list.map(children).unwrap_or_default() {
            let name = self.parameter_name(parameter);
            let Some(local) = self.builder.local(&name) else { continue };
            let (name, spread) = match parameter.kind() {
                "block_parameter" => continue,
                "keyword_parameter" => (Some(name), false),
                "hash_splat_parameter" => (Some("**".to_owned()), true),
                kind => (None, kind == "splat_parameter"),
            };
            let name = name.map(|name| self.builder.word(name));
            arguments.push(Argument { name, value: self.builder.push(Expr::Local(local), span), spread });
        }
        self.builder.call(callee, arguments, span)
    }

    /// What the one value of a closure is that has been read last.
    fn worth(&self, closure: ExprId) -> Option<ExprId> {
        let Expr::Closure(_) = self.builder.facts.expr(closure) else { return None };
        closure.0.checked_sub(1).map(ExprId).filter(|last| {
            matches!(
                self.builder.facts.expr(*last),
                Expr::Text(_) | Expr::Format(_) | Expr::Name(_) | Expr::Call { .. } | Expr::Index { .. }
            )
        })
    }

    fn arguments(&mut self, list: Vec<Node<'n>>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for argument in list {
            let (name, spread) = match argument.kind() {
                "pair" => {
                    let key = argument.child_by_field_name("key").map(|key| self.plain_text(key)).unwrap_or_default();
                    (Some(key), false)
                }
                "hash_splat_argument" => (Some("**".to_owned()), true),
                kind => (None, kind == "splat_argument"),
            };
            let name = name.map(|name| self.builder.word(name));
            let value = match argument.kind() {
                // `call(url:)` passes the local of that name.
                "pair" if argument.child_by_field_name("value").is_none() => {
                    let key =
                        argument.child_by_field_name("key").map(|key| self.builder.slice(key)).unwrap_or_default();
                    self.builder.name(key.trim_end_matches(':'), range(argument))
                }
                _ => self.expr(argument),
            };
            arguments.push(Argument { name, value, spread });
        }
        arguments
    }

    /// A text or a symbol that is written out, without what is filled in.
    fn plain_text(&self, node: Node<'n>) -> String {
        match node.kind() {
            "string" | "delimited_symbol" => {
                let parts = children(node).into_iter().filter(|part| part.kind() == "string_content");
                parts.map(|part| self.builder.slice(part)).collect()
            }
            _ => self.builder.slice(node).trim_matches(':').to_owned(),
        }
    }

    fn hash(&mut self, node: Node<'n>) -> ExprId {
        let mut parts = Vec::new();
        for child in children(node) {
            match child.kind() {
                "pair" => {
                    let key = self.under(child, "key");
                    let value = match self.under(child, "value") {
                        Some(value) => value,
                        None => continue,
                    };
                    parts.push(Part { field: None, key, value });
                }
                kind => {
                    let value = self.expr(child);
                    let field = (kind == "hash_splat_argument").then(|| self.builder.word(ALL));
                    parts.push(Part { field, key: None, value });
                }
            }
        }
        let composite = self.builder.composite(TypeRef::Unknown, parts);
        self.builder.push(composite, range(node))
    }

    /// `a + b`, `a << b`, `a || b`, and `"…" % values`.
    fn binary(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.builder.push(Expr::Other, span);
        };
        let operator = self.builder.field(node, "operator");
        let left = self.expr(left);
        if operator == "%"
            && let Expr::Text(format) = *self.builder.facts.expr(left)
        {
            let format = self.builder.facts.word(format).to_owned();
            return self.filled(&format, right, span);
        }
        let right = self.expr(right);
        match operator.as_str() {
            "+" | "<<" => self.builder.push(Expr::Concat(left, right), span),
            "||" | "or" | "&&" | "and" => {
                // Of `a && b` the value is `b`, or nothing.
                let values = if operator.starts_with(['|', 'o']) { vec![left, right] } else { vec![right] };
                self.choice(values, span)
            }
            _ => self.builder.push(Expr::Other, span),
        }
    }

    /// A format with what fills it: a list, a map of names, or one value.
    fn filled(&mut self, format: &str, right: Node<'n>, span: Range) -> ExprId {
        let named: Vec<(String, ExprId)> = match right.kind() {
            "hash" => children(right)
                .into_iter()
                .filter_map(|pair| {
                    let key = self.plain_text(pair.child_by_field_name("key")?);
                    Some((key, self.under(pair, "value")?))
                })
                .collect(),
            _ => Vec::new(),
        };
        let values = match right.kind() {
            "array" => self.exprs(right),
            "hash" => Vec::new(),
            _ => vec![self.expr(right)],
        };
        let mut next = 0;
        let mut pieces = Vec::new();
        // `%{name}` is `%<name>s`, which is Python's `%(name)s`.
        let format = braces_as_names(format);
        for piece in verbs(&format) {
            let value = match piece {
                Piece::Text(text) => Some(self.builder.push_text(text, span)),
                Piece::Next => {
                    next += 1;
                    values.get(next - 1).copied()
                }
                Piece::At(at) => values.get(at).copied(),
                Piece::Named(name) => named.iter().find(|(key, _)| *key == name).map(|(_, value)| *value),
            };
            pieces.push(value.unwrap_or_else(|| self.builder.push(Expr::Other, span)));
        }
        let pieces = self.builder.list_of(pieces);
        self.builder.push(Expr::Format(pieces), span)
    }

    /// `a ||= b` and `a += b`.
    fn operator_assignment(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let operator = self.builder.field(node, "operator");
        let value = self.under(node, "right");
        let (Some(value), Some(target)) = (value, node.child_by_field_name("left")) else {
            return self.builder.push(Expr::Other, span);
        };
        if operator == "||=" || operator == "&&=" {
            self.bind(target, value, 0);
            return value;
        }
        let old = self.expr(target);
        let given = self.builder.push(Expr::Concat(old, value), span);
        self.bind(target, given, 0);
        given
    }

    /// A block or a lambda. Its names are its own; those around it are seen.
    fn block_of(&mut self, node: Node<'n>, parameters: Option<Node<'n>>, span: Range) -> ExprId {
        let id = self.builder.open_closure();
        for parameter in parameters.map(children).unwrap_or_default() {
            let named = parameter.child_by_field_name("name").unwrap_or(parameter);
            let name = self.builder.slice(named).trim_start_matches(['*', '&']).to_owned();
            self.builder.closure_parameter(id, &name, None);
        }
        let body = node.child_by_field_name("body").unwrap_or(node);
        let skipped = |child: &Node| matches!(child.kind(), "block_parameters" | "lambda_parameters");
        let mut last = None;
        for child in children(body).into_iter().filter(|child| !skipped(child)) {
            last = Some(self.expr(child));
        }
        if let Some(last) = last {
            self.builder.give_back(vec![last]);
        }
        self.builder.close_closure();
        self.builder.push(Expr::Closure(id), span)
    }

    /// A method inside of a block: a function of that name from there on.
    fn closure(&mut self, node: Node<'n>) -> ExprId {
        let name = self.builder.field(node, "name");
        let local = self.builder.declare(&name, None);
        let closure = self.block_of(node, node.child_by_field_name("parameters"), range(node));
        self.builder.define(local, crate::ir::Def::Value { expr: closure, result: 0 });
        closure
    }

    /// A text, with what is filled in.
    fn string(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let mut pieces = Vec::new();
        let mut text = String::new();
        for part in children(node) {
            match part.kind() {
                "string_content" | "heredoc_content" => text.push_str(self.builder.slice(part)),
                "escape_sequence" => text.push_str(match self.builder.slice(part) {
                    "\\n" => "\n",
                    other => other.trim_start_matches('\\'),
                }),
                "interpolation" | "string" => {
                    if !text.is_empty() {
                        pieces.push(self.builder.push_text(std::mem::take(&mut text), span));
                    }
                    let value = if part.kind() == "string" {
                        self.string(part)
                    } else {
                        self.statements(part).unwrap_or_else(|| self.builder.push(Expr::Other, span))
                    };
                    pieces.push(value);
                }
                _ => {}
            }
        }
        self.builder.push_pieces(pieces, text, span)
    }
}

/// `%{name}` and `%<name>s` as `%(name)s`.
fn braces_as_names(format: &str) -> String {
    let mut written = String::new();
    let mut rest = format;
    while let Some((head, tail)) = rest.split_once("%{") {
        let Some((name, tail)) = tail.split_once('}') else { break };
        written.push_str(head);
        written.push_str(&format!("%({name})s"));
        rest = tail;
    }
    written.push_str(rest);
    let mut angled = String::new();
    let mut rest = written.as_str();
    while let Some((head, tail)) = rest.split_once("%<") {
        let Some((name, tail)) = tail.split_once('>') else { break };
        angled.push_str(head);
        angled.push_str(&format!("%({name})"));
        rest = tail;
    }
    angled.push_str(rest);
    angled
}
