//! What the facts of a function's file say, asked by the function.

use super::{FnId, Program, Ty};
use hedgerow_code::ir::{Argument, Def, Expr, ExprId, LocalId, Part, Run, TypeRef, TypeRefId, Word};

impl<'p> Program<'p> {
    /// An expression of a function.
    pub(crate) fn expr(&self, function: FnId, id: ExprId) -> &'p Expr {
        self.facts_of(function).expr(id)
    }

    /// The expressions of a function.
    pub(crate) fn exprs(&self, function: FnId) -> impl Iterator<Item = ExprId> + Clone + use<> {
        let run = self.function(function).exprs;
        (run.start..run.end).map(ExprId)
    }

    /// A name or a text in a function.
    pub(crate) fn word(&self, function: FnId, word: Word) -> &'p str {
        self.facts_of(function).word(word)
    }

    /// The arguments of a call in a function.
    pub(crate) fn arguments(&self, function: FnId, run: Run) -> &'p [Argument] {
        self.facts_of(function).arguments(run)
    }

    /// The parts of a value that is written out in a function.
    pub(crate) fn parts(&self, function: FnId, run: Run) -> &'p [Part] {
        self.facts_of(function).parts(run)
    }

    /// A list of expressions of a function.
    pub(crate) fn list(&self, function: FnId, run: Run) -> &'p [ExprId] {
        self.facts_of(function).list(run)
    }

    /// A type that is written in a function.
    pub(crate) fn written(&self, function: FnId, id: TypeRefId) -> Ty<'p> {
        self.written_in(self.file_of(function), id)
    }

    /// A type that is written in a file.
    pub(crate) fn written_in(&self, file: u32, id: TypeRefId) -> Ty<'p> {
        Ty::Written { file, r: self.files[file as usize].facts.written(id) }
    }

    /// The types of the results of a function.
    pub(crate) fn results(&self, function: FnId) -> &'p [TypeRefId] {
        self.facts_of(function).results(self.function(function))
    }

    /// The parameters of a function.
    pub(crate) fn parameters(&self, function: FnId) -> &'p [LocalId] {
        self.facts_of(function).parameters(self.function(function).parameters)
    }

    /// The name of a local.
    pub(crate) fn local_name(&self, function: FnId, local: LocalId) -> &'p str {
        let facts = self.facts_of(function);
        facts.local(self.function(function), local).map_or("", |local| facts.word(local.name))
    }

    /// The type of a local, where one is written and anything is known of it.
    pub(crate) fn local_type(&self, function: FnId, local: LocalId) -> Option<Ty<'p>> {
        let ty = self.facts_of(function).local(self.function(function), local)?.ty?;
        Some(self.written(function, ty)).filter(|ty| !ty.is_unknown())
    }

    /// Where the values of a local come from.
    pub(crate) fn defs(&self, function: FnId, local: LocalId) -> &'p [Def] {
        let facts = self.facts_of(function);
        facts.local(self.function(function), local).map_or(&[], |local| facts.defs(local))
    }
}

impl Ty<'_> {
    /// Whether nothing is known of what is written.
    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::Written { r: TypeRef::Unknown, .. })
    }
}
