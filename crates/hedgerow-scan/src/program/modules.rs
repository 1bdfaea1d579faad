//! Which package a file belongs to, and which package an import leads to.

use super::File;
use super::crates::Crates;
use super::declared::Declared;
use super::django::Settings;
use super::dotnet::{PROJECT, Projects, modules_path};
use super::gopath;
use super::javascript::{self, JavaScript};
use super::python::{Packages, is_distribution};
use crate::inventory::Home;
use crate::paths::{above, below, dir_of};
use crate::searched::{Searched, is_standard};
use crate::tree::CodeFile;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Import;
use hedgerow_deploy::Deploy;
use hedgerow_deploy::path::join;
use std::collections::{BTreeMap, BTreeSet};

/// The modules of a tree: Go's by `go.mod`, the others' by where their files lie.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// Directory and module path of each `go.mod`, the longest directory first.
    go: Vec<(String, String)>,
    /// Those of them that no `go.mod` says.
    told: Vec<(String, String)>,
    /// What `replace` turns a module path into: a directory of the tree.
    replaced: BTreeMap<String, String>,
    /// Every file's path, to find modules by their place.
    paths: BTreeSet<String>,
    /// Files that lie elsewhere when the service runs: where they then lie, and where they are in the tree.
    mounted: BTreeMap<String, String>,
    /// Java: the package names of the tree with the source roots that hold them.
    java: BTreeMap<String, BTreeSet<String>>,
    /// Who declares the names that need no import.
    declared: Declared,
    /// Rust's crates.
    crates: Crates,
    /// The projects of .NET.
    dotnet: Projects,
    /// The imports of JavaScript and TypeScript.
    javascript: JavaScript,
    /// What Python installs from the tree.
    installed: Packages,
    /// Where it looks besides.
    searched: Searched,
    /// Which settings Django loads.
    django: Settings,
    /// The directories of services.
    homes: BTreeSet<String>,
    /// The files of Python's packages, by their paths from the directory that holds the package, by the service's directory in which that
    /// one lies, empty for none.
    packaged: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Modules {
    /// Reads the texts by which modules are found (path and text) and takes in where the files lie; `mounted` says which of them lie
    /// elsewhere when the service runs: where they then lie, and where they are in the tree.
    pub(crate) fn new<'a>(
        manifests: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        files: &[File],
        mounted: BTreeMap<String, String>,
    ) -> Self {
        let installed = Packages::new(manifests.clone().map(|(path, _)| path), files);
        let mut modules = Self { installed, ..Self::default() };
        let (scripts, others) = (manifests.clone(), manifests);
        modules.javascript =
            JavaScript::new(scripts.filter(|(path, _)| javascript::is_manifest(path)), files, &mounted);
        modules.mounted = mounted;
        for (path, text) in others.filter(|(path, _)| !javascript::is_manifest(path) && !is_distribution(path)) {
            if path.ends_with("Cargo.toml") {
                modules.crates.manifest(path, text);
            } else if path.ends_with(PROJECT) {
                modules.dotnet.manifest(path, text);
            } else {
                modules.manifest(path, text);
            }
        }
        let told = gopath::modules(files, |dir| modules.go.iter().any(|(root, _)| at_or_below(dir, root).is_some()));
        modules.go.extend(told.iter().cloned());
        modules.told = told;
        modules.go.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        for file in files {
            modules.paths.insert(file.path.to_owned());
            if file.language == Language::Rust {
                modules.crates.add(file);
            } else {
                modules.declared.add(file);
            }
            if matches!(file.language, Language::Java | Language::Kotlin) {
                let roots = modules.java.entry(file.facts.package.clone()).or_default();
                roots.insert(java_root(file).to_owned());
            }
            if file.language == Language::CSharp {
                modules.dotnet.file(file);
            }
        }
        modules
    }

    /// Says which libraries of Python are known.
    pub(crate) fn know<'a>(&mut self, libraries: impl Iterator<Item = &'a str>) {
        self.installed.know(libraries);
    }

    /// Says which settings Django loads.
    pub(crate) fn settings(&mut self, files: &[File], homes: &[Home], deploy: &Deploy) {
        self.django = Settings::new(files, homes, deploy);
    }

    /// Says where Python looks for modules, and which directories are services'.
    pub(crate) fn search(&mut self, searched: Searched, homes: &[Home]) {
        self.searched = searched;
        self.homes = homes.iter().flat_map(|home| &home.directories).map(|(directory, _)| directory.clone()).collect();
        for path in self.paths.iter().filter(|path| path.ends_with(".py")) {
            for holder in above(dir_of(path)).skip(1) {
                let home = above(holder).find(|directory| self.homes.contains(*directory)).unwrap_or_default();
                let homes = self.packaged.entry(below(path, holder).unwrap_or(path).to_owned()).or_default();
                homes.entry(home.to_owned()).or_default().insert(path.clone());
            }
        }
    }

    /// Where Python looks for modules.
    pub(crate) fn searched(&self) -> &Searched {
        &self.searched
    }

    /// The modules of Go that no `go.mod` says.
    pub(crate) fn told(&self) -> &Vec<(String, String)> {
        &self.told
    }

    /// The files that lie elsewhere when the service runs.
    pub(crate) fn mounted(&self) -> &BTreeMap<String, String> {
        &self.mounted
    }

    /// What Python installs from the tree: packages, and the directories that hold them.
    pub(crate) fn installed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.installed.all()
    }

    /// The file of the tree that lies at a path when the service runs.
    fn file(&self, path: &str) -> Option<String> {
        if self.paths.contains(path) { Some(path.to_owned()) } else { self.mounted.get(path).cloned() }
    }

    fn manifest(&mut self, path: &str, text: &str) {
        let dir = dir_of(path);
        let mut block = "";
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default().trim();
            if line == ")" {
                block = "";
            } else if let Some(verb) = line.strip_suffix('(') {
                block = verb.trim();
            } else if let Some(module) = line.strip_prefix("module ") {
                self.go.push((dir.to_owned(), module.trim().trim_matches('"').to_owned()));
            } else if let Some(rest) = line.strip_prefix("replace ").or((block == "replace").then_some(line)) {
                let Some((old, new)) = rest.split_once("=>") else { continue };
                let old = old.split_whitespace().next().unwrap_or_default();
                let new = new.split_whitespace().next().unwrap_or_default();
                if new == ".." || new.starts_with("./") || new.starts_with("../") {
                    self.replaced.insert(old.to_owned(), join(dir, new));
                }
            }
        }
    }

    /// The package of a file: of Go the import path, of Java source root and package, of the others the file itself.
    pub(crate) fn package(&self, file: &File) -> String {
        let dir = dir_of(file.path);
        match file.language {
            Language::Go => {
                // Two packages may share a directory only as a package and its tests, which are never read.
                self.go_path(dir)
            }
            Language::CSharp => modules_path(self.dotnet.of(file.path), &file.facts.package),
            Language::Java | Language::Kotlin => format!("{}:{}", java_root(file), file.facts.package),
            Language::Python
            | Language::JavaScript
            | Language::TypeScript
            | Language::Ruby
            | Language::Php
            | Language::Rust => file.path.to_owned(),
        }
    }

    /// The import path of a directory.
    pub(crate) fn go_path(&self, dir: &str) -> String {
        if let Some((_, path)) =
            dir.rsplit_once("vendor/").filter(|(before, _)| before.is_empty() || before.ends_with('/'))
        {
            return path.to_owned();
        }
        for (root, module) in &self.go {
            if let Some(rest) = at_or_below(dir, root) {
                return if rest.is_empty() { module.clone() } else { format!("{module}/{rest}") };
            }
        }
        dir.to_owned()
    }

    /// The package an import leads to, if it lies in the tree.
    pub(crate) fn resolve(&self, file: &File, import: &Import) -> Option<String> {
        match file.language {
            Language::Go => {
                for (module, dir) in &self.replaced {
                    if let Some(rest) = at_or_below(&import.path, module) {
                        return Some(self.go_path(&join(dir, rest)));
                    }
                }
                Some(import.path.to_string())
            }
            Language::Java | Language::Kotlin => {
                let roots = self.java.get(import.path.as_str())?;
                let own = java_root(file);
                let root = roots.get(own).or_else(|| roots.first())?;
                Some(format!("{root}:{}", import.path))
            }
            // Whole namespaces come in: [`Self::opens`].
            Language::CSharp => None,
            Language::Python => self.python(file.path, &import.path),
            Language::JavaScript | Language::TypeScript => self.javascript.resolve(file.path, &import.path),
            Language::Rust => self.crates.resolve(file.path, &import.path, import.name.as_deref()),
            Language::Php if import.path.starts_with('@') || import.name.is_none() => self.php(file.path, &import.path),
            Language::Ruby if import.name.is_none() => self.ruby(file.path, &import.path),
            Language::Ruby | Language::Php => self.declared.find(file, &import.path).map(str::to_owned),
        }
    }

    /// The packages besides its own and its imports' whose names a file uses as they are.
    pub(crate) fn opens(&self, file: &File) -> Vec<String> {
        match file.language {
            Language::CSharp => self.dotnet.opens(file),
            _ => Vec::new(),
        }
    }

    /// The package that a name taken out of an import is itself (`from package import module`).
    pub(crate) fn resolve_item(&self, file: &File, import: &Import) -> Option<String> {
        let name = import.name.as_ref()?;
        match file.language {
            Language::Rust => self.crates.submodule(file.path, &import.path, name),
            Language::Python => {
                let dot = if import.path.ends_with('.') { "" } else { "." };
                let of_django = self.django.of(file.path, import).map(str::to_owned);
                of_django.or_else(|| self.python(file.path, &format!("{}{dot}{name}", import.path)))
            }
            Language::CSharp
            | Language::Go
            | Language::Java
            | Language::Kotlin
            | Language::JavaScript
            | Language::TypeScript
            | Language::Ruby
            | Language::Php => None,
        }
    }

    /// A Python module: relative to the file, else below the file's directory or one of those above it, or where the service looks besides,
    /// else of a package that is installed from the tree.
    fn python(&self, from: &str, module: &str) -> Option<String> {
        let dots = module.bytes().take_while(|byte| *byte == b'.').count();
        let tail = module[dots..].replace('.', "/");
        let mut dir = dir_of(from);
        for _ in 1..dots {
            dir = dir_of(dir);
        }
        let at = |dir: &str| {
            let base = join(dir, &tail);
            let places = [format!("{base}.py"), format!("{base}/__init__.py")];
            places.iter().find_map(|path| self.file(path))
        };
        loop {
            let found = at(dir);
            if found.is_some() || dots > 0 {
                return found;
            }
            let searched = self.searched.get(dir).into_iter().flatten();
            if let Some(found) = searched.into_iter().find_map(|dir| at(dir)) {
                return Some(found);
            }
            if dir.is_empty() {
                return self.installed.holder(from, module).and_then(at).or_else(|| self.only(from, &tail));
            }
            dir = dir_of(dir);
        }
    }

    /// The only file of the tree that a module of a package can be, where nothing says in which directory it lies: an image on which the
    /// service's own is built may bring it. Of one word too many directories are called.
    fn only(&self, from: &str, tail: &str) -> Option<String> {
        let (name, _) = tail.split_once('/')?;
        if is_standard(name) || self.installed.is_library(name) {
            return None;
        }
        let files = [format!("{tail}.py"), format!("{tail}/__init__.py")];
        let own: Vec<&str> = above(dir_of(from)).collect();
        let all = files.iter().filter_map(|file| self.packaged.get(file)).flatten();
        let mut all = all.filter(|(home, _)| own.contains(&home.as_str())).flat_map(|(_, paths)| paths);
        let found = all.next().filter(|_| all.next().is_none())?;
        Some(found.clone())
    }

    /// What the imports of a file of JavaScript or TypeScript lead to.
    pub(crate) fn scripts_of(&self, path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.javascript.of(path)
    }

    /// The files that say how modules of JavaScript are found, are not read in full, and are for a file of it.
    pub(crate) fn torn_of<'s>(&'s self, path: &'s str) -> Vec<&'s str> {
        self.javascript.torn(path).collect()
    }

    /// A Ruby file: relative to the one that asks for it, else below its directory or one of those above it, else of a library of the tree.
    fn ruby(&self, from: &str, name: &str) -> Option<String> {
        let name = name.strip_suffix(".rb").unwrap_or(name);
        let at = |base: String| self.file(&format!("{base}.rb"));
        let mut dir = dir_of(from);
        if name.starts_with('.') {
            return at(join(dir, name));
        }
        loop {
            if let Some(found) = at(join(dir, name)).or_else(|| at(join(dir, &format!("lib/{name}")))) {
                return Some(found);
            }
            if dir.is_empty() {
                return self.declared.library(from, name).map(str::to_owned);
            }
            dir = dir_of(dir);
        }
    }

    /// A PHP file that is included: relative to the file, else below its directory or one of those above it.
    fn php(&self, from: &str, path: &str) -> Option<String> {
        let path = path.trim_start_matches('@');
        let mut dir = dir_of(from);
        loop {
            let found = self.file(&join(dir, path));
            if found.is_some() || path.starts_with('.') || dir.is_empty() {
                return found;
            }
            dir = dir_of(dir);
        }
    }

    /// Whether an import should lead to a file of the tree: a relative one, or one below a module of the tree. What is no code does
    /// not count.
    pub(crate) fn is_own(&self, file: &File, import: &Import) -> bool {
        match file.language {
            Language::Go => self.go.iter().any(|(_, module)| at_or_below(&import.path, module).is_some()),
            Language::Python => import.path.starts_with('.') || self.lies_elsewhere(file.path, import),
            Language::JavaScript | Language::TypeScript => self.javascript.is_own(file.path, &import.path),
            Language::Rust => {
                import.name.is_none() && ["self::", "super::"].iter().any(|start| import.path.starts_with(start))
            }
            // What is installed is not in the tree.
            Language::Php => import.name.is_none() && import.path.starts_with('.') && !import.path.contains("vendor/"),
            Language::Ruby => import.name.is_none() && import.path.starts_with('.'),
            Language::CSharp | Language::Java | Language::Kotlin => false,
        }
    }

    /// The imports of a file that should lead to a file of the tree wherever it lies.
    pub(crate) fn astray<'c>(&'c self, file: &'c CodeFile) -> impl Iterator<Item = &'c str> {
        let imports = file.facts.imports.iter().filter(|_| file.language == Language::Python);
        imports.filter(|import| self.lies_elsewhere(&file.path, import)).map(|import| import.path.as_str())
    }

    /// Whether a module of Python is nowhere that is looked in, and lies in a directory of the tree that is no other service's.
    fn lies_elsewhere(&self, from: &str, import: &Import) -> bool {
        let name = import.path.split('.').next().unwrap_or_default();
        if name.is_empty() || is_standard(name) || self.installed.is_library(name) {
            return false;
        }
        let item = import.name.as_deref().map(|name| format!("{}.{name}", import.path));
        let modules = [Some(import.path.to_string()), item];
        modules.iter().flatten().any(|module| {
            let base = module.replace('.', "/");
            let files = [format!("{base}.py"), format!("{base}/__init__.py")];
            let mut homes = files.iter().filter_map(|file| self.packaged.get(file));
            homes.any(|homes| above(dir_of(from)).any(|directory| homes.contains_key(directory)))
        })
    }

    /// The names by which an import is known in its file.
    pub(crate) fn aliases<'p>(&self, language: Language, import: &'p Import) -> Vec<&'p str> {
        match &import.alias {
            Some(alias) if alias == "." || alias == "_" => {
                // Known by no name, but loaded all the same.
                return vec![alias];
            }
            Some(alias) => return vec![alias],
            None => {}
        }
        if let Some(name) = &import.name {
            return vec![name];
        }
        language.semantics().aliases(&import.path)
    }
}

