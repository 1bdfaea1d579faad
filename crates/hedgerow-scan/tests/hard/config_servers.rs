//! Settings that a config server of Spring Cloud hands out are of those who ask it.

use crate::outcome;
use crate::silent::asks;
use hedgerow_scan::Reason;

/// A server with a file, a shop that asks it and calls what the file says, and what else there is.
fn tree(place: &str, text: &str, server: &str, more: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.conf/build.gradle\ndependencies {{ implementation 'org.springframework.cloud:spring-cloud-config-server' }}\n\
         -- service.conf/src/main/java/a/Conf.java\npackage a;\npublic class Conf {{ public static void main(String[] a) {{ }} }}\n-- service.conf/src/main/resources/application.yml\n{server}\n\
         -- {place}\n{text}\n-- service.shop/build.gradle\ndependencies {{ implementation 'org.springframework.cloud:spring-cloud-starter-config' }}\n\
         -- service.shop/src/main/resources/application.yml\nspring.application.name: bank-shop\n\
         -- service.shop/src/main/java/a/Shop.java\npackage a;\nimport org.springframework.beans.factory.annotation.Value;\nimport org.springframework.stereotype.Component;\nimport org.springframework.web.client.RestTemplate;\n@Component\npublic class Shop {{ @Value(\"${{ledger.url}}\") String url; public static void main(String[] a) {{ }} @org.springframework.scheduling.annotation.Scheduled(fixedRate = 1) public void go() {{ new RestTemplate().getForObject(url + \"/x\", String.class); }} }}\n{more}"
    )
}

const CLASSPATH: &str = "spring.cloud.config.server.native.search-locations: classpath:/shared";
const URL: &str = "ledger.url: http://s-ledger:80";
const SHARED: &str = "service.conf/src/main/resources/shared";

fn compose(shop: &str, conf: &str) -> String {
    format!(
        "-- docker-compose.yml\nservices:\n  service.shop:\n    image: a\n{shop}  service.conf:\n    image: b\n{conf}"
    )
}

#[test]
fn what_a_config_server_hands_out_is_of_those_who_ask_for_it() {
    let joined: &[&str] = &["shop -> ledger joined"];
    let nobody: &[&str] = &[];
    let rows: &[(&str, String, &[&str])] = &[
        ("by its name", tree(&format!("{SHARED}/bank-shop.yml"), URL, CLASSPATH, ""), joined),
        (
            "of properties",
            tree(&format!("{SHARED}/bank-shop.properties"), "ledger.url=http://s-ledger:80", CLASSPATH, ""),
            joined,
        ),
        (
            "a list of places",
            tree(
                &format!("{SHARED}/bank-shop.yml"),
                URL,
                "spring.cloud.config.server.native.search-locations: ['classpath:/other', 'classpath:/shared/{application}']",
                "",
            ),
            joined,
        ),
        ("by its directory's name", tree(&format!("{SHARED}/shop.yml"), URL, CLASSPATH, ""), joined),
        ("for all that ask", tree(&format!("{SHARED}/application.yml"), URL, CLASSPATH, ""), joined),
        (
            "beside the server",
            tree(
                "configs/bank-shop.yml",
                URL,
                "spring.cloud.config.server.native.search-locations: file:./../configs",
                "",
            ),
            joined,
        ),
        (
            "in a repository that may be this one",
            tree(
                "configs/bank-shop.yml",
                URL,
                "spring.cloud.config.server.git: {uri: 'https://git.example.com/all', search-paths: configs}",
                "",
            ),
            joined,
        ),
        // What lies where its own settings do is its own.
        (
            "its own",
            tree(
                "service.conf/src/main/resources/application-x.yml",
                URL,
                "spring.cloud.config.server.native.search-locations: file:./src/main/resources",
                "",
            ),
            &["conf -> ledger addressed"],
        ),
        (
            "a longer name",
            tree(&format!("{SHARED}/bank-shop-till.yml"), URL, CLASSPATH, "-- service.bank-shop-till/x.txt\n"),
            &["bank-shop-till -> ledger addressed"],
        ),
        (
            "mounted",
            tree(
                "configs/bank-shop.yml",
                URL,
                "spring.profiles.active: native",
                &compose("", "    volumes: ['./configs:/configs']\n"),
            ),
            joined,
        ),
        (
            "a profile that is chosen",
            tree(
                &format!("{SHARED}/bank-shop-prod.yml"),
                URL,
                CLASSPATH,
                &compose("    environment: {SPRING_PROFILES_ACTIVE: prod}\n", ""),
            ),
            joined,
        ),
        (
            "a profile that is not",
            tree(
                &format!("{SHARED}/bank-shop-dev.yml"),
                URL,
                CLASSPATH,
                &compose("    environment: {SPRING_PROFILES_ACTIVE: prod}\n", ""),
            ),
            nobody,
        ),
        // The name of nobody is the server's own, as it was.
        ("of nobody", tree(&format!("{SHARED}/books.yml"), URL, CLASSPATH, ""), &["conf -> ledger addressed"]),
    ];
    for (what, tree, expected) in rows {
        let found: Vec<String> = asks(tree).into_iter().filter(|line| line.contains("ledger")).collect();
        assert_eq!(found, *expected, "{what}");
    }
}

/// The account says which files no environment of the deployment has.
#[test]
fn what_is_handed_out_for_another_environment_is_told() {
    let environment = |profile: &str| compose(&format!("    environment: {{SPRING_PROFILES_ACTIVE: {profile}}}\n"), "");
    for (profile, left) in [("prod", 1), ("dev", 0)] {
        let found = outcome(&tree(&format!("{SHARED}/bank-shop-dev.yml"), URL, CLASSPATH, &environment(profile)));
        let account = &found.accounts["service.shop"];
        let of = account.left.iter().filter(|left| left.reason == Reason::Environment).map(|left| left.files);
        assert_eq!(of.sum::<usize>(), left, "{profile}");
    }
}

/// The name of a program is not the server's because that hands out its settings.
#[test]
fn a_name_that_settings_of_a_config_server_say_is_that_of_who_asks() {
    let text = "spring.application.name: bank-shop\nledger.url: http://s-ledger:80";
    let till = "-- service.till/main.py\nimport requests\nrequests.get('http://bank-shop/x')\n";
    let found = asks(&tree(&format!("{SHARED}/bank-shop.yml"), text, CLASSPATH, till));
    let found: Vec<String> = found.into_iter().filter(|line| line.starts_with("till")).collect();
    assert_eq!(found, ["till -> shop proven"]);
}
