//! All files together: which package a name leads to, which type, which function.

mod crates;
mod declared;
mod django;
mod dotnet;
mod exports;
mod gopath;
mod imports;
mod inner;
mod javascript;
mod modules;
mod order;
mod python;
mod read;
mod twice;
mod types;

pub(crate) use dotnet::{PROJECT, Projects};
pub(crate) use javascript::is_manifest;
pub(crate) use modules::Modules;
pub(crate) use python::is_distribution;
pub(crate) use types::{Found, MAX_EMBED, Owner, Ty};

use crate::names::filling;
use crate::pack::Packs;
use hedgerow_code::Semantics;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Facts, Field, Function, Global, Import, TypeDecl, TypeRef};
use std::collections::{BTreeMap, BTreeSet};

/// How many files of which a file sees the names, at most.
const MAX_LOADED: usize = 400;

/// A file with its facts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'p> {
    /// Its path below the tree's root.
    pub(crate) path: &'p str,
    /// Its language.
    pub(crate) language: Language,
    /// What it says.
    pub(crate) facts: &'p Facts,
}

/// The index of a function in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FnId(pub(crate) u32);

/// The index of a type in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) u32);

/// The index of a package in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackageId(pub(crate) u32);

/// A name at the top of a file: the file and the index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GlobalId {
    /// The file.
    pub(crate) file: u32,
    /// The index in [`Facts::globals`].
    pub(crate) index: u32,
}

/// What a name that is not a local stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning<'p> {
    /// A function.
    Function(FnId),
    /// A type.
    Type(TypeId),
    /// A variable or constant of a package.
    Global(GlobalId),
    /// A package of the tree.
    Package(PackageId),
    /// Something outside of the tree: the path of the import, and the name taken out of it.
    External(&'p str, Option<&'p str>),
    /// A name the language itself gives, or one that nothing declares.
    Unknown,
}

/// A package: the files that share their names.
#[derive(Debug, Default)]
pub(crate) struct Package<'p> {
    /// Its path, as imports write it.
    pub(crate) path: String,
    /// Its files.
    pub(crate) files: Vec<u32>,
    /// What its names mean: of two things of one name a function wins over a type, and that over a global.
    names: BTreeMap<&'p str, Meaning<'p>>,
    types: BTreeMap<&'p str, TypeId>,
    methods: BTreeMap<(&'p str, &'p str), FnId>,
    /// What runs when it is loaded.
    pub(crate) initializers: Vec<FnId>,
}

impl<'p> Package<'p> {
    /// Takes in what a file declares. Of two of one kind the first one stays.
    fn declare(&mut self, name: &'p str, meaning: Meaning<'p>) {
        let rank = |meaning: &Meaning| match meaning {
            Meaning::Function(_) => 0,
            Meaning::Type(_) => 1,
            _ => 2,
        };
        let known = self.names.entry(name).or_insert(meaning);
        if rank(&meaning) < rank(known) {
            *known = meaning;
        }
    }
}

/// The names of fields that say which variable fills them.
fn filled<'p>(files: &[File<'p>]) -> BTreeSet<&'p str> {
    let types = files.iter().flat_map(|file| &file.facts.types);
    let fields = types.flat_map(|ty| if let TypeRef::Struct(fields) = &ty.ty { fields.as_slice() } else { &[] });
    let is_filled = |field: &&Field| field.tag.as_deref().is_some_and(|tag| filling(tag).next().is_some());
    fields.filter(is_filled).map(|field| field.name.as_str()).collect()
}

