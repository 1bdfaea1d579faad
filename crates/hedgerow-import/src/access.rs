//! `accessPolicy` of Nais (`nais.io`) and Skiperator (`skiperator.kartverket.no`): who comes in, and whom an application calls.
//!
//! Both platforms let a call through where the caller says `outbound` and the callee says `inbound`. Where both are among the files, both
//! have to say it; where one is not, the other's word is taken.

use crate::objects::{Object, filled_objects, get, list, text};
use crate::said::{End, Found, Name, Place, Statement, Wanted, Why, shown};
use crate::settle::allow_from;
use crate::templates::{is_filled, plain};
use crate::whose::Whose;
use crate::{Input, Reader};
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::name::ServiceName;
use hedgerow_eval::Labels;
use hedgerow_yaml::quote;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct AccessPolicy;

/// An application by namespace and name.
type App = (String, String);

/// Who says that somebody may call.
#[derive(Default)]
struct Said {
    outbound: Option<Place>,
    inbound: Option<Place>,
}

#[derive(Default)]
struct Policies {
    /// The applications that are among the files.
    apps: BTreeSet<App>,
    /// By caller and callee.
    edges: BTreeMap<(App, App), Said>,
    /// Whole namespaces that applications call, and that call them.
    all_outbound: BTreeSet<(App, String)>,
    all_inbound: BTreeSet<(App, String)>,
}

/// Every namespace, or every application.
const ALL: &str = "*";

impl Reader for AccessPolicy {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        let read = filled_objects(input, found);
        let mut policies = Policies::default();
        let (nameless, apps): (Vec<_>, Vec<_>) =
            read.objects.iter().filter(|object| is_app(object)).partition(|object| is_filled(&object.name));
        for Object { kind, place, .. } in nameless {
            let place = Place { what: kind.clone(), ..place.clone() };
            let text =
                "the deploy fills in its name, so it is not known who calls: import the file that the deploy makes";
            found.leave(Why::NotUnderstood, &place, text);
        }
        for object in &apps {
            policies.apps.insert((object.namespace.clone(), object.name.clone()));
        }
        for object in apps {
            object.say_namespace(found);
            open_parts(object, found);
            platform(object, input, found);
            let Some(policy) = policy(object) else { continue };
            policies.inbound(object, get(policy, "inbound").unwrap_or(&Value::Null), input, found);
            policies.outbound(object, get(policy, "outbound").unwrap_or(&Value::Null), found);
        }
        policies.say(found);
        read.diagnostics
    }
}

/// Says which parts of an application, that may hold rules or callers, the deploy fills in as a whole.
fn open_parts(object: &Object, found: &mut Found) {
    let sides = ["inbound", "outbound"]
        .map(|side| ["", "/rules", "/external"].map(|part| format!("/spec/accessPolicy/{side}{part}")));
    let of_policy: Vec<_> = ["/spec/accessPolicy".to_owned()].into_iter().chain(sides.into_iter().flatten()).collect();
    // Jobs of Skiperator have it inside of their container.
    let inside = of_policy.iter().map(|route| route.replacen("/spec", "/spec/container", 1));
    let others = ["/spec", "/spec/container", "/spec/ingresses", "/spec/prometheus"].map(str::to_owned);
    for route in others.iter().cloned().chain(inside).chain(of_policy.iter().cloned()) {
        let Some(part) = object.value.pointer(&route).and_then(Value::as_str).filter(|part| is_filled(part)) else {
            continue;
        };
        let key = route.trim_start_matches('/').replace('/', ".");
        let text = format!("the deploy fills in `{key}`: `{}`", shown(&plain(part)));
        found.leave(Why::NotUnderstood, &object.place, text);
    }
}

fn is_app(object: &Object) -> bool {
    let is_nais = object.group == "nais.io" && matches!(object.kind.as_str(), "Application" | "Naisjob" | "NaisJob");
    is_nais || object.group == "skiperator.kartverket.no" && matches!(object.kind.as_str(), "Application" | "SKIPJob")
}

