//! The tree as a file system, in memory: its code, its manifests, and links to its packages as an installation makes them.

use super::configs::Configs;
use super::packages::{Packages, split};
use crate::paths::{above, below, dir_of};
use hedgerow_deploy::path::join;
use oxc_resolver::{FileMetadata, FileSystem, ResolveError};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Directories that are built and not in the tree.
const BUILT: [&str; 10] = ["dist", "build", "lib", "out", "output", "es", "esm", "cjs", "types", "dist-types"];

/// Directories in these, one for each kind of module.
const LAYERS: [&str; 8] = ["esm", "cjs", "es", "mjs", "node", "types", "lib", "src"];

/// The endings of code, in the order in which a module without one is looked for.
pub(super) const ENDINGS: [&str; 9] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts"];

/// How many links one path goes through.
const MAX_LINKS: usize = 8;

/// The directory in which packages are installed.
const MODULES: &str = "node_modules";

/// What a tree holds.
#[derive(Debug, Default)]
pub(super) struct Files {
    code: BTreeSet<String>,
    dirs: BTreeSet<String>,
    /// Files that lie elsewhere when the service runs: where they then lie, and where they are in the tree.
    mounted: BTreeMap<String, String>,
    /// The manifests by their path.
    texts: BTreeMap<String, Vec<u8>>,
    /// Where compilers write, and what they read.
    outputs: BTreeMap<String, BTreeSet<String>>,
    /// The configurations that are not read in full.
    pub(super) torn: BTreeSet<String>,
    pub(super) packages: Packages,
}

impl Files {
    pub(super) fn new<'a>(
        code: impl Iterator<Item = &'a str>,
        mounted: &BTreeMap<String, String>,
        texts: &BTreeMap<&str, &str>,
        packages: Packages,
        configs: Configs,
    ) -> Self {
        let is_package = |path: &str| path.rsplit('/').next() == Some("package.json");
        // One that is no JSON would be a fault of each import of its directory.
        let manifests = texts.iter().filter(|(path, _)| is_package(path));
        let manifests = manifests.filter(|(path, _)| packages.has(dir_of(path)));
        let mut all = configs.texts;
        all.extend(manifests.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        let mut files = Self {
            code: code.map(str::to_owned).collect(),
            dirs: BTreeSet::from([String::new()]),
            mounted: mounted.clone(),
            texts: all,
            outputs: configs.outputs,
            torn: configs.torn,
            packages,
        };
        let places = files.code.iter().chain(files.mounted.keys()).chain(files.texts.keys());
        for place in places {
            for dir in above(place).skip(1) {
                if files.dirs.contains(dir) {
                    break;
                }
                files.dirs.insert(dir.to_owned());
            }
        }
        files
    }

    /// Whether the tree has a directory.
    pub(super) fn has_dir(&self, path: &str) -> bool {
        self.dirs.contains(path)
    }

    /// The paths of the configurations of the compiler.
    pub(super) fn configs(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str).filter(|path| !path.ends_with("package.json"))
    }

    /// The file of the tree that a path leads to; with `is_built` also the one that it is built from.
    pub(super) fn file(&self, path: &str, is_built: bool) -> Option<String> {
        let place = self.place(path)?;
        if self.code.contains(&*place) {
            return Some(place.into_owned());
        }
        self.mounted.get(&*place).cloned().or_else(|| self.source(&place).filter(|_| is_built))
    }

    /// Where a path is in the tree once links are followed. A package that nobody links is nowhere.
    fn place<'a>(&self, path: &'a str) -> Option<Cow<'a, str>> {
        let mut place = Cow::Borrowed(path.trim_matches('/'));
        if path.contains("/.") {
            place = Cow::Owned(join("", path));
        }
        for _ in 0..MAX_LINKS {
            let Some(at) = modules_in(&place) else { return Some(place) };
            let dir = place[..at].trim_end_matches('/');
            let (name, rest) = split(place[at + MODULES.len()..].trim_start_matches('/'));
            let linked = join(&self.packages.linked(dir, name)?.target, rest);
            place = Cow::Owned(linked);
        }
        None
    }

    /// Whether a path that a file leads to by its own steps may be one that a build writes: in a directory that the compiler writes, or that
    /// is called like one and is not in the tree; or in another package, whose manifest may name it.
    pub(super) fn may_be_built(&self, from: &str, path: &str) -> bool {
        let path = path.trim_matches('/');
        let of = |path: &'_ str| self.packages.of(dir_of(path)).map(|(dir, _)| dir.to_owned());
        let package = of(path);
        if package != of(from) {
            return true;
        }
        let is_said = || above(path).any(|dir| self.outputs.contains_key(dir));
        let first = || below(path, package.as_deref()?)?.split_once('/').map(|(first, _)| first);
        is_said()
            || first().is_some_and(|first| {
                BUILT.contains(&first) && !self.has_dir(&join(package.as_deref().unwrap_or_default(), first))
            })
    }

    /// The code that a file is built from which is not in the tree: what the compiler says that it reads, else what lies beside it or below
    /// `src`.
    fn source(&self, path: &str) -> Option<String> {
        let stem =
            [".d.ts", ".d.mts", ".d.cts"].into_iter().chain(ENDINGS).find_map(|ending| path.strip_suffix(ending))?;
        let said = above(stem).filter_map(|output| Some((self.outputs.get(output)?, below(stem, output)?)));
        let said = said.flat_map(|(roots, rest)| roots.iter().map(move |root| join(root, rest)));
        let (dir, _) = self.packages.of(path)?;
        let rest = below(stem, dir)?;
        let steps: Vec<&str> = rest.split('/').collect();
        let places = match steps.as_slice() {
            [first, inner @ ..] if BUILT.contains(first) && !inner.is_empty() => {
                let layer = inner.split_first().filter(|(first, rest)| LAYERS.contains(*first) && !rest.is_empty());
                let inner = [Some(inner), layer.map(|(_, rest)| rest)];
                inner
                    .into_iter()
                    .flatten()
                    .map(|steps| steps.join("/"))
                    .flat_map(|rest| [format!("src/{rest}"), rest])
                    .collect()
            }
            _ => vec![format!("src/{rest}"), rest.to_owned()],
        };
        let places = said.chain(places.iter().map(|place| join(dir, place)));
        let files = places.flat_map(|place| ["", "/index"].map(|index| format!("{place}{index}")));
        files.flat_map(|file| ENDINGS.map(|ending| format!("{file}{ending}"))).find(|file| self.code.contains(file))
    }
}

