//! Go, by tree-sitter.

mod expr;
mod stmt;
mod types;

use super::build::{Builder, Children, facts_of, range, under};
use super::first_fault;
use super::grammar::{Grammar, fields, kinds};
use crate::frontend::Frontend;
use crate::ir::{Def, ExprId, Facts, Function, Global, Import, TypeDecl, TypeRef, TypeRefId};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tree_sitter::Node;

static GRAMMAR: LazyLock<Grammar<Kind, Fields>> =
    LazyLock::new(|| Grammar::new(tree_sitter_go::LANGUAGE.into(), Kind::of, Fields::of));

kinds! {
    Package: "package_clause",
    Imports: "import_declaration" | "import_spec_list",
    Import: "import_spec",
    Consts: "const_declaration",
    Vars: "var_declaration" | "var_spec_list",
    Const: "const_spec",
    Var: "var_spec",
    Types: "type_declaration",
    TypeSpec: "type_spec" | "type_alias",
    Function: "function_declaration" | "method_declaration",
    Comment: "comment",
    Block: "block" | "if_statement" | "expression_switch_statement" | "select_statement" | "expression_case"
        | "communication_case" | "for_statement",
    DefaultCase: "default_case",
    TypeCase: "type_case",
    Statements: "statement_list" | "expression_statement" | "go_statement" | "defer_statement" | "labeled_statement"
        | "for_clause",
    RangeClause: "range_clause",
    ShortVar: "short_var_declaration",
    Assignment: "assignment_statement",
    Receive: "receive_statement",
    Return: "return_statement",
    TypeSwitch: "type_switch_statement",
    Send: "send_statement",
    Jump: "inc_statement" | "dec_statement" | "break_statement" | "continue_statement" | "goto_statement"
        | "fallthrough_statement" | "empty_statement" | "label_name",
    ExpressionList: "expression_list",
    Identifier: "identifier",
    FieldIdentifier: "field_identifier",
    PackageIdentifier: "package_identifier",
    Text: "interpreted_string_literal",
    RawText: "raw_string_literal",
    Number: "int_literal" | "float_literal",
    Parenthesized: "parenthesized_expression",
    Selector: "selector_expression",
    Call: "call_expression",
    Composite: "composite_literal",
    Unary: "unary_expression",
    Binary: "binary_expression",
    Index: "index_expression",
    Slice: "slice_expression",
    Cast: "type_assertion_expression" | "type_conversion_expression",
    Closure: "func_literal",
    Instantiation: "type_instantiation_expression",
    Constant: "true" | "false" | "nil" | "iota" | "rune_literal" | "imaginary_literal",
    Variadic: "variadic_argument",
    KeyedElement: "keyed_element",
    Element: "literal_element",
    LiteralValue: "literal_value",
    TypeIdentifier: "type_identifier",
    QualifiedType: "qualified_type",
    WrappedType: "pointer_type" | "parenthesized_type",
    NegatedType: "negated_type",
    GenericType: "generic_type",
    ListType: "slice_type" | "array_type",
    OpenListType: "implicit_length_array_type",
    ChannelType: "channel_type",
    MapType: "map_type",
    StructType: "struct_type",
    InterfaceType: "interface_type",
    FunctionType: "function_type",
    Field: "field_declaration",
    Method: "method_elem" | "method_spec",
    Embed: "type_elem",
    Parameters: "parameter_list",
    Parameter: "parameter_declaration",
    VariadicParameter: "variadic_parameter_declaration",
}

fields! {
    name: "name",
    path: "path",
    ty: "type",
    value: "value",
    receiver: "receiver",
    parameters: "parameters",
    result: "result",
    body: "body",
    left: "left",
    right: "right",
    operator: "operator",
    operand: "operand",
    field: "field",
    function: "function",
    arguments: "arguments",
    index: "index",
    channel: "channel",
    initializer: "initializer",
    alias: "alias",
    package: "package",
    element: "element",
    tag: "tag",
}

/// The front end.
pub(super) struct Go;

