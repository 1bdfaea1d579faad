//! The blocks of a template, and the text they come to.

use super::MARK;
use super::expr::{Scope, evaluate, is_set};
use serde_json::Value;
use std::cell::Cell;
use std::rc::Rc;

/// How deep blocks may lie in each other.
const MAX_DEPTH: usize = 40;

/// How many bytes and how many steps one rendering may take.
const MAX_BYTES: usize = 2 << 20;
const MAX_STEPS: usize = 100_000;

/// How much a rendering may copy out of the values, see [`weight`].
const MAX_COPIED: usize = 4 << 20;

/// More renderings than these are one more, in which what they do not show is a hole.
const MAX_SIDES: usize = 16;

/// What a rendering has cost, with the templates in its values.
#[derive(Debug, Default)]
pub(super) struct Spent {
    steps: Cell<usize>,
    copied: Cell<usize>,
}

impl Spent {
    pub(super) fn step(&self, count: usize) {
        self.steps.set(self.steps.get().saturating_add(count));
    }

    pub(super) fn is_over(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    pub(super) fn may_copy(&self, weight: usize) -> bool {
        self.copied.set(self.copied.get().saturating_add(weight));
        self.copied.get() <= MAX_COPIED
    }
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Action {
        code: String,
        /// Whether nothing else stands on its line.
        alone: bool,
    },
    /// An `if`, or a `range` or `with`.
    Block(Box<Block>),
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    kind: Kind,
    head: String,
    /// Whether nothing else stands on its first line.
    alone: bool,
    /// The branches, the one without a condition last; it may be empty.
    branches: Vec<Branch>,
    /// How many renderings show every branch.
    sides: usize,
    /// The variables that its branches give other values.
    assigns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    If,
    Range,
    With,
}

#[derive(Debug, Clone)]
struct Branch {
    nodes: Vec<Node>,
    sides: usize,
}

/// How many renderings show every branch of every block.
fn all_sides(nodes: &[Node]) -> usize {
    let below = nodes.iter().map(|node| match node {
        Node::Block(block) => block.sides,
        Node::Text(_) | Node::Action { .. } => 1,
    });
    below.max().unwrap_or(1)
}

/// How many renderings of a template there are.
pub(super) fn sides(nodes: &[Node]) -> usize {
    all_sides(nodes).min(MAX_SIDES + 1)
}

/// A block that is not closed yet.
#[derive(Debug, Default)]
struct Open {
    /// Its first word; empty for the template itself.
    word: &'static str,
    head: String,
    nodes: Vec<Node>,
    /// The branches before the one that is read.
    before: Vec<Vec<Node>>,
    alone: bool,
    /// Whether the branch that is read has no condition.
    otherwise: bool,
    /// Whether the block around it, whose `else` it is, ends where this one does.
    joined: bool,
}

impl Open {
    fn close(self) -> Option<Node> {
        let kind = match self.word {
            "if" => Kind::If,
            "range" => Kind::Range,
            "with" => Kind::With,
            // What is defined is not rendered where it stands.
            _ => return None,
        };
        let mut branches = self.before;
        branches.push(self.nodes);
        if !self.otherwise {
            branches.push(Vec::new());
        }
        let mut assigns = Vec::new();
        for node in branches.iter().flatten() {
            match node {
                Node::Action { code, .. } => {
                    assigns.extend(assigned(code).filter(|found| !found.new).map(|found| found.name.to_owned()));
                }
                Node::Block(block) => assigns.extend(block.assigns.iter().cloned()),
                Node::Text(_) => {}
            }
        }
        assigns.sort_unstable();
        assigns.dedup();
        let with_sides = |nodes: Vec<Node>| Branch { sides: all_sides(&nodes), nodes };
        let branches: Vec<Branch> = branches.into_iter().map(with_sides).collect();
        let sides = branches.iter().fold(0_usize, |sum, branch| sum.saturating_add(branch.sides));
        Some(Node::Block(Box::new(Block { kind, head: self.head, alone: self.alone, branches, sides, assigns })))
    }
}

/// Reads a template. What is left open at its end is closed there, and an `end` too many is nothing.
pub(super) fn parse(text: &str) -> Vec<Node> {
    let mut open = vec![Open::default()];
    let mut rest = text;
    // Where the line that is read ends, and where what stands on it does, counted from the end of the text.
    let (mut line_end, mut written_end) = (usize::MAX, usize::MAX);
    while let Some((before, tail)) = rest.split_once("{{") {
        let is_comment = tail.trim_start_matches('-').trim_start().starts_with("/*");
        let end =
            if is_comment { tail.find("*/").and_then(|at| Some(at + tail[at..].find("}}")?)) } else { end_of(tail) };
        let Some(end) = end else { break };
        let (inner, after) = (&tail[..end], &tail[end + 2..]);
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        if after.len() < line_end || line_end == usize::MAX {
            let line_after = after.split('\n').next().unwrap_or_default();
            line_end = after.len() - line_after.len();
            written_end = after.len() - line_after.trim_end().len();
        }
        let alone = line_before.trim().is_empty() && after.len() <= written_end;
        let trims_before = inner.starts_with('-');
        let trims_after = inner.ends_with('-');
        text_node(&mut open, if trims_before { before.trim_end() } else { before });
        rest = if trims_after { after.trim_start() } else { after };
        let code = inner.trim_start_matches('-').trim_end_matches('-').trim();
        if !is_comment {
            action(&mut open, code, alone);
        }
        if open.len() > MAX_DEPTH {
            rest = "";
        }
    }
    text_node(&mut open, rest);
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|open| open.nodes).unwrap_or_default()
}

