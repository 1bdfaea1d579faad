//! What is written means the same to readers of YAML 1.1 and 1.2.

use crate::{OBJECTS, read};
use hedgerow::yaml::{Content, Node, ScalarStyle, parse, quote};
use serde_json::Value;

/// Whether a reader of [YAML 1.1](https://yaml.org/type/) has a plain scalar for a text.
fn is_text_in_yaml_1_1(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word =
        ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"].contains(&lower.as_str());
    let number = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    let all = |text: &str, allowed: fn(char) -> bool| !text.is_empty() && text.chars().all(allowed);
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '_' | '.' | ':' | ',');
    let is_number = all(number, digits)
        || number.strip_prefix("0x").is_some_and(|rest| all(rest, |c| c.is_ascii_hexdigit() || c == '_'))
        || number.strip_prefix("0b").is_some_and(|rest| all(rest, |c| matches!(c, '0' | '1' | '_')))
        || number.strip_prefix("0o").is_some_and(|rest| all(rest, |c| c.is_digit(8) || c == '_'))
        || number.split_once('e').is_some_and(|(mantissa, exponent)| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            all(mantissa, digits) && all(exponent, digits)
        })
        || [".inf", ".nan"].contains(&number);
    let is_date = lower.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && lower.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 't' | 'z' | ' ' | '+'))
        && lower.contains('-');
    !(is_word || is_number || is_date)
}

fn check(node: &Node<'_>, value: &Value) {
    match (node.content(), value) {
        (Content::Mapping(mapping), Value::Object(object)) => {
            assert_eq!(mapping.pairs.len(), object.len());
            for pair in &mapping.pairs {
                let key = pair.key.as_str().expect("keys are texts");
                check(&pair.key, &Value::from(key));
                check(&pair.value, &object[key]);
            }
        }
        (Content::Sequence(sequence), Value::Array(values)) => {
            assert_eq!(sequence.elements.len(), values.len());
            sequence.elements.iter().zip(values).for_each(|(element, value)| check(&element.node, value));
        }
        (Content::Scalar(scalar), Value::String(text)) => {
            assert_eq!(scalar.value, text.as_str());
            let is_plain = scalar.style == ScalarStyle::Plain;
            assert!(!is_plain || is_text_in_yaml_1_1(text), "`{text}` stands there without quotes");
        }
        (Content::Scalar(scalar), Value::Number(number)) => assert_eq!(scalar.as_int(), number.as_i64()),
        _ => panic!("{value} is written as {}", node.noun()),
    }
}

#[test]
fn objects_say_the_same_to_every_reader() {
    for object in OBJECTS.iter() {
        let text = object.emit();
        // JSON leaves no room for guessing.
        let meant: Value =
            serde_json::from_str(&object.to_yaml().to_json()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read(object), meant, "{text}");
        check(&parse(&text).unwrap().expect("an object is no empty document"), &meant);
    }
}

#[test]
fn the_check_knows_what_yaml_1_1_misreads() {
    for text in [
        "y",
        "NO",
        "off",
        "~",
        "",
        "0755",
        "1_000",
        "190:20:30",
        "0x1F",
        "0b11",
        "1e3",
        "6.8523e+5",
        ".inf",
        "2001-01-01",
        "<<",
        "=",
        "12",
        "-3",
    ] {
        assert!(!is_text_in_yaml_1_1(text), "{text}");
        assert!(quote(text).starts_with(['"', '\'']), "{text} is written as {}", quote(text));
    }
    for text in ["service.ledger", "s-ledger", "projectcalico.org/v3", "TCP", "a1", "e3"] {
        assert!(is_text_in_yaml_1_1(text), "{text}");
    }
}
