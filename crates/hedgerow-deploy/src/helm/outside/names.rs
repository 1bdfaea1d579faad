//! Paths with variables in them, found among those of a tree: name by name, so that only the directories are looked into that a path leads to.

use super::open::{Bindings, Open, Piece};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// How many variables a path may have that is looked for, and how many names it may be made of.
const MAX_VARIABLES: usize = 4;
const MAX_NAMES: usize = 64;

/// The paths of a tree by the directories that they are in.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// For each directory what is in it: the name, the path.
    below: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    paths: BTreeSet<&'a str>,
}

/// What is left of the work that may be done for all paths of a tree.
#[derive(Debug)]
pub(super) struct Left(pub(super) usize);

impl Left {
    fn take(&mut self, work: usize) -> bool {
        self.0 = self.0.saturating_sub(work);
        self.0 > 0
    }
}

/// The paths or names that are not before one.
pub(super) fn from<'m, 'a, T>(
    map: &'m BTreeMap<&'a str, T>,
    start: &str,
) -> impl Iterator<Item = (&'m &'a str, &'m T)> + use<'m, 'a, T> {
    map.range::<str, _>((Bound::Included(start), Bound::Unbounded))
}

impl<'a> Names<'a> {
    pub(super) fn new(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut made = Self::default();
        for path in paths {
            made.paths.insert(path);
            let mut rest = path;
            while !rest.is_empty() {
                let (directory, name) = rest.rsplit_once('/').unwrap_or(("", rest));
                // What is above one that is known is known too.
                if made.below.entry(directory).or_default().insert(name, rest).is_some() {
                    break;
                }
                rest = directory;
            }
        }
        made
    }

    /// Whether there is such a directory.
    pub(super) fn has_directory(&self, path: &str) -> bool {
        path.is_empty() || self.below.contains_key(path)
    }

    /// The directories whose paths begin like this.
    pub(super) fn directories<'s>(&'s self, start: &'s str) -> impl Iterator<Item = &'a str> + 's {
        from(&self.below, start).map(|(path, _)| *path).take_while(move |path| path.starts_with(start))
    }

    /// Each way in which a path can be one of the tree, up to `most` of them: the path, and what its variables are. A variable is a part of a name.
    pub(super) fn fitting(&self, open: &Open, most: usize, left: &mut Left) -> Vec<(&'a str, Bindings)> {
        let parts = open.names();
        let variables = parts.iter().flatten().filter(|piece| matches!(piece, Piece::Variable(_))).count();
        if variables > MAX_VARIABLES || parts.len() > MAX_NAMES {
            return Vec::new();
        }
        let mut search = Search { names: self, parts: &parts, bound: Vec::new(), found: Vec::new(), most, left };
        search.within("", 0);
        search.found
    }
}

/// A path that is looked for.
struct Search<'s, 'a> {
    names: &'s Names<'a>,
    parts: &'s [Vec<Piece>],
    bound: Vec<(&'s str, &'a str)>,
    found: Vec<(&'a str, Bindings)>,
    most: usize,
    left: &'s mut Left,
}

impl<'s, 'a> Search<'s, 'a> {
    fn is_over(&self) -> bool {
        self.found.len() >= self.most || self.left.0 == 0
    }

    /// Looks for the parts from `at` on in a directory.
    fn within(&mut self, directory: &'a str, at: usize) {
        let names = self.names;
        let Some(part) = self.parts.get(at) else {
            if names.paths.contains(directory) {
                let bound = self.bound.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
                self.found.push((directory, bound.collect()));
            }
            return;
        };
        let Some(below) = names.below.get(directory) else { return };
        let start = match part.first() {
            Some(Piece::Known(known)) => known.as_str(),
            _ => "",
        };
        if let [Piece::Known(known)] = part.as_slice() {
            if let Some(path) = below.get(known.as_str()).filter(|_| self.left.take(1)) {
                self.within(path, at + 1);
            }
            return;
        }
        let end = match part.last() {
            Some(Piece::Known(known)) => known.as_str(),
            _ => "",
        };
        for (name, path) in from(below, start).take_while(|(name, _)| name.starts_with(start)) {
            if self.is_over() || !self.left.take(1) {
                return;
            }
            if name.ends_with(end) && self.left.take(part.len() * name.len()) {
                let table = self.table(part, name);
                self.bind((name, path), at, &table, (0, 0));
            }
        }
    }

