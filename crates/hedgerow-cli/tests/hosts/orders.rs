//! The orders that `tests/moves` takes for granted, recorded from the real programs: what Helm and kubectl ask a real API server to
//! write, on a first install and on every step and jump between stages.

use std::collections::BTreeMap;
use std::path::Path;

use hedgerow_testcluster::{Cluster, Event, Said};

use crate::host::{Host, Phase, Write, install, upgrade};
use crate::manifest::documents;
use crate::program::{Sandbox, repository, run, tool};
use crate::world::{At, CHART, Fleet, NAMESPACE, Object, deploy};

const FLEET: Fleet = Fleet {
    by_type: true,
    catch_alls: "kubernetes",
    allow: "[{from: {pods: {app: gateway}}}]",
    ports: "[{name: http, port: 8080}]",
};

/// There and back, with `log` and without, and the jump from `audit` to `off`.
const POSITIONS: [(&str, bool); 9] = [
    ("open", true),
    ("audit", true),
    ("enforce", true),
    ("open", true),
    ("off", true),
    ("audit", false),
    ("enforce", false),
    ("audit", true),
    ("off", true),
];

/// A release that goes from position to position, and what has been written for it.
struct Release<'c> {
    cluster: &'c Cluster,
    sandbox: Sandbox,
    namespace: String,
}

impl<'c> Release<'c> {
    fn new(cluster: &'c Cluster, namespace: &str) -> Self {
        let sandbox = Sandbox::new();
        cluster.namespace(namespace);
        sandbox.write("chart/Chart.yaml", "apiVersion: v2\nname: ledger\nversion: 1.0.0\n");
        // One object a template. Objects that Hedgerow adds get two figures where Helm 4 counts the documents.
        for (at, document) in CHART.split("---\n").filter(|document| !document.is_empty()).enumerate() {
            sandbox.write(&format!("chart/templates/part-{at}.yaml"), document);
        }
        for at in 0..9 {
            let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{at}}}\n");
            sandbox.write(&format!("chart/templates/map-{at}.yaml"), map);
        }
        Self { cluster, sandbox, namespace: namespace.to_owned() }
    }

    /// Puts the fleet at a position; what stands after `hedgerow post-render`.
    fn place(&self, at: At) -> Vec<String> {
        for (path, text) in FLEET.files(at) {
            self.sandbox.write(&format!("fleet/{path}"), text);
        }
        let fleet = self.sandbox.path("fleet").to_str().expect("a UTF-8 name").to_owned();
        ["-C", &fleet, "--env", "prod", "--service", "service.ledger"].map(str::to_owned).to_vec()
    }

    fn helm(&self, name: &str, program: &Path, at: At) -> Vec<String> {
        let mut command = self.sandbox.command(program);
        command.env("KUBECONFIG", self.cluster.admin().kubeconfig());
        command.args(["upgrade", "--install", "ledger", "--namespace", &self.namespace]);
        command.arg(self.sandbox.path("chart")).args(["--post-renderer", "hedgerow"]);
        if name.starts_with("helm4") {
            command.env("HELM_PLUGINS", repository().join("integrations"));
        } else {
            command.args(["--post-renderer-args", "post-render"]);
        }
        for argument in self.place(at) {
            command.args(["--post-renderer-args", &argument]);
        }
        self.recorded(|| {
            Said::of(&mut command, b"").text();
        })
    }

    fn kubectl(&self, at: At, prune: bool) -> Vec<String> {
        let arguments = self.place(at);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.insert(2, "post-render");
        let stream = self.sandbox.hedgerow(&arguments, CHART.as_bytes()).text();
        let mut apply = vec!["apply", "--namespace", &self.namespace, "--filename", "-"];
        if prune {
            apply.extend(["--prune", "--all", "--prune-allowlist=networking.k8s.io/v1/NetworkPolicy"]);
            apply.push("--prune-allowlist=projectcalico.org/v3/NetworkPolicy");
        }
        self.recorded(|| {
            self.cluster.admin().kubectl_with(&apply, &stream).text();
        })
    }

    /// What `run` makes the API server write in the namespace, by Helm or kubectl, in order.
    fn recorded(&self, run: impl FnOnce()) -> Vec<String> {
        let events = || -> Vec<Event> {
            let is_ours = |event: &Event| {
                event.namespace == self.namespace
                    && event.has_written()
                    && (event.agent.starts_with("Helm/") || event.agent.starts_with("kubectl"))
            };
            self.cluster.audit().into_iter().filter(is_ours).collect()
        };
        let before = events().len();
        run();
        events().split_off(before).iter().filter_map(write_of).collect()
    }
}

/// A request in the words of the model; nothing for what the chart brings besides, and for Helm's own records.
fn write_of(event: &Event) -> Option<String> {
    let kind = match event.resource.as_str() {
        "networkpolicies" => "NetworkPolicy",
        "deployments" => "Deployment",
        "services" => "Service",
        "serviceaccounts" => "ServiceAccount",
        _ => return None,
    };
    let key = format!("{}/{kind}/{NAMESPACE}/{}", event.group, event.name);
    Some(if event.verb == "delete" { format!("delete {key}") } else { format!("write {key}") })
}

fn word(write: &Write) -> String {
    match write {
        Write::Apply(object) => format!("write {}", object.key),
        Write::Delete(key) => format!("delete {key}"),
    }
}

