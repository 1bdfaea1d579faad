//! Ingress controllers and gateways call the Services that Ingresses and routes name.

use crate::finds_all;

const SERVICES: &str = "-- service.shop/x.txt\n-- service.ledger/x.txt\n";

/// The controllers of a fleet, as services that the tree declares and does not deploy.
fn tree(controllers: &[&str], object: &str) -> String {
    let controllers: String = controllers.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
    format!(
        "{SERVICES}{controllers}-- k8s/routes.yaml\n{object}\n-- k8s/ledger.yaml\nkind: Service\nmetadata: {{name: s-ledger}}\nspec: {{}}\n"
    )
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
    let rule = "apiVersion: oathkeeper.ory.sh/v1alpha1\nkind: Rule\nmetadata: {name: a}\nspec: {upstream: {url: 'http://s-ledger.default.svc.cluster.local:80'}, match: {url: 'http://s-shop/<.*>'}}";
    let asking = "apiVersion: oathkeeper.ory.sh/v1alpha1\nkind: Rule\nmetadata: {name: a}\nspec: {upstream: {url: 'http://books.example.com'}, mutators: [{handler: hydrator, config: {api: {url: 'http://s-ledger/a'}}}], errors: [{handler: redirect, config: {to: 'http://s-shop/login', url: 'http://s-shop'}}]}";
    let both = &["ingress-nginx", "traefik"][..];
    finds_all(&[
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
        ("Oathkeeper's", tree(&["oathkeeper"], rule), &["oathkeeper -> ledger joined"]),
        ("whom Oathkeeper asks", tree(&["oathkeeper"], asking), &["oathkeeper -> ledger joined"]),
        ("a rule of others", tree(&["oathkeeper"], &rule.replace("oathkeeper.ory.sh", "example.com")), &[]),
        // What is not told is no call, or is not certain.
        (
            "without a class, of two",
            tree(both, &ingress("")),
            &["ingress-nginx -> ledger wildcard", "traefik -> ledger wildcard"],
        ),
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
    finds_all(&[
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

/// A workload of the service `s-NAME` whose containers run some images, with what else is said of its pods.
fn workload(name: &str, images: &[&str], said: &str) -> String {
    let containers: Vec<String> = images
        .iter()
        .enumerate()
        .map(|(at, image)| match image.split_once(' ') {
            Some((image, args)) => format!("{{name: c{at}, image: '{image}', args: [{args}]}}"),
            None => format!("{{name: c{at}, image: '{image}'}}"),
        })
        .collect();
    format!(
        "kind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{metadata: {{{said}}}, spec: {{containers: [{}]}}}}}}\n---\n",
        containers.join(", ")
    )
}

const HTTP: &str = "http: [{route: [{destination: {host: s-ledger}}]}]";

fn virtual_service(gateways: &str) -> String {
    format!("kind: VirtualService\nmetadata: {{name: a}}\nspec: {{{gateways}{HTTP}}}")
}

fn route(parents: &str) -> String {
    format!(
        "kind: HTTPRoute\nmetadata: {{name: a}}\nspec: {{{parents}rules: [{{backendRefs: [{{name: s-ledger, port: 80}}]}}]}}"
    )
}

#[test]
fn what_is_of_the_mesh_asks_no_gateway() {
    let istio = &["istio-ingressgateway"][..];
    let calls_it: &[&str] = &["istio-ingressgateway -> ledger joined"];
    let traefik: &[&str] = &["traefik -> ledger joined"];
    let delegate = |root: &str| {
        format!(
            "kind: VirtualService\nmetadata: {{name: root}}\nspec: {{{root}http: [{{delegate: {{name: a}}}}]}}\n---\n{}",
            virtual_service("")
        )
    };
    finds_all(&[
        ("no gateways", tree(istio, &virtual_service("")), &[]),
        ("an empty list", tree(istio, &virtual_service("gateways: [], ")), &[]),
        ("the mesh", tree(istio, &virtual_service("gateways: [mesh], ")), &[]),
        ("the mesh and a gateway", tree(istio, &virtual_service("gateways: [mesh, edge], ")), calls_it),
        ("of another namespace", tree(istio, &virtual_service("gateways: [istio-system/edge], ")), calls_it),
        ("taken in by one with a gateway", tree(istio, &delegate("gateways: [edge], ")), calls_it),
        ("taken in by one of the mesh", tree(istio, &delegate("")), &[]),
        (
            "a Service as parent",
            tree(&["traefik"], &route("parentRefs: [{kind: Service, group: '', name: s-ledger}], ")),
            &[],
        ),
        ("a ServiceEntry", tree(&["traefik"], &route("parentRefs: [{kind: ServiceEntry, name: x}], ")), &[]),
        (
            "a Service and a Gateway",
            tree(&["traefik"], &route("parentRefs: [{kind: Service, name: s-ledger}, {name: traefik-edge}], ")),
            traefik,
        ),
    ]);
}

#[test]
fn of_several_controllers_none_is_certain() {
    let nginx =
        |name: &str, args: &str| workload(name, &[&format!("registry.k8s.io/ingress-nginx/controller:v1 {args}")], "");
    let two = |one: &str, other: &str, object: &str| {
        tree(&["edge", "inner"], &format!("{}{}{object}", nginx("edge", one), nginx("inner", other)))
    };
    let both: &[&str] = &["edge -> ledger wildcard", "inner -> ledger wildcard"];
    let inner: &[&str] = &["inner -> ledger joined"];
    let class = "kind: IngressClass\nmetadata: {name: private}\nspec: {controller: k8s.io/inner-ingress-nginx}\n---\n";
    let usual = "kind: IngressClass\nmetadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}\nspec: {controller: k8s.io/ingress-nginx}\n---\n";
    let istio = |name: &str, label: &str| {
        workload(name, &["istio/proxyv2:1.24 proxy, router"], &format!("labels: {{istio: {label}}}"))
    };
    let gateway = |selector: &str| {
        format!(
            "{}{}kind: Gateway\nmetadata: {{name: edge}}\nspec: {{selector: {{istio: {selector}}}}}\n---\n{}",
            istio("edge", "front"),
            istio("inner", "back"),
            virtual_service("gateways: [edge], ")
        )
    };
    finds_all(&[
        ("of one maker", two("", "", &ingress("ingressClassName: nginx, ")), both),
        ("without a class", two("", "", &ingress("")), both),
        (
            "by the flag of the class",
            two("", "'--ingress-class=nginx-inner'", &ingress("ingressClassName: nginx-inner, ")),
            inner,
        ),
        ("by two words", two("", "--ingress-class, nginx-inner", &ingress("ingressClassName: nginx-inner, ")), inner),
        (
            "by the controller of the class",
            two(
                "",
                "'--controller-class=k8s.io/inner-ingress-nginx'",
                &format!("{class}{}", ingress("ingressClassName: private, ")),
            ),
            inner,
        ),
        (
            "a class of a name of its own, by the flag",
            two("", "'--ingress-class=private'", &ingress("ingressClassName: private, ")),
            inner,
        ),
        // The flag has to be about classes.
        ("by another flag", two("", "'--election-id=nginx-inner'", &ingress("ingressClassName: nginx-inner, ")), both),
        (
            "without a class, where one is the usual",
            tree(&["ingress-nginx", "traefik"], &format!("{usual}{}", ingress(""))),
            &["ingress-nginx -> ledger joined"],
        ),
        ("Istio's, by labels", tree(&["edge", "inner"], &gateway("back")), inner),
        ("Istio's, by labels that nobody wears", tree(&["edge", "inner"], &gateway("other")), &[]),
    ]);
}

#[test]
fn classes_and_gateways_have_names_of_their_own() {
    let both = &["ingress-nginx", "traefik"][..];
    let gateway = "kind: Gateway\nmetadata: {name: public, namespace: edge}\nspec: {gatewayClassName: traefik}\n---\n";
    let class = "kind: IngressClass\nmetadata: {name: public}\nspec: {controller: k8s.io/ingress-nginx}\n---\n";
    let gateway_class =
        "kind: GatewayClass\nmetadata: {name: public}\nspec: {controllerName: traefik.io/gateway-controller}\n---\n";
    let elsewhere = "kind: Gateway\nmetadata: {name: public, namespace: other}\nspec: {gatewayClassName: nginx}\n---\n";
    let of_class = ingress("ingressClassName: public, ");
    let wild: &[&str] = &["ingress-nginx -> ledger wildcard", "traefik -> ledger wildcard"];
    let nginx: &[&str] = &["ingress-nginx -> ledger joined"];
    let traefik: &[&str] = &["traefik -> ledger joined"];
    let parent = |said: &str| route(&format!("parentRefs: [{{name: public{said}}}], "));
    finds_all(&[
        ("a class called like a Gateway", tree(both, &format!("{gateway}{class}{of_class}")), nginx),
        ("a class that only a Gateway is called like", tree(both, &format!("{gateway}{of_class}")), wild),
        ("a class that only a GatewayClass is called like", tree(both, &format!("{gateway_class}{of_class}")), wild),
        ("a Gateway called like a class", tree(both, &format!("{gateway}{class}{}", parent(""))), traefik),
        (
            "a Gateway in the namespace that is named",
            tree(both, &format!("{gateway}{elsewhere}{}", parent(", namespace: edge"))),
            traefik,
        ),
        (
            "a Gateway in the route's own namespace",
            tree(
                both,
                &format!("{gateway}{elsewhere}{}", parent("").replace("{name: a}", "{name: a, namespace: edge}")),
            ),
            traefik,
        ),
        (
            "in a namespace that nobody names",
            tree(both, &format!("{gateway}{elsewhere}{}", parent(""))),
            &["ingress-nginx -> ledger joined", "traefik -> ledger joined"],
        ),
        ("a class that nobody declares", tree(both, &of_class), wild),
        ("of the only controller", tree(&["traefik"], &of_class), &["traefik -> ledger wildcard"]),
        ("a Gateway that nobody declares", tree(&["traefik"], &parent("")), &["traefik -> ledger wildcard"]),
        ("an empty class is none", tree(&["traefik"], &ingress("ingressClassName: '', ")), traefik),
        ("a cloud's class", tree(both, &ingress("ingressClassName: alb, ")), &[]),
        (
            "a class that a cloud serves",
            tree(both, &format!("{}{of_class}", class.replace("k8s.io/ingress-nginx", "ingress.k8s.aws/alb"))),
            &[],
        ),
        ("no controller", tree(&["cart"], &of_class), &[]),
    ]);
}

#[test]
fn pods_that_take_requests_are_those_that_call() {
    let edge: &[&str] = &["edge -> ledger joined"];
    let of = |images: &[&str], said: &str, object: &str| tree(&["edge"], &(workload("edge", images, said) + object));
    let class = |name: &str| ingress(&format!("ingressClassName: {name}, "));
    let proxy = "kind: HTTPProxy\nmetadata: {name: a}\nspec: {routes: [{services: [{name: s-ledger, port: 80}]}]}";
    let apisix = "kind: ApisixRoute\nmetadata: {name: a}\nspec: {http: [{backends: [{serviceName: s-ledger, servicePort: 80}]}]}";
    let mapping = "kind: Mapping\nmetadata: {name: a}\nspec: {prefix: /a, service: 's-ledger:80'}";
    let istio = virtual_service("gateways: [edge], ");
    let envoy = route("parentRefs: [{name: eg}], ")
        + "\n---\nkind: Gateway\nmetadata: {name: eg}\nspec: {gatewayClassName: eg}\n---\nkind: GatewayClass\nmetadata: {name: eg}\nspec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}";
    let injected = "annotations: {inject.istio.io/templates: gateway}";
    finds_all(&[
        (
            "Contour's envoy",
            of(&["ghcr.io/projectcontour/contour:v1", "docker.io/envoyproxy/envoy:v1"], "", proxy),
            edge,
        ),
        ("Contour alone", of(&["ghcr.io/projectcontour/contour:v1"], "", proxy), &[]),
        ("an envoy of one's own", of(&["envoyproxy/envoy:v1"], "", proxy), &[]),
        ("Istio's gateway", of(&["docker.io/istio/proxyv2:1 proxy, router"], "", &istio), edge),
        ("an injected gateway", of(&["auto"], injected, &istio), edge),
        ("Istio's sidecar", of(&["bank/x", "istio/proxyv2:1 proxy, sidecar"], "", &istio), &[]),
        ("istiod", of(&["istio/pilot:1"], "", &istio), &[]),
        ("Envoy Gateway", of(&["envoyproxy/gateway:v1"], "", &envoy), &[]),
        ("Kong", of(&["kong/kong-gateway:3"], "", &class("kong")), edge),
        ("Kong with its controller", of(&["kong/kubernetes-ingress-controller:3", "kong:3"], "", &class("kong")), edge),
        ("Kong's controller", of(&["kong/kubernetes-ingress-controller:3"], "", &class("kong")), &[]),
        ("APISIX", of(&["apache/apisix:3"], "", apisix), edge),
        ("APISIX' controller", of(&["apache/apisix-ingress-controller:1"], "", apisix), &[]),
        ("Emissary", of(&["docker.io/emissaryingress/emissary:3"], "", mapping), edge),
        ("Edge Stack", of(&["docker.io/datawire/aes:3"], "", mapping), edge),
        ("HAProxy's", of(&["haproxytech/kubernetes-ingress:3"], "", &class("haproxy")), edge),
        ("with a port in the registry", of(&["registry:5000/ingress-nginx/controller"], "", &class("nginx")), edge),
        ("another controller", of(&["bank/ingress/controller:1"], "", &class("nginx")), &[]),
        ("a path that has a maker in it", of(&["traefik/whoami:v1"], "", &class("traefik")), &[]),
        ("a maker's other program", of(&["bank/ingress-traefik-exporter:v1"], "", &class("traefik")), &[]),
    ]);
    // Where the tree has the pods that only tell others, their name is not the one of those that call.
    let named = workload("kong", &["kong/kubernetes-ingress-controller:3"], "") + &class("kong");
    finds_all(&[
        ("a controller called like a proxy", tree(&["kong"], &named), &[]),
        ("Envoy Gateway by its name", tree(&["envoy-gateway"], &envoy), &["envoy-gateway -> ledger wildcard"]),
        (
            "Istio, asked by a Gateway whose pods it makes",
            tree(&["istio-ingressgateway"], &envoy.replace("gateway.envoyproxy.io", "istio.io")),
            &["istio-ingressgateway -> ledger wildcard"],
        ),
        (
            "Istio, told which pods there are",
            tree(
                &["istio-ingressgateway"],
                &envoy
                    .replace("gateway.envoyproxy.io", "istio.io")
                    .replace("{gatewayClassName: eg}", "{gatewayClassName: eg, addresses: [{value: x}]}"),
            ),
            &["istio-ingressgateway -> ledger joined"],
        ),
    ]);
}

#[test]
fn whom_requests_are_mirrored_to_is_called() {
    let mirrored = |filter: &str| {
        route("parentRefs: [{name: traefik}], ").replace("rules: [{", &format!("rules: [{{filters: [{filter}], "))
    };
    let both: &[&str] = &["traefik -> cart joined", "traefik -> ledger joined"];
    let with_cart = |tree: String| format!("{tree}-- service.cart/x.txt\n");
    let istio =
        |mirror: &str| virtual_service("gateways: [edge], ").replace("[{route:", &format!("[{{{mirror}, route:"));
    let mirrored_by_istio: &[&str] = &["istio-ingressgateway -> cart joined", "istio-ingressgateway -> ledger joined"];
    let traefik = "apiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: a}\nspec: {mirroring: {name: s-ledger, port: 80, mirrors: [{name: s-cart, port: 80, percent: 10}, {name: s-shop, kind: TraefikService}]}}";
    finds_all(&[
        (
            "the Gateway API",
            with_cart(tree(
                &["traefik"],
                &mirrored("{type: RequestMirror, requestMirror: {backendRef: {name: s-cart, port: 80}}}"),
            )),
            both,
        ),
        ("Istio", with_cart(tree(&["istio-ingressgateway"], &istio("mirror: {host: s-cart}"))), mirrored_by_istio),
        (
            "Istio, several",
            with_cart(tree(&["istio-ingressgateway"], &istio("mirrors: [{destination: {host: s-cart}}]"))),
            mirrored_by_istio,
        ),
        ("Traefik", with_cart(tree(&["traefik"], traefik)), both),
    ]);
}

#[test]
fn objects_of_other_groups_ask_no_controller() {
    let of = |image: &str, group: &str, object: &str| {
        tree(&["edge"], &format!("{}apiVersion: {group}\n{object}", workload("edge", &[image], "")))
    };
    let (aes, traefik) = ("datawire/aes:3", "traefik:v3");
    let mapping = "kind: Mapping\nmetadata: {name: a}\nspec: {prefix: /a, service: 's-ledger:80'}";
    let edge: &[&str] = &["edge -> ledger joined"];
    finds_all(&[
        ("Emissary's", of(aes, "getambassador.io/v3alpha1", mapping), edge),
        ("a search engine's", of(aes, "search.example/v1", mapping), &[]),
        ("no group", of(aes, "v1", mapping), &[]),
        ("an Ingress", of(traefik, "networking.k8s.io/v1", &ingress("ingressClassName: traefik, ")), edge),
        ("an old Ingress", of(traefik, "extensions/v1beta1", &ingress("ingressClassName: traefik, ")), edge),
        ("somebody's Ingress", of(traefik, "config.openshift.io/v1", &ingress("ingressClassName: traefik, ")), &[]),
        ("somebody's image", tree(&["edge"], &(workload("edge", &["bank/aes:3"], "") + mapping)), &[]),
    ]);
}

#[test]
fn a_controller_of_another_class_is_not_certain() {
    let of = |args: &str, class: &str| {
        let image = format!("registry.k8s.io/ingress-nginx/controller:v1 {args}");
        tree(&["edge"], &(workload("edge", &[&image], "") + &ingress(class)))
    };
    let internal = "--ingress-class=internal, --controller-class=k8s.io/internal";
    let joined: &[&str] = &["edge -> ledger joined"];
    let wild: &[&str] = &["edge -> ledger wildcard"];
    finds_all(&[
        ("its own", of(internal, "ingressClassName: internal, "), joined),
        ("the maker's", of(internal, "ingressClassName: nginx, "), wild),
        ("told of none", of("--v=2", "ingressClassName: nginx, "), joined),
    ]);
}

#[test]
fn of_several_proxies_of_a_compose_file_none_is_certain() {
    let tree = |proxies: &str| {
        format!(
            "{SERVICES}-- service.edge/x.txt\n-- service.inner/x.txt\n-- compose.yaml\nservices:\n{proxies}  s-ledger: {{image: x, labels: [traefik.enable=true]}}\n"
        )
    };
    let edge = "  s-edge: {image: traefik}\n";
    finds_all(&[
        ("one", tree(edge), &["edge -> ledger joined"]),
        (
            "two",
            tree(&format!("{edge}  s-inner: {{image: 'traefik:v3'}}\n")),
            &["edge -> ledger wildcard", "inner -> ledger wildcard"],
        ),
    ]);
}
