//! Look-ups: calls on something unknown that may be those of a map, `conf.get("name")`. Only what may lie there is called by them.

use super::{Site, Stored, Walk};
use crate::program::{FnId, Meaning, TypeId};
use hedgerow_code::ir::{Def, Expr, ExprId};
use std::collections::{BTreeMap, BTreeSet};

/// How many expressions are looked at for where one value comes from; behind that it may be anything.
const MAX_FLOW: usize = 200;

/// What a value may be.
#[derive(Debug, Default)]
struct May {
    types: BTreeSet<TypeId>,
    /// Whether it comes from where nobody sees it.
    is_lost: bool,
}

/// What is stored in fields of each name.
type Fields<'p> = BTreeMap<&'p str, Vec<Stored>>;

impl<'p> Walk<'_, 'p> {
    /// Leads look-ups to the methods of the classes whose values may lie there. Says whether any was new.
    pub(super) fn look_up(&mut self) -> bool {
        if self.lookups.is_empty() {
            return false;
        }
        let program = self.infer.program;
        let mut fields: Fields = self.reach.loose_fields.clone();
        for ((_, name), stored) in &self.reach.fields {
            fields.entry(name).or_default().extend(stored);
        }
        let mut found = Vec::new();
        for ((name, arity), sites) in &self.lookups {
            let targets = self.loose_targets(name, *arity);
            let is_led = |site: &Site, function: &FnId| self.looked_up.contains(&(*site, *function));
            for site in sites.iter().filter(|_| !targets.is_empty()) {
                let mut may = None;
                for (ty, function) in targets.iter().filter(|(_, function)| !is_led(site, function)) {
                    let may = may.get_or_insert_with(|| self.may(*site, &fields));
                    let fits = |other: &TypeId| program.stands_for(*other, *ty) || program.stands_for(*ty, *other);
                    if may.types.iter().any(fits) || (may.is_lost && self.strays.iter().any(fits)) {
                        found.push((*site, *function));
                    }
                }
            }
        }
        let is_any = !found.is_empty();
        for (site, function) in found {
            self.looked_up.insert((site, function));
            self.call(site, function);
        }
        is_any
    }

    /// What a call of a method may run on.
    fn may(&self, site: Site, fields: &Fields) -> May {
        let program = self.infer.program;
        let mut may = May::default();
        let Expr::Call { callee, .. } = program.expr(site.function, site.expr) else { return may };
        let Expr::Member { of, .. } = program.expr(site.function, *callee) else { return may };
        let mut open = vec![(site.function, *of)];
        let mut seen = BTreeSet::new();
        while let Some((function, expr)) = open.pop() {
            if !seen.insert((function, expr)) {
                continue;
            }
            if seen.len() > MAX_FLOW {
                may.is_lost = true;
                break;
            }
            match self.infer.type_of(function, expr, 0).and_then(|ty| program.type_id(ty)) {
                Some(id) => may.types.extend([id]),
                None if self.comes_from(function, expr, fields, &mut open) => {}
                None => may.is_lost = true,
            }
        }
        may
    }

    /// Where a value comes from. Says whether that is all.
    fn comes_from(&self, function: FnId, expr: ExprId, fields: &Fields, open: &mut Vec<(FnId, ExprId)>) -> bool {
        let program = self.infer.program;
        let before = open.len();
        let values = |stored: &Vec<Stored>, open: &mut Vec<(FnId, ExprId)>| {
            open.extend(stored.iter().map(|stored| match stored {
                Stored::Value(site, _) | Stored::Part(site, _) | Stored::Address(site, _) => (site.function, site.expr),
            }));
        };
        match program.expr(function, expr) {
            Expr::Local(local) => {
                let defs = program.defs(function, *local);
                let is_all = defs.iter().all(|def| match *def {
                    Def::Value { expr, .. } => {
                        open.push((function, expr));
                        true
                    }
                    Def::Parameter(at) => self.comes_in(function, at, program.local_name(function, *local), open),
                    _ => false,
                });
                is_all && !defs.is_empty()
            }
            Expr::Name(name) => {
                let meaning = program.meaning(program.file_of(function), program.word(function, *name));
                let Meaning::Global(id) = meaning else { return false };
                let given = program.global(id).values.iter().map(|(value, _)| *value);
                open.extend(
                    program.loader(id.file).into_iter().flat_map(|loader| given.clone().map(move |v| (loader, v))),
                );
                self.reach.globals.get(&id).into_iter().for_each(|stored| values(stored, open));
                open.len() > before
            }
            Expr::Member { name, .. } => {
                let stored = fields.get(program.word(function, *name));
                stored.into_iter().for_each(|stored| values(stored, open));
                open.len() > before
            }
            Expr::Call { .. } => {
                let called = self.reach.targets.get(&Site { function, expr }).into_iter().flatten();
                for called in called {
                    let returns = program.facts_of(*called).returns(program.function(*called).returns);
                    open.extend(returns.filter_map(|values| values.first()).map(|value| (*called, *value)));
                }
                open.len() > before
            }
            Expr::Choice(of) => {
                open.extend(program.list(function, *of).iter().map(|of| (function, *of)));
                true
            }
            Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => {
                open.push((function, *of));
                true
            }
            Expr::Text(_) | Expr::Number(_) | Expr::Format(_) | Expr::Composite { .. } => true,
            _ => false,
        }
    }

    /// What the calls of a function pass for a parameter. Says whether all of them are seen.
    fn comes_in(&self, function: FnId, at: u16, name: &str, open: &mut Vec<(FnId, ExprId)>) -> bool {
        let program = self.infer.program;
        let callers = self.reach.callers.get(&function).map_or(&[][..], Vec::as_slice);
        let mut is_all = !callers.is_empty() && !self.reach.lost.contains_key(&function);
        for call in callers {
            let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(call.function, call.expr)
            else {
                is_all = false;
                continue;
            };
            let arguments = program.arguments(call.function, *arguments);
            let by_name = |word| program.word(call.function, word) == name;
            let place = usize::from(at) + self.infer.receivers_passed(call.function, call.expr);
            let named = arguments.iter().find(|argument| argument.name.is_some_and(by_name));
            let in_place = || arguments.get(place).filter(|argument| argument.name.is_none());
            is_all &= !arguments.iter().any(|argument| argument.spread);
            open.extend(named.or_else(in_place).map(|argument| (call.function, argument.value)));
        }
        is_all
    }

    /// Values that go where they are not followed one by one: into lists and maps, and out of functions without a name.
    pub(super) fn stray(&mut self, function: FnId, value: ExprId) {
        let id = self.infer.type_of(function, value, 0).and_then(|ty| self.infer.program.type_id(ty));
        self.strays.extend(id);
    }
}
