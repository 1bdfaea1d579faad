//! Libraries of the tree that begin to run where a service depends on them: Spring Boot's starters, which name their configurations in
//! `META-INF`. What such a library calls, every service with it calls.
//!
//! See <https://docs.spring.io/spring-boot/reference/features/developing-auto-configuration.html>.

use crate::inventory::{Home, is_below};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// What lists the configurations of a starter, below its resources.
const LISTS: &[&str] =
    &["META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports", "META-INF/spring.factories"];

/// A module: a directory with a build file.
#[derive(Debug, Default)]
struct Module<'t> {
    /// What others call it by.
    name: &'t str,
    /// What its build file names of others.
    depends: BTreeSet<String>,
    is_starter: bool,
}

/// Gives the services the starters of the tree that they depend on, directly or through other modules.
pub(crate) fn add(tree: &Tree, homes: &mut [Home]) {
    let is_list = |path: &str| LISTS.iter().any(|list| path.ends_with(list));
    let lists: Vec<&str> = tree.texts.iter().map(|file| file.path.as_str()).filter(|path| is_list(path)).collect();
    if lists.is_empty() {
        return;
    }
    let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
    for file in tree.texts {
        let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let last = directory.rsplit('/').next().unwrap_or(directory);
        match name {
            "pom.xml" => {
                let module = modules.entry(directory).or_default();
                let (own, depends) = maven(&file.text);
                module.name = own.unwrap_or(last);
                module.depends.extend(depends);
            }
            "build.gradle" | "build.gradle.kts" => {
                let module = modules.entry(directory).or_default();
                module.name = last;
                module.depends.extend(gradle(&file.text));
            }
            _ => {}
        }
    }
    for list in lists {
        let above = modules.iter_mut().filter(|(directory, _)| !directory.is_empty() && is_below(list, directory));
        if let Some((_, module)) = above.max_by_key(|(directory, _)| directory.len()) {
            module.is_starter = true;
        }
    }
    let by_name: BTreeMap<&str, &str> = modules.iter().map(|(directory, module)| (module.name, *directory)).collect();
    for home in homes {
        let own: Vec<&str> = home.directories.iter().map(|(directory, _)| directory.as_str()).collect();
        let is_own = |directory: &str| own.iter().any(|own| directory == *own || is_below(directory, own));
        let mut open: Vec<&str> = modules.keys().copied().filter(|directory| is_own(directory)).collect();
        // The code may lie below the module, `shop/src`.
        open.extend(own.iter().filter_map(|own| {
            let above = modules.keys().filter(|directory| !directory.is_empty() && is_below(own, directory));
            above.max_by_key(|directory| directory.len()).copied()
        }));
        let mut seen: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(directory) = open.pop() {
            let Some(module) = modules.get(directory) else { continue };
            let next = module.depends.iter().filter_map(|name| by_name.get(name.as_str()).copied());
            open.extend(next.filter(|next| seen.insert(next)));
        }
        let found = seen.into_iter().filter(|directory| modules.get(directory).is_some_and(|module| module.is_starter));
        let found: Vec<&str> = found.filter(|directory| !is_own(directory)).collect();
        home.directories.extend(found.into_iter().map(|directory| (directory.to_owned(), None)));
    }
}

/// What a `pom.xml` calls its module, and the artifacts that it depends on.
fn maven(text: &str) -> (Option<&str>, BTreeSet<String>) {
    let inner = |text: &'_ str, tag: &str| -> Vec<std::ops::Range<usize>> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let places = text.match_indices(open.as_str()).map(|(at, open)| at + open.len());
        places.filter_map(|at| Some(at..at + text[at..].find(close.as_str())?)).collect()
    };
    let mut depends = BTreeSet::new();
    let blocks = inner(text, "dependency");
    for block in &blocks {
        let block = &text[block.clone()];
        let artifact = inner(block, "artifactId").first().map(|at| block[at.clone()].trim().to_owned());
        let is_test = inner(block, "scope").first().is_some_and(|at| block[at.clone()].trim() == "test");
        depends.extend(artifact.filter(|_| !is_test));
    }
    let parent = inner(text, "parent");
    let others =
        ["dependencies", "build", "profiles", "dependencyManagement"].into_iter().flat_map(|tag| inner(text, tag));
    let others: Vec<_> = others.chain(parent).collect();
    let own = inner(text, "artifactId").into_iter().find(|at| !others.iter().any(|other| other.contains(&at.start)));
    (own.map(|at| text[at].trim()), depends)
}

/// The projects and artifacts that a Gradle build depends on: `implementation(project(":framework:starter"))`, `api "bank:starter:1"`,
/// `implementation(projects.framework.starter)`.
fn gradle(text: &str) -> BTreeSet<String> {
    let mut depends = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        let word: &str = line.split([' ', '(', '\'', '"']).next().unwrap_or_default();
        let is_run = ["implementation", "api", "runtimeOnly", "compile"].contains(&word);
        if !is_run {
            continue;
        }
        let rest = &line[word.len()..];
        if let Some(path) = rest.split_once("projects.").map(|(_, path)| path) {
            let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(path.len());
            depends.extend(path[..end].rsplit('.').next().map(words));
            continue;
        }
        let Some(quoted) = rest.split(['\'', '"']).nth(1) else { continue };
        let mut parts = quoted.split(':');
        let name = match rest.contains("project(") || rest.contains("project (") {
            true => parts.next_back(),
            false => parts.nth(1),
        };
        depends.extend(name.map(str::to_owned));
    }
    depends
}

/// `starterSecurity`, as Gradle has `starter-security` in code.
fn words(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            plain.push('-');
        }
        plain.push(c.to_ascii_lowercase());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_files_name_what_they_depend_on() {
        let pom = "<project><parent><artifactId>all</artifactId></parent><artifactId> shop </artifactId><dependencies>\
                   <dependency><artifactId>a</artifactId></dependency>\
                   <dependency><artifactId>t</artifactId><scope>test</scope></dependency></dependencies>\
                   <build><plugins><plugin><artifactId>p</artifactId></plugin></plugins></build></project>";
        assert_eq!(maven(pom), (Some("shop"), BTreeSet::from(["a".to_owned()])));
        assert_eq!(maven("<project>").0, None);
        for (line, expected) in [
            ("implementation(project(\":framework:starter\"))", Some("starter")),
            ("api project(':starter')", Some("starter")),
            ("implementation 'bank:starter:1.0'", Some("starter")),
            ("implementation(projects.framework.starterSecurity)", Some("starter-security")),
            ("testImplementation project(':starter')", None),
            ("implementation(platform)", None),
        ] {
            assert_eq!(gradle(line), expected.map(str::to_owned).into_iter().collect(), "{line}");
        }
    }
}
