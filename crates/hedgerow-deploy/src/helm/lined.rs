//! Rendered text whose lines know where they come from.

/// A text with, for each of its lines, where the template writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Lined {
    /// The text.
    pub(super) text: String,
    /// For each line of it but the first, the offset of what begins it.
    starts: Vec<u32>,
}

impl Lined {
    /// Adds what a template writes out at an offset, letter for letter.
    pub(super) fn copy(&mut self, text: &str, from: u32) {
        self.text.push_str(text);
        let breaks = text.match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        self.starts.extend(breaks.map(|at| from.saturating_add(at)));
    }

    /// Adds what an action at an offset comes to.
    pub(super) fn put(&mut self, text: &str, from: u32) {
        self.text.push_str(text);
        self.starts.extend(std::iter::repeat_n(from, text.matches('\n').count()));
    }

    /// Adds what was rendered apart.
    pub(super) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.starts.extend(&other.starts);
    }

    /// Takes it all away.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.starts.clear();
    }

    /// The text, and the offset of what begins each of its lines.
    pub(super) fn into_parts(self) -> (String, Vec<u32>) {
        (self.text, [vec![0], self.starts].concat())
    }
}