/// The whole tree.
#[derive(Debug)]
pub(crate) struct Program<'p> {
    /// Its files, in the order of their paths.
    pub(crate) files: Vec<File<'p>>,
    /// Its packages.
    pub(crate) packages: Vec<Package<'p>>,
    package_of: Vec<PackageId>,
    by_path: BTreeMap<String, PackageId>,
    /// The file and the index of each function.
    functions: Vec<(u32, u32)>,
    types: Vec<(u32, u32)>,
    /// Per file, what each alias of an import stands for.
    aliases: Vec<BTreeMap<&'p str, Vec<Meaning<'p>>>>,
    /// Per package, the names that it gives on from others.
    exports: Vec<exports::Exports<'p>>,
    /// What names mean besides what a module declares by them.
    twice: BTreeMap<Meaning<'p>, Meaning<'p>>,
    /// In which order classes look for methods in several others.
    orders: order::Orders,
    /// Per file, the packages whose names are used without a qualifier.
    dots: Vec<Vec<PackageId>>,
    /// Per file, the imports that should lead to a file of the tree and lead to none.
    lost: Vec<Vec<&'p str>>,
    /// The files that say where the imports of each file lead and that are not read in full.
    torn: Vec<Vec<String>>,
    /// The methods of all types by name.
    pub(crate) methods_by_name: BTreeMap<&'p str, Vec<(TypeId, FnId)>>,
    /// By package the others that import it.
    importers: BTreeMap<PackageId, BTreeSet<PackageId>>,
    /// The names of fields that say which variable fills them.
    pub(crate) filled: BTreeSet<&'p str>,
    /// The libraries of Python that somebody knows.
    libraries: BTreeSet<&'p str>,
    /// The packages of the classes of libraries that somebody knows, by the classes' names.
    classes: BTreeMap<&'p str, BTreeSet<&'p str>>,
}

impl<'p> Program<'p> {
    /// Puts the files together. `modules` says which package a file belongs to and what an import leads to.
    pub(crate) fn new(files: Vec<File<'p>>, modules: &Modules, packs: &'p Packs) -> Self {
        let mut program = Self {
            packages: Vec::new(),
            package_of: Vec::new(),
            by_path: BTreeMap::new(),
            functions: Vec::new(),
            types: Vec::new(),
            aliases: Vec::new(),
            exports: Vec::new(),
            twice: BTreeMap::new(),
            orders: order::Orders::default(),
            dots: Vec::new(),
            lost: Vec::new(),
            torn: Vec::new(),
            methods_by_name: BTreeMap::new(),
            importers: BTreeMap::new(),
            filled: BTreeSet::new(),
            libraries: packs.libraries(Language::Python),
            classes: packs.classes(),
            files,
        };
        for at in 0..program.files.len() {
            program.add(at, modules);
        }
        program.add_inner();
        program.add_methods();
        program.add_exports(modules);
        program.add_imports(modules);
        program.add_importers();
        program.add_orders();
        program.filled = filled(&program.files);
        program
    }

    fn add(&mut self, at: usize, modules: &Modules) {
        let file = self.files[at];
        let at = index(at);
        let path = modules.package(&file);
        let next = PackageId(index(self.packages.len()));
        let id = *self.by_path.entry(path.clone()).or_insert(next);
        if id == next {
            self.packages.push(Package { path, ..Package::default() });
        }
        self.package_of.push(id);
        let package = &mut self.packages[id.0 as usize];
        package.files.push(at);
        for (n, function) in (0..).zip(&file.facts.functions) {
            let id = FnId(index(self.functions.len()));
            self.functions.push((at, n));
            let runs_on_load = n == 0 || file.language.semantics().runs_on_load(function);
            if runs_on_load {
                package.initializers.push(id);
            } else if let Some(receiver) = &function.receiver {
                package.methods.entry((receiver, &function.name)).or_insert(id);
            } else {
                package.declare(&function.name, Meaning::Function(id));
            }
        }
        for (n, ty) in (0..).zip(&file.facts.types) {
            let id = TypeId(index(self.types.len()));
            self.types.push((at, n));
            let id = *package.types.entry(&ty.name).or_insert(id);
            for name in file.language.known_as(&ty.name) {
                package.declare(name, Meaning::Type(id));
            }
        }
        for (n, global) in (0..).zip(&file.facts.globals) {
            for name in file.language.known_as(&global.name) {
                package.declare(name, Meaning::Global(GlobalId { file: at, index: n }));
            }
        }
    }

