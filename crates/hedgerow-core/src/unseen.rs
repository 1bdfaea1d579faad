//! Characters that nobody sees.

/// The code points with the property `Default_Ignorable_Code_Point` of Unicode 16.0, from `DerivedCoreProperties.txt`
/// (<https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>): what is drawn as nothing where it is not understood. Among them are soft
/// hyphens, joiners and other letters without width, the marks that turn the direction of writing, fillers of Hangul, variation selectors and tags.
const IGNORABLE: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether nobody sees a character, or sees by it others where they are not: control characters, the ends of lines and paragraphs, what
/// Unicode calls ignorable, and two code points that are no characters. With them one name can be made to look like another.
#[must_use]
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        || IGNORABLE.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// A text in which U+FFFD stands for what nobody sees.
pub fn replaced(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(|letter| if is_unseen(letter) { char::REPLACEMENT_CHARACTER } else { letter })
}

/// A text in which what nobody sees is written as the escape that stands for it: it stays one line, and two texts stay apart.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unseen(letter) { seen.extend(letter.escape_default()) } else { seen.push(letter) }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{IGNORABLE, escaped, is_unseen};

    #[test]
    fn what_nobody_sees() {
        let unseen = "\u{0}\u{1b}\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{200d}\u{200e}\u{2028}\u{202e}\u{2060}\u{2069}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fff8}\u{ffff}\u{1d173}\u{e0001}\u{e0041}\u{e0100}";
        for letter in unseen.chars() {
            assert!(is_unseen(letter), "{letter:?}");
        }
        for letter in " a-ü世한ก\u{301}\u{2010}\u{2027}\u{202f}\u{205f}\u{fe10}\u{fffd}\u{e1000}😀".chars() {
            assert!(!is_unseen(letter), "{letter:?}");
        }
        assert_eq!(escaped("a\u{200b}b\n"), "a\\u{200b}b\\n");
    }

    /// As many as the file says, in its order.
    #[test]
    fn the_table_is_that_of_unicode() {
        let count: u32 = IGNORABLE.iter().map(|(first, last)| u32::from(*last) - u32::from(*first) + 1).sum();
        assert_eq!(count, 4174);
        assert!(IGNORABLE.is_sorted_by(|before, after| before.1 < after.0));
    }
}
