//! Libraries of the tree that begin to run where a service depends on them: Spring Boot's starters, which name their configurations in
//! `META-INF`. What such a library calls, every service with it calls.
//!
//! See <https://docs.spring.io/spring-boot/reference/features/developing-auto-configuration.html>.

use crate::builds::Builds;
use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::Tree;
use std::collections::BTreeSet;

/// What lists the configurations of a starter, below its resources.
const LISTS: &[&str] =
    &["META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports", "META-INF/spring.factories"];

/// Gives the services the starters of the tree that they depend on, directly or through other modules.
pub(crate) fn add(tree: &Tree, builds: &Builds<'_>, homes: &mut [Home]) {
    let is_list = |path: &str| LISTS.iter().any(|list| path.ends_with(list));
    let lists = tree.texts.iter().map(|file| file.path.as_str()).filter(|path| is_list(path));
    let starters: BTreeSet<&str> = lists.filter_map(|list| builds.of(list)).collect();
    if starters.is_empty() {
        return;
    }
    for home in homes {
        let is_own =
            |directory: &str| home.directories.iter().any(|(own, _)| directory == own || is_below(directory, own));
        let found = builds.of_service(home).into_iter().filter(|directory| starters.contains(directory));
        let found: Vec<&str> = found.filter(|directory| !is_own(directory)).collect();
        home.directories.extend(found.into_iter().map(|directory| (directory.to_owned(), None)));
    }
}