/// What the platform itself sends to an application, besides its `accessPolicy`: requests from its ingress controller, and scrapes.
fn platform(object: &Object, input: &Input<'_>, found: &mut Found) {
    let own = (object.namespace.clone(), object.name.clone());
    let callee = match input.names.of(&named(&own)) {
        Whose::Service(service) => Some(service),
        Whose::Nobody(_) | Whose::Several(_) => None,
    };
    let host = |ingress: &Value| ingress.as_str().or_else(|| text(ingress, "hostname")).map(|host| shown(&plain(host)));
    let hosts: BTreeSet<String> = list(object.spec(), "ingresses").iter().filter_map(host).collect();
    let scrapes = get(object.spec(), "prometheus").filter(|scrapes| scrapes.is_object());
    let enabled = scrapes.map(|scrapes| get(scrapes, "enabled").unwrap_or(&Value::Bool(true)));
    let mut leave = |text: String| {
        let leftover = found.leave(Why::OutsideCaller, &object.place, text);
        leftover.callee.clone_from(&callee);
    };
    if !hosts.is_empty() {
        let hosts: Vec<String> = hosts.iter().map(|host| format!("`{host}`")).collect();
        leave(format!(
            "the pods of the ingress controller call `{}`, which is published at {}",
            object.name,
            hosts.join(", ")
        ));
    }
    match enabled {
        None | Some(Value::Bool(false)) => {}
        Some(Value::String(text)) if is_filled(text) => {
            leave(format!("Prometheus may call `{}`: the deploy fills in whether it is scraped", object.name));
        }
        Some(_) => leave(format!("Prometheus calls `{}`, which asks to be scraped", object.name)),
    }
}

/// Jobs of Skiperator have it inside of their container.
fn policy(object: &Object) -> Option<&Value> {
    let spec = object.spec();
    get(spec, "accessPolicy").or_else(|| get(get(spec, "container")?, "accessPolicy"))
}

/// One rule, understood.
enum Peer {
    App(App),
    /// Every application of a namespace, or of all.
    All(String),
    /// By the labels of namespaces.
    Labelled(String, Labels),
}

impl Policies {
    fn inbound(&mut self, object: &Object, side: &Value, input: &Input<'_>, found: &mut Found) {
        let own = (object.namespace.clone(), object.name.clone());
        for rule in list(side, "rules") {
            let Some(peer) = peer(object, rule, found) else { continue };
            if let Some(permissions) = get(rule, "permissions") {
                let text = format!(
                    "roles and scopes of `{}`: {}",
                    shown(&name_of(&peer)),
                    shown(&plain(&permissions.to_string()))
                );
                found.leave(Why::Layer7, &object.place, text);
            }
            let callee = match input.names.of(&named(&own)) {
                Whose::Service(service) => Some(service),
                Whose::Nobody(_) | Whose::Several(_) => None,
            };
            match peer {
                Peer::App(app) => {
                    self.edges.entry((app, own.clone())).or_default().inbound.get_or_insert(object.place.clone());
                }
                Peer::All(namespace) => {
                    let (why, who, from) = if namespace == ALL {
                        (Why::WholeCluster, "every pod of the cluster".to_owned(), "{namespaces: any}".to_owned())
                    } else {
                        let from = format!("{{namespace: {}}}", quote(&namespace));
                        (Why::WholeNamespace, format!("every pod of namespace `{}`", shown(&namespace)), from)
                    };
                    crowd(object, why, &who, &from, callee, found);
                    self.all_inbound.insert((own.clone(), namespace));
                }
                Peer::Labelled(app, labels) => {
                    let labels: Vec<_> =
                        labels.iter().map(|(key, value)| format!("{}: {}", quote(key), quote(value))).collect();
                    let from = format!(
                        "{{namespaces: {{labels: {{{}}}}}, pods: {{app: {}}}}}",
                        labels.join(", "),
                        quote(&app)
                    );
                    let who = format!("`{}` of any namespace with {}", shown(&app), shown(&labels.join(", ")));
                    crowd(object, Why::WholeNamespace, &who, &from, callee, found);
                }
            }
        }
    }

    fn outbound(&mut self, object: &Object, side: &Value, found: &mut Found) {
        let own = (object.namespace.clone(), object.name.clone());
        for rule in list(side, "rules") {
            match peer(object, rule, found) {
                Some(Peer::App(app)) => {
                    self.edges.entry((own.clone(), app)).or_default().outbound.get_or_insert(object.place.clone());
                }
                Some(Peer::All(namespace)) => {
                    let text = format!("`{}` calls every application of {}", object.name, there(&namespace));
                    found.leave(Why::Egress, &object.place, text);
                    self.all_outbound.insert((own.clone(), namespace));
                }
                Some(Peer::Labelled(app, _)) => {
                    let text = format!("`{}` calls `{}` in namespaces with labels", object.name, shown(&app));
                    found.leave(Why::Egress, &object.place, text);
                }
                None => {}
            }
        }
        for external in list(side, "external") {
            if let Some(host) = external.as_str().filter(|host| is_filled(host)) {
                found.leave(
                    Why::NotUnderstood,
                    &object.place,
                    format!("the deploy fills in whom `{}` calls outside: `{}`", object.name, shown(&plain(host))),
                );
            }
            if let Some(host) = text(external, "host") {
                found.leave(Why::OutsideCallee, &object.place, format!("`{}`", shown(&plain(host))));
            }
            if let Some(address) = ["ip", "ipv4"].into_iter().find_map(|key| text(external, key)) {
                found.leave(Why::OutsideCallee, &object.place, format!("calls to {}", shown(&plain(address))));
            }
        }
    }

