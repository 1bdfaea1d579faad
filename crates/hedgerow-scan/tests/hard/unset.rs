//! Settings of frameworks of the JVM that hold the addresses of stores, and that nobody sets; and names under which services register.

use crate::here::rows;

const NONE: &[&str] = &[];
const APP: &str = "-- service.shop/src/main/java/a/App.java\npackage a;\npublic class App { public static void main(String[] a) { } }\n";

/// A service with what it builds with and its settings, beside stores with their images.
fn tree(build: &str, settings: &str, stores: &[(&str, &str)]) -> String {
    let images: String =
        stores.iter().map(|(name, image)| format!("  service.{name}: {{image: '{image}'}}\n")).collect();
    let homes: String = stores.iter().map(|(name, _)| format!("-- service.{name}/x.txt\n")).collect();
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{APP}{build}-- service.shop/src/main/resources/application.yml\n{settings}\n{homes}-- docker-compose.yml\nservices:\n{images}"
    )
}

fn gradle(library: &str) -> String {
    format!("-- service.shop/build.gradle\ndependencies {{\n  implementation '{library}'\n}}\n")
}

const DB: &[(&str, &str)] = &[("db", "postgres:16")];
const TWO: &[(&str, &str)] = &[("db", "postgres:16"), ("other", "mysql:8")];
const JPA: &str = "org.springframework.boot:spring-boot-starter-data-jpa";

#[test]
fn an_unset_address_of_a_store_is_that_of_the_only_one() {
    let datasource = "spring: {datasource: {url: '${DB_URL}'}}";
    let db: &[&str] = &["shop -> db addressed"];
    let asked: &[&str] = &["unknown-client shop -> db"];
    rows(&[
        ("a database", tree(&gradle(JPA), datasource, DB), db),
        ("its host", tree(&gradle(JPA), "spring: {datasource: {url: 'jdbc:postgresql://${DB_HOST}:5432/a'}}", DB), db),
        (
            "by Maven",
            tree(
                "-- service.shop/pom.xml\n<project><dependency><artifactId>spring-boot-starter-jdbc</artifactId></dependency></project>\n",
                datasource,
                DB,
            ),
            db,
        ),
        (
            "above it",
            tree(
                "-- pom.xml\n<project><dependency><artifactId>postgresql</artifactId></dependency></project>\n",
                datasource,
                DB,
            ),
            db,
        ),
        ("without builds", tree("", datasource, DB), db),
        (
            "by a catalogue",
            tree(
                "-- service.shop/build.gradle.kts\ndependencies { implementation(libs.data) }\n-- gradle/libs.versions.toml\n[libraries]\ndata = 'org.springframework.boot:spring-boot-starter-data-jpa:3'\n",
                datasource,
                DB,
            ),
            db,
        ),
        (
            "a broker",
            tree(
                &gradle("org.springframework.kafka:spring-kafka"),
                "spring.kafka.bootstrap-servers: ${KAFKA}",
                &[("kafka", "apache/kafka")],
            ),
            &["shop -> kafka addressed"],
        ),
        (
            "Redis",
            tree(
                &gradle("spring-boot-starter-data-redis"),
                "spring: {data: {redis: {host: '${R_HOST}', port: 6379}}}",
                &[("redis", "redis")],
            ),
            &["shop -> redis addressed"],
        ),
        (
            "MongoDB",
            tree(&gradle("spring-boot-starter-data-mongodb"), "spring.data.mongodb.uri: ${M}", &[("mongo", "mongo:7")]),
            &["shop -> mongo addressed"],
        ),
        (
            "RabbitMQ",
            tree(&gradle("spring-boot-starter-amqp"), "spring.rabbitmq.host: ${M}", &[("rabbit", "rabbitmq:3")]),
            &["shop -> rabbit addressed"],
        ),
        ("Quarkus", tree(&gradle("io.quarkus:quarkus-jdbc-postgresql"), "quarkus.datasource.jdbc.url: ${Q}", DB), db),
        (
            "of two by the scheme",
            tree(&gradle(JPA), "spring.datasource.url: 'jdbc:mysql://${DB_HOST}/a'", TWO),
            &["shop -> other addressed"],
        ),
        ("of two by the driver", tree(&gradle("org.postgresql:postgresql"), datasource, TWO), db),
        ("of two", tree(&gradle(JPA), datasource, TWO), &["unknown-client shop -> db,other"]),
        // In another profile it is this machine.
        (
            "in a profile",
            tree(&gradle(JPA), "spring: {datasource: {url: 'jdbc:postgresql://localhost:5432/a'}}", DB)
                + "-- service.shop/src/main/resources/application-aws.yml\nspring: {datasource: {url: '${DB_URL}'}}\n",
            db,
        ),
        // What nothing in the build is for may have been copied.
        (
            "a client of tests",
            tree(&gradle(JPA).replace("implementation", "testImplementation"), datasource, DB),
            asked,
        ),
        (
            "a client in a comment",
            tree(&gradle(JPA).replace("implementation", "// implementation"), datasource, DB),
            asked,
        ),
        ("no client", tree(&gradle("spring-boot-starter-web"), datasource, DB), asked),
        // What has its word in its name, or in another place, is none.
        ("a validator", tree(&gradle("org.hibernate.validator:hibernate-validator"), datasource, DB), asked),
        ("a group", tree(&gradle("org.postgresql.tools:formatter"), datasource, DB), asked),
        (
            "a description",
            tree(&(gradle("spring-boot-starter-web") + "description = 'a jdbc:client'\n"), datasource, DB),
            asked,
        ),
        (
            "a plugin",
            tree(
                "-- service.shop/pom.xml\n<project><name>jdbc</name><build><plugin><artifactId>flyway-maven-plugin</artifactId></plugin></build><dependency><artifactId>web</artifactId></dependency></project>\n",
                datasource,
                DB,
            ),
            asked,
        ),
        (
            "an encoder of logs",
            tree(
                &gradle("co.elastic.logging:logback-ecs-encoder"),
                "spring.elasticsearch.uris: ${ES}",
                &[("search", "elasticsearch:8")],
            ),
            &["unknown-client shop -> search"],
        ),
        ("Hibernate", tree(&gradle("org.hibernate.orm:hibernate-core"), datasource, DB), db),
        (
            "explained",
            tree(&gradle("spring-boot-starter-web"), datasource, DB)
                .replace("scan: {}", "scan: {ignore: {'service.shop -> *': 'copied'}}"),
            NONE,
        ),
        // What is known, embedded or elsewhere is no question.
        (
            "set",
            tree(&gradle(JPA), "spring.datasource.url: 'jdbc:postgresql://service.db/a'", DB),
            &["shop -> db joined"],
        ),
        ("elsewhere", tree(&gradle(JPA), "spring.datasource.url: 'jdbc:postgresql://db.example.com/a'", DB), NONE),
        (
            "elsewhere in a profile",
            tree(&gradle(JPA), datasource, DB)
                + "-- service.shop/src/main/resources/application-aws.yml\nspring.datasource.url: jdbc:postgresql://db.example.com/a\n",
            NONE,
        ),
        ("embedded", tree(&gradle(JPA), "spring.datasource.url: 'jdbc:h2:mem:${NAME}'", DB), NONE),
        ("none of the kind", tree(&gradle(JPA), datasource, &[("redis", "redis")]), NONE),
        ("no address", tree(&gradle(JPA), "spring.datasource.username: ${DB_USER}", DB), NONE),
    ]);
}

