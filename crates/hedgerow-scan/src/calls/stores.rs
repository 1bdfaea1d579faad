//! Data stores and brokers of the fleet, by what their clients are called.

use super::{Search, is_open};
use crate::edge::Place;
use crate::reach::Site;
use crate::stores::{Store, Used};
use crate::value::{Piece, Template, Values};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Import, Range};
use hedgerow_deploy::{Answer, Hosts};
use std::collections::{BTreeMap, BTreeSet};

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

impl Search<'_, '_> {
    /// What reached code calls of libraries that speak to a kind of store, and what its files import of them.
    pub(super) fn uses(&mut self) {
        let context = self.context;
        let paths = &context.reach.paths;
        let kinds = paths.ask(|outside| context.packs.store(outside.language, &outside.path));
        let calls = context.reach.external.iter().filter_map(|(site, path)| Some((*site, *path, (*kinds.get(*path))?)));
        let mut first: BTreeMap<Store, (Site, &str)> = BTreeMap::new();
        for (site, path, kind) in calls.filter(|(.., kind)| *kind != Store::None) {
            let known = first.entry(kind).or_insert((site, &paths.get(path).path));
            if site < known.0 {
                *known = (site, &paths.get(path).path);
            }
        }
        for (kind, (site, path)) in first {
            let place = self.place(site.function, site.expr);
            let used = Used {
                place,
                call: path.to_owned(),
                is_open: false,
                is_told: false,
                is_imported: false,
                private: None,
            };
            self.stores.insert(kind, used);
        }
        let program = context.infer.program;
        let files: BTreeSet<u32> = context.reach.functions.keys().map(|function| program.file_of(*function)).collect();
        for file in files.into_iter().map(|file| &program.files[file as usize]) {
            let whole = |import: &Import| match &import.name {
                Some(name) => format!("{}.{name}", import.path),
                None => import.path.to_string(),
            };
            let types = &file.facts.types_only;
            for import in file.facts.imports.iter().filter(|import| !types.contains(&import.path)) {
                let path = whole(import);
                let kind = context.packs.store(file.language, &path);
                let Some(kind) = kind.filter(|kind| *kind != Store::None) else { continue };
                self.stores.entry(kind).or_insert_with(|| Used {
                    place: Place { path: file.path.to_owned(), range: Range::default() },
                    call: path,
                    is_open: false,
                    is_told: false,
                    is_imported: true,
                    private: None,
                });
            }
        }
    }

    /// The kind of store that a client speaks to: that of its library; of any SQL database the one that the address or the driver names.
    pub(super) fn store_of(&self, language: Language, path: &str, values: &[Values]) -> Option<Store> {
        let kind = self.context.packs.store(language, path).filter(|kind| *kind != Store::None)?;
        if kind != Store::Sql {
            return Some(kind);
        }
        let templates: Vec<Template> = values.iter().flat_map(|values| values.templates().into_keys()).collect();
        let schemes = templates.iter().filter_map(|template| match template.0.first() {
            Some(Piece::Text(text)) => text.split_once("://").and_then(|(scheme, _)| Store::of_scheme(scheme)),
            _ => None,
        });
        Some(schemes.min().unwrap_or(kind))
    }

    /// Notes what is known of the address of a store's client.
    pub(super) fn opens(&mut self, site: Site, store: Option<Store>, values: &[Values]) {
        let Some(kind) = store else { return };
        let is_hidden = self.is_hidden(values);
        let is_told = !is_hidden && values.iter().any(|values| self.is_address(values, false));
        let may_be_private = !(is_hidden || is_told);
        let private = values.iter().filter(|_| may_be_private).find_map(|values| self.private(values));
        let is_unknown = is_hidden || (!is_told && private.is_none() && is_open(values));
        let is_open = is_unknown || private.is_some();
        // A name that several services stand in for is told as where no address is known.
        let private = private.filter(|address| !address.starts_with(|c: char| c.is_ascii_alphabetic()));
        let place = self.place(site.function, site.expr);
        // Of a store outside of the fleet nothing is told, but of a name that only the fleet's own hosts have.
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let join = self.join();
        let all = values.iter().flat_map(|values| values.templates().into_keys());
        let answers: Vec<Answer> = all.flat_map(|template| join.judge(&template).answers).collect();
        for answer in answers {
            if let Answer::Outside(host) = answer
                && host.chars().all(legal)
            {
                self.outcome.outside.entry((self.context.service.to_owned(), host)).or_insert_with(|| place.clone());
            }
        }
        let used = self.stores.entry(kind).or_insert_with(|| Used {
            place: place.clone(),
            call: String::new(),
            is_open: false,
            is_told: false,
            is_imported: false,
            private: None,
        });
        if is_open && !used.is_open {
            used.place = place;
            used.private = private;
        } else if is_open && private.is_none() {
            used.private = None;
        }
        used.is_open |= is_open;
        used.is_told |= is_told;
        used.is_imported = false;
    }

    /// Whether the deploy says an address that nobody knows, and all that is known beside it is a developer's own machine.
    fn is_hidden(&self, values: &[Values]) -> bool {
        let join = self.join();
        let judged =
            values.iter().flat_map(|values| values.templates().into_keys()).map(|template| join.judge(&template));
        let judged: Vec<_> = judged.collect();
        let is_given = judged.iter().any(|judged| judged.joined && judged.open && judged.private.is_empty());
        let is_here = |answer: &Answer| match answer {
            Answer::Local | Answer::Open => true,
            // `localhost:6379,password=x`
            Answer::Outside(host) => host.contains('='),
            Answer::Service(..) | Answer::Several { .. } => false,
        };
        is_given && judged.iter().all(|judged| judged.answers.iter().all(is_here))
    }

    /// A comment says whom a client of a kind calls.
    pub(super) fn said_of(&mut self, store: Option<Store>) {
        if let Some(used) = store.and_then(|kind| self.stores.get_mut(&kind)) {
            used.is_told = true;
            used.is_open = false;
        }
    }
}
