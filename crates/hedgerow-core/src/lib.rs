//! The policy model of Hedgerow: what a reviewer must trust.

pub mod check;
pub mod cidr;
pub mod date;
pub mod diag;
pub mod draft;
pub mod fleet;
pub mod label;
pub mod name;
pub mod nonempty;
pub mod plan;
pub mod policy;
pub mod read;
pub mod source;
pub mod tree;
pub mod verdict;
