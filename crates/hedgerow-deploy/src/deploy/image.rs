//! What an image gives: the variables that its Dockerfile sets, and the files that it copies in.
//!
//! See <https://docs.docker.com/reference/dockerfile/>.

use super::{MAX_LENGTH, shell};
use crate::partial::Partial;
use std::collections::BTreeMap;

/// Whether a path is that of a Dockerfile.
pub fn is_image(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("Dockerfile") || name.ends_with(".Dockerfile") || name == "Containerfile"
}

/// The instructions of a Dockerfile, each with its words on one line.
fn instructions(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        open.push_str(line.trim_end_matches('\\'));
        if line.ends_with('\\') {
            open.push(' ');
            continue;
        }
        let whole = std::mem::take(&mut open);
        if let Some((word, rest)) = whole.trim().split_once(char::is_whitespace) {
            found.push((word.to_uppercase(), rest.trim().to_owned()));
        }
    }
    found
}

/// The variables that a Dockerfile sets. Those that are made of others are what `given` says of these, else what stands above them there.
pub(crate) fn variables(text: &str, given: &dyn Fn(&str) -> Option<Partial>) -> Vec<(String, Partial)> {
    let mut known: BTreeMap<String, Partial> = BTreeMap::new();
    let mut found: Vec<(String, Partial)> = Vec::new();
    for (is_set, name, value) in assignments(text) {
        for inner in value.split('$').skip(1) {
            let inner = inner.trim_start_matches('{');
            let inner = &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len())];
            // What the image sets itself is known better than what its containers are given.
            if let Some(value) = given(inner).filter(|_| !found.iter().any(|(name, _)| name == inner)) {
                known.insert(inner.to_owned(), value);
            }
        }
        let value = shell::filled(&value, &known);
        // What is made of arguments of the build that nothing says is not known.
        if value.known().is_none() {
            continue;
        }
        known.insert(name.clone(), value.clone());
        if is_set {
            found.push((name, value));
        }
    }
    found
}

/// What a Dockerfile gives names to, one after the other, and whether those are variables of its containers: `ENV NAME=value OTHER="value"`,
/// the old `ENV NAME value`, `ARG NAME=default`.
fn assignments(text: &str) -> Vec<(bool, String, String)> {
    let mut found = Vec::new();
    for (word, rest) in instructions(text).into_iter().filter(|(word, _)| word == "ENV" || word == "ARG") {
        let is_set = word == "ENV";
        let first = rest.split_whitespace().next().unwrap_or_default();
        if is_set && !first.contains('=') {
            if let Some((name, value)) = rest.split_once(char::is_whitespace) {
                found.push((is_set, name.to_owned(), value.trim().trim_matches('"').to_owned()));
            }
            continue;
        }
        for pair in words(&rest) {
            if let Some((name, value)) = pair.split_once('=') {
                found.push((is_set, name.to_owned(), value.to_owned()));
            }
        }
    }
    found
}

/// The ports that a Dockerfile exposes.
pub(crate) fn exposed(text: &str) -> Vec<u16> {
    let lines = instructions(text).into_iter().filter(|(word, _)| word == "EXPOSE");
    let ports = lines.flat_map(|(_, rest)| {
        let ports = rest.split_whitespace().filter_map(|port| port.split('/').next()?.parse().ok());
        ports.collect::<Vec<u16>>()
    });
    ports.collect()
}

/// The values that a Dockerfile gives a variable which is a list of places, one after the other: what it is made of may be said above it,
/// `ENV HOME=/app PYTHONPATH=$HOME/lib`. What is not known is left out of the list.
pub(crate) fn places(text: &str, variable: &str) -> Vec<String> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (word, rest) in instructions(text).into_iter().filter(|(word, _)| word == "ENV" || word == "ARG") {
        let old = rest.split_once(char::is_whitespace).filter(|(name, _)| word == "ENV" && !name.contains('='));
        let pairs = match old {
            Some((name, value)) => vec![(name.to_owned(), value.trim().trim_matches('"').to_owned())],
            None => {
                let pairs = words(&rest).into_iter();
                pairs.filter_map(|pair| pair.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()))).collect()
            }
        };
        for (name, value) in pairs {
            let value = filled(&value, &known);
            if name == variable {
                found
                    .extend(value.split(':').filter(|part| !part.is_empty() && !part.contains('$')).map(str::to_owned));
            } else if !value.contains('$') {
                known.insert(name, value);
            }
        }
    }
    found
}

/// A Dockerfile with the arguments of a build filled in: what the build gives to what the file asks for, else the file's default, and the
/// variables that it sets itself.
pub(crate) fn with_arguments(text: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut found = String::new();
    for line in text.split_inclusive('\n') {
        let line = filled(line, &known);
        for (word, rest) in instructions(&line) {
            match word.as_str() {
                "ARG" => {
                    let (name, default) =
                        rest.split_once('=').map_or((rest.as_str(), None), |(name, value)| (name, Some(value)));
                    let value = arguments.get(name).map(String::as_str).or(default);
                    known.extend(value.map(|value| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned())));
                }
                "ENV" => {
                    let said = assignments(&line).into_iter();
                    known.extend(
                        said.filter(|(_, _, value)| !value.contains('$')).map(|(_, name, value)| (name, value)),
                    );
                }
                _ => {}
            }
        }
        found.push_str(&line);
    }
    found
}

