//! The node part: the node's sources, summed, on their way to the collector.
//!
//! Each source is behind a thin door that moves bytes from the kernel, a socket or a file to a reader of [`hedgerow_observe`], and knows nothing
//! of what they mean. A watcher reads its door in a thread of its own and keeps the account (`state`); [`run`] takes what was summed every
//! few seconds and hands it to the [`uplink`](crate::uplink).
//!
//! | source | needs |
//! | --- | --- |
//! | [`RuleCounters`] | `CAP_NET_ADMIN` in the node's network namespace |
//! | [`Connections`] | the same |
//! | [`KernelLog`] | `/dev/kmsg`, with `CAP_SYSLOG` where `kernel.dmesg_restrict` is 1 |
//! | flow socket | the folder `/var/run/calico/flows` of the host |
//! | Hubble's export | the file, to be read |

mod connections;
mod counters;
mod flow_socket;
mod health;
mod kernel_log;
mod netfilter;
mod rule_counters;
mod run;
mod state;
mod watch_connections;
mod watch_counters;
mod watch_hubble;
mod watch_kernel_log;

pub use connections::{Connections, Read};
pub use kernel_log::{KernelLog, Start};
pub use rule_counters::RuleCounters;
pub use run::{Node, run};

use hedgerow_observe::{Reader, Record};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

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

/// Says to all watchers that it is over.
#[derive(Clone, Debug)]
struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    fn set(&self) {
        self.0.send_replace(true);
    }

    fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    async fn wait(&self) {
        let mut changes = self.0.subscribe();
        let _ended = changes.wait_for(|is_set| *is_set).await;
    }

    /// A pause of a thread, that ends with it.
    fn sleep(&self, time: Duration) {
        let step = Duration::from_millis(100);
        let mut left = time;
        while !left.is_zero() && !self.is_set() {
            std::thread::sleep(left.min(step));
            left = left.saturating_sub(step);
        }
    }
}
