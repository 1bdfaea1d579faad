//! The laws that hold for every fleet and every stream, as properties over generated ones.
//!
//! The evaluator that the rendered objects are asked with was written apart from the renderers and shares nothing with them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the corpus of odd manifests is read from the repository"
)]

mod catalogue;
#[path = "../common/mod.rs"]
mod common;
mod fleet;
mod meaning;
mod moves;
mod names;
mod order;
mod robust;
mod stream;

use proptest::prelude::ProptestConfig;

/// So many cases, or as many as `PROPTEST_CASES` says: a long search is a matter of one variable.
fn cases(usual: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { given } else { ProptestConfig { cases: usual, ..given } }
}