/// What is left of `path` at or below `root`.
fn at_or_below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    if root == path { Some("") } else { below(path, root) }
}

/// The directory above the packages of a file of Java or Kotlin, which may be one program: that of the module, where both have directories
/// of their own in it. Kotlin's directories need not be called like its packages.
fn java_root<'a>(file: &'a File) -> &'a str {
    let dir = dir_of(file.path);
    if let Some(at) = dir.find("src/main/") {
        return &dir[..at + "src/main".len()];
    }
    if file.language == Language::Kotlin {
        let sources = dir.find("/src/").map(|at| at + "/src".len());
        return sources
            .or_else(|| dir.starts_with("src/").then_some(3))
            .map_or_else(|| unpackaged(dir, &file.facts.package), |end| &dir[..end]);
    }
    unpackaged(dir, &file.facts.package)
}

/// A directory without those that a package's name stands for.
fn unpackaged<'a>(dir: &'a str, package: &str) -> &'a str {
    let package = package.replace('.', "/");
    dir.strip_suffix(&package).map_or(dir, |root| root.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_paths_come_from_the_nearest_manifest() {
        let manifests = [
            ("go.mod", "module example.com/a\n\nreplace (\n\texample.com/c => ./libs/c // local\n)\n"),
            ("libs/c/go.mod", "module example.com/c\n"),
        ];
        let modules = Modules::new(manifests.into_iter(), &[], BTreeMap::new());
        for (dir, path) in [
            ("", "example.com/a"),
            ("service.x/proto", "example.com/a/service.x/proto"),
            ("libs/c/d", "example.com/c/d"),
            ("libs/cc", "example.com/a/libs/cc"),
            ("vendor/example.org/z", "example.org/z"),
        ] {
            assert_eq!(modules.go_path(dir), path, "{dir}");
        }
        assert_eq!(modules.replaced["example.com/c"], "libs/c");
    }
}
