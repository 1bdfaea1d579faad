//! The blocks of a template.

use super::expr::{Token, tokens};
use super::library::mutated;
use crate::partial::Partial;
use crate::standin;
use std::collections::BTreeMap;

/// How deep blocks may lie in each other.
const MAX_DEPTH: usize = 40;

/// More renderings than these of what stands on one line are one more, in which it is a hole.
pub(super) const MAX_LINE: usize = 16;

/// What a text of templates holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pub(super) nodes: Vec<Node>,
    /// The templates it defines, by their names.
    pub(super) defines: Vec<(String, Vec<Node>)>,
    /// Whether some of it is too deep to be read.
    pub(super) is_cut: bool,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text {
        text: Partial,
        /// Where it stands in the template.
        at: u32,
    },
    Action(Action),
    /// An `if`, or a `range` or `with`.
    Block(Box<Block>),
}

#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) code: String,
    /// Where it stands in the template.
    pub(super) at: u32,
    /// Whether nothing else stands on its line.
    pub(super) alone: bool,
    /// Whether what it comes to is drawn up to the line above.
    joined: bool,
    /// How many renderings show all that it can come to.
    pub(super) sides: usize,
}

impl Action {
    /// Whether it may stand for whole lines.
    pub(super) fn may_be_lines(&self) -> bool {
        self.alone || self.makes_lines()
    }

    /// Whether it stands for whole lines, whatever it comes to.
    pub(super) fn is_lines(&self) -> bool {
        (self.alone && !self.joined) || self.makes_lines()
    }

    fn makes_lines(&self) -> bool {
        ["indent", "toYaml"].iter().any(|word| self.code.contains(word))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Whether nothing else stands on its first line.
    pub(super) alone: bool,
    /// The branches, the one without a condition last; it may be empty.
    pub(super) branches: Vec<Branch>,
    /// How many renderings show every branch.
    pub(super) sides: usize,
    /// How many renderings show every branch with every branch of the blocks on its line.
    pub(super) line: usize,
    /// After how many renderings it shows the next branch.
    stride: usize,
    /// The variables that its branches give other values.
    pub(super) assigns: Vec<String>,
    /// What its choices are called by.
    pub(super) place: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    If,
    Range,
    With,
}

#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// Its condition, or the value it is for.
    pub(super) head: Option<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) sides: usize,
}

impl Block {
    /// Which of its own renderings is shown in the rendering of this number; none if that is a hole.
    pub(super) fn side(&self, side: usize) -> Option<usize> {
        if self.line <= MAX_LINE || self.alone {
            return Some((side.min(self.line.saturating_sub(1)) / self.stride.max(1)) % self.sides.max(1));
        }
        (side < MAX_LINE).then(|| side.min(self.sides.saturating_sub(1)))
    }
}

/// Counts the renderings that show every branch of every block, those on one line in every combination. `helpers` says it
/// of the templates with names.
pub(super) fn count_sides(nodes: &mut [Node], helpers: &BTreeMap<String, usize>) -> usize {
    for node in nodes.iter_mut() {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) if action.may_be_lines() => {
                let sides = included(&action.code).filter_map(|name| helpers.get(&name).copied()).max();
                action.sides = sides.unwrap_or(1).max(1);
            }
            Node::Action(_) => {}
            Node::Block(block) => {
                for branch in &mut block.branches {
                    branch.sides = count_sides(&mut branch.nodes, helpers);
                }
                block.sides = block.branches.iter().fold(0, |sum, branch| sum.saturating_add(branch.sides));
                (block.line, block.stride) = (block.sides, 1);
            }
        }
    }
    let ends_line = |node: &Node| match node {
        Node::Text { text, .. } => text.letters().contains('\n'),
        Node::Action(action) => action.alone,
        Node::Block(block) => block.alone,
    };
    for line in nodes.split_mut(ends_line) {
        let mut product = 1_usize;
        for node in line.iter_mut() {
            if let Node::Block(block) = node {
                block.stride = product;
                product = product.saturating_mul(block.sides);
            }
        }
        for node in line {
            if let Node::Block(block) = node {
                block.line = product;
            }
        }
    }
    let of = |node: &Node| match node {
        Node::Text { .. } => 1,
        Node::Action(action) => action.sides,
        Node::Block(block) if block.alone => block.sides,
        Node::Block(block) => block.line.min(MAX_LINE + 1),
    };
    nodes.iter().map(of).max().unwrap_or(1)
}

