//! Hubble's export file, followed; and what the health port tells.

use crate::collector::Collector;
use crate::part::{Part, get};
use crate::port::free_port;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// A verdict of a call of `web` to `api:8080` from this port, now.
fn line(port: u16) -> String {
    line_at(port, "2999-01-01T00:00:00Z")
}

fn line_at(port: u16, time: &str) -> String {
    format!(
        r#"{{"flow":{{"time":"{time}","verdict":"AUDIT","IP":{{"source":"10.0.0.1","destination":"10.0.0.2"}},"l4":{{"TCP":{{"source_port":{port},"destination_port":8080,"flags":{{"SYN":true}}}}}},"source":{{"namespace":"bank","pod_name":"web-1","labels":["k8s:app=web"]}},"destination":{{"namespace":"bank","pod_name":"api-1","labels":["k8s:app=api"]}},"event_type":{{"type":5}},"traffic_direction":"INGRESS"}},"node_name":"n1"}}"#
    ) + "\n"
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn hubble_s_file_is_followed_through_rotation_truncation_and_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.log");
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let arguments = ["--sources", "hubble", "--hubble-file", path.to_str().unwrap()];
    let part = Part::start(collector.address, &arguments);
    part.until_said("hubble: cannot read");
    let counted = |count: u64| {
        kept.until(&format!("{count} calls"), |kept| kept.counted("hubble", |_| true) >= count);
        assert_eq!(kept.counted("hubble", |_| true), count);
    };
    // It comes to be; what is in it from long ago is old.
    append(&path, &(line_at(1, "2020-01-01T00:00:00Z") + &line(2) + &line(3)));
    counted(2);
    part.until_said("hubble: heard");
    kept.until("heard all the time", |kept| kept.source("hubble").last().is_some_and(|source| source.heard));
    let sum = kept.sums().remove(0);
    assert_eq!(sum.outcome(), hedgerow_observer::link::Outcome::Unpermitted);
    let caller = sum.caller.unwrap();
    assert_eq!(
        (caller.namespace.as_str(), caller.name.as_str(), caller.labels["app"].as_str()),
        ("bank", "web-1", "web")
    );
    // A line in two pieces.
    let whole = line(4);
    append(&path, &whole[..100]);
    std::thread::sleep(std::time::Duration::from_millis(700));
    append(&path, &whole[100..]);
    counted(3);
    // Rotated: the old one gets a last line after its renaming.
    let old = folder.path().join("events-1.log");
    std::fs::rename(&path, &old).unwrap();
    append(&old, &line(5));
    append(&path, &line(6));
    counted(5);
    assert_eq!(kept.lost("hubble"), 0);
    assert!(kept.source("hubble").iter().all(|source| !source.lost_unknown), "rotation loses nothing");
    // Truncated: what was written since the last look may be gone, which is said.
    std::fs::write(&path, "").unwrap();
    kept.until("the loss is said", |kept| kept.source("hubble").iter().any(|source| source.lost_unknown));
    append(&path, &line(7));
    counted(6);
    // Hubble itself says what it lost.
    append(
        &path,
        "{\"lost_events\":{\"source\":\"PERF_EVENT_RING_BUFFER\",\"num_events_lost\":\"42\"},\"time\":\"2999-01-01T00:00:00Z\"}\nnot json\n",
    );
    kept.until("42 lost, and a line that is none", |kept| kept.lost("hubble") == 43);
    kept.until("not understood", |kept| {
        kept.source("hubble").iter().map(|source| source.not_understood).sum::<u64>() == 1
    });
    // Killed and started again: what was written meanwhile is read; what was counted before may be, and that is said.
    let life = kept.batches().last().unwrap().life;
    part.kill();
    append(&path, &line_at(8, &now_text()));
    let part = Part::start(collector.address, &arguments);
    kept.until("the call that nobody saw", |kept| kept.counted("hubble", |sum| sum.count > 0) >= 8);
    let new: Vec<_> = kept.batches().into_iter().filter(|batch| batch.life != life).collect();
    assert_eq!(new[0].sequence, 1);
    let repeated: u64 =
        new.iter().flat_map(|batch| &batch.sums).filter(|sum| sum.may_repeat).map(|sum| sum.count).sum();
    assert_eq!(repeated, 1, "the one of now was written before this life");
    // Gone: said.
    std::fs::remove_file(&path).unwrap();
    part.until_said("cannot read");
    kept.until("deaf", |kept| kept.source("hubble").last().is_some_and(|source| source.fault.contains("cannot read")));
    assert_eq!(part.terminate(), Some(0));
}

/// This moment, to the second.
fn now_text() -> String {
    let output = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_file_that_nobody_writes_is_not_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.log");
    append(&path, &line(1));
    let collector = Collector::start();
    let arguments = ["--sources", "hubble", "--hubble-file", path.to_str().unwrap(), "--hubble-quiet", "2"];
    let part = Part::start(collector.address, &arguments);
    part.until_said("was not written to for");
    collector.kept.until("deaf", |kept| {
        kept.source("hubble").last().is_some_and(|source| !source.heard && source.fault.contains("not written"))
    });
    append(&path, &line(2));
    part.until_said("hubble: heard");
}

/// A file from the future was written before the clock was set back: only what is read proves that somebody writes.
#[test]
fn a_file_from_the_future_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.log");
    append(&path, &line(1));
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(future).unwrap();
    let collector = Collector::start();
    let arguments = ["--sources", "hubble", "--hubble-file", path.to_str().unwrap(), "--hubble-quiet", "2"];
    let part = Part::start(collector.address, &arguments);
    part.until_said("was not written to for");
    append(&path, &line(2));
    part.until_said("hubble: heard");
    // A line that is no flow is a call that nobody counted.
    append(&path, "{\"flow\": 7}\n");
    collector.kept.until("lost", |kept| kept.lost("hubble") > 0);
}

#[test]
fn the_health_port_tells_how_sources_do_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.log");
    append(&path, &line(1));
    let (health, nobody) = (free_port(), free_port());
    let address = health.to_string();
    let arguments = ["--sources", "hubble", "--hubble-file", path.to_str().unwrap(), "--health", &address];
    let part = Part::start(nobody, &arguments);
    part.until_said("collector: cannot connect");
    part.until_said("hubble: heard");
    assert!(get(health, "/-/healthy").unwrap().starts_with("HTTP/1.1 200"));
    assert!(get(health, "/-/ready").unwrap().starts_with("HTTP/1.1 503"), "no collector");
    assert!(get(health, "/v1/observations").unwrap().starts_with("HTTP/1.1 404"));
    let metrics = get(health, "/metrics").unwrap();
    for line in [
        "hedgerow_source_up{source=\"hubble\",node=\"n1\"} 1\n",
        "hedgerow_source_lost_records_total{source=\"hubble\",node=\"n1\"} 0\n",
        "hedgerow_link_up{node=\"n1\"} 0\n",
        "application/openmetrics-text",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(metrics.ends_with("# EOF\n"));
    assert!(!metrics.contains("10.0.0.1") && !metrics.contains("bank"), "no address, no name");
    let collector = Collector::with(nobody, crate::collector::Kept::default(), None);
    part.until_said("collector: connected");
    assert!(get(health, "/-/ready").unwrap().starts_with("HTTP/1.1 200"));
    assert!(get(health, "/metrics").unwrap().contains("hedgerow_link_up{node=\"n1\"} 1\n"));
    // Seen before there was a collector.
    collector.kept.until("the call", |kept| kept.counted("hubble", |_| true) == 1);
    assert!(part.memory("VmHWM") < 80_000, "{} kB", part.memory("VmHWM"));
}
