//! What a release of a version before the mark becomes in a cluster, when the next deploy is Hedgerow's of today: a real API server, and
//! the order of the writes that it was sent.

use std::path::Path;
use std::process::Command;

use hedgerow_testcluster::{Cluster, Said, User};

use crate::program::{Sandbox, repository, tool};

const WORKLOAD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec: {containers: [{name: c, image: x}]}
";

/// What such a version wrote in `audit` with `log: true`.
const UNMARKED: &str = "apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata:
  name: s-ledger
  labels:
    app.kubernetes.io/managed-by: hedgerow
spec:
  tier: default
  order: 5000
  selector: bank.example/routing-name == 'service.ledger'
  types:
    - Ingress
  ingress:
    - action: Log
    - action: Allow
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: s-ledger
  labels:
    app.kubernetes.io/managed-by: hedgerow
spec:
  podSelector:
    matchLabels:
      bank.example/routing-name: service.ledger
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              bank.example/egress-s-ledger: \"true\"
";

const CALICO: &str = "networkpolicies.projectcalico.org";
const LIVE: &str = "deployments,networkpolicies.networking.k8s.io,networkpolicies.projectcalico.org";

/// A fleet in one namespace, and a chart of its service that holds `UNMARKED` or not.
struct World {
    sandbox: Sandbox,
    namespace: String,
    admin: User,
}

impl World {
    fn new(cluster: &Cluster, namespace: &str) -> Self {
        let sandbox = Sandbox::new();
        cluster.namespace(namespace);
        let config = format!(
            "version: 1\nlabels: {{domain: bank.example}}\nservices:\n  include: ['service.*']\n  defaults: {{namespace: {namespace}}}\nnamespaces: [{namespace}]\nenvironments:\n  prod: {{stage: audit, log: true}}\n"
        );
        sandbox.write("fleet/hedgerow.yaml", config);
        sandbox.write("fleet/service.ledger/service.yaml", "");
        sandbox.write("chart/Chart.yaml", "apiVersion: v2\nname: ledger\nversion: 1.0.0\n");
        sandbox.write("chart/templates/workload.yaml", WORKLOAD);
        Self { sandbox, namespace: namespace.to_owned(), admin: cluster.admin() }
    }

    fn arguments(&self) -> Vec<String> {
        let fleet = self.sandbox.path("fleet").to_str().expect("a UTF-8 name").to_owned();
        ["-C", &fleet, "--env", "prod", "--service", "service.ledger"].map(str::to_owned).to_vec()
    }

    fn helm(&self, helm: &str, program: &Path, with_hedgerow: bool) {
        let mut command: Command = self.sandbox.command(program);
        command.env("KUBECONFIG", self.admin.kubeconfig());
        command.args(["upgrade", "--install", "ledger", "--namespace", &self.namespace]);
        command.arg(self.sandbox.path("chart"));
        if with_hedgerow {
            command.args(["--post-renderer", "hedgerow"]);
            if helm.starts_with("helm4") {
                command.env("HELM_PLUGINS", repository().join("integrations"));
            } else {
                command.args(["--post-renderer-args", "post-render"]);
            }
            for argument in self.arguments() {
                command.args(["--post-renderer-args", &argument]);
            }
        }
        Said::of(&mut command, b"").text();
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        self.admin.kubectl(&[arguments, &["-n", &self.namespace]].concat()).text()
    }

    /// What was written to policies so far, as `verb group/name`.
    fn writes(&self, cluster: &Cluster) -> Vec<String> {
        let is_policy = |resource: &str| resource == "networkpolicies";
        let events = cluster.audit().into_iter();
        let events = events.filter(|e| e.namespace == self.namespace && is_policy(&e.resource) && e.has_written());
        events.map(|event| format!("{} {}/{}", event.verb, event.group, event.name)).collect()
    }

