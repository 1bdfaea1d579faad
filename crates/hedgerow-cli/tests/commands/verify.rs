//! `verify` from end to end: what it must not call right, and how it ends.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;
use tempfile::TempDir;

/// Books is called by cart; one environment drops and one tries.
fn fleet() -> TempDir {
    fleet_with("")
}

/// The same with more in its configuration.
fn fleet_with(more: &str) -> TempDir {
    let config = "version: 1\nlabels: {domain: bank.example, prefixes: {service.: s-}}\nservices: {include: ['service.*'], defaults: {type: api, ports: [{name: http, port: 8080}]}}\ntypes: {api: {}}\nenvironments: {prod: {stage: enforce, log: true}, trial: {stage: audit, log: true}}\n";
    tree(&[
        ("hedgerow.yaml", format!("{config}{more}").as_bytes()),
        ("service.books/service.yaml", b"allow: [{from: {namespace: edge, pods: {app: gateway}}, ports: [http]}]\n"),
        ("service.cart/service.yaml", b"{}\n"),
        ("service.cart/egress/service.books.rule", b""),
    ])
}

/// What Hedgerow renders for an environment.
fn rendered(fleet: &TempDir, environment: &str) -> String {
    let render = |more: &str| {
        let ran = Command::new(fleet.path(), &format!("render --env {environment} {more}")).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        ran.out().to_owned()
    };
    render("") + "---\n" + &render("--platform")
}

fn pod(name: &str, namespace: &str, labels: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\nspec: {{containers: [{{name: c}}]}}\nstatus: {{phase: Running, podIPs: [{{ip: 10.0.0.1}}]}}\n"
    )
}

const BOOKS: &str =
    "bank.example/routing-name: service.books, bank.example/service-type: api, bank.example/network-policy: 'true'";
const CART: &str = "bank.example/routing-name: service.cart, bank.example/service-type: api, bank.example/network-policy: 'true', bank.example/egress-s-books: 'true'";

fn verify(fleet: &TempDir, environment: &str, more: &str, manifests: &str) -> (Exit, String) {
    let ran = Command::new(fleet.path(), &format!("verify --env {environment} {more} -")).stdin(manifests).run();
    (ran.exit, format!("{}{}", ran.out(), ran.stderr))
}

#[test]
fn what_is_rendered_is_right_with_and_without_pods() {
    let fleet = fleet();
    for environment in ["prod", "trial"] {
        let policies = rendered(&fleet, environment);
        let live = format!("{policies}{}{}", pod("books-1", "default", BOOKS), pod("cart-1", "default", CART));
        for (more, manifests) in [("", &policies), ("--complete", &policies), ("", &live), ("--complete", &live)] {
            let (exit, text) = verify(&fleet, environment, more, manifests);
            assert!(exit == Exit::Done && text.contains("they allow exactly what the rules allow"), "{more}: {text}");
        }
        let alone = format!("{policies}{}", pod("cart-1", "default", CART));
        let (_, text) = verify(&fleet, environment, "", &alone);
        assert!(text.contains("1 service: without pods among the manifests"), "{text}");
    }
}

#[test]
fn live_pods_without_their_identity_are_not_made_up_for() {
    let fleet = fleet();
    for environment in ["prod", "trial"] {
        let policies = rendered(&fleet, environment) + &pod("cart-1", "default", CART);
        for (books, told) in [
            (pod("books-1", "default", ""), "Pod default/books-1"),
            (pod("books-1", "default", "app: books, bank.example/routing-name: books"), "Pod default/books-1"),
            (pod("books-1", "default", &BOOKS.replace("routing-name", "routing")), "Pod default/books-1"),
            (pod("books-1", "elsewhere", BOOKS), "guard nobody"),
            (pod("books-1", "default", BOOKS).replace("phase: Running", "phase: Succeeded"), "guard nobody"),
            (String::new(), "guard nobody"),
        ] {
            let (exit, text) = verify(&fleet, environment, "--complete", &(policies.clone() + &books));
            assert_eq!(exit, Exit::Findings, "{books}: {text}");
            assert!(text.contains("no pods of `service.books` are among the manifests"), "{books}: {text}");
            assert!(text.contains(told) && !text.contains("exactly what the rules allow"), "{books}: {text}");
        }
    }
}

