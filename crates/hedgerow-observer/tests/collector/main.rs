//! The collector beside a real API server: names, verdicts, who may do what, and what happens when parts of it fail.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests start programs and read the clock; their helpers stop at what cannot be"
)]

mod api;
mod attacks;
mod browser;
mod harness;
mod kept;
#[path = "../shared/port.rs"]
mod port;

use harness::{
    Collector, NodePart, Shows, calls, catalogue, collector_account, install, named, node, now, pod, policy_as_data,
    token,
};
use hedgerow_testcluster::{Cluster, wait};

/// A namespace with ledger, emoji (which wears the rule's label), other, and a pod that is nobody's.
fn bank(cluster: &Cluster, namespace: &str, second: u8) {
    install(cluster);
    bank_with(cluster, namespace, second);
}

fn bank_with(cluster: &Cluster, namespace: &str, second: u8) {
    cluster.namespace(namespace);
    node(cluster, "a", "192.0.2.1");
    node(cluster, "b", "192.0.2.2");
    cluster.admin().apply(namespace, &policy_as_data(namespace)).text();
    let rule = format!("{}, bank.example/egress-s-ledger: \"true\"", named("emoji"));
    pod(cluster, namespace, "ledger-1", "a", &format!("10.{second}.0.1"), &named("ledger"));
    pod(cluster, namespace, "emoji-1", "b", &format!("10.{second}.0.2"), &rule);
    pod(cluster, namespace, "other-1", "b", &format!("10.{second}.0.3"), &named("other"));
    pod(cluster, namespace, "naked-1", "b", &format!("10.{second}.0.4"), "app: naked");
}

#[test]
fn calls_without_a_rule_are_named_counted_and_told() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "whole", 10);
    let collector = Collector::start(&collector_account(cluster), &catalogue("whole"), &["--events"]);
    std::thread::sleep(std::time::Duration::from_secs(2));

    // Every edge of the catalogue is there with 0.
    let series = |caller: &str, verdict: &str| {
        format!(r#"hedgerow_calls_total{{caller="{caller}",callee="service.ledger",port="8080",verdict="{verdict}"}}"#)
    };
    assert_eq!(collector.metric(&series("service.emoji", "permitted")), Some(0.0));

    let mut part =
        NodePart::new("a", Shows::Token(token(cluster, harness::NODE_ACCOUNT, "node-a", "a", "hedgerow-observer")));
    let at = now();
    let sums = vec![
        calls("10.10.0.2", "10.10.0.1", 8080, at, 3),
        calls("10.10.0.3", "10.10.0.1", 8080, at, 5),
        calls("10.10.0.4", "10.10.0.1", 8080, at, 1),
        calls("198.51.100.7", "10.10.0.1", 8080, at, 2),
        calls("192.0.2.2", "10.10.0.1", 8080, at, 1),
        // To nobody's pod: nobody's concern.
        calls("10.10.0.2", "10.10.0.4", 8080, at, 9),
    ];
    let asked = std::time::Instant::now();
    let batch = part.batch(sums);
    let receipts = part.send(&collector, vec![batch]).unwrap();
    eprintln!("a receipt after {:?}", asked.elapsed());
    assert_eq!((receipts[0].life, receipts[0].sequence), (part.life, 1));
    let page = collector.get("/");
    assert!(!page.contains("class=\"problems\""), "{page}");
    let mut edges = collector.edges("service.ledger");
    edges.sort();
    assert_eq!(
        edges,
        [
            r#"{"outsider":"address:198.51.100.7"} 8080 unpermitted 2"#,
            r#"{"outsider":"node:b"} 8080 unpermitted 1"#,
            r#"{"outsider":"pod:whole/naked-1"} 8080 unpermitted 1"#,
            r#"{"service":"service.emoji"} 8080 permitted 3"#,
            r#"{"service":"service.other"} 8080 unpermitted 5"#,
        ]
    );
    assert_eq!(collector.metric(&series("service.emoji", "permitted")), Some(3.0));
    assert_eq!(collector.metric(&series("service.other", "unpermitted")), Some(5.0));
    assert_eq!(collector.metric(&series("pods:whole", "unpermitted")), Some(1.0));
    assert_eq!(collector.metric(&series("outside", "unpermitted")), Some(2.0));
    let page = collector.get("/metrics");
    let example = r#"verdict="unpermitted"} 5 # {caller_address="10.10.0.3",callee_address="10.10.0.1"}"#;
    assert!(page.contains(example), "{page}");
    assert_eq!(collector.metric(r#"hedgerow_source_up{node="a",source="conntrack"}"#), Some(1.0));

    // The page says what mends it.
    let html = collector.get("/");
    for text in [
        "service.other",
        "elsewhere",
        "service.other/egress/service.ledger.rule",
        "mkdir -p service.other/egress &amp;&amp; touch",
    ] {
        assert!(html.contains(text), "{text} is not on the page");
    }
    let filtered = collector.get("/?callee=service.emoji");
    assert!(filtered.contains("No such call"), "{filtered}");

    // Both pods have an Event.
    wait("Events on both pods", || {
        let events = cluster.admin().get(&["events", "-n", "whole"]);
        let of = |pod: &str| {
            let mut items = events["items"].as_array().unwrap().iter();
            items.any(|event| event["involvedObject"]["name"] == pod && event["reason"] == "CallWithoutRule")
        };
        of("other-1") && of("ledger-1")
    });

    // The rule comes: first the file, then the deploy puts the label on. Then it is permitted.
    let labels = format!("{}, bank.example/egress-s-ledger: \"true\"", named("other"));
    cluster.admin().apply("whole", &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: other-1, labels: {{{labels}}}}}, spec: {{nodeName: b, automountServiceAccountToken: false, containers: [{{name: c, image: i}}]}}}}")).text();
    // The catalogue has no such rule: the label is forged for all that it says.
    let forged =
        r#"hedgerow_forged_labels{service="service.other",namespace="whole",label="bank.example/egress-s-ledger"}"#;
    wait("the forged label", || collector.metric(forged) == Some(1.0));
    assert!(collector.get("/").contains("no rule of its service gives it"));
    std::thread::sleep(std::time::Duration::from_secs(3));
    let later = calls("10.10.0.3", "10.10.0.1", 8080, now(), 7);
    let batch = part.batch(vec![later]);
    part.send(&collector, vec![batch]).unwrap();
    assert!(collector.edges("service.ledger").contains(&r#"{"service":"service.other"} 8080 permitted 7"#.to_owned()));

    // What runs is told with the observations.
    let header: serde_json::Value =
        serde_json::from_str(collector.get("/v1/observations").lines().next().unwrap()).unwrap();
    assert_eq!(header["services"]["service.other"]["forged"]["service.ledger"], 1);
    assert_eq!(header["services"]["service.emoji"]["pods"], 1);
    let schema: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(hedgerow_testcluster::repository().join("docs/schemas/observations.json")).unwrap(),
    )
    .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in collector.get("/v1/observations").lines() {
        let value = serde_json::from_str(line).unwrap();
        let faults: Vec<_> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
    }
}
