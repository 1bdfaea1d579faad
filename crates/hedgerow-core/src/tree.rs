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
    /// It is neither a file nor a directory, or a directory where a file is expected.
    NotAFile,
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
}

/// A text that has become a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loaded {
    pub(crate) source: SourceId,
    pub(crate) text: Arc<String>,
    /// Whether the text is missing for a reason that was reported.
    pub(crate) is_missing: bool,
}
