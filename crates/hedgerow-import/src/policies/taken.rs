//! Policies of others that have the name of one that Hedgerow writes: who deploys that one overwrites them.

use crate::Input;
use crate::said::{Found, Why};
use hedgerow_core::plan::Named;
use hedgerow_eval::{Manifests, PolicyId, PolicyKind};
use hedgerow_render::object::MANAGED_BY;

/// Says which policies Hedgerow would overwrite, whatever the stage is today.
pub(super) fn say(input: &Input<'_>, manifests: &Manifests, found: &mut Found) {
    let plan = input.names.plan();
    let named = plan.named();
    for (policy, labels, _, place) in manifests.written() {
        let Some(own) = named.get(&(policy.namespace.as_deref(), policy.name.clone())) else { continue };
        if !is_kind(*own, policy)
            || plan.scheme().has_written(labels.keys(), labels.get(MANAGED_BY).map(String::as_str))
        {
            continue;
        }
        let (whose, callee) = match own {
            Named::Policy(service) => (format!("Hedgerow's policy for `{}`", service.name), Some(&service.name)),
            Named::Backstop(service) => {
                (format!("Hedgerow's Calico policy for `{}`", service.name), Some(&service.name))
            }
            Named::CatchAll(of) => (format!("Hedgerow's policy for the type `{}`", of.service_type), None),
        };
        let place = input.place(place, policy.to_string());
        let leftover = found.leave(Why::NameTaken, &place, format!("{whose} has this name, too"));
        leftover.callee = callee.cloned();
    }
}

/// Whether a policy of this name is of the kind that Hedgerow writes under it.
fn is_kind(own: Named<'_>, policy: &PolicyId) -> bool {
    policy.kind
        == match own {
            Named::Policy(_) => PolicyKind::Kubernetes,
            Named::Backstop(_) => PolicyKind::Calico,
            Named::CatchAll(_) if policy.namespace.is_none() => PolicyKind::CalicoGlobal,
            Named::CatchAll(_) => PolicyKind::Kubernetes,
        }
}
