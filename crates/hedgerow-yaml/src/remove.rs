//! Taking pairs of a mapping or elements of a sequence away.

use std::ops::Range;

use crate::edit::Edit;
use crate::lines::{line_end, line_start, next_line, rest_is_blank, skip_blank_and_comments, start_if_first};

/// A pair or an element, as far as its removal is concerned.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// From its first to its last byte.
    pub(crate) range: Range<usize>,
    /// Whether it ends in a block scalar, which would take blank lines behind it for its own.
    pub(crate) ends_in_block_scalar: bool,
}

/// The whole lines of a member of a block collection.
pub(crate) fn member_lines(text: &str, members: &[Member], at: usize) -> Range<usize> {
    let mut end = next_line(text, members[at].range.end);
    if members[at].ends_in_block_scalar || (at > 0 && members[at - 1].ends_in_block_scalar) {
        end = skip_blank_lines(text, end);
    }
    line_start(text, members[at].range.start)..end
}

/// Start of the first line at or after `at`, a line start, that holds more than spaces.
pub(crate) fn skip_blank_lines(text: &str, mut at: usize) -> usize {
    while at < text.len() && text[at..line_end(text, at)].bytes().all(|byte| byte == b' ') {
        at = next_line(text, at);
    }
    at
}

/// Takes members of a flow collection away, and as many commas. `gone` is in order; some member must stay.
pub(crate) fn remove_from_flow(text: &str, members: &[Member], gone: &[usize]) -> Vec<Edit> {
    let mut edits: Vec<Edit> =
        gone.iter().map(|&at| Edit::delete(with_comma_behind(text, &members[at].range))).collect();
    let last_staying = (0..members.len()).rev().find(|at| gone.binary_search(at).is_err()).unwrap_or(0);
    let last = members.len() - 1;
    if last_staying < last && comma_behind(text, members[last].range.end).is_none() {
        let next = members[last_staying + 1].range.start;
        if let Some(comma) = comma_behind(text, members[last_staying].range.end) {
            let blanks = text[comma + 1..next].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
            edits.push(Edit::delete(comma..if blanks { next } else { comma + 1 }));
        }
    }
    edits
}

/// From the first to the last member of a flow collection with its trailing comma.
pub(crate) fn all_of_flow(text: &str, members: &[Member]) -> Range<usize> {
    let start = members.first().map_or(0, |member| member.range.start);
    let end = members.last().map_or(start, |member| member.range.end);
    start..comma_behind(text, end).map_or(end, |comma| comma + 1)
}

/// A member with its comma and the blanks behind; the whole line if nothing else but a comment stands on it.
fn with_comma_behind(text: &str, member: &Range<usize>) -> Range<usize> {
    let comma = comma_behind(text, member.end).map_or(member.end, |comma| comma + 1);
    if let Some(line) = start_if_first(text, member.start)
        && rest_is_blank(text, comma)
    {
        return line..next_line(text, comma);
    }
    let blanks = text[comma..].bytes().take_while(|byte| comma > member.end && matches!(byte, b' ' | b'\t')).count();
    member.start..comma + blanks
}

fn comma_behind(text: &str, end: usize) -> Option<usize> {
    // A comment may begin right behind a member.
    let end = if text[end..].starts_with('#') { line_end(text, end) } else { end };
    let at = skip_blank_and_comments(text, end);
    text[at..].starts_with(',').then_some(at)
}
