//! Rust, by tree-sitter.
//!
//! A name goes by its whole path, as `use` says: `crate::ledger::Client`, `reqwest::Client`. Modules that are written inside of a file are
//! read as if their items stood in the file. What unwraps, borrows, clones or awaits a value is left out.

mod expr;
mod item;
mod macros;
mod paths;

use super::build::{Builder, facts_of};
use super::first_fault;
use crate::frontend::Frontend;
use crate::ir::{Facts, Function, Import};
use std::collections::{BTreeMap, BTreeSet};

/// The front end.
pub(super) struct Rust;

impl Frontend for Rust {
    fn facts(&self, text: &str) -> Facts {
        let mut text = macros::as_calls(text);
        let mut facts = read(&text);
        for _ in 0..MAX_READS {
            let Some(plainer) = macros::plain_types(&text, &facts.faults) else { break };
            let again = read(&plainer);
            // Of very many faults the first ones are told.
            if again.faults.len() >= facts.faults.len() && again.faults.first() <= facts.faults.first() {
                break;
            }
            (text, facts) = (plainer, again);
        }
        facts
    }
}

/// How often a file is read again that the grammar does not understand.
const MAX_READS: usize = 8;

fn read(text: &str) -> Facts {
    facts_of(&tree_sitter_rust::LANGUAGE.into(), text, |builder, root| {
        let mut lower = Lower {
            builder,
            uses: BTreeMap::new(),
            modules: BTreeSet::new(),
            me: None,
            bounds: BTreeMap::new(),
            named: BTreeMap::new(),
        };
        lower.read_uses(root, 0);
        lower.builder.open(Function::default());
        lower.items(root, item::Pass::Values);
        lower.builder.close_file();
        lower.items(root, item::Pass::Functions);
        lower.declare_names();
        lower.builder.facts.faults.extend(first_fault(root));
        lower.builder.finish(root)
    })
}

/// The walk over one file.
struct Lower<'t> {
    builder: Builder<'t>,
    /// What `use` makes known, by the name it has in the file.
    uses: BTreeMap<String, String>,
    /// The modules that the file declares.
    modules: BTreeSet<String>,
    /// The type that `Self` is.
    me: Option<String>,
    /// The traits that type parameters are bound by.
    bounds: BTreeMap<String, String>,
    /// The paths that are used, each with the module and the name there.
    named: BTreeMap<String, (String, String)>,
}

impl Lower<'_> {
    /// What the file declares and what it takes from elsewhere.
    fn declare_names(&mut self) {
        let facts = &mut self.builder.facts;
        let mut declares: BTreeSet<_> = facts.types.iter().map(|ty| ty.name.clone()).collect();
        declares.extend(facts.functions.iter().skip(1).filter(|f| f.receiver.is_none()).map(|f| f.name.clone()));
        declares.extend(facts.globals.iter().map(|global| global.name.clone()));
        facts.declares = declares.into_iter().collect();
        // Others may take from here what is taken in here.
        for (alias, path) in &self.uses {
            let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
            self.named.entry(alias.clone()).or_insert_with(|| (module.to_owned(), name.to_owned()));
        }
        for (alias, (module, name)) in std::mem::take(&mut self.named) {
            let import = if module.is_empty() {
                Import { alias: Some(alias.into()), path: name.into(), name: None }
            } else {
                Import { alias: Some(alias.into()), path: module.into(), name: Some(name.into()) }
            };
            facts.imports.push(import);
        }
    }
}
