//! Where an object makes pods: found by structure, so that no kind is passed over for want of a table.
//!
//! A mapping with a `spec` that lists `containers` is a pod or makes pods, wherever it stands. Where an operator makes the
//! pod's spec itself, only their metadata is written; the names under which operators write it are few and are here.

use serde_json::{Map, Value};

use crate::cluster::Labels;
use crate::manifest::Object;

/// The pods of one place in an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    /// What they wear, as written.
    pub(crate) labels: Option<&'a Value>,
    /// Labels that they inherit where they write none of their own.
    pub(crate) also: Option<&'a Value>,
    /// Their spec, where it is written.
    pub(crate) spec: Option<&'a Value>,
    /// Their status: of a pod itself.
    pub(crate) status: Option<&'a Value>,
}

/// Deeper than any object that makes pods.
const DEEPEST: usize = 32;

/// Groups of objects of the API server itself: their pods are where the API says, and nowhere else.
pub(crate) fn is_built_in(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "extensions" | "autoscaling" | "policy")
        || matches!(
            group,
            "admissionregistration.k8s.io"
                | "apiextensions.k8s.io"
                | "apiregistration.k8s.io"
                | "authentication.k8s.io"
                | "authorization.k8s.io"
                | "certificates.k8s.io"
                | "coordination.k8s.io"
                | "discovery.k8s.io"
                | "events.k8s.io"
                | "flowcontrol.apiserver.k8s.io"
                | "networking.k8s.io"
                | "node.k8s.io"
                | "rbac.authorization.k8s.io"
                | "resource.k8s.io"
                | "scheduling.k8s.io"
                | "storage.k8s.io"
        )
}

/// Every place at which an object makes pods.
pub(crate) fn find(object: &Object) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let Some(root) = object.value.as_object() else { return found };
    let own = root.get("metadata").and_then(|metadata| metadata.get("labels"));
    match (object.group.as_str(), object.kind.as_str()) {
        // A definition describes pods, and makes none.
        ("apiextensions.k8s.io", _) => return found,
        ("", "Pod") => {
            found.push(Found { labels: own, also: None, spec: root.get("spec"), status: root.get("status") });
            return found;
        }
        // Its steps wear what the run wears.
        ("tekton.dev", "PipelineRun" | "TaskRun" | "Task" | "Pipeline" | "CustomRun") => {
            found.push(Found { labels: own, ..Found::default() });
        }
        ("serving.knative.dev", "Revision") => {
            found.push(Found { labels: own, spec: root.get("spec"), ..Found::default() });
            return found;
        }
        ("kubeflow.org", "Notebook") => {
            let spec = object.get(&["spec", "template", "spec"]);
            found.push(Found { labels: own, spec, ..Found::default() });
            return found;
        }
        ("kubevirt.io", "VirtualMachineInstance") => {
            found.push(Found { labels: own, ..Found::default() });
            return found;
        }
        ("postgresql.cnpg.io", "Cluster") => {
            let labels = object.get(&["spec", "inheritedMetadata", "labels"]);
            found.extend(labels.map(|labels| Found { labels: Some(labels), ..Found::default() }));
        }
        _ => {}
    }
    for (key, value) in root {
        if !matches!(key.as_str(), "metadata" | "status" | "apiVersion" | "kind") {
            walk(key, value, None, is_built_in(&object.group), 0, &mut found);
        }
    }
    found
}

fn walk<'a>(
    key: &str,
    value: &'a Value,
    also: Option<&'a Value>,
    is_built_in: bool,
    depth: usize,
    found: &mut Vec<Found<'a>>,
) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| walk(key, item, also, is_built_in, depth + 1, found));
        }
        Value::Object(map) => {
            let labels = map.get("metadata").and_then(|metadata| metadata.get("labels"));
            let spec = map.get("spec").filter(|spec| spec.get("containers").is_some_and(Value::is_array));
            if let Some(spec) = spec {
                found.push(Found { labels, also, spec: Some(spec), status: None });
                return;
            }
            let mut below = also;
            if !is_built_in {
                below = bare(key, map, labels, also, found);
            }
            for (key, value) in map {
                walk(key, value, below, is_built_in, depth + 1, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Pods of which only the labels are written. Gives what the places below inherit.
fn bare<'a>(
    key: &str,
    map: &'a Map<String, Value>,
    labels: Option<&'a Value>,
    also: Option<&'a Value>,
    found: &mut Vec<Found<'a>>,
) -> Option<&'a Value> {
    let mut only = |labels: Option<&'a Value>| {
        if labels.is_some() {
            found.push(Found { labels, also, ..Found::default() });
        }
    };
    let common = map.get("podMetadata").and_then(|metadata| metadata.get("labels"));
    only(common);
    match key {
        // A driver or an executor of Spark; a predictor of KServe.
        "driver" | "executor" | "predictor" | "transformer" | "explainer" => only(map.get("labels")),
        // Strimzi: `template.pod.metadata`. Flink's and Elastic's templates may leave the spec out.
        "pod" | "podTemplate" | "submitterPodTemplate" => only(labels),
        // A step of a workflow.
        "templates"
            if ["container", "containerSet", "script", "steps", "dag"].iter().any(|key| map.contains_key(*key)) =>
        {
            only(labels);
        }
        // A virtual machine.
        "template" if map.get("spec").is_some_and(|spec| spec.get("domain").is_some()) => only(labels),
        _ => {}
    }
    common.or(also)
}

