//! What a scan made, kept between runs.
//!
//! | file | holds | under |
//! | --- | --- | --- |
//! | `outcome-…` | what the last run found | the hash of everything it looked at |
//! | `parts-…` | what it found about each service by itself | hashes that the scan makes |
//! | `index-…` | of each file the header of its facts, and where in `facts-…` they are | the hash of program, language and text |
//! | `facts-…` | all facts, new ones behind the old ones until half of the file is of no use | the same |
//! | `lock` | nothing: whoever reads or writes an index with its facts has it | |
//!
//! Everything lies behind a sum of its own bytes. Whatever is wrong with the cache, the scan makes all anew: no answer
//! depends on it. Of two runs at once each adds to what the other has kept by then; neither waits while the other scans.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

use super::Fleet;
use hedgerow::write_unsynced;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Facts, VERSION};
use hedgerow_scan::{Lost, Outcome, Parts, PlainFile, Sum};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The bytes of a key, and of a sum.
const HASH: usize = 32;
/// The bytes before what a record holds: its key, and the sum of what it holds.
const HEAD: usize = HASH + HASH;
/// So many bytes may be of no use in any case.
const SLACK: u64 = 1 << 20;

/// The file that is locked.
const LOCK: &str = "lock";

/// So many bytes of a program are read at once.
const PIECE: usize = 256 << 10;

/// A hash of what something is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key(pub(super) Sum);

impl Key {
    /// The key of what a file of source code says to a [`program`].
    pub(super) fn of_file(program: Self, language: Language, text: &str) -> Self {
        hash(|add| {
            // Two builds may be at one `facts-…` at once, or one be stopped before its index is there.
            add(&program.0);
            add(language.name().as_bytes());
            add(text.as_bytes());
        })
    }

    /// The key of what a scan knows beside the files, and of the program that scans.
    pub(super) fn of_fleet(program: Self, fleet: Fleet<'_>) -> Self {
        hash(|add| {
            add(&program.0);
            add(fleet.config_text.as_bytes());
            add(fleet.config.alone().unwrap_or_default().as_bytes());
            add(&fleet.namespaces.len().to_le_bytes());
            for namespace in fleet.namespaces {
                add(namespace.as_bytes());
            }
            for service in fleet.services {
                for part in [&service.name, &service.slug, &service.directory] {
                    add(part.as_bytes());
                }
            }
        })
    }

    /// The key of what is found in a tree of files.
    pub(super) fn of_tree<'a>(
        rest: Self,
        code: impl Iterator<Item = (&'a str, &'a Self)>,
        texts: &[PlainFile],
        lost: &[Lost],
    ) -> Self {
        hash(|add| {
            add(&rest.0);
            for (path, key) in code {
                add(path.as_bytes());
                add(&key.0);
            }
            add(b"texts");
            for file in texts {
                add(file.path.as_bytes());
                add(file.text.as_bytes());
            }
            add(b"lost");
            for file in lost {
                add(file.path.as_bytes());
                add(file.reason.as_bytes());
            }
        })
    }
}

fn hash(give: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Key {
    let mut hash = Sha256::new();
    give(&mut |text| {
        // The length keeps two texts beside each other apart.
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    });
    Key(hash.finalize().into())
}

/// Tells one build of the program from another: two builds of one version may find different things. None where that
/// cannot be told; then nothing is kept.
pub(super) fn program() -> Option<Key> {
    static PROGRAM: OnceLock<Option<Key>> = OnceLock::new();
    *PROGRAM.get_or_init(|| {
        // By this name Linux gives what runs, also where an update has put another program in its place.
        let running = Path::new("/proc/self/exe");
        if cfg!(target_os = "linux") { build(running) } else { build(&std::env::current_exe().ok()?) }
    })
}

/// The hash of a program's file. Its name, length and time would not do: images and archives are made with one time for
/// all files, and a build may well be as long as the one before.
///
/// Every run waits for this, and nobody means to deceive it: what is quick will do. Another release of Rust may hash in
/// another way, but that makes another program too.
fn build(path: &Path) -> Option<Key> {
    let mut file = File::open(path).ok()?;
    let mut sum = DefaultHasher::new();
    let mut piece = vec![0; PIECE];
    let mut length = 0_usize;
    loop {
        match file.read(&mut piece).ok()? {
            0 => break,
            read => {
                sum.write(&piece[..read]);
                length += read;
            }
        }
    }
    Some(hash(|add| {
        add(&length.to_le_bytes());
        add(&sum.finish().to_le_bytes());
    }))
}

/// Where the facts of a file are, with their header.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    offset: u64,
    length: u32,
    header: Facts,
}

/// The facts of earlier runs.
pub(super) struct Cache {
    directory: PathBuf,
    /// The key of the index: which program wrote it.
    own: Key,
    index: BTreeMap<Key, Entry>,
    facts: Option<Mutex<File>>,
    /// What this run made: the record, and the header.
    made: Mutex<BTreeMap<Key, (Vec<u8>, Facts)>>,
}

