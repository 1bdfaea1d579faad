//! Pieces of CEL that several policies use. Nothing that a user wrote freely goes in: domains, environments and kinds have grammars
//! without quotes.

use super::Context;

/// Kubernetes' controllers live here.
const SYSTEM: &str = "system:serviceaccount:kube-system:";
/// Who its controllers are where `--use-service-account-credentials` is not set: one certificate for all.
const MANAGER: &str = "system:kube-controller-manager";

/// A list of texts.
pub(super) fn list<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> String {
    let texts: Vec<_> = texts.into_iter().map(|text| format!("'{}'", text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// The request comes from one of Kubernetes' controllers.
pub(super) fn is_from(controllers: &[&str]) -> String {
    let names = controllers.iter().map(|name| format!("{SYSTEM}{name}")).chain([MANAGER.to_owned()]);
    format!("request.userInfo.username in {}", list(names))
}

/// The subresource, empty for the object itself: the API server leaves the field out then.
pub(super) const SUBRESOURCE: &str = "request.?subResource.orValue('')";

/// The namespace, empty where there is none.
pub(super) const NAMESPACE: &str = "request.?namespace.orValue('')";

/// RBAC gives whoever asks `verb` on our resource, in the namespace of the request.
pub(super) fn holds(context: &Context<'_>, verb: &str) -> String {
    let domain = context.domain();
    format!("authorizer.group('{domain}').resource('doors').namespace({NAMESPACE}).check('{verb}').allowed()")
}

/// The words of a refusal: who lacks which verb where, and for what.
pub(super) fn message(context: &Context<'_>, verb: &str, what: &str) -> String {
    let domain = context.domain();
    format!(
        "request.userInfo.username + ' may not {what}: that needs the verb {verb} on doors.{domain}' +\n  ({NAMESPACE} == '' ? ' in the whole cluster' : ' in namespace ' + {NAMESPACE}) +\n  ' (Hedgerow: guard in hedgerow.yaml says who has it)'"
    )
}
