//! The guard against a real API server with its controllers: what is refused, what is let through, in both strengths.
//!
//! The control plane comes from `scripts/tools cluster` and is started once. Where it is missing the tests say so and pass; with
//! `HEDGEROW_REQUIRE_TOOLS=1` they fail.
#![allow(clippy::disallowed_methods, reason = "starts programs, reads and writes files: that is what is tested")]

mod accounts;
mod attacks;
mod controllers;
mod cost;
mod deploys;
mod dump;
mod lawful;
mod mutants;
mod row;
mod rows;
mod world;
