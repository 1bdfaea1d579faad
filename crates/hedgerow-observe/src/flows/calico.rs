//! Messages of Calico's flow socket and of Goldmane (`goldmane/proto/api.proto`). What flows look like on the wire is the same from 3.30 on;
//! kinds 7 and 8 end with 3.32, and 11 begins there.

use super::{labels, said, unknown_flow};
use crate::reader::{Fault, MAX_PIECE, Reader, Tally};
use crate::record::{
    Counts, Direction, End, EndKind, Flow, FlowEvent, Hit, HitAction, Origin, Outcome, Policy, PolicyKind, Protocol,
    Record, Service, When,
};
use crate::rules::name::without_tier;
use prost::Message;

/// What a data plane sends: a flow, and nothing else so far.
#[derive(Clone, PartialEq, Message)]
pub struct FlowUpdate {
    /// The flow.
    #[prost(message, optional, tag = "1")]
    pub flow: Option<WireFlow>,
}

/// A flow on the wire.
#[derive(Clone, PartialEq, Message)]
pub struct WireFlow {
    /// What flows are summed by.
    #[prost(message, optional, tag = "1")]
    pub key: Option<WireKey>,
    /// Seconds since 1970.
    #[prost(int64, tag = "2")]
    pub start_time: i64,
    /// Felix sends the start here, too: no duration can be had from it.
    #[prost(int64, tag = "3")]
    pub end_time: i64,
    /// Labels that all callers of the flow have.
    #[prost(string, repeated, tag = "4")]
    pub source_labels: Vec<String>,
    /// Labels that all callees of the flow have.
    #[prost(string, repeated, tag = "5")]
    pub dest_labels: Vec<String>,
    /// Packets into the reporter.
    #[prost(int64, tag = "6")]
    pub packets_in: i64,
    /// Packets out of the reporter.
    #[prost(int64, tag = "7")]
    pub packets_out: i64,
    /// Bytes into the reporter.
    #[prost(int64, tag = "8")]
    pub bytes_in: i64,
    /// Bytes out of the reporter.
    #[prost(int64, tag = "9")]
    pub bytes_out: i64,
    /// Connections that began.
    #[prost(int64, tag = "10")]
    pub num_connections_started: i64,
    /// Connections that ended.
    #[prost(int64, tag = "11")]
    pub num_connections_completed: i64,
    /// Connections that were there, also those that ended.
    #[prost(int64, tag = "12")]
    pub num_connections_live: i64,
}

/// What flows are summed by.
#[derive(Clone, PartialEq, Message)]
pub struct WireKey {
    /// Caller: a generated name with `*`, a pod, a host endpoint, a network set, `pub` or `pvt`.
    #[prost(string, tag = "1")]
    pub source_name: String,
    /// Caller's namespace.
    #[prost(string, tag = "2")]
    pub source_namespace: String,
    /// What the caller is.
    #[prost(int32, tag = "3")]
    pub source_type: i32,
    /// Callee.
    #[prost(string, tag = "4")]
    pub dest_name: String,
    /// Callee's namespace.
    #[prost(string, tag = "5")]
    pub dest_namespace: String,
    /// What the callee is.
    #[prost(int32, tag = "6")]
    pub dest_type: i32,
    /// Callee's port.
    #[prost(int64, tag = "7")]
    pub dest_port: i64,
    /// The Service, if one was called.
    #[prost(string, tag = "8")]
    pub dest_service_name: String,
    /// Its namespace.
    #[prost(string, tag = "9")]
    pub dest_service_namespace: String,
    /// The name of its port.
    #[prost(string, tag = "10")]
    pub dest_service_port_name: String,
    /// Its port.
    #[prost(int64, tag = "11")]
    pub dest_service_port: i64,
    /// Protocol.
    #[prost(string, tag = "12")]
    pub proto: String,
    /// Whose view it is.
    #[prost(int32, tag = "13")]
    pub reporter: i32,
    /// What became of it.
    #[prost(int32, tag = "14")]
    pub action: i32,
    /// Why.
    #[prost(message, optional, tag = "15")]
    pub policies: Option<WireTrace>,
}

/// Why a flow was let through or not.
#[derive(Clone, PartialEq, Message)]
pub struct WireTrace {
    /// As it is.
    #[prost(message, repeated, tag = "1")]
    pub enforced_policies: Vec<WireHit>,
    /// As it would be with staged policies.
    #[prost(message, repeated, tag = "2")]
    pub pending_policies: Vec<WireHit>,
}

