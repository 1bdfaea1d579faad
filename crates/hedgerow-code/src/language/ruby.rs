//! Ruby.

use super::{Begins, Semantics};

/// Ruby.
pub(super) struct Ruby;

impl Semantics for Ruby {
    fn hands_keys_first(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "Ruby"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["rb", "rake", "ru"]
    }

    fn file_names(&self) -> &'static [&'static str] {
        &["Rakefile"]
    }

    fn is_test(&self, stem: &str, directories: &[&str]) -> bool {
        stem.ends_with("_spec") || stem.ends_with("_test") || directories.contains(&"spec")
    }

    fn begins(&self) -> Begins {
        Begins::Scripts
    }

    fn goes_by_tails(&self) -> bool {
        true
    }

    fn shares_names(&self) -> bool {
        true
    }

    fn makes_by(&self, method: &str) -> bool {
        method == "new"
    }

    fn has_framed_classes(&self) -> bool {
        true
    }

    fn inherits_class_methods(&self) -> bool {
        true
    }

    fn may_leave_out_arguments(&self) -> bool {
        true
    }

    fn has_readers(&self) -> bool {
        true
    }

    fn library_file<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (_, below) = path.rsplit_once("lib/")?;
        Some(below.strip_suffix(".rb").unwrap_or(below))
    }
}
