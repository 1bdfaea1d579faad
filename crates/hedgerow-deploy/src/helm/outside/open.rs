//! Texts with variables in them: paths and names that scripts and releases write.

use crate::partial::{Part, Partial};
use std::collections::BTreeMap;

/// How many variables a path may have that is looked for.
const MAX_VARIABLES: usize = 4;

/// What variables are bound to.
pub(super) type Bindings = BTreeMap<String, String>;

/// The marks between which a variable stands, the longest first.
const MARKS: &[(&str, &str)] = &[("${{", "}}"), ("{{", "}}"), ("${", "}"), ("$(", ")")];

/// A text whose variables are known by their names: one that stands twice is the same twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Open(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
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
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            self.known(&rest[..at]);
            let here = &rest[at..];
            let marked = MARKS.iter().find_map(|(open, close)| here.strip_prefix(open)?.split_once(close));
            let plain = || {
                let tail = here.strip_prefix('$')?;
                let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
                (end > 0).then(|| tail.split_at(end))
            };
            match marked.or_else(plain) {
                Some((name, after)) => {
                    // `{{ .name }}` and `${name:-other}` are `name`.
                    let name = if here.starts_with("${") { name.split(':').next().unwrap_or(name) } else { name };
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

    /// The same with the texts of variables, which may have variables themselves.
    pub(super) fn with(&self, bindings: &Bindings) -> Self {
        let mut made = Self::default();
        for piece in &self.0 {
            match piece {
                Piece::Known(known) => made.known(known),
                Piece::Variable(name) => match bindings.get(name) {
                    Some(text) => made.letters(text),
                    None => made.0.push(piece.clone()),
                },
            }
        }
        made
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

    /// The path seen from a directory, without `.` and `..`; none if it leads out of the tree, or is no path.
    pub(super) fn below(&self, directory: &str) -> Option<Self> {
        // Variables stand in for themselves while the path is put together.
        let mut text = String::new();
        let mut names = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Known(known) if known.contains('\0') => return None,
                Piece::Known(known) => text.push_str(known),
                Piece::Variable(name) => {
                    text.push('\0');
                    names.push(name);
                }
            }
        }
        let joined = crate::path::join_within(directory, &text)?;
        let mut made = Self::default();
        let mut names = names.into_iter();
        for (at, known) in joined.split('\0').enumerate() {
            if at > 0 {
                made.0.push(Piece::Variable(names.next()?.clone()));
            }
            made.known(known);
        }
        Some(made)
    }

    /// What it begins with before its first variable.
    pub(super) fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Known(known)) => known,
            _ => "",
        }
    }

    /// Whether any letters of it are known but those between directories.
    pub(super) fn says_something(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Known(known) if known.contains(|c: char| c.is_alphanumeric())))
    }

    /// What its variables are where it is this path. A variable is a part of a name.
    pub(super) fn fit(&self, path: &str, bindings: &Bindings) -> Option<Bindings> {
        let variables = self.0.iter().filter(|piece| matches!(piece, Piece::Variable(_))).count();
        if variables > MAX_VARIABLES { None } else { fit(&self.0, path, bindings.clone()) }
    }
}

fn fit(pieces: &[Piece], path: &str, bindings: Bindings) -> Option<Bindings> {
    let Some((piece, rest)) = pieces.split_first() else { return path.is_empty().then_some(bindings) };
    match piece {
        Piece::Known(known) => fit(rest, path.strip_prefix(known.as_str())?, bindings),
        Piece::Variable(name) => {
            if let Some(text) = bindings.get(name) {
                return fit(rest, path.strip_prefix(text.as_str())?, bindings);
            }
            let end = path.find('/').unwrap_or(path.len());
            let ends = path[..end].char_indices().map(|(at, letter)| at + letter.len_utf8());
            let bound = |at: usize| {
                let mut bindings = bindings.clone();
                bindings.insert(name.clone(), path[..at].to_owned());
                bindings
            };
            ends.rev().find_map(|at| fit(rest, &path[at..], bound(at)))
        }
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
            ("", "", true),
        ] {
            let open = Open::read(&Partial::from(text));
            assert_eq!((open.shown().as_str(), open.whole().is_some()), (shown, whole), "{text}");
        }
    }

    #[test]
    fn a_variable_is_the_same_wherever_it_stands() {
        for (text, path, expected) in [
            ("charts/$A", "charts/x", Some(bindings(&[("A", "x")]))),
            ("charts/$A", "charts/x/y", None),
            ("$A/v-$A.yaml", "x/v-x.yaml", Some(bindings(&[("A", "x")]))),
            ("$A/v-$A.yaml", "x/v-y.yaml", None),
            ("$A-$B", "a-b-c", Some(bindings(&[("A", "a-b"), ("B", "c")]))),
            ("charts/$A", "charts/", None),
            ("$A$B$C$D$E", "abcde", None),
        ] {
            assert_eq!(Open::read(&Partial::from(text)).fit(path, &Bindings::new()), expected, "{text} {path}");
        }
        let bound = bindings(&[("A", "x")]);
        assert_eq!(Open::read(&Partial::from("$A/b")).fit("y/b", &bound), None);
        assert_eq!(Open::read(&Partial::from("$A/b")).with(&bound).whole(), Some("x/b"));
        // Two gaps are two things.
        let gap: Partial = [&Partial::unknown(), &Partial::from("/"), &Partial::unknown()].into_iter().collect();
        assert!(Open::read(&gap).fit("x/y", &Bindings::new()).is_some());
    }

    #[test]
    fn paths_are_seen_from_where_they_are_written() {
        for (text, directory, expected) in [
            ("../charts/$A", "deploy", Some("charts/…")),
            ("./a", "", Some("a")),
            ("../../a", "deploy", None),
            ("$A/../b", "x", Some("x/b")),
        ] {
            let open = Open::read(&Partial::from(text));
            assert_eq!(open.below(directory).map(|path| path.shown()).as_deref(), expected, "{text}");
        }
        let root = |text: &str| Open::read(&Partial::from(text)).without_root().shown();
        assert_eq!(root("$ROOT/charts/a"), "./charts/a");
        assert_eq!(root("charts/a"), "charts/a");
        assert_eq!(root("$CHART"), "…");
    }
}
