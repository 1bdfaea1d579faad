//! What policies are about: pods, their namespaces and their service accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::source::Span;
use serde_json::Value;

use crate::manifest::{Object, ObjectRef};
use crate::port::{NamedPort, Protocol};

/// A label on every namespace that the API server sets to its name.
pub(crate) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// A label that Calico gives to namespaces and service accounts.
pub(crate) const CALICO_NAME: &str = "projectcalico.org/name";

/// More levels of owners than any controller makes; a longer chain is a circle.
const MOST_LEVELS: usize = 8;

/// Labels as Kubernetes reads them.
pub type Labels = BTreeMap<String, String>;

/// One pod, or all pods of one template: policies cannot tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The pod, or the workload whose template makes the pods.
    pub object: ObjectRef,
    /// The namespace the pods are in.
    pub namespace: String,
    /// The labels the pods wear.
    pub labels: Labels,
    /// The container ports that have a name.
    pub ports: Vec<NamedPort>,
    /// The service account the pods run as.
    pub service_account: String,
    /// Whether the pods share their node's network, where no policy selects them.
    pub host_network: bool,
    /// The pods' addresses, where the manifests give them.
    pub addresses: Vec<IpAddr>,
    /// Where its object is named.
    pub place: Span,
}

/// All pods of some manifests and what they inherit labels from.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// The pods, in the order of their objects' references.
    pub endpoints: Vec<Endpoint>,
    /// The labels of every namespace that an object describes or a pod is in.
    pub namespaces: BTreeMap<String, Labels>,
    /// The labels of every service account that an object describes, by namespace and name.
    pub service_accounts: BTreeMap<(String, String), Labels>,
}

impl Endpoint {
    /// Pods of `object` that wear `labels`, without ports of a name or known addresses, run by the default account.
    #[must_use]
    pub fn new(object: ObjectRef, labels: Labels, place: Span) -> Self {
        Self {
            namespace: object.namespace.clone().unwrap_or_default(),
            object,
            labels,
            ports: Vec::new(),
            service_account: "default".to_owned(),
            host_network: false,
            addresses: Vec::new(),
            place,
        }
    }
}

impl Cluster {
    pub(crate) fn read(objects: &[Object], default_namespace: &str, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut cluster = Self::default();
        let owners = Owners::of(objects, default_namespace);
        for object in objects {
            let reference = object.namespaced(default_namespace);
            match (object.group.as_str(), object.kind.as_str()) {
                ("", "Namespace") => {
                    let labels = labels(object, &["metadata", "labels"], diagnostics);
                    cluster.namespaces.insert(object.name.clone(), labels);
                }
                ("", "ServiceAccount") => {
                    let labels = labels(object, &["metadata", "labels"], diagnostics);
                    let key = (reference.namespace.unwrap_or_default(), object.name.clone());
                    cluster.service_accounts.insert(key, labels);
                }
                _ => {
                    if let Some(route) = template(object)
                        && !owners.speaks_for(&reference)
                        && !has_ended(object)
                    {
                        cluster.endpoints.push(endpoint(object, &route, reference, diagnostics));
                    }
                }
            }
        }
        cluster.endpoints.sort_by(|a, b| a.object.cmp(&b.object));
        cluster.imply_namespaces();
        cluster
    }

    /// Gives every namespace the labels that it has without being told.
    pub(crate) fn imply_namespaces(&mut self) {
        for endpoint in &self.endpoints {
            self.namespaces.entry(endpoint.namespace.clone()).or_default();
        }
        for (name, labels) in &mut self.namespaces {
            labels.insert(NAMESPACE_NAME.to_owned(), name.clone());
            labels.insert(CALICO_NAME.to_owned(), name.clone());
        }
    }
}

/// Who owns whom, so that one set of pods is not counted twice when `kubectl get` lists all of its levels.
struct Owners {
    owned: BTreeSet<ObjectRef>,
    running: BTreeSet<ObjectRef>,
}

