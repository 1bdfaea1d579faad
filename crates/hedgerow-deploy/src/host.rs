//! From an address to the service that answers there.

use crate::pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for a part of an address that can be anything.
pub const HOLE: char = '\u{0}';

/// The first of the letters that stand for the names of Helm releases, which only the deploy knows.
const RELEASE: char = '\u{e100}';

/// How many releases are told apart.
const MAX_RELEASES: usize = 4_000;

/// The letter that stands for the name of a release: each has its own, so that names made of it meet within it alone.
pub(crate) fn release(nth: usize) -> char {
    let offset = u32::try_from(nth).ok().filter(|_| nth < MAX_RELEASES);
    offset.and_then(|offset| char::from_u32(u32::from(RELEASE) + offset)).unwrap_or(HOLE)
}

fn is_release(c: char) -> bool {
    (u32::from(RELEASE)..u32::from(RELEASE) + 4_000).contains(&u32::from(c))
}

/// What a name that a release's is part of may be where people install the chart: the release is called like the chart, or the rest of the
/// name says it all. Nothing for other names.
pub(crate) fn without_release(name: &str, chart: &str) -> Vec<String> {
    if !name.contains(is_release) {
        return Vec::new();
    }
    let rest = name.trim_matches(|c: char| is_release(c) || c == '-');
    let rest = Some(rest).filter(|rest| !rest.is_empty() && !rest.contains(is_release));
    std::iter::once(name.replace(is_release, chart)).chain(rest.map(str::to_owned)).collect()
}

/// Schemes whose authority is the host that is called. With any other scheme it is a resolver's, and the path is looked
/// up there: `dns://1.1.1.1/ledger`, `discovery:///ledger`, `consul://consul:8500/ledger`.
const DIRECT: &[&str] = &[
    "http",
    "https",
    "http+https",
    "https+http",
    "h2c",
    "grpc",
    "grpcs",
    "ws",
    "wss",
    "tcp",
    "tls",
    "lb",
    "udp",
    "ssl",
    // Data stores and brokers.
    "postgres",
    "postgresql",
    "pgsql",
    "mysql",
    "mariadb",
    "sqlserver",
    "oracle",
    "clickhouse",
    "cockroachdb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "valkey",
    "memcached",
    "cassandra",
    "neo4j",
    "bolt",
    "couchdb",
    "elasticsearch",
    "opensearch",
    "influxdb",
    "amqp",
    "amqps",
    "rabbitmq",
    "kafka",
    "nats",
    "mqtt",
    "mqtts",
    "stomp",
    "pulsar",
    "s3",
    "minio",
    "ldap",
    "ldaps",
    "smtp",
    "smtps",
    "ftp",
    "sftp",
    "ssh",
];

/// What stands before the scheme of a data store in Java's addresses.
const DRIVERS: &[&str] = &["jdbc:", "r2dbc:pool:", "r2dbc:", "jdbc:p6spy:"];

/// What answers at an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// One service, at the port that the address names, if it names one.
    Service(String, Option<u16>),
    /// One of several services: the glob over their names.
    Several {
        /// The address with `*` for what is open.
        glob: String,
        /// The services it fits.
        services: BTreeSet<String>,
    },
    /// Something that is no service of the fleet.
    Outside(String),
    /// The caller itself, or nothing on the network.
    Local,
    /// It cannot be told.
    Open,
}

/// The names under which services answer.
#[derive(Debug, Clone, Hash, Default)]
pub struct Hosts {
    names: BTreeMap<String, String>,
    /// The services of names that are one where `_` is written `-`: Kubernetes has no names with `_`, and compose and code do.
    folded: BTreeMap<String, BTreeSet<String>>,
    namespaces: BTreeSet<String>,
}

/// A name with `-` for `_`.
fn fold(name: &str) -> String {
    name.replace('_', "-")
}

