//! Umbrella charts: their pods are called after the release, and a label says whose they are.

use crate::common::{Command, tree};
use crate::init::proposed;

fn part(name: &str, label: &str) -> Vec<(String, String)> {
    let pods = format!(
        "kind: Deployment\nmetadata: {{name: {{{{ .Release.Name }}}}-{name}}}\nspec:\n  template:\n    metadata:\n      labels:\n        {label}\n    spec:\n      containers:\n      - image: x\n"
    );
    vec![
        (format!("shop/charts/{name}/Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n")),
        (format!("shop/charts/{name}/templates/deployment.yaml"), pods),
    ]
}

fn said(parts: &[(&str, &str)]) -> String {
    let names: Vec<String> = parts.iter().map(|(name, _)| format!("{{name: {name}, version: 1.0.0}}")).collect();
    let umbrella = format!("apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{}]\n", names.join(", "));
    let mut files = vec![("shop/Chart.yaml".to_owned(), umbrella)];
    parts.iter().for_each(|(name, label)| files.extend(part(name, label)));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    proposed(tree(&files).path(), "--services").replace("\n#     ", " ")
}

#[test]
fn a_label_that_names_services_is_said() {
    const NAME: &str = "app.kubernetes.io/name: {{ include \"cart.name\" . }}";
    const COMPONENT: &str = "\"app.kubernetes.io/component\": cart";
    let fits_all = "so that a deploy finds them by `labels: {identity: app.kubernetes.io/name}`: cart, orders";
    let some = "by `identity: {app.kubernetes.io/name: NAME}` in their service.yaml, or, once all pods wear it, by `labels: {identity: app.kubernetes.io/name}`: cart\n#   pods of these are called after the release, too, and the label was not seen: orders";
    for (cart, orders, expected) in [
        (NAME, "app.kubernetes.io/name: {{ .Chart.Name }}", Some(fits_all)),
        (NAME, "app.kubernetes.io/name: orders", Some(fits_all)),
        (NAME, "tier: web", Some(some)),
        (
            COMPONENT,
            "app.kubernetes.io/component: orders",
            Some("by `labels: {identity: app.kubernetes.io/component}`: cart, orders"),
        ),
        (
            "app: cart",
            "app: {{ template \"orders.name\" . }}",
            Some("by `identity: {app: NAME}` in their service.yaml: cart, orders"),
        ),
        ("app: shop", "app: {{ include \"orders.fullname\" . }}", None),
    ] {
        let text = said(&[("cart", cart), ("orders", orders)]);
        match expected {
            Some(words) => assert!(text.contains(words), "{cart}, {orders}: {text}"),
            None => assert!(!text.contains("called after the release"), "{cart}, {orders}: {text}"),
        }
    }
}

