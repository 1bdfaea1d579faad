//! Settings that a container writes into a volume for others: `app config edit /conf/app.toml ledger.url=http://ledger` in one that prepares,
//! `app start --config /conf/app.toml` in those that run. The addresses are for whoever reads the file, and not for who writes it.

use super::{Given, Spot, Word};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is between the commands of a shell.
const BETWEEN: &[&str] = &[";", "&&", "||", "|", "&", "do", "then", "else", "done", "fi", "until", "while", "if", "!"];

/// Programs that are told whom to call, wherever they put the answer.
const CALLERS: &[&str] = &["curl", "wget", "http", "aws", "mc", "psql", "mysql", "redis-cli"];

/// A setting that another container writes into a file of a service.
#[derive(Debug, Clone, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Partial,
    /// Whether the service is seen to read it; else several are given the file, and nothing says which part is whose.
    pub is_read: bool,
}

/// A container of a compose file, as far as volumes go.
#[derive(Debug)]
pub(super) struct Container {
    /// The directory of the compose file.
    pub(super) project: String,
    pub(super) service: String,
    /// The volumes, by where the container has them.
    pub(super) volumes: BTreeMap<String, String>,
    /// What it runs.
    pub(super) words: Vec<Word>,
}

/// The volumes of a container by where it has them, and the directories of the machine. A file is written by nobody else.
pub(super) fn volumes(container: &Value, fill: impl Fn(&str) -> Partial) -> BTreeMap<String, String> {
    let all = container.get("volumes").and_then(Value::as_list).into_iter().flatten();
    let pairs = all.filter_map(|volume| match volume.as_str() {
        Some(line) => {
            let line = fill(line);
            let mut parts = line.known()?.split(':');
            Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
        }
        None => {
            let text = |key: &str| Some(fill(volume.get(key)?.as_str()?).known()?.to_owned());
            Some((text("source")?, text("target")?))
        }
    });
    pairs.map(|(source, target)| (target.trim_end_matches('/').to_owned(), source)).collect()
}

/// A word of a command, cut from a longer one where a shell runs it.
struct Piece<'w> {
    text: String,
    spot: &'w Spot,
}

/// The statements of a command. A text that stands in a script up to a mark (`cat > app.yml <<EOF`) is a part of what takes it in.
fn statements(words: &[Word]) -> Vec<Vec<Piece<'_>>> {
    let mut found = vec![Vec::new()];
    let mut until: Option<String> = None;
    for word in words {
        let Some(text) = word.texts.first().map(Partial::written) else { continue };
        for (nth, line) in text.lines().enumerate() {
            if until.as_deref().is_some_and(|mark| line.trim() == mark) {
                until = None;
                found.push(Vec::new());
                continue;
            }
            if nth > 0 && until.is_none() {
                found.push(Vec::new());
            }
            for piece in line.split_whitespace() {
                let bare = piece.trim_matches(['"', '\'', ';', '(', ')', '`', '&', '|']);
                if let Some(mark) = bare.strip_prefix("<<") {
                    until = Some(mark.trim_start_matches('-').trim_matches(['"', '\'', '\\']).to_owned());
                    continue;
                }
                if until.is_none() && BETWEEN.contains(&piece) {
                    found.push(Vec::new());
                    continue;
                }
                if let Some(last) = found.last_mut().filter(|_| !bare.is_empty()) {
                    last.push(Piece { text: bare.to_owned(), spot: &word.spot });
                }
                if until.is_none() && piece.ends_with(';') {
                    found.push(Vec::new());
                }
            }
        }
    }
    found
}

/// The file in a volume that a word names: the volume, and the way to the file in it.
fn file<'c>(word: &str, container: &'c Container) -> Option<(&'c str, String)> {
    let path = word.trim_start_matches('>');
    let path = path.rsplit_once('=').map_or(path, |(_, path)| path).trim_matches(['"', '\'']);
    let below = |target: &str| path.strip_prefix(target)?.strip_prefix('/').filter(|rest| !rest.is_empty());
    let all = container.volumes.iter().filter_map(|(target, volume)| Some((target, volume, below(target)?)));
    let (_, volume, rest) = all.max_by_key(|(target, ..)| target.len())?;
    Some((volume, rest.to_owned()))
}

/// A setting: its key, its value, the word that it ends in, and where that stands.
type Setting<'w> = (String, String, String, &'w Spot);

