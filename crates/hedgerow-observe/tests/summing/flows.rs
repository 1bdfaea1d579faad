//! Flows with verdicts: recordings of a real Felix against the calls that were made, and Hubble's many events of one call.

use super::{at, fixtures, sums, total};
use hedgerow_observe::sum::flows::{CalicoFlows, HubbleFlows};
use hedgerow_observe::sum::{Aside, Began, Call, Now, Said, Span};
use hedgerow_observe::{Flow, Format, Record};
use std::collections::BTreeMap;

fn flows(format: Format, bytes: &[u8]) -> Vec<Flow> {
    let mut reader = format.reader();
    let mut found = Vec::new();
    let mut keep = |record: Record| {
        if let Record::Flow(flow) = record {
            found.push(*flow);
        }
    };
    reader.feed(bytes, &mut keep);
    reader.finish(&mut keep);
    assert_eq!(reader.tally().not_understood(), 0, "{:?}", reader.tally());
    found
}

/// A time after all recordings.
const LATER: Now = Now { unix: 1_900_000_000_000_000, boot: 5_000_000_000 };

fn name(call: &Call) -> (String, String, u16, String) {
    let text = |place: &hedgerow_observe::sum::Place| {
        let name = place.name.as_ref().unwrap();
        let short = name.labels.iter().find(|(key, _)| key.ends_with("/routing-name")).map(|(_, value)| value.clone());
        short.unwrap_or_else(|| format!("{}/{}", name.namespace, name.name))
    };
    (text(&call.caller), text(&call.callee), call.port, call.protocol.to_string())
}

/// Sums a recording: each flow as it came.
fn summed(bytes: &[u8], since: i64, times: usize) -> BTreeMap<Call, Span> {
    let mut calico = CalicoFlows::new(since);
    let mut sums = sums();
    let flows = flows(Format::CalicoFlows, bytes);
    for _ in 0..times {
        for flow in &flows {
            calico.flow(flow, LATER, &mut sums);
        }
    }
    let (calls, lost) = sums.take();
    assert_eq!(lost, 0);
    calls
}

#[test]
fn a_recording_of_felix_gives_the_calls_that_were_made() {
    let mut scenarios = 0;
    for (path, bytes) in fixtures("flows", ".pb") {
        // The long connections have their own test; the restart repeats what came before it.
        if path.contains("longlived") || path.contains("server-restart") {
            continue;
        }
        let calls: serde_json::Value =
            serde_json::from_slice(&std::fs::read(format!("{path}.calls.json")).unwrap()).unwrap();
        // What came before this scenario is left out by its time.
        let started = calls["started"].as_f64().unwrap() as i64 - 10;
        let mut made: BTreeMap<(String, u16, String), u64> = BTreeMap::new();
        for call in calls["calls"].as_array().unwrap() {
            let text = |key: &str| call[key].as_str().unwrap().to_owned();
            // The node's own calls give no flow.
            if text("src").contains("lp-node") || text("srcip").contains("node") {
                continue;
            }
            let to_service = text("dst").starts_with("10.96.");
            let port = if to_service { 8080 } else { u16::try_from(call["port"].as_u64().unwrap()).unwrap() };
            let callee = if text("dst").contains("kyc") { "service.kyc" } else { "service.ledger" };
            *made.entry((callee.to_owned(), port, text("proto").to_lowercase())).or_default() +=
                call["n"].as_u64().unwrap();
        }
        let mut found: BTreeMap<(String, u16, String), u64> = BTreeMap::new();
        for (call, span) in summed(&bytes, 0, 1) {
            if call.began == Began::Earlier || span.first < started * 1_000_000 {
                continue;
            }
            let (_, callee, port, protocol) = name(&call);
            *found.entry((callee, port, protocol)).or_default() += span.count;
        }
        // What began in the last seconds of the scenario before falls into the first flush.
        for (key, count) in &made {
            let got = found.get(key).copied().unwrap_or(0);
            assert!(got >= *count, "{path}: {key:?}: {count} calls were made, {got} counted");
        }
        let again = summed(&bytes, 0, 3);
        assert_eq!(again, summed(&bytes, 0, 1), "{path}: sent again, nothing is counted again");
        scenarios += 1;
    }
    assert!(scenarios >= 1);
}

