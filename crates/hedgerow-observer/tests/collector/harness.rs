//! A collector as a program of its own, beside a real API server; node parts and readers as they would be.

use hedgerow_observer::link::intake_client::IntakeClient;
use hedgerow_observer::link::{Batch, End, Receipt, Source, Sum};
use hedgerow_testcluster::{Cluster, User, repository, wait};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// The namespace of the observer.
pub(crate) const OWN: &str = "hedgerow-observer";
pub(crate) const NODE_ACCOUNT: &str = "hedgerow-observer-node";
/// A token that may read everything.
pub(crate) const TOKEN: &str = "let-me-read";

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// A port that is nobody else's.
pub(crate) fn free_port() -> u16 {
    crate::port::free_port().port()
}

/// Makes the observer's namespace with the roles that ship, once for the cluster.
pub(crate) fn install(cluster: &Cluster) {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut done = ONCE.lock().unwrap();
    if !std::mem::replace(&mut done, true) {
        install_in(cluster);
    }
}

/// The same in a cluster of the test's own.
pub(crate) fn install_in(cluster: &Cluster) {
    cluster.namespace(OWN);
    for file in ["base/rbac.yaml", "components/events/rbac.yaml"] {
        let file = repository().join("integrations/observer").join(file);
        cluster.admin().kubectl(&["apply", "-n", OWN, "-f", file.to_str().unwrap()]).text();
    }
}

/// A node, with an address of its own.
pub(crate) fn node(cluster: &Cluster, name: &str, address: &str) {
    let admin = cluster.admin();
    admin.apply("default", &format!("{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}}}")).text();
    let status = format!(r#"{{"status":{{"addresses":[{{"type":"InternalIP","address":"{address}"}}]}}}}"#);
    let path = format!("/api/v1/nodes/{name}/status");
    assert!(admin.request("PATCH", &path, "application/merge-patch+json", &status, None).is_granted());
}

/// A pod that runs, as kubelet would say it.
pub(crate) fn pod(cluster: &Cluster, namespace: &str, name: &str, on: &str, address: &str, labels: &str) {
    let admin = cluster.admin();
    let text = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{{labels}}}}}, \
          spec: {{nodeName: {on}, automountServiceAccountToken: false, containers: [{{name: c, image: i}}]}}}}"
    );
    admin.apply(namespace, &text).text();
    status(cluster, namespace, name, address);
}

pub(crate) fn status(cluster: &Cluster, namespace: &str, name: &str, address: &str) {
    let status = format!(r#"{{"status":{{"phase":"Running","podIP":"{address}","podIPs":[{{"ip":"{address}"}}]}}}}"#);
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
    let answer = cluster.admin().request("PATCH", &path, "application/merge-patch+json", &status, None);
    assert!(answer.is_granted(), "{}", answer.message());
}

pub(crate) fn remove_pod(cluster: &Cluster, namespace: &str, name: &str) {
    cluster
        .admin()
        .kubectl(&["delete", "pod", name, "-n", namespace, "--grace-period=0", "--force", "--wait=true"])
        .text();
}

/// A token of a pod of an account, as kubelet mounts it.
pub(crate) fn token(cluster: &Cluster, account: &str, pod: &str, on: &str, audience: &str) -> String {
    let admin = cluster.admin();
    let text = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {pod}}}, \
          spec: {{nodeName: {on}, serviceAccountName: {account}, automountServiceAccountToken: false, containers: [{{name: c, image: i}}]}}}}"
    );
    admin.apply(OWN, &text).text();
    let arguments = [
        "create",
        "token",
        account,
        "-n",
        OWN,
        "--audience",
        audience,
        "--bound-object-kind",
        "Pod",
        "--bound-object-name",
        pod,
    ];
    admin.kubectl(&arguments).text().trim().to_owned()
}

