//! The machine that a cluster runs on: what its pods call it, and at which of its ports the cluster's services answer.
//!
//! Clusters for developers (of Docker Desktop, k3d, kind, minikube, Colima) run on one machine with the containers of compose files, and their
//! pods reach what these publish by a name of the machine.

use super::item::{Item, text_at};
use super::workloads::Pods;
use crate::host::CALLED;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a deployment says of the machines that its clusters run on.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    /// The services that are pods.
    pub(super) callers: BTreeSet<String>,
    /// What pods call the machine besides what all do.
    pub(super) called: BTreeSet<String>,
    /// The services that are reached at ports of nodes. Whether these are ports of the machine too, the cluster's own settings say.
    pub(super) ports: BTreeMap<u16, BTreeSet<String>>,
}

fn number(value: Option<&Value>) -> Option<u16> {
    match value? {
        Value::Number(number) => number.to_string().parse().ok(),
        value => value.as_str()?.parse().ok(),
    }
}

impl Nodes {
    /// Takes in whose pods there are, at which ports of nodes their containers listen, and what `hostAliases` call the machine.
    pub(super) fn pods(&mut self, pods: &[Pods]) {
        for pods in pods {
            self.callers.insert(pods.service.clone());
            let list = |route: &str| pods.template.pointer(route).and_then(Value::as_list).unwrap_or_default();
            let ports = list("/spec/containers").iter().filter_map(|container| container.get("ports")?.as_list());
            for port in ports.flatten().filter_map(|port| number(port.get("hostPort"))) {
                self.ports.entry(port).or_default().insert(pods.service.clone());
            }
            let is_machine =
                |alias: &&Value| alias.get("ip").and_then(Value::as_str).is_some_and(|ip| CALLED.contains(&ip));
            let aliases = list("/spec/hostAliases").iter().filter(is_machine);
            let names = aliases.filter_map(|alias| alias.get("hostnames")?.as_list()).flatten();
            self.called.extend(names.filter_map(|name| Some(name.as_str()?.to_lowercase())));
        }
    }

    /// Takes in a Service that is another name for the machine: `externalName: host.docker.internal`.
    pub(super) fn alias(&mut self, item: &Item) {
        let machine = text_at(&item.value, &["spec", "externalName"]);
        let Some(name) = text_at(&item.value, &["metadata", "name"]) else { return };
        if machine.is_some_and(|machine| CALLED.contains(&machine.to_lowercase().as_str())) {
            self.called.insert(name.to_lowercase());
            for namespace in item.namespaces.iter().filter_map(|namespace| namespace.known()) {
                let name = format!("{name}.{namespace}").to_lowercase();
                self.called.extend([format!("{name}.svc"), format!("{name}.svc.cluster.local"), name]);
            }
        }
    }

    /// Takes in the ports of nodes, or of a balancer before them, at which a Service leads to the pods of one.
    pub(super) fn serves(&mut self, service: &str, item: &Item) {
        let key = match text_at(&item.value, &["spec", "type"]) {
            Some("NodePort") => "nodePort",
            Some("LoadBalancer") => "port",
            _ => return,
        };
        let ports = item.value.pointer("/spec/ports").and_then(Value::as_list).unwrap_or_default();
        for port in ports.iter().flat_map(|port| [number(port.get(key)), number(port.get("nodePort"))]).flatten() {
            self.ports.entry(port).or_default().insert(service.to_owned());
        }
    }
}
