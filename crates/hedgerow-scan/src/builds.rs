//! The modules of builds by Maven and Gradle: what each is called, what it depends on, and which of them a service is made of.

mod read;

use crate::inventory::Home;
use crate::paths::{above, below, dir_of, is_below};
use crate::tree::Tree;
use read::{gradle, group_of, maven};
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
    /// The groups that a build by Gradle gives to all modules below a directory.
    groups: BTreeMap<&'t str, &'t str>,
    /// The groups that anything in the tree has.
    known: BTreeSet<&'t str>,
}

impl<'t> Builds<'t> {
    /// Reads the build files of a tree.
    pub(crate) fn new(tree: &'t Tree<'t>) -> Self {
        Self::read(tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)))
    }

    fn read(files: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        let mut builds = Self::default();
        let mut by_gradle = BTreeMap::new();
        for (path, text) in files {
            let directory = dir_of(path);
            match path.rsplit('/').next().unwrap_or(path) {
                "pom.xml" => {
                    let (own, depends) = maven(text);
                    let own = own.unwrap_or_else(|| Artifact { group: None, name: last(directory) });
                    builds.add(directory, own, depends);
                }
                "build.gradle" | "build.gradle.kts" => {
                    let said = gradle(text);
                    builds.groups.extend(said.group_below.map(|group| (directory, group)));
                    by_gradle.insert(directory, said);
                }
                "settings.gradle" | "settings.gradle.kts" => drop(builds.roots.insert(directory)),
                "gradle.properties" => builds.groups.extend(group_of(text).map(|group| (directory, group))),
                // A plugin of the build's own may give a group to modules that it does not name.
                name if name.ends_with(".gradle") || name.ends_with(".gradle.kts") => {
                    let said = gradle(text);
                    builds.known.extend(said.group.into_iter().chain(said.group_below));
                }
                _ => {}
            }
        }
        for (directory, said) in by_gradle {
            let group = said.group.or_else(|| builds.given(directory));
            builds.add(directory, Artifact { group, name: last(directory) }, said.depends);
        }
        builds.known.extend(builds.groups.values());
        builds
    }

    fn add(&mut self, directory: &'t str, own: Artifact<'t>, depends: BTreeSet<Depends<'t>>) {
        let module = self.modules.entry(directory).or_default();
        module.names.insert(own);
        module.depends.extend(depends);
        self.by_name.entry(own.name).or_default().insert(directory);
        self.known.extend(own.group);
    }

    /// The directory of the build by Gradle that a module is of.
    fn root<'p>(&self, directory: &'p str) -> Option<&'p str> {
        above(directory).find(|dir| self.roots.contains(dir))
    }

    /// The group that a build by Gradle gives to a module in a directory.
    fn given(&self, directory: &str) -> Option<&'t str> {
        let root = self.root(directory);
        let of_build = above(directory).take_while(|dir| root.is_none_or(|root| *dir == root || is_below(dir, root)));
        of_build.into_iter().find_map(|dir| self.groups.get(dir)).copied()
    }

    /// The directories of the modules that one in a directory means.
    fn meant(&self, from: &str, depends: &Depends<'t>) -> Vec<&'t str> {
        match depends {
            Depends::On(artifact) => {
                let all = self.by_name.get(artifact.name).into_iter().flatten().copied();
                let all = all.filter(|directory| *directory != from);
                let mut ranks: BTreeMap<Rank, Vec<&str>> = BTreeMap::new();
                for directory in all {
                    let names = self.modules.get(directory).into_iter().flat_map(|module| &module.names);
                    let named = names.filter(|own| own.name == artifact.name);
                    if let Some(rank) = named.filter_map(|own| self.rank(own.group, artifact.group)).min() {
                        ranks.entry(rank).or_default().push(directory);
                    }
                }
                ranks.into_values().next().map(|best| nearest(from, best)).unwrap_or_default()
            }
            Depends::Project(parts) => self.project(from, parts, &|own, part| own == part),
            Depends::Accessor(parts) => self.project(from, parts, &|own, part| plain(own) == plain(part)),
        }
    }

    /// How well the group of a module fits one that is asked for; not at all where they are two.
    fn rank(&self, own: Option<&str>, asked: Option<&str>) -> Option<Rank> {
        match (own, asked) {
            (Some(own), Some(asked)) => (own == asked).then_some(Rank::Same),
            // What is asked for is of the tree's own groups, and no library from elsewhere.
            (None, Some(asked)) => above_dots(asked).any(|group| self.known.contains(group)).then_some(Rank::Unknown),
            (_, None) => Some(Rank::Unknown),
        }
    }

    /// The project of a path: below the root of the build, else, as a build may put it elsewhere, its only module whose directory is called
    /// like it.
    fn project(&self, from: &str, parts: &[&str], is: &dyn Fn(&str, &str) -> bool) -> Vec<&'t str> {
        let ends_so = |directory: &str, root: &str| {
            let own: Vec<&str> = below(directory, root).into_iter().flat_map(|rest| rest.split('/')).collect();
            own.len() == parts.len() && own.iter().zip(parts).all(|(own, part)| is(own, part))
        };
        let root = self.root(from);
        for root in root.into_iter().chain(above(from).filter(|_| root.is_none())) {
            if let Some(found) = self.modules.keys().find(|directory| ends_so(directory, root)) {
                return vec![found];
            }
        }
        let Some(name) = parts.last() else { return Vec::new() };
        let called = self.modules.keys().copied().filter(|directory| *directory != from && is(last(directory), name));
        let called: Vec<&str> = called.filter(|directory| self.root(directory) == root).collect();
        if called.len() == 1 { called } else { Vec::new() }
    }

    /// The module that a file lies in; none for one of the tree's root, which is no module of others.
    pub(crate) fn of(&self, path: &str) -> Option<&'t str> {
        let above = above(dir_of(path)).filter(|directory| !directory.is_empty());
        above.into_iter().find_map(|directory| self.modules.get_key_value(directory)).map(|(directory, _)| *directory)
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

