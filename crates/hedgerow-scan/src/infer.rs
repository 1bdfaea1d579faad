//! The types of expressions and the targets of calls, from what is written alone.

mod asks;
mod callee;
mod origin;

pub(crate) use asks::Ask;
pub(crate) use callee::{AFTERWARDS, CONSTRUCTORS, Callee, FILLED};

use crate::program::{FnId, MAX_EMBED, Meaning, Program, Ty, TypeId};
use hedgerow_code::Semantics;
use hedgerow_code::ir::{Def, Expr, ExprId, Field, LocalId, TypeRef};
use origin::Takers;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How often questions inside of one may meet themselves before what they found is kept.
const MAX_CUTS: u32 = 200;

/// How deep one question may lead.
const MAX_DEPTH: usize = 40;

/// How many classes are asked about a field of one that extends them.
const MAX_BASES: usize = 12;

/// The property that a getter gives: `ledger` of `getLedger`.
pub(crate) fn property(getter: &str) -> Option<String> {
    let rest = ["get", "is"].iter().find_map(|start| getter.strip_prefix(start));
    let rest = rest.filter(|rest| rest.starts_with(char::is_uppercase))?;
    let mut letters = rest.chars();
    Some(letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect())
}

/// What a class stores in its fields: the values of each, with the function that stores them and which of its results.
type Stores<'p> = BTreeMap<&'p str, Vec<(FnId, ExprId, u16)>>;

/// Types and calls of one program. Answers are kept.
#[derive(Debug)]
pub(crate) struct Infer<'a, 'p> {
    /// The program.
    pub(crate) program: &'a Program<'p>,
    types: RefCell<BTreeMap<(FnId, ExprId, u16), Option<Ty<'p>>>>,
    origins: RefCell<BTreeMap<(FnId, ExprId), Option<String>>>,
    /// The questions that are being answered: one that comes up again below itself has no answer there.
    open: RefCell<BTreeSet<(FnId, ExprId, u16)>>,
    open_origins: RefCell<BTreeSet<(FnId, ExprId)>>,
    /// What functions hand their closures to.
    takers: RefCell<BTreeMap<FnId, Rc<Takers>>>,
    /// What classes store in their fields.
    stores: RefCell<BTreeMap<TypeId, Rc<Stores<'p>>>>,
    depth: Cell<usize>,
    /// How often an answer was cut short; such answers are not kept.
    cuts: Cell<u32>,
    /// The number of cuts when the outermost question was asked.
    first_cut: Cell<u32>,
}

impl<'a, 'p> Infer<'a, 'p> {
    /// Begins with nothing known.
    pub(crate) fn new(program: &'a Program<'p>) -> Self {
        Self {
            program,
            types: RefCell::default(),
            origins: RefCell::default(),
            open: RefCell::default(),
            open_origins: RefCell::default(),
            takers: RefCell::default(),
            stores: RefCell::default(),
            depth: Cell::new(0),
            cuts: Cell::new(0),
            first_cut: Cell::new(0),
        }
    }

    /// The depth of a question, and how often questions met themselves before it.
    fn begin(&self) -> (usize, u32) {
        if self.depth.get() == 0 {
            self.first_cut.set(self.cuts.get());
        }
        (self.depth.get(), self.cuts.get())
    }

    /// Whether finding nothing is an answer to keep: not where the question, inside of another one, met itself. Values that
    /// are made of each other are asked in every order until so many such meetings; from then on nothing is nothing.
    fn is_final(&self, depth: usize, cuts: u32) -> bool {
        depth == 0 || self.cuts.get() == cuts || self.cuts.get() - self.first_cut.get() > MAX_CUTS
    }

    /// The type of the `result`-th value of an expression.
    pub(crate) fn type_of(&self, function: FnId, id: ExprId, result: u16) -> Option<Ty<'p>> {
        let key = (function, id, result);
        if let Some(known) = self.types.borrow().get(&key) {
            return *known;
        }
        if self.depth.get() >= MAX_DEPTH || !self.open.borrow_mut().insert(key) {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        let (depth, cuts) = self.begin();
        self.depth.set(depth + 1);
        let ty = self.find_type(function, id, result);
        self.depth.set(depth);
        self.open.borrow_mut().remove(&key);
        if ty.is_some() || self.is_final(depth, cuts) {
            self.types.borrow_mut().insert(key, ty);
        }
        ty
    }

