//! The tree of a text that was [masked](crate::mask) for the parser, with what the text itself says.
//!
//! Every spot has to be what the lexer took it for: a quoted text or a dash is one whole scalar of the tree, white space
//! stands in a flow collection and in no scalar whose value it would change, a comment stands in no scalar. Otherwise
//! there is no tree.

use std::borrow::Cow;
use std::ops::Range;

use crate::mask::{Spot, SpotKind};
use crate::tree::{Anchor, CollectionStyle, Content, Element, Mapping, Node, Pair, Scalar, ScalarStyle, Sequence, Tag};

/// The tree of `text`, from the tree of the masked text and the spots in the order of the text; ranges are moved by `shift`.
pub(crate) fn restore(text: &str, masked: Node<'_>, spots: &[Spot], shift: usize) -> Option<Node<'static>> {
    let mut restore = Restore { text, spots, shift, confirmed: 0 };
    let node = restore.node(masked, false)?;
    let comments = spots.iter().filter(|spot| spot.kind == SpotKind::Comment).count();
    (restore.confirmed + comments == spots.len()).then_some(node)
}

struct Restore<'a> {
    text: &'a str,
    spots: &'a [Spot],
    shift: usize,
    /// How many spots of those that must be found in the tree were.
    confirmed: usize,
}

impl Spot {
    fn is_comment_at(&self, at: usize) -> bool {
        self.kind == SpotKind::Comment && self.range.start == at
    }

    fn is_quoted(&self, range: &Range<usize>) -> bool {
        self.kind == SpotKind::Quoted && self.range == *range
    }
}

