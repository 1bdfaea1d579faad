//! What looks like a call of a service and is one of others: files of settings that only others load, modules that an image puts its program
//! in the place of, classes and aspects that nothing in the service runs, settings of proxies that no image takes, addresses that a program
//! has of itself. And what stays a call.

use crate::finds_all;
use crate::silent::asks;

/// What a scan finds and asks of names.
fn found(tree: &str) -> Vec<String> {
    asks(tree).into_iter().filter(|line| line.contains(" -> ") || line.contains(" ? ")).collect()
}

#[track_caller]
fn rows(rows: &[(&str, String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, found(tree), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Three programs of .NET that all are said to have the settings, with what each does.
fn loading(settings: &str, shop: &str, desk: &str, more: &str) -> String {
    let program = |name: &str, body: &str| {
        format!(
            "-- service.{name}/P.csproj\n<Project/>\n-- service.{name}/Program.cs\nvar builder = WebApplication.CreateBuilder(args);\n{body}\nHealth.Add(builder.Configuration);\npublic static class Health {{ public static void Add(IConfiguration c) {{ var s = c.GetSection(\"search\").Get<Search>(); new Finder(s); }} }}\n"
        )
    };
    format!(
        "-- hedgerow.yaml\nscan: {{settings: [\"conf/*.json\"], candidate: addresses}}\n-- conf/search.json\n{settings}\n-- service.ledger/x.txt\n{}{}{more}",
        program("shop", shop),
        program("desk", desk)
    )
}

#[test]
fn a_section_of_a_file_that_others_load_is_theirs() {
    let loads = "builder.Configuration.AddJsonFile(\"search.json\");";
    let search = "{\"search\": {\"Host\": \"s-ledger\"}}";
    let redis = "{\"redis\": {\"Host\": \"s-ledger:6379\"}}";
    let both: &[&str] = &["desk -> ledger joined", "shop -> ledger joined"];
    let compose = |more: &str| {
        format!("-- compose.yaml\nservices:\n  s-shop: {{image: bank/shop}}\n  s-desk:\n    image: bank/desk\n{more}")
    };
    rows(&[
        ("a section that both ask for", loading(search, loads, "", ""), &["shop -> ledger joined", "desk ? ledger"]),
        ("a key of a framework", loading(redis, loads, "", ""), &["shop -> ledger joined", "desk ? ledger"]),
        (
            "a connection string",
            loading("{\"ConnectionStrings\": {\"Main\": \"Host=s-ledger;Port=5432\"}}", loads, "", ""),
            &["shop -> ledger joined", "desk ? ledger"],
        ),
        ("both load it", loading(search, loads, loads, ""), both),
        ("nobody is seen to load it", loading(search, "", "", ""), both),
        (
            "the deployment tells the other one the file by a variable",
            loading(search, loads, "", &compose("    environment: {CONF: /etc/search.json}\n")),
            both,
        ),
        (
            "and by its command",
            loading(search, loads, "", &compose("    command: [desk, --config, /etc/search.json]\n")),
            both,
        ),
        (
            "settings of its own bring it in",
            loading(search, loads, "", "-- service.desk/appsettings.json\n{\"files\": [\"search.json\"]}\n"),
            both,
        ),
    ]);
}

/// A program that has a client of a store, and others; `env` is a list of what each is given.
fn storing(code: &str, image: &str, shop: &str, desk: &str) -> String {
    let env = |env: &str| if env.is_empty() { String::new() } else { format!("    environment: {{{env}}}\n") };
    format!(
        "-- hedgerow.yaml\nscan: {{candidate: addresses}}\n{code}-- service.store/x.txt\n-- service.gate/x.txt\n-- service.desk/main.go\npackage main\nfunc main() {{}}\n-- compose.yaml\nservices:\n  service.store: {{image: '{image}'}}\n  service.gate: {{image: bank/gate}}\n  service.shop:\n    image: bank/shop\n{}  service.desk:\n    image: bank/desk\n{}",
        env(shop),
        env(desk)
    )
}

const S3: &str = "-- service.shop/a.js\nconst { S3Client } = require('@aws-sdk/client-s3');\nnew S3Client({ endpoint: conf().endpoint });\n";
const REDIS: &str = "-- service.shop/a.py\nimport redis\nredis.Redis(host=conf().host)\n";
const ASKING: &str = "-- service.shop/a.py\nimport os\nimport redis\nHOST = os.environ.get('REDIS_HOST')\n";
const CALLING: &str = "-- service.shop/a.py\nimport os\nimport redis\nHOST = os.environ.get('REDIS_HOST')\nredis.Redis(host=conf(HOST).host)\n";

#[test]
fn a_client_whose_address_leads_elsewhere_means_no_store() {
    let store: &[&str] = &["shop -> store addressed"];
    let gate: &[&str] = &["shop -> gate addressed"];
    rows(&[
        ("amazon's", storing(S3, "minio/minio", "AWS_ENDPOINT: 'http://service.gate/'", ""), gate),
        (
            "amazon's, as a URL",
            storing(S3, "minio/minio", "AWS_ENDPOINT_URL: 'http://service.gate/'", ""),
            &["shop -> gate joined"],
        ),
        ("the kind's", storing(S3, "minio/minio", "FILES_S3_ENDPOINT: 'http://service.gate/'", ""), gate),
        ("another kind's", storing(REDIS, "redis:7", "REDIS_HOST: service.gate", ""), gate),
        (
            "of something beside it",
            storing(REDIS, "redis:7", "REDIS_COMMANDER_URL: 'http://service.gate'", ""),
            &["shop -> gate addressed", "shop -> store addressed"],
        ),
        (
            "of another kind",
            storing(REDIS, "redis:7", "KAFKA_URL: 'http://service.gate'", ""),
            &["shop -> gate addressed", "shop -> store addressed"],
        ),
        ("of the machine", storing(REDIS, "redis:7", "REDIS_HOST: localhost", ""), store),
        ("nothing is said", storing(S3, "minio/minio", "", ""), store),
    ]);
}

#[test]
fn a_store_whose_address_is_for_others_is_asked_about() {
    let store: &[&str] = &["shop -> store addressed"];
    rows(&[
        (
            "the variable is the other one's",
            storing(ASKING, "redis:7", "MODE: x", "REDIS_HOST: service.store"),
            &["desk -> store addressed", "shop ? store"],
        ),
        (
            "both have it",
            storing(ASKING, "redis:7", "REDIS_HOST: service.store", "REDIS_HOST: service.store"),
            &["desk -> store addressed", "shop -> store joined"],
        ),
        (
            "it has one of its own kind",
            storing(ASKING, "redis:7", "REDIS_PORT: '6379'", "REDIS_HOST: service.store"),
            &["desk -> store addressed", "shop -> store addressed"],
        ),
        (
            "a client is made",
            storing(CALLING, "redis:7", "MODE: x", "REDIS_HOST: service.store"),
            &["desk -> store addressed", "shop -> store addressed"],
        ),
        (
            "it does not ask for the variable",
            storing(REDIS, "redis:7", "MODE: x", "REDIS_HOST: service.store"),
            &["desk -> store addressed", "shop -> store addressed"],
        ),
        ("nobody has it", storing(ASKING, "redis:7", "MODE: x", ""), store),
    ]);
}

/// Two programs of one directory, of which one imports the other by the name that its image gives it.
fn renamed(image: &str, import: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan:\n  candidate: ask\n  services: [{{path: api, name: service.shop, main: app.py}}, {{path: api, name: service.desk, main: worker.py}}]\n-- service.shop/x.txt\n-- service.desk/x.txt\n-- service.ledger/x.txt\n-- api/app.py\nimport requests\nfrom flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef page():\n    return requests.get('http://s-ledger/x').text\n-- api/worker.py\nimport lib\nlib.run()\n-- api/lib.py\n{import}\ndef run():\n    pass\n-- api/{image}"
    )
}

#[test]
fn a_module_in_whose_place_the_image_has_its_program_is_not_loaded() {
    let import = "from app import app";
    let shop: &[&str] = &["shop -> ledger proven"];
    let both: &[&str] = &["desk -> ledger proven", "shop -> ledger proven"];
    let docker = |line: &str| renamed(&format!("Dockerfile.worker\nFROM python:3\nCOPY . .\n{line}\n"), import);
    finds_all(&[
        ("moved", docker("RUN mv worker.py app.py"), shop),
        ("moved among others", docker("RUN mv env .env && mv -f ./worker.py ./app.py && true"), shop),
        ("copied by a shell", docker("RUN cp worker.py app.py"), shop),
        ("copied in", docker("COPY worker.py /srv/app.py"), shop),
        ("the import of a module", renamed("Dockerfile\nRUN mv worker.py app.py\n", "import app"), shop),
        ("not moved", docker("RUN true"), both),
        ("moved elsewhere", docker("RUN mv worker.py main.py"), both),
        ("another one is moved", docker("RUN mv other.py app.py"), both),
        ("the image of another directory", renamed("lib/Dockerfile\nRUN mv worker.py app.py\n", import), both),
    ]);
}

/// A class of a library with what stands before it, which a configuration of the shop's makes.
fn bean(note: &str, rest: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.shop/Printer.kt\npackage bank.shop\n{note}\nclass Printer(val client: HttpClient) {{\n  fun add() {{ client.get(\"http://s-ledger/x\") }}\n}}\n-- service.shop/Conf.kt\npackage bank.shop\n@Configuration\nclass Conf {{\n  @Bean\n  fun printer(client: HttpClient) = Printer(client)\n}}\n-- service.shop/Shop.kt\npackage bank.shop\n@Component\nclass Shop(val printer: Printer) {{\n  fun run() {{ {rest} }}\n}}\n"
    )
}

fn java_bean(note: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.shop/Printer.java\npackage bank.shop;\nimport org.springframework.web.client.RestTemplate;\n{note}\npublic class Printer {{\n  public void add() {{ new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }}\n}}\n-- service.shop/Shop.java\npackage bank.shop;\n@Component\npublic class Shop {{ public void run() {{ }} }}\n"
    )
}

#[test]
fn what_annotations_for_the_compiler_stand_before_no_container_calls() {
    let one: &[&str] = &["shop -> ledger proven"];
    finds_all(&[
        ("kotlin", bean("@Suppress(\"TooManyFunctions\")", ""), &[]),
        ("kotlin, and it is called", bean("@Suppress(\"TooManyFunctions\")", "printer.add()"), one),
        ("kotlin, beside others", bean("@Suppress(\"ALL\")\n@Service", ""), one),
        ("java", java_bean("@SuppressWarnings(\"unused\")"), &[]),
        ("java, by Lombok", java_bean("@Slf4j\n@RequiredArgsConstructor"), &[]),
        ("java, old", java_bean("@Deprecated"), &[]),
        ("java, a component", java_bean("@Slf4j\n@Component"), one),
        ("java, of one's own", java_bean("@Scheduled"), one),
    ]);
}

/// An aspect of the shop's with an expression, and a class with an annotation.
fn aspect(expression: &str, user: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- lib/Checked.java\npackage bank.lib;\npublic @interface Checked {{ }}\n-- service.shop/Checks.java\npackage bank.shop;\nimport org.aspectj.lang.annotation.*;\nimport org.springframework.web.client.RestTemplate;\n@Aspect\n@Component\npublic class Checks {{\n  @Pointcut(\"{expression}\")\n  public void checked() {{ }}\n  @Before(\"checked()\")\n  public void check() {{ new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }}\n}}\n-- service.shop/web/Page.java\npackage bank.shop.web;\n{user}\n"
    )
}

#[test]
fn an_aspect_waits_for_its_annotation() {
    let one: &[&str] = &["shop -> ledger proven"];
    let plain = "@Controller\npublic class Page { @Get public void page() { } }";
    let used = "import bank.lib.Checked;\n@Controller\npublic class Page { @Checked public void page() { } }";
    let all = "import bank.lib.*;\n@Controller\npublic class Page { @Checked public void page() { } }";
    let method = "@annotation(bank.lib.Checked)";
    let class = "@within(bank.lib.Checked)";
    finds_all(&[
        ("nothing has it", aspect(method, plain), &[]),
        ("nothing has it, of a class", aspect(class, plain), &[]),
        ("nothing has either", aspect("@annotation(bank.lib.Checked) || @within(bank.lib.Other)", plain), &[]),
        (
            "nothing has it, in kotlin",
            "-- service.ledger/x.txt\n-- service.shop/Checks.kt\npackage bank.shop\n@Aspect\nclass Checks(val client: HttpClient) {\n  @Around(\"@annotation(bank.lib.Checked)\")\n  fun check() { client.get(\"http://s-ledger/x\") }\n}\n".to_owned(),
            &[],
        ),
        ("a method has it", aspect(method, used), one),
        ("by a whole package", aspect(method, all), one),
        ("a class has it", aspect(class, used), one),
        ("it selects by names, too", aspect("execution(* bank..*(..)) || @annotation(bank.lib.Checked)", plain), one),
        ("the same behind it", aspect("@annotation(bank.lib.Checked) || within(bank.shop..*)", plain), one),
        ("a parameter says which", aspect("@annotation(checked)", plain), one),
        ("by names alone", aspect("execution(* bank..*(..))", plain), one),
    ]);
}

/// A web page with settings of nginx beside it.
fn proxied(image: &str, more: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{candidate: addresses}}\n-- service.ledger/x.txt\n-- service.shop/server.js\nrun();\n-- service.shop/site.conf\nserver {{\n  location / {{ proxy_pass http://s-ledger:80; }}\n}}\n-- service.shop/{image}{more}"
    )
}

#[test]
fn settings_of_a_proxy_that_no_image_takes_are_asked_about() {
    let asked: &[&str] = &["shop ? ledger"];
    let one: &[&str] = &["shop -> ledger proven"];
    let node = "Dockerfile\nFROM node:22-alpine\nWORKDIR /app\nCOPY . .\nCMD [\"npm\", \"start\"]\n";
    let built = |copy: &str| {
        format!(
            "Dockerfile\nFROM node:22 AS build\nWORKDIR /app\nCOPY . /app/\nRUN npm run build\nFROM nginx:1.27\n{copy}\n"
        )
    };
    rows(&[
        ("no proxy in the image", proxied(node, ""), asked),
        ("one with another file", proxied(&built("COPY main.template /etc/nginx/"), ""), asked),
        ("one with what was built", proxied(&built("COPY --from=build /app/dist/ /usr/share/nginx/html/"), ""), asked),
        (
            "no proxy, of a language",
            proxied("Dockerfile\nFROM python:3.13-slim\nCOPY . .\nCMD python server.py\n", ""),
            asked,
        ),
        // What may be taken.
        ("it is copied", proxied(&built("COPY site.conf /etc/nginx/conf.d/"), ""), one),
        ("all is copied", proxied(&built("COPY . /etc/nginx/"), ""), one),
        ("all that was built with is copied", proxied(&built("COPY --from=build /app /etc/nginx"), ""), one),
        ("a variable names it", proxied(&built("COPY ${CONF} /etc/nginx/conf.d/"), ""), one),
        ("a script names it", proxied(node, "-- service.shop/run.sh\nnginx -c /app/site.conf\n"), one),
        (
            "compose mounts it",
            proxied(
                node,
                "-- compose.yaml\nservices:\n  s-shop:\n    image: nginx\n    volumes: ['./service.shop/site.conf:/etc/nginx/conf.d/default.conf']\n",
            ),
            one,
        ),
        ("an image of one's own", proxied("Dockerfile\nFROM bank/web:1\nCOPY . .\n", ""), one),
        ("no image", proxied("x.txt\n", ""), one),
    ]);
}

/// Two colours of one program, with code and settings that both have.
fn twins(files: &str, main: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan:\n  candidate: addresses\n  services: [{{path: web, name: service.blue}}, {{path: web, name: service.green{main}}}]\n-- service.blue/x.txt\n-- service.green/x.txt\n-- service.ledger/x.txt\n-- web/main.js\nrequire('./lib');\n{files}"
    )
}

#[test]
fn what_a_program_says_of_itself_is_asked_about() {
    let asked: &[&str] = &["green ? blue", "blue ? green"];
    let code = "-- web/lib.js\nconst OWN = ['http://s-blue:80', 'http://s-green:80'];\nexports.is = (at) => OWN.includes(at);\n";
    let ledger: &[&str] = &["blue -> ledger addressed", "green -> ledger addressed"];
    rows(&[
        ("code", twins(code, ""), asked),
        (
            "settings",
            twins("-- web/lib.js\n1;\n-- web/.env.sample\nBLUE=http://s-blue:80\nGREEN=http://s-green:80\n", ""),
            asked,
        ),
        (
            "settings by their usual name",
            twins(
                "-- web/lib.js\n1;\n-- web/settings.ini\n[own]\nblue = http://s-blue:80\ngreen = http://s-green:80\n",
                "",
            ),
            asked,
        ),
        ("another service", twins(&code.replace("s-blue", "s-ledger").replace("s-green", "s-ledger"), ""), ledger),
        (
            "another program of the directory",
            twins(code, ", main: main.js"),
            &["blue -> green addressed", "green -> blue addressed"],
        ),
        (
            "the deployment says it to one",
            twins(
                "-- web/lib.js\n1;\n-- compose.yaml\nservices:\n  s-blue:\n    image: w\n    environment: {PEER_URL: 'http://s-green'}\n  s-green: {image: w}\n",
                "",
            ),
            &["blue -> green addressed"],
        ),
        ("it is called", twins("-- web/lib.js\nfetch('http://s-blue/x');\n", ""), &["green -> blue proven"]),
    ]);
}

/// Four programs that a compose file mounts one file into, with what it tells each besides.
fn mounted(flags: [&str; 4]) -> String {
    let names = ["shop", "desk", "till", "cart"];
    let container = |(name, flag): (&str, &str)| {
        format!(
            "  s-{name}:\n    image: bank/{name}\n    volumes: ['./conf/all.yaml:/etc/all.yaml']\n    command: [run, --config=/etc/all.yaml, {flag}]\n"
        )
    };
    let code = |name: &str| format!("-- service.{name}/main.go\npackage main\nfunc main() {{}}\n");
    format!(
        "-- hedgerow.yaml\nscan: {{candidate: addresses}}\n-- service.ledger/x.txt\n-- conf/all.yaml\nlinks: {{ledger: 'http://s-ledger:80'}}\n-- compose.yaml\nservices:\n{}{}",
        names.into_iter().zip(flags).map(container).collect::<String>(),
        names.map(code).concat()
    )
}

#[test]
fn an_address_in_a_file_of_several_is_for_those_that_are_told_it_besides() {
    let told = "'--ledger=http://s-ledger'";
    rows(&[
        (
            "two are told",
            mounted([told, told, "x", "x"]),
            &["desk -> ledger addressed", "shop -> ledger addressed", "cart till ? ledger"],
        ),
        (
            "three are, one in two words",
            mounted([told, told, "'--ledger', 's-ledger:80'", "x"]),
            &["desk -> ledger addressed", "shop -> ledger addressed", "till -> ledger addressed", "cart ? ledger"],
        ),
        (
            "one alone is",
            mounted([told, "x", "x", "x"]),
            &[
                "cart -> ledger addressed",
                "desk -> ledger addressed",
                "shop -> ledger addressed",
                "till -> ledger addressed",
            ],
        ),
        (
            "all are",
            mounted([told, told, told, told]),
            &[
                "cart -> ledger addressed",
                "desk -> ledger addressed",
                "shop -> ledger addressed",
                "till -> ledger addressed",
            ],
        ),
        (
            "nobody is",
            mounted(["x", "x", "x", "x"]),
            &[
                "cart -> ledger addressed",
                "desk -> ledger addressed",
                "shop -> ledger addressed",
                "till -> ledger addressed",
            ],
        ),
        (
            "the others' code is not read",
            mounted([told, told, "x", "x"])
                .replace("service.till/main.go\npackage main\nfunc main() {}", "service.till/main.swift\nrun()")
                .replace("service.cart/main.go\npackage main\nfunc main() {}", "service.cart/x.txt\nx"),
            &[
                "cart -> ledger addressed",
                "desk -> ledger addressed",
                "shop -> ledger addressed",
                "till -> ledger addressed",
            ],
        ),
    ]);
}
