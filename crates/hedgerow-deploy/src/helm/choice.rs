//! Texts that can be one of several. They stand in the rendered text as [`Gap::OneOf`], so that a template is rendered once for all of
//! them.

use crate::partial::{Choice, Gap, Part, Partial};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More texts than these are not told apart: what would make more is a hole.
pub(super) const MAX_TEXTS: usize = 32;

/// How long all texts of one choice may get together.
const MAX_LENGTH: usize = 8 << 10;

/// How many scalars may be made of a document by showing every choice.
const MAX_WEIGHT: usize = 1 << 20;

/// One way to choose; a choice that it leaves out is a hole.
#[derive(Debug, Clone, Default)]
pub(super) struct Way<'t>(BTreeMap<&'t Choice, &'t Partial>);

/// Every way to choose in some texts, and what chooses.
pub(super) fn ways<'t>(texts: impl IntoIterator<Item = &'t Partial>) -> (String, Vec<Way<'t>>) {
    let choices: BTreeSet<&Choice> = texts.into_iter().flat_map(Partial::choices).map(|choice| &**choice).collect();
    let mut ways = vec![Way::default()];
    for choice in &choices {
        if ways.len() * choice.texts.len() > MAX_TEXTS {
            continue;
        }
        let with = |way: &Way<'t>, text| {
            let mut way = way.clone();
            way.0.insert(*choice, text);
            way
        };
        ways = ways.iter().flat_map(|way| choice.texts.iter().map(|text| with(way, text))).collect();
    }
    let by: BTreeSet<&str> = choices.iter().flat_map(|choice| choice.by.split('+')).collect();
    (by.into_iter().collect::<Vec<_>>().join("+"), ways)
}

impl Way<'_> {
    /// A text with what was chosen.
    pub(super) fn text(&self, text: &Partial) -> Partial {
        text.with_gaps(|gap| match gap {
            Gap::OneOf(choice) => Some(self.0.get(&**choice).map_or_else(Partial::unknown, |text| (*text).clone())),
            Gap::Unknown | Gap::Release(_) | Gap::LeftOut | Gap::Lost => None,
        })
    }

    /// A value with what was chosen in its texts.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) if text.is_open() => Value::Text(unquoted(self.text(text), text)),
            Value::List(list) => list.iter().map(|element| self.value(element)).collect(),
            Value::Map(pairs) => pairs.iter().map(|(key, value)| (self.text(key), self.value(value))).collect(),
            other => other.clone(),
        }
    }
}

/// What a choice came to that is all of a scalar: its quotes are YAML's.
fn unquoted(text: Partial, choice: &Partial) -> Partial {
    let begins = matches!(choice.parts().next(), Some(Part::Gap(Gap::OneOf(_))));
    let bare = |text: &str| {
        let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
        quoted('"').or_else(|| quoted('\'')).unwrap_or(text).to_owned()
    };
    if begins && text.letters().starts_with(['"', '\'']) { text.through(bare) } else { text }
}

