//! Whom Prometheus scrapes that asks Kubernetes.

use crate::mounts::rows;

/// A Prometheus with this job, beside a ledger with an annotation and a Service, and a cart.
fn prometheus(role: &str, rules: &str) -> String {
    let pod = |name: &str, more: &str| {
        format!(
            "-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{metadata: {{labels: {{app: {name}, tier: back}}{more}}}, \
             spec: {{containers: [{{name: main, image: bank/{name}}}]}}}}}}\n---\nkind: Service\nmetadata: {{name: {name}-svc, labels: {{monitored: yes-{name}}}}}\nspec: {{selector: {{app: {name}}}}}\n"
        )
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.prometheus/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n{}{}\
         -- k8s/prometheus.yaml\nkind: Deployment\nmetadata: {{name: s-prometheus}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: prom/prometheus, \
         volumeMounts: [{{name: c, mountPath: /etc/prometheus}}]}}], volumes: [{{name: c, configMap: {{name: prom}}}}]}}}}}}\n---\n\
         kind: ConfigMap\nmetadata: {{name: prom}}\ndata:\n  prometheus.yml: |\n    scrape_configs:\n    - job_name: all\n      kubernetes_sd_configs: [{{role: {role}}}]\n      relabel_configs: [{rules}]\n",
        pod("ledger", ", annotations: {prometheus.io/scrape: 'true'}"),
        pod("cart", "")
    )
}

fn keep(label: &str, regex: &str) -> String {
    format!("{{source_labels: [__meta_kubernetes_{label}], action: keep, regex: {regex}}}")
}

#[test]
fn what_it_keeps_it_scrapes() {
    let ledger: &[&str] = &["prometheus -> ledger joined"];
    let both: &[&str] = &["prometheus -> cart joined", "prometheus -> ledger joined"];
    let asks: &[&str] = &["prometheus ? cart ledger"];
    let none: &[&str] = &[];
    rows(&[
        (prometheus("pod", &keep("pod_annotation_prometheus_io_scrape", "true")), ledger),
        (prometheus("pod", &keep("pod_annotationpresent_prometheus_io_scrape", "'true'")), ledger),
        (prometheus("pod", &keep("pod_label_app", "ledger|desk")), ledger),
        (prometheus("pod", &keep("pod_label_app", "ledge")), none),
        (prometheus("pod", &keep("pod_label_tier", "back")), both),
        (prometheus("endpoints", &keep("service_name", "ledger-svc")), ledger),
        (prometheus("endpointslice", &keep("service_label_monitored", "yes-led.*")), ledger),
        (prometheus("service", &keep("endpoints_name", "(ledger|cart)-svc")), both),
        // Several rules hold at once, and what is dropped is not scraped.
        (
            prometheus("pod", &format!("{}, {}", keep("pod_label_tier", "back"), keep("pod_label_app", "ledger"))),
            ledger,
        ),
        (
            prometheus(
                "pod",
                &format!(
                    "{}, {}",
                    keep("pod_label_tier", "back"),
                    keep("pod_label_app", "cart").replace("keep", "drop")
                ),
            ),
            ledger,
        ),
        (
            prometheus(
                "pod",
                "{source_labels: [__meta_kubernetes_pod_label_app, __meta_kubernetes_pod_label_tier], action: keep, regex: ledger;back}",
            ),
            ledger,
        ),
        // What says nothing of it, and what is not known.
        (
            prometheus(
                "pod",
                &format!("{}, {{source_labels: [__address__], target_label: x}}", keep("pod_label_app", "ledger")),
            ),
            ledger,
        ),
        (prometheus("pod", &keep("namespace", "bank")), asks),
        (
            prometheus("pod", &format!("{}, {}", keep("namespace", "bank"), keep("pod_label_app", "ledger"))),
            &["prometheus ? ledger"],
        ),
        (prometheus("pod", ""), asks),
        (prometheus("node", ""), none),
        (prometheus("ingress", &keep("pod_label_app", "ledger")), none),
    ]);
}

#[test]
fn pods_of_other_namespaces_are_not_scraped() {
    let of = |namespaces: &str, rules: &str| {
        let tree = prometheus(&format!("pod, namespaces: {namespaces}"), rules);
        tree.replace("{name: s-ledger}", "{name: s-ledger, namespace: bank}")
            .replace("{name: s-cart}", "{name: s-cart, namespace: mall}")
            .replace("{name: ledger-svc,", "{name: ledger-svc, namespace: bank,")
            .replace("{name: cart-svc,", "{name: cart-svc, namespace: mall,")
    };
    let tier = &keep("pod_label_tier", "back");
    let ledger: &[&str] = &["prometheus -> ledger joined"];
    let both: &[&str] = &["prometheus -> cart joined", "prometheus -> ledger joined"];
    rows(&[
        (of("{names: [bank]}", tier), ledger),
        (of("{names: [bank, mall]}", tier), both),
        (of("{names: [bank]}", tier).replace("role: pod", "role: endpoints"), ledger),
        (of("{names: [vault]}", tier), &[]),
        (of("{names: []}", tier), both),
        (of("{own_namespace: true}", tier), both),
        // Where nothing says in which namespace a pod is, it may be in any.
        (of("{names: [bank]}", tier).replace(", namespace: mall", ""), both),
        // By a rule that keeps some.
        (of("{}", &keep("namespace", "bank")), ledger),
        (of("{}", &keep("namespace", "ba.*|mall")), both),
        (
            of(
                "{}",
                &keep("namespace", "bank")
                    .replace("keep", "drop")
                    .replace("]", ", __meta_kubernetes_pod_label_tier]")
                    .replace("regex: bank", "regex: bank;back"),
            ),
            &["prometheus ? cart"],
        ),
        (
            of("{}", &format!("{tier}, {}", keep("namespace", "bank").replace("keep", "drop"))),
            &["prometheus -> cart joined"],
        ),
    ]);
}