/// How well the group of a module fits one that is asked for, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It is the same.
    Same,
    /// One of them is not known.
    Unknown,
}

/// A group and those that it is in: `org.bank.store`, `org.bank`, `org`.
fn above_dots(group: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(group), |group| Some(group.rsplit_once('.')?.0))
}

/// What a directory is called.
fn last(directory: &str) -> &str {
    directory.rsplit('/').next().unwrap_or(directory)
}

/// Those of some directories that share the most directories with another one.
fn nearest<'t>(from: &str, all: Vec<&'t str>) -> Vec<&'t str> {
    let shared =
        |directory: &str| from.split('/').zip(directory.split('/')).take_while(|(one, other)| one == other).count();
    let most = all.iter().map(|directory| shared(directory)).max();
    all.into_iter().filter(|directory| Some(shared(directory)) == most).collect()
}

/// A name in small letters without what is between its words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !"-_.".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // But in no other build.
            (
                &[
                    ("x/settings.gradle", none()),
                    ("x/shop/build.gradle", gradle("project(':store')")),
                    ("y/settings.gradle", none()),
                    ("y/store/build.gradle", none()),
                ],
                &[],
            ),
            (
                &[
                    ("settings.gradle", none()),
                    ("shop/build.gradle", gradle("project(':store')")),
                    ("libs/store/build.gradle", none()),
                    ("y/settings.gradle", none()),
                    ("y/store/build.gradle", none()),
                ],
                &["libs/store"],
            ),
            (
                &[
                    ("shop/build.gradle", gradle("project(':store')")),
                    ("y/settings.gradle", none()),
                    ("y/store/build.gradle", none()),
                ],
                &[],
            ),
            // A group that is the same before one that is not known.
            (
                &[
                    ("x/shop/pom.xml", pom("x", "shop", "y:store")),
                    ("x/store/pom.xml", pom("", "store", "")),
                    ("y/store/pom.xml", pom("y", "store", "")),
                ],
                &["y/store"],
            ),
            (
                &[
                    ("x/shop/pom.xml", pom("x", "shop", "x:store")),
                    ("y/store/pom.xml", pom("${revision}", "store", "")),
                ],
                &["y/store"],
            ),
            (
                &[
                    ("x/shop/pom.xml", pom("x", "shop", "z:store")),
                    ("y/store/pom.xml", pom("${revision}", "store", "")),
                ],
                &[],
            ),
            // The groups of Gradle, which are no libraries from elsewhere.
            (
                &[("shop/build.gradle", gradle("'y:store:1'")), ("store/build.gradle", "group = 'y'".to_owned())],
                &["store"],
            ),
            (&[("shop/build.gradle", gradle("'z:store:1'")), ("store/build.gradle", "group = 'y'".to_owned())], &[]),
            (&[("shop/build.gradle", gradle("'z:store:1'")), ("store/build.gradle", none())], &[]),
            (&[("shop/build.gradle", gradle("\"$group:store:1\"")), ("store/build.gradle", none())], &["store"]),
            (
                &[
                    ("build.gradle", "subprojects { group = 'y' }".to_owned()),
                    ("shop/build.gradle", gradle("'y:store:1'")),
                    ("store/build.gradle", none()),
                ],
                &["store"],
            ),
            (
                &[
                    ("gradle.properties", "group=y".to_owned()),
                    ("shop/build.gradle", gradle("'y.inner:store:1'")),
                    ("store/build.gradle", none()),
                ],
                &[],
            ),
            (
                &[
                    ("gradle.properties", "group=z".to_owned()),
                    ("x/buildSrc/src/bank.gradle", "group = 'y'".to_owned()),
                    ("x/settings.gradle", none()),
                    ("x/shop/build.gradle", gradle("'y:store:1'")),
                    ("x/store/build.gradle", "group = base".to_owned()),
                ],
                &["x/store"],
            ),
            (
                &[
                    ("buildSrc/src/main/groovy/bank.gradle", "group = 'y'".to_owned()),
                    ("shop/build.gradle", gradle("'y.inner:store:1'")),
                    ("store/build.gradle", none()),
                ],
                &["store"],
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