#[test]
fn the_help_for_unclaimed_pods_names_the_label() {
    let root = tree(&[
        ("hedgerow.yaml", b"version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"services/*\"]}\nenvironments: {prod: {stage: off}}\n"),
        ("services/cart/service.yaml", b""),
        ("services/orders/service.yaml", b""),
        ("services/shop/service.yaml", b""),
    ]);
    let object = |name: &str, labels: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: a}}]}}}}}}\n"
        )
    };
    let fleet = "or `labels: {identity: app.kubernetes.io/name}` in hedgerow.yaml, if the pods of all services wear it";
    for (one, other, expected) in [
        ("app.kubernetes.io/name: cart", "app.kubernetes.io/name: orders", Some(fleet)),
        (
            "app.kubernetes.io/name: cart",
            "tier: web",
            Some("write `identity: {app.kubernetes.io/name: cart}` in the service.yaml of `cart`"),
        ),
        (
            "app: cart, app.kubernetes.io/name: cart",
            "app: orders",
            Some("write `identity: {app: cart}` in the service.yaml of `cart`\n"),
        ),
        (
            "app: cart, app.kubernetes.io/name: shop",
            "app: orders, app.kubernetes.io/name: shop",
            Some("`identity: {app: cart}`"),
        ),
        // The name of the whole, and names of nobody.
        ("app.kubernetes.io/name: shop", "app.kubernetes.io/name: shop", None),
        ("app: web", "app.kubernetes.io/name: mail", None),
    ] {
        let stream = object("rel-a", one) + &object("rel-b", other);
        let ran = Command::new(root.path(), "post-render --env prod").stdin(stream).run();
        assert!(ran.stderr.contains("no service claims 2 workloads"), "{}", ran.stderr);
        match expected {
            Some(words) => assert!(ran.stderr.contains(words), "{one}, {other}: {}", ran.stderr),
            None => assert!(!ran.stderr.contains("identity"), "{one}, {other}: {}", ran.stderr),
        }
    }
}

#[test]
fn packed_charts_and_charts_that_helm_fetches_are_told() {
    let of = |name: &str, dependencies: &str| {
        format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies: [{dependencies}]\n")
    };
    let shop = of(
        "shop",
        "{name: mongodb, version: 1.x}, {name: redis, alias: cache, version: 1.x}, {name: cart, version: 1.x}",
    );
    let cart = of("cart", "");
    let root = tree(&[
        ("shop/Chart.yaml", shop.as_bytes()),
        ("shop/charts/mongodb-10.7.0.tgz", b"\x1f\x8b"),
        ("shop/charts/cart/Chart.yaml", cart.as_bytes()),
        ("shop/charts/cart/templates/deployment.yaml", b"containers: []\n"),
        ("shop/data.tgz", b"\x1f\x8b"),
        // It brings another's of its own name, and is brought by nobody.
        (
            "blog/Chart.yaml",
            b"apiVersion: v2\nname: blog\nversion: 1.0.0\ndependencies: [{name: blog, version: 1.x}]\n",
        ),
        ("blog/templates/deployment.yaml", b"containers: []\n"),
    ]);
    let text = proposed(root.path(), "").replace("\n#     ", " ");
    for said in [
        "charts that are packed, and whose services are not proposed before they are unpacked: shop/charts/mongodb-10.7.0.tgz\n",
        "and not proposed (`helm dependency build` fetches them): cache\n",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("the label was not seen: blog"), "{text}");
}

#[test]
fn code_of_the_nearest_chart_is_a_service_s() {
    let of = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let (core, amf, upf) = (of("core"), of("core-amf"), of("core-upf"));
    let pods: &[u8] = b"metadata:\n  name: {{ .name }}\ncontainers: []\n";
    let root = tree(&[
        ("charts/core/Chart.yaml", core.as_bytes()),
        ("charts/core/charts/core-amf/Chart.yaml", amf.as_bytes()),
        ("charts/core/charts/core-amf/templates/deployment.yaml", pods),
        ("charts/core/charts/core-upf/Chart.yaml", upf.as_bytes()),
        ("charts/core/charts/core-upf/templates/one-deployment.yaml", pods),
        ("charts/core/charts/core-upf/templates/two-deployment.yaml", pods),
        ("docker/core/base/Dockerfile", b"FROM scratch\n"),
        ("docker/core/core-amf/Dockerfile", b"FROM scratch\n"),
        ("docker/core/core-upf/Dockerfile", b"FROM scratch\n"),
    ]);
    let text = proposed(root.path(), "");
    for name in ["one", "two"] {
        assert!(text.contains(&format!("    - {{path: \"docker/core/core-upf\", name: {name}}}\n")), "{name}: {text}");
    }
    // Without a directory of its own, that of all is nobody's.
    std::fs::remove_dir_all(root.path().join("docker/core/core-upf")).unwrap();
    std::fs::remove_file(root.path().join("hedgerow.yaml")).unwrap();
    let text = proposed(root.path(), "");
    assert!(!text.contains("path: \"docker/core\""), "{text}");
}
