//! Policies of others under names of Hedgerow's: a deploy of Hedgerow's overwrites them.

use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::plan::{Named, Plan, Protection, Rest};
use hedgerow_eval::{Labels, Manifests, PolicyKind};

use crate::compare::MANAGED_BY;

/// Names the policies that Hedgerow did not write and would overwrite by what it writes at today's stages. They are warnings: of who comes
/// in today they say nothing.
#[must_use]
pub fn overwritten(plan: &Plan, manifests: &Manifests) -> Vec<Diagnostic> {
    let named = plan.named();
    let is_own = |labels: &Labels| plan.scheme().has_written(labels.keys(), labels.get(MANAGED_BY).map(String::as_str));
    let strangers = manifests.written().filter(|(_, labels, ..)| !is_own(labels));
    let found = strangers.filter_map(|(policy, _, _, place)| {
        let own = named.get(&(policy.namespace.as_deref(), policy.name.clone()))?;
        let (kind, owner) = written(*own, policy.namespace.is_none())?;
        let message = format!("{policy} has the name of Hedgerow's policy for `{owner}`, which would overwrite it");
        let diagnostic = Diagnostic::new(Code::UnbackedPolicy, message).severity(Severity::Warning);
        let diagnostic = diagnostic
            .mark(place, "")
            .help("if rules and `allow` entries replace it, remove it in the change that deploys Hedgerow's policy")
            .help("if it is still needed, for example because it limits what pods may call, give it another name");
        (policy.kind == kind).then_some(diagnostic)
    });
    found.collect()
}

/// Of which kind the policy is that Hedgerow writes under a name at this stage, and for whom; nothing where it writes none.
fn written(own: Named<'_>, is_of_cluster: bool) -> Option<(PolicyKind, &str)> {
    match own {
        Named::Policy(service) => {
            let is_written = matches!(service.protection, Protection::Open { .. } | Protection::Enforced { .. });
            is_written.then_some((PolicyKind::Kubernetes, service.name.as_str()))
        }
        Named::Backstop(service) => {
            let is_written = match &service.protection {
                Protection::Open { rest, .. } => rest.is_some(),
                Protection::Enforced { rest, .. } => *rest != Rest::Drop,
                Protection::Absent | Protection::Staged { .. } => false,
            };
            is_written.then_some((PolicyKind::Calico, service.name.as_str()))
        }
        Named::CatchAll(of) if is_of_cluster => Some((PolicyKind::CalicoGlobal, of.service_type.as_str())),
        Named::CatchAll(of) => Some((PolicyKind::Kubernetes, of.service_type.as_str())),
    }
}
