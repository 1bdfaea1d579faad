//! Spring Cloud's registries: clients without an address, gateways that look up routes, and Spring Boot's admin.

use crate::here::rows;

const NONE: &[&str] = &[];

fn module(name: &str, library: &str, yaml: &str) -> String {
    format!(
        "-- service.{name}/pom.xml\n<project><dependency><artifactId>{library}</artifactId></dependency></project>\n\
         -- service.{name}/src/main/resources/application.yml\nspring: {{application: {{name: {name}}}}}\n{yaml}\n\
         -- service.{name}/src/main/java/a/App.java\npackage a;\npublic class App {{ public static void main(String[] a) {{ }} }}\n"
    )
}

fn tree(modules: &[String]) -> String {
    format!("-- hedgerow.yaml\nscan: {{}}\n{}", modules.concat())
}

const CLIENT: &str = "spring-cloud-starter-netflix-eureka-client";
const SERVER: &str = "spring-cloud-starter-netflix-eureka-server";
const LOCATOR: &str = "spring.cloud.gateway.discovery.locator.enabled: true";
const ELSEWHERE: &str = "eureka.client.service-url.defaultZone: https://eureka.example.com/eureka";

#[test]
fn a_client_without_an_address_calls_the_only_registry() {
    let of = |zone: &str| tree(&[module("registry", SERVER, ""), module("shop", CLIENT, zone)]);
    let calls: &[&str] = &["shop -> registry addressed"];
    rows(&[
        ("unset", of("eureka.client.service-url.defaultZone: ${EUREKA_URL}"), calls),
        ("none at all", of(""), calls),
        ("this machine", of("eureka.client.service-url.defaultZone: http://localhost:8761/eureka"), calls),
        ("default", of("eureka: {client: {serviceUrl: {defaultZone: '${E:http://localhost:8761/eureka}'}}}"), calls),
        ("elsewhere", of(ELSEWHERE), NONE),
        ("switched off", of("eureka.client.enabled: false"), NONE),
        ("no client", tree(&[module("registry", SERVER, ""), module("shop", "spring-boot-starter", "")]), NONE),
        (
            "a client of another",
            tree(&[module("registry", SERVER, ""), module("shop", "spring-cloud-starter-consul-discovery", "")]),
            NONE,
        ),
        ("two", tree(&[module("registry", SERVER, ""), module("other", SERVER, ""), module("shop", CLIENT, "")]), NONE),
    ]);
}

#[test]
fn who_looks_up_routes_calls_all_that_register() {
    let of = |yaml: &str| {
        let yaml = format!("{ELSEWHERE}\n{yaml}");
        tree(&[
            module("edge", CLIENT, &yaml),
            module("shop", CLIENT, ELSEWHERE),
            module("plain", "spring-boot-starter", ""),
            module("hidden", CLIENT, &format!("{ELSEWHERE}\neureka.client.register-with-eureka: false")),
        ])
    };
    let and = |one: &str, other: &str| format!("{one}</artifactId></dependency><dependency><artifactId>{other}");
    let admin = |with: &str, shop: &str| tree(&[module("admin", with, ELSEWHERE), module("shop", shop, ELSEWHERE)]);
    let server = "spring-boot-admin-starter-server";
    let calls: &[&str] = &["edge -> shop addressed"];
    rows(&[
        ("gateway", of(LOCATOR), calls),
        (
            "newer gateway",
            of("spring: {cloud: {gateway: {server: {webflux: {discovery: {locator: {enabled: true}}}}}}}"),
            calls,
        ),
        ("admin", admin(&and(server, CLIENT), CLIENT), &["admin -> shop addressed"]),
        ("admin that is told", admin(server, "spring-boot-admin-starter-client"), &["admin -> shop addressed"]),
        ("admin that nobody tells", admin(server, CLIENT), NONE),
        ("no admin", admin(CLIENT, "spring-boot-admin-starter-client"), NONE),
        ("off", of("spring.cloud.gateway.discovery.locator.enabled: false"), NONE),
        ("not said", of(""), NONE),
    ]);
}

/// A module whose build file is written for Gradle, with an import of its program.
fn by_gradle(name: &str, library: &str, import: &str, yaml: &str) -> String {
    format!(
        "-- service.{name}/build.gradle.kts\ndependencies {{ implementation({library}) }}\n-- service.{name}/src/main/resources/application.yml\nspring: {{application: {{name: {name}}}}}\n{yaml}\n-- service.{name}/src/main/java/a/App.java\npackage a;\n{import}\npublic class App {{ public static void main(String[] a) {{ }} }}\n"
    )
}

