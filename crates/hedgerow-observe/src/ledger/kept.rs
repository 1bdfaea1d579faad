//! How what is kept stands in a store: bytes that may come back damaged.

use super::{Edge, Heard, Perch, Waiting};
use crate::naming::Micros;
use crate::observations::End;
use serde::{Deserialize, Serialize};

/// The longest record that is read, in bytes.
pub const MAX_RECORD: usize = 1 << 16;

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsound;

/// A source of a node, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSource {
    /// The node.
    pub node: String,
    /// The source.
    pub source: String,
    /// Since when it is known.
    pub since: Micros,
    /// Since when the node is gone.
    pub gone: Option<Micros>,
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("texts, numbers and lists have a form in bytes")
}

fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Unsound> {
    if bytes.len() > MAX_RECORD {
        return Err(Unsound);
    }
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(Unsound),
    }
}

impl Edge {
    /// Its record.
    #[must_use]
    pub fn to_record(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads its record. Control characters of its names are escaped: one bad name that was kept is no reason to lose all that was.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_record(bytes: &[u8]) -> Result<Self, Unsound> {
        let mut edge: Self = decode(bytes)?;
        let names = match &mut edge.caller {
            End::Service(name) | End::Outsider(name) => std::slice::from_mut(name),
            End::Unknown(names) => names,
        };
        for name in names.iter_mut().chain([&mut edge.callee]).filter(|name| name.chars().any(char::is_control)) {
            *name = name.escape_default().to_string();
        }
        Ok(edge)
    }
}

impl Heard {
    /// Its record.
    #[must_use]
    pub fn to_record(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads its record.
    ///
    /// # Errors
    /// When the bytes are none, or have runs that are out of order or no part of a day.
    pub fn from_record(bytes: &[u8]) -> Result<Self, Unsound> {
        let heard: Self = decode(bytes)?;
        if heard.spans.is_sound() { Ok(heard) } else { Err(Unsound) }
    }
}

/// Records that are sound wherever they can be read.
macro_rules! plain_records {
    ($($record:ty),*) => {$(
        impl $record {
            /// Its record.
            #[must_use]
            pub fn to_record(&self) -> Vec<u8> {
                encode(self)
            }

            /// Reads its record.
            ///
            /// # Errors
            /// When the bytes are none.
            pub fn from_record(bytes: &[u8]) -> Result<Self, Unsound> {
                decode(bytes)
            }
        }
    )*};
}

plain_records!(KeptSource, Perch, Waiting);
