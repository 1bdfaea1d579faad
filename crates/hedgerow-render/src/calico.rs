//! Plan → Calico [NetworkPolicy] and [GlobalNetworkPolicy] (`projectcalico.org/v3`).
//!
//! `types` is always written: without it Felix takes a policy for both directions. Selectors stand on one line, since a
//! line feed is no white space in Calico's grammar, and differ in text from the one that Felix makes of the Kubernetes
//! policy for the same pods (`projectcalico.org/orchestrator == 'k8s' && …`), since it would group the two otherwise and
//! lose the counters of both.
//!
//! [NetworkPolicy]: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
//! [GlobalNetworkPolicy]: https://docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy

mod selector;

use crate::object::{Kind, Object, strings};
use hedgerow_core::label::PolicyState;
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::{CatchAll, Plan, Policy, Rest};
use hedgerow_yaml::Yaml;

/// After every Kubernetes NetworkPolicy (Calico's converter gives all of them 1000) and every catch-all, and before
/// policies without an order, which come last.
const BACKSTOP_ORDER: i64 = 5000;
/// After every Kubernetes NetworkPolicy and before the backstop.
const CATCH_ALL_ORDER: i64 = 2000;

/// The policy that runs after all others and decides on what they did not admit; nothing where plain dropping is meant.
#[must_use]
pub fn backstop(policy: &Policy, rest: Rest, namespace: Option<Namespace>) -> Option<Object> {
    let actions: &[&str] = match rest {
        Rest::Drop => return None,
        // No verdict after the log line: the packet meets the end of the tier, whose drop counter keeps counting.
        Rest::LogAndDrop => &["Log"],
        Rest::Allow => &["Allow"],
        Rest::LogAndAllow => &["Log", "Allow"],
    };
    let ingress = actions.iter().map(|action| Yaml::map([("action", Yaml::str(*action))])).collect();
    let spec = Yaml::map(spec(BACKSTOP_ORDER, &selector::all_of(&policy.selector), ingress));
    let (name, mark) = (policy.backstop.clone(), policy.mark.clone());
    Some(Object { kind: Kind::CalicoNetworkPolicy, name, namespace, mark, spec })
}

/// The GlobalNetworkPolicy that lets a type's callers in; a staged one for staged pods.
#[must_use]
pub fn catch_all(plan: &Plan, catch_all: &CatchAll, state: PolicyState) -> Object {
    let scheme = plan.scheme();
    let selector = selector::all_of(&plan.catch_all_selector(catch_all, state));
    let pods = format!("projectcalico.org/orchestrator == 'k8s' && {selector}");
    let callers: Vec<_> = catch_all.callers.iter().map(|caller| scheme.service_type_value(caller)).collect();
    let callers: Vec<_> = callers.iter().map(hedgerow_core::name::LabelValue::as_str).collect();
    let namespaces: Vec<_> = plan.fleet().config().namespaces.iter().map(Namespace::as_str).collect();
    let mut ingress = Vec::new();
    for callers in selector::one_of(scheme.service_type().as_str(), &callers) {
        for namespaces in selector::one_of("projectcalico.org/name", &namespaces) {
            let source = Yaml::map([("selector", Yaml::str(&callers)), ("namespaceSelector", Yaml::str(&namespaces))]);
            ingress.push(Yaml::map([("action", Yaml::str("Allow")), ("source", source)]));
        }
    }
    let (kind, staged) = match state {
        PolicyState::Live => (Kind::CalicoGlobalNetworkPolicy, None),
        PolicyState::Staged => (Kind::CalicoStagedGlobalNetworkPolicy, Some(("stagedAction", Yaml::str("Set")))),
    };
    let spec = Yaml::map(staged.into_iter().chain(spec(CATCH_ALL_ORDER, &pods, ingress)));
    let (name, mark) = (catch_all.object.clone(), catch_all.mark.clone());
    Object { kind, name, namespace: None, mark, spec }
}

fn spec(order: i64, selector: &str, ingress: Vec<Yaml>) -> [(&'static str, Yaml); 5] {
    [
        ("tier", Yaml::str("default")),
        ("order", Yaml::Int(order)),
        ("selector", Yaml::str(selector)),
        ("types", strings(["Ingress"])),
        ("ingress", Yaml::Seq(ingress)),
    ]
}
