//! Data stores and brokers: what the services of the fleet are of them, what a service's code speaks to, and which of the first the second
//! means where no address says it.

mod join;
mod names;
mod schemas;
mod settings;

pub(crate) use join::join;
pub(crate) use schemas::Schemas;

/// Whether something is called like a store or a broker: `shop-redis-master`, and not `redis-exporter`.
#[must_use]
pub fn names_a_store(name: &str) -> bool {
    names::kind_of_name(name).is_some()
}

use crate::edge::Place;
use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::Tree;
use hedgerow_deploy::Deploy;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a store or a broker is, by what its clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Store {
    /// Nobody's: what is called like a client of a store and opens no connection.
    None,
    /// A store in the program itself: SQLite, H2.
    Embedded,
    /// Any database that speaks SQL.
    Sql,
    Postgres,
    Mysql,
    Sqlserver,
    Oracle,
    Redis,
    Mongodb,
    Rabbitmq,
    Kafka,
    Nats,
    Pulsar,
    Activemq,
    Mqtt,
    Elasticsearch,
    Solr,
    Cassandra,
    Memcached,
    S3,
    Clickhouse,
    Zookeeper,
    Etcd,
    Couchdb,
    Vault,
    Influxdb,
    Neo4j,
    Qdrant,
    Milvus,
    Weaviate,
    Meilisearch,
}

