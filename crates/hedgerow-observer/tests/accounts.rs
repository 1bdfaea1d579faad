//! `hedgerow-observer read` with a catalogue: every call of the recordings has both names and the right verdict, whatever source told it.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program is run on files"
)]

use hedgerow_observe::observations::{End, Observations, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

type Key = (String, String, u16, String, Verdict);

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/observation")
}

fn read(arguments: &[String]) -> (Observations, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer")).arg("read").args(arguments).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {told}");
    let text = String::from_utf8(output.stdout).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/observations.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Err(error) = schema.validate(&line) {
            panic!("{error}: {line}");
        }
    }
    let observations = Observations::read(&text).unwrap();
    assert_eq!(observations.faults.count, 0);
    (observations, told)
}

/// The pods of a scenario, as `kubectl get pods -A -o json` prints them, from the calls that were made.
fn pods(calls: &Value, stage: &str) -> Value {
    let mut addresses: BTreeMap<&str, &str> = BTreeMap::new();
    for call in calls["calls"].as_array().unwrap() {
        for (name, address) in [("src", "srcip"), ("dst", "dstip")] {
            let name = call[name].as_str().unwrap();
            if name.starts_with("bank/") || name.starts_with("other/") {
                addresses.insert(name, call[address].as_str().unwrap());
            }
        }
    }
    let state = if stage == "staged" || stage == "observe" { "staged" } else { "true" };
    let pod = |(name, address): (&&str, &&str)| {
        let (namespace, name) = name.split_once('/').unwrap();
        let mut labels = json!({"pod-template-hash": "7787bcc4d7"});
        if let Some(service) = name.strip_prefix("service-") {
            labels["bank.example/routing-name"] = json!(format!("service.{service}"));
            labels["bank.example/service-type"] = json!(if service == "metrics" { "monitoring" } else { "core" });
            labels["bank.example/network-policy"] = json!(state);
        }
        if name == "service-emoji" {
            labels["bank.example/egress-s-ledger.http"] = json!("true");
        }
        if namespace == "other" {
            labels = json!({"app": "stranger"});
        } else if name == "naked" {
            labels = Value::Null;
        }
        json!({
            "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "uid": format!("{namespace}-{name}"), "labels": labels},
            "spec": {"nodeName": "node1"},
            "status": {"phase": "Running", "podIPs": [{"ip": address}], "hostIP": "10.65.255.1"},
        })
    };
    json!({"kind": "List", "items": addresses.iter().map(pod).collect::<Vec<_>>()})
}

/// What should be observed: for each kind of caller how its source names it, and what became of its calls.
fn truth(calls: &Value, stage: &str, source: &str) -> BTreeMap<Key, u64> {
    let mut truth = BTreeMap::new();
    for call in calls["calls"].as_array().unwrap() {
        let text = |key: &str| call[key].as_str().unwrap();
        let (from, address, expected) = (text("src"), text("srcip"), text("expected"));
        let is_node = from == "netns:lp-node";
        let is_permitted = expected.starts_with("permitted") || is_node;
        let verdict = match stage {
            _ if is_permitted => Verdict::Permitted,
            "enforce" => Verdict::Dropped,
            _ => Verdict::Unpermitted,
        };
        let is_seen = match source {
            "flows" => !is_node,
            "conntrack" => verdict != Verdict::Dropped,
            // A log rule meets what no policy permits.
            _ => !is_permitted,
        };
        if !is_seen {
            continue;
        }
        let caller = match from {
            _ if is_node => "node:node1".to_owned(),
            "netns:lpp-ext" if source == "flows" && address == "192.0.2.2" => "network:pub".to_owned(),
            "netns:lpp-ext" if source == "flows" => "network:pvt".to_owned(),
            "netns:lpp-ext" => format!("address:{address}"),
            pod => match pod.strip_prefix("bank/service-") {
                Some(service) => format!("service.{service}"),
                None => format!("pod:{pod}"),
            },
        };
        // Behind the Service's address stands the ledger.
        let (callee, port) = match text("dst").strip_prefix("bank/service-") {
            Some(service) => (format!("service.{service}"), u16::try_from(call["port"].as_u64().unwrap()).unwrap()),
            None => ("service.ledger".to_owned(), 8080),
        };
        let key = (caller, callee, port, text("proto").to_owned(), verdict);
        *truth.entry(key).or_default() += call["n"].as_u64().unwrap();
    }
    truth
}

fn observed(observations: &Observations) -> BTreeMap<Key, u64> {
    let mut observed = BTreeMap::new();
    for line in &observations.observed {
        let caller = match &line.caller {
            End::Service(name) | End::Outsider(name) => name.clone(),
            End::Unknown(names) => format!("unknown: {names:?}"),
        };
        observed.insert((caller, line.callee.clone(), line.port, line.protocol.clone(), line.verdict), line.count);
    }
    observed
}

