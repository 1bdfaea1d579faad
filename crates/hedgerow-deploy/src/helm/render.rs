//! The text that a template comes to.

use super::changes::{gives_what_it_changes, mutated};
use super::choice;
use super::expr::{Token, evaluate, is_set, tokens};
use super::functions::MAX_INDENT;
use super::heads::{Assigned, assigned, condition};
use super::lined::Lined;
use super::lost::last_width;
use super::printed::printed;
use super::scope::Scope;
use super::spent::Around;
use super::template::{Action, Block, Branch, Kind, Node};
use super::weights::shallow;
use crate::deploy::is_route;
use crate::partial::{Gap, Partial};
use crate::value::Value;
use std::collections::BTreeSet;

/// How many bytes one rendering may take.
const MAX_BYTES: usize = 2 << 20;

/// The text that a template comes to in the rendering of this number.
pub(super) fn render(nodes: &[Node], mut scope: Scope, side: usize) -> Lined {
    let mut render = Render { made: Lined::default(), at: 0, around: scope.around(), in_helper: scope.is_in_helper() };
    render.nodes(nodes, side, &mut scope);
    render.made
}

/// The text that a template with a name comes to.
pub(super) fn render_helper(nodes: &[Node], scope: Scope, side: usize) -> Partial {
    let (text, _) = render(nodes, scope, side).into_parts();
    if !text.has(&Gap::LeftOut) {
        return text;
    }
    let lines = text.with_gaps(|gap| (*gap == Gap::LeftOut).then(Partial::default));
    let shown = lines.written();
    if shown.trim().contains('\n') || shown.trim_end().ends_with(':') {
        return lines;
    }
    text.with_gaps(|gap| match gap {
        Gap::LeftOut => Some(Partial::unknown()),
        Gap::Lost => Some(Partial::default()),
        Gap::Unknown | Gap::OneOf(_) | Gap::Release(_) => None,
    })
}

struct Render<'l> {
    made: Lined,
    /// Where the action stands that is rendered.
    at: u32,
    around: &'l Around<'l>,
    /// Whether the text is a value, not a document.
    in_helper: bool,
}

impl<'l> Render<'l> {
    /// Shows that a part of a line is not known.
    fn hole(&mut self) {
        self.made.put_gap(Gap::Unknown);
    }

    fn is_over(&self) -> bool {
        if self.made.size() > MAX_BYTES {
            self.around.spent.cut("it makes more than 2 MiB of text");
        }
        self.around.spent.is_cut()
    }

    fn nodes(&mut self, nodes: &[Node], side: usize, scope: &mut Scope<'l>) {
        let known = scope.variables();
        for node in nodes {
            self.around.spent.step(1);
            if self.is_over() {
                return;
            }
            match node {
                Node::Text { text, at } => self.made.copy(text, *at),
                Node::Action(action) => self.action(action, side, scope),
                Node::Block(block) => match block.side(side) {
                    Some(side) => self.block(block, side, scope),
                    // What no rendering shows.
                    None => {
                        self.hole();
                        scope.lose(&block.assigns);
                    }
                },
            }
        }
        scope.forget(known);
    }

    fn block(&mut self, block: &Block, side: usize, scope: &mut Scope<'l>) {
        let Some(first) = block.branches.first() else { return };
        let known = scope.variables();
        let head = first.head.as_deref().unwrap_or_default();
        let (names, code, assigned) = condition(head);
        // A condition is of interest where the value itself is what stands behind it.
        let value = self.value(code, scope);
        scope.lose(&mutated(head));
        if let Some(name) = assigned {
            scope.assign(name, value.clone());
        }
        let is_in_name = asked_of_release(code).map(|(part, name)| self.is_in_name(part, name, scope));
        match Self::surely(block, is_in_name, value.as_ref()) {
            Some(at) => {
                if let Some(branch) = block.branches.get(at) {
                    let side = side.min(branch.sides.saturating_sub(1));
                    self.branch(block, at, side, (&names, value), scope);
                }
            }
            None => self.branches(block, side, (&names, value), scope),
        }
        scope.forget(known);
    }

