//! Finding the service directories without walking what no glob can match.

use super::files::{Entry, Files};
use globset::{GlobBuilder, GlobMatcher};
use hedgerow_core::draft::Spanned;
use hedgerow_core::fleet::{Config, Layout};
use hedgerow_core::name::ServiceName;
use hedgerow_core::tree::{FileFault, GlobKind, Idle, IdleGlob};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Where the services are.
pub(super) struct ServiceDirectories {
    /// Their paths relative to the root, sorted.
    pub(super) paths: Vec<String>,
    /// What could not be read above them.
    pub(super) faults: Vec<(String, FileFault)>,
    /// The globs that made a directory a service: of each directory all, each set of them once.
    included: BTreeSet<Vec<usize>>,
    /// Those that kept one from being one, likewise.
    excluded: BTreeSet<Vec<usize>>,
    /// The first file whose name a glob fits.
    file: Option<String>,
}

/// One part of a glob between two `/`.
enum GlobPart {
    /// `**`: any number of directories.
    AnyDepth,
    /// A name with or without wildcards.
    Name(GlobMatcher),
}

/// A position in one of the globs: the part that the next directory's name has to match.
type State = (usize, usize);

struct Finder<'a> {
    tree: &'a dyn Files,
    globs: Vec<Vec<GlobPart>>,
    exclude: Vec<GlobMatcher>,
    found: ServiceDirectories,
}

impl ServiceDirectories {
    pub(super) fn find(tree: &dyn Files, config: &Config) -> Self {
        let globs = config.layout.include.iter().map(|glob| parts(&glob.value)).collect::<Vec<_>>();
        Self::matching(tree, globs, excludes(&config.layout))
    }

    fn matching(tree: &dyn Files, globs: Vec<Vec<GlobPart>>, exclude: Vec<GlobMatcher>) -> Self {
        let start = (0..globs.len()).map(|glob| (glob, 0)).collect();
        let found = Self {
            paths: Vec::new(),
            faults: Vec::new(),
            included: BTreeSet::new(),
            excluded: BTreeSet::new(),
            file: None,
        };
        let mut finder = Finder { tree, globs, exclude, found };
        finder.walk("", start, 0);
        finder.found.paths.sort();
        finder.found.paths.dedup();
        finder.found
    }

    /// The globs of `services.include` that made no directory a service, or none that another would not, and why.
    pub(super) fn idle_includes(&self, tree: &dyn Files, layout: &Layout) -> Vec<IdleGlob> {
        let kind = GlobKind::Include;
        let exclude = excludes(layout);
        let tell = |index: usize| {
            // Alone, it matches what another took from it.
            let alone = Self::matching(tree, vec![parts(&layout.include[index].value)], Vec::new());
            let below = |path: &String| self.paths.iter().find(|service| path.starts_with(&format!("{service}/")));
            let why = match (alone.paths.first(), alone.file) {
                (Some(path), _) => match (exclude.iter().position(|glob| glob.is_match(path)), below(path)) {
                    (Some(by), _) => Idle::Excluded(path.clone(), by),
                    (None, Some(service)) => Idle::Below(path.clone(), service.clone()),
                    (None, None) => Idle::Nothing,
                },
                (None, Some(file)) => Idle::File(file),
                (None, None) => Idle::Nothing,
            };
            IdleGlob { kind, index, why }
        };
        let idle = idle(&layout.include, &self.included).map(tell);
        idle.chain(shadowed(kind, &layout.include, &self.included)).collect()
    }

    /// The globs of `services.exclude` that kept no directory from being a service, or none that another would not. `others` are sets of
    /// those that do something else.
    pub(super) fn idle_excludes(&self, layout: &Layout, others: &BTreeSet<Vec<usize>>) -> Vec<IdleGlob> {
        let kind = GlobKind::Exclude;
        let sets: BTreeSet<Vec<usize>> = self.excluded.union(others).cloned().collect();
        let idle = idle(&layout.exclude, &sets).map(|index| IdleGlob { kind, index, why: Idle::Nothing });
        idle.chain(shadowed(kind, &layout.exclude, &sets)).collect()
    }
}

/// The globs that are in none of the sets.
fn idle(globs: &[Spanned<String>], sets: &BTreeSet<Vec<usize>>) -> impl Iterator<Item = usize> {
    (0..globs.len()).filter(|index| !sets.iter().any(|set| set.contains(index)))
}

