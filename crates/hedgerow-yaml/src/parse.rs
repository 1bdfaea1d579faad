//! Text to tree, by the event parser `granit-parser`; nobody else sees a parser type.
//!
//! The parser's ranges are exact for keys, plain and quoted scalars and flow brackets. Where they are not what an
//! editor needs they are mended here: block collections end with their last child, block scalars begin at their
//! header, values that are not written stand behind their colon. A cursor that runs behind the last token finds the
//! colons, dashes and question marks that events do not carry; it only ever moves forward, so all of this is linear.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser as granit;
use granit_parser::{Event, Span};

use crate::error::YamlError;
use crate::lines::{line_end, line_start, next_line, rest_is_blank, skip_blank_and_comments};
use crate::mask::mask;
use crate::restore::restore;
use crate::tree::{Anchor, CollectionStyle, Content, Element, Mapping, Node, Pair, Scalar, ScalarStyle, Sequence, Tag};

/// Parses a text that is one document; `None` when it holds nothing but comments.
///
/// Depth is limited to 255 block and 255 flow levels; aliases are neither followed nor required to exist.
///
/// ```
/// let node = hedgerow_yaml::parse("stage: audit # for now\n")?.expect("a document");
/// let stage = node.as_mapping().and_then(|mapping| mapping.get("stage")).expect("a value");
/// assert_eq!((stage.as_str(), stage.range()), (Some("audit"), 7..12));
/// # Ok::<(), hedgerow_yaml::YamlError>(())
/// ```
///
/// # Errors
/// [`YamlError`] when the text is not YAML, is nested too deeply, or holds a second document.
pub fn parse(text: &str) -> Result<Option<Node<'_>>, YamlError> {
    parse_piece(text, 0..text.len())
}

/// Parses one piece of a stream; the tree's ranges are in the stream's coordinates.
///
/// What the parser refuses and Kubernetes' reader takes is parsed behind a [mask](crate::mask).
pub(crate) fn parse_piece(stream: &str, piece: Range<usize>) -> Result<Option<Node<'_>>, YamlError> {
    let text = &stream[piece.clone()];
    parse_as_written(stream, piece.clone()).or_else(|error| {
        let behind_mask = || {
            let (masked, spots) = mask(text)?;
            let node = parse_as_written(&masked, 0..masked.len()).ok()??;
            restore(text, node, &spots, piece.start)
        };
        behind_mask().map(Some).ok_or(error)
    })
}

fn parse_as_written(stream: &str, piece: Range<usize>) -> Result<Option<Node<'_>>, YamlError> {
    let text = &stream[..piece.end];
    let base = parse_start(text, piece.start);
    let mut options = granit::Options::default();
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    // Whoever builds this beside a crate that wants comments (kube does) has the feature on.
    options.emit_comments = false;
    let parser = granit::Parser::new_from_str_with_options(&text[base..], options);
    let mut builder = Builder { text, base, parser, open: Vec::new() };
    let mut root = None;
    let mut documents = 0;
    while let Some((event, span)) = builder.next()? {
        if let Event::DocumentStart(explicit, _) = event {
            documents += 1;
            if documents > 1 {
                let message = match explicit {
                    true => "a second document begins here, where only one is read",
                    false => "a second document behind `...`, which Kubernetes does not read",
                };
                return Err(YamlError::new(builder.at(&span).start, message));
            }
            let node = builder.root()?;
            let unwritten = node.is_null() && node.whole_range().is_empty();
            root = (!unwritten).then_some(node);
        }
    }
    Ok(root)
}

/// Where the parser begins: a byte order mark is only legal at the start of its input, so one behind the separator
/// line moves the start behind that line.
fn parse_start(text: &str, start: usize) -> usize {
    if text[start..].starts_with("---") && rest_is_blank(text, start + 3) {
        let body = next_line(text, start);
        if text[body..].starts_with('\u{FEFF}') {
            return body;
        }
    }
    start
}

/// Builds a tree from events without recursion, so that depth costs no stack.
struct Builder<'t> {
    /// The stream up to the end of the piece, so that offsets need no conversion.
    text: &'t str,
    /// Where the parser's own offset 0 is.
    base: usize,
    parser: granit::Parser<'t, granit::StrInput<'t>>,
    /// The collections that are not closed yet, outermost first.
    open: Vec<Open<'t>>,
}

/// A collection that is not closed yet.
struct Open<'t> {
    anchor: Option<Anchor<'t>>,
    tag: Option<Tag>,
    style: CollectionStyle,
    /// Where it begins: the bracket, or the place of the first member.
    start: usize,
    /// Whether it is closed by a bracket of its own.
    bracket: bool,
    /// Behind the last token that belongs to a member.
    cursor: usize,
    members: Members<'t>,
}

enum Members<'t> {
    Pairs { pairs: Vec<Pair<'t>>, key: Option<Key<'t>> },
    Elements(Vec<Element<'t>>),
}

