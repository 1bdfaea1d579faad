//! The libraries that build files of the JVM name: what they say of a program itself, and what Gradle's catalogues call them.

use crate::inventory::Home;
use crate::paths::{above, dir_of, is_below};
use crate::tree::{PlainFile, Tree};
use crate::version_catalogue::VersionCatalogue;

/// A build file.
pub(crate) struct Build<'t> {
    pub(crate) file: &'t PlainFile,
    /// What it says of its program; as long as the file.
    pub(crate) text: String,
}

/// The build files of a tree, and what they call libraries by.
pub(crate) struct Libraries<'t> {
    builds: Vec<Build<'t>>,
    catalogue: VersionCatalogue,
}

impl<'t> Libraries<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Self {
        let files = tree.texts.iter().filter(|file| is_build(&file.path));
        let builds: Vec<Build> = files.map(|file| Build { file, text: in_use(&file.path, &file.text) }).collect();
        let catalogue = if builds.is_empty() { VersionCatalogue::default() } else { VersionCatalogue::new(tree) };
        Self { builds, catalogue }
    }

    /// The build files.
    pub(crate) fn builds(&self) -> &[Build<'t>] {
        &self.builds
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
        let texts = found.iter().map(|of| of.text.as_str());
        texts.chain(found.iter().flat_map(|of| self.modules(&of.text))).collect()
    }
}

fn is_build(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "pom.xml" || name.starts_with("build.gradle") || name == "build.sbt"
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
    use super::in_use;

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
