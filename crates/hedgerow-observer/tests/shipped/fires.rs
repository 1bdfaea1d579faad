//! Every alert from its cause to Alertmanager and back: batches of a node part and a canary, a real collector with an API server, Prometheus with the
//! shipped rules, Alertmanager with a webhook. A minute of the rules is a second here.

use crate::observer::{NAMESPACE, Observer, hedgerow, make_pod};
use crate::programs::{Prometheus, Running, free_port, get, text, tool};
use hedgerow_observer::link::{Batch, CANARY, Counter, End, Outcome, Source, Sum};
use hedgerow_observer::uplink::{self, Link, Options};
use hedgerow_testcluster::{Cluster, repository};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The rules with seconds in the place of minutes.
pub(crate) fn in_seconds(rules: &str) -> String {
    let (mut scaled, mut rest) = (String::new(), rules);
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|character: char| !character.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        let is_time = !before.ends_with(|character: char| character.is_alphanumeric() || character == '_');
        let is_minutes = is_time && after.starts_with('m') && !after[1..].starts_with(char::is_alphanumeric);
        scaled += before;
        scaled += if is_time && digits == "60" && after.starts_with(" *") { "1" } else { digits };
        scaled += if is_minutes { "s" } else { "" };
        rest = if is_minutes { &after[1..] } else { after };
    }
    scaled + rest
}

#[test]
fn a_minute_of_the_rules_is_a_second() {
    let scaled = in_seconds("increase(x_1m_total[10m]) offset 10m > 60 * 5\nfor: 2m\nport 8080 60s");
    assert_eq!(scaled, "increase(x_1m_total[10s]) offset 10s > 1 * 5\nfor: 2s\nport 8080 60s");
    let rules = in_seconds(&text("alerts.yaml"));
    assert!(
        rules.contains("[10s]") && rules.contains("for: 2s") && rules.contains("> 1 * 5") && !rules.contains("10m")
    );
}

/// What Alertmanager told: each notification as (alert's name, `firing` or `resolved`, its labels and annotations).
#[derive(Clone, Default)]
pub(crate) struct Hook(Arc<Mutex<Vec<(String, String, Value)>>>);

impl Hook {
    fn listen(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = self.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = Vec::new();
                let mut portion = [0; 4096];
                let body = loop {
                    let length = stream.read(&mut portion).unwrap_or(0);
                    bytes.extend(&portion[..length]);
                    let text = String::from_utf8_lossy(&bytes);
                    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
                    let wanted = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(": ")?;
                        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok()).flatten()
                    });
                    if length == 0 || wanted.is_some_and(|wanted| body.len() >= wanted) {
                        break body.to_owned();
                    }
                };
                let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let Ok(message) = serde_json::from_str::<Value>(&body) else { continue };
                for alert in message["alerts"].as_array().into_iter().flatten() {
                    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let told_of = (word(&alert["labels"]["alertname"]), word(&alert["status"]), alert.clone());
                    told.0.lock().unwrap().push(told_of);
                }
            }
        });
        port
    }

    /// All names that were told with this status.
    pub(crate) fn names(&self, status: &str) -> BTreeSet<String> {
        let told = self.0.lock().unwrap();
        told.iter().filter(|(_, of, _)| of == status).map(|(name, _, _)| name.clone()).collect()
    }

    /// The first notification of an alert with these labels.
    pub(crate) fn find(&self, name: &str, status: &str, labels: &[(&str, &str)]) -> Option<Value> {
        let told = self.0.lock().unwrap();
        let fits = |alert: &Value| labels.iter().all(|(label, value)| alert["labels"][label] == *value);
        told.iter().find(|(of, is, alert)| of == name && is == status && fits(alert)).map(|(_, _, alert)| alert.clone())
    }
}

/// Prometheus with the shipped rules in seconds, and Alertmanager, which tells the hook.
pub(crate) struct Alerting {
    pub(crate) prometheus: Prometheus,
    _alertmanager: Running,
    pub(crate) hook: Hook,
}

