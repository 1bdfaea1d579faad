//! What loops over lists and maps, and methods that call what they are passed with each element, give: elements and keys.

use super::maps::is_any_text;
use super::{Eval, Frame, MAX_DEPTH};
use crate::infer::Callee;
use crate::join::HOST_KEY;
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Value, Values};
use hedgerow_code::ir::{ALL, Argument, Def, Expr, ExprId, TypeRef};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The methods that call what they are passed with each of the elements.
const EACH: &[&str] = &[
    "forEach",
    "each",
    "each_pair",
    "each_value",
    "map",
    "flatMap",
    "flat_map",
    "filter",
    "some",
    "every",
    "find",
    "select",
    "collect",
    "ForEach",
    "Select",
    "SelectMany",
    "for_each",
    "mapValues",
    "mapNotNull",
    "associateWith",
    "onEach",
    "peek",
    "anyMatch",
    "allMatch",
    "Any",
    "All",
    "each_with_index",
    "each_with_object",
];

/// Those of them that pass the place of an element, or something else, behind the element.
const WITH_INDEX: &[&str] = &["each_with_index", "each_with_object"];

/// The methods and functions that give a map's values or its pairs, and not its keys.
const NO_KEYS: &[&str] = &["values", "items", "itervalues", "iteritems", "enumerate", "zip"];

/// How many locals lead to what is looped over.
const MAX_LED: usize = 8;

