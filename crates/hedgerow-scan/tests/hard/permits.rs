//! Policies that a tree already has say whom people let call whom.

use crate::here::rows;
use hedgerow_core::diag::Code;

const NONE: &[&str] = &[];
const ASKED: &[&str] = &["unexplained-mention shop -> ledger"];

fn pods(service: &str, labels: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-{service}}}\nspec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: a, image: x}}]}}}}}}\n---\n"
    )
}

/// Three services with pods, and a policy.
fn tree(policy: &str) -> String {
    let pods = [
        pods("shop", "app: shop, tier: front"),
        pods("ledger", "app: books, tier: back"),
        pods("cart", "app: cart, tier: back"),
    ];
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- k8s/all.yaml\n{}{policy}",
        pods.concat()
    )
}

fn of_kubernetes(spec: &str) -> String {
    tree(&format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"))
}

fn lets_in(from: &str) -> String {
    of_kubernetes(&format!("{{podSelector: {{matchLabels: {{app: books}}}}, ingress: [{{from: [{from}]}}]}}"))
}

#[test]
fn whom_a_policy_lets_call_is_asked_about() {
    let shop = "{podSelector: {matchLabels: {app: shop}}}";
    let said = lets_in(shop);
    let cilium = |spec: &str| {
        tree(&format!("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p}}\n{spec}\n"))
    };
    let calico = |spec: &str| {
        tree(&format!("apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"))
    };
    rows(&[
        ("by labels of pods", said.clone(), ASKED),
        (
            "in a namespace",
            lets_in(
                "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}, podSelector: {matchLabels: {app: shop}}}",
            ),
            ASKED,
        ),
        (
            "several",
            lets_in("{podSelector: {matchExpressions: [{key: app, operator: In, values: [shop, cart]}]}}"),
            &["unexplained-mention cart -> ledger", "unexplained-mention shop -> ledger"],
        ),
        (
            "out",
            of_kubernetes(
                "{podSelector: {matchLabels: {app: shop}}, egress: [{to: [{podSelector: {matchLabels: {app: books}}}, {podSelector: {matchLabels: {app: cart}}}]}]}",
            ),
            &["unexplained-mention shop -> cart,ledger"],
        ),
        (
            "by the name of one whose pods are not there",
            format!(
                "-- service.db/x.txt\n{}",
                of_kubernetes(
                    "{podSelector: {matchLabels: {app: s-db}}, ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}]}]}"
                )
            ),
            &["unexplained-mention shop -> db"],
        ),
        (
            "Cilium's",
            cilium(
                "spec: {endpointSelector: {matchLabels: {app: books}}, ingress: [{fromEndpoints: [{matchLabels: {'k8s:app': shop, 'k8s:io.kubernetes.pod.namespace': a}}]}]}",
            ),
            ASKED,
        ),
        (
            "several of Cilium's",
            cilium(
                "specs: [{endpointSelector: {matchLabels: {app: shop}}, egress: [{toEndpoints: [{matchLabels: {app: books}}]}]}]",
            ),
            ASKED,
        ),
        (
            "Calico's",
            calico(
                "{selector: app == 'books', ingress: [{action: Allow, source: {selector: app == 'shop' && tier == 'front'}}]}",
            ),
            ASKED,
        ),
        (
            "Calico's, out",
            calico("{selector: app == 'shop', egress: [{action: Allow, destination: {selector: app == 'books'}}]}"),
            ASKED,
        ),
        // What lets nobody in, or whole groups, says of no call.
        (
            "Calico's that denies",
            calico("{selector: app == 'books', ingress: [{action: Deny, source: {selector: app == 'shop'}}]}"),
            NONE,
        ),
        (
            "Cilium's that denies",
            cilium(
                "spec: {endpointSelector: {matchLabels: {app: books}}, ingressDeny: [{fromEndpoints: [{matchLabels: {app: shop}}]}]}",
            ),
            NONE,
        ),
        (
            "to all",
            of_kubernetes("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}]}]}"),
            NONE,
        ),
        ("from all", lets_in("{podSelector: {}}"), NONE),
        ("from namespaces", lets_in("{namespaceSelector: {matchLabels: {a: b}}}"), NONE),
        (
            "to a group",
            of_kubernetes(
                "{podSelector: {matchLabels: {tier: back}}, ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}]}]}",
            ),
            NONE,
        ),
        (
            "but for some",
            lets_in("{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [cart]}]}}"),
            NONE,
        ),
        (
            "some of one",
            lets_in(
                "{podSelector: {matchLabels: {app: shop}, matchExpressions: [{key: track, operator: NotIn, values: [canary]}]}}",
            ),
            ASKED,
        ),
        ("itself", lets_in("{podSelector: {matchLabels: {app: books}}}"), NONE),
        ("of nobody", lets_in("{podSelector: {matchLabels: {app: visitor}}}"), NONE),
        ("another kind", said.replace("networking.k8s.io/v1", "example.com/v1"), NONE),
        // What is known, asked about already or explained is not asked about.
        ("explained", said.replace("scan: {}", "scan: {ignore: {'service.shop -> service.ledger': 'no more'}}"), NONE),
        (
            "found",
            said.replace(
                "service.shop/x.txt\n",
                "service.shop/main.py\nimport requests\nrequests.get('http://s-ledger/x')\n",
            ),
            &["shop -> ledger proven"],
        ),
        (
            "asked about",
            said.replace("service.shop/x.txt\n", "service.shop/app.scala\nval a = \"service.ledger\"\n"),
            &["shop -> ledger candidate", "unexplained-mention shop -> ledger"],
        ),
        ("accepted", said.replace("scan: {}", "scan: {candidate: accept}"), &["shop -> ledger declared"]),
    ]);
}

/// A policy for `subjects` services that lets `peers` others in, and the pods of all.
fn of_many(subjects: usize, peers: usize) -> String {
    let names = |from: usize, count: usize| (from..from + count).map(|at| format!("a{at}")).collect::<Vec<_>>();
    let (own, others) = (names(0, subjects), names(subjects, peers));
    let all = || own.iter().chain(&others);
    let homes: String = all().map(|name| format!("-- service.{name}/x.txt\n")).collect();
    let pods: String = all().map(|name| pods(name, &format!("app: {name}"))).collect();
    let select = |names: &[String]| {
        format!("{{matchExpressions: [{{key: app, operator: In, values: [{}]}}]}}", names.join(", "))
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{homes}-- k8s/all.yaml\n{pods}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {{podSelector: {}, ingress: [{{from: [{{podSelector: {}}}]}}]}}\n",
        select(&own),
        select(&others)
    )
}

#[test]
fn a_policy_for_very_many_is_one_for_a_group() {
    // Not a question for each pair, and not silence.
    let group: &[&str] = &["scan-limit  ->"];
    let ignored = of_many(21, 20).replace("scan: {}", "scan: {ignore: {'k8s/**': 'for a group'}}");
    rows(&[
        ("many", of_many(21, 20), group),
        ("very many", of_many(60, 60), group),
        ("explained", ignored, NONE),
        ("two and one", of_many(2, 1), &["unexplained-mention a2 -> a0,a1"]),
    ]);
    let found = crate::outcome(&of_many(20, 20)).findings;
    assert_eq!(found.iter().filter(|finding| finding.code == Code::UnexplainedMention).count(), 20);
    for finding in found.iter().filter(|finding| finding.code == Code::UnexplainedMention) {
        assert_eq!((finding.callees.len(), finding.marks.len()), (20, 4));
        assert!(finding.message.contains("and 16 more"), "{}", finding.message);
    }
}
