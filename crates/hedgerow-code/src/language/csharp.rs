//! C#.

use super::{Begins, HandedClass, Semantics};
use crate::testcode::ends_in_word;

/// C#.
pub(super) struct CSharp;

impl Semantics for CSharp {
    fn name(&self) -> &'static str {
        "C#"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["cs"]
    }

    fn is_test(&self, stem: &str, _directories: &[&str]) -> bool {
        ["Test", "Tests"].iter().any(|end| ends_in_word(stem, end))
    }

    fn begins(&self) -> Begins {
        Begins::Projects
    }

    fn runs_files(&self) -> bool {
        false
    }

    // Namespaces come in whole.
    fn is_from_outside(&self, name: &str) -> bool {
        name.starts_with(char::is_uppercase)
    }

    fn library_path<'p>(&self, _import: &'p str, package: &'p str, _file: &'p str) -> &'p str {
        package
    }

    // `AddSingleton<Ledger>()`
    fn handed_class(&self) -> HandedClass {
        HandedClass::Contained
    }

    fn has_containers(&self) -> bool {
        true
    }

    fn has_overloads(&self) -> bool {
        true
    }

    fn has_extensions(&self) -> bool {
        true
    }

    fn calls_handed_types(&self) -> bool {
        true
    }
}
