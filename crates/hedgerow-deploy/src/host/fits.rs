//! Hosts of which parts are not known, against names.

use crate::partial::Partial;

/// Whether `name` fits a host with holes. A hole is at least one letter.
pub(super) fn fits(host: &Partial, name: &str) -> bool {
    let texts = host.between_gaps();
    let Some((head, texts)) = texts.split_first() else { return false };
    let Some(mut rest) = name.strip_prefix(*head) else { return false };
    let Some((tail, texts)) = texts.split_last() else { return rest.is_empty() };
    for text in texts {
        // Where a text stands first, most is left for those behind it: no later place fits where that one does not.
        let Some(letter) = rest.chars().next() else { return false };
        let Some((_, behind)) = rest[letter.len_utf8()..].split_once(*text) else { return false };
        rest = behind;
    }
    rest.strip_suffix(*tail).is_some_and(|hole| !hole.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// [`fits`], said as it is meant: with every length that each hole can have.
    fn fits_somehow(host: &str, name: &str) -> bool {
        let Some((head, tail)) = host.split_once('?') else { return host == name };
        let Some(rest) = name.strip_prefix(head) else { return false };
        rest.char_indices().map(|(at, letter)| at + letter.len_utf8()).any(|at| fits_somehow(tail, &rest[at..]))
    }

    /// A host with `?` for holes.
    fn host(text: &str) -> Partial {
        text.split_inclusive('?')
            .map(|piece| match piece.strip_suffix('?') {
                Some(known) => [Partial::from(known), Partial::unknown()].iter().collect(),
                None => Partial::from(piece),
            })
            .collect::<Vec<_>>()
            .iter()
            .collect()
    }

    #[test]
    fn many_holes_against_a_long_name_come_to_an_end() {
        let (long, name) = ("?a".repeat(200), "a".repeat(2_000));
        assert!(fits(&host(&long), &name));
        assert!(!fits(&host(&format!("{long}b")), &name));
    }

    proptest! {
        #[test]
        fn a_name_fits_where_some_lengths_of_the_holes_make_it(text in "[?abé]{0,9}", name in "[abé]{0,9}") {
            prop_assert_eq!(fits(&host(&text), &name), fits_somehow(&text, &name));
        }
    }
}
