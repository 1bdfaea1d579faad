//! What else stands in the stream and bears on whether calls arrive: Services and their target ports, the ports of
//! containers, and what is to call a service from outside of the fleet.
//!
//! Only services whose policy is enforced, tried or staged are judged: without one everybody comes in. Documents are read in
//! full here, and only those that bear on such a service.

mod containers;
mod outside;
mod ports;

use super::Context;
use super::document::{Found, Place, Workload};
use super::rollout::at;
use hedgerow_core::fleet::Service;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::{Protection, ServicePlan};
use hedgerow_yaml::{Document, Node, Route, follow};
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

/// The key under which a definition of a custom resource says that a webhook converts it.
static CONVERSION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("conversion"));

/// Where pod templates with containers stand.
const TEMPLATES: [&[&str]; 3] = [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &[]];

static ITEMS: LazyLock<Route> = LazyLock::new(|| Route::parse("items[]").expect("a route"));

/// A port as a container or a Kubernetes Service writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WrittenPort {
    name: Option<String>,
    number: u16,
    protocol: String,
    place: Range<usize>,
}

/// The pods of one workload.
#[derive(Debug)]
struct Pods {
    title: String,
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
    ports: Vec<WrittenPort>,
}

/// A Kubernetes Service.
#[derive(Debug)]
struct Front {
    name: String,
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
    selector: BTreeMap<String, String>,
    /// `type`, where it opens the Service to the outside.
    opened_by: Option<(String, Range<usize>)>,
    ports: Vec<FrontPort>,
}

/// A port of a Kubernetes Service.
#[derive(Debug)]
struct FrontPort {
    port: WrittenPort,
    target: Target,
    /// Where the target stands, or else the port.
    place: Range<usize>,
}

/// Where a port of a Kubernetes Service leads.
#[derive(Debug)]
enum Target {
    Number(u16),
    Name(String),
}

/// Something that calls from outside of the fleet.
#[derive(Debug)]
struct Pointer {
    kind: String,
    name: String,
    way: outside::Way,
    namespace: Option<String>,
    /// Names of Kubernetes Services that it mentions, or whom it selects.
    mentions: Vec<String>,
    selects: Option<outside::Selects>,
    place: Range<usize>,
}

/// All that was found for one service.
struct Judged<'p, 'f> {
    plan: &'p ServicePlan,
    service: &'p Service,
    pods: Vec<&'f Pods>,
    /// The Services that lead to its pods.
    fronts: Vec<Led<'f>>,
    /// What calls it from outside, with the Services by which it does; none where it selects pods.
    pointers: BTreeMap<usize, Vec<Led<'f>>>,
}

/// A Kubernetes Service, and the ports by name of those pods of one service that it leads to.
#[derive(Clone)]
struct Led<'f> {
    front: &'f Front,
    named: Rc<Named<'f>>,
}

/// The ports by name of the pods that something leads to, by service.
type ByService<'p, 'f> = BTreeMap<&'p ServiceName, Rc<Named<'f>>>;

/// Numbers of container ports, by name and protocol.
type Named<'f> = BTreeMap<(&'f str, &'f str), BTreeSet<u16>>;

/// What may call a service from outside, if this is such a kind.
pub(super) fn is_neighbour(api_version: &str, kind: &str) -> bool {
    (kind == "Service" && api_version == "v1") || outside::way(api_version, kind).is_some()
}

/// Whether an object of such a kind may lead to a Service, by its text. A definition of a custom resource does so by a conversion webhook alone,
/// which few have, and its schema is larger than all else in a chart: only one that may have it is read.
pub(super) fn may_point(kind: &str, text: &str) -> bool {
    if kind != "CustomResourceDefinition" || CONVERSION.find(text.as_bytes()).is_some() {
        return true;
    }
    // An alias, or a letter that is escaped, may stand for anything. Most texts have neither the one byte nor the other.
    memchr::memchr2(b'&', b'\\', text.as_bytes()).is_some()
        && (has_anchor(text) || ["\\u", "\\x"].iter().any(|escape| text.contains(escape)))
}

