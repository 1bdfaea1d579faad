//! Texts that can be one of several. They stand in the rendered text, so that a template is rendered once for all of them:
//! between [`OPEN`] and [`CLOSE`] are what chooses and the texts to choose from.

use super::MARK;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const OPEN: char = '\u{e001}';
const OR: char = '\u{e002}';
const CLOSE: char = '\u{e003}';

/// The letters that mean something here.
const MEANING: std::ops::RangeInclusive<char> = MARK..='\u{e005}';

/// More texts than these are not told apart: what would make more is a hole.
pub(super) const MAX_TEXTS: usize = 32;

/// How long all texts of one choice may get together.
const MAX_LENGTH: usize = 8 << 10;

/// How many scalars may be made of a document by showing every choice.
const MAX_WEIGHT: usize = 1 << 20;

/// What the letters that mean something here are where a file has them itself: nothing that is known.
pub(super) fn clean(text: &str) -> String {
    text.replace(|c| MEANING.contains(&c), &MARK.to_string())
}

/// Whether a file has letters that mean something here.
pub(super) fn is_clean(text: &str) -> bool {
    !text.contains(|c| MEANING.contains(&c))
}

/// Whether a text can be one of several.
pub(super) fn is_open(text: &str) -> bool {
    text.contains(OPEN)
}

/// A choice. What one thing chooses among the same texts is one choice wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Choice<'t> {
    by: &'t str,
    texts: Vec<&'t str>,
}

enum Piece<'t> {
    Text(&'t str),
    Choice(Choice<'t>),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once(OPEN) {
        found.push(Piece::Text(before));
        let (inner, after) = tail.split_once(CLOSE).unwrap_or((tail, ""));
        let (by, texts) = inner.split_once(OR).unwrap_or((inner, ""));
        found.push(Piece::Choice(Choice { by, texts: texts.split(OR).collect() }));
        rest = after;
    }
    found.push(Piece::Text(rest));
    found
}

/// One way to choose; a choice that it leaves out is a hole.
#[derive(Debug, Clone, Default)]
pub(super) struct Way<'t>(BTreeMap<Choice<'t>, &'t str>);

/// Every way to choose in some texts, and what chooses.
pub(super) fn ways<'t>(texts: impl IntoIterator<Item = &'t str>) -> (String, Vec<Way<'t>>) {
    let pieces = texts.into_iter().filter(|text| is_open(text)).flat_map(pieces);
    let choices: BTreeSet<Choice> = pieces
        .filter_map(|piece| match piece {
            Piece::Choice(choice) => Some(choice),
            Piece::Text(_) => None,
        })
        .collect();
    let mut ways = vec![Way::default()];
    for choice in &choices {
        if ways.len() * choice.texts.len() > MAX_TEXTS {
            continue;
        }
        let with = |way: &Way<'t>, text| {
            let mut way = way.clone();
            way.0.insert(choice.clone(), text);
            way
        };
        ways = ways.iter().flat_map(|way| choice.texts.iter().map(|text| with(way, *text))).collect();
    }
    let by: BTreeSet<&str> = choices.iter().flat_map(|choice| choice.by.split('+')).collect();
    (by.into_iter().collect::<Vec<_>>().join("+"), ways)
}

impl Way<'_> {
    /// A text with what was chosen.
    pub(super) fn text(&self, text: &str) -> String {
        if !is_open(text) {
            return text.to_owned();
        }
        let hole = MARK.to_string();
        let part = |piece: Piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Choice(choice) => self.0.get(&choice).map_or_else(|| hole.clone(), |text| (*text).to_owned()),
        };
        pieces(text).into_iter().map(part).collect()
    }

    /// A value with what was chosen in its texts.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if is_open(text) => Value::from(unquoted(self.text(text), text)),
            Value::Array(list) => list.iter().map(|element| self.value(element)).collect(),
            Value::Object(pairs) => {
                Value::Object(pairs.iter().map(|(key, value)| (self.text(key), self.value(value))).collect())
            }
            other => other.clone(),
        }
    }
}

/// What a choice came to that is all of a scalar: its quotes are YAML's.
fn unquoted(text: String, choice: &str) -> String {
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned);
    if choice.starts_with(OPEN) { quoted('"').or_else(|| quoted('\'')).unwrap_or(text) } else { text }
}

/// A text that is any of these; `by` is what chooses.
pub(super) fn any_of(by: &str, texts: &[String]) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        for way in ways([text.as_str()]).1 {
            let text = way.text(text);
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    let length = by.len() + all.iter().map(String::len).sum::<usize>();
    match &all[..] {
        [] => MARK.to_string(),
        [one] => one.clone(),
        // Several lines among others would be no YAML.
        _ if all.len() > MAX_TEXTS || length > MAX_LENGTH || all.iter().any(|text| text.contains('\n')) => {
            MARK.to_string()
        }
        _ => format!("{OPEN}{by}{OR}{}{CLOSE}", all.join(&OR.to_string())),
    }
}

