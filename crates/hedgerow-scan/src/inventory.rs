//! Which code belongs to which service, and where it begins to run.

mod aspects;
mod jvm;
mod scripts;

use crate::config::{ScanConfig, directories};
use crate::paths::{above, dir_of, is_below};
use crate::program::{File, FnId, Meaning, PackageId, Program};
use crate::started::{self, Started};
use crate::tree::PlainFile;
use hedgerow_code::Begins;
use hedgerow_code::ir::TypeRef;
use hedgerow_deploy::Hosts;
use scripts::scripts;
use std::collections::{BTreeMap, BTreeSet};

/// A service as the fleet knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its slug: the name that Kubernetes objects have.
    pub slug: String,
    /// Its directory below the tree's root; empty where its code is in another tree, so that it is called and never calls.
    pub directory: String,
}

/// A service with the places of its code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Home {
    /// Its name.
    pub(crate) name: String,
    /// Its slug.
    pub(crate) slug: String,
    /// Directories with its code, each with where the entry point is, if that is said.
    pub(crate) directories: Vec<(String, Option<String>)>,
    /// Directories below these whose code is other services'.
    pub(crate) aside: BTreeSet<String>,
    /// Files with components elsewhere in the tree that its container finds.
    pub(crate) components: BTreeSet<String>,
    /// Files of the tree in whose place its image has its program.
    pub(crate) covered: BTreeSet<String>,
    /// The classes that files of its own name to those that make them, by their full names.
    pub(crate) named: BTreeSet<String>,
    /// With which files its programs begin, where the deploy says it of all of them.
    pub(crate) started: Option<Started>,
}

impl Home {
    fn new(name: String, slug: String) -> Self {
        Self {
            name,
            slug,
            directories: Vec::new(),
            aside: BTreeSet::new(),
            components: BTreeSet::new(),
            covered: BTreeSet::new(),
            named: BTreeSet::new(),
            started: None,
        }
    }

    /// The files of its code.
    pub(crate) fn files<'a>(&'a self, program: &'a Program<'a>) -> impl Iterator<Item = u32> {
        let directories = self.directories.iter().map(|(path, _)| path);
        directories.chain(&self.components).flat_map(|path| self.area(path).files(program).map(|(at, _)| at))
    }

    fn area<'a>(&'a self, path: &'a str) -> Area<'a> {
        Area { path, aside: &self.aside }
    }
}

/// A directory or a file of a service, without what lies in other services' directories below it.
#[derive(Clone, Copy)]
struct Area<'a> {
    path: &'a str,
    aside: &'a BTreeSet<String>,
}

impl<'a> Area<'a> {
    fn files<'p>(self, program: &'a Program<'p>) -> impl Iterator<Item = (u32, &'a File<'p>)> {
        program.at_or_below(self.path).filter(move |(_, file)| {
            // Where it lies in another service's directory itself, somebody has said so.
            let mut below = above(dir_of(file.path)).take_while(|dir| dir.len() > self.path.len());
            !below.any(|dir| self.aside.contains(dir))
        })
    }
}

