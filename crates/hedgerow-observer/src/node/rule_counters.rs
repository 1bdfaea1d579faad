//! Rule counters of this network namespace: of iptables-nft and of nftables alike, by one kind of netlink dump. Reading takes no lock and cannot
//! hold up Felix. Legacy iptables is not seen here.

use super::netfilter::{Netfilter, text_attribute};
use super::{keep, not_understood};
use hedgerow_observe::{Format, LossSign, Reader, Record, RuleCounter, Tables, Tally};
use std::io;

/// `NFNL_SUBSYS_NFTABLES`, `NFT_MSG_GETRULE`.
const GET_RULE: u16 = 10 << 8 | 7;
/// `NFTA_RULE_TABLE`.
const TABLE: u16 = 1;
/// The tables that Felix writes its filter chains into, by IP version (`AF_INET`, `AF_INET6`).
const TABLES: [(u8, &str); 4] = [(2, "filter"), (2, "calico"), (10, "filter"), (10, "calico")];
/// A dump during which the tables changed is read again, so often.
const TRIES: usize = 5;

/// The door.
pub struct RuleCounters {
    socket: Netfilter,
    reader: Box<dyn Reader + Send>,
}

impl std::fmt::Debug for RuleCounters {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RuleCounters").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl RuleCounters {
    /// Opens it.
    ///
    /// # Errors
    /// If the kernel gives no netlink socket.
    pub fn open() -> io::Result<Self> {
        Ok(Self { socket: Netfilter::open(0)?, reader: Format::RulesNetlink.reader() })
    }

    /// All counters as they stand. Tables that are not there have none.
    ///
    /// # Errors
    /// If the kernel refuses (no `CAP_NET_ADMIN`), or the tables change faster than they can be read.
    pub fn read(&mut self) -> io::Result<Vec<RuleCounter>> {
        let mut counters = Vec::new();
        for (family, table) in TABLES {
            let attributes = text_attribute(TABLE, table);
            let mut tries = 0;
            loop {
                let mut records = Vec::new();
                let (socket, reader) = (&mut self.socket, &mut self.reader);
                let result = socket.dump(GET_RULE, family, &attributes, &mut |datagram| {
                    reader.feed(datagram, &mut keep(&mut records));
                });
                match result {
                    Ok(()) => {}
                    // No such table.
                    Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOENT.raw_os_error()) => {}
                    Err(error) => return Err(error),
                }
                let changed = records
                    .iter()
                    .any(|record| matches!(record, Record::Lost(lost) if lost.sign == LossSign::DumpInterrupted));
                if !changed {
                    counters.extend(records.into_iter().filter_map(|record| match record {
                        Record::Counter(counter) => Some(counter),
                        Record::Packet(_) | Record::Connection(_) | Record::Flow(_) | Record::Lost(_) => None,
                    }));
                    break;
                }
                tries += 1;
                if tries == TRIES {
                    return Err(io::Error::new(
                        io::ErrorKind::ResourceBusy,
                        format!("table {table} changed during each of {TRIES} readings"),
                    ));
                }
            }
        }
        Ok(counters)
    }

    /// Whether Calico's rules are in iptables and in nftables at once. What is left over of one mode goes on policing, and counts are wrong.
    pub fn are_in_both_tables(counters: &[RuleCounter]) -> bool {
        let has = |tables| counters.iter().any(|counter| counter.tables == tables);
        has(Tables::Iptables) && has(Tables::Nftables)
    }

    /// What was read since the door was opened.
    pub fn tally(&self) -> &Tally {
        self.reader.tally()
    }

    /// How many messages were not understood.
    pub fn not_understood(&self) -> u64 {
        not_understood(&*self.reader)
    }
}
