//! The hosts in an address.

use crate::partial::Partial;

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

/// Schemes of resolvers, protocols and stores besides, in whose addresses a service is called as well.
const OTHERS: &[&str] = &[
    "activemq",
    "coap",
    "consul",
    "direct",
    "discovery",
    "dns",
    "docker",
    "dubbo",
    "etcd",
    "eureka",
    "failover",
    "gelf",
    "git",
    "gopher",
    "h2",
    "hdfs",
    "hive",
    "hive2",
    "http2",
    "iiop",
    "imap",
    "ipv4",
    "ipv6",
    "jaeger",
    "jms",
    "k8s",
    "kube",
    "kubernetes",
    "loki",
    "milvus",
    "nacos",
    "nfs",
    "nntp",
    "otlp",
    "passthrough",
    "polaris",
    "pop3",
    "presto",
    "qdrant",
    "quic",
    "rmi",
    "rpc",
    "rsync",
    "rtmp",
    "rtsp",
    "service",
    "sip",
    "smb",
    "socks4",
    "socks5",
    "socks5h",
    "srv",
    "static",
    "statsd",
    "stun",
    "surrealdb",
    "svn",
    "syslog",
    "t3",
    "telnet",
    "thrift",
    "tidb",
    "tri",
    "trino",
    "trpc",
    "turn",
    "unix",
    "vnc",
    "weaviate",
    "xds",
    "zipkin",
    "zk",
    "zookeeper",
];

/// Whether an address has a scheme that a program made for itself, and no port: `bank://ledger/books` names a thing of its own.
pub fn has_own_scheme(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let is_known = |scheme: &str| DIRECT.contains(&scheme) || OTHERS.contains(&scheme);
    let scheme = scheme.to_lowercase();
    let is_plain = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    is_plain && !scheme.split(['+', '-', '.', ':']).any(is_known) && !authority.contains(':')
}

/// What stands before the scheme of a data store in Java's addresses.
const DRIVERS: &[&str] = &["jdbc:", "r2dbc:pool:", "r2dbc:", "jdbc:p6spy:"];

/// What stands in a path of Dapr's before the name of the program that is called.
pub const INVOKE: &str = "/v1.0/invoke/";

/// Whom Dapr beside a program hands a call on to: `http://localhost:3500/v1.0/invoke/ledger/method/books`.
pub(super) fn invoked(address: &str) -> Option<&str> {
    let (_, path) = address.split_once(INVOKE)?;
    Some(path.split_once("/method/").map_or(path, |(callee, _)| callee))
}

/// The hosts in an address, in lower case, each with its port if that is a number.
pub(super) fn hosts(address: &str) -> Vec<(String, Option<u16>)> {
    let address = invoked(address).unwrap_or(address).trim();
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
    let direct = scheme.is_empty()
        || Partial::read(&scheme).known().is_none()
        || DIRECT.contains(&scheme.as_str())
        || DIRECT.contains(&plain);
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