    /// Whether a text is a part of the name of a release. A name that is not known is a letter of its own, and what is named after it is named so everywhere.
    fn is_in_name(&mut self, part: &str, name: &str, scope: &Scope<'l>) -> bool {
        let (part, name) = (self.value(part, scope), self.value(name, scope));
        let texts = part.as_ref().and_then(Value::as_str).zip(name.as_ref().and_then(Value::as_str));
        texts.is_some_and(|(part, name)| name.contains(part))
    }

    /// The branch that is taken, where that can be told.
    fn surely(block: &Block, is_in_name: Option<bool>, value: Option<&Value>) -> Option<usize> {
        match (block.kind, value) {
            (Kind::If, value) => {
                let is_whole = block.branches.len() == 2 && block.branches.iter().skip(1).all(|b| b.head.is_none());
                // A chart has a route for whoever wants one: what is switched off asks nobody to call.
                let is_off = || matches!(value, Some(Value::Bool(false))) && block.is_of_routes();
                match is_in_name {
                    Some(is_in_name) if is_whole => Some(usize::from(!is_in_name)),
                    _ => (is_whole && is_off()).then_some(1),
                }
            }
            (Kind::With, Some(value)) => is_surely_set(value).then_some(0),
            (Kind::Range, Some(Value::List(list))) => Some(usize::from(list.is_empty())),
            (Kind::Range, Some(Value::Map(pairs))) => Some(usize::from(pairs.is_empty())),
            (Kind::Range, Some(Value::Null)) if !block.others_are_empty() => Some(1),
            _ => None,
        }
    }

    /// Shows one of the branches, and takes over what any of them gives the variables.
    fn branches(
        &mut self,
        block: &Block,
        side: usize,
        (names, value): (&[&str], Option<Value>),
        scope: &mut Scope<'l>,
    ) {
        let (mut shown, mut side) = (0, side);
        for branch in &block.branches {
            if side < branch.sides {
                break;
            }
            side -= branch.sides;
            shown += 1;
        }
        // What is there as the unset value itself is what `default` leaves out.
        let is_default = |text: &Partial| {
            let is_unset = value.as_ref().is_some_and(|value| !is_set(value));
            is_unset
                && text.letters().trim().trim_matches('"').is_empty()
                && text.gaps().all(|gap| matches!(gap, Gap::Unknown | Gap::LeftOut))
        };
        let is_text = self.in_helper || !block.alone;
        let may_skip = is_text && shown == 0 && block.kind != Kind::Range && !block.others_are_empty();
        let mut ends = Vec::new();
        for at in 0..block.branches.len() {
            if at != shown && block.assigns.is_empty() {
                continue;
            }
            self.around.spent.step(scope.variables() / 16);
            let mut inner = scope.clone();
            let before = std::mem::take(&mut self.made);
            let side = if at == shown { side } else { 0 };
            self.branch(block, at, side, (names, value.clone()), &mut inner);
            if at == shown && may_skip && is_default(self.made.text()) {
                self.made.clear();
                self.branch(block, 1, 0, (names, value.clone()), &mut scope.clone());
            }
            let made = std::mem::replace(&mut self.made, before);
            if at == shown {
                self.made.append(&made);
            }
            ends.push(inner);
        }
        scope.join(&block.assigns, &ends, &block.place);
    }

