//! Each source: which rules come of it, and what is said of the rest.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "sources/mod.rs"]
mod of;
