//! What libraries take from the environment when they are loaded and keep: `LEDGER_URL = os.environ["LEDGER_URL"]`. That a library has it
//! says nothing about who loads it; who asks for the constant asks for the variable.

use super::is_variable;
use crate::infer::Infer;
use crate::program::{FnId, GlobalId, Meaning, Program, TypeId};
use crate::reach::{Reach, Site};
use hedgerow_code::ir::{Expr, ExprId, Facts, Part, Range};
use std::collections::{BTreeMap, BTreeSet};

/// How often a constant is made of another one.
const MAX_ROUNDS: usize = 4;

/// A variable that a constant is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variable<'p> {
    /// Its name.
    pub(super) name: &'p str,
    /// Where it is asked for.
    pub(super) site: Site,
    /// The keys that it lies below where the constant is a map: who asks for the constant and not for these asks for something else.
    keys: BTreeSet<&'p str>,
}

/// The constants of the libraries that a service loads.
#[derive(Debug, Default)]
pub(super) struct Constants<'p> {
    globals: BTreeMap<GlobalId, BTreeSet<Variable<'p>>>,
    /// Those of classes, by name.
    fields: BTreeMap<&'p str, Vec<(TypeId, BTreeSet<Variable<'p>>)>>,
    /// The names of all of them, those that imports give them too.
    names: BTreeSet<&'p str>,
}

impl<'p> Constants<'p> {
    /// The constants that are made when the files are loaded that `reach` reaches, but for those in `own`.
    pub(super) fn new(program: &Program<'p>, reach: &Reach<'p>, own: &BTreeSet<u32>) -> Self {
        let is_library =
            |function: &FnId| program.function(*function).name.is_empty() && !own.contains(&program.file_of(*function));
        let loaders: Vec<FnId> = reach.functions.keys().copied().filter(is_library).collect();
        let mut constants = Self::default();
        for loader in &loaders {
            constants.add(program, *loader);
        }
        let files: BTreeSet<u32> = reach.functions.keys().map(|function| program.file_of(*function)).collect();
        for _ in 0..MAX_ROUNDS {
            constants.rename(program, &files);
            let given = loaders.iter().filter(|loader| constants.pass_on(program, **loader)).count();
            if given == 0 {
                break;
            }
        }
        constants
    }

    /// Adds the names that imports give to constants.
    fn rename(&mut self, program: &Program<'p>, files: &BTreeSet<u32>) {
        let imports = files.iter().flat_map(|file| &program.files[*file as usize].facts.imports);
        let known = imports.filter(|import| import.name.as_deref().is_some_and(|name| self.names.contains(name)));
        let aliases: Vec<&str> = known.filter_map(|import| import.alias.as_deref()).collect();
        self.names.extend(aliases);
    }

