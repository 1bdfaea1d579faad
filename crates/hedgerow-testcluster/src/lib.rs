//! A real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager.
//!
//! `scripts/cluster` starts it and `scripts/tools cluster` brings its programs; this crate is their handle. Tests only: no other
//! crate of ours may depend on it outside of `[dev-dependencies]`.
//!
//! ```no_run
//! use hedgerow_testcluster::Cluster;
//!
//! let Some(cluster) = Cluster::shared() else { return }; // said aloud; a failure under HEDGEROW_REQUIRE_TOOLS=1
//! cluster.namespace("bank");
//! let admin = cluster.admin();
//! admin.kubectl(&["create", "rolebinding", "dev", "--clusterrole=admin", "--user=dev", "-n", "bank"]).text();
//! let dev = cluster.user("dev", &[]);
//! dev.apply("bank", "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a}]}}").text();
//! let refusal = dev.kubectl(&["get", "nodes"]).refused();
//! assert!(refusal.contains("forbidden"));
//! let written = cluster.audit().into_iter().filter(|event| event.user == "dev" && event.is_write());
//! assert_eq!(written.map(|event| event.resource).collect::<Vec<_>>(), ["pods"]);
//! ```
//!
//! # What there is and what not
//! RBAC and the Node authorizer, admission as a plain cluster has it, every controller but those that watch over nodes, each with
//! its own service account. No scheduler, kubelet or DNS: pods are made and stay Pending, and a Node is an object that a test
//! creates. [`Cluster::install_calico_kinds`] lets Calico's kinds be stored, without their schemas.
//!
//! A shared cluster serves every test of a test binary: give each test namespaces of its own.
#![allow(clippy::disallowed_methods, reason = "starts programs and reads their files: that is what it is for")]

mod audit;
mod user;

pub use audit::Event;
pub use user::{Answer, Said, User};

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A running control plane. It stops when this is dropped, or when the process ends in any other way.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    /// Who waits for the end of `input` and then stops all.
    keeper: Child,
    input: Option<ChildStdin>,
    /// Kubeconfigs by user and groups, or by service account.
    users: Mutex<BTreeMap<String, PathBuf>>,
}

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).expect("the crate is two directories below the repository").to_owned()
}

/// One of the programs that `scripts/tools` brings.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    repository().join(".tools/bin").join(name)
}

