//! The marks between which variables stand: `${A:-b}`, `$(a "b")`, `{{ .a }}`.

/// A `$` that is a letter, as one in single quotes is; no text that people write has this one.
pub(super) const DOLLAR: char = '\u{1}';

/// Where the brackets of a text are closed, so that each is looked for once however many there are.
#[derive(Debug)]
pub(super) struct Marks<'t> {
    text: &'t str,
    /// For each place of a bracket where it is closed; 0 for others.
    ends: Vec<usize>,
}

impl<'t> Marks<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        if !["{{", "${", "$(", "<(", ">("].iter().any(|mark| text.contains(mark)) {
            return Self { text, ends: Vec::new() };
        }
        let mut ends = vec![0; text.len()];
        let (mut braces, mut brackets) = (Vec::new(), Vec::new());
        for (at, letter) in text.bytes().enumerate() {
            match letter {
                b'(' => brackets.push(at),
                b'{' => braces.push(at),
                b')' => brackets.pop().into_iter().for_each(|open: usize| ends[open] = at),
                b'}' => braces.pop().into_iter().for_each(|open: usize| ends[open] = at),
                // No variable goes over lines; a command does.
                b'\n' => braces.clear(),
                _ => {}
            }
        }
        Self { text, ends }
    }

    /// How long the variable, or the command whose output it is, is that begins at a place.
    pub(super) fn length(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let open = match () {
            () if ["${", "$(", "<(", ">("].iter().any(|mark| rest.starts_with(mark)) => at + 1,
            () if rest.starts_with("{{") => at,
            () => return None,
        };
        self.ends.get(open).filter(|end| **end > 0).map(|end| end + 1 - at)
    }
}

/// The name of a variable between its marks: `name` of `{{ .name }}` and `${name:-other}`, where it is taken as it is.
pub(super) fn inside(marked: &str) -> &str {
    let inside = marked.trim_start_matches('$').trim_start_matches(['{', '(']).trim_end_matches(['}', ')']);
    if !marked.starts_with("${") {
        return inside;
    }
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    let is_plain = [":-", ":=", ":?", "-", "=", "?"].iter().any(|mark| rest.starts_with(mark));
    if is_plain && !name.is_empty() { name } else { inside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_closed_by_their_own_marks() {
        for (text, expected) in [
            ("${A}b", Some("${A}")),
            ("${A:-${B}}c", Some("${A:-${B}}")),
            ("$(a $(b) \"c\")d", Some("$(a $(b) \"c\")")),
            ("${{ a.b }}c", Some("${{ a.b }}")),
            ("{{ .a }}}", Some("{{ .a }}")),
            ("$(a\nb)c", Some("$(a\nb)")),
            ("${a\nb}", None),
            ("${a", None),
            ("$(a", None),
            ("<(a (b))c", Some("<(a (b))")),
            ("$a", None),
            ("{a}", None),
        ] {
            assert_eq!(Marks::new(text).length(0).map(|length| &text[..length]), expected, "{text}");
        }
        for (text, expected) in [
            ("${A:-b}", "A"),
            ("${A-b}", "A"),
            ("${A:=b}", "A"),
            ("${A:?b}", "A"),
            ("${A}", "A"),
            ("${A:0:3}", "A:0:3"),
            ("${A%/}", "A%/"),
            ("${A:+b}", "A:+b"),
            ("$(a b)", "a b"),
            ("{{ .a }}", " .a "),
        ] {
            assert_eq!(inside(text), expected, "{text}");
        }
    }
}