pub(crate) fn alerting(directory: &Path, scrapes: &[Value]) -> Option<Alerting> {
    let program = tool("alertmanager")?;
    let hook = Hook::default();
    let url = format!("http://127.0.0.1:{}/", hook.listen());
    let configuration = json!({
        "route": {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": url, "send_resolved": true}]}]});
    std::fs::write(directory.join("alertmanager.yml"), configuration.to_string()).unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command.current_dir(directory).args([
        "--config.file=alertmanager.yml",
        "--storage.path=alertmanager",
        "--cluster.listen-address=",
    ]);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut alertmanager = Running::start(&mut command, "alertmanager", directory);
    alertmanager.until("Alertmanager is ready", || get(&format!("http://127.0.0.1:{port}/-/ready"), &[]));
    std::fs::write(directory.join("alerts.yaml"), in_seconds(&text("alerts.yaml"))).unwrap();
    let configuration = json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["alerts.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [format!("127.0.0.1:{port}")]}]}]},
        "scrape_configs": scrapes});
    let prometheus = Prometheus::start(directory, &configuration.to_string())?;
    Some(Alerting { prometheus, _alertmanager: alertmanager, hook })
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Somebody who sends to the collector, over TLS and with a token.
struct Sender {
    link: Arc<Link>,
    node: String,
    last: i64,
}

impl Sender {
    fn new(observer: &Observer<'_>, account: &str, node: &str) -> Self {
        let options = Options {
            collector: format!("https://127.0.0.1:{}", observer.ports[1]),
            ca: Some(observer.file("ca.crt").into()),
            certificate: None,
            key: None,
            token: Some(observer.token(account, node).into()),
            server_name: Some(crate::observer::SERVER.to_owned()),
        };
        let pauses = (Duration::from_millis(200), Duration::from_secs(1));
        let link = Arc::new(Link::with_times(u64::try_from(now()).unwrap(), 1 << 20, pauses, Duration::from_secs(5)));
        let of_thread = Arc::clone(&link);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(uplink::run(options, of_thread));
        });
        Self { link, node: node.to_owned(), last: now() }
    }

    fn push(&mut self, sums: Vec<Sum>, counters: Vec<Counter>, sources: Vec<Source>) {
        let (from, to) = (self.last, now());
        self.last = to;
        self.link.push(Batch { node: self.node.clone(), from, to, sums, counters, sources, ..Batch::default() });
    }
}

fn address(last: u8) -> End {
    End { address: vec![10, 66, 0, last], ..End::default() }
}

fn sum(source: &str, caller: End, callee: End, outcome: Outcome) -> Sum {
    let at = now();
    Sum {
        caller: Some(caller),
        callee: Some(callee),
        port: 8080,
        protocol: 6,
        outcome: outcome.into(),
        first: at,
        last: at,
        count: 1,
        source: source.to_owned(),
        ..Sum::default()
    }
}

/// An end as Calico's flows name it.
fn pod(namespace: &str, service: &str) -> End {
    let labels = [("bank.example/routing-name".to_owned(), service.to_owned())];
    let labels = if service.is_empty() { [].into() } else { labels.into() };
    End {
        namespace: namespace.to_owned(),
        name: format!("{}-*", if service.is_empty() { "x" } else { service }),
        labels,
        ..End::default()
    }
}

/// What is wrong at the moment.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    All,
}

/// One beat of the node part and the canary.
fn beat(node: &mut Sender, canary: &mut Sender, trouble: Trouble) {
    let is_bad = trouble == Trouble::All;
    let source = |name: &str, heard: bool, lost: u64| Source {
        name: name.to_owned(),
        heard,
        lost,
        fault: if heard { String::new() } else { "tried".to_owned() },
        last_record: now(),
        ..Source::default()
    };
    let mut sums =
        vec![sum("flows", pod("bank", "service.payment"), pod("bank", "service.ledger"), Outcome::Permitted)];
    let mut counters = Vec::new();
    if is_bad {
        sums.push(sum("flows", pod("bank", "service.web"), pod("bank", "service.payment"), Outcome::Unpermitted));
        sums.push(sum("flows", pod("bank", "service.card"), pod("bank", "service.ledger"), Outcome::Dropped));
        for number in 0..20 {
            let caller = pod(&format!("n{number}"), "");
            sums.push(sum("flows", caller, pod("bank", "service.account-cache"), Outcome::Permitted));
        }
        for (policy, counted) in [("s-transaction-backstop", "allowed"), ("s-audit-log-backstop", "denied")] {
            let policy = format!("CalicoNetworkPolicy/bank/{policy}");
            counters.push(Counter {
                policy,
                counted: counted.to_owned(),
                is_ingress: true,
                packets: 3,
                ..Counter::default()
            });
        }
    } else {
        // The canary's call, seen by connection tracking, behind the payment service's pod.
        sums.push(sum("conntrack", address(9), address(2), Outcome::Unsaid));
    }
    let sources = vec![
        source("conntrack", true, if is_bad { 5 } else { 0 }),
        source("counters", true, 0),
        source("flows", true, 0),
        source("kernel-log", !is_bad, 0),
    ];
    node.push(sums, counters, sources);
    let callee = End { name: "service.payment".to_owned(), ..address(2) };
    canary.push(vec![sum(CANARY, address(9), callee, Outcome::Unsaid)], Vec::new(), Vec::new());
}

