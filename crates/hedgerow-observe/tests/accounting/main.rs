//! From calls to observations: who they are, what became of them, how often, and what the silence is worth.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../shared/cases.rs"]
mod cases;
mod changes;
mod fleet;
mod laws;
mod ledger;
mod verdicts;
mod world;