/// The words of the commands that build programs in an image, without the program that builds.
pub(crate) fn builds(text: &str) -> Vec<String> {
    const BUILDERS: &[&[&str]] = &[
        &["go", "build"],
        &["go", "install"],
        &["cargo", "build"],
        &["cargo", "install"],
        &["dotnet", "build"],
        &["dotnet", "publish"],
    ];
    let mut found = Vec::new();
    for (_, rest) in instructions(text).into_iter().filter(|(word, _)| word == "RUN") {
        for command in rest.split(['&', ';', '|']) {
            let all = words(command);
            let is_builder = |start: &&&[&str]| all.windows(start.len()).any(|part| part == **start);
            if let Some(builder) = BUILDERS.iter().find(is_builder) {
                let at = all.windows(builder.len()).position(|part| part == *builder).unwrap_or_default();
                found.extend(all[at + builder.len()..].iter().cloned());
            }
        }
    }
    found
}

/// A text with `$NAME` and `${NAME}` as they are known; the others stay.
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut parts = text.split('$');
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some(split) => split,
            None => part.split_at(part.find(|c| !is_letter(c)).unwrap_or(part.len())),
        };
        match known.get(name).filter(|value| value.len() + found.len() <= MAX_LENGTH) {
            Some(value) => found.extend([value, rest]),
            None => found.extend(["$", part]),
        }
    }
    found
}

/// The words of a line, quotes taken away.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => words.push(String::new()),
            (c, _) => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The files that a Dockerfile copies in, each with where it lies below the directory of work.
pub fn copies(text: &str) -> Vec<(String, String)> {
    let below = |(source, target, directory): (String, String, String)| {
        let below = target.strip_prefix(directory.as_str());
        let below = below.unwrap_or(if target.starts_with('/') { "" } else { &target });
        (source, below.trim_start_matches("./").trim_matches('/').to_owned())
    };
    copied(text).into_iter().map(below).collect()
}

/// The files that a stage of a Dockerfile copies in, each with where it then lies: the last stage unless one is said, with those that it is
/// made from.
pub(crate) fn copied_to(text: &str, stage: Option<&str>) -> Vec<(String, String)> {
    let stages = stages(text);
    let mut found = Vec::new();
    for stage in made_from(&stages, stage) {
        found.extend(stage.copies.iter().map(|(source, target, directory)| match target.starts_with('/') {
            true => (source.clone(), target.clone()),
            false => (source.clone(), format!("{directory}{}", target.trim_start_matches("./"))),
        }));
    }
    found
}

/// What a stage of a Dockerfile runs, the entry point before the command, as they are written: of the last stage unless one is said.
pub(crate) fn command(text: &str, stage: Option<&str>) -> String {
    let (entry, command) = parts(text, stage);
    format!("{} {}", entry.unwrap_or_default(), command.unwrap_or_default())
}

/// The entry point and the command of a stage, as they are written.
pub(crate) fn parts(text: &str, stage: Option<&str>) -> (Option<String>, Option<String>) {
    let stages = stages(text);
    let chain: Vec<&Stage> = made_from(&stages, stage).collect();
    let first = |of: fn(&Stage) -> Option<&String>| chain.iter().find_map(|stage| of(stage)).cloned();
    (first(|stage| stage.entrypoint.as_ref()), first(|stage| stage.command.as_ref()))
}

/// A stage, the last one unless one is said, and those that it is made from.
fn made_from<'s>(stages: &'s [Stage], stage: Option<&str>) -> impl Iterator<Item = &'s Stage> {
    let named = |name: &str| stages.iter().rposition(|stage| stage.name.eq_ignore_ascii_case(name));
    let first = match stage {
        Some(name) => named(name),
        None => stages.len().checked_sub(1),
    };
    // A stage is made from one above it, so that this ends.
    let base = move |at: &usize| named(&stages[*at].base).filter(|base| base < at);
    std::iter::successors(first, base).map(|at| &stages[at])
}

/// A stage of a Dockerfile.
#[derive(Debug, Default)]
struct Stage {
    name: String,
    base: String,
    /// What it copies in: what, whither, and the directory of work.
    copies: Vec<(String, String, String)>,
    entrypoint: Option<String>,
    command: Option<String>,
}

/// What a Dockerfile copies in, in all of its stages.
fn copied(text: &str) -> Vec<(String, String, String)> {
    stages(text).into_iter().flat_map(|stage| stage.copies).collect()
}

