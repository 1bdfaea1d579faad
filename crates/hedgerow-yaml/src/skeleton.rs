//! The lines of a document that begin at column 0: a quick look over all of it.
//!
//! Invariant: if the root of the document is a block mapping with plain keys at column 0, then each of its keys begins
//! one of the lines given. The reverse is not promised: a line in the middle of quoted text may begin at column 0 too.
//! So a key that is not here is absent, and one that is here twice *may* be a duplicate; that one stands where a key
//! can stand is for the [scanner](crate::scan) to prove. A document in which a key could begin in another way
//! (quoted, explicit, anchored, tagged, a merge key, behind a line break other than LF and CRLF) has no skeleton.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use crate::lines::skip_blank_and_comments;
use crate::split::has_lone_cr;

/// Starts of the lines of a document that may begin a key of its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skeleton {
    /// Behind the separator line.
    pub(crate) body: usize,
    /// Whether there is nothing but comments and blank lines.
    pub(crate) is_blank: bool,
    starts: Vec<usize>,
}

/// How often a key may stand in the root of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Surely not there.
    Absent,
    /// On one line, if at all.
    Once,
    /// On several lines.
    Repeated,
}

impl Skeleton {
    /// Looks over a document; `None` when its keys could hide.
    pub(crate) fn of(stream: &str, document: &Range<usize>) -> Option<Self> {
        let bytes = &stream.as_bytes()[..document.end];
        let body = body_start(bytes, document.start)?;
        let mut starts = Vec::with_capacity(8);
        push_key_line(bytes, body, &mut starts)?;
        let mut unusual = Bytes::default();
        let mut at = body;
        while let Some(run) = bytes.get(at..).and_then(<[u8]>::first_chunk::<RUN>) {
            let Some(behind) = bytes.get(at + 1..).and_then(<[u8]>::first_chunk::<RUN>) else { break };
            if unusual.add_run(run, behind) {
                push_key_lines(bytes, at, run, &mut starts)?;
            }
            at += RUN;
        }
        unusual.add(&bytes[at..]);
        push_key_lines(bytes, at, &bytes[at..], &mut starts)?;
        let text = &bytes[document.start..];
        // The separator may have a comment and end in a carriage return.
        unusual.add(&bytes[document.start..body]);
        if (unusual.carriage_return && has_lone_cr(text)) || (unusual.not_ascii && has_foreign_line_break(text)) {
            return None;
        }
        let is_blank = starts.is_empty() && skip_blank_and_comments(&stream[..document.end], body) == document.end;
        Some(Self { body, is_blank, starts })
    }

    /// How often a key of plain characters may stand in the root.
    #[inline]
    pub(crate) fn presence(&self, bytes: &[u8], key: &str) -> Presence {
        let begins = |&&start: &&usize| {
            bytes[start..].starts_with(key.as_bytes())
                && matches!(bytes.get(start + key.len()), None | Some(b':' | b' ' | b'\t' | b'\r' | b'\n'))
        };
        match self.starts.iter().filter(begins).take(2).count() {
            0 => Presence::Absent,
            1 => Presence::Once,
            _ => Presence::Repeated,
        }
    }
}

/// How many bytes are looked at before anything is decided: most hold no line at column 0 and nothing unusual.
const RUN: usize = 128;

/// Bytes met that need a closer look at the document.
#[derive(Default)]
struct Bytes {
    carriage_return: bool,
    not_ascii: bool,
}

impl Bytes {
    /// Notes what a run holds; whether a line break stands in it with something else than a space behind.
    #[inline(always)]
    fn add_run(&mut self, run: &[u8; RUN], behind: &[u8; RUN]) -> bool {
        // No branch stands in this loop, so that its steps are compiled into ones for many bytes at once.
        let (mut lines, mut returns, mut all) = (0, 0, 0);
        for (&byte, &next) in run.iter().zip(behind) {
            lines |= u8::from(byte == b'\n') & u8::from(next != b' ');
            returns |= u8::from(byte == b'\r');
            all |= byte;
        }
        self.carriage_return |= returns != 0;
        self.not_ascii |= !all.is_ascii();
        lines != 0
    }

    fn add(&mut self, bytes: &[u8]) {
        self.carriage_return |= bytes.contains(&b'\r');
        self.not_ascii |= !bytes.is_ascii();
    }
}

