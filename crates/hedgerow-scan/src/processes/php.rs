//! What of an application of PHP a process of its console does not run: Symfony's and Laravel's.

use super::called::{last_name, outside_bases};
use super::{Process, Unrun};
use crate::infer::Infer;
use crate::inventory::Home;
use crate::paths::below;
use crate::program::{FnId, Meaning, TypeId};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, Facts};
use std::collections::{BTreeMap, BTreeSet};

/// The classes that commands extend.
const COMMANDS: &[&str] = &["Symfony\\Component\\Console\\Command\\Command", "Illuminate\\Console\\Command"];

/// Attributes of what answers requests.
const ROUTES: &[&str] = &["AsController", "Delete", "Get", "Patch", "Post", "Put", "Route"];

/// Attributes that say how a container makes a class: its methods are called by who is given it.
const OF_CONTAINER: &[&str] = &["AsAlias", "AsDecorator", "Autoconfigure", "AutoconfigureTag", "Lazy", "When"];

/// With what the names of commands begin that the frameworks and their libraries have, and that serve nobody.
const BUILT_IN: &[&str] = &[
    "about",
    "asset",
    "assets:",
    "cache:",
    "clear-compiled",
    "config:",
    "dbal:",
    "debug:",
    "db:",
    "doctrine:",
    "event:",
    "fos:",
    "importmap:",
    "key:",
    "lexik:",
    "lint:",
    "messenger:",
    "migrate",
    "optimize",
    "package:",
    "passport:",
    "queue:",
    "route:",
    "router:",
    "sass:",
    "secrets:",
    "storage:",
    "tailwind:",
    "vendor:",
    "view:",
];

/// Libraries with which a command serves others itself.
const SERVERS: &[&str] =
    &["Amp\\Http\\Server", "OpenSwoole", "Ratchet", "React\\Http", "Spiral\\RoadRunner", "Swoole", "Workerman"];

/// The transports to which messages are sent, by the classes of these. Nothing where any is handled by who sends it.
pub(super) fn routes(texts: &BTreeMap<&str, &str>, home: &Home) -> BTreeMap<String, BTreeSet<String>> {
    let is_own = |path: &str| home.directories.iter().any(|(own, _)| below(path, own).is_some());
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let own: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (*path, *text)).filter(|(path, _)| is_own(path)).collect();
    let is_settings = |path: &str| name(path).starts_with(".env") || name(path).starts_with("messenger.");
    let mut settings = own.iter().filter(|(path, _)| is_settings(path));
    if settings.any(|(_, text)| text.contains("sync://") && text.replace("async://", "").contains("sync://")) {
        return BTreeMap::new();
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let files = own.iter().filter(|(path, _)| matches!(name(path).as_str(), "messenger.yaml" | "messenger.yml"));
    for (_, text) in files {
        routed(text, &mut found);
    }
    found
}

/// Adds what stands below `routing:`.
fn routed(text: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut around = None;
    let mut key: Option<(usize, String)> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        if line.trim() == "routing:" {
            (around, key) = (Some(indent(line)), None);
            continue;
        }
        if around.is_none_or(|around| indent(line) <= around) {
            around = None;
            continue;
        }
        let is_below = key.as_ref().is_some_and(|(at, _)| indent(line) > *at);
        let value = if is_below {
            line
        } else {
            let Some((name, value)) = line.split_once(':') else { continue };
            let name = name.trim().trim_matches(['\'', '"']).replace("\\\\", "\\");
            key = Some((indent(line), name.trim_start_matches('\\').to_owned()));
            value
        };
        let value = value.split(" #").next().unwrap_or(value);
        let words = value.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        let words = words.filter(|word| !matches!(*word, "" | "-" | "senders")).map(str::to_owned);
        if let Some((_, key)) = &key {
            found.entry(key.clone()).or_default().extend(words);
        }
    }
}

