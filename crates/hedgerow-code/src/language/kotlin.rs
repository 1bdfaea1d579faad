//! Kotlin.

use super::{Begins, HandedClass, Semantics, java};
use crate::frontend::Language;
use crate::testcode::is_jvm_test;

/// Kotlin.
pub(super) struct Kotlin;

impl Semantics for Kotlin {
    fn hands_keys_first(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "Kotlin"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["kt"]
    }

    fn shares_libraries_with(&self) -> &'static [Language] {
        &[Language::Java]
    }

    fn is_test(&self, stem: &str, directories: &[&str]) -> bool {
        is_jvm_test(stem, directories)
    }

    fn begins(&self) -> Begins {
        Begins::Classes
    }

    fn runs_files(&self) -> bool {
        false
    }

    fn global(&self, name: &str) -> Option<&'static str> {
        java::given(name)
    }

    fn is_from_outside(&self, name: &str) -> bool {
        // What the language gives has a path.
        name.starts_with(char::is_uppercase) && self.global(name).is_none()
    }

    fn library_path<'p>(&self, _import: &'p str, package: &'p str, _file: &'p str) -> &'p str {
        package
    }

    fn handed_class(&self) -> HandedClass {
        HandedClass::Contained
    }

    fn has_containers(&self) -> bool {
        true
    }

    fn has_overloads(&self) -> bool {
        true
    }

    fn may_leave_out_arguments(&self) -> bool {
        true
    }

    fn has_extensions(&self) -> bool {
        true
    }

    fn has_filled_interfaces(&self) -> bool {
        true
    }
}
