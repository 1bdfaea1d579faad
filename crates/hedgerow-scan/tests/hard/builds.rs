//! Settings that modules of a build bring along to the services that are made of them.

use crate::{outcome, summary};

/// The edges that are more than a question.
fn calls(tree: &str) -> Vec<String> {
    summary(&outcome(tree)).into_iter().filter(|edge| !edge.ends_with(" candidate")).collect()
}

/// Workloads that are all given the same variable, so that it says little of each of them.
fn deploys() -> String {
    let workload = |name: &str| {
        format!(
            "-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: DB_HOST, value: s-ledger}}]}}]}}}}}}\n"
        )
    };
    ["shop", "a", "b", "c"].map(workload).concat() + "-- service.ledger/x.txt\n"
}

/// A service of one build file that does nothing with settings, beside a module that says where its store is.
fn tree(build: (&str, &str), settings: (&str, &str)) -> String {
    let services = ["a", "b", "c"].map(|name| format!("-- service.{name}/x.txt\n")).concat();
    format!(
        "-- service.shop/{}\n{}\n-- service.shop/src/main/kotlin/Main.kt\npackage shop\nfun main() {{ println(1) }}\n\
         -- libs/store/build.gradle.kts\ndependencies {{ implementation(\"org.springframework.boot:spring-boot-starter-data-redis\") }}\n-- libs/store/pom.xml\n<project><artifactId>store</artifactId></project>\n\
         -- libs/store/src/main/resources/{}\n{}\n{services}{}",
        build.0,
        build.1,
        settings.0,
        settings.1,
        deploys()
    )
}

const GRADLE: (&str, &str) = ("build.gradle.kts", "dependencies {\n    implementation(projects.libs.store)\n}");
const MAVEN: (&str, &str) = (
    "pom.xml",
    "<project><dependencies><dependency><artifactId>store</artifactId></dependency></dependencies></project>",
);
const HOCON: (&str, &str) = ("application.conf", "database {\n  host = \"localhost\"\n  host = ${?DB_HOST}\n}");
const SPRING: (&str, &str) = ("application.yml", "spring:\n  redis:\n    host: ${DB_HOST:localhost}");

#[test]
fn a_service_has_the_settings_of_the_modules_that_it_is_made_of() {
    let found: &[&str] = &["shop -> ledger joined"];
    let nothing: &[&str] = &[];
    let own = "-- service.shop/src/main/resources/application.yml\nserver: {port: 80}\n";
    let through = "-- libs/middle/build.gradle.kts\ndependencies { }\nimplementation(project(\":libs:store\"))\n";
    let middle = ("build.gradle.kts", "dependencies {\n    implementation(projects.libs.middle)\n}");
    let test = ("build.gradle.kts", "dependencies {\n    testImplementation(projects.libs.store)\n}");
    for (tree, expected) in [
        (tree(GRADLE, HOCON), found),
        (tree(MAVEN, HOCON), found),
        (tree(GRADLE, SPRING), found),
        (tree(GRADLE, ("reference.conf", HOCON.1)), found),
        // Through another module.
        (tree(middle, HOCON) + through, found),
        // Not of a module that only its tests use, or that it does not depend on, and not of a file that nothing reads.
        (tree(test, HOCON), nothing),
        (tree(("build.gradle.kts", ""), HOCON), nothing),
        (tree(GRADLE, ("db/migration.conf", HOCON.1)), nothing),
        // The service's own file hides one of the same name; files of HOCON are all read.
        (tree(GRADLE, SPRING) + own, nothing),
        (tree(GRADLE, HOCON) + "-- service.shop/src/main/resources/application.conf\nport = 80\n", found),
    ] {
        assert_eq!(calls(&tree), expected, "{tree}");
    }
}

#[test]
fn what_a_module_names_is_no_address_of_the_service() {
    let plain = tree(GRADLE, ("application.conf", "elsewhere = \"http://s-ledger\""));
    assert_eq!(calls(&plain), [""; 0]);
}

#[test]
fn a_service_is_known_by_the_name_that_it_registers() {
    let tree = |name: &str, more: &str| {
        format!(
            "-- service.shop/Shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>\n\
             -- service.shop/Program.cs\npublic class Program {{ public static void Main(string[] a) {{ }} }}\n\
             -- service.shop/ocelot.json\n{{\"Routes\": [{{\"ServiceName\": \"BooksService\", \"DownstreamPathTemplate\": \"/x\"}}]}}\n\
             -- service.ledger/appsettings.json\n{{\"Spring\": {{\"Application\": {{\"Name\": \"{name}\"}}}}}}\n{more}"
        )
    };
    assert_eq!(calls(&tree("BooksService", "")), ["shop -> ledger joined"]);
    assert_eq!(calls(&tree("OtherService", "")), [""; 0]);
    assert_eq!(calls(&tree("${NAME}", "")), [""; 0]);
    // What two services say is nobody's.
    let other = "-- service.card/appsettings.json\n{\"Spring\": {\"Application\": {\"Name\": \"BooksService\"}}}\n";
    assert_eq!(calls(&tree("BooksService", other)), [""; 0]);
    // Code calls it by that name as well.
    let code = "-- service.card/bootstrap.yml\nspring: {application: {name: books}}\n-- service.emoji/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://books/x\") }\n";
    assert_eq!(calls(&tree("OtherService", code)), ["emoji -> card proven"]);
}

