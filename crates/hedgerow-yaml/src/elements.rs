//! The elements of a block sequence, found from lines alone: the objects of a `List`.
//!
//! Invariant: the elements given are those that the [general path](crate::walk) finds, in every document that is valid
//! YAML. Every line of the sequence is read by the [scanner](crate::scan), which leaves a document with anchors, tags
//! or anything else that reaches over lines in another way to the parser. So an element can be parsed alone: nothing
//! in it points out of it.

use std::ops::Range;

use crate::fast::end_of_last_value;
use crate::scan::{Line, Scanner, Unusual, Value};
use crate::skeleton::{Presence, Skeleton};

/// An element of a block sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lines {
    /// From the start of the line with its dash to the next line that is not part of it.
    pub(crate) range: Range<usize>,
    /// The dash.
    pub(crate) dash: usize,
    /// Where its last value ends, if that is simple to tell, and whether that is a block scalar.
    pub(crate) end: Option<(usize, bool)>,
    /// Where it begins, if it is a mapping that begins on the line of its dash.
    pub(crate) first: Option<usize>,
    /// Starts of the keys of that mapping, if all of them are plain.
    keys: Option<Vec<usize>>,
}

impl Lines {
    /// Column of the keys.
    pub(crate) fn column(&self) -> Option<usize> {
        Some(self.first? - self.range.start)
    }

    /// How often a key stands in the element's mapping; `None` where that takes a look at all of it.
    pub(crate) fn presence(&self, bytes: &[u8], key: &str) -> Option<Presence> {
        let begins = |&&start: &&usize| {
            bytes[start..].starts_with(key.as_bytes())
                && matches!(bytes.get(start + key.len()), None | Some(b':' | b' ' | b'\t' | b'\r' | b'\n'))
        };
        Some(match self.keys.as_ref()?.iter().filter(begins).take(2).count() {
            0 => Presence::Absent,
            1 => Presence::Once,
            _ => Presence::Repeated,
        })
    }
}

/// The elements of the sequence that is the value of `key` at the root of a document; none where it is not there.
pub(crate) fn of_document(
    stream: &str,
    document: &Range<usize>,
    skeleton: &Skeleton,
    key: &str,
) -> Result<Vec<Lines>, Unusual> {
    let text = &stream[..document.end];
    match skeleton.presence(text.as_bytes(), key) {
        Presence::Absent if !skeleton.is_blank => return Ok(Vec::new()),
        Presence::Once => {}
        Presence::Absent | Presence::Repeated => return Err(Unusual),
    }
    let mut scanner = Scanner::new(text.as_bytes(), skeleton.body);
    while let Some(indent) = scanner.peek_indent()? {
        let line = scanner.read_line(indent)?;
        if indent == 0 && is_key(text, &line, key) {
            return below(text, &mut scanner, line.value, 0);
        }
    }
    Err(Unusual)
}

/// The elements of the sequence that is the value of `key` in the mapping that an element is; none where it is not there.
pub(crate) fn of_element(stream: &str, lines: &Lines, key: &str) -> Result<Vec<Lines>, Unusual> {
    let text = &stream[..lines.range.end];
    let column = lines.column().ok_or(Unusual)?;
    match lines.presence(text.as_bytes(), key) {
        Some(Presence::Absent) => return Ok(Vec::new()),
        Some(Presence::Once) => {}
        Some(Presence::Repeated) | None => return Err(Unusual),
    }
    let mut scanner = Scanner::new(text.as_bytes(), lines.range.start);
    while let Some(indent) = scanner.peek_indent()? {
        let line_start = scanner.position();
        let line = scanner.read_line(indent)?;
        let is_ours = line.key.is_some_and(|key| key.range().start == line_start + column);
        if is_ours && line.dash == (line_start == lines.range.start) && is_key(text, &line, key) {
            return below(text, &mut scanner, line.value, column);
        }
    }
    Err(Unusual)
}

fn is_key(text: &str, line: &Line, key: &str) -> bool {
    line.key.is_some_and(|found| text[found.range()] == *key)
}

/// The elements of the block sequence whose first line is next, below a key at `column`.
pub(crate) fn below(text: &str, scanner: &mut Scanner<'_>, value: Value, column: usize) -> Result<Vec<Lines>, Unusual> {
    let Value::Empty { .. } = value else { return Err(Unusual) };
    let Some(dashes) = scanner.peek_indent()?.filter(|&indent| indent >= column) else { return Err(Unusual) };
    let mut elements = Vec::new();
    while let Some(indent) = scanner.peek_indent()?.filter(|&indent| indent >= dashes) {
        let start = scanner.position();
        if indent != dashes || !is_dash(text.as_bytes(), start + indent) {
            // In the column of the key, the next key ends the sequence.
            let is_over = indent == column && dashes == column && !elements.is_empty();
            return if is_over { Ok(elements) } else { Err(Unusual) };
        }
        let line = scanner.read_line(indent)?;
        elements.push(element(text, scanner, start, dashes, &line)?);
    }
    if elements.is_empty() { Err(Unusual) } else { Ok(elements) }
}

fn is_dash(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'-') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
}

/// The element whose first line, which begins at `start`, has been read.
fn element(text: &str, scanner: &mut Scanner<'_>, start: usize, dashes: usize, line: &Line) -> Result<Lines, Unusual> {
    let bytes = text.as_bytes();
    let dash = start + dashes;
    let behind_dash = dash + 1 + bytes[dash + 1..].iter().take_while(|&&byte| byte == b' ').count();
    // A second dash on the line makes it a sequence of sequences.
    let first = line.key.map(|key| key.range().start).filter(|&first| first == behind_dash);
    let is_plain = |at: usize| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_';
    let mut keys = first.filter(|&first| is_plain(first)).map(|first| vec![first]);
    while let Some(indent) = scanner.peek_indent()?.filter(|&indent| indent > dashes) {
        let at = scanner.position() + indent;
        let is_key_column = first.is_some_and(|first| indent == first - start);
        let line = scanner.read_line(indent)?;
        if is_key_column && !line.dash {
            keys = keys.filter(|_| line.key.is_some() && is_plain(at)).map(|mut keys| {
                keys.push(at);
                keys
            });
        } else if first.is_some_and(|first| indent < first - start) {
            return Err(Unusual);
        }
    }
    let end = last_end(text, scanner).ok();
    Ok(Lines { range: start..scanner.position(), dash, end, first, keys })
}

/// Where the value of the last line read ends, and whether it is a block scalar.
fn last_end(text: &str, scanner: &Scanner<'_>) -> Result<(usize, bool), Unusual> {
    let (value, _) = scanner.last_value()?;
    Ok((end_of_last_value(text, scanner)?, matches!(value, Value::Block { .. })))
}
