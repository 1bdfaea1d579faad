//! Format texts of the languages, cut at their holes.

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Letters.
    Text(String),
    /// The next argument.
    Next,
    /// The argument with this index.
    At(usize),
    /// The argument of this name.
    Named(String),
}

/// Cuts a format with `%` verbs, as C, Go, Python and Java have them.
pub fn verbs(format: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut spec = String::new();
        while let Some(c) =
            chars.next_if(|c| "+-# 0123456789.[]$*()".contains(*c) || (spec.starts_with('(') && !spec.contains(')')))
        {
            spec.push(c);
        }
        match chars.next() {
            Some('%') => text.push('%'),
            // Java's new line takes no argument.
            Some('n') if spec.is_empty() => text.push('\n'),
            Some(_) => {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(verb(&spec));
            }
            None => text.push('%'),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

/// Which argument a verb takes: `%[1]s` and `%1$s` by place, `%(name)s` by name.
fn verb(spec: &str) -> Part {
    let place = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
    let bracket = spec.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(n, _)| n);
    let dollar = spec.split_once('$').map(|(n, _)| n);
    let name = spec.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name);
    match (place(bracket).or_else(|| place(dollar)), name) {
        (Some(at), _) => Part::At(at),
        (None, Some(name)) => Part::Named(name.to_owned()),
        (None, None) => Part::Next,
    }
}

/// Cuts a format with `{}` holes, as Python has them.
pub fn braces(format: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(after) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
            text.push_str(&tail[..1]);
            rest = after;
            continue;
        }
        let hole = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let Some((hole, after)) = hole else {
            text.push_str(&tail[..1]);
            rest = &tail[1..];
            continue;
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        let name = hole.split([':', '!']).next().unwrap_or_default();
        parts.push(match (name, name.parse::<usize>()) {
            ("", _) => Part::Next,
            (_, Ok(at)) => Part::At(at),
            (name, Err(_)) => Part::Named(name.to_owned()),
        });
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_cut_at_their_holes() {
        let text = |text: &str| Part::Text(text.to_owned());
        for (format, expected) in [
            ("http://%s/%s", vec![text("http://"), Part::Next, text("/"), Part::Next]),
            ("100%% %-5.2f", vec![text("100% "), Part::Next]),
            ("%[2]s %1$s", vec![Part::At(1), text(" "), Part::At(0)]),
            ("%(host)s:80", vec![Part::Named("host".to_owned()), text(":80")]),
            ("100%", vec![text("100%")]),
        ] {
            assert_eq!(verbs(format), expected, "{format}");
        }
        for (format, expected) in [
            ("http://{0}{1}:{}", vec![text("http://"), Part::At(0), Part::At(1), text(":"), Part::Next]),
            ("{{x}} {host!r:>5}", vec![text("{x} "), Part::Named("host".to_owned())]),
            ("a{", vec![text("a{")]),
        ] {
            assert_eq!(braces(format), expected, "{format}");
        }
    }
}
