//! Functions that are held as values: in a local, in the parameter they are passed for, in a field or a global, in a list or a map, and in
//! what a function gives back.

use crate::infer::{Callee, Infer};
use crate::pack::{Packs, Place, Source};
use crate::program::{FnId, Found, GlobalId, Meaning, Owner, Ty, TypeId};
use crate::reach::Site;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Def, Expr, ExprId, LocalId, TypeRef};
use std::collections::{BTreeMap, BTreeSet};

/// How many expressions are looked at for what one holds.
const MAX_GATHERED: usize = 500;

/// The methods that take something out of a list or a map, or give all that is in it.
const TAKES: &[&str] = &[
    "get",
    "fetch",
    "dig",
    "getOrDefault",
    "getValue",
    "pop",
    "at",
    "get_mut",
    "values",
    "Values",
    "items",
    "entries",
    "entrySet",
    "iter",
    "into_iter",
    "unwrap",
    "expect",
    "to_proc",
    "getOrElse",
    "GetValueOrDefault",
];

/// Where functions lie that are called from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot<'p> {
    /// A parameter: its function, and which of its parameters.
    Parameter(FnId, u16),
    /// A global, or what lies in it.
    Global(GlobalId),
    /// A field, or what lies in it.
    Field(Owner, &'p str),
    /// What a function gives back.
    Result(FnId),
}

/// What an expression holds that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holds<'p> {
    /// What is known.
    Known(Called),
    /// Whatever lies there.
    Slot(Slot<'p>),
}

/// What a call of a value leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Called {
    /// A function, or a method with its receiver.
    Function(FnId),
    /// A class, of which a value is made.
    Class(TypeId),
    /// A closure of a function.
    Closure(FnId, u32),
}

/// Which functions lie where, and where they are called.
#[derive(Debug, Default)]
pub(crate) struct Held<'p> {
    functions: BTreeMap<Slot<'p>, BTreeSet<Called>>,
    calls: BTreeMap<Slot<'p>, BTreeSet<Site>>,
    /// Where what lies in a place goes as well.
    onward: BTreeMap<Slot<'p>, BTreeSet<Slot<'p>>>,
    /// The places whose functions go where nobody follows them, and where they do.
    lost: BTreeMap<Slot<'p>, Site>,
    /// The functions that are lost by that, since they were asked for.
    losses: Vec<(Called, Site)>,
}

impl<'p> Held<'p> {
    /// A function comes to a place: the calls that lead to it by that.
    pub(crate) fn pass(&mut self, to: Slot<'p>, function: Called) -> Vec<(Site, Called)> {
        let mut calls = Vec::new();
        let mut open = vec![to];
        while let Some(slot) = open.pop() {
            if self.functions.entry(slot).or_default().insert(function) {
                calls.extend(self.calls.get(&slot).into_iter().flatten().map(|site| (*site, function)));
                open.extend(self.onward.get(&slot).into_iter().flatten().copied());
                self.losses.extend(self.lost.get(&slot).map(|site| (function, *site)));
            }
        }
        calls
    }

    /// What lies in a place is called: the functions that this leads to.
    pub(crate) fn call(&mut self, slot: Slot<'p>, site: Site) -> Vec<(Site, Called)> {
        self.calls.entry(slot).or_default().insert(site);
        self.functions.get(&slot).into_iter().flatten().map(|function| (site, *function)).collect()
    }

    /// What lies in a place comes to another one as well: the calls that lead to its functions by that.
    pub(crate) fn pass_on(&mut self, from: Slot<'p>, to: Slot<'p>) -> Vec<(Site, Called)> {
        if from == to || !self.onward.entry(from).or_default().insert(to) {
            return Vec::new();
        }
        let functions: Vec<Called> = self.functions.get(&from).into_iter().flatten().copied().collect();
        functions.into_iter().flat_map(|function| self.pass(to, function)).collect()
    }

    /// What lies in a place goes where nobody follows it.
    pub(crate) fn lose(&mut self, slot: Slot<'p>, site: Site) {
        let mut open = vec![slot];
        while let Some(slot) = open.pop() {
            if let std::collections::btree_map::Entry::Vacant(vacant) = self.lost.entry(slot) {
                vacant.insert(site);
                self.losses.extend(self.functions.get(&slot).into_iter().flatten().map(|function| (*function, site)));
            }
        }
    }