impl<'a> Restore<'a> {
    fn node(&mut self, node: Node<'_>, in_flow: bool) -> Option<Node<'static>> {
        let Node { range, anchor, tag, content } = node;
        let content = match content {
            Content::Scalar(scalar) => Content::Scalar(self.scalar(scalar, &range)?),
            Content::Alias(name) => Content::Alias(owned(name)),
            Content::Mapping(Mapping { style, pairs }) => {
                let is_flow = self.collection(style, &range, in_flow);
                let pairs = pairs.into_iter().map(|pair| self.pair(pair, is_flow)).collect::<Option<_>>()?;
                Content::Mapping(Mapping { style, pairs })
            }
            Content::Sequence(Sequence { style, elements }) => {
                let is_flow = self.collection(style, &range, in_flow);
                let elements = elements
                    .into_iter()
                    .map(|Element { start, node }| {
                        Some(Element { start: start + self.shift, node: self.node(node, is_flow)? })
                    })
                    .collect::<Option<_>>()?;
                Content::Sequence(Sequence { style, elements })
            }
        };
        let anchor = anchor.map(|Anchor { name, range }| Anchor { name: owned(name), range: self.moved(range) });
        let tag = tag.map(|Tag { name, range }| Tag { name, range: self.moved(range) });
        Some(Node { range: self.moved(range), anchor, tag, content })
    }

    fn pair(&mut self, pair: Pair<'_>, in_flow: bool) -> Option<Pair<'static>> {
        Some(Pair {
            start: pair.start + self.shift,
            key: self.node(pair.key, in_flow)?,
            colon: pair.colon.map(|colon| colon + self.shift),
            value: self.node(pair.value, in_flow)?,
        })
    }

    /// Confirms the white space within an outermost flow collection; whether what is inside is in flow style.
    fn collection(&mut self, style: CollectionStyle, range: &Range<usize>, in_flow: bool) -> bool {
        if style == CollectionStyle::Flow && !in_flow {
            self.confirmed += self.within(range).iter().filter(|spot| spot.kind == SpotKind::Indent).count();
        }
        in_flow || style == CollectionStyle::Flow
    }

    fn scalar(&mut self, scalar: Scalar<'_>, range: &Range<usize>) -> Option<Scalar<'static>> {
        let Scalar { value, style } = scalar;
        if style == ScalarStyle::Plain && self.has_comment_at(range.end) {
            // Only a quote or a bracket can end right before a comment.
            return None;
        }
        let spots = self.within(range);
        let text = self.text.get(range.clone())?;
        let is_one_line = |range: Range<usize>| Some(!self.text.get(range)?.contains(['\n', '\r']));
        let all = |kinds: &[SpotKind]| spots.iter().all(|spot| kinds.contains(&spot.kind));
        let value = match (style, spots) {
            (_, []) => return Some(Scalar { value: owned(value), style }),
            // A comment behind the header of a block scalar.
            (ScalarStyle::Literal | ScalarStyle::Folded, [only])
                if only.kind == SpotKind::Comment && is_one_line(range.start..only.range.end)? =>
            {
                return Some(Scalar { value: owned(value), style });
            }
            // Folding leaves out what stands at the start of a line; the collection around has confirmed it.
            (ScalarStyle::Plain, _) if all(&[SpotKind::Indent]) => return Some(Scalar { value: owned(value), style }),
            (ScalarStyle::Plain, _) if all(&[SpotKind::Colon, SpotKind::Dash]) && is_one_line(range.clone())? => {
                text.to_owned()
            }
            (ScalarStyle::SingleQuoted, [only]) if only.is_quoted(range) => single_quoted(text)?,
            (ScalarStyle::DoubleQuoted, [only]) if only.is_quoted(range) => double_quoted(text)?,
            _ => return None,
        };
        self.confirmed += spots.len();
        Some(Scalar { value: Cow::Owned(value), style })
    }

    /// The spots that begin within a range.
    fn within(&self, range: &Range<usize>) -> &'a [Spot] {
        let from = self.spots.partition_point(|spot| spot.range.end <= range.start);
        let to = self.spots.partition_point(|spot| spot.range.start < range.end);
        self.spots.get(from..to).unwrap_or_default()
    }

    fn has_comment_at(&self, at: usize) -> bool {
        let found = self.spots.partition_point(|spot| spot.range.start < at);
        self.spots.get(found).is_some_and(|spot| spot.is_comment_at(at))
    }

    const fn moved(&self, range: Range<usize>) -> Range<usize> {
        range.start + self.shift..range.end + self.shift
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// The value of a text in single quotes.
fn single_quoted(text: &str) -> Option<String> {
    let mut value = Folded::default();
    let mut rest = text.strip_prefix('\'')?.strip_suffix('\'')?;
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            '\n' | '\r' => rest = value.fold(next, rest)?,
            '\'' => {
                rest = rest.strip_prefix('\'')?;
                value.text.push('\'');
            }
            _ => value.push(next)?,
        }
    }
    Some(value.text)
}

/// The value of a text in double quotes.
fn double_quoted(text: &str) -> Option<String> {
    let mut value = Folded::default();
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            '\n' | '\r' => rest = value.fold(next, rest)?,
            '\\' => rest = value.escape(rest)?,
            _ => value.push(next)?,
        }
    }
    Some(value.text)
}

/// Text in quotes while it is read.
#[derive(Default)]
struct Folded {
    text: String,
    /// What is before here was written with an escape, so that no blank of it is left out before a line break.
    kept: usize,
}

impl Folded {
    fn push(&mut self, next: char) -> Option<()> {
        let is_printable = matches!(next, '\t' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..);
        is_printable.then(|| self.text.push(next))
    }