#[test]
fn annotations_that_opt_in_choose_with_what_is_written_beside_them() {
    let scrape = keep("pod_annotation_prometheus_io_scrape", "true");
    let path = "{source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], action: replace, target_label: __metrics_path__, regex: (.+)}";
    let port = "{source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port], action: replace, regex: '([^:]+)(?::\\d+)?;(\\d+)', \
                replacement: '$1:$2', target_label: __address__}, {action: labelmap, regex: __meta_kubernetes_pod_label_(.+)}";
    let none: &[&str] = &[];
    let ledger: &[&str] = &["prometheus -> ledger joined"];
    rows(&[
        (prometheus("pod", &format!("{scrape}, {path}, {port}")), ledger),
        (prometheus("pod", &format!("{scrape}, {path}")).replace("scrape: 'true'", "scrape: 'false'"), none),
        // An annotation of the workload is none of its pods.
        (
            prometheus("pod", &scrape)
                .replace(", annotations: {prometheus.io/scrape: 'true'}", "")
                .replace("{name: s-ledger}", "{name: s-ledger, annotations: {prometheus.io/scrape: 'true'}}"),
            none,
        ),
    ]);
}

/// The same Prometheus with jobs of static targets, and an exporter beside it.
fn probing(jobs: &str) -> String {
    let old = prometheus("node", "");
    let (head, _) = old.split_once("    - job_name: all").expect("a job");
    let exporter = "-- service.blackbox/x.txt\n-- k8s/blackbox.yaml\nkind: Service\nmetadata: {name: s-blackbox}\nspec: {selector: {app: s-blackbox}}\n---\nkind: Deployment\nmetadata: {name: s-blackbox}\n\
                    spec: {template: {metadata: {labels: {app: s-blackbox}}, spec: {containers: [{name: main, image: prom/blackbox-exporter}]}}}\n";
    format!("{exporter}{head}{jobs}")
}

#[test]
fn what_an_exporter_is_asked_to_look_at_the_exporter_calls() {
    const SWAP: &str = "relabel_configs: [{source_labels: [__address__], target_label: __param_target}, {source_labels: [__param_target], target_label: instance}, \
                        {target_label: __address__, replacement: 's-blackbox:9115'}]";
    let probe = |targets: &str| {
        format!(
            "    - job_name: up\n      metrics_path: /probe\n      static_configs:\n      {targets}\n      {SWAP}\n"
        )
    };
    let (both, direct) = ("blackbox -> ledger addressed", "prometheus -> ledger addressed");
    let asks_it = "prometheus -> blackbox addressed";
    rows(&[
        (probing(&probe("- targets: ['http://ledger-svc:80/health']")), &[both, asks_it]),
        (probing(&probe("- targets:\n        - http://ledger-svc:80/health")), &[both, asks_it]),
        (
            probing(&probe("- targets: [ledger-svc:80, 'https://elsewhere.example.org']\n        labels: {a: b}")),
            &[both, asks_it],
        ),
        (
            probing(&probe("- targets: ['http://ledger-svc/a', 'http://cart-svc/b']")),
            &["blackbox -> cart addressed", both, asks_it],
        ),
        // Another job of the file scrapes by itself.
        (
            probing(&format!(
                "{}    - job_name: own\n      static_configs: [{{targets: ['ledger-svc:80']}}]\n",
                probe("- targets: ['http://cart-svc/b']")
            )),
            &["blackbox -> cart addressed", asks_it, direct],
        ),
        (
            probing(&format!(
                "    - job_name: own\n      static_configs:\n      - targets: ['ledger-svc:80']\n{}",
                probe("- targets: ['http://cart-svc/b']")
            )),
            &["blackbox -> cart addressed", asks_it, direct],
        ),
        // The same target by both, and a job beside it that hands nothing on.
        (
            probing(&format!(
                "{}    - job_name: own\n      static_configs: [{{targets: ['ledger-svc:80']}}]\n",
                probe("- targets: ['ledger-svc:80']")
            )),
            &[both, asks_it, direct],
        ),
        (
            probing(&format!(
                "{}{}",
                probe("- targets: ['http://cart-svc/b']"),
                probe("- targets: ['http://ledger-svc/a']").replace("__param_target", "target")
            )),
            &["blackbox -> cart addressed", asks_it, direct],
        ),
        // An exporter that is no service, and one that is told nothing of the targets.
        (
            probing(&probe("- targets: ['http://ledger-svc/a']").replace("s-blackbox:9115", "probes.example.org:9115")),
            &[direct],
        ),
        (probing(&probe("- targets: ['http://ledger-svc/a']").replace("__param_target", "target")), &[asks_it, direct]),
    ]);
}
