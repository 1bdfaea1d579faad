//! What all front ends share: building [`Facts`] expression by expression, with the scopes of names.
#![cfg_attr(
    not(all(feature = "go", feature = "python", feature = "java", feature = "javascript")),
    allow(dead_code, reason = "what one language's front end does not need, another one's does")
)]

use crate::ir::{
    Argument, Closure, Comment, Def, Expr, ExprId, Facts, Function, Local, LocalId, Range, Store, TypeRef,
};
use compact_str::CompactString;
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
}

/// A function whose body is being read.
struct Open {
    function: Function,
    scopes: Vec<BTreeMap<CompactString, LocalId>>,
    closures: Vec<u32>,
}

thread_local! {
    /// Each thread's parser: a new one for each file costs more than a small file does.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    /// Empty lists that have grown already.
    static LISTS: RefCell<(Vec<Expr>, Vec<Range>)> = RefCell::default();
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
/// long lists are kept for the next file, which need not make them grow again.
pub(crate) fn settle(tree: Tree, mut facts: Facts) -> Facts {
    drop(tree);
    let settled = facts.clone();
    facts.exprs.clear();
    facts.spans.clear();
    LISTS.with_borrow_mut(|lists| *lists = (facts.exprs, facts.spans));
    settled
}

/// The range of a node.
pub(crate) fn range(node: Node) -> Range {
    let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Range { start: cut(node.start_byte()), end: cut(node.end_byte()) }
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
        let (exprs, spans) = LISTS.take();
        let facts = Facts { exprs, spans, ..Facts::default() };
        let mut builder = Self { text, facts, open: Vec::new(), depth: 0, cursor, nodes };
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
        let id = ExprId(u32::try_from(self.facts.exprs.len()).unwrap_or(u32::MAX));
        self.facts.exprs.push(expr);
        self.facts.spans.push(span);
        id
    }

    /// Opens a function; it gets its place in [`Facts::functions`] now and its content when it is closed.
    pub(crate) fn open(&mut self, function: Function) {
        let start = u32::try_from(self.facts.exprs.len()).unwrap_or(u32::MAX);
        let function = Function { exprs: (start, start), ..function };
        self.open.push(Open { function, scopes: vec![BTreeMap::new()], closures: Vec::new() });
    }

    /// Closes the function opened last and adds it.
    pub(crate) fn close(&mut self) {
        if let Some(mut open) = self.open.pop() {
            open.function.exprs.1 = u32::try_from(self.facts.exprs.len()).unwrap_or(u32::MAX);
            self.facts.functions.push(open.function);
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
    pub(crate) fn declare(&mut self, name: &str, ty: Option<TypeRef>) -> LocalId {
        let Some(open) = self.open.last_mut() else { return LocalId(0) };
        let id = LocalId(u32::try_from(open.function.locals.len()).unwrap_or(u32::MAX));
        open.function.locals.push(Local { name: name.into(), ty, defs: Vec::new() });
        if let Some(scope) = open.scopes.last_mut() {
            scope.insert(name.into(), id);
        }
        id
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
        if let Some(local) = self.function().and_then(|function| function.locals.get_mut(local.0 as usize)) {
            local.defs.push(def);
        }
    }

    /// A name: a local, or one that is not.
    pub(crate) fn name(&mut self, name: &str, span: Range) -> ExprId {
        let expr = self.local(name).map_or_else(|| Expr::Name(name.into()), Expr::Local);
        self.push(expr, span)
    }

    /// Opens a closure and its block of names.
    pub(crate) fn open_closure(&mut self) -> u32 {
        let Some(open) = self.open.last_mut() else { return 0 };
        let id = u32::try_from(open.function.closures.len()).unwrap_or(u32::MAX);
        open.function.closures.push(Closure::default());
        open.closures.push(id);
        open.scopes.push(BTreeMap::new());
        id
    }

    /// Closes the closure opened last.
    pub(crate) fn close_closure(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.closures.pop();
            open.scopes.pop();
        }
    }

    /// Declares the next parameter of a closure.
    pub(crate) fn closure_parameter(&mut self, closure: u32, name: &str, ty: Option<TypeRef>) {
        let local = self.declare(name, ty);
        let Some(open) = self.open.last_mut() else { return };
        let Some(found) = open.function.closures.get_mut(closure as usize) else { return };
        let index = u16::try_from(found.parameters.len()).unwrap_or(u16::MAX);
        found.parameters.push(local);
        self.define(local, Def::ClosureParameter { closure, index });
    }

    /// Adds the values of a `return` to the innermost closure or the function.
    pub(crate) fn give_back(&mut self, values: Vec<ExprId>) {
        let Some(open) = self.open.last_mut() else { return };
        match open.closures.last() {
            Some(closure) => open.function.closures[*closure as usize].returns.push(values),
            None => open.function.returns.push(values),
        }
    }

    /// Whether what is read belongs to a closure.
    pub(crate) fn in_closure(&self) -> bool {
        self.open.last().is_some_and(|open| !open.closures.is_empty())
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
        } else if let Some(function) = self.function() {
            function.stores.push(Store { target, value, result });
        }
    }

    /// Adds a call, and gives the locals whose address is passed their definition.
    pub(crate) fn call(&mut self, callee: ExprId, arguments: Vec<Argument>, span: Range) -> ExprId {
        let addressed: Vec<(LocalId, u16)> = (0..)
            .zip(&arguments)
            .filter_map(|(at, argument)| match self.facts.expr(argument.value) {
                Expr::Address(of) => match self.facts.expr(*of) {
                    Expr::Local(local) => Some((*local, at)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let call = self.push(Expr::Call { callee, arguments: arguments.into() }, span);
        for (local, argument) in addressed {
            self.define(local, Def::Address { call, argument });
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
