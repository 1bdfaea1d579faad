//! Functions and methods that are taken as values: where they are called, and where they go out of sight.

use super::{Site, Target, Walk};
use crate::held::{Called, Holds, holds};
use crate::infer::Callee;
use crate::outside::PathId;
use crate::program::{FnId, Found, Meaning, Ty, TypeId};
use hedgerow_code::HandedClass;
use hedgerow_code::ir::{Argument, Def, Expr, ExprId};
use std::collections::BTreeSet;

impl<'p> Walk<'_, 'p> {
    /// The arguments of a call whose functions are followed into what is called.
    pub(super) fn followed(&self, target: Option<&Target>, arguments: &[Argument]) -> Vec<ExprId> {
        let room = match target {
            Some(Target::Inside(Callee::Function(called))) => {
                let decl = self.infer.program.function(*called);
                decl.parameters.len() - usize::from(decl.variadic && !decl.parameters.is_empty())
            }
            Some(Target::Inside(Callee::Dispatch(..) | Callee::Type(_))) => usize::MAX,
            _ => 0,
        };
        let arguments = arguments.iter().take(room).filter(|argument| argument.name.is_none() && !argument.spread);
        arguments.map(|argument| argument.value).collect()
    }

    /// Of the functions that are taken as values, those that go where nobody follows them: neither called where they are,
    /// nor passed to somebody who is followed, nor held by a local of which the same is true.
    pub(super) fn lose(&mut self, function: FnId, followed: &BTreeSet<ExprId>) {
        let taken = std::mem::take(&mut self.taken);
        if taken.is_empty() {
            return;
        }
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let decl = program.function(function);
        // What a module of JavaScript exports is followed by the name it is imported under.
        if decl.name.is_empty() && program.semantics(program.file_of(function)).exports_by_name() {
            return;
        }
        let locals = facts.locals(decl);
        let holders = |expr: ExprId| {
            let is_value = move |def: &Def| matches!(def, Def::Value { expr: value, result: 0 } if *value == expr);
            (0..locals.len()).filter(move |at| facts.defs(&locals[*at]).iter().any(is_value))
        };
        for (expr, held) in taken.into_iter().filter(|(expr, _)| !followed.contains(expr)) {
            let mut open: Vec<usize> = holders(expr).collect();
            let mut seen: BTreeSet<usize> = open.iter().copied().collect();
            let mut strays = open.is_empty();
            while let Some(local) = open.pop().filter(|_| !strays) {
                let uses = program.exprs(function).filter(|id| {
                    let is_it = matches!(facts.expr(*id), Expr::Local(other) if other.0 as usize == local);
                    is_it && !followed.contains(id)
                });
                for id in uses {
                    let mut next = holders(id).peekable();
                    strays |= next.peek().is_none();
                    open.extend(next.filter(|local| seen.insert(*local)));
                }
            }
            if strays {
                self.reach.lost.entry(held).or_insert(Site { function, expr });
            }
        }
    }

    /// A call of a value: of the functions that it holds.
    pub(super) fn held(&mut self, site: Site, callee: ExprId) {
        for held in holds(self.infer, site.function, callee) {
            match held {
                Holds::Known(called) => self.call_held(site, called),
                Holds::Parameter(parameter) => {
                    for (site, called) in self.held.call(parameter, site) {
                        self.call_held(site, called);
                    }
                }
            }
        }
    }

    /// What a call of one of several leads to besides the first that comes from outside of the tree.
    pub(super) fn others(&mut self, site: Site, callee: ExprId, first: PathId) {
        self.held(site, callee);
        let either = self.infer.either(site.function, callee).into_iter();
        let paths: BTreeSet<String> = either.filter_map(|one| self.infer.origin(site.function, one)).collect();
        for path in paths {
            let path = self.path(site.function, path);
            if path != first {
                self.reach.external.push((site, path));
            }
        }
    }

    fn call_held(&mut self, site: Site, called: Called) {
        match called {
            Called::Function(function) => self.call_one(site, function),
            Called::Class(id) => {
                if let Expr::Call { arguments, .. } = self.infer.program.expr(site.function, site.expr) {
                    let passed = self.infer.program.arguments(site.function, *arguments);
                    self.made(site, Ty::Declared(id), passed);
                }
            }
        }
    }

    /// A call hands on the functions that its arguments hold.
    pub(super) fn hand(&mut self, site: Site, function: FnId) {
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) =
            self.infer.program.expr(site.function, site.expr)
        else {
            return;
        };
        let arguments = self.infer.program.arguments(site.function, *arguments);
        let before = self.infer.receivers_passed(site.function, site.expr);
        let program = self.infer.program;
        for (at, argument) in (0_u16..).zip(arguments.iter().skip(before)) {
            let at = match argument.name {
                None => Some(at),
                Some(name) => {
                    let name = program.word(site.function, name);
                    let mut parameters = (0_u16..).zip(program.parameters(function));
                    parameters.find(|(_, local)| program.local_name(function, **local) == name).map(|(at, _)| at)
                }
            };
            let Some(at) = at else { continue };
            for held in holds(self.infer, site.function, argument.value) {
                let led = match held {
                    Holds::Known(held) => self.held.pass((function, at), held),
                    Holds::Parameter(from) => self.held.pass_on(from, (function, at)),
                };
                for (site, called) in led {
                    self.call_held(site, called);
                }
            }
        }
    }

    /// A method that is taken as a function of its receiver: it may be called with any receiver and any arguments.
    fn method_expression(&mut self, site: Site, id: TypeId, name: &'p str) {
        match self.infer.program.method(Ty::Declared(id), name) {
            Some(Found::Function(method)) => {
                self.reach.unbound.entry(method).or_insert(site);
                self.reach.lost.entry(method).or_insert(site);
                self.add(method, Some(site));
            }
            Some(Found::Dispatch(_)) => self.dispatched.entry((id, name)).or_default().sites.push(site),
            Some(Found::External(_) | Found::Field(_)) | None => {}
        }
    }

    /// A function, a method or a type that is named without being called here.
    pub(super) fn reference(&mut self, site: Site) {
        let program = self.infer.program;
        let meaning = match program.expr(site.function, site.expr) {
            Expr::Name(name) => program.meaning(program.file_of(site.function), program.word(site.function, *name)),
            Expr::Member { of, name } => {
                match self.infer.qualified(site.function, *of, program.word(site.function, *name)) {
                    Some(meaning) => meaning,
                    None => {
                        let name = program.word(site.function, *name);
                        if let Some(id) = self.infer.receiver_type(site.function, *of) {
                            return self.method_expression(site, id, name);
                        }
                        if let Some((id, property)) = self.infer.property(site.function, *of, name) {
                            self.call_one(site, property);
                            // Classes that extend this one may have one of their own.
                            self.dispatched.entry((id, name)).or_default().sites.push(site);
                            return;
                        }
                        if let Some(ty) = self.infer.type_of(site.function, *of, 0) {
                            match program.bound(ty, name) {
                                Some(Found::Function(function)) => {
                                    self.reach.bound.entry(function).or_default().push(site);
                                    self.taken.push((site.expr, function));
                                    self.add(function, Some(site));
                                }
                                Some(Found::Dispatch(id)) => {
                                    self.dispatched.entry((id, name)).or_default().sites.push(site);
                                }
                                Some(Found::External(_) | Found::Field(_)) | None => {}
                            }
                        }
                        return;
                    }
                }
            }
            _ => return,
        };
        match meaning {
            Meaning::Function(function) => {
                self.taken.push((site.expr, function));
                self.add(function, Some(site));
            }
            // A class handed on as a value is made by whoever gets it.
            Meaning::Type(id) => match program.semantics(program.ty(id).0).handed_class() {
                HandedClass::Unmade => {}
                HandedClass::Contained => self.handed(id, Some(site)),
                HandedClass::Made => {
                    self.strays.insert(id);
                    self.make(id);
                }
            },
            _ => {}
        }
    }
}
