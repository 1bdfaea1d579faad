//! Ingress controllers and gateways call the Services that Ingresses and routes name.

use crate::{outcome, summary};

const SERVICES: &str = "-- service.shop/x.txt\n-- service.ledger/x.txt\n";

/// The controllers of a fleet, as services that the tree declares and does not deploy.
fn tree(controllers: &[&str], object: &str) -> String {
    let controllers: String = controllers.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
    format!(
        "{SERVICES}{controllers}-- k8s/routes.yaml\n{object}\n-- k8s/ledger.yaml\nkind: Service\nmetadata: {{name: s-ledger}}\nspec: {{}}\n"
    )
}

#[track_caller]
fn calls(rows: &[(&str, String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, summary(&outcome(tree)), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn ingress(class: &str) -> String {
    format!(
        "kind: Ingress\nmetadata: {{name: shop}}\nspec: {{{class}rules: [{{http: {{paths: [{{path: /, backend: {{service: {{name: s-ledger, port: {{number: 80}}}}}}}}]}}}}]}}"
    )
}

#[test]
fn a_controller_calls_what_its_objects_name() {
    let nginx: &[&str] = &["ingress-nginx -> ledger joined"];
    let traefik: &[&str] = &["traefik -> ledger joined"];
    let old = "kind: Ingress\nmetadata: {name: a, annotations: {kubernetes.io/ingress.class: nginx}}\nspec: {backend: {serviceName: s-ledger, servicePort: 80}}";
    let gateway = "kind: Gateway\nmetadata: {name: edge}\nspec: {gatewayClassName: own}\n---\nkind: GatewayClass\nmetadata: {name: own}\nspec: {controllerName: traefik.io/gateway-controller}\n---\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: s-ledger, port: 80}]}]}";
    let class = "kind: IngressClass\nmetadata: {name: public}\nspec: {controller: k8s.io/ingress-nginx}\n---\n"
        .to_owned()
        + &ingress("ingressClassName: public, ");
    let route = "kind: IngressRoute\nmetadata: {name: a}\nspec: {routes: [{match: Host(`a`), services: [{name: s-ledger, port: 80}]}]}";
    let virtual_service = "kind: VirtualService\nmetadata: {name: a}\nspec: {gateways: [edge], http: [{route: [{destination: {host: s-ledger.prod.svc.cluster.local, port: {number: 80}}}]}]}";
    let proxy = "kind: HTTPProxy\nmetadata: {name: a}\nspec: {routes: [{services: [{name: s-ledger, port: 80}]}]}";
    let mapping = "kind: Mapping\nmetadata: {name: a}\nspec: {prefix: /a, service: 'http://s-ledger:80'}";
    let both = &["ingress-nginx", "traefik"][..];
    calls(&[
        ("an Ingress of a class", tree(both, &ingress("ingressClassName: nginx, ")), nginx),
        ("of the other class", tree(both, &ingress("ingressClassName: traefik-internal, ")), traefik),
        ("of a class that the tree declares", tree(both, &class), nginx),
        ("as it was written before", tree(both, old), nginx),
        ("without a class, of the only controller", tree(&["traefik"], &ingress("")), traefik),
        ("of a gateway", tree(both, gateway), traefik),
        ("Traefik's own", tree(both, route), traefik),
        ("Istio's", tree(&["istio-ingressgateway"], virtual_service), &["istio-ingressgateway -> ledger joined"]),
        ("Contour's", tree(&["contour-envoy"], proxy), &["contour-envoy -> ledger joined"]),
        ("Emissary's", tree(&["ambassador"], mapping), &["ambassador -> ledger joined"]),
        // What is not told is no call.
        ("without a class, of two", tree(both, &ingress("")), &[]),
        ("of a class that no controller has", tree(&["traefik"], &ingress("ingressClassName: nginx, ")), &[]),
        ("of no controller of the fleet", tree(&["cart"], &ingress("ingressClassName: nginx, ")), &[]),
        (
            "of a Service that is nobody's",
            tree(both, &ingress("ingressClassName: nginx, ").replace("s-ledger", "other")),
            &[],
        ),
        (
            "a ConfigMap that looks like it",
            tree(both, &ingress("ingressClassName: nginx, ").replace("kind: Ingress", "kind: ConfigMap")),
            &[],
        ),
    ]);
}

#[test]
fn a_controller_is_known_by_its_image() {
    let deployment = |image: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: s-edge}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: '{image}'}}]}}}}}}\n---\n{}",
            ingress("ingressClassName: nginx, ")
        )
    };
    let edge: &[&str] = &["edge -> ledger joined"];
    calls(&[
        (
            "ingress-nginx",
            tree(&["edge"], &deployment("registry.k8s.io/ingress-nginx/controller:v1.11@sha256:aa")),
            edge,
        ),
        ("nginx' own", tree(&["edge"], &deployment("nginx/nginx-ingress:3.6")), edge),
        ("a plain nginx", tree(&["edge"], &deployment("nginx:1.27")), &[]),
        ("another maker's", tree(&["edge"], &deployment("haproxytech/kubernetes-ingress:3")), &[]),
    ]);
}
