//! Cuts a stream into lines, with a bound.

use crate::reader::{Fault, MAX_PIECE, Reader, Tally};
use crate::record::Record;
use memchr::memchr;

/// A format whose pieces are lines.
pub(crate) trait LineFormat {
    /// Reads one line, without its end.
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record));

    /// No more lines come.
    fn finish(&mut self, _tally: &mut Tally, _out: &mut dyn FnMut(Record)) {}
}

/// A reader of lines.
#[derive(Debug, Default)]
pub(crate) struct LineReader<F> {
    format: F,
    tally: Tally,
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
    /// The line was too long: its rest is thrown away.
    skipping: bool,
}

impl<F: LineFormat> LineReader<F> {
    pub(crate) fn new(format: F) -> Self {
        Self { format, tally: Tally::default(), pending: Vec::new(), skipping: false }
    }

    fn line(&mut self, tail: &[u8], out: &mut dyn FnMut(Record)) {
        self.tally.pieces += 1;
        let mut records = 0;
        let mut count = |record| {
            records += 1;
            out(record);
        };
        if self.pending.is_empty() {
            self.format.line(without_return(tail), &mut self.tally, &mut count);
        } else {
            self.pending.extend_from_slice(tail);
            self.format.line(without_return(&self.pending), &mut self.tally, &mut count);
            self.pending.clear();
        }
        self.tally.records += records;
    }
}

impl<F: LineFormat> Reader for LineReader<F> {
    fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Record)) {
        while !bytes.is_empty() {
            let end = memchr(b'\n', bytes);
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if !self.skipping && self.pending.len() + part.len() > MAX_PIECE {
                self.tally.pieces += 1;
                self.pending.extend_from_slice(&part[..part.len().min(200)]);
                self.tally.fault(Fault::TooLong, &self.pending);
                self.pending = Vec::new();
                self.skipping = true;
            }
            match end {
                Some(_) if self.skipping => self.skipping = false,
                Some(_) => self.line(part, out),
                None if self.skipping => {}
                None => self.pending.extend_from_slice(part),
            }
            bytes = &bytes[end.map_or(bytes.len(), |at| at + 1)..];
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Record)) {
        if !self.pending.is_empty() {
            self.line(&[], out);
        }
        let mut records = 0;
        self.format.finish(&mut self.tally, &mut |record| {
            records += 1;
            out(record);
        });
        self.tally.records += records;
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
