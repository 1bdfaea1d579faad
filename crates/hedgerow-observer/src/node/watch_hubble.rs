//! Hubble's export file, followed: what is written, through rotation, truncation and restarts.
//!
//! Proof that it is heard is that the file is there, is read to its end, and was written to lately: a node with Cilium is never long without a flow.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the file")]

use super::Stop;
use super::state::Shared;
use crate::clock::now;
use hedgerow_observe::sum::flows::HubbleFlows;
use hedgerow_observe::{Fault, Format, Record};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often it is looked for more.
const LOOK: Duration = Duration::from_millis(500);
/// Read at once.
const PORTION: usize = 64 << 10;
/// Of a file that is longer at the start, only its end is read.
const LONGEST: u64 = 64 << 20;
/// What the file holds from before the start counts for so long, in microseconds.
const BEFORE: i64 = 300_000_000;
/// So long the last look holds as a proof, in seconds.
pub(super) const PROOF_LASTS: i64 = 10;

/// A file that is followed.
struct Followed {
    file: File,
    identity: (u64, u64),
    position: u64,
    /// When more was read, after what was there at the start.
    grew: Option<Instant>,
}

/// Watches until it is stopped. A file into which nothing was written for `quiet` is a fault.
pub(super) fn watch(source: &Shared, stop: &Stop, path: &Path, quiet: Duration, since: i64) {
    let mut reader = Format::Hubble.reader();
    let mut flows = HubbleFlows::new(since);
    let mut followed: Option<Followed> = None;
    let mut is_start = true;
    let mut buffer = vec![0; PORTION];
    let (mut misread, mut unread) = (0, 0);
    while !stop.is_set() {
        let result = look(
            path,
            &mut followed,
            is_start,
            source,
            &mut |bytes, source| {
                let moment = now();
                let mut give = |record| match record {
                    Record::Flow(flow) => {
                        if moment.of(flow.when) >= since - BEFORE {
                            flows.flow(&flow, moment, &mut source.sums);
                        }
                    }
                    Record::Lost(lost) if moment.of(lost.when) < since => {}
                    Record::Lost(lost) => source.lost(&lost),
                    Record::Counter(_) | Record::Packet(_) | Record::Connection(_) => {}
                };
                match bytes {
                    Some(bytes) => reader.feed(bytes, &mut give),
                    None => reader.finish(&mut give),
                }
                source.record(moment);
                let all = reader.tally().not_understood();
                source.misread(all - misread);
                misread = all;
                // What is new in a line is said; a line that is no flow any more is a call that nobody counted.
                let all = reader.tally().faults.iter().filter(|(fault, _)| **fault != Fault::Unknown);
                let all = all.map(|(_, misread)| misread.count).sum();
                source.lose(Some(all - unread));
                unread = all;
            },
            &mut buffer,
        );
        let moment = now();
        let mut source = source.lock();
        match result {
            Ok(age) if age <= quiet => source.hearing.prove(moment),
            Ok(_) => source.hearing.fail(format!(
                "{} was not written to for {} s: is Hubble's export on, and the agent up?",
                path.display(),
                quiet.as_secs()
            )),
            Err(error) => source.hearing.fail(format!("cannot read {}: {error}", path.display())),
        }
        drop(source);
        is_start = false;
        stop.sleep(LOOK);
    }
}

/// Bytes, or the end of a file.
type Take<'a> = &'a mut dyn FnMut(Option<&[u8]>, &mut super::state::Source);

/// Reads what is new; how long ago something was written.
fn look(
    path: &Path,
    followed: &mut Option<Followed>,
    is_start: bool,
    source: &Shared,
    take: Take<'_>,
    buffer: &mut [u8],
) -> io::Result<Duration> {
    // What the old one holds is read to its end before another one is opened.
    if let Some(old) = followed {
        drain(old, source, take, buffer)?;
    }
    let there = std::fs::metadata(path)?;
    let identity = (there.dev(), there.ino());
    match followed {
        Some(old) if old.identity == identity => {
            if there.len() < old.position {
                // What was written between the last look and the truncation is gone.
                let mut locked = source.lock();
                locked.lose(None);
                take(None, &mut locked);
                drop(locked);
                old.file.seek(SeekFrom::Start(0))?;
                old.position = 0;
                drain(old, source, take, buffer)?;
            }
        }
        _ => {
            if let Some(old) = followed {
                // It was renamed between both looks: its last lines.
                drain(old, source, take, buffer)?;
                take(None, &mut source.lock());
            }
            let mut file = File::open(path)?;
            let opened = file.metadata()?;
            let mut position = 0;
            if is_start && opened.len() > LONGEST {
                position = start_of_line(&mut file, opened.len() - LONGEST, buffer)?;
            }
            let new = followed.insert(Followed { file, identity: (opened.dev(), opened.ino()), position, grew: None });
            drain(new, source, take, buffer)?;
            if is_start {
                new.grew = None;
            }
        }
    }
    let written = there.modified()?;
    Ok(match std::time::SystemTime::now().duration_since(written) {
        Ok(age) => age,
        // The clock was set back: what the file says of itself is no proof, only what is read is.
        Err(_) => followed.as_ref().and_then(|file| file.grew).map_or(Duration::MAX, |grew| grew.elapsed()),
    })
}

/// Where the next line begins. A line that is longer than the buffer is one that nobody writes.
fn start_of_line(file: &mut File, from: u64, buffer: &mut [u8]) -> io::Result<u64> {
    file.seek(SeekFrom::Start(from))?;
    let length = file.read(buffer)?;
    let after = buffer[..length].iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    file.seek(SeekFrom::Start(from + after as u64))
}

fn drain(followed: &mut Followed, source: &Shared, take: Take<'_>, buffer: &mut [u8]) -> io::Result<()> {
    loop {
        match followed.file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                followed.position += length as u64;
                followed.grew = Some(Instant::now());
                take(Some(&buffer[..length]), &mut source.lock());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
