//! What an expression may be worth, asked for from its use backwards: through locals, fields, parameters and results.
//!
//! The order of statements is not looked at. A value is followed through calls in both directions; going into a callee
//! remembers the call, so that its parameters are those of that call.

mod call;
mod checked;
mod composed;
mod elements;
mod environment;
mod flows;
mod handed;
mod keys;
mod maps;
mod packs;
mod parts;
mod passed;
mod puts;
mod pydantic;
mod requests;
mod section;
mod stored;

pub(crate) use composed::placeholders;

use crate::infer::Infer;
use crate::pack::{Packs, Target};
use crate::program::{FnId, Meaning, Ty, TypeId};
use crate::reach::{Reach, Site};
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::Semantics;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Def, Expr, ExprId, LocalId, Part, TypeRef};
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

/// How many steps all questions about one call may take, whoever leads to it.
const MAX_SITE_STEPS: u32 = 120_000;

/// How many steps a service's questions may take. What is left then gets a few steps for each call.
const MAX_SERVICE_STEPS: u64 = 2_000_000;

/// How many steps a call gets when those of its service are used up.
const LAST_STEPS: u32 = 1_000;

/// A function, and the calls that lead to it as far as they are known: the innermost last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Frame {
    /// The function.
    pub(crate) function: FnId,
    /// The calls.
    pub(crate) chain: Vec<Site>,
}

type Key = (Frame, ExprId, u16);

/// A container, and the key under which something is looked for in it.
type Under = (Frame, ExprId, Option<String>);

/// The calls of the closures of a function, by the closure.
type ClosureCalls = BTreeMap<u32, Vec<ExprId>>;

