//! Whether facts that came from outside can be relied on.

use super::{Def, Expr, ExprId, Facts, Function, LocalId, Run, TypeRefId};

impl Facts {
    /// Whether every index in the facts leads somewhere, and no expression into itself: what a cache gives back is checked
    /// before it is used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let expr = |id: ExprId| (id.0 as usize) < self.exprs.len();
        !self.functions.is_empty()
            && self.spans.len() == self.exprs.len()
            && (0..).zip(&self.exprs).all(|(at, one)| self.is_sound_expr(at, one))
            && self.functions.iter().all(|function| self.is_sound_function(function))
            && self.lists.iter().all(|id| expr(*id))
            && self.returns.iter().all(|run| fits(*run, self.lists.len()))
            && self.defs.iter().all(|def| match *def {
                Def::Value { expr: id, .. } | Def::Element(id) | Def::Key(id) | Def::Address { call: id, .. } => {
                    expr(id)
                }
                Def::ClosureParameter { .. } | Def::Zero | Def::Parameter(_) | Def::Named | Def::Receiver => true,
            })
            && self.stores.iter().all(|store| expr(store.target) && expr(store.value))
            && self.results.iter().all(|id| self.has_type(*id))
            && self.globals.iter().all(|global| {
                global.values.iter().all(|(id, _)| expr(*id)) && global.ty.is_none_or(|id| self.has_type(id))
            })
            && self.types.iter().all(|ty| ty.notes.iter().all(|note| note.arguments.iter().all(|(_, id)| expr(*id))))
            && self.comments.iter().all(|c| c.function.is_none_or(|f| (f as usize) < self.functions.len()))
    }

    fn has_type(&self, id: TypeRefId) -> bool {
        (id.0 as usize) < self.written.len()
    }

    fn is_sound_function(&self, function: &Function) -> bool {
        let local = |id: &LocalId| (id.0 as usize) < function.locals.len();
        let run = self.exprs.get(function.exprs.indices());
        fits(function.locals, self.locals.len())
            && fits(function.closures, self.closures.len())
            && fits(function.parameters, self.parameters.len())
            && fits(function.named_results, self.parameters.len())
            && fits(function.results, self.results.len())
            && fits(function.returns, self.returns.len())
            && fits(function.stores, self.stores.len())
            && self.parameters(function.parameters).iter().all(local)
            && self.parameters(function.named_results).iter().all(local)
            && self.locals(function).iter().all(|local| {
                fits(local.defs, self.defs.len())
                    && local.ty.is_none_or(|id| self.has_type(id))
                    && self.defs(local).iter().all(|def| match *def {
                        Def::ClosureParameter { closure, .. } => (closure as usize) < function.closures.len(),
                        _ => true,
                    })
            })
            && self.closures(function).iter().all(|closure| {
                fits(closure.parameters, self.parameters.len())
                    && fits(closure.returns, self.returns.len())
                    && self.parameters(closure.parameters).iter().all(local)
            })
            && run.is_some_and(|run| {
                run.iter().all(|expr| match expr {
                    Expr::Local(id) => local(id),
                    Expr::Closure(id) => (*id as usize) < function.closures.len(),
                    _ => true,
                })
            })
    }

    /// Children come before their parents, so that no walk over the tree can go round.
    fn is_sound_expr(&self, at: u32, expr: &Expr) -> bool {
        let child = |id: ExprId| id.0 < at;
        let passed = |run: Run| {
            fits(run, self.arguments.len()) && self.arguments(run).iter().all(|argument| child(argument.value))
        };
        match *expr {
            Expr::Member { of, .. } | Expr::Address(of) | Expr::Deref(of) | Expr::Super(of) | Expr::Class(of) => {
                child(of)
            }
            Expr::Cast { of, ty } => child(of) && self.has_type(ty),
            Expr::Call { callee, arguments } => child(callee) && passed(arguments),
            Expr::New { ty, arguments } => self.has_type(ty) && passed(arguments),
            Expr::Concat(a, b) | Expr::Index { of: a, key: b } | Expr::Attribute { of: a, name: b } => {
                child(a) && child(b)
            }
            Expr::Format(run) | Expr::Choice(run) => {
                fits(run, self.lists.len()) && self.list(run).iter().all(|id| child(*id))
            }
            Expr::Composite { ty, parts } => {
                self.has_type(ty)
                    && fits(parts, self.parts.len())
                    && self.parts(parts).iter().all(|part| child(part.value) && part.key.is_none_or(child))
            }
            Expr::Type(ty) => self.has_type(ty),
            Expr::Text(_) | Expr::Number(_) | Expr::Local(_) | Expr::Name(_) | Expr::Closure(_) | Expr::Other => true,
        }
    }
}

/// Whether a run lies within a list.
fn fits(run: Run, length: usize) -> bool {
    run.start <= run.end && run.end as usize <= length
}
