//! What can be wrong with a text before any question is asked of it.

use thiserror::Error;

/// A text that is not YAML, or not YAML that Kubernetes would read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} (at byte {offset})")]
pub struct YamlError {
    /// Byte offset in the stream that the document was taken from.
    pub offset: usize,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
}

impl YamlError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}