impl Store {
    /// All of them.
    pub(crate) const ALL: &'static [Self] = &[
        Self::None,
        Self::Embedded,
        Self::Sql,
        Self::Postgres,
        Self::Mysql,
        Self::Sqlserver,
        Self::Oracle,
        Self::Redis,
        Self::Mongodb,
        Self::Rabbitmq,
        Self::Kafka,
        Self::Nats,
        Self::Pulsar,
        Self::Activemq,
        Self::Mqtt,
        Self::Elasticsearch,
        Self::Solr,
        Self::Cassandra,
        Self::Memcached,
        Self::S3,
        Self::Clickhouse,
        Self::Zookeeper,
        Self::Etcd,
        Self::Couchdb,
        Self::Vault,
        Self::Influxdb,
        Self::Neo4j,
        Self::Qdrant,
        Self::Milvus,
        Self::Weaviate,
        Self::Meilisearch,
    ];

    /// The kind as users write it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Embedded => "embedded",
            Self::Sql => "sql",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Sqlserver => "sqlserver",
            Self::Oracle => "oracle",
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
            Self::Rabbitmq => "rabbitmq",
            Self::Kafka => "kafka",
            Self::Nats => "nats",
            Self::Pulsar => "pulsar",
            Self::Activemq => "activemq",
            Self::Mqtt => "mqtt",
            Self::Elasticsearch => "elasticsearch",
            Self::Solr => "solr",
            Self::Cassandra => "cassandra",
            Self::Memcached => "memcached",
            Self::S3 => "s3",
            Self::Clickhouse => "clickhouse",
            Self::Zookeeper => "zookeeper",
            Self::Etcd => "etcd",
            Self::Couchdb => "couchdb",
            Self::Vault => "vault",
            Self::Influxdb => "influxdb",
            Self::Neo4j => "neo4j",
            Self::Qdrant => "qdrant",
            Self::Milvus => "milvus",
            Self::Weaviate => "weaviate",
            Self::Meilisearch => "meilisearch",
        }
    }

    /// What people call it, for messages.
    pub(crate) const fn shown(self) -> &'static str {
        match self {
            Self::None | Self::Embedded => "no store of the fleet",
            Self::Sql => "a database",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Sqlserver => "SQL Server",
            Self::Oracle => "Oracle",
            Self::Redis => "Redis",
            Self::Mongodb => "MongoDB",
            Self::Rabbitmq => "RabbitMQ",
            Self::Kafka => "Kafka",
            Self::Nats => "NATS",
            Self::Pulsar => "Pulsar",
            Self::Activemq => "ActiveMQ",
            Self::Mqtt => "an MQTT broker",
            Self::Elasticsearch => "Elasticsearch",
            Self::Solr => "Solr",
            Self::Cassandra => "Cassandra",
            Self::Memcached => "memcached",
            Self::S3 => "an S3",
            Self::Clickhouse => "ClickHouse",
            Self::Zookeeper => "ZooKeeper",
            Self::Etcd => "etcd",
            Self::Couchdb => "CouchDB",
            Self::Vault => "Vault",
            Self::Influxdb => "InfluxDB",
            Self::Neo4j => "Neo4j",
            Self::Qdrant => "Qdrant",
            Self::Milvus => "Milvus",
            Self::Weaviate => "Weaviate",
            Self::Meilisearch => "Meilisearch",
        }
    }

    /// The port at which it listens if nobody says another.
    pub(crate) const fn port(self) -> Option<u16> {
        Some(match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
            Self::Sqlserver => 1433,
            Self::Oracle => 1521,
            Self::Redis => 6379,
            Self::Mongodb => 27017,
            Self::Rabbitmq => 5672,
            Self::Kafka => 9092,
            Self::Nats => 4222,
            Self::Pulsar => 6650,
            Self::Activemq => 61616,
            Self::Mqtt => 1883,
            Self::Elasticsearch => 9200,
            Self::Solr => 8983,
            Self::Cassandra => 9042,
            Self::Memcached => 11211,
            Self::Clickhouse => 8123,
            Self::Zookeeper => 2181,
            Self::Etcd => 2379,
            Self::Couchdb => 5984,
            Self::Vault => 8200,
            Self::Influxdb => 8086,
            Self::Neo4j => 7687,
            Self::Qdrant => 6333,
            Self::Milvus => 19530,
            Self::Weaviate => 8080,
            Self::Meilisearch => 7700,
            Self::None | Self::Embedded | Self::Sql | Self::S3 => return None,
        })
    }

    /// Whether a client of any SQL database may mean it.
    pub(crate) const fn is_sql(self) -> bool {
        matches!(self, Self::Sql | Self::Postgres | Self::Mysql | Self::Sqlserver | Self::Oracle)
    }

    /// What the scheme of an address says, or the name of a driver: `postgresql` of `postgresql+asyncpg://…`.
    pub(crate) fn of_scheme(scheme: &str) -> Option<Self> {
        let scheme = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
        let scheme = scheme.split(['+', ':']).next().unwrap_or(scheme);
        Some(match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "pgx" | "pgsql" | "postgis" | "pg" | "cockroachdb" | "cockroach" => {
                Self::Postgres
            }
            "mysql" | "mariadb" | "mysql2" | "trilogy" => Self::Mysql,
            "sqlserver" | "mssql" => Self::Sqlserver,
            "oracle" | "godror" => Self::Oracle,
            "sqlite" | "sqlite3" | "h2" | "file" | "duckdb" => Self::Embedded,
            "redis" | "rediss" | "valkey" => Self::Redis,
            "mongodb" => Self::Mongodb,
            "amqp" | "amqps" => Self::Rabbitmq,
            "nats" => Self::Nats,
            "pulsar" => Self::Pulsar,
            "mqtt" | "mqtts" => Self::Mqtt,
            "clickhouse" => Self::Clickhouse,
            "cassandra" => Self::Cassandra,
            "neo4j" | "bolt" => Self::Neo4j,
            _ => return None,
        })
    }
}

/// What one service's reached code has of a kind of store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Used {
    /// The first call of a client.
    pub(crate) place: Place,
    /// What is called there.
    pub(crate) call: String,
    /// Whether a client is given an address that nobody knows.
    pub(crate) is_open: bool,
    /// Whether a client is given one that is known, or a comment says whom it calls.
    pub(crate) is_told: bool,
    /// Whether there is nothing but an import of the library.
    pub(crate) is_imported: bool,
    /// The address of a private network that is all that clients are given.
    pub(crate) private: Option<String>,
}

