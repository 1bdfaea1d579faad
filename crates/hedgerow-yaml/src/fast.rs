//! The fast path: questions answered from the lines of a block-style document, without a parser.
//!
//! Invariant: an answer given here is the answer that the [general path](crate::walk) gives, for every document that
//! is valid YAML. A document with anything on the way, or beside it, that this page has no sentence for is
//! [`Unusual`] and gets no answer here:
//!
//! - the way consists of plain or simply quoted keys of block mappings, each once, with no merge key beside them;
//! - what was asked for is a scalar on one line or a literal block, a block mapping of such scalars, or a subtree;
//! - what is absent would be written above the first key of the innermost mapping that is there, or below a key
//!   that has no value.
//!
//! The [skeleton](crate::skeleton) says where to stop: behind the last key that was asked for, since no other line
//! of the root can repeat it.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2_iter};

use crate::answers::Answers;
use crate::document::Outline;
use crate::elements::{self, Lines};
use crate::lines::{line_end, rest_is_blank};
use crate::opening::{STEP, block_opening};
use crate::route::{Fork, RouteId, RouteSet, Want};
use crate::scan::{Block, Line, Scanner, Unusual, Value};
use crate::site::{Gap, MapPair, MapSite, Opening, ScalarSite, SeqElement, SeqSite, Site};
use crate::skeleton::{Presence, Skeleton};
use crate::tree::{CollectionStyle, ScalarStyle};

/// Answers questions about a document, or leaves them to the parser.
pub(crate) fn outline<'t>(
    stream: &'t str,
    document: &Range<usize>,
    skeleton: &Skeleton,
    routes: &RouteSet,
) -> Result<Outline<'t>, Unusual> {
    let text = &stream[..document.end];
    if skeleton.is_blank {
        let mut answers = Answers::new(routes);
        answers.miss_all(document);
        return Ok(answers.outline);
    }
    let mut wanted = 0;
    for (key, _) in &routes.forks[0].keys {
        match skeleton.presence(text.as_bytes(), key) {
            Presence::Absent => {}
            Presence::Once => wanted += 1,
            Presence::Repeated => return Err(Unusual),
        }
    }
    let scanner = Scanner::new(text.as_bytes(), skeleton.body);
    let mut fast = Fast { stream, text, scanner, answers: Answers::new(routes), open: Vec::with_capacity(8) };
    if fast.scanner.peek_indent()? != Some(0) || fast.at_dash(0) {
        return Err(Unusual);
    }
    fast.mapping(0, 0, None, wanted)?;
    Ok(fast.answers.outline)
}

/// Answers questions about an element of a block sequence, or leaves them to the parser.
pub(crate) fn outline_of_element<'t>(
    stream: &'t str,
    lines: &Lines,
    routes: &RouteSet,
) -> Result<Outline<'t>, Unusual> {
    let text = &stream[..lines.range.end];
    let column = lines.column().ok_or(Unusual)?;
    let mut wanted = 0;
    for (key, _) in &routes.forks[0].keys {
        match lines.presence(text.as_bytes(), key) {
            Some(Presence::Absent) => {}
            Some(Presence::Once) => wanted += 1,
            Some(Presence::Repeated) => return Err(Unusual),
            None => wanted = MOST_KEYS,
        }
    }
    let root = &routes.forks[0];
    if !root.wanted.is_empty() || root.each_element.is_some() || root.each_value.is_some() {
        return Err(Unusual);
    }
    let mut scanner = Scanner::new(text.as_bytes(), lines.range.start);
    let indent = scanner.peek_indent()?.ok_or(Unusual)?;
    let first = scanner.read_line(indent)?;
    let mut fast = Fast { stream, text, scanner, answers: Answers::new(routes), open: Vec::with_capacity(8) };
    fast.mapping_from(0, column, Some(lines.dash + 1), wanted, Some(first))?;
    Ok(fast.answers.outline)
}

