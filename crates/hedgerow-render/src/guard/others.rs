//! The policies `policies` and `entries`: who may change our policies, and who may get into pods.

use super::cel::{holds, list, message};
use super::{Context, GuardObject, MARK, Policy, Resources, Validation};
use hedgerow_core::label::Identity;

const POLICIES: &str = "Policies that Hedgerow wrote are written, changed and deleted by those who hold the verb `wear`. The guard cannot watch over itself:\n\
                        no admission policy can. Who may change it is up to RBAC alone; its RoleBindings are watched over here.";
const ENTRIES: &str = "A door that is shut for the network can be got around from inside the pod. These requests do not show a pod's labels, so they need\n\
                       the verb `enter` for every pod of the namespace.";

/// Who cleans up what is gone already.
const CLEANERS: [&str; 2] = ["generic-garbage-collector", "namespace-controller"];

pub(super) fn policies(context: &Context<'_>) -> [GuardObject; 2] {
    let all = ["CREATE", "UPDATE", "DELETE"];
    let calico = [
        "globalnetworkpolicies",
        "networkpolicies",
        "stagedglobalnetworkpolicies",
        "stagedkubernetesnetworkpolicies",
        "stagednetworkpolicies",
    ];
    let domain = context.domain();
    let is_marked = |mark: &str| {
        let has = |object: &str| format!("{object} != null && '{mark}' in {object}.metadata.?labels.orValue({{}})");
        format!("{} ||\n{}", has("object"), has("oldObject"))
    };
    // A Role that names what may be worn is a service's own; RBAC lets only those write it who hold the verb for everything.
    let named = if context.binds_accounts() { " && size(rule.?resourceNames.orValue([])) == 0" } else { "" };
    let guards = format!(
        "request.resource.group == 'rbac.authorization.k8s.io' && (\n{} ||\n\
         object != null && object.?roleRef.?name.orValue('') in {} ||\n\
         object != null && object.?rules.orValue([]).exists(rule, '{domain}' in rule.?apiGroups.orValue([]){named}))",
        is_marked(&format!("{domain}/{MARK}")),
        list(["enter", "wear"].map(|verb| format!("{verb}.{domain}")))
    );
    let mut validations = vec![
        Validation {
            note: "What wears the mark of a service's policy: NetworkPolicies, Calico's policies, the ConfigMaps of `backend: observe`.",
            expression: "!variables.ours || variables.wears".to_owned(),
            message: message(context, "wear", "write, change or delete a policy of Hedgerow"),
        },
        Validation {
            note: "What says who holds the verbs, so that nobody who holds them in one namespace hands them on.",
            expression: format!(
                "!variables.guards ||\nauthorizer.group('{domain}').resource('doors').check('wear').allowed()"
            ),
            message: format!(
                "request.userInfo.username + ' may not write, change or delete what is part of the guard: that needs the verb wear on doors.{domain} in the whole cluster'"
            ),
        },
    ];
    let mut variables = vec![
        (
            "ours",
            "Whether it is a policy that Hedgerow wrote, before or after.",
            is_marked(context.plan.scheme().policy_of().as_str()),
        ),
        ("guards", "Whether it is a part of the guard, or would give its verbs to somebody.", guards),
        ("wears", "Whether whoever asks may.", holds(context, "wear")),
    ];
    if context.is_strict() {
        variables
            .insert(2, ("opens", "Whether it could let somebody in to pods with a policy of ours.", opens(context)));
        validations.push(Validation {
            note: "Policies add up: one of somebody else's opens what ours keeps shut, unless it cannot select our pods.",
            expression: "variables.ours || !variables.opens || variables.wears".to_owned(),
            message: message(
                context,
                "wear",
                &format!(
                    "let anybody in by a policy that could select pods of Hedgerow (unless its podSelector says {{key: {domain}/network-policy, operator: DoesNotExist}})"
                ),
            ),
        });
    }
    let cleaners = CLEANERS.map(|name| format!("system:serviceaccount:kube-system:{name}"));
    let policy = Policy {
        resources: vec![
            Resources::new("", &all, &["configmaps"]),
            Resources::new("networking.k8s.io", &all, &["networkpolicies"]),
            Resources::new("projectcalico.org", &all, &calico),
            Resources::new("rbac.authorization.k8s.io", &all, &["rolebindings", "roles"]),
        ],
        conditions: vec![(
            "not-cleaning-up",
            "Kubernetes cleans up what was in a namespace, or belonged to an object, that is gone.",
            format!("!(request.operation == 'DELETE' && request.userInfo.username in {})", list(cleaners)),
        )],
        variables,
        validations,
        noted: None,
    };
    context.policy("policies", POLICIES, policy)
}

/// A NetworkPolicy with peers of its own, or a Calico policy that is not about what goes out alone.
fn opens(context: &Context<'_>) -> String {
    let scheme = context.plan.scheme();
    let mut keys = vec![scheme.network_policy().to_string()];
    if let Identity::Own(key) = scheme.identity() {
        keys.push(key.to_string());
    }
    format!(
        "request.operation != 'DELETE' &&\n\
         (request.resource.group == 'networking.k8s.io' ?\n  size(object.spec.?ingress.orValue([])) > 0 && 'Ingress' in object.spec.?policyTypes.orValue(['Ingress']) &&\n  \
         !object.spec.?podSelector.?matchExpressions.orValue([]).exists(e, e.operator == 'DoesNotExist' && e.key in {}) :\n \
         request.resource.group == 'projectcalico.org' && request.resource.resource == 'networkpolicies' &&\n  \
         object.?spec.?types.orValue([]) != ['Egress'])",
        list(keys)
    )
}

pub(super) fn entries(context: &Context<'_>) -> [GuardObject; 2] {
    let ways = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "services/proxy"];
    let policy = Policy {
        resources: vec![Resources::new("", &["CONNECT"], &ways)],
        conditions: Vec::new(),
        variables: Vec::new(),
        validations: vec![Validation {
            note: "",
            expression: holds(context, "enter"),
            message: message(context, "enter", "exec into, attach, forward or proxy to ' + request.name + '"),
        }],
        noted: None,
    };

    context.policy("entries", ENTRIES, policy)
}