#[test]
fn callers_that_are_not_listed_are_findings_in_both_stages() {
    let fleet = fleet();
    let hole = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: hole, namespace: default}\nspec: {podSelector: {matchLabels: {bank.example/routing-name: service.books}}, ingress: [{from: [PEER]}]}\n";
    for environment in ["prod", "trial"] {
        for (peer, who) in [
            (
                "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [default]}]}}",
                "any pod in any namespace but `default`",
            ),
            ("{namespaceSelector: {}}", "any pod in any namespace"),
            ("{namespaceSelector: {matchLabels: {env: prod}}}", "any pod in any namespace with `env: prod`"),
            (
                "{namespaceSelector: {}, podSelector: {matchLabels: {app: prometheus}}}",
                "any pod with `app: prometheus` in any namespace",
            ),
        ] {
            let manifests = rendered(&fleet, environment) + &hole.replace("PEER", peer);
            let (exit, text) = verify(&fleet, environment, "", &manifests);
            assert!(exit == Exit::Findings && text.contains(who) && text.contains("default/hole"), "{peer}: {text}");
        }
        let narrow = rendered(&fleet, environment).replace("- key: app\n", "- key: apps\n");
        assert_ne!(narrow, rendered(&fleet, environment));
        let (exit, text) = verify(&fleet, environment, "", &narrow);
        assert!(exit == Exit::Findings && text.contains("any pod with `app: gateway` in namespace `edge`"), "{text}");
    }
}

#[test]
fn what_is_not_understood_ends_with_another_code() {
    let fleet = fleet();
    for (text, told) in [
        ("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x}\n", "AuthorizationPolicy x"),
        ("apiVersion: networking.k8s.io/v1\nkind: NetworkPolcy\nmetadata: {name: x}\n", "NetworkPolcy x"),
        ("apiVersion: networking.k8s.io/v1beta1\nkind: NetworkPolicy\nmetadata: {name: x}\n", "NetworkPolicy x"),
        (
            "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {tier: mine}\n",
            "tier `mine`",
        ),
        ("items: []\n", "no `kind`"),
    ] {
        let (exit, out) = verify(&fleet, "prod", "", &format!("{}---\n{text}", rendered(&fleet, "prod")));
        assert!(exit == Exit::BadInput && out.contains(told), "{text}: {out}");
    }
}

#[test]
fn forged_labels_are_seen_in_every_kind_and_leftovers_are_named() {
    let fleet = fleet();
    let forged = "bank.example/egress-s-books: 'true'";
    for object in [
        format!(
            "apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: {{name: x}}\nspec: {{replicatedJobs: [{{template: {{spec: {{template: {{metadata: {{labels: {{{forged}}}}}, spec: {{containers: []}}}}}}}}}}]}}\n"
        ),
        format!(
            "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {{name: x}}\nspec: {{template: {{metadata: {{labels: {{{forged}}}}}, spec: {{domain: {{}}}}}}}}\n"
        ),
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: x}}\nspec: {{workflowSpec: {{podMetadata: {{labels: {{{forged}}}}}}}}}\n"
        ),
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: x}}\nspec: {{workflowSpec: {{templates: [{{metadata: {{labels: {{{forged}}}}}, script: {{}}}}]}}}}\n"
        ),
        format!(
            "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {{name: x}}\nspec: {{driver: {{labels: {{{forged}}}}}}}\n"
        ),
        // Of these it is only known that they write labels.
        format!("apiVersion: acme.example/v1\nkind: Robot\nmetadata: {{name: x}}\nspec: {{podLabels: {{{forged}}}}}\n"),
        format!(
            "apiVersion: acme.example/v1\nkind: Robot\nmetadata: {{name: x}}\nspec: {{arms: [{{template: {{metadata: {{labels: {{{forged}}}}}}}}}]}}\n"
        ),
        format!(
            "apiVersion: acme.example/v1\nkind: Robot\nmetadata: {{name: x}}\nspec: {{common: {{extraLabels: {{{forged}}}}}}}\n"
        ),
    ] {
        let (exit, text) = verify(&fleet, "prod", "", &format!("{}---\n{object}", rendered(&fleet, "prod")));
        assert!(
            exit == Exit::Findings && text.contains("unbacked-label") && text.contains("default/x"),
            "{object}: {text}"
        );
    }
    let old = "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: s-books, namespace: default, labels: {app.kubernetes.io/managed-by: hedgerow}}\nspec: {order: 5000, selector: \"bank.example/routing-name == 'service.books'\", types: [Ingress], ingress: [{action: Log}]}\n";
    let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + old));
    assert!(
        exit == Exit::Findings
            && text.contains("unbacked-policy")
            && text.contains("kubectl delete networkpolicies.projectcalico.org s-books -n default"),
        "{text}"
    );
    // Who deployed it wrote over the label.
    for who in ["Helm", "kustomize-v5.8.1"] {
        let old = old.replace("managed-by: hedgerow", &format!("managed-by: {who}"));
        let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + &old));
        assert!(exit == Exit::Findings && text.contains("is what an earlier version wrote"), "{who}: {text}");
    }
    for other in [
        old.replace("managed-by: hedgerow", "managed-by: Helm").replace("order: 5000", "order: 5001"),
        old.replace("name: s-books", "name: books"),
        old.replace("hedgerow}", "hedgerow, bank.example/policy-of: service.books}"),
        old.replace("hedgerow}", "hedgerow, shop.example/policy-of: service.books}"),
        old.replace("managed-by: hedgerow", "managed-by: us"),
    ] {
        let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + &other));
        assert_eq!(exit, Exit::Done, "{text}");
    }
}

