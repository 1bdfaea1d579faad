//! Network policy logs of GKE's Dataplane V2: entries of Cloud Logging (`jsonPayload`), and the node's own file without that wrapper. Older entries
//! have flat keys.

use super::unknown_flow;
use crate::elements::ElementFormat;
use crate::reader::{Fault, Tally};
use crate::record::{
    Direction, End, EndKind, FlowEvent, Hit, HitAction, Origin, Outcome, Policy, PolicyKind, Protocol, Record, When,
};
use crate::time;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Gke;

impl ElementFormat for Gke {
    const WRAPPERS: &'static [&'static str] = &["entries"];

    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(entry) = serde_json::from_slice::<Value>(json) else {
            tally.fault(Fault::Value, json);
            return;
        };
        let payload = entry.get("jsonPayload").unwrap_or(&entry);
        let connection = |key: &str| {
            let nested = payload.get("connection").and_then(|connection| connection.get(key));
            nested.or_else(|| payload.get(key)).or_else(|| payload.get(format!("connection.{key}").as_str()))
        };
        let Some(disposition) = payload.get("disposition").and_then(Value::as_str) else {
            // Other logs of the same export.
            let is_other =
                entry.get("logName").and_then(Value::as_str).is_some_and(|name| !name.contains("policy-action"));
            if is_other {
                tally.aside += 1;
            } else {
                tally.fault(Fault::Shape, json);
            }
            return;
        };
        let mut flow = unknown_flow(Origin::Gke, FlowEvent::Verdict);
        let stamp = [payload.get("timestamp"), entry.get("timestamp"), entry.get("receiveTimestamp")];
        let stamp = stamp.into_iter().flatten().find_map(Value::as_str);
        flow.when = stamp.and_then(time::rfc3339).map_or(When::Unsaid, When::Unix);
        let action = match disposition.to_ascii_lowercase().as_str() {
            "allow" => {
                flow.outcome = Outcome::Allowed;
                HitAction::Allow
            }
            "deny" => {
                flow.outcome = Outcome::Denied;
                HitAction::Deny
            }
            _ => {
                tally.fault(Fault::Unknown, json);
                HitAction::Unsaid
            }
        };
        flow.direction = match connection("direction").and_then(Value::as_str) {
            Some(direction) if direction.eq_ignore_ascii_case("ingress") => Some(Direction::Ingress),
            Some(direction) if direction.eq_ignore_ascii_case("egress") => Some(Direction::Egress),
            _ => None,
        };
        flow.caller = end(payload, "src", connection("src_ip"));
        flow.caller.port = connection("src_port").and_then(number);
        flow.callee = end(payload, "dest", connection("dest_ip"));
        flow.port = connection("dest_port").and_then(number).filter(|port| *port != 0);
        flow.protocol = connection("protocol").and_then(Value::as_str).and_then(Protocol::parse);
        if flow.caller.address.is_none() || flow.callee.address.is_none() || flow.protocol.is_none() {
            tally.fault(Fault::Value, json);
            return;
        }
        let policies = payload.get("policies").and_then(Value::as_array).into_iter().flatten();
        flow.enforced = (0..).zip(policies).map(|(index, policy)| hit(policy, action, index)).collect();
        flow.node = payload.get("node_name").and_then(Value::as_str).map(str::to_owned);
        // Denied connections are summed; an allowed one has no count.
        flow.counts.times =
            payload.get("count").and_then(|count| count.as_u64().or_else(|| count.as_str()?.parse().ok())).or(Some(1));
        out(Record::Flow(Box::new(flow)));
    }
}

/// Cloud Logging writes some numbers as texts.
fn number(value: &Value) -> Option<u16> {
    if let Value::String(text) = value {
        return text.parse().ok();
    }
    // Protobuf's Struct has doubles only.
    let double = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=65_535.0).contains(number));
    value.as_u64().and_then(|number| u16::try_from(number).ok()).or_else(|| format!("{:.0}", double()?).parse().ok())
}

fn end(payload: &Value, side: &str, address: Option<&Value>) -> End {
    let field = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let nested = payload.get(side).and_then(|end| end.get(*key));
            let flat = || {
                payload.get(format!("{side}_{key}").as_str()).or_else(|| payload.get(format!("{side}.{key}").as_str()))
            };
            nested.or_else(flat).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        })
    };
    let pod = field(&["pod_name"]);
    let node = field(&["instance", "node_name"]);
    let kind = match (&pod, &node) {
        (Some(_), _) => EndKind::Pod,
        (None, Some(_)) => EndKind::Host,
        (None, None) => EndKind::Unsaid,
    };
    let workload = field(&["workload_kind"]).zip(field(&["workload_name"]));
    End {
        kind,
        namespace: field(&["namespace", "pod_namespace"]),
        name: pod.or(node),
        address: address.and_then(Value::as_str).and_then(|address| address.parse().ok()),
        workloads: workload.into_iter().collect(),
        ..End::default()
    }
}

fn hit(policy: &Value, action: HitAction, policy_index: i64) -> Hit {
    let text = |key: &str| policy.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let kind = match text("kind").as_deref() {
        Some("NetworkPolicy") | None => PolicyKind::KubernetesNetworkPolicy,
        Some("CiliumNetworkPolicy") => PolicyKind::CiliumNetworkPolicy,
        Some("CiliumClusterwideNetworkPolicy") => PolicyKind::CiliumClusterwideNetworkPolicy,
        Some(other) => PolicyKind::Other(other.to_owned()),
    };
    let policy = Policy { kind, tier: None, namespace: text("namespace"), name: text("name").unwrap_or_default() };
    Hit { policy, action, policy_index, rule_index: -1, trigger: None }
}
