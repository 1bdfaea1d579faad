//! The ports at which the containers of services listen, and those at which the machine hands on to them: who is meant where code calls
//! `localhost:3001`.

use super::item::Item;
use super::{Deploy, Text, image};
use crate::host::Listening;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeMap;

/// The most ports that a range has; of a larger one nothing is known.
const MAX_RANGE: u16 = 256;

/// The variables by which programs are told where to listen.
const PORTS: &[&str] =
    &["PORT", "SERVER_PORT", "APP_PORT", "HTTP_PORT", "GRPC_PORT", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_URLS"];

impl Deploy {
    /// Who listens where, by service.
    pub fn listening(&self) -> BTreeMap<&str, Listening> {
        let mut found: BTreeMap<&str, Listening> = BTreeMap::new();
        for (service, listening) in &self.listening {
            found.insert(service, listening.clone());
        }
        for (service, given) in &self.given {
            let values = PORTS.iter().filter_map(|name| given.environment.get(*name)).flatten();
            let texts = values.filter_map(|value| value.known());
            // `http://+:5001;https://+:5002`
            let ports =
                texts.flat_map(|text| text.split([';', ',', ' '])).map(|text| text.rsplit(':').next().unwrap_or(text));
            found
                .entry(service)
                .or_default()
                .own
                .extend(ports.filter_map(|port| port.trim_end_matches('/').parse::<u16>().ok()));
        }
        found
    }

    /// Takes in the ports of an image.
    pub(super) fn exposes(&mut self, service: &str, text: Text) {
        let ports = image::exposed(text.text);
        self.listening.entry(service.to_owned()).or_default().own.extend(ports);
    }

    /// Takes in the ports of the containers of a pod.
    pub(super) fn opens(&mut self, service: &str, template: &Value) {
        let containers = template.pointer("/spec/containers").and_then(Value::as_list).unwrap_or_default();
        let ports = containers.iter().filter_map(|container| container.get("ports")?.as_list()).flatten();
        let port = |port: &Value| match port.get("containerPort")? {
            Value::Number(number) => number.to_string().parse::<u16>().ok(),
            value => value.as_str()?.parse().ok(),
        };
        self.listening.entry(service.to_owned()).or_default().own.extend(ports.filter_map(port));
    }

    /// Takes in the ports of the Service that leads to a service's pods.
    pub(super) fn serves(&mut self, service: &str, item: &Item) {
        let ports = item.value.pointer("/spec/ports").and_then(Value::as_list).unwrap_or_default();
        let number = |value: &Value| match value {
            Value::Number(number) => number.to_string().parse::<u16>().ok(),
            value => value.as_str()?.parse().ok(),
        };
        let ports =
            ports.iter().flat_map(|port| ["port", "targetPort"].into_iter().filter_map(|key| number(port.get(key)?)));
        self.listening.entry(service.to_owned()).or_default().own.extend(ports);
    }
}

/// Takes in the ports of a container of compose: `ports: ["3001:80"]`, `expose: [80]`.
pub(super) fn publishes(listening: &mut Listening, container: &Value, fill: impl Fn(&str) -> Partial) {
    let filled = |value: &Value| match value {
        Value::Number(number) => Some(number.to_string()),
        value => value.as_str().and_then(|text| Some(fill(text).known()?.to_owned())),
    };
    for port in container.get("ports").and_then(Value::as_list).into_iter().flatten() {
        let of = |key: &str| port.get(key).and_then(filled);
        match port {
            Value::Map(_) => {
                listening.published.extend(of("published").iter().flat_map(|text| range(text)));
                listening.own.extend(of("target").iter().flat_map(|text| range(text)));
            }
            port => {
                let Some(text) = filled(port) else { continue };
                let text = text.split('/').next().unwrap_or_default();
                let mut parts = text.rsplit(':');
                listening.own.extend(parts.next().into_iter().flat_map(range));
                listening.published.extend(parts.next().into_iter().flat_map(range));
            }
        }
    }
    for port in container.get("expose").and_then(Value::as_list).into_iter().flatten() {
        let port = filled(port).unwrap_or_default();
        listening.own.extend(range(port.split('/').next().unwrap_or_default()));
    }
}

/// The ports of a text: `80`, `9000-9001`.
fn range(text: &str) -> Vec<u16> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last && last - first < MAX_RANGE => (first..=last).collect(),
        _ => Vec::new(),
    }
}
