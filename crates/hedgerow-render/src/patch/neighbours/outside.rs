//! What calls a service from outside of the fleet: no rule can permit it, so an `allow` entry or the types have to.

use super::{Judged, Led, Pointer, at, elements, fate, labels, may_share, text};
use crate::patch::Context;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::policy::{Peer, Peers, RulePorts};
use hedgerow_yaml::{Content, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// How a call comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the pods of a proxy.
    Proxy,
    /// From a node, or from any address.
    Address,
    /// From the API server, which is no pod.
    ApiServer,
    /// From the pods of whoever scrapes.
    Scraper,
}

/// Kinds that point at Kubernetes Services, or at pods, from outside.
pub(super) fn way(api_version: &str, kind: &str) -> Option<Way> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    Some(match (group, kind) {
        ("networking.k8s.io" | "extensions", "Ingress")
        | ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute")
        | ("route.openshift.io", "Route")
        | ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP")
        | ("networking.istio.io", "VirtualService")
        | ("projectcontour.io", "HTTPProxy")
        | ("getambassador.io", "Mapping" | "TCPMapping")
        | ("configuration.konghq.com", "TCPIngress" | "UDPIngress")
        | ("k8s.nginx.org", "VirtualServer" | "VirtualServerRoute" | "TransportServer")
        | ("gateway.solo.io", "VirtualService" | "RouteTable") => Way::Proxy,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration")
        | ("apiregistration.k8s.io", "APIService")
        | ("apiextensions.k8s.io", "CustomResourceDefinition") => Way::ApiServer,
        ("monitoring.coreos.com" | "azmonitoring.coreos.com", "ServiceMonitor" | "PodMonitor" | "Probe")
        | ("operator.victoriametrics.com", "VMServiceScrape" | "VMPodScrape")
        | ("monitoring.googleapis.com", "PodMonitoring" | "ClusterPodMonitoring") => Way::Scraper,
        _ => return None,
    })
}

/// Keys under which the name of a Kubernetes Service stands in one of these kinds. `host` counts in a destination only:
/// elsewhere it is what clients ask for.
const NAMES: [&str; 6] = ["name", "serviceName", "service", "upstream", "url", "backend"];
const HOST: (&str, &str) = ("destination", "host");
/// Keys below which names are of something else.
const OTHERS: [&str; 4] = ["port", "parentRefs", "tls", "filters"];

pub(super) fn read(node: &Node<'_>, kind: &str, way: Way) -> Option<Pointer> {
    let (mut mentions, mut budget) = (Vec::new(), 10_000);
    match kind {
        // Its schema may hold any word; what points at a Service is here.
        "CustomResourceDefinition" => {
            let conversion = at(node, &["spec", "conversion"])?;
            collect(conversion, &mut mentions, &mut budget, 0);
        }
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            elements(node, &["webhooks"])
                .filter_map(|webhook| at(webhook, &["clientConfig", "service"]))
                .for_each(|service| collect(service, &mut mentions, &mut budget, 0));
        }
        _ => at(node, &["spec"]).into_iter().for_each(|spec| collect(spec, &mut mentions, &mut budget, 0)),
    }
    let selector = at(node, &["spec", "selector"]).filter(|_| way == Way::Scraper);
    let name = at(node, &["metadata", "name"]);
    Some(Pointer {
        kind: kind.to_owned(),
        name: name.and_then(Node::as_str).unwrap_or_default().to_owned(),
        way,
        namespace: text(node, &["metadata", "namespace"]).map(str::to_owned),
        mentions,
        selects: selector.map(|selector| Selects::read(selector, at(node, &["spec", "namespaceSelector"]))),
        place: name.map_or_else(|| node.range(), Node::range),
    })
}

impl Pointer {
    /// Whether it selects pods, and not Kubernetes Services.
    pub(super) fn is_for_pods(&self) -> bool {
        matches!(self.kind.as_str(), "PodMonitor" | "VMPodScrape" | "PodMonitoring" | "ClusterPodMonitoring")
    }
}

