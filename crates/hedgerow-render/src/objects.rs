//! Which objects a plan asks for; how each looks is the backends' business.

use crate::object::Object;
use crate::{calico, k8s};
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::{Evaluator, Plan, Protection, ServicePlan};
use hedgerow_core::policy::CatchAllBackend;

/// The objects that protect one service, in the order in which they are written. They carry `namespace` where one is given,
/// else none, so that they land wherever the service's pods land.
#[must_use]
pub fn service_objects(service: &ServicePlan, namespace: Option<&Namespace>) -> Vec<Object> {
    match &service.protection {
        Protection::Absent => Vec::new(),
        Protection::Open { policy, rest } => {
            let backstop = rest.and_then(|rest| calico::backstop(policy, rest, namespace.cloned()));
            backstop.into_iter().chain([k8s::network_policy(policy, namespace.cloned())]).collect()
        }
        Protection::Enforced { policy, rest } => {
            let policy_object = k8s::network_policy(policy, namespace.cloned());
            match calico::backstop(policy, *rest, namespace.cloned()) {
                None => vec![policy_object],
                // Objects are applied in the order of the stream. What lets the rest through has to be there before the
                // first policy isolates the pods; what only logs the rest isolates them itself, so it comes second.
                Some(backstop) if rest.is_allowed() => vec![backstop, policy_object],
                Some(backstop) => vec![policy_object, backstop],
            }
        }
        Protection::Staged { policy, by: Evaluator::Calico } => {
            vec![k8s::staged_network_policy(policy, namespace.cloned())]
        }
        Protection::Staged { policy, by: Evaluator::Observer } => vec![k8s::policy_data(policy, namespace.cloned())],
    }
}

/// The objects that a cluster needs once: the catch-alls, and their staged twins where policies are staged.
#[must_use]
pub fn platform_objects(plan: &Plan) -> Vec<Object> {
    let of_type = plan.catch_alls().iter().flat_map(|catch_all| {
        plan.catch_all_states().iter().flat_map(move |state| match plan.catch_all_backend() {
            CatchAllBackend::Kubernetes => k8s::catch_all(plan, catch_all, *state),
            CatchAllBackend::Calico => vec![calico::catch_all(plan, catch_all, *state)],
        })
    });
    of_type.collect()
}
