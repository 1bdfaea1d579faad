//! What calls ask of the class of a value, which may be another one than is written: `super()`, `cls()` and `getattr` of Python.

use super::Infer;
use crate::program::{FnId, TypeId};
use hedgerow_code::ir::{Def, Expr, ExprId};
use std::collections::BTreeSet;

/// The verb that stands for those of a client: packs know them together.
const VERB: &str = "get";

/// What a call asks of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ask<'p> {
    /// The method of this name behind those of the class that asks.
    Above(&'p str),
    /// A new value.
    Make,
    /// All methods whose names fit.
    Any(Fits<'p>),
}

/// What is known of the name of a method that is called by a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fits<'p> {
    start: &'p str,
    end: &'p str,
    /// Whether the start is the whole name.
    is_whole: bool,
    passed: usize,
}

impl Fits<'_> {
    /// Whether a method may be the one, by its name.
    pub(crate) fn name(&self, name: &str) -> bool {
        let is_special = name.starts_with("__") && !self.start.starts_with("__");
        if self.is_whole {
            return name == self.start;
        }
        !is_special
            && name.len() >= self.start.len() + self.end.len()
            && name.starts_with(self.start)
            && name.ends_with(self.end)
    }

    /// Whether a method may be the one, by its parameters.
    pub(crate) fn takes(&self, parameters: usize, variadic: bool) -> bool {
        variadic || self.passed <= parameters
    }

    /// The verb by which a client of a library stands for all of its methods.
    pub(crate) fn verb(&self) -> Option<&'static str> {
        self.name(VERB).then_some(VERB)
    }
}

impl<'p> Infer<'_, 'p> {
    /// What a call asks of the class of a value, where that may be another one than is written.
    pub(crate) fn asks(&self, function: FnId, callee: ExprId, passed: usize) -> Vec<(TypeId, Ask<'p>)> {
        let program = self.program;
        if !self.semantics(function).orders_bases() {
            return Vec::new();
        }
        let class = |of: ExprId| self.type_of(function, of, 0).and_then(|ty| program.type_id(ty));
        let above = |this: ExprId| class(this).filter(|id| !program.mixed_below(*id).is_empty());
        match program.expr(function, callee) {
            Expr::Member { of, name } => match program.expr(function, *of) {
                Expr::Super(this) => {
                    above(*this).map(|id| (id, Ask::Above(program.word(function, *name)))).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Expr::Class(of) => {
                class(*of).filter(|id| program.is_extended(*id)).map(|id| (id, Ask::Make)).into_iter().collect()
            }
            _ => {
                let attributes = self.attributes(function, callee).into_iter();
                let any = |(of, name)| Some((class(of)?, Ask::Any(self.fits(function, name, passed))));
                attributes.filter_map(any).collect()
            }
        }
    }

    /// The values and the names of parts that are taken by a value: `getattr(client, verb)`, or a local that holds that.
    pub(crate) fn attributes(&self, function: FnId, id: ExprId) -> Vec<(ExprId, ExprId)> {
        let attribute = |id| match self.program.expr(function, id) {
            Expr::Attribute { of, name } => Some((*of, *name)),
            _ => None,
        };
        self.either(function, id).into_iter().filter_map(attribute).collect()
    }

    /// What an expression may be, where it is one of several or a local that holds them.
    pub(crate) fn either(&self, function: FnId, id: ExprId) -> Vec<ExprId> {
        let program = self.program;
        let mut found = Vec::new();
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            match program.expr(function, id) {
                Expr::Choice(of) => open.extend(program.list(function, *of).iter().rev()),
                Expr::Local(local) => {
                    let is_new = seen.insert(*local);
                    let defs = program.defs(function, *local).iter().rev().filter(|_| is_new);
                    open.extend(defs.filter_map(|def| match *def {
                        Def::Value { expr, result: 0 } => Some(expr),
                        _ => None,
                    }));
                }
                _ => found.push(id),
            }
        }
        found
    }

    /// What is known of a name that is put together.
    pub(crate) fn fits(&self, function: FnId, name: ExprId, passed: usize) -> Fits<'p> {
        let program = self.program;
        let mut ends = [name, name];
        for (at, end) in ends.iter_mut().enumerate() {
            loop {
                let next = match program.expr(function, *end) {
                    Expr::Concat(left, right) => Some([*left, *right][at]),
                    Expr::Format(parts) => {
                        let parts = program.list(function, *parts);
                        if at == 0 { parts.first().copied() } else { parts.last().copied() }
                    }
                    Expr::Local(local) => match program.defs(function, *local) {
                        [Def::Value { expr, result: 0 }] if *expr < *end => Some(*expr),
                        _ => None,
                    },
                    _ => None,
                };
                match next {
                    Some(next) => *end = next,
                    None => break,
                }
            }
        }
        let is_whole = ends[0] == ends[1] && matches!(program.expr(function, ends[0]), Expr::Text(_));
        let [start, end] = ends.map(|end| match program.expr(function, end) {
            Expr::Text(text) => program.word(function, *text),
            _ => "",
        });
        Fits { start, end, is_whole, passed }
    }
}
