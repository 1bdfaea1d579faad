//! Scripts of shells that test: what they call no service calls.
//!
//! Those in directories of tests are left, as code there is; of those that only their names tell, mentions are asked about.

use crate::plain::is_shell;
use crate::tree::PlainFile;
use hedgerow_code::testcode::is_test;
use hedgerow_deploy::ENVIRONMENTS;
use std::collections::BTreeSet;

/// Knows the tree's directories, from the first time that they are asked for.
#[derive(Debug, Default)]
pub(crate) struct TestScripts<'t> {
    directories: Option<BTreeSet<&'t str>>,
}

impl<'t> TestScripts<'t> {
    /// Whether a file is a script that tests.
    pub(crate) fn is_one(&mut self, file: &PlainFile, texts: &'t [PlainFile]) -> bool {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        if !is_shell(name, &file.text) {
            return false;
        }
        is_named(name) || is_test(&file.path) && !self.is_of_an_environment(&file.path, texts)
    }

    /// Whether only directories called `test` make it a test, and each of them lies beside those of other environments.
    fn is_of_an_environment(&mut self, path: &str, texts: &'t [PlainFile]) -> bool {
        let elsewhere: Vec<&str> = path.split('/').map(|part| if part == "test" { "live" } else { part }).collect();
        if is_test(&elsewhere.join("/")) {
            return false;
        }
        let directories =
            self.directories.get_or_insert_with(|| texts.iter().flat_map(|file| above(&file.path)).collect());
        let named = path.match_indices("test/").map(|(at, _)| &path[..at]);
        let mut around = named.filter(|around| around.is_empty() || around.ends_with('/'));
        around.all(|around| ENVIRONMENTS.iter().any(|other| directories.contains(format!("{around}{other}").as_str())))
    }
}

/// The directories around a file.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Whether a script's own name says that it tests: its first word, or the last one.
fn is_named(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut words = stem.split(['-', '_', '.']);
    let (first, last) = (words.next(), words.next_back());
    [first, last].into_iter().flatten().any(|word| matches!(word, "test" | "tests"))
}
