//! `hedgerow init` on what kustomizations and applications give.

use crate::common::tree;
use crate::init::{deployment, proposed};

#[test]
fn an_environment_s_namespace_is_read_through_components_and_bases() {
    let component = |namespace: &str| format!("kind: Component\nnamespace: {namespace}\n").into_bytes();
    let overlay = |component: &str| {
        format!("resources: [../../base]\ncomponents: [../../../components/{component}, ../../../components/plain]\n")
            .into_bytes()
    };
    let cart = deployment("cart", "8080");
    let (production, staging) = (component("shop-production"), component("shop-staging"));
    let (of_production, of_staging) = (overlay("production"), overlay("staging"));
    let root = tree(&[
        ("components/production/kustomization.yaml", &production),
        ("components/staging/kustomization.yaml", &staging),
        ("components/plain/kustomization.yaml", b"kind: Component\n"),
        ("cart/base/kustomization.yaml", b"resources: [deployment.yaml]\n"),
        ("cart/base/deployment.yaml", &cart),
        ("cart/overlays/production/kustomization.yaml", &of_production),
        ("cart/overlays/production-fwi/kustomization.yaml", &of_production),
        ("cart/overlays/init-db-staging/kustomization.yaml", &of_staging),
        // Its own word counts for more than the component's, and so does the last component.
        ("cart/overlays/dev/kustomization.yaml", b"namespace: shop-dev\ncomponents: [../../../components/staging]\n"),
        (
            "cart/overlays/qa/kustomization.yaml",
            b"components: [../../../components/staging, ../../../components/production]\n",
        ),
        // A base that is an overlay, and two that do not agree.
        ("cart/overlays/canary/kustomization.yaml", b"resources: [../production-fwi, more.yaml]\n"),
        ("cart/overlays/test/kustomization.yaml", b"resources: [../production-fwi, ../init-db-staging]\n"),
        // One that brings itself ends.
        ("cart/overlays/uat/kustomization.yaml", b"resources: [../uat]\ncomponents: [../uat]\n"),
    ]);
    let text = proposed(root.path(), "");
    let of = |name: &str, namespace: &str| format!("  {name}: {{stage: off, namespaces: {{shop: {namespace}}}}}\n");
    for (name, namespace) in [
        ("production", "shop-production"),
        ("production-fwi", "shop-production"),
        ("init-db-staging", "shop-staging"),
        ("dev", "shop-dev"),
        ("qa", "shop-production"),
        ("canary", "shop-production"),
    ] {
        assert!(text.contains(&of(name, namespace)), "{name}: {text}");
    }
    for name in ["test", "uat"] {
        assert!(text.contains(&format!("  {name}: {{stage: off}}\n")), "{name}: {text}");
    }
}

#[test]
fn one_environment_with_more_in_its_name_gives_the_plain_namespace() {
    let cart = deployment("cart", "8080");
    let root = tree(&[
        ("base/kustomization.yaml", b"resources: [deployment.yaml]\n"),
        ("base/deployment.yaml", &cart),
        ("components/common/kustomization.yaml", b"namespace: shop-prod\n"),
        ("overlays/prod-eu/kustomization.yaml", b"resources: [../../base]\ncomponents: [../../components/common]\n"),
    ]);
    let text = proposed(root.path(), "");
    assert!(text.contains("  prod-eu: {stage: off, namespaces: {shop: shop-prod}}\n"), "{text}");
}

#[test]
fn an_application_whose_name_is_a_template_is_told_by_its_file() {
    let of = |kind: &str, name: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\nspec: {{source: {{path: gone/there}}}}\n"
        )
    };
    let printed = format!(
        "{{{{- range .Values.applications }}}}\n{}---\n{{{{ end -}}}}\n",
        of("Application", "{{ printf \"example.%s\" .name | quote }}")
    );
    let (joined, plain) = (of("Application", "shop-{{ .name }}"), of("Application", "mail"));
    let set = of("ApplicationSet", "'{{ .name }}-set'");
    let root = tree(&[
        ("apps/templates/applications.yaml", printed.as_bytes()),
        ("apps/templates/joined.yaml", joined.as_bytes()),
        ("apps/templates/set.yaml", set.as_bytes()),
        ("mail.yaml", plain.as_bytes()),
    ]);
    let text = proposed(root.path(), "").replace("\n#     ", " ");
    for said in [
        "applications whose workloads are not in this tree: mail\n",
        "applications whose names are templates, and whose workloads are not in this tree, in: apps/templates/applications.yaml, apps/templates/joined.yaml\n",
        "the ApplicationSet in apps/templates/set.yaml is not understood",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("TEMPLATED"), "{text}");
}
