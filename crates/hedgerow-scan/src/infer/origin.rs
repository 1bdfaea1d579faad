//! Where outside of the tree values come from.

use super::{Callee, Infer, MAX_DEPTH};
use crate::program::{FnId, Meaning};
use hedgerow_code::ir::{Def, Expr, ExprId, TypeRefId};
use std::collections::BTreeMap;
use std::rc::Rc;

impl Infer<'_, '_> {
    /// Where outside of the tree comes from what a class stores in a field.
    fn field_origin(&self, function: FnId, of: ExprId, name: &str) -> Option<String> {
        let ty = self.program.type_id(self.type_of(function, of, 0)?)?;
        let stored = self.stored_in(ty, name).into_iter().filter(|(.., result)| *result == 0);
        stored.into_iter().find_map(|(function, value, _)| self.origin(function, value))
    }

    /// Where outside of the tree a value comes from: `net/http.DefaultClient`, `example.com/x.New()`.
    pub(crate) fn origin(&self, function: FnId, id: ExprId) -> Option<String> {
        let key = (function, id);
        if let Some(known) = self.origins.borrow().get(&key) {
            return known.clone();
        }
        if self.depth.get() >= MAX_DEPTH || !self.open_origins.borrow_mut().insert(key) {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        let (depth, cuts) = self.begin();
        self.depth.set(depth + 1);
        let origin = self.find_origin(function, id);
        self.depth.set(depth);
        self.open_origins.borrow_mut().remove(&key);
        if origin.is_some() || self.is_final(depth, cuts) {
            self.origins.borrow_mut().insert(key, origin.clone());
        }
        origin
    }

    fn find_origin(&self, function: FnId, id: ExprId) -> Option<String> {
        let file = self.program.file_of(function);
        let program = self.program;
        match program.expr(function, id) {
            Expr::Name(name) => match program.meaning(file, program.word(function, *name)) {
                Meaning::External(path, item) => {
                    Some(item.map_or_else(|| path.to_owned(), |item| format!("{path}.{item}")))
                }
                Meaning::Package(package) => Some(self.program.package(package).path.clone()),
                Meaning::Global(global) => {
                    let loader = self.program.loader(global.file)?;
                    let decl = self.program.global(global);
                    if let Some(ty) = decl.ty
                        && let Some(path) = program.external(program.written_in(global.file, ty))
                    {
                        return Some(path);
                    }
                    decl.values.iter().find_map(|(value, result)| match result {
                        0 => self.origin(loader, *value),
                        _ => None,
                    })
                }
                Meaning::Unknown => {
                    let name = program.word(function, *name);
                    program.files[file as usize].language.global(name).map(str::to_owned)
                }
                Meaning::Function(_) | Meaning::Type(_) => None,
            },
            Expr::Member { of, name } => {
                if let Some(path) = self.type_of(function, id, 0).and_then(|ty| self.program.external(ty)) {
                    return Some(path);
                }
                let name = program.word(function, *name);
                if let Some(path) = self.field_origin(function, *of, name) {
                    return Some(path);
                }
                self.origin(function, *of).map(|path| format!("{path}.{name}"))
            }
            Expr::Call { callee, arguments } => match self.callee(function, *callee)? {
                Callee::Method(name) if arguments.is_empty() && self.semantics(function).has_readers() => {
                    let Expr::Member { of, .. } = program.expr(function, *callee) else { return None };
                    self.field_origin(function, *of, name)
                }
                Callee::External(path) => Some(format!("{path}()")),
                Callee::Function(called) => {
                    let ty = self.type_of(function, id, 0);
                    ty.and_then(|ty| self.program.external(ty)).or_else(|| self.given_back(called))
                }
                Callee::Dispatch(..) => self.type_of(function, id, 0).and_then(|ty| self.program.external(ty)),
                _ => None,
            },
            Expr::New { ty, .. } | Expr::Composite { ty, .. } => program.external(program.written(function, *ty)),
            Expr::Local(local) => {
                if let Some(path) = program.local_type(function, *local).and_then(|ty| program.external(ty)) {
                    return Some(path);
                }
                program.defs(function, *local).iter().find_map(|def| match *def {
                    Def::Value { expr, result: 0 } => self.origin(function, expr),
                    Def::ClosureParameter { closure, index } => self.handed_to(function, closure, index),
                    _ => None,
                })
            }
            Expr::Address(of) | Expr::Deref(of) | Expr::Super(of) => self.origin(function, *of),
            // What stands for all methods of a client.
            Expr::Attribute { of, name } => {
                let verb = self.fits(function, *name, 0).verb()?;
                self.origin(function, *of).map(|path| format!("{path}.{verb}"))
            }
            Expr::Cast { of, ty } => match program.written(function, *ty) {
                ty if ty.is_unknown() => self.origin(function, *of),
                ty if self.semantics(function).hints_types() && program.type_id(ty).is_none() => {
                    self.origin(function, *of).or_else(|| program.external(ty))
                }
                ty => program.external(ty),
            },
            Expr::Choice(of) => program.list(function, *of).iter().find_map(|id| self.origin(function, *id)),
            _ => None,
        }
    }

    /// Where outside of the tree comes from what a function gives back that does not say of what type that is.
    fn given_back(&self, function: FnId) -> Option<String> {
        let is_said = |ty: &TypeRefId| !self.program.written(function, *ty).is_unknown();
        if self.program.results(function).iter().any(is_said) {
            return None;
        }
        let facts = self.program.facts_of(function);
        let returns = facts.returns(self.program.function(function).returns);
        returns.filter_map(|values| values.first()).find_map(|value| self.origin(function, *value))
    }

    /// Where outside of the tree the parameter of a closure comes from: from what the closure is handed to,
    /// `example.com/x.Each(0)`.
    fn handed_to(&self, function: FnId, closure: u32, index: u16) -> Option<String> {
        self.takers(function).get(&closure)?.iter().find_map(|callee| match self.callee(function, *callee)? {
            Callee::External(path) => Some(format!("{path}({index})")),
            _ => None,
        })
    }

    /// What a function hands one of its closures to: the callees.
    pub(crate) fn taken_by(&self, function: FnId, closure: u32) -> Vec<ExprId> {
        self.takers(function).get(&closure).cloned().unwrap_or_default()
    }

    /// What a function hands each of its closures to.
    fn takers(&self, function: FnId) -> Rc<Takers> {
        if let Some(known) = self.takers.borrow().get(&function) {
            return Rc::clone(known);
        }
        let mut takers = Takers::new();
        for id in self.program.exprs(function) {
            let Expr::Call { callee, arguments } = self.program.expr(function, id) else { continue };
            for argument in self.program.arguments(function, *arguments) {
                if let Expr::Closure(closure) = self.program.expr(function, argument.value) {
                    takers.entry(*closure).or_default().push(*callee);
                }
            }
        }
        let takers = Rc::new(takers);
        self.takers.borrow_mut().insert(function, Rc::clone(&takers));
        takers
    }
}

/// The calls of a function that are handed each of its closures, by what is called.
pub(super) type Takers = BTreeMap<u32, Vec<ExprId>>;
