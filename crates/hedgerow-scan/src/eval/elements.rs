//! What lists, maps and other containers hold.

use super::environment::variable;
use super::{Eval, Frame, MAX_DEPTH};
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{ALL, Expr, Part, TypeRef, TypeRefId};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

impl Eval<'_, '_> {
    /// The elements of a list or a map, or the one under a key. A container has no value apart from its elements', so
    /// that what is no container here is an element already.
    pub(super) fn elements(&self, of: &Values, key: Option<&str>) -> Values {
        // The named arguments of a call may be those of its own caller, and so on in a ring.
        self.steps.set(self.steps.get() + 1);
        if self.depth.get() > MAX_DEPTH || self.steps.get() > self.question_limit() {
            self.cuts.set(self.cuts.get() + 1);
            return Values {
                known: BTreeMap::from([(Value::Text(Template::piece(Piece::Hole)), Vec::new())]),
                unknown: of.unknown.clone(),
            };
        }
        self.depth.set(self.depth.get() + 1);
        let values = self.elements_within(of, key);
        self.depth.set(self.depth.get() - 1);
        values
    }

    fn elements_within(&self, of: &Values, key: Option<&str>) -> Values {
        let mut values = Values { known: BTreeMap::new(), unknown: of.unknown.clone() };
        for (value, way) in &of.known {
            match value {
                Value::Setting(path) => {
                    let mut path = path.clone();
                    path.push(key.unwrap_or("*").to_owned());
                    values.known.insert(Value::Setting(path), way.clone());
                }
                Value::Environment => {
                    values.add(&key.map_or_else(|| Values::one(Value::Text(Template::piece(Piece::Hole))), variable));
                }
                Value::Made(site, chain) => {
                    if self.is_container(value) {
                        let found = self.held(*site, chain, key);
                        // `services.find { … }[:url]`: a list has no keys, its elements have.
                        let is_word = key.is_some_and(|key| key.parse::<u64>().is_err());
                        match is_word && self.is_list(*site) {
                            true => values.add(&self.elements(&found, key)),
                            false => values.add(&found),
                        }
                    } else {
                        values.known.insert(value.clone(), way.clone());
                    }
                }
                Value::Named(call, chain) => {
                    let (Some(arguments), Some(key)) = (self.written(*call), key) else { continue };
                    let asked = (call.function, key.to_owned());
                    if !self.open_named.borrow_mut().insert(asked.clone()) {
                        // A ring of functions that hand on their named arguments; whoever calls into it says the value.
                        self.cuts.set(self.cuts.get() + 1);
                        continue;
                    }
                    let frame = Frame { function: call.function, chain: chain.clone() };
                    let found = self.by_name(&frame, arguments, key).unwrap_or_default();
                    self.open_named.borrow_mut().remove(&asked);
                    values.add(&way.iter().rev().fold(found, |found, crossing| found.across(*crossing)));
                }
                Value::Text(_) | Value::Connection(..) => {
                    values.known.insert(value.clone(), way.clone());
                }
            }
        }
        values
    }

    /// What lies in a container that is written out or made, under a key or whatever lies there, with what lies in those that it takes over.
    /// Such containers hold each other in rings, so each counts once. Answers are kept.
    fn held(&self, site: Site, chain: &[Site], key: Option<&str>) -> Rc<Values> {
        let asked = (Frame { function: site.function, chain: chain.to_vec() }, site.expr, key.map(str::to_owned));
        if let Some(known) = self.held.borrow().get(&asked) {
            return Rc::clone(known);
        }
        if !self.open_held.borrow_mut().insert(asked.clone()) {
            self.cuts.set(self.cuts.get() + 1);
            return Rc::default();
        }
        let cuts = self.cuts.get();
        let values = Rc::new(self.with_taken_over(key, || self.lies_in(site, &asked.0, key)));
        self.open_held.borrow_mut().remove(&asked);
        if self.cuts.get() == cuts {
            self.held.borrow_mut().insert(asked, Rc::clone(&values));
        }
        values
    }

    /// What is found of a container, with what lies in those that it takes over, and these in turn.
    pub(super) fn with_taken_over(&self, key: Option<&str>, find: impl FnOnce() -> Values) -> Values {
        self.taken_over.borrow_mut().push(Vec::new());
        let mut values = find();
        let mut seen = BTreeSet::new();
        let next = || self.taken_over.borrow_mut().last_mut().and_then(Vec::pop);
        while let Some((frame, expr)) = next() {
            let asked = (frame, expr, key.map(str::to_owned));
            if seen.contains(&asked) {
                continue;
            }
            let site = Site { function: asked.0.function, expr };
            self.steps.set(self.steps.get() + 1);
            if self.steps.get() > self.question_limit() {
                self.cuts.set(self.cuts.get() + 1);
                values.add(&Values::lost(site));
                break;
            }
            let known = self.held.borrow().get(&asked).map(Rc::clone);
            values.add(&known.unwrap_or_else(|| Rc::new(self.lies_in(site, &asked.0, key))));
            seen.insert(asked);
        }
        self.taken_over.borrow_mut().pop();
        values
    }

    /// What a container that is being looked at takes over from others. Those that are written out or made are looked at after it.
    pub(super) fn take_over(&self, of: &Values, key: Option<&str>) -> Values {
        let mut rest = Values { known: BTreeMap::new(), unknown: of.unknown.clone() };
        for (value, way) in &of.known {
            match (value, self.taken_over.borrow_mut().last_mut()) {
                (Value::Made(site, chain), Some(open)) if self.is_container(value) => {
                    open.push((Frame { function: site.function, chain: chain.clone() }, site.expr));
                }
                _ => {
                    rest.known.insert(value.clone(), way.clone());
                }
            }
        }
        self.elements(&rest, key)
    }

    fn lies_in(&self, site: Site, frame: &Frame, key: Option<&str>) -> Values {
        let program = self.infer.program;
        let mut values = self.made_by(site, &frame.chain, key).unwrap_or_default();
        if let Expr::Composite { parts, .. } = program.expr(site.function, site.expr) {
            let under = |part: &&Part| match part.key {
                Some(id) => self.fits_key(frame, id, key),
                None => key.is_none_or(|key| part.field.is_none() || self.is_field(site.function, part, key)),
            };
            for part in program.parts(site.function, *parts) {
                if self.is_field(site.function, part, ALL) {
                    values.add(&self.take_over(&self.eval(frame, part.value, 0), key));
                } else if under(&part) {
                    values.add(&self.eval(frame, part.value, 0));
                }
            }
        }
        values.add(&self.put_into(site, key));
        values
    }

    /// Whether a type that is written out is that of a list or a map, or not known.
    pub(super) fn is_loose(&self, function: FnId, ty: TypeRefId) -> bool {
        let program = self.infer.program;
        let ty = program.underlying(program.written(function, ty));
        matches!(ty, Some((_, TypeRef::List(_) | TypeRef::Map(_) | TypeRef::Unknown)))
    }
}
