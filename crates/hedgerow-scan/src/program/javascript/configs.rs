//! The `tsconfig.json` files of a tree, made fit for a resolver that would give up on one that is not whole: what nobody installed is left
//! out of `extends`.

use super::packages::{Packages, split};
use crate::paths::{above, dir_of};
use hedgerow_deploy::path::{join, join_within};
use oxc_resolver::TsConfig;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How many files one extends, with those that they extend in turn.
const MAX_EXTENDED: usize = 32;

/// A configuration of the compiler.
#[derive(Debug)]
struct Config {
    said: Map<String, Value>,
    /// The files that it extends.
    extended: Vec<String>,
    /// The files that it refers to.
    referred: Vec<String>,
}

/// The configurations of a tree.
#[derive(Debug, Default)]
pub(super) struct Configs {
    /// The texts by their path.
    pub(super) texts: BTreeMap<String, Vec<u8>>,
    /// Where the compiler writes, and below which directories that is read which it writes there.
    pub(super) outputs: BTreeMap<String, BTreeSet<String>>,
    /// The conditions for `exports` that are named in them.
    pub(super) conditions: BTreeSet<String>,
    /// Those that are no JSON, or of which a part is of another form than the compiler's.
    pub(super) torn: BTreeSet<String>,
}

/// Whether a file is called like a configuration of the compiler.
pub(super) fn is_config(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".json") && (name.starts_with("tsconfig") || name == "jsconfig.json")
}

impl Configs {
    /// Reads the configurations among these texts, and what they extend. One that is no JSON is left out, and a part of another form than
    /// the compiler's.
    pub(super) fn read(texts: &BTreeMap<&str, &str>, packages: &Packages) -> Self {
        let mut all: BTreeMap<String, Config> = BTreeMap::new();
        let mut torn = BTreeSet::new();
        let mut open: Vec<String> =
            texts.keys().filter(|path| is_config(path)).map(|path| (*path).to_owned()).collect();
        while let Some(path) = open.pop() {
            if all.contains_key(&path) {
                continue;
            }
            let Some(text) = texts.get(path.as_str()) else { continue };
            let Some(mut config) = Config::read(&path, text, texts, packages) else {
                torn.insert(path);
                continue;
            };
            // A value of another form would be a fault of each import, here and in all that extend it.
            if config.without_faults(&path) {
                torn.insert(path.clone());
            }
            open.extend(config.extended.iter().chain(&config.referred).cloned());
            all.insert(path, config);
        }
        let too_deep: BTreeSet<String> = all.keys().filter(|path| !ends(&all, path)).cloned().collect();
        let known: BTreeSet<String> = all.keys().cloned().collect();
        let mut configs = Self { torn, ..Self::default() };
        for (path, mut config) in all {
            let extended: Vec<Value> = match too_deep.contains(&path) {
                true => Vec::new(),
                false => {
                    config.extended.iter().filter(|path| known.contains(*path)).map(|path| absolute(path)).collect()
                }
            };
            let refer = |path: &String| Value::Object(Map::from_iter([("path".to_owned(), absolute(path))]));
            let referred: Vec<Value> =
                config.referred.iter().filter(|other| known.contains(*other) && **other != path).map(refer).collect();
            config.said.insert("extends".to_owned(), Value::Array(extended));
            config.said.insert("references".to_owned(), Value::Array(referred));
            configs.keep(path, config.said);
        }
        configs
    }

