//! Calico's flows as JSON: what Goldmane gives and pushes (the message's fields, enums as words or numbers), and what Whisker answers (flat, one
//! text of labels, lists in `items`, or server-sent events).

use super::calico::{self, FlowUpdate, KINDS, WireFlow, WireHit, WireKey, WireTrace};
use crate::elements::ElementFormat;
use crate::reader::{Fault, Tally};
use crate::record::Record;
use crate::time;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct CalicoJson;

impl ElementFormat for CalicoJson {
    const WRAPPERS: &'static [&'static str] = &["items", "flows"];

    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(value) = serde_json::from_slice::<Value>(json) else {
            tally.fault(Fault::Value, json);
            return;
        };
        let flow = value.get("flow").unwrap_or(&value);
        let update = match get(flow, &["Key", "key"]) {
            Some(key) => FlowUpdate { flow: Some(WireFlow { key: Some(key_of(key)), ..values_of(flow) }) },
            None if get(flow, &["source_name", "sourceName"]).is_some() => FlowUpdate { flow: Some(whisker(flow)) },
            None => {
                tally.fault(Fault::Shape, json);
                return;
            }
        };
        match calico::flow(update) {
            Ok(flow) => calico::give(flow, json, tally, out),
            Err(fault) => tally.fault(fault, json),
        }
    }
}

fn get<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| value.get(*name))
}

fn text(value: &Value, names: &[&str]) -> String {
    get(value, names).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// 64-bit numbers are texts in the JSON of protobuf.
fn number(value: &Value, names: &[&str]) -> i64 {
    match get(value, names) {
        Some(Value::String(text)) => text.parse().unwrap_or(-1),
        Some(Value::Number(number)) => number.as_i64().unwrap_or(-1),
        _ => 0,
    }
}

/// An enum as a word or as a number. What is neither, or unknown, is −1.
fn choice(value: &Value, names: &[&str], words: &[(&str, i32)]) -> i32 {
    match get(value, names) {
        Some(Value::String(text)) => {
            words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map_or(-1, |(_, number)| *number)
        }
        Some(Value::Number(number)) => number.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or(-1),
        Some(_) => -1,
        None => 0,
    }
}

const TYPES: [(&str, i32); 5] =
    [("WorkloadEndpoint", 1), ("HostEndpoint", 2), ("NetworkSet", 3), ("Network", 4), ("EndpointTypeUnspecified", 0)];
const REPORTERS: [(&str, i32); 3] = [("Src", 1), ("Dst", 2), ("ReporterUnspecified", 0)];
const ACTIONS: [(&str, i32); 4] = [("Allow", 1), ("Deny", 2), ("Pass", 3), ("ActionUnspecified", 0)];

fn list(value: &Value, names: &[&str]) -> Vec<String> {
    get(value, names)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn key_of(key: &Value) -> WireKey {
    WireKey {
        source_name: text(key, &["source_name", "sourceName"]),
        source_namespace: text(key, &["source_namespace", "sourceNamespace"]),
        source_type: choice(key, &["source_type", "sourceType"], &TYPES),
        dest_name: text(key, &["dest_name", "destName"]),
        dest_namespace: text(key, &["dest_namespace", "destNamespace"]),
        dest_type: choice(key, &["dest_type", "destType"], &TYPES),
        dest_port: number(key, &["dest_port", "destPort"]),
        dest_service_name: text(key, &["dest_service_name", "destServiceName"]),
        dest_service_namespace: text(key, &["dest_service_namespace", "destServiceNamespace"]),
        dest_service_port_name: text(key, &["dest_service_port_name", "destServicePortName"]),
        dest_service_port: number(key, &["dest_service_port", "destServicePort"]),
        proto: text(key, &["proto", "protocol"]),
        reporter: choice(key, &["reporter"], &REPORTERS),
        action: choice(key, &["action"], &ACTIONS),
        policies: get(key, &["policies"]).map(trace_of),
    }
}

fn trace_of(trace: &Value) -> WireTrace {
    let hits = |names: &[&str]| {
        get(trace, names).and_then(Value::as_array).into_iter().flatten().map(|hit| hit_of(hit, true)).collect()
    };
    WireTrace {
        enforced_policies: hits(&["enforced_policies", "enforcedPolicies", "enforced"]),
        pending_policies: hits(&["pending_policies", "pendingPolicies", "pending"]),
    }
}

fn hit_of(hit: &Value, with_trigger: bool) -> WireHit {
    WireHit {
        kind: choice(hit, &["kind"], &KINDS),
        namespace: text(hit, &["namespace"]),
        name: text(hit, &["name"]),
        tier: text(hit, &["tier"]),
        action: choice(hit, &["action"], &ACTIONS),
        policy_index: number(hit, &["policy_index", "policyIndex"]),
        rule_index: number(hit, &["rule_index", "ruleIndex"]),
        trigger: get(hit, &["trigger"])
            .filter(|trigger| with_trigger && trigger.is_object())
            .map(|trigger| Box::new(hit_of(trigger, false))),
    }
}

fn values_of(flow: &Value) -> WireFlow {
    WireFlow {
        key: None,
        start_time: number(flow, &["start_time", "startTime"]),
        end_time: number(flow, &["end_time", "endTime"]),
        source_labels: list(flow, &["source_labels", "sourceLabels"]),
        dest_labels: list(flow, &["dest_labels", "destLabels"]),
        packets_in: number(flow, &["packets_in", "packetsIn"]),
        packets_out: number(flow, &["packets_out", "packetsOut"]),
        bytes_in: number(flow, &["bytes_in", "bytesIn"]),
        bytes_out: number(flow, &["bytes_out", "bytesOut"]),
        num_connections_started: number(flow, &["num_connections_started", "numConnectionsStarted"]),
        num_connections_completed: number(flow, &["num_connections_completed", "numConnectionsCompleted"]),
        num_connections_live: number(flow, &["num_connections_live", "numConnectionsLive"]),
    }
}

/// Whisker's answer: no types of ends, no connections.
fn whisker(flow: &Value) -> WireFlow {
    let mut key = key_of(flow);
    key.source_type = type_of(&mut key.source_name, &key.source_namespace);
    key.dest_type = type_of(&mut key.dest_name, &key.dest_namespace);
    let seconds = |names: &[&str]| match get(flow, names) {
        Some(Value::String(text)) => time::rfc3339(text).map_or(0, |micros| micros / 1_000_000),
        _ => number(flow, names),
    };
    let labels = |names: &[&str]| match get(flow, names) {
        Some(Value::String(text)) => text.split(" | ").filter(|label| !label.is_empty()).map(str::to_owned).collect(),
        _ => list(flow, names),
    };
    WireFlow {
        key: Some(key),
        start_time: seconds(&["start_time", "startTime"]),
        end_time: seconds(&["end_time", "endTime"]),
        source_labels: labels(&["source_labels", "sourceLabels"]),
        dest_labels: labels(&["dest_labels", "destLabels"]),
        // −1 is "not counted here".
        num_connections_started: -1,
        num_connections_completed: -1,
        num_connections_live: -1,
        ..values_of(flow)
    }
}

/// Whisker writes out the names of networks; pods have a namespace.
fn type_of(name: &mut String, namespace: &str) -> i32 {
    match name.as_str() {
        "PUBLIC NETWORK" => "pub".clone_into(name),
        "PRIVATE NETWORK" => "pvt".clone_into(name),
        _ => {}
    }
    match name.as_str() {
        "pub" | "pvt" => 4,
        _ if !matches!(namespace, "" | "-" | "Global") => 1,
        _ => 0,
    }
}
