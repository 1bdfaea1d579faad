//! Which of the files of settings that a service is given its code asks for by their names: `load("kafka.yml")`, also by a constant. What
//! a library holds when it is loaded says nothing about who loads it.

use super::constants::{class, holds};
use crate::infer::Infer;
use crate::program::{FnId, GlobalId, Meaning, TypeId};
use crate::reach::Reach;
use hedgerow_code::ir::{Expr, ExprId, Facts, Range};
use hedgerow_deploy::Given;
use std::collections::{BTreeMap, BTreeSet};

/// The names of the files that a service is given: those of its ConfigMaps, those that compose mounts, and those of its settings. Those that others have as well
/// are asked for by where they lie.
fn wanted(given: &Given) -> BTreeSet<&str> {
    let mounted = given.mounted.iter().map(|file| file.name.as_str());
    let settings = given.setting_paths.iter().map(|path| last(path));
    let all = mounted.chain(given.files.keys().map(|path| last(path))).chain(settings);
    let all = all.filter(|name| name.contains('.'));
    all.chain(given.beside.keys().map(String::as_str)).collect()
}

pub(crate) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The names of files that hold constants, and the constants by their own names.
#[derive(Default)]
struct Constants<'p> {
    globals: BTreeMap<GlobalId, BTreeSet<&'p str>>,
    fields: BTreeMap<&'p str, Vec<(TypeId, BTreeSet<&'p str>)>>,
    names: BTreeSet<&'p str>,
}

/// Those of the files that the reached functions name; `own` are the files of the service's own code.
pub(super) fn named<'p>(
    infer: &Infer<'_, 'p>,
    reach: &Reach<'p>,
    own: &BTreeSet<u32>,
    given: Option<&Given>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let wanted = given.map(wanted).unwrap_or_default();
    if wanted.is_empty() {
        return found;
    }
    let program = infer.program;
    let constants = constants(infer, reach, &wanted);
    for function in reach.functions.keys() {
        let file = program.file_of(*function);
        let is_loader = program.function(*function).name.is_empty()
            || program.package(program.package_of(file)).initializers.contains(function);
        if is_loader && !own.contains(&file) {
            continue;
        }
        let facts = program.facts_of(*function);
        for id in program.exprs(*function) {
            match facts.expr(id) {
                Expr::Text(word) => found.extend(of_text(facts.word(*word), &wanted).map(str::to_owned)),
                Expr::Name(word) | Expr::Member { name: word, .. } if constants.names.contains(facts.word(*word)) => {
                    found.extend(asked_by(infer, &constants, *function, id).into_iter().map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    found
}

/// The constants in the files that are reached.
fn constants<'p>(infer: &Infer<'_, 'p>, reach: &Reach<'p>, wanted: &BTreeSet<&str>) -> Constants<'p> {
    let program = infer.program;
    let mut found = Constants::default();
    let files: BTreeSet<u32> = reach.functions.keys().map(|function| program.file_of(*function)).collect();
    for (file, loader) in files.into_iter().filter_map(|file| Some((file, program.loader(file)?))) {
        let facts = program.facts_of(loader);
        let texts: Vec<(Range, &str)> = program.exprs(loader).filter_map(|id| text(facts, id, wanted)).collect();
        if texts.is_empty() {
            continue;
        }
        let within = |value: ExprId| -> BTreeSet<&'p str> {
            let span = facts.span(value);
            texts.iter().filter(|(range, _)| holds(span, *range)).map(|(_, text)| *text).collect()
        };
        for (index, global) in (0_u32..).zip(&facts.globals) {
            let names: BTreeSet<&str> = global.values.iter().flat_map(|(value, _)| within(*value)).collect();
            if !names.is_empty() {
                found.names.insert(&global.name);
                found.globals.insert(GlobalId { file, index }, names);
            }
        }
        for store in facts.stores(program.function(loader)) {
            let Expr::Member { of, name } = facts.expr(store.target) else { continue };
            let Expr::Name(of) = facts.expr(*of) else { continue };
            let Meaning::Type(of) = program.meaning(file, facts.word(*of)) else { continue };
            let names = within(store.value);
            if !names.is_empty() {
                found.names.insert(facts.word(*name));
                found.fields.entry(facts.word(*name)).or_default().push((of, names));
            }
        }
    }
    found
}

/// A text that ends in one of the names.
fn text<'p>(facts: &'p Facts, id: ExprId, wanted: &BTreeSet<&str>) -> Option<(Range, &'p str)> {
    let Expr::Text(word) = facts.expr(id) else { return None };
    of_text(facts.word(*word), wanted).map(|name| (facts.span(id), name))
}

/// What a text names: a place, or a file by the end of its path.
fn of_text<'p>(text: &'p str, wanted: &BTreeSet<&str>) -> Option<&'p str> {
    [text, last(text)].into_iter().find(|name| wanted.contains(name))
}

/// The files whose names an expression holds that may be a constant.
fn asked_by<'p>(infer: &Infer<'_, 'p>, constants: &Constants<'p>, function: FnId, id: ExprId) -> BTreeSet<&'p str> {
    let program = infer.program;
    let facts = program.facts_of(function);
    let (name, of) = match facts.expr(id) {
        Expr::Name(word) => (facts.word(*word), None),
        Expr::Member { of, name } => (facts.word(*name), Some(*of)),
        _ => return BTreeSet::new(),
    };
    let meaning = match of {
        Some(of) => infer.qualified(function, of, name),
        None => Some(program.meaning(program.file_of(function), name)),
    };
    if let Some(Meaning::Global(global)) = meaning {
        return constants.globals.get(&global).cloned().unwrap_or_default();
    }
    let fields = constants.fields.get(name).map(Vec::as_slice).unwrap_or_default();
    let class = of.filter(|_| !fields.is_empty()).and_then(|of| class(infer, function, of));
    let is_of = |of: TypeId| class.is_some_and(|class| of == class || program.stands_for(class, of));
    fields.iter().filter(|(of, _)| is_of(*of)).flat_map(|(_, names)| names.iter().copied()).collect()
}
