//! How facts are read: from an index, a run or a word to what it stands for. What leads nowhere is empty, so that no
//! index can make a scan fail.

use super::{
    Argument, Closure, Def, Expr, ExprId, Facts, Function, Local, LocalId, Part, Range, Run, Store, TypeRef, TypeRefId,
    Word,
};

impl Run {
    /// The run as the indices of a list.
    #[must_use]
    pub fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.indices().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.indices().is_empty()
    }
}

fn of<T>(list: &[T], run: Run) -> &[T] {
    list.get(run.indices()).unwrap_or_default()
}

impl Facts {
    /// The expression with this id.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        self.exprs.get(id.0 as usize).unwrap_or(&Expr::Other)
    }

    /// Where the expression with this id stands.
    #[must_use]
    pub fn span(&self, id: ExprId) -> Range {
        self.spans.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// The text of a word.
    #[must_use]
    pub fn word(&self, word: Word) -> &str {
        let start = word.start as usize;
        self.text.get(start..start.saturating_add(word.length as usize)).unwrap_or_default()
    }

    /// The arguments of a call.
    #[must_use]
    pub fn arguments(&self, run: Run) -> &[Argument] {
        of(&self.arguments, run)
    }

    /// The parts of a value that is written out.
    #[must_use]
    pub fn parts(&self, run: Run) -> &[Part] {
        of(&self.parts, run)
    }

    /// The expressions of a list.
    #[must_use]
    pub fn list(&self, run: Run) -> &[ExprId] {
        of(&self.lists, run)
    }

    /// The written type with this id.
    #[must_use]
    pub fn written(&self, id: TypeRefId) -> &TypeRef {
        self.written.get(id.0 as usize).unwrap_or(&TypeRef::Unknown)
    }

    /// The locals of a function.
    #[must_use]
    pub fn locals(&self, function: &Function) -> &[Local] {
        of(&self.locals, function.locals)
    }

    /// A local of a function.
    #[must_use]
    pub fn local(&self, function: &Function, id: LocalId) -> Option<&Local> {
        self.locals(function).get(id.0 as usize)
    }

    /// Where the values of a local come from.
    #[must_use]
    pub fn defs(&self, local: &Local) -> &[Def] {
        of(&self.defs, local.defs)
    }

    /// Parameters or named results.
    #[must_use]
    pub fn parameters(&self, run: Run) -> &[LocalId] {
        of(&self.parameters, run)
    }

    /// The types of the results of a function.
    #[must_use]
    pub fn results(&self, function: &Function) -> &[TypeRefId] {
        of(&self.results, function.results)
    }

    /// What each `return` of a run gives.
    pub fn returns(&self, run: Run) -> impl Iterator<Item = &[ExprId]> {
        of(&self.returns, run).iter().map(|run| self.list(*run))
    }

    /// The assignments of a function to what is not a local.
    #[must_use]
    pub fn stores(&self, function: &Function) -> &[Store] {
        of(&self.stores, function.stores)
    }

    /// The closures of a function.
    #[must_use]
    pub fn closures(&self, function: &Function) -> &[Closure] {
        of(&self.closures, function.closures)
    }

    /// What the file says about others: its package, its imports, its comments, its components, and what could not be parsed. The rest
    /// is left out.
    #[must_use]
    pub fn header(&self) -> Self {
        Self {
            package: self.package.clone(),
            imports: self.imports.clone(),
            declares: self.declares.clone(),
            grants: self.grants.clone(),
            comments: self.comments.clone(),
            components: self.components.clone(),
            faults: self.faults.clone(),
            constraint: self.constraint.clone(),
            lines: self.lines,
            ..Self::default()
        }
    }
}