#[test]
fn labels_that_the_rules_give_are_right_in_every_kind() {
    let fleet = fleet();
    for labels in [
        "podLabels: {bank.example/routing-name: service.cart, bank.example/egress-s-books: 'true'}",
        "common: {extraLabels: {bank.example/routing-name: service.books, bank.example/service-type: api}}",
        "arms: [{labels: {bank.example/routing-name: service.cart, bank.example/network-policy: 'true', app: x}}]",
    ] {
        let object =
            format!("---\napiVersion: acme.example/v1\nkind: Robot\nmetadata: {{name: x}}\nspec: {{{labels}}}\n");
        let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + &object));
        assert!(exit == Exit::Done && !text.contains("unbacked-label"), "{labels}: {text}");
        // The same of another service, or of none.
        for (from, to) in [
            ("service.cart", "service.nobody"),
            ("service.books", "service.nobody"),
            ("service-type: api", "service-type: x"),
        ] {
            if !object.contains(from) {
                continue;
            }
            let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + &object.replace(from, to)));
            assert!(
                exit == Exit::Findings && text.contains("Robot default/x") && text.contains("unbacked-label"),
                "{object}: {text}"
            );
        }
    }
}

#[test]
fn sentences_agree_with_how_many_they_are_about() {
    let fleet = fleet();
    // One policy guards, two guard.
    let policies = rendered(&fleet, "prod") + &pod("cart-1", "default", CART);
    let (_, text) = verify(&fleet, "prod", "--complete", &policies);
    assert!(
        text.contains("NetworkPolicy default/s-books and Calico NetworkPolicy default/s-books-backstop guard nobody"),
        "{text}"
    );
    let (_, text) = verify(&fleet, "prod", "--complete", &(without_backstops(&policies)));
    assert!(text.contains("NetworkPolicy default/s-books guards nobody"), "{text}");
    let third = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: third, namespace: default}\nspec: {podSelector: {matchLabels: {bank.example/routing-name: service.books}}, policyTypes: [Ingress]}\n";
    let (_, text) = verify(&fleet, "prod", "--complete", &(policies.clone() + third));
    let three = [
        "NetworkPolicy default/s-books, ",
        "NetworkPolicy default/third",
        "Calico NetworkPolicy default/s-books-backstop",
        " and ",
        " guard nobody",
    ];
    assert!(three.iter().all(|part| text.contains(part)), "{text}");
    assert!(!text.contains("and NetworkPolicy default/third and"), "{text}");
    let (_, text) = verify(&fleet, "prod", "--complete", &pod("cart-1", "default", CART));
    assert!(text.contains("neither a policy nor pods of `service.books` are among the manifests"), "{text}");
    // Planned pods are many.
    let closed = third.replace("name: third", "name: closed");
    let (_, text) = verify(&fleet, "trial", "", &(rendered(&fleet, "trial") + "---\n" + &closed.replace("networking.k8s.io/v1\n", "projectcalico.org/v3\n").replace("podSelector: {matchLabels: {bank.example/routing-name: service.books}}, policyTypes: [Ingress]", "order: 1, selector: \"bank.example/routing-name == 'service.books'\", types: [Ingress], ingress: [{action: Deny}]")));
    assert!(
        text.contains(
            "planned pods default/service.books of `service.books`, which should be open to everybody, are isolated by"
        ),
        "{text}"
    );
}

