//! The texts a run was given, and places in them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The index of a [`Source`] in its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in one source: `start..end`, `start <= end <= text.len()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text the range is in.
    pub source: SourceId,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// One text with the name a person knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A path relative to the fleet's root with `/` between its parts, or a name in angle brackets (`<stdin>`).
    pub path: String,
    /// The whole text. Empty for a directory or for a file that could not be read.
    pub text: Arc<String>,
    /// Where its lines start, found when the first position is asked for: a stream of many megabytes may have many faults.
    lines: OnceLock<Vec<usize>>,
}

/// All texts of a run, in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

/// A position as people count: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Sources {
    /// Adds a text and returns its id.
    ///
    /// # Panics
    /// When more than `u32::MAX` sources are added.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.add_shared(path, Arc::new(text.into()))
    }

    /// Adds a text that somebody else holds too, without a copy of it, and returns its id.
    ///
    /// # Panics
    /// When more than `u32::MAX` sources are added.
    pub fn add_shared(&mut self, path: impl Into<String>, text: Arc<String>) -> SourceId {
        let id = u32::try_from(self.0.len()).expect("a run has fewer than 2^32 sources");
        self.0.push(Source { path: path.into(), text, lines: OnceLock::new() });
        SourceId(id)
    }

    /// The source with this id.
    ///
    /// # Panics
    /// When the id was made by another `Sources` and is out of range here.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// All sources with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.0)
    }

    /// The text a span covers; empty where the span lies outside of it.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start..span.end).unwrap_or_default()
    }

    /// Where a span starts, as a person counts.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.get(span.source).position(span.start)
    }
}

impl Source {
    /// The position of byte `offset`; an offset past the end counts as the end. On a line that is too long to be read by
    /// people columns are counted in bytes, since counting characters for each of many faults would take forever.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.line_starts().partition_point(|start| *start <= end);
        let before = &self.text[self.line_starts()[line - 1]..end];
        let column = if before.len() > READABLE { before.len() } else { before.chars().count() };
        Position { line, column: column + 1 }
    }

    /// The range of the line that byte `offset` is on, without its line feed.
    #[must_use]
    pub fn line(&self, offset: usize) -> Range<usize> {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset.min(self.text.len()));
        starts[line - 1]..starts.get(line).map_or(self.text.len(), |next| next - 1)
    }

    fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }
}

/// The bytes of a line that a person may still read.
const READABLE: usize = 16 << 10;

impl SourceId {
    /// The span of `range` in this source.
    #[must_use]
    pub const fn span(self, start: usize, end: usize) -> Span {
        Span { source: self, start, end }
    }
}

impl Position {
    /// The position of byte `offset` in a text that is no source; an offset past the end counts as the end.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        Source { path: String::new(), text: Arc::new(text.into()), lines: OnceLock::new() }.position(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        for (text, offset, line, column) in
            [("", 0, 1, 1), ("ab", 1, 1, 2), ("a\nb", 2, 2, 1), ("é\nü x", 6, 2, 3), ("a", 9, 1, 2), ("é", 1, 1, 1)]
        {
            let mut sources = Sources::default();
            let source = sources.add("x", text);
            assert_eq!(
                sources.position(source.span(offset, offset)),
                Position { line, column },
                "{text:?} at {offset}"
            );
        }
    }
}
