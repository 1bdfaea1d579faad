//! What the imports of each file lead to.

use super::modules::Modules;
use super::{File, MAX_LOADED, Meaning, PackageId, Program, index};
use hedgerow_code::ir::Import;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

impl<'p> Program<'p> {
    /// Turns the imports round: for each service these are asked for.
    pub(super) fn add_importers(&mut self) {
        let mut importers: BTreeMap<PackageId, BTreeSet<PackageId>> = BTreeMap::new();
        for package in self.package_ids() {
            for other in self.imported(package).filter(|other| *other != package) {
                importers.entry(other).or_default().insert(package);
            }
        }
        self.importers = importers;
    }

    /// The other packages that import one.
    pub(crate) fn importers(&self, id: PackageId) -> impl Iterator<Item = PackageId> {
        self.importers.get(&id).into_iter().flatten().copied()
    }

    pub(super) fn add_imports(&mut self, modules: &Modules) {
        let imports: Vec<_> = self.files.par_iter().map(|file| self.imports(file, modules)).collect();
        (self.aliases, self.dots) = imports.into_iter().unzip();
        self.pass_on_dots();
        let lost = self.files.par_iter().map(|file| {
            let own = file.facts.imports.iter().filter(|import| modules.is_own(file, import));
            let is_lost = |import: &&Import| {
                let paths = [modules.resolve(file, import), modules.resolve_item(file, import)];
                !paths.into_iter().flatten().any(|path| self.by_path.contains_key(&path))
            };
            own.filter(is_lost).map(|import| import.path.as_str()).collect()
        });
        self.lost = lost.collect();
        let torn =
            self.files.par_iter().map(|file| modules.torn_of(file.path).into_iter().map(str::to_owned).collect());
        self.torn = torn.collect();
    }

    /// The files that say where imports of a file lead and that are not read in full.
    pub(crate) fn torn(&self, file: u32) -> impl Iterator<Item = &str> {
        self.torn[file as usize].iter().map(String::as_str)
    }

    /// The imports of a file that should lead to a file of the tree and lead to none.
    pub(crate) fn lost_imports(&self, file: u32) -> impl Iterator<Item = &'p str> {
        self.lost[file as usize].iter().copied()
    }

    /// What each alias of an import stands for in a file, and the packages whose names it uses without one.
    fn imports(&self, file: &File<'p>, modules: &Modules) -> (BTreeMap<&'p str, Vec<Meaning<'p>>>, Vec<PackageId>) {
        let mut aliases: BTreeMap<&'p str, Vec<Meaning<'p>>> = BTreeMap::new();
        let mut dots = Vec::new();
        for import in &file.facts.imports {
            let package = modules.resolve(file, import).and_then(|path| self.by_path.get(&path)).copied();
            let mut names = modules.aliases(file.language, import);
            let meaning = match (package, &import.name) {
                (Some(package), None) => {
                    // Without an alias of its own an import goes by the name the package gives itself.
                    if import.alias.is_none() && file.language.semantics().packages_name_themselves() {
                        let declared = self.packages[package.0 as usize].files.first();
                        names.extend(declared.map(|f| self.files[*f as usize].facts.package.as_str()));
                    }
                    if import.alias.as_deref() == Some(".") {
                        dots.push(package);
                    }
                    Meaning::Package(package)
                }
                (Some(package), Some(name)) => match self.exported(package, name) {
                    // Without a default export the default is the module itself.
                    Meaning::Unknown if name == "default" => Meaning::Package(package),
                    Meaning::Unknown => modules
                        .resolve_item(file, import)
                        .and_then(|path| self.by_path.get(&path))
                        .map_or(Meaning::External(&import.path, Some(name)), |id| Meaning::Package(*id)),
                    meaning => meaning,
                },
                // Who imports all of a module by the name it has.
                (None, Some(name)) if name == "default" || *name == import.path => {
                    Meaning::External(&import.path, None)
                }
                (None, name) => modules
                    .resolve_item(file, import)
                    .and_then(|path| self.by_path.get(&path))
                    .map_or(Meaning::External(&import.path, name.as_deref()), |id| Meaning::Package(*id)),
            };
            for name in names {
                aliases.entry(name).or_default().push(meaning);
            }
        }
        dots.extend(modules.opens(file).iter().filter_map(|path| self.by_path.get(path)).copied());
        (aliases, dots)
    }

    /// The packages the files of a package import.
    pub(crate) fn imported(&self, id: PackageId) -> impl Iterator<Item = PackageId> {
        self.package(id).files.iter().flat_map(|file| {
            let named = self.aliases[*file as usize].values().flatten().filter_map(|meaning| match meaning {
                Meaning::Package(package) => Some(*package),
                Meaning::Function(function) => Some(self.package_of(self.file_of(*function))),
                Meaning::Type(ty) => Some(self.package_of(self.types[ty.0 as usize].0)),
                Meaning::Global(global) => Some(self.package_of(global.file)),
                Meaning::External(..) | Meaning::Unknown => None,
            });
            named.chain(self.dots[*file as usize].iter().copied())
        })
    }

    /// What the files of a package take in from others by name.
    pub(crate) fn taken_in(&self, id: PackageId) -> impl Iterator<Item = Meaning<'p>> {
        self.package(id).files.iter().flat_map(|file| self.aliases[*file as usize].values().flatten().copied())
    }

    /// What a name means in the packages whose names a file uses without a qualifier.
    pub(super) fn loaded_name(&self, file: u32, name: &'p str) -> Option<Meaning<'p>> {
        let dots = self.dots[file as usize].iter().map(|package| self.exported(*package, name));
        dots.into_iter().find(|meaning| *meaning != Meaning::Unknown)
    }

    /// Where loaded files share all names, those that the loaded ones load are seen as well.
    fn pass_on_dots(&mut self) {
        let own: Vec<u32> = (0..index(self.files.len())).filter(|file| self.semantics(*file).shares_names()).collect();
        let mut passed = Vec::with_capacity(own.len());
        for file in &own {
            let mut all = self.dots[*file as usize].clone();
            let mut at = 0;
            while let Some(package) = all.get(at).copied().filter(|_| all.len() < MAX_LOADED) {
                at += 1;
                for inner in self.package(package).files.iter().flat_map(|file| &self.dots[*file as usize]) {
                    if !all.contains(inner) {
                        all.push(*inner);
                    }
                }
            }
            passed.push(all);
        }
        for (file, dots) in own.into_iter().zip(passed) {
            self.dots[file as usize] = dots;
        }
    }
}
