//! ClientIntents of Otterize: what a client means to call. `v1alpha2` to `v1beta1` say `service` and `calls`, `v2alpha1` and later `workload`
//! and `targets`; both are read wherever they stand, since exports of the mapper mix them.

use crate::objects::{Object, filled_objects, get, keys, list, text, texts};
use crate::said::{End, Found, Name, Statement, Wanted, Why, shown};
use crate::templates::{is_filled, plain};
use crate::{Input, Reader};
use hedgerow_core::diag::Diagnostic;
use serde_json::Value;

pub(crate) struct Otterize;

impl Reader for Otterize {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        let read = filled_objects(input, found);
        for object in &read.objects {
            match object.kind.as_str() {
                "ClientIntents" => intents(object, found),
                _ if !object.group.ends_with("otterize.com") => {}
                // That a server lets in nobody else: rules say so of every callee.
                "ProtectedService" => {}
                kind if kind.ends_with("ServerConfig") => resource(object, "settings of a server".to_owned(), found),
                kind => {
                    let text = format!("objects of kind {} are not read", told(kind));
                    found.leave(Why::NotUnderstood, &object.place, text);
                }
            }
        }
        read.diagnostics
    }
}

fn intents(object: &Object, found: &mut Found) {
    let spec = object.spec();
    let client = ["workload", "service"].into_iter().find_map(|key| get(spec, key));
    let Some(name) = client.and_then(|client| text(client, "name")) else {
        found.leave(Why::NotUnderstood, &object.place, "it does not say who the client is");
        return;
    };
    object.say_namespace(found);
    if is_filled(name) {
        let text = format!("the deploy fills in who the client is: `{}`", told(name));
        found.leave(Why::NotUnderstood, &object.place, text);
        return;
    }
    let kind = client.and_then(|client| text(client, "kind")).filter(|kind| !is_filled(kind)).map(str::to_owned);
    let client = Name { kind, ..Name::new(Some(&object.namespace), name) };
    // Early exports have the calls inside of `service`.
    let inner = get(spec, "service").unwrap_or(&Value::Null);
    for (at, key) in [(spec, "calls"), (inner, "calls"), (spec, "targets")] {
        if let Some(part) = text(at, key).filter(|part| is_filled(part)) {
            found.leave(Why::NotUnderstood, &object.place, format!("the deploy fills in `{key}`: `{}`", told(part)));
        }
    }
    for call in list(spec, "calls").iter().chain(list(inner, "calls")) {
        old_call(object, &client, call, found);
    }
    for target in list(spec, "targets") {
        new_target(object, &client, target, found);
    }
}

/// A call of version 1: a name with a type.
fn old_call(object: &Object, client: &Name, call: &Value, found: &mut Found) {
    let name = text(call, "name").unwrap_or_default();
    let details = ["HTTPResources", "httpResources", "resources"].into_iter().map(|key| list(call, key).len()).sum();
    match text(call, "type").unwrap_or("http") {
        "http" | "grpc" => {
            server(object, client, call, name, found);
            http(object, name, details, found);
        }
        "kafka" => {
            server(object, client, call, name, found);
            topics(object, name, list(call, "kafkaTopics").len() + list(call, "topics").len(), found);
        }
        "database" => resource(object, format!("the database `{}`", told(name)), found),
        "internet" => internet(object, get(call, "internet").unwrap_or(call), found),
        cloud @ ("aws" | "azure" | "gcp") => resource(object, format!("`{}` of {cloud}", told(name)), found),
        other => {
            let text = format!("a call of type `{}` to `{}`", told(other), told(name));
            found.leave(Why::NotUnderstood, &object.place, text);
        }
    }
}

