//! Python.

use super::{Begins, Semantics};

/// Python.
pub(super) struct Python;

impl Semantics for Python {
    fn loops_over_keys(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "Python"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["py", "pyw"]
    }

    fn is_test(&self, stem: &str, _directories: &[&str]) -> bool {
        stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest"
    }

    fn gives_on_imports(&self) -> bool {
        true
    }

    fn orders_bases(&self) -> bool {
        true
    }

    fn calls_classes(&self) -> bool {
        true
    }

    fn has_properties(&self) -> bool {
        true
    }

    fn hints_types(&self) -> bool {
        true
    }

    fn makes_called_class(&self) -> bool {
        true
    }

    fn describes_fields(&self) -> bool {
        true
    }

    fn inherits_class_methods(&self) -> bool {
        true
    }

    fn begins(&self) -> Begins {
        Begins::Scripts
    }

    fn may_leave_out_arguments(&self) -> bool {
        true
    }
}
