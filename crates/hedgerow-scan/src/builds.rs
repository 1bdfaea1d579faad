//! The modules of builds by Maven and Gradle: what each is called, what it depends on, and which of them a service is made of.

use crate::inventory::{Home, is_below};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// A module: a directory with a build file.
#[derive(Debug, Default)]
struct Module<'t> {
    /// What others call it by.
    name: &'t str,
    /// What its build file names of others.
    depends: BTreeSet<String>,
}

/// The modules of a tree, by their directories.
#[derive(Debug, Default)]
pub(crate) struct Builds<'t> {
    modules: BTreeMap<&'t str, Module<'t>>,
    by_name: BTreeMap<&'t str, &'t str>,
}

impl<'t> Builds<'t> {
    /// Reads the build files of a tree.
    pub(crate) fn new(tree: &'t Tree<'t>) -> Self {
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
        let by_name = modules.iter().map(|(directory, module)| (module.name, *directory)).collect();
        Self { modules, by_name }
    }

    /// The module that a file lies in; none for one of the tree's root, which is no module of others.
    pub(crate) fn of(&self, path: &str) -> Option<&'t str> {
        let above = self.modules.keys().copied().filter(|directory| !directory.is_empty() && is_below(path, directory));
        above.max_by_key(|directory| directory.len())
    }

    /// The directories of the modules that a service is made of: its own, and those that they depend on, directly or through others.
    pub(crate) fn of_service(&self, home: &Home) -> BTreeSet<&'t str> {
        let own: Vec<&str> = home.directories.iter().map(|(directory, _)| directory.as_str()).collect();
        let is_own = |directory: &str| own.iter().any(|own| directory == *own || is_below(directory, own));
        let mut open: Vec<&str> = self.modules.keys().copied().filter(|directory| is_own(directory)).collect();
        // The code may lie below the module, `shop/src`.
        open.extend(own.iter().filter_map(|own| self.of(own)));
        let mut seen: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(directory) = open.pop() {
            let Some(module) = self.modules.get(directory) else { continue };
            let next = module.depends.iter().filter_map(|name| self.by_name.get(name.as_str()).copied());
            open.extend(next.filter(|next| seen.insert(next)));
        }
        seen
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
