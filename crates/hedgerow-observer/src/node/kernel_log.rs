//! The kernel's log, from `/dev/kmsg`: one read gives one record, and its number shows what was overwritten before it could be read.
#![allow(clippy::disallowed_types, reason = "the door to the kernel's log")]

use super::wait;
use hedgerow_observe::{Format, Reader, Record, Tally};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// The longest record that the kernel gives, and more.
const LONGEST: usize = 16 << 10;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that is kept.
    Oldest,
    /// With what comes from now on.
    Now,
}

/// The door.
pub struct KernelLog {
    file: File,
    buffer: Vec<u8>,
    reader: Box<dyn Reader + Send>,
}

impl std::fmt::Debug for KernelLog {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("KernelLog").field("file", &self.file).finish_non_exhaustive()
    }
}

impl KernelLog {
    /// Opens it.
    ///
    /// # Errors
    /// If there is no `/dev/kmsg`, or it may not be read.
    pub fn open(start: Start) -> io::Result<Self> {
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open("/dev/kmsg")?;
        if start == Start::Now {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self { file, buffer: vec![0; LONGEST], reader: Format::Kmsg.reader() })
    }

    /// Reads all records that are there, waiting so long for the first.
    ///
    /// # Errors
    /// If the log cannot be read any more.
    pub fn read(&mut self, wait_for: Duration, out: &mut dyn FnMut(Record)) -> io::Result<()> {
        if !wait(&self.file, wait_for)? {
            return Ok(());
        }
        loop {
            match self.file.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => self.reader.feed(&self.buffer[..length], out),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Records were overwritten. The next one's number says how many.
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::PIPE.raw_os_error()) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the log can be opened and read: by another reader, which takes nothing away.
    ///
    /// # Errors
    /// If it cannot.
    pub fn try_reading() -> io::Result<()> {
        let mut log = Self::open(Start::Oldest)?;
        match log.file.read(&mut log.buffer) {
            // Overwritten between opening and reading.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::PIPE.raw_os_error()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    /// What was read since the door was opened.
    pub fn tally(&self) -> &Tally {
        self.reader.tally()
    }
}
