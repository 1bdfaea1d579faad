//! Edits of a map of strings, such as labels: set, remove, create.
//!
//! Invariant: after the edits the keys set have their values, the keys removed are gone, and nothing else that a
//! reader sees has changed. No edit touches a byte outside the pairs it is about, except to create containers.

use std::ops::Range;

use crate::edit::Edit;
use crate::lines::{break_before, break_near, line_end, line_start, next_line, rest_is_blank, skip_blank_and_comments};
use crate::opening::STEP;
use crate::quote::{quote, quote_always};
use crate::site::{FlowBefore, Gap, MapPair, MapSite, Obstacle, Opening, Reason, ScalarSite, Site};
use crate::tree::CollectionStyle;

/// What shall become of a map of strings.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapChange<'a> {
    /// Keys with the values they shall have. Absent ones are added in this order, before what is there.
    pub set: &'a [(&'a str, &'a str)],
    /// Keys that shall be absent.
    pub remove: &'a [&'a str],
}

/// The edits that bring a map to the wanted state; none when it is there already.
///
/// Values are written in double quotes. In block style a new key gets a line of its own, in flow style it is quoted
/// too, so that JSON stays JSON. A key that stands twice is set where it counts, at its last place, and removed at
/// all places. Taking the last key away leaves `{}`.
///
/// ```
/// use hedgerow_yaml::{Document, MapChange, RouteSet, Want, change_map, splice};
/// let text = "metadata:\n  labels:\n    app: x # the app\n";
/// let mut routes = RouteSet::new();
/// let labels = routes.ask("metadata.labels", Want::Map)?;
/// let outline = Document::new(text).outline(&routes)?;
/// let change = MapChange { set: &[("example.com/team", "a")], remove: &[] };
/// let edits = change_map(text, outline.site(labels).expect("one site"), change)?;
/// let expected = "metadata:\n  labels:\n    example.com/team: \"a\"\n    app: x # the app\n";
/// assert_eq!(splice(text, edits)?, expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The [`Obstacle`] that forbids the edit.
pub fn change_map(text: &str, site: &Site<'_>, change: MapChange<'_>) -> Result<Vec<Edit>, Obstacle> {
    match site {
        Site::Missing(gap) | Site::Null(gap) if !change.set.is_empty() => Ok(vec![fill(text, gap, change.set)?]),
        Site::Missing(_) | Site::Null(_) => Ok(Vec::new()),
        Site::Map(map) => change_existing(text, map, change),
        Site::Scalar(ScalarSite { range, .. }) | Site::Node(range) => {
            Err(Obstacle { reason: Reason::NotAMapping, range: range.clone() })
        }
        Site::Refused(obstacle) => Err(obstacle.clone()),
    }
}

/// Writes the missing containers with the keys in them.
fn fill(text: &str, gap: &Gap, set: &[(&str, &str)]) -> Result<Edit, Obstacle> {
    Ok(open(text, gap.opening.as_ref().map_err(Clone::clone)?, &gap.missing, set))
}

fn change_existing(text: &str, map: &MapSite<'_>, wanted: MapChange<'_>) -> Result<Vec<Edit>, Obstacle> {
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for &(key, value) in wanted.set {
        match map.get(key) {
            Some(pair) if pair.is_string(value) => {}
            Some(pair) => edits.push(replace_value(pair, value)?),
            None => added.push((key, value)),
        }
    }
    let mut gone = Vec::new();
    for (at, pair) in map.pairs.iter().enumerate().filter(|(_, pair)| wanted.remove.contains(&&*pair.key)) {
        if let Some(obstacle) = &pair.obstacle {
            return Err(obstacle.clone());
        }
        gone.push(at);
    }
    if edits.is_empty() && added.is_empty() && gone.is_empty() {
        return Ok(edits);
    }
    let opening = map.opening.as_ref().map_err(Clone::clone)?;
    let change = Change { adds: !added.is_empty(), gone };
    if change.adds {
        edits.push(open(text, opening, &[], &added));
    }
    match map.style {
        _ if change.gone.is_empty() => {}
        CollectionStyle::Block => remove_lines(text, map, opening, &change, &mut edits)?,
        CollectionStyle::Flow => remove_flow(text, map, &change, &mut edits),
    }
    Ok(edits)
}

