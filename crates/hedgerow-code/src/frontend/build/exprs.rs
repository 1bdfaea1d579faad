//! Adding expressions.
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

use super::{Builder, append, children, index, range};
use crate::ir::{Argument, Def, Expr, ExprId, Part, Range, Run, Store, TypeRef, TypeRefId, Word};
use tree_sitter::Node;

/// What all walks over a file do alike with its expressions.
pub(crate) trait Expressions<'t, 'n> {
    /// The facts in the making.
    fn builder(&mut self) -> &mut Builder<'t>;

    /// Reads an expression that is not too deep.
    fn read(&mut self, node: Node<'n>) -> ExprId;

    /// An expression.
    fn expr(&mut self, node: Node<'n>) -> ExprId {
        if !self.builder().descend(node) {
            return self.builder().push(Expr::Other, range(node));
        }
        let id = self.read(node);
        self.builder().ascend();
        id
    }

    /// A sum, or a value with those to take where it is none (`or`). It leans to the left, as deep as it is long, so it is no recursion.
    fn sum(&mut self, node: Node<'n>, or: &str) -> ExprId {
        let mut rights = Vec::new();
        let mut left = node;
        while left.kind() == "binary_expression" {
            let Some(next) = left.child_by_field_name("left") else { break };
            rights.push((self.builder().field(left, "operator"), left.child_by_field_name("right"), range(left)));
            left = next;
        }
        let mut value = self.expr(left);
        for (operator, right, span) in rights.into_iter().rev() {
            let right = right.map(|right| self.expr(right));
            let expr = match right {
                Some(right) if operator == "+" => Expr::Concat(value, right),
                Some(right) if operator == or => Expr::Choice(self.builder().list_of([value, right])),
                Some(_) | None => Expr::Other,
            };
            value = self.builder().push(expr, span);
        }
        value
    }

    /// The expressions right below a node.
    fn exprs(&mut self, node: Node<'n>) -> Vec<ExprId> {
        children(node).into_iter().map(|child| self.expr(child)).collect()
    }

    /// The expression in a field of a node.
    fn under(&mut self, node: Node<'n>, field: &str) -> Option<ExprId> {
        node.child_by_field_name(field).map(|child| self.expr(child))
    }
}

impl Builder<'_> {
    /// Adds an expression.
    pub(crate) fn push(&mut self, expr: Expr, span: Range) -> ExprId {
        let id = ExprId(index(self.facts.exprs.len()));
        self.facts.exprs.push(expr);
        self.facts.spans.push(span);
        id
    }

    /// Adds a name or a text.
    pub(crate) fn word(&mut self, text: impl AsRef<str>) -> Word {
        let start = index(self.facts.text.len());
        self.facts.text.push_str(text.as_ref());
        Word { start, length: index(text.as_ref().len()) }
    }

    /// Adds a text as an expression.
    pub(crate) fn push_text(&mut self, text: impl AsRef<str>, span: Range) -> ExprId {
        let text = self.word(text);
        self.push(Expr::Text(text), span)
    }

    /// Adds a text that is made of pieces, the last of them a text that may be empty.
    pub(crate) fn push_pieces(&mut self, mut pieces: Vec<ExprId>, last: String, span: Range) -> ExprId {
        if pieces.is_empty() {
            return self.push_text(last, span);
        }
        if !last.is_empty() {
            pieces.push(self.push_text(last, span));
        }
        let pieces = self.list_of(pieces);
        self.push(Expr::Format(pieces), span)
    }

    /// The first of the names that are bound to an element in a loop: of a map, its key.
    pub(crate) fn push_first(&mut self, element: ExprId, span: Range) -> ExprId {
        let first = self.word("0");
        let key = self.push(Expr::Number(first), span);
        self.push(Expr::Index { of: element, key }, span)
    }

    /// Adds a part of a value as an expression.
    pub(crate) fn push_member(&mut self, of: ExprId, name: impl AsRef<str>, span: Range) -> ExprId {
        let name = self.word(name);
        self.push(Expr::Member { of, name }, span)
    }

    /// Adds a name that is not looked for among the locals.
    pub(crate) fn push_name(&mut self, name: impl AsRef<str>, span: Range) -> ExprId {
        let name = self.word(name);
        self.push(Expr::Name(name), span)
    }

