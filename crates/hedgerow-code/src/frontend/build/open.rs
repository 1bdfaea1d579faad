//! A function while its body is read. What belongs to it comes in any order, nested functions in between; when it is
//! closed, everything gets its run in the lists of the facts.
#![cfg_attr(
    not(all(
        feature = "csharp",
        feature = "go",
        feature = "python",
        feature = "java",
        feature = "javascript",
        feature = "kotlin"
    )),
    allow(dead_code, reason = "what one language's front end does not need, another one's does")
)]

use super::{Builder, append, index};
use crate::ir::{Closure, Def, ExprId, Facts, Function, Local, LocalId, Run, Store, TypeRefId, Word};
use compact_str::CompactString;
use std::collections::BTreeMap;

/// A function whose body is being read.
pub(super) struct Open {
    /// What is known of it before its body is read.
    pub(super) function: Function,
    pub(super) parameters: Vec<LocalId>,
    pub(super) named_results: Vec<LocalId>,
    pub(super) results: Vec<TypeRefId>,
    pub(super) stores: Vec<Store>,
    /// The definitions, each with its local.
    pub(super) defs: Vec<(LocalId, Def)>,
    /// The names of the blocks around what is read, the innermost last.
    pub(super) scopes: Vec<BTreeMap<CompactString, LocalId>>,
    /// The closures around what is read, the innermost last.
    pub(super) around: Vec<u32>,
    locals: Vec<Local>,
    /// The returns, each with the number of its closure, counted from one; nought for the function's own.
    returns: Vec<(u32, Run)>,
    /// How many parameters each closure has.
    closures: Vec<u16>,
    closure_parameters: Vec<(u32, LocalId)>,
}

impl Builder<'_> {
    /// Opens a function; it gets its place in [`Facts::functions`] when it is closed.
    pub(crate) fn open(&mut self, function: Function) {
        self.open.push(Open::new(function, index(self.facts.exprs.len())));
    }

    /// Closes the function opened last and adds it.
    pub(crate) fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            open.close(&mut self.facts);
        }
    }

    /// Closes the function opened last as the one that holds what runs when the file is loaded.
    pub(crate) fn close_file(&mut self) {
        self.close();
        if let Some(function) = self.facts.functions.pop() {
            let span = self.facts.functions[0].span;
            self.facts.functions[0] = Function { span, ..function };
        }
    }

    /// The function that is being read.
    pub(crate) fn function(&mut self) -> Option<&mut Function> {
        self.open.last_mut().map(|open| &mut open.function)
    }

    /// Opens a block of names.
    pub(crate) fn enter(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.scopes.push(BTreeMap::new());
        }
    }

    /// Closes a block of names.
    pub(crate) fn leave(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.scopes.pop();
        }
    }

    /// Declares a local in the innermost block.
    pub(crate) fn declare(&mut self, name: &str, ty: Option<TypeRefId>) -> LocalId {
        let word = self.word(name);
        self.open.last_mut().map_or(LocalId(0), |open| open.declare(name, word, ty))
    }

    /// The local of this name, the innermost first.
    pub(crate) fn local(&self, name: &str) -> Option<LocalId> {
        self.open.last()?.scopes.iter().rev().find_map(|scope| scope.get(name)).copied()
    }

    /// The local of this name in the innermost block alone.
    pub(crate) fn local_here(&self, name: &str) -> Option<LocalId> {
        self.open.last()?.scopes.last()?.get(name).copied()
    }

    /// Says where a value of a local comes from.
    pub(crate) fn define(&mut self, local: LocalId, def: Def) {
        if let Some(open) = self.open.last_mut() {
            open.defs.push((local, def));
        }
    }

    /// Adds a parameter to the function; one that takes the rest, where `rest` says so.
    pub(crate) fn parameter(&mut self, local: LocalId, rest: bool) {
        if let Some(open) = self.open.last_mut() {
            open.parameters.push(local);
            open.function.variadic |= rest;
        }
    }

    /// Adds a result to the function.
    pub(crate) fn result(&mut self, ty: TypeRefId) {
        if let Some(open) = self.open.last_mut() {
            open.results.push(ty);
        }
    }

    /// Says that a local stands for a result of the function.
    pub(crate) fn named_result(&mut self, local: LocalId) {
        if let Some(open) = self.open.last_mut() {
            open.named_results.push(local);
        }
    }

    /// Adds an assignment to what is not a local.
    pub(crate) fn store(&mut self, store: Store) {
        if let Some(open) = self.open.last_mut() {
            open.stores.push(store);
        }
    }

    /// Opens a closure and its block of names.
    pub(crate) fn open_closure(&mut self) -> u32 {
        self.open.last_mut().map_or(0, Open::open_closure)
    }

    /// Closes the closure opened last.
    pub(crate) fn close_closure(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.around.pop();
            open.scopes.pop();
        }
    }

    /// Declares the next parameter of a closure.
    pub(crate) fn closure_parameter(&mut self, closure: u32, name: &str, ty: Option<TypeRefId>) {
        let local = self.declare(name, ty);
        if let Some(index) = self.open.last_mut().and_then(|open| open.closure_parameter(closure, local)) {
            self.define(local, Def::ClosureParameter { closure, index });
        }
    }

    /// Adds the values of a `return` to the innermost closure or the function.
    pub(crate) fn give_back(&mut self, values: impl IntoIterator<Item = ExprId>) {
        let run = self.list_of(values);
        if let Some(open) = self.open.last_mut() {
            open.give_back(run);
        }
    }

    /// The first values that the function, and no closure in it, gives back so far.
    pub(crate) fn given_back(&self) -> Vec<ExprId> {
        let returns = self.open.last().into_iter().flat_map(|open| &open.returns);
        let own = returns.filter(|(closure, _)| *closure == 0);
        own.filter_map(|(_, run)| self.facts.list(*run).first().copied()).collect()
    }

    /// What a local of the function holds so far.
    pub(crate) fn definitions(&self, local: LocalId) -> impl Iterator<Item = Def> {
        let all = self.open.last().into_iter().flat_map(|open| &open.defs);
        all.filter(move |(of, _)| *of == local).map(|(_, def)| *def)
    }

    /// Whether what is read belongs to a closure.
    pub(crate) fn in_closure(&self) -> bool {
        self.open.last().is_some_and(|open| !open.around.is_empty())
    }
}

