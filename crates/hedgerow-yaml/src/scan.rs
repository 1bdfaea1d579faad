//! The indentation scanner: the lines of block-style YAML, one token each, without a parser.
//!
//! Invariant: in a valid document whose scan has begun at a line start outside any scalar, each [`Line`] given begins
//! outside any scalar and any flow collection; no line of block structure is left out. So a line at column `c` inside
//! a mapping at column `c` begins a key of that mapping (or a dash of the current key's sequence), a deeper one belongs
//! to the current key, and a shallower one ends the mapping.
//!
//! That holds because everything that can span lines is followed to its end: block scalars by indentation, plain
//! scalars by the rule that nothing deeper than their key can be anything but their continuation, quoted text and flow
//! collections by [`inline`](crate::inline). What could open a node in another way (anchors, tags, `?`, tabs, a
//! block scalar whose header has a line of its own) stops the scan with [`Unusual`], and the parser is asked.

use std::ops::Range;

use memchr::memchr;

use crate::inline::{flow_end, quoted_end};

/// Something that this scanner leaves to the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusual;

/// A line that begins a key or an element, or the whole value of the key or dash above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Column of the first key or dash.
    pub(crate) indent: usize,
    /// Whether it begins with a dash.
    pub(crate) dash: bool,
    /// The key; for `- - a: b` the one behind all dashes. `None` for a bare element or value.
    pub(crate) key: Option<Key>,
    /// What stands behind the colon, or behind the last dash.
    pub(crate) value: Value,
}

/// A key within its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The key with its quotes.
    pub(crate) range: Range<usize>,
    /// Behind the colon.
    pub(crate) behind_colon: usize,
}

/// A value within its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing; deeper lines, if any, are the value.
    Empty {
        /// Behind the colon or the dash.
        at: usize,
    },
    /// Plain text from here to the end of the line or a comment, and deeper lines if any.
    Plain {
        /// First byte.
        start: usize,
        /// End of the line.
        line_end: usize,
    },
    /// `*name`.
    Alias,
    /// Quoted text, maybe over several lines.
    Quoted(Range<usize>),
    /// A flow collection, maybe over several lines.
    Flow(Range<usize>),
    /// A block scalar.
    Block(Block),
}

/// A block scalar with all its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The `|` or `>` and the indicators behind it.
    pub(crate) header: Range<usize>,
    /// From the line below the header to the next line that does not belong to the scalar.
    pub(crate) lines: Range<usize>,
    /// Column of its text; `None` when it has none, or when the header says so.
    pub(crate) column: Option<usize>,
    /// End of the last line that is not blank, without its line break; the header's end when there is none.
    pub(crate) end: usize,
}

/// Reads a document line by line.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'t> {
    bytes: &'t [u8],
    /// Start of the next line.
    at: usize,
    /// Column of the key or dash whose plain value may go on in deeper lines.
    plain_column: usize,
    /// Column of the key or dash of the last line read, if nothing stands behind it.
    empty_column: Option<usize>,
    /// Whether the value of the last line read has gone on in a deeper line, as plain text can.
    continued: bool,
}

/// A column that no line is deeper than.
const NO_COLUMN: usize = usize::MAX;

impl<'t> Scanner<'t> {
    /// Begins at a line start outside any scalar; `bytes` ends with the document.
    pub(crate) fn new(bytes: &'t [u8], at: usize) -> Self {
        Self { bytes, at, plain_column: NO_COLUMN, empty_column: None, continued: false }
    }

    /// Where the scanner stands: a line start.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Whether the plain value of the last line read has gone on in a deeper line.
    ///
    /// This is known once [`peek_indent`](Self::peek_indent) has looked at what follows.
    pub(crate) fn continued(&self) -> bool {
        self.continued
    }

