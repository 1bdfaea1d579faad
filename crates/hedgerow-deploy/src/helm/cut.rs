//! Functions that cut texts which may be known in part. What depends on a gap is not known, and what does not is.
//!
//! A gap may hold any letters, and none. Letters beside it that may be a part of what is looked for, together with letters of the gap, become a part of the gap. The
//! name of a release is not empty, and has small letters, digits and `-` in it, the last of these not at its ends.

use crate::partial::{Gap, Part, Partial};
use crate::value::{Map, Value};

/// In how many parts a text is split.
const MAX_PARTS: usize = 1024;

/// A part of a text that is looked into.
#[derive(Debug, Clone)]
enum Piece {
    Known(String),
    Gap(Gap),
}

fn pieces(text: &Partial) -> Vec<Piece> {
    let piece = |part: Part| match part {
        Part::Known(known) => Piece::Known(known.to_owned()),
        Part::Gap(gap) => Piece::Gap(gap.clone()),
    };
    text.parts().map(piece).collect()
}

/// Adds a gap of which nothing is known, unless there is one.
fn push_unknown(text: &mut Partial) {
    if !text.ends_unknown() {
        text.push(Gap::Unknown);
    }
}

/// Whether a gap may hold any of these letters.
fn may_hold(gap: &Gap, is_any: impl Fn(char) -> bool) -> bool {
    match gap {
        Gap::Release(_) => ('a'..='z').chain('0'..='9').chain(['-']).any(is_any),
        Gap::Unknown | Gap::OneOf(_) | Gap::LeftOut | Gap::Lost => true,
    }
}

/// Whether a gap may begin, or end, with any of these letters.
fn may_end_with(gap: &Gap, is_any: impl Fn(char) -> bool) -> bool {
    may_hold(gap, |letter| is_any(letter) && !(matches!(gap, Gap::Release(_)) && letter == '-'))
}

/// How long the longest end of a text is that is a beginning, and not all, of another one.
fn overlap(text: &str, other: &str) -> usize {
    let ends = other.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    ends.filter(|at| text.ends_with(&other[..*at])).max().unwrap_or(0)
}

/// How long the longest beginning of a text is that is an end, and not all, of another one.
fn overlap_before(text: &str, other: &str) -> usize {
    let starts = other.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    starts.map(|at| &other[at..]).filter(|end| text.starts_with(end)).map(str::len).max().unwrap_or(0)
}

/// `replace old new text`.
pub(super) fn replaced(old: &Partial, new: &Partial, text: &Partial) -> Option<Partial> {
    let old = old.known()?;
    let put = |made: &mut Partial, known: &str| {
        for (at, piece) in known.split(old).enumerate() {
            if at > 0 {
                made.append(new);
            }
            made.push_str(piece);
        }
    };
    if let Some(known) = text.known() {
        let mut made = Partial::default();
        if old.is_empty() {
            return new.known().map(|new| Partial::from(known.replace("", new)));
        }
        put(&mut made, known);
        return Some(made);
    }
    if old.is_empty() {
        return None;
    }
    let pieces = pieces(text);
    let reaches = |piece: Option<&Piece>| matches!(piece, Some(Piece::Gap(gap)) if may_hold(gap, |c| old.contains(c)));
    // Where it overlaps itself, which of two is taken depends on what stands before them.
    let overlaps_itself = overlap(old, old) > 0;
    let mut made = Partial::default();
    let mut is_open = false;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Gap(gap) => {
                if reaches(Some(piece)) {
                    push_unknown(&mut made);
                    is_open = true;
                } else {
                    made.push(gap.clone());
                    is_open = false;
                }
            }
            Piece::Known(known) => {
                let mut known = known.as_str();
                if is_open {
                    let start =
                        if overlaps_itself && known.contains(old) { known.len() } else { overlap_before(known, old) };
                    known = &known[start..];
                }
                let end = if reaches(pieces.get(at + 1)) { overlap(known, old) } else { 0 };
                put(&mut made, &known[..known.len() - end]);
            }
        }
    }
    Some(made)
}

/// A text without letters of a kind at its beginning.
fn trimmed_start(text: &Partial, is_cut: impl Fn(char) -> bool + Copy) -> Partial {
    let mut made = Partial::default();
    let mut is_done = false;
    for piece in pieces(text) {
        match piece {
            Piece::Known(known) if is_done => made.push_str(&known),
            Piece::Known(known) => {
                let rest = known.trim_start_matches(is_cut);
                is_done = !rest.is_empty();
                made.push_str(rest);
            }
            Piece::Gap(gap) if !is_done && may_end_with(&gap, is_cut) => push_unknown(&mut made),
            Piece::Gap(gap) => {
                is_done = true;
                made.push(gap);
            }
        }
    }
    made
}

