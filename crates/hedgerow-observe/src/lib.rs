//! What traffic showed, from every source that can say it.
//!
//! Each format has a [`Reader`]: bytes go in, cut anywhere, and typed [`Record`]s come out, with a [`Tally`] of what was not understood.
//! Nothing here opens a file or a socket, knows the time, or waits.
//!
//! # What this crate does not do
//! A record names nobody: it has the addresses, interfaces and labels that its source gave. [`naming`] says whose they were, [`count`]
//! sums counters, and [`observations`] is the form in which what was seen is kept.

mod attributes;
mod conntrack;
pub mod count;
mod elements;
mod flows;
mod format;
mod kernel;
mod lines;
pub mod naming;
pub mod observations;
mod reader;
mod record;
mod rules;
pub mod sum;
mod time;

/// Calico's flow messages as they are on the wire, and what they say.
pub mod calico {
    pub use crate::flows::calico::{FlowUpdate, WireFlow, WireHit, WireKey, WireTrace, flow};
}

pub use format::Format;
pub use reader::{Fault, MAX_PIECE, Misread, Notice, Reader, Tally};
pub use record::{
    Connection, Counts, Direction, End, EndKind, Event, Family, Flow, FlowEvent, Hit, HitAction, LossSign, Lost,
    Origin, Outcome, Packet, Policy, PolicyKind, Protocol, Record, Role, RuleAction, RuleCounter, Service, Step,
    Tables, Tuple, When,
};
