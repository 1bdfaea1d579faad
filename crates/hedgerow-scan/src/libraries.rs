//! The libraries that build files of the JVM name: what they say of a program itself, and what Gradle's catalogues call them.

use crate::inventory::Home;
use crate::paths::{above, dir_of, is_below};
use crate::tree::{PlainFile, Tree};
use crate::version_catalogue::VersionCatalogue;
use hedgerow_deploy::path::join;
use std::collections::{BTreeMap, BTreeSet};

/// A build file.
pub(crate) struct Build<'t> {
    pub(crate) file: &'t PlainFile,
    /// What it says of its program; as long as the file.
    pub(crate) text: String,
    /// What of that it says of the builds below it, where that is not all; as long as the file.
    shared: Option<String>,
    /// The build files in the tree that say things of its program as well, by their indices: the nearest first.
    above: Vec<usize>,
}

impl Build<'_> {
    /// What it says of builds that inherit from it.
    pub(crate) fn handed_down(&self) -> &str {
        self.shared.as_deref().unwrap_or(&self.text)
    }
}

/// The build files of a tree, and what they call libraries by.
pub(crate) struct Libraries<'t> {
    builds: Vec<Build<'t>>,
    catalogue: VersionCatalogue,
}

impl<'t> Libraries<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Self {
        let files = tree.texts.iter().filter(|file| is_build(&file.path));
        let build = |file: &'t PlainFile| {
            let text = in_use(&file.path, &file.text);
            let shared = (!file.path.ends_with(".xml")).then(|| of_all_projects(&text));
            Build { file, text, shared, above: Vec::new() }
        };
        let mut builds: Vec<Build> = files.map(build).collect();
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, build) in builds.iter().enumerate() {
            places.entry(dir_of(&build.file.path)).or_default().push(at);
        }
        let all: Vec<Vec<usize>> = (0..builds.len()).map(|at| inherited(&builds, &places, at)).collect();
        builds.iter_mut().zip(all).for_each(|(build, above)| build.above = above);
        let catalogue = if builds.is_empty() { VersionCatalogue::default() } else { VersionCatalogue::new(tree) };
        Self { builds, catalogue }
    }

    /// The build files.
    pub(crate) fn builds(&self) -> &[Build<'t>] {
        &self.builds
    }

    /// The build files that a build inherits from: the parents of Maven's, and of Gradle's those that say things of all projects.
    pub(crate) fn above(&self, build: &Build<'t>) -> impl Iterator<Item = &Build<'t>> {
        build.above.iter().map(|at| &self.builds[*at])
    }

    /// The modules (`group:name`) that a build file names by what a catalogue calls them.
    pub(crate) fn modules(&self, text: &str) -> Vec<&str> {
        self.catalogue.modules(text)
    }

    /// What the build files of a service say, and the modules that they name by a catalogue: those in its directories, or else the nearest above.
    pub(crate) fn of(&self, home: &Home) -> Vec<&str> {
        let own =
            |directory: &String| self.builds.iter().filter(|of| is_below(&of.file.path, directory)).collect::<Vec<_>>();
        let nearest = |directory: &String| {
            above(directory).find_map(|above| self.builds.iter().find(|of| dir_of(&of.file.path) == above))
        };
        let directories = || home.directories.iter().map(|(directory, _)| directory);
        let mut found: Vec<&Build> = directories().flat_map(own).collect();
        if found.is_empty() {
            found.extend(directories().filter_map(nearest));
        }
        let mut texts: Vec<&str> = found.iter().map(|of| of.text.as_str()).collect();
        let above: BTreeSet<usize> = found.iter().flat_map(|of| of.above.iter().copied()).collect();
        texts.extend(above.into_iter().map(|at| self.builds[at].handed_down()));
        let modules: Vec<&str> = texts.iter().flat_map(|text| self.modules(text)).collect();
        texts.extend(modules);
        texts
    }
}

fn is_build(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "pom.xml" || name.starts_with("build.gradle") || name == "build.sbt"
}

/// The libraries that a program is made with, by the names of their artifacts in small letters: what a build file says of itself, of its plugins
/// and of its settings are none. Modules of a catalogue are texts of their own.
pub(crate) fn artifacts(texts: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        if text.contains("<dependency>") {
            let all = text.split("<dependency>").skip(1).filter_map(|rest| rest.split("</dependency>").next());
            found.extend(all.filter_map(|of| tag(of, "artifactId")).map(str::to_lowercase));
        } else if !text.contains(['\n', '<', '"', '\'']) {
            found.extend(text.split(':').nth(1).map(str::to_lowercase));
        } else if !text.contains("<project") {
            text.lines().for_each(|line| found.extend(in_line(line)));
        }
    }
    found
}

