//! End to end: the real programs that Hedgerow works inside, with the real `hedgerow`, on `testdata/bank`.
//!
//! The programs come from `.tools/bin`, where `scripts/tools` puts them. A test whose program is missing says so and passes;
//! with `HEDGEROW_REQUIRE_TOOLS=1` it fails.
#![allow(clippy::disallowed_methods, reason = "starts programs, reads and writes files: that is what is tested")]

mod action;
mod argocd;
mod bank;
mod charts;
mod first_stream;
mod helm;
#[path = "../moves/host.rs"]
#[allow(dead_code, reason = "the other part is used by tests/moves")]
mod host;
mod json;
mod kpt;
mod kubectl;
mod kustomize;
mod manifest;
mod moved;
mod nasty;
mod orders;
mod overlays;
#[path = "../docs/page.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "tests/docs uses the other part, and has its own test")]
mod page;
mod pages;
mod precommit;
mod program;
mod release;
#[path = "../moves/world.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::disallowed_types, reason = "the other part is used by tests/moves")]
mod world;
