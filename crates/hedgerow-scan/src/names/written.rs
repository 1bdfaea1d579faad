//! Constants whose values stand in the code: `static final String LEDGER_URL = "http://ledger"`. No deploy sets them.

use super::is_variable;
use crate::bundles::MAX_LINE;
use crate::program::{FnId, Program};
use crate::reach::Reach;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Facts, TypeRef};
use std::collections::BTreeSet;

/// A constant: what it is a part of, and its name. Of several languages the owner is a class, a module or an object, by its last name.
pub(super) type Constant<'p> = (&'p str, &'p str);

/// The constants in the reached files that are made of texts alone. Where classes are filled from the environment by the names of
/// their fields, a text is only what counts where nothing is set.
pub(super) fn constants<'p>(program: &Program<'p>, reach: &Reach<'p>) -> BTreeSet<Constant<'p>> {
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
        let mut add = |owner: &'p str, name: &'p str, is_constant: bool| {
            if is_variable(name) {
                let to = if is_constant { &mut found } else { &mut others };
                to.insert((owner, name));
            }
        };
        for global in &facts.globals {
            let is_constant = !global.values.is_empty() && global.values.iter().all(|(value, _)| is_text(*value));
            owners(of.path).into_iter().for_each(|owner| add(owner, &global.name, is_constant));
        }
        let functions = (0..u32::try_from(facts.functions.len()).unwrap_or(u32::MAX))
            .filter_map(|at| program.function_at(file, at));
        for function in functions.collect::<Vec<FnId>>() {
            for store in facts.stores(program.function(function)) {
                if let Expr::Member { of, name } = facts.expr(store.target) {
                    let owner = owner(facts, *of).unwrap_or_default();
                    add(owner, facts.word(*name), is_text(store.value));
                }
            }
        }
    }
    found.retain(|constant| !others.contains(constant));
    found
}

/// What something is a part of, by its last name: `Routes` of `shop.Routes.LEDGER_URL`.
pub(super) fn owner(facts: &Facts, of: ExprId) -> Option<&str> {
    match facts.expr(of) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        Expr::Type(ty) => match facts.written(*ty) {
            TypeRef::Name { name, .. } => name.rsplit('.').next(),
            _ => None,
        },
        _ => None,
    }
}

/// What a file's own globals are parts of elsewhere: what is called like the file, or like its directory.
fn owners(path: &str) -> [&str; 2] {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    [name.split('.').next().unwrap_or(name), directory.rsplit('/').next().unwrap_or(directory)]
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
