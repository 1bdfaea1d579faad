//! Streams as Helm renders them, of any size and always the same for the same size.
//!
//! Shares follow what public charts hold: four in ten documents have a pod template, the rest are services,
//! configuration with text that looks like YAML, secrets, roles and custom resource definitions.
#![allow(dead_code, unreachable_pub, reason = "shared by tests and examples")]

use std::fmt::Write;

use super::Random;

const NOUNS: [&str; 20] = [
    "api",
    "gateway",
    "worker",
    "cache",
    "ledger",
    "ingress",
    "metrics",
    "kafka",
    "billing",
    "auth",
    "frontend",
    "search",
    "queue",
    "sync",
    "mailer",
    "scheduler",
    "catalog",
    "orders",
    "payments",
    "emoji",
];

/// A stream of at least `bytes` bytes.
pub fn helm_like(bytes: usize) -> String {
    let mut random = Random(42);
    let mut text = String::with_capacity(bytes + 64 * 1024);
    while text.len() < bytes {
        text.push_str("---\n");
        match random.below(100) {
            0..40 => workload(&mut text, &mut random),
            40..44 => cron_job(&mut text, &mut random),
            44..66 => service(&mut text, &mut random),
            66..80 => config_map(&mut text, &mut random),
            80..88 => secret(&mut text, &mut random),
            88..96 => role(&mut text, &mut random),
            _ => definition(&mut text, &mut random),
        }
    }
    text
}

fn noun(random: &mut Random) -> &'static str {
    NOUNS[random.below(NOUNS.len())]
}

fn name(random: &mut Random) -> String {
    format!("{}-{}-{}", noun(random), noun(random), random.below(100_000_000))
}

fn line(text: &mut String, indent: usize, content: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}

fn lines(text: &mut String, indent: usize, contents: &[&str]) {
    for content in contents {
        line(text, indent, content);
    }
}

fn head(text: &mut String, file: &str, api: &str, kind: &str, name: &str) {
    lines(
        text,
        0,
        &[&format!("# Source: shop/templates/{file}.yaml"), &format!("apiVersion: {api}"), &format!("kind: {kind}")],
    );
    lines(text, 0, &["metadata:", &format!("  name: {name}")]);
}

fn labels(text: &mut String, random: &mut Random, indent: usize, name: &str) {
    line(text, indent, "labels:");
    lines(
        text,
        indent + 2,
        &[
            &format!("app.kubernetes.io/name: {name}"),
            &format!("app.kubernetes.io/instance: release-{}", random.below(100)),
            &format!("app.kubernetes.io/version: \"{}.{}.{}\"", random.below(10), random.below(30), random.below(30)),
            "app.kubernetes.io/managed-by: Helm",
            &format!("helm.sh/chart: {name}-1.2.3"),
        ],
    );
}

