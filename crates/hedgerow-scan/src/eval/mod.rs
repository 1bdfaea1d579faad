//! What an expression may be worth, asked for from its use backwards: through locals, fields, parameters and results.
//!
//! The order of statements is not looked at. A value is followed through calls in both directions; going into a callee
//! remembers the call, so that its parameters are those of that call.

mod packs;

pub(crate) use packs::placeholders;

use crate::infer::{Callee, Infer};
use crate::ir::{Argument, Def, Expr, ExprId, LocalId, Part, TypeRef};
use crate::pack::{Packs, Source, Target};
use crate::program::{FnId, GlobalId, Meaning, Owner, Ty, TypeId};
use crate::reach::{Reach, Site, Stored};
use crate::value::{Crossing, Piece, Template, Value, Values, Way};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many calls deep the callers of a callee are kept apart.
const MAX_CHAIN: usize = 6;

/// How many levels of callers are kept apart from each other.
const MAX_LEVELS: usize = 5;

/// How many ways to one sink are kept apart.
const MAX_WAYS: usize = 2_000;

/// How deep one question may lead.
const MAX_DEPTH: usize = 80;

/// How many steps one question may take.
const MAX_STEPS: u32 = 40_000;

/// A function, and the calls that lead to it as far as they are known: the innermost last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Frame {
    /// The function.
    pub(crate) function: FnId,
    /// The calls.
    pub(crate) chain: Vec<Site>,
}

type Key = (Frame, ExprId, u16);

/// Values of one service's reached code. Answers are kept.
pub(crate) struct Eval<'a, 'p> {
    infer: &'a Infer<'a, 'p>,
    packs: &'a Packs,
    reach: &'a Reach<'p>,
    paths: BTreeMap<Site, &'a str>,
    known: RefCell<BTreeMap<Key, Rc<Values>>>,
    open: RefCell<BTreeSet<Key>>,
    depth: Cell<usize>,
    steps: Cell<u32>,
    /// How often a question met itself: an answer that was cut short by that is not kept.
    cuts: Cell<u32>,
}

impl Frame {
    /// A function, whoever calls it.
    pub(crate) fn of(function: FnId) -> Self {
        Self { function, chain: Vec::new() }
    }

    fn enter(&self, site: Site, function: FnId) -> Self {
        let mut chain = self.chain.clone();
        if chain.len() == MAX_CHAIN {
            chain.remove(0);
        }
        chain.push(site);
        Self { function, chain }
    }
}

impl<'a, 'p> Eval<'a, 'p> {
    /// Begins with nothing known.
    pub(crate) fn new(infer: &'a Infer<'a, 'p>, packs: &'a Packs, reach: &'a Reach<'p>) -> Self {
        Self {
            infer,
            packs,
            reach,
            paths: reach.external.iter().map(|(site, path)| (*site, reach.paths.get(*path).path.as_str())).collect(),
            known: RefCell::default(),
            open: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
            cuts: Cell::new(0),
        }
    }

    /// What an expression may be worth, each of the ways that lead to its function for itself, so that what one caller
    /// passes is not mixed with what another one does.
    pub(crate) fn value(&self, site: Site) -> Vec<Values> {
        self.by_caller(site.function, |frame| (*self.eval(frame, site.expr, 0)).clone())
    }

    /// The target of a sink, each of the ways that lead to it for itself.
    pub(crate) fn target(&self, site: Site, target: &Target) -> Vec<Values> {
        self.by_caller(site.function, |frame| self.target_in(frame, site, target))
    }

    fn by_caller(&self, function: FnId, ask: impl Fn(&Frame) -> Values) -> Vec<Values> {
        let mut all = Vec::new();
        let mut open = vec![Vec::new()];
        let mut asked = 0;
        while let Some(chain) = open.pop() {
            self.steps.set(0);
            asked += 1;
            let frame = Frame { function, chain };
            let mut values = ask(&frame);
            let outer = frame.chain.first().map_or(function, |call: &Site| call.function);
            let callers = self.reach.callers.get(&outer).map_or(&[][..], Vec::as_slice);
            let room = frame.chain.len() < MAX_LEVELS && asked + open.len() + callers.len() <= MAX_WAYS;
            if values.comes_in() && room && !callers.is_empty() {
                open.extend(callers.iter().map(|call| [&[*call], frame.chain.as_slice()].concat()));
                continue;
            }
            for call in &frame.chain {
                values = values.across(Crossing { site: *call, way: Way::Argument });
            }
            all.push(values);
        }
        all
    }

