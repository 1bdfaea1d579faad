//! The observer as it is installed: accounts and roles of `base/rbac.yaml` on a real API server, a certificate of `make-certificate`, tokens that
//! are bound to pods, and the collector as a program, with its account's rights and no more.

use crate::programs::{Running, get, shipped};
use hedgerow_testcluster::{Cluster, Said, User, repository};
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the observer is installed.
pub(crate) const NAMESPACE: &str = "hedgerow-observer";
/// The name in its certificate.
pub(crate) const SERVER: &str = "hedgerow-observer.hedgerow-observer.svc";

/// What `hedgerow` the deploy binary says. It is built anew where its sources changed: a program that lies there may be of yesterday.
pub(crate) fn hedgerow(arguments: &[&str]) -> String {
    static BUILT: std::sync::Once = std::sync::Once::new();
    BUILT.call_once(|| {
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(repository()).args(["build", "--quiet", "--locked", "--package", "hedgerow-cli"]);
        Said::of(&mut build, b"").text();
    });
    let program = Path::new(env!("CARGO_BIN_EXE_hedgerow-observer")).with_file_name("hedgerow");
    Said::of(Command::new(program).args(arguments), b"").text()
}

/// An installation.
pub(crate) struct Observer<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) directory: PathBuf,
    /// For readers, senders, and health.
    pub(crate) ports: [u16; 3],
    /// What the collector is started with, beside what it always is.
    pub(crate) more: Vec<String>,
    pub(crate) collector: Option<Running>,
    audited: Cell<usize>,
}

