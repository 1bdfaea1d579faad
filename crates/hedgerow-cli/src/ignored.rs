//! What `.gitignore` files leave out.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use hedgerow::LeftOut;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The `.gitignore` files of a directory and of those above it, up to the top of its repository. A line of an inner file counts before one of
/// an outer one, and of one file the last that matches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored {
    files: Vec<Gitignore>,
}

impl Ignored {
    /// Those of the directories above `root`, up to the one that has a `.git`; none where no directory has.
    pub(crate) fn above(root: &Path) -> Self {
        let mut ignored = Self::default();
        let Ok(root) = root.canonicalize() else { return ignored };
        let top = root.ancestors().find(|directory| directory.join(".git").exists());
        let above: Vec<PathBuf> = match top {
            Some(top) => root.ancestors().skip(1).take_while(|one| one.starts_with(top)).map(Path::to_owned).collect(),
            None => Vec::new(),
        };
        for directory in above.iter().rev() {
            ignored.enter(directory);
        }
        ignored
    }

    /// What the ignore files below `root` and above it leave out, for a search that asks of one path after the other.
    pub(crate) fn searched(root: &Path) -> LeftOut {
        let above = Self::above(root);
        let top = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let below: Mutex<BTreeMap<PathBuf, Option<Arc<Gitignore>>>> = Mutex::default();
        Arc::new(move |path, is_directory| {
            let directories = path.ancestors().skip(1).take_while(|directory| directory.starts_with(&top));
            for directory in directories {
                let mut known = below.lock().unwrap_or_else(PoisonError::into_inner);
                let file = known.entry(directory.to_path_buf()).or_insert_with(|| file_of(directory).map(Arc::new));
                let file = file.clone();
                drop(known);
                match file.as_deref().map(|file| file.matched(path, is_directory)) {
                    Some(Match::Ignore(_)) => return true,
                    Some(Match::Whitelist(_)) => return false,
                    Some(Match::None) | None => {}
                }
            }
            above.has(path, is_directory)
        })
    }

    /// Takes in the file of a directory, and says whether there was one. What is wrong in a line is as if it were not there, as in git.
    pub(crate) fn enter(&mut self, directory: &Path) -> bool {
        let file = file_of(directory);
        let is_there = file.is_some();
        self.files.extend(file);
        is_there
    }

    /// Forgets the file that was taken in last.
    pub(crate) fn leave(&mut self) {
        self.files.pop();
    }

    /// Whether a file or a directory is left out.
    pub(crate) fn has(&self, path: &Path, is_directory: bool) -> bool {
        let said = self.files.iter().rev().map(|file| file.matched(path, is_directory));
        matches!(said.into_iter().find(|said| !said.is_none()), Some(Match::Ignore(_)))
    }
}

/// The ignore file of a directory.
fn file_of(directory: &Path) -> Option<Gitignore> {
    let file = directory.join(".gitignore");
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(directory);
    let _faults = builder.add(file);
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A directory with files, each with its text.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    #[test]
    fn an_inner_file_counts_before_an_outer_one() {
        let root = tree(&[(".gitignore", "*.log\n/out/\n!keep.log\n"), ("a/.gitignore", "!x.log\nkeep.log\n")]);
        let root = root.path().canonicalize().unwrap();
        let mut ignored = Ignored::default();
        assert!(ignored.enter(&root) && !ignored.enter(&root.join("b")));
        let has = |ignored: &Ignored, path: &str, is_directory| ignored.has(&root.join(path), is_directory);
        for (path, is_directory, expected) in [
            ("x.log", false, true),
            ("keep.log", false, false),
            ("out", true, true),
            ("out", false, false),
            ("a/out", true, false),
            ("a/x.log", false, true),
            ("x.go", false, false),
        ] {
            assert_eq!(has(&ignored, path, is_directory), expected, "{path}");
        }
        assert!(ignored.enter(&root.join("a")));
        assert!(
            !has(&ignored, "a/x.log", false) && has(&ignored, "a/keep.log", false) && has(&ignored, "a/y.log", false)
        );
        ignored.leave();
        assert!(has(&ignored, "a/x.log", false));
    }

    #[test]
    fn files_above_count_up_to_the_top_of_the_repository() {
        let root = tree(&[(".gitignore", "far\n"), ("r/.git/HEAD", ""), ("r/.gitignore", "near\n"), ("r/a/b/x", "")]);
        let inner = root.path().canonicalize().unwrap().join("r/a/b");
        let ignored = Ignored::above(&inner);
        assert!(ignored.has(&inner.join("near"), false) && !ignored.has(&inner.join("far"), false));
        fs::remove_dir_all(root.path().join("r/.git")).unwrap();
        assert!(!Ignored::above(&inner).has(&inner.join("near"), false));
    }
}