struct Fast<'r, 't> {
    stream: &'t str,
    /// The stream up to the end of the document.
    text: &'t str,
    scanner: Scanner<'t>,
    answers: Answers<'r, 't>,
    /// The columns of the mappings that the way leads through, from the outermost.
    open: Vec<usize>,
}

/// Keys of one mapping that may be asked for: as many as the bits that note which were met.
const MOST_KEYS: usize = 64;

impl<'t> Fast<'_, 't> {
    /// Follows all routes of a fork through the block mapping at `column`, whose first line is next.
    ///
    /// Stops early behind the value of the last of `wanted` keys.
    fn mapping(&mut self, fork: usize, column: usize, header: Option<usize>, wanted: usize) -> Result<(), Unusual> {
        self.mapping_from(fork, column, header, wanted, None)
    }

    /// The same, where the first line may have been read: it has a dash before its key.
    fn mapping_from(
        &mut self,
        fork: usize,
        column: usize,
        header: Option<usize>,
        wanted: usize,
        read: Option<Line>,
    ) -> Result<(), Unusual> {
        self.open.push(column);
        self.pairs(fork, column, header, wanted, read)?;
        self.open.pop();
        Ok(())
    }

    fn pairs(
        &mut self,
        fork: usize,
        column: usize,
        header: Option<usize>,
        wanted: usize,
        mut read: Option<Line>,
    ) -> Result<(), Unusual> {
        let routes = self.answers.routes;
        let fork = &routes.forks[fork];
        if fork.keys.len() > MOST_KEYS {
            return Err(Unusual);
        }
        let first = match &read {
            Some(line) => line.key.ok_or(Unusual)?.range().start,
            None => self.scanner.position() + column,
        };
        let mut met = 0_u64;
        loop {
            let line = if let Some(line) = read.take() {
                line
            } else {
                self.ends_where_others_are(column)?;
                let Some(indent) = self.scanner.peek_indent()?.filter(|&indent| indent >= column) else { break };
                let is_first = self.scanner.position() + column == first;
                if indent > column && !is_first {
                    // Part of the value of a key that was not asked for.
                    self.scanner.read_deeper(column, |_| Ok(()))?;
                    continue;
                }
                let line = self.scanner.read_line(indent)?;
                if indent > column || line.dash || line.key.is_none() {
                    // Text in the column of the keys that is neither a key nor an element is no YAML: the parser says so.
                    if is_first || !line.dash {
                        return Err(Unusual);
                    }
                    // An element of such a value, with its dash in the column of the key.
                    continue;
                }
                line
            };
            let name = self.key_text(&line)?;
            if let Some(index) = fork.keys.iter().position(|(key, _)| key == name) {
                if met & (1 << index) != 0 {
                    return Err(Unusual);
                }
                met |= 1 << index;
                self.value(&routes.forks[fork.keys[index].1], fork.keys[index].1, column, line.value)?;
            }
            if met.count_ones() as usize == wanted {
                break;
            }
        }
        if met.count_ones() as usize == fork.keys.len() {
            return Ok(());
        }
        let opening = Ok(self.opening(first, header)?);
        for (index, (_, behind)) in fork.keys.iter().enumerate() {
            if met & (1 << index) == 0 {
                self.answers.miss_below(*behind, 1, &opening);
            }
        }
        Ok(())
    }

    /// Answers what was asked of the value of a key at `column`.
    fn value(&mut self, fork: &Fork, index: usize, column: usize, value: Value) -> Result<(), Unusual> {
        if fork.each_element.is_some() || fork.each_value.is_some() {
            return Err(Unusual);
        }
        let is_wanted = |id: &RouteId| self.answers.routes.routes[id.0].1 == Want::Seq;
        let is_sequence =
            fork.wanted.iter().any(is_wanted) && self.scanner.peek_indent()? == Some(column) && self.at_dash(column);
        if let Value::Empty { at } = value
            && !is_sequence
            && self.is_null_behind(column)?
        {
            self.ends_where_others_are(column)?;
            let opening = self.opening_at_null(at, column)?;
            for &id in &fork.wanted {
                self.answers.answer(id, Site::Null(Gap { missing: Vec::new(), opening: Ok(opening.clone()) }));
            }
            self.answers.miss_children(fork, 0, &Ok(opening));
            return Ok(());
        }
        let &[id] = fork.wanted.as_slice() else {
            if !fork.wanted.is_empty() {
                return Err(Unusual);
            }
            let (header, column) = self.block_below(value, column)?;
            return self.mapping(index, column, Some(header), usize::MAX);
        };
        let want = self.answers.routes.routes[id.0].1;
        let site = match (want, fork.keys.is_empty()) {
            (Want::Scalar, true) => Site::Scalar(self.scalar(value)?),
            (Want::Map, true) => {
                let (header, column) = self.block_below(value, column)?;
                self.map(column, header)?
            }
            (Want::Range, true) => Site::Node(self.subtree(value, column)?),
            (Want::Range, false) => {
                let (header, column) = self.block_below(value, column)?;
                let start = self.scanner.position() + column;
                self.mapping(index, column, Some(header), usize::MAX)?;
                Site::Node(start..end_of_last_value(self.text, &self.scanner)?)
            }
            (Want::Seq, true) => Site::Seq(self.sequence(value, column)?),
            (Want::Scalar | Want::Map | Want::Seq, false) => return Err(Unusual),
        };
        self.ends_where_others_are(usize::MAX)?;
        self.answers.answer(id, site);
        Ok(())
    }

    /// The block sequence of mappings that is the value of a key at `column`.
    fn sequence(&mut self, value: Value, column: usize) -> Result<SeqSite, Unusual> {
        let Value::Empty { at } = value else { return Err(Unusual) };
        let elements = elements::below(self.text, &mut self.scanner, value, column)?;
        let elements = elements.into_iter().map(|lines| {
            let ((end, ends_in_block_scalar), first) = lines.end.zip(lines.first).ok_or(Unusual)?;
            Ok(SeqElement { range: lines.dash..end, value_range: first..end, ends_in_block_scalar, obstacle: None })
        });
        let elements: Vec<SeqElement> = elements.collect::<Result<_, _>>()?;
        let (Some(first), Some(last)) = (elements.first(), elements.last()) else { return Err(Unusual) };
        let range = first.range.start..last.range.end;
        Ok(SeqSite { elements, style: CollectionStyle::Block, range, header: Some(at), obstacle: None })
    }

    /// The block mapping that is the value of a key at `column`: behind which colon, at which column.
    fn block_below(&mut self, value: Value, column: usize) -> Result<(usize, usize), Unusual> {
        let Value::Empty { at } = value else { return Err(Unusual) };
        match self.scanner.peek_indent()? {
            Some(indent) if indent > column && !self.at_dash(indent) => Ok((at, indent)),
            _ => Err(Unusual),
        }
    }

    /// Whether a key at `column`, with nothing behind its colon, has no value in the lines below either.
    fn is_null_behind(&mut self, column: usize) -> Result<bool, Unusual> {
        match self.scanner.peek_indent()? {
            Some(indent) if indent > column => Ok(false),
            Some(indent) if indent == column => {
                // A dash or a bracket in the key's own column would be its value.
                let next = self.text.as_bytes()[self.scanner.position() + indent];
                if next.is_ascii_alphanumeric() { Ok(true) } else { Err(Unusual) }
            }
            Some(_) | None => Ok(true),
        }
    }

    /// Where a mapping can be written below a key at `column` that has no value.
    fn opening_at_null(&self, header: usize, column: usize) -> Result<Opening, Unusual> {
        if !rest_is_blank(self.stream, header) {
            return Err(Unusual);
        }
        Ok(Opening::Below { at: line_end(self.stream, header), column: column + STEP })
    }

    /// Refuses a next line that is farther left than `column` and in the column of no mapping around it: that is no YAML, and what is
    /// above it is not what its author means.
    fn ends_where_others_are(&mut self, column: usize) -> Result<(), Unusual> {
        match self.scanner.peek_indent()? {
            Some(indent) if indent < column && !self.open.contains(&indent) => Err(Unusual),
            _ => Ok(()),
        }
    }

    /// Whether the next line, at `indent`, begins with a dash.
    fn at_dash(&self, indent: usize) -> bool {
        let at = self.scanner.position() + indent;
        let bytes = self.text.as_bytes();
        bytes.get(at) == Some(&b'-') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
    }

    /// The block mapping at `column`, whose first line is next, with simple scalars for values.
    fn map(&mut self, column: usize, header: usize) -> Result<Site<'t>, Unusual> {
        let first = self.scanner.position() + column;
        let mut pairs: Vec<MapPair<'t>> = Vec::with_capacity(8);
        let mut end = first;
        while let Some(indent) = self.scanner.peek_indent()?.filter(|&indent| indent >= column) {
            let line = self.scanner.read_line(indent)?;
            let Some(key) = line.key.filter(|_| indent == column && !line.dash) else { return Err(Unusual) };
            let name = self.key_text(&line)?;
            let value = self.scalar(line.value)?;
            end = value.range.end;
            pairs.push(MapPair {
                key: Cow::Borrowed(name),
                key_range: key.range(),
                value: Some(value.value),
                value_style: Some(value.style),
                range: key.start..end,
                value_range: value.range,
                colon: true,
                obstacle: None,
            });
        }
        Ok(Site::Map(MapSite {
            pairs,
            style: CollectionStyle::Block,
            range: first..end,
            header: Some(header),
            opening: Ok(self.opening(first, Some(header))?),
        }))
    }

    fn opening(&self, first: usize, header: Option<usize>) -> Result<Opening, Unusual> {
        block_opening(self.stream, first, header).ok_or(Unusual)
    }

    /// From the first to the last byte of a value, which may be a block of deeper lines.
    fn subtree(&mut self, value: Value, column: usize) -> Result<Range<usize>, Unusual> {
        match value {
            Value::Empty { .. } => {}
            Value::Plain { .. } => return Ok(self.scalar(value)?.range),
            Value::Quoted { start, end } | Value::Flow { start, end } => return Ok(start..end),
            Value::Block { start, column } => return Ok(start..self.scanner.block(start, column)?.end),
            Value::Alias => return Err(Unusual),
        }
        let Some(indent) = self.scanner.peek_indent()?.filter(|&indent| indent > column) else { return Err(Unusual) };
        let start = self.scanner.position() + indent;
        self.scanner.read_deeper(column, |line| {
            let may_be_null = line.key.is_none() && !line.dash && matches!(line.value, Value::Plain { .. });
            if may_be_null { Err(Unusual) } else { Ok(()) }
        })?;
        Ok(start..end_of_last_value(self.text, &self.scanner)?)
    }

    /// A scalar that means what its bytes say; null is left to the parser.
    fn scalar(&mut self, value: Value) -> Result<ScalarSite<'t>, Unusual> {
        match value {
            Value::Plain { start, line_end } => {
                self.scanner.peek_indent()?;
                let text = plain_text(&self.text[start..line_end]);
                if has_tab_or_ends_key(text) || self.scanner.continued() || is_null(text) {
                    return Err(Unusual);
                }
                let range = start..start + text.len();
                Ok(ScalarSite { value: Cow::Borrowed(text), style: ScalarStyle::Plain, range })
            }
            Value::Quoted { start, end } => {
                let range = start..end;
                let (text, style) = self.quoted_text(&range)?;
                Ok(ScalarSite { value: Cow::Borrowed(text), style, range })
            }
            Value::Block { start, column } => {
                let block = self.scanner.block(start, column)?;
                let value = Cow::Owned(literal_text(self.text, &block)?);
                Ok(ScalarSite { value, style: ScalarStyle::Literal, range: start..block.end })
            }
            Value::Empty { .. } | Value::Alias | Value::Flow { .. } => Err(Unusual),
        }
    }

    /// The text of a line's key, which must not be a merge key.
    fn key_text(&self, line: &Line) -> Result<&'t str, Unusual> {
        let range = line.key.ok_or(Unusual)?.range();
        let text = &self.text[range.clone()];
        match text.as_bytes()[0] {
            b'"' | b'\'' => Ok(self.quoted_text(&range)?.0),
            b'<' => Err(Unusual),
            _ => Ok(text),
        }
    }

    /// Quoted text on one line without escapes.
    fn quoted_text(&self, range: &Range<usize>) -> Result<(&'t str, ScalarStyle), Unusual> {
        let inner = &self.text[range.start + 1..range.end - 1];
        let (escape, style) = match self.text.as_bytes()[range.start] {
            b'\'' => (b'\'', ScalarStyle::SingleQuoted),
            _ => (b'\\', ScalarStyle::DoubleQuoted),
        };
        let simple = inner.bytes().all(|byte| byte != escape && byte != b'\n');
        if simple { Ok((inner, style)) } else { Err(Unusual) }
    }
}

