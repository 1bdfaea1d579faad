//! Regular expressions of Go's, <https://pkg.go.dev/regexp/syntax>. What Go and the engine here may read in two ways is not known.

use crate::partial::{Gap, Part, Partial};
use crate::value::Value;
use regex_automata::meta::Regex;
use regex_automata::util::interpolate;
use regex_automata::util::syntax;

/// How long an expression may be, how large what it is compiled to, and how long what it makes may get.
const MAX_PATTERN: usize = 512;
const MAX_COMPILED: usize = 1 << 20;
const MAX_MADE: usize = 64 << 10;

/// What a compiled expression is asked about; none where the two may differ: letters beyond ASCII are of other classes here, and sets have signs that
/// are letters in Go's.
fn compiled(pattern: &str, text: &str) -> Option<Regex> {
    let is_same = pattern.is_ascii() && text.is_ascii() && pattern.len() <= MAX_PATTERN;
    let sets = ["&&", "--", "~~", "(?x", "\\<", "\\>", "\\b{", "\\u", "\\U", "\\R", "\\h"];
    let nested = pattern.match_indices('[').any(|(at, _)| {
        let inside = pattern[..at].rfind('[').is_some_and(|open| !pattern[open..at].contains(']'));
        inside && !pattern[at..].starts_with("[:")
    });
    if !is_same || nested || sets.iter().any(|set| pattern.contains(set)) {
        return None;
    }
    let limits = Regex::config().nfa_size_limit(Some(MAX_COMPILED)).onepass(false).dfa(false);
    let ascii = syntax::Config::new().unicode(false).utf8(false);
    Regex::builder().configure(limits).syntax(ascii).build(pattern).ok()
}

/// `regexReplaceAll pattern text with`: names of groups in what is put in count, unless that is `Literal`. Of a text with gaps it is known what
/// becomes of single letters.
pub(super) fn replaced(pattern: &str, text: &Partial, with: &str, has_groups: bool) -> Option<Partial> {
    if let Some(begin) = begin(pattern).filter(|_| !has_groups || !with.contains('$')) {
        return of_begin(&begin, text, with);
    }
    let Some(known) = text.known() else { return of_letters(pattern, text, with, has_groups) };
    let regex = compiled(pattern, known)?;
    let mut made = String::new();
    let mut end = 0;
    for found in regex.captures_iter(known) {
        let whole = found.get_match()?;
        made.push_str(known.get(end..whole.start())?);
        if has_groups {
            let group = |at: usize, made: &mut String| {
                made.push_str(found.get_group(at).and_then(|span| known.get(span.start..span.end)).unwrap_or_default());
            };
            let by_name = |name: &str| regex.group_info().to_index(whole.pattern(), name);
            interpolate::string(with, group, by_name, &mut made);
        } else {
            made.push_str(with);
        }
        end = whole.end();
        if made.len() > MAX_MADE {
            return None;
        }
    }
    made.push_str(known.get(end..)?);
    Some(Partial::from(made))
}

/// What a text begins with that is replaced: blanks, and then these letters.
struct Begin {
    has_blanks: bool,
    letters: String,
}

/// Whether an expression is about what a text begins with.
pub(super) fn is_about_the_beginning(pattern: &str) -> bool {
    begin(pattern).is_some()
}

/// What an expression says that is about the beginning of a text alone: `^\s*{`, `^https://`.
fn begin(pattern: &str) -> Option<Begin> {
    let rest = pattern.strip_prefix('^')?;
    let blanks = rest.strip_prefix("\\s*");
    let mut letters = String::new();
    let mut chars = blanks.unwrap_or(rest).chars().peekable();
    while let Some(letter) = chars.next() {
        match letter {
            '\\' => letters.push(chars.next().filter(char::is_ascii_punctuation)?),
            // A number of times.
            '{' if letters.is_empty() && !chars.peek().is_some_and(char::is_ascii_digit) => letters.push(letter),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            letter if letter.is_ascii() => letters.push(letter),
            _ => return None,
        }
    }
    (!letters.is_empty()).then_some(Begin { has_blanks: blanks.is_some(), letters })
}

fn of_begin(begin: &Begin, text: &Partial, with: &str) -> Option<Partial> {
    let mut made = Partial::default();
    for (at, part) in text.parts().enumerate() {
        match part {
            Part::Known(known) if at == 0 => {
                let is_blank = |letter: char| begin.has_blanks && "\t\n\u{c}\r ".contains(letter);
                let rest = known.trim_start_matches(is_blank);
                match rest.strip_prefix(begin.letters.as_str()) {
                    Some(rest) => {
                        made.push_str(with);
                        made.push_str(rest);
                    }
                    // It may go on behind what is known.
                    None if begin.letters.starts_with(rest)
                        && rest.len() < begin.letters.len()
                        && text.known().is_none() =>
                    {
                        return None;
                    }
                    None => made.push_str(known),
                }
            }
            Part::Gap(_) if at == 0 => return None,
            Part::Known(known) => made.push_str(known),
            Part::Gap(gap) => made.push(gap.clone()),
        }
    }
    Some(made)
}

