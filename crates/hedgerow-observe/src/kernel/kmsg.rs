//! Records of `/dev/kmsg`: `<priority>,<number>,<microseconds since boot>,<flags>[,…];<message>`, then lines of ` KEY=value`.
//!
//! The numbers make loss countable: a gap is a proof. A number that is not after the last one is another boot, or another reading.

use super::{message, message_bytes};
use crate::lines::LineFormat;
use crate::reader::{Fault, Tally};
use crate::record::{LossSign, Lost, Record, When};

#[derive(Debug, Default)]
pub(crate) struct Kmsg {
    last: Option<u64>,
}

impl LineFormat for Kmsg {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        if line.is_empty() || line[0] == b' ' {
            // The dictionary of the record before.
            tally.aside += 1;
            return;
        }
        let Some(head) = Head::read(line) else {
            tally.fault(Fault::Shape, line);
            return;
        };
        let when = When::SinceBoot(head.micros);
        if let Some(last) = self.last
            && head.number > last.saturating_add(1)
        {
            out(Record::Lost(Lost { when, count: Some(head.number - last - 1), sign: LossSign::KernelSequence }));
        }
        self.last = Some(head.number);
        // Programs can write here, too, with a facility of their own. Only the kernel's own lines are packets.
        if head.priority >> 3 != 0 {
            match std::str::from_utf8(head.text).ok().and_then(super::dropped) {
                Some((count, sign @ LossSign::Journal)) => out(Record::Lost(Lost { when, count: Some(count), sign })),
                _ => tally.aside += 1,
            }
            return;
        }
        match unescape(head.text) {
            Some(text) => message_bytes(&text, when, tally, out),
            None => match std::str::from_utf8(head.text) {
                Ok(text) => message(text, when, tally, out),
                Err(_) => message_bytes(head.text, when, tally, out),
            },
        }
    }
}

struct Head<'a> {
    priority: u32,
    number: u64,
    micros: u64,
    text: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let end = memchr::memchr(b';', line)?;
        let head = std::str::from_utf8(&line[..end]).ok()?;
        let mut fields = head.split(',');
        let priority = fields.next()?.parse().ok()?;
        let number = fields.next()?.parse().ok()?;
        let micros = fields.next()?.parse().ok()?;
        fields.next()?;
        Some(Self { priority, number, micros, text: &line[end + 1..] })
    }
}

/// The kernel writes what cannot be printed as `\x0a`. Nothing if there is none.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(text, br"\x")?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let [b'\\', b'x', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    Some(out)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
