//! Sprig's `merge` and `mergeOverwrite`: <https://helm.sh/docs/chart_template_guide/function_list/#merge-mustmerge>.

use super::expr::{is_set, is_unknown};
use super::made::has_open;
use crate::value::{Map, Value};
use std::sync::Arc;

/// How deep maps are merged.
const MAX_DEPTH: usize = 64;

/// Maps laid one over the other. `merge` keeps what is set before, `mergeOverwrite` takes all that the last has, also what is empty.
pub(super) fn merged(arguments: &[Option<Value>], overwrites: bool) -> Option<Value> {
    let mut all = arguments.iter().map(|value| match value {
        Some(Value::Map(pairs)) => Some(Arc::clone(pairs)),
        Some(Value::Null) => Some(Arc::default()),
        _ => None,
    });
    let mut made = all.next()??;
    for other in all {
        let other = other?;
        lay(Arc::make_mut(&mut made), &other, overwrites, 0)?;
    }
    Some(Value::Map(made))
}

/// Lays one map over another. None where a key is known in part: it may be any other.
fn lay(under: &mut Map, over: &Map, overwrites: bool, depth: usize) -> Option<()> {
    if under.keys().chain(over.keys()).any(has_open) {
        return None;
    }
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Map(under)), Value::Map(over)) if depth < MAX_DEPTH => {
                lay(Arc::make_mut(under), over, overwrites, depth + 1)?;
            }
            // It may be a map, and what that has besides is not known.
            (Some(known @ Value::Map(_)), Value::Map(_)) => *known = Value::unknown(),
            (Some(known @ Value::Map(_)), over) if is_unknown(over) => *known = Value::unknown(),
            (Some(known), value) => match (overwrites, is_surely_set(known)) {
                (true, _) | (false, Some(false)) => value.clone_into(known),
                (false, Some(true)) => {}
                (false, None) => *known = Value::unknown(),
            },
            (None, Value::Null) if !overwrites => {}
            (None, value) => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
    Some(())
}

