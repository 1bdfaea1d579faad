//! The general path: routes are followed through the tree of a document.
//!
//! This is the definition of every answer. Whoever answers in another way must give what is given here.

use std::ops::Range;
use std::sync::Arc;

use crate::anchors::Anchors;
use crate::answers::Answers;
use crate::document::{NodePart, Outline, Part};
use crate::opening::{opening_at_null, opening_in_mapping};
use crate::route::{Fork, Route, RouteSet, Step, Want};
use crate::site::{Duplicate, Gap, MapPair, MapSite, Obstacle, Reason, ScalarSite, SeqElement, SeqSite, Site};
use crate::skeleton::has_foreign_line_break;
use crate::tree::{CollectionStyle, Content, Element, Mapping, Node, Pair, Scalar, ScalarStyle};

/// How a node is reached: what an edit at the node must know of its surroundings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// Behind the colon or dash that the node belongs to; `None` at the root.
    pub(crate) header: Option<usize>,
    /// Start of the pair whose value the node is.
    pub(crate) pair: Option<usize>,
    /// Whether the node stands in a flow collection.
    pub(crate) in_flow: bool,
    /// Whether the pair's key is introduced by `?`.
    pub(crate) explicit: bool,
    /// Whether the pair lacks its colon.
    pub(crate) no_colon: bool,
    /// What on the way forbids edits.
    pub(crate) obstacle: Option<Obstacle>,
}

/// Answers questions about a whole document.
pub(crate) fn outline<'t>(
    stream: &'t str,
    document: &Range<usize>,
    root: Option<&Node<'t>>,
    routes: &RouteSet,
) -> Outline<'t> {
    let mut walk = Walk::new(stream, root, routes);
    match (root, foreign_line_break(stream, document, root)) {
        (_, Some(range)) => walk.answers.refuse_below(0, &Obstacle { reason: Reason::LineBreak, range }),
        (Some(root), None) if !root.is_null() => walk.visit(0, root, &Place::default()),
        (_, None) => walk.answers.miss_all(document),
    }
    walk.answers.outline
}

/// Answers questions about a node inside a document.
pub(crate) fn outline_of_part<'t>(part: &NodePart<'_, 't>, routes: &RouteSet) -> Outline<'t> {
    let mut walk = Walk::new(part.stream, None, routes);
    walk.anchors = Some(Arc::clone(&part.anchors));
    match part.line_break.clone() {
        Some(range) => walk.answers.refuse_below(0, &Obstacle { reason: Reason::LineBreak, range }),
        None => walk.visit(0, part.node, &part.place),
    }
    walk.answers.outline
}

/// The nodes that a route leads to in a document.
pub(crate) fn parts<'d, 't>(
    stream: &'t str,
    document: &Range<usize>,
    root: Option<&'d Node<'t>>,
    route: &Route,
) -> Vec<Part<'d, 't>> {
    let Some(root) = root else { return Vec::new() };
    // Looked for once: a list of thousands is asked as many times.
    let line_break = foreign_line_break(stream, document, Some(root));
    let anchors = Arc::new(Anchors::of(root));
    parts_of_part(&NodePart { stream, line_break, anchors, node: root, place: Place::default() }, route)
}

/// The nodes that a route leads to from a node inside a document.
pub(crate) fn parts_of_part<'d, 't>(part: &NodePart<'d, 't>, route: &Route) -> Vec<Part<'d, 't>> {
    let steps = route.steps().iter();
    let parts =
        steps.fold(vec![part.clone()], |parts, step| parts.iter().flat_map(|part| children(part, step)).collect());
    parts.into_iter().map(Part::of_node).collect()
}

fn children<'d, 't>(part: &NodePart<'d, 't>, step: &Step) -> Vec<NodePart<'d, 't>> {
    let place = part.place.behind(part.node);
    let part_at = |(node, place)| NodePart { node, place, ..part.clone() };
    match (step, &part.node.content) {
        (Step::Key(key), Content::Mapping(mapping)) => {
            let inside = place.in_mapping(mapping);
            let last = mapping.pairs.iter().rev().find(|pair| pair.key.as_str() == Some(key));
            last.map(|pair| part_at((&pair.value, inside.in_pair(pair)))).into_iter().collect()
        }
        (Step::EachValue, Content::Mapping(mapping)) => {
            let inside = place.in_mapping(mapping);
            mapping.pairs.iter().map(|pair| part_at((&pair.value, inside.in_pair(pair)))).collect()
        }
        (Step::EachElement, Content::Sequence(sequence)) => {
            let flow = sequence.style == CollectionStyle::Flow;
            let in_element = |start| place.in_element(start, flow);
            sequence.elements.iter().map(|element| part_at((&element.node, in_element(element.start)))).collect()
        }
        _ => Vec::new(),
    }
}

