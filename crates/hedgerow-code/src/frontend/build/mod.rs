//! What all front ends share: building [`Facts`] expression by expression, with the scopes of names.
#![cfg_attr(
    not(all(
        feature = "csharp",
        feature = "go",
        feature = "python",
        feature = "java",
        feature = "javascript",
        feature = "kotlin"
    )),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "what one language's front end does not need, another one's does"
    )
)]

mod children;
mod class;
mod exprs;
mod open;

pub(crate) use self::children::Children;
pub(crate) use self::class::Class;
pub(crate) use self::exprs::Expressions;

use self::children::Child;
use self::open::Open;
use crate::ir::{Comment, Facts, Function, Range, Run, TypeRefId};
use std::cell::RefCell;
use tree_sitter::{Language, Node, Parser, Tree, TreeCursor};

/// The depth of nesting at which a front end stops to descend: deeper code is not written by people.
pub(crate) const MAX_DEPTH: usize = 300;

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

/// What `text` says: it is parsed, and `lower` reads the tree. Nothing only when the grammar does not fit the library, which the tests rule out.
pub(crate) fn facts_of(
    language: &Language,
    text: &str,
    lower: impl for<'t> FnOnce(Builder<'t>, Node<'t>) -> Facts,
) -> Facts {
    let Some(tree) = parse(language, text) else { return Facts::default() };
    let root = tree.root_node();
    let facts = lower(Builder::new(text, root), root);
    settle(tree, facts)
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
        closures: empty(facts.closures),
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
impl<'t> Builder<'t> {
    /// Begins with the function that holds what runs when the file is loaded.
    pub(crate) fn new(text: &'t str, root: Node<'t>) -> Self {
        let (cursor, nodes) = (root.walk(), Vec::new());
        let facts = SCRATCH.take();
        let mut builder = Self { text, facts, open: Vec::new(), depth: 0, cursor, nodes, unknown: None };
        builder.facts.functions.push(Function { span: range(root), ..Function::default() });
        builder
    }

    /// Goes one level down to a node. At a depth that no person writes it says that the node is not read, and does not.
    pub(crate) fn descend(&mut self, node: Node) -> bool {
        if self.depth >= MAX_DEPTH {
            self.facts.faults.push(range(node));
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes back from where [`Self::descend`] went.
    pub(crate) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// The text of a node.
    pub(crate) fn slice(&self, node: Node) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    /// The text of a node's field, owned; empty where there is none.
    pub(crate) fn field(&self, node: Node, name: &str) -> String {
        node.child_by_field_name(name).map(|child| self.slice(child).to_owned()).unwrap_or_default()
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
        self.facts.lines = index(text.bytes().filter(|byte| *byte == b'\n').count());
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
