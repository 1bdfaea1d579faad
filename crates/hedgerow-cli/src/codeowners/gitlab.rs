//! CODEOWNERS as GitLab reads it.
//!
//! <https://docs.gitlab.com/user/project/codeowners/reference/> and <https://docs.gitlab.com/user/project/codeowners/advanced/>: sections,
//! which are one if their names differ in upper and lower case alone; `^[Optional]`, `[Name][2]`, owners for a whole section; in each section
//! the last line that matches counts, unless a line with `!` matches; comments only at the start of a line; patterns of
//! Ruby's `File.fnmatch` with `FNM_PATHNAME` and `FNM_DOTMATCH`.

use super::{Line, Pattern, Section, lines};
use std::collections::BTreeMap;

/// The sections, the nameless one first.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section { lines: Vec::new(), is_optional: false }];
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let mut current = 0;
    let mut defaults: Vec<String> = Vec::new();
    for (range, line) in lines(text) {
        if let Some(heading) = heading(line) {
            defaults = owners(heading.owners);
            current = *named.entry(heading.name.to_lowercase()).or_insert(sections.len());
            match sections.get_mut(current) {
                // Of two with one name, one that is required makes both so.
                Some(section) => section.is_optional &= heading.is_optional,
                None => sections.push(Section { lines: Vec::new(), is_optional: heading.is_optional }),
            }
            continue;
        }
        let (pattern, rest) = pattern(line);
        let (excludes, pattern) = pattern.strip_prefix('!').map_or((false, pattern), |pattern| (true, pattern));
        let owners = Some(owners(rest)).filter(|_| !rest.is_empty()).unwrap_or_else(|| defaults.clone());
        if let Some(section) = sections.get_mut(current) {
            section.lines.push(Line { range, owners, pattern: Pattern::Ruby(normalized(pattern)), excludes });
        }
    }
    sections
}

/// The first line of a section.
pub(super) struct Heading<'t> {
    name: &'t str,
    is_optional: bool,
    owners: &'t str,
}

/// A line that begins with a name in brackets; one whose bracket is not closed is an entry.
pub(super) fn heading(line: &str) -> Option<Heading<'_>> {
    let (is_optional, line) = line.strip_prefix('^').map_or((false, line), |line| (true, line));
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    let counted = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let owners = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((count, owners)) if counted(count) => owners,
        _ => rest,
    };
    let owners = if owners.starts_with([' ', '\t']) { owners.trim() } else { "" };
    (!name.trim().is_empty()).then_some(Heading { name: name.trim(), is_optional, owners })
}

/// The pattern of a line, up to the first blank without a backslash, and what follows.
fn pattern(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.char_indices().find(|&(_, c)| {
        let ends = c.is_whitespace() && !escaped;
        escaped = c == '\\';
        ends
    });
    let (pattern, rest) = line.split_at(end.map_or(line.len(), |(at, _)| at));
    (pattern, rest.trim())
}

/// What has the form of a user, a group, a role or an address; nothing else counts. A comment behind it is no comment.
fn owners(text: &str) -> Vec<String> {
    text.split_whitespace().filter(|word| word.contains('@') && word.len() > 1).map(str::to_owned).collect()
}

/// The pattern for a path that begins with `/`.
fn normalized(pattern: &str) -> String {
    let pattern = pattern.strip_prefix("\\#").map_or_else(|| pattern.to_owned(), |rest| format!("#{rest}"));
    let pattern = pattern.replace("\\ ", " ").replace("\\\t", " ");
    if pattern == "*" {
        return "/**/*".to_owned();
    }
    let whole = if pattern.starts_with('/') { pattern } else { format!("/**/{pattern}") };
    if whole.ends_with('/') { format!("{whole}**/*") } else { whole }
}

