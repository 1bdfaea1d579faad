//! What names and images of stores say.

use super::Store;

/// The products, by a word of their names and images.
const PRODUCTS: &[(Store, &[&str])] = &[
    (Store::Redis, &["redis", "valkey", "keydb", "dragonfly", "dragonflydb", "redict"]),
    (
        Store::Postgres,
        &[
            "postgres",
            "postgresql",
            "postgis",
            "pgsql",
            "pg",
            "pgvector",
            "timescale",
            "timescaledb",
            "cockroach",
            "cockroachdb",
            "crdb",
            "yugabyte",
            "yugabytedb",
            "spilo",
            "pgbouncer",
            "pgpool",
            "pgcat",
        ],
    ),
    (Store::Mysql, &["mysql", "mariadb", "mariadbd", "percona", "proxysql", "tidb"]),
    (Store::Sqlserver, &["mssql", "sqlserver"]),
    (Store::Oracle, &["oracle", "oracledb"]),
    (Store::Mongodb, &["mongo", "mongodb", "mongod", "ferretdb"]),
    (Store::Rabbitmq, &["rabbitmq", "rabbit", "lavinmq"]),
    (Store::Kafka, &["kafka", "redpanda"]),
    (Store::Nats, &["nats", "jetstream"]),
    (Store::Pulsar, &["pulsar"]),
    (Store::Activemq, &["activemq", "artemis"]),
    (Store::Mqtt, &["mosquitto", "emqx", "vernemq", "hivemq", "mqtt"]),
    (Store::Elasticsearch, &["elasticsearch", "opensearch", "elastic"]),
    (Store::Solr, &["solr"]),
    (Store::Cassandra, &["cassandra", "scylla", "scylladb"]),
    (Store::Memcached, &["memcached", "memcache"]),
    (Store::S3, &["minio", "seaweedfs", "s3", "localstack", "garage", "rustfs"]),
    (Store::Clickhouse, &["clickhouse"]),
    (Store::Zookeeper, &["zookeeper", "zk"]),
    (Store::Etcd, &["etcd"]),
    (Store::Couchdb, &["couchdb", "couch"]),
    (Store::Vault, &["vault", "openbao"]),
    (Store::Influxdb, &["influxdb", "influx"]),
    (Store::Neo4j, &["neo4j"]),
    (Store::Qdrant, &["qdrant"]),
    (Store::Milvus, &["milvus"]),
    (Store::Weaviate, &["weaviate"]),
    (Store::Meilisearch, &["meilisearch"]),
];

/// Words for any database.
const DATABASES: &[&str] = &["db", "database", "sql", "rdbms"];

/// What many call a store, with its kind: the product's own name, or that it is a database.
pub(super) fn usual() -> impl Iterator<Item = (&'static str, Store)> {
    const SQL: [&str; 2] = ["db", "database"];
    let products = PRODUCTS.iter().flat_map(|(kind, names)| names.iter().map(move |name| (*name, *kind)));
    products.chain(SQL.into_iter().map(|name| (name, Store::Sql)))
}

/// What may stand behind the product in the name of the store itself.
const BEHIND: &[&str] = &[
    "alpine",
    "atlas",
    "broker",
    "brokers",
    "ce",
    "cluster",
    "community",
    "db",
    "database",
    "default",
    "enterprise",
    "ha",
    "headless",
    "instance",
    "kraft",
    "leader",
    "local",
    "main",
    "master",
    "native",
    "node",
    "oss",
    "pooler",
    "primary",
    "proxy",
    "repmgr",
    "rw",
    "server",
    "service",
    "set",
    "sharded",
    "single",
    "stack",
    "standalone",
    "statefulset",
    "storage",
    "store",
    "streaming",
    "svc",
    "xe",
];

/// What a helper beside a store is called, or a job: the last word of its name.
const HELPERS: &[&str] = &[
    "admin",
    "adminer",
    "agent",
    "backup",
    "backups",
    "bootstrap",
    "client",
    "commander",
    "connect",
    "console",
    "controller",
    "cron",
    "cronjob",
    "dashboard",
    "dashboards",
    "dump",
    "exporter",
    "express",
    "importer",
    "init",
    "initializer",
    "insight",
    "job",
    "manager",
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "monitor",
    "operator",
    "restore",
    "seed",
    "seeder",
    "setup",
    "test",
    "tests",
    "ui",
    "webui",
];

/// What stands in front of a product in the name of a job.
const VERBS: &[&str] = &[
    "backup",
    "bootstrap",
    "create",
    "dump",
    "import",
    "init",
    "initialize",
    "migrate",
    "restore",
    "seed",
    "setup",
    "wait",
];

fn words(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['-', '_', '.']).filter(|word| !word.is_empty())
}

