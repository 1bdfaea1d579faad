//! What stands around the literals of a function: the calls that are given them, and what says that they are for browsers, whom it lets in,
//! and where it sends people.

use super::constants::holds;
use crate::infer::Infer;
use crate::issuers::is_issuer;
use crate::mention::{is_bypass, is_called};
use crate::mentions::{is_of_cors, is_origin, is_shown_to_browsers};
use crate::program::FnId;
use hedgerow_code::ir::{Expr, ExprId, Facts, Range};
use std::collections::BTreeMap;

/// What is asked of each literal of a function, read once.
pub(super) struct Around {
    /// What is passed to something, or stands in something, whose name says that it is for browsers: `WithOrigins("http://shop")`,
    /// `cors({origin: "http://shop"})`, `allow_origins=["http://shop"]`. None lies in another one.
    for_browsers: Vec<Range>,
    /// What is given to something that is called an issuer, where tokens are compared with it: `withIssuer("http://shop")`.
    compared: Vec<Range>,
    /// What stands in a list of hosts that are called without a proxy.
    past_proxy: Vec<Range>,
    /// The first call that is given an expression as it is.
    calls: BTreeMap<ExprId, ExprId>,
}

impl Around {
    pub(super) fn new(infer: &Infer, function: FnId, compares_issuers: bool) -> Self {
        let program = infer.program;
        let facts = program.facts_of(function);
        // What a proxy sends requests on to is called its origin as well.
        let is_of_cors = program.exprs(function).any(|id| name_of(facts, id).is_some_and(is_of_cors));
        let says = |name: &str| says(name, is_of_cors);
        let (mut spans, mut past_proxy, mut compared, mut calls) =
            (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let compares = |name: &str| compares_issuers && is_issuer(name);
        let asks = |name: &str| (says(name), is_bypass(name), compares(name));
        let mut add = |value: ExprId, (is_said, is_past, is_compared): (bool, bool, bool)| {
            if matches!(facts.expr(value), Expr::Closure(_)) {
                return;
            }
            if is_past && !text_of(facts, value).is_some_and(is_called) {
                past_proxy.push(facts.span(value));
            }
            if is_said {
                spans.push(facts.span(value));
            }
            if is_compared {
                compared.push(facts.span(value));
            }
        };
        for id in program.exprs(function) {
            match facts.expr(id) {
                Expr::Call { callee, arguments } => {
                    let all = facts.arguments(*arguments);
                    let first = all.first().and_then(|first| text_of(facts, first.value));
                    let is_word = |name: &&str| !name.contains(['/', ':', ' ']);
                    let is_said = name_of(facts, *callee).is_some_and(says)
                        || first.is_some_and(|name| name.eq_ignore_ascii_case("Access-Control-Allow-Origin"))
                        // `getenv("CORS_ORIGINS", "http://shop")`
                        || first.filter(is_word).is_some_and(says);
                    // `setenv("NO_PROXY", "ledger")`; an address is no name.
                    let is_past = first.is_some_and(|name| !name.contains(['/', ':']) && is_bypass(name));
                    let is_issuers = name_of(facts, *callee).is_some_and(compares);
                    for argument in all {
                        calls.entry(argument.value).or_insert(id);
                        let (shown, past, issuer) =
                            argument.name.map(|name| asks(facts.word(name))).unwrap_or_default();
                        add(argument.value, (is_said || shown, is_past || past, is_issuers || issuer));
                    }
                }
                Expr::New { arguments, .. } => {
                    for argument in facts.arguments(*arguments) {
                        calls.entry(argument.value).or_insert(id);
                    }
                }
                // `env.CORS_ORIGINS ?? "http://shop"`
                Expr::Choice(of) => {
                    let all = facts.list(*of);
                    if all.iter().any(|id| said_name(facts, *id).is_some_and(says)) {
                        all.iter().for_each(|value| add(*value, (true, false, false)));
                    }
                }
                Expr::Composite { parts, .. } => {
                    for part in facts.parts(*parts) {
                        let field = part.field.map(|name| facts.word(name));
                        let name = field.or_else(|| text_of(facts, part.key?));
                        if let Some(name) = name {
                            add(part.value, asks(name));
                        }
                    }
                }
                _ => {}
            }
        }
        for store in facts.stores(program.function(function)) {
            // `os.environ["NO_PROXY"] = "ledger"`
            let key = match facts.expr(store.target) {
                Expr::Index { key, .. } => text_of(facts, *key).map(|name| (false, is_bypass(name), compares(name))),
                _ => name_of(facts, store.target).map(asks),
            };
            if let Some(key) = key {
                add(store.value, key);
            }
        }
        // A constant of the file: `const allowedOrigins = ["http://shop"]`.
        if program.loader(program.file_of(function)) == Some(function) {
            for global in &facts.globals {
                let said = asks(&global.name);
                global.values.iter().for_each(|(value, _)| add(*value, said));
            }
        }
        Self { for_browsers: outermost(spans), past_proxy: outermost(past_proxy), compared: outermost(compared), calls }
    }

    /// Whether what stands in a place is for browsers.
    pub(super) fn is_for_browsers(&self, span: Range) -> bool {
        is_within(&self.for_browsers, span)
    }

    /// Whether what stands in a place is an issuer that tokens are compared with.
    pub(super) fn is_compared(&self, span: Range) -> bool {
        is_within(&self.compared, span)
    }

    /// Whether what stands in a place is in a list of hosts that are called without a proxy.
    pub(super) fn is_past_proxy(&self, span: Range) -> bool {
        is_within(&self.past_proxy, span)
    }

    /// The call that is given an expression.
    pub(super) fn call(&self, of: ExprId) -> Option<ExprId> {
        self.calls.get(&of).copied()
    }
}

/// Whether one of some places, in their order, holds another one.
fn is_within(outer: &[Range], span: Range) -> bool {
    let behind = outer.partition_point(|outer| outer.start <= span.start);
    outer[..behind].last().is_some_and(|outer| holds(*outer, span))
}

/// Those of some places that lie in no other one, in their order. Of two places one may only lie in the other one.
fn outermost(mut spans: Vec<Range>) -> Vec<Range> {
    spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut outer: Vec<Range> = Vec::new();
    for span in spans {
        if !outer.last().is_some_and(|last| holds(*last, span)) {
            outer.push(span);
        }
    }
    outer
}

/// Whether a name says that something is for browsers; `origin` does where code is about CORS.
fn says(name: &str, is_of_cors: bool) -> bool {
    is_shown_to_browsers(name, false) || (is_of_cors && is_origin(name))
}

/// The last part of the name of what is called or assigned to.
fn name_of(facts: &Facts, id: ExprId) -> Option<&str> {
    match facts.expr(id) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        _ => None,
    }
}

/// The same of what is looked up by a text as well: `os.environ["CORS_ORIGINS"]`, `getenv("CORS_ORIGINS")`.
fn said_name(facts: &Facts, id: ExprId) -> Option<&str> {
    match facts.expr(id) {
        Expr::Index { key, .. } => text_of(facts, *key),
        Expr::Call { arguments, .. } => {
            facts.arguments(*arguments).first().and_then(|first| text_of(facts, first.value))
        }
        _ => name_of(facts, id),
    }
}

fn text_of(facts: &Facts, id: ExprId) -> Option<&str> {
    match facts.expr(id) {
        Expr::Text(word) => Some(facts.word(*word)),
        _ => None,
    }
}
