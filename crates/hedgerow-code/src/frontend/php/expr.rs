//! PHP's expressions.

use super::Lower;
use crate::frontend::build::{Builder, Expressions, children, range};
use crate::ir::{ALL, Argument, Expr, ExprId, Import, Part, Run, TypeRef};
use tree_sitter::Node;

impl<'t, 'n> Expressions<'t, 'n> for Lower<'t, 'n> {
    fn builder(&mut self) -> &mut Builder<'t> {
        &mut self.builder
    }

    fn read(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let expr = match node.kind() {
            "variable_name" => return self.variable(node),
            "string" | "encapsed_string" | "heredoc_body" | "nowdoc_body" | "shell_command_expression" => {
                return self.string(node);
            }
            "heredoc" | "nowdoc" => match node.child_by_field_name("value") {
                Some(value) => return self.string(value),
                None => Expr::Other,
            },
            "integer" | "float" => Expr::Number(self.builder.word(self.builder.slice(node))),
            "null" | "boolean" => Expr::Choice(Run::default()),
            "name" | "qualified_name" | "relative_name" => return self.constant(node),
            "member_access_expression" | "nullsafe_member_access_expression" => {
                let of = self.under(node, "object");
                match of {
                    Some(of) => return self.builder.push_member(of, self.builder.field(node, "name"), span),
                    None => Expr::Other,
                }
            }
            "class_constant_access_expression" => return self.class_constant(node),
            "scoped_property_access_expression" => {
                let of = node.child_by_field_name("scope").map(|scope| self.scope(scope));
                let name = self.builder.field(node, "name");
                match of {
                    Some(of) => return self.builder.push_member(of, name.trim_start_matches('$'), span),
                    None => Expr::Other,
                }
            }
            "subscript_expression" => {
                let parts = self.exprs(node);
                match parts.as_slice() {
                    [of, key] => Expr::Index { of: *of, key: *key },
                    // `$list[] = …`
                    [of] => Expr::Index { of: *of, key: *of },
                    _ => Expr::Other,
                }
            }
            "function_call_expression"
            | "member_call_expression"
            | "nullsafe_member_call_expression"
            | "scoped_call_expression" => return self.call(node),
            "object_creation_expression" => return self.creation(node),
            "binary_expression" => {
                let (left, right) = (self.under(node, "left"), self.under(node, "right"));
                let operator = self.builder.field(node, "operator");
                match (left, right, operator.as_str()) {
                    (Some(left), Some(right), ".") => Expr::Concat(left, right),
                    (Some(left), Some(right), "??" | "||") => self.choice([left, right]),
                    _ => Expr::Other,
                }
            }
            "conditional_expression" => {
                let condition = self.under(node, "condition");
                // `a ?: b` is `a` where that is something.
                let then = self.under(node, "body").or(condition);
                let values: Vec<ExprId> = then.into_iter().chain(self.under(node, "alternative")).collect();
                self.choice(values)
            }
            "assignment_expression" | "reference_assignment_expression" => {
                let value = self.under(node, "right");
                let (Some(value), Some(target)) = (value, node.child_by_field_name("left")) else {
                    return self.builder.push(Expr::Other, span);
                };
                self.bind(target, value, 0);
                return value;
            }
            "augmented_assignment_expression" => {
                let value = self.under(node, "right");
                let (Some(value), Some(target)) = (value, node.child_by_field_name("left")) else {
                    return self.builder.push(Expr::Other, span);
                };
                let old = self.expr(target);
                let given = match self.builder.field(node, "operator").as_str() {
                    ".=" => self.builder.push(Expr::Concat(old, value), span),
                    _ => value,
                };
                self.bind(target, given, 0);
                return given;
            }
            "array_creation_expression" => return self.array(node),
            "match_expression" => {
                self.under(node, "condition");
                let arms = node.child_by_field_name("body").map(children).unwrap_or_default();
                let values: Vec<ExprId> = arms
                    .into_iter()
                    .filter_map(|arm| {
                        self.under(arm, "conditional_expressions");
                        self.under(arm, "return_expression")
                    })
                    .collect();
                self.choice(values)
            }
            "anonymous_function" | "arrow_function" => return self.closure(node),
            "cast_expression" => match self.under(node, "value") {
                Some(value) => return value,
                None => Expr::Other,
            },
            "include_expression" | "include_once_expression" | "require_expression" | "require_once_expression" => {
                return self.include(node);
            }
            "parenthesized_expression"
            | "error_suppression_expression"
            | "argument"
            | "variadic_unpacking"
            | "by_ref"
            | "clone_expression" => match children(node).last() {
                Some(inner) => return self.expr(*inner),
                None => Expr::Other,
            },
            "comment" | "variadic_placeholder" | "argument_placeholder" => Expr::Other,
            "compound_statement" => {
                self.stmt(node);
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

impl<'n> Lower<'_, 'n> {
    fn choice(&mut self, values: impl IntoIterator<Item = ExprId>) -> Expr {
        Expr::Choice(self.builder.list_of(values))
    }

    fn variable(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let written = self.builder.slice(node);
        let bare = written.trim_start_matches('$');
        if let Some(local) = self.builder.local(bare) {
            return self.builder.push(Expr::Local(local), span);
        }
        let is_super = matches!(written, "$_ENV" | "$_SERVER" | "$GLOBALS");
        if is_super {
            self.named.insert(written.to_owned());
        }
        if is_super || self.in_loader() || self.outer.contains(written) {
            return self.builder.push_name(written, span);
        }
        // What is written to through a reference, or by `extract`.
        let local = self.builder.declare(bare, None);
        self.builder.push(Expr::Local(local), span)
    }

    /// A constant by its name.
    fn constant(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let written = self.builder.slice(node);
        // A key of a list of options.
        if written.starts_with("CURLOPT_") {
            return self.builder.push_text(written, span);
        }
        if matches!(written, "__DIR__" | "__FILE__" | "__CLASS__" | "__METHOD__" | "__NAMESPACE__" | "__FUNCTION__") {
            return self.builder.push(Expr::Other, span);
        }
        let name = self.function_name(written);
        self.builder.push_name(name, span)
    }

    /// The class in front of `::`.
    fn scope(&mut self, node: Node<'n>) -> ExprId {
        match node.kind() {
            "name" | "qualified_name" | "relative_name" | "relative_scope" => {
                let name = self.class_name(self.builder.slice(node));
                self.builder.push_name(name, range(node))
            }
            _ => self.expr(node),
        }
    }

    /// `Names::ADDRESS` and `Names::class`.
    fn class_constant(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let parts = children(node);
        let (Some(scope), Some(name)) = (parts.first(), parts.get(1)) else {
            return self.builder.push(Expr::Other, span);
        };
        let name = self.builder.slice(*name);
        if name == "class" {
            let ty = self.ty(*scope);
            let ty = self.builder.written(ty);
            return self.builder.push(Expr::Type(ty), span);
        }
        let of = self.scope(*scope);
        self.builder.push_member(of, name, span)
    }

    fn creation(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let parts = children(node);
        let arguments = parts.iter().find(|part| part.kind() == "arguments");
        let arguments = arguments.map(|list| self.arguments(*list)).unwrap_or_default();
        let ty = match parts.iter().find(|part| part.kind() != "arguments") {
            Some(class) if matches!(class.kind(), "name" | "qualified_name" | "relative_name") => self.ty(*class),
            Some(class) => {
                self.expr(*class);
                TypeRef::Unknown
            }
            None => TypeRef::Unknown,
        };
        let ty = self.builder.written(ty);
        let arguments = self.builder.arguments(arguments);
        self.builder.push(Expr::New { ty, arguments }, span)
    }

    fn call(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let function = node.child_by_field_name("function").or_else(|| node.child_by_field_name("name"));
        let Some(function) = function else { return self.builder.push(Expr::Other, span) };
        let name = self.builder.slice(function);
        let is_plain = matches!(function.kind(), "name" | "qualified_name" | "relative_name");
        let object = node.child_by_field_name("object").map(|object| self.expr(object));
        let scope = node.child_by_field_name("scope").map(|scope| self.scope(scope));
        let list = node.child_by_field_name("arguments");
        let texts: Vec<&str> =
            list.map(children).unwrap_or_default().into_iter().map(|a| self.builder.slice(a)).collect();
        if object.is_none() && scope.is_none() && is_plain {
            match (name.trim_start_matches('\\'), texts.as_slice()) {
                ("define", [name, _]) => {
                    let name = name.trim_matches(['\'', '"']).to_owned();
                    let value = list.and_then(|list| list.named_child(1)).map(|value| self.expr(value));
                    if let Some(value) = value.filter(|_| self.in_loader()) {
                        self.constant_value(&name, value);
                    }
                    return self.builder.push(Expr::Other, span);
                }
                ("config", [key, ..]) if key.starts_with(['\'', '"']) => {
                    let key = key.trim_matches(['\'', '"']).to_owned();
                    return self.config(&key, list, span);
                }
                _ => {}
            }
        }
        if object.is_some()
            && let Some(value) = self.of_container(name, list, span)
        {
            return value;
        }
        self.registered(node);
        let arguments = list.map(|list| self.arguments(list)).unwrap_or_default();
        let span_of_name = range(function);
        let callee = match object.or(scope) {
            Some(of) if matches!(function.kind(), "name") => {
                let name = if name == "__construct" { "<new>" } else { name };
                self.builder.push_member(of, name, span_of_name)
            }
            Some(_) => self.expr(function),
            None if is_plain => {
                let mut name = self.function_name(name);
                // What an option is set to is the third argument; which one it is matters.
                if name == "curl_setopt" && texts.get(1) == Some(&"CURLOPT_URL") {
                    name = "curl_setopt(CURLOPT_URL)".to_owned();
                }
                self.builder.push_name(name, span_of_name)
            }
            None => self.expr(function),
        };
        self.builder.call(callee, arguments, span)
    }

    /// Laravel's `config('services.ledger.url')`: what lies under the keys in the list that `config/services.php` gives.
    fn config(&mut self, key: &str, list: Option<Node<'n>>, span: crate::ir::Range) -> ExprId {
        let (file, keys) = key.split_once('.').map_or((key, ""), |(file, keys)| (file, keys));
        let path = format!("@config/{file}.php");
        let mut value = self.included(&path, span);
        for key in keys.split('.').filter(|key| !key.is_empty()) {
            let key = self.builder.push_text(key, span);
            value = self.builder.push(Expr::Index { of: value, key }, span);
        }
        match list.and_then(|list| list.named_child(1)) {
            Some(default) => {
                let default = self.expr(default);
                let both = self.choice([value, default]);
                self.builder.push(both, span)
            }
            None => value,
        }
    }

    /// What another file gives back.
    fn included(&mut self, path: &str, span: crate::ir::Range) -> ExprId {
        let imports = &mut self.builder.facts.imports;
        if !imports.iter().any(|import| import.alias.as_deref() == Some(path)) {
            imports.push(Import { alias: Some(path.into()), path: path.into(), name: Some("<return>".into()) });
        }
        self.builder.push_name(path, span)
    }

    /// `require __DIR__ . '/names.php'`: the file's names are everybody's, and what it gives is the value.
    fn include(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let text = self.builder.slice(node);
        let is_beside = text.contains("__DIR__") || text.contains("__FILE__");
        let ups = text.matches("dirname(").count().saturating_sub(usize::from(text.contains("__FILE__")));
        let quoted: Vec<&str> = text.split(['\'', '"']).skip(1).step_by(2).collect();
        let [written] = quoted.as_slice() else {
            self.exprs(node);
            return self.builder.push(Expr::Other, span);
        };
        let written = written.trim_start_matches(['/', '.']).to_owned();
        let whole = quoted[0];
        let path = match (is_beside, whole.starts_with("..") || whole.contains("/..")) {
            (_, true) => format!("./{}", whole.trim_start_matches('/')),
            (true, false) => format!("./{}{written}", "../".repeat(ups)),
            (false, false) => written,
        };
        self.builder.facts.imports.push(Import { alias: Some(".".into()), path: path.as_str().into(), name: None });
        self.included(&format!("@{path}"), span)
    }

    fn arguments(&mut self, list: Node<'n>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for argument in children(list) {
            let name = argument.child_by_field_name("name").map(|name| self.builder.slice(name));
            let name = name.map(|name| self.builder.word(name));
            let spread = argument.named_child(0).is_some_and(|inner| inner.kind() == "variadic_unpacking");
            let value = self.expr(argument);
            arguments.push(Argument { name, value, spread });
        }
        arguments
    }

    /// A list or a map. `[Client::class, 'read']` is a method.
    fn array(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let elements: Vec<Vec<Node>> = children(node).into_iter().map(children).collect();
        if let [of, method] = elements.as_slice()
            && let ([of], [method]) = (of.as_slice(), method.as_slice())
            && method.kind() == "string"
            && (self.builder.slice(*of).ends_with("::class") || self.builder.slice(*of) == "$this")
        {
            let name = self.builder.slice(*method).trim_matches('\'').to_owned();
            let of = match of.kind() {
                "class_constant_access_expression" => match of.named_child(0) {
                    Some(scope) => self.scope(scope),
                    None => self.expr(*of),
                },
                _ => self.expr(*of),
            };
            return self.builder.push_member(of, name, span);
        }
        let mut parts = Vec::new();
        for element in elements {
            match element.as_slice() {
                [key, value] => {
                    let key = Some(self.expr(*key));
                    let value = self.expr(*value);
                    parts.push(Part { field: None, key, value });
                }
                [value] => {
                    let field = (value.kind() == "variadic_unpacking").then(|| self.builder.word(ALL));
                    let value = self.expr(*value);
                    parts.push(Part { field, key: None, value });
                }
                _ => {}
            }
        }
        let composite = self.builder.composite(TypeRef::Unknown, parts);
        self.builder.push(composite, span)
    }

    /// A text, with what is filled in.
    fn string(&mut self, node: Node<'n>) -> ExprId {
        let span = range(node);
        let mut pieces = Vec::new();
        let mut text = String::new();
        for part in children(node) {
            match part.kind() {
                "string_content" | "nowdoc_string" => text.push_str(self.builder.slice(part)),
                "escape_sequence" => text.push_str(match self.builder.slice(part) {
                    "\\n" => "\n",
                    other => other.trim_start_matches('\\'),
                }),
                _ => {
                    if !text.is_empty() {
                        pieces.push(self.builder.push_text(std::mem::take(&mut text), span));
                    }
                    pieces.push(self.expr(part));
                }
            }
        }
        self.builder.push_pieces(pieces, text, span)
    }
}
