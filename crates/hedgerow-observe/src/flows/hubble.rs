//! Hubble's flows as JSON: `hubble observe -o json` and `jsonpb`, and its export file. A field mask may have left out anything.
//!
//! One packet can come several times: as a verdict of the policies (event 5), as dropped (1), and where it passed by (4). Events of proxies and
//! sockets are of no interest, nor are drops for reasons that are no policy.

use super::{labels, unknown_flow};
use crate::elements::ElementFormat;
use crate::reader::{Fault, Tally};
use crate::record::{
    Direction, End, EndKind, FlowEvent, Hit, HitAction, LossSign, Lost, Origin, Outcome, Policy, PolicyKind, Protocol,
    Record, Service, When,
};
use crate::time;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Hubble;

#[derive(Debug, Deserialize)]
struct Outer {
    flow: Option<WireFlow>,
    #[serde(alias = "lostEvents")]
    lost_events: Option<WireLost>,
    #[serde(alias = "nodeStatus")]
    node_status: Option<Value>,
    #[serde(alias = "agentEvent")]
    agent_event: Option<Value>,
    #[serde(alias = "debugEvent")]
    debug_event: Option<Value>,
    time: Option<String>,
    #[serde(alias = "nodeName")]
    node_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireLost {
    #[serde(alias = "numEventsLost")]
    num_events_lost: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct WireFlow {
    time: Option<String>,
    verdict: Option<Word>,
    drop_reason: Option<Word>,
    #[serde(alias = "dropReasonDesc")]
    drop_reason_desc: Option<Word>,
    #[serde(rename = "IP", alias = "ip")]
    ip: Option<WireIp>,
    l4: Option<WireL4>,
    source: Option<WireEnd>,
    destination: Option<WireEnd>,
    #[serde(rename = "Type", alias = "type")]
    kind: Option<Word>,
    #[serde(alias = "nodeName")]
    node_name: Option<String>,
    #[serde(default, alias = "sourceNames")]
    source_names: Vec<String>,
    #[serde(default, alias = "destinationNames")]
    destination_names: Vec<String>,
    reply: Option<bool>,
    #[serde(alias = "isReply")]
    is_reply: Option<bool>,
    #[serde(alias = "eventType")]
    event_type: Option<WireEvent>,
    #[serde(alias = "destinationService")]
    destination_service: Option<WireService>,
    #[serde(alias = "trafficDirection")]
    traffic_direction: Option<Word>,
    #[serde(default, alias = "ingressAllowedBy")]
    ingress_allowed_by: Vec<WirePolicy>,
    #[serde(default, alias = "egressAllowedBy")]
    egress_allowed_by: Vec<WirePolicy>,
    #[serde(default, alias = "ingressDeniedBy")]
    ingress_denied_by: Vec<WirePolicy>,
    #[serde(default, alias = "egressDeniedBy")]
    egress_denied_by: Vec<WirePolicy>,
}

/// An enum as a word or as a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(i64),
}

impl Word {
    fn is(&self, word: &str, number: i64) -> bool {
        match self {
            Self::Text(text) => text == word,
            Self::Number(this) => *this == number,
        }
    }
}

#[derive(Debug, Deserialize)]
struct WireIp {
    source: Option<String>,
    destination: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireL4 {
    #[serde(rename = "TCP", alias = "tcp")]
    tcp: Option<WirePorts>,
    #[serde(rename = "UDP", alias = "udp")]
    udp: Option<WirePorts>,
    #[serde(rename = "SCTP", alias = "sctp")]
    sctp: Option<WirePorts>,
    #[serde(rename = "ICMPv4", alias = "icmpv4")]
    icmpv4: Option<Value>,
    #[serde(rename = "ICMPv6", alias = "icmpv6")]
    icmpv6: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct WirePorts {
    #[serde(alias = "sourcePort")]
    source_port: Option<u16>,
    #[serde(alias = "destinationPort")]
    destination_port: Option<u16>,
    flags: Option<WireFlags>,
}

#[derive(Debug, Deserialize)]
struct WireFlags {
    #[serde(rename = "SYN", default)]
    syn: bool,
    #[serde(rename = "ACK", default)]
    ack: bool,
}

#[derive(Debug, Default, Deserialize)]
struct WireEnd {
    namespace: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(alias = "podName")]
    pod_name: Option<String>,
    #[serde(default)]
    workloads: Vec<WireWorkload>,
}

#[derive(Debug, Deserialize)]
struct WireWorkload {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct WireEvent {
    #[serde(rename = "type", default)]
    kind: i64,
}

#[derive(Debug, Deserialize)]
struct WireService {
    name: Option<String>,
    namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WirePolicy {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    labels: Vec<String>,
}

impl ElementFormat for Hubble {
    const WRAPPERS: &'static [&'static str] = &[];

    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(outer) = serde_json::from_slice::<Outer>(json) else {
            tally.fault(Fault::Value, json);
            return;
        };
        if let Some(lost) = outer.lost_events {
            let count = match &lost.num_events_lost {
                Some(Value::String(text)) => text.parse().ok(),
                Some(other) => other.as_u64(),
                None => None,
            };
            out(Record::Lost(Lost { when: when(outer.time.as_deref()), count, sign: LossSign::Hubble }));
            return;
        }
        let wire = match outer.flow {
            Some(wire) => wire,
            None if outer.node_status.is_some() || outer.agent_event.is_some() || outer.debug_event.is_some() => {
                tally.aside += 1;
                return;
            }
            // Older programs print the flow itself.
            None => match serde_json::from_slice::<WireFlow>(json) {
                Ok(wire) if wire.verdict.is_some() || wire.ip.is_some() => wire,
                _ => {
                    tally.fault(Fault::Shape, json);
                    return;
                }
            },
        };
        flow(wire, outer.time.as_deref(), outer.node_name, json, tally, out);
    }
}

fn when(text: Option<&str>) -> When {
    text.and_then(time::rfc3339).map_or(When::Unsaid, When::Unix)
}

fn flow(
    wire: WireFlow,
    time: Option<&str>,
    node: Option<String>,
    json: &[u8],
    tally: &mut Tally,
    out: &mut dyn FnMut(Record),
) {
    let event = match wire.event_type.as_ref().map(|event| event.kind) {
        Some(5) => FlowEvent::Verdict,
        Some(1) => FlowEvent::Drop,
        Some(4) => FlowEvent::Trace,
        None | Some(0) => FlowEvent::Unsaid,
        // Debug, capture, agent, access log, sockets, recorder.
        Some(_) => {
            tally.aside += 1;
            return;
        }
    };
    if wire.kind.as_ref().is_some_and(|kind| kind.is("L7", 2) || kind.is("SOCK", 3)) {
        tally.aside += 1;
        return;
    }
    let Some(verdict) = wire.verdict.as_ref() else {
        tally.fault(Fault::Truncated, json);
        return;
    };
    let outcome = if verdict.is("FORWARDED", 1) || verdict.is("REDIRECTED", 5) {
        Outcome::Allowed
    } else if verdict.is("AUDIT", 4) {
        Outcome::Audited
    } else if verdict.is("DROPPED", 2) {
        if !is_policy(&wire) {
            tally.aside += 1;
            return;
        }
        Outcome::Denied
    } else if verdict.is("TRACED", 6)
        || verdict.is("TRANSLATED", 7)
        || verdict.is("VERDICT_UNKNOWN", 0)
        || verdict.is("ERROR", 3)
    {
        Outcome::Unsaid
    } else {
        tally.fault(Fault::Unknown, json);
        Outcome::Unsaid
    };
    let mut flow = unknown_flow(Origin::Hubble, event);
    flow.when = when(wire.time.as_deref().or(time));
    flow.outcome = outcome;
    flow.direction = match &wire.traffic_direction {
        Some(direction) if direction.is("INGRESS", 1) => Some(Direction::Ingress),
        Some(direction) if direction.is("EGRESS", 2) => Some(Direction::Egress),
        _ => None,
    };
    let (source, destination) = wire.ip.map_or((None, None), |ip| (ip.source, ip.destination));
    flow.caller = end(wire.source.unwrap_or_default(), source.as_deref(), wire.source_names);
    flow.callee = end(wire.destination.unwrap_or_default(), destination.as_deref(), wire.destination_names);
    if let Some(l4) = wire.l4 {
        let (protocol, ports) = match l4 {
            WireL4 { tcp: Some(ports), .. } => (Some(Protocol::TCP), Some(ports)),
            WireL4 { udp: Some(ports), .. } => (Some(Protocol::UDP), Some(ports)),
            WireL4 { sctp: Some(ports), .. } => (Some(Protocol::SCTP), Some(ports)),
            WireL4 { icmpv4: Some(_), .. } => (Some(Protocol::ICMP), None),
            WireL4 { icmpv6: Some(_), .. } => (Some(Protocol::ICMPV6), None),
            _ => (None, None),
        };
        flow.protocol = protocol;
        if let Some(ports) = ports {
            flow.port = ports.destination_port;
            flow.caller.port = ports.source_port;
            flow.opens = ports.flags.map(|flags| flags.syn && !flags.ack);
        }
    }
    flow.service = wire.destination_service.and_then(|service| {
        let name = service.name.filter(|name| !name.is_empty())?;
        Some(Service {
            namespace: service.namespace.filter(|namespace| !namespace.is_empty()),
            name,
            port_name: None,
            port: None,
        })
    });
    let (allowed, denied) = match flow.direction {
        Some(Direction::Egress) => (wire.egress_allowed_by, wire.egress_denied_by),
        _ => (wire.ingress_allowed_by, wire.ingress_denied_by),
    };
    let hits =
        allowed.into_iter().map(|by| (by, HitAction::Allow)).chain(denied.into_iter().map(|by| (by, HitAction::Deny)));
    flow.enforced = (0..).zip(hits).map(|(index, (by, action))| hit(by, action, index)).collect();
    // `reply` cannot say no.
    flow.is_reply = wire.is_reply.or(wire.reply.filter(|reply| *reply));
    flow.node = wire.node_name.or(node).filter(|node| !node.is_empty());
    out(Record::Flow(Box::new(flow)));
}

/// Whether a packet was dropped by a policy. Without any reason it is taken to be so.
fn is_policy(wire: &WireFlow) -> bool {
    let policy = |reason: &Word| {
        reason.is("POLICY_DENIED", 133)
            || reason.is("POLICY_DENY", 181)
            || reason.is("AUTH_REQUIRED", 189)
            || reason.is("DENIED_BY_LB_SRC_RANGE_CHECK", 177)
    };
    match (&wire.drop_reason_desc, &wire.drop_reason) {
        (Some(reason), _) | (None, Some(reason)) => policy(reason) || reason.is("DROP_REASON_UNKNOWN", 0),
        (None, None) => true,
    }
}

fn end(wire: WireEnd, address: Option<&str>, hosts: Vec<String>) -> End {
    let reserved = |name: &str| wire.labels.iter().any(|label| label.strip_prefix("reserved:") == Some(name));
    let name = wire.pod_name.filter(|name| !name.is_empty());
    let kind = if name.is_some() {
        EndKind::Pod
    } else if ["host", "remote-node", "kube-apiserver", "health"].into_iter().any(reserved) {
        EndKind::Host
    } else if ["world", "world-ipv4", "world-ipv6", "ingress"].into_iter().any(reserved) {
        EndKind::Network
    } else {
        EndKind::Unsaid
    };
    End {
        kind,
        namespace: wire.namespace.filter(|namespace| !namespace.is_empty()),
        name,
        labels: labels(wire.labels.iter().map(|label| label.strip_prefix("k8s:").unwrap_or(label))),
        address: address.and_then(|address| address.parse().ok()),
        port: None,
        workloads: wire.workloads.into_iter().map(|workload| (workload.kind, workload.name)).collect(),
        hosts,
    }
}

fn hit(by: WirePolicy, action: HitAction, policy_index: i64) -> Hit {
    let of_label = |key: &str| {
        by.labels
            .iter()
            .find_map(|label| label.strip_prefix("k8s:").unwrap_or(label).strip_prefix(key)?.strip_prefix('='))
    };
    let kind = if by.kind.is_empty() {
        of_label("io.cilium.k8s.policy.derived-from").unwrap_or_default()
    } else {
        by.kind.as_str()
    };
    let kind = match kind {
        "NetworkPolicy" => PolicyKind::KubernetesNetworkPolicy,
        "CiliumNetworkPolicy" => PolicyKind::CiliumNetworkPolicy,
        "CiliumClusterwideNetworkPolicy" => PolicyKind::CiliumClusterwideNetworkPolicy,
        "ClusterNetworkPolicy" => PolicyKind::ClusterNetworkPolicy,
        other => PolicyKind::Other(other.to_owned()),
    };
    let namespace = (!by.namespace.is_empty()).then_some(by.namespace);
    Hit {
        policy: Policy { kind, tier: None, namespace, name: by.name },
        action,
        policy_index,
        rule_index: -1,
        trigger: None,
    }
}