/// A text that is any of these; `by` is what chooses.
pub(super) fn any_of(by: &str, texts: &[Partial]) -> Partial {
    let mut all: Vec<Partial> = Vec::new();
    for text in texts {
        for way in ways([text]).1 {
            let text = way.text(text);
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    let choice = Choice { by: by.to_owned(), texts: all };
    match &choice.texts[..] {
        [] => Partial::unknown(),
        [one] => one.clone(),
        // Several lines among others would be no YAML.
        all if all.len() > MAX_TEXTS
            || choice.size() > MAX_LENGTH
            || all.iter().any(|text| text.letters().contains('\n')) =>
        {
            Partial::unknown()
        }
        _ => Partial::gap(Gap::OneOf(Arc::new(choice))),
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
        Value::List(list) => {
            let each = |element: Value| {
                let element = spread(element, left);
                // A word behind a flag has its place.
                if element.as_map().is_some() { every(&element, left) } else { vec![element] }
            };
            Arc::unwrap_or_clone(list).into_iter().flat_map(each).collect()
        }
        Value::Map(pairs) => {
            let pairs = Arc::unwrap_or_clone(pairs).into_iter();
            pairs.map(|(key, value)| (key, spread(value, left))).collect()
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
        let weight = ways.len().saturating_mul(super::weights::weight(value));
        match left.checked_sub(weight) {
            Some(rest) => *left = rest,
            None => ways = vec![Way::default()],
        }
    }
    ways.iter().map(|way| way.value(value)).collect()
}

/// The texts in a value that are choices.
pub(super) fn texts_of<'v>(value: &'v Value, found: &mut Vec<&'v Partial>) {
    match value {
        Value::Text(text) => found.extend(Some(text).filter(|text| text.is_open())),
        Value::List(list) => list.iter().for_each(|element| texts_of(element, found)),
        Value::Map(pairs) => {
            for (key, value) in pairs.iter() {
                found.extend(Some(key).filter(|key| key.is_open()));
                texts_of(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(by: &str, texts: &[&str]) -> Partial {
        any_of(by, &texts.iter().map(|text| Partial::from(*text)).collect::<Vec<_>>())
    }

    fn joined(texts: &[&Partial]) -> Partial {
        texts.iter().copied().collect()
    }

    #[test]
    fn what_one_thing_chooses_is_one_choice() {
        let (name, other) = (any("1", &["a", "b"]), any("2", &["a", "b"]));
        let ways = |text: &Partial| ways([text]).1.iter().map(|way| way.text(text)).collect::<Vec<_>>();
        let texts = |text: &Partial| ways(text).iter().map(|text| text.known().unwrap().to_owned()).collect::<Vec<_>>();
        let x = Partial::from("x-");
        assert_eq!(texts(&joined(&[&x, &name, &x, &name])), ["x-ax-a", "x-bx-b"]);
        assert_eq!(texts(&joined(&[&name, &other])), ["aa", "ab", "ba", "bb"]);
        let more = [joined(&[&name, &Partial::from("1")]), Partial::from("c"), Partial::from("c")];
        assert_eq!(texts(&any_of("3", &more)), ["a1", "b1", "c"]);
        let many: Vec<Partial> = (0..9).map(|at| any(&at.to_string(), &["a", "b"])).collect();
        assert!(ways(&many.iter().collect()).iter().all(|text| text.has(&Gap::Unknown)));
    }

    fn map(pairs: impl IntoIterator<Item = (String, Value)>) -> Value {
        pairs.into_iter().map(|(key, value)| (Partial::from(key), value)).collect()
    }

    #[test]
    fn variables_of_a_container_are_shown_apart() {
        let env: Vec<Value> = (0..12)
            .map(|at| {
                let value = Value::Text(any(&at.to_string(), &["a", "b"]));
                map([("name".to_owned(), Value::from(at.to_string())), ("value".to_owned(), value)])
            })
            .collect();
        let name = Value::Text(any("n", &["\"x\"", "y"]));
        let found = all(map([("env".to_owned(), Value::from(env)), ("name".to_owned(), name)]));
        let names: Vec<_> =
            found.iter().map(|document| document.get("name").and_then(Value::as_str).unwrap()).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(found[0].get("env").and_then(Value::as_list).unwrap().len(), 24);
    }

    #[test]
    fn what_choices_make_of_a_document_has_an_end() {
        let pairs = |at: usize, list: Value| {
            let pairs = (0..5).map(|key| (key.to_string(), Value::Text(any(&format!("{at}.{key}"), &["a", "b"]))));
            map(pairs.chain([("list".to_owned(), list)]))
        };
        let mut value = Value::Null;
        for width in [4, 100] {
            value = (0..width).map(|at| pairs(at, value.clone())).collect();
        }
        let found: usize = all(value).iter().map(super::super::weights::weight).sum();
        assert!((1_000..=2 * MAX_WEIGHT).contains(&found), "{found}");
    }
}
