//! The packages of a tree, and which of them an installation would link where: nothing is installed in a tree.

use crate::paths::{above, below};
use globset::{GlobBuilder, GlobMatcher};
use hedgerow_deploy::path::join_within;
use hedgerow_yaml::Content;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many letters the name of a package has at most, as npm has it.
const MAX_NAME: usize = 214;

/// How many conditions of a name lie within each other.
const MAX_CONDITIONS: usize = 16;

/// Of more packages of one name than this, such as templates have, none is found by its name alone.
const MAX_NAMESAKES: usize = 64;

/// The keys under which a package says what it needs.
const WANTED: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// What a `package.json` says.
#[derive(Debug)]
pub(super) struct Package {
    /// What it needs of others, with what it says of the version.
    wanted: BTreeMap<String, String>,
    /// Its names for modules, `#internal`, each with whether it is for one of its own.
    imports: Vec<(String, bool)>,
}

/// A package that an import by its name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The directory of the package.
    pub(super) target: String,
    /// Whether it is only called like that, and nobody says that it is linked: it may come from a registry.
    is_by_name: bool,
}

/// The packages of a tree.
#[derive(Debug, Default)]
pub(super) struct Packages {
    by_dir: BTreeMap<String, Package>,
    /// By the directory that would have `node_modules` in it, and the name there.
    links: BTreeMap<String, BTreeMap<String, Link>>,
}

impl Packages {
    /// Reads the `package.json`, `pnpm-workspace.yaml` and `lerna.json` among these texts. What is no JSON is no package.
    pub(super) fn read(texts: &BTreeMap<&str, &str>) -> Self {
        let mut packages = Self::default();
        let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut workspaces: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut paths: Vec<(String, String, String)> = Vec::new();
        for (path, text) in texts {
            let (dir, file) = path.rsplit_once('/').unwrap_or(("", path));
            let members = match file {
                "package.json" => {
                    let Some(Value::Object(said)) = object(text) else { continue };
                    if let Some(name) = said.get("name").and_then(Value::as_str).filter(|name| is_name(name)) {
                        named.entry(name.to_owned()).or_default().insert(dir.to_owned());
                    }
                    let wanted = wanted(&said);
                    for (name, version) in &wanted {
                        let by_mark =
                            ["file:", "link:", "portal:"].iter().find_map(|start| version.strip_prefix(start));
                        let is_path = ["./", "../"].iter().any(|start| version.starts_with(start));
                        let place = by_mark.or(is_path.then_some(version.as_str()));
                        paths.extend(place.map(|place| (dir.to_owned(), name.clone(), place.to_owned())));
                    }
                    let imports = said.get("imports").and_then(Value::as_object).into_iter().flatten();
                    let imports = imports.map(|(name, to)| (name.clone(), leads_inside(to, 0))).collect();
                    packages.by_dir.insert(dir.to_owned(), Package { wanted, imports });
                    let members = said.get("workspaces");
                    members.map(|members| words(members.get("packages").unwrap_or(members)))
                }
                "lerna.json" => object(text).and_then(|said| said.get("packages").map(words)),
                "pnpm-workspace.yaml" => Some(members_of_pnpm(text)),
                _ => None,
            };
            workspaces.entry(dir.to_owned()).or_default().extend(members.unwrap_or_default());
        }
        for (dir, name, place) in paths {
            let target = join_within(&dir, &place).filter(|target| packages.by_dir.contains_key(target));
            if let Some(target) = target.filter(|_| is_name(&name)) {
                packages.link(dir, &name, Link { target, is_by_name: false });
            }
        }
        for (root, patterns) in workspaces.iter().filter(|(_, patterns)| !patterns.is_empty()) {
            let members = Members::new(patterns);
            for (name, dirs) in &named {
                let mut dirs = dirs.iter().filter(|dir| below(dir, root).is_some_and(|rest| members.has(rest)));
                if let Some(target) = dirs.next() {
                    packages.link(root.clone(), name, Link { target: target.clone(), is_by_name: false });
                }
            }
        }
        for (name, dirs) in named.iter().filter(|(_, dirs)| dirs.len() <= MAX_NAMESAKES) {
            for dir in dirs {
                let link = Link { target: dir.clone(), is_by_name: true };
                packages.link(seen_from(dir, dirs).to_owned(), name, link);
            }
        }
        packages
    }

    fn link(&mut self, dir: String, name: &str, link: Link) {
        self.links.entry(dir).or_default().entry(name.to_owned()).or_insert(link);
    }

    /// Whether packages are linked in a directory.
    pub(super) fn has_links(&self, dir: &str) -> bool {
        self.links.contains_key(dir)
    }

    /// Whether packages of a scope are linked in a directory, `@acme`.
    pub(super) fn has_scope(&self, dir: &str, scope: &str) -> bool {
        let links = self.links.get(dir);
        let mut from = links.into_iter().flat_map(|links| links.range(format!("{scope}/")..));
        from.next().is_some_and(|(name, _)| below(name, scope).is_some())
    }

    /// What a name leads to that is linked in a directory.
    pub(super) fn linked(&self, dir: &str, name: &str) -> Option<&Link> {
        self.links.get(dir)?.get(name)
    }

    /// The package of the tree that an import by its name leads to from a directory. A version of a package that nobody says is linked
    /// comes from a registry.
    pub(super) fn find(&self, from: &str, name: &str) -> Option<&Link> {
        let link = above(from).find_map(|dir| self.linked(dir, name))?;
        let version = self.of(from).and_then(|(_, package)| package.wanted.get(name));
        let is_elsewhere = version.is_some_and(|version| match Version::of(version) {
            Version::Here => false,
            Version::Range => link.is_by_name,
            Version::Elsewhere => true,
        });
        (!is_elsewhere).then_some(link)
    }

