//! Edits as data, and the splice that applies them.

use std::io;
use std::ops::Range;

use thiserror::Error;

/// A replacement of some bytes of a stream; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// The text that comes.
    pub text: String,
}

/// Edits that cannot be applied together or to this text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpliceError {
    /// Two edits want the same bytes.
    #[error("edits overlap at byte {at}")]
    Overlap {
        /// Start of the later edit.
        at: usize,
    },
    /// An edit ends before it begins, beyond the text, or inside a character.
    #[error("an edit of bytes {}..{} does not fit the text", range.start, range.end)]
    OutOfText {
        /// The range of the edit.
        range: Range<usize>,
    },
}

impl Edit {
    /// An edit that puts `text` before the byte at `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }

    /// An edit that puts `text` in place of `range`.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    /// An edit that takes `range` away.
    #[must_use]
    pub fn delete(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// Edits in the order of the text, checked against it and against each other.
///
/// Insertions at the same place keep the order in which they were given, and come before an edit that begins there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Sorts and checks edits for one text.
    ///
    /// # Errors
    /// [`SpliceError`] when two of them overlap or one does not fit the text.
    pub fn new(text: &str, mut edits: Vec<Edit>) -> Result<Self, SpliceError> {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut end = 0;
        for edit in &edits {
            if text.get(edit.range.clone()).is_none() {
                return Err(SpliceError::OutOfText { range: edit.range.clone() });
            }
            if edit.range.start < end {
                return Err(SpliceError::Overlap { at: edit.range.start });
            }
            end = edit.range.end;
        }
        Ok(Self(edits))
    }

    /// The edits in the order of the text.
    #[must_use]
    pub fn as_slice(&self) -> &[Edit] {
        &self.0
    }

    /// How many bytes the edited text has.
    #[must_use]
    pub fn edited_len(&self, text: &str) -> usize {
        self.0.iter().fold(text.len(), |len, edit| len + edit.text.len() - edit.range.len())
    }

    /// Calls `take` with each run of the edited text: long runs of the text as it is, and the edits between them.
    ///
    /// # Errors
    /// Whatever `take` returns first.
    pub fn runs<E>(&self, text: &str, mut take: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let mut at = 0;
        for edit in &self.0 {
            if at < edit.range.start {
                take(&text[at..edit.range.start])?;
            }
            if !edit.text.is_empty() {
                take(&edit.text)?;
            }
            at = edit.range.end;
        }
        if at < text.len() {
            take(&text[at..])?;
        }
        Ok(())
    }

    /// Writes the edited text.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn write(&self, text: &str, to: &mut impl io::Write) -> io::Result<()> {
        self.runs(text, |run| to.write_all(run.as_bytes()))
    }

    /// Adds the edited text to the end of a string.
    pub fn push_to(&self, text: &str, to: &mut String) {
        to.reserve(self.edited_len(text));
        let pushed: Result<(), std::convert::Infallible> = self.runs(text, |run| {
            to.push_str(run);
            Ok(())
        });
        match pushed {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
}

/// Applies edits to a text; every byte outside their ranges comes out as it went in.
///
/// ```
/// use hedgerow_yaml::{Edit, splice};
/// let edits = vec![Edit::replace(3..4, "2"), Edit::insert(0, "# new\n")];
/// assert_eq!(splice("a: 1\n", edits)?, "# new\na: 2\n");
/// # Ok::<(), hedgerow_yaml::SpliceError>(())
/// ```
///
/// # Errors
/// [`SpliceError`] when two edits overlap or one does not fit the text.
pub fn splice(text: &str, edits: Vec<Edit>) -> Result<String, SpliceError> {
    let mut edited = String::new();
    Edits::new(text, edits)?.push_to(text, &mut edited);
    Ok(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insertions_keep_their_order_and_overlaps_are_refused() {
        let edits = vec![Edit::delete(2..3), Edit::insert(2, "x"), Edit::insert(2, "y")];
        assert_eq!(splice("abcd", edits), Ok("abxyd".to_owned()));
        let edits = vec![Edit::delete(0..2), Edit::delete(1..3)];
        assert_eq!(splice("abcd", edits), Err(SpliceError::Overlap { at: 1 }));
        for range in [3..9, 1..2] {
            let edits = vec![Edit::delete(range.clone())];
            assert_eq!(splice("aé", edits), Err(SpliceError::OutOfText { range }));
        }
        assert_eq!(splice("", Vec::new()), Ok(String::new()));
    }

    #[test]
    fn the_length_is_known_beforehand() {
        let edits = Edits::new("abcd", vec![Edit::replace(1..3, "xyz"), Edit::delete(3..4)]).unwrap();
        let mut written = Vec::new();
        edits.write("abcd", &mut written).unwrap();
        assert_eq!(written, b"axyz");
        assert_eq!(edits.edited_len("abcd"), 4);
    }
}
