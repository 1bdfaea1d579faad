//! Settings of Spring for a library that a service does not have, or by which it connects to nobody.

use crate::silent::told;

const ASKED: &[&str] = &["shop ? ledger"];
const JOINED: &[&str] = &["shop -> ledger joined"];

/// A program with its build, its settings, its code and what the deployment gives it.
fn program(build: &str, settings: &str, code: &str, variable: &str) -> String {
    let environment = match variable {
        "" => String::new(),
        variable => format!("    environment: {{{variable}: 's-ledger:9092'}}\n"),
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- docker-compose.yml\nservices:\n  s-shop:\n    build: service.shop\n{environment}-- service.shop/build.gradle\n{build}\n-- service.shop/src/main/resources/application.yml\n{settings}\n\
         -- service.shop/src/main/java/bank/App.java\npackage bank;\n{code}\npublic class App {{ public static void main(String[] a) {{ run(); }} }}\n-- service.ledger/x.txt\n"
    )
}

fn gradle(libraries: &str) -> String {
    format!(
        "group = 'org.bank'\ndependencies {{\n  implementation 'org.springframework.boot:spring-boot-starter-web'\n{libraries}}}"
    )
}

const PARENT: &str =
    "<project><parent><groupId>org.bank</groupId><artifactId>bank-parent</artifactId><version>1</version></parent>";

#[test]
fn settings_for_a_library_that_is_not_there_are_asked_about() {
    let kafka = "  implementation 'org.springframework.kafka:spring-kafka'\n";
    let settings = "spring:\n  kafka:\n    bootstrap-servers: s-ledger:9092";
    let taken = "spring:\n  kafka:\n    bootstrap-servers: ${KAFKA_SERVERS}";
    let of = |libraries: &str, settings: &str, code: &str, variable: &str| {
        program(&gradle(libraries), settings, code, variable)
    };
    let maven = |more: &str| {
        format!(
            "<project><groupId>org.bank</groupId><artifactId>shop</artifactId><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>{more}</dependencies></project>"
        )
    };
    let by_maven =
        |more: &str| of("", settings, "", "").replace(&gradle(""), &maven(more)).replace("build.gradle", "pom.xml");
    told(&[
        ("a literal", of("", settings, "", ""), ASKED),
        ("a variable that the settings take", of("", taken, "", "KAFKA_SERVERS"), ASKED),
        ("a variable of the framework's", of("", "x: 1", "", "SPRING_KAFKA_BOOTSTRAP_SERVERS"), ASKED),
        ("the library", of(kafka, settings, "", ""), JOINED),
        ("the library, and a variable", of(kafka, taken, "", "KAFKA_SERVERS"), JOINED),
        ("the library, and one of the framework's", of(kafka, "x: 1", "", "SPRING_KAFKA_BOOTSTRAP_SERVERS"), JOINED),
        (
            "a binder",
            of("  implementation 'org.springframework.cloud:spring-cloud-stream-binder-kafka'\n", settings, "", ""),
            JOINED,
        ),
        ("code that names it", of("", settings, "import org.apache.kafka.clients.Client;", ""), JOINED),
        (
            "a library of one's own that is elsewhere",
            of("  implementation 'org.bank:shop-messages:1'\n", settings, "", ""),
            JOINED,
        ),
        (
            "one of the same people's that is elsewhere",
            of("  implementation 'org.bank.platform:messages:1'\n", settings, "", "")
                .replace("'org.bank'", "'org.bank.shop'"),
            JOINED,
        ),
        ("a parent that is elsewhere", by_maven("").replace("<project>", PARENT), JOINED),
        (
            "a parent of the tree",
            by_maven("").replace("<project>", PARENT)
                + "-- all/pom.xml\n<project><groupId>org.bank</groupId><artifactId>bank-parent</artifactId></project>\n",
            ASKED,
        ),
        (
            "Spring's parent",
            by_maven("").replace("<project>", &PARENT.replace("org.bank", "org.springframework.boot")),
            ASKED,
        ),
        ("settings of a build elsewhere", of("  apply from: '../all.gradle'\n", settings, "", ""), JOINED),
        ("a build of one's own", of("", settings, "", "") + "-- buildSrc/src/main/groovy/all.gradle\nx\n", JOINED),
        (
            "no build",
            of("", settings, "", "").replace("-- service.shop/build.gradle", "-- service.shop/other.txt"),
            JOINED,
        ),
        (
            "another place takes the variable",
            of("", &format!("{taken}\nown:\n  servers: ${{KAFKA_SERVERS}}"), "", "KAFKA_SERVERS"),
            JOINED,
        ),
        ("Maven", by_maven(""), ASKED),
        (
            "Maven, with the library",
            by_maven(
                "<dependency><groupId>org.springframework.kafka</groupId><artifactId>spring-kafka</artifactId></dependency>",
            ),
            JOINED,
        ),
        (
            "Maven, with a library of one's own",
            by_maven("<dependency><groupId>org.bank</groupId><artifactId>shop-messages</artifactId></dependency>"),
            JOINED,
        ),
        ("Redis", of("", "spring:\n  data:\n    redis:\n      host: s-ledger", "", ""), ASKED),
        ("Redis, by one key", of("", "spring.data.redis.host: s-ledger", "", ""), ASKED),
        (
            "Redis, a word that has its letters",
            of(
                "",
                "spring:\n  data:\n    redis:\n      host: s-ledger",
                "class X { int y = creditScoreDistribution(); }",
                "",
            ),
            ASKED,
        ),
        (
            "Redis, with its client",
            of(
                "  implementation 'io.lettuce:lettuce-core'\n",
                "spring:\n  data:\n    redis:\n      host: s-ledger",
                "",
                "",
            ),
            JOINED,
        ),
        ("RabbitMQ", of("", "spring:\n  rabbitmq:\n    host: s-ledger", "", ""), ASKED),
        (
            "RabbitMQ, with its starter",
            of(
                "  implementation 'org.springframework.boot:spring-boot-starter-amqp'\n",
                "spring:\n  rabbitmq:\n    host: s-ledger",
                "",
                "",
            ),
            JOINED,
        ),
        ("another section", of("", "spring:\n  cloud:\n    config:\n      uri: http://s-ledger:80", "", ""), JOINED),
    ]);
}

#[test]
fn a_library_that_waits_for_a_group_connects_to_nobody_without() {
    let starter = gradle("  implementation 'org.apache.rocketmq:rocketmq-spring-boot-starter:2.3.0'\n");
    let settings = "rocketmq:\n  name-server: ${ROCKETMQ_SERVER}";
    let of = |settings: &str, code: &str, variable: &str| program(&starter, settings, code, variable);
    let grouped = format!("{settings}\n  producer:\n    group: shop");
    told(&[
        ("no group, and no code", of(settings, "", "ROCKETMQ_SERVER"), ASKED),
        ("a variable of the library's", of("x: 1", "", "ROCKETMQ_NAME_SERVER"), ASKED),
        ("a group", of(&grouped, "", "ROCKETMQ_SERVER"), JOINED),
        (
            "a group in a variable",
            of("x: 1", "", "ROCKETMQ_NAME_SERVER")
                .replace("environment: {", "environment: {ROCKETMQ_PRODUCER_GROUP: shop, "),
            &["shop -> ledger addressed"],
        ),
        ("code", of(settings, "import org.apache.rocketmq.spring.core.RocketMQTemplate;", "ROCKETMQ_SERVER"), JOINED),
    ]);
}
