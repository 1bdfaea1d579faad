//! Rust's items: functions, types, traits and what is implemented.

use super::Lower;
use super::paths::without_arguments;
use crate::frontend::build::{Expressions, MAX_DEPTH, children, range};
use crate::ir::{Def, Field, Function, Global, Signature, TypeDecl, TypeRef};
use tree_sitter::Node;

/// What a walk over the items reads: an expression's function has them in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Constants and statics, and the types.
    Values,
    /// Functions.
    Functions,
}

/// Attributes that nothing calls a function by.
const PLAIN: &[&str] = &[
    "allow",
    "async_trait",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "inline",
    "instrument",
    "main",
    "must_use",
    "track_caller",
    "warn",
    "async_recursion",
    "no_mangle",
    "utoipa::path",
];

impl Lower<'_> {
    /// The items of a file or of a module in it.
    pub(super) fn items(&mut self, node: Node, pass: Pass) {
        let mut attributes: Vec<Node> = Vec::new();
        self.builder.depth += 1;
        for child in children(node) {
            match child.kind() {
                "attribute_item" => {
                    attributes.push(child);
                    continue;
                }
                _ if self.is_test(&attributes) || self.builder.depth > MAX_DEPTH => {}
                "mod_item" => {
                    if let Some(body) = child.child_by_field_name("body") {
                        self.items(body, pass);
                    }
                }
                "const_item" | "static_item" if pass == Pass::Values => self.constant(child),
                "struct_item" | "union_item" if pass == Pass::Values => self.structure(child),
                "enum_item" if pass == Pass::Values => self.enumeration(child, &attributes),
                "trait_item" => self.interface(child, pass),
                "impl_item" => self.implementation(child, pass),
                "function_item" if pass == Pass::Functions => {
                    let registered = self.is_registered(&attributes);
                    self.function(child, None, registered);
                }
                _ => {}
            }
            attributes.clear();
        }
        self.builder.depth -= 1;
    }

    fn is_test(&self, attributes: &[Node]) -> bool {
        attributes.iter().any(|attribute| {
            let text: String = self.builder.slice(*attribute).chars().filter(|c| !c.is_whitespace()).collect();
            text == "#[test]" || text.contains("cfg(test") || text.ends_with("::test]") || text.contains("::test(")
        })
    }

    /// Whether an attribute hands a function to a framework: `#[get("/")]`.
    fn is_registered(&self, attributes: &[Node]) -> bool {
        attributes.iter().any(|attribute| {
            let text = self.builder.slice(*attribute).trim_start_matches("#[");
            let name = text.split(['(', ']', '=', ' ']).next().unwrap_or_default();
            !PLAIN.contains(&name) && !PLAIN.contains(&name.rsplit("::").next().unwrap_or_default())
        })
    }

    fn constant(&mut self, node: Node) {
        let name = self.builder.field(node, "name");
        let ty = node.child_by_field_name("type").map(|ty| self.written(ty));
        let value = node.child_by_field_name("value").map(|value| self.expr(value));
        let values = value.into_iter().map(|value| (value, 0)).collect();
        self.builder.facts.globals.push(Global { name: name.into(), ty, values });
    }

    fn structure(&mut self, node: Node) {
        let name = self.builder.field(node, "name");
        let outer = self.me.replace(name.clone());
        let fields = node.child_by_field_name("body").map(|body| self.fields(body)).unwrap_or_default();
        self.me = outer;
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes: Vec::new(), span: range(node) });
    }

    /// An enumeration has a field for each variant that holds something. Where a value does not name its variant (`tag`, `untagged`), what
    /// the variants hold stands in the enumeration's place.
    fn enumeration(&mut self, node: Node, attributes: &[Node]) {
        let name = self.builder.field(node, "name");
        let outer = self.me.replace(name.clone());
        let texts = attributes.iter().map(|attribute| self.builder.slice(*attribute));
        let is_flat = texts.into_iter().any(|text| text.contains("serde(") && text.contains("tag"));
        let mut fields = Vec::new();
        let mut above: Vec<Node> = Vec::new();
        for child in node.child_by_field_name("body").map(children).unwrap_or_default() {
            match child.kind() {
                "attribute_item" => {
                    above.push(child);
                    continue;
                }
                "enum_variant" => {
                    let name = self.builder.field(child, "name");
                    let texts: Vec<&str> = above.iter().map(|attribute| self.builder.slice(*attribute)).collect();
                    let tag = tag(&texts, &name);
                    let ty = child.child_by_field_name("body").and_then(|body| self.held(body));
                    let field = |ty| Field { name: name.into(), ty, embedded: is_flat, tag: tag.map(Into::into) };
                    fields.extend(ty.map(field));
                }
                _ => {}
            }
            above.clear();
        }
        self.me = outer;
        let ty = TypeRef::Struct(fields);
        self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes: Vec::new(), span: range(node) });
    }

    /// What a variant holds: the one value in its brackets, or its fields.
    fn held(&mut self, body: Node) -> Option<TypeRef> {
        if body.kind() == "field_declaration_list" {
            return Some(TypeRef::Struct(self.fields(body)));
        }
        let types = children(body)
            .into_iter()
            .filter(|child| !matches!(child.kind(), "attribute_item" | "visibility_modifier"));
        let types: Vec<TypeRef> = types.map(|ty| self.ty(ty, 0)).collect();
        match <[TypeRef; 1]>::try_from(types) {
            Ok([ty]) => Some(ty),
            Err(_) => None,
        }
    }

    /// The fields of a structure.
    fn fields(&mut self, body: Node) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut attributes: Vec<Node> = Vec::new();
        for child in children(body) {
            match child.kind() {
                "attribute_item" => {
                    attributes.push(child);
                    continue;
                }
                "field_declaration" => {
                    let field = self.builder.field(child, "name");
                    let ty = child.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty, 0));
                    let texts: Vec<&str> = attributes.iter().map(|attribute| self.builder.slice(*attribute)).collect();
                    let flat = texts.iter().any(|text| text.contains("flatten") || text.contains("(nested"));
                    let tag = tag(&texts, &field);
                    fields.push(Field { name: field.into(), ty, embedded: flat, tag: tag.map(Into::into) });
                }
                _ => {}
            }
            attributes.clear();
        }
        fields
    }

    fn interface(&mut self, node: Node, pass: Pass) {
        let name = self.builder.field(node, "name");
        let outer = self.me.replace(name.clone());
        let body = node.child_by_field_name("body").map(children).unwrap_or_default();
        let methods: Vec<Node> =
            body.into_iter().filter(|m| matches!(m.kind(), "function_item" | "function_signature_item")).collect();
        if pass == Pass::Values {
            let mut signatures = Vec::new();
            for method in &methods {
                let parameters = method.child_by_field_name("parameters").map(children).unwrap_or_default();
                let own = parameters.iter().filter(|p| p.kind() == "parameter").count();
                let results = method.child_by_field_name("return_type").map(|ty| self.ty(ty, 0)).into_iter().collect();
                signatures.push(Signature {
                    name: self.builder.field(*method, "name").into(),
                    arity: u16::try_from(own).unwrap_or(u16::MAX),
                    results,
                });
            }
            let ty = TypeRef::Interface { methods: signatures, embeds: Vec::new() };
            self.builder.facts.types.push(TypeDecl { name: name.into(), ty, notes: Vec::new(), span: range(node) });
        } else {
            for method in methods.into_iter().filter(|method| method.kind() == "function_item") {
                self.function(method, Some(&name), false);
            }
        }
        self.me = outer;
    }

    fn implementation(&mut self, node: Node, pass: Pass) {
        let Some(ty) = node.child_by_field_name("type") else { return };
        let name = without_arguments(self.builder.slice(ty));
        let name = name.rsplit("::").next().unwrap_or(&name).to_owned();
        let outer = self.me.replace(name.clone());
        let bounds = self.bind_parameters(node);
        let of = node.child_by_field_name("trait");
        if pass == Pass::Values {
            // Whoever has a value of the trait may have one of the type.
            if let Some(of) = of {
                let of = self.ty(of, 0);
                let own = self.builder.facts.types.iter_mut().find(|ty| ty.name == name);
                if let (Some(TypeDecl { ty: TypeRef::Struct(fields), .. }), TypeRef::Name { name, .. }) = (own, &of) {
                    fields.push(Field { name: name.clone(), ty: of.clone(), embedded: true, tag: None });
                }
            }
        } else {
            // The methods of a trait from outside are called from there.
            let foreign = of.is_some_and(|of| {
                let path = self.whole(self.builder.slice(of));
                let known = self.builder.facts.types.iter().any(|ty| ty.name == path);
                !known && !["crate::", "self::", "super::"].iter().any(|start| path.starts_with(start))
            });
            let mut attributes: Vec<Node> = Vec::new();
            for child in node.child_by_field_name("body").map(children).unwrap_or_default() {
                match child.kind() {
                    "attribute_item" => {
                        attributes.push(child);
                        continue;
                    }
                    "function_item" if !self.is_test(&attributes) => {
                        let registered = foreign || self.is_registered(&attributes);
                        self.function(child, Some(&name), registered);
                    }
                    _ => {}
                }
                attributes.clear();
            }
        }
        self.bounds = bounds;
        self.me = outer;
    }

    /// Type parameters stand for the traits they are bound by. Gives what stood for something before.
    fn bind_parameters(&mut self, node: Node) -> std::collections::BTreeMap<String, String> {
        let before = self.bounds.clone();
        let mut bound: Vec<(String, Node)> = Vec::new();
        for parameter in node.child_by_field_name("type_parameters").map(children).unwrap_or_default() {
            if let (Some(name), Some(bounds)) =
                (parameter.child_by_field_name("name"), parameter.child_by_field_name("bounds"))
            {
                bound.push((self.builder.slice(name).to_owned(), bounds));
            }
        }
        for clause in children(node).into_iter().filter(|child| child.kind() == "where_clause") {
            for predicate in children(clause) {
                if let (Some(name), Some(bounds)) =
                    (predicate.child_by_field_name("left"), predicate.child_by_field_name("bounds"))
                {
                    bound.push((self.builder.slice(name).to_owned(), bounds));
                }
            }
        }
        for (name, bounds) in bound {
            let first = children(bounds).into_iter().find(|bound| bound.kind() != "lifetime");
            if let Some(first) = first.filter(|first| !self.builder.slice(*first).starts_with("Fn")) {
                let path = self.whole(self.builder.slice(first));
                self.bounds.insert(name, path);
            }
        }
        before
    }

    fn function(&mut self, node: Node, of: Option<&str>, registered: bool) {
        let name = self.builder.field(node, "name");
        let receiver = of.map(Into::into);
        self.builder.open(Function {
            name: name.into(),
            receiver,
            registered,
            span: range(node),
            ..Function::default()
        });
        let bounds = self.bind_parameters(node);
        let mut at = 0_u16;
        for parameter in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            match parameter.kind() {
                "self_parameter" => {
                    let me = self.builder.declare("self", None);
                    self.builder.define(me, Def::Receiver);
                }
                "parameter" => {
                    let ty = parameter.child_by_field_name("type").map(|ty| self.written(ty));
                    let pattern = parameter.child_by_field_name("pattern");
                    // `State(client): State<Client>` takes the client out.
                    let names = pattern.map(|pattern| self.names_in(pattern)).unwrap_or_default();
                    let name = names.first().cloned().unwrap_or_else(|| "_".to_owned());
                    let local = self.builder.declare(&name, ty);
                    self.builder.define(local, Def::Parameter(at));
                    self.builder.parameter(local, false);
                    at += 1;
                }
                _ => {}
            }
        }
        if let Some(result) = node.child_by_field_name("return_type") {
            let result = self.written(result);
            self.builder.result(result);
        }
        if let Some(body) = node.child_by_field_name("body") {
            let value = self.expr(body);
            self.builder.give_back(vec![value]);
        }
        self.bounds = bounds;
        self.builder.close();
    }
}

