//! The variables that compose fills its files from, and files of variables.
//!
//! See <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>.

use super::MAX_LENGTH;
use super::item::Texts;
use crate::partial::{Gap, Partial};
use std::collections::{BTreeMap, BTreeSet};

/// How deep defaults lie in defaults; what is deeper is not known.
const MAX_DEPTH: usize = 16;

/// How deep defaults are weighed against an example.
const MAX_DOUBTED: usize = 2;

/// What people copy to `.env`, which holds secrets and so is in no repository; the likeliest first.
const TEMPLATES: &[&str] = &[
    ".env.example",
    ".env.template",
    ".env.sample",
    ".env.dist",
    ".env.default",
    ".env.defaults",
    ".env-example",
    ".env-template",
    ".env-sample",
    "env.example",
    "env.template",
    "env.sample",
    "example.env",
    "template.env",
    "sample.env",
    "default.env",
    "deploy.env",
    "docker.env",
    ".env.docker",
    ".env.compose",
    ".env-devel",
    ".env.devel",
    ".env-dev",
    ".env.dev",
    ".env.development",
];

/// What stands behind the name of a file of variables where it is one to be copied: `.env.prod.example`.
const TEMPLATE_ENDS: &[&str] =
    &[".example", ".template", ".sample", ".dist", ".default", ".defaults", "-example", "-template", "-sample"];

/// A file of variables and its text. Where the tree does not have it, that is the one that is to be copied to it.
pub(super) fn env_file<'t>(path: &str, texts: &Texts<'t>) -> (String, &'t str) {
    let named = || {
        let (directory, name) = path.rsplit_once('/').map_or(("", path), |(above, name)| (&path[..=above.len()], name));
        let names = [name, name.trim_start_matches('.')].into_iter().filter(|name| !name.is_empty());
        let ends = names.flat_map(|name| TEMPLATE_ENDS.iter().map(move |end| format!("{directory}{name}{end}")));
        ends.into_iter().find(|path| texts.contains_key(path.as_str()))
    };
    let template = || {
        let directory = path.strip_suffix(".env").filter(|above| above.is_empty() || above.ends_with('/'))?;
        TEMPLATES.iter().map(|name| format!("{directory}{name}")).find(|path| texts.contains_key(path.as_str()))
    };
    // Or the only file of variables there, which people name on the command line: `--env-file env.all`.
    let only = || {
        let directory = path.strip_suffix(".env").filter(|above| above.is_empty() || above.ends_with('/'))?;
        let beside = texts.range(directory..).take_while(|(path, _)| path.starts_with(directory));
        let is_env = |path: &&str| {
            let name = &path[directory.len()..];
            !name.contains('/') && (name.starts_with("env.") || name.starts_with(".env.") || name.ends_with(".env"))
        };
        let mut files = beside.map(|(path, _)| *path).filter(is_env);
        files.next().filter(|_| files.next().is_none()).map(str::to_owned)
    };
    let path = if texts.contains_key(path) {
        path.to_owned()
    } else {
        template().or_else(named).or_else(only).unwrap_or_default()
    };
    let text = texts.get(path.as_str()).copied().unwrap_or_default();
    (path, text)
}

/// Whether a file of variables is one to be copied, by its name: what it says is an example.
fn is_sample(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut words = name.split(['.', '-', '_']);
    words.any(|word| matches!(word, "example" | "template" | "sample" | "dist" | "default" | "defaults"))
}

