//! Edits of a sequence, such as the objects of a list: append, replace, remove whole elements.
//!
//! Invariant: after the edits the sequence holds exactly the elements that stay, in their order and byte for byte,
//! and the new ones; nothing around it has changed.

use crate::edit::Edit;
use crate::emit::Yaml;
use crate::insert::{Payload, insert};
use crate::lines::{break_before, break_near, line_end, line_start, next_line, start_if_first};
use crate::parse::column;
use crate::remove::{Member, all_of_flow, member_lines, remove_from_flow, skip_blank_lines};
use crate::site::{Obstacle, Reason, ScalarSite, SeqElement, SeqSite, Site};
use crate::tree::CollectionStyle;

/// What shall become of a sequence.
#[derive(Debug, Clone, Copy, Default)]
pub struct SeqChange<'a> {
    /// New values in place of the elements at these positions.
    pub replace: &'a [(usize, Yaml)],
    /// Positions of elements that go.
    pub remove: &'a [usize],
    /// Values to add behind the last element.
    pub append: &'a [Yaml],
    /// Values to add in front of the element at this position.
    pub insert: (usize, &'a [Yaml]),
}

/// The edits that change a sequence; block style gets blocks, flow style gets JSON.
///
/// Taking the last element away leaves `[]`. A position beyond the end changes nothing.
///
/// ```
/// use hedgerow_yaml::{Document, RouteSet, SeqChange, Want, Yaml, change_seq, splice};
/// let text = "items:\n- kind: A # first\n";
/// let mut routes = RouteSet::new();
/// let items = routes.ask("items", Want::Seq)?;
/// let outline = Document::new(text).outline(&routes)?;
/// let change = SeqChange { append: &[Yaml::map([("kind", Yaml::str("B"))])], ..SeqChange::default() };
/// let edits = change_seq(text, outline.site(items).expect("one site"), change)?;
/// assert_eq!(splice(text, edits)?, "items:\n- kind: A # first\n- kind: B\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The [`Obstacle`] that forbids the edit.
pub fn change_seq(text: &str, site: &Site<'_>, change: SeqChange<'_>) -> Result<Vec<Edit>, Obstacle> {
    match site {
        Site::Missing(gap) | Site::Null(gap) if !(change.append.is_empty() && change.insert.1.is_empty()) => {
            let opening = gap.opening.as_ref().map_err(Clone::clone)?;
            let elements = [change.insert.1, change.append].concat();
            Ok(vec![insert(text, opening, &gap.missing, Payload::Elements(&elements))])
        }
        Site::Missing(_) | Site::Null(_) => Ok(Vec::new()),
        Site::Seq(seq) => change_existing(text, seq, change),
        Site::Scalar(ScalarSite { range, .. }) | Site::Node(range) => {
            Err(Obstacle { reason: Reason::NotASequence, range: range.clone() })
        }
        Site::Map(map) => Err(Obstacle { reason: Reason::NotASequence, range: map.range.clone() }),
        Site::Refused(obstacle) => Err(obstacle.clone()),
    }
}

fn change_existing(text: &str, seq: &SeqSite, change: SeqChange<'_>) -> Result<Vec<Edit>, Obstacle> {
    // In front of nothing, and of an element that goes, is behind the last one.
    let is_behind = change.insert.0 >= seq.elements.len() || change.remove.contains(&change.insert.0);
    let both = if is_behind { [change.append, change.insert.1].concat() } else { Vec::new() };
    let change = if is_behind { SeqChange { append: &both, insert: (0, &[]), ..change } } else { change };
    let mut edits = Vec::new();
    for (at, value) in change.replace {
        if let Some(element) = seq.elements.get(*at) {
            edits.push(replace_element(text, seq.style, editable(element)?, value));
        }
    }
    let mut gone: Vec<usize> = change.remove.iter().copied().filter(|&at| at < seq.elements.len()).collect();
    gone.sort_unstable();
    gone.dedup();
    for &at in &gone {
        editable(&seq.elements[at])?;
    }
    let all_gone = gone.len() == seq.elements.len();
    if let Some(obstacle) = seq
        .obstacle
        .as_ref()
        .filter(|_| !(edits.is_empty() && gone.is_empty() && change.append.is_empty() && change.insert.1.is_empty()))
    {
        return Err(obstacle.clone());
    }
    let members = members(seq);
    match seq.style {
        CollectionStyle::Flow => {
            edits.extend(insert_into_flow(text, seq, change.insert));
            edits.extend(append_to_flow(text, seq, change.append, &gone));
            match (gone.is_empty(), all_gone) {
                (true, _) => {}
                (false, true) => edits.push(Edit::delete(all_of_flow(text, &members))),
                (false, false) => edits.extend(remove_from_flow(text, &members, &gone)),
            }
        }
        CollectionStyle::Block => {
            if let Some(&first) = gone.iter().find(|&&at| !begins_line(text, &seq.elements[at])) {
                return Err(Obstacle { reason: Reason::Layout, range: seq.elements[first].range.clone() });
            }
            edits.extend(insert_into_block(text, seq, change.insert)?);
            if all_gone && change.append.is_empty() {
                let Some(header) = seq.header else {
                    return Err(Obstacle { reason: Reason::Layout, range: seq.range.clone() });
                };
                edits.push(Edit::insert(header, " []"));
            }
            edits.extend(append_to_block(text, seq, change.append)?);
            edits.extend(gone.iter().map(|&at| Edit::delete(member_lines(text, &members, at))));
        }
    }
    Ok(edits)
}

