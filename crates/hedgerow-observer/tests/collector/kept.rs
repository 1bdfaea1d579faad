//! What is kept: a kill at any moment loses nothing that has a receipt, and counts nothing twice.

use super::bank;
use super::harness::{Collector, NodePart, Shows, calls, catalogue, collector_account, now, pod, remove_pod};
use hedgerow_observer::link::Batch;
use hedgerow_testcluster::{Cluster, wait};
use std::time::Duration;

#[test]
fn a_kill_during_writes_loses_nothing_and_counts_nothing_twice() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "kept", 30);
    let mut collector = Collector::start(&collector_account(cluster), &catalogue("kept"), &[]);
    std::thread::sleep(Duration::from_secs(2));
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let mut sent: u64 = 0;
    let mut waiting: Vec<Batch> = Vec::new();
    for round in 0..4u64 {
        for _ in 0..25 {
            let batch = part.batch(vec![calls("10.30.0.2", "10.30.0.1", 8080, now(), 1)]);
            sent += 1;
            waiting.push(batch);
        }
        // Killed in the middle of it, as soon as some were taken.
        let receipts = std::thread::scope(|scope| {
            let (collector, part, batches) = (&collector, &part, waiting.clone());
            let sending = scope.spawn(move || part.send(collector, batches));
            std::thread::sleep(Duration::from_millis(900 + 300 * round));
            assert!(
                std::process::Command::new("kill")
                    .args(["-9", &collector.pid().to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
            sending.join().unwrap()
        });
        let kept =
            receipts.ok().and_then(|receipts| receipts.last().map(|receipt| receipt.sequence)).unwrap_or_default();
        waiting.retain(|batch| batch.sequence > kept);
        collector.kill();
        collector.launch();
        std::thread::sleep(Duration::from_secs(2));
    }
    // What has no receipt is sent again, all of it; some of it was kept already.
    for batch in &mut waiting {
        batch.sent = now();
    }
    if !waiting.is_empty() {
        let receipts = part.send(&collector, waiting.clone()).unwrap();
        assert_eq!(receipts.len(), waiting.len());
    }
    let count: u64 = collector.observed().iter().map(|line| line["count"].as_u64().unwrap()).sum();
    assert_eq!(count, sent, "{:?}", collector.edges("service.ledger"));
    // Twice the same batch counts once, also within one stream.
    let batch = part.batch(vec![calls("10.30.0.2", "10.30.0.1", 8080, now(), 1)]);
    part.send(&collector, vec![batch.clone(), batch.clone(), batch]).unwrap();
    let count: u64 = collector.observed().iter().map(|line| line["count"].as_u64().unwrap()).sum();
    assert_eq!(count, sent + 1);
    assert!(collector.end().success(), "it ends when it is asked to");
}

#[test]
fn an_address_that_another_pod_gets_within_a_second_is_never_given_the_wrong_name() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "reused", 31);
    let collector = Collector::start(&collector_account(cluster), &catalogue("reused"), &[]);
    std::thread::sleep(Duration::from_secs(3));
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let before = now();
    // The API server's times are whole seconds, by a clock that may be ahead: a pod may have been there some seconds earlier.
    std::thread::sleep(Duration::from_secs(5));
    remove_pod(cluster, "reused", "other-1");
    let between = now();
    pod(cluster, "reused", "emoji-2", "b", "10.31.0.3", &super::named("emoji"));
    std::thread::sleep(Duration::from_millis(2500));
    let after = now();
    let sums = [before, between, after].map(|at| calls("10.31.0.3", "10.31.0.1", 8080, at, 1)).to_vec();
    let batch = part.batch(sums);
    part.send(&collector, vec![batch]).unwrap();
    let edges = collector.edges("service.ledger");
    assert!(edges.contains(&r#"{"service":"service.other"} 8080 unpermitted 1"#.to_owned()), "before: {edges:?}");
    assert!(
        edges.contains(&r#"{"service":"service.emoji"} 8080 unpermitted 1"#.to_owned()),
        "after, and without the label: {edges:?}"
    );
    let unknown = edges.iter().find(|edge| edge.contains("unknown")).unwrap();
    assert!(unknown.contains("service.other"), "between it may have been either: {edges:?}");
}

#[test]
fn a_catalogue_that_is_no_good_changes_nothing_and_a_new_one_counts_at_once() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "catalogued", 32);
    let directory = tempfile::tempdir().unwrap();
    // As a ConfigMap is mounted: a link to a directory that is swapped.
    let write = |version: &str, text: &str| {
        let own = directory.path().join(version);
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("catalogue.json"), text).unwrap();
        let fresh = directory.path().join("fresh");
        std::os::unix::fs::symlink(version, &fresh).unwrap();
        std::fs::rename(&fresh, directory.path().join("data")).unwrap();
    };
    write("1", &catalogue("catalogued"));
    let path = directory.path().join("data/catalogue.json");
    let mut collector = Collector::start_with(&collector_account(cluster), path.to_str().unwrap(), &[]);
    assert_eq!(collector.metric("hedgerow_services"), Some(3.0));
    write("2", "{\"version\": 1, \"services\": {");
    wait("the fault to be said", || collector.metric("hedgerow_catalogue_good") == Some(0.0));
    assert_eq!(collector.metric("hedgerow_services"), Some(3.0));
    assert!(collector.get("/").contains("The catalogue is no good"));
    write("3", &catalogue("catalogued").replace("service.other", "service.another").replace("s-other", "s-another"));
    wait("the new one to be used", || collector.metric("hedgerow_catalogue_good") == Some(1.0));
    let page = collector.get("/metrics");
    let line = page.lines().find(|line| line.starts_with("hedgerow_catalogue{digest=\"sha256:")).unwrap();
    assert!(line.contains(",environment=\"prod\",labelling=\""), "{line}");
    // Nothing is said of another program that has the store open but that.
    let second = collector.second();
    assert!(second.contains("another program has the store open"), "{second}");
    collector.end();
}