/// Certificates of an authority of our own: what the collector shows, and what node `a` shows.
pub(crate) struct Pki {
    pub(crate) directory: tempfile::TempDir,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let pki = Self { directory: tempfile::tempdir().unwrap() };
        pki.authority("ca");
        pki.sign(
            "ca",
            "server",
            "/CN=collector",
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth",
        );
        pki.sign("ca", "node-a", "/O=bank/CN=a", "extendedKeyUsage=clientAuth");
        pki.authority("other");
        pki.sign("other", "stranger", "/CN=a", "extendedKeyUsage=clientAuth");
        pki
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(self.directory.path()).output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn authority(&self, name: &str) {
        let (key, certificate, subject) = (format!("{name}.key"), format!("{name}.crt"), format!("/CN={name}"));
        self.run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &key]);
        let usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
        self.run(
            &[
                &["req", "-x509", "-new", "-key", &key, "-subj", &subject, "-days", "2", "-out", &certificate][..],
                &usage,
            ]
            .concat(),
        );
    }

    pub(crate) fn sign(&self, authority: &str, name: &str, subject: &str, extensions: &str) {
        std::fs::write(self.path("extensions"), extensions).unwrap();
        let (key, request, certificate) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.crt"));
        self.run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &key]);
        self.run(&["req", "-new", "-key", &key, "-subj", subject, "-out", &request]);
        let (ca, ca_key, serial) = (format!("{authority}.crt"), format!("{authority}.key"), (now() as u64).to_string());
        let signing = ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-set_serial", &serial];
        self.run(&[&signing[..], &["-days", "2", "-extfile", "extensions", "-out", &certificate]].concat());
    }
}

/// A collector that runs.
pub(crate) struct Collector {
    child: Option<Child>,
    pub(crate) pki: Pki,
    pub(crate) web: u16,
    pub(crate) intake: u16,
    pub(crate) health: u16,
    arguments: Vec<String>,
    kubeconfig: PathBuf,
    said: Arc<Mutex<Vec<String>>>,
    _directory: tempfile::TempDir,
}

impl Collector {
    /// Starts one with a catalogue, as a user.
    pub(crate) fn start(user: &User, catalogue: &str, more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("catalogue.json");
        std::fs::write(&file, catalogue).unwrap();
        Self::start_in(directory, user, file.to_str().unwrap(), more)
    }

