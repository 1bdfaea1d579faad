//! Connections of this network namespace: events of new ones, and the table of those that are open.

use super::netfilter::Netfilter;
use super::wait;
use hedgerow_observe::{Connection, Format, Reader, Record, Tally};
use std::io;
use std::time::Duration;

/// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET`.
const GET: u16 = 1 << 8 | 1;
/// `NFNLGRP_CONNTRACK_NEW`, as a bit of a mask.
const NEW: u32 = 1;

/// The door.
pub struct Connections {
    events: Netfilter,
    event_reader: Box<dyn Reader + Send>,
    dump_reader: Box<dyn Reader + Send>,
    /// The kernel's count of dropped events, when it was asked last.
    dropped: u64,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Connections").field("events", &self.events).finish_non_exhaustive()
    }
}

/// What reading events came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// How many there were.
    pub events: usize,
    /// None wait any more.
    pub is_drained: bool,
    /// The kernel had no room for some, and dropped them.
    pub is_overrun: bool,
}

impl Connections {
    /// Opens it, with so many bytes for events that wait. From here on no event is missed without being said; what was there before is in the
    /// table.
    ///
    /// # Errors
    /// If the kernel gives no such socket (no `CAP_NET_ADMIN`, or no connection tracking).
    pub fn open(buffer: usize) -> io::Result<Self> {
        let events = Netfilter::open(NEW)?;
        events.set_buffer(buffer)?;
        let reader = || Format::ConntrackNetlink.reader();
        Ok(Self { events, event_reader: reader(), dump_reader: reader(), dropped: 0 })
    }

    /// Waits so long for events; false if none came.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn wait(&self, time: Duration) -> io::Result<bool> {
        wait(&self.events, time)
    }

    /// Reads events that are there, so many at most.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn events(&mut self, most: usize, out: &mut dyn FnMut(&Connection)) -> io::Result<Read> {
        let mut read = Read::default();
        while read.events < most {
            match self.events.receive_now() {
                Ok(Some(datagram)) => {
                    read.events += 1;
                    self.event_reader.feed(datagram, &mut |record| {
                        if let Record::Connection(connection) = &record {
                            out(connection);
                        }
                    });
                }
                Ok(None) => {
                    read.is_drained = true;
                    break;
                }
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {
                    read.is_overrun = true;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    /// Reads the table. It changes all the time: what is new meanwhile comes as an event, so an interrupted reading is no loss.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn table(&mut self, out: &mut dyn FnMut(&Connection)) -> io::Result<()> {
        // A socket of its own: events that come meanwhile stay where they are.
        let mut socket = Netfilter::open(0)?;
        let reader = &mut self.dump_reader;
        socket.dump(GET, 0, &[], &mut |datagram| {
            reader.feed(datagram, &mut |record| {
                if let Record::Connection(connection) = &record {
                    out(connection);
                }
            });
        })
    }

    /// How many events the kernel dropped since this was asked last; nothing if it does not say.
    pub fn dropped(&mut self) -> Option<u64> {
        let drops = self.events.drops()?;
        let since = drops.saturating_sub(self.dropped);
        self.dropped = drops;
        Some(since)
    }

    /// How many messages were not understood since the door was opened.
    pub fn not_understood(&self) -> u64 {
        self.event_reader.tally().not_understood() + self.dump_reader.tally().not_understood()
    }

    /// What was read of events since the door was opened.
    pub fn tally(&self) -> &Tally {
        self.event_reader.tally()
    }
}
