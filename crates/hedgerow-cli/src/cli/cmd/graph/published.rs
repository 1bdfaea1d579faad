//! What manifests publish to the outside of the cluster: load balancers, node ports, external addresses, ingresses and routes.

use super::facing;
use crate::cli::cmd::verify::read::objects;
use crate::cli::session::Session;
use hedgerow_core::policy::Labels;
use hedgerow_core::source::Sources;
use hedgerow_eval::PlainObject;
use hedgerow_graph::Published;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Labels, as manifests write them.
pub(super) type Written = BTreeMap<String, String>;

/// A service of the fleet, and how its pods are told.
pub(super) struct Wanted {
    pub(super) service: String,
    /// Where its pods live; nothing where that is not known.
    pub(super) namespace: Option<String>,
    /// What selects its pods.
    pub(super) labels: Written,
}

pub(super) fn labels(labels: &Labels) -> Written {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

/// The routes from a workload to the metadata of its pods.
const PODS: [&str; 3] =
    ["/spec/template/metadata/labels", "/spec/jobTemplate/spec/template/metadata/labels", "/metadata/labels"];

/// The routes from an object to the names of Services that it leads to, by its kind. `*` is each element of a list.
const WAYS: [(&str, &[&str]); 8] = [
    (
        "Ingress",
        &[
            "spec/defaultBackend/service/name",
            "spec/backend/serviceName",
            "spec/rules/*/http/paths/*/backend/service/name",
            "spec/rules/*/http/paths/*/backend/serviceName",
        ],
    ),
    ("HTTPRoute", &["spec/rules/*/backendRefs/*/name"]),
    ("GRPCRoute", &["spec/rules/*/backendRefs/*/name"]),
    ("TLSRoute", &["spec/rules/*/backendRefs/*/name"]),
    ("TCPRoute", &["spec/rules/*/backendRefs/*/name"]),
    ("UDPRoute", &["spec/rules/*/backendRefs/*/name"]),
    ("IngressRoute", &["spec/routes/*/services/*/name"]),
    ("Route", &["spec/to/name"]),
];

/// Reads manifests: what publishes a service, by service. What publishes a Service that leads to none of the fleet is left out, and counted.
pub(super) fn read(
    session: &mut Session<'_>,
    files: &[PathBuf],
    fleet: &[Wanted],
) -> anyhow::Result<BTreeMap<String, Vec<Published>>> {
    let mut sources = Sources::default();
    for (path, text) in objects(session, files, "draw")? {
        sources.add(path, text);
    }
    let objects: Vec<(String, PlainObject)> = sources
        .iter()
        .flat_map(|(id, source)| {
            hedgerow_eval::objects(id, &source.text).into_iter().map(|object| (source.path.clone(), object))
        })
        .collect();
    let (found, strays) = of(&objects, fleet);
    if !strays.is_empty() {
        let names: Vec<&str> = strays.iter().map(String::as_str).collect();
        session.note(&format!("published, and of no service of the fleet: {}\n", names.join(", ")));
    }
    Ok(found)
}

/// What publishes each service, and the objects that publish something else.
fn of(objects: &[(String, PlainObject)], fleet: &[Wanted]) -> (BTreeMap<String, Vec<Published>>, BTreeSet<String>) {
    let by_name = fronts(objects, fleet);
    let (mut found, mut strays): (BTreeMap<String, Vec<Published>>, _) = (BTreeMap::new(), BTreeSet::new());
    for (file, object) in objects {
        let kind = object.reference.kind.as_str();
        let ways: Vec<(String, Vec<String>)> = if kind == "Service" {
            let own = vec![object.reference.name.clone()];
            opened_by(&object.value).map(|how| (how, own)).into_iter().collect()
        } else {
            let routes = WAYS.iter().find(|(known, _)| *known == kind).map(|(_, routes)| *routes);
            let names: Vec<String> = routes
                .into_iter()
                .flatten()
                .flat_map(|route| at_all(&object.value, route))
                .map(str::to_owned)
                .collect();
            if names.is_empty() { Vec::new() } else { vec![(kind.to_owned(), names)] }
        };
        for (how, names) in ways {
            let ports = facing::ports(object, objects);
            let namespace = object.reference.namespace.as_deref();
            let leads = names.iter().flat_map(|name| by_name.iter().filter(move |front| front.name == *name));
            let services: BTreeSet<&str> = leads
                .filter(|front| may_share(front.namespace, namespace))
                .flat_map(|front| front.services.iter().copied())
                .collect();
            let title = format!(
                "{kind} {}{}",
                namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default(),
                object.reference.name
            );
            if services.is_empty() {
                strays.insert(title.clone());
            }
            for service in services {
                let by =
                    Published { how: how.clone(), ports: ports.clone(), object: title.clone(), file: file.clone() };
                found.entry(service.to_owned()).or_default().push(by);
            }
        }
    }
    (found, strays)
}

/// A Kubernetes Service, and the fleet's services whose pods it selects.
struct Front<'o> {
    name: &'o str,
    namespace: Option<&'o str>,
    services: BTreeSet<&'o str>,
}

