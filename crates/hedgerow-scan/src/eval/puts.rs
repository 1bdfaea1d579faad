//! What calls put into lists and maps: `urls.append(url)`, `endpoints.put("ledger", url)`.

use super::{Eval, Frame};
use crate::program::{FnId, GlobalId, Meaning, Owner};
use crate::reach::{Site, Stored};
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::ir::{ALL, Argument, Def, Expr, ExprId, LocalId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The methods that put a value under a key.
pub(super) const PUTS: &[&str] = &[
    "put",
    "set",
    "Add",
    "insert",
    "putIfAbsent",
    "setdefault",
    "TryAdd",
    "store",
    "putAll",
    "update",
    "merge!",
    "extend",
    "AddRange",
    "addAll",
    "push",
    "append",
    "add",
    "push_back",
    "unshift",
];

/// Those of them that put all there is in another container.
const ALL_OF: &[&str] = &["putAll", "update", "merge!", "extend", "AddRange", "addAll"];

/// Those of them that put each of the values there that they are passed.
const EACH_OF: &[&str] = &["push", "append", "push_back", "unshift"];

/// Where a container lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'p> {
    Local(FnId, LocalId),
    Global(GlobalId),
    Field(Owner, &'p str),
    Loose(&'p str),
}

/// The calls that put something into what lies in places, and the places of values that are written out or made.
#[derive(Debug, Default)]
pub(super) struct Filled<'p> {
    puts: BTreeMap<Place<'p>, Vec<Site>>,
    places: BTreeMap<Site, Vec<Place<'p>>>,
}

impl<'p> Eval<'_, 'p> {
    /// The calls that put something into a container, each with the method's name and what is handed to it.
    fn putting(&self, made: Site) -> Vec<(Site, &'p str, &'p [Argument])> {
        let program = self.infer.program;
        let filled = self.puts();
        let places = filled.places.get(&made).map_or(&[][..], Vec::as_slice);
        let calls = places.iter().filter_map(|place| filled.puts.get(place)).flatten();
        let named = calls.filter_map(|call| {
            let Expr::Call { callee, arguments } = program.expr(call.function, call.expr) else { return None };
            let Expr::Member { name, .. } = program.expr(call.function, *callee) else { return None };
            Some((*call, program.word(call.function, *name), program.arguments(call.function, *arguments)))
        });
        named.collect()
    }

    /// What calls put into a container under a key, or anywhere.
    pub(super) fn put_into(&self, made: Site, key: Option<&str>) -> Values {
        let mut values = Values::default();
        for (call, name, arguments) in self.putting(made) {
            let found = self.put(&Frame::of(call.function), name, arguments, (made, key));
            values.add(&if call.function == made.function {
                found
            } else {
                found.across(Crossing { site: call, way: Way::Result })
            });
        }
        values
    }

    /// What one call of a method puts into a container under a key, or anywhere.
    fn put(&self, frame: &Frame, name: &str, arguments: &'p [Argument], (made, key): (Site, Option<&str>)) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        let takes_all = ALL_OF.contains(&name);
        let (named, placed): (Vec<&Argument>, Vec<&Argument>) =
            arguments.iter().partition(|argument| argument.name.is_some());
        // What has a name is put under it, or is an argument of its own: `dict.setdefault("ledger", default=url)`.
        for argument in named {
            let name = argument.name.map(|name| program.word(frame.function, name));
            if name == Some(ALL) {
                values.add(&self.elements(&self.eval(frame, argument.value, 0), key));
            } else if key.is_none() || name == key || !(takes_all || placed.is_empty()) {
                values.add(&self.eval(frame, argument.value, 0));
            }
        }
        let one = |argument: &Argument| {
            let value = self.eval(frame, argument.value, 0);
            if argument.spread { self.elements(&value, None) } else { (*value).clone() }
        };
        match placed.as_slice() {
            all if takes_all => {
                for argument in all {
                    values.add(&self.taken_in(frame, argument.value, key));
                }
            }
            all if EACH_OF.contains(&name) || all.len() == 1 => {
                all.iter().for_each(|argument| values.add(&one(argument)));
            }
            [of, value, ..] => {
                // The place in a list is no key.
                let is_place = matches!(program.expr(frame.function, of.value), Expr::Number(_))
                    || matches!(program.expr(made.function, made.expr), Expr::Composite { .. })
                        && !self.is_map(&Value::Made(made, Vec::new()))
                    || self.makes_list(made);
                if is_place || self.fits_key(frame, of.value, key) {
                    values.add(&one(value));
                }
            }
            _ => {}
        }
        values
    }

    /// A list with others behind it: `urls.concat(more, url)`.
    pub(super) fn concatenated(&self, frame: &Frame, callee: ExprId, arguments: &'p [Argument]) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Member { of, name } = program.expr(frame.function, callee) else { return None };
        if program.word(frame.function, *name) != "concat" {
            return None;
        }
        let base = self.eval(frame, *of, 0);
        if !base.known.keys().any(|value| self.is_container(value)) {
            return None;
        }
        let mut values = (*base).clone();
        arguments.iter().for_each(|argument| values.add(&self.eval(frame, argument.value, 0)));
        Some(values)
    }

    /// The keys under which calls put something into a container.
    pub(super) fn keys_put(&self, made: Site, site: Site) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        for (call, name, arguments) in self.putting(made) {
            let frame = Frame::of(call.function);
            let placed: Vec<&Argument> = arguments.iter().filter(|argument| argument.name.is_none()).collect();
            if ALL_OF.contains(&name) {
                for argument in placed {
                    values.add(&self.keys_taken_in(&frame, argument.value, site));
                }
                for name in arguments.iter().filter_map(|argument| argument.name) {
                    values.add(&Values::text(program.word(call.function, name)));
                }
            } else if let ([of, _, ..], false) = (placed.as_slice(), EACH_OF.contains(&name)) {
                values.add(&self.eval(&frame, of.value, 0));
            }
        }
        values
    }

    /// An expression without what does not change its value.
    pub(super) fn bare(&self, function: FnId, mut expr: ExprId) -> ExprId {
        while let Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) = self.infer.program.expr(function, expr)
        {
            expr = *of;
        }
        expr
    }

    fn puts(&self) -> Rc<Filled<'p>> {
        if let Some(known) = &*self.filled.borrow() {
            return Rc::clone(known);
        }
        let program = self.infer.program;
        let mut filled = Filled::default();
        for function in self.reach.functions.keys() {
            for expr in program.exprs(*function) {
                let Expr::Call { callee, arguments } = program.expr(*function, expr) else { continue };
                let Expr::Member { of, name } = program.expr(*function, *callee) else { continue };
                if arguments.is_empty() || !PUTS.contains(&program.word(*function, *name)) {
                    continue;
                }
                if let Some(place) = self.place(*function, *of) {
                    filled.puts.entry(place).or_default().push(Site { function: *function, expr });
                }
            }
        }
        let mut note = |stored: &Stored, place: Place<'p>| {
            if let Stored::Value(site, 0) | Stored::Part(site, 0) = stored {
                let site = Site { function: site.function, expr: self.bare(site.function, site.expr) };
                filled.places.entry(site).or_default().push(place);
            }
        };
        for ((owner, name), stored) in &self.reach.fields {
            stored.iter().for_each(|stored| note(stored, Place::Field(*owner, name)));
        }
        for (name, stored) in &self.reach.loose_fields {
            stored.iter().for_each(|stored| note(stored, Place::Loose(name)));
        }
        for (id, stored) in &self.reach.globals {
            stored.iter().for_each(|stored| note(stored, Place::Global(*id)));
        }
        let held = filled.puts.keys().flat_map(|place| {
            let values: Vec<(FnId, ExprId)> = match *place {
                Place::Local(function, local) => {
                    let value = |def: &Def| match *def {
                        Def::Value { expr, result: 0 } => Some((function, expr)),
                        _ => None,
                    };
                    program.defs(function, local).iter().filter_map(value).collect()
                }
                Place::Global(id) => {
                    let values = program.global(id).values.iter().filter(|(_, result)| *result == 0);
                    program
                        .loader(id.file)
                        .map_or_else(Vec::new, |loader| values.map(|(expr, _)| (loader, *expr)).collect())
                }
                Place::Field(..) | Place::Loose(_) => Vec::new(),
            };
            values.into_iter().map(|(function, expr)| (Site { function, expr: self.bare(function, expr) }, *place))
        });
        for (site, place) in held.collect::<Vec<_>>() {
            filled.places.entry(site).or_default().push(place);
        }
        let filled = Rc::new(filled);
        *self.filled.borrow_mut() = Some(Rc::clone(&filled));
        filled
    }

    fn place(&self, function: FnId, expr: ExprId) -> Option<Place<'p>> {
        let program = self.infer.program;
        match program.expr(function, expr) {
            Expr::Local(local) => Some(Place::Local(function, *local)),
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
            Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => self.place(function, *of),
            _ => None,
        }
    }
}