/// A target of version 2: one key says what it is.
fn new_target(object: &Object, client: &Name, target: &Value, found: &mut Found) {
    let mut is_empty = true;
    for key in keys(target) {
        is_empty = false;
        let Some(value) = get(target, key) else { continue };
        let name = text(value, "name").unwrap_or_default();
        match key {
            "kubernetes" | "service" => {
                server(object, client, value, name, found);
                http(object, name, list(value, "http").len(), found);
            }
            "kafka" => {
                server(object, client, value, name, found);
                topics(object, name, list(value, "topics").len(), found);
            }
            "sql" => resource(object, format!("the database `{}`", told(name)), found),
            "internet" => internet(object, value, found),
            "aws" => resource(object, format!("`{}` of aws", told(text(value, "arn").unwrap_or_default())), found),
            "gcp" => {
                resource(object, format!("`{}` of gcp", told(text(value, "resource").unwrap_or_default())), found);
            }
            "azure" => {
                resource(object, format!("`{}` of azure", told(text(value, "scope").unwrap_or_default())), found);
            }
            other => {
                found.leave(Why::NotUnderstood, &object.place, format!("a target of kind `{}`", told(other)));
            }
        }
    }
    if is_empty {
        found.leave(Why::NotUnderstood, &object.place, "a target that names nothing");
    }
}

/// A server by its name, with its namespace behind a dot where it is another one.
fn server(object: &Object, client: &Name, call: &Value, name: &str, found: &mut Found) {
    let (is_service, bare) = match name.strip_prefix("svc:") {
        Some(bare) => (true, bare),
        None => (false, name),
    };
    if bare.is_empty() {
        found.leave(Why::NotUnderstood, &object.place, "a call without a name");
        return;
    }
    let namespace = text(call, "namespace");
    if let Some(part) = [Some(bare), namespace].into_iter().flatten().find(|part| is_filled(part)) {
        let text = format!("a call to `{}`: `{}` is filled in by the deploy", told(name), told(part));
        found.leave(Why::NotUnderstood, &object.place, text);
        return;
    }
    let (bare, namespace) = match (bare.rsplit_once('.'), namespace) {
        (_, Some(namespace)) => (bare, namespace),
        (Some((bare, namespace)), None) => (bare, namespace),
        (None, None) => (bare, object.namespace.as_str()),
    };
    let kind = if is_service { Some("Service") } else { text(call, "kind").filter(|kind| !is_filled(kind)) };
    let server = Name { kind: kind.map(str::to_owned), ..Name::new(Some(namespace), bare) };
    found.statements.push(Statement {
        caller: End::Named(client.clone()),
        callee: End::Named(server),
        ports: Wanted::All,
        reason: None,
        seen: None,
        place: object.place.clone(),
    });
}

fn http(object: &Object, name: &str, details: usize, found: &mut Found) {
    if details > 0 {
        found.leave(Why::Layer7, &object.place, format!("`{}`: paths and methods ({details})", told(name)));
    }
}

fn topics(object: &Object, name: &str, topics: usize, found: &mut Found) {
    if topics > 0 {
        found.leave(Why::Layer7, &object.place, format!("`{}`: topics and operations ({topics})", told(name)));
    }
}

fn resource(object: &Object, text: String, found: &mut Found) {
    found.leave(Why::Resource, &object.place, text);
}

fn internet(object: &Object, value: &Value, found: &mut Found) {
    let hosts = texts(value, "domains").into_iter().chain(texts(value, "dns")).chain(text(value, "dns"));
    let hosts: Vec<_> = hosts.collect();
    for host in &hosts {
        found.leave(Why::OutsideCallee, &object.place, format!("`{}`", told(host)));
    }
    let addresses = texts(value, "ips");
    for address in &addresses {
        found.leave(Why::OutsideCallee, &object.place, format!("calls to {}", told(address)));
    }
    if hosts.is_empty() && addresses.is_empty() {
        found.leave(Why::OutsideCallee, &object.place, "calls to anybody outside");
    }
}

/// Text of the input for a message, with `{{…}}` for what the deploy fills in.
fn told(text: &str) -> String {
    shown(&plain(text))
}