fn editable(element: &SeqElement) -> Result<&SeqElement, Obstacle> {
    element.obstacle.clone().map_or(Ok(element), Err)
}

/// Whether only spaces stand before the element on its line.
fn begins_line(text: &str, element: &SeqElement) -> bool {
    text[line_start(text, element.range.start)..element.range.start].bytes().all(|byte| byte == b' ')
}

fn replace_element(text: &str, style: CollectionStyle, element: &SeqElement, value: &Yaml) -> Edit {
    match style {
        CollectionStyle::Flow => Edit::replace(element.value_range.clone(), value.to_json()),
        CollectionStyle::Block => {
            let column = column(text, element.range.start);
            let block = Yaml::Seq(vec![value.clone()]).to_block_at(column);
            let eol = break_near(text, element.range.start);
            let lines: Vec<&str> = block.lines().collect();
            Edit::replace(element.range.clone(), lines.join(eol).trim_start_matches(' '))
        }
    }
}

/// Adds elements behind the last one of a block sequence.
fn append_to_block(text: &str, seq: &SeqSite, values: &[Yaml]) -> Result<Option<Edit>, Obstacle> {
    let Some(last) = seq.elements.last().filter(|_| !values.is_empty()) else { return Ok(None) };
    let column = column(text, last.range.start);
    let block = Yaml::Seq(values.to_vec()).to_block_at(column);
    let end = line_end(text, last.range.end);
    let eol = break_near(text, end);
    if end == text.len() {
        if last.ends_in_block_scalar {
            // A line break behind it would become part of its text.
            return Err(Obstacle { reason: Reason::Layout, range: last.range.clone() });
        }
        let lines = block.lines().flat_map(|line| [eol, line]).collect::<String>();
        return Ok(Some(Edit::insert(end, lines)));
    }
    let next = next_line(text, end);
    // Blank lines behind a block scalar may be part of its text.
    let at = if last.ends_in_block_scalar { skip_blank_lines(text, next) } else { next };
    if !text[..at].ends_with(['\n', '\r']) {
        // Blanks without a line break are the last line of the block scalar.
        return Err(Obstacle { reason: Reason::Layout, range: last.range.clone() });
    }
    let lines = block.lines().flat_map(|line| [line, eol]).collect::<String>();
    Ok(Some(Edit::insert(at, lines)))
}

/// Adds elements in front of one of a block sequence.
fn insert_into_block(text: &str, seq: &SeqSite, (at, values): (usize, &[Yaml])) -> Result<Option<Edit>, Obstacle> {
    let Some(next) = seq.elements.get(at).filter(|_| !values.is_empty()) else { return Ok(None) };
    if !begins_line(text, next) {
        return Err(Obstacle { reason: Reason::Layout, range: next.range.clone() });
    }
    let block = Yaml::Seq(values.to_vec()).to_block_at(column(text, next.range.start));
    let eol = break_near(text, next.range.start);
    let lines = block.lines().flat_map(|line| [line, eol]).collect::<String>();
    Ok(Some(Edit::insert(line_start(text, next.range.start), lines)))
}

/// Adds elements in front of one of a flow sequence.
fn insert_into_flow(text: &str, seq: &SeqSite, (at, values): (usize, &[Yaml])) -> Option<Edit> {
    let next = seq.elements.get(at).filter(|_| !values.is_empty())?;
    let gap = match start_if_first(text, next.range.start).filter(|&line| line > 0) {
        Some(line) => format!(",{}{}", break_before(text, line), &text[line..next.range.start]),
        None => ", ".to_owned(),
    };
    let joined = values.iter().flat_map(|value| [value.to_json(), gap.clone()]).collect::<String>();
    Some(Edit::insert(next.range.start, joined))
}

/// Adds elements behind the last one of a flow sequence that stays.
fn append_to_flow(text: &str, seq: &SeqSite, values: &[Yaml], gone: &[usize]) -> Option<Edit> {
    let new: Vec<String> = values.iter().map(Yaml::to_json).collect();
    let last = (0..seq.elements.len()).rev().find(|at| gone.binary_search(at).is_err()).map(|at| &seq.elements[at]);
    match (last, seq.elements.first()) {
        _ if new.is_empty() => None,
        (None, Some(first)) => Some(Edit::insert(first.range.start, new.join(", "))),
        (None, None) => Some(Edit::insert(seq.range.start + 1, new.join(", "))),
        (Some(last), _) => {
            let gap = match start_if_first(text, last.range.start).filter(|&line| line > 0) {
                Some(line) => format!(",{}{}", break_before(text, line), &text[line..last.range.start]),
                None => ", ".to_owned(),
            };
            let joined = new.iter().flat_map(|value| [gap.as_str(), value]).collect::<String>();
            Some(Edit::insert(last.range.end, joined))
        }
    }
}

fn members(seq: &SeqSite) -> Vec<Member> {
    let member = |element: &SeqElement| Member {
        range: element.range.clone(),
        ends_in_block_scalar: element.ends_in_block_scalar,
    };
    seq.elements.iter().map(member).collect()
}
