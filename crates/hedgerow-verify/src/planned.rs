//! Pods that are not among the manifests and are taken to wear what the plan gives them, and pods as they will be when policies are enforced.

use hedgerow_core::label::PolicyState;
use hedgerow_core::plan::Evaluator;
use hedgerow_eval::{Direction, Endpoint, Manifests, ObjectRef};

use crate::expected::{Expected, ExpectedService, Isolation};

/// The kind of pods that are not among the manifests and are taken to wear what the plan gives them.
pub(crate) const PLANNED: &str = "planned pods";

/// Has pods of a service whose policy is data wear the label of a live policy, as they will when it is enforced: whom
/// types let in, no data says. Staged policies of Calico's come with staged ones for types.
pub(crate) fn go_live(expected: &Expected, pods: &mut Endpoint, service: &ExpectedService) {
    if service.isolation == Isolation::Staged(Evaluator::Observer)
        && let Some(worn) = pods.labels.get_mut(expected.scheme.network_policy().as_str())
        && worn.as_str() == PolicyState::Staged.value().as_str()
    {
        *worn = PolicyState::Live.value().as_str().to_owned();
    }
}
pub(crate) fn planned_pods(name: &str, service: &ExpectedService) -> Endpoint {
    let namespace = service.namespace.clone();
    Endpoint {
        object: ObjectRef { kind: PLANNED.to_owned(), namespace: Some(namespace.clone()), name: name.to_owned() },
        namespace,
        labels: service.labels.clone(),
        selected_by: service.selector.clone(),
        ports: service.ports.clone(),
        service_account: "default".to_owned(),
        host_network: false,
        addresses: Vec::new(),
        is_hook: false,
        place: service.place,
    }
}

/// Takes the label of a live policy from pods that no other policy of the manifests guards: a service whose own policy is
/// not among them is not compared, and a catch-all alone must not seem to isolate it.
pub(crate) fn undress(expected: &Expected, manifests: &Manifests, planned: Vec<&mut Endpoint>) {
    let label = expected.scheme.network_policy();
    let undressed: Vec<_> = planned
        .iter()
        .map(|endpoint| {
            let mut endpoint = (**endpoint).clone();
            endpoint.labels.remove(label.as_str());
            endpoint
        })
        .collect();
    let guarded = manifests.guarded(&undressed, Direction::Ingress);
    for (endpoint, _) in planned.into_iter().zip(guarded).filter(|(_, is_guarded)| !is_guarded) {
        endpoint.labels.remove(label.as_str());
    }
}
