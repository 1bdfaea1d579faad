//! The laws that hold for every fleet and every stream, as properties over generated ones.
//!
//! The evaluator that the rendered objects are asked with was written apart from the renderers and shares nothing with them.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the corpus of odd manifests is read from the repository"
)]

#[path = "../common/mod.rs"]
mod common;
mod fleet;
mod meaning;
mod order;
mod robust;
mod stream;
