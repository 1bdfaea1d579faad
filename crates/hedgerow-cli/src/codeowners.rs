//! A CODEOWNERS file: who reviews which path, as the code host that reads it says; and the block of it that Hedgerow writes.

mod block;
mod github;
mod gitlab;
mod places;

pub(crate) use block::with_block;
pub(crate) use github::MOST_BYTES;
pub(crate) use places::{Foreign, Found, find};

use globset::GlobMatcher;
use std::ops::Range;

/// A code host whose grammar is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    GitHub,
    GitLab,
}

/// A whole file.
pub(crate) struct CodeOwners {
    sections: Vec<Section>,
}

/// Lines of which one decides for a path.
struct Section {
    lines: Vec<Line>,
    /// Whether nobody has to wait for its owners.
    is_optional: bool,
}

/// One line that gives owners to paths, or takes them away.
pub(crate) struct Line {
    /// Where it stands in the file.
    pub(crate) range: Range<usize>,
    /// Nobody where it names none.
    owners: Vec<String>,
    pattern: Pattern,
    /// Whether the paths that it matches need no review in its section, whatever stands behind it.
    excludes: bool,
}

enum Pattern {
    Globs(Vec<GlobMatcher>),
    /// For a path that begins with `/`.
    Ruby(String),
}

impl Host {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
        }
    }
}

/// Whether a text has headings of sections, which GitLab alone knows.
pub(crate) fn has_sections(text: &str) -> bool {
    lines(text).any(|(_, line)| gitlab::heading(line).is_some())
}

impl CodeOwners {
    /// Reads a file as a host does, which leaves lines out that it does not understand.
    pub(crate) fn parse(host: Host, text: &str) -> Self {
        let sections = match host {
            Host::GitHub => github::sections(text),
            Host::GitLab => gitlab::sections(text),
        };
        Self { sections }
    }

    /// The lines that count for a path: one of each section that has any.
    pub(crate) fn deciding(&self, path: &str) -> impl Iterator<Item = &Line> {
        self.sections.iter().filter_map(move |section| section.deciding(path))
    }

    /// Whether a path's review is `owner`'s, and cannot be done without.
    pub(crate) fn is_owned_by(&self, path: &str, owner: &str) -> bool {
        let required = self.sections.iter().filter(|section| !section.is_optional);
        let names = |line: &Line| !line.excludes && line.owners.iter().any(|named| named.eq_ignore_ascii_case(owner));
        required.filter_map(|section| section.deciding(path)).any(names)
    }
}

impl Section {
    fn deciding(&self, path: &str) -> Option<&Line> {
        let excluding = self.lines.iter().find(|line| line.excludes && line.matches(path));
        excluding.or_else(|| self.lines.iter().rev().find(|line| line.matches(path)))
    }
}

impl Line {
    /// The owners that it names.
    pub(crate) fn owners(&self) -> &[String] {
        &self.owners
    }

    fn matches(&self, path: &str) -> bool {
        match &self.pattern {
            Pattern::Globs(globs) => globs.iter().any(|matcher| matcher.is_match(path)),
            Pattern::Ruby(pattern) => gitlab::matches(pattern, &format!("/{path}")),
        }
    }
}

/// The lines of a text that are neither empty nor a comment, with their places.
fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |whole| {
        let line = whole.trim();
        let start = offset + whole.len() - whole.trim_start().len();
        offset += whole.len();
        (!line.is_empty() && !line.starts_with('#')).then_some((start..start + line.len(), line))
    })
}
