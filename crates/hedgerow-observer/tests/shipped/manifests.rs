//! Manifests: kustomize and Helm make the same of the same files, and a real API server takes it.

use crate::programs::{repository_text, run, shipped, tool};
use hedgerow_testcluster::Cluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NAMESPACE: &str = "hedgerow-observer";

/// Objects by kind and name.
type Objects = BTreeMap<(String, String), Value>;

fn objects(stream: &str) -> Objects {
    let mut objects = Objects::new();
    for document in serde_yaml::Deserializer::from_str(stream) {
        let object: Value = serde::Deserialize::deserialize(document).unwrap();
        if object.is_null() {
            continue;
        }
        let word = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{object}")).to_owned();
        let key = (word(&object["kind"]), word(&object["metadata"]["name"]));
        assert!(objects.insert(key.clone(), object).is_none(), "{key:?} twice");
    }
    objects
}

/// The base with some of the components, built in a kustomization of its own, as a user would.
fn kustomized(components: &[&str]) -> Option<Objects> {
    let kustomize = tool("kustomize")?;
    let directory = tempfile::tempdir().unwrap();
    // kustomize takes no absolute paths.
    let depth = std::fs::canonicalize(directory.path()).unwrap().components().count() - 1;
    let top = format!("{}{}", "../".repeat(depth), shipped("").to_str().unwrap().trim_start_matches('/'));
    let components: Vec<String> = components.iter().map(|name| format!("{top}components/{name}")).collect();
    // A component's own objects get their namespace here.
    let kustomization = json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAMESPACE,
        "resources": [format!("{top}base")], "components": components});
    std::fs::write(directory.path().join("kustomization.yaml"), kustomization.to_string()).unwrap();
    Some(objects(&run(&kustomize, directory.path(), &["build", "."]).text()))
}

fn helmed(helm: &str, flags: &[&str]) -> Option<Objects> {
    let helm = tool(helm)?;
    let arguments = [&["template", "observer", ".", "--namespace", NAMESPACE], flags].concat();
    Some(objects(&run(&helm, &shipped(""), &arguments).text()))
}

#[test]
fn helm_and_kustomize_make_the_same_of_the_same_files() {
    let rows: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["--set", "events=true"], &["events"]),
        (&["--set", "sources.kernelLog=true"], &["kernel-log"]),
        (&["--set", "sources.calicoFlows=true"], &["calico-flows"]),
        (&["--set", "sources.hubble=true"], &["hubble"]),
        (
            &["--set", "prometheusOperator.serviceMonitor=true", "--set", "prometheusOperator.rules=true"],
            &["prometheus-operator"],
        ),
        (
            &[
                "--set",
                "sources.kernelLog=true,sources.calicoFlows=true,sources.hubble=true,events=true",
                "--set",
                "prometheusOperator.serviceMonitor=true,prometheusOperator.rules=true",
            ],
            &["kernel-log", "calico-flows", "hubble", "events", "prometheus-operator"],
        ),
    ];
    for helm in ["helm3", "helm4"] {
        for (flags, components) in rows {
            let flags = [*flags, &["--set", "tls.generate=false"]].concat();
            let (Some(by_helm), Some(mut by_kustomize)) = (helmed(helm, &flags), kustomized(components)) else {
                return;
            };
            // Helm makes a namespace by --create-namespace; its labels are in the README.
            assert!(by_kustomize.remove(&("Namespace".into(), NAMESPACE.into())).is_some());
            let names = |objects: &Objects| objects.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&by_helm), names(&by_kustomize), "{helm} {components:?}");
            for (key, object) in &by_helm {
                assert_eq!(object, &by_kustomize[key], "{helm} {components:?}: {key:?}");
            }
        }
    }
    // Every component is a row.
    let here = std::fs::read_dir(shipped("components")).unwrap();
    let mut here: Vec<String> = here.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    here.sort();
    assert_eq!(here, ["calico-flows", "events", "hubble", "kernel-log", "prometheus-operator"]);
}