impl Hosts {
    /// The names of `services` (each with its slug), their `aliases`, and all of them in the `forms` that addresses give them.
    pub fn new<'a>(
        services: impl Iterator<Item = (&'a str, &'a str)>,
        namespaces: BTreeSet<String>,
        aliases: &BTreeMap<String, Vec<String>>,
        forms: &[Pattern],
    ) -> Self {
        let mut hosts = Self { namespaces, ..Self::default() };
        let services: Vec<_> = services.collect();
        // A service's own name wins over what another one is called besides.
        for (name, _) in &services {
            hosts.add(name, name);
        }
        let mut others = Vec::new();
        for (name, slug) in services {
            let aliases = aliases.get(name).into_iter().flatten().map(String::as_str);
            for other in aliases.chain([name, slug]) {
                others.push((other.to_owned(), name));
                others.extend(forms.iter().filter_map(|form| form.put(other)).map(|other| (other, name)));
            }
        }
        for (other, name) in others {
            hosts.add(&other, name);
        }
        hosts
    }

    /// Says that a service also answers under `host`, unless another one does.
    pub fn add(&mut self, host: &str, service: &str) {
        let host = host.to_lowercase();
        let service = self.names.entry(host.clone()).or_insert_with(|| service.to_owned());
        self.folded.entry(fold(&host)).or_default().insert(service.clone());
    }

    /// A namespace that services live in.
    pub fn namespace(&self) -> Option<&str> {
        self.namespaces.first().map(String::as_str)
    }

    /// The service of a bare name; where no service has it as it is written, the one that has it with `-` for `_` or the other way round.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.known(&name.to_lowercase())
    }

    /// The service of a bare name, as it is written.
    pub fn spelled(&self, name: &str) -> Option<&str> {
        self.names.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Whether a name with `_` is one of a service that has it with `-` besides: code has many words of that form that are no names.
    pub fn is_word(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name.contains('_') && self.names.get(&fold(&name)).is_some_and(|service| self.known(&name) == Some(service))
    }

    /// The service that answers at a host.
    pub fn service(&self, host: &str) -> Option<&str> {
        let host = host.to_lowercase();
        self.stems(&host).into_iter().find_map(|stem| self.known(stem))
    }

    /// The service of a name in small letters, where it is one service's alone.
    fn known(&self, name: &str) -> Option<&str> {
        let alone = |services: &BTreeSet<String>| services.len() == 1;
        let folded = || self.folded.get(&fold(name)).filter(|services| alone(services))?.first();
        self.names.get(name).or_else(folded).map(String::as_str)
    }

    /// The services of a name that several have, each in another spelling.
    fn several(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.folded.get(&fold(name)).filter(|services| services.len() > 1 && !self.names.contains_key(name))
    }

    /// What answers at each host of an address.
    pub fn answers(&self, address: &str) -> Vec<Answer> {
        let answer = |(host, port): (String, Option<u16>)| match self.answer(&host) {
            Answer::Service(name, _) => Answer::Service(name, port),
            other => other,
        };
        hosts(address).into_iter().map(answer).collect()
    }

    fn answer(&self, host: &str) -> Answer {
        if host.is_empty() || matches!(host, "localhost" | "0.0.0.0" | "::" | "::1") || host.starts_with("127.") {
            return Answer::Local;
        }
        // No host: a text that is put together from pieces of which one is empty.
        if host.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
            return Answer::Local;
        }
        if host.contains(is_release) {
            // What is named after a release is who a chart's own Service of that name leads to.
            let found = self.stems(host).into_iter().find_map(|stem| self.known(stem));
            return match found {
                Some(name) => Answer::Service(name.to_owned(), None),
                None => self.answer(&host.replace(is_release, &HOLE.to_string())),
            };
        }
        let letters = host.chars().filter(|c| *c != HOLE && *c != '.').count();
        if !host.contains(HOLE) {
            let stems = self.stems(host);
            if let Some(name) = stems.iter().find_map(|stem| self.known(stem)) {
                return Answer::Service(name.to_owned(), None);
            }
            let several = stems.iter().find_map(|stem| self.several(stem));
            let told = |services: &BTreeSet<String>| {
                let (glob, services) = (host.to_owned(), services.clone());
                Answer::Several { glob, services }
            };
            return several.map_or_else(|| Answer::Outside(host.to_owned()), told);
        }
        if letters == 0 {
            return Answer::Open;
        }
        // `s-ledger.<any namespace>.svc`
        let whole = |stem: &&str| !stem.contains(HOLE);
        if let Some(name) = self.stems(host).into_iter().filter(whole).find_map(|stem| self.known(stem)) {
            return Answer::Service(name.to_owned(), None);
        }
        for stem in self.stems(host) {
            let mut services: BTreeSet<String> =
                self.names.iter().filter(|(name, _)| fits(stem, name)).map(|(_, service)| service.clone()).collect();
            // Of `*_*` next to nothing is known.
            if services.is_empty() && stem.contains('_') && stem.contains(char::is_alphanumeric) {
                let stem = fold(stem);
                let fitting = self.folded.iter().filter(|(name, _)| fits(&stem, name));
                services = fitting.flat_map(|(_, services)| services.clone()).collect();
            }
            if !services.is_empty() && stem.chars().any(|c| c != HOLE && c != '.') {
                return Answer::Several { glob: stem.replace(HOLE, "*"), services };
            }
        }
        Answer::Open
    }

    /// A host without what the cluster appends to names: `s-x.payments.svc.cluster.local` is `s-x`. Only what is known to
    /// be the cluster's is cut off, so that `ledger.example.com` is not the service `ledger`.
    fn stems<'h>(&self, host: &'h str) -> Vec<&'h str> {
        let mut stems = vec![host];
        let cluster = [".svc.cluster.local", ".svc", ".cluster.local"].iter().find_map(|end| host.strip_suffix(end));
        let inner = cluster.unwrap_or(host);
        if cluster.is_some() {
            stems.push(inner);
        }
        if let Some((stem, namespace)) = inner.rsplit_once('.')
            && (cluster.is_some() || self.namespaces.contains(namespace))
        {
            stems.push(stem);
        }
        stems
    }
}

