//! The trait behind which every format is, and the account that each reader gives of what it did not understand.

use crate::record::Record;
use std::collections::BTreeMap;
use std::fmt;

/// Reads one format. Bytes may be cut anywhere; the same bytes give the same records, however they were cut.
///
/// A reader holds a bounded amount of memory ([`MAX_PIECE`] for what is not complete yet, and what its format's page says beside it), and
/// never panics. What it does not understand is in its [`Tally`].
pub trait Reader {
    /// Takes the next bytes and gives the records that are complete to `out`.
    fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(Record));

    /// Says that no more bytes come. What is incomplete is read as far as it goes, or counted.
    fn finish(&mut self, out: &mut dyn FnMut(Record));

    /// What was read so far.
    fn tally(&self) -> &Tally;
}

/// The longest line, message or document that is kept to be read, in bytes. What is longer is counted as [`Fault::TooLong`].
pub const MAX_PIECE: usize = 1 << 20;

/// What a reader read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines or messages, of any kind.
    pub pieces: u64,
    /// Records that came of them.
    pub records: u64,
    /// Lines or messages that are understood and of no interest here: other programs' rules, other kernel messages.
    pub aside: u64,
    /// What was not understood.
    pub faults: BTreeMap<Fault, Misread>,
    /// Things that are understood and that somebody should know.
    pub notices: BTreeMap<Notice, u64>,
}

impl Tally {
    /// How many pieces were not understood.
    pub fn not_understood(&self) -> u64 {
        self.faults.values().map(|misread| misread.count).sum()
    }

    /// Counts a fault in the piece that is being read.
    pub fn fault(&mut self, fault: Fault, excerpt: &[u8]) {
        let piece = self.pieces;
        let misread =
            self.faults.entry(fault).or_insert_with(|| Misread { count: 0, piece, excerpt: shorten(excerpt) });
        misread.count += 1;
    }

    /// Counts a notice.
    pub fn notice(&mut self, notice: Notice) {
        *self.notices.entry(notice).or_default() += 1;
    }
}

/// How often something was not understood, and where it was first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// How often.
    pub count: u64,
    /// The first such line or message, counted from 1.
    pub piece: u64,
    /// The beginning of it, printable.
    pub excerpt: String,
}

/// Why a piece of input was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Longer than [`MAX_PIECE`].
    TooLong,
    /// The input, or the line, ends too early.
    Truncated,
    /// Not of this format at all.
    Shape,
    /// Of this format, but a value in it makes no sense.
    Value,
    /// A value that this version does not know (a new kind, a new event).
    Unknown,
    /// A policy's chain whose comment and name do not say which policy it is.
    UnnamedChain,
    /// Rules without counters (`iptables-save` without `-c`).
    NoCounters,
    /// More of something than is kept: rules in one chain, fields in one entry.
    TooMany,
}

impl Fault {
    /// Its name in reports and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Truncated => "truncated",
            Self::Shape => "shape",
            Self::Value => "value",
            Self::Unknown => "unknown",
            Self::UnnamedChain => "unnamed-chain",
            Self::NoCounters => "no-counters",
            Self::TooMany => "too-many",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::TooLong => "longer than is read",
            Self::Truncated => "ends too early",
            Self::Shape => "not of this format",
            Self::Value => "a value makes no sense",
            Self::Unknown => "a kind that this version does not know",
            Self::UnnamedChain => "a policy's chain does not say which policy it is",
            Self::NoCounters => "rules without counters",
            Self::TooMany => "more than is kept",
        })
    }
}

/// Something that is understood and that somebody should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Felix's rules are in iptables' tables and in its own nftables table: leftovers police, too, and falsify counts.
    BothTables,
    /// `iptables-save` says that the other flavour has tables as well.
    OtherFlavour,
    /// The marks by which a rule says "allowed" were not in the input and were taken to be Calico's defaults.
    MarksAssumed,
}

impl Notice {
    /// Its name in reports and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::BothTables => "both-tables",
            Self::OtherFlavour => "other-flavour",
            Self::MarksAssumed => "marks-assumed",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::BothTables => "Calico's rules are in iptables and in nftables: what is left over of one mode polices, too, and falsifies counts",
            Self::OtherFlavour => "the other flavour of iptables has tables as well: read them with its own iptables-save",
            Self::MarksAssumed => "which mark says allowed is not in the input; Calico's default was taken",
        })
    }
}

/// The first 160 bytes, with what cannot be printed replaced.
fn shorten(bytes: &[u8]) -> String {
    hedgerow_core::unseen::replaced(&String::from_utf8_lossy(&bytes[..bytes.len().min(160)])).collect()
}
