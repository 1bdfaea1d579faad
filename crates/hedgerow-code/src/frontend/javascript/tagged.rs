//! Tagged templates with type arguments, which the grammar cannot read where the arguments are more than names:
//! `` styled.div<{ wide: boolean }>`…` ``, `` sql<{ id: string }>`…` ``.

/// How long the type arguments of a template may be, in bytes.
const MAX_TYPES: usize = 4096;

/// A text with blanks for the type arguments of its tagged templates, so that every other place stays where it is; none where it has none.
pub(super) fn without_types(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut has_any = false;
    for (at, _) in text.match_indices('`') {
        let head = &text.as_bytes()[..at];
        let Some(end) = head.iter().rposition(|byte| !byte.is_ascii_whitespace()).filter(|end| head[*end] == b'>')
        else {
            continue;
        };
        let Some(start) = opening(head, end) else { continue };
        has_any = true;
        for byte in &mut bytes[start..=end] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    if has_any { String::from_utf8(bytes).ok() } else { None }
}

/// Where the type arguments begin that end in the `>` at a place: behind the name of what takes them.
fn opening(text: &[u8], end: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (end.saturating_sub(MAX_TYPES)..=end).rev() {
        match text[at] {
            // The arrow of a function's type is no bracket.
            b'>' if at > 0 && text[at - 1] == b'=' => {}
            b'>' => depth += 1,
            b'<' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let before = text.get(at.checked_sub(1)?)?;
                    return (before.is_ascii_alphanumeric() || matches!(before, b'_' | b'$' | b')' | 0x80..))
                        .then_some(at);
                }
            }
            b'`' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_templates_become_blanks() {
        for (text, expected) in [
            ("a<{ b?: c }>`x`", Some("a            `x`")),
            ("a<{\n}>`x`", Some("a  \n  `x`")),
            ("f(b)<A<B>, (c: D) => E>`x`", Some("f(b)                   `x`")),
            ("ä<{ ö: é }>`x` + a<{}>`ü`", Some("ä               `x` + a    `ü`")),
            ("sql<{ id: string }>\n  `x`", Some("sql                \n  `x`")),
            ("a => `x`", None),
            ("a > `x`", None),
            ("a<b`y`>`x`", None),
            ("`x`", None),
            (" <A>`x`", None),
            ("<A>`x`", None),
            (">`", None),
            ("a", None),
        ] {
            // A letter of two bytes has two blanks.
            let found = without_types(text);
            assert_eq!(found.as_deref().map(str::len), expected.map(|_| text.len()), "{text}");
            let squeezed = |text: &str| text.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            assert_eq!(found.as_deref().map(squeezed), expected.map(squeezed), "{text}");
        }
    }
}
