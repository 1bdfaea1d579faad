//! Configuration files: what they hold, and what lies under a name.

use super::scalar;
use serde::Deserialize;
use serde_json::Value;

/// The documents of a YAML or JSON text. Text that is neither, such as a template, gives none.
pub(super) fn documents(text: &str) -> Vec<Value> {
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return vec![value];
    }
    serde_yaml::Deserializer::from_str(text).map_while(|document| Value::deserialize(document).ok()).collect()
}

/// Java's properties as a map of whole names: one to a line, `=` or `:` behind the name.
pub(crate) fn properties(text: &str) -> Value {
    let mut map = serde_json::Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
        if let Some((name, value)) = line.split_once(['=', ':']) {
            map.insert(name.trim().to_owned(), Value::from(value.trim()));
        }
    }
    Value::Object(map)
}

/// The values at a path. Names are compared without regard to case, `-` and `_`.
pub(super) fn walk(value: &Value, path: &[String], found: &mut Vec<String>) {
    let Some((first, rest)) = path.split_first() else {
        match value {
            Value::Array(list) => found.extend(list.iter().filter_map(scalar)),
            other => found.extend(scalar(other)),
        }
        return;
    };
    match value {
        Value::Array(list) => {
            // A name below a list means that name in each element.
            let rest = if first == "*" { rest } else { path };
            for element in list {
                if first == "*" || element.is_object() {
                    walk(element, rest, found);
                }
            }
        }
        Value::Object(pairs) => {
            let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
            for (key, value) in pairs {
                if first == "*" || plain(key) == plain(first) {
                    walk(value, rest, found);
                } else if key.contains('.') {
                    // `spring.cloud.name: x` is short for a map in a map.
                    let mut parts = key.split('.').zip(path);
                    let length = key.split('.').count();
                    if length <= path.len() && parts.all(|(a, b)| b == "*" || plain(a) == plain(b)) {
                        walk(value, &path[length..], found);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
