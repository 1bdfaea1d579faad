//! Rust.

use super::{Begins, Semantics};
use crate::testcode::is_suffixed_test;

/// Rust.
pub(super) struct Rust;

impl Semantics for Rust {
    fn name(&self) -> &'static str {
        "Rust"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["rs"]
    }

    fn is_test(&self, stem: &str, _directories: &[&str]) -> bool {
        is_suffixed_test(stem)
    }

    fn begins(&self) -> Begins {
        Begins::Crates
    }
}
