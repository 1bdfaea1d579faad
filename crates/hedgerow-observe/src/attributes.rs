//! Netlink: messages out of a stream, attributes out of a message.

use crate::reader::{Fault, MAX_PIECE, Reader, Tally};
use crate::record::{LossSign, Lost, Record, When};

/// One netlink message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) payload: &'a [u8],
}

impl Message<'_> {
    /// The subsystem of nfnetlink.
    pub(crate) fn subsystem(&self) -> u16 {
        self.kind >> 8
    }
}

/// A format whose pieces are netlink messages.
pub(crate) trait MessageFormat {
    /// Reads one message that is none of netlink's own.
    fn message(&mut self, message: Message<'_>, tally: &mut Tally, out: &mut dyn FnMut(Record));

    /// A dump ends here.
    fn done(&mut self, _tally: &mut Tally, _out: &mut dyn FnMut(Record)) {}
}

/// A header.
const HEADER: usize = 16;
/// `NLM_F_DUMP_INTR`: the table changed while it was read.
const INTERRUPTED: u16 = 0x10;

/// A reader of netlink messages: bare, one after another, as a socket gives them; or in frames, each with its length as a little-endian u32 in
/// front. Which of both is seen in the first bytes.
#[derive(Debug, Default)]
pub(crate) struct MessageReader<F> {
    format: F,
    tally: Tally,
    pending: Vec<u8>,
    framed: Option<bool>,
    /// Bytes of a frame that are still to come.
    frame: usize,
    /// Nothing makes sense any more.
    lost: bool,
    interrupted: bool,
}

impl<F: MessageFormat> MessageReader<F> {
    pub(crate) fn new(format: F) -> Self {
        Self {
            format,
            tally: Tally::default(),
            pending: Vec::new(),
            framed: None,
            frame: 0,
            lost: false,
            interrupted: false,
        }
    }

    /// Takes what is complete from the front of `pending`.
    fn drain(&mut self, out: &mut dyn FnMut(Record)) {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while !self.lost {
            let framed = match self.framed {
                Some(framed) => framed,
                None if rest.len() < 12 => break,
                None => *self.framed.insert(is_framed(rest)),
            };
            if framed && self.frame == 0 {
                let Some(length) = u32_at(rest, 0) else { break };
                self.frame = length as usize;
                rest = &rest[4..];
                continue;
            }
            let Some(length) = u32_at(rest, 0) else { break };
            let length = length as usize;
            if !(HEADER..=MAX_PIECE).contains(&length) || (framed && length > self.frame) {
                self.tally.pieces += 1;
                self.tally.fault(Fault::Shape, &rest[..4]);
                self.lost = true;
                break;
            }
            // Messages are padded to four bytes, the last one of a frame need not be.
            let padded = length.next_multiple_of(4);
            let whole = if framed { padded.min(self.frame) } else { padded };
            if rest.len() < whole {
                break;
            }
            self.message(&rest[..length], out);
            rest = &rest[whole..];
            if framed {
                self.frame -= whole;
            }
        }
        if !self.lost {
            self.pending = rest.to_vec();
        }
    }

    fn message(&mut self, bytes: &[u8], out: &mut dyn FnMut(Record)) {
        self.tally.pieces += 1;
        let (Some(kind), Some(flags)) = (u16_at(bytes, 4), u16_at(bytes, 6)) else { return };
        let message = Message { kind, flags, payload: &bytes[HEADER..] };
        let mut records = 0;
        let mut count = |record| {
            records += 1;
            out(record);
        };
        if flags & INTERRUPTED != 0 && !self.interrupted {
            self.interrupted = true;
            count(Record::Lost(Lost { when: When::Unsaid, count: None, sign: LossSign::DumpInterrupted }));
        }
        match kind {
            1 => self.tally.aside += 1,
            2 => match i32_at(message.payload, 0) {
                Some(0) => self.tally.aside += 1,
                // ENOBUFS
                Some(-105) => {
                    count(Record::Lost(Lost { when: When::Unsaid, count: None, sign: LossSign::NetlinkOverrun }));
                }
                _ => self.tally.fault(Fault::Value, bytes),
            },
            3 => {
                self.tally.aside += 1;
                self.interrupted = false;
                self.format.done(&mut self.tally, &mut count);
            }
            4 => count(Record::Lost(Lost { when: When::Unsaid, count: None, sign: LossSign::NetlinkOverrun })),
            _ => self.format.message(message, &mut self.tally, &mut count),
        }
        self.tally.records += records;
    }
}

impl<F: MessageFormat> Reader for MessageReader<F> {
    fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Record)) {
        // In portions, so that a long input is not copied whole.
        while !bytes.is_empty() && !self.lost {
            let portion = bytes.len().min(64 << 10);
            self.pending.extend_from_slice(&bytes[..portion]);
            bytes = &bytes[portion..];
            self.drain(out);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Record)) {
        if !self.lost && (!self.pending.is_empty() || self.frame > 0) {
            self.tally.pieces += 1;
            let pending = std::mem::take(&mut self.pending);
            self.tally.fault(Fault::Truncated, &pending);
        }
        let mut records = 0;
        self.format.done(&mut self.tally, &mut |record| {
            records += 1;
            out(record);
        });
        self.tally.records += records;
        (self.pending, self.framed, self.frame, self.lost, self.interrupted) = (Vec::new(), None, 0, false, false);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// Whether the stream begins with a frame's length before a message's. A message's kind stands at byte 4, after a frame's length at 8; a
/// message without frame has its sequence number there, and flags where the frame has the high half of a length.
pub(crate) fn is_framed(start: &[u8]) -> bool {
    let known = |kind: u16| matches!(kind >> 8, 1 | 10) || (1..=4).contains(&kind);
    match (u32_at(start, 0), u32_at(start, 4), u16_at(start, 8)) {
        (Some(frame), Some(length), Some(kind)) => {
            (HEADER..=frame as usize).contains(&(length as usize)) && known(kind)
        }
        _ => false,
    }
}

/// The attributes of a message or of a nested attribute: kind without flags, and content. What is broken ends the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of the first attribute of this kind.
    pub(crate) fn get(self, wanted: u16) -> Option<&'a [u8]> {
        let mut rest = self;
        rest.find_map(|(kind, content)| (kind == wanted).then_some(content))
    }

    /// The first attribute of this kind, as a list of attributes.
    pub(crate) fn nested(self, wanted: u16) -> Option<Self> {
        self.get(wanted).map(Self::new)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16_at(self.rest, 0)?);
        let kind = u16_at(self.rest, 2)? & 0x3fff;
        if length < 4 || length > self.rest.len() {
            self.rest = &[];
            return None;
        }
        let content = &self.rest[4..length];
        self.rest = self.rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, content))
    }
}

/// Text up to its NUL.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes)
}

/// A number in the network's order that fills the whole attribute.
pub(crate) fn be16(bytes: &[u8]) -> Option<u16> {
    bytes.try_into().ok().map(u16::from_be_bytes)
}

/// A number in the network's order that fills the whole attribute.
pub(crate) fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_be_bytes)
}

/// A number in the network's order that fills the whole attribute.
pub(crate) fn be64(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}
