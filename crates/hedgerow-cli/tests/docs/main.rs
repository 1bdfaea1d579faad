//! What README and docs print is run, or at least understood, by the program itself.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests that read the pages and write their files into a directory of their own"
)]

mod codes;
mod commands;
mod import;
mod page;
mod rollout;
mod shown;