/// Adds the lines that begin behind the line breaks of a run at `at`.
fn push_key_lines(bytes: &[u8], at: usize, run: &[u8], starts: &mut Vec<usize>) -> Option<()> {
    for newline in memchr_iter(b'\n', run) {
        let line = at + newline + 1;
        if bytes.get(line) != Some(&b' ') {
            push_key_line(bytes, line, starts)?;
        }
    }
    Some(())
}

/// Adds a line to the starts if a key may begin there; `None` when what begins there is out of the ordinary.
fn push_key_line(bytes: &[u8], line: usize, starts: &mut Vec<usize>) -> Option<()> {
    match bytes.get(line) {
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') => starts.push(line),
        // No element of a sequence: a dash with something right behind it begins plain text.
        Some(b'-') if bytes.get(line + 1).is_some_and(|byte| !byte.is_ascii_whitespace()) => starts.push(line),
        None | Some(b' ' | b'\n' | b'\r' | b'#' | b'-' | b'}' | b']') => {}
        Some(_) => return None,
    }
    Some(())
}

/// Behind the separator line, if nothing but a comment stands on it.
fn body_start(bytes: &[u8], start: usize) -> Option<usize> {
    if !bytes[start..].starts_with(b"---") {
        return Some(start);
    }
    let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |newline| start + newline + 1);
    let rest = bytes[start + 3..end].trim_ascii();
    (rest.is_empty() || (rest[0] == b'#' && bytes[start + 3] == b' ')).then_some(end)
}

/// Whether a text holds U+0085, U+2028 or U+2029, which Kubernetes takes for line breaks.
pub(crate) fn has_foreign_line_break(text: &[u8]) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut from = 0;
    while let Some(found) = memchr2(0xC2, 0xE2, &text[from..]) {
        let at = from + found;
        match &text[at..] {
            [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..] => return true,
            _ => from = at + 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presences(text: &str, keys: &[&str]) -> Option<Vec<Presence>> {
        let skeleton = Skeleton::of(text, &(0..text.len()))?;
        Some(keys.iter().map(|key| skeleton.presence(text.as_bytes(), key)).collect())
    }

    #[test]
    fn a_key_is_absent_there_once_or_maybe_repeated() {
        use Presence::{Absent, Once, Repeated};
        let text = "---\n# c\nkind: A\nmeta:\n  spec: 1\n- x\nkinds: 1\nspec : 1\n-x: 1\nx: \"\nmeta: \"\n";
        let keys = ["kind", "meta", "spec", "-x", "status"];
        assert_eq!(presences(text, &keys), Some(vec![Once, Repeated, Once, Once, Absent]));
    }

    #[test]
    fn where_a_run_ends_makes_no_difference() {
        for length in 0..3 * RUN {
            let text = format!("a: {}\nkind: A\n  kind: {}\n", "x".repeat(length), "y".repeat(RUN));
            assert_eq!(presences(&text, &["kind"]), Some(vec![Presence::Once]), "{length}");
            for odd in ["\r", "\u{85}", "\n&a"] {
                let text = text.replacen('\n', &format!("{odd} \n"), 1);
                assert_eq!(presences(&text, &["kind"]), None, "{length} {odd:?}");
            }
        }
    }

    #[test]
    fn keys_that_could_hide_leave_no_skeleton() {
        let rows = [
            "\"kind\": A\n",
            "'kind': A\n",
            "? kind\n",
            "&a kind: A\n",
            "!!str kind: A\n",
            "<<: *a\n",
            "*a : b\n",
            "{kind: A}\n",
            "[a]\n",
            "a: 1\n...\n",
            "%YAML 1.1\n",
            "\tkind: A\n",
            "a: 1\rkind: A\n",
            "--- {a: b}\n",
            "--- &a\n",
            "--- #c\u{85}kind: A\n",
            "# \u{2028}kind: A\n",
            "\u{FEFF}kind: A\n",
            "--- !x # c\n",
        ];
        for text in rows {
            assert_eq!(Skeleton::of(text, &(0..text.len())), None, "{text:?}");
        }
        for text in ["", "---", "--- # c\r\na: 1\r\n", "a: é…\u{2026}\n", "a: [\n]\nb: {\n}\n"] {
            assert!(Skeleton::of(text, &(0..text.len())).is_some(), "{text:?}");
        }
    }
}
