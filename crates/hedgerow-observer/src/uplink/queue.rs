//! Batches that wait for their receipt, in a bounded amount of memory. Pure: no clock, no socket.
//!
//! A batch is kept until the collector says that it has it, and is sent again on each new connection. When there is no room, the oldest goes;
//! what was in it is said with the next batch: its calls as lost, and its counters are added to the next ones, since they are
//! differences and nothing is missing then. Where the part of an interval goes that tells of no sources, its calls are said as lost by the part that
//! does: an interval of which a part is gone is never heard. The collector may have had a batch that goes without a receipt: what is said then is the most that
//! may be lost, and the counters say that they may be [`Counter::inherited`].

use crate::link::{Batch, Counter, Source};
use prost::Message;
use std::collections::{BTreeMap, VecDeque};

/// Batches under way without a receipt: so many at most.
const WINDOW: usize = 8;

/// The queue.
#[derive(Debug)]
pub struct Queue {
    life: u64,
    last: u64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    limit: usize,
    /// The last one that was sent on this connection.
    sent: u64,
    losses: BTreeMap<String, Loss>,
    /// Calls that were let go since the start.
    lost: u64,
    counters: BTreeMap<CounterKey, Counter>,
}

#[derive(Debug)]
struct Waiting {
    sequence: u64,
    bytes: Vec<u8>,
    was_sent: bool,
    /// It tells of sources: it is the last of its interval.
    is_last: bool,
}

/// What of one source went with batches that had no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Loss {
    records: u64,
    is_unknown: bool,
    not_understood: u64,
}

type CounterKey = (String, String, String, bool, bool);

impl Queue {
    /// An empty queue of at most so many bytes (but always one batch), of one life of this program.
    #[must_use]
    pub fn new(life: u64, limit: usize) -> Self {
        Self {
            life,
            last: 0,
            waiting: VecDeque::new(),
            bytes: 0,
            limit,
            sent: 0,
            losses: BTreeMap::new(),
            lost: 0,
            counters: BTreeMap::new(),
        }
    }

    /// Takes a batch: it gets its life and its number, and says what was let go before it. Losses are said in a batch that tells of sources, since
    /// of several batches of one interval only the last does.
    pub fn push(&mut self, mut batch: Batch) {
        self.last += 1;
        (batch.life, batch.sequence) = (self.life, self.last);
        if !batch.sources.is_empty() {
            self.say_losses(&mut batch);
        }
        let is_last = !batch.sources.is_empty();
        let bytes = batch.encode_to_vec();
        self.bytes += bytes.len();
        self.waiting.push_back(Waiting { sequence: self.last, bytes, was_sent: false, is_last });
        while self.bytes > self.limit && self.waiting.len() > 1 {
            self.let_go();
        }
    }

    /// The next batch to send on this connection, if there is one and not too many are under way.
    pub fn next_to_send(&mut self) -> Option<Batch> {
        let sent = self.sent;
        if self.waiting.iter().filter(|waiting| waiting.sequence <= sent).count() >= WINDOW {
            return None;
        }
        let waiting = self.waiting.iter_mut().find(|waiting| waiting.sequence > sent)?;
        waiting.was_sent = true;
        self.sent = waiting.sequence;
        Batch::decode(&*waiting.bytes).ok()
    }

    /// A new connection: everything without a receipt is sent again.
    pub const fn reconnected(&mut self) {
        self.sent = 0;
    }

    /// The collector has everything of this life up to this number. What is of another life says nothing.
    pub fn receipt(&mut self, life: u64, sequence: u64) {
        if life != self.life {
            return;
        }
        while let Some(waiting) = self.waiting.pop_front_if(|waiting| waiting.sequence <= sequence) {
            self.bytes -= waiting.bytes.len();
        }
    }

    /// Whether everything has its receipt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether something is under way.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.waiting.front().is_some_and(|waiting| waiting.sequence <= self.sent)
    }

    /// Batches that wait, and their bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    /// How many calls were in batches that had no room, since the start.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    fn let_go(&mut self) {
        let Some(waiting) = self.waiting.pop_front() else { return };
        self.bytes -= waiting.bytes.len();
        let Ok(batch) = Batch::decode(&*waiting.bytes) else { return };
        let mut losses: BTreeMap<String, Loss> = BTreeMap::new();
        for sum in batch.sums {
            let loss = losses.entry(sum.source).or_default();
            loss.records = loss.records.saturating_add(sum.count);
            // A sum of nothing says something all the same, and it is gone.
            loss.is_unknown |= sum.count == 0;
            self.lost = self.lost.saturating_add(sum.count);
        }
        for source in batch.sources {
            let loss = losses.entry(source.name).or_default();
            loss.records = loss.records.saturating_add(source.lost);
            loss.is_unknown |= source.lost_unknown;
            loss.not_understood = loss.not_understood.saturating_add(source.not_understood);
        }
        for mut counter in batch.counters {
            if waiting.was_sent {
                counter.inherited = counter.packets;
            }
            add(&mut self.counters, counter);
        }
        if waiting.is_last || !self.amend(&losses) {
            for (name, loss) in losses {
                self.losses.entry(name).or_default().merge(loss);
            }
        }
    }

    /// Says what was lost in the part that waits for its turn and tells of the sources of the same interval; whether it is there. If the collector
    /// has it already, it has what came before it, too, and nothing was lost.
    fn amend(&mut self, losses: &BTreeMap<String, Loss>) -> bool {
        let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.is_last) else { return false };
        let Ok(mut batch) = Batch::decode(&*waiting.bytes) else { return false };
        losses.iter().for_each(|(name, loss)| say(&mut batch, name, *loss));
        self.bytes -= waiting.bytes.len();
        waiting.bytes = batch.encode_to_vec();
        self.bytes += waiting.bytes.len();
        true
    }

    fn say_losses(&mut self, batch: &mut Batch) {
        for (name, loss) in std::mem::take(&mut self.losses) {
            say(batch, &name, loss);
        }
        if !self.counters.is_empty() {
            let mut all = std::mem::take(&mut self.counters);
            for counter in std::mem::take(&mut batch.counters) {
                add(&mut all, counter);
            }
            batch.counters = all.into_values().collect();
        }
    }
}

impl Loss {
    const fn merge(&mut self, other: Self) {
        self.records = self.records.saturating_add(other.records);
        self.is_unknown |= other.is_unknown;
        self.not_understood = self.not_understood.saturating_add(other.not_understood);
    }
}

fn say(batch: &mut Batch, name: &str, loss: Loss) {
    let at = batch.sources.iter().position(|source| source.name == name).unwrap_or_else(|| {
        batch.sources.push(Source { name: name.to_owned(), ..Source::default() });
        batch.sources.len() - 1
    });
    let Some(source) = batch.sources.get_mut(at) else { return };
    source.lost = source.lost.saturating_add(loss.records);
    source.lost_unknown |= loss.is_unknown;
    source.not_understood = source.not_understood.saturating_add(loss.not_understood);
}

fn add(all: &mut BTreeMap<CounterKey, Counter>, counter: Counter) {
    let key = (
        counter.policy.clone(),
        counter.interface.clone(),
        counter.counted.clone(),
        counter.is_ingress,
        counter.is_leftover,
    );
    match all.get_mut(&key) {
        Some(sum) => {
            sum.packets = sum.packets.saturating_add(counter.packets);
            sum.inherited = sum.inherited.saturating_add(counter.inherited);
            sum.repaired = sum.repaired.saturating_add(counter.repaired);
            sum.gaps = sum.gaps.saturating_add(counter.gaps);
        }
        None => {
            all.insert(key, counter);
        }
    }
}