    /// What both ends say together.
    fn say(&self, found: &mut Found) {
        for ((caller, callee), said) in &self.edges {
            let speaks = |all: &BTreeSet<(App, String)>, own: &App, other: &App| {
                [&other.0, ALL].into_iter().any(|namespace| all.contains(&(own.clone(), namespace.to_owned())))
            };
            let out =
                said.outbound.is_some() || speaks(&self.all_outbound, caller, callee) || !self.apps.contains(caller);
            let within =
                said.inbound.is_some() || speaks(&self.all_inbound, callee, caller) || !self.apps.contains(callee);
            let Some(place) = said.outbound.as_ref().or(said.inbound.as_ref()) else { continue };
            let (from, to) = (named(caller), named(callee));
            if out && within {
                let (caller, callee) = (End::Named(from), End::Named(to));
                let ports = Wanted::All;
                let place = place.clone();
                found.statements.push(Statement { caller, callee, ports, reason: None, seen: None, place });
            } else {
                let lacks =
                    if out { format!("`{to}` has no inbound rule") } else { format!("`{from}` has no outbound rule") };
                found.leave(Why::OneSided, place, format!("`{from}` → `{to}`: {lacks}"));
            }
        }
    }
}

fn crowd(object: &Object, why: Why, who: &str, from: &str, callee: Option<ServiceName>, found: &mut Found) {
    let leftover = found.leave(why, &object.place, format!("{who} may call `{}`", object.name));
    leftover.allow = callee.is_some().then(|| allow_from(from, None));
    leftover.callee = callee;
}

fn named((namespace, name): &App) -> Name {
    // Both platforms have their pods wear the application's name.
    let labels = Labels::from([("app".to_owned(), name.clone())]);
    Name { labels, ..Name::new(Some(namespace), name) }
}

fn there(namespace: &str) -> String {
    if namespace == ALL { "every namespace".to_owned() } else { format!("namespace `{}`", shown(namespace)) }
}

fn name_of(peer: &Peer) -> String {
    match peer {
        Peer::App((_, name)) | Peer::Labelled(name, _) => name.clone(),
        Peer::All(_) => ALL.to_owned(),
    }
}

/// Whom a rule is about; nothing where that cannot be said, which is told.
fn peer(object: &Object, rule: &Value, found: &mut Found) -> Option<Peer> {
    let Some(app) = text(rule, "application") else {
        found.leave(Why::NotUnderstood, &object.place, "a rule without an application");
        return None;
    };
    let labels = get(rule, "namespacesByLabel");
    let (whole, keyed) = (labels.and_then(Value::as_str), labels.and_then(Value::as_object));
    let keyed = keyed.into_iter().flatten().flat_map(|(key, value)| [Some(key.as_str()), value.as_str()]);
    let parts = [Some(app), text(rule, "namespace"), text(rule, "cluster"), whole].into_iter().chain(keyed);
    if let Some(part) = parts.flatten().find(|part| is_filled(part)) {
        let text = format!("a rule for `{}`: `{}` is filled in by the deploy", shown(&plain(app)), shown(&plain(part)));
        found.leave(Why::NotUnderstood, &object.place, text);
        return None;
    }
    if let Some(cluster) = text(rule, "cluster") {
        let own = object.value.pointer("/metadata/annotations").and_then(|it| text(it, "nais.io/cluster"));
        if own.is_some_and(is_filled) {
            let text = format!(
                "`{}` in cluster `{}`: the deploy fills in which cluster the rule is for",
                shown(app),
                shown(cluster)
            );
            found.leave(Why::NotUnderstood, &object.place, text);
            return None;
        }
        if own.is_none_or(|own| own != cluster) {
            found.leave(Why::OtherCluster, &object.place, format!("`{}` in cluster `{}`", shown(app), shown(cluster)));
            return None;
        }
    }
    if let Some(labels) = labels.and_then(Value::as_object) {
        let labels = labels.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        return Some(Peer::Labelled(app.to_owned(), labels.collect()));
    }
    let namespace = text(rule, "namespace").unwrap_or(&object.namespace);
    if app == ALL {
        return Some(Peer::All(namespace.to_owned()));
    }
    if namespace == ALL {
        return Some(Peer::Labelled(app.to_owned(), Labels::new()));
    }
    Some(Peer::App((namespace.to_owned(), app.to_owned())))
}
