//! When may a service be enforced, and where do code, rules and traffic differ? Texts and counts in, evidence out.
//!
//! [`judge`](judge::judge) answers for each callee `ready`, `wait`, `blocked` or `unknown`, with its evidence. What nobody watched is
//! `unknown`, and **unknown is never ready**. [`reconcile`](reconcile::reconcile) puts each edge of code, rules and traffic into a class.
//! [`used`] says of each call how often it came and what permits it, and what it is worth that one did not. [`bound`] says what a silence is worth.
//!
//! # What this crate does not do
//! It reads no file, has no clock and scans no code: the plan, what the code says ([`code::Code`]), observations and the time now are inputs.

pub mod bound;
pub mod code;
mod cron;
pub mod evidence;
mod hearing;
pub mod judge;
pub mod reconcile;
mod traffic;
pub mod used;
