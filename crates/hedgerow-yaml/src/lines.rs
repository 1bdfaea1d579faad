//! Lines of a text whose line breaks may be LF, CRLF or a lone CR, even mixed.
//!
//! Every function takes byte offsets into the same text and gives byte offsets into it. Offsets handed in are at
//! character boundaries; all results are, because line breaks are ASCII.

use memchr::{memchr2, memrchr2};

/// Start of the line that holds `at`.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    // An offset between CR and LF belongs to the line that this pair ends.
    let at = if at > 0 && bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') { at - 1 } else { at };
    memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |found| found + 1)
}

/// Start of the line that holds `at`, if nothing but spaces and tabs stands between.
///
/// Looks no further back than the last byte that is neither: lines may be as long as the text.
pub(crate) fn start_if_first(text: &str, at: usize) -> Option<usize> {
    let lead = text[..at].trim_end_matches([' ', '\t']);
    (lead.is_empty() || lead.ends_with(['\n', '\r'])).then_some(lead.len())
}

/// Offset of the line break that ends the line of `at`, or the end of the text.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    memchr2(b'\n', b'\r', &text.as_bytes()[at..]).map_or(text.len(), |found| at + found)
}

/// The line break that stands at `at`, which is a [`line_end`]; empty at the end of the text.
pub(crate) fn line_break(text: &str, at: usize) -> &str {
    match &text.as_bytes()[at..] {
        [b'\r', b'\n', ..] => &text[at..at + 2],
        [b'\r' | b'\n', ..] => &text[at..at + 1],
        _ => "",
    }
}

/// Start of the line after the one that holds `at`; the end of the text when there is none.
pub(crate) fn next_line(text: &str, at: usize) -> usize {
    let end = line_end(text, at);
    end + line_break(text, end).len()
}

/// The line break to write near `at`: that of its line, else of the line before, else LF.
pub(crate) fn break_near(text: &str, at: usize) -> &str {
    let own = line_break(text, line_end(text, at));
    if !own.is_empty() {
        return own;
    }
    break_before(text, line_start(text, at))
}

/// The line break before a line start; LF for the first line.
pub(crate) fn break_before(text: &str, line: usize) -> &str {
    match line {
        0 => "\n",
        line if text[..line].ends_with("\r\n") => &text[line - 2..line],
        line => &text[line - 1..line],
    }
}

/// First offset at or after `at` that is not white space, a line break or a comment.
pub(crate) fn skip_blank_and_comments(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' if at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r') => at = line_end(text, at),
            _ => break,
        }
    }
    at
}

/// Whether nothing but blanks, or blanks and a comment, stands from `at` to the end of its line.
pub(crate) fn rest_is_blank(text: &str, at: usize) -> bool {
    let rest = &text[at..line_end(text, at)];
    let trimmed = rest.trim_start_matches([' ', '\t']);
    trimmed.is_empty()
        || (trimmed.starts_with('#')
            && (trimmed.len() < rest.len() || at == line_start(text, at) || text[..at].ends_with([' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_break_ends_a_line() {
        let text = "a\r\nb\rc\nd";
        let starts: Vec<usize> = (0..=text.len()).map(|at| line_start(text, at)).collect();
        assert_eq!(starts, [0, 0, 0, 3, 3, 5, 5, 7, 7]);
        assert_eq!(line_break(text, line_end(text, 0)), "\r\n");
        assert_eq!(line_break(text, line_end(text, 3)), "\r");
        assert_eq!(line_break(text, line_end(text, 5)), "\n");
        assert_eq!(line_break(text, line_end(text, 7)), "");
        assert_eq!(next_line(text, 0), 3);
        assert_eq!(next_line(text, 7), 8);
        assert_eq!(break_near(text, 3), "\r");
        assert_eq!(break_near(text, 8), "\n");
        assert_eq!(break_near("a\r\nb", 3), "\r\n");
        assert_eq!(break_near("a", 1), "\n");
    }

    #[test]
    fn what_stands_first_knows_where_its_line_starts() {
        let text = " a b\r\t c\n";
        let starts: Vec<Option<usize>> = (0..text.len()).map(|at| start_if_first(text, at)).collect();
        assert_eq!(starts, [Some(0), Some(0), None, None, None, Some(5), Some(5), Some(5), None]);
    }

    #[test]
    fn a_hash_begins_a_comment_only_after_a_blank() {
        assert_eq!(skip_blank_and_comments("  # c\n\t#d\r b", 0), 11);
        assert_eq!(skip_blank_and_comments("a#b", 1), 1);
        assert!(rest_is_blank("a: # c\n", 2));
        assert!(rest_is_blank("a:  \n", 2));
        assert!(!rest_is_blank("a:# c\n", 2));
        assert!(!rest_is_blank("a: b\n", 2));
    }
}
