//! Rendered text whose lines know where they come from.

use crate::partial::{Gap, Partial};

/// A text with, for each of its lines, where the template writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Lined {
    text: Partial,
    /// How many bytes it takes.
    size: usize,
    /// For each line of it but the first, the offset of what begins it.
    starts: Vec<u32>,
}

impl Lined {
    /// Adds what a template writes out at an offset, letter for letter.
    pub(super) fn copy(&mut self, text: &Partial, from: u32) {
        self.text.append(text);
        self.size += text.size();
        let breaks = text.letters().match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        self.starts.extend(breaks.map(|at| from.saturating_add(at)));
    }

    /// Adds what an action at an offset comes to.
    pub(super) fn put(&mut self, text: &Partial, from: u32) {
        self.text.append(text);
        self.size += text.size();
        self.starts.extend(std::iter::repeat_n(from, text.letters().matches('\n').count()));
    }

    /// Adds something that is not known and stands on one line.
    pub(super) fn put_gap(&mut self, gap: Gap) {
        self.put(&Partial::gap(gap), 0);
    }

    /// Adds what was rendered apart.
    pub(super) fn append(&mut self, other: &Self) {
        self.text.append(&other.text);
        self.size += other.size;
        self.starts.extend(&other.starts);
    }

    /// Takes it all away.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.size = 0;
        self.starts.clear();
    }

    /// The text.
    pub(super) const fn text(&self) -> &Partial {
        &self.text
    }

    /// How many bytes the text takes.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The text, and the offset of what begins each of its lines.
    pub(super) fn into_parts(self) -> (Partial, Vec<u32>) {
        (self.text, [vec![0], self.starts].concat())
    }
}
