//! What the collector keeps, in one file on its volume: the door to that file.
//!
//! One transaction holds what a batch comes to, and that the batch was taken ([`BatchId`]): so a batch that is sent twice counts once, and a
//! receipt that is given after [`Store::commit`] is true. The file survives a kill at any byte (`redb`: pages are never written over, a commit is one
//! switch). A file that was damaged by others is found out when it is opened, since every page has a checksum: it is set aside, a new one is begun,
//! and [`Opened::Replaced`] says so. Of the time before nothing is known then, and every answer begins later: [`Store::since`].
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `meta` | name | number: the form's version, since when is kept |
//! | `edges` | number | an edge ([`Edge::to_record`]) |
//! | `calls` | day, edge | how often, first, last |
//! | `totals` | edge | the same of all days |
//! | `sources` | number | node, source, since when ([`KeptSource`]) |
//! | `heard` | day, source | when it listened, and what it lost ([`Heard::to_record`]) |
//! | `canaries` | day, callee | sent, seen, last seen, last missed |
//! | `perches` | address | until when a canary calls from there, and its pod ([`Perch::to_record`]) |
//! | `nodes` | number | name, since when, until when |
//! | `ran` | day, service | the nodes of its pods |
//! | `judged` | service | digest of the policies, since when |
//! | `finished` | service, workload | when runs of the cron job ended |
//! | `capped` | callee | how often a caller or port was not told apart |
//! | `batches` | node, life | the last batch that was taken |
#![allow(clippy::disallowed_methods, reason = "the door to the collector's own file")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the errors of redb and of the system are open lists")]

use hedgerow_observe::ledger::{
    Answer, Canaries, DAY, Day, Edge, Effect, Heard, KeptSource, Ledger, Perch, Question, SourceState, Tally, Unsound,
    start_of,
};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Observations, Watched};
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, TableDefinition};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The version of the form of the file.
const FORMAT: i64 = 1;
/// How much of the file is held in memory, in bytes. The working set is the tables' inner pages and the pages of one day: some hundred kilobytes.
const CACHE: usize = 4 << 20;
/// How many lives of one node are told apart: a batch that was sent by an older one counts as new.
const LIVES: usize = 8;

/// How many runs of one cron job are kept, the latest.
const RUNS: usize = 1000;

type KeptCanaries = (u64, u64, Option<i64>, Option<i64>);

const META: TableDefinition<'_, &str, i64> = TableDefinition::new("meta");
const EDGES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("edges");
const CALLS: TableDefinition<'_, (i32, u32), (u64, i64, i64)> = TableDefinition::new("calls");
const TOTALS: TableDefinition<'_, u32, (u64, i64, i64)> = TableDefinition::new("totals");
const SOURCES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("sources");
const HEARD: TableDefinition<'_, (i32, u32), &[u8]> = TableDefinition::new("heard");
const CANARIES: TableDefinition<'_, (i32, &str), KeptCanaries> = TableDefinition::new("canaries");
const PERCHES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("perches");
const NODES: TableDefinition<'_, u32, (&str, i64, Option<i64>)> = TableDefinition::new("nodes");
const RAN: TableDefinition<'_, (i32, &str), Vec<u32>> = TableDefinition::new("ran");
const JUDGED: TableDefinition<'_, &str, (&str, i64)> = TableDefinition::new("judged");
const FINISHED: TableDefinition<'_, (&str, &str), Vec<i64>> = TableDefinition::new("finished");
const CAPPED: TableDefinition<'_, &str, u64> = TableDefinition::new("capped");
/// Sequence, and a number that grows with each batch: the oldest lives go first.
const BATCHES: TableDefinition<'_, (&str, u64), (u64, u64)> = TableDefinition::new("batches");

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

