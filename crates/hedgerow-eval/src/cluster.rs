//! What policies are about: pods, their namespaces and their service accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::source::Span;
use serde_json::Value;

use crate::grammar::{is_dns_label, is_subdomain, label_fault};
use crate::manifest::{Object, ObjectRef};
use crate::pods::{self, Found};
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
    /// Those of them by which the workload knows its own pods, as its selector's `matchLabels` has them; empty where it has none.
    pub selected_by: Labels,
    /// The container ports that have a name.
    pub ports: Vec<NamedPort>,
    /// The service account the pods run as.
    pub service_account: String,
    /// Whether the pods share their node's network, where no policy selects them.
    pub host_network: bool,
    /// The pods' addresses, where the manifests give them.
    pub addresses: Vec<IpAddr>,
    /// Whether it is a hook of Helm, which Helm 3 hands to no post-renderer.
    pub is_hook: bool,
    /// Where its object is named.
    pub place: Span,
}

/// Labels that stand in an object of an unknown kind, and that pods may come to wear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaybeWorn {
    /// The object.
    pub object: ObjectRef,
    /// The labels.
    pub labels: Labels,
    /// Where the object is named.
    pub place: Span,
}

/// All pods of some manifests and what they inherit labels from.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// The pods, in the order of their objects' references.
    pub endpoints: Vec<Endpoint>,
    /// Labels in objects of unknown kinds that may be those of pods.
    pub maybe_worn: Vec<MaybeWorn>,
    /// The labels of every namespace that an object describes or a pod is in.
    pub namespaces: BTreeMap<String, Labels>,
    /// The namespaces that an object describes: of those all labels are known.
    pub described: BTreeSet<String>,
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
            selected_by: Labels::new(),
            ports: Vec::new(),
            service_account: "default".to_owned(),
            host_network: false,
            addresses: Vec::new(),
            is_hook: false,
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
                    check_name(object, is_dns_label, diagnostics);
                    let labels = labels(object, diagnostics);
                    cluster.namespaces.insert(object.name.clone(), labels);
                    cluster.described.insert(object.name.clone());
                }
                ("", "ServiceAccount") => {
                    let labels = labels(object, diagnostics);
                    let key = (reference.namespace.unwrap_or_default(), object.name.clone());
                    cluster.service_accounts.insert(key, labels);
                }
                _ if owners.speaks_for(&reference) || has_ended(object) => {}
                _ => {
                    let found = pods::find(object);
                    if !found.is_empty() {
                        check_name(object, is_subdomain, diagnostics);
                    }
                    cluster
                        .endpoints
                        .extend(found.iter().map(|found| endpoint(object, found, &reference, diagnostics)));
                    cluster.maybe_worn.extend(pods::maybe_worn(object, &found).into_iter().map(|labels| MaybeWorn {
                        object: reference.clone(),
                        labels,
                        place: object.place,
                    }));
                }
            }
        }
        cluster.endpoints.sort_by(|a, b| a.object.cmp(&b.object));
        cluster.imply_namespaces();
        cluster
    }

    /// Gives every namespace the labels that it has without being told.
    pub(crate) fn imply_namespaces(&mut self) {
        let endpoints = std::mem::take(&mut self.endpoints);
        self.imply_namespaces_of(&endpoints);
        self.endpoints = endpoints;
    }

    /// Everything but pods.
    pub(crate) fn clone_without_pods(&self) -> Self {
        Self {
            endpoints: Vec::new(),
            maybe_worn: Vec::new(),
            namespaces: self.namespaces.clone(),
            described: self.described.clone(),
            service_accounts: self.service_accounts.clone(),
        }
    }

    pub(crate) fn imply_namespaces_of(&mut self, endpoints: &[Endpoint]) {
        for endpoint in endpoints {
            if !self.namespaces.contains_key(&endpoint.namespace) {
                self.namespaces.insert(endpoint.namespace.clone(), Labels::new());
            }
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

/// Reports a name that the API server refuses. A name that is yet to be made ends where a suffix begins.
pub(crate) fn check_name(object: &Object, is_legal: impl Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    let is_made = object.get(&["metadata", "name"]).is_none() && object.get(&["metadata", "generateName"]).is_some();
    let what = if is_made {
        None
    } else if object.name.is_empty() {
        Some(format!("{} without a name", object.kind))
    } else {
        (!is_legal(&object.name)).then(|| format!("{}: the API server refuses its name", object.written()))
    };
    let no_namespace = object.namespace.as_deref().filter(|namespace| !is_dns_label(namespace));
    let namespace = no_namespace.map(|name| format!("{}: `{name}` is no name of a namespace", object.written()));
    let complain = |what| Diagnostic::new(Code::UnreadableManifest, what).mark(object.place, "");
    diagnostics.extend(what.into_iter().chain(namespace).map(complain));
}

/// Whether a pod has run to its end: it keeps its object and has no network.
fn has_ended(object: &Object) -> bool {
    let phase = object.get(&["status", "phase"]).and_then(Value::as_str);
    object.kind == "Pod" && matches!(phase, Some("Succeeded" | "Failed"))
}

fn endpoint(object: &Object, found: &Found<'_>, reference: &ObjectRef, diagnostics: &mut Vec<Diagnostic>) -> Endpoint {
    let spec = |key: &str| found.spec.and_then(|spec| spec.get(key)).filter(|value| !value.is_null());
    let status = |key: &str| found.status.and_then(|status| status.get(key)).filter(|value| !value.is_null());
    let text = |key: &str| spec(key).and_then(Value::as_str);
    let account = text("serviceAccountName").or_else(|| text("serviceAccount")).unwrap_or("default");
    let addresses = match status("podIPs").and_then(Value::as_array) {
        Some(addresses) => addresses.iter().filter_map(|address| address.get("ip")?.as_str()?.parse().ok()).collect(),
        None => status("podIP").and_then(Value::as_str).and_then(|address| address.parse().ok()).into_iter().collect(),
    };
    let containers = ["containers", "initContainers"].map(|key| spec(key).and_then(Value::as_array));
    let mut worn = found.also.map(|labels| read_labels(object, labels, diagnostics)).unwrap_or_default();
    worn.extend(found.labels.map(|labels| read_labels(object, labels, diagnostics)).unwrap_or_default());
    let selector = object.get(&["spec", "selector", "matchLabels"]).and_then(Value::as_object);
    let is_own = |(key, value): &(&String, &Value)| worn.get(*key).is_some_and(|worn| value.as_str() == Some(worn));
    let own = selector.into_iter().flatten().filter(is_own);
    let selected_by = own.map(|(key, _)| (key.clone(), worn[key].clone())).collect();
    Endpoint {
        namespace: reference.namespace.clone().unwrap_or_default(),
        labels: worn,
        selected_by,
        ports: containers.into_iter().flatten().flatten().flat_map(named_ports).collect(),
        service_account: account.to_owned(),
        host_network: spec("hostNetwork") == Some(&Value::Bool(true)),
        addresses,
        is_hook: object.get(&["metadata", "annotations", "helm.sh/hook"]).is_some(),
        place: object.place,
        object: reference.clone(),
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

pub(crate) fn labels(object: &Object, diagnostics: &mut Vec<Diagnostic>) -> Labels {
    object.get(&["metadata", "labels"]).map(|written| read_labels(object, written, diagnostics)).unwrap_or_default()
}

fn read_labels(object: &Object, written: &Value, diagnostics: &mut Vec<Diagnostic>) -> Labels {
    let mut labels = Labels::new();
    let mut complain = |what: String| {
        let what = format!("{} `{}`: {what}", object.kind, object.name);
        diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(object.place, ""));
    };
    let Some(map) = written.as_object() else {
        if !written.is_null() {
            complain("its labels are no mapping".to_owned());
        }
        return labels;
    };
    for (key, value) in map {
        match value.as_str() {
            Some(value) => {
                label_fault(key, value).into_iter().for_each(&mut complain);
                labels.insert(key.clone(), value.to_owned());
            }
            None => complain(format!("the label `{key}` is not a text")),
        }
    }
    labels
}
