//! What the collector costs: a stand-in for an API server with ten thousand pods, a catalogue of 1,500 services and 9,300 edges, and one node part
//! that sends as fast as it gets receipts.
//!
//! `cargo run --release -p hedgerow-observer --example collector_load -- BINARY [SECONDS]` prints one JSON object. Needs `openssl` and `curl`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for measuring"
)]

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use hedgerow_observer::link::intake_client::IntakeClient;
use hedgerow_observer::link::{Batch, End, Source, Sum};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

const SERVICES: u32 = 1_500;
const PODS: u32 = 10_000;
const EDGES: u32 = 9_300;
const SUMS: u32 = 2_500;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn name(service: u32) -> String {
    format!("service.number-{service:04}")
}

/// The edges: (caller, callee).
fn edge(number: u32) -> (u32, u32) {
    let (caller, turn) = (number % SERVICES, number / SERVICES);
    (caller, (caller * 7 + turn * 211 + 1) % SERVICES)
}

fn address(pod: u32) -> [u8; 4] {
    [10, (pod >> 16) as u8, (pod >> 8) as u8, pod as u8]
}

fn catalogue() -> String {
    let services: BTreeMap<String, Value> = (0..SERVICES)
        .map(|service| {
            let labels = json!({"bank.example/routing-name": name(service)});
            let entry = json!({"slug": format!("s-number-{service:04}"), "namespace": "bank", "labels": labels, "owner": format!("team-{}", service % 40),
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}], "stages": {"prod": "audit"}});
            (name(service), entry)
        })
        .collect();
    let mut rules: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for number in 0..EDGES {
        let (caller, callee) = edge(number);
        let file = format!("{}/egress/{}.rule", name(caller), name(callee));
        rules.entry(name(caller)).or_default().insert(name(callee), json!({"file": file}));
    }
    json!({"version": 1, "environment": "prod", "domain": "bank.example", "identity": "bank.example/routing-name", "namespaces": ["bank"], "types": {},
        "services": services, "rules": rules})
    .to_string()
}

/// A pod as API servers send it: 5 to 6 kB.
fn pod(number: u32) -> Value {
    let service = number % SERVICES;
    let mut labels = json!({"bank.example/routing-name": name(service), "pod-template-hash": "7d9f5c4b8", "app": name(service), "team": "a"});
    for of in 0..EDGES / SERVICES + 1 {
        let (caller, callee) = edge(of * SERVICES + service);
        if caller == service && of * SERVICES + service < EDGES {
            labels[format!("bank.example/egress-s-number-{callee:04}")] = json!("true");
        }
    }
    let ip = address(number).map(|part| part.to_string()).join(".");
    let env: Vec<Value> =
        (0..20).map(|n| json!({"name": format!("SETTING_{n}"), "value": "a value of the usual length"})).collect();
    let fields: BTreeMap<String, Value> = (0..40).map(|n| (format!("f:field-{n}"), json!({"f:inner": {}}))).collect();
    json!({
        "metadata": {"name": format!("{}-7d9f5c4b8-{number:05}", name(service).replace('.', "-")), "namespace": "bank", "uid": format!("00000000-0000-4000-8000-{number:012}"),
            "resourceVersion": "1000", "creationTimestamp": "2026-11-01T00:00:00Z", "labels": labels,
            "annotations": {"cni.projectcalico.org/podIP": format!("{ip}/32"), "other": "x".repeat(200)},
            "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}]},
        "spec": {"nodeName": format!("node-{:03}", number % 500), "containers": [{"name": "c", "image": "registry.example/image:1", "env": env,
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "128Mi"}}}]},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
            "containerStatuses": [{"name": "c", "ready": true, "state": {"running": {"startedAt": "2026-11-01T00:00:05Z"}}}]}
    })
}

fn policy(service: u32) -> Value {
    let label = format!("bank.example/egress-s-number-{service:04}");
    json!({"metadata": {"name": format!("s-number-{service:04}"), "namespace": "bank", "uid": format!("p{service}"), "resourceVersion": "1000",
        "labels": {"bank.example/policy-of": name(service)}},
        "spec": {"podSelector": {"matchLabels": {"bank.example/routing-name": name(service)}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {label: "true"}}}], "ports": [{"port": 8080, "protocol": "TCP"}]}]}})
}

type Lists = Arc<BTreeMap<&'static str, Vec<String>>>;

