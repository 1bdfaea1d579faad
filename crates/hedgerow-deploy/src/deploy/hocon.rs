//! HOCON, as far as settings of services use it (Ktor, Play, Akka): objects, `=` and `:`, paths, lists of texts, `${?NAME}`.
//! See <https://github.com/lightbend/config/blob/main/HOCON.md>.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// How deep objects lie in objects.
const MAX_DEPTH: usize = 40;

/// How long a list of several lines may get, in bytes.
const MAX_LIST: usize = 4 << 10;

/// The settings of a text. A key that is set again by a variable has both: `${NAME:what it was}`.
pub(super) fn hocon(text: &str) -> Value {
    let mut root = Value::Object(Map::new());
    let mut path: Vec<Vec<String>> = Vec::new();
    let mut skipped = 0_usize;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = Cow::Borrowed(without_comment(line).trim());
        // A list goes on up to its bracket.
        while opens_list(&line)
            && line.len() < MAX_LIST
            && let Some(next) = lines.next()
        {
            let next = without_comment(next).trim();
            let between = if line.ends_with(['[', ',', '{']) || next.starts_with([']', ',', '}']) { " " } else { ", " };
            line = Cow::Owned(format!("{line}{between}{next}"));
        }
        let mut rest = if line.starts_with("include ") { "" } else { &*line };
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('}') {
                if skipped > 0 {
                    skipped -= 1;
                } else {
                    path.pop();
                }
                rest = after.trim_start_matches([',', ' ', '\t']);
                continue;
            }
            let end = rest.find(['=', ':', '{']).unwrap_or(rest.len());
            let key: Vec<String> = rest[..end]
                .trim()
                .trim_end_matches('+')
                .split('.')
                .map(|part| part.trim_matches('"').to_owned())
                .collect();
            let after = rest[end..].trim_start_matches(['=', ':']).trim_start();
            if let Some(inside) = after.strip_prefix('{') {
                if path.len() >= MAX_DEPTH || skipped > 0 {
                    skipped += 1;
                } else {
                    // The braces around all of a text have no key.
                    path.push(key.into_iter().filter(|part| !part.is_empty()).collect());
                }
                rest = inside.trim_start();
                continue;
            }
            let close = value_end(after);
            if skipped == 0 && !key.iter().all(String::is_empty) {
                let whole: Vec<&str> = path.iter().flatten().chain(&key).map(String::as_str).collect();
                put(&mut root, &whole, after[..close].trim().trim_end_matches(','));
            }
            rest = after[close..].trim_start_matches([',', ' ', '\t']);
            if rest == after && !rest.is_empty() {
                break;
            }
        }
    }
    root
}

/// Whether a list begins in a line and does not end there.
fn opens_list(line: &str) -> bool {
    let (mut quoted, mut depth) = (false, 0_usize);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0
}

/// A line without its comment: marks in quotes and behind a scheme are none.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            '/' if !quoted && line[at..].starts_with("//") && !line[..at].ends_with(':') => return &line[..at],
            _ => {}
        }
    }
    line
}

/// Where a value ends: at a comma or a brace outside of quotes, brackets and `${}`.
fn value_end(text: &str) -> usize {
    let (mut quoted, mut depth) = (false, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' => depth += 1,
            ']' | '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn put(root: &mut Value, path: &[&str], text: &str) {
    let mut at = root;
    for part in path {
        let Value::Object(pairs) = at else { return };
        at = pairs.entry((*part).to_owned()).or_insert_with(|| Value::Object(Map::new()));
    }
    let variable = text.strip_prefix("${?").or_else(|| text.strip_prefix("${")).and_then(|rest| rest.strip_suffix('}'));
    *at = match (text.strip_prefix('['), variable, &*at) {
        (Some(list), ..) => {
            let list = list.trim_end_matches(']').split(',').map(|text| text.trim().trim_matches('"'));
            Value::Array(list.filter(|text| !text.is_empty()).map(Value::from).collect())
        }
        (None, Some(name), Value::String(before)) => Value::from(format!("${{{name}:{before}}}")),
        (None, Some(name), _) => Value::from(format!("${{{name}}}")),
        (None, None, _) => Value::from(text.trim_matches('"')),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_read() {
        for (text, expected) in [
            ("ledger { url = \"http://s-ledger/x\" }", json!({"ledger": {"url": "http://s-ledger/x"}})),
            ("ledger.url = \"http://a\" # x\nledger.url = ${?URL}", json!({"ledger": {"url": "${URL:http://a}"}})),
            (
                "a {\n  b {\n    c: 3 // d\n  }\n  e = ${E}\n}\nf = [\"x\", y]",
                json!({"a": {"b": {"c": "3"}, "e": "${E}"}, "f": ["x", "y"]}),
            ),
            ("a = http://b/c", json!({"a": "http://b/c"})),
            ("a = [\n  \"http://b\", # x\n  c\n  d\n]\ne = 1", json!({"a": ["http://b", "c", "d"], "e": "1"})),
            (
                "{\n  include \"x\"\n  \"a\": {\n    \"b\": \"http://c\",\n    \"d\": [\n      1\n    ]\n  },\n  \"e\": true\n}",
                json!({"a": {"b": "http://c", "d": ["1"]}, "e": "true"}),
            ),
            ("a { b = 1, c = 2 }\nd = 4", json!({"a": {"b": "1", "c": "2"}, "d": "4"})),
            ("}}{{ = [", json!({})),
            ("", json!({})),
        ] {
            assert_eq!(hocon(text), expected, "{text}");
        }
        // Deeper than anybody writes it.
        let deep = format!("{}x = 1 {} y = 2", "a { ".repeat(100_000), "} ".repeat(100_000));
        assert_eq!(hocon(&deep)["y"], json!("2"));
    }
}