#[test]
fn verdicts_of_recordings() {
    for (path, bytes) in fixtures("flows", ".pb") {
        let of = |said: Said| -> Vec<(Call, Span)> {
            summed(&bytes, 0, 1).into_iter().filter(|(call, _)| call.said == said).collect()
        };
        let policies = |said: Said| -> Vec<String> {
            let mut all: Vec<String> =
                of(said).iter().map(|(call, _)| call.policy.as_deref().unwrap_or("-").to_owned()).collect();
            all.sort();
            all.dedup();
            all
        };
        if path.contains("callog-audit") {
            assert!(policies(Said::Unsaid).contains(&"CalicoNetworkPolicy/bank/s-ledger".to_owned()), "{path}");
            assert!(policies(Said::Permitted).contains(&"KubernetesNetworkPolicy/bank/s-ledger".to_owned()), "{path}");
            assert!(of(Said::Unpermitted).is_empty() && of(Said::Dropped).is_empty(), "{path}");
        } else if path.contains("calstaged-audit") {
            // What was dropped belongs to the scenario before.
            assert_eq!(
                policies(Said::Unpermitted),
                ["StagedKubernetesNetworkPolicy/bank/s-kyc", "StagedKubernetesNetworkPolicy/bank/s-ledger"],
                "{path}"
            );
        } else if path.contains("c-enforce") {
            assert!(!of(Said::Dropped).is_empty(), "{path}");
            for (call, _) in of(Said::Dropped) {
                let by = call.policy.as_deref().unwrap();
                assert!(
                    ["KubernetesNetworkPolicy/bank/s-", "GlobalNetworkPolicy//catch-all"]
                        .iter()
                        .any(|start| by.starts_with(start)),
                    "{path}: {by}"
                );
            }
        }
    }
}

#[test]
fn a_connection_that_goes_on_is_open_and_is_counted_once() {
    let mut tried = 0;
    for (path, bytes) in fixtures("flows", ".pb").into_iter().filter(|(path, _)| path.contains("longlived-staged")) {
        let calls = summed(&bytes, 0, 1);
        let emoji: Vec<_> = calls
            .iter()
            .filter(|(call, _)| {
                name(call).0 == "service.emoji" && call.port == 8080 && call.protocol.to_string() == "tcp"
            })
            .collect();
        let of = |began: Began| {
            emoji.iter().filter(|(call, _)| call.began == began).map(|(_, span)| span.count).sum::<u64>()
        };
        assert_eq!((of(Began::Now), of(Began::Earlier)), (1, 3), "{path}: {emoji:?}");
        tried += 1;
    }
    if tried == 0 {
        eprintln!("skipped: the recording of long connections is in ../shared");
    }
}

#[test]
fn what_felix_kept_for_us_may_have_been_counted_by_an_earlier_run() {
    let (_, bytes) = fixtures("flows", ".pb").remove(0);
    let all = |since: i64| summed(&bytes, since, 1);
    assert!(all(0).keys().all(|call| call.began != Began::PerhapsCounted));
    let new = |(call, span): (&Call, &Span)| (call.began == Began::Now).then_some(span.last);
    let last = all(0).iter().filter_map(new).max().unwrap();
    // Flows have whole seconds: what began in the second in which this run began is taken for new.
    assert!(all(last + 999_999).iter().any(|(call, _)| call.began == Began::Now));
    assert!(all(last + 1_000_000).keys().all(|call| call.began != Began::Now));
    assert_eq!(total(&all(0)), total(&all(last + 1_000_000)), "they are there all the same");
}

