//! What a node tells.

use crate::call::Call;
use crate::naming::Micros;
use std::net::IpAddr;

/// What a node saw in one interval.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The node.
    pub node: &'a str,
    /// When the interval began, on the collector's clock like all times here: see `skew`.
    pub from: Micros,
    /// When it ended.
    pub to: Micros,
    /// When the node's interval before ended, as its report said, where this one begins the moment that one ended: what was heard in both was heard
    /// between them, too. Clocks are not known exactly, so `from` is later than this.
    pub continues: Option<Micros>,
    /// What was seen.
    pub calls: Vec<Call<'a>>,
    /// How the sources did.
    pub sources: Vec<SourceReport<'a>>,
    /// What a canary sent.
    pub sent: Vec<Sent<'a>>,
}

/// How a source did in the interval.
#[derive(Clone, Copy, Debug)]
pub struct SourceReport<'a> {
    /// Its name: `flows`, `conntrack`, `kernel-log`, `counters`, `hubble`.
    pub name: &'a str,
    /// Whether it proved during the whole interval that it was listening.
    pub heard: bool,
    /// Records that are known to be lost.
    pub lost: u64,
    /// Something was lost, and nobody can say how much.
    pub lost_unknown: bool,
}

/// What a canary sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// From where.
    pub address: IpAddr,
    /// The uid of the pod that says so, as its token proves it.
    pub uid: &'a str,
    /// To which service, by its name in the catalogue.
    pub callee: &'a str,
    /// How many calls; 0 says that they are going to be made.
    pub count: u64,
}
