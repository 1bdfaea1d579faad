//! Configuration files: what they hold, and what lies under a name.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// How many values the documents of a text may hold beyond what their length accounts for: aliases repeat what they name.
const MAX_REPEATED: usize = 1_000_000;

/// How many bytes of a text count as one value.
const BYTES: usize = 64;

/// What the scan says where aliases repeat too much.
const TOO_MANY: &str = "too many values";

/// What the parser says, which has a limit of its own.
const TOO_OFTEN: &str = "repetition limit exceeded";

/// The documents of a YAML or JSON text. Text that is neither, such as a template, gives none, nor does a document whose
/// aliases repeat too much: [`swells`].
pub fn documents(text: &str) -> Vec<Value> {
    read(text).0
}

/// The same, and whether these are all.
pub(crate) fn all_documents(text: &str) -> (Vec<Value>, bool) {
    let (values, fault) = read(text);
    (values, fault.is_none())
}

/// How deep brackets lie in brackets in a text that is read: the parser takes far less, and time that grows with the square of the
/// depth to say so.
const MAX_NESTED: usize = 2_000;

/// What the scan says of a text that is nested deeper.
const TOO_DEEP: &str = "nested too deep";

/// Whether brackets are nested so deep in a text that it is left out.
pub fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_NESTED
    })
}

/// Whether there is a document in a text that is left out because its aliases repeat too much.
pub fn swells(text: &str) -> bool {
    // Most texts have no alias at all.
    let may = text.contains('&') && text.contains('*');
    may && read(text).1.is_some_and(|fault| [TOO_MANY, TOO_OFTEN].iter().any(|limit| fault.contains(limit)))
}

/// The line, from 0, on which a text is seen to be no YAML.
pub(crate) fn fault_line(text: &str) -> Option<usize> {
    // The reader of documents says so.
    if is_too_deep(text) {
        return None;
    }
    let left = Cell::new(text.len().saturating_add(MAX_REPEATED));
    let faults =
        serde_yaml::Deserializer::from_str(text).find_map(|document| Counted(&left).deserialize(document).err());
    faults.map(|fault| fault.location().map_or(0, |place| place.line().saturating_sub(1)))
}

/// The documents of a text up to the first that cannot be read, and why that is so.
pub(super) fn read(text: &str) -> (Vec<Value>, Option<String>) {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '/'])
        && let Ok(value) = serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_comments(text)))
    {
        return (vec![value], None);
    }
    if is_too_deep(text) {
        return (Vec::new(), Some(TOO_DEEP.to_owned()));
    }
    let left = Cell::new(text.len().saturating_add(MAX_REPEATED));
    let mut values = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        match Counted(&left).deserialize(document) {
            Ok(value) => values.push(value),
            Err(fault) => return (values, Some(fault.to_string())),
        }
    }
    (values, None)
}

/// JSON as programs for people write it: without its comments and the commas before a bracket that closes.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let end = end.map_or(rest.len(), |end| end + 2);
                plain.push_str(&rest[..end]);
                end
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            ']' | '}' => {
                let kept = plain.trim_end();
                let length = kept.strip_suffix(',').map_or(plain.len(), str::len);
                plain.truncate(length);
                plain.push(first);
                1
            }
            other => {
                plain.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    plain
}

/// Reads a value as long as there are some left. Merge keys (`<<: *others`) are merged, as Kubernetes, Helm and compose do.
#[derive(Clone, Copy)]
struct Counted<'a>(&'a Cell<usize>);

impl Counted<'_> {
    fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(1 + bytes / BYTES).ok_or_else(|| E::custom(TOO_MANY))?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.take(0)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    /// A value with a tag of its own. Compose's `!reset` takes a value away, whatever it is; `!override` and every other tag says how
    /// the value is to be taken, and the value is there all the same.
    fn visit_enum<A: EnumAccess<'de>>(self, value: A) -> Result<Value, A::Error> {
        let (tag, content) = value.variant::<String>()?;
        let value = content.newtype_variant_seed(self)?;
        Ok(if tag.trim_start_matches('!') == "reset" { Value::Null } else { value })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        while let Some(key) = pairs.next_key::<String>()? {
            self.take(key.len())?;
            let value = pairs.next_value_seed(self)?;
            match value {
                Value::Object(_) if key == "<<" => merged.push(value),
                Value::Array(list) if key == "<<" && list.iter().all(Value::is_object) => merged.extend(list),
                value => {
                    map.insert(key, value);
                }
            }
        }
        // <https://yaml.org/type/merge.html>: what stands in the map itself counts, then what is merged first.
        for pairs in merged {
            let Value::Object(pairs) = pairs else { continue };
            for (key, value) in pairs {
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
    }
}

