//! The ports of the machine at which compose publishes containers, and what containers call the machine.
//!
//! See <https://docs.docker.com/reference/compose-file/services/#ports> and `extra_hosts` there.

use super::nodes::Nodes;
use crate::host::{CALLED, Hosts, Listener, Machine};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `extra_hosts` maps to the machine.
const GATEWAY: &str = "host-gateway";

/// The most ports that a range publishes; of a larger one nothing is known.
const MAX_RANGE: u16 = 256;

/// Who listens at which ports of a machine, each at ports of its own.
type Ports = BTreeMap<u16, BTreeMap<Option<String>, BTreeSet<u16>>>;

/// What runs together: the compose files of one directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Project {
    /// The services among its containers, each with what it calls the machine besides what all do.
    callers: BTreeMap<String, BTreeSet<String>>,
    /// Who listens at which ports of the machine, each at ports of its own; none is a container that is nobody's.
    ports: Ports,
    /// Who listens for programs of the machine alone. Docker Desktop hands its containers on to these too, Docker on Linux does not.
    near: BTreeMap<u16, BTreeSet<String>>,
    /// Who has which address for good.
    addresses: BTreeMap<String, BTreeSet<Option<String>>>,
}

impl Project {
    /// Takes in what a container publishes, the addresses that it is given, and what it calls the machine. `fill` puts variables into a text.
    pub(super) fn add(&mut self, service: Option<&str>, container: &Value, fill: impl Fn(&str) -> Partial) {
        let owner = service.map(str::to_owned);
        let filled = |value: &Value| match value {
            Value::Number(number) => Some(number.to_string()),
            value => value.as_str().and_then(|text| Some(fill(text).known()?.to_owned())),
        };
        for port in container.get("ports").and_then(Value::as_list).into_iter().flatten() {
            let said = |key| port.get(key).and_then(filled);
            let pairs = match port {
                Value::Map(_) => said("published").zip(said("target")).map(|(published, target)| {
                    let address = said("host_ip").map(|address| format!("{address}:")).unwrap_or_default();
                    let protocol = said("protocol").map(|protocol| format!("/{protocol}")).unwrap_or_default();
                    format!("{address}{published}:{target}{protocol}")
                }),
                port => filled(port),
            };
            for Published { port, target, is_near } in pairs.iter().flat_map(|pairs| published(pairs)) {
                match is_near {
                    true => self.near.entry(port).or_default().extend(owner.clone()),
                    false => {
                        self.ports.entry(port).or_default().entry(owner.clone()).or_default().insert(target);
                    }
                }
            }
        }
        let networks = container.get("networks").and_then(Value::as_map).into_iter().flatten();
        for address in networks.filter_map(|(_, network)| filled(network.get("ipv4_address")?)) {
            self.addresses.entry(address).or_default().insert(owner.clone());
        }
        let Some(service) = owner else { return };
        let pairs: Vec<(String, String)> = match container.get("extra_hosts") {
            Some(Value::List(list)) => {
                let split = |text: String| {
                    let (name, address) = text.split_once(['=', ':'])?;
                    Some((name.trim().to_lowercase(), address.trim().to_owned()))
                };
                list.iter().filter_map(filled).filter_map(split).collect()
            }
            Some(Value::Map(map)) => map
                .iter()
                .filter_map(|(name, address)| Some((name.known()?.to_lowercase(), filled(address)?)))
                .collect(),
            _ => Vec::new(),
        };
        let is_machine = |address: &str| address == GATEWAY || CALLED.contains(&address);
        let names = pairs.into_iter().filter(|(_, address)| is_machine(address)).map(|(name, _)| name);
        self.callers.entry(service).or_default().extend(names);
    }

    /// Who alone listens at a port of the machine.
    fn listener(&self, port: u16) -> Option<Listener> {
        alone(self.ports.get(&port)?)
    }

    /// Who alone has an address.
    fn at(&self, address: &str) -> Option<&String> {
        self.addresses.get(address).filter(|owners| owners.len() == 1)?.first()?.as_ref()
    }
}

/// Who alone listens at a port, of all who do.
fn alone(listeners: &BTreeMap<Option<String>, BTreeSet<u16>>) -> Option<Listener> {
    let (service, own) = listeners.first_key_value().filter(|_| listeners.len() == 1)?;
    let port = own.first().copied().filter(|_| own.len() == 1);
    Some(Listener { service: service.clone()?, port })
}

/// What Docker and the clusters that run in it call the machine, with other names for it.
fn called<'n>(others: impl Iterator<Item = &'n String>) -> BTreeSet<String> {
    CALLED.iter().map(|name| (*name).to_owned()).chain(others.cloned()).collect()
}