/// A text without letters of a kind at both ends: `trim`, `trimAll`.
pub(super) fn trimmed(text: &Partial, is_cut: impl Fn(char) -> bool + Copy) -> Partial {
    reversed(&trimmed_start(&reversed(&trimmed_start(text, is_cut)), is_cut))
}

/// The first letters of a text, or the last ones where there are fewer than none: `trunc`. A gap counts as a letter.
pub(super) fn cut_to(count: i64, text: &Partial) -> Partial {
    let mut left = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let from = if count < 0 { reversed(text) } else { text.clone() };
    let mut made = Partial::default();
    for piece in pieces(&from) {
        match piece {
            Piece::Known(known) => {
                let end = known.char_indices().nth(left).map_or(known.len(), |(at, _)| at);
                made.push_str(&known[..end]);
                left = left.saturating_sub(known.chars().count());
            }
            Piece::Gap(gap) if left > 0 => {
                made.push(gap);
                left -= 1;
            }
            Piece::Gap(_) => {}
        }
    }
    if count < 0 { reversed(&made) } else { made }
}

/// A text from its end to its beginning.
fn reversed(text: &Partial) -> Partial {
    let mut made = Partial::default();
    for piece in pieces(text).into_iter().rev() {
        match piece {
            Piece::Known(known) => made.push_str(&known.chars().rev().collect::<String>()),
            Piece::Gap(gap) => made.push(gap),
        }
    }
    made
}

/// `trimPrefix prefix text`.
pub(super) fn without_prefix(prefix: &Partial, text: &Partial) -> Option<Partial> {
    let Some(prefix) = prefix.known() else {
        // The name of a release is the same wherever it stands.
        let is_release = prefix.gaps().all(|gap| matches!(gap, Gap::Release(_)));
        let (prefix, written) = (prefix.written(), text.written());
        return written.strip_prefix(&*prefix).filter(|_| is_release).map(Partial::read);
    };
    let pieces = pieces(text);
    let first = match pieces.first() {
        Some(Piece::Known(known)) => known.as_str(),
        _ => "",
    };
    let rest = usize::from(!first.is_empty());
    if let Some(after) = first.strip_prefix(prefix) {
        let mut made = Partial::from(after);
        pieces[rest..].iter().for_each(|piece| push(&mut made, piece));
        return Some(made);
    }
    let open = prefix.strip_prefix(first).filter(|open| !open.is_empty());
    let (Some(open), Some(Piece::Gap(gap))) = (open, pieces.get(rest)) else { return Some(text.clone()) };
    if !may_end_with(gap, |letter| open.starts_with(letter)) {
        return Some(text.clone());
    }
    let mut made = Partial::unknown();
    let mut is_beside = true;
    for piece in &pieces[rest + 1..] {
        match piece {
            Piece::Known(known) if is_beside => {
                // Where the gap is empty, all of what is left of it stands here.
                let cut = if known.starts_with(open) { open.len() } else { overlap_before(known, open) };
                made.push_str(&known[cut..]);
                is_beside = false;
            }
            piece => push(&mut made, piece),
        }
    }
    Some(made)
}

/// `trimSuffix suffix text`.
pub(super) fn without_suffix(suffix: &Partial, text: &Partial) -> Option<Partial> {
    without_prefix(&reversed(suffix), &reversed(text)).map(|made| reversed(&made))
}

fn push(text: &mut Partial, piece: &Piece) {
    match piece {
        Piece::Known(known) => text.push_str(known),
        Piece::Gap(gap) => text.push(gap.clone()),
    }
}

