//! Questions that nobody has to answer, that are asked twice, or that name the wrong things.

use crate::outcome;
use hedgerow_core::diag::Code;
use hedgerow_scan::Finding;

/// The questions of a tree: code, message, and the help.
fn asked(tree: &str) -> Vec<Finding> {
    let codes = [Code::UnresolvedCall, Code::UnexplainedMention, Code::UnknownClient];
    outcome(tree).findings.into_iter().filter(|finding| codes.contains(&finding.code)).collect()
}

/// What a row is about, its tree, and parts of the questions in their order; behind `!` stands what a question does not say.
pub(crate) type Row<'r> = (&'r str, String, &'r [&'r [&'r str]]);

#[track_caller]
pub(crate) fn rows(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, tree, expected) in rows {
        let found = asked(tree);
        let said: Vec<String> = found.iter().map(|finding| format!("{finding:?}")).collect();
        let fits = said.len() == expected.len()
            && said.iter().zip(*expected).all(|(said, parts)| {
                parts.iter().all(|part| match part.strip_prefix('!') {
                    Some(part) => !said.contains(part),
                    None => said.contains(part),
                })
            });
        if !fits {
            wrong.push(format!("{what}: {} questions for {}: {found:#?}", said.len(), expected.len()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

pub(crate) fn compose(text: &str) -> String {
    format!("-- docker-compose.yml\nservices:\n{text}")
}

/// A page whose code all runs in browsers, and which is started after a service.
fn page(files: &str) -> String {
    let compose = compose(
        "  service.page:\n    build: ./service.page\n    depends_on: [service.ledger]\n  service.ledger:\n    image: bank/ledger\n",
    );
    format!(
        "{compose}-- service.page/package.json\n{{\"dependencies\": {{\"react\": \"19\", \"react-dom\": \"19\"}}}}\n-- service.page/src/main.jsx\nimport {{ createRoot }} from 'react-dom/client';\ncreateRoot(document.getElementById('root')).render(1);\nfetch('/api/x');\n-- service.ledger/x.txt\n{files}"
    )
}

#[test]
fn whom_a_page_starts_after_is_not_asked() {
    rows(&[
        ("no server of its own", page(""), &[]),
        (
            "one that ships files",
            page(
                "-- service.page/nginx.conf\nserver {\n  root /usr/share/nginx/html;\n  location / { try_files $uri /index.html; }\n}\n",
            ),
            &[],
        ),
        (
            "a builder without a proxy",
            page("-- service.page/vite.config.js\nexport default { server: { port: 80 } };\n"),
            &[],
        ),
        (
            "nginx that sends on",
            page("-- service.page/nginx.conf\nserver {\n  location /api { proxy_pass $backend; }\n}\n"),
            &[&["UnresolvedCall", "starts it after `service.ledger`"]],
        ),
        (
            "Caddy that sends on",
            page("-- service.page/Caddyfile\n:80 {\n  reverse_proxy {$BACKEND}\n}\n"),
            &[&["UnresolvedCall", "starts it after `service.ledger`"]],
        ),
        (
            "a builder that sends on",
            page("-- service.page/vite.config.js\nexport default { server: { proxy: { '/api': read() } } };\n"),
            &[&["starts `service.page` after `service.ledger`"]],
        ),
        (
            "a server beside the page",
            page(
                "-- service.page/server.js\nconst http = require('http');\nhttp.createServer((q, r) => r.end('x')).listen(80);\n",
            ),
            &[&["starts `service.page` after `service.ledger`"]],
        ),
    ]);
}

/// A service that calls an address nobody knows, and is started after a program, a broker and a store.
fn caller(code: &str) -> String {
    let compose = compose(
        "  service.shop:\n    build: ./service.shop\n    depends_on: [service.ledger, service.rabbitmq, service.postgres, service.elasticsearch]\n  service.ledger:\n    build: ./service.ledger\n  service.rabbitmq:\n    image: rabbitmq:3\n  service.postgres:\n    image: postgres:16\n  service.elasticsearch:\n    image: elasticsearch:8\n",
    );
    format!(
        "{compose}-- service.shop/main.py\n{code}-- service.ledger/main.py\nprint(1)\n-- service.rabbitmq/x.txt\n-- service.postgres/x.txt\n-- service.elasticsearch/x.txt\n"
    )
}

#[test]
fn candidates_of_a_call_speak_what_it_speaks() {
    let after = "starts `service.shop` after";
    rows(&[
        (
            "HTTP",
            caller("import requests\nfrom vendor import find\n\nrequests.get(find())\n"),
            &[
                &[after, "`service.rabbitmq`, and"],
                &[after, "`service.postgres`, and"],
                &[
                    "UnresolvedCall",
                    "starts it after `service.elasticsearch` and `service.ledger`",
                    "!rabbitmq",
                    "!postgres",
                ],
            ],
        ),
        (
            "a broker",
            caller(
                "import pika\nfrom vendor import find\n\npika.BlockingConnection(pika.ConnectionParameters(find()))\n",
            ),
            &[
                &[after, "`service.ledger`, and"],
                &[after, "`service.postgres`, and"],
                &[after, "`service.elasticsearch`, and"],
                &["UnresolvedCall", "starts it after `service.rabbitmq`,"],
            ],
        ),
        (
            "a store that is not there",
            caller("import os\nimport redis\n\nredis.Redis(host=os.environ['CACHE_AT'])\n"),
            &[&[after, "ledger", "postgres", "rabbitmq"]],
        ),
    ]);
}

#[test]
fn a_variable_of_a_shared_loader_is_one_question_that_names_its_services() {
    let loader = |service: &str, names: &[&str]| {
        let lines: Vec<String> = names.iter().map(|name| format!("\t\t{name}: os.Getenv(\"{name}\"),\n")).collect();
        let fields: Vec<String> = names.iter().map(|name| format!("\t{name} string\n")).collect();
        format!(
            "-- {service}/config/config.go\npackage config\n\nimport \"os\"\n\ntype Config struct {{\n{}}}\n\nfunc Load() Config {{\n\treturn Config{{\n{}\t}}\n}}\n",
            fields.concat(),
            lines.concat()
        )
    };
    let main = |service: &str, import: &str| {
        format!("-- {service}/main.go\npackage main\n\nimport \"{import}\"\n\nfunc main() {{ config.Load() }}\n")
    };
    let shared = format!(
        "-- go.mod\nmodule bank\n{}{}{}{}",
        loader("shared", &["DEPOT_HOST", "RATES_URL", "TOWN_URL"]),
        main("service.shop", "bank/shared/config"),
        main("service.cart", "bank/shared/config"),
        compose(
            "  service.shop:\n    build: ./service.shop\n    environment: {RATES_URL: \"http://rates.example\"}\n  service.cart:\n    build: ./service.cart\n    environment: {DEPOT_HOST: \"depot.example\"}\n"
        )
    );
    let own = format!(
        "-- go.mod\nmodule bank\n{}{}{}{}",
        loader("service.shop", &["RATES_URL"]),
        main("service.shop", "bank/service.shop/config"),
        loader("service.cart", &["RATES_URL"]),
        main("service.cart", "bank/service.cart/config"),
    );
    rows(&[
        (
            "shared",
            shared,
            &[&[
                "`service.cart` and `service.shop` ask for the address `DEPOT_HOST` and 2 more, and no file",
                "sets `DEPOT_HOST` for `service.shop`\"",
                "sets `RATES_URL` for `service.cart`\"",
                "sets `TOWN_URL`\"",
            ]],
        ),
        (
            "each its own",
            own,
            &[
                &["`service.cart` asks for the address `RATES_URL`, and"],
                &["`service.shop` asks for the address `RATES_URL`, and"],
            ],
        ),
    ]);
}

fn java(body: &str) -> String {
    format!("-- service.shop/src/main/java/shop/Main.java\npackage shop;\n\npublic class Main {{\n{body}}}\n")
}

#[test]
fn what_is_no_address_to_call_is_not_asked() {
    let python = |code: &str| format!("-- service.shop/main.py\nimport os\n{code}");
    let go = |code: &str| {
        format!(
            "-- service.shop/main.go\npackage main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {{\n{code}}}\n"
        )
    };
    let js = |code: &str| format!("-- service.shop/main.js\n{code}");
    let asks = &[&["asks for the address `RATES_HOST`"] as &[&str]] as &[&[&str]];
    rows(&[
        (
            "a constant of Java",
            java("  private static final String RATES_URL = \"https://rates.example\";\n  public static void main(String[] a) { System.out.println(Main.RATES_URL); new Main().x(); }\n  void x() { System.out.println(this.RATES_URL + RATES_URL); }\n"),
            &[],
        ),
        (
            "a constant of TypeScript",
            "-- service.shop/main.ts\nclass Rates { static RATES_URL = 'https://rates.example'; }\nconsole.log(Rates.RATES_URL);\n".to_owned(),
            &[],
        ),
        (
            "a variable beside a constant",
            js("class Rates { static RATES_HOST = 'rates.example'; }\nconsole.log(Rates.RATES_HOST, process.env.RATES_HOST);\n"),
            asks,
        ),
        (
            "a field that is filled by the environment",
            js("class Rates { constructor() { this.RATES_HOST = process.env.RATES_HOST; } }\nconsole.log(new Rates().RATES_HOST);\n"),
            asks,
        ),
        ("uvicorn", python("import uvicorn\nfrom app import app\nuvicorn.run(app, host=os.environ['RATES_HOST'])\n"), &[]),
        ("a local", python("from flask import Flask\napp = Flask('x')\nhost = os.getenv('RATES_HOST')\napp.run(host=host)\n"), &[]),
        ("a socket", python("import socket\ns = socket.socket()\ns.bind((os.environ['RATES_HOST'], 80))\n"), &[]),
        ("another argument", python("from app import app\napp.run(rates=os.environ['RATES_HOST'])\n"), asks),
        ("http.ListenAndServe", go("\thttp.ListenAndServe(os.Getenv(\"RATES_HOST\")+\":80\", nil)\n"), &[]),
        ("http.Server", go("\ts := &http.Server{Addr: os.Getenv(\"RATES_HOST\")}\n\ts.ListenAndServe()\n"), &[]),
        ("app.listen", js("const app = require('express')();\napp.listen(80, process.env.RATES_HOST);\n"), &[]),
        ("what is filled in", js("const call = get.bind(null, process.env.RATES_HOST);\ncall();\n"), asks),
        ("what begins a client", python("from app import client\nclient.start(host=os.environ['RATES_HOST'])\n"), asks),
        ("what is sent", js("const app = make();\napp.send(80, process.env.RATES_HOST);\n"), asks),
        ("a model", js("console.log(process.env.RATES_MODEL_URI, process.env.RATES_SCHEMA_URL);\n"), &[]),
        (
            "code that was made small",
            js(&format!("console.log(t.constant.RATES_HOST);{}\n", "a(1,2,3);".repeat(300))),
            &[],
        ),
    ]);
}

/// What comes behind the host does not say who is called, and is no setting.
#[test]
fn what_stands_behind_a_host_is_not_missing() {
    let go = |path: &str| {
        format!(
            "-- service.shop/main.go\npackage main\n\nimport (\n\t\"encoding/json\"\n\t\"example.com/find\"\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n)\n\ntype Order struct {{\n\tCart string `json:\"cart_id\"`\n}}\n\nfunc main() {{\n\tvar order Order\n\tjson.NewDecoder(os.Stdin).Decode(&order)\n\thttp.Get(fmt.Sprintf(\"{path}\", find.Base(), order.Cart))\n}}\n-- service.ledger/x.txt\n"
        )
    };
    rows(&[
        ("behind", go("%s/carts/%s"), &[&["UnresolvedCall", "!cart_id"]]),
        (
            "behind a host that is known",
            go("https://rates.example/carts/%s%s").replace("find.Base(), ", "").replace("%s%s", "%s"),
            &[],
        ),
        ("behind a scheme", go("http://%s/carts/%s"), &[&["UnresolvedCall", "!cart_id"]]),
    ]);
}

/// Each route of a gateway has the line in which it stands.
#[test]
fn each_setting_that_a_variable_fills_has_its_own_place() {
    let tree = format!(
        "{}-- service.gate/src/main/java/g/App.java\npackage g;\n\n@SpringBootApplication\npublic class App {{ public static void main(String[] a) {{ SpringApplication.run(App.class, a); }} }}\n-- service.gate/src/main/resources/application.yml\nspring:\n  cloud:\n    gateway:\n      routes:\n        - id: a\n          uri: ${{CART_URL:http://localhost:8081}}\n        - id: b\n          uri: ${{LEDGER_URL:http://localhost:8082}}\n        - id: c\n          uri: http://${{TAX_HOST}}:80\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.tax/x.txt\n",
        compose(
            "  service.gate:\n    build: ./service.gate\n    environment:\n      CART_URL: http://s-cart:80\n      LEDGER_URL: http://s-ledger:80\n      TAX_HOST: s-tax\n"
        )
    );
    let outcome = outcome(&tree);
    let text = tree.split("application.yml\n").nth(1).unwrap();
    for (callee, line) in
        [("service.cart", "${CART_URL"), ("service.ledger", "${LEDGER_URL"), ("service.tax", "${TAX_HOST")]
    {
        let edge = &outcome.edges[&("service.gate".to_owned(), callee.to_owned())];
        let of_settings = edge.evidence.iter().filter(|evidence| evidence.place.path.ends_with("application.yml"));
        let places: Vec<&str> = of_settings.map(|evidence| &text[evidence.place.range.start as usize..]).collect();
        assert!(
            places.iter().any(|rest| rest.starts_with(line) || rest.starts_with(&format!("http://{line}"))),
            "{callee}: {places:?}"
        );
    }
}

/// What code asks for does not hide what files of languages that are not read ask for.
#[test]
fn unset_variables_of_all_languages_are_one_question() {
    let tree = "-- hedgerow.yaml\nscan: {}\n-- service.shop/main.go\npackage main\nimport (\"os\"; \"example.com/ledger\")\nfunc main() { ledger.Open(os.Getenv(\"LEDGER_URL\")) }\n\
                -- service.shop/a.ex\nx(System.get_env(\"CART_HOST\"))\n-- service.ledger/x.txt\n-- service.cart/x.txt\n";
    let found = outcome(tree);
    let asked = found.findings.iter().filter(|finding| finding.code == Code::UnknownClient);
    let marks: Vec<Vec<&str>> =
        asked.map(|finding| finding.marks.iter().map(|(place, _)| place.path.as_str()).collect()).collect();
    assert_eq!(marks, [["service.shop/a.ex", "service.shop/main.go"]], "{:?}", found.findings);
}