#[test]
fn values_reach_what_they_are_for() {
    let flags = [
        "--set",
        "image.repository=mirror.example/observer,image.tag=9,image.pullPolicy=Always,environment=prod",
        "--set",
        "imagePullSecrets[0].name=mirror,tls.generate=false,tls.secret=own,canary.enabled=false",
        "--set",
        "collector.args[0]=--keep-days=90,collector.storage=9Gi,collector.storageClassName=fast",
        "--set",
        "node.tolerations[0].key=gpu,node.nodeSelector.pool=a,node.args[0]=--x,node.resources.limits.memory=99Mi",
        "--set",
        "prometheusOperator.rules=true,prometheusOperator.runbooks=https://git.example/,prometheusOperator.labels.release=p",
        "--set",
        "dashboard=true",
        "--set-json",
        r#"catalogue="{\"version\":1}""#,
    ];
    for helm in ["helm3", "helm4"] {
        let Some(got) = helmed(helm, &flags) else { return };
        let of = |kind: &str, name: &str| &got[&(kind.to_owned(), name.to_owned())];
        let collector = of("StatefulSet", "hedgerow-observer-collector");
        let pod = &collector["spec"]["template"]["spec"];
        let args = pod["containers"][0]["args"].as_array().unwrap();
        assert_eq!(args[0], "collector");
        assert_eq!(args[args.len() - 2..], [json!("--env=prod"), json!("--keep-days=90")]);
        assert_eq!(pod["containers"][0]["image"], "mirror.example/observer:9");
        assert_eq!(pod["containers"][0]["imagePullPolicy"], "Always");
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "mirror"}]));
        assert_eq!(pod["volumes"][1]["secret"]["secretName"], "own");
        let claim = &collector["spec"]["volumeClaimTemplates"][0]["spec"];
        assert_eq!(
            (&claim["resources"]["requests"]["storage"], &claim["storageClassName"]),
            (&json!("9Gi"), &json!("fast"))
        );
        let pod = &of("DaemonSet", "hedgerow-observer-node")["spec"]["template"]["spec"];
        assert_eq!(pod["tolerations"], json!([{"key": "gpu"}]));
        assert_eq!(pod["nodeSelector"], json!({"pool": "a"}));
        assert_eq!(pod["containers"][0]["resources"], json!({"limits": {"memory": "99Mi"}}));
        assert_eq!(pod["containers"][0]["args"].as_array().unwrap().last(), Some(&json!("--x")));
        assert!(!got.contains_key(&("Deployment".into(), "hedgerow-observer-canary".into())));
        assert_eq!(of("ConfigMap", "hedgerow-catalogue")["data"]["catalogue.json"], r#"{"version":1}"#);
        let rule = of("PrometheusRule", "hedgerow-observer");
        assert_eq!(rule["metadata"]["labels"], json!({"release": "p"}));
        let page = &rule["spec"]["groups"][0]["rules"][0]["annotations"]["runbook_url"];
        assert_eq!(page, "https://git.example/docs/alerts/HedgerowCallUnpermitted.md");
        let dashboard = &of("ConfigMap", "hedgerow-observer-dashboard")["data"]["hedgerow-observer.json"];
        assert_eq!(dashboard.as_str().unwrap(), crate::programs::text("dashboard.json"));
    }
}

/// The kinds of the Prometheus operator, stored without their schemas.
fn operator_kinds() -> String {
    let kind = |kind: &str, plural: &str| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.monitoring.coreos.com"),
                "annotations": {"api-approved.kubernetes.io": "https://github.com/prometheus-operator/prometheus-operator"}},
            "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
        .to_string()
    };
    format!("{}\n---\n{}\n", kind("ServiceMonitor", "servicemonitors"), kind("PrometheusRule", "prometheusrules"))
}

