//! What becomes of the objects of a list: a `List`, or a KRM `ResourceList`.

use super::Context;
use super::document::{Found, List};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_yaml::{Document, Outline, Piece, RouteId, RouteSet, SeqChange, Site, Want, Yaml, YamlError, change_seq};
use std::sync::LazyLock;

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
        let change = SeqChange {
            replace: &[],
            remove: &self.remove,
            append: &self.append,
            insert: (self.insert.0, &self.insert.1),
        };
        let known = found.lists.iter().find(|list| list.piece.range.start == self.piece.range.start);
        let items = match known {
            Some(list) => list.items.clone(),
            None => items(|routes| Document::of_piece(context.stream, &self.piece).outline(routes)),
        };
        match items.map(|items| change_seq(context.stream, &items, change)) {
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
pub(super) fn container<'f, 't>(found: &'f Found<'t>) -> Option<&'f List<'t>> {
    let only = found.documents == 1;
    found.lists.iter().find(|list| list.is_krm || only)
}

/// Whether an element fits in front of the one at `at`, which need not begin a line; in a `ResourceList` behind the last one.
pub(super) fn takes_more(context: &Context<'_>, list: &List<'_>, at: usize) -> bool {
    let more = &[Yaml::Map(Vec::new())][..];
    let more = match list.is_krm {
        true => SeqChange { append: more, ..SeqChange::default() },
        false => SeqChange { insert: (at, more), ..SeqChange::default() },
    };
    list.items.as_ref().is_none_or(|items| change_seq(context.stream, items, more).is_ok())
}

static ITEMS: LazyLock<(RouteSet, RouteId)> = LazyLock::new(|| {
    let mut routes = RouteSet::new();
    let items = routes.ask("items", Want::Seq).expect("a route of one key");
    (routes, items)
});

/// What stands under `items` in what is asked.
pub(super) fn items<'t>(ask: impl FnOnce(&RouteSet) -> Result<Outline<'t>, YamlError>) -> Option<Site<'t>> {
    ask(&ITEMS.0).ok()?.site(ITEMS.1).cloned()
}
