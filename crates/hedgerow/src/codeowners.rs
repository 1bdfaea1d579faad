//! A CODEOWNERS file: who reviews which path, and the block of it that Hedgerow writes.
//!
//! Patterns follow <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>:
//! those of `.gitignore` without `!` and `[ ]`, and of all lines that match a path the last one counts. GitLab's sections
//! each count for themselves.

use globset::{GlobBuilder, GlobMatcher};
use std::ops::Range;

/// The line before Hedgerow's block.
pub(crate) const BEGIN: &str = "# hedgerow:begin (written by `hedgerow codeowners --write`)";
/// What the line before the block begins with, whatever stands behind it.
const BEGIN_MARK: &str = "# hedgerow:begin";
/// The line behind it.
pub(crate) const END: &str = "# hedgerow:end";

/// A whole file.
pub(crate) struct CodeOwners {
    sections: Vec<Vec<Line>>,
}

/// One line that gives owners to paths, or takes them away.
pub(crate) struct Line {
    /// Where it stands in the file.
    pub(crate) range: Range<usize>,
    /// Nobody where it names none.
    pub(crate) owners: Vec<String>,
    matchers: Vec<GlobMatcher>,
}

/// Why a file's block cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlockError {
    /// A beginning without an end.
    #[error("the line `# hedgerow:begin` has no `# hedgerow:end` behind it")]
    Open,
    /// More than one block.
    #[error("there are several blocks between `# hedgerow:begin` and `# hedgerow:end`")]
    Several,
}

impl CodeOwners {
    /// Reads a file. A line that is no pattern, which the code host ignores as well, is left out.
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections = vec![Vec::new()];
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let start = offset;
            offset += line.len();
            let line = line.trim_end();
            if line.starts_with('[') || line.starts_with("^[") {
                sections.push(Vec::new());
                continue;
            }
            let words = words(line);
            let Some((pattern, owners)) = words.split_first() else { continue };
            if let Some(matchers) = matchers(pattern)
                && let Some(section) = sections.last_mut()
            {
                section.push(Line { range: start..start + line.len(), owners: owners.to_vec(), matchers });
            }
        }
        Self { sections }
    }

    /// The lines that count for a path: the last match of each section.
    pub(crate) fn deciding(&self, path: &str) -> impl Iterator<Item = &Line> {
        let path = path.to_owned();
        self.sections.iter().filter_map(move |section| section.iter().rev().find(|line| line.matches(&path)))
    }

    /// Whether a path's review is `owner`'s.
    pub(crate) fn is_owned_by(&self, path: &str, owner: &str) -> bool {
        self.deciding(path).any(|line| line.owners.iter().any(|named| named.eq_ignore_ascii_case(owner)))
    }
}

impl Line {
    fn matches(&self, path: &str) -> bool {
        self.matchers.iter().any(|matcher| matcher.is_match(path))
    }
}

/// The words of a line up to a comment; a backslash keeps a blank or `#` in a word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(kept) if kept == ' ' || kept == '#' => word.push(kept),
                Some(other) => word.extend(['\\', other]),
                None => {}
            },
            '#' if word.is_empty() => break,
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// What a pattern matches: a path itself, and everything below a directory.
fn matchers(pattern: &str) -> Option<Vec<GlobMatcher>> {
    let body = pattern.strip_suffix('/').unwrap_or(pattern);
    let is_anchored = body.contains('/');
    let body = body.strip_prefix('/').unwrap_or(body);
    if body.is_empty() {
        // `/` alone is everything.
        return glob("**").map(|all| vec![all]).filter(|_| pattern == "/");
    }
    // Braces and brackets mean nothing in these files.
    let literal: String =
        body.chars().map(|c| if "{}[]".contains(c) { format!("\\{c}") } else { c.to_string() }).collect();
    let whole = if is_anchored { literal } else { format!("**/{literal}") };
    let mut globs = Vec::new();
    if !pattern.ends_with('/') {
        globs.push(glob(&whole)?);
    }
    // `docs/*` is the files in a directory and none below.
    if body == "*" || !(body.ends_with("/*") && is_anchored) {
        globs.push(glob(&format!("{whole}/**"))?);
    }
    Some(globs)
}

fn glob(text: &str) -> Option<GlobMatcher> {
    let built = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
    built.ok().map(|glob| glob.compile_matcher())
}

/// The text with Hedgerow's block replaced by `lines`, or added at the end, where nothing later can overrule it.
pub(crate) fn with_block(text: &str, lines: &[String]) -> Result<String, BlockError> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let block: String = std::iter::once(BEGIN)
        .chain(lines.iter().map(String::as_str))
        .chain([END])
        .map(|line| format!("{line}{newline}"))
        .collect();
    match block_range(text)? {
        Some(range) => Ok(format!("{}{block}{}", &text[..range.start], &text[range.end..])),
        None if text.is_empty() => Ok(block),
        None if text.ends_with('\n') => Ok(format!("{text}{newline}{block}")),
        None => Ok(format!("{text}{newline}{newline}{block}")),
    }
}

