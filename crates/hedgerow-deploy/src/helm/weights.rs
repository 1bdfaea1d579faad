//! What values weigh, and what functions cost that look at all of what they are given.
//!
//! Values share their lists and maps: handing one on is one step, however large it is. What reads all of it costs what it weighs.

use crate::partial::Partial;
use crate::value::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much one value may weigh. One that is handed to itself again and again grows without an end, and takes no memory.
pub(super) const MAX_VALUE: usize = 1 << 20;

/// From which weight on it is kept what a list or a map weighs.
const LARGE: usize = 64;

/// How much of a value functions read in one step.
const READ: usize = 16;

/// Functions that hand on what they are given, and look at no more than the first elements of it.
const HANDS_ON: &[&str] = &[
    "append", "coalesce", "compact", "concat", "default", "dict", "empty", "fail", "first", "get", "include", "index",
    "initial", "keys", "kindIs", "kindOf", "last", "len", "list", "not", "prepend", "required", "rest", "reverse",
    "template", "ternary", "tpl", "typeIs", "typeOf", "values", "and", "or",
];

/// What large lists and maps weigh, by where they lie. The values are kept: nothing else comes to lie there.
#[derive(Debug, Default)]
pub(super) struct Weights {
    found: RefCell<BTreeMap<usize, (Value, usize)>>,
}

impl Weights {
    /// How many scalars a value holds; long texts are many. What stands in it twice counts twice.
    pub(super) fn of(&self, value: &Value) -> usize {
        let at = match value {
            Value::List(list) => Arc::as_ptr(list) as usize,
            Value::Map(pairs) => Arc::as_ptr(pairs) as usize,
            other => return shallow(other),
        };
        if let Some((_, known)) = self.found.borrow().get(&at) {
            return *known;
        }
        let all = match value {
            Value::List(list) => list.iter().fold(1, |sum, value| self.of(value).saturating_add(sum)),
            Value::Map(pairs) => pairs.iter().fold(1, |sum: usize, (key, value)| {
                sum.saturating_add(weight_of_text(key) - 1).saturating_add(self.of(value))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 1,
        };
        if all > LARGE {
            self.found.borrow_mut().insert(at, (value.clone(), all));
        }
        all
    }

    /// How many steps a function takes to look at what it is given.
    pub(super) fn to_read(&self, name: &str, arguments: &[Option<Value>]) -> usize {
        let hands_on = HANDS_ON.contains(&name);
        let of_one = |value: &Value| match value {
            Value::List(list) if hands_on => list.len(),
            Value::Map(pairs) if hands_on => pairs.len(),
            Value::List(_) | Value::Map(_) => self.of(value),
            // What comes of a text is weighed.
            _ => 0,
        };
        arguments.iter().flatten().map(of_one).fold(0_usize, usize::saturating_add) / READ
    }
}

fn weight_of_text(text: &Partial) -> usize {
    text.size() / 64 + 1
}

/// How many scalars a value holds that shares nothing; long texts are many.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::List(list) => list.iter().map(weight).sum::<usize>() + 1,
        Value::Map(pairs) => {
            pairs.iter().map(|(key, value)| weight_of_text(key) - 1 + weight(value)).sum::<usize>() + 1
        }
        other => shallow(other),
    }
}

/// What a value weighs without what it shares with others.
pub(super) fn shallow(value: &Value) -> usize {
    match value {
        Value::Text(text) => weight_of_text(text),
        _ => 1,
    }
}

/// Whether two values are one list or map, which needs no look into them.
pub(super) fn is_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::List(one)), Some(Value::List(other))) => Arc::ptr_eq(one, other),
        (Some(Value::Map(one)), Some(Value::Map(other))) => Arc::ptr_eq(one, other),
        _ => false,
    }
}
