//! Helm's `--set`: <https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set>.

use crate::helm::values::merge;
use crate::partial::Partial;
use crate::value::{Map, Value};
use std::sync::Arc;

/// How many elements a list may get by setting one of them.
const MAX_LIST: usize = 256;

/// How long the way to what is set may be.
const MAX_DEPTH: usize = 64;

/// How a text is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `--set`: numbers and words such as `true` are what they look like.
    Typed,
    /// `--set-string`.
    Text,
    /// `--set-json`.
    Json,
    /// `--set-literal`: all of it is one text.
    Literal,
    /// `--set-file`, and what is not known.
    Unknown,
}

/// A step of the way to what is set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(Partial),
    Element(usize),
}

/// Sets all that a text says: `a.b=c,d[0]=e`. Gives whether it could be read.
pub(super) fn set_all(values: &mut Value, text: &Partial, form: Form) -> bool {
    let written = text.written();
    let pairs = match form {
        // Newer ones of Helm take a whole object, too.
        Form::Json if written.trim_start().starts_with('{') => {
            let read = serde_json::from_str(&written).map(Value::read);
            return read.is_ok_and(|read| {
                merge(values, &read);
                true
            });
        }
        Form::Json => split_json(&written),
        Form::Literal => {
            return written.split_once('=').is_some_and(|(name, value)| {
                // No backslash means anything.
                set_one(values, &name.replace('\\', "\\\\"), &Partial::read(value), form)
            });
        }
        Form::Typed | Form::Text | Form::Unknown => split(&written, ','),
    };
    pairs.into_iter().filter(|pair| !pair.trim().is_empty()).all(|pair| match split(pair, '=').first() {
        Some(name) if name.len() < pair.len() => set_one(values, name, &Partial::read(&pair[name.len() + 1..]), form),
        _ => false,
    })
}

/// Sets one value by its name, `a.b[0].c`. Gives whether the name could be read.
pub(super) fn set_one(values: &mut Value, name: &str, text: &Partial, form: Form) -> bool {
    let Some(way) = way(name) else { return false };
    put(values, &way, value(text, form));
    true
}