/// The parts of a text between marks, and whether there may be others behind them. There are at most as many as `count` says. None where there are too many.
pub(super) fn parts(mark: &Partial, count: Option<usize>, text: &Partial) -> Option<(Vec<Partial>, bool)> {
    let mark = mark.known()?;
    let (mut found, mut part) = (Vec::new(), Partial::default());
    let may_split = |found: &[Partial]| count.is_none_or(|count| found.len() + 1 < count);
    if count == Some(0) {
        return Some((Vec::new(), false));
    }
    for piece in pieces(text) {
        match piece {
            Piece::Gap(gap) => {
                let is_inside = !may_split(&found) || (!mark.is_empty() && !may_hold(&gap, |c| mark.contains(c)));
                if !is_inside {
                    found.push(begun(&part, mark));
                    return (found.len() <= MAX_PARTS).then_some((found, true));
                }
                part.push(gap);
            }
            Piece::Known(known) => {
                let mut rest = known.as_str();
                while may_split(&found) {
                    let cut = if mark.is_empty() {
                        rest.chars()
                            .next()
                            .map(|first| rest.split_at(first.len_utf8()))
                            .filter(|(_, rest)| !rest.is_empty())
                    } else {
                        rest.split_once(mark)
                    };
                    let Some((before, after)) = cut else { break };
                    part.push_str(before);
                    found.push(std::mem::take(&mut part));
                    rest = after;
                    if found.len() > MAX_PARTS {
                        return None;
                    }
                }
                part.push_str(rest);
            }
        }
    }
    found.push(part);
    Some((found, false))
}

/// A part that begins so, whatever else is in it. Its last letters may be those of a mark.
fn begun(part: &Partial, mark: &str) -> Partial {
    let mut made = Partial::default();
    let mut all = pieces(part);
    if let Some(Piece::Known(last)) = all.last_mut() {
        last.truncate(last.len() - overlap(last, mark));
    }
    all.iter().for_each(|piece| push(&mut made, piece));
    push_unknown(&mut made);
    made
}

