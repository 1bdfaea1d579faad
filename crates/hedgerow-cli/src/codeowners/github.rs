//! CODEOWNERS as GitHub reads it.
//!
//! <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>:
//! patterns of `.gitignore` without `!`, `[ ]` and `\#`; paths are told apart by upper and lower case; the last line that matches a path
//! counts; a line with anything invalid in it is skipped; a file of more than 3 MB is not read.

use super::{Line, Pattern, Section, lines};
use globset::{GlobBuilder, GlobMatcher};

/// What GitHub reads at most.
pub(crate) const MOST_BYTES: usize = 3 * 1024 * 1024;

/// The one section that all lines are.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let lines = lines(text).filter_map(|(range, line)| {
        let words = words(line);
        let (pattern, owners) = words.split_first()?;
        if !owners.iter().all(|owner| is_owner(owner)) {
            return None;
        }
        let pattern = Pattern::Globs(matchers(pattern)?);
        Some(Line { range, owners: owners.to_vec(), pattern, excludes: false })
    });
    vec![Section { lines: lines.collect(), is_optional: false }]
}

/// The words of a line up to a comment; a backslash keeps a blank in a word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(' ') => word.push(' '),
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

/// `@user`, `@org/team` or an address.
fn is_owner(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match word.strip_prefix('@') {
        Some(name) => match name.split_once('/') {
            Some((organisation, team)) => is_name(organisation) && is_name(team),
            None => is_name(name),
        },
        None => word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_name(host)),
    }
}

/// What a pattern matches: a path itself, and everything below a directory. `None` for what GitHub does not take.
fn matchers(pattern: &str) -> Option<Vec<GlobMatcher>> {
    if pattern.starts_with(['!', '\\']) || pattern.contains(['[', ']']) {
        return None;
    }
    let body = pattern.strip_suffix('/').unwrap_or(pattern);
    let is_anchored = body.contains('/');
    let body = body.strip_prefix('/').unwrap_or(body);
    if body.is_empty() {
        // `/` alone is everything.
        return glob("**").map(|all| vec![all]).filter(|_| pattern == "/");
    }
    // Braces mean nothing in these files.
    let literal: String =
        body.chars().map(|c| if "{}".contains(c) { format!("\\{c}") } else { c.to_string() }).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeowners::{CodeOwners, Host};

    #[test]
    fn patterns_match_as_github_says() {
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
            ("**/egress/Service.ledger.rule", "a/egress/service.ledger.rule", false),
            ("service.emoji", "net/service.emoji/egress/x.rule", true),
            ("/service.emoji/", "service.emoji/egress/x.rule", true),
            ("service.*/egress", "service.emoji/egress/x.rule", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "a/z", true),
            ("a?.rule", "ab.rule", true),
            ("a?b", "a/b", false),
            ("[ab].rule", "a.rule", false),
            ("!*.rule", "a.rule", false),
            ("!*.rule", "!a.rule", false),
            ("{a,b}.rule", "a.rule", false),
            ("/", "a/b", true),
        ] {
            let found = matchers(pattern).is_some_and(|all| all.iter().any(|matcher| matcher.is_match(path)));
            assert_eq!(found, expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn the_last_line_that_matches_and_is_valid_counts() {
        let text = "* @all # everybody @nobody\n\n/a/ @team x@example.com\n/a/free/\n/a\\ b/ @blank\n*.md @docs\n\
                    *.go @go developers\n*.go @@roles\n[Section]\n^[Optional]\n!/a/ @x\n\\#a @hash\n";
        let file = CodeOwners::parse(Host::GitHub, text);
        for (path, owner, expected) in [
            ("x", "@all", true),
            ("x", "@team", false),
            ("x", "@nobody", false),
            ("a/x", "@team", true),
            ("a/x", "@TEAM", true),
            ("a/x", "x@example.com", true),
            ("a/x", "@all", false),
            ("a/free/x", "@team", false),
            ("a/free/x", "@all", false),
            ("a/free/x.md", "@docs", true),
            ("a b/x", "@blank", true),
            // A word that is no owner makes the line invalid, and what stood before counts.
            ("b.go", "@go", false),
            ("b.go", "@all", true),
            ("#a", "@hash", false),
        ] {
            assert_eq!(file.is_owned_by(path, owner), expected, "{path} by {owner}");
        }
    }
}
