//! Hosts of which parts are not known, against names.

use super::HOLE;

/// Whether `name` fits a host with holes. A hole is at least one letter.
pub(super) fn fits(host: &str, name: &str) -> bool {
    let mut texts = host.split(HOLE);
    let Some(mut rest) = name.strip_prefix(texts.next().unwrap_or_default()) else { return false };
    let Some(tail) = texts.next_back() else { return rest.is_empty() };
    for text in texts {
        // Where a text stands first, most is left for those behind it: no later place fits where that one does not.
        let Some(letter) = rest.chars().next() else { return false };
        let Some((_, behind)) = rest[letter.len_utf8()..].split_once(text) else { return false };
        rest = behind;
    }
    rest.strip_suffix(tail).is_some_and(|hole| !hole.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// [`fits`], said as it is meant: with every length that each hole can have.
    fn fits_somehow(host: &str, name: &str) -> bool {
        let Some((head, tail)) = host.split_once(HOLE) else { return host == name };
        let Some(rest) = name.strip_prefix(head) else { return false };
        rest.char_indices().map(|(at, letter)| at + letter.len_utf8()).any(|at| fits_somehow(tail, &rest[at..]))
    }

    #[test]
    fn many_holes_against_a_long_name_come_to_an_end() {
        let (host, name) = ("\u{0}a".repeat(200), "a".repeat(2_000));
        assert!(fits(&host, &name));
        assert!(!fits(&format!("{host}b"), &name));
    }

    proptest! {
        #[test]
        fn a_name_fits_where_some_lengths_of_the_holes_make_it(host in "[\u{0}abé]{0,9}", name in "[abé]{0,9}") {
            prop_assert_eq!(fits(&host, &name), fits_somehow(&host, &name));
        }
    }
}
