//! Clients of stores that frameworks of the JVM make by themselves, out of settings: `spring.datasource.url: ${DB_URL}`.

use super::{Store, names};
use crate::edge::{Finding, Place};
use crate::frameworks;
use crate::inventory::Home;
use crate::join::Join;
use crate::libraries::{Libraries, artifacts};
use crate::part::Part;
use crate::places::Places;
use hedgerow_core::diag::{Code, enumerate};
use hedgerow_deploy::{Answer, Deploy, Hosts, Partial};
use std::collections::{BTreeMap, BTreeSet};

/// What the artifacts of libraries have in their names by which a program has a client of a kind.
const LIBRARIES: &[(Store, &[&str])] = &[
    (
        Store::Sql,
        &[
            "jdbc",
            "jpa",
            "r2dbc",
            "hibernate-core",
            "hibernate-entitymanager",
            "hibernate-orm",
            "hibernate-reactive",
            "mybatis",
            "jooq",
            "flyway",
            "liquibase",
            "druid",
            "hikari",
            "postgres",
            "mysql",
            "mariadb",
        ],
    ),
    (Store::Redis, &["redis", "redisson", "jedis", "lettuce"]),
    (Store::Mongodb, &["mongo"]),
    (Store::Rabbitmq, &["amqp", "rabbit"]),
    (Store::Elasticsearch, &["elasticsearch", "opensearch"]),
];

/// The drivers of databases, as build files name them.
const DRIVERS: &[(Store, &[&str])] = &[
    (Store::Postgres, &["postgresql"]),
    (Store::Mysql, &["mysql", "mariadb"]),
    (Store::Sqlserver, &["mssql"]),
    (Store::Oracle, &["ojdbc"]),
];

/// A setting that holds the address of a store, which no file says.
#[derive(Debug, Clone)]
pub(super) struct Unset {
    /// Its key, with dots.
    pub(super) key: String,
    /// Where it is said.
    pub(super) place: Place,
    /// Whether the build has a client of the kind, as far as can be told.
    pub(super) has_client: bool,
}

/// The stores whose addresses settings of a service hold and nobody knows, each with the first such setting.
pub(super) fn unset(
    (home, part): (&Home, &Part),
    (hosts, deploy): (&Hosts, &Deploy),
    alike: &BTreeSet<&str>,
    libraries: &Libraries,
    places: &Places,
) -> BTreeMap<Store, Unset> {
    let mut found = BTreeMap::new();
    let has_code = part.account.functions > 0 && frameworks::is_of_jvm(part.account.read.keys().map(String::as_str));
    let Some(given) = deploy.of(&home.name).filter(|_| has_code) else { return found };
    let join = Join { hosts, given: Some(given), said: None };
    let mut texts = None;
    for setting in frameworks::settings_of_jvm(given) {
        let key = setting.path.join(".");
        let Some(kind) = kind_of(&setting.path) else { continue };
        let values = join.setting(&setting.path);
        let answers: Vec<Answer> = values.iter().flat_map(|value| hosts.answers(value)).collect();
        // What leads somewhere in one profile leads there.
        let is_open = answers.contains(&Answer::Open)
            && answers.iter().all(|answer| matches!(answer, Answer::Open | Answer::Local));
        if !is_open {
            continue;
        }
        let (has_builds, texts) = texts.get_or_insert_with(|| {
            let texts = libraries.of(home);
            (!texts.is_empty(), artifacts(&texts))
        });
        let kind = match kind.is_sql() {
            true => scheme(&values).or_else(|| driver(texts)).unwrap_or(kind),
            false => kind,
        };
        if kind == Store::Embedded {
            continue;
        }
        let has_client = part.stores.contains_key(&kind) || !*has_builds || has_library(kind, texts);
        // What is for everybody is for those that have a client.
        if alike.contains(setting.file.as_str()) && (!has_client || !*has_builds) {
            continue;
        }
        let place = setting.place(places.text(&setting.file));
        found.entry(kind).or_insert(Unset { key, place, has_client });
    }
    found
}

/// The question about a setting whose store cannot be told.
pub(super) fn asked(caller: &str, kind: Store, unset: &Unset, callees: BTreeSet<String>) -> Finding {
    let key = &unset.key;
    let names = enumerate(callees.iter().map(|callee| format!("`{callee}`")));
    let first = callees.first().map_or("*", String::as_str);
    let why = if unset.has_client { "no file says which" } else { "no build file has a client for it" };
    Finding {
        code: Code::UnknownClient,
        message: format!(
            "the setting `{key}` of `{caller}` holds the address of {}, and {why}: it may be {names}",
            kind.shown()
        ),
        marks: vec![(unset.place.clone(), String::new())],
        help: vec![
            "name the file that sets it under `scan.deploy` in hedgerow.yaml, or say whom it calls by a rule file"
                .to_owned(),
            format!("where it calls none of them, say why under `scan.ignore`: `{caller} -> {first}: <reason>`"),
        ],
        services: BTreeSet::from([caller.to_owned()]),
        callees,
    }
}

/// The kind of store whose address a setting holds.
fn kind_of(path: &[String]) -> Option<Store> {
    let words = path.join("_").replace(['-', '.'], "_");
    let is_database =
        || path.iter().any(|part| ["r2dbc", "flyway", "liquibase"].contains(&part.to_lowercase().as_str()));
    names::kind_of_variable(&words).or_else(|| is_database().then_some(Store::Sql))
}

/// What the schemes of addresses say: `jdbc:mysql://${DB_HOST}/x`.
fn scheme(values: &[Partial]) -> Option<Store> {
    let known = values.iter().filter_map(|value| {
        let written = value.written();
        let scheme = written.split_once("://")?.0;
        let scheme = scheme.trim_start_matches("jdbc:").trim_start_matches("r2dbc:").trim_start_matches("pool:");
        Store::of_scheme(scheme)
    });
    let kinds: BTreeSet<Store> = known.collect();
    kinds.first().copied().filter(|_| kinds.len() == 1)
}

fn has(artifacts: &BTreeSet<String>, words: &[&str]) -> bool {
    artifacts.iter().any(|name| words.iter().any(|word| name.contains(word)))
}

/// The only driver of a database that the build has.
fn driver(artifacts: &BTreeSet<String>) -> Option<Store> {
    let mut found = DRIVERS.iter().filter(|(_, words)| has(artifacts, words)).map(|(kind, _)| *kind);
    found.next().filter(|_| found.next().is_none())
}

/// Whether the build has a library for a kind of store.
fn has_library(kind: Store, artifacts: &BTreeSet<String>) -> bool {
    let of = if kind.is_sql() { Store::Sql } else { kind };
    let words = LIBRARIES.iter().find(|(of_kind, _)| *of_kind == of).map(|(_, words)| *words);
    words.map_or_else(|| has(artifacts, &[kind.word()]), |words| has(artifacts, words))
}
