//! The ports of the machine at which compose publishes containers, and what containers call the machine.
//!
//! See <https://docs.docker.com/reference/compose-file/services/#ports> and `extra_hosts` there.

use crate::host::{CALLED, Hosts, Listener, Machine};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `extra_hosts` maps to the machine.
const GATEWAY: &str = "host-gateway";

/// The most ports that a range publishes; of a larger one nothing is known.
const MAX_RANGE: u16 = 256;

/// What runs together: the compose files of one directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Project {
    callers: BTreeSet<String>,
    names: BTreeSet<String>,
    /// Who listens at which ports of the machine, each at ports of its own.
    ports: BTreeMap<u16, BTreeMap<String, BTreeSet<u16>>>,
}

impl Project {
    /// Takes in what a container of a service publishes, and what it calls the machine. `fill` puts variables into a text.
    pub(super) fn add(&mut self, service: &str, container: &Value, fill: impl Fn(&str) -> Partial) {
        self.callers.insert(service.to_owned());
        let filled = |value: &Value| match value {
            Value::Number(number) => Some(number.to_string()),
            value => value.as_str().and_then(|text| Some(fill(text).known()?.to_owned())),
        };
        for port in container.get("ports").and_then(Value::as_list).into_iter().flatten() {
            let pairs = match port {
                Value::Map(_) => {
                    let said = |key| port.get(key).and_then(filled);
                    said("published").zip(said("target")).map(|(published, target)| format!("{published}:{target}"))
                }
                port => filled(port),
            };
            for (published, target) in pairs.iter().flat_map(|pairs| published(pairs)) {
                self.ports.entry(published).or_default().entry(service.to_owned()).or_default().insert(target);
            }
        }
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
        self.names.extend(pairs.into_iter().filter(|(_, address)| is_machine(address)).map(|(name, _)| name));
    }
}

/// Says what the containers of projects see of the machine that they run on. Who is in several sees what all of them publish; a port of
/// several services is nobody's.
pub(super) fn machines(projects: &BTreeMap<String, Project>, hosts: &mut Hosts) {
    let mut of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (directory, project) in projects {
        project.callers.iter().for_each(|caller| _ = of.entry(caller).or_default().insert(directory));
    }
    let mut groups: BTreeMap<BTreeSet<&str>, BTreeSet<String>> = BTreeMap::new();
    for (caller, directories) in of {
        groups.entry(directories).or_default().insert(caller.to_owned());
    }
    for (directories, callers) in groups {
        let mut ports: BTreeMap<u16, BTreeMap<&str, BTreeSet<u16>>> = BTreeMap::new();
        let mut called: BTreeSet<String> = CALLED.iter().map(|name| (*name).to_owned()).collect();
        for project in directories.iter().filter_map(|directory| projects.get(*directory)) {
            called.extend(project.names.iter().cloned());
            for (port, services) in &project.ports {
                for (service, own) in services {
                    ports.entry(*port).or_default().entry(service).or_default().extend(own);
                }
            }
        }
        let alone = ports.into_iter().filter(|(_, services)| services.len() == 1);
        let listener = |(service, own): (&str, BTreeSet<u16>)| {
            let port = own.first().copied().filter(|_| own.len() == 1);
            Listener { service: service.to_owned(), port }
        };
        let ports: BTreeMap<u16, Listener> =
            alone.filter_map(|(port, services)| Some((port, listener(services.into_iter().next()?)))).collect();
        if !ports.is_empty() {
            hosts.add_machine(&callers, Machine { ports, called, ..Machine::default() });
        }
    }
    let mut published: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for (port, services) in projects.values().flat_map(|project| &project.ports) {
        published.entry(*port).or_default().extend(services.keys().cloned());
    }
    hosts.add_published(&published);
}

/// The ports that a text publishes, each with that of the container: `8080:80`, `127.0.0.1:8080:80/tcp`, `9000-9001:9000-9001`.
fn published(text: &str) -> Vec<(u16, u16)> {
    let text = text.split('/').next().unwrap_or(text);
    let mut parts = text.rsplitn(3, ':');
    let (Some(target), Some(published)) = (parts.next(), parts.next()) else { return Vec::new() };
    // What listens for the machine alone is not there for its containers.
    if parts.next().is_some_and(|address| matches!(address, "127.0.0.1" | "[::1]" | "localhost")) {
        return Vec::new();
    }
    let range = |text: &str| -> Option<(u16, u16)> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last - first < MAX_RANGE).then_some((first, last))
    };
    match (range(published), range(target)) {
        (Some(from), Some(to)) if from.1 - from.0 == to.1 - to.0 => (from.0..=from.1).zip(to.0..=to.1).collect(),
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
            ("8080:80/udp", &[(8080, 80)]),
            ("0.0.0.0:8080:80", &[(8080, 80)]),
            ("[::]:8080:80", &[(8080, 80)]),
            ("127.0.0.1:8080:80", &[]),
            ("9000-9001:90-91", &[(9000, 90), (9001, 91)]),
            ("9000-9002:90-91", &[]),
            ("1-60000:1-60000", &[]),
            ("9001-9000:1-2", &[]),
            ("80", &[]),
            (":80", &[]),
            ("", &[]),
        ] {
            assert_eq!(published(text), expected, "{text}");
        }
    }
}
