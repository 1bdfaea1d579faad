//! What calls pass to functions: arguments, receivers, and what they store through addresses.

use super::{ClosureCalls, Eval, Frame, MAX_CHAIN, MAX_DEPTH, MAX_STEPS};
use crate::infer::{CONSTRUCTORS, Callee};
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::ir::{Argument, Def, Expr, ExprId};
use std::collections::BTreeSet;
use std::rc::Rc;

impl<'p> Eval<'_, 'p> {
    pub(super) fn parameter(&self, frame: &Frame, at: u16, name: &str, site: Site) -> Values {
        let decl = self.infer.program.function(frame.function);
        let rest = decl.variadic && usize::from(at) + 1 == decl.parameters.len();
        self.each_caller(frame, site, |outer, call| {
            if rest { self.rest(outer, call, usize::from(at)) } else { self.passed(outer, call, at, name) }
        })
    }

    /// What each call that leads to a frame gives: the one the frame knows, or all of them.
    pub(super) fn each_caller(&self, frame: &Frame, site: Site, given: impl Fn(&Frame, Site) -> Values) -> Values {
        if let Some((call, before)) = frame.chain.split_last() {
            return given(&Frame { function: call.function, chain: before.to_vec() }, *call);
        }
        let mut values = Values::default();
        let callers = self.reach.callers.get(&frame.function).map_or(&[][..], Vec::as_slice);
        for call in callers {
            let passed = given(&Frame::of(call.function), *call);
            values.add(&passed.across(Crossing { site: *call, way: Way::Argument }));
        }
        let lost = self.reach.lost.get(&frame.function).copied();
        if let Some(site) = lost.or_else(|| callers.is_empty().then_some(site)) {
            values.add(&Values::lost(site));
        }
        values
    }

    /// What is written in the brackets of a call. A function may also be called from where it is handed to; what it is
    /// passed there is not known.
    pub(super) fn written(&self, call: Site) -> Option<&'p [Argument]> {
        match self.infer.program.expr(call.function, call.expr) {
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => {
                Some(self.infer.program.arguments(call.function, *arguments))
            }
            _ => None,
        }
    }

    /// What a call passes for a parameter.
    pub(super) fn passed(&self, outer: &Frame, call: Site, at: u16, name: &str) -> Values {
        let Some(arguments) = self.written(call) else { return Values::lost(call) };
        let found = self.by_name(outer, arguments, name);
        let place = usize::from(at) + self.infer.receivers_passed(call.function, call.expr);
        if let Some(found) = found.or_else(|| self.positional(outer, arguments, place)) {
            return if place == 0 && self.reach.lookups.contains(&call) { found.keyed() } else { found };
        }
        match arguments {
            // `f(g())`, where `g` gives all that `f` takes.
            [only] if at > 0 && only.name.is_none() => match self.infer.program.expr(call.function, only.value) {
                Expr::Call { .. } => (*self.eval(outer, only.value, at)).clone(),
                _ => Values::default(),
            },
            _ => Values::default(),
        }
    }

    /// Everything a call passes from an argument on.
    pub(super) fn rest(&self, outer: &Frame, call: Site, from: usize) -> Values {
        let Some(arguments) = self.written(call) else { return Values::lost(call) };
        let from = from + self.infer.receivers_passed(call.function, call.expr);
        let mut values = Values::default();
        for argument in arguments.iter().filter(|argument| argument.name.is_none()).skip(from) {
            let value = self.eval(outer, argument.value, 0);
            values.add(&if argument.spread { self.elements(&value, None) } else { (*value).clone() });
        }
        if from == 0 && self.reach.lookups.contains(&call) { values.keyed() } else { values }
    }

    /// The argument at an index, where a list may be passed element by element.
    pub(super) fn positional(&self, frame: &Frame, arguments: &'p [Argument], at: usize) -> Option<Values> {
        let positional = arguments.iter().filter(|argument| argument.name.is_none());
        let mut positional = positional.enumerate().take_while(|(index, _)| *index <= at);
        let (index, argument) = positional.find(|(index, argument)| argument.spread || *index == at)?;
        if argument.spread {
            return Some(self.spread(frame, argument.value, at - index));
        }
        Some((*self.eval(frame, argument.value, 0)).clone())
    }

    /// An element of a list that is passed element by element: of what the function itself is passed, the right one.
    pub(super) fn spread(&self, frame: &Frame, list: ExprId, nth: usize) -> Values {
        let decl = self.infer.program.function(frame.function);
        if let Expr::Local(local) = self.infer.program.expr(frame.function, list)
            && let [Def::Parameter(first)] = self.infer.program.defs(frame.function, *local)
            && decl.variadic
            && usize::from(*first) + 1 == decl.parameters.len()
            && let Ok(at) = u16::try_from(usize::from(*first) + nth)
        {
            let site = Site { function: frame.function, expr: list };
            // A function may pass on all it is passed to itself.
            return self.within(site, || self.each_caller(frame, site, |outer, call| self.passed(outer, call, at, "")));
        }
        self.elements(&self.eval(frame, list, 0), None)
    }

    /// The argument of a name, written out or in a map of named arguments.
    pub(super) fn by_name(&self, frame: &Frame, arguments: &'p [Argument], name: &str) -> Option<Values> {
        if let Some(argument) = self.named(frame.function, arguments, name) {
            return Some((*self.eval(frame, argument.value, 0)).clone());
        }
        let mut values = Values::default();
        let is_map = |argument: &&Argument| {
            argument.name.is_some_and(|name| self.infer.program.word(frame.function, name) == "**")
        };
        for argument in arguments.iter().filter(is_map) {
            values.add(&self.elements(&self.eval(frame, argument.value, 0), Some(name)));
        }
        (!values.is_empty()).then_some(values)
    }

    /// The argument that is written out with a name in a call of a function.
    pub(super) fn named<'v>(&self, function: FnId, arguments: &'v [Argument], name: &str) -> Option<&'v Argument> {
        let is_it = |word| self.infer.program.word(function, word) == name;
        arguments.iter().find(|argument| argument.name.is_some_and(is_it))
    }

    pub(super) fn receiver(&self, frame: &Frame, site: Site) -> Values {
        let of = |outer: &Frame, call: Site| match self.infer.program.expr(call.function, call.expr) {
            Expr::Call { callee, arguments } => match self.infer.program.expr(call.function, *callee) {
                Expr::Member { of, .. } if self.infer.receiver_type(call.function, *of).is_some() => {
                    let arguments = self.infer.program.arguments(call.function, *arguments);
                    self.positional(outer, arguments, 0).unwrap_or_default()
                }
                // `clients.Ledger()`, a class by its module.
                Expr::Member { .. } if matches!(self.infer.callee(call.function, *callee), Some(Callee::Type(_))) => {
                    Values::one(Value::Made(call, outer.chain.clone()))
                }
                Expr::Member { of, .. } => (*self.eval(outer, *of, 0)).clone(),
                Expr::Choice(_)
                    if CONSTRUCTORS.contains(&self.infer.program.function(frame.function).name.as_str()) =>
                {
                    Values::one(Value::Made(call, outer.chain.clone()))
                }
                Expr::Local(_) | Expr::Attribute { .. } | Expr::Choice(_) => {
                    let mut values = self.taken(frame.function);
                    for (of, _) in self.infer.attributes(call.function, *callee) {
                        values.add(&self.eval(outer, of, 0));
                    }
                    values
                }
                _ => Values::one(Value::Made(call, outer.chain.clone())),
            },
            // A method that is read like a field.
            Expr::Member { of, .. } => (*self.eval(outer, *of, 0)).clone(),
            Expr::New { .. } => Values::one(Value::Made(call, outer.chain.clone())),
            _ => Values::default(),
        };
        if let Some((call, before)) = frame.chain.split_last() {
            return of(&Frame { function: call.function, chain: before.to_vec() }, *call);
        }
        let mut values = self.taken(frame.function);
        if let Some(site) = self.reach.unbound.get(&frame.function) {
            values.add(&Values::lost(*site));
        }
        for call in self.reach.callers.get(&frame.function).map_or(&[][..], Vec::as_slice) {
            let found = of(&Frame::of(call.function), *call);
            values.add(&found.across(Crossing { site: *call, way: Way::Argument }));
        }
        if values.is_empty() { Values::lost(site) } else { values }
    }

    /// The receivers with which a method is taken as a value.
    pub(super) fn taken(&self, method: FnId) -> Values {
        let mut values = Values::default();
        for taken in self.reach.bound.get(&method).map_or(&[][..], Vec::as_slice) {
            if let Expr::Member { of, .. } = self.infer.program.expr(taken.function, taken.expr) {
                let mut found = (*self.eval(&Frame::of(taken.function), *of, 0)).clone();
                // Of a receiver that begins as a zero value, what is stored in its fields is known better by type.
                found.known.retain(|value, _| !matches!(value, Value::Setting(path) if path.is_empty()));
                values.add(&found.across(Crossing { site: *taken, way: Way::Argument }));
            }
        }
        values
    }

    /// What is passed to a closure: by the calls of the locals that hold it, in its own function.
    pub(super) fn closure_parameter(&self, frame: &Frame, closure: u32, index: u16, site: Site) -> Values {
        let facts = self.infer.program.facts_of(frame.function);
        let calls = self.calls_of_closures(frame.function);
        let mut values = Values::default();
        let mut called = false;
        for id in calls.get(&closure).into_iter().flatten() {
            let Expr::Call { arguments, .. } = facts.expr(*id) else { continue };
            if let Some(argument) = facts.arguments(*arguments).get(usize::from(index)) {
                called = true;
                values.add(&self.eval(frame, argument.value, 0));
            }
        }
        let elsewhere = self.reach.closure_calls.get(&(frame.function, closure)).map_or(&[][..], Vec::as_slice);
        for call in elsewhere.iter().filter(|call| {
            call.function != frame.function || !calls.get(&closure).is_some_and(|calls| calls.contains(&call.expr))
        }) {
            called = true;
            // Each of many closures that one function gives may be what each of many calls means.
            self.steps.set(self.steps.get() + 1);
            if self.steps.get() > self.question_limit() {
                self.cuts.set(self.cuts.get() + 1);
                values.add(&Values::lost(*call));
                break;
            }
            let outer = if call.function == frame.function { frame.clone() } else { Frame::of(call.function) };
            let passed = self.passed(&outer, *call, index, "");
            values.add(&if call.function == frame.function {
                passed
            } else {
                passed.across(Crossing { site: *call, way: Way::Argument })
            });
        }
        if called {
            return values;
        }
        self.each_of(frame, closure, index, site).unwrap_or_else(|| Values::lost(site))
    }

    /// The calls of the closures of a function: the code of a whole file may be one, with thousands of them.
    fn calls_of_closures(&self, function: FnId) -> Rc<ClosureCalls> {
        if let Some(known) = self.closures.borrow().get(&function) {
            return Rc::clone(known);
        }
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let mut calls = ClosureCalls::new();
        for id in program.exprs(function) {
            let Expr::Call { callee, .. } = facts.expr(id) else { continue };
            let mut held = BTreeSet::new();
            match facts.expr(*callee) {
                Expr::Local(local) => {
                    held.extend(program.defs(function, *local).iter().filter_map(|def| match def {
                        Def::Value { expr, .. } => match facts.expr(*expr) {
                            Expr::Closure(closure) => Some(*closure),
                            _ => None,
                        },
                        _ => None,
                    }));
                }
                Expr::Closure(closure) => held.extend([*closure]),
                _ => {}
            }
            held.into_iter().for_each(|closure| calls.entry(closure).or_default().push(id));
        }
        let calls = Rc::new(calls);
        self.closures.borrow_mut().insert(function, Rc::clone(&calls));
        calls
    }

    /// What a call stores through the address it is given.
    pub(super) fn stored_by(&self, frame: &Frame, call: Site, argument: u16) -> Values {
        self.within(call, || self.stored_within(frame, call, argument))
    }

    /// One level deeper, as far as one question may lead.
    fn within(&self, site: Site, find: impl FnOnce() -> Values) -> Values {
        if self.depth.get() > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            self.cuts.set(self.cuts.get() + 1);
            return Values::lost(site);
        }
        self.steps.set(self.steps.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let values = find();
        self.depth.set(self.depth.get() - 1);
        values
    }

    fn stored_within(&self, frame: &Frame, call: Site, argument: u16) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        for function in self.reach.targets.get(&call).map_or(&[][..], Vec::as_slice) {
            let inner = frame.enter(call, *function);
            let facts = program.facts_of(*function);
            let place = usize::from(argument).checked_sub(self.infer.receivers_passed(call.function, call.expr));
            let Some(parameter) = place.and_then(|place| program.parameters(*function).get(place)) else { continue };
            let is_parameter = |id: ExprId| *program.expr(*function, id) == Expr::Local(*parameter);
            let mut found = Values::default();
            for store in facts.stores(program.function(*function)) {
                if let Expr::Deref(of) = program.expr(*function, store.target)
                    && is_parameter(*of)
                {
                    found.add(&self.eval(&inner, store.value, store.result));
                }
            }
            for id in program.exprs(*function) {
                if let Expr::Call { arguments, .. } = facts.expr(id) {
                    for (at, passed) in (0_u16..).zip(facts.arguments(*arguments)) {
                        if is_parameter(passed.value) && inner.chain.len() < MAX_CHAIN {
                            found.add(&self.stored_by(&inner, Site { function: *function, expr: id }, at));
                        }
                    }
                }
            }
            values.add(&found.across(Crossing { site: call, way: Way::Result }));
        }
        values.add(&self.tried(frame, call).unwrap_or_default());
        if let Some(path) = self.paths.get(&call)
            && let Some(transfer) = self.packs.transfer(self.language(call.function), path)
            && transfer.into == Some(argument)
            && let Expr::Call { callee, arguments } = program.expr(call.function, call.expr)
        {
            let arguments = program.arguments(call.function, *arguments);
            values.add(&self.transfer(frame, transfer, *callee, arguments, 0, call));
        }
        values
    }
}