/// The services with the places of their code: those that `scan.services` says, and the services' own directories, but where what is said
/// lies in there or above. The only service of a repository is told by no directory: all of the tree is its own, unless something is said.
pub(crate) fn homes<'a>(services: &[Service], config: &ScanConfig, paths: impl Iterator<Item = &'a str>) -> Vec<Home> {
    let mut homes: BTreeMap<String, Home> = BTreeMap::new();
    for service in services {
        let (name, slug) = (service.name.clone(), service.slug.clone());
        homes.insert(service.name.clone(), Home::new(name, slug));
    }
    for directory in directories(paths) {
        let named = config.services.iter().filter_map(|code| {
            let name = code.take(directory)?;
            Some((name, code.name.put(name)?, code.main.clone()))
        });
        let named: Vec<_> = named.collect();
        // Several services may run the code of one directory, which is then written out for each; of patterns the first counts, unless it makes
        // up a service and what is written out behind it says whose the directory is.
        let is_pattern = |found: &str| !found.is_empty();
        let is_written = named.iter().any(|(found, ..)| !is_pattern(found));
        let mut is_first = true;
        for (found, name, main) in named {
            if is_pattern(found) && (!is_first || (is_written && !homes.contains_key(&name))) {
                continue;
            }
            is_first = false;
            let home = homes.entry(name.clone()).or_insert_with(|| Home::new(name.clone(), name.replace('.', "-")));
            home.directories.push((directory.to_owned(), main));
        }
    }
    for service in services {
        let own = service.directory.as_str();
        let overlaps = |said: &str| said == own || is_below(said, own) || is_below(own, said);
        if let Some(home) = homes.get_mut(&service.name)
            && !own.is_empty()
            && !home.directories.iter().any(|(said, _)| overlaps(said))
        {
            let is_alone = config.alone() == Some(service.name.as_str()) && home.directories.is_empty();
            home.directories.push((if is_alone { String::new() } else { service.directory.clone() }, None));
        }
    }
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for home in homes.values() {
        for (directory, _) in &home.directories {
            owners.entry(directory.clone()).or_default().insert(home.name.clone());
        }
    }
    for (directory, own) in &owners {
        for around in above(directory).skip(1).filter_map(|around| owners.get(around)).flatten() {
            if let Some(home) = homes.get_mut(around).filter(|home| !own.contains(&home.name)) {
                home.aside.insert(directory.clone());
            }
        }
    }
    homes.into_values().collect()
}

/// What of the code that a service has does not run there.
#[derive(Debug, Default)]
pub(crate) struct Without {
    /// The packages in whose place its image has its program.
    pub(crate) packages: BTreeSet<PackageId>,
    /// The functions that wait for what it does not have.
    pub(crate) functions: BTreeSet<FnId>,
    /// The files that run in browsers, though the service draws what they show.
    pub(crate) files: BTreeSet<u32>,
}

impl Without {
    pub(crate) fn new(program: &Program<'_>, home: &Home) -> Self {
        let covered = home.covered.iter().flat_map(|path| program.at_or_below(path));
        let packages = covered.map(|(file, _)| program.package_of(file)).collect();
        Self { packages, functions: aspects::idle(program, home), files: BTreeSet::new() }
    }
}

/// The functions with which a service begins to run; none of files that are `idle`.
pub(crate) fn entries(program: &Program, home: &Home, without: &Without, idle: &BTreeSet<u32>) -> Vec<FnId> {
    let mut found = BTreeSet::new();
    for (directory, main) in &home.directories {
        match main {
            Some(main) => {
                let path = if directory.is_empty() { main.clone() } else { format!("{directory}/{main}") };
                let place = home.area(&path);
                found.extend(go_mains(program, place, |file| file == path || dir_of(file) == path));
                found.extend(rust(program, place));
                found.extend(scripts(program, place));
                found.extend(jvm::begin(program, place, home));
                found.extend(csharp(program, place));
            }
            None => {
                let place = home.area(directory);
                let own = go_mains(program, place, |path| dir_of(path) == directory);
                let own = if own.is_empty() { go_mains(program, place, |path| is_below(path, directory)) } else { own };
                found.extend(if own.is_empty() { go_commands(program, place) } else { own });
                for (way, begin) in WAYS {
                    let mut own = begin(program, place, home);
                    if *way == Begins::Scripts && !idle.is_empty() {
                        let roots: BTreeSet<u32> = scripts::begin(program, place).into_iter().collect();
                        own.retain(|function| {
                            let file = program.file_of(*function);
                            !(idle.contains(&file) && roots.contains(&file))
                        });
                        own.extend(started::entries(program, home));
                    }
                    if entry_count(program, &own) == 0 || (*way == Begins::Scripts && is_library(program, place)) {
                        found.extend(shown(program, place, *way));
                    }
                    found.extend(own);
                }
            }
        }
    }
    for path in &home.components {
        found.extend(called_of_component(program, home.area(path)));
    }
    found.retain(|function| !without.functions.contains(function));
    found.into_iter().collect()
}

/// What a container calls of a component in a library: what is annotated. The rest is called by whoever is given the component.
fn called_of_component(program: &Program, place: Area<'_>) -> Vec<FnId> {
    let functions = place.files(program).flat_map(|(at, file)| {
        let called = (0_u32..).zip(&file.facts.functions).filter(|(n, function)| *n == 0 || function.registered);
        called.filter_map(move |(n, _)| program.function_at(at, n))
    });
    functions.collect()
}