/// API groups of network plug-ins, meshes and clouds whose objects say who may reach whom.
const POLICY_GROUPS: [&str; 17] = [
    "policy.networking.k8s.io",
    "projectcalico.org",
    "crd.projectcalico.org",
    "cilium.io",
    "crd.antrea.io",
    "controlplane.antrea.io",
    "security.antrea.tanzu.vmware.com",
    "security.istio.io",
    "policy.linkerd.io",
    "kuma.io",
    "k8s.ovn.org",
    "network.openshift.io",
    "vpcresources.k8s.aws",
    "networking.k8s.aws",
    "networking.gke.io",
    "consul.hashicorp.com",
    "kubeovn.io",
];

/// Whether a kind may be a policy for traffic, of whomsoever; what it really is the evaluator says.
pub(super) fn is_policy(api_version: &str, kind: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let is_about_traffic =
        || ["Network", "Traffic", "Ingress", "Egress", "Authoriz", "Access"].iter().any(|word| kind.contains(word));
    POLICY_GROUPS.contains(&group) || (kind.contains("olicy") && is_about_traffic())
}

/// Whether the calls to a service may be dropped, today or by the next stage.
pub(super) const fn is_judged(service: &ServicePlan) -> bool {
    matches!(service.protection, Protection::Enforced { .. } | Protection::Staged { .. })
}

/// What becomes of a call that is not let in, in words.
fn fate(service: &ServicePlan) -> &'static str {
    match &service.protection {
        Protection::Enforced { rest, .. } if !rest.is_allowed() => "is dropped",
        Protection::Absent | Protection::Open { .. } | Protection::Enforced { .. } | Protection::Staged { .. } => {
            "will be dropped under `enforce`"
        }
    }
}

pub(super) fn finish(context: &Context<'_>, found: &mut Found<'_>) {
    let (workloads, neighbours) = (std::mem::take(&mut found.workloads), std::mem::take(&mut found.neighbours));
    if workloads.is_empty() {
        return;
    }
    let (mut fronts, mut pointers): (Vec<Front>, Vec<Pointer>) = (Vec::new(), Vec::new());
    each(
        context.stream,
        &neighbours,
        |place| place,
        |node, _| {
            let api_version = text(node, &["apiVersion"]).unwrap_or_default();
            let kind = text(node, &["kind"]).unwrap_or_default();
            if kind == "Service" && api_version == "v1" {
                fronts.extend(read_front(node));
            } else if let Some(way) = outside::way(api_version, kind) {
                pointers.extend(outside::read(node, kind, way));
            }
        },
    );
    // Workloads are many and large: those of which nothing could be said are not read again.
    let comes_from_outside = !pointers.is_empty() || fronts.iter().any(|front| front.opened_by.is_some());
    let matters = |workload: &Workload<'_>| {
        let service = context.plan.fleet().service(workload.plan.name.as_str());
        comes_from_outside || service.is_some_and(|service| !service.ports.listed().is_empty())
    };
    let mut workloads = workloads;
    workloads.retain(matters);
    if fronts.is_empty() && !comes_from_outside {
        workloads = containers::to_read(context, workloads);
    }
    let mut pods: Vec<(&ServiceName, Pods)> = Vec::new();
    each(
        context.stream,
        &workloads,
        |workload| &workload.place,
        |node, Workload { plan, .. }| {
            pods.extend(read_pods(node, plan).map(|pods| (&plan.name, pods)));
        },
    );
    for judged in join(context, &pods, &fronts, &pointers) {
        ports::check(context, &judged, &mut found.diagnostics);
        outside::check(context, &judged, &pointers, &mut found.diagnostics);
    }
}

/// Whether a text may define an anchor: schedules are full of stars, and documents with stars and no anchor have no aliases.
fn has_anchor(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins =
        |at: usize| at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{' | b',' | b':' | b'-');
    let names = |at: usize| bytes.get(at + 1).is_some_and(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'&'));
    text.match_indices('&').any(|(at, _)| begins(at) && names(at))
}

