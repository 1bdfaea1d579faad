//! Settings that are calls by themselves: those by which a framework opens connections, and those that code of a language that is not read
//! asks for by name.

use crate::claims::Claims;
use crate::dormant::Dormant;
use crate::edge::{Class, Evidence, Outcome, Place, Port};
use crate::givens::SETTINGS;
use crate::inventory::Home;
use crate::issuers::is_issuer;
use crate::join::Join;
use crate::mention::{Named, named};
use crate::mentions::{
    Mention, Mentions, Weight, is_origin_for_browsers, is_shown_at, is_shown_to_browsers, keep, sibling,
};
use crate::names::files::last;
use crate::pack::Kind;
use crate::tree::PlainFile;
use hedgerow_code::frontend::foreign::{foreign, literals};
use hedgerow_code::ir::Range;
use hedgerow_deploy::{Answer, Hosts, Partial};
use hedgerow_deploy::{Deploy, Given};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How deep settings are looked into.
const MAX_DEPTH: usize = 12;

/// The beginnings of the keys of frameworks of the JVM, in small letters and without `-` and `_`: Spring's, Quarkus', Micronaut's. Nobody else
/// opens connections by them, and has files with them for others to read.
const OF_JVM: &[&str] = &[
    "spring.",
    "security.oauth2.",
    "management.",
    "quarkus.",
    "mp.messaging.",
    "micronaut.http.services.",
    "grpc.client.",
    "feign.client.config.",
    "dubbo.registry.",
    "dubbo.metadatareport.",
    "camel.",
    "axon.",
    "logging.logstash.",
];

/// Those of others, and those that .NET has from Spring by Steeltoe.
const BEGINNINGS: &[&str] = &[
    "spring.cloud.",
    "eureka.client.",
    "kafka.bootstrap",
    "mongodb.",
    "datasources.",
    "consul.client.",
    "elasticsearch.",
    "redis.",
    "rabbitmq.",
    "zipkin.",
    "tracing.zipkin.",
    "connectionstrings.",
    "services.",
    "serilog.",
    "authentication.schemes.",
    // YARP's and Ocelot's.
    "reverseproxy.clusters.",
    "routes.downstreamhostandports.",
    "globalconfiguration.servicediscoveryprovider.",
];

/// What the last part of such a key is called where it holds an address.
const ENDS: &[&str] = &[
    "host",
    "hosts",
    "hostname",
    "uri",
    "uris",
    "url",
    "urls",
    "jdbcurl",
    "address",
    "addresses",
    "bootstrapservers",
    "servers",
    "brokerurl",
    "brokers",
    "serveraddr",
    "contactpoints",
    "nodes",
    "issueruri",
    "authority",
    "metadataaddress",
    "jwkseturi",
    "tokenuri",
    "accesstokenuri",
    "userinfouri",
    "authorizationuri",
    "userauthorizationuri",
    "import",
    "baseurl",
    "endpoint",
    "endpoints",
    "defaultzone",
    "connectionstring",
    "listofservers",
    "serverurl",
    "nodeuris",
    "connectstring",
];

/// Whether code of a service may run on the JVM: its own, and that of languages that are not read in depth.
pub(crate) fn is_of_jvm<'l>(mut languages: impl Iterator<Item = &'l str>) -> bool {
    languages.any(|language| ["Java", "Kotlin", "Scala", "Groovy", "Clojure"].contains(&language))
}

/// A key of settings as libraries compare them.
pub(crate) fn plain(key: &str) -> String {
    key.to_lowercase().replace(['-', '_'], "")
}

/// Whether a key of settings is one by which a framework opens connections.
fn is_framework(path: &[String], is_of_jvm: bool) -> bool {
    let plain: Vec<String> = path.iter().map(|part| plain(part)).collect();
    let key = plain.join(".");
    let last = key.rsplit('.').next().unwrap_or_default();
    let of_jvm = OF_JVM.iter().filter(|_| is_of_jvm);
    let begins = BEGINNINGS.iter().chain(of_jvm).any(|start| key.starts_with(start));
    (begins
        && (ENDS.contains(&last)
            || key.starts_with("connectionstrings.")
            || key.starts_with("eureka.client.serviceurl.")))
        || (is_of_jvm && key.ends_with(".ribbon.listofservers"))
}