/// The hosts in an address, in lower case, each with its port if that is a number.
fn hosts(address: &str) -> Vec<(String, Option<u16>)> {
    let address = address.trim();
    if let Some(found) = connection_string(address) {
        return found;
    }
    let address = DRIVERS.iter().find_map(|driver| address.strip_prefix(driver)).unwrap_or(address);
    if let Some(found) = pairs(address) {
        return vec![found];
    }
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme.to_lowercase(), rest),
        None => match address.split_once(':') {
            // gRPC's short form, `dns:host:port`. A port is a number.
            Some((scheme @ ("dns" | "passthrough" | "xds" | "ipv4" | "unix" | "unix-abstract"), rest)) => {
                (scheme.to_owned(), rest)
            }
            _ => (String::new(), address),
        },
    };
    if matches!(scheme.as_str(), "unix" | "unix-abstract" | "file" | "data" | "bufconn") {
        return vec![(String::new(), None)];
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // `mysql+pymysql://` names the driver as well.
    let plain = scheme.split('+').next().unwrap_or_default();
    let direct =
        scheme.is_empty() || scheme.contains(HOLE) || DIRECT.contains(&scheme.as_str()) || DIRECT.contains(&plain);
    // `jdbc:sqlserver://host:1433;databaseName=x`
    let authority = authority.split(';').next().unwrap_or(authority);
    let endpoint = if direct || path.is_empty() { authority } else { path };
    let host_and_port = |endpoint| {
        let (host, port) = host(endpoint);
        (host.to_lowercase(), port)
    };
    // Who logs in stands before all hosts.
    let endpoint = if direct { endpoint.rsplit_once('@').map_or(endpoint, |(_, hosts)| hosts) } else { endpoint };
    endpoint.split(',').map(host_and_port).collect()
}