    /// One branch, with what the conditions above it declare.
    fn branch(
        &mut self,
        block: &Block,
        at: usize,
        side: usize,
        (names, value): (&[&str], Option<Value>),
        scope: &mut Scope<'l>,
    ) {
        let Some(branch) = block.branches.get(at) else { return };
        if block.kind == Kind::Range && at == 0 {
            self.range(block, branch, side, names, value, scope);
            return;
        }
        if block.kind != Kind::Range
            && let Some(name) = names.first()
        {
            scope.set(name, value.clone());
        }
        for head in block.branches.iter().take(at + 1).skip(1).filter_map(|branch| branch.head.as_deref()) {
            self.around.spent.step(1 + head.len() / 64);
            if self.is_over() {
                return;
            }
            let (names, code, assigned) = condition(head);
            if !names.is_empty() || assigned.is_some() {
                let value = self.value(code, scope);
                names.first().into_iter().for_each(|name| scope.set(name, value.clone()));
                assigned.into_iter().for_each(|name| scope.assign(name, value.clone()));
            }
            scope.lose(&mutated(head));
        }
        if block.kind == Kind::With && at == 0 {
            // Of what is not set here it is not known what it is where it is set.
            let is_unset = value.as_ref().is_some_and(|value| !is_set(value));
            let mut inner = scope.below(value.filter(is_set));
            inner.suppose(is_unset);
            self.nodes(&branch.nodes, side, &mut inner);
            scope.adopt(inner);
        } else {
            let is_unset = block.kind == Kind::If && at == 0 && value.as_ref().is_some_and(|value| !is_set(value));
            let before = scope.suppose(is_unset);
            self.nodes(&branch.nodes, side, scope);
            scope.suppose_again(before);
        }
    }

    /// Shows that something is not known: whole lines are left out, a part of a line is a hole. Whether what stands alone
    /// in a template with a name is a value or lines is seen at its end.
    fn unknown(&mut self, is_lines: bool, width: Option<usize>, scope: &Scope<'l>) {
        if !is_lines {
            self.hole();
            return;
        }
        if self.in_helper {
            self.made.put_gap(Gap::LeftOut);
        }
        self.lose_lines(width, scope);
    }

    /// Notes that lines which are not known are left out here, `width` letters from the margin: by default under the line
    /// above. What is there only where somebody sets what no values of the tree do is no loss.
    fn lose_lines(&mut self, width: Option<usize>, scope: &Scope<'l>) {
        if scope.is_unset() {
            return;
        }
        if let Some(width) = width {
            self.made.put(&Partial::from(format!("\n{}", " ".repeat(width))), self.at);
        }
        self.made.put_gap(Gap::Lost);
    }

    /// What an expression comes to. Long texts are many steps.
    fn value(&mut self, code: &str, scope: &Scope<'l>) -> Option<Value> {
        let value = evaluate(code, scope)?;
        self.around.spent.step(shallow(&value));
        Some(value)
    }

    fn action(&mut self, action: &Action, side: usize, scope: &mut Scope<'l>) {
        let Action { code, at, .. } = action;
        self.at = *at;
        if let Some(Assigned { name, value, new }) = assigned(code) {
            let made = self.value(value, scope);
            change(value, made.as_ref(), scope);
            if new {
                scope.set(name, made);
            } else {
                scope.assign(name, made);
            }
            return;
        }
        let made = if action.may_be_lines() { self.value(code, &scope.showing(side)) } else { self.value(code, scope) };
        change(code, made.as_ref(), scope);
        // What is not set is there only where somebody sets it: then it is something else.
        let is_nothing = |made: &Value| is_blank(made) || (scope.is_unset() && is_quotes(made));
        match made.filter(|made| !action.is_lines() || !is_nothing(made)) {
            Some(Value::Text(text)) => self.made.put(&text, *at),
            None | Some(Value::Null) => self.unknown(action.is_lines(), indent(code), scope),
            Some(other) => {
                self.around.spent.step(self.around.spent.weights.of(&other));
                if !self.is_over() {
                    self.made.put(&printed(&other), *at);
                }
            }
        }
    }