impl Frontend for Go {
    fn facts(&self, text: &str) -> Facts {
        let grammar = &*GRAMMAR;
        facts_of(&grammar.language, text, |builder, root| {
            let mut go = Lower { builder, grammar, fields: &grammar.fields, types: BTreeMap::new() };
            go.file(root);
            go.builder.finish(root)
        })
    }
}

/// The walk over one file.
struct Lower<'t> {
    builder: Builder<'t>,
    grammar: &'static Grammar<Kind, Fields>,
    fields: &'static Fields,
    /// The written types by their texts: most are written many times in a file.
    types: BTreeMap<&'t str, TypeRefId>,
}

impl<'t> Lower<'t> {
    fn kind(&self, node: Node) -> Kind {
        self.grammar.kind(node)
    }

    /// The file: first what runs when it is loaded, then each function, so that each has one run of expressions.
    fn file(&mut self, root: Node<'t>) {
        self.builder.open(Function::default());
        let mut functions = Vec::new();
        let mut cursor = root.walk();
        for node in root.named_children(&mut cursor) {
            match self.kind(node) {
                Kind::Package => {
                    self.builder.facts.package =
                        node.named_child(0).map(|n| self.builder.slice(n)).unwrap_or_default().to_owned();
                }
                Kind::Imports => self.imports(node),
                Kind::Consts | Kind::Vars => self.globals(node),
                Kind::Types => self.type_declaration(node),
                Kind::Function => functions.push(node),
                Kind::Comment => {
                    let text = self.builder.slice(node);
                    if self.builder.facts.package.is_empty() {
                        self.constraint(text);
                    }
                }
                _ if node.is_error() => self.builder.facts.faults.push(range(node)),
                _ => {}
            }
        }
        self.builder.close_file();
        for node in functions {
            self.function(node);
        }
        if self.builder.facts.faults.is_empty() {
            self.builder.facts.faults = first_fault(root);
        }
    }

    /// A build constraint in a comment before the package clause. A `//go:build` line wins over `// +build` lines.
    fn constraint(&mut self, comment: &str) {
        let Some(body) = comment.strip_prefix("//") else { return };
        if let Some(rest) = body.strip_prefix("go:build ") {
            self.builder.facts.constraint = Some(rest.trim().to_owned());
        } else if let Some(rest) = body.trim_start().strip_prefix("+build ") {
            // Spaces mean "or", commas "and", lines "and".
            let line =
                rest.split_whitespace().map(|o| format!("({})", o.replace(',', "&&"))).collect::<Vec<_>>().join("||");
            let known = self.builder.facts.constraint.take().map(|c| format!("({c})&&")).unwrap_or_default();
            self.builder.facts.constraint = Some(format!("{known}({line})"));
        }
    }

    fn imports(&mut self, node: Node<'t>) {
        let specs = self.builder.list(node);
        for at in specs.places() {
            let Some(spec) = self.builder.named_at(at) else { continue };
            match self.kind(spec) {
                Kind::Imports => self.imports(spec),
                Kind::Import => {
                    let alias = under(spec, self.fields.name).map(|n| self.builder.slice(n).into());
                    let path = self.text_under(spec, self.fields.path).trim_matches(['"', '`']).into();
                    self.builder.facts.imports.push(Import { alias, path, name: None });
                }
                _ => {}
            }
        }
        self.builder.release(specs.places().start);
    }