/// Whether a variable is a setting of a framework of the JVM by which it opens connections: `QUARKUS_DATASOURCE_JDBC_URL`, `SPRING_RABBITMQ_HOST`.
pub(crate) fn is_framework_variable(name: &str) -> bool {
    let path: Vec<String> = name.replace("__", "_").split(['_', '.']).map(str::to_lowercase).collect();
    let begins = ["quarkus", "spring", "micronaut", "management", "eureka", "camel", "axon"];
    path.first().is_some_and(|first| begins.contains(&first.as_str())) && is_framework(&path, true)
}

/// The keys of a service's settings, as libraries compare them with names of variables.
pub(crate) fn keys(given: &Given) -> BTreeSet<String> {
    let mut paths = Vec::new();
    given.settings.iter().for_each(|value| leaves(value, &mut Vec::new(), &mut paths));
    paths.iter().map(|path| plain(&path.concat())).collect()
}

/// The variables by which frameworks of the JVM fill the keys of settings that a text asks for: `LEDGER_BASEURL` and `LEDGER_BASE_URL` for
/// `${ledger.base-url}` and `ledger.base-url`.
///
/// See <https://docs.spring.io/spring-boot/reference/features/external-config.html#features.external-config.typesafe-configuration-properties.relaxed-binding>.
pub(crate) fn variables_of_keys(text: &str) -> impl Iterator<Item = String> {
    let is_key = |key: &str| {
        let is_part = |part: &str| {
            part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && part.starts_with(|c: char| c.is_ascii_alphabetic())
        };
        key.contains('.') && key.split('.').all(is_part)
    };
    let within = text.split("${").skip(1).filter_map(|rest| rest.split([':', '}']).next());
    let all = within.chain(Some(text)).filter(move |key| is_key(key));
    all.flat_map(|key| {
        let upper = key.to_uppercase().replace('.', "_");
        [upper.replace('-', ""), upper.replace('-', "_")]
    })
}

/// Whether a variable fills one of these keys, or one in a part of the settings that code asks for or is filled from.
pub(crate) fn fills(
    variable: &str,
    keys: &BTreeSet<String>,
    sections: &BTreeSet<Vec<String>>,
    prefixes: &BTreeSet<String>,
) -> bool {
    let name = plain(variable);
    // `APPROVALS_URL` is not below `app`.
    let ends = variable.match_indices('_').map(|(at, _)| at).chain([variable.len()]);
    let starts: BTreeSet<String> = ends.map(|end| plain(&variable[..end])).collect();
    let is_below = |part: &str| !part.is_empty() && starts.contains(&plain(part).replace('.', ""));
    keys.contains(&name)
        || prefixes.iter().any(|prefix| is_below(prefix))
        || sections.iter().any(|section| is_below(&section.concat()))
}

/// What code that is read in depth says about settings.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    /// Whether there is any.
    pub(crate) has_code: bool,
    /// Whether it runs on the JVM.
    pub(crate) is_of_jvm: bool,
    /// The parts of the settings that it asks for by name.
    pub(crate) sections: &'a BTreeSet<Vec<String>>,
    /// The parts of the settings by which nobody connects.
    pub(crate) dormant: &'a Dormant,
    /// Whether it compares issuers of tokens, and calls nobody by them.
    pub(crate) compares_issuers: bool,
    /// The files of settings that several services have alike.
    pub(crate) alike: &'a BTreeSet<&'a str>,
    /// Those of them that some services load by their names.
    pub(crate) claims: &'a Claims<'a>,
}

/// So many services that have a file of settings make it one of the whole fleet.
const ALIKE: usize = 3;

