//! `docs/import.md` is run as it is printed, line by line, by a shell: in an empty directory, with a `kubectl` and a `hubble` of the test's that print what
//! a small cluster would.

use crate::page::{Part, parts, repository};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Two services of which one may call the other, as `kubectl get -o yaml` lists them.
const CLUSTER: &str = "apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: bank}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: service.emoji, namespace: bank}
    spec:
      selector: {matchLabels: {app: emoji}}
      template:
        metadata: {labels: {app: emoji}}
        spec: {containers: [{name: a, image: a, ports: [{name: http, containerPort: 8080}]}]}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: service.ledger, namespace: bank}
    spec:
      selector: {matchLabels: {app: ledger}}
      template:
        metadata: {labels: {app: ledger}}
        spec: {containers: [{name: a, image: a, ports: [{name: http, containerPort: 8080}]}]}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: service.card, namespace: bank}
    spec:
      selector: {matchLabels: {app: card}}
      template:
        metadata: {labels: {app: card}}
        spec: {containers: [{name: a, image: a, ports: [{name: http, containerPort: 8080}]}]}
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: emoji, namespace: bank}
    spec: {podSelector: {matchLabels: {app: emoji}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: card}}}], ports: [{port: 8080}]}]}
";

/// A call of emoji to ledger, as Hubble tells it.
const FLOW: &str = r#"{"flow":{"time":"2026-11-20T10:00:01Z","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.1.1"},"l4":{"TCP":{"source_port":40001,"destination_port":8080,"flags":{"SYN":true}}},"source":{"namespace":"bank","pod_name":"x","workloads":[{"name":"service.emoji","kind":"Deployment"}]},"destination":{"namespace":"bank","pod_name":"y","workloads":[{"name":"service.ledger","kind":"Deployment"}]},"Type":"L3_L4","event_type":{"type":5},"traffic_direction":"INGRESS","is_reply":false}}"#;

fn program(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(format!("{name}.text")), text).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, format!("#!/bin/sh\nexec cat \"$(dirname \"$0\")/{name}.text\"\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_page_runs_as_it_is_printed() {
    let root = tempfile::tempdir().unwrap();
    let (programs, tree) = (root.path().join("bin"), root.path().join("tree"));
    std::fs::create_dir_all(&programs).unwrap();
    std::fs::create_dir_all(&tree).unwrap();
    program(&programs, "kubectl", CLUSTER);
    program(&programs, "hubble", &format!("{FLOW}\n"));
    let own = Path::new(env!("CARGO_BIN_EXE_hedgerow")).parent().unwrap();
    let path = format!("{}:{}:{}", programs.display(), own.display(), std::env::var("PATH").unwrap());
    let text = std::fs::read_to_string(repository().join("docs/import.md")).unwrap();
    let mut lines = Vec::new();
    for part in parts(&text) {
        match part {
            Part::Block(block) if block.language == "sh" => lines.extend(block.text.lines().map(str::to_owned)),
            Part::Block(_) | Part::Empty(_) | Part::Absent(_) => {}
        }
    }
    assert!(lines.len() > 8, "{lines:#?}");
    let mut said = String::new();
    for line in &lines {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", line]).current_dir(&tree);
        let output = bash.env_clear().env("PATH", &path).env("HOME", root.path()).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}: {told}\nbefore it: {said}");
        said += &format!("$ {line}\n{told}");
    }
    // What the page promises: a rule of the policy, one of each, one of the traffic, and the same reachability.
    for told in ["service.emoji.rule", "service.ledger.rule"] {
        assert!(said.contains(told), "{said}");
    }
    let reads = |path: &str| std::fs::read_to_string(tree.join(path)).unwrap_or_else(|_| panic!("{path}: {said}"));
    let config = reads("hedgerow.yaml");
    assert!(config.contains("prod: {stage: enforce}"), "{config}");
    let rule = walk(&tree, "service.ledger.rule");
    assert!(!rule.is_empty(), "{said}");
}

/// The files of this name below a directory.
fn walk(directory: &Path, name: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(walk(&path, name));
        } else if path.file_name().is_some_and(|it| it == name) {
            found.push(path);
        }
    }
    found
}