/// The files of the script languages with which programs of a service begin: those that nobody names, and those that are somebody's by
/// what is said or by who loads them.
pub(crate) fn script_roots(program: &Program, home: &Home) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let (mut found, mut said) = (BTreeSet::new(), BTreeSet::new());
    for (directory, main) in &home.directories {
        match main {
            Some(main) => {
                let path = if directory.is_empty() { main.clone() } else { format!("{directory}/{main}") };
                said.extend(home.area(&path).files(program).map(|(at, _)| at));
            }
            None => {
                let place = home.area(directory);
                let roots = scripts::begin(program, place);
                let to = if is_library(program, place) { &mut said } else { &mut found };
                to.extend(roots);
            }
        }
    }
    (found, said)
}

/// A function that finds where programs at a place begin.
type Begin = fn(&Program, Area<'_>, &Home) -> Vec<FnId>;

/// How programs begin in the languages but Go.
const WAYS: &[(Begins, Begin)] = &[
    (Begins::Scripts, |of, at, _| scripts(of, at)),
    (Begins::Classes, jvm::begin),
    (Begins::Crates, |of, at, _| rust(of, at)),
    (Begins::Projects, |of, at, _| csharp(of, at)),
];

/// Where nothing begins at a place, a program elsewhere may start several services: what it names of the place's types and functions is
/// where the service begins.
fn shown(program: &Program, place: Area<'_>, way: Begins) -> Vec<FnId> {
    let own: BTreeSet<PackageId> = beginning(program, place, way).map(|(at, _)| program.package_of(at)).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let importers = own.iter().flat_map(|package| program.importers(*package));
    let outside: BTreeSet<PackageId> = importers.filter(|package| !own.contains(package)).collect();
    let mut found = BTreeSet::new();
    for meaning in outside.into_iter().flat_map(|package| program.taken_in(package)) {
        match meaning {
            Meaning::Function(function) => found.extend([function]),
            Meaning::Type(ty) => found.extend(program.own_methods(ty).map(|(_, method)| method)),
            Meaning::Package(package) => {
                let files = program.package(package).files.iter();
                found.extend(files.flat_map(|file| {
                    let functions = (0_u32..).zip(&program.files[*file as usize].facts.functions).skip(1);
                    let functions = functions.filter(|(_, function)| function.receiver.is_none());
                    functions.filter_map(|(at, _)| program.function_at(*file, at))
                }));
            }
            Meaning::Global(_) | Meaning::External(..) | Meaning::Unknown => {}
        }
    }
    found.retain(|function| own.contains(&program.package_of(program.file_of(*function))));
    found.into_iter().collect()
}

/// Whether all scripts at a place that no other there loads are loaded from outside: then nobody starts them.
fn is_library(program: &Program, place: Area<'_>) -> bool {
    let own: BTreeSet<PackageId> =
        beginning(program, place, Begins::Scripts).map(|(at, _)| program.package_of(at)).collect();
    if own.is_empty() {
        return false;
    }
    let is_loaded = |package: &PackageId| program.importers(*package).next().is_some();
    let mut importers = own.iter().flat_map(|package| program.importers(*package));
    own.iter().all(is_loaded) && importers.any(|package| !own.contains(&package))
}

/// Which services a file belongs to: those of the innermost directory above it.
pub(crate) struct Owners<'a> {
    directories: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(services: &'a [Service], homes: &'a [Home]) -> Self {
        let own = services.iter().filter(|service| !service.directory.is_empty());
        let own = own.map(|service| (service.directory.as_str(), service.name.as_str()));
        // Where code is said to lie wins over where the service is declared.
        let said =
            homes.iter().flat_map(|home| home.directories.iter().map(|(dir, _)| (dir.as_str(), home.name.as_str())));
        let mut directories: BTreeMap<&str, Vec<&str>> = own.map(|(directory, name)| (directory, vec![name])).collect();
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (directory, name) in said {
            let names = all.entry(directory).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        directories.extend(all);
        Self { directories }
    }

    /// Whose a file of settings is that lies in the directory of one service and is called like another: as a repository of everybody's
    /// configuration has it, `service.config/shared/service.shop.yml`. One that has an address of the service that it is called like is
    /// about that one, as Grafana's `datasources/prometheus.yml` is.
    pub(crate) fn settled<'h>(&self, path: &str, text: &str, hosts: &'h Hosts) -> Option<&'h str> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        if !matches!(extension, "yml" | "yaml" | "properties" | "json" | "toml") {
            return None;
        }
        let owner = self.of(path)?;
        // `shop-prod.yml` is the shop's for an environment.
        let named = hosts.spelled(stem).or_else(|| hosts.spelled(stem.rsplit_once('-')?.0))?;
        (named != owner && !has_url_of(text, named, hosts)).then_some(named)
    }

    /// The services that share the settings in a directory, where files lie that are called like them: what is called `application.*` beside
    /// these is of all of them, and of the service that hands it out only if a file is called like it.
    pub(crate) fn sharing<'t, 'h>(&self, texts: &'t [PlainFile], hosts: &'h Hosts) -> Sharing<'t, 'h> {
        let mut sharing = Sharing::default();
        for file in texts {
            if let Some(service) = self.settled(&file.path, &file.text, hosts) {
                sharing.0.entry(dir_of(&file.path)).or_default().insert(service);
            }
        }
        sharing
    }

    /// The one service that a file belongs to; of several that share its directory, one.
    pub(crate) fn of(&self, path: &str) -> Option<&'a str> {
        self.all(path).last().copied()
    }

    /// All services whose directory a file lies in: several may share one.
    pub(crate) fn all(&self, path: &str) -> &[&'a str] {
        let mut directory = path;
        while !directory.is_empty() {
            directory = dir_of(directory);
            if let Some(owners) = self.directories.get(directory) {
                return owners;
            }
        }
        &[]
    }
}