async fn list(
    State((lists, path)): State<(Lists, &'static str)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> axum::response::Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    if asked.get("watch").is_some_and(|watch| watch == "true" || watch == "1") {
        // Nothing changes.
        let silence = futures::stream::pending::<Result<String, std::convert::Infallible>>();
        return (kind, Body::from_stream(silence)).into_response();
    }
    let items = &lists[path];
    let from: usize = asked.get("continue").and_then(|text| text.parse().ok()).unwrap_or(0);
    let limit: usize = asked.get("limit").and_then(|text| text.parse().ok()).unwrap_or(500);
    let end = items.len().min(from + limit);
    let next = if end < items.len() { format!(r#","continue":"{end}""#) } else { String::new() };
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"List","metadata":{{"resourceVersion":"1000"{next}}},"items":[{}]}}"#,
        items[from..end].join(",")
    );
    (kind, text).into_response()
}

fn api() -> Router {
    let texts = |items: Vec<Value>| items.into_iter().map(|item| item.to_string()).collect();
    let nodes = (0..500).map(|n| json!({"metadata": {"name": format!("node-{n:03}"), "resourceVersion": "1000"}, "status": {"addresses": []}})).collect();
    let bank = json!({"metadata": {"name": "bank", "resourceVersion": "1000", "labels": {"kubernetes.io/metadata.name": "bank"}}});
    let lists: Lists = Arc::new(BTreeMap::from([
        ("/api/v1/pods", texts((0..PODS).map(pod).collect())),
        ("/api/v1/nodes", texts(nodes)),
        ("/api/v1/namespaces", texts(vec![bank])),
        ("/api/v1/configmaps", Vec::new()),
        ("/apis/batch/v1/jobs", Vec::new()),
        ("/apis/networking.k8s.io/v1/networkpolicies", texts((0..SERVICES).map(policy).collect())),
    ]));
    let mut router = Router::new();
    for path in lists.keys().copied().collect::<Vec<_>>() {
        router = router.merge(Router::new().route(path, get(list)).with_state((lists.clone(), path)));
    }
    let version = json!({"major": "1", "minor": "34", "gitVersion": "v1.34.0", "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": ""});
    let resources = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "networking.k8s.io/v1",
        "resources": [{"name": "networkpolicies", "singularName": "networkpolicy", "namespaced": true, "kind": "NetworkPolicy", "verbs": ["list", "watch"]}]});
    let json =
        |value: Value| get(move || async move { ([(header::CONTENT_TYPE, "application/json")], value.to_string()) });
    router.route("/version", json(version)).route("/apis/networking.k8s.io/v1", json(resources))
}

