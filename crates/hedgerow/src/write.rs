//! Writing files so that nobody ever sees half of one: a temporary file beside the target, then a rename.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the names of temporary files begin with.
pub const TEMPORARY: &str = ".hedgerow-";

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
    write(path, text.as_bytes(), true).map_err(|source| WriteError { path: path.to_path_buf(), source })
}

/// [`write_file`] for what can be made again, as a cache can: after a loss of power the file may hold anything.
///
/// # Errors
/// When the file or a directory above it cannot be written.
pub fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write(path, bytes, false).map_err(|source| WriteError { path: path.to_path_buf(), source })
}

fn write(path: &Path, bytes: &[u8], sync: bool) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut builder = tempfile::Builder::new();
    // A temporary file is private; a written one has the permissions of the file it replaces, or the usual ones.
    #[cfg(unix)]
    let permissions: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.prefix(TEMPORARY).tempfile_in(directory)?;
    file.write_all(bytes)?;
    if sync {
        file.as_file().sync_data()?;
    }
    if let Ok(metadata) = std::fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
