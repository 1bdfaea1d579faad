//! Reads the build files of Maven and Gradle.

use super::{Artifact, Depends};
use std::collections::BTreeSet;

/// Elements that lie deeper than this are not told apart.
const MAX_DEPTH: usize = 64;

/// A statement of Gradle is not longer than this: something opened it that is none.
const MAX_LINES: usize = 50;

/// What a build file of Gradle says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gradle<'t> {
    /// The group of its own module.
    pub(super) group: Option<&'t str>,
    /// The group of all modules below.
    pub(super) group_below: Option<&'t str>,
    /// The projects and artifacts that the module depends on.
    pub(super) depends: BTreeSet<Depends<'t>>,
}

/// What a `pom.xml` calls its module, and the artifacts that it depends on.
pub(super) fn maven(text: &str) -> (Option<Artifact<'_>>, BTreeSet<Depends<'_>>) {
    let (mut group, mut name, mut parent) = (None, None, None);
    let mut dependencies = Vec::new();
    let mut dependency = (None, None, None);
    elements(text, |path, content| match path {
        ["project", "groupId"] => group = Some(content),
        ["project", "artifactId"] => name = Some(content),
        ["project", "parent", "groupId"] => parent = Some(content),
        // Those of plugins are not the program's, and what is managed is none.
        ["project", "dependencies", "dependency", field @ ..]
        | ["project", "profiles", "profile", "dependencies", "dependency", field @ ..] => match field {
            [] => dependencies.push(std::mem::take(&mut dependency)),
            ["groupId"] => dependency.0 = Some(content),
            ["artifactId"] => dependency.1 = Some(content),
            ["scope"] => dependency.2 = Some(content),
            _ => {}
        },
        _ => {}
    });
    let known = |group: &&str| !group.contains("${");
    let parent = parent.filter(known);
    let group = group.filter(|group| *group != "${project.parent.groupId}").or(parent).filter(known);
    let depends = dependencies.into_iter().filter(|(_, _, scope)| *scope != Some("test"));
    let depends = depends.filter_map(|(of, name, _)| {
        let of = match of {
            Some("${project.groupId}" | "${pom.groupId}") => group,
            Some("${project.parent.groupId}") => parent,
            of => of,
        };
        Some(Depends::On(Artifact { group: of.filter(known), name: name? }))
    });
    (name.map(|name| Artifact { group, name }), depends.collect())
}

/// The elements of a document, each with those around it and what is in it, when it ends.
fn elements<'t>(text: &'t str, mut take: impl FnMut(&[&'t str], &'t str)) {
    let mut names: Vec<&str> = Vec::new();
    let mut begins: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        let is_told = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("!", ">")];
        if let Some((_, end)) = is_told.into_iter().find(|(begin, _)| tag.starts_with(begin)) {
            rest = tag.split_once(end).map_or("", |(_, rest)| rest);
            continue;
        }
        let Some((inner, behind)) = tag.split_once('>') else { return };
        let begin = text.len() - tag.len() - 1;
        rest = behind;
        if let Some(name) = inner.strip_prefix('/') {
            if let Some(at) = names.iter().rposition(|open| *open == name.trim()) {
                take(&names[..=at], text[begins[at]..begin].trim());
                names.truncate(at);
                begins.truncate(at);
            }
        } else if !inner.ends_with('/') && names.len() < MAX_DEPTH {
            names.push(inner.split_whitespace().next().unwrap_or_default());
            begins.push(text.len() - behind.len());
        }
    }
}

/// What a build file of Gradle says: `implementation(project(":framework:starter"))`, `api "bank:starter:1"`,
/// `implementation(projects.framework.starter)`, `group = "bank"`.
pub(super) fn gradle(text: &str) -> Gradle<'_> {
    let mut said = Gradle::default();
    statements(text, |blocks, statement| {
        let word = first_word(statement);
        let rest = &statement[word.len()..];
        match word {
            "implementation" | "api" | "runtimeOnly" | "compile" => depends(rest, &mut said.depends),
            "group" | "project.group" => {
                let group = rest.split(['\'', '"']).nth(1).filter(|group| !group.is_empty() && !group.contains('$'));
                match blocks {
                    [] => said.group = group,
                    ["allprojects"] => (said.group, said.group_below) = (said.group.or(group), group),
                    ["subprojects"] => said.group_below = group,
                    _ => {}
                }
            }
            _ => {}
        }
    });
    said
}

/// The group that `gradle.properties` gives the modules of a build.
pub(super) fn group_of(properties: &str) -> Option<&str> {
    let mut lines = properties.lines().filter_map(|line| line.split_once('='));
    lines.find_map(|(key, group)| (key.trim() == "group").then(|| group.trim())).filter(|group| !group.is_empty())
}

