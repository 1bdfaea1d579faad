//! Sites: what stands where a route leads, and how a map there could be edited.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::tree::{CollectionStyle, ScalarStyle};

/// What stands where a route leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Site<'t> {
    /// The route ends early: some key on the way is absent, or a value on the way is null.
    Missing(Gap),
    /// The place is there and null: not written, `~` or `null`.
    Null(Gap),
    /// A scalar.
    Scalar(ScalarSite<'t>),
    /// A mapping, where the question was for one.
    Map(MapSite<'t>),
    /// A sequence, where the question was for one.
    Seq(SeqSite),
    /// Anything, where the question was for the range alone; or a mapping or sequence where it was for a scalar.
    Node(Range<usize>),
    /// Something is in the way that cannot be read or edited without guessing.
    Refused(Obstacle),
}

/// A place where a map is not there yet, and how it would be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// Keys to create below the innermost container that exists; empty when a null is to be replaced.
    pub(crate) missing: Vec<String>,
    /// Where to write, or why not.
    pub(crate) opening: Result<Opening, Obstacle>,
}

/// A scalar that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalarSite<'t> {
    /// The value with quotes and escapes undone; an alias to a scalar gives that scalar's value.
    pub value: Cow<'t, str>,
    /// How it is written; plain scalars may mean a number, a boolean or null.
    pub style: ScalarStyle,
    /// Where it stands; for an alias, where the alias stands.
    pub range: Range<usize>,
}

/// A mapping that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct MapSite<'t> {
    /// The pairs as written, duplicates included.
    pub pairs: Vec<MapPair<'t>>,
    /// Block or flow.
    pub style: CollectionStyle,
    /// Where the mapping stands.
    pub range: Range<usize>,
    /// Behind the colon or the dash that the mapping belongs to; `None` at the root.
    pub(crate) header: Option<usize>,
    /// Where to add keys, or why the mapping must not be edited.
    pub(crate) opening: Result<Opening, Obstacle>,
}

/// A pair of a mapping that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct MapPair<'t> {
    /// The key's text.
    pub key: Cow<'t, str>,
    /// Where the key stands.
    pub key_range: Range<usize>,
    /// The value's text, if it is a scalar or an alias to one.
    pub value: Option<Cow<'t, str>>,
    /// How the value is written, or the scalar that its alias names.
    pub value_style: Option<ScalarStyle>,
    /// Where the value stands with its tag; of zero width behind the colon when nothing is written.
    pub value_range: Range<usize>,
    /// From the key, or its `?`, to the end of the value.
    pub range: Range<usize>,
    /// Whether a colon stands between key and value.
    pub(crate) colon: bool,
    /// Why the value must not be replaced or removed.
    pub(crate) obstacle: Option<Obstacle>,
}

/// A sequence that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeqSite {
    /// The elements as written.
    pub elements: Vec<SeqElement>,
    /// Block or flow.
    pub style: CollectionStyle,
    /// Where the sequence stands.
    pub range: Range<usize>,
    /// Behind the colon or the dash that the sequence belongs to; `None` at the root.
    pub(crate) header: Option<usize>,
    /// Why the sequence must not be edited.
    pub(crate) obstacle: Option<Obstacle>,
}

/// An element of a sequence that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeqElement {
    /// From its dash, or its first byte in flow style, to its last byte.
    pub range: Range<usize>,
    /// The element without its dash.
    pub value_range: Range<usize>,
    /// Whether its last line belongs to a block scalar.
    pub(crate) ends_in_block_scalar: bool,
    /// Why the element must not be replaced or removed: it holds an anchor that others may use.
    pub(crate) obstacle: Option<Obstacle>,
}

/// Why a place cannot be read or edited without guessing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub reason: Reason,
    /// Where it stands.
    pub range: Range<usize>,
}

/// What an [`Obstacle`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// `*name` stands for a node that others share.
    Alias,
    /// `&name` lets others share the node, and an edit would reach them.
    Anchor,
    /// `<<` brings keys in from elsewhere.
    MergeKey,
    /// An explicit `!tag` may change what the node is.
    Tag,
    /// A key that is not a plain text: an alias, tagged, or a collection.
    OddKey,
    /// `? key` stands where a line would have to be inserted.
    ExplicitKey,
    /// A mapping was expected.
    NotAMapping,
    /// A sequence was expected.
    NotASequence,
    /// A scalar was expected.
    NotAScalar,
    /// The document holds nothing that could be added to.
    EmptyDocument,
    /// U+0085, U+2028 or U+2029 outside quotes: a line break for Kubernetes, text for YAML 1.2.
    LineBreak,
    /// A layout in which no place for a new line can be told.
    Layout,
}