    fn eval(&self, frame: &Frame, id: ExprId, result: u16) -> Rc<Values> {
        let key = (frame.clone(), id, result);
        if let Some(values) = self.known.borrow().get(&key) {
            return Rc::clone(values);
        }
        if self.open.borrow().contains(&key) {
            // The value is made of itself; the other ways to it say what it can be.
            self.cuts.set(self.cuts.get() + 1);
            return Rc::default();
        }
        self.steps.set(self.steps.get() + 1);
        if self.depth.get() > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            self.cuts.set(self.cuts.get() + 1);
            return Rc::new(Values::lost(Site { function: frame.function, expr: id }));
        }
        self.open.borrow_mut().insert(key.clone());
        self.depth.set(self.depth.get() + 1);
        let cuts = self.cuts.get();
        let values = Rc::new(self.find(frame, id, result));
        self.depth.set(self.depth.get() - 1);
        self.open.borrow_mut().remove(&key);
        if self.cuts.get() == cuts || self.depth.get() == 0 {
            self.known.borrow_mut().insert(key, Rc::clone(&values));
        }
        values
    }

    fn find(&self, frame: &Frame, id: ExprId, result: u16) -> Values {
        let program = self.infer.program;
        let site = Site { function: frame.function, expr: id };
        match program.expr(frame.function, id) {
            Expr::Text(text) | Expr::Number(text) => Values::text(text),
            Expr::Local(local) => self.local(frame, *local, site),
            Expr::Name(name) => match program.meaning(program.file_of(frame.function), name) {
                Meaning::Global(global) => self.global(global),
                Meaning::External(..) => Values::lost(site),
                Meaning::Function(_) | Meaning::Type(_) | Meaning::Package(_) | Meaning::Unknown => Values::default(),
            },
            Expr::Member { of, name } => self.member(frame, *of, name, site),
            Expr::Call { callee, arguments } => self.call(frame, *callee, arguments, result, site),
            Expr::Concat(left, right) => self.eval(frame, *left, 0).then(&self.eval(frame, *right, 0)),
            Expr::Format(parts) => self.chain(frame, parts),
            Expr::Composite { ty, parts } => self.composite(frame, ty, parts, site),
            Expr::New { .. } => match self.packs_call(frame, site, &[], result) {
                Some(values) => values,
                None => Values::one(Value::Made(site, frame.chain.clone())),
            },
            Expr::Index { of, key } => {
                if let Some(values) = self.environment_index(frame, *of, *key) {
                    return values;
                }
                let key = self.eval(frame, *key, 0);
                let key = match key.known.keys().next() {
                    Some(Value::Text(text)) if key.known.len() == 1 => text.constant(),
                    _ => None,
                };
                self.elements(&self.eval(frame, *of, 0), key)
            }
            Expr::Address(of) | Expr::Deref(of) | Expr::Cast { of, .. } => (*self.eval(frame, *of, result)).clone(),
            Expr::Choice(of) => {
                let mut values = Values::default();
                for id in of {
                    values.add(&self.eval(frame, *id, result));
                }
                values
            }
            Expr::Closure(_) | Expr::Type(_) => Values::default(),
            Expr::Other => Values::lost(site),
        }
    }

    fn chain(&self, frame: &Frame, parts: &[ExprId]) -> Values {
        let mut values = Values::text("");
        for part in parts {
            values = values.then(&self.eval(frame, *part, 0));
        }
        values
    }

    fn composite(&self, frame: &Frame, r: &'p TypeRef, parts: &[Part], site: Site) -> Values {
        let ty = Ty::Written { file: self.infer.program.file_of(frame.function), r };
        if let Some(field) = self.infer.program.external(ty).and_then(|path| self.packs.text_field(&path)) {
            // A structure from outside that stands for a text: an address in parts.
            let mut parts = parts.iter().filter(|part| part.field.as_deref() == Some(field));
            return parts.next().map_or_else(|| Values::lost(site), |part| (*self.eval(frame, part.value, 0)).clone());
        }
        Values::one(Value::Made(site, frame.chain.clone()))
    }

    /// The elements of a list or a map, or the one under a key. A container has no value apart from its elements', so
    /// that what is no container here is an element already.
    fn elements(&self, of: &Values, key: Option<&str>) -> Values {
        let mut values = Values { known: BTreeMap::new(), unknown: of.unknown.clone() };
        for (value, way) in &of.known {
            match value {
                Value::Setting(path) => {
                    let mut path = path.clone();
                    path.push(key.unwrap_or("*").to_owned());
                    values.known.insert(Value::Setting(path), way.clone());
                }
                Value::Made(site, chain) => {
                    let frame = Frame { function: site.function, chain: chain.clone() };
                    let Expr::Composite { ty, parts } = self.infer.program.expr(site.function, site.expr) else {
                        values.known.insert(value.clone(), way.clone());
                        continue;
                    };
                    let ty = Ty::Written { file: self.infer.program.file_of(site.function), r: ty };
                    let container = matches!(
                        self.infer.program.underlying(ty),
                        Some((_, TypeRef::List(_) | TypeRef::Map(_) | TypeRef::Unknown))
                    );
                    if !container {
                        values.known.insert(value.clone(), way.clone());
                        continue;
                    }
                    let under = |part: &&Part| match (part.key, key) {
                        (Some(id), Some(key)) => {
                            let written = self.eval(&frame, id, 0);
                            let same = |value: &Value| matches!(value, Value::Text(t) if t.constant().is_none_or(|t| t == key));
                            written.known.is_empty() || written.known.keys().any(same)
                        }
                        _ => part.field.as_deref().is_none_or(|field| key.is_none_or(|key| field == key)),
                    };
                    for part in parts.iter().filter(under) {
                        values.add(&self.eval(&frame, part.value, 0));
                    }
                }
                Value::Named(call, chain) => {
                    let frame = Frame { function: call.function, chain: chain.clone() };
                    let Some(arguments) = self.written(*call) else { continue };
                    let found = key.and_then(|key| self.by_name(&frame, arguments, key)).unwrap_or_default();
                    values.add(&way.iter().rev().fold(found, |found, crossing| found.across(*crossing)));
                }
                Value::Text(_) | Value::Connection(..) => {
                    values.known.insert(value.clone(), way.clone());
                }
            }
        }
        values
    }

    fn local(&self, frame: &Frame, local: LocalId, site: Site) -> Values {
        let program = self.infer.program;
        let decl = &program.function(frame.function).locals[local.0 as usize];
        let mut values = Values::default();
        for def in &decl.defs {
            match *def {
                Def::Value { expr, result } => values.add(&self.eval(frame, expr, result)),
                Def::Element(over) => values.add(&self.elements(&self.eval(frame, over, 0), None)),
                Def::Key(over) => values.add(&self.keys(frame, over)),
                Def::Zero => {
                    let file = program.file_of(frame.function);
                    if decl.ty.as_ref().is_some_and(|r| self.holds_parts(Ty::Written { file, r })) {
                        values.add(&Values::one(Value::Setting(Vec::new())));
                    }
                }
                Def::Parameter(_) if self.is_injected(frame, local) => {}
                Def::Parameter(at) => values.add(&self.parameter(frame, at, &decl.name, site)),
                Def::Named => values.add(
                    &self.each_caller(frame, site, |outer, call| Values::one(Value::Named(call, outer.chain.clone()))),
                ),
                Def::Receiver => values.add(&self.receiver(frame, site)),
                Def::ClosureParameter { closure, index } => {
                    values.add(&self.closure_parameter(frame, closure, index, site));
                }
                Def::Address { call, argument } => {
                    let call = Site { function: frame.function, expr: call };
                    values.add(&self.stored_by(frame, call, argument));
                }
            }
        }
        values
    }

    /// Whether an annotation that the packs know says what a parameter is, and no code of the tree does.
    fn is_injected(&self, frame: &Frame, local: LocalId) -> bool {
        let decl = &self.infer.program.function(frame.function).locals[local.0 as usize];
        let known = |def: &Def| match def {
            Def::Value { expr, .. } => {
                let path = self.paths.get(&Site { function: frame.function, expr: *expr });
                path.is_some_and(|path| {
                    path.starts_with('@') && self.packs.transfer(self.language(frame.function), path).is_some()
                })
            }
            _ => false,
        };
        frame.chain.is_empty() && !self.reach.callers.contains_key(&frame.function) && decl.defs.iter().any(known)
    }

    /// Whether a type has parts that something else may fill: what begins empty is then taken for configuration.
    fn holds_parts(&self, ty: Ty<'p>) -> bool {
        match self.infer.program.underlying(ty) {
            Some((_, TypeRef::Struct(_) | TypeRef::Map(_))) => true,
            Some((_, TypeRef::Name { .. })) => self.infer.program.external(ty).is_some(),
            _ => false,
        }
    }

    fn keys(&self, frame: &Frame, over: ExprId) -> Values {
        let container = self.eval(frame, over, 0);
        let mut values = Values { known: BTreeMap::new(), unknown: container.unknown.clone() };
        for value in container.known.keys() {
            let Value::Made(site, chain) = value else { continue };
            let frame = Frame { function: site.function, chain: chain.clone() };
            if let Expr::Composite { parts, .. } = self.infer.program.expr(site.function, site.expr) {
                for key in parts.iter().filter_map(|part| part.key) {
                    values.add(&self.eval(&frame, key, 0));
                }
            }
        }
        values
    }

    fn parameter(&self, frame: &Frame, at: u16, name: &str, site: Site) -> Values {
        let decl = self.infer.program.function(frame.function);
        let rest = decl.variadic && usize::from(at) + 1 == decl.parameters.len();
        self.each_caller(frame, site, |outer, call| {
            if rest { self.rest(outer, call, usize::from(at)) } else { self.passed(outer, call, at, name) }
        })
    }

    /// What each call that leads to a frame gives: the one the frame knows, or all of them.
    fn each_caller(&self, frame: &Frame, site: Site, given: impl Fn(&Frame, Site) -> Values) -> Values {
        if let Some((call, before)) = frame.chain.split_last() {
            return given(&Frame { function: call.function, chain: before.to_vec() }, *call);
        }
        let mut values = Values::default();
        let callers = self.reach.callers.get(&frame.function).map_or(&[][..], Vec::as_slice);
        for call in callers {
            let passed = given(&Frame::of(call.function), *call);
            values.add(&passed.across(Crossing { site: *call, way: Way::Argument }));
        }
        if callers.is_empty() {
            values.add(&Values::lost(site));
        }
        values
    }

    /// What is written in the brackets of a call. A function may also be called from where it is handed to; what it is
    /// passed there is not known.
    fn written(&self, call: Site) -> Option<&'p [Argument]> {
        match self.infer.program.expr(call.function, call.expr) {
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => Some(arguments),
            _ => None,
        }
    }

    /// What a call passes for a parameter.
    fn passed(&self, outer: &Frame, call: Site, at: u16, name: &str) -> Values {
        let Some(arguments) = self.written(call) else { return Values::lost(call) };
        let found = self.by_name(outer, arguments, name);
        if let Some(found) = found.or_else(|| self.positional(outer, arguments, usize::from(at))) {
            return found;
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
    fn rest(&self, outer: &Frame, call: Site, from: usize) -> Values {
        let Some(arguments) = self.written(call) else { return Values::lost(call) };
        let mut values = Values::default();
        for argument in arguments.iter().filter(|argument| argument.name.is_none()).skip(from) {
            let value = self.eval(outer, argument.value, 0);
            values.add(&if argument.spread { self.elements(&value, None) } else { (*value).clone() });
        }
        values
    }

    /// The argument at an index, where a list may be passed element by element.
    fn positional(&self, frame: &Frame, arguments: &'p [Argument], at: usize) -> Option<Values> {
        let positional = arguments.iter().filter(|argument| argument.name.is_none());
        let mut positional = positional.enumerate().take_while(|(index, _)| *index <= at);
        let (index, argument) = positional.find(|(index, argument)| argument.spread || *index == at)?;
        if argument.spread {
            return Some(self.spread(frame, argument.value, at - index));
        }
        Some((*self.eval(frame, argument.value, 0)).clone())
    }

    /// An element of a list that is passed element by element: of what the function itself is passed, the right one.
    fn spread(&self, frame: &Frame, list: ExprId, nth: usize) -> Values {
        let decl = self.infer.program.function(frame.function);
        if let Expr::Local(local) = self.infer.program.expr(frame.function, list)
            && let [Def::Parameter(first)] = decl.locals[local.0 as usize].defs.as_slice()
            && decl.variadic
            && usize::from(*first) + 1 == decl.parameters.len()
            && let Ok(at) = u16::try_from(usize::from(*first) + nth)
        {
            let site = Site { function: frame.function, expr: list };
            return self.each_caller(frame, site, |outer, call| self.passed(outer, call, at, ""));
        }
        self.elements(&self.eval(frame, list, 0), None)
    }

    /// The argument of a name, written out or in a map of named arguments.
    fn by_name(&self, frame: &Frame, arguments: &'p [Argument], name: &str) -> Option<Values> {
        if let Some(argument) = arguments.iter().find(|argument| argument.name.as_deref() == Some(name)) {
            return Some((*self.eval(frame, argument.value, 0)).clone());
        }
        let mut values = Values::default();
        for argument in arguments.iter().filter(|argument| argument.name.as_deref() == Some("**")) {
            values.add(&self.elements(&self.eval(frame, argument.value, 0), Some(name)));
        }
        (!values.is_empty()).then_some(values)
    }

    fn receiver(&self, frame: &Frame, site: Site) -> Values {
        let of = |outer: &Frame, call: Site| match self.infer.program.expr(call.function, call.expr) {
            Expr::Call { callee, .. } => match self.infer.program.expr(call.function, *callee) {
                Expr::Member { of, .. } => (*self.eval(outer, *of, 0)).clone(),
                _ => Values::one(Value::Made(call, outer.chain.clone())),
            },
            Expr::New { .. } => Values::one(Value::Made(call, outer.chain.clone())),
            _ => Values::default(),
        };
        if let Some((call, before)) = frame.chain.split_last() {
            return of(&Frame { function: call.function, chain: before.to_vec() }, *call);
        }
        let mut values = Values::default();
        for call in self.reach.callers.get(&frame.function).map_or(&[][..], Vec::as_slice) {
            let found = of(&Frame::of(call.function), *call);
            values.add(&found.across(Crossing { site: *call, way: Way::Argument }));
        }
        if values.is_empty() { Values::lost(site) } else { values }
    }

    /// What is passed to a closure: by the calls of the locals that hold it, in its own function.
    fn closure_parameter(&self, frame: &Frame, closure: u32, index: u16, site: Site) -> Values {
        let program = self.infer.program;
        let facts = program.facts_of(frame.function);
        let decl = program.function(frame.function);
        let holds = |local: LocalId| {
            decl.locals[local.0 as usize].defs.iter().any(|def| match def {
                Def::Value { expr, .. } => *facts.expr(*expr) == Expr::Closure(closure),
                _ => false,
            })
        };
        let mut values = Values::default();
        let mut called = false;
        for id in (decl.exprs.0..decl.exprs.1).map(ExprId) {
            let Expr::Call { callee, arguments } = facts.expr(id) else { continue };
            let direct = match facts.expr(*callee) {
                Expr::Local(local) => holds(*local),
                Expr::Closure(other) => *other == closure,
                _ => false,
            };
            if let Some(argument) = arguments.get(usize::from(index)).filter(|_| direct) {
                called = true;
                values.add(&self.eval(frame, argument.value, 0));
            }
        }
        if called { values } else { Values::lost(site) }
    }

    /// What a call stores through the address it is given.
    fn stored_by(&self, frame: &Frame, call: Site, argument: u16) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        for function in self.reach.targets.get(&call).map_or(&[][..], Vec::as_slice) {
            let inner = frame.enter(call, *function);
            let decl = program.function(*function);
            let Some(parameter) = decl.parameters.get(usize::from(argument)) else { continue };
            let is_parameter = |id: ExprId| *program.expr(*function, id) == Expr::Local(*parameter);
            let mut found = Values::default();
            for store in &decl.stores {
                if let Expr::Deref(of) = program.expr(*function, store.target)
                    && is_parameter(*of)
                {
                    found.add(&self.eval(&inner, store.value, store.result));
                }
            }
            for id in (decl.exprs.0..decl.exprs.1).map(ExprId) {
                if let Expr::Call { arguments, .. } = program.expr(*function, id) {
                    for (at, passed) in (0_u16..).zip(arguments) {
                        if is_parameter(passed.value) && inner.chain.len() < MAX_CHAIN {
                            found.add(&self.stored_by(&inner, Site { function: *function, expr: id }, at));
                        }
                    }
                }
            }
            values.add(&found.across(Crossing { site: call, way: Way::Result }));
        }
        if let Some(path) = self.paths.get(&call)
            && let Some(transfer) = self.packs.transfer(self.language(call.function), path)
            && transfer.into == Some(argument)
            && let Expr::Call { callee, arguments } = program.expr(call.function, call.expr)
        {
            values.add(&self.transfer(frame, transfer, *callee, arguments, 0, call));
        }
        values
    }

    fn stored(&self, stored: Stored) -> Values {
        match stored {
            Stored::Value(site, result) | Stored::Part(site, result) => {
                (*self.eval(&Frame::of(site.function), site.expr, result)).clone()
            }
            Stored::Address(call, argument) => self.stored_by(&Frame::of(call.function), call, argument),
        }
    }

    fn global(&self, id: GlobalId) -> Values {
        let program = self.infer.program;
        let global = program.global(id);
        let mut values = Values::default();
        if let Some(loader) = program.loader(id.file) {
            for (value, result) in &global.values {
                values.add(&self.eval(&Frame::of(loader), *value, *result));
            }
        }
        for stored in self.reach.globals.get(&id).into_iter().flatten() {
            values.add(&self.stored(*stored));
        }
        let empty = global.values.is_empty();
        if empty && global.ty.as_ref().is_some_and(|r| self.holds_parts(Ty::Written { file: id.file, r })) {
            values.add(&Values::one(Value::Setting(Vec::new())));
        }
        values
    }

    fn member(&self, frame: &Frame, of: ExprId, name: &'p str, site: Site) -> Values {
        let program = self.infer.program;
        match self.infer.qualified(frame.function, of, name) {
            Some(Meaning::Global(global)) => return self.global(global),
            Some(Meaning::External(..)) => {
                return self.packs_call(frame, site, &[], 0).unwrap_or_else(|| Values::lost(site));
            }
            Some(_) => return Values::default(),
            None => {}
        }
        if let Some(values) = self.outside_member(frame, site) {
            return values;
        }
        let base = self.eval(frame, of, 0);
        let ty = self.infer.type_of(frame.function, of, 0);
        let field = ty.and_then(|ty| program.field(ty, name));
        let mut values = Values { known: BTreeMap::new(), unknown: BTreeSet::new() };
        let mut precise = !base.known.is_empty();
        let mut settings = Values::default();
        for (value, way) in &base.known {
            match value {
                Value::Setting(path) => {
                    precise = false;
                    let found = packs::setting(path, name, field.map(|(_, _, field)| field));
                    settings.known.extend(found.into_iter().map(|value| (value, way.clone())));
                }
                Value::Made(made, chain) => match self.part(*made, chain, name) {
                    Some(found) => values.add(&found),
                    None => precise = false,
                },
                Value::Text(_) | Value::Named(..) | Value::Connection(..) => precise = false,
            }
        }
        let mut stored: Vec<Stored> = Vec::new();
        match (field, ty.and_then(|ty| program.type_id(ty))) {
            (Some((owner, _, _)), _) => stored.extend(self.reach.fields.get(&(owner, name)).into_iter().flatten()),
            (None, Some(id)) => stored.extend(self.reach.fields.get(&(Owner::Type(id), name)).into_iter().flatten()),
            (None, None) => stored.extend(self.reach.loose_fields.get(name).into_iter().flatten()),
        }
        for stored in stored {
            // Where each value is seen being written out, other values of the type have nothing to say.
            if !(precise && matches!(stored, Stored::Part(..))) {
                values.add(&self.stored(stored));
            }
        }
        values.add(&settings);
        if let Some(path) = ty.and_then(|ty| program.type_id(ty)).and_then(|id| self.bound(id)) {
            values.add(&Values::one(Value::Setting([path.as_slice(), &[name.to_owned()]].concat())));
        }
        // A field of something that came from outside had a value there, whatever is stored in it here.
        let from_outside = field.is_none() && (base.known.is_empty() || !base.unknown.is_empty());
        if values.is_empty() || from_outside {
            values.add(&Values::lost(site));
            values.unknown.extend(base.unknown.iter().cloned());
        }
        values
    }

    /// Where in the configuration the fields of a type are filled from, if an annotation says so.
    fn bound(&self, id: TypeId) -> Option<Vec<String>> {
        let (file, decl) = self.infer.program.ty(id);
        let (note, binding) = decl.notes.iter().find_map(|note| Some((note, self.packs.binding(&note.name)?)))?;
        let argument = binding.target.iter().find_map(|name| note.arguments.iter().find(|(n, _)| n == name));
        match argument.map(|(_, value)| self.infer.program.files[file as usize].facts.expr(*value)) {
            Some(Expr::Text(prefix)) => Some(prefix.split('.').map(str::to_owned).collect()),
            Some(_) => None,
            None => Some(Vec::new()),
        }
    }

    /// `os.environ["NAME"]`
    fn environment_index(&self, frame: &Frame, of: ExprId, key: ExprId) -> Option<Values> {
        let path = self.infer.origin(frame.function, of)?;
        let transfer = self.packs.transfer(self.language(frame.function), &path)?;
        if transfer.gives != Source::Environment {
            return None;
        }
        let mut values = Values::default();
        for (template, way) in self.eval(frame, key, 0).templates() {
            let piece = template.constant().map_or(Piece::Hole, |name| Piece::Environment(name.to_owned()));
            values.known.insert(Value::Text(Template::piece(piece)), way);
        }
        Some(values)
    }

    /// A member of something outside of the tree that the packs know.
    fn outside_member(&self, frame: &Frame, site: Site) -> Option<Values> {
        let path = self.infer.origin(frame.function, site.expr)?;
        let transfer = self.packs.transfer(self.language(frame.function), &path)?;
        let Expr::Member { of, name } = self.infer.program.expr(frame.function, site.expr) else { return None };
        match transfer.gives {
            // `process.env.NAME`
            Source::Environment => {
                Some(Values::one(Value::Text(Template::piece(Piece::Environment(name.to_string())))))
            }
            _ => Some((*self.eval(frame, *of, 0)).clone()),
        }
    }

    /// The field of a value that is written out.
    fn part(&self, made: Site, chain: &[Site], name: &str) -> Option<Values> {
        let Expr::Composite { ty, parts } = self.infer.program.expr(made.function, made.expr) else { return None };
        let frame = Frame { function: made.function, chain: chain.to_vec() };
        let order: &[crate::ir::Field] = {
            let ty = Ty::Written { file: self.infer.program.file_of(made.function), r: ty };
            match self.infer.program.underlying(ty) {
                Some((_, TypeRef::Struct(fields))) => fields,
                _ => &[],
            }
        };
        let part = parts.iter().enumerate().find(|(at, part)| match (&part.field, part.key) {
            (Some(field), _) => field == name,
            (None, Some(key)) => {
                matches!(self.infer.program.expr(made.function, key), Expr::Text(text) if text == name)
            }
            (None, None) => order.get(*at).is_some_and(|field| field.name == name),
        });
        part.map(|(_, part)| (*self.eval(&frame, part.value, 0)).clone())
    }

    fn call(&self, frame: &Frame, callee: ExprId, arguments: &'p [Argument], result: u16, site: Site) -> Values {
        if let Some(values) = self.packs_call(frame, site, arguments, result) {
            return values;
        }
        let program = self.infer.program;
        if let Some(functions) = self.reach.targets.get(&site) {
            let mut values = Values::default();
            for function in functions {
                let decl = program.function(*function);
                if matches!(decl.name.as_str(), "__init__" | "constructor" | "<new>") {
                    values.add(&Values::one(Value::Made(site, frame.chain.clone())));
                    continue;
                }
                let inner = frame.enter(site, *function);
                let mut found = Values::default();
                for returned in &decl.returns {
                    match returned.as_slice() {
                        [] => {
                            if let Some(local) = decl.named_results.get(usize::from(result)) {
                                found.add(&self.local(&inner, *local, site));
                            }
                        }
                        [only] if result > 0 => found.add(&self.eval(&inner, *only, result)),
                        several => {
                            if let Some(id) = several.get(usize::from(result)) {
                                found.add(&self.eval(&inner, *id, 0));
                            }
                        }
                    }
                }
                values.add(&found.across(Crossing { site, way: Way::Result }));
            }
            return values;
        }
        match self.infer.callee(frame.function, callee) {
            Some(Callee::Type(_)) => match arguments {
                [only] if self.language(frame.function) == crate::frontend::Language::Go => {
                    (*self.eval(frame, only.value, 0)).clone()
                }
                _ => Values::one(Value::Made(site, frame.chain.clone())),
            },
            Some(Callee::Builtin("string")) if arguments.len() == 1 => {
                (*self.eval(frame, arguments[0].value, 0)).clone()
            }
            Some(Callee::Builtin("new" | "make")) => Values::one(Value::Setting(Vec::new())),
            Some(Callee::Builtin("append")) => {
                let mut values = Values::default();
                for (at, argument) in arguments.iter().enumerate() {
                    let value = self.eval(frame, argument.value, 0);
                    values.add(&if at == 0 || argument.spread {
                        self.elements(&value, None)
                    } else {
                        (*value).clone()
                    });
                }
                // The list that is appended to may begin empty, which says nothing.
                values.known.retain(|value, _| !matches!(value, Value::Setting(path) if path.len() <= 1));
                values
            }
            Some(Callee::Value) => self.closure_call(frame, callee, result, site),
            _ => Values::lost(site),
        }
    }

    /// A call of a closure that a local holds.
    fn closure_call(&self, frame: &Frame, callee: ExprId, result: u16, site: Site) -> Values {
        let program = self.infer.program;
        let decl = program.function(frame.function);
        let mut closures = Vec::new();
        match program.expr(frame.function, callee) {
            Expr::Closure(id) => closures.push(*id),
            Expr::Local(local) => {
                for def in &decl.locals[local.0 as usize].defs {
                    if let Def::Value { expr, .. } = def
                        && let Expr::Closure(id) = program.expr(frame.function, *expr)
                    {
                        closures.push(*id);
                    }
                }
            }
            _ => {}
        }
        if closures.is_empty() {
            return Values::lost(site);
        }
        let mut values = Values::default();
        for returned in closures.iter().flat_map(|id| &decl.closures[*id as usize].returns) {
            if let Some(id) = returned.get(usize::from(result)) {
                values.add(&self.eval(frame, *id, 0));
            }
        }
        values
    }

    fn language(&self, function: FnId) -> crate::frontend::Language {
        let program = self.infer.program;
        program.files[program.file_of(function) as usize].language
    }
}
