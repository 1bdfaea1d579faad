//! Calls, summed: what a node saw in some seconds, as one line for each pair of ends, port, protocol and outcome.
//!
//! A source does not speak of calls. It speaks of packets that are sent again, of connections that were there before, of answers, and of one
//! call from four sides. [`connections`], [`packets`] and [`flows`] know, each for its sources, which record is a call; [`Sums`] adds them up.
//! What is no call is counted by its reason ([`Aside`]), and what does not fit is counted as lost: `fed = summed + aside + lost`, always.
//!
//! Nothing here knows the time: every function is given it, in microseconds.

pub mod connections;
pub mod flows;
pub mod packets;
mod recent;

use crate::record::{Policy, PolicyKind, Protocol, When};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// One moment, by both clocks of a machine, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Since 1970-01-01T00:00:00Z. It can be set, and then it jumps.
    pub unix: i64,
    /// Since the machine started. It never goes back.
    pub boot: i64,
}

impl Now {
    /// When a record was made, on the clock that counts from 1970: as it says, and not later than now; without any time, now.
    #[must_use]
    pub fn of(self, when: When) -> i64 {
        let said = match when {
            When::Unsaid => return self.unix,
            When::SinceBoot(micros) => {
                let ago = self.boot.saturating_sub(i64::try_from(micros).unwrap_or(i64::MAX));
                self.unix.saturating_sub(ago)
            }
            When::Unix(micros) => micros,
        };
        said.min(self.unix)
    }
}

/// One end of a call, as its source names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The address, where the source gives one.
    pub address: Option<IpAddr>,
    /// Its name, where the source gives one.
    pub name: Option<Arc<Name>>,
}

impl Place {
    /// An end of which only the address is known.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address.to_canonical()), name: None }
    }
}

/// What a source with names says of an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod, or with `*` at its end the common part of a workload's pods.
    pub name: String,
    /// The pod's labels.
    pub labels: BTreeMap<String, String>,
    /// It is no pod: a host, a network, a set of networks.
    pub is_outside: bool,
}

/// What a source says became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// Nothing, or nothing that tells a permitted call from one that a backstop let through.
    Unsaid,
    /// A policy permits it.
    Permitted,
    /// It got through, and policies that are staged or in audit mode would have dropped it.
    Unpermitted,
    /// It was dropped.
    Dropped,
    /// A rule logged it; whether it was dropped then, the rules tell.
    Logged,
}

/// How a call stands to the time in which somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Began {
    /// It began then.
    #[default]
    Now,
    /// It was open already. It shows that there is such an edge; it comes again as long as it is open, and is never added to what was counted.
    Earlier,
    /// It began before this run, and an earlier run may have counted it: a source kept it for us, or sent it again.
    PerhapsCounted,
}

/// What calls are summed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// Who calls.
    pub caller: Place,
    /// Who is called, behind any translation of addresses.
    pub callee: Place,
    /// The callee's port; 0 where there is none.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// What became of it.
    pub said: Said,
    /// When it began.
    pub began: Began,
    /// Kernel log: the prefix that the rule gave.
    pub prefix: Option<Arc<str>>,
    /// The policy that decided, as `kind/namespace/name`.
    pub policy: Option<Arc<str>>,
}

impl Call {
    /// About so many bytes are needed to keep it.
    fn cost(&self) -> usize {
        let place = |place: &Place| {
            place.name.as_ref().map_or(0, |name| {
                let labels = name.labels.iter().map(|(key, value)| 64 + key.len() + value.len());
                96 + name.namespace.len() + name.name.len() + labels.sum::<usize>()
            })
        };
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |text| 16 + text.len());
        200 + place(&self.caller) + place(&self.callee) + text(&self.prefix) + text(&self.policy)
    }
}

/// How often a call was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When first.
    pub first: i64,
    /// When last.
    pub last: i64,
    /// How often.
    pub count: u64,
}

/// Why a record is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aside {
    /// A report of a network that something did not arrive, or another message of its own (ICMP).
    Control,
    /// An answer to somebody's call.
    Answer,
    /// It did not leave the machine, or its pod.
    Loopback,
    /// To a group or to all: nobody is called.
    Group,
    /// The same call once more: sent again, seen at another place, or reported again.
    Repetition,
    /// What the caller's side says: the callee's side says it, too.
    CallersSide,
    /// An event that begins nothing: a packet amid a connection, a change, an end.
    Amid,
}

