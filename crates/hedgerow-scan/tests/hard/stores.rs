//! Clients of stores and brokers whose addresses are not known, where the deployment has one store that they can mean.

use crate::silent::asks;
use std::fmt::Write;

/// A caller, and the services beside it with their images in a compose file; `after` is what the caller starts after.
fn fleet(code: &str, stores: &[(&str, &str)], after: &[&str]) -> String {
    let mut compose = format!("services:\n  service.shop: {{image: bank/shop, depends_on: [{}]}}\n", after.join(", "));
    let mut places = String::new();
    for (name, image) in stores {
        writeln!(compose, "  service.{name}: {{image: '{image}'}}").unwrap();
        writeln!(places, "-- service.{name}/x.txt").unwrap();
    }
    format!("{code}{places}-- docker-compose.yml\n{compose}-- hedgerow.yaml\nscan: {{}}\n")
}

/// What a scan finds of edges, and of calls and names that it asks about.
fn found(tree: &str) -> Vec<String> {
    let all = asks(tree).into_iter();
    all.filter(|line| [" -> ", " ? ", "unresolved-call"].iter().any(|word| line.contains(word))).collect()
}

#[track_caller]
fn rows(rows: &[(String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(tree, expected)| (tree, found(tree), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(tree, found, expected)| format!("{tree}\n    found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A program that gives a client the value of a variable that nothing sets.
const GO: &str = "-- service.shop/main.go\npackage main\nimport (\"os\"; \"github.com/redis/go-redis/v9\")\nfunc main() { redis.NewClient(&redis.Options{Addr: os.Getenv(\"CACHE_AT\")}) }\n";
const PYTHON: &str = "-- service.shop/a.py\nimport os\nimport redis\nredis.Redis(host=os.environ['CACHE_AT'])\n";
const RABBIT: &str = "-- service.shop/a.py\nimport os\nimport pika\npika.BlockingConnection(pika.ConnectionParameters(os.environ['BUS_AT']))\n";
const MONGO: &str =
    "-- service.shop/a.js\nconst { MongoClient } = require('mongodb');\nnew MongoClient(process.env.DOCS_AT);\n";
const SQL: &str = "-- service.shop/main.go\npackage main\nimport (\"database/sql\"; \"os\"; _ \"github.com/lib/pq\")\nfunc main() { sql.Open(\"postgres\", os.Getenv(\"ROWS_AT\")) }\n";
const ANY_SQL: &str =
    "-- service.shop/a.py\nimport os\nfrom sqlalchemy import create_engine\ncreate_engine(os.environ['ROWS_AT'])\n";
const RUST: &str = "-- service.shop/src/main.rs\nfn main() { let c = redis::Client::open(std::env::var(\"CACHE_AT\").unwrap()); }\n-- service.shop/Cargo.toml\n[package]\nname = \"shop\"\n[dependencies]\nredis = \"1\"\n";
const PHP: &str = "-- service.shop/a.php\n<?php\n$r = new Redis();\n$r->connect(getenv('CACHE_AT'));\n";
const JAVA: &str = "-- service.shop/src/main/java/M.java\nimport redis.clients.jedis.Jedis;\nclass M { public static void main(String[] a) { new Jedis(System.getenv(\"CACHE_AT\")); } }\n";
const CSHARP: &str = "-- service.shop/P.cs\nusing StackExchange.Redis;\nConnectionMultiplexer.Connect(Environment.GetEnvironmentVariable(\"CACHE_AT\"));\n";
const RUBY: &str = "-- service.shop/a.rb\nrequire 'redis'\nRedis.new(url: ENV['CACHE_AT'])\n";

#[test]
fn a_library_s_client_that_the_deployment_names_for_others_is_a_question() {
    let tree = |library: &str, shop: &str, cart: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.cache/x.txt\n-- service.cart/a.py\nfrom {module} import connect\nconnect()\n-- service.shop/b.py\nfrom {module} import connect\nconnect()\n\
             -- {library}\nimport os, redis\ndef connect():\n    return redis.Redis(host=os.environ['CACHE_AT'])\n-- docker-compose.yml\nservices:\n  service.cache: {{image: 'redis:7'}}\n\
             \x20 service.shop: {{image: a, {shop}}}\n  service.cart: {{image: b, {cart}}}\n",
            module = library.trim_end_matches(".py").replace('/', ".")
        )
    };
    let of = "environment: {CACHE_AT: service.cache}";
    let both: &[&str] = &["cart shop ? cache"];
    let others: &[&str] = &["shop -> cache joined", "cart ? cache"];
    rows(&[
        (tree("common/store.py", of, "environment: {A: b}"), others),
        (tree("common/inner/store.py", of, "environment: {A: b}"), others),
        // That it starts after the store says less than that it has no address of it.
        (tree("common/store.py", of, "depends_on: [service.cache]"), others),
        (tree("common/store.py", of, of), &["cart -> cache joined", "shop -> cache joined"]),
        // Nobody is told.
        (tree("common/store.py", "environment: {A: b}", "environment: {A: b}"), both),
    ]);
}

#[test]
fn what_nobody_connects_is_a_question() {
    let redis: &[(&str, &str)] = &[("cache", "redis:7")];
    let after: &[&str] = &["service.cache"];
    let own = "-- service.shop/Program.cs\nusing StackExchange.Redis;\n";
    let asks = |code: &str| format!("{own}{code}");
    let library = |code: &str| {
        format!(
            "-- service.shop/a.py\nfrom common.locks import held\nheld()\n-- common/locks.py\nimport redis\n{code}\n"
        )
    };
    let asked: &[&str] = &["shop ? cache"];
    let is_cache: &[&str] = &["shop -> cache addressed"];
    rows(&[
        (
            fleet(
                &asks(
                    "class Locks(IConnectionMultiplexer redis) { public void Take() { redis.GetDatabase().StringSet(\"a\", \"b\"); } }\nnew Locks(null).Take();\n",
                ),
                redis,
                after,
            ),
            asked,
        ),
        (
            fleet(
                &asks(
                    "var redis = services.GetService<IConnectionMultiplexer>();\nredis.GetDatabase().StringGet(\"a\");\n",
                ),
                redis,
                after,
            ),
            asked,
        ),
        (
            fleet(
                &asks(
                    "var redis = ConnectionMultiplexer.Connect(conf().Url);\nredis.GetDatabase().StringGet(\"a\");\n",
                ),
                redis,
                after,
            ),
            is_cache,
        ),
        (fleet(&library("def held(r: redis.Redis = None):\n    r.set('a', 'b')"), redis, after), asked),
        (fleet(&library("def held():\n    redis.Redis(host=conf().host)"), redis, after), is_cache),
        (fleet(&library("def held():\n    redis.Redis(host=conf().host)"), redis, &[]), asked),
        (fleet("-- service.shop/a.py\nimport redis\nredis.Redis(host=conf().host)\n", redis, after), is_cache),
        // Of its own code, the client is there.
        (
            fleet(
                "-- service.shop/a.py\nimport redis\ndef held(r: redis.Redis = None):\n    r.set('a', 'b')\nheld()\n",
                redis,
                after,
            ),
            is_cache,
        ),
    ]);
}

#[test]
fn the_only_store_of_a_kind_is_the_one() {
    let redis: &[(&str, &str)] = &[("cache", "bitnami/redis:7"), ("ledger", "bank/ledger")];
    let is_cache: &[&str] = &["shop -> cache addressed"];
    rows(&[
        (fleet(GO, redis, &[]), is_cache),
        (fleet(PYTHON, redis, &[]), is_cache),
        (fleet(RUST, redis, &[]), is_cache),
        (fleet(PHP, redis, &[]), is_cache),
        (fleet(JAVA, redis, &[]), is_cache),
        (fleet(CSHARP, redis, &[]), is_cache),
        (fleet(RUBY, redis, &[]), is_cache),
        // Others that speak the same.
        (fleet(GO, &[("cache", "valkey/valkey:8")], &[]), is_cache),
        (fleet(GO, &[("cache", "docker.dragonflydb.io/dragonflydb/dragonfly")], &[]), is_cache),
        (fleet(RABBIT, &[("bus", "rabbitmq:4-management")], &[]), &["shop -> bus addressed"]),
        (fleet(MONGO, &[("docs", "mongo")], &[]), &["shop -> docs addressed"]),
        (fleet(SQL, &[("rows", "timescale/timescaledb-ha:pg16")], &[]), &["shop -> rows addressed"]),
        // By its own name, where no image says more.
        (fleet(GO, &[("shop-redis-master", "${CACHE_IMAGE}")], &[]), &["shop -> shop-redis-master addressed"]),
        (fleet(ANY_SQL, &[("shop-db", "${DB_IMAGE}")], &[]), &["shop -> shop-db addressed"]),
    ]);
}

#[test]
fn any_database_is_the_one_that_the_drivers_speak_to() {
    let both: &[(&str, &str)] = &[("rows", "mysql:8"), ("tables", "postgis/postgis")];
    let scheme = "-- service.shop/a.py\nimport os\nfrom sqlalchemy import create_engine\ncreate_engine('mysql+pymysql://me@' + os.environ['ROWS_AT'])\n";
    let driver = ANY_SQL.replace("import os\n", "import os\nimport psycopg2\n");
    rows(&[
        (fleet(SQL, both, &[]), &["shop -> tables addressed"]),
        (fleet(scheme, both, &[]), &["shop -> rows addressed"]),
        (fleet(&driver, both, &[]), &["shop -> tables addressed"]),
        (fleet(ANY_SQL, &both[..1], &[]), &["shop -> rows addressed"]),
        (fleet(ANY_SQL, both, &[]), &["unresolved-call service.shop/a.py"]),
        // What may be a store in the program itself.
        (
            fleet(&ANY_SQL.replace("import os\n", "import os\nimport sqlite3\n"), &both[..1], &[]),
            &["unresolved-call service.shop/a.py"],
        ),
    ]);
}

#[test]
fn of_several_stores_the_one_that_something_names() {
    let two: &[(&str, &str)] = &[("cache", "redis:7"), ("queue", "redis:7")];
    rows(&[
        (fleet(GO, two, &[]), &["unresolved-call service.shop/main.go"]),
        (fleet(GO, two, &["service.queue"]), &["shop -> queue addressed"]),
        (fleet(GO, two, &["service.queue", "service.cache"]), &["unresolved-call service.shop/main.go"]),
        // The one that is called after it, and none that is called after another.
        (fleet(GO, &[("shop-redis", "redis"), ("queue", "redis")], &[]), &["shop -> shop-redis addressed"]),
        (
            fleet(GO, &[("ledger", "bank/ledger"), ("ledger-redis", "redis"), ("queue", "redis")], &[]),
            &["shop -> queue addressed"],
        ),
    ]);
}

#[test]
fn what_is_no_store_of_the_fleet_is_none() {
    let redis: &[(&str, &str)] = &[("cache", "redis:7")];
    let outside = GO.replace("os.Getenv(\"CACHE_AT\")", "\"redis.example.com:6379\"").replace("\"os\"; ", "");
    let local = GO.replace("os.Getenv(\"CACHE_AT\")", "\"localhost:6379\"").replace("\"os\"; ", "");
    let ignored =
        GO.replace("func main() { ", "func main() {\n  // hedgerow: ignore a cache of the customers' own\n  ");
    let unreached = GO.replace("func main() {", "func main() {}\nfunc other() {");
    let helper = |name: &'static str, image: &'static str| fleet(GO, &[(name, image)], &[]);
    rows(&[
        (fleet(&outside, redis, &[]), &[]),
        (fleet(&local, redis, &[]), &["shop ? cache"]),
        (fleet(&ignored, redis, &[]), &[]),
        (fleet(&unreached, redis, &[]), &[]),
        (fleet(GO, &[("rows", "postgres")], &[]), &[]),
        (helper("redis-exporter", "oliver006/redis_exporter"), &[]),
        (helper("redis-commander", "rediscommander/redis-commander"), &[]),
        (helper("redis-init", "redis:7"), &[]),
        (helper("redis-backup", "${BACKUP_IMAGE}"), &[]),
        // What has code of its own is not told by its name.
        (
            fleet(
                &format!("{GO}-- service.redis/main.go\npackage main\nfunc main() {{}}\n"),
                &[("redis", "bank/x")],
                &[],
            ),
            &[],
        ),
        // `candidate: ask` asks.
        (
            fleet(GO, redis, &[]).replace("scan: {}", "scan: {candidate: ask}"),
            &["unresolved-call service.shop/main.go"],
        ),
        (
            fleet(GO, redis, &[]).replace("scan: {}", "scan: {ignore: {'service.shop -> service.cache': its own}}"),
            &["unresolved-call service.shop/main.go"],
        ),
    ]);
}

#[test]
fn a_store_that_the_deployment_names_is_called_where_code_has_a_client() {
    let redis: &[(&str, &str)] = &[("cache", "redis:7")];
    let after: &[&str] = &["service.cache"];
    let template = "-- service.shop/src/main/java/M.java\nimport org.springframework.data.redis.core.StringRedisTemplate;\nclass M {\n  StringRedisTemplate redis;\n  public static void main(String[] a) { new M().go(); }\n  void go() { redis.opsForValue().get(\"x\"); }\n}\n";
    let sidekiq = "-- service.shop/a.rb\nrequire 'sidekiq'\nSidekiq.logger.info('x')\n";
    let bull = "-- service.shop/a.ts\nimport { Queue } from 'bullmq';\nconst q = new Queue('x');\nq.add('y', {});\n";
    let imported = "-- service.shop/a.py\nimport redis\nprint(1)\n";
    let nothing = "-- service.shop/a.py\nprint(1)\n";
    let is_cache: &[&str] = &["shop -> cache addressed"];
    rows(&[
        (fleet(template, redis, after), is_cache),
        (fleet(sidekiq, redis, after), is_cache),
        (fleet(bull, redis, after), is_cache),
        (fleet(imported, redis, after), is_cache),
        (fleet(nothing, redis, after), &["shop ? cache"]),
        (fleet(&format!("{nothing}-- service.shop/requirements.txt\nredis==5\n"), redis, after), &["shop ? cache"]),
        // A client of the cloud's own.
        (
            fleet(
                "-- service.shop/a.py\nimport boto3\nboto3.client('bedrock-runtime')\n",
                &[("cache", "minio/minio")],
                after,
            ),
            &["shop ? cache"],
        ),
        // A client that is told of another one.
        (
            fleet("-- service.shop/a.py\nimport redis\nredis.Redis(host='cache.example.com')\n", redis, after),
            &["shop ? cache"],
        ),
        // An import alone, and a variable that is for browsers.
        (
            fleet(imported, redis, &[])
                .replace("depends_on: []", "environment: {PUBLIC_CACHE_URL: 'http://service.cache:8080'}"),
            &["shop ? cache"],
        ),
        // Nobody names it: what is used may be a type.
        (fleet(template, redis, &[]), &[]),
        (fleet(imported, redis, &[]), &[]),
    ]);
}

#[test]
fn variables_that_hide_the_address_of_a_store() {
    let redis: &[(&str, &str)] = &[("cache", "redis:7")];
    let own = "-- service.shop/a.py\nimport os\nimport broth\nbroth.Queue(os.environ['REDIS_URL'])\n";
    let given =
        |tree: String, value: &str| tree.replace("depends_on: []", &format!("environment: {{REDIS_URL: '{value}'}}"));
    rows(&[
        (given(fleet(own, redis, &[]), "${REDIS_URL}"), &["shop -> cache addressed"]),
        (given(fleet(own, redis, &[]), "redis://redis.example.com"), &[]),
        (fleet(own, redis, &[]), &[]),
        (fleet(&own.replace("import broth", "import broth, redis"), redis, &[]), &["shop -> cache addressed"]),
    ]);
}

#[test]
fn a_developers_machine_does_not_hide_an_address_that_the_deploy_keeps_to_itself() {
    let with = |code: &str, value: &str, settings: &str| {
        format!(
            "-- service.shop/Program.cs\nusing StackExchange.Redis;\n{code}\n-- service.shop/appsettings.Development.json\n{{\"ConnectionStrings\": {{\"Redis\": \"{settings}\"}}}}\n-- service.cache/x.txt\n-- docker-compose.yml\nservices:\n  service.shop:\n    image: bank/shop\n    environment: [\"ConnectionStrings__Redis={value}\"]\n  service.cache: {{image: 'redis:7'}}\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let settings = "var c = WebApplication.CreateBuilder(args).Configuration;\nConnectionMultiplexer.Connect(c[\"ConnectionStrings:Redis\"]);";
    let both = "var s = Environment.GetEnvironmentVariable(\"ConnectionStrings__Redis\") ?? \"localhost:6379,password=x\";\nConnectionMultiplexer.Connect(s);";
    let is_cache: &[&str] = &["shop -> cache addressed"];
    rows(&[
        (with(settings, "${REDIS}", "localhost:6379,password=x"), is_cache),
        (with(settings, "${REDIS}", "localhost:6379"), is_cache),
        (with(both, "${REDIS}", "localhost:6379"), is_cache),
        (with(settings, "redis.example.com:6379", "localhost:6379"), &[]),
        (with(settings, "${REDIS}", "redis.example.com:6379"), &["unresolved-call service.shop/Program.cs"]),
    ]);
}