/// A text cut at a mark that no backslash stands before, and that is in no braces.
fn split(text: &str, mark: char) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut escaped) = (Vec::new(), 0, 0_usize, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            letter if letter == mark && depth == 0 => {
                found.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

/// A text cut at the commas that stand in no JSON.
fn split_json(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut in_text, mut escaped) = (Vec::new(), 0, 0_usize, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

fn without_escapes(text: &str) -> String {
    let mut letters = text.chars();
    let mut made = String::new();
    while let Some(letter) = letters.next() {
        made.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
    }
    made
}

fn way(name: &str) -> Option<Vec<Step>> {
    let mut found = Vec::new();
    for part in split(name, '.') {
        let (key, rest) = part.split_once('[').map_or((part, None), |(key, rest)| (key, Some(rest)));
        if !key.is_empty() {
            found.push(Step::Key(Partial::read(without_escapes(key).trim())));
        }
        for place in rest.into_iter().flat_map(|rest| rest.split('[')) {
            let at = place.strip_suffix(']')?.parse().ok().filter(|at| *at < MAX_LIST)?;
            found.push(Step::Element(at));
        }
    }
    (matches!(found.first(), Some(Step::Key(_))) && found.len() <= MAX_DEPTH).then_some(found)
}

fn value(text: &Partial, form: Form) -> Value {
    let written = text.written();
    let typed = |word: &str| {
        let word = Partial::read(&without_escapes(word));
        match word.known() {
            // However they are written.
            Some(known) if form == Form::Typed && known.eq_ignore_ascii_case("true") => Value::from(true),
            Some(known) if form == Form::Typed && known.eq_ignore_ascii_case("false") => Value::from(false),
            Some(known) if form == Form::Typed && known.eq_ignore_ascii_case("null") => Value::Null,
            Some(known) if form == Form::Typed && !(known.starts_with('0') && known.len() > 1) => {
                known.parse::<i64>().map_or_else(|_| Value::Text(word.clone()), Value::from)
            }
            _ => Value::Text(word),
        }
    };
    match form {
        Form::Unknown => Value::unknown(),
        Form::Literal => Value::Text(text.clone()),
        Form::Json => serde_json::from_str(&written).map_or_else(|_| Value::unknown(), Value::read),
        Form::Typed | Form::Text => match written.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some("") => Value::from(Vec::new()),
            Some(list) => split(list, ',').into_iter().map(typed).collect(),
            None => typed(&written),
        },
    }
}

fn put(into: &mut Value, way: &[Step], value: Value) {
    let Some((step, rest)) = way.split_first() else {
        *into = value;
        return;
    };
    match step {
        Step::Key(key) => {
            if !matches!(into, Value::Map(_)) {
                *into = Value::from(Map::new());
            }
            if let Value::Map(pairs) = into {
                put(Arc::make_mut(pairs).entry(key.clone()).or_default(), rest, value);
            }
        }
        Step::Element(at) => {
            if !matches!(into, Value::List(_)) {
                *into = Value::from(Vec::new());
            }
            if let Value::List(list) = into {
                let list = Arc::make_mut(list);
                if list.len() <= *at {
                    list.resize(at + 1, Value::Null);
                }
                if let Some(element) = list.get_mut(*at) {
                    put(element, rest, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_as_helm_sets_them() {
        for (text, form, expected) in [
            ("a.b=c,d=1", Form::Typed, Some(r#"{"a":{"b":"c"},"d":1}"#)),
            ("a=true,b=null,c=false,d=01", Form::Typed, Some(r#"{"a":true,"b":null,"c":false,"d":"01"}"#)),
            ("a=True,b=NULL,c={FALSE,nuLL}", Form::Typed, Some(r#"{"a":true,"b":null,"c":[false,null]}"#)),
            ("a=trues,b=nul,c=nil", Form::Typed, Some(r#"{"a":"trues","b":"nul","c":"nil"}"#)),
            ("a=True", Form::Text, Some(r#"{"a":"True"}"#)),
            ("a=true,b=1", Form::Text, Some(r#"{"a":"true","b":"1"}"#)),
            ("a=http://x:80/?b=c", Form::Typed, Some(r#"{"a":"http://x:80/?b=c"}"#)),
            ("a={x,2}", Form::Typed, Some(r#"{"a":["x",2]}"#)),
            ("a={}", Form::Typed, Some(r#"{"a":[]}"#)),
            ("a[1].b=c", Form::Typed, Some(r#"{"a":[null,{"b":"c"}]}"#)),
            ("a\\.b=c\\,d", Form::Typed, Some(r#"{"a.b":"c,d"}"#)),
            ("a={\"b\": [1, 2]}", Form::Json, Some(r#"{"a":{"b":[1,2]}}"#)),
            ("a={\"b\":1},c=[1,2],d=\"x,y\"", Form::Json, Some(r#"{"a":{"b":1},"c":[1,2],"d":"x,y"}"#)),
            ("a[0]=1,b=\"\\\",\"", Form::Json, Some(r#"{"a":[1],"b":"\","}"#)),
            ("{\"a\":1,\"b\":{\"c\":\"d\"}}", Form::Json, Some(r#"{"a":1,"b":{"c":"d"}}"#)),
            ("{\"a\":1", Form::Json, None),
            ("a=b,c=d", Form::Literal, Some(r#"{"a":"b,c=d"}"#)),
            ("a.b=x,{y}\\z", Form::Literal, Some(r#"{"a":{"b":"x,{y}\\z"}}"#)),
            ("a\\.b=c", Form::Literal, Some(r#"{"a\\":{"b":"c"}}"#)),
            ("a[1]={1,2}", Form::Literal, Some(r#"{"a":[null,"{1,2}"]}"#)),
            ("a=1", Form::Literal, Some(r#"{"a":"1"}"#)),
            ("a=", Form::Literal, Some(r#"{"a":""}"#)),
            ("a", Form::Literal, None),
            ("a=x", Form::Unknown, Some(r#"{"a":"?"}"#)),
            ("a=", Form::Typed, Some(r#"{"a":""}"#)),
            ("a", Form::Typed, None),
            ("a[x]=1", Form::Typed, None),
            ("a[999999]=1", Form::Typed, None),
            ("[0]=1", Form::Typed, None),
        ] {
            let mut values = Value::from(Map::new());
            let is_read = set_all(&mut values, &Partial::from(text), form);
            assert_eq!(is_read.then(|| values.json().shown('?')).as_deref(), expected, "{text}");
        }
        let deep = format!("{}a=b", "a.".repeat(100_000));
        assert!(!set_all(&mut Value::from(Map::new()), &Partial::from(deep), Form::Typed));
        let mut values = Value::from(serde_json::json!({"a": {"b": 1, "c": 2}, "l": ["x", "y"]}));
        let text: Partial =
            [&Partial::from("a.b=http://"), &Partial::unknown(), &Partial::from(":80,l[1]=z")].into_iter().collect();
        assert!(set_all(&mut values, &text, Form::Typed));
        assert_eq!(values.json().shown('?'), r#"{"a":{"b":"http://?:80","c":2},"l":["x","z"]}"#);
    }
}
