//! Where in the texts of the tree the deploy says something: from the way to it to the letters.

use crate::edge::Place;
use crate::tree::PlainFile;
use hedgerow_code::ir::Range;
use hedgerow_deploy::{Sheet, Spot, Step};
use hedgerow_yaml::{Document, Element, Node, ScalarStyle, split};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The most letters of a value that are shown as its place, where what is asked for does not stand in it as it is.
const MAX_SHOWN: usize = 200;

/// The texts that say where things are, and the trees of those that were asked about.
pub(crate) struct Places<'a> {
    texts: &'a BTreeMap<&'a str, &'a PlainFile>,
    /// The documents of texts, by the place of the text in memory.
    trees: RefCell<BTreeMap<*const u8, Documents<'a>>>,
}

/// The documents of a text that hold something, each with its stretch.
type Documents<'a> = Rc<Vec<(Node<'a>, std::ops::Range<usize>)>>;

/// A stretch of a text, and whether it is lines of a block (`|`, `>`).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    range: std::ops::Range<usize>,
    is_block: bool,
}

impl<'a> Places<'a> {
    pub(crate) fn new(texts: &'a BTreeMap<&'a str, &'a PlainFile>) -> Self {
        Self { texts, trees: RefCell::default() }
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> &'a str {
        self.texts.get(path).map_or("", |file| &*file.text)
    }

    /// Where a text stands that is a part of what the deploy says at a spot, behind `before`. What the deploy makes of other texts does not
    /// stand there letter for letter: then its line, or all of it.
    pub(crate) fn of(&self, spot: &'a Spot, before: &str, text: &str) -> Place {
        if let [Step::Stretch(start, end)] = spot.way[..] {
            return Place { path: spot.path.clone(), range: Range { start, end } };
        }
        let file = self.text(&spot.path);
        let range = self.within(file, spot).map(|stretch| match &spot.sheet {
            Some(sheet) => of_sheet(file, sheet, &stretch, before, text),
            None => part(file, &stretch, before, text),
        });
        let range = range.unwrap_or_default();
        Place { path: spot.path.clone(), range: Range { start: place(range.start), end: place(range.end) } }
    }

    /// The stretch of a file in which comments speak about what the deploy says at a spot: an object, a service of a compose file with the
    /// comments above it and those in it, or what a template writes of it.
    pub(crate) fn around(&self, spot: &'a Spot) -> std::ops::Range<usize> {
        let file = self.text(&spot.path);
        if let Some(sheet) = &spot.sheet {
            let lines = sheet.lines.iter().map(|at| *at as usize);
            let (Some(first), Some(last)) = (lines.clone().min(), lines.max()) else { return 0..0 };
            let rest = file.get(last..).unwrap_or_default();
            return first..last + rest.find('\n').unwrap_or(rest.len());
        }
        if spot.way.is_empty() {
            // A file that is mounted as it is need be no YAML.
            return self.trees(file).get(spot.document).map_or(0..file.len(), |(_, range)| range.clone());
        }
        let Some(stretch) = self.within(file, spot) else { return 0..0 };
        with_comments(file, stretch.range)
    }

    /// The stretch that the way of a spot leads to: in the file, or in what its template came to.
    fn within(&self, file: &'a str, spot: &'a Spot) -> Option<Stretch> {
        if let [Step::Line(variable)] = &spot.way[..] {
            return Some(Stretch { range: line_of(file, variable)?, is_block: false });
        }
        if spot.way.is_empty() {
            return Some(Stretch { range: 0..file.len(), is_block: true });
        }
        match &spot.sheet {
            Some(sheet) => follow(&self.trees(&sheet.text).first()?.0, &spot.way),
            None => follow(&self.trees(file).get(spot.document)?.0, &spot.way),
        }
    }