/// Adds what a process does not run of the files that are its `own`. Nothing where it cannot be told.
pub(super) fn of_files(infer: &Infer, own: &BTreeSet<u32>, process: &Process, unrun: &mut Unrun) -> Option<()> {
    let program = infer.program;
    let files: Vec<u32> =
        own.iter().copied().filter(|at| program.files[*at as usize].language == Language::Php).collect();
    if files.is_empty() {
        return Some(());
    }
    let mut commands: Vec<(u32, TypeId, Option<String>)> = Vec::new();
    for at in &files {
        let file = &program.files[*at as usize];
        for decl in &file.facts.types {
            let Meaning::Type(id) = program.meaning(*at, &decl.name) else { continue };
            let methods: Vec<FnId> = program.own_methods(id).map(|(_, method)| method).collect();
            let marks: BTreeSet<&str> = methods
                .iter()
                .flat_map(|method| program.function(*method).decorators.iter().map(|name| name.as_str()))
                .collect();
            let bases = outside_bases(infer, id);
            if bases.iter().any(|path| COMMANDS.iter().any(|command| path.trim_start_matches('\\') == *command))
                || marks.iter().any(|mark| mark.starts_with("AsCommand"))
            {
                commands.push((*at, id, named(file.facts, &decl.name, (&marks, &methods), infer)));
            } else if decl.name.ends_with("Controller")
                || marks.iter().any(|mark| ROUTES.contains(mark))
                || file.path.contains("/Http/Middleware/")
            {
                unrun.types.insert(id);
                unrun.functions.extend(methods);
            } else if marks.contains("AsMessageHandler")
                || bases.iter().any(|path| path.ends_with("MessageHandlerInterface"))
            {
                let handlers = methods.into_iter().filter(|method| is_elsewhere(infer, *method, process));
                unrun.functions.extend(handlers);
            } else if !marks.is_empty() && marks.iter().all(|mark| OF_CONTAINER.contains(mark)) {
                unrun.wrapped.extend(methods);
            }
        }
    }
    // A command is called by its name, too.
    let mut said: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for at in &files {
        let facts = program.files[*at as usize].facts;
        for expr in &facts.exprs {
            if let Expr::Text(word) = expr {
                let first = facts.word(*word).split(' ').next().unwrap_or_default();
                said.entry(first).or_default().insert(*at);
            }
        }
    }
    for told in &process.commands {
        let is_built_in = BUILT_IN.iter().any(|start| told.starts_with(start));
        let mut own = commands.iter().filter(|(.., name)| name.as_ref() == Some(told)).peekable();
        if own.peek().is_none() && !is_built_in {
            return None;
        }
        let serves = |at: u32| {
            let mut imports = program.files[at as usize].facts.imports.iter();
            imports.any(|import| SERVERS.iter().any(|server| import.path.starts_with(server)))
        };
        if own.any(|(at, ..)| serves(*at)) {
            return None;
        }
    }
    for (at, id, name) in commands {
        let is_kept = |name: &str| {
            process.is_timetable
                || process.commands.contains(name)
                || said.get(name).is_some_and(|by| by.iter().any(|by| *by != at))
        };
        if name.is_some_and(|name| !is_kept(&name)) {
            unrun.types.insert(id);
            unrun.functions.extend(program.own_methods(id).map(|(_, method)| method));
        }
    }
    Some(())
}

/// What a command is called, where that is said plainly.
fn named(facts: &Facts, class: &str, (marks, methods): (&BTreeSet<&str>, &[FnId]), infer: &Infer) -> Option<String> {
    let first = |text: &str| {
        let name = text.split([' ', '{', '|', '\n']).find(|word| !word.is_empty())?;
        Some(name.to_owned())
    };
    if let Some(text) = marks.iter().find_map(|mark| mark.strip_prefix("AsCommand ")) {
        return first(text);
    }
    // `protected static $defaultName = 'books:load';`, `protected $signature = 'books:load {--all}';`
    let stored = facts.stores.iter().find_map(|store| {
        let Expr::Member { of, name } = facts.expr(store.target) else { return None };
        let Expr::Name(owner) = facts.expr(*of) else { return None };
        let is_name = facts.word(*owner) == class && matches!(facts.word(*name), "defaultName" | "signature");
        match facts.expr(store.value) {
            Expr::Text(word) if is_name => first(facts.word(*word)),
            _ => None,
        }
    });
    let set = || {
        methods.iter().find_map(|method| {
            let facts = infer.program.facts_of(*method);
            infer.program.exprs(*method).find_map(|id| {
                let Expr::Call { callee, arguments } = facts.expr(id) else { return None };
                let is_set = last_name(facts, *callee) == Some("setName");
                match facts.arguments(*arguments).first().map(|first| facts.expr(first.value)) {
                    Some(Expr::Text(word)) if is_set => first(facts.word(*word)),
                    _ => None,
                }
            })
        })
    };
    stored.or_else(set)
}

/// Whether what a handler handles is sent to transports that a process does not read.
fn is_elsewhere(infer: &Infer, method: FnId, process: &Process) -> bool {
    let program = infer.program;
    let message = program.parameters(method).first().and_then(|message| program.local_type(method, *message));
    let Some(id) = message.and_then(|ty| program.type_id(ty)) else { return false };
    let transports = process.routes.get(program.ty(id).1.name.trim_start_matches('\\'));
    !process.tasks
        && transports.is_some_and(|transports| !transports.is_empty() && transports.is_disjoint(&process.transports))
}