/// `File.fnmatch(pattern, path, File::FNM_PATHNAME | File::FNM_DOTMATCH)`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Which beginnings of the path the pattern so far can have matched.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for (at, part) in pattern.iter().enumerate() {
        let mut next = vec![false; path.len() + 1];
        if *part == "**" && at + 1 < pattern.len() {
            let first = reached.iter().position(|&is_reached| is_reached).unwrap_or(path.len());
            // Any number of directories; the last part of a path is none.
            for (from, is_reached) in next.iter_mut().enumerate() {
                *is_reached = from >= first && from < path.len();
            }
        } else {
            for from in 0..path.len() {
                next[from + 1] = reached[from] && part_matches(part.as_bytes(), path[from]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// Whether a pattern without `/` matches one part of a path.
fn part_matches(pattern: &[u8], part: &str) -> bool {
    let text: Vec<char> = part.chars().collect();
    let Some(tokens) = tokens(&String::from_utf8_lossy(pattern)) else { return false };
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for token in &tokens {
        let mut next = vec![false; text.len() + 1];
        match token {
            Token::Many => {
                let first = reached.iter().position(|&is_reached| is_reached).unwrap_or(text.len() + 1);
                next.iter_mut().skip(first).for_each(|is_reached| *is_reached = true);
            }
            Token::One(set) => {
                for at in 0..text.len() {
                    next[at + 1] = reached[at] && set.holds(text[at]);
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}

enum Token {
    Many,
    One(Set),
}

/// Characters; ranges of one or more, or all but these.
struct Set {
    ranges: Vec<(char, char)>,
    is_negated: bool,
}

impl Set {
    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&c)) != self.is_negated
    }
}

/// The tokens of a pattern; `None` for a bracket that is not closed, which matches nothing.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let one = |c| Token::One(Set { ranges: vec![(c, c)], is_negated: false });
        tokens.push(match c {
            '*' => Token::Many,
            '?' => Token::One(Set { ranges: Vec::new(), is_negated: true }),
            '\\' => one(chars.next().unwrap_or('\\')),
            '[' => {
                let is_negated = chars.next_if(|&c| c == '!' || c == '^').is_some();
                let mut ranges = Vec::new();
                loop {
                    let first = match chars.next()? {
                        ']' if !ranges.is_empty() => break,
                        '\\' => chars.next()?,
                        c => c,
                    };
                    let mut last = first;
                    let mut ahead = chars.clone();
                    if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                        chars.next();
                        last = match chars.next()? {
                            '\\' => chars.next()?,
                            c => c,
                        };
                    }
                    ranges.push((first, last));
                }
                Token::One(Set { ranges, is_negated })
            }
            c => one(c),
        });
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeowners::{CodeOwners, Host};

    #[test]
    fn patterns_match_as_gitlab_says() {
        for (pattern, path, expected) in [
            ("*", "a/b/.c", true),
            ("README.md", "internal/README.md", true),
            ("/README.md", "internal/README.md", false),
            ("/README.md", "README.md", true),
            ("internal/README.md", "docs/api/internal/README.md", true),
            ("docs/", "a/docs/b/c.md", true),
            ("/docs/", "docs/c.md", true),
            ("/docs/", "a/docs/c.md", false),
            // A directory without its slash is a file of that name.
            ("/docs", "docs/c.md", false),
            ("docs", "docs/c.md", false),
            ("docs", "a/docs", true),
            ("/docs/*", "docs/a.md", true),
            ("/docs/*", "docs/x/a.md", false),
            ("docs/*", "a/docs/a.md", true),
            ("/docs/*.md", "docs/.a.md", true),
            ("/docs/*spec*", "docs/qa_specs.rb", true),
            ("/docs/*/README.md", "docs/api/README.md", true),
            ("/docs/*/README.md", "docs/README.md", false),
            ("/docs/**/index.md", "docs/index.md", true),
            ("/docs/**/index.md", "docs/api/graphql/index.md", true),
            ("/docs/**", "docs/a.md", true),
            ("/docs/**", "docs/x/a.md", false),
            ("**/egress/service.ledger.rule", "service.emoji/egress/service.ledger.rule", true),
            ("**/egress/service.ledger.rule", "egress/service.ledger.rule", true),
            ("**/egress/Service.ledger.rule", "egress/service.ledger.rule", false),
            ("*.rule", "service.emoji/egress/service.ledger.rule", true),
            ("service.[a-f]*/", "service.emoji/egress/x.rule", true),
            ("service.[!a-f]*/", "service.emoji/egress/x.rule", false),
            ("service.[^a-f]*/", "service.ledger/egress/x.rule", true),
            ("[]a].rule", "].rule", true),
            ("service.[a/", "service.a/x", false),
            ("{a,b}.rule", "a.rule", false),
            ("\\#a", "#a", true),
            ("a\\ b/", "a b/c", true),
            ("\\*.rule", "x.rule", false),
            ("a?b", "axb", true),
            ("a?b", "a/b", false),
        ] {
            assert_eq!(matches(&normalized(pattern), &format!("/{path}")), expected, "{pattern} on {path}");
        }
    }

    /// Whose review `a.rule` in `service.cart/egress` is.
    fn asks(text: &str, owner: &str) -> bool {
        CodeOwners::parse(Host::GitLab, text).is_owned_by("service.cart/egress/service.books.rule", owner)
    }

    #[test]
    fn sections_count_each_for_themselves_and_by_name_together() {
        for (text, expected) in [
            ("*.rule @a\n", true),
            ("*.rule @a\n[Docs]\n* @b\n", true),
            ("*.rule @a\n* @b\n", false),
            ("[Net]\n*.rule @a\n[Docs]\n* @b\n", true),
            ("[Net]\n*.rule @a\n[Docs]\n*.md @b\n[NET]\n*.rule @b\n", false),
            ("[Net]\n*.rule @a\n[ nEt ][2] @c\n/service.cart/\n", false),
            ("^[Net]\n*.rule @a\n", false),
            ("^[Net]\n*.rule @a\n[net]\n*.md @b\n", true),
            ("[Net] @a\n*.rule\n", true),
            ("[Net][2] @b @a\n*.rule\n", true),
            ("[Net][2]\t@a\n*.rule @b\n", false),
            ("[Net] @a\n*.rule\n[Other] @b\n*.rule\n", true),
            ("[Net] @a\n*.md\n", false),
            ("*.rule @a\n!service.cart/egress/\n", false),
            ("!service.cart/egress/\n*.rule @a\n", false),
            ("!*.rule\n[Net]\n*.rule @a\n", true),
            ("[Net]\n*.rule @a\n[Else]\n!*.rule\n", true),
            ("[Net]\n*.rule @a\n[Else]\n*.md @b\n[net]\n!/service.cart/**/*.rule\n", false),
            ("*.rule # @a\n", true),
            ("*.rule @b # and @a\n", true),
            ("# *.rule @a\n", false),
            ("  *.rule @a\n", true),
            ("*.rule a @b\n", false),
            ("*.rule\n", false),
            ("*.rule @a\n*.rule\n", false),
            ("[Net\n*.rule @a\n", true),
            ("[]\n*.rule @a\n", true),
            ("*.rule @A\n", true),
            ("*.rule @@a\n", false),
        ] {
            assert_eq!(asks(text, "@a"), expected, "{text:?}");
        }
        assert!(asks("*.rule @@maintainer\n", "@@maintainer"));
        assert!(asks("*.rule a@example.com\n", "a@example.com"));
    }
}
