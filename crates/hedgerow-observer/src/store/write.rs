//! What is kept: batches with what they come to, nodes that come and go, and days that are forgotten.

use super::tables::{
    BATCHES, CALLS, CANARIES, CAPPED, EDGES, FINISHED, HEARD, JUDGED, META, NODES, PERCHES, RAN, SOURCES, TOTALS,
    WAITING, canaries, moment, tally,
};
use super::{BatchId, Store, StoreError};
use hedgerow_observe::ledger::{DAY, Day, Edge, Effect, Heard, KeptSource, Perch};
use hedgerow_observe::naming::Micros;
use redb::ReadableTable;
use std::collections::{BTreeMap, BTreeSet};

/// How many lives of one node are told apart: a batch that was sent by an older one counts as new.
const LIVES: usize = 8;
/// For how many batches after it the last one of a node that is gone is remembered.
const TURNS: u64 = 100_000;
/// How many runs of one cron job are kept, the latest.
const RUNS: usize = 1000;

impl Store {
    /// Keeps what batches come to, all of it or nothing; when this returns it is on the disk. The caller has asked [`Self::has`] for each of them.
    /// Batches that are all known by now were kept by a commit that seemed to fail: they are not kept again.
    ///
    /// # Errors
    /// When it could not be kept: then nothing of it was, and it can be tried again.
    pub fn commit(&mut self, batches: &[BatchId], effect: &Effect) -> Result<(), StoreError> {
        let outcome = self.reopen().and_then(|()| {
            let are_kept = !batches.is_empty() && batches.iter().all(|batch| self.has(batch));
            if are_kept { Ok(()) } else { self.write(batches, effect) }
        });
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
                // Its sources are expected again, whether its node part starts or not.
                for id in self.sources.iter().filter(|((of, _), _)| of == node).map(|(_, id)| *id) {
                    let old = sources.get(id)?.map(|record| KeptSource::from_record(record.value())).transpose()?;
                    if let Some(old) = old.filter(|old| old.gone.is_some()) {
                        sources.insert(id, KeptSource { gone: None, ..old }.to_record().as_slice())?;
                    }
                }
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
            let mut waiting = transaction.open_table(WAITING)?;
            for (callee, calls) in &effect.waiting {
                waiting.insert(callee.as_str(), calls.to_record().as_slice())?;
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

    /// Forgets the days before `first`, and the edges that were seen last before it. Its room is used again; [`Self::compact`] gives it back.
    ///
    /// # Errors
    /// When it could not be kept.
    pub fn forget(&mut self, first: Day) -> Result<(), StoreError> {
        self.reopen()?;
        let begin = moment(first, 0);
        let mut over: Vec<u32> = Vec::new();
        let (mut gone_sources, mut gone_nodes, mut gone_lives) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
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
            // Nodes that are gone since before, with all that was of them.
            let mut sources = transaction.open_table(SOURCES)?;
            for (key, id) in &self.sources {
                let kept = sources.get(id)?.map(|record| KeptSource::from_record(record.value())).transpose()?;
                if kept.is_none_or(|kept| kept.gone.is_some_and(|gone| gone < begin)) {
                    sources.remove(id)?;
                    gone_sources.insert(key.clone());
                }
            }
            let mut nodes = transaction.open_table(NODES)?;
            for (name, id) in &self.nodes {
                let until = nodes.get(id)?.and_then(|value| value.value().2);
                if until.is_some_and(|until| until < begin) {
                    nodes.remove(id)?;
                    gone_nodes.insert(name.clone());
                }
            }
            let mut batches = transaction.open_table(BATCHES)?;
            let is_there = |node: &str| {
                self.nodes.contains_key(node) && !gone_nodes.contains(node)
                    || self.sources.keys().any(|key| key.0 == node && !gone_sources.contains(key))
            };
            for ((node, life), (_, turn)) in &self.batches {
                if turn.saturating_add(TURNS) < self.turn && !is_there(node) {
                    batches.remove((node.as_str(), *life))?;
                    gone_lives.insert((node.clone(), *life));
                }
            }
            let mut meta = transaction.open_table(META)?;
            meta.insert("since", self.since.max(begin))?;
        }
        transaction.commit()?;
        self.sources.retain(|key, _| !gone_sources.contains(key));
        self.nodes.retain(|name, _| !gone_nodes.contains(name));
        self.batches.retain(|key, _| !gone_lives.contains(key));
        self.since = self.since.max(begin);
        self.edges.retain(|_, id| over.binary_search(id).is_err());
        Ok(())
    }
}

/// The number after all that are given.
fn next<K>(ids: &BTreeMap<K, u32>) -> u32 {
    ids.values().max().map_or(0, |last| last.saturating_add(1))
}
