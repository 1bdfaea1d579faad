//! Patterns of paths: those of `.Files.Glob`, and those of `.helmignore`.

/// How many patterns the braces of one may make.
const MAX_CHOICES: usize = 64;

/// What a pattern may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `.Files.Glob`: `**` goes over `/`, `{a,b}` is either, `[!a]` is none of these.
    Files,
    /// `.helmignore`: no `**` and no braces, `[^a]` is none of these. See <https://pkg.go.dev/path/filepath#Match>.
    Ignore,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Letter(char),
    /// One letter, but no `/`.
    One,
    /// Any letters, but no `/`.
    Any,
    /// Any letters.
    Deep,
    Set {
        ranges: Vec<(char, char)>,
        is_none: bool,
    },
}

/// A pattern: any of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Vec<Token>>);

impl Glob {
    /// Reads a pattern; none where it is no such pattern, or says too much.
    pub(super) fn new(text: &str, dialect: Dialect) -> Option<Self> {
        let texts = match dialect {
            Dialect::Files => choices(text)?,
            Dialect::Ignore if text.contains("**") => return None,
            Dialect::Ignore => vec![text.to_owned()],
        };
        texts.iter().map(|text| tokens(text, dialect)).collect::<Option<_>>().map(Self)
    }

    pub(super) fn fits(&self, path: &str) -> bool {
        let letters: Vec<char> = path.chars().collect();
        self.0.iter().any(|tokens| fit(tokens, &letters))
    }
}

/// The patterns without braces that one with braces stands for. Braces are not nested in charts.
fn choices(text: &str) -> Option<Vec<String>> {
    let mut found = vec![String::new()];
    let mut rest = text;
    while let Some((before, (inside, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        if inside.contains(['{', '\\']) || before.ends_with('\\') {
            return None;
        }
        let texts: Vec<&str> = inside.split(',').collect();
        found = found.iter().flat_map(|start| texts.iter().map(move |text| format!("{start}{before}{text}"))).collect();
        if found.len() > MAX_CHOICES {
            return None;
        }
        rest = after;
    }
    found.iter_mut().for_each(|text| text.push_str(rest));
    (!rest.contains('{')).then_some(found)
}

fn tokens(text: &str, dialect: Dialect) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        found.push(match letter {
            '?' => Token::One,
            '*' => {
                let mut token = Token::Any;
                while letters.next_if_eq(&'*').is_some() {
                    token = if dialect == Dialect::Files { Token::Deep } else { Token::Any };
                }
                token
            }
            '\\' => Token::Letter(letters.next()?),
            '[' => {
                let not = if dialect == Dialect::Files { '!' } else { '^' };
                let is_none = letters.next_if_eq(&not).is_some();
                let mut ranges = Vec::new();
                loop {
                    let start = match letters.next()? {
                        ']' if !ranges.is_empty() => break,
                        '\\' => letters.next()?,
                        letter => letter,
                    };
                    let is_range = letters.next_if_eq(&'-').is_some();
                    let end = if is_range { letters.next()? } else { start };
                    ranges.push((start, end));
                }
                Token::Set { ranges, is_none }
            }
            letter => Token::Letter(letter),
        });
    }
    Some(found)
}

/// Whether the tokens fit all of the letters: behind each token, every place is known that it can have led to.
fn fit(tokens: &[Token], letters: &[char]) -> bool {
    let mut places = vec![false; letters.len() + 1];
    places[0] = true;
    for token in tokens {
        let mut next = vec![false; letters.len() + 1];
        for at in 0..=letters.len() {
            let here = letters.get(at);
            match token {
                Token::Any | Token::Deep => {
                    // It may end here, or go on from where it got to.
                    next[at] |= places[at];
                    if next[at] && here.is_some_and(|letter| *token == Token::Deep || *letter != '/') {
                        next[at + 1] = true;
                    }
                }
                Token::Letter(wanted) if places[at] && here == Some(wanted) => next[at + 1] = true,
                Token::One if places[at] && here.is_some_and(|letter| *letter != '/') => next[at + 1] = true,
                Token::Set { ranges, is_none } if places[at] => {
                    let is_in = |letter: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&letter));
                    if here.is_some_and(|letter| *letter != '/' && is_in(letter) != *is_none) {
                        next[at + 1] = true;
                    }
                }
                _ => {}
            }
        }
        places = next;
    }
    places[letters.len()]
}

/// What a `.helmignore` says: which files of its chart Helm does not load. See <https://helm.sh/docs/chart_template_guide/helm_ignore_file/>.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignored(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    glob: Glob,
    /// All that does not fit is ignored.
    is_not: bool,
    only_directories: bool,
    /// Whether it is about the path from the chart, not the name alone.
    is_path: bool,
}

