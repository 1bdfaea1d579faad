//! Whom ingress controllers and gateways call: the Services that Ingresses and routes name, of the Gateway API and of the controllers' own.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/ingress/>, <https://gateway-api.sigs.k8s.io/reference/spec/>, Traefik's
//! `IngressRoute`, Istio's `VirtualService`, Contour's `HTTPProxy`, Emissary's `Mapping`, APISIX' `ApisixRoute` and Oathkeeper's `Rule`.

use super::Route;
use super::controllers::{Controller, Maker, controllers, maker};
use super::item::{Item, partial_at, text_at};
use super::workloads::Pods;
use crate::host::{Answer, Hosts};
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How deep a route is looked into for the Services that it names.
const MAX_DEPTH: usize = 12;

/// The kinds of objects that ask a controller to call Services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By its class.
    Ingress,
    /// A route of the Gateway API, by its parents.
    Route,
    /// A maker's own, by its class where several of this maker's controllers are there.
    Own(Maker),
    /// Istio's, by its gateways.
    VirtualService,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq)]
enum Asked<'v> {
    /// The controllers of a maker.
    Of {
        maker: Maker,
        /// The names of the class that it has, by which one of several controllers is told.
        classes: Vec<&'v str>,
        /// The labels of the pods that are asked.
        selector: Option<&'v Value>,
        /// Whether the pods that are asked are made in the cluster, so that those of the tree may be others.
        is_made: bool,
    },
    /// Whoever takes what has no class: the only controller.
    Anyone,
    /// A class that nobody declares and whose name names no maker.
    Unknown(Vec<&'v str>),
}

/// What controllers are told of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// To serve it.
    This,
    /// To serve others.
    Others,
    /// Nothing: they serve what is theirs by default.
    Nothing,
}

/// The classes and the gateways that the tree declares. A class of Ingresses and a gateway may have one name.
#[derive(Debug)]
struct Declared<'i> {
    ingress: BTreeMap<&'i Partial, &'i Value>,
    gateway: BTreeMap<&'i Partial, &'i Value>,
    /// The class of Ingresses that name none.
    usual: Option<&'i Value>,
    /// The gateways of the Gateway API, and Istio's.
    gateways: Vec<&'i Item<'i>>,
    gateways_of_istio: Vec<&'i Item<'i>>,
    /// The VirtualServices whose routes others take in, by name, with the gateways of those.
    delegates: BTreeMap<&'i Partial, Vec<&'i Value>>,
}

/// What the controllers among the services call because an object of the tree asks for it.
pub(super) fn routes(items: &[Item], pods: &[Pods], hosts: &Hosts) -> Vec<Route> {
    let controllers = controllers(pods, hosts);
    if controllers.is_empty() {
        return Vec::new();
    }
    let declared = Declared::new(items);
    let mut found = Vec::new();
    for item in items {
        let Some((name, kind)) = asks(&item.value) else { continue };
        let mut of: BTreeMap<&str, bool> = BTreeMap::new();
        for asked in declared.asked(item, kind) {
            let (services, is_certain) = asked.of(&controllers);
            for service in services {
                *of.entry(service).or_default() |= is_certain;
            }
        }
        let mut backends = BTreeSet::new();
        let spec = item.value.get("spec").unwrap_or(&Value::Null);
        match kind {
            Kind::Own(Maker::Oathkeeper) => addresses(spec, 0, &mut backends),
            kind => named(spec, kind == Kind::VirtualService, 0, &mut backends),
        }
        let object = partial_at(&item.value, &["metadata", "name"]).map(|name| name.shown('*')).unwrap_or_default();
        for (service, port) in backends {
            let answers = hosts.answers(&service);
            let [Answer::Service(service, own)] = answers.as_slice() else { continue };
            found.extend(of.iter().filter(|(proxy, _)| *proxy != service).map(|(proxy, is_certain)| Route {
                proxy: (*proxy).to_owned(),
                service: service.clone(),
                port: port.or(*own),
                by: format!("{name} {object}"),
                is_certain: *is_certain,
                spot: item.spot(&item.value).key("spec"),
            }));
        }
    }
    found
}