fn product(word: &str) -> Option<Store> {
    let is = |word: &str| PRODUCTS.iter().find(|(_, words)| words.contains(&word)).map(|(store, _)| *store);
    is(word).or_else(|| is(word.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// Whether a name is that of a helper beside a store, or of a job.
pub(super) fn is_helper(name: &str) -> bool {
    let name = name.to_lowercase();
    words(&name).next_back().is_some_and(|word| HELPERS.contains(&word))
        || words(&name).any(|word| VERBS.contains(&word))
}

/// Whether a product stands anywhere in a name.
pub(super) fn has_product(name: &str) -> bool {
    words(&name.to_lowercase()).any(|word| product(word).is_some())
}

/// The kind of store that a variable for an address is called after: `REDIS_URL`, `SHOP_DATABASE_HOST`.
pub(super) fn kind_of_variable(name: &str) -> Option<Store> {
    let words: Vec<String> = name.split('_').map(str::to_lowercase).collect();
    let found = words.iter().find_map(|word| match word.as_str() {
        "pg" | "psql" => Some(Store::Postgres),
        "amqp" => Some(Store::Rabbitmq),
        word => product(word),
    });
    let is_database =
        || words.iter().any(|word| ["db", "database", "datasource", "jdbc", "sql"].contains(&word.as_str()));
    found.or_else(|| is_database().then_some(Store::Sql))
}

/// The kind of store whose own address a variable holds: `SHOP_REDIS_URL`, and not `KAFKA_REGISTRY_URL`. Amazon's is an S3's most of the time.
pub(super) fn kind_of_address(name: &str) -> Option<Store> {
    let words: Vec<String> = name.split('_').map(str::to_lowercase).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [.., "aws", "endpoint"] | [.., "aws", "endpoint", "url"] => Some(Store::S3),
        [.., kind, _] => product(kind),
        _ => None,
    }
}

/// The kind of a store that is called so: what its name ends in, but for words of its part in a cluster.
pub(super) fn kind_of_name(name: &str) -> Option<Store> {
    let name = name.to_lowercase();
    if is_helper(&name) {
        return None;
    }
    let is_number = |word: &str| word.trim_start_matches('v').chars().all(|c| c.is_ascii_digit());
    let mut is_database = false;
    for word in words(&name).rev() {
        if let Some(kind) = product(word) {
            return Some(kind);
        }
        let plain = word.trim_end_matches(|c: char| c.is_ascii_digit());
        is_database |= DATABASES.contains(&plain);
        if !(BEHIND.contains(&plain) || DATABASES.contains(&plain) || is_number(word)) {
            break;
        }
    }
    is_database.then_some(Store::Sql)
}

/// What a store's name says of whose it is: what stands in front of the product.
pub(super) fn stem(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let mut left: Vec<String> = words(&name).map(str::to_owned).collect();
    while let Some(word) = left.pop() {
        let is_end = product(&word).is_some() || DATABASES.contains(&word.as_str());
        let goes_on = left.last().is_some_and(|word| product(word).is_some() || DATABASES.contains(&word.as_str()));
        if is_end && !goes_on {
            break;
        }
    }
    left
}

/// The words of a service's name without those that many have behind them.
pub(super) fn plain(name: &str) -> Vec<String> {
    const MANY: &[&str] = &["api", "app", "backend", "server", "service", "svc", "web", "worker"];
    let name = name.to_lowercase();
    let mut left: Vec<String> = words(&name).map(str::to_owned).collect();
    while left.len() > 1 && left.last().is_some_and(|word| MANY.contains(&word.as_str())) {
        left.pop();
    }
    left
}

/// The kind of a store that runs an image of this path.
pub(super) fn kind_of_image(path: &str) -> Option<Store> {
    let mut parts = path.rsplit('/');
    let last = parts.next()?;
    match kind_of_name(last) {
        // `mssql/server`
        None if BEHIND.contains(&last) => parts.next().and_then(kind_of_name),
        // Of what somebody calls a database nobody knows whether it runs one.
        Some(Store::Sql) => None,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_known_by_the_end_of_their_names() {
        for (name, expected) in [
            ("redis", Some(Store::Redis)),
            ("bank-local-redis-master", Some(Store::Redis)),
            ("service.valkey", Some(Store::Redis)),
            ("mongo1", Some(Store::Mongodb)),
            ("shop-mysql-server", Some(Store::Mysql)),
            ("minio-0", Some(Store::S3)),
            ("auth-db", Some(Store::Sql)),
            ("mysql-db", Some(Store::Mysql)),
            ("neo4j", Some(Store::Neo4j)),
            ("postgres15", Some(Store::Postgres)),
            ("cp-kafka", Some(Store::Kafka)),
            ("kafka-ui", None),
            ("redis-commander", None),
            ("mongo-express", None),
            ("postgres-exporter", None),
            ("init-kafka", None),
            ("wait-for-redis", None),
            ("cnpg-controller-manager", None),
            ("admin-db", Some(Store::Sql)),
            ("web-redis", Some(Store::Redis)),
            ("timescale-writer", None),
            ("kafka-consumer", None),
            ("redis-replicas", None),
            ("ledger", None),
            ("server", None),
        ] {
            assert_eq!(kind_of_name(name), expected, "{name}");
        }
    }

    #[test]
    fn and_by_their_images() {
        for (path, expected) in [
            ("bitnami/redis", Some(Store::Redis)),
            ("redis/redis-stack-server", Some(Store::Redis)),
            ("mcr.microsoft.com/mssql/server", Some(Store::Sqlserver)),
            ("docker.elastic.co/elasticsearch/elasticsearch", Some(Store::Elasticsearch)),
            ("confluentinc/cp-zookeeper", Some(Store::Zookeeper)),
            ("clickhouse/clickhouse-server", Some(Store::Clickhouse)),
            ("provectuslabs/kafka-ui", None),
            ("opensearchproject/opensearch-dashboards", None),
            ("confluentinc/cp-kafka-connect", None),
            ("dpage/pgadmin4", None),
            ("bank/ledger-db", None),
            ("bank/server", None),
        ] {
            assert_eq!(kind_of_image(path), expected, "{path}");
        }
    }
}
