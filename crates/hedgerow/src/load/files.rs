//! Reading files below a root, and nothing outside of it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use hedgerow_core::read::unread::{is_config, is_like_config};
use hedgerow_core::tree::{Directory, File, FileFault, Looks, Unread};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;

/// The most bytes that a configuration, service or rule file may have.
pub(super) const LIMIT: u64 = 1 << 20;

/// The most bytes that a catalogue may have: one of 15,000 services with their rules.
pub(super) const CATALOGUE_LIMIT: u64 = 64 << 20;

/// A tree of files that a fleet is read from: a disk, or a revision. Paths are relative to the fleet's root.
pub(super) trait Files {
    /// A file that may be absent.
    fn file_if_present(&self, path: &str) -> Option<File>;

    /// The entries of a directory by name; an empty list where there is no such directory.
    fn all_entries(&self, path: &str) -> Result<Vec<Entry>, FileFault>;

    /// The same without hidden ones.
    fn entries(&self, path: &str) -> Result<Vec<Entry>, FileFault> {
        let mut entries = self.all_entries(path)?;
        entries.retain(|entry| !entry.is_hidden());
        Ok(entries)
    }

    /// Adds the files of one rule directory to a service's.
    fn rules(&self, path: &str, directory: &mut Directory);

    /// Refuses a link that leads out of the tree.
    fn refuse_outside(&self, path: &str) -> Result<(), FileFault>;

    /// Whether anything lies at a path.
    fn is_there(&self, path: &str) -> bool;

    /// What was read through links so far, files and directories: what lies there is read although nobody looks for it there.
    fn linked(&self) -> BTreeSet<String>;

    /// Whether a file or a directory is none that people keep, such as one of a build.
    fn is_left_out(&self, _path: &str, _is_directory: bool) -> bool {
        false
    }
}

/// Says which files and directories are not searched, by their full paths and whether they are directories.
pub type LeftOut = Arc<dyn Fn(&Path, bool) -> bool + Send + Sync>;

/// A root below which everything is read, and what was read there.
pub(super) struct Tree {
    root: PathBuf,
    /// The root with all links resolved, to see whether a link leads out of it.
    real_root: PathBuf,
    inputs: Mutex<Vec<PathBuf>>,
    linked: Mutex<BTreeSet<String>>,
    left_out: Option<LeftOut>,
}

/// One entry of a directory.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_directory: bool,
    pub(super) is_link: bool,
}

impl Entry {
    /// Whether people do not see it; nothing that is called like a rule is hidden.
    pub(super) fn is_hidden(&self) -> bool {
        self.name.starts_with('.') && !self.name.ends_with(".rule")
    }
}

impl Tree {
    pub(super) fn open(root: &Path, left_out: Option<LeftOut>) -> io::Result<Self> {
        let real_root = root.canonicalize()?;
        if !real_root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let (inputs, linked) = (Mutex::default(), Mutex::default());
        Ok(Self { root: root.to_path_buf(), real_root, inputs, linked, left_out })
    }

    /// Every file read and every directory listed so far.
    pub(super) fn into_inputs(self) -> Vec<PathBuf> {
        self.inputs.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn input(&self, path: &Path) {
        self.inputs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path.to_path_buf());
    }

    /// What is not there may come to be there, which changes the nearest directory above it that is.
    fn absent(&self, path: &Path) {
        if let Some(directory) = path.ancestors().skip(1).find(|directory| directory.is_dir()) {
            self.input(directory);
        }
    }

    /// The configuration, which may lie anywhere; nothing where there is none.
    pub(super) fn config(&self, path: &Path) -> Option<File> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => None,
            Err(_) if path.is_symlink() => Some(File { path: shown, text: Err(FileFault::LeadsNowhere) }),
            _ => Some(File { path: shown, text: read(path, LIMIT) }),
        }
    }

    /// The catalogue, which may lie anywhere.
    pub(super) fn catalogue(&self, path: &str) -> File {
        let full = self.root.join(path);
        self.input(&full);
        File { path: path.to_owned(), text: read(&full, CATALOGUE_LIMIT) }
    }

    fn text(&self, full: &Path, metadata: &fs::Metadata) -> Result<Arc<String>, FileFault> {
        if metadata.is_symlink() {
            self.inside(full)?;
        } else if metadata.is_dir() {
            return Err(FileFault::IsADirectory);
        } else if !metadata.is_file() {
            return Err(FileFault::NotAFile);
        } else if metadata.len() == 0 {
            // Most rule files are empty; not opening them is half the time of loading a fleet.
            return Ok(Arc::default());
        }
        read(full, LIMIT)
    }

    /// Refuses a link that leads out of the tree.
    fn inside(&self, full: &Path) -> Result<PathBuf, FileFault> {
        let real = full.canonicalize().map_err(|error| {
            let is_shut = error.kind() == io::ErrorKind::PermissionDenied;
            if is_shut { FileFault::Unreadable(error.to_string()) } else { FileFault::LeadsNowhere }
        })?;
        let below = real.strip_prefix(&self.real_root).map_err(|_| FileFault::LeadsOut)?;
        let below = below.to_string_lossy().replace('\\', "/");
        self.linked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(below);
        Ok(real)
    }
}

