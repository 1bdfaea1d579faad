//! What all front ends share: building [`Facts`] expression by expression, with the scopes of names.
#![cfg_attr(
    not(all(feature = "go", feature = "python", feature = "java", feature = "javascript")),
    allow(dead_code, reason = "what one language's front end does not need, another one's does")
)]

use super::open::Open;
use crate::ir::{
    Argument, Comment, Def, Expr, ExprId, Facts, Function, LocalId, Part, Range, Run, Store, TypeRef, TypeRefId, Word,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use tree_sitter::{Language, Node, Parser, Tree, TreeCursor};

/// The depth of nesting at which a front end stops to descend: deeper code is not written by people.
pub(crate) const MAX_DEPTH: usize = 300;

/// Up to so many children are found quicker one by one, each from the first on, than by a cursor.
const FEW: u32 = 12;

/// A child of a node.
#[derive(Clone, Copy)]
pub(crate) struct Child<'t> {
    /// The child.
    pub(crate) node: Node<'t>,
    /// The number of its field; nought for none.
    field: u16,
    /// Whether it is more than punctuation.
    named: bool,
}

/// The children of a node: a run on the builder's stack of nodes.
#[derive(Clone, Copy)]
pub(crate) struct Children {
    from: usize,
    to: usize,
}

/// Facts in the making.
pub(crate) struct Builder<'t> {
    /// The text that is read.
    pub(crate) text: &'t str,
    /// What is known so far.
    pub(crate) facts: Facts,
    /// The function that is being read, and those around it that wait.
    open: Vec<Open>,
    /// How deep the walk is.
    pub(crate) depth: usize,
    cursor: TreeCursor<'t>,
    /// The children of the nodes that are being read, those of the innermost last.
    nodes: Vec<Child<'t>>,
    /// The written type of which nothing is known.
    unknown: Option<TypeRefId>,
}

thread_local! {
    /// Each thread's parser: a new one for each file costs more than a small file does.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    /// Facts whose lists are empty and have grown already.
    static SCRATCH: RefCell<Facts> = RefCell::default();
}

/// Parses `text`; none only when the grammar does not fit the library, which the tests rule out.
pub(crate) fn parse(language: &Language, text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(language).ok()?;
        parser.parse(text, None)
    })
}

/// The facts in memory of their own. What was made while the tree was there lies between the tree's pieces, and would
/// leave holes all over when it goes, which the next tree, in pieces there, would be slow to build and to walk in. The
/// lists are kept for the next file, which need not make them grow again.
pub(crate) fn settle(tree: Tree, facts: Facts) -> Facts {
    drop(tree);
    let settled = facts.clone();
    SCRATCH.set(emptied(facts));
    settled
}

/// Facts without content and with the room that these have in their long lists.
fn emptied(facts: Facts) -> Facts {
    fn empty<T>(mut list: Vec<T>) -> Vec<T> {
        list.clear();
        list
    }
    let mut text = facts.text;
    text.clear();
    Facts {
        functions: empty(facts.functions),
        exprs: empty(facts.exprs),
        spans: empty(facts.spans),
        arguments: empty(facts.arguments),
        parts: empty(facts.parts),
        lists: empty(facts.lists),
        written: empty(facts.written),
        locals: empty(facts.locals),
        defs: empty(facts.defs),
        parameters: empty(facts.parameters),
        results: empty(facts.results),
        returns: empty(facts.returns),
        stores: empty(facts.stores),
        text,
        ..Facts::default()
    }
}

/// Adds to a list and gives the run of what was added.
pub(super) fn append<T>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Run {
    let start = index(list.len());
    list.extend(items);
    Run { start, end: index(list.len()) }
}

/// A place in a list. No file that is read is long enough to have larger ones.
pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The range of a node.
pub(crate) fn range(node: Node) -> Range {
    Range { start: index(node.start_byte()), end: index(node.end_byte()) }
}

