//! The policy model of Hedgerow: what a reviewer must trust.

pub mod diag;
pub mod label;
pub mod name;
pub mod nonempty;
pub mod source;