impl Ignored {
    pub(super) fn new(text: &str) -> Self {
        let rule = |line: &str| {
            let (is_not, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
            let (only_directories, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
            let (starts, line) = line.strip_prefix('/').map_or((false, line), |rest| (true, rest));
            let glob = Glob::new(line, Dialect::Ignore)?;
            Some(Rule { glob, is_not, only_directories, is_path: starts || line.contains('/') })
        };
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        Self(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(rule).collect())
    }

    /// Whether a file is ignored, by its path from the chart, or a directory that it is in.
    pub(super) fn has(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        ends.map(|end| (&path[..end], true)).chain([(path, false)]).any(|(path, is_directory)| {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.0.iter().any(|rule| {
                let fits = rule.glob.fits(if rule.is_path { path } else { name });
                match rule.is_not {
                    true => !fits || (rule.only_directories && !is_directory),
                    false => fits && (is_directory || !rule.only_directories),
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Helm 3.17 gives for these patterns.
    #[test]
    fn patterns_fit_what_they_fit_in_helm() {
        for (pattern, fits, others) in [
            ("conf/*", &["conf/a.yml"][..], &["conf/deep/b.yml", "conf2/a.yml"][..]),
            ("conf/**", &["conf/a.yml", "conf/deep/er/c.yml"], &["conf2/a.yml"]),
            ("conf/***", &["conf/a.yml", "conf/deep/er/c.yml"], &[]),
            ("**.yml", &["conf/a.yml", "a.yml"], &["a.txt"]),
            ("**/*.yml", &["conf/a.yml"], &["a.yml"]),
            ("conf/**/*.yml", &["conf/deep/b.yml", "conf/deep/er/c.yml"], &["conf/a.yml"]),
            ("conf/{a,root}.*", &["conf/a.yml", "conf/root.txt"], &["conf/b.yml"]),
            ("conf/[a]*", &["conf/a.yml"], &["conf/b.yml"]),
            ("conf/[!a]*", &["conf/root.txt"], &["conf/a.yml"]),
            // A letter as any other.
            ("conf/[^a]*", &["conf/a.yml"], &["conf/root.txt"]),
            ("conf/[a-c].yml", &["conf/b.yml"], &["conf/d.yml"]),
            ("conf/?.yml", &["conf/a.yml"], &["conf/ab.yml", "conf/.yml"]),
            ("conf*/a.yml", &["conf/a.yml", "conf2/a.yml"], &["conf/x/a.yml"]),
            ("conf/\\a*", &["conf/a.yml"], &[]),
            ("conf/a**l", &["conf/a.yml", "conf/a/x.yml"], &[]),
            ("*", &["a"], &["a/b", "conf/a.yml"]),
            ("", &[""], &["a"]),
        ] {
            let glob = Glob::new(pattern, Dialect::Files).unwrap();
            fits.iter().for_each(|path| assert!(glob.fits(path), "{pattern} {path}"));
            others.iter().for_each(|path| assert!(!glob.fits(path), "{pattern} {path}"));
        }
        for broken in ["[a", "a\\", "{a", "{a,{b,c}}"] {
            assert_eq!(Glob::new(broken, Dialect::Files), None, "{broken}");
        }
        assert_eq!(Glob::new(&"{a,b}".repeat(8), Dialect::Files), None);
    }

    /// What Helm 3.17 leaves out of `.Files` for these lines.
    #[test]
    fn files_are_ignored_as_helm_ignores_them() {
        let files =
            ["conf/a.yml", "conf/deep/b.yml", "conf/deep/er/c.yml", "conf/root.txt", "conf2/a.yml", "root.txt", ".hid"];
        for (lines, ignored) in [
            ("conf", &["conf/a.yml", "conf/deep/b.yml", "conf/deep/er/c.yml", "conf/root.txt"][..]),
            ("conf/", &["conf/a.yml", "conf/deep/b.yml", "conf/deep/er/c.yml", "conf/root.txt"]),
            ("conf/*", &["conf/a.yml", "conf/deep/b.yml", "conf/deep/er/c.yml", "conf/root.txt"]),
            ("/conf/a.yml", &["conf/a.yml"]),
            ("a.yml", &["conf/a.yml", "conf2/a.yml"]),
            (" a.yml \n# b.yml\n\n", &["conf/a.yml", "conf2/a.yml"]),
            ("conf/deep", &["conf/deep/b.yml", "conf/deep/er/c.yml"]),
            ("deep/", &["conf/deep/b.yml", "conf/deep/er/c.yml"]),
            ("conf/*.yml", &["conf/a.yml"]),
            ("c*f/deep/er/", &["conf/deep/er/c.yml"]),
            ("c.yml/", &[]),
            ("er/c.yml", &[]),
            ("./conf/a.yml", &[]),
            ("CONF", &[]),
            ("/root.txt", &["root.txt"]),
            ("root.txt", &["conf/root.txt", "root.txt"]),
            (".*", &[".hid"]),
            ("a.y[mn]l", &["conf/a.yml", "conf2/a.yml"]),
            // All that does not fit.
            ("!conf", &files),
            // Helm refuses it.
            ("**/a.yml", &[]),
        ] {
            let rules = Ignored::new(lines);
            let found: Vec<&str> = files.iter().copied().filter(|path| rules.has(path)).collect();
            assert_eq!(found, ignored, "{lines}");
        }
    }
}
