//! What callers see that run together on one machine: ports of it, and names that hold nowhere else.

use super::{Hosts, fold};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What containers may call the machine without being told: Docker Desktop's names, and the address of Docker's own bridge.
pub(crate) const CALLED: &[&str] = &["host.docker.internal", "gateway.docker.internal", "172.17.0.1"];

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
