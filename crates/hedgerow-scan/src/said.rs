//! What reached code itself says of its configuration: what a setting is where nothing is set, the variables that it is bound to, and
//! what the names of its variables begin with.

use crate::eval::Eval;
use crate::outside::Outside;
use crate::pack::{Packs, Source};
use crate::program::Program;
use crate::reach::{Reach, Site};
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::Expr;
use std::collections::{BTreeMap, BTreeSet};

/// More prefixes than this are not told apart: no program has as many.
const MAX_PREFIXES: usize = 16;

/// What one service's code says of its configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// What a setting is, by its name as [`plain`] has it, where nothing else gives it a value.
    values: BTreeMap<String, BTreeSet<Template>>,
    /// The variables and flags that a setting is bound to.
    bound: BTreeMap<String, BTreeSet<Template>>,
    /// What the names of variables begin with, without the `_` behind it.
    pub(crate) prefixes: BTreeSet<String>,
}

impl Said {
    /// Asks each reached call that the packs know for this.
    pub(crate) fn new(eval: &Eval, program: &Program, packs: &Packs, reach: &Reach) -> Self {
        let mut said = Self::default();
        // Where all flags are bound to settings, what a flag is unless it is said is what the setting of its name is.
        let gives = |outside: &Outside| packs.transfer(outside.language, &outside.path).map(|transfer| transfer.gives);
        let binds_flags = reach.paths.iter().any(|outside| gives(outside) == Some(Source::SettingFlags));
        let source = reach.paths.ask(|outside| {
            let transfer = packs.transfer(outside.language, &outside.path)?;
            let is_said = match transfer.gives {
                Source::SettingValue | Source::SettingVariable | Source::Prefix => true,
                Source::Flag => binds_flags && transfer.default.is_some(),
                _ => false,
            };
            is_said.then_some(transfer)
        });
        for (site, path) in &reach.external {
            let Some(transfer) = source.get(*path) else { continue };
            let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(site.function, site.expr)
            else {
                continue;
            };
            let arguments = program.arguments(site.function, *arguments);
            let ask = |at: usize| {
                let argument = arguments.get(at)?;
                Some(eval.value(Site { function: site.function, expr: argument.value }))
            };
            let names = |values: Option<Vec<Values>>| -> BTreeSet<String> {
                let templates = values.into_iter().flatten().flat_map(|values| values.templates().into_keys());
                templates.filter_map(|template| template.constant().map(str::to_owned)).collect()
            };
            let at = match transfer.argument {
                crate::pack::Place::Argument(at) => usize::from(at),
                crate::pack::Place::Receiver => 0,
            };
            let keys = names(ask(at));
            match transfer.gives {
                Source::Prefix => {
                    let prefixes = keys.iter().map(|key| key.trim_end_matches(['_', ':']).to_uppercase());
                    said.prefixes.extend(prefixes.filter(|prefix| !prefix.is_empty()));
                }
                Source::SettingValue | Source::Flag => {
                    let values = ask(transfer.default.map_or(at + 1, usize::from)).unwrap_or_default();
                    for value in values.into_iter().flat_map(|values| values.templates().into_keys()) {
                        // A flag that is bound to a setting beats what files say.
                        let is_flag = matches!(value.0.as_slice(), [Piece::Flag(_)]);
                        let table = if is_flag { &mut said.bound } else { &mut said.values };
                        for key in &keys {
                            table.entry(plain(key)).or_default().insert(value.clone());
                        }
                    }
                }
                _ => {
                    for name in (at + 1..arguments.len()).flat_map(|at| names(ask(at))) {
                        for key in &keys {
                            let variable = Template::piece(Piece::Environment(name.clone()));
                            said.bound.entry(plain(key)).or_default().insert(variable);
                        }
                    }
                }
            }
        }
        while said.prefixes.len() > MAX_PREFIXES {
            said.prefixes.pop_last();
        }
        said
    }

    /// The variables and flags that a setting is bound to.
    pub(crate) fn bound(&self, path: &[String]) -> impl Iterator<Item = &Template> {
        self.bound.get(&plain(&path.join("."))).into_iter().flatten()
    }

    /// What a setting is where nothing else gives it a value.
    pub(crate) fn values(&self, path: &[String]) -> impl Iterator<Item = &Template> {
        self.values.get(&plain(&path.join("."))).into_iter().flatten()
    }
}

/// A setting's name as it is compared: without regard to case and to what its words are put together with.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !"-_".contains(*c)).flat_map(char::to_lowercase).collect::<String>().replace("::", ".")
}

/// The parts of the configuration that values are.
pub(crate) fn parts(values: &Values) -> impl Iterator<Item = &Vec<String>> {
    values.known.keys().filter_map(|value| match value {
        Value::Setting(path) => Some(path),
        _ => None,
    })
}