#[test]
fn a_framework_takes_variables_of_its_own_names() {
    let tree = |variable: &str, code: &str| {
        format!(
            "-- service.shop/{}\n{code}\n-- service.ledger/x.txt\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: {variable}, value: 'http://s-ledger:4317'}}]}}]}}}}}}\n",
            if code.is_empty() { "x.txt" } else { "src/main/java/Main.java" }
        )
    };
    let main = "public class Main { public static void main(String[] a) { } }";
    for variable in [
        "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
        "quarkus.otel.exporter.otlp.endpoint",
        "MANAGEMENT_OTLP_TRACING_ENDPOINT",
    ] {
        assert_eq!(calls(&tree(variable, main)), ["shop -> ledger joined"], "{variable}");
        let without = calls(&tree(variable, ""));
        assert!(!without.iter().any(|edge| edge.ends_with("joined")), "{variable} without code: {without:?}");
    }
    assert_eq!(calls(&tree("OTEL_EXPORTER_OTLP_ENDPOINT", main)), [""; 0]);
}

#[test]
fn telemetry_that_code_asks_for_is_sent() {
    let tree = |name: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/trace\")\nfunc main() {{ trace.Begin(os.Getenv(\"{name}\")) }}\n-- service.ledger/x.txt\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: {name}, value: 'http://s-ledger:4317'}}]}}]}}}}}}\n"
        )
    };
    assert_eq!(calls(&tree("OTEL_HTTP_ENDPOINT")), ["shop -> ledger joined"]);
    assert_eq!(calls(&tree("CORS_ENDPOINT")), [""; 0]);
}

#[test]
fn of_services_that_share_their_code_any_may_offer_a_contract() {
    let tree = |config: &str| {
        format!(
            "-- gen/gen.go\npackage gen\nimport \"google.golang.org/grpc\"\ntype LedgerClient interface {{}}\nfunc NewLedgerClient(cc grpc.ClientConnInterface) LedgerClient {{ return nil }}\nfunc RegisterLedgerServer(s grpc.ServiceRegistrar, srv any) {{}}\n\
             -- service.shop/main.go\npackage main\nimport (\"bank/gen\"; \"google.golang.org/grpc\"; \"example.com/where\")\nfunc main() {{ c, _ := grpc.NewClient(where.Is()); gen.NewLedgerClient(c) }}\n\
             -- code/main.go\npackage main\nimport \"bank/gen\"\nfunc main() {{ gen.RegisterLedgerServer(nil, nil) }}\n\
             -- service.ledger/x.txt\n-- service.card/x.txt\n-- hedgerow.yaml\nscan:\n  services:\n{config}"
        )
    };
    let one = "  - {path: code, name: service.ledger}\n";
    assert_eq!(calls(&tree(one)), ["shop -> ledger joined"]);
    let both = calls(&tree(&format!("{one}  - {{path: code, name: service.card}}\n")));
    assert!(
        both.contains(&"shop -> card wildcard".to_owned()) && both.contains(&"shop -> ledger wildcard".to_owned()),
        "{both:?}"
    );
    assert!(both.iter().any(|line| line.starts_with("unresolved-call")), "{both:?}");
}

#[test]
fn settings_of_the_jvms_frameworks_are_calls_of_what_runs_on_it() {
    let tree = |code: &str, settings: &str| {
        format!("-- service.ledger/x.txt\n-- service.shop/application.yml\n{settings}\n-- service.shop/{code}\n")
    };
    let java = "Shop.java\nclass Shop { public static void main(String[] a) {} }";
    let python = "main.py\nprint(1)";
    let joined: &[&str] = &["shop -> ledger joined"];
    let spring = "spring: {datasource: {url: 'jdbc:postgresql://s-ledger/x'}}";
    for (code, settings, expected) in [
        (java, spring, joined),
        ("Shop.kt\nfun main() {}", spring, joined),
        (python, spring, &[]),
        ("main.go\npackage main\nfunc main() {}", spring, &[]),
        (python, "quarkus: {datasource: {jdbc: {url: 'jdbc:postgresql://s-ledger/x'}}}", &[]),
    ] {
        assert_eq!(calls(&tree(code, settings)), expected, "{code} {settings}");
    }
    let given = |code: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/{code}\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
             spec: {{template: {{spec: {{containers: [{{env: [{{name: SPRING_DATASOURCE_URL, value: 'jdbc:postgresql://s-ledger/x'}}]}}]}}}}}}\n"
        )
    };
    assert_eq!(calls(&given(java)), joined);
    assert_eq!(calls(&given(python)), [""; 0]);
}