impl<'p> Eval<'_, 'p> {
    /// What a method that calls what it is passed with each element of a container passes to a closure for a parameter:
    /// `urls.forEach(u => …)`.
    pub(super) fn each_of(&self, frame: &Frame, closure: u32, index: u16, site: Site) -> Option<Values> {
        let mut values: Option<Values> = None;
        for (name, base) in self.taken_each(frame, closure) {
            if !base.known.keys().any(|value| self.is_container(value)) && !is_any_text(&base) {
                continue;
            }
            let found = values.get_or_insert_default();
            let is_map = base.known.keys().any(|value| self.is_map(value));
            let program = self.infer.program;
            let closures = program.facts_of(frame.function).closures(program.function(frame.function));
            let takes = closures.get(closure as usize).map_or(0, |closure| closure.parameters.len());
            let keys_first = is_map && takes > 1 && self.semantics(frame.function).hands_keys_first();
            let is_with_index = WITH_INDEX.contains(&name);
            found.add(&match index {
                0 if keys_first && !is_with_index => self.keys_in(&base, site),
                0 => self.elements(&base, None),
                1 if is_with_index => Values::lost(site),
                1 if keys_first => self.elements(&base, None),
                1 if is_map => self.keys_in(&base, site),
                // A block of several parameters takes a list of pairs apart.
                1 if self.semantics(frame.function).hands_keys_first() => self.elements(&base, None),
                2 => base,
                _ => Values::lost(site),
            });
        }
        values
    }

    /// The methods that call a closure with each element of something, and of what.
    fn taken_each(&self, frame: &Frame, closure: u32) -> Vec<(&'p str, Values)> {
        let program = self.infer.program;
        let mut found = Vec::new();
        for callee in self.infer.taken_by(frame.function, closure) {
            let Expr::Member { of, name } = program.expr(frame.function, callee) else { continue };
            let name = program.word(frame.function, *name);
            if !EACH.contains(&name) {
                continue;
            }
            if let Some(Callee::Function(_) | Callee::Dispatch(..)) = self.infer.callee(frame.function, callee) {
                continue;
            }
            found.push((name, (*self.eval(frame, *of, 0)).clone()));
        }
        found
    }

    /// What an expression in brackets gives that stands for one of the names in a loop, if it does: the first of several
    /// is a map's key, and where loops run over keys a single one is.
    pub(super) fn looped(&self, frame: &Frame, of: ExprId, key: ExprId, site: Site) -> Option<Values> {
        let program = self.infer.program;
        if of == key {
            if !self.semantics(frame.function).loops_over_keys() || self.gives_no_keys(frame.function, of, MAX_LED) {
                return None;
            }
            let base = self.eval(frame, of, 0);
            if !base.known.keys().any(|value| matches!(value, Value::Made(..)) && self.is_map(value)) {
                return None;
            }
            // What lies in a local may be a map's values, and a part of the configuration may be a list.
            let mut values = self.keys_in(&base, site);
            values.add(&self.elements(&base, None));
            return Some(values);
        }
        if !matches!(program.expr(frame.function, key), Expr::Number(first) if program.word(frame.function, *first) == "0")
        {
            return None;
        }
        let (base, is_loop) = match program.expr(frame.function, of) {
            Expr::Index { of, key } if of == key => ((*self.eval(frame, *of, 0)).clone(), true),
            Expr::Local(local) => {
                let mut base = Values::default();
                for def in program.defs(frame.function, *local) {
                    if let Def::ClosureParameter { closure, index: 0 } = def {
                        self.taken_each(frame, *closure).iter().for_each(|(_, of)| base.add(of));
                    }
                }
                (base, false)
            }
            _ => return None,
        };
        if base.known.keys().any(|value| self.is_map(value)) {
            return Some(self.keys_in(&base, site));
        }
        is_loop.then(|| self.elements(&self.eval(frame, of, 0), None))
    }

    /// The first key of a map: `next(iter(urls))`.
    pub(super) fn first_key(&self, frame: &Frame, callee: ExprId, passed: &[Argument], site: Site) -> Option<Values> {
        let program = self.infer.program;
        let called = |callee: ExprId| match program.expr(frame.function, callee) {
            Expr::Name(name) => program.word(frame.function, *name),
            _ => "",
        };
        if !self.semantics(frame.function).loops_over_keys() || called(callee) != "next" {
            return None;
        }
        let inner = passed.first()?.value;
        let Expr::Call { callee, arguments } = program.expr(frame.function, inner) else { return None };
        let over = program.arguments(frame.function, *arguments).first()?.value;
        if called(*callee) == "iter" { self.looped(frame, over, over, site) } else { None }
    }

    /// Whether what is looped over is a map's values or its pairs.
    fn gives_no_keys(&self, function: FnId, expr: ExprId, left: usize) -> bool {
        let program = self.infer.program;
        match program.expr(function, expr) {
            Expr::Call { callee, .. } => match program.expr(function, *callee) {
                Expr::Member { name, .. } | Expr::Name(name) => NO_KEYS.contains(&program.word(function, *name)),
                _ => false,
            },
            Expr::Local(local) if left > 0 => program.defs(function, *local).iter().any(|def| match *def {
                Def::Value { expr, .. } => self.gives_no_keys(function, expr, left - 1),
                _ => false,
            }),
            Expr::Cast { of, .. } => self.gives_no_keys(function, *of, left.saturating_sub(1)),
            _ => false,
        }
    }

    /// Whether a value is a map, as far as that can be seen.
    pub(super) fn is_map(&self, value: &Value) -> bool {
        let program = self.infer.program;
        match value {
            Value::Setting(path) => !path.is_empty(),
            Value::Environment | Value::Named(..) => true,
            Value::Made(site, _) => match program.expr(site.function, site.expr) {
                Expr::Composite { ty, parts } => {
                    let parts = program.parts(site.function, *parts);
                    let ty = program.underlying(program.written(site.function, *ty));
                    matches!(ty, Some((_, TypeRef::Map(_))))
                        || (matches!(ty, Some((_, TypeRef::Unknown)))
                            && parts.iter().any(|part| part.field.is_some() || part.key.is_some()))
                }
                _ => self.makes_map(*site) && !self.makes_list(*site),
            },
            Value::Text(_) | Value::Connection(..) => false,
        }
    }

    /// Whether what a call makes is a list or a set by its name.
    pub(super) fn makes_list(&self, site: Site) -> bool {
        let program = self.infer.program;
        if let Expr::New { ty, .. } = program.expr(site.function, site.expr)
            && let crate::program::Ty::Written { r: TypeRef::List(_), .. } = program.written(site.function, *ty)
        {
            return true;
        }
        let path = self.paths.get(&site).copied().unwrap_or_default();
        let path = path.rsplit_once(".new").map_or(path, |(path, _)| path);
        ["List", "Set", "Vec", "Queue", "Deque"].iter().any(|end| path.ends_with(end))
    }

    /// The keys of what a loop runs over: of a list of which nothing else is known its places, which are no keys.
    pub(super) fn keys(&self, frame: &Frame, over: ExprId, site: Site) -> Values {
        self.keys_in(&self.eval(frame, over, 0), site)
    }

    /// The keys of maps. What is not seen to be one has keys that are not known.
    pub(super) fn keys_in(&self, of: &Values, site: Site) -> Values {
        self.steps.set(self.steps.get() + 1);
        if self.depth.get() > MAX_DEPTH || self.steps.get() > self.question_limit() {
            self.cuts.set(self.cuts.get() + 1);
            return Values::lost(site);
        }
        self.depth.set(self.depth.get() + 1);
        let mut values = Values { unknown: of.unknown.clone(), ..Values::default() };
        for (value, way) in &of.known {
            let found = match value {
                Value::Setting(path) if !path.is_empty() => {
                    Values::one(Value::Setting([path.as_slice(), &[HOST_KEY.to_owned()]].concat()))
                }
                Value::Made(made, chain) => (*self.keys_of_made(*made, chain, site)).clone(),
                _ => Values::lost(site),
            };
            values.add(&way.iter().rev().fold(found, |found, crossing| found.across(*crossing)));
        }
        self.depth.set(self.depth.get() - 1);
        values
    }

    /// The keys of a map that is written out or made. Answers are kept, as those of what lies in it are.
    fn keys_of_made(&self, made: Site, chain: &[Site], site: Site) -> Rc<Values> {
        let asked = (Frame { function: made.function, chain: chain.to_vec() }, made.expr, site);
        if let Some(known) = self.keys_of.borrow().get(&asked) {
            return Rc::clone(known);
        }
        if !self.open_keys.borrow_mut().insert(asked.clone()) {
            self.cuts.set(self.cuts.get() + 1);
            return Rc::default();
        }
        let cuts = self.cuts.get();
        let mut values = Values::default();
        self.taken_keys.borrow_mut().push(vec![(asked.0.clone(), asked.1)]);
        let mut seen = BTreeSet::new();
        let next = || self.taken_keys.borrow_mut().last_mut().and_then(Vec::pop);
        while let Some((frame, expr)) = next() {
            self.steps.set(self.steps.get() + 1);
            if self.steps.get() > self.question_limit() {
                self.cuts.set(self.cuts.get() + 1);
                values.add(&Values::lost(site));
                break;
            }
            if seen.insert((frame.clone(), expr)) {
                values.add(&self.find_keys(Site { function: frame.function, expr }, &frame.chain, site));
            }
        }
        self.taken_keys.borrow_mut().pop();
        self.open_keys.borrow_mut().remove(&asked);
        let values = Rc::new(values);
        if self.cuts.get() == cuts {
            self.keys_of.borrow_mut().insert(asked, Rc::clone(&values));
        }
        values
    }

    /// The keys that a map which is being looked at takes over from others. Those that are written out or made are looked at after it.
    fn take_keys(&self, of: &Values, site: Site) -> Values {
        let mut rest = Values { unknown: of.unknown.clone(), ..Values::default() };
        for (value, way) in &of.known {
            match (value, self.taken_keys.borrow_mut().last_mut()) {
                (Value::Made(made, chain), Some(open)) => {
                    open.push((Frame { function: made.function, chain: chain.clone() }, made.expr));
                }
                _ => {
                    rest.known.insert(value.clone(), way.clone());
                }
            }
        }
        self.keys_in(&rest, site)
    }

    fn find_keys(&self, made: Site, chain: &[Site], site: Site) -> Values {
        let program = self.infer.program;
        let frame = Frame { function: made.function, chain: chain.to_vec() };
        let mut values = self.keys_put(made, site);
        if self.makes_map(made) {
            let arguments = self.written(made).unwrap_or_default();
            for name in arguments.iter().filter_map(|argument| argument.name) {
                match program.word(made.function, name) {
                    ALL => values.add(&Values::lost(site)),
                    name => values.add(&Values::text(name)),
                }
            }
            let placed: Vec<ExprId> = arguments.iter().filter(|a| a.name.is_none()).map(|a| a.value).collect();
            if self.in_turn(made.function, &placed) {
                placed.iter().step_by(2).for_each(|key| values.add(&self.eval(&frame, *key, 0)));
            } else {
                placed.into_iter().for_each(|from| values.add(&self.keys_taken_in(&frame, from, site)));
            }
            return values;
        }
        let Expr::Composite { ty, parts } = program.expr(made.function, made.expr) else { return Values::lost(site) };
        if !self.is_loose(made.function, *ty) {
            return Values::lost(site);
        }
        for part in program.parts(made.function, *parts) {
            values.add(&match (part.key, part.field) {
                (Some(key), _) => (*self.eval(&frame, key, 0)).clone(),
                (None, Some(field)) => match program.word(made.function, field) {
                    ALL => self.take_keys(&self.eval(&frame, part.value, 0), site),
                    name => Values::text(name),
                },
                // The place of an element.
                (None, None) => Values::lost(site),
            });
        }
        values
    }

    /// The keys of what a map takes in from what it is made of: a pair, a list of pairs, or another map.
    pub(super) fn keys_taken_in(&self, frame: &Frame, from: ExprId, site: Site) -> Values {
        let program = self.infer.program;
        if let Expr::Composite { parts, .. } = program.expr(frame.function, from) {
            let parts = program.parts(frame.function, *parts);
            let pairs = parts.iter().map(|part| self.pair(frame.function, part.value));
            if let Some(pairs) = pairs.collect::<Option<Vec<_>>>() {
                let mut values = Values::default();
                pairs.into_iter().for_each(|(key, _)| values.add(&self.eval(frame, key, 0)));
                return values;
            }
        }
        if let Some((key, _)) = self.pair(frame.function, from) {
            return (*self.eval(frame, key, 0)).clone();
        }
        self.take_keys(&self.eval(frame, from, 0), site)
    }
}