/// The files of settings that several services have alike.
pub(crate) fn alike<'d>(homes: &[Home], deploy: &'d Deploy) -> BTreeSet<&'d str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for given in homes.iter().filter_map(|home| deploy.of(&home.name)) {
        let paths: BTreeSet<&str> = given.setting_paths.iter().map(String::as_str).collect();
        paths.into_iter().for_each(|path| *counts.entry(path).or_default() += 1);
    }
    counts.into_iter().filter(|(_, count)| *count >= ALIKE).map(|(path, _)| path).collect()
}

/// Whether a file of settings is called as those are that programs read without being told.
pub(crate) fn is_usual(name: &str) -> bool {
    SETTINGS.iter().any(|start| name.starts_with(start))
}

/// The section in which a fleet lists its services, each with its address: `services.ledger.url`.
const LIST: &str = "services";

/// Whose address a key of such a list holds.
fn listed(path: &[String]) -> Option<String> {
    match path {
        [list, name, _, ..] if list.eq_ignore_ascii_case(LIST) => Some(name.to_lowercase()),
        _ => None,
    }
}

/// The services that such lists in a service's settings name.
pub(crate) fn all_listed(given: Option<&Given>) -> BTreeSet<String> {
    let mut found = Vec::new();
    for value in given.into_iter().flat_map(|given| &given.settings) {
        leaves(value, &mut Vec::new(), &mut found);
    }
    found.iter().filter_map(|path| listed(path)).collect()
}

/// The services for which a text of code or settings asks such a list: it is the name of one, or it has the keys.
pub(crate) fn asked_of_list<'n>(text: &str, names: &'n BTreeSet<String>) -> impl Iterator<Item = &'n str> {
    let is_one = names.iter().map(String::as_str).find(|name| text.eq_ignore_ascii_case(name));
    is_one.into_iter().chain(keys_in(text, names))
}

/// The services whose keys in such a list a text has: `services.ledger.url`.
fn keys_in<'n>(text: &str, names: &'n BTreeSet<String>) -> BTreeSet<&'n str> {
    let starts = text.match_indices('.').filter(|(at, _)| {
        let before = text.as_bytes().get(at.saturating_sub(LIST.len())..*at);
        before.is_some_and(|before| before.eq_ignore_ascii_case(LIST.as_bytes()))
    });
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let found = starts.filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        names.get(&rest[..end].to_lowercase()).map(String::as_str)
    });
    found.collect()
}

/// The part of the settings that such a list has of a service.
pub(crate) fn section_of(name: &str) -> Vec<String> {
    vec![LIST.to_owned(), name.to_owned()]
}

/// Whether a path of settings lies in a part of them. Case does not count, nor do `-` and `_`.
fn is_in(path: &[String], section: &[String]) -> bool {
    !section.is_empty() && section.len() <= path.len() && path.iter().zip(section).all(|(a, b)| plain(a) == plain(b))
}

/// Whether a setting says whom the service lets in or sends people to, whatever asks for the part it lies in.
fn is_for_browsers(path: &[String]) -> bool {
    let last = path.len().saturating_sub(1);
    path.iter().enumerate().any(|(at, part)| is_shown_to_browsers(part, at == last)) || is_origin_for_browsers(path)
}

