//! Records as JSON, one a line: `docs/schemas/record.json`. Structures of their own, so that the library can change.

use hedgerow_observe::{
    Connection, Direction, End, EndKind, Event, Family, Flow, FlowEvent, Format, Hit, HitAction, LossSign, Origin,
    Outcome, Packet, Policy, PolicyKind, Record, Role, RuleAction, RuleCounter, Step, Tables, Tally, Tuple, When,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes one record.
pub(crate) fn write_record(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let value = match record {
        Record::Counter(counter) => counter_value(counter),
        Record::Packet(packet) => packet_value(packet),
        Record::Connection(connection) => connection_value(connection),
        Record::Flow(flow) => flow_value(flow),
        Record::Lost(lost) => with_time(
            json!({"record": "lost", "count": lost.count, "sign": match lost.sign {
                LossSign::KernelSequence => "kernel-sequence",
                LossSign::KernelDropped => "kernel-dropped",
                LossSign::KernelSuppressed => "kernel-suppressed",
                LossSign::Journal => "journal",
                LossSign::NetlinkOverrun => "netlink-overrun",
                LossSign::DumpInterrupted => "dump-interrupted",
                LossSign::Hubble => "hubble",
                LossSign::Ovn => "ovn",
            }}),
            lost.when,
        ),
    };
    line(out, &value)
}

/// Writes what was read of one file, after its records.
pub(crate) fn write_tally(out: &mut impl Write, file: &str, format: Format, tally: &Tally) -> io::Result<()> {
    let faults: Map<String, Value> = tally
        .faults
        .iter()
        .map(|(fault, misread)| {
            (
                fault.name().to_owned(),
                json!({"count": misread.count, "first_piece": misread.piece, "excerpt": misread.excerpt}),
            )
        })
        .collect();
    let notices: Map<String, Value> =
        tally.notices.iter().map(|(notice, count)| (notice.name().to_owned(), json!(count))).collect();
    let value = json!({
        "record": "tally", "file": file, "format": format.name(), "pieces": tally.pieces, "records": tally.records, "aside": tally.aside,
        "not_understood": faults, "notices": notices,
    });
    line(out, &value)
}

/// Absent values are left out.
fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut value = serde_json::to_value(value)?;
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    serde_json::to_writer(&mut *out, &value)?;
    out.write_all(b"\n")
}