impl Cache {
    /// Opens the facts in a directory; none where there are none or they cannot be read.
    pub(super) fn open(directory: &Path, own: Key) -> Self {
        let mut cache = Self {
            directory: directory.to_path_buf(),
            own,
            index: BTreeMap::new(),
            facts: None,
            made: Mutex::default(),
        };
        // The index and the facts that it was written with. Where nobody could write there is nothing to wait for.
        let _held = File::open(directory.join(LOCK)).ok().filter(|held| held.lock_shared().is_ok());
        cache.look();
        cache
    }

    /// Takes in what is kept now. The caller holds the lock.
    fn look(&mut self) {
        self.index = read(&self.directory, "index", self.own).unwrap_or_default();
        self.facts = File::open(file(&self.directory, "facts")).ok().map(Mutex::new);
    }

    /// The header of the facts under a key, if they are kept.
    pub(super) fn header(&self, key: Key) -> Option<&Facts> {
        self.index.get(&key).map(|entry| &entry.header)
    }

    /// The facts under a key, if they are kept.
    pub(super) fn facts(&self, key: Key) -> Option<Facts> {
        let entry = self.index.get(&key)?;
        let record = self.record(entry).ok()?;
        payload::<Facts>(key, &record).filter(Facts::is_sound)
    }

    fn record(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut record = vec![0; entry.length as usize];
        let facts = self.facts.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut facts = lock(facts);
        facts.seek(SeekFrom::Start(entry.offset))?;
        facts.read_exact(&mut record)?;
        Ok(record)
    }

    /// Keeps facts for the next run.
    pub(super) fn keep(&self, key: Key, facts: &Facts) {
        if let Some(record) = record(key, facts) {
            lock(&self.made).insert(key, (record, facts.header()));
        }
    }

    /// Writes what was made, and leaves behind what the `used` keys do not lead to once that is half of the file. A cache
    /// that cannot be written is none.
    pub(super) fn close(mut self, used: &[Key]) {
        let made = std::mem::take(&mut *lock(&self.made));
        if made.is_empty() {
            return;
        }
        // Another run may have written since this one looked. Until `_held` goes, none does.
        let Ok(_held) = hold(&self.directory) else { return };
        self.look();
        let path = file(&self.directory, "facts");
        let there = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let live = used.iter().filter_map(|key| self.index.get_key_value(key));
        let live: BTreeMap<&Key, &Entry> = live.filter(|(key, _)| !made.contains_key(key)).collect();
        let size: u64 = live.values().map(|entry| u64::from(entry.length)).sum();
        let new: u64 = made.values().map(|(record, _)| record.len() as u64).sum();
        let mut bytes = Vec::with_capacity(usize::try_from(new).unwrap_or(0));
        let mut index = BTreeMap::new();
        let anew = there > 2 * size + SLACK;
        if anew {
            for (key, entry) in live {
                if let Ok(record) = self.record(entry) {
                    let offset = bytes.len() as u64;
                    bytes.extend_from_slice(&record);
                    index.insert(*key, Entry { offset, ..entry.clone() });
                }
            }
        } else {
            index.clone_from(&self.index);
        }
        let start = if anew { 0 } else { there };
        for (key, (record, header)) in made {
            let Ok(length) = u32::try_from(record.len()) else { continue };
            let offset = start + bytes.len() as u64;
            bytes.extend_from_slice(&record);
            index.insert(key, Entry { offset, length, header });
        }
        let written = if anew { write_unsynced(&path, &bytes).is_ok() } else { append(&path, &bytes).is_ok() };
        if written {
            write(&self.directory, "index", self.own, &index);
        }
    }
}

/// Waits until no other run is at the index and its facts, and keeps all others from them as long as the file is open.
fn hold(directory: &Path) -> io::Result<File> {
    fs::create_dir_all(directory)?;
    let held = OpenOptions::new().create(true).append(true).open(directory.join(LOCK))?;
    held.lock()?;
    Ok(held)
}

fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the last run found, if it looked at the same things.
pub(super) fn outcome(directory: &Path, key: Key) -> Option<Outcome> {
    read(directory, "outcome", key)
}

/// Keeps what this run found.
pub(super) fn keep_outcome(directory: &Path, key: Key, outcome: &Outcome) {
    write(directory, "outcome", key, outcome);
}

/// What the last run found about each service by itself; nothing where that cannot be read.
pub(super) fn parts(directory: &Path, own: Key) -> Parts {
    read(directory, "parts", own).unwrap_or_default()
}

/// Keeps what this run found about each service by itself.
pub(super) fn keep_parts(directory: &Path, own: Key, parts: &Parts) {
    write(directory, "parts", own, parts);
}

