//! What files say, kept between runs.
//!
//! One file holds everything: for each source file the hash of its language and text, and its facts. It is read whole,
//! and written whole where something new was met. Whatever is wrong with it, the facts are made anew: no answer depends
//! on the cache.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use crate::write::write_file;
use hedgerow_scan::frontend::Language;
use hedgerow_scan::ir::{Facts, VERSION};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

type Key = String;

/// A cache in use.
pub(super) struct Cache {
    path: PathBuf,
    /// The facts of earlier runs, as they are written.
    known: BTreeMap<Key, String>,
    /// What this run used or made.
    used: Mutex<BTreeMap<Key, String>>,
    is_new: AtomicBool,
}

impl Cache {
    /// Opens the cache in a directory; an empty one where there is none or it cannot be read.
    pub(super) fn open(directory: &Path) -> Self {
        let path = directory.join(format!("facts-{VERSION}-{}", env!("CARGO_PKG_VERSION")));
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let known = lines.map(|(key, facts)| (key.to_owned(), facts.to_owned())).collect();
        Self { path, known, used: Mutex::default(), is_new: AtomicBool::new(false) }
    }

    /// The facts of a text: those that are kept, else those that `make` makes.
    pub(super) fn facts(&self, language: Language, text: &str, make: impl FnOnce() -> Facts) -> Facts {
        let key = key(language, text);
        let kept = self.known.get(&key).and_then(|line| Some((serde_json::from_str::<Facts>(line).ok()?, line)));
        if let Some((facts, line)) = kept.filter(|(facts, _)| facts.is_sound()) {
            self.keep(key, line.clone());
            return facts;
        }
        let facts = make();
        if let Ok(line) = serde_json::to_string(&facts) {
            self.is_new.store(true, Ordering::Relaxed);
            self.keep(key, line);
        }
        facts
    }

    fn keep(&self, key: Key, line: String) {
        self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, line);
    }

    /// Writes what was used, where it differs from what was there. A cache that cannot be written is none.
    pub(super) fn close(self) {
        let used = self.used.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.is_new.into_inner() && used.len() == self.known.len() {
            return;
        }
        let mut text = String::new();
        for (key, line) in &used {
            text.push_str(key);
            text.push(' ');
            text.push_str(line);
            text.push('\n');
        }
        let _unwritten = write_file(&self.path, &text);
    }
}

fn key(language: Language, text: &str) -> Key {
    let mut hash = Sha256::new();
    hash.update(format!("{language:?}\n"));
    hash.update(text);
    data_encoding::HEXLOWER.encode(&hash.finalize())
}