/// What attributes say a field is filled from, in the form of Go's tags: `env:"LEDGER_URL" default:"http://ledger"`.
fn tag(attributes: &[&str], field: &str) -> Option<String> {
    let mut found = String::new();
    for text in attributes {
        let value = |key: &str| {
            let mut rest = *text;
            while let Some((before, tail)) = rest.split_once(key) {
                rest = tail;
                let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if let Some(tail) = tail.trim_start().strip_prefix('=').filter(|_| is_word) {
                    let tail = tail.trim_start().strip_prefix('"')?;
                    return tail.split('"').next().map(str::to_owned);
                }
            }
            None
        };
        let is_settings = ["arg(", "clap(", "structopt(", "envconfig(", "serde(", "config(", "conf("]
            .iter()
            .any(|a| text.contains(a));
        if !is_settings {
            continue;
        }
        let bare_env = text.split(['(', ',', ')']).any(|word| word.trim() == "env");
        let variable = value("env").or_else(|| value("from").filter(|_| text.contains("envconfig(")));
        if let Some(variable) = variable.or_else(|| bare_env.then(|| field.to_uppercase())) {
            found.push_str(&format!("env:\"{variable}\" "));
        }
        // `long` alone is the field's own name, which is asked for anyway.
        let is_argument = ["arg(", "clap(", "structopt("].iter().any(|a| text.contains(a));
        if let Some(flag) = value("long").filter(|_| is_argument) {
            found.push_str(&format!("flag:\"{flag}\" "));
        }
        for key in ["default_value", "default_value_t", "default"] {
            if let Some(default) = value(key).filter(|_| !text.contains("serde(")) {
                found.push_str(&format!("default:\"{default}\" "));
            }
        }
        if let Some(name) = value("rename") {
            found.push_str(&format!("json:\"{name}\" "));
        }
    }
    (!found.is_empty()).then(|| found.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_say_what_fills_a_field() {
        for (attribute, expected) in [
            (
                "#[arg(long, env = \"LEDGER_URL\", default_value = \"http://x\")]",
                Some("env:\"LEDGER_URL\" default:\"http://x\""),
            ),
            ("#[clap(long, env)]", Some("env:\"LEDGER\"")),
            ("#[arg(long = \"ledger-at\", env = \"LEDGER\")]", Some("env:\"LEDGER\" flag:\"ledger-at\"")),
            ("#[structopt(long = \"ledger-at\")]", Some("flag:\"ledger-at\"")),
            ("#[serde(long = \"ledger-at\")]", None),
            ("#[envconfig(from = \"LEDGER\", default = \"x\")]", Some("env:\"LEDGER\" default:\"x\"")),
            ("#[serde(rename = \"ledgerUrl\", default = \"made\")]", Some("json:\"ledgerUrl\"")),
            ("#[allow(dead_code)]", None),
        ] {
            assert_eq!(tag(&[attribute], "ledger").as_deref(), expected, "{attribute}");
        }
    }
}
