//! Files of the tree that containers find beside them: those that compose mounts, and those that images copy in. Such a file is the
//! service's own, wherever in the tree it lies.
//!
//! Of a directory that several share, each reads what its command or a variable names.

use super::item::Texts;
use super::{Given, Text, image};
use crate::partial::Partial;
use crate::path::{join, join_within};
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A directory with more files than this is not settings.
const MAX_FILES: usize = 32;

/// A file that more services have than this is everybody's: it says something about those that name it.
const MAX_SHARERS: usize = 3;

/// A file or a directory of the tree, and where the container has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mount {
    /// Below the tree's root.
    pub(super) source: String,
    /// In the container.
    pub(super) target: String,
}

/// What a compose service mounts: its `volumes`, in both forms, and the `configs` that are files.
pub(super) fn mounts(
    root: &Value,
    container: &Value,
    directory: &str,
    fill: impl Fn(&str) -> Partial,
) -> BTreeSet<Mount> {
    let mut found = BTreeSet::new();
    let mut add = |source: &str, target: &str| {
        // A name alone is that of a volume, and what begins elsewhere is the machine's.
        let beside = ["$PWD/", "${PWD}/"].iter().find_map(|here| source.strip_prefix(here));
        let source = fill(&beside.map_or_else(|| source.to_owned(), |rest| format!("./{rest}")));
        if let Some(source) = source.known().filter(|source| source.starts_with("./") || source.starts_with("../"))
            && let Some(source) = join_within(directory, source).filter(|source| !source.is_empty())
        {
            found.insert(Mount { source, target: fill(target).shown('…') });
        }
    };
    for volume in container.get("volumes").and_then(Value::as_list).into_iter().flatten() {
        let text = |key: &str| volume.get(key).and_then(Value::as_str);
        match volume.as_str() {
            Some(line) => {
                if let Some((source, rest)) = cut(line) {
                    add(source, cut(rest).map_or(rest, |(target, _)| target));
                }
            }
            None => {
                if let (Some("bind"), Some(source), Some(target)) = (text("type"), text("source"), text("target")) {
                    add(source, target);
                }
            }
        }
    }
    for config in container.get("configs").and_then(Value::as_list).into_iter().flatten() {
        let Some(name) = config.as_str().or_else(|| config.get("source")?.as_str()) else { continue };
        let file = root.get("configs").and_then(|all| all.get(name)?.get("file")?.as_str());
        let own = format!("/{name}");
        let target = config.get("target").and_then(Value::as_str).unwrap_or(&own);
        if let Some(file) = file {
            add(&format!("./{}", file.strip_prefix("./").unwrap_or(file)), target);
        }
    }
    found
}

/// A line cut at its first `:` outside of `${NAME:-default}`.
fn cut(line: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in line.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some((&line[..at], &line[at + 1..])),
            _ => {}
        }
    }
    None
}

/// What of the tree a compose service has, wherever that lies: a directory or a file, and where it is in the container.
pub(super) fn places(
    container: &Value,
    directory: &str,
    texts: &Texts,
    fill: impl Fn(&str) -> Partial,
) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for volume in container.get("volumes").and_then(Value::as_list).into_iter().flatten() {
        let text = |key: &str| volume.get(key).and_then(Value::as_str);
        let (source, target) = match volume.as_str() {
            Some(line) => {
                let Some((source, rest)) = cut(line) else { continue };
                (source, cut(rest).map_or(rest, |(target, _)| target))
            }
            None => match (text("source"), text("target")) {
                (Some(source), Some(target)) if text("type") == Some("bind") => (source, target),
                _ => continue,
            },
        };
        let source = fill(&source.replacen("${PWD}", ".", 1).replacen("$PWD", ".", 1));
        let source = source.known().filter(|source| source.starts_with('.'));
        if let Some(source) = source.and_then(|source| join_within(directory, source)) {
            found.insert((source, fill(target).shown('…')));
        }
    }
    if let Some((context, text, stage)) = image(container, directory, texts) {
        let all = image::copied_to(text, stage).into_iter();
        found.extend(all.map(|(source, target)| (join(&context, &source), target)));
    }
    found
}