    /// What a text holds, its aliases and merge keys carried out; documents without anything are left out.
    fn trees(&self, text: &'a str) -> Documents<'a> {
        let read = || {
            let documents = split(text).filter_map(|piece| {
                let document = Document::of_piece(text, &piece);
                let root = document.tree().ok()?.filter(|root| !root.is_null())?;
                let root = hedgerow_yaml::follow(root, root).unwrap_or_else(|| root.clone());
                Some((root, piece.range))
            });
            Rc::new(documents.collect())
        };
        Rc::clone(self.trees.borrow_mut().entry(text.as_ptr()).or_insert_with(read))
    }
}

/// A stretch of lines with the comments right above it, as far from the margin, and those right below it that are farther.
fn with_comments(file: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let mut start = file.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let width = |line: &str| line.len() - line.trim_start().len();
    // A map begins behind the line of its key.
    let key = file.get(..start).unwrap_or_default().lines().next_back().unwrap_or_default();
    if file.get(start..range.start).is_some_and(|before| before.trim().is_empty()) && key.trim_end().ends_with(':') {
        start -= file.get(..start).and_then(|before| before.split_inclusive('\n').next_back()).map_or(0, str::len);
    }
    let own = width(file.get(start..).unwrap_or_default().lines().next().unwrap_or_default());
    for line in file.get(..start).unwrap_or_default().split_inclusive('\n').rev() {
        if !line.trim_start().starts_with('#') || width(line) != own {
            break;
        }
        start -= line.len();
    }
    let mut end = range.end;
    end += file.get(end..).and_then(|rest| rest.find('\n')).map_or(file.len() - end, |at| at + 1);
    for line in file.get(end..).unwrap_or_default().split_inclusive('\n') {
        if !line.trim_start().starts_with('#') || width(line) <= own {
            break;
        }
        end += line.len();
    }
    start..end
}

/// Follows a way through a document.
fn follow(root: &Node, way: &[Step]) -> Option<Stretch> {
    let mut node = root;
    for step in way {
        node = match step {
            Step::Key(key) => node.as_mapping()?.get(key)?,
            Step::Name(name) => {
                let pairs = &node.as_mapping()?.pairs;
                &pairs.iter().rfind(|pair| pair.key.as_str() == Some(name))?.key
            }
            Step::Element(name, at) => {
                let elements = &node.as_sequence()?.elements;
                let is_named = |element: &&Element| {
                    let own = element.node.as_mapping().and_then(|map| map.get("name")?.as_str());
                    own.is_some() && own == name.as_deref()
                };
                let named = || elements.iter().find(is_named);
                // Of several with one name the one at its place.
                let there = elements.get(*at).filter(|element| is_named(element) || named().is_none());
                &there.or_else(named)?.node
            }
            Step::Line(_) | Step::Stretch(..) => return None,
        };
    }
    let style = node.as_scalar().map(|scalar| scalar.style);
    let is_block = style.is_none_or(|style| matches!(style, ScalarStyle::Literal | ScalarStyle::Folded));
    Some(Stretch { range: node.range(), is_block })
}

/// Where a text stands in a stretch: the same one in order as behind `before`, else the line, else all of it.
fn part(file: &str, stretch: &Stretch, before: &str, text: &str) -> std::ops::Range<usize> {
    let Some(raw) = file.get(stretch.range.clone()) else { return 0..0 };
    let nth = before.matches(text).count();
    if let Some((at, _)) = (!text.is_empty()).then(|| raw.match_indices(text).nth(nth)).flatten() {
        let start = stretch.range.start + at;
        return start..start + text.len();
    }
    // The first line of a block is its `|`.
    let line = before.matches('\n').count() + 1;
    let in_block = || {
        let start = raw.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
        let line = raw.get(start..)?.lines().next()?;
        Some(trimmed(line, stretch.range.start + start))
    };
    match in_block().filter(|_| stretch.is_block) {
        Some(range) => range,
        None if raw.len() <= MAX_SHOWN => stretch.range.clone(),
        None => trimmed(raw.lines().next().unwrap_or_default(), stretch.range.start),
    }
}

/// The same for what a template came to: the line of the template that wrote the line.
fn of_sheet(file: &str, sheet: &Sheet, stretch: &Stretch, before: &str, text: &str) -> std::ops::Range<usize> {
    let at = part(&sheet.text, stretch, before, text).start;
    let line = sheet.text.get(..at).unwrap_or_default().matches('\n').count();
    let start = sheet.lines.get(line).map_or(0, |start| *start as usize).min(file.len());
    let start = file.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = file.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    match line.find(text).filter(|_| !text.is_empty()) {
        Some(at) => start + at..start + at + text.len(),
        None => trimmed(line, start),
    }
}

/// A line that begins at `start`, without the blanks around it.
fn trimmed(line: &str, start: usize) -> std::ops::Range<usize> {
    let from = start + line.len() - line.trim_start().len();
    from..from + line.trim().len()
}

/// Where a file sets a variable: at its name behind the beginning of a line or `ENV`, else the first time that it stands there as a word.
fn line_of(file: &str, variable: &str) -> Option<std::ops::Range<usize>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-';
    let words = || {
        let all = file.match_indices(variable).map(|(at, _)| at);
        all.filter(|at| !file[..*at].ends_with(is_word) && !file[at + variable.len()..].starts_with(is_word))
    };
    let line = |at: usize| file[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    let sets = |at: &usize| {
        let after = file[at + variable.len()..].trim_start_matches([' ', '\t']);
        !line(*at).starts_with('#') && (after.starts_with(['=', ':']) || line(*at).to_uppercase().starts_with("ENV"))
    };
    // Of several the last one counts.
    let at = words().filter(sets).last().or_else(|| words().next())?;
    Some(at..at + variable.len())
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