/// Takes in an action.
fn action(open: &mut Vec<Open>, code: &str, alone: bool) {
    let (word, head) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let begin = |word| Open { word, head: head.trim().to_owned(), alone, ..Open::default() };
    match word {
        "if" => open.push(begin("if")),
        "range" => open.push(begin("range")),
        "with" => open.push(begin("with")),
        "define" | "block" => open.push(begin("define")),
        "else" => {
            if let Some(block) = open.last_mut().filter(|block| !block.word.is_empty()) {
                let branch = std::mem::take(&mut block.nodes);
                block.before.push(branch);
                let below = head.trim().strip_prefix("with").filter(|below| below.starts_with(char::is_whitespace));
                block.otherwise = head.trim().is_empty() || below.is_some();
                if let Some(below) = below {
                    let head = below.trim().to_owned();
                    open.push(Open { word: "with", head, alone, joined: true, ..Open::default() });
                }
            }
        }
        "end" => close(open),
        _ => {
            if let Some(block) = open.last_mut() {
                block.nodes.push(Node::Action { code: code.to_owned(), alone });
            }
        }
    }
}

/// Closes the innermost block.
fn close(open: &mut Vec<Open>) {
    while open.len() > 1 {
        let Some(block) = open.pop() else { return };
        let joined = block.joined;
        if let Some(node) = block.close()
            && let Some(around) = open.last_mut()
        {
            around.nodes.push(node);
        }
        if !joined {
            return;
        }
    }
}

fn text_node(open: &mut [Open], text: &str) {
    if let Some(block) = open.last_mut().filter(|_| !text.is_empty()) {
        block.nodes.push(Node::Text(text.to_owned()));
    }
}

