//! Looking at manifests: parse them, find the pods' labels, take away what Hedgerow adds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::bank::{self, DOMAIN, Labels};

/// The documents of a YAML stream, empty ones left out.
#[track_caller]
pub(crate) fn documents(stream: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(stream)
        .map(|document| {
            Value::deserialize(document).unwrap_or_else(|error| panic!("not a manifest: {error}\n{stream}"))
        })
        .filter(|document| !document.is_null())
        .collect()
}

/// The objects among documents: the items of a `List` stand for themselves.
pub(crate) fn objects(documents: &[Value]) -> Vec<&Value> {
    documents
        .iter()
        .flat_map(|document| document["items"].as_array().map_or(vec![document], |items| items.iter().collect()))
        .collect()
}

/// Is it a document that Hedgerow adds?
pub(crate) fn is_policy(object: &Value) -> bool {
    !object["metadata"]["labels"][format!("{DOMAIN}policy-of")].is_null()
}

/// The labels under the bank's domain on the pods of each workload, by `Kind/name`. A workload whose pods wear none counts.
pub(crate) fn pods(documents: &[Value]) -> BTreeMap<String, Labels> {
    objects(documents)
        .into_iter()
        .filter_map(|object| {
            let metadata = &object.pointer(pod_template(object)?)?["metadata"];
            let name = format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
            let labels = metadata["labels"].as_object().into_iter().flatten();
            Some((name, labels.filter(|(key, _)| key.starts_with(DOMAIN)).map(|(k, v)| (k.clone(), text(v))).collect()))
        })
        .collect()
}

/// What was there before Hedgerow: no labels of its own on pods, none of its documents.
pub(crate) fn without_hedgerow(documents: &[Value]) -> Vec<Value> {
    let mut rest = documents.to_vec();
    remove_additions(&mut rest);
    rest
}

/// In an order of their own, where the host's does not matter.
pub(crate) fn sorted(mut documents: Vec<Value>) -> Vec<Value> {
    documents.sort_by_key(Value::to_string);
    documents
}

fn remove_additions(objects: &mut Vec<Value>) {
    objects.retain(|object| !is_policy(object));
    for object in objects {
        match object.get_mut("items") {
            Some(Value::Array(items)) => remove_additions(items),
            _ => remove_pod_labels(object),
        }
    }
}

/// Removes Hedgerow's labels where the pods of a workload have theirs, and nowhere else.
fn remove_pod_labels(object: &mut Value) {
    let Some(template) = pod_template(object).and_then(|pointer| object.pointer_mut(pointer)) else { return };
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !key.starts_with(DOMAIN));
    }
    // `labels` and `metadata` may have come with the label. Empty, absent and null mean the same to Kubernetes.
    for (parent, key) in [("/metadata", "labels"), ("", "metadata")] {
        if let Some(map) = template.pointer_mut(parent).and_then(Value::as_object_mut) {
            map.retain(|k, value| k != key || !is_nothing(value));
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Where an object keeps what becomes of its pods: the parent of their `metadata`.
fn pod_template(object: &Value) -> Option<&'static str> {
    match object["kind"].as_str()? {
        "Pod" => Some(""),
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => Some("/spec/template"),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Fails unless `got` is `plain` with label lines and whole documents added, and nothing else changed in any byte.
#[track_caller]
pub(crate) fn assert_only_added(plain: &str, got: &str) {
    let diff = TextDiff::from_lines(plain, got);
    let mut put_back = String::new();
    for hunk in diff.iter_all_changes() {
        if hunk.tag() != ChangeTag::Insert {
            assert_eq!(hunk.tag(), ChangeTag::Equal, "a line was removed: {:?}\n{got}", hunk.value());
            put_back.push_str(hunk.value());
        }
    }
    assert_eq!(put_back, plain);

    for group in diff.ops().iter().filter(|op| op.tag() == similar::DiffTag::Insert) {
        let mut in_document = false;
        for change in diff.iter_changes(group) {
            let line = change.value().trim();
            in_document |=
                ["---", "# Source:", "apiVersion:", "- apiVersion:"].iter().any(|start| line.starts_with(start));
            let is_label = line.trim_start_matches(['"', '\'']).starts_with(DOMAIN);
            let opens_labels = line == "labels:" || line == "metadata:";
            assert!(in_document || is_label || opens_labels, "an added line is no label: {line:?}\n{got}");
        }
    }
}

/// Fails unless the pods of the chart of `service` wear exactly the labels that the bank gives them, and the policies of
/// every service in it are there. `covered` says which workloads the host shows to Hedgerow.
#[track_caller]
pub(crate) fn assert_deployed(service: &str, environment: &str, got: &[Value], covered: impl Fn(&Value) -> bool) {
    let (seen, unseen): (Vec<Value>, Vec<Value>) = got.iter().cloned().partition(covered);
    let pods_seen = pods(&seen);
    assert!(!pods_seen.is_empty(), "{service}: no workload came out");
    let mut services = BTreeSet::new();
    for (workload, labels) in pods_seen {
        let name = workload.split_once('/').expect("Kind/name").1;
        let owner = bank::owner(service, name);
        services.insert(owner);
        assert_eq!(labels, bank::labels(owner, environment), "{workload} of {owner} in {environment}");
    }
    for (workload, labels) in pods(&unseen) {
        assert_eq!(labels, Labels::new(), "{workload} should not have been seen");
    }

    let mut expected = Vec::new();
    for owner in services {
        if bank::stage(owner, environment) != "off" {
            expected.push(format!("networking.k8s.io/v1 NetworkPolicy {}", bank::slug(owner)));
            expected.push(format!("projectcalico.org/v3 NetworkPolicy {}-backstop", bank::slug(owner)));
        }
    }
    // A policy lands where its pods land: it names a namespace exactly when they do.
    let namespaces = |of: &[Value], is_wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        objects(of)
            .into_iter()
            .filter(|object| is_wanted(object))
            .map(|object| text(&object["metadata"]["namespace"]))
            .collect()
    };
    if !expected.is_empty() {
        let of_workloads = namespaces(&seen, &|object| pod_template(object).is_some());
        assert_eq!(namespaces(got, &is_policy), of_workloads, "{service} in {environment}");
    }

    let written = |object: &&Value| ["apiVersion", "kind"].map(|key| text(&object[key])).join(" ");
    let mut policies: Vec<String> = objects(got)
        .into_iter()
        .filter(|object| is_policy(object))
        .map(|object| format!("{} {}", written(&object), text(&object["metadata"]["name"])))
        .collect();
    expected.sort();
    policies.sort();
    assert_eq!(policies, expected, "{service} in {environment}");
}
