//! The node's sources, each behind a thin door: it moves bytes from the kernel to a reader of [`hedgerow_observe`], and knows nothing of what
//! they mean.
//!
//! | source | needs |
//! | --- | --- |
//! | [`RuleCounters`] | `CAP_NET_ADMIN` in the node's network namespace |
//! | [`Connections`] | the same |
//! | [`KernelLog`] | `/dev/kmsg`, with `CAP_SYSLOG` where `kernel.dmesg_restrict` is 1 |

mod connections;
mod kernel_log;
mod netfilter;
mod rule_counters;

pub use connections::Connections;
pub use kernel_log::{KernelLog, Start};
pub use rule_counters::RuleCounters;

use hedgerow_observe::{Reader, Record};
use std::io;
use std::time::Duration;

/// Waits until there is something to read; false if the time is over.
fn wait(fd: impl std::os::fd::AsFd, time: Duration) -> io::Result<bool> {
    let timeout = rustix::event::Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    let mut fds = [rustix::event::PollFd::new(&fd, rustix::event::PollFlags::IN)];
    match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What a reader has not understood so far.
fn not_understood(reader: &dyn Reader) -> u64 {
    reader.tally().not_understood()
}

/// A sink that keeps.
fn keep(records: &mut Vec<Record>) -> impl FnMut(Record) + '_ {
    |record| records.push(record)
}