/// The collector's file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// Nothing after a fault, until it can be opened again.
    database: Option<Database>,
    since: Micros,
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
            transaction.open_table(EDGES)?;
            transaction.open_table(CALLS)?;
            transaction.open_table(TOTALS)?;
            transaction.open_table(SOURCES)?;
            transaction.open_table(HEARD)?;
            transaction.open_table(CANARIES)?;
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

    /// The nodes on which pods of services ran, also those that are gone.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// Whether a batch was taken already. Within a life batches come in the order of their numbers, so one that is not above the last was.
    #[must_use]
    pub fn has(&self, batch: &BatchId) -> bool {
        self.batches.get(&(batch.node.clone(), batch.life)).is_some_and(|(sequence, _)| batch.sequence <= *sequence)
    }

    /// The ledger as it was left. Callers that are no services and were seen last before `recent` are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn ledger(&self, recent: Micros) -> Result<Ledger, StoreError> {
        let mut ledger = Ledger::default();
        let transaction = self.database()?.begin_read()?;
        let totals = transaction.open_table(TOTALS)?;
        for (edge, id) in &self.edges {
            let Some(total) = totals.get(*id)? else { continue };
            let tally = tally(total.value());
            if matches!(edge.caller, End::Service(_)) || tally.last >= recent {
                ledger.restore(edge.clone(), tally);
            }
        }
        let mut heard_until: BTreeMap<u32, Micros> = BTreeMap::new();
        let heard = transaction.open_table(HEARD)?;
        // Of sources that were silent for longer than a day it is enough to know that.
        let last = heard.last()?.map_or(0, |(key, _)| key.value().0);
        for row in heard.range((last.saturating_sub(1), 0)..)? {
            let (key, record) = row?;
            let (day, source) = key.value();
            if let Some((_, until)) = Heard::from_record(record.value())?.spans.runs().last() {
                heard_until.insert(source, moment(day, *until));
            }
        }
        for row in transaction.open_table(SOURCES)?.iter()? {
            let (id, record) = row?;
            let kept = KeptSource::from_record(record.value())?;
            if kept.gone.is_none() {
                let heard_until = heard_until.get(&id.value()).copied();
                let state = SourceState { since: kept.since, heard_until, lost: 0 };
                ledger.restore_source(&kept.node, &kept.source, state);
            }
        }
        for row in transaction.open_table(CANARIES)?.iter()? {
            let (key, value) = row?;
            ledger.restore_canaries(key.value().1, canaries(value.value()));
        }
        for row in transaction.open_table(PERCHES)?.iter()? {
            let (address, record) = row?;
            let address = address.value().parse().map_err(|_| Unsound)?;
            ledger.restore_perch(address, Perch::from_record(record.value())?);
        }
        Ok(ledger)
    }

    /// Keeps what batches come to, all of it or nothing; when this returns it is on the disk. The caller has asked [`Self::has`] for each of them.
    ///
    /// # Errors
    /// When it could not be kept: then nothing of it was, and it can be tried again.
    pub fn commit(&mut self, batches: &[BatchId], effect: &Effect) -> Result<(), StoreError> {
        let outcome = self.reopen().and_then(|()| self.write(batches, effect));
        if let Err(error) = &outcome {
            // After a failure to write, nothing can be believed that is in memory.
            if !matches!(error, StoreError::Later(_)) {
                self.database = None;
            }
        }
        outcome
    }

    fn write(&mut self, batches: &[BatchId], effect: &Effect) -> Result<(), StoreError> {
        let mut new_edges: BTreeMap<&Edge, u32> = BTreeMap::new();
        let mut new_sources: BTreeMap<(String, String), u32> = BTreeMap::new();
        let mut new_nodes: BTreeMap<String, u32> = BTreeMap::new();
        let mut next_edge = self.next_edge;
        let mut turn = self.turn;
        let mut taken: BTreeMap<(String, u64), (u64, u64)> = BTreeMap::new();
        let mut over: Vec<(String, u64)> = Vec::new();
        let transaction = self.database()?.begin_write()?;
        {
            let mut edges = transaction.open_table(EDGES)?;
            let mut calls = transaction.open_table(CALLS)?;
            let mut totals = transaction.open_table(TOTALS)?;
            for ((day, edge), more) in &effect.calls {
                let id = match self.edges.get(edge).or_else(|| new_edges.get(edge)) {
                    Some(id) => *id,
                    None => {
                        let id = next_edge;
                        next_edge = next_edge
                            .checked_add(1)
                            .ok_or_else(|| StoreError::Full("no number is left for an edge".to_owned()))?;
                        edges.insert(id, edge.to_record().as_slice())?;
                        new_edges.insert(edge, id);
                        id
                    }
                };
                let merged = |old: Option<(u64, i64, i64)>| {
                    let mut sum = old.map(tally).unwrap_or_default();
                    sum.merge(*more);
                    (sum.count, sum.first, sum.last)
                };
                let old = calls.get((*day, id))?.map(|value| value.value());
                calls.insert((*day, id), merged(old))?;
                let old = totals.get(id)?.map(|value| value.value());
                totals.insert(id, merged(old))?;
            }
            let mut sources = transaction.open_table(SOURCES)?;
            let mut heard = transaction.open_table(HEARD)?;
            let mut next_source = next(&self.sources);
            let of_heard = effect.heard.keys().map(|(_, node, source)| (node, source));
            let named: BTreeSet<_> =
                of_heard.chain(effect.sources.keys().map(|(node, source)| (node, source))).collect();
            for (node, source) in named {
                let key = (node.clone(), source.clone());
                let since = effect.sources.get(&key).copied();
                if let Some(id) = self.sources.get(&key) {
                    let record = sources.get(id)?.map(|record| record.value().to_vec()).unwrap_or_default();
                    let old = KeptSource::from_record(&record)?;
                    // Whoever speaks is there.
                    let new =
                        KeptSource { since: old.since.min(since.unwrap_or(old.since)), gone: None, ..old.clone() };
                    if new != old {
                        sources.insert(id, new.to_record().as_slice())?;
                    }
                } else {
                    let since = since.unwrap_or(self.since);
                    let kept = KeptSource { node: key.0.clone(), source: key.1.clone(), since, gone: None };
                    sources.insert(next_source, kept.to_record().as_slice())?;
                    new_sources.insert(key, next_source);
                    next_source = next_source.saturating_add(1);
                }
            }
            for ((day, node, source), more) in &effect.heard {
                let key = (node.clone(), source.clone());
                let Some(id) = self.sources.get(&key).or_else(|| new_sources.get(&key)).copied() else { continue };
                let old = heard.get((*day, id))?.map(|record| Heard::from_record(record.value())).transpose()?;
                let mut all = old.unwrap_or_default();
                all.merge(more);
                heard.insert((*day, id), all.to_record().as_slice())?;
            }
            let mut nodes = transaction.open_table(NODES)?;
            let mut ran = transaction.open_table(RAN)?;
            let mut next_node = next(&self.nodes);
            for (node, since) in &effect.nodes {
                let (id, since) = match self.nodes.get(node) {
                    Some(id) => {
                        let old = nodes.get(id)?.map(|value| (value.value().1, value.value().2));
                        let (known, gone) = old.unwrap_or((*since, None));
                        if known <= *since && gone.is_none() {
                            continue;
                        }
                        (*id, known.min(*since))
                    }
                    None => {
                        new_nodes.insert(node.clone(), next_node);
                        next_node = next_node.saturating_add(1);
                        (next_node - 1, *since)
                    }
                };
                nodes.insert(id, (node.as_str(), since, None))?;
            }
            for ((day, service), more) in &effect.ran {
                let mut all = ran.get((*day, service.as_str()))?.map(|ids| ids.value()).unwrap_or_default();
                let known = all.len();
                for node in more {
                    // Whoever says that a pod ran on it says that it is there.
                    let Some(id) = self.nodes.get(node).or_else(|| new_nodes.get(node)).copied() else { continue };
                    if let Err(at) = all.binary_search(&id) {
                        all.insert(at, id);
                    }
                }
                if all.len() > known {
                    ran.insert((*day, service.as_str()), all)?;
                }
            }
            let mut judged = transaction.open_table(JUDGED)?;
            for (service, (digest, since)) in &effect.judged {
                let is_known = judged.get(service.as_str())?.is_some_and(|known| known.value().0 == digest);
                if !is_known {
                    judged.insert(service.as_str(), (digest.as_str(), *since))?;
                }
            }
            let mut finished = transaction.open_table(FINISHED)?;
            for ((service, workload), more) in &effect.finished {
                let key = (service.as_str(), workload.as_str());
                let mut all = finished.get(key)?.map(|runs| runs.value()).unwrap_or_default();
                all.extend(more);
                all.sort_unstable();
                all.dedup();
                let older = all.len().saturating_sub(RUNS);
                all.drain(..older);
                finished.insert(key, all)?;
            }
            let mut kept = transaction.open_table(CANARIES)?;
            for ((day, callee), more) in &effect.canaries {
                let mut sum =
                    kept.get((*day, callee.as_str()))?.map(|value| canaries(value.value())).unwrap_or_default();
                sum.merge(*more);
                kept.insert((*day, callee.as_str()), (sum.sent, sum.seen, sum.last_seen, sum.missed))?;
            }
            let mut perches = transaction.open_table(PERCHES)?;
            for (address, perch) in &effect.perches {
                perches.insert(address.to_string().as_str(), perch.to_record().as_slice())?;
            }
            if !effect.perches.is_empty() {
                // What is long over is nobody's any more.
                let newest = effect.perches.values().map(|perch| perch.until).max().unwrap_or_default();
                let is_held =
                    |record: &[u8]| Perch::from_record(record).is_ok_and(|it| it.until >= newest.saturating_sub(DAY));
                perches.retain(|_, record| is_held(record))?;
            }
            let mut capped = transaction.open_table(CAPPED)?;
            for (callee, more) in &effect.capped {
                let old = capped.get(callee.as_str())?.map_or(0, |value| value.value());
                capped.insert(callee.as_str(), old.saturating_add(*more))?;
            }
            let mut kept = transaction.open_table(BATCHES)?;
            for batch in batches {
                turn = turn.saturating_add(1);
                let key = (batch.node.clone(), batch.life);
                let known = taken.get(&key).or_else(|| self.batches.get(&key)).map_or(0, |(sequence, _)| *sequence);
                let value = (known.max(batch.sequence), turn);
                kept.insert((batch.node.as_str(), batch.life), value)?;
                taken.insert(key, value);
                let mut lives: Vec<(u64, u64)> = self
                    .batches
                    .iter()
                    .chain(&taken)
                    .filter(|((node, _), _)| *node == batch.node)
                    .map(|((_, life), (_, turn))| (*turn, *life))
                    .filter(|(turn, life)| taken.get(&(batch.node.clone(), *life)).is_none_or(|(_, last)| last == turn))
                    .collect();
                lives.sort_unstable();
                lives.dedup();
                for (_, life) in lives.iter().rev().skip(LIVES) {
                    kept.remove((batch.node.as_str(), *life))?;
                    over.push((batch.node.clone(), *life));
                }
            }
        }
        transaction.commit()?;
        self.edges.extend(new_edges.into_iter().map(|(edge, id)| (edge.clone(), id)));
        self.next_edge = next_edge;
        self.sources.extend(new_sources);
        self.nodes.extend(new_nodes);
        self.batches.extend(taken);
        over.iter().for_each(|key| {
            self.batches.remove(key);
        });
        self.turn = turn;
        Ok(())
    }

    /// A node is gone since `at`: its sources are expected no longer.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn remove_node(&mut self, node: &str, at: Micros) -> Result<(), StoreError> {
        self.set_gone(node, Some(at))
    }

    /// A node is there again.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn add_node(&mut self, node: &str) -> Result<(), StoreError> {
        self.set_gone(node, None)
    }

    fn set_gone(&mut self, node: &str, gone: Option<Micros>) -> Result<(), StoreError> {
        self.reopen()?;
        let of_node: Vec<u32> = self.sources.iter().filter(|((of, _), _)| of == node).map(|(_, id)| *id).collect();
        let transaction = self.database()?.begin_write()?;
        {
            let mut sources = transaction.open_table(SOURCES)?;
            for id in of_node {
                let Some(old) = sources.get(id)?.map(|record| KeptSource::from_record(record.value())).transpose()?
                else {
                    continue;
                };
                if old.gone.is_none() || gone.is_none() {
                    sources.insert(id, KeptSource { gone, ..old }.to_record().as_slice())?;
                }
            }
            if let Some(id) = self.nodes.get(node) {
                let mut nodes = transaction.open_table(NODES)?;
                let old = nodes.get(id)?.map(|value| (value.value().1, value.value().2));
                if let Some((since, known)) = old
                    && (known.is_none() || gone.is_none())
                {
                    nodes.insert(id, (node, since, gone))?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// What is asked for. `watched`: what is known of services at the moment; where their pods ran, by what policies they are judged, and
    /// which jobs ran, is kept here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn observations(
        &self,
        question: &Question,
        catalogue: Option<&str>,
        watched: &BTreeMap<String, Watched>,
    ) -> Result<Observations, StoreError> {
        let mut answer = Answer::new(question, self.since);
        answer.watched(watched);
        let (first, last) = (*answer.days().start(), *answer.days().end());
        let by_id: BTreeMap<u32, &Edge> =
            self.edges.iter().filter(|(edge, _)| answer.wants(&edge.callee)).map(|(edge, id)| (*id, edge)).collect();
        let transaction = self.database()?.begin_read()?;
        for row in transaction.open_table(CALLS)?.range((first, 0)..=(last, u32::MAX))? {
            let (key, value) = row?;
            let (day, id) = key.value();
            if let Some(edge) = by_id.get(&id) {
                answer.calls(day, edge, tally(value.value()));
            }
        }
        let mut names: BTreeMap<u32, KeptSource> = BTreeMap::new();
        for row in transaction.open_table(SOURCES)?.iter()? {
            let (id, record) = row?;
            let kept = KeptSource::from_record(record.value())?;
            answer.source(&kept.node, &kept.source, kept.since, kept.gone);
            names.insert(id.value(), kept);
        }
        for row in transaction.open_table(HEARD)?.range((first, 0)..=(last, u32::MAX))? {
            let (key, record) = row?;
            let (day, id) = key.value();
            if let Some(kept) = names.get(&id) {
                answer.heard(day, &kept.node, &kept.source, &Heard::from_record(record.value())?);
            }
        }
        for row in transaction.open_table(CANARIES)?.range((first, "")..)? {
            let (key, value) = row?;
            let (day, callee) = key.value();
            if day > last {
                break;
            }
            answer.canaries(callee, day, canaries(value.value()));
        }
        for row in transaction.open_table(NODES)?.iter()? {
            let (_, value) = row?;
            let (node, since, gone) = value.value();
            answer.node(node, since, gone);
        }
        let names: BTreeMap<u32, &str> = self.nodes.iter().map(|(name, id)| (*id, name.as_str())).collect();
        for row in transaction.open_table(RAN)?.range((first, "")..)? {
            let (key, ids) = row?;
            let (day, service) = key.value();
            if day > last {
                break;
            }
            answer.ran(service, ids.value().iter().filter_map(|id| names.get(id).copied()));
        }
        for row in transaction.open_table(JUDGED)?.iter()? {
            let (service, value) = row?;
            let (digest, since) = value.value();
            answer.judged(service.value(), digest, since);
        }
        for row in transaction.open_table(FINISHED)?.iter()? {
            let (key, runs) = row?;
            let (service, workload) = key.value();
            answer.finished(service, workload, runs.value());
        }
        Ok(answer.finish(catalogue))
    }

    /// Forgets the days before `first`, and the edges that were seen last before it. Its room is used again; [`Self::compact`] gives it back.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn forget(&mut self, first: Day) -> Result<(), StoreError> {
        self.reopen()?;
        let begin = moment(first, 0);
        let mut over: Vec<u32> = Vec::new();
        let transaction = self.database()?.begin_write()?;
        {
            transaction.open_table(CALLS)?.retain_in((i32::MIN, 0)..(first, 0), |_, _| false)?;
            transaction.open_table(HEARD)?.retain_in((i32::MIN, 0)..(first, 0), |_, _| false)?;
            transaction.open_table(RAN)?.retain_in((i32::MIN, "")..(first, ""), |_, _| false)?;
            transaction.open_table(CANARIES)?.retain_in((i32::MIN, "")..(first, ""), |_, _| false)?;
            let mut totals = transaction.open_table(TOTALS)?;
            for row in totals.iter()? {
                let (id, value) = row?;
                if tally(value.value()).last < begin {
                    over.push(id.value());
                }
            }
            let mut edges = transaction.open_table(EDGES)?;
            for id in &over {
                totals.remove(id)?;
                edges.remove(id)?;
            }
            let mut meta = transaction.open_table(META)?;
            meta.insert("since", self.since.max(begin))?;
        }
        transaction.commit()?;
        self.since = self.since.max(begin);
        self.edges.retain(|_, id| over.binary_search(id).is_err());
        Ok(())
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

fn moment(day: Day, millis: u32) -> Micros {
    start_of(day).saturating_add(Micros::from(millis) * 1000)
}

fn tally((count, first, last): (u64, i64, i64)) -> Tally {
    Tally { count, first, last }
}

fn canaries((sent, seen, last_seen, missed): KeptCanaries) -> Canaries {
    Canaries { sent, seen, last_seen, missed }
}

/// The number after all that are given.
fn next<K>(ids: &BTreeMap<K, u32>) -> u32 {
    ids.values().max().map_or(0, |last| last.saturating_add(1))
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
