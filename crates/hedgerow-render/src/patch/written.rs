//! What an object in the stream says, read once so that it can be compared with what is planned.

use hedgerow_yaml::{Content, Node, Yaml};
use std::ops::Range;

/// A value of a stream and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) at: Range<usize>,
    pub(super) value: Value,
}

/// A value without its style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A scalar: its text, and what it is beside a text for the readers that Kubernetes has.
    Scalar { text: String, is_string: bool, int: Option<i64>, bool: Option<bool> },
    /// A mapping; the last of two equal keys counts.
    Map(Vec<(String, Written)>),
    /// A sequence.
    Seq(Vec<Written>),
    /// Nothing, an alias, or a mapping with keys that are no texts: equal to nothing that is planned.
    Other,
}

impl Written {
    pub(super) fn new(node: &Node<'_>) -> Self {
        Self { at: node.range(), value: Value::new(node) }
    }

    /// Where there is nothing.
    pub(super) const fn nothing(at: Range<usize>) -> Self {
        Self { at, value: Value::Other }
    }

    /// Whether it says what is planned, no less and no more.
    pub(super) fn equals(&self, wanted: &Yaml) -> bool {
        match (&self.value, wanted) {
            // A host may have written a text without our quotes; no number, boolean, null or date holds a quote or a slash.
            (Value::Scalar { text, is_string, .. }, Yaml::Str(wanted) | Yaml::Text(wanted)) => {
                text == wanted && (*is_string || wanted.contains(['\'', '/']))
            }
            (Value::Scalar { int, .. }, Yaml::Int(wanted)) => *int == Some(*wanted),
            (Value::Scalar { bool, .. }, Yaml::Bool(wanted)) => *bool == Some(*wanted),
            (Value::Map(pairs), Yaml::Map(wanted)) => {
                pairs.len() == wanted.len()
                    && wanted.iter().all(|(key, value)| self.get(key).is_some_and(|written| written.equals(value)))
            }
            (Value::Seq(values), Yaml::Seq(wanted)) => {
                values.len() == wanted.len() && values.iter().zip(wanted).all(|(value, wanted)| value.equals(wanted))
            }
            _ => false,
        }
    }

    /// How many values a sequence has.
    pub(super) fn len(&self) -> usize {
        if let Value::Seq(values) = &self.value { values.len() } else { 0 }
    }

    /// Whether a sequence has this text.
    pub(super) fn lists(&self, wanted: &str) -> bool {
        let Value::Seq(values) = &self.value else { return false };
        values.iter().any(|value| matches!(&value.value, Value::Scalar { text, .. } if text == wanted))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(pairs) = &self.value else { return None };
        pairs.iter().rev().find(|(written, _)| written == key).map(|(_, value)| value)
    }
}

impl Value {
    fn new(node: &Node<'_>) -> Self {
        match node.content() {
            Content::Scalar(scalar) => Self::Scalar {
                text: scalar.value.to_string(),
                is_string: scalar.is_string(),
                int: scalar.as_int(),
                bool: scalar.as_bool(),
            },
            Content::Mapping(mapping) => {
                let pair = |key: &Node<'_>, value| Some((key.as_str()?.to_owned(), Written::new(value)));
                let pairs: Option<Vec<_>> = mapping.pairs.iter().map(|p| pair(&p.key, &p.value)).collect();
                pairs.map_or(Self::Other, Self::Map)
            }
            Content::Sequence(sequence) => {
                Self::Seq(sequence.elements.iter().map(|element| Written::new(&element.node)).collect())
            }
            Content::Alias(_) => Self::Other,
        }
    }
}
