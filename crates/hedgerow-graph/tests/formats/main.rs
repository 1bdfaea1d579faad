//! Every format on one small network (snapshots), on names that try to break out, and on input in any order.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../hostile/network.rs"]
mod hostile;
mod small;

mod golden;
mod harmless;
mod order;
mod schema;
mod traffic;