    /// The text of the child with a field; empty where there is none.
    fn text_under(&self, node: Node<'t>, field: u16) -> &'t str {
        under(node, field).map(|child| self.builder.slice(child)).unwrap_or_default()
    }

    fn globals(&mut self, node: Node<'t>) {
        // In a list of constants, a line without a value repeats the one before; those are numbers, never targets.
        let specs = self.builder.list(node);
        for at in specs.places() {
            let Some(spec) = self.builder.named_at(at) else { continue };
            match self.kind(spec) {
                Kind::Vars => self.globals(spec),
                Kind::Const | Kind::Var => {
                    let parts = self.builder.children(spec);
                    let ty = self.builder.under(parts, self.fields.ty).map(|ty| self.written(ty));
                    let values = self.spec_values(parts);
                    let count = self.builder.count(parts, self.fields.name);
                    let mut nth = 0;
                    for at in parts.places() {
                        let Some(name) = self.builder.under_at(at, self.fields.name) else { continue };
                        let value = Self::value_at(&values, count, nth);
                        nth += 1;
                        let name = self.builder.slice(name).into();
                        self.builder.facts.globals.push(Global { name, ty, values: value.into_iter().collect() });
                    }
                }
                _ => {}
            }
        }
        self.builder.release(specs.places().start);
    }

    /// The values on the right of `=` in a declaration.
    fn spec_values(&mut self, parts: Children) -> Vec<ExprId> {
        match self.builder.under(parts, self.fields.value) {
            Some(list) => self.exprs(list),
            None => Vec::new(),
        }
    }

    /// The expressions that are the children of a node.
    fn exprs(&mut self, node: Node<'t>) -> Vec<ExprId> {
        let list = self.builder.list(node);
        let mut found = Vec::with_capacity(list.places().len());
        for at in list.places() {
            if let Some(node) = self.builder.named_at(at) {
                found.push(self.expr(node));
            }
        }
        self.builder.release(list.places().start);
        found
    }

    /// Which value the `at`-th of `count` names gets: its own, or the `at`-th result of the only one.
    fn value_at(values: &[ExprId], count: usize, at: usize) -> Option<(ExprId, u16)> {
        match values {
            [only] if count > 1 => Some((*only, u16::try_from(at).unwrap_or(u16::MAX))),
            _ => values.get(at).map(|value| (*value, 0)),
        }
    }

    fn type_declaration(&mut self, node: Node<'t>) {
        let specs = self.builder.list(node);
        for at in specs.places() {
            let Some(spec) = self.builder.named_at(at).filter(|spec| self.kind(*spec) == Kind::TypeSpec) else {
                continue;
            };
            let name = self.text_under(spec, self.fields.name).into();
            let ty = under(spec, self.fields.ty).map_or(TypeRef::Unknown, |ty| self.ty(ty));
            self.builder.facts.types.push(TypeDecl { name, ty, notes: Vec::new(), span: range(spec) });
        }
        self.builder.release(specs.places().start);
    }

    fn function(&mut self, node: Node<'t>) {
        let mark = self.builder.mark();
        let name = self.text_under(node, self.fields.name).into();
        self.builder.open(Function { name, span: range(node), ..Function::default() });
        if let Some(receiver) = under(node, self.fields.receiver) {
            let list = self.builder.list(receiver);
            for at in list.places() {
                let Some(declaration) = self.builder.named_at(at) else { continue };
                let ty = self.written_under(declaration, self.fields.ty);
                let name = self.text_under(declaration, self.fields.name);
                let receiver = match self.builder.facts.written(ty) {
                    TypeRef::Name { name, .. } => Some(name.clone()),
                    _ => None,
                };
                if let Some(function) = self.builder.function() {
                    function.receiver = receiver;
                }
                let local = self.builder.declare(name, Some(ty));
                self.builder.define(local, Def::Receiver);
            }
        }
        if let Some(parameters) = under(node, self.fields.parameters) {
            let (parameters, variadic) = self.parameters(parameters);
            for (at, (name, ty)) in parameters.into_iter().enumerate() {
                let local = self.builder.declare(name, Some(ty));
                self.builder.define(local, Def::Parameter(u16::try_from(at).unwrap_or(u16::MAX)));
                self.builder.parameter(local, variadic);
            }
        }
        if let Some(result) = under(node, self.fields.result) {
            self.results(result);
        }
        if let Some(body) = under(node, self.fields.body) {
            self.stmt(body);
        }
        self.builder.release(mark);
        self.builder.close();
    }

    /// The results of a function; named ones are locals that begin with the zero value.
    fn results(&mut self, node: Node<'t>) {
        if self.kind(node) != Kind::Parameters {
            let ty = self.written(node);
            self.builder.result(ty);
            return;
        }
        let (results, _) = self.parameters(node);
        for (name, ty) in results {
            if !name.is_empty() {
                let local = self.builder.declare(name, Some(ty));
                self.builder.define(local, Def::Zero);
                self.builder.named_result(local);
            }
            self.builder.result(ty);
        }
    }
}
