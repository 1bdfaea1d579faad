//! Where lists and maps go: the other names they have, and what is put there under those.

use super::puts::PUTS;
use super::{Eval, Frame};
use crate::program::{FnId, GlobalId, Meaning, Owner};
use crate::reach::Site;
use hedgerow_code::ir::{Argument, Def, Expr, ExprId, Facts, LocalId, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many places one container is followed through.
const MAX_PLACES: usize = 1_000;

/// Where a container lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place<'p> {
    Global(GlobalId),
    Field(Owner, &'p str),
    Loose(&'p str),
}

/// Where the value of an expression goes next.
#[derive(Debug, Clone, Copy)]
enum Next<'p> {
    /// It is the value of another one.
    Same(ExprId),
    Local(LocalId),
    Lies(Place<'p>),
    /// It is the argument of a call.
    Passed(ExprId, &'p Argument, u16),
    Returned,
    /// A call puts something there.
    Put(ExprId),
    /// An assignment does.
    Stored(&'p Store),
}

/// Where the values of a function's expressions go.
#[derive(Debug, Default)]
pub(super) struct Uses<'p> {
    next: BTreeMap<ExprId, Vec<Next<'p>>>,
    locals: BTreeMap<LocalId, Vec<ExprId>>,
    /// The calls whose result something else is made of.
    pub(super) taken: BTreeSet<ExprId>,
}

/// Which arguments of a call it puts into a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Those of a method of the container.
    Own,
    /// All that lies in those behind the first one, which is the container.
    Others,
}

/// What is put into a container wherever it lies, each with the way there.
#[derive(Debug, Default)]
pub(super) struct Filled<'p> {
    /// By the calls of its methods, or of functions that take all that is in their other arguments.
    pub(super) calls: Vec<(Frame, ExprId, Takes)>,
    /// By assignments.
    pub(super) stores: Vec<(Frame, &'p Store)>,
    /// What may be put there by somebody outside of the tree.
    pub(super) outside: Vec<Site>,
}

/// Names in expressions from which a container may be filled, handed on, or given another name.
#[derive(Debug, Default)]
pub(super) struct Names<'p> {
    globals: BTreeMap<GlobalId, Vec<Site>>,
    members: BTreeMap<&'p str, Vec<Site>>,
}

impl<'p> Eval<'_, 'p> {
    /// What is put into a container that is written out or made, wherever it lies.
    pub(super) fn fillings(&self, made: Site) -> Rc<Filled<'p>> {
        if let Some(known) = self.filled.borrow().get(&made) {
            return Rc::clone(known);
        }
        let filled = Rc::new(self.follow(made));
        self.filled.borrow_mut().insert(made, Rc::clone(&filled));
        filled
    }

    fn follow(&self, made: Site) -> Filled<'p> {
        let mut filled = Filled::default();
        let start = (Frame::of(made.function), made.expr);
        let mut seen = BTreeSet::from([start.clone()]);
        let mut open = vec![start];
        let mut places = BTreeSet::new();
        while let Some((frame, expr)) = open.pop() {
            if seen.len() > MAX_PLACES {
                filled.outside.push(made);
                break;
            }
            let function = frame.function;
            let uses = self.uses(function);
            let mut found: Vec<(Frame, ExprId)> = Vec::new();
            for next in uses.next.get(&expr).into_iter().flatten() {
                match *next {
                    Next::Same(expr) => found.push((frame.clone(), expr)),
                    Next::Local(local) => {
                        let reads = uses.locals.get(&local).into_iter().flatten();
                        found.extend(reads.map(|read| (frame.clone(), *read)));
                    }
                    // Of what nobody knows whose field it is only what is put there is looked at.
                    Next::Lies(place @ Place::Loose(_)) => {
                        for site in self.reads(place) {
                            let uses = self.uses(site.function);
                            for next in uses.next.get(&site.expr).into_iter().flatten() {
                                let frame = Frame::of(site.function);
                                match *next {
                                    Next::Put(call) => filled.calls.push((frame, call, Takes::Own)),
                                    Next::Stored(store) => filled.stores.push((frame, store)),
                                    _ => {}
                                }
                            }
                        }
                    }
                    Next::Lies(place) if places.insert(place) => {
                        found.extend(self.reads(place).into_iter().map(|site| (Frame::of(site.function), site.expr)));
                    }
                    Next::Lies(_) => {}
                    Next::Put(call) => filled.calls.push((frame.clone(), call, Takes::Own)),
                    Next::Stored(store) => filled.stores.push((frame.clone(), store)),
                    Next::Returned => found.extend(self.given_to(&frame)),
                    Next::Passed(call, argument, at) => {
                        let site = Site { function, expr: call };
                        let targets = self.reach.targets.get(&site).map_or(&[][..], Vec::as_slice);
                        for target in targets {
                            let Some(local) = self.parameter_of(site, *target, argument, at) else { continue };
                            let inner = frame.enter(site, *target);
                            let uses = self.uses(*target);
                            let reads = uses.locals.get(&local).into_iter().flatten();
                            found.extend(reads.map(|read| (inner.clone(), *read)));
                        }
                        if targets.is_empty() {
                            self.handed_out(&frame, site, (argument, at), &uses, &mut filled);
                        }
                    }
                }
            }
            open.extend(found.into_iter().filter(|next| seen.insert(next.clone())));
        }
        filled
    }

    /// The calls that a function gives its result to: the one that is known, or all of them.
    fn given_to(&self, frame: &Frame) -> Vec<(Frame, ExprId)> {
        if let Some((call, before)) = frame.chain.split_last() {
            return vec![(Frame { function: call.function, chain: before.to_vec() }, call.expr)];
        }
        let callers = self.reach.callers.get(&frame.function).map_or(&[][..], Vec::as_slice);
        callers.iter().map(|call| (Frame::of(call.function), call.expr)).collect()
    }

    /// The parameter for which a call passes an argument.
    fn parameter_of(&self, call: Site, function: FnId, argument: &Argument, at: u16) -> Option<LocalId> {
        let program = self.infer.program;
        let parameters = program.parameters(function);
        if let Some(name) = argument.name {
            let name = program.word(call.function, name);
            return parameters.iter().copied().find(|local| program.local_name(function, *local) == name);
        }
        let at = usize::from(at).checked_sub(self.infer.receivers_passed(call.function, call.expr))?;
        // What the rest takes lies in a list of its own.
        let decl = program.function(function);
        let is_rest = argument.spread || (decl.variadic && at + 1 == parameters.len());
        parameters.get(at).copied().filter(|_| !is_rest)
    }

    /// Where a function's values go.
    fn uses(&self, function: FnId) -> Rc<Uses<'p>> {
        if let Some(known) = self.uses.borrow().get(&function) {
            return Rc::clone(known);
        }
        let uses = Rc::new(self.find_uses(function));
        self.uses.borrow_mut().insert(function, Rc::clone(&uses));
        uses
    }

    fn find_uses(&self, function: FnId) -> Uses<'p> {
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let decl = program.function(function);
        let mut uses = Uses::default();
        let add = |uses: &mut Uses<'p>, expr: ExprId, next: Next<'p>| {
            if let Expr::Call { .. } = facts.expr(expr) {
                uses.taken.insert(expr);
            }
            uses.next.entry(expr).or_default().push(next);
        };
        for id in program.exprs(function) {
            match facts.expr(id) {
                Expr::Local(local) => uses.locals.entry(*local).or_default().push(id),
                Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => add(&mut uses, *of, Next::Same(id)),
                Expr::Choice(of) => {
                    program.list(function, *of).iter().for_each(|of| add(&mut uses, *of, Next::Same(id)));
                }
                Expr::Member { of, .. } | Expr::Index { of, .. } => {
                    uses.taken.insert(*of);
                }
                Expr::Concat(left, right) => uses.taken.extend([*left, *right]),
                Expr::Format(of) => uses.taken.extend(program.list(function, *of)),
                Expr::Call { callee, arguments } => {
                    let arguments = facts.arguments(*arguments);
                    if let Expr::Member { of, name } = facts.expr(*callee)
                        && !arguments.is_empty()
                        && PUTS.contains(&facts.word(*name))
                    {
                        add(&mut uses, *of, Next::Put(id));
                    }
                    uses.taken.insert(*callee);
                    for (at, argument) in (0_u16..).zip(arguments) {
                        add(&mut uses, argument.value, Next::Passed(id, argument, at));
                    }
                }
                Expr::New { arguments, .. } => {
                    for (at, argument) in (0_u16..).zip(facts.arguments(*arguments)) {
                        add(&mut uses, argument.value, Next::Passed(id, argument, at));
                    }
                }
                Expr::Composite { ty, parts } => {
                    let ty = program.written(function, *ty);
                    for part in facts.parts(*parts) {
                        uses.taken.insert(part.value);
                        let name = part.field.map(|field| facts.word(field));
                        if let Some((name, (owner, ..))) = name.and_then(|name| Some((name, program.field(ty, name)?)))
                        {
                            add(&mut uses, part.value, Next::Lies(Place::Field(owner, name)));
                        }
                    }
                }
                _ => {}
            }
        }
        for (at, local) in (0_u32..).zip(facts.locals(decl)) {
            for def in facts.defs(local) {
                if let Def::Value { expr, result: 0 } = def {
                    add(&mut uses, *expr, Next::Local(LocalId(at)));
                }
            }
        }
        for store in facts.stores(decl) {
            let base = base(facts, store.target);
            if base != store.target {
                uses.taken.insert(store.value);
                add(&mut uses, base, Next::Stored(store));
            } else if let (0, Some(place)) = (store.result, self.place(function, base)) {
                add(&mut uses, store.value, Next::Lies(place));
            }
        }
        for values in facts.returns(decl.returns) {
            uses.taken.extend(values);
            if let [value] = values {
                add(&mut uses, *value, Next::Returned);
            }
        }
        if decl.name.is_empty() {
            let file = program.file_of(function);
            for (index, global) in (0_u32..).zip(&facts.globals) {
                for (value, _) in global.values.iter().filter(|(_, result)| *result == 0) {
                    add(&mut uses, *value, Next::Lies(Place::Global(GlobalId { file, index })));
                }
            }
        }
        uses
    }

    /// Where what lies in a place is taken from there to be filled, handed on, or given another name.
    fn reads(&self, place: Place<'p>) -> Vec<Site> {
        let program = self.infer.program;
        let named = self.takings();
        let (mut sites, name) = match place {
            Place::Global(id) => {
                (named.globals.get(&id).cloned().unwrap_or_default(), program.global(id).name.as_str())
            }
            Place::Field(_, name) | Place::Loose(name) => (Vec::new(), name),
        };
        let members = named.members.get(name).into_iter().flatten().copied();
        sites.extend(members.filter(|site| self.place(site.function, site.expr) == Some(place)));
        sites
    }

    fn takings(&self) -> Rc<Names<'p>> {
        if let Some(known) = &*self.takings.borrow() {
            return Rc::clone(known);
        }
        let program = self.infer.program;
        let mut named = Names::default();
        for function in self.reach.functions.keys() {
            let facts = program.facts_of(*function);
            let decl = program.function(*function);
            let mut open: Vec<ExprId> = Vec::new();
            for id in program.exprs(*function) {
                match facts.expr(id) {
                    Expr::Call { callee, arguments } => {
                        let arguments = facts.arguments(*arguments);
                        if let Expr::Member { of, name } = facts.expr(*callee)
                            && !arguments.is_empty()
                            && PUTS.contains(&facts.word(*name))
                        {
                            open.push(*of);
                        }
                        open.extend(arguments.iter().map(|argument| argument.value));
                    }
                    Expr::New { arguments, .. } => {
                        open.extend(facts.arguments(*arguments).iter().map(|argument| argument.value));
                    }
                    _ => {}
                }
            }
            for def in facts.locals(decl).iter().flat_map(|local| facts.defs(local)) {
                if let Def::Value { expr, result: 0 } = def {
                    open.push(*expr);
                }
            }
            for store in facts.stores(decl) {
                open.push(store.value);
                let base = base(facts, store.target);
                if base != store.target {
                    open.push(base);
                }
            }
            open.extend(facts.returns(decl.returns).filter(|values| values.len() == 1).flatten());
            if decl.name.is_empty() {
                open.extend(facts.globals.iter().flat_map(|global| &global.values).map(|(value, _)| *value));
            }
            let mut seen = BTreeSet::new();
            while let Some(expr) = open.pop() {
                let site = Site { function: *function, expr };
                match facts.expr(expr) {
                    Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => open.push(*of),
                    Expr::Choice(of) => open.extend(program.list(*function, *of)),
                    Expr::Name(name) if seen.insert(expr) => {
                        let meaning = program.meaning(program.file_of(*function), facts.word(*name));
                        if let Meaning::Global(id) = meaning {
                            named.globals.entry(id).or_default().push(site);
                        }
                    }
                    Expr::Member { name, .. } if seen.insert(expr) => {
                        named.members.entry(facts.word(*name)).or_default().push(site);
                    }
                    _ => {}
                }
            }
        }
        let named = Rc::new(named);
        *self.takings.borrow_mut() = Some(Rc::clone(&named));
        named
    }

    fn place(&self, function: FnId, expr: ExprId) -> Option<Place<'p>> {
        let program = self.infer.program;
        match program.expr(function, expr) {
            Expr::Name(name) => match program.meaning(program.file_of(function), program.word(function, *name)) {
                Meaning::Global(id) => Some(Place::Global(id)),
                _ => None,
            },
            Expr::Member { of, name } => {
                let name = program.word(function, *name);
                match self.infer.qualified(function, *of, name) {
                    Some(Meaning::Global(id)) => return Some(Place::Global(id)),
                    Some(_) => return None,
                    None => {}
                }
                let ty = self.infer.type_of(function, *of, 0);
                let owner = ty.and_then(|ty| match program.field(ty, name) {
                    Some((owner, ..)) => Some(owner),
                    None => program.type_id(ty).map(Owner::Type),
                });
                Some(owner.map_or(Place::Loose(name), |owner| Place::Field(owner, name)))
            }
            _ => None,
        }
    }
}

/// What lies in which something is put by `target[key] = value`; the target itself where it is no element.
fn base(facts: &Facts, target: ExprId) -> ExprId {
    let mut base = target;
    while let Expr::Index { of, .. } = facts.expr(base) {
        base = *of;
    }
    base
}
