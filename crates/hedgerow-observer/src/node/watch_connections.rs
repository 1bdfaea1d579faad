//! Connection tracking, watched: events as they come, the table at the start and after the kernel dropped events.
//!
//! Proof that it listens is a call of our own: a datagram on the loopback interface, which nobody counts, has to come as an event.
#![allow(clippy::disallowed_methods, reason = "what connection tracking is set to stands in files")]

use super::state::{Shared, Source};
use super::{Connections, Stop};
use crate::clock::now;
use hedgerow_observe::sum::Now;
use hedgerow_observe::sum::connections::Connections as Tracked;
use hedgerow_observe::{Connection, Protocol};
use std::io;
use std::net::UdpSocket;
use std::time::Duration;

/// Bytes that the kernel keeps for events that wait. An event takes about 800 of them.
pub(super) const BUFFER: usize = 16 << 20;
/// Events that are read before others may look at what was counted.
const PORTION: usize = 256;
/// A call of our own, so often.
const PROBE: i64 = 4_000_000;
/// After so long without the event of one, nothing is heard.
pub(super) const PROOF_LASTS: i64 = 10;
/// The table is read again at most so often, and so much longer than it took.
const BETWEEN_TABLES: i64 = 1_000_000;
const REST: i64 = 10;
/// After a failure it is tried again after this time.
const AGAIN: Duration = Duration::from_secs(5);

/// What a person should know where zones are used.
const ZONES: &str = "connections are tracked in zones (Open vSwitch, OVN): one that passes through several counts once";

/// Watches until it is stopped.
pub(super) fn watch(source: &Shared, stop: &Stop, buffer: usize) {
    while !stop.is_set() {
        let error = match Watch::begin(source, buffer) {
            Ok(mut watch) => {
                let end = watch.run(source, stop);
                // What is new until the door is open again is not told from what was open.
                if end.is_err() {
                    source.lock().lose(None);
                }
                end.err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error {
            source.lock().hearing.fail(words(&error));
            stop.sleep(AGAIN);
        }
    }
}

fn words(error: &io::Error) -> String {
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::PERM | rustix::io::Errno::ACCESS) => {
            "connection tracking cannot be read: CAP_NET_ADMIN is missing".to_owned()
        }
        Some(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT | rustix::io::Errno::PROTONOSUPPORT) => {
            format!("the kernel has no nf_conntrack_netlink: {error}")
        }
        _ => format!("connection tracking cannot be read: {error}"),
    }
}

struct Watch {
    door: Connections,
    tracked: Tracked,
    /// Events were dropped, and the table was not read since.
    is_overrun: bool,
    /// Before this the table is not read again.
    table_after: i64,
    probe: Option<UdpSocket>,
    probe_port: Option<u16>,
    probe_after: i64,
    not_understood: u64,
}

impl Watch {
    fn begin(source: &Shared, buffer: usize) -> io::Result<Self> {
        let mut watch = Self {
            door: Connections::open(buffer)?,
            tracked: Tracked::default(),
            is_overrun: false,
            table_after: 0,
            probe: None,
            probe_port: None,
            probe_after: 0,
            not_understood: 0,
        };
        watch.table(source)?;
        Ok(watch)
    }

    fn run(&mut self, source: &Shared, stop: &Stop) -> io::Result<()> {
        while !stop.is_set() {
            let is_there = self.door.wait(Duration::from_millis(200))?;
            let moment = now();
            if moment.boot >= self.probe_after {
                self.probe(source, moment);
            }
            if !is_there {
                self.drained(&mut source.lock());
                self.repair(source, moment)?;
                continue;
            }
            let is_drained = {
                let mut source = source.lock();
                let (tracked, probe) = (&mut self.tracked, self.probe_port);
                let mut is_proven = false;
                let read = self.door.events(PORTION, &mut |connection| {
                    if is_probe(connection, probe) {
                        is_proven = true;
                    }
                    tracked.event(connection, moment, &mut source.sums);
                })?;
                if read.events > 0 {
                    source.record(moment);
                }
                if is_proven {
                    source.hearing.prove(moment);
                }
                self.is_overrun |= read.is_overrun;
                if tracked.has_zones() {
                    source.notice(ZONES.to_owned());
                }
                let misread = self.door.not_understood();
                source.misread(misread - self.not_understood);
                self.not_understood = misread;
                if read.is_drained {
                    self.drained(&mut source);
                }
                read.is_drained
            };
            if is_drained {
                self.repair(source, moment)?;
            }
        }
        Ok(())
    }

