//! The texts of a fleet as they lie on a disk, handed in by whoever can read one.

use crate::source::SourceId;
use std::sync::Arc;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path relative to the fleet's root, with `/` between the parts.
    pub path: String,
    /// Its text, or why there is none.
    pub text: Result<Arc<String>, FileFault>,
}

impl File {
    /// A file that was read.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: Ok(Arc::new(text.into())) }
    }
}

/// Why a file or directory has no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// The operating system's words.
    Unreadable(String),
    /// It is not UTF-8; with the reason.
    Encoding(String),
    /// It is a symbolic link that leads out of the fleet's tree.
    LeadsOut,
    /// It is a symbolic link to nothing, or to itself.
    LeadsNowhere,
    /// It is neither a file nor a directory.
    NotAFile,
    /// It is a file where a directory is expected.
    NotADirectory,
    /// It is a directory where a file is expected.
    IsADirectory,
    /// It is larger than the given number of bytes.
    TooLarge(u64),
}

/// One service's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Its path relative to the fleet's root.
    pub path: String,
    /// Its `service.yaml`, where there is one.
    pub file: Option<File>,
    /// The files in its rule directories, in any order.
    pub rules: Vec<File>,
    /// What could not be read: paths with the reason.
    pub faults: Vec<(String, FileFault)>,
    /// What lies in it, is not read, and looks as if it were meant to be.
    pub unread: Vec<Unread>,
}

/// What lies where nothing reads it, and looks as if it were meant to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its path relative to the fleet's root.
    pub path: String,
    /// What it looks like.
    pub looks: Looks,
}

/// What a file or directory looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looks {
    /// Like `hedgerow.yaml`.
    Config,
    /// Like a `service.yaml`, with its text.
    Metadata {
        /// The file.
        file: File,
        /// Where it lies.
        place: MetadataPlace,
    },
    /// Like a rule file.
    Rule,
    /// Like a directory of rule files, with the names of the files in it.
    Rules(Vec<String>),
    /// Like rules, in a directory where nobody looks for them: the files.
    Strays {
        /// The files, with their texts.
        files: Vec<File>,
        /// The directory of the service below which they lie; none where they lie below no service.
        service: Option<String>,
    },
    /// Like the rules about hosts outside of the cluster, for which a directory is reserved: the names of the files in it.
    Outside(Vec<String>),
    /// Like a service, in a directory that is none: the paths of its rule files, and its `service.yaml`.
    Service {
        /// Its rule files.
        rules: Vec<String>,
        /// Its `service.yaml`.
        file: Option<File>,
    },
    /// Like a service by its name, inside the directory of another: that one's.
    Inside(String),
    /// Like more of the fleet: so much of the tree was looked at that the rest was left out.
    Rest,
}

/// Where a file lies that looks like a `service.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataPlace {
    /// In the directory of a service that has none.
    Alone,
    /// Beside the one that is read.
    Beside,
    /// Further below: the directory of the service.
    Below(String),
}

/// Which list a glob of directories is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GlobKind {
    /// One of `services.include`.
    Include,
    /// One of `services.exclude`.
    Exclude,
    /// One of `services.rules`, which are no globs and can be idle like one.
    Rules,
}

/// A glob of directories that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleGlob {
    /// Of which list it is.
    pub kind: GlobKind,
    /// Its place in the list.
    pub index: usize,
    /// Why it has none.
    pub why: Idle,
}

/// Why a glob has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idle {
    /// It matches no directory.
    Nothing,
    /// It matches files alone; one of them.
    File(String),
    /// It matches this directory, which this glob excludes: its place among `services.exclude`.
    Excluded(String, usize),
    /// It matches the first directory, which lies below the second one, a service.
    Below(String, String),
    /// No service has such a directory, and others of its list are there.
    Absent,
    /// All that it matches is matched by these others of its list: their places there.
    Shadowed(Vec<usize>),
}

/// A text that has become a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loaded {
    pub(crate) source: SourceId,
    pub(crate) text: Arc<String>,
    /// Whether the text is missing for a reason that was reported.
    pub(crate) is_missing: bool,
    /// Whether its name says that it is JSON.
    pub(crate) is_json: bool,
}
