//! Which services are ingress controllers and gateways: those whose pods send what comes in on to others, the *data plane*.
//!
//! Several makers have two kinds of pods: one that reads the objects of the cluster and one that takes requests. Only the second one calls.

use super::item::scalar;
use super::whose;
use super::workloads::Pods;
use crate::host::Hosts;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A maker of controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Maker {
    Nginx,
    NginxGateway,
    Traefik,
    Kong,
    Haproxy,
    Istio,
    Contour,
    Ambassador,
    Apisix,
    Envoy,
    Oathkeeper,
    /// One whose proxies are no pods of a fleet: a cloud's load balancer, the nodes' network.
    Elsewhere,
}

/// What the pods of an image do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plane {
    /// They take requests and send them on.
    Data,
    /// They tell others where to send requests.
    Control,
}

/// The images of makers, by the end of their names.
const IMAGES: &[(&str, Maker, Plane)] = &[
    ("ingress-nginx/controller", Maker::Nginx, Plane::Data),
    ("ingress-nginx-controller", Maker::Nginx, Plane::Data),
    ("nginx-ingress-controller", Maker::Nginx, Plane::Data),
    ("nginx-ingress", Maker::Nginx, Plane::Data),
    ("nginx-plus-ingress", Maker::Nginx, Plane::Data),
    ("nginx-gateway-fabric/nginx", Maker::NginxGateway, Plane::Data),
    ("nginx-gateway-fabric", Maker::NginxGateway, Plane::Control),
    ("traefik", Maker::Traefik, Plane::Data),
    ("mirrored-library-traefik", Maker::Traefik, Plane::Data),
    ("kong", Maker::Kong, Plane::Data),
    ("kong-gateway", Maker::Kong, Plane::Data),
    ("kong/kubernetes-ingress-controller", Maker::Kong, Plane::Control),
    ("kong-ingress-controller", Maker::Kong, Plane::Control),
    ("gateway-operator", Maker::Kong, Plane::Control),
    ("haproxytech/kubernetes-ingress", Maker::Haproxy, Plane::Data),
    ("haproxy-ingress", Maker::Haproxy, Plane::Data),
    ("pilot", Maker::Istio, Plane::Control),
    ("contour", Maker::Contour, Plane::Control),
    ("envoyproxy/gateway", Maker::Envoy, Plane::Control),
    ("emissary", Maker::Ambassador, Plane::Data),
    ("datawire/ambassador", Maker::Ambassador, Plane::Data),
    ("datawire/aes", Maker::Ambassador, Plane::Data),
    ("ambassador/aes", Maker::Ambassador, Plane::Data),
    ("apisix", Maker::Apisix, Plane::Data),
    ("oathkeeper", Maker::Oathkeeper, Plane::Data),
    ("oathkeeper-maester", Maker::Oathkeeper, Plane::Control),
    ("apisix-ingress-controller", Maker::Apisix, Plane::Control),
];

/// What the pods that take requests are called where they are not in the tree and somebody declares them as a service.
const NAMES: &[(Maker, &[&str])] = &[
    (
        Maker::Nginx,
        &[
            "ingress-nginx-controller",
            "ingress-nginx",
            "nginx-ingress-controller",
            "nginx-ingress",
            "ingress-controller",
        ],
    ),
    (Maker::Traefik, &["traefik"]),
    (Maker::Kong, &["kong", "kong-proxy", "kong-gateway"]),
    (Maker::Haproxy, &["haproxy-ingress", "haproxy-kubernetes-ingress"]),
    (Maker::Istio, &["istio-ingressgateway", "istio-ingress"]),
    (Maker::Contour, &["contour-envoy"]),
    (Maker::Ambassador, &["ambassador", "emissary-ingress"]),
    (Maker::Apisix, &["apisix", "apisix-gateway"]),
    (Maker::Envoy, &["envoy-gateway"]),
    (Maker::Oathkeeper, &["oathkeeper", "oathkeeper-proxy"]),
];