    /// Reads the table if events were dropped, once those that wait are read.
    fn repair(&mut self, source: &Shared, moment: Now) -> io::Result<()> {
        if self.is_overrun && moment.boot >= self.table_after { self.table(source) } else { Ok(()) }
    }

    fn drained(&mut self, source: &mut Source) {
        if self.tracked.is_repairing()
            && let Some(loss) = self.tracked.drained(self.door.dropped(), self.is_overrun)
        {
            source.lose(loss.count);
            if loss.may_repeat {
                source.lose(None);
            }
        }
    }

    fn table(&mut self, source: &Shared) -> io::Result<()> {
        let began = now();
        self.is_overrun = false;
        self.tracked.begin();
        let tracked = &mut self.tracked;
        // Nobody waits until a large table is read.
        let result = self.door.table(&mut |connection| tracked.listed(connection, began, &mut source.lock().sums));
        self.tracked.end();
        result?;
        let took = now().boot - began.boot;
        self.table_after = now().boot + BETWEEN_TABLES.max(took * REST);
        Ok(())
    }

    /// Calls ourselves, and says why the call before was not seen.
    fn probe(&mut self, source: &Shared, moment: Now) {
        self.probe_after = moment.boot + PROBE;
        // The one before is kept open until now, so that its port is nobody else's.
        let sent = UdpSocket::bind(("127.0.0.1", 0)).and_then(|socket| {
            // Port 9 throws away what it gets.
            let _refused = socket.send_to(b"hedgerow", ("127.0.0.1", 9));
            Ok((socket.local_addr()?.port(), socket))
        });
        let fault = match &sent {
            Ok(_) if source.lock().hearing.is_up(moment) => table_is_full(),
            Ok(_) if self.probe_port.is_none() => None,
            Ok(_) => Some(why_deaf()),
            Err(error) => Some(format!("no call of our own can be made on the loopback interface: {error}")),
        };
        if let Some(fault) = fault {
            source.lock().hearing.fail(fault);
        }
        (self.probe_port, self.probe) = sent.map_or((None, None), |(port, socket)| (Some(port), Some(socket)));
    }
}

fn is_probe(connection: &Connection, port: Option<u16>) -> bool {
    connection.protocol == Protocol::UDP
        && connection.original.source.is_loopback()
        && port.is_some()
        && connection.original.source_port == port
}

fn setting(name: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/proc/sys/net/netfilter/{name}")).ok()?.trim().parse().ok()
}

/// Why a call of our own is no event.
fn why_deaf() -> String {
    match (setting("nf_conntrack_max"), setting("nf_conntrack_events")) {
        (None, _) => "the kernel tracks no connections: the module nf_conntrack is not loaded".to_owned(),
        (_, Some(0)) => "net.netfilter.nf_conntrack_events is 0: the kernel tells of no connection".to_owned(),
        _ => "a call of our own was not tracked: no rule of this network asks for connection tracking, or the loopback interface is down or left out".to_owned(),
    }
}

/// A table without room: the kernel drops what would be new, and there is no event of it.
fn table_is_full() -> Option<String> {
    let (count, most) = (setting("nf_conntrack_count")?, setting("nf_conntrack_max")?);
    (most > 0 && count >= most)
        .then(|| format!("the table of connections is full ({count}): the kernel drops new ones"))
}

/// What should be known of the settings, for a person.
pub(super) fn settings() -> Vec<String> {
    let mut lines = Vec::new();
    if setting("nf_conntrack_acct") == Some(0) {
        lines.push(
            "conntrack: net.netfilter.nf_conntrack_acct is 0: packets of connections are not counted (connections are)"
                .to_owned(),
        );
    }
    if setting("nf_conntrack_timestamp") == Some(0) {
        lines.push(
            "conntrack: net.netfilter.nf_conntrack_timestamp is 0: when an open connection began is not known"
                .to_owned(),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_said_in_words() {
        let words = |errno: rustix::io::Errno| words(&errno.into());
        assert!(words(rustix::io::Errno::PERM).contains("CAP_NET_ADMIN"));
        assert!(words(rustix::io::Errno::PROTONOSUPPORT).contains("nf_conntrack_netlink"));
        assert!(words(rustix::io::Errno::NOMEM).contains("cannot be read"));
    }
}
