//! What becomes of the objects of a list: a `List`, or a KRM `ResourceList`.

use super::Context;
use super::document::{Found, List};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_yaml::{Document, Outline, Piece, RouteId, RouteSet, SeqChange, Want, Yaml, YamlError, change_seq};

/// What becomes of the objects of one list.
pub(super) struct ListChange {
    piece: Piece,
    pub(super) remove: Vec<usize>,
    pub(super) append: Vec<Yaml>,
    /// New ones in front of the element at this position.
    pub(super) insert: (usize, Vec<Yaml>),
}

impl ListChange {
    pub(super) const fn new(piece: Piece) -> Self {
        Self { piece, remove: Vec::new(), append: Vec::new(), insert: (0, Vec::new()) }
    }

    pub(super) fn edit(&self, context: &Context<'_>, found: &mut Found<'_>) {
        let (outline, items) = items(context, &self.piece);
        let change = SeqChange {
            replace: &[],
            remove: &self.remove,
            append: &self.append,
            insert: (self.insert.0, &self.insert.1),
        };
        let site = outline.as_ref().ok().and_then(|outline| outline.site(items));
        match site.map(|site| change_seq(context.stream, site, change)) {
            Some(Ok(edits)) => found.edits.extend(edits),
            Some(Err(obstacle)) => found.diagnostics.push(
                Diagnostic::new(
                    Code::UneditableLabels,
                    format!("the list of objects cannot be edited: {}", obstacle.reason.phrase()),
                )
                .mark(context.span(&obstacle.range), ""),
            ),
            None => {}
        }
    }
}

/// The list that policies are added to: the `ResourceList`, or the `List` that is all of the stream.
pub(super) fn container<'f>(found: &'f Found<'_>) -> Option<&'f List> {
    let only = found.documents == 1;
    found.lists.iter().find(|list| list.is_krm || only)
}

/// Whether an element fits in front of the one at `at`, which need not begin a line; in a `ResourceList` behind the last one.
pub(super) fn takes_more(context: &Context<'_>, list: &List, at: usize) -> bool {
    let (outline, items) = items(context, &list.piece);
    let more = &[Yaml::Map(Vec::new())][..];
    let more = match list.is_krm {
        true => SeqChange { append: more, ..SeqChange::default() },
        false => SeqChange { insert: (at, more), ..SeqChange::default() },
    };
    let site = outline.as_ref().ok().and_then(|outline| outline.site(items));
    site.is_none_or(|site| change_seq(context.stream, site, more).is_ok())
}

/// What stands under `items` in the document at `piece`.
fn items<'p>(context: &Context<'p>, piece: &Piece) -> (Result<Outline<'p>, YamlError>, RouteId) {
    let mut routes = RouteSet::new();
    let items = routes.ask("items", Want::Seq).expect("a route of one key");
    (Document::of_piece(context.stream, piece).outline(&routes), items)
}
