//! Flow lines of the network policy agent of AWS, in all forms of its releases: fields of a JSON line, one text in a JSON line (with colons for
//! IPv6, without some of them for IPv4), and CloudWatch's `Node: …;SIP: …`.

use super::unknown_flow;
use crate::lines::LineFormat;
use crate::reader::{Fault, Tally};
use crate::record::{Direction, Flow, FlowEvent, Origin, Outcome, Protocol, Record, When};
use crate::time;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Aws;

/// The words before the values, and what stands for them elsewhere.
const KEYS: [(&str, &str); 8] = [
    ("Src IP", "SIP"),
    ("Src Port", "SPORT"),
    ("Dest IP", "DIP"),
    ("Dest Port", "DPORT"),
    ("Proto", "PROTOCOL"),
    ("Verdict", "PolicyVerdict"),
    ("Direction", "Direction"),
    ("Node", "Node"),
];

impl LineFormat for Aws {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(text) = std::str::from_utf8(line) else {
            tally.fault(Fault::Shape, line);
            return;
        };
        let text = text.trim();
        // CloudWatch's form can stand in anything: a text, a field of JSON, over several lines or not.
        let (at, fields) = if let Some(at) = text.find("SIP: ") {
            let start = text[..at].rfind("Node: ").unwrap_or(at);
            (time_before(text), cloudwatch(&text[start..]))
        } else if text.starts_with('{') {
            let Ok(value) = serde_json::from_str::<Value>(text) else {
                tally.fault(Fault::Truncated, line);
                return;
            };
            let message = value.get("msg").or_else(|| value.get("message")).and_then(Value::as_str).unwrap_or_default();
            if !message.starts_with("Flow Info") {
                tally.aside += 1;
                return;
            }
            let stamp = value.get("ts").or_else(|| value.get("time")).or_else(|| value.get("timestamp"));
            let at = match stamp {
                Some(Value::String(stamp)) => time::rfc3339(stamp),
                // Seconds with a fraction.
                Some(Value::Number(stamp)) => time::seconds(&stamp.to_string()),
                _ => None,
            };
            (at, if value.get("Src IP").is_some() { of_json(&value) } else { of_text(message) })
        } else if let Some(at) = text.find("Flow Info") {
            (time_before(text), of_text(&text[at..]))
        } else if text.is_empty() {
            tally.aside += 1;
            return;
        } else {
            tally.fault(Fault::Shape, line);
            return;
        };
        match read(at, &fields) {
            Ok(Some(flow)) => {
                if flow.outcome == Outcome::Unsaid {
                    tally.fault(Fault::Unknown, line);
                }
                out(Record::Flow(Box::new(flow)));
            }
            Ok(None) => tally.aside += 1,
            Err(fault) => tally.fault(fault, line),
        }
    }
}

/// The values, in the order of [`KEYS`].
type Fields = [Option<String>; 8];

fn time_before(text: &str) -> Option<i64> {
    text.split([' ', '\t', '"', ',']).find_map(time::rfc3339)
}

fn of_json(value: &Value) -> Fields {
    KEYS.map(|(key, _)| match value.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}

/// `Src IP: 10.0.0.1 Src Port: 1 … Proto TCP Verdict DENY Direction ingress, Tier …`.
fn of_text(text: &str) -> Fields {
    KEYS.map(|(key, _)| {
        let at = text.find(key)? + key.len();
        let value = text[at..].trim_start_matches(':').trim_start();
        let end = value.find([' ', ',', '"']).unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    })
}

/// `Node: x;SIP: …;SPORT: …;DIP: …`.
fn cloudwatch(text: &str) -> Fields {
    KEYS.map(|(_, key)| {
        text.split(';').find_map(|part| {
            let value = part.trim().strip_prefix(key)?.strip_prefix(": ")?;
            let value = value.split(['"', ' ', ',']).next().unwrap_or(value);
            (!value.is_empty()).then(|| value.to_owned())
        })
    })
}

/// Nothing for what is only said of an entry that was forgotten.
fn read(at: Option<i64>, fields: &Fields) -> Result<Option<Flow>, Fault> {
    let [source, source_port, destination, port, protocol, verdict, direction, node] = fields;
    let mut flow = unknown_flow(Origin::Aws, FlowEvent::Verdict);
    flow.when = at.map_or(When::Unsaid, When::Unix);
    flow.outcome = match verdict.as_deref() {
        Some("ACCEPT") => Outcome::Allowed,
        Some("DENY") => Outcome::Denied,
        Some("EXPIRED/DELETED" | "EXPIRED" | "DELETED") => return Ok(None),
        Some(_) => Outcome::Unsaid,
        None => return Err(Fault::Truncated),
    };
    let address = |text: &Option<String>| text.as_deref().ok_or(Fault::Truncated)?.parse().map_err(|_| Fault::Value);
    let number =
        |text: &Option<String>| text.as_deref().ok_or(Fault::Truncated)?.parse::<u16>().map_err(|_| Fault::Value);
    flow.caller.address = Some(address(source)?);
    flow.callee.address = Some(address(destination)?);
    flow.caller.port = Some(number(source_port)?);
    flow.protocol = protocol.as_deref().and_then(Protocol::parse);
    let Some(protocol) = flow.protocol else { return Err(Fault::Unknown) };
    flow.port = Some(number(port)?).filter(|_| protocol.has_ports());
    flow.direction = match direction.as_deref() {
        Some(word) if word.eq_ignore_ascii_case("ingress") => Some(Direction::Ingress),
        Some(word) if word.eq_ignore_ascii_case("egress") => Some(Direction::Egress),
        _ => None,
    };
    flow.node = node.clone();
    Ok(Some(flow))
}
