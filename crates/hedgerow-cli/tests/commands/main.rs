//! The commands in process: exit codes, what stands on which stream, formats for machines, framing for hosts, bad input.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "trees are made on disk, and what cannot be tested here is said aloud"
)]

mod bad_input;
mod catalogue;
#[path = "../common/mod.rs"]
mod common;
mod counts;
mod edges;
mod evidence;
mod formats;
mod frames;
mod guard;
mod import;
mod killed;
mod misplaced;
mod month;
mod names;
mod namespaces;
mod neighbours;
mod ready;
mod repositories;
mod scope;
mod unheard;
mod verbs;
mod verify;
mod words;
mod writing;

use std::path::PathBuf;

/// The fleet of the goldens: `service.emoji` may call `service.ledger`.
fn fleet() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/patch/fleet")
}

/// A workload of a service.
fn workload(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    metadata:\n      labels:\n        app: x\n"
    )
}

/// A fleet of two, for trees that a test makes itself.
const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: enforce}}\n";
