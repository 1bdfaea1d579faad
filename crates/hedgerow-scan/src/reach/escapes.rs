//! Values that go where the scan cannot follow: what is there may call every method that is visible there.

use super::{Site, Stored, Walk};
use crate::held::Slot;
use crate::infer::Callee;
use crate::program::{FnId, Found, Meaning, Owner, Ty, TypeId};
use hedgerow_code::ir::{Def, Expr, ExprId, LocalId, TypeRef};
use std::collections::BTreeSet;

/// What has gone out of sight, each once.
#[derive(Debug, Default)]
pub(super) struct Gone<'p> {
    exprs: BTreeSet<(FnId, ExprId)>,
    locals: BTreeSet<(FnId, LocalId)>,
    slots: BTreeSet<Slot<'p>>,
}

impl<'p> Walk<'_, 'p> {
    /// A value goes where the scan cannot follow, with whatever lies in it, by whatever way it came.
    pub(super) fn escape(&mut self, function: FnId, value: ExprId) {
        let mut open = vec![(function, value)];
        while let Some((function, value)) = open.pop() {
            if self.gone.exprs.insert((function, value)) {
                self.escape_one(function, value, &mut open);
            }
        }
    }

    /// The type of one value goes out of sight, or what it is made of does.
    fn escape_one(&mut self, function: FnId, value: ExprId, open: &mut Vec<(FnId, ExprId)>) {
        let program = self.infer.program;
        let site = Site { function, expr: value };
        let ty = self.infer.type_of(function, value, 0);
        if let Some(id) = ty.and_then(|ty| program.type_id(ty)) {
            if let TypeRef::Interface { .. } = program.ty(id).1.ty {
                for name in program.asks_for(id) {
                    self.dispatched.entry((id, name)).or_default().sites.push(site);
                }
            } else {
                self.escape_type(id, Some(site));
            }
            return;
        }
        let facts = program.facts_of(function);
        if program.semantics(program.file_of(function)).calls_by_text() {
            self.called_by_text(site);
        }
        match facts.expr(value) {
            Expr::Composite { parts, .. } => {
                open.extend(facts.parts(*parts).iter().map(|part| (function, part.value)));
            }
            Expr::Address(of) | Expr::Deref(of) | Expr::Cast { of, .. } | Expr::Index { of, .. } => {
                open.push((function, *of));
            }
            Expr::Choice(of) => open.extend(program.list(function, *of).iter().map(|of| (function, *of))),
            Expr::Local(local) if self.gone.locals.insert((function, *local)) => {
                for def in program.defs(function, *local) {
                    match *def {
                        Def::Value { expr, .. } | Def::Element(expr) => open.push((function, expr)),
                        Def::Parameter(at) => open.extend(self.leave(Slot::Parameter(function, at))),
                        _ => {}
                    }
                }
            }
            Expr::Name(_) | Expr::Member { .. } => {
                if let Some(slot) = self.slot(function, value) {
                    open.extend(self.leave(slot));
                }
            }
            Expr::Call { callee, arguments } => {
                let arguments = || facts.arguments(*arguments).iter().map(|argument| (function, argument.value));
                match self.infer.callee(function, *callee) {
                    Some(Callee::Function(called)) => open.extend(self.leave(Slot::Result(called))),
                    Some(Callee::Builtin("append")) => open.extend(arguments()),
                    Some(Callee::Builtin(path)) if self.is_made_of(function, path) => open.extend(arguments()),
                    Some(Callee::External(path)) if self.is_made_of(function, &path) => open.extend(arguments()),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Whether values of a type, or what lies in them, are of a type from outside of the tree.
    pub(super) fn is_outside(&self, ty: Ty<'p>) -> bool {
        let program = self.infer.program;
        let is_one = |ty| program.external(ty).is_some();
        is_one(ty) || program.element(ty).is_some_and(is_one)
    }

    /// Whether a value is one from outside of the tree.
    pub(super) fn is_from_outside(&self, function: FnId, value: ExprId) -> bool {
        let program = self.infer.program;
        match self.infer.type_of(function, value, 0) {
            Some(ty) if program.type_id(ty).is_some() => false,
            Some(ty) if program.external(ty).is_some() => true,
            _ => self.infer.origin(function, value).is_some(),
        }
    }

    /// Something is put into a value from outside of the tree.
    pub(super) fn out_of_sight(&mut self, value: Stored) {
        if let Stored::Value(site, _) = value {
            self.lose_held(site.function, site.expr);
            self.escape(site.function, site.expr);
        }
    }

    /// What a text names that is called where it goes: a function, `Class::method`, or the method of what stands beside it.
    fn called_by_text(&mut self, site: Site) {
        let program = self.infer.program;
        let (function, file) = (site.function, program.file_of(site.function));
        let text = |expr| match program.expr(function, expr) {
            Expr::Text(text) => Some(program.word(function, *text)),
            _ => None,
        };
        let class = |name: &'p str| match program.meaning(file, name) {
            Meaning::Type(id) => Some(id),
            _ => None,
        };
        let found = match program.expr(function, site.expr) {
            Expr::Text(named) => match program.word(function, *named).split_once("::") {
                Some((of, name)) => class(of).and_then(|id| program.method_of(id, name)),
                None => match program.meaning(file, program.word(function, *named)) {
                    Meaning::Function(found) => Some(Found::Function(found)),
                    _ => None,
                },
            },
            Expr::Composite { parts, .. } => match program.parts(function, *parts) {
                [of, name] => {
                    let ty = self.infer.type_of(function, of.value, 0).and_then(|ty| program.type_id(ty));
                    let id = ty.or_else(|| text(of.value).and_then(class));
                    text(name.value).and_then(|name| program.method_of(id?, name))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(Found::Function(found)) = found {
            self.reach.lost.entry(found).or_insert(site);
            self.add(found, Some(site));
        }
    }

    /// The global or the field that an expression reads.
    fn slot(&self, function: FnId, expr: ExprId) -> Option<Slot<'p>> {
        let program = self.infer.program;
        let meaning = match program.expr(function, expr) {
            Expr::Name(name) => program.meaning(program.file_of(function), program.word(function, *name)),
            Expr::Member { of, name } => {
                let name = program.word(function, *name);
                match self.infer.qualified(function, *of, name) {
                    Some(meaning) => meaning,
                    None => {
                        let ty = self.infer.type_of(function, *of, 0)?;
                        let owner = program.field(ty, name).map(|(owner, ..)| owner);
                        return Some(Slot::Field(owner.or_else(|| program.type_id(ty).map(Owner::Type))?, name));
                    }
                }
            }
            _ => return None,
        };
        match meaning {
            Meaning::Global(id) => Some(Slot::Global(id)),
            _ => None,
        }
    }

    /// What lies in a place goes out of sight: what came there so far.
    fn leave(&mut self, slot: Slot<'p>) -> Vec<(FnId, ExprId)> {
        let program = self.infer.program;
        if !self.gone.slots.insert(slot) {
            return Vec::new();
        }
        let exprs = |stored: Option<&Vec<Stored>>| {
            let of = |stored: &Stored| match *stored {
                Stored::Value(site, _) | Stored::Part(site, _) => Some((site.function, site.expr)),
                Stored::Address(..) => None,
            };
            stored.into_iter().flatten().filter_map(of).collect::<Vec<_>>()
        };
        match slot {
            Slot::Parameter(function, at) => {
                let calls = self.reach.callers.get(&function).into_iter().flatten();
                calls.flat_map(|call| self.passed_for(*call, function, at)).collect()
            }
            Slot::Global(id) => {
                let mut found = exprs(self.reach.globals.get(&id));
                let loader = program.loader(id.file);
                let values = program.global(id).values.iter().map(|(value, _)| *value);
                found.extend(loader.into_iter().flat_map(|loader| values.clone().map(move |value| (loader, value))));
                found
            }
            Slot::Field(owner, name) => exprs(self.reach.fields.get(&(owner, name))),
            Slot::Result(function) => {
                let facts = program.facts_of(function);
                let returns = facts.returns(program.function(function).returns);
                returns.filter_map(|values| values.first()).map(|value| (function, *value)).collect()
            }
        }
    }

    /// What a call passes for a parameter.
    fn passed_for(&self, call: Site, function: FnId, at: u16) -> Vec<(FnId, ExprId)> {
        let program = self.infer.program;
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(call.function, call.expr)
        else {
            return Vec::new();
        };
        let arguments = program.arguments(call.function, *arguments);
        let at = usize::from(at);
        let Some(local) = program.parameters(function).get(at) else { return Vec::new() };
        let name = program.local_name(function, *local);
        let is_it = |written| program.word(call.function, written) == name;
        let decl = program.function(function);
        let most = if decl.variadic && at + 1 == decl.parameters.len() { usize::MAX } else { 1 };
        let place = at + self.infer.receivers_passed(call.function, call.expr);
        let placed = arguments.iter().filter(|argument| argument.name.is_none()).skip(place).take(most);
        let named = arguments.iter().filter(|argument| argument.name.is_some_and(is_it));
        named.chain(placed).map(|argument| (call.function, argument.value)).collect()
    }

    /// A value comes to a place, whose values may go out of sight.
    pub(super) fn comes_to(&mut self, slot: Slot<'p>, function: FnId, value: ExprId) {
        if self.gone.slots.contains(&slot) {
            self.escape(function, value);
        }
    }

    /// A call passes values to parameters whose values may go out of sight.
    pub(super) fn passes(&mut self, call: Site, function: FnId) {
        let is_of = |slot: &&Slot| matches!(slot, Slot::Parameter(of, _) if *of == function);
        let from = Slot::Parameter(function, 0)..=Slot::Parameter(function, u16::MAX);
        let gone: Vec<u16> = self
            .gone
            .slots
            .range(from)
            .filter(is_of)
            .filter_map(|slot| match slot {
                Slot::Parameter(_, at) => Some(*at),
                _ => None,
            })
            .collect();
        for at in gone {
            for (function, value) in self.passed_for(call, function, at) {
                self.escape(function, value);
            }
        }
    }

    pub(super) fn escape_type(&mut self, id: TypeId, site: Option<Site>) {
        if !self.escaped.insert(id) {
            return;
        }
        self.strays.insert(id);
        self.make(id);
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let semantics = program.semantics(file);
        let methods: Vec<_> = program.own_methods(id).collect();
        for (name, function) in methods {
            if semantics.is_exported(name) {
                self.add(function, site);
            }
        }
        if let TypeRef::Struct(fields) = &decl.ty {
            for field in fields.iter().filter(|field| field.embedded) {
                let Some(inner) = program.type_id(Ty::Written { file, r: &field.ty }) else { continue };
                match (&program.ty(inner).1.ty, site) {
                    // Whoever is behind the interface may be called by its methods.
                    (TypeRef::Interface { .. }, Some(site)) => {
                        for name in program.asks_for(inner) {
                            self.dispatched.entry((inner, name)).or_default().sites.push(site);
                        }
                    }
                    _ => self.escape_type(inner, site),
                }
            }
        }
    }
}
