//! How to write a string so that no reader takes it for anything else.
//!
//! YAML 1.1 reads `yes`, `on`, `0755`, `1_000`, `1:30` and dates as other types, YAML 1.2 reads `0o17`, and go-yaml has
//! a mixture of both. A string is therefore written plain only if it could be nothing but a string in any of them, and
//! in JSON's double quotes otherwise, which all read alike.

use std::borrow::Cow;
use std::fmt::Write;

/// Words that some reader takes for a boolean, null or a number, in some mixture of cases.
const RESERVED: [&str; 13] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none", "nil"];

/// Writes a string as a YAML scalar: plain where that is beyond doubt, else in double quotes.
///
/// ```
/// use hedgerow_yaml::quote;
/// assert_eq!(quote("service.ledger"), "service.ledger");
/// assert_eq!(quote("yes"), r#""yes""#);
/// assert_eq!(quote("0755"), r#""0755""#);
/// ```
#[must_use]
pub fn quote(text: &str) -> Cow<'_, str> {
    if is_plain_string(text) { Cow::Borrowed(text) } else { Cow::Owned(quote_always(text)) }
}

/// Writes a string in double quotes; the result is a JSON string as well.
///
/// Characters that a YAML reader would refuse, skip or take for a line break are escaped.
#[must_use]
pub fn quote_always(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    push_quoted(&mut quoted, text);
    quoted
}

/// Writes a string in double quotes at the end of another.
pub(crate) fn push_quoted(quoted: &mut String, text: &str) {
    quoted.push('"');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        quoted.push_str(text);
    } else {
        push_escaped(quoted, text);
    }
    quoted.push('"');
}

fn push_escaped(quoted: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            other => quoted.push(other),
        }
    }
}

/// Whether a plain scalar with this text is a string for every reader, as a key and as a value, in block and flow.
pub(crate) fn is_plain_string(text: &str) -> bool {
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    starts_well && text.bytes().all(harmless) && !RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_beyond_doubt_are_plain() {
        for text in ["a", "ledger", "s-ledger", "monzo.com/egress-s-ledger", "v1", "e3", "x_1", "Allow", "TCP"] {
            assert_eq!(quote(text), text);
        }
        for text in [
            "",
            " ",
            "~",
            "y",
            "Y",
            "NO",
            "On",
            "tRUE",
            "null",
            "0",
            "1e3",
            "0755",
            "1_000",
            "1:30:00",
            "2024-01-01",
            "0x1F",
            ".inf",
            "-",
            "- a",
            "a: b",
            "a #b",
            "a b",
            "#",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'",
            "\"",
            "%a",
            "@a",
            "`a",
            "<<",
            "=",
            "é",
            "a,b",
            "[",
            "{",
            "---",
            "...",
            "+1",
            ".5",
            "/a",
            "a:",
            "?",
        ] {
            assert_eq!(quote(text), quote_always(text), "{text:?}");
            assert!(quote(text).starts_with('"'));
        }
    }

    #[test]
    fn what_readers_refuse_or_fold_is_escaped() {
        assert_eq!(
            quote_always("a\"\\\n\r\t\0\u{85}\u{2028}\u{FEFF}é😀"),
            r#""a\"\\\n\r\t\u0000\u0085\u2028\uFEFFé😀""#
        );
    }
}
