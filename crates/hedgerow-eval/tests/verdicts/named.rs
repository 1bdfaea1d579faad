//! What is not evaluated is named; what is legal is read.

use super::{faults, network, pod};
use hedgerow_eval::Peer;

fn object(api: &str, kind: &str) -> String {
    format!("---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: the-one, namespace: here}}\nspec: {{}}\n")
}

#[test]
fn policies_of_others_are_errors_that_name_the_object() {
    for (api, kind) in [
        ("security.istio.io/v1", "AuthorizationPolicy"),
        ("security.istio.io/v1", "PeerAuthentication"),
        ("security.istio.io/v1beta1", "RequestAuthentication"),
        ("policy.linkerd.io/v1beta3", "Server"),
        ("policy.linkerd.io/v1alpha1", "AuthorizationPolicy"),
        ("policy.linkerd.io/v1beta1", "ServerAuthorization"),
        ("kuma.io/v1alpha1", "MeshTrafficPermission"),
        ("kuma.io/v1alpha1", "TrafficPermission"),
        ("k8s.ovn.org/v1", "EgressFirewall"),
        ("k8s.ovn.org/v1", "AdminPolicyBasedExternalRoute"),
        ("network.openshift.io/v1", "NetNamespace"),
        ("network.openshift.io/v1", "EgressNetworkPolicy"),
        ("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy"),
        ("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy"),
        ("networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy"),
        ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy"),
        ("networking.gke.io/v1alpha1", "NetworkLogging"),
        ("crd.antrea.io/v1beta1", "NetworkPolicy"),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy"),
        ("crd.antrea.io/v1alpha3", "ClusterGroup"),
        ("k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
        ("cilium.io/v2", "CiliumEgressGatewayPolicy"),
        ("consul.hashicorp.com/v1alpha1", "ServiceIntentions"),
        ("access.smi-spec.io/v1alpha3", "TrafficTarget"),
        ("projectcalico.org/v3", "HostEndpoint"),
        ("projectcalico.org/v3", "RemoteClusterConfiguration"),
        ("acme.example/v1", "NetworkPolicy"),
        ("acme.example/v1", "MicrosegmentationFirewall"),
        ("acme.example/v1", "PodTrafficPolicy"),
        // Misspelt, in the right group and in no group.
        ("networking.k8s.io/v1", "NetworkPolcy"),
        ("networking.k8s.io/v1", "Networkpolicy"),
        ("networking.k8s.io/v1", "NetworkPolicys"),
        ("networking.k8s.io/v1", "NetPolicy"),
        ("network.k8s.io/v1", "NetworkPolicy"),
        ("v1", "NetworkPolicy"),
        ("apps/v1", "NetworkPolicy"),
        ("projectcalico.org/v3", "GlobalNetworkPolcy"),
        ("projectcalico.org/v3", "NetworkPolicies"),
        ("projectcalico.org/v3", "Policy"),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolcy"),
        // Versions that nobody serves.
        ("networking.k8s.io/v1beta1", "NetworkPolicy"),
        ("networking.k8s.io/v2", "NetworkPolicy"),
        ("extensions/v1beta1", "NetworkPolicy"),
        ("projectcalico.org/v1", "NetworkPolicy"),
        ("projectcalico.org/v2", "Tier"),
        ("crd.projectcalico.org/v3", "GlobalNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha1", "ClusterNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha2", "AdminNetworkPolicy"),
    ] {
        let found = faults(&object(api, kind));
        assert!(found.len() == 1 && found[0].contains("the-one"), "{api} {kind}: {found:?}");
        let severe = ["unsupported-policy", "invalid-policy"].iter().any(|code| found[0].starts_with(code));
        assert!(severe && !found[0].contains("is taken to"), "{api} {kind}: {found:?}");
    }
}

#[test]
fn bystanders_of_networks_are_named_and_others_are_not() {
    for (api, kind, is_named) in [
        ("projectcalico.org/v3", "IPPool", true),
        ("cilium.io/v2", "CiliumEndpoint", true),
        ("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", true),
        ("acme.example/v1", "RetryPolicy", true),
        ("networking.k8s.io/v1", "Ingress", false),
        ("policy/v1", "PodDisruptionBudget", false),
        ("policy/v1beta1", "PodSecurityPolicy", false),
        ("kyverno.io/v1", "ClusterPolicy", false),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", false),
        ("gateway.networking.k8s.io/v1", "BackendTLSPolicy", false),
        ("apps/v1", "ControllerRevision", false),
        ("v1", "ConfigMap", false),
    ] {
        let found = faults(&object(api, kind));
        assert_eq!(found.len(), usize::from(is_named), "{api} {kind}: {found:?}");
        assert!(found.iter().all(|found| found.contains("the-one") && found.contains("is taken to")), "{found:?}");
    }
}

const POLICY: &str = "{metadata: {name: n}, spec: {podSelector: {}}}";

#[test]
fn lists_say_what_is_in_them() {
    for (text, expected) in [
        (format!("items: [{POLICY}]"), "the document has `items` and no `kind`"),
        (format!("apiVersion: v1\nitems: [{POLICY}]"), "the document has `items` and no `kind`"),
        (format!("kind: List\napiVersion: v1\nitems: [{POLICY}]"), "`n` has no `kind`"),
        ("kind: List\napiVersion: v1\nitems: [{a: b}]".to_owned(), "the document has no `kind`"),
        ("kind: List\napiVersion: v1\nitems: [text]".to_owned(), "the document is no object"),
        ("kind: List\napiVersion: v1\nitems: {a: b}".to_owned(), "`items` of the List is no list"),
        ("kind: NetworkPolicyList\napiVersion: networking.k8s.io/v1\nitems: text".to_owned(), "is no list"),
        ("kind: NetworkPolicy\nmetadata: {name: n}".to_owned(), "an object needs `apiVersion`"),
        (format!("kind: NetworkPolicyList\nitems: [{POLICY}]"), "an object needs `apiVersion`"),
        (
            format!("kind: NetworkPolcyList\napiVersion: networking.k8s.io/v1\nitems: [{POLICY}]"),
            "is `NetworkPolicy` meant?",
        ),
        ("[1, 2]".to_owned(), "the document is no object"),
        ("text".to_owned(), "the document is no object"),
    ] {
        let found = faults(&text);
        assert!(found.iter().any(|found| found.contains(expected)), "{text}: {found:?}");
    }
    for text in [
        format!("kind: NetworkPolicyList\napiVersion: networking.k8s.io/v1\nitems: [{POLICY}]"),
        "kind: NetworkPolicyList\napiVersion: networking.k8s.io/v1\nitems: []".to_owned(),
        "kind: NetworkPolicyList\napiVersion: networking.k8s.io/v1\nitems: null".to_owned(),
        "kind: PodList\napiVersion: v1\nitems: [{metadata: {name: p}, spec: {containers: []}}]".to_owned(),
        "kind: ClusterNetworkPolicyList\napiVersion: policy.networking.k8s.io/v1alpha2\nitems: [{metadata: {name: p}, spec: {tier: Admin, priority: 1, subject: {namespaces: {}}}}]".to_owned(),
        "kind: List\napiVersion: v1\nitems: []".to_owned(),
    ] {
        assert_eq!(faults(&text), [""; 0], "{text}");
    }
    let typed = network(&format!("kind: NetworkPolicyList\napiVersion: networking.k8s.io/v1\nitems: [{POLICY}]"));
    assert_eq!(typed.policies().count(), 1);
    let pods = network("kind: PodList\napiVersion: v1\nitems: [{metadata: {name: p}, spec: {containers: []}}]");
    assert_eq!(pods.pods().count(), 1);
}

#[test]
fn names_and_labels_that_the_api_server_refuses_are_refused() {
    let long = "x".repeat(64);
    let policy = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    };
    let deployment = |labels: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: []}}}}}}\n"
        )
    };
    for (text, expected) in [
        (policy("Upper", "{}"), "refuses its name"),
        (policy("under_score", "{}"), "refuses its name"),
        (policy("-a", "{}"), "refuses its name"),
        (policy("''", "{}"), "without a name"),
        (policy("n, namespace: Team", "{}"), "is no name of a namespace"),
        (policy("n", "{podSelector: {matchLabels: {'a b': c}}}"), "`a b` is no key of a label"),
        (policy("n", "{podSelector: {matchLabels: {a/b/c: d}}}"), "`a/b/c` is no key"),
        (policy("n", &format!("{{podSelector: {{matchLabels: {{a: {long}}}}}}}")), "is no value of a label"),
        (policy("n", "{podSelector: {matchLabels: {a: 'b c'}}}"), "`b c` is no value"),
        (
            policy("n", "{podSelector: {matchExpressions: [{key: a, operator: In, values: ['x/y']}]}}"),
            "`x/y` is no value",
        ),
        (policy("n", "{podSelector: {matchExpressions: [{key: 'A B', operator: Exists}]}}"), "`A B` is no key"),
        (policy("n", "{ingress: [{from: [{namespaceSelector: {matchLabels: {a: -b}}}]}]}"), "`-b` is no value"),
        (policy("n, labels: {a: 'b c'}", "{}"), "`b c` is no value"),
        (deployment("a: 'b c'"), "`b c` is no value"),
        (deployment(&format!("'{long}': b")), "is no key of a label"),
        ("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}\n".to_owned(), "refuses its name"),
        (
            "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {b: 'c d'}}\n".to_owned(),
            "`c d` is no value",
        ),
    ] {
        let found = faults(&text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
    for text in [
        policy("a.b-c.d0", "{podSelector: {matchLabels: {example.com/A_b.c: '', a: '1'}}}"),
        policy("n", "{podSelector: {matchExpressions: [{key: a, operator: In, values: ['', A.b_c]}]}}"),
        deployment("app.kubernetes.io/name: A_b, x: ''"),
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {generateName: job-}\nspec: {template: {spec: {containers: []}}}\n".to_owned(),
    ] {
        assert_eq!(faults(&text), [""; 0], "{text}");
    }
}

#[test]
fn a_kind_that_nobody_knows_makes_pods_too() {
    let text = "---
apiVersion: acme.example/v1
kind: Swarm
metadata: {name: s, namespace: here}
spec:
  crews:
    - pods: {metadata: {labels: {app: one}}, spec: {containers: [{name: c}]}}
    - pods: {metadata: {labels: {app: two}}, spec: {containers: [{name: c}]}}
";
    let network = network(&(text.to_owned() + &pod("b", "")));
    let worn: Vec<_> = network
        .pods()
        .filter_map(|id| match network.peer(id) {
            Peer::Pods(pods) => Some(format!("{} {:?}", pods.object, pods.labels.get("app"))),
            Peer::Outside(_) => None,
        })
        .collect();
    assert_eq!(worn, ["Pod default/b None", "Swarm here/s Some(\"one\")", "Swarm here/s Some(\"two\")"]);
}
