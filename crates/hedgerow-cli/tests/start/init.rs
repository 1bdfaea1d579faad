//! `hedgerow init` on trees of the shapes that people have.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;
use std::path::Path;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: x\n        ports: [{name: http, containerPort: PORT}]\n";

fn deployment(name: &str, port: &str) -> Vec<u8> {
    DEPLOYMENT.replace("NAME", name).replace("PORT", port).into_bytes()
}

/// What is written, after it was seen that `check` finds nothing wrong with it.
#[track_caller]
fn proposed(root: &Path, arguments: &str) -> String {
    let ran = Command::new(root, &format!("init --domain bank.example {arguments}")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let text = std::fs::read_to_string(root.join("hedgerow.yaml")).unwrap();
    let check = Command::new(root, "check").run();
    assert_eq!(check.exit, Exit::Done, "{text}\n{}{}", check.out(), check.stderr);
    text
}

fn labels(root: &Path, service: &str, environment: &str) -> String {
    let ran = Command::new(root, &format!("labels {service} --env {environment}")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    ran.out().to_owned()
}

#[test]
fn overlays_give_environments_and_what_namespaces_are_called_there() {
    let files: &[(&str, &[u8])] = &[
        ("apps/cart/base/kustomization.yaml", b"resources: [deployment.yaml]\n"),
        ("apps/cart/base/deployment.yaml", &deployment("cart", "8080")),
        (
            "apps/cart/overlays/staging/kustomization.yaml",
            b"namespace: shop-staging\nresources: [../../base]\npatches: [{path: more.yaml}]\n",
        ),
        ("apps/cart/overlays/staging/more.yaml", &deployment("a-patch-is-no-workload", "1")),
        ("apps/cart/overlays/prod/kustomization.yaml", b"namespace: shop-prod\nresources: [../../base]\n"),
        ("apps/orders/base/deployment.yaml", &deployment("orders", "9090")),
        (".github/CODEOWNERS", b"* @all\n/apps/orders/ @money\n"),
    ];
    let root = tree(files);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("    - \"apps/*\"\n"), "{text}");
    assert!(text.contains("  prod: {stage: off, namespaces: {shop: shop-prod}}\n"), "{text}");
    assert!(text.contains("  staging: {stage: off, namespaces: {shop: shop-staging}}\n"), "{text}");
    assert!(text.contains("    namespace: shop\n") && text.contains("namespaces: [shop]"), "{text}");
    assert!(!text.contains("a-patch"), "{text}");
    let own = std::fs::read_to_string(root.path().join("apps/orders/service.yaml")).unwrap();
    assert!(own.contains("owner: \"@money\"\nports:\n  - {name: http, port: 9090}\n"), "{own}");
    assert!(labels(root.path(), "cart", "staging").contains("bank.example/routing-name=cart"));
}

#[test]
fn an_umbrella_chart_gives_its_charts() {
    let root = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: cart, version: 1.0.0}, {name: orders, version: 1.0.0}]\n"),
        ("shop/values-staging.yaml", b"{}\n"),
        ("shop/values-prod.yaml", b"{}\n"),
        ("shop/charts/cart/Chart.yaml", b"apiVersion: v2\nname: cart\nversion: 1.0.0\n"),
        ("shop/charts/cart/templates/deployment.yaml", b"kind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  template:\n    spec:\n      containers:\n      - ports:\n        - containerPort: 8080 # http\n"),
        ("shop/charts/orders/Chart.yaml", b"apiVersion: v2\nname: orders\nversion: 1.0.0\n"),
        ("shop/charts/orders/templates/deployment.yaml", b"containers: []\n"),
        ("shop/charts/common/Chart.yaml", b"apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n"),
        ("services/cart/main.go", b"package main\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(
        text.contains("# 2 services:\n#   cart: services/cart; shop/charts/cart/Chart.yaml; ports 8080\n"),
        "{text}"
    );
    assert!(text.contains("  prod: {stage: off}\n  staging: {stage: off}\n"), "{text}");
    assert!(text.contains("- \"shop/charts/orders\"\n"), "{text}");
}

