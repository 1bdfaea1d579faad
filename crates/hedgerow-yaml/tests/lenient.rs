//! What Kubernetes' reader takes and the parser alone would refuse is read as Kubernetes reads it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/lenient.rs"]
mod rows;
mod support;

use hedgerow_yaml::{Content, Document, MapChange, Node, RouteSet, Want, change_map, parse, splice};
use rows::LENIENT;
use serde_json::Value;
use support::{Random, mutant};

/// The values of a tree, every scalar as text.
fn texts(node: &Node<'_>) -> Value {
    match node.content() {
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) => Value::from(scalar.value.as_ref()),
        Content::Alias(name) => Value::from(format!("*{name}")),
        Content::Mapping(mapping) => {
            mapping.pairs.iter().map(|pair| (pair.key.as_str().unwrap_or("?").to_owned(), texts(&pair.value))).collect()
        }
        Content::Sequence(sequence) => sequence.elements.iter().map(|element| texts(&element.node)).collect(),
    }
}

/// The places where two trees differ, aliases apart: what those stand for is not looked up here.
fn is_same(read: &Value, expected: &Value) -> bool {
    match (read, expected) {
        (Value::String(alias), _) if alias.starts_with('*') => true,
        (Value::Object(read), Value::Object(expected)) => {
            read.len() == expected.len()
                && read.iter().all(|(key, value)| expected.get(key).is_some_and(|other| is_same(value, other)))
        }
        (Value::Array(read), Value::Array(expected)) => {
            read.len() == expected.len() && read.iter().zip(expected).all(|(read, expected)| is_same(read, expected))
        }
        (read, expected) => read == expected,
    }
}

#[test]
fn kubernetes_notation_is_read_as_kubernetes_reads_it() {
    for (text, expected) in LENIENT {
        match (parse(text), *expected) {
            (Err(_), "refused") => {}
            (Ok(Some(node)), expected) if expected != "refused" => {
                let expected: Value = serde_json::from_str(expected).unwrap();
                assert!(is_same(&texts(&node), &expected), "{text:?}: {}", texts(&node));
            }
            (read, expected) => panic!("{text:?}: {read:?}, but {expected}"),
        }
    }
}

#[test]
fn places_are_those_of_the_text_wherever_the_document_stands() {
    let stream = "x: y\n---\na: é\nb: \"c\nd\"\ne: [\n\t-, f]\n";
    let piece = hedgerow_yaml::split(stream).last().unwrap();
    let document = Document::of_piece(stream, &piece);
    let root = document.tree().unwrap().unwrap().as_mapping().unwrap();
    let value = |key| &stream[root.get(key).unwrap().range()];
    assert_eq!((value("a"), value("b"), value("e")), ("é", "\"c\nd\"", "[\n\t-, f]"));
    let dash = &root.get("e").unwrap().as_sequence().unwrap().elements[0];
    assert_eq!((&stream[dash.node.range()], dash.node.as_str()), ("-", Some("-")));
}

/// Sets and removes labels in a document; nothing where it cannot be edited.
fn label(text: &str) -> Option<String> {
    let mut routes = RouteSet::new();
    let labels = routes.ask("metadata.labels", Want::Map).unwrap();
    let outline = Document::new(text).outline(&routes).ok()?;
    let change = MapChange { set: &[("x.example/y", "z"), ("a", "new")], remove: &["c"] };
    Some(splice(text, change_map(text, outline.site(labels)?, change).ok()?).unwrap())
}

#[test]
fn labels_in_such_notation_are_edited_and_nothing_else() {
    let rows = [
        (
            "metadata:\n  name: \"x\ny\"\n  labels: {a: -, b: &c d}\n",
            "metadata:\n  name: \"x\ny\"\n  labels: {\"x.example/y\": \"z\", a: \"new\", b: &c d}\n",
        ),
        (
            "metadata: {labels: {\n\t\"a\": \"b\",#c\n\tc: d\n\t}, n: [x, -]}\n",
            "metadata: {labels: {\n\t\"x.example/y\": \"z\",\n\t\"a\": \"new\"#c\n\t}, n: [x, -]}\n",
        ),
        (
            "metadata:\n  labels:\n    c: 'd\n e'#f\n    a: b\n    g: \"h\"#i\n",
            "metadata:\n  labels:\n    x.example/y: \"z\"\n    a: \"new\"\n    g: \"h\"#i\n",
        ),
        (
            "metadata: {n: [-], labels: {a: b, c: 'x'#y\n , d: e}}\n",
            "metadata: {n: [-], labels: {\"x.example/y\": \"z\", a: \"new\", d: e}}\n",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(label(text).as_deref(), Some(expected), "{text:?}");
    }
}

/// Neither a mistaken mask nor a true one gives a tree whose places do not hold what they are said to hold.
#[test]
fn trees_of_mutants_say_what_their_text_says() {
    let mut random = Random(2028);
    let (mut read, mut odd) = (0, 0);
    for _ in 0..4_000 {
        let text = mutant(&mut random).replace("---", "-- -");
        // Every second one has something that only a mask gets past.
        let text = if random.below(2) == 0 { format!("odd: [\n\t-]\n{text}") } else { text };
        let Ok(Some(node)) = parse(&text) else { continue };
        read += 1;
        odd += usize::from(text.starts_with("odd"));
        check(&text, &node);
    }
    assert!(read > 500 && odd > 200, "{read} {odd}");
}

fn check(text: &str, node: &Node<'_>) {
    let written = &text[node.range()];
    match node.content() {
        // Plain text without its line breaks and blanks is what is written.
        Content::Scalar(scalar) if scalar.style == hedgerow_yaml::ScalarStyle::Plain && node.tag().is_none() => {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(written), words(&scalar.value), "{text:?}");
        }
        Content::Scalar(_) | Content::Alias(_) => {}
        Content::Mapping(mapping) => mapping.pairs.iter().for_each(|pair| {
            check(text, &pair.key);
            check(text, &pair.value);
        }),
        Content::Sequence(sequence) => sequence.elements.iter().for_each(|element| check(text, &element.node)),
    }
}
