//! ACL log of OVN-Kubernetes: `<time>|<number>|acl_log(ovn_pinctrl0)|<severity>|name="NP:<ns>:<policy>:Ingress:0", verdict=drop, …: tcp,…`.
//!
//! The source is metered (20 lines a second and node by default) and does not say what the meter dropped: silence means little here.

use super::unknown_flow;
use crate::lines::LineFormat;
use crate::reader::{Fault, Tally};
use crate::record::{
    Direction, Flow, FlowEvent, Hit, HitAction, LossSign, Lost, Origin, Outcome, Policy, PolicyKind, Protocol, Record,
    When,
};
use crate::time;

#[derive(Debug, Default)]
pub(crate) struct Ovn;

impl LineFormat for Ovn {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(text) = std::str::from_utf8(line) else {
            tally.fault(Fault::Shape, line);
            return;
        };
        let Some((head, body)) = text.split_once("|acl_log(") else {
            match dropped(text) {
                Some(lost) => out(Record::Lost(lost)),
                // Other modules of the same program.
                None if text.trim().is_empty() || text.matches('|').count() >= 3 => tally.aside += 1,
                None => tally.fault(Fault::Shape, line),
            }
            return;
        };
        match read(head, body) {
            Ok(flow) => {
                if flow.outcome == Outcome::Unsaid {
                    tally.fault(Fault::Unknown, line);
                }
                out(Record::Flow(Box::new(flow)));
            }
            Err(fault) => tally.fault(fault, line),
        }
    }
}

/// The beginning of the line is `<time>|<number>`, perhaps with a syslog header before it.
fn when(head: &str) -> When {
    let stamp = head.split('|').next().unwrap_or_default().rsplit(' ').next().unwrap_or_default();
    time::rfc3339(stamp).map_or(When::Unsaid, When::Unix)
}

/// `…|Dropped 12 log messages in last 60 seconds (…) due to excessive rate`.
fn dropped(text: &str) -> Option<Lost> {
    let (head, rest) = text.split_once("|Dropped ")?;
    let (count, rest) = rest.split_once(' ')?;
    rest.starts_with("log messages").then(|| Lost { when: when(head), count: count.parse().ok(), sign: LossSign::Ovn })
}

fn read(head: &str, body: &str) -> Result<Flow, Fault> {
    // `ovn_pinctrl0)|INFO|name="…", verdict=drop, severity=…, direction=to-lport: tcp,…`
    let mut parts = body.splitn(3, '|');
    let (Some(_), Some(_), Some(entry)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Truncated);
    };
    let (name, rest) = match entry.strip_prefix("name=\"") {
        Some(quoted) => quoted.split_once('"').ok_or(Fault::Truncated)?,
        None => entry.strip_prefix("name=").map_or((entry, ""), |bare| bare.split_once(',').unwrap_or((bare, ""))),
    };
    let (said, packet) = rest.split_once(": ").ok_or(Fault::Truncated)?;
    let value = |key: &str| said.split(',').find_map(|pair| pair.trim().strip_prefix(key)?.strip_prefix('='));
    let mut flow = unknown_flow(Origin::Ovn, FlowEvent::Verdict);
    flow.when = when(head);
    let action = match value("verdict") {
        Some("allow" | "allow-related" | "allow-stateless") => {
            flow.outcome = Outcome::Allowed;
            HitAction::Allow
        }
        Some("drop" | "reject") => {
            flow.outcome = Outcome::Denied;
            HitAction::Deny
        }
        // Passed to the next tier: another line follows with what became of it.
        Some("pass") => HitAction::Pass,
        _ => HitAction::Unsaid,
    };
    flow.direction = match value("direction") {
        Some("to-lport") => Some(Direction::Ingress),
        Some("from-lport") => Some(Direction::Egress),
        _ => None,
    };
    if let Some((policy, direction)) = policy(name) {
        flow.direction = flow.direction.or(direction);
        let rule_index = name.rsplit(':').next().and_then(|index| index.parse().ok()).unwrap_or(-1);
        flow.enforced.push(Hit { policy, action, policy_index: 0, rule_index, trigger: None });
    }
    read_packet(packet, &mut flow)?;
    Ok(flow)
}