impl Cluster {
    /// The control plane of this test binary, started by whoever asks first; nothing, said aloud, where its programs are missing.
    ///
    /// # Panics
    /// Where they are missing and `HEDGEROW_REQUIRE_TOOLS=1` is set, and where it does not start.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        // A static is never dropped. The end of the process closes the keeper's standard input all the same.
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A control plane of the caller's own; nothing, said aloud, where its programs are missing.
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    #[must_use]
    pub fn start() -> Option<Self> {
        for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] {
            if !tool(name).exists() {
                let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
                assert!(!required, "{name} is missing: run scripts/tools");
                // Not `eprintln`, which the test harness swallows when a test passes.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {name} is not in .tools/bin; run scripts/tools");
                return None;
            }
        }
        let mut keeper = Command::new(repository().join("scripts/cluster"))
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start scripts/cluster: {error}"));
        let input = keeper.stdin.take();
        let mut line = String::new();
        let mut output = BufReader::new(keeper.stdout.take().expect("stdout is piped"));
        output.read_line(&mut line).expect("scripts/cluster prints text");
        assert!(!line.is_empty(), "the control plane did not start; the lines above say why");
        Some(Self { directory: PathBuf::from(line.trim_end()), keeper, input, users: Mutex::default() })
    }

    /// The address of the API server.
    ///
    /// # Panics
    /// Where the cluster's directory was taken away.
    #[must_use]
    pub fn server(&self) -> String {
        std::fs::read_to_string(self.path("server")).expect("the cluster has an address").trim_end().to_owned()
    }

    /// A file in the cluster's directory, or one to be made there: `audit.log`, `kube-apiserver.log`, `pki/ca.crt`.
    #[must_use]
    pub fn path(&self, relative: &str) -> PathBuf {
        self.directory.join(relative)
    }

    /// A user who may do everything, as a member of `system:masters`.
    #[must_use]
    pub fn admin(&self) -> User {
        User::new("admin", self.path("admin.kubeconfig"), &self.directory)
    }

    /// A user with a client certificate, who may do what RBAC gives to the name and the groups: at first nothing.
    ///
    /// # Panics
    /// Where no certificate can be made.
    #[must_use]
    pub fn user(&self, name: &str, groups: &[&str]) -> User {
        let key = format!("{name} {}", groups.join(" "));
        let mut users = self.users.lock().expect("nobody panics with the lock");
        let kubeconfig = users.entry(key).or_insert_with(|| {
            let mut command = Command::new(repository().join("scripts/cluster"));
            command.arg("user").arg(&self.directory).arg(name).args(groups);
            PathBuf::from(Said::of(&mut command, b"").text().trim_end())
        });
        User::new(name, kubeconfig.clone(), &self.directory)
    }

    /// A service account with a token of an hour; created where it is not there.
    ///
    /// # Panics
    /// Where it cannot be made.
    #[must_use]
    pub fn service_account(&self, namespace: &str, name: &str) -> User {
        let full = format!("system:serviceaccount:{namespace}:{name}");
        let mut users = self.users.lock().expect("nobody panics with the lock");
        let kubeconfig = users.entry(full.clone()).or_insert_with(|| {
            let admin = self.admin();
            if admin.kubectl(&["get", "serviceaccount", name, "-n", namespace]).code != 0 {
                admin.kubectl(&["create", "serviceaccount", name, "-n", namespace]).text();
            }
            let token = admin.kubectl(&["create", "token", name, "-n", namespace]).text();
            let path = self.path(&format!("account-{namespace}-{name}.kubeconfig"));
            let text = format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
                 clusters: [{{name: test, cluster: {{server: '{}', certificate-authority: '{}'}}}}]\n\
                 users: [{{name: user, user: {{token: {}}}}}]\n\
                 contexts: [{{name: test, context: {{cluster: test, user: user}}}}]\n",
                self.server(),
                self.path("pki/ca.crt").display(),
                token.trim_end()
            );
            std::fs::write(&path, text).expect("files can be written");
            path
        });
        User::new(&full, kubeconfig.clone(), &self.directory)
    }

    /// Makes a namespace, if need be, and waits until pods can be created there.
    ///
    /// # Panics
    /// Where that takes longer than three minutes.
    pub fn namespace(&self, name: &str) {
        let admin = self.admin();
        if admin.kubectl(&["get", "namespace", name]).code != 0 {
            admin.kubectl(&["create", "namespace", name]).text();
        }
        wait(&format!("the service account of namespace {name}"), || {
            admin.kubectl(&["get", "serviceaccount", "default", "-n", name]).code == 0
        });
    }

    /// Lets the kinds of `projectcalico.org/v3` be stored: `testdata/calico-crds`, which have no schemas.
    ///
    /// # Panics
    /// Where the API server does not take them.
    pub fn install_calico_kinds(&self) {
        let file = repository().join("testdata/calico-crds/crds.yaml");
        let file = file.to_str().expect("the repository has a UTF-8 name");
        let admin = self.admin();
        admin.kubectl(&["apply", "--server-side", "-f", file]).text();
        admin.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", file]).text();
    }

    /// Every request that was answered so far, in the order of the answers.
    ///
    /// # Panics
    /// Where the API server writes something else than events.
    #[must_use]
    pub fn audit(&self) -> Vec<Event> {
        audit::read(&self.path("audit.log"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.keeper.wait();
    }
}

/// Asks again and again until it is so.
///
/// # Panics
/// Where it is not so after three minutes (a machine may be busy with other things), with `what` was waited for.
#[track_caller]
pub fn wait(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1800 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("waited three minutes for {what}");
}
