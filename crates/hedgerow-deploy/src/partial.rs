//! Texts that are known in part.

use crate::standin;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A text that may be known in part only: the letters that are known, and the gaps between them.
///
/// ```
/// use hedgerow_deploy::Partial;
///
/// let mut address = Partial::from("http://");
/// address.append(&Partial::unknown());
/// address.append(&Partial::from(":80"));
/// assert_eq!((address.known(), address.shown('*').as_str()), (None, "http://*:80"));
/// assert_eq!(Partial::from("http://ledger").known(), Some("http://ledger"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Partial {
    letters: String,
    /// Each with how many bytes of the letters stand before it.
    gaps: Vec<(usize, Gap)>,
}

/// What stands in a text and is not letters that are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Gap {
    /// It can be anything.
    Unknown,
    /// It is one of several texts.
    OneOf(Arc<Choice>),
    /// The name of a Helm release, which only the deploy knows. Each chart has its own, so that names made of it meet within it alone.
    Release(usize),
    /// Whole lines of a template that are not known, until it is known whether they are lines or a value.
    LeftOut,
    /// Lines were here that are not known.
    Lost,
}

/// The texts that one thing chooses from. What one thing chooses among the same texts is one choice wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Choice {
    /// What chooses.
    pub(crate) by: String,
    /// The texts; in none of them is a choice.
    pub(crate) texts: Vec<Partial>,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    Known(&'t str),
    Gap(&'t Gap),
}

impl Partial {
    /// A text of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::gap(Gap::Unknown)
    }

    /// One gap and nothing else.
    pub(crate) fn gap(gap: Gap) -> Self {
        Self { letters: String::new(), gaps: vec![(0, gap)] }
    }

    /// The whole text, if all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        self.gaps.is_empty().then_some(self.letters.as_str())
    }

    /// The letters that are known, without what stands between them.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// Whether the text is known and empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.letters.is_empty() && self.gaps.is_empty()
    }

    /// Whether there is something and nothing of it is known.
    pub(crate) fn is_unknown(&self) -> bool {
        self.letters.is_empty() && !self.gaps.is_empty() && self.gaps.iter().all(|(_, gap)| *gap == Gap::Unknown)
    }

    /// Whether it can be one of several texts.
    pub(crate) fn is_open(&self) -> bool {
        self.choices().next().is_some()
    }

    /// Its choices.
    pub(crate) fn choices(&self) -> impl Iterator<Item = &Arc<Choice>> {
        self.gaps.iter().filter_map(|(_, gap)| match gap {
            Gap::OneOf(choice) => Some(choice),
            Gap::Unknown | Gap::Release(_) | Gap::LeftOut | Gap::Lost => None,
        })
    }

    /// What stands between the letters.
    pub(crate) fn gaps(&self) -> impl ExactSizeIterator<Item = &Gap> {
        self.gaps.iter().map(|(_, gap)| gap)
    }

    /// Whether a gap of this kind is in it.
    pub(crate) fn has(&self, gap: &Gap) -> bool {
        self.gaps().any(|other| other == gap)
    }

    /// Its parts in order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let starts = std::iter::once(0).chain(self.gaps.iter().map(|(at, _)| *at));
        let ends = self.gaps.iter().map(|(at, _)| *at).chain([self.letters.len()]);
        let gaps = self.gaps.iter().map(|(_, gap)| Some(Part::Gap(gap))).chain([None]);
        starts.zip(ends).zip(gaps).flat_map(|((start, end), gap)| {
            let known = self.letters.get(start..end).filter(|text| !text.is_empty());
            [known.map(Part::Known), gap].into_iter().flatten()
        })
    }

    /// The letters before, between and behind the gaps, one more text than there are gaps.
    pub(crate) fn between_gaps(&self) -> Vec<&str> {
        let starts = std::iter::once(0).chain(self.gaps.iter().map(|(at, _)| *at));
        let ends = self.gaps.iter().map(|(at, _)| *at).chain([self.letters.len()]);
        starts.zip(ends).map(|(start, end)| self.letters.get(start..end).unwrap_or_default()).collect()
    }

    /// Adds letters.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.letters.push_str(text);
    }

    /// Adds a gap.
    pub(crate) fn push(&mut self, gap: Gap) {
        self.gaps.push((self.letters.len(), gap));
    }

    /// Adds a text.
    pub fn append(&mut self, other: &Self) {
        let before = self.letters.len();
        self.letters.push_str(&other.letters);
        self.gaps.extend(other.gaps.iter().map(|(at, gap)| (before + at, gap.clone())));
    }

    /// Takes all of it away.
    pub(crate) fn clear(&mut self) {
        self.letters.clear();
        self.gaps.clear();
    }

    /// The same with something else for the gaps, where `with` gives it.
    pub(crate) fn with_gaps(&self, with: impl Fn(&Gap) -> Option<Self>) -> Self {
        let mut made = Self::default();
        for part in self.parts() {
            match part {
                Part::Known(text) => made.push_str(text),
                Part::Gap(gap) => match with(gap) {
                    Some(text) => made.append(&text),
                    None => made.push(gap.clone()),
                },
            }
        }
        made
    }

    /// How much of it is not known, the texts of its choices included.
    pub(crate) fn holes(&self) -> usize {
        let of = |gap: &Gap| match gap {
            Gap::Unknown => 1,
            Gap::OneOf(choice) => choice.texts.iter().map(Self::holes).sum(),
            Gap::Release(_) | Gap::LeftOut | Gap::Lost => 0,
        };
        self.gaps().map(of).sum()
    }

    /// The lines from the last to the first, each with how many of its letters stand before the first gap on it, if there is one.
    pub(crate) fn lines_from_behind(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let (mut end, mut gaps) = (self.letters.len(), &self.gaps[..]);
        self.letters.rsplit('\n').map(move |line| {
            let start = end - line.len();
            let own = gaps.partition_point(|(at, _)| *at < start);
            let first = gaps.get(own).map(|(at, _)| at - start);
            (end, gaps) = (start.saturating_sub(1), &gaps[..own]);
            (line, first)
        })
    }

    /// How many bytes it takes, near enough to bound what is made of texts.
    pub(crate) fn size(&self) -> usize {
        self.letters.len() + self.gaps().map(Gap::size).sum::<usize>()
    }

    /// Whether something of which nothing is known stands at its end.
    pub(crate) fn ends_unknown(&self) -> bool {
        self.gaps.last().is_some_and(|(at, gap)| *at == self.letters.len() && *gap == Gap::Unknown)
    }

    /// Whether something that is not known stands at its beginning.
    #[must_use]
    pub fn begins_open(&self) -> bool {
        self.gaps.first().is_some_and(|(at, _)| *at == 0)
    }

    /// Whether something that is not known stands right behind these letters.
    #[must_use]
    pub fn is_open_behind(&self, letters: &str) -> bool {
        self.between_gaps().split_last().is_some_and(|(_, before)| before.iter().any(|text| text.ends_with(letters)))
    }

    /// The same with nothing for what is not known at all.
    #[must_use]
    pub fn without_unknown(&self) -> Self {
        self.with_gaps(|gap| (*gap == Gap::Unknown).then(Self::default))
    }

    /// What stands before some letters and what behind, the first time that they stand together.
    #[must_use]
    pub fn split_once(&self, letters: &str) -> Option<(Self, Self)> {
        let torn = |at: usize| self.gaps.iter().any(|(gap, _)| at < *gap && *gap < at + letters.len());
        let (at, _) = self.letters.match_indices(letters).find(|(at, _)| !torn(*at))?;
        Some((self.up_to(at), self.behind(at + letters.len())))
    }

    /// What stands before an offset in the letters, with the gaps there.
    fn up_to(&self, end: usize) -> Self {
        let gaps = self.gaps.iter().take_while(|(at, _)| *at <= end).cloned();
        Self { letters: self.letters.get(..end).unwrap_or_default().to_owned(), gaps: gaps.collect() }
    }

    /// What stands behind an offset in the letters, with the gaps there.
    fn behind(&self, start: usize) -> Self {
        let gaps = self.gaps.iter().filter(|(at, _)| *at >= start).map(|(at, gap)| (at - start, gap.clone()));
        Self { letters: self.letters.get(start..).unwrap_or_default().to_owned(), gaps: gaps.collect() }
    }

    /// The text as people are shown it, with `gap` for each run of what is not known.
    #[must_use]
    pub fn shown(&self, gap: char) -> String {
        let mut shown = String::with_capacity(self.letters.len());
        for part in self.parts() {
            match part {
                Part::Known(text) => shown.push_str(text),
                Part::Gap(_) if shown.ends_with(gap) => {}
                Part::Gap(_) => shown.push(gap),
            }
        }
        shown
    }

    /// The text for one who parses it, with stand-ins for what is not known: [`Partial::read`] makes texts again of what the parser
    /// finds in it.
    #[must_use]
    pub fn written(&self) -> Cow<'_, str> {
        standin::write(self)
    }

    /// The text that was [`written`](Self::written), or a stretch of it.
    #[must_use]
    pub fn read(text: &str) -> Self {
        standin::read(text)
    }

    /// What a function of texts makes of this one.
    pub(crate) fn through(&self, function: impl FnOnce(&str) -> String) -> Self {
        Self::read(&function(&self.written()))
    }
}