/// The libraries that a line of Gradle's or sbt's names, where it is none for the build itself: `implementation 'group:name:1'`,
/// `group: 'a', name: 'b'`, `"group" %% "name" % "1"`.
fn in_line(line: &str) -> Vec<String> {
    let line = line.trim_start();
    let first = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if matches!(first, "classpath" | "id" | "apply" | "alias" | "description" | "group" | "version" | "rootProject") {
        return Vec::new();
    }
    let parts: Vec<&str> = line.split(['"', '\'']).collect();
    let quoted = || parts.iter().enumerate().skip(1).step_by(2).map(|(at, text)| (parts[at - 1].trim(), *text));
    let is_name = |before: &str| ["%", "name:", "name ="].iter().any(|end| before.ends_with(end));
    // By its name alone.
    let is_configuration = |before: &str| {
        let word =
            before.trim_end_matches(['(', ' ']).rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let word = word.to_lowercase();
        ["implementation", "api", "compile", "runtime", "only"].iter().any(|end| word.ends_with(end))
    };
    let modules = quoted().filter_map(|(before, text)| match text.split(':').nth(1) {
        Some(name) => Some(name),
        None => (is_name(before) || is_configuration(before)).then_some(text),
    });
    // `% "1.2"` is a version.
    modules.filter(|name| !name.starts_with(|c: char| c.is_ascii_digit())).map(str::to_lowercase).collect()
}

/// The builds that one inherits from, the nearest first. `places` are all builds by their directories.
fn inherited(builds: &[Build], places: &BTreeMap<&str, Vec<usize>>, at: usize) -> Vec<usize> {
    let is_maven = |at: &usize| builds[*at].shared.is_none();
    let of = |directory: &str| places.get(directory).into_iter().flatten().copied();
    let directory = |at: usize| dir_of(&builds[at].file.path);
    if !is_maven(&at) {
        let all = above(directory(at)).skip(1).flat_map(of);
        return all.filter(|at| !is_maven(at) && builds[*at].handed_down().contains("dependencies")).collect();
    }
    // The parent lies at the place that is said, or above.
    let parent = |at: usize| {
        let said = tag(&builds[at].text, "parent")?;
        let name = tag(said, "artifactId")?;
        let is_it = |at: &usize| is_maven(at) && own_name(&builds[*at].text).is_none_or(|own| own == name);
        let path = tag(said, "relativePath").map(|path| join(directory(at), path));
        let beside = path.as_deref().into_iter().flat_map(|path| [path, dir_of(path)]);
        beside.chain(above(directory(at)).skip(1)).flat_map(of).find(is_it)
    };
    let mut found = Vec::new();
    let mut next = parent(at);
    while let Some(of) = next.filter(|of| *of != at && !found.contains(of)) {
        found.push(of);
        next = parent(of);
    }
    found
}

/// What a build of Maven's is called.
fn own_name(text: &str) -> Option<&str> {
    let rest = text.split_once("</parent>").map_or(text, |(_, rest)| rest);
    let head = rest.split("<depend").next()?.split("<build>").next()?;
    tag(head, "artifactId").or_else(|| tag(text.split_once("<parent>")?.0, "artifactId"))
}

/// What stands between the first tags of a name.
fn tag<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

/// What a build of Gradle's says of all projects, with blanks for the rest.
fn of_all_projects(text: &str) -> String {
    let mut found: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
    for word in ["subprojects", "allprojects"] {
        // What stands in a block is taken in with it: no byte is looked at twice for a word.
        let mut end = 0;
        for (at, _) in text.match_indices(word) {
            if at < end {
                continue;
            }
            let Some(open) = text[at..].find('{').map(|open| at + open) else { break };
            let mut depth = 0;
            end = text.len();
            for (at, byte) in text.bytes().enumerate().skip(open) {
                match byte {
                    b'{' => depth += 1,
                    b'}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    end = at;
                    break;
                }
                if byte.is_ascii() {
                    found[at] = byte;
                }
            }
        }
    }
    String::from_utf8(found).unwrap_or_default()
}

