//! Python's imports: what a module takes in, and what of that others may take from it.

use super::Lower;
use crate::frontend::build::children;
use crate::ir::{Export, Import};
use std::collections::{BTreeMap, BTreeSet};
use tree_sitter::Node;

/// The names that a file takes in and declares at its own level.
#[derive(Default)]
pub(super) struct Names {
    /// The modules below others that are imported by their whole names.
    pub(super) dotted: BTreeSet<String>,
    /// The imports of the file's own level: indices of the file's.
    given_on: Vec<usize>,
    /// The names declared at the file's own level, each with the number of imports before it; none where a branch declares it, after which
    /// an import before it may still stand.
    declared: BTreeMap<String, Option<usize>>,
    /// What names are called in the function that is read, where it imports something under a name that means something else in the rest
    /// of the file.
    renamed: BTreeMap<String, String>,
}

impl Names {
    /// Whether the whole of a dotted name is one that is imported.
    pub(super) fn is_dotted(&self, name: &str) -> bool {
        self.dotted.contains(name)
    }

    /// What a name is called that is no local.
    pub(super) fn known_as<'a>(&'a self, name: &'a str) -> &'a str {
        self.renamed.get(name).map_or(name, String::as_str)
    }

    /// A function is read to its end: what it imported is not seen by the next one.
    pub(super) fn leave_function(&mut self) {
        self.renamed.clear();
    }
}

impl<'n> Lower<'_, 'n> {
    pub(super) fn import(&mut self, node: Node<'n>, class: Option<&str>) {
        let module = node.child_by_field_name("module_name").map(|module| self.builder.slice(module).to_owned());
        let mut cursor = node.walk();
        let names: Vec<_> = node.children_by_field_name("name", &mut cursor).collect();
        for name in names {
            let alias = (name.kind() == "aliased_import").then(|| self.builder.field(name, "alias").into());
            let written =
                if alias.is_some() { self.builder.field(name, "name") } else { self.builder.slice(name).to_owned() };
            let import = match &module {
                Some(module) => Import { alias, path: module.clone().into(), name: Some(written.into()) },
                None => {
                    if let (None, Some((top, _))) = (&alias, written.split_once('.')) {
                        // `import a.b` makes `a` known, and with it `a.b`.
                        let alias = Some(top.into());
                        self.take_in(Import { alias, path: top.into(), name: None }, class);
                        self.names.dotted.insert(written.clone());
                    }
                    Import { alias: alias.or_else(|| Some(written.as_str().into())), path: written.into(), name: None }
                }
            };
            self.take_in(import, class);
        }
        if let (Some(path), true) = (module, children(node).iter().any(|child| child.kind() == "wildcard_import")) {
            self.take_in(Import { alias: Some(".".into()), path: path.into(), name: None }, class);
        }
    }

    /// An import. What a function takes in is known there alone, which matters where its name means something else in the rest of the file.
    fn take_in(&mut self, mut import: Import, class: Option<&str>) {
        let name = import.alias.as_ref().or(import.name.as_ref()).map(ToString::to_string).unwrap_or_default();
        let is_global = self.outer.last().is_some_and(|outer| outer.contains(&name));
        if is_global || (self.at_top() && class.is_none()) {
            self.names.given_on.push(self.builder.facts.imports.len());
        } else if !self.at_top() && !name.contains('.') && self.means_another(&name, &import) {
            let taken = import.name.as_deref().unwrap_or_default();
            let own = format!("{name}@{}.{taken}", import.path);
            import.alias = Some(own.as_str().into());
            self.names.renamed.insert(name, own);
        }
        self.builder.facts.imports.push(import);
    }

    /// Whether a name that a function imports is declared by the file, or imported somewhere else in it as something else.
    fn means_another(&self, name: &str, import: &Import) -> bool {
        let facts = &self.builder.facts;
        let is_other = |other: &Import| {
            let known = other.alias.as_deref().or(other.name.as_deref());
            known == Some(name) && (&other.path, &other.name) != (&import.path, &import.name)
        };
        self.names.declared.contains_key(name) || facts.imports.iter().any(is_other)
    }

    /// Notes that the file declares a name at its own level.
    pub(super) fn declared(&mut self, name: &str) {
        let is_sure = self.branches == 0;
        let imports = self.builder.facts.imports.len();
        let known = self.names.declared.entry(name.to_owned()).or_default();
        if is_sure {
            *known = Some(imports);
        }
    }

    /// Says what others may take from the file of what it imports: not what it declares in its place further down.
    pub(super) fn give_on(&mut self) {
        for at in std::mem::take(&mut self.names.given_on) {
            let Some(Import { alias, path, name: of }) = self.builder.facts.imports.get(at).cloned() else { continue };
            let Some(name) = alias.or_else(|| of.clone()) else { continue };
            let is_declared_below = self.names.declared.get(name.as_str()).is_some_and(|last| *last > Some(at));
            let name = if name == "." { "*".into() } else { name };
            if !is_declared_below && !name.contains('.') {
                self.builder.facts.exports.push(Export { name, path: Some(path), of });
            }
        }
    }
}