/// From where the image of a compose service is built, what its Dockerfile says, and which stage of it is meant.
fn image<'t>(container: &'t Value, directory: &str, texts: &Texts<'t>) -> Option<(String, &'t str, Option<&'t str>)> {
    let build = container.get("build")?;
    let context = build.as_str().or_else(|| build.get("context")?.as_str()).unwrap_or(".");
    let context = join_within(directory, context)?;
    let name = build.get("dockerfile").and_then(Value::as_str).unwrap_or("Dockerfile");
    let text = texts.get(join(&context, name).as_str())?;
    Some((context, text, build.get("target").and_then(Value::as_str)))
}

/// What the image of a compose service copies in, where the tree has its Dockerfile.
pub(super) fn copied(container: &Value, directory: &str, texts: &Texts) -> BTreeSet<Mount> {
    let Some((context, text, stage)) = image(container, directory, texts) else { return BTreeSet::new() };
    let all = image::copied_to(text, stage).into_iter().filter(|(source, _)| !source.contains(['*', '$']));
    let mounts = all.map(|(source, target)| Mount { source: join(&context, &source), target });
    mounts.filter(|mount| !mount.source.is_empty()).collect()
}

/// Whether a file is settings by its name, and not something that is loaded into a store or shown.
fn is_settings(path: &str, target: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    const READ: &[&str] = &[
        "yaml",
        "yml",
        "json",
        "toml",
        "ini",
        "cfg",
        "conf",
        "cnf",
        "properties",
        "env",
        "xml",
        "config",
        "tmpl",
        "template",
        "rc",
        "hcl",
        "alloy",
        "river",
        "vcl",
        "lua",
    ];
    // What is taken in once is data: a realm with the addresses of pages, tables, answers of a mock.
    const DATA: &[&str] =
        &["import", "initdb", "realm", "seed", "fixture", "mapping", "dashboard", "package.json", "lock"];
    let (path, target) = (path.to_lowercase(), target.to_lowercase());
    READ.contains(&extension) && !DATA.iter().any(|word| path.contains(word) || target.contains(word))
        || name.starts_with("Caddyfile")
}

/// Whether a text has objects of Kubernetes: an image or a volume may hold them for whoever applies them, and no program is set by them.
#[must_use]
pub fn is_manifest(path: &str, text: &str) -> bool {
    is_yaml(path) && parts(text).into_iter().any(is_object)
}

/// What of a text may be settings of a program: all but the objects of Kubernetes in it, in whose place nothing stands. None where it is
/// made of these alone.
#[must_use]
pub fn without_objects<'t>(path: &str, text: &'t str) -> Option<Cow<'t, str>> {
    if !is_manifest(path, text) {
        return Some(Cow::Borrowed(text));
    }
    let mut rest = String::with_capacity(text.len());
    let mut is_any = false;
    for part in parts(text) {
        if is_object(part) {
            rest.extend(part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            is_any |=
                part.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with("---"));
            rest.push_str(part);
        }
    }
    is_any.then_some(Cow::Owned(rest))
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// The documents of a text of YAML, each with the line that begins it: a template is no YAML, and has them all the same.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut begin, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            parts.push(&text[begin..at]);
            begin = at;
        }
        at += line.len();
    }
    parts.push(&text[begin..]);
    parts
}

/// Whether a document is an object of Kubernetes: a program's own settings may have a kind and a version as well.
fn is_object(document: &str) -> bool {
    let value = |key: &str| document.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let has_group = |version: &str| version.contains('/');
    value("kind").is_some()
        && value("apiVersion")
            .is_some_and(|version| has_group(version) || value("metadata").is_some() || value("items").is_some())
}

/// Directories of containers in which programs have their settings.
const OF_SETTINGS: &[&str] = &["/etc/", "/usr/local/etc/", "/opt/bitnami/"];

