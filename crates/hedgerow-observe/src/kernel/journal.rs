//! The journal's export formats: `-o export` (fields, binary where they must be) and `-o json`.

use super::{dropped, message_bytes};
use crate::elements::ElementFormat;
use crate::reader::{Fault, MAX_PIECE, Reader, Tally};
use crate::record::{LossSign, Lost, Record, When};
use serde::Deserialize;
use serde_json::Value;

/// The fields of an entry that are of interest.
#[derive(Debug, Default)]
struct Entry {
    message: Option<Vec<u8>>,
    transport: Option<Vec<u8>>,
    identifier: Option<Vec<u8>>,
    facility: Option<Vec<u8>>,
    realtime: Option<i64>,
    source_realtime: Option<i64>,
    /// The message is there, but its text was left out.
    left_out: bool,
}

impl Entry {
    fn field(&mut self, key: &[u8], value: &[u8]) {
        let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        match key {
            b"MESSAGE" => self.message = Some(value.to_owned()),
            b"_TRANSPORT" => self.transport = Some(value.to_owned()),
            b"SYSLOG_IDENTIFIER" => self.identifier = Some(value.to_owned()),
            b"SYSLOG_FACILITY" => self.facility = Some(value.to_owned()),
            b"__REALTIME_TIMESTAMP" => self.realtime = number(),
            b"_SOURCE_REALTIME_TIMESTAMP" => self.source_realtime = number(),
            _ => {}
        }
    }

    fn give(&self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let is = |field: &Option<Vec<u8>>, value: &[u8]| field.as_deref().is_some_and(|field| field == value);
        let unsaid_or = |field: &Option<Vec<u8>>, value: &[u8]| field.as_deref().is_none_or(|field| field == value);
        let when = self.source_realtime.or(self.realtime).map_or(When::Unsaid, When::Unix);
        let by_kernel = is(&self.transport, b"kernel") || (self.transport.is_none() && is(&self.identifier, b"kernel"));
        // Programs that write to /dev/kmsg come by the same way, under their own name.
        let by_kernel = by_kernel && unsaid_or(&self.identifier, b"kernel") && unsaid_or(&self.facility, b"0");
        match &self.message {
            Some(text) if by_kernel => message_bytes(text, when, tally, out),
            Some(text) => match std::str::from_utf8(text).ok().and_then(dropped) {
                Some((count, sign @ LossSign::Journal))
                    if is(&self.transport, b"driver") || is(&self.identifier, b"systemd-journald") =>
                {
                    out(Record::Lost(Lost { when, count: Some(count), sign }));
                }
                _ => tally.aside += 1,
            },
            None if by_kernel && self.left_out => tally.fault(Fault::TooLong, b"MESSAGE"),
            None => tally.aside += 1,
        }
    }
}

/// A reader of `journalctl -o export`.
#[derive(Debug, Default)]
pub(crate) struct JournalExport {
    tally: Tally,
    entry: Entry,
    /// Whether the entry has a field.
    begun: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// In a line: its beginning.
    Line(Vec<u8>),
    /// In a line that is too long.
    LongLine,
    /// In the length of a binary field: its name, and what is there of eight bytes.
    Length { name: Vec<u8>, bytes: Vec<u8> },
    /// In a binary field: its name, what is there, how much is still to come.
    Binary { name: Vec<u8>, value: Vec<u8>, left: u64 },
}

impl Default for State {
    fn default() -> Self {
        Self::Line(Vec::new())
    }
}

impl JournalExport {
    fn line(&mut self, line: &[u8], out: &mut dyn FnMut(Record)) -> State {
        if line.is_empty() {
            self.end(out);
            return State::default();
        }
        self.begun = true;
        match memchr::memchr(b'=', line) {
            Some(at) => {
                self.entry.field(&line[..at], &line[at + 1..]);
                State::default()
            }
            None if is_name(line) => State::Length { name: line.to_owned(), bytes: Vec::new() },
            None => {
                self.tally.fault(Fault::Shape, line);
                State::default()
            }
        }
    }

    fn end(&mut self, out: &mut dyn FnMut(Record)) {
        let entry = std::mem::take(&mut self.entry);
        if !std::mem::take(&mut self.begun) {
            return;
        }
        self.tally.pieces += 1;
        let mut records = 0;
        entry.give(&mut self.tally, &mut |record| {
            records += 1;
            out(record);
        });
        self.tally.records += records;
    }
}

