//! C#'s types as they are written.

use super::Lower;
use crate::frontend::build::children;
use crate::ir::{TypeRef, TypeRefId};
use tree_sitter::Node;

/// Types that stand for what they hold: promises, and what a container hands out.
const WRAPPERS: &[&str] = &[
    "Task",
    "ValueTask",
    "Lazy",
    "Nullable",
    "IOptions",
    "IOptionsSnapshot",
    "IOptionsMonitor",
    "ActionResult",
    "Func",
    "WeakReference",
];

/// Types that are lists of what they hold.
const LISTS: &[&str] = &[
    "List",
    "IList",
    "IEnumerable",
    "ICollection",
    "IReadOnlyList",
    "IReadOnlyCollection",
    "HashSet",
    "ISet",
    "Queue",
    "Stack",
    "IAsyncEnumerable",
    "ConcurrentBag",
    "ImmutableArray",
    "ImmutableList",
    "Span",
    "ReadOnlySpan",
];

/// Types that are maps.
const MAPS: &[&str] = &["Dictionary", "IDictionary", "IReadOnlyDictionary", "ConcurrentDictionary", "SortedDictionary"];

impl<'n> Lower<'_, 'n> {
    /// A type in the list of the file's; none for `var`.
    pub(super) fn declared(&mut self, node: Node<'n>) -> Option<TypeRefId> {
        let ty = node.child_by_field_name("type").map_or(TypeRef::Unknown, |ty| self.ty(ty));
        (ty != TypeRef::Unknown && type_name(&ty) != "var").then(|| self.builder.written(ty))
    }

    pub(super) fn written(&mut self, node: Node<'n>) -> TypeRefId {
        let ty = self.ty(node);
        self.builder.written(ty)
    }

    /// A type: its name without namespace and type arguments.
    pub(super) fn ty(&mut self, node: Node<'n>) -> TypeRef {
        if !self.builder.descend(node) {
            return TypeRef::Unknown;
        }
        let ty = self.ty_inner(node);
        self.builder.ascend();
        ty
    }

    fn ty_inner(&mut self, node: Node<'n>) -> TypeRef {
        let named = |name: &str| TypeRef::Name { qualifier: None, name: name.into() };
        match node.kind() {
            "identifier" => {
                let name = self.builder.slice(node);
                match self.inner_class(name) {
                    Some(path) => named(&path),
                    None => named(self.aliases.get(name).map_or(name, String::as_str)),
                }
            }
            "predefined_type" => TypeRef::Name { qualifier: None, name: predefined(self.builder.slice(node)).into() },
            "qualified_name" | "alias_qualified_name" => {
                let path: String = self.builder.slice(node).split_whitespace().collect();
                if let Some(path) = self.inner_class(&path) {
                    return named(&path);
                }
                // `new Bank.Ledger.Client()` takes its namespace along.
                if let Some((namespace, _)) = path.split('<').next().and_then(|path| path.rsplit_once('.')) {
                    self.namespace(namespace);
                }
                let name = node.child_by_field_name("name");
                match name.map(|name| self.ty(name)) {
                    // A class inside of another one, or one with its namespace: the class around it may be one from outside.
                    Some(TypeRef::Name { name, .. }) => {
                        let above = node.child_by_field_name("qualifier").map(|above| self.builder.slice(above));
                        let above = above.and_then(|above| above.rsplit('.').next()).unwrap_or_default();
                        let is_generated = name.ends_with("Client") && above.starts_with(char::is_uppercase);
                        let is_inner = is_generated && name.strip_suffix("Client").is_some_and(|stem| stem == above);
                        let qualifier = is_inner.then(|| above.into());
                        TypeRef::Name { qualifier, name }
                    }
                    Some(other) => other,
                    None => TypeRef::Unknown,
                }
            }
            "nullable_type" | "ref_type" | "pointer_type" | "scoped_type" => {
                let inner = node.child_by_field_name("type").or_else(|| children(node).first().copied());
                inner.map_or(TypeRef::Unknown, |inner| self.ty(inner))
            }
            "array_type" => {
                let inner = node.child_by_field_name("type").map_or(TypeRef::Unknown, |inner| self.ty(inner));
                TypeRef::List(Box::new(inner))
            }
            "generic_name" => {
                let parts = children(node);
                let name = parts.first().map(|name| self.builder.slice(*name)).unwrap_or_default();
                let arguments = parts.get(1).map(|list| children(*list)).unwrap_or_default();
                match arguments.as_slice() {
                    [.., last] if name == "Func" => self.ty(*last),
                    [only] if WRAPPERS.contains(&name) => self.ty(*only),
                    [only] if LISTS.contains(&name) => TypeRef::List(Box::new(self.ty(*only))),
                    [_, value] if MAPS.contains(&name) => TypeRef::Map(Box::new(self.ty(*value))),
                    _ => named(name),
                }
            }
            _ => TypeRef::Unknown,
        }
    }
}

/// The class behind a keyword: `string` is `String`.
pub(super) fn predefined(keyword: &str) -> &str {
    match keyword {
        "string" => "String",
        "object" => "Object",
        other => other,
    }
}

/// The name of a type; empty if it has none.
pub(super) fn type_name(ty: &TypeRef) -> &str {
    match ty {
        TypeRef::Name { name, .. } => name,
        _ => "",
    }
}
