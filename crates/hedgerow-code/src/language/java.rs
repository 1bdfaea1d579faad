//! Java.

use super::{Begins, Semantics};
use crate::testcode::is_jvm_test;

/// Java.
pub(super) struct Java;

/// What Java and Kotlin give without an import.
pub(super) fn given(name: &str) -> Option<&'static str> {
    match name {
        "System" => Some("java.lang.System"),
        "String" => Some("java.lang.String"),
        // What is imported with all of its package.
        "Map" => Some("java.util.Map"),
        "HashMap" => Some("java.util.HashMap"),
        "LinkedHashMap" => Some("java.util.LinkedHashMap"),
        "TreeMap" => Some("java.util.TreeMap"),
        "EnumMap" => Some("java.util.EnumMap"),
        "ArrayList" => Some("java.util.ArrayList"),
        "List" => Some("java.util.List"),
        "Arrays" => Some("java.util.Arrays"),
        "Collections" => Some("java.util.Collections"),
        _ => None,
    }
}

impl Semantics for Java {
    fn hands_keys_first(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "Java"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["java"]
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
        given(name)
    }

    fn library_path<'p>(&self, _import: &'p str, package: &'p str, _file: &'p str) -> &'p str {
        package
    }

    fn has_overloads(&self) -> bool {
        true
    }

    // Beans, Lombok, records.
    fn has_accessors(&self) -> bool {
        true
    }

    fn has_undeclared_fields(&self) -> bool {
        false
    }

    fn has_filled_interfaces(&self) -> bool {
        true
    }
}