    /// Starts one with a catalogue from elsewhere.
    pub(crate) fn start_with(user: &User, catalogue: &str, more: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), user, catalogue, more)
    }

    /// Starts one that will not be ready, and waits until it answers.
    pub(crate) fn start_unready(user: &User, catalogue: &str, more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("catalogue.json");
        std::fs::write(&file, catalogue).unwrap();
        let mut collector = Self::prepare(directory, user, file.to_str().unwrap(), more);
        collector.spawn();
        wait("the collector to answer", || collector.get_health("/-/healthy") == 200);
        collector
    }

    fn start_in(directory: tempfile::TempDir, user: &User, catalogue: &str, more: &[&str]) -> Self {
        let mut collector = Self::prepare(directory, user, catalogue, more);
        collector.launch();
        collector
    }

    fn prepare(directory: tempfile::TempDir, user: &User, catalogue: &str, more: &[&str]) -> Self {
        let pki = Pki::new();
        let tokens = directory.path().join("tokens");
        std::fs::write(&tokens, format!("# who may read\n{TOKEN}\n")).unwrap();
        let data = directory.path().join("data");
        let (web, intake, health) = (free_port(), free_port(), free_port());
        let mut arguments: Vec<String> = vec!["collector".into()];
        for (flag, value) in [
            ("--catalogue", catalogue.to_owned()),
            ("--data", data.display().to_string()),
            ("--listen", format!("127.0.0.1:{web}")),
            ("--listen-intake", format!("127.0.0.1:{intake}")),
            ("--listen-health", format!("127.0.0.1:{health}")),
            ("--tls-cert", pki.path("server.crt").display().to_string()),
            ("--tls-key", pki.path("server.key").display().to_string()),
            ("--client-ca", pki.path("ca.crt").display().to_string()),
            ("--node-account", format!("{OWN}/{NODE_ACCOUNT}")),
            ("--canary-account", format!("{OWN}/hedgerow-observer-canary")),
            ("--token-file", tokens.display().to_string()),
            ("--settle", "1".to_owned()),
            ("--patience", "15".to_owned()),
        ] {
            // What a test says itself counts.
            if !more.contains(&flag) {
                arguments.extend([flag.to_owned(), value]);
            }
        }
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        Self {
            child: None,
            pki,
            web,
            intake,
            health,
            arguments,
            kubeconfig: user.kubeconfig().to_owned(),
            said: Arc::default(),
            _directory: directory,
        }
    }

    pub(crate) fn launch(&mut self) {
        self.spawn();
        wait("the collector to be ready", || self.get_health("/-/ready") == 200);
    }

    fn spawn(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"))
            .args(&self.arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, said) = (BufReader::new(child.stderr.take().unwrap()).lines(), self.said.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = writeln!(std::io::stderr(), "collector: {line}");
                said.lock().unwrap().push(line);
            }
        });
        self.child = Some(child);
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// What a second one says that is given the same directory.
    pub(crate) fn second(&self) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        let output = command.args(&self.arguments).env("KUBECONFIG", &self.kubeconfig).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// As a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to end, and waits; how it ended.
    pub(crate) fn end(&mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().unwrap();
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        child.wait().unwrap()
    }

    pub(crate) fn has_said(&self, text: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(text))
    }

    pub(crate) fn get_health(&self, path: &str) -> u16 {
        let url = format!("http://127.0.0.1:{}{path}", self.health);
        let output = Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).parse().unwrap_or(0)
    }

    /// The status, the head and the body of what is served.
    pub(crate) fn get_with(&self, path: &str, headers: &[&str]) -> (u16, String, String) {
        let ca = self.pki.path("ca.crt");
        let mut command = Command::new("curl");
        command.args(["-s", "-S", "-i", "--http1.1", "--cacert", ca.to_str().unwrap()]);
        for header in headers {
            command.args(["-H", header]);
        }
        let output = command.arg(format!("https://127.0.0.1:{}{path}", self.web)).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let (status, _, body) = self.get_with(path, &[&format!("Authorization: Bearer {TOKEN}")]);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The value of one series.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let page = self.get("/metrics");
        page.lines().find_map(|line| {
            let rest = line.strip_prefix(series)?.strip_prefix(' ')?;
            rest.split(' ').next()?.parse().ok()
        })
    }

    /// What was observed, without the header.
    pub(crate) fn observed(&self) -> Vec<Value> {
        self.get("/v1/observations").lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The observed lines of a callee, as `caller port verdict count`.
    pub(crate) fn edges(&self, callee: &str) -> Vec<String> {
        let lines = self.observed();
        let of = lines.iter().filter(|line| line["callee"] == callee);
        of.map(|line| {
            format!("{} {} {} {}", line["caller"], line["port"], line["verdict"].as_str().unwrap(), line["count"])
        })
        .collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

/// How somebody says who it is.
#[derive(Clone)]
pub(crate) enum Shows {
    Nothing,
    Token(String),
    Certificate(&'static str),
}

/// A node part.
pub(crate) struct NodePart {
    pub(crate) node: String,
    pub(crate) life: u64,
    pub(crate) sequence: u64,
    pub(crate) shows: Shows,
}

impl NodePart {
    pub(crate) fn new(node: &str, shows: Shows) -> Self {
        Self { node: node.to_owned(), life: now() as u64, sequence: 0, shows }
    }

    /// A batch of what was seen just now.
    pub(crate) fn batch(&mut self, sums: Vec<Sum>) -> Batch {
        self.sequence += 1;
        let at = now();
        let source = Source { name: "conntrack".into(), heard: true, last_record: at, ..Source::default() };
        Batch {
            node: self.node.clone(),
            life: self.life,
            sequence: self.sequence,
            from: at - 1_000_000,
            to: at,
            sent: at,
            sums,
            sources: vec![source],
            ..Batch::default()
        }
    }

    /// Sends batches on one stream; the receipts, or how it was refused.
    pub(crate) fn send(&self, collector: &Collector, batches: Vec<Batch>) -> Result<Vec<Receipt>, tonic::Status> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let count = batches.len();
            let mut client = self.client(collector).await?;
            let (sender, receiver) = tokio::sync::mpsc::channel(count.max(1));
            for batch in batches {
                sender.send(batch).await.unwrap();
            }
            let mut request = tonic::Request::new(tokio_stream::wrappers::ReceiverStream::new(receiver));
            if let Shows::Token(token) = &self.shows {
                request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            }
            let mut answers = client.send(request).await?.into_inner();
            let mut receipts = Vec::new();
            while receipts.len() < count {
                match tokio::time::timeout(Duration::from_secs(60), answers.message()).await {
                    Ok(Ok(Some(receipt))) => receipts.push(receipt),
                    Ok(Ok(None)) => break,
                    Ok(Err(status)) => return Err(status),
                    Err(_) => return Err(tonic::Status::deadline_exceeded("no receipt came in a minute")),
                }
            }
            drop(sender);
            Ok(receipts)
        })
    }

    pub(crate) async fn client(&self, collector: &Collector) -> Result<IntakeClient<Channel>, tonic::Status> {
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(collector.pki.read("ca.crt")))
            .domain_name("localhost");
        if let Shows::Certificate(name) = &self.shows {
            let (certificate, key) = (format!("{name}.crt"), format!("{name}.key"));
            tls = tls.identity(Identity::from_pem(collector.pki.read(&certificate), collector.pki.read(&key)));
        }
        let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{}", collector.intake)).unwrap();
        let endpoint = endpoint.tls_config(tls).unwrap().connect_timeout(Duration::from_secs(10));
        let channel = endpoint.connect().await.map_err(|error| tonic::Status::unavailable(format!("{error:?}")))?;
        Ok(IntakeClient::new(channel).max_encoding_message_size(64 << 20))
    }
}