/// Fails where the recorded writes are not in the order of the model, or one is missing of what has changed.
#[track_caller]
fn compare(what: &str, recorded: &[String], phases: &[Phase], before: &[Object], after: &[Object]) {
    // The place of each write: its phase, and within a phase that has an order its place there.
    let mut places = BTreeMap::new();
    for (at, phase) in phases.iter().enumerate() {
        for (within, write) in phase.writes.iter().enumerate() {
            places.insert(word(write), (at, if phase.any_order { 0 } else { within }));
        }
    }
    let found: Vec<_> =
        recorded.iter().map(|write| places.get(write).unwrap_or_else(|| panic!("{what}: {write}"))).collect();
    assert!(found.is_sorted(), "{what}: the model has another order than\n{recorded:#?}\n{places:#?}");
    let is_changed = |new: &&Object| !before.iter().any(|old| old.key == new.key && old.json == new.json);
    let changed = after.iter().filter(is_changed).map(|new| format!("write {}", new.key));
    let is_deleted = |write: &&Write| matches!(write, Write::Delete(_));
    let deleted = phases.iter().flat_map(|phase| &phase.writes).filter(is_deleted).map(word);
    for write in changed.chain(deleted) {
        assert!(recorded.contains(&write), "{what}: not recorded: {write}\n{recorded:#?}");
    }
}

fn positions() -> impl Iterator<Item = At> {
    POSITIONS.into_iter().map(|(stage, log)| At { stage, log, audit: "calico-log" })
}

#[test]
fn helm_writes_in_the_order_of_the_model() {
    let Some(cluster) = Cluster::shared() else { return };
    cluster.install_calico_kinds();
    for (name, host) in [("helm3", Host::Helm3), ("helm4-1", Host::Helm4), ("helm4", Host::Helm4)] {
        let Some(program) = tool(name) else { continue };
        let release = Release::new(cluster, &format!("orders-{name}"));
        let mut before: Option<Vec<Object>> = None;
        for at in positions() {
            let after = deploy(&FLEET.plan(at));
            let recorded = release.helm(name, &program, at);
            let phases = match &before {
                Some(before) => upgrade(host, before, &after),
                None => install(host, &after),
            };
            compare(&format!("{name} to {at:?}"), &recorded, &phases, before.as_deref().unwrap_or(&[]), &after);
            before = Some(after);
        }
    }
}

#[test]
fn kubectl_writes_in_the_order_of_the_model() {
    let Some(cluster) = Cluster::shared() else { return };
    cluster.install_calico_kinds();
    for (namespace, prune, host) in
        [("orders-kubectl", false, Host::Kubectl), ("orders-kubectl-prune", true, Host::KubectlPrune)]
    {
        let release = Release::new(cluster, namespace);
        let mut before: Option<Vec<Object>> = None;
        for at in positions() {
            let after = deploy(&FLEET.plan(at));
            let recorded = release.kubectl(at, prune);
            let phases = match &before {
                Some(before) => upgrade(host, before, &after),
                None => install(host, &after),
            };
            // Without pruning, what is no longer rendered lives on, and is the same when it is rendered again.
            let lives = |old: &[Object]| if prune { old.to_vec() } else { Vec::new() };
            let known = before.as_deref().map(lives).unwrap_or_default();
            if prune {
                compare(&format!("{namespace} to {at:?}"), &recorded, &phases, &known, &after);
            } else {
                assert!(!recorded.iter().any(|write| write.starts_with("delete")), "{recorded:#?}");
                compare(&format!("{namespace} to {at:?}"), &recorded, &phases, &after, &after);
            }
            before = Some(after);
        }
    }
}

/// kustomize prints workloads before policies, whatever a plugin printed; `fifo` keeps the order of what the plugin added.
#[test]
fn kustomize_prints_in_the_order_of_the_model() {
    let Some(kustomize) = tool("kustomize") else { return };
    for (stage, log) in POSITIONS {
        let at = At { stage, log, audit: "calico-log" };
        let after = deploy(&FLEET.plan(at));
        for (host, options) in [(Host::KustomizeLegacy, ""), (Host::KustomizeFifo, "sortOptions: {order: fifo}\n")] {
            let sandbox = Sandbox::new();
            for (path, text) in FLEET.files(at) {
                sandbox.write(&format!("fleet/{path}"), text);
            }
            sandbox.write("here/chart.yaml", CHART);
            let kustomization = format!("resources: [chart.yaml]\ntransformers: [transformer.yaml]\n{options}");
            sandbox.write("here/kustomization.yaml", kustomization);
            let transformer = "apiVersion: hedgerow.dev/v1\nkind: Hedgerow\nmetadata:\n  name: hedgerow\n  annotations:\n    \
                 config.kubernetes.io/function: 'exec: {path: hedgerow}'\nspec: {fleet: ../fleet, environment: prod, service: service.ledger}\n";
            sandbox.write("here/transformer.yaml", transformer);
            let mut command = sandbox.command(&kustomize);
            command.arg("build").arg(sandbox.path("here")).args(["--enable-alpha-plugins", "--enable-exec"]);
            let printed = documents(&run(&mut command, b"").text());
            let shown = |value: &serde_json::Value| format!("{} {}", value["apiVersion"], value["metadata"]["name"]);
            let printed: Vec<_> = printed.iter().map(shown).collect();
            let modelled = crate::host::sorted(host, &after);
            let modelled: Vec<_> =
                modelled.iter().map(|object| shown(&serde_json::from_str(&object.json).expect("it is JSON"))).collect();
            assert_eq!(printed, modelled, "{host:?} {at:?}");
        }
    }
}
