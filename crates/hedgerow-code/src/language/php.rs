//! PHP.

use super::{Begins, Semantics};

/// PHP.
pub(super) struct Php;

impl Semantics for Php {
    fn name(&self) -> &'static str {
        "PHP"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["php"]
    }

    fn is_test(&self, stem: &str, directories: &[&str]) -> bool {
        stem.ends_with("Test") || directories.contains(&"spec")
    }

    fn begins(&self) -> Begins {
        Begins::Scripts
    }

    fn shares_names(&self) -> bool {
        true
    }

    fn constructs_out_of_sight(&self) -> bool {
        true
    }

    // What a generated client of the tree is given goes on to its base.
    fn constructor(&self, class: &str) -> Option<String> {
        Some(format!("{class}.<new>"))
    }

    fn has_framed_classes(&self) -> bool {
        true
    }

    fn calls_by_text(&self) -> bool {
        true
    }

    // Symfony's: <https://symfony.com/doc/current/configuration.html>.
    fn settings_beside(&self) -> Option<(&'static str, &'static str)> {
        Some(("src", "config"))
    }

    fn may_leave_out_arguments(&self) -> bool {
        true
    }
}
