//! Constants whose values stand in the code: `static final String LEDGER_URL = "http://ledger"`. No deploy sets them.

use super::is_variable;
use crate::bundles::MAX_LINE;
use crate::program::{FnId, Program};
use crate::reach::Reach;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Facts};
use std::collections::BTreeSet;

/// The names of constants in the reached files that are made of texts alone. Where classes are filled from the environment by the names of
/// their fields, a text is only what counts where nothing is set.
pub(super) fn constants<'p>(program: &Program<'p>, reach: &Reach<'p>) -> BTreeSet<&'p str> {
    let files: BTreeSet<u32> = reach.functions.keys().map(|function| program.file_of(*function)).collect();
    let (mut found, mut others) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let of = &program.files[file as usize];
        if matches!(of.language, Language::Python | Language::Php | Language::Ruby) {
            continue;
        }
        let facts = of.facts;
        let is_text = |value: ExprId| match facts.expr(value) {
            Expr::Text(text) => !facts.word(*text).is_empty() && !facts.word(*text).contains("${"),
            _ => false,
        };
        let mut add = |name: &'p str, is_constant: bool| {
            if is_variable(name) {
                let to = if is_constant { &mut found } else { &mut others };
                to.insert(name);
            }
        };
        for global in &facts.globals {
            add(&global.name, !global.values.is_empty() && global.values.iter().all(|(value, _)| is_text(*value)));
        }
        let functions = (0..u32::try_from(facts.functions.len()).unwrap_or(u32::MAX))
            .filter_map(|at| program.function_at(file, at));
        for function in functions.collect::<Vec<FnId>>() {
            for store in facts.stores(program.function(function)) {
                if let Expr::Member { name, .. } = facts.expr(store.target) {
                    add(facts.word(*name), is_text(store.value));
                }
            }
        }
    }
    found.retain(|name| !others.contains(name));
    found
}

/// Whether a part is taken out of the variables of the process: `process.env`, `import.meta.env`, `ENV`.
pub(super) fn is_environment(facts: &Facts, of: ExprId) -> bool {
    match facts.expr(of) {
        Expr::Name(name) | Expr::Member { name, .. } => facts.word(*name).to_lowercase().contains("env"),
        _ => false,
    }
}

/// Whether code was made small for browsers: it has more letters than lines can hold that somebody wrote.
pub(super) fn is_minified(facts: &Facts) -> bool {
    let end = facts.functions.first().map_or(0, |loader| loader.span.end);
    end as usize > MAX_LINE * facts.lines.max(1) as usize
}