#[test]
fn settings_of_all_are_for_those_that_have_a_client() {
    let of = |name: &str, library: &str| {
        format!(
            "-- service.{name}/build.gradle\ndependencies {{ implementation '{library}' }}\n-- service.{name}/src/main/java/a/App.java\npackage a;\npublic class App {{ public static void main(String[] a) {{ }} }}\n"
        )
    };
    let shared = "-- config/application.yml\nspring.rabbitmq.host: ${RABBIT}\n-- service.rabbit/x.txt\n";
    let services = "services:\n  service.rabbit: {image: rabbitmq}\n";
    let all =
        [of("a", "spring-boot-starter-amqp"), of("b", "spring-boot-starter-web"), of("c", "spring-boot-starter-web")]
            .concat();
    let mounts: String = ["a", "b", "c"]
        .iter()
        .map(|name| {
            format!("  service.{name}: {{image: x, volumes: ['./config/application.yml:/app/application.yml']}}\n")
        })
        .collect();
    let tree = format!("-- hedgerow.yaml\nscan: {{}}\n{all}{shared}-- docker-compose.yml\n{services}{mounts}");
    rows(&[("all have it", tree, &["a -> rabbit addressed"])]);
}

/// A registry, and a client of it.
fn registry(build: &str, more: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{APP}{build}{more}-- service.registry/build.gradle\ndependencies {{ implementation 'spring-cloud-starter-netflix-eureka-server' }}\n\
         -- service.registry/src/main/java/a/R.java\npackage a;\npublic class R {{ public static void main(String[] a) {{ }} }}\n"
    )
}