/// Gives the files of the mounts to the services. In a directory that is mounted, what `owner` says is another service's stays that one's, but
/// where it is mounted in the place of a program's settings.
pub(super) fn give(
    mounts: &BTreeMap<String, BTreeSet<Mount>>,
    texts: &Texts,
    owner: &impl Fn(&str) -> Option<String>,
    given: &mut BTreeMap<String, Given>,
) {
    let mut sharers: BTreeMap<&str, usize> = BTreeMap::new();
    for mount in mounts.values().flat_map(|all| all.iter().map(|mount| mount.source.as_str()).collect::<BTreeSet<_>>())
    {
        *sharers.entry(mount).or_default() += 1;
    }
    for (service, mounts) in mounts {
        let given = given.entry(service.clone()).or_default();
        for mount in mounts {
            let is_file = texts.contains_key(mount.source.as_str());
            let below = format!("{}/", mount.source);
            let inside = texts.range(below.as_str()..).take_while(|(path, _)| path.starts_with(&below));
            let files: Vec<(&str, String)> = match is_file {
                true => vec![(mount.source.as_str(), String::new())],
                false => inside.map(|(path, _)| (*path, path[below.len()..].to_owned())).take(MAX_FILES + 1).collect(),
            };
            // Code is mounted to work on it.
            let is_code = files.iter().any(|(path, _)| {
                let name = path.rsplit('/').next().unwrap_or(path);
                matches!(
                    name,
                    "package.json" | "Cargo.toml" | "go.mod" | "pyproject.toml" | "pom.xml" | "requirements.txt"
                )
            });
            let target = mount.target.trim_end_matches('/');
            let is_of_settings = OF_SETTINGS.iter().any(|place| target.starts_with(place));
            let places = |path: &str, rest: &str| -> Vec<String> {
                let name = path.rsplit('/').next().unwrap_or(path);
                match is_file {
                    true => vec![target.to_owned(), format!("{target}/{name}")],
                    false => vec![format!("{target}/{rest}")],
                }
            };
            let named: BTreeSet<&str> = files
                .iter()
                .filter(|(path, rest)| places(path, rest).iter().any(|place| given.names(place)))
                .map(|(path, _)| *path)
                .collect();
            let sharers = sharers.get(mount.source.as_str()).copied().unwrap_or_default();
            let is_own = match is_file {
                true => sharers <= MAX_SHARERS,
                false => files.len() <= MAX_FILES && !is_code && sharers == 1,
            };
            for (path, rest) in &files {
                let is_named = named.contains(path);
                let is_others = || !is_file && !is_of_settings && owner(path).is_some_and(|owner| owner != *service);
                let is_object = || texts.get(path).is_some_and(|text| is_manifest(path, text));
                let counts = is_named
                    || (!is_object() && is_own && named.is_empty() && is_settings(path, target) && !is_others());
                if !counts {
                    let may_be = is_file || (files.len() <= MAX_FILES && !is_code);
                    if may_be && is_settings(path, target) && !is_object() && !is_others() {
                        given.beside.extend(places(path, rest).into_iter().map(|place| (place, (*path).to_owned())));
                    }
                    continue;
                }
                let known = given.files.get(*path).copied();
                given.files.insert((*path).to_owned(), is_named || known == Some(true));
                let is_read = [".json", ".yaml", ".yml", ".properties"].iter().any(|end| path.ends_with(end));
                if known.is_none()
                    && is_read
                    && let Some(text) = texts.get(path)
                {
                    given.add_plain_settings(Text { path, text });
                }
            }
        }
    }
}