/// Adds the calls that a service's settings make. Answers with the addresses in a list of the whole fleet that nothing of this service is seen
/// to ask for.
pub(crate) fn calls(
    home: &Home,
    own: &[&PlainFile],
    read: Code,
    hosts: &Hosts,
    deploy: &Deploy,
    (outcome, found): (&mut Outcome, &mut Mentions),
) -> Vec<(String, Evidence)> {
    let mut unused = Vec::new();
    let Some(given) = deploy.of(&home.name) else { return unused };
    let code: Vec<&&PlainFile> = own.iter().filter(|file| foreign(&file.path).is_some()).collect();
    if given.settings.is_empty() || (!read.has_code && code.is_empty()) {
        return unused;
    }
    let words: BTreeSet<&str> =
        code.iter().flat_map(|file| literals(&file.path, &file.text)).map(|literal| literal.text).collect();
    let texts: BTreeMap<&str, &str> = own.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    let join = Join { hosts, given: Some(given), said: None };
    let names = all_listed(Some(given));
    let asked_by_words: BTreeSet<&str> = words.iter().flat_map(|word| asked_of_list(word, &names)).collect();
    let mut asked_by_files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for own in own.iter().filter(|own| is_settings(&own.path)) {
        for name in keys_in(&own.text, &names) {
            asked_by_files.entry(name).or_default().insert(&own.path);
        }
    }
    for (at, value) in given.settings.iter().enumerate() {
        let mut paths = Vec::new();
        leaves(value, &mut Vec::new(), &mut paths);
        let file = given.setting_paths.get(at).map_or("", String::as_str);
        for path in paths {
            // What all services have of all services is for those that ask for it.
            if let Some(name) = listed(&path).filter(|_| read.alike.contains(file)) {
                let is_asked = read.sections.iter().any(|section| is_in(&path, section))
                    || asked_by_words.contains(name.as_str())
                    || asked_by_files.get(name.as_str()).is_some_and(|files| files.iter().any(|own| *own != file));
                if is_asked {
                    let all = evidence(home, given, at, &path, &join, &texts, found);
                    all.into_iter().for_each(|(service, evidence)| outcome.add(&home.name, &service, evidence));
                } else if is_framework(&path, read.is_of_jvm) {
                    unused.extend(evidence(home, given, at, &path, &join, &texts, &mut Mentions::new()));
                }
                continue;
            }
            // A section that code names is bound with all that is in it.
            let is_asked = || {
                words.contains(path.join(":").as_str())
                    || words.contains(path.join(".").as_str())
                    || path.iter().any(|part| words.contains(part.as_str()))
                    || (read.sections.iter().any(|section| is_in(&path, section)) && !is_shown_at(&path))
            };
            let is_own = is_framework(&path, read.is_of_jvm) || is_registered_name(&path);
            let is_compared = read.compares_issuers && path.last().is_some_and(|key| is_issuer(key));
            let is_called = || is_asked() && !is_for_browsers(&path) && !is_compared;
            if !is_own && !is_called() {
                continue;
            }
            if is_own && read.dormant.has(&path) {
                for (service, evidence) in evidence(home, given, at, &path, &join, &texts, found) {
                    let (what, text) = ("no library of the service's asks for it".to_owned(), evidence.target);
                    let (weight, place, port) = (Weight::UnaskedAddress, evidence.place, evidence.port);
                    keep(found, &service, Mention { weight, place, text, what, port, client: None });
                }
                continue;
            }
            // What only others load says nothing here, unless settings of its own bring it in (`spring.config.import`).
            if read.claims.is_others(file, &home.name) && !own.iter().any(|own| brings_in(own, file)) {
                unused.extend(evidence(home, given, at, &path, &join, &texts, &mut Mentions::new()));
                continue;
            }
            let all = evidence(home, given, at, &path, &join, &texts, found);
            all.into_iter().for_each(|(service, evidence)| outcome.add(&home.name, &service, evidence));
        }
    }
    unused
}

/// Whether a file of settings names another one.
fn brings_in(file: &PlainFile, other: &str) -> bool {
    file.path != other && is_settings(&file.path) && file.text.contains(last(other))
}

/// Whether a file holds settings, by its ending.
fn is_settings(path: &str) -> bool {
    [".yml", ".yaml", ".properties", ".json", ".toml", ".conf"].iter().any(|end| path.ends_with(end))
}

