//! The API server: the role that ships is enough and no more, and its absence is said and gives no wrong name.

use super::bank;
use super::harness::{Collector, NodePart, OWN, Shows, calls, catalogue, collector_account, now, pod, remove_pod};
use hedgerow_testcluster::{Cluster, repository, wait};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

#[test]
fn the_role_that_ships_is_enough_and_no_more() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "roles", 40);
    cluster.install_calico_kinds();
    let user = collector_account(cluster);
    let mut collector = Collector::start(&user, &catalogue("roles"), &["--review-tokens"]);
    let reader = cluster.admin().kubectl(&["create", "token", "hedgerow-observer-reader", "-n", OWN]).text();
    assert_eq!(collector.get_with("/metrics", &[&format!("Authorization: Bearer {}", reader.trim())]).0, 200);
    wait("every kind to be watched", || {
        let page = collector.get("/metrics");
        let watches: Vec<_> = page.lines().filter(|line| line.starts_with("hedgerow_watch_up{")).collect();
        watches.len() >= 14 && watches.iter().all(|line| line.ends_with(" 1.0"))
    });
    // A watch is answered when it ends: then it is in the log.
    collector.end();
    let used = || -> BTreeSet<(String, String, String)> {
        let own = cluster.audit().into_iter().filter(|event| event.user == user.name);
        own.map(|event| (event.group, event.resource, event.verb))
            .filter(|(_, resource, _)| !resource.is_empty())
            .collect()
    };
    wait("its watches to be in the log", || used().iter().filter(|(_, _, verb)| verb == "watch").count() >= 14);
    let refused: Vec<_> =
        cluster.audit().into_iter().filter(|event| event.user == user.name && event.code == 403).collect();
    assert!(refused.is_empty(), "{:?}", refused.iter().map(|event| event.target()).collect::<Vec<_>>());

    let text = std::fs::read_to_string(repository().join("integrations/observer/base/rbac.yaml")).unwrap();
    let mut granted = BTreeSet::new();
    for document in text.split("\n---") {
        let Ok(value) = serde_yaml::from_str::<serde_json::Value>(document) else { continue };
        if value["kind"] != "ClusterRole" || value["metadata"]["name"] != "hedgerow-observer-collector" {
            continue;
        }
        for rule in value["rules"].as_array().unwrap() {
            let list = |key: &str| {
                rule[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            for group in list("apiGroups") {
                for resource in list("resources") {
                    for verb in list("verbs") {
                        granted.insert((group.clone(), resource.clone(), verb));
                    }
                }
            }
        }
    }
    assert!(!granted.is_empty());
    let used = used();
    // Kinds that this cluster does not serve, and what only Calico's own API server asks for.
    let is_elsewhere = |(group, resource, verb): &(String, String, String)| {
        let is_of_tiers = resource.starts_with("tier.") || (resource == "tiers" && verb == "get");
        matches!(group.as_str(), "policy.networking.k8s.io" | "crd.projectcalico.org") || is_of_tiers
    };
    let idle: Vec<_> = granted.iter().filter(|grant| !used.contains(grant) && !is_elsewhere(grant)).collect();
    assert!(idle.is_empty(), "granted, and not used: {idle:?}");
    let beyond: Vec<_> = used.iter().filter(|use_of| !granted.contains(use_of) && use_of.1 != "events").collect();
    assert!(beyond.is_empty(), "used, and not granted by this role: {beyond:?}");
}

/// The process of the cluster's API server.
fn api_server(cluster: &Cluster) -> (u32, Vec<String>) {
    let directory = cluster.path("").display().to_string();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let words: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        if words[0].ends_with("/kube-apiserver") && words.iter().any(|word| word.starts_with(&directory)) {
            return (pid, words.into_iter().filter(|word| !word.is_empty()).collect());
        }
    }
    panic!("the API server of {directory} is not among the processes");
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn while_the_api_server_is_away_it_is_said_and_no_name_is_guessed() {
    // A control plane of its own: it is stopped, killed and compacted.
    let Some(cluster) = Cluster::start() else { return };
    super::harness::install_in(&cluster);
    bank_in(&cluster);
    let collector = Collector::start(&collector_account(&cluster), &catalogue("away"), &["--patience", "5"]);
    std::thread::sleep(Duration::from_secs(3));
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let (pid, words) = api_server(&cluster);

    // It hangs: connections stay, and nothing comes.
    signal(pid, "-STOP");
    wait("its silence to be said", || collector.metric(r#"hedgerow_watch_up{resource="api server"}"#) == Some(0.0));
    let batch = part.batch(vec![calls("10.41.0.3", "10.41.0.1", 8080, now(), 1)]);
    part.send(&collector, vec![batch]).unwrap();
    let edges = collector.edges("service.ledger");
    assert!(edges.len() == 1 && edges[0].contains("unknown") && edges[0].contains("service.other"), "{edges:?}");
    let page = collector.get("/");
    assert!(page.contains("api server"), "{page}");
    signal(pid, "-CONT");
    wait("names to be known again", || collector.get_health("/-/ready") == 200 && is_known(&collector));

    // It is killed, what it stored is compacted, another pod gets the address meanwhile: the old watch has expired.
    signal(pid, "-KILL");
    wait("its absence to be said", || collector.metric(r#"hedgerow_watch_up{resource="api server"}"#) == Some(0.0));
    let gone = now();
    // It must not look before the pod is another one: then it would rightly say that it was the same all the time.
    signal(collector.pid(), "-STOP");
    let _again = Ended(
        Command::new(&words[0])
            .args(&words[1..])
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap(),
    );
    wait("the API server to be back", || cluster.admin().kubectl(&["get", "--raw", "/readyz"]).code == 0);
    remove_pod(&cluster, "away", "other-1");
    pod(&cluster, "away", "emoji-2", "b", "10.41.0.3", &super::named("emoji"));
    signal(collector.pid(), "-CONT");
    wait("names to be known again", || is_known(&collector));
    std::thread::sleep(Duration::from_secs(3));
    let sums = vec![calls("10.41.0.3", "10.41.0.1", 8080, gone, 1), calls("10.41.0.3", "10.41.0.1", 8080, now(), 3)];
    let batch = part.batch(sums);
    part.send(&collector, vec![batch]).unwrap();
    let edges = collector.edges("service.ledger");
    assert!(edges.contains(&r#"{"service":"service.emoji"} 8080 unpermitted 3"#.to_owned()), "{edges:?}");
    assert!(
        !edges.iter().any(|edge| edge.starts_with(r#"{"service":"service.other"}"#)),
        "nobody saw when it went: {edges:?}"
    );
    assert!(collector.metric(r#"hedgerow_watch_lists_total{resource="pods"}"#) >= Some(2.0));
}

/// A program that is killed when the test ends, however it ends.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether names are known until a few seconds ago.
fn is_known(collector: &Collector) -> bool {
    let known = collector.metric("hedgerow_names_known_timestamp_seconds");
    known.is_some_and(|known| (now() as f64) / 1e6 - known < 5.0)
}

fn bank_in(cluster: &Cluster) {
    super::bank_with(cluster, "away", 41);
}