fn workload(text: &mut String, random: &mut Random) {
    let kind = ["Deployment", "Deployment", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"][random.below(6)];
    let name = name(random);
    head(text, "workload", "apps/v1", kind, &name);
    line(text, 2, "namespace: default");
    if random.below(10) < 3 {
        lines(text, 2, &["annotations:", "  example.com/last-applied: |"]);
        line(
            text,
            6,
            &format!("{{\"kind\":\"{kind}\",\"spec\":{{\"x\":\"{}\"}}}}", "y".repeat(200 + random.below(1300))),
        );
    }
    labels(text, random, 2, &name);
    line(text, 0, "spec:");
    line(text, 2, &format!("replicas: {}", 1 + random.below(9)));
    lines(text, 2, &["selector:", "  matchLabels:", &format!("    app.kubernetes.io/name: {name}")]);
    pod_template(text, random, 2, &name);
}

fn cron_job(text: &mut String, random: &mut Random) {
    let name = name(random);
    head(text, "cron", "batch/v1", "CronJob", &name);
    lines(text, 0, &["spec:", "  schedule: \"*/5 * * * *\"", "  jobTemplate:", "    spec:", "      backoffLimit: 2"]);
    pod_template(text, random, 6, &name);
}

fn pod_template(text: &mut String, random: &mut Random, indent: usize, name: &str) {
    lines(text, indent, &["template:", "  metadata:", "    annotations:"]);
    line(text, indent + 6, &format!("checksum/config: {:016x}{:016x}", random.next(), random.next()));
    line(text, indent + 6, "prometheus.io/scrape: \"true\"");
    labels(text, random, indent + 4, name);
    lines(text, indent, &["  spec:", &format!("    serviceAccountName: {name}"), "    containers:"]);
    for number in 0..[1, 1, 2, 3][random.below(4)] {
        container(text, random, indent + 6, name, number);
    }
    lines(text, indent + 4, &["volumes:", "  - name: config", "    configMap:", &format!("      name: {name}")]);
    lines(text, indent + 4, &["      defaultMode: 0755", "nodeSelector:", "  kubernetes.io/os: linux"]);
}

fn container(text: &mut String, random: &mut Random, indent: usize, name: &str, number: usize) {
    line(text, indent, &format!("- name: {name}-{number}"));
    let indent = indent + 2;
    line(
        text,
        indent,
        &format!("image: \"registry.example.com/team/{name}:v1.{}@sha256:{:064x}\"", random.below(100), random.next()),
    );
    lines(
        text,
        indent,
        &["imagePullPolicy: IfNotPresent", "args: [\"--port=8080\", '--log-level=info', --leader-elect]"],
    );
    lines(text, indent, &["# tuned by hand, see the runbook", "command:", "  - /bin/sh", "  - -c", "  - |"]);
    lines(
        text,
        indent + 4,
        &["set -euo pipefail", &format!("echo \"starting {name}: $(date)\"   "), "exec /app/bin # no comment"],
    );
    line(text, indent, "env:");
    for variable in 0..2 + random.below(9) {
        line(text, indent, &format!("  - name: {}_{variable}", noun(random).to_uppercase()));
        let value =
            ["yes", "\"8080\"", "\"true\"", "'0755'", "info", "\"http://ledger:8080/path?q=1#frag\""][random.below(6)];
        line(text, indent, &format!("    value: {value}"));
    }
    lines(text, indent, &["ports:", "  - containerPort: 8080", "    name: http", "    protocol: TCP"]);
    lines(text, indent, &["livenessProbe:", "  httpGet: {path: /healthz, port: http}", "  initialDelaySeconds: 5"]);
    lines(
        text,
        indent,
        &["resources:", "  limits:", "    cpu: 500m", "    memory: 256Mi", "  requests: {cpu: 100m, memory: 128Mi}"],
    );
    lines(text, indent, &["volumeMounts:", &format!("  - {{name: config, mountPath: /etc/{name}, readOnly: true}}")]);
}

fn service(text: &mut String, random: &mut Random) {
    let name = name(random);
    head(text, "service", "v1", "Service", &name);
    labels(text, random, 2, &name);
    lines(
        text,
        0,
        &["spec:", "  type: ClusterIP", "  ports:", "    - port: 80", "      targetPort: http", "      name: http"],
    );
    lines(text, 0, &["  selector:", &format!("    app.kubernetes.io/name: {name}")]);
}

fn config_map(text: &mut String, random: &mut Random) {
    let name = name(random);
    head(text, "config", "v1", "ConfigMap", &name);
    labels(text, random, 2, &name);
    lines(text, 0, &["data:", "  app.properties: |-"]);
    for _ in 0..10 + random.below(110) {
        let value = ["yes", "no", "é ü 漢字", "\"x\"", "0.25"][random.below(5)];
        line(text, 4, &format!("{}.{} = {value} # {}", noun(random), noun(random), noun(random)));
    }
    lines(text, 0, &["  nested.yaml: |", "    a: b", "      ---", "    kind: Deployment", "    on: yes"]);
}

fn secret(text: &mut String, random: &mut Random) {
    let name = name(random);
    head(text, "secret", "v1", "Secret", &name);
    lines(text, 0, &["type: Opaque", "data:"]);
    for number in 0..2 + random.below(6) {
        let words = 1 + random.below(60);
        let value: String = (0..words).map(|_| format!("{:016x}", random.next())).collect();
        line(text, 2, &format!("{}{number}: {value}==", noun(random)));
    }
}

fn role(text: &mut String, random: &mut Random) {
    let name = name(random);
    head(text, "role", "rbac.authorization.k8s.io/v1", "ClusterRole", &name);
    line(text, 0, "rules:");
    for _ in 0..2 + random.below(10) {
        lines(text, 0, &["- apiGroups: [\"\", \"apps\"]", &format!("  resources: [\"pods\", \"{}\"]", noun(random))]);
        line(text, 0, "  verbs: [get, list, watch]");
    }
}

fn definition(text: &mut String, random: &mut Random) {
    let name = format!("{}s.example.com", name(random));
    head(text, "definition", "apiextensions.k8s.io/v1", "CustomResourceDefinition", &name);
    lines(
        text,
        0,
        &["spec:", "  group: example.com", "  scope: Namespaced", "  versions:", "  - name: v1", "    schema:"],
    );
    lines(text, 6, &["openAPIV3Schema:", "  properties:"]);
    properties(text, random, 10, 3);
    lines(text, 4, &["served: true", "storage: true"]);
}

fn properties(text: &mut String, random: &mut Random, indent: usize, depth: usize) {
    for number in 0..2 + random.below(4) {
        lines(text, indent, &[&format!("{}{number}:", noun(random)), "  description: |-"]);
        line(text, indent + 4, &format!("Says how the {} of the {} is kept.", noun(random), noun(random)));
        line(text, indent + 4, &format!("More: see {}, kind: {} and labels:", noun(random), noun(random)));
        if depth > 0 && random.below(10) < 6 {
            lines(text, indent + 2, &["type: object", "properties:"]);
            properties(text, random, indent + 4, depth - 1);
        } else {
            line(text, indent + 2, "type: string");
        }
    }
}
