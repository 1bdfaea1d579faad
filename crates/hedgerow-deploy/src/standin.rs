//! Texts for parsers: letters that stand in for what is not known.
//!
//! What a template comes to is YAML, a ConfigMap holds a file of any format, an address is taken apart: who parses such a text needs
//! letters where there are gaps. They are letters of the last private use area, which nobody knows outside of this file. Where a text has
//! such a letter itself it is marked as one that means itself, so that no text is taken for a gap. That holds for the values of manifests, charts and settings. What
//! searches any file for names reads its letters as they are, and there such a letter of people's is one that is not known.

use crate::partial::{Choice, Gap, Part, Partial};
use std::borrow::Cow;
use std::sync::Arc;

/// Stands for [`Gap::Unknown`].
const HOLE: char = '\u{100000}';
/// Stand around and in a [`Gap::OneOf`]: `OPEN by OR text OR text CLOSE`.
const OPEN: char = '\u{100001}';
const OR: char = '\u{100002}';
const CLOSE: char = '\u{100003}';
/// Stands for [`Gap::LeftOut`].
const LEFT_OUT: char = '\u{100004}';
/// Stands for [`Gap::Lost`].
const LOST: char = '\u{100005}';
/// Stands before a letter that means itself.
const ITSELF: char = '\u{100006}';
/// The first of those that stand for [`Gap::Release`], and how many there are; further ones are not told apart from what is unknown.
const RELEASE: u32 = 0x10_0100;
const MAX_RELEASES: usize = 0xfe00;

/// The byte with which all letters of that area begin in UTF-8.
const FIRST_BYTE: u8 = 0xf4;

fn is_standin(letter: char) -> bool {
    letter >= HOLE
}

/// Whether a text has a letter that is a stand-in, or would be taken for one.
fn has_standin(text: &str) -> bool {
    text.as_bytes().contains(&FIRST_BYTE)
}

/// A text with stand-ins for its gaps.
pub(crate) fn write(text: &Partial) -> Cow<'_, str> {
    match text.known() {
        Some(known) if !has_standin(known) => Cow::Borrowed(known),
        _ => {
            let mut made = String::with_capacity(text.size());
            write_to(text, &mut made);
            Cow::Owned(made)
        }
    }
}

fn write_to(text: &Partial, made: &mut String) {
    for part in text.parts() {
        match part {
            Part::Known(known) => write_letters(known, made),
            Part::Gap(Gap::Unknown) => made.push(HOLE),
            Part::Gap(Gap::LeftOut) => made.push(LEFT_OUT),
            Part::Gap(Gap::Lost) => made.push(LOST),
            Part::Gap(Gap::Release(nth)) => made.push(release(*nth)),
            Part::Gap(Gap::OneOf(choice)) => {
                made.push(OPEN);
                write_letters(&choice.by, made);
                for text in &choice.texts {
                    made.push(OR);
                    write_to(text, made);
                }
                made.push(CLOSE);
            }
        }
    }
}

fn write_letters(text: &str, made: &mut String) {
    if !has_standin(text) {
        made.push_str(text);
        return;
    }
    for letter in text.chars() {
        if is_standin(letter) {
            made.push(ITSELF);
        }
        made.push(letter);
    }
}

/// A text of people for one who reads stand-ins.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !has_standin(text) {
        return Cow::Borrowed(text);
    }
    let mut made = String::with_capacity(text.len());
    write_letters(text, &mut made);
    Cow::Owned(made)
}

fn release(nth: usize) -> char {
    let offset = u32::try_from(nth).ok().filter(|_| nth < MAX_RELEASES);
    offset.and_then(|offset| char::from_u32(RELEASE + offset)).unwrap_or(HOLE)
}

/// The text that stand-ins were written in. What a parser has torn apart is not known.
pub(crate) fn read(text: &str) -> Partial {
    if !has_standin(text) {
        return Partial::from(text);
    }
    let mut made = Partial::default();
    let mut rest = text;
    while let Some(at) = rest.find(is_standin) {
        made.push_str(&rest[..at]);
        let mut letters = rest[at..].chars();
        let letter = letters.next().unwrap_or(HOLE);
        rest = letters.as_str();
        match letter {
            ITSELF => {
                if let Some(next) = letters.next() {
                    made.push_str(next.encode_utf8(&mut [0; 4]));
                    rest = letters.as_str();
                }
            }
            OPEN => {
                let (gap, after) = choice(rest);
                made.push(gap);
                rest = after;
            }
            LEFT_OUT => made.push(Gap::LeftOut),
            LOST => made.push(Gap::Lost),
            letter => match u32::from(letter).checked_sub(RELEASE).and_then(|nth| usize::try_from(nth).ok()) {
                Some(nth) if nth < MAX_RELEASES => made.push(Gap::Release(nth)),
                _ => made.push(Gap::Unknown),
            },
        }
    }
    made.push_str(rest);
    made
}

