//! Macros: what is in their brackets is not parsed. Those whose arguments are expressions are read as calls, which takes one letter.

use crate::ir::Range;

/// Macros whose arguments are expressions.
const CALLS: &[&str] = &["format", "concat", "join", "try_join", "dbg"];

/// The text with such macros as calls of functions with a `_` for the `!`, lists without their `vec!`, and `lazy_static!` as a module. Every
/// byte keeps its place.
pub(super) fn as_calls(text: &str) -> String {
    if !text.contains('!') {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    for (at, _) in text.match_indices('!') {
        let before = &text[..at];
        let head = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let name = &before[head.len()..];
        let next = text.as_bytes().get(at + 1).copied();
        match (name, next) {
            ("vec", Some(b'[')) => bytes[at - 3..=at].fill(b' '),
            (name, Some(b'(')) if CALLS.contains(&name) => bytes[at] = b'_',
            ("lazy_static", _) => {
                // `lazy_static! {` is as long as `mod lazystat {`.
                let head = at - "lazy_static".len();
                bytes[head..=at].copy_from_slice(b"mod lazystat");
                let end = text.len();
                for (found, word) in text[at..end].match_indices("static ref ") {
                    let from = at + found + "static ".len();
                    bytes[from..from + word.len() - "static ".len()].fill(b' ');
                }
            }
            _ => {}
        }
    }
    // Only letters of ASCII were put in the place of such.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The text without the colons of `Name::<T>` where the grammar fails at them: in a type it does not know them. Every byte keeps its place.
pub(super) fn plain_types(text: &str, faults: &[Range]) -> Option<String> {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let is_faulty = |at: &usize| faults.iter().any(|fault| fault.start <= place(at + 2) && place(*at) <= fault.end);
    let all: Vec<usize> = text.match_indices("::<").map(|(at, _)| at).filter(is_faulty).collect();
    if all.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    all.into_iter().for_each(|at| bytes[at..at + 2].fill(b' '));
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_of_expressions_are_calls_of_the_same_length() {
        for (text, expected) in [
            ("format!(\"{}\", a)", "format_(\"{}\", a)"),
            ("vec![a, b]", "    [a, b]"),
            ("tokio::try_join!(a(), b())", "tokio::try_join_(a(), b())"),
            ("println!(\"{}\")", "println!(\"{}\")"),
            ("a != b", "a != b"),
            ("lazy_static! { static ref A: B = c(); }", "mod lazystat { static     A: B = c(); }"),
            ("é!(x) !", "é!(x) !"),
        ] {
            assert_eq!(as_calls(text), expected);
            assert_eq!(as_calls(text).len(), text.len());
        }
    }
}
