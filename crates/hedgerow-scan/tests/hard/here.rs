//! Addresses of the machine that asks: files of variables beside compose files that set them, and clients that call a port which is
//! another service's.

use super::{outcome, short};
use hedgerow_core::diag::Code;

/// All edges, and all questions: by their code, who asks, and who may be called.
pub(super) fn told(tree: &str) -> Vec<String> {
    let found = outcome(tree);
    let edges = found.edges.values();
    let edges = edges.map(|e| format!("{} -> {} {}", short(&e.caller), short(&e.callee), e.class().as_str()));
    let list =
        |names: &std::collections::BTreeSet<String>| names.iter().map(|name| short(name)).collect::<Vec<_>>().join(",");
    let asked = found.findings.iter().filter(|finding| finding.code != Code::NoEntry);
    let asked =
        asked.map(|f| format!("{} {} -> {}", f.code.as_str(), list(&f.services), list(&f.callees)).trim().to_owned());
    edges.chain(asked).collect()
}

#[track_caller]
pub(super) fn rows(rows: &[(&str, String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, told(tree), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const ADDRESSES: &str = "-- hedgerow.yaml\nscan: {}\n";
const JOINED: &[&str] = &["shop -> ledger joined"];
const ASKED: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
const NONE: &[&str] = &[];

/// A shop whose address of the ledger is `value` in the compose file, with a file of variables beside it.
fn filled(value: &str, file: (&str, &str)) -> String {
    let (path, text) = file;
    format!(
        "{ADDRESSES}-- service.shop/main.py\nimport os, requests\nrequests.get(f\"http://{{os.environ['LEDGER_HOST']}}:80/x\")\n\
         -- service.ledger/x.txt\n-- service.books/x.txt\n-- docker-compose.yml\nservices:\n  service.shop:\n    environment:\n      \
         LEDGER_HOST: \"{value}\"\n  service.ledger: {{image: x}}\n  service.books: {{image: x}}\n-- {path}\n{text}\n"
    )
}

#[test]
fn an_example_of_variables_says_less_than_a_default_of_the_compose_file() {
    let default = "${LEDGER_HOST:-service.ledger}";
    let here = "LEDGER_HOST=localhost";
    rows(&[
        ("example", filled(default, (".env.example", here)), JOINED),
        ("sample", filled(default, (".env.sample", here)), JOINED),
        ("without a dot", filled(default, ("env.template", "LEDGER_HOST=127.0.0.1")), JOINED),
        ("another service", filled(default, (".env.dist", "LEDGER_HOST=service.books")), JOINED),
        ("outside", filled(default, (".env.example", "LEDGER_HOST=ledger.example.com")), JOINED),
        ("a dash alone", filled("${LEDGER_HOST-service.ledger}", (".env.example", here)), JOINED),
        ("a default of a default", filled("${LEDGER_HOST:-${L_HOST:-service.ledger}}", (".env.example", here)), JOINED),
        ("for a machine of developers", filled(default, (".env.development", here)), JOINED),
        // Where the compose file has none, or one that leads nowhere, the example is what people copy.
        ("no default", filled("$LEDGER_HOST", (".env.example", "LEDGER_HOST=service.ledger")), JOINED),
        ("an empty default", filled("${LEDGER_HOST:-}", (".env.example", "LEDGER_HOST=service.ledger")), JOINED),
        ("here", filled("${LEDGER_HOST:-localhost}", (".env.sample", "LEDGER_HOST=service.ledger")), JOINED),
        ("unknown", filled("${LEDGER_HOST:-$OTHER}", (".env.sample", "LEDGER_HOST=service.ledger")), JOINED),
        // Compose reads this one.
        ("the file itself", filled(default, (".env", "LEDGER_HOST=service.books")), &["shop -> books joined"]),
        ("named for compose", filled(default, ("docker.env", "LEDGER_HOST=service.books")), &["shop -> books joined"]),
        ("the file itself, empty", filled(default, (".env", "LEDGER_HOST=")), JOINED),
    ]);
}

#[test]
fn a_file_of_variables_that_hides_the_name_of_a_service_is_asked_about() {
    let default = "${LEDGER_HOST:-service.ledger}";
    rows(&[
        ("localhost", filled(default, (".env", "LEDGER_HOST=localhost")), ASKED),
        ("number", filled(default, (".env", "LEDGER_HOST=127.0.0.1")), ASKED),
        ("quoted", filled(default, (".env", "LEDGER_HOST=\"localhost\"")), ASKED),
        ("in an address", filled("http://${LEDGER_HOST:-service.ledger}", (".env", "LEDGER_HOST=localhost")), ASKED),
        ("the default is here, too", filled("${LEDGER_HOST:-127.0.0.1}", (".env", "LEDGER_HOST=localhost")), NONE),
        ("nobody's default", filled("${LEDGER_HOST:-a.example.com}", (".env", "LEDGER_HOST=localhost")), NONE),
        ("no default", filled("$LEDGER_HOST", (".env", "LEDGER_HOST=localhost")), NONE),
    ]);
}

/// A shop with code, and others whose ports compose publishes.
fn fleet(code: &str, shop: &str) -> String {
    format!(
        "{ADDRESSES}{code}-- service.ledger/x.txt\n-- service.books/x.txt\n-- service.redis/x.txt\n-- docker-compose.yml\nservices:\n  \
         service.shop: {{image: x{shop}}}\n  service.ledger: {{image: x, ports: ['3001:80']}}\n  \
         service.books: {{image: x, ports: ['3002:3002', '8080:80']}}\n  service.redis: {{image: redis, ports: ['6379:6379']}}\n"
    )
}

fn js(code: &str) -> String {
    fleet(&format!("-- service.shop/index.js\n{code}\n"), ", ports: ['3000:3000']")
}

#[test]
fn a_port_of_the_machine_that_a_sibling_has_is_asked_about() {
    let redis = &["shop -> redis candidate", "unexplained-mention shop -> redis"][..];
    let python = |code: &str| fleet(&format!("-- service.shop/main.py\nimport os, requests\n{code}\n"), "");
    let java = |text: &str| {
        fleet(
            &format!(
                "-- service.shop/pom.xml\n<project/>\n-- service.shop/src/main/java/s/App.java\npackage s;\n\
                 import org.springframework.web.reactive.function.client.WebClient;\npublic class App {{ \
                 public static void main(String[] a) {{ WebClient.create().get().uri({text}); }} }}\n"
            ),
            "",
        )
    };
    rows(&[
        ("constant", js("fetch('http://localhost:3001/x')"), ASKED),
        ("default of what nobody sets", js("fetch((process.env.LEDGER_URL || 'http://localhost:3001') + '/x')"), ASKED),
        ("number", js("const axios = require('axios')\naxios.get('http://127.0.0.1:3001/x')"), ASKED),
        ("another service's own port", js("fetch('http://localhost:80/x')"), NONE),
        (
            "only one has it",
            js("fetch('http://localhost:3002/x')"),
            &["shop -> books candidate", "unexplained-mention shop -> books"],
        ),
        ("store", js("const Redis = require('ioredis')\nnew Redis('redis://localhost:6379')"), redis),
        ("store without a port", js("const Redis = require('ioredis')\nnew Redis({host: 'localhost'})"), redis),
        (
            "started after it",
            fleet("-- service.shop/index.js\nfetch('http://localhost:3001/x')\n", ", depends_on: [service.ledger]"),
            ASKED,
        ),
        (
            "set by the deploy",
            fleet(
                "-- service.shop/index.js\nconst Redis = require('ioredis')\nnew Redis(process.env.REDIS_URL)\n",
                ", environment: {REDIS_URL: 'redis://localhost:6379'}, depends_on: [service.redis]",
            ),
            redis,
        ),
        ("python", python("requests.get(os.getenv('LEDGER_URL', 'http://localhost:3001'))"), ASKED),
        ("java", java("\"http://localhost:3001/x/\" + a[0]"), ASKED),
        (
            "go",
            fleet(
                "-- service.shop/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://localhost:3001/x\") }\n",
                "",
            ),
            ASKED,
        ),
        // Several calls of one address are one question; so are several addresses of one file.
        ("twice", js("fetch('http://localhost:3001/x')\nfetch('http://localhost:3001/y')"), ASKED),
        (
            "two",
            js("fetch('http://localhost:3001/x')\nfetch('http://localhost:3002/y')"),
            &["shop -> books candidate", "shop -> ledger candidate", "unexplained-mention shop -> books,ledger"],
        ),
        // What answers is known, or said.
        ("own port", js("fetch('http://localhost:3000/health')"), NONE),
        ("nobody's port", js("fetch('http://localhost:4000/x')"), NONE),
        (
            "set to another",
            fleet(
                "-- service.shop/index.js\nfetch(process.env.LEDGER_URL || 'http://localhost:3002')\n",
                ", environment: {LEDGER_URL: 'http://service.ledger:80'}",
            ),
            JOINED,
        ),
        (
            "set to the cloud",
            fleet(
                "-- service.shop/index.js\nfetch(process.env.LEDGER_URL || 'http://localhost:3001')\n",
                ", environment: {LEDGER_URL: 'https://ledger.example.com'}",
            ),
            NONE,
        ),
        (
            "a comment",
            js("function f() {\n  // rpcmap: service.ledger\n  fetch('http://localhost:3001/x')\n}\nf()"),
            &["shop -> ledger declared"],
        ),
        (
            "a reason",
            js("function f() {\n  // hedgerow: ignore a proxy beside it\n  fetch('http://localhost:3001/x')\n}\nf()"),
            NONE,
        ),
        // Where a variable that nobody sets has a default that leads nowhere, that variable is the question.
        ("unset", js("fetch(process.env.LEDGER_URL || 'http://localhost:4000')"), &["unresolved-call shop ->"]),
        ("unset, own port", js("fetch(process.env.LEDGER_URL || 'http://localhost:3000')"), NONE),
    ]);
}

#[test]
fn settings_of_frameworks_at_a_port_of_the_machine_are_asked_about() {
    let spring = |yaml: &str, said: &str| {
        let code = format!(
            "-- service.shop/pom.xml\n<project/>\n-- service.shop/src/main/resources/application.yml\n{yaml}\n\
             -- service.shop/src/main/java/s/App.java\npackage s;\n\
             public class App {{ public static void main(String[] a) {{ }} }}\n"
        );
        fleet(&code, said)
    };
    let redis = &["shop -> redis candidate", "unexplained-mention shop -> redis"][..];
    let set = "spring: {data: {redis: {url: 'redis://localhost:6379'}}}";
    rows(&[
        ("setting", spring(set, ""), redis),
        ("default", spring("spring: {data: {redis: {url: '${REDIS:redis://localhost:6379}'}}}", ""), redis),
        (
            "registry",
            spring("eureka: {client: {serviceUrl: {defaultZone: 'http://localhost:3001/eureka/'}}}", ""),
            ASKED,
        ),
        (
            "gateway",
            spring(
                "spring: {cloud: {gateway: {routes: [{id: a, uri: 'http://localhost:3001', predicates: ['Path=/a/**']}]}}}",
                "",
            ),
            ASKED,
        ),
        (
            "set by the deploy",
            spring(set, ", environment: {SPRING_DATA_REDIS_URL: 'redis://service.books:6379'}").replace(
                "<project/>",
                "<project><dependencies><dependency><artifactId>spring-boot-starter-data-redis</artifactId></dependency></dependencies></project>",
            ),
            &["shop -> books joined"],
        ),
        ("read by nobody", spring("shop: {page: 'http://localhost:3001'}", ""), NONE),
        (
            "its own port",
            spring(
                "server: {port: 3001}\neureka: {client: {serviceUrl: {defaultZone: 'http://localhost:3001/eureka/'}}}",
                "",
            ),
            NONE,
        ),
    ]);
}

#[test]
fn the_contract_says_who_is_meant_at_the_machine_itself() {
    let server = |name: &str| {
        format!(
            "-- {name}/main.go\npackage main\nimport \"bank/proto\"\ntype s struct{{}}\n\
             func main() {{ proto.RegisterLedgerServer(nil, &s{{}}) }}\n"
        )
    };
    let go = |address: &str, servers: &str| {
        format!(
            "{ADDRESSES}-- proto/ledger.pb.go\npackage proto\ntype LedgerClient interface {{}}\n\
             func NewLedgerClient(cc any) LedgerClient {{ return nil }}\nfunc RegisterLedgerServer(s any, srv any) {{}}\n\
             -- service.shop/main.go\npackage main\nimport (\n\t\"os\"\n\t\"bank/proto\"\n\t\"google.golang.org/grpc\"\n)\n\
             func env(name, other string) string {{\n\tif v := os.Getenv(name); v != \"\" {{\n\t\treturn v\n\t}}\n\treturn other\n}}\n\
             func main() {{\n\tcc, _ := grpc.Dial({address})\n\tproto.NewLedgerClient(cc)\n}}\n{servers}-- service.books/x.txt\n"
        )
    };
    let one = server("service.ledger");
    let both = format!(
        "{one}-- service.shop/s.go\npackage main\nimport \"bank/proto\"\ntype s struct{{}}\nfunc init() {{ proto.RegisterLedgerServer(nil, &s{{}}) }}\n"
    );
    rows(&[
        ("default", go("env(\"LEDGER_ADDR\", \"localhost:50051\")", &one), JOINED),
        ("default, number", go("env(\"LEDGER_ADDR\", \"127.0.0.1:50051\")", &one), JOINED),
        ("constant", go("\"localhost:50051\"", &one), ASKED),
        ("its own", go("\"localhost:50051\"", &both), NONE),
        ("its own by default", go("env(\"LEDGER_ADDR\", \"localhost:50051\")", &both), NONE),
        ("nobody", go("\"localhost:50051\"", "-- service.ledger/x.txt\n"), NONE),
        (
            "nobody, by default",
            go("env(\"LEDGER_ADDR\", \"localhost:50051\")", "-- service.ledger/x.txt\n"),
            &["unresolved-call shop ->"],
        ),
    ]);
}

#[test]
fn a_variable_that_an_image_makes_of_another_has_its_value() {
    let of = |image: &str, said: &str| {
        format!(
            "{ADDRESSES}-- service.shop/index.js\nfetch(process.env.LEDGER_URL + '/x')\n-- service.ledger/x.txt\n-- service.shop/Dockerfile\n\
             FROM node\n{image}\n-- docker-compose.yml\nservices:\n  service.shop: {said}\n  service.ledger: {{image: x}}\n"
        )
    };
    let set = "{build: ./service.shop, environment: {INJECTED: 'http://service.ledger:80'}}";
    let asked = &["unresolved-call shop ->"][..];
    rows(&[
        ("renamed", of("ENV LEDGER_URL=${INJECTED}", set), JOINED),
        (
            "part",
            of("ENV LEDGER_URL=http://$HOST:80", "{build: ./service.shop, environment: [HOST=service.ledger]}"),
            JOINED,
        ),
        (
            "argument",
            of("ARG L\nENV LEDGER_URL=$L", "{build: {context: ./service.shop, args: {L: 'http://service.ledger'}}}"),
            JOINED,
        ),
        (
            "argument in a list",
            of("ARG L\nENV LEDGER_URL=$L", "{build: {context: ./service.shop, args: ['L=http://service.ledger']}}"),
            JOINED,
        ),
        (
            "default of an argument",
            of("ARG L=http://service.ledger:80\nENV LEDGER_URL=${L}", "{build: ./service.shop}"),
            JOINED,
        ),
        ("unset", of("ARG L\nENV LEDGER_URL=$L", "{build: ./service.shop}"), asked),
        (
            "set to another",
            of(
                "ENV LEDGER_URL=${INJECTED}",
                "{build: ./service.shop, environment: {INJECTED: 'https://a.example.com'}}",
            ),
            NONE,
        ),
    ]);
}