/// Beats once a second until something is so.
#[track_caller]
fn beats(node: &mut Sender, canary: &mut Sender, trouble: Trouble, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(150), "not within two and a half minutes: {what}");
        beat(node, canary, trouble);
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Something that tells of nodes, as kube-state-metrics does.
fn nodes(strange: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let strange = Arc::clone(strange);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let _read = stream.read(&mut head);
            let more = if strange.load(Ordering::SeqCst) { "kube_node_info{node=\"node-9\"} 1\n" } else { "" };
            let body = format!("kube_node_info{{node=\"node-1\"}} 1\n{more}");
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    port
}

/// Calls and canaries of services, once as the collector exports them, once as Prometheus scraped them over a restart. Nobody calls meanwhile.
fn what_prometheus_tells_is_what_the_collector_tells(observer: &Observer<'_>, url: &str) {
    // What was sent last is kept and scraped.
    std::thread::sleep(Duration::from_secs(8));
    let own = observer.read("/v1/observations").unwrap();
    let mut export = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
    export.args(["export", "--prometheus", url, "--since", "1h"]);
    let scraped = hedgerow_testcluster::Said::of(&mut export, b"").text();
    let tell = |text: &str| {
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (header, lines) = lines.split_first().unwrap();
        let of_services = lines.iter().filter(|line| line["caller"]["service"].is_string()).map(|line| {
            format!("{} {} {} {} {}", line["caller"], line["callee"], line["port"], line["verdict"], line["count"])
        });
        let canaries = header["canaries"].as_array().unwrap().iter();
        let canaries =
            canaries.filter(|it| it["sent"].as_u64() > Some(0)).map(|it| format!("{} {}", it["callee"], it["sent"]));
        let pods = header["services"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, it)| format!("{name} {} {} {}", it["pods"], it["nodes"], it["policy"]["digest"]));
        // Which callers of one with too many are told apart may change with the restart: that is said.
        let others: u64 = lines
            .iter()
            .filter(|line| line["caller"]["outsider"].is_string() && line["callee"] != "service.account-cache")
            .map(|line| line["count"].as_u64().unwrap())
            .sum();
        // Services that the catalogue has and nobody runs are told by the collector alone.
        let all: BTreeSet<String> = of_services
            .chain(canaries)
            .chain(pods.filter(|it| !it.contains(" 0 null") && !it.contains(" null null")))
            .collect();
        (all, others, header["catalogue"].clone())
    };
    let (own, scraped) = (tell(&own), tell(&scraped));
    assert_eq!(own, scraped);
    assert!(own.0.iter().any(|line| line.contains("unpermitted")), "{own:?}");
}

