//! Whom Prometheus scrapes that finds its targets by asking Kubernetes: `kubernetes_sd_configs` with `relabel_configs` that keep some by a
//! label, an annotation or the name of a Service.
//!
//! See <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config>.

use super::item::{Item, partial_at, text_at};
use super::settings::documents;
use super::workloads::Pods;
use super::{Deploy, Spot};
use crate::helm::is_whole_match;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The word by which a file is known to have such jobs.
const MARK: &str = "kubernetes_sd_configs";

/// The label that says in which namespace a target is.
const NAMESPACE: &str = "__meta_kubernetes_namespace";

/// That the settings of one service make it scrape another.
#[derive(Debug, Clone)]
pub struct Scrape {
    /// Who scrapes.
    pub caller: String,
    /// Who is scraped.
    pub callee: String,
    /// The job that does.
    pub job: String,
    /// The file that says so.
    pub spot: Spot,
    /// Whether that can be worked out; else it may be so.
    pub is_certain: bool,
}

/// What is known of one target: its labels as Prometheus has them before it relabels; nothing of those that nobody knows.
type Labels = BTreeMap<String, Option<String>>;

impl Deploy {
    /// Takes in whom Prometheus scrapes.
    pub(super) fn scrapes(&mut self, items: &[Item], pods: &[Pods]) {
        let mounted =
            self.given.iter().flat_map(|(service, given)| given.mounted.iter().map(move |file| (service, file)));
        let mut found: BTreeMap<(String, String), Scrape> = BTreeMap::new();
        for (caller, file) in mounted.filter(|(_, file)| file.text.contains(MARK)) {
            for job in
                documents(&file.text).into_iter().map(Value::read).filter_map(|all| all.get("scrape_configs").cloned())
            {
                for job in job.as_list().into_iter().flatten() {
                    for (callee, is_certain) in targets(job, items, pods) {
                        if callee == *caller {
                            continue;
                        }
                        let name = text_at(job, &["job_name"]).unwrap_or_default().to_owned();
                        let scrape = Scrape {
                            caller: caller.clone(),
                            callee: callee.clone(),
                            job: name,
                            spot: file.spot.clone(),
                            is_certain,
                        };
                        let known = found.entry((caller.clone(), callee)).or_insert_with(|| scrape.clone());
                        if is_certain && !known.is_certain {
                            *known = scrape;
                        }
                    }
                }
            }
        }
        self.scrapes.extend(found.into_values());
    }

    /// Whom Prometheus scrapes that asks Kubernetes.
    pub fn scraped(&self) -> &[Scrape] {
        &self.scrapes
    }
}

/// The services that a job scrapes, and whether that is certain.
fn targets(job: &Value, items: &[Item], pods: &[Pods]) -> BTreeMap<String, bool> {
    let rules: Vec<&Value> = job.get("relabel_configs").and_then(Value::as_list).into_iter().flatten().collect();
    let mut found = BTreeMap::new();
    for of in job.get(MARK).and_then(Value::as_list).into_iter().flatten() {
        let all = match text_at(of, &["role"]) {
            Some("pod") => pods.iter().map(|pods| (pods.service.clone(), pods.namespaces, of_pod(pods))).collect(),
            Some("endpoints" | "endpointslice" | "service") => of_services(items, pods),
            _ => Vec::new(),
        };
        for (service, namespaces, mut labels) in all {
            if !looks_in(of, namespaces) {
                continue;
            }
            if let Some(namespace) = namespaces.first().filter(|_| namespaces.len() == 1) {
                labels.insert(NAMESPACE.to_owned(), namespace.known().map(str::to_owned));
            }
            let kept = rules.iter().filter_map(|rule| keeps(rule, &labels)).collect::<BTreeSet<Option<bool>>>();
            // What no rule chooses is all there is, which nobody means.
            let chooses = rules.iter().any(|rule| text_at(rule, &["action"]) == Some("keep"));
            if !kept.contains(&Some(false)) {
                *found.entry(service).or_insert(false) |= chooses && !kept.contains(&None);
            }
        }
    }
    found
}