    fn keep(&mut self, path: String, mut said: Map<String, Value>) {
        let dir = dir_of(&path);
        let options = said.get("compilerOptions").and_then(Value::as_object);
        let word = |key: &str| options?.get(key)?.as_str();
        let place = |written: &str| join_within(dir, written.trim_start_matches("${configDir}/"));
        let roots = match word("rootDir").and_then(place) {
            Some(root) => BTreeSet::from([root]),
            None => BTreeSet::from([join(dir, "src"), dir.to_owned()]),
        };
        for output in ["outDir", "declarationDir"].iter().filter_map(|key| place(word(key)?)).filter(|out| out != dir) {
            self.outputs.entry(output).or_default().extend(roots.iter().cloned());
        }
        let conditions = options.and_then(|options| options.get("customConditions")?.as_array());
        self.conditions.extend(conditions.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)));
        let is_jsconfig = path.ends_with("jsconfig.json");
        if is_jsconfig
            && let Value::Object(options) = said.entry("compilerOptions").or_insert_with(|| Value::Object(Map::new()))
        {
            options.entry("allowJs").or_insert(Value::Bool(true));
        }
        let Ok(text) = serde_json::to_string(&said) else { return };
        if is_jsconfig {
            self.texts.entry(join(dir, "tsconfig.json")).or_insert_with(|| text.clone().into_bytes());
        }
        self.texts.insert(path, text.into_bytes());
    }
}

/// Whether the compiler takes a configuration.
fn is_taken(path: &str, said: &Map<String, Value>) -> bool {
    let there = Path::new("/").join(path);
    serde_json::to_string(said).is_ok_and(|text| TsConfig::parse(true, &there, &there, text).is_ok())
}

impl Config {
    /// Takes out what is of another form than the compiler's, as that does once it has told it. Gives whether there was something.
    fn without_faults(&mut self, path: &str) -> bool {
        let alone = |key: &str, value: &Value| Map::from_iter([(key.to_owned(), value.clone())]);
        let is_whole = is_taken(path, &self.said);
        if !is_whole {
            if let Some(Value::Object(options)) = self.said.get_mut("compilerOptions") {
                options
                    .retain(|key, value| is_taken(path, &alone("compilerOptions", &Value::Object(alone(key, value)))));
            }
            self.said.retain(|key, value| is_taken(path, &alone(key, value)));
        }
        !is_whole
    }

    fn read(path: &str, text: &str, texts: &BTreeMap<&str, &str>, packages: &Packages) -> Option<Self> {
        let mut bytes = text.trim_start_matches('\u{feff}').as_bytes().to_vec();
        json_strip_comments::strip_slice(&mut bytes).ok()?;
        let Value::Object(said) = serde_json::from_slice(&bytes).ok()? else { return None };
        let dir = dir_of(path);
        let written = match said.get("extends") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let extended = written.into_iter().filter_map(|written| extended(dir, written, texts, packages)).collect();
        let references = said.get("references").and_then(Value::as_array).into_iter().flatten();
        let referred =
            references.filter_map(|reference| config_at(&join_within(dir, reference.get("path")?.as_str()?)?, texts));
        let referred = referred.collect();
        Some(Self { said, extended, referred })
    }
}

/// The file that `extends` means: a place, or a file of a package.
fn extended(dir: &str, written: &str, texts: &BTreeMap<&str, &str>, packages: &Packages) -> Option<String> {
    if written.starts_with('.') {
        return config_at(&join_within(dir, written)?, texts);
    }
    let (name, rest) = split(written);
    config_at(&join(&packages.find(dir, name)?.target, rest), texts)
}

/// The configuration at a place: a file with or without its ending, or that of a directory.
fn config_at(place: &str, texts: &BTreeMap<&str, &str>) -> Option<String> {
    let places = [place.to_owned(), format!("{place}.json"), join(place, "tsconfig.json")];
    places.into_iter().find(|place| place.ends_with(".json") && texts.contains_key(place.as_str()))
}

/// Whether what a configuration extends comes to an end.
fn ends(all: &BTreeMap<String, Config>, path: &str) -> bool {
    let mut open = vec![path];
    let mut seen = 0;
    while let Some(next) = open.pop() {
        seen += 1;
        if seen > MAX_EXTENDED {
            return false;
        }
        open.extend(all.get(next).into_iter().flat_map(|config| &config.extended).map(String::as_str));
    }
    true
}

fn absolute(path: &str) -> Value {
    Value::String(format!("/{path}"))
}

/// The configurations with names for modules that lie in the directories above a file, the nearest first.
pub(super) fn nearest<'c, T>(by_dir: &'c BTreeMap<String, Vec<T>>, from: &str) -> impl Iterator<Item = &'c T> {
    above(from).filter_map(|dir| by_dir.get(dir)).flatten()
}
