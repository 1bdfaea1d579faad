//! Settings of a program that lie beside the directory of its code, as frameworks place them.

use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::frontend::Language;
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Partial, dotenv};
use std::collections::BTreeMap;

/// The languages that a tree's code is written in, by their names.
pub(super) fn languages(tree: &Tree) -> BTreeMap<&'static str, Language> {
    tree.code.iter().map(|file| (file.language.name(), file.language)).collect()
}

/// The files of variables that a program loads by itself, the first one that is there: people copy the others to it.
const VARIABLES: &[&str] = &[".env", ".env.dist", ".env.example", ".env.local.dist", ".env.prod"];

/// What frameworks of a language look for beside the directory of the code, where that is a service's own.
#[derive(Default)]
pub(super) struct Beside<'t> {
    /// Files of settings.
    pub(super) settings: Vec<&'t PlainFile>,
    /// The variables that the program loads.
    pub(super) variables: BTreeMap<String, Partial>,
}

impl<'t> Beside<'t> {
    pub(super) fn add(&mut self, tree: &'t Tree<'t>, home: &Home, language: Language) {
        let Some((code, settings)) = language.semantics().settings_beside() else { return };
        for (directory, _) in &home.directories {
            let (above, last) = directory.rsplit_once('/').unwrap_or(("", directory));
            if last != code {
                continue;
            }
            let place = join(above, settings);
            let is_read = |path: &str| [".yaml", ".yml", ".xml"].iter().any(|ending| path.ends_with(ending));
            self.settings.extend(tree.texts.iter().filter(|file| is_below(&file.path, &place) && is_read(&file.path)));
            let files = VARIABLES.iter().map(|name| join(above, name));
            let file = files.into_iter().find_map(|path| tree.texts.iter().find(|file| file.path == path));
            self.variables.extend(file.into_iter().flat_map(|file| dotenv(&file.text)));
        }
    }
}
