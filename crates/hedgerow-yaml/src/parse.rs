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
pub(crate) fn parse_piece(stream: &str, piece: Range<usize>) -> Result<Option<Node<'_>>, YamlError> {
    let text = &stream[..piece.end];
    let base = parse_start(text, piece.start);
    let mut options = granit::Options::default();
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    let mut builder = Builder { text, base, parser: granit::Parser::new_from_str_with_options(&text[base..], options) };
    let mut root = None;
    let mut documents = 0;
    while let Some((event, span)) = builder.next()? {
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                let message = "a second document behind `...`, which Kubernetes does not read";
                return Err(YamlError::new(builder.at(&span).start, message));
            }
            root = root_node(&mut builder)?;
        }
    }
    Ok(root)
}

/// Reads the root node; a document that holds none counts as absent.
fn root_node<'t>(builder: &mut Builder<'t>) -> Result<Option<Node<'t>>, YamlError> {
    let (event, span) = builder.expect_next()?;
    let start = builder.at(&span).start;
    let node = builder.node(event, &span, start)?;
    let unwritten = node.is_null() && node.whole_range().is_empty();
    Ok((!unwritten).then_some(node))
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

struct Builder<'t> {
    /// The stream up to the end of the piece, so that offsets need no conversion.
    text: &'t str,
    /// Where the parser's own offset 0 is.
    base: usize,
    parser: granit::Parser<'t, granit::StrInput<'t>>,
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

    /// Reads the node that `event` begins; `cursor` is behind the token before it.
    fn node(&mut self, event: Event<'t>, span: &Span, cursor: usize) -> Result<Node<'t>, YamlError> {
        let tag = event.tag().zip(span.tag_span()).map(|(tag, tag_span)| Tag {
            name: format!("{}{}", tag.handle(), tag.suffix()),
            range: self.at(&tag_span),
        });
        let anchor = self.anchor(&event)?;
        let range = self.at(span);
        let (range, content) = match event {
            Event::Scalar(value, style, _, _) => self.scalar(value, style, range, cursor, tag.is_some()),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = self.text.get(range.start + 1..range.end).unwrap_or("");
                (range, Content::Alias(Cow::Borrowed(name)))
            }
            Event::MappingStart(style, _, _) => self.mapping(collection_style(style), range)?,
            Event::SequenceStart(style, _, _) => self.sequence(collection_style(style), range)?,
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
        let range = if range.is_empty() && anchor.is_none() && tag.is_none() { cursor..cursor } else { range };
        Ok(Node { range, anchor, tag, content })
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
        let bytes = self.text.as_bytes();
        let mut header = skip_blank_and_comments(self.text, cursor);
        while matches!(bytes.get(header), Some(b'&' | b'!')) {
            let word = bytes[header..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            header = skip_blank_and_comments(self.text, header + word);
        }
        let written = self.text[content.clone()].trim_end_matches([' ', '\t', '\n', '\r']).len();
        if written == 0 {
            return header..self.header_end(header);
        }
        header..line_end(self.text, content.start + written)
    }

    /// Behind the indicators of a block scalar header such as `|2-`.
    fn header_end(&self, header: usize) -> usize {
        let bytes = &self.text.as_bytes()[header..];
        header + bytes.iter().take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9')).count()
    }

    fn mapping(
        &mut self,
        style: CollectionStyle,
        opening: Range<usize>,
    ) -> Result<(Range<usize>, Content<'t>), YamlError> {
        let braces = self.text[opening.clone()].starts_with('{');
        let mut cursor = if braces { opening.end } else { opening.start };
        let mut pairs: Vec<Pair<'t>> = Vec::new();
        loop {
            let (event, span) = self.expect_next()?;
            if matches!(event, Event::MappingEnd) {
                let start = pairs.first().map_or(opening.start, |pair| pair.start);
                let closing = if braces { opening.start..self.at(&span).end } else { start..cursor };
                return Ok((closing, Content::Mapping(Mapping { style, pairs })));
            }
            let question = self.behind_comma(cursor, style, pairs.is_empty());
            let explicit = self.is_indicator(question, b'?') && self.at(&span).start > question;
            let key = self.node(event, &span, if explicit { question + 1 } else { cursor })?;
            let start = if explicit { question } else { key.whole_range().start };
            let found = skip_blank_and_comments(self.text, key.range.end);
            let colon = self.text[found..].starts_with(':').then_some(found);
            let (event, span) = self.expect_next()?;
            let value = self.node(event, &span, colon.map_or(key.range.end, |colon| colon + 1))?;
            cursor = value.range.end;
            pairs.push(Pair { start, key, colon, value });
        }
    }

    fn sequence(
        &mut self,
        style: CollectionStyle,
        opening: Range<usize>,
    ) -> Result<(Range<usize>, Content<'t>), YamlError> {
        let mut cursor = if style == CollectionStyle::Flow { opening.end } else { opening.start };
        let mut elements: Vec<Element<'t>> = Vec::new();
        loop {
            let (event, span) = self.expect_next()?;
            if matches!(event, Event::SequenceEnd) {
                let start = elements.first().map_or(opening.start, |element| element.start);
                let range = match style {
                    CollectionStyle::Flow => opening.start..self.at(&span).end,
                    CollectionStyle::Block => start..cursor,
                };
                return Ok((range, Content::Sequence(Sequence { style, elements })));
            }
            let dash = self.behind_comma(cursor, style, elements.is_empty());
            let dashed = style == CollectionStyle::Block && self.is_indicator(dash, b'-');
            let node = self.node(event, &span, if dashed { dash + 1 } else { dash })?;
            cursor = node.range.end;
            let start = if dashed { dash } else { node.whole_range().start };
            elements.push(Element { start, node });
        }
    }

    /// First offset behind `cursor` that may begin a key or an element: behind the comma in flow style.
    fn behind_comma(&self, cursor: usize, style: CollectionStyle, first: bool) -> usize {
        let at = skip_blank_and_comments(self.text, cursor);
        if style == CollectionStyle::Flow && !first && self.text[at..].starts_with(',') {
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