fn with_time(mut value: Value, when: When) -> Value {
    match when {
        When::Unsaid => {}
        When::SinceBoot(micros) => value["boot_us"] = json!(micros),
        When::Unix(micros) => value["unix_us"] = json!(micros),
    }
    value
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

fn policy_value(policy: &Policy) -> Value {
    let kind = match &policy.kind {
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
    };
    let mut value = json!({"kind": kind, "name": policy.name});
    for (key, part) in [("tier", &policy.tier), ("namespace", &policy.namespace)] {
        if let Some(part) = part {
            value[key] = json!(part);
        }
    }
    value
}

fn counter_value(counter: &RuleCounter) -> Value {
    let mut value = json!({
        "record": "counter",
        "tables": match counter.tables {
            Tables::Iptables => "iptables",
            Tables::Nftables => "nftables",
        },
        "family": match counter.family {
            Family::V4 => Some("ip4"),
            Family::V6 => Some("ip6"),
            Family::Unsaid => None,
        },
        "chain": *counter.chain,
        "position": counter.position,
        "hash": counter.hash,
        "action": action_name(&counter.action),
        "packets": counter.packets,
        "bytes": counter.bytes,
    });
    if !counter.annotations.is_empty() {
        value["annotations"] = json!(counter.annotations);
    }
    match &counter.role {
        Role::Policy { policy, direction: to, rule } => {
            value["role"] = json!("policy");
            value["direction"] = json!(direction(*to));
            value["policy"] = policy.as_deref().map_or(Value::Null, policy_value);
            value["rule"] = json!(rule);
        }
        Role::Group { direction: to } => {
            value["role"] = json!("group");
            value["direction"] = json!(direction(*to));
        }
        Role::Profile { profile, direction: to } => {
            value["role"] = json!("profile");
            value["direction"] = json!(direction(*to));
            value["profile"] = json!(**profile);
        }
        Role::Endpoint { interface, direction: to, host, step } => {
            value["role"] = json!(if *host { "host" } else { "pod" });
            value["direction"] = json!(direction(*to));
            value["interface"] = json!(**interface);
            let (step, tier, chain) = match step {
                Step::Established => ("established", None, None),
                Step::Invalid => ("invalid", None, None),
                Step::StartOfTier(tier) => ("start-of-tier", tier.as_deref(), None),
                Step::Into(chain) => ("into", None, Some(&**chain)),
                Step::Accepted(chain) => ("accepted", None, chain.as_deref()),
                Step::EndOfTier(tier) => ("end-of-tier", tier.as_deref(), None),
                Step::ProfileAccepted => ("profile-accepted", None, None),
                Step::NoProfile => ("no-profile", None, None),
                Step::Other => ("other", None, None),
            };
            value["step"] = json!(step);
            value["tier"] = json!(tier);
            value["by"] = json!(chain);
        }
    }
    value
}

fn action_name(action: &RuleAction) -> &str {
    match action {
        RuleAction::Log => "log",
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
        RuleAction::Pass => "pass",
        RuleAction::Copy => "copy",
        RuleAction::Return => "return",
        RuleAction::Carry => "carry",
        RuleAction::Mark => "mark",
        RuleAction::Jump => "jump",
        RuleAction::Nothing => "nothing",
        RuleAction::Other(other) => other,
    }
}

fn packet_value(packet: &Packet) -> Value {
    let value = json!({
        "record": "packet",
        "prefix": packet.prefix,
        "in": packet.input,
        "out": packet.output,
        "source": packet.source,
        "destination": packet.destination,
        "protocol": packet.protocol.to_string(),
        "source_port": packet.source_port,
        "port": packet.destination_port,
        "icmp": packet.icmp,
        "opens": packet.opens,
        "is_error": packet.is_error,
        "is_fragment": packet.is_fragment,
        "mark": packet.mark,
    });
    with_time(value, packet.when)
}

fn tuple_value(tuple: &Tuple) -> Value {
    let mut value = json!({"source": tuple.source, "destination": tuple.destination});
    for (key, port) in [("source_port", tuple.source_port), ("port", tuple.destination_port)] {
        if let Some(port) = port {
            value[key] = json!(port);
        }
    }
    value
}

fn connection_value(connection: &Connection) -> Value {
    let value = json!({
        "record": "connection",
        "event": match connection.event {
            Event::New => "new",
            Event::Update => "update",
            Event::Destroy => "destroy",
            Event::Listed => "listed",
        },
        "protocol": connection.protocol.to_string(),
        "caller": connection.caller(),
        "callee": connection.callee(),
        "port": connection.port(),
        "original": tuple_value(&connection.original),
        "reply": tuple_value(&connection.reply),
        "answered": connection.answered,
        "id": connection.id,
        "zone": connection.zone,
        "packets": connection.packets,
    });
    with_time(value, connection.when)
}

fn flow_value(flow: &Flow) -> Value {
    let value = json!({
        "record": "flow",
        "origin": match flow.origin {
            Origin::Calico => "calico",
            Origin::Hubble => "hubble",
            Origin::Gke => "gke",
            Origin::Ovn => "ovn",
            Origin::Aws => "aws",
        },
        "event": match flow.event {
            FlowEvent::Verdict => Some("verdict"),
            FlowEvent::Drop => Some("drop"),
            FlowEvent::Trace => Some("trace"),
            FlowEvent::Unsaid => None,
        },
        "direction": flow.direction.map(direction),
        "caller": end_value(&flow.caller),
        "callee": end_value(&flow.callee),
        "port": flow.port,
        "protocol": flow.protocol.map(|protocol| protocol.to_string()),
        "service": flow.service.as_ref().map(|service| json!({
            "namespace": service.namespace, "name": service.name, "port_name": service.port_name, "port": service.port,
        })),
        "outcome": match flow.outcome {
            Outcome::Allowed => Some("allowed"),
            Outcome::Denied => Some("denied"),
            Outcome::Audited => Some("audited"),
            Outcome::Unsaid => None,
        },
        "enforced": flow.enforced.iter().map(hit_value).collect::<Vec<_>>(),
        "pending": flow.pending.iter().map(hit_value).collect::<Vec<_>>(),
        "is_reply": flow.is_reply,
        "opens": flow.opens,
        "node": flow.node,
        "started": flow.counts.started,
        "completed": flow.counts.completed,
        "live": flow.counts.live,
        "packets_in": flow.counts.packets_in,
        "packets_out": flow.counts.packets_out,
        "times": flow.counts.times,
    });
    with_time(value, flow.when)
}

fn end_value(end: &End) -> Value {
    let mut value = json!({});
    let kind = match end.kind {
        EndKind::Pod => Some("pod"),
        EndKind::Host => Some("host"),
        EndKind::Network => Some("network"),
        EndKind::NetworkSet => Some("network-set"),
        EndKind::Unsaid => None,
    };
    let parts = [
        ("kind", kind.map(|kind| json!(kind))),
        ("namespace", end.namespace.as_ref().map(|namespace| json!(namespace))),
        ("name", end.name.as_ref().map(|name| json!(name))),
        ("labels", (!end.labels.is_empty()).then(|| json!(end.labels))),
        ("address", end.address.map(|address| json!(address))),
        ("port", end.port.map(|port| json!(port))),
        ("workloads", (!end.workloads.is_empty()).then(|| json!(end.workloads))),
        ("hosts", (!end.hosts.is_empty()).then(|| json!(end.hosts))),
    ];
    for (key, part) in parts {
        if let Some(part) = part {
            value[key] = part;
        }
    }
    value
}

fn hit_value(hit: &Hit) -> Value {
    let action = match hit.action {
        HitAction::Allow => Some("allow"),
        HitAction::Deny => Some("deny"),
        HitAction::Pass => Some("pass"),
        HitAction::Unsaid => None,
    };
    let mut value =
        json!({"policy": policy_value(&hit.policy), "policy_index": hit.policy_index, "rule_index": hit.rule_index});
    if let Some(action) = action {
        value["action"] = json!(action);
    }
    if let Some(trigger) = &hit.trigger {
        value["trigger"] = policy_value(trigger);
    }
    value
}