pub(crate) fn end(address: &str) -> Option<End> {
    let address = match address.parse().unwrap() {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    Some(End { address, ..End::default() })
}

/// Calls, as connection tracking tells them.
pub(crate) fn calls(caller: &str, callee: &str, port: u32, at: i64, count: u64) -> Sum {
    Sum {
        caller: end(caller),
        callee: end(callee),
        port,
        protocol: 6,
        first: at,
        last: at,
        count,
        source: "conntrack".into(),
        ..Sum::default()
    }
}

/// A catalogue of the services ledger, emoji and other in one namespace: emoji may call ledger.
pub(crate) fn catalogue(namespace: &str) -> String {
    let service = |name: &str, owner: &str| {
        format!(
            r#""service.{name}": {{"slug":"s-{name}","namespace":"{namespace}","labels":{{"bank.example/routing-name":"service.{name}"}},"owner":"{owner}","ports":[{{"name":"http","port":8080,"protocol":"TCP"}}],"stages":{{"prod":"audit"}}}}"#
        )
    };
    format!(
        r#"{{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["{namespace}"],"types":{{}},
        "services":{{{},{},{}}},"rules":{{"service.emoji":{{"service.ledger":{{"file":"service.emoji/egress/service.ledger.rule"}}}}}}}}"#,
        service("emoji", "fun"),
        service("ledger", "money"),
        service("other", "elsewhere")
    )
}

pub(crate) fn named(name: &str) -> String {
    format!("bank.example/routing-name: service.{name}")
}

/// The ledger's policy as data: whoever wears the label of a rule may call it.
pub(crate) fn policy_as_data(namespace: &str) -> String {
    let policy = r#"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: s-ledger}, spec: {podSelector: {matchLabels: {bank.example/routing-name: service.ledger}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {bank.example/egress-s-ledger: "true"}}}]}]}}"#;
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s-ledger\n  namespace: {namespace}\n  labels: {{bank.example/policy-of: service.ledger}}\ndata:\n  networkpolicy.yaml: |\n    {policy}\n"
    )
}

pub(crate) fn collector_account(cluster: &Cluster) -> User {
    cluster.service_account(OWN, "hedgerow-observer-collector")
}
