//! Flows: of Calico against the calls that were made, of others in a table of lines as their programs write them.

use crate::support::{file, read, shared};
use hedgerow_observe::{
    Direction, EndKind, Fault, Flow, FlowEvent, Format, HitAction, LossSign, Outcome, PolicyKind, Protocol, Record,
    When,
};
use serde_json::Value;
use std::collections::BTreeMap;

fn flows(records: Vec<Record>) -> Vec<Flow> {
    records
        .into_iter()
        .filter_map(|record| match record {
            Record::Flow(flow) => Some(*flow),
            _ => None,
        })
        .collect()
}

/// The end of a call as a flow names it: a service of the fleet, a bare pod, an outsider.
fn end(name: &str, address: &str) -> String {
    match name.split_once(':') {
        Some(("netns", "lpp-ext")) => if address.starts_with("192.0.2.") { "pub" } else { "pvt" }.to_owned(),
        _ => name.to_owned(),
    }
}

/// `bank/service-emoji-784cb478f-*` is `bank/service-emoji`.
fn end_of(end: &hedgerow_observe::End) -> String {
    let name = end.name.as_deref().unwrap_or("?");
    let service = name.strip_suffix("-*").and_then(|name| name.rsplit_once('-')).map_or(name, |(service, _)| service);
    end.namespace.as_ref().map_or(service.to_owned(), |namespace| format!("{namespace}/{service}"))
}

/// Caller, callee, port, protocol, and whether it went through a Service.
type Key = (String, String, u16, Protocol, bool);

