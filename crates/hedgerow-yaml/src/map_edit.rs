//! Edits of a map of strings, such as labels: set, remove, create.
//!
//! Invariant: after the edits the keys set have their values, the keys removed are gone, and nothing else that a
//! reader sees has changed. No edit touches a byte outside the pairs it is about, except to create containers.

use std::collections::BTreeSet;

use crate::edit::Edit;
use crate::insert::{Payload, blank_before_comment, insert};
use crate::quote::quote_always;
use crate::remove::{Member, all_of_flow, member_lines, remove_from_flow};
use crate::site::{Gap, MapPair, MapSite, Obstacle, Opening, Reason, ScalarSite, SeqSite, Site};
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
/// Two gaps in one document may lack the same container; each would make it. Splice the one before asking for the
/// other.
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
        Site::Scalar(ScalarSite { range, .. }) | Site::Seq(SeqSite { range, .. }) | Site::Node(range) => {
            Err(Obstacle { reason: Reason::NotAMapping, range: range.clone() })
        }
        Site::Refused(obstacle) => Err(obstacle.clone()),
    }
}

/// Writes the missing containers with the keys in them.
fn fill(text: &str, gap: &Gap, set: &[(&str, &str)]) -> Result<Edit, Obstacle> {
    Ok(insert(text, gap.opening.as_ref().map_err(Clone::clone)?, &gap.missing, Payload::Pairs(set)))
}

fn change_existing(text: &str, map: &MapSite<'_>, wanted: MapChange<'_>) -> Result<Vec<Edit>, Obstacle> {
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for &(key, value) in wanted.set {
        match map.get(key) {
            Some(pair) if pair.is_string(value) => {}
            Some(pair) => edits.push(replace_value(text, pair, value)?),
            None => added.push((key, value)),
        }
    }
    let remove: BTreeSet<&str> = wanted.remove.iter().copied().collect();
    let mut gone = Vec::new();
    for (at, pair) in map.pairs.iter().enumerate().filter(|(_, pair)| remove.contains(&*pair.key)) {
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
        edits.push(insert(text, opening, &[], Payload::Pairs(&added)));
    }
    match map.style {
        _ if change.gone.is_empty() => {}
        CollectionStyle::Block => remove_lines(text, map, opening, &change, &mut edits)?,
        CollectionStyle::Flow => remove_pairs(text, map, &change, &mut edits),
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
fn replace_value(text: &str, pair: &MapPair<'_>, value: &str) -> Result<Edit, Obstacle> {
    if let Some(obstacle) = &pair.obstacle {
        return Err(obstacle.clone());
    }
    let lead = match (pair.value_range.is_empty(), pair.colon) {
        (false, _) => "",
        (true, true) => " ",
        (true, false) => ": ",
    };
    let trail = blank_before_comment(text, pair.value_range.end);
    Ok(Edit::replace(pair.value_range.clone(), format!("{lead}{}{trail}", quote_always(value))))
}

/// Takes whole lines of a block mapping away.
fn remove_lines(
    text: &str,
    map: &MapSite<'_>,
    opening: &Opening,
    change: &Change,
    edits: &mut Vec<Edit>,
) -> Result<(), Obstacle> {
    let members = members(map);
    if change.gone.first() == Some(&0) && matches!(opening, Opening::Inline { .. }) {
        // What shares its line with a dash would have to pull the next line up.
        return Err(Obstacle { reason: Reason::Layout, range: members[0].range.clone() });
    }
    let mut left = change.gone.as_slice();
    if change.gone.len() == members.len() && !change.adds {
        match map.header {
            Some(header) => edits.push(Edit::insert(header, " {}")),
            None => {
                edits.push(Edit::replace(members[0].range.clone(), "{}"));
                left = &left[1..];
            }
        }
    }
    edits.extend(left.iter().map(|&at| Edit::delete(member_lines(text, &members, at))));
    Ok(())
}

/// Takes pairs of a flow mapping away.
fn remove_pairs(text: &str, map: &MapSite<'_>, change: &Change, edits: &mut Vec<Edit>) {
    let members = members(map);
    if change.gone.len() < members.len() {
        return edits.extend(remove_from_flow(text, &members, &change.gone));
    }
    if let Some(added) = edits.last_mut().filter(|_| change.adds) {
        // What was added before the first pair ends in a comma, for which nothing is left.
        let kept = added.text.trim_end_matches([' ', '\t', '\n', '\r']).trim_end_matches(',').len();
        added.text.truncate(kept);
    }
    edits.push(Edit::delete(all_of_flow(text, &members)));
}

fn members(map: &MapSite<'_>) -> Vec<Member> {
    let member =
        |pair: &MapPair<'_>| Member { range: pair.range.clone(), ends_in_block_scalar: pair.is_block_scalar() };
    map.pairs.iter().map(member).collect()
}