/// The stores of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Fleet {
    services: BTreeMap<String, Store>,
}

impl Fleet {
    /// Which services are stores, by their images, else by their own names. What has code in the tree is none.
    pub(crate) fn new(tree: &Tree, homes: &[Home], deploy: &Deploy) -> Self {
        let images: BTreeMap<&str, _> = deploy.images().collect();
        let has_code = |home: &Home| {
            let directories = home.directories.iter().map(|(directory, _)| directory.as_str());
            directories.into_iter().any(|directory| tree.code.iter().any(|file| is_below(&file.path, directory)))
        };
        let of = |home: &Home| {
            let paths: Vec<&str> = images
                .get(home.name.as_str())
                .into_iter()
                .flat_map(|all| all.iter().map(|i| i.path.as_str()))
                .collect();
            if names::is_helper(&home.name) {
                return None;
            }
            if let Some(kind) = paths.iter().find_map(|path| names::kind_of_image(path)) {
                return Some(kind);
            }
            let is_helper = paths.iter().any(|path| names::is_helper(path.rsplit('/').next().unwrap_or(path)));
            names::kind_of_name(&home.name).filter(|_| !is_helper && !has_code(home))
        };
        Self { services: homes.iter().filter_map(|home| Some((home.name.clone(), of(home)?))).collect() }
    }

    /// Each store with what it is.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Store)> {
        self.services.iter().map(|(service, kind)| (service.as_str(), *kind))
    }

    /// The stores that are what a product is called.
    pub(crate) fn of_product(&self, name: &str) -> BTreeSet<&str> {
        names::kind_of_name(name).map(|kind| self.of(kind)).unwrap_or_default()
    }

    /// Whether a service is a store.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.services.contains_key(name)
    }

    /// Whether a service is a store that understands neither HTTP nor gRPC.
    pub(crate) fn is_silent(&self, name: &str) -> bool {
        use Store::{Activemq, Cassandra, Kafka, Memcached, Mongodb, Mqtt, Nats, Pulsar, Rabbitmq, Redis, Zookeeper};
        self.services.get(name).is_some_and(|kind| {
            let brokers =
                [Activemq, Cassandra, Kafka, Memcached, Mongodb, Mqtt, Nats, Pulsar, Rabbitmq, Redis, Zookeeper];
            kind.is_sql() || brokers.contains(kind)
        })
    }

    /// The stores that may stand for one that the deployment does not have, by the image that it runs elsewhere or by its name; nothing for
    /// what is no store.
    pub(crate) fn standing_in(&self, name: &str, image: Option<&str>) -> Option<BTreeSet<&str>> {
        let kind =
            image.and_then(names::kind_of_image).or_else(|| names::kind_of_name(name).filter(|_| image.is_none()))?;
        Some(self.of(kind))
    }

    /// Hosts that many call a store by that the deployment calls otherwise, each with the stores of its kind.
    pub(crate) fn usual(&self) -> impl Iterator<Item = (&'static str, BTreeSet<&str>)> {
        let all = names::usual().map(|(name, kind)| (name, self.of(kind)));
        all.filter(|(_, services)| !services.is_empty())
    }

    /// The stores that a client of a kind may mean: where none is of the kind, and it speaks SQL, those of which no more is known.
    pub(crate) fn of(&self, kind: Store) -> BTreeSet<&str> {
        let all = |is: &dyn Fn(Store) -> bool| -> BTreeSet<&str> {
            self.services.iter().filter(|(_, kind)| is(**kind)).map(|(name, _)| name.as_str()).collect()
        };
        if kind == Store::Sql {
            return all(&Store::is_sql);
        }
        let found = all(&|other| other == kind);
        if found.is_empty() && kind.is_sql() { all(&|other| other == Store::Sql) } else { found }
    }
}
