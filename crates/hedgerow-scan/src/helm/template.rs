//! The blocks of a template, and the text they come to.

use super::MARK;
use super::expr::{Scope, evaluate};
use serde_json::Value;

/// How deep blocks may lie in each other.
const MAX_DEPTH: usize = 40;

/// How many bytes and how many steps one rendering may take.
const MAX_BYTES: usize = 2 << 20;
const MAX_STEPS: usize = 100_000;

/// Branches of one `if` behind so many are not looked at.
const MAX_SIDES: usize = 8;

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Action {
        code: String,
        /// Whether nothing else stands on its line.
        alone: bool,
    },
    /// The branches of an `if`, the one without a condition last.
    If(Vec<Vec<Self>>),
    /// `range` and `with`.
    Block {
        each: bool,
        head: String,
        body: Vec<Self>,
    },
}

/// How many renderings show every branch of every `if`.
pub(super) fn sides(nodes: &[Node]) -> usize {
    let below = nodes.iter().map(|node| match node {
        Node::If(branches) => branches.iter().map(|branch| sides(branch)).max().unwrap_or(0).max(branches.len()),
        Node::Block { body, .. } => sides(body),
        Node::Text(_) | Node::Action { .. } => 1,
    });
    below.max().unwrap_or(1).min(MAX_SIDES)
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
}

impl Open {
    fn close(self) -> Option<Node> {
        match self.word {
            "if" => {
                let mut branches = self.before;
                branches.push(self.nodes);
                Some(Node::If(branches))
            }
            "range" | "with" => {
                let body = self.before.into_iter().next().unwrap_or(self.nodes);
                Some(Node::Block { each: self.word == "range", head: self.head, body })
            }
            // What is defined is not rendered where it stands.
            _ => None,
        }
    }
}

/// Reads a template. What is left open at its end is closed there, and an `end` too many is nothing.
pub(super) fn parse(text: &str) -> Vec<Node> {
    let mut open = vec![Open::default()];
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("{{") {
        let is_comment = tail.trim_start_matches('-').trim_start().starts_with("/*");
        let end =
            if is_comment { tail.find("*/").and_then(|at| Some(at + tail[at..].find("}}")?)) } else { end_of(tail) };
        let Some(end) = end else { break };
        let (inner, after) = (&tail[..end], &tail[end + 2..]);
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        let line_after = after.split('\n').next().unwrap_or_default();
        let alone = line_before.trim().is_empty() && line_after.trim().is_empty();
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
    let begin = |word| Open { word, head: head.trim().to_owned(), ..Open::default() };
    match word {
        "if" => open.push(begin("if")),
        "range" => open.push(begin("range")),
        "with" => open.push(begin("with")),
        "define" | "block" => open.push(begin("define")),
        "else" => {
            if let Some(block) = open.last_mut().filter(|block| !block.word.is_empty()) {
                let branch = std::mem::take(&mut block.nodes);
                block.before.push(branch);
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
    if open.len() > 1
        && let Some(node) = open.pop().and_then(Open::close)
        && let Some(around) = open.last_mut()
    {
        around.nodes.push(node);
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

/// The text that a template comes to, with the branch of every `if` that has this number, or the last one.
pub(super) fn render(nodes: &[Node], root: &Value, side: usize) -> String {
    let mut render = Render { text: String::new(), steps: 0, side };
    render.nodes(nodes, &mut Scope::new(root));
    render.text
}

struct Render {
    text: String,
    steps: usize,
    side: usize,
}

impl Render {
    fn nodes(&mut self, nodes: &[Node], scope: &mut Scope) {
        let known = scope.variables();
        for node in nodes {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.text.len() > MAX_BYTES {
                return;
            }
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Action { code, alone } => self.action(code, *alone, scope),
                Node::If(branches) => {
                    if let Some(branch) = branches.get(self.side).or(branches.last()) {
                        self.nodes(branch, scope);
                    }
                }
                Node::Block { each: true, head, body } => self.range(head, body, scope),
                Node::Block { each: false, head, body } => {
                    let (name, head) = declared(head);
                    // What is not set leaves the block out.
                    let value = self.value(head, scope);
                    if !value.as_ref().is_some_and(is_empty) {
                        let mut inner = scope.below(value.clone());
                        if let Some(name) = name {
                            inner.set(name, value);
                        }
                        self.nodes(body, &mut inner);
                    }
                }
            }
        }
        scope.forget(known);
    }

    /// What an expression comes to. Large values are many steps.
    fn value(&mut self, code: &str, scope: &Scope) -> Option<Value> {
        let value = evaluate(code, scope)?;
        self.steps += weight(&value);
        Some(value)
    }

    fn action(&mut self, code: &str, alone: bool, scope: &mut Scope) {
        if let Some((name, value)) = assigned(code) {
            let value = self.value(value, scope);
            scope.set(name, value);
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

    fn range(&mut self, head: &str, body: &[Node], scope: &mut Scope) {
        let (names, head) = declared(head);
        let mut names: Vec<&str> = names.map(|names| names.split(',').map(str::trim).collect()).unwrap_or_default();
        let element = names.pop();
        let pairs: Vec<(Value, Value)> = match self.value(head, scope) {
            Some(Value::Array(list)) => (0_u64..).map(Value::from).zip(list).collect(),
            Some(Value::Object(pairs)) => pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect(),
            _ => return,
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
            if self.steps > MAX_STEPS || self.text.len() > MAX_BYTES {
                return;
            }
        }
    }
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

/// How many scalars a value holds.
fn weight(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 1,
        Value::Object(pairs) => pairs.values().map(weight).sum::<usize>() + 1,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
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
fn assigned(code: &str) -> Option<(&str, &str)> {
    let (name, value) = code.split_once('=')?;
    let name = name.trim_end().trim_end_matches(':').trim_end();
    let is_name = name.strip_prefix('$').is_some_and(|rest| rest.chars().all(|c| c.is_alphanumeric() || c == '_'));
    is_name.then_some((name, value.trim()))
}
