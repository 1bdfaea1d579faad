//! Paths of a tree: their directories, and what lies below them.

/// The directory of a path; empty for the root.
pub(crate) fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// A path and the directories above it, the nearest first and the root last.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| dir_of(path)))
}

/// The rest of a path below a directory.
pub(crate) fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    if root.is_empty() { Some(path) } else { path.strip_prefix(root)?.strip_prefix('/') }
}

/// Whether a path lies below a directory; every path below the root.
pub(crate) fn is_below(path: &str, directory: &str) -> bool {
    below(path, directory).is_some()
}