impl Gap {
    fn size(&self) -> usize {
        match self {
            Self::Unknown | Self::Release(_) | Self::LeftOut | Self::Lost => 3,
            Self::OneOf(choice) => choice.size(),
        }
    }
}

impl Choice {
    /// How many bytes it takes, near enough.
    pub(crate) fn size(&self) -> usize {
        self.by.len() + self.texts.iter().map(Partial::size).sum::<usize>()
    }
}

impl From<&str> for Partial {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Partial {
    fn from(letters: String) -> Self {
        Self { letters, gaps: Vec::new() }
    }
}

impl<'t> FromIterator<&'t Self> for Partial {
    fn from_iter<I: IntoIterator<Item = &'t Self>>(texts: I) -> Self {
        let mut made = Self::default();
        texts.into_iter().for_each(|text| made.append(text));
        made
    }
}

/// With `?` for what is not known, `<0>` for the name of a release, and all texts of a choice.
impl fmt::Debug for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for part in self.parts() {
            match part {
                Part::Known(known) => text.push_str(known),
                Part::Gap(Gap::Unknown) => text.push('?'),
                Part::Gap(Gap::Release(nth)) => text.push_str(&format!("<{nth}>")),
                Part::Gap(Gap::OneOf(choice)) => text.push_str(&format!("{:?}", choice.texts)),
                Part::Gap(Gap::LeftOut | Gap::Lost) => text.push('…'),
            }
        }
        fmt::Debug::fmt(&text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text with `?` for holes and `~` for the name of a release.
    fn text(text: &str) -> Partial {
        let mut made = Partial::default();
        for piece in text.split_inclusive(['?', '~']) {
            made.push_str(piece.trim_end_matches(['?', '~']));
            match piece.chars().next_back() {
                Some('?') => made.push(Gap::Unknown),
                Some('~') => made.push(Gap::Release(0)),
                _ => {}
            }
        }
        made
    }

    #[test]
    fn gaps_are_where_they_are() {
        for (made, begins, behind, without) in [
            ("a:80", false, false, "a:80"),
            ("a:?", false, true, "a:"),
            ("?:80", true, false, ":80"),
            ("a?:b~", false, false, "a:b~"),
            ("?~", true, false, "~"),
            ("", false, false, ""),
        ] {
            let made = text(made);
            assert_eq!((made.begins_open(), made.is_open_behind(":")), (begins, behind), "{made:?}");
            assert_eq!(made.without_unknown(), text(without), "{made:?}");
        }
    }

    #[test]
    fn runs_of_gaps_are_shown_as_one() {
        assert_eq!(text("a?~b?").shown('*'), "a*b*");
        assert_eq!(format!("{:?}", text("a?~b")), r#""a?<0>b""#);
    }

    #[test]
    fn lines_are_told_from_behind_with_their_gaps() {
        let made = text("a\n?b\n\n  ~");
        let lines: Vec<_> = made.lines_from_behind().collect();
        assert_eq!(lines, [("  ", Some(2)), ("", None), ("b", Some(0)), ("a", None)]);
        assert_eq!((made.holes(), made.size()), (1, 13));
    }
}
