//! A document and the questions that can be asked of it: the seam between callers and the ways to find an answer.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use crate::anchors::Anchors;
use crate::answers::Sites;
use crate::elements::{self, Lines};
use crate::error::YamlError;
use crate::fast;
use crate::follow::follow_by;
use crate::parse::parse_piece;
use crate::route::{Route, RouteId, RouteSet, Step};
use crate::site::{Duplicate, Site};
use crate::skeleton::Skeleton;
use crate::split::Piece;
use crate::tree::Node;
use crate::walk::{self, Place};

/// One document of a stream. Nothing is read before the first question, and nothing is read twice.
#[derive(Debug)]
pub struct Document<'t> {
    stream: &'t str,
    range: Range<usize>,
    /// `None` when the fast path cannot begin.
    skeleton: OnceCell<Option<Skeleton>>,
    tree: OnceCell<Result<Option<Node<'t>>, YamlError>>,
}

/// The answers to the questions of one [`RouteSet`].
#[derive(Debug, Clone, PartialEq)]
pub struct Outline<'t> {
    pub(crate) sites: Vec<Sites<'t>>,
    pub(crate) duplicates: Vec<Duplicate>,
}

impl<'t> Document<'t> {
    /// A text that is one document.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self::at(text, 0..text.len())
    }

    /// A piece of a stream, cut by [`split`](crate::split()); all answers are in the stream's coordinates.
    #[must_use]
    pub fn of_piece(stream: &'t str, piece: &Piece) -> Self {
        Self::at(stream, piece.range.clone())
    }

    fn at(stream: &'t str, range: Range<usize>) -> Self {
        Self { stream, range, skeleton: OnceCell::new(), tree: OnceCell::new() }
    }

    /// Where the document stands in its stream.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The whole tree; `None` for a document of comments alone.
    ///
    /// # Errors
    /// [`YamlError`] when the document is not YAML.
    pub fn tree(&self) -> Result<Option<&Node<'t>>, YamlError> {
        let tree = self.tree.get_or_init(|| parse_piece(self.stream, self.range.clone()));
        tree.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Answers the questions of a set, by the fastest way that can.
    ///
    /// # Errors
    /// [`YamlError`] when the document is not YAML. Not every document that is not YAML is found out: only
    /// [`Document::tree`] reads all of it.
    pub fn outline(&self, routes: &RouteSet) -> Result<Outline<'t>, YamlError> {
        if self.tree.get().is_none() {
            let skeleton = self.skeleton.get_or_init(|| Skeleton::of(self.stream, &self.range));
            let fast = |skeleton| fast::outline(self.stream, &self.range, skeleton, routes).ok();
            if let Some(outline) = skeleton.as_ref().and_then(fast) {
                return Ok(outline);
            }
        }
        self.outline_fully(routes)
    }

    /// Answers the questions of a set from the whole tree: what [`Document::outline`] is held to.
    ///
    /// # Errors
    /// [`YamlError`] when the document is not YAML.
    pub fn outline_fully(&self, routes: &RouteSet) -> Result<Outline<'t>, YamlError> {
        Ok(walk::outline(self.stream, &self.range, self.tree()?, routes))
    }

    /// Whether some question has needed the whole tree.
    #[must_use]
    pub fn is_parsed(&self) -> bool {
        self.tree.get().is_some()
    }

    /// The nodes that a route leads to, each to be asked on its own: the objects of a `List`, for instance.
    ///
    /// # Errors
    /// [`YamlError`] when the document is not YAML.
    pub fn parts(&self, route: &Route) -> Result<Vec<Part<'_, 't>>, YamlError> {
        if self.tree.get().is_none()
            && let [Step::Key(key), Step::EachElement] = route.steps()
            && let Some(skeleton) = self.skeleton.get_or_init(|| Skeleton::of(self.stream, &self.range))
            && let Ok(elements) = elements::of_document(self.stream, &self.range, skeleton, key)
        {
            return Ok(elements.into_iter().map(|lines| Part::of_lines(self.stream, lines)).collect());
        }
        Ok(walk::parts(self.stream, &self.range, self.tree()?, route))
    }
}

impl<'t> Outline<'t> {
    /// What stands where a question leads: one site, or as many as `[]` and `*` find.
    ///
    /// # Panics
    /// If the question belongs to another set.
    #[must_use]
    pub fn sites(&self, id: RouteId) -> &[Site<'t>] {
        self.sites[id.0].as_slice()
    }

    /// What stands where a question without `[]` and `*` leads.
    ///
    /// # Panics
    /// If the question belongs to another set.
    #[must_use]
    pub fn site(&self, id: RouteId) -> Option<&Site<'t>> {
        self.sites(id).first()
    }

    /// All sites, question by question.
    pub fn all_sites(&self) -> impl Iterator<Item = &Site<'t>> {
        self.sites.iter().flat_map(Sites::as_slice)
    }

    /// Structural keys that stand more than once on the way, in the order of the text.
    #[must_use]
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }
}

/// A node inside a document that is asked like a document of its own.
#[derive(Debug, Clone)]
pub struct Part<'d, 't>(Body<'d, 't>);

