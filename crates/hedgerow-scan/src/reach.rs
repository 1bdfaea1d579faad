//! What a service's entry points reach, function by function, and what is stored where on the way.
//!
//! This is rapid type analysis: a call through an interface reaches the methods of the types that reached code makes.
//! It errs on the side of too much *inside* of what is reached, never beyond it.

mod asked;
mod assemblies;
mod dispatch;
mod escapes;
mod lookups;
mod made;
mod stores;
mod values;

use crate::held::{Held, Slot};
use crate::infer::{Ask, Callee, Infer};
use crate::inventory::Without;
use crate::outside::{PathId, Paths};
use crate::pack::Packs;
use crate::program::{FnId, GlobalId, Owner, PackageId, TypeId};
use asked::Asked;
use dispatch::Dynamic;
use hedgerow_code::ir::{Argument, Def, Expr, ExprId, Facts, Generic, Store};
pub(crate) use made::is_plain;
use std::collections::{BTreeMap, BTreeSet};

/// What packs call an interface of the tree through which code asks for what a library knows.
const INTERFACE: &str = "interface";

/// A place in a function: a call, most of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// The function.
    pub(crate) function: FnId,
    /// The expression.
    pub(crate) expr: ExprId,
}

/// Something that is stored in a field or a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The `result`-th value of an expression.
    Value(Site, u16),
    /// The same, written out where the value around it is made.
    Part(Site, u16),
    /// Whatever a call stores through the address it is given as this argument.
    Address(Site, u16),
}

/// What one service reaches.
#[derive(Debug, Default)]
pub(crate) struct Reach<'p> {
    /// The functions, each with the place that reached it first; none for an entry point.
    pub(crate) functions: BTreeMap<FnId, Option<Site>>,
    /// Who calls a function.
    pub(crate) callers: BTreeMap<FnId, Vec<Site>>,
    /// Where a method is taken as a value (`f := client.Get`), with its receiver.
    pub(crate) bound: BTreeMap<FnId, Vec<Site>>,
    /// Functions that are also held where nobody follows them, and where they go there: who calls them, and with what, is
    /// not known.
    pub(crate) lost: BTreeMap<FnId, Site>,
    /// Methods that are taken as functions of their receiver (`f := (*Client).Get`), and where: on what they are called is
    /// not known either.
    pub(crate) unbound: BTreeMap<FnId, Site>,
    /// What the calls lead to that do not lead into one function of the tree.
    pub(crate) external: Vec<(Site, PathId)>,
    /// The paths of these.
    pub(crate) paths: Paths,
    /// The interfaces and open classes whose methods are called.
    pub(crate) dispatched: Vec<(Site, TypeId)>,
    /// The functions of the tree that calls lead to.
    pub(crate) targets: BTreeMap<Site, Vec<FnId>>,
    /// What is stored in the fields of a type.
    pub(crate) fields: BTreeMap<(Owner, &'p str), Vec<Stored>>,
    /// What is stored in fields of this name whose owner cannot be told.
    pub(crate) loose_fields: BTreeMap<&'p str, Vec<Stored>>,
    /// What is stored in globals after they are made.
    pub(crate) globals: BTreeMap<GlobalId, Vec<Stored>>,
    /// Where a closure is called from elsewhere, and the closures that such a call leads to.
    pub(crate) closure_calls: BTreeMap<(FnId, u32), Vec<Site>>,
    pub(crate) called_closures: BTreeMap<Site, Vec<(FnId, u32)>>,
    /// The calls that may be those of maps, of a key that is written there.
    pub(crate) lookups: BTreeSet<Site>,
    /// The types that are made.
    pub(crate) made: BTreeSet<TypeId>,
}