/// A key whose value is still to come.
struct Key<'t> {
    start: usize,
    node: Node<'t>,
    colon: Option<usize>,
}

/// Where the next node stands.
struct Next {
    /// Where its pair or element begins, if a `?` or a dash shows it.
    indicator: Option<usize>,
    /// Behind the token before it.
    cursor: usize,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, YamlError> {
        self.parser.next_event().transpose().map_err(|error| {
            let offset = self.base + error.marker().byte_offset().unwrap_or(0);
            YamlError::new(offset, error.info())
        })
    }

    fn expect_next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        let end = self.text.len();
        self.next()?.ok_or_else(|| YamlError::new(end, "the document ends too early"))
    }

    /// A parser span in the stream's coordinates.
    fn at(&self, span: &Span) -> Range<usize> {
        let range = span.byte_range().unwrap_or(0..0);
        self.base + range.start..self.base + range.end
    }

    /// Reads the root node of a document.
    fn root(&mut self) -> Result<Node<'t>, YamlError> {
        loop {
            let (event, span) = self.expect_next()?;
            let range = self.at(&span);
            let read = if matches!(event, Event::MappingEnd | Event::SequenceEnd) {
                self.close(range.end)
            } else {
                let next = self.next_place(range.start);
                match self.node(event, &span, &next)? {
                    Some(node) => Some((next, node)),
                    None => continue,
                }
            };
            let Some((next, node)) = read else { return Err(YamlError::new(range.start, "a node was expected")) };
            if let Some(root) = self.deliver(&next, node) {
                return Ok(root);
            }
        }
    }

    /// Where a node stands whose own token begins at `start`.
    fn next_place(&self, start: usize) -> Next {
        let Some(open) = self.open.last() else { return Next { indicator: None, cursor: start } };
        let (indicator, at) = match &open.members {
            Members::Pairs { key: Some(key), .. } => {
                let cursor = key.colon.map_or(key.node.range.end, |colon| colon + 1);
                return Next { indicator: None, cursor };
            }
            Members::Pairs { pairs, key: None } => (b'?', self.behind_comma(open, pairs.is_empty())),
            Members::Elements(elements) => (b'-', self.behind_comma(open, elements.is_empty())),
        };
        // A dash in flow style is text, and so is a question mark that the node itself begins with.
        let shown = (indicator == b'?' || open.style == CollectionStyle::Block) && self.is_indicator(at, indicator);
        if shown && (start > at || indicator == b'-') {
            Next { indicator: Some(at), cursor: at + 1 }
        } else {
            Next { indicator: None, cursor: if indicator == b'?' { open.cursor } else { at } }
        }
    }

    /// Reads the node that `event` begins; `None` when it is a collection that has yet to be closed.
    fn node(&mut self, event: Event<'t>, span: &Span, next: &Next) -> Result<Option<Node<'t>>, YamlError> {
        let tag = event.tag().zip(span.tag_span()).map(|(tag, tag_span)| Tag {
            name: format!("{}{}", tag.handle(), tag.suffix()),
            range: self.at(&tag_span),
        });
        let anchor = self.anchor(&event)?;
        let range = self.at(span);
        let (range, content) = match event {
            Event::Scalar(value, style, _, _) => self.scalar(value, style, range, next.cursor, tag.is_some()),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = self.text.get(range.start + 1..range.end).unwrap_or("");
                (range, Content::Alias(Cow::Borrowed(name)))
            }
            Event::MappingStart(style, _, _) => {
                let bracket = self.text[range.clone()].starts_with('{');
                let cursor = if bracket { range.end } else { range.start };
                let members = Members::Pairs { pairs: Vec::new(), key: None };
                let style = collection_style(style);
                self.open.push(Open { anchor, tag, style, start: range.start, bracket, cursor, members });
                return Ok(None);
            }
            Event::SequenceStart(style, _, _) => {
                let style = collection_style(style);
                let bracket = style == CollectionStyle::Flow;
                // In block style the parser's own start may be behind the first dash.
                let start = if bracket { range.start } else { self.skip_properties(next.cursor) };
                let cursor = if bracket { range.end } else { start };
                let members = Members::Elements(Vec::new());
                self.open.push(Open { anchor, tag, style, start, bracket, cursor, members });
                return Ok(None);
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::SequenceEnd
            | Event::MappingEnd
            | _ => return Err(YamlError::new(range.start, "a node was expected")),
        };
        // A value that is not written stands behind the token before it, or behind its own anchor and tag.
        let unwritten = range.is_empty() && anchor.is_none() && tag.is_none();
        let range = if unwritten { next.cursor..next.cursor } else { range };
        Ok(Some(Node { range, anchor, tag, content }))
    }

    /// Closes the innermost collection, whose last token ends at `end`.
    fn close(&mut self, end: usize) -> Option<(Next, Node<'t>)> {
        let Open { anchor, tag, style, start, bracket, cursor, members } = self.open.pop()?;
        let (first, content) = match members {
            Members::Pairs { pairs, .. } => {
                (pairs.first().map(|pair| pair.start), Content::Mapping(Mapping { style, pairs }))
            }
            Members::Elements(elements) => {
                (elements.first().map(|element| element.start), Content::Sequence(Sequence { style, elements }))
            }
        };
        let range = if bracket { start..end } else { first.unwrap_or(start)..cursor };
        let node = Node { range, anchor, tag, content };
        Some((self.next_place(node.whole_range().start), node))
    }

    /// Hands a whole node to the collection it belongs to, or back if it is the root.
    fn deliver(&mut self, next: &Next, node: Node<'t>) -> Option<Node<'t>> {
        let text = self.text;
        let Some(open) = self.open.last_mut() else { return Some(node) };
        let start = next.indicator.unwrap_or_else(|| node.whole_range().start);
        open.cursor = node.range.end;
        match &mut open.members {
            Members::Elements(elements) => elements.push(Element { start, node }),
            Members::Pairs { pairs, key } => match key.take() {
                Some(Key { start, node: key, colon }) => pairs.push(Pair { start, key, colon, value: node }),
                None => {
                    let found = skip_blank_and_comments(text, node.range.end);
                    let colon = text[found..].starts_with(':').then_some(found);
                    *key = Some(Key { start, node, colon });
                }
            },
        }
        None
    }

    /// Takes the anchor event, which follows the node that it names.
    fn anchor(&mut self, event: &Event<'t>) -> Result<Option<Anchor<'t>>, YamlError> {
        if event.anchor_id().is_none() {
            return Ok(None);
        }
        match self.expect_next()? {
            (Event::Anchor(_, name), span) => Ok(Some(Anchor { name, range: self.at(&span) })),
            (_, span) => Err(YamlError::new(self.at(&span).start, "an anchor was expected")),
        }
    }

    fn scalar(
        &self,
        value: Cow<'t, str>,
        style: granit::ScalarStyle,
        range: Range<usize>,
        cursor: usize,
        tagged: bool,
    ) -> (Range<usize>, Content<'t>) {
        let style = match style {
            granit::ScalarStyle::Plain => ScalarStyle::Plain,
            granit::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
            granit::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
            granit::ScalarStyle::Literal => ScalarStyle::Literal,
            granit::ScalarStyle::Folded => ScalarStyle::Folded,
        };
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let range = if block { self.block_scalar_range(cursor, range) } else { range };
        let unwritten = range.is_empty() && !tagged;
        let value = if unwritten { Cow::Borrowed("") } else { value };
        (range, Content::Scalar(Scalar { value, style }))
    }

    /// From the `|` or `>` to the end of the last line that is not blank, without its line break.
    fn block_scalar_range(&self, cursor: usize, content: Range<usize>) -> Range<usize> {
        let header = self.skip_properties(cursor);
        // Where there are no lines, the parser's range may be what stands behind the header.
        let first = content.start.max(next_line(self.text, header));
        let written = self.text[first..content.end.max(first)].trim_end_matches([' ', '\t', '\n', '\r']).len();
        if written == 0 {
            return header..self.header_end(header);
        }
        header..line_end(self.text, first + written)
    }

    /// First offset at or after `cursor` that belongs to neither blanks, comments, anchors nor tags.
    fn skip_properties(&self, cursor: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = skip_blank_and_comments(self.text, cursor);
        while matches!(bytes.get(at), Some(b'&' | b'!')) {
            let word = bytes[at..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            at = skip_blank_and_comments(self.text, at + word);
        }
        at
    }

    /// Behind the indicators of a block scalar header such as `|2-`.
    fn header_end(&self, header: usize) -> usize {
        let bytes = &self.text.as_bytes()[header..];
        header + bytes.iter().take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9')).count()
    }

    /// First offset that may begin the next member: behind the comma in flow style.
    fn behind_comma(&self, open: &Open<'t>, first: bool) -> usize {
        let at = skip_blank_and_comments(self.text, open.cursor);
        if open.style == CollectionStyle::Flow && !first && self.text[at..].starts_with(',') {
            return skip_blank_and_comments(self.text, at + 1);
        }
        at
    }

    /// Whether `indicator` followed by white space stands at `at`.
    fn is_indicator(&self, at: usize, indicator: u8) -> bool {
        let bytes = self.text.as_bytes();
        bytes.get(at) == Some(&indicator) && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
    }
}

fn collection_style(style: granit::StructureStyle) -> CollectionStyle {
    match style {
        granit::StructureStyle::Block => CollectionStyle::Block,
        granit::StructureStyle::Flow => CollectionStyle::Flow,
    }
}

/// The column of `at`, in bytes, where a byte order mark counts for nothing.
pub(crate) fn column(text: &str, at: usize) -> usize {
    let line = &text[line_start(text, at)..at];
    line.strip_prefix('\u{FEFF}').unwrap_or(line).len()
}
