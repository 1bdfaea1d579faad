//! Rust's modules: which file a path leads to.

use super::File;
use crate::paths::dir_of;
use hedgerow_deploy::path::join;
use std::collections::{BTreeMap, BTreeSet};

/// How often a name is taken in from elsewhere before it is declared.
const MAX_STEPS: usize = 8;

/// The crates of a tree.
#[derive(Debug, Default)]
pub(crate) struct Crates {
    files: BTreeMap<String, Source>,
    /// The directories of the crates' sources, by the names of the crates.
    roots: BTreeMap<String, BTreeSet<String>>,
}

/// What a file declares, and what it takes in.
#[derive(Debug, Default)]
struct Source {
    declares: BTreeSet<String>,
    /// By the name in the file: the module and the name there.
    takes: BTreeMap<String, (String, String)>,
    /// Modules all of whose names are taken in.
    globs: Vec<String>,
}

impl Crates {
    /// Takes in a file.
    pub(crate) fn add(&mut self, file: &File) {
        let mut source =
            Source { declares: file.facts.declares.iter().map(ToString::to_string).collect(), ..Source::default() };
        for import in &file.facts.imports {
            match (&import.alias, &import.name) {
                (Some(alias), None) if alias == "." => source.globs.push(import.path.to_string()),
                (Some(alias), Some(name)) => {
                    source.takes.insert(alias.to_string(), (import.path.to_string(), name.to_string()));
                }
                _ => {}
            }
        }
        self.files.insert(file.path.to_owned(), source);
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if name == "lib.rs" || name == "main.rs" {
            // A crate goes by its directory's name unless its manifest says otherwise.
            let root = dir_of(file.path);
            let directory = root.strip_suffix("/src").unwrap_or(root);
            let name = directory.rsplit('/').next().unwrap_or(directory).replace('-', "_");
            self.roots.entry(name).or_default().insert(root.to_owned());
        }
    }

