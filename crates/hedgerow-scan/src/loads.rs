//! Which files a service can load, told from the files' imports alone.
//!
//! It may name more files than are loaded and never fewer: a service whose files are all as they were is not looked at
//! again.

use crate::inventory::Home;
use crate::program::{File, Modules};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// A hash (SHA-256).
pub type Sum = [u8; 32];

/// The hash of the texts that `give` adds, one behind the other.
pub(crate) fn sum(give: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Sum {
    let mut hash = Sha256::new();
    give(&mut |text| {
        // The length keeps two texts beside each other apart.
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    });
    hash.finalize().into()
}

/// The hash of everything that a value holds.
pub(crate) fn sum_of(value: &impl Hash) -> Sum {
    let mut bytes = Bytes(Sha256::new());
    value.hash(&mut bytes);
    bytes.0.finalize().into()
}

/// Takes in what a value holds, byte by byte. Texts end in a byte that no text holds, and lists begin with their length.
struct Bytes(Sha256);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let sum = self.0.clone().finalize();
        sum.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

/// The packages with what they import.
#[derive(Debug)]
pub(crate) struct Loads {
    package_of: Vec<u32>,
    files: Vec<Vec<u32>>,
    imports: Vec<BTreeSet<u32>>,
    /// Who imports each of them, and what of it by name.
    importers: Vec<BTreeSet<(u32, String)>>,
}

impl Loads {
    /// Reads the imports of all files.
    pub(crate) fn new(files: &[File], modules: &Modules) -> Self {
        let mut by_path: BTreeMap<String, u32> = BTreeMap::new();
        let mut loads = Self {
            package_of: Vec::with_capacity(files.len()),
            files: Vec::new(),
            imports: Vec::new(),
            importers: Vec::new(),
        };
        for (at, file) in (0..).zip(files) {
            let next = u32::try_from(loads.files.len()).unwrap_or(u32::MAX);
            let package = *by_path.entry(modules.package(file)).or_insert(next);
            if package == next {
                loads.files.push(Vec::new());
            }
            loads.files[package as usize].push(at);
            loads.package_of.push(package);
        }
        loads.imports.resize_with(loads.files.len(), BTreeSet::new);
        loads.importers.resize_with(loads.files.len(), BTreeSet::new);
        for (file, package) in files.iter().zip(&loads.package_of) {
            for import in &file.facts.imports {
                // Which of the two is meant is told by what the first one declares; either may be.
                let paths = [modules.resolve(file, import), modules.resolve_item(file, import)];
                for found in paths.into_iter().flatten().filter_map(|path| by_path.get(&path).copied()) {
                    loads.imports[*package as usize].insert(found);
                    let name = import.name.as_ref().map_or_else(String::new, ToString::to_string);
                    loads.importers[found as usize].insert((*package, name));
                }
            }
        }
        for (file, package) in files.iter().zip(&loads.package_of) {
            let opened = modules.opens(file);
            for found in opened.iter().filter_map(|path| by_path.get(path).copied()) {
                loads.imports[*package as usize].insert(found);
                loads.importers[found as usize].insert((*package, String::new()));
            }
        }
        loads
    }

    /// Of the packages below a service's directories the first files of those that code outside of them imports, and what it takes by
    /// name: where a service begins may depend on it.
    pub(crate) fn shown(&self, home: &Home, files: &[File]) -> BTreeSet<(u32, &str)> {
        let own: BTreeSet<u32> = self.own(home, files).collect();
        let shown = own.iter().flat_map(|package| {
            let first = self.files[*package as usize].first().copied();
            let outside = self.importers[*package as usize].iter().filter(|(from, _)| !own.contains(from));
            outside.filter_map(move |(_, name)| Some((first?, name.as_str())))
        });
        shown.collect()
    }

    /// The packages below a service's directories.
    fn own<'a>(&'a self, home: &'a Home, files: &'a [File]) -> impl Iterator<Item = u32> + 'a {
        let at = |path: &String| files.binary_search_by(|file| file.path.cmp(path)).ok();
        let components = home.components.iter().filter_map(at).map(|at| self.package_of[at]);
        // One that is a file is that of its program.
        let files_alone = home.directories.iter().map(|(path, _)| path).filter_map(at).map(|at| self.package_of[at]);
        let directories = home.directories.iter().flat_map(move |(directory, _)| {
            let below = if directory.is_empty() { String::new() } else { format!("{directory}/") };
            let first = files.partition_point(|file| file.path < below.as_str());
            let own = files[first..].iter().take_while(|file| file.path.starts_with(&below)).count();
            self.package_of[first..first + own].iter().copied()
        });
        directories.chain(components).chain(files_alone)
    }

    /// The files that a service can load: those below its directories, with their packages, and all they import.
    pub(crate) fn of(&self, home: &Home, files: &[File]) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<u32> = self.own(home, files).collect();
        while let Some(package) = open.pop() {
            if seen.insert(package) {
                found.extend(self.files[package as usize].iter().copied());
                open.extend(self.imports[package as usize].iter().copied());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sums_tell_values_apart_and_know_them_again() {
        assert_ne!(sum_of(&("ab", "c")), sum_of(&("a", "bc")));
        assert_ne!(sum_of(&[vec!["a"], vec![]]), sum_of(&[vec![], vec!["a"]]));
        assert_ne!(sum_of(&Some("")), sum_of(&None::<&str>));
        assert_ne!(sum_of(&json!({"a": "1"})), sum_of(&json!({"a": 1})));
        assert_eq!(sum_of(&json!({"a": 1, "b": [2]})), sum_of(&json!({"b": [2], "a": 1})));
        assert_ne!(sum(|add| add(b"ab")), sum(|add| ["a", "b"].iter().for_each(|text| add(text.as_bytes()))));
    }
}
