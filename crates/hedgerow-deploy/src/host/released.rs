//! Names that the name of a Helm release is a part of, which only the deploy knows.

use crate::partial::{Gap, Part, Partial};

/// What such a name may be where people install the chart: the release is called like the chart, or the rest of the name says it all. Nothing
/// for other names.
pub(crate) fn without_release(name: &Partial, chart: &str) -> Vec<String> {
    let is_release = |gap: &Gap| matches!(gap, Gap::Release(_));
    if !name.gaps().any(is_release) {
        return Vec::new();
    }
    let like_chart = name.with_gaps(|gap| is_release(gap).then(|| Partial::from(chart)));
    let pieces = name.parts().filter_map(|part| match part {
        Part::Known(text) => Some(text.trim_matches('-')).filter(|text| !text.is_empty()),
        Part::Gap(_) => None,
    });
    let pieces: Vec<&str> = pieces.collect();
    let rest = pieces.first().filter(|_| pieces.len() == 1 && name.gaps().all(is_release));
    like_chart.known().into_iter().chain(rest.copied()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_called_like_its_chart_or_the_rest_says_it() {
        let name = |pieces: &[&str]| {
            let mut name = Partial::default();
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    name.push(Gap::Release(7));
                }
                name.push_str(piece);
            }
            name
        };
        for (pieces, expected) in [
            (&["", "-ledger"][..], &["books-ledger", "ledger"][..]),
            (&["a-", ""], &["a-books", "a"]),
            (&["a-", "-b"], &["a-books-b"]),
            (&["", "-", "-b"], &["books-books-b", "b"]),
            (&["", ""], &["books"]),
            (&["ledger"], &[]),
        ] {
            assert_eq!(without_release(&name(pieces), "books"), expected, "{pieces:?}");
        }
        let mut open = name(&["", "-ledger-"]);
        open.push(Gap::Unknown);
        assert!(without_release(&open, "books").is_empty());
    }
}
