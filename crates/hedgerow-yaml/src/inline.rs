//! Where quoted text and flow collections end.
//!
//! Invariant: an end that is given here is the end that a YAML parser finds, whatever lines are crossed. Where that
//! would need more than a look at the bytes around, `None` is given, and the document goes to the parser.

use memchr::{memchr, memchr2};

/// Offset behind the quote that closes the quoted text beginning at `at`.
pub(crate) fn quoted_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut from = at + 1;
    if quote == b'\'' {
        loop {
            let close = from + memchr(b'\'', &bytes[from..])?;
            if bytes.get(close + 1) != Some(&b'\'') {
                return Some(close + 1);
            }
            from = close + 2;
        }
    }
    loop {
        let stop = from + memchr2(b'"', b'\\', &bytes[from..])?;
        if bytes[stop] == b'"' {
            return Some(stop + 1);
        }
        from = stop + 2;
        if from > bytes.len() {
            return None;
        }
    }
}

/// Offset behind the bracket that closes the flow collection beginning at `at`.
pub(crate) fn flow_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    // The last byte that was no white space: it tells whether a quote begins a token or stands inside plain text.
    let mut last = b'[';
    // Behind the last quoted text.
    let mut quoted = at;
    let mut from = at;
    while let Some(&byte) = bytes.get(from) {
        if byte.is_ascii_alphanumeric() {
            // Nothing that begins or ends a token can follow before the next byte that is neither.
            from += 1 + bytes[from + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            last = byte;
            continue;
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                from += 1;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(from + 1);
                }
            }
            b'#' if matches!(bytes[from - 1], b' ' | b'\t' | b'\n' | b'\r') => {
                from += memchr(b'\n', &bytes[from..])?;
                continue;
            }
            // Some readers take this for a comment and some for text.
            b'#' if matches!(last, b'[' | b'{' | b',' | b':' | b']' | b'}' | b'"' | b'\'') => return None,
            b'"' | b'\'' if begins_token(bytes, from, last, quoted)? => {
                from = quoted_end(bytes, from)?;
                quoted = from;
                last = byte;
                continue;
            }
            // An anchor, an alias or a tag in front would make the next quote begin a token, an explicit key too.
            b'&' | b'*' | b'!' | b'?' | b'%' | b'@' | b'`' | b'|' | b'>'
                if matches!(last, b'[' | b'{' | b',' | b':') =>
            {
                return None;
            }
            _ => {}
        }
        last = byte;
        from += 1;
    }
    None
}

/// Whether a quote at `at` begins quoted text, given the last byte before it that is no white space, and where the last
/// quoted text has ended.
fn begins_token(bytes: &[u8], at: usize, last: u8, quoted: usize) -> Option<bool> {
    match last {
        b'[' | b'{' | b',' => Some(true),
        b':' if bytes[at - 1] != b':' => Some(true),
        // `"key":"value"` as JSON has it; in `key:"value"` and `x"key":"value"` all is one plain text.
        b':' if at == quoted + 1 => Some(true),
        b':' => None,
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_ends_at_its_own_quote() {
        let rows = [
            ("'a'x", Some(3)),
            ("'a''b'x", Some(6)),
            ("'a\n\nb' x", Some(6)),
            (r#""a"x"#, Some(3)),
            (r#""a\"b"x"#, Some(6)),
            (r#""a\\"x"#, Some(5)),
            ("'", None),
            (r#""a\"#, None),
            (r#""a\""#, None),
            ("'a''", None),
        ];
        for (text, end) in rows {
            assert_eq!(quoted_end(text.as_bytes(), 0), end, "{text}");
        }
    }

    #[test]
    fn flow_ends_at_its_own_bracket() {
        let rows = [
            ("[]x", Some(2)),
            ("{a: [b, {c: d}]} # ]", Some(16)),
            ("[it's, a \"b]", Some(12)),
            ("[\"]\", ']', x]", Some(13)),
            ("{\"a\":\"}\"}", Some(9)),
            ("{a: \"}\"}", Some(8)),
            ("[a,\n# ]\nb]", Some(10)),
            ("[a#]", Some(4)),
            ("{a:\"}\"}", None),
            ("{x\"a\":\"b}", None),
            ("{'x':'a\":\"b'}", Some(13)),
            ("[!!str \"]\"]", None),
            ("[&a \"]\"]", None),
            ("[? \"]\"]", None),
            ("[#]\n]", None),
            ("[", None),
            ("['", None),
            ("[ #", None),
        ];
        for (text, end) in rows {
            assert_eq!(flow_end(text.as_bytes(), 0), end, "{text}");
        }
    }
}