    fn add_methods(&mut self) {
        let mut found: BTreeMap<&'p str, Vec<(TypeId, FnId)>> = BTreeMap::new();
        for package in &self.packages {
            for ((receiver, name), function) in &package.methods {
                if let Some(ty) = package.types.get(receiver) {
                    found.entry(name).or_default().push((*ty, *function));
                }
            }
        }
        self.methods_by_name = found;
    }

    /// All packages.
    pub(crate) fn package_ids(&self) -> impl Iterator<Item = PackageId> {
        (0..self.packages.len()).map(|at| PackageId(index(at)))
    }

    /// The file at a place, if there is one, and all files below it. They are in the order of their paths, so that
    /// nobody has to look at all files.
    pub(crate) fn at_or_below(&self, place: &str) -> impl Iterator<Item = (u32, &File<'p>)> {
        let head = if place.is_empty() { String::new() } else { format!("{place}/") };
        let start = self.files.partition_point(|file| file.path < head.as_str());
        let end = start + self.files[start..].partition_point(|file| file.path.starts_with(&head));
        let own = self.files.binary_search_by(|file| file.path.cmp(place)).ok();
        own.into_iter().chain(start..end).map(|at| (index(at), &self.files[at]))
    }

    /// The package of this path.
    pub(crate) fn package_at(&self, path: &str) -> Option<PackageId> {
        self.by_path.get(path).copied()
    }

    /// The package of a file.
    pub(crate) fn package_of(&self, file: u32) -> PackageId {
        self.package_of[file as usize]
    }

