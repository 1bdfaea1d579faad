//! Connections of this network namespace: events of new ones, and dumps of the table at the start and after each overrun.

use super::netfilter::Netfilter;
use super::{keep, wait};
use hedgerow_observe::{Format, LossSign, Lost, Reader, Record, Tally, When};
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
    /// The table is to be read before the next events.
    is_dump_due: bool,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Connections").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Connections {
    /// Opens it, with so many bytes for events that wait. From here on nothing is missed without being said: the first reading begins with the
    /// table as it stands.
    ///
    /// # Errors
    /// If the kernel gives no such socket (no `CAP_NET_ADMIN`, or no connection tracking).
    pub fn open(buffer: usize) -> io::Result<Self> {
        let events = Netfilter::open(NEW)?;
        events.set_buffer(buffer)?;
        let reader = || Format::ConntrackNetlink.reader();
        Ok(Self { events, event_reader: reader(), dump_reader: reader(), is_dump_due: true })
    }

    /// Reads what is there, waiting so long for it. A connection can come twice: as new, and in the table that was read after an overrun; it
    /// has one `id`.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn read(&mut self, wait_for: Duration, out: &mut dyn FnMut(Record)) -> io::Result<()> {
        if self.is_dump_due {
            self.dump(out)?;
        }
        if !wait(&self.events, wait_for)? {
            return Ok(());
        }
        match self.events.receive() {
            Ok(datagram) => {
                self.event_reader.feed(datagram, out);
                Ok(())
            }
            // Nobody knows how many were lost; those that still are there are in the table.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {
                out(Record::Lost(Lost { when: When::Unsaid, count: None, sign: LossSign::NetlinkOverrun }));
                self.is_dump_due = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn dump(&mut self, out: &mut dyn FnMut(Record)) -> io::Result<()> {
        // A socket of its own: events that come meanwhile stay where they are.
        let mut socket = Netfilter::open(0)?;
        let mut records = Vec::new();
        let reader = &mut self.dump_reader;
        socket.dump(GET, 0, &[], &mut |datagram| reader.feed(datagram, &mut keep(&mut records)))?;
        // The table changes all the time. What is new meanwhile comes as an event; so an interrupted dump is no loss.
        records.retain(|record| !matches!(record, Record::Lost(lost) if lost.sign == LossSign::DumpInterrupted));
        records.into_iter().for_each(out);
        self.is_dump_due = false;
        Ok(())
    }

    /// What was read of events since the door was opened.
    pub fn tally(&self) -> &Tally {
        self.event_reader.tally()
    }
}