/// One policy's part.
#[derive(Clone, PartialEq, Message)]
pub struct WireHit {
    /// Kind.
    #[prost(int32, tag = "1")]
    pub kind: i32,
    /// Namespace.
    #[prost(string, tag = "2")]
    pub namespace: String,
    /// Name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Tier.
    #[prost(string, tag = "4")]
    pub tier: String,
    /// What it said.
    #[prost(int32, tag = "5")]
    pub action: i32,
    /// Place in the trace.
    #[prost(int64, tag = "6")]
    pub policy_index: i64,
    /// Its rule.
    #[prost(int64, tag = "7")]
    pub rule_index: i64,
    /// For an end of tier, the policy because of which the tier applies.
    #[prost(message, optional, boxed, tag = "8")]
    pub trigger: Option<Box<Self>>,
}

/// What a message of the flow socket says.
///
/// # Errors
/// If a message has no flow, or a flow without its key.
pub fn flow(update: FlowUpdate) -> Result<Flow, Fault> {
    let wire = update.flow.ok_or(Fault::Truncated)?;
    let key = wire.key.ok_or(Fault::Truncated)?;
    let mut flow = unknown_flow(Origin::Calico, FlowEvent::Verdict);
    flow.when = if wire.start_time > 0 {
        wire.start_time.checked_mul(1_000_000).map_or(When::Unsaid, When::Unix)
    } else {
        When::Unsaid
    };
    flow.direction = match key.reporter {
        1 => Some(Direction::Egress),
        2 => Some(Direction::Ingress),
        _ => None,
    };
    flow.caller = end(key.source_type, &key.source_name, &key.source_namespace, &wire.source_labels);
    flow.callee = end(key.dest_type, &key.dest_name, &key.dest_namespace, &wire.dest_labels);
    flow.port = port(key.dest_port)?;
    flow.protocol = Protocol::parse(&key.proto);
    flow.service = match said(&key.dest_service_name) {
        Some(name) => Some(Service {
            namespace: said(&key.dest_service_namespace),
            name,
            port_name: said(&key.dest_service_port_name),
            port: port(key.dest_service_port)?,
        }),
        None => None,
    };
    flow.outcome = match key.action {
        1 => Outcome::Allowed,
        2 => Outcome::Denied,
        _ => Outcome::Unsaid,
    };
    let trace = key.policies.unwrap_or_default();
    flow.enforced = hits(trace.enforced_policies);
    flow.pending = hits(trace.pending_policies);
    let count = |number: i64| u64::try_from(number).ok();
    // In and out are the reporter's; here they are the callee's.
    let (into, out) =
        if key.reporter == 1 { (wire.packets_out, wire.packets_in) } else { (wire.packets_in, wire.packets_out) };
    flow.counts = Counts {
        started: count(wire.num_connections_started),
        completed: count(wire.num_connections_completed),
        live: count(wire.num_connections_live),
        packets_in: count(into),
        packets_out: count(out),
        times: None,
    };
    Ok(flow)
}

fn port(number: i64) -> Result<Option<u16>, Fault> {
    match u16::try_from(number) {
        Ok(0) => Ok(None),
        Ok(port) => Ok(Some(port)),
        Err(_) => Err(Fault::Value),
    }
}

fn end(kind: i32, name: &str, namespace: &str, all: &[String]) -> End {
    End {
        kind: match kind {
            1 => EndKind::Pod,
            2 => EndKind::Host,
            3 => EndKind::NetworkSet,
            4 => EndKind::Network,
            _ => EndKind::Unsaid,
        },
        namespace: said(namespace),
        name: said(name),
        labels: labels(all.iter().map(String::as_str)),
        ..End::default()
    }
}

/// Hits come in no order.
pub(crate) fn hits(wire: Vec<WireHit>) -> Vec<Hit> {
    let mut hits: Vec<Hit> = wire.into_iter().map(hit).collect();
    hits.sort_by_key(|hit| hit.policy_index);
    hits
}

fn hit(wire: WireHit) -> Hit {
    Hit {
        policy: policy(&wire),
        action: match wire.action {
            1 => HitAction::Allow,
            2 => HitAction::Deny,
            3 => HitAction::Pass,
            _ => HitAction::Unsaid,
        },
        policy_index: wire.policy_index,
        rule_index: wire.rule_index,
        trigger: wire.trigger.as_deref().map(policy),
    }
}

fn policy(wire: &WireHit) -> Policy {
    let kind = kind(wire.kind);
    // Releases that keep policies in the older API report `default.s-ledger`.
    let (tier, name) = without_tier(&kind, &wire.name);
    Policy {
        tier: said(&wire.tier).or(tier.map(str::to_owned)),
        namespace: said(&wire.namespace),
        name: name.to_owned(),
        kind,
    }
}

