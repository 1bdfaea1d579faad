//! What else stands in a stream: behind aliases and merge keys too, and in streams of thousands.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;
use std::fmt::Write as _;
use tempfile::TempDir;

/// `service.web` listens on 8080; its policy drops what it does not permit.
fn fleet(workloads: &str) -> TempDir {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: enforce}}\n";
    let service = format!("ports: [{{name: http, port: 8080}}]\n{workloads}");
    tree(&[("hedgerow.yaml", config.as_bytes()), ("service.web/service.yaml", service.as_bytes())])
}

fn post_render(fleet: &TempDir, stream: &str) -> (Exit, String) {
    let ran = Command::new(fleet.path(), "post-render --service service.web").stdin(stream).run();
    (ran.exit, ran.stderr)
}

const SERVICE: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n";

fn deployment(labels: &str, containers: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, annotations: {{a: &number \"9090\"}}}}\nspec:\n  x: [&labels {{app: web}}, &ports [{{name: http, containerPort: 9090}}], &port {{name: http, containerPort: 9090}}, &container {{name: c, ports: [{{name: http, containerPort: 9090}}]}}]\n  template:\n    metadata:\n      labels: {labels}\n    spec:\n      containers: {containers}\n"
    )
}

#[test]
fn ports_behind_aliases_are_seen() {
    let fleet = fleet("");
    for containers in [
        "[{name: c, ports: [{name: http, containerPort: 9090}]}]",
        "[{name: c, ports: *ports}]",
        "[{name: c, ports: [*port]}]",
        "[*container]",
        "[{<<: *container}]",
        "[{<<: *container, name: d}]",
        "[{name: c, ports: [{<<: *port, protocol: TCP}]}]",
    ] {
        let stream = deployment("{app: web}", containers) + SERVICE;
        let (exit, text) = post_render(&fleet, &stream);
        assert_eq!(exit, Exit::Done, "{containers}: {text}");
        assert!(text.contains("leads port 80 to container port 9090"), "{containers}: {text}");
        // Without a Service, the containers are compared with what is declared.
        let (_, text) = post_render(&fleet, &deployment("{app: web}", containers));
        assert!(text.contains("declares port `http` as 8080, but it is 9090"), "{containers}: {text}");
        // The right port is no fault.
        let (_, text) = post_render(&fleet, &stream.replace("9090", "8080"));
        assert!(!text.contains("port-mismatch"), "{containers}: {text}");
    }
    // What a merge key brings counts only where the mapping does not say it itself.
    let own = deployment("{app: web}", "[{<<: *container, ports: [{name: http, containerPort: 8080}]}]") + SERVICE;
    let (_, text) = post_render(&fleet, &own);
    assert!(!text.contains("port-mismatch"), "{text}");
}

#[test]
fn services_with_aliases_are_seen() {
    let fleet = fleet("");
    let workload = deployment("{app: web}", "[{name: c, ports: [{name: http, containerPort: 9090}]}]");
    for service in [
        "metadata: {name: web, labels: &x {app: web}}\nspec: {selector: *x, ports: [{port: 80, targetPort: http}]}",
        "metadata: {name: web, labels: &x {app: web}}\nspec: {selector: {<<: *x}, ports: [{port: 80, targetPort: http}]}",
        "metadata: {name: web, annotations: {a: &x http}}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: *x}]}",
        "x: &x [{port: 80, targetPort: 9090}]\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: *x}",
    ] {
        let stream = format!("{workload}---\napiVersion: v1\nkind: Service\n{service}\n");
        let (_, text) = post_render(&fleet, &stream);
        assert!(text.contains("leads port 80 to container port 9090"), "{service}: {text}");
    }
    let node_port =
        "x: &x NodePort\nmetadata: {name: web}\nspec: {type: *x, selector: {app: web}, ports: [{port: 8080}]}";
    let (_, text) = post_render(&fleet, &format!("{workload}---\napiVersion: v1\nkind: Service\n{node_port}\n"));
    assert!(text.contains("Service `web` (`NodePort`) lets whoever comes by a node call"), "{text}");
}

#[test]
fn what_holds_pods_back_behind_an_alias_is_seen() {
    let fleet = fleet("");
    for (kind, spec, told) in [
        ("Deployment", "x: &x true\n  paused: *x", "is paused"),
        ("StatefulSet", "x: &x {type: OnDelete}\n  updateStrategy: *x", "until somebody deletes them"),
        (
            "StatefulSet",
            "x: &x {partition: 2}\n  updateStrategy: {rollingUpdate: {<<: *x}}",
            "held back by its partition",
        ),
    ] {
        let stream = format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  {spec}\n  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: []}}}}\n"
        );
        let (_, text) = post_render(&fleet, &stream);
        assert!(text.contains(told), "{spec}: {text}");
    }
}

/// A stream in which every object has a label of its own, and one Service leads to the wrong port.
fn many(count: usize, wrong: usize) -> String {
    let mut stream = String::new();
    for at in 0..count {
        let target = if at == wrong { "9090" } else { "http" };
        writeln!(
            stream,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{at}}}\nspec: {{template: {{metadata: {{labels: {{app: web-{at}}}}}, spec: {{containers: [{{name: c, ports: [{{name: http, containerPort: 8080}}]}}]}}}}}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: web-{at}, labels: {{app: web-{at}}}}}\nspec: {{selector: {{app: web-{at}}}, ports: [{{port: 80, targetPort: {target}}}]}}\n\
             ---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web-{at}}}\nspec: {{rules: [{{http: {{paths: [{{backend: {{service: {{name: web-{at}, port: {{number: 80}}}}}}}}]}}}}]}}\n\
             ---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: web-{at}}}\nspec: {{selector: {{matchLabels: {{app: web-{at}}}}}}}\n\
             ---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: web-{at}}}\nspec: {{selector: {{matchLabels: {{app: web-{at}}}}}}}\n"
        )
        .expect("a string takes all");
    }
    stream
}

/// Each is found by its own label or name among the others.
#[test]
fn neighbours_are_found_among_many() {
    let fleet = fleet("workloads: ['*/*']\n");
    let (exit, text) = post_render(&fleet, &many(300, 123));
    assert_eq!(exit, Exit::Done, "{text}");
    assert_eq!(text.matches("warning[port-mismatch]").count(), 1, "{text}");
    assert!(text.contains("Service `web-123` leads port 80 to container port 9090"), "{text}");
    for kind in ["Ingress", "ServiceMonitor", "PodMonitor"] {
        let said: Vec<_> =
            text.lines().filter(|line| line.starts_with(&format!("warning[outside-not-allowed]: {kind} "))).collect();
        assert_eq!(said.len(), 300, "{kind}: {said:?}");
    }
}
