//! The names that packages give on from others: what a name of a package means to those who import it.

use super::modules::Modules;
use super::{File, Meaning, PackageId, Program};
use hedgerow_code::ir::{Export, Import};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What stands for all names of a module.
const ALL: &str = "*";

/// Where a name is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From<'p> {
    /// The name of a package of the tree.
    Name(PackageId, &'p str),
    /// A package of the tree itself.
    Whole(PackageId),
    /// A library, and the name there.
    External(&'p str, Option<&'p str>),
}

/// What a package gives on.
#[derive(Debug, Clone, Default)]
pub(super) struct Exports<'p> {
    pub(super) names: BTreeMap<&'p str, From<'p>>,
    /// The packages all of whose names it gives on.
    all: Vec<PackageId>,
    /// Itself and all that it gives on names of, once it was asked for.
    giving: OnceLock<Vec<PackageId>>,
}

/// How many packages are asked for one name.
const MAX_ASKED: usize = 20_000;

/// The packages that are still to be asked for a name.
struct Asked<'s, 'p> {
    packages: &'s [PackageId],
    name: &'s str,
    /// What the name means where none of them has it.
    declared: Meaning<'p>,
}

impl<'p> Program<'p> {
    /// Reads what each package gives on.
    pub(super) fn add_exports(&mut self, modules: &Modules) {
        let of_files: Vec<_> = self.files.par_iter().map(|file| self.exports_of(file, modules)).collect();
        let mut exports = vec![Exports::default(); self.packages.len()];
        for (package, of_file) in self.package_of.iter().zip(of_files) {
            let own = &mut exports[package.0 as usize];
            for (name, from) in of_file.names {
                own.names.entry(name).or_insert(from);
            }
            own.all.extend(of_file.all);
        }
        self.exports = exports;
        self.settle_names();
    }

    /// What a name that a package gives on means.
    pub(super) fn found(&self, from: From<'p>) -> Meaning<'p> {
        match from {
            From::Name(package, name) => self.exported(package, name),
            From::Whole(package) => Meaning::Package(package),
            From::External(path, name) => Meaning::External(path, name),
        }
    }

    fn exports_of(&self, file: &File<'p>, modules: &Modules) -> Exports<'p> {
        let mut found = Exports::default();
        for export in &file.facts.exports {
            let from = match &export.path {
                Some(path) => self.of_module(file, export, path, modules),
                None => self.of_file(file, export, modules),
            };
            match (export.name.as_str(), from) {
                (ALL, Some(From::Whole(package))) => found.all.push(package),
                (ALL, _) | (_, None) => {}
                (name, Some(from)) => {
                    found.names.insert(name, from);
                }
            }
        }
        found
    }

    /// What a module gives on of another one.
    fn of_module(&self, file: &File<'p>, export: &'p Export, path: &'p str, modules: &Modules) -> Option<From<'p>> {
        let import = Import { alias: None, path: path.into(), name: export.of.clone() };
        self.taken_by(file, &import, (path, export.of.as_deref()), modules)
    }

    /// What a module gives on by another name, or of what it imports.
    fn of_file(&self, file: &File<'p>, export: &'p Export, modules: &Modules) -> Option<From<'p>> {
        let of = export.of.as_deref()?;
        let package = self.by_path.get(&modules.package(file)).copied()?;
        if self.item(package, of) != Meaning::Unknown {
            // What is declared under its own name is found without this.
            return (of != export.name).then_some(From::Name(package, of));
        }
        let mut imports = file.facts.imports.iter();
        let import = imports.find(|import| modules.aliases(file.language, import).contains(&of))?;
        self.taken_by(file, import, (&import.path, import.name.as_deref()), modules)
    }

    /// What an import takes in: of a path a name, or the whole.
    fn taken_by(
        &self,
        file: &File<'p>,
        import: &Import,
        (path, name): (&'p str, Option<&'p str>),
        modules: &Modules,
    ) -> Option<From<'p>> {
        let found = |path: Option<String>| path.and_then(|path| self.by_path.get(&path)).copied();
        let package = found(modules.resolve(file, import));
        // A module of a package, which is taken out of it like a name.
        let inner = || found(modules.resolve_item(file, import));
        Some(match (package, name) {
            (Some(package), None) => From::Whole(package),
            (Some(package), Some(name)) => match inner() {
                Some(inner) if self.item(package, name) == Meaning::Unknown => From::Whole(inner),
                _ => From::Name(package, name),
            },
            (None, name) => inner().map_or(From::External(path, name), From::Whole),
        })
    }

    /// What `name` means in a package to whoever imports it: what the package gives on by that name, declares, or gives on with all names of
    /// another. Of several that give on a name the first counts that leads to something.
    pub(crate) fn exported(&self, package: PackageId, name: &str) -> Meaning<'p> {
        let mut seen: BTreeSet<(PackageId, &str)> = BTreeSet::from([(package, name)]);
        let mut open = vec![self.asked(&package, name, Meaning::Unknown)];
        for _ in 0..MAX_ASKED {
            let Some(asked) = open.last_mut() else { break };
            let name = asked.name;
            let Some((package, rest)) = asked.packages.split_first() else {
                // What is given on from elsewhere leads nowhere: what is declared by the name counts.
                match asked.declared {
                    Meaning::Unknown => open.pop(),
                    declared => return declared,
                };
                continue;
            };
            asked.packages = rest;
            let own = self.item(*package, name);
            match self.exports.get(package.0 as usize).and_then(|exports| exports.names.get(name)) {
                Some(From::Name(other, of)) if seen.insert((*other, of)) => open.push(self.asked(other, of, own)),
                Some(From::Whole(other)) => return Meaning::Package(*other),
                Some(From::External(path, of)) => return Meaning::External(path, *of),
                _ if own != Meaning::Unknown => return own,
                _ => {}
            }
        }
        Meaning::Unknown
    }

    /// The packages that are asked for a name. Before it is known what packages give on, they have what they declare.
    fn asked<'s>(&'s self, package: &'s PackageId, name: &'s str, declared: Meaning<'p>) -> Asked<'s, 'p> {
        let giving = self.giving(*package).unwrap_or(std::slice::from_ref(package));
        let packages = if name == "default" { &giving[..giving.len().min(1)] } else { giving };
        Asked { packages, name, declared }
    }

    /// A package and those all of whose names it gives on, by itself or by others, in the order in which they are asked for a name.
    fn giving(&self, package: PackageId) -> Option<&[PackageId]> {
        let exports = self.exports.get(package.0 as usize)?;
        let giving = exports.giving.get_or_init(|| {
            let mut found = Vec::new();
            let mut seen = BTreeSet::new();
            let mut open = vec![package];
            while let Some(package) = open.pop() {
                if seen.insert(package) {
                    found.push(package);
                    open.extend(self.exports.get(package.0 as usize).into_iter().flat_map(|e| e.all.iter().rev()));
                }
            }
            found
        });
        Some(giving)
    }
}
