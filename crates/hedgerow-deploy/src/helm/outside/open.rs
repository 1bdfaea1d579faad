//! Texts with variables in them: paths and names that scripts and releases write.

use super::marks::{DOLLAR, Marks, inside};
use crate::partial::{Part, Partial};
use std::collections::BTreeMap;

/// How often variables are put in for variables, and how long a text may get by that.
const MAX_DEPTH: usize = 8;
const MAX_LENGTH: usize = 4096;

/// What variables are bound to.
pub(super) type Bindings = BTreeMap<String, String>;

/// A text whose variables are known by their names: one that stands twice is the same twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Open(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    Known(String),
    Variable(String),
}

impl Open {
    /// Reads a text. What is not known of it otherwise is a variable of its own.
    pub(super) fn read(text: &Partial) -> Self {
        let mut made = Self::default();
        for (at, part) in text.parts().enumerate() {
            match part {
                Part::Known(known) => made.letters(known),
                // No other text has one of this name.
                Part::Gap(gap) => made.0.push(Piece::Variable(format!("{at} {gap:?} {text:?}"))),
            }
        }
        made
    }

    fn letters(&mut self, text: &str) {
        let marks = Marks::new(text);
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{', DOLLAR]) {
            self.known(&rest[..at]);
            let here = &rest[at..];
            let plain = || {
                let tail = here.strip_prefix(['$', DOLLAR])?;
                let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
                (end > 0).then(|| tail.split_at(end))
            };
            if let Some(after) = here.strip_prefix(DOLLAR) {
                // Who reads the text may fill it in, and nobody here knows with what; `$(A)` is Kubernetes' own.
                let braces = after.strip_prefix('{').and_then(|inside| Some((inside, inside.find('}')? + 1)));
                match plain().or_else(|| braces.map(|(inside, end)| inside.split_at(end))) {
                    Some((name, after)) => {
                        self.0.push(Piece::Variable(format!("{DOLLAR}{}", name.trim_end_matches('}'))));
                        rest = after;
                    }
                    None => {
                        self.known("$");
                        rest = after;
                    }
                }
                continue;
            }
            let length = marks.length(text.len() - here.len());
            let inside = length.map(|length| (inside(&here[..length]), &here[length..]));
            match inside.or_else(plain) {
                Some((name, after)) => {
                    self.0.push(Piece::Variable(name.trim().trim_start_matches('.').to_owned()));
                    rest = after;
                }
                None => {
                    self.known(&here[..1]);
                    rest = &here[1..];
                }
            }
        }
        self.known(rest);
    }