/// What a wanted state means for a map as it is.
struct Change {
    /// Whether keys are added.
    adds: bool,
    /// Which pairs go, in order.
    gone: Vec<usize>,
}

/// Writes another value in place of a pair's own.
fn replace_value(pair: &MapPair<'_>, value: &str) -> Result<Edit, Obstacle> {
    if let Some(obstacle) = &pair.obstacle {
        return Err(obstacle.clone());
    }
    let lead = match (pair.value_range.is_empty(), pair.colon) {
        (false, _) => "",
        (true, true) => " ",
        (true, false) => ": ",
    };
    Ok(Edit::replace(pair.value_range.clone(), format!("{lead}{}", quote_always(value))))
}

/// Writes keys, within containers yet to be made, in the notation that the opening asks for.
fn open(text: &str, opening: &Opening, containers: &[String], set: &[(&str, &str)]) -> Edit {
    match opening {
        Opening::Lines { at, column } => {
            let lines = block_lines(*column, containers, set);
            // A text that ends without a line break has none to copy at its end.
            let eol = break_near(text, *at);
            Edit::insert(*at, lines.iter().flat_map(|line| [line.as_str(), eol]).collect::<String>())
        }
        Opening::Inline { at, column } => {
            let eol = break_near(text, *at);
            let mut inserted = block_lines(*column, containers, set).join(eol).trim_start_matches(' ').to_owned();
            inserted.push_str(eol);
            inserted.push_str(&" ".repeat(*column));
            Edit::insert(*at, inserted)
        }
        Opening::Below { at, column } => {
            let eol = break_near(text, *at);
            let lines = block_lines(*column, containers, set);
            Edit::insert(*at, lines.iter().flat_map(|line| [eol, line.as_str()]).collect::<String>())
        }
        Opening::Flow { at, before } => {
            let pairs = flow_pairs(containers, set);
            Edit::insert(
                *at,
                match before {
                    FlowBefore::Brace => pairs.join(", "),
                    FlowBefore::Pair => pairs.iter().flat_map(|pair| [pair.as_str(), ", "]).collect(),
                    FlowBefore::PairOnOwnLine => {
                        let line = line_start(text, *at);
                        let (eol, lead) = (break_before(text, line), &text[line..*at]);
                        pairs.iter().flat_map(|pair| [pair.as_str(), ",", eol, lead]).collect()
                    }
                },
            )
        }
        Opening::Whole { at, lead } => {
            let pairs = flow_pairs(containers, set).join(", ");
            Edit::replace(at.clone(), format!("{lead}{{{pairs}}}"))
        }
    }
}

/// Lines of a block mapping, without line breaks.
fn block_lines(column: usize, containers: &[String], set: &[(&str, &str)]) -> Vec<String> {
    let indent = |depth: usize| " ".repeat(column + depth * STEP);
    let opened = containers.iter().enumerate().map(|(depth, key)| format!("{}{}:", indent(depth), quote(key)));
    let inner = indent(containers.len());
    let written = set.iter().map(|(key, value)| format!("{inner}{}: {}", quote(key), quote_always(value)));
    opened.chain(written).collect()
}

/// Pairs of a flow mapping: one per key, or one that holds them all where containers must be made.
fn flow_pairs(containers: &[String], set: &[(&str, &str)]) -> Vec<String> {
    let pairs: Vec<String> =
        set.iter().map(|(key, value)| format!("{}: {}", quote_always(key), quote_always(value))).collect();
    if containers.is_empty() {
        return pairs;
    }
    let wrap = |inner: String, key: &String| format!("{}: {{{inner}}}", quote_always(key));
    vec![containers.iter().rev().fold(pairs.join(", "), wrap)]
}

