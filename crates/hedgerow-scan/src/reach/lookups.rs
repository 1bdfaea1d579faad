//! Look-ups: calls on something unknown that may be those of a map, `conf.get("name")`. Only what may lie there is called by them.

use super::{Site, Stored, Walk};
use crate::program::{FnId, Meaning, TypeId};
use hedgerow_code::ir::{Def, Expr, ExprId, Part};
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

/// What is taken of the value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    /// One of its results; the first is also the value as a whole.
    Result(u16),
    /// Whatever lies in it.
    Element,
}

/// A value that is followed.
type Value = (FnId, ExprId, Taken);

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
        let mut strays = None;
        for ((name, arity), sites) in &self.lookups {
            let targets = self.loose_targets(name, *arity);
            let is_led = |site: &Site, function: &FnId| self.looked_up.contains(&(*site, *function));
            for site in sites.iter().filter(|_| !targets.is_empty()) {
                let mut may = None;
                for (ty, function) in targets.iter().filter(|(_, function)| !is_led(site, function)) {
                    let may = may.get_or_insert_with(|| self.may(*site, &fields));
                    let fits = |other: &TypeId| program.stands_for(*other, *ty) || program.stands_for(*ty, *other);
                    let mut anywhere = || strays.get_or_insert_with(|| self.stray_types(&fields)).iter().any(fits);
                    if may.types.iter().any(fits) || (may.is_lost && anywhere()) {
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
        let Expr::Call { callee, .. } = program.expr(site.function, site.expr) else { return May::default() };
        let Expr::Member { of, .. } = program.expr(site.function, *callee) else { return May::default() };
        self.follow(vec![(site.function, *of, Taken::Result(0))], fields, MAX_FLOW)
    }

    /// The types whose values may lie where nobody sees them.
    fn stray_types(&self, fields: &Fields) -> BTreeSet<TypeId> {
        let open = self.stray_values.iter().map(|(function, value)| (*function, *value, Taken::Result(0)));
        let mut types = self.follow(open.collect(), fields, usize::MAX).types;
        types.extend(&self.strays);
        types
    }

    /// What the values may be, of which none more than `most` are looked at.
    fn follow(&self, mut open: Vec<Value>, fields: &Fields, most: usize) -> May {
        let program = self.infer.program;
        let mut may = May::default();
        let mut seen = BTreeSet::new();
        while let Some(value @ (function, expr, taken)) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            if seen.len() > most {
                may.is_lost = true;
                break;
            }
            let ty = match (program.expr(function, expr), taken) {
                // Each of them has its own type.
                (Expr::Choice(_), _) | (_, Taken::Element) => None,
                (Expr::Call { .. }, Taken::Result(result)) => self.infer.type_of(function, expr, result),
                (_, Taken::Result(0)) => self.infer.type_of(function, expr, 0),
                _ => None,
            };
            match ty.and_then(|ty| program.type_id(ty)) {
                Some(id) => may.types.extend([id]),
                None => may.is_lost |= !self.comes_from(value, fields, &mut open),
            }
        }
        may
    }

    /// Where a value comes from. Says whether that is all.
    fn comes_from(&self, (function, expr, taken): Value, fields: &Fields, open: &mut Vec<Value>) -> bool {
        let program = self.infer.program;
        match program.expr(function, expr) {
            Expr::Local(local) => {
                let defs = program.defs(function, *local);
                let mut is_all = !defs.is_empty();
                for def in defs {
                    is_all &= match *def {
                        Def::Value { expr, result } => match part_of(result, taken) {
                            Some(taken) => {
                                open.push((function, expr, taken));
                                true
                            }
                            None => false,
                        },
                        Def::Parameter(at) => {
                            self.comes_in(function, at, program.local_name(function, *local), taken, open)
                        }
                        Def::Element(of) | Def::Key(of) => {
                            open.push((function, of, Taken::Element));
                            false
                        }
                        _ => false,
                    };
                }
                is_all
            }
            Expr::Name(name) => {
                let meaning = program.meaning(program.file_of(function), program.word(function, *name));
                let Meaning::Global(id) = meaning else { return false };
                let loader = program.loader(id.file);
                let given = program.global(id).values.iter();
                let given = given.filter_map(|(value, result)| Some((loader?, *value, *result)));
                let stored = self.reach.globals.get(&id).into_iter().flatten().map(held);
                self.any_of(given.chain(stored), taken, open)
            }
            Expr::Member { name, .. } => {
                let stored = fields.get(program.word(function, *name));
                self.any_of(stored.into_iter().flatten().map(held), taken, open)
            }
            Expr::Call { .. } => {
                let called = self.reach.targets.get(&Site { function, expr }).map_or(&[][..], Vec::as_slice);
                let is_all =
                    called.iter().map(|called| self.gives(*called, taken, open)).fold(true, |all, is| all & is);
                is_all && !called.is_empty()
            }
            Expr::Choice(of) => {
                open.extend(program.list(function, *of).iter().map(|of| (function, *of, taken)));
                true
            }
            Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => {
                open.push((function, *of, taken));
                true
            }
            Expr::Index { of, .. } => {
                open.push((function, *of, Taken::Element));
                false
            }
            Expr::Composite { parts, .. } => {
                let parts = program.facts_of(function).parts(*parts);
                let is_list = parts.iter().all(|part| part.field.is_none() && part.key.is_none());
                let values = |parts: &[Part], open: &mut Vec<Value>| {
                    open.extend(parts.iter().map(|part| (function, part.value, Taken::Result(0))));
                };
                match taken {
                    // A map, or a list: which has no look-ups itself, but may be taken apart.
                    Taken::Result(0) => {
                        values(if is_list { parts.get(..1).unwrap_or_default() } else { &[] }, open);
                        true
                    }
                    // Which one is not sure where others are spread before it.
                    Taken::Result(_) | Taken::Element => {
                        values(parts, open);
                        is_list && !parts.is_empty()
                    }
                }
            }
            Expr::Text(_) | Expr::Number(_) | Expr::Format(_) => true,
            _ => false,
        }
    }

    /// What lies in a variable or a field by what is seen to be stored there. Nobody stores only nothing: who does so leaves the rest to
    /// what is not seen.
    fn any_of(&self, stored: impl Iterator<Item = (FnId, ExprId, u16)>, taken: Taken, open: &mut Vec<Value>) -> bool {
        let program = self.infer.program;
        let is_nothing = |function, expr| matches!(program.expr(function, expr), Expr::Choice(of) if program.list(function, *of).is_empty());
        let mut is_any = false;
        let mut is_all = true;
        for (function, expr, result) in stored {
            match part_of(result, taken) {
                Some(taken) => open.push((function, expr, taken)),
                None => is_all = false,
            }
            is_any |= !is_nothing(function, expr);
        }
        is_any && is_all
    }

    /// What a function gives back. Says whether that is all: one that returns nothing yields something, if it is asked for a value.
    fn gives(&self, called: FnId, taken: Taken, open: &mut Vec<Value>) -> bool {
        let program = self.infer.program;
        let before = open.len();
        let mut is_all = true;
        for values in program.facts_of(called).returns(program.function(called).returns) {
            match (values, taken) {
                ([], _) => {}
                ([value], taken) => open.push((called, *value, taken)),
                (values, Taken::Result(result)) => match values.get(usize::from(result)) {
                    Some(value) => open.push((called, *value, Taken::Result(0))),
                    None => is_all = false,
                },
                (values, Taken::Element) => open.extend(values.iter().map(|value| (called, *value, Taken::Result(0)))),
            }
        }
        if open.len() == before {
            let is_value = |expr: &ExprId| {
                matches!(program.expr(called, *expr), Expr::Local(_) | Expr::Call { .. } | Expr::New { .. })
            };
            open.extend(program.exprs(called).filter(is_value).map(|expr| (called, expr, Taken::Result(0))));
            return false;
        }
        is_all
    }

    /// What the calls of a function pass for a parameter. Says whether all of them are seen.
    fn comes_in(&self, function: FnId, at: u16, name: &str, taken: Taken, open: &mut Vec<Value>) -> bool {
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
            open.extend(named.or_else(in_place).map(|argument| (call.function, argument.value, taken)));
        }
        is_all
    }

    /// Values that go where they are not followed one by one: into lists and maps, and out of functions without a name.
    pub(super) fn stray(&mut self, function: FnId, value: ExprId) {
        let program = self.infer.program;
        let is_one = !matches!(program.expr(function, value), Expr::Choice(_));
        let id = self.infer.type_of(function, value, 0).and_then(|ty| program.type_id(ty)).filter(|_| is_one);
        match (id, program.expr(function, value)) {
            (Some(id), _) => {
                self.strays.insert(id);
            }
            (None, Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } | Expr::Call { .. } | Expr::Choice(_)) => {
                self.stray_values.insert((function, value));
            }
            _ => {}
        }
    }
}

/// The value that something stored stands for, with which of its results.
fn held(stored: &Stored) -> (FnId, ExprId, u16) {
    match *stored {
        Stored::Value(site, result) | Stored::Part(site, result) => (site.function, site.expr, result),
        Stored::Address(site, _) => (site.function, site.expr, 0),
    }
}

/// What is taken of an expression if `taken` is taken of its `result`-th value.
fn part_of(result: u16, taken: Taken) -> Option<Taken> {
    match (result, taken) {
        (0, taken) => Some(taken),
        (result, Taken::Result(0)) => Some(Taken::Result(result)),
        _ => None,
    }
}