impl Place {
    /// The place of an element of a block sequence that nothing forbids to edit.
    pub(crate) fn of_block_element(dash: usize) -> Self {
        Self::default().in_element(dash, false)
    }

    /// The place with what the node itself forbids.
    fn behind(&self, node: &Node<'_>) -> Self {
        let anchor = node.anchor.as_ref().map(|anchor| obstacle(Reason::Anchor, anchor.range.clone()));
        Self { obstacle: self.obstacle.clone().or(anchor), ..self.clone() }
    }

    /// The place within a mapping, before one of its values is chosen.
    fn in_mapping(&self, mapping: &Mapping<'_>) -> Self {
        let merge = merge_key(mapping).map(|range| obstacle(Reason::MergeKey, range));
        let in_flow = mapping.style == CollectionStyle::Flow;
        Self { in_flow, obstacle: self.obstacle.clone().or(merge), ..Self::default() }
    }

    /// The place of a pair's value, from the place within its mapping.
    fn in_pair(&self, pair: &Pair<'_>) -> Self {
        Self {
            header: Some(pair.colon.map_or(pair.key.range.end, |colon| colon + 1)),
            pair: Some(pair.start),
            in_flow: self.in_flow,
            explicit: pair.is_explicit(),
            no_colon: pair.colon.is_none(),
            obstacle: self.obstacle.clone(),
        }
    }

    fn in_element(&self, start: usize, in_flow: bool) -> Self {
        let header = Some(if in_flow { start } else { start + 1 });
        Self { header, in_flow, obstacle: self.obstacle.clone(), ..Self::default() }
    }
}

/// One walk through a tree along all routes of a set.
struct Walk<'a, 't> {
    stream: &'t str,
    root: Option<&'a Node<'t>>,
    answers: Answers<'a, 't>,
    /// Gathered when the first alias is met, if nobody has done so before.
    anchors: Option<Arc<Anchors<'a, 't>>>,
}

impl<'a, 't> Walk<'a, 't> {
    fn new(stream: &'t str, root: Option<&'a Node<'t>>, routes: &'a RouteSet) -> Self {
        Self { stream, root, answers: Answers::new(routes), anchors: None }
    }

    fn visit(&mut self, fork: usize, node: &'a Node<'t>, place: &Place) {
        let routes = self.answers.routes;
        let fork_here = &routes.forks[fork];
        let place = place.behind(node);
        for &id in &fork_here.wanted {
            let site = self.site(routes.routes[id.0].1, node, &place);
            self.answers.answer(id, site);
        }
        if fork_here.is_leaf() {
            return;
        }
        if let Some(tag) = &node.tag {
            return self.answers.refuse_children(fork_here, &obstacle(Reason::Tag, tag.range.clone()));
        }
        match &node.content {
            Content::Mapping(mapping) => self.visit_mapping(fork_here, node, mapping, &place),
            Content::Sequence(sequence) => {
                let flow = sequence.style == CollectionStyle::Flow;
                if let Some(behind) = fork_here.each_element {
                    for element in &sequence.elements {
                        self.visit(behind, &element.node, &place.in_element(element.start, flow));
                    }
                }
                let keys_only = Fork { each_element: None, wanted: Vec::new(), ..fork_here.clone() };
                self.answers.refuse_children(&keys_only, &obstacle(Reason::NotAMapping, node.range()));
            }
            Content::Alias(_) => self.answers.refuse_children(fork_here, &obstacle(Reason::Alias, node.range())),
            Content::Scalar(scalar) if scalar.is_null() => {
                let opening = opening_at_null(self.stream, node, &place);
                self.answers.miss_children(fork_here, 0, &opening);
            }
            Content::Scalar(_) => {
                let keys_only = Fork { each_element: None, wanted: Vec::new(), ..fork_here.clone() };
                self.answers.refuse_children(&keys_only, &obstacle(Reason::NotAMapping, node.range()));
                if let Some(behind) = fork_here.each_element {
                    self.answers.refuse_below(behind, &obstacle(Reason::NotASequence, node.range()));
                }
            }
        }
    }

