//! What a stranger meets first: `init`, `doctor`, `explain`, `schema`, and what a shell completes.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests that write files and link programs into a path of their own"
)]

#[path = "../common/mod.rs"]
mod common;

mod alone;
mod complete;
mod deployers;
mod deployments;
mod doctor;
mod explain;
mod homes;
mod init;
mod ports;
mod schema;
mod strangers;
mod umbrella;
mod unnamed;
mod wanted;