/// Takes whole lines of a block mapping away.
fn remove_lines(
    text: &str,
    map: &MapSite<'_>,
    opening: &Opening,
    change: &Change,
    edits: &mut Vec<Edit>,
) -> Result<(), Obstacle> {
    let first = &map.pairs[0];
    if change.gone.first() == Some(&0) && matches!(opening, Opening::Inline { .. }) {
        // What shares its line with a dash would have to pull the next line up.
        return Err(Obstacle { reason: Reason::Layout, range: first.range.clone() });
    }
    let mut left = change.gone.as_slice();
    if change.gone.len() == map.pairs.len() && !change.adds {
        match map.header {
            Some(header) => edits.push(Edit::insert(header, " {}")),
            None => {
                edits.push(Edit::replace(first.range.clone(), "{}"));
                left = &left[1..];
            }
        }
    }
    edits.extend(left.iter().map(|&at| Edit::delete(pair_lines(text, map, at))));
    Ok(())
}

/// The lines of a pair of a block mapping.
fn pair_lines(text: &str, map: &MapSite<'_>, at: usize) -> Range<usize> {
    let pair = &map.pairs[at];
    let mut end = next_line(text, pair.range.end);
    if pair.is_block_scalar() || (at > 0 && map.pairs[at - 1].is_block_scalar()) {
        // Blank lines must not become part of a block scalar before them.
        while end < text.len() && text[end..line_end(text, end)].bytes().all(|byte| byte == b' ') {
            end = next_line(text, end);
        }
    }
    line_start(text, pair.range.start)..end
}

/// Takes pairs of a flow mapping away, and as many commas.
fn remove_flow(text: &str, map: &MapSite<'_>, change: &Change, edits: &mut Vec<Edit>) {
    let (Some(first), Some(last)) = (map.pairs.first(), map.pairs.last()) else { return };
    let Some(last_staying) = (0..map.pairs.len()).rev().find(|at| !change.gone.contains(at)) else {
        if change.adds {
            // What was added before the first pair ends in a comma, for which nothing is left.
            if let Some(added) = edits.last_mut() {
                let kept = added.text.trim_end_matches([' ', '\t', '\n', '\r']).trim_end_matches(',').len();
                added.text.truncate(kept);
            }
        }
        let end = comma_behind(text, last.range.end).map_or(last.range.end, |comma| comma + 1);
        return edits.push(Edit::delete(first.range.start..end));
    };
    if last_staying + 1 < map.pairs.len() && comma_behind(text, last.range.end).is_none() {
        let next = map.pairs[last_staying + 1].range.start;
        if let Some(comma) = comma_behind(text, map.pairs[last_staying].range.end) {
            let blanks = text[comma + 1..next].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
            edits.push(Edit::delete(comma..if blanks { next } else { comma + 1 }));
        }
    }
    edits.extend(change.gone.iter().map(|&at| Edit::delete(with_comma_behind(text, &map.pairs[at].range))));
}

/// A pair with its comma and the blanks behind; the whole line if nothing else but a comment stands on it.
fn with_comma_behind(text: &str, pair: &Range<usize>) -> Range<usize> {
    let comma = comma_behind(text, pair.end).map_or(pair.end, |comma| comma + 1);
    let line = line_start(text, pair.start);
    let own_line = text[line..pair.start].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    if own_line && rest_is_blank(text, comma) {
        return line..next_line(text, comma);
    }
    let blanks = text[comma..].bytes().take_while(|byte| comma > pair.end && matches!(byte, b' ' | b'\t')).count();
    pair.start..comma + blanks
}

fn comma_behind(text: &str, end: usize) -> Option<usize> {
    let at = skip_blank_and_comments(text, end);
    text[at..].starts_with(',').then_some(at)
}