/// `split ":" "a:b"` is a map: `_0` is `a`, `_1` is `b`. Where there may be others, any key may be another one.
pub(super) fn split(mark: &Partial, count: Option<usize>, text: &Partial) -> Option<Value> {
    let (found, is_open) = parts(mark, count, text)?;
    let mut made: Map =
        found.into_iter().enumerate().map(|(at, part)| (Partial::from(format!("_{at}")), Value::Text(part))).collect();
    if is_open {
        made.insert(Partial::unknown(), Value::unknown());
    }
    Some(Value::from(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text with `?` for what is not known and `~` for the name of a release.
    fn text(text: &str) -> Partial {
        let mut made = Partial::default();
        for letter in text.chars() {
            match letter {
                '?' => made.push(Gap::Unknown),
                '~' => made.push(Gap::Release(0)),
                letter => made.push_str(letter.encode_utf8(&mut [0; 4])),
            }
        }
        made
    }

    #[test]
    fn what_is_replaced_beside_a_gap_is_a_part_of_it() {
        for (old, new, from, expected) in [
            (".", "-", "a.b", Some("a-b")),
            ("", "x", "ab", Some("xaxbx")),
            ("", "x", "a?", None),
            (".", "-", "a.?.b", Some("a-?-b")),
            ("ab", "x", "ca?bd", Some("c?d")),
            ("ab", "x", "ab?ab", Some("x?x")),
            ("abc", "x", "zab?bcz", Some("z?z")),
            // Which of them are taken depends on the gap.
            ("aa", "x", "b?aaab", Some("b?")),
            ("aa", "x", "b?bab", Some("b?bab")),
            ("aba", "x", "?ababa", Some("?")),
            ("?", "x", "ab", None),
            ("a", "?", "bab", Some("b?b")),
            ("c", "?", "bab", Some("bab")),
            // The name of a release holds neither.
            ("+", "_", "a+~+b", Some("a_~_b")),
            ("/a", "x", "/~/ab", Some("?xb")),
            ("-", "", "~-a", Some("?a")),
            ("A", "x", "~A", Some("~x")),
        ] {
            let made = replaced(&text(old), &text(new), &text(from));
            assert_eq!(made, expected.map(text), "{old} {new} {from}");
        }
    }

    #[test]
    fn what_is_trimmed_beside_a_gap_is_a_part_of_it() {
        for (from, expected) in [
            (" a ", "a"),
            (" ?a ", "?a"),
            (" ? a b ? ", "?a b?"),
            (" ~ a", "~ a"),
            ("~ ", "~"),
            ("? ", "?"),
            ("  ", ""),
        ] {
            assert_eq!(trimmed(&text(from), char::is_whitespace), text(expected), "{from}");
        }
        for (from, expected) in [("--a--", "a"), ("-~-a", "~-a"), ("a-?-", "a?"), ("/~/", "/~/")] {
            assert_eq!(trimmed(&text(from), |letter| letter == '-'), text(expected), "{from}");
        }
    }

    #[test]
    fn what_is_cut_off_depends_on_gaps_that_may_be_a_part_of_it() {
        for (prefix, from, expected) in [
            ("-", "--a", Some("-a")),
            ("", "a?", Some("a?")),
            ("http://", "http://?", Some("?")),
            ("http://", "?:80", Some("?:80")),
            ("http://", "ht?/a", Some("?a")),
            ("http://", "x?", Some("x?")),
            ("ab", "a?c", Some("?c")),
            ("ab", "a?bc", Some("?c")),
            ("ab", "?abc", Some("?c")),
            ("a", "~b", Some("?b")),
            ("/", "~b", Some("~b")),
            // No release begins or ends with a dash.
            ("-", "~-b", Some("~-b")),
            ("-", "-~", Some("~")),
            ("-a", "~", Some("~")),
            ("a-", "~", Some("?")),
            ("-", "?", Some("?")),
            ("~", "~-b", Some("-b")),
            ("~", "a-b", None),
            ("?", "ab", None),
            ("?", "?b", None),
        ] {
            assert_eq!(without_prefix(&text(prefix), &text(from)), expected.map(text), "{prefix} {from}");
            let turned = |from: &str| reversed(&text(from));
            assert_eq!(
                without_suffix(&turned(prefix), &turned(from)),
                expected.map(turned),
                "the same from behind: {prefix} {from}"
            );
        }
    }

    #[test]
    fn texts_are_cut_to_a_length() {
        for (count, from, expected) in [
            (3, "hello", "hel"),
            (-3, "hello", "llo"),
            (0, "a", ""),
            (9, "é~b", "é~b"),
            (2, "é~b", "é~"),
            (-2, "a?b", "?b"),
        ] {
            assert_eq!(cut_to(count, &text(from)), text(expected), "{count} {from}");
        }
        let odd = Partial::from("\u{100000}\u{100006}b");
        assert_eq!(cut_to(2, &odd), Partial::from("\u{100000}\u{100006}"));
    }

    #[test]
    fn texts_are_split_up_to_the_first_gap_that_may_hold_a_mark() {
        for (mark, count, from, expected, open) in [
            (":", None, "a:b:", &["a", "b", ""][..], false),
            (":", None, "", &[""], false),
            ("", None, "abc", &["a", "b", "c"], false),
            ("::", None, "a:::b", &["a", ":b"], false),
            (":", None, "a:b?:c", &["a", "b?"], true),
            (":", None, "?:80", &["?"], true),
            ("://", None, "http://?/x", &["http", "?"], true),
            ("://", None, "a:/?", &["a?"], true),
            (":", None, "~-a:80", &["~-a", "80"], false),
            ("-", None, "x-~-a", &["x", "?"], true),
            (":", Some(2), "a:b:c", &["a", "b:c"], false),
            (":", Some(2), "a:?:c", &["a", "?:c"], false),
            (":", Some(1), "a?", &["a?"], false),
            (":", Some(0), "a", &[], false),
            ("", Some(2), "abc", &["a", "bc"], false),
        ] {
            let (found, is_open) = parts(&text(mark), count, &text(from)).unwrap();
            let expected: Vec<Partial> = expected.iter().map(|part| text(part)).collect();
            assert_eq!((found, is_open), (expected, open), "{mark} {from}");
        }
        assert_eq!(parts(&text("?"), None, &text("a")), None);
        let (found, is_open) = parts(&text(","), None, &text(&",".repeat(MAX_PARTS - 1))).unwrap();
        assert_eq!((found.len(), is_open), (MAX_PARTS, false));
        assert_eq!(
            parts(&text(","), None, &text(&",".repeat(2 * MAX_PARTS))),
            None,
            "none of too many are left out in silence"
        );
    }

    #[test]
    fn letters_of_people_that_look_like_gaps_are_letters() {
        for odd in ['\u{100000}', '\u{100006}', '\u{e000}', '\u{10ffff}'] {
            let text = Partial::from(format!("a{odd}:b{odd}"));
            assert_eq!(
                parts(&Partial::from(":"), None, &text).unwrap().0,
                [Partial::from(format!("a{odd}")), Partial::from(format!("b{odd}"))]
            );
            let odd_text = Partial::from(odd.to_string());
            assert_eq!(replaced(&odd_text, &Partial::from("x"), &text), Some(Partial::from("ax:bx")));
            assert_eq!(without_suffix(&odd_text, &text), Some(Partial::from(format!("a{odd}:b"))));
            assert_eq!(trimmed(&text, |letter| letter == odd), Partial::from(format!("a{odd}:b")));
        }
    }
}
