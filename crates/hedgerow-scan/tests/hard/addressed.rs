//! An address that no known call takes is an edge of its own class; what is less than an address is asked about.

use crate::silent::asks;
use crate::{outcome, short};
use hedgerow_scan::Class;

/// What a service without code in a language that is read in depth is given by its deployment.
fn given(environment: &str) -> String {
    format!(
        "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
         spec: {{template: {{spec: {{containers: [{{name: main, image: vendor/shop{environment}}}]}}}}}}\n"
    )
}

/// A file of a service, beside code that makes no call.
fn file(path: &str, text: &str) -> String {
    format!(
        "-- service.shop/main.go\npackage main\nfunc main() {{}}\n-- service.shop/{path}\n{text}\n-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n"
    )
}

fn variable(name: &str, value: &str) -> String {
    given(&format!(", env: [{{name: {name}, value: '{value}'}}]")) + "-- hedgerow.yaml\nscan: {}\n"
}

#[track_caller]
fn rows(rows: &[(String, &[&str])]) {
    let found = rows.iter().map(|(tree, _)| asks(tree));
    let wrong: Vec<String> = rows
        .iter()
        .zip(found)
        .filter(|((_, expected), found)| found != expected)
        .map(|((tree, expected), found)| format!("{tree}\n    found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const CALLS: &[&str] = &["shop -> ledger addressed"];
const ASKS: &[&str] = &["shop ? ledger"];

#[test]
fn an_address_is_an_edge_wherever_it_stands() {
    rows(&[
        (variable("LEDGER_URL", "http://s-ledger:8080"), CALLS),
        (variable("UPSTREAM", "s-ledger:8080"), CALLS),
        (variable("DB", "Server=s-ledger;Database=x"), CALLS),
        (variable("KC_DB_URL", "jdbc:postgresql://s-ledger/x"), CALLS),
        (variable("LEDGER_HOST", "s-ledger"), CALLS),
        // JSON in a variable.
        (variable("STORAGE", "{\"credentials\": {\"endpoint_url\": \"http://s-ledger:9000\"}}"), CALLS),
        (variable("PEERS", "[{\"name\": \"x\", \"host\": \"s-ledger\"}]"), CALLS),
        (variable("API_BASE_URL", "http://s-ledger"), CALLS),
        (variable("IMAGE_SERVICE_ADDR", "s-ledger:80"), CALLS),
        (given(", args: ['--upstream=http://s-ledger:8080']") + "-- hedgerow.yaml\nscan: {}\n", CALLS),
        (file("src/main/resources/application.yml", "ledger: {url: 'http://s-ledger'}"), CALLS),
        (file("application.properties", "shop.ledger.host=s-ledger"), CALLS),
        (file("appsettings.json", "{\"Shop\": {\"Store\": \"Host=s-ledger;Database=x\"}}"), CALLS),
        (file("Main.scala", "object Main extends App { client.get(\"http://s-ledger/x\") }"), CALLS),
        (given(", args: ['--upstream', 'http://s-ledger:8080']") + "-- hedgerow.yaml\nscan: {}\n", CALLS),
        (file("application.yml", "cors:\n  any: true\nledger:\n  url: http://s-ledger"), CALLS),
        (file("application.yml", "ledgers:\n- http://s-ledger"), CALLS),
        (file("application.yml", "hosts: [s-cart, s-ledger]"), CALLS),
        (file("application.yml", "servers:\n- s-cart\n- s-ledger"), CALLS),
        (variable("WEBHOOK_URL", "http://s-ledger"), CALLS),
        (file("vendor.toml", "ledger = \"s-ledger.default.svc.cluster.local\""), CALLS),
    ]);
}

#[test]
fn what_is_less_than_an_address_to_call_by_is_asked_about() {
    rows(&[
        (variable("PEER", "s-ledger"), CALLS),
        (variable("OWNER", "s-ledger"), ASKS),
        // A word beside keys is a host where those are a connection's, or where it has a port.
        (variable("CACHE", "s-ledger,ssl=true"), ASKS),
        (variable("CACHE", "s-ledger,x=y,abortConnect=false"), ASKS),
        (variable("CACHE", "name=x,s-ledger:6379"), CALLS),
        (variable("LABELS", "app=x,s-ledger"), &[]),
        (variable("SELECT", "name=s-shop,s-ledger,tier=x"), &[]),
        (variable("SELECT", "tier=x,s-ledger,s-ledger:web"), &[]),
        (given(", args: ['--selector', 'app=x,s-ledger']") + "-- hedgerow.yaml\nscan: {}\n", &[]),
        (variable("TEAM", "{\"owner\": \"s-ledger\"}"), ASKS),
        (variable("CORS_ORIGINS", "http://s-ledger"), ASKS),
        (variable("ACCESS_CONTROL_ALLOW_ORIGIN", "http://s-ledger"), ASKS),
        (variable("CORS_ORIGIN", "http://s-ledger"), ASKS),
        // An origin is one that browsers are let in from, unless a proxy's or a CDN's keys say otherwise.
        (variable("ORIGIN_URL", "http://s-ledger"), ASKS),
        (variable("FRONTEND_ORIGIN", "http://s-ledger:3000"), ASKS),
        (variable("WEBAUTHN_ORIGIN", "http://s-ledger"), ASKS),
        (variable("CSRF_TRUSTED_ORIGIN", "http://s-ledger"), ASKS),
        (variable("CDN_ORIGIN", "http://s-ledger"), ASKS),
        (given(", args: ['--origin=http://s-ledger']") + "-- hedgerow.yaml\nscan: {}\n", ASKS),
        (file(".env", "CLIENT_ORIGIN=http://s-ledger"), ASKS),
        (file("application.yml", "proxy:\n  env:\n    CLIENT_ORIGIN: http://s-ledger"), ASKS),
        (file("application.yml", "web: {origin: 'http://s-ledger'}"), ASKS),
        (file("application.yml", "web: {proxy: {x: y}, origin: 'http://s-ledger'}"), ASKS),
        (file("application.properties", "web.origin=http://s-ledger"), ASKS),
        (file("application.yml", "proxy:\n  cors: {origin: 'http://s-ledger'}"), ASKS),
        (file("application.yml", "proxy: {origin: 'http://s-ledger'}"), CALLS),
        (file("application.yml", "proxy: {x: {a: b}, origin: {url: 'http://s-ledger'}}"), CALLS),
        (file("application.yml", "cdn:\n  origin:\n    url: http://s-ledger"), CALLS),
        (file("application.properties", "edge.proxy.origin=http://s-ledger"), CALLS),
        (file("site.json", "{\n  \"reverseProxy\": {\n    \"origin\": \"http://s-ledger\"\n  }\n}"), CALLS),
        (file("application.yml", "cors: {origin: 'http://s-ledger'}"), ASKS),
        (file("application.yml", "cors:\n  origin: 'http://s-ledger'"), ASKS),
        (variable("REDIRECT_URL", "http://s-ledger"), ASKS),
        (variable("PUBLIC_URL", "http://s-ledger"), ASKS),
        (variable("Clients__Ledger__RootUrl", "http://s-ledger"), ASKS),
        (variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://s-ledger:4317"), ASKS),
        (file("appsettings.json", "{\"AllowedOrigins\": \"http://s-ledger\"}"), ASKS),
        (file("appsettings.json", "{\"Jwt\": {\"Audience\": \"http://s-ledger\"}}"), ASKS),
        (file("appsettings.json", "{\"JwtSettings\": {\"ValidAudiences\": [\"http://a.example\", \"http://s-ledger\"]}}"), ASKS),
        (variable("JWT_AUDIENCE", "http://s-ledger"), ASKS),
        (file("application.yml", "web: {cors: 'http://s-ledger'}"), ASKS),
        (given(", args: ['--cors-allowed-origins=http://s-ledger']") + "-- hedgerow.yaml\nscan: {}\n", ASKS),
        (given(", args: ['--redirect-url', 'http://s-ledger/cb']") + "-- hedgerow.yaml\nscan: {}\n", ASKS),
        (given(", command: [sh, -c, 'PUBLIC_URL=http://s-ledger exec shop']") + "-- hedgerow.yaml\nscan: {}\n", ASKS),
        (file("appsettings.json", "{\n  \"AllowedOrigins\": [\n    \"http://a.example\",\n    \"http://s-ledger\"\n  ]\n}"), ASKS),
        (file("appsettings.json", "{\"AllowedOrigins\": [\"http://a.example\", \"http://s-ledger\"]}"), ASKS),
        (file("application.yml", "web:\n  cors:\n  - http://s-ledger"), ASKS),
        (file("application.yml", "cors:\n  shop:\n    url: http://s-ledger"), ASKS),
        (file("Main.scala", "object Main extends App { val allowedOrigin = \"http://s-ledger\" }"), ASKS),
        (file("pyproject.toml", "help = \"Runs the backend s-ledger\""), ASKS),
        (file("site.yml", "server_name s-ledger;"), ASKS),
        (file("appsettings.json", "{\n  \"ServerClients\": {\n    \"s-ledger\": {\n      \"Id\": \"x\"\n    }\n  }\n}"), ASKS),
        (file("plan.json", "{\"team\": \"s-ledger\"}"), ASKS),
        (file("load.sh", "mongoimport --host localhost --collection s-ledger"), ASKS),
        (file("dead.go", "package main\nvar names = 1\nfunc dead() string { return \"http://s-ledger\" }"), ASKS),
        (
            "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- compose.yaml\nservices: {s-shop: {image: a, depends_on: [s-ledger]}, s-ledger: {image: b}}\n-- hedgerow.yaml\nscan: {}\n".to_owned(),
            ASKS,
        ),
    ]);
}

#[test]
fn what_is_explained_or_a_test_is_neither() {
    let url = file("application.yml", "ledger: {url: 'http://s-ledger'}");
    rows(&[
        (url.replace("scan: {}", "scan: {ignore: {'service.shop -> service.ledger': a link}}"), &[]),
        (url.replace("scan: {}", "scan: {ignore: {'service.shop/*.yml': of old}}"), &[]),
        (url.replace("ledger: {url", "# hedgerow: ignore of old\nledger: {url"), &[]),
        (url.replace("scan: {}", "scan: {candidate: ask}"), ASKS),
        (url.replace("scan: {}", "scan: {candidate: addresses}"), CALLS),
        (url.replace("scan: {}", "scan: {candidate: accept}"), &["shop -> ledger declared"]),
        (
            variable("LEDGER_URL", "http://s-ledger")
                .replace("kind: Deployment", "# hedgerow: ignore of old\nkind: Deployment"),
            &[],
        ),
        (file("src/it/resources/application.yml", "ledger: {url: 'http://s-ledger'}"), &[]),
        (file("src/integrationTest/resources/application.yml", "ledger: {url: 'http://s-ledger'}"), &[]),
        (file("application.yml", "shop: {url: 'http://s-shop', other: 'https://ledger.example.com'}"), &[]),
    ]);
}

#[test]
fn a_call_that_is_known_needs_no_address() {
    let tree = "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger/x\") }\n-- service.shop/application.yml\nledger: {url: 'http://s-ledger:9'}\n-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {}\n";
    let outcome = outcome(tree);
    let edge = outcome.edges.values().next().expect("a call");
    assert!(edge.evidence.iter().all(|evidence| evidence.class == Class::Proven), "{edge:?}");
}

#[test]
fn what_many_are_given_and_nobody_uses_is_one_question() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| {
        format!("-- service.{name}/x.txt\n-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: LEDGER_URL, value: 'http://s-ledger'}}]}}]}}}}}}\n")
    });
    let tree = |count: usize| all[..count].concat() + "-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {}\n";
    let asked = ["a b c d e f g h ? ledger"];
    assert_eq!(asks(&tree(8)), asked);
    assert!(asks(&tree(7)).len() == 7 && asks(&tree(7)).iter().all(|row| row.ends_with(" -> ledger addressed")));
    // The file that all are given may lie in the directory of one, and a text may name the variable.
    let file = "-- service.a/dev.env\nLEDGER_URL=http://s-ledger\n-- service.b/notes.cfg\nhost = LEDGER_URL\n";
    assert_eq!(asks(&(tree(8) + file)), ["a ? ledger", "b ? ledger", "c d e f g h ? ledger"]);
}

#[test]
fn the_port_is_that_of_the_address() {
    for (value, port) in [
        ("http://s-ledger:8080", Some(8080)),
        ("s-ledger:9000", Some(9000)),
        ("http://s-ledger", None),
        ("Server=s-ledger", None),
    ] {
        let outcome = outcome(&variable("LEDGER_URL", value));
        let found: Vec<_> = outcome.edges.values().map(|edge| (short(&edge.callee), edge.port())).collect();
        assert_eq!(found, [("ledger".to_owned(), port)], "{value}");
    }
}

#[test]
fn what_everybody_offers_leads_to_nobody() {
    let server = |name: &str, package: &str| {
        format!(
            "-- service.{name}/main.go\npackage main\nimport (\"google.golang.org/grpc\"; p \"{package}\")\nfunc main() {{ s := grpc.NewServer(); p.RegisterHealthServer(s, nil) }}\n"
        )
    };
    let client = |package: &str| {
        format!(
            "-- service.shop/main.go\npackage main\nimport (\"os\"; \"google.golang.org/grpc\"; p \"{package}\")\nfunc main() {{ b, _ := os.ReadFile(\"/x\"); conn, _ := grpc.NewClient(string(b)); p.NewHealthClient(conn).Check(nil, nil) }}\n"
        )
    };
    let edges = |package: &str| {
        let tree = server("ledger", package) + &server("mail", package) + &client(package);
        outcome(&tree).edges.values().map(|edge| short(&edge.callee)).collect::<Vec<_>>()
    };
    assert!(edges("google.golang.org/grpc/health/grpc_health_v1").is_empty());
    // A contract of the fleet's own may be called so too.
    assert_eq!(edges("bank.example/gen/health"), ["ledger", "mail"]);
}

#[test]
fn addresses_of_everybody_are_questions() {
    let of = |count: usize| {
        let names: Vec<String> = (0..count).map(|nth| format!("s{nth}")).collect();
        let variables: Vec<String> = names
            .iter()
            .map(|name| format!("{{name: {}_URL, value: 'http://s-{name}'}}", name.to_uppercase()))
            .collect();
        let others: String = names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
        asks(&(given(&format!(", env: [{}]", variables.join(", "))) + &others + "-- hedgerow.yaml\nscan: {}\n"))
    };
    assert!(of(12).len() == 12 && of(12).iter().all(|row| row.ends_with("addressed")), "{:?}", of(12));
    // All of them in one question.
    let asked = |rows: &[String]| match rows {
        [one] => one.split_once(" ? ").map_or(0, |(_, callees)| callees.split(' ').count()),
        _ => 0,
    };
    assert_eq!(asked(&of(13)), 13, "{:?}", of(13));
    // What comes with a whole file of variables says less.
    let with_file = |count: usize| {
        let names: Vec<String> = (0..count).map(|nth| format!("s{nth}")).collect();
        let variables: String =
            names.iter().map(|name| format!("{}_URL=http://s-{name}\n", name.to_uppercase())).collect();
        let others: String = names.iter().map(|name| format!("-- service.{name}/x.txt\n")).collect();
        asks(&format!(
            "-- service.shop/x.txt\n-- compose.yml\nservices: {{s-shop: {{image: x, env_file: all.env}}}}\n-- all.env\n{variables}{others}-- hedgerow.yaml\nscan: {{}}\n"
        ))
    };
    assert!(with_file(6).len() == 6 && with_file(6).iter().all(|row| row.ends_with("addressed")), "{:?}", with_file(6));
    assert_eq!(asked(&with_file(7)), 7, "{:?}", with_file(7));
}

#[test]
fn what_one_place_gives_to_several_is_for_those_that_ask_for_it() {
    let of = |variables: &str, compose: &str| {
        format!(
            "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() {{ http.Get(os.Getenv(\"LEDGER_URL\")) }}\n\
             -- service.shop/x.txt\n-- service.ledger/x.txt\n-- all.env\n{variables}\n\
             -- compose.yml\n{compose}\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let only: &[&str] = &["emoji -> ledger joined", "shop ? ledger"];
    let both: &[&str] = &["emoji -> ledger joined", "shop -> ledger addressed"];
    let file = "services: {s-emoji: {image: x, env_file: all.env}, s-shop: {image: y, env_file: all.env}}";
    let ledger = "LEDGER_URL=http://s-ledger/";
    let set = "{LEDGER_URL: 'http://s-ledger/'}";
    let anchor = |services: &str| of("", &format!("x-all: &all {set}\nservices: {services}"));
    rows(&[
        (of(ledger, file), only),
        (of("export LEDGER_URL='http://s-ledger/' # where", file), only),
        // `OTHER` is asked for by nobody, so nobody knows whose it is.
        (of(&format!("{ledger}\nOTHER=http://s-ledger/x"), file), both),
        (anchor("{s-emoji: {image: x, environment: *all}, s-shop: {image: y, environment: *all}}"), only),
        (
            anchor("{s-emoji: {image: x, environment: {<<: *all, A: b}}, s-shop: {image: y, environment: {<<: *all}}}"),
            only,
        ),
        (
            of(
                "",
                &format!(
                    "x-all: &all {{image: x, environment: {set}}}\nservices: {{s-emoji: *all, s-shop: {{<<: *all, image: y}}}}"
                ),
            ),
            only,
        ),
        // What is listed for a service is for it.
        (
            of(
                "",
                &format!(
                    "services: {{s-emoji: {{image: x, environment: {set}}}, s-shop: {{image: y, environment: {set}}}}}"
                ),
            ),
            both,
        ),
        (
            anchor(
                "{s-emoji: {image: x, environment: *all}, s-shop: {image: y, environment: *all, command: 'wait $$LEDGER_URL'}}",
            ),
            both,
        ),
    ]);
}

#[test]
fn what_its_own_command_uses_a_service_takes() {
    let all = ["a", "b", "c", "d"].map(|name| {
        format!("-- service.{name}/x.txt\n-- k8s/{name}.yaml\nkind: Deployment\nmetadata: {{name: s-{name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, command: [wait-for, $(LEDGER_URL)], env: [{{name: LEDGER_URL, value: 'http://s-ledger'}}]}}]}}}}}}\n")
    });
    let edges = asks(&(all.concat() + "-- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {}\n"));
    assert!(edges.len() == 4 && edges.iter().all(|row| !row.contains('?')), "{edges:?}");
}

#[test]
fn what_a_config_server_hands_out_is_of_those_that_it_is_handed_to() {
    let tree = |shared: &str, beside: &str| {
        format!(
            "-- service.shop/src/main/java/A.java\npackage a; public class A {{ public static void main(String[] a) {{}} }}\n\
             -- service.config/src/main/java/C.java\npackage c; public class C {{ public static void main(String[] a) {{}} }}\n\
             -- service.config/shared/application.yml\n{shared}\n-- service.config/shared/{beside}\nserver: {{port: 80}}\n\
             -- service.ledger/x.txt\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    let address = "pay: {url: 'http://s-ledger'}";
    rows(&[
        (tree(address, "service.shop.yml"), ASKS),
        (tree(address, "service.shop-prod.properties"), ASKS),
        // Nothing there is called like a service: these are its own settings.
        (tree(address, "server.yml"), &["config -> ledger addressed"]),
        (tree("spring: {rabbitmq: {host: s-ledger}}", "service.shop.yml"), &["shop -> ledger joined"]),
        (
            tree("eureka: {client: {serviceUrl: {defaultZone: 'http://s-ledger/eureka'}}}", "service.shop.yml"),
            &["shop -> ledger joined"],
        ),
    ]);
    let found = outcome(&tree("\n\nspring:\n  rabbitmq:\n    host: s-ledger", "service.shop.yml"));
    let edge = found.edges.values().next().expect("an edge");
    assert_eq!(edge.evidence[0].place.range.start, 32, "the place of the value: {edge:?}");
}

/// What code reads of the environment or its settings is called an origin where it lets browsers in.
#[test]
fn an_origin_that_code_reads_is_no_call() {
    let tree = |code: &str, variable: &str| {
        format!(
            "-- service.shop/index.js\nconst express = require('express')\nconst cors = require('cors')\nconst app = express()\n{code}\napp.listen(80)\n-- service.shop/package.json\n{{}}\n-- service.ledger/x.txt\n-- compose.yaml\nservices: {{s-shop: {{image: a, environment: {{{variable}: 'http://s-ledger:3000'}}}}}}\n-- hedgerow.yaml\nscan: {{}}\n"
        )
    };
    rows(&[
        (tree("app.use(cors({ origin: process.env.CLIENT_ORIGIN }))", "CLIENT_ORIGIN"), ASKS),
        (tree("const origin = process.env.ORIGIN\napp.use(cors({ origin }))", "ORIGIN"), ASKS),
        (tree("app.use(cors({ origin: [process.env.WEB_ORIGIN_URL] }))", "WEB_ORIGIN_URL"), ASKS),
        // Symfony's router makes links of it.
        (tree("console.log(process.env.DEFAULT_URI)", "DEFAULT_URI"), ASKS),
        // Who calls it calls it.
        (tree("fetch(process.env.LEDGER_ORIGIN + '/x')", "LEDGER_ORIGIN"), &["shop -> ledger joined"]),
    ]);
}

#[test]
fn members_of_a_cluster_are_called() {
    let of = |file: &str| {
        format!(
            "-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- compose.yml\nservices:\n  s-shop:\n    image: vendor/node\n    command: [node, --config, /etc/node.yaml]\n    volumes: ['./node.yaml:/etc/node.yaml:ro']\n-- node.yaml\n{file}-- hedgerow.yaml\nscan: {}\n",
            "{}"
        )
    };
    let both: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    rows(&[
        (of("network:\n  join:\n    tcp-ip:\n      member-list:\n        - s-ledger\n        - s-cart\n"), both),
        (of("member_list: [s-ledger, 's-cart']\n"), both),
        (of("seeds:\n- s-ledger\n- s-cart:5701\n"), both),
        (of("peers: 's-ledger,s-cart'\n"), both),
        (of("discovery:\n  seed_hosts: [s-ledger, s-cart]\n"), both),
        (of("groups:\n  members:\n  - s-ledger\n"), &["shop ? ledger"]),
    ]);
}