fn is_name(line: &[u8]) -> bool {
    line.len() <= 64 && line.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

impl Reader for JournalExport {
    fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Record)) {
        while !bytes.is_empty() {
            self.state = match std::mem::take(&mut self.state) {
                State::Line(mut begun) => {
                    let end = memchr::memchr(b'\n', bytes);
                    let part = &bytes[..end.unwrap_or(bytes.len())];
                    bytes = &bytes[end.map_or(bytes.len(), |end| end + 1)..];
                    if begun.len() + part.len() > MAX_PIECE {
                        begun.extend_from_slice(&part[..part.len().min(200)]);
                        self.entry.left_out |= begun.starts_with(b"MESSAGE=");
                        if !begun.starts_with(b"MESSAGE=") {
                            self.tally.fault(Fault::TooLong, &begun);
                        }
                        if end.is_some() { State::default() } else { State::LongLine }
                    } else {
                        begun.extend_from_slice(part);
                        if end.is_some() { self.line(&begun, out) } else { State::Line(begun) }
                    }
                }
                State::LongLine => {
                    let end = memchr::memchr(b'\n', bytes);
                    bytes = &bytes[end.map_or(bytes.len(), |end| end + 1)..];
                    if end.is_some() { State::default() } else { State::LongLine }
                }
                State::Length { name, bytes: mut length } => {
                    let (part, rest) = bytes.split_at((8 - length.len()).min(bytes.len()));
                    length.extend_from_slice(part);
                    bytes = rest;
                    match <[u8; 8]>::try_from(&length[..]) {
                        // The newline after the value is read with it.
                        Ok(length) => State::Binary {
                            name,
                            value: Vec::new(),
                            left: u64::from_le_bytes(length).saturating_add(1),
                        },
                        Err(_) => State::Length { name, bytes: length },
                    }
                }
                State::Binary { name, mut value, left } => {
                    let part = &bytes[..usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len())];
                    bytes = &bytes[part.len()..];
                    let left = left - part.len() as u64;
                    if value.len() <= MAX_PIECE {
                        value.extend_from_slice(&part[..part.len().min(MAX_PIECE + 2 - value.len())]);
                    }
                    if left > 0 {
                        State::Binary { name, value, left }
                    } else {
                        if value.len() > MAX_PIECE + 1 {
                            self.entry.left_out |= name == b"MESSAGE";
                        } else {
                            value.pop();
                            self.entry.field(&name, &value);
                        }
                        State::default()
                    }
                }
            };
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Record)) {
        match std::mem::take(&mut self.state) {
            State::Line(line) if line.is_empty() => {}
            // The last line may have no end; whether it is whole nobody can tell, but a message that is cut is seen by its own reader.
            State::Line(line) => {
                if let State::Length { .. } = self.line(&line, out) {
                    self.tally.fault(Fault::Truncated, &line);
                }
            }
            State::LongLine => {}
            State::Length { name, .. } | State::Binary { name, .. } => self.tally.fault(Fault::Truncated, &name),
        }
        self.end(out);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// `journalctl -o json`, `json-seq` and `json-sse`.
#[derive(Debug, Default)]
pub(crate) struct JournalJson;

#[derive(Deserialize)]
struct JsonEntry {
    #[serde(rename = "MESSAGE")]
    message: Option<Value>,
    #[serde(rename = "_TRANSPORT")]
    transport: Option<Value>,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Option<Value>,
    #[serde(rename = "SYSLOG_FACILITY")]
    facility: Option<Value>,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    realtime: Option<Value>,
    #[serde(rename = "_SOURCE_REALTIME_TIMESTAMP")]
    source_realtime: Option<Value>,
    #[serde(rename = "__CURSOR")]
    cursor: Option<Value>,
}

impl ElementFormat for JournalJson {
    const WRAPPERS: &'static [&'static str] = &[];

    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(read) = serde_json::from_slice::<JsonEntry>(json) else {
            tally.fault(Fault::Value, json);
            return;
        };
        if read.message.is_none() && read.realtime.is_none() && read.cursor.is_none() && read.transport.is_none() {
            tally.fault(Fault::Shape, json);
            return;
        }
        // A field that is too long is there as null, unless `--all` was said.
        let has_null_message = read.message.is_none() && memchr::memmem::find(json, br#""MESSAGE""#).is_some();
        let number = |value: &Option<Value>| {
            value.as_ref().and_then(bytes).and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok())
        };
        let entry = Entry {
            message: read.message.as_ref().and_then(bytes),
            transport: read.transport.as_ref().and_then(bytes),
            identifier: read.identifier.as_ref().and_then(bytes),
            facility: read.facility.as_ref().and_then(bytes),
            realtime: number(&read.realtime),
            source_realtime: number(&read.source_realtime),
            left_out: has_null_message,
        };
        entry.give(tally, out);
    }
}

/// A field's value: text, the bytes of what is no text, or several of these, of which the first counts.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Number(number) => Some(number.to_string().into_bytes()),
        Value::Array(list) if list.first().is_some_and(Value::is_number) => {
            list.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
        }
        Value::Array(list) => list.iter().find(|first| !first.is_array()).and_then(bytes),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}