/// Whom a setting leads to.
fn evidence(
    home: &Home,
    given: &Given,
    at: usize,
    path: &[String],
    join: &Join,
    texts: &BTreeMap<&str, &str>,
    found: &mut Mentions,
) -> Vec<(String, Evidence)> {
    let mut all_found = Vec::new();
    let key = path.last().map_or("", String::as_str);
    let place_of = |value: &str| {
        let file = given.setting_paths.get(at).map_or("", String::as_str);
        let text = texts.get(file).copied().unwrap_or_default();
        let filled = || filled(text, value, given);
        place_at(file, text, text.find(value).or_else(filled).or_else(|| text.find(key)))
    };
    let values = join.setting(path);
    // Of several values one is what counts, and it is not said which: then it is not this machine for sure.
    if values.iter().all(|value| !join.hosts.here(value).is_empty()) {
        for value in &values {
            for (service, text) in sibling(home, join.hosts, value) {
                let place = place_of(&text);
                let what = format!("the setting `{}`", path.join("."));
                let mention = Mention { weight: Weight::Here, place, text, what, port: Port::Unknown, client: None };
                keep(found, &service, mention);
            }
        }
    }
    for value in values {
        let value = value.written();
        let all = if is_registered_name(path) { by_name(&value, join.hosts) } else { named(&value, key, join.hosts) };
        for named in all {
            if !named.is_address || named.service == home.name {
                continue;
            }
            let port = match join.hosts.answers(&Partial::read(&named.text)).first() {
                Some(Answer::Service(_, port)) => Port::from(*port),
                _ => Port::Unknown,
            };
            let evidence = Evidence {
                class: Class::Joined,
                place: place_of(&value),
                target: format!("<setting {}>", path.join(".")),
                port,
                kind: Kind::Tcp,
                way: Vec::new(),
            };
            all_found.push((named.service, evidence));
        }
    }
    all_found
}

/// The rest of the line of a file of settings from where it says something on.
fn place_at(path: &str, text: &str, start: Option<usize>) -> Place {
    let start = start.unwrap_or(0);
    let end = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, |line| start + line.trim_end().len());
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Place { path: path.to_owned(), range: Range { start: place(start), end: place(end) } }
}

/// A setting by which a framework of the JVM opens connections.
pub(crate) struct Setting {
    pub(crate) path: Vec<String>,
    pub(crate) file: String,
}

impl Setting {
    /// Where it is said, in the text of its file.
    pub(crate) fn place(&self, text: &str) -> Place {
        let key = self.path.last().map_or("", String::as_str);
        // The key of one line of several (`spring.kafka.bootstrap-servers`), or one of a map.
        place_at(&self.file, text, text.find(&self.path.join(".")).or_else(|| text.find(key)))
    }
}

/// The settings of a service by which a framework of the JVM opens connections.
pub(crate) fn settings_of_jvm(given: &Given) -> Vec<Setting> {
    let mut all = Vec::new();
    for (value, file) in given.settings.iter().zip(&given.setting_paths) {
        let mut paths = Vec::new();
        leaves(value, &mut Vec::new(), &mut paths);
        let found = paths.into_iter().filter(|path| is_framework(path, true));
        all.extend(found.map(|path| Setting { path, file: file.clone() }));
    }
    all
}

/// Where a text takes in the variable that gives a value, `${LEDGER_URL:http://localhost}`: the one of which most of the value is.
fn filled(text: &str, value: &str, given: &Given) -> Option<usize> {
    let mut found: Option<(usize, usize)> = None;
    for (name, values) in &given.environment {
        let length = values.iter().filter_map(Partial::known).filter(|of| value.contains(of)).map(str::len).max();
        let Some(length) = length.filter(|length| *length > 0 && found.is_none_or(|(known, _)| *length > known)) else {
            continue;
        };
        let form = format!("${{{name}");
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut places = text.match_indices(&form).map(|(at, _)| at);
        if let Some(at) = places.find(|at| !text[at + form.len()..].starts_with(is_word)) {
            found = Some((length, at));
        }
    }
    found.map(|(_, at)| at)
}

/// Whether a setting holds the name under which a service is registered, as the routes of Ocelot's do.
fn is_registered_name(path: &[String]) -> bool {
    let plain = path.iter().map(|part| part.to_lowercase()).collect::<Vec<_>>().join(".");
    matches!(plain.as_str(), "routes.servicename" | "reroutes.servicename")
}

