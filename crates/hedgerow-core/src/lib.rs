//! The policy model of Hedgerow: what a reviewer must trust.

pub mod diag;
pub mod source;
