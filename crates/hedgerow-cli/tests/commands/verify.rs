//! `verify` from end to end: what it must not call right, and how it ends.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;
use tempfile::TempDir;

/// Books is called by cart; one environment drops and one tries.
fn fleet() -> TempDir {
    let config = "version: 1\nlabels: {domain: bank.example, prefixes: {service.: s-}}\nservices: {include: ['service.*'], defaults: {type: api, ports: [{name: http, port: 8080}]}}\ntypes: {api: {}}\nenvironments: {prod: {stage: enforce, log: true}, trial: {stage: audit, log: true}}\n";
    tree(&[
        ("hedgerow.yaml", config.as_bytes()),
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
            (pod("books-1", "elsewhere", BOOKS), "guards nobody"),
            (pod("books-1", "default", BOOKS).replace("phase: Running", "phase: Succeeded"), "guards nobody"),
            (String::new(), "guards nobody"),
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
        old.replace("managed-by: hedgerow", "managed-by: us"),
    ] {
        let (exit, text) = verify(&fleet, "prod", "", &(rendered(&fleet, "prod") + &other));
        assert_eq!(exit, Exit::Done, "{text}");
    }
}
