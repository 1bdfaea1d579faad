//! Lines of log rules → calls. Each packet that a log rule meets is a line, and a caller without an answer sends again: what counts is a
//! connection, told by both ends with both ports.

use super::recent::{Recent, fingerprint};
use super::{Aside, Began, Call, Now, Place, Said, Sums, icmp_aside, no_call};
use crate::record::Packet;
use std::sync::Arc;

/// A connection that shows nothing for so long is another one, in microseconds. TCP sends its first packet again for about two minutes; with
/// each, the time begins anew.
const SAME: i64 = 90_000_000;
/// The longest prefix that is kept: what the kernel keeps of nftables' prefixes.
const LONGEST_PREFIX: usize = 128;

/// Tells calls from lines.
#[derive(Clone, Debug)]
pub struct Packets {
    seen: Recent,
    /// What was logged before this is from before this run.
    since: i64,
}

impl Packets {
    /// For a run that begins at this time.
    #[must_use]
    pub fn new(since: i64) -> Self {
        Self { seen: Recent::new(1 << 14, SAME), since }
    }

    /// Takes one line.
    pub fn packet(&mut self, packet: &Packet, now: Now, sums: &mut Sums) {
        let at = now.of(packet.when);
        match self.aside(packet, at) {
            Some(why) => sums.put_aside(why),
            None => sums.add(self.call(packet, at), at, 1),
        }
    }

    fn aside(&mut self, packet: &Packet, at: i64) -> Option<Aside> {
        if packet.is_error {
            return Some(Aside::Control);
        }
        let is_lo = |interface: &Option<String>| interface.as_deref() == Some("lo");
        if is_lo(&packet.input) || is_lo(&packet.output) {
            return Some(Aside::Loopback);
        }
        if let Some(why) = no_call(packet.source, packet.destination) {
            return Some(why);
        }
        if let Some(why) = packet.icmp.and_then(|(kind, _)| icmp_aside(packet.protocol, kind)) {
            return Some(why);
        }
        // A later piece of a packet has no ports; its first piece has its own line.
        if packet.opens == Some(false) || packet.is_fragment {
            return Some(Aside::Amid);
        }
        let connection = (
            packet.source,
            packet.destination,
            packet.source_port,
            packet.destination_port,
            packet.protocol,
            &packet.prefix,
        );
        self.seen.see(fingerprint(&connection), at, 0).map(|_| Aside::Repetition)
    }

    fn call(&self, packet: &Packet, at: i64) -> Call {
        let mut end = packet.prefix.len().min(LONGEST_PREFIX);
        while !packet.prefix.is_char_boundary(end) {
            end -= 1;
        }
        Call {
            caller: Place::at(packet.source),
            callee: Place::at(packet.destination),
            port: packet.destination_port.unwrap_or(0),
            protocol: packet.protocol,
            said: Said::Logged,
            began: if at < self.since { Began::PerhapsCounted } else { Began::Now },
            prefix: Some(Arc::from(&packet.prefix[..end])),
            policy: None,
        }
    }
}