/// Where the block stands, its marks included.
fn block_range(text: &str) -> Result<Option<Range<usize>>, BlockError> {
    let mut found = None;
    let mut open = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        match (line.trim_end(), open) {
            (line, None) if line.starts_with(BEGIN_MARK) => open = Some(start),
            (line, Some(_)) if line.starts_with(BEGIN_MARK) => return Err(BlockError::Several),
            (END, Some(begin)) => {
                if found.replace(begin..offset).is_some() {
                    return Err(BlockError::Several);
                }
                open = None;
            }
            _ => {}
        }
    }
    if open.is_some() { Err(BlockError::Open) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_code_hosts_say() {
        for (pattern, path, expected) in [
            ("*", "a/b/c.rule", true),
            ("*.rule", "a/b/c.rule", true),
            ("*.rule", "a/b/c.yaml", false),
            ("/build/logs/", "build/logs/x/y", true),
            ("/build/logs/", "a/build/logs/x", false),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/x/a.md", false),
            ("docs/*", "a/docs/a.md", false),
            ("apps/", "a/apps/b/c", true),
            ("apps/", "apps", false),
            ("/apps", "apps/b/c", true),
            ("/apps", "a/apps/b", false),
            ("**/egress/service.ledger.rule", "service.emoji/egress/service.ledger.rule", true),
            ("**/egress/service.ledger.rule", "egress/service.ledger.rule", true),
            ("**/egress/service.ledger.rule", "a/manifests/egress/service.ledger.rule", true),
            ("**/egress/service.ledger.rule", "a/egress/service.ledger.rule.bak", false),
            ("**/egress/service.ledger.rule", "a/egress/serviceXledger.rule", false),
            ("service.emoji", "net/service.emoji/egress/x.rule", true),
            ("/service.emoji/", "service.emoji/egress/x.rule", true),
            ("service.*/egress", "service.emoji/egress/x.rule", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "a/z", true),
            ("[ab].rule", "a.rule", false),
            ("{a,b}.rule", "a.rule", false),
            ("/", "a/b", true),
        ] {
            let found = matchers(pattern).is_some_and(|all| all.iter().any(|matcher| matcher.is_match(path)));
            assert_eq!(found, expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn the_last_line_that_matches_counts() {
        let text = "* @all # everybody\n\n/a/ @team x@example.com\n/a/free/\n/a\\ b/ @blank\n*.md @docs\n";
        let file = CodeOwners::parse(text);
        for (path, owner, expected) in [
            ("x", "@all", true),
            ("x", "@team", false),
            ("a/x", "@team", true),
            ("a/x", "@TEAM", true),
            ("a/x", "x@example.com", true),
            ("a/x", "@all", false),
            ("a/free/x", "@team", false),
            ("a/free/x", "@all", false),
            ("a/free/x.md", "@docs", true),
            ("a b/x", "@blank", true),
        ] {
            assert_eq!(file.is_owned_by(path, owner), expected, "{path} by {owner}");
        }
        let gitlab = CodeOwners::parse("* @all\n[Finance]\n*.rule @finance\n^[Docs][2] @docs\n*.md @docs\n");
        assert!(gitlab.is_owned_by("a.rule", "@all") && gitlab.is_owned_by("a.rule", "@finance"));
    }

    #[test]
    fn the_block_is_replaced_and_nothing_else() {
        let lines = ["x @y".to_owned()];
        let block = format!("{BEGIN}\nx @y\n{END}\n");
        for (before, after) in [
            ("", block.clone()),
            ("* @a\n", format!("* @a\n\n{block}")),
            ("* @a", format!("* @a\n\n{block}")),
            ("* @a\n# hedgerow:begin\nold @z\n# hedgerow:end\n* @b\n", format!("* @a\n{block}* @b\n")),
            ("* @a\r\n", format!("* @a\r\n\r\n{}", block.replace('\n', "\r\n"))),
        ] {
            let written = with_block(before, &lines).unwrap();
            assert_eq!(written, after, "{before:?}");
            assert_eq!(with_block(&written, &lines).unwrap(), written, "twice is once");
        }
        for (text, fault) in [
            ("# hedgerow:begin\n", BlockError::Open),
            ("# hedgerow:begin\n# hedgerow:begin\n# hedgerow:end\n", BlockError::Several),
            ("# hedgerow:begin\n# hedgerow:end\n# hedgerow:begin\n# hedgerow:end\n", BlockError::Several),
        ] {
            assert_eq!(with_block(text, &lines), Err(fault), "{text:?}");
        }
    }
}
