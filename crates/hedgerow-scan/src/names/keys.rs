//! The keys of settings that code asks for. Of a file that several programs have, each asks for its own.

use crate::program::{FnId, Program};
use hedgerow_code::ir::Expr;
use std::collections::BTreeSet;

/// A text that keys are made with begins them with at least so many letters, `"redis_" + key`.
const MIN_START: usize = 4;

/// The words of functions that may be keys of settings: texts that nothing is stored under again, and parts that are taken out of
/// values. `options.ledger_url = get("shop", "ledger_url")` by itself asks for nothing, as long as nobody takes `options.ledger_url`. A
/// text that keys are made with ends in `_`.
pub(super) fn asked(program: &Program<'_>, functions: impl Iterator<Item = FnId>) -> BTreeSet<String> {
    let (mut texts, mut taken, mut stored) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for function in functions.collect::<BTreeSet<_>>() {
        let facts = program.facts_of(function);
        let stores = facts.stores(program.function(function)).iter();
        let targets: BTreeSet<_> = stores.map(|store| store.target).collect();
        for id in program.exprs(function) {
            match facts.expr(id) {
                Expr::Text(word) if is_key(facts.word(*word)) => texts.insert(facts.word(*word).to_lowercase()),
                Expr::Member { name, .. } if targets.contains(&id) => stored.insert(facts.word(*name).to_lowercase()),
                Expr::Member { name, .. } => taken.insert(facts.word(*name).to_lowercase()),
                _ => false,
            };
        }
    }
    texts.retain(|text| !stored.contains(text));
    texts.extend(taken);
    texts
}

/// Whether a text may be a key, or what one begins with.
fn is_key(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

/// Whether code asks for a key.
pub(crate) fn asks_for(asked: &BTreeSet<String>, key: &str) -> bool {
    let key = key.to_lowercase();
    let begins =
        |(at, c): (usize, char)| matches!(c, '_' | '-' | '.') && at + 1 >= MIN_START && asked.contains(&key[..=at]);
    asked.contains(&key) || key.char_indices().any(begins)
}