    /// Adds the constants that a file makes of variables.
    fn add(&mut self, program: &Program<'p>, loader: FnId) {
        let facts = program.facts_of(loader);
        let asked = |id: &ExprId| match facts.expr(*id) {
            Expr::Text(word) | Expr::Member { name: word, .. } => is_variable(facts.word(*word)),
            _ => false,
        };
        let asked: Vec<ExprId> = program.exprs(loader).filter(asked).collect();
        if asked.is_empty() {
            return;
        }
        let within = |value: ExprId| -> BTreeSet<Variable<'p>> {
            let all = asked.iter().filter(|id| holds(facts.span(value), facts.span(**id)));
            let variable = |id: &ExprId| {
                let (Expr::Text(word) | Expr::Member { name: word, .. }) = facts.expr(*id) else { return None };
                let site = Site { function: loader, expr: *id };
                Some(Variable { name: facts.word(*word), site, keys: keys(program, loader, value, *id) })
            };
            all.filter_map(variable).collect()
        };
        let file = program.file_of(loader);
        for (index, global) in (0_u32..).zip(&facts.globals) {
            let found: BTreeSet<_> = global.values.iter().flat_map(|(value, _)| within(*value)).collect();
            if !found.is_empty() {
                self.names.insert(&global.name);
                self.globals.entry(GlobalId { file, index }).or_default().extend(found);
            }
        }
        for store in facts.stores(program.function(loader)) {
            let Expr::Member { of, name } = facts.expr(store.target) else { continue };
            let Expr::Name(class) = facts.expr(*of) else { continue };
            let Meaning::Type(class) = program.meaning(file, facts.word(*class)) else { continue };
            let found = within(store.value);
            if !found.is_empty() {
                self.names.insert(facts.word(*name));
                self.fields.entry(facts.word(*name)).or_default().push((class, found));
            }
        }
    }

    /// Gives the constants of a file that are made of others what those are made of; says whether there was any.
    fn pass_on(&mut self, program: &Program<'p>, loader: FnId) -> bool {
        let facts = program.facts_of(loader);
        let file = program.file_of(loader);
        let mut any = false;
        for id in program.exprs(loader) {
            let Expr::Name(word) = facts.expr(id) else { continue };
            let name = facts.word(*word);
            if !self.names.contains(name) {
                continue;
            }
            let Meaning::Global(from) = program.meaning(file, name) else { continue };
            let Some(known) = self.globals.get(&from).cloned() else { continue };
            for (index, global) in (0_u32..).zip(&facts.globals) {
                let to = GlobalId { file, index };
                if to == from || !global.values.iter().any(|(value, _)| holds(facts.span(*value), facts.span(id))) {
                    continue;
                }
                self.names.insert(&global.name);
                let own = self.globals.entry(to).or_default();
                let before = own.len();
                own.extend(known.iter().cloned());
                any |= own.len() > before;
            }
        }
        any
    }

    /// The variables that a function asks for by the constants that it names.
    pub(super) fn asked_by(&self, infer: &Infer<'_, 'p>, function: FnId) -> BTreeSet<&Variable<'p>> {
        let mut found = BTreeSet::new();
        if self.names.is_empty() {
            return found;
        }
        let program = infer.program;
        let facts = program.facts_of(function);
        for id in program.exprs(function) {
            let (Expr::Name(word) | Expr::Member { name: word, .. }) = facts.expr(id) else { continue };
            let name = facts.word(*word);
            if !self.names.contains(name) {
                continue;
            }
            let meaning = match facts.expr(id) {
                Expr::Member { of, .. } => infer.qualified(function, *of, name),
                _ => Some(program.meaning(program.file_of(function), name)),
            };
            if let Some(Meaning::Global(global)) = meaning {
                found.extend(self.globals.get(&global).into_iter().flatten());
            } else if let Expr::Member { of, .. } = facts.expr(id)
                && let Some(fields) = self.fields.get(name)
                && let Some(class) = class(infer, function, *of)
            {
                let own = fields.iter().filter(|(of, _)| *of == class || program.stands_for(class, *of));
                found.extend(own.flat_map(|(_, variables)| variables));
            }
        }
        if found.iter().any(|variable| !variable.keys.is_empty()) {
            let words = words(program, function, facts);
            found.retain(|variable| variable.keys.iter().all(|key| words.contains(key)));
        }
        found
    }
}

/// The class that an expression is or is a value of.
pub(super) fn class<'p>(infer: &Infer<'_, 'p>, function: FnId, of: ExprId) -> Option<TypeId> {
    let program = infer.program;
    let meaning = match program.expr(function, of) {
        Expr::Name(name) => Some(program.meaning(program.file_of(function), program.word(function, *name))),
        Expr::Member { of, name } => infer.qualified(function, *of, program.word(function, *name)),
        _ => None,
    };
    match meaning {
        Some(Meaning::Type(class)) => Some(class),
        _ => infer.type_of(function, of, 0).and_then(|ty| program.type_id(ty)),
    }
}

/// The keys in a value that an expression within it lies below.
fn keys<'p>(program: &Program<'p>, function: FnId, value: ExprId, inner: ExprId) -> BTreeSet<&'p str> {
    let facts = program.facts_of(function);
    let (outer, inner) = (facts.span(value), facts.span(inner));
    let parts = program.exprs(function).filter_map(|id| match facts.expr(id) {
        Expr::Composite { parts, .. } if holds(outer, facts.span(id)) => Some(facts.parts(*parts)),
        _ => None,
    });
    let around = parts.flatten().filter(|part| holds(facts.span(part.value), inner));
    let text = |key: ExprId| match facts.expr(key) {
        Expr::Text(word) => Some(*word),
        _ => None,
    };
    let key = |part: &Part| part.field.or_else(|| text(part.key?)).map(|word| facts.word(word));
    around.filter_map(key).collect()
}

/// What a function names: parts of values, and texts.
fn words<'p>(program: &Program<'p>, function: FnId, facts: &'p Facts) -> BTreeSet<&'p str> {
    let word = |id: ExprId| match facts.expr(id) {
        Expr::Text(word) | Expr::Name(word) | Expr::Member { name: word, .. } => Some(facts.word(*word)),
        _ => None,
    };
    program.exprs(function).filter_map(word).collect()
}

pub(super) fn holds(outer: Range, inner: Range) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
