//! What functions make of values that they are given: numbers, lists, texts.

use super::expr::{is_set, written};
use crate::partial::{Gap, Part, Partial};
use crate::value::{Map, Value};

pub(super) fn computed(name: &str, numbers: &[i64]) -> Option<i64> {
    let (first, rest) = numbers.split_first()?;
    rest.iter().try_fold(first.checked_add(i64::from(name == "add1"))?, |sum, number| match name {
        "add" => sum.checked_add(*number),
        "sub" => sum.checked_sub(*number),
        "mul" => sum.checked_mul(*number),
        "div" => sum.checked_div(*number),
        "mod" => sum.checked_rem(*number),
        "max" | "biggest" => Some(sum.max(*number)),
        "min" => Some(sum.min(*number)),
        _ => None,
    })
}

/// What functions of one list give.
pub(super) fn of_list(name: &str, mut list: Vec<Value>) -> Value {
    match name {
        "first" if list.is_empty() => Value::Null,
        "first" => list.swap_remove(0),
        "last" => list.pop().unwrap_or_default(),
        "rest" => list.into_iter().skip(1).collect(),
        "initial" => {
            list.pop();
            Value::from(list)
        }
        "reverse" => list.into_iter().rev().collect(),
        "compact" => list.into_iter().filter(is_set).collect(),
        "sortAlpha" => {
            let mut texts: Vec<Partial> = list.iter().map(|element| written(Some(element))).collect();
            texts.sort();
            texts.into_iter().map(Value::Text).collect()
        }
        _ => {
            let mut seen: Vec<Value> = Vec::new();
            list.into_iter().for_each(|element| {
                if !seen.contains(&element) {
                    seen.push(element);
                }
            });
            Value::from(seen)
        }
    }
}

pub(super) fn quoted(text: &Partial) -> Partial {
    Value::Text(text.clone()).json()
}

/// Whether anything but the name of a release is not known in a text.
pub(super) fn has_open(text: &Partial) -> bool {
    text.gaps().any(|gap| !matches!(gap, Gap::Release(_)))
}

/// What a map has under a key, if it has it. None where that is not known: a key that is known in part may be any other.
pub(super) fn under<'m>(pairs: &'m Map, key: &Partial) -> Option<Option<&'m Value>> {
    match pairs.get(key) {
        _ if has_open(key) => None,
        Some(value) => Some(Some(value)),
        None => (!pairs.keys().any(has_open)).then_some(None),
    }
}

/// Texts with another one between them.
pub(super) fn joined(texts: impl Iterator<Item = Partial>, between: &Partial) -> Partial {
    let mut made = Partial::default();
    for (at, text) in texts.enumerate() {
        if at > 0 {
            made.append(between);
        }
        made.append(&text);
    }
    made
}

/// What `printf` writes. What a verb with an index or a width of its own takes cannot be told.
pub(super) fn formatted(format: &Partial, arguments: &[Option<Value>]) -> Partial {
    let mut text = Partial::default();
    let mut next = arguments.iter();
    for part in format.parts() {
        let mut rest = match part {
            Part::Known(known) => known,
            Part::Gap(gap) => {
                text.push(gap.clone());
                continue;
            }
        };
        while let Some((before, after)) = rest.split_once('%') {
            text.push_str(before);
            let verb = after.trim_start_matches(|letter| "+-# 0123456789.[]*".contains(letter));
            let is_told = !after[..after.len() - verb.len()].contains(['[', '*']);
            let mut letters = verb.chars();
            match letters.next() {
                Some('%') | None => text.push_str("%"),
                Some(_) => match is_told.then(|| next.next()).flatten() {
                    Some(value) => text.append(&written(value.as_ref())),
                    None => text.push(Gap::Unknown),
                },
            }
            rest = letters.as_str();
        }
        text.push_str(rest);
    }
    text
}

/// A value as lines of YAML: the outermost elements one to a line, each as JSON.
pub(super) fn lines(value: &Value) -> Partial {
    let line = |texts: [&Partial; 3]| texts.into_iter().collect::<Partial>();
    let break_ = Partial::from("\n");
    match value {
        Value::List(list) if !list.is_empty() => {
            let dash = Partial::from("- ");
            joined(list.iter().map(|element| line([&dash, &element.json(), &Partial::default()])), &break_)
        }
        Value::Map(pairs) if !pairs.is_empty() => {
            let colon = Partial::from(": ");
            let pair =
                |(key, value): (&Partial, &Value)| line([&Value::Text(key.clone()).json(), &colon, &value.json()]);
            joined(pairs.iter().map(pair), &break_)
        }
        // Beside other lines an empty one would be no YAML.
        Value::Null | Value::List(_) | Value::Map(_) => Partial::default(),
        other => other.json(),
    }
}
