//! What in a text names another service: an address or a name that led to no edge is asked about, in whatever file or language it
//! stands.
//!
//! A text is told from prose by its shape. An address is a URL, a host with a port, a name in the cluster's form, or the host in a
//! connection string. A bare name counts where it cannot be a common word (it has a `-`, `.` or `_`), or where what stands before it
//! asks for a host. A text with spaces is read for connection strings and for URLs at its beginning or behind a command; what else it
//! says is for people.

mod bypass;
mod strings;

use crate::edge::Port;
pub(crate) use bypass::{is_bypass, is_called, is_past_proxy};
use hedgerow_deploy::{Answer, Hosts, Partial, has_own_scheme};
use strings::strings;

/// The longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 2_000;

/// A port that is called is one of these or higher; a smaller number behind a name is a version: `postgres:16`.
const MIN_PORT: u32 = 53;

/// A service that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The service.
    pub(crate) service: String,
    /// What names it.
    pub(crate) text: String,
    /// Where that begins in the text.
    pub(crate) start: usize,
    /// Whether it is an address, and not a name alone.
    pub(crate) is_address: bool,
    /// The port that it names.
    pub(crate) port: Port,
}

/// Words in what stands before a bare name that make it the name of a host.
const HOST_WORDS: &[&str] = &[
    "host",
    "addr",
    "url",
    "uri",
    "endpoint",
    "server",
    "broker",
    "upstream",
    "dsn",
    "proxy",
    "bootstrap",
    "target",
    "backend",
    "service_id",
    "serviceid",
    "peer",
    "seeds",
    "member_list",
    "member-list",
    "memberlist",
];

/// Those of them that a list of things to choose from has as well: `endpoints: [health, metrics]`.
const EITHER_WORDS: &[&str] = &["endpoint", "target", "backend"];

/// The last words of names that choose among things by their names, or name what is no machine, whatever stands before them: `backend.type`,
/// `endpoints.include`, `TARGET_DB`.
const CHOICE_WORDS: &[&str] = &[
    "active",
    "bucket",
    "capabilities",
    "collection",
    "database",
    "db",
    "dbname",
    "disabled",
    "enabled",
    "exchange",
    "exclude",
    "excludes",
    "exporter",
    "exporters",
    "feature",
    "features",
    "format",
    "groups",
    "include",
    "includes",
    "index",
    "keyspace",
    "kind",
    "mode",
    "modules",
    "password",
    "plugins",
    "profiles",
    "protocol",
    "provider",
    "queue",
    "realm",
    "role",
    "roles",
    "schema",
    "scopes",
    "table",
    "tags",
    "topic",
    "topics",
    "type",
    "types",
    "user",
    "username",
    "vhost",
];

/// Whether a key, a variable or the last word of a line's beginning asks for a host: in `mongoimport --host x --collection ratings` the
/// name is no host's.
pub(crate) fn asks_for_host(before: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    let before = before.trim_end_matches(|c| !is_word(c));
    let word = before.rsplit(|c| !is_word(c)).next().unwrap_or(before);
    // Behind a tag that closes stands something else.
    if before.strip_suffix(word).is_some_and(|head| head.ends_with("</")) {
        return false;
    }
    let before = word.to_lowercase();
    let last = before.rsplit(['.', '_', '-']).next().unwrap_or(&before);
    if CHOICE_WORDS.contains(&last) {
        return false;
    }
    // What a name of many parts asks for is at its end: `management.endpoints.web.exposure.include`.
    let end = before.rmatch_indices('.').nth(1).map_or(before.as_str(), |(at, _)| &before[at + 1..]);
    HOST_WORDS.iter().any(|word| end.contains(word))
}

/// Whether a name ends in a word that is a machine's alone: `DB_HOST`.
fn is_of_machine(before: &str) -> bool {
    const WORDS: &[&str] = &["addr", "address", "dsn", "host", "hostname", "hosts", "uri", "url"];
    let before = before.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    WORDS.iter().any(|word| before.ends_with(word))
}