#[test]
fn a_compose_tree_gives_its_services_where_nothing_else_does() {
    let root = tree(&[
        ("docker-compose.yml", b"services:\n  cart: {build: ./cart, ports: ['8080:80', {target: 53, protocol: udp}]}\n  db: {image: postgres, expose: ['5432']}\n"),
        ("cart/Dockerfile", b"FROM scratch\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("#   cart: cart; docker-compose.yml; ports 53 80\n"), "{text}");
    assert!(text.contains("#   db: hedgerow/db (not there yet); docker-compose.yml; ports 5432\n"), "{text}");
    let own = std::fs::read_to_string(root.path().join("cart/service.yaml")).unwrap();
    assert!(own.contains("  - {port: 53, protocol: UDP}\n  - {port: 80}\n"), "{own}");
}

#[test]
fn whatever_the_renderer_knows_to_make_pods_is_a_service() {
    let pod = "spec: {containers: [{name: main, image: x, ports: [{containerPort: 7000}]}]}";
    let object = |kind: &str, group: &str, name: &str, spec: &str| {
        format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n")
            .into_bytes()
    };
    let root = tree(&[
        ("a/job.yaml", &object("Job", "batch", "statements", &format!("{{template: {{{pod}}}}}"))),
        (
            "a/night.yaml",
            &object("CronJob", "batch", "nightly", &format!("{{jobTemplate: {{spec: {{template: {{{pod}}}}}}}}}")),
        ),
        (
            "a/rays.yaml",
            &object("RayCluster", "ray.io", "model", &format!("{{workerGroupSpecs: [{{}}, {{template: {{{pod}}}}}]}}")),
        ),
        (
            "a/torch.yaml",
            &object(
                "PyTorchJob",
                "kubeflow.org",
                "train",
                &format!("{{pytorchReplicaSpecs: {{Master: {{template: {{{pod}}}}}}}}}"),
            ),
        ),
        // A kind of the same name that is none of Kubernetes, a patch, and a template that is no pod's.
        ("a/other.yaml", &object("Job", "nomad.example", "elsewhere", &format!("{{template: {{{pod}}}}}"))),
        ("a/patch.yaml", &object("Job", "batch", "patch", "{template: {metadata: {labels: {a: b}}}}")),
        ("a/secret.yaml", &object("SealedSecret", "bitnami.com", "secret", &format!("{{template: {{{pod}}}}}"))),
        ("node_modules/x.yaml", &deployment("brought", "1")),
        ("third_party/x.yaml", &deployment("foreign", "1")),
    ]);
    let text = proposed(root.path(), "");
    for name in ["statements", "nightly", "model", "train"] {
        assert!(text.contains(&format!("#   {name}: ")) && text.contains("ports 7000"), "{name}: {text}");
    }
    for name in ["elsewhere", "patch:", "secret:", "brought", "foreign"] {
        assert!(!text.contains(&format!("#   {name}")), "{name}: {text}");
    }
}

#[test]
fn applications_of_argo_cd_give_namespaces() {
    let root = tree(&[
        ("apps/prod/cart.yaml", b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cart}\nspec: {destination: {namespace: shop}, source: {path: manifests/cart}}\n"),
        ("apps/staging/cart.yaml", b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cart}\nspec: {destination: {namespace: shop-staging}, source: {path: manifests/cart}}\n"),
        ("manifests/cart/deployment.yaml", &deployment("cart", "8080")),
        // The manifest is in the way of ours.
        ("manifests/orders/service.yaml", b"apiVersion: v1\nkind: Service\nmetadata: {name: orders}\n"),
        ("manifests/orders/deployment.yaml", &deployment("orders", "8080")),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("#   orders: hedgerow/orders (not there yet)"), "{text}");
    assert!(text.contains("  staging: {stage: off, namespaces: {shop: shop-staging}}\n"), "{text}");
    assert!(text.contains("  prod: {stage: off}\n"), "{text}");
}

#[test]
fn code_elsewhere_is_named_for_the_scan() {
    let root = tree(&[
        ("charts/cart/Chart.yaml", b"name: cart\nversion: 1.0.0\n"),
        ("charts/cart/templates/deployment.yaml", b"containers: []\n"),
        ("charts/orders/Chart.yaml", b"name: orders\nversion: 1.0.0\n"),
        ("charts/orders/templates/deployment.yaml", b"containers: []\n"),
        ("code/cart/service.yaml", b"apiVersion: v1\nkind: Service\n"),
        ("code/cart/main.go", b"package main\n"),
        ("code/orders/service.yaml", b"apiVersion: v1\nkind: Service\n"),
        ("code/orders/main.go", b"package main\n"),
    ]);
    let text = proposed(root.path(), "");
    assert!(text.contains("scan:\n  services:\n    - {path: \"code/{name}\"}\n"), "{text}");
}

#[test]
fn nothing_is_written_over() {
    let root = tree(&[
        ("a/deployment.yaml", &deployment("a", "1")),
        ("a/service.yaml", b"owner: me\n"),
        ("b/deployment.yaml", &deployment("b", "1")),
    ]);
    let ran = Command::new(root.path(), "init --services").run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.stderr.contains("and 1 service.yaml file; 1 file there already"), "{}", ran.stderr);
    assert_eq!(std::fs::read(root.path().join("a/service.yaml")).unwrap(), b"owner: me\n");
    let before = std::fs::read(root.path().join("hedgerow.yaml")).unwrap();
    let again = Command::new(root.path(), "init --services").run();
    assert_eq!(again.exit, Exit::BadInput);
    assert_eq!(std::fs::read(root.path().join("hedgerow.yaml")).unwrap(), before);
    let dry = Command::new(root.path(), "init --dry-run --services").run();
    assert_eq!(dry.exit, Exit::Done);
    assert!(
        dry.out().starts_with("--- hedgerow.yaml\n") && dry.out().contains("--- b/service.yaml\n"),
        "{}",
        dry.out()
    );
}

#[test]
fn an_odd_tree_gives_a_file_that_can_be_read() {
    let root = tree(&[
        ("x/deployment.yaml", b"kind: Deployment\nmetadata: {name: \"UP per\"}\nspec: {template: {spec: {containers: [{ports: [{containerPort: 99999}, {containerPort: -1}, {}]}]}}}\n---\n{{ broken\n"),
        ("y/deployment.yaml", b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: y}\nspec: {template: {spec: {containers: [{ports: [{containerPort: 80, name: NOT_A_NAME}, {containerPort: 81, name: http}, {containerPort: 82, name: http}, {containerPort: 80, protocol: UDP}]}]}}}\n"),
        ("z/compose.yaml", b"services: [a, b]\n"),
        ("z/Chart.yaml", b"name: [1]\n"),
        ("z/kustomization.yaml", b"\xff\xfe"),
        ("w/overlays/prod-eu/kustomization.yaml", b"namespace: Not_A_Namespace\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("# 1 service:\n#   y: y; y/deployment.yaml; ports 80 http=81 82\n"), "{text}");
    assert!(text.contains("  prod-eu: {stage: off}\n"), "{text}");
}
