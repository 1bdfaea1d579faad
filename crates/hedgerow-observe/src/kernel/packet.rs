//! The body of a line: `<prefix>IN=… OUT=… [MAC=…] SRC=… DST=… … PROTO=… …`, as the kernel writes it for iptables' LOG and nftables' `log`.
//!
//! Keys come again (`LEN`, `ID`): the first is the packet's. An ICMP error carries the header of another packet in brackets, with both ends
//! swapped: what is read ends there. The kernel cuts long lines, so a port is believed only if something follows it.

use crate::reader::Fault;
use crate::record::{Packet, Protocol, When};
use std::net::IpAddr;

/// What became of a line: a packet, a fault, both, or neither (a message about something else).
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) packet: Option<Packet>,
    pub(crate) fault: Option<Fault>,
}

/// Whether bytes look like a line of a log rule.
pub(crate) fn is_likely(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"IN=").is_some() && memchr::memmem::find(bytes, b" OUT=").is_some()
}

/// The longest name of an interface.
const LONGEST_NAME: usize = 15;

/// The keys that are read.
const KEYS: [&str; 11] = ["IN", "OUT", "SRC", "DST", "PROTO", "SPT", "DPT", "TYPE", "CODE", "MARK", "URGP"];

/// Where `IN=` begins: the first that is followed by a value and `OUT=`.
fn body(text: &str) -> Result<Option<usize>, Fault> {
    for (at, _) in text.match_indices("IN=") {
        let value = &text[at + 3..];
        // Names of interfaces have 15 bytes at most; the search does not go on to the end of a line that is none of the kernel's.
        let Some(space) = value.bytes().take(LONGEST_NAME + 1).position(|byte| byte == b' ') else {
            if value.len() > LONGEST_NAME {
                continue;
            }
            // The line ends in the value of `IN=`.
            let alone = at == 0 || text.as_bytes()[at - 1] == b' ';
            return if alone && !value.contains(['"', '/']) { Err(Fault::Truncated) } else { Ok(None) };
        };
        let rest = &value[space + 1..];
        if rest.starts_with("OUT=") {
            return Ok(Some(at));
        }
        if rest.len() < 4 && "OUT=".starts_with(rest) {
            return Err(Fault::Truncated);
        }
    }
    Ok(None)
}

/// Reads one line.
pub(crate) fn read(text: &str, when: When) -> Line {
    let text = text.trim_end_matches(['\n', '\r', '\0']);
    let start = match body(text) {
        Ok(Some(start)) => start,
        Ok(None) => return Line::default(),
        Err(fault) => return Line { packet: None, fault: Some(fault) },
    };
    let mut fields = Fields::default();
    fields.read(&text[start..]);
    if fields.is_arp {
        return Line::default();
    }
    let (Some(source), Some(destination), Some(protocol)) = (fields.source, fields.destination, fields.protocol) else {
        return Line { packet: None, fault: Some(fields.fault.unwrap_or(Fault::Truncated)) };
    };
    let ports_missing = protocol.has_ports()
        && !fields.no_ports
        && matches!(protocol, Protocol::TCP | Protocol::UDP | Protocol::UDPLITE)
        && fields.destination_port.is_none();
    let packet = Packet {
        when,
        prefix: text[..start].trim_end().to_owned(),
        input: fields.input,
        output: fields.output,
        source,
        destination,
        protocol,
        source_port: fields.source_port,
        destination_port: fields.destination_port,
        icmp: fields.icmp_type.zip(fields.icmp_code),
        opens: (protocol == Protocol::TCP && fields.flags_are_whole).then_some(fields.syn && !fields.ack),
        is_error: fields.is_error,
        is_fragment: fields.is_fragment,
        mark: fields.mark,
    };
    let fault = fields.fault.or(ports_missing.then_some(Fault::Truncated));
    Line { packet: Some(packet), fault }
}

#[derive(Debug, Default)]
struct Fields {
    input: Option<String>,
    output: Option<String>,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    protocol: Option<Protocol>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    mark: Option<u32>,
    syn: bool,
    ack: bool,
    flags_are_whole: bool,
    is_error: bool,
    is_fragment: bool,
    /// Ports are not to be expected: a later fragment, or a packet too short.
    no_ports: bool,
    is_arp: bool,
    fault: Option<Fault>,
}

