//! The fast path against the general path, on mutated manifests and on every difference ever found.

mod support;

use hedgerow_yaml::{Document, split};
use support::{LISTS, Random, SEEDS, Tally, check_edits, compare, compare_parts, labels, mutant, mutant_of, questions};

#[test]
fn seeds_are_valid() {
    for seed in SEEDS {
        for piece in split(seed) {
            assert_eq!(Document::of_piece(seed, &piece).tree().err(), None, "{}", &seed[piece.range]);
        }
    }
}

/// The files of `testdata/regressions` with these names.
macro_rules! regressions {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../testdata/regressions/", $name, ".yaml")))),*]
    };
}

#[test]
fn differences_found_once_stay_mended() {
    let regressions = regressions![
        "blanks-behind-the-header-of-an-empty-block",
        "blanks-deeper-than-block-text",
        "block-scalar-without-lines",
        "comment-less-deep-than-block-text",
        "comment-right-behind-a-colon",
        "empty-key",
        "first-line-deeper-than-the-header-says",
        "indentation-given-in-the-header",
        "lone-carriage-return-hides-a-line",
        "next-line-character-in-a-comment",
        "plain-scalar-goes-on-below-kind",
        "quoted-twin-of-a-key",
        "quotes-around-a-colon-inside-plain-text",
        "quotes-inside-plain-text",
        "tab-before-colon",
        "tab-behind-dash",
        "tag-before-a-quoted-bracket",
        "two-byte-order-marks",
    ];
    let (questions, labels) = (questions(), labels());
    for (name, text) in regressions {
        println!("{name}");
        for text in [text.to_owned(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
            compare(&text, &questions);
            labels.iter().for_each(|labels| check_edits(&text, labels));
        }
    }
}

#[test]
fn mutants_get_the_same_answers_on_both_ways() {
    let questions = questions();
    let mut random = Random(2026);
    let mut total = Tally::default();
    for _ in 0..3_000 {
        let tally = compare(&mutant(&mut random), &questions);
        total.fast += tally.fast;
        total.general += tally.general;
        total.invalid += tally.invalid;
    }
    // A comparison that one side never takes part in would prove nothing.
    assert!(total.fast > 1_000 && total.general > 1_000 && total.invalid > 1_000, "{total:?}");
}

#[test]
fn objects_of_lists_get_the_same_answers_on_both_ways() {
    let questions = questions();
    for list in LISTS {
        assert_eq!(compare_parts(list, &questions).fast, 1, "{list}");
        assert_eq!(compare(list, &questions[4..]).invalid, 0);
    }
    let mut random = Random(2029);
    let mut total = Tally::default();
    for _ in 0..2_000 {
        let text = mutant_of(&LISTS, &mut random);
        compare(&text, &questions);
        let tally = compare_parts(&text, &questions);
        total.fast += tally.fast;
        total.general += tally.general;
        total.invalid += tally.invalid;
    }
    assert!(total.fast > 300 && total.general > 30 && total.invalid > 300, "{total:?}");
}

#[test]
fn edits_of_mutants_keep_their_promises() {
    let labels = labels();
    let mut random = Random(2027);
    for number in 0..1_500 {
        check_edits(&mutant(&mut random), &labels[number % labels.len()]);
    }
}