impl<'a> Observer<'a> {
    /// Makes namespace, roles, nodes and the certificate. The catalogue is `catalogue.json` in the directory.
    pub(crate) fn install(cluster: &'a Cluster, directory: &Path, ports: [u16; 3], nodes: &[&str]) -> Self {
        let admin = cluster.admin();
        cluster.namespace(NAMESPACE);
        // What Calico's kinds are served as is what the collector watches.
        cluster.install_calico_kinds();
        let rbac = shipped("base/rbac.yaml");
        admin.kubectl(&["apply", "--server-side", "-n", NAMESPACE, "-f", rbac.to_str().unwrap()]).text();
        for node in nodes {
            admin
                .apply("", &json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}}).to_string())
                .text();
        }
        let secret = Said::of(Command::new(shipped("make-certificate")).arg(NAMESPACE), b"").text();
        let secret: Value = serde_yaml::from_str(&secret).unwrap();
        for (name, text) in secret["data"].as_object().unwrap() {
            let decoded = Said::of(Command::new("base64").arg("-d"), text.as_str().unwrap().as_bytes()).text();
            std::fs::write(directory.join(name), decoded).unwrap();
        }
        let audited = Cell::new(cluster.audit().len());
        Self { cluster, directory: directory.to_owned(), ports, more: Vec::new(), collector: None, audited }
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    /// A pod of the observer's on a node, as an object, and its token for the collector: what a projected volume holds. The file's path.
    pub(crate) fn token(&self, account: &str, node: &str) -> String {
        let admin = self.cluster.admin();
        let (account, pod) = (format!("hedgerow-observer-{account}"), format!("{account}-{node}"));
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": NAMESPACE},
            "spec": {"serviceAccountName": account, "automountServiceAccountToken": false, "nodeName": node,
                "containers": [{"name": "a", "image": "hedgerow-observer"}]}});
        admin.apply(NAMESPACE, &object.to_string()).text();
        let bound = ["--bound-object-kind=Pod", "--bound-object-name", &pod];
        let arguments =
            [&["create", "token", &account, "-n", NAMESPACE, "--audience=hedgerow-observer"], &bound[..]].concat();
        let path = self.file(&format!("{pod}.token"));
        std::fs::write(&path, admin.kubectl(&arguments).text()).unwrap();
        path
    }

    /// Gives the pod that an account's token is bound to its address: a canary's address counts only if it is that pod's.
    pub(crate) fn give_address(&self, account: &str, node: &str, address: &str) {
        let status = json!({"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}});
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{account}-{node}/status");
        let admin = self.cluster.admin();
        let answer = admin.request("PATCH", &path, "application/merge-patch+json", &status.to_string(), None);
        assert!(answer.is_granted(), "{}", answer.message());
    }

    /// A token of the account that may read. The file's path.
    pub(crate) fn reader(&self) -> String {
        let path = self.file("reader.token");
        let admin = self.cluster.admin();
        let token = admin.kubectl(&["create", "token", "hedgerow-observer-reader", "-n", NAMESPACE]).text();
        std::fs::write(&path, token.trim()).unwrap();
        path
    }

    /// Starts the collector and waits until it is ready.
    pub(crate) fn start(&mut self) {
        let account = self.cluster.service_account(NAMESPACE, "hedgerow-observer-collector");
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        command.env("KUBECONFIG", account.kubeconfig()).arg("collector");
        let [readers, senders, health] = self.ports;
        for (flag, value) in [
            ("--catalogue", self.file("catalogue.json")),
            ("--data", self.file("data")),
            ("--tls-cert", self.file("tls.crt")),
            ("--tls-key", self.file("tls.key")),
            ("--node-account", format!("{NAMESPACE}/hedgerow-observer-node")),
            ("--canary-account", format!("{NAMESPACE}/hedgerow-observer-canary")),
            ("--listen", format!("0.0.0.0:{readers}")),
            ("--listen-intake", format!("0.0.0.0:{senders}")),
            ("--listen-health", format!("127.0.0.1:{health}")),
        ] {
            command.args([flag, &value]);
        }
        command.arg("--review-tokens").args(&self.more);
        let mut program = Running::start(&mut command, "collector", &self.directory);
        program.until("the collector is ready", || get(&format!("http://127.0.0.1:{health}/-/ready"), &[]));
        self.collector = Some(program);
    }

    /// What a reader gets at a path.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        let token = std::fs::read_to_string(self.file("reader.token")).unwrap();
        let port = self.ports[0];
        let resolve = format!("{SERVER}:{port}:127.0.0.1");
        let header = format!("Authorization: Bearer {token}");
        get(
            &format!("https://{SERVER}:{port}{path}"),
            &["--cacert", &self.file("ca.crt"), "--resolve", &resolve, "--header", &header],
        )
    }

    /// The edges of `/v1/observations`, as `caller > callee:port verdict count`.
    pub(crate) fn edges(&self) -> Vec<String> {
        let text = self.read("/v1/observations").unwrap_or_default();
        let line = |line: &str| {
            let edge: Value = serde_json::from_str(line).unwrap();
            let caller = edge["caller"].as_object().unwrap().values().next().unwrap();
            let caller = caller.as_str().map_or_else(|| caller.to_string(), str::to_owned);
            let word = |key: &str| edge[key].as_str().unwrap().to_owned();
            format!("{caller} > {}:{} {} {}", word("callee"), edge["port"], word("verdict"), edge["count"])
        };
        text.lines().skip(1).map(line).collect()
    }

    /// The Service of `base/collector.yaml`, and a ready pod behind it with an address of this machine, as its StatefulSet would make it.
    pub(crate) fn expose(&self, node: &str, address: &str) {
        let documents = serde_yaml::Deserializer::from_str(&crate::programs::text("base/collector.yaml"))
            .map(|document| <Value as serde::Deserialize>::deserialize(document).unwrap())
            .collect::<Vec<_>>();
        let [service, set] = &documents[..] else { panic!("a Service and a StatefulSet") };
        let name = "hedgerow-observer-collector-0";
        let port = |name: &str, number: u16| json!({"name": name, "containerPort": number});
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": set["spec"]["template"]["metadata"]["labels"]},
            "spec": {"nodeName": node, "containers": [{"name": "collector", "image": "hedgerow-observer",
                "ports": [port("https", self.ports[0]), port("intake", self.ports[1])]}]}});
        let admin = self.cluster.admin();
        for object in [service, &pod] {
            admin.apply(NAMESPACE, &object.to_string()).text();
        }
        let status = json!({"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": "True"}]}});
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}/status");
        let answer = admin.request("PATCH", &path, "application/merge-patch+json", &status.to_string(), None);
        assert!(answer.is_granted(), "{}", answer.message());
    }

    /// How Prometheus scrapes it, as a person would write it.
    pub(crate) fn scrape(&self) -> Value {
        json!({"job_name": "hedgerow-observer", "scheme": "https",
            "authorization": {"credentials_file": self.file("reader.token")},
            "tls_config": {"ca_file": self.file("ca.crt"), "server_name": SERVER},
            "static_configs": [{"targets": [format!("127.0.0.1:{}", self.ports[0])]}]})
    }

    /// Fails if the collector asked for something that its role does not give, or never used something that it does.
    pub(crate) fn assert_that_the_role_fits(&self, unused: &[&str]) {
        let role: Vec<Value> = serde_yaml::Deserializer::from_str(&crate::programs::text("base/rbac.yaml"))
            .map(|document| serde::Deserialize::deserialize(document).unwrap())
            .collect();
        let is_own = |object: &&Value| {
            object["kind"] == "ClusterRole" && object["metadata"]["name"] == "hedgerow-observer-collector"
        };
        let role = role.iter().find(is_own).unwrap();
        let mut given = std::collections::BTreeSet::new();
        let words = |value: &Value| {
            value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for rule in role["rules"].as_array().unwrap() {
            for group in words(&rule["apiGroups"]) {
                for resource in words(&rule["resources"]) {
                    given.extend(words(&rule["verbs"]).into_iter().map(|verb| format!("{verb} {resource}.{group}")));
                }
            }
        }
        let name = format!("system:serviceaccount:{NAMESPACE}:hedgerow-observer-collector");
        let events = self.cluster.audit();
        let own = events[self.audited.get()..].iter().filter(|event| event.user == name && !event.resource.is_empty());
        for event in own {
            assert!(![401, 403].contains(&event.code), "refused: {} {}.{}", event.verb, event.resource, event.group);
            given.remove(&format!("{} {}.{}", event.verb, event.resource, event.group));
        }
        given.retain(|right| !unused.iter().any(|part| right.contains(part)));
        assert_eq!(given, std::collections::BTreeSet::new(), "rights that were not used");
    }
}

/// A running pod with an address: what a kubelet would say of it.
pub(crate) fn make_pod(admin: &User, namespace: &str, name: &str, node: &str, address: &str, labels: &Value) {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": node, "containers": [{"name": "a", "image": "a"}]}});
    admin.apply(namespace, &object.to_string()).text();
    let status = json!({"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}).to_string();
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
    let answer = admin.request("PATCH", &path, "application/merge-patch+json", &status, None);
    assert!(answer.is_granted(), "{}", answer.message());
}
