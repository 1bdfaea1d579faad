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

/// Whether the fleet has a store, by its name or by the image that it runs, for which a call with this path opens a connection.
pub(super) fn may_be(hosts: &Hosts, path: &str) -> bool {
    let path = path.to_lowercase();
    let mut products = PRODUCTS.iter().filter(|(_, words)| words.iter().any(|word| path.contains(word)));
    products.any(|(product, _)| {
        hosts.named(product).is_some() || hosts.ending_in(product).is_some() || hosts.runs_image(product)
    })
}