fn check(name: &str, bytes: &[u8], json: &[u8], calls: &Value) {
    let (records, tally) = read(Format::CalicoFlows, bytes);
    assert_eq!(tally.not_understood(), 0, "{name}: {tally:?}");
    let (by_json, tally) = read(Format::CalicoJson, json);
    assert_eq!(tally.not_understood(), 0, "{name}: {tally:?}");
    assert_eq!(records, by_json, "{name}: both forms say the same");

    // Before, the calls of another scenario were still reported. A flow begins with its window, ten seconds long.
    let started = calls["started"].as_f64().unwrap();
    let is_of_this = |flow: &Flow| matches!(flow.when, When::Unix(micros) if micros as f64 / 1e6 >= started - 10.0);
    let flows: Vec<Flow> = flows(records).into_iter().filter(is_of_this).collect();
    let ours: Vec<&Flow> = flows.iter().filter(|flow| flow.direction == Some(Direction::Ingress)).collect();
    let mut seen: BTreeMap<Key, (u64, Vec<&Flow>)> = BTreeMap::new();
    for flow in &ours {
        let through_service = flow.service.is_some();
        let key =
            (end_of(&flow.caller), end_of(&flow.callee), flow.port.unwrap(), flow.protocol.unwrap(), through_service);
        let sum = seen.entry(key).or_default();
        sum.0 += flow.counts.started.unwrap();
        sum.1.push(flow);
    }
    let mut checked = 0;
    for call in calls["calls"].as_array().unwrap() {
        let text = |key: &str| call[key].as_str().unwrap();
        let (expected, protocol) = (text("expected"), Protocol::parse(text("proto")).unwrap());
        if expected.starts_with("node") {
            continue;
        }
        let through_service = text("dst").starts_with("10.96.");
        let callee = if through_service { "bank/service-ledger" } else { text("dst") };
        let port = if through_service { 8080 } else { call["port"].as_u64().unwrap() as u16 };
        let caller = end(text("src"), text("srcip"));
        let is_permitted = expected.starts_with("permitted");
        let denied = name.contains("enforce") && !is_permitted;
        // A dropped call to a Service is reported without it, and is one with the direct ones.
        if denied && expected.contains("ClusterIP") {
            continue;
        }
        let key = (caller, callee.to_owned(), port, protocol, through_service);
        let (sum, flows) = seen.get(&key).unwrap_or_else(|| panic!("{name}: {key:?} is not among {:?}", seen.keys()));
        let made = call["n"].as_u64().unwrap();
        if name == "v3.30.6-iptables-e-calstaged-audit" {
            // Its first window holds calls of the scenario before.
            assert!(*sum >= made, "{name}: {key:?}: {sum} of {made}");
        } else if !denied {
            assert_eq!(*sum, made, "{name}: {key:?}");
        }
        // Where none began, or the window began before the scenario, it can be the rest of a call of the one before.
        let outcome = if denied { Outcome::Denied } else { Outcome::Allowed };
        let is_rest = |flow: &Flow| {
            let is_before = matches!(flow.when, When::Unix(micros) if (micros as f64) < started * 1e6);
            flow.counts.started == Some(0) || (is_before && flow.outcome != outcome)
        };
        assert!(!flows.iter().all(|flow| is_rest(flow)), "{name}: {key:?}");
        for flow in flows.iter().filter(|flow| !is_rest(flow)) {
            assert_eq!(flow.outcome, outcome, "{name}: {key:?}");
            let hit = flow.enforced.last().unwrap();
            let pending = flow.pending.last().unwrap();
            if is_permitted && !name.contains("staged") {
                let kind = if expected.contains("type") {
                    PolicyKind::GlobalNetworkPolicy
                } else {
                    PolicyKind::KubernetesNetworkPolicy
                };
                assert_eq!((&hit.policy.kind, hit.action), (&kind, HitAction::Allow), "{name}: {key:?}");
            } else if denied {
                assert_eq!(
                    (&hit.policy.kind, hit.action),
                    (&PolicyKind::EndOfTier, HitAction::Deny),
                    "{name}: {key:?}"
                );
                assert!(hit.trigger.is_some());
            } else if name.contains("callog") {
                assert_eq!(
                    (&hit.policy.kind, hit.action),
                    (&PolicyKind::CalicoNetworkPolicy, HitAction::Allow),
                    "{name}: {key:?}"
                );
                assert_eq!(
                    hit.policy.name,
                    flow.callee.labels["bank.example/routing-name"].replace("service.", "s-"),
                    "{name}"
                );
            } else if !is_permitted {
                assert_eq!(hit.policy.kind, PolicyKind::Profile, "{name}: {key:?}");
                assert_eq!(
                    (&pending.policy.kind, pending.action),
                    (&PolicyKind::EndOfTier, HitAction::Deny),
                    "{name}: {key:?}"
                );
                assert_eq!(pending.trigger.as_ref().unwrap().kind, PolicyKind::StagedKubernetesNetworkPolicy, "{name}");
            }
            if flow.caller.kind == EndKind::Pod && end_of(&flow.caller).starts_with("bank/service-") {
                assert!(flow.caller.labels.contains_key("bank.example/routing-name"), "{name}: {key:?}");
            }
        }
        checked += 1;
    }
    assert!(checked >= 10, "{name}: {checked}");
}

#[test]
fn calico_s_flows_are_the_calls_that_were_made() {
    for name in ["master-iptables-a-callog-audit", "master-iptables-c-enforce", "v3.30.6-iptables-e-calstaged-audit"] {
        let [bytes, json, calls] = ["pb", "json", "calls.json"].map(|kind| file(&format!("flows/{name}.{kind}")));
        check(name, &bytes, &json, &serde_json::from_slice(&calls).unwrap());
    }
}

#[test]
fn calico_s_flows_of_all_scenarios_are_the_calls_that_were_made() {
    let Some(shared) = shared() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(shared.join("felix/flows")).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".pb").map(str::to_owned) else {
            continue;
        };
        let [bytes, json, calls] = ["pb", "json", "calls.json"]
            .map(|kind| std::fs::read(path.with_file_name(format!("{name}.{kind}"))).unwrap());
        if name.contains("longlived") || name.contains("restart") {
            // Other calls than the table's: both forms say the same, and all of it is understood.
            let (by_pb, tally) = read(Format::CalicoFlows, &bytes);
            assert_eq!(tally.not_understood(), 0, "{name}: {tally:?}");
            assert_eq!(by_pb, read(Format::CalicoJson, &json).0, "{name}");
            continue;
        }
        check(&name, &bytes, &json, &serde_json::from_slice(&calls).unwrap());
        checked += 1;
    }
    assert!(checked >= 9, "{checked} scenarios");
}

