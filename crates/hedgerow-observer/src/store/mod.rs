//! What the collector keeps, in one file on its volume: the door to that file.
//!
//! One transaction holds what a batch comes to, and that the batch was taken ([`BatchId`]): so a batch that is sent twice counts once, and a
//! receipt that is given after [`Store::commit`] is true. The file survives a kill at any byte (`redb`: pages are never written over, a commit is one
//! switch). A file that was damaged by others is found out when it is opened, since every page has a checksum: it is set aside, a new one is begun,
//! and [`Opened::Replaced`] says so. Of the time before nothing is known then, and every answer begins later: [`Store::since`].
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `meta` | name | number: the form's version, since when is kept, when it was made |
//! | `edges` | number | an edge ([`Edge::to_record`]) |
//! | `calls` | day, edge | how often, first, last |
//! | `totals` | edge | the same of all days |
//! | `sources` | number | node, source, since when ([`KeptSource`]) |
//! | `heard` | day, source | when it listened, and what it lost ([`Heard::to_record`]) |
//! | `canaries` | day, callee | sent, seen, last seen, last missed |
//! | `perches` | address | until when a canary calls from there, and its pod ([`Perch::to_record`]) |
//! | `waiting` | callee | calls of canaries that nobody has seen yet ([`Waiting`]) |
//! | `nodes` | number | name, since when, until when |
//! | `ran` | day, service | the nodes of its pods |
//! | `judged` | service | digest of the policies, since when |
//! | `finished` | service, workload | when runs of the cron job ended |
//! | `capped` | callee | how often a caller or port was not told apart |
//! | `batches` | node, life | the last batch that was taken |
//!
//! [`Edge::to_record`]: hedgerow_observe::ledger::Edge::to_record
//! [`Heard::to_record`]: hedgerow_observe::ledger::Heard::to_record
//! [`KeptSource`]: hedgerow_observe::ledger::KeptSource
//! [`Perch::to_record`]: hedgerow_observe::ledger::Perch::to_record
//! [`Waiting`]: hedgerow_observe::ledger::Waiting
#![allow(clippy::disallowed_methods, reason = "the door to the collector's own file")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the errors of redb and of the system are open lists")]

mod answer;
mod error;
mod tables;
mod write;

pub use answer::{Finished, Judged};
pub use error::StoreError;

use hedgerow_observe::ledger::{Edge, KeptSource};
use hedgerow_observe::naming::Micros;
use redb::{Builder, Database, ReadableDatabase, ReadableTable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tables::{
    BATCHES, CALLS, CANARIES, CAPPED, EDGES, FINISHED, FORMAT, HEARD, JUDGED, META, NODES, PERCHES, RAN, SOURCES,
    TOTALS, WAITING,
};

/// How much of the file is held in memory, in bytes. The working set is the tables' inner pages and the pages of one day: some hundred kilobytes.
const CACHE: usize = 4 << 20;

/// Which batch: see [`crate::link::Batch`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId {
    /// The node.
    pub node: String,
    /// The life of its node part.
    pub life: u64,
    /// Its number within that life.
    pub sequence: u64,
}

/// How a store was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There was none: the volume is new, or was lost. What was before is not known.
    New,
    /// Everything that a receipt was given for is there, also after a kill. (Whether it was closed before does not show: every page is checked in
    /// any case.)
    Kept,
    /// It was damaged, or no store of ours. It lies aside, and what it held is not known.
    Replaced {
        /// Where it lies.
        aside: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// The collector's file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// Nothing after a fault, until it can be opened again.
    database: Option<Database>,
    since: Micros,
    made: Micros,
    edges: BTreeMap<Edge, u32>,
    next_edge: u32,
    sources: BTreeMap<(String, String), u32>,
    nodes: BTreeMap<String, u32>,
    /// By node and life.
    batches: BTreeMap<(String, u64), (u64, u64)>,
    turn: u64,
}

impl Store {
    /// Opens the file, or makes it. `now`: since when is kept, if it is made.
    ///
    /// # Errors
    /// When it cannot be read or written, another program has it open, or a later version made it. A damaged file is no error.
    pub fn open(path: &Path, now: Micros) -> Result<(Self, Opened), StoreError> {
        let is_there = path.try_exists().map_err(|error| StoreError::Io(error.to_string()))?;
        let mut opened = Opened::New;
        if is_there {
            match Self::open_file(path) {
                Ok(store) => return Ok((store, Opened::Kept)),
                Err(StoreError::Damaged(why)) => {
                    let aside = aside(path);
                    std::fs::rename(path, &aside).map_err(|error| StoreError::Io(error.to_string()))?;
                    opened = Opened::Replaced { aside, why };
                }
                Err(error) => return Err(error),
            }
        }
        Self::make(path, now)?;
        Ok((Self::open_file(path)?, opened))
    }

