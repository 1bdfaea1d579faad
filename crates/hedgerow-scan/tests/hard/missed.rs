//! Calls that could be missed without a word: what is not known of them is asked about.

use crate::here::rows;

const NONE: &[&str] = &[];
const CALL: &[&str] = &["unresolved-call shop ->"];
const CLIENT: &[&str] = &["unknown-client shop ->"];
const PROVEN: &[&str] = &["shop -> ledger proven"];
const ADDRESSED: &[&str] = &["shop -> ledger addressed"];
const HTTP: &str = "import os, requests\n";

/// A shop with a file of code, a ledger, and more files.
fn tree(code: &str, more: &str) -> String {
    format!("-- hedgerow.yaml\nscan: {{}}\n-- service.shop/{code}\n-- service.ledger/x.txt\n{more}")
}

fn python(code: &str) -> String {
    tree(&format!("main.py\n{HTTP}{code}\n"), "")
}

fn js(code: &str) -> String {
    tree(&format!("index.js\n{code}\n"), "")
}

#[test]
fn programs_that_dapr_calls_in_other_namespaces_are_asked_about() {
    let invoke = |name: &str| python(&format!("requests.get('http://localhost:3500/v1.0/invoke/{name}/method/x')"));
    rows(&[
        ("a name", invoke("money"), CALL),
        ("a namespace behind it", invoke("money.prod"), CALL),
        ("another namespace", invoke("money-v2.team-a"), CALL),
        ("in JavaScript", js("fetch('http://localhost:3500/v1.0/invoke/money.prod/method/x')"), CALL),
        ("a service's name with one", invoke("s-ledger.prod"), CALL),
        ("a service's", invoke("s-ledger"), PROVEN),
        ("a host", invoke("api.example.com"), NONE),
    ]);
}

#[test]
fn a_path_that_holds_the_host_is_asked_about() {
    let route = |name: &str, url: &str| {
        python(&format!(
            "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/{{{name}:path}}')\ndef proxy({name}: str):\n    return requests.get({url}).text"
        ))
    };
    let express = |url: &str| {
        js(&format!("const app = require('express')();\napp.use((req, res) => fetch({url}));\napp.listen(80);"))
    };
    rows(&[
        ("a parameter called after it", route("full_path", "f'http://{full_path}'"), CALL),
        ("another name", route("rest", "f'http://{rest}'"), CALL),
        ("with a path behind", route("path_info", "f'https://{path_info}/x'"), CALL),
        ("the request's own", express("'http:/' + req.originalUrl"), CALL),
        ("behind a scheme", express("'http://' + req.originalUrl"), CALL),
        ("behind a host", express("'http://s-ledger' + req.originalUrl"), PROVEN),
    ]);
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: books}\n";

#[test]
fn a_part_of_an_address_in_a_secret_is_read() {
    let of = |from: &str, data: &str| {
        format!(
            "{}-- service.acme-ledger/x.txt\n-- service.acme-eu-ledger/x.txt\n-- service.main-ledger/x.txt\n-- k8s/a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: a, {from}}}]}}}}}}\n---\n{SECRET}data: {{TENANT: {data}}}\n",
            python("requests.get(f\"http://s-{os.environ.get('TENANT', 'main')}-ledger/x\")")
        )
    };
    let all = "envFrom: [{secretRef: {name: books}}]";
    let one = "env: [{name: TENANT, valueFrom: {secretKeyRef: {name: books, key: TENANT}}}]";
    let acme: &[&str] = &["shop -> acme-ledger joined", "shop -> main-ledger proven"];
    let open: &[&str] = &[
        "shop -> acme-eu-ledger wildcard",
        "shop -> acme-ledger wildcard",
        "shop -> main-ledger proven",
        "unresolved-call shop ->",
    ];
    rows(&[
        ("all of it", of(all, "YWNtZQ=="), acme),
        ("one key", of(one, "YWNtZQ=="), acme),
        ("in capitals", of(one, "QUNNRQ=="), acme),
        ("two words", of(one, "YWNtZS1ldQ=="), &["shop -> acme-eu-ledger joined", "shop -> main-ledger proven"]),
        // A part of nobody's name may be replaced by one.
        ("a placeholder", of(one, "Y2hhbmdlbWU="), open),
        ("half a word", of(one, "YWNt"), open),
    ]);
}