/// What Goldmane pushes has enums as numbers; what Whisker answers is flat.
#[test]
fn goldmane_and_whisker_write_the_same_flow_in_their_ways() {
    let goldmane = r#"{"Key":{"source_name":"service-kyc-7b447bc77b-*","source_namespace":"bank","source_type":1,"dest_name":"service-ledger-7787bcc4d7-*","dest_namespace":"bank","dest_type":1,"dest_port":8080,"dest_service_name":"ledger","dest_service_namespace":"bank","dest_service_port_name":"web","dest_service_port":80,"proto":"tcp","reporter":2,"action":1,"policies":{"enforced_policies":[{"kind":10,"tier":"default","action":2,"policy_index":1,"rule_index":-1,"trigger":{"kind":5,"namespace":"bank","name":"s-ledger"}},{"kind":1,"namespace":"bank","name":"default.s-ledger","tier":"default","action":3,"rule_index":1}]}},"start_time":1795840521,"source_labels":["a=b"],"packets_in":25,"num_connections_started":5}"#;
    let camel = r#"{"id":"7","flow":{"key":{"sourceName":"service-kyc-7b447bc77b-*","sourceNamespace":"bank","sourceType":"WorkloadEndpoint","destName":"service-ledger-7787bcc4d7-*","destNamespace":"bank","destType":"WorkloadEndpoint","destPort":"8080","destServiceName":"ledger","destServiceNamespace":"bank","destServicePortName":"web","destServicePort":"80","proto":"tcp","reporter":"Dst","action":"Allow","policies":{"enforcedPolicies":[{"kind":"EndOfTier","tier":"default","action":"Deny","policyIndex":"1","ruleIndex":"-1","trigger":{"kind":"StagedKubernetesNetworkPolicy","namespace":"bank","name":"s-ledger"}},{"kind":"CalicoNetworkPolicy","namespace":"bank","name":"s-ledger","tier":"default","action":"Pass","ruleIndex":"1"}]}},"startTime":"1795840521","sourceLabels":["a=b"],"packetsIn":"25","numConnectionsStarted":"5"}}"#;
    let [one, two] = [goldmane, camel].map(|json| {
        let (records, tally) = read(Format::CalicoJson, json.as_bytes());
        assert_eq!(tally.not_understood(), 0, "{tally:?}");
        flows(records).remove(0)
    });
    assert_eq!(one, two);
    assert_eq!(
        one.enforced.iter().map(|hit| hit.policy.name.as_str()).collect::<Vec<_>>(),
        ["s-ledger", ""],
        "in their order"
    );
    assert_eq!(one.service.as_ref().unwrap().port, Some(80));

    let whisker = r#"{"start_time":"2026-11-28T05:00:44Z","end_time":"2026-11-28T05:00:59Z","action":"Deny","source_name":"PUBLIC NETWORK","source_namespace":"-","source_labels":"","dest_name":"service-ledger-7787bcc4d7-*","dest_namespace":"bank","dest_labels":"app=service-ledger | bank.example/routing-name=service.ledger","protocol":"tcp","dest_port":8080,"reporter":"Dst","policies":{"enforced":[{"kind":"EndOfTier","name":"","namespace":"","tier":"default","action":"Deny","policy_index":0,"rule_index":-1,"trigger":{"kind":"NetworkPolicy","name":"s-ledger","namespace":"bank","tier":"default","action":"ActionUnspecified","policy_index":0,"rule_index":0,"trigger":null}}],"pending":null},"packets_in":3,"packets_out":0,"bytes_in":180,"bytes_out":0}"#;
    for form in [
        whisker.to_owned(),
        format!(r#"{{"meta":{{"totalPages":1}},"items":[{whisker}, {whisker}],"total":{{"items":2}}}}"#),
        format!("event: flow\nid: 5\ndata: {whisker}\n\n: keep alive\ndata: {whisker}\n\n"),
    ] {
        let (records, tally) = read(Format::CalicoJson, form.as_bytes());
        assert_eq!(tally.not_understood(), 0, "{form}: {tally:?}");
        let flows = flows(records);
        assert_eq!(flows.len(), if form == whisker { 1 } else { 2 }, "{form}");
        for flow in flows {
            assert_eq!(flow.when, When::Unix(1_795_842_044_000_000));
            assert_eq!(
                (flow.caller.kind, flow.caller.name.as_deref(), flow.caller.namespace),
                (EndKind::Network, Some("pub"), None)
            );
            assert_eq!(
                (flow.callee.kind, flow.callee.labels["bank.example/routing-name"].as_str()),
                (EndKind::Pod, "service.ledger")
            );
            assert_eq!(
                (flow.outcome, flow.counts.started, flow.port),
                (Outcome::Denied, None, Some(8080)),
                "connections are not counted, which is not 0"
            );
        }
    }
    // A kind that comes later is a record all the same, and is said.
    let (records, tally) = read(Format::CalicoJson, goldmane.replace("\"kind\":1,", "\"kind\":77,").as_bytes());
    assert_eq!((records.len(), tally.faults.keys().collect::<Vec<_>>()), (1, vec![&Fault::Unknown]));
    for (broken, fault) in [
        ("{\"flow\":{}}", Fault::Shape),
        (&goldmane.replace(":8080", ":80800"), Fault::Value),
        (&goldmane[..300], Fault::Truncated),
    ] {
        let (records, tally) = read(Format::CalicoJson, broken.as_bytes());
        assert_eq!((records.len(), tally.faults.keys().collect::<Vec<_>>()), (0, vec![&fault]), "{broken}");
    }
}

/// One line per flow: caller, callee, port, protocol, what became of it.
fn short(flow: &Flow) -> String {
    let end = |end: &hedgerow_observe::End| {
        let name = end.name.as_deref().map(|name| format!("{}/{name}", end.namespace.as_deref().unwrap_or("-")));
        name.or(end.address.map(|address| address.to_string())).unwrap_or("?".to_owned())
    };
    let mut text = format!(
        "{} > {}:{} {} {:?}",
        end(&flow.caller),
        end(&flow.callee),
        flow.port.map_or("?".to_owned(), |port| port.to_string()),
        flow.protocol.map_or("?".to_owned(), |protocol| protocol.to_string()),
        flow.outcome
    );
    let extras = [
        flow.direction.map(|direction| format!("{direction:?}")),
        (flow.event != FlowEvent::Verdict).then(|| format!("{:?}", flow.event)),
        flow.is_reply.filter(|reply| *reply).map(|_| "reply".to_owned()),
        flow.counts.times.filter(|times| *times != 1).map(|times| format!("×{times}")),
        flow.enforced.first().map(|hit| format!("{:?} {}", hit.policy.kind, hit.policy.name)),
    ];
    for extra in extras.into_iter().flatten() {
        text += &format!(" [{extra}]");
    }
    text
}

fn table(format: Format, rows: &[(&str, &str)]) {
    for (line, expected) in rows {
        let (records, tally) = read(format, line.as_bytes());
        let mut found: Vec<String> = records
            .iter()
            .map(|record| match record {
                Record::Flow(flow) => short(flow),
                Record::Lost(lost) => format!("lost {:?} {:?}", lost.count, lost.sign),
                other => panic!("{other:?}"),
            })
            .collect();
        found.extend(tally.faults.keys().map(|fault| format!("({})", fault.name())));
        if tally.aside > 0 {
            found.push("aside".to_owned());
        }
        assert_eq!(found.join("; "), *expected, "{line}");
    }
}

#[test]
fn hubble_s_lines() {
    let drop = r#"{"flow":{"time":"2026-11-28T05:00:44.123456789Z","verdict":"DROPPED","drop_reason":133,"IP":{"source":"10.0.1.1","destination":"10.0.1.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":4,"destination_port":8080,"flags":{"SYN":true}}},"source":{"ID":1,"identity":6,"namespace":"bank","labels":["k8s:app=kyc","k8s:bank.example/routing-name=service.kyc"],"pod_name":"kyc-1","workloads":[{"name":"kyc","kind":"Deployment"}]},"destination":{"namespace":"bank","pod_name":"ledger-1"},"Type":"L3_L4","node_name":"n1","event_type":{"type":5},"traffic_direction":"INGRESS","drop_reason_desc":"POLICY_DENIED","is_reply":false,"ingress_denied_by":[{"name":"s-ledger","namespace":"bank","kind":"NetworkPolicy"}]},"node_name":"n1","time":"2026-11-28T05:00:44.123456789Z"}"#;
    let audit = drop.replace("DROPPED", "AUDIT");
    let trace = drop
        .replace("DROPPED", "FORWARDED")
        .replace(r#""type":5"#, r#""type":4"#)
        .replace(r#","ingress_denied_by":[{"name":"s-ledger","namespace":"bank","kind":"NetworkPolicy"}]"#, "");
    let reply = trace.replace(r#""is_reply":false"#, r#""is_reply":true"#);
    let world = r#"{"flow":{"verdict":"FORWARDED","IP":{"source":"192.0.2.2","destination":"10.0.1.2"},"l4":{"UDP":{"source_port":4,"destination_port":53}},"source":{"identity":2,"labels":["reserved:world"]},"destination":{"namespace":"bank","pod_name":"ledger-1"},"event_type":{"type":5},"traffic_direction":"INGRESS"}}"#;
    table(
        Format::Hubble,
        &[
            (drop, "bank/kyc-1 > bank/ledger-1:8080 tcp Denied [Ingress] [KubernetesNetworkPolicy s-ledger]"),
            (&audit, "bank/kyc-1 > bank/ledger-1:8080 tcp Audited [Ingress] [KubernetesNetworkPolicy s-ledger]"),
            (&trace, "bank/kyc-1 > bank/ledger-1:8080 tcp Allowed [Ingress] [Trace]"),
            (&reply, "bank/kyc-1 > bank/ledger-1:8080 tcp Allowed [Ingress] [Trace] [reply]"),
            (world, "192.0.2.2 > bank/ledger-1:53 udp Allowed [Ingress]"),
            // The flow itself, camel case, numbers for words, a container runtime's prefix.
            (
                r#"{"verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"ICMPv4":{"type":8}},"traffic_direction":"EGRESS"}"#,
                "10.0.0.1 > 10.0.0.2:? icmp Allowed [Egress] [Unsaid]",
            ),
            (
                r#"2026-09-15T16:20:01.12Z stdout F {"flow":{"verdict":2,"dropReasonDesc":181,"IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"SCTP":{"destinationPort":9}},"trafficDirection":1,"eventType":{"type":1}},"nodeName":"n"}"#,
                "10.0.0.1 > 10.0.0.2:9 sctp Denied [Ingress] [Drop]",
            ),
            // Not the policies' doing; other events.
            (&drop.replace("POLICY_DENIED", "INVALID_SOURCE_IP"), "aside"),
            (&drop.replace(r#""type":5"#, r#""type":129"#), "aside"),
            (r#"{"node_status":{"state_change":"NODE_CONNECTED","node_names":["n"]},"node_name":"n"}"#, "aside"),
            (
                r#"{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"12"},"node_name":"n","time":"2026-11-28T05:00:44Z"}"#,
                "lost Some(12) Hubble",
            ),
            // What is new, what is broken.
            (
                &drop.replace("DROPPED", "PONDERED"),
                "bank/kyc-1 > bank/ledger-1:8080 tcp Unsaid [Ingress] [KubernetesNetworkPolicy s-ledger]; (unknown)",
            ),
            (r#"{"flow":{"IP":{}}}"#, "(truncated)"),
            (r#"{"hello":1}"#, "(shape)"),
            (r#"{"flow":{"verdict":{}}}"#, "(value)"),
            (&drop[..200], "(truncated)"),
            ("not json", "(shape)"),
        ],
    );
    let (records, _) = read(Format::Hubble, format!("{}\n{drop}\n", &drop[..200]).as_bytes());
    let flow = flows(records).remove(0);
    assert_eq!(
        flow.when,
        When::Unix(1_795_842_044_123_456),
        "a line that was cut takes nothing of the next one with it"
    );
    assert_eq!((flow.opens, flow.caller.labels["bank.example/routing-name"].as_str()), (Some(true), "service.kyc"));
    assert_eq!(flow.caller.workloads, [("Deployment".to_owned(), "kyc".to_owned())]);
}

#[test]
fn gke_s_entries() {
    let entry = r#"{"insertId":"x","jsonPayload":{"connection":{"dest_ip":"10.0.0.2","dest_port":8080,"direction":"ingress","protocol":"tcp","src_ip":"10.0.0.1","src_port":4242},"count":2,"dest":{"namespace":"bank","pod_name":"ledger-1","pod_namespace":"bank","workload_kind":"Deployment","workload_name":"ledger"},"disposition":"deny","node_name":"n1","src":{"namespace":"bank","pod_name":"kyc-1"}},"logName":"projects/p/logs/policy-action","timestamp":"2026-11-28T05:00:44Z"}"#;
    let allow = entry
        .replace(
            r#""disposition":"deny""#,
            r#""disposition":"allow","policies":[{"kind":"NetworkPolicy","name":"s-ledger","namespace":"bank"}]"#,
        )
        .replace(r#""count":2,"#, "");
    table(
        Format::Gke,
        &[
            (entry, "bank/kyc-1 > bank/ledger-1:8080 tcp Denied [Ingress] [×2]"),
            (&allow, "bank/kyc-1 > bank/ledger-1:8080 tcp Allowed [Ingress] [KubernetesNetworkPolicy s-ledger]"),
            (
                &format!("[\n{entry},\n{allow}\n]"),
                "bank/kyc-1 > bank/ledger-1:8080 tcp Denied [Ingress] [×2]; bank/kyc-1 > bank/ledger-1:8080 tcp Allowed [Ingress] [KubernetesNetworkPolicy s-ledger]",
            ),
            // The node's own file; an outsider; a pod by its older key.
            (
                r#"{"connection":{"src_ip":"192.0.2.2","dest_ip":"10.0.0.2","src_port":1,"dest_port":53,"protocol":"udp","direction":"ingress"},"disposition":"deny","dest":{"pod_name":"ledger-1","pod_namespace":"bank"},"src":{},"timestamp":"2026-11-28T05:00:44.5Z"}"#,
                "192.0.2.2 > bank/ledger-1:53 udp Denied [Ingress]",
            ),
            // Flat keys, numbers as texts.
            (
                r#"{"jsonPayload":{"src_ip":"10.0.0.1","dest_ip":"10.0.0.2","dest_port":"8080","protocol":"TCP","direction":"INGRESS","disposition":"allow","dest_pod_name":"ledger-1","dest_namespace":"bank"}}"#,
                "10.0.0.1 > bank/ledger-1:8080 tcp Allowed [Ingress]",
            ),
            (r#"{"logName":"projects/p/logs/stdout","jsonPayload":{"message":"x"}}"#, "aside"),
            (r#"{"jsonPayload":{"message":"x"}}"#, "(shape)"),
            (&entry.replace("10.0.0.1", "10.0.0.1.1"), "(value)"),
            (
                &entry.replace("\"deny\"", "\"maybe\""),
                "bank/kyc-1 > bank/ledger-1:8080 tcp Unsaid [Ingress] [×2]; (unknown)",
            ),
            (&entry[..150], "(truncated)"),
        ],
    );
}

#[test]
fn ovn_s_lines() {
    let head = "2026-11-28T05:00:44.063Z|00001|acl_log(ovn_pinctrl0)|INFO|";
    let tcp = "tcp,vlan_tci=0x0000,dl_src=0a:58,dl_dst=0a:58,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=63,nw_frag=no,tp_src=60510,tp_dst=8080,tcp_flags=syn";
    let line = |name: &str, said: &str, packet: &str| format!("{head}name=\"{name}\", {said}: {packet}");
    let drop = "verdict=drop, severity=alert, direction=to-lport";
    let icmp6 = "icmp6,vlan_tci=0x0000,ipv6_src=fd00::1,ipv6_dst=fd00::2,ipv6_label=0x0,icmp_type=128,icmp_code=0";
    table(
        Format::Ovn,
        &[
            (
                &line("NP:bank:s-ledger:Ingress:0", "verdict=allow, severity=info, direction=to-lport", tcp),
                "10.0.0.1 > 10.0.0.2:8080 tcp Allowed [Ingress] [KubernetesNetworkPolicy s-ledger]",
            ),
            (&line("NP:bank:Ingress", drop, tcp), "10.0.0.1 > 10.0.0.2:8080 tcp Denied [Ingress] [EndOfTier ]"),
            (
                &line("ANP:top:Egress:1", "verdict=pass, severity=info, direction=from-lport", tcp),
                "10.0.0.1 > 10.0.0.2:8080 tcp Unsaid [Egress] [AdminNetworkPolicy top]; (unknown)",
            ),
            (
                &line("<unnamed>", drop, "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=5,tp_dst=53"),
                "10.0.0.1 > 10.0.0.2:53 udp Denied [Ingress]",
            ),
            (
                &line("NP:bank:s-ledger:Ingress:0", drop, icmp6),
                "fd00::1 > fd00::2:? icmpv6 Denied [Ingress] [KubernetesNetworkPolicy s-ledger]",
            ),
            (
                &line(
                    "x",
                    "verdict=drop, severity=info",
                    &tcp.replace("tcp,", "tcp6,")
                        .replace("nw_src=10.0.0.1", "ipv6_src=fd00::1")
                        .replace("nw_dst=10.0.0.2", "ipv6_dst=fd00::2"),
                ),
                "fd00::1 > fd00::2:8080 tcp Denied [Other(\"\") x]",
            ),
            (
                &line("x", drop, "ip,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=47,nw_ttl=3"),
                "10.0.0.1 > 10.0.0.2:? gre Denied [Ingress] [Other(\"\") x]",
            ),
            (
                &format!("Nov 28 05:00:44 n1 ovn-controller[1]: {}", line("NP:bank:Ingress", drop, tcp)),
                "10.0.0.1 > 10.0.0.2:8080 tcp Denied [Ingress] [EndOfTier ]",
            ),
            (
                "2026-11-28T05:00:44.063Z|00009|ovn_pinctrl0|WARN|Dropped 12 log messages in last 60 seconds (most recently, 5 seconds ago) due to excessive rate",
                "lost Some(12) Ovn",
            ),
            ("2026-11-28T05:00:44.063Z|00009|binding|INFO|Claiming lport x", "aside"),
            (&line("x", drop, &tcp[..tcp.len() - 16]), "(truncated)"),
            (&line("x", drop, &tcp[..60]), "(truncated)"),
            (&format!("{head}name=\"NP:bank"), "(truncated)"),
            (&line("x", drop, &tcp.replace("10.0.0.1", "10.0.0.x")), "(value)"),
            (&line("x", drop, "arp,arp_spa=10.0.0.1"), "(truncated)"),
            ("hello", "(shape)"),
        ],
    );
    let (records, _) = read(Format::Ovn, line("NP:bank:Ingress", drop, tcp).as_bytes());
    let flow = flows(records).remove(0);
    assert_eq!((flow.when, flow.opens, flow.caller.port), (When::Unix(1_795_842_044_063_000), Some(true), Some(60510)));
    assert!(
        matches!(read(Format::Ovn, b"x|1|y|WARN|Dropped 3 log messages in last").0[..], [Record::Lost(ref lost)] if lost.sign == LossSign::Ovn)
    );
}

#[test]
fn aws_lines() {
    let zap = |message: &str| {
        format!(
            r#"{{"level":"info","ts":"2026-11-28T05:00:44.021Z","logger":"ebpf-client","caller":"events/events.go:193","msg":"{message}"}}"#
        )
    };
    table(
        Format::Aws,
        &[
            (
                r#"{"level":"info","ts":"2026-11-28T05:00:44.021Z","logger":"ebpf-client","msg":"Flow Info:  ","Src IP":"10.0.0.1","Src Port":39197,"Dest IP":"10.0.0.2","Dest Port":8080,"Proto":"TCP","Verdict":"DENY"}"#,
                "10.0.0.1 > 10.0.0.2:8080 tcp Denied",
            ),
            (
                &zap(
                    "Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.2 Dest Port: 8080 Proto TCP Verdict DENY Direction ingress, Tier NETWORK_POLICY",
                ),
                "10.0.0.1 > 10.0.0.2:8080 tcp Denied [Ingress]",
            ),
            (
                &zap(
                    "Flow Info: Src IP: fd00::1 Src Port: 4 Dest IP: fd00::2 Dest Port: 53 Proto: UDP Verdict: ACCEPT Direction: egress Tier: ADMIN",
                ),
                "fd00::1 > fd00::2:53 udp Allowed [Egress]",
            ),
            (
                &zap(
                    "Flow Info: Src IP: 10.0.0.1 Src Port: 0 Dest IP: 10.0.0.2 Dest Port: 0 Proto ICMP Verdict DENY Direction ingress",
                ),
                "10.0.0.1 > 10.0.0.2:? icmp Denied [Ingress]",
            ),
            (
                "Node: ip-10-0-0-9;SIP: 10.0.0.1;SPORT: 4;DIP: 10.0.0.2;DPORT: 8080;PROTOCOL: TCP;PolicyVerdict: DENY;Tier: NETWORK_POLICY",
                "10.0.0.1 > 10.0.0.2:8080 tcp Denied",
            ),
            (
                r#"{"timestamp":1,"message":"Node: ip-10-0-0-9;SIP: 10.0.0.1;SPORT: 4;DIP: 10.0.0.2;DPORT: 8080;PROTOCOL: TCP;PolicyVerdict: ACCEPT"}"#,
                "10.0.0.1 > 10.0.0.2:8080 tcp Allowed",
            ),
            (
                r#"    "message": "Node: n;SIP: 10.0.0.1;SPORT: 4;DIP: 10.0.0.2;DPORT: 8080;PROTOCOL: TCP;PolicyVerdict: DENY","#,
                "10.0.0.1 > 10.0.0.2:8080 tcp Denied",
            ),
            (
                &zap(
                    "Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.2 Dest Port: 8080 Proto TCP Verdict EXPIRED/DELETED Direction ingress",
                ),
                "aside",
            ),
            (&zap("Setting loggroup Name /aws/eks"), "aside"),
            (&zap("Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.2"), "(truncated)"),
            (
                &zap(
                    "Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.999 Dest Port: 8080 Proto TCP Verdict DENY",
                ),
                "(value)",
            ),
            (
                &zap(
                    "Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.2 Dest Port: 8080 Proto TCP Verdict MAYBE Direction ingress",
                ),
                "10.0.0.1 > 10.0.0.2:8080 tcp Unsaid [Ingress]; (unknown)",
            ),
            (&zap("Flow Info")[..60], "(truncated)"),
            ("hello", "(shape)"),
        ],
    );
}
