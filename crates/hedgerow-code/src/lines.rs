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
const COMMENTS: &[&str] =
    &["#", "//", ";", "--", "<!--", "/*", "* ", "REM ", "rem ", "::", "%", "dnl ", "{{!", "<%--", "<%#"];

/// The longest line that is looked at, in bytes: longer ones are made by programs.
const MAX_LINE: usize = 4_000;

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
        if skipped || body.len() > MAX_LINE {
            continue;
        }
        let mut from = 0;
        let is_end = |c: char| c.is_whitespace() || "\"'`<>()[]{};".contains(c);
        for piece in line.split(is_end) {
            let place = from;
            from += piece.len() + line[from + piece.len()..].chars().next().map_or(0, char::len_utf8);
            let piece = piece.trim_end_matches(',');
            // `NAME=value`, `name:value`; the `:` of a URL or a port is none, and `redis:6379,ssl=true` is given to no name.
            let (head, value) = match piece.split_once('=') {
                Some((key, value)) if !key.contains("://") && !key.contains(',') && !key.is_empty() => {
                    (key.len() + 1, value)
                }
                _ => (0, piece),
            };
            if value.len() > 1 {
                found.push(Setting { key: line[..place + head].trim(), value, start: start + place + head });
            }
        }
    }
    found
}

/// How many elements of a list are looked at, to either side.
const MAX_LISTED: usize = 100;

/// How many lines above a setting are looked at for the keys that it lies below.
const MAX_ABOVE: usize = 500;

/// What the setting at a place lies below, the nearest first: the beginnings of lines above it that are less indented.
pub fn above(text: &str, start: usize) -> impl Iterator<Item = &str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let begin = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let own = text.get(begin..).unwrap_or_default().lines().next().unwrap_or_default();
    // An element may stand as far to the left as the key of its list.
    let is_element = |line: &str| line.trim_start().starts_with("- ");
    let (mut within, mut of_list) = (indent(own) + usize::from(is_element(own)), is_element(own));
    text[..begin].lines().rev().take(MAX_ABOVE).filter_map(move |line| {
        let at = indent(line);
        // What a tag closes nothing lies below, nor what stands before that.
        if line.contains("</") {
            if line.trim_start().starts_with("</") {
                within = within.min(at);
            }
            return None;
        }
        let is_sibling = of_list && is_element(line) && at + 1 == within;
        if line.trim().is_empty() || at >= within || is_sibling {
            return None;
        }
        (within, of_list) = (at + usize::from(is_element(line)), is_element(line));
        line.split([':', '=', '[', '{']).next().filter(|key| !key.trim().is_empty())
    })
}

/// The name that a setting is given to: what stands right before it, the name of the list that it is in, or the key that the list lies below.
/// Empty where it is given to none, as a word of a text for people is.
#[must_use]
pub fn key_of<'t>(text: &'t str, setting: &Setting<'t>) -> &'t str {
    let name = assigned(setting.key);
    if !name.is_empty() {
        return name;
    }
    if let Some(list) = setting.key.rfind('[') {
        return assigned(&setting.key[..list]);
    }
    let after = text.get(setting.start + setting.value.len()..).unwrap_or_default();
    let is_key = after.trim_start_matches(['"', '\'']).trim_start_matches(' ').starts_with([':', '=']);
    let is_element = !is_key && setting.key.chars().all(|c| "-\"' ".contains(c));
    let list = if is_element { above(text, setting.start).next() } else { None };
    list.map_or("", |key| key.trim_matches(|c: char| c.is_whitespace() || "\"'-".contains(c)))
}

