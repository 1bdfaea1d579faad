//! What callers see that run together on one machine: ports of it, and names that hold nowhere else.

use super::address::hosts;
use super::{Hosts, fold, is_machine};
use crate::partial::Partial;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What containers and pods may call the machine without being told: the names of Docker Desktop, minikube, k3d, Lima, Podman, Rancher Desktop
/// and OrbStack, and the address of Docker's own bridge.
pub(crate) const CALLED: &[&str] = &[
    "host.docker.internal",
    "gateway.docker.internal",
    "host.minikube.internal",
    "host.k3d.internal",
    "host.lima.internal",
    "host.containers.internal",
    "host.rancher-desktop.internal",
    "host.orb.internal",
    "docker.for.mac.localhost",
    "docker.for.mac.host.internal",
    "docker.for.win.localhost",
    "docker.for.win.host.internal",
    "172.17.0.1",
];

/// Whether a container calls its machine by a host.
pub(super) fn is_called(host: &str) -> bool {
    CALLED.contains(&host.to_lowercase().as_str())
}

/// Who listens at a port of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listener {
    /// The service.
    pub service: String,
    /// Its own port, where that is known.
    pub port: Option<u16>,
}

/// At which ports a service listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Listening {
    /// Those of the machine that are handed on to it.
    pub published: BTreeSet<u16>,
    /// Its own.
    pub own: BTreeSet<u16>,
}

/// What runs together, as one who starts it all says.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The services of names.
    pub names: BTreeMap<String, BTreeSet<String>>,
    /// Who listens at its ports.
    pub ports: BTreeMap<u16, Listener>,
    /// The services of addresses that hold among its callers.
    pub addresses: BTreeMap<String, String>,
    /// What its callers call it; `localhost` if there is nothing, so that they run on it and in no container.
    pub called: BTreeSet<String>,
    /// Whether its callers run nowhere else: then its names win over those that everybody sees.
    pub is_all: bool,
}

impl Hosts {
    /// Says what `callers` see of the machine that they run on, besides what everybody does.
    pub fn add_machine(&mut self, callers: &BTreeSet<String>, machine: Machine) {
        let Machine { names, ports: local, addresses, called, is_all } = machine;
        let mut seen = Self { common: Arc::clone(&self.common), local, addresses, called, ..Self::default() };
        for (host, services) in &names {
            if let (Some(service), 1, true) = (services.first(), services.len(), is_all) {
                seen.change(|common| {
                    common.names.insert(host.to_lowercase(), service.clone());
                });
            }
            seen.add_one_of(host, services);
        }
        self.on.extend(callers.iter().map(|caller| (caller.clone(), self.machines.len())));
        self.machines.push(seen);
    }

    /// Says who publishes ports of machines.
    pub(crate) fn add_published(&mut self, published: &BTreeMap<u16, BTreeSet<String>>) {
        self.change(|common| {
            for (port, services) in published {
                common.published.entry(*port).or_default().extend(services.iter().cloned());
            }
        });
    }

    /// Says at which ports a service listens.
    pub fn add_listening(&mut self, service: &str, listening: &Listening) {
        self.change(|common| {
            let known = common.listening.entry(service.to_owned()).or_default();
            known.published.extend(&listening.published);
            known.own.extend(&listening.own);
        });
    }

    /// The hosts of an address that are the machine that asks, each with its port: a pod of its own finds nobody there but itself.
    pub fn here(&self, address: &Partial) -> Vec<(String, Option<u16>)> {
        let is_it = |host: &str| is_machine(host) || is_called(host) || host == "0.0.0.0";
        let found = hosts(&address.written()).into_iter();
        found.filter(|(host, _)| is_it(host) && !self.addresses.contains_key(host)).collect()
    }

    /// The ports of machines in an address that services publish of which nobody says who is meant, each with these services.
    pub fn publishing(&self, address: &Partial) -> Vec<(String, BTreeSet<String>)> {
        let open = |(host, port): (String, Option<u16>)| {
            let services = self.publishers(&host, port).filter(|_| self.local(&host, port).is_none())?;
            Some((format!("{host}:{}", port?), services.clone()))
        };
        hosts(&address.written()).into_iter().filter_map(open).collect()
    }

    /// Whether a service listens at a port itself.
    pub fn listens(&self, service: &str, port: u16) -> bool {
        let own = self.common.listening.get(service);
        own.is_some_and(|own| own.own.contains(&port) || own.published.contains(&port))
    }

    /// The only service besides the caller that has a port: the one that publishes it at machines, else the one that listens there itself.
    pub fn sibling(&self, caller: &str, port: u16) -> Option<&str> {
        let others = || self.common.listening.iter().filter(|(service, _)| *service != caller);
        let published: Vec<&String> =
            others().filter(|(_, at)| at.published.contains(&port)).map(|(service, _)| service).collect();
        let own = || others().filter(|(_, at)| at.own.contains(&port)).map(|(service, _)| service).collect();
        let all: Vec<&String> = if published.is_empty() { own() } else { published };
        all.first().filter(|_| all.len() == 1).map(|service| service.as_str())
    }

    /// Says that one of several services answers under `host`, unless another one does.
    pub fn add_one_of(&mut self, host: &str, services: &BTreeSet<String>) {
        match services.first() {
            Some(service) if services.len() == 1 => self.add(host, service),
            _ => self.change(|common| {
                common.folded.entry(fold(&host.to_lowercase())).or_default().extend(services.iter().cloned());
            }),
        }
    }

    /// What a caller sees: names and ports of the machine that it runs on, too.
    pub fn of(&self, caller: &str) -> &Self {
        self.on.get(caller).and_then(|at| self.machines.get(*at)).unwrap_or(self)
    }
}
