//! The tree against a second YAML implementation: libyaml, as `yaml_serde` carries it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test that cannot go on fails")]

mod support;

use hedgerow_yaml::{Content, Document, Node, quote, quote_always, split};
use serde::Deserialize as _;
use serde_yaml::Value;
use support::stream::helm_like;
use support::{Random, SEEDS, mutant};

/// Where the two readings differ, if they do. Aliases are not followed here, and types are not resolved.
fn difference(node: &Node<'_>, value: &Value) -> Option<String> {
    let value = match value {
        Value::Tagged(tagged) => &tagged.value,
        value => value,
    };
    let differ = || Some(format!("{node:?} is not {value:?}"));
    match (node.content(), value) {
        (Content::Alias(_), _) => None,
        (Content::Scalar(scalar), Value::String(text)) => (scalar.value != text.as_str()).then(differ).flatten(),
        (Content::Scalar(scalar), Value::Null | Value::Bool(_) | Value::Number(_)) => {
            (scalar.is_string() && node.tag().is_none()).then(differ).flatten()
        }
        (Content::Mapping(ours), Value::Mapping(theirs)) if ours.pairs.len() == theirs.len() => ours
            .pairs
            .iter()
            .zip(theirs)
            .find_map(|(pair, (key, value))| difference(&pair.key, key).or_else(|| difference(&pair.value, value))),
        (Content::Sequence(ours), Value::Sequence(theirs)) if ours.elements.len() == theirs.len() => {
            ours.elements.iter().zip(theirs).find_map(|(element, value)| difference(&element.node, value))
        }
        _ => differ(),
    }
}

/// Compares both readings of all documents that both read; gives how many those were.
fn compare(text: &str) -> usize {
    let mut compared = 0;
    for piece in split(text) {
        let document = Document::of_piece(text, &piece);
        let (Ok(Some(tree)), Ok(value)) = (document.tree(), serde_yaml::from_str::<Value>(&text[piece.range.clone()]))
        else {
            continue;
        };
        assert_eq!(difference(tree, &value), None, "in {:?}", &text[piece.range]);
        compared += 1;
    }
    compared
}

#[test]
fn manifests_are_read_alike() {
    for seed in SEEDS {
        compare(seed);
    }
    assert!(compare(&helm_like(300_000)) > 50);
}

#[test]
fn mutants_that_both_read_are_read_alike() {
    let mut random = Random(7);
    let mut compared = 0;
    for _ in 0..2_000 {
        // YAML 1.1 takes these for line breaks, 1.2 for text; outside quotes nothing is edited beside them.
        let text = mutant(&mut random).replace(['\u{85}', '\u{2028}'], "");
        compared += compare(&text);
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn a_stream_is_cut_where_libyaml_cuts_it() {
    let text = helm_like(300_000);
    let theirs: Vec<Value> =
        serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap()).collect();
    assert_eq!(split(&text).count(), theirs.len());
}

#[test]
fn quoted_strings_come_back_as_they_were() {
    let nasty = [
        "",
        " ",
        "~",
        "null",
        "y",
        "Y",
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "0",
        "00",
        "0755",
        "0o17",
        "0x1F",
        "0b11",
        "1e3",
        "1_000",
        "1:30:00",
        "12345678901234567890",
        "-1",
        "+1",
        ".5",
        "1.",
        ".inf",
        ".NaN",
        "2024-01-01",
        "<<",
        "=",
        "-",
        "- a",
        "?",
        ": ",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "'",
        "\"",
        "\\",
        "\t",
        "a\nb",
        "a\r\nb",
        "\u{85}",
        "\u{2028}",
        "\u{FEFF}",
        "\u{7F}",
        "\u{1}",
        "é",
        "😀",
        "[",
        "]",
        "{",
        "}",
        ",",
        "---",
        "...",
        "a,b",
        " a",
        "a ",
        "null ",
        "{{ x }}",
        "10.20.0.0/16",
        "http://x/#y",
    ];
    for text in nasty {
        for written in [quote(text).into_owned(), quote_always(text)] {
            for document in
                [written.clone(), format!("a: {written}\n"), format!("[{written}]"), format!("{written}: b\n")]
            {
                let value: Value = serde_yaml::from_str(&document).unwrap();
                let read = match &value {
                    Value::Mapping(map) => {
                        map.iter().flat_map(|(key, value)| [key, value]).find(|one| one.as_str() == Some(text))
                    }
                    Value::Sequence(values) => values.first(),
                    value => Some(value),
                };
                assert_eq!(read.and_then(Value::as_str), Some(text), "{document}");
            }
        }
        let json: String = serde_json::from_str(&quote_always(text)).unwrap();
        assert_eq!(json, text);
    }
}