/// What the names of classes and controllers of a maker have in them, those that are part of others last.
const WORDS: &[(Maker, &[&str])] = &[
    (Maker::NginxGateway, &["gateway.nginx.org", "nginx-gateway"]),
    (Maker::Traefik, &["traefik"]),
    (Maker::Kong, &["kong"]),
    (Maker::Haproxy, &["haproxy"]),
    (Maker::Istio, &["istio"]),
    (Maker::Contour, &["contour"]),
    (Maker::Ambassador, &["ambassador", "emissary"]),
    (Maker::Apisix, &["apisix"]),
    (Maker::Envoy, &["envoy"]),
    (Maker::Oathkeeper, &["oathkeeper"]),
    (Maker::Nginx, &["nginx"]),
];

/// The words of names of classes that are served by something that is no pod of a fleet.
const ELSEWHERE: &[&str] =
    &["alb", "aws", "gce", "gke", "azure", "cilium", "cloudflare", "openshift", "tailscale", "oci", "nsx"];

/// A service whose pods take requests and send them on.
#[derive(Debug, Clone)]
pub(super) struct Controller<'a> {
    pub(super) maker: Maker,
    pub(super) service: String,
    /// What its pods wear, where the tree has them.
    labels: Option<&'a Value>,
    /// The classes that its flags and variables name.
    classes: BTreeSet<String>,
}

impl Controller<'_> {
    /// Whether its pods may be what a selector of labels selects.
    pub(super) fn fits(&self, selector: &Value) -> bool {
        let fits = |labels: &Value| {
            let wanted = selector.as_map().into_iter().flatten();
            wanted.filter_map(|(key, value)| Some((key.known()?, value.as_text()?))).all(|(key, value)| {
                let worn = labels.get(key).and_then(Value::as_text);
                worn.is_some_and(|worn| worn == value || worn.known().is_none() || value.known().is_none())
            })
        };
        self.labels.is_none_or(fits)
    }

    /// Whether it is told of no class.
    pub(super) fn is_open(&self) -> bool {
        self.classes.is_empty()
    }

    /// Whether it is told to serve one of these classes.
    pub(super) fn is_of(&self, classes: &[&str]) -> bool {
        classes.iter().any(|class| self.classes.contains(*class))
    }
}

/// The maker whose name the name of a class or of a controller has in it.
pub(super) fn maker(text: &str) -> Option<Maker> {
    let text = text.to_lowercase();
    let has = |words: &&[&str]| words.iter().any(|word| text.contains(word));
    let known = WORDS.iter().find(|(_, words)| has(words)).map(|(maker, _)| *maker);
    let is_word = || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| ELSEWHERE.contains(&word));
    known.or_else(|| is_word().then_some(Maker::Elsewhere))
}

/// The services that are controllers: by the images that their pods run, else by their name.
pub(super) fn controllers<'a>(pods: &[Pods<'a>], hosts: &Hosts) -> Vec<Controller<'a>> {
    let mut found: BTreeMap<(Maker, String), Controller<'a>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for pods in pods {
        let Some((maker, plane)) = run(pods.template) else { continue };
        told.insert(pods.service.clone());
        if plane == Plane::Data {
            let labels = pods.template.pointer("/metadata/labels");
            let key = (maker, pods.service.clone());
            let controller = found.entry(key).or_insert_with(|| Controller {
                maker,
                service: pods.service.clone(),
                labels,
                classes: BTreeSet::new(),
            });
            controller.classes.extend(classes(pods.template));
            // Of a service with several workloads any may be meant.
            controller.labels = controller.labels.filter(|known| Some(*known) == labels);
        }
    }
    let known: BTreeSet<Maker> = found.keys().map(|(maker, _)| *maker).collect();
    for (maker, names) in NAMES.iter().filter(|(maker, _)| !known.contains(maker)) {
        let called = names.iter().filter_map(|name| hosts.called(name));
        if let Some(service) = called.map(str::to_owned).find(|service| !told.contains(service)) {
            let key = (*maker, service.clone());
            found.insert(key, Controller { maker: *maker, service, labels: None, classes: BTreeSet::new() });
        }
    }
    found.into_values().collect()
}

