//! What can go wrong, in our words.

use super::tables::FORMAT;
use hedgerow_observe::ledger::Unsound;
use redb::{DatabaseError, StorageError};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left on the volume, or the file has reached its limit. Nothing of this commit was kept.
    #[error("no room is left for the store: {0}")]
    Full(String),
    /// Another program has the file open.
    #[error("another program has the store open")]
    InUse,
    /// A later version of this program made it.
    #[error("the store is of form {0}; this program knows form {FORMAT}")]
    Later(i64),
    /// The file was damaged after it was opened.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The file cannot be read or written.
    #[error("the store cannot be read or written: {0}")]
    Io(String),
}

impl From<Unsound> for StoreError {
    fn from(_: Unsound) -> Self {
        Self::Damaged("a record is none".to_owned())
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupted(what) => Self::Damaged(what),
            StorageError::Io(error) => {
                use std::io::ErrorKind;
                match error.kind() {
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                        Self::Full(error.to_string())
                    }
                    // What redb says of a file that is not its own, or that is cut.
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Self::Damaged(error.to_string()),
                    _ => Self::Io(error.to_string()),
                }
            }
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::Storage(error) => error.into(),
            DatabaseError::UpgradeRequired(form) => Self::Later(form.into()),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<redb::TableError> for StoreError {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<redb::TransactionError> for StoreError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<redb::CommitError> for StoreError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}
