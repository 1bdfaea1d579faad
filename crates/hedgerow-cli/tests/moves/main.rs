//! Law 12: for every move between stages that is called safe, in every order of single writes and pod replacements that the
//! host may choose, no call is dropped that gets through before and after.
//!
//! What is deployed is what `post-render` makes of a stream. The hosts' orders are modelled in `hosts` ([`host::Host`]); real
//! Helm and kubectl are recorded against a real API server in `tests/hosts/orders.rs`. Calls are judged by `hedgerow-eval`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test that reads and writes a page of the project"
)]

mod agree;
mod host;
mod page;
mod walk;
mod world;