/// The manifests without the policies that decide over the rest.
fn without_backstops(manifests: &str) -> String {
    manifests.split("---\n").filter(|text| !text.contains("projectcalico.org/v3")).collect::<Vec<_>>().join("---\n")
}

/// What Calico would refuse is not there; what is not modelled decides nothing today.
#[test]
fn staged_policies_that_cannot_be_read() {
    let (live, tried) = (fleet(), fleet_with("audit: {backend: calico-staged}\n"));
    let staged = |kind: &str, spec: &str| {
        format!(
            "---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: theirs, namespace: default}}\nspec: {{{spec}}}\n"
        )
    };
    for (kind, spec, prod, trial, told) in [
        // Refused by the API server.
        (
            "StagedNetworkPolicy",
            "selector: 'app ==', types: [Ingress]",
            Exit::BadInput,
            Exit::BadInput,
            "invalid-policy",
        ),
        (
            "StagedNetworkPolicy",
            "selector: all(), types: [Ingress], ingress: [{action: Allowed}]",
            Exit::BadInput,
            Exit::BadInput,
            "theirs",
        ),
        (
            "StagedKubernetesNetworkPolicy",
            "podSelector: [], policyTypes: [Ingress]",
            Exit::BadInput,
            Exit::BadInput,
            "invalid-policy",
        ),
        (
            "StagedGlobalNetworkPolicy",
            "selector: all(), types: [Ingress], ingress: [{action: Allow, source: {nets: [10.0.0.0/33]}}]",
            Exit::BadInput,
            Exit::BadInput,
            "invalid-policy",
        ),
        // Not modelled: nothing today, and nobody knows what later.
        (
            "StagedNetworkPolicy",
            "selector: all(), types: [Ingress], ingress: [{action: Allow, http: {methods: [GET]}}]",
            Exit::Done,
            Exit::Findings,
            "unsupported-policy",
        ),
        (
            "StagedGlobalNetworkPolicy",
            "selector: all(), types: [Ingress], preDNAT: true, applyOnForward: true",
            Exit::Done,
            Exit::Findings,
            "unsupported-policy",
        ),
        (
            "StagedNetworkPolicy",
            "tier: mine, selector: all(), types: [Egress], egress: [{action: Allow}]",
            Exit::Done,
            Exit::Findings,
            "tier `mine`",
        ),
        // One that is to be deleted lets nobody in.
        (
            "StagedNetworkPolicy",
            "stagedAction: Delete, selector: all(), types: [Ingress], ingress: [{action: Allow, http: {methods: [GET]}}]",
            Exit::Done,
            Exit::Done,
            "unsupported-policy",
        ),
    ] {
        let policy = staged(kind, spec)
            .replace(", namespace: default", if kind.contains("Global") { "" } else { ", namespace: default" });
        // Nothing is staged, then something is.
        for (fleet, environment, expected) in [(&live, "prod", prod), (&tried, "trial", trial)] {
            let (exit, text) = verify(fleet, environment, "", &(rendered(fleet, environment) + &policy));
            assert!(exit == expected && text.contains(told), "{environment}: {policy}: {text}");
            let asks = text
                .contains("what StagedNetworkPolicy default/theirs would do once it is enforced is not known")
                || text.contains("what StagedGlobalNetworkPolicy theirs would do once it is enforced is not known");
            assert_eq!(asks, expected == Exit::Findings, "{environment}: {policy}: {text}");
        }
    }
}