/// The objects that ask a controller to call Services: their kind, and the API groups that have it.
const KINDS: &[(&str, &[&str], Kind)] = &[
    ("Ingress", &["networking.k8s.io", "extensions"], Kind::Ingress),
    ("HTTPRoute", GATEWAY, Kind::Route),
    ("GRPCRoute", GATEWAY, Kind::Route),
    ("TCPRoute", GATEWAY, Kind::Route),
    ("TLSRoute", GATEWAY, Kind::Route),
    ("UDPRoute", GATEWAY, Kind::Route),
    ("IngressRoute", TRAEFIK, Kind::Own(Maker::Traefik)),
    ("IngressRouteTCP", TRAEFIK, Kind::Own(Maker::Traefik)),
    ("IngressRouteUDP", TRAEFIK, Kind::Own(Maker::Traefik)),
    ("TraefikService", TRAEFIK, Kind::Own(Maker::Traefik)),
    ("VirtualService", &["networking.istio.io"], Kind::VirtualService),
    ("HTTPProxy", &["projectcontour.io"], Kind::Own(Maker::Contour)),
    ("Mapping", &["getambassador.io"], Kind::Own(Maker::Ambassador)),
    ("TCPMapping", &["getambassador.io"], Kind::Own(Maker::Ambassador)),
    ("ApisixRoute", &["apisix.apache.org"], Kind::Own(Maker::Apisix)),
    ("Rule", &["oathkeeper.ory.sh"], Kind::Own(Maker::Oathkeeper)),
];

const GATEWAY: &[&str] = &["gateway.networking.k8s.io"];
const TRAEFIK: &[&str] = &["traefik.io", "traefik.containo.us"];

/// Whether objects of a kind, by its name alone, ask a controller to call Services.
pub(crate) fn is_route(kind: &str) -> bool {
    KINDS.iter().any(|(name, ..)| *name == kind)
}

/// The kind of an object that asks a controller to call Services. What does not say its group, or not in so many letters, may be of any.
fn asks(object: &Value) -> Option<(&'static str, Kind)> {
    let kind = text_at(object, &["kind"])?;
    let version = partial_at(object, &["apiVersion"]).and_then(Partial::known);
    let group = version.map(|version| version.split_once('/').map_or("", |(group, _)| group));
    let of = KINDS.iter().find(|(name, ..)| *name == kind);
    of.filter(|(_, groups, _)| group.is_none_or(|group| groups.contains(&group))).map(|(name, _, kind)| (*name, *kind))
}

impl<'v> Asked<'v> {
    fn maker(maker: Maker, classes: Vec<&'v str>) -> Self {
        Self::Of { maker, classes, selector: None, is_made: false }
    }

    /// The services that are asked, and whether it is certain that they are.
    fn of<'c>(&self, controllers: &'c [Controller]) -> (BTreeSet<&'c str>, bool) {
        let services = |all: &[&'c Controller]| all.iter().map(|one| one.service.as_str()).collect::<BTreeSet<_>>();
        // Those that are told to serve the class, else those that are told of no class, where there are some.
        let told = |all: Vec<&'c Controller>, classes: &[&str]| {
            let own: Vec<_> = all.iter().copied().filter(|one| one.is_of(classes)).collect();
            let open: Vec<_> = all.iter().copied().filter(|one| one.is_open()).collect();
            match (own.is_empty(), open.is_empty()) {
                (false, _) => (own, Told::This),
                (true, false) => (open, Told::Nothing),
                (true, true) => (all, Told::Others),
            }
        };
        let all = controllers.iter();
        match self {
            Self::Of { maker, classes, selector, is_made } => {
                let fits = |one: &&Controller| one.maker == *maker && selector.is_none_or(|labels| one.fits(labels));
                let (all, told) = told(all.filter(fits).collect(), classes);
                let services = services(&all);
                let is_others = told == Told::Others && !classes.is_empty();
                // Envoy Gateway makes all its proxies in the cluster.
                let is_certain = services.len() == 1 && !is_others && !is_made && *maker != Maker::Envoy;
                (services, is_certain)
            }
            Self::Anyone => {
                let services = services(&all.collect::<Vec<_>>());
                let is_certain = services.len() == 1;
                (services, is_certain)
            }
            Self::Unknown(classes) => {
                let (all, told) = told(all.collect(), classes);
                let services = services(&all);
                let is_certain = services.len() == 1 && told == Told::This;
                (services, is_certain)
            }
        }
    }
}

/// Whether two objects may be in one namespace. What does not say it may be in any.
fn share(one: &BTreeSet<Partial>, other: &BTreeSet<Partial>) -> bool {
    let is_open = |all: &BTreeSet<Partial>| all.is_empty() || all.iter().any(|name| name.known().is_none());
    is_open(one) || is_open(other) || !one.is_disjoint(other)
}

