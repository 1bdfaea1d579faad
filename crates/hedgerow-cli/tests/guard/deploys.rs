//! The whole bank, deployed by real Helm 3 and Helm 4 under the strict guard, by somebody who is no administrator.

use crate::world::hedgerow;
use hedgerow_testcluster::{Cluster, Said, User, repository, tool, wait};
use std::path::Path;
use std::process::Command;

const GUARD: &str = "
guard:
  mode: deny
  strict: true
  wear: [{users: [bank-deployer]}]
";

/// What Kubernetes' role `edit` lacks for these charts.
const MORE: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: bank-more}
rules:
  - {apiGroups: [projectcalico.org], resources: [networkpolicies], verbs: ['*']}
  - {apiGroups: [fx.bank.example], resources: [ratesources], verbs: ['*']}
";

/// Copies a tree of small files.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("directories can be made");
    for entry in std::fs::read_dir(from).expect("a directory can be listed") {
        let entry = entry.expect("a directory can be listed");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("files can be copied");
        }
    }
}

/// `helm upgrade --install` of one service's chart.
fn deploy(helm: &str, user: &User, fleet: &Path, service: &str, namespace: &str) -> Said {
    let home = fleet.join("home");
    let own = Path::new(env!("CARGO_BIN_EXE_hedgerow")).parent().expect("a program has a directory");
    let path = std::env::join_paths(
        [own.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let chart = fleet.join(service).join("chart");
    let release = service.replace('.', "-");
    let mut command = Command::new(tool(helm));
    command
        .env("PATH", path.expect("PATH can be joined"))
        .env("KUBECONFIG", user.kubeconfig())
        .env("HELM_CONFIG_HOME", &home)
        .env("HELM_DATA_HOME", &home)
        .env("HELM_CACHE_HOME", &home)
        .args(["upgrade", "--install", &release, "--namespace", namespace, "--no-hooks", "--skip-crds"])
        .arg(&chart)
        .args(["--post-renderer", "hedgerow"]);
    if helm.starts_with("helm4") {
        command.env("HELM_PLUGINS", repository().join("integrations"));
    } else {
        command.args(["--post-renderer-args", "post-render"]);
    }
    let fleet = fleet.to_str().expect("temporary directories have UTF-8 names");
    let mut arguments = vec!["-C", fleet, "--env", "staging"];
    // A chart with subcharts holds several services; which workload is whose is found by name.
    if !chart.join("charts").exists() {
        arguments.extend(["--service", service]);
    }
    for argument in arguments {
        command.args(["--post-renderer-args", argument]);
    }
    Said::of(&mut command, b"")
}

fn prepare(cluster: &Cluster, fleet: &Path) -> Vec<(String, &'static str)> {
    let bank = repository().join("testdata/bank");
    copy(&bank, fleet);
    let config = std::fs::read_to_string(bank.join("hedgerow.yaml")).expect("the bank has a configuration");
    std::fs::write(fleet.join("hedgerow.yaml"), format!("{config}{GUARD}")).expect("files can be written");
    let admin = cluster.admin();
    cluster.install_calico_kinds();
    admin.apply("default", MORE).text();
    let mut services = Vec::new();
    for entry in std::fs::read_dir(fleet).expect("the fleet can be listed") {
        let directory = entry.expect("the fleet can be listed").path();
        let chart = directory.join("chart");
        if !chart.exists() {
            continue;
        }
        let crds = chart.join("crds");
        if crds.exists() {
            admin.kubectl(&["apply", "--server-side", "-f", crds.to_str().expect("UTF-8")]).text();
        }
        let text = std::fs::read_to_string(directory.join("service.yaml")).unwrap_or_default();
        let namespace = if text.lines().any(|line| line == "namespace: dmz") { "dmz" } else { "bank" };
        services.push((directory.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned(), namespace));
    }
    services.sort();
    assert!(services.len() >= 8, "the bank has lost its charts: {services:?}");
    for namespace in ["bank", "dmz"] {
        cluster.namespace(namespace);
        for (name, role) in [("edit", "edit"), ("more", "bank-more")] {
            for user in ["bank-deployer", "bank-dev"] {
                let binding = [
                    "create",
                    "rolebinding",
                    &format!("{user}-{name}"),
                    &format!("--clusterrole={role}"),
                    &format!("--user={user}"),
                    "-n",
                    namespace,
                ];
                admin.kubectl(&binding).text();
            }
        }
    }
    admin
        .kubectl_with(
            &["apply", "--server-side", "-f", "-"],
            &hedgerow(fleet, &["render", "--guard", "--env", "staging"]),
        )
        .text();
    admin
        .kubectl_with(
            &["apply", "--server-side", "-f", "-"],
            &hedgerow(fleet, &["render", "--platform", "--env", "staging"]),
        )
        .text();
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"bank.example/egress-x":"true"}},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
    for namespace in ["bank", "dmz"] {
        let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        let may = |user| admin.request("POST", &path, "application/json", pod, Some(user)).is_granted();
        wait("the guard", || !may("bank-dev") && may("bank-deployer"));
    }
    services
}

#[test]
fn the_bank_is_deployed_by_helm_3_and_helm_4_under_the_strict_guard() {
    let Some(cluster) = Cluster::shared() else { return };
    for helm in ["helm3", "helm4"] {
        assert!(tool(helm).exists(), "{helm} is missing: run scripts/tools");
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let fleet = directory.path().join("bank");
    let services = prepare(cluster, &fleet);
    let admin = cluster.admin();
    let deployer = cluster.user("bank-deployer", &[]);
    let dev = cluster.user("bank-dev", &[]);
    for helm in ["helm3", "helm4"] {
        // The same deploy by somebody who may deploy, and may not wear.
        let said = deploy(helm, &dev, &fleet, "service.emoji", "bank").refused();
        assert!(said.contains("bank-dev may not"), "{helm}: {said}");
        for round in ["first", "second"] {
            for (service, namespace) in &services {
                let said = deploy(helm, &deployer, &fleet, service, namespace);
                assert_eq!(said.code, 0, "{helm}: the {round} deploy of {service}: {}", said.stderr);
            }
        }
        let labelled = |kind: &str, label: &str| {
            let found = admin.get(&[kind, "--all-namespaces", "-l", label]);
            found["items"].as_array().map_or(0, Vec::len)
        };
        assert!(labelled("networkpolicies.networking.k8s.io", "bank.example/policy-of") > services.len(), "{helm}");
        wait("the pods of the bank", || labelled("pods", "bank.example/routing-name") >= services.len());
        wait("the pods of emoji", || labelled("pods", "bank.example/egress-s-ledger") > 0);
        for (service, namespace) in &services {
            let mut command = Command::new(tool(helm));
            command.env("KUBECONFIG", deployer.kubeconfig()).args([
                "uninstall",
                &service.replace('.', "-"),
                "-n",
                namespace,
                "--no-hooks",
            ]);
            Said::of(&mut command, b"").text();
        }
    }
}
