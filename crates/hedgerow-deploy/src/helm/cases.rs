//! Sprig's functions that write words in another case, each as Helm has it.

/// What a letter is to `snakecase` and `kebabcase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `-`, `_` and blanks stand between words.
    Between,
    Number,
    Upper,
    Lower,
    /// Letters that have no case.
    Plain,
    Mark,
}

impl Kind {
    fn of(letter: char) -> Self {
        match letter {
            '-' | '_' => Self::Between,
            letter if letter.is_whitespace() => Self::Between,
            letter if letter.is_numeric() => Self::Number,
            letter if letter.is_uppercase() => Self::Upper,
            letter if letter.is_lowercase() => Self::Lower,
            letter if letter.is_alphabetic() => Self::Plain,
            _ => Self::Mark,
        }
    }

    const fn is_word(self) -> bool {
        matches!(self, Self::Number | Self::Upper | Self::Lower | Self::Plain)
    }
}

/// The words of a text: letters of one kind, and capitals with the small letters behind the last of them (`HTTPServer` is two words).
fn words(text: &str) -> Vec<(Kind, String)> {
    let letters: Vec<(Kind, char)> = text.chars().map(|letter| (Kind::of(letter), letter)).collect();
    let mut found: Vec<(Kind, String)> = Vec::new();
    for (at, (kind, letter)) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at].0);
        let begins = match (before, kind) {
            // It belongs to the small letters behind it.
            (Some(Kind::Upper), Kind::Upper) => letters.get(at + 1).is_some_and(|(next, _)| *next == Kind::Lower),
            (Some(Kind::Upper), Kind::Lower) => false,
            (before, kind) => before != Some(*kind),
        };
        match found.last_mut().filter(|_| !begins) {
            Some((_, word)) => word.push(*letter),
            None => found.push((*kind, letter.to_string())),
        }
    }
    found
}

/// `firstName` and `first-name` with a mark between their words, in small letters. Numbers are a part of the word before them, but for those that small
/// letters follow: `Bld4Floor3rd` is `bld4_floor_3rd`.
pub(super) fn parted(text: &str, mark: char) -> String {
    let words = words(text);
    let mut made = String::new();
    // Whether the word before began with a number and goes on with small letters.
    let (mut before, mut in_number): (Option<Kind>, bool) = (None, false);
    for (at, (kind, word)) in words.iter().enumerate() {
        let goes_on = match kind {
            Kind::Number => {
                let begins = words.get(at + 1).is_some_and(|(next, _)| *next == Kind::Lower);
                in_number || !begins || !before.is_some_and(Kind::is_word)
            }
            Kind::Lower => in_number,
            Kind::Between | Kind::Upper | Kind::Plain | Kind::Mark => false,
        };
        if kind.is_word() && before.is_some_and(Kind::is_word) && !goes_on {
            made.push(mark);
        }
        match kind {
            Kind::Between => made.extend(word.chars().map(|_| mark)),
            _ => made.push_str(&word.to_lowercase()),
        }
        in_number = match kind {
            // One that ends a word is a part of it.
            Kind::Number => in_number || !before.is_some_and(Kind::is_word) || !goes_on,
            Kind::Lower => in_number,
            Kind::Between | Kind::Upper | Kind::Plain | Kind::Mark => false,
        };
        before = Some(*kind);
    }
    made
}

/// `first_name` as `FirstName`. Of the marks between two words one is taken away; those before the first and behind the last stay.
pub(super) fn joined(text: &str) -> String {
    let is_between = |letter: char| Kind::of(letter) == Kind::Between;
    let body = text.trim_matches(is_between);
    if body.is_empty() {
        // The last of marks alone comes twice.
        return text.chars().chain(text.chars().next_back()).collect();
    }
    let start = text.len() - text.trim_start_matches(is_between).len();
    let mut made = text[..start].to_owned();
    let mut rest = body;
    while !rest.is_empty() {
        let end = rest.find(is_between).unwrap_or(rest.len());
        let mut in_capitals = true;
        for (at, letter) in rest[..end].chars().enumerate() {
            match letter {
                letter if at == 0 => {
                    in_capitals = letter.is_uppercase();
                    made.extend(letter.to_uppercase());
                }
                letter if in_capitals && letter.is_uppercase() => made.extend(letter.to_lowercase()),
                letter => {
                    in_capitals = false;
                    made.push(letter);
                }
            }
        }
        let after = rest[end..].trim_start_matches(is_between);
        let between: Vec<char> = rest[end..rest.len() - after.len()].chars().collect();
        made.extend(between.split_last().map(|(_, kept)| kept).unwrap_or_default());
        rest = after;
    }
    made.push_str(&text[start + body.len()..]);
    made
}

/// Each word with a capital. Whatever is no letter, number or `_` ends a word: `it's` is two.
pub(super) fn titled(text: &str) -> String {
    let mut begins = true;
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        made.push(if begins { title(letter) } else { letter });
        begins = match letter {
            '_' => false,
            letter if letter.is_ascii() => !letter.is_ascii_alphanumeric(),
            letter => letter.is_whitespace(),
        };
    }
    made
}