fn openssl(directory: &std::path::Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// CPU seconds of a process.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn resident(pid: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim_matches([':', ' ', '\t']).split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect("the program to measure");
    let seconds: u64 = arguments.next().map_or(20, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    // On a thread of its own, so that its work is not in the way of the sender's.
    let listener = listener.into_std().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), api()).await.unwrap();
        });
    });
    std::fs::write(at("kubeconfig"), format!("apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [{{name: x, cluster: {{server: 'http://{server}'}}}}]\nusers: [{{name: x, user: {{}}}}]\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n")).unwrap();
    std::fs::write(at("catalogue.json"), catalogue()).unwrap();
    std::fs::write(at("tokens"), "token\n").unwrap();
    std::fs::write(at("server.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost").unwrap();
    openssl(directory.path(), "ecparam -name prime256v1 -genkey -noout -out ca.key");
    openssl(
        directory.path(),
        "req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.crt -addext basicConstraints=critical,CA:TRUE",
    );
    for (name, subject, extension) in
        [("server", "/CN=collector", " -extfile server.ext"), ("node", "/CN=node-000", " -extfile node.ext")]
    {
        std::fs::write(at("node.ext"), "extendedKeyUsage=clientAuth").unwrap();
        openssl(directory.path(), &format!("ecparam -name prime256v1 -genkey -noout -out {name}.key"));
        openssl(directory.path(), &format!("req -new -key {name}.key -subj {subject} -out {name}.csr"));
        openssl(
            directory.path(),
            &format!(
                "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -set_serial 1 -days 2 -out {name}.crt{extension}"
            ),
        );
    }
    let (web, intake, health) = (port(), port(), port());
    let started = Instant::now();
    let mut child = Command::new(&binary)
        .arg("collector")
        .args([
            "--catalogue",
            &at("catalogue.json"),
            "--data",
            &at("data"),
            "--token-file",
            &at("tokens"),
            "--settle",
            "4",
        ])
        .args(["--tls-cert", &at("server.crt"), "--tls-key", &at("server.key"), "--client-ca", &at("ca.crt")])
        .args([
            "--listen",
            &format!("127.0.0.1:{web}"),
            "--listen-intake",
            &format!("127.0.0.1:{intake}"),
            "--listen-health",
            &format!("127.0.0.1:{health}"),
        ])
        .env("KUBECONFIG", at("kubeconfig"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id();
    let curl = |path: &str| {
        let url = format!("https://127.0.0.1:{web}{path}");
        let arguments = [
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} %{time_starttransfer} %{size_download}",
            "--cacert",
            &at("ca.crt"),
            "-H",
            "Authorization: Bearer token",
            &url,
        ];
        let output = Command::new("curl").args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let fields: Vec<f64> = text.split(' ').filter_map(|field| field.parse().ok()).collect();
        (
            fields.first().copied().unwrap_or(0.0),
            fields.get(1).copied().unwrap_or(0.0),
            fields.get(2).copied().unwrap_or(0.0),
        )
    };
    let is_ready = || {
        let url = format!("http://127.0.0.1:{health}/-/ready");
        let output = Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url]).output().unwrap();
        output.stdout == b"200"
    };
    while !is_ready() {
        assert!(started.elapsed() < Duration::from_secs(180), "it is not ready");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ready = started.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (idle, started_cpu) = (resident(pid, "VmRSS"), cpu(pid));

    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(std::fs::read(at("ca.crt")).unwrap()))
        .identity(Identity::from_pem(std::fs::read(at("node.crt")).unwrap(), std::fs::read(at("node.key")).unwrap()))
        .domain_name("localhost");
    let channel = Endpoint::from_shared(format!("https://127.0.0.1:{intake}"))
        .unwrap()
        .tls_config(tls)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = IntakeClient::new(channel);
    let (sender, receiver) = tokio::sync::mpsc::channel::<Batch>(4);
    let mut receipts = client.send(tokio_stream::wrappers::ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let begin = Instant::now();
    let deadline = begin + Duration::from_secs(seconds);
    let sending = tokio::spawn(async move {
        let (mut sequence, mut number) = (0u64, 0u32);
        while Instant::now() < deadline {
            sequence += 1;
            let at = now();
            let sums = (0..SUMS)
                .map(|_| {
                    number = number.wrapping_add(1);
                    let (caller, callee) = edge(number % EDGES);
                    let turn = number / EDGES % (PODS / SERVICES);
                    let end = |service: u32| {
                        Some(End { address: address(service + turn * SERVICES).to_vec(), ..End::default() })
                    };
                    Sum {
                        caller: end(caller),
                        callee: end(callee),
                        port: 8080,
                        protocol: 6,
                        first: at,
                        last: at,
                        count: 3,
                        source: "flows".into(),
                        ..Sum::default()
                    }
                })
                .collect();
            let source = Source { name: "flows".into(), heard: true, last_record: at, ..Source::default() };
            let batch = Batch {
                node: "node-000".into(),
                life: 1,
                sequence,
                from: at - 100_000,
                to: at,
                sent: at,
                sums,
                sources: vec![source],
                ..Batch::default()
            };
            if sender.send(batch).await.is_err() {
                break;
            }
        }
        sequence
    });
    let mut kept = 0;
    let mut scrapes = Vec::new();
    while let Ok(Ok(Some(receipt))) = tokio::time::timeout(Duration::from_secs(15), receipts.message()).await {
        kept = receipt.sequence;
    }
    let sent = sending.await.unwrap();
    let used = cpu(pid) - started_cpu;
    let records = kept * u64::from(SUMS);
    for _ in 0..10 {
        let (status, time, size) = curl("/metrics");
        assert!(status == 200.0, "the scrape failed");
        scrapes.push((time, size));
    }
    scrapes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let before = cpu(pid);
    for _ in 0..10 {
        curl("/metrics");
    }
    let scrape_cpu = (cpu(pid) - before) / 10.0;
    let result = json!({
        "pods": PODS, "edges": EDGES, "ready_s": ready, "resident_idle_mib": idle, "resident_loaded_mib": resident(pid, "VmRSS"), "resident_peak_mib": resident(pid, "VmHWM"),
        "records": records, "batches_sent": sent, "cpu_s": used, "records_per_cpu_second": (records as f64 / used).round(),
        "scrape_median_ms": scrapes[5].0 * 1e3, "scrape_cpu_ms": scrape_cpu * 1e3, "scrape_bytes": scrapes[0].1,
    });
    println!("{result}");
    child.kill().unwrap();
    child.wait().unwrap();
}