impl Reason {
    /// A noun phrase for messages: "`… cannot be edited: {phrase}`".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Alias => "an alias stands in its place",
            Self::Anchor => "an anchor shares it with other places",
            Self::MergeKey => "a merge key `<<` brings in keys from elsewhere",
            Self::Tag => "an explicit tag may change its type",
            Self::OddKey => "a key that is not plain text stands beside it",
            Self::ExplicitKey => "an explicit key `?` stands in its place",
            Self::NotAMapping => "it is not a mapping",
            Self::NotASequence => "it is not a sequence",
            Self::NotAScalar => "it is not a single value",
            Self::EmptyDocument => "the document is empty",
            Self::LineBreak => "a character that only some readers take for a line break",
            Self::Layout => "its layout leaves no place for a new line",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.reason.phrase(), self.range.start)
    }
}

impl std::error::Error for Obstacle {}

/// A structural key that stands more than once in one mapping on the way of a route. The last one was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key's text.
    pub key: String,
    /// Where the one stands that does not count.
    pub ignored: Range<usize>,
    /// Where the last one stands, which counts.
    pub counted: Range<usize>,
}

/// Where and in which notation keys can be added to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Whole lines at the start of a line, above the first key.
    Lines {
        /// Start of the line to push down.
        at: usize,
        /// Column of the keys.
        column: usize,
    },
    /// At the first key, which shares its line with a dash or a byte order mark.
    Inline {
        /// Start of the first key.
        at: usize,
        /// Column of the keys.
        column: usize,
    },
    /// Whole lines below a key without a value.
    Below {
        /// End of the key's line, before the line break.
        at: usize,
        /// Column for the new keys.
        column: usize,
    },
    /// Inside the braces of a flow mapping.
    Flow {
        /// Behind the brace, or at the first key.
        at: usize,
        /// Whether other pairs follow, and how: on a line of their own or not.
        before: FlowBefore,
    },
    /// In place of a null, as a whole flow mapping.
    Whole {
        /// The null; of zero width when it is not written.
        at: Range<usize>,
        /// What must stand before the mapping: a colon, a blank.
        lead: &'static str,
    },
}

/// What stands behind the place of insertion in a flow mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowBefore {
    /// The closing brace.
    Brace,
    /// Another pair on the same line.
    Pair,
    /// Another pair, which begins its line.
    PairOnOwnLine,
}

impl Site<'_> {
    /// The text of a scalar.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Scalar(scalar) => Some(&scalar.value),
            Self::Missing(_) | Self::Null(_) | Self::Map(_) | Self::Seq(_) | Self::Node(_) | Self::Refused(_) => None,
        }
    }

    /// Why the place cannot be edited as the map or sequence that was asked for; `None` when it can.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::Missing(gap) | Self::Null(gap) => gap.opening.clone().err(),
            Self::Map(map) => map.opening.clone().err(),
            Self::Seq(seq) => seq.obstacle.clone(),
            Self::Scalar(scalar) => Some(Obstacle { reason: Reason::NotAMapping, range: scalar.range.clone() }),
            Self::Node(range) => Some(Obstacle { reason: Reason::NotAMapping, range: range.clone() }),
            Self::Refused(obstacle) => Some(obstacle.clone()),
        }
    }
}

impl MapSite<'_> {
    /// The last pair with this key, which is the one that counts for Kubernetes.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&MapPair<'_>> {
        self.pairs.iter().rev().find(|pair| pair.key == key)
    }
}

impl MapPair<'_> {
    /// Whether every reader takes the value for this string, as it is written now.
    #[must_use]
    pub fn is_string(&self, text: &str) -> bool {
        self.value.as_deref() == Some(text)
            && (self.value_style != Some(ScalarStyle::Plain) || crate::quote::is_plain_string(text))
    }

    /// Whether the value itself is written as a block scalar.
    pub(crate) fn is_block_scalar(&self) -> bool {
        matches!(self.value_style, Some(ScalarStyle::Literal | ScalarStyle::Folded))
    }
}