impl Fields {
    fn read(&mut self, body: &str) {
        let mut seen = Vec::new();
        let mut words = body.split(' ').peekable();
        while let Some(word) = words.next() {
            // The last word has nothing after it, not even a space: it may be cut.
            let may_be_cut = words.peek().is_none();
            if word.starts_with('[') {
                self.is_error |= word.starts_with("[SRC=");
                return;
            }
            let Some((key, value)) = word.split_once('=') else {
                self.flag(word);
                continue;
            };
            if key.ends_with("IN") && key != "PHYSIN" && self.source.is_some() {
                // Another line follows on the same one, with or without space between.
                self.fault = Some(Fault::Shape);
                return;
            }
            if !KEYS.contains(&key) || seen.contains(&key) {
                continue;
            }
            seen.push(key);
            self.field(key, value, may_be_cut);
        }
    }

    fn flag(&mut self, word: &str) {
        match word {
            "SYN" => self.syn = true,
            "ACK" => self.ack = true,
            "ARP" => self.is_arp = true,
            "INCOMPLETE" | "TRUNCATED" => self.no_ports = true,
            _ => {
                if let Some(offset) = word.strip_prefix("FRAG:") {
                    self.is_fragment = offset != "0";
                    self.no_ports |= self.is_fragment;
                }
            }
        }
    }

