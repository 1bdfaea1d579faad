//! Go without a `go.mod`: where code lies in a workspace (`GOPATH`), its module is told by what its own files import.

use super::File;
use crate::paths::{above, dir_of};
use hedgerow_code::frontend::Language;
use std::collections::{BTreeMap, BTreeSet};

/// Hosts whose repositories are two parts behind them.
const FORGES: &[&str] = &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com"];

/// What the paths of the standard library begin with.
const STANDARD: &[&str] = &[
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "weak",
];

/// The modules that are told so, each with its directory: for each directory the one that most imports lead to.
pub(super) fn modules(files: &[File], has_module: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let files = files.iter().filter(|file| file.language == Language::Go && !has_module(dir_of(file.path)));
    let files: Vec<&File> = files.collect();
    let directories: BTreeSet<&str> = files.iter().map(|file| dir_of(file.path)).collect();
    let mut told: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for file in &files {
        for import in &file.facts.imports {
            for (module, rest) in split(&import.path) {
                let roots = above(dir_of(file.path)).filter(|root| {
                    let path = if root.is_empty() { rest.to_owned() } else { format!("{root}/{rest}") };
                    directories.contains(path.as_str())
                });
                for root in roots {
                    told.entry(root).or_default().entry(module).or_default().insert(rest);
                }
            }
        }
    }
    let most = |(root, modules): (&str, BTreeMap<&str, BTreeSet<&str>>)| {
        let module =
            modules.into_iter().max_by_key(|(module, rests)| (rests.len(), std::cmp::Reverse(module.len())))?;
        Some((root.to_owned(), module.0.to_owned()))
    };
    told.into_iter().filter_map(most).collect()
}

/// What of an import's path may be the module's, and what lies below it.
fn split(path: &str) -> Vec<(&str, &str)> {
    let first = path.split('/').next().unwrap_or_default();
    let at = |nth: usize| {
        let (at, _) = path.match_indices('/').nth(nth)?;
        Some((&path[..at], &path[at + 1..]))
    };
    let nths = match first {
        forge if FORGES.contains(&forge) => 2..3,
        host if host.contains('.') => 0..3,
        word if STANDARD.contains(&word) => 0..0,
        _ => 0..1,
    };
    nths.filter_map(at).collect()
}