/// Where an action ends: at the braces behind its texts.
fn end_of(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if text[at..].starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

/// The text that a template comes to in the rendering of this number.
pub(super) fn render(nodes: &[Node], root: &Value, side: usize, spent: &Rc<Spent>) -> String {
    let mut render = Render { text: String::new(), spent: Rc::clone(spent), side };
    render.nodes(nodes, &mut Scope::new(root, Rc::clone(spent)));
    render.text
}

struct Render {
    text: String,
    spent: Rc<Spent>,
    /// Which of the sides of the branch that is rendered is shown.
    side: usize,
}

impl Render {
    fn is_over(&self) -> bool {
        self.spent.is_over() || self.text.len() > MAX_BYTES
    }

    fn nodes(&mut self, nodes: &[Node], scope: &mut Scope) {
        let known = scope.variables();
        for node in nodes {
            self.spent.step(1);
            if self.is_over() {
                return;
            }
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Action { code, alone } => self.action(code, *alone, scope),
                Node::Block(block) => self.block(block, scope),
            }
        }
        scope.forget(known);
    }

    fn block(&mut self, block: &Block, scope: &mut Scope) {
        let value = match block.kind {
            Kind::If => None,
            Kind::Range | Kind::With => self.value(declared(&block.head).1, scope),
        };
        let (first, others) = block.branches.split_at(1);
        let Some(first) = first.first() else { return };
        let side = self.side;
        let unset = value.as_ref().is_some_and(is_empty);
        let nowhere = unset && block.kind == Kind::Range && value == Some(Value::Null) && others_are_empty(others);
        let sure = match (block.kind, &value) {
            (Kind::With, Some(value)) => unset || is_set(value) || others_are_empty(others),
            (Kind::Range, Some(Value::Array(_) | Value::Object(_) | Value::Null)) => true,
            (Kind::Range, _) => others_are_empty(others),
            _ => false,
        };
        if sure {
            let takes = if unset && !nowhere { others.first().unwrap_or(first) } else { first };
            self.side = side.min(takes.sides.saturating_sub(1));
            if std::ptr::eq(takes, first) {
                self.first(block, first, value, scope);
            } else {
                self.nodes(&takes.nodes, scope);
            }
        } else {
            scope.enter();
            if side >= MAX_SIDES && block.sides > MAX_SIDES {
                // What no rendering shows.
                if block.alone {
                    for branch in &block.branches {
                        self.nodes(&branch.nodes, scope);
                    }
                } else {
                    self.text.push(MARK);
                }
                scope.lose(&block.assigns);
            } else {
                let mut left = side.min(block.sides.saturating_sub(1));
                for (at, branch) in block.branches.iter().enumerate() {
                    if left < branch.sides {
                        self.side = left;
                        if at == 0 {
                            self.first(block, branch, value, scope);
                        } else {
                            self.nodes(&branch.nodes, scope);
                        }
                        break;
                    }
                    left -= branch.sides;
                }
            }
            scope.leave();
            scope.vary(&block.assigns);
        }
        self.side = side;
    }

    /// The branch that a block's value is for.
    fn first(&mut self, block: &Block, branch: &Branch, value: Option<Value>, scope: &mut Scope) {
        match block.kind {
            Kind::If => self.nodes(&branch.nodes, scope),
            Kind::Range => self.range(block, &branch.nodes, value, scope),
            Kind::With => {
                let mut inner = scope.below(value.clone());
                if let (Some(name), _) = declared(&block.head) {
                    inner.set(name, value);
                }
                self.nodes(&branch.nodes, &mut inner);
                scope.adopt(inner);
            }
        }
    }

    /// What an expression comes to. Large values are many steps.
    fn value(&mut self, code: &str, scope: &Scope) -> Option<Value> {
        let value = evaluate(code, scope)?;
        self.spent.step(weight(&value));
        Some(value)
    }

    fn action(&mut self, code: &str, alone: bool, scope: &mut Scope) {
        if let Some(Assigned { name, value, new }) = assigned(code) {
            let value = self.value(value, scope);
            if new {
                scope.set(name, value);
            } else {
                scope.assign(name, value);
            }
            return;
        }
        match self.value(code, scope) {
            Some(Value::String(text)) => self.text.push_str(&text),
            None | Some(Value::Null) => {
                // Whole lines that are not known are left out, a part of a line is a hole.
                let lines = ["indent", "toYaml"].iter().any(|word| code.contains(word));
                if !alone && !lines {
                    self.text.push(MARK);
                }
            }
            Some(other) => self.text.push_str(&other.to_string()),
        }
    }

    fn range(&mut self, block: &Block, body: &[Node], value: Option<Value>, scope: &mut Scope) {
        let (names, _) = declared(&block.head);
        let mut names: Vec<&str> = names.map(|names| names.split(',').map(str::trim).collect()).unwrap_or_default();
        let element = names.pop();
        let pairs: Vec<(Value, Value)> = match value {
            Some(Value::Array(list)) => (0_u64..).map(Value::from).zip(list).collect(),
            Some(Value::Object(pairs)) => pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect(),
            _ => {
                // Whole lines that are not known are left out, a part of a line is a hole.
                if !block.alone {
                    self.text.push(MARK);
                }
                scope.lose(&block.assigns);
                return;
            }
        };
        for (key, value) in pairs {
            let mut inner = scope.below(Some(value.clone()));
            if let Some(name) = names.first() {
                inner.set(name, Some(key));
            }
            if let Some(name) = element {
                inner.set(name, Some(value));
            }
            self.nodes(body, &mut inner);
            scope.adopt(inner);
            if self.is_over() {
                return;
            }
        }
    }
}

fn others_are_empty(branches: &[Branch]) -> bool {
    branches.iter().all(|branch| branch.nodes.is_empty())
}

/// Whether a value is as good as not set.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(pairs) => pairs.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// How many scalars a value holds; long texts are many.
pub(super) fn weight(value: &Value) -> usize {
    let text = |text: &str| text.len() / 64 + 1;
    match value {
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 1,
        Value::Object(pairs) => pairs.iter().map(|(key, value)| text(key) - 1 + weight(value)).sum::<usize>() + 1,
        Value::String(string) => text(string),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// `$a, $b := list`: the names, and the rest.
fn declared(head: &str) -> (Option<&str>, &str) {
    match head.split_once(":=") {
        Some((names, rest)) if names.trim_start().starts_with('$') => (Some(names.trim()), rest.trim()),
        _ => (None, head),
    }
}

/// `$a := value`, `$a = value`.
struct Assigned<'c> {
    name: &'c str,
    value: &'c str,
    new: bool,
}

fn assigned(code: &str) -> Option<Assigned<'_>> {
    let (name, value) = code.split_once('=')?;
    let before = name.trim_end();
    let name = before.trim_end_matches(':').trim_end();
    let is_name = name.strip_prefix('$').is_some_and(|rest| rest.chars().all(|c| c.is_alphanumeric() || c == '_'));
    is_name.then_some(Assigned { name, value: value.trim(), new: before.ends_with(':') })
}