/// Names of kinds as the wire counts them.
pub(crate) const KINDS: [(&str, i32); 12] = [
    ("CalicoNetworkPolicy", 1),
    ("GlobalNetworkPolicy", 2),
    ("StagedNetworkPolicy", 3),
    ("StagedGlobalNetworkPolicy", 4),
    ("StagedKubernetesNetworkPolicy", 5),
    ("NetworkPolicy", 6),
    ("AdminNetworkPolicy", 7),
    ("BaselineAdminNetworkPolicy", 8),
    ("Profile", 9),
    ("EndOfTier", 10),
    ("ClusterNetworkPolicy", 11),
    ("KindUnspecified", 0),
];

fn kind(number: i32) -> PolicyKind {
    match number {
        1 => PolicyKind::CalicoNetworkPolicy,
        2 => PolicyKind::GlobalNetworkPolicy,
        3 => PolicyKind::StagedNetworkPolicy,
        4 => PolicyKind::StagedGlobalNetworkPolicy,
        5 => PolicyKind::StagedKubernetesNetworkPolicy,
        6 => PolicyKind::KubernetesNetworkPolicy,
        7 => PolicyKind::AdminNetworkPolicy,
        8 => PolicyKind::BaselineAdminNetworkPolicy,
        9 => PolicyKind::Profile,
        10 => PolicyKind::EndOfTier,
        11 => PolicyKind::ClusterNetworkPolicy,
        other => PolicyKind::Other(other.to_string()),
    }
}

/// Whether something in a flow is new to this version.
#[must_use]
pub fn has_unknown(flow: &Flow) -> bool {
    let unknown = |hit: &Hit| matches!(hit.policy.kind, PolicyKind::Other(_)) || hit.action == HitAction::Unsaid;
    flow.direction.is_none()
        || flow.outcome == Outcome::Unsaid
        || flow.protocol.is_none()
        || flow.enforced.iter().chain(&flow.pending).any(unknown)
}

/// Gives a flow, and counts what in it is new to this version: the flow is a record all the same.
pub(crate) fn give(flow: Flow, excerpt: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
    if has_unknown(&flow) {
        tally.fault(Fault::Unknown, excerpt);
    }
    out(Record::Flow(Box::new(flow)));
}

/// A reader of messages, each with its length before it as a varint.
#[derive(Debug, Default)]
pub(crate) struct FlowMessages {
    tally: Tally,
    pending: Vec<u8>,
    /// Bytes of a message that is too long and thrown away.
    skip: u64,
    lost: bool,
}

impl FlowMessages {
    fn drain(&mut self, out: &mut dyn FnMut(Record)) {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while !self.lost && !rest.is_empty() {
            if self.skip > 0 {
                let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(rest.len());
                rest = &rest[skipped..];
                self.skip -= skipped as u64;
                continue;
            }
            let Some((length, used)) = varint(rest) else {
                // Ten bytes are the most that a varint has.
                if rest.len() >= 10 {
                    self.tally.pieces += 1;
                    self.tally.fault(Fault::Shape, &rest[..10]);
                    self.lost = true;
                }
                break;
            };
            if length > MAX_PIECE as u64 {
                self.tally.pieces += 1;
                self.tally.fault(Fault::TooLong, &rest[..used]);
                self.skip = length;
                rest = &rest[used..];
                continue;
            }
            let end = used + usize::try_from(length).unwrap_or(usize::MAX);
            let Some(message) = rest.get(used..end) else { break };
            self.message(message, out);
            rest = &rest[end..];
        }
        if !self.lost {
            self.pending = rest.to_vec();
        }
    }

    fn message(&mut self, bytes: &[u8], out: &mut dyn FnMut(Record)) {
        self.tally.pieces += 1;
        match FlowUpdate::decode(bytes) {
            Ok(update) => match flow(update) {
                Ok(flow) => {
                    self.tally.records += 1;
                    give(flow, bytes, &mut self.tally, out);
                }
                Err(fault) => self.tally.fault(fault, bytes),
            },
            Err(_) => self.tally.fault(Fault::Shape, bytes),
        }
    }
}

impl Reader for FlowMessages {
    fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Record)) {
        while !bytes.is_empty() && !self.lost {
            let portion = bytes.len().min(64 << 10);
            self.pending.extend_from_slice(&bytes[..portion]);
            bytes = &bytes[portion..];
            self.drain(out);
        }
    }

    fn finish(&mut self, _: &mut dyn FnMut(Record)) {
        if !self.pending.is_empty() || self.skip > 0 {
            self.tally.pieces += 1;
            let pending = std::mem::take(&mut self.pending);
            self.tally.fault(Fault::Truncated, &pending);
        }
        (self.skip, self.lost) = (0, false);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// A varint and how many bytes it takes.
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).ok()?).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}