fn fronts<'o>(objects: &'o [(String, PlainObject)], fleet: &'o [Wanted]) -> Vec<Front<'o>> {
    let of = |worn: &Written, namespace: Option<&str>| -> BTreeSet<&'o str> {
        let lives = |wanted: &&Wanted| may_share(wanted.namespace.as_deref(), namespace);
        fleet.iter().filter(lives).filter(|wanted| holds(worn, &wanted.labels)).map(|it| it.service.as_str()).collect()
    };
    let mut pods = Vec::new();
    for (_, object) in objects.iter().filter(|(_, object)| object.reference.kind != "Service") {
        let routes = if object.reference.kind == "Pod" { &PODS[2..] } else { &PODS[..2] };
        let namespace = object.reference.namespace.as_deref();
        for worn in routes.iter().filter_map(|route| strings(object.value.pointer(route)?)) {
            let services = of(&worn, namespace);
            if !services.is_empty() {
                pods.push((namespace, worn, services));
            }
        }
    }
    let front = |object: &'o PlainObject| {
        let selector =
            object.value.pointer("/spec/selector").and_then(strings).filter(|selector| !selector.is_empty())?;
        let namespace = object.reference.namespace.as_deref();
        let mut services = of(&selector, namespace);
        for (_, _, of_pods) in pods.iter().filter(|(of, worn, _)| may_share(*of, namespace) && holds(worn, &selector)) {
            services.extend(of_pods);
        }
        Some(Front { name: &object.reference.name, namespace, services })
    };
    let services = objects.iter().filter(|(_, object)| object.reference.kind == "Service" && object.group.is_empty());
    services.filter_map(|(_, object)| front(object)).collect()
}

/// What opens a Kubernetes Service to the outside.
fn opened_by(service: &Value) -> Option<String> {
    let of_type = service.pointer("/spec/type").and_then(Value::as_str);
    match of_type {
        Some(of_type @ ("LoadBalancer" | "NodePort")) => Some(of_type.to_owned()),
        _ => {
            let addresses = service.pointer("/spec/externalIPs").and_then(Value::as_array)?;
            (!addresses.is_empty()).then(|| "externalIPs".to_owned())
        }
    }
}

/// All texts at a route.
fn at_all<'v>(value: &'v Value, route: &str) -> Vec<&'v str> {
    let mut here = vec![value];
    for step in route.split('/') {
        here = match step {
            "*" => here.into_iter().filter_map(Value::as_array).flatten().collect(),
            key => here.into_iter().filter_map(|value| value.get(key)).collect(),
        };
    }
    here.into_iter().filter_map(Value::as_str).collect()
}

fn strings(value: &Value) -> Option<Written> {
    let pairs = value.as_object()?.iter();
    Some(pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect())
}

fn holds(outer: &Written, inner: &Written) -> bool {
    inner.iter().all(|(key, value)| outer.get(key) == Some(value))
}

/// Whether two objects may live in one namespace, as far as they say.
pub(super) fn may_share(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}