/// The host among the pairs of a connection string: `mysql:host=ledger;port=3306`, `host=ledger dbname=x`, `Server=ledger,1433;Database=x`.
fn pairs(address: &str) -> Option<(String, Option<u16>)> {
    if address.contains("://") || !address.contains('=') {
        return None;
    }
    let (mut found, mut port) = (None, None);
    // `Data Source` is one word of two.
    for pair in address.split([';', ' ']) {
        let Some((key, value)) = pair.split_once('=') else { continue };
        let key = key.rsplit([':', '?', '&']).next().unwrap_or(key).to_lowercase();
        match key.as_str() {
            "host" | "hostaddr" | "hostname" | "server" | "source" | "addr" | "address" => {
                found = found.or_else(|| value.split_once(',').map(|(head, _)| head).or(Some(value)));
            }
            "port" => port = value.parse().ok(),
            _ => {}
        }
    }
    let value = found?.trim_matches(['\'', '"']);
    let (host, own) = host(value.strip_prefix("tcp:").unwrap_or(value));
    Some((host.to_lowercase(), own.or(port)))
}

/// The keys by which connection strings name their host.
const HOST_KEYS: &[&str] = &[
    "host",
    "server",
    "data source",
    "datasource",
    "address",
    "addr",
    "network address",
    "hostname",
    "endpoint",
    "bootstrapservers",
];

/// The hosts of `Host=ledger;Port=5432;Database=x`; none for what is no list of keys with values.
fn connection_string(text: &str) -> Option<Vec<(String, Option<u16>)>> {
    if !text.contains('=') || text.split_once('=').is_some_and(|(key, _)| key.contains([':', '/', ','])) {
        return None;
    }
    let pairs: Vec<(String, &str)> = text
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.trim().to_lowercase(), value.trim().trim_matches(['"', '\''])))
        .collect();
    let (_, value) = pairs.iter().find(|(key, _)| HOST_KEYS.contains(&key.as_str()))?;
    if value.contains("://") {
        return Some(hosts(value));
    }
    // `host=ledger dbname=x` has no such marks between its pairs.
    if !text.contains(';') && value.contains(char::is_whitespace) {
        return None;
    }
    let own = pairs.iter().find(|(key, _)| key == "port").and_then(|(_, port)| port.parse().ok());
    // `tcp:ledger,1433` and `ledger\\instance`, as SQL Server has them; several hosts, as the others do.
    let value = value.strip_prefix("tcp:").unwrap_or(value);
    let is_port = |part: &str| !part.is_empty() && part.trim().bytes().all(|byte| byte.is_ascii_digit());
    let mut found: Vec<(String, Option<u16>)> = Vec::new();
    for part in value.split(',') {
        match found.last_mut() {
            Some((_, port)) if is_port(part) => *port = part.trim().parse().ok(),
            _ => {
                let (host, port) = host(part.trim().split('\\').next().unwrap_or(part));
                found.push((host.to_lowercase(), port.or(own)));
            }
        }
    }
    Some(found)
}

/// The host of an authority, and its port.
fn host(authority: &str) -> (&str, Option<u16>) {
    let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let authority = &authority[..end];
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Go's drivers name the network: `user@tcp(ledger:3306)`.
    let authority = authority.strip_prefix("tcp(").map_or(authority, |inner| inner.trim_end_matches(')'));
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, tail.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    // .NET's service discovery names an endpoint: `_grpc.ledger`.
    let named = host.strip_prefix('_').and_then(|rest| rest.split_once('.')).map(|(_, host)| host);
    (named.unwrap_or(host).trim_end_matches('.'), port.parse().ok())
}