    /// The functions that were lost since this was asked last.
    pub(crate) fn losses(&mut self) -> Vec<(Called, Site)> {
        std::mem::take(&mut self.losses)
    }
}

/// What an expression of a function holds that can be called.
pub(crate) fn holds<'p>(infer: &Infer<'_, 'p>, packs: &Packs, function: FnId, expr: ExprId) -> Vec<Holds<'p>> {
    let mut gather = Gather { infer, packs, function, seen: BTreeSet::new(), looked: 0, found: Vec::new() };
    gather.expr(expr);
    gather.found
}

/// Whether the packs say that what a function outside of the tree gives consists of what it is passed: a list, a map, the argument itself.
pub(crate) fn is_made_of(packs: &Packs, language: Language, path: &str) -> bool {
    let transfer = packs.transfer(language, path);
    transfer.is_some_and(|transfer| match transfer.gives {
        Source::Map | Source::Elements => true,
        Source::Argument => matches!(transfer.argument, Place::Argument(_)),
        _ => false,
    })
}

struct Gather<'a, 'b, 'p> {
    infer: &'a Infer<'b, 'p>,
    packs: &'a Packs,
    function: FnId,
    seen: BTreeSet<LocalId>,
    looked: usize,
    found: Vec<Holds<'p>>,
}

impl<'p> Gather<'_, '_, 'p> {
    fn add(&mut self, holds: Holds<'p>) {
        if !self.found.contains(&holds) {
            self.found.push(holds);
        }
    }

    fn expr(&mut self, expr: ExprId) {
        self.looked += 1;
        if self.looked > MAX_GATHERED {
            return;
        }
        let (infer, function) = (self.infer, self.function);
        let program = infer.program;
        match program.expr(function, expr) {
            Expr::Name(name) => {
                let name = program.word(function, *name);
                self.meaning(program.meaning(program.file_of(function), name));
            }
            Expr::Member { of, name } => self.member(*of, program.word(function, *name)),
            Expr::Local(local) if self.seen.insert(*local) => {
                for def in program.defs(function, *local) {
                    match *def {
                        Def::Value { expr, result: 0 } => self.expr(expr),
                        Def::Value { expr, .. } if self.is_taken(expr) => self.expr(expr),
                        Def::Element(of) => self.expr(of),
                        Def::Parameter(at) => self.add(Holds::Slot(Slot::Parameter(function, at))),
                        _ => {}
                    }
                }
            }
            Expr::Choice(choices) => program.list(function, *choices).iter().for_each(|choice| self.expr(*choice)),
            Expr::Closure(closure) => self.add(Holds::Known(Called::Closure(function, *closure))),
            Expr::Index { of, .. } | Expr::Cast { of, .. } | Expr::Address(of) | Expr::Deref(of) => self.expr(*of),
            // What lies in a list or a map; a structure's fields are followed by their names.
            Expr::Composite { ty, parts } => {
                let ty = program.underlying(program.written(function, *ty));
                if matches!(ty, Some((_, TypeRef::List(_) | TypeRef::Map(_) | TypeRef::Unknown))) {
                    program.parts(function, *parts).iter().for_each(|part| self.expr(part.value));
                }
            }
            Expr::New { ty, arguments } => {
                let ty = program.written(function, *ty);
                let named = match ty {
                    Ty::Written { r: TypeRef::Name { qualifier: None, name }, .. } => self.language().global(name),
                    _ => None,
                };
                let path = program.external(ty).or_else(|| named.map(str::to_owned)).unwrap_or_default();
                if is_made_of(self.packs, self.language(), &path) {
                    program.arguments(function, *arguments).iter().for_each(|argument| self.expr(argument.value));
                }
            }
            Expr::Call { callee, arguments } => match infer.callee(function, *callee) {
                Some(Callee::Function(called)) => self.add(Holds::Slot(Slot::Result(called))),
                Some(Callee::Dispatch(..) | Callee::Type(_)) | None => {}
                Some(found) => {
                    let path = match &found {
                        Callee::External(path) => path.as_str(),
                        Callee::Builtin(name) => name,
                        _ => "",
                    };
                    if is_made_of(self.packs, self.language(), path) {
                        program.arguments(function, *arguments).iter().for_each(|argument| self.expr(argument.value));
                    } else if let Expr::Member { of, name } = program.expr(function, *callee)
                        && TAKES.contains(&program.word(function, *name))
                    {
                        self.expr(*of);
                    }
                }
            },
            _ => {}
        }
    }