/// Where the directory of installed packages begins in a path.
fn modules_in(path: &str) -> Option<usize> {
    let is_whole = |at: &usize| {
        let end = at + MODULES.len();
        (*at == 0 || path.as_bytes()[at - 1] == b'/') && path.as_bytes().get(end).is_none_or(|next| *next == b'/')
    };
    path.match_indices(MODULES).map(|(at, _)| at).find(is_whole)
}

/// A view of the files: as they are, or with those that are built.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) files: Arc<Files>,
    pub(super) is_built: bool,
}

impl View {
    fn is_dir(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        // `node_modules` itself, and a scope in it.
        let (dir, last) = path.rsplit_once('/').unwrap_or(("", path));
        let packages = &self.files.packages;
        if last == MODULES {
            return packages.has_links(dir);
        }
        if last.starts_with('@') && dir.rsplit('/').next() == Some(MODULES) {
            return packages.has_scope(dir.strip_suffix(MODULES).unwrap_or(dir).trim_end_matches('/'), last);
        }
        self.files.place(path).is_some_and(|place| {
            let is_output = || {
                let (dir, last) = place.rsplit_once('/').unwrap_or(("", &place));
                BUILT.contains(&last) && self.files.packages.has(dir)
            };
            self.files.has_dir(&place) || is_output()
        })
    }
}

fn none<T>() -> Result<T> {
    Err(Error::from(ErrorKind::NotFound))
}

impl FileSystem for View {
    fn new() -> Self {
        Self::default()
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let place = path.to_str().and_then(|path| self.files.place(path));
        let text = place.and_then(|place| self.files.texts.get(&*place));
        text.map_or_else(none, |text| Ok(text.clone()))
    }

    fn read_to_string(&self, path: &Path) -> Result<String> {
        String::from_utf8(self.read(path)?).map_err(|_| Error::from(ErrorKind::InvalidData))
    }

    fn metadata(&self, path: &Path) -> Result<FileMetadata> {
        let Some(path) = path.to_str() else { return none() };
        if self.is_dir(path) {
            return Ok(FileMetadata::new(false, true, false));
        }
        let is_text = || self.files.place(path).is_some_and(|place| self.files.texts.contains_key(&*place));
        match self.files.file(path, self.is_built).is_some() || is_text() {
            true => Ok(FileMetadata::new(true, false, false)),
            false => none(),
        }
    }

    fn symlink_metadata(&self, path: &Path) -> Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, _: &Path) -> std::result::Result<PathBuf, ResolveError> {
        Err(Error::from(ErrorKind::InvalidInput).into())
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf> {
        Ok(path.to_path_buf())
    }
}
