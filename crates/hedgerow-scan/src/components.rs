//! Libraries of the tree whose components a service's container finds by itself: a Spring application searches its own packages, or those
//! that it names, in all modules that it is made of. What the container calls of such a component, every service with it runs.
//!
//! See <https://docs.spring.io/spring-framework/reference/core/beans/classpath-scanning.html>.

use crate::builds::Builds;
use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::{CodeFile, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Gives the services the components of other modules that they depend on, directly or through others.
pub(crate) fn add(tree: &Tree, builds: &Builds<'_>, homes: &mut [Home]) {
    let searching: Vec<&CodeFile> =
        tree.code.iter().filter(|file| !file.facts.components.searched.is_empty()).collect();
    if searching.is_empty() {
        return;
    }
    let mut by_module: BTreeMap<&str, Vec<&CodeFile>> = BTreeMap::new();
    for file in tree.code.iter().filter(|file| file.facts.components.has_any) {
        if let Some(module) = builds.of(&file.path) {
            by_module.entry(module).or_default().push(file);
        }
    }
    for home in homes {
        let is_own = |path: &str| home.directories.iter().any(|(own, _)| path == own || is_below(path, own));
        let own = searching.iter().filter(|file| is_own(&file.path));
        let packages: BTreeSet<&str> =
            own.flat_map(|file| &file.facts.components.searched).map(|package| package.as_str()).collect();
        if packages.is_empty() {
            continue;
        }
        let is_searched = |package: &str| {
            packages.iter().any(|own| {
                own.is_empty() || package.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let modules = builds.of_service(home);
        let files =
            modules.iter().filter(|module| !is_own(module)).filter_map(|module| by_module.get(module)).flatten();
        let found = files.filter(|file| is_searched(&file.facts.package)).map(|file| file.path.clone());
        let found: BTreeSet<String> = found.collect();
        home.components.extend(found);
    }
}
