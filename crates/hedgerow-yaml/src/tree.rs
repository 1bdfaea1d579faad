//! The lossless tree of one document: every node with its byte range, every key in its place.
//!
//! The tree is read only and borrows from the text. Ranges are in the coordinates of the stream that the document
//! was taken from, so that they can be spliced or shown without conversion. Nothing is resolved: aliases are not
//! followed, merge keys are plain pairs, duplicate keys stand side by side.

use std::borrow::Cow;
use std::ops::Range;

/// A node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    pub(crate) range: Range<usize>,
    pub(crate) anchor: Option<Anchor<'t>>,
    pub(crate) tag: Option<Tag>,
    pub(crate) content: Content<'t>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'t> {
    /// Text in one of the five notations.
    Scalar(Scalar<'t>),
    /// Keys with values.
    Mapping(Mapping<'t>),
    /// Nodes in order.
    Sequence(Sequence<'t>),
    /// `*name`, not followed.
    Alias(Cow<'t, str>),
}

/// A name given to a node by `&name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor<'t> {
    /// The name without `&`.
    pub name: Cow<'t, str>,
    /// Where `&name` stands.
    pub range: Range<usize>,
}

/// A type given to a node by `!tag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The tag with its handle resolved, such as `tag:yaml.org,2002:str`.
    pub name: String,
    /// Where the tag stands.
    pub range: Range<usize>,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes: the only style that may mean a number, a boolean or null.
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// How a mapping or a sequence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionStyle {
    /// By indentation.
    Block,
    /// Within `{}` or `[]`, as in JSON.
    Flow,
}

/// The text of a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar<'t> {
    /// The value with quotes, escapes and folding undone; empty for a value that is not written at all.
    pub value: Cow<'t, str>,
    /// How it is written.
    pub style: ScalarStyle,
}

/// A mapping with its pairs in the order of the text, duplicates included.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping<'t> {
    /// Block or flow.
    pub style: CollectionStyle,
    /// The pairs as written.
    pub pairs: Vec<Pair<'t>>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair<'t> {
    /// Where the pair begins: at `?` for an explicit key, else at the key or its anchor or tag.
    pub start: usize,
    /// The key.
    pub key: Node<'t>,
    /// Offset of the colon; `None` for a key alone, as in `{key}`.
    pub colon: Option<usize>,
    /// The value; null and of zero width right behind the colon when nothing is written.
    pub value: Node<'t>,
}

/// A sequence with its elements in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence<'t> {
    /// Block or flow.
    pub style: CollectionStyle,
    /// The elements as written.
    pub elements: Vec<Element<'t>>,
}

/// An element of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Element<'t> {
    /// Where the element begins: at its dash in block style, else at the node or its anchor or tag.
    pub start: usize,
    /// The element itself.
    pub node: Node<'t>,
}

impl<'t> Node<'t> {
    /// Where the node stands, from its first to its last byte, without anchor and tag.
    ///
    /// A block collection ends with its last child, before any comment behind it. A block scalar begins at its `|`
    /// or `>` and ends with its last line that is not blank, before the line break.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Where the node stands with its anchor and tag.
    #[must_use]
    pub fn whole_range(&self) -> Range<usize> {
        let anchor = self.anchor.as_ref().map_or(self.range.start, |anchor| anchor.range.start);
        let tag = self.tag.as_ref().map_or(self.range.start, |tag| tag.range.start);
        self.range.start.min(anchor).min(tag)..self.range.end
    }

    /// The anchor that names the node.
    #[must_use]
    pub fn anchor(&self) -> Option<&Anchor<'t>> {
        self.anchor.as_ref()
    }

    /// The explicit tag of the node.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// What the node is.
    #[must_use]
    pub fn content(&self) -> &Content<'t> {
        &self.content
    }

    /// The scalar, whatever its style.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar<'t>> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::Mapping(_) | Content::Sequence(_) | Content::Alias(_) => None,
        }
    }

    /// The text of a scalar, whatever its style: `true` and `"true"` both give `true`.
    ///
    /// Ask [`Scalar::is_string`] where the difference counts.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.value.as_ref())
    }

    /// The mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping<'t>> {
        match &self.content {
            Content::Mapping(mapping) => Some(mapping),
            Content::Scalar(_) | Content::Sequence(_) | Content::Alias(_) => None,
        }
    }

    /// The sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&Sequence<'t>> {
        match &self.content {
            Content::Sequence(sequence) => Some(sequence),
            Content::Scalar(_) | Content::Mapping(_) | Content::Alias(_) => None,
        }
    }

    /// Whether the node is null: not written, `~` or `null`, without a tag.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.tag.is_none() && self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// What the node is, for a message: `a mapping`, `a string`, `null` and so on.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match &self.content {
            Content::Mapping(_) => "a mapping",
            Content::Sequence(_) => "a sequence",
            Content::Alias(_) => "an alias",
            Content::Scalar(scalar) => scalar.noun(),
        }
    }

    /// Calls `see` for this node and every node in it, parents before children, in the order of the text.
    pub(crate) fn each_node<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match &self.content {
            Content::Mapping(mapping) => {
                for pair in &mapping.pairs {
                    pair.key.each_node(see);
                    pair.value.each_node(see);
                }
            }
            Content::Sequence(sequence) => {
                for element in &sequence.elements {
                    element.node.each_node(see);
                }
            }
            Content::Scalar(_) | Content::Alias(_) => {}
        }
    }
}

impl<'t> Mapping<'t> {
    /// The value of the last pair with this key, which is the one that counts for Kubernetes.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.pairs.iter().rev().find(|pair| pair.key.as_str() == Some(key)).map(|pair| &pair.value)
    }
}

impl Pair<'_> {
    /// From the start of the key to the end of the value, or of the colon when no value is written.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.value.range.end
    }

    /// Whether the key is introduced by `?`.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.start < self.key.whole_range().start
    }

    /// Whether this is the merge key `<<` of YAML 1.1, which Kubernetes applies.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        let named = self.key.as_scalar().is_some_and(|key| key.value == "<<");
        let plain = self.key.as_scalar().is_some_and(|key| key.style == ScalarStyle::Plain);
        named && (plain || self.key.tag.is_some())
    }
}

impl Scalar<'_> {
    /// Whether it is null: plain and not written, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.style == ScalarStyle::Plain && matches!(self.value.as_ref(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The boolean, if it is plain and one in YAML 1.1 and 1.2 alike: `true` and `false` in three cases each.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match (self.style, self.value.as_ref()) {
            (ScalarStyle::Plain, "true" | "True" | "TRUE") => Some(true),
            (ScalarStyle::Plain, "false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }

    /// The integer, if it is plain and a decimal one in YAML 1.1 and 1.2 alike: no leading zero, no `_`.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if self.style != ScalarStyle::Plain {
            return None;
        }
        let digits = self.value.strip_prefix('-').unwrap_or(&self.value);
        let decimal = digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
        if decimal { self.value.parse().ok() } else { None }
    }

    /// Whether every reader of YAML 1.1 or 1.2 takes it for a string: it is not plain, or plain beyond doubt.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.style != ScalarStyle::Plain || crate::quote::is_plain_string(&self.value)
    }

    fn noun(&self) -> &'static str {
        if self.is_null() {
            "null"
        } else if self.as_bool().is_some() {
            "a boolean"
        } else if self.as_int().is_some() {
            "a number"
        } else {
            "a string"
        }
    }
}
