//! What a container of a compose file has of others: `extends`, and the files that a compose file takes in by `include`.
//!
//! See <https://docs.docker.com/reference/compose-file/services/#extends> and <https://docs.docker.com/reference/compose-file/include/>.

use super::item::Item;
use super::settings;
use crate::path::join_within;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many containers one may have in itself, one in the other.
const DEPTH: usize = 16;

/// What is said of a container that has others say the same anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Replaced {
    keys: BTreeSet<String>,
    variables: BTreeSet<String>,
}

impl Replaced {
    /// Whether a key counts no more: what is one thing, and no list or map.
    pub(super) fn has(&self, key: &str) -> bool {
        let is_built = key == "image" && self.keys.contains("build");
        is_built || self.keys.contains(key)
    }

    /// Whether a variable has another value.
    pub(super) fn sets(&self, variable: &str) -> bool {
        self.variables.contains(variable)
    }

    fn add(&mut self, container: &Value) {
        const WHOLE: &[&str] =
            &["build", "command", "container_name", "entrypoint", "healthcheck", "hostname", "image"];
        self.keys.extend(WHOLE.iter().filter(|key| container.get(key).is_some()).map(|key| (*key).to_owned()));
        // A new program gets no words that were meant for the old one.
        if container.get("entrypoint").is_some() {
            self.keys.insert("command".to_owned());
        }
        match container.get("environment") {
            Some(Value::Map(pairs)) => {
                self.variables.extend(pairs.keys().filter_map(|key| Some(key.known()?.to_owned())));
            }
            Some(Value::List(list)) => {
                let names = list.iter().filter_map(Value::as_str);
                self.variables.extend(names.map(|pair| pair.split('=').next().unwrap_or(pair).to_owned()));
            }
            _ => {}
        }
    }
}

/// A container that another one has in itself.
#[derive(Debug)]
pub(super) struct Base<'i, 'a> {
    pub(super) item: &'i Item<'a>,
    pub(super) directory: &'i str,
    pub(super) container: &'i Value,
    pub(super) replaced: Replaced,
}

/// The containers that one has in itself, the furthest first.
pub(super) fn bases<'i, 'a>(item: &'i Item<'a>, container: &'i Value, files: &[&'i Item<'a>]) -> Vec<Base<'i, 'a>> {
    let (mut found, mut replaced): (Vec<Base<'i, 'a>>, Replaced) = (Vec::new(), Replaced::default());
    let (mut item, mut container) = (item, container);
    while let Some((file, name)) = extends(container).filter(|_| found.len() < DEPTH) {
        replaced.add(container);
        let directory = item.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let path = file.map_or_else(|| Some(item.path.to_owned()), |file| join_within(directory, file));
        let of = |one: &&&'i Item<'a>| path.as_deref() == Some(one.path);
        let base = files.iter().filter(of).find_map(|one| Some((*one, one.value.get("services")?.get(name)?)));
        let Some((at, base)) = base else { break };
        (item, container) = (at, base);
        let directory = item.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        found.push(Base { item, directory, container, replaced: replaced.clone() });
    }
    found.reverse();
    found
}

/// What a container says under a key that is one thing, itself or by what it has in itself.
pub(super) fn said<'v>(container: &'v Value, bases: &[Base<'v, '_>], key: &str) -> Option<&'v Value> {
    let last = bases.iter().rev().find(|base| !base.replaced.has(key)).and_then(|base| base.container.get(key));
    container.get(key).or(last)
}

/// The file, where it is another one, and the name of what a container has in itself.
fn extends(container: &Value) -> Option<(Option<&str>, &str)> {
    let said = container.get("extends")?;
    match said.as_str() {
        Some(name) => Some((None, name)),
        None => Some((said.get("file").and_then(Value::as_str), said.get("service")?.as_str()?)),
    }
}

/// What a container of a compose file is built from: what it says itself, else what one of the same file says that it has in itself.
pub(super) fn build<'v>(document: &'v Value, container: &'v Value) -> Option<&'v Value> {
    let mut container = container;
    for _ in 0..DEPTH {
        if let Some(build) = container.get("build") {
            return Some(build);
        }
        if container.get("image").is_some() {
            return None;
        }
        let (file, name) = extends(container)?;
        container = document.get("services")?.get(name).filter(|_| file.is_none())?;
    }
    None
}

/// The files that a compose file takes in, as paths of the tree, and whether their containers are its own (`include`) or only what it has of
/// them (`extends`).
#[must_use]
pub fn taken_in(path: &str, text: &str) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    if !text.contains("include:") && !text.contains("extends:") {
        return found;
    }
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let documents = settings::documents(text).into_iter().map(Value::from);
    for document in documents.filter(|document| document.get("kind").is_none()) {
        let containers = document.get("services").and_then(Value::as_map).into_iter().flatten();
        let extended = containers.filter_map(|(_, container)| Some((extends(container)?.0?, false)));
        let included = document.get("include").and_then(Value::as_list).into_iter().flatten();
        let included = included.flat_map(|one| match one.get("path").unwrap_or(one) {
            Value::List(list) => list.iter().filter_map(Value::as_str).collect(),
            one => Vec::from_iter(one.as_str()),
        });
        for (file, is_included) in extended.chain(included.map(|file| (file, true))) {
            if !file.contains(['$', ':'])
                && let Some(file) = join_within(directory, file).filter(|file| file != path)
            {
                *found.entry(file).or_insert(false) |= is_included;
            }
        }
    }
    found
}
