//! Finding the service directories without walking what no glob can match.

use super::files::Files;
use globset::{GlobBuilder, GlobMatcher};
use hedgerow_core::fleet::Config;
use hedgerow_core::tree::FileFault;

/// Where the services are.
pub(super) struct ServiceDirectories {
    /// Their paths relative to the root, sorted.
    pub(super) paths: Vec<String>,
    /// What could not be read above them.
    pub(super) faults: Vec<(String, FileFault)>,
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
        let globs = config.layout.include.iter().map(|glob| parts(glob)).collect::<Vec<_>>();
        let exclude = config.layout.exclude.iter().filter_map(|glob| matcher(glob)).collect();
        let start = (0..globs.len()).map(|glob| (glob, 0)).collect();
        let mut finder = Finder { tree, globs, exclude, found: Self { paths: Vec::new(), faults: Vec::new() } };
        finder.walk("", start, 0);
        finder.found.paths.sort();
        finder.found.paths.dedup();
        finder.found
    }
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
        for entry in entries.iter().filter(|entry| entry.is_directory) {
            let below = if path.is_empty() { entry.name.clone() } else { format!("{path}/{}", entry.name) };
            let next = self.advance(&states, &entry.name);
            let is_service = next.iter().any(|(glob, part)| self.is_end(*glob, *part))
                && !self.exclude.iter().any(|glob| glob.is_match(&below));
            if is_service {
                self.service(below, entry.is_link);
            } else if !entry.is_link {
                // A link is never followed on the way to a service, so that a loop of links ends.
                let open = next.into_iter().filter(|(glob, part)| *part < self.globs[*glob].len()).collect();
                self.walk(&below, open, depth + 1);
            }
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
fn matcher(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}
