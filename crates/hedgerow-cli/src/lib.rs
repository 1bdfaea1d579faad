//! The command line of Hedgerow: the program `hedgerow`, as a function that tests call in process.
//!
//! ```
//! use hedgerow_cli::{Exit, Os, run};
//!
//! assert_eq!(run(["hedgerow", "check", "-C", "../../testdata/bank"].map(Into::into), &mut Os::new()), Exit::Done);
//! ```
//!
//! # What this crate does not do
//! It holds no rule of meaning and is no library for deploy tools: that is the crate `hedgerow`, which builds without
//! what this one needs for arguments, git, scans and terminals.

mod cli;
mod code;
mod codeowners;
mod diff;
mod embedded;
mod ignored;
mod look;
mod manifests;
mod schema;

pub use cli::{Exit, Os, args, run};