/// `tcp,vlan_tci=0x0000,…,nw_src=10.0.0.1,nw_dst=…,tp_src=…,tp_dst=…,tcp_flags=syn`.
fn read_packet(packet: &str, flow: &mut Flow) -> Result<(), Fault> {
    let mut fields = packet.trim_end().split(',').peekable();
    let kind = fields.next().unwrap_or_default();
    let mut number = None;
    while let Some(field) = fields.next() {
        let is_last = fields.peek().is_none();
        let Some((key, value)) = field.split_once('=') else { continue };
        let broken = if is_last { Fault::Truncated } else { Fault::Value };
        match key {
            "nw_src" | "ipv6_src" => flow.caller.address = Some(value.parse().map_err(|_| broken)?),
            "nw_dst" | "ipv6_dst" => flow.callee.address = Some(value.parse().map_err(|_| broken)?),
            "tp_src" => flow.caller.port = Some(value.parse().map_err(|_| broken)?),
            // Of TCP the flags follow; a line that ends here is cut.
            "tp_dst" if is_last && kind.starts_with("tcp") => return Err(Fault::Truncated),
            "tp_dst" => flow.port = Some(value.parse().map_err(|_| broken)?),
            "tcp_flags" => {
                let flags: Vec<&str> = value.split('|').collect();
                flow.opens = Some(flags.contains(&"syn") && !flags.contains(&"ack"));
            }
            "nw_proto" => number = value.parse().ok().map(Protocol),
            _ => {}
        }
    }
    flow.protocol = match kind.trim_end_matches('6') {
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "sctp" => Some(Protocol::SCTP),
        "icmp" if kind == "icmp6" => Some(Protocol::ICMPV6),
        "icmp" => Some(Protocol::ICMP),
        _ => number,
    };
    if flow.caller.address.is_none() || flow.callee.address.is_none() {
        return Err(Fault::Truncated);
    }
    match flow.protocol {
        None => Err(Fault::Unknown),
        Some(protocol) if protocol.has_ports() && flow.port.is_none() => Err(Fault::Truncated),
        Some(_) => Ok(()),
    }
}

/// `NP:<ns>:<policy>:Ingress:0`, `NP:<ns>:Ingress` where a namespace is denied by default, `ANP:<name>:Egress:1`, `BANP:default:…`; older
/// releases wrote `<ns>_<policy>_0` and `<ns>_…DefaultDeny`, which cannot be taken apart for certain and are kept whole.
fn policy(name: &str) -> Option<(Policy, Option<Direction>)> {
    let parts: Vec<&str> = name.split(':').collect();
    let direction = |word: &str| match word {
        "Ingress" => Some(Direction::Ingress),
        "Egress" => Some(Direction::Egress),
        _ => None,
    };
    let (kind, namespace, name, word) = match parts[..] {
        ["NP", namespace, word] if direction(word).is_some() => (PolicyKind::EndOfTier, Some(namespace), "", word),
        ["NP", namespace, name, word, ..] => (PolicyKind::KubernetesNetworkPolicy, Some(namespace), name, word),
        ["ANP", name, word, ..] => (PolicyKind::AdminNetworkPolicy, None, name, word),
        ["BANP", name, word, ..] => (PolicyKind::BaselineAdminNetworkPolicy, None, name, word),
        [_] if name.is_empty() || name == "<unnamed>" => return None,
        _ => (PolicyKind::Other(String::new()), None, name, ""),
    };
    let policy = Policy { kind, tier: None, namespace: namespace.map(str::to_owned), name: name.to_owned() };
    Some((policy, direction(word)))
}