/// The words of the list that a setting is in, as YAML and JSON have lists, with the setting's own; none where it is in none.
#[must_use]
pub fn listed<'t>(text: &'t str, setting: &Setting<'t>) -> Vec<&'t str> {
    let bare = |word: &'t str| word.trim_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
    if setting.key.rfind('[') > setting.key.rfind(']') {
        let line = text.get(..setting.start).and_then(|before| before.rfind('[')).map_or(setting.start, |at| at + 1);
        let rest = text.get(line..).unwrap_or_default();
        let inner = rest.split(']').next().unwrap_or_default();
        return inner.split(',').take(MAX_LISTED).map(bare).filter(|word| !word.is_empty()).collect();
    }
    let element = |line: &'t str| line.trim_start().strip_prefix("- ").map(bare);
    let begin = text.get(..setting.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let (before, behind) = text.split_at(begin);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = behind.lines().next().unwrap_or_default();
    if element(own) != Some(bare(setting.value)) {
        return Vec::new();
    }
    let is_of_list = |line: &&'t str| indent(line) == indent(own) && element(line).is_some();
    let above = before.lines().rev().take_while(is_of_list).take(MAX_LISTED);
    above.chain(behind.lines().take_while(is_of_list).take(MAX_LISTED)).filter_map(element).collect()
}

/// The name that a value is given to where one stands right before it: `host: `, `host = "`, `connect(host="`.
#[must_use]
pub fn assigned(before: &str) -> &str {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || "\"'`[{".contains(c));
    let Some(head) = before.strip_suffix("=>").or_else(|| before.strip_suffix(['=', ':', '('])) else { return "" };
    let head = head.trim_end_matches(|c: char| c.is_whitespace() || "\"'`:".contains(c));
    let start = head.rfind(|c: char| !c.is_alphanumeric() && !"_.-".contains(c));
    &head[start.map_or(0, |at| at + head[at..].chars().next().map_or(0, char::len_utf8))..]
}

/// The names of the blocks in which the end of a line's beginning stands, the innermost first: `proxy` of `proxy: {x: {}, origin: `.
pub fn opened(before: &str) -> impl Iterator<Item = &str> {
    let mut closed = 0usize;
    before.char_indices().rev().filter_map(move |(at, c)| {
        match c {
            '}' | ']' => closed += 1,
            '{' | '[' if closed > 0 => closed -= 1,
            '{' | '[' => return Some(assigned(&before[..at])),
            _ => {}
        }
        None
    })
}

/// Whether the word at a place is a file that a command writes: `go build -o shop`, `cc --output bin/shop`.
#[must_use]
pub fn is_output(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let (word, flag) = before.rsplit_once([' ', '\t']).map_or((before, ""), |(rest, word)| (word, rest.trim_end()));
    !word.contains('\n')
        && ["-o", "--output", "-out"]
            .iter()
            .any(|known| flag.strip_suffix(known).is_some_and(|rest| rest.ends_with([' ', '\t'])))
}

