//! Texts of C# that are put together by a `StringBuilder`.
//!
//! The facts know no order of statements, and a text that is added to is nothing without it. So a text is what it is where it is asked
//! for: what is added statement by statement is put together here. What may be added, or any number of times, is a hole at its end; where
//! anything else happens to it, nothing is known of it, neither before nor behind.

use super::Lower;
use crate::frontend::build::{children, range};
use crate::ir::{Expr, ExprId, LocalId};
use tree_sitter::Node;

/// How many pieces of a text are known.
const MAX_PIECES: usize = 64;

/// How long a chain of calls on a text may be.
const MAX_CHAIN: usize = 64;

/// What a statement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// It may not run.
    Branch,
    /// It may run any number of times.
    Loop,
    /// It runs at any time.
    Closure,
}

/// A text that is being put together.
#[derive(Debug)]
pub(super) struct Text {
    pieces: Vec<ExprId>,
    /// What has been said to be the text, where it is asked for.
    read: Vec<ExprId>,
    /// How much there was around its declaration.
    depth: usize,
    is_lost: bool,
}

impl<'n> Lower<'_, 'n> {
    /// Reads something that stands in a branch, a loop or a closure.
    pub(super) fn within(&mut self, around: Around, read: impl FnOnce(&mut Self)) {
        self.around.push(around);
        read(self);
        self.around.pop();
    }

    /// `var url = new StringBuilder("http://ledger");`
    pub(super) fn begin_text(&mut self, local: LocalId, ty: Option<Node<'n>>, initial: Node<'n>, value: ExprId) {
        let ty = match initial.kind() {
            "object_creation_expression" => initial.child_by_field_name("type"),
            "implicit_object_creation_expression" => ty,
            _ => None,
        };
        let is_text = ty.is_some_and(|ty| self.builder.slice(ty).rsplit('.').next() == Some("StringBuilder"));
        if !is_text || children(initial).iter().any(|part| part.kind() == "initializer_expression") {
            return;
        }
        let first = match *self.builder.facts.expr(value) {
            Expr::New { arguments, .. } => self.builder.facts.arguments(arguments).first().map(|first| first.value),
            // `new(…)` stands for its only argument.
            Expr::Deref(of) => Some(of),
            _ => None,
        };
        // A number is how long it may get.
        let first = first.filter(|first| !matches!(self.builder.facts.expr(*first), Expr::Number(_)));
        let text =
            Text { pieces: first.into_iter().collect(), read: Vec::new(), depth: self.around.len(), is_lost: false };
        self.texts.insert(local, text);
    }

    /// A text by the name of its variable, and what it stands in that its variable does not.
    fn text(&self, name: &str) -> Option<(LocalId, &[Around])> {
        if self.texts.is_empty() {
            return None;
        }
        let local = self.builder.local(name)?;
        let depth = self.texts.get(&local)?.depth;
        Some((local, self.around.get(depth..).unwrap_or_default()))
    }

    /// Reads `url.Append("/").Append(id);` as a statement; answers whether it is one.
    pub(super) fn append(&mut self, statement: Node<'n>) -> bool {
        let mut links = Vec::new();
        let Some(mut node) = children(statement).first().copied().filter(|_| !self.texts.is_empty()) else {
            return false;
        };
        while node.kind() == "invocation_expression" && links.len() <= MAX_CHAIN {
            let Some(function) = node.child_by_field_name("function") else { return false };
            let method = self.builder.field(function, "name");
            let of = function.child_by_field_name("expression");
            let Some(of) = of.filter(|_| method.starts_with("Append")) else { return false };
            links.push((method, node.child_by_field_name("arguments")));
            node = of;
        }
        if node.kind() != "identifier" || links.is_empty() {
            return false;
        }
        let name = self.builder.slice(node).to_owned();
        let Some((local, around)) = self.text(&name) else { return false };
        let is_anytime = around.contains(&Around::Closure);
        let is_unsure = !around.is_empty();
        for (method, list) in links.into_iter().rev() {
            let node = list.unwrap_or(node);
            let is_plain = matches!(method.as_str(), "Append" | "AppendLine") && children(node).len() == 1;
            let letter = children(node).first().and_then(|only| children(*only).last().copied());
            let letter = letter.filter(|letter| letter.kind() == "character_literal");
            let passed = self.arguments(node);
            let hole = self.builder.push(Expr::Other, range(node));
            let piece = match (passed.first(), letter.map(|letter| self.builder.slice(letter))) {
                _ if !is_plain || is_unsure => hole,
                (_, Some(letter)) => match letter.trim_matches('\'') {
                    letter if letter.chars().count() == 1 => self.builder.push_text(letter, range(node)),
                    _ => hole,
                },
                (Some(passed), None) => passed.value,
                (None, None) => hole,
            };
            self.add(local, piece, hole);
            if method == "AppendLine" {
                self.add(local, hole, hole);
            }
        }
        if is_anytime {
            self.lose_text(local);
        }
        true
    }

    fn add(&mut self, local: LocalId, piece: ExprId, hole: ExprId) {
        let Some(text) = self.texts.get_mut(&local) else { return };
        match text.pieces.len() {
            MAX_PIECES => text.pieces.push(hole),
            many if many < MAX_PIECES => text.pieces.push(piece),
            _ => {}
        }
    }

    /// What the name of a variable is that holds a text: the text, where that is what is asked for.
    pub(super) fn or_text(&mut self, node: Node<'n>, name: &str, found: ExprId) -> ExprId {
        let Some((local, around)) = self.text(name) else { return found };
        let (is_anytime, is_repeated) = (around.contains(&Around::Closure), around.contains(&Around::Loop));
        let above = node.parent();
        let member = above.filter(|above| above.kind() == "member_access_expression");
        let method = member.map(|member| self.builder.field(member, "name")).unwrap_or_default();
        let use_of = member.and_then(|member| member.parent());
        let is_called = use_of.is_some_and(|use_of| {
            use_of.kind() == "invocation_expression"
                && use_of.child_by_field_name("arguments").is_some_and(|list| children(list).is_empty())
        });
        let is_asked =
            (method == "ToString" && is_called) || above.is_some_and(|above| above.kind() == "interpolation");
        if !is_asked {
            // How long it is may be asked for, and set.
            let is_length = method == "Length" && use_of.is_some_and(|use_of| use_of.kind() == "binary_expression");
            if !is_length {
                self.lose_text(local);
            }
            return found;
        }
        let span = range(node);
        if is_repeated {
            // More may have been added the time before.
            let hole = self.builder.push(Expr::Other, span);
            self.add(local, hole, hole);
        }
        if is_anytime {
            self.lose_text(local);
        }
        let Some((pieces, is_lost)) = self.texts.get(&local).map(|text| (text.pieces.clone(), text.is_lost)) else {
            return found;
        };
        let whole = if is_lost { Expr::Other } else { Expr::Format(self.builder.list_of(pieces)) };
        let whole = self.builder.push(whole, span);
        if let Some(text) = self.texts.get_mut(&local) {
            text.read.push(whole);
        }
        whole
    }

    /// Something happens to a text that is not followed: nothing is known of it, wherever it is asked for.
    fn lose_text(&mut self, local: LocalId) {
        let Some(text) = self.texts.get_mut(&local) else { return };
        text.is_lost = true;
        for read in std::mem::take(&mut text.read) {
            if let Some(expr) = self.builder.facts.exprs.get_mut(read.0 as usize) {
                *expr = Expr::Other;
            }
        }
    }
}
