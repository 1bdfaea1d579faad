//! The observer: who calls whom without a rule.
//!
//! [`hedgerow_observe`] knows the formats; here are the doors to the machine (each says so in its first lines) and the command line.

#[cfg(unix)]
pub mod canary;
pub mod cli;
mod clock;
#[cfg(unix)]
pub mod collector;
pub mod export;
pub mod goldmane;
pub mod link;
#[cfg(target_os = "linux")]
pub mod node;
mod read;
pub mod store;
pub mod uplink;
mod web;
mod wire;