/// The values that a document can be, each with one text for every choice in it.
pub(super) fn all(value: Value) -> Vec<Value> {
    let mut texts = Vec::new();
    texts_of(&value, &mut texts);
    if texts.is_empty() {
        return vec![value];
    }
    let mut left = MAX_WEIGHT;
    let spread = spread(value, &mut left);
    every(&spread, &mut left)
}

/// The same with the elements of lists shown in every way, each apart from the others: what one variable of a container can
/// be does not depend on what another one is.
fn spread(value: Value, left: &mut usize) -> Value {
    match value {
        Value::Array(list) => {
            let each = |element: Value| {
                let element = spread(element, left);
                // A word behind a flag has its place.
                if element.is_object() { every(&element, left) } else { vec![element] }
            };
            list.into_iter().flat_map(each).collect()
        }
        Value::Object(pairs) => {
            let pairs: Map<_, _> = pairs.into_iter().map(|(key, value)| (key, spread(value, left))).collect();
            Value::Object(pairs)
        }
        other => other,
    }
}

/// A value in every way, as long as there are `left` more scalars to make.
fn every(value: &Value, left: &mut usize) -> Vec<Value> {
    let mut texts = Vec::new();
    texts_of(value, &mut texts);
    let (_, mut ways) = ways(texts);
    if ways.len() > 1 {
        let weight = ways.len().saturating_mul(super::render::weight(value));
        match left.checked_sub(weight) {
            Some(rest) => *left = rest,
            None => ways = vec![Way::default()],
        }
    }
    ways.iter().map(|way| way.value(value)).collect()
}

/// The texts in a value that are choices.
pub(super) fn texts_of<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.extend(Some(text.as_str()).filter(|text| is_open(text))),
        Value::Array(list) => list.iter().for_each(|element| texts_of(element, found)),
        Value::Object(pairs) => {
            for (key, value) in pairs {
                found.extend(Some(key.as_str()).filter(|key| is_open(key)));
                texts_of(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_thing_chooses_is_one_choice() {
        let name = any_of("1", &["a".to_owned(), "b".to_owned()]);
        let other = any_of("2", &["a".to_owned(), "b".to_owned()]);
        let texts = |text: &str| ways([text]).1.iter().map(|way| way.text(text)).collect::<Vec<_>>();
        assert_eq!(texts(&format!("x-{name}-{name}")), ["x-a-a", "x-b-b"]);
        assert_eq!(texts(&format!("{name}{other}")), ["aa", "ab", "ba", "bb"]);
        assert_eq!(texts(&any_of("3", &[format!("{name}1"), "c".to_owned(), "c".to_owned()])), ["a1", "b1", "c"]);
        let many: Vec<String> = (0..9).map(|at| any_of(&at.to_string(), &["a".to_owned(), "b".to_owned()])).collect();
        assert!(texts(&many.concat()).iter().all(|text| text.contains(MARK)));
        // Letters of a broken choice end nowhere else.
        assert_eq!(texts(&format!("x{OPEN}y")), ["x"]);
    }

    #[test]
    fn variables_of_a_container_are_shown_apart() {
        let env: Vec<Value> = (0..12)
            .map(|at| {
                let value = any_of(&at.to_string(), &["a".to_owned(), "b".to_owned()]);
                serde_json::json!({"name": at.to_string(), "value": value})
            })
            .collect();
        let found = all(serde_json::json!({"env": env, "name": any_of("n", &["\"x\"".to_owned(), "y".to_owned()])}));
        let names: Vec<_> = found.iter().map(|document| document["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(found[0]["env"].as_array().unwrap().len(), 24);
    }

    #[test]
    fn what_choices_make_of_a_document_has_an_end() {
        let pairs = |at: usize, list: Value| {
            let mut pairs: Map<_, _> = (0..5)
                .map(|key| {
                    (key.to_string(), Value::from(any_of(&format!("{at}.{key}"), &["a".to_owned(), "b".to_owned()])))
                })
                .collect();
            pairs.insert("list".to_owned(), list);
            Value::Object(pairs)
        };
        let mut value = Value::Null;
        for width in [4, 100] {
            value = (0..width).map(|at| pairs(at, value.clone())).collect();
        }
        let found: usize = all(value).iter().map(super::super::render::weight).sum();
        assert!((1_000..=2 * MAX_WEIGHT).contains(&found), "{found}");
    }
}