/// A policy with another fleet's mark is no former one of ours, whatever it is called.
#[test]
fn a_policy_of_another_fleet_is_left_alone() {
    let config = "version: 1\nlabels: {domain: bank.example, prefixes: {service.: s-}}\nservices: {include: ['service.*'], defaults: {type: api, ports: [{name: http, port: 8080}]}}\ntypes: {api: {}}\nenvironments: {prod: {stage: enforce}, before: {stage: off}}\n";
    let fleet = tree(&[("hedgerow.yaml", config.as_bytes()), ("service.books/service.yaml", b"{}\n")]);
    let policy = |labels: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: s-books\n  namespace: default\n  labels:\n    {labels}\nspec: {{podSelector: {{matchLabels: {{app: books}}}}, ingress: []}}\n"
        )
    };
    let former = "app.kubernetes.io/managed-by: hedgerow";
    for (labels, is_ours) in [
        (former.to_owned(), true),
        ("bank.example/policy-of: service.books".to_owned(), true),
        (format!("{former}\n    shop.example/policy-of: service.books"), false),
        (format!("shop.example/policy-of: service.books\n    {former}"), false),
        ("app.kubernetes.io/managed-by: Helm".to_owned(), false),
    ] {
        let stream = policy(&labels);
        let ran = Command::new(fleet.path(), "post-render --env before --prune").stdin(stream.clone()).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        assert_eq!(!ran.out().contains(&stream), is_ours, "{labels}: {}", ran.out());

        let out = tempfile::tempdir().unwrap();
        std::fs::write(out.path().join("default.s-old.networkpolicy.yaml"), &stream).unwrap();
        let ran = Command::new(fleet.path(), &format!("render --env prod --out {}", out.path().display())).run();
        let told = "default.s-old.networkpolicy.yaml is of an earlier run and is not rendered any more";
        assert_eq!(ran.stderr.contains(told), is_ours, "{labels}: {}", ran.stderr);
    }
}

#[test]
fn a_policy_that_a_deploy_would_overwrite_is_named() {
    let config = "version: 1\nlabels: {domain: bank.example, prefixes: {service.: s-}}\nservices: {include: ['service.*'], defaults: {type: api, ports: [{name: http, port: 8080}]}}\ntypes: {api: {callers: [api]}}\nenvironments: {prod: {stage: enforce, log: true}, quiet: {stage: enforce, log: false}, before: {stage: off}}\n";
    let fleet = tree(&[("hedgerow.yaml", config.as_bytes()), ("service.books/service.yaml", b"{}\n")]);
    let kubernetes = |name: &str, labels: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: default, labels: {{{labels}}}}}\nspec: {{podSelector: {{matchLabels: {{app: books}}}}, ingress: []}}\n"
        )
    };
    let backstop = "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: s-books-backstop, namespace: default}\nspec: {selector: app == 'books', types: [Ingress]}\n";
    let pods = pod("books-1", "default", BOOKS);
    for (environment, policy, whose) in [
        (
            "prod",
            kubernetes("s-books", ""),
            Some("NetworkPolicy default/s-books has the name of Hedgerow's policy for `service.books`"),
        ),
        (
            "quiet",
            kubernetes("s-books", ""),
            Some("NetworkPolicy default/s-books has the name of Hedgerow's policy for `service.books`"),
        ),
        ("before", kubernetes("s-books", ""), None),
        ("prod", kubernetes("s-books", "bank.example/policy-of: service.books"), None),
        ("prod", kubernetes("s-books", "app.kubernetes.io/managed-by: hedgerow"), None),
        // Another fleet's, which wears that one's mark.
        (
            "prod",
            kubernetes("s-books", "app.kubernetes.io/managed-by: hedgerow, shop.example/policy-of: service.books"),
            Some("NetworkPolicy default/s-books has the name of Hedgerow's policy for `service.books`"),
        ),
        ("prod", kubernetes("s-books", "shop.example/policy-of: a, bank.example/policy-of: service.books"), None),
        ("prod", kubernetes("books", ""), None),
        (
            "prod",
            kubernetes("catch-all-api", ""),
            Some("NetworkPolicy default/catch-all-api has the name of Hedgerow's policy for `api`"),
        ),
        (
            "prod",
            backstop.to_owned(),
            Some("Calico NetworkPolicy default/s-books-backstop has the name of Hedgerow's policy for `service.books`"),
        ),
        ("quiet", backstop.to_owned(), None),
    ] {
        let (_, text) = verify(&fleet, environment, "", &format!("{pods}{policy}"));
        let should = whose.map(|whose| format!("warning[unbacked-policy]: {whose}, which would overwrite it"));
        match &should {
            Some(should) => assert!(text.contains(should), "{environment}: {policy}{text}"),
            None => assert!(!text.contains("would overwrite"), "{environment}: {policy}{text}"),
        }
    }
}
