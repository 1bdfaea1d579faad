//! Messages of ctnetlink: events (new, update, destroy) and the answers of a dump.

use crate::attributes::{Attributes, Message, MessageFormat, be16, be32, be64};
use crate::reader::{Fault, Tally};
use crate::record::{Connection, Event, Protocol, Record, Tuple, When};
use std::net::IpAddr;

/// `NFNL_SUBSYS_CTNETLINK`.
const CTNETLINK: u16 = 1;
const NLM_F_MULTI: u16 = 0x02;
/// `NLM_F_CREATE`: the event is about a new connection; without it, about a change.
const NLM_F_CREATE: u16 = 0x400;
/// `IPS_SEEN_REPLY`.
const SEEN_REPLY: u32 = 0x02;

// Attributes of a message.
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const STATUS: u16 = 3;
const COUNTERS_ORIGINAL: u16 = 9;
const COUNTERS_REPLY: u16 = 10;
const ID: u16 = 12;
const ZONE: u16 = 18;
const TIMESTAMP: u16 = 20;
/// `CTA_TIMESTAMP_EVENT`, nanoseconds, in newer kernels.
const EVENT_TIME: u16 = 27;

#[derive(Debug, Default)]
pub(crate) struct ConntrackMessages;

impl MessageFormat for ConntrackMessages {
    fn message(&mut self, message: Message<'_>, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        if message.subsystem() != CTNETLINK {
            tally.aside += 1;
            return;
        }
        let event = match message.kind & 0xff {
            0 if message.flags & NLM_F_MULTI != 0 => Event::Listed,
            0 if message.flags & NLM_F_CREATE != 0 => Event::New,
            0 => Event::Update,
            2 => Event::Destroy,
            _ => {
                tally.aside += 1;
                return;
            }
        };
        match read(message.payload, event) {
            Ok(connection) => out(Record::Connection(connection)),
            Err(fault) => tally.fault(fault, message.payload),
        }
    }
}

fn read(payload: &[u8], event: Event) -> Result<Connection, Fault> {
    let attributes = Attributes::new(payload.get(4..).ok_or(Fault::Truncated)?);
    let (protocol, original) = tuple(attributes.nested(ORIGINAL).ok_or(Fault::Truncated)?)?;
    let (_, reply) = tuple(attributes.nested(REPLY).ok_or(Fault::Truncated)?)?;
    let nanoseconds = attributes.get(EVENT_TIME).and_then(be64).or_else(|| {
        // When it began and ended, where the kernel keeps that.
        let times = attributes.nested(TIMESTAMP)?;
        times.get(if event == Event::Destroy { 2 } else { 1 }).and_then(be64)
    });
    let packets = |kind| {
        let counters = attributes.nested(kind)?;
        counters.get(1).and_then(be64).or_else(|| counters.get(3).and_then(be32).map(u64::from))
    };
    let (there, back) = (packets(COUNTERS_ORIGINAL), packets(COUNTERS_REPLY));
    Ok(Connection {
        when: nanoseconds
            .and_then(|nanoseconds| i64::try_from(nanoseconds / 1_000).ok())
            .map_or(When::Unsaid, When::Unix),
        event,
        protocol,
        original,
        reply,
        answered: attributes.get(STATUS).and_then(be32).map(|status| status & SEEN_REPLY != 0),
        id: attributes.get(ID).and_then(be32),
        zone: attributes.get(ZONE).and_then(be16),
        packets: there.or(back).map(|_| there.unwrap_or(0).saturating_add(back.unwrap_or(0))),
    })
}

fn tuple(tuple: Attributes<'_>) -> Result<(Protocol, Tuple), Fault> {
    let addresses = tuple.nested(1).ok_or(Fault::Truncated)?;
    let address = |v4: u16, v6: u16| -> Option<IpAddr> {
        let four = addresses.get(v4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(IpAddr::from);
        four.or_else(|| addresses.get(v6).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(IpAddr::from))
    };
    let protocol = tuple.nested(2).ok_or(Fault::Truncated)?;
    let number = protocol.get(1).and_then(|bytes| bytes.first()).copied().ok_or(Fault::Value)?;
    let found = Tuple {
        source: address(1, 3).ok_or(Fault::Value)?,
        destination: address(2, 4).ok_or(Fault::Value)?,
        source_port: protocol.get(2).and_then(be16),
        destination_port: protocol.get(3).and_then(be16),
    };
    Ok((Protocol(number), found))
}