/// Whether it looks for targets in one of the namespaces that something may be in: `namespaces: {names: [bank]}`. Where nobody says in which one
/// that is, it may be any.
fn looks_in(of: &Value, namespaces: &BTreeSet<Partial>) -> bool {
    let names = of.pointer("/namespaces/names").and_then(Value::as_list).filter(|names| !names.is_empty());
    let Some(names) = names.map(|names| names.iter().map(Value::as_str).collect::<Vec<_>>()) else { return true };
    let is_open = namespaces.is_empty() || names.contains(&None);
    is_open || namespaces.iter().any(|own| own.known().is_none_or(|own| names.contains(&Some(own))))
}

/// Whether a rule keeps a target; nothing where it does not choose, and nothing in there where that cannot be told.
fn keeps(rule: &Value, labels: &Labels) -> Option<Option<bool>> {
    let action = text_at(rule, &["action"]).unwrap_or("replace");
    if !matches!(action, "keep" | "drop") {
        return None;
    }
    let matches = || {
        let names = rule.get("source_labels")?.as_list()?.iter();
        let values = names.map(|name| value_of(name.as_str()?, labels)).collect::<Option<Vec<String>>>()?;
        let regex = match rule.get("regex") {
            Some(regex) => super::item::scalar(regex)?.known()?.to_owned(),
            None => "(.*)".to_owned(),
        };
        is_whole_match(&regex, &values.join(text_at(rule, &["separator"]).unwrap_or(";")))
    };
    Some(matches().map(|is_match| is_match == (action == "keep")))
}

/// The value of a label; empty where the target has none of the name, and nothing where nobody knows it.
fn value_of(name: &str, labels: &Labels) -> Option<String> {
    const KNOWN: &[&str] = &[
        "__meta_kubernetes_pod_label_",
        "__meta_kubernetes_pod_labelpresent_",
        "__meta_kubernetes_pod_annotation_",
        "__meta_kubernetes_pod_annotationpresent_",
        "__meta_kubernetes_service_label_",
        "__meta_kubernetes_service_labelpresent_",
        "__meta_kubernetes_service_annotation_",
        "__meta_kubernetes_service_annotationpresent_",
        "__meta_kubernetes_service_name",
        "__meta_kubernetes_endpoints_name",
    ];
    match labels.get(name) {
        Some(value) => value.clone(),
        None => KNOWN.iter().any(|known| name.starts_with(known)).then(String::new),
    }
}

fn of_pod(pods: &Pods) -> Labels {
    let mut labels = Labels::new();
    add(&mut labels, "pod_label", pods.template.pointer("/metadata/labels"));
    add(&mut labels, "pod_annotation", pods.template.pointer("/metadata/annotations"));
    labels
}

/// The pods behind each Service, with what that is called and wears.
fn of_services<'i>(items: &'i [Item], pods: &[Pods]) -> Vec<(String, &'i BTreeSet<Partial>, Labels)> {
    let mut found = Vec::new();
    for item in items.iter().filter(|item| text_at(&item.value, &["kind"]) == Some("Service")) {
        let selector = item.value.pointer("/spec/selector").and_then(Value::as_map).filter(|all| !all.is_empty());
        let Some(selector) = selector else { continue };
        for pods in pods {
            let worn = pods.template.pointer("/metadata/labels").and_then(Value::as_map);
            if !selector.iter().all(|(key, value)| worn.and_then(|worn| worn.get(key)) == Some(value)) {
                continue;
            }
            let mut labels = of_pod(pods);
            let name = partial_at(&item.value, &["metadata", "name"]).and_then(|name| name.known());
            for key in ["service_name", "endpoints_name"] {
                labels.insert(format!("__meta_kubernetes_{key}"), name.map(str::to_owned));
            }
            add(&mut labels, "service_label", item.value.pointer("/metadata/labels"));
            add(&mut labels, "service_annotation", item.value.pointer("/metadata/annotations"));
            found.push((pods.service.clone(), &item.namespaces, labels));
        }
    }
    found
}

/// Adds labels or annotations, as Prometheus writes their names.
fn add(labels: &mut Labels, kind: &str, map: Option<&Value>) {
    for (key, value) in map.and_then(Value::as_map).into_iter().flatten() {
        let Some(key) = key.known() else { continue };
        let key: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let value = super::item::scalar(value).and_then(|value| value.known().map(str::to_owned));
        labels.insert(format!("__meta_kubernetes_{kind}present_{key}"), Some("true".to_owned()));
        labels.insert(format!("__meta_kubernetes_{kind}_{key}"), value);
    }
}
