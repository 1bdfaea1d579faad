//! Names that a file uses without saying where they come from: Ruby's constants and PHP's classes. Whoever declares them is loaded by
//! the language's own loader, the nearest one where several do.

use super::File;
use crate::paths::is_below;
use hedgerow_code::frontend::Language;
use std::collections::BTreeMap;

/// Directories that a project is divided into: what lies above the first of them is the project.
const PARTS: &[&str] = &["app", "lib", "config", "bin", "src", "public", "routes", "web", "db", "jobs", "workers"];

/// Who declares what, by the last part of the names.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    by_tail: BTreeMap<String, Vec<Declaration>>,
    /// Ruby's files below a `lib` directory, by their path there.
    libraries: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Declaration {
    name: String,
    path: String,
    language: Language,
}

impl Declared {
    /// Takes in what a file declares.
    pub(crate) fn add(&mut self, file: &File) {
        let language = file.language;
        for name in &file.facts.declares {
            let declaration = Declaration { name: name.to_string(), path: file.path.to_owned(), language };
            self.by_tail.entry(tail(name).to_owned()).or_default().push(declaration);
        }
        if let Some(stem) = language.semantics().library_file(file.path) {
            self.libraries.entry(stem.to_owned()).or_default().push(file.path.to_owned());
        }
    }

    /// The file that declares a name which another file uses: the nearest one of the same project, or of a library.
    pub(crate) fn find(&self, from: &File, name: &str) -> Option<&str> {
        let own = project(from.path);
        let fits = |declaration: &&Declaration| {
            if declaration.language != from.language || declaration.path == from.path {
                return false;
            }
            let Some(head) = declaration.name.strip_suffix(name) else { return false };
            let outer = head.trim_end_matches([':', '\\']);
            // `Client` inside of `Bank` may be `Bank::Client`.
            let is_around = outer.is_empty()
                || (head.len() > outer.len()
                    && from.facts.declares.iter().any(|own| own.as_str() == outer || own.starts_with(head)));
            let other = project(&declaration.path);
            is_around && (other == own || is_below(other, own) || is_below(own, other) || is_library(&declaration.path))
        };
        let found = self.by_tail.get(tail(name))?.iter().filter(fits);
        let near = |path: &str| path.bytes().zip(from.path.bytes()).take_while(|(a, b)| a == b).count();
        found.max_by_key(|declaration| (near(&declaration.path), declaration.name.len())).map(|d| d.path.as_str())
    }

    /// Ruby's `require "bank/client"`, where a library of the tree has that file.
    pub(crate) fn library(&self, from: &str, name: &str) -> Option<&str> {
        let near = |path: &&String| path.bytes().zip(from.bytes()).take_while(|(a, b)| a == b).count();
        self.libraries.get(name)?.iter().max_by_key(near).map(String::as_str)
    }
}

/// The last part of a name.
fn tail(name: &str) -> &str {
    name.rsplit([':', '\\']).next().unwrap_or(name)
}

/// The directory of a file's project.
fn project(path: &str) -> &str {
    let mut at = 0;
    for part in path.split('/') {
        if PARTS.contains(&part) {
            return path.get(..at).unwrap_or_default().trim_end_matches('/');
        }
        at += part.len() + 1;
    }
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a file belongs to a library: others may use what it declares.
fn is_library(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "lib" | "libs" | "libraries" | "gems" | "packages" | "shared" | "common"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_end_where_their_parts_begin() {
        for (path, expected) in [
            ("a/app/models/x.rb", "a"),
            ("a/lib/x.rb", "a"),
            ("a/x.rb", "a"),
            ("app/x.rb", ""),
            ("x.rb", ""),
            ("services/a/src/X.php", "services/a"),
        ] {
            assert_eq!(project(path), expected, "{path}");
        }
    }

    #[test]
    fn names_end_in_their_tails() {
        for (name, expected) in [("A::B", "B"), ("B", "B"), ("App\\Http\\X", "X"), ("run", "run")] {
            assert_eq!(tail(name), expected, "{name}");
        }
    }
}