/// By directory, the services that share what is called `application.*` or `application-*` in it.
#[derive(Debug, Default)]
pub(crate) struct Sharing<'t, 'h>(BTreeMap<&'t str, BTreeSet<&'h str>>);

impl<'h> Sharing<'_, 'h> {
    /// The services that share a file; nothing where it is one service's.
    pub(crate) fn of(&self, path: &str) -> Option<&BTreeSet<&'h str>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_all = ["application.", "application-"].iter().any(|start| name.starts_with(start));
        is_all.then(|| self.0.get(dir_of(path)))?
    }
}

/// Whether a text has a URL of a service.
fn has_url_of(text: &str, service: &str, hosts: &Hosts) -> bool {
    let urls = text.match_indices("://").map(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        &rest[..rest.find(|c: char| c.is_whitespace() || "\"'`/,;)}".contains(c)).unwrap_or(rest.len())]
    });
    urls.map(|authority| authority.rsplit('@').next().unwrap_or(authority))
        .any(|authority| hosts.service(authority.split(':').next().unwrap_or(authority)) == Some(service))
}

/// The files at a place or below it whose programs begin in this way.
fn beginning<'a, 'p>(
    program: &'a Program<'p>,
    place: Area<'a>,
    way: Begins,
) -> impl Iterator<Item = (u32, &'a File<'p>)> {
    place.files(program).filter(move |(_, file)| file.language.semantics().begins() == way)
}

/// Go's functions called `main` at a place or below it, in files whose path is wanted. Their package need not be: some programs register their mains somewhere.
fn go_mains(program: &Program, place: Area<'_>, wanted: impl Fn(&str) -> bool) -> Vec<FnId> {
    let files = beginning(program, place, Begins::Packages).filter(|(_, file)| wanted(file.path));
    let mut found = Vec::new();
    for (at, file) in files {
        let mains = (0_u32..).zip(&file.facts.functions).skip(1);
        let mains = mains.filter(|(_, function)| function.name == "main" && function.receiver.is_none());
        found.extend(mains.filter_map(|(n, _)| program.function_at(at, n)));
    }
    found
}