/// A build file with blanks for what its program is not made of: comments, what is left out of libraries, what only tests have, and versions
/// for modules that ask for them.
fn in_use(path: &str, text: &str) -> String {
    let mut found = text.to_owned();
    if path.ends_with(".xml") {
        for (start, end) in
            [("<!--", "-->"), ("<exclusions>", "</exclusions>"), ("<dependencyManagement>", "</dependencyManagement>")]
        {
            blank(&mut found, start, end, |_| true);
        }
        blank(&mut found, "<dependency>", "</dependency>", |of| of.contains("<scope>test</scope>"));
        return found;
    }
    blank(&mut found, "/*", "*/", |_| true);
    let is_used = |line: &str| {
        let line = line.trim_start();
        !(line.starts_with("//") || line.starts_with("exclude") || line.starts_with("test"))
    };
    let lines = found.split_inclusive('\n').map(|line| match is_used(line) {
        true => line.to_owned(),
        false => line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect(),
    });
    lines.collect()
}

/// Puts blanks in the place of what stands between two marks, where `is_one` says so.
fn blank(text: &mut String, start: &str, end: &str, is_one: impl Fn(&str) -> bool) {
    let mut found = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // `**/*.jar` is a pattern and begins no comment.
    let begins = |rest: &str| rest.match_indices(start).map(|(at, _)| at).find(|at| !rest[..*at].ends_with('*'));
    while let Some(at) = begins(rest) {
        let Some(length) = rest[at..].find(end).map(|length| length + end.len()) else { break };
        let (before, of) = (&rest[..at], &rest[at..at + length]);
        found.push_str(before);
        match is_one(of) {
            true => found.extend(std::iter::repeat_n(' ', of.len())),
            false => found.push_str(of),
        }
        rest = &rest[at + length..];
    }
    found.push_str(rest);
    *text = found;
}

#[cfg(test)]
mod tests {
    use super::{artifacts, in_use, of_all_projects};

    #[test]
    fn what_a_build_of_gradle_says_of_all_projects() {
        let plain = |text: &str| of_all_projects(text).split_whitespace().collect::<Vec<_>>().join(" ");
        for (text, expected) in [
            (
                "subprojects {\n  dependencies { api 'a:b' }\n}\ndependencies { api 'c:d' }",
                "{ dependencies { api 'a:b' }",
            ),
            ("allprojects { a { subprojects { b } } }\nc", "{ a { subprojects { b } }"),
            ("subprojects { a }\nsubprojects { b }", "{ a { b"),
            ("subprojects { a", "{ a"),
            ("dependencies { api 'a:b' }", ""),
            ("subprojects", ""),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
        // Blocks without an end, one in the other: each is read once.
        assert_eq!(of_all_projects(&"subprojects{".repeat(80_000)).len(), 12 * 80_000);
    }

    #[test]
    fn libraries_are_what_a_program_depends_on() {
        for (text, expected) in [
            (
                "<project><name>redis</name><build><plugin><artifactId>x-plugin</artifactId></plugin></build><dependency><groupId>redis.clients</groupId><artifactId>Jedis</artifactId></dependency></project>",
                &["jedis"][..],
            ),
            ("<project><artifactId>jdbc-tools</artifactId></project>", &[]),
            ("implementation 'org.postgresql:postgresql:42'\ndescription = 'a:redis'", &["postgresql"]),
            ("  runtimeOnly(\"a.b:mysql-connector-j\")\n  id 'org.flywaydb.flyway'", &["mysql-connector-j"]),
            ("api group: 'io.lettuce', name: 'lettuce-core', version: '6'", &["lettuce-core"]),
            ("libraryDependencies += \"redis.clients\" % \"jedis\" % \"5\"", &["jedis"]),
            ("implementation 'spring-boot-starter-jdbc'", &["spring-boot-starter-jdbc"]),
            ("classpath 'org.flywaydb:flyway-plugin:1'\nmainClass = 'jdbc.Main'", &[]),
            ("io.lettuce:lettuce-core", &["lettuce-core"]),
        ] {
            assert_eq!(artifacts(&[text]).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn patterns_of_files_are_no_comments() {
        for (text, expected) in [
            ("include '**/*.jar'\nimplementation 'a:client'", true),
            ("include '**/*.jar', '**/*.xml'\nimplementation 'a:client'\nexclude '**/*.txt'", true),
            ("/* implementation 'a:client' */", false),
            ("/** All\n * implementation 'a:client'\n */", false),
            ("x /* y */\nimplementation 'a:client'", true),
            // A comment without an end is none.
            ("url '/*'\nimplementation 'a:client'", true),
        ] {
            assert_eq!(in_use("build.gradle", text).contains("a:client"), expected, "{text}");
        }
    }
}