/// Whether a value leads to the machine that asks: in `redis://localhost:6379`, `127.0.0.1`.
pub(super) fn is_here(value: &Partial) -> bool {
    let written = value.written();
    let authority = written.split_once("://").map_or(&*written, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.strip_prefix("tcp(").unwrap_or(host);
    let host = host.split(':').next().unwrap_or_default();
    host.eq_ignore_ascii_case("localhost")
        || host == "0.0.0.0"
        || host.starts_with("127.")
        || authority.contains("[::1]")
}

/// Whether something of a value's host is known: in `https://x.${REGION}.example.com`, and not in `http://${HOST}:80`.
pub(super) fn has_host(value: &Partial) -> bool {
    let written = value.written();
    // `host=${HOST} port=5432`, `Server=${HOST};Database=x`
    let lower = written.to_lowercase();
    let named = ["host=", "server="].iter().find_map(|key| Some(lower.find(key)? + key.len()));
    let whole = named.and_then(|at| written.get(at..)?.split([' ', ';', ',']).next()).unwrap_or(&written);
    let authority = whole.split_once("://").map_or(whole, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Partial::read(host.split(':').next().unwrap_or_default()).letters().contains(char::is_alphanumeric)
}

/// The variables that a compose file is filled from.
pub(super) struct Shell<'f> {
    /// What the file beside it says.
    pub(super) near: BTreeMap<String, Partial>,
    /// What an example of that file says, and files of variables of which one may well name another: it counts where the compose file has
    /// no default of its own, or has one that leads to the machine itself.
    sample: BTreeMap<String, Partial>,
    /// What files say that somebody names, and what scripts give. It counts where neither the file beside nor a default says anything.
    far: &'f BTreeMap<String, Partial>,
}

impl<'f> Shell<'f> {
    pub(super) fn new((path, text): (&str, &str), far: &'f BTreeMap<String, Partial>) -> Self {
        let mut said = dotenv(text);
        // What is left empty is to be filled.
        said.retain(|name, value| !(value.is_empty() && far.contains_key(name)));
        let mut shell = Self { near: BTreeMap::new(), sample: BTreeMap::new(), far };
        let is_read = path.rsplit('/').next() == Some(".env");
        for (key, value) in said {
            if is_read {
                shell.near.insert(key, value);
            } else {
                shell.add(path, &key, &value);
            }
        }
        shell
    }

    /// Adds what a file of variables says that compose itself does not ask when it reads the compose file.
    pub(super) fn add(&mut self, path: &str, key: &str, value: &Partial) {
        let into = if is_sample(path) || is_here(value) { &mut self.sample } else { &mut self.near };
        into.entry(key.to_owned()).or_insert_with(|| value.clone());
    }

    /// What files beside the compose file say of a variable.
    pub(super) fn said(&self) -> BTreeMap<String, Partial> {
        let mut said = self.sample.clone();
        said.extend(self.near.clone());
        said
    }

    /// A value with what its variables stand for.
    pub(super) fn fill(&self, value: &str) -> Partial {
        interpolated(value, self)
    }

    /// A value with what its variables stand for where the file beside says nothing.
    pub(super) fn default_of(&self, value: &str) -> Partial {
        let bare = Shell { near: BTreeMap::new(), sample: BTreeMap::new(), far: self.far };
        interpolated(value, &bare)
    }
}

/// What the files of variables say that somebody names. Of what they say in different ways nothing is known.
pub(super) fn filling_variables(texts: &[&str]) -> BTreeMap<String, Partial> {
    let mut found: BTreeMap<String, BTreeSet<Partial>> = BTreeMap::new();
    for text in texts {
        for (key, value) in dotenv(text) {
            found.entry(key).or_default().insert(value);
        }
    }
    let alone = found.into_iter().filter(|(_, values)| values.len() == 1);
    alone.filter_map(|(key, values)| Some((key, values.into_iter().next()?))).collect()
}

/// The variables of a file of them, `.env`; their values are made of the ones above them, and have gaps for others.
#[must_use]
pub fn dotenv(text: &str) -> BTreeMap<String, Partial> {
    variables(text, &BTreeMap::new())
}

/// The variables of an `.env` file. Their values are made of those in `shell` and of the ones above them.
pub(super) fn variables(text: &str, shell: &BTreeMap<String, Partial>) -> BTreeMap<String, Partial> {
    let mut known = shell.clone();
    let mut found = BTreeMap::new();
    for line in text.lines().map(|line| line.trim().trim_start_matches("export ")).filter(|line| !line.starts_with('#'))
    {
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = match quoted('\'') {
            Some(literal) => Partial::from(literal),
            None => {
                let none = BTreeMap::new();
                let shell = Shell { near: std::mem::take(&mut known), sample: BTreeMap::new(), far: &none };
                let value = interpolated(quoted('"').unwrap_or(value), &shell);
                known = shell.near;
                value
            }
        };
        found.insert(name.to_owned(), value.clone());
        if !shell.contains_key(name) {
            known.insert(name.to_owned(), value);
        }
    }
    found
}

/// A value with what its variables stand for.
pub(super) fn filled(value: &str, known: &BTreeMap<String, Partial>) -> Partial {
    let far = BTreeMap::new();
    let shell = Shell { near: known.clone(), sample: BTreeMap::new(), far: &far };
    interpolated(value, &shell)
}

/// A value with what `${NAME}`, `${NAME:-default}` and `$NAME` stand for; what nothing says is a hole.
fn interpolated(value: &str, shell: &Shell<'_>) -> Partial {
    if !value.contains('$') {
        return Partial::from(value);
    }
    let text = within(value, shell, 0);
    if text.size() > MAX_LENGTH { Partial::unknown() } else { text }
}

fn within(value: &str, shell: &Shell<'_>, depth: usize) -> Partial {
    let mut text = Partial::default();
    let mut rest = value;
    while let Some((head, tail)) = rest.split_once('$') {
        text.push_str(head);
        if text.size() > MAX_LENGTH || depth > MAX_DEPTH {
            text.push(Gap::Unknown);
            return text;
        }
        if let Some(tail) = tail.strip_prefix('$') {
            text.push_str("$");
            rest = tail;
            continue;
        }
        let (inner, after) = match tail.strip_prefix('{') {
            Some(tail) => match braced(tail) {
                Some(cut) => cut,
                None => {
                    text.push(Gap::Unknown);
                    return text;
                }
            },
            None => tail.split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        rest = after;
        let (name, operator) = inner.split_at(inner.find([':', '-', '?', '+']).unwrap_or(inner.len()));
        let default = operator.trim_start_matches(':').strip_prefix('-').filter(|default| !default.is_empty());
        let set = shell.near.get(name).or_else(|| {
            let sample = shell.sample.get(name)?;
            // What of a default is not known says less than an example.
            let is_said = |default: &str| {
                let value =
                    if depth < MAX_DOUBTED { within(default, shell, depth + 1) } else { Partial::from(default) };
                has_host(&value) && !is_here(&value)
            };
            default.is_none_or(|default| !is_said(default)).then_some(sample)
        });
        let (set, operator) = match operator.strip_prefix(':') {
            Some(operator) => (set.filter(|value| !value.is_empty()), operator),
            None => (set, operator),
        };
        match (set, operator.strip_prefix('-'), operator.strip_prefix('+')) {
            (Some(_), _, Some(other)) | (None, Some(other), _) => text.append(&within(other, shell, depth + 1)),
            (Some(value), ..) => text.append(value),
            (None, _, other) => match shell.far.get(name) {
                Some(_) if other.is_some() => text.append(&within(other.unwrap_or_default(), shell, depth + 1)),
                Some(value) => text.append(value),
                None => text.push(Gap::Unknown),
            },
        }
    }
    text.push_str(rest);
    text
}

/// What lies before the brace that closes, and what lies behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut open = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}
