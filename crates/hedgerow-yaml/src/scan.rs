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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Whether it begins with a dash.
    pub(crate) dash: bool,
    /// The key; for `- - a: b` the one behind all dashes. `None` for a bare element or value.
    pub(crate) key: Option<Key>,
    /// What stands behind the colon, or behind the last dash.
    pub(crate) value: Value,
}

/// A key within its line, with its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// First byte.
    pub(crate) start: usize,
    /// Behind its last byte.
    pub(crate) end: usize,
    /// Behind the colon.
    behind_colon: usize,
}

impl Key {
    /// The bytes of the key.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value within its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    Quoted {
        /// The opening quote.
        start: usize,
        /// Behind the closing one.
        end: usize,
    },
    /// A flow collection, maybe over several lines.
    Flow {
        /// The opening bracket.
        start: usize,
        /// Behind the closing one.
        end: usize,
    },
    /// A block scalar, to be looked at with [`Scanner::block`].
    Block {
        /// The `|` or `>`.
        start: usize,
        /// Column of its key or dash.
        column: usize,
    },
}

/// A block scalar with all its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The `|` or `>` and the indicators behind it.
    pub(crate) header: Range<usize>,
    /// From the line below the header to the next line that does not belong to the scalar.
    pub(crate) lines: Range<usize>,
    /// Column of its text; `None` when it has none.
    pub(crate) column: Option<usize>,
    /// End of the last line that is not blank, without its line break; the header's end when there is none.
    pub(crate) end: usize,
}

/// Reads a document line by line.
///
/// What every line of a large stream goes through is inlined and decided by few branches; what is rare is not.
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
    /// Start of the last line read, and the `empty_column` with which it was read.
    last: (usize, Option<usize>),
}

/// A column that no line is deeper than.
const NO_COLUMN: usize = usize::MAX;

impl<'t> Scanner<'t> {
    /// Begins at a line start outside any scalar; `bytes` ends with the document.
    pub(crate) fn new(bytes: &'t [u8], at: usize) -> Self {
        Self { bytes, at, plain_column: NO_COLUMN, empty_column: None, continued: false, last: (at, None) }
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

    /// The value of the last line read, read once more, and whether it has gone on in deeper lines.
    pub(crate) fn last_value(&self) -> Result<(Value, bool), Unusual> {
        let (at, empty_column) = self.last;
        let mut again = Self { at, empty_column, ..Self::new(self.bytes, at) };
        let line = again.read_line(again.skip_spaces(at) - at)?;
        again.peek_indent()?;
        Ok((line.value, again.continued))
    }

    /// Column of the next line that is not blank, a comment or the continuation of a plain scalar.
    ///
    /// The scanner then stands at the start of that line; `None` at the end of the document.
    #[inline(always)]
    pub(crate) fn peek_indent(&mut self) -> Result<Option<usize>, Unusual> {
        let text = self.skip_spaces(self.at);
        let indent = text - self.at;
        // Blanks, line breaks, comments and the end are not above `#`.
        if self.byte(text) > b'#' && indent <= self.plain_column {
            self.plain_column = NO_COLUMN;
            return Ok(Some(indent));
        }
        self.peek_indent_behind_others()
    }

    #[inline(never)]
    fn peek_indent_behind_others(&mut self) -> Result<Option<usize>, Unusual> {
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

    /// Reads all lines deeper than `column`, up to the next that is not.
    #[inline(always)]
    pub(crate) fn read_deeper(
        &mut self,
        column: usize,
        mut look: impl FnMut(&Line) -> Result<(), Unusual>,
    ) -> Result<(), Unusual> {
        while let Some(indent) = self.peek_indent()?.filter(|&indent| indent > column) {
            look(&self.read_line(indent)?)?;
        }
        Ok(())
    }

    /// Reads the line whose column [`peek_indent`](Self::peek_indent) has given, and all lines its value spans.
    #[inline(always)]
    pub(crate) fn read_line(&mut self, indent: usize) -> Result<Line, Unusual> {
        let line = self.at;
        self.last = (line, self.empty_column);
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
                return Ok(Line { dash, key: None, value: Value::Empty { at: at + 1 } });
            }
            at = text;
        }
        let header = self.empty_column.take();
        let key = if self.byte(at).is_ascii_alphanumeric() { self.plain_key(at)? } else { self.odd_key(at)? };
        let value = match &key {
            Some(key) => self.value(key.behind_colon, at - line)?,
            None if dash => self.value(at, column)?,
            None => self.value_below(at, header)?,
        };
        if let (Some(_), Value::Empty { .. }) = (&key, &value) {
            self.empty_column = Some(at - line);
        }
        Ok(Line { dash, key, value })
    }

