//! The modules of builds by Maven and Gradle: what each is called, what it depends on, and which of them a service is made of.

use crate::inventory::{Home, is_below};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// A module: a directory with a build file.
#[derive(Debug, Default)]
struct Module<'t> {
    /// What others call it by.
    names: BTreeSet<Artifact<'t>>,
    /// What its build file names of others.
    depends: BTreeSet<Depends<'t>>,
}

/// An artifact that a module makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Artifact<'t> {
    /// Where it is said.
    group: Option<&'t str>,
    name: &'t str,
}

/// What a module depends on. Several modules may have one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Depends<'t> {
    /// An artifact.
    On(Artifact<'t>),
    /// A project of the same build by Gradle, by its path.
    Project(Vec<&'t str>),
    /// The same by the name that Gradle makes of each part of the path for code: `starterSecurity` of `starter-security`.
    Accessor(Vec<&'t str>),
}

/// The modules of a tree, by their directories.
#[derive(Debug, Default)]
pub(crate) struct Builds<'t> {
    modules: BTreeMap<&'t str, Module<'t>>,
    by_name: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// The directories where a build by Gradle says of what it is made.
    roots: BTreeSet<&'t str>,
}

impl<'t> Builds<'t> {
    /// Reads the build files of a tree.
    pub(crate) fn new(tree: &'t Tree<'t>) -> Self {
        Self::read(tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)))
    }

    fn read(files: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        let mut builds = Self::default();
        for (path, text) in files {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            let last = directory.rsplit('/').next().unwrap_or(directory);
            let (own, depends) = match name {
                "pom.xml" => maven(text),
                "build.gradle" | "build.gradle.kts" => (None, gradle(text)),
                "settings.gradle" | "settings.gradle.kts" => {
                    builds.roots.insert(directory);
                    continue;
                }
                _ => continue,
            };
            let own = own.unwrap_or(Artifact { group: None, name: last });
            let module = builds.modules.entry(directory).or_default();
            module.names.insert(own);
            module.depends.extend(depends);
            builds.by_name.entry(own.name).or_default().insert(directory);
        }
        builds
    }

    /// The directories of the modules that one in a directory means.
    fn meant(&self, from: &str, depends: &Depends<'t>) -> Vec<&'t str> {
        match depends {
            Depends::On(artifact) => {
                let is_it = |directory: &&&str| {
                    let mut names = self.modules.get(**directory).into_iter().flat_map(|module| &module.names);
                    names.any(|own| own.name == artifact.name && fits(own.group, artifact.group))
                };
                let all = self.by_name.get(artifact.name).into_iter().flatten().filter(is_it).copied();
                nearest(from, all.filter(|directory| *directory != from).collect())
            }
            Depends::Project(parts) => self.project(from, parts, &|own, part| own == part),
            Depends::Accessor(parts) => self.project(from, parts, &|own, part| plain(own) == plain(part)),
        }
    }

    /// The project of a path: below the root of the build, else, as a build may put it elsewhere, the only module whose directory is called
    /// like it.
    fn project(&self, from: &str, parts: &[&str], is: &dyn Fn(&str, &str) -> bool) -> Vec<&'t str> {
        let ends_so = |directory: &str, root: &str| {
            let rest = if root.is_empty() {
                Some(directory)
            } else {
                directory.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'))
            };
            let own: Vec<&str> = rest.into_iter().flat_map(|rest| rest.split('/')).collect();
            own.len() == parts.len() && own.iter().zip(parts).all(|(own, part)| is(own, part))
        };
        let above = || {
            std::iter::successors(Some(from), |dir| {
                (!dir.is_empty()).then(|| dir.rsplit_once('/').map_or("", |(dir, _)| dir))
            })
        };
        let root = above().find(|dir| self.roots.contains(dir));
        for root in root.into_iter().chain(above().filter(|_| root.is_none())) {
            if let Some(found) = self.modules.keys().find(|directory| ends_so(directory, root)) {
                return vec![found];
            }
        }
        let Some(last) = parts.last() else { return Vec::new() };
        let called =
            self.modules.keys().filter(|directory| is(directory.rsplit('/').next().unwrap_or(directory), last));
        let called: Vec<&str> = called.copied().filter(|directory| *directory != from).collect();
        if called.len() == 1 { called } else { Vec::new() }
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
            let next = module.depends.iter().flat_map(|depends| self.meant(directory, depends));
            open.extend(next.filter(|next| seen.insert(next)));
        }
        seen
    }
}

