//! Every format against what a real source wrote, and against what was really called.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests read fixtures that they know"
)]

#[path = "../shared/cases.rs"]
mod cases;
mod conntrack;
mod counters;
mod cuts;
mod dialects;
mod flows;
mod kernel;
mod support;