    /// Whether the package in whose directory an import is says that it gets a package from elsewhere: a registry, an address.
    pub(super) fn is_elsewheres(&self, from: &str, name: &str) -> bool {
        self.of(from).is_some_and(|(_, package)| package.wanted.contains_key(name)) && self.find(from, name).is_none()
    }

    /// The package in whose directory a path lies, and that directory.
    pub(super) fn of<'p>(&self, path: &'p str) -> Option<(&'p str, &Package)> {
        above(path).find_map(|dir| Some((dir, self.by_dir.get(dir)?)))
    }

    /// Whether there is a package in a directory.
    pub(super) fn has(&self, dir: &str) -> bool {
        self.by_dir.contains_key(dir)
    }
}

impl Package {
    /// Whether a name for a module of the package may be for one of its own: of what it does not say nobody else has a name like that.
    pub(super) fn is_own(&self, import: &str) -> bool {
        self.imports.iter().find(|(name, _)| fits(name, import)).is_none_or(|(_, is_own)| *is_own)
    }
}

/// The patterns of a workspace's members.
struct Members {
    wanted: Vec<GlobMatcher>,
    unwanted: Vec<GlobMatcher>,
}

impl Members {
    /// What is no glob fits nothing.
    fn new(patterns: &[String]) -> Self {
        let glob = |pattern: &str| {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            GlobBuilder::new(pattern).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
        };
        let (unwanted, wanted): (Vec<_>, Vec<_>) = patterns.iter().partition(|pattern| pattern.starts_with('!'));
        Self {
            wanted: wanted.into_iter().filter_map(|pattern| glob(pattern)).collect(),
            unwanted: unwanted.into_iter().filter_map(|pattern| glob(pattern.trim_start_matches('!'))).collect(),
        }
    }

    fn has(&self, dir: &str) -> bool {
        let fits = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(dir));
        fits(&self.wanted) && !fits(&self.unwanted)
    }
}

/// The name of the package in an import, and what is asked for in it: `@acme/ledger/client` is `client` of `@acme/ledger`.
pub(super) fn split(import: &str) -> (&str, &str) {
    let first = import.find('/').unwrap_or(import.len());
    let end = match import.starts_with('@') && first < import.len() {
        true => import[first + 1..].find('/').map_or(import.len(), |at| first + 1 + at),
        false => first,
    };
    (&import[..end], import[end..].trim_start_matches('/'))
}

/// Whether an import is the one that a pattern with at most one `*` names.
pub(super) fn fits(pattern: &str, import: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => import.starts_with(start) && import.ends_with(end),
        None => pattern == import,
    }
}

/// Whether one of the places that a name stands for lies in the package itself.
fn leads_inside(to: &Value, depth: usize) -> bool {
    match to {
        _ if depth > MAX_CONDITIONS => false,
        Value::String(place) => place.starts_with("./"),
        Value::Array(several) => several.iter().any(|one| leads_inside(one, depth + 1)),
        Value::Object(conditions) => conditions.values().any(|one| leads_inside(one, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The highest directory from which a package is the only one of its name.
fn seen_from<'d>(dir: &'d str, dirs: &BTreeSet<String>) -> &'d str {
    let is_alone = |place: &&str| !dirs.iter().any(|other| other != dir && below(other, place).is_some());
    above(dir).skip(1).take_while(is_alone).last().unwrap_or(dir)
}

/// What a `package.json` or the like says; none if it is no JSON.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part != "node_modules";
    let parts: Vec<&str> = name.split('/').collect();
    let is_whole = match parts.as_slice() {
        [scope, name] => scope.len() > 1 && scope.starts_with('@') && is_part(name),
        [name] => is_part(name) && !name.starts_with('@'),
        _ => false,
    };
    is_whole && name.len() <= MAX_NAME
}

fn wanted(said: &Map<String, Value>) -> BTreeMap<String, String> {
    let all = WANTED.iter().filter_map(|key| said.get(*key)?.as_object()).flatten();
    all.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))).collect()
}

/// Where a version comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// From the tree, if it has it: `file:`, `link:`, `workspace:`; and any version.
    Here,
    /// Any of a range, `^1.2.0`: from the workspace, else from a registry.
    Range,
    /// From a registry under another name, a repository, an address.
    Elsewhere,
}

impl Version {
    fn of(version: &str) -> Self {
        // Yarn's `patch:name@version#patches`: the version that is patched, with its marks as an address has them.
        if let Some(patched) = version.strip_prefix("patch:") {
            let whole = patched.split_once('#').map_or(patched, |(whole, _)| whole);
            let (_, inner) = whole.rsplit_once('@').unwrap_or(("", whole));
            let inner = inner.replace("%3A", ":").replace("%2F", "/");
            return if inner.starts_with("patch:") { Self::Elsewhere } else { Self::of(&inner) };
        }
        let starts = |all: &[&str]| all.iter().any(|start| version.starts_with(start));
        match version {
            "*" => Self::Here,
            _ if starts(&["file:", "link:", "portal:", "workspace:", "./", "../", "/", "~/"]) => Self::Here,
            _ if starts(&["catalog:"]) => Self::Range,
            // `github:owner/name`, and `owner/name` for short.
            _ if version.contains([':', '/']) => Self::Elsewhere,
            _ => Self::Range,
        }
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn members_of_pnpm(text: &str) -> Vec<String> {
    let Ok(Some(root)) = hedgerow_yaml::parse(text) else { return Vec::new() };
    let Some(packages) = root.as_mapping().and_then(|said| said.get("packages")) else { return Vec::new() };
    let Content::Sequence(sequence) = packages.content() else { return Vec::new() };
    sequence.elements.iter().filter_map(|element| element.node.as_str().map(str::to_owned)).collect()
}