    fn visit_mapping(&mut self, fork: &'a Fork, node: &'a Node<'t>, mapping: &'a Mapping<'t>, place: &Place) {
        if let Some(odd) = odd_key(mapping) {
            return self.answers.refuse_children(fork, &odd);
        }
        let inside = place.in_mapping(mapping);
        for (key, behind) in &fork.keys {
            let mut found = mapping.pairs.iter().filter(|pair| pair.key.as_str() == Some(key)).rev();
            if let Some(pair) = found.next() {
                self.note_duplicates(key, &pair.key, found);
                self.visit(*behind, &pair.value, &inside.in_pair(pair));
            } else if let Some(merge) = merge_key(mapping) {
                self.answers.refuse_below(*behind, &obstacle(Reason::MergeKey, merge));
            } else {
                let opening = opening_in_mapping(self.stream, node, mapping, place);
                self.answers.miss_below(*behind, 1, &opening);
            }
        }
        if let Some(behind) = fork.each_value {
            for pair in &mapping.pairs {
                self.visit(behind, &pair.value, &inside.in_pair(pair));
            }
        }
        if let Some(behind) = fork.each_element {
            self.answers.refuse_below(behind, &obstacle(Reason::NotASequence, node.range()));
        }
    }

    fn note_duplicates(&mut self, key: &str, counted: &Node<'t>, ignored: impl Iterator<Item = &'a Pair<'t>>)
    where
        't: 'a,
    {
        for pair in ignored {
            let duplicate = Duplicate { key: key.to_owned(), ignored: pair.key.range(), counted: counted.range() };
            self.answers.outline.duplicates.push(duplicate);
        }
    }

    fn site(&mut self, want: Want, node: &'a Node<'t>, place: &Place) -> Site<'t> {
        if node.is_null() {
            return Site::Null(Gap { missing: Vec::new(), opening: opening_at_null(self.stream, node, place) });
        }
        match want {
            Want::Range => Site::Node(node.whole_range()),
            Want::Scalar => self.scalar_site(node),
            Want::Map => self.map_site(node, place),
            Want::Seq => seq_site(node, place),
        }
    }

    fn scalar_site(&mut self, node: &'a Node<'t>) -> Site<'t> {
        if let Some(tag) = node.tag.as_ref().filter(|tag| tag.name != STRING_TAG) {
            return Site::Refused(obstacle(Reason::Tag, tag.range.clone()));
        }
        match &node.content {
            Content::Mapping(_) | Content::Sequence(_) => Site::Node(node.whole_range()),
            Content::Alias(_) | Content::Scalar(_) => match self.scalar_behind(node) {
                Some((scalar, style)) => {
                    Site::Scalar(ScalarSite { value: scalar.value.clone(), style, range: node.range() })
                }
                None => Site::Refused(obstacle(Reason::Alias, node.range())),
            },
        }
    }

    /// The scalar that a node is or that its alias names, and the style that its type follows from.
    fn scalar_behind(&mut self, node: &'a Node<'t>) -> Option<(&'a Scalar<'t>, ScalarStyle)> {
        let node = match &node.content {
            Content::Alias(name) => self.anchored_before(name, node.range.start)?,
            Content::Scalar(_) | Content::Mapping(_) | Content::Sequence(_) => node,
        };
        let scalar = node.as_scalar()?;
        match &node.tag {
            None => Some((scalar, scalar.style)),
            Some(tag) if tag.name == STRING_TAG => Some((scalar, ScalarStyle::DoubleQuoted)),
            Some(_) => None,
        }
    }

    fn anchored_before(&mut self, name: &str, offset: usize) -> Option<&'a Node<'t>> {
        let anchors = match (&mut self.anchors, self.root) {
            (Some(anchors), _) => anchors,
            (none @ None, Some(root)) => none.insert(Arc::new(Anchors::of(root))),
            (None, None) => return None,
        };
        anchors.before(name, offset)
    }

    fn map_site(&mut self, node: &'a Node<'t>, place: &Place) -> Site<'t> {
        let refused = match (&node.tag, &node.content) {
            (Some(tag), _) => obstacle(Reason::Tag, tag.range.clone()),
            (None, Content::Alias(_)) => obstacle(Reason::Alias, node.range()),
            (None, Content::Scalar(_) | Content::Sequence(_)) => obstacle(Reason::NotAMapping, node.range()),
            (None, Content::Mapping(mapping)) => match odd_key(mapping) {
                Some(odd) => odd,
                None => {
                    return Site::Map(MapSite {
                        pairs: mapping.pairs.iter().map(|pair| self.map_pair(pair)).collect(),
                        style: mapping.style,
                        range: node.range(),
                        header: place.header,
                        opening: opening_in_mapping(self.stream, node, mapping, place),
                    });
                }
            },
        };
        Site::Refused(refused)
    }

    fn map_pair(&mut self, pair: &'a Pair<'t>) -> MapPair<'t> {
        let behind = self.scalar_behind(&pair.value);
        let collection = matches!(pair.value.content, Content::Mapping(_) | Content::Sequence(_));
        let anchor = pair.value.anchor.as_ref().or(pair.key.anchor.as_ref());
        let obstacle = match anchor {
            Some(anchor) => Some(obstacle(Reason::Anchor, anchor.range.clone())),
            None if collection => Some(obstacle(Reason::NotAScalar, pair.value.range())),
            None if pair.is_explicit() && pair.colon.is_none() => Some(obstacle(Reason::ExplicitKey, pair.range())),
            None => None,
        };
        MapPair {
            key: pair.key.as_scalar().map(|key| key.value.clone()).unwrap_or_default(),
            key_range: pair.key.range(),
            value: behind.map(|(scalar, _)| scalar.value.clone()),
            value_style: behind.map(|(_, style)| style),
            value_range: pair.value.whole_range(),
            range: pair.range(),
            colon: pair.colon.is_some(),
            obstacle,
        }
    }
}