impl<'i> Declared<'i> {
    fn new(items: &'i [Item<'i>]) -> Self {
        let of = |kind: &'static str| items.iter().filter(move |item| text_at(&item.value, &["kind"]) == Some(kind));
        let by_name = |kind: &'static str| {
            let named =
                of(kind).filter_map(|item| Some((partial_at(&item.value, &["metadata", "name"])?, &item.value)));
            named.collect::<BTreeMap<_, _>>()
        };
        let is_usual = |class: &&Value| {
            let way = ["metadata", "annotations", "ingressclass.kubernetes.io/is-default-class"];
            partial_at(class, &way).and_then(Partial::known) == Some("true")
        };
        let (gateways_of_istio, gateways) = of("Gateway").partition(|item| {
            let group = text_at(&item.value, &["apiVersion"]).unwrap_or_default();
            group.starts_with("networking.istio.io/")
                || (group.is_empty() && item.value.pointer("/spec/gatewayClassName").is_none())
        });
        let mut delegates: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for item in of("VirtualService") {
            let routes = item.value.pointer("/spec/http").and_then(Value::as_list).into_iter().flatten();
            let gateways = item.value.pointer("/spec/gateways").and_then(Value::as_list).unwrap_or_default();
            for name in routes.filter_map(|route| partial_at(route, &["delegate", "name"])) {
                delegates.entry(name).or_default().extend(gateways);
            }
        }
        let ingress = by_name("IngressClass");
        let usual = ingress.values().find(|class| is_usual(class)).copied();
        Self { usual, gateway: by_name("GatewayClass"), ingress, gateways, gateways_of_istio, delegates }
    }

    /// Who is asked by an object.
    fn asked(&self, item: &'i Item<'i>, kind: Kind) -> Vec<Asked<'i>> {
        match kind {
            Kind::Ingress => {
                let asked = match (class(&item.value), self.usual) {
                    (Some(name), _) => of_class(name, self.ingress.get(name).copied(), "controller"),
                    (None, Some(class)) => match partial_at(class, &["metadata", "name"]) {
                        Some(name) => of_class(name, Some(class), "controller"),
                        None => Asked::Anyone,
                    },
                    (None, None) => Asked::Anyone,
                };
                vec![asked]
            }
            Kind::Own(maker) => {
                vec![Asked::maker(maker, class(&item.value).and_then(Partial::known).into_iter().collect())]
            }
            Kind::Route => {
                let parents = item.value.pointer("/spec/parentRefs").and_then(Value::as_list).unwrap_or_default();
                if parents.is_empty() {
                    return vec![Asked::Anyone];
                }
                // A Service as parent is asked by whoever calls it, in a mesh: <https://gateway-api.sigs.k8s.io/mesh/>.
                let is_gateway = |parent: &&Value| {
                    !matches!(partial_at(parent, &["kind"]).and_then(Partial::known), Some("Service" | "ServiceEntry"))
                };
                parents.iter().filter(is_gateway).flat_map(|parent| self.of_parent(item, parent)).collect()
            }
            Kind::VirtualService => {
                let own = item.value.pointer("/spec/gateways").and_then(Value::as_list).unwrap_or_default().iter();
                let delegated =
                    partial_at(&item.value, &["metadata", "name"]).and_then(|name| self.delegates.get(name));
                let all = own.chain(delegated.into_iter().flatten().copied());
                let gateways = all.filter_map(Value::as_text).filter(|name| name.known() != Some("mesh"));
                gateways.flat_map(|name| self.of_istio(item, name)).collect()
            }
        }
    }

    /// Who is asked by a route of the Gateway API that names a parent.
    fn of_parent(&self, route: &'i Item<'i>, parent: &'i Value) -> Vec<Asked<'i>> {
        let Some(name) = partial_at(parent, &["name"]) else { return vec![Asked::Unknown(Vec::new())] };
        let namespaces = match partial_at(parent, &["namespace"]) {
            Some(namespace) => BTreeSet::from([namespace.clone()]),
            None => route.namespaces.clone(),
        };
        let is_meant = |gateway: &&&Item| {
            partial_at(&gateway.value, &["metadata", "name"]) == Some(name) && share(&gateway.namespaces, &namespaces)
        };
        let mut found: Vec<Asked> = Vec::new();
        for gateway in self.gateways.iter().filter(is_meant) {
            let Some(class) = partial_at(&gateway.value, &["spec", "gatewayClassName"]) else { continue };
            let mut asked = of_class(class, self.gateway.get(class).copied(), "controllerName");
            // Istio makes the pods of a gateway, unless it is told the address of some that are there:
            // <https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#manual-deployment>.
            if let Asked::Of { maker: Maker::Istio, is_made, .. } = &mut asked {
                *is_made = gateway.value.pointer("/spec/addresses").is_none();
            }
            found.push(asked);
        }
        if found.is_empty() {
            found.push(of_class(name, None, "controllerName"));
        }
        found
    }

    /// Who is asked by a VirtualService that names a gateway: the pods that this one selects.
    fn of_istio(&self, item: &'i Item<'i>, name: &'i Partial) -> Vec<Asked<'i>> {
        let (namespaces, name) = match name.split_once("/") {
            Some((namespace, name)) => (BTreeSet::from([namespace]), name),
            None => (item.namespaces.clone(), name.clone()),
        };
        let is_meant = |gateway: &&&Item| {
            partial_at(&gateway.value, &["metadata", "name"]) == Some(&name) && share(&gateway.namespaces, &namespaces)
        };
        let of = |selector| Asked::Of { maker: Maker::Istio, classes: Vec::new(), selector, is_made: false };
        let gateways = self.gateways_of_istio.iter().filter(is_meant);
        let found: Vec<_> = gateways.map(|gateway| of(gateway.value.pointer("/spec/selector"))).collect();
        if found.is_empty() { vec![of(None)] } else { found }
    }
}

/// The class that an object names.
fn class(object: &Value) -> Option<&Partial> {
    let annotations = ["kubernetes.io/ingress.class", "projectcontour.io/ingress.class"];
    let annotation = || annotations.iter().find_map(|name| partial_at(object, &["metadata", "annotations", name]));
    partial_at(object, &["spec", "ingressClassName"]).or_else(annotation).filter(|class| !class.is_empty())
}

/// Who serves a class, by what declares it, else by its name.
fn of_class<'i>(name: &'i Partial, declared: Option<&'i Value>, key: &str) -> Asked<'i> {
    let controller = declared.and_then(|class| partial_at(class, &["spec", key]));
    let told = controller.unwrap_or(name);
    let classes = [Some(name), controller].into_iter().flatten().filter_map(Partial::known).collect();
    match maker(&told.written()) {
        Some(maker) => Asked::maker(maker, classes),
        None => Asked::Unknown(classes),
    }
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
                            add(service_named(one), one.get("port").or_else(|| one.get("servicePort")), found);
                        }
                    }
                    // What is mirrored: the Gateway API's `requestMirror`, Traefik's `mirroring`, Istio's `mirror`.
                    "backendRef" => {
                        add(service_named(inner), inner.get("port"), found);
                    }
                    "mirroring" => {
                        let mirrors = inner.get("mirrors").and_then(Value::as_list).unwrap_or_default();
                        for one in std::iter::once(inner).chain(mirrors) {
                            add(service_named(one), one.get("port"), found);
                        }
                    }
                    "destination" | "mirror" if is_istio => {
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

/// The addresses in a rule: of what lies behind, and of those that are asked who calls. What is matched is what callers ask for, and what errors lead to
/// is for them.
///
/// See <https://www.ory.sh/docs/oathkeeper/api-access-rules>.
fn addresses(value: &Value, depth: usize, found: &mut BTreeSet<(Partial, Option<u16>)>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::List(list) => list.iter().for_each(|one| addresses(one, depth + 1, found)),
        Value::Map(pairs) => {
            for (key, inner) in pairs.iter().filter(|(key, _)| !matches!(key.letters(), "match" | "errors")) {
                let is_address = ["url", "urls", "remote"].iter().any(|end| key.letters().ends_with(end));
                let texts = inner.as_list().unwrap_or(std::slice::from_ref(inner)).iter().filter_map(Value::as_text);
                found.extend(
                    texts.filter(|text| is_address && text.letters().contains("://")).map(|text| (text.clone(), None)),
                );
                addresses(inner, depth + 1, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// The Service that a reference names, unless it names an object of another kind.
fn service_named(reference: &Value) -> Option<&Partial> {
    let kind = partial_at(reference, &["kind"]).and_then(Partial::known);
    let name = partial_at(reference, &["name"]).or_else(|| partial_at(reference, &["serviceName"]));
    name.filter(|_| kind.is_none_or(|kind| kind == "Service"))
}

fn add(name: Option<&Partial>, port: Option<&Value>, found: &mut BTreeSet<(Partial, Option<u16>)>) {
    let port = port.and_then(Value::as_i64).and_then(|port| u16::try_from(port).ok());
    found.extend(name.map(|name| (name.clone(), port)));
}