/// Whether two groups may be one: what is not said may be any.
fn fits(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// Those of some directories that share the most directories with another one.
fn nearest<'t>(from: &str, all: Vec<&'t str>) -> Vec<&'t str> {
    let shared =
        |directory: &str| from.split('/').zip(directory.split('/')).take_while(|(one, other)| one == other).count();
    let most = all.iter().map(|directory| shared(directory)).max();
    all.into_iter().filter(|directory| Some(shared(directory)) == most).collect()
}

/// What a `pom.xml` calls its module, and the artifacts that it depends on.
fn maven(text: &str) -> (Option<Artifact<'_>>, BTreeSet<Depends<'_>>) {
    let inner = |text: &'_ str, tag: &str| -> Vec<std::ops::Range<usize>> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let places = text.match_indices(open.as_str()).map(|(at, open)| at + open.len());
        places.filter_map(|at| Some(at..at + text[at..].find(close.as_str())?)).collect()
    };
    let parent = inner(text, "parent");
    let others =
        ["dependencies", "build", "profiles", "dependencyManagement"].into_iter().flat_map(|tag| inner(text, tag));
    let others: Vec<_> = others.chain(parent.iter().cloned()).collect();
    let own = |tag: &str| {
        let mut all = inner(text, tag).into_iter();
        all.find(|at| !others.iter().any(|other| other.contains(&at.start))).map(|at| text[at].trim())
    };
    let within = |block: &std::ops::Range<usize>, tag: &str| {
        let at = inner(&text[block.clone()], tag).into_iter().next()?;
        text.get(block.start + at.start..block.start + at.end).map(str::trim)
    };
    let group = own("groupId").or_else(|| within(parent.first()?, "groupId")).filter(|group| !group.contains("${"));
    let name = own("artifactId").map(|name| Artifact { group, name });
    let mut depends = BTreeSet::new();
    for block in &inner(text, "dependency") {
        let Some(name) = within(block, "artifactId").filter(|_| within(block, "scope") != Some("test")) else {
            continue;
        };
        let of = within(block, "groupId");
        let of = if matches!(of, Some("${project.groupId}" | "${pom.groupId}")) { group } else { of };
        depends.insert(Depends::On(Artifact { group: of.filter(|group| !group.contains("${")), name }));
    }
    (name, depends)
}

/// The projects and artifacts that a Gradle build depends on: `implementation(project(":framework:starter"))`, `api "bank:starter:1"`,
/// `implementation(projects.framework.starter)`.
fn gradle(text: &str) -> BTreeSet<Depends<'_>> {
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
            depends.insert(Depends::Accessor(path[..end].split('.').filter(|part| !part.is_empty()).collect()));
            continue;
        }
        let Some(quoted) = rest.split(['\'', '"']).nth(1) else { continue };
        let mut parts = quoted.split(':');
        if rest.contains("project(") || rest.contains("project (") {
            depends.insert(Depends::Project(parts.filter(|part| !part.is_empty()).collect()));
        } else if let (Some(group), Some(name)) = (parts.next(), parts.next()) {
            let group = Some(group).filter(|group| !group.is_empty() && !group.contains('$'));
            depends.insert(Depends::On(Artifact { group, name }));
        }
    }
    depends
}

