//! Functions that are held as values: in a local, or in the parameter they are passed for.

use crate::infer::Infer;
use crate::program::{FnId, Found, Meaning, TypeId};
use crate::reach::Site;
use hedgerow_code::ir::{Def, Expr, ExprId, LocalId};
use std::collections::{BTreeMap, BTreeSet};

/// A parameter: its function, and which of its parameters.
pub(crate) type Parameter = (FnId, u16);

/// What an expression holds that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// What is known.
    Known(Called),
    /// Whatever is passed for a parameter of the function around it.
    Parameter(Parameter),
}

/// What a call of a value leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Called {
    /// A function, or a method with its receiver.
    Function(FnId),
    /// A class, of which a value is made.
    Class(TypeId),
}

/// Which functions parameters hold, and where they are called.
#[derive(Debug, Default)]
pub(crate) struct Held {
    functions: BTreeMap<Parameter, BTreeSet<Called>>,
    calls: BTreeMap<Parameter, BTreeSet<Site>>,
    /// The parameters for which a parameter is passed on.
    onward: BTreeMap<Parameter, BTreeSet<Parameter>>,
}

impl Held {
    /// A function is passed for a parameter: the calls that lead to it by that.
    pub(crate) fn pass(&mut self, to: Parameter, function: Called) -> Vec<(Site, Called)> {
        let mut calls = Vec::new();
        let mut open = vec![to];
        while let Some(parameter) = open.pop() {
            if self.functions.entry(parameter).or_default().insert(function) {
                calls.extend(self.calls.get(&parameter).into_iter().flatten().map(|site| (*site, function)));
                open.extend(self.onward.get(&parameter).into_iter().flatten().copied());
            }
        }
        calls
    }

    /// A parameter is called: the functions that this leads to.
    pub(crate) fn call(&mut self, parameter: Parameter, site: Site) -> Vec<(Site, Called)> {
        self.calls.entry(parameter).or_default().insert(site);
        self.functions.get(&parameter).into_iter().flatten().map(|function| (site, *function)).collect()
    }

    /// A parameter is passed on for another one: the calls that lead to its functions by that.
    pub(crate) fn pass_on(&mut self, from: Parameter, to: Parameter) -> Vec<(Site, Called)> {
        self.onward.entry(from).or_default().insert(to);
        let functions: Vec<Called> = self.functions.get(&from).into_iter().flatten().copied().collect();
        functions.into_iter().flat_map(|function| self.pass(to, function)).collect()
    }
}

/// What an expression of a function holds that can be called. Closures belong to the function around them and are none.
pub(crate) fn holds(infer: &Infer, function: FnId, expr: ExprId) -> Vec<Holds> {
    let mut found = Vec::new();
    gather(infer, function, expr, &mut BTreeSet::new(), &mut found);
    found
}

fn gather(infer: &Infer, function: FnId, expr: ExprId, seen: &mut BTreeSet<LocalId>, found: &mut Vec<Holds>) {
    let program = infer.program;
    match program.expr(function, expr) {
        Expr::Name(name) => {
            let name = program.word(function, *name);
            found.extend(called(infer, program.meaning(program.file_of(function), name)));
        }
        Expr::Member { of, name } => {
            let name = program.word(function, *name);
            match infer.qualified(function, *of, name) {
                Some(meaning) => found.extend(called(infer, meaning)),
                None => {
                    let method = infer.type_of(function, *of, 0).and_then(|ty| program.bound(ty, name));
                    if let Some(Found::Function(id)) = method {
                        found.push(Holds::Known(Called::Function(id)));
                    }
                }
            }
        }
        Expr::Local(local) if seen.insert(*local) => {
            for def in program.defs(function, *local) {
                match *def {
                    Def::Value { expr, result: 0 } => gather(infer, function, expr, seen, found),
                    Def::Parameter(at) => found.push(Holds::Parameter((function, at))),
                    _ => {}
                }
            }
        }
        Expr::Choice(choices) => {
            for choice in program.list(function, *choices) {
                gather(infer, function, *choice, seen, found);
            }
        }
        _ => {}
    }
}

/// What a name means that can be called: where a class is made by calling it, it is one as well.
fn called(infer: &Infer, meaning: Meaning) -> Option<Holds> {
    match meaning {
        Meaning::Function(id) => Some(Holds::Known(Called::Function(id))),
        Meaning::Type(id) if infer.program.semantics(infer.program.ty(id).0).calls_classes() => {
            Some(Holds::Known(Called::Class(id)))
        }
        _ => None,
    }
}