/// Values of one service's reached code. Answers are kept.
pub(crate) struct Eval<'a, 'p> {
    infer: &'a Infer<'a, 'p>,
    packs: &'a Packs,
    reach: &'a Reach<'p>,
    paths: BTreeMap<Site, &'a str>,
    known: RefCell<BTreeMap<Key, Rc<Values>>>,
    open: RefCell<BTreeSet<Key>>,
    /// The named arguments that are being looked up: in whose calls, and their name.
    open_named: RefCell<BTreeSet<(FnId, String)>>,
    /// The calls of the closures of functions, by the closure.
    closures: RefCell<BTreeMap<FnId, Rc<ClosureCalls>>>,
    /// What is put into containers.
    filled: RefCell<BTreeMap<Site, Rc<flows::Filled<'p>>>>,
    /// What lies in containers under a key.
    held: RefCell<BTreeMap<Under, Rc<Values>>>,
    open_held: RefCell<BTreeSet<Under>>,
    /// Of the containers that are being looked at, the innermost last, those that they take over.
    taken_over: RefCell<Vec<Vec<(Frame, ExprId)>>>,
    /// The keys of maps, by where they are asked for.
    keys_of: RefCell<BTreeMap<(Frame, ExprId, Site), Rc<Values>>>,
    open_keys: RefCell<BTreeSet<(Frame, ExprId, Site)>>,
    taken_keys: RefCell<Vec<Vec<(Frame, ExprId)>>>,
    /// Where the values of functions go.
    uses: RefCell<BTreeMap<FnId, Rc<flows::Uses<'p>>>>,
    /// The names under which containers may be filled; none before they are asked for.
    takings: RefCell<Option<Rc<flows::Names<'p>>>>,
    /// The made classes that stand for an interface.
    behind: RefCell<BTreeMap<TypeId, Vec<TypeId>>>,
    depth: Cell<usize>,
    steps: Cell<u32>,
    /// The steps of all questions about the call that is being looked at, and of all calls.
    site_steps: Cell<u32>,
    all_steps: Cell<u64>,
    /// The calls whose questions took more steps than they have.
    pub(crate) exhausted: RefCell<BTreeSet<Site>>,
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
            open_named: RefCell::default(),
            closures: RefCell::default(),
            filled: RefCell::default(),
            held: RefCell::default(),
            open_held: RefCell::default(),
            taken_over: RefCell::default(),
            keys_of: RefCell::default(),
            open_keys: RefCell::default(),
            taken_keys: RefCell::default(),
            uses: RefCell::default(),
            takings: RefCell::default(),
            behind: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
            site_steps: Cell::new(0),
            all_steps: Cell::new(0),
            exhausted: RefCell::default(),
            cuts: Cell::new(0),
        }
    }

    /// What an expression may be worth, each of the ways that lead to its function for itself, so that what one caller
    /// passes is not mixed with what another one does.
    pub(crate) fn value(&self, site: Site) -> Vec<Values> {
        self.by_caller(site, |frame| (*self.eval(frame, site.expr, 0)).clone())
    }

    /// The same, and of a list or a map its elements.
    pub(crate) fn listed(&self, site: Site) -> Vec<Values> {
        self.by_caller(site, |frame| self.each((*self.eval(frame, site.expr, 0)).clone()))
    }

    /// The target of a sink, each of the ways that lead to it for itself.
    pub(crate) fn target(&self, site: Site, target: &Target) -> Vec<Values> {
        self.by_caller(site, |frame| self.each(self.target_in(frame, site, target)))
    }

    fn by_caller(&self, site: Site, ask: impl Fn(&Frame) -> Values) -> Vec<Values> {
        let function = site.function;
        let mut all = Vec::new();
        self.site_steps.set(0);
        let mut open = vec![Vec::new()];
        let mut asked = 0;
        while let Some(chain) = open.pop() {
            self.steps.set(0);
            if !open.is_empty() && self.site_steps.get() > self.site_limit() {
                // The ways that are left are not looked at.
                self.exhausted.borrow_mut().insert(site);
                all.push(Values::lost(site));
                break;
            }
            asked += 1;
            let frame = Frame { function, chain };
            let mut values = ask(&frame);
            self.site_steps.set(self.site_steps.get().saturating_add(self.steps.get()));
            self.all_steps.set(self.all_steps.get().saturating_add(u64::from(self.steps.get())));
            let outer = frame.chain.first().map_or(function, |call: &Site| call.function);
            let callers = self.reach.callers.get(&outer).map_or(&[][..], Vec::as_slice);
            let room = frame.chain.len() < MAX_LEVELS && asked + open.len() + callers.len() <= MAX_WAYS;
            if values.comes_in() && room && !callers.is_empty() {
                open.extend(callers.iter().map(|call| [&[*call], frame.chain.as_slice()].concat()));
                all.extend(self.reach.lost.get(&outer).map(|site| Values::lost(*site)));
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
        if self.depth.get() > MAX_DEPTH || self.steps.get() > self.question_limit() {
            self.cuts.set(self.cuts.get() + 1);
            return Rc::new(Values::lost(Site { function: frame.function, expr: id }));
        }
        self.open.borrow_mut().insert(key.clone());
        self.depth.set(self.depth.get() + 1);
        let cuts = self.cuts.get();
        let values = Rc::new(self.path_of_request(frame.function, id, self.find(frame, id, result)));
        // Large values take as long as many small ones.
        let size = u32::try_from((values.known.len() + values.unknown.len()) / 4).unwrap_or(u32::MAX);
        self.steps.set(self.steps.get().saturating_add(size));
        self.depth.set(self.depth.get() - 1);
        self.open.borrow_mut().remove(&key);
        if self.cuts.get() == cuts || self.depth.get() == 0 {
            self.known.borrow_mut().insert(key, Rc::clone(&values));
        }
        values
    }

    /// How many steps a call may take.
    fn site_limit(&self) -> u32 {
        if self.all_steps.get() > MAX_SERVICE_STEPS { LAST_STEPS } else { MAX_SITE_STEPS }
    }

    /// How many steps a question may take.
    fn question_limit(&self) -> u32 {
        if self.all_steps.get() > MAX_SERVICE_STEPS { LAST_STEPS } else { MAX_STEPS }
    }

    fn find(&self, frame: &Frame, id: ExprId, result: u16) -> Values {
        let program = self.infer.program;
        let site = Site { function: frame.function, expr: id };
        match program.expr(frame.function, id) {
            Expr::Text(text) | Expr::Number(text) => Values::text(program.word(frame.function, *text)),
            Expr::Local(local) => self.local(frame, *local, site),
            Expr::Name(name) => match program
                .meaning(program.file_of(frame.function), program.word(frame.function, *name))
            {
                Meaning::Global(global) => self.global(global),
                Meaning::External(..) => self.environment(site).unwrap_or_else(|| Values::lost(site)),
                Meaning::Function(_) | Meaning::Type(_) | Meaning::Package(_) | Meaning::Unknown => Values::default(),
            },
            Expr::Member { of, name } => self.member(frame, *of, program.word(frame.function, *name), site),
            Expr::Call { callee, arguments } => {
                self.call(frame, *callee, program.arguments(frame.function, *arguments), result, site)
            }
            Expr::Concat(left, right) => self.eval(frame, *left, 0).then(&self.eval(frame, *right, 0)),
            Expr::Format(parts) => self.chain(frame, program.list(frame.function, *parts)),
            Expr::Composite { ty, parts } => {
                let ty = program.written(frame.function, *ty);
                self.composite(frame, ty, program.parts(frame.function, *parts), site)
            }
            Expr::New { .. } => match self.packs_call(frame, site, &[], result) {
                Some(values) => values,
                None => Values::one(Value::Made(site, frame.chain.clone())),
            },
            Expr::Index { of, key } => {
                let named = self.environment_index(frame, *of, *key);
                if let Some(values) = named.or_else(|| self.section_index(frame, *of, *key)) {
                    return values;
                }
                if let Some(values) = self.looped(frame, *of, *key, site) {
                    return values;
                }
                self.under(frame, &self.eval(frame, *of, 0), *key)
            }
            Expr::Address(of) | Expr::Deref(of) | Expr::Super(of) | Expr::Cast { of, .. } => {
                (*self.eval(frame, *of, result)).clone()
            }
            Expr::Choice(of) => {
                let mut values = Values::default();
                for id in program.list(frame.function, *of) {
                    values.add(&self.eval(frame, *id, result));
                }
                values
            }
            Expr::Closure(_) | Expr::Class(_) | Expr::Type(_) => Values::default(),
            Expr::Attribute { .. } | Expr::Other => Values::lost(site),
        }
    }

    fn chain(&self, frame: &Frame, parts: &[ExprId]) -> Values {
        let mut values = Values::text("");
        for part in parts {
            values = values.then(&self.eval(frame, *part, 0));
        }
        values
    }

    fn composite(&self, frame: &Frame, ty: Ty<'p>, parts: &[Part], site: Site) -> Values {
        if let Some(field) = self.infer.program.external(ty).and_then(|path| self.packs.text_field(&path)) {
            // A structure from outside that stands for a text: an address in parts.
            let mut parts = parts.iter().filter(|part| self.is_field(frame.function, part, field));
            return parts.next().map_or_else(|| Values::lost(site), |part| (*self.eval(frame, part.value, 0)).clone());
        }
        Values::one(Value::Made(site, frame.chain.clone()))
    }

    fn local(&self, frame: &Frame, local: LocalId, site: Site) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        for def in program.defs(frame.function, local) {
            match *def {
                Def::Value { expr, result } => values.add(&self.eval(frame, expr, result)),
                Def::Element(over) => values.add(&self.elements(&self.eval(frame, over, 0), None)),
                Def::Key(over) => values.add(&self.keys(frame, over, site)),
                Def::Zero => {
                    if program.local_type(frame.function, local).is_some_and(|ty| self.holds_parts(ty)) {
                        values.add(&Values::one(Value::Setting(Vec::new())));
                    }
                }
                Def::Parameter(_) if self.is_injected(frame, local) => {}
                Def::Parameter(at) => {
                    let name = program.local_name(frame.function, local);
                    let filled = self.filled_parameter(frame, name);
                    values.add(&filled.unwrap_or_else(|| self.parameter(frame, at, name, site)));
                }
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
        let defs = self.infer.program.defs(frame.function, local);
        let known = |def: &Def| match def {
            Def::Value { expr, .. } => {
                let path = self.paths.get(&Site { function: frame.function, expr: *expr });
                path.is_some_and(|path| {
                    path.starts_with('@') && self.packs.transfer(self.language(frame.function), path).is_some()
                })
            }
            _ => false,
        };
        frame.chain.is_empty() && !self.reach.callers.contains_key(&frame.function) && defs.iter().any(known)
    }

    /// Whether a type has parts that something else may fill: what begins empty is then taken for configuration.
    fn holds_parts(&self, ty: Ty<'p>) -> bool {
        match self.infer.program.underlying(ty) {
            Some((_, TypeRef::Struct(_) | TypeRef::Map(_))) => true,
            Some((_, TypeRef::Name { .. })) => self.infer.program.external(ty).is_some(),
            _ => false,
        }
    }

    /// Whether a part of a value that is written out in a function is the one of a field's name.
    fn is_field(&self, function: FnId, part: &Part, name: &str) -> bool {
        part.field.is_some_and(|field| self.infer.program.word(function, field) == name)
    }

    fn language(&self, function: FnId) -> Language {
        let program = self.infer.program;
        program.files[program.file_of(function) as usize].language
    }

    fn semantics(&self, function: FnId) -> &'static dyn Semantics {
        self.language(function).semantics()
    }
}
