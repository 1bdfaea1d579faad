//! Functions and methods that are taken as values: where they are called, and where they go out of sight.

use super::{Site, Target, Walk};
use crate::held::{Called, Holds, Slot, holds, is_made_of};
use crate::infer::Callee;
use crate::outside::PathId;
use crate::program::{FnId, Found, Meaning, Ty, TypeId};
use hedgerow_code::HandedClass;
use hedgerow_code::ir::{Argument, Def, Expr, ExprId};
use std::collections::BTreeSet;

/// The methods that functions have for being called.
const APPLIES: &[&str] = &["call", "apply", "invoke", "Invoke", "accept", "test"];

impl<'p> Walk<'_, 'p> {
    /// The arguments of a call whose functions are followed into what is called.
    pub(super) fn followed(&self, function: FnId, target: Option<&Target>, arguments: &[Argument]) -> Vec<ExprId> {
        let path = match target {
            Some(Target::Outside(path)) => self.reach.paths.get(*path).path.as_str(),
            Some(Target::Inside(Callee::Builtin(name))) => name,
            _ => "",
        };
        if !path.is_empty() && self.is_made_of(function, path) {
            return arguments.iter().map(|argument| argument.value).collect();
        }
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
        for held in holds(self.infer, self.packs, site.function, callee) {
            match held {
                Holds::Known(called) => self.call_held(site, called),
                Holds::Slot(slot) => {
                    for (site, called) in self.held.call(slot, site) {
                        self.call_held(site, called);
                    }
                }
            }
        }
    }

    /// What an expression holds comes to a place from which it may be called.
    pub(super) fn lay(&mut self, function: FnId, expr: ExprId, to: Slot<'p>) {
        for held in holds(self.infer, self.packs, function, expr) {
            let led = match held {
                Holds::Known(held) => self.held.pass(to, held),
                Holds::Slot(from) => self.held.pass_on(from, to),
            };
            for (site, called) in led {
                self.call_held(site, called);
            }
        }
        self.note_losses();
    }

    /// What an expression holds goes where nobody follows it.
    pub(super) fn lose_held(&mut self, function: FnId, expr: ExprId) {
        let site = Site { function, expr };
        for held in holds(self.infer, self.packs, function, expr) {
            match held {
                Holds::Known(Called::Function(held)) => {
                    self.reach.lost.entry(held).or_insert(site);
                }
                // A parameter's functions are the caller's; what becomes of them is followed as far as calls are seen.
                Holds::Known(_) | Holds::Slot(Slot::Parameter(..) | Slot::Result(_)) => {}
                Holds::Slot(slot) => self.held.lose(slot, site),
            }
        }
        self.note_losses();
    }

    fn note_losses(&mut self) {
        for (called, site) in self.held.losses() {
            if let Called::Function(function) = called {
                self.reach.lost.entry(function).or_insert(site);
            }
        }
    }

    /// Whether what a call from a function gives consists of what it is passed.
    pub(super) fn is_made_of(&self, function: FnId, path: &str) -> bool {
        let program = self.infer.program;
        is_made_of(self.packs, program.files[program.file_of(function) as usize].language, path)
    }

    /// A function that is called by a method of its own: `handler.call(event)`, `handler.apply(event)`.
    pub(super) fn applied(&mut self, site: Site, callee: ExprId) {
        let program = self.infer.program;
        if let Expr::Member { of, name } = program.expr(site.function, callee)
            && APPLIES.contains(&program.word(site.function, *name))
        {
            self.held(site, *of);
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
            Called::Closure(function, closure) => {
                if self.led_closures.insert((site, function, closure)) {
                    self.reach.closure_calls.entry((function, closure)).or_default().push(site);
                    self.reach.called_closures.entry(site).or_default().push((function, closure));
                }
            }
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
            self.lay(site.function, argument.value, Slot::Parameter(function, at));
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
