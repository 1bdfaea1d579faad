//! Notation that Kubernetes' reader takes and our parser refuses, put out of the parser's sight.
//!
//! Both read YAML, but the parser follows the page of YAML 1.2 where Kubernetes' reader is lenient:
//!
//! - quoted text that goes on in the column of its key, in column 0, or behind a tab;
//! - a tab at the start of a line inside a flow collection;
//! - `-` as an element or a value of a flow collection, as in `[cat, -]`;
//! - a colon that ends plain text in a flow collection, as in `[a:, b]`;
//! - a comment right behind a quote, a bracket, a comma or the header of a block scalar;
//! - `\'` within double quotes.
//!
//! A text that the parser refuses is gone through once more by a [`Lexer`], which proposes [`Spot`]s: bytes that others
//! of the same number stand for while the text is parsed. The tree that comes of it then has to confirm every spot
//! ([`restore`](crate::restore)), and its values are read from the text itself. So a lexer that is mistaken makes no
//! wrong tree: the text is refused, as before.

use std::ops::Range;

use memchr::memchr2;

use crate::inline::quoted_end;

/// Bytes that the parser does not get to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) kind: SpotKind,
    pub(crate) range: Range<usize>,
}

/// What was hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpotKind {
    /// A whole quoted text, with its quotes, which are left.
    Quoted,
    /// A dash that is a value in a flow collection.
    Dash,
    /// A colon that is the last character of plain text in a flow collection.
    Colon,
    /// White space at the start of a line in a flow collection.
    Indent,
    /// A comment right behind another token.
    Comment,
}

/// A text of the same length that the parser can read, and what was changed; `None` when nothing was.
pub(crate) fn mask(text: &str) -> Option<(String, Vec<Spot>)> {
    let mut lexer = Lexer { bytes: text.as_bytes(), at: 0, line: 0, parent: 0, plain: false, spots: vec![] };
    while lexer.at < text.len() {
        lexer.line()?;
    }
    if lexer.spots.is_empty() {
        return None;
    }
    let mut masked = String::with_capacity(text.len());
    for Spot { kind, range } in &lexer.spots {
        masked.push_str(text.get(masked.len()..range.start)?);
        let hidden = text.get(range.clone())?;
        match kind {
            SpotKind::Quoted => {
                masked.push_str(&hidden[..1]);
                masked.extend(std::iter::repeat_n('x', hidden.len() - 2));
                masked.push_str(&hidden[..1]);
            }
            SpotKind::Dash | SpotKind::Colon => masked.push('x'),
            SpotKind::Indent | SpotKind::Comment => masked.extend(std::iter::repeat_n(' ', hidden.len())),
        }
    }
    masked.push_str(&text[masked.len()..]);
    Some((masked, lexer.spots))
}

/// Tells tokens apart, and no more: whether they make sense together is for the parser to say.
struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Start of the line that holds `at`.
    line: usize,
    /// The column of the innermost key or dash, plus one; 0 at the root.
    parent: usize,
    /// Whether the last value is plain text, which deeper lines go on with.
    plain: bool,
    spots: Vec<Spot>,
}