impl Given {
    /// Whether a command or a variable names a file of the container.
    #[must_use]
    pub fn names(&self, place: &str) -> bool {
        let is_it = |text: &Partial| {
            text.written().split_whitespace().any(|word| {
                let word = word.trim_matches(['"', '\'', ';', ',']);
                let rest = word.strip_suffix(place);
                rest.is_some_and(|before| before.is_empty() || before.ends_with(['=', ':']) || before.ends_with("//"))
            })
        };
        let words = self.commands.iter().flat_map(|command| &command.words).flat_map(|word| &word.texts);
        words.chain(self.environment.values().flatten()).any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_from_settings_document_by_document() {
        let object = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n";
        let settings = "kind: shop\napiVersion: v2\nspring: {a: b}\n";
        for (text, rest) in [
            (object.to_owned(), None),
            (format!("# é\n---\n{object}"), None),
            (format!("{object}---\n# none\n"), None),
            ("apiVersion: v1\nkind: List\nitems: []\n".to_owned(), None),
            ("kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1\n".to_owned(), None),
            (settings.to_owned(), Some(settings.to_owned())),
            (format!("{settings}metadata: {{}}\n"), None),
            (
                format!("text: |\n  {}", object.replace('\n', "\n  ")),
                Some(format!("text: |\n  {}", object.replace('\n', "\n  "))),
            ),
            (
                "kind: a\n---\napiVersion: b\nmetadata: c\n".to_owned(),
                Some("kind: a\n---\napiVersion: b\nmetadata: c\n".to_owned()),
            ),
            (
                format!("a: b\n---\n{object}# é\n---\nc: d\n"),
                Some(format!("a: b\n   \n{}    \n---\nc: d\n", object.replace(|c| c != '\n', " "))),
            ),
        ] {
            assert_eq!(without_objects("a/application.yml", &text).as_deref(), rest.as_deref(), "{text}");
            assert_eq!(is_manifest("a/application.yml", &text), rest.as_deref() != Some(&text), "{text}");
            assert_eq!(without_objects("a/application.conf", &text).as_deref(), Some(text.as_str()), "{text}");
        }
    }
    use serde_json::json;

    #[test]
    fn files_beside_the_compose_file_are_mounted() {
        let root = json!({"configs": {"a": {"file": "conf/a.yml"}, "b": {"content": "x"}}}).into();
        let found = |container: serde_json::Value| -> Vec<(String, String)> {
            let fill = |text: &str| match text.split_once("${X}") {
                Some(_) => Partial::unknown(),
                None => Partial::from(text.replace("${DIR:-conf}", "conf")),
            };
            mounts(&root, &container.into(), "deploy", fill)
                .into_iter()
                .map(|mount| (mount.source, mount.target))
                .collect()
        };
        let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        for (container, expected) in [
            (json!({"volumes": ["./a.yml:/etc/a.yml:ro"]}), pair("deploy/a.yml", "/etc/a.yml")),
            (json!({"volumes": ["../a.yml:/etc/a.yml"]}), pair("a.yml", "/etc/a.yml")),
            (json!({"volumes": ["${PWD}/a.yml:/etc/a.yml"]}), pair("deploy/a.yml", "/etc/a.yml")),
            (json!({"volumes": ["./${DIR:-conf}/a.yml:/a.yml"]}), pair("deploy/conf/a.yml", "/a.yml")),
            (json!({"volumes": [{"type": "bind", "source": "./c", "target": "/c"}]}), pair("deploy/c", "/c")),
            (json!({"configs": ["a"]}), pair("deploy/conf/a.yml", "/a")),
            (json!({"configs": [{"source": "a", "target": "/b"}]}), pair("deploy/conf/a.yml", "/b")),
            (json!({"configs": ["b", "c"]}), Vec::new()),
            (
                json!({"volumes": ["data:/etc/a.yml", "/etc/x:/x", "~/x:/x", "./${X}:/x", "/x", "../../x:/x"]}),
                Vec::new(),
            ),
            (json!({"volumes": [{"type": "volume", "source": "c", "target": "/c"}]}), Vec::new()),
            (json!({}), Vec::new()),
        ] {
            assert_eq!(found(container.clone()), expected, "{container}");
        }
    }

    #[test]
    fn data_is_no_settings() {
        for (path, target, expected) in [
            ("a/x.yml", "/etc/x.yml", true),
            ("a/Caddyfile", "/etc/caddy/Caddyfile", true),
            ("a/x.sql", "/docker-entrypoint-initdb.d/x.sql", false),
            ("a/shop-realm.json", "/opt/x.json", false),
            ("a/x.json", "/opt/keycloak/data/import/x.json", false),
            ("a/x.js", "/app/x.js", false),
        ] {
            assert_eq!(is_settings(path, target), expected, "{path}");
        }
    }
}
