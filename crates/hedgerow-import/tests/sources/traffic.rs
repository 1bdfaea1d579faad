//! Flows.

use super::{assert_of, bank, imported, leftover};
use hedgerow_import::{Many, Source};

/// A flow of Hubble's.
fn hubble(from: &str, to: &str, port: u16, verdict: &str, second: u32) -> String {
    let end = |end: &str| {
        let (namespace, pod) = end.split_once('/').unwrap();
        format!(r#"{{"namespace":"{namespace}","pod_name":"{pod}","labels":["k8s:app=x"]}}"#)
    };
    format!(
        r#"{{"flow":{{"time":"2026-11-20T10:00:{second:02}Z","verdict":"{verdict}","IP":{{"source":"10.0.0.{second}","destination":"10.0.1.1"}},"l4":{{"TCP":{{"source_port":4{second:03},"destination_port":{port},"flags":{{"SYN":true}}}}}},"source":{},"destination":{},"Type":"L3_L4","event_type":{{"type":5}},"traffic_direction":"INGRESS","is_reply":false}}}}"#,
        end(from),
        end(to)
    ) + "\n"
}

#[test]
fn flows_of_hubble_are_calls_that_were_seen() {
    let text = [
        hubble("bank/emoji-7c9f4d5b6d-x7zqp", "bank/ledger-0", 8080, "FORWARDED", 1),
        hubble("bank/emoji-7c9f4d5b6d-x7zqp", "bank/ledger-0", 8080, "FORWARDED", 2),
        hubble("market/shop-7c9f4d5b6d-x7zqp", "bank/ledger-0", 9901, "DROPPED", 3),
        hubble("bank/stranger-7c9f4d5b6d-x7zqp", "bank/ledger-0", 8080, "FORWARDED", 4),
        hubble("bank/emoji-7c9f4d5b6d-x7zqp", "bank/ledger-0", 7000, "FORWARDED", 5),
        "{\"verdict\": 3, \"flow\": 7}\n".to_owned(),
    ]
    .concat();
    let imported = imported(&bank(), Source::Hubble, &text, Many::Suggest);
    let rules: Vec<_> = imported.rules.iter().map(|rule| (rule.caller.as_str(), rule.callee.as_str())).collect();
    assert_eq!(rules, [("service.emoji", "service.ledger")]);
    let seen = imported.rules[0].seen.unwrap();
    assert_eq!(
        (String::from(seen.first), String::from(seen.last)),
        ("2026-11-20T10:00:01Z".into(), "2026-11-20T10:00:05Z".into())
    );
    assert_eq!(seen.count, 3);
    let left: Vec<_> = imported.leftovers.iter().map(leftover).collect();
    assert_eq!(left.len(), 4, "{left:#?}");
    assert!(left[0].starts_with("not-understood: 1 ×: "), "{left:#?}");
    assert_eq!(
        left[1..],
        [
            "outside-caller: `bank/stranger-7c9f4d5b6d-x7zqp` → `bank/ledger-0`: `bank/stranger-7c9f4d5b6d-x7zqp` is no service of the fleet @ in ⇒ {from: {namespace: bank, pods: {app: x}}, ports: [http]}",
            "undeclared-ports: `service.emoji` → `service.ledger`: `service.ledger` declares no TCP 7000 @ in",
            "dropped: `market/shop-7c9f4d5b6d-x7zqp` → `bank/ledger-0` on TCP 9901, 1 × @ in",
        ]
    );
}

#[test]
fn flows_of_whisker_name_workloads_by_what_their_pods_share() {
    let flow = |from: &str, to: &str| {
        let (from, to) = (from.split_once('/').unwrap(), to.split_once('/').unwrap());
        format!(
            r#"{{"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-20T10:00:15Z","action":"Allow","source_name":"{}","source_namespace":"{}","source_labels":"","dest_name":"{}","dest_namespace":"{}","dest_labels":"","protocol":"tcp","dest_port":8080,"reporter":"Dst","policies":{{"enforced":[],"pending":[]}}}}"#,
            from.1, from.0, to.1, to.0
        ) + "\n"
    };
    let text = [flow("bank/emoji-7c9f4d5b6d-*", "bank/ledger-*"), flow("-/pub", "bank/ledger-*")].concat();
    let imported = imported(&bank(), Source::Goldmane, &text, Many::Suggest);
    assert_of(
        &imported,
        &["service.emoji → service.ledger [http]: imported from in"],
        &["addresses: `pub` calls `bank/ledger-*` on TCP 8080 @ in"],
    );
}

#[test]
fn a_pod_is_of_the_workload_that_the_source_names() {
    // The pod, what is told of its workloads, and who it is.
    for (pod, workloads, caller) in [
        ("weird", r#"[{"name":"emoji","kind":"Deployment"}]"#, Some("service.emoji")),
        ("emoji-canary-7c9d8b6f5-abcde", r#"[{"name":"emoji","kind":"Deployment"}]"#, Some("service.emoji")),
        // What is told wins over what the pod's name looks like.
        ("card-7c9d8b6f5-x7zqp", r#"[{"name":"emoji","kind":"Deployment"}]"#, Some("service.emoji")),
        // A workload of nobody's: the pod's name counts.
        ("emoji-7c9d8b6f5-x7zqp", r#"[{"name":"other","kind":"Deployment"}]"#, Some("service.emoji")),
        ("weird", r#"[{"name":"other","kind":"Deployment"}]"#, None),
        ("weird", r#"[{"name":"emoji","kind":"Deployment"},{"name":"card","kind":"Deployment"}]"#, None),
        ("weird", "[]", None),
        ("emoji-7c9d8b6f5-x7zqp", "[]", Some("service.emoji")),
    ] {
        let text = hubble("bank/POD", "bank/ledger-0", 8080, "FORWARDED", 1);
        let with = format!(r#""pod_name":"{pod}","workloads":{workloads}"#);
        let text = text.replace(r#""pod_name":"POD""#, &with);
        let imported = imported(&bank(), Source::Hubble, &text, Many::Suggest);
        let found: Vec<_> = imported.rules.iter().map(|rule| rule.caller.as_str()).collect();
        assert_eq!(found, caller.into_iter().collect::<Vec<_>>(), "{pod} {workloads}: {imported:#?}");
        assert_eq!(imported.leftovers.len(), usize::from(caller.is_none()), "{pod} {workloads}");
    }
}

#[test]
fn no_entry_is_suggested_for_a_port_that_no_entry_can_name() {
    let left = |port| {
        let text = hubble("bank/stranger-7c9f4d5b6d-x7zqp", "bank/ledger-0", port, "FORWARDED", 1);
        imported(&bank(), Source::Hubble, &text, Many::Suggest).leftovers.remove(0).allow
    };
    assert_eq!(left(8080).as_deref(), Some("{from: {namespace: bank, pods: {app: x}}, ports: [http]}"));
    // An entry without ports opens all of them.
    assert_eq!(left(7000), None);
}

#[test]
fn what_the_callers_side_alone_tells_is_said() {
    let flow = |direction: &str, verdict: &str, second: u32| {
        let text = hubble("bank/emoji-7c9f4d5b6d-x7zqp", "bank/ledger-0", 8080, verdict, second);
        text.replace("\"INGRESS\"", &format!("\"{direction}\""))
    };
    let said = "`bank/emoji-7c9f4d5b6d-x7zqp` → `bank/ledger-0` on TCP 8080";
    for (text, expected) in [
        (flow("EGRESS", "DROPPED", 1), vec![format!("callers-side: {said}, 1 ×, dropped where it left @ in")]),
        (
            flow("EGRESS", "FORWARDED", 1) + &flow("EGRESS", "FORWARDED", 2),
            vec![format!("callers-side: {said}, 2 ×, seen where it left @ in")],
        ),
        (flow("INGRESS", "ERROR", 1), vec![format!("callers-side: {said}, 1 ×, without a verdict @ in")]),
        // The callee's side says it as well.
        (flow("EGRESS", "FORWARDED", 1) + &flow("INGRESS", "FORWARDED", 2), vec![]),
        (flow("EGRESS", "DROPPED", 1) + &flow("INGRESS", "DROPPED", 2), vec![format!("dropped: {said}, 1 × @ in")]),
        // An answer is nobody's call.
        (flow("EGRESS", "FORWARDED", 1).replace("\"is_reply\":false", "\"is_reply\":true"), vec![]),
    ] {
        let imported = imported(&bank(), Source::Hubble, &text, Many::Suggest);
        let left: Vec<_> = imported.leftovers.iter().map(leftover).collect();
        assert_eq!(left, expected, "{text}");
    }
    let whisker = |reporter: &str, action: &str| {
        format!(
            r#"{{"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-20T10:00:15Z","action":"{action}","source_name":"emoji-7c9f4d5b6d-*","source_namespace":"bank","source_labels":"","dest_name":"ledger-*","dest_namespace":"bank","dest_labels":"","protocol":"tcp","dest_port":8080,"reporter":"{reporter}","policies":{{"enforced":[],"pending":[]}}}}"#
        ) + "\n"
    };
    let said = "`bank/emoji-7c9f4d5b6d-*` → `bank/ledger-*` on TCP 8080, 1 ×";
    for (text, expected) in [
        (whisker("Src", "Allow"), vec![format!("callers-side: {said}, seen where it left @ in")]),
        (whisker("Src", "Deny"), vec![format!("callers-side: {said}, dropped where it left @ in")]),
        (whisker("Src", "Allow") + &whisker("Dst", "Allow"), vec![]),
    ] {
        let imported = imported(&bank(), Source::Goldmane, &text, Many::Suggest);
        let left: Vec<_> = imported.leftovers.iter().map(leftover).collect();
        assert_eq!(left, expected, "{text}");
    }
}
