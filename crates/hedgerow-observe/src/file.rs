//! The records of one file → calls, as the node's part makes them of live sources.

use crate::call::{Call, Seen};
use crate::fleet::Labels;
use crate::naming::Micros;
use crate::record::{Direction, Event, Flow, Origin, Outcome, Record, When};
use crate::sum::connections::Connections;
use crate::sum::flows::{CalicoFlows, HubbleFlows};
use crate::sum::packets::Packets;
use crate::sum::{Aside, Began, Call as Summed, Now, Place, Said, Span, Sums, policy_text};
use std::collections::BTreeMap;
use std::sync::Arc;

static NO_LABELS: Labels = Labels::new();

/// Makes calls of the records of one file, in its order.
#[derive(Debug)]
pub struct FileCalls {
    at: Micros,
    boot: Option<Micros>,
    calico: CalicoFlows,
    hubble: HubbleFlows,
    packets: Packets,
    connections: Connections,
    is_listing: bool,
    sums: Sums,
    lost: u64,
    counters: u64,
}

impl FileCalls {
    /// For records of which some may give no time: these are taken to be of `at`. `boot`: when the machine started, for records that count from
    /// there; without it they are of `at` as well.
    #[must_use]
    pub fn new(at: Micros, boot: Option<Micros>) -> Self {
        Self {
            at,
            boot,
            calico: CalicoFlows::new(Micros::MIN / 2),
            hubble: HubbleFlows::new(Micros::MIN),
            packets: Packets::new(Micros::MIN),
            connections: Connections::default(),
            is_listing: false,
            sums: Sums::new(crate::sum::Limits::default()),
            lost: 0,
            counters: 0,
        }
    }

    /// Takes one record.
    pub fn record(&mut self, record: &Record) {
        match record {
            Record::Counter(_) => self.counters += 1,
            Record::Packet(packet) => {
                let now = self.now(packet.when);
                self.packets.packet(packet, now, &mut self.sums);
            }
            Record::Connection(connection) => {
                let now = self.now(connection.when);
                if connection.event == Event::Listed {
                    if !self.is_listing {
                        self.connections.begin();
                        self.is_listing = true;
                    }
                    self.connections.listed(connection, now, &mut self.sums);
                } else {
                    self.connections.event(connection, now, &mut self.sums);
                }
            }
            Record::Flow(flow) => {
                let now = self.now(flow.when);
                match flow.origin {
                    Origin::Calico => self.calico.flow(flow, now, &mut self.sums),
                    Origin::Hubble => self.hubble.flow(flow, now, &mut self.sums),
                    Origin::Gke | Origin::Ovn | Origin::Aws => log_line(flow, now, &mut self.sums),
                }
            }
            Record::Lost(lost) => self.lost = self.lost.saturating_add(lost.count.unwrap_or(1).max(1)),
        }
    }

    /// Whether the calls are to be taken before more come.
    #[must_use]
    pub fn is_nearly_full(&self) -> bool {
        self.sums.is_nearly_full()
    }

    /// Takes the calls so far. What did not fit is in [`Self::lost`].
    pub fn take(&mut self) -> BTreeMap<Summed, Span> {
        let (calls, lost) = self.sums.take();
        self.lost = self.lost.saturating_add(lost);
        calls
    }

    /// Records that are known to be lost: by the source, or for want of room.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Counters of rules, which name nobody.
    #[must_use]
    pub const fn counters(&self) -> u64 {
        self.counters
    }

    /// Records that are no calls, by the reason.
    #[must_use]
    pub const fn aside(&self) -> &BTreeMap<Aside, u64> {
        self.sums.aside()
    }

    fn now(&self, when: When) -> Now {
        let unix = match (when, self.boot) {
            (When::Unix(micros), _) => micros,
            (When::SinceBoot(micros), Some(boot)) => {
                let unix = boot.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX));
                return Now { unix, boot: i64::try_from(micros).unwrap_or(i64::MAX) };
            }
            (When::SinceBoot(micros), None) => {
                return Now { unix: self.at, boot: i64::try_from(micros).unwrap_or(i64::MAX) };
            }
            (When::Unsaid, _) => self.at,
        };
        Now { unix, boot: unix }
    }
}

impl<'a> Call<'a> {
    /// A call of a source, as it was summed.
    #[must_use]
    pub fn summed(source: &'a str, call: &'a Summed, span: Span) -> Self {
        Self {
            source,
            caller: seen(&call.caller),
            callee: seen(&call.callee),
            port: call.port,
            protocol: call.protocol,
            said: call.said,
            policy: call.policy.as_deref(),
            first: span.first,
            last: span.last,
            count: span.count,
            was_open: call.began == Began::Earlier,
            may_repeat: call.began == Began::PerhapsCounted,
            is_elsewhere: false,
        }
    }
}

fn seen(place: &Place) -> Seen<'_> {
    let name = place.name.as_deref();
    Seen {
        address: place.address,
        namespace: name.map_or("", |name| name.namespace.as_str()),
        name: name.map_or("", |name| name.name.as_str()),
        labels: name.map_or(&NO_LABELS, |name| &name.labels),
        is_outside: name.is_some_and(|name| name.is_outside),
    }
}

/// A line of a policy log: one decision, or several that were summed.
fn log_line(flow: &Flow, now: Now, sums: &mut Sums) {
    if flow.direction == Some(Direction::Egress) {
        sums.put_aside(Aside::CallersSide);
        return;
    }
    let said = match flow.outcome {
        Outcome::Denied => Said::Dropped,
        Outcome::Audited => Said::Unpermitted,
        Outcome::Allowed => Said::Permitted,
        Outcome::Unsaid => Said::Unsaid,
    };
    let place = |end: &crate::record::End| {
        let name = crate::sum::Name {
            namespace: end.namespace.clone().unwrap_or_default(),
            name: end.name.clone().unwrap_or_default(),
            labels: end.labels.clone(),
            is_outside: false,
        };
        // These sources give a pod's name and not its labels; by its address it has both.
        let is_enough = end.address.is_some() && end.labels.is_empty();
        let name = (name != crate::sum::Name::default() && !is_enough).then(|| Arc::new(name));
        Place { address: end.address.map(|address| address.to_canonical()), name }
    };
    let call = Summed {
        caller: place(&flow.caller),
        callee: place(&flow.callee),
        port: flow.port.unwrap_or(0),
        protocol: flow.protocol.unwrap_or(crate::record::Protocol(0)),
        said,
        began: Began::Now,
        prefix: None,
        policy: flow.enforced.last().map(|hit| Arc::from(policy_text(&hit.policy))),
    };
    sums.add(call, now.of(flow.when), flow.counts.times.unwrap_or(1));
}
