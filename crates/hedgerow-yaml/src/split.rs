//! Cutting a stream into documents, by position alone.
//!
//! Invariant: a line that begins with `---` followed by a blank or the end of the line ends whatever came before it,
//! in every state a YAML scanner can be in: block scalars are indented, quoted and flow text must not hold it
//! (YAML 1.2.2 rule `c-forbidden`), and Kubernetes' own reader cuts there textually. So the cut needs no parsing.
//!
//! Kubernetes is narrower (after `---` only blanks and a comment; its cut knows LF alone), Helm 4.0 is wider (it
//! cuts at `---apiVersion`). Text that only one of them would cut is left whole for the parser to judge.
//!
//! A stream that begins with a JSON object is JSON for `kubectl`, which reads one object behind the other there without
//! anything between them; each is a piece of its own.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::inline::quoted_end;
use crate::lines::{line_break, line_end, next_line};

/// One document of a stream with the separator line before it; pieces touch, and together are the whole stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Everything from the separator line, or the start of the stream, up to the next separator line.
    pub range: Range<usize>,
    /// The `---` line with its line break; `None` for text before the first separator, and for each of the JSON objects
    /// that a stream begins with.
    pub separator: Option<Range<usize>>,
}

impl Piece {
    /// What follows the separator line.
    #[must_use]
    pub fn body(&self) -> Range<usize> {
        self.separator.as_ref().map_or(self.range.start, |line| line.end)..self.range.end
    }
}

/// Cuts a stream into pieces; every byte is in exactly one, and an empty stream has none.
///
/// ```
/// let text = "# head\n---\na: 1\n--- # two\nb: 2";
/// let pieces: Vec<&str> = hedgerow_yaml::split(text).map(|piece| &text[piece.range]).collect();
/// assert_eq!(pieces, ["# head\n", "---\na: 1\n", "--- # two\nb: 2"]);
/// ```
pub fn split(text: &str) -> Pieces<'_> {
    let lone_cr = has_lone_cr(text.as_bytes());
    let json = begins_with_json(text).then_some(0);
    Pieces { text, at: 0, lone_cr, json, finder: memmem::Finder::new(b"\n---") }
}

/// Iterator over the pieces of a stream, made by [`split`].
#[derive(Debug, Clone)]
pub struct Pieces<'t> {
    text: &'t str,
    at: usize,
    lone_cr: bool,
    /// How far the stream is known to be JSON objects and nothing else.
    json: Option<usize>,
    finder: memmem::Finder<'static>,
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let start = self.at;
        if start == self.text.len() {
            return None;
        }
        let mark = if start == 0 && self.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let separator = is_separator(self.text.as_bytes(), start + mark).then(|| {
            let end = line_end(self.text, start);
            start..end + line_break(self.text, end).len()
        });
        let from = if separator.is_some() { start + mark + 3 } else { start };
        self.at = self.next_separator(from);
        if self.json == Some(start) && separator.is_none() {
            self.json = next_json_object(&self.text[..self.at], start);
            self.at = self.json.unwrap_or(self.at);
        }
        Some(Piece { range: start..self.at, separator })
    }
}

impl Pieces<'_> {
    /// Start of the first separator line after `from`, or the end of the stream.
    fn next_separator(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        if self.lone_cr {
            return self.next_separator_by_line(from);
        }
        let mut at = from;
        while let Some(found) = self.finder.find(&bytes[at..]) {
            let line = at + found + 1;
            if is_separator(bytes, line) {
                return line;
            }
            at = line;
        }
        bytes.len()
    }

    fn next_separator_by_line(&self, from: usize) -> usize {
        let mut at = next_line(self.text, from);
        while at < self.text.len() && !is_separator(self.text.as_bytes(), at) {
            at = next_line(self.text, at);
        }
        at
    }
}

/// Whether a stream begins with `{`, so that `kubectl` takes all of it for JSON.
#[must_use]
pub fn begins_with_json(text: &str) -> bool {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{')
}

/// Where the JSON object begins that follows the one at `start`, with nothing but white space between them.
fn next_json_object(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + bytes[start..].iter().position(|&byte| byte == b'{')?;
    let mut depth = 0_usize;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => at = quoted_end(bytes, at)? - 1,
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                let word =
                    bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
                let is_number = matches!(byte, b'-' | b'0'..=b'9');
                if !is_number && !matches!(&bytes[at..at + word], b"true" | b"false" | b"null") {
                    return None;
                }
                at += word - 1;
            }
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    let next = at + bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    (bytes.get(next) == Some(&b'{')).then_some(next)
}