/// Where the value of the last line read ends.
pub(crate) fn end_of_last_value(text: &str, scanner: &Scanner<'_>) -> Result<usize, Unusual> {
    match scanner.last_value()? {
        (Value::Plain { .. }, true) | (Value::Alias, _) => Err(Unusual),
        (Value::Plain { start, line_end }, false) => Ok(start + plain_text(&text[start..line_end]).len()),
        (Value::Empty { at }, _) => Ok(at),
        (Value::Quoted { end, .. } | Value::Flow { end, .. }, _) => Ok(end),
        (Value::Block { start, column }, _) => Ok(scanner.block(start, column)?.end),
    }
}

/// Whether plain text holds a tab, which may stand before a comment, or a colon that would begin a mapping.
fn has_tab_or_ends_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2_iter(b'\t', b':', bytes).any(|at| bytes[at] == b'\t' || matches!(bytes.get(at + 1), None | Some(b' ')))
}

fn is_null(text: &str) -> bool {
    matches!(text, "~" | "null" | "Null" | "NULL")
}

/// A plain scalar without the comment and the blanks behind it.
fn plain_text(rest: &str) -> &str {
    let bytes = rest.as_bytes();
    let mut end = bytes.len();
    let mut from = 0;
    while let Some(found) = memchr(b'#', &bytes[from..]) {
        let hash = from + found;
        if hash > 0 && matches!(bytes[hash - 1], b' ' | b'\t') {
            end = hash;
            break;
        }
        from = hash + 1;
    }
    rest[..end].trim_end_matches([' ', '\t', '\r'])
}

/// The text of a literal block scalar (`|` or `|-`) whose lines end in LF.
fn literal_text(text: &str, block: &Block) -> Result<String, Unusual> {
    let header = &text[block.header.clone()];
    let (Some(column), "|" | "|-") = (block.column, header) else { return Err(Unusual) };
    let lines = text.get(block.lines.start..block.end).ok_or(Unusual)?;
    let behind = &text[block.end..block.lines.end];
    // The line break behind the last line has to be there to be part of the text, and so are blanks deeper than it.
    let blanks_count = behind.lines().any(|line| line.len() > column && line.trim_ascii().is_empty());
    if lines.contains('\r') || !behind.starts_with('\n') || blanks_count {
        return Err(Unusual);
    }
    let mut value = String::with_capacity(lines.len());
    for line in lines.split('\n') {
        value.push_str(line.get(column..).unwrap_or(""));
        value.push('\n');
    }
    if header == "|-" {
        value.pop();
    }
    Ok(value)
}