fn stages(text: &str) -> Vec<Stage> {
    let mut directory = String::from("/");
    let mut found = vec![Stage::default()];
    for (word, rest) in instructions(text) {
        match word.as_str() {
            "FROM" => {
                let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                let name =
                    words.iter().position(|word| word.eq_ignore_ascii_case("as")).and_then(|at| words.get(at + 1));
                let text = |word: Option<&&str>| word.map_or_else(String::new, |word| (*word).to_owned());
                found.push(Stage { name: text(name), base: text(words.first()), ..Stage::default() });
            }
            "ENTRYPOINT" => found.last_mut().into_iter().for_each(|stage| stage.entrypoint = Some(rest.clone())),
            "CMD" => found.last_mut().into_iter().for_each(|stage| stage.command = Some(rest.clone())),
            "WORKDIR" => directory = format!("{}/", rest.trim_end_matches('/')),
            // Another stage's files are not the tree's.
            "COPY" | "ADD" if !rest.contains("--from") && !rest.starts_with('[') => {
                let paths: Vec<String> = words(&rest).into_iter().filter(|word| !word.starts_with("--")).collect();
                let Some((target, sources)) = paths.split_last() else { continue };
                let source = |source: &String| source.trim_start_matches("./").to_owned();
                let copies = sources.iter().map(|s| (source(s), target.clone(), directory.clone()));
                found.last_mut().into_iter().for_each(|stage| stage.copies.extend(copies.clone()));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_an_image_are_read() {
        let pair = |(a, b): (&str, &str)| (a.to_owned(), Partial::from(b));
        for (text, expected) in [
            ("ENV A=${GIVEN} B=http://$GIVEN\n", &[("A", "a"), ("B", "http://a")][..]),
            ("ARG X\nARG Y=c\nENV A=$X B=${Y} C=${X:-d}\n", &[("B", "c"), ("C", "d")]),
            ("ARG GIVEN=b\nENV A=$GIVEN\n", &[("A", "a")]),
            ("ENV GIVEN=b A=$GIVEN\n", &[("GIVEN", "b"), ("A", "b")]),
            ("ENV A=b\n", &[("A", "b")][..]),
            ("ENV A=b \\\n    C=\"d e\"\nENV F g h\n", &[("A", "b"), ("C", "d e"), ("F", "g h")]),
            ("# ENV A=b\nenv A=b\nENV X=$Y\n", &[("A", "b")]),
        ] {
            let given = |name: &str| (name == "GIVEN").then(|| Partial::from("a"));
            assert_eq!(variables(text, &given), expected.iter().copied().map(pair).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn places_of_an_image_are_read() {
        for (text, expected) in [
            ("ENV PYTHONPATH=/app/lib\n", &["/app/lib"][..]),
            ("ENV PYTHONPATH /app/lib:/app\n", &["/app/lib", "/app"]),
            ("ENV PYTHONPATH=\"${PYTHONPATH}:/app/lib\"\n", &["/app/lib"]),
            ("ENV PYTHONPATH=/app/lib:$PYTHONPATH\n", &["/app/lib"]),
            ("ENV HOME=/app\nENV PYTHONPATH=$HOME/lib:${HOME}/src\n", &["/app/lib", "/app/src"]),
            ("ARG HOME=/app\nENV HOMES=/x PYTHONPATH=$HOMES/lib:$OTHER/y:$HOME\n", &["/x/lib", "/app"]),
            ("ENV OTHER=/app/lib\n", &[]),
        ] {
            assert_eq!(places(text, "PYTHONPATH"), expected, "{text}");
        }
    }

    #[test]
    fn copied_files_are_read() {
        let text = "FROM x\nWORKDIR /app\nCOPY --chown=a shared/tools.py /app/lib/\nCOPY a b ./src\nCOPY --from=build /x /y\nADD z /etc/\n";
        let found = copies(text);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, [("shared/tools.py", "lib"), ("a", "src"), ("b", "src"), ("z", "")]);
        let found = copied_to(text, None);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, [("shared/tools.py", "/app/lib/"), ("a", "/app/src"), ("b", "/app/src"), ("z", "/etc/")]);
    }

    #[test]
    fn a_stage_has_what_it_is_made_from_has() {
        let text = "FROM x AS base\nCOPY a /a\nFROM --platform=y base as Shop\nCOPY b /b\nFROM base AS cart\nCOPY c /c\nFROM cart\nCOPY d /d\n";
        let found = |stage| {
            let mut found: Vec<String> = copied_to(text, stage).into_iter().map(|(source, _)| source).collect();
            found.sort();
            found.concat()
        };
        for (stage, expected) in [(None, "acd"), (Some("shop"), "ab"), (Some("cart"), "ac"), (Some("other"), "")] {
            assert_eq!(found(stage), expected, "{stage:?}");
        }
        assert!(copied_to("FROM a AS a\nCOPY b /b\n", Some("a")).len() == 1, "a stage of its own name ends");
    }
}
