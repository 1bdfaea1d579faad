//! Values of documents whose texts may be known in part.

use crate::partial::Partial;
use serde_json::Number;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The pairs of a map.
pub(crate) type Map = BTreeMap<Partial, Value>;

/// A value of a document. Its texts, and the keys of its maps, may be known in part. Copies share their lists and maps: templates hand
/// the whole values of their charts around.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Partial),
    List(Arc<Vec<Self>>),
    Map(Arc<Map>),
}

impl Value {
    /// A value of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self::Text(Partial::unknown())
    }

    /// The value of a document that was parsed out of a text with stand-ins.
    pub(crate) fn read(parsed: serde_json::Value) -> Self {
        Self::of(parsed, &|text| Partial::read(&text))
    }

    fn of(parsed: serde_json::Value, text: &impl Fn(String) -> Partial) -> Self {
        match parsed {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(found) => Self::Text(text(found)),
            serde_json::Value::Array(list) => list.into_iter().map(|element| Self::of(element, text)).collect(),
            serde_json::Value::Object(pairs) => {
                pairs.into_iter().map(|(key, value)| (text(key), Self::of(value, text))).collect()
            }
        }
    }

    /// The same with other texts; the keys of maps are texts as well.
    pub(crate) fn with_texts(&self, change: &impl Fn(&Partial) -> Partial) -> Self {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => self.clone(),
            Self::Text(text) => Self::Text(change(text)),
            Self::List(list) => list.iter().map(|element| element.with_texts(change)).collect(),
            Self::Map(pairs) => pairs.iter().map(|(key, value)| (change(key), value.with_texts(change))).collect(),
        }
    }

    /// The value as JSON. Its keys are in the order of the map, whatever order the maps of `serde_json` have in this build.
    pub(crate) fn json(&self) -> Partial {
        let mut made = String::new();
        self.write_json(&mut made);
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => Partial::from(made),
            Self::Text(_) | Self::List(_) | Self::Map(_) => Partial::read(&made),
        }
    }

    fn write_json(&self, made: &mut String) {
        let text = |text: &Partial| serde_json::Value::from(text.written().into_owned()).to_string();
        match self {
            Self::Null => made.push_str("null"),
            Self::Bool(value) => made.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => made.push_str(&shown(number)),
            Self::Text(own) => made.push_str(&text(own)),
            Self::List(list) => {
                made.push('[');
                for (at, element) in list.iter().enumerate() {
                    made.push_str(if at > 0 { "," } else { "" });
                    element.write_json(made);
                }
                made.push(']');
            }
            Self::Map(pairs) => {
                made.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    made.push_str(if at > 0 { "," } else { "" });
                    made.push_str(&text(key));
                    made.push(':');
                    value.write_json(made);
                }
                made.push('}');
            }
        }
    }

    /// The value as JSON on several lines, as Go indents it.
    pub(crate) fn json_on_lines(&self) -> Partial {
        let mut made = String::new();
        self.write_lines(0, &mut made);
        Partial::read(&made)
    }

    fn write_lines(&self, depth: usize, made: &mut String) {
        let begin = |made: &mut String, at: usize, depth: usize| {
            made.push_str(if at > 0 { "," } else { "" });
            made.push('\n');
            made.push_str(&"  ".repeat(depth));
        };
        match self {
            Self::List(list) if !list.is_empty() => {
                made.push('[');
                for (at, element) in list.iter().enumerate() {
                    begin(made, at, depth + 1);
                    element.write_lines(depth + 1, made);
                }
                begin(made, 0, depth);
                made.push(']');
            }
            Self::Map(pairs) if !pairs.is_empty() => {
                made.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    begin(made, at, depth + 1);
                    Self::Text(key.clone()).write_json(made);
                    made.push_str(": ");
                    value.write_lines(depth + 1, made);
                }
                begin(made, 0, depth);
                made.push('}');
            }
            other => other.write_json(made),
        }
    }

    /// What lies under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(&Partial::from(key))
    }
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    pub(crate) const fn as_text(&self) -> Option<&Partial> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text of which all is known.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.as_text()?.known()
    }
    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// What lies at the end of a way of keys and places, as in JSON Pointer: `/spec/template`.
    pub(crate) fn pointer(&self, way: &str) -> Option<&Self> {
        way.split('/').skip(1).try_fold(self, |value, key| match value {
            Self::List(list) => list.get(key.parse::<usize>().ok()?),
            value => value.get(key),
        })
    }

    pub(crate) const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// A number in JSON of Go's: without a point where nothing stands behind it.
fn shown(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// What a file says by itself: all of it is known.
impl From<serde_json::Value> for Value {
    fn from(parsed: serde_json::Value) -> Self {
        Self::of(parsed, &Partial::from)
    }
}

impl From<Partial> for Value {
    fn from(text: Partial) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Partial::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Partial::from(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Vec<Self>> for Value {
    fn from(list: Vec<Self>) -> Self {
        Self::List(Arc::new(list))
    }
}

impl From<Map> for Value {
    fn from(pairs: Map) -> Self {
        Self::Map(Arc::new(pairs))
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(elements: I) -> Self {
        Self::from(elements.into_iter().collect::<Vec<_>>())
    }
}

impl FromIterator<(Partial, Self)> for Value {
    fn from_iter<I: IntoIterator<Item = (Partial, Self)>>(pairs: I) -> Self {
        Self::from(pairs.into_iter().collect::<Map>())
    }
}
