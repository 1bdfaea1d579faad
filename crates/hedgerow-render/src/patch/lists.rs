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
}

impl ListChange {
    pub(super) const fn new(piece: Piece) -> Self {
        Self { piece, remove: Vec::new(), append: Vec::new() }
    }

    pub(super) fn edit(&self, context: &Context<'_>, found: &mut Found<'_>) {
        let (outline, items) = items(context, &self.piece);
        let change = SeqChange { replace: &[], remove: &self.remove, append: &self.append };
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

/// Whether an element fits behind a list's last one; where that ends in a block scalar without a line break, none does.
pub(super) fn takes_more(context: &Context<'_>, list: &List) -> bool {
    let (outline, items) = items(context, &list.piece);
    let more = SeqChange { replace: &[], remove: &[], append: &[Yaml::Map(Vec::new())] };
    let site = outline.as_ref().ok().and_then(|outline| outline.site(items));
    site.is_none_or(|site| change_seq(context.stream, site, more).is_ok())
}

/// What stands under `items` in the document at `piece`.
fn items<'p>(context: &Context<'p>, piece: &Piece) -> (Result<Outline<'p>, YamlError>, RouteId) {
    let mut routes = RouteSet::new();
    let items = routes.ask("items", Want::Seq).expect("a route of one key");
    (Document::of_piece(context.stream, piece).outline(&routes), items)
}