/// The same where the expression is about one letter at a time: `[^a-z]`.
fn of_letters(pattern: &str, text: &Partial, with: &str, has_groups: bool) -> Option<Partial> {
    let inner = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_one = match inner {
        Some(inner) => !inner.contains([']', '[', '\\']),
        None => {
            let plain = |letter: &str| letter.len() == 1 && !"\\.+*?()|[]{}^$".contains(letter);
            let escaped = |letter: &str| letter.len() == 1 && letter.contains(|c: char| c.is_ascii_punctuation());
            plain(pattern) || pattern.strip_prefix('\\').is_some_and(escaped)
        }
    };
    if !is_one {
        return None;
    }
    let mut made = Partial::default();
    for part in text.parts() {
        match part {
            Part::Known(known) => made.append(&replaced(pattern, &Partial::from(known), with, has_groups)?),
            Part::Gap(gap @ Gap::Release(_)) => {
                let all = ('a'..='z').chain('0'..='9').chain(['-']).collect::<String>();
                let is_same = replaced(pattern, &Partial::from(all.as_str()), with, has_groups)?.known() == Some(&all);
                made.push(if is_same { gap.clone() } else { Gap::Unknown });
            }
            Part::Gap(gap) => made.push(gap.clone()),
        }
    }
    Some(made)
}

/// Whether an expression fits the whole of a text; nothing where that is not known.
pub(crate) fn is_whole_match(pattern: &str, text: &str) -> Option<bool> {
    Some(compiled(&format!("^(?:{pattern})$"), text)?.is_match(text))
}

/// `regexFind pattern text`.
pub(super) fn found(pattern: &str, text: &str) -> Option<String> {
    let regex = compiled(pattern, text)?;
    Some(regex.find(text).and_then(|found| text.get(found.range())).unwrap_or_default().to_owned())
}

/// `regexSplit pattern text count`: so many parts at most, all of them where it is less than none.
pub(super) fn split(pattern: &str, text: &str, count: i64) -> Option<Value> {
    let regex = compiled(pattern, text)?;
    let parts: Vec<&str> = match usize::try_from(count) {
        Ok(count) => regex.splitn(text, count).map(|span| text.get(span.range())).collect::<Option<_>>()?,
        Err(_) => regex.split(text).map(|span| text.get(span.range())).collect::<Option<_>>()?,
    };
    Some(parts.into_iter().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `helm template` of Helm 3.17 writes.
    #[test]
    fn expressions_mean_what_they_mean_to_go() {
        for (pattern, text, with, expected) in [
            ("a(x*)b", "-ab-axxb-", "${1}W", Some("-W-xxW-")),
            ("a(x*)b", "-ab-axxb-", "$1W", Some("---")),
            ("[^a-z]", "a.b", "-", Some("a-b")),
            ("https?://", "http://ledger", "", Some("ledger")),
            ("(", "a", "b", None),
            // Another class there.
            ("\\w", "é", "-", None),
            ("[a&&b]", "a", "-", None),
            ("[a[b]", "a", "-", None),
            ("[[:alpha:]]", "a1", "-", Some("-1")),
        ] {
            let made = replaced(pattern, &Partial::from(text), with, true);
            assert_eq!(made, expected.map(Partial::from), "{pattern}");
        }
        assert_eq!(replaced("b", &Partial::from("abc"), "$x", false), Some(Partial::from("a$xc")));
        assert_eq!(found("[a-z]+", "12ab").as_deref(), Some("ab"));
        assert_eq!(found("z", "12ab").as_deref(), Some(""));
        let list = |texts: &[&str]| Some(texts.iter().copied().map(Value::from).collect());
        assert_eq!(split("z+", "pizza", -1), list(&["pi", "a"]));
        assert_eq!(split("z", "pizza", 2), list(&["pi", "za"]));
    }

    #[test]
    fn of_texts_with_gaps_what_becomes_of_single_letters_is_known() {
        let gap = |gap: Gap| -> Partial {
            [&Partial::from("a.b."), &Partial::gap(gap), &Partial::from(".c")].into_iter().collect()
        };
        let made = |pattern: &str, text: &Partial| replaced(pattern, text, "-", true).map(|made| format!("{made:?}"));
        assert_eq!(made("[^a-z0-9-]", &gap(Gap::Unknown)).as_deref(), Some(r#""a-b-?-c""#));
        assert_eq!(made("\\.", &gap(Gap::Release(0))).as_deref(), Some(r#""a-b-<0>-c""#));
        assert_eq!(made("[a-f.]", &gap(Gap::Release(0))).as_deref(), Some(r#""----?--""#));
        assert_eq!(made("^\\s*a", &gap(Gap::Unknown)).as_deref(), Some(r#""-.b.?.c""#));
        assert_eq!(made("^a\\.b", &gap(Gap::Unknown)).as_deref(), Some(r#""-.?.c""#));
        assert_eq!(made("^b", &gap(Gap::Unknown)).as_deref(), Some(r#""a.b.?.c""#));
        for pattern in ["[.]+", ".", "\\..", "^a.", "^a*", "^", "^a\\.b\\.c", "(a)"] {
            assert_eq!(made(pattern, &gap(Gap::Unknown)), None, "{pattern}");
        }
    }
}
