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
    install_kinds(cluster, "policy.networking.k8s.io");
    let user = collector_account(cluster);
    let mut collector = Collector::start(&user, &catalogue("roles"), &["--review-tokens"]);
    let reader = cluster.admin().kubectl(&["create", "token", "hedgerow-observer-reader", "-n", OWN]).text();
    assert_eq!(collector.get_with("/metrics", &[&format!("Authorization: Bearer {}", reader.trim())]).0, 200);
    wait("every kind to be watched", || {
        let page = collector.get("/metrics");
        let watches: Vec<_> = page.lines().filter(|line| line.starts_with("hedgerow_watch_up{")).collect();
        watches.len() >= WATCHES && watches.iter().all(|line| line.ends_with(" 1.0"))
    });
    // A watch is answered when it ends: then it is in the log.
    collector.end();
    let used = || -> BTreeSet<(String, String, String)> {
        let own = cluster.audit().into_iter().filter(|event| event.user == user.name);
        own.map(|event| (event.group, event.resource, event.verb))
            .filter(|(_, resource, _)| !resource.is_empty())
            .collect()
    };
    wait("its watches to be in the log", || {
        used().iter().filter(|(_, _, verb)| verb == "watch").count() >= WATCHES - 1
    });
    let refused: Vec<_> =
        cluster.audit().into_iter().filter(|event| event.user == user.name && event.code == 403).collect();
    assert!(refused.is_empty(), "{:?}", refused.iter().map(|event| event.target()).collect::<Vec<_>>());

    let granted = granted();
    assert!(!granted.is_empty());
    let used = used();
    let idle: Vec<_> = granted.iter().filter(|grant| !used.contains(grant) && !is_elsewhere(grant)).collect();
    assert!(idle.is_empty(), "granted, and not used: {idle:?}");
    let beyond: Vec<_> = used.iter().filter(|use_of| !granted.contains(use_of) && use_of.1 != "events").collect();
    assert!(beyond.is_empty(), "used, and not granted by this role: {beyond:?}");
}

/// What is watched where every kind is served, and the API server itself.
const WATCHES: usize = 18;

/// Group, resource and verb.
type Grant = (String, String, String);

/// What the collector's role that ships grants.
fn granted() -> BTreeSet<Grant> {
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
    granted
}

/// What is asked for only where Calico has no API server of its own, and what only that one asks for.
fn is_elsewhere((group, resource, verb): &Grant) -> bool {
    let is_of_tiers = resource.starts_with("tier.") || (resource == "tiers" && verb == "get");
    group == "crd.projectcalico.org" || is_of_tiers
}