#[test]
fn every_alert_fires_and_is_over_in_alertmanager() {
    let Some(cluster) = Cluster::shared() else { return };
    if tool("prometheus").is_none() || tool("alertmanager").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let ports = [free_port(), free_port(), free_port()];
    let mut observer = Observer::install(cluster, directory.path(), ports, &["node-1"]);
    let bank = repository().join("testdata/bank");
    let bank = bank.to_str().unwrap();
    std::fs::write(observer.file("catalogue.json"), hedgerow(&["-C", bank, "catalogue", "--env", "prod", "--rules"]))
        .unwrap();
    let admin = cluster.admin();
    for namespace in ["bank", "dmz"] {
        cluster.namespace(namespace);
    }
    crate::bank::apply(&admin, &hedgerow(&["-C", bank, "render", "--env", "prod"]));
    let wears = |service: &str| json!({"bank.example/routing-name": service});
    make_pod(&admin, "bank", "payment", "node-1", "10.66.0.2", &wears("service.payment"));
    make_pod(&admin, "bank", "emoji", "node-1", "10.66.0.3", &wears("service.emoji"));
    observer.more = ["--settle", "0", "--patience", "2", "--callers-per-callee", "15"].map(str::to_owned).to_vec();
    observer.reader();
    observer.start();
    let strange = Arc::new(AtomicBool::new(false));
    let kube = json!({"job_name": "kube-state-metrics", "static_configs": [{"targets": [format!("127.0.0.1:{}", nodes(&strange))]}]});
    let alerting = alerting(directory.path(), &[observer.scrape(), kube]).unwrap();
    let hook = &alerting.hook;
    let (mut node, mut canary) = (Sender::new(&observer, "node", "node-1"), Sender::new(&observer, "canary", "node-1"));

    observer.give_address("canary", "node-1", "10.66.0.9");

    // When all is well, nothing fires. The first seconds, in which nobody has called yet, do not count.
    let answers = |query: &str| !alerting.prometheus.query(query, None).is_empty();
    beats(&mut node, &mut canary, Trouble::None, "the canary is seen", || {
        answers("time() - hedgerow_canary_seen_timestamp_seconds{callee=\"service.payment\"} < 5")
    });
    std::thread::sleep(Duration::from_millis(100));
    let quiet = Instant::now();
    beats(&mut node, &mut canary, Trouble::None, "time passes", || quiet.elapsed() > Duration::from_secs(15));
    let firing = alerting.prometheus.query("ALERTS{alertstate=\"firing\"}", None);
    assert!(firing.is_empty(), "{firing:?}");

    // Everything goes wrong.
    strange.store(true, Ordering::SeqCst);
    admin.kubectl(&["label", "pod", "emoji", "-n", "bank", "bank.example/egress-s-payment=true"]).text();
    let causes: [(&str, &[(&str, &str)]); 10] = [
        ("HedgerowCallUnpermitted", &[("caller", "service.web"), ("callee", "service.payment"), ("port", "8080")]),
        ("HedgerowCallDropped", &[("caller", "service.card"), ("callee", "service.ledger"), ("port", "8080")]),
        ("HedgerowPacketsUnpermitted", &[("callee", "service.transaction")]),
        ("HedgerowPacketsDropped", &[("callee", "service.audit-log")]),
        (
            "HedgerowLabelForged",
            &[("service", "service.emoji"), ("namespace", "bank"), ("label", "bank.example/egress-s-payment")],
        ),
        ("HedgerowSourceBlind", &[("node", "node-1"), ("source", "kernel-log")]),
        ("HedgerowNodeUnobserved", &[("node", "node-9")]),
        ("HedgerowCanaryUnseen", &[("callee", "service.payment")]),
        ("HedgerowRecordsLost", &[("node", "node-1"), ("source", "conntrack")]),
        ("HedgerowCallersCapped", &[("callee", "service.account-cache")]),
    ];
    for (name, labels) in causes {
        beats(&mut node, &mut canary, Trouble::All, name, || hook.find(name, "firing", labels).is_some());
    }
    let call = hook.find("HedgerowCallUnpermitted", "firing", &[("caller", "service.web")]).unwrap();
    assert_eq!(call["annotations"]["file"], "service.web/egress/service.payment.rule");
    assert_eq!(
        call["annotations"]["summary"],
        "service.web calls service.payment on port 8080, and no rule permits it"
    );

    // And right again.
    strange.store(false, Ordering::SeqCst);
    admin.kubectl(&["label", "pod", "emoji", "-n", "bank", "bank.example/egress-s-payment-"]).text();
    for (name, labels) in causes {
        beats(&mut node, &mut canary, Trouble::None, &format!("{name} is over"), || {
            hook.find(name, "resolved", labels).is_some()
        });
    }

    // The collector is gone, and comes back with what it knew.
    observer.collector.as_mut().unwrap().kill();
    beats(&mut node, &mut canary, Trouble::None, "HedgerowObserverAbsent", || {
        hook.find("HedgerowObserverAbsent", "firing", &[]).is_some()
    });
    observer.start();
    beats(&mut node, &mut canary, Trouble::None, "HedgerowObserverAbsent is over", || {
        hook.find("HedgerowObserverAbsent", "resolved", &[]).is_some()
    });
    let edges = observer.edges();
    assert!(edges.iter().any(|edge| edge.starts_with("service.web > service.payment:8080 unpermitted ")), "{edges:?}");
    what_prometheus_tells_is_what_the_collector_tells(&observer, &alerting.prometheus.url);
    let rules: Value = serde_yaml::from_str(&text("alerts.yaml")).unwrap();
    let all: BTreeSet<String> = rules["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .map(|rule| rule["alert"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(hook.names("firing"), all);
    assert_eq!(hook.names("resolved"), all);
    // What the collector asked the API server for is what its role gives. Calico's kinds are of one of two groups; those of the policy API and
    // Calico's own API server are not served here.
    observer.assert_that_the_role_fits(&["crd.projectcalico.org", "policy.networking.k8s.io", "tier.", "get tiers"]);
    assert_eq!(NAMESPACE, "hedgerow-observer");
}
