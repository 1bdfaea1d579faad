//! What `read` knows of the cluster, from files: catalogue, pods, policies.
#![allow(clippy::disallowed_methods, reason = "the door to the files that are read")]

use anyhow::{Context, anyhow};
use hedgerow_core::diag::Diagnostic;
use hedgerow_observe::fleet::Fleet;
use hedgerow_observe::naming::{History, Holder, Micros, Pod, Within};
use hedgerow_observe::verdict::{Policies, Verdicts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Fleet, names and policies.
#[derive(Debug)]
pub(super) struct World {
    pub(super) fleet: Fleet,
    pub(super) names: History,
    pub(super) verdicts: Verdicts,
    /// The node, where the pods are all of one.
    pub(super) node: Option<String>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// The parts of a Pod or Node that matter, as the API server writes them. What is missing or null is empty.
#[derive(Debug, Deserialize)]
struct Object {
    kind: Option<String>,
    #[serde(default)]
    items: Vec<Self>,
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    status: Option<Status>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    uid: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct Spec {
    #[serde(rename = "nodeName")]
    node: Option<String>,
    #[serde(rename = "hostNetwork")]
    host_network: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Status {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<Address>>,
    #[serde(rename = "hostIP")]
    host_ip: Option<String>,
    /// Of a node.
    addresses: Option<Vec<NodeAddress>>,
}

#[derive(Debug, Deserialize)]
struct Address {
    ip: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NodeAddress {
    address: Option<String>,
}

/// The files.
#[derive(Debug)]
pub(super) struct Files<'a> {
    pub(super) catalogue: &'a Path,
    pub(super) environment: Option<&'a str>,
    pub(super) pods: &'a [PathBuf],
    pub(super) policies: &'a [PathBuf],
}

impl World {
    /// Reads them.
    pub(super) fn read(files: &Files<'_>) -> anyhow::Result<Self> {
        let mut notes = Vec::new();
        let path = files.catalogue.display().to_string();
        let reading = Fleet::read(&path, &text(files.catalogue)?, files.environment);
        notes.extend(reading.diagnostics.iter().map(|it| format!("{path}: {}: {}", it.code.as_str(), it.message)));
        let fleet = reading.fleet.ok_or_else(|| {
            let first = reading.diagnostics.iter().find(|it| it.is_error()).map(|it: &Diagnostic| it.message.clone());
            anyhow!("{path} is no catalogue: {}", first.unwrap_or_else(|| "it is empty".to_owned()))
        })?;
        // Files tell of one moment, and what they tell is taken to hold for all of the time that is read.
        let mut names = History::new(Micros::MIN);
        let mut nodes: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        let mut count = 0;
        for file in files.pods {
            let name = file.display();
            let objects: Object = serde_json::from_str(&text(file)?)
                .with_context(|| format!("{name} is not what `kubectl get pods -A -o json` prints"))?;
            for object in std::iter::once(&objects).chain(&objects.items) {
                count += usize::from(take(object, &mut names, &mut nodes));
            }
        }
        for (node, addresses) in &nodes {
            let holder = Holder::Node(Arc::from(node.as_str()));
            names.holds(&holder, addresses, Micros::MIN, Within::at(Micros::MIN));
        }
        names.heard(Micros::MAX);
        if files.pods.is_empty() {
            notes.push("without --pods, only sources that name both ends tell who they are".to_owned());
        } else {
            notes.push(format!(
                "{} with an address, on {}",
                hedgerow_core::diag::count(count, "pod"),
                hedgerow_core::diag::count(nodes.len(), "node")
            ));
        }
        let mut policies = Policies::default();
        for file in files.policies {
            policies.set(file.display().to_string(), &text(file)?);
        }
        if files.policies.is_empty() {
            notes.push("without --policies, only sources with a verdict tell what became of a call".to_owned());
        } else {
            policies.complete();
        }
        let mut verdicts = Verdicts::new(policies);
        notes.extend(verdicts.faults().iter().map(|fault| format!("{}: {}", fault.key, fault.message)));
        let node = if nodes.len() == 1 { nodes.into_keys().next() } else { None };
        Ok(Self { fleet, names, verdicts, node, notes })
    }
}

/// Takes one pod or node in; whether it is a pod with an address of its own.
fn take(object: &Object, names: &mut History, nodes: &mut BTreeMap<String, Vec<IpAddr>>) -> bool {
    let (Some(metadata), Some(status)) = (&object.metadata, &object.status) else { return false };
    let Some(name) = &metadata.name else { return false };
    let parse = |text: &String| text.parse::<IpAddr>().ok();
    if object.kind.as_deref() == Some("Node") {
        let addresses = status.addresses.iter().flatten().filter_map(|it| it.address.as_ref().and_then(parse));
        nodes.entry(name.clone()).or_default().extend(addresses);
        return false;
    }
    let spec = object.spec.as_ref();
    let node = spec.and_then(|spec| spec.node.as_ref());
    if let Some(node) = node {
        let known = nodes.entry(node.clone()).or_default();
        known.extend(status.host_ip.as_ref().and_then(parse).filter(|address| !known.contains(address)));
    }
    // One that has ended keeps its object, and its address may be another's by now.
    let has_ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let is_on_host = spec.and_then(|spec| spec.host_network) == Some(true);
    let Some(namespace) = metadata.namespace.as_ref().filter(|_| !has_ended && !is_on_host) else { return false };
    let of_list = status.pod_ips.iter().flatten().filter_map(|it| it.ip.as_ref().and_then(parse));
    let mut addresses: Vec<IpAddr> = of_list.chain(status.pod_ip.as_ref().and_then(parse)).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let pod = Pod {
        uid: metadata.uid.clone().unwrap_or_else(|| format!("{namespace}/{name}")),
        namespace: namespace.clone(),
        name: name.clone(),
        labels: Arc::new(metadata.labels.clone().unwrap_or_default()),
    };
    names.holds(&Holder::Pod(Arc::new(pod)), &addresses, Micros::MIN, Within::at(Micros::MIN));
    !addresses.is_empty()
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