#[test]
fn an_annotation_says_what_a_program_is() {
    let server = "import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;";
    let client = "import org.springframework.cloud.netflix.eureka.EnableEurekaClient;";
    let discovery = "import org.springframework.cloud.client.discovery.EnableDiscoveryClient;";
    let of = |server: &str, client: &str, yaml: &str| {
        tree(&[
            by_gradle("registry", "project(\":base\")", server, ""),
            by_gradle("shop", "project(\":base\")", client, yaml),
        ])
    };
    let eureka = "eureka: {instance: {prefer-ip-address: true}}";
    let calls: &[&str] = &["shop -> registry addressed"];
    rows(&[
        ("both", of(server, client, ""), calls),
        ("discovery with settings of Eureka's", of(server, discovery, eureka), calls),
        ("discovery of something else", of(server, discovery, ""), NONE),
        ("switched off", of(server, client, "eureka: {client: {enabled: false}}"), NONE),
        ("no registry", of("", client, ""), NONE),
    ]);
}

#[test]
fn what_a_registry_gives_is_who_is_asked_for() {
    let code = |call: &str| {
        format!(
            "-- service.shop/src/main/java/F.java\nimport org.springframework.cloud.client.ServiceInstance;\nimport org.springframework.cloud.client.discovery.DiscoveryClient;\nimport org.springframework.stereotype.Component;\nimport org.springframework.scheduling.annotation.Scheduled;\nimport org.springframework.web.client.RestClient;\n@Component\npublic class F {{\n  private final DiscoveryClient discovery;\n  private final RestClient rest;\n  public F(DiscoveryClient d, RestClient r) {{ discovery = d; rest = r; }}\n  @Scheduled(fixedRate = 1) public void run() {{ {call} }}\n}}\n-- service.ledger/x.txt\n"
        )
    };
    crate::finds_all(&[
        (
            "first",
            code(
                "ServiceInstance one = discovery.getInstances(\"s-ledger\").getFirst(); rest.get().uri(one.getUri() + \"/x\").retrieve();",
            ),
            &["shop -> ledger proven"],
        ),
        (
            "by place",
            code(
                "ServiceInstance one = discovery.getInstances(\"s-ledger\").get(0); rest.get().uri(\"http://\" + one.getHost() + \":80/x\").retrieve();",
            ),
            &["shop -> ledger proven"],
        ),
        (
            "at once",
            code("rest.get().uri(discovery.getInstances(\"s-ledger\").get(0).getUri() + \"/x\").retrieve();"),
            &["shop -> ledger proven"],
        ),
        (
            "of a name that nobody knows",
            code(
                "ServiceInstance one = discovery.getInstances(System.getenv(\"WHO\")).get(0); rest.get().uri(one.getUri() + \"/x\").retrieve();",
            ),
            &["unresolved-call service.shop/src/main/java/F.java"],
        ),
    ]);
}

