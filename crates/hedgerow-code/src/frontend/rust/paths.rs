//! What `use` says, and what a path in the code stands for.

use super::Lower;
use crate::frontend::build::{MAX_DEPTH, children, range};
use crate::ir::{ExprId, Import, Range, TypeRef, TypeRefId};
use tree_sitter::Node;

/// Types that hold one value of another type: that one is meant.
const WRAPPERS: &[&str] = &[
    "Arc",
    "Box",
    "Rc",
    "Option",
    "Result",
    "Mutex",
    "RwLock",
    "Cow",
    "Pin",
    "RefCell",
    "Cell",
    "OnceCell",
    "OnceLock",
    "LazyLock",
    "Lazy",
    "Data",
    "State",
    "Extension",
    "Json",
    "ArcSwap",
    "ManuallyDrop",
    "BoxFuture",
    "Weak",
    "Form",
    "Query",
    "Secret",
    "SecretBox",
    "Zeroizing",
];

impl Lower<'_> {
    /// Reads what `use` and `mod` make known, of the file and the modules in it.
    pub(super) fn read_uses(&mut self, node: Node, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for child in children(node) {
            match child.kind() {
                "use_declaration" => {
                    if let Some(argument) = child.child_by_field_name("argument") {
                        self.read_use(argument, "", depth);
                    }
                }
                "mod_item" => {
                    let name = self.builder.field(child, "name");
                    match child.child_by_field_name("body") {
                        Some(body) => self.read_uses(body, depth + 1),
                        None => {
                            let path = format!("self::{name}").into();
                            let alias = Some(name.as_str().into());
                            self.builder.facts.imports.push(Import { alias, path, name: None });
                        }
                    }
                    self.modules.insert(name);
                }
                "function_item" | "block" | "impl_item" | "declaration_list" | "expression_statement" => {
                    self.read_uses(child, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn read_use(&mut self, node: Node, before: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let whole = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
        match node.kind() {
            "use_as_clause" => {
                let path = whole(&self.builder.field(node, "path"));
                let alias = self.builder.field(node, "alias");
                self.take_in(alias, path);
            }
            "use_list" => {
                for child in children(node) {
                    self.read_use(child, before, depth + 1);
                }
            }
            "scoped_use_list" => {
                let path = node.child_by_field_name("path").map(|path| whole(self.builder.slice(path)));
                if let Some(list) = node.child_by_field_name("list") {
                    self.read_use(list, &path.unwrap_or_default(), depth + 1);
                }
            }
            "use_wildcard" => {
                let path = node.named_child(0).map(|path| whole(self.builder.slice(path))).unwrap_or_default();
                let path = self.rooted(&path);
                self.builder.facts.imports.push(Import { alias: Some(".".into()), path: path.into(), name: None });
            }
            "self" => {
                let alias = before.rsplit("::").next().unwrap_or(before).to_owned();
                self.take_in(alias, before.to_owned());
            }
            _ => {
                let path = whole(self.builder.slice(node));
                let alias = path.rsplit("::").next().unwrap_or(&path).to_owned();
                self.take_in(alias, path);
            }
        }
    }

    fn take_in(&mut self, alias: String, path: String) {
        if alias != "_" && path != alias {
            let path = self.rooted(&path);
            self.uses.insert(alias, path);
        }
    }

    /// A path of a module of the file's with `self` in front.
    fn rooted(&self, path: &str) -> String {
        let first = path.split("::").next().unwrap_or_default();
        if self.modules.contains(first) { format!("self::{path}") } else { path.trim_start_matches("::").to_owned() }
    }

    /// The whole path of what is written. Type arguments are left out.
    pub(super) fn whole(&self, written: &str) -> String {
        let bare = without_arguments(written);
        let (first, rest) = bare.split_once("::").map_or((bare.as_str(), None), |(first, rest)| (first, Some(rest)));
        let head = match first {
            "Self" => self.me.clone().unwrap_or_else(|| first.to_owned()),
            _ => match (self.uses.get(first), self.bounds.get(first)) {
                (_, Some(bound)) => bound.clone(),
                (Some(known), None) => known.clone(),
                (None, None) => return self.rooted(&bare),
            },
        };
        match rest {
            Some(rest) => format!("{head}::{rest}"),
            None => head,
        }
    }

    /// A whole path as a name, which is then known in the file.
    pub(super) fn known(&mut self, path: String) -> String {
        if let Some((module, name)) = path.rsplit_once("::") {
            let place = (module.to_owned(), name.to_owned());
            self.named.insert(path.clone(), place);
        }
        path
    }

    /// A path as an expression: of what a type has, the type and the name.
    pub(super) fn path(&mut self, written: &str, span: Range) -> ExprId {
        let whole = self.whole(written);
        if let Some((of, name)) = whole.rsplit_once("::") {
            let last = of.rsplit("::").next().unwrap_or(of);
            if last.starts_with(char::is_uppercase) {
                let of = self.known(of.to_owned());
                let of = self.builder.push_name(of, span);
                return self.builder.push_member(of, name, span);
            }
        }
        let name = self.known(whole);
        self.builder.push_name(name, span)
    }

    /// A type in the list of the file's.
    pub(super) fn written(&mut self, node: Node) -> TypeRefId {
        let ty = self.ty(node, 0);
        self.builder.written(ty)
    }

    /// A type: of what only holds another one, that one.
    pub(super) fn ty(&mut self, node: Node, depth: usize) -> TypeRef {
        if depth > MAX_DEPTH {
            self.builder.facts.faults.push(range(node));
            return TypeRef::Unknown;
        }
        match node.kind() {
            "type_identifier" | "scoped_type_identifier" | "identifier" | "scoped_identifier" => {
                let name = self.whole(self.builder.slice(node));
                let name = self.known(name);
                TypeRef::Name { qualifier: None, name: name.into() }
            }
            "generic_type" => {
                let outer = node.child_by_field_name("type").map(|ty| self.builder.slice(ty)).unwrap_or_default();
                let last = outer.rsplit("::").next().unwrap_or(outer);
                let arguments = node.child_by_field_name("type_arguments").map(children).unwrap_or_default();
                let is_type = |node: &&Node| !matches!(node.kind(), "lifetime" | "type_binding");
                let inner = arguments.iter().find(is_type).copied();
                match (last, inner) {
                    ("Vec" | "HashSet" | "BTreeSet" | "VecDeque", Some(inner)) => {
                        TypeRef::List(Box::new(self.ty(inner, depth + 1)))
                    }
                    ("HashMap" | "BTreeMap" | "DashMap" | "IndexMap", Some(_)) => {
                        let value = arguments.iter().filter(is_type).nth(1).copied();
                        let value = value.map_or(TypeRef::Unknown, |value| self.ty(value, depth + 1));
                        TypeRef::Map(Box::new(value))
                    }
                    (last, Some(inner)) if WRAPPERS.contains(&last) => self.ty(inner, depth + 1),
                    _ => match node.child_by_field_name("type") {
                        Some(outer) => self.ty(outer, depth + 1),
                        None => TypeRef::Unknown,
                    },
                }
            }
            "reference_type" | "pointer_type" => match node.child_by_field_name("type") {
                Some(inner) => self.ty(inner, depth + 1),
                None => TypeRef::Unknown,
            },
            "dynamic_type" | "abstract_type" => match node.child_by_field_name("trait") {
                Some(inner) => self.ty(inner, depth + 1),
                None => TypeRef::Unknown,
            },
            "bounded_type" => match children(node).first() {
                Some(inner) => self.ty(*inner, depth + 1),
                None => TypeRef::Unknown,
            },
            "array_type" => match node.child_by_field_name("element") {
                Some(inner) => TypeRef::List(Box::new(self.ty(inner, depth + 1))),
                None => TypeRef::Unknown,
            },
            _ => TypeRef::Unknown,
        }
    }
}

/// A path without what stands in angles.
pub(super) fn without_arguments(path: &str) -> String {
    let mut depth = 0_u32;
    let mut bare = String::new();
    for c in path.chars().filter(|c| !c.is_whitespace()) {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    // `Vec::<u8>::new`
    bare.replace("::::", "::").trim_end_matches("::").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_left_out_of_paths() {
        for (path, expected) in [
            ("a::b", "a::b"),
            ("Vec::<u8>::new", "Vec::new"),
            ("Client<Body>", "Client"),
            ("from_env::<Settings>", "from_env"),
            ("HashMap<String, Vec<u8>>", "HashMap"),
        ] {
            assert_eq!(without_arguments(path), expected);
        }
    }
}
