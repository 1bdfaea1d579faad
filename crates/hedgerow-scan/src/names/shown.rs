//! Literals that code writes down for browsers: whom it lets in, and where it sends people.

use super::constants::holds;
use crate::infer::Infer;
use crate::mentions::is_shown_to_browsers;
use crate::reach::Site;
use hedgerow_code::ir::{Expr, ExprId, Facts};

/// Whether a literal is passed to something, or stands in something, whose name says that: `WithOrigins("http://shop")`,
/// `cors({origin: "http://shop"})`, `allow_origins=["http://shop"]`.
pub(super) fn is_for_browsers(infer: &Infer, site: Site) -> bool {
    let program = infer.program;
    let facts = program.facts_of(site.function);
    let span = facts.span(site.expr);
    let is_in = |value: ExprId| !matches!(facts.expr(value), Expr::Closure(_)) && holds(facts.span(value), span);
    let in_expression = program.exprs(site.function).any(|id| match facts.expr(id) {
        Expr::Call { callee, arguments } => facts.arguments(*arguments).iter().any(|argument| {
            is_in(argument.value)
                && (name_of(facts, *callee).is_some_and(says)
                    || argument.name.is_some_and(|name| says(facts.word(name))))
        }),
        Expr::Composite { parts, .. } => facts.parts(*parts).iter().any(|part| {
            let key = part.key.and_then(|key| match facts.expr(key) {
                Expr::Text(word) => Some(*word),
                _ => None,
            });
            is_in(part.value) && part.field.or(key).is_some_and(|name| says(facts.word(name)))
        }),
        _ => false,
    });
    let mut stores = facts.stores(program.function(site.function)).iter();
    in_expression || stores.any(|store| is_in(store.value) && name_of(facts, store.target).is_some_and(says))
}

fn says(name: &str) -> bool {
    is_shown_to_browsers(name, false)
}

/// The last part of the name of what is called or assigned to.
fn name_of(facts: &Facts, id: ExprId) -> Option<&str> {
    match facts.expr(id) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        _ => None,
    }
}