/// The settings of a statement: `ledger.url=http://ledger`, `ledger: http://ledger`.
fn settings<'w>(statement: &[Piece<'w>]) -> Vec<Setting<'w>> {
    let is_key = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || "_.-[]".contains(c))
    };
    let mut found = Vec::new();
    let mut last = "";
    for piece in statement {
        if let Some((key, value)) = piece.text.split_once('=').filter(|(key, _)| is_key(key)) {
            let value = value.trim_matches(['"', '\'']).to_owned();
            found.push((key.to_owned(), value, piece.text.clone(), piece.spot));
        } else if let Some(key) = last.strip_suffix(':').filter(|key| is_key(key)) {
            found.push((key.to_owned(), piece.text.clone(), piece.text.clone(), piece.spot));
        }
        last = &piece.text;
    }
    found
}

/// A file in a volume of a project.
type File<'c> = (&'c str, &'c str, String);

/// Gives what containers write into volumes to those that have the same volume and name the file, or are the only ones that have it.
pub(super) fn give(containers: &[Container], given: &mut BTreeMap<String, Given>) {
    let mut written: BTreeMap<File<'_>, Vec<Setting<'_>>> = BTreeMap::new();
    let mut writers: BTreeMap<File<'_>, BTreeSet<&str>> = BTreeMap::new();
    for container in containers.iter().filter(|container| !container.volumes.is_empty()) {
        for statement in &statements(&container.words) {
            let program = statement.first().map_or("", |piece| piece.text.rsplit('/').next().unwrap_or_default());
            let Some((volume, path)) = statement.iter().find_map(|piece| file(&piece.text, container)) else {
                continue;
            };
            let all = settings(statement);
            if all.is_empty() || CALLERS.contains(&program) {
                continue;
            }
            let place = (container.project.as_str(), volume, path);
            writers.entry(place.clone()).or_default().insert(&container.service);
            written.entry(place).or_default().extend(all);
        }
    }
    for (place, settings) in written {
        let writers = &writers[&place];
        let (project, volume, path) = &place;
        let others = containers.iter().filter(|other| other.project == *project && !writers.contains(&*other.service));
        let having: Vec<(&Container, &String)> = others
            .flat_map(|other| {
                other.volumes.iter().filter(|(_, own)| *own == volume).map(move |(target, _)| (other, target))
            })
            .collect();
        let names = |(other, target): &&(&Container, &String)| {
            let own = given.get(&other.service);
            let place = format!("{target}/{path}");
            own.is_some_and(|own| own.names(&place))
        };
        let mut readers: BTreeSet<&str> = having.iter().filter(names).map(|(other, _)| &*other.service).collect();
        if readers.is_empty() {
            readers = having.iter().map(|(other, _)| &*other.service).collect();
            if readers.len() != 1 {
                continue;
            }
        }
        let keys: BTreeSet<&str> = settings.iter().map(|(key, ..)| key.as_str()).collect();
        let parts: BTreeMap<&str, BTreeSet<String>> =
            readers.iter().map(|reader| (*reader, parts_of(reader, containers, &keys))).collect();
        let claimed: BTreeSet<&String> = parts.values().flatten().collect();
        for reader in &readers {
            let own = &parts[reader];
            let to = given.entry((*reader).to_owned()).or_default();
            for (key, value, _, spot) in &settings {
                let is_own = own.iter().any(|part| is_below(key, part));
                if !is_own && (!own.is_empty() || claimed.iter().any(|part| is_below(key, part))) {
                    continue;
                }
                let value = Partial::read(value);
                let is_read = is_own || readers.len() == 1;
                let said = super::Said::Written(key.clone(), value.clone());
                to.spots.entry(said).or_insert_with(|| (*spot).clone());
                to.written.insert(Written { key: key.clone(), value, is_read });
            }
        }
        for writer in writers {
            let texts = settings.iter().flat_map(|(_, value, text, _)| [value.clone(), text.clone()]);
            given.entry((*writer).to_owned()).or_default().handed_on.extend(texts);
        }
    }
}

fn is_below(key: &str, part: &str) -> bool {
    key.strip_prefix(part).is_some_and(|rest| rest.starts_with('.'))
}

/// The sections of a file that a service's command names: `start hooks` of `hooks.api.url`, `start hatchery:local` of `hatchery.local.url`.
fn parts_of(service: &str, containers: &[Container], keys: &BTreeSet<&str>) -> BTreeSet<String> {
    let sections: BTreeSet<&str> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    if sections.len() < 2 {
        return BTreeSet::new();
    }
    let own = containers.iter().filter(|container| container.service == service);
    let words = own.flat_map(|container| statements(&container.words)).flatten();
    let words = words.filter(|piece| !piece.text.starts_with(['-', '/']));
    let parts = words.map(|piece| piece.text.replace([':', '/'], "."));
    let is_part = |part: &String| !part.is_empty() && keys.iter().any(|key| is_below(key, part));
    let said: BTreeSet<String> = parts.filter(is_part).collect();
    if !said.is_empty() {
        return said;
    }
    // Or they are called like the service.
    service.split(['.', '-', '_']).map(str::to_owned).filter(is_part).collect()
}