    /// Fails unless what lives in the namespace is what Hedgerow writes, whoever else put metadata on it.
    fn prove(&self) {
        let live = self.kubectl(&["get", LIVE, "-o", "yaml"]);
        let mut command = self.sandbox.command(repository().join("integrations/prove-labels"));
        assert_eq!(Said::of(command.args(self.arguments()), live.as_bytes()).text(), "");
    }
}

#[test]
fn helm_moves_an_unmarked_release_over_without_a_moment_of_drop() {
    let Some(cluster) = Cluster::shared() else { return };
    cluster.install_calico_kinds();
    for helm in ["helm3", "helm4-1", "helm4"] {
        let Some(program) = tool(helm) else { continue };
        let world = World::new(cluster, &format!("moved-{helm}"));
        world.sandbox.write("chart/templates/unmarked.yaml", UNMARKED);
        world.helm(helm, &program, false);
        assert_eq!(world.kubectl(&["get", CALICO, "-o", "name"]).trim(), "networkpolicy.projectcalico.org/s-ledger");

        std::fs::remove_file(world.sandbox.path("chart/templates/unmarked.yaml")).expect("it is there");
        let before = world.writes(cluster).len();
        world.helm(helm, &program, true);
        let writes = world.writes(cluster).split_off(before);
        let at = |what: &str| writes.iter().position(|write| write.ends_with(what));
        let (backstop, policy) = (at("projectcalico.org/s-ledger-backstop"), at("networking.k8s.io/s-ledger"));
        let gone = writes.iter().position(|write| write == "delete projectcalico.org/s-ledger");
        // `[Log, Allow]` is there all the time, under one name or the other.
        assert!(backstop.is_some() && backstop < gone && policy.is_some() && policy < gone, "{helm}: {writes:?}");
        assert_eq!(
            world.kubectl(&["get", CALICO, "-o", "name"]).trim(),
            "networkpolicy.projectcalico.org/s-ledger-backstop",
            "{helm}: nothing is left behind"
        );
        world.prove();
        // A second deploy of the same has nothing to take away.
        let before = world.writes(cluster).len();
        world.helm(helm, &program, true);
        assert!(!world.writes(cluster).split_off(before).iter().any(|write| write.starts_with("delete")), "{helm}");
    }
}

/// The query of docs/stages.md for what a host leaves behind.
#[test]
fn what_kubectl_leaves_behind_is_found_and_can_go() {
    let Some(cluster) = Cluster::shared() else { return };
    cluster.install_calico_kinds();
    let world = World::new(cluster, "moved-kubectl");
    world.admin.apply(&world.namespace, &format!("{UNMARKED}---\n{WORKLOAD}")).text();
    let arguments = world.arguments();
    let arguments: Vec<_> = [&arguments[..2], &["post-render".to_owned()], &arguments[2..]].concat();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let stream = world.sandbox.hedgerow(&arguments, WORKLOAD.as_bytes()).text();
    world.admin.apply(&world.namespace, &stream).text();

    let unmarked = ["get", CALICO, "--selector", "!bank.example/policy-of", "-o", "name"];
    assert_eq!(world.kubectl(&unmarked).trim(), "networkpolicy.projectcalico.org/s-ledger");
    let columns =
        "custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,ORDER:.spec.order,SELECTOR:.spec.selector";
    let shown = world.kubectl(&["get", CALICO, "--selector", "!bank.example/policy-of", "-o", columns]);
    assert!(shown.contains("5000") && shown.contains("bank.example/routing-name == 'service.ledger'"), "{shown}");
    // It is found in what lives, too.
    let live = world.kubectl(&["get", LIVE, "-o", "yaml"]);
    let mut command = world.sandbox.command(repository().join("integrations/prove-labels"));
    let said = Said::of(command.args(world.arguments()), live.as_bytes());
    assert!(
        said.code == 1 && said.stderr.contains("the NetworkPolicy `s-ledger` says that Hedgerow wrote it"),
        "{}",
        said.stderr
    );

    world.kubectl(&["delete", CALICO, "s-ledger"]);
    assert_eq!(world.kubectl(&unmarked).trim(), "");
    world.prove();
}