/// The names in capitals that a text asks for as variables, each with its place: in quotes, or behind `$`, `%` or `env.`.
#[must_use]
pub fn variables(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.len() > MAX_LINE || COMMENTS.iter().any(|mark| line.trim_start().starts_with(mark)) {
            continue;
        }
        let mut from = 0;
        for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let place = from;
            from += word.len() + line[from + word.len()..].chars().next().map_or(0, char::len_utf8);
            let before = &line[..place];
            let is_asked = before.ends_with(['"', '\'', '`', '$', '%'])
                || ["${", "env.", "ENV.", "env:"].iter().any(|mark| before.ends_with(mark));
            if word.len() > 3 && is_asked {
                found.push((word, start + place));
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
        // Right behind what begins a comment: words before it are prose, and `x = "rpcmap: y"` is none.
        let head = line[..mark].trim_end();
        let is_word = |word: &str| head.trim_start().eq_ignore_ascii_case(word);
        let begins = ["#", "//", "//-", "--", ";", "*", "*>", "!", "%", "::"].iter().any(|begin| head.ends_with(begin));
        if !begins && !["REM", "dnl", "'"].iter().any(|word| is_word(word)) {
            continue;
        }
        let marks: &[char] = &['/', '#', '-', '*', ';', '<', '>', '!', '%', ':', '{', '\''];
        let begin = if begins { head.trim_end_matches(marks).len() } else { head.len() - head.trim_start().len() };
        let mut body = line[begin..].trim_end();
        // A notebook holds its lines as texts of a list: `"# rpcmap: x\n",`.
        let element = line[..begin].trim_end().strip_suffix('"').map(str::trim_end);
        if element.is_some_and(|before| before.is_empty() || before.ends_with(['[', ','])) {
            body = body.split(['"', '\\']).next().unwrap_or(body).trim_end();
        }
        let end = start + begin + body.len();
        let directive = comment::directive(body, place(start + begin));
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
    fn lists_are_told_with_all_their_words() {
        for (text, expected) in [
            ("a: [xx, 'yy', \"zz\"]\n", &["xx", "yy", "zz"][..]),
            ("a: [\n  xx, yy\n]\n", &[]),
            ("a:\n  - xx\n  - yy\n  - zz\nb: ww\n", &["xx", "yy", "zz"]),
            ("a:\n- xx\n- \"yy\"\nb:\n- zz\n", &["xx", "yy"]),
            ("a:\n  - xx: yy\n  - zz\n", &[]),
            ("a: [xx]\nb: yy\n", &[]),
            ("f([xx], yy)\n", &[]),
            ("yy\n", &[]),
        ] {
            let all = settings("x.yaml", text);
            let setting = all.iter().find(|setting| setting.value == "yy").expect("each has it");
            let mut found = listed(text, setting);
            found.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn blocks_that_are_open_have_names() {
        for (before, expected) in [
            ("a: {b: {c: ", &["b", "a"][..]),
            ("{\"a\": {\"b\": {}, \"c\": [x], \"d\": \"", &["a", ""]),
            ("a = {b = [", &["b", "a"]),
            ("a: {b: c}, d: ", &[]),
            ("a: ", &[]),
        ] {
            assert_eq!(opened(before).collect::<Vec<_>>(), expected, "{before}");
        }
    }

    #[test]
    fn nothing_lies_below_a_tag_that_is_closed() {
        for (text, expected) in [
            ("<hosts>\n  cart\n</hosts>\n", &["<hosts>"][..]),
            ("<hosts>x</hosts>\n  cart\n", &[]),
            ("<hosts>\n x\n</hosts>\n  cart\n", &[]),
            ("<a>\n <hosts>\n  x\n </hosts>\n  cart\n</a>\n", &["<a>"]),
        ] {
            let start = text.find("cart").unwrap_or_default();
            assert_eq!(above(text, start).collect::<Vec<_>>(), expected, "{text}");
        }
    }

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
    fn the_name_before_a_value_is_found() {
        for (before, expected) in [
            ("host: ", "host"),
            ("x = 1, host = \"", "host"),
            ("connect(host='", "host"),
            ("{\"db.host\": \"", "db.host"),
            (":host => '", "host"),
            ("connect(\"", "connect"),
            ("über=", "über"),
            ("the host ", ""),
            ("", ""),
        ] {
            assert_eq!(assigned(before), expected, "{before}");
        }
    }

    #[test]
    fn variables_are_found_where_they_are_asked_for() {
        for (text, expected) in [
            ("x <- Sys.getenv(\"A_URL\")\n", &["A_URL"][..]),
            ("echo $A_URL ${B_URL} %C_URL% $env:D_URL\n", &["A_URL", "B_URL", "C_URL", "D_URL"]),
            ("<%= process.env.A_URL %>\n", &["A_URL"]),
            ("A_URL=x\nexport A_URL\n# $A_URL\n", &[]),
            ("ü \"A_URL\"", &["A_URL"]),
        ] {
            let found = variables(text);
            assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), expected, "{text}");
            assert!(found.iter().all(|(name, at)| text[*at..].starts_with(name)), "{text}");
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
        for text in [
            "    \"# rpcmap: service.a\\n\",\n",
            "{\"cells\": [{\"source\": [\"# rpcmap: service.a\\n\", \"x()\"]}]}",
            "[\"x()\\n\", \"# hedgerow: calls service.a\"]",
            "  \"# rpcmap: service.a, and more\"\n",
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
