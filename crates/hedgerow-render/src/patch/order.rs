//! The order of the objects of one service, where the stream holds some of them already: that of a stream that holds none yet.
//!
//! Hosts write in the order of the stream, and `service_objects` says which object has to be there before which. A stream that was
//! rendered at another stage may hold them the other way round. Then their documents change places, with all that others wrote
//! in them.

use super::document::{Place, Policy};
use super::update::line_break;
use super::{Context, document::Found};
use hedgerow_yaml::{Edit, Piece, begins_with_json};
use std::collections::BTreeMap;
use std::ops::Range;

/// Exchanges documents of one service that do not stand in the order in which they are planned. `planned` gives for each policy of the
/// stream that is a planned object the number of that object and its mark: earlier versions wrote objects without one.
pub(super) fn keep(
    context: &Context<'_>,
    policies: &[Policy<'_>],
    planned: &[Option<(usize, String)>],
    found: &mut Found<'_>,
) {
    let mut of_service: BTreeMap<&str, Vec<(usize, &Piece)>> = BTreeMap::new();
    for (policy, planned) in policies.iter().zip(planned) {
        // In a list objects stay where they are: a host may have written its own between them.
        // So do JSON objects: where a stream begins with one, what is missing is added in front of all of them.
        if let (Some((number, mark)), Place::Document(piece)) = (planned, &policy.place)
            && !begins_with_json(&context.stream[piece.body()])
        {
            of_service.entry(mark).or_default().push((*number, piece));
        }
    }
    for standing in of_service.into_values() {
        let mut wanted = standing.clone();
        wanted.sort_by_key(|(number, _)| *number);
        let changes: Vec<_> = standing.iter().zip(&wanted).filter(|((is, _), (should, _))| is != should).collect();
        if changes.is_empty() {
            continue;
        }
        let texts: Vec<_> = changes
            .iter()
            .map(|((_, here), (_, from))| (here.body(), edited(context.stream, &from.body(), &found.edits)))
            .collect();
        for (place, mut text) in texts {
            found.edits.retain(|edit| !is_within(edit, &place));
            if !text.ends_with(['\n', '\r']) {
                text.push_str(line_break(context.stream));
            }
            found.edits.push(Edit::replace(place, text));
        }
    }
}

fn is_within(edit: &Edit, place: &Range<usize>) -> bool {
    place.start <= edit.range.start && edit.range.end <= place.end
}

/// A part of the stream as it is after the edits in it.
fn edited(stream: &str, place: &Range<usize>, edits: &[Edit]) -> String {
    let mut inside: Vec<_> = edits.iter().filter(|edit| is_within(edit, place)).collect();
    inside.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let (mut text, mut at) = (String::new(), place.start);
    for edit in inside {
        text.push_str(stream.get(at..edit.range.start).unwrap_or_default());
        text.push_str(&edit.text);
        at = edit.range.end;
    }
    text.push_str(stream.get(at..place.end).unwrap_or_default());
    text
}