#[test]
fn a_client_of_a_registry_is_one_whatever_its_library_is_called_and_unless_it_is_off() {
    let client = gradle("spring-cloud-starter-netflix-eureka-client");
    let calls: &[&str] = &["shop -> registry addressed"];
    let catalogue = |alias: &str, used: &str| {
        format!(
            "-- service.shop/build.gradle.kts\ndependencies {{ implementation({used}) }}\n-- gradle/libs.versions.toml\n[libraries]\n{alias} = {{ module = \"org.springframework.cloud:spring-cloud-starter-netflix-eureka-client\", version = \"1\" }}\n[bundles]\ncloud = [\"{alias}\"]\n"
        )
    };
    let off = "eureka.client.enabled=false\n";
    let profile = |name: &str| format!("-- service.shop/src/main/resources/application-{name}.properties\n{off}");
    rows(&[
        (
            "by its name in a catalogue",
            registry(
                &catalogue(
                    "spring-cloud-starter-netflix-eureka-client",
                    "libs.spring.cloud.starter.netflix.eureka.client",
                ),
                "",
            ),
            calls,
        ),
        ("by another name", registry(&catalogue("eureka_client", "libs.eureka.client"), ""), calls),
        ("in a bundle", registry(&catalogue("eureka", "libs.bundles.cloud"), ""), calls),
        ("of another name", registry(&catalogue("eureka", "libs.web"), ""), NONE),
        ("off in a profile", registry(&client, &profile("test")), calls),
        ("off", registry(&client, &profile("test").replace("application-test", "application")), NONE),
        (
            "off in the profile that runs",
            registry(
                &client,
                &(profile("k8s")
                    + "-- docker-compose.yml\nservices: {service.shop: {image: x, environment: {SPRING_PROFILES_ACTIVE: 'prod,k8s'}}}\n"),
            ),
            NONE,
        ),
        (
            "off by a variable",
            registry(
                &client,
                &(profile("test")
                    + "-- docker-compose.yml\nservices: {service.shop: {image: x, environment: {EUREKA_CLIENT_ENABLED: 'false'}}}\n"),
            ),
            NONE,
        ),
    ]);
}

#[test]
fn who_says_no_name_is_found_by_that_of_its_directory() {
    let of = |directory: &str, settings: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{services: [{{path: {directory}, name: service.ledger}}]}}\n-- service.ledger/x.txt\n-- {directory}/src/main/java/L.java\npublic class L {{ public static void main(String[] a) {{ }} }}\n\
             -- {directory}/src/main/resources/application.yml\n{settings}\n{APP}-- service.shop/src/main/resources/application.yml\nzuul: {{routes: {{books: {{serviceId: ledger-books, path: /x/**}}}}}}\n"
        )
    };
    rows(&[
        ("its directory", of("apps/ledger-books", "server.port: 80"), &["shop -> ledger proven"]),
        ("its own name", of("apps/books", "spring.application.name: ledger-books"), &["shop -> ledger proven"]),
        ("another one", of("apps/books", "server.port: 80"), NONE),
        (
            "by the balancer",
            of("apps/ledger-books", "server.port: 80")
                .replace("{serviceId: ledger-books, path: /x/**}", "{path: /x/**, url: 'lb://ledger-books'}"),
            &["shop -> ledger proven"],
        ),
        // Where nothing looks for it, it is the name of a directory.
        (
            "in a text",
            of("apps/ledger-books", "server.port: 80")
                .replace("serviceId: ledger-books, path: /x/**", "path: /x/**")
                .replace("{ }", "{ System.out.println(\"ledger-books\"); }"),
            NONE,
        ),
    ]);
}

/// Programs of Java that one ConfigMap gives the address of a service, of which the first asks for it.
fn given_alike(second: &str) -> String {
    let pods = ["a", "b", "c"].map(|name| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: x, envFrom: [{{configMapRef: {{name: all}}}}]}}]}}}}}}\n---\n"
        )
    });
    let main = |name: &str, body: &str| {
        format!(
            "-- service.{name}/src/main/java/App.java\n@Component\npublic class App {{ {body} public static void main(String[] a) {{ }} }}\n"
        )
    };
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{}{}{}-- service.a/src/main/resources/application.yml\nbooks: {{at: '${{LEDGER_URL}}'}}\n-- service.ledger/x.txt\n-- k8s/all.yaml\n{}\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: all}}\ndata: {{LEDGER_URL: 'http://s-ledger'}}\n",
        main("a", "@Value(\"${books.at}\") String at;"),
        main("b", second),
        main("c", ""),
        pods.concat()
    )
}

#[test]
fn what_programs_of_the_jvm_are_given_alike_is_for_those_that_have_a_setting_for_it() {
    let edges = |tree: &str| {
        let found = crate::outcome(tree);
        let edges = found.edges.values().filter(|edge| edge.class().is_rule());
        edges.map(|edge| crate::short(&edge.caller).to_owned()).collect::<Vec<_>>()
    };
    for (what, second, expected) in [
        ("nothing", "", &["a"][..]),
        ("a value", "@Value(\"${ledger.url}\") String at;", &["a", "b"]),
        ("the variable", "String at = System.getenv(\"LEDGER_URL\"); String go() { return at; }", &["a", "b"]),
        ("another value", "@Value(\"${cart.url}\") String at;", &["a"]),
    ] {
        assert_eq!(edges(&given_alike(second)), expected, "{what}");
    }
    let bound = given_alike("").replace(
        "-- service.a/src/main/resources",
        "-- service.b/src/main/java/P.java\n@ConfigurationProperties(prefix = \"ledger\")\npublic class P { String url; public void setUrl(String url) { this.url = url; } public String getUrl() { return url; } }\n-- service.b/src/main/java/U.java\n@Component\npublic class U { U(P p) { String x = p.getUrl(); } }\n-- service.c/src/main/resources/application.yml\nledger: {url: ''}\n-- service.a/src/main/resources",
    );
    assert_eq!(edges(&bound), ["a", "b", "c"], "{bound}");
}