    fn field(&mut self, key: &str, value: &str, may_be_cut: bool) {
        let name = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "IN" => self.input = name(),
            "OUT" => self.output = name(),
            "SRC" => self.source = self.checked(value.parse().ok(), may_be_cut),
            "DST" => self.destination = self.checked(value.parse().ok(), may_be_cut),
            "PROTO" => self.protocol = self.checked(Protocol::parse(value), may_be_cut && value.len() < 3),
            "SPT" => self.source_port = self.checked(value.parse().ok(), may_be_cut),
            "DPT" => self.destination_port = self.checked(value.parse().ok(), may_be_cut),
            "TYPE" => self.icmp_type = value.parse().ok(),
            "CODE" => self.icmp_code = value.parse().ok(),
            "MARK" => self.mark = value.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok()),
            "URGP" => self.flags_are_whole = true,
            _ => {}
        }
    }

    /// A value that is needed.
    fn checked<T>(&mut self, value: Option<T>, is_cut: bool) -> Option<T> {
        if is_cut {
            self.fault.get_or_insert(Fault::Truncated);
            return None;
        }
        if value.is_none() {
            self.fault.get_or_insert(Fault::Value);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "IN=cali1 OUT=cali2 MAC=ee:ee:ee:ee:ee:ee:be:5c:cb:ca:7c:1a:08:00 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=37394 DPT=8080 WINDOW=64240 RES=0x00 SYN URGP=0 ";

    fn short(line: &str) -> String {
        let Line { packet, fault } = read(line, When::Unsaid);
        let packet = packet.map_or("-".to_owned(), |p| {
            let port = |port: Option<u16>| port.map_or("?".to_owned(), |port| port.to_string());
            let mut text = format!("{}>{}:{} {}", p.source, p.destination, port(p.destination_port), p.protocol);
            for (has, word) in [(p.opens == Some(true), " opens"), (p.is_error, " error"), (p.is_fragment, " fragment")]
            {
                if has {
                    text += word;
                }
            }
            text
        });
        fault.map_or(packet.clone(), |fault| format!("{packet} ({})", fault.name()))
    }

    #[test]
    fn lines_of_the_kernel() {
        for (line, expected) in [
            (format!("calico-packet: {TCP}"), "10.0.0.1>10.0.0.2:8080 tcp opens"),
            (TCP.to_owned(), "10.0.0.1>10.0.0.2:8080 tcp opens"),
            // A prefix without a space at its end.
            (format!("dropped{TCP}"), "10.0.0.1>10.0.0.2:8080 tcp opens"),
            // A prefix that looks like keys.
            (format!("np SRC=9.9.9.9 IN= a/b: {TCP}"), "10.0.0.1>10.0.0.2:8080 tcp opens"),
            (TCP.trim_end().to_owned(), "10.0.0.1>10.0.0.2:8080 tcp opens"),
            (TCP.replace("SYN", "ACK SYN"), "10.0.0.1>10.0.0.2:8080 tcp"),
            ("IN= OUT=c SRC=10.0.0.1 DST=10.0.0.2 LEN=29 ID=3 DF PROTO=UDP SPT=1 DPT=53 LEN=9 MARK=0x10000 ".into(), "10.0.0.1>10.0.0.2:53 udp"),
            ("IN=lo OUT=  MAC=00 SRC=127.0.0.1 DST=127.0.0.1 LEN=29 PROTO=UDP SPT=1 DPT=9 LEN=9 ".into(), "127.0.0.1>127.0.0.1:9 udp"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=36 ID=2 DF PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1 ".into(), "10.0.0.1>10.0.0.2:? icmp"),
            (
                "IN= OUT=c SRC=192.0.0.8 DST=10.9.0.1 LEN=57 PROTO=ICMP TYPE=3 CODE=0 [SRC=10.9.0.1 DST=1.1.1.1 LEN=29 PROTO=UDP SPT=4 DPT=9 LEN=9 ] ".into(),
                "192.0.0.8>10.9.0.1:? icmp error",
            ),
            (
                "IN=a OUT=b SRC=fd99:0000:0000:0000:0000:0000:0000:0010 DST=fd99:0001:0000:0000:0000:0000:0000:0020 LEN=56 TC=0 HOPLIMIT=63 FLOWLBL=727747 PROTO=ICMPv6 TYPE=128 CODE=0 ID=9 SEQ=1 ".into(),
                "fd99::10>fd99:1::20:? icmpv6",
            ),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=44 PROTO=47 MARK=0x10000 ".into(), "10.0.0.1>10.0.0.2:? gre"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=44 PROTO=132 ".into(), "10.0.0.1>10.0.0.2:? sctp"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=44 FRAG:185 PROTO=UDP ".into(), "10.0.0.1>10.0.0.2:? udp fragment"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=24 PROTO=TCP INCOMPLETE [4 bytes] ".into(), "10.0.0.1>10.0.0.2:? tcp"),
            (
                "np x: IN=a OUT=b MACSRC=be:5c MACDST=ee:ee MACPROTO=0800 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP SPT=4 DPT=80 SEQ=2 ACK=0 WINDOW=6 RES=0x00 SYN URGP=0 OPT (0204) MARK=0x1 ".into(),
                "10.0.0.1>10.0.0.2:80 tcp opens",
            ),
            ("IN=br0 OUT=br0 PHYSIN=veth1 PHYSOUT=veth2 SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=53 LEN=9 ".into(), "10.0.0.1>10.0.0.2:53 udp"),
            // Cut lines: what is there is believed, a port only if something follows it.
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=37394 DPT=80".into(), "10.0.0.1>10.0.0.2:? tcp (truncated)"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=37394 DPT=8080 ".into(), "10.0.0.1>10.0.0.2:8080 tcp"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=37".into(), "10.0.0.1>10.0.0.2:? tcp (truncated)"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP".into(), "10.0.0.1>10.0.0.2:? tcp (truncated)"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=T".into(), "- (truncated)"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.".into(), "- (truncated)"),
            ("IN=a OUT=b SRC=10.0.0.1".into(), "- (truncated)"),
            ("IN=a OUT=".into(), "- (truncated)"),
            ("calico-packet: IN=cali1 OU".into(), "- (truncated)"),
            ("calico-packet: IN=cali1".into(), "- (truncated)"),
            // Broken lines.
            ("IN=a OUT=b SRC=10.0.0.999 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=2 LEN=9 ".into(), "- (value)"),
            ("IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=70000 LEN=9 ".into(), "10.0.0.1>10.0.0.2:? udp (value)"),
            (format!("{}{TCP}", &TCP.replace("URGP=0 ", "UR")), "10.0.0.1>10.0.0.2:8080 tcp (shape)"),
            // Others.
            ("IN=a OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 ".into(), "-"),
            ("usb 1-1: new high-speed device number 4".into(), "-"),
            ("systemd[1]: BEGIN=1 IN= nothing".into(), "-"),
            (String::new(), "-"),
        ] {
            assert_eq!(short(&line), expected, "{line}");
        }
    }

    #[test]
    fn the_prefix_is_what_the_rule_gave() {
        for prefix in ["calico-packet:", "np bank/s-ledger ingress:", "inet", "", "a IN= b:"] {
            let space = if prefix.is_empty() { "" } else { " " };
            let packet = read(&format!("{prefix}{space}{TCP}"), When::Unsaid).packet.unwrap();
            assert_eq!(packet.prefix, prefix);
            assert_eq!((packet.input.as_deref(), packet.output.as_deref()), (Some("cali1"), Some("cali2")));
        }
    }
}