/// The globs that match nothing that others of their list do not. `sets` are the globs that match a directory.
fn shadowed(kind: GlobKind, globs: &[Spanned<String>], sets: &BTreeSet<Vec<usize>>) -> Vec<IdleGlob> {
    // Of two that match the same, a plain path goes before a pattern, and then the later one.
    let is_pattern = |index: usize| globs[index].value.contains(['*', '?', '[', '{']);
    let mut order: Vec<usize> = (0..globs.len()).collect();
    order.sort_by_key(|index| (is_pattern(*index), Reverse(*index)));
    let mut gone: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for index in order {
        let mut own = sets.iter().filter(|set| set.contains(&index)).peekable();
        if own.peek().is_none() {
            continue;
        }
        let other = |set: &Vec<usize>| set.iter().copied().find(|other| *other != index && !gone.contains_key(other));
        if let Some(others) = own.map(other).collect::<Option<BTreeSet<usize>>>() {
            gone.insert(index, others);
        }
    }
    let tell = |(index, others): (usize, BTreeSet<usize>)| IdleGlob {
        kind,
        index,
        why: Idle::Shadowed(others.into_iter().collect()),
    };
    gone.into_iter().map(tell).collect()
}

/// Which of the globs match a path.
pub(super) fn matching(globs: &[GlobMatcher], path: &str) -> Vec<usize> {
    globs.iter().enumerate().filter(|(_, glob)| glob.is_match(path)).map(|(index, _)| index).collect()
}

/// The globs of directories that are no services.
pub(super) fn excludes(layout: &Layout) -> Vec<GlobMatcher> {
    layout.exclude.iter().filter_map(|glob| matcher(&glob.value)).collect()
}

/// How deep directories are followed; deeper trees are no source trees.
const DEPTH: usize = 64;

impl Finder<'_> {
    fn walk(&mut self, path: &str, states: Vec<State>, depth: usize) {
        if states.is_empty() || depth > DEPTH {
            return;
        }
        let entries = match self.tree.entries(if path.is_empty() { "." } else { path }) {
            Ok(entries) => entries,
            Err(fault) => {
                let shown = if path.is_empty() { "." } else { path };
                self.found.faults.push((shown.to_owned(), fault));
                return;
            }
        };
        if self.found.file.is_none() {
            let ends = |name: &str| self.advance(&states, name).iter().any(|(glob, part)| self.is_end(*glob, *part));
            let file = entries.iter().find(|entry| !entry.is_directory && ends(&entry.name));
            let below = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            self.found.file = file.map(|entry| below(&entry.name));
        }
        for entry in &entries {
            let below = if path.is_empty() { entry.name.clone() } else { format!("{path}/{}", entry.name) };
            if !entry.is_directory {
                self.lost(below, entry, &states);
                continue;
            }
            let next = self.advance(&states, &entry.name);
            let ends: Vec<_> =
                next.iter().filter(|(glob, part)| self.is_end(*glob, *part)).map(|(glob, _)| *glob).collect();
            let excluded = matching(&self.exclude, &below);
            let is_service = !ends.is_empty() && excluded.is_empty();
            if !ends.is_empty() && !excluded.is_empty() {
                self.found.excluded.insert(excluded);
            }
            if is_service {
                self.found.included.insert(ends);
                self.service(below, entry.is_link);
            } else if !entry.is_link {
                // A link is never followed on the way to a service, so that a loop of links ends.
                let open = next.into_iter().filter(|(glob, part)| *part < self.globs[*glob].len()).collect();
                self.walk(&below, open, depth + 1);
            }
        }
    }

    /// Notes a link to nothing in the place of a service: where it led somewhere, a service was.
    fn lost(&mut self, path: String, entry: &Entry, states: &[State]) {
        if !entry.is_link || ServiceName::new(&entry.name).is_err() || !matching(&self.exclude, &path).is_empty() {
            return;
        }
        let is_service = self.advance(states, &entry.name).iter().any(|(glob, part)| self.is_end(*glob, *part));
        if is_service && self.tree.refuse_outside(&path) == Err(FileFault::LeadsNowhere) {
            self.found.faults.push((path, FileFault::LeadsNowhere));
        }
    }

    fn service(&mut self, path: String, is_link: bool) {
        if is_link && let Err(fault) = self.tree.refuse_outside(&path) {
            self.found.faults.push((path, fault));
        } else {
            self.found.paths.push(path);
        }
    }

    /// Whether a glob has matched wholly; a `**` at its end matches nothing more.
    fn is_end(&self, glob: usize, part: usize) -> bool {
        self.globs[glob][part..].iter().all(|part| matches!(part, GlobPart::AnyDepth))
    }

    fn advance(&self, states: &[State], name: &str) -> Vec<State> {
        let mut next = Vec::new();
        for &(glob, mut part) in states {
            while let Some(GlobPart::AnyDepth) = self.globs[glob].get(part) {
                next.push((glob, part));
                part += 1;
            }
            if let Some(GlobPart::Name(matcher)) = self.globs[glob].get(part)
                && matcher.is_match(name)
            {
                next.push((glob, part + 1));
            }
        }
        next.sort_unstable();
        next.dedup();
        next
    }
}

fn parts(glob: &str) -> Vec<GlobPart> {
    let part = |text: &str| if text == "**" { Some(GlobPart::AnyDepth) } else { matcher(text).map(GlobPart::Name) };
    glob.split('/').filter_map(part).collect()
}

/// Globs were checked when the configuration was read; one that is faulty was reported and matches nothing.
pub(super) fn matcher(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}