/// Whom a monitor selects.
#[derive(Debug)]
pub(super) struct Selects {
    labels: BTreeMap<String, String>,
    expressions: Vec<Expression>,
    namespaces: Namespaces,
}

#[derive(Debug)]
enum Namespaces {
    /// The monitor's own.
    Own,
    Any,
    These(Vec<String>),
}

/// An element of `matchExpressions`.
#[derive(Debug)]
struct Expression {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Selects {
    fn read(selector: &Node<'_>, namespaces: Option<&Node<'_>>) -> Self {
        let texts = |node: &Node<'_>, key: &str| -> Vec<String> {
            elements(node, &[key]).filter_map(|element| element.as_str().map(str::to_owned)).collect()
        };
        let expressions = elements(selector, &["matchExpressions"]).map(|expression| Expression {
            key: text(expression, &["key"]).unwrap_or_default().to_owned(),
            operator: text(expression, &["operator"]).unwrap_or_default().to_owned(),
            values: texts(expression, "values"),
        });
        let namespaces = namespaces.map_or(Namespaces::Own, |wanted| {
            let is_any = at(wanted, &["any"]).and_then(Node::as_scalar).and_then(|it| it.as_bool()) == Some(true);
            match texts(wanted, "matchNames") {
                _ if is_any => Namespaces::Any,
                names if names.is_empty() => Namespaces::Own,
                names => Namespaces::These(names),
            }
        });
        Self { labels: labels(selector, &["matchLabels"]), expressions: expressions.collect(), namespaces }
    }

    /// The labels that whoever is meant wears.
    pub(super) const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// Whether somebody with these labels may be meant. An operator that is not known may mean anybody.
    pub(super) fn mean(&self, own: Option<&str>, namespace: Option<&str>, worn: &BTreeMap<String, String>) -> bool {
        let is_there = match &self.namespaces {
            Namespaces::Any => true,
            Namespaces::Own => may_share(own, namespace),
            Namespaces::These(names) => names.iter().any(|name| may_share(Some(name), namespace)),
        };
        is_there
            && self.labels.iter().all(|(key, value)| worn.get(key) == Some(value))
            && self.expressions.iter().all(|expression| {
                let value = worn.get(&expression.key);
                let is_listed = value.is_some_and(|value| expression.values.contains(value));
                match expression.operator.as_str() {
                    "In" => is_listed,
                    "NotIn" => !is_listed,
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => true,
                }
            })
    }
}

/// Texts under keys that may name a Service, host names cut to their first part.
fn collect(node: &Node<'_>, mentions: &mut Vec<String>, budget: &mut usize, depth: usize) {
    if depth > 64 || *budget == 0 {
        return;
    }
    *budget -= 1;
    match node.content() {
        Content::Mapping(mapping) => {
            for pair in &mapping.pairs {
                let key = pair.key.as_str().unwrap_or_default();
                if OTHERS.contains(&key) {
                    continue;
                }
                if key == HOST.0
                    && let Some(host) = text(&pair.value, &[HOST.1])
                {
                    mentions.push(first_part(host).to_owned());
                }
                let is_name = NAMES.contains(&key);
                match pair.value.as_str() {
                    Some(value) if is_name => {
                        mentions.push(first_part(value).to_owned());
                    }
                    _ => collect(&pair.value, mentions, budget, depth + 1),
                }
            }
        }
        Content::Sequence(list) => {
            list.elements.iter().for_each(|element| collect(&element.node, mentions, budget, depth + 1));
        }
        Content::Scalar(_) | Content::Alias(_) => {}
    }
}

/// The first part of a host name, which is the Service's where it is one of the cluster's.
fn first_part(value: &str) -> &str {
    let host = value.rsplit("://").next().unwrap_or(value);
    host.split(['.', ':', '/']).next().unwrap_or(host)
}

