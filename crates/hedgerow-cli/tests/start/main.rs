//! What a stranger meets first: `init`, `doctor`, `explain`, `schema`, and what a shell completes.
#![allow(clippy::disallowed_methods, reason = "writes files, and links programs into a path of its own")]

#[path = "../common/mod.rs"]
mod common;

mod complete;
mod doctor;
mod explain;
mod init;
mod schema;