    /// Folds the line break `first` and those behind it, blanks around them included; gives what follows.
    fn fold<'a>(&mut self, first: char, rest: &'a str) -> Option<&'a str> {
        let trimmed = self.text.trim_end_matches([' ', '\t']).len();
        self.text.truncate(trimmed.max(self.kept));
        let mut rest = if first == '\r' { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
        let mut breaks = 0_usize;
        loop {
            if is_document_mark(rest) {
                return None;
            }
            rest = rest.trim_start_matches([' ', '\t']);
            let Some(behind) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])) else { break };
            rest = behind;
            breaks += 1;
        }
        match breaks {
            0 => self.text.push(' '),
            _ => self.text.extend(std::iter::repeat_n('\n', breaks)),
        }
        Some(rest)
    }

    /// Reads what follows a backslash; gives what follows that.
    fn escape<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        let escaped = rest.chars().next()?;
        let mut rest = &rest[escaped.len_utf8()..];
        let mut digits = |count: usize| {
            let code = u32::from_str_radix(rest.get(..count).filter(|code| !code.starts_with('+'))?, 16).ok()?;
            rest = &rest[count..];
            char::from_u32(code)
        };
        let meant = match escaped {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{B}',
            'f' => '\u{C}',
            'r' => '\r',
            'e' => '\u{1B}',
            ' ' | '"' | '\'' | '/' | '\\' => escaped,
            'N' => '\u{85}',
            '_' => '\u{A0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' => digits(2)?,
            'u' => digits(4)?,
            'U' => digits(8)?,
            '\n' | '\r' => {
                // The line break itself is left out; those behind it are not.
                self.kept = self.text.len();
                rest = if escaped == '\r' { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
                if is_document_mark(rest) {
                    return None;
                }
                let behind = rest.trim_start_matches([' ', '\t']);
                return match behind.chars().next() {
                    Some(first @ ('\n' | '\r')) => self.fold_empty_lines(first, &behind[1..]),
                    _ => Some(behind),
                };
            }
            _ => return None,
        };
        self.text.push(meant);
        self.kept = self.text.len();
        Some(rest)
    }

    /// Folds the empty lines behind an escaped line break: each is one line break.
    fn fold_empty_lines<'a>(&mut self, first: char, rest: &'a str) -> Option<&'a str> {
        self.text.push('\n');
        let length = self.text.len();
        let rest = self.fold(first, rest)?;
        if self.text[length..] == *" " {
            self.text.truncate(length);
        }
        self.kept = self.text.len();
        Some(rest)
    }
}

/// Whether a line begins with what ends a document.
fn is_document_mark(line: &str) -> bool {
    let is_mark = line.starts_with("---") || line.starts_with("...");
    is_mark && line.as_bytes().get(3).is_none_or(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    /// The tree of `masked` as that of `text`, where `kind` was hidden at `range`.
    fn restored(text: &str, masked: &str, kind: SpotKind, range: Range<usize>) -> Option<Node<'static>> {
        restore(text, parse(masked).unwrap().unwrap(), &[Spot { kind, range }], 0)
    }

    #[test]
    fn a_mask_that_the_tree_does_not_confirm_gives_no_tree() {
        use SpotKind::{Colon, Comment, Dash, Indent, Quoted};
        for (text, masked, kind, range, is_confirmed) in [
            ("a: 'b\nc'\n", "a: 'xxx'\n", Quoted, 3..8, true),
            ("a: 'b' d\n", "a: 'b' \n", Quoted, 3..8, false),
            ("a: b\n", "a: b\n", Quoted, 9..12, false),
            ("a: \"b\n... c\"\n", "a: \"xxxxxxx\"\n", Quoted, 3..12, false),
            ("a: [-]\n", "a: [x]\n", Dash, 4..5, true),
            ("a: '-'\n", "a: 'x'\n", Dash, 4..5, false),
            ("a: [b:]\n", "a: [bx]\n", Colon, 5..6, true),
            ("a: [b\nc:]\n", "a: [b\ncx]\n", Colon, 7..8, false),
            ("a: [\n\tb]\n", "a: [\n b]\n", Indent, 5..6, true),
            ("a:\n\tb: c\n", "a:\n b: c\n", Indent, 3..4, false),
            ("a: [\"\n\tb\"]\n", "a: [\"\n b\"]\n", Indent, 6..7, false),
            ("a: [b]#c\n", "a: [b]  \n", Comment, 6..8, true),
            ("a: b#c\n", "a: b  \n", Comment, 4..6, false),
            ("a: \"b#c\"\n", "a: \"b  \"\n", Comment, 5..7, false),
            ("a: |#c\n  d\n", "a: |  \n  d\n", Comment, 4..6, true),
            ("a: |\n  d#c\n", "a: |\n  d  \n", Comment, 8..10, false),
        ] {
            assert_eq!(restored(text, masked, kind, range).is_some(), is_confirmed, "{text:?}");
        }
    }
}