/// By service, its pods, the Services that lead to them, and what points at either. Each is found by a label or a name, so
/// that a stream of thousands costs little more than its parts.
fn join<'p, 'f>(
    context: &Context<'p>,
    pods: &'f [(&'p ServiceName, Pods)],
    fronts: &'f [Front],
    pointers: &[Pointer],
) -> Vec<Judged<'p, 'f>> {
    let mut judged: BTreeMap<&ServiceName, Judged<'p, 'f>> = BTreeMap::new();
    for (name, pods) in pods {
        let (Some(plan), Some(service)) = (context.plan.service(name), context.plan.fleet().service(name.as_str()))
        else {
            continue;
        };
        let new = || Judged { plan, service, pods: Vec::new(), fronts: Vec::new(), pointers: BTreeMap::new() };
        judged.entry(name).or_insert_with(new).pods.push(pods);
    }
    let pods_by_label = ByLabel::new(pods.iter().map(|(_, pods)| &pods.labels));
    // Services with one selector in one namespace lead to the same pods.
    let mut led: BTreeMap<(&BTreeMap<String, String>, Option<&str>), ByService<'_, 'f>> = BTreeMap::new();
    for front in fronts {
        led.entry((&front.selector, front.namespace.as_deref())).or_insert_with(|| {
            let mut by_service: BTreeMap<&ServiceName, Named<'f>> = BTreeMap::new();
            let candidates = pods_by_label.candidates(&front.selector).map(|at| &pods[at]);
            for (name, pods) in candidates.filter(|(_, pods)| front.selects(pods)) {
                let named = by_service.entry(name).or_default();
                for port in &pods.ports {
                    if let Some(of_port) = &port.name {
                        named.entry((of_port, &port.protocol)).or_default().insert(port.number);
                    }
                }
            }
            by_service.into_iter().map(|(name, named)| (name, Rc::new(named))).collect()
        });
    }
    let led_by = |front: &'f Front| {
        let services = led.get(&(&front.selector, front.namespace.as_deref()));
        services.into_iter().flatten().map(move |(name, named)| (*name, Led { front, named: Rc::clone(named) }))
    };
    for front in fronts {
        for (name, led) in led_by(front) {
            if let Some(judged) = judged.get_mut(name) {
                judged.fronts.push(led);
            }
        }
    }
    let fronts_by_label = ByLabel::new(fronts.iter().map(|front| &front.labels));
    let mut fronts_by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, front) in fronts.iter().enumerate() {
        fronts_by_name.entry(&front.name).or_default().push(at);
    }
    for (number, pointer) in pointers.iter().enumerate() {
        let mut meant: BTreeSet<usize> = BTreeSet::new();
        for name in &pointer.mentions {
            meant.extend(fronts_by_name.get(name.as_str()).into_iter().flatten());
        }
        if let Some(selects) = &pointer.selects {
            let own = pointer.namespace.as_deref();
            if pointer.is_for_pods() {
                let candidates = pods_by_label.candidates(selects.labels()).map(|at| &pods[at]);
                let means = |pods: &Pods| selects.mean(own, pods.namespace.as_deref(), &pods.labels);
                for (name, _) in candidates.filter(|(_, pods)| means(pods)) {
                    if let Some(judged) = judged.get_mut(name) {
                        judged.pointers.entry(number).or_default();
                    }
                }
            } else {
                let means = |front: &Front| selects.mean(own, front.namespace.as_deref(), &front.labels);
                meant.extend(fronts_by_label.candidates(selects.labels()).filter(|&at| means(&fronts[at])));
            }
        }
        for (name, led) in meant.into_iter().flat_map(|at| led_by(&fronts[at])) {
            if let Some(judged) = judged.get_mut(name) {
                judged.pointers.entry(number).or_default().push(led);
            }
        }
    }
    judged.into_values().collect()
}

/// What wears which label, by position.
struct ByLabel<'a> {
    worn: BTreeMap<&'a str, BTreeMap<&'a str, Vec<usize>>>,
    count: usize,
}

impl<'a> ByLabel<'a> {
    fn new(all: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Self {
        let mut by = Self { worn: BTreeMap::new(), count: 0 };
        for (at, labels) in all.enumerate() {
            for (key, value) in labels {
                by.worn.entry(key).or_default().entry(value).or_default().push(at);
            }
            by.count = at + 1;
        }
        by
    }

    /// All that may wear every one of some labels: those that wear the rarest of them; all where none is asked for.
    fn candidates(&self, wanted: &BTreeMap<String, String>) -> impl Iterator<Item = usize> + use<'_> {
        let of = |key: &str, value: &str| self.worn.get(key).and_then(|values| values.get(value)).map(Vec::as_slice);
        let wearers = wanted.iter().map(|(key, value)| of(key, value).unwrap_or_default());
        let rarest = wearers.min_by_key(|wearers| wearers.len());
        let all = if rarest.is_none() { 0..self.count } else { 0..0 };
        rarest.unwrap_or_default().iter().copied().chain(all)
    }
}