/// Each word with a small first letter. Words stand between blanks.
pub(super) fn untitled(text: &str) -> String {
    let mut begins = true;
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        let small = letter.to_lowercase().next().filter(|_| begins);
        made.push(small.unwrap_or(letter));
        begins = letter.is_whitespace();
    }
    made
}

/// A letter at the start of a word. Letters whose capital is two letters stay.
fn title(letter: char) -> char {
    match letter {
        'Ǆ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǳ' => 'ǲ',
        letter => {
            let mut capital = letter.to_uppercase();
            capital.next().filter(|_| capital.len() == 0).unwrap_or(letter)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `helm template` of Helm 3.17 writes.
    #[test]
    fn words_are_written_as_helm_writes_them() {
        let snake = |text: &str| parted(text, '_');
        let kebab = |text: &str| parted(text, '-');
        type Function<'t> = &'t dyn Fn(&str) -> String;
        let tables: [(Function, &[(&str, &str)]); 5] = [
            (
                &snake,
                &[
                    ("", ""),
                    ("FirstName", "first_name"),
                    ("HTTPServer", "http_server"),
                    ("NoHTTPS", "no_https"),
                    ("GO_PATH", "go_path"),
                    ("GO PATH", "go_path"),
                    ("http2xx", "http_2xx"),
                    ("HTTP20xOK", "http_20x_ok"),
                    ("Duration2m3s", "duration_2m3s"),
                    ("Bld4Floor3rd", "bld4_floor_3rd"),
                    (" _-_ ", "_____"),
                    ("first  name", "first__name"),
                    ("a.b/c", "a.b/c"),
                    ("üÄb", "ü_äb"),
                    ("ID5", "id5"),
                    ("x-Y_z", "x_y_z"),
                    ("__a", "__a"),
                    ("a__B", "a__b"),
                    ("s3Bucket", "s3_bucket"),
                    ("userID", "user_id"),
                    ("aB1C", "a_b1_c"),
                    ("HTTPx", "htt_px"),
                    ("1A", "1_a"),
                    ("1a", "1a"),
                    ("12aB", "12a_b"),
                    ("A1b2C3d", "a_1b2_c_3d"),
                    ("a1_b2c", "a1_b_2c"),
                    ("1_a2B", "1_a2_b"),
                    ("ab12.c", "ab12.c"),
                    ("a.1b", "a.1b"),
                    ("aB.cD", "a_b.c_d"),
                    ("日本Go", "日本_go"),
                    ("Go日本", "go_日本"),
                ],
            ),
            (
                &kebab,
                &[
                    ("FirstName", "first-name"),
                    ("HTTPServer", "http-server"),
                    ("GO_PATH", "go-path"),
                    ("http2xx", "http-2xx"),
                    ("HTTP20xOK", "http-20x-ok"),
                    ("first name", "first-name"),
                    (" _-_ ", "-----"),
                    ("a__B", "a--b"),
                    ("a_1b", "a-1b"),
                    ("s3Bucket", "s3-bucket"),
                ],
            ),
            (
                &joined,
                &[
                    ("", ""),
                    ("http_server", "HttpServer"),
                    ("_complex__case_", "_Complex_Case_"),
                    ("some words", "SomeWords"),
                    ("first-name", "FirstName"),
                    ("FIRST_NAME", "FirstName"),
                    ("firstName", "FirstName"),
                    ("userID-x", "UserIDX"),
                    ("a.b c", "A.bC"),
                    ("AB.CD", "Ab.CD"),
                    ("HTTPServer", "Httpserver"),
                    ("ABcDEF", "AbcDEF"),
                    ("ABCdEF", "AbcdEF"),
                    ("aBCd", "ABCd"),
                    ("x_1y", "X1y"),
                    (" a b ", " AB "),
                    ("a--b", "A-B"),
                    ("a _b", "A B"),
                    ("-", "--"),
                    ("__", "___"),
                    ("ÄÖ_ü", "ÄöÜ"),
                ],
            ),
            (
                &titled,
                &[
                    ("", ""),
                    ("to ledger", "To Ledger"),
                    ("toLedger", "ToLedger"),
                    ("TO LEDGER", "TO LEDGER"),
                    ("to-ledger", "To-Ledger"),
                    ("to_ledger", "To_ledger"),
                    ("it's", "It'S"),
                    ("to.ledger", "To.Ledger"),
                    ("1st x", "1st X"),
                    ("ß straße", "ß Straße"),
                    ("élan a", "Élan A"),
                    ("ǆ", "ǅ"),
                ],
            ),
            (
                &untitled,
                &[
                    ("", ""),
                    ("To Ledger", "to ledger"),
                    ("TO LEDGER", "tO lEDGER"),
                    ("To-Ledger", "to-Ledger"),
                    ("A  B", "a  b"),
                    (" A B", " a b"),
                    ("ÉLAN A", "éLAN a"),
                    ("1A B", "1A b"),
                    ("A_B C", "a_B c"),
                    ("A\tB", "a\tb"),
                ],
            ),
        ];
        for (function, rows) in tables {
            for (text, expected) in rows {
                assert_eq!(function(text), *expected, "{text}");
            }
        }
    }
}
