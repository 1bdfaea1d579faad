//! Settings of a program that lie beside the directory of its code, as frameworks place them.

use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::frontend::Language;
use std::collections::BTreeMap;

/// The languages that a tree's code is written in, by their names.
pub(super) fn languages(tree: &Tree) -> BTreeMap<&'static str, Language> {
    tree.code.iter().map(|file| (file.language.name(), file.language)).collect()
}

/// The files of settings that frameworks of a language look for beside the directory of the code, where that is a service's own.
pub(super) fn beside<'t>(tree: &'t Tree<'t>, home: &Home, language: Language) -> Vec<&'t PlainFile> {
    let Some((code, settings)) = language.semantics().settings_beside() else { return Vec::new() };
    let mut found = Vec::new();
    for (directory, _) in &home.directories {
        let (above, last) = directory.rsplit_once('/').unwrap_or(("", directory));
        if last != code {
            continue;
        }
        let place = if above.is_empty() { settings.to_owned() } else { format!("{above}/{settings}") };
        let is_read = |path: &str| [".yaml", ".yml", ".xml"].iter().any(|ending| path.ends_with(ending));
        found.extend(tree.texts.iter().filter(|file| is_below(&file.path, &place) && is_read(&file.path)));
    }
    found
}
