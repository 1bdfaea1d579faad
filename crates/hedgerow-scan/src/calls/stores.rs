//! Data stores and brokers of the fleet, by what their clients are called.

use hedgerow_deploy::Hosts;

/// Products, each with what paths of its clients hold.
const PRODUCTS: &[(&str, &[&str])] = &[
    ("mysql", &["mysql"]),
    ("mariadb", &["mysql", "mariadb"]),
    ("postgres", &["psycopg", "asyncpg", "postgres", "pgx", "aiopg"]),
    ("postgresql", &["psycopg", "asyncpg", "postgres", "pgx", "aiopg"]),
    ("mongodb", &["mongo", "motor"]),
    ("mongo", &["mongo", "motor"]),
    ("redis", &["redis"]),
    ("valkey", &["redis", "valkey"]),
    ("zookeeper", &["zookeeper", "samuel/go-zookeeper", "go-zookeeper/zk", "kazoo", "curator"]),
    ("elasticsearch", &["elastic"]),
    ("opensearch", &["opensearch"]),
    ("kafka", &["kafka", "sarama"]),
    ("rabbitmq", &["amqp", "rabbit", "pika"]),
    ("nats", &["nats"]),
    ("etcd", &["etcd"]),
    ("cassandra", &["cassandra", "gocql"]),
    ("memcached", &["memcache"]),
    ("clickhouse", &["clickhouse"]),
];

/// What variables for addresses of stores have in their names that name no product, with the products that may be meant.
const KINDS: &[(&str, &[&str])] = &[
    ("DATABASE", SQL),
    ("DB", SQL),
    ("DATASOURCE", SQL),
    ("JDBC", SQL),
    ("SQL", SQL),
    ("PG", &["postgres", "postgresql"]),
    ("RABBIT", &["rabbitmq"]),
    ("AMQP", &["rabbitmq"]),
    ("MEMCACHE", &["memcached"]),
    ("ELASTIC", &["elasticsearch", "opensearch"]),
    ("SMTP", &["mailhog", "mailpit", "postfix", "smtp", "mail"]),
];

const SQL: &[&str] =
    &["mysql", "mariadb", "postgres", "postgresql", "postgis", "mongodb", "mongo", "cockroach", "mssql", "sqlserver"];

/// Whether a variable is for the address of a store or a broker of a kind that no service of the fleet is.
pub(crate) fn is_store_of_nobody(hosts: &Hosts, variable: &str) -> bool {
    let words: Vec<&str> = variable.split('_').collect();
    let by_product = PRODUCTS.iter().filter(|(product, _)| words.iter().any(|word| word.eq_ignore_ascii_case(product)));
    let by_kind = KINDS.iter().filter(|(kind, _)| words.contains(kind));
    let mut meant =
        by_product.map(|(product, _)| product).chain(by_kind.flat_map(|(_, products)| *products)).peekable();
    meant.peek().is_some() && !meant.any(|product| has(hosts, product))
}

/// Whether the fleet has a store, by its name or by the image that it runs, for which a call with this path opens a connection.
pub(super) fn may_be(hosts: &Hosts, path: &str) -> bool {
    let path = path.to_lowercase();
    let mut products = PRODUCTS.iter().filter(|(_, words)| words.iter().any(|word| path.contains(word)));
    products.any(|(product, _)| has(hosts, product))
}

/// Whether a service of the fleet is a product, by its name or by its image.
fn has(hosts: &Hosts, product: &str) -> bool {
    hosts.named(product).is_some() || hosts.ending_in(product).is_some() || hosts.runs_image(product)
}