#[test]
fn what_a_secret_hides_is_asked_about_as_if_it_were_not_there() {
    let of = |code: &str, data: &str| {
        format!(
            "{}-- k8s/a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: a, envFrom: [{{secretRef: {{name: books}}}}]}}]}}}}}}\n---\n{SECRET}data: {{{data}}}\n",
            tree(code, "")
        )
    };
    let library = "main.py\nimport os, books\nbooks.connect(os.environ['BOOKS_URL'])\n";
    rows(&[
        ("to a library", of(library, "BOOKS_URL: WU9VUl9VUkw="), CLIENT),
        ("to a library, without it", of(library, "OTHER: WU9VUl9VUkw="), CLIENT),
        (
            "in another language",
            of("main.ex\nBooks.connect(System.get_env(\"BOOKS_URL\"))\n", "BOOKS_URL: WU9VUl9VUkw="),
            CLIENT,
        ),
        // What is no address is no question.
        (
            "a password",
            of("main.py\nimport os, books\nbooks.connect(os.environ['PASSWORD'])\n", "PASSWORD: czNjcjN0"),
            NONE,
        ),
    ]);
}

/// A shop that uses Prisma, a tool beside it, and a database.
fn prisma(image: &str, tool: &str, more: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/index.js\nconst {{ PrismaClient }} = require('@prisma/client');\nnew PrismaClient().user.findMany();\n-- service.shop/prisma/schema.prisma\ndatasource db {{\n  provider = \"postgresql\"\n  url = env(\"ROWS_URL\")\n}}\n-- service.tool/{tool}\n-- service.vault/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{image: a}}\n  service.tool: {{image: b}}\n  service.vault: {{image: '{image}'}}\n{more}"
    )
}

#[test]
fn a_variable_of_a_schema_is_settled_for_those_that_call_its_store() {
    let quiet = "main.py\nprint(1)\n";
    let asks = "main.py\nprint(1)\n-- service.tool/run.ex\nTool.run(System.get_env(\"ROWS_URL\"))\n";
    let known: &[&str] = &["shop -> vault addressed"];
    rows(&[
        ("the only store", prisma("postgres:16", quiet, ""), known),
        ("no store that is known", prisma("bank/vault", quiet, ""), CLIENT),
        ("a store of another kind", prisma("redis:7", quiet, ""), CLIENT),
        ("another program", prisma("postgres:16", asks, ""), &["shop -> vault addressed", "unknown-client tool ->"]),
        (
            "explained",
            prisma("postgres:16", quiet, "").replace("scan: {}", "scan: {ignore: {'service.shop -> *': 'outside'}}"),
            CLIENT,
        ),
    ]);
}

#[test]
fn what_a_client_of_a_library_is_given_may_be_an_address() {
    let of = |given: &str| js(&format!("const {{ BooksClient }} = require('books');\nnew BooksClient({{{given}}});"));
    rows(&[
        ("url", of("url: process.env.X"), CALL),
        ("target", of("target: process.env.X"), CALL),
        ("base", of("base: process.env.X"), CALL),
        ("gateway", of("gateway: process.env.X, region: process.env.Y"), CALL),
        ("peers", of("peers: process.env.X"), CALL),
        ("host name", of("hostName: process.env.X"), CALL),
        // What is no address.
        ("a key", of("apiKey: process.env.X"), NONE),
        ("a region", of("region: process.env.X"), NONE),
        ("several", of("client_id: process.env.X, clientSecret: process.env.Y, region: 'a'"), NONE),
        ("a text", of("'access-token': process.env.X"), NONE),
        ("nothing that is not known", of("target: 'https://books.example.com'"), NONE),
    ]);
}

#[test]
fn who_is_listened_to_is_no_address_of_ones_own() {
    let bus = |call: &str| python(&format!("import bus, uvicorn\nfrom flask import Flask\n{call}"));
    rows(&[
        ("a consumer runs", bus("bus.Consumer().run(host=os.environ['BOOKS_HOST'])"), CLIENT),
        ("binds", bus("bus.connect().bind(os.environ['BOOKS_URL'])"), CLIENT),
        ("listens", bus("bus.listen(os.environ['BOOKS_URL'])"), CLIENT),
        ("serves", bus("bus.serve(host=os.environ['BOOKS_HOST'])"), CLIENT),
        (
            "in Go",
            tree(
                "main.go\npackage main\nimport (\"os\"; \"example.com/bus\")\nfunc main() { bus.Listen(os.Getenv(\"BOOKS_URL\")) }\n",
                "",
            ),
            CLIENT,
        ),
        ("in JavaScript", js("const bus = require('bus');\nbus.listen(process.env.BOOKS_URL);"), CLIENT),
        // Servers.
        ("uvicorn", bus("uvicorn.run(1, host=os.environ['BOOKS_HOST'])"), NONE),
        ("Flask", bus("Flask('x').run(host=os.environ['BOOKS_HOST'])"), NONE),
        ("an application", bus("app = Flask('x')\napp.run(host=os.environ['BOOKS_HOST'], port=80)"), NONE),
        ("express", js("require('express')().listen(80, process.env.BOOKS_HOST);"), NONE),
        ("Node.js", js("require('http').createServer().listen(80, process.env.BOOKS_HOST);"), NONE),
        (
            "Go",
            tree(
                "main.go\npackage main\nimport (\"net\"; \"os\")\nfunc main() { net.Listen(\"tcp\", os.Getenv(\"BOOKS_ADDR\")) }\n",
                "",
            ),
            NONE,
        ),
    ]);
}

#[test]
fn a_constant_of_another_class_says_nothing_of_a_setting() {
    let of = |constants: &str, ask: &str| {
        tree(
            &format!(
                "index.js\nconst soap = require('soap');\nconst config = require('config');\nconst {{ Routes }} = require('./routes');\nsoap.open({ask});\nconsole.log(Routes);\n"
            ),
            &format!("-- service.shop/routes.js\n{constants}\n"),
        )
    };
    let class = "class Routes {}\nRoutes.BOOKS_URL = '/books';\nmodule.exports = { Routes };";
    rows(&[
        ("of a library", of(class, "config.BOOKS_URL"), CLIENT),
        ("of a class in a class", of(&class.replace("Routes.BOOKS", "Routes.Inner.BOOKS"), "config.BOOKS_URL"), CLIENT),
        ("a global", of("exports.BOOKS_URL = '/books';\nexports.Routes = 1;", "config.BOOKS_URL"), CLIENT),
        ("its own", of(class, "Routes.BOOKS_URL"), NONE),
        ("another name", of(class, "config.OTHER_URL"), CLIENT),
    ]);
}

/// A class of a shop that a library makes, and what names it.
fn job(note: &str, head: &str, main: &str, more: &str) -> String {
    format!(
        "{}-- service.shop/src/main/java/g/LedgerJob.java\npackage g;\nimport org.quartz.*;\nimport org.springframework.web.client.RestTemplate;\n{note}\npublic class LedgerJob {head} {{\n  public void execute(Object c) {{ new RestTemplate().getForObject(System.getenv(\"BOOKS_URL\") + \"/x\", String.class); }}\n}}\n{more}",
        tree(
            &format!(
                "src/main/java/g/App.java\npackage g;\nimport org.quartz.*;\npublic class App {{ public static void main(String[] a) {{ {main} }} }}\n"
            ),
            ""
        )
    )
}

#[test]
fn a_class_that_a_library_makes_begins() {
    let hands = "Jobs.schedule(JobBuilder.newJob(LedgerJob.class).build());";
    let xml = "-- service.shop/src/main/resources/beans.xml\n<beans><bean class=\"g.LedgerJob\"/></beans>\n";
    let kotlin = "-- hedgerow.yaml\nscan: {}\n-- service.ledger/x.txt\n-- service.shop/App.kt\npackage g\nimport org.quartz.*\nimport org.springframework.web.client.RestTemplate\nclass LedgerJob : Job {\n  override fun execute(c: Any) { RestTemplate().getForObject(System.getenv(\"BOOKS_URL\") + \"/x\", String::class.java) }\n}\nfun main() { JobBuilder.newJob(LedgerJob::class.java).build() }\n";
    rows(&[
        ("a logger, for a library", job("@Slf4j", "implements Job", hands, ""), CALL),
        ("extends a class of a library", job("@Data", "extends QuartzJobBean", "", ""), CALL),
        ("without notes, handed on", job("", "implements Job", hands, ""), CALL),
        ("Kotlin", kotlin.to_owned(), CALL),
        ("named in XML", job("@Slf4j", "", "", xml), CALL),
        ("named in XML, without notes", job("", "", "", xml), CALL),
        ("a component", job("@Component", "", "", ""), CALL),
        // Nobody makes it.
        ("a logger alone", job("@Slf4j", "", "", ""), NONE),
        ("what everything is", job("@Data", "implements Serializable", "", ""), NONE),
        ("for a library, and nobody hands it on", job("", "implements Job", "", ""), NONE),
        ("another one in XML", job("@Slf4j", "", "", &xml.replace("LedgerJob", "Other")), NONE),
    ]);
}

/// A compose file beside another one.
fn composed(path: &str, text: &str) -> String {
    format!(
        "{}-- docker-compose.yml\nservices: {{service.shop: {{image: a}}, service.ledger: {{image: b}}}}\n-- {path}\n{text}\n",
        tree("main.py\nprint(1)\n", "")
    )
}

#[test]
fn compose_files_are_told_from_settings() {
    let starts: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    let links = "services: {service.shop: {links: [service.ledger]}}";
    rows(&[
        ("links alone", composed("docker-compose.override.yml", links), starts),
        ("a name of its own", composed("compose.prod.yaml", links), starts),
        ("of a stack", composed("docker-stack.yml", links), starts),
        (
            "another name, and an image",
            composed("prod.yml", "services: {service.shop: {image: a, links: [service.ledger]}}"),
            starts,
        ),
        // Settings of a program.
        (
            "a host name",
            composed("service.shop/endpoints.yml", "services: {ledger: {hostname: service.ledger, port: 80}}"),
            ADDRESSED,
        ),
        (
            "ports",
            composed("service.shop/endpoints.yml", "services: {ledger: {url: 'http://service.ledger', ports: [80]}}"),
            ADDRESSED,
        ),
        (
            "networks",
            composed("service.shop/endpoints.yml", "services: {ledger: {url: 'http://service.ledger', networks: [a]}}"),
            ADDRESSED,
        ),
        (
            "a host",
            composed("service.shop/endpoints.yml", "services: {ledger: {host: service.ledger, port: 80}}"),
            ADDRESSED,
        ),
    ]);
}

/// A page with its image, which starts after the ledger.
fn page(image: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n-- service.shop/package.json\n{{\"name\": \"shop\", \"dependencies\": {{\"react-dom\": \"18\"}}}}\n-- service.shop/index.html\n<script type=\"module\" src=\"main.js\"></script>\n-- service.shop/main.js\nimport {{ createRoot }} from 'react-dom/client';\ncreateRoot(document.body).render('x');\n-- service.shop/Dockerfile\n{image}\n-- service.ledger/x.txt\n-- docker-compose.yml\nservices:\n  service.shop: {{build: ./service.shop, depends_on: [service.ledger]}}\n  service.ledger: {{image: x}}\n"
    )
}

#[test]
fn a_page_in_an_image_that_is_not_known_may_have_a_proxy() {
    let starts: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    rows(&[
        ("an image of one's own", page("FROM shop/web-base\nCOPY . /x\n"), starts),
        ("an argument", page("ARG BASE\nFROM ${BASE}\nCOPY . /x\n"), starts),
        ("of a stage of one's own", page("FROM shop/web-base AS web\nFROM web\nCOPY . /x\n"), starts),
        (
            "a static server of one's own",
            page("FROM shop/static\nCOPY . /x\n").replace("shop/static", "shop/my-static"),
            starts,
        ),
        ("called like a known one", page("FROM shop/node-base\nCOPY . /x\n"), starts),
        // What is in these is known.
        ("nginx", page("FROM nginx:alpine\nCOPY . /x\n"), NONE),
        ("nginx of another kind", page("FROM nginxinc/nginx-unprivileged\nCOPY . /x\n"), NONE),
        ("Node.js", page("FROM node:20 AS build\nRUN x\nFROM node:20-alpine\nCOPY . /x\n"), NONE),
        ("a stage of a known one", page("FROM node:20 AS base\nFROM base\nCOPY . /x\n"), NONE),
        ("nothing", page("FROM node AS build\nFROM scratch\nCOPY . /x\n"), NONE),
        ("without a system", page("FROM gcr.io/distroless/nodejs20-debian12\nCOPY . /x\n"), NONE),
    ]);
}

/// What an aspect of a library selects by, and its other methods; the shop has a controller, and nobody has the annotation.
fn aspect(expression: &str, more: &str, import: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{candidate: ask}}\n-- service.ledger/x.txt\n-- service.shop/src/main/java/bank/shop/Checks.java\npackage bank.shop;\nimport org.aspectj.lang.annotation.*;\nimport org.springframework.web.client.RestTemplate;\n@Aspect\n@Component\npublic class Checks {{\n  @Before(\"{expression}\")\n  public void check() {{ new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }}\n{more}\n}}\n-- service.shop/src/main/java/bank/shop/web/Page.java\npackage bank.shop.web;\n{import}\n@RestController\npublic class Page {{ }}\n"
    )
}

#[test]
fn an_aspect_that_selects_otherwise_or_runs_besides_is_none_that_waits() {
    let idle: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    let waits = "@annotation(bank.lib.Checked)";
    let calls = "  {note}\n  public void tick() { check(); }";
    rows(&[
        ("a method of another class", aspect("bank.lib.Points.web() || @annotation(bank.lib.Checked)", "", ""), PROVEN),
        ("behind the annotation", aspect("@annotation(bank.lib.Checked) || Points.web()", "", ""), PROVEN),
        ("a schedule", aspect(waits, &calls.replace("{note}", "@Scheduled"), ""), PROVEN),
        ("once it is made", aspect(waits, &calls.replace("{note}", "@PostConstruct"), ""), PROVEN),
        ("its constructor", aspect(waits, "  public Checks() { check(); }", ""), PROVEN),
        ("a class in a class", aspect("@annotation(bank.lib.All.Checked)", "", "import bank.lib.All;"), PROVEN),
        // It waits, and nobody has what for.
        ("the annotation alone", aspect(waits, "", ""), idle),
        (
            "a method of its own",
            aspect("own()", "  @Pointcut(\"@annotation(bank.lib.Checked)\")\n  public void own() { }", ""),
            idle,
        ),
        ("nobody calls it", aspect(waits, &calls.replace("{note}", ""), ""), idle),
        ("another class in a class", aspect("@annotation(bank.lib.All.Checked)", "", "import bank.lib.Other;"), idle),
    ]);
}

/// Two programs of one directory each below a directory with images.
fn covered(image: &str, compose: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan:\n  candidate: ask\n  services: [{{path: jobs/a, name: service.desk, main: main.py}}, {{path: jobs/b, name: service.shop, main: main.py}}]\n-- service.shop/x.txt\n-- service.desk/x.txt\n-- service.ledger/x.txt\n-- jobs/a/main.py\nprint(1)\n-- jobs/b/main.py\nimport app\nprint(app.limits)\n-- jobs/b/app.py\nimport requests\nlimits = requests.get('http://s-ledger/x')\n-- jobs/Dockerfile.a\nFROM python:3\n{image}\n-- docker-compose.yml\nservices: {compose}\n"
    )
}

#[test]
fn an_image_covers_the_modules_of_the_program_that_it_is_made_of() {
    let idle: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    rows(&[
        ("of another directory", covered("COPY a/main.py app.py", "{}"), PROVEN),
        ("of the directory above", covered("COPY main.py app.py", "{}"), PROVEN),
        (
            "of another service",
            covered("RUN mv main.py app.py", "{service.desk: {build: {context: jobs, dockerfile: Dockerfile.a}}}"),
            PROVEN,
        ),
        ("moved in another directory", covered("RUN mv a/main.py app.py", "{}"), PROVEN),
        // The program takes the module's place.
        ("its own path", covered("COPY b/main.py app.py", "{}"), idle),
        (
            "its own directory",
            covered("COPY main.py app.py", "{service.shop: {build: {context: jobs/b, dockerfile: ../Dockerfile.a}}}"),
            idle,
        ),
        ("moved", covered("RUN mv main.py app.py", "{}"), idle),
        ("of a stage", covered("COPY --from=x /srv/main.py app.py", "{}"), idle),
    ]);
}

#[test]
fn what_several_services_are_given_alike_is_not_below_half_a_word() {
    let java = |name: &str, code: &str| {
        format!(
            "-- service.{name}/src/main/java/a/App.java\npackage a;\n{code}\npublic class App {{ String url; public static void main(String[] a) {{ }} }}\n"
        )
    };
    let of = |prefix: &str| {
        let note = format!(
            "import org.springframework.boot.context.properties.ConfigurationProperties;\n@ConfigurationProperties(\"{prefix}\")"
        );
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n{}{}{}-- service.approvals/x.txt\n-- common.env\nAPPROVALS_BASE_URL=http://service.approvals\n-- docker-compose.yml\nservices:\n  service.shop: {{image: a, env_file: common.env}}\n  service.cart: {{image: a, env_file: common.env}}\n  service.desk: {{image: a, env_file: common.env}}\n",
            java("shop", &note),
            java("cart", ""),
            java("desk", ""),
        )
    };
    let takes = |prefix: &str| crate::here::told(&of(prefix)).contains(&"shop -> approvals addressed".to_owned());
    let asks = |prefix: &str| {
        !crate::here::told(&of(prefix)).iter().any(|line| line.contains("addressed") && line.contains("shop"))
    };
    for prefix in ["approvals", "approvals.base", "approvals-base"] {
        assert!(takes(prefix), "{prefix}: {:?}", crate::here::told(&of(prefix)));
    }
    // With nobody who is seen to take it, all have it.
    for prefix in ["app", "approval", "approvals.b"] {
        assert_eq!(asks(prefix), asks("other"), "{prefix}");
    }
}

#[test]
fn a_header_that_is_not_put_calls_nobody() {
    let named: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    let of = |code: &str| python(&format!("import logging\n{code}"));
    let told = |code: &str| of(&code.replace("APP", "'dapr-app-id', 'service.ledger'"));
    rows(&[
        ("a log", told("logging.info('%s %s', APP)"), named),
        ("a comparison", told("assert_equals(APP)"), named),
        ("taken out", told("request.headers.delete(APP)"), named),
        ("asked for", told("request.headers.get(APP)"), named),
        // Put there.
        ("set", told("request.headers.set(APP)"), PROVEN),
        ("added", told("request.add_header(APP)"), PROVEN),
        (
            "an index",
            of(
                "headers = {}\nheaders['dapr-app-id'] = 'service.ledger'\nrequests.get('http://localhost:3500/x', headers=headers)",
            ),
            PROVEN,
        ),
        (
            "in .NET",
            tree(
                "App.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>\n-- service.shop/App.cs\nclass App { static void Main() { new HttpRequestMessage().Headers.TryAddWithoutValidation(\"dapr-app-id\", \"service.ledger\"); } }\n",
                "",
            ),
            PROVEN,
        ),
        (
            "in Go",
            tree(
                "main.go\npackage main\nimport (\"context\"; \"google.golang.org/grpc/metadata\")\nfunc main() { metadata.AppendToOutgoingContext(context.Background(), \"dapr-app-id\", \"service.ledger\") }\n",
                "",
            ),
            PROVEN,
        ),
    ]);
}

/// Each value of a variable is looked at once, however many calls are given it.
#[test]
fn what_many_calls_listen_by_is_found_at_once() {
    let of = |count: usize| {
        let lines: String = (0..count).map(|at| format!("    x = os.environ['A{at}_URL']\n    s.bind(x)\n")).collect();
        python(&format!(
            "import socket\ndef run():\n    s = socket.socket()\n{lines}    bus.connect(os.environ['BOOKS_URL'])\nimport bus\nrun()"
        ))
    };
    rows(&[("few", of(3), CLIENT), ("very many", of(600), CLIENT)]);
}

/// What a method makes of a variable's text is no other variable, and a path alone no answer to whom the variable leads.
#[test]
fn what_is_made_of_a_variable_is_asked_about_where_nothing_sets_it() {
    let set = "-- docker-compose.yml\nservices:\n  service.shop: {image: x, environment: {PEER: 'http://service.ledger:80'}}\n  service.ledger: {image: y}\n";
    let joined: &[&str] = &["shop -> ledger joined"];
    let rows_of = |of: &'static str| {
        vec![
            (of, js(&format!("const at = {of};\nfetch(`${{at}}/x`)")), CALL),
            (of, tree(&format!("index.js\nconst at = {of};\nfetch(`${{at}}/x`)\n"), set), joined),
        ]
    };
    for of in [
        "process.env.PEER",
        "process.env.PEER.replace(/a/, '')",
        "process.env.PEER?.replace(/\\/$/, '')",
        "process.env.PEER.replace(word, '')",
        "process.env.PEER.replace('a', '')",
        "(process.env.PEER || '').replace(/a/, '')",
        "process.env.PEER || ''",
        "process.env.PEER ?? ''",
        "process.env.PEER.trim().replace(/a/, '')",
        "require('zod').object({PEER: 1}).parse(process.env).PEER.replace(/a/, '')",
    ] {
        rows(&rows_of(of));
    }
    rows(&[
        ("an unknown method", js("fetch(process.env.PEER.vendored(word) + '/x')"), CALL),
        ("an option", js("require('axios').create({baseURL: process.env.PEER.replace(/a/, '')}).get('/x')"), CALL),
        (
            "an option that may be empty",
            js("require('axios').create({baseURL: process.env.PEER || ''}).get('/x')"),
            CALL,
        ),
        // What counts where nothing sets it says who is called.
        ("a default", js("fetch((process.env.PEER || 'https://api.example.com') + '/x')"), NONE),
        ("a path", js("fetch('/x')"), NONE),
        ("a name by a function", tree("index.ts\nfetch(Deno.env.get('PEER') + '/x')\n", set), joined),
    ]);
}