/// Reads objects in the order of the stream, each document once.
fn each<S>(stream: &str, seen: &[S], place: impl Fn(&S) -> &Place, mut take: impl FnMut(&Node<'_>, &S)) {
    let mut take = |document: &Document<'_>, node: &Node<'_>, seen: &S| {
        // The API server sees what aliases and merge keys stand for.
        let text = |range: Range<usize>| stream.get(range).unwrap_or_default();
        let may_have_aliases = text(node.range()).contains('*') && has_anchor(text(document.range()));
        let root = if may_have_aliases { document.tree().ok().flatten() } else { None };
        let followed = root.and_then(|root| follow(root, node));
        take(followed.as_ref().unwrap_or(node), seen);
    };
    for group in seen.chunk_by(|a, b| place(a).piece().is_some() && place(a).piece() == place(b).piece()) {
        let Some(first) = group.first().and_then(|first| place(first).piece()) else { continue };
        let document = Document::of_piece(stream, first);
        let mut parts = None;
        for seen in group {
            match place(seen) {
                Place::Document(_) => {
                    if let Ok(Some(node)) = document.tree() {
                        take(&document, node, seen);
                    }
                }
                Place::Element(_, index) => {
                    let parts = parts.get_or_insert_with(|| document.parts(&ITEMS).unwrap_or_default());
                    if let Some(Ok(node)) = parts.get(*index).map(|part| part.node()) {
                        take(&document, node, seen);
                    }
                }
                Place::Deeper => {}
            }
        }
    }
}

fn text<'n>(node: &'n Node<'_>, route: &[&str]) -> Option<&'n str> {
    at(node, route).and_then(Node::as_str)
}

fn labels(node: &Node<'_>, route: &[&str]) -> BTreeMap<String, String> {
    let Some(mapping) = at(node, route).and_then(Node::as_mapping) else { return BTreeMap::new() };
    let pair = |pair: &hedgerow_yaml::Pair<'_>| Some((pair.key.as_str()?.to_owned(), pair.value.as_str()?.to_owned()));
    mapping.pairs.iter().filter_map(pair).collect()
}

fn elements<'n, 't>(node: &'n Node<'t>, route: &[&str]) -> impl Iterator<Item = &'n Node<'t>> + use<'n, 't> {
    let list = at(node, route).and_then(Node::as_sequence);
    list.into_iter().flat_map(|list| &list.elements).map(|element| &element.node)
}

fn number(node: &Node<'_>, key: &str) -> Option<(u16, Range<usize>)> {
    let node = at(node, &[key])?;
    Some((u16::try_from(node.as_scalar()?.as_int()?).ok()?, node.range()))
}

fn port(node: &Node<'_>, key: &str) -> Option<WrittenPort> {
    let (number, place) = number(node, key)?;
    let protocol = text(node, &["protocol"]).unwrap_or("TCP").to_owned();
    Some(WrittenPort { name: text(node, &["name"]).map(str::to_owned), number, protocol, place })
}

fn read_pods(node: &Node<'_>, plan: &ServicePlan) -> Option<Pods> {
    let has_containers = |template: &&Node<'_>| at(template, &["spec", "containers"]).is_some();
    let template = TEMPLATES.iter().find_map(|route| at(node, route).filter(has_containers))?;
    let mut worn = labels(template, &["metadata", "labels"]);
    worn.extend(plan.pods.write.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    let containers = ["containers", "initContainers"].into_iter().flat_map(|key| elements(template, &["spec", key]));
    let ports =
        containers.flat_map(|container| elements(container, &["ports"])).filter_map(|it| port(it, "containerPort"));
    let name = text(node, &["metadata", "name"]).unwrap_or_default();
    Some(Pods {
        title: format!("{} `{}`", text(node, &["kind"]).unwrap_or_default(), name.escape_debug()),
        namespace: text(node, &["metadata", "namespace"]).map(str::to_owned),
        labels: worn,
        ports: ports.collect(),
    })
}

fn read_front(node: &Node<'_>) -> Option<Front> {
    let opened_by =
        at(node, &["spec", "type"]).filter(|node| matches!(node.as_str(), Some("LoadBalancer" | "NodePort")));
    let opened_by = opened_by.or_else(|| {
        at(node, &["spec", "externalIPs"])
            .filter(|node| node.as_sequence().is_some_and(|list| !list.elements.is_empty()))
    });
    let ports = elements(node, &["spec", "ports"]).filter_map(|element| {
        let port = port(element, "port")?;
        let target = at(element, &["targetPort"]);
        let place = target.map_or_else(|| port.place.clone(), |target| target.range());
        let target = match target.map(|target| (target.as_scalar().and_then(|it| it.as_int()), target.as_str())) {
            None => Target::Number(port.number),
            Some((Some(number), _)) => Target::Number(u16::try_from(number).ok()?),
            Some((None, Some(name))) => match name.parse() {
                Ok(number) => Target::Number(number),
                Err(_) => Target::Name(name.to_owned()),
            },
            Some((None, None)) => return None,
        };
        Some(FrontPort { port, target, place })
    });
    Some(Front {
        name: text(node, &["metadata", "name"])?.to_owned(),
        namespace: text(node, &["metadata", "namespace"]).map(str::to_owned),
        labels: labels(node, &["metadata", "labels"]),
        selector: labels(node, &["spec", "selector"]),
        opened_by: opened_by.map(|node| (node.as_str().unwrap_or("externalIPs").to_owned(), node.range())),
        ports: ports.collect(),
    })
}

/// Whether two objects may live in one namespace, as far as they say.
fn may_share(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

impl Front {
    fn selects(&self, pods: &Pods) -> bool {
        !self.selector.is_empty()
            && may_share(self.namespace.as_deref(), pods.namespace.as_deref())
            && self.selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value))
    }
}

impl Led<'_> {
    /// The container ports that a port of the Kubernetes Service leads to; none where a name leads nowhere.
    fn reached(&self, port: &FrontPort) -> Vec<(u16, String)> {
        let protocol = port.port.protocol.as_str();
        let numbers = match &port.target {
            Target::Number(number) => vec![*number],
            Target::Name(name) => self.named.get(&(name.as_str(), protocol)).into_iter().flatten().copied().collect(),
        };
        numbers.into_iter().map(|number| (number, protocol.to_owned())).collect()
    }
}

