//! Files that are read again when they change.
#![allow(clippy::disallowed_methods, reason = "the door to configuration files")]

use anyhow::Context;
use std::path::Path;

/// A file's text.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Makes a directory, if need be.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn directory(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))
}
