//! Connections that the kernel tracks → calls.
//!
//! Events tell of new connections. The table of all that are open is read at the start, and after the kernel had to drop events. A connection
//! then comes twice, or was counted an hour ago and is still open: those that are known are remembered, each as a number of 8 bytes.
//!
//! How many events were dropped, the kernel tells. Those whose connection is found in the table are made up for; the rest is lost:
//! `connections = counted + lost`, as long as the memory reaches back to the last reading of the table. When it does not,
//! [`Connections::drained`] says so, and a connection that was counted may be counted once more.
//!
//! ```text
//!   begin ─ listed … ─ end ─ event … ─ drained ─ event …
//!     ^                                            │ events were dropped: read those that wait,
//!     └────────────────────────────────────────────┘ then the table
//! ```
//!
//! The kernel is asked how many it dropped when none wait any more: by then each connection that was found had its event dropped, or it was
//! read. Asked earlier, it would not know yet of some that were found. What it dropped while the table was read may be found the next time
//! only: while it goes on dropping, what is lost is not said, for eight readings at most.

use super::recent::{Recent, fingerprint};
use super::{Aside, Began, Call, Now, Place, Said, Sums, no_call};
use crate::record::{Connection, Event, Protocol};
use std::collections::VecDeque;
use std::net::IpAddr;

/// Connections between two readings of the table that are remembered.
const REMEMBERED: usize = 1 << 17;
/// Connections of one table that are remembered: what the kernel allows on most machines.
const LISTED: usize = 1 << 18;
/// So many readings of the table in a row, each followed by further drops, and what is not found by then is said to be lost.
const HELD: u32 = 8;
/// An answer that comes when the kernel has forgotten the question (UDP: after 30 to 180 seconds) opens a connection the wrong way round.
/// Questions are remembered for so long, in microseconds.
const ANSWERED_WITHIN: i64 = 600_000_000;

/// One connection passes through the zones of its way in less than this, in microseconds.
const THROUGH_ZONES: i64 = 5_000_000;

/// Tells calls from connections.
#[derive(Clone, Debug)]
pub struct Connections {
    /// What the table held when it was read last, in order.
    listed: Vec<u64>,
    /// New ones since, the newest last.
    recent: VecDeque<u64>,
    /// Some of the last table, or new since, are remembered no longer.
    is_short: bool,
    /// It was so when the reading began.
    may_repeat: bool,
    /// What `recent` held when the reading began, in order.
    before: Vec<u64>,
    /// The table that is being read.
    reading: Vec<u64>,
    is_first: bool,
    /// Found in the table by this reading, and not known before: the events were dropped, or wait. In order once the reading is over.
    found: Vec<u64>,
    /// Of these, how many events came after all.
    waited: u64,
    /// The table was read because events were dropped.
    is_repairing: bool,
    /// Dropped and not found so far; nothing if the kernel does not say how many it dropped.
    missing: Option<i64>,
    /// Readings for which that was held back.
    held: u32,
    questions: Recent,
    /// What came lately, once there are zones: each tracks the same connection anew.
    zoned: Option<Recent>,
    remembered: usize,
}

/// What was lost for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// How many connections; nothing if nobody knows.
    pub count: Option<u64>,
    /// Some that were counted before may have been counted again.
    pub may_repeat: bool,
}

impl Default for Connections {
    fn default() -> Self {
        Self::new(REMEMBERED)
    }
}

impl Connections {
    /// Remembers so many connections between two readings of the table.
    #[must_use]
    pub fn new(remembered: usize) -> Self {
        Self {
            listed: Vec::new(),
            recent: VecDeque::new(),
            is_short: false,
            may_repeat: false,
            before: Vec::new(),
            reading: Vec::new(),
            is_first: true,
            found: Vec::new(),
            waited: 0,
            is_repairing: false,
            missing: Some(0),
            held: 0,
            questions: Recent::new(1 << 13, ANSWERED_WITHIN),
            zoned: None,
            remembered,
        }
    }

    /// The table is going to be read: for the first time, or because events were dropped.
    pub fn begin(&mut self) {
        self.before = self.recent.iter().copied().collect();
        self.before.sort_unstable();
        self.reading.clear();
        self.may_repeat |= std::mem::replace(&mut self.is_short, false);
        self.is_repairing = !self.is_first;
    }

    /// Takes one connection of the table.
    pub fn listed(&mut self, connection: &Connection, now: Now, sums: &mut Sums) {
        let key = key(connection);
        if self.reading.len() < LISTED {
            self.reading.push(key);
        } else {
            self.is_short = true;
        }
        if self.is_first {
            let call = |began| call(connection, began);
            match self.aside(connection, now.boot) {
                Some(why) => sums.put_aside(why),
                None => sums.add(call(Began::Earlier), now.of(connection.when), 1),
            }
        } else if self.listed.binary_search(&key).is_err() && self.before.binary_search(&key).is_err() {
            self.found.push(key);
            self.count(connection, now, sums);
        }
    }