    /// The package with this id.
    pub(crate) fn package(&self, id: PackageId) -> &Package<'p> {
        &self.packages[id.0 as usize]
    }

    /// The file a function stands in.
    pub(crate) fn file_of(&self, function: FnId) -> u32 {
        self.functions[function.0 as usize].0
    }

    /// The facts of the file a function stands in.
    pub(crate) fn facts_of(&self, function: FnId) -> &'p Facts {
        self.files[self.file_of(function) as usize].facts
    }

    /// The function with this id.
    pub(crate) fn function(&self, id: FnId) -> &'p Function {
        let (file, at) = self.functions[id.0 as usize];
        &self.files[file as usize].facts.functions[at as usize]
    }

    /// The functions of a file with their indices there.
    pub(crate) fn function_at(&self, file: u32, at: u32) -> Option<FnId> {
        self.functions.binary_search(&(file, at)).ok().map(|id| FnId(index(id)))
    }

    /// The function that holds what runs when the file is loaded.
    pub(crate) fn loader(&self, file: u32) -> Option<FnId> {
        self.function_at(file, 0)
    }

    /// All interfaces with methods, or that take in others.
    pub(crate) fn interfaces(&self) -> impl Iterator<Item = TypeId> {
        let ids = (0..self.types.len()).map(|at| TypeId(index(at)));
        ids.filter(|id| matches!(self.ty(*id).1.ty, TypeRef::Interface { .. }))
    }

    /// The type with this id, and its file.
    pub(crate) fn ty(&self, id: TypeId) -> (u32, &'p TypeDecl) {
        let (file, at) = self.types[id.0 as usize];
        (file, &self.files[file as usize].facts.types[at as usize])
    }

    /// The global with this id.
    pub(crate) fn global(&self, id: GlobalId) -> &'p Global {
        &self.files[id.file as usize].facts.globals[id.index as usize]
    }

    /// What `name` means in a package: what it declares.
    pub(crate) fn item(&self, package: PackageId, name: &str) -> Meaning<'p> {
        self.package(package).names.get(name).copied().unwrap_or(Meaning::Unknown)
    }

    /// What a name that is not a local means in a file: the package's own names win over imports.
    pub(crate) fn meaning(&self, file: u32, name: &'p str) -> Meaning<'p> {
        if let Some(meaning) = self.class_by_path(file, name) {
            return meaning;
        }
        match self.item(self.package_of(file), name) {
            Meaning::Unknown => {}
            meaning => return meaning,
        }
        if let Some(meanings) = self.aliases[file as usize].get(name) {
            // Two imports can guess the same alias; the one that leads into the tree is the one that was meant.
            let inside = meanings.iter().find(|meaning| !matches!(meaning, Meaning::External(..)));
            // What another file that is loaded here declares comes before what may be a library's.
            let loaded = || self.loaded_name(file, name).filter(|_| self.semantics(file).shares_names());
            return inside.copied().or_else(loaded).or(meanings.first().copied()).unwrap_or(Meaning::Unknown);
        }
        self.loaded_name(file, name).or_else(|| self.bare(file, name)).unwrap_or(Meaning::Unknown)
    }

    /// What is no name of the tree is one from outside: of a library all of whose classes a file imports, and in languages whose imports
    /// do not say what they bring.
    fn bare(&self, file: u32, name: &'p str) -> Option<Meaning<'p>> {
        if let Some(packages) = self.classes.get(name) {
            let imports = &self.files[file as usize].facts.imports;
            let is_known = |import: &&Import| import.alias.as_deref() == Some(".") && packages.contains(&*import.path);
            if let Some(import) = imports.iter().find(is_known) {
                return Some(Meaning::External(&import.path, Some(name)));
            }
        }
        self.semantics(file).is_from_outside(name).then_some(Meaning::External(name, None))
    }

    /// What differs between the language of a file and others.
    pub(crate) fn semantics(&self, file: u32) -> &'static dyn Semantics {
        self.files[file as usize].language.semantics()
    }

    /// The method that a type itself declares.
    pub(crate) fn own_method(&self, ty: TypeId, name: &str) -> Option<FnId> {
        let (file, decl) = self.ty(ty);
        self.package(self.package_of(file)).methods.get(&(decl.name.as_str(), name)).copied()
    }

    /// All methods that a type itself declares.
    pub(crate) fn own_methods(&self, ty: TypeId) -> impl Iterator<Item = (&'p str, FnId)> {
        let (file, decl) = self.ty(ty);
        let methods = &self.package(self.package_of(file)).methods;
        let start = (decl.name.as_str(), "");
        methods.range(start..).take_while(move |((ty, _), _)| *ty == decl.name).map(|((_, name), id)| (*name, *id))
    }

    /// The path of a package as packs write it: of Go the import path, of Java the package, of the others the file's name.
    pub(crate) fn pack_path(&self, id: PackageId) -> &str {
        let package = self.package(id);
        let Some(file) = package.files.first().map(|file| &self.files[*file as usize]) else { return &package.path };
        file.language.semantics().library_path(&package.path, &file.facts.package, file.path)
    }

    /// Where a comment about a function stands, for a message.
    pub(crate) fn place_of_comment(&self, id: FnId) -> String {
        match self.function(id).name.is_empty() {
            true => format!("`{}`, outside of its functions", self.files[self.file_of(id) as usize].path),
            false => format!("`{}`", self.label(id)),
        }
    }

    /// How people call a function: `package.Type.name`.
    pub(crate) fn label(&self, id: FnId) -> String {
        let function = self.function(id);
        let file = self.file_of(id);
        let facts = self.files[file as usize].facts;
        let package = if facts.package.is_empty() {
            let path = self.files[file as usize].path;
            path.rsplit('/').next().unwrap_or(path).to_owned()
        } else {
            facts.package.rsplit('.').next().unwrap_or_default().to_owned()
        };
        let name = if function.name.is_empty() { "(on load)" } else { &function.name };
        match &function.receiver {
            Some(receiver) => format!("{package}.{receiver}.{name}"),
            None => format!("{package}.{name}"),
        }
    }
}

/// An index as it is kept.
///
/// # Panics
/// Past four thousand million functions, which no tree holds.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("a tree has fewer than 2^32 functions and types")
}
