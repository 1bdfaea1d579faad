//! Settings and scripts read line by line: what stands behind which key, whatever the format; and the comments that speak to the scan.

use crate::frontend::comment;
use crate::ir::{Directive, Range};

/// A value of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<'t> {
    /// What stands before it on its line: a key most of the time.
    pub key: &'t str,
    /// The value.
    pub value: &'t str,
    /// Its first byte.
    pub start: usize,
}

/// What begins a comment that takes up a whole line, in one of the formats.
const COMMENTS: &[&str] = &["#", "//", ";", "--", "<!--", "/*", "* ", "REM "];

/// The values of all lines that are no comments: what stands in quotes, and what stands between spaces and brackets.
pub fn settings<'t>(path: &str, text: &'t str) -> Vec<Setting<'t>> {
    // What an image is built from is no address.
    let is_image = path.rsplit('/').next().is_some_and(|name| name.contains("Dockerfile") || name == "Containerfile");
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        let skipped = COMMENTS.iter().any(|mark| body.starts_with(mark))
            || (is_image && ["FROM ", "COPY ", "LABEL ", "MAINTAINER "].iter().any(|word| body.starts_with(word)))
            || body.starts_with("image:")
            || body.starts_with("<artifactId>")
            || body.starts_with("<groupId>");
        if skipped || body.len() > 4_000 {
            continue;
        }
        let mut from = 0;
        let is_end = |c: char| c.is_whitespace() || "\"'`<>()[]{};".contains(c);
        for piece in line.split(is_end) {
            let place = from;
            from += piece.len() + line[from + piece.len()..].chars().next().map_or(0, char::len_utf8);
            let piece = piece.trim_end_matches(',');
            // `NAME=value`, `name:value`; the `:` of a URL or a port is none.
            let (head, value) = match piece.split_once('=') {
                Some((key, value)) if !key.contains("://") && !key.is_empty() => (key.len() + 1, value),
                _ => (0, piece),
            };
            if value.len() > 1 {
                found.push(Setting { key: line[..place + head].trim(), value, start: start + place + head });
            }
        }
    }
    found
}

/// The comments of a text that speak to the scan, whatever begins a comment there.
pub fn comments(text: &str) -> Vec<(Directive, Range)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(mark) = line.find("rpcmap:").or_else(|| line.find("hedgerow:")) else { continue };
        let begins =
            ["#", "//", "--", ";", "/*", "<!--", "*"].iter().filter_map(|begin| line[..mark].rfind(begin)).max();
        let Some(begin) = begins else { continue };
        // `a = "x" // rpcmap: y`: from the first of the marks that meet.
        let marks: &[char] = &['/', '#', '-', '*', ';', '<', '!'];
        let begin = line[..=begin].trim_end_matches(marks).len();
        let end = start + line.trim_end().len();
        let directive = comment::directive(line[begin..].trim_end(), place(start + begin));
        found.extend(directive.map(|directive| (directive, Range { start: place(start + begin), end: place(end) })));
    }
    found
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_behind_their_keys() {
        for (path, text, expected) in [
            ("a.yml", "url: http://a:80 # x\n", &[("", "url:"), ("url:", "http://a:80")][..]),
            ("a.ini", "[x]\nurl = ab\n; url = no\n", &[("url =", "ab")]),
            ("a.xml", "<url>http://a</url>\n", &[("<url>", "http://a")]),
            ("a.json", "{\"url\": \"ab\"}\n", &[("{\"url\": \"", "ab")]),
            (".env", "A_URL=http://a,b\n", &[("A_URL=", "http://a,b")]),
            ("a.yml", "image: a:80\n", &[]),
            ("Dockerfile", "FROM a:80\nENV X=a:80\n", &[("ENV X=", "a:80")]),
            ("a.yml", "- ${X:-http://a}\n", &[("- ${", "X:-http://a")]),
        ] {
            let found: Vec<(&str, &str)> = settings(path, text).iter().map(|s| (s.key, s.value)).collect();
            for pair in expected {
                assert!(found.contains(pair), "{text}: {found:?}");
            }
            assert!(
                !found.iter().any(|(_, value)| *value == "no" || (expected.is_empty() && *value == "a:80")),
                "{found:?}"
            );
            for setting in settings(path, text) {
                assert_eq!(&text[setting.start..setting.start + setting.value.len()], setting.value);
            }
        }
    }

    #[test]
    fn comments_are_read_behind_every_mark() {
        for text in [
            "x // rpcmap: service.a\n",
            "x # rpcmap: service.a\n",
            "-- rpcmap: service.a",
            "<!-- rpcmap: service.a -->",
            "/* rpcmap: service.a */",
            " * rpcmap: service.a",
            "; hedgerow: calls service.a",
        ] {
            let found = comments(text);
            assert!(
                matches!(&found[..], [(Directive::Calls(names), _)] if names[0].0 == "service.a"),
                "{text}: {found:?}"
            );
        }
        assert!(comments("x = \"rpcmap: y\"\n").is_empty());
    }
}