    /// For each piece of a part and each place in a name: whether the pieces from there on can be the rest of the name, where each variable is a thing of
    /// its own.
    fn table(&self, part: &[Piece], name: &str) -> Vec<Vec<bool>> {
        let mut table = vec![vec![false; name.len() + 1]; part.len() + 1];
        if let Some(last) = table.last_mut().and_then(|row| row.last_mut()) {
            *last = true;
        }
        for (at, piece) in part.iter().enumerate().rev() {
            let text = match piece {
                Piece::Known(known) => Some(known.as_str()),
                Piece::Variable(variable) => self.text_of(variable),
            };
            let mut is_any = false;
            for place in (0..name.len()).rev() {
                is_any |= table[at + 1][place + 1];
                table[at][place] = match text {
                    Some(text) => {
                        name.as_bytes()[place..].starts_with(text.as_bytes())
                            && table[at + 1].get(place + text.len()) == Some(&true)
                    }
                    None => name.is_char_boundary(place) && is_any,
                };
            }
        }
        table
    }

    fn text_of(&self, variable: &str) -> Option<&'a str> {
        self.bound.iter().find(|(name, _)| *name == variable).map(|(_, text)| *text)
    }

    /// Whether a variable of a part, from a piece on, stands twice: then not every way to cut a name leads on.
    fn recurs(&self, (at, piece): (usize, usize)) -> bool {
        let count = |name: &str| {
            let is_it = |piece: &&Piece| matches!(piece, Piece::Variable(other) if other == name);
            self.parts[at..].iter().flatten().filter(is_it).count()
        };
        let mut names = self.parts[at][piece..].iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name),
            Piece::Known(_) => None,
        });
        names.any(|name| count(name) > 1)
    }

    /// Binds the variables of a part from a piece and a place of the name on, and goes on below. The first variables get the most of a name; other
    /// ways are tried only where one has to be the same elsewhere.
    fn bind(&mut self, file: (&'a str, &'a str), at: usize, table: &[Vec<bool>], (piece, place): (usize, usize)) {
        let (name, path) = file;
        if self.is_over() || !self.left.take(1) {
            return;
        }
        let parts = self.parts;
        let Some(here) = parts[at].get(piece) else {
            if place == name.len() {
                self.within(path, at + 1);
            }
            return;
        };
        if !table[piece][place] {
            return;
        }
        let known = match here {
            Piece::Known(known) => Some(known.as_str()),
            Piece::Variable(variable) => self.text_of(variable),
        };
        if let Some(text) = known {
            if name[place..].starts_with(text) {
                self.bind(file, at, table, (piece + 1, place + text.len()));
            }
            return;
        }
        let Piece::Variable(variable) = here else { return };
        let recurs = self.recurs((at, piece));
        let before = self.found.len();
        let ends = (place + 1..=name.len()).rev().filter(|end| table[piece + 1][*end] && name.is_char_boundary(*end));
        for end in ends {
            self.bound.push((variable, &name[place..end]));
            self.bind(file, at, table, (piece + 1, end));
            self.bound.pop();
            if !recurs || self.found.len() > before || self.is_over() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial::Partial;

    fn fitting(paths: &[&str], text: &str) -> Vec<String> {
        let names = Names::new(paths.iter().copied());
        let found = names.fitting(&Open::read(&Partial::from(text)), 9, &mut Left(100_000));
        let shown = |(path, bound): (&str, Bindings)| {
            let bound: Vec<String> = bound.iter().map(|(name, text)| format!(" {name}={text}")).collect();
            format!("{path}{}", bound.concat())
        };
        found.into_iter().map(shown).collect()
    }

    #[test]
    fn a_variable_is_a_part_of_a_name_and_the_same_wherever_it_stands() {
        for (text, path, expected) in [
            ("charts/$A", "charts/x", Some("A=x")),
            ("charts/$A", "charts/x/y", None),
            ("$A/v-$A.yaml", "x/v-x.yaml", Some("A=x")),
            ("$A/v-$A.yaml", "x/v-y.yaml", None),
            ("$A-$B", "a-b-c", Some("A=a-b B=c")),
            ("$A-$B/$A", "a-b-c/a", Some("A=a B=b-c")),
            ("$A-$B/$B", "a-b-c/b-c", Some("A=a B=b-c")),
            ("$A-$A", "ab-ab", Some("A=ab")),
            ("$A-$A", "a-a-a-a", Some("A=a-a")),
            ("$A-$A", "a-a-a", None),
            ("x$A", "x", None),
            ("x${A}y/z", "xäy/z", Some("A=ä")),
            ("${A}ö$B", "äööö", Some("A=äö B=ö")),
            ("$A$B$C$D$E", "abcde", None),
            ("$A", "x", Some("A=x")),
            ("a/b", "a/b", Some("")),
            ("a", "a/b", None),
        ] {
            let expected: Vec<String> =
                expected.into_iter().map(|bound| format!("{path} {bound}").trim_end().to_owned()).collect();
            assert_eq!(fitting(&[path], text), expected, "{text} {path}");
        }
        assert_eq!(
            fitting(&["v/a/x.yaml", "v/b/x.yaml", "v/b/y.yaml", "w/a/x.yaml"], "v/$A/x.yaml"),
            ["v/a/x.yaml A=a", "v/b/x.yaml A=b"]
        );
        let two: Partial = [&Partial::unknown(), &Partial::from("/"), &Partial::unknown()].into_iter().collect();
        let names = Names::new(["x/y"].into_iter());
        assert_eq!(names.fitting(&Open::read(&two), 9, &mut Left(100)).len(), 1, "two gaps are two things");
        assert!(names.has_directory("") && names.has_directory("x") && !names.has_directory("x/y"));
    }

    #[test]
    fn the_work_for_a_path_is_that_of_the_names_that_it_leads_to() {
        let letters = vec!["a"; 120].join("-");
        let deep = format!("{letters}/none.yaml");
        let mut left = Left(1 << 20);
        let open = |text: &str| Open::read(&Partial::from(text));
        let names = Names::new([deep.as_str()].into_iter());
        assert!(names.fitting(&open("$A-$B-$C-$D/none"), 9, &mut left).is_empty());
        assert!(left.0 > (1 << 20) - 4_000, "{left:?}");
        // One that recurs is tried, as long as there is work left.
        assert!(names.fitting(&open("$A-$B-$C/$A-$B"), 9, &mut left).is_empty());
        assert!(left.0 > 1 << 18, "{left:?}");
        let paths: Vec<String> = (0..3000).map(|at| format!("conf/{at}/some-file-name-{at}.yaml")).collect();
        let names = Names::new(paths.iter().map(String::as_str));
        let mut left = Left(1 << 20);
        for path in ["$A/none.yaml", "other/$A/$B.yaml", "conf/17/$A.yml", "conf/$A-x/$B.yaml"] {
            assert!(names.fitting(&open(path), 9, &mut left).is_empty());
        }
        assert!(left.0 > (1 << 20) - 40_000, "{left:?}");
        assert_eq!(names.fitting(&open("conf/$R/$A-$B.yaml"), 33, &mut left).len(), 33);
        assert!(names.fitting(&open("conf/$R/$A-$B.yaml"), 33, &mut Left(50)).is_empty());
    }
}
