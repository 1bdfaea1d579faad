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
         -- libs/store/build.gradle.kts\n\n-- libs/store/pom.xml\n<project><artifactId>store</artifactId></project>\n\
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
