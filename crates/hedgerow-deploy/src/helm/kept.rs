//! What templates with names have come to, for the renderings of one template: most of them take in the same for the same value, many times.

use super::spent::Spent;
use crate::partial::Partial;
use crate::value::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many elements a list or a map has at most that is known by them, and how deep; others are known by where they lie.
const FEW: usize = 16;
const MAX_DEPTH: usize = 2;
/// How long the texts are together by which a value is known.
const MAX_TEXTS: usize = 4096;

/// What is asked: the name, the value that it is given, which rendering is shown, and whether that is only there where somebody sets what no
/// values do.
type Asked = (String, Key, Option<usize>, bool);

/// What came of it, and what was noted. The value that was given is kept: nothing else comes to lie where its lists and maps do.
type Found = (Value, Option<Value>, BTreeSet<String>);

/// By what a value is known. Templates put what they hand on into new lists and maps, again for each call: `include "x" (list $ "ledger")`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Null,
    Bool(bool),
    Number(String),
    Text(Partial),
    /// It lies there.
    At(usize),
    List(Vec<Self>),
    Map(Vec<(Partial, Self)>),
}

impl Key {
    /// The key of a value; none where its texts are long, so that nothing is kept of what comes of it.
    pub(super) fn of(value: &Value) -> Option<Self> {
        Self::within(value, 0, &mut MAX_TEXTS.clone())
    }

    fn within(value: &Value, depth: usize, room: &mut usize) -> Option<Self> {
        let is_few = |count: usize| count <= FEW && depth < MAX_DEPTH;
        let mut text = |text: &Partial| {
            *room = room.checked_sub(text.size())?;
            Some(text.clone())
        };
        let found = match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::Text(known) => Self::Text(text(known)?),
            Value::List(list) if is_few(list.len()) => {
                Self::List(list.iter().map(|value| Self::within(value, depth + 1, room)).collect::<Option<_>>()?)
            }
            Value::Map(pairs) if is_few(pairs.len()) => {
                let pair = |(key, value): (&Partial, &Value)| {
                    *room = room.checked_sub(key.size())?;
                    Some((key.clone(), Self::within(value, depth + 1, room)?))
                };
                Self::Map(pairs.iter().map(pair).collect::<Option<_>>()?)
            }
            Value::List(list) => Self::At(Arc::as_ptr(list) as usize),
            Value::Map(pairs) => Self::At(Arc::as_ptr(pairs) as usize),
        };
        Some(found)
    }
}

/// What was asked so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    found: RefCell<BTreeMap<Asked, Found>>,
    /// How often something was asked that was not known.
    count: Cell<usize>,
}

impl Kept {
    /// What came of a question before, else what comes of it now. What was cut short is not kept.
    pub(super) fn or(
        &self,
        asked: Asked,
        given: &Value,
        spent: &Spent,
        make: impl FnOnce() -> Option<Value>,
    ) -> Option<Value> {
        if let Some((_, made, lacks)) = self.found.borrow().get(&asked) {
            spent.step(1);
            lacks.iter().for_each(|lack| spent.lack(lack.clone()));
            return made.clone();
        }
        // Choices in it have names that nothing else has, in whatever rendering.
        self.count.set(self.count.get() + 1);
        let within = format!("{}:{}", asked.0, self.count.get());
        let (made, lacks) = spent.apart(within, make);
        if let Some(lacks) = lacks {
            self.found.borrow_mut().insert(asked, (given.clone(), made.clone(), lacks));
        }
        made
    }
}
