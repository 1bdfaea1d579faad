//! Whom ingress controllers and gateways call: the Services that Ingresses and routes name, of the Gateway API and of the controllers' own.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/ingress/>, <https://gateway-api.sigs.k8s.io/reference/spec/>, Traefik's
//! `IngressRoute`, Istio's `VirtualService`, Contour's `HTTPProxy`, Emissary's `Mapping` and APISIX' `ApisixRoute`.

use super::Route;
use super::item::{Item, partial_at, text_at};
use super::workloads::Pods;
use crate::host::{Answer, Hosts};
use crate::partial::Partial;
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How deep a route is looked into for the Services that it names.
const MAX_DEPTH: usize = 12;

/// A maker of controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Nginx,
    Traefik,
    Kong,
    Haproxy,
    Istio,
    Contour,
    Ambassador,
    Apisix,
    Envoy,
}

/// What the names of images, classes and controllers of a maker have in them, those that are part of others last.
const FAMILIES: &[(Family, &[&str])] = &[
    (Family::Traefik, &["traefik"]),
    (Family::Kong, &["kong"]),
    (Family::Haproxy, &["haproxy"]),
    (Family::Istio, &["istio"]),
    (Family::Contour, &["contour"]),
    (Family::Ambassador, &["ambassador", "emissary"]),
    (Family::Apisix, &["apisix"]),
    (Family::Envoy, &["envoy"]),
    (Family::Nginx, &["nginx"]),
];

/// What a controller is called where it is not in the tree and somebody declares it as a service.
const NAMES: &[(Family, &[&str])] = &[
    (
        Family::Nginx,
        &[
            "ingress-nginx-controller",
            "ingress-nginx",
            "nginx-ingress-controller",
            "nginx-ingress",
            "ingress-controller",
        ],
    ),
    (Family::Traefik, &["traefik"]),
    (Family::Kong, &["kong", "kong-proxy", "kong-gateway"]),
    (Family::Haproxy, &["haproxy-ingress", "haproxy-kubernetes-ingress"]),
    (Family::Istio, &["istio-ingressgateway", "istio-ingress"]),
    (Family::Contour, &["contour-envoy"]),
    (Family::Ambassador, &["ambassador", "emissary-ingress"]),
    (Family::Apisix, &["apisix", "apisix-gateway"]),
    (Family::Envoy, &["envoy-gateway"]),
];

/// The maker whose name a text has in it.
fn family(text: &str) -> Option<Family> {
    let text = text.to_lowercase();
    let has = |words: &&[&str]| words.iter().any(|word| text.contains(word));
    FAMILIES.iter().find(|(_, words)| has(words)).map(|(family, _)| *family)
}

/// What the controllers among the services call because an object of the tree asks for it.
pub(super) fn routes(items: &[Item], pods: &[Pods], hosts: &Hosts) -> Vec<Route> {
    let controllers = controllers(pods, hosts);
    if controllers.is_empty() {
        return Vec::new();
    }
    let classes = classes(items);
    let mut found = Vec::new();
    for item in items {
        let Some((kind, own)) = text_at(&item.value, &["kind"]).and_then(asks) else { continue };
        let wanted = own.or_else(|| class_of(&item.value, &classes));
        // Without a class it is the only controller's; of one whose maker nobody knows, too.
        let mut of: Vec<&str> =
            controllers.iter().filter(|(f, _)| Some(*f) == wanted).map(|(_, s)| s.as_str()).collect();
        if wanted.is_none() && controllers.len() == 1 {
            of.extend(controllers.iter().map(|(_, service)| service.as_str()));
        }
        let mut backends = BTreeSet::new();
        let spec = item.value.get("spec").unwrap_or(&Value::Null);
        named(spec, kind == "VirtualService", 0, &mut backends);
        let name = partial_at(&item.value, &["metadata", "name"]).map(|name| name.shown('*')).unwrap_or_default();
        for (service, port) in backends {
            let answers = hosts.answers(&service);
            let [Answer::Service(service, _)] = answers.as_slice() else { continue };
            found.extend(of.iter().filter(|proxy| *proxy != service).map(|proxy| Route {
                proxy: (*proxy).to_owned(),
                service: service.clone(),
                port,
                by: format!("{kind} {name}"),
                spot: item.spot(&item.value).key("spec"),
            }));
        }
    }
    found
}

/// The services that are controllers: by the image that their pods run, else by their name.
fn controllers(pods: &[Pods], hosts: &Hosts) -> BTreeSet<(Family, String)> {
    let mut found = BTreeSet::new();
    for pods in pods {
        let containers = pods.template.pointer("/spec/containers").and_then(Value::as_list);
        for image in containers.into_iter().flatten().filter_map(|container| container.get("image")?.as_text()) {
            let image = &*image.written();
            let path = image.split(['@']).next().unwrap_or(image);
            let last = path.rsplit('/').next().unwrap_or(path).split(':').next().unwrap_or_default();
            // `ingress-nginx/controller`, `kong/kubernetes-ingress-controller`; `traefik` and gateways by their own name.
            let is_controller = path.contains("ingress") || path.contains("contour") || path.contains("envoy-gateway");
            let is_gateway = matches!(last, "traefik" | "kong" | "kong-gateway" | "apisix" | "emissary" | "ambassador");
            let is_proxy = last == "proxyv2" && pods.service.contains("ingress");
            if is_controller || is_gateway || is_proxy {
                found.extend(family(path).map(|family| (family, pods.service.clone())));
            }
        }
    }
    let known: BTreeSet<Family> = found.iter().map(|(family, _)| *family).collect();
    for (family, names) in NAMES.iter().filter(|(family, _)| !known.contains(family)) {
        found.extend(names.iter().find_map(|name| hosts.called(name)).map(|service| (*family, service.to_owned())));
    }
    found
}