    fn range(
        &mut self,
        block: &Block,
        body: &Branch,
        side: usize,
        names: &[&str],
        value: Option<Value>,
        scope: &mut Scope<'l>,
    ) {
        let pairs: Vec<(Value, Value)> = match value {
            // What stands on one line is told apart in one element only.
            Some(Value::List(list)) if block.alone || body.sides < 2 || list.len() < 2 => {
                (0_i64..).map(Value::from).zip(list.iter().cloned()).collect()
            }
            Some(Value::Map(pairs)) if block.alone || body.sides < 2 || pairs.len() < 2 => {
                pairs.iter().map(|(key, value)| (Value::Text(key.clone()), value.clone())).collect()
            }
            value => {
                if block.alone && value.is_none() {
                    // The lines of one of its elements, whatever that is.
                    let mut inner = scope.below(None);
                    names.iter().for_each(|name| inner.set(name, None));
                    self.nodes(&body.nodes, side, &mut inner);
                    self.lose_lines(Some(last_width(self.made.text())), scope);
                } else if value.as_ref().is_none_or(is_set) {
                    self.unknown(block.alone, None, scope);
                } else if !block.alone {
                    self.hole();
                }
                scope.lose(&block.assigns);
                return;
            }
        };
        for (key, value) in pairs {
            let mut inner = scope.below(Some(value.clone()));
            if let [name, _, ..] = names {
                inner.set(name, Some(key));
            }
            if let Some(name) = names.last() {
                inner.set(name, Some(value));
            }
            self.nodes(&body.nodes, side, &mut inner);
            scope.adopt(inner);
            if self.is_over() {
                return;
            }
        }
    }
}

/// Gives the variables whose maps an expression changes what they are then; `made` is what it comes to.
fn change(code: &str, made: Option<&Value>, scope: &mut Scope) {
    match gives_what_it_changes(code) {
        Some(target) => scope.change(&target, made),
        None => scope.lose(&mutated(code)),
    }
}

impl Block {
    /// Whether all objects of its first branch are routes: Ingresses and the like.
    fn is_of_routes(&self) -> bool {
        let mut kinds = BTreeSet::new();
        if let Some(branch) = self.branches.first() {
            kinds_in(&branch.nodes, &mut kinds);
        }
        self.alone && !kinds.is_empty() && kinds.iter().all(|kind| is_route(kind))
    }

    fn others_are_empty(&self) -> bool {
        self.branches.iter().skip(1).all(|branch| branch.nodes.is_empty())
    }
}

/// The kinds of the objects that nodes write; what is not written out is an empty one.
fn kinds_in<'n>(nodes: &'n [Node], found: &mut BTreeSet<&'n str>) {
    for node in nodes {
        match node {
            Node::Text { text, .. } => {
                let kinds = text.letters().lines().filter_map(|line| line.strip_prefix("kind:"));
                found.extend(kinds.map(|kind| kind.trim().trim_matches(['"', '\''])));
            }
            Node::Action(_) => {}
            Node::Block(block) => block.branches.iter().for_each(|branch| kinds_in(&branch.nodes, found)),
        }
    }
}

/// How many letters from the margin the lines of an action are.
fn indent(code: &str) -> Option<usize> {
    let words = tokens(code);
    let mut widths = words.windows(2).filter_map(|pair| match pair {
        [Token::Word(word), Token::Word(width)] if matches!(&**word, "indent" | "nindent") => width.parse().ok(),
        _ => None,
    });
    widths.rfind(|width| *width <= MAX_INDENT)
}

/// `contains "books" .Release.Name`: what is asked for, and of what.
fn asked_of_release(code: &str) -> Option<(&str, &str)> {
    let (part, name) = code.strip_prefix("contains ")?.rsplit_once(char::is_whitespace)?;
    name.ends_with(".Release.Name").then_some((part, name))
}

/// Whether nothing of a value is known but that it may have blanks around it.
fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.known().is_none() && text.through(|text| text.trim().to_owned()).is_unknown())
}

/// Whether a value is an empty text as YAML writes it.
fn is_quotes(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.known().is_some_and(|text| matches!(text.trim(), "" | "\"\"" | "''")))
}

/// Whether a value is set whatever is chosen in it.
fn is_surely_set(value: &Value) -> bool {
    match value {
        Value::Text(text) if text.is_open() => {
            let (_, ways) = choice::ways([text]);
            ways.iter().map(|way| way.text(text)).all(|text| !text.is_empty() && !text.is_unknown())
        }
        value => is_set(value),
    }
}
