//! From a directory to what the scan looks at: walks the tree, reads source code and deploy files, keeps facts in a cache.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

mod cache;

use cache::Cache;
use hedgerow_scan::{CodeFile, PlainFile, ScanConfig, Want, wants};
use rayon::prelude::*;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most bytes that a source file may have. Larger ones are made by programs.
const LIMIT: u64 = 8 << 20;

/// What was read of a tree.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The source files.
    pub(crate) code: Vec<CodeFile>,
    /// The other files.
    pub(crate) texts: Vec<PlainFile>,
    /// The texts of the source files by path, in the order of `code`.
    pub(crate) sources: Vec<(String, Arc<str>)>,
    /// Files that could not be read, each with the reason.
    pub(crate) faults: Vec<(String, Fault)>,
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operating system's reason.
    Unreadable(String),
    /// It is not UTF-8.
    Encoding,
    /// It is larger than the limit, in bytes.
    TooLarge(u64),
}

enum One {
    Code(CodeFile, Arc<str>),
    Text(PlainFile),
    Fault(String, Fault),
}

/// Reads everything below `root` that the scan wants. Symbolic links are not followed, so nothing outside is read and no
/// ring is walked twice.
///
/// # Errors
/// When the root cannot be listed.
pub(crate) fn read_code(root: &Path, config: &ScanConfig, cache: Option<&Path>) -> io::Result<Read> {
    let mut paths = Vec::new();
    let mut read = Read::default();
    fs::read_dir(root)?;
    walk(root, "", config, &mut paths, &mut read.faults);
    paths.sort_by(|(a, _): &(String, Want), (b, _)| a.cmp(b));
    let cache = cache.map(Cache::open);
    let files: Vec<One> = paths
        .into_par_iter()
        .map(|(path, want)| match text(&root.join(&path)) {
            Err(fault) => One::Fault(path, fault),
            Ok(text) => match want {
                Want::Code(language) => {
                    let made = || language.frontend().map(|frontend| frontend.facts(&text)).unwrap_or_default();
                    let facts = match &cache {
                        Some(cache) => cache.facts(language, &text, made),
                        None => made(),
                    };
                    One::Code(CodeFile { path, language, facts: Arc::new(facts) }, text)
                }
                Want::Text | Want::Nothing => One::Text(PlainFile { path, text }),
            },
        })
        .collect();
    for file in files {
        match file {
            One::Code(code, text) => {
                read.sources.push((code.path.clone(), text));
                read.code.push(code);
            }
            One::Text(text) => read.texts.push(text),
            One::Fault(path, fault) => read.faults.push((path, fault)),
        }
    }
    if let Some(cache) = cache {
        cache.close();
    }
    Ok(read)
}

fn walk(
    root: &Path,
    below: &str,
    config: &ScanConfig,
    paths: &mut Vec<(String, Want)>,
    faults: &mut Vec<(String, Fault)>,
) {
    let list = match fs::read_dir(root.join(below)) {
        Ok(list) => list,
        Err(error) => {
            faults.push((below.to_owned(), Fault::Unreadable(error.to_string())));
            return;
        }
    };
    for entry in list.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if kind.is_dir() {
            if !name.starts_with('.') && name != "node_modules" {
                walk(root, &path, config, paths, faults);
            }
        } else if kind.is_file() {
            let want = wants(&path, config);
            if want != Want::Nothing {
                paths.push((path, want));
            }
        }
    }
}

/// The text of a file. A file that grows while it is read is read up to the limit and refused there.
fn text(path: &Path) -> Result<Arc<str>, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > LIMIT {
        return Err(Fault::TooLarge(length));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    io::Read::read_to_end(&mut io::Read::take(file, LIMIT + 1), &mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Fault::TooLarge(bytes.len() as u64));
    }
    let text = String::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
    Ok(text.into())
}

/// Removes a file and says whether it could.
///
/// # Errors
/// When the file cannot be removed; one that is gone already is no error.
pub(crate) fn remove_file(path: &PathBuf) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