/// The service that is registered under a name.
fn by_name(name: &str, hosts: &Hosts) -> Vec<Named> {
    let service = hosts.named(name).map(str::to_owned);
    let named = |service| Named { service, text: name.to_owned(), start: 0, is_address: true, port: Port::Unknown };
    service.map(named).into_iter().collect()
}

/// The paths of all texts in settings; a key with dots is several.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if path.len() > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                let length = path.len();
                path.extend(key.split('.').map(str::to_owned));
                leaves(value, path, found);
                path.truncate(length);
            }
        }
        Value::Array(list) => {
            if list.iter().any(Value::is_string) {
                found.push(path.clone());
            }
            for value in list.iter().filter(|value| value.is_object()) {
                leaves(value, path, found);
            }
        }
        Value::String(_) => found.push(path.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_settings_are_filled_by_variables() {
        for (text, expected) in [
            ("${ledger.base-url}", &["LEDGER_BASEURL", "LEDGER_BASE_URL"][..]),
            ("${ledger.url:http://x}/a", &["LEDGER_URL", "LEDGER_URL"]),
            ("ledger.url", &["LEDGER_URL", "LEDGER_URL"]),
            ("${LEDGER_URL}", &[]),
            ("a sentence. And another", &[]),
            ("ledger", &[]),
            ("1.2.3", &[]),
        ] {
            assert_eq!(variables_of_keys(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn what_browsers_are_told_is_no_call() {
        let of = |key: &str| is_for_browsers(&key.split('.').map(str::to_owned).collect::<Vec<_>>());
        for key in [
            "App.CorsOrigins",
            "Clients.Web.RootUrls",
            "cors.allowed-origins",
            "auth.redirect_uri",
            "Web.RedirectUris.Login",
        ] {
            assert!(of(key), "{key}");
        }
        for key in ["Ledger.Url", "AuthServer.Authority", "root.ledger.url", "External.Ledger.Url"] {
            assert!(!of(key), "{key}");
        }
    }

    #[test]
    fn keys_of_frameworks_are_known() {
        let of_jvm = |key: &str, is| is_framework(&key.split('.').map(str::to_owned).collect::<Vec<_>>(), is);
        let of = |key: &str| of_jvm(key, true);
        for (key, of_others) in [
            ("spring.data.mongodb.host", false),
            ("quarkus.datasource.jdbc.url", false),
            ("ledger.ribbon.listOfServers", false),
            ("management.zipkin.tracing.endpoint", false),
            ("spring.cloud.config.uri", true),
            ("ConnectionStrings.OrdersDb", true),
            ("redis.host", true),
        ] {
            assert_eq!((of(key), of_jvm(key, false)), (true, of_others), "{key}");
        }
        for key in [
            "spring.data.mongodb.host",
            "spring.datasource.url",
            "spring.cloud.config.uri",
            "spring.config.import",
            "spring.kafka.bootstrap-servers",
            "eureka.client.serviceUrl.defaultZone",
            "eureka.client.service-url.defaultZone",
            "security.oauth2.client.accessTokenUri",
            "ConnectionStrings.OrdersDb",
            "quarkus.datasource.jdbc.url",
            "micronaut.http.services.x.urls",
            "ledger.ribbon.listOfServers",
            "grpc.client.ledger.address",
            "Authentication.Schemes.Bearer.Authority",
        ] {
            assert!(of(key), "{key}");
        }
        for name in [
            "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
            "SPRING_DATASOURCE_URL",
            "SPRING_KAFKA_BOOTSTRAP_SERVERS",
            "quarkus.otel.exporter.otlp.endpoint",
        ] {
            assert!(is_framework_variable(name), "{name}");
        }
        for name in ["REDIS_HOST", "SPRING_PROFILES_ACTIVE", "QUARKUS_HTTP_PORT", "SHOP_URL"] {
            assert!(!is_framework_variable(name), "{name}");
        }
        for key in ["shop.ledger.url", "spring.application.name", "server.address", "info.url", "spring.mail.username"]
        {
            assert!(!of(key), "{key}");
        }
    }
}