/// Whether `name` fits a host with holes. A hole is at least one letter.
fn fits(host: &str, name: &str) -> bool {
    let mut texts = host.split(HOLE);
    let Some(mut rest) = name.strip_prefix(texts.next().unwrap_or_default()) else { return false };
    let Some(tail) = texts.next_back() else { return rest.is_empty() };
    for text in texts {
        // Where a text stands first, most is left for those behind it: no later place fits where that one does not.
        let Some(letter) = rest.chars().next() else { return false };
        let Some((_, behind)) = rest[letter.len_utf8()..].split_once(text) else { return false };
        rest = behind;
    }
    rest.strip_suffix(tail).is_some_and(|hole| !hole.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Hosts {
        let forms = [Pattern::new("{name}.service.consul").unwrap()];
        let aliases = BTreeMap::from([("service.ledger".to_owned(), vec!["books".to_owned()])]);
        let services = [("service.ledger", "s-ledger"), ("service.api.x", "s-api-x"), ("service.api.y", "s-api-y")];
        let mut hosts = Hosts::new(services.into_iter(), BTreeSet::from(["payments".to_owned()]), &aliases, &forms);
        hosts.add("\u{e100}-own", "service.ledger");
        hosts
    }

    #[test]
    fn every_release_that_is_told_apart_is_one() {
        for nth in [0, 1, MAX_RELEASES - 1] {
            assert!(is_release(release(nth)), "{nth}");
        }
        assert_eq!(release(MAX_RELEASES), HOLE);
        assert!(!is_release(HOLE));
    }

    #[test]
    fn addresses_lead_to_services() {
        let at = |port| Answer::Service("service.ledger".to_owned(), port);
        let ledger = || at(None);
        for (address, expected) in [
            ("http://s-ledger/path", ledger()),
            ("service.ledger", ledger()),
            ("S-Ledger:80", at(Some(80))),
            ("s-ledger:http", ledger()),
            ("s-ledger:99999", ledger()),
            ("https://user@s-ledger.:443?x=/y", at(Some(443))),
            ("s-ledger.other.svc.cluster.local:80", at(Some(80))),
            ("s-ledger.payments", ledger()),
            ("http://books", ledger()),
            ("dns://1.2.3.4/books.service.consul:80", at(Some(80))),
            ("dns:s-ledger:80", at(Some(80))),
            ("host=s-ledger port=5432 dbname=x", at(Some(5432))),
            ("mysql:dbname=x;host=s-ledger;port=3306", at(Some(3306))),
            ("pgsql:host=s-ledger", ledger()),
            ("Server=tcp:s-ledger,1433;Database=x", at(Some(1433))),
            ("Data Source=s-ledger;User=x", ledger()),
            ("http://s-ledger/x?host=s-other", ledger()),
            ("root:pw@tcp(s-ledger:3306)/books", at(Some(3306))),
            ("discovery:///service.ledger", ledger()),
            ("consul://consul:8500/s-ledger?healthy=true", ledger()),
            ("postgres://me:secret@s-ledger:5432/books?sslmode=off", at(Some(5432))),
            ("jdbc:postgresql://s-ledger/books", ledger()),
            ("jdbc:sqlserver://s-ledger:1433;databaseName=x", at(Some(1433))),
            ("mysql+pymysql://me@s-ledger/books", ledger()),
            ("https+http://s-ledger", ledger()),
            ("http://_grpc.s-ledger", ledger()),
            ("https+http://_dash.s-ledger:80/x", at(Some(80))),
            ("mongodb://a:b@s-ledger:27017/x", at(Some(27017))),
            ("http://s-ledger.example.com", Answer::Outside("s-ledger.example.com".to_owned())),
            ("s-ledger.elsewhere", Answer::Outside("s-ledger.elsewhere".to_owned())),
            ("http://[::1]:80/", Answer::Local),
            ("localhost:80", Answer::Local),
            (":8080", Answer::Local),
            ("s-:80", Answer::Local),
            ("unix:///var/run/x.sock", Answer::Local),
            ("http://\u{0}/x", Answer::Open),
            ("\u{0}", Answer::Open),
            ("s-ledger.\u{0}.svc.cluster.local", ledger()),
            ("\u{e100}-own:80", at(Some(80))),
            ("\u{e100}:80", Answer::Open),
        ] {
            assert_eq!(sample().answers(address), [expected], "{address}");
        }
        let several = Answer::Several {
            glob: "s-api-*".to_owned(),
            services: BTreeSet::from(["service.api.x".to_owned(), "service.api.y".to_owned()]),
        };
        assert_eq!(sample().answers("http://s-api-\u{0}.ns.svc.cluster.local/x"), [several]);
        assert_eq!(sample().answers("srv://c/s-ledger,service.api.x").len(), 2);
    }

    #[test]
    fn names_are_one_with_either_dash() {
        let services = [("order-api", "order-api"), ("a-b", "a-b"), ("c-d", "c-d"), ("x", "x"), ("y", "y")];
        let aliases = BTreeMap::from([
            ("x".to_owned(), vec!["a_b".to_owned(), "p_q-r".to_owned(), "old_name".to_owned()]),
            ("y".to_owned(), vec!["p-q_r".to_owned()]),
        ]);
        let hosts = Hosts::new(services.into_iter(), BTreeSet::new(), &aliases, &[]);
        let service = |name: &str, port| Answer::Service(name.to_owned(), port);
        let several = |glob: &str, names: &[&str]| Answer::Several {
            glob: glob.to_owned(),
            services: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (address, expected) in [
            ("http://order_api:80", service("order-api", Some(80))),
            ("postgresql+psycopg://me:pw@Order_Api:5432/x", service("order-api", Some(5432))),
            ("order_api.other.svc", service("order-api", None)),
            ("old-name", service("x", None)),
            // Who has a name as it is written has it.
            ("a_b", service("x", None)),
            ("a-b", service("a-b", None)),
            ("p_q_r", several("p_q_r", &["x", "y"])),
            ("p_q-r", service("x", None)),
            ("order_apis", Answer::Outside("order_apis".to_owned())),
            ("order__api", Answer::Outside("order__api".to_owned())),
            ("orderapi", Answer::Outside("orderapi".to_owned())),
            ("c_\u{0}", several("c_*", &["c-d"])),
        ] {
            assert_eq!(hosts.answers(address), [expected], "{address}");
        }
        assert_eq!(sample().answers("\u{0}_\u{0}"), [Answer::Open]);
        assert_eq!((hosts.named("p_q_r"), hosts.named("order_api")), (None, Some("order-api")));
        assert_eq!((hosts.spelled("order_api"), hosts.spelled("Order-Api")), (None, Some("order-api")));
        assert!(hosts.is_word("order_api") && !hosts.is_word("order-api") && !hosts.is_word("old_name"));
        assert!(!hosts.is_word("a_b"), "that is another service's name");
    }

    /// [`fits`], said as it is meant: with every length that each hole can have.
    fn fits_somehow(host: &str, name: &str) -> bool {
        let Some((head, tail)) = host.split_once(HOLE) else { return host == name };
        let Some(rest) = name.strip_prefix(head) else { return false };
        rest.char_indices().map(|(at, letter)| at + letter.len_utf8()).any(|at| fits_somehow(tail, &rest[at..]))
    }

    #[test]
    fn many_holes_against_a_long_name_come_to_an_end() {
        let (host, name) = ("\u{0}a".repeat(200), "a".repeat(2_000));
        assert!(fits(&host, &name));
        assert!(!fits(&format!("{host}b"), &name));
    }

    proptest! {
        #[test]
        fn a_name_fits_where_some_lengths_of_the_holes_make_it(host in "[\u{0}abé]{0,9}", name in "[abé]{0,9}") {
            prop_assert_eq!(fits(&host, &name), fits_somehow(&host, &name));
        }
    }
}