/// All containers of pods, those that run before the others too.
fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    ["/spec/containers", "/spec/initContainers"]
        .into_iter()
        .filter_map(|way| template.pointer(way)?.as_list())
        .flatten()
}

/// Which maker's pods these are, and what they do.
fn run(template: &Value) -> Option<(Maker, Plane)> {
    let own = template.pointer("/spec/containers").and_then(Value::as_list).unwrap_or_default();
    let paths: Vec<Partial> = containers(template).filter_map(whose::image_path).collect();
    let is = |path: &Partial, name: &str| {
        let path = path.written();
        path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    let all: Vec<(Maker, Plane)> = paths
        .iter()
        .filter_map(|path| IMAGES.iter().find(|(name, ..)| is(path, name)))
        .map(|(_, maker, plane)| (*maker, *plane))
        .collect();
    let data = all.iter().find(|(_, plane)| *plane == Plane::Data).copied();
    // A gateway of Istio's runs what is beside all pods of a mesh, alone: <https://istio.io/latest/docs/setup/additional-setup/gateway/>.
    let is_injected = || {
        let way = ["metadata", "annotations", "inject.istio.io/templates"];
        let templates = way.iter().try_fold(template, |value, key| value.get(key)).and_then(Value::as_str);
        templates == Some("gateway")
    };
    let is_router = || {
        let mut words = own.iter().filter_map(|one| one.get("args")?.as_list()).flatten();
        let is_proxy = own.iter().filter_map(whose::image_path).any(|path| is(&path, "proxyv2"));
        is_proxy && (words.any(|word| word.as_str() == Some("router")) || (own.len() == 1 && !is_sidecar(own)))
    };
    // An envoy with a maker's own container beside it, which starts or stops it, is what that one sends requests through.
    let is_envoy = || own.iter().filter_map(whose::image_path).any(|path| is(&path, "envoy"));
    let led = all.iter().find(|(maker, _)| matches!(maker, Maker::Contour | Maker::Envoy)).map(|(maker, _)| *maker);
    data.or_else(|| (is_injected() || is_router()).then_some((Maker::Istio, Plane::Data)))
        .or_else(|| led.filter(|_| is_envoy()).map(|maker| (maker, Plane::Data)))
        .or_else(|| all.first().copied())
}

/// Whether a container of Istio's is told to be beside another one.
fn is_sidecar(containers: &[Value]) -> bool {
    let mut words = containers.iter().filter_map(|one| one.get("args")?.as_list()).flatten();
    words.any(|word| word.as_str() == Some("sidecar"))
}

/// The classes that the flags and the variables of containers name: `--ingress-class=public`, `CONTROLLER_INGRESS_CLASS`.
fn classes(template: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for container in containers(template) {
        let lists = ["command", "args"].into_iter().filter_map(|key| container.get(key)?.as_list());
        let words: Vec<&str> = lists.flatten().filter_map(Value::as_str).collect();
        for (at, word) in words.iter().enumerate() {
            let (flag, value) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
            if flag.starts_with('-') && flag.to_lowercase().contains("class") {
                found.extend(value.or_else(|| words.get(at + 1).copied()).map(str::to_owned));
            }
        }
        for variable in container.get("env").and_then(Value::as_list).into_iter().flatten() {
            let is_class =
                variable.get("name").and_then(Value::as_str).is_some_and(|name| name.contains("INGRESS_CLASS"));
            let value = variable.get("value").and_then(scalar).filter(|_| is_class);
            found.extend(value.and_then(|value| value.known().map(str::to_owned)));
        }
    }
    found
}