/// The choice that is open before a text, and the text behind it.
fn choice(text: &str) -> (Gap, &str) {
    let mut pieces = vec![];
    let (mut start, mut means_itself) = (0, false);
    for (at, letter) in text.char_indices() {
        if means_itself {
            means_itself = false;
            continue;
        }
        match letter {
            ITSELF => means_itself = true,
            OR => {
                pieces.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            CLOSE => {
                pieces.push(&text[start..at]);
                let mut texts = pieces.into_iter().map(read);
                let by = texts.next().unwrap_or_default().letters().to_owned();
                let choice = Choice { by, texts: texts.collect() };
                return (Gap::OneOf(Arc::new(choice)), &text[at + letter.len_utf8()..]);
            }
            _ => {}
        }
    }
    (Gap::Unknown, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Letters of people, those that stand in for gaps among them.
    fn letters() -> impl Strategy<Value = String> {
        "[a-c:/é\u{100000}-\u{100007}\u{1000fe}-\u{100103}\u{10fefe}-\u{10ffff}\u{e000}\0]{0,6}"
    }

    fn flat() -> impl Strategy<Value = Partial> {
        let gap = prop_oneof![
            Just(Gap::Unknown),
            Just(Gap::LeftOut),
            Just(Gap::Lost),
            prop_oneof![0..3_usize, MAX_RELEASES - 2..MAX_RELEASES].prop_map(Gap::Release),
        ];
        vec((letters(), proptest::option::of(gap)), 0..5).prop_map(|parts| {
            let mut text = Partial::default();
            for (letters, gap) in parts {
                text.push_str(&letters);
                gap.into_iter().for_each(|gap| text.push(gap));
            }
            text
        })
    }

    fn any_text() -> impl Strategy<Value = Partial> {
        let choice = (letters(), vec(flat(), 1..4)).prop_map(|(by, texts)| Choice { by, texts });
        vec((flat(), proptest::option::of(choice)), 0..4).prop_map(|parts| {
            let mut text = Partial::default();
            for (flat, choice) in parts {
                text.append(&flat);
                choice.into_iter().for_each(|choice| text.push(Gap::OneOf(Arc::new(choice))));
            }
            text
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in any_text()) {
            prop_assert_eq!(read(&write(&text)), text);
        }

        #[test]
        fn letters_of_people_are_no_gaps(text in letters()) {
            let text = Partial::from(text);
            prop_assert_eq!(read(&write(&text)).known().map(str::to_owned), text.known().map(str::to_owned));
        }

        #[test]
        fn any_text_is_read(text in letters(), other in any_text()) {
            read(&text);
            // What a parser tears apart is read too.
            for (at, _) in write(&other).char_indices() {
                read(&write(&other)[at..]);
                read(&write(&other)[..at]);
            }
        }

        #[test]
        fn texts_are_split_where_their_letters_stand_together(before in flat(), after in flat()) {
            let text: Partial = [&before, &Partial::from("${"), &after].into_iter().collect();
            let (head, tail) = text.split_once("${").unwrap();
            prop_assert_eq!((head, tail), (before, after));
        }
    }

    #[test]
    fn more_releases_than_there_are_letters_for_are_not_told_apart() {
        assert_eq!(read(&write(&Partial::gap(Gap::Release(MAX_RELEASES)))), Partial::unknown());
    }

    #[test]
    fn a_choice_that_is_torn_apart_is_not_known() {
        let choice = Choice { by: "x".to_owned(), texts: vec![Partial::from("a"), Partial::from("b")] };
        let written = write(&Partial::gap(Gap::OneOf(Arc::new(choice)))).into_owned();
        assert_eq!(read(written.trim_end_matches(CLOSE)), Partial::unknown());
        let mut torn = Partial::from("a");
        torn.push(Gap::Unknown);
        torn.push_str("b");
        assert_eq!(torn.split_once("ab"), None);
    }
}
