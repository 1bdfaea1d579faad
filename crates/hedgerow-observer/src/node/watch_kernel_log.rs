//! The kernel's log, watched. Proof that it listens is that the log can be opened and read once more beside it.

use super::state::Shared;
use super::{KernelLog, Start, Stop};
use crate::clock::now;
use hedgerow_observe::sum::packets::Packets;
use hedgerow_observe::{Record, When};
use std::io;
use std::time::Duration;

/// What the log holds from before the start counts for so long, in microseconds: longer than an update of this program takes.
const BEFORE: i64 = 300_000_000;
/// How often it is tried whether the log can be read, in microseconds.
const TRIAL: i64 = 4_000_000;
/// So long a trial holds, in seconds.
pub(super) const PROOF_LASTS: i64 = 10;
/// After a failure it is tried again after this time.
const AGAIN: Duration = Duration::from_secs(5);

/// Watches until it is stopped.
pub(super) fn watch(source: &Shared, stop: &Stop, since: i64) {
    let mut packets = Packets::new(since);
    let mut is_first = true;
    while !stop.is_set() {
        // After a failure nobody knows what was missed; the log from its beginning would be counted again.
        let start = if is_first { Start::Oldest } else { Start::Now };
        let error = match KernelLog::open(start) {
            Ok(mut log) => {
                is_first = false;
                run(&mut log, source, stop, &mut packets, since).err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error {
            let mut source = source.lock();
            source.hearing.fail(words(&error));
            if !is_first {
                source.lose(None);
            }
            drop(source);
            stop.sleep(AGAIN);
        }
    }
}

fn run(log: &mut KernelLog, source: &Shared, stop: &Stop, packets: &mut Packets, since: i64) -> io::Result<()> {
    let (mut trial_after, mut not_understood) = (0, 0);
    // What is there at the start has the time that it says. What comes later comes now: the log's clock goes its own way after some days.
    let mut is_old = true;
    while !stop.is_set() {
        let moment = now();
        if moment.boot >= trial_after {
            trial_after = moment.boot + TRIAL;
            KernelLog::try_reading()?;
            source.lock().hearing.prove(moment);
        }
        let mut records = 0;
        log.read(Duration::from_millis(200), &mut |record| {
            let moment = now();
            let mut source = source.lock();
            match record {
                Record::Packet(mut packet) => {
                    if is_old && moment.of(packet.when) < since - BEFORE {
                        return;
                    }
                    if !is_old {
                        packet.when = When::Unsaid;
                    }
                    records += 1;
                    packets.packet(&packet, moment, &mut source.sums);
                }
                Record::Lost(lost) if is_old && moment.of(lost.when) < since => {}
                Record::Lost(lost) => source.lost(&lost),
                Record::Counter(_) | Record::Connection(_) | Record::Flow(_) => {}
            }
        })?;
        is_old = false;
        let mut source = source.lock();
        if records > 0 {
            source.record(now());
        }
        let misread = log.tally().not_understood();
        source.misread(misread - not_understood);
        not_understood = misread;
    }
    Ok(())
}

fn words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        "there is no /dev/kmsg: mount the host's into the container".to_owned()
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "/dev/kmsg may not be read: kernel.dmesg_restrict is 1 and CAP_SYSLOG is missing, or the container may not use the device".to_owned()
    } else {
        format!("/dev/kmsg cannot be read: {error}")
    }
}
