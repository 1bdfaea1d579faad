//! Which pods are behind a Service: Calico's rules may name one.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::Labels;
use crate::manifest::Object;
use crate::net::Cidr;
use crate::policy::Party;
use crate::port::{PortRange, PortTerm, PortTest, Protocol};
use crate::selector::{Fact, Key, Selector, Space};

/// Services and the addresses that are written for them, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Services {
    services: BTreeMap<(String, String), Service>,
    /// From EndpointSlices and Endpoints.
    addresses: BTreeMap<(String, String), Vec<Cidr>>,
}

#[derive(Debug)]
struct Service {
    /// Absent where somebody else says what is behind it.
    selector: Option<Labels>,
    ports: PortTest,
}

impl Services {
    pub(crate) fn of(objects: &[Object], default_namespace: &str) -> Self {
        let mut known = Self::default();
        for object in objects {
            let namespace = object.namespace.as_deref().unwrap_or(default_namespace).to_owned();
            match (object.group.as_str(), object.kind.as_str()) {
                ("", "Service") => {
                    let selector =
                        object.get(&["spec", "selector"]).and_then(Value::as_object).filter(|it| !it.is_empty());
                    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
                    let selector = selector.map(|selector| selector.iter().filter_map(text).collect());
                    known.services.insert((namespace, object.name.clone()), Service { selector, ports: ports(object) });
                }
                ("discovery.k8s.io", "EndpointSlice") => {
                    let name =
                        object.get(&["metadata", "labels", "kubernetes.io/service-name"]).and_then(Value::as_str);
                    let endpoints = object.get(&["endpoints"]).and_then(Value::as_array).into_iter().flatten();
                    let addresses = endpoints.filter_map(|endpoint| endpoint.get("addresses")?.as_array()).flatten();
                    if let Some(name) = name {
                        let found = addresses.filter_map(|address| Cidr::parse_or_address(address.as_str()?));
                        known.addresses.entry((namespace, name.to_owned())).or_default().extend(found);
                    }
                }
                ("", "Endpoints") => {
                    let subsets = object.get(&["subsets"]).and_then(Value::as_array).into_iter().flatten();
                    let addresses = subsets.filter_map(|subset| subset.get("addresses")?.as_array()).flatten();
                    let found = addresses.filter_map(|address| Cidr::parse_or_address(address.get("ip")?.as_str()?));
                    known.addresses.entry((namespace, object.name.clone())).or_default().extend(found);
                }
                _ => {}
            }
        }
        known
    }

    /// Who is behind a Service, and on which of their ports; nothing where that is not among the manifests.
    pub(crate) fn members(&self, namespace: &str, name: &str) -> Option<(Party, PortTest)> {
        let key = (namespace.to_owned(), name.to_owned());
        let service = self.services.get(&key)?;
        let party = match &service.selector {
            Some(labels) => {
                let worn = labels
                    .iter()
                    .map(|(key, value)| Selector::equals(Key { space: Space::Own, name: key.clone() }, value));
                let parts = [Fact::is_pod(), Fact::in_namespace(namespace)].into_iter().chain(worn).collect();
                Party { selector: Some(Selector::Every(parts)), ..Party::default() }
            }
            None => Party { nets: Some(self.addresses.get(&key)?.clone()), ..Party::default() },
        };
        Some((party, service.ports.clone()))
    }
}

/// The ports of the pods behind a Service.
fn ports(service: &Object) -> PortTest {
    let listed = service.get(&["spec", "ports"]).and_then(Value::as_array).into_iter().flatten();
    let terms = listed.filter_map(|port| {
        let protocol = Protocol::named(port.get("protocol").and_then(Value::as_str).unwrap_or("TCP"))?;
        let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
        match port.get("targetPort") {
            Some(Value::String(name)) => Some(PortTerm::Named { protocol: Some(protocol), name: name.clone() }),
            Some(target) if !target.is_null() => Some(PortTerm::Range(PortRange::one(protocol, number(target)?))),
            _ => Some(PortTerm::Range(PortRange::one(protocol, number(port.get("port")?)?))),
        }
    });
    PortTest::of(terms.collect())
}
