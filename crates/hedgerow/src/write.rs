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

/// Several files of which one could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`; {}", path.display(), told(left))]
pub struct FilesError {
    /// The file.
    pub path: PathBuf,
    /// Files that were written before it and could not be put back as they were.
    pub left: Vec<PathBuf>,
    /// The operating system's reason.
    pub source: io::Error,
}

fn told(left: &[PathBuf]) -> String {
    if left.is_empty() {
        return "nothing is changed".to_owned();
    }
    let left: Vec<String> = left.iter().map(|path| format!("`{}`", path.display())).collect();
    format!("written before it, and not taken back: {}", left.join(", "))
}

/// [`write_file`] for several: where one cannot be written, those before it are put back as they were. A reader sees each of them whole, and
/// whoever kills the run leaves some of them written.
///
/// # Errors
/// When a file or a directory above it cannot be written.
pub fn write_files<'t>(files: impl IntoIterator<Item = (PathBuf, &'t str)>) -> Result<(), FilesError> {
    let mut written: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, text) in files {
        let one = before(&path).and_then(|before| write(&path, text.as_bytes(), true).map(|()| before));
        match one {
            Ok(before) => written.push((path, before)),
            Err(source) => {
                let is_left = |(path, before): &(PathBuf, Option<Vec<u8>>)| match before {
                    Some(bytes) => write(path, bytes, true).is_err(),
                    None => std::fs::remove_file(path).is_err(),
                };
                let left = written.into_iter().filter(is_left).map(|(path, _)| path).collect();
                return Err(FilesError { path, left, source });
            }
        }
    }
    Ok(())
}

/// What a file holds; nothing where it is not there.
fn before(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
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

#[cfg(test)]
mod tests {
    use super::{FilesError, write_files};
    use std::fs;

    #[test]
    fn files_are_as_before_where_one_cannot_be_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        fs::write(at("old"), [b'a', 0xff]).expect("a file");
        fs::write(at("file"), "").expect("a file");
        fs::create_dir(at("directory")).expect("a directory");
        for bad in ["file/below", "directory"] {
            let files = ["old", "new", bad, "later"].map(|name| (at(name), "text"));
            let FilesError { path, left, .. } = write_files(files).expect_err("one cannot be written");
            assert_eq!((path, left), (at(bad), Vec::new()), "{bad}");
            assert_eq!(fs::read(at("old")).expect("it is put back"), [b'a', 0xff], "{bad}");
            assert!(!at("new").exists() && !at("later").exists(), "{bad}");
        }
        let names = |error: &FilesError| error.to_string().rsplit_once("; ").map(|(_, told)| told.to_owned());
        let error = write_files([(at("directory"), "x")]).expect_err("it is a directory");
        assert_eq!(names(&error).as_deref(), Some("nothing is changed"));
        let error = FilesError { left: vec!["a".into(), "b".into()], ..error };
        assert_eq!(names(&error).as_deref(), Some("written before it, and not taken back: `a`, `b`"));
        write_files([(at("old"), "x"), (at("deep/new"), "y")]).expect("both can be written");
        assert_eq!(fs::read_to_string(at("deep/new")).expect("a file"), "y");
    }
}