/// A name in small letters without what is between its words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !"-_.".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_files_name_what_they_depend_on() {
        let pom = "<project><parent><groupId>bank</groupId><artifactId>all</artifactId></parent><artifactId> shop </artifactId><dependencies>\
                   <dependency><groupId>x</groupId><artifactId>a</artifactId></dependency>\
                   <dependency><artifactId>b</artifactId></dependency>\
                   <dependency><groupId>${project.groupId}</groupId><artifactId>c</artifactId></dependency>\
                   <dependency><groupId>${other}</groupId><artifactId>d</artifactId></dependency>\
                   <dependency><artifactId>t</artifactId><scope>test</scope></dependency></dependencies>\
                   <build><plugins><plugin><artifactId>p</artifactId></plugin></plugins></build></project>";
        let on = |group, name| Depends::On(Artifact { group, name });
        let depends = [on(Some("x"), "a"), on(None, "b"), on(Some("bank"), "c"), on(None, "d")];
        assert_eq!(maven(pom), (Some(Artifact { group: Some("bank"), name: "shop" }), depends.into_iter().collect()));
        assert_eq!(maven("<project>").0, None);
        for (line, expected) in [
            ("implementation(project(\":framework:starter\"))", Some(Depends::Project(vec!["framework", "starter"]))),
            ("api project(':starter')", Some(Depends::Project(vec!["starter"]))),
            ("implementation 'bank:starter:1.0'", Some(on(Some("bank"), "starter"))),
            ("implementation(\"$group:starter:1\")", Some(on(None, "starter"))),
            (
                "implementation(projects.framework.starterSecurity)",
                Some(Depends::Accessor(vec!["framework", "starterSecurity"])),
            ),
            ("testImplementation project(':starter')", None),
            ("implementation(platform)", None),
        ] {
            assert_eq!(gradle(line), expected.into_iter().collect(), "{line}");
        }
    }

    #[test]
    fn modules_of_one_name_are_told_apart() {
        let pom = |group: &str, name: &str, on: &str| {
            let group = if group.is_empty() { String::new() } else { format!("<groupId>{group}</groupId>") };
            let on = match on.split_once(':') {
                Some((group, name)) => format!(
                    "<dependencies><dependency><groupId>{group}</groupId><artifactId>{name}</artifactId></dependency></dependencies>"
                ),
                None => format!("<dependencies><dependency><artifactId>{on}</artifactId></dependency></dependencies>"),
            };
            format!("<project>{group}<artifactId>{name}</artifactId>{on}</project>")
        };
        let gradle = |on: &str| format!("dependencies {{\n  implementation({on})\n}}");
        let none = String::new;
        type Row<'r> = (&'r [(&'r str, String)], &'r [&'r str]);
        let builds: &[Row] = &[
            // Artifacts: by the group, else the nearest.
            (
                &[
                    ("x/shop/pom.xml", pom("x", "shop", "y:store")),
                    ("x/store/pom.xml", pom("x", "store", "")),
                    ("y/store/pom.xml", pom("y", "store", "")),
                ],
                &["y/store"],
            ),
            (
                &[
                    ("x/shop/pom.xml", pom("x", "shop", "store")),
                    ("x/store/pom.xml", pom("x", "store", "")),
                    ("y/store/pom.xml", pom("y", "store", "")),
                ],
                &["x/store"],
            ),
            (
                &[
                    ("shop/pom.xml", pom("x", "shop", "store")),
                    ("x/store/pom.xml", pom("", "store", "")),
                    ("y/store/pom.xml", pom("", "store", "")),
                ],
                &["x/store", "y/store"],
            ),
            (&[("shop/pom.xml", pom("x", "shop", "z:store")), ("x/store/pom.xml", pom("x", "store", ""))], &[]),
            // Projects: by their path, below the root of the build.
            (
                &[
                    ("shop/build.gradle", gradle("project(':a:store')")),
                    ("a/store/build.gradle", none()),
                    ("b/store/build.gradle", none()),
                ],
                &["a/store"],
            ),
            (
                &[
                    ("x/settings.gradle", none()),
                    ("x/shop/build.gradle", gradle("project(':store')")),
                    ("x/store/build.gradle", none()),
                    ("store/build.gradle", none()),
                ],
                &["x/store"],
            ),
            (
                &[
                    ("x/shop/build.gradle.kts", gradle("project(\":store\")")),
                    ("x/store/build.gradle.kts", none()),
                    ("store/build.gradle", none()),
                ],
                &["x/store"],
            ),
            (
                &[
                    ("shop/build.gradle", gradle("projects.a.moneyStore")),
                    ("a/money-store/build.gradle", none()),
                    ("b/money-store/build.gradle", none()),
                ],
                &["a/money-store"],
            ),
            (
                &[("shop/build.gradle", gradle("projects.libs.moneyStore")), ("libs/money_store/build.gradle", none())],
                &["libs/money_store"],
            ),
            // A project may lie elsewhere, where only one is called like it.
            (
                &[("shop/build.gradle", gradle("project(':store')")), ("libs/store/build.gradle", none())],
                &["libs/store"],
            ),
            (
                &[
                    ("shop/build.gradle", gradle("project(':store')")),
                    ("a/store/build.gradle", none()),
                    ("b/store/build.gradle", none()),
                ],
                &[],
            ),
        ];
        for (files, expected) in builds {
            let builds = Builds::read(files.iter().map(|(path, text)| (*path, text.as_str())));
            let shop = builds.modules.iter().find(|(directory, _)| directory.ends_with("shop"));
            let (directory, module) = shop.expect("each of them has one");
            let meant: Vec<&str> = module.depends.iter().flat_map(|depends| builds.meant(directory, depends)).collect();
            assert_eq!(meant, *expected, "{files:?}");
        }
    }
}