/// Where there is no `main`, one elsewhere may start several services: the functions that the service's packages show to code outside of
/// its directory are where it begins.
fn go_commands(program: &Program, place: Area<'_>) -> Vec<FnId> {
    let files: Vec<u32> = beginning(program, place, Begins::Packages).map(|(at, _)| at).collect();
    let own: BTreeSet<PackageId> = files.iter().map(|file| program.package_of(*file)).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let outside = program.package_ids().filter(|package| !own.contains(package));
    let shown: BTreeSet<PackageId> =
        outside.flat_map(|package| program.imported(package)).filter(|p| own.contains(p)).collect();
    let mut found = Vec::new();
    for file in files.into_iter().filter(|file| shown.contains(&program.package_of(*file))) {
        let functions = (0_u32..).zip(&program.files[file as usize].facts.functions).skip(1);
        let functions = functions.filter(|(_, f)| f.receiver.is_none() && program.semantics(file).is_exported(&f.name));
        found.extend(functions.filter_map(|(n, _)| program.function_at(file, n)));
    }
    found
}

/// How many of these functions are where a service begins to run. That a class is loaded does not begin anything in C# and Java.
pub(crate) fn entry_count(program: &Program, entries: &[FnId]) -> usize {
    let begins = |function: &&FnId| {
        program.semantics(program.file_of(**function)).runs_files() || !program.function(**function).name.is_empty()
    };
    entries.iter().filter(begins).count()
}

/// Rust's `main` functions at a place or below it, but for those of builds, examples and measurements.
fn rust(program: &Program, place: Area<'_>) -> Vec<FnId> {
    let aside = |path: &str| {
        let below = path.strip_prefix(place.path).unwrap_or(path);
        let mut parts: Vec<&str> = below.split('/').collect();
        parts.pop() == Some("build.rs") || parts.iter().any(|part| matches!(*part, "examples" | "benches" | "fuzz"))
    };
    let files = beginning(program, place, Begins::Crates).filter(|(_, file)| !aside(file.path));
    let mains = files.flat_map(|(at, file)| {
        let functions = (0_u32..).zip(&file.facts.functions).skip(1);
        let mains = functions.filter(|(_, function)| function.name == "main" && function.receiver.is_none());
        mains.filter_map(move |(n, _)| program.function_at(at, n))
    });
    mains.collect()
}

/// Bases from outside whose methods nobody calls from there, or that everything has.
const PLAIN_BASES: &[&str] = &[
    "IDisposable",
    "IAsyncDisposable",
    "IEquatable",
    "IComparable",
    "ICloneable",
    "IEnumerable",
    "Exception",
    "Attribute",
    "EventArgs",
    "JsonConverter",
];

/// Where C#'s programs below a place begin: `Main` or statements at the top of a file, and in the same project every class that a
/// framework may call, because it extends something from outside of the tree.
fn csharp(program: &Program, place: Area<'_>) -> Vec<FnId> {
    let files: Vec<u32> = beginning(program, place, Begins::Projects).map(|(at, _)| at).collect();
    let is_main = |name: &str| name == "Main" || name == hedgerow_code::frontend::MAIN;
    let project = |file: u32| program.package(program.package_of(file)).path.split(':').next().unwrap_or_default();
    let mut found = Vec::new();
    let mut projects = BTreeSet::new();
    for file in &files {
        for (n, function) in (0_u32..).zip(&program.files[*file as usize].facts.functions) {
            if is_main(&function.name) {
                projects.insert(project(*file));
                found.extend(program.function_at(*file, n));
            }
        }
    }
    for file in files.into_iter().filter(|file| projects.contains(project(*file))) {
        found.extend(program.loader(file));
        let facts = program.files[file as usize].facts;
        for decl in &facts.types {
            let TypeRef::Struct(fields) = &decl.ty else { continue };
            let is_called = |r: &TypeRef| {
                let path = program.external(crate::program::Ty::Written { file, r });
                path.is_some_and(|path| !PLAIN_BASES.contains(&path.as_str()))
            };
            if fields.iter().any(|field| field.embedded && is_called(&field.ty)) {
                let own = (0_u32..).zip(&facts.functions).filter(|(_, f)| f.receiver.as_ref() == Some(&decl.name));
                found.extend(own.filter_map(|(n, _)| program.function_at(file, n)));
            }
        }
    }
    found
}