/// How much of one source is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most lines.
    pub lines: usize,
    /// About the most bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lines: 10_000, bytes: 3 << 20 }
    }
}

/// The sums of one source since they were taken last.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    limits: Limits,
    calls: BTreeMap<Call, Span>,
    bytes: usize,
    lost: u64,
    aside: BTreeMap<Aside, u64>,
}

impl Sums {
    /// Sums that are kept within limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Adds calls.
    pub fn add(&mut self, call: Call, at: i64, count: u64) {
        if count == 0 {
            return;
        }
        if let Some(span) = self.calls.get_mut(&call) {
            span.first = span.first.min(at);
            span.last = span.last.max(at);
            span.count = span.count.saturating_add(count);
            return;
        }
        let cost = call.cost();
        if self.calls.len() >= self.limits.lines || self.bytes + cost > self.limits.bytes {
            self.lost = self.lost.saturating_add(count);
            return;
        }
        self.bytes += cost;
        self.calls.insert(call, Span { first: at, last: at, count });
    }

    /// Counts what is no call.
    pub fn put_aside(&mut self, why: Aside) {
        *self.aside.entry(why).or_default() += 1;
    }

    /// What was no call so far.
    #[must_use]
    pub const fn aside(&self) -> &BTreeMap<Aside, u64> {
        &self.aside
    }

    /// Whether calls between ends that are new from here on would be lost: take them.
    #[must_use]
    pub fn is_nearly_full(&self) -> bool {
        self.calls.len() >= self.limits.lines / 4 * 3 || self.bytes >= self.limits.bytes / 4 * 3
    }

    /// Takes the sums, and how many calls did not fit. From here on they are empty.
    pub fn take(&mut self) -> (BTreeMap<Call, Span>, u64) {
        self.bytes = 0;
        (std::mem::take(&mut self.calls), std::mem::take(&mut self.lost))
    }
}

/// A policy as `kind/namespace/name`; without a namespace `kind//name`.
#[must_use]
pub fn policy_text(policy: &Policy) -> String {
    format!("{}/{}/{}", kind_name(&policy.kind), policy.namespace.as_deref().unwrap_or_default(), policy.name)
}

/// The name of a kind.
#[must_use]
pub fn kind_name(kind: &PolicyKind) -> &str {
    match kind {
        PolicyKind::KubernetesNetworkPolicy => "KubernetesNetworkPolicy",
        PolicyKind::CalicoNetworkPolicy => "CalicoNetworkPolicy",
        PolicyKind::GlobalNetworkPolicy => "GlobalNetworkPolicy",
        PolicyKind::StagedKubernetesNetworkPolicy => "StagedKubernetesNetworkPolicy",
        PolicyKind::StagedNetworkPolicy => "StagedNetworkPolicy",
        PolicyKind::StagedGlobalNetworkPolicy => "StagedGlobalNetworkPolicy",
        PolicyKind::AdminNetworkPolicy => "AdminNetworkPolicy",
        PolicyKind::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
        PolicyKind::ClusterNetworkPolicy => "ClusterNetworkPolicy",
        PolicyKind::CiliumNetworkPolicy => "CiliumNetworkPolicy",
        PolicyKind::CiliumClusterwideNetworkPolicy => "CiliumClusterwideNetworkPolicy",
        PolicyKind::Profile => "Profile",
        PolicyKind::EndOfTier => "EndOfTier",
        PolicyKind::Other(other) => other,
    }
}

/// Why addresses and an ICMP type make no call, if they do not.
fn no_call(caller: IpAddr, callee: IpAddr) -> Option<Aside> {
    let (caller, callee) = (caller.to_canonical(), callee.to_canonical());
    if callee.is_multicast() || callee == IpAddr::V4(std::net::Ipv4Addr::BROADCAST) {
        Some(Aside::Group)
    } else if caller == callee || caller.is_loopback() || callee.is_loopback() {
        Some(Aside::Loopback)
    } else {
        None
    }
}

/// What an ICMP message is: only a question (echo, time stamp) is a call.
fn icmp_aside(protocol: Protocol, kind: u8) -> Option<Aside> {
    match (protocol, kind) {
        (Protocol::ICMP, 8 | 13 | 15 | 17) | (Protocol::ICMPV6, 128) => None,
        (Protocol::ICMP, 0 | 14 | 16 | 18) | (Protocol::ICMPV6, 129) => Some(Aside::Answer),
        _ => Some(Aside::Control),
    }
}