pub(super) fn check(
    context: &Context<'_>,
    judged: &Judged<'_, '_>,
    pointers: &[Pointer],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for led in &judged.fronts {
        if let Some((how, place)) = &led.front.opened_by {
            let title = format!("Service `{}` (`{how}`)", led.front.name.escape_debug());
            report(context, judged, &title, Way::Address, place, std::slice::from_ref(led), diagnostics);
        }
    }
    for (&number, fronts) in &judged.pointers {
        let pointer = &pointers[number];
        let title = format!("{} `{}`", pointer.kind, pointer.name.escape_debug());
        report(context, judged, &title, pointer.way, &pointer.place, fronts, diagnostics);
    }
}

fn report(
    context: &Context<'_>,
    judged: &Judged<'_, '_>,
    title: &str,
    way: Way,
    place: &Range<usize>,
    fronts: &[Led<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if is_let_in(context, judged, way, fronts) {
        return;
    }
    let name = &judged.service.name;
    let (who, example) = match way {
        Way::Proxy => ("the proxy", "{namespace: ingress-nginx, pods: {app.kubernetes.io/name: ingress-nginx}}"),
        Way::Address => ("whoever comes by a node", "{cidr: …}` for your nodes or clients, or `anybody"),
        Way::ApiServer => ("the API server", "{cidr: …}` for its addresses"),
        Way::Scraper => ("whoever scrapes", "{namespace: monitoring, pods: {app.kubernetes.io/name: prometheus}}"),
    };
    let message =
        format!("{title} lets {who} call `{name}`, and no `allow` entry lets it in: such a call {}", fate(judged.plan));
    let example = example.trim_end_matches('`');
    let help = match way {
        Way::ApiServer => format!("add an `allow` entry to the service.yaml of `{name}`: `from: {example}"),
        Way::Proxy | Way::Address | Way::Scraper => {
            format!("add an `allow` entry to the service.yaml of `{name}`: `from: {example}`")
        }
    };
    let mut diagnostic = context.doubt(Code::OutsideNotAllowed, message).mark(context.span(place), "").help(help);
    if matches!(way, Way::Proxy | Way::Scraper) {
        diagnostic = diagnostic.help("where it is a service of the fleet, let its type call this one's (`types`)");
    }
    diagnostics.push(diagnostic);
}

/// Whether an `allow` entry, or a type, may let this caller in on a port that it is led to.
fn is_let_in(context: &Context<'_>, judged: &Judged<'_, '_>, way: Way, fronts: &[Led<'_>]) -> bool {
    let is_of_type = |catch_all: &&hedgerow_core::plan::CatchAll| {
        judged.service.service_type.as_ref() == Some(&catch_all.service_type)
    };
    if matches!(way, Way::Proxy | Way::Scraper) && context.plan.catch_alls().iter().any(|it| is_of_type(&it)) {
        return true;
    }
    let is_address = |peer: &Peer| matches!(peer, Peer::Block { .. });
    let may_be_it = |peers: &Peers| match (peers, way) {
        (Peers::Nobody, _) => false,
        (Peers::Anybody, _) | (Peers::These(_), Way::Proxy | Way::Scraper) => true,
        (Peers::These(peers), Way::Address | Way::ApiServer) => peers.iter().any(is_address),
    };
    let reached: Vec<_> =
        fronts.iter().flat_map(|led| led.front.ports.iter().flat_map(|port| led.reached(port))).collect();
    judged.service.allow.iter().any(|allow| {
        may_be_it(&allow.peers)
            && match &allow.ports {
                RulePorts::All => true,
                RulePorts::These(wanted) => {
                    reached.is_empty()
                        || judged.service.ports.listed().is_empty()
                        || judged.service.ports.listed().iter().any(|port| {
                            wanted.iter().any(|wanted| *wanted == port.reference())
                                && reached.iter().any(|(number, protocol)| {
                                    *number == port.number.get() && protocol == port.protocol.as_str()
                                })
                        })
                }
            }
    })
}