/// The walk.
struct Walk<'a, 'p> {
    infer: &'a Infer<'a, 'p>,
    packs: &'a Packs,
    without: &'a Without,
    reach: Reach<'p>,
    open: Vec<FnId>,
    /// Calls through an interface, by the interface and the method.
    dispatched: BTreeMap<(TypeId, &'p str), Dynamic>,
    /// Calls of a method on something unknown, by name and number of arguments.
    loose: BTreeMap<(&'p str, usize), BTreeSet<Site>>,
    /// Those of them that may be look-ups in a map.
    lookups: BTreeMap<(&'p str, usize), BTreeSet<Site>>,
    /// Where they have been led.
    looked_up: BTreeSet<(Site, FnId)>,
    /// The types whose values may lie where nobody sees them.
    strays: BTreeSet<TypeId>,
    /// The values that lie there whose type is not written.
    stray_values: BTreeSet<(FnId, ExprId)>,
    /// The made types, in the order in which they were met.
    made: Vec<TypeId>,
    /// Whether a type can stand for another one.
    stands: BTreeMap<(TypeId, TypeId), bool>,
    /// Those of them of which code makes a value or that it names, and which are not only what another one extends.
    direct: Vec<TypeId>,
    is_direct: BTreeSet<TypeId>,
    /// Those that only a framework is seen to make so far.
    given: BTreeSet<TypeId>,
    /// Calls that the class of a value decides.
    asked: BTreeMap<(TypeId, Ask<'p>), Asked>,
    /// Where such calls lead out of the tree.
    led_out: BTreeSet<(Site, String)>,
    escaped: BTreeSet<TypeId>,
    gone: escapes::Gone<'p>,
    /// Where calls of closures have been led, and those of functions.
    led_closures: BTreeSet<(Site, FnId, u32)>,
    led: BTreeSet<(Site, FnId)>,
    held: Held<'p>,
    /// The packages that are loaded.
    loaded: BTreeSet<PackageId>,
    /// The calls through an interface for which a type was looked for that nothing is seen to make.
    adopted: BTreeSet<(TypeId, &'p str)>,
    /// The projects of .NET whose handlers are made.
    looked_through: BTreeSet<String>,
    /// The functions that the function being walked takes as values, with where it does.
    taken: Vec<(ExprId, FnId)>,
}

/// What the callee of a call leads to.
enum Target<'p> {
    /// Into the tree, or into a value.
    Inside(Callee<'p>),
    /// Out of the tree.
    Outside(PathId),
}

/// Whether an assignment puts an element into a local, which has it as a definition too.
fn is_element_of_local(facts: &Facts, store: &Store) -> bool {
    let mut base = store.target;
    while let Expr::Index { of, .. } = facts.expr(base) {
        base = *of;
    }
    matches!(facts.expr(base), Expr::Local(_))
}

/// The packages that loading `packages` loads, those included, but for those that are `covered`.
pub(crate) fn loaded(
    infer: &Infer,
    packages: impl IntoIterator<Item = PackageId>,
    covered: &BTreeSet<PackageId>,
) -> BTreeSet<PackageId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<PackageId> = packages.into_iter().collect();
    while let Some(package) = open.pop() {
        if !covered.contains(&package) && found.insert(package) {
            open.extend(infer.program.imported(package));
        }
    }
    found
}

/// What the entry points reach. What runs when their packages are loaded is reached too.
pub(crate) fn reach<'p>(infer: &Infer<'_, 'p>, packs: &Packs, entries: &[FnId], without: &Without) -> Reach<'p> {
    let mut walk = Walk {
        infer,
        packs,
        without,
        reach: Reach::default(),
        open: Vec::new(),
        dispatched: BTreeMap::new(),
        loose: BTreeMap::new(),
        lookups: BTreeMap::new(),
        looked_up: BTreeSet::new(),
        strays: BTreeSet::new(),
        stray_values: BTreeSet::new(),
        made: Vec::new(),
        stands: BTreeMap::new(),
        direct: Vec::new(),
        is_direct: BTreeSet::new(),
        given: BTreeSet::new(),
        asked: BTreeMap::new(),
        led_out: BTreeSet::new(),
        escaped: BTreeSet::new(),
        gone: escapes::Gone::default(),
        led_closures: BTreeSet::new(),
        led: BTreeSet::new(),
        held: Held::default(),
        taken: Vec::new(),
        loaded: BTreeSet::new(),
        adopted: BTreeSet::new(),
        looked_through: BTreeSet::new(),
    };
    for entry in entries {
        walk.add(*entry, None);
    }
    let packages = entries.iter().map(|entry| infer.program.package_of(infer.program.file_of(*entry)));
    walk.loaded = loaded(infer, packages, &without.packages);
    for package in walk.loaded.clone() {
        for initializer in &infer.program.package(package).initializers {
            walk.add(*initializer, None);
        }
    }
    walk.run();
    walk.reach
}

impl<'p> Walk<'_, 'p> {
    fn add(&mut self, function: FnId, from: Option<Site>) {
        if self.without.files.contains(&self.infer.program.file_of(function)) {
            return;
        }
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.reach.functions.entry(function) {
            vacant.insert(from);
            self.open.push(function);
        }
    }

    fn run(&mut self) {
        loop {
            while let Some(function) = self.open.pop() {
                self.function(function);
            }
            self.dispatch();
            self.answer();
            if self.open.is_empty() && !self.adopt() && !self.answer_as_written() && !self.look_up() {
                return;
            }
        }
    }

    fn call(&mut self, site: Site, function: FnId) {
        let overloads = self.overloads(function);
        if overloads.is_empty() {
            return self.call_one(site, function);
        }
        // Of several methods of one name those that take as many arguments are meant; their types are not looked at.
        let passed = match self.infer.program.expr(site.function, site.expr) {
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => Some(arguments.len()),
            _ => None,
        };
        let fits = |function: &FnId| {
            let decl = self.infer.program.function(*function);
            let wanted = decl.parameters.len();
            passed.is_none_or(|passed| passed == wanted || (decl.variadic && passed + 1 >= wanted))
        };
        let all = [&[function], overloads.as_slice()].concat();
        let mut fitting: Vec<FnId> = all.iter().copied().filter(fits).collect();
        // `Add<Books>(services)` is no call of the `Add(services)` beside it, nor is that one of `Add<T>(services)`.
        let facts = self.infer.program.facts_of(site.function);
        let callee = match facts.expr(site.expr) {
            Expr::Call { callee, .. } => *callee,
            _ => site.expr,
        };
        let is_typed = facts.typed.binary_search(&callee).is_ok();
        let is_meant = |function: &FnId| match self.infer.program.function(*function).generic {
            Generic::No => !is_typed,
            Generic::Told => true,
            Generic::Written => is_typed,
        };
        if fitting.iter().any(is_meant) {
            fitting.retain(is_meant);
        }
        for function in if fitting.is_empty() { all } else { fitting } {
            self.call_one(site, function);
        }
    }

    /// The other methods of the same name that a class of C# or Java has.
    fn overloads(&self, function: FnId) -> Vec<FnId> {
        let program = self.infer.program;
        let file = program.file_of(function);
        if !program.semantics(file).has_overloads() {
            return Vec::new();
        }
        let decl = program.function(function);
        let same = (0_u32..).zip(&program.files[file as usize].facts.functions);
        let same = same.filter(|(_, f)| f.name == decl.name && f.receiver == decl.receiver && f.span != decl.span);
        same.filter_map(|(at, _)| program.function_at(file, at)).collect()
    }

    fn call_one(&mut self, site: Site, function: FnId) {
        if self.led.insert((site, function)) {
            self.reach.targets.entry(site).or_default().push(function);
            self.reach.callers.entry(function).or_default().push(site);
            self.passed(site, function);
            self.hand(site, function);
            self.passes(site, function);
        }
        self.add(function, Some(site));
    }

    /// A value that is passed for a parameter of an outside type goes out of sight.
    fn passed(&mut self, site: Site, function: FnId) {
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) =
            self.infer.program.expr(site.function, site.expr)
        else {
            return;
        };
        let program = self.infer.program;
        let arguments = program.arguments(site.function, *arguments);
        let before = self.infer.receivers_passed(site.function, site.expr);
        // What a parameter for the rest takes lies in a list or a map there.
        let decl = program.function(function);
        let single = decl.parameters.len() - usize::from(decl.variadic && !decl.parameters.is_empty());
        for (at, argument) in arguments.iter().skip(before).enumerate() {
            let is_parameter = |name| {
                let mut parameters = program.parameters(function).iter();
                parameters.any(|local| program.local_name(function, *local) == program.word(site.function, name))
            };
            if argument.name.map_or(at >= single, |name| !is_parameter(name)) {
                self.stray(site.function, argument.value);
            }
        }
        for (argument, parameter) in arguments.iter().skip(before).zip(program.parameters(function)) {
            if program.local_type(function, *parameter).is_some_and(|ty| self.is_outside(ty)) {
                self.escape(site.function, argument.value);
            }
        }
    }

    fn function(&mut self, function: FnId) {
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let decl = program.function(function);
        let run = decl.exprs.start..decl.exprs.end;
        if decl.name.is_empty() {
            // Loading a file hands what is annotated in it to a framework.
            let file = program.file_of(function);
            for (at, registered) in (0_u32..).zip(&facts.functions).filter(|(_, f)| f.registered) {
                if let Some(id) = program.function_at(file, at).filter(|id| !self.without.functions.contains(id)) {
                    if let Some(ty) = registered.receiver.as_ref().and_then(|_| self.infer.receiver(id)) {
                        self.strays.insert(ty);
                        self.make(ty);
                    }
                    self.given_by_framework(id);
                    self.add(id, None);
                }
            }
            if program.semantics(file).has_framed_classes() || facts.components.has_any {
                self.framed(function, file);
            }
        }
        self.assemblies(function);
        // What is called, and what is listed in a registry, which is not being called, is no reference.
        let mut called = vec![false; run.len()];
        let mut mark = |id: ExprId| {
            let at = id.0.checked_sub(run.start).and_then(|at| called.get_mut(at as usize));
            at.into_iter().for_each(|called| *called = true);
        };
        let mut targets = Vec::new();
        let mut followed = BTreeSet::new();
        for id in run.clone().map(ExprId) {
            if let Expr::Call { callee, arguments } = facts.expr(id) {
                let arguments = facts.arguments(*arguments);
                mark(*callee);
                let target = self.target(function, *callee);
                followed.insert(*callee);
                if let Expr::Choice(_) = facts.expr(*callee) {
                    followed.extend(self.infer.either(function, *callee));
                }
                let before = self.infer.receivers_passed(function, id).min(arguments.len());
                followed.extend(self.followed(function, target.as_ref(), &arguments[before..]));
                if let Some(Target::Outside(path)) = target
                    && self.reach.paths.get(path).is_registry
                {
                    arguments.iter().for_each(|argument| mark(argument.value));
                }
                targets.push(target);
            }
        }
        let mut targets = targets.into_iter();
        for (id, called) in run.map(ExprId).zip(called) {
            let site = Site { function, expr: id };
            match facts.expr(id) {
                Expr::Call { callee, arguments } => {
                    let target = targets.next().flatten();
                    let arguments = facts.arguments(*arguments);
                    self.callee(site, *callee, arguments, target);
                    self.addressed(site, arguments);
                }
                Expr::New { ty, arguments } => {
                    self.made(site, program.written(function, *ty), facts.arguments(*arguments));
                }
                Expr::Composite { ty, parts } => {
                    self.composite(site, program.written(function, *ty), facts.parts(*parts));
                }
                Expr::Name(_) | Expr::Member { .. } if !called => self.reference(site),
                // `Handler::class`, `UseStartup<Startup>()`: whoever gets the name makes the class and calls it.
                Expr::Type(ty) if program.semantics(program.file_of(function)).calls_handed_types() => {
                    if let Some(id) = program.type_id(program.written(function, *ty)) {
                        self.escape_type(id, Some(site));
                    }
                }
                Expr::Address(of) => {
                    if let Some(id) = self.infer.type_of(function, *of, 0).and_then(|ty| program.type_id(ty)) {
                        self.make(id);
                    }
                }
                _ => {}
            }
        }
        self.laid(function, &mut followed);
        for closure in facts.closures(decl) {
            let given = facts.returns(closure.returns).filter_map(|values| values.first());
            given.for_each(|value| self.stray(function, *value));
        }
        self.lose(function, &followed);
        self.locals(function);
        for store in facts.stores(decl).iter().filter(|store| !is_element_of_local(facts, store)) {
            if matches!(facts.expr(store.target), Expr::Index { .. }) {
                self.stray(function, store.value);
            }
            let value = Stored::Value(Site { function, expr: store.value }, store.result);
            self.store(function, store.target, value);
        }
    }

    /// Functions that come to globals and fields, and out of the function: they are followed there.
    fn laid(&mut self, function: FnId, followed: &mut BTreeSet<ExprId>) {
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let decl = program.function(function);
        for id in program.exprs(function) {
            if let Expr::Composite { ty, parts } = facts.expr(id)
                && program.external(program.written(function, *ty)).is_none()
            {
                followed.extend(facts.parts(*parts).iter().map(|part| part.value));
            }
        }
        for store in facts.stores(decl).iter().filter(|store| !is_element_of_local(facts, store)) {
            followed.insert(store.value);
        }
        for values in facts.returns(decl.returns) {
            if let [value] = values {
                followed.insert(*value);
                self.lay(function, *value, Slot::Result(function));
            }
        }
        if decl.name.is_empty() {
            let file = program.file_of(function);
            for (index, global) in (0_u32..).zip(&facts.globals) {
                let is_outside = global.ty.is_some_and(|ty| self.is_outside(program.written_in(file, ty)));
                for (value, result) in &global.values {
                    if is_outside {
                        self.escape(function, *value);
                    }
                    if *result == 0 {
                        followed.insert(*value);
                        self.lay(function, *value, Slot::Global(GlobalId { file, index }));
                    }
                }
            }
        }
    }

    /// Locals that begin with a zero value make their type; values that get an outside type go out of sight.
    fn locals(&mut self, function: FnId) {
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let decl = program.function(function);
        for local in facts.locals(decl) {
            let Some(ty) = local.ty.map(|ty| program.written(function, ty)) else { continue };
            for def in facts.defs(local) {
                match *def {
                    Def::Zero => {
                        if let Some(id) = program.type_id(ty) {
                            self.make(id);
                        }
                    }
                    Def::Value { expr, .. } if self.is_outside(ty) => self.escape(function, expr),
                    _ => {}
                }
            }
        }
        for values in facts.returns(decl.returns) {
            for (value, ty) in values.iter().zip(facts.results(decl)) {
                if self.is_outside(program.written(function, *ty)) {
                    self.escape(function, *value);
                }
            }
        }
    }

    /// What the callee of a call leads to.
    fn target(&mut self, function: FnId, callee: ExprId) -> Option<Target<'p>> {
        Some(match self.infer.callee(function, callee)? {
            Callee::External(path) => Target::Outside(self.path(function, path)),
            callee => Target::Inside(callee),
        })
    }

    fn path(&mut self, function: FnId, path: String) -> PathId {
        let program = self.infer.program;
        let language = program.files[program.file_of(function) as usize].language;
        self.reach.paths.add(self.packs, language, path)
    }

    fn external(&mut self, site: Site, path: String) {
        let path = self.path(site.function, path);
        self.reach.external.push((site, path));
    }

    fn callee(&mut self, site: Site, callee: ExprId, passed: &[Argument], target: Option<Target<'p>>) {
        self.otherwise(site, callee, passed);
        let plain = passed.iter().filter(|argument| argument.name.is_none() && !argument.spread);
        let asks = self.infer.asks(site.function, callee, plain.count());
        for (id, ask) in &asks {
            self.ask(site, *id, *ask, passed);
        }
        let is_several = matches!(self.infer.program.expr(site.function, callee), Expr::Local(_) | Expr::Choice(_));
        if !asks.is_empty() && !is_several {
            return;
        }
        let found = match target {
            Some(Target::Outside(path)) => {
                if !self.reach.paths.get(path).is_inert {
                    for argument in passed {
                        self.escape(site.function, argument.value);
                    }
                }
                let is_made_of = self.is_made_of(site.function, &self.reach.paths.get(path).path);
                for argument in passed {
                    self.stray(site.function, argument.value);
                    if !is_made_of {
                        self.lose_held(site.function, argument.value);
                    }
                }
                self.applied(site, callee);
                self.loosely(site, callee, passed.len());
                self.reach.external.push((site, path));
                if is_several {
                    self.others(site, callee, path);
                }
                return;
            }
            Some(Target::Inside(found)) => found,
            None => return,
        };
        match found {
            Callee::Function(function) => self.call(site, function),
            Callee::Dispatch(ty, name) => {
                self.reach.dispatched.push((site, ty));
                let path = format!("{INTERFACE}.{name}");
                let program = self.infer.program;
                let language = program.files[program.file_of(site.function) as usize].language;
                if self.packs.transfer(language, &path).is_some() {
                    self.external(site, path);
                }
                self.dispatched.entry((ty, name)).or_default().sites.push(site);
                // A class that nothing is seen to make may be made by a framework: its own method stands for it.
                if let Some(function) = self.infer.program.own_method(ty, name) {
                    self.call(site, function);
                    self.constructed(site, ty);
                }
            }
            Callee::Method(name) => {
                self.call_loosely(site, name, passed.len());
                for argument in passed {
                    self.escape(site.function, argument.value);
                    self.stray(site.function, argument.value);
                    self.lose_held(site.function, argument.value);
                }
                self.held(site, callee);
                self.applied(site, callee);
                self.external(site, format!("?.{name}"));
            }
            Callee::Type(ty) => self.made(site, ty, passed),
            Callee::Builtin(name) => {
                let is_made_of = self.is_made_of(site.function, name);
                for argument in passed {
                    self.stray(site.function, argument.value);
                    if !is_made_of {
                        self.lose_held(site.function, argument.value);
                    }
                }
                self.external(site, name.to_owned());
            }
            Callee::Value => self.held(site, callee),
            Callee::External(_) => {}
        }
    }
}
