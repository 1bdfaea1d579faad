//! What `conntrack -E` and `conntrack -L` print, with any of `-o extended,timestamp,id,ktimestamp`, and `/proc/net/nf_conntrack`.

use crate::lines::LineFormat;
use crate::reader::{Fault, Tally};
use crate::record::{Connection, Event, Protocol, Record, Tuple, When};
use crate::time;
use std::net::IpAddr;

#[derive(Debug, Default)]
pub(crate) struct ConntrackText;

impl LineFormat for ConntrackText {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(text) = std::str::from_utf8(line) else {
            tally.fault(Fault::Shape, line);
            return;
        };
        let text = text.trim();
        // What the program says of itself.
        if text.is_empty() || text.starts_with("conntrack v") {
            tally.aside += 1;
            return;
        }
        match read(text) {
            Ok(connection) => out(Record::Connection(connection)),
            Err(fault) => tally.fault(fault, line),
        }
    }
}

#[derive(Debug, Default)]
struct Half {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    packets: Option<u64>,
}

impl Half {
    fn tuple(&self) -> Result<Tuple, Fault> {
        Ok(Tuple {
            source: self.source.ok_or(Fault::Truncated)?,
            destination: self.destination.ok_or(Fault::Truncated)?,
            source_port: self.source_port,
            destination_port: self.destination_port,
        })
    }
}

fn read(text: &str) -> Result<Connection, Fault> {
    let mut when = When::Unsaid;
    let mut event = Event::Listed;
    let mut unreplied = false;
    let mut halves = [Half::default(), Half::default()];
    let mut half = 0;
    let (mut id, mut zone) = (None, None);
    let mut of_icmp = false;
    let mut head: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(word) = next_word(&mut rest) {
        if let Some(inside) = word.strip_prefix('[') {
            match inside.trim_end_matches(']').trim() {
                "NEW" => event = Event::New,
                "UPDATE" => event = Event::Update,
                "DESTROY" => event = Event::Destroy,
                "UNREPLIED" => unreplied = true,
                inside => {
                    if let Some(micros) = time::seconds(inside) {
                        when = When::Unix(micros);
                    }
                }
            }
            continue;
        }
        let Some((key, value)) = word.split_once('=') else {
            head.push(word);
            continue;
        };
        let port = || value.parse::<u16>().map(Some).map_err(|_| Fault::Value);
        match key {
            "src" => {
                // The second source begins the answer's half.
                if halves[0].source.is_some() {
                    half = 1;
                }
                halves[half].source = Some(value.parse().map_err(|_| Fault::Value)?);
            }
            "dst" => halves[half].destination = Some(value.parse().map_err(|_| Fault::Value)?),
            "sport" => halves[half].source_port = port()?,
            "dport" => halves[half].destination_port = port()?,
            "packets" => halves[half].packets = value.parse().ok(),
            // An ICMP tuple has an `id` of its own behind its `type`.
            "type" => of_icmp = true,
            "id" if std::mem::take(&mut of_icmp) => {}
            "id" if half == 1 => id = value.parse().ok(),
            "zone" => zone = value.parse().ok(),
            _ => {}
        }
    }
    if head.is_empty() {
        return Err(Fault::Shape);
    }
    let protocol = protocol(&head).ok_or(Fault::Shape)?;
    let [there, back] = &halves;
    let (original, reply) = (there.tuple()?, back.tuple()?);
    if protocol.has_ports()
        && (original.destination_port.is_none() || reply.source_port.is_none() || reply.destination_port.is_none())
    {
        return Err(Fault::Truncated);
    }
    Ok(Connection {
        when,
        event,
        protocol,
        original,
        reply,
        answered: Some(!unreplied),
        id,
        zone,
        packets: there
            .packets
            .or(back.packets)
            .map(|_| there.packets.unwrap_or(0).saturating_add(back.packets.unwrap_or(0))),
    })
}

/// `[ipv4 2] tcp 6 [timeout] [STATE]`: the protocol's number stands behind its name.
fn protocol(head: &[&str]) -> Option<Protocol> {
    let head = match head {
        ["ipv4" | "ipv6", _, rest @ ..] => rest,
        all => all,
    };
    match head {
        [name, number, ..] => number
            .parse()
            .ok()
            .map(Protocol)
            .filter(|number| *name == "unknown" || Protocol::parse(name).is_none_or(|named| named == *number)),
        _ => None,
    }
}

/// The next word; brackets with spaces in them are one.
fn next_word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start();
    if text.is_empty() {
        return None;
    }
    let end = if text.starts_with('[') { text.find(']').map(|at| at + 1) } else { text.find(char::is_whitespace) };
    let (word, after) = text.split_at(end.unwrap_or(text.len()));
    *rest = after;
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(line: &str) -> String {
        match read(line) {
            Ok(c) => format!(
                "{:?} {} {}>{}:{} answered={} id={:?}",
                c.event,
                c.protocol,
                c.caller(),
                c.callee(),
                c.port().map_or("?".to_owned(), |port| port.to_string()),
                c.answered == Some(true),
                c.id
            ),
            Err(fault) => fault.name().to_owned(),
        }
    }

    #[test]
    fn lines_of_conntrack() {
        for (line, expected) in [
            (
                "[1795841233.790851]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.65.0.8 dst=10.65.0.7 sport=53966 dport=8080 [UNREPLIED] src=10.65.0.7 dst=10.65.0.8 sport=8080 dport=53966 id=3175873048",
                "New tcp 10.65.0.8>10.65.0.7:8080 answered=false id=Some(3175873048)",
            ),
            // Through a Service's address: the answer says who the callee is, and which port.
            (
                " [UPDATE] tcp      6 60 SYN_RECV src=10.65.0.8 dst=10.96.10.10 sport=5 dport=80 src=10.65.0.7 dst=10.65.0.8 sport=8080 dport=5",
                "Update tcp 10.65.0.8>10.65.0.7:8080 answered=true id=None",
            ),
            (
                "[DESTROY] udp      17 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=53 packets=1 bytes=29 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5 packets=0 bytes=0",
                "Destroy udp 10.0.0.1>10.0.0.2:53 answered=false id=None",
            ),
            (
                "tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=5 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=5 [ASSURED] mark=0 use=1",
                "Listed tcp 10.0.0.1>10.0.0.2:80 answered=true id=None",
            ),
            (
                "ipv6     10 icmpv6   58 29 src=fd00::1 dst=fd00::2 type=128 code=0 id=9 src=fd00::2 dst=fd00::1 type=129 code=0 id=9 mark=0 zone=0 use=2 id=77",
                "Listed icmpv6 fd00::1>fd00::2:? answered=true id=Some(77)",
            ),
            (
                "ipv4     2 unknown  253 599 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=0 use=1",
                "Listed 253 10.0.0.1>10.0.0.2:? answered=true id=None",
            ),
            (
                "[DESTROY] tcp 6 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=5 [ASSURED] delta-time=3 [start=Sat Nov 28 05:00:44 2026] [stop=Sat Nov 28 05:00:47 2026]",
                "Destroy tcp 10.0.0.1>10.0.0.2:80 answered=true id=None",
            ),
            (
                "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=5 dport=80 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=80",
                "truncated",
            ),
            ("[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2", "truncated"),
            (
                "[NEW] tcp 17 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=5",
                "shape",
            ),
            (
                "[NEW] tcp 6 src=10.0.0.1 dst=10.0.0.2 sport=5 dport=808080 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=5",
                "value",
            ),
            ("hello", "shape"),
            ("[", "shape"),
        ] {
            assert_eq!(short(line), expected, "{line}");
        }
    }
}