    fn known(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Known(known)) => known.push_str(text),
            _ => self.0.push(Piece::Known(text.to_owned())),
        }
    }

    /// The same with the texts of variables, and of those in these texts.
    pub(super) fn with(&self, bindings: &Bindings) -> Self {
        let mut made = self.clone();
        let limit = MAX_LENGTH.saturating_add(self.length());
        for _ in 0..MAX_DEPTH {
            match made.once_with(bindings, limit) {
                Some(next) if next != made => made = next,
                _ => break,
            }
        }
        made
    }

    /// None where it gets too long by that: it is not made to see so.
    fn once_with(&self, bindings: &Bindings, limit: usize) -> Option<Self> {
        let mut made = Self::default();
        let mut length = 0_usize;
        for piece in &self.0 {
            let bound = match piece {
                Piece::Known(_) => None,
                Piece::Variable(name) => bindings.get(name),
            };
            let (Piece::Known(own) | Piece::Variable(own)) = piece;
            length = length.saturating_add(bound.unwrap_or(own).len() + 1);
            if length > limit {
                return None;
            }
            match (bound, piece) {
                (Some(text), _) => made.letters(text),
                (None, Piece::Known(known)) => made.known(known),
                (None, Piece::Variable(_)) => made.0.push(piece.clone()),
            }
        }
        Some(made)
    }

    /// How many letters it is written with, near enough.
    pub(super) fn length(&self) -> usize {
        let of = |piece: &Piece| match piece {
            Piece::Known(text) | Piece::Variable(text) => text.len() + 1,
        };
        self.0.iter().map(of).sum()
    }

    /// A text without variables.
    pub(super) fn known_as(text: &str) -> Self {
        let mut made = Self::default();
        made.known(text);
        made
    }

    /// The path seen from a directory that may have variables itself.
    pub(super) fn seen_from(&self, directory: &Self) -> Option<Self> {
        if let Some(directory) = directory.whole() {
            return self.below(directory);
        }
        if self.0.first().is_some_and(|first| matches!(first, Piece::Known(known) if known.starts_with('/'))) {
            return None;
        }
        let mut joined = directory.clone();
        joined.known("/");
        for piece in &self.0 {
            match piece {
                Piece::Known(known) => joined.known(known),
                Piece::Variable(_) => joined.0.push(piece.clone()),
            }
        }
        joined.below("")
    }

    /// The text, if all of it is known.
    pub(super) fn whole(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Piece::Known(known)] => Some(known),
            _ => None,
        }
    }

    /// The text with gaps for its variables.
    pub(super) fn partial(&self) -> Partial {
        let mut made = Partial::default();
        for piece in &self.0 {
            match piece {
                Piece::Known(known) => made.push_str(known),
                Piece::Variable(_) => made.append(&Partial::unknown()),
            }
        }
        made
    }

    /// The text as people are shown it.
    pub(super) fn shown(&self) -> String {
        self.partial().shown('…')
    }

    /// The path without a variable that it begins with: a root that only the script knows.
    pub(super) fn without_root(&self) -> Self {
        let mut pieces = self.0.clone();
        if let [Piece::Variable(_), Piece::Known(rest), ..] = &mut pieces[..]
            && let Some(below) = rest.strip_prefix('/')
        {
            *rest = format!("./{below}");
            pieces.remove(0);
        }
        Self(pieces)
    }

    /// The names of its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Known(_) => None,
        })
    }

    /// The name of the variable that it is all of.
    pub(super) fn variable(&self) -> Option<&str> {
        match &self.0[..] {
            [Piece::Variable(name)] => Some(name),
            _ => None,
        }
    }

    /// The name of the variable that the path begins with, and the path below that.
    pub(super) fn root(&self) -> Option<(&str, Self)> {
        let Some(Piece::Variable(name)) = self.0.first() else { return None };
        let below = if self.0.len() == 1 { Self::known_as(".") } else { self.without_root() };
        (below != *self).then_some((name, below))
    }

    /// The path seen from a directory, without `.` and `..`; none if it leads out of the tree, or is no path.
    pub(super) fn below(&self, directory: &str) -> Option<Self> {
        // Numbers stand in for variables while the path is put together.
        let mut text = String::new();
        let mut names = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Known(known) if known.contains('\0') => return None,
                Piece::Known(known) => text.push_str(known),
                Piece::Variable(name) => {
                    text.push_str(&format!("\0{}\0", names.len()));
                    names.push(name);
                }
            }
        }
        let joined = crate::path::join_within(directory, &text)?;
        let mut made = Self::default();
        for (at, known) in joined.split('\0').enumerate() {
            if at % 2 == 1 {
                made.0.push(Piece::Variable((*names.get(known.parse::<usize>().ok()?)?).clone()));
            } else {
                made.known(known);
            }
        }
        Some(made)
    }

    /// The names that it is a path of.
    pub(super) fn names(&self) -> Vec<Vec<Piece>> {
        let mut names = vec![Self::default()];
        for piece in &self.0 {
            let known = match piece {
                Piece::Known(known) => known.as_str(),
                Piece::Variable(_) => {
                    names.iter_mut().last().into_iter().for_each(|name| name.0.push(piece.clone()));
                    continue;
                }
            };
            for (at, text) in known.split('/').enumerate() {
                if at > 0 {
                    names.push(Self::default());
                }
                names.iter_mut().last().into_iter().for_each(|name| name.known(text));
            }
        }
        names.into_iter().map(|name| name.0).collect()
    }

    /// Whether any letters of it are known but those between directories.
    pub(super) fn says_something(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Known(known) if known.contains(|c: char| c.is_alphanumeric())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(pairs: &[(&str, &str)]) -> Bindings {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn variables_are_known_by_their_names() {
        for (text, shown, whole) in [
            ("./charts/app", "./charts/app", true),
            ("charts/${SERVICE}", "charts/…", false),
            ("charts/$SERVICE-x/$(ENV)", "charts/…-x/…", false),
            ("{{ .Environment.Name }}.yaml", "….yaml", false),
            ("${{ env.X }}/a", "…/a", false),
            ("a$", "a$", true),
            ("a{b}", "a{b}", true),
            ("${A:-b}", "…", false),
            ("${A:-${B}}/c", "…/c", false),
            ("$(dirname \"$(a b)\")/c", "…/c", false),
            ("", "", true),
        ] {
            let open = Open::read(&Partial::from(text));
            assert_eq!((open.shown().as_str(), open.whole().is_some()), (shown, whole), "{text}");
        }
    }

    #[test]
    fn variables_are_made_of_variables() {
        let bound =
            bindings(&[("A", "x"), ("B", "$A/y"), ("C", "${B}/z"), ("D", "$E"), ("E", "$D"), ("F", "$F$F$F$F")]);
        for (text, expected) in
            [("$A/b", "x/b"), ("$C", "x/y/z"), ("$D/a", "…/a"), ("$NONE-$A", "…-x"), ("$C/$C", "x/y/z/x/y/z")]
        {
            assert_eq!(Open::read(&Partial::from(text)).with(&bound).shown(), expected, "{text}");
        }
        assert!(Open::read(&Partial::from("$F")).with(&bound).length() <= MAX_LENGTH);
        // What is too long is not even put together, however often it stands there; letters of its own are as many as they are.
        let long = bindings(&[("A", &"x".repeat(100_000)), ("B", "y")]);
        let many = Open::read(&Partial::from("$A".repeat(20_000)));
        assert_eq!(many.with(&long), many);
        let letters = format!("{}$B", "z".repeat(2 * MAX_LENGTH));
        assert!(Open::read(&Partial::from(letters)).with(&long).shown().ends_with("zy"));
    }

    #[test]
    fn paths_are_seen_from_where_they_are_written() {
        for (text, directory, expected) in [
            ("../charts/$A", "deploy", Some("charts/…")),
            ("./a", "", Some("a")),
            ("../../a", "deploy", None),
            ("$A/../b", "x", Some("x/b")),
            ("$A/../$B", "x", Some("x/…")),
        ] {
            let open = Open::read(&Partial::from(text));
            assert_eq!(open.below(directory).map(|path| path.shown()).as_deref(), expected, "{text}");
        }
        let open =
            Open::read(&Partial::from("$A/../$B")).below("x").map(|open| open.with(&bindings(&[("B", "y")])).shown());
        assert_eq!(open.as_deref(), Some("x/y"));
        let root = |text: &str| Open::read(&Partial::from(text)).without_root().shown();
        assert_eq!(root("$ROOT/charts/a"), "./charts/a");
        assert_eq!(root("charts/a"), "charts/a");
        assert_eq!(root("$CHART"), "…");
    }
}
