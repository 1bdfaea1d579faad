//! The pods of manifests, and whose they are.

use crate::Input;
use crate::ports::declared;
use crate::said::{Found, Name, Place, Why};
use crate::whose::Whose;
use hedgerow_core::diag::enumerate;
use hedgerow_core::fleet::Service;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::selector;
use hedgerow_core::policy::Labels as Wanted;
use hedgerow_eval::{Endpoint, Labels, NamedPort, ObjectRef};
use std::collections::BTreeSet;

/// The kind of pods that are not among the manifests and are taken to wear what the fleet's files say.
pub(crate) const PLANNED: &str = "planned pods";

/// Pods with whose they are, side by side.
#[derive(Default)]
pub(crate) struct Pods {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) owners: Vec<Option<ServiceName>>,
}

impl Pods {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Endpoint, Option<&ServiceName>)> {
        self.endpoints.iter().zip(self.owners.iter().map(Option::as_ref))
    }
}

/// The name by which a fleet may know pods.
pub(crate) fn name_of(endpoint: &Endpoint) -> Name {
    Name {
        namespace: Some(endpoint.namespace.clone()),
        kind: Some(endpoint.object.kind.clone()),
        name: endpoint.object.name.clone(),
        labels: endpoint.labels.clone(),
    }
}

/// Whose the pods of manifests are. For services of which there are none, pods are added that wear what the fleet's files say.
pub(crate) fn pods(input: &Input<'_>, endpoints: &[Endpoint], found: &mut Found) -> Pods {
    let mut pods = Pods::default();
    for endpoint in endpoints {
        let owner = match input.names.of(&name_of(endpoint)) {
            Whose::Service(service) => Some(service),
            Whose::Nobody(_) => None,
            Whose::Several(services) => {
                let place = input.place(endpoint.place, endpoint.object.to_string());
                found.leave(Why::Ambiguous, &place, format!("its pods may be those of any of {}", enumerate(services)));
                None
            }
        };
        pods.endpoints.push(endpoint.clone());
        pods.owners.push(owner);
    }
    let there: BTreeSet<_> = pods.owners.iter().flatten().cloned().collect();
    let fleet = input.names.plan().fleet();
    for service in fleet.services().chain(fleet.elsewhere()).filter(|service| !there.contains(&service.name)) {
        pods.endpoints.push(planned(input, service));
        pods.owners.push(Some(service.name.clone()));
    }
    pods
}

fn planned(input: &Input<'_>, service: &Service) -> Endpoint {
    let plan = input.names.plan();
    let worn = match plan.service(&service.name) {
        Some(planned) => planned.pods.all(),
        None => selector(plan.fleet().config(), service),
    };
    let namespace = service.namespace.as_str().to_owned();
    let object =
        ObjectRef { kind: PLANNED.to_owned(), namespace: Some(namespace), name: service.name.as_str().to_owned() };
    let ports = service.ports.listed().iter().filter_map(|port| {
        let range = declared(port);
        Some(NamedPort { name: port.name.as_ref()?.as_str().to_owned(), protocol: range.protocol, number: range.first })
    });
    Endpoint {
        ports: ports.collect(),
        selected_by: labels(&selector(plan.fleet().config(), service)),
        service_account: service.account.clone().unwrap_or_else(|| "default".to_owned()),
        ..Endpoint::new(object, labels(&worn), service.file)
    }
}

pub(crate) fn labels(labels: &Wanted) -> Labels {
    labels.iter().map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned())).collect()
}

/// The place of nothing in particular: the first text.
pub(crate) fn anywhere(input: &Input<'_>) -> Place {
    let path = input.texts.iter().next().map_or_else(String::new, |(_, source)| source.path.clone());
    Place { path, line: 0, what: String::new() }
}
