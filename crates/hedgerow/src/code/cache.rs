//! What a scan made, kept between runs: the facts of each file, and what the last run found.
//!
//! Both are kept under the hash of everything they are made from, so that nothing has to be thrown away when a file
//! changes, and behind a sum of their own bytes. Whatever is wrong with the cache, the scan makes all anew: no answer
//! depends on it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use super::Fleet;
use crate::write::write_unsynced;
use hedgerow_scan::ir::{Facts, VERSION};
use hedgerow_scan::{Outcome, Want};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The bytes of a key, and of a sum.
const HASH: usize = 32;
/// The bytes before a record: its key, the sum of its bytes, how many they are.
const HEAD: usize = HASH + HASH + 4;

/// A hash of what something is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; HASH]);

impl Key {
    /// The key of what a file says.
    pub(super) fn of_file(want: Want, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{want:?}\n"));
        hash.update(text);
        Self(hash.finalize().into())
    }

    /// The key of what is found in a tree of files.
    pub(super) fn of_tree<'a>(fleet: Fleet<'_>, files: impl Iterator<Item = (&'a str, &'a Self)>) -> Self {
        let mut hash = Sha256::new();
        let mut text = |text: &str| {
            // The length keeps two texts beside each other apart.
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        text(fleet.config_text);
        for namespace in fleet.namespaces {
            text(namespace);
        }
        text("services");
        for service in fleet.services {
            for part in [&service.name, &service.slug, &service.directory] {
                text(part);
            }
        }
        text("files");
        for (path, key) in files {
            hash.update(path.len().to_le_bytes());
            hash.update(path);
            hash.update(key.0);
        }
        Self(hash.finalize().into())
    }
}

/// The facts of earlier runs.
pub(super) struct Cache {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Where in `bytes` the record of a key is, its head included.
    known: BTreeMap<Key, Range<usize>>,
    /// What this run used, and what it made.
    used: Mutex<BTreeMap<Key, Option<Vec<u8>>>>,
    is_new: AtomicBool,
}

impl Cache {
    /// Opens the facts in a directory; none where there are none or they cannot be read.
    pub(super) fn open(directory: &Path) -> Self {
        let path = file(directory, "facts");
        let bytes = fs::read(&path).unwrap_or_default();
        let known = records(&bytes);
        Self { path, bytes, known, used: Mutex::default(), is_new: AtomicBool::new(false) }
    }

    /// The facts under a key: those that are kept, else those that `make` makes.
    pub(super) fn facts(&self, key: Key, make: impl FnOnce() -> Facts) -> Facts {
        let kept = self.known.get(&key).and_then(|range| payload::<Facts>(self.bytes.get(range.clone())?));
        if let Some(facts) = kept.filter(Facts::is_sound) {
            self.keep(key, None);
            return facts;
        }
        let facts = make();
        if let Some(record) = record(key, &facts) {
            self.is_new.store(true, Ordering::Relaxed);
            self.keep(key, Some(record));
        }
        facts
    }

    fn keep(&self, key: Key, record: Option<Vec<u8>>) {
        self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, record);
    }

    /// Writes what was used, where it differs from what was there.
    pub(super) fn close(self) {
        let used = self.used.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.is_new.into_inner() && used.len() == self.known.len() {
            return;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for (key, record) in &used {
            match record {
                Some(record) => bytes.extend_from_slice(record),
                None => bytes
                    .extend(self.known.get(key).and_then(|range| self.bytes.get(range.clone())).unwrap_or_default()),
            }
        }
        write(&self.path, &bytes);
    }
}

/// What the last run found, if it looked at the same things.
pub(super) fn outcome(directory: &Path, key: Key) -> Option<Outcome> {
    let bytes = fs::read(file(directory, "outcome")).ok()?;
    payload(bytes.get(records(&bytes).remove(&key)?)?)
}

/// Keeps what this run found.
pub(super) fn keep_outcome(directory: &Path, key: Key, outcome: &Outcome) {
    if let Some(record) = record(key, outcome) {
        write(&file(directory, "outcome"), &record);
    }
}

/// A file of the cache. One that another version wrote has another name.
fn file(directory: &Path, what: &str) -> PathBuf {
    directory.join(format!("{what}-{VERSION}-{}", env!("CARGO_PKG_VERSION")))
}

/// A cache that cannot be written is none.
fn write(path: &Path, bytes: &[u8]) {
    let _unwritten = write_unsynced(path, bytes);
}

fn record(key: Key, value: &impl Serialize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; HEAD];
    bytes = postcard::to_extend(value, bytes).ok()?;
    let (head, payload) = bytes.split_at_mut(HEAD);
    let length = u32::try_from(payload.len()).ok()?;
    head[..HASH].copy_from_slice(&key.0);
    head[HASH..2 * HASH].copy_from_slice(&Sha256::digest(&*payload));
    head[2 * HASH..].copy_from_slice(&length.to_le_bytes());
    Some(bytes)
}

/// The value in a record, if all of its bytes are those that were written.
fn payload<T: DeserializeOwned>(record: &[u8]) -> Option<T> {
    let payload = record.get(HEAD..)?;
    let sum = record.get(HASH..2 * HASH)?;
    if Sha256::digest(payload).as_slice() != sum {
        return None;
    }
    let (value, rest) = postcard::take_from_bytes(payload).ok()?;
    rest.is_empty().then_some(value)
}

/// Where the records are. What is cut off at the end is none.
fn records(bytes: &[u8]) -> BTreeMap<Key, Range<usize>> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + HEAD)
        && let (Some(key), Some(length)) = (head.first_chunk(), head.last_chunk())
    {
        let end = at + HEAD + u32::from_le_bytes(*length) as usize;
        if end > bytes.len() {
            break;
        }
        found.insert(Key(*key), at..end);
        at = end;
    }
    found
}