impl Lexer<'_> {
    /// Goes through a line outside any scalar or flow collection, and all lines its tokens span.
    fn line(&mut self) -> Option<()> {
        self.line = self.at;
        let text = self.skip_blanks(self.at);
        let indent = self.bytes[self.at..].iter().take_while(|&&byte| byte == b' ').count();
        match self.byte(text) {
            b'\n' | b'\r' | END => {
                self.at = self.next_line(text);
                return Some(());
            }
            b'#' => {
                self.at = self.next_line(text);
                return Some(());
            }
            _ if self.plain && indent >= self.parent => {
                self.plain_rest(text);
                return Some(());
            }
            _ => self.plain = false,
        }
        self.at = text;
        if text == self.line {
            let rest = &self.bytes[text..];
            let marks = |mark: &[u8]| rest.starts_with(mark) && is_blank(rest.get(3).copied().unwrap_or(END));
            if rest.starts_with(b"%") || marks(b"...") {
                self.at = self.next_line(text);
                return Some(());
            }
            if marks(b"---") {
                self.parent = 0;
                self.at += 3;
            }
        }
        self.tokens()
    }

    /// Goes through the tokens of a line from `at`.
    fn tokens(&mut self) -> Option<()> {
        // Where the properties of the next node began.
        let mut properties = None;
        loop {
            let blank_from = self.at;
            let at = self.skip_blanks(self.at);
            self.at = at;
            match self.byte(at) {
                b'\n' | b'\r' | END => {
                    self.at = self.next_line(at);
                    return Some(());
                }
                b'#' => {
                    let end = self.line_end(at);
                    if blank_from == at && at > self.line {
                        self.spot(SpotKind::Comment, at..end);
                    }
                    self.at = self.next_line(end);
                    return Some(());
                }
                b'-' | b'?' | b':' if is_blank(self.byte(at + 1)) => {
                    self.parent = at - self.line + 1;
                    self.at += 1;
                    properties = None;
                }
                b'&' | b'!' => {
                    properties.get_or_insert(at);
                    self.at = self.skip_word(at);
                }
                b'|' | b'>' => return self.block(at),
                byte => {
                    let start = properties.take().unwrap_or(at);
                    match byte {
                        b'"' | b'\'' => self.quoted()?,
                        b'[' | b'{' => self.flow()?,
                        b'*' => self.at = self.skip_word(at),
                        _ => {
                            if !self.plain_until_colon(at) {
                                return Some(());
                            }
                        }
                    }
                    let colon = self.skip_blanks(self.at);
                    if self.byte(colon) == b':' && is_blank(self.byte(colon + 1)) {
                        if start < self.line {
                            // A key over several lines, which no reader takes.
                            return None;
                        }
                        self.parent = start - self.line + 1;
                        self.at = colon + 1;
                    }
                }
            }
        }
    }

    /// Goes to the colon behind plain text from `at`; whether there is one on its line.
    fn plain_until_colon(&mut self, at: usize) -> bool {
        let mut end = at;
        loop {
            match self.byte(end) {
                b'\n' | b'\r' | END => {
                    self.plain = true;
                    self.at = self.next_line(end);
                    return false;
                }
                b':' if is_blank(self.byte(end + 1)) => {
                    self.at = end;
                    return true;
                }
                b'#' if matches!(self.byte(end - 1), b' ' | b'\t') => {
                    self.at = self.next_line(end);
                    return false;
                }
                _ => end += 1,
            }
        }
    }

    /// Goes through a line that plain text goes on with.
    fn plain_rest(&mut self, at: usize) {
        let end = self.line_end(at);
        let comment = |at: usize| self.bytes[at] == b'#' && matches!(self.bytes[at - 1], b' ' | b'\t');
        self.plain = !(at + 1..end).any(comment);
        self.at = self.next_line(end);
    }

    /// Goes through a block scalar, whose header begins at `at`.
    fn block(&mut self, at: usize) -> Option<()> {
        let mut header = at + 1;
        let mut deeper = None;
        while let byte @ (b'+' | b'-' | b'0'..=b'9') = self.byte(header) {
            if byte.is_ascii_digit() {
                deeper = Some(usize::from(byte - b'0'));
            }
            header += 1;
        }
        let end = self.line_end(header);
        if self.byte(header) == b'#' {
            self.spot(SpotKind::Comment, header..end);
        }
        self.at = self.next_line(end);
        let mut column = deeper.map(|deeper| self.parent.saturating_sub(1) + deeper);
        while self.at < self.bytes.len() {
            let text = self.at + self.bytes[self.at..].iter().take_while(|&&byte| byte == b' ').count();
            let indent = text - self.at;
            let is_empty = matches!(self.byte(text), b'\n' | b'\r' | END);
            if !is_empty && indent < *column.get_or_insert(indent.max(self.parent)) {
                break;
            }
            self.at = self.next_line(text);
        }
        Some(())
    }

    /// Goes behind the quoted text that begins at `at`.
    fn quoted(&mut self) -> Option<()> {
        let start = self.at;
        let end = quoted_end(self.bytes, start)?;
        let text = &self.bytes[start..end];
        let last_break = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        let escape = text[0] == b'"' && text.windows(2).any(|pair| pair == b"\\'");
        if last_break.is_some() || escape {
            self.spot(SpotKind::Quoted, start..end);
        }
        if let Some(last_break) = last_break {
            self.line = start + last_break + 1;
        }
        self.at = end;
        Some(())
    }

    /// Goes behind the flow collection that begins at `at`.
    fn flow(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        // Whether a token can begin here, and whether a colon right here would end a key whatever follows.
        let (mut begins, mut ended) = (true, false);
        loop {
            let at = self.at;
            let byte = self.byte(at);
            let was_ended = std::mem::take(&mut ended);
            match byte {
                END if at >= self.bytes.len() => return None,
                b' ' | b'\t' => {
                    ended = was_ended;
                    self.at += 1;
                }
                b'\n' | b'\r' => {
                    self.line = self.next_line(at);
                    self.at = self.skip_blanks(self.line);
                    if self.bytes[self.line..self.at].contains(&b'\t') {
                        self.spot(SpotKind::Indent, self.line..self.at);
                    }
                }
                b'#' if matches!(self.byte(at.saturating_sub(1)), b' ' | b'\t' | b'\n' | b'\r') => {
                    self.at = self.line_end(at);
                }
                b'#' if begins || was_ended => {
                    let end = self.line_end(at);
                    self.spot(SpotKind::Comment, at..end);
                    self.at = end;
                }
                b'[' | b'{' => {
                    depth += 1;
                    begins = true;
                    self.at += 1;
                }
                b']' | b'}' => {
                    depth -= 1;
                    (begins, ended) = (false, true);
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                b',' => {
                    begins = true;
                    self.at += 1;
                }
                b'"' | b'\'' if begins => {
                    self.quoted()?;
                    let colon = self.skip_blanks(self.at);
                    if self.byte(colon) == b':' && at < self.line {
                        return None;
                    }
                    (begins, ended) = (false, true);
                }
                b'-' if begins && is_flow_indicator(self.byte(at + 1)) => {
                    self.spot(SpotKind::Dash, at..at + 1);
                    begins = false;
                    self.at += 1;
                }
                b'&' | b'!' | b'*' if begins => {
                    begins = byte != b'*';
                    while !is_blank(self.byte(self.at)) && !is_flow_indicator(self.byte(self.at)) {
                        self.at += 1;
                    }
                }
                b'?' if begins && is_blank(self.byte(at + 1)) => self.at += 1,
                b':' => {
                    let is_last = is_flow_indicator(self.byte(at + 1)) && !was_ended && !begins;
                    if is_last {
                        self.spot(SpotKind::Colon, at..at + 1);
                    }
                    begins = !is_last && (was_ended || is_blank(self.byte(at + 1)));
                    self.at += 1;
                }
                _ => {
                    begins = false;
                    self.at += 1;
                }
            }
        }
    }

    fn spot(&mut self, kind: SpotKind, range: Range<usize>) {
        self.spots.push(Spot { kind, range });
    }

    fn skip_blanks(&self, at: usize) -> usize {
        at + self.bytes[at.min(self.bytes.len())..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    fn skip_word(&self, at: usize) -> usize {
        at + self.bytes[at..].iter().take_while(|byte| !is_blank(**byte)).count()
    }

    fn line_end(&self, at: usize) -> usize {
        memchr2(b'\n', b'\r', &self.bytes[at.min(self.bytes.len())..]).map_or(self.bytes.len(), |found| at + found)
    }

    fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        match &self.bytes[end.min(self.bytes.len())..] {
            [b'\r', b'\n', ..] => end + 2,
            [_, ..] => end + 1,
            [] => self.bytes.len(),
        }
    }

    /// The byte at `at`, or NUL behind the end.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(END)
    }
}

const END: u8 = 0;

fn is_flow_indicator(byte: u8) -> bool {
    matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | END)
}
