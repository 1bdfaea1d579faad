//! Reading templates: the text with braces into a tree.

use super::changes::mutated;
use super::expr::{Token, tokens};
use super::heads::{assigned, condition};
use super::template::{Action, Block, Branch, Kind, Node, Template};
use crate::partial::Partial;
use crate::standin;
use std::borrow::Cow;

/// How deep blocks may lie in each other.
const MAX_DEPTH: usize = 40;

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
    let plain = text.trim_start_matches('\u{feff}');
    read(plain, text.len() - plain.len(), Letters::Own)
}

/// Reads a template in which stand-ins are written.
pub(super) fn parse_written(text: &str) -> Template {
    read(text, 0, Letters::Written)
}

/// What letters of the area of stand-ins are in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// They are people's.
    Own,
    /// They stand for gaps.
    Written,
}

impl Letters {
    fn text(self, text: &str) -> Partial {
        match self {
            Self::Own => Partial::from(text),
            Self::Written => Partial::read(text),
        }
    }

    /// What stands between braces, for who reads stand-ins there. It is made for each action by itself, so that no place in the text moves.
    fn code(self, code: &str) -> Cow<'_, str> {
        match self {
            Self::Own => standin::escaped(code),
            Self::Written => Cow::Borrowed(code),
        }
    }
}

/// Reads a text that begins `ahead` bytes behind the beginning of its file.
fn read(text: &str, ahead: usize, letters: Letters) -> Template {
    let mut template = Template::default();
    let mut open = vec![Open::default()];
    let mut rest = text;
    // Where the line that is read ends, and where what stands on it does, counted from the end of the text.
    let (mut line_end, mut written_end) = (usize::MAX, usize::MAX);
    // Up to where it is read.
    let mut end_read = 0;
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
        let gap = &text[end_read..start];
        let begins_line = (end_read == 0 || gap.contains('\n')) && gap.rsplit('\n').next().is_some_and(is_blank);
        end_read = text.len() - after.len();
        if after.len() < line_end || line_end == usize::MAX {
            let line_after = after.split('\n').next().unwrap_or_default();
            line_end = after.len() - line_after.len();
            written_end = after.len() - line_after.trim_end().len();
        }
        let alone = begins_line && after.len() <= written_end;
        let trims_before = inner.starts_with('-');
        let trims_after = inner.ends_with('-');
        let begins = text.len() - rest.len();
        let before = if trims_before { before.trim_end() } else { before };
        text_node(&mut open, letters.text(before), ahead + begins);
        rest = if trims_after { after.trim_start() } else { after };
        let code = inner.trim_start_matches('-').trim_end_matches('-').trim();
        if !is_comment {
            let place = text.len() - after.len();
            let lines = Lines { alone, joined: trims_before };
            action(&mut open, &mut template, &letters.code(code), lines, (ahead + start, place));
        }
        if open.len() > MAX_DEPTH {
            template.is_cut = true;
            rest = "";
        }
    }
    text_node(&mut open, letters.text(rest), ahead + text.len() - rest.len());
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

fn text_node(open: &mut [Open], text: Partial, at: usize) {
    if let Some(block) = open.last_mut().filter(|_| !text.is_empty()) {
        block.nodes.push(Node::Text { text, at: offset(at) });
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