    /// Column of the next line that is not blank, a comment or the continuation of a plain scalar.
    ///
    /// The scanner then stands at the start of that line; `None` at the end of the document.
    pub(crate) fn peek_indent(&mut self) -> Result<Option<usize>, Unusual> {
        loop {
            let text = self.skip_spaces(self.at);
            let Some(&byte) = self.bytes.get(text) else { return Ok(None) };
            let indent = text - self.at;
            match byte {
                b'\n' => self.at = text + 1,
                b'\r' => self.at = text + 2,
                b'#' => self.at = self.next_line(text),
                _ if indent > self.plain_column => {
                    self.continued = true;
                    self.at = self.next_line(text);
                }
                b'\t' => return Err(Unusual),
                _ => {
                    self.plain_column = NO_COLUMN;
                    return Ok(Some(indent));
                }
            }
        }
    }

    /// Reads the line whose column [`peek_indent`](Self::peek_indent) has given, and all lines its value spans.
    pub(crate) fn read_line(&mut self, indent: usize) -> Result<Line, Unusual> {
        let line = self.at;
        self.continued = false;
        let mut at = line + indent;
        let mut column = indent;
        let mut dash = false;
        while self.byte(at) == b'-' && is_blank(self.byte(at + 1)) {
            dash = true;
            column = at - line;
            let text = self.skip_spaces(at + 1);
            if matches!(self.byte(text), b'\n' | b'\r' | b'#' | END) {
                self.at = self.next_line(text);
                self.empty_column = Some(column);
                return Ok(Line { indent, dash, key: None, value: Value::Empty { at: at + 1 } });
            }
            at = text;
        }
        let header = self.empty_column.take();
        let key = self.key(at)?;
        let value = match &key {
            Some(key) => self.value(key.behind_colon, at - line)?,
            None if dash => self.value(at, column)?,
            None => self.value_below(at, header)?,
        };
        if let (Some(_), Value::Empty { .. }) = (&key, &value) {
            self.empty_column = Some(at - line);
        }
        Ok(Line { indent, dash, key, value })
    }

    /// The value on a line of its own that belongs to the key or dash above, at column `header`.
    fn value_below(&mut self, at: usize, header: Option<usize>) -> Result<Value, Unusual> {
        match (self.byte(at), header) {
            (b'|' | b'>', _) | (_, None) => Err(Unusual),
            (_, Some(header)) => self.value(at, header),
        }
    }

    /// The key that begins at `at`, if a colon follows it on this line.
    fn key(&self, at: usize) -> Result<Option<Key>, Unusual> {
        match self.byte(at) {
            b'"' | b'\'' => {
                let end = quoted_end(self.bytes, at).ok_or(Unusual)?;
                if self.byte(end) == b':' && is_blank(self.byte(end + 1)) {
                    let one_line = memchr(b'\n', &self.bytes[at..end]).is_none();
                    return if one_line {
                        Ok(Some(Key { range: at..end, behind_colon: end + 1 }))
                    } else {
                        Err(Unusual)
                    };
                }
                Ok(None)
            }
            b'[' | b'{' | b'|' | b'>' | b'*' => Ok(None),
            b'-' if self.byte(at + 1) == b'\t' => Err(Unusual),
            b'?' | b':' => Err(Unusual),
            byte if is_indicator(byte) => Err(Unusual),
            _ => self.plain_key(at),
        }
    }

    fn plain_key(&self, at: usize) -> Result<Option<Key>, Unusual> {
        let mut from = at;
        loop {
            match self.byte(from) {
                b':' if is_blank(self.byte(from + 1)) => {
                    let mut end = from;
                    while self.bytes[end - 1] == b' ' {
                        end -= 1;
                    }
                    return Ok(Some(Key { range: at..end, behind_colon: from + 1 }));
                }
                b'\n' | END => return Ok(None),
                b'#' if self.bytes[from - 1] == b' ' => return Ok(None),
                // A tab may stand before or behind a colon, or before a comment.
                b'\t' => return Err(Unusual),
                _ => from += 1,
            }
        }
    }