/// Whether the words of a list may be a choice among things, and no hosts: one of them is no service's name, and the name before them does
/// not end in a word that is for machines alone.
pub(crate) fn is_choice<'t>(mut words: impl Iterator<Item = &'t str> + Clone, before: &str, hosts: &Hosts) -> bool {
    let is_word = |piece: &str| !piece.is_empty() && piece.chars().all(|c| c.is_alphanumeric() || "-_* ".contains(c));
    let mut of_machines = HOST_WORDS.iter().filter(|word| !EITHER_WORDS.contains(word));
    let before = before.to_lowercase();
    let last = before.trim_end_matches([' ', ':', '=', '"', '\'']).rsplit(['.', '_', '-']).next().unwrap_or_default();
    words.clone().nth(1).is_some()
        && words.clone().all(is_word)
        && !of_machines.any(|word| last.contains(word))
        && words.any(|piece| hosts.service(piece.trim()).is_none())
}

/// Whether a variable's name says that it holds an address: `LEDGER_URL`, `DB_HOST`.
pub(crate) fn is_address_variable(name: &str) -> bool {
    const TAILS: &[&str] = &[
        "_ADDR",
        "_ADDRESS",
        "_ADDRS",
        "_HOST",
        "_HOSTS",
        "_HOSTNAME",
        "_URL",
        "_URLS",
        "_URI",
        "_ENDPOINT",
        "_ENDPOINTS",
        "_BROKERS",
        "_BROKER",
        "_SERVERS",
        "_DSN",
        "_UPSTREAM",
        "_SERVICE_NAME_URL",
        "_CONNECTION_STRING",
    ];
    let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 80
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(legal)
        && TAILS.iter().any(|tail| name.ends_with(tail))
}

/// The services that a text names. `before` is what stands before it: a key, a variable's name, the beginning of its line.
pub(crate) fn named(text: &str, before: &str, hosts: &Hosts) -> Vec<Named> {
    let mut found = Vec::new();
    let trimmed = text.trim();
    if trimmed.len() < 2 || trimmed.len() > MAX_LENGTH || (is_bypass(before) && !is_called(trimmed)) {
        return found;
    }
    let start = text.len() - text.trim_start().len();
    if let Some(value) = value_of(trimmed) {
        structured(&value, before, (trimmed, start), hosts, &mut found);
        return found;
    }
    // A list of hosts may have spaces behind its commas.
    let is_list = asks_for_host(before) && !trimmed.split(',').any(|piece| piece.trim().contains(char::is_whitespace));
    // What stands behind a question mark is of an address: `ledger-db:5432/books?sslmode=disable`.
    let head = trimmed.split('?').next().unwrap_or(trimmed);
    if (!is_list && trimmed.contains(char::is_whitespace)) || (head.contains([';', '=']) && !trimmed.contains("://")) {
        strings(trimmed, start, hosts, &mut found);
        return found;
    }
    let is_choice = is_choice(trimmed.split(','), before, hosts);
    for (at, piece) in pieces(trimmed, ',') {
        let (at, piece) = (at + piece.len() - piece.trim_start().len(), piece.trim());
        in_list(is_choice, before, &mut found, |before, found| token(piece, start + at, before, hosts, found));
    }
    found
}

/// The services that an element of a list names. What is a word in it, of which `before` would make a host, is a name alone where the list
/// may be a choice.
pub(crate) fn in_list(is_choice: bool, before: &str, found: &mut Vec<Named>, take: impl Fn(&str, &mut Vec<Named>)) {
    let from = found.len();
    if is_choice {
        take("", found);
    }
    if found.len() == from {
        take(before, found);
        found[from..].iter_mut().for_each(|named| named.is_address &= !is_choice);
    }
}

/// The value that a text is in JSON, in YAML's flow style, or as Python writes it: `{'default': {'HOST': 'ledger'}}`.
fn value_of(text: &str) -> Option<serde_json::Value> {
    if !text.starts_with(['{', '[']) || text.starts_with("{{") {
        return None;
    }
    // Without quotes, brackets are no more than a list's.
    let in_yaml = || text.contains(['\'', '"']).then(|| serde_yaml::from_str(text).ok())?;
    serde_json::from_str(text).ok().or_else(in_yaml)
}

