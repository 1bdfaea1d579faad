//! Go.

use super::{Begins, HandedClass, Semantics};
use crate::constraint::Build;
use crate::ir::Function;
use std::collections::BTreeSet;

/// Go.
pub(super) struct Go;

impl Semantics for Go {
    fn name(&self) -> &'static str {
        "Go"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["go"]
    }

    fn is_test(&self, stem: &str, _directories: &[&str]) -> bool {
        stem.ends_with("_test")
    }

    fn is_built(&self, path: &str, constraint: Option<&str>, tags: &BTreeSet<String>) -> bool {
        Build::new(tags).takes(path, constraint)
    }

    fn begins(&self) -> Begins {
        Begins::Packages
    }

    fn runs_on_load(&self, function: &Function) -> bool {
        function.name == "init" && function.receiver.is_none()
    }

    fn packages_name_themselves(&self) -> bool {
        true
    }

    fn aliases<'p>(&self, path: &'p str) -> Vec<&'p str> {
        aliases(path)
    }

    fn library_path<'p>(&self, import: &'p str, _package: &'p str, _file: &'p str) -> &'p str {
        import
    }

    fn is_exported(&self, name: &str) -> bool {
        name.starts_with(char::is_uppercase)
    }

    fn has_classes(&self) -> bool {
        false
    }

    fn implements_by_methods(&self) -> bool {
        true
    }

    fn handed_class(&self) -> HandedClass {
        HandedClass::Unmade
    }

    fn has_conversions(&self) -> bool {
        true
    }

    fn has_undeclared_fields(&self) -> bool {
        false
    }
}

/// The names a Go package outside of the tree may have, by its path: what it declares itself cannot be read.
fn aliases(path: &str) -> Vec<&str> {
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let mut parts = path.rsplit('/');
    let mut last = parts.next().unwrap_or(path);
    let mut names = vec![last];
    if is_version(last) {
        last = parts.next().unwrap_or(last);
        names.push(last);
    }
    // `gopkg.in/yaml.v3`
    if let Some((stem, version)) = last.rsplit_once('.')
        && (is_version(version) || version == "go")
    {
        names.push(stem);
        last = stem;
    } else if let Some((stem, _)) = last.split_once('.') {
        // `go-micro.dev/v4`
        last = stem;
    }
    names.extend(last.strip_prefix("go-"));
    names.extend(last.strip_suffix("-go"));
    names.extend(last.rsplit_once('-').map(|(_, tail)| tail));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_of_outside_packages_are_guessed_from_the_path() {
        for (path, alias) in [
            ("google.golang.org/grpc", "grpc"),
            ("github.com/a/b/v2", "b"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("github.com/a/go-redis", "redis"),
            ("go-micro.dev/v4", "micro"),
            ("github.com/a/b-go", "b"),
        ] {
            assert!(aliases(path).contains(&alias), "{path}");
        }
    }
}