fn seq_site<'t>(node: &Node<'t>, place: &Place) -> Site<'t> {
    let refused = match (&node.tag, &node.content) {
        (Some(tag), _) => obstacle(Reason::Tag, tag.range.clone()),
        (None, Content::Alias(_)) => obstacle(Reason::Alias, node.range()),
        (None, Content::Scalar(_) | Content::Mapping(_)) => obstacle(Reason::NotASequence, node.range()),
        (None, Content::Sequence(sequence)) => {
            return Site::Seq(SeqSite {
                elements: sequence.elements.iter().map(seq_element).collect(),
                style: sequence.style,
                range: node.range(),
                header: place.header,
                obstacle: place.obstacle.clone(),
            });
        }
    };
    Site::Refused(refused)
}

fn seq_element(element: &Element<'_>) -> SeqElement {
    let mut anchor = None;
    let mut ends_in_block_scalar = false;
    element.node.each_node(&mut |node| {
        anchor = anchor.take().or_else(|| node.anchor.as_ref().map(|anchor| anchor.range.clone()));
        if let Some(scalar) = node.as_scalar() {
            ends_in_block_scalar = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
        }
    });
    SeqElement {
        range: element.start..element.node.range.end,
        value_range: element.node.whole_range(),
        ends_in_block_scalar,
        obstacle: anchor.map(|range| obstacle(Reason::Anchor, range)),
    }
}

const STRING_TAG: &str = "tag:yaml.org,2002:str";

/// A key that might be any text: an alias, tagged, or a collection. The merge key is not odd.
fn odd_key(mapping: &Mapping<'_>) -> Option<Obstacle> {
    let odd = |pair: &&Pair<'_>| !pair.is_merge() && (pair.key.tag.is_some() || pair.key.as_scalar().is_none());
    mapping.pairs.iter().find(odd).map(|pair| obstacle(Reason::OddKey, pair.key.whole_range()))
}

/// Where a mapping has its merge key, if it has one.
fn merge_key(mapping: &Mapping<'_>) -> Option<Range<usize>> {
    mapping.pairs.iter().find(|pair| pair.is_merge()).map(Pair::range)
}

fn obstacle(reason: Reason, range: Range<usize>) -> Obstacle {
    Obstacle { reason, range }
}

/// The first character outside quotes that YAML 1.1, and so Kubernetes, takes for a line break and YAML 1.2 does not.
fn foreign_line_break(stream: &str, document: &Range<usize>, root: Option<&Node<'_>>) -> Option<Range<usize>> {
    let text = &stream[document.clone()];
    if !has_foreign_line_break(text.as_bytes()) {
        return None;
    }
    let mut quoted: Vec<Range<usize>> = Vec::new();
    if let Some(root) = root {
        root.each_node(&mut |node| {
            let style = node.as_scalar().map(|scalar| scalar.style);
            if matches!(style, Some(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)) {
                quoted.push(node.range());
            }
        });
    }
    text.match_indices(FOREIGN_LINE_BREAKS)
        .map(|(at, found)| document.start + at..document.start + at + found.len())
        .find(|found| {
            let before = quoted.partition_point(|range| range.start <= found.start);
            before == 0 || quoted[before - 1].end <= found.start
        })
}

const FOREIGN_LINE_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