// ── Hubble ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// One event of Hubble's of a call from `web` to `api:8080`.
fn event(kind: u8, verdict: &str, direction: &str, port: u16, extra: &str) -> String {
    let reason = if verdict == "DROPPED" { r#""drop_reason_desc":"POLICY_DENIED","# } else { "" };
    format!(
        r#"{{"flow":{{"time":"2026-11-28T05:00:00Z","verdict":"{verdict}",{reason}{extra}"IP":{{"source":"10.0.0.1","destination":"10.0.0.2"}},"l4":{{"TCP":{{"source_port":{port},"destination_port":8080,"flags":{{"SYN":true}}}}}},"source":{{"namespace":"bank","pod_name":"web-1","labels":["k8s:app=web"]}},"destination":{{"namespace":"bank","pod_name":"api-1","labels":["k8s:app=api"]}},"event_type":{{"type":{kind}}},"traffic_direction":"{direction}"}},"node_name":"n"}}"#
    ) + "\n"
}

fn hubble(text: &str) -> (Vec<(Said, u64)>, BTreeMap<Aside, u64>) {
    let mut hubble = HubbleFlows::new(0);
    let mut sums = sums();
    for flow in flows(Format::Hubble, text.as_bytes()) {
        hubble.flow(&flow, at(0), &mut sums);
    }
    let aside = sums.aside().clone();
    (sums.take().0.iter().map(|(call, span)| (call.said, span.count)).collect(), aside)
}

#[test]
fn hubble_tells_one_call_many_times() {
    let (verdict, drop, trace) = (5, 1, 4);
    let permitted = event(verdict, "FORWARDED", "INGRESS", 1, "");
    let passed = event(trace, "FORWARDED", "INGRESS", 1, "");
    let callers = event(verdict, "FORWARDED", "EGRESS", 1, "") + &event(trace, "FORWARDED", "EGRESS", 1, "");
    let denied = event(verdict, "DROPPED", "INGRESS", 1, "");
    let dropped = event(drop, "DROPPED", "INGRESS", 1, "");
    let audited = event(verdict, "AUDIT", "INGRESS", 1, "");
    for (text, expected) in [
        (callers.clone() + &permitted + &passed + &passed, vec![(Said::Permitted, 1)]),
        // The caller tries again: one call.
        (denied.clone() + &dropped + &denied + &dropped, vec![(Said::Dropped, 1)]),
        (dropped.clone() + &denied, vec![(Said::Dropped, 1)]),
        (audited.clone() + &passed + &audited + &passed, vec![(Said::Unpermitted, 1)]),
        // No policy selects the pod: that the packet passed by is all there is.
        (passed.clone() + &passed, vec![(Said::Unsaid, 1)]),
        // Another connection.
        (permitted.clone() + &event(verdict, "FORWARDED", "INGRESS", 2, ""), vec![(Said::Permitted, 2)]),
        // What was denied is permitted now.
        (denied.clone() + &permitted, vec![(Said::Permitted, 1), (Said::Dropped, 1)]),
        // An answer.
        (event(trace, "FORWARDED", "INGRESS", 3, r#""is_reply":true,"#), vec![]),
        // Amid a connection.
        (event(trace, "FORWARDED", "INGRESS", 3, "").replace(r#""SYN":true"#, r#""ACK":true"#), vec![]),
        (event(trace, "TRACED", "INGRESS", 3, ""), vec![]),
        // A mask without the caller's port: each verdict is a call.
        ((permitted.clone() + &permitted).replace(r#""source_port":1,"#, ""), vec![(Said::Permitted, 2)]),
        ((denied.clone() + &dropped).replace(r#""source_port":1,"#, ""), vec![(Said::Dropped, 1)]),
        // To the outside there is no other side.
        (
            callers
                .replace(r#","pod_name":"api-1""#, "")
                .replace(r#""destination":{"namespace":"bank","#, r#""destination":{"#)
                .replace("k8s:app=api", "reserved:world"),
            vec![(Said::Permitted, 1)],
        ),
    ] {
        assert_eq!(hubble(&text).0, expected, "{text}");
    }
    let (_, aside) = hubble(&(callers + &permitted + &passed));
    assert_eq!(aside, BTreeMap::from([(Aside::CallersSide, 2), (Aside::Repetition, 1)]));
}

#[test]
fn after_a_minute_the_same_ports_are_another_connection() {
    let one = event(5, "FORWARDED", "INGRESS", 1, "");
    let later = |time: &str| one.replace("05:00:00Z", time);
    let text = one.clone() + &later("05:00:50Z") + &later("05:01:45Z") + &later("05:02:46Z");
    assert_eq!(hubble(&text).0, [(Said::Permitted, 2)]);
}

/// A flow of Calico's with these numbers of connections.
fn counted(started: i64, completed: i64, live: i64) -> Flow {
    use hedgerow_observe::calico::{FlowUpdate, WireFlow, WireKey, flow};
    let key = WireKey {
        source_name: "web-*".to_owned(),
        source_namespace: "bank".to_owned(),
        source_type: 1,
        dest_name: "api-*".to_owned(),
        dest_namespace: "bank".to_owned(),
        dest_type: 1,
        dest_port: 80,
        proto: "tcp".to_owned(),
        reporter: 2,
        action: 1,
        ..WireKey::default()
    };
    flow(FlowUpdate {
        flow: Some(WireFlow {
            key: Some(key),
            start_time: 1_700_000_000 + started * 100 + completed * 10 + live,
            num_connections_started: started,
            num_connections_completed: completed,
            num_connections_live: live,
            ..WireFlow::default()
        }),
    })
    .unwrap()
}

#[test]
fn only_what_began_is_counted_and_only_what_goes_on_is_open() {
    for (started, completed, live, expected) in [
        (3, 3, 3, Some((Began::Now, 3))),
        (2, 0, 5, Some((Began::Now, 2))),
        (0, 0, 2, Some((Began::Earlier, 2))),
        (0, 1, 3, Some((Began::Earlier, 2))),
        (0, 2, 2, None),
        (0, 1, 0, None),
    ] {
        let mut sums = sums();
        CalicoFlows::new(0).flow(&counted(started, completed, live), LATER, &mut sums);
        let ended = sums.aside().get(&Aside::Amid).copied().unwrap_or(0);
        let found: Vec<(Began, u64)> = sums.take().0.iter().map(|(call, span)| (call.began, span.count)).collect();
        assert_eq!(found, Vec::from_iter(expected), "{started} {completed} {live}");
        assert_eq!(ended, u64::from(expected.is_none()));
    }
}