/// Labels that an object of an unknown kind wears itself, which operators copy to its pods, or writes somewhere below its spec: all may be those of
/// pods, but for those that [`find`] found.
pub(crate) fn maybe_worn(object: &Object, found: &[Found<'_>]) -> Vec<Labels> {
    let known: Vec<&Value> = found.iter().flat_map(|found| [found.labels, found.also]).flatten().collect();
    let mut worn = Vec::new();
    if !is_built_in(&object.group)
        && let Some(root) = object.value.as_object()
    {
        if let Some(labels) = root.get("metadata").and_then(|metadata| metadata.get("labels")) {
            collect("labels", labels, &known, 0, &mut worn);
        }
        for (key, value) in root {
            if !matches!(key.as_str(), "metadata" | "status") {
                collect(key, value, &known, 0, &mut worn);
            }
        }
    }
    worn
}

fn collect(key: &str, value: &Value, known: &[&Value], depth: usize, worn: &mut Vec<Labels>) {
    if depth > DEEPEST || known.iter().any(|known| std::ptr::eq(*known, value)) {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(key, item, known, depth + 1, worn)),
        Value::Object(map) => {
            let is_labels = key.to_ascii_lowercase().ends_with("labels") && key != "matchLabels";
            if is_labels && !map.is_empty() && map.values().all(Value::is_string) {
                let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
                worn.push(map.iter().filter_map(text).collect());
                return;
            }
            map.iter().for_each(|(key, value)| collect(key, value, known, depth + 1, worn));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use hedgerow_core::source::Sources;

    use super::*;

    #[test]
    fn labels_beside_those_of_known_pods_may_be_worn_too() {
        let maybe = |text: &str| -> Vec<String> {
            let id = Sources::default().add("in.yaml", text);
            let objects = crate::manifest::parse(id, text, &mut Vec::new());
            let worn = objects.iter().flat_map(|object| maybe_worn(object, &find(object)));
            worn.map(|labels| labels["x"].clone()).collect()
        };
        let template = "{metadata: {labels: {x: t}}, spec: {containers: []}}";
        for (text, expected) in [
            (
                format!("apiVersion: a.io/v1\nkind: W\nmetadata: {{labels: {{x: m}}}}\nspec: {{template: {template}}}"),
                &["m"][..],
            ),
            ("apiVersion: a.io/v1\nkind: W\nmetadata: {labels: {x: m}}\nspec: {size: 3}".to_owned(), &["m"]),
            (format!("apiVersion: a.io/v1\nkind: W\nspec: {{podLabels: {{x: p}}, template: {template}}}"), &["p"]),
            (format!("apiVersion: a.io/v1\nkind: W\nspec: {{template: {template}}}"), &[]),
            ("apiVersion: a.io/v1\nkind: W\nspec: {selector: {matchLabels: {x: s}}}".to_owned(), &[]),
            (
                format!(
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{labels: {{x: m}}}}\nspec: {{template: {template}}}"
                ),
                &[],
            ),
        ] {
            assert_eq!(maybe(&text), expected, "{text}");
        }
    }

    fn worn(text: &str) -> Vec<String> {
        let id = Sources::default().add("in.yaml", text);
        let mut diagnostics = Vec::new();
        let objects = crate::manifest::parse(id, text, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        objects
            .iter()
            .flat_map(|object| {
                find(object).into_iter().map(|found| {
                    found.labels.or(found.also).and_then(|labels| labels["x"].as_str()).unwrap_or("-").to_owned()
                })
            })
            .collect()
    }

    #[test]
    fn pods_are_found_in_every_kind_that_makes_them() {
        let template =
            |label: &str| format!("{{metadata: {{labels: {{x: {label}}}}}, spec: {{containers: [{{name: c}}]}}}}");
        let (a, b) = (template("a"), template("b"));
        for (head, body, expected) in [
            ("v1/Pod", "spec: {containers: []}".to_owned(), &["m"][..]),
            ("apps/v1/Deployment", format!("spec: {{template: {a}}}"), &["a"]),
            ("v1/PodTemplate", format!("template: {a}"), &["a"]),
            ("batch/v1/CronJob", format!("spec: {{jobTemplate: {{metadata: {{labels: {{x: job}}}}, spec: {{template: {a}}}}}}}"), &["a"]),
            ("apps/v1/StatefulSet", format!("spec: {{template: {a}, volumeClaimTemplates: [{{metadata: {{labels: {{x: v}}}}, spec: {{}}}}]}}"), &["a"]),
            ("jobset.x-k8s.io/v1/JobSet", format!("spec: {{replicatedJobs: [{{template: {{spec: {{template: {a}}}}}}}, {{template: {{spec: {{template: {b}}}}}}}]}}"), &["a", "b"]),
            ("kubevirt.io/v1/VirtualMachine", "spec: {template: {metadata: {labels: {x: a}}, spec: {domain: {}}}}".to_owned(), &["a"]),
            ("kubevirt.io/v1/VirtualMachineInstance", "spec: {domain: {}}".to_owned(), &["m"]),
            ("argoproj.io/v1/Workflow", "spec: {podMetadata: {labels: {x: a}}, templates: [{name: s, metadata: {labels: {x: b}}, container: {image: i}}]}".to_owned(), &["a", "b"]),
            ("argoproj.io/v1/CronWorkflow", "spec: {workflowSpec: {podMetadata: {labels: {x: a}}}}".to_owned(), &["a"]),
            ("ray.io/v1/RayCluster", format!("spec: {{headGroupSpec: {{template: {a}}}, workerGroupSpecs: [{{template: {b}}}]}}"), &["a", "b"]),
            ("kubeflow.org/v1/PyTorchJob", format!("spec: {{pytorchReplicaSpecs: {{Master: {{template: {a}}}, Worker: {{template: {b}}}}}}}"), &["a", "b"]),
            ("kubeflow.org/v1/Notebook", "spec: {template: {spec: {containers: []}}}".to_owned(), &["m"]),
            ("sparkoperator.k8s.io/v1/SparkApplication", "spec: {driver: {labels: {x: a}}, executor: {labels: {x: b}}}".to_owned(), &["a", "b"]),
            ("kafka.strimzi.io/v1/Kafka", "spec: {kafka: {template: {pod: {metadata: {labels: {x: a}}}}}}".to_owned(), &["a"]),
            ("monitoring.coreos.com/v1/Prometheus", "spec: {podMetadata: {labels: {x: a}}}".to_owned(), &["a"]),
            ("flink.apache.org/v1/FlinkDeployment", "spec: {podTemplate: {metadata: {labels: {x: a}}}}".to_owned(), &["a"]),
            ("postgresql.cnpg.io/v1/Cluster", "spec: {inheritedMetadata: {labels: {x: a}}}".to_owned(), &["a"]),
            ("tekton.dev/v1/TaskRun", "spec: {}".to_owned(), &["m"]),
            ("serving.knative.dev/v1/Service", format!("spec: {{template: {a}}}"), &["a"]),
            ("acme.example/v7/Fleet", format!("spec: {{deeply: {{nested: [{{pods: {a}}}]}}}}"), &["a"]),
            // Lookalikes.
            ("v1/ConfigMap", "data: {spec: 'containers: []'}".to_owned(), &[]),
            ("external-secrets.io/v1/ExternalSecret", "spec: {target: {template: {metadata: {labels: {x: a}}}}}".to_owned(), &[]),
            ("cluster.x-k8s.io/v1/MachineDeployment", "spec: {template: {metadata: {labels: {x: a}}, spec: {}}}".to_owned(), &[]),
            ("apiextensions.k8s.io/v1/CustomResourceDefinition", format!("spec: {{versions: [{{schema: {{example: {a}}}}}]}}"), &[]),
        ] {
            let (api, kind) = head.rsplit_once('/').expect("a case names a kind");
            let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: n, labels: {{x: m}}}}\n{body}\n");
            let mut found = worn(&text);
            found.sort();
            assert_eq!(found, expected, "{text}");
        }
    }
}
