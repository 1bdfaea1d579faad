//! What can be wrong with a text before any question is asked of it.

use thiserror::Error;

/// A text that is not YAML, or not YAML that Kubernetes would read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} (at byte {offset})")]
pub struct YamlError {
    /// Byte offset in the stream that the document was taken from.
    pub offset: usize,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
}

impl YamlError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// What can be done about a fault in a text, by what stands where it was found. Parsers tell where they stopped, which is mostly behind
/// the fault.
#[must_use]
pub fn advice(text: &str, offset: usize, message: &str) -> &'static str {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let above = text[..start].lines().next_back().unwrap_or_default();
    let has_tab = |line: &str| line.chars().take_while(|c| c.is_ascii_whitespace()).any(|c| c == '\t');
    if [line, above].iter().any(|line| line.contains("{{")) {
        "render the template first; a value that begins with `{{` and is meant so stands in quotes"
    } else if has_tab(line) || message.contains(" tab") || message.starts_with("tab") {
        "indent with spaces: YAML does not take tabs"
    } else if message.starts_with("mapping values") {
        "let the keys of one mapping begin in one column, and quote a value that holds `: `"
    } else if message.starts_with("unexpected character") {
        "quote a value that begins with such a character"
    } else if message.starts_with("unclosed") || text[at..].lines().skip(1).all(|line| line.trim().is_empty()) {
        "close what is open; if the text ends too early, see whether what wrote it failed"
    } else if text.trim_start().starts_with(['{', '[']) {
        "look for a comma, a quote or a bracket that is missing"
    } else {
        "compare the indentation with the lines above, and look for a quote or a bracket that is not closed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_fits_what_stands_there() {
        for (text, begins) in [
            ("a:\n\tb: c\nd: e\n", "indent with spaces"),
            ("a:\n  - x\n\t- y\nd: e\n", "indent with spaces"),
            ("a: {b: c\n", "close what is open"),
            ("a: {b: c\nd: e\n", "close what is open"),
            ("a: \"b\n", "close what is open"),
            ("a: b\nc", "close what is open"),
            ("{\"a\": {\"b\": 1}, \"c\": {", "close what is open"),
            ("a: {{ .x }}-b\nc: d\n", "render the template"),
            ("{{ include \"x\" . }}\na: b\nc: d\n", "render the template"),
            ("a:\n  {{- if .x }}\n  b: c\n", "render the template"),
            ("a: b\n  c: d\ne: f\n", "let the keys"),
            ("a: b: c\ne: f\n", "let the keys"),
            ("a: b\n  c: d\n", "let the keys"),
            ("a: @b\ne: f\n", "quote a value"),
            ("a:\n  - b\n  c: d\ne: f\n", "compare the indentation"),
        ] {
            let error = crate::parse(text).unwrap_err();
            let said = advice(text, error.offset, &error.message);
            assert!(said.starts_with(begins), "{text:?}: {error}: {said}");
        }
        // Any place is one, also within a letter and behind the end.
        for offset in 0..9 {
            assert!(!advice("ä: ö\nü", offset, "").is_empty());
        }
    }
}