impl Judged<'_, '_> {
    /// Whether the service declares a port, for callers by rule or for every caller.
    fn declares(&self, number: u16, protocol: &str) -> bool {
        let mut declared = self.service.ports.listed().iter().chain(&self.service.always);
        declared.any(|port| port.number.get() == number && port.protocol.as_str() == protocol)
    }

    /// Whether the service declares its ports at all.
    fn lists_ports(&self) -> bool {
        !self.service.ports.listed().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_definition_without_a_conversion_is_not_read() {
        for (kind, text, should) in [
            ("CustomResourceDefinition", "spec: {conversion: {strategy: None}}", true),
            ("CustomResourceDefinition", "spec:\n  \"conver\\u0073ion\": {}", true),
            ("CustomResourceDefinition", "a: &a {x: {}}\nspec: *a", true),
            ("CustomResourceDefinition", "spec: {description: '\\d & a'}", false),
            ("CustomResourceDefinition", "spec:\n  versions: []", false),
            ("Ingress", "spec: {}", true),
            ("Service", "", true),
        ] {
            assert_eq!(may_point(kind, text), should, "{kind}: {text}");
        }
    }

    #[test]
    fn a_document_without_an_anchor_has_no_aliases() {
        for text in ["a: &x 1", "- &x {a: 1}", "[&x a]", "a:\n  &x\n  b: 1", "&x a: 1", "{a: &x-1 b}"] {
            assert!(has_anchor(text), "{text}");
        }
        for text in ["schedule: '*/5 * * * *'", "command: a && b", "url: http://h/?a=1&b=2", "a & b", "x&y", ""] {
            assert!(!has_anchor(text), "{text}");
        }
    }

    #[test]
    fn those_who_wear_the_rarest_label_are_looked_at() {
        let worn = [map(&[("a", "1"), ("b", "1")]), map(&[("a", "1")]), map(&[("a", "1"), ("b", "2")]), map(&[])];
        let by = ByLabel::new(worn.iter());
        for (wanted, expected) in [
            (map(&[("a", "1")]), &[0, 1, 2][..]),
            (map(&[("a", "1"), ("b", "2")]), &[2]),
            (map(&[("a", "1"), ("b", "3")]), &[]),
            (map(&[("c", "1")]), &[]),
            (map(&[]), &[0, 1, 2, 3]),
        ] {
            assert_eq!(by.candidates(&wanted).collect::<Vec<_>>(), expected, "{wanted:?}");
        }
    }
}