/// Java's properties as a map of whole names: one to a line, `=` or `:` behind the name.
pub fn properties(text: &str) -> Value {
    let mut map = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
        if let Some((name, value)) = line.split_once(['=', ':']) {
            map.insert(name.trim().to_owned(), Value::from(value.trim()));
        }
    }
    Value::Object(map)
}

/// A text of settings with `${NAME:default}` for the Ruby in it: `<%= ENV.fetch("NAME", "default") %>`.
pub(super) fn without_ruby(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("<%") {
        let Some((code, tail)) = tail.split_once("%>") else { break };
        plain.push_str(head);
        rest = tail;
        if !code.starts_with('=') {
            continue;
        }
        // The quoted words: the variable's name, and what stands for it.
        let mut words = code.split(['\'', '"']).skip(1).step_by(2);
        let name = words.next().filter(|_| code.contains("ENV")).unwrap_or("?");
        match words.next() {
            Some(default) => plain.push_str(&format!("${{{name}:{default}}}")),
            None => plain.push_str(&format!("${{{name}}}")),
        }
    }
    plain.push_str(rest);
    plain
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

/// A scalar as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_lose_nothing() {
        for (text, expected) in [
            ("a: !override [b]", serde_json::json!({"a": ["b"]})),
            ("a: !override {b: c}", serde_json::json!({"a": {"b": "c"}})),
            ("a: !reset [b]\nc: d", serde_json::json!({"a": null, "c": "d"})),
            ("a: !reset null\nc: d", serde_json::json!({"a": null, "c": "d"})),
            ("a: !mine b", serde_json::json!({"a": "b"})),
            ("a: !mine {b: !yours [c]}", serde_json::json!({"a": {"b": ["c"]}})),
            ("a: !!str 3", serde_json::json!({"a": "3"})),
            ("- !mine\n- b", serde_json::json!([null, "b"])),
        ] {
            assert_eq!(read(text), (vec![expected], None), "{text}");
        }
    }

    #[test]
    fn json_for_people_has_comments() {
        for text in [
            "// x\n{\"a\": \"http://b//c\", // d\n \"e\": [1, /* 2 */], }",
            "{\"a\": \"http://b//c\", \"e\": [1]}",
            "/* x */ {\"a\":\"http://b//c\",\"e\":[1,\n]\n}\n",
        ] {
            assert_eq!(documents(text), [serde_json::json!({"a": "http://b//c", "e": [1]})], "{text}");
        }
        assert_eq!(documents("{\"a\": \"\\\"// b\"} // c"), [serde_json::json!({"a": "\"// b"})]);
    }

    #[test]
    fn ruby_in_settings_is_a_placeholder() {
        for (text, expected) in [
            ("url: <%= ENV['LEDGER'] %>", "url: ${LEDGER}"),
            ("url: <%= ENV.fetch(\"LEDGER\", 'http://a') %>/x", "url: ${LEDGER:http://a}/x"),
            ("url: <%= ENV.fetch(\"LEDGER\") { \"http://a\" } %>", "url: ${LEDGER:http://a}"),
            ("<% if x %>\na: b\n<% end %>", "\na: b\n"),
            ("a: <%= secret %>", "a: ${?}"),
            ("a: <%= b", "a: <%= b"),
        ] {
            assert_eq!(without_ruby(text), expected);
        }
    }

    #[test]
    fn aliases_repeat_up_to_a_limit() {
        let wide = |times: usize| format!("a: &a [{}x]\nb: [{}x]\n", "x, ".repeat(20_000), "*a, ".repeat(times));
        let few = wide(3);
        assert_eq!((documents(&few).len(), swells(&few)), (1, false));
        let many = wide(20_000);
        assert_eq!((documents(&many).len(), swells(&many)), (0, true));
        assert!(!swells("a: &a [*b]\n"), "an alias of nothing is another fault");
    }
}
