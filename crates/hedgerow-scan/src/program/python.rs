//! Packages of Python that are installed from the tree: a distribution in one directory is imported by the name of its package from
//! everywhere else.

use super::File;
use crate::paths::{dir_of, is_below};
use hedgerow_code::frontend::Language;
use std::collections::{BTreeMap, BTreeSet};

/// The files that say a directory is a distribution.
const MANIFESTS: &[&str] = &["pyproject.toml", "setup.cfg", "setup.py"];

/// The directories in which a distribution may have its packages, besides its own.
const SOURCES: &[&str] = &["src/", "lib/", "python/"];

/// What the distributions of the tree install: the names of packages, each with the directories that hold one.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    holders: BTreeMap<String, BTreeSet<String>>,
    /// The libraries that are known. Who imports one does not mean a package of the tree that is called like it.
    libraries: BTreeSet<String>,
}

/// Whether a text says that its directory is a distribution.
pub(crate) fn is_distribution(path: &str) -> bool {
    MANIFESTS.contains(&name_of(path))
}

impl Packages {
    /// Finds the packages of the distributions; `texts` are the paths of texts that are no code.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>, files: &[File<'a>]) -> Self {
        let modules = || files.iter().filter(|file| file.language == Language::Python).map(|file| file.path);
        let distributions: BTreeSet<&str> =
            texts.chain(modules()).filter(|path| is_distribution(path)).map(dir_of).collect();
        let mut found = Self::default();
        for path in modules() {
            let Some(package) = path.strip_suffix("/__init__.py") else { continue };
            let (holder, name) = package.rsplit_once('/').unwrap_or(("", package));
            let source = SOURCES.iter().find_map(|source| holder.strip_suffix(source.trim_end_matches('/')));
            let above = source.filter(|above| above.is_empty() || above.ends_with('/'));
            // What lies in the tree's root is found there by all.
            let is_held = !holder.is_empty()
                && (distributions.contains(holder)
                    || above.is_some_and(|above| distributions.contains(above.trim_end_matches('/'))));
            if is_held {
                found.holders.entry(name.to_owned()).or_default().insert(holder.to_owned());
            }
        }
        found
    }

    /// Says which libraries are known.
    pub(crate) fn know<'a>(&mut self, libraries: impl Iterator<Item = &'a str>) {
        self.libraries.extend(libraries.map(str::to_owned));
    }

    /// Whether a library of this name is known.
    pub(crate) fn is_library(&self, name: &str) -> bool {
        self.libraries.contains(name)
    }

    /// The directory that holds the package which a module is of, for a file that imports it, if there is one such package only.
    pub(crate) fn holder(&self, from: &str, module: &str) -> Option<&str> {
        let name = module.split('.').next()?;
        let holders = self.holders.get(name)?;
        let holder = holders.first().filter(|_| holders.len() == 1)?;
        let source = SOURCES.iter().find_map(|source| holder.strip_suffix(source.trim_end_matches('/')));
        let distribution = source.unwrap_or(holder).trim_end_matches('/');
        let is_inside = is_below(from, distribution);
        (is_inside || !self.libraries.contains(name)).then_some(holder)
    }

    /// The names of the packages with the directories that hold them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.holders.iter().flat_map(|(name, all)| all.iter().map(|holder| (name.as_str(), holder.as_str())))
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