    fn language(&self) -> Language {
        let program = self.infer.program;
        program.files[program.file_of(self.function) as usize].language
    }

    /// Whether an expression takes something out of a list or a map.
    fn is_taken(&self, expr: ExprId) -> bool {
        match self.infer.program.expr(self.function, expr) {
            Expr::Index { of, .. } => self.is_taken(*of),
            Expr::Call { callee, .. } => match self.infer.program.expr(self.function, *callee) {
                Expr::Member { name, .. } => TAKES.contains(&self.infer.program.word(self.function, *name)),
                _ => false,
            },
            _ => false,
        }
    }

    fn member(&mut self, of: ExprId, name: &'p str) {
        let (infer, function) = (self.infer, self.function);
        let program = infer.program;
        if let Some(meaning) = infer.qualified(function, of, name) {
            return self.meaning(meaning);
        }
        let ty = infer.type_of(function, of, 0);
        if let Some(Found::Function(id)) = ty.and_then(|ty| program.bound(ty, name)) {
            return self.add(Holds::Known(Called::Function(id)));
        }
        match ty {
            Some(ty) => {
                let owner = program.field(ty, name).map(|(owner, ..)| owner);
                if let Some(owner) = owner.or_else(|| program.type_id(ty).map(Owner::Type)) {
                    self.add(Holds::Slot(Slot::Field(owner, name)));
                }
            }
            None => self.part(of, name),
        }
    }

    /// The part of a value that is written out, where its type says nothing.
    fn part(&mut self, of: ExprId, name: &str) {
        let program = self.infer.program;
        let mut function = self.function;
        let mut open = vec![of];
        let mut seen = BTreeSet::new();
        while let Some(expr) = open.pop() {
            if !seen.insert((function, expr)) {
                continue;
            }
            match program.expr(function, expr) {
                Expr::Local(local) => open.extend(program.defs(function, *local).iter().filter_map(|def| match *def {
                    Def::Value { expr, result: 0 } => Some(expr),
                    _ => None,
                })),
                Expr::Cast { of, .. } | Expr::Address(of) => open.push(*of),
                Expr::Name(word) if function == self.function => {
                    let meaning = program.meaning(program.file_of(function), program.word(function, *word));
                    if let Meaning::Global(id) = meaning
                        && let Some(loader) = program.loader(id.file)
                    {
                        function = loader;
                        open = program
                            .global(id)
                            .values
                            .iter()
                            .filter(|(_, result)| *result == 0)
                            .map(|(expr, _)| *expr)
                            .collect();
                    }
                }
                Expr::Composite { parts, .. } => {
                    let own = std::mem::replace(&mut self.function, function);
                    for part in program.parts(function, *parts) {
                        let is_it = part.field.is_some_and(|field| program.word(function, field) == name)
                            || part.key.is_some_and(|key| matches!(program.expr(function, key), Expr::Text(text) if program.word(function, *text) == name));
                        if is_it {
                            let seen = std::mem::take(&mut self.seen);
                            self.expr(part.value);
                            self.seen = seen;
                        }
                    }
                    self.function = own;
                }
                _ => {}
            }
        }
    }

    /// What a name means that can be called: where a class is made by calling it, it is one as well.
    fn meaning(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Function(id) => self.add(Holds::Known(Called::Function(id))),
            Meaning::Type(id) if self.infer.program.semantics(self.infer.program.ty(id).0).calls_classes() => {
                self.add(Holds::Known(Called::Class(id)));
            }
            Meaning::Global(id) => self.add(Holds::Slot(Slot::Global(id))),
            _ => {}
        }
    }
}