/// Says what the containers of projects, and the pods of clusters on the same machine, see of the machine that they run on. A port or an address
/// of several is nobody's; who is in several projects sees what is the same in all of them.
pub(super) fn machines(projects: &BTreeMap<String, Project>, nodes: &Nodes, hosts: &mut Hosts) {
    let mut of: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&String>)> = BTreeMap::new();
    for (directory, project) in projects {
        for (caller, names) in &project.callers {
            let (directories, called) = of.entry(caller).or_default();
            directories.insert(directory);
            called.extend(names);
        }
    }
    let mut groups: BTreeMap<(BTreeSet<&str>, BTreeSet<&String>), BTreeSet<String>> = BTreeMap::new();
    for (caller, sees) in of {
        groups.entry(sees).or_default().insert(caller.to_owned());
    }
    for ((directories, names), callers) in groups {
        let own: Vec<&Project> = directories.iter().filter_map(|directory| projects.get(*directory)).collect();
        let Some((first, others)) = own.split_first() else { continue };
        let ports: BTreeMap<u16, Listener> = first
            .ports
            .keys()
            .filter_map(|port| Some((*port, first.listener(*port)?)))
            .filter(|(port, listener)| others.iter().all(|other| other.listener(*port).as_ref() == Some(listener)))
            .collect();
        let addresses: BTreeMap<String, String> = first
            .addresses
            .keys()
            .filter_map(|address| Some((address.clone(), first.at(address)?.clone())))
            .filter(|(address, service)| others.iter().all(|other| other.at(address) == Some(service)))
            .collect();
        if ports.is_empty() && addresses.is_empty() && names.is_empty() {
            continue;
        }
        let called = called(names.into_iter());
        hosts.add_machine(&callers, Machine { ports, addresses, called, ..Machine::default() });
    }
    of_pods(projects, nodes, hosts);
    let mut published = nodes.ports.clone();
    for project in projects.values() {
        for (port, services) in &project.ports {
            published.entry(*port).or_default().extend(services.keys().flatten().cloned());
        }
        for (port, services) in &project.near {
            published.entry(*port).or_default().extend(services.iter().cloned());
        }
    }
    published.retain(|_, services| !services.is_empty());
    hosts.add_published(&published);
}

/// Says what pods see of the machine that their cluster runs on: the ports that one container alone of all projects publishes there. Who is a
/// container too sees what that one does.
fn of_pods(projects: &BTreeMap<String, Project>, nodes: &Nodes, hosts: &mut Hosts) {
    let is_container = |service: &String| projects.values().any(|project| project.callers.contains_key(service));
    let callers: BTreeSet<String> = nodes.callers.iter().filter(|service| !is_container(service)).cloned().collect();
    let mut all = Ports::new();
    for (port, listeners) in projects.values().flat_map(|project| &project.ports) {
        let known = all.entry(*port).or_default();
        for (service, own) in listeners {
            known.entry(service.clone()).or_default().extend(own);
        }
    }
    let of_cluster = |port: &u16, listener: &Listener| {
        nodes.ports.get(port).is_some_and(|services| services.iter().any(|service| *service != listener.service))
    };
    let ports = all.iter().filter_map(|(port, listeners)| Some((*port, alone(listeners)?)));
    let ports: BTreeMap<u16, Listener> = ports.filter(|(port, listener)| !of_cluster(port, listener)).collect();
    // Who is told nothing of the machine sees what everybody does.
    if ports.is_empty() && nodes.called.is_empty() {
        return;
    }
    let called = called(nodes.called.iter());
    hosts.add_machine(&callers, Machine { ports, called, ..Machine::default() });
}

/// A port that a container publishes.
#[derive(Debug, PartialEq, Eq)]
struct Published {
    /// That of the machine.
    port: u16,
    /// Its own.
    target: u16,
    /// Whether it is for programs of the machine alone.
    is_near: bool,
}

/// The ports of TCP that a text publishes, each with that of the container: `8080:80`, `127.0.0.1:8080:80/tcp`, `9000-9001:9000-9001`.
fn published(text: &str) -> Vec<Published> {
    let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !protocol.eq_ignore_ascii_case("tcp") {
        return Vec::new();
    }
    let mut parts = text.rsplitn(3, ':');
    let (Some(target), Some(published)) = (parts.next(), parts.next()) else { return Vec::new() };
    let is_near = parts.next().is_some_and(|address| matches!(address, "127.0.0.1" | "[::1]" | "localhost"));
    let range = |text: &str| -> Option<(u16, u16)> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last - first < MAX_RANGE).then_some((first, last))
    };
    match (range(published), range(target)) {
        (Some(from), Some(to)) if from.1 - from.0 == to.1 - to.0 => {
            (from.0..=from.1).zip(to.0..=to.1).map(|(port, target)| Published { port, target, is_near }).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_told() {
        for (text, expected) in [
            ("8080:80", &[(8080, 80)][..]),
            ("8080:80/tcp", &[(8080, 80)]),
            ("8080:80/udp", &[]),
            ("0.0.0.0:8080:80", &[(8080, 80)]),
            ("[::]:8080:80", &[(8080, 80)]),
            ("127.0.0.1:8080:80", &[]),
            ("[::1]:8080:80", &[]),
            ("9000-9001:90-91", &[(9000, 90), (9001, 91)]),
            ("9000-9002:90-91", &[]),
            ("1-60000:1-60000", &[]),
            ("9001-9000:1-2", &[]),
            ("80", &[]),
            (":80", &[]),
            ("", &[]),
        ] {
            let far = published(text).into_iter().filter(|published| !published.is_near);
            assert_eq!(far.map(|one| (one.port, one.target)).collect::<Vec<_>>(), expected, "{text}");
        }
        let near = Published { port: 8080, target: 80, is_near: true };
        assert_eq!(published("127.0.0.1:8080:80"), [near]);
    }
}
