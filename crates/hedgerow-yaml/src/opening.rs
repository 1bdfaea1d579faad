//! Where a container can take new keys.
//!
//! Invariant: text written at an opening, in the notation that the opening asks for, adds exactly the new keys and
//! moves no comment away from the line it stands on or above.

use crate::lines::{line_end, line_start, next_line, rest_is_blank, start_if_first};
use crate::parse::column;
use crate::site::{FlowBefore, Obstacle, Opening, Reason};
use crate::tree::{CollectionStyle, Mapping, Node};
use crate::walk::Place;

/// Spaces by which new blocks are indented below their key.
pub(crate) const STEP: usize = 2;

/// Where keys can be added to a mapping: before its first, so that nothing about its end needs to be known.
pub(crate) fn opening_in_mapping(
    text: &str,
    node: &Node<'_>,
    mapping: &Mapping<'_>,
    place: &Place,
) -> Result<Opening, Obstacle> {
    if let Some(obstacle) = &place.obstacle {
        return Err(obstacle.clone());
    }
    if let Some(merge) = mapping.pairs.iter().find(|pair| pair.is_merge()) {
        return Err(Obstacle { reason: Reason::MergeKey, range: merge.range() });
    }
    let layout = Obstacle { reason: Reason::Layout, range: node.range() };
    match (mapping.style, mapping.pairs.first()) {
        (CollectionStyle::Flow, _) if !text[node.range.start..].starts_with('{') => Err(layout),
        (CollectionStyle::Flow, None) => Ok(Opening::Flow { at: node.range.start + 1, before: FlowBefore::Brace }),
        (CollectionStyle::Flow, Some(first)) => {
            let before = match start_if_first(text, first.start) {
                Some(_) => FlowBefore::PairOnOwnLine,
                None => FlowBefore::Pair,
            };
            Ok(Opening::Flow { at: first.start, before })
        }
        (CollectionStyle::Block, None) => Err(layout),
        (CollectionStyle::Block, Some(first)) => block_opening(text, first.start, place.header).ok_or(layout),
    }
}

/// Where keys can be added to a block mapping whose first key stands at `first`, behind the colon or dash `header`.
pub(crate) fn block_opening(text: &str, first: usize, header: Option<usize>) -> Option<Opening> {
    let line = line_start(text, first);
    let column = column(text, first);
    let lead = &text[line..first];
    if lead.bytes().all(|byte| byte == b' ') {
        // Right below the header: comments between it and the first key stay with that key.
        let at = header.filter(|&header| header < line).map_or(line, |header| next_line(text, header));
        return Some(Opening::Lines { at, column });
    }
    let lead = lead.strip_prefix('\u{FEFF}').unwrap_or(lead);
    let dashes = lead.bytes().all(|byte| matches!(byte, b' ' | b'-'));
    let separator = lead.starts_with("---");
    (dashes && !separator).then_some(Opening::Inline { at: first, column })
}

/// Where a mapping can be written in place of a null.
pub(crate) fn opening_at_null(text: &str, node: &Node<'_>, place: &Place) -> Result<Opening, Obstacle> {
    if let Some(obstacle) = &place.obstacle {
        return Err(obstacle.clone());
    }
    let Some(header) = place.header else {
        return Err(Obstacle { reason: Reason::EmptyDocument, range: node.range() });
    };
    if !node.range.is_empty() {
        return Ok(Opening::Whole { at: node.range(), lead: "" });
    }
    if place.explicit && place.no_colon {
        return Err(Obstacle { reason: Reason::ExplicitKey, range: node.range() });
    }
    match place.pair {
        Some(pair) if !place.in_flow && !place.explicit => {
            if rest_is_blank(text, header) {
                Ok(Opening::Below { at: line_end(text, header), column: column(text, pair) + STEP })
            } else {
                Err(Obstacle { reason: Reason::Layout, range: node.range() })
            }
        }
        _ => Ok(Opening::Whole { at: header..header, lead: if place.no_colon { ": " } else { " " } }),
    }
}