/// Lets the kinds of a group that the role names be stored, whatever they hold.
fn install_kinds(cluster: &Cluster, group: &str) {
    let of_group = |(of, resource, _): Grant| (of == group).then_some(resource);
    let plurals: BTreeSet<String> = granted().into_iter().filter_map(of_group).collect();
    assert!(!plurals.is_empty(), "{group}");
    let version = |plural: &str| match (group, plural) {
        ("crd.projectcalico.org", _) => "v1",
        (_, "clusternetworkpolicies") => "v1alpha2",
        _ => "v1alpha1",
    };
    let kind = |plural: &str| {
        serde_json::json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}"), "annotations": {"api-approved.kubernetes.io": "https://example.org/a-test"}},
            "spec": {"group": group, "scope": "Cluster", "names": {"kind": format!("K{plural}"), "plural": plural},
                "versions": [{"name": version(plural), "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
        .to_string()
    };
    let stream: Vec<String> = plurals.iter().map(|plural| kind(plural)).collect();
    let admin = cluster.admin();
    admin.kubectl_with(&["apply", "--server-side", "-f", "-"], &stream.join("\n---\n")).text();
    for plural in &plurals {
        let name = format!("crd/{plural}.{group}");
        admin.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", &name]).text();
    }
}

/// Each verb that the role grants is needed: without it the watch of that resource, or whoever shows a token, is told so.
#[test]
fn each_verb_of_the_role_is_missed() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "less", 42);
    cluster.install_calico_kinds();
    install_kinds(cluster, "policy.networking.k8s.io");
    let all: BTreeSet<Grant> = granted().into_iter().filter(|grant| !is_elsewhere(grant)).collect();
    // One that may everything but what is left out.
    let without = |name: &str, is_left_out: &dyn Fn(&Grant) -> bool| {
        let rules: Vec<_> = all
            .iter()
            .filter(|grant| !is_left_out(grant))
            .map(|(group, resource, verb)| serde_json::json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]}))
            .collect();
        let role = serde_json::json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
        let binding = serde_json::json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": OWN}]});
        let user = cluster.service_account(OWN, name);
        cluster.admin().apply(OWN, &format!("{role}\n---\n{binding}")).text();
        user
    };
    let mut missed = BTreeSet::new();
    for verb in ["list", "watch"] {
        let user = without(&format!("less-{verb}"), &|(_, _, of)| of == verb);
        let collector = Collector::start_unready(&user, &catalogue("less"), &[]);
        for grant in all.iter().filter(|(_, _, of)| of == verb) {
            let (group, resource, _) = grant;
            let name =
                if matches!(group.as_str(), "" | "batch") { resource.clone() } else { format!("{resource}.{group}") };
            let breaks = format!(r#"hedgerow_watch_breaks_total{{resource="{name}"}}"#);
            wait(&format!("the watch of {name} to break without {verb}"), || collector.metric(&breaks) >= Some(1.0));
            missed.insert(grant.clone());
        }
        // What was refused is what was left out, and nothing else.
        let refused = cluster.audit().into_iter().filter(|event| event.user == user.name && event.code == 403);
        let refused: BTreeSet<Grant> = refused.map(|event| (event.group, event.resource, event.verb)).collect();
        let left_out: BTreeSet<Grant> = all.iter().filter(|(_, _, of)| of == verb).cloned().collect();
        assert_eq!(refused, left_out);
        if verb == "list" {
            assert_eq!(collector.get_health("/-/ready"), 503);
            assert!(collector.get("/").contains("new pods have no names"));
            let known = collector.metric("hedgerow_names_known_timestamp_seconds");
            assert!(known.is_none_or(|known| known == 0.0), "nobody told whose addresses are whose: {known:?}");
        }
    }
    // One kind of policies is not told: calls wait, then it cannot be told what became of them; when it is told, they are judged.
    let user = without("less-one", &|(_, resource, verb)| resource == "configmaps" && verb == "list");
    let collector = Collector::start_unready(&user, &catalogue("less"), &["--patience", "8"]);
    wait("names to be known", || is_known(&collector));
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let mut send = || {
        let batch = part.batch(vec![calls("10.42.0.3", "10.42.0.1", 8080, now(), 1)]);
        let asked = std::time::Instant::now();
        part.send(&collector, vec![batch]).unwrap();
        asked.elapsed()
    };
    let waited = send();
    assert!(waited > Duration::from_secs(6), "policies might have been told in time: {waited:?}");
    assert_eq!(collector.edges("service.ledger"), [r#"{"service":"service.other"} 8080 unknown 1"#]);
    assert_eq!(collector.get_health("/-/ready"), 503, "pods and nodes are known, policies are not");
    without("less-one", &|_| false);
    wait("policies to be known", || collector.get_health("/-/ready") == 200);
    send();
    assert!(
        collector.edges("service.ledger").contains(&r#"{"service":"service.other"} 8080 unpermitted 1"#.to_owned())
    );
    // Tokens of readers, and of node parts, cannot be asked about.
    let reader = cluster.admin().kubectl(&["create", "token", "hedgerow-observer-reader", "-n", OWN]).text();
    for review in ["tokenreviews", "subjectaccessreviews"] {
        let user = without(&format!("less-{review}"), &|(_, resource, _)| resource == review);
        let collector = Collector::start(&user, &catalogue("less"), &["--review-tokens"]);
        let bearer = format!("Authorization: Bearer {}", reader.trim());
        assert_eq!(collector.get_with("/metrics", &[&bearer]).0, 503, "{review}");
        wait(review, || collector.has_said("the API server cannot be asked whose a token is"));
        missed.extend(all.iter().filter(|(_, resource, _)| resource == review).cloned());
    }
    assert_eq!(missed, all, "every verb was tried");
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
    // As where Calico has no API server of its own.
    install_kinds(&cluster, "crd.projectcalico.org");
    bank_in(&cluster);
    let collector = Collector::start(&collector_account(&cluster), &catalogue("away"), &["--patience", "5"]);
    for (group, resource, _) in granted().into_iter().filter(|(group, ..)| group == "crd.projectcalico.org") {
        let up = format!(r#"hedgerow_watch_up{{resource="{resource}.{group}"}}"#);
        wait(&up, || collector.metric(&up) == Some(1.0));
    }
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