    /// A name: a local, or one that is not.
    pub(crate) fn name(&mut self, name: &str, span: Range) -> ExprId {
        match self.local(name) {
            Some(local) => self.push(Expr::Local(local), span),
            None => self.push_name(name, span),
        }
    }

    /// Adds a written type.
    pub(crate) fn written(&mut self, ty: TypeRef) -> TypeRefId {
        let next = TypeRefId(index(self.facts.written.len()));
        if ty == TypeRef::Unknown {
            let known = *self.unknown.get_or_insert(next);
            if known != next {
                return known;
            }
        }
        self.facts.written.push(ty);
        next
    }

    /// Adds a list of expressions.
    pub(crate) fn list_of(&mut self, values: impl IntoIterator<Item = ExprId>) -> Run {
        append(&mut self.facts.lists, values)
    }

    /// Adds arguments.
    pub(crate) fn arguments(&mut self, arguments: impl IntoIterator<Item = Argument>) -> Run {
        append(&mut self.facts.arguments, arguments)
    }

    /// A value that is written out: a structure, a list or a map.
    pub(crate) fn composite(&mut self, ty: TypeRef, parts: impl IntoIterator<Item = Part>) -> Expr {
        let ty = self.written(ty);
        self.composite_of(ty, parts)
    }

    /// A value that is written out, of a type in the list of the file's.
    pub(crate) fn composite_of(&mut self, ty: TypeRefId, parts: impl IntoIterator<Item = Part>) -> Expr {
        Expr::Composite { ty, parts: append(&mut self.facts.parts, parts) }
    }

    /// How many expressions there are: what [`Self::forget`] takes.
    pub(crate) fn here(&self) -> usize {
        self.facts.exprs.len()
    }

    /// Forgets the expressions since the mark was taken, which nothing looks at, but for those in which something
    /// happens and what they are made of: of most comparisons and sums nothing is left.
    pub(crate) fn forget(&mut self, mark: usize) {
        let happens = |expr: &Expr| match expr {
            Expr::Call { .. } | Expr::New { .. } | Expr::Composite { .. } | Expr::Closure(_) => true,
            Expr::Format(_) | Expr::Address(_) | Expr::Type(_) => true,
            Expr::Text(_) | Expr::Number(_) | Expr::Local(_) | Expr::Name(_) | Expr::Member { .. } => false,
            Expr::Concat(..) | Expr::Index { .. } | Expr::Deref(_) | Expr::Super(_) | Expr::Cast { .. } => false,
            Expr::Choice(_) | Expr::Class(_) | Expr::Attribute { .. } | Expr::Other => false,
        };
        // What an expression is made of comes before it, so that nothing that is kept refers to what is cut off.
        let kept = self.facts.exprs.get(mark..).and_then(|run| run.iter().rposition(happens));
        let end = kept.map_or(mark, |last| mark + last + 1);
        self.facts.exprs.truncate(end);
        self.facts.spans.truncate(end);
    }

    /// Adds an assignment. Locals get a definition, their elements both, everything else a store.
    pub(crate) fn assign(&mut self, target: ExprId, value: ExprId, result: u16) {
        // `m[k] = v` on a local gives the local an element; elements and their container share one set of values.
        let mut base = target;
        while let Expr::Index { of, .. } = self.facts.expr(base) {
            base = *of;
        }
        if let Expr::Local(local) = *self.facts.expr(base) {
            self.define(local, Def::Value { expr: value, result });
            if base == target {
                return;
            }
        }
        self.store(Store { target, value, result });
    }

    /// Adds a call, and gives the locals whose address is passed their definition.
    pub(crate) fn call(
        &mut self,
        callee: ExprId,
        arguments: impl IntoIterator<Item = Argument>,
        span: Range,
    ) -> ExprId {
        let run = self.arguments(arguments);
        let call = self.push(Expr::Call { callee, arguments: run }, span);
        for (argument, at) in (0..).zip(run.indices()) {
            let Some(passed) = self.facts.arguments.get(at) else { break };
            if let Expr::Address(of) = *self.facts.expr(passed.value)
                && let Expr::Local(local) = *self.facts.expr(of)
            {
                self.define(local, Def::Address { call, argument });
            }
        }
        call
    }
}