impl Open {
    /// Begins a function whose expressions begin at `start`.
    pub(super) fn new(function: Function, start: u32) -> Self {
        Self {
            function: Function { exprs: Run { start, end: start }, ..function },
            parameters: Vec::new(),
            named_results: Vec::new(),
            results: Vec::new(),
            stores: Vec::new(),
            defs: Vec::new(),
            scopes: vec![BTreeMap::new()],
            around: Vec::new(),
            locals: Vec::new(),
            returns: Vec::new(),
            closures: Vec::new(),
            closure_parameters: Vec::new(),
        }
    }

    /// Declares a local in the innermost block.
    pub(super) fn declare(&mut self, name: &str, word: Word, ty: Option<TypeRefId>) -> LocalId {
        let id = LocalId(index(self.locals.len()));
        self.locals.push(Local { name: word, ty, defs: Run::default() });
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.into(), id);
        }
        id
    }

    /// Opens a closure and its block of names.
    pub(super) fn open_closure(&mut self) -> u32 {
        let id = index(self.closures.len());
        self.closures.push(0);
        self.around.push(id);
        self.scopes.push(BTreeMap::new());
        id
    }

    /// Adds a parameter to a closure and says which one it is.
    pub(super) fn closure_parameter(&mut self, closure: u32, local: LocalId) -> Option<u16> {
        let count = self.closures.get_mut(closure as usize)?;
        let at = *count;
        *count = count.saturating_add(1);
        self.closure_parameters.push((closure, local));
        Some(at)
    }

    /// Adds what a `return` gives to the innermost closure or the function.
    pub(super) fn give_back(&mut self, values: Run) {
        self.returns.push((self.around.last().map_or(0, |closure| closure + 1), values));
    }

    /// Gives everything its run in the lists of the facts, and adds the function.
    pub(super) fn close(mut self, facts: &mut Facts) {
        let mut function = self.function;
        function.exprs.end = index(facts.exprs.len());
        function.parameters = append(&mut facts.parameters, self.parameters);
        function.named_results = append(&mut facts.parameters, self.named_results);
        function.results = append(&mut facts.results, self.results);
        function.stores = append(&mut facts.stores, self.stores);
        group(&mut self.locals, &self.defs, &mut facts.defs);
        function.locals = append(&mut facts.locals, self.locals);
        self.returns.sort_by_key(|(closure, _)| *closure);
        self.closure_parameters.sort_by_key(|(closure, _)| *closure);
        let mut returns = self.returns.into_iter().peekable();
        let mut parameters = self.closure_parameters.into_iter().peekable();
        let mut returns_of = |number: u32| {
            let own = std::iter::from_fn(|| returns.next_if(|(closure, _)| *closure == number));
            append(&mut facts.returns, own.map(|(_, run)| run))
        };
        function.returns = returns_of(0);
        let closures = (0..index(self.closures.len())).map(|id| {
            let own = std::iter::from_fn(|| parameters.next_if(|(closure, _)| *closure == id));
            let parameters = append(&mut facts.parameters, own.map(|(_, local)| local));
            Closure { parameters, returns: returns_of(id + 1) }
        });
        function.closures = append(&mut facts.closures, closures);
        facts.functions.push(function);
    }
}

/// Puts the definitions of each local beside each other, in the order in which they came.
fn group(locals: &mut [Local], defs: &[(LocalId, Def)], into: &mut Vec<Def>) {
    let known = locals.len();
    let defs = || defs.iter().filter(|(local, _)| (local.0 as usize) < known);
    for (local, _) in defs() {
        locals[local.0 as usize].defs.end += 1;
    }
    let mut at = index(into.len());
    for local in locals.iter_mut() {
        let count = local.defs.end;
        local.defs = Run { start: at, end: at };
        at += count;
    }
    into.resize(at as usize, Def::Zero);
    for (local, def) in defs() {
        let run = &mut locals[local.0 as usize].defs;
        into[run.end as usize] = *def;
        run.end += 1;
    }
}