/// Cuts a stream at document boundaries into at most `parts` runs of about equal length.
///
/// Each run can be worked on alone: no document spans two of them.
#[must_use]
pub fn split_even(text: &str, parts: usize) -> Vec<Range<usize>> {
    if parts <= 1 {
        return (!text.is_empty()).then_some(0..text.len()).into_iter().collect();
    }
    let mut runs = Vec::new();
    let pieces = split(text);
    let mut start = 0;
    for part in 1..parts {
        let goal = (text.len() / parts * part).max(start);
        let goal = (goal..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let cut = pieces.next_separator(goal);
        if cut > start && cut < text.len() {
            runs.push(start..cut);
            start = cut;
        }
    }
    if start < text.len() {
        runs.push(start..text.len());
    }
    runs
}

/// Whether `---` and then a blank or the end of a line stand at `at`, which is the start of a line.
fn is_separator(bytes: &[u8], at: usize) -> bool {
    bytes[at..].starts_with(b"---") && matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Whether some CR is not followed by LF, and so is a line break that a search for LF would miss.
pub(crate) fn has_lone_cr(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = memchr(b'\r', &bytes[at..]) {
        at += found + 1;
        if bytes.get(at) != Some(&b'\n') {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_whole_words_at_column_zero() {
        let rows: [(&str, &[&str]); 13] = [
            ("", &[]),
            ("a", &["a"]),
            ("---", &["---"]),
            ("---\n---\n", &["---\n", "---\n"]),
            ("a\n---\nb\n", &["a\n", "---\nb\n"]),
            ("a\r\n---\r\nb\r\n", &["a\r\n", "---\r\nb\r\n"]),
            ("a\r---\rb\r", &["a\r", "---\rb\r"]),
            ("a\r---\nb\n---", &["a\r", "---\nb\n", "---"]),
            ("a\n--- # c\n---\tx\n", &["a\n", "--- # c\n", "---\tx\n"]),
            ("a\n---apiVersion: v1\n", &["a\n---apiVersion: v1\n"]),
            ("a: |\n  x\n  ---\n ---\n", &["a: |\n  x\n  ---\n ---\n"]),
            ("\u{FEFF}---\na\n---\n\u{FEFF}b\n", &["\u{FEFF}---\na\n", "---\n\u{FEFF}b\n"]),
            ("----\n-- -\n", &["----\n-- -\n"]),
        ];
        for (text, expected) in rows {
            let pieces: Vec<&str> = split(text).map(|piece| &text[piece.range]).collect();
            assert_eq!(pieces, expected, "{text:?}");
            assert_eq!(pieces.concat(), text);
        }
    }

    #[test]
    fn json_objects_at_the_start_of_a_stream_are_pieces_of_their_own() {
        let rows: [(&str, &[&str]); 14] = [
            ("{}{}", &["{}", "{}"]),
            ("{\"a\":1}\n{\"b\":[-1.5e+3,true,null]}\n", &["{\"a\":1}\n", "{\"b\":[-1.5e+3,true,null]}\n"]),
            ("\u{FEFF}\n {} {}\t\n{}", &["\u{FEFF}\n {} ", "{}\t\n", "{}"]),
            ("{\"}\":\"\\\"{\"}{}", &["{\"}\":\"\\\"{\"}", "{}"]),
            ("{}\n---\na: b\n", &["{}\n", "---\na: b\n"]),
            ("{}\n{}\n---\n{}{}\n", &["{}\n", "{}\n", "---\n{}{}\n"]),
            ("{} {", &["{} ", "{"]),
            ("---\n{}{}\n", &["---\n{}{}\n"]),
            ("# c\n{}{}\n", &["# c\n{}{}\n"]),
            ("[{}]\n{}\n", &["[{}]\n{}\n"]),
            ("{a: b}\n{}\n", &["{a: b}\n{}\n"]),
            ("{\"a\": yes}{}\n", &["{\"a\": yes}{}\n"]),
            ("{} # c\n{}\n", &["{} # c\n{}\n"]),
            ("{}\na: b\n", &["{}\na: b\n"]),
        ];
        for (text, expected) in rows {
            let pieces: Vec<&str> = split(text).map(|piece| &text[piece.range]).collect();
            assert_eq!(pieces, expected, "{text:?}");
        }
    }

    #[test]
    fn the_body_begins_after_the_separator_line() {
        let text = "a\n--- # c\r\nb\n---";
        let bodies: Vec<&str> = split(text).map(|piece| &text[piece.body()]).collect();
        assert_eq!(bodies, ["a\n", "b\n", ""]);
    }

    #[test]
    fn even_runs_cover_the_stream_and_begin_with_a_document() {
        let text = "---\na: é\n".repeat(100);
        for parts in [0, 1, 2, 3, 7, 1000] {
            let runs = split_even(&text, parts);
            assert_eq!(runs.iter().map(|run| &text[run.clone()]).collect::<String>(), text);
            assert!(runs.len() <= parts.max(1), "{parts}: {}", runs.len());
            assert!(runs.iter().all(|run| text[run.clone()].starts_with("---\n")));
        }
        assert_eq!(split_even(&text, 2).len(), 2);
        assert!(split_even("", 3).is_empty());
    }
}