    /// The value behind a colon or a dash; `column` is that of its key or its dash.
    fn value(&mut self, behind: usize, column: usize) -> Result<Value, Unusual> {
        let start = self.skip_spaces(behind);
        match self.byte(start) {
            b'\n' | b'\r' | END | b'#' => {
                self.at = self.next_line(start);
                Ok(Value::Empty { at: behind })
            }
            b'"' | b'\'' => {
                let end = quoted_end(self.bytes, start).ok_or(Unusual)?;
                self.end_line(end)?;
                Ok(Value::Quoted(start..end))
            }
            b'[' | b'{' => {
                let end = flow_end(self.bytes, start).ok_or(Unusual)?;
                self.end_line(end)?;
                Ok(Value::Flow(start..end))
            }
            b'|' | b'>' => self.block_scalar(start, column),
            b'*' => {
                let mut end = start + 1;
                while !is_blank(self.byte(end)) {
                    end += 1;
                }
                self.end_line(end)?;
                Ok(Value::Alias)
            }
            byte if is_indicator(byte) => Err(Unusual),
            b'?' | b':' => Err(Unusual),
            b'-' if matches!(self.byte(start + 1), b' ' | b'\t' | b'\n' | b'\r' | END) => Err(Unusual),
            _ => {
                let line_end = memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |found| start + found);
                self.at = (line_end + 1).min(self.bytes.len());
                self.plain_column = column;
                Ok(Value::Plain { start, line_end })
            }
        }
    }

    /// Skips a block scalar: all lines that are blank or deeper than its key or dash.
    fn block_scalar(&mut self, start: usize, column: usize) -> Result<Value, Unusual> {
        let mut end = start + 1;
        while matches!(self.byte(end), b'+' | b'-' | b'0'..=b'9') {
            end += 1;
        }
        self.end_line(end)?;
        let mut block = Block { header: start..end, lines: self.at..self.at, column: None, end };
        // A line less deep than the text can only be a comment: the text is over, and so is what follows.
        let mut over = false;
        while self.at < self.bytes.len() {
            let text = self.skip_spaces(self.at);
            match self.bytes.get(text) {
                None => self.at = text,
                Some(b'\n') => self.at = text + 1,
                Some(b'\r') => self.at = text + 2,
                Some(_) if text - self.at > column => {
                    over |= text - self.at < *block.column.get_or_insert(text - self.at);
                    let next = self.next_line(text);
                    let written = self.bytes[text..next].trim_ascii_end().len();
                    if written > 0 && !over {
                        block.end = line_end(self.bytes, next);
                    }
                    self.at = next;
                }
                // Less deep than the scalar's text could be, but a tab is no indentation.
                Some(b'\t') => return Err(Unusual),
                Some(_) => break,
            }
        }
        block.lines.end = self.at;
        if self.bytes[block.header.clone()].iter().any(u8::is_ascii_digit) {
            block.column = None;
        }
        Ok(Value::Block(block))
    }

    /// Moves behind a line on which nothing but a comment may follow.
    fn end_line(&mut self, from: usize) -> Result<(), Unusual> {
        let at = self.skip_spaces(from);
        match self.byte(at) {
            b'\n' | b'\r' | END => {}
            b'#' if at > from => {}
            _ => return Err(Unusual),
        }
        self.at = self.next_line(at);
        Ok(())
    }

    fn next_line(&self, from: usize) -> usize {
        memchr(b'\n', &self.bytes[from.min(self.bytes.len())..]).map_or(self.bytes.len(), |found| from + found + 1)
    }

    /// First offset at or after `at` that holds no space.
    fn skip_spaces(&self, mut at: usize) -> usize {
        // Eight at a time: half of all bytes of a manifest are indentation.
        while let Some(eight) = self.bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()) {
            let differ = u64::from_le_bytes(eight) ^ u64::from_le_bytes([b' '; 8]);
            if differ != 0 {
                return at + differ.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The byte at `at`, or NUL behind the end: no valid document holds NUL.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(END)
    }
}

/// Stands for the end of the document.
const END: u8 = 0;

/// End of the line before the line start `next`, without its line break.
fn line_end(bytes: &[u8], next: usize) -> usize {
    let line = bytes[..next].strip_suffix(b"\n").unwrap_or(&bytes[..next]);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | END)
}

/// Bytes with which no plain scalar begins, apart from those with a case of their own.
fn is_indicator(byte: u8) -> bool {
    matches!(
        byte,
        b'&' | b'!' | b'%' | b'@' | b'`' | b',' | b']' | b'}' | b'|' | b'>' | b'#' | b'\t' | b'[' | b'{' | b'*'
    )
}
