//! Where the texts of a run lie in the repository: annotations and code scanning take paths from its top, wherever the fleet lies in it.

use hedgerow::git::Repository;
use hedgerow_core::source::{SourceId, Sources};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// What the paths of a run's texts are relative to.
#[derive(Default)]
pub(in crate::cli) struct Paths {
    base: Base,
    /// The repository of the fleet, looked for when the first path is asked for.
    repository: OnceCell<Option<Repository>>,
    /// The first text that is not of the fleet, and what it and those after it are relative to.
    others: Option<(SourceId, PathBuf)>,
}

/// Where the fleet is.
#[derive(Default)]
enum Base {
    /// Nowhere: paths are shown as they are.
    #[default]
    Unknown,
    /// In a directory.
    Directory(PathBuf),
    /// At a place of a revision.
    Revision(String),
}

impl Paths {
    /// Of texts below a root on the disk.
    pub(in crate::cli) fn below(root: PathBuf) -> Self {
        Self { base: Base::Directory(root), ..Self::default() }
    }

    /// Of texts below a place in a revision.
    pub(in crate::cli) fn at(prefix: &str) -> Self {
        Self { base: Base::Revision(prefix.to_owned()), ..Self::default() }
    }

    /// The same, where the texts from one on are relative to another directory: manifests to where the command runs.
    pub(in crate::cli) fn others(mut self, first: Option<SourceId>, directory: &Path) -> Self {
        self.others = first.map(|first| (first, directory.to_path_buf()));
        self
    }

    /// The path of a text from the top of the repository; as it is shown where the text is in none.
    pub(super) fn of(&self, source: SourceId, sources: &Sources) -> String {
        let path = &sources.get(source).path;
        match &self.others {
            Some((first, directory)) if *first <= source => {
                self.in_repository(directory, path).unwrap_or_else(|| path.clone())
            }
            _ => self.of_fleet(path),
        }
    }

    /// The same of a path that is relative to the fleet's root.
    pub(in crate::cli) fn of_fleet(&self, path: &str) -> String {
        let found = match &self.base {
            Base::Unknown => None,
            Base::Directory(root) => self.in_repository(root, path),
            Base::Revision(prefix) if prefix.is_empty() => None,
            Base::Revision(prefix) => Some(format!("{prefix}/{path}")),
        };
        found.unwrap_or_else(|| path.to_owned())
    }

    /// A path below a directory, from the top of the fleet's repository. Standard input is nowhere.
    fn in_repository(&self, directory: &Path, path: &str) -> Option<String> {
        let Base::Directory(root) = &self.base else { return None };
        let repository = self.repository.get_or_init(|| Repository::find(root).ok()).as_ref()?;
        if repository.is_bare() || path.starts_with('<') {
            return None;
        }
        let full = directory.join(path);
        let (above, name) = (full.parent()?, full.file_name()?.to_str()?);
        // A file that is gone with its directory still had a place.
        let there = above.ancestors().find(|above| above.is_dir())?;
        let gone = above.strip_prefix(there).ok()?.components().map(|part| part.as_os_str().to_str());
        let prefix = repository.prefix(there).ok()?;
        let mut parts = if prefix.is_empty() { Vec::new() } else { vec![prefix.as_str()] };
        parts.extend(gone.collect::<Option<Vec<_>>>()?);
        parts.push(name);
        Some(parts.join("/"))
    }
}