    /// Makes an empty store beside the place and moves it there: half of one is never found.
    fn make(path: &Path, now: Micros) -> Result<(), StoreError> {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Io(error.to_string()));
            }
            _ => {}
        }
        let database = Builder::new().set_cache_size(CACHE).create(&fresh)?;
        let transaction = database.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT)?;
            meta.insert("since", now)?;
            meta.insert("made", now)?;
            transaction.open_table(EDGES)?;
            transaction.open_table(CALLS)?;
            transaction.open_table(TOTALS)?;
            transaction.open_table(SOURCES)?;
            transaction.open_table(HEARD)?;
            transaction.open_table(CANARIES)?;
            transaction.open_table(WAITING)?;
            transaction.open_table(CAPPED)?;
            transaction.open_table(BATCHES)?;
            transaction.open_table(PERCHES)?;
            transaction.open_table(NODES)?;
            transaction.open_table(RAN)?;
            transaction.open_table(JUDGED)?;
            transaction.open_table(FINISHED)?;
        }
        transaction.commit()?;
        database.close()?;
        std::fs::rename(&fresh, path).map_err(|error| StoreError::Io(error.to_string()))?;
        sync_directory(path)
    }

    fn open_file(path: &Path) -> Result<Self, StoreError> {
        let length = std::fs::metadata(path).map_err(|error| StoreError::Io(error.to_string()))?.len();
        if length == 0 {
            // One that is empty would be taken for a new one.
            return Err(StoreError::Damaged("the file is empty".to_owned()));
        }
        let database = Builder::new().set_cache_size(CACHE).set_check_integrity_on_open(true).open(path)?;
        let mut store = Self {
            path: path.to_owned(),
            database: Some(database),
            since: 0,
            made: 0,
            edges: BTreeMap::new(),
            next_edge: 0,
            sources: BTreeMap::new(),
            nodes: BTreeMap::new(),
            batches: BTreeMap::new(),
            turn: 0,
        };
        store.load()?;
        Ok(store)
    }

    /// Reads what is kept in memory.
    fn load(&mut self) -> Result<(), StoreError> {
        let transaction = self.database()?.begin_read()?;
        let number = |key: &str| -> Result<i64, StoreError> {
            let meta = transaction.open_table(META)?;
            let value = meta.get(key)?.map(|value| value.value());
            value.ok_or_else(|| StoreError::Damaged(format!("`{key}` is not there")))
        };
        let format = number("format")?;
        if format != FORMAT {
            return Err(StoreError::Later(format));
        }
        let since = number("since")?;
        // An older form does not say it.
        self.made = number("made").unwrap_or(since);
        let mut edges = BTreeMap::new();
        let mut next_edge = 0;
        for row in transaction.open_table(EDGES)?.iter()? {
            let (id, record) = row?;
            edges.insert(Edge::from_record(record.value())?, id.value());
            next_edge = next_edge.max(id.value().saturating_add(1));
        }
        let mut sources = BTreeMap::new();
        for row in transaction.open_table(SOURCES)?.iter()? {
            let (id, record) = row?;
            let kept = KeptSource::from_record(record.value())?;
            sources.insert((kept.node, kept.source), id.value());
        }
        let mut batches = BTreeMap::new();
        let mut turn = 0;
        for row in transaction.open_table(BATCHES)?.iter()? {
            let (key, value) = row?;
            let (node, life) = key.value();
            turn = turn.max(value.value().1);
            batches.insert((node.to_owned(), life), value.value());
        }
        (self.since, self.edges, self.next_edge) = (since, edges, next_edge);
        let mut nodes = BTreeMap::new();
        for row in transaction.open_table(NODES)?.iter()? {
            let (id, name) = row?;
            nodes.insert(name.value().0.to_owned(), id.value());
        }
        (self.sources, self.nodes, self.batches, self.turn) = (sources, nodes, batches, turn);
        Ok(())
    }

    /// Since when is kept: no answer begins before.
    #[must_use]
    pub const fn since(&self) -> Micros {
        self.since
    }

    /// What no other store is called by, and no change of this one changes.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:014x}", self.made)
    }

    /// The nodes on which pods of services ran, also those that are gone.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// Whether a batch was taken already. Within a life batches come in the order of their numbers, so one that is not above the last was.
    #[must_use]
    pub fn has(&self, batch: &BatchId) -> bool {
        self.batches.get(&(batch.node.clone(), batch.life)).is_some_and(|(sequence, _)| batch.sequence <= *sequence)
    }

    /// Gives room back to the volume that is used no longer. Takes as long as the file is large.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn compact(&mut self) -> Result<bool, StoreError> {
        self.reopen()?;
        let database = self.database.as_mut().ok_or_else(|| StoreError::Io("it is not open".to_owned()))?;
        database.compact().map_err(|error| match error {
            redb::CompactionError::Storage(error) => error.into(),
            other => StoreError::Io(other.to_string()),
        })
    }

    /// How long the file is, in bytes.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn size(&self) -> Result<u64, StoreError> {
        std::fs::metadata(&self.path).map(|it| it.len()).map_err(|error| StoreError::Io(error.to_string()))
    }

    /// Closes the file, so that it has not to be repaired.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        match self.database.take() {
            Some(database) => Ok(database.close()?),
            None => Ok(()),
        }
    }

    fn database(&self) -> Result<&Database, StoreError> {
        self.database.as_ref().ok_or_else(|| StoreError::Io("it could not be written, and is not open".to_owned()))
    }

    /// Opens the file again after a fault. What is in memory is as the file has it: a commit that failed has changed neither.
    fn reopen(&mut self) -> Result<(), StoreError> {
        if self.database.is_none() {
            *self = Self::open_file(&self.path)?;
        }
        Ok(())
    }
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    PathBuf::from(name)
}

/// Makes a new name durable.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    #[allow(clippy::disallowed_types, reason = "a directory is opened to be synchronised")]
    let synced = std::fs::File::open(parent).and_then(|directory| directory.sync_all());
    synced.map_err(|error| StoreError::Io(error.to_string()))
}