    /// Reads the name of a crate in its manifest.
    pub(crate) fn manifest(&mut self, path: &str, text: &str) {
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((key, value)) = line.split_once('=').filter(|_| matches!(section, "package" | "lib"))
                && key.trim() == "name"
            {
                let name = value.trim().trim_matches('"').replace('-', "_");
                self.roots.entry(name).or_default().insert(join(dir_of(path), "src"));
            }
        }
    }

    /// The file that a module's path leads to, seen from a file; of a name in it, the file that declares it.
    pub(crate) fn resolve(&self, from: &str, module: &str, name: Option<&str>) -> Option<String> {
        let mut place = self.module(from, module, name)?;
        let Some(name) = name else { return Some(place) };
        let mut name = name.to_owned();
        for _ in 0..MAX_STEPS {
            let source = self.files.get(&place)?;
            if source.declares.contains(&name) {
                return Some(place);
            }
            if let Some((module, taken)) = source.takes.get(&name)
                && let Some(next) = self.module(&place, module, Some(taken))
                && next != place
            {
                name.clone_from(taken);
                place = next;
                continue;
            }
            match self.behind_globs(&place, &name) {
                Some(next) if next != place => place = next,
                _ => return Some(place),
            }
        }
        Some(place)
    }

    /// The file that knows a name which a file takes in with all others of a module (`pub use client::*`), through any number of those.
    fn behind_globs(&self, from: &str, name: &str) -> Option<String> {
        let mut seen = BTreeSet::from([from.to_owned()]);
        let mut open = vec![from.to_owned()];
        while let Some(place) = open.pop() {
            let globs = self.files.get(&place).map(|source| source.globs.as_slice()).unwrap_or_default();
            for next in globs.iter().filter_map(|glob| self.module(&place, glob, Some(name))) {
                if self.files.get(&next).is_some_and(|of| of.knows(name)) && next != from {
                    return Some(next);
                }
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        None
    }

    /// The file of a module of a module.
    pub(crate) fn submodule(&self, from: &str, module: &str, name: &str) -> Option<String> {
        let found = self.module(from, &format!("{module}::{name}"), None)?;
        let stem = found.strip_suffix("/mod.rs").or_else(|| found.strip_suffix(".rs")).unwrap_or(&found);
        (stem.rsplit('/').next() == Some(name)).then_some(found)
    }

    fn module(&self, from: &str, path: &str, name: Option<&str>) -> Option<String> {
        let mut parts: Vec<&str> = path.split("::").collect();
        let first = if parts.is_empty() { return None } else { parts.remove(0) };
        let (root, own) = place(from);
        let mut inner = own.clone();
        match first {
            "crate" => inner.clear(),
            "self" => {}
            "super" => {
                inner.pop();
                while parts.first() == Some(&"super") {
                    parts.remove(0);
                    inner.pop();
                }
            }
            other => {
                let near = |root: &&String| root.bytes().zip(from.bytes()).take_while(|(a, b)| a == b).count();
                let root = self.roots.get(other)?.iter().max_by_key(near)?;
                return self.below(root, &[], &parts, name, true);
            }
        }
        self.below(&root, &inner, &parts, name, false)
    }

    /// The file of the innermost module of a path that has one: what is left of the path lies in it.
    fn below(
        &self,
        root: &str,
        inner: &[String],
        parts: &[&str],
        name: Option<&str>,
        is_library: bool,
    ) -> Option<String> {
        let all: Vec<&str> = inner.iter().map(String::as_str).chain(parts.iter().copied()).collect();
        for length in (1..=all.len()).rev() {
            let base = join(root, &all[..length].join("/"));
            let places = [format!("{base}.rs"), format!("{base}/mod.rs")];
            if let Some(found) = places.into_iter().find(|place| self.files.contains_key(place)) {
                return Some(found);
            }
        }
        let roots = if is_library { ["lib.rs", "main.rs"] } else { ["main.rs", "lib.rs"] };
        let roots: Vec<String> =
            roots.iter().map(|file| join(root, file)).filter(|f| self.files.contains_key(f)).collect();
        let first = all.first().copied().or(name);
        let knows = |file: &&String| first.is_some_and(|name| self.files.get(*file).is_some_and(|of| of.knows(name)));
        roots.iter().find(knows).or(roots.first()).cloned()
    }
}

impl Source {
    fn knows(&self, name: &str) -> bool {
        self.declares.contains(name) || self.takes.contains_key(name)
    }
}

/// The directory of a file's crate, and the module that the file is there.
fn place(path: &str) -> (String, Vec<String>) {
    let parts: Vec<&str> = path.split('/').collect();
    let root = parts.iter().rposition(|part| *part == "src").map_or(parts.len().saturating_sub(1), |at| at + 1);
    let mut inner: Vec<String> = parts[root..].iter().map(|part| (*part).to_owned()).collect();
    let file = inner.pop().unwrap_or_default();
    let stem = file.strip_suffix(".rs").unwrap_or(&file).to_owned();
    if inner.first().map(String::as_str) == Some("bin") {
        // Each file there is a crate of its own.
        let root = parts[..parts.len() - 1].join("/");
        return (root, Vec::new());
    }
    if !matches!(stem.as_str(), "main" | "lib" | "mod") {
        inner.push(stem);
    }
    (parts[..root].join("/"), inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_modules_of_their_crates() {
        for (path, root, inner) in [
            ("a/src/main.rs", "a/src", &[][..]),
            ("a/src/b.rs", "a/src", &["b"]),
            ("a/src/b/mod.rs", "a/src", &["b"]),
            ("a/src/b/c.rs", "a/src", &["b", "c"]),
            ("a/src/bin/x.rs", "a/src/bin", &[]),
            ("main.rs", "", &[]),
        ] {
            let inner: Vec<String> = inner.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(place(path), (root.to_owned(), inner), "{path}");
        }
    }
}