impl Files for Tree {
    fn file_if_present(&self, path: &str) -> Option<File> {
        let full = self.root.join(path);
        let text = match fs::symlink_metadata(&full) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                self.absent(&full);
                return None;
            }
            Err(error) => Err(FileFault::Unreadable(error.to_string())),
            Ok(metadata) => self.text(&full, &metadata),
        };
        self.input(&full);
        Some(File { path: path.to_owned(), text })
    }

    fn refuse_outside(&self, path: &str) -> Result<(), FileFault> {
        self.inside(&self.root.join(path)).map(drop)
    }

    fn is_there(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    fn linked(&self) -> BTreeSet<String> {
        self.linked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn is_left_out(&self, path: &str, is_directory: bool) -> bool {
        self.left_out.as_ref().is_some_and(|left_out| left_out(&self.real_root.join(path), is_directory))
    }

    fn all_entries(&self, path: &str) -> Result<Vec<Entry>, FileFault> {
        let full = if path == "." { self.root.clone() } else { self.root.join(path) };
        let unreadable = |error: io::Error| FileFault::Unreadable(error.to_string());
        let list = match fs::read_dir(&full) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        self.input(&full);
        let mut entries = Vec::new();
        for entry in list {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_directory = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
            entries.push(Entry { name, is_directory, is_link: kind.is_symlink() });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn rules(&self, path: &str, directory: &mut Directory) {
        let full = self.root.join(path);
        match fs::symlink_metadata(&full) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return self.absent(&full);
            }
            Err(error) => {
                directory.faults.push((path.to_owned(), FileFault::Unreadable(error.to_string())));
                return;
            }
            Ok(metadata) => {
                let real = if metadata.is_symlink() { self.inside(&full) } else { Ok(full) };
                let fault = match real {
                    Ok(real) if real.is_file() => Some(FileFault::NotADirectory),
                    Ok(_) => None,
                    Err(fault) => Some(fault),
                };
                if let Some(fault) = fault {
                    directory.faults.push((path.to_owned(), fault));
                    return;
                }
            }
        }
        let entries = match self.entries(path) {
            Ok(entries) => entries,
            Err(fault) => {
                directory.faults.push((path.to_owned(), fault));
                return;
            }
        };
        for entry in entries {
            // Reserved for rules about hosts outside the cluster.
            let file = format!("{path}/{}", entry.name);
            if entry.is_directory && entry.name == "external" {
                let looks = Looks::Outside(super::unread::files(self, &file));
                directory.unread.push(Unread { path: file, looks });
                continue;
            }
            if entry.is_directory {
                directory.faults.push((file, FileFault::IsADirectory));
                continue;
            }
            let full = self.root.join(&file);
            let text = match fs::symlink_metadata(&full) {
                Ok(metadata) => self.text(&full, &metadata),
                Err(error) => Err(FileFault::Unreadable(error.to_string())),
            };
            self.input(&full);
            directory.rules.push(File { path: file, text });
        }
    }
}

/// Whether a file has a name that people give to a `hedgerow.yaml`, with an ending.
pub(super) fn is_named_like_config(name: &str) -> bool {
    name.trim_start_matches('.').contains('.') && is_like_config(name)
}

/// The first file in a directory that is called nearly `hedgerow.yaml` and is meant to be one. What only begins so, such as this program itself or
/// what it has printed into a file, is not.
pub(super) fn misnamed_config(directory: &Path) -> Option<PathBuf> {
    let names = fs::read_dir(directory).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| is_named_like_config(name)).collect();
    names.sort();
    let paths = names.into_iter().map(|name| directory.join(name));
    paths.into_iter().find(|path| read(path, LIMIT).is_ok_and(|text| is_config(&text)))
}

/// A catalogue as it lies on the disk, for whoever names one; [`Reader::catalogue`](hedgerow_core::read::Reader::catalogue) takes
/// it.
///
/// # Errors
/// When it cannot be read, is larger than 64 MiB, or is no text in UTF-8.
pub fn read_catalogue(path: &Path) -> Result<Arc<String>, FileFault> {
    read(path, CATALOGUE_LIMIT)
}

fn read(path: &Path, limit: u64) -> Result<Arc<String>, FileFault> {
    let unreadable = |error: io::Error| FileFault::Unreadable(error.to_string());
    // Asked before it is opened: opening a pipe waits for somebody to write into it.
    let found = fs::metadata(path).map_err(unreadable)?;
    if found.is_dir() {
        return Err(FileFault::IsADirectory);
    }
    if !found.is_file() {
        return Err(FileFault::NotAFile);
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(FileFault::NotAFile);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(1 << 20));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(FileFault::TooLarge(limit));
    }
    hedgerow_yaml::decode_owned(bytes).map(Arc::new).map_err(|error| FileFault::Encoding(error.to_string()))
}