/// A pod of a workload's template, as its controller would make it.
fn pod(workload: &Value, name: &str) -> String {
    let mut template = workload["spec"]["template"].clone();
    for claim in workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let name = &claim["metadata"]["name"];
        let volume = json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
        template["spec"]["volumes"].as_array_mut().unwrap().push(volume);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": template["metadata"]["labels"]},
        "spec": template["spec"]})
    .to_string()
}

#[test]
fn a_real_api_server_takes_all_of_it_and_holds_it_to_pod_security() {
    let Some(cluster) = Cluster::shared() else { return };
    let admin = cluster.admin();
    admin.apply("default", &operator_kinds()).text();
    admin
        .kubectl(&[
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            "crd",
            "servicemonitors.monitoring.coreos.com",
            "prometheusrules.monitoring.coreos.com",
        ])
        .text();
    let all = ["kernel-log", "calico-flows", "hubble", "events", "prometheus-operator"];
    let (Some(objects), Some(base)) = (kustomized(&all), kustomized(&[])) else { return };
    cluster.namespace(NAMESPACE);
    let stream = |objects: &Objects| objects.values().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    let arguments = ["apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-"];
    let said = admin.kubectl_with(&arguments, &stream(&objects));
    assert_eq!(said.stderr, "", "no warning");
    assert_eq!(said.text().lines().count(), objects.len());
    // The certificate's Secret is one, too.
    let secret = run(&shipped("make-certificate"), &shipped(""), &[NAMESPACE]).text();
    admin.kubectl_with(&arguments, &secret).text();

    // Pod Security looks at pods. Their accounts must be there; nothing else is made.
    const TRIED: &str = "observer-level";
    cluster.namespace(TRIED);
    for account in ["collector", "node", "canary"] {
        admin.kubectl(&["create", "serviceaccount", &format!("hedgerow-observer-{account}"), "-n", TRIED]).text();
    }
    let level = |level: &str| {
        let label = format!("pod-security.kubernetes.io/enforce={level}");
        admin.kubectl(&["label", "--overwrite", "namespace", TRIED, &label]).text();
    };
    let try_pod = |objects: &Objects, kind: &str, name: &str| {
        let workload = &objects[&(kind.to_owned(), format!("hedgerow-observer-{name}"))];
        let flags = ["create", "--dry-run=server", "--validate=strict", "-n", TRIED, "-f", "-"];
        admin.kubectl_with(&flags, &pod(workload, name))
    };
    level("restricted");
    try_pod(&objects, "StatefulSet", "collector").text();
    try_pod(&objects, "Deployment", "canary").text();
    for level_of in ["restricted", "baseline"] {
        level(level_of);
        for of in [&objects, &base] {
            let refusal = try_pod(of, "DaemonSet", "node").refused();
            assert!(refusal.contains("violates PodSecurity") && refusal.contains("hostNetwork=true"), "{refusal}");
        }
    }
    // The level that the base gives its namespace.
    let namespace = &objects[&("Namespace".to_owned(), NAMESPACE.to_owned())];
    level(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"].as_str().unwrap());
    try_pod(&objects, "DaemonSet", "node").text();
}

/// What the manifests say to the program it understands. A flag that there is not is the first thing that it complains of.
#[test]
fn the_program_knows_every_argument_of_the_manifests() {
    let Some(objects) = kustomized(&["kernel-log", "calico-flows", "hubble", "events", "prometheus-operator"]) else {
        return;
    };
    let mut tried = 0;
    for object in objects.values() {
        for container in object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten() {
            let words = container["args"].as_array().unwrap().iter();
            let words: Vec<String> = words
                .map(|word| word.as_str().unwrap().replace("$(NODE_NAME)", "n").replace("$(NAMESPACE)", "n"))
                .collect();
            assert!(!words.iter().any(|word| word.contains("$(")), "{words:?}");
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
            let said = hedgerow_testcluster::Said::of(command.args(&words).arg("--no-such-flag"), b"");
            assert!(said.stderr.contains("unexpected argument '--no-such-flag'"), "{words:?}: {}", said.stderr);
            tried += 1;
        }
    }
    assert_eq!(tried, 3);
}

/// Node parts and canaries have no credentials of the API, and nobody has more capabilities than are said.
#[test]
fn pods_have_what_they_need_and_no_more() {
    let Some(base) = kustomized(&[]) else { return };
    let pod = |kind: &str, name: &str| &base[&(kind.to_owned(), name.to_owned())]["spec"]["template"]["spec"];
    let collector = pod("StatefulSet", "hedgerow-observer-collector");
    let node = pod("DaemonSet", "hedgerow-observer-node");
    let canary = pod("Deployment", "hedgerow-observer-canary");
    for (pod, added) in [(collector, json!(null)), (node, json!(["NET_ADMIN"])), (canary, json!(null))] {
        let container = &pod["containers"][0]["securityContext"];
        assert_eq!(container["capabilities"]["drop"], json!(["ALL"]));
        assert_eq!(container["capabilities"]["add"], added);
        assert_eq!(container["readOnlyRootFilesystem"], true);
        assert_eq!(container["allowPrivilegeEscalation"], false);
        assert_eq!(container["privileged"], json!(null));
        for absent in ["hostPID", "hostIPC"] {
            assert_eq!(pod[absent], json!(null));
        }
        let host_paths = pod["volumes"].as_array().unwrap().iter().filter(|volume| volume.get("hostPath").is_some());
        assert_eq!(host_paths.count(), 0, "the base needs no file of the node");
    }
    for pod in [node, canary] {
        assert_eq!(pod["automountServiceAccountToken"], false);
        let volumes = pod["volumes"].as_array().unwrap();
        let token = volumes.iter().find(|volume| volume["name"] == "token").unwrap();
        let source = &token["projected"]["sources"];
        assert_eq!(
            source,
            &json!([{"serviceAccountToken": {"audience": "hedgerow-observer", "expirationSeconds": 3600, "path": "token"}}])
        );
        // The key of the certificate is the collector's alone.
        let tls = volumes.iter().find(|volume| volume["name"] == "tls").unwrap();
        assert_eq!(tls["secret"]["items"], json!([{"key": "ca.crt", "path": "ca.crt"}]));
    }
    for (kind, name) in base.keys().filter(|(kind, _)| kind.ends_with("Role")) {
        for rule in base[&(kind.clone(), name.clone())]["rules"].as_array().unwrap() {
            let verbs = rule["verbs"].as_array().unwrap();
            for verb in verbs.iter().chain(rule["resources"].as_array().into_iter().flatten()) {
                assert!(verb != "*" && verb != "secrets" && verb != "nodes/proxy", "{name}: {rule}");
            }
        }
    }
    // Nothing is bound to the accounts of node parts and canaries.
    for (kind, name) in base.keys().filter(|(kind, _)| kind.ends_with("Binding")) {
        let subjects = base[&(kind.clone(), name.clone())]["subjects"].to_string();
        assert!(!subjects.contains("observer-node") && !subjects.contains("observer-canary"), "{name}: {subjects}");
    }
}

/// The versions that are written in several places are one.
#[test]
fn versions_agree() {
    let version = env!("CARGO_PKG_VERSION");
    let chart: Value = serde_yaml::from_str(&crate::programs::text("Chart.yaml")).unwrap();
    let values: Value = serde_yaml::from_str(&crate::programs::text("values.yaml")).unwrap();
    let base: Value = serde_yaml::from_str(&crate::programs::text("base/kustomization.yaml")).unwrap();
    for found in [&chart["version"], &chart["appVersion"], &values["image"]["tag"], &base["images"][0]["newTag"]] {
        assert_eq!(found, version);
    }
    let rust = repository_text("Cargo.toml");
    let rust =
        rust.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"')).unwrap().to_owned();
    assert!(crate::programs::text("Dockerfile").contains(&format!("FROM rust:{rust}-alpine")));
}