    /// The table was read to its end.
    pub fn end(&mut self) {
        self.reading.sort_unstable();
        self.reading.dedup();
        self.listed = std::mem::take(&mut self.reading);
        self.found.sort_unstable();
        self.recent.clear();
        self.before = Vec::new();
        self.is_first = false;
    }

    /// Takes one event.
    pub fn event(&mut self, connection: &Connection, now: Now, sums: &mut Sums) {
        if connection.event != Event::New {
            sums.put_aside(Aside::Amid);
            return;
        }
        let key = key(connection);
        // It was found in the table before its event was read.
        if !self.found.is_empty() && self.found.binary_search(&key).is_ok() {
            self.waited += 1;
            sums.put_aside(Aside::Repetition);
            return;
        }
        if self.recent.len() == self.remembered {
            self.recent.pop_front();
            self.is_short = true;
        }
        self.recent.push_back(key);
        self.count(connection, now, sums);
    }

    /// Whether connections are tracked in zones (Open vSwitch, OVN). One that passes through several counts once.
    #[must_use]
    pub const fn has_zones(&self) -> bool {
        self.zoned.is_some()
    }

    /// Whether it has to be said how many events were dropped, once none wait any more.
    #[must_use]
    pub const fn is_repairing(&self) -> bool {
        self.is_repairing
    }

    /// No more events wait, and the kernel says how many it has dropped since this was told last; nothing if it does not say. What is lost for
    /// good is known now, unless it drops again and the table is to be read once more.
    pub fn drained(&mut self, dropped: Option<u64>, drops_again: bool) -> Option<Loss> {
        let found = (self.found.len() as u64).saturating_sub(self.waited);
        self.found = Vec::new();
        self.waited = 0;
        self.is_repairing = false;
        let difference = dropped.map(|dropped| dropped.cast_signed().saturating_sub(found.cast_signed()));
        self.missing = self.missing.zip(difference).map(|(missing, more)| missing.saturating_add(more));
        self.held += 1;
        if drops_again && self.held < HELD {
            return None;
        }
        self.held = 0;
        let count = self.missing.replace(0).map(|missing| u64::try_from(missing).unwrap_or(0));
        Some(Loss { count, may_repeat: std::mem::replace(&mut self.may_repeat, false) })
    }

    fn count(&mut self, connection: &Connection, now: Now, sums: &mut Sums) {
        match self.aside(connection, now.boot) {
            Some(why) => sums.put_aside(why),
            None => sums.add(call(connection, Began::Now), now.of(connection.when), 1),
        }
    }

    fn aside(&mut self, connection: &Connection, at: i64) -> Option<Aside> {
        if let Some(why) = no_call(caller(connection), connection.callee()) {
            return Some(why);
        }
        if self.is_of_another_zone(connection, at) {
            return Some(Aside::Repetition);
        }
        // The kernel keeps only what can be asked. An answer of TCP says that it is one.
        if connection.protocol == Protocol::TCP || !connection.protocol.has_ports() {
            return None;
        }
        let (original, reply) = (&connection.original, &connection.reply);
        // Where both ends use one port, nobody knows who asked: each counts as a caller.
        if original.source_port == original.destination_port {
            return None;
        }
        // As the callee sees the caller: behind a translation that is another address.
        let there = (reply.destination, reply.destination_port, reply.source, reply.source_port, connection.protocol);
        let back = (
            original.destination,
            original.destination_port,
            original.source,
            original.source_port,
            connection.protocol,
        );
        if self.questions.has(fingerprint(&back), at) {
            return Some(Aside::Answer);
        }
        self.questions.see(fingerprint(&there), at, 0);
        None
    }
}

impl Connections {
    /// Whether another zone tracked the same connection just now.
    fn is_of_another_zone(&mut self, connection: &Connection, at: i64) -> bool {
        let zone = connection.zone.unwrap_or(0);
        if zone != 0 && self.zoned.is_none() {
            self.zoned = Some(Recent::new(1 << 14, THROUGH_ZONES));
        }
        let Some(zoned) = &mut self.zoned else { return false };
        // What is the same on both sides of a translation: who asks, and who answers.
        let ends = (
            caller(connection),
            connection.original.source_port,
            connection.callee(),
            connection.port(),
            connection.protocol,
        );
        let [_, mark] = zone.to_be_bytes();
        zoned.see(fingerprint(&ends), at, mark).is_some_and(|before| before != mark)
    }
}

/// What tells one connection from all others.
fn key(connection: &Connection) -> u64 {
    fingerprint(&(connection.id, connection.zone, connection.protocol, connection.original, connection.reply))
}

/// Who called. What the node itself sends from its loopback address is sent on under another.
fn caller(connection: &Connection) -> IpAddr {
    let caller = connection.caller();
    if caller.is_loopback() && !connection.callee().is_loopback() { connection.reply.destination } else { caller }
}

fn call(connection: &Connection, began: Began) -> Call {
    Call {
        caller: Place::at(caller(connection)),
        callee: Place::at(connection.callee()),
        port: if connection.protocol.has_ports() { connection.port().unwrap_or(0) } else { 0 },
        protocol: connection.protocol,
        said: Said::Unsaid,
        began,
        prefix: None,
        policy: None,
    }
}
