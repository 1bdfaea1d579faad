//! Whether manifests mean what the rules say: compares a [`Plan`](hedgerow_core::plan::Plan) with what an evaluator finds
//! in [`Manifests`](hedgerow_eval::Manifests).
//!
//! The evaluator, `hedgerow-eval`, knows nothing of rule files and shares nothing with the renderer. This crate says a plan
//! in the evaluator's words, asks it about every caller, port and address, and reports where the answers differ. It
//! reads the plan's rules, types and `allow` entries, not the policies that were planned for the renderer.
//!
//! # What this crate does not do
//! * It reads no files and no rules: the plan and the manifests are given.
//! * It does not say that all is right where the evaluator could not understand a policy; whoever calls [`verify`] looks at
//!   the diagnostics of [`Manifests::read`](hedgerow_eval::Manifests::read) first.

mod compare;
mod comparison;
mod expected;
mod guard;
mod misplaced;
mod others;
mod overwritten;
mod planned;
mod report;

pub use compare::verify;
pub use guard::{Expected, guard};
pub use hedgerow_eval::PolicyKind;
pub use others::{Relabel, policies_of_others};
pub use overwritten::overwritten;
pub use report::{Caller, Cause, Checked, Edges, Finding, Lacking, Report, Unguarded};
