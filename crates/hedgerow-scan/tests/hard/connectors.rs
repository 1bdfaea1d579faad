//! Connectors of Kafka Connect: the worker calls the store that they name, whoever posts them.

use crate::mounts::rows;

/// A worker and a job that posts this file.
fn posted(worker: &str, path: &str, text: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.connect/x.txt\n-- service.ledger/x.txt\n-- service.books/x.txt\n-- service.init/x.txt\n\
         -- compose.yml\nservices:\n  s-connect: {{image: {worker}}}\n  s-init:\n    image: curlimages/curl\n    volumes: ['./cdc:/cdc']\n\
         \x20   command: curl -X POST http://s-connect:8083/connectors -d @/cdc/ledger.json\n-- {path}\n{text}\n"
    )
}

#[test]
fn the_worker_calls_the_store_of_a_connector() {
    let of = |settings: &str| {
        format!("{{\"name\": \"x\", \"config\": {{\"connector.class\": \"io.debezium.X\", {settings}}}}}")
    };
    let debezium =
        of("\"database.hostname\": \"s-ledger\", \"database.dbname\": \"s-books\", \"topic.prefix\": \"s-books\"");
    let found: &[&str] = &["connect -> ledger joined", "init -> connect proven"];
    let script = "BOOKS=http://s-books\ncurl -X POST http://s-connect:8083/connectors -d '{\n  \"connector.class\": \"io.debezium.X\",\n  \"database.hostname\": \"s-ledger\",\n  \"topic.prefix\": \"s-books\"\n}'";
    rows(&[
        (posted("debezium/connect", "cdc/ledger.json", &debezium), found),
        (posted("quay.io/debezium/connect", "service.init/ledger.json", &debezium), found),
        (
            posted(
                "confluentinc/cp-kafka-connect",
                "cdc/ledger.json",
                &of("\"connection.url\": \"jdbc:postgresql://s-ledger:5432/x\""),
            ),
            found,
        ),
        (
            posted("bank/x", "cdc/ledger.json", &of("\"mongodb.connection.string\": \"mongodb://s-ledger:27017\"")),
            found,
        ),
        (posted("debezium/connect", "jobs/register.sh", script), found),
        (
            posted(
                "debezium/connect",
                "k8s/connector.yaml",
                "kind: KafkaConnector\nmetadata: {name: x}\nspec:\n  class: io.debezium.X\n  config:\n    connector.class: io.debezium.X\n    database.hostname: s-ledger\n",
            ),
            found,
        ),
        // Names of data bases, and what is no connector.
        (
            posted("debezium/connect", "cdc/ledger.json", &of("\"topic.prefix\": \"s-books\"")),
            &["init -> connect proven"],
        ),
        (
            posted("debezium/connect", "service.init/ledger.json", "{\"database.hostname\": \"s-ledger\"}"),
            &["init -> connect proven", "init -> ledger addressed"],
        ),
    ]);
}