#[test]
fn a_consul_that_looks_after_programs_calls_them() {
    let of = |path: &str, code: &str| {
        format!(
            "-- service.shop/{path}\n{code}\n-- service.consul/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{image: bank/shop}}\n  service.consul: {{image: 'hashicorp/consul:1'}}\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let go = |check: &str| {
        of(
            "main.go",
            &format!(
                "package main\nimport \"github.com/hashicorp/consul/api\"\nfunc main() {{\n  c, _ := api.NewClient(&api.Config{{Address: \"s-consul:8500\"}})\n  c.Agent().ServiceRegister(&api.AgentServiceRegistration{{Name: \"shop\", Check: &api.AgentServiceCheck{{{check}}}}})\n}}"
            ),
        )
    };
    let python = |check: &str| {
        of(
            "main.py",
            &format!(
                "import consul\nc = consul.Consul(host=\"s-consul.default.svc\")\nc.agent.service.register(\"shop\", check=consul.Check.{check})"
            ),
        )
    };
    let javascript = |check: &str| {
        of(
            "main.js",
            &format!(
                "const consul = require('consul')({{ host: 's-consul.default.svc' }});\nconsul.agent.service.register({{ name: 'shop', check: {{ {check} }} }});"
            ),
        )
    };
    let both = |tree: String| -> Vec<String> {
        crate::silent::asks(&tree)
            .into_iter()
            .filter(|line| line.contains(" -> "))
            .map(|line| line.rsplit_once(' ').map_or(String::new(), |(pair, _)| pair.to_owned()))
            .collect()
    };
    for tree in [
        go("HTTP: \"http://shop:80/health\""),
        go("GRPC: \"shop:80\""),
        python("http(\"http://shop/health\", \"10s\")"),
        javascript("http: 'http://shop/health', interval: '10s'"),
    ] {
        assert_eq!(both(tree.clone()), ["consul -> shop", "shop -> consul"], "{tree}");
    }
    for tree in [go("TTL: \"10s\""), python("ttl(\"10s\")"), javascript("ttl: '10s'")] {
        assert_eq!(both(tree.clone()), ["shop -> consul"], "{tree}");
    }
}

#[test]
fn what_a_build_file_only_speaks_of_is_in_no_program() {
    let pom = |text: &str| {
        let shop = module("shop", "spring-boot-starter", "").replace("</project>", &format!("{text}</project>"));
        tree(&[module("registry", SERVER, ""), shop])
    };
    let gradle = |text: &str| {
        let shop = by_gradle("shop", "project(\":base\")", "", "")
            .replace("dependencies {", &format!("dependencies {{\n{text}\n"));
        tree(&[module("registry", SERVER, ""), shop])
    };
    let of = |library: &str| format!("<dependency><artifactId>{library}</artifactId></dependency>");
    let calls: &[&str] = &["shop -> registry addressed"];
    let client = of(CLIENT);
    rows(&[
        ("used", pom(&client), calls),
        ("beside a comment", pom(&format!("<!-- discovery -->{client}<!-- end -->")), calls),
        (
            "used, and left out of another",
            pom(&format!("{client}<exclusions><artifactId>{CLIENT}</artifactId></exclusions>")),
            calls,
        ),
        ("by Gradle", gradle(&format!("  implementation(\"org.springframework.cloud:{CLIENT}\") // discovery")), calls),
        ("a comment", pom(&format!("<!-- {client} -->")), NONE),
        (
            "left out",
            pom(&format!(
                "<dependency><artifactId>x</artifactId><exclusions><exclusion><artifactId>{CLIENT}</artifactId></exclusion></exclusions></dependency>"
            )),
            NONE,
        ),
        ("of tests", pom(&client.replace("</dependency>", "<scope>test</scope></dependency>")), NONE),
        (
            "a version alone",
            pom(&format!("<dependencyManagement><dependencies>{client}</dependencies></dependencyManagement>")),
            NONE,
        ),
        (
            "a comment of Gradle's",
            gradle(&format!("  // implementation(\"org.springframework.cloud:{CLIENT}\")")),
            NONE,
        ),
        ("a longer one", gradle(&format!("/* implementation(\"org.springframework.cloud:{CLIENT}\")\n */")), NONE),
        ("left out by Gradle", gradle(&format!("  exclude(module = \"{CLIENT}\")")), NONE),
        ("of tests by Gradle", gradle(&format!("  testImplementation(\"org.springframework.cloud:{CLIENT}\")")), NONE),
    ]);
}

#[test]
fn what_a_module_inherits_or_notes_says_what_it_is() {
    let admin = "spring-boot-admin-starter-server";
    let both: &[&str] = &["admin -> ledger addressed"];
    let child = |name: &str, library: &str| {
        module(name, library, ELSEWHERE).replace("<project>", "<project><parent><artifactId>all</artifactId></parent>")
    };
    let parent = |path: &str, library: &str| {
        format!(
            "-- {path}\n<project><artifactId>all</artifactId><dependency><artifactId>{library}</artifactId></dependency></project>\n"
        )
    };
    let maven = |more: &str| tree(&[child("admin", admin), child("ledger", "spring-boot-starter"), more.to_owned()]);
    let gradle = |root: &str| {
        let of = |name: &str, library: &str| {
            let module = module(name, library, ELSEWHERE);
            let (before, rest) = module.split_once("pom.xml\n").unwrap();
            let (_, rest) = rest.split_once('\n').unwrap();
            format!("{before}build.gradle\ndependencies {{ implementation 'a:{library}:1' }}\n{rest}")
        };
        tree(&[of("admin", admin), of("ledger", "spring-boot-starter"), format!("-- build.gradle\n{root}\n")])
    };
    let noted = |notes: &str| {
        let of = |name: &str, notes: &str, library: &str| {
            module(name, library, ELSEWHERE).replace("package a;\n", &format!("package a;\n{notes}"))
        };
        tree(&[of("admin", notes, "spring-boot-starter"), of("ledger", "", CLIENT)])
    };
    let (server, client) = (
        "import de.codecentric.boot.admin.server.config.EnableAdminServer;\n",
        "import org.springframework.cloud.client.discovery.EnableDiscoveryClient;\n",
    );
    let grand = format!(
        "{}-- pom.xml\n<project><artifactId>top</artifactId><dependency><artifactId>{CLIENT}</artifactId></dependency></project>\n",
        parent("poms/pom.xml", "x").replace("<project>", "<project><parent><artifactId>top</artifactId></parent>")
    );
    let beside = maven(&grand).replace(
        "<artifactId>all</artifactId></parent>",
        "<artifactId>all</artifactId><relativePath>../poms</relativePath></parent>",
    );
    rows(&[
        ("a parent", maven(&parent("pom.xml", CLIENT)), both),
        ("the parent's parent", beside, both),
        ("all projects", gradle(&format!("subprojects {{ dependencies {{ implementation 'a:{CLIENT}:1' }} }}")), both),
        ("two annotations", noted(&format!("{server}{client}")), both),
        ("in another order", noted(&format!("{client}{server}")), both),
        // What is another one's, or only the root's.
        ("another parent", maven(&parent("pom.xml", CLIENT).replace("<artifactId>all<", "<artifactId>other<")), NONE),
        ("for who asks", maven(&parent("pom.xml", CLIENT).replace("dependency>", "dependencyManagement>")), NONE),
        ("the root alone", gradle(&format!("dependencies {{ implementation 'a:{CLIENT}:1' }}")), NONE),
        ("one annotation", noted(server), NONE),
    ]);
}
