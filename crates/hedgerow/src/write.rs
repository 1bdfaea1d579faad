//! Writing files so that nobody ever sees half of one: a temporary file beside the target, then a rename.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The operating system's reason.
    pub source: io::Error,
}

/// Writes a whole file, making the directories above it. Where it fails, the file is as it was before.
///
/// # Errors
/// When the file or a directory above it cannot be written.
pub fn write_file(path: &Path, text: &str) -> Result<(), WriteError> {
    write(path, text).map_err(|source| WriteError { path: path.to_path_buf(), source })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new().prefix(".hedgerow-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_data()?;
    set_mode(file.as_file(), path)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is private; a written one has the permissions of the file it replaces, or the usual ones.
#[cfg(unix)]
fn set_mode(file: &std::fs::File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &std::fs::File, _: &Path) -> io::Result<()> {
    Ok(())
}
