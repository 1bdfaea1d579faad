//! What traffic showed, from every source that can say it.
//!
//! Each format has a [`Reader`]: bytes go in, cut anywhere, and typed [`Record`]s come out, with a [`Tally`] of what was not understood.
//! Nothing here opens a file or a socket, knows the time, or waits.
//!
//! # What this crate does not do
//! A record names nobody: it has the addresses, interfaces and labels that its source gave.
//!
//! # From a record to an observation
//! | module | what it knows |
//! | --- | --- |
//! | [`naming`] | who had an address when |
//! | [`fleet`] | which service a pod is, by the catalogue |
//! | [`call`] | whose both ends of a call are |
//! | [`verdict`] | what became of it, by its source or by the policies |
//! | [`ledger`] | how often and when; what has to be kept, and what was heard |
//! | [`observations`] | the form in which it is printed, sent and read |
//! | [`scraped`] | the same from a Prometheus that scraped collectors |
//! | [`count`] | sums of rule counters, which name nobody |
//!
//! A collector gives each batch to [`ledger::Ledger::take`], keeps the [`ledger::Effect`], and says so by [`ledger::Ledger::commit`].

mod attributes;
pub mod call;
mod conntrack;
pub mod count;
mod elements;
pub mod file;
pub mod fleet;
mod flows;
mod format;
mod kernel;
pub mod ledger;
mod lines;
pub mod naming;
pub mod observations;
mod reader;
mod record;
mod rules;
pub mod scraped;
pub mod sum;
mod time;
pub mod verdict;

/// Calico's flow messages as they are on the wire, and what they say.
pub mod calico {
    pub use crate::flows::calico::{FlowUpdate, WireFlow, WireHit, WireKey, WireTrace, flow, has_unknown};
}

pub use format::Format;
pub use reader::{Fault, MAX_PIECE, Misread, Notice, Reader, Tally};
pub use record::{
    Connection, Counts, Direction, End, EndKind, Event, Family, Flow, FlowEvent, Hit, HitAction, LossSign, Lost,
    Origin, Outcome, Packet, Policy, PolicyKind, Protocol, Record, Role, RuleAction, RuleCounter, Service, Step,
    Tables, Tuple, When,
};