    /// The value on a line of its own that belongs to the key or dash above, at column `header`.
    #[inline(never)]
    fn value_below(&mut self, at: usize, header: Option<usize>) -> Result<Value, Unusual> {
        match (self.byte(at), header) {
            (b'|' | b'>', _) | (_, None) => Err(Unusual),
            (_, Some(header)) => self.value(at, header),
        }
    }

    /// The key that begins at `at` with any byte, if a colon follows it on this line.
    #[inline(never)]
    fn odd_key(&self, at: usize) -> Result<Option<Key>, Unusual> {
        match self.byte(at) {
            b'"' | b'\'' => {
                let end = quoted_end(self.bytes, at).ok_or(Unusual)?;
                if self.byte(end) == b':' && is_blank(self.byte(end + 1)) {
                    let one_line = memchr(b'\n', &self.bytes[at..end]).is_none();
                    return if one_line {
                        Ok(Some(Key { start: at, end, behind_colon: end + 1 }))
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

    #[inline(always)]
    fn plain_key(&self, at: usize) -> Result<Option<Key>, Unusual> {
        let mut from = at;
        loop {
            from = self.skip_key_text(from);
            match self.byte(from) {
                b':' if is_blank(self.byte(from + 1)) => {
                    let mut end = from;
                    while self.bytes[end - 1] == b' ' {
                        end -= 1;
                    }
                    return Ok(Some(Key { start: at, end, behind_colon: from + 1 }));
                }
                b'\n' | END => return Ok(None),
                b' ' if self.byte(from + 1) == b'#' => return Ok(None),
                // A tab may stand before or behind a colon, or before a comment.
                b'\t' => return Err(Unusual),
                _ => from += 1,
            }
        }
    }

    /// The value behind a colon or a dash; `column` is that of its key or its dash.
    #[inline(always)]
    fn value(&mut self, behind: usize, column: usize) -> Result<Value, Unusual> {
        let start = self.skip_spaces(behind);
        match self.byte(start) {
            byte if byte.is_ascii_alphanumeric() => Ok(self.plain_value(start, column)),
            b'\n' => {
                self.at = start + 1;
                Ok(Value::Empty { at: behind })
            }
            _ => self.odd_value(behind, start, column),
        }
    }

    /// The value that begins at `start` with any byte.
    #[inline(never)]
    fn odd_value(&mut self, behind: usize, start: usize, column: usize) -> Result<Value, Unusual> {
        match self.byte(start) {
            b'\n' | b'\r' | END | b'#' => {
                self.at = self.next_line(start);
                Ok(Value::Empty { at: behind })
            }
            b'"' | b'\'' => {
                let end = quoted_end(self.bytes, start).ok_or(Unusual)?;
                self.end_line(end)?;
                Ok(Value::Quoted { start, end })
            }
            b'[' | b'{' => {
                let end = flow_end(self.bytes, start).ok_or(Unusual)?;
                self.end_line(end)?;
                Ok(Value::Flow { start, end })
            }
            b'|' | b'>' => {
                self.skip_block(start, column)?;
                Ok(Value::Block { start, column })
            }
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
            _ => Ok(self.plain_value(start, column)),
        }
    }

    #[inline(always)]
    fn plain_value(&mut self, start: usize, column: usize) -> Value {
        let line_end = memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |found| start + found);
        self.at = (line_end + 1).min(self.bytes.len());
        self.plain_column = column;
        Value::Plain { start, line_end }
    }

    /// Skips a block scalar: all lines that are blank or deeper than its key or dash.
    fn skip_block(&mut self, start: usize, column: usize) -> Result<(), Unusual> {
        self.end_line(self.block_header_end(start))?;
        while self.at < self.bytes.len() {
            let text = self.skip_spaces(self.at);
            match self.bytes.get(text) {
                None => self.at = text,
                Some(b'\n') => self.at = text + 1,
                Some(b'\r') => self.at = text + 2,
                Some(_) if text - self.at > column => self.at = self.next_line(text),
                // Less deep than the scalar's text could be, but a tab is no indentation.
                Some(b'\t') => return Err(Unusual),
                Some(_) => break,
            }
        }
        Ok(())
    }

    /// The block scalar that begins at `start`, below a key or dash at `column`.
    ///
    /// One whose header says how deep its text is may begin with a deeper line, and is left to the parser.
    pub(crate) fn block(&self, start: usize, column: usize) -> Result<Block, Unusual> {
        let header = start..self.block_header_end(start);
        if self.bytes[header.clone()].iter().any(u8::is_ascii_digit) {
            return Err(Unusual);
        }
        let first = self.next_line(header.end);
        let mut block = Block { lines: first..first, column: None, end: header.end, header };
        // A line less deep than the text can only be a comment: the text is over, and so is what follows.
        let mut over = false;
        while block.lines.end < self.bytes.len() {
            let line = block.lines.end;
            let text = self.skip_spaces(line);
            let is_blank = matches!(self.bytes.get(text), None | Some(b'\n' | b'\r'));
            if !is_blank && text - line <= column {
                break;
            }
            block.lines.end = self.next_line(text);
            if !is_blank {
                over |= text - line < *block.column.get_or_insert(text - line);
                let written = self.bytes[text..block.lines.end].trim_ascii_end().len();
                if written > 0 && !over {
                    block.end = line_end(self.bytes, block.lines.end);
                }
            }
        }
        Ok(block)
    }

    /// Behind the indicators of the block scalar that begins at `start`.
    fn block_header_end(&self, start: usize) -> usize {
        let mut end = start + 1;
        while matches!(self.byte(end), b'+' | b'-' | b'0'..=b'9') {
            end += 1;
        }
        end
    }

    /// Moves behind a line on which nothing but a comment may follow.
    fn end_line(&mut self, from: usize) -> Result<(), Unusual> {
        if self.byte(from) == b'\n' {
            self.at = from + 1;
            return Ok(());
        }
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
    #[inline(always)]
    fn skip_spaces(&self, mut at: usize) -> usize {
        // Eight at a time: half of all bytes of a manifest are indentation.
        while let Some(word) = self.word(at) {
            let differ = word ^ (ONES * u64::from(b' '));
            if differ != 0 {
                return at + first_byte(differ);
            }
            at += 8;
        }
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// First offset at or after `at` that holds a colon, a blank or a control character, or the end.
    #[inline(always)]
    fn skip_key_text(&self, mut at: usize) -> usize {
        while let Some(word) = self.word(at) {
            // The lowest byte that a subtraction marks is right; a borrow can mark wrong ones only above it.
            let colon = word ^ (ONES * u64::from(b':'));
            let colons = colon.wrapping_sub(ONES) & !colon;
            let blanks = word.wrapping_sub(ONES * u64::from(b' ' + 1)) & !word;
            let stops = (colons | blanks) & (ONES * 0x80);
            if stops != 0 {
                return at + first_byte(stops);
            }
            at += 8;
        }
        while self.byte(at) > b' ' && self.byte(at) != b':' {
            at += 1;
        }
        at
    }

    /// The eight bytes from `at`, the first in the lowest place; `None` when there are fewer.
    #[inline(always)]
    fn word(&self, at: usize) -> Option<u64> {
        self.bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
    }

    /// The byte at `at`, or NUL behind the end: no valid document holds NUL.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(END)
    }
}

/// A one in each byte of a word.
const ONES: u64 = u64::from_le_bytes([1; 8]);

/// Which byte of a word, counted from the lowest, has the lowest bit that is set.
#[inline(always)]
fn first_byte(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_the_byte_that_a_look_at_each_finds() {
        for before in [b'a', b';', b'9', b'!', 0x7F, 0x80, 0xA0, 0xBA, 0xFF] {
            for stop in 0..=u8::MAX {
                for at in 0..20 {
                    let mut bytes = [before; 24];
                    bytes[at] = stop;
                    bytes[at + 1] = b':';
                    let scanner = Scanner::new(&bytes, 0);
                    let naive = bytes.iter().position(|&byte| byte <= b' ' || byte == b':');
                    assert_eq!(Some(scanner.skip_key_text(0)), naive, "{before} {stop} {at}");
                    bytes[..at].fill(b' ');
                    let naive = bytes.iter().position(|&byte| byte != b' ');
                    assert_eq!(Some(Scanner::new(&bytes, 0).skip_spaces(0)), naive, "{before} {stop} {at}");
                }
            }
        }
        assert_eq!(Scanner::new(b"        ", 0).skip_spaces(0), 8);
        assert_eq!(Scanner::new(b"abcdefghi", 0).skip_key_text(0), 9);
    }
}