fn check(file: &Path, stage: &str, source: &str) {
    let name = file.file_name().unwrap().to_str().unwrap();
    // `SCENARIO.klog`, `SCENARIO.nl.bin`, … and `SCENARIO.calls.json`; releases have dots, too.
    let scenario =
        [".klog", ".nl.bin", ".conntrack-E.txt", ".pb", ".json"].iter().find_map(|end| name.strip_suffix(end)).unwrap();
    let calls = file.with_file_name(format!("{scenario}.calls.json"));
    let calls: Value = serde_json::from_slice(&std::fs::read(calls).unwrap()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let pods_file = directory.path().join("pods.json");
    std::fs::write(&pods_file, pods(&calls, stage).to_string()).unwrap();
    let cluster = testdata().join("cluster");
    let of = |name: &str| cluster.join(name).display().to_string();
    let arguments: Vec<String> = [
        "--catalogue",
        &of("catalogue.json"),
        "--pods",
        pods_file.to_str().unwrap(),
        "--policies",
        &of(&format!("{stage}.yaml")),
        "--",
        file.to_str().unwrap(),
    ]
    .map(str::to_owned)
    .into();
    let (observations, told) = read(&arguments);
    let mut found = observed(&observations);
    // The first messages of a file can belong to calls before its scenario: what was not called in it, and began before, is left out there.
    let truth = truth(&calls, stage, source);
    if source == "flows" {
        let started = calls["started"].as_f64().unwrap().floor();
        for line in observations.observed.iter().filter(|line| (line.last.0 as f64) < started) {
            let (End::Service(caller) | End::Outsider(caller)) = &line.caller else { continue };
            let key = (caller.clone(), line.callee.clone(), line.port, line.protocol.clone(), line.verdict);
            if !truth.contains_key(&key) {
                found.remove(&key);
            }
        }
    }
    assert_eq!(found, truth, "{name}: {told}");
    assert!(observations.header.coverage.iter().all(|it| it.heard == 0), "a file does not prove that anybody listened");
}

#[test]
fn conntrack_names_and_judges_every_connection() {
    for stage in ["audit", "enforce"] {
        for kind in ["nl.bin", "conntrack-E.txt"] {
            check(&testdata().join(format!("conntrack/master-iptables-{stage}.{kind}")), stage, "conntrack");
        }
    }
    // The same connections, where nothing in the cluster enforces the policies.
    check(&testdata().join("conntrack/master-iptables-audit.nl.bin"), "observe", "conntrack");
    check(&testdata().join("conntrack/master-iptables-audit.nl.bin"), "staged", "conntrack");
}

#[test]
fn log_lines_name_and_judge_every_call_that_nobody_permits() {
    for (file, stage) in [
        ("kernel/v3.28.5-iptables-audit.klog", "audit"),
        ("kernel/v3.28.5-iptables-enforce-log.klog", "enforce"),
        ("kernel/v3.30.6-nft-audit.klog", "audit"),
    ] {
        check(&testdata().join(file), stage, "kernel-log");
    }
}

#[test]
fn flow_messages_name_and_judge_every_call() {
    for (file, stage) in [
        ("flows/master-iptables-a-callog-audit.pb", "audit"),
        ("flows/master-iptables-a-callog-audit.json", "audit"),
        ("flows/master-iptables-c-enforce.pb", "enforce"),
        ("flows/v3.30.6-iptables-e-calstaged-audit.pb", "staged"),
    ] {
        check(&testdata().join(file), stage, "flows");
    }
}

/// The whole of the recordings, where they are: releases and scenarios that are not in `testdata`.
#[test]
fn all_recordings_of_flows_and_lines_agree_with_the_calls_that_were_made() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/observation/felix");
    if !all.exists() {
        eprintln!("skipped: {} is not here", all.display());
        return;
    }
    let mut checked = 0;
    for directory in ["flows", "dumps", "conntrack"] {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(all.join(directory)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            let (source, is_read) = match directory {
                "flows" => ("flows", name.ends_with(".pb")),
                "dumps" => ("kernel-log", name.ends_with(".klog")),
                _ => ("conntrack", name.ends_with(".nl.bin") || name.ends_with("-E.txt")),
            };
            // Long connections and a server that is killed have truths of another form; see `a_connection_that_is_older_than_its_policy`.
            if !is_read || name.contains("longlived") || name.contains("server-restart") {
                continue;
            }
            // Without a log rule there are no lines.
            let is_quiet = source == "kernel-log" && std::fs::read(&file).unwrap().is_empty();
            let stage = match &name {
                _ if is_quiet => continue,
                name if name.contains("calstaged") => "staged",
                name if name.contains("enforce") => "enforce",
                _ => "audit",
            };
            check(&file, stage, source);
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked} recordings");
}