impl Owners {
    fn of(objects: &[Object], default_namespace: &str) -> Self {
        let known: BTreeSet<_> = objects.iter().map(|object| object.namespaced(default_namespace)).collect();
        let owner: BTreeMap<_, _> = objects
            .iter()
            .filter_map(|object| {
                let reference = object.namespaced(default_namespace);
                let owners = object.get(&["metadata", "ownerReferences"])?.as_array()?;
                let controller = owners.iter().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?;
                let text = |key| Some(controller.get(key)?.as_str()?.to_owned());
                let namespace = reference.namespace.clone();
                Some((reference, ObjectRef { kind: text("kind")?, namespace, name: text("name")? }))
            })
            .collect();
        let owned = owner
            .keys()
            .filter(|object| object.kind != "Pod")
            .filter(|object| {
                // Objects that own each other in a circle are owned by nobody: none of them may vanish.
                let levels = std::iter::successors(Some(*object), |at| owner.get(at).filter(|up| known.contains(*up)));
                (2..MOST_LEVELS).contains(&levels.take(MOST_LEVELS).count())
            })
            .cloned()
            .collect();
        let mut running = BTreeSet::new();
        for pod in objects.iter().filter(|object| object.kind == "Pod" && !has_ended(object)) {
            let mut at = pod.namespaced(default_namespace);
            while let Some(up) = owner.get(&at).filter(|up| !running.contains(*up)) {
                running.insert(up.clone());
                at = up.clone();
            }
        }
        Self { owned, running }
    }

    /// Whether other objects tell more about this one's pods: its own running pods do, and what it is made by does.
    fn speaks_for(&self, object: &ObjectRef) -> bool {
        self.owned.contains(object) || self.running.contains(object)
    }
}

/// Where an object has a pod or a pod template: in any kind, as custom workloads keep to the same form.
fn template(object: &Object) -> Option<Vec<&'static str>> {
    let routes: &[&[&'static str]] = match (object.group.as_str(), object.kind.as_str()) {
        ("", "Pod") => &[&[]],
        ("", "PodTemplate") => &[&["template"]],
        ("batch", "CronJob") => &[&["spec", "jobTemplate", "spec", "template"]],
        _ => &[&["spec", "template"]],
    };
    routes
        .iter()
        .find(|route| object.get(&[**route, &["spec", "containers"]].concat()).is_some())
        .map(|route| route.to_vec())
}

/// Whether a pod has run to its end: it keeps its object and has no network.
fn has_ended(object: &Object) -> bool {
    let phase = object.get(&["status", "phase"]).and_then(Value::as_str);
    object.kind == "Pod" && matches!(phase, Some("Succeeded" | "Failed"))
}

fn endpoint(object: &Object, route: &[&str], reference: ObjectRef, diagnostics: &mut Vec<Diagnostic>) -> Endpoint {
    let under = |rest: &[&str]| object.get(&[route, rest].concat());
    let text = |rest: &[&str]| under(rest).and_then(Value::as_str);
    let account =
        text(&["spec", "serviceAccountName"]).or_else(|| text(&["spec", "serviceAccount"])).unwrap_or("default");
    let addresses = match under(&["status", "podIPs"]).and_then(Value::as_array) {
        Some(addresses) => addresses.iter().filter_map(|address| address.get("ip")?.as_str()?.parse().ok()).collect(),
        None => text(&["status", "podIP"]).and_then(|address| address.parse().ok()).into_iter().collect(),
    };
    let containers = ["containers", "initContainers"].map(|key| under(&["spec", key]).and_then(Value::as_array));
    Endpoint {
        namespace: reference.namespace.clone().unwrap_or_default(),
        labels: labels(object, &[route, &["metadata", "labels"]].concat(), diagnostics),
        ports: containers.into_iter().flatten().flatten().flat_map(named_ports).collect(),
        service_account: account.to_owned(),
        host_network: under(&["spec", "hostNetwork"]) == Some(&Value::Bool(true)),
        addresses,
        place: object.place,
        object: reference,
    }
}

fn named_ports(container: &Value) -> impl Iterator<Item = NamedPort> + '_ {
    let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
    ports.filter_map(|port| {
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
        Some(NamedPort {
            name: port.get("name")?.as_str()?.to_owned(),
            protocol: Protocol::named(protocol)?,
            number: u16::try_from(port.get("containerPort")?.as_u64()?).ok()?,
        })
    })
}

fn labels(object: &Object, route: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Labels {
    let Some(written) = object.get(route).and_then(Value::as_object) else { return Labels::new() };
    let mut labels = Labels::new();
    for (key, value) in written {
        if let Some(value) = value.as_str() {
            labels.insert(key.clone(), value.to_owned());
        } else {
            let what = format!("{} `{}`: the label `{key}` is not a text", object.kind, object.name);
            diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(object.place, ""));
        }
    }
    labels
}
