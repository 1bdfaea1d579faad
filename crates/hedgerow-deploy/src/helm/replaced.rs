//! A map that has changed, in the values that have it.

use crate::value::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a map has become, for whoever has it: maps are known by where they lie, as they are in Go.
pub(super) struct Replaced<'v> {
    old: &'v Arc<Map>,
    new: &'v Value,
    /// What was looked at, and what it became if it did change. The values are kept: nothing else comes to lie there.
    seen: BTreeMap<usize, (Value, Option<Value>)>,
    pub(super) steps: usize,
}

impl<'v> Replaced<'v> {
    pub(super) const fn new(old: &'v Arc<Map>, new: &'v Value) -> Self {
        Self { old, new, seen: BTreeMap::new(), steps: 0 }
    }

    /// What a value becomes; none if it stays as it is.
    pub(super) fn of(&mut self, value: &Value) -> Option<Value> {
        let at = match value {
            Value::Map(pairs) if Arc::ptr_eq(pairs, self.old) => return Some(self.new.clone()),
            Value::Map(pairs) => Arc::as_ptr(pairs) as usize,
            Value::List(list) => Arc::as_ptr(list) as usize,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => return None,
        };
        if let Some((_, known)) = self.seen.get(&at) {
            return known.clone();
        }
        let made = match value {
            Value::Map(pairs) => {
                self.steps += pairs.len();
                let changed: Vec<_> =
                    pairs.iter().filter_map(|(key, value)| Some((key.clone(), self.of(value)?))).collect();
                (!changed.is_empty()).then(|| {
                    let mut pairs = Map::clone(pairs);
                    pairs.extend(changed);
                    Value::from(pairs)
                })
            }
            Value::List(list) => {
                self.steps += list.len();
                let changed: Vec<_> = list.iter().map(|value| self.of(value)).collect();
                changed
                    .iter()
                    .any(Option::is_some)
                    .then(|| list.iter().zip(changed).map(|(old, new)| new.unwrap_or_else(|| old.clone())).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
        };
        self.seen.insert(at, (value.clone(), made.clone()));
        made
    }
}
