//! The names of Helm releases, which only the deploy knows.

use super::HOLE;

/// The first of the letters that stand for the names of Helm releases, which only the deploy knows.
const RELEASE: char = '\u{e100}';

/// How many releases are told apart.
const MAX_RELEASES: usize = 4_000;

/// The letter that stands for the name of a release: each has its own, so that names made of it meet within it alone.
pub(crate) fn release(nth: usize) -> char {
    let offset = u32::try_from(nth).ok().filter(|_| nth < MAX_RELEASES);
    offset.and_then(|offset| char::from_u32(u32::from(RELEASE) + offset)).unwrap_or(HOLE)
}

pub(super) fn is_release(c: char) -> bool {
    (u32::from(RELEASE)..u32::from(RELEASE) + 4_000).contains(&u32::from(c))
}

/// What a name that a release's is part of may be where people install the chart: the release is called like the chart, or the rest of the
/// name says it all. Nothing for other names.
pub(crate) fn without_release(name: &str, chart: &str) -> Vec<String> {
    if !name.contains(is_release) {
        return Vec::new();
    }
    let rest = name.trim_matches(|c: char| is_release(c) || c == '-');
    let rest = Some(rest).filter(|rest| !rest.is_empty() && !rest.contains(is_release));
    std::iter::once(name.replace(is_release, chart)).chain(rest.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_that_is_told_apart_is_one() {
        for nth in [0, 1, MAX_RELEASES - 1] {
            assert!(is_release(release(nth)), "{nth}");
        }
        assert_eq!(release(MAX_RELEASES), HOLE);
        assert!(!is_release(HOLE));
    }
}