/// The first child of a node with a field.
pub(crate) fn under(node: Node<'_>, field: u16) -> Option<Node<'_>> {
    node.child_by_field_id(field)
}

/// The named children of a node, without comments.
pub(crate) fn children<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

impl Children {
    /// The places of the children: a walk that changes the builder goes over these.
    pub(crate) fn places(self) -> std::ops::Range<usize> {
        self.from..self.to
    }
}

impl<'t> Builder<'t> {
    /// Begins with the function that holds what runs when the file is loaded.
    pub(crate) fn new(text: &'t str, root: Node<'t>) -> Self {
        let (cursor, nodes) = (root.walk(), Vec::new());
        let facts = SCRATCH.take();
        let mut builder = Self { text, facts, open: Vec::new(), depth: 0, cursor, nodes, unknown: None };
        builder.facts.functions.push(Function { span: range(root), ..Function::default() });
        builder
    }

    /// The children of a node that have a field or are more than punctuation, without comments. They stay readable
    /// until [`Self::release`] is given a mark from before.
    pub(crate) fn children(&mut self, node: Node<'t>) -> Children {
        let from = self.nodes.len();
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            let named = node.is_named() && !node.is_extra();
            let field = self.cursor.field_id().map_or(0, NonZeroU16::get);
            if named || field != 0 {
                self.nodes.push(Child { node, field, named });
            }
            more = self.cursor.goto_next_sibling();
        }
        Children { from, to: self.nodes.len() }
    }

    /// The children of a node that are more than punctuation, without comments and without their fields.
    pub(crate) fn list(&mut self, node: Node<'t>) -> Children {
        let from = self.nodes.len();
        let add = |nodes: &mut Vec<Child<'t>>, node: Node<'t>| {
            if !node.is_extra() {
                nodes.push(Child { node, field: 0, named: true });
            }
        };
        if node.child_count() <= FEW {
            let count = u32::try_from(node.named_child_count()).unwrap_or(u32::MAX);
            (0..count).filter_map(|at| node.named_child(at)).for_each(|child| add(&mut self.nodes, child));
            return Children { from, to: self.nodes.len() };
        }
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            if node.is_named() {
                add(&mut self.nodes, node);
            }
            more = self.cursor.goto_next_sibling();
        }
        Children { from, to: self.nodes.len() }
    }

    /// No children.
    pub(crate) const fn nothing() -> Children {
        Children { from: 0, to: 0 }
    }

    /// How many nodes are held: what [`Self::release`] takes.
    pub(crate) fn mark(&self) -> usize {
        self.nodes.len()
    }

    /// Lets go of the nodes held since the mark was taken.
    pub(crate) fn release(&mut self, mark: usize) {
        self.nodes.truncate(mark);
    }

    /// The first child with a field.
    pub(crate) fn under(&self, children: Children, field: u16) -> Option<Node<'t>> {
        self.all(children).iter().find(|child| child.field == field).map(|child| child.node)
    }

    /// The children without mere punctuation.
    pub(crate) fn named(&self, children: Children) -> impl DoubleEndedIterator<Item = Node<'t>> + use<'_, 't> {
        self.all(children).iter().filter(|child| child.named).map(|child| child.node)
    }

    /// The first child, if there is one.
    pub(crate) fn first(&self, children: Children) -> Option<Node<'t>> {
        self.all(children).first().map(|child| child.node)
    }

    /// The child at a place of [`Children::places`], if it is more than punctuation.
    pub(crate) fn named_at(&self, at: usize) -> Option<Node<'t>> {
        self.nodes.get(at).filter(|child| child.named).map(|child| child.node)
    }

    /// The child at a place of [`Children::places`], if it has the field.
    pub(crate) fn under_at(&self, at: usize, field: u16) -> Option<Node<'t>> {
        self.nodes.get(at).filter(|child| child.field == field).map(|child| child.node)
    }

    /// How many children have a field.
    pub(crate) fn count(&self, children: Children, field: u16) -> usize {
        self.all(children).iter().filter(|child| child.field == field).count()
    }

    fn all(&self, children: Children) -> &[Child<'t>] {
        self.nodes.get(children.from..children.to).unwrap_or_default()
    }

    /// The text of a node.
    pub(crate) fn slice(&self, node: Node) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    /// The text of a node's field, owned; empty where there is none.
    pub(crate) fn field(&self, node: Node, name: &str) -> String {
        node.child_by_field_name(name).map(|child| self.slice(child).to_owned()).unwrap_or_default()
    }

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
            Expr::Concat(..) | Expr::Index { .. } | Expr::Deref(_) | Expr::Cast { .. } => false,
            Expr::Choice(_) | Expr::Other => false,
        };
        // What an expression is made of comes before it, so that nothing that is kept refers to what is cut off.
        let kept = self.facts.exprs.get(mark..).and_then(|run| run.iter().rposition(happens));
        let end = kept.map_or(mark, |last| mark + last + 1);
        self.facts.exprs.truncate(end);
        self.facts.spans.truncate(end);
    }

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

    /// A name: a local, or one that is not.
    pub(crate) fn name(&mut self, name: &str, span: Range) -> ExprId {
        match self.local(name) {
            Some(local) => self.push(Expr::Local(local), span),
            None => self.push_name(name, span),
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

    /// Whether what is read belongs to a closure.
    pub(crate) fn in_closure(&self) -> bool {
        self.open.last().is_some_and(|open| !open.around.is_empty())
    }

    /// Adds an assignment. Locals get a definition, everything else a store.
    pub(crate) fn assign(&mut self, target: ExprId, value: ExprId, result: u16) {
        // `m[k] = v` on a local gives the local an element; elements and their container share one set of values.
        let mut base = target;
        while let Expr::Index { of, .. } = self.facts.expr(base) {
            base = *of;
        }
        if let Expr::Local(local) = *self.facts.expr(base) {
            self.define(local, Def::Value { expr: value, result });
        } else {
            self.store(Store { target, value, result });
        }
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

    /// Collects the comments that speak to the scan, wherever the grammar puts them.
    fn comments(&mut self, root: Node) {
        if !["rpcmap:", "hedgerow:"].iter().any(|mark| self.text.contains(mark)) {
            return;
        }
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if node.kind().ends_with("comment") {
                let span = range(node);
                if let Some(directive) = super::comment::directive(self.slice(node), span.start) {
                    self.facts.comments.push(Comment { directive, span, function: None });
                }
            }
            let mut cursor = node.walk();
            open.extend(node.named_children(&mut cursor));
        }
        self.facts.comments.sort_by_key(|comment| comment.span);
    }

    /// Gives each comment the function it belongs to: the innermost one around it, or the one that begins right below
    /// (a comment on the lines before a function speaks about that function).
    pub(crate) fn finish(mut self, root: Node) -> Facts {
        self.comments(root);
        let text = self.text;
        let between = |from: u32, to: u32| text.get(from as usize..to as usize).unwrap_or_default();
        for comment in &mut self.facts.comments {
            let functions = (0_u32..).zip(&self.facts.functions).skip(1);
            let around = functions
                .clone()
                .filter(|(_, f)| f.span.start <= comment.span.start && comment.span.end <= f.span.end)
                .min_by_key(|(_, f)| f.span.end - f.span.start);
            let below = functions
                .filter(|(_, f)| {
                    f.span.start >= comment.span.end && is_comment(between(comment.span.end, f.span.start))
                })
                .min_by_key(|(_, f)| f.span.start);
            comment.function = around.or(below).map(|(at, _)| at);
        }
        self.facts
    }
}

/// Whether only comments and decorators stand in `text`, and no empty line.
fn is_comment(text: &str) -> bool {
    let mut lines = text.split('\n').map(str::trim);
    // What follows the comment on its own line, and what precedes the function on its line.
    lines.next().is_none_or(str::is_empty) && {
        let rest: Vec<&str> = lines.collect();
        let (last, whole) = rest.split_last().map_or(("", &[][..]), |(last, whole)| (*last, whole));
        last.is_empty()
            && whole.iter().all(|line| ["//", "#", "*", "/*", "@"].iter().any(|start| line.starts_with(start)))
    }
}