/// A file of the cache. One that another version wrote has another name.
fn file(directory: &Path, what: &str) -> PathBuf {
    directory.join(format!("{what}-{VERSION}-{}", env!("CARGO_PKG_VERSION")))
}

fn read<T: DeserializeOwned>(directory: &Path, what: &str, key: Key) -> Option<T> {
    payload(key, &fs::read(file(directory, what)).ok()?)
}

fn write(directory: &Path, what: &str, key: Key, value: &impl Serialize) {
    if let Some(record) = record(key, value) {
        let _unwritten = write_unsynced(&file(directory, what), &record);
    }
}

fn record(key: Key, value: &impl Serialize) -> Option<Vec<u8>> {
    let mut bytes = postcard::to_extend(value, vec![0; HEAD]).ok()?;
    let (head, payload) = bytes.split_at_mut(HEAD);
    head[..HASH].copy_from_slice(&key.0);
    head[HASH..].copy_from_slice(&Sha256::digest(&*payload));
    Some(bytes)
}

/// What a record holds, if it is the one under this key and all of its bytes are those that were written.
fn payload<T: DeserializeOwned>(key: Key, record: &[u8]) -> Option<T> {
    let (head, payload) = record.split_at_checked(HEAD)?;
    if head[..HASH] != key.0 || head[HASH..] != Sha256::digest(payload)[..] {
        return None;
    }
    let (value, rest) = postcard::take_from_bytes(payload).ok()?;
    rest.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    const PROGRAM: Key = Key([7; HASH]);

    /// The key of the `nth` file, and facts that are its alone.
    fn nth(nth: u8, length: usize) -> (Key, Facts) {
        let text = format!("package p{nth}{}\n", "x".repeat(length));
        (Key([nth; HASH]), Language::Go.frontend().unwrap().facts(&text))
    }

    fn open(directory: &Path) -> Cache {
        Cache::open(directory, PROGRAM)
    }

    #[test]
    fn runs_that_share_a_cache_add_to_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let [a, b, c] = [1, 2, 3].map(|at| nth(at, 10));
        let runs = [open(directory.path()), open(directory.path()), open(directory.path())];
        for (run, (key, facts)) in runs.into_iter().zip([&a, &b, &c]) {
            run.keep(*key, facts);
            run.close(&[a.0, b.0, c.0]);
        }
        let next = open(directory.path());
        for (key, facts) in [a, b, c] {
            assert_eq!(next.facts(key).as_ref(), Some(&facts));
            assert_eq!(next.header(key), Some(&facts.header()));
        }
    }

    #[test]
    fn a_run_that_clears_up_leaves_another_its_facts() {
        let directory = tempfile::tempdir().unwrap();
        let large = usize::try_from(SLACK).unwrap() * 2;
        let (old, kept, new, late) = (nth(1, large), nth(2, 10), nth(3, 10), nth(4, 10));
        let first = open(directory.path());
        for (key, facts) in [&old, &kept] {
            first.keep(*key, facts);
        }
        first.close(&[old.0, kept.0]);
        let before = open(directory.path());
        let clears = open(directory.path());
        clears.keep(new.0, &new.1);
        clears.close(&[kept.0, new.0]);
        // The one that looked before still reads what it saw, and keeps nothing at a place that is gone.
        assert_eq!(before.facts(old.0).as_ref(), Some(&old.1));
        before.keep(late.0, &late.1);
        before.close(&[old.0, kept.0, late.0]);
        let next = open(directory.path());
        for (key, facts) in [kept, new, late] {
            assert_eq!(next.facts(key), Some(facts));
        }
        assert!(next.header(old.0).is_none(), "it was of no use to the one that cleared up");
    }

    #[test]
    fn many_runs_at_once_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for at in 0..16 {
                let directory = directory.path();
                scope.spawn(move || {
                    let run = open(directory);
                    let (key, facts) = nth(at, 1000);
                    run.keep(key, &facts);
                    run.close(&[key]);
                });
            }
        });
        let next = open(directory.path());
        for at in 0..16 {
            let (key, facts) = nth(at, 1000);
            assert_eq!(next.facts(key), Some(facts), "{at}");
        }
    }

    #[test]
    fn builds_are_told_apart_by_what_they_hold_alone() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8], time: SystemTime| {
            let path = directory.path().join(name);
            fs::write(&path, bytes).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            build(&path).unwrap()
        };
        let (long, mut other) = (vec![1; 3 * PIECE + 5], vec![1; 3 * PIECE + 5]);
        other[2 * PIECE] = 2;
        let first = write("hedgerow", &long, SystemTime::UNIX_EPOCH);
        assert_ne!(first, write("hedgerow", &other, SystemTime::UNIX_EPOCH), "as long, as old, in the same place");
        assert_eq!(first, write("elsewhere", &long, SystemTime::now()), "on another machine");
        assert_eq!(build(&directory.path().join("gone")), None);
        assert_eq!(program(), build(&std::env::current_exe().unwrap()));
    }
}
