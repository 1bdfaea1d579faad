//! Proxies that find whom they call by what containers beside them say: labels for Traefik and Caddy, variables for nginx-proxy.
//!
//! See <https://doc.traefik.io/traefik/reference/install-configuration/providers/docker/>,
//! <https://github.com/lucaslorentz/caddy-docker-proxy> and <https://github.com/nginx-proxy/nginx-proxy>.

use super::item::{Item, scalar};
use super::{Spot, whose};
use crate::value::Value;
use std::collections::BTreeSet;

/// A proxy calls a service because that one asks for it.
#[derive(Debug, Clone)]
pub struct Route {
    /// The service that is the proxy.
    pub proxy: String,
    /// The service that asks to be called.
    pub service: String,
    /// The port that it asks to be called at.
    pub port: Option<u16>,
    /// What asks: a label or a variable.
    pub by: String,
    /// Whether it is this proxy that is asked; else it is one of several, or one that may not be the fleet's.
    pub is_certain: bool,
    /// Where it stands.
    pub spot: Spot,
}

/// A container of a compose file, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Container<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) directory: &'a str,
    pub(super) value: &'a Value,
    pub(super) service: &'a str,
}

/// The proxies that are asked in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proxy {
    Traefik,
    Caddy,
    Nginx,
}

/// Whom the proxies among the containers call.
pub(super) fn routes(containers: &[Container]) -> Vec<Route> {
    let proxies: Vec<(Proxy, &Container)> =
        containers.iter().filter_map(|one| Some((proxy(one.value)?, one))).collect();
    let mut found = Vec::new();
    for (kind, container) in [Proxy::Traefik, Proxy::Caddy, Proxy::Nginx]
        .into_iter()
        .flat_map(|kind| containers.iter().map(move |container| (kind, container)))
    {
        let Some((by, port, spot)) = asked(kind, container) else { continue };
        // The proxy of the file, else of its directory, else the only one there is.
        let all = || proxies.iter().filter(|(other, _)| *other == kind).map(|(_, proxy)| *proxy);
        let near = |is_near: &dyn Fn(&Container) -> bool| all().filter(|proxy| is_near(proxy)).collect::<Vec<_>>();
        let mut of = near(&|proxy| proxy.item.path == container.item.path);
        if of.is_empty() {
            of = near(&|proxy| proxy.directory == container.directory);
        }
        if of.is_empty() && all().count() == 1 {
            of = all().collect();
        }
        // One proxy may be deployed by several files.
        let of: BTreeSet<&str> = of.into_iter().map(|proxy| proxy.service).collect();
        let is_certain = of.len() == 1;
        found.extend(of.into_iter().filter(|proxy| *proxy != container.service).map(|proxy| Route {
            proxy: proxy.to_owned(),
            service: container.service.to_owned(),
            port,
            by: by.clone(),
            is_certain,
            spot: spot.clone(),
        }));
    }
    found
}

/// Which of the proxies a container is, by the image that it runs.
fn proxy(container: &Value) -> Option<Proxy> {
    match whose::image(container)?.as_str() {
        "traefik" => Some(Proxy::Traefik),
        "caddy-docker-proxy" => Some(Proxy::Caddy),
        "nginx-proxy" => Some(Proxy::Nginx),
        _ => None,
    }
}

/// What a container says to a proxy of a kind: what asks to be called, the port, and where.
fn asked(kind: Proxy, container: &Container) -> Option<(String, Option<u16>, Spot)> {
    let said = match kind {
        Proxy::Traefik | Proxy::Caddy => {
            [pairs(container, &["labels"]), pairs(container, &["deploy", "labels"])].concat()
        }
        Proxy::Nginx => pairs(container, &["environment"]),
    };
    let is_of = |name: &str| match kind {
        Proxy::Traefik => name.starts_with("traefik."),
        Proxy::Caddy => name.starts_with("caddy") && name.ends_with("reverse_proxy"),
        Proxy::Nginx => matches!(name, "VIRTUAL_HOST" | "VIRTUAL_PORT"),
    };
    let names_port = |name: &str| match kind {
        Proxy::Traefik => name.ends_with(".loadbalancer.server.port") || name == "traefik.port",
        Proxy::Caddy => true,
        Proxy::Nginx => name == "VIRTUAL_PORT",
    };
    let own: Vec<_> = said.into_iter().filter(|(name, ..)| is_of(name)).collect();
    if own.iter().any(|(name, value, _)| name == "traefik.enable" && value == "false") {
        return None;
    }
    // `{{upstreams http 8080}}` names the port last.
    let port = |value: &str| value.trim_end_matches('}').split([' ', ':']).next_back()?.trim().parse().ok();
    let named = own.iter().find(|(name, ..)| names_port(name));
    let (name, value, spot) = named.or_else(|| own.first())?;
    Some((format!("{name}={value}"), named.and_then(|(_, value, _)| port(value)), spot.clone()))
}

/// Names with values in a map, or in a list of `name=value`, each with its place.
fn pairs(container: &Container, keys: &[&str]) -> Vec<(String, String, Spot)> {
    let Some(value) = keys.iter().try_fold(container.value, |value, key| value.get(key)) else { return Vec::new() };
    let here = keys.iter().fold(container.item.spot(container.value), |spot, key| spot.key(key));
    match value {
        Value::Map(pairs) => pairs
            .iter()
            .filter_map(|(name, value)| {
                let (name, value) = (name.known()?, scalar(value).unwrap_or_default());
                Some((name.to_owned(), value.known()?.to_owned(), here.name(name)))
            })
            .collect(),
        Value::List(list) => {
            let pair = |(at, one): (usize, &Value)| {
                let (name, value) = one.as_str()?.split_once('=')?;
                Some((name.trim().to_owned(), value.trim().to_owned(), here.element(one, at)))
            };
            list.iter().enumerate().filter_map(pair).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => Vec::new(),
    }
}