/// The projects and artifacts that a statement of dependencies names.
fn depends<'t>(rest: &'t str, all: &mut BTreeSet<Depends<'t>>) {
    let accessors = rest.split("projects.").skip(1);
    let before = all.len();
    all.extend(accessors.map(|path| {
        let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(path.len());
        Depends::Accessor(path[..end].split('.').filter(|part| !part.is_empty()).collect())
    }));
    let projects = ["project(", "project ("].into_iter().flat_map(|call| rest.split(call).skip(1));
    let projects = projects.filter_map(|path| path.split(['\'', '"']).nth(1));
    all.extend(projects.map(|path| Depends::Project(path.split(':').filter(|part| !part.is_empty()).collect())));
    if all.len() > before {
        return;
    }
    let artifacts = rest.split(['\'', '"']).skip(1).step_by(2).filter_map(|quoted| {
        let mut parts = quoted.split(':');
        let (group, name) = (parts.next()?, parts.next()?);
        Some(Artifact { group: Some(group).filter(|group| !group.is_empty() && !group.contains('$')), name })
    });
    all.extend(artifacts.map(Depends::On));
}

/// The first word of a statement.
fn first_word(statement: &str) -> &str {
    statement.split([' ', '(', '\'', '"', '=']).next().unwrap_or_default()
}