/// The names of the templates that an action takes in.
fn included(code: &str) -> impl Iterator<Item = String> {
    let found = if code.contains("include") || code.contains("template") { tokens(code) } else { Vec::new() };
    let pairs: Vec<String> = found
        .windows(2)
        .filter_map(|pair| match pair {
            [Token::Word(word), Token::Text(name)] if word == "include" || word == "template" => Some(name.clone()),
            _ => None,
        })
        .collect();
    pairs.into_iter()
}

/// The names of the templates that these take in.
pub(super) fn all_included(nodes: &[Node], found: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Text { .. } => {}
            Node::Action(action) => found.extend(included(&action.code)),
            Node::Block(block) => block.branches.iter().for_each(|branch| all_included(&branch.nodes, found)),
        }
    }
}

/// A block that is not closed yet.
#[derive(Debug, Default)]
struct Open {
    /// Its first word; empty for the template itself.
    word: &'static str,
    /// The condition of the branch that is read.
    head: Option<String>,
    nodes: Vec<Node>,
    /// The branches before the one that is read.
    before: Vec<(Option<String>, Vec<Node>)>,
    alone: bool,
    /// Whether the block around it, whose `else` it is, ends where this one does.
    joined: bool,
    place: usize,
}

impl Open {
    fn close(self, template: &mut Template) -> Option<Node> {
        let kind = match self.word {
            "if" => Kind::If,
            "range" => Kind::Range,
            "with" => Kind::With,
            // What is defined is not rendered where it stands.
            "define" => {
                let name = tokens(&self.head.unwrap_or_default()).into_iter().next();
                if let Some(Token::Text(name)) = name {
                    template.defines.push((name, self.nodes));
                }
                return None;
            }
            _ => return None,
        };
        let mut branches = self.before;
        let is_closed = self.head.is_none();
        branches.push((self.head, self.nodes));
        if !is_closed {
            branches.push((None, Vec::new()));
        }
        let mut assigns = Vec::new();
        for (head, nodes) in &branches {
            assigns.extend(head.iter().flat_map(|head| mutated(head)));
            assigns.extend(head.iter().filter_map(|head| condition(head).2.map(str::to_owned)));
            for node in nodes {
                match node {
                    Node::Action(Action { code, .. }) => {
                        assigns.extend(assigned(code).filter(|found| !found.new).map(|found| found.name.to_owned()));
                        assigns.extend(mutated(code));
                    }
                    Node::Block(block) => assigns.extend(block.assigns.iter().cloned()),
                    Node::Text { .. } => {}
                }
            }
        }
        assigns.sort_unstable();
        assigns.dedup();
        let branch = |(head, nodes)| Branch { head, nodes, sides: 1 };
        Some(Node::Block(Box::new(Block {
            kind,
            alone: self.alone,
            branches: branches.into_iter().map(branch).collect(),
            sides: 1,
            line: 1,
            stride: 1,
            assigns,
            place: self.place.to_string(),
        })))
    }
}

/// Reads a template. What is left open at its end is closed there, and an `end` too many is nothing.
pub(super) fn parse(text: &str) -> Template {
    parse_written(&standin::escaped(text))
}