/// The text at a path as it is written for one who looks for words in it.
fn written_at<'v>(value: &'v Value, path: &[&str]) -> Option<Cow<'v, str>> {
    partial_at(value, path).map(Partial::written)
}

/// The makers of the classes that the tree declares, by the names of the classes, and those of its Gateways.
fn classes<'i>(items: &'i [Item]) -> BTreeMap<Cow<'i, str>, Family> {
    let mut found = BTreeMap::new();
    let of = |kind: &'static str, path: &'static [&'static str]| {
        items.iter().filter(move |item| text_at(&item.value, &["kind"]) == Some(kind)).filter_map(move |item| {
            Some((written_at(&item.value, &["metadata", "name"])?, written_at(&item.value, path)?))
        })
    };
    let declared = of("IngressClass", &["spec", "controller"]).chain(of("GatewayClass", &["spec", "controllerName"]));
    found.extend(declared.filter_map(|(name, controller)| Some((name, family(&controller)?))));
    let gateways = of("Gateway", &["spec", "gatewayClassName"]);
    let gateways: Vec<_> = gateways
        .filter_map(|(name, class)| Some((name, found.get(&class).copied().or_else(|| family(&class))?)))
        .collect();
    found.extend(gateways);
    found
}

/// The kind of an object that asks a controller to call Services, and the maker that it is for, where there is only one.
fn asks(kind: &str) -> Option<(&'static str, Option<Family>)> {
    Some(match kind {
        "Ingress" => ("Ingress", None),
        "HTTPRoute" => ("HTTPRoute", None),
        "GRPCRoute" => ("GRPCRoute", None),
        "TCPRoute" => ("TCPRoute", None),
        "TLSRoute" => ("TLSRoute", None),
        "UDPRoute" => ("UDPRoute", None),
        "IngressRoute" => ("IngressRoute", Some(Family::Traefik)),
        "IngressRouteTCP" => ("IngressRouteTCP", Some(Family::Traefik)),
        "IngressRouteUDP" => ("IngressRouteUDP", Some(Family::Traefik)),
        "TraefikService" => ("TraefikService", Some(Family::Traefik)),
        "VirtualService" => ("VirtualService", Some(Family::Istio)),
        "HTTPProxy" => ("HTTPProxy", Some(Family::Contour)),
        "Mapping" => ("Mapping", Some(Family::Ambassador)),
        "TCPMapping" => ("TCPMapping", Some(Family::Ambassador)),
        "ApisixRoute" => ("ApisixRoute", Some(Family::Apisix)),
        _ => return None,
    })
}

/// The maker of the controller that an object asks, by the class that it names or by its gateway.
fn class_of(object: &Value, classes: &BTreeMap<Cow<str>, Family>) -> Option<Family> {
    let by_name = |name: &str| classes.get(name).copied().or_else(|| family(name));
    let annotation = || written_at(object, &["metadata", "annotations", "kubernetes.io/ingress.class"]);
    let class = written_at(object, &["spec", "ingressClassName"]).or_else(annotation);
    let parents = object.pointer("/spec/parentRefs").and_then(Value::as_list).into_iter().flatten();
    let by_parent = || parents.filter_map(|parent| written_at(parent, &["name"])).find_map(|name| by_name(&name));
    class.and_then(|name| by_name(&name)).or_else(by_parent)
}

/// The Services that a route names, with the ports that it names them at.
fn named(value: &Value, is_istio: bool, depth: usize, found: &mut BTreeSet<(Partial, Option<u16>)>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::List(list) => list.iter().for_each(|one| named(one, is_istio, depth + 1, found)),
        Value::Map(pairs) => {
            for (key, inner) in pairs.iter() {
                match key.letters() {
                    // Ingresses: `backend.service.name` and, before 1.19, `backend.serviceName`.
                    "backend" | "defaultBackend" => {
                        let service = inner.get("service").unwrap_or(inner);
                        let name = partial_at(service, &["name"]).or_else(|| partial_at(service, &["serviceName"]));
                        let number = service.pointer("/port/number").or_else(|| service.get("servicePort"));
                        add(name, number, found);
                    }
                    // The Gateway API, Traefik and Contour, APISIX.
                    "backendRefs" | "services" | "backends" => {
                        for one in inner.as_list().into_iter().flatten() {
                            let is_service = partial_at(one, &["kind"])
                                .and_then(Partial::known)
                                .is_none_or(|kind| kind == "Service");
                            let name = partial_at(one, &["name"]).or_else(|| partial_at(one, &["serviceName"]));
                            let port = one.get("port").or_else(|| one.get("servicePort"));
                            add(name.filter(|_| is_service), port, found);
                        }
                    }
                    "destination" if is_istio => {
                        add(partial_at(inner, &["host"]), inner.pointer("/port/number"), found);
                    }
                    // Emissary's `service: http://ledger:8080`.
                    "service" if inner.as_text().is_some() => {
                        let address = &*inner.as_text().map(Partial::written).unwrap_or_default();
                        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
                        let (name, port) = address.split_once(':').unwrap_or((address, ""));
                        found.insert((Partial::read(name), port.parse().ok()));
                    }
                    _ => {}
                }
                named(inner, is_istio, depth + 1, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

fn add(name: Option<&Partial>, port: Option<&Value>, found: &mut BTreeSet<(Partial, Option<u16>)>) {
    let port = port.and_then(Value::as_i64).and_then(|port| u16::try_from(port).ok());
    found.extend(name.map(|name| (name.clone(), port)));
}