/// What the texts of such a value name: a variable may hold one.
fn structured(
    value: &serde_json::Value,
    key: &str,
    (text, start): (&str, usize),
    hosts: &Hosts,
    found: &mut Vec<Named>,
) {
    use serde_json::Value;
    match value {
        Value::String(inner) => {
            // Where it stands as it is; a text with an escape stands there in another form.
            let at = text.find(inner.as_str()).unwrap_or(0);
            let named = named(inner, key, hosts).into_iter();
            found.extend(named.map(|named| Named { start: start + at + named.start, ..named }));
        }
        Value::Array(list) => {
            let is_choice = is_choice(list.iter().filter_map(Value::as_str), key, hosts);
            for value in list {
                in_list(is_choice, key, found, |key, found| structured(value, key, (text, start), hosts, found));
            }
        }
        Value::Object(pairs) => {
            pairs.iter().for_each(|(key, value)| structured(value, key, (text, start), hosts, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The pieces between separators, each with its place. Inside of a URL a comma separates hosts, which stay together.
fn pieces(text: &str, separator: char) -> impl Iterator<Item = (usize, &str)> {
    let whole = text.contains("://");
    let mut at = 0;
    text.split(move |c| c == separator && !whole).map(move |piece| {
        let from = at;
        at += piece.len() + separator.len_utf8();
        (from, piece)
    })
}

/// Whether a variable or a key names an image, whose tag stands where an address has its port.
fn is_image(before: &str) -> bool {
    let before = before.to_lowercase();
    ["image", "tag", "version"].iter().any(|word| before.contains(word))
}

/// One text without spaces.
fn token(text: &str, start: usize, before: &str, hosts: &Hosts, found: &mut Vec<Named>) {
    if text.contains("://") {
        let mut from = 0;
        while let Some(middle) = text[from..].find("://").map(|at| from + at) {
            let legal = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
            let scheme = middle - text[from..middle].bytes().rev().take_while(|byte| legal(char::from(*byte))).count();
            let rest = &text[middle + 3..];
            let end =
                middle + 3 + rest.find(|c: char| c.is_whitespace() || "\"'`<>)}|\\".contains(c)).unwrap_or(rest.len());
            // `a=http://a,b=http://b`: what stands behind a comma with a scheme of its own is another address.
            let end = text[middle + 3..end]
                .match_indices(',')
                .map(|(at, _)| middle + 3 + at)
                .find(|at| text[at + 1..end].split(',').next().is_some_and(|piece| piece.contains("://")))
                .unwrap_or(end);
            let address = &text[scheme..end];
            for answer in hosts.answers(&Partial::read(address)) {
                if let Answer::Service(service, port) = answer {
                    let (text, start) = (address.to_owned(), start + scheme);
                    let is_address = !has_own_scheme(&text);
                    found.push(Named { service, text, start, is_address, port: Port::from(port) });
                }
            }
            from = end.max(middle + 3);
        }
        return;
    }
    let (authority, path) = text.split_once(['/', '?']).unwrap_or((text, ""));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    // What a chart names after its release is known in part, and is a host all the same.
    let name = Partial::read(host);
    let number = port.and_then(|port| port.parse().ok());
    let listener = name.known().and_then(|host| hosts.local(host, number));
    let begins = name.begins_open() || host.starts_with(|c: char| c.is_ascii_alphabetic());
    let begins = begins || listener.is_some() || hosts.is_address(host);
    if name.letters().len() < 2 || !name.letters().chars().all(legal) || !begins {
        return;
    }
    let is_port = |port: &str| match port.parse::<u32>() {
        Ok(port) => (MIN_PORT..65_536).contains(&port),
        // What it comes to is not known; behind an image that is a version.
        Err(_) if Partial::read(port).begins_open() => !is_image(before),
        // `host:$PORT`, and not `label:host:$PORT`.
        Err(_) => !port.contains(':') && port.to_lowercase().contains("port"),
    };
    let port_is_called = port.is_some_and(is_port);
    // What is behind the name is neither a port nor a path: a label, a version, a class.
    if port.is_some() && !port_is_called {
        // Unless the name is one for a host with a port: `locks:redis:6379:1`, as lists of connections have it.
        let at = text.split('/').next().map_or(0, |head| head.len() - authority.len());
        let mut parts = authority.splitn(4, ':');
        if let (true, Some(label), Some(host), Some(port)) =
            (asks_for_host(before), parts.next(), parts.next(), parts.next())
            && is_port(port)
        {
            let from = label.len() + 1;
            let end = from + host.len() + 1 + port.len();
            token(&authority[from..end], start + at + from, before, hosts, found);
        }
        return;
    }
    let service = match name.known() {
        Some(host) => listener.map(|listener| &*listener.service).or_else(|| hosts.service(host)).map(str::to_owned),
        None => match hosts.answers(&name).as_slice() {
            [Answer::Service(service, _)] => Some(service.clone()),
            _ => None,
        },
    };
    let Some(service) = service else { return };
    let in_cluster = host.ends_with(".svc") || host.ends_with(".svc.cluster.local") || host.ends_with(".cluster.local");
    // What is called like a product, and is nobody's name, may be a choice of it: `CACHE_BACKEND=redis`.
    let is_named =
        || name.known().is_none_or(|host| hosts.named(host).is_some() || hosts.is_address(host) || listener.is_some());
    let asks = asks_for_host(before) && (is_named() || is_of_machine(before));
    let is_address = port_is_called || in_cluster || (asks && path.is_empty());
    let is_distinct = name.known().is_some()
        && host.len() >= 5
        && host.contains(['-', '.', '_'])
        && path.is_empty()
        && !hosts.is_word(host);
    if is_address || is_distinct {
        let port = listener.map_or(number, |listener| listener.port).map_or(Port::Unknown, Port::Named);
        found.push(Named { service, text: text.to_owned(), start, is_address, port });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn hosts() -> Hosts {
        let services =
            [("service.ledger", "s-ledger"), ("cart", "cart"), ("redis", "redis"), ("order-api", "order-api")];
        Hosts::new(services.into_iter(), BTreeSet::from(["bank".to_owned()]), &BTreeMap::new(), &[])
    }

    /// The services that a text names, addresses in capitals.
    fn found(text: &str, before: &str) -> Vec<String> {
        let named = named(text, before, &hosts());
        named.iter().map(|n| if n.is_address { n.service.to_uppercase() } else { n.service.clone() }).collect()
    }

    #[test]
    fn addresses_are_told_from_words() {
        for (text, before, expected) in [
            ("http://cart/x", "", &["CART"][..]),
            ("http://me:pw@cart:80/x?y=http://order-api", "", &["CART"]),
            ("cart:8080", "", &["CART"]),
            ("cart:8080/x", "", &["CART"]),
            ("order-api:5432/books?sslmode=disable", "DATA_SOURCE_URI", &["ORDER-API"]),
            ("user:pw@order-api:27017/books?authSource=admin&tls=true", "MONGO_HOST", &["ORDER-API"]),
            ("order-api:80?a=b;c=d", "", &["ORDER-API"]),
            ("Server=order-api;Application Name=a?b;Port=1", "", &["ORDER-API"]),
            ("locks:redis:6379:1:secret", "REDIS_HOSTS", &["REDIS"]),
            ("one:redis:6379:0, two:cart:80:1,all:order-api:80", "REDIS_HOSTS", &["REDIS", "CART", "ORDER-API"]),
            ("one:redis:${PORT}:0", "HOSTS", &["REDIS"]),
            ("cart:80, redis:6379", "UPSTREAM_HOSTS", &["CART", "REDIS"]),
            ("cart, redis", "HOSTS", &["CART", "REDIS"]),
            ("cart,order-api", "DOCKER_MEMBER_LIST", &["CART", "ORDER-API"]),
            ("cart,order-api", "MEMBERS", &["order-api"]),
            ("{'default': {'ENGINE': 'redis', 'HOST': 'cart'}}", "STORES", &["CART"]),
            ("{'url':'redis://:pw@redis:6379/2', 'on': True}", "LOCKS", &["REDIS"]),
            ("[{host: \"cart\", port: 80}, {host: 'order-api'}]", "PEERS", &["CART", "ORDER-API"]),
            ("{{ 'cart' }}", "HOST", &[]),
            ("{'a': &a ['cart:80'], 'b': [*a, *a]}", "HOSTS", &["CART", "CART", "CART"]),
            ("pw@locks:redis:6379:1", "HOSTS", &["REDIS"]),
            ("abé@ab:redis:6379:1", "HOSTS", &["REDIS"]),
            ("éé:redis:6379:1", "HOSTS", &[]),
            ("locks:redis:6379:1", "IMAGE", &[]),
            ("locks:redis:latest:1", "HOSTS", &[]),
            ("locks:redis", "HOSTS", &[]),
            ("one:two:redis:6379", "HOSTS", &[]),
            ("the host, cart is down", "HOSTS", &[]),
            ("redis:7", "", &[]),
            ("redis:6379", "", &["REDIS"]),
            ("redis:7.2-alpine", "", &[]),
            ("redis://redis:6379/0", "", &["REDIS"]),
            ("jdbc:postgresql://redis/x", "", &["REDIS"]),
            ("mongodb://cart:1,redis:2/x", "", &["CART", "REDIS"]),
            ("cart:8080,order-api:8080", "", &["CART", "ORDER-API"]),
            ("cart.bank.svc.cluster.local", "", &["CART"]),
            ("cart.bank.svc", "", &["CART"]),
            ("cart", "", &[]),
            ("cart", "CART_HOST", &["CART"]),
            ("cart", "TARGET_DB", &[]),
            ("cart", "server.database: ", &[]),
            ("cart", "TARGET", &["CART"]),
            ("redis", "BROKER_USER=", &[]),
            ("cart", "spring.cart.url: ", &["CART"]),
            ("cart", "new HttpHost(\"", &["CART"]),
            ("cart", "connect(host, '", &["CART"]),
            ("cart", "mongoimport --host localhost --collection ", &[]),
            ("cart", "{\"host\": \"x\", \"name\": \"", &[]),
            ("order-api", "", &["order-api"]),
            ("service.ledger", "", &["service.ledger"]),
            ("order-api/x", "", &[]),
            ("cart/items", "", &[]),
            ("order-api failed", "", &[]),
            ("cannot reach http://cart: %v", "", &[]),
            ("http://cart/x is gone", "", &["CART"]),
            ("curl -sf http://cart/x", "", &["CART"]),
            ("host=cart port=5432 user=x", "", &["CART"]),
            ("Server=tcp:cart,1433;Database=redis", "", &["CART"]),
            ("${CART_URL:http://cart:80}", "", &["CART"]),
            ("cart:6379,password=x,ssl=false", "", &["CART"]),
            ("cart:6379,redis:6379,ssl=true", "", &["CART", "REDIS"]),
            ("other:6379,cart:6379,ssl=true", "", &["CART"]),
            ("abortConnect=false,cart:6379", "", &["CART"]),
            ("order-api,ssl=true", "", &["order-api"]),
            ("cart,ssl=true", "", &[]),
            ("order-api,x=true", "", &[]),
            ("x=true,order-api:80", "", &["ORDER-API"]),
            ("order-api,X=true,connectTimeout=1", "", &["order-api"]),
            ("name=x,order-api,tier=ssl", "", &[]),
            ("host=cart:5672,virtualHost=/", "", &["CART"]),
            ("user=x,host=cart:5672,virtualHost=/", "", &["CART"]),
            ("host=cart,redis:5672,virtualHost=/", "", &["CART", "REDIS"]),
            ("Server=tcp:cart,1433", "", &["CART"]),
            ("Server=other,1433;Host=cart", "", &["CART"]),
            ("cart:items,x=y", "", &[]),
            ("cart:items", "", &[]),
            ("cart:{id}", "", &[]),
            ("cart:${PORT}", "", &["CART"]),
            ("http://cart.example.com", "", &[]),
            ("/cart", "", &[]),
            ("order_api:8080", "", &["ORDER-API"]),
            ("http://order_api/x", "", &["ORDER-API"]),
            ("order_api", "ORDER_HOST", &["ORDER-API"]),
            ("order_api", "", &[]),
            ("必须以http://cart/或https://order-api開頭", "", &["CART"]),
            ("a", "url", &[]),
            ("{\"credentials\": {\"endpoint_url\": \"http://cart:9000\"}}", "STORAGE", &["CART"]),
            ("[\"redis:6379\", {\"host\": \"cart\"}]", "", &["REDIS", "CART"]),
            ("{\"name\": \"cart\"}", "CART_HOST", &[]),
            ("{cart:80}", "", &[]),
            ("cart", "management.endpoints.web.exposure.include", &[]),
            ("health,info,cart", "management.endpoints.web.exposure.include", &[]),
            ("health,cart", "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE", &[]),
            ("health,cart", "management.endpoints", &["cart"]),
            ("cart", "server.profiles.active", &[]),
            ("prod,redis", "server.profiles.active", &[]),
            ("redis", "server.cache.type", &[]),
            ("redis", "endpoint.exporter", &[]),
            ("redis", "backend.features", &[]),
            ("redis", "servers.shop.metrics.format", &[]),
            ("[\"health\", \"cart\"]", "management.endpoints", &["cart"]),
            ("{\"backends\": [\"cart\", \"redis\"]}", "", &["CART", "REDIS"]),
            ("{\"backends\": [\"cart\", \"other\"]}", "", &["cart"]),
            ("{\"seeds\": [\"cart\", \"other\"]}", "CONFIG", &["CART"]),
            ("{\"targets\": [\"order-api\", \"cart\", \"other\"]}", "CONFIG", &["order-api", "cart"]),
            ("{\"targets\": [\"order-api\", \"cart:80\", \"other\"]}", "CONFIG", &["ORDER-API", "CART"]),
            ("{\"include\": [\"cart\", \"other\"]}", "server", &[]),
            ("cart", "print(\"<host>", &["CART"]),
            ("cart", "print(\"</host>", &[]),
            ("cart", "</Server> + \"", &[]),
            ("cart", "<b>server</b> = \"", &[]),
            ("cart,redis", "shop.backends", &["CART", "REDIS"]),
            ("cart,other", "CART_HOSTS", &["CART"]),
            ("cart,other", "UPSTREAMS", &["CART"]),
            ("cart,other", "shop.peers", &["CART"]),
            ("other,cart", "NO_PROXY_HEADER", &["cart"]),
            ("cart,other", "shop.groups", &[]),
            ("cart", "shop.cart.host.name", &["CART"]),
            ("cart", "clients.cart.servers.0", &["CART"]),
        ] {
            assert_eq!(found(text, before), expected, "{before} {text}");
        }
        let open: Partial = [&Partial::from("redis:"), &Partial::unknown()].into_iter().collect();
        for (before, expected) in [("CACHE", &["REDIS"][..]), ("CACHE_IMAGE", &[]), ("REDIS_TAG", &[])] {
            assert_eq!(found(&open.written(), before), expected, "{before}");
        }
    }

    #[test]
    fn the_place_is_that_of_the_name() {
        let of = |text: &str| named(text, "", &hosts())[0].start;
        assert_eq!(of("  cart:80"), 2);
        assert_eq!(of("${X:http://cart}"), 4);
        assert_eq!(of("user=x host=cart"), 12);
        assert_eq!(of("x:80,cart:80"), 5);
        assert_eq!(of("x:80,cart:80,y=1"), 5);
        assert_eq!(of("user=x,host=cart:80"), 12);
        assert_eq!(of(" y=1 'x:80,cart:80,y=1'"), 11);
    }

    #[test]
    fn variables_are_known_by_their_tails() {
        for name in ["LEDGER_URL", "DB_HOST", "KAFKA_BROKERS", "A1_ADDR"] {
            assert!(is_address_variable(name), "{name}");
        }
        for name in ["URL", "_URL", "ledger_url", "LEDGER", "LEDGER_URL_PATH", "LEDGER-URL"] {
            assert!(!is_address_variable(name), "{name}");
        }
    }

    #[test]
    fn long_texts_are_left_alone() {
        assert!(found(&format!("http://cart/{}", "x".repeat(MAX_LENGTH)), "").is_empty());
    }
}