/// Whether a value is set, where that is known.
fn is_surely_set(value: &Value) -> Option<bool> {
    match value {
        Value::Text(text) if text.letters().is_empty() && has_open(text) => None,
        value => Some(is_set(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial::Partial;

    fn merge(name: &str, maps: &[&str]) -> Option<Value> {
        let unknown = |text: &str| {
            let value = |value: serde_json::Value| Value::read(value);
            value(serde_json::from_str(&text.replace('?', &Partial::unknown().written())).unwrap())
        };
        let maps: Vec<_> = maps.iter().map(|map| Some(unknown(map))).collect();
        merged(&maps, name == "mergeOverwrite")
    }

    /// What `helm template` of Helm 3.17 writes, but for the rows with `?`, which is what is not known.
    #[test]
    fn maps_are_merged_as_sprig_merges_them() {
        for (name, maps, expected) in [
            ("mergeOverwrite", &[r#"{"a":1}"#, r#"{"a":""}"#][..], r#"{"a":""}"#),
            ("mergeOverwrite", &[r#"{"a":1}"#, r#"{"a":false}"#], r#"{"a":false}"#),
            ("mergeOverwrite", &[r#"{"a":1}"#, r#"{"a":0}"#], r#"{"a":0}"#),
            ("mergeOverwrite", &[r#"{"a":1}"#, r#"{"a":null}"#], r#"{"a":null}"#),
            ("mergeOverwrite", &[r#"{"a":[1]}"#, r#"{"a":[]}"#], r#"{"a":[]}"#),
            ("mergeOverwrite", &[r#"{"a":[1]}"#, r#"{"a":[2]}"#], r#"{"a":[2]}"#),
            ("mergeOverwrite", &[r#"{"a":1}"#, r#"{"a":{}}"#], r#"{"a":{}}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":{}}"#], r#"{"a":{"b":1}}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":{"b":"","c":2}}"#], r#"{"a":{"b":"","c":2}}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":{"b":null}}"#], r#"{"a":{"b":null}}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":null}"#], r#"{"a":null}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":"x"}"#], r#"{"a":"x"}"#),
            ("mergeOverwrite", &[r#"{"a":"x"}"#, r#"{"a":{"b":1}}"#], r#"{"a":{"b":1}}"#),
            ("mergeOverwrite", &["{}", r#"{"a":null}"#], r#"{"a":null}"#),
            ("mergeOverwrite", &[r#"{"a":"x"}"#, r#"{"a":""}"#, r#"{"a":"z"}"#], r#"{"a":"z"}"#),
            (
                "mergeOverwrite",
                &[r#"{"a":{"b":{"c":1}}}"#, r#"{"a":{"b":{"c":0,"d":2}}}"#],
                r#"{"a":{"b":{"c":0,"d":2}}}"#,
            ),
            ("merge", &[r#"{"a":""}"#, r#"{"a":"x"}"#], r#"{"a":"x"}"#),
            ("merge", &[r#"{"a":false}"#, r#"{"a":true}"#], r#"{"a":true}"#),
            ("merge", &[r#"{"a":0}"#, r#"{"a":1}"#], r#"{"a":1}"#),
            ("merge", &[r#"{"a":null}"#, r#"{"a":1}"#], r#"{"a":1}"#),
            ("merge", &[r#"{"a":[]}"#, r#"{"a":[1]}"#], r#"{"a":[1]}"#),
            ("merge", &[r#"{"a":{}}"#, r#"{"a":"x"}"#], r#"{"a":"x"}"#),
            ("merge", &[r#"{"a":"x"}"#, r#"{"a":{"b":1}}"#], r#"{"a":"x"}"#),
            ("merge", &[r#"{"a":{"b":"","d":1}}"#, r#"{"a":{"b":1,"c":2}}"#], r#"{"a":{"b":1,"c":2,"d":1}}"#),
            ("merge", &[r#"{"a":{"b":1}}"#, r#"{"a":null}"#], r#"{"a":{"b":1}}"#),
            ("merge", &["{}", r#"{"a":null}"#], "{}"),
            ("merge", &["{}", r#"{"a":""}"#], r#"{"a":""}"#),
            ("merge", &[r#"{"a":null}"#, r#"{"a":""}"#], r#"{"a":""}"#),
            ("merge", &[r#"{"a":1}"#, "null"], r#"{"a":1}"#),
            // Of what is not known it is not known whether it is set.
            ("merge", &[r#"{"a":"?"}"#, r#"{"a":"x","b":1}"#], r#"{"a":"?","b":1}"#),
            ("merge", &[r#"{"a":"x?"}"#, r#"{"a":"y"}"#], r#"{"a":"x?"}"#),
            ("merge", &[r#"{"a":""}"#, r#"{"a":"?"}"#], r#"{"a":"?"}"#),
            ("merge", &[r#"{"a":{"b":1}}"#, r#"{"a":"?"}"#], r#"{"a":"?"}"#),
            ("mergeOverwrite", &[r#"{"a":"?"}"#, r#"{"a":"x"}"#], r#"{"a":"x"}"#),
            ("mergeOverwrite", &[r#"{"a":"x"}"#, r#"{"a":"?"}"#], r#"{"a":"?"}"#),
            ("mergeOverwrite", &[r#"{"a":{"b":1}}"#, r#"{"a":"?"}"#], r#"{"a":"?"}"#),
        ] {
            let made = merge(name, maps).map(|made| made.json().shown('?'));
            assert_eq!(made.as_deref(), Some(expected), "{name} {maps:?}");
        }
        // A key that is not known may be any of them.
        for name in ["merge", "mergeOverwrite"] {
            assert_eq!(merge(name, &[r#"{"a":1}"#, r#"{"?":2}"#]), None);
            assert_eq!(merge(name, &[r#"{"a":{"x?":1}}"#, r#"{"a":{"b":2}}"#]), None);
        }
        let deep = |value: &str| format!("{}{value}{}", "{\"a\":".repeat(MAX_DEPTH + 9), "}".repeat(MAX_DEPTH + 9));
        let made = merge("merge", &[&deep("{\"b\":1}"), &deep("{\"c\":1}")]).unwrap();
        assert!(made.json().shown('?').contains("\"?\""), "what is too deep is not known");
    }
}
