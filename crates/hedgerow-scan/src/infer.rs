//! The types of expressions and the targets of calls, from what is written alone.

use crate::program::{FnId, Found, MAX_EMBED, Meaning, Program, Ty, TypeId};
use hedgerow_code::Semantics;
use hedgerow_code::ir::{Def, Expr, ExprId, Field, LocalId, TypeRef, TypeRefId};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How often questions inside of one may meet themselves before what they found is kept.
const MAX_CUTS: u32 = 200;

/// How deep one question may lead.
const MAX_DEPTH: usize = 40;

/// How many classes are asked about a field of one that extends them.
const MAX_BASES: usize = 12;

/// What a call leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Callee<'p> {
    /// A function of the tree.
    Function(FnId),
    /// A method of an interface or an open class.
    Dispatch(TypeId, &'p str),
    /// Something outside of the tree, by its path: `net/http.Get`, `net/http.Client.Do`, `example.com/x.New().Send`.
    External(String),
    /// A method of this name on something whose type cannot be told.
    Method(&'p str),
    /// A type: a conversion or a constructor.
    Type(Ty<'p>),
    /// A function that the language gives.
    Builtin(&'p str),
    /// A function held in a value.
    Value,
}

/// The property that a getter gives: `ledger` of `getLedger`.
pub(crate) fn property(getter: &str) -> Option<String> {
    let rest = ["get", "is"].iter().find_map(|start| getter.strip_prefix(start));
    let rest = rest.filter(|rest| rest.starts_with(char::is_uppercase))?;
    let mut letters = rest.chars();
    Some(letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect())
}

/// What a class stores in its fields: the values of each, with the function that stores them and which of its results.
type Stores<'p> = BTreeMap<&'p str, Vec<(FnId, ExprId, u16)>>;

/// The calls of a function that are handed each of its closures, by what is called.
type Takers = BTreeMap<u32, Vec<ExprId>>;

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
                    Some(program.written(called, *ty))
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
                ty => Some(ty),
            },
            Expr::Address(of) | Expr::Deref(of) => self.type_of(function, *of, 0),
            Expr::Index { of, .. } => self.type_of(function, *of, 0).and_then(|ty| self.program.element(ty)),
            Expr::Choice(of) => program.list(function, *of).iter().find_map(|id| self.type_of(function, *id, 0)),
            Expr::Text(_)
            | Expr::Number(_)
            | Expr::Concat(..)
            | Expr::Format(_)
            | Expr::Closure(_)
            | Expr::Type(_)
            | Expr::Other => None,
        }
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
        let declared = self.program.field(base, name).map(|(_, ty, _)| ty).filter(|ty| !ty.is_unknown());
        // A property that an interface asks for.
        let asked = || {
            let id = self.program.type_id(base)?;
            let is_asked = matches!(self.program.ty(id).1.ty, TypeRef::Interface { .. });
            self.signature(id, name, 0, 0).filter(|ty| is_asked && !ty.is_unknown())
        };
        let declared = declared.or_else(asked);
        declared.or_else(|| {
            let stored = self.stored_in(self.program.type_id(base)?, name);
            stored.into_iter().find_map(|(function, value, result)| self.type_of(function, value, result))
        })
    }

    /// What a class and those it extends store in a field of their own, for languages whose fields need no declaration.
    fn stored_in(&self, ty: TypeId, name: &str) -> Vec<(FnId, ExprId, u16)> {
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

    /// Where outside of the tree comes from what a class stores in a field.
    fn field_origin(&self, function: FnId, of: ExprId, name: &str) -> Option<String> {
        let ty = self.program.type_id(self.type_of(function, of, 0)?)?;
        let stored = self.stored_in(ty, name).into_iter().filter(|(.., result)| *result == 0);
        stored.into_iter().find_map(|(function, value, _)| self.origin(function, value))
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

    /// What `of.name` means where `of` is the name of an import or of a type.
    pub(crate) fn qualified(&self, function: FnId, of: ExprId, name: &'p str) -> Option<Meaning<'p>> {
        let Expr::Name(qualifier) = self.program.expr(function, of) else { return None };
        match self.program.meaning(self.program.file_of(function), self.program.word(function, *qualifier)) {
            Meaning::Package(package) => Some(self.program.item(package, name)),
            Meaning::External(path, None) => Some(Meaning::External(path, Some(name))),
            _ => None,
        }
    }

    /// What the callee of a call leads to.
    pub(crate) fn callee(&self, function: FnId, callee: ExprId) -> Option<Callee<'p>> {
        let file = self.program.file_of(function);
        match self.program.expr(function, callee) {
            Expr::Name(name) => Some(match self.program.meaning(file, self.program.word(function, *name)) {
                Meaning::Function(id) => Callee::Function(id),
                Meaning::Type(id) => Callee::Type(Ty::Declared(id)),
                Meaning::External(path, Some(name)) => Callee::External(format!("{path}.{name}")),
                Meaning::External(path, None) => Callee::External(path.to_owned()),
                Meaning::Global(_) => match self.origin(function, callee) {
                    Some(path) => Callee::External(path),
                    None => Callee::Value,
                },
                Meaning::Package(_) => Callee::Value,
                Meaning::Unknown => {
                    let name = self.program.word(function, *name);
                    match self.program.files[file as usize].language.global(name) {
                        Some(path) => Callee::External(path.to_owned()),
                        None => Callee::Builtin(name),
                    }
                }
            }),
            Expr::Type(ty) => Some(Callee::Type(self.program.written(function, *ty))),
            // `call[T](x)`: a function with its type arguments.
            Expr::Index { of, .. } if self.program.semantics(file).has_conversions() => {
                match self.callee(function, *of) {
                    Some(found @ (Callee::Function(_) | Callee::External(_))) => Some(found),
                    _ => Some(Callee::Value),
                }
            }
            Expr::Member { of, name } => {
                let name = self.program.word(function, *name);
                let found = self.member_callee(function, *of, name);
                Some(self.extension(file, name, &found).map_or(found, Callee::Function))
            }
            Expr::Local(_) => Some(match self.origin(function, callee) {
                Some(path) => Callee::External(path),
                None => Callee::Value,
            }),
            _ => Some(Callee::Value),
        }
    }

    /// The function that is called like a method of something that has no such method of its own: an extension of it.
    fn extension(&self, file: u32, name: &'p str, found: &Callee) -> Option<FnId> {
        let has_extensions = self.program.semantics(file).has_extensions();
        if !has_extensions || !matches!(found, Callee::External(_) | Callee::Method(_) | Callee::Value) {
            return None;
        }
        let Meaning::Function(id) = self.program.meaning(file, name) else { return None };
        let facts = self.program.facts_of(id);
        let decl = self.program.function(id);
        let first = facts.locals(decl).first()?;
        (decl.receiver.is_none() && facts.defs(first).contains(&Def::Receiver)).then_some(id)
    }

    fn member_callee(&self, function: FnId, of: ExprId, name: &'p str) -> Callee<'p> {
        match self.qualified(function, of, name) {
            Some(Meaning::Function(id)) => return Callee::Function(id),
            Some(Meaning::Type(id)) => return Callee::Type(Ty::Declared(id)),
            Some(Meaning::External(path, item)) => {
                return Callee::External(item.map_or_else(|| path.to_owned(), |item| format!("{path}.{item}")));
            }
            Some(Meaning::Unknown) => {
                // A package of the tree that does not hold the name: its generated code is not checked in.
                if let Some(path) = self.origin(function, of) {
                    return Callee::External(format!("{path}.{name}"));
                }
            }
            Some(Meaning::Global(_) | Meaning::Package(_)) => return Callee::Value,
            None => {}
        }
        if let Some(id) = self.receiver_type(function, of) {
            return match self.program.method(Ty::Declared(id), name) {
                Some(Found::Function(function)) => Callee::Function(function),
                Some(Found::Dispatch(_)) => Callee::Dispatch(id, name),
                Some(Found::External(path)) => Callee::External(format!("{path}.{name}")),
                Some(Found::Field(_)) | None => Callee::Method(name),
            };
        }
        if let Expr::Name(base) = self.program.expr(function, of)
            && let Meaning::Type(id) =
                self.program.meaning(self.program.file_of(function), self.program.word(function, *base))
        {
            // A new value of the class.
            if self.semantics(function).makes_by(name) {
                return Callee::Type(Ty::Declared(id));
            }
            // A static method.
            return match self.program.method_of(id, name) {
                Some(Found::Function(function)) => Callee::Function(function),
                // A class that takes in one from outside has its methods.
                Some(Found::External(path)) if self.semantics(function).inherits_class_methods() => {
                    Callee::External(format!("{path}.{name}"))
                }
                _ => Callee::Method(name),
            };
        }
        if let Some(ty) = self.type_of(function, of, 0) {
            // A reader is not a method of what the class extends.
            if self.semantics(function).has_readers()
                && let Some(id) = self.program.type_id(ty)
                && self.program.own_method(id, name).is_none()
                && !self.stored_in(id, name).is_empty()
            {
                return Callee::Method(name);
            }
            match self.program.method(ty, name) {
                Some(Found::Function(id)) => return Callee::Function(id),
                Some(Found::Dispatch(id)) => return Callee::Dispatch(id, name),
                Some(Found::External(path)) => return Callee::External(format!("{path}.{name}")),
                Some(Found::Field(_)) => return Callee::Value,
                None => {}
            }
        }
        match self.origin(function, of) {
            Some(path) => Callee::External(format!("{path}.{name}")),
            None => Callee::Method(name),
        }
    }

    /// The type in Go's method expressions, `T.name` and `(*T).name`: a method as a function of its receiver.
    pub(crate) fn receiver_type(&self, function: FnId, of: ExprId) -> Option<TypeId> {
        let program = self.program;
        let file = program.file_of(function);
        if !program.semantics(file).has_conversions() {
            return None;
        }
        let meaning = match program.expr(function, of) {
            Expr::Deref(of) => return self.receiver_type(function, *of),
            Expr::Name(name) => program.meaning(file, program.word(function, *name)),
            Expr::Member { of, name } => self.qualified(function, *of, program.word(function, *name))?,
            _ => return None,
        };
        match meaning {
            Meaning::Type(id) => Some(id),
            _ => None,
        }
    }

    /// How many arguments of a call come before those for the parameters: a method expression is passed its receiver.
    pub(crate) fn receivers_passed(&self, function: FnId, call: ExprId) -> usize {
        let Expr::Call { callee, .. } = self.program.expr(function, call) else { return 0 };
        let Expr::Member { of, .. } = self.program.expr(function, *callee) else { return 0 };
        usize::from(self.receiver_type(function, *of).is_some())
    }

    /// Where outside of the tree a value comes from: `net/http.DefaultClient`, `example.com/x.New()`.
    pub(crate) fn origin(&self, function: FnId, id: ExprId) -> Option<String> {
        let key = (function, id);
        if let Some(known) = self.origins.borrow().get(&key) {
            return known.clone();
        }
        if self.depth.get() >= MAX_DEPTH || !self.open_origins.borrow_mut().insert(key) {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        let (depth, cuts) = self.begin();
        self.depth.set(depth + 1);
        let origin = self.find_origin(function, id);
        self.depth.set(depth);
        self.open_origins.borrow_mut().remove(&key);
        if origin.is_some() || self.is_final(depth, cuts) {
            self.origins.borrow_mut().insert(key, origin.clone());
        }
        origin
    }

    fn find_origin(&self, function: FnId, id: ExprId) -> Option<String> {
        let file = self.program.file_of(function);
        let program = self.program;
        match program.expr(function, id) {
            Expr::Name(name) => match program.meaning(file, program.word(function, *name)) {
                Meaning::External(path, item) => {
                    Some(item.map_or_else(|| path.to_owned(), |item| format!("{path}.{item}")))
                }
                Meaning::Package(package) => Some(self.program.package(package).path.clone()),
                Meaning::Global(global) => {
                    let loader = self.program.loader(global.file)?;
                    let decl = self.program.global(global);
                    if let Some(ty) = decl.ty
                        && let Some(path) = program.external(program.written_in(global.file, ty))
                    {
                        return Some(path);
                    }
                    decl.values.iter().find_map(|(value, result)| match result {
                        0 => self.origin(loader, *value),
                        _ => None,
                    })
                }
                Meaning::Unknown => {
                    let name = program.word(function, *name);
                    program.files[file as usize].language.global(name).map(str::to_owned)
                }
                Meaning::Function(_) | Meaning::Type(_) => None,
            },
            Expr::Member { of, name } => {
                if let Some(path) = self.type_of(function, id, 0).and_then(|ty| self.program.external(ty)) {
                    return Some(path);
                }
                let name = program.word(function, *name);
                if let Some(path) = self.field_origin(function, *of, name) {
                    return Some(path);
                }
                self.origin(function, *of).map(|path| format!("{path}.{name}"))
            }
            Expr::Call { callee, arguments } => match self.callee(function, *callee)? {
                Callee::Method(name) if arguments.is_empty() && self.semantics(function).has_readers() => {
                    let Expr::Member { of, .. } = program.expr(function, *callee) else { return None };
                    self.field_origin(function, *of, name)
                }
                Callee::External(path) => Some(format!("{path}()")),
                Callee::Function(called) => {
                    let ty = self.type_of(function, id, 0);
                    ty.and_then(|ty| self.program.external(ty)).or_else(|| self.given_back(called))
                }
                Callee::Dispatch(..) => self.type_of(function, id, 0).and_then(|ty| self.program.external(ty)),
                _ => None,
            },
            Expr::New { ty, .. } | Expr::Composite { ty, .. } => program.external(program.written(function, *ty)),
            Expr::Local(local) => {
                if let Some(path) = program.local_type(function, *local).and_then(|ty| program.external(ty)) {
                    return Some(path);
                }
                program.defs(function, *local).iter().find_map(|def| match *def {
                    Def::Value { expr, result: 0 } => self.origin(function, expr),
                    Def::ClosureParameter { closure, index } => self.handed_to(function, closure, index),
                    _ => None,
                })
            }
            Expr::Address(of) | Expr::Deref(of) => self.origin(function, *of),
            Expr::Cast { of, ty } => match program.written(function, *ty) {
                ty if ty.is_unknown() => self.origin(function, *of),
                ty => program.external(ty),
            },
            Expr::Choice(of) => program.list(function, *of).iter().find_map(|id| self.origin(function, *id)),
            _ => None,
        }
    }

    /// Where outside of the tree comes from what a function gives back that does not say of what type that is.
    fn given_back(&self, function: FnId) -> Option<String> {
        let is_said = |ty: &TypeRefId| !self.program.written(function, *ty).is_unknown();
        if self.program.results(function).iter().any(is_said) {
            return None;
        }
        let facts = self.program.facts_of(function);
        let returns = facts.returns(self.program.function(function).returns);
        returns.filter_map(|values| values.first()).find_map(|value| self.origin(function, *value))
    }

    /// Where outside of the tree the parameter of a closure comes from: from what the closure is handed to,
    /// `example.com/x.Each(0)`.
    fn handed_to(&self, function: FnId, closure: u32, index: u16) -> Option<String> {
        self.takers(function).get(&closure)?.iter().find_map(|callee| match self.callee(function, *callee)? {
            Callee::External(path) => Some(format!("{path}({index})")),
            _ => None,
        })
    }

    /// What a function hands each of its closures to.
    fn takers(&self, function: FnId) -> Rc<Takers> {
        if let Some(known) = self.takers.borrow().get(&function) {
            return Rc::clone(known);
        }
        let mut takers = Takers::new();
        for id in self.program.exprs(function) {
            let Expr::Call { callee, arguments } = self.program.expr(function, id) else { continue };
            for argument in self.program.arguments(function, *arguments) {
                if let Expr::Closure(closure) = self.program.expr(function, argument.value) {
                    takers.entry(*closure).or_default().push(*callee);
                }
            }
        }
        let takers = Rc::new(takers);
        self.takers.borrow_mut().insert(function, Rc::clone(&takers));
        takers
    }
}
