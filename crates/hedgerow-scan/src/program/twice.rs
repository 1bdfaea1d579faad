//! Names that a module of Python both declares and imports: `try: from fast import get`, `except ImportError: def get(url): …`.

use super::exports::From;
use super::{GlobalId, Meaning, Program};
use hedgerow_code::ir::Expr;

/// What a name means that a module declares and imports.
enum Means {
    /// What is imported: what is declared only says that it may be missing.
    Imported,
    /// Either of both.
    Either,
}

impl<'p> Program<'p> {
    /// Decides what such names mean. Front ends leave out what surely means what is declared.
    pub(super) fn settle_names(&mut self) {
        let mut found = Vec::new();
        for package in self.package_ids() {
            let first = self.package(package).files.first();
            if !first.is_some_and(|file| self.semantics(*file).gives_on_imports()) {
                continue;
            }
            for (name, from) in &self.exports[package.0 as usize].names {
                match self.item(package, name) {
                    Meaning::Unknown => {}
                    own => found.push((package, *name, own, *from, self.means(own, *from))),
                }
            }
        }
        for (package, name, own, from, means) in found {
            match means {
                Means::Imported => _ = self.packages[package.0 as usize].names.remove(name),
                Means::Either => {
                    self.exports[package.0 as usize].names.remove(name);
                    self.twice.insert(own, self.found(from));
                }
            }
        }
    }

    fn means(&self, own: Meaning<'p>, from: From<'p>) -> Means {
        match (own, from) {
            (Meaning::Function(_), _) => Means::Either,
            (Meaning::Global(id), _) if self.is_nothing(id) => Means::Imported,
            (Meaning::Global(_), From::Name(package, name)) => match self.item(package, name) {
                Meaning::Global(_) => Means::Either,
                _ => Means::Imported,
            },
            (Meaning::Type(_), From::External(path, _)) if self.libraries.contains(outermost(path)) => Means::Imported,
            (_, From::External(..)) => Means::Either,
            _ => Means::Imported,
        }
    }

    /// Whether a global only says that there is nothing: `requests = None`.
    fn is_nothing(&self, id: GlobalId) -> bool {
        let facts = self.files[id.file as usize].facts;
        let is_none = |(value, _): &(_, u16)| matches!(facts.expr(*value), Expr::Choice(run) if run.is_empty());
        self.global(id).values.iter().all(is_none)
    }

    /// The other thing that a name may mean.
    pub(crate) fn otherwise(&self, own: Meaning<'p>) -> Option<Meaning<'p>> {
        self.twice.get(&own).copied()
    }
}

/// The outermost name of a module's path.
fn outermost(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
