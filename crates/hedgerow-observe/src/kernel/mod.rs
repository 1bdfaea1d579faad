//! Lines of log rules, and the logs in which they stand.

pub(crate) mod journal;
pub(crate) mod kmsg;
pub(crate) mod packet;
pub(crate) mod text;

use crate::reader::{Fault, Tally};
use crate::record::{LossSign, Lost, Record, When};
use packet::Line;

/// Reads one message of the kernel.
pub(crate) fn message(text: &str, when: When, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
    let Line { packet, fault } = packet::read(text, when);
    if let Some(fault) = fault {
        tally.fault(fault, text.as_bytes());
    }
    match packet {
        Some(packet) => out(Record::Packet(packet)),
        None if fault.is_some() => {}
        None => match dropped(text) {
            Some((count, sign)) => out(Record::Lost(Lost { when, count: Some(count), sign })),
            None => tally.aside += 1,
        },
    }
}

/// What the kernel, or the journal, says it could not keep.
fn dropped(text: &str) -> Option<(u64, LossSign)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let count = |at: usize| words.get(at).and_then(|word| word.parse().ok());
    match words[..] {
        // printk: 12 messages dropped.
        ["printk:", _, "messages", "dropped" | "dropped.", ..] => Some((count(1)?, LossSign::KernelDropped)),
        // ** 12 printk messages dropped **
        ["**", _, "printk", "messages", "dropped", ..] => Some((count(1)?, LossSign::KernelDropped)),
        ["printk:", _, "messages", "suppressed" | "suppressed.", ..] => Some((count(1)?, LossSign::KernelSuppressed)),
        // systemd-journald: Missed 12 kernel messages
        [.., "Missed", _, "kernel", "messages"] => Some((count(words.len() - 3)?, LossSign::Journal)),
        _ => None,
    }
}

/// A message that is not text is counted, not guessed at.
pub(crate) fn message_bytes(bytes: &[u8], when: When, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
    match std::str::from_utf8(bytes) {
        Ok(text) => message(text, when, tally, out),
        Err(_) if packet::is_likely(bytes) => tally.fault(Fault::Value, bytes),
        Err(_) => tally.aside += 1,
    }
}
