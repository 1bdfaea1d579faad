//! Reading manifests of others, wherever they lie.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The endings of files in a directory of manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// The bytes of a file, or of every manifest (`*.yaml`, `*.yml`, `*.json`) below a directory in the order of their paths.
/// The paths are relative to the directory; a file's own is empty. Links within a directory are not followed.
///
/// # Errors
/// When the file, or anything below the directory, cannot be read.
pub(crate) fn read_manifests(path: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![(PathBuf::new(), fs::read(path)?)]);
    }
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(path.join(&directory))? {
            let entry = entry?;
            let below = directory.join(entry.file_name());
            let kind = entry.file_type()?;
            let is_manifest = || below.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
            if kind.is_dir() {
                open.push(below);
            } else if kind.is_file() && is_manifest() {
                let bytes = fs::read(path.join(&below))?;
                found.push((below, bytes));
            }
        }
    }
    found.sort();
    Ok(found)
}