    fn find_type(&self, function: FnId, id: ExprId, result: u16) -> Option<Ty<'p>> {
        let file = self.program.file_of(function);
        let program = self.program;
        match program.expr(function, id) {
            Expr::Local(local) => self.local_type(function, *local),
            Expr::Name(name) => self.meaning_type(program.meaning(file, program.word(function, *name))),
            Expr::Member { of, name } => {
                let name = program.word(function, *name);
                if let Some(meaning) = self.qualified(function, *of, name) {
                    return self.meaning_type(meaning);
                }
                self.field_type(function, *of, name)
            }
            Expr::Call { callee, arguments } => match self.callee(function, *callee)? {
                Callee::Function(called) => {
                    let ty = program.results(called).get(usize::from(result))?;
                    let ty = program.written(called, *ty);
                    Some(self.own_class(function, *callee, called, ty).unwrap_or(ty))
                }
                Callee::Dispatch(ty, name) => self.signature(ty, name, result, 0),
                Callee::Type(ty) => Some(ty),
                Callee::Builtin("new" | "make") => {
                    let made = program.arguments(function, *arguments).first()?.value;
                    match program.expr(function, made) {
                        Expr::Type(ty) => Some(program.written(function, *ty)),
                        // `new(T)`, where the grammar takes the type for a name.
                        Expr::Name(name) => match program.meaning(file, program.word(function, *name)) {
                            Meaning::Type(id) => Some(Ty::Declared(id)),
                            _ => None,
                        },
                        Expr::Member { of, name } => {
                            match self.qualified(function, *of, program.word(function, *name)) {
                                Some(Meaning::Type(id)) => Some(Ty::Declared(id)),
                                _ => None,
                            }
                        }
                        _ => None,
                    }
                }
                Callee::Builtin("append" | "min" | "max") => {
                    self.type_of(function, program.arguments(function, *arguments).first()?.value, 0)
                }
                // An accessor that nobody wrote.
                Callee::Method(_) | Callee::Value if self.semantics(function).has_accessors() => {
                    self.accessed(function, *callee).map(|(_, ty, _)| ty)
                }
                // A reader that nobody wrote.
                Callee::Method(name) if arguments.is_empty() && self.semantics(function).has_readers() => {
                    let Expr::Member { of, .. } = program.expr(function, *callee) else { return None };
                    self.field_type(function, *of, name)
                }
                Callee::Builtin(_) | Callee::External(_) | Callee::Method(_) => None,
                Callee::Value => match self.type_of(function, *callee, 0).and_then(|ty| self.program.underlying(ty)) {
                    Some((file, TypeRef::Function(results))) => {
                        results.get(usize::from(result)).map(|r| Ty::Written { file, r })
                    }
                    _ => None,
                },
            },
            Expr::Composite { ty, .. } | Expr::New { ty, .. } => {
                Some(program.written(function, *ty)).filter(|ty| !ty.is_unknown())
            }
            Expr::Cast { of, ty } => match program.written(function, *ty) {
                ty if ty.is_unknown() => self.type_of(function, *of, 0),
                // What is written beside a name may say less than the value does: `client: Any = Client()`.
                ty if self.semantics(function).hints_types() && program.type_id(ty).is_none() => {
                    let own = self.type_of(function, *of, result).filter(|own| program.type_id(*own).is_some());
                    own.or_else(|| program.external(ty).map(|_| ty))
                }
                ty => Some(ty),
            },
            Expr::Address(of) | Expr::Deref(of) | Expr::Super(of) => self.type_of(function, *of, 0),
            Expr::Index { of, .. } => self.type_of(function, *of, 0).and_then(|ty| self.program.element(ty)),
            Expr::Choice(of) => program.list(function, *of).iter().find_map(|id| self.type_of(function, *id, 0)),
            Expr::Text(_)
            | Expr::Number(_)
            | Expr::Concat(..)
            | Expr::Format(_)
            | Expr::Closure(_)
            | Expr::Class(_)
            | Expr::Attribute { .. }
            | Expr::Type(_)
            | Expr::Other => None,
        }
    }

    /// The class that a class's method is called on where the method gives back a value of its own class: `Own.create()`, of the class above.
    fn own_class(&self, function: FnId, callee: ExprId, called: FnId, ty: Ty<'p>) -> Option<Ty<'p>> {
        let Expr::Member { of, .. } = self.program.expr(function, callee) else { return None };
        if !self.semantics(called).makes_called_class() {
            return None;
        }
        let above = self.program.type_id(ty).filter(|id| self.receiver(called) == Some(*id))?;
        let own = self.program.type_id(self.type_of(function, *of, 0)?)?;
        self.program.stands_for(own, above).then_some(Ty::Declared(own))
    }

    fn semantics(&self, function: FnId) -> &'static dyn Semantics {
        self.program.semantics(self.program.file_of(function))
    }

    /// The field that a method which nobody wrote gives, with what it is called on and its type: Lombok's `getLedger()`, a record's
    /// `ledger()`.
    pub(crate) fn accessed(&self, function: FnId, callee: ExprId) -> Option<(ExprId, Ty<'p>, &'p Field)> {
        let program = self.program;
        let Expr::Member { of, name } = program.expr(function, callee) else { return None };
        let name = program.word(function, *name);
        let ty = self.type_of(function, *of, 0)?;
        let read = property(name);
        let found = read.and_then(|name| program.field(ty, &name)).or_else(|| program.field(ty, name));
        found.map(|(_, ty, field)| (*of, ty, field))
    }

    /// The type of a field: the one it is declared with, or that of what its class stores in it.
    fn field_type(&self, function: FnId, of: ExprId, name: &str) -> Option<Ty<'p>> {
        let base = self.type_of(function, of, 0)?;
        if let Some((_, property)) = self.property(function, of, name) {
            let ty = self.program.results(property).first()?;
            return Some(self.program.written(property, *ty)).filter(|ty| !ty.is_unknown());
        }
        let declared = self.program.field(base, name).map(|(_, ty, _)| ty).filter(|ty| !ty.is_unknown());
        // A property that an interface asks for.
        let asked = || {
            let id = self.program.type_id(base)?;
            let is_asked = matches!(self.program.ty(id).1.ty, TypeRef::Interface { .. });
            self.signature(id, name, 0, 0).filter(|ty| is_asked && !ty.is_unknown())
        };
        let declared = declared.or_else(asked);
        let stored = || {
            let stored = self.stored_in(self.program.type_id(base)?, name);
            stored.into_iter().find_map(|(function, value, result)| self.type_of(function, value, result))
        };
        match declared {
            // What a class stores in a field may say more than what it says of it.
            Some(declared) if self.semantics(function).hints_types() && !self.is_class(declared) => {
                let stored = stored().filter(|ty| self.program.type_id(*ty).is_some());
                stored.or_else(|| Some(declared).filter(|ty| self.program.named(*ty) != Meaning::Unknown))
            }
            Some(declared) => Some(declared),
            None => stored(),
        }
    }

    /// Whether a type is a class of the tree that is no mere protocol, which classes fit without saying so.
    fn is_class(&self, ty: Ty<'p>) -> bool {
        let Some(id) = self.program.type_id(ty) else { return false };
        let (file, decl) = self.program.ty(id);
        let TypeRef::Struct(fields) = &decl.ty else { return true };
        let bases = fields.iter().filter(|field| field.embedded).map(|field| Ty::Written { file, r: &field.ty });
        !bases.filter_map(|base| self.program.external(base)).any(|path| path.ends_with(".Protocol"))
    }

    /// What a class and those it extends store in a field of their own, for languages whose fields need no declaration.
    pub(crate) fn stored_in(&self, ty: TypeId, name: &str) -> Vec<(FnId, ExprId, u16)> {
        let mut found = Vec::new();
        let mut open = vec![ty];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) || seen.len() > MAX_BASES {
                continue;
            }
            found.extend(self.stores_of(id).get(name).into_iter().flatten().copied());
            let (file, decl) = self.program.ty(id);
            if let TypeRef::Struct(fields) = &decl.ty {
                let bases = fields.iter().filter(|field| field.embedded);
                open.extend(bases.filter_map(|field| self.program.type_id(Ty::Written { file, r: &field.ty })));
            }
        }
        found
    }

    /// What a class itself, and no method of it, says a name is; the last counts.
    pub(crate) fn said_in(&self, ty: TypeId, name: &str) -> Option<(FnId, ExprId)> {
        let loader = self.program.loader(self.program.ty(ty).0);
        let stores = self.stores_of(ty);
        let mut stored = stores.get(name)?.iter().filter(|(function, ..)| Some(*function) == loader);
        stored.next_back().map(|(function, value, _)| (*function, *value))
    }

    fn stores_of(&self, ty: TypeId) -> Rc<Stores<'p>> {
        if let Some(known) = self.stores.borrow().get(&ty) {
            return Rc::clone(known);
        }
        let program = self.program;
        let (file, decl) = program.ty(ty);
        let mut found: Stores<'p> = BTreeMap::new();
        if program.semantics(file).has_undeclared_fields() {
            let methods = program.own_methods(ty).map(|(_, function)| function).chain(program.loader(file));
            for function in methods {
                let facts = program.facts_of(function);
                for store in facts.stores(program.function(function)) {
                    let Expr::Member { of, name } = facts.expr(store.target) else { continue };
                    let is_own = match facts.expr(*of) {
                        Expr::Local(local) => program.defs(function, *local).contains(&Def::Receiver),
                        Expr::Name(name) => facts.word(*name) == decl.name,
                        _ => false,
                    };
                    if is_own {
                        found.entry(facts.word(*name)).or_default().push((function, store.value, store.result));
                    }
                }
            }
        }
        let found = Rc::new(found);
        self.stores.borrow_mut().insert(ty, Rc::clone(&found));
        found
    }

    fn meaning_type(&self, meaning: Meaning<'p>) -> Option<Ty<'p>> {
        let id = match meaning {
            Meaning::Global(id) => id,
            // A class is a value that has the class's own fields.
            Meaning::Type(id) if self.program.semantics(self.program.ty(id).0).has_classes() => {
                return Some(Ty::Declared(id));
            }
            _ => return None,
        };
        let global = self.program.global(id);
        let ty = global.ty.map(|ty| self.program.written_in(id.file, ty)).filter(|ty| !ty.is_unknown());
        if ty.is_some() {
            return ty;
        }
        let loader = self.program.loader(id.file)?;
        global.values.iter().find_map(|(expr, result)| self.type_of(loader, *expr, *result))
    }

    fn local_type(&self, function: FnId, local: LocalId) -> Option<Ty<'p>> {
        let ty = self.program.local_type(function, local);
        if ty.is_some() {
            return ty;
        }
        self.program.defs(function, local).iter().find_map(|def| match *def {
            Def::Value { expr, result } => self.type_of(function, expr, result),
            Def::Element(over) => self.type_of(function, over, 0).and_then(|ty| self.program.element(ty)),
            // Of a map the keys, of which nothing is known; of a channel, which is a list here, the elements.
            Def::Key(over) => {
                let (file, r) = self.program.underlying(self.type_of(function, over, 0)?)?;
                match r {
                    TypeRef::List(inner) => Some(Ty::Written { file, r: inner }),
                    _ => None,
                }
            }
            Def::Receiver => self.receiver(function).map(Ty::Declared),
            Def::Zero | Def::Parameter(_) | Def::Named | Def::ClosureParameter { .. } | Def::Address { .. } => None,
        })
    }

    /// The type a function is a method of.
    pub(crate) fn receiver(&self, function: FnId) -> Option<TypeId> {
        let receiver = self.program.function(function).receiver.as_ref()?;
        match self.program.meaning(self.program.file_of(function), receiver) {
            Meaning::Type(id) => Some(id),
            _ => None,
        }
    }

    /// The types of the results of a method of an interface or class.
    fn signature(&self, ty: TypeId, name: &str, result: u16, depth: usize) -> Option<Ty<'p>> {
        if let Some(function) = self.program.own_method(ty, name) {
            let ty = self.program.results(function).get(usize::from(result))?;
            return Some(self.program.written(function, *ty));
        }
        let (file, decl) = self.program.ty(ty);
        let TypeRef::Interface { methods, embeds } = &decl.ty else { return None };
        if let Some(method) = methods.iter().find(|method| method.name == name) {
            return method.results.get(usize::from(result)).map(|r| Ty::Written { file, r });
        }
        // Interfaces may take each other in, in code that does not compile or where two have one name.
        if depth >= MAX_EMBED {
            return None;
        }
        let embeds = embeds.iter().filter_map(|r| self.program.type_id(Ty::Written { file, r }));
        embeds.filter(|embed| *embed != ty).find_map(|embed| self.signature(embed, name, result, depth + 1))
    }
}
