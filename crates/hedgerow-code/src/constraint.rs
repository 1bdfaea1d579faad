//! Go's build constraints: which files a build takes.

use std::collections::BTreeSet;

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const MACHINES: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
];

/// What a build is for: Linux on amd64 or arm64, with cgo or without, and the tags that are given.
#[derive(Debug, Clone)]
pub(crate) struct Build<'a> {
    tags: &'a BTreeSet<String>,
}

impl<'a> Build<'a> {
    /// A build with these tags.
    pub(crate) const fn new(tags: &'a BTreeSet<String>) -> Self {
        Self { tags }
    }

    /// Whether the build takes the file.
    pub(crate) fn takes(&self, path: &str, constraint: Option<&str>) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.strip_suffix(".go").unwrap_or(name);
        let mut parts: Vec<&str> = stem.split('_').skip(1).collect();
        let machine = parts.pop_if(|part| MACHINES.contains(part));
        let system = parts.pop_if(|part| SYSTEMS.contains(part));
        let fits = |part: Option<&str>| part.is_none_or(|part| self.holds(part));
        fits(machine) && fits(system) && constraint.is_none_or(|text| self.evaluate(text))
    }

    /// Where a tag may hold or not, it holds: what one of the builds takes is looked at.
    fn holds(&self, tag: &str) -> bool {
        matches!(tag, "linux" | "unix" | "amd64" | "arm64" | "gc" | "cgo")
            || tag.starts_with("go1.")
            || self.tags.contains(tag)
    }

    fn evaluate(&self, text: &str) -> bool {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let length = match rest.as_bytes() {
                [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
                [b'(' | b')' | b'!', ..] => 1,
                _ => rest.find(|c: char| c.is_whitespace() || "()!&|".contains(c)).unwrap_or(rest.len()).max(1),
            };
            // A character of more than one byte can only be a fault; it ends the expression.
            let Some((token, tail)) = rest.split_at_checked(length) else { break };
            tokens.push(token);
            rest = tail.trim_start();
        }
        let mut at = 0;
        self.any(&tokens, &mut at, 0)
    }

    fn any(&self, tokens: &[&str], at: &mut usize, depth: usize) -> bool {
        let mut value = self.all(tokens, at, depth);
        while tokens.get(*at) == Some(&"||") {
            *at += 1;
            value |= self.all(tokens, at, depth);
        }
        value
    }

    fn all(&self, tokens: &[&str], at: &mut usize, depth: usize) -> bool {
        let mut value = self.one(tokens, at, depth);
        while tokens.get(*at) == Some(&"&&") {
            *at += 1;
            value &= self.one(tokens, at, depth);
        }
        value
    }

    fn one(&self, tokens: &[&str], at: &mut usize, depth: usize) -> bool {
        let Some(token) = tokens.get(*at) else { return true };
        *at += 1;
        if depth > 50 {
            return true;
        }
        match *token {
            "!" => !self.one(tokens, at, depth + 1),
            "(" => {
                let value = self.any(tokens, at, depth + 1);
                if tokens.get(*at) == Some(&")") {
                    *at += 1;
                }
                value
            }
            tag => self.holds(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_take_what_their_constraints_allow() {
        let tags = BTreeSet::from(["prod".to_owned()]);
        let build = Build::new(&tags);
        for (path, constraint, expected) in [
            ("a.go", None, true),
            ("a_windows.go", None, false),
            ("a_linux_arm64.go", None, true),
            ("a_s390x.go", None, false),
            ("linux.go", None, true),
            ("a.go", Some("prod"), true),
            ("a.go", Some("wireinject"), false),
            ("a.go", Some("!wireinject"), true),
            ("a.go", Some("(windows || linux) && !dev"), true),
            ("a.go", Some("ignore"), false),
            ("a.go", Some("((("), true),
            ("a.go", Some("é"), false),
        ] {
            assert_eq!(build.takes(path, constraint), expected, "{path} {constraint:?}");
        }
    }
}
