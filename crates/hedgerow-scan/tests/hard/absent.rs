//! Hosts that the deployment does not have: compose files and code call a store otherwise than the manifests do.

use crate::mounts::rows;
use crate::outcome;

/// A workload of Kubernetes that runs an image.
fn pod(name: &str, image: &str, env: &str) -> String {
    format!(
        "-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: {name}}}\n\
         spec: {{template: {{spec: {{containers: [{{name: main, image: {image}, env: [{env}]}}]}}}}}}\n"
    )
}

/// A fleet that has one PostgreSQL, under a name of its own, and a shop with this code; compose has these containers besides.
fn shop(code: &str, compose: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop-postgresql/x.txt\n-- service.shop/main.py\nimport os, psycopg2, redis, smtplib, requests, acme\n{code}\n\
         -- docker-compose.yml\nservices:\n{compose}\n{}{}",
        pod("s-shop-postgresql", "bitnami/postgresql", ""),
        pod("s-shop", "bank/shop", "")
    )
}

const CALLS: &[&str] = &["shop -> shop-postgresql proven"];
const STORE: &str = "  postgres: {image: 'postgres:16'}";

#[test]
fn the_only_store_of_a_kind_stands_for_one_that_is_not_deployed() {
    let connect = |host: &str| format!("psycopg2.connect(host={host})");
    let env = |value: &str, code: &str| {
        shop(code, STORE).replace(
            "containers: [{name: main, image: bank/shop, env: []",
            &format!("containers: [{{name: main, image: bank/shop, env: [{{name: DB_URL, value: '{value}'}}]"),
        )
    };
    rows(&[
        (shop(&connect("'postgres'"), STORE), CALLS),
        (shop(&connect("os.environ.get('PG_HOST', 'postgres')"), STORE), CALLS),
        (shop(&connect("'books'"), "  books: {image: 'postgres:16'}"), CALLS),
        (shop(&connect("'books'"), "  x: {image: 'postgis/postgis', container_name: books}"), CALLS),
        (shop(&connect("'books'"), "  x: {image: 'postgres', networks: {n: {aliases: [books]}}}"), CALLS),
        (shop("psycopg2.connect('postgresql://a:b@books:5432/x')", "  books: {image: 'postgres'}"), CALLS),
        (shop("psycopg2.connect('host=books dbname=x')", "  books: {image: 'postgres'}"), CALLS),
        // What many call it, whether compose has it or not.
        (shop(&connect("'db'"), ""), CALLS),
        (shop(&connect("'postgres'"), ""), CALLS),
        (shop(&connect("'postgres.default.svc'"), ""), CALLS),
        (
            env("postgres://a:b@postgres:5432/x", "psycopg2.connect(os.environ['DB_URL'])"),
            &["shop -> shop-postgresql joined"],
        ),
        (env("postgres://a:b@postgres:5432/x", ""), &["shop -> shop-postgresql addressed"]),
        // The name of a product is a choice of it, but for a machine's.
        (env("postgres", "").replace("DB_URL", "STORAGE_BACKEND"), &[]),
        (env("postgres", "").replace("DB_URL", "STORAGE_HOST"), &["shop -> shop-postgresql addressed"]),
        // Somebody else's host, another kind of store, and a word that is no address.
        (shop(&connect("'postgres.example.com'"), STORE), &[]),
        (shop(&connect("'far'"), STORE), &[]),
        (shop("redis.Redis(host='redis')", ""), &[]),
        (shop("acme.open(user='postgres')", STORE), &[]),
        (shop("print('postgres')", STORE), &[]),
    ]);
}

#[test]
fn of_several_stores_each_may_be_the_one() {
    let more = |name: &str, image: &str| format!("-- service.{name}/x.txt\n{}", pod(&format!("s-{name}"), image, ""));
    let tree = |store: &str| shop("psycopg2.connect(host='postgres')", STORE) + store;
    rows(&[
        (
            // Which of them is meant is told as where no address is known: the one that is called after the caller.
            tree(&more("desk-postgresql", "postgres")),
            &["shop -> shop-postgresql addressed"],
        ),
        (
            tree(&more("desk-postgresql", "postgres")).replace("shop-postgresql", "till-postgresql"),
            &["unresolved-call service.shop/main.py"],
        ),
        (tree(&more("desk-redis", "redis")), CALLS),
        // A service of that name is the one.
        (
            tree(&more("postgres", "postgres")).replace("host='postgres'", "host='s-postgres'"),
            &["shop -> postgres proven"],
        ),
    ]);
}

#[test]
fn a_container_that_is_not_deployed_is_asked_about_once() {
    let mail = "  mailhog: {image: mailhog/mailhog}\n  cache: {image: 'redis:7'}";
    let both = "smtplib.SMTP('mailhog', 1025)\nrequests.get('http://mailhog:8025/x')";
    rows(&[
        (shop(both, mail), &["shop ? "]),
        (shop("redis.Redis(host='cache')", mail), &["shop ? "]),
        (shop(&format!("# hedgerow: ignore not in production\n{both}"), mail), &[]),
        (shop(both, mail).replace("scan: {}", "scan: {ignore: {'service.shop/**': only at home}}"), &[]),
        (shop(both, ""), &[]),
        (shop("print('mailhog')", mail), &[]),
    ]);
    let found = outcome(&shop(both, mail));
    let said: Vec<&str> = found.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(said, ["`service.shop` calls `mailhog`, a container of `docker-compose.yml`, and no service is it"]);
}

/// What is in no domain and called like a program can only be a neighbour: nobody is silent about one that is not there.
#[test]
fn a_neighbour_that_nobody_is_is_asked_about() {
    let asked: &[&str] = &["shop ? unresolved-call"];
    let nothing: &[&str] = &[];
    let python = |host: &str| format!("import requests\nrequests.get('http://{host}/x')\n");
    for (host, expected) in [
        ("books-service", asked),
        ("booksservice:8080", asked),
        ("books-gateway", asked),
        ("books.example.com", nothing),
        ("service", nothing),
        ("half-open", nothing),
        ("10.1.2.3", nothing),
        ("s-ledger", nothing),
    ] {
        let tree =
            format!("-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/main.py\n{}", python(host));
        let found: Vec<String> = outcome(&tree)
            .findings
            .iter()
            .filter(|finding| finding.message.contains("a name in no domain"))
            .map(|finding| format!("shop ? {}", finding.code.as_str()))
            .collect();
        assert_eq!(found, expected, "{host}");
    }
    // An alias says who it is, and a comment that it is nobody.
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{aliases: {{service.ledger: [books-service]}}}}\n-- service.ledger/x.txt\n-- service.shop/main.py\n{}",
        python("books-service")
    );
    assert!(outcome(&tree).edges.values().any(|edge| edge.class().is_rule()));
    let tree = format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/main.py\n{}",
        python("books-service").replace("requests.get", "# hedgerow: ignore it is not deployed\nrequests.get")
    );
    assert!(outcome(&tree).findings.iter().all(|finding| !finding.message.contains("a name in no domain")));
}