#[derive(Debug, Clone)]
enum Body<'d, 't> {
    Node(NodePart<'d, 't>),
    Lines(LinesPart<'t>),
}

/// A node of a tree.
#[derive(Debug, Clone)]
pub(crate) struct NodePart<'d, 't> {
    pub(crate) stream: &'t str,
    /// A line break in the document that only some readers know.
    pub(crate) line_break: Option<Range<usize>>,
    /// The anchors of the document, which aliases in a part may name.
    pub(crate) anchors: Arc<Anchors<'d, 't>>,
    pub(crate) node: &'d Node<'t>,
    pub(crate) place: Place,
}

/// An element of a block sequence that was found without a parser.
#[derive(Debug, Clone)]
struct LinesPart<'t> {
    stream: &'t str,
    lines: Lines,
    /// A sequence with this one element.
    tree: OnceCell<Result<Option<Node<'t>>, YamlError>>,
}

impl<'d, 't> Part<'d, 't> {
    pub(crate) const fn of_node(part: NodePart<'d, 't>) -> Self {
        Self(Body::Node(part))
    }

    const fn of_lines(stream: &'t str, lines: Lines) -> Self {
        Self(Body::Lines(LinesPart { stream, lines, tree: OnceCell::new() }))
    }

    /// The node itself.
    ///
    /// # Errors
    /// [`YamlError`] when it is not YAML: a part may have been found without a look at all of it.
    pub fn node(&self) -> Result<&Node<'t>, YamlError> {
        match &self.0 {
            Body::Node(part) => Ok(part.node),
            Body::Lines(part) => Ok(part.element()?.1),
        }
    }

    /// The node with what its aliases and merge keys stand for, wherever in the document that is written; see [`follow`](crate::follow).
    ///
    /// Nothing where an alias leads nowhere, the copy would grow without bound, or the part is not YAML.
    #[must_use]
    pub fn followed(&self) -> Option<Node<'t>> {
        match &self.0 {
            Body::Node(part) => follow_by(&part.anchors, part.node),
            // What was found by its lines is of a list without anchors.
            Body::Lines(part) => Some(part.element().ok()?.1.clone()),
        }
    }

    /// Where the part begins.
    #[must_use]
    pub fn start(&self) -> usize {
        match &self.0 {
            Body::Node(part) => part.node.range.start,
            Body::Lines(part) => part.lines.first.unwrap_or(part.lines.dash),
        }
    }

    /// Where the part stands, maybe with comments and blank lines behind it.
    #[must_use]
    pub fn extent(&self) -> Range<usize> {
        match &self.0 {
            Body::Node(part) => part.node.range(),
            Body::Lines(part) => self.start()..part.lines.range.end,
        }
    }

    /// Answers the questions of a set, with routes that begin at this node.
    ///
    /// # Errors
    /// [`YamlError`] when the part is not YAML.
    pub fn outline(&self, routes: &RouteSet) -> Result<Outline<'t>, YamlError> {
        match &self.0 {
            Body::Node(part) => Ok(walk::outline_of_part(part, routes)),
            Body::Lines(part) => part.outline(routes),
        }
    }

    /// The nodes that a route leads to from this node.
    ///
    /// # Errors
    /// [`YamlError`] when the part is not YAML.
    pub fn parts(&self, route: &Route) -> Result<Vec<Part<'_, 't>>, YamlError> {
        match &self.0 {
            Body::Node(part) => Ok(walk::parts_of_part(part, route)),
            Body::Lines(part) => part.parts(route),
        }
    }
}

impl<'t> LinesPart<'t> {
    /// The sequence that the element's lines are when they are read alone, and the element's node.
    fn element(&self) -> Result<(&Node<'t>, &Node<'t>), YamlError> {
        let tree = self.tree.get_or_init(|| parse_piece(self.stream, self.lines.range.clone()));
        let root = tree.as_ref().map_err(Clone::clone)?.as_ref();
        let elements = root.and_then(Node::as_sequence).map(|sequence| sequence.elements.as_slice());
        match (root, elements) {
            (Some(root), Some([only])) => Ok((root, &only.node)),
            _ => Err(YamlError::new(self.lines.dash, "an element of a sequence was expected")),
        }
    }

    fn outline(&self, routes: &RouteSet) -> Result<Outline<'t>, YamlError> {
        if self.tree.get().is_none()
            && let Ok(outline) = fast::outline_of_element(self.stream, &self.lines, routes)
        {
            return Ok(outline);
        }
        Ok(walk::outline_of_part(&self.in_tree()?, routes))
    }

    fn parts(&self, route: &Route) -> Result<Vec<Part<'_, 't>>, YamlError> {
        if self.tree.get().is_none()
            && let [Step::Key(key), Step::EachElement] = route.steps()
            && let Ok(elements) = elements::of_element(self.stream, &self.lines, key)
        {
            return Ok(elements.into_iter().map(|lines| Part::of_lines(self.stream, lines)).collect());
        }
        Ok(walk::parts_of_part(&self.in_tree()?, route))
    }

    /// The element as a node of a tree. Documents whose elements are found by their lines have no anchors and no line
    /// breaks that only some readers know.
    fn in_tree(&self) -> Result<NodePart<'_, 't>, YamlError> {
        let (root, node) = self.element()?;
        let place = Place::of_block_element(self.lines.dash);
        let anchors = Arc::new(Anchors::of(root));
        Ok(NodePart { stream: self.stream, line_break: None, anchors, node, place })
    }
}