/// The statements of a build file of Gradle, each with the first words of the blocks around it. Parentheses and commas hold a statement
/// together over lines.
fn statements<'t>(text: &'t str, mut take: impl FnMut(&[&'t str], &'t str)) {
    let mut blocks: Vec<&str> = Vec::new();
    let (mut begin, mut at, mut open, mut lines) = (0, 0, 0_usize, 0);
    let mut quote = None;
    while let Some(c) = text[at..].chars().next() {
        let (here, rest) = (at, &text[at..]);
        at += c.len_utf8();
        let mut ends = false;
        match c {
            '\n' => {
                quote = None;
                lines += 1;
                ends = lines > MAX_LINES || (open == 0 && !text[begin..here].trim_end().ends_with(','));
            }
            c if quote.is_some() => quote = quote.filter(|quote| *quote != c),
            '\'' | '"' => quote = Some(c),
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            '/' if rest.starts_with("//") => {
                at = rest.find('\n').map_or(text.len(), |end| here + end);
                ends = open == 0;
            }
            '/' if rest.starts_with("/*") => {
                at = rest.find("*/").map_or(text.len(), |end| here + end + 2);
                ends = open == 0;
            }
            '{' | '}' | ';' => ends = open == 0,
            _ => {}
        }
        if !ends {
            continue;
        }
        let statement = text[begin..here].trim();
        take(&blocks, statement);
        match c {
            '{' => blocks.push(first_word(statement)),
            '}' => drop(blocks.pop()),
            _ => {}
        }
        (begin, open, lines) = (at, 0, 0);
    }
    take(&blocks, text[begin..].trim());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on<'t>(group: Option<&'t str>, name: &'t str) -> Depends<'t> {
        Depends::On(Artifact { group, name })
    }

    #[test]
    fn build_files_of_maven_name_what_they_depend_on() {
        let pom = "<?xml version='1.0'?><project><parent><groupId>bank</groupId><artifactId>all</artifactId></parent><artifactId> shop </artifactId><dependencies>\
                   <dependency><groupId>x</groupId><artifactId>a</artifactId></dependency>\
                   <dependency><artifactId>b</artifactId></dependency>\
                   <dependency><groupId>${project.groupId}</groupId><artifactId>c</artifactId></dependency>\
                   <dependency><groupId>${other}</groupId><artifactId>d</artifactId></dependency>\
                   <dependency><exclusions><exclusion><groupId>y</groupId><artifactId>z</artifactId></exclusion></exclusions><groupId>x</groupId><artifactId>e</artifactId></dependency>\
                   <!-- <dependency><artifactId>o</artifactId></dependency> -->\
                   <dependency><artifactId>t</artifactId><scope>test</scope></dependency></dependencies>\
                   <profiles><profile><dependencies><dependency><artifactId>f</artifactId></dependency></dependencies></profile></profiles>\
                   <dependencyManagement><dependencies><dependency><artifactId>m</artifactId></dependency></dependencies></dependencyManagement>\
                   <build><plugins><plugin><artifactId>p</artifactId><dependencies><dependency><artifactId>q</artifactId></dependency></dependencies></plugin></plugins></build></project>";
        let depends = [
            on(Some("x"), "a"),
            on(None, "b"),
            on(Some("bank"), "c"),
            on(None, "d"),
            on(Some("x"), "e"),
            on(None, "f"),
        ];
        assert_eq!(maven(pom), (Some(Artifact { group: Some("bank"), name: "shop" }), depends.into_iter().collect()));
    }

    #[test]
    fn a_module_of_maven_is_called_as_its_project_says() {
        let parent = "<parent><groupId>bank</groupId><artifactId>all</artifactId></parent>";
        let name = "<artifactId>shop</artifactId>";
        let bank = Some(Artifact { group: Some("bank"), name: "shop" });
        for (inner, expected) in [
            (format!("{parent}{name}"), bank),
            (format!("{name}{parent}"), bank),
            (format!("<groupId>bank</groupId>{name}"), bank),
            (format!("{name}<groupId>bank</groupId >"), bank),
            (format!("{parent}{name}<groupId>${{project.parent.groupId}}</groupId>"), bank),
            // What lies deeper is not its own.
            (
                format!(
                    "{parent}{name}<reporting><plugins><plugin><groupId>x</groupId><artifactId>y</artifactId></plugin></plugins></reporting>"
                ),
                bank,
            ),
            (
                format!(
                    "<reporting><plugins><plugin><groupId>x</groupId><artifactId>y</artifactId></plugin></plugins></reporting>{parent}{name}"
                ),
                bank,
            ),
            (
                format!(
                    "{parent}{name}<distributionManagement><relocation><groupId>x</groupId></relocation></distributionManagement>"
                ),
                bank,
            ),
            (format!("{parent}{name}<!-- <groupId>x</groupId> --><x a='1'/><y/>"), bank),
            (format!("<groupId>${{mine}}</groupId>{name}"), Some(Artifact { group: None, name: "shop" })),
            (String::new(), None),
            ("</x></y><artifactId>".to_owned(), None),
        ] {
            assert_eq!(maven(&format!("<project>{inner}</project>")).0, expected, "{inner}");
        }
        assert_eq!(maven("<project>").0, None);
        assert_eq!(maven("<project><artifactId").0, None);
    }

    #[test]
    fn build_files_of_gradle_name_what_they_depend_on() {
        let store = || Depends::Project(vec!["a", "store"]);
        for (text, expected) in [
            ("implementation(project(\":framework:starter\"))", vec![Depends::Project(vec!["framework", "starter"])]),
            ("api project(':starter')", vec![Depends::Project(vec!["starter"])]),
            ("implementation 'bank:starter:1.0'", vec![on(Some("bank"), "starter")]),
            ("implementation(\"$group:starter:1\")", vec![on(None, "starter")]),
            (
                "implementation(projects.framework.starterSecurity)",
                vec![Depends::Accessor(vec!["framework", "starterSecurity"])],
            ),
            ("testImplementation project(':starter')", vec![]),
            ("implementation(platform)", vec![]),
            // Over lines, and several in one.
            ("dependencies { implementation project(':a:store') }", vec![store()]),
            ("dependencies {\n  implementation(\n    project(':a:store')\n  )\n}", vec![store()]),
            (
                "implementation(\n  // of ours (\n  project(':a:store'), // it's\n  project(':b'))",
                vec![store(), Depends::Project(vec!["b"])],
            ),
            (
                "implementation 'x:y:1',\n  'x:z:1'\ntestImplementation 'x:t:1'",
                vec![on(Some("x"), "y"), on(Some("x"), "z")],
            ),
            ("implementation(project(path: ':a:store', configuration: 'x'))", vec![store()]),
            ("implementation('x:y:1') { exclude group: 'x', module: 'z' }", vec![on(Some("x"), "y")]),
            // No comments.
            ("// implementation 'x:y:1'\n/* implementation 'x:y:1'\nimplementation 'x:y:1' */", vec![]),
            ("implementation 'x:y:1' // implementation 'x:z:1'", vec![on(Some("x"), "y")]),
            ("url 'https://x.example'; implementation 'x:y:1'", vec![on(Some("x"), "y")]),
        ] {
            assert_eq!(gradle(text).depends, expected.into_iter().collect(), "{text}");
        }
        // What never closes takes only so much along.
        let torn = format!("x = (\n{}implementation 'x:y:1'", "\n".repeat(MAX_LINES));
        assert_eq!(gradle(&torn).depends, BTreeSet::from([on(Some("x"), "y")]));
    }

    #[test]
    fn build_files_of_gradle_name_groups() {
        for (text, own, below) in [
            ("group = 'bank'", Some("bank"), None),
            ("group 'bank'", Some("bank"), None),
            ("plugins { id 'java' }\n\nproject.group=\"bank\"\nversion = '1'", Some("bank"), None),
            ("allprojects { group = 'bank' }", Some("bank"), Some("bank")),
            ("allprojects {\n  group = 'bank'\n}\ngroup = 'x'", Some("x"), Some("bank")),
            ("group = 'x'\nallprojects {\n  group = 'bank'\n}", Some("x"), Some("bank")),
            ("subprojects {\n  version = 1\n  group = 'bank'\n}", None, Some("bank")),
            // Those of tasks, and those that are made of something else.
            ("tasks.register('x') {\n  group = 'bank'\n}", None, None),
            ("task x(type: Exec) { group 'bank' }", None, None),
            ("subprojects { tasks { x { group = 'bank' } } }", None, None),
            ("group = \"$base.bank\"", None, None),
            ("group = base", None, None),
        ] {
            let said = gradle(text);
            assert_eq!((said.group, said.group_below), (own, below), "{text}");
        }
        assert_eq!(group_of("version=1\ngroup = bank\n"), Some("bank"));
        assert_eq!(group_of("groups=bank\ngroup=\n"), None);
    }
}