/// Reads a template in which stand-ins are written.
pub(super) fn parse_written(text: &str) -> Template {
    // Places are counted from the end, so what is left out here moves none.
    let text = text.trim_start_matches('\u{feff}');
    let mut template = Template::default();
    let mut open = vec![Open::default()];
    let mut rest = text;
    // Where the line that is read ends, and where what stands on it does, counted from the end of the text.
    let (mut line_end, mut written_end) = (usize::MAX, usize::MAX);
    // Up to where it is read.
    let mut read = 0;
    while let Some((before, tail)) = rest.split_once("{{") {
        let is_comment = tail.trim_start_matches('-').trim_start().starts_with("/*");
        let end =
            if is_comment { tail.find("*/").and_then(|at| Some(at + tail[at..].find("}}")?)) } else { end_of(tail) };
        let Some(end) = end else {
            template.is_cut = true;
            break;
        };
        let (inner, after) = (&tail[..end], &tail[end + 2..]);
        let start = text.len() - tail.len() - 2;
        let gap = &text[read..start];
        let begins_line = (read == 0 || gap.contains('\n')) && gap.rsplit('\n').next().is_some_and(is_blank);
        read = text.len() - after.len();
        if after.len() < line_end || line_end == usize::MAX {
            let line_after = after.split('\n').next().unwrap_or_default();
            line_end = after.len() - line_after.len();
            written_end = after.len() - line_after.trim_end().len();
        }
        let alone = begins_line && after.len() <= written_end;
        let trims_before = inner.starts_with('-');
        let trims_after = inner.ends_with('-');
        let begins = text.len() - rest.len();
        text_node(&mut open, if trims_before { before.trim_end() } else { before }, begins);
        rest = if trims_after { after.trim_start() } else { after };
        let code = inner.trim_start_matches('-').trim_end_matches('-').trim();
        if !is_comment {
            let place = text.len() - after.len();
            let lines = Lines { alone, joined: trims_before };
            action(&mut open, &mut template, code, lines, (start, place));
        }
        if open.len() > MAX_DEPTH {
            template.is_cut = true;
            rest = "";
        }
    }
    text_node(&mut open, rest, text.len() - rest.len());
    while open.len() > 1 {
        close(&mut open, &mut template);
    }
    template.nodes = open.pop().map(|open| open.nodes).unwrap_or_default();
    template
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// How an action stands in its line, see [`Action`].
#[derive(Debug, Clone, Copy)]
struct Lines {
    alone: bool,
    joined: bool,
}

/// Takes in an action; `start` and `place` are where it begins and ends.
fn action(open: &mut Vec<Open>, template: &mut Template, code: &str, lines: Lines, (start, place): (usize, usize)) {
    let Lines { alone, joined } = lines;
    let (word, head) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let head = head.trim();
    let begin = |word, head: &str| Open { word, head: Some(head.to_owned()), alone, place, ..Open::default() };
    let node = |code| Node::Action(Action { code, at: offset(start), alone, joined, sides: 1 });
    match word {
        "if" => open.push(begin("if", head)),
        "range" => open.push(begin("range", head)),
        "with" => open.push(begin("with", head)),
        "define" | "block" => {
            if word == "block"
                && let Some(around) = open.last_mut()
            {
                around.nodes.push(node(format!("template {head}")));
            }
            open.push(begin("define", head));
        }
        "else" => {
            if let Some(block) = open.last_mut().filter(|block| !block.word.is_empty()) {
                let branch = std::mem::take(&mut block.nodes);
                block.before.push((block.head.take(), branch));
                match head.split_once(char::is_whitespace) {
                    Some(("if", head)) if block.word == "if" => block.head = Some(head.trim().to_owned()),
                    Some(("if", head)) => open.push(Open { joined: true, ..begin("if", head.trim()) }),
                    Some(("with", head)) => open.push(Open { joined: true, ..begin("with", head.trim()) }),
                    _ => {}
                }
            }
        }
        "end" => close(open, template),
        _ => {
            if let Some(block) = open.last_mut() {
                block.nodes.push(node(code.to_owned()));
            }
        }
    }
}

/// Closes the innermost block.
fn close(open: &mut Vec<Open>, template: &mut Template) {
    while open.len() > 1 {
        let Some(block) = open.pop() else { return };
        let joined = block.joined;
        if let Some(node) = block.close(template)
            && let Some(around) = open.last_mut()
        {
            around.nodes.push(node);
        }
        if !joined {
            return;
        }
    }
}

fn text_node(open: &mut [Open], text: &str, at: usize) {
    if let Some(block) = open.last_mut().filter(|_| !text.is_empty()) {
        block.nodes.push(Node::Text { text: Partial::read(text), at: offset(at) });
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

/// `$a, $b := list`: the names, and the rest.
pub(super) fn declared(head: &str) -> (Vec<&str>, &str) {
    match head.split_once(":=") {
        Some((names, rest)) if names.trim_start().starts_with('$') => {
            (names.split(',').map(str::trim).collect(), rest.trim())
        }
        _ => (Vec::new(), head),
    }
}

/// The variables that a condition declares, what it is worth, and the variable that it gives another value.
pub(super) fn condition(head: &str) -> (Vec<&str>, &str, Option<&str>) {
    match assigned(head).filter(|found| !found.new) {
        Some(found) => (Vec::new(), found.value, Some(found.name)),
        None => {
            let (names, code) = declared(head);
            (names, code, None)
        }
    }
}

/// `$a := value`, `$a = value`.
pub(super) struct Assigned<'c> {
    pub(super) name: &'c str,
    pub(super) value: &'c str,
    pub(super) new: bool,
}

pub(super) fn assigned(code: &str) -> Option<Assigned<'_>> {
    let (name, value) = code.split_once('=')?;
    let before = name.trim_end();
    let name = before.trim_end_matches(':').trim_end();
    let is_name = name.strip_prefix('$').is_some_and(|rest| rest.chars().all(|c| c.is_alphanumeric() || c == '_'));
    is_name.then_some(Assigned { name, value: value.trim(), new: before.ends_with(':') })
}
